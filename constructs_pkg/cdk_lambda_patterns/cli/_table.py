"""Columns of text that line up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, indent: str = "") -> str:
    """Lay out rows under their heads; numbers stand to the right.

    Args:
        head: What stands above each column.
        rows: As many values each.
        indent: What each line begins with.
    """
    cells = [[str(value) for value in row] for row in rows]
    to_the_right = [bool(cells) and all(cell.isdigit() for cell in column) for column in zip(*cells, strict=True)]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, to_the_right or [False] * len(head), strict=True)
        )
        for row in [list(head), *cells]
    ]
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)
