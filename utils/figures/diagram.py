"""A finite MDP as a diagram, drawn from its own tables: states, actions, probabilities, rewards."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.textpath import TextPath

from utils.common.words import plain
from utils.explorer import Explorer, Picture, explore
from utils.explorer.style import (
    CONTRAST,
    ESTIMATE,
    FAINT,
    GRID,
    INK,
    RC,
    SAFE,
    SHORT_DASHED,
    TRUTH,
)
from utils.model.policies import FinitePolicy, check_fits

MOST_STATES, MOST_ACTIONS = 12, 4
RADIUS, DOT, BEND = 0.34, 0.07, 0.22
# A colour and a dash for each action, so that neither is needed alone.
LOOKS = ((TRUTH, "-"), (CONTRAST, SHORT_DASHED), (ESTIMATE, "-"), (SAFE, SHORT_DASHED))
CAPTION = (
    "States are circles. An arrow is an action with what it pays; where chance decides it divides "
    "at a dot, and a number says how likely each branch is."
)
Place = tuple[float, float]
STEP = (2.9, 2.8)  # from circle to circle
LEAST_WIDTH = 7.0  # of a diagram, in which a circle has the radius above


@dataclass(frozen=True)
class Move:
    """What one or several actions do in one state: they pay ``reward`` and lead to ``branches``."""

    state: int
    actions: tuple[int, ...]
    reward: float
    branches: tuple[tuple[int, float], ...]

    @property
    def is_certain(self) -> bool:
        """Whether only one state can follow."""
        return len(self.branches) == 1


@dataclass(frozen=True)
class Names:
    """What stands in the circles and on the arrows.

    ``rewards`` replaces numbers by symbols: (state, action) -> text, "" for none.
    """

    states: tuple[str, ...]
    actions: tuple[str, ...]
    rewards: Mapping[tuple[int, int], str]

    def reward(self, move: Move) -> str:
        """What the move pays, as a reader sees it."""
        return self.rewards.get((move.state, move.actions[0]), plain(move.reward))

    def action(self, move: Move, n_actions: int) -> str:
        """Which actions make the move."""
        if len(move.actions) == n_actions > 1:
            return "any"
        return " or ".join(self.actions[a] for a in move.actions)


def draw(
    mdp,
    policy: FinitePolicy | None = None,
    *,
    states: Sequence[str] | None = None,
    actions: Sequence[str] | None = None,
    rewards: Mapping[tuple[int, int], str] | None = None,
    at: Sequence[Place] | None = None,
    name: str = "mdp",
    title: str = "",
    caption: str = CAPTION,
) -> Explorer:
    """A diagram of a small MDP, as a figure for a notebook or a page.

    Every circle, arrow and number comes from ``mdp.P`` [S, A, S], ``mdp.R`` [S, A] and
    ``mdp.rho0`` [S]. With a ``policy`` an arrow is the wider the likelier its action, and says
    pi(a|s). ``states`` and ``actions`` are names, by default 0, 1, ...; ``rewards`` gives symbols
    for some of the numbers; ``at`` places the circles. ValueError if the MDP is too large to be
    read as a diagram, or if a list of names does not fit.
    """
    return explore(
        diagram(mdp, policy, states, actions, rewards, at, name=name, title=title, caption=caption)
    )


def diagram(
    mdp,
    policy: FinitePolicy | None = None,
    states: Sequence[str] | None = None,
    actions: Sequence[str] | None = None,
    rewards: Mapping[tuple[int, int], str] | None = None,
    at: Sequence[Place] | None = None,
    **texts: str,
) -> Picture:
    """The picture that ``draw`` shows; ``texts`` are its name, title and caption."""
    S, A = mdp.n_states, mdp.n_actions
    if S > MOST_STATES or A > MOST_ACTIONS:
        raise ValueError(
            f"{S} states and {A} actions; a diagram is readable up to {MOST_STATES} and "
            f"{MOST_ACTIONS}"
        )
    if policy is not None:
        check_fits(mdp, policy)
    names = Names(_names("states", states, S), _names("actions", actions, A), dict(rewards or {}))
    places = np.array(layered(mdp) if at is None else at, dtype=float)
    if places.shape != (S, 2):
        raise ValueError(f"at has the shape {places.shape}; it should be ({S}, 2)")
    pi = None if policy is None else policy.probabilities

    def setup(figure: Figure):
        axes = figure.subplots()
        sketch(axes, mdp, pi, names, places)
        return lambda rng: alternative(mdp, names)

    left, right, low, high = frame(places)
    size = (5.4, 5.4 * (high - low) / (right - left))
    origin = "worlds", texts["name"].replace("-", "_")
    alt = alternative(mdp, names)
    return Picture(alt=alt, labels={}, size=size, setup=setup, origin=origin, **texts)


def _names(what: str, given: Sequence[str] | None, n: int) -> tuple[str, ...]:
    names = tuple(map(str, range(n) if given is None else given))
    if len(names) != n:
        raise ValueError(f"{len(names)} names for {n} {what}")
    return names


def moves_of(mdp) -> Iterator[Move]:
    """What can be done where nothing has ended; actions that do the same stand together."""
    P, R = np.asarray(mdp.P, dtype=float), np.asarray(mdp.R, dtype=float)
    for s in np.flatnonzero(~ended(mdp)):
        left = list(range(mdp.n_actions))
        while left:
            a = left[0]
            same = [b for b in left if np.array_equal(P[s, a], P[s, b]) and R[s, a] == R[s, b]]
            left = [b for b in left if b not in same]
            branches = tuple((int(k), float(P[s, a, k])) for k in np.flatnonzero(P[s, a]))
            yield Move(int(s), tuple(same), float(R[s, a]), branches)


def ended(mdp) -> np.ndarray:
    """States that are never left and never pay, [S]."""
    P, R = np.asarray(mdp.P, dtype=float), np.asarray(mdp.R, dtype=float)
    stays = np.array([(P[s, :, s] == 1).all() for s in range(mdp.n_states)])
    return stays & (R == 0).all(axis=1)


def layered(mdp) -> list[Place]:
    """A place for each state: its distance from the start to the right, its peers above it."""
    P, rho0 = np.asarray(mdp.P, dtype=float), np.asarray(mdp.rho0, dtype=float)
    depth = {int(s): 0 for s in np.flatnonzero(rho0)}
    queue = deque(depth)
    while queue:
        s = queue.popleft()
        for after in np.flatnonzero(P[s].sum(axis=0)).tolist():
            if after not in depth:
                depth[after] = depth[s] + 1
                queue.append(after)
    last = max(depth.values()) + 1
    columns: dict[int, list[int]] = {}
    for s in range(mdp.n_states):
        columns.setdefault(depth.get(s, last), []).append(s)
    places: dict[int, Place] = {}
    for column, members in columns.items():
        for k, s in enumerate(members):
            places[s] = (STEP[0] * column, STEP[1] * ((len(members) - 1) / 2 - k))
    return [places[s] for s in range(mdp.n_states)]


def alternative(mdp, names: Names) -> str:
    """The diagram in words, from the same tables."""
    starts = [names.states[s] for s in np.flatnonzero(np.asarray(mdp.rho0, dtype=float))]
    lines = [f"A diagram of {mdp.n_states} states. It begins in {' or '.join(starts)}."]
    for move in moves_of(mdp):
        goals = [
            names.states[k] if move.is_certain else f"{names.states[k]} with probability {p:.3g}"
            for k, p in move.branches
        ]
        lines.append(
            f"In {names.states[move.state]} action {names.action(move, mdp.n_actions)} pays "
            f"{names.reward(move) or plain(move.reward)} and leads to {', '.join(goals)}."
        )
    over = [names.states[s] for s in np.flatnonzero(ended(mdp))]
    return " ".join([*lines, *([f"In {' and '.join(over)} all is over."] if over else [])])


def sketch(axes: Axes, mdp, pi: np.ndarray | None, names: Names, places: np.ndarray) -> None:
    """Draw the diagram on ``axes``; nothing on it moves."""
    axes.set_axis_off()
    axes.set_aspect("equal")
    moves = list(moves_of(mdp))
    for move in moves:
        beside = [m for m in moves if m.state == move.state]
        _draw_move(axes, move, beside, moves, pi, names, places, mdp.n_actions)
    over, rho0 = ended(mdp), np.asarray(mdp.rho0, dtype=float)
    left, right, low, high = frame(places)
    width, height = axes.figure.bbox.size
    unit = min(width / (right - left), height / (high - low))  # points: 72 dots an inch
    for s, (x, y) in enumerate(places):
        fill = GRID if over[s] else "none"
        axes.add_patch(Circle((x, y), RADIUS, fc=fill, ec=INK, lw=1.6, zorder=3))
        name = names.states[s]
        if word_width(name) < 2 * RADIUS * unit - 6:
            axes.text(x, y, name, ha="center", va="center", zorder=4)
        else:  # a long name stands below its circle
            axes.text(x, y - RADIUS - 0.1, name, ha="center", va="top")
        if rho0[s]:
            chance = "start" if rho0[s] == 1 else f"start: {rho0[s]:.3g}"
            axes.text(x - RADIUS - 0.12, y, chance, ha="right", va="center", color=FAINT)
    axes.set(xlim=(left, right), ylim=(low, high))


def word_width(word: str) -> float:
    """Points, in the size in which a figure's text is set."""
    return TextPath((0, 0), word, size=RC["font.size"]).get_extents().width


def frame(places: np.ndarray) -> tuple[float, float, float, float]:
    """(left, right, low, high): the circles with room for arrows and words round them."""
    (left, low), (right, high) = places.min(axis=0), places.max(axis=0)
    room = max(LEAST_WIDTH - (right - left + 2.3), 0) / 2
    return left - 1.3 - room, right + 1.0 + room, low - 1.35, high + 1.35


def _draw_move(axes, move, beside, moves, pi, names, places, n_actions) -> None:
    colour, dash = LOOKS[move.actions[0]] if len(move.actions) < n_actions else (INK, "-")
    chance = None if pi is None else float(pi[move.state, list(move.actions)].sum())
    look = {"color": colour, "ls": dash, "lw": 1.5 if chance is None else 0.6 + 3.2 * chance}
    pays = names.reward(move)
    text = names.action(move, n_actions) + (f": {pays}" if pays else "")
    if chance is not None and len(move.actions) < n_actions:
        text += f"  ({chance:.2g})"
    here = places[move.state]
    if move.is_certain:
        (goal, _), bend = move.branches[0], _bend(move, moves)
        if goal == move.state:
            _loop(axes, here, _away(move, beside, places), text, look)
        else:
            _arrow(axes, here, places[goal], bend, look, RADIUS)
            along = 0.5 if here[1] == places[goal][1] else 0.36
            _label(axes, here, places[goal], bend, text, colour, along)
        return
    dot = here + _away(move, beside, places) * 1.15
    rim = here + RADIUS * (dot - here) / np.hypot(*(dot - here))
    axes.plot(*np.transpose([rim, dot]), color=colour, lw=look["lw"], ls=dash, zorder=1)
    axes.add_patch(Circle(dot, DOT, fc=colour, ec=colour, zorder=3))
    up = 1 if dot[1] >= here[1] else -1
    right = dot[0] > here[0]
    x, ha = (dot[0] + 0.1, "right") if right else (dot[0] - 0.1, "left")
    va = "bottom" if up > 0 else "top"
    axes.text(x, dot[1] + 0.15 * up, text, color=colour, ha=ha, va=va, zorder=4)
    for goal, p in move.branches:
        own = goal == move.state
        outside = up if dot[0] > here[0] else -up
        bend = 0.55 * outside if own else 0.0
        thin = look | {"lw": 1.0, "ls": "-"}
        _arrow(axes, dot, places[goal], bend, thin, 0.0)
        # Near the dot, where branches of two states do not cross yet.
        along = 0.5 if own else min(0.34, 0.8 / np.hypot(*(places[goal] - dot)))
        _label(axes, dot, places[goal], bend, f"{p:.3g}", colour, along, up)


def _bend(move: Move, moves: list[Move]) -> float:
    """How far an arrow bends, so that arrows between the same two circles do not lie on another."""
    goal = move.branches[0][0]
    ends = {move.state, goal}
    peers = [m for m in moves if m.is_certain and {m.state, m.branches[0][0]} == ends]
    if len(peers) == 1:
        return 0.0
    own = [m for m in peers if m.state == move.state]
    both_ways = len(own) < len(peers)
    if both_ways:
        return -0.25 * (1 + own.index(move))
    return BEND * (2 * own.index(move) / (len(own) - 1) - 1)


def _away(move: Move, beside: list[Move], places: np.ndarray) -> np.ndarray:
    """The direction in which a dot or a loop of this move stands, a unit vector."""
    here = places[move.state]
    others = [k for k, _ in move.branches if k != move.state] or [
        k for m in beside for k, _ in m.branches if k != move.state
    ]
    towards = np.mean([places[k] - here for k in others], axis=0) if others else np.array([1.0, 0])
    base = np.arctan2(towards[1], towards[0])
    if move.is_certain:  # a loop, on the far side
        base += np.pi / 2 * (1 if beside.index(move) else -1)
        return np.array([np.cos(base), np.sin(base)])
    spread = np.radians(46) * (2 * beside.index(move) / max(len(beside) - 1, 1) - 1)
    return np.array([np.cos(base + spread), np.sin(base + spread)])


def _arrow(axes, start, end, bend: float, look, gap: float) -> None:
    """An arrow between the rims of two circles; ``gap`` is the radius of the first."""
    side = np.array([end[1] - start[1], start[0] - end[0]])
    control = (np.asarray(start) + end) / 2 + bend * side
    first = control - start
    last = control - end
    begin = start + gap * first / np.hypot(*first)
    tip = end + (RADIUS + 0.03) * last / np.hypot(*last)
    axes.add_patch(
        FancyArrowPatch(
            begin,
            tip,
            connectionstyle=f"arc3,rad={bend}",
            arrowstyle="-|>",
            mutation_scale=11,
            shrinkA=0,
            shrinkB=0,
            zorder=2,
            **look,
        )
    )


def _label(
    axes, start, end, bend: float, text: str, colour: str, along: float, up: int = 1
) -> None:
    """Text beside the arrow: outside its bend, or ``up`` of it; ``along`` is 0 at its start."""
    side = np.array([end[1] - start[1], start[0] - end[0]])
    middle = start + along * (np.asarray(end) - start) + 2 * along * (1 - along) * bend * side
    if bend == 0:
        side = side if side[1] * up > 0 else -side
    else:
        side = side * np.sign(bend)
    unit = side / np.hypot(*side)
    x, y = middle + 0.1 * unit
    va = "bottom" if unit[1] > 0.2 else "top" if unit[1] < -0.2 else "center"
    ha = "center" if abs(unit[1]) > 0.97 else "left" if unit[0] > 0 else "right"
    axes.text(x, y, text, color=colour, ha=ha, va=va, zorder=4)


def _loop(axes, here, direction, text: str, look) -> None:
    """An arrow from a circle to itself."""
    across = np.array([-direction[1], direction[0]])
    begin, tip = (here + RADIUS * (0.8 * direction + side * 0.6 * across) for side in (-1, 1))
    axes.add_patch(
        FancyArrowPatch(
            begin,
            tip,
            connectionstyle="arc3,rad=1.9",
            arrowstyle="-|>",
            mutation_scale=11,
            shrinkA=0,
            shrinkB=0,
            zorder=2,
            **look,
        )
    )
    x, y = here + 0.95 * direction
    axes.text(
        x,
        y,
        text,
        color=look["color"],
        ha="center",
        zorder=4,
        va="bottom" if direction[1] > 0 else "top",
    )
