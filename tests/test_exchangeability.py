"""The exchangeability check: false alarms, power, and what it says of known data."""

import numpy as np
import pytest
from scipy import stats as st
from scipy.special import expit

import hierfast as hf
from hierfast.residuals import residuals_of

NORMAL = hf.Model(hf.Normal(sigma=hf.HalfNormal(2)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(2)))
BINOMIAL = hf.Model(hf.Binomial(n="n"), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1)))


def fit(model, table, **other):
    options = {"y": "y", "group": "g", "draws": 250, "random_seed": 1, "progressbar": False}
    return model.fit(table, **(options | other))


def simulate(rng, slope=0.0, groups=100):
    """Groups of 2 to 9 rows; the effect rises by `slope` sd of the others' for each sd of x."""
    size = rng.integers(2, 10, groups)
    x = rng.normal(size=groups)
    effect = slope * x + rng.normal(size=groups)
    g = np.repeat(np.arange(groups), size)
    return {"g": g, "y": effect[g] + rng.normal(size=len(g))}, x


def alarms(count, slope, seed):
    rng, found = np.random.default_rng(seed), 0
    for _ in range(count):
        table, x = simulate(rng, slope)
        found += not fit(NORMAL, table).check_exchangeability({"x": x}).ok
    return found


def test_false_alarms_and_power_of_some():
    """Thresholds are the binomial's 1e-4 ends of 5% and of 90%."""
    assert alarms(100, 0.0, 1) <= st.binom.ppf(1 - 1e-4, 100, 0.05)
    assert alarms(60, 0.5, 2) >= st.binom.ppf(1e-4, 60, 0.9)


@pytest.mark.slow
def test_false_alarms_and_power_at_length():
    """Five questions each: x, order, neighbours, size, within groups; a slope of half an sd."""
    false, right = alarms(1000, 0.0, 3), alarms(1000, 0.5, 4)
    print(f"false alarms {false / 1000:.3f}, power {right / 1000:.3f}")
    assert false <= 50 + 3 * np.sqrt(50) and right >= 900


def test_counts_raise_few_false_alarms_and_find_a_trend():
    rng, false, right = np.random.default_rng(5), 0, 0
    for slope in (0.0, 0.8) * 25:
        x, n = rng.normal(size=80), rng.integers(1, 30, 80)
        y = rng.binomial(n, 1 / (1 + np.exp(1 - slope * x - 0.7 * rng.normal(size=80))))
        table = {"g": np.arange(80), "y": y, "n": n}
        found = fit(BINOMIAL, table).check_exchangeability({"x": x})
        false += slope == 0 and not found.ok
        right += slope > 0 and "x" in found.alarms
    assert false <= st.binom.ppf(1 - 1e-4, 25, 0.05) and right >= 20


@pytest.mark.parametrize(
    ("model", "draw"),
    [
        (
            hf.Model(hf.Binomial(n="n"), hf.Beta(2, 3)),
            lambda r, n: r.binomial(n, r.beta(2, 3, 4000)),
        ),
        (
            hf.Model(hf.Poisson(exposure="n"), hf.Gamma(2, 3)),
            lambda r, n: r.poisson(n * r.gamma(2, 1 / 3, 4000)),
        ),
        (
            hf.Model(hf.Poisson(exposure="n"), hf.Logistic(-1, 0.5)),
            lambda r, n: r.poisson(n * np.exp(r.logistic(-1, 0.5, 4000))),
        ),
        (
            hf.Model(hf.Normal(sigma=1), hf.StudentT(3, 1, 2)),
            lambda r, n: 1 + 2 * r.standard_t(3, 4000) + r.normal(size=4000),
        ),
    ],
)
def test_residuals_are_standard_normal_where_all_is_known(model, draw):
    rng = np.random.default_rng(6)
    n = rng.integers(1, 12, 4000)
    made = fit(model, {"g": np.arange(4000), "y": draw(rng, n), "n": n}, draws=1)
    z = residuals_of(made, np.random.default_rng(1))
    assert st.kstest(z, "norm").pvalue > 1e-3
    assert st.kstest(z[n == 1], "norm").pvalue > 1e-3


def cut(rows, y, rng):
    """Censor times at random places."""
    at = rng.gamma(2, 0.5, len(y))
    return rows | {"y": np.minimum(y, at), "c": y > at}


NORMAL_EFFECTS = hf.Normal(0.3, 0.8)
CUTS = (-1.0, 0.2, 1.5)
KNOWN = {
    "Exponential": (
        hf.Model(hf.Exponential(censored="c"), NORMAL_EFFECTS),
        lambda r, t, e: cut(t, r.exponential(np.exp(-e)), r),
    ),
    "a gamma frailty": (
        hf.Model(hf.Exponential(), hf.Gamma(2, 1.5)),
        lambda r, t, e: t | {"y": r.exponential(1.5 / r.gamma(2, 1, 600)[t["g"]])},
    ),
    "Weibull": (
        hf.Model(hf.Weibull(1.7, censored="c"), NORMAL_EFFECTS),
        lambda r, t, e: cut(t, np.exp(e) * r.weibull(1.7, len(e)), r),
    ),
    "Gamma": (
        hf.Model(hf.Gamma(2.5, censored="c"), NORMAL_EFFECTS),
        lambda r, t, e: cut(t, np.exp(e) * r.gamma(2.5, 1 / 2.5, len(e)), r),
    ),
    "NegativeBinomial": (
        hf.Model(hf.NegativeBinomial(1.5, exposure="m"), NORMAL_EFFECTS),
        lambda r, t, e: t | {"y": r.negative_binomial(1.5, 1.5 / (1.5 + t["m"] * np.exp(e)))},
    ),
    "ZeroInflatedPoisson": (
        hf.Model(hf.ZeroInflatedPoisson(0.7, exposure="m"), NORMAL_EFFECTS),
        lambda r, t, e: t | {"y": (r.random(len(e)) < 0.7) * r.poisson(t["m"] * np.exp(e))},
    ),
    "ZeroInflatedBinomial": (
        hf.Model(hf.ZeroInflatedBinomial(0.7, n="m"), NORMAL_EFFECTS),
        lambda r, t, e: (
            t | {"y": (r.random(len(e)) < 0.7) * r.binomial(t["m"], 1 / (1 + np.exp(-e)))}
        ),
    ),
    "OrderedLogistic": (
        hf.Model(hf.OrderedLogistic(list(CUTS)), NORMAL_EFFECTS),
        lambda r, t, e: t | {"y": np.searchsorted(CUTS, e + r.logistic(size=len(e)))},
    ),
    "StudentT": (
        hf.Model(hf.StudentT(3, sigma="m"), NORMAL_EFFECTS),
        lambda r, t, e: t | {"y": e + t["m"] * r.standard_t(3, len(e))},
    ),
    "scales that differ": (
        hf.Model(hf.Normal(precision=hf.each(hf.Gamma(3, 2))), NORMAL_EFFECTS),
        lambda r, t, e: (
            t | {"y": e + r.normal(size=len(e)) / np.sqrt(r.gamma(3, 0.5, 600)[t["g"]])}
        ),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_residuals_of_rows_are_standard_normal_where_all_is_known(name):
    """Rows of other kinds, drawn by NumPy, many of them censored: of all groups, and by their size."""
    model, draw = KNOWN[name]
    rng = np.random.default_rng(21)
    groups = 4000 if name in ("Gamma", "StudentT") else 600
    n = rng.integers(1, 7, groups)
    g = np.repeat(np.arange(groups), n)
    effect = rng.normal(0.3, 0.8, groups)
    made = fit(model, draw(rng, {"g": g, "m": rng.choice([1, 2, 5], len(g))}, effect[g]), draws=1)
    z = residuals_of(made, np.random.default_rng(1))
    for some in (n > 0, n == 1, n > 3):
        assert st.kstest(z[some], "norm").pvalue > 1e-3
        assert abs(z[some].std() - 1) < 3.5 / np.sqrt(2 * some.sum())
    assert st.pearsonr(z, n).pvalue > 1e-3
    frailty = name == "a gamma frailty"
    assert frailty or np.corrcoef(z, effect)[0, 1] > 0.4


def test_times_are_of_a_new_group_exactly_where_one_row_is_all_there_is():
    """Against SciPy's distribution function, integrated over the population: no replicates."""
    rng = np.random.default_rng(22)
    y = rng.weibull(1.5, 400) * np.exp(rng.normal(0, 1, 400))
    model = hf.Model(hf.Weibull(1.5), hf.Normal(0, 1))
    z = residuals_of(fit(model, {"g": np.arange(400), "y": y}, draws=1), rng)
    at, weight = np.polynomial.hermite_e.hermegauss(80)
    p = (st.weibull_min.cdf(y[:, None], 1.5, scale=np.exp(at)) * weight).sum(axis=1) / weight.sum()
    off = (st.norm.cdf(z) - p) / np.sqrt(p * (1 - p) / 1000 + 1e-6)
    assert abs(off).max() < 5 and abs(off.mean()) < 5 / np.sqrt(400)


def test_shares_are_asked_about_category_by_category():
    rng = np.random.default_rng(23)
    x, names = rng.normal(size=80), ["pine", "fir", "oak"]
    for slope in (0.0, 0.8):
        alpha = 3 * np.exp(np.outer(slope * x, [1, 0, 0]))
        y = np.array([rng.multinomial(20, rng.dirichlet(a)) for a in alpha])
        table = dict(zip(names, y.T, strict=True)) | {"g": np.arange(80)}
        model = hf.Model(hf.Multinomial(), hf.Dirichlet([hf.Exponential(0.1)] * 3))
        found = fit(model, table, y=names).check_exchangeability({"x": x})
        assert found.residuals.shape == (80, 3) and len(found.tests) == 9
        assert found.ok if slope == 0 else found.alarms[0] == "x [pine]"
    assert "shares of pine rise with x" in found.sentence
    pytest.importorskip("matplotlib").use("Agg")
    assert found.plot().get_xlabel() == "x [pine]"


def test_predictors_are_taken_into_account_and_others_are_found():
    """Censored times whose location is linear."""
    rng = np.random.default_rng(24)
    known, other = rng.normal(size=(2, 60))
    g = np.repeat(np.arange(60), 3)
    effect = (1.5 * known + 1.2 * other + rng.normal(0, 0.8, 60))[g]
    rows = cut({"g": g, "known": known[g]}, rng.exponential(np.exp(-effect)), rng)
    location = hf.Linear("1 + known", hf.Normal(0, 5))
    model = hf.Model(hf.Exponential(censored="c"), hf.Normal(location, hf.HalfNormal(1)))
    found = fit(model, rows, tune=100).check_exchangeability({"known": known, "other": other})
    assert found.alarms == ("other",)


def test_a_fit_that_was_kept_says_the_same(tmp_path):
    rng = np.random.default_rng(26)
    g = np.repeat(np.arange(30), 3)
    rows = cut({"g": g}, rng.weibull(1.5, 90), rng)
    model = hf.Model(hf.Weibull(1.5, censored="c"), hf.Normal(0, hf.HalfNormal(1)))
    made = fit(model, rows, draws=20, tune=20)
    made.save(tmp_path / "fit")
    kept = hf.load(tmp_path / "fit")
    found = (one.check_exchangeability(random_seed=3).residuals for one in (made, kept))
    np.testing.assert_array_equal(*found)


def test_residuals_do_not_depend_on_cores():
    table, _ = simulate(np.random.default_rng(25), groups=3000)
    one, two = (
        residuals_of(fit(NORMAL, table, draws=20, tune=20, cores=n), np.random.default_rng(1))
        for n in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


def test_radon_without_uranium_is_flagged_and_with_it_is_not():
    table = dict(hf.datasets.load("radon"))
    counties, first = np.unique(table["county"], return_index=True)
    uranium = np.asarray(table["log_uranium"])[first]
    rows = {"g": table["county"], "y": table["log_radon"]}
    found = fit(NORMAL, rows).check_exchangeability({"uranium": uranium})
    assert found.alarms[0] == "uranium" and "effects rise with uranium" in repr(found)
    model = hf.Model(
        hf.Normal(sigma=hf.HalfNormal(2)),
        hf.Normal(hf.Linear("1 + uranium", hf.Normal(0, 5)), hf.HalfNormal(2)),
    )
    known = {"g": counties, "uranium": uranium}
    after = fit(model, rows, groups=known).check_exchangeability({"uranium": uranium})
    assert "uranium" not in after.alarms


def test_rows_that_repel_each_other_are_told():
    """Dyes whose batches are brought to one mean: an intraclass correlation of -1/4."""
    table = hf.datasets.load("dyes")
    batch, grams = np.asarray(table["batch"]), np.asarray(table["grams"], dtype=float)
    _, at = np.unique(batch, return_inverse=True)
    mean = np.bincount(at, grams) / np.bincount(at)
    model = hf.Model(hf.Normal(sigma=hf.HalfNormal(100)), hf.Normal(1500, hf.HalfNormal(100)))
    as_it_is = fit(model, {"g": batch, "y": grams}).check_exchangeability()
    assert as_it_is.ok and "nothing asked here speaks against" in as_it_is.sentence
    repelled = fit(model, {"g": batch, "y": grams - mean[at] + 1500 + 1e-3 * at})
    found = repelled.check_exchangeability()
    assert found.alarms == ("within groups",) and "without replacement" in found.sentence


def test_order_and_neighbours_are_asked_about():
    rng = np.random.default_rng(9)
    walk = np.cumsum(rng.normal(size=120)) * 0.5
    rows = {"g": np.repeat(np.arange(120), 3), "y": np.repeat(walk, 3) + rng.normal(size=360)}
    found = fit(NORMAL, rows).check_exchangeability()
    assert "neighbours" in found.alarms and "like each other" in found.sentence
    mixed = rng.permutation(120)
    names = np.array([f"g{k:03}" for k in mixed])
    shuffled = fit(NORMAL, {"g": np.repeat(names, 3), "y": rows["y"]})
    assert "neighbours" not in shuffled.check_exchangeability().tests
    again = shuffled.check_exchangeability(order=np.argsort(mixed))
    assert "neighbours" in again.alarms


def test_size_is_asked_about_and_few_groups_are_not():
    rng = np.random.default_rng(10)
    size = rng.integers(1, 30, 150)
    g = np.repeat(np.arange(150), size)
    effect = np.log(size) + rng.normal(size=150)
    found = fit(NORMAL, {"g": g, "y": effect[g] + rng.normal(size=len(g))}).check_exchangeability()
    assert found.alarms[0] == "size" and "rise with their size" in found.sentence
    few = fit(hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1)), {"g": [0, 1, 2], "y": [1.0, 2.0, 0.0]})
    assert few.check_exchangeability().sentence == "too few g groups to ask anything"


@pytest.mark.parametrize("kind", ["exposure", "trials", "precision"])
def test_size_is_what_a_group_of_one_row_is_out_of(kind):
    """Effects that rise with it are found; where they do not, nothing is."""
    rng, names = np.random.default_rng(12), [f"g{j:03}" for j in range(300)]
    size = rng.integers(1, 200, 300) * 1.0
    for slope in (0.0, 0.6):
        effect = slope * np.log(size) + rng.normal(-2, 0.7, 300)
        table = {"g": names, "s": size, "se": size**-0.5}
        rows = {
            "exposure": (hf.Poisson(exposure="s"), rng.poisson(size * np.exp(effect))),
            "trials": (hf.Binomial(n="s"), rng.binomial(size.astype(int), expit(effect))),
            "precision": (hf.Normal(sigma="se"), rng.normal(effect, size**-0.5)),
        }
        likelihood, table["y"] = rows[kind]
        found = fit(hf.Model(likelihood, NORMAL.population), table).check_exchangeability()
        assert list(found.tests) == ["size"] and found.ok == (slope == 0)
    np.testing.assert_allclose(found.covariates["size"], np.log(size))


def test_times_are_no_sizes():
    rng = np.random.default_rng(13)
    table = {"g": [f"g{j % 40:02}" for j in range(80)], "y": rng.exponential(size=80)}
    model = hf.Model(hf.Exponential(), hf.Gamma(hf.Exponential(1), hf.Exponential(1)))
    found = fit(model, table).check_exchangeability()
    assert found.tests == {} and "one size, and labels without an order" in found.sentence


def test_what_is_given_wrongly_is_said():
    made = fit(hf.Model(hf.Normal(sigma=1), hf.Normal(0, 1)), {"g": [0, 1], "y": [1.0, 2.0]})
    with pytest.raises(ValueError, match="x has 3 values, and there are 2 groups"):
        made.check_exchangeability({"x": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"x of group .*1.* is nan; it must be finite"):
        made.check_exchangeability({"x": [1.0, np.nan]})
    with pytest.raises(ValueError, match="level must lie strictly between"):
        made.check_exchangeability(level=0)


def test_the_picture_shows_what_answers_most_clearly():
    pytest.importorskip("matplotlib").use("Agg")
    table, x = simulate(np.random.default_rng(11), 1.0)
    found = fit(NORMAL, table).check_exchangeability({"x": x})
    assert found.plot().get_xlabel() == "x"
