"""Votes by hand, by enumeration of all outcomes in exact arithmetic, and by simulation."""

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crossent import entropy, nll, softmax, softmax_cross_entropy_grad
from crossent.datasets import load_cifar10h
from crossent.votes import (
    count_nll,
    dissent,
    expected_label_entropy,
    label_entropy,
    majority,
    vote_shares,
)

RNG = np.random.default_rng(2019)
COUNTS = np.array([[3, 1, 0], [0, 0, 2], [5, 5, 5]])


def rows_of_votes(num_classes=4):
    """Tables of counts in which every row has a vote."""
    shape = st.tuples(st.integers(1, 5), st.just(num_classes))
    tables = shape.flatmap(lambda s: arrays(np.int64, s, elements=st.integers(0, 60)))
    return tables.filter(lambda table: table.sum(axis=-1).min() > 0)


def outcomes(num_classes, num_votes):
    """All counts of so many votes."""
    every = itertools.product(range(num_votes + 1), repeat=num_classes)
    return [counts for counts in every if sum(counts) == num_votes]


def exact_expected_entropy(p, num_votes):
    """The mean entropy of the shares, outcome by outcome, to 30 digits."""
    with mp.workdps(30):
        p, mean = [mp.mpf(float(x)) for x in p], mp.mpf(0)
        for counts in outcomes(len(p), num_votes):
            orders = math.factorial(num_votes) // math.prod(map(math.factorial, counts))
            chance = orders * mp.fprod(x**c for x, c in zip(p, counts, strict=True))
            shares = (mp.mpf(c) / num_votes for c in counts if c)
            mean -= chance * mp.fsum(s * mp.log(s) for s in shares)
        return float(mean)


def test_by_hand():
    np.testing.assert_array_equal(vote_shares(COUNTS), [[0.75, 0.25, 0], [0, 0, 1], [1 / 3] * 3])
    plain = [np.log(4) - 0.75 * np.log(3), 0, np.log(3)]
    np.testing.assert_allclose(label_entropy(COUNTS), plain, rtol=1e-14)
    corrected = np.add(plain, [1 / 8, 0, 2 / 30])
    np.testing.assert_allclose(label_entropy(COUNTS, miller_madow=True), corrected, rtol=1e-14)
    np.testing.assert_allclose(dissent(COUNTS, [1, 2, 0]), [0.75, 0, 2 / 3], rtol=1e-14)


@given(rows_of_votes())
def test_the_votes_one_by_one_cost_as_much(counts):
    logits = RNG.normal(size=counts.shape)
    for row, scores, found in zip(counts, logits, count_nll(logits, counts), strict=True):
        votes = np.repeat(np.arange(4), row)
        np.testing.assert_allclose(found, nll(votes, softmax(scores)).sum(), rtol=1e-12)


@given(rows_of_votes())
def test_the_gradient_of_the_counts_is_the_sum_over_the_votes(counts):
    logits, step = RNG.normal(size=counts.shape), 1e-5
    direction = RNG.normal(size=counts.shape)
    change = count_nll(logits + step * direction, counts)
    change = (change - count_nll(logits - step * direction, counts)) / (2 * step)
    totals = counts.sum(axis=-1, keepdims=True)
    gradient = totals * softmax_cross_entropy_grad(logits, vote_shares(counts))[1]
    np.testing.assert_allclose(gradient, totals * softmax(logits) - counts, atol=1e-11)
    np.testing.assert_allclose((gradient * direction).sum(axis=-1), change, rtol=1e-5, atol=1e-6)


def test_a_vote_for_a_class_that_is_ruled_out():
    """An infinite loss, and none where nobody votes for it."""
    logits = [[0.0, -np.inf], [0.0, -np.inf]]
    np.testing.assert_array_equal(count_nll(logits, [[2, 1], [3, 0]]), [np.inf, 0])


def test_the_loss_of_all_votes_may_overflow():
    """Silently, also where the caller traps every floating-point error."""
    with np.errstate(all="raise"):
        assert count_nll([0.0, -1e308], [0, 1]) == 1e308
        assert count_nll([0.0, -1e308], [0, 2]) == np.inf


@pytest.mark.parametrize("num_votes", [1, 2, 3, 5])
@pytest.mark.parametrize("p", [[0.5, 0.5], [0.2, 0.7, 0.1], [1, 0], [0.9, 0, 0.1]])
def test_expected_entropy_is_the_mean_over_all_outcomes(p, num_votes):
    found = expected_label_entropy(p, num_votes)
    exact = exact_expected_entropy(p, num_votes)
    np.testing.assert_allclose(found, exact, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("num_votes", [7, 300, 5_000])
@pytest.mark.parametrize(
    "p", [[0.5, 0.25, 0.1875, 0.0625 - 2**-30, 2**-30], [1 - 2**-30, 2**-30], [1 - 2**-53, 2**-53]]
)
def test_expected_entropy_in_the_last_digits(p, num_votes):
    """Against the same sum in 40 digits, each chance made from the one before.

    The last digit is that of the binomial probabilities, which are SciPy's.
    """
    exact = mp.mpf(0)
    with mp.workdps(40):
        for q in map(mp.mpf, p):
            chance = (1 - q) ** num_votes
            for c in range(1, num_votes):
                chance *= (num_votes - c + 1) * q / (c * (1 - q))
                exact -= chance * c / num_votes * mp.log(mp.mpf(c) / num_votes)
    found = expected_label_entropy([p, p[::-1]], num_votes)
    np.testing.assert_allclose(found, float(exact), rtol=2e-14, atol=0)


def test_expected_entropy_of_a_million_votes():
    """The first two terms of the expansion in 1/m are all that is left."""
    p = np.array([0.5, 0.3, 0.2])
    expected = entropy(p) - 2 / 2e6 + (1 - (1 / p).sum()) / (12 * 1e12)
    np.testing.assert_allclose(expected_label_entropy(p, 10**6), expected, rtol=4e-15)


def test_expected_entropy_of_a_million_votes_for_all_but_one_class():
    """Only a few votes can be for the other class: the sums have no more terms that count."""
    rare, m = mp.mpf(2) ** -53, 10**6
    exact = mp.mpf(0)
    with mp.workdps(40):
        for c in range(1, 6):
            chance = mp.binomial(m, c) * rare**c * (1 - rare) ** (m - c)
            for share in (mp.mpf(c) / m, mp.mpf(m - c) / m):
                exact -= chance * share * mp.log(share)
    found = expected_label_entropy([1 - 2**-53, 2**-53], m)
    np.testing.assert_allclose(found, float(exact), rtol=1e-13, atol=0)


@pytest.mark.parametrize("num_votes", [2, 50, 2000])
def test_expected_entropy_is_below_the_entropy_by_no_more_than_the_bound(num_votes):
    p = RNG.dirichlet(np.full(6, 0.7), size=40)
    bias = expected_label_entropy(p, num_votes) - entropy(p)
    assert bias.shape == (40,)
    assert np.all(bias <= 1e-12)
    assert np.all(bias >= -np.log1p(5 / num_votes))
    if num_votes == 2000:
        even = expected_label_entropy(np.full(6, 1 / 6), num_votes) - np.log(6)
        np.testing.assert_allclose(even, -5 / 4000, rtol=0.01)


def test_expected_entropy_is_what_simulated_votes_have_on_average():
    p = np.array([0.6, 0.3, 0.1])
    drawn = label_entropy(RNG.multinomial(7, p, size=40_000))
    error = drawn.std() / 200
    assert abs(drawn.mean() - expected_label_entropy(p, 7)) < 4 * error


def test_the_correction_removes_most_of_the_bias():
    p, num_votes = [0.5, 0.3, 0.2], 40
    counts = np.array(outcomes(3, num_votes))
    chance = [
        math.exp(
            math.lgamma(num_votes + 1)
            + sum(c * math.log(x) - math.lgamma(c + 1) for c, x in zip(row, p, strict=True))
        )
        for row in counts.tolist()
    ]
    plain, corrected = (
        np.dot(chance, label_entropy(counts, miller_madow=flag)) - entropy(p)
        for flag in (False, True)
    )
    np.testing.assert_allclose(sum(chance), 1, rtol=1e-10)
    np.testing.assert_allclose(plain, -2 / 80, rtol=0.05)
    assert abs(corrected) < 0.05 * abs(plain)


def test_ties_are_broken_evenly():
    counts = np.tile([4, 0, 4, 1], (30_000, 1))
    share = np.bincount(majority(counts, RNG), minlength=4) / 30_000
    np.testing.assert_allclose(share, [0.5, 0, 0.5, 0], atol=0.015)


@given(rows_of_votes())
def test_the_majority_has_the_most_votes(counts):
    labels = majority(counts, RNG)
    rows = np.arange(len(counts))
    np.testing.assert_array_equal(counts[rows, labels], counts.max(axis=-1))
    np.testing.assert_allclose(
        dissent(counts, labels), 1 - vote_shares(counts).max(axis=-1), atol=1e-14
    )


def test_other_batch_shapes():
    table = RNG.integers(1, 9, size=(2, 3, 4))
    assert label_entropy(table).shape == (2, 3)
    assert majority(table, RNG).shape == (2, 3)
    assert dissent(table, np.zeros((2, 3), dtype=int)).shape == (2, 3)
    np.testing.assert_allclose(label_entropy(table[1, 2]), label_entropy(table)[1, 2])
    assert count_nll(np.zeros(4), table).shape == (2, 3)
    assert np.ndim(dissent([1, 1], 0)) == np.ndim(expected_label_entropy([1, 0], 3)) == 0


@pytest.mark.parametrize(
    "function",
    [
        vote_shares,
        label_entropy,
        lambda counts: count_nll(np.zeros(2), counts),
        lambda counts: majority(counts, RNG),
        lambda counts: dissent(counts, [0, 0]),
    ],
)
def test_what_is_not_votes_is_refused(function):
    with pytest.raises(TypeError, match="counts"):
        function([[0.5, 0.5], [1.0, 0.0]])
    with pytest.raises(ValueError, match="negative"):
        function([[2, -1], [1, 0]])
    with pytest.raises(ValueError, match=r"row 1 of shape \(2, 2\) has none"):
        function([[2, 1], [0, 0]])


def test_majority_of_a_batch_of_tables():
    counts = np.array([[[1, 4, 2], [3, 9, 0]], [[0, 0, 5], [2, 3, 7]]])
    assert majority(counts, RNG).tolist() == [[1, 1], [2, 2]]


def test_rows_without_votes_are_named():
    with pytest.raises(ValueError, match=r"row \(0, 1\) of shape \(1, 2, 2\)"):
        vote_shares([[[1, 0], [0, 0]]])
    with pytest.raises(ValueError, match=r"the row of shape \(2,\)"):
        vote_shares([0, 0])


def test_labels_must_belong_to_the_rows():
    with pytest.raises(ValueError, match="one per row"):
        dissent(COUNTS, [0, 1])
    with pytest.raises(ValueError, match=r"0\.\.2"):
        dissent(COUNTS, [0, 1, 3])


@pytest.mark.parametrize(
    ("p", "num_votes", "error", "words"),
    [
        ([0.5, 0.5], 0, ValueError, "^num_votes must be at least 1"),
        ([0.5, 0.5], 2.0, TypeError, "^num_votes must be an integer"),
        ([0.5, 0.5], 10**6 + 1, ValueError, "^num_votes must be at most 1000000; got 1000001$"),
        ([0.5, 0.6], 2, ValueError, "^p must sum to 1"),
    ],
)
def test_no_expectation_without_votes_or_probabilities(p, num_votes, error, words):
    with pytest.raises(error, match=words):
        expected_label_entropy(p, num_votes)


def test_the_analysis_runs_on_the_file_of_cifar10h(tmp_path):
    file = np.zeros((3, 10))
    file[[0, 0], [3, 5]] = 48, 2  # the file holds floats
    file[[1, 1], [3, 5]] = 20, 31
    file[2, 8] = 50
    np.save(tmp_path / "cifar10h-counts.npy", file)
    votes, labels = load_cifar10h(tmp_path), [3, 3, 8]
    totals = np.array([50, 51, 50])
    np.testing.assert_array_equal(vote_shares(votes), file / totals[:, np.newaxis])
    np.testing.assert_array_equal(majority(votes, RNG), [3, 5, 8])
    np.testing.assert_allclose(dissent(votes, labels), [0.04, 31 / 51, 0], rtol=1e-14)
    mixed = [-a * math.log(a) - (1 - a) * math.log(1 - a) for a in (0.04, 31 / 51)]
    np.testing.assert_allclose(label_entropy(votes), [*mixed, 0], rtol=1e-13)
    np.testing.assert_allclose(count_nll(np.zeros(10), votes), totals * np.log(10), rtol=1e-14)
