"""The table of likelihoods and populations, made from the pairs there are."""

from __future__ import annotations

from hierfast.schemes import PAIRS


def pairs_table() -> str:
    """Write which likelihoods meet which populations, and by which schemes, as Markdown.

    Returns
    -------
    str
        A row a likelihood, a column a population; the scheme that ``"auto"`` prefers comes first.

    Examples
    --------
    >>> from hierfast.schemes.table import pairs_table
    >>> pairs_table().splitlines()[0][:23]
    '| likelihood | Normal |'
    """
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*PAIRS, strict=True))
    lines = [
        "| likelihood | " + " | ".join(columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for row in rows:
        found = (PAIRS.get((row, column)) for column in columns)
        cells = [", ".join(pair.schemes) if pair else "" for pair in found]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
