"""The losses that chapter 9 puts on the table as examples, as the page prints them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from utils.checks.verdict import MIME
from utils.learning import rule_table, update_rules
from utils.learning.assay import assay, differentiated, later, mean_update
from utils.learning.group_objective import factor
from utils.learning.token_world import thinking

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "09-language-models.ipynb"
CELLS = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
NAMES = {
    "np": np, "assay": assay, "later": later, "thinking": thinking, "rule_table": rule_table,
    "differentiated": differentiated, "update_rules": update_rules,
    "near": thinking(group=1, reference=rule_table.reference()),
}  # fmt: skip


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
    name, row = rule_table.table().rows[30 - 1]
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
    text = "\n".join("".join(c["source"]) for c in CELLS if c["cell_type"] == "markdown")
    code = re.search(r"```python\n(import autograd\n.*?)```", text, re.S)[1]
    report, _ = run(code)
    assert report.climbs == "J"
    assert report.factor == pytest.approx(3 * np.sqrt(2)) == 3 * factor(0.3, 3)


def test_the_median_of_the_page_is_a_rule_of_a_group():
    report, _ = run(cell("def my_loss"))
    assert report.is_gradient and report.climbs == ""


def test_every_numbered_equation_of_the_chapter_has_a_simulation():
    text = "\n".join("".join(c["source"]) for c in CELLS if c["cell_type"] == "markdown")
    labels = set(re.findall(r"^\$\$ \((eq:[\w-]+)\)$", text, re.M))
    outputs = [o["data"] for c in CELLS if c["cell_type"] == "code" for o in c["outputs"]]
    found = [data[MIME] for data in outputs if MIME in data]
    assert {v["label"] for v in found if v["method"] == "Monte Carlo"} == labels
