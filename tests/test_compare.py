"""Models side by side: stacking against SciPy's optimiser, differences by hand, data that differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize

import hierfast as hf
from hierfast.compare import stack

N, H = hf.Normal, hf.HalfNormal


def fits() -> dict[str, hf.Fit]:
    data = hf.datasets.load("eight_schools")
    models = {
        "partial": hf.Model(N(sigma="se"), N(N(0, 5), H(5))),
        "pooled": hf.Model(N(sigma="se"), N(N(0, 5), 0.01)),
        "apart": hf.Model(N(sigma="se"), N(N(0, 5), 30)),
    }
    return {k: m.fit(data, y="effect", group="school", random_seed=1) for k, m in models.items()}


def test_weights_are_those_of_an_optimiser() -> None:
    r = np.random.default_rng(1)
    for n in (20, 500):
        elpd = r.normal(size=(4, n)) - np.array([[0.0], [0.3], [0.4], [3.0]])

        def loss(w: np.ndarray, elpd: np.ndarray = elpd) -> float:
            return -float(np.log(w @ np.exp(elpd)).mean())

        found = optimize.minimize(
            loss, np.full(4, 0.25), bounds=[(0, 1)] * 4, method="SLSQP",
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-13},
        )  # fmt: skip
        weight = stack(elpd)
        assert abs(weight.sum() - 1) < 1e-12
        assert loss(weight) < found.fun + 1e-7
        np.testing.assert_allclose(weight, found.x, atol=2e-3)


def test_differences_are_paired() -> None:
    all_fits = fits()
    found = hf.compare(all_fits, evidence=True)
    loos = {name: fit.loo() for name, fit in all_fits.items()}
    best = found.names[0]
    assert found["elpd_diff"][0] == found["dse"][0] == 0.0
    assert (np.diff(found["elpd"]) <= 0).all()
    for name in found.names[1:]:
        off = loos[name].elpd_i - loos[best].elpd_i
        row = found.row(name)
        np.testing.assert_allclose(row["elpd_diff"], off.sum(), rtol=1e-12)
        np.testing.assert_allclose(row["dse"], np.sqrt(8) * off.std(), rtol=1e-12)
        evidence = all_fits[name].log_evidence()
        assert (row["log_evidence"], row["evidence_se"]) == (evidence.log, evidence.se)
    assert found.to_pandas().loc[best, "weight"] == found["weight"][0]
    assert "elpd_diff" in repr(found) and "partial" in found._repr_html_()


def test_families_of_the_same_counts() -> None:
    """Whole densities, so that families can be compared: the data's own factor is in both or in none."""
    y = np.array([0, 1, 0, 4, 9, 2, 3, 0.0])
    population = N(N(0, 2), H(1))
    poisson = hf.Model(hf.Poisson(), population).fit({"y": y}, y="y", random_seed=1)
    other = hf.Model(hf.NegativeBinomial(1e6), population).fit({"y": y}, y="y", random_seed=1)
    found = hf.compare({"a": poisson, "b": other})
    assert abs(found["elpd_diff"][1]) < 0.1


def test_other_data_are_refused() -> None:
    data = hf.datasets.load("eight_schools")
    model = hf.Model(N(sigma="se"), N(0, 5))
    one = model.fit(data, y="effect", group="school", random_seed=1)
    moved: dict[str, Any] = dict(data) | {"effect": np.asarray(data["effect"]) + np.eye(8)[0]}
    two = model.fit(moved, y="effect", group="school", random_seed=1)
    with pytest.raises(
        ValueError, match="a and b are of different data: the outcome of group A is 28 and 29"
    ):
        hf.compare({"a": one, "b": two})
    few = model.fit({k: np.asarray(v)[1:] for k, v in data.items()}, y="effect", group="school")
    with pytest.raises(ValueError, match="the groups left out are not the same"):
        hf.compare({"a": one, "b": few})
    with pytest.raises(ValueError, match="groups and rows were left out"):
        hf.compare({"a": one, "b": one.loo(data)})
    with pytest.raises(TypeError, match="two or more"):
        hf.compare({"a": one})
    with pytest.raises(TypeError, match="b must be a Fit or a Loo; got int"):
        hf.compare({"a": one, "b": 3})
    with pytest.raises(TypeError, match="the evidence of b takes its Fit"):
        hf.compare({"a": one, "b": one.loo()}, evidence=True)
    table = {"g": [0, 0, 1, 1], "y": [1, 2, 0, 3]}
    counts = [
        hf.Model(rows, N(0, 1)).fit(table, y="y", group="g", random_seed=1)
        for rows in (hf.Poisson(), hf.ZeroInflatedPoisson(0.9))
    ]
    with pytest.raises(ValueError, match="lack different factors that data alone have"):
        hf.compare(dict(zip("ab", counts, strict=True)))
    whole = {name: fit.loo(table, by="group") for name, fit in zip("ab", counts, strict=True)}
    assert len(hf.compare(whole).names) == 2
