"""Each answer, and each slip as its reply describes it, worked out in numbers by another route.

Laws are enumerated, series added up, integrals and derivatives taken numerically. So the closed
forms of trajectory, log_derivative, causality, theorem, baselines, continuous, discount,
algorithms, language_models and exact_variances are held to something that is not a closed form.
"""

from __future__ import annotations

import inspect
from itertools import product

import mpmath
import pytest
import sympy as sp
from mpmath import diff, exp, fsum, log, mpf, quad, sqrt

from utils.exercises import all_exercises, exercise
from utils.exercises.reading import python_name

POINTS = (
    "p=2/7 q=3/11 gamma=5/13 lam=7/17 theta=11/19 sigma=13/23 b=3/31 mu=-7/29 v=11/37 eps=5/41 "
    "c=9/43 g=23/47 r=29/53 R_0=31/59 R_1=37/61 R_2=-43/67 x=4 y=7 a=53/73 q_0=-59/79 q_1=61/83 "
    "k=3 n=7 T=3 N=6",
    "p=8/11 q=5/14 gamma=3/17 lam=9/19 theta=13/7 sigma=17/12 b=7/5 mu=5/3 v=13/4 eps=7/23 "
    "c=-11/6 g=-19/8 r=-17/9 R_0=-14/5 R_1=11/3 R_2=19/6 x=2 y=3 a=15/4 q_0=9/7 q_1=-13/5 "
    "k=5 n=6 T=4 N=9",
)
OTHER_NAMES = {"eps": "epsilon"}
ROUTES = {}


def route(function):
    ROUTES["ex:" + function.__name__.replace("_", "-")] = function
    return function


def values(text):
    pairs = (entry.split("=") for entry in text.split())
    return {name: mpf(sp.Rational(v).p) / sp.Rational(v).q for name, v in pairs}


def q_(numerator, denominator):
    return mpf(numerator) / denominator


def coin(p):
    return ((1 - p, 0), (p, 1))


def coins(*chances):
    """The law of several independent coins."""
    for draws in product(*map(coin, chances)):
        yield mpmath.fprod(w for w, _ in draws), tuple(x for _, x in draws)


def mean(law, f):
    return fsum(w * f(x) for w, x in law)


def variance(law, f):
    law = tuple(law)
    middle = mean(law, f)
    return mean(law, lambda x: (f(x) - middle) ** 2)


def by_logit(f, p):
    return p * (1 - p) * diff(f, p)


def series(f, first=0):
    return fsum(f(t) for t in range(first, 200))


# The running MDP: rows of P_pi, mean rewards, chances of action 1.
RUNNING = ((q_(11, 20), q_(9, 20)), (q_(7, 12), q_(5, 12)))
MEAN_REWARDS = (q_(3, 5), q_(2, 3))


def running_values(gamma):
    v = [mpf(0), mpf(0)]
    for _ in range(150):
        v = [
            r + gamma * (x * v[0] + y * v[1])
            for r, (x, y) in zip(MEAN_REWARDS, RUNNING, strict=True)
        ]
    return v


@route
def one_prefix():
    policy, kernel = q_(3, 5) * q_(1, 3) * q_(2, 5), q_(1, 4) * q_(3, 4)
    return policy * kernel, policy, kernel, policy * kernel * q_(3, 4)


@route
def running_objective(gamma):
    start, other = running_values(gamma)
    return start, running_values(q_(1, 2))[0], other, series(lambda t: gamma**t * q_(3, 5))


@route
def score_of_counts(k, n, p):
    def ones(x):
        return k * log(x)

    def all_steps(x):
        return ones(x) + (n - k) * log(1 - x)

    score = by_logit(all_steps, p)
    return score, -score, by_logit(ones, p), diff(all_steps, p), score / n


@route
def tail_of_ones(gamma, T):
    T = int(T)
    whole = series(lambda t: gamma**t)
    tail = series(lambda t: gamma**t, T)
    return tail, gamma**T, series(lambda t: gamma**t, T + 1), whole, whole - tail


@route
def variance_of_the_score_sum(T, p):
    T = int(T)
    total = variance(coins(*[p] * T), lambda a: sum(a) - T * p)
    return (
        total,
        variance(coin(p), lambda a: T * (a - p)),
        variance(coin(p), lambda a: a - p),
        mean(coins(*[p] * T), lambda a: sum(x * x for x in a)),
        sqrt(total),
    )


@route
def affinity(p, q, T):
    T = int(T)
    both = [(w, v, a) for (w, a), (v, _) in zip(coins(*[p] * T), coins(*[q] * T), strict=True)]
    one = fsum(sqrt(w * v) for (w, _), (v, _) in zip(coin(p), coin(q), strict=True))
    return (
        fsum(sqrt(w * v) for w, v, _ in both),
        one,
        fsum(w * v for w, v, _ in both),
        fsum(sqrt(w * v) for w, v, a in both if len(set(a)) == 1),
    )


@route
def moving_start(p, r):
    def objective(x):
        return x * r

    scores = mean(coins(q_(1, 3)), lambda a: (a[0] - q_(1, 3)) * p * r)
    return by_logit(objective, p), scores, diff(objective, p), objective(p)


@route
def geometric_score(x, p):
    def tails(z):
        return x * log(1 - z)

    def likelihood(z):
        return tails(z) + log(z)

    score = by_logit(likelihood, p)
    return score, diff(likelihood, p), -score, by_logit(tails, p), by_logit(log, p)


@route
def uniform_square(theta, k):
    score = quad(lambda x: x**k * (-1 / theta) / theta, [0, theta])
    truth = diff(lambda end: end**k / (k + 1), theta)
    return score, truth, theta**k / theta, quad(lambda x: -(x**k), [0, theta]), -score


@route
def coincidence(p):
    def agree(x):
        return mean(coins(x, x), lambda a: a[0] == a[1])

    score_term = mean(coins(p, p), lambda a: (a[0] == a[1]) * (a[0] - p))
    without = mean(coin(p), lambda a: a - p)
    return by_logit(agree, p), score_term, diff(agree, p), agree(p), without


@route
def estimator_at_the_edge(theta):
    # Here theta is a probability; the point of the test may lie above 1, and all is polynomial.
    sample = variance(coin(theta), lambda x: x / theta)
    return (
        sample,
        mean(coin(theta), lambda x: (x / theta) ** 2),
        variance(coin(theta), lambda x: x),
        (1 / theta) ** 2,
        sample / theta,
    )


@route
def length_of_the_score(n):
    each = 1 / n
    score = [1 - each] + [-each] * (int(n) - 1)  # of any action, up to the order of its entries
    length = fsum(x * x for x in score)
    return length, score[0] ** 2, length / n, mpf(1), fsum(each**2 for _ in score)


@route
def proposal_variance(p, q):
    slope = by_logit(lambda x: x, p)
    return (
        variance(coin(q), lambda x: x * slope / q),
        mean(coin(q), lambda x: (x * slope / q) ** 2),
        variance(coin(p), lambda x: x * slope / p),
        variance(coin(q), lambda x: x * slope),
        variance(coin(q), lambda x: x / q),
    )


@route
def reinforce_of_ones(gamma, T, p):
    T = int(T)
    paid = fsum(gamma**t for t in range(T))
    scores = variance(coins(*[p] * T), lambda a: sum(a) - T * p)
    return (
        variance(coins(*[p] * T), lambda a: paid * (sum(a) - T * p)),
        paid * scores,
        scores,
        variance(coin(p), lambda a: paid * (a - p)),
        mean(coins(*[p] * T), lambda a: paid * (sum(a) - T * p)),
    )


@route
def score_after_reward(p, q):
    def second(first):
        return variance(coin(q if first else p), lambda a: a)

    means = [second(first) for first in (0, 1)]
    square = mean(coin(p), means.__getitem__)
    joint = mean(coin(p), lambda a: a * means[a])
    covariance = joint - p * square
    return covariance, mpf(0), means[1] - means[0], joint, -covariance


@route
def repeat_reward(p):
    def objective(x):
        return mean(coins(x, x), lambda a: a[0] == a[1])

    formula = mean(coins(p, p), lambda a: (a[0] == a[1]) * (a[0] - p))
    given = [mean(coin(p), lambda a, first=first: a == first) for first in (0, 1)]
    return formula, by_logit(objective, p), mpf(0), given[1] - given[0], diff(objective, p)


@route
def survival_gradient(p, gamma):
    def objective(x):
        return series(lambda k: gamma**k * x ** (k + 1))

    return (
        by_logit(objective, p),
        diff(objective, p),
        objective(p),
        series(lambda k: gamma**k * p**k * p * (1 - p)),
        series(lambda k: (k + 1) * gamma**k) * p * (1 - p),
    )


@route
def gamma_twice(p, gamma):
    spread = variance(coin(p), lambda a: a)
    return (
        series(lambda t: gamma ** (2 * t) * spread),
        series(lambda t: gamma**t * spread),
        series(lambda t: (t + 1) * gamma**t * spread),
        series(lambda t: gamma ** (2 * t) * p),
    )


@route
def settled_variance(c, p, gamma):
    def past(a):
        return c * (1 + gamma) * (a[0] + a[1] - 2 * p)

    def without(a):
        return c * (1 + gamma) * (a[0] - p) + gamma * c * (a[1] - p)

    def of(f):
        return variance(coins(p, p), f)

    return (
        of(past) - of(without),
        of(lambda a: c * (a[1] - p)),
        of(without),
        of(past),
        (of(past) - of(without)) / c,
        mean(coins(p, p), past) - mean(coins(p, p), without),
    )


@route
def episode_length(p):
    def length(x):
        return fsum((1 - x) ** k for k in range(400))

    slope = by_logit(length, p)
    return slope, diff(length, p), -slope, length(p), p * diff(length, p)


@route
def mean_over_steps(p, q, c):
    def second(a):
        return (a[0] == 0) * (a[1] - q) * c * a[1]

    whole = mean(coins(p, q), second)
    steps = mean(coin(p), lambda a: 2 - a)
    return (
        mean(coins(p, q), lambda a: second(a) / (2 - a[0])),
        whole,
        mean(coin(q), lambda a: (a - q) * c * a / 2),
        whole / steps,
    )


@route
def wrong_clock(p, c, gamma):
    def late(s, a):
        return s - c * a

    def early(s, a):
        return late(s, a) + gamma * mean(coin(p), lambda b: late(a, b))

    def rise(Q, s):
        return Q(s, 1) - Q(s, 0)

    second = mean(coin(p), lambda s: rise(early, s))
    return (
        rise(early, 0) + gamma * second,
        rise(early, 0) + gamma * mean(coin(p), lambda s: rise(late, s)),
        rise(early, 0) + second,
        rise(late, 0) + gamma * mean(coin(p), lambda s: rise(late, s)),
        rise(early, 0),
        gamma * second,
    )


@route
def two_state_occupancy(q, gamma):
    visits = series(lambda t: gamma**t * (1 - (1 - q) ** t))
    return (
        (1 - gamma) * visits,
        visits,
        (1 - gamma) * series(lambda t: gamma**t * (1 - q) ** t),
        (1 - gamma) * series(lambda t: gamma**t * (1 - (1 - q) ** (t + 1))),
        1 - (1 - q),
    )


@route
def killed_from_zero(g, gamma):
    def at_least(t):
        return series(lambda n: (1 - gamma) * gamma**n, t)

    return (
        g * at_least(3) / gamma**3,
        g * at_least(4) / gamma**3,
        g * at_least(2) / gamma**3,
        g * series(lambda n: (1 - gamma) * gamma**n * (n + 1)),
        g * (at_least(0) - at_least(1)),
    )


@route
def free_table(R_0, R_1, p, gamma):
    def objective(u_0, u_1):
        return (u_0 * R_0 + u_1 * R_1) / (1 - gamma * (u_0 + u_1))

    value = objective(1 - p, p)
    action = R_1 + gamma * value
    return (
        diff(lambda u: objective(1 - p, u), p),
        (action - value) / (1 - gamma),
        diff(lambda u: objective(1 - u, u), p),
        diff(lambda u: (1 - p) * R_0 + u * R_1, p) / (1 - gamma),
        action,
    )


@route
def first_visit(q, gamma):
    later = series(lambda t: gamma**t)
    reached = series(lambda t: q * (1 - q) ** (t - 1) * gamma**t, 1)
    return reached * later, later * q * gamma * later, mpf(0), reached, reached * later / gamma


@route
def aliased(p):
    start, paying = 1 / (1 + p / 2), (p / 2) / (1 + p / 2)  # weights of the discounted visits
    # As if the observation were a state: v = p (-start) + 4 paying + p start v / 2.
    v = (4 * paying - p * start) / (1 - p * start / 2)
    true = -1 + q_(1, 2) * 4  # in the start state; in the other one the actions are alike
    return start * true, true / (1 + p), mpf(true), start * (-1 + v / 2), true / mpf(2)


@route
def look_ahead():
    to_one, p = (q_(1, 4), q_(3, 4)), q_(2, 5)
    return (
        mean(coin(p), lambda a: (a - p) * to_one[a]),
        mean(coin(p), lambda a: a - p),
        to_one[1] - to_one[0],
        p * (1 - p) * to_one[1],
        mean(coin(p), lambda a: (a - p) * a),
    )


@route
def wrong_critic(gamma, lam, c, p):
    def estimate(last=1, lam=lam):
        """The mean of the score times two TD errors; ``last`` multiplies the critic at the end."""
        return mean(
            coin(p),
            lambda a: (a - p) * (gamma * c * a + gamma * lam * (gamma * c * a * last - c * a)),
        )

    return (
        estimate(),
        estimate(last=0),
        estimate(lam=0),
        estimate() - estimate(last=0),
        mpf(0),
        estimate() / gamma,
    )


@route
def mend_batch(N):
    left = 1 - 1 / N
    return 1 / left, left, 1 + 1 / N, 1 / (N - 1)


@route
def mean_log_density(sigma):
    def density(a):
        return exp(-(a**2) / (2 * sigma**2)) / (sigma * sqrt(2 * mpmath.pi))

    found = quad(lambda a: density(a) * log(density(a)), [-10 * sigma, 0, 10 * sigma])
    top = log(density(0))
    return found, top, -found, top - 1, found - log(sigma)


@route
def score_of_an_atom(sigma):
    def chance(mu):
        return mpmath.ncdf(-mu / sigma)

    score = diff(lambda mu: log(chance(mu)), 0)
    return score, mpf(0), diff(chance, 0), -score, score * sigma


@route
def counting_actions(lam):
    law = [(exp(-lam) * lam**a / mpmath.factorial(a), a) for a in range(60)]
    return (
        mean(law, lambda a: (a - lam) ** 2),
        mean(law, lambda a: (a / lam - 1) ** 2),
        fsum(w for w, _ in law),
        mean(law, lambda a: a) ** 2,
        mean(law, lambda a: a - lam),
    )


@route
def laplace_noise(mu, b):
    def moments(sample):
        def of(k):
            return quad(lambda z: exp(-abs(z)) / 2 * sample(z) ** k, [-60, -9, 0, 9, 60])

        return of(2), of(2) - of(1) ** 2

    square, spread = moments(lambda z: (mu + b * z) * mpmath.sign(z) / b)
    return (
        spread,
        square,
        mpf(0),
        moments(lambda z: mu * mpmath.sign(z) / b)[1],
        moments(lambda z: mu * mpmath.sign(z) + abs(z))[1],
    )


@route
def centred_edge():
    def moment(f):
        return quad(lambda x: 30 * (x * (1 - x)) ** 2 * f(x), [0, 1])

    def score(x):
        return -2 * (1 - 2 * x) / (x * (1 - x))

    def centred(x):
        return (x - q_(1, 2)) * score(x)

    return (
        moment(lambda x: centred(x) ** 2) - moment(centred) ** 2,
        moment(lambda x: centred(x) ** 2),
        moment(lambda x: (x * score(x)) ** 2) - moment(lambda x: x * score(x)) ** 2,
        moment(lambda x: score(x) ** 2),
        moment(lambda x: 1 / (x * (1 - x)) ** 2),
    )


@route
def two_step_regulator(gamma, theta, v):
    def later(feedback):
        return -gamma * (1 + feedback) ** 2 * v

    slope = diff(later, theta)
    return slope, slope / gamma, -slope, slope / 2, later(theta), slope - 2 * v


@route
def growing_action(mu, sigma):
    def at(z):
        return exp(mu + sigma * z - z**2 / 2) / sqrt(2 * mpmath.pi)

    ends = [-14, -4, 0, 4, 14]
    slope = quad(lambda z: at(z) * (z**2 - 1), ends)
    whole = quad(at, ends)
    return slope, slope / sigma, whole, slope * exp(sigma**2 / 2), quad(lambda z: at(z) * 0, ends)


@route
def flip_discount(x, y):
    root = mpmath.findroot(lambda gamma: x - gamma * y, mpf(1) / 3)
    return root, 1 / root, x - y, 1 - root, mpf(1)


@route
def discount_twice(x, y, gamma):
    p = q_(2, 7)

    def mean_with(first, second):
        return mean(
            coins(p, p),
            lambda a: (
                (first * (a[0] - p) * x * a[0] - second * (a[1] - p) * y * a[1]) / p / (1 - p)
            ),
        )

    return (
        mean_with(1, gamma * gamma),
        mean_with(1, gamma),
        mean_with(1, 1),
        mean_with(1, gamma * gamma * gamma),
        mean_with(gamma, gamma * gamma),
    )


@route
def dropped_waiting(p, gamma):
    def value(x):
        return series(lambda k: x * (1 - x) ** k * gamma**k)

    visits = fsum((1 - p) ** t for t in range(400))
    gain = 1 - gamma * value(p)
    spread = variance(coin(p), lambda a: a)
    return (
        visits * spread * gain,
        by_logit(value, p),
        spread * gain,
        visits * gain,
        visits * spread,
    )


@route
def small_loop(a, b, gamma):
    p, q, cost = q_(1, 5), q_(1, 6), q_(2, 3)

    def trip(width, height):
        there, back = gamma * q - cost, gamma * (q + height) - cost
        return there * width + (p + width) * height - back * width - p * height

    whole = trip(a, b)
    unit = trip(mpf(1), mpf(1))
    sides = (p + a) * b - p * b
    return whole, unit, unit * (a + b), -whole, sides, mpf(0)


@route
def deadline(p, gamma):
    stop, go = q_(13, 4), q_(9, 4)
    late = mean(coin(p), lambda a: stop if a else go)
    first, second = stop - go - gamma * late, (1 - p) * (stop - go)
    return (
        first + second,
        first + gamma * second,
        first + (stop - go),
        first,
        stop - go + second,
    )


@route
def kappa_three(gamma):
    def bound(weights):
        kappa = max(weights) / min(weights)
        return 2 * sqrt(kappa) / (1 + kappa)

    three = [gamma**t for t in range(3)]
    kappa = max(three) / min(three)
    return bound(three), bound(three[:2]), kappa, 1 / kappa, bound(three) * sqrt(kappa)


@route
def running_average():
    share = [mpf(1), mpf(0)]
    for _ in range(60):
        share = [fsum(m * row[s] for m, row in zip(share, RUNNING, strict=True)) for s in (0, 1)]
    return (
        share[0] * MEAN_REWARDS[0] + share[1] * MEAN_REWARDS[1],
        (1 - q_(1, 2)) * running_values(q_(1, 2))[0],
        fsum(MEAN_REWARDS) / 2,
        share[1] * MEAN_REWARDS[0] + share[0] * MEAN_REWARDS[1],
        MEAN_REWARDS[0],
    )


@route
def loss_coin(p, b):
    def loss(a, b=b):
        return -(a - b) * log(p if a else 1 - p)

    found = mean(coin(p), loss)
    bare = mean(coin(p), lambda a: loss(a, 0))
    return found, bare, -found, loss(0) + loss(1), bare - b


@route
def compatible_coin(q_0, q_1):
    p, worth = q_(2, 7), (q_0, q_1)
    w = mean(coin(p), lambda a: (a - p) * worth[a]) / variance(coin(p), lambda a: a)
    return w, -w, w / 2, worth[1]


@route
def per_step_waiting(p):
    law = ((p, (1, 1)), ((1 - p) * p, (1, 2)), ((1 - p) ** 2, (0, 2)))
    paid = mean(law, lambda x: x[0])
    return (
        mean(law, lambda x: mpf(x[0]) / x[1]),
        paid,
        mean(law[:1], lambda x: x[0]) + fsum(w for w, _ in law[1:]) / 2,
        paid / mean(law, lambda x: x[1]),
    )


@route
def leak_waiting(p, gamma):
    def objective(x):
        return series(lambda k: gamma**k * x * (1 - x) ** k)

    after = series(lambda k: gamma ** (k + 1) * p * (1 - p) ** k)
    slope = diff(objective, p)
    return after * slope / 2, after * slope, objective(p) * slope / 2, slope, gamma * slope / 2


@route
def first_thought(p, q):
    before = mean(coins(p, q), lambda a: a[0] * a[1])
    after = mean(coin(q), lambda a: a)
    return after - before, after, 1 - before, 1 - after, before


@route
def pair(R_1, R_2):
    middle = (R_1 + R_2) / 2
    return R_1 - middle, R_1 - R_2, R_2 - middle


@route
def only_one_right(p):
    def chance(f):
        return mean(coins(p, p, p), f)

    return (
        chance(any) / 3,
        chance(any),
        chance(lambda a: a == (1, 0, 0)),
        chance(lambda a: a[0]) / 3,
        chance(all) / 3,
    )


@route
def four_answers(p):
    def update(f):
        """The mean of the standardised weights times the scores."""

        def of(a):
            middle = mpf(sum(a)) / 4
            deviation = sqrt(fsum((x - middle) ** 2 for x in a) / 4)
            return deviation and fsum((x - middle) / deviation * (x - p) for x in a) / 4 * f(a)

        return mean(coins(p, p, p, p), of)

    spread = variance(coin(p), lambda a: a)
    whole = update(lambda a: 1)
    return whole / spread, update(lambda a: sum(a) != 2) / spread, 1 / sqrt(spread), whole


@route
def short_or_long(p):
    def update(f):
        return mean(coin(p), lambda a: f(a) * (1 / p if a else -1 / (1 - p)))

    reward = update(lambda a: mpf(a) / (1 + a))
    length = update(lambda a: mpf(1) / (1 + a))
    return reward - p * length, update(lambda a: a), reward, -p * length, reward + p * length


@route
def k3_coin(p, q):
    def divergence(one, other):
        return one * log(one / other) + (1 - one) * log((1 - one) / (1 - other))

    slope = by_logit(lambda x: divergence(q, x), p)
    return (
        slope,
        by_logit(lambda x: divergence(x, q), p),
        -slope,
        mean(coin(p), lambda a: a - p),
        diff(lambda x: divergence(q, x), p),
    )


@route
def ratio_tokens(p, q):
    def ratio(a):
        return q / p if a else (1 - q) / (1 - p)

    return (
        mean(coin(p), lambda a: ratio(a) ** 2),
        mean(coin(p), ratio),
        mean(coin(q), lambda a: ratio(a) ** -2),
        variance(coin(p), ratio),
    )


@route
def clip_other_side(p, eps):
    def crossing(ratio, end):
        return mpmath.findroot(lambda x: ratio(x) - end, p)

    zero = crossing(lambda x: (1 - x) / (1 - p), 1 - eps)
    return (
        zero,
        crossing(lambda x: x / p, 1 + eps),
        crossing(lambda x: x - p, eps),
        crossing(lambda x: (1 - x) / (1 - p), eps),
    )


@route
def temperature_coin(p, q):
    return (
        mean(coin(q), lambda a: a * (a - p)),
        mean(coin(p), lambda a: a * (a - p)),
        mean(coin(q), lambda a: a * (a - q)),
        mean(coin(q), lambda a: a - p),
    )


@route
def masked_cut(q, b):
    def climbed(right, masked):
        return diff(lambda x: right * x + masked * (1 - x), q_(2, 7))

    return climbed(q, b), climbed(q, 0), climbed(q, -b), climbed(0, b)


def _with_baseline(p, b):
    return variance(coin(p), lambda a: (a - p) * (a - b))


@route
def price_of_V(p):
    bare, with_value = _with_baseline(p, 0), _with_baseline(p, p)
    square = mean(coin(p), lambda a: (a - p) ** 2)
    return bare - with_value, with_value - bare, square * p**2, bare, square * p


@route
def constants(c, p):
    def of(first, second):
        return variance(coins(p, p), lambda a: first * (a[0] - p) + second * (a[1] - p))

    return (
        of(-c + c, c),
        of(-c + c, -c + c),
        of(0, c) / c,
        of(-c, c),
        c**2 * mean(coin(p), lambda a: a**2),
    )


@route
def xor_coin(p):
    def sample(a):
        return (a[0] + a[1] - 2 * p) * reward(a)

    def reward(a):
        return 4 * (a[0] != a[1])

    found = variance(coins(p, p), sample)
    return (
        found,
        mean(coins(p, p), lambda a: sample(a) ** 2),
        mpf(0),
        variance(coins(p, p), reward),
        found / 16,
    )


@route
def corner():
    root = mpmath.findroot(lambda p: -(p**3) + 3 * p * (1 - p) ** 2 + 2 * (1 - p) ** 3, 0.7)
    return root, root / (1 - root), q_(1, 3), mpf(1)


def number(expression, at, symbols):
    exact = {s: sp.Rational(at[python_name(s)]) for s in symbols}
    return mpf(sp.N(expression.subs(exact), 18))


@pytest.mark.parametrize("text", POINTS, ids=("one", "other"))
@pytest.mark.parametrize("name", sorted(ROUTES))
def test_answer_and_slips_are_what_another_route_gives(name, text):
    task, found = exercise(name), ROUTES[name]
    texts = dict(entry.split("=") for entry in text.split())
    at = texts | {full: texts[short] for short, full in OTHER_NAMES.items()}
    with mpmath.workdps(18):
        numbers = values(text)
        wanted = found(**{name: numbers[name] for name in inspect.signature(found).parameters})
        right = [number(e, at, task.symbols) for e in (task.answer, *(s for s, _ in task.slips))]
        assert len(right) == len(wanted)
        for k, (one, other) in enumerate(zip(right, wanted, strict=True)):
            assert abs(one - other) < mpf(10) ** -12 * (1 + abs(one)), f"number {k}"


def test_every_exercise_has_another_route():
    assert set(ROUTES) == {task.name for task in all_exercises()}
