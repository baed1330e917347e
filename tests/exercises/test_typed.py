"""The tree of a typed answer becomes the expression that it shows, and gets the same reply."""

import json

import pytest
import sympy as sp

from utils.exercises import exercise
from utils.exercises.typed import expression, reply_in_json, reply_to

p, gamma = sp.symbols("p gamma")
ONE, P = ["number", "1"], ["symbol", "p"]


@pytest.mark.parametrize(
    "tree, meant",
    [
        (["number", "0.015"], sp.Rational(3, 200)),
        (["constant", "pi"], sp.pi),
        (["negative", P], -p),
        (["-", ONE, P], 1 - p),
        (["/", P, ["number", "2"]], p / 2),
        (["^", ["constant", "e"], P], sp.exp(p)),
        (["call", "sqrt", P], sp.sqrt(p)),
        (["call", "max", P, ONE], sp.Max(p, 1)),
        (["*", ["+", ONE, P], ["call", "log", P]], (1 + p) * sp.log(p)),
    ],
)
def test_a_tree_is_the_expression_that_it_shows(tree, meant):
    assert expression(tree) == meant


@pytest.mark.parametrize("tree", [["import", "os"], ["sum", P, P]])
def test_an_unknown_node_is_refused(tree):
    with pytest.raises(ValueError, match="cannot begin with"):
        expression(tree)


def test_the_reply_is_that_of_jupyter():
    tree = ["/", ["^", ["symbol", "gamma"], ["symbol", "T"]], ["-", ONE, ["symbol", "gamma"]]]
    assert reply_to("ex:tail-of-ones", tree).correct
    wrong = reply_to("ex:tail-of-ones", ["symbol", "gamma"])
    assert wrong == exercise("ex:tail-of-ones").check(gamma)
    assert json.loads(reply_in_json("ex:tail-of-ones", json.dumps(tree))) == {
        "correct": True,
        "text": "Correct, for every value of the symbols.",
    }


def test_a_division_by_zero_gets_a_reply():
    reply = json.loads(reply_in_json("ex:corner", json.dumps(["/", ONE, ["number", "0"]])))
    assert reply["correct"] is None and "not a finite number" in reply["text"]
