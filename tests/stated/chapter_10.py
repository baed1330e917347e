"""The numbers of chapter 10."""

from fractions import Fraction as F

import numpy as np
from prose import Stated

from utils.estimators.comparison import long_run_variances, path_table, short_horizon_variances
from utils.estimators.variance import estimator_moments
from utils.exact.baselines import optimal_state_baseline, per_step_baseline
from utils.exact.chain import ScoredChain
from utils.model import counterexamples, examples
from utils.model.policies import LinearSoftmax
from utils.model.rational import RationalMDP, logit_policy

tables = examples.running_tables()
running, logits = RationalMDP(tables.P, tables.R, F(1, 2), tables.rho0), logit_policy(tables.p)
V, Q = ScoredChain.of(running, logits).values()
best_G, best_Q = (optimal_state_baseline(running, logits, form) for form in ("reward-to-go", "q"))
one_step = per_step_baseline(running, logits)
HALF = F(1, 2)


def square_of_the_surprises() -> float:
    """sum_{k>=1} gamma^(2k) E[|M_k|^2 zeta_k^2], forward in time, at gamma = 1/2."""
    P, pi, psi = (
        np.array(x, dtype=float) for x in (running.P, logits.probabilities, logits.scores)
    )
    value, table = np.array(V, dtype=float), np.array(Q, dtype=float)
    noise = P @ (pi * table**2).sum(axis=1) - (P @ value) ** 2  # E[zeta^2 | s, a before]
    law, first, second = np.array([1.0, 0.0]), np.zeros((2, 2)), np.zeros(2)
    total = 0.0
    for k in range(1, 60):
        moved = first[:, None, :] + law[:, None, None] * psi
        square = second[:, None] + 2 * (psi * first[:, None, :]).sum(axis=2)
        square = square + (psi**2).sum(axis=2) * law[:, None]
        total += 0.25**k * (pi * square * noise).sum()
        law, first, second = (
            np.einsum("sa,sa...,sap->p...", pi, x, P)
            for x in (np.repeat(law[:, None], 2, axis=1), moved, square)
        )
    return total


fast = long_run_variances(running, logits)
bandit = estimator_moments(*counterexamples.bandit(), "reward-to-go", 8, horizon=1).trace
bonus = short_horizon_variances(*counterexamples.constant_rewards(HALF), 2)
xor_apart = short_horizon_variances(counterexamples.xor_game()[0], logit_policy([HALF] * 3), 2)
luck, sure = counterexamples.noiseless_td_error(), counterexamples.noiseless_advantage()
luck_apart = short_horizon_variances(luck[0], logit_policy([HALF] * 4), 2)
sure_apart = short_horizon_variances(sure[0], logit_policy(["1/5", HALF, HALF]), 2)
above = long_run_variances(*counterexamples.advantage_above_baselined_return())
by_luck = long_run_variances(*counterexamples.advantage_above_td_error())
by_all = long_run_variances(*counterexamples.all_action_above_advantage())
surprises = square_of_the_surprises()
slow = long_run_variances(
    examples.running(0.9), LinearSoftmax.logits(np.array(tables.p, dtype=float))
)

NUMBERS = (
    Stated("0.0137", 1, float(fast["G"] - fast["Q"]) - surprises),
    Stated("0.0579", 1, surprises),
    Stated("0.0716", 1, fast["G"] - fast["Q"]),
    Stated("0.09", 1, 0.1 * 0.9),
    Stated("0.1", 3, reason="a chance, chosen"),
    Stated("0.1441", 1, above["G − V"]),
    Stated("0.2104", 1, above["A"]),
    Stated("0.3730", 1, slow["TD error"]),
    Stated("0.3734", 1, slow["A"]),
    Stated("0.4772", 1, fast["Q"]),
    Stated("0.5", 2, HALF),
    Stated("0.5488", 1, fast["G"]),
    Stated("0.9", 6, reason="a discount or a chance, chosen"),
    Stated("1.033", 1, one_step[0]),
    Stated("1.091", 1, best_Q[0]),
    Stated("1.120", 1, best_G[0]),
    Stated("1.230", 1, V[0]),
    Stated("1.295", 1, V[1]),
    Stated("1.84", 1, by_luck["TD error"]),
    Stated("1.877", 1, best_G[1]),
    Stated("1.905", 1, best_Q[1]),
    Stated("1.959", 1, one_step[1]),
    Stated("1/10", 2, counterexamples.all_action_above_advantage()[1].probabilities[0, 1]),
    Stated("1/2", 17, HALF),
    Stated("1/3", 5, F(1, 3)),
    Stated("1/4", 1, HALF * HALF),
    Stated("1/5", 6, F(2, 10)),
    Stated("1/8", 1, path_table(*counterexamples.constant_rewards(HALF), 2).mean("G")[0]),
    Stated("11394811575/79082438656", 1, above["G − V"]),
    Stated("144/25", 2, bandit),
    Stated("16/5", 1, F(4, 5) * 4),
    Stated("1620/26411", 1, by_all["all actions"]),
    Stated("17/10", 3, path_table(*sure, 2).mean("A")[0]),
    Stated("18/25", 1, sure_apart["all actions"]),
    Stated("2/3", 2, F(2, 3)),
    Stated("2.948", 1, slow["G − best constant"]),
    Stated("2.962", 1, slow["G − V"]),
    Stated("27/64", 1, bonus["G"]),
    Stated("3/2", 3, F(11 - 5, 2) * HALF),
    Stated("3/64", 1, bonus["total"]),
    Stated("3/8", 1, luck_apart["A"]),
    Stated("36/25", 1, short_horizon_variances(*sure, 2)["all actions"]),
    Stated("4/5", 4, 1 - F(2, 10)),
    Stated("45/26411", 1, by_all["A"]),
    Stated("5.76", 1, bandit),
    Stated("5/2", 1, xor_apart["Q"]),
    Stated("54/25", 1, sure_apart["A"]),
    Stated("582615/2768896", 1, above["A"]),
    Stated("7.50", 1, by_luck["A"]),
    Stated("7/2", 1, xor_apart["G"]),
    Stated("7/8", 1, luck_apart["TD error"]),
    Stated("9/10", 3, counterexamples.bandit()[1].probabilities[0, 1]),
    Stated("9/82", 1, F(9, 100) / (F(1, 100) + F(81, 100))),
)
