"""The page "Formulas of the frameworks": calls that the package does not re-implement.

Each is written out as on the page and run beside the library, SciPy and scikit-learn always,
PyTorch, optax and JAX where they are installed.
"""

import numpy as np
import pytest
from scipy import special, stats
from sklearn.metrics import log_loss

RNG = np.random.default_rng(24)
N, K = 6, 4
Z = RNG.normal(size=(N, K))
LOG_Q = special.log_softmax(Z, axis=1)
LABELS = RNG.integers(K, size=N)
P = RNG.dirichlet(np.ones(K), N)
P[0] = [1, 0, 0, 0]
ROW_WEIGHT = RNG.uniform(0.5, 2, N)
CLASS_WEIGHT = RNG.uniform(0.5, 3, K)
SCORES = RNG.normal(size=(N, K))  # in the place of log q, where any number is taken
AT_LABEL = (np.arange(N), LABELS)


def close(found, formula, rtol=1e-10):
    np.testing.assert_allclose(np.asarray(found), formula, rtol=rtol, atol=1e-14)


# ---------------------------------------------------------------- SciPy and scikit-learn


def test_scipy_entropy_normalises_along_the_first_axis():
    a, b = RNG.uniform(size=(K, 3)), RNG.uniform(size=(K, 3))
    p, q = a / a.sum(axis=0), b / b.sum(axis=0)
    close(stats.entropy(a), -(p * np.log(p)).sum(axis=0))
    close(stats.entropy(a, b), (p * np.log(p / q)).sum(axis=0))
    close(special.kl_div(a, b), a * np.log(a / b) - a + b)
    close(special.rel_entr(a, b), a * np.log(a / b))


def test_scikit_learn_log_loss():
    q = np.exp(LOG_Q)
    price = -LOG_Q[AT_LABEL]
    mean = log_loss(LABELS, q, sample_weight=ROW_WEIGHT, labels=range(K))
    close(mean, (ROW_WEIGHT * price).sum() / ROW_WEIGHT.sum())
    total = log_loss(LABELS, q, sample_weight=ROW_WEIGHT, labels=range(K), normalize=False)
    close(total, (ROW_WEIGHT * price).sum())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scikit_learn_clips_at_the_epsilon_of_the_dtype(dtype):
    wrong = np.array([[0, 1], [1, 0]], dtype)
    close(log_loss([0, 1], wrong), -np.log(np.finfo(dtype).eps), rtol=1e-6)


def test_scikit_learn_refuses_soft_targets():
    with pytest.raises(ValueError, match="label"):
        log_loss([[0.6, 0.4], [0.5, 0.5]], [[0.6, 0.4], [0.5, 0.5]])


# ---------------------------------------------------------------- PyTorch


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_nll_loss(torch, reduction):
    labels = np.where(np.arange(N) == 2, -100, LABELS)
    counts = labels >= 0
    rows = -CLASS_WEIGHT[LABELS] * SCORES[AT_LABEL] * counts
    divisor = (counts * CLASS_WEIGHT[LABELS]).sum()
    formula = {"none": rows, "sum": rows.sum(), "mean": rows.sum() / divisor}[reduction]
    scores, y, weight = map(torch.tensor, (SCORES, labels, CLASS_WEIGHT))
    close(torch.nn.functional.nll_loss(scores, y, weight, reduction=reduction), formula)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # it warns of that trap itself
@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "batchmean"])
def test_kl_div(torch, reduction):
    cells = special.xlogy(P, P) - P * SCORES
    formula = {
        "none": cells,
        "sum": cells.sum(),
        "mean": cells.sum() / (N * K),
        "batchmean": cells.sum() / N,
    }[reduction]
    scores, p = torch.tensor(SCORES), torch.tensor(P)
    close(torch.nn.functional.kl_div(scores, p, reduction=reduction), formula)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_binary_cross_entropy_with_logits(torch, reduction):
    target, weight = RNG.uniform(size=(N, K)), RNG.uniform(0.1, 2, (N, K))
    cells = -weight * (
        CLASS_WEIGHT * target * special.log_expit(Z) + (1 - target) * special.log_expit(-Z)
    )
    formula = {"none": cells, "sum": cells.sum(), "mean": cells.mean()}[reduction]
    found = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(Z),
        torch.tensor(target),
        weight=torch.tensor(weight),
        pos_weight=torch.tensor(CLASS_WEIGHT),
        reduction=reduction,
    )
    close(found, formula)


# ---------------------------------------------------------------- optax and JAX


@pytest.fixture(scope="module")
def optax():
    """Optax, which brings JAX; in float32 as both start."""
    return pytest.importorskip("optax", reason="pip install -r requirements-peers.txt")


def test_optax_soft_targets(optax):
    close(optax.softmax_cross_entropy(Z, P), -(P * LOG_Q).sum(axis=1), rtol=1e-5)
    masked, first = np.array([[1.0, 0.0, -np.inf]]), np.array([[1.0, 0.0, 0.0]])
    assert np.isnan(optax.softmax_cross_entropy(masked, first)).all()
    close(optax.safe_softmax_cross_entropy(masked, first), [np.log1p(np.exp(-1))], rtol=1e-5)


def test_optax_labels_wrap(optax):
    """From −1 to −K they count from the end; all others out of range are NaN."""
    labels = np.array([1, -1, -K, K, -K - 1])
    found = np.asarray(optax.softmax_cross_entropy_with_integer_labels(Z[[0] * 5], labels))
    close(found[:3], -LOG_Q[0, [1, K - 1, 0]], rtol=1e-5)
    assert np.isnan(found[3:]).all()


def test_optax_smoothing_and_sigmoid(optax):
    close(optax.smooth_labels(P.astype(np.float32), 0.2), 0.8 * P + 0.2 / K, rtol=1e-5)
    formula = -P * special.log_expit(Z) - (1 - P) * special.log_expit(-Z)
    scores = Z.astype(np.float32)
    close(optax.sigmoid_binary_cross_entropy(scores, P.astype(np.float32)), formula, rtol=1e-5)


def test_jax_building_blocks(optax):
    jax = pytest.importorskip("jax")
    close(jax.nn.log_softmax(Z), LOG_Q, rtol=1e-5)
    close(jax.nn.logsumexp(Z, axis=-1), special.logsumexp(Z, axis=1), rtol=1e-5)
