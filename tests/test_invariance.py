"""What must not matter: names of groups, identical groups kept or merged, units, groups without rows."""

import numpy as np
import pytest

import hierfast as hf
from hierfast import diagnose

RNG = np.random.default_rng(77)
SIZE = RNG.integers(1, 9, 200)
GROUP = np.repeat(np.arange(200), SIZE)
ROWS = {"g": GROUP, "y": np.rint(RNG.normal(RNG.normal(30, 4, 200)[GROUP], 6))}
ONE_EACH = {"g": np.arange(200), "y": RNG.normal(3, 2, 200), "se": RNG.uniform(0.5, 2, 200)}
UNKNOWN = hf.Model(
    hf.Normal(sigma=hf.HalfNormal(9)), hf.Normal(hf.StudentT(4, 20, 30), hf.HalfNormal(5))
)
KNOWN = hf.Model(hf.Normal(sigma="se"), hf.Normal(hf.Normal(0, 5), hf.HalfCauchy(2)))
CASES = {"rows": (UNKNOWN, ROWS), "one each": (KNOWN, ONE_EACH)}
SCHEMES = ["collapsed", "collapsed:slice", "gibbs"]
pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")


def fit(model, data, scheme="collapsed", draws=2000, **other):
    options = {"draws": draws, "random_seed": 6, "progressbar": False, "scheme": scheme} | other
    return model.fit(data, y="y", group="g", **options)


def same_posterior(one, two, to_one=None):
    """Means and sds of the unknowns, and of 20 effects, within Monte Carlo error of each other."""
    for name, a in one.hyper.items():
        b = (to_one or {}).get(name, lambda x: x)(two.hyper[name])
        for value, error in (
            (np.mean, diagnose.mcse_mean),
            (lambda x: np.std(x, ddof=1), diagnose.mcse_sd),
        ):
            tolerance = 5 * float(np.hypot(error(a), error(b)))
            assert abs(value(a) - value(b)) < tolerance, name


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("case", CASES)
def test_names_of_groups(case, scheme):
    model, data = CASES[case]
    other = RNG.permutation(200)
    one, two = fit(model, data, scheme), fit(model, data | {"g": other[data["g"]]}, scheme)
    if scheme == "gibbs":  # its effects take part in the chain, and their variates follow the label
        return same_posterior(one, two)
    for name in one.hyper:
        np.testing.assert_allclose(two.hyper[name], one.hyper[name], rtol=1e-9)
    np.testing.assert_allclose(two.groups.mean[other], one.groups.mean, rtol=1e-9)
    np.testing.assert_allclose(two.groups.sd[other], one.groups.sd, rtol=1e-7)
    return None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_identical_groups_merged_or_kept(scheme):
    """A relative 1e-12 keeps groups with equal statistics from sharing a cell."""
    shift = 1.0 + 1e-12 * np.linspace(-1, 1, 200)
    apart = ROWS | {"y": ROWS["y"] * shift[GROUP]}
    one, two = fit(UNKNOWN, ROWS, scheme), fit(UNKNOWN, apart, scheme)
    if scheme == "gibbs":
        return same_posterior(one, two)
    for name in one.hyper:
        np.testing.assert_allclose(two.hyper[name], one.hyper[name], rtol=1e-7)
    np.testing.assert_allclose(two.groups.mean, one.groups.mean, rtol=1e-7)
    np.testing.assert_allclose(two.groups.sd, one.groups.sd, rtol=1e-5)
    return None


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("a", "b"), [(-273.15, 1.8), (1e6, -3.0), (0.0, 1e-6), (5.0, 1e9)])
def test_units(scheme, a, b):
    """y -> a + b y with every prior carried along."""
    size = abs(b)
    moved = hf.Model(
        hf.Normal(sigma=hf.HalfNormal(9 * size)),
        hf.Normal(hf.StudentT(4, a + b * 20, 30 * size), hf.HalfNormal(5 * size)),
    )
    one = fit(UNKNOWN, ROWS, scheme)
    two = fit(moved, ROWS | {"y": a + b * ROWS["y"]}, scheme)
    back = dict.fromkeys(("g_sigma", "sigma"), lambda x: x / size) | {"g_mu": lambda x: (x - a) / b}
    same_posterior(one, two, back)
    np.testing.assert_allclose((two.groups.mean - a) / b, one.groups.mean, atol=0.15)
    np.testing.assert_allclose(two.groups.sd / size, one.groups.sd, rtol=0.05)


@pytest.mark.parametrize("scheme", ["collapsed", "collapsed:slice"])
@pytest.mark.parametrize("case", CASES)
def test_groups_without_rows_leave_the_others_alone(case, scheme):
    model, data = CASES[case]
    one = fit(model, data, scheme)
    two = fit(model, data, scheme, groups={"g": np.arange(250)})
    for name in one.hyper:
        np.testing.assert_array_equal(two.hyper[name], one.hyper[name])
    np.testing.assert_array_equal(two.groups.mean[:200], one.groups.mean)
    np.testing.assert_array_equal(
        two.groups.draws(draws=[0, 9])[:, :, :200], one.groups.draws(draws=[0, 9])
    )


def test_order_of_the_schemes_blocks_is_no_part_of_the_posterior():
    """Collapsed and Gibbs agree where identical groups are merged and where none are."""
    for model, data in CASES.values():
        same_posterior(fit(model, data), fit(model, data, "gibbs", draws=10_000))
