"""Bad input is refused with an error that names the culprit, before anything is sampled."""

import numpy as np
import pytest

import hierfast as hf
from hierfast.distributions.base import Distribution

MODEL = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(5)))
ROWS = hf.Model(hf.Normal(sigma=hf.HalfNormal(1)), hf.Normal(hf.Normal(0, 5), hf.HalfNormal(1)))
GOOD = {"y": [1.0, 2.0, 4.0], "se": [1.0, 1.0, 2.0], "g": ["a", "b", "c"]}


def fit(model=MODEL, **change):
    data = GOOD | {k: v for k, v in change.items() if k in ("y", "se", "g")}
    other = {k: v for k, v in change.items() if k not in ("y", "se", "g")}
    return model.fit(data, **({"y": "y", "group": "g", "progressbar": False, "draws": 5} | other))


def with_call(**call):
    return lambda: MODEL.fit(GOOD, **({"y": "y", "group": "g", "progressbar": False} | call))


DATA = {
    "nan y": ({"y": [1.0, np.nan, 2]}, ValueError, r"y: row 1 is nan"),
    "infinite y": ({"y": [1.0, 2, -np.inf]}, ValueError, r"y: row 2 is -inf"),
    "nan se": ({"se": [1.0, 1, np.nan]}, ValueError, r"se: row 2 is nan.*positive"),
    "zero se": ({"se": [0.0, 1, 1]}, ValueError, r"se: row 0 is 0.0.*positive"),
    "negative se": ({"se": [1.0, -1, 1]}, ValueError, r"se: row 1 is -1.0.*positive"),
    "unequal lengths": ({"se": [1.0, 1]}, ValueError, r"se has 2 rows, y has 3"),
    "unequal groups": ({"g": ["a", "b"]}, ValueError, r"g has 2 rows, y has 3"),
    "empty": ({"y": [], "se": [], "g": []}, ValueError, r"y is empty"),
    "text for numbers": ({"y": ["1", "2", "3"]}, TypeError, r"y must hold numbers.*row 0 is '1'"),
    "text for se": ({"se": ["x", "2", "3"]}, TypeError, r"se must hold numbers"),
    "two dimensions": ({"y": np.ones((3, 1))}, ValueError, r"y must be one-dimensional"),
    "fractional labels": ({"g": [1.0, 2.5, 3]}, ValueError, r"g: row 1 is 2.5"),
    "nan labels": ({"g": [1.0, 2, np.nan]}, ValueError, r"g: row 2 is missing"),
    "mixed labels": ({"g": np.array(["a", 1, "b"], dtype=object)}, TypeError, r"g: row 1 is 1"),
    "none label": (
        {"g": np.array(["a", None, "b"], dtype=object)},
        ValueError,
        r"g: row 1 is miss",
    ),
}


@pytest.mark.parametrize("change", DATA)
@pytest.mark.parametrize("scheme", ["auto", "gibbs", "quadrature"])
def test_data(change, scheme):
    columns, kind, message = DATA[change]
    with pytest.raises(kind, match=message):
        fit(**columns, scheme=scheme)


CALLS = {
    "unknown y": ({"y": "z"}, KeyError, "y: there is no column 'z'.*'y', 'se', 'g'"),
    "unknown group": ({"group": "school"}, KeyError, "group: there is no column 'school'"),
    "draws": ({"draws": 0}, ValueError, "draws must be at least 1; got 0"),
    "chains": ({"chains": -1}, ValueError, "chains must be at least 1; got -1"),
    "tune": ({"tune": -5}, ValueError, "tune must be at least 0"),
    "cores": ({"cores": 0}, ValueError, "cores must be at least 1"),
    "fractional draws": ({"draws": 10.5}, TypeError, "draws must be an integer; got 10.5"),
    "true chains": ({"chains": True}, TypeError, "chains must be an integer"),
    "scheme": ({"scheme": "nuts"}, ValueError, "unknown scheme 'nuts'; use one of 'auto'"),
    "scheme type": ({"scheme": 3}, TypeError, "scheme must be a string"),
    "seed": ({"random_seed": "x"}, TypeError, "random_seed must be"),
    "negative seed": ({"random_seed": -1}, ValueError, "random_seed must be"),
}


@pytest.mark.parametrize("call", CALLS)
def test_calls(call):
    arguments, kind, message = CALLS[call]
    with pytest.raises(kind, match=message):
        with_call(**arguments)()


def test_data_must_be_a_dict():
    with pytest.raises(TypeError, match=r"data must be a table: a dict of columns.*got list"):
        MODEL.fit([1, 2, 3], y="y")


def test_noise_column_must_exist():
    model = hf.Model(hf.Normal(sigma="error"), MODEL.population)
    with pytest.raises(KeyError, match="sigma: there is no column 'error'"):
        fit(model)


@pytest.mark.parametrize("keyword", ["variance", "precision"])
def test_known_variances_are_checked(keyword):
    model = hf.Model(hf.Normal(**{keyword: "se"}), MODEL.population)
    with pytest.raises(ValueError, match=r"se: row 1 is -4"):
        fit(model, se=[1.0, -4.0, 1.0])


PRIORS = {
    "scale zero": (lambda: hf.Normal(0, 0), "Normal's sigma must be positive; got 0"),
    "scale negative": (lambda: hf.HalfCauchy(-5), "HalfCauchy's beta must be positive; got -5"),
    "nan": (lambda: hf.Normal(np.nan, 1), "Normal's mu must be finite"),
    "rate": (lambda: hf.Gamma(1, 0), "Gamma's beta must be positive"),
    "bounds": (lambda: hf.Uniform(2, 1), "Uniform.*lower"),
    "two scales": (
        lambda: hf.Normal(0, 1, variance=2),
        "exactly one of sigma, variance and precision",
    ),
    "no scale": (lambda: hf.Normal(0), "exactly one of sigma, variance and precision"),
    "wrong support": (
        lambda: hf.Normal(0, hf.Normal(0, 1)),
        "Normal's sigma must be positive; its prior Normal",
    ),
    "reaches below zero": (
        lambda: hf.HalfNormal(hf.Uniform(-1, 1)),
        "HalfNormal's sigma must be positive",
    ),
}


@pytest.mark.parametrize("prior", PRIORS)
def test_priors(prior):
    make, message = PRIORS[prior]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("wrong", [True, [1.0], object(), hf.Normal])
def test_prior_arguments_of_the_wrong_type(wrong):
    with pytest.raises(TypeError, match="HalfNormal's sigma"):
        hf.HalfNormal(wrong)


def normal(mu, **scale):
    return hf.Model(hf.Normal(sigma="se"), hf.Normal(mu, **scale))


IMPROPER = {
    "flat tau, two groups": (
        normal(hf.Flat(), sigma=hf.Flat()),
        {"y": [1.0, 2], "se": [1.0, 1], "g": ["a", "b"]},
    ),
    "flat tau, proper mu, one group": (
        normal(hf.Normal(0, 1), sigma=hf.Flat()),
        {"y": [1.0], "se": [1.0], "g": ["a"]},
    ),
    "1 / tau": (normal(hf.Flat(), sigma=hf.Power(-1)), {}),
    "1 / tau^2": (normal(hf.Flat(), variance=hf.Power(-1)), {}),
    "flat precision": (normal(hf.Flat(), precision=hf.Flat()), {}),
    "flat variance, three groups": (normal(hf.Flat(), variance=hf.Flat()), {}),
    "hyper-hyper flat": (normal(hf.Normal(0, 1), sigma=hf.HalfNormal(hf.Flat())), {}),
}


@pytest.mark.parametrize("case", IMPROPER)
@pytest.mark.parametrize("scheme", ["auto", "gibbs", "quadrature"])
def test_improper_posteriors(case, scheme):
    model, columns = IMPROPER[case]
    with pytest.raises(ValueError, match=r"g_(sigma|variance|precision).*improper"):
        fit(model, **columns, scheme=scheme)


def test_improper_noise():
    single = hf.Model(hf.Normal(sigma=hf.Power(-1)), ROWS.population)
    with pytest.raises(ValueError, match="sigma: the posterior is improper"):
        single.fit({"y": [1.0, 2, 3]}, y="y", progressbar=False)
    with pytest.raises(ValueError, match="rows of every group are identical"):
        ROWS.fit({"y": [1.0, 1, 3, 3], "g": [1, 1, 2, 2]}, y="y", group="g", progressbar=False)
    with pytest.raises(ValueError, match="all values are identical"):
        ROWS.fit({"y": [2.0] * 5}, y="y", progressbar=False)


PROPER = {
    "flat tau, three groups": normal(hf.Flat(), sigma=hf.Flat()),
    "mean of the mean is flat": normal(hf.Normal(hf.Flat(), 1), sigma=hf.HalfNormal(1)),
    "vanishing priors": normal(hf.Flat(), variance=hf.InverseGamma(0.01, 0.01)),
    "root of a proper power": normal(hf.Flat(), sigma=hf.Power(-0.5)),
}


@pytest.mark.parametrize("case", PROPER)
def test_proper_posteriors_are_sampled(case):
    got = fit(PROPER[case])
    assert all(np.isfinite(x).all() for x in got.hyper.values())


def test_jeffreys_on_the_noise_is_proper_with_repeated_rows():
    model = hf.Model(hf.Normal(sigma=hf.Power(-1)), ROWS.population)
    with pytest.warns(hf.IdentificationWarning, match="2 groups have rows.*g_sigma"):
        got = model.fit({"y": [1.0, 2, 3, 5], "g": [1, 1, 2, 2]}, y="y", group="g")
    assert (got.hyper["sigma"] > 0).all()


def test_models():
    with pytest.raises(TypeError, match="population must be a distribution"):
        hf.Model(hf.Normal(sigma=1), 3)
    with pytest.raises(TypeError, match="likelihood is the class Normal"):
        hf.Model(hf.Normal, hf.Normal(0, 1))
    with pytest.raises(ValueError, match="HalfNormal is not available as a likelihood"):
        hf.Model(hf.HalfNormal(1), hf.Normal(0, 1))
    with pytest.raises(
        ValueError, match="HalfNormal is not available as a population of Normal rows"
    ):
        hf.Model(hf.Normal(sigma=1), hf.HalfNormal(1))
    with pytest.raises(
        ValueError, match=r"group_sigma is the column 'x': of a population only the m"
    ):
        hf.Model(hf.Normal(sigma=1), hf.Normal(0, "x"))
    assert issubclass(hf.Normal, Distribution)


def test_groups_and_summaries():
    got = fit()
    with pytest.raises(KeyError, match="there is no group 'z'"):
        got.groups["z"]
    with pytest.raises(KeyError, match="there is no group 3"):
        got.groups[3]
    for wrong in (0, 1.5, np.nan):
        with pytest.raises(ValueError, match="probs must lie strictly between 0 and 1"):
            got.groups.quantile([wrong])
        with pytest.raises(ValueError, match="prob must lie strictly between 0 and 1"):
            got.groups.interval(wrong)


def test_a_prior_that_excludes_the_data_is_told():
    model = hf.Model(hf.Normal(sigma=hf.Uniform(1e-160, 1e-155)), hf.Normal(0, 1e-150))
    data = {"y": [1.0, 2, 3, 5], "g": [1, 1, 2, 2]}
    with pytest.raises(hf.SamplingError, match=r"density is zero|no maximum"):
        model.fit(data, y="y", group="g", progressbar=False)
