"""Rows come in blocks: every layout and every number of rows gives what its rows give alone.

Also what a call allocates beside its result, and that it is silent and only reads its input.
"""

import tracemalloc
import warnings

import numpy as np
import pytest

import crossent
from crossent._rows import BLOCK, SMALL_BLOCK, Rows, row_blocks, sum_rows

K = 8


def logits(num_rows, num_classes=K):
    """Return logits of which every seventh row needs the shift by its maximum."""
    x = np.random.default_rng(num_rows).normal(size=(num_rows, num_classes)) * 3
    x[3::7] *= 300
    return x


def labels(num_rows, num_classes=K):
    """Return labels."""
    return np.random.default_rng(num_rows).integers(0, num_classes, num_rows)


CALLS = {
    "logsumexp": lambda x, y, t: crossent.logsumexp(x),
    "log_softmax": lambda x, y, t: crossent.log_softmax(x),
    "softmax": lambda x, y, t: crossent.softmax(x),
    "loss of labels": lambda x, y, t: crossent.softmax_cross_entropy(x, y),
    "loss of targets": lambda x, y, t: crossent.softmax_cross_entropy(x, t),
    "gradient of labels": lambda x, y, t: crossent.softmax_cross_entropy_grad(x, y)[1],
    "gradient of targets": lambda x, y, t: crossent.softmax_cross_entropy_grad(x, t)[1],
    "entropy": lambda x, y, t: crossent.entropy(t),
    "cross_entropy": lambda x, y, t: crossent.cross_entropy(t, t[..., ::-1]),
    "kl_divergence": lambda x, y, t: crossent.kl_divergence(t, t[..., ::-1]),
    "kl_divergence_from_logits": lambda x, y, t: crossent.kl_divergence_from_logits(
        x, x[..., ::-1]
    ),
    "perplexity": lambda x, y, t: crossent.perplexity(t),
    "nll": lambda x, y, t: crossent.nll(y, t),
    "one_hot": lambda x, y, t: crossent.one_hot(y, K),
    "empirical_pmf": lambda x, y, t: crossent.empirical_pmf(y[..., np.newaxis], K),
    "linear": lambda x, y, t: crossent.linear_cross_entropy(x, np.eye(K), y),
}

STEPS = [SMALL_BLOCK // K, BLOCK // K]
COUNTS = sorted({1, 2, *(n + d for n in STEPS for d in (-1, 0, 1)), 2 * STEPS[1] + 5})


@pytest.fixture(scope="module")
def whole():
    """Return arguments for the largest number of rows."""
    x, y = logits(COUNTS[-1]), labels(COUNTS[-1])
    return x, y, crossent.softmax(x)


@pytest.mark.parametrize("name", CALLS)
def test_number_of_rows(name, whole):
    """One row more or less than a block changes no row."""
    expected = CALLS[name](*whole)
    for count in COUNTS:
        result = CALLS[name](*(a[:count] for a in whole))
        assert result.shape == expected[:count].shape
        # s − t is as exact as s, and so not to its own last places where it nearly cancels.
        last_place = 1e-15 if name == "gradient of targets" else 0.0
        np.testing.assert_allclose(result, expected[:count], rtol=1e-14, atol=last_place)


def test_one_hot_of_more_labels_than_a_block_has_entries():
    """The rows of the identity, also in the second block and the last."""
    y = labels(2 * BLOCK + 5)
    np.testing.assert_array_equal(crossent.one_hot(y, K), np.eye(K)[y])


def layouts(array):
    """Yield arrays equal to the one given, with other strides."""
    yield np.asfortranarray(array)
    yield np.repeat(array, 2, axis=0)[::2]
    yield np.repeat(array, 3, axis=-1)[..., ::3]
    yield array[::-1].copy()[::-1]
    yield np.moveaxis(np.moveaxis(array, -1, 0).copy(), 0, -1)


@pytest.mark.parametrize("shape", [(700,), (7, 100), (2, 5, 70)])
@pytest.mark.parametrize("name", CALLS)
def test_memory_layout(name, shape):
    """Fortran order, steps, reversed and moved axes."""
    count = int(np.prod(shape))
    x, y = logits(count).reshape(*shape, K), labels(count).reshape(shape)
    expected = CALLS[name](x, y, crossent.softmax(x))
    for other in layouts(x):
        result = CALLS[name](other, y, crossent.softmax(other))
        np.testing.assert_allclose(result, expected, rtol=1e-14)
    for other in layouts(y):
        np.testing.assert_allclose(
            CALLS[name](x, other, crossent.softmax(x)), expected, rtol=1e-14
        )


def test_broadcast_views():
    """Rows that share their memory, and an outer pairing larger than a block."""
    row, y = logits(1), labels(9000)
    x = np.broadcast_to(row, (9000, K))
    np.testing.assert_allclose(
        crossent.softmax_cross_entropy(x, y),
        crossent.log_softmax(row)[0, y] * -1,
        rtol=1e-14,
    )
    p, q = crossent.softmax(logits(120)[:, None]), crossent.softmax(logits(90))
    for function in (crossent.kl_divergence, crossent.cross_entropy):
        outer = function(p, q)
        assert outer.shape == (120, 90)
        for i in (0, 57, 119):
            np.testing.assert_allclose(outer[i], function(p[i, 0], q), rtol=1e-14)
    loss, gradient = crossent.softmax_cross_entropy_grad(logits(120)[:, None], q)
    assert gradient.shape == (120, 90, K)
    np.testing.assert_allclose(
        loss[57], crossent.softmax_cross_entropy(logits(120)[57], q), rtol=1e-14
    )


def test_rows_are_views_where_they_can_be():
    """A table of contiguous rows is not copied, others are only a block at a time."""
    x = logits(60).reshape(3, 4, 5, K)
    assert np.shares_memory(Rows(x, x.shape[:-1])[slice(0, 60)], x)
    moved = Rows(np.swapaxes(x, 0, 2), (5, 4, 3))
    np.testing.assert_array_equal(moved[slice(7, 31)], np.swapaxes(x, 0, 2).reshape(-1, K)[7:31])


@pytest.mark.parametrize("num_classes", [1, 10, BLOCK - 1, BLOCK, BLOCK + 1, 10 * BLOCK])
def test_blocks_cover_all_rows_once(num_classes):
    """In order, with at least one row each and no more entries than a block has."""
    blocks = list(row_blocks(1000, num_classes))
    numbers = [i for rows in blocks for i in range(1000)[rows]]
    assert numbers == list(range(1000))
    assert max(b.stop - b.start for b in blocks) == max(1, min(1000, BLOCK // num_classes))
    assert list(row_blocks(0, num_classes)) == []


@pytest.mark.parametrize("num_classes", [1, 7, 128, 129, 1000, BLOCK + 1])
def test_sum_rows(num_classes):
    """Both sums, of any length."""
    block = np.random.default_rng(0).uniform(size=(5, num_classes))
    for pairwise in (False, True):
        np.testing.assert_allclose(
            sum_rows(block, pairwise=pairwise), block.sum(axis=1), rtol=1e-14
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(100_000, 10), (2000, 1000)])
@pytest.mark.parametrize("scale", [1, 100], ids=["safe rows", "shifted rows"])
def test_workspace(shape, dtype, scale):
    """A call allocates its result and at most 1 MB besides."""
    x = (np.random.default_rng(0).normal(size=shape) * 5 * scale).astype(dtype)
    y, p = labels(*shape), crossent.softmax(x)
    counts = (p * 1000).astype(np.int64)
    calls = {
        "loss": lambda: crossent.softmax_cross_entropy(x, y),
        "loss of targets": lambda: crossent.softmax_cross_entropy(x, p),
        "gradient": lambda: crossent.softmax_cross_entropy_grad(x, y),
        "gradient of targets": lambda: crossent.softmax_cross_entropy_grad(x, p),
        "logsumexp": lambda: crossent.logsumexp(x),
        "softmax": lambda: crossent.softmax(x),
        "log_softmax": lambda: crossent.log_softmax(x),
        "entropy": lambda: crossent.entropy(p),
        "cross_entropy": lambda: crossent.cross_entropy(p, p),
        "kl_divergence": lambda: crossent.kl_divergence(p, p),
        "kl_divergence_from_logits": lambda: crossent.kl_divergence_from_logits(x, x),
        "perplexity": lambda: crossent.perplexity(p),
        "log_likelihood": lambda: crossent.log_likelihood(counts, p),
        "one_hot": lambda: crossent.one_hot(y, shape[1]),
    }
    extra = {}
    for name, call in calls.items():
        tracemalloc.start()
        result = call()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        parts = result if isinstance(result, tuple) else (result,)
        extra[name] = peak - sum(part.nbytes for part in parts)
    assert max(extra.values()) <= 2**20, extra


def test_workspace_of_axes_that_do_not_merge():
    """Rows that no table can view are copied, two blocks at a time, and not all."""
    x = np.swapaxes(np.zeros((50, 40, 20, 10)), 0, 2)
    tracemalloc.start()
    crossent.logsumexp(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 40_000 * 8 + 2**20 + 2**18


@pytest.mark.parametrize("name", CALLS)
def test_silent(name):
    """No warning escapes from rows that need special care, nor where the caller traps errors."""
    x = logits(50)
    x[0], x[1, 0], x[2, 1], x[4], x[5, 2] = -np.inf, -np.inf, np.inf, 1e308, np.nan
    t = np.eye(K)[labels(50)]
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        if name == "linear":  # the matrix product of infinite logits is undefined
            x = logits(50)
        CALLS[name](x, labels(50), t)


@pytest.mark.parametrize("name", CALLS)
def test_input_is_only_read(name):
    """The arguments are as they were, and may be read-only."""
    arguments = logits(5000), labels(5000), crossent.softmax(logits(5000))
    before = [a.copy() for a in arguments]
    for array in arguments:
        array.flags.writeable = False
    result = CALLS[name](*arguments)
    for array, copy in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert not np.shares_memory(result, array)
