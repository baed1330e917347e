"""A diagram says what the tables of its MDP say."""

from __future__ import annotations

import numpy as np
import pytest

from utils.explorer.style import blank_figure
from utils.figures import worlds
from utils.figures.diagram import diagram, draw, ended, layered, moves_of
from utils.model import examples
from utils.model.mdp import FiniteMDP


def texts(picture):
    figure = blank_figure(*picture.size)
    picture.setup(figure)(np.random.default_rng(0))
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_probability_and_every_reward_of_the_running_mdp_stands_in_its_diagram():
    shown = texts(worlds.running_mdp)
    P = examples.running().P
    assert sorted(t for t in shown if t.startswith("0.")) == sorted(f"{p:.3g}" for p in P.ravel())
    assert {"0: 1", "1: 0", "0: 0", "1: 2", "start"} <= set(shown)


def test_the_diagram_in_words_names_every_branch():
    alt = worlds.running_mdp.alt
    assert "It begins in 0." in alt
    assert "In 1 action 1 pays 2 and leads to 0 with probability 0.75, 1 with probability" in alt


def test_moves_are_a_partition_of_the_pairs_that_do_something():
    mdp = examples.frozen_lake()
    found = [(m.state, a) for m in moves_of(mdp) for a in m.actions]
    alive = np.flatnonzero(~ended(mdp))
    assert sorted(found) == [(int(s), a) for s in alive for a in range(4)]
    for move in moves_of(mdp):
        assert sum(p for _, p in move.branches) == pytest.approx(1)


def test_holes_and_the_goal_have_ended_and_a_paying_loop_has_not():
    assert np.flatnonzero(ended(examples.frozen_lake())).tolist() == [5, 7, 11, 12, 15]
    loop = FiniteMDP([[[1], [1]]], [[0, 1]], 0.9, [1])
    assert not ended(loop).any()


def test_states_are_placed_by_their_distance_from_the_start():
    x = [place[0] for place in layered(worlds.short_corridor_world())]
    assert x == sorted(x) and len(set(x)) == 4


def test_a_policy_is_written_beside_its_actions():
    shown = texts(worlds.ward)
    assert {"0: 1  (0.6)", "1: 0  (0.4)", "1: 10  (0.33)"} <= set(shown)


def test_symbols_stand_in_for_numbers():
    assert {"1: +x", "1: −y"} <= set(texts(worlds.two_tosses))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: draw(examples.frozen_lake()), "16 states and 4 actions; a diagram is readable"),
        (lambda: draw(examples.running(), states=["a"]), "1 names for 2 states"),
        (lambda: draw(examples.running(), actions="abc"), "3 names for 2 actions"),
        (lambda: draw(examples.running(), at=[(0, 0)]), r"at has the shape \(1, 2\)"),
        (lambda: draw(examples.running(), examples.frozen_lake_policy()), "."),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_reader_can_draw_a_world_of_their_own():
    mdp = FiniteMDP([[[0.2, 0.8]], [[0, 1]]], [[3], [0]], 0.9, [1, 0])
    html = draw(mdp, name="mine", title="Mine").html()
    assert 'id="fig-mine"' in html and "<input" not in html and "pays 3" in html


def test_chance_in_the_gamble_is_its_entry():
    assert worlds.gamble_world(0.25).P[0, 1].tolist() == [0, 0.25, 0.75]
    assert {"0.25", "0.75"} <= set(texts(worlds.gamble))


def test_a_world_of_the_book_is_drawn_once():
    names = [world.name for world in worlds.WORLDS]
    assert len(names) == len(set(names))
    assert diagram(examples.running(), name="a", title="", caption="").labels == {}
