"""Tables as HTML, for notebooks: escaped, no script, no style but alignment."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

CELL = ' style="text-align: right"'


def table(rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """Write a table.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first names the columns, the first cell of each the row.
    caption : str
        Stands above.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> from hierfast.html import table
    >>> table([["", "mean"], ["<mu>", "1.5"]])
    '<table><thead><tr><th></th><th>mean</th></tr></thead><tbody><tr><th>&lt;mu&gt;</th><td
    style="text-align: right">1.5</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        f"<tr><th>{escape(first)}</th>"
        + "".join(f"<td{CELL}>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows[1:]
    )
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """Write a paragraph."""
    return f"<p>{escape(text)}</p>"


def lines(text: str) -> str:
    """Write text whose lines and columns matter."""
    return f"<pre>{escape(text)}</pre>"
