"""The losses that chapter 9 puts on the table as examples, as the page prints them."""

from __future__ import annotations

import ast
import builtins
import json
import re
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from utils.checks.verdict import MIME
from utils.learning import rule_table
from utils.learning.assay import differentiated, later, mean_update, slope
from utils.learning.group_objective import factor, group_objective
from utils.learning.token_world import thinking

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "09-language-models.ipynb"
CELLS = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
CODE = ["".join(c["source"]) for c in CELLS if c["cell_type"] == "code"]
TEXT = "\n".join("".join(c["source"]) for c in CELLS if c["cell_type"] == "markdown")
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.S | re.M)


def names_of_the_notebook():
    """What the import cells and the line with the world ``near`` make."""
    space = {}
    for code in CODE[:2]:
        exec(code, space)
    exec(re.search(r"^near = .*$", "\n".join(CODE), re.M)[0], space)
    return space


NAMES = names_of_the_notebook()


def run(code):
    """(result of the last expression, names) of a piece of the page."""
    *body, last = re.split(r"\n(?=assay\()", "\n" + code.strip())
    space = dict(NAMES)
    exec("\n".join(body), space)
    return eval(last, space), space


def cell(part):
    """The source of the only code cell with this part."""
    (found,) = [
        s for c in CELLS if c["cell_type"] == "code" and part in (s := "".join(c["source"]))
    ]
    return found


def autograd_clipped(log_pi_all, batch):
    taken = anp.sum(log_pi_all * np.eye(3)[batch.tokens], axis=2)
    R = batch.rewards.sum(axis=1).reshape(-1, batch.group)
    A = (R - R.mean(axis=1, keepdims=True)).reshape(-1, 1)
    ratio = anp.exp((taken - batch.log_old) * batch.mask)
    gain = anp.minimum(ratio * A, anp.clip(ratio, 0.8, 1.28) * A)
    return -anp.sum(batch.mask * gain) / batch.mask.sum()


def test_the_clipped_loss_of_the_page_has_the_mean_that_autograd_finds():
    report, names = run(cell("def my_clipped"))
    world = later(thinking(group=2, groups=2), rule_table.SECOND_EPOCH)
    other = mean_update(differentiated(autograd_clipped, autograd.grad), world)
    np.testing.assert_allclose(report.mean, other, atol=1e-13)
    assert names["my_clipped"] is not None and report.held and not report.climbs


def test_the_distance_of_the_page_has_the_mean_of_per_token_k2_and_less_noise():
    report, _ = run(cell("batch.log_ref_all)).sum(axis=2)"))
    name, row = rule_table.table().rows[40 - 1]
    assert name.startswith("k2 of each token")
    np.testing.assert_allclose(report.mean, row.mean, atol=1e-13)
    assert report.variance < row.variance / 2
    assert report.curl > 1e-3 and not report.climbs


def test_the_distance_of_the_page_is_what_autograd_finds():
    def exact(log_pi_all, batch):
        each = anp.sum(anp.exp(log_pi_all) * (log_pi_all - batch.log_ref_all), axis=2)
        return anp.sum(batch.mask * each) / len(batch.mask)

    report, _ = run(cell("batch.log_ref_all)).sum(axis=2)"))
    other = mean_update(differentiated(exact, autograd.grad), NAMES["near"])
    np.testing.assert_allclose(report.mean, other, atol=1e-13)


def test_the_loss_for_autograd_of_the_page_gives_three_times_root_two():
    (code,) = [code for code in SNIPPETS if code.startswith("import autograd\n")]
    report, _ = run(code)
    assert report.climbs == "J"
    assert report.factor == pytest.approx(3 * np.sqrt(2)) == 3 * factor(0.3, 3)


def test_the_median_of_the_page_is_a_rule_of_a_group():
    report, _ = run(cell("def my_loss"))
    assert report.is_gradient and report.climbs == ""
    world = thinking(3)
    stated = group_objective(rule_table.median_weights(3), 3)
    np.testing.assert_allclose(report.mean, slope(stated, world), atol=1e-14)


@pytest.mark.parametrize("code", SNIPPETS, ids=lambda code: code.split("\n")[0])
def test_a_snippet_of_the_page_needs_no_name_that_the_notebook_lacks(code):
    tree = ast.parse(code)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    made |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    made |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    made |= {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    lacking = {node.id for node in names} - made - set(NAMES) - set(dir(builtins))
    assert lacking <= {"torch"}


@pytest.mark.parametrize("code", [c for c in SNIPPETS if "def lm_cure" in c], ids=lambda c: c[:16])
def test_a_cure_of_the_page_runs_in_its_notebook_and_heals(code):
    space = dict(NAMES)
    exec(code, space)
    number = re.search(r"def lm_cure_(\d)", code)[1]
    cure = space[f"lm_cure_{number}"]
    assert str(space["exercise"](f"ex:lm-patient-{number}").check(cure)).count("Healthy")


def test_the_script_of_the_page_runs_by_itself(capsys):
    (code,) = [code for code in SNIPPETS if code.startswith("import policy_gradient_book")]
    assert len(code.strip().splitlines()) == 6
    exec(code, {})
    assert "climbs: J" in capsys.readouterr().out


@pytest.mark.parametrize(
    "number, part",
    [
        (2, "minus the group's mean"), (4, "RLOO: minus"), (5, "Dr. GRPO"),
        (6, "by the group's deviation"), (8, "mean and deviation over answers"),
        (9, "divided by the batch's deviation"),
        (10, "then whitened over answers"), (11, "REINFORCE++: "), (12, "REINFORCE++-baseline"),
        (13, "silent groups"), (14, "norm of the update"), (15, "RLOO, mean over own length"),
        (16, "RLOO, mean over all tokens"), (17, "GRPO: "), (18, "DAPO: "), (20, "whitened GAE"),
        (21, "GSPO, first"), (22, "PPO, later step, ε"), (23, "clip-higher"), (24, "CISPO"),
        (25, "CISPO"), (26, "GSPO, later"), (27, "limits of the paper"), (33, "dual clip"),
        (34, "k1 as a loss"), (35, "k1 as a loss on old"), (40, "k2 of each"), (41, "k3 of each"),
        (43, "k1 in the reward"), (54, "(N − 1)"),
        (60, "each token up to 2"), (61, "answer up to 2"), (62, "above 2"),
    ],
)  # fmt: skip
def test_a_row_that_the_page_names_by_its_number_is_the_one_that_is_meant(number, part):
    assert part in rule_table.entries()[number - 1].name


def test_the_page_names_no_other_rows():
    stated = {2, 4, 5, 6, *range(8, 19), *range(20, 28), 33, 34, 35, 40, 41, 43, 54, 60, 61, 62}
    cells = re.findall(r"^\|.*\| ([\d,; ]+(?: at the first step; 41)?) \|$", TEXT, re.M)
    words = re.findall(r"\brows? ([\d, and]+)", TEXT)
    found = {int(n) for text in (*cells, *words) for n in re.findall(r"\d+", text)}
    assert found <= stated


def test_every_numbered_equation_of_the_chapter_has_a_simulation():
    text = "\n".join("".join(c["source"]) for c in CELLS if c["cell_type"] == "markdown")
    labels = set(re.findall(r"^\$\$ \((eq:[\w-]+)\)$", text, re.M))
    outputs = [o["data"] for c in CELLS if c["cell_type"] == "code" for o in c["outputs"]]
    found = [data[MIME] for data in outputs if MIME in data]
    assert {v["label"] for v in found if v["method"] == "Monte Carlo"} == labels
