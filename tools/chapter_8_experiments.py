"""Play the experiments that the text of chapter 8 quotes, and print them as tables.

A grid of step sizes on FrozenLake, how certain the policies get there, ten repetitions of the pole,
and the angle between two steps on the pole. They are stored beside the pictures' runs;
`python tools/chapter_8_experiments.py --play` plays them again, which takes some minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from utils.figures import stored_runs
from utils.learning.frozen_lake import METHODS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--play", action="store_true", help="play everything again first")
    if parser.parse_args().play:
        stored_runs.store_experiments(Path(stored_runs.__file__).parent / "data")
    print("FrozenLake, J after 200 updates")
    for step, rows in zip(stored_runs.GRID_STEPS, stored_runs.lake_grid(), strict=True):
        for method, row in zip(METHODS, rows, strict=True):
            print(
                f"  {step:4.0f}  {method:17}", *(f"{x:.3f}" for x in row), f"mean {row.mean():.3f}"
            )
    print("FrozenLake, REINFORCE: cells of ice with an action above 0.9 after 200 updates")
    print(" ", *(stored_runs.lake_certainty() > 0.9).sum(axis=1))
    print("CartPole, cosines between the step with TD errors and the step with a baseline")
    for steps, *cosines in stored_runs.pole_cosines().T:
        print(f"  {steps:.0f}", *(f"{cosine:.2f}" for cosine in cosines))
    print("CartPole, mean steps of the last ten updates, median of 8 runs, and runs above 450")
    for seed, rows in enumerate(stored_runs.pole_repetitions()):
        for recipe, row in zip(stored_runs.RECIPES, rows, strict=True):
            print(f"  {seed:2} {recipe.name:30} {np.median(row):.0f} {(row > 450).sum()}")


if __name__ == "__main__":
    main()
