"""The command ``hierfast``: three fits, from eight groups to a million."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import hierfast as hf
from hierfast import _core

ROWS_PER_GROUP = 5
FORMATS = (".png", ".svg", ".pdf")


def main(argv: Sequence[str] | None = None) -> int:
    """Fit three data sets and print plan, hyperparameters, groups and times.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments of the command line; those of the process by default.

    Returns
    -------
    int
        The status of the process.

    Examples
    --------
    >>> from hierfast.cli import main
    >>> main(["--groups", "100"])  # doctest: +SKIP
    """
    args = _parser().parse_args(argv)
    if args.plot:
        from hierfast.plot import require_matplotlib

        require_matplotlib()
    print(f"{_version()}\n")
    schools = hf.Model(
        likelihood=hf.Normal(sigma="se"),
        population=hf.Normal(mu=hf.Normal(0, 5), sigma=hf.HalfCauchy(5)),
    )
    houses = hf.Model(
        likelihood=hf.Normal(sigma=hf.HalfNormal(2)),
        population=hf.Normal(mu=hf.Normal(0, 5), sigma=hf.HalfNormal(2)),
    )
    table = hf.datasets.load("eight_schools")
    fits = [_show("Eight schools", schools, table, "effect", "school", args.seed)]
    table = hf.datasets.load("radon")
    fits.append(_show("Radon in 85 counties", houses, table, "log_radon", "county", args.seed))
    rows = ROWS_PER_GROUP * args.groups
    simulated = hf.datasets.simulate(args.groups, rows, seed=args.seed)
    title = f"{rows:,} simulated rows over {args.groups:,} groups"
    fits.append(_show(title, houses, simulated, "y", "group", args.seed))
    if args.plot:
        _draw(fits, args.plot)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hierfast",
        description="Fit eight schools, radon in 85 counties and a million simulated groups.",
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument(
        "--groups", type=_count, default=1_000_000, metavar="N", help="groups to simulate"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of simulation and fits")
    parser.add_argument(
        "--plot",
        type=_picture,
        metavar="FILE",
        help=f"draw raw against pooled means into a file ({', '.join(FORMATS)}); needs matplotlib",
    )
    return parser


def _version() -> str:
    return f"hierfast {hf.__version__}, instruction set {_core.levels()[_core.best_level()]}"


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1; got {count}")
    return count


def _show(
    title: str, model: hf.Model, data: Mapping[str, Any], y: str, group: str, seed: int
) -> hf.Fit:
    """Print the plan, the fit, some groups and the time each took; give the fit."""
    print(f"{title}\n{'=' * len(title)}\n{model!r}\n")
    model.explain(data, y=y, group=group)
    start = perf_counter()
    fit = model.fit(data, y=y, group=group, random_seed=seed, progressbar=False)
    fitted = perf_counter()
    fit.groups.quantile([0.05, 0.95])
    text = repr(fit.groups)
    read = perf_counter()
    print(f"\n{fit!r}\n\n{text}\n")
    print(
        f"{1e3 * (fitted - start):,.1f} ms to fit, {1e3 * (read - fitted):,.1f} ms for mean, sd "
        f"and 90% interval of all groups\n"
    )
    return fit


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in FORMATS:
        raise argparse.ArgumentTypeError(f"must end in one of {', '.join(FORMATS)}; got {text!r}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}")
    return path


def _draw(fits: Sequence[hf.Fit], path: Path) -> None:
    """Draw the shrinkage of each fit, side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(fits), 4.6), layout="constrained")
    for fit, ax in zip(fits, figure.subplots(1, len(fits)), strict=True):
        fit.plot.shrinkage(ax)
    figure.savefig(path, dpi=80)
    print(f"raw against pooled means: {path}")
