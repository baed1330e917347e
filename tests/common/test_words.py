import pytest

from utils.common.words import plain, power_of_ten, signed, small


@pytest.mark.parametrize(
    "shown, text",
    [
        (plain(-0.5), "−0.5"),
        (plain(2, 2), "2.00"),
        (signed(0.5), "+0.50"),
        (signed(-1.25, 1), "−1.2"),
        (small(0.25), "0.250"),
        (small(0.0004), "4·10⁻⁴"),
        (power_of_ten(-26), "10⁻²⁶"),
        (plain(-1234.5), "−1234.5"),
        (plain(-2.345, 1), "−2.3"),
        (plain(3.5, 0), "4"),
        (signed(2.345, 1), "+2.3"),
        (signed(-3), "−3.00"),
        (small(0.001), "0.001"),
        (small(0.00096), "1·10⁻³"),
        (small(3), "3.000"),
        (power_of_ten(2.6), "10³"),
        (power_of_ten(1457890), "10¹⁴⁵⁷⁸⁹⁰"),
    ],
)
def test_numbers_are_written_as_a_reader_expects_them(shown, text):
    assert shown == text
