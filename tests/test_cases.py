"""Every scheme against the reference posteriors, to Monte Carlo error plus the reference's own.

By default an eighth of the draws is made; errors a third as large are seen at length (slow).
"""

import numpy as np
import pytest
from helpers.cases import load_case
from helpers.models import SETTINGS

from hierfast import diagnose

NEEDED, FEWER = 40_000, 4_500  # effective draws behind every figure: at length, by default
DRAWS = {  # a chain, of four
    "collapsed": dict.fromkeys(SETTINGS, 15_000)
    | {"dyes": 25_000, "dyestuff_hc": 20_000}
    | {"baseball_em_bb": 24_000, "pollen": 20_000},
    "gibbs": dict.fromkeys(SETTINGS, 45_000)
    | {"dyes": 600_000, "dyestuff_hc": 90_000}
    | {"surgical": 60_000, "baseball_em_logit": 130_000}
    | {"rat_tumors": 250_000, "pumps": 60_000}
    | {"seeds": 110_000, "seeds_uniform": 90_000, "eyes": 60_000, "pollen": 60_000}
    | {"factory": 140_000},
    "quadrature": dict.fromkeys(SETTINGS, 16_000)
    | {
        "dyes": 160_000,
        "dyestuff_hc": 25_000,
        "eight_schools_flat": 20_000,
        "baseball_em_logit": 22_000,
        "salm": 50_000,
        "low_dim_gauss_mix": 20_000,
        "factory": 18_000,
    },
}
QUANTILES = {"q5": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


def worst(x, figures):
    """Largest distance from the reference as a share of what is allowed, and what it is of."""
    error = figures["mcse"]
    found = {
        "mean": (x.mean(), diagnose.mcse_mean(x)),
        "sd": (x.std(), diagnose.mcse_sd(x)),
    } | {q: (np.quantile(x, p), diagnose.mcse_quantile(x, p)) for q, p in QUANTILES.items()}
    shares = {}
    for name, (value, mcse) in found.items():
        if name in figures:
            own = error.get(name, max(error.get("q5", 0.0), error.get("q95", 0.0)))
            own *= 4 if figures["mcse_kind"].startswith("Monte") else 1  # an error, not a bound
            shares[name] = abs(value - figures[name]) / (4 * float(mcse) + own)
    return max((share, name) for name, share in shares.items())


ALL = [(name, s) for name, setting in SETTINGS.items() for s in setting.schemes]
DEAR = [
    *(
        (name, "gibbs")
        for name in ("rat_tumors", "seeds", "seeds_uniform", "eyes", "pollen", "factory")
    ),
    ("factory", "quadrature"),
]  # mix slowly, or by slices of integrals: at length only
RUNS = [(*run, 8) for run in ALL if run not in DEAR]
RUNS += [pytest.param(*run, 1, marks=pytest.mark.slow) for run in ALL]


@pytest.mark.parametrize(("name", "scheme", "part"), RUNS)
def test_reference_posterior(name, scheme, part):
    setting, case, draws = SETTINGS[name], load_case(name), DRAWS[scheme][name] // part
    fit = setting.model.fit(
        setting.prepare(case.data),
        **setting.columns,
        scheme=scheme,
        draws=draws,
        random_seed=20,
        progressbar=False,
    )
    table = fit.summary()
    least = NEEDED if part == 1 else FEWER
    assert min(table["ess_bulk"].min(), table["ess_tail"].min()) >= least
    assert table["r_hat"].max() < 1.01
    for here, there in setting.names.items():
        share, what = worst(fit.hyper[here], case.figures(there))
        assert share < 1, (here, what, share)
    for there, derive in setting.derived.items():
        share, what = worst(derive(fit.hyper), case.figures(there))
        assert share < 1, (there, what, share)
    thin = slice(None, None, max(1, draws // 10_000))
    means = fit.groups.mean
    some = range(0, len(fit.groups), max(1, len(fit.groups) // 50))
    effects = fit.groups.draws(list(fit.groups.labels[some.start :: some.step]), thin)
    for j, *of in np.ndindex((len(some), *means.shape[1:])):
        i, x = some[j], effects[:, :, j, *of]
        place = ",".join([str(i + 1), *(fit.groups.categories[k] for k in of)])
        if f"{setting.effect}[{place}]" in case.reference["reference"]:
            figures = case.figures(f"{setting.effect}[{place}]")
            share, what = worst(setting.natural(x), figures)
            assert share < 1, (place, what, share)
        assert abs(x.mean() - means[i, *of]) < 5 * diagnose.mcse_mean(x)
    if setting.scales:
        term, read = setting.scales
        of_rows = read(fit.terms[term].draws(draws=thin))
        for i in (0, 1, 3, 5):
            share, what = worst(of_rows[:, :, i], case.figures(f"sigma[{i + 1}]"))
            assert share < 1, ("sigma", i, what, share)


def test_a_wrong_prior_is_seen():
    """The comparison has the power to see a half-Cauchy scale of 5.5 for 5."""
    import hierfast as hf

    case = load_case("eight_schools")
    model = hf.Model(hf.Normal(sigma="sigma"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5.5)))
    fit = model.fit(case.data, y="y", group="group", draws=15_000, random_seed=1, progressbar=False)
    share, _ = worst(fit.hyper["group_sigma"], case.figures("tau"))
    assert share > 1
