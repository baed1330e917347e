"""A world in which a small language model thinks before it answers.

An answer is a sequence of at most T tokens out of three: "…" goes on thinking, "✓." is the right
last word and "✗." the wrong one. Both last words end the answer; after T tokens it is cut off. The
reward is 1 if the answer is right and 0 otherwise, it comes once, at the end, and nothing is
discounted. There are two prompts. The easy one is spoiled by brooding: the first idea is the best.
The hard one needs thought.

The model has two parameters for all prompts and places, as real models share all of theirs: one in
the logit of "…", one in the logit of "✓.".
"""

from __future__ import annotations

import numpy as np

from utils.common.validation import check_count
from utils.learning.assay import World

THINK, RIGHT, WRONG = range(3)
TOKENS = ("…", "✓.", "✗.")
# Odds of "✓." against "✗." after 0, 1, 2 thoughts, for each prompt; and of "…" against "✗.".
SKILL = ((9.0, 4.0, 1.0), (1 / 9, 1.0, 9.0))
THETA = (np.log(3.0), 0.0)


def thinking(group: int = 4, skill=SKILL, prompts=None, theta=THETA, **rest) -> World:
    """The world of this module, with groups of ``group`` answers to one prompt.

    State i T + k is prompt i after k thoughts; then come the state of an answer that was cut off
    and the end. The odds against "✗." are exp(theta[0]) for "…" and skill[i][k] exp(theta[1]) for
    "✓.". ``prompts`` is the law of the prompt, uniform unless given. ``rest`` goes to ``World``.
    After the end the network is asked at the place that comes next, as happens to programs that
    pad their answers.
    """
    skill = np.asarray(skill, dtype=float)
    n_prompts, length = skill.shape
    n_places = n_prompts * length
    cut, end = n_places, n_places + 1
    P = np.zeros((end + 1, 3, end + 1))
    P[:, :, end] = 1
    offsets, features = np.zeros((end + 1, 3)), np.zeros((end + 1, 3, 2))
    for prompt in range(n_prompts):
        for k in range(length):
            place = prompt * length + k
            offsets[place, RIGHT] = np.log(skill[prompt, k])
            P[place, THINK] = np.eye(end + 1)[place + 1 if k < length - 1 else cut]
    features[:n_places, THINK, 0] = 1
    features[:n_places, RIGHT, 1] = 1
    R = np.zeros((end + 1, 3))
    R[:n_places, RIGHT] = 1
    start = np.zeros(end + 1)
    start[:n_places:length] = 1 / n_prompts if prompts is None else prompts
    padding = np.full((end + 1, length), end)
    for prompt in range(n_prompts):
        padding[prompt * length] = prompt * length + np.arange(length)
    return World(
        P, R, start, length, features, offsets, np.array(theta, dtype=float), 
        group=check_count("group", group), padding=padding, **rest,
    )  # fmt: skip
