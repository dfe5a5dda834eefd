"""Statistics: against plain NumPy, far from zero, in any order, merged, and with bad rows."""

import numpy as np
import pytest

import hierfast as hf
from hierfast.data import Roles, read_columns
from hierfast.statistics import compute_cells, compute_statistics

RNG = np.random.default_rng(7)


def read(y, group=None, se=None, cores=2):
    data = {"y": y} | ({} if se is None else {"se": se})
    columns = read_columns(data, "y", group, Roles(None if se is None else "se"))
    return compute_statistics(columns, cores)


def plain(y, group, w=None):
    w = np.ones(len(y)) if w is None else w
    labels = np.unique(group)
    p = np.array([w[group == g].sum() for g in labels])
    mean = np.array([np.average(y[group == g], weights=w[group == g]) for g in labels])
    m2 = np.array(
        [
            (w[group == g] * (y[group == g] - m) ** 2).sum()
            for g, m in zip(labels, mean, strict=True)
        ]
    )
    return labels, p, mean, m2


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e8])
@pytest.mark.parametrize("known", [False, True])
def test_equal_plain_numpy(offset, known):
    group = RNG.integers(-5, 40, 3000)
    y = offset + RNG.normal(size=3000) + group
    se = RNG.uniform(0.5, 2, 3000) if known else None
    stats = read(y, group, se)
    labels, p, mean, m2 = plain(y, group, None if se is None else 1 / se**2)
    np.testing.assert_array_equal(stats.labels, labels)
    np.testing.assert_array_equal(stats.n, np.unique(group, return_counts=True)[1])
    np.testing.assert_allclose(stats.weight, p, rtol=1e-13)
    np.testing.assert_allclose(stats.mean, mean, rtol=1e-14, atol=1e-12)
    np.testing.assert_allclose(stats.m2, m2, rtol=1e-12 if offset < 1e6 else 1e-7)


def test_groups_far_apart_are_read_twice():
    group = np.repeat(np.arange(50), 20)
    y = 1e9 * group + RNG.normal(size=1000)
    stats = read(y, group)
    _, _, mean, m2 = plain(y, group)
    np.testing.assert_allclose(stats.mean, mean, rtol=1e-15)
    np.testing.assert_allclose(stats.m2, m2, rtol=1e-6)


@pytest.mark.parametrize("scale", [1, 10**4, 10**6])
def test_shuffled_integers_give_equal_bits(scale):
    group = RNG.integers(0, 3000, 400_000)
    y = np.rint(RNG.normal(5, 30, 400_000)) * scale
    one = read(y, group)
    order = RNG.permutation(400_000)
    two = read(y[order], group[order])
    assert one.integer
    np.testing.assert_allclose(one.m2, two.m2, rtol=1e-12)
    if scale < 10**6:  # squares of a group below 2^53
        assert one.mean.tobytes() == two.mean.tobytes()
        assert one.m2.tobytes() == two.m2.tobytes()


def test_shuffled_reals_agree_to_rounding():
    group = RNG.integers(0, 3000, 400_000)
    y = RNG.normal(5, 3, 400_000)
    order = RNG.permutation(400_000)
    one, two = read(y, group), read(y[order], group[order])
    np.testing.assert_allclose(one.mean, two.mean, rtol=1e-12)
    np.testing.assert_allclose(one.m2, two.m2, rtol=1e-12)


@pytest.mark.parametrize("whole", [True, False])
def test_merging_is_reading_at_once(whole):
    group = RNG.integers(0, 500, 20_000)
    y = RNG.normal(40, 9, 20_000)
    y = np.rint(y) if whole else y
    both = read(y, group)
    cut = 4321
    merged = read(y[:cut], group[:cut]) + read(y[cut:], group[cut:])
    np.testing.assert_array_equal(merged.labels, both.labels)
    np.testing.assert_array_equal(merged.n, both.n)
    if whole:
        assert merged.mean.tobytes() == both.mean.tobytes()
        assert merged.m2.tobytes() == both.m2.tobytes()
    np.testing.assert_allclose(merged.mean, both.mean, rtol=1e-12)
    np.testing.assert_allclose(merged.m2, both.m2, rtol=1e-11)


def test_merging_known_errors_and_new_groups():
    group = np.array([1, 1, 2, 3, 3, 9])
    y, se = RNG.normal(size=6), RNG.uniform(1, 2, 6)
    merged = read(y[:3], group[:3], se[:3]) + read(y[3:], group[3:], se[3:])
    both = read(y, group, se)
    for name in ("labels", "n"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(both, name))
    for name in ("weight", "mean", "m2"):
        np.testing.assert_allclose(getattr(merged, name), getattr(both, name), atol=1e-14)
    with pytest.raises(ValueError, match="cannot be added"):
        merged + read(y, group)


def test_text_labels_are_sorted_and_sparse_integers_are_kept():
    stats = read(np.array([1.0, 2.0, 3.0]), np.array(["b", "a", "b"]))
    assert stats.labels.tolist() == ["a", "b"]
    assert stats.mean.tolist() == [2.0, 2.0]
    stats = read(np.array([1.0, 2.0, 3.0]), np.array([10**15, -7, 10**15]))
    assert stats.labels.tolist() == [-7, 10**15]
    assert stats.mean.tolist() == [2.0, 2.0]


def test_cells_add_up():
    group = RNG.integers(0, 5000, 30_000)
    y = RNG.normal(1e4, 9, 30_000)
    stats = read(y, group)
    cells = compute_cells(stats, 2)
    assert cells.n_row == 30_000 and cells.n_group == len(stats)
    d = stats.mean - cells.centre
    for p, mult, mean, squares in zip(cells.p, cells.mult, cells.mean, cells.squares, strict=True):
        chosen = d[stats.weight == p]
        assert len(chosen) == mult
        np.testing.assert_allclose(mean - cells.centre, chosen.mean(), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            squares, ((chosen - chosen.mean()) ** 2).sum(), rtol=1e-8, atol=1e-8
        )
    np.testing.assert_allclose(cells.ssw, stats.m2.sum(), rtol=1e-13)


def test_counts_beyond_the_table_are_cells_of_their_own():
    group = np.repeat([0, 1], [70_000, 3])
    cells = compute_cells(read(RNG.normal(size=70_003), group), 1)
    assert cells.p.tolist() == [70_000, 3] and len(cells.mult) == 1


def test_repr_is_short():
    assert repr(read(np.arange(5.0))) == "Statistics(5 groups, 5 rows)"
    assert isinstance(read(np.arange(5.0)), hf.Statistics)
