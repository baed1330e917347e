"""Exact and sampled variances side by side, as a table to show."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from utils.estimators.rows import LONG_FORMS


@dataclass(frozen=True)
class ComparisonTable:
    """Exact and sampled variances of ``LONG_FORMS`` for several discounts, shown as a table."""

    exact: dict[float, dict[str, float]]
    sampled: dict[float, dict[str, tuple[float, float]]]

    def lines(self) -> list[list[str]]:
        """One row for the headings and one for each form."""
        head = ["estimate"]
        for gamma in self.exact:
            head += [f"γ = {gamma:g}, exact", "simulated"]
        body = []
        for form, row in LONG_FORMS.items():
            line = [row.name]
            for gamma, exact in self.exact.items():
                mean, error = self.sampled[gamma][form]
                line += [f"{exact[form]:.4f}", f"{mean:.4f} ± {error:.4f}"]
            body.append(line)
        return [head, *body]

    def __repr__(self) -> str:
        return "\n".join("  ".join(f"{cell:>29}" for cell in line) for line in self.lines())

    def _repr_html_(self) -> str:
        head, *body = self.lines()
        cells = lambda tag, line: "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in line)  # noqa: E731
        rows = "".join(f"<tr>{cells('td', line)}</tr>" for line in body)
        return (
            '<div class="pst-scrollable-table-container" style="white-space: nowrap">'
            '<table class="table">'
            f"<thead><tr>{cells('th', head)}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
