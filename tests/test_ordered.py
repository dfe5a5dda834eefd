"""Rows in ordered categories: terms, unknown cutpoints, limits, posteriors, bad input."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from scipy import special as sp
from scipy import stats as st
from test_calibration import ALPHA, KEPT, smallest_p
from test_quadrature import panels
from trust.problems import coordinates, points_of

import hierfast as hf
from hierfast import _core
from hierfast.counts import read_counts
from hierfast.data import Roles, read_columns
from hierfast.grammar import build_graph
from hierfast.likelihoods import ordered_logistic
from hierfast.links import LINKS
from hierfast.ordered import collect_categories, compute_categories
from hierfast.shrinkage import read_raw

pytestmark = pytest.mark.filterwarnings("ignore::hierfast.IdentificationWarning")
LEVELS = list(_core.levels())
NONE = np.empty(0)
CUTS = [st.norm(0, 2), st.norm(0, 2), st.norm(0, 2)]
LAWS = {f"cutpoints[{k}]": law for k, law in enumerate(CUTS)} | {"g_sigma": st.halfnorm(0, 1)}
KNOWN = (-1.2, 0.1, 2.0)
EACH = (st.norm(-1, 1), st.logistic(0, 1), st.uniform(-1, 5), st.halfnorm(0, 1))
MODELS = {
    "cutpoints": (
        hf.Model(hf.OrderedLogistic(hf.Normal(0, 2), categories=4), hf.Normal(0, hf.HalfNormal(1))),
        LAWS,
    ),
    "each": (
        hf.Model(
            hf.OrderedLogistic([hf.Normal(-1, 1), hf.Logistic(0, 1), hf.Uniform(-1, 4)]),
            hf.StudentT(4, 0.5, hf.HalfNormal(1)),
        ),
        dict(zip(LAWS, EACH, strict=True)),
    ),
    "location": (
        hf.Model(hf.OrderedLogistic(KNOWN), hf.Normal(hf.Normal(0, 2), hf.HalfNormal(1))),
        {"g_mu": st.norm(0, 2), "g_sigma": st.halfnorm(0, 1)},
    ),
}
DATA = {  # both ends, one row, alike, the middle, a category left out
    "g": list("aaabbbbcddeeffffff"),
    "y": [0, 0, 0, 3, 3, 0, 3, 1, 1, 2, 1, 2, 2, 2, 1, 3, 3, 3],
}


def cuts_of(u):
    return np.array([u[k] for k in LAWS if k in u and k != "g_sigma"] or KNOWN)


def log_row(y, theta, cuts):
    """The difference of two distribution functions as it is written."""
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    with np.errstate(divide="ignore"):
        return np.log(sp.expit(ends[y + 1] - theta) - sp.expit(ends[y] - theta))


def log_population(name, theta, u):
    if name == "each":
        return st.t.logpdf(theta, 4, 0.5, u["g_sigma"])
    return st.norm.logpdf(theta, u.get("g_mu", 0.0), u["g_sigma"])


def fit(name, data=DATA, model=None, **other):
    options = {"y": "y", "group": "g", "random_seed": 3, "progressbar": False} | other
    return (model or MODELS[name][0]).fit(data, **options)


def by_terms(counts, eta, cuts, level):
    """Log likelihood of a group and its derivatives, term by term, and what all rows share."""
    columns, total = [np.array([c]) for c in cuts], np.zeros((3, len(eta)))
    for k in range(len(cuts)):
        stats = [np.array([float(v)]) for v in (counts[k + 1], counts[k] + counts[k + 1], k)]
        total += _core.likelihood_eval("OrderedLogistic", eta, stats, columns, level)
    shared = (np.array(counts[1:-1], dtype=float), NONE, NONE)
    total[0] += _core.likelihood_overall("OrderedLogistic", columns, shared, level)
    return total


@pytest.mark.parametrize("gap", [1.2345e-13, 0.0999, 300.0])
def test_terms_are_differences_of_logistics_to_their_last_digits(gap):
    """Cutpoints that nearly meet, effects in far tails; C, NumPy and 700 digits."""
    eta = np.array([-700.0, -40.0, 0.5, 40.0, 700.0])
    cuts, counts = (0.0, gap, 0.1001 + gap), (2, 3, 1, 7)  # 1 - gap has not all digits of gap
    found = [by_terms(counts, eta, cuts, level) for level in LEVELS]
    assert len({f.tobytes() for f in found}) == 1

    def log(theta):
        ends = [mpmath.mpf(0), *(1 / (1 + mpmath.exp(theta - mpmath.mpf(c))) for c in cuts), 1]
        pairs = zip(counts, ends[:-1], ends[1:], strict=True)
        return sum(n * mpmath.log(b - a) for n, a, b in pairs if n)

    with mpmath.workdps(700):
        at = [mpmath.mpf(t) for t in eta]
        want = [[float(mpmath.diff(log, t, order)) for t in at] for order in range(3)]
    twin = ordered_logistic.log_likelihood(counts, eta, cuts)
    for one in (found[0], twin):
        np.testing.assert_allclose(one[0], want[0], rtol=4e-15 if one is found[0] else 1e-13)
        np.testing.assert_allclose(one[1], want[1], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(one[2], want[2], rtol=1e-12, atol=1e-250)


def log_marginals(data, points, log_group, origin, cuts_at):
    """Sum over groups of log p(y | phi) by panels, at each point."""
    out = np.zeros(len(points))
    for i, u in enumerate(points):
        for group in np.unique(data["g"]):
            theta, weight = panels([origin(u, group), 0.5, 0.0], [0.05, 0.05, 0.5])
            log = log_group(theta, u, group)
            for y in np.array(data["y"])[np.array(data["g"]) == group]:
                log = log + log_row(y, theta, cuts_at(u))
            top = log.max()
            out[i] += top + np.log((np.exp(log - top) * weight).sum())
    return out


@pytest.mark.parametrize("name", MODELS)
def test_log_posterior(name):
    """Against panels of Gauss-Legendre; what is said of the error is no less than it."""
    model, laws = MODELS[name]
    plan = model.explain(DATA, y="y", group="g", scheme="quadrature")
    points, z, want = points_of(plan.graph, laws)
    want += log_marginals(
        DATA,
        points,
        lambda theta, u, _: log_population(name, theta, u),
        lambda u, _: u.get("g_mu", 0.0),
        cuts_of,
    )
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=5e-5)


def test_log_posterior_with_predictors():
    x = dict(zip("abcdef", (-1.0, 0.2, 0.2, 1.5, -0.3, 0.2), strict=True))
    data = DATA | {"x": [x[g] for g in DATA["g"]]}
    rows = hf.OrderedLogistic((hf.Normal(0, 2),) * 3)
    model = hf.Model(rows, hf.Normal(hf.Linear("0 + x", hf.Normal(0, 1)), hf.HalfNormal(1)))
    plan = model.explain(data, y="y", group="g", scheme="quadrature")
    points, z, want = points_of(plan.graph, LAWS | {"g_mu_x": st.norm(0, 1)})
    plan.target.choose_order(0.0)
    want += log_marginals(
        data,
        points,
        lambda theta, u, g: st.norm.logpdf(theta, x[g] * u["g_mu_x"], u["g_sigma"]),
        lambda u, g: x[g] * u["g_mu_x"],
        cuts_of,
    )
    got = plan.target.logp(z)
    np.testing.assert_allclose(got - got[0], want - want[0], atol=5e-5)


@pytest.mark.parametrize("top", [9, 15])
def test_log_posterior_of_many_categories(top):
    """As many as there can be unknown cutpoints beside an unknown spread."""
    data = {"g": list("aaabbccdd"), "y": [0, top, 3, 4, 4, top - 1, 2, 7, 8]}
    names, rng = [f"cutpoints[{k}]" for k in range(top)], np.random.default_rng(3)
    rows = hf.OrderedLogistic(hf.Normal(0, 3), categories=top + 1)
    graph = build_graph(rows, hf.Normal(0, hf.HalfNormal(1)), "g")
    cells = cells_of(data, top)
    target = _core.Integrated(
        graph, "OrderedLogistic", "Normal", [cells.first, cells.count], graph.rows, graph.shape, 0,
        cells.mult, 61, (cells.terms, cells.table),
    )  # fmt: skip
    points = [
        dict(zip(names, np.sort(rng.normal(0, 2, top)), strict=True)) | {"g_sigma": s}
        for s in (0.3, 1.0, 2.0)
    ]
    z, jacobian = zip(*(coordinates(graph, u) for u in points), strict=True)
    want = np.array(jacobian) + log_marginals(
        data,
        points,
        lambda theta, u, _: st.norm.logpdf(theta, 0.0, u["g_sigma"]),
        lambda u, _: 0.0,
        lambda u: np.array([u[k] for k in names]),
    )
    for i, u in enumerate(points):
        want[i] += st.halfnorm.logpdf(u["g_sigma"]) + sum(st.norm.logpdf(u[k], 0, 3) for k in names)
    got = target.logp(np.ascontiguousarray(np.transpose(z)))
    np.testing.assert_allclose(got - got[0], want - want[0], atol=1e-6)


@pytest.mark.parametrize("noncentred", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_conditionals_are_those_of_the_joint(name, noncentred):
    model, laws = MODELS[name]
    plan = model.explain(DATA, y="y", group="g", scheme="gibbs")
    points, z, want = points_of(plan.graph, laws)
    eta = np.random.default_rng(5).normal(0, 1, 6)
    for i, u in enumerate(points):
        origin = u.get("g_mu", 0.5 if name == "each" else 0.0)
        theta = origin + u["g_sigma"] * eta if noncentred else eta
        if noncentred or name != "location":  # centred, known cutpoints: rows say nothing of phi
            for g, y in zip(*DATA.values(), strict=True):
                want[i] += log_row(y, theta["abcdef".index(g)], cuts_of(u))
        want[i] += 0.0 if noncentred else log_population(name, theta, u).sum()
    got = plan.target.given_effects(eta, z, noncentred)
    np.testing.assert_allclose(got - got[0], want - want[0], rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "draws"),
    [
        ("cutpoints", 100),
        ("location", 100),
        *(pytest.param(n, 500, marks=pytest.mark.slow) for n in MODELS),
    ],
)
def test_schemes_agree_and_cutpoints_increase(name, draws):
    rng = np.random.default_rng(9)
    g = np.repeat(np.arange(12), [1, 2, 3, 6] * 3)
    data = {"g": g, "y": hf.OrderedLogistic.draw(rng, None, KNOWN, rng.normal(0, 1, 12)[g])}
    found = [
        fit(name, data, scheme=s, draws=d, tune=100)
        for s, d in (("quadrature", draws), ("gibbs", 4 * draws))
    ]
    laws = MODELS[name][1]
    for key, law in laws.items():
        one, other = (f.hyper[key] for f in found)
        error = np.hypot(*(float(hf.diagnose.mcse_mean(x)) for x in (one, other)))
        assert abs(one.mean() - other.mean()) < 5 * error < 0.5 * law.std(), key
    for f in found:
        cuts = [f.hyper[k] for k in laws if k.startswith("cutpoints")]
        assert (np.diff(cuts, axis=0) > 0).all()
    one, other = (f.groups.draws() for f in found)
    error = np.hypot(*(hf.diagnose.mcse_mean(x) for x in (one, other)))
    assert (np.abs(one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))) < 5 * error).all()
    error = hf.diagnose.mcse_mean(one)
    assert (np.abs(found[0].groups.mean - one.mean(axis=(0, 1))) < 5 * error).all()


def test_two_categories_are_a_bernoulli():
    """Whose location is the cutpoint with the other sign."""
    data = DATA | {"y": np.array(DATA["y"]) > 1}
    z, got = np.array([[0.3, -1.0, 2.5], [-0.4, 0.2, -3.0]]), []
    for rows, mu, sign in (
        (hf.OrderedLogistic(hf.Normal(1, 2), categories=2), 0, 1.0),
        (hf.Bernoulli(), hf.Normal(-1, 2), -1.0),
    ):
        model = hf.Model(rows, hf.Normal(mu, hf.HalfNormal(1)))
        plan = model.explain(data, y="y", group="g", scheme="quadrature")
        plan.target.choose_order(0.0)
        got.append(plan.target.logp(np.ascontiguousarray(z * [[sign], [1.0]])))
    np.testing.assert_allclose(*(np.diff(g) for g in got), atol=1e-8)


def test_known_cutpoints_shift_with_the_location():
    got = []
    for by in (0.0, 5.0):
        rows = hf.OrderedLogistic(np.array(KNOWN) + by)
        model = hf.Model(rows, hf.Normal(hf.Normal(by, 2), hf.HalfNormal(1)))
        plan = model.explain(DATA, y="y", group="g", scheme="quadrature")
        plan.target.choose_order(0.0)
        got.append(plan.target.logp(np.array([[0.3 + by, by - 1.0], [-0.4, 0.2]])))
    np.testing.assert_allclose(*(np.diff(g) for g in got), atol=1e-8)


def cells_of(data, top, **roles):
    columns = read_columns(data, "y", "g", Roles(**roles))
    counts = read_counts(columns, float(top), LINKS["ordered logit"])
    return compute_categories(replace(counts, terms=collect_categories(columns)), top)


def test_cells_and_terms():
    cells = cells_of(DATA, 3)
    assert len(cells) == 5 and cells.mixed == 4 and cells.cell[3] == cells.cell[4]  # d and e
    assert list(cells.total) == [4, 4, 4, 6]
    for group, counts in (("a", [3, 0, 0, 0]), ("b", [1, 0, 0, 3]), ("f", [0, 1, 2, 3])):
        c = cells.cell["abcdef".index(group)]
        at = slice(int(cells.first[c]), int(cells.first[c] + cells.count[c]))
        above, beside, cut = (t[at] for t in cells.terms)
        want = [(counts[k + 1], counts[k] + counts[k + 1], k) for k in range(3)]
        assert list(zip(above, beside, cut, strict=True)) == [w for w in want if w[1]]


def test_cells_whose_numbers_make_large_keys():
    rng = np.random.default_rng(4)
    data = {"g": np.repeat(np.arange(40), 17), "y": np.tile(np.arange(17), 40)}
    data["w"] = rng.integers(0, 2**20, 680)
    data["w"][170:340] = data["w"][:170]
    cells = cells_of(data, 16, weights="w")
    assert len(cells) == 30 and (cells.cell[10:20] == cells.cell[:10]).all()
    number = data["w"].reshape(40, 17).astype(float)
    assert (cells.total == number.sum(axis=0)).all()
    np.testing.assert_array_equal(cells.y[cells.cell], number @ np.arange(17))


@pytest.mark.parametrize("name", ["cutpoints", "location"])
def test_weights_are_rows(name):
    cuts = {"cutpoints": (hf.Normal(0, 2),) * 3, "location": KNOWN}[name]
    weighted = hf.Model(hf.OrderedLogistic(cuts, weights="w"), MODELS[name][0].population)
    w = np.array([1, 2, 1, 3, 1, 1, 0, 1, 2, 1, 1, 1, 4, 1, 1, 2, 0, 1])
    many = {k: np.repeat(np.array(v), w) for k, v in DATA.items()}
    one, two = fit(name, DATA | {"w": w}, weighted, draws=10), fit(name, many, draws=10)
    for key, x in one.hyper.items():
        np.testing.assert_array_equal(x, two.hyper[key])


def test_groups_without_rows():
    found = fit("location", groups={"g": list("abcdefg")}, draws=500)
    drawn = found.groups["g"].draws()
    assert found.groups["g"].n == 0
    assert abs(drawn.mean() - found.hyper["g_mu"].mean()) < 5 * float(hf.diagnose.mcse_mean(drawn))


@pytest.mark.slow
@pytest.mark.parametrize(("top", "prior"), [(9, hf.Normal(0, 4)), (15, hf.Uniform(-6, 6))])
def test_many_categories(top, prior):
    rng = np.random.default_rng(2)
    g, cuts = np.repeat(np.arange(60), 4), np.linspace(-3, 3, top)
    y = hf.OrderedLogistic.draw(rng, None, cuts, rng.normal(0, 1, 60)[g])
    rows = hf.OrderedLogistic(prior, categories=top + 1)
    found = fit("", {"g": g, "y": y}, hf.Model(rows, hf.Normal(0, hf.HalfNormal(1))), draws=300)
    drawn = np.array([found.hyper[f"cutpoints[{k}]"] for k in range(top)])
    assert (np.diff(drawn, axis=0) > 0).all()
    assert np.abs(drawn.mean(axis=(1, 2)) - cuts).max() < 1.0


RUNS = [("quadrature", 6, 200)]
RUNS += [
    pytest.param(s, n, d, marks=pytest.mark.slow)
    for s, n, d in [("quadrature", 400, 400), ("gibbs", 200, 1500)]
]


@pytest.mark.parametrize(("scheme", "count", "draws"), RUNS)
def test_ranks_are_uniform(scheme, count, draws):
    """Cutpoints, the spread, an effect, its distance from a cutpoint, and the log likelihood."""
    at, found = np.linspace(0, draws - 1, KEPT).astype(int), []
    g = np.repeat(np.arange(5), [1, 3, 5, 7, 2])
    for i in range(count):
        rng = np.random.default_rng([i, 79])
        cuts = np.zeros(3)
        while not (np.diff(cuts) > 0).all():
            cuts = rng.normal(0, 2, 3)
        u = dict(zip(LAWS, [*cuts, abs(rng.normal())], strict=True))
        theta = rng.normal(0, u["g_sigma"], 5)
        data = {"g": g, "y": np.searchsorted(cuts, rng.logistic(theta[g], 1.0))}
        post = fit("cutpoints", data, scheme=scheme, draws=draws, chains=1, tune=100, cores=1,
                   random_seed=i)  # fmt: skip
        hyper = {k: post.hyper[k][0, at] for k in LAWS}
        drawn = post.groups.draws(draws=at)[0]

        def quantities(v, effects, y=data["y"]):
            ends = [np.full_like(v["g_sigma"], -np.inf), *(v[k] for k in list(LAWS)[:3]),
                    np.full_like(v["g_sigma"], np.inf)]  # fmt: skip
            ends = np.stack(ends, axis=-1)
            rows = sp.expit(ends[..., y + 1] - effects[..., g]) - sp.expit(
                ends[..., y] - effects[..., g]
            )
            beside = effects[..., 3] - v["cutpoints[1]"]
            log = np.log(np.maximum(rows, 1e-300)).sum(axis=-1)
            return np.array([*(v[k] for k in LAWS), effects[..., 2], beside, log])

        truth = quantities({k: np.array(x) for k, x in u.items()}, theta)
        found.append((quantities(hyper, drawn) < truth[:, None]).sum(axis=1))
    found = np.array(found)
    print(scheme, count, "smallest p", smallest_p(found))
    assert smallest_p(found) > ALPHA


PRIOR = hf.Normal(0, 2)
ROWS = hf.OrderedLogistic(PRIOR, categories=4)
BAD = {
    "a column": (lambda: hf.OrderedLogistic("c"), TypeError, "got the column 'c'"),
    "one number": (lambda: hf.OrderedLogistic(0.5), TypeError, "increasing numbers such as"),
    "no categories": (lambda: hf.OrderedLogistic(PRIOR), ValueError, "write categories="),
    "none": (lambda: hf.OrderedLogistic([]), ValueError, "must be 1 to 16; got 0"),
    "too many": (lambda: hf.OrderedLogistic(range(17)), ValueError, "must be 1 to 16; got 17"),
    "a fraction": (lambda: hf.OrderedLogistic(PRIOR, categories=2.5), ValueError, "2 to 17; got 2.5"),
    "one": (lambda: hf.OrderedLogistic(PRIOR, categories=1), ValueError, "2 to 17; got 1"),
    "a text": (lambda: hf.OrderedLogistic(PRIOR, categories="4"), ValueError, "got '4'"),
    "other categories": (
        lambda: hf.OrderedLogistic([0, 1], categories=4), ValueError, "make 3 categories, but",
    ),
    "no increase": (lambda: hf.OrderedLogistic([0, 1, 1]), ValueError, r"cutpoints\[2\] is 1 after 1"),
    "infinite": (lambda: hf.OrderedLogistic([0, np.inf]), ValueError, r"cutpoints\[1\] must be finite"),
    "none of a number": (
        lambda: hf.OrderedLogistic([0, None]), TypeError, r"cutpoints\[1\] must be a number",
    ),
    "both": (lambda: hf.OrderedLogistic([0, PRIOR]), ValueError, "are numbers and priors"),
    "text": (lambda: hf.OrderedLogistic([0, "c"]), TypeError, "numbers or priors; got text"),
    "no room": (
        lambda: hf.OrderedLogistic([hf.HalfNormal(1), hf.Uniform(-2, 0)]), ValueError,
        r"cutpoints\[1\] must lie above those before it",
    ),
    "weights": (lambda: hf.OrderedLogistic([0], weights=0.5), ValueError, "whole number"),
    "a location": (
        lambda: hf.Model(ROWS, hf.Normal(hf.Normal(0, 1), 1)), ValueError,
        r"cannot tell them apart; write Normal\(mu=0, ...\), or cutpoints",
    ),
    "an intercept": (
        lambda: hf.Model(ROWS, hf.Logistic(hf.Linear("x", PRIOR), 1)), ValueError,
        r'write Logistic\(mu=Linear\("0 \+ x", ...\), ...\)',
    ),
    "a population": (lambda: hf.Model(ROWS, hf.Gamma(1, 1)), ValueError, "use one of Normal, StudentT"),
    "as a population": (lambda: hf.Model(hf.Poisson(), ROWS), ValueError, "likelihood of rows"),
    "as a prior": (lambda: hf.HalfNormal(ROWS), ValueError, "likelihood of rows, not a prior"),
    "many unknowns": (
        lambda: hf.Model(
            hf.OrderedLogistic(PRIOR, categories=17), hf.Normal(0, hf.HalfNormal(1))
        ),
        ValueError, "17 unknown hyperparameters",
    ),
    "beyond": (lambda: fit("cutpoints", DATA | {"y": [0] * 17 + [4]}), ValueError,
               "y: row 17 is 4.*whole numbers 0 to 3 that 3 cutpoints make"),
    "negative": (lambda: fit("cutpoints", DATA | {"y": [0, -1] + [1] * 16}), ValueError, "row 1 is -1"),
    "half": (lambda: fit("location", DATA | {"y": [0.5] * 18}), ValueError, "y: row 0 is 0.5"),
    "missing": (lambda: fit("location", DATA | {"y": [np.nan] * 18}), ValueError, "row 0"),
    "improper": (
        lambda: fit("", model=hf.Model(hf.OrderedLogistic(hf.Flat(), categories=4), hf.Normal(0, 1))),
        ValueError, r"cutpoints\[0\] has the improper prior Flat",
    ),
    "improper location": (
        lambda: fit("", model=hf.Model(hf.OrderedLogistic(KNOWN), hf.Normal(hf.Flat(), 1))),
        ValueError, "g_mu has the improper prior Flat",
    ),
    "a known location": (
        lambda: fit("", DATA | {"x": [0.0] * 18},
                    hf.Model(hf.OrderedLogistic(KNOWN), hf.Normal("x", 1))),
        ValueError, "must be a number or a prior",
    ),
    "a link": (lambda: hf.Binomial(n=2, link="ordered logit"), ValueError, "must be one of 'logit'"),
    "natural": (lambda: fit("location", draws=5).groups.natural, ValueError, "no natural scale"),
    "raw": (lambda: read_raw(fit("location", draws=5)), ValueError, "no raw effects"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    make, error, message = BAD[name]
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("name", "y", "message"),
    [
        ("cutpoints", [2] * 6, "all rows are of category 2"),
        ("cutpoints", [0, 0, 1, 1, 3, 3], "no group has rows of two categories"),
        ("cutpoints", [0, 1, 3, 0, 1, 3], "no row is of category 2: how far apart"),
        ("cutpoints", [0, 1, 2, 0, 1, 3], None),
        ("location", [0, 0, 1, 1, 3, 3], None),
        ("location", [1] * 6, "all rows are of category 1"),
    ],
)
def test_what_data_cannot_tell_is_said(name, y, message):
    plan = MODELS[name][0].explain({"g": [0, 0, 1, 1, 2, 2], "y": y}, y="y", group="g")
    assert message in plan.warnings[0] if message else not plan.warnings
    if len(set(y)) == 1:
        found = fit(name, {"g": [0, 0, 1, 1, 2, 2], "y": y}, draws=50)
        assert (
            np.isfinite(found.groups.mean).all() and np.isfinite(found.groups.quantile(0.5)).all()
        )


def test_it_prints_as_it_is_written():
    for rows in (hf.OrderedLogistic([-1, 0.5], weights="w"), ROWS, MODELS["each"][0].likelihood):
        assert eval(repr(rows), vars(hf)) == rows


def test_density_and_simulation():
    eta = np.array([-1.0, 0.3, 2.0])
    for y in range(4):
        np.testing.assert_allclose(hf.OrderedLogistic.logpdf(y, KNOWN, eta), log_row(y, eta, KNOWN))
    drawn = hf.OrderedLogistic.draw(np.random.default_rng(1), 20_000, KNOWN, 0.3)
    want = np.exp([log_row(y, 0.3, np.array(KNOWN)) for y in range(4)])
    assert st.chisquare(np.bincount(drawn), 20_000 * want).pvalue > 1e-4
