"""Alternatives to priors against quadrature of both posteriors."""

import numpy as np
import pytest
from scipy import stats as st

import hierfast as hf

ROWS = hf.Normal(sigma="se")
TABLE = hf.datasets.load("eight_schools")


def fit(prior, **other):
    model = hf.Model(ROWS, hf.Normal(hf.Normal(0, 5), prior))
    options = {"y": "effect", "group": "school", "random_seed": 1, "progressbar": False}
    return model, model.fit(TABLE, **(options | other))


def exact(log_prior):
    """Means and sds of tau and of school A, mu integrated out by hand."""
    y, v = np.asarray(TABLE["effect"]), np.asarray(TABLE["se"]) ** 2
    tau = np.linspace(1e-3, 80, 8000)[:, None]
    w = 1 / (v + tau**2)
    precision = w.sum(axis=1) + 1 / 25
    mu = (w @ y) / precision
    log = log_prior(tau[:, 0]) + 0.5 * np.log(w).sum(axis=1) - 0.5 * np.log(precision)
    log += 0.5 * precision * mu**2 - 0.5 * (w * y**2).sum(axis=1)
    p = np.exp(log - log.max())
    p /= p.sum()
    share = tau[:, 0] ** 2 / (v[0] + tau[:, 0] ** 2)
    school = share * y[0] + (1 - share) * mu
    within = share * v[0] + (1 - share) ** 2 / precision
    mean, first = p @ tau[:, 0], p @ school
    return (
        (mean, np.sqrt(p @ (tau[:, 0] - mean) ** 2)),
        (first, np.sqrt(p @ (within + (school - first) ** 2))),
    )


def test_shifts_are_those_of_quadrature():
    _, made = fit(hf.HalfCauchy(5), draws=4000)
    other, _ = fit(hf.HalfNormal(1), draws=50)
    found = made.refit({"narrow": other})
    old = exact(lambda t: st.halfcauchy.logpdf(t, scale=5))
    new = exact(lambda t: st.halfnorm.logpdf(t, scale=1))
    tau, school = ((b[0] - a[0]) / a[1] for a, b in zip(old, new, strict=True))
    row = found.hyper.row("school_sigma")
    assert abs(row["narrow"] - tau) < 5 * row["narrow mcse"] + 0.02
    row = found.groups.row("A")
    assert abs(row["narrow"] - school) < 5 * row["narrow mcse"] + 0.01
    assert found.moved == {"narrow": ["school_sigma"]}
    assert "narrow: school_sigma of 2 and" in repr(found)


def test_the_same_model_moves_nothing():
    model, made = fit(hf.HalfCauchy(5))
    found = made.refit({"same": model, "again": model})
    assert found.moved == {"same": [], "again": []}
    assert found.hyper.columns == ("same", "same mcse", "again", "again mcse")
    assert np.all(np.abs(found.groups["same"]) < 5 * found.groups["same mcse"])


def test_what_does_not_compare_is_said():
    _, made = fit(hf.HalfCauchy(5), draws=20)
    with pytest.raises(ValueError, match="models is empty"):
        made.refit({})
    with pytest.raises(TypeError, match=r"models\['a'\] must be a Model"):
        made.refit({"a": hf.Normal(0, 1)})
    with pytest.raises(ValueError, match="has StudentT rows, and this fit Normal rows"):
        made.refit({"t": hf.Model(hf.StudentT(4, sigma="se"), hf.Normal(0, 1))})
    counts = {"y": [0, 3, 7], "n": [4, 9, 11], "g": [0, 1, 2]}
    rows = hf.Binomial(n="n")
    logits = hf.Model(rows, hf.Normal(0, 1)).fit(
        counts, y="y", group="g", random_seed=1, draws=20, progressbar=False
    )
    with pytest.raises(ValueError, match="on another scale"):
        logits.refit({"beta": hf.Model(rows, hf.Beta(1, 1))})
