"""Each check names the entry that is wrong, and lets pass what is right."""

import numpy as np
import pytest

from utils.common import validation as v

PASSES = [
    (v.finite_array, ("R", [[1, 2]], (1, 2)), [[1.0, 2.0]]),
    (v.finite_array, ("R", [1, 2], (None,)), [1.0, 2.0]),
    (v.real_array, ("R", [1 + 0j, 2]), [1.0, 2.0]),
    (v.plain_array, ("a", [1, 2], "iu"), [1, 2]),
    (v.plain_array, ("r", [1, 2], "f"), [1.0, 2.0]),
    (v.check_indices, ("a", [0, 2], 3), [0, 2]),
    (v.check_discount, (1,), 1.0),
    (v.check_number, ("x", np.float64(2)), 2.0),
    (v.check_flag, ("x", np.bool_(True)), True),
    (v.check_count, ("n", np.int64(3)), 3),
    (v.check_name, ("weights", "q", ("q", "gae")), "q"),
    (v.check_shape, ("R", np.ones((2, 3)), (3,), (None, 3)), None),
    (v.check_distributions, ("P", np.array([[0.25, 0.75]])), None),
    (v.check_magnitude, ("R", np.array([-1e99])), None),
    (v.check_mean_rewards, (np.array([[1.0]]), np.array([[1.0]])), None),
]

REFUSALS = [
    (v.finite_array, ("R", [[1, np.inf]]), r"R\[0, 1\] is inf, not a finite number"),
    (v.finite_array, ("R", [1, 2], (3,)), r"R has shape \[2\], not \[3\]"),
    (v.real_array, ("R", ["one"]), r"R must be an array of numbers \(R\[0\] is"),
    (v.real_array, ("R", [1, 2j]), "with an imaginary part"),
    (v.real_array, ("R", [[1], [2, 3]]), "its rows have different lengths"),
    (v.real_array, ("R", np.ma.array([1, 2], mask=[0, 1])), r"R\[1\] is masked"),
    (v.plain_array, ("a", [1.5], "iu"), "a must hold integers"),
    (v.check_indices, ("a", [0, -1], 3), r"a\[1\] is -1, not in 0, ..., 2"),
    (v.check_discount, (1.1,), r"gamma is 1.1, not in \[0, 1\]"),
    (v.check_discount, (1 - 1e-14,), "give 1, or at most"),
    (v.check_discount, ("1",), "gamma is '1', not a number"),
    (v.check_number, ("x", True), "x is True, not a number"),
    (v.check_number, ("x", np.inf), "x is inf, not a finite number"),
    (v.check_flag, ("x", 1), "x is 1, not True or False"),
    (v.check_count, ("n", 0), "n is 0, not an integer of at least 1"),
    (v.check_count, ("n", 2.0), "n is 2.0, not an integer"),
    (v.check_name, ("weights", "G", ("q", "gae")), "weights is 'G', not one of 'q', 'gae'"),
    (v.check_shape, ("R", np.ones(2), (3,), (None, 3)), r"\[2\], not \[3\] or \[any, 3\]"),
    (v.check_distributions, ("P", np.array([[0.5, 0.4]])), r"P\[0\] sums to 0.9, not 1"),
    (v.check_distributions, ("P", np.array([[1.5, -0.5]])), r"P\[0, 1\] is -0.5"),
    (v.check_magnitude, ("R", np.array([0, 1e101])), r"R\[1\] is 1e\+101"),
    (v.check_mean_rewards, (np.array([[1.0]]), np.array([[2.0]])), r"R\[0, 0\] is 1, but"),
    (v.check_generator, (np.random,), "not a numpy.random.Generator"),
]


@pytest.mark.parametrize("check, arguments, answer", PASSES)
def test_what_is_right_passes(check, arguments, answer):
    np.testing.assert_array_equal(check(*arguments), answer)


@pytest.mark.parametrize("check, arguments, message", REFUSALS)
def test_what_is_wrong_is_named(check, arguments, message):
    with pytest.raises(ValueError, match=message):
        check(*arguments)


def test_an_entry_is_written_as_a_reader_would():
    assert v.entry("P", (3, 1)) == "P[3, 1]" and v.entry("gamma", ()) == "gamma"


def test_a_generator_is_handed_back():
    rng = np.random.default_rng(0)
    assert v.check_generator(rng) is rng


def test_a_checked_array_is_a_copy_that_cannot_be_written_to():
    given = np.ones(2)
    array = v.finite_array("R", given)
    given[0] = 5
    assert array[0] == 1 and not array.flags.writeable
