"""Numbers as a reader sees them in a figure: a true minus sign, a fixed number of decimals."""

from __future__ import annotations

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(value: float, decimals: int | None = None) -> str:
    """The number, in the shortest form or with this many decimals."""
    return (f"{value:g}" if decimals is None else f"{value:.{decimals}f}").replace("-", "−")


def signed(value: float, decimals: int = 2) -> str:
    """The number with its sign always written."""
    return f"{value:+.{decimals}f}".replace("-", "−")


def small(value: float) -> str:
    """Three decimals; below 0.001, one digit times a power of ten."""
    if value >= 0.001:
        return f"{value:.3f}"
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}·{power_of_ten(int(exponent))}"


def power_of_ten(exponent: float) -> str:
    """10 to the nearest whole exponent, such as 10⁻²⁶."""
    return "10" + f"{exponent:.0f}".translate(_RAISED)
