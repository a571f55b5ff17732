"""Networks: their gradients and values against other routes, and what they refuse."""

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from tqdm import tqdm

import crossent
from crossent.models import Network, mean_loss
from crossent.training import fit, train


@pytest.fixture
def iris():
    """Standardised features and labels."""
    x, y = load_iris(return_X_y=True)
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def slow_loss(network, x, targets, ridge, weights):
    """The mean loss from its definition, a sample at a time."""
    total = 0.0
    for row, target, weight in zip(x, targets, weights, strict=True):
        h = row
        for w, b in network.layers[:-1]:
            h = np.maximum(0, w @ h + b)
        z = network.layers[-1][0] @ h + network.layers[-1][1]
        total += weight * np.sum(target * (logsumexp(z) - z))
    penalty = sum(np.sum(w**2) for w, _ in network.layers)
    return total / np.sum(weights) + ridge / 2 * penalty


@pytest.mark.parametrize("sizes", [[4, 3], [4, 7, 3], [4, 6, 5, 3], [4, 1], [4, 2, 1]])
@pytest.mark.parametrize("soft", [False, True])
def test_loss_and_gradient_against_the_definition(sizes, soft):
    rng = np.random.default_rng(3)
    network = Network(sizes, rng)
    network.parameters[:] = rng.standard_normal(len(network.parameters))
    x, weights = rng.standard_normal((9, 4)), rng.random(9)
    classes = sizes[-1]
    labels = rng.integers(0, classes, 9)
    targets = rng.dirichlet(np.ones(classes), 9) if soft else labels
    rows = targets if soft else crossent.one_hot(labels, classes)
    loss, gradient = network.loss_and_gradient(x, targets, ridge=0.3, weights=weights)
    np.testing.assert_allclose(loss, slow_loss(network, x, rows, 0.3, weights), rtol=1e-13)
    numeric = np.empty_like(gradient)
    for i, value in enumerate(network.parameters.copy()):
        ends = []
        for sign in (1, -1):
            network.parameters[i] = value + sign * 1e-6
            ends.append(slow_loss(network, x, rows, 0.3, weights))
        network.parameters[i] = value
        numeric[i] = (ends[0] - ends[1]) / 2e-6
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)


def test_initial_weights_have_variance_two_over_fan_in():
    network = Network([50, 400, 300, 10], np.random.default_rng(2))
    for weight, bias in network.layers:
        np.testing.assert_allclose(weight.var(), 2 / weight.shape[1], rtol=0.1)
        assert not bias.any()
    assert not Network([50, 10]).parameters.any()
    assert not Network([50, 10], np.random.default_rng(2)).parameters.any()


def test_there_is_no_penalty_unless_asked_for(iris):
    x, y = iris
    network = Network([4, 3])
    network.parameters[:] = np.random.default_rng(0).normal(size=15)
    loss, _ = network.loss_and_gradient(x, y)
    np.testing.assert_allclose(loss, network.losses(x, y).mean(), rtol=1e-13)


def test_features_beyond_the_networks_floats_are_infinite():
    """Silently, also where the caller traps every floating-point error; 0 · ∞ is NaN."""
    network = Network([1, 2], dtype=np.float32)
    with np.errstate(all="raise"):
        assert np.isnan(network.logits([[1e300]])).all()


def test_integer_weights_are_copies(iris):
    """A weight of 3 is the sample three times."""
    x, y = iris
    rng = np.random.default_rng(0)
    network = Network([4, 5, 3], rng)
    copies = rng.integers(0, 4, len(y))
    weighted = network.loss_and_gradient(x, y, weights=copies)
    copied = network.loss_and_gradient(np.repeat(x, copies, axis=0), np.repeat(y, copies))
    np.testing.assert_allclose(weighted[0], copied[0], rtol=1e-13)
    np.testing.assert_allclose(weighted[1], copied[1], atol=1e-15)


def test_weights_are_read_as_float64_and_only_their_ratios_count(iris):
    """Neither the type of the weights nor a total below 1 moves a digit."""
    x, y = iris
    network = Network([4, 5, 3], np.random.default_rng(0))
    single = np.random.default_rng(1).random(len(y)).astype(np.float32) / 1000
    assert single.sum() < 1
    exact = network.loss_and_gradient(x, y, weights=single.astype(np.float64))
    loss, gradient = network.loss_and_gradient(x, y, weights=single)
    assert loss == exact[0]
    np.testing.assert_array_equal(gradient, exact[1])


@pytest.mark.parametrize("ridge", [1e-3, 1e-1])
def test_fit_agrees_with_scikit_learn(iris, ridge):
    """Minimising mean loss + ridge/2 ‖W‖² is scikit-learn's problem with C = 1/(N ridge)."""
    x, y = iris
    network = Network([4, 3])
    loss = fit(network, x, y, ridge=ridge)
    peer = LogisticRegression(C=1 / (len(y) * ridge), tol=1e-10, max_iter=10_000).fit(x, y)
    np.testing.assert_allclose(network.probabilities(x), peer.predict_proba(x), atol=1e-6)
    weights = peer.coef_
    theirs = crossent.nll(y, peer.predict_proba(x)).mean() + ridge / 2 * np.sum(weights**2)
    np.testing.assert_allclose(loss, theirs, rtol=1e-10)
    assert abs(network.loss_and_gradient(x, y, ridge=ridge)[1]).max() < 1e-7


def test_fit_of_weighted_samples_is_the_fit_of_copies(iris):
    """Without a ridge too, where the classes overlap."""
    x, y = iris
    x, y = x[50:, :2], y[50:] - 1
    copies = np.random.default_rng(0).integers(1, 4, len(y))
    weighted, repeated, plain = (Network([2, 2]) for _ in range(3))
    fit(weighted, x, y, weights=copies)
    fit(repeated, np.repeat(x, copies, axis=0), np.repeat(y, copies))
    fit(plain, x, y)
    np.testing.assert_allclose(weighted.probabilities(x), repeated.probabilities(x), atol=1e-6)
    assert abs(weighted.probabilities(x) - plain.probabilities(x)).max() > 0.01
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, y)
    np.testing.assert_allclose(plain.probabilities(x), peer.predict_proba(x), atol=1e-5)


def test_a_network_with_scikit_learns_weights_has_its_probabilities():
    x, y = load_digits(return_X_y=True)
    peer = MLPClassifier([20], max_iter=20, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        peer.fit(x, y)
    network = Network([64, 20, 10], np.random.default_rng(0))
    for (weight, bias), w, b in zip(network.layers, peer.coefs_, peer.intercepts_, strict=True):
        weight[...], bias[...] = w.T, b
    np.testing.assert_allclose(network.probabilities(x), peer.predict_proba(x), atol=1e-12)


def test_fit_says_that_there_is_no_minimum():
    """Two separable samples and no ridge: the loss has an infimum of 0 and no minimum."""
    network = Network([1, 2])
    with pytest.raises(RuntimeError, match="no minimum after 3 steps"):
        fit(network, [[-1.0], [1.0]], [0, 1], max_steps=3)
    assert abs(network.parameters).max() > 0


def test_train_learns_and_repeats(iris):
    x, y = iris
    runs = []
    for _ in range(2):
        rng = np.random.default_rng(5)
        network = Network([4, 8, 3], rng)
        history = train(network, x, y, rng=rng, num_epochs=30, step_size=0.01)
        runs.append((network.parameters.copy(), history))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert history.train[-1] < 0.15 < history.train[0]
    assert history.validation == []
    np.testing.assert_allclose(mean_loss(network, x, y), network.losses(x, y).mean(), rtol=1e-12)


def test_adam_takes_the_steps_of_its_paper():
    """Algorithm 1 of Kingma and Ba, written out for two steps of full batches."""
    x, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0, 1])
    network, twin = Network([2, 2]), Network([2, 2])
    rng = np.random.default_rng(0)
    train(network, x, y, rng=rng, num_epochs=2, batch_size=2, step_size=0.1, ridge=0.2)
    m = v = 0.0
    for t in (1, 2):
        g = twin.loss_and_gradient(x, y, ridge=0.2)[1]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        twin.parameters -= 0.1 * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(network.parameters, twin.parameters, rtol=1e-9)


def test_train_reports_the_mean_over_the_minibatches(iris):
    """With steps of 0, and so the same parameters throughout, it is the loss of all samples."""
    x, y = iris
    network = Network([4, 5, 3], np.random.default_rng(0))
    before = network.parameters.copy()
    rng = np.random.default_rng(0)
    history = train(network, x, y, rng=rng, num_epochs=2, batch_size=40, step_size=0.0, ridge=0.3)
    np.testing.assert_array_equal(network.parameters, before)
    expected = network.loss_and_gradient(x, y, ridge=0.3)[0]
    np.testing.assert_allclose(history.train, [expected] * 2, rtol=1e-13)


def test_batches_have_32_samples_unless_told_otherwise(iris):
    x, y = iris
    seen = []
    train(
        Network([4, 3]),
        x[:70],
        y[:70],
        rng=np.random.default_rng(0),
        num_epochs=1,
        prepare=lambda samples: seen.append(len(samples)) or samples,
    )
    assert seen == [32, 32, 6]


@pytest.mark.parametrize(
    ("options", "disable"), [({}, True), ({"progress": True}, None), ({"progress": False}, True)]
)
def test_the_progress_bar_counts_minibatches(iris, monkeypatch, options, disable):
    """It is made for all of them, and reaches its end; only `progress` shows it, on a terminal."""
    made = []

    class Bar(tqdm):
        def __init__(self, total, disable):
            made.append(self)
            self.given, self.steps = (total, disable), 0

        def update(self):
            self.steps += 1

        def set_postfix_str(self, text):
            assert text.endswith(" nats")

        def close(self):
            pass

    monkeypatch.setattr("crossent.training.tqdm", Bar)
    x, y = iris
    rng = np.random.default_rng(0)
    train(Network([4, 3]), x, y, rng=rng, num_epochs=3, batch_size=40, **options)
    assert [(bar.given, bar.steps) for bar in made] == [((12, disable), 12)]


def test_mean_loss_of_narrow_floats_is_a_sum_in_float64(iris):
    x, y = iris
    network = Network([4, 3], dtype=np.float32)
    network.parameters[:] = np.random.default_rng(0).normal(size=15)
    losses = network.losses(x, y)
    assert losses.dtype == np.float32
    np.testing.assert_allclose(mean_loss(network, x, y), losses.astype(float).mean(), rtol=1e-14)


def test_losses_of_more_samples_than_are_looked_at_together(iris, monkeypatch):
    x, y = iris
    network = Network([4, 3])
    network.parameters[:] = np.random.default_rng(0).normal(size=15)
    whole = network.losses(x, y)
    monkeypatch.setattr("crossent.models.ROWS_AT_A_TIME", 64)
    np.testing.assert_array_equal(network.losses(x, y), whole)
    np.testing.assert_allclose(mean_loss(network, x, y), whole.mean(), rtol=1e-14)


def test_steps_are_of_a_thousandth_unless_told_otherwise(iris):
    x, y = iris
    networks = Network([4, 3]), Network([4, 3])
    for network, options in zip(networks, ({}, {"step_size": 1e-3}), strict=True):
        train(network, x, y, rng=np.random.default_rng(0), num_epochs=2, **options)
    np.testing.assert_array_equal(networks[0].parameters, networks[1].parameters)


def test_train_keeps_the_parameters_of_the_best_epoch(iris):
    x, y = iris
    rng = np.random.default_rng(1)
    network = Network([4, 30, 3], rng)
    history = train(
        network, x[::5], y[::5], rng=rng, num_epochs=60, step_size=0.05, validation=(x, y)
    )
    best = np.argmin(history.validation)
    assert best < 59  # it overfits, or nothing is tested
    np.testing.assert_allclose(mean_loss(network, x, y), history.validation[best], rtol=1e-12)


def test_train_prepares_a_minibatch_at_a_time():
    """Images in bytes become features a few at a time, also for validation."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (50, 2, 2, 3), dtype=np.uint8), rng.integers(0, 3, 50)
    seen = []

    def prepare(stored):
        seen.append(stored.shape)
        return stored.reshape(len(stored), -1) / 255

    network = Network([12, 3], dtype=np.float32)
    train(
        network,
        images,
        labels,
        rng=rng,
        num_epochs=1,
        batch_size=20,
        validation=(images[:7], labels[:7]),
        prepare=prepare,
    )
    assert [shape[0] for shape in seen] == [20, 20, 10, 7]
    assert network.parameters.dtype == np.float32


def test_a_single_number_is_a_sample_and_may_be_less_than_a_batch():
    """Stored in one axis; the logits of a network without hidden layers begin equal."""
    history = train(
        Network([1, 2]),
        [3.0],
        [1],
        rng=np.random.default_rng(0),
        num_epochs=1,
        batch_size=2**63 - 1,
        prepare=lambda stored: stored[:, np.newaxis],
    )
    assert history.train == pytest.approx([np.log(2)])


def test_a_step_too_large_is_an_error():
    network = Network([1, 2])
    with pytest.raises(FloatingPointError, match="epoch 2; try a step size below 1e\\+308"):
        with np.errstate(over="ignore", invalid="ignore"):
            train(
                network,
                [[1e10], [-1e10]],
                [0, 1],
                rng=np.random.default_rng(0),
                num_epochs=3,
                step_size=1e308,
            )


def test_no_input_is_changed(iris):
    x, y = (array.copy() for array in iris)
    weights = np.ones(len(y))
    for array in (x, y, weights):
        array.flags.writeable = False
    network = Network([4, 3, 3], np.random.default_rng(0))
    network.loss_and_gradient(x, y, ridge=0.1, weights=weights)
    train(network, x, y, rng=np.random.default_rng(0), num_epochs=1)


X, Y = np.zeros((3, 2)), np.array([0, 1, 1])
REFUSED = {
    "one size": (ValueError, "features and classes", lambda n: Network([3])),
    "a size of 0": (
        ValueError,
        "^a layer's size must be at least 1; got 0",
        lambda n: Network([3, 0]),
    ),
    "a size of 2.5": (TypeError, "must be an integer; got 2.5", lambda n: Network([2.5, 2])),
    "a size of True": (TypeError, "must be an integer; got True", lambda n: Network([True, 2])),
    "a size of numpy's True": (
        TypeError,
        "a layer's size must be an integer; got True",
        lambda n: Network([np.True_, 2]),
    ),
    "no rng": (
        TypeError,
        "^a network with hidden layers needs rng, to draw its initial weights$",
        lambda n: Network([2, 3, 2]),
    ),
    "a seed": (
        TypeError,
        r"^rng must be a numpy\.random\.Generator; got 0$",
        lambda n: Network([2, 3, 2], 0),
    ),
    "float16": (ValueError, "float64 or float32", lambda n: Network([2, 2], dtype=np.float16)),
    "other features": (
        ValueError,
        r"\(samples, 2\).*\(3, 5\)",
        lambda n: n.logits(np.ones((3, 5))),
    ),
    "one sample flat": (ValueError, r"got shape \(2,\)", lambda n: n.logits([1.0, 2.0])),
    "no samples": (ValueError, "at least one sample", lambda n: n.logits(np.ones((0, 2)))),
    "text": (TypeError, "^x must hold", lambda n: n.logits([["a", "b"]])),
    "no samples to train on": (
        ValueError,
        r"^x must have at least one sample; got shape \(0, 2\)$",
        lambda n: train(n, X[:0], Y[:0], rng=np.random.default_rng(0), num_epochs=1),
    ),
    "a scalar to train on": (
        ValueError,
        r"^x must have at least one sample; got shape \(\)$",
        lambda n: train(n, 1.0, Y, rng=np.random.default_rng(0), num_epochs=1),
    ),
    "uneven rows to train on": (
        ValueError,
        "^x must be a rectangular array; got uneven rows$",
        lambda n: train(n, [[1.0, 2.0], [3.0]], Y, rng=np.random.default_rng(0), num_epochs=1),
    ),
    "the mean of no samples": (
        ValueError,
        "^x must have at least one sample; got none$",
        lambda n: mean_loss(n, X[:0], Y[:0]),
    ),
    "too few labels": (ValueError, "each of the 3 samples", lambda n: n.losses(X, [0, 1])),
    "a label of 2": (ValueError, r"0\.\.1", lambda n: n.losses(X, [0, 1, 2])),
    "negative weight": (
        ValueError,
        "at least 0",
        lambda n: n.loss_and_gradient(X, Y, weights=[1, 1, -1]),
    ),
    "weights all 0": (
        ValueError,
        "not all 0",
        lambda n: n.loss_and_gradient(X, Y, weights=[0, 0, 0]),
    ),
    "infinite weight": (
        ValueError,
        "^weights must be finite, at least 0 and not all 0$",
        lambda n: n.loss_and_gradient(X, Y, weights=[1, 1, np.inf]),
    ),
    "NaN weight": (
        ValueError,
        "at least 0",
        lambda n: n.loss_and_gradient(X, Y, weights=[1, 1, np.nan]),
    ),
    "weights of text": (
        TypeError,
        "^weights must hold float16, float32, float64 or integers; got dtype <U1 in shape",
        lambda n: n.loss_and_gradient(X, Y, weights=["1", "1", "1"]),
    ),
    "too few weights": (
        ValueError,
        r"got shape \(2,\)",
        lambda n: n.loss_and_gradient(X, Y, weights=[1, 1]),
    ),
    "negative ridge": (ValueError, "^ridge must", lambda n: n.loss_and_gradient(X, Y, ridge=-1)),
    "infinite ridge": (ValueError, "ridge", lambda n: n.loss_and_gradient(X, Y, ridge=np.inf)),
    "ridge of text": (TypeError, "ridge", lambda n: n.loss_and_gradient(X, Y, ridge="1")),
    "negative steps": (
        ValueError,
        "^step_size must be finite",
        lambda n: train(n, X, Y, rng=np.random.default_rng(0), num_epochs=1, step_size=-1.0),
    ),
    "no epochs": (
        ValueError,
        "num_epochs must be at least 1",
        lambda n: train(n, X, Y, rng=np.random.default_rng(0), num_epochs=0),
    ),
    "no steps": (
        ValueError,
        "^max_steps must be at least 1; got 0$",
        lambda n: fit(n, X, Y, max_steps=0),
    ),
    "batches beyond int64": (
        ValueError,
        "^batch_size must fit in int64; got a number of 64 bits$",
        lambda n: train(n, X, Y, rng=np.random.default_rng(0), num_epochs=1, batch_size=2**63),
    ),
    "batches of 0": (
        ValueError,
        "batch_size must be at least 1",
        lambda n: train(n, X, Y, rng=np.random.default_rng(0), num_epochs=1, batch_size=0),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    error, words, call = REFUSED[case]
    with pytest.raises(error, match=words):
        call(Network([2, 2]))


def test_nan_is_not_a_minimum():
    """A NaN among the features is no reason to report success."""
    with pytest.raises((RuntimeError, FloatingPointError)):
        fit(Network([2, 2]), [[np.nan, 0.0], [0.0, 1.0]], [0, 1])
