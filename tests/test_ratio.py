"""The harness of the benchmarks (its folder is on the path of the tests)."""

import gc

import pytest
from ratio import Ratio, paired_ratio


def test_sides_take_turns_and_change_order():
    calls = []
    result = paired_ratio(lambda: calls.append("a"), lambda: calls.append("b"), rounds=4, warmup=1)
    assert "".join(calls) == "ab" + "abbaabba"
    assert len(result.seconds) == 4
    assert gc.isenabled()


def test_ratio_of_known_work():
    small, large = list(range(2000)), list(range(20000))
    result = paired_ratio(lambda: sorted(large, key=int), lambda: sorted(small, key=int))
    low, high = result.interval
    assert low <= result.ratio <= high
    assert 3 < result.ratio < 30
    assert result.medians[0] > result.medians[1]


def test_figures_are_medians_of_pairs():
    result = Ratio(((2.0, 1.0), (3.0, 1.0), (40.0, 10.0)), ("ours", "theirs"), (2, 1))
    assert result.ratio == 3
    assert result.medians == (3, 1)
    assert result.interval == pytest.approx((2.2, 3.8))
    assert str(result) == (
        "ours / theirs = 3 [2.2, 3.8] (median, 10-90% of 3 rounds); "
        "ours 3 s on 2 cores, theirs 1 s on 1 core"
    )


def test_one_round_has_no_spread():
    assert Ratio(((2.0, 1.0),)).interval == (2, 2)


def test_small_times_are_printed_in_their_unit():
    assert "a 2 ms on 1 core, b 500 ns on 1 core" in str(Ratio(((2e-3, 5e-7),)))


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"warmup": -1}])
def test_counts_are_checked(wrong):
    with pytest.raises(ValueError, match="rounds must be positive"):
        paired_ratio(int, int, **wrong)


def test_collector_is_restored_after_an_error():
    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        paired_ratio(fail, int, warmup=0)
    assert gc.isenabled()
