"""Each check names the entry that is wrong, and lets pass what is right."""

from fractions import Fraction as F

import numpy as np
import pytest
import sympy

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


@pytest.mark.parametrize(
    "check, arguments",
    [
        (v.check_distributions, ("P", np.array([[0.25, 0.75 + 9e-10], [0.6, 0.4 - 9e-10]]))),
        (v.check_distributions, ("P", np.array([[0.0, 1.0]]))),
        (v.check_magnitude, ("R", np.array([v.LARGEST, -v.LARGEST]))),
        (v.check_magnitude, ("sd", np.array([0.0]), 0)),
        (v.check_magnitude, ("sd", np.array([3.0]), 3)),
        # 1e-9 (1 + 3) is allowed beside -3, and 1e-9 itself beside 0.
        (v.check_mean_rewards, (np.array([[-3 + 3.9e-9]]), np.array([[-3.0]]))),
        (v.check_mean_rewards, (np.array([[3 - 3.9e-9]]), np.array([[3.0]]))),
        (v.check_mean_rewards, (np.array([[v.SUM_TOLERANCE]]), np.array([[0.0]]))),
        (v.check_indices, ("a", np.array([0, 4]), 5)),
        (v.check_count, ("n", 3, 3)),
        (v.check_shape, ("R", np.ones((1, 3)), (None, 3))),
        (v.check_shape, ("R", np.ones((2, 3)), (None, None))),
        (v.check_shape, ("R", np.ones(()), (2,), ())),
        (v.check_discount, (0,)),
        (v.check_discount, (0.75, 0.25)),
        (v.check_discount, (1 - 1.1e-12,)),
    ],
)
def test_what_stands_on_the_border_passes(check, arguments):
    check(*arguments)


@pytest.mark.parametrize(
    "check, arguments, message",
    [
        (
            v.check_distributions,
            ("P", np.array([[0.5, 0.5], [0.5, 0.5 + 1.1e-9]])),
            "P[1] sums to 1.0000000011, not 1; "
            "float32? convert with .astype(float) and renormalise",
        ),
        (
            v.check_distributions,
            ("P", np.array([[0.5, 0.5], [0.5, 0.5 - 9e-6]])),
            "P[1] sums to 0.999991, not 1; float32? convert with .astype(float) and renormalise",
        ),
        (
            v.check_distributions,
            ("P", np.array([[[0.5, 0.5], [0.5, 0.5 + 1.1e-5]]])),
            "P[0, 1] sums to 1.000011, not 1",
        ),
        (
            v.check_distributions,
            ("rho0", np.array([0.75, 0.5, 0.125])),
            "rho0 sums to 1.375, not 1",
        ),
        (
            v.check_distributions,
            ("P", np.array([[1.0, 0.0], [1 + 9e-6, -9e-6]])),
            "P[1, 1] is -9e-06, not a probability (>= 0); "
            "a rounding error? clip at 0 and renormalise",
        ),
        (
            v.check_distributions,
            ("P", np.array([[1 + v.ROUNDING, -v.ROUNDING], [2, -1]])),
            "P[0, 1] is -1e-05, not a probability (>= 0)",
        ),
        (
            v.check_magnitude,
            ("R", np.array([[0, -1], [2, -1.5e100], [3e100, 0]])),
            "R[1, 1] is -1.5e+100, not from -1e+100 to 1e+100",
        ),
        (v.check_magnitude, ("sd", np.array([2.5, 3]), 3), "sd[0] is 2.5, not from 3 to 1e+100"),
        (
            v.check_mean_rewards,
            (np.array([[7.0, 5.0], [3 + 4.1e-9, 2.0]]), np.array([[7.0, 5.0], [3.0, 9.0]])),
            "R[1, 0] is 3.0000000041, but the mean of R_next there is 3; "
            "give R_next=None with new mean rewards",
        ),
        (
            v.check_mean_rewards,
            (np.array([[-3 - 4.1e-9]]), np.array([[-3.0]])),
            "R[0, 0] is -3.0000000041, but the mean of R_next there is -3; "
            "give R_next=None with new mean rewards",
        ),
        (v.check_discount, (True,), "gamma is True, not a number in [0, 1]"),
        (v.check_discount, (None,), "gamma is None, not a number in [0, 1]"),
        (v.check_discount, (-0.25,), "gamma is -0.25, not in [0, 1]"),
        (v.check_discount, (1.25,), "gamma is 1.25, not in [0, 1]"),
        (v.check_discount, (float("nan"),), "gamma is nan, not in [0, 1]"),
        (
            v.check_discount,
            (0.875, 0.25),
            "gamma is 1 - 0.12; give 1, or at most 1 - 0.25",
        ),
        (v.check_number, ("x", np.bool_(True)), "x is np.True_, not a number"),
        (v.check_number, ("x", "3"), "x is '3', not a number"),
        (v.check_number, ("x", float("nan")), "x is nan, not a finite number"),
        (v.check_flag, ("x", None), "x is None, not True or False"),
        (v.check_indices, ("a", [[0, 1], [2, 5]], 5), "a[1, 1] is 5, not in 0, ..., 4"),
        (v.check_indices, ("a", [2, 7, 1, 9], 5), "a[1] is 7, not in 0, ..., 4"),
        (v.check_count, ("n", True), "n is True, not an integer of at least 1"),
        (v.check_count, ("n", 2, 3), "n is 2, not an integer of at least 3"),
        (v.check_count, ("n", "5"), "n is '5', not an integer of at least 1"),
        (v.check_shape, ("R", np.ones((0, 3)), (None, 3)), "R has shape [0, 3], not [any, 3]"),
        (v.check_shape, ("R", np.ones((2, 4)), (2, 3)), "R has shape [2, 4], not [2, 3]"),
        (v.check_shape, ("R", np.ones((2, 2)), (2, 3)), "R has shape [2, 2], not [2, 3]"),
        (v.check_shape, ("R", np.ones((1, 3)), (2, 3)), "R has shape [1, 3], not [2, 3]"),
        (v.finite_array, ("R", [1, 2, np.nan, np.inf]), "R[2] is nan, not a finite number"),
        (v.finite_array, ("R", -np.inf), "R is -inf, not a finite number"),
        (
            v.real_array,
            ("R", [[1, 2], [3j, 4]]),
            "R must be an array of numbers (R[1, 0] is 3j, with an imaginary part)",
        ),
        (
            v.real_array,
            ("R", np.array([[1, -2j]], dtype=object)),
            "R must be an array of numbers (R[0, 1] is (-0-2j), with an imaginary part)",
        ),
        (v.real_array, ("R", [b"1"]), "R must be an array of numbers (R[0] is np.bytes_(b'1'))"),
        (v.real_array, ("R", [1, None]), "R must be an array of numbers (R[1] is None)"),
        (
            v.real_array,
            ("R", [[1, 2], [3]]),
            "R must be an array of numbers (its rows have different lengths)",
        ),
        (
            v.real_array,
            ("R", np.ma.array([[1, 2], [3, 4]], mask=[[0, 0], [1, 1]])),
            "R[1, 0] is masked; a mask has no meaning here",
        ),
        (
            v.plain_array,
            ("a", np.ma.array([1, 2]), "iu"),
            "a is a masked array; a mask has no meaning here",
        ),
        (
            v.plain_array,
            ("a", [2.5, 3.5], "iu"),
            "a must hold integers; its first entry is np.float64(2.5)",
        ),
        (v.plain_array, ("a", [], "iu"), "a must hold integers; its first entry is None"),
        (v.check_name, ("weights", "G", ("q",)), "weights is 'G', not one of 'q'"),
    ],
)
def test_the_whole_message_says_what_is_wrong_and_what_it_should_be(check, arguments, message):
    with pytest.raises(ValueError) as error:
        check(*arguments)
    assert str(error.value) == message


def test_a_number_too_large_for_a_float_is_refused():
    with pytest.raises(ValueError, match=r"R must be an array of numbers \(int too large"):
        v.real_array("R", [10**400])


def test_arrays_of_numbers_become_floats_and_stay_apart():
    for given, wanted in (
        ([True, False], [1.0, 0.0]),
        (np.array([2, 3], dtype=np.int8), [2.0, 3.0]),
        (np.array([2 + 0j, 5]), [2.0, 5.0]),
        (np.ma.array([2, 7], mask=[0, 0]), [2.0, 7.0]),
        (np.array([2, 7], dtype=object), [2.0, 7.0]),
        ([F(1, 4), sympy.Rational(3, 4)], [0.25, 0.75]),
    ):
        array = v.real_array("R", given)
        assert array.dtype == float and type(array) is np.ndarray and array.tolist() == wanted


def test_an_array_of_the_right_kind_is_not_copied():
    given = np.array([3, 5])
    assert v.plain_array("a", given, "iu") is given
    assert v.check_indices("a", given, 6) is given
    assert v.plain_array("r", given, "f").dtype == float
