"""The rows of a comparison: a form of the estimator with a baseline, under one sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from utils.estimators.forms import FORMS, Form, form_named

# What stands behind the minus sign of a row. The tables are made by ``comparison``.
SHORT_BASELINES = {"reward-to-go": ("V", "one-step b")}
LONG_ROWS = (
    ("reward-to-go", None),
    ("reward-to-go", "J"),
    ("reward-to-go", "best constant"),
    ("reward-to-go", "V"),
    ("reward-to-go", "one-step b"),
    ("reward-to-go", "best b(s)"),
    ("q", None),
    ("advantage", None),
    ("td-error", None),
    ("q", "one-step b"),
    ("all-action", None),
    ("q", "best b(s)"),
)


NAMES = {"G": "reward-to-go", "total": "total return", "Q": "exact Q", "A": "advantage"}


@dataclass(frozen=True)
class Row:
    """A form by its name in ``forms.FORMS``, and the name of a baseline, or None."""

    weights: str
    baseline: str | None = None

    @property
    def form(self) -> Form:
        """The entry of ``forms.FORMS``."""
        return form_named(self.weights)

    @property
    def sign(self) -> str:
        """The row as a key, such as "G − V"."""
        return self.form.sign if self.baseline is None else f"{self.form.sign} − {self.baseline}"

    @property
    def name(self) -> str:
        """The row for a reader, such as "reward-to-go − V"."""
        form = NAMES.get(self.form.sign, self.form.sign)
        return form if self.baseline is None else f"{form} − {self.baseline}"


def by_sign(rows: Iterable[Row]) -> dict[str, Row]:
    """{sign: row}, in the order of the rows."""
    return {row.sign: row for row in rows}


def short_rows() -> dict[str, Row]:
    """Every form that needs no lambda, alone and with its baselines, in the order of ``FORMS``."""
    return by_sign(
        Row(name, baseline)
        for name, form in FORMS.items()
        if not form.takes_lam
        for baseline in (None, *SHORT_BASELINES.get(name, ()))
    )


SHORT_FORMS = short_rows()
LONG_FORMS = by_sign(Row(*row) for row in LONG_ROWS)
