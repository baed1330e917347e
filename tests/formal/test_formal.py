"""The formal proof: Coq accepts it, and what the book says of it is what its sources say."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import check_formal
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import formal_sources as sources  # noqa: E402

PAGE = (ROOT / "book/formal.md").read_text(encoding="utf-8")
LIBRARY = {"p_infty"}  # names of Coquelicot that the page explains
SHOWN = re.compile(r"^```\{formal(?:-beside)?\} (.+)$", re.M)


def uncommented(module: str) -> str:
    return " ".join(sentence.text for sentence in sources.sentences(sources.source(module)))


def labels_of_the_book() -> dict[str, str]:
    """Every label of a numbered equation -> the chapter it stands in."""
    found = {}
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        found |= {label: path.stem for label in re.findall(r"\$\$ \((eq:[\w-]+)\)", text)}
    return found


def test_coq_accepts_every_proof_and_prints_what_is_stored():
    if not check_formal.available():
        pytest.skip("the formal proof was not checked: Coq is not installed (`make formal`)")
    assert check_formal.check() == []


def test_without_coq_a_reader_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda tool: None)
    assert not check_formal.available()
    assert (
        "apt-get install coq libcoq-coquelicot" in check_formal.MISSING
        and "opam" in check_formal.MISSING
    )


@pytest.mark.parametrize("module", sources.modules())
def test_a_file_admits_nothing_and_imports_only_from_files_before_it(module):
    text = uncommented(module)
    forbidden = r"\b(Admitted|admit|Axiom|Axioms|Parameter|Parameters|Conjecture|Unset)\b"
    assert re.findall(forbidden, text) == []
    before = sources.modules()[: sources.modules().index(module)]
    for imported in re.findall(r"From PolicyGradient Require Export ([\w ]+)\.", text):
        assert set(imported.split()) <= set(before)


def test_the_project_names_every_file():
    assert sorted(path.stem for path in sources.FORMAL.glob("*.v")) == sorted(sources.modules())


def test_every_formal_name_in_the_ledger_exists_and_its_label_stands_in_the_book():
    known, labels = sources.items(), labels_of_the_book()
    for entry in sources.entries().values():
        assert entry.names and set(entry.names) <= set(known), entry.label
        assert entry.label in labels, entry.label


def test_at_least_thirty_equations_of_the_first_five_chapters_have_a_formal_proof():
    chapters = [labels_of_the_book()[label] for label in sources.entries()]
    assert sum(chapter[:2] in ("01", "02", "03", "04", "05") for chapter in chapters) >= 30


def test_no_main_theorem_rests_on_more_than_the_axioms_of_the_real_numbers():
    stored = sources.stored_assumptions()
    assert set(stored) <= set(sources.items())
    assert {axiom for axioms in stored.values() for axiom in axioms} <= check_formal.STANDARD


def test_the_stepped_proof_on_the_page_is_that_of_the_sources():
    stored = sources.stored_goals()
    item = sources.items()[stored["theorem"]]
    assert stored["theorem"] == check_formal.STEPPED
    assert [step["tactic"] for step in stored["steps"]] == ["Proof.", *(s.text for s in item.proof)]
    assert all(sentence.comment for sentence in item.proof), "a line has no words beside it"
    assert stored["steps"][-1]["goals"] == "No more goals."


def test_every_text_the_page_shows_exists_and_fits_its_width():
    names = {name for match in SHOWN.finditer(PAGE) for name in match[1].split()}
    known = sources.items()
    assert names <= set(known)
    shown = [known[name].text for name in names]
    shown += [line for name in names for line in known[name].context]
    assert [line for text in shown for line in text.splitlines() if len(line) > 80] == []


def test_every_name_in_the_words_of_the_page_exists():
    prose = re.sub(r"^```\{[^\n]*$", "", PAGE, flags=re.M)
    written = set(re.findall(r"`([a-z]\w*_\w+)`", prose))
    assert written - LIBRARY <= set(sources.items())


SUMMARY = """
* Theory: Set is predicative

* Axioms:
    Coq.Logic.Classical_Prop.classic
    Coq.Reals.ClassicalDedekindReals.sig_not_dec

* Constants/Inductives relying on type-in-type: <none>

* Constants/Inductives relying on unsafe (co)fixpoints: <none>

* Inductives whose positivity is assumed: <none>
"""


def test_the_summary_of_the_second_check_is_read_and_anything_unsafe_in_it_refused():
    found = check_formal.axioms_in(SUMMARY)
    assert found == {"Classical_Prop.classic", "ClassicalDedekindReals.sig_not_dec"}
    with pytest.raises(SystemExit, match="more than axioms"):
        check_formal.axioms_in(SUMMARY.replace("type-in-type: <none>", "type-in-type:\n    X.y"))
    with pytest.raises(SystemExit, match="more than axioms"):
        check_formal.axioms_in("")


def test_sentences_end_at_periods_and_comments_belong_to_what_stands_before():
    text = "Lemma a : 1.5 = x. (* why (* twice *) *)\nProof.\n  - ring. (* because *)\nQed.\n"
    found = [(sentence.text, sentence.comment) for sentence in sources.sentences(text)]
    assert [text for text, _ in found] == ["Lemma a : 1.5 = x.", "Proof.", "-", "ring.", "Qed."]
    assert dict(found)["ring."] == "because"
