"""The numbers in sentences are those of a computation, digit by digit."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import pytest
import stated
from prose import BOOK, Stated, stated_numbers

TABLES = [module.name for module in pkgutil.iter_modules(stated.__path__)]
PAGES = [*sorted(BOOK.glob("*.ipynb")), *(BOOK / f"{name}.md" for name in ("faq", "index"))]


def test_every_page_that_states_numbers_has_a_table():
    pages = {page_of(table) for table in TABLES}
    assert [page.name for page in PAGES if stated_numbers(page) and page not in pages] == []


def page_of(table: str):
    number = table.removeprefix("chapter_")
    return next(BOOK.glob(f"{number}-*.ipynb")) if number != table else BOOK / f"{table}.md"


def numbers_of(table: str) -> tuple[Stated, ...]:
    return importlib.import_module(f"stated.{table}").NUMBERS


@pytest.mark.parametrize("table", TABLES)
def test_the_page_states_exactly_these_numbers_so_often(table):
    listed = Counter({entry.printed: entry.times for entry in numbers_of(table)})
    assert len(listed) == len(numbers_of(table)), "a number is listed twice"
    assert stated_numbers(page_of(table)) == listed


@pytest.mark.parametrize("table", TABLES)
def test_each_number_is_the_computed_one_to_its_last_digit(table):
    assert [entry for entry in numbers_of(table) if not entry.agrees()] == []


def test_nine_of_ten_numbers_of_the_book_are_computed_and_the_others_say_what_they_are():
    entries = [entry for table in TABLES for entry in numbers_of(table)]
    chosen = sum(entry.times for entry in entries if entry.value is None)
    assert chosen <= 0.1 * sum(entry.times for entry in entries)


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        (Stated("0.889", 1, 0.88949), True),
        (Stated("0.889", 1, 0.8896), False),
        (Stated("75/61", 1, 75 / 61), True),
        (Stated("75/61", 1, 75 / 61 + 1e-9), False),
        (Stated("0.9", 2, reason="a discount chosen for the figure"), True),
        (Stated("0.9", 2), False),
    ],
)
def test_a_number_agrees_to_the_digits_it_prints(entry, right):
    assert entry.agrees() == right
