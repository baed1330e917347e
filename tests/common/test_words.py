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
    ],
)
def test_numbers_are_written_as_a_reader_expects_them(shown, text):
    assert shown == text
