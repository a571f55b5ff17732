"""The losses of Keras 3.15.1 on PyTorch: live, recorded, and by hand.

Live and recorded, dtype, shape, NaN and infinities have to be Keras's, and finite numbers within a
few roundings of its numbers, each of the size of the largest logit or loss.
"""

import inspect
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from crossent.frameworks import keras_categorical_crossentropy as cce
from crossent.frameworks import keras_sparse_categorical_crossentropy as scce

INF, NAN = np.inf, np.nan
LIVE = 800
ROUNDINGS = 4.0
"""Which Keras's numbers and ours may be apart, but for what summation adds."""
EPS = float(np.finfo(np.float32).eps)

LN2 = math.log(2)
P = (
    np.array([[2.0, 1.0, 1.0], [1.0, 1.0, 2.0]]) / 4
)  # −log p = (1, 2, 2) and (2, 2, 1) times log 2
X = np.log(P)
Y = np.array([0, 1])
HOT = np.eye(3)[Y]
BOTH = pytest.mark.parametrize(("loss", "y"), [(cce, HOT), (scce, Y)], ids=["CCE", "SCCE"])


def near(value):
    return pytest.approx(value, rel=4e-7, abs=1e-9, nan_ok=True)


def roundings_apart(y_pred, arguments, theirs, result):
    """The distance of results, in roundings; after asserting that they are of one kind."""
    assert (theirs.dtype, theirs.shape) == (result.dtype, result.shape)
    assert np.array_equal(np.isnan(theirs), np.isnan(result))
    assert np.array_equal(theirs[np.isinf(theirs)], result[np.isinf(result)])
    finite = np.isfinite(theirs)
    if not finite.any():
        return 0.0
    theirs, result = theirs[finite].astype(float), result[finite].astype(float)
    size = 1.0 + np.abs(theirs).max()
    if arguments["from_logits"]:
        size += float(np.abs(y_pred).max(initial=0.0))
    if arguments.get("sample_weight") is not None:
        size *= max(1.0, float(np.max(arguments["sample_weight"], initial=0.0)))
    return float(np.abs(theirs - result).max() / (EPS * size))


class TestLive:
    @pytest.mark.parametrize("sparse", [False, True], ids=["CCE", "SCCE"])
    def test_parity(self, keras, configurations, record, sparse):
        """The loss, for random configurations of all arguments."""
        worst, numbers, kinds = 0.0, 0, set()
        for seed in range(LIVE):
            y_true, y_pred, arguments = configurations.keras(seed, sparse)
            theirs = record.keras_result(y_true, y_pred, arguments, sparse=sparse)
            result = np.asarray((scce if sparse else cce)(y_true, y_pred, **arguments))
            apart = roundings_apart(y_pred, arguments, theirs, result)
            assert apart <= ROUNDINGS, (seed, y_true, y_pred, arguments, theirs, result)
            worst, numbers = max(worst, apart), numbers + result.size
            kinds.add(y_pred.dtype.name)
        assert kinds == {"float32", "float64"}
        print(
            f"Keras {keras.__version__}, {'sparse' if sparse else 'categorical'}: {LIVE} "
            f"configurations, {numbers} numbers; worst difference {worst:.2f} roundings"
        )

    @pytest.mark.parametrize("sparse", [False, True], ids=["CCE", "SCCE"])
    def test_gradient(self, keras, torch, configurations, sparse):
        """Our loss changes as Keras's gradient says."""
        kind = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
        function = scce if sparse else cce
        tried = 0
        for seed in range(LIVE):
            y_true, y_pred, arguments = configurations.keras(seed, sparse)
            arguments |= {"reduction": "sum"}
            smoothed = arguments.get("label_smoothing") and "axis" in arguments
            moderate = y_pred.size and np.abs(y_pred).max() < 8
            clipped = not arguments["from_logits"] and y_pred.min(initial=1.0) < 0.05
            if smoothed or clipped or not moderate or y_pred.shape[-1] == 1:
                continue
            settings = {k: v for k, v in arguments.items() if k != "sample_weight"}
            weight = arguments.get("sample_weight")
            tensor = torch.tensor(y_pred.astype(np.float32), requires_grad=True)
            loss = getattr(keras.losses, kind)(**settings)
            loss(torch.tensor(y_true), tensor, sample_weight=weight).backward()
            step = np.random.default_rng(seed).choice([-(2.0**-10), 2.0**-10], y_pred.shape)
            step = step if arguments["from_logits"] else step * y_pred
            after = float(function(y_true, y_pred + step, **arguments))
            before = float(function(y_true, y_pred - step, **arguments))
            expected = float((tensor.grad.numpy() * step).sum())
            size = 1.0 + abs(after)
            assert abs((after - before) / 2 - expected) <= (8 * EPS + 2.0**-20) * size, seed
            tried += 1
        assert tried >= 50
        print(f"Keras's gradient, {'sparse' if sparse else 'categorical'}: {tried} directions")

    def test_errors(self, keras, configurations, record, subtests):
        for case, (targets, y_pred, arguments) in configurations.KERAS_ERRORS.items():
            for sparse, y_true in enumerate(targets):
                if y_true is not None:
                    with subtests.test(case), pytest.raises(Exception):  # noqa: B017, of any kind
                        record.keras_result(y_true, y_pred, arguments, sparse=sparse)

    @pytest.mark.parametrize("sparse", [False, True])
    def test_signature(self, keras, sparse):
        """Names and defaults of the arguments; their order is ours."""
        kind = keras.losses.CategoricalCrossentropy
        kind = keras.losses.SparseCategoricalCrossentropy if sparse else kind
        theirs = {p.name: p.default for p in inspect.signature(kind).parameters.values()}
        here = {
            p.name: p.default
            for p in inspect.signature(scce if sparse else cce).parameters.values()
        }
        del theirs["name"], theirs["dtype"], here["y_true"], here["y_pred"]
        assert here == theirs | {"sample_weight": None}

    def test_dead_zone(self, keras, torch):
        """Keras's gradient is exactly zero where the clip acts."""
        for p, zero in (([1.0, 1e-8, 0.0], True), ([1.0, 1e-6, 0.0], False)):
            p = torch.tensor([p], requires_grad=True)
            keras.losses.SparseCategoricalCrossentropy()(torch.tensor([1]), p).backward()
            assert bool((p.grad == 0).all()) is zero

    def test_bug_smoothing_along_axis_1(self, keras):
        """Keras's K is the length of the last axis; here it is that of the class axis."""
        y_true, y_pred = HOT.T[np.newaxis], P.T[np.newaxis]  # K = 3 on axis 1, 2 columns
        arguments = {"axis": 1, "label_smoothing": 0.3, "reduction": "sum"}
        theirs = float(keras.losses.CategoricalCrossentropy(**arguments)(y_true, y_pred))
        assert theirs == near((0.7 * 3 + 0.3 / 2 * 10) * LN2)
        assert cce(y_true, y_pred, **arguments) == near((0.7 * 3 + 0.3 / 3 * 10) * LN2)

    def test_bug_weights_are_overwritten(self, keras, torch):
        """With ignore_class Keras on PyTorch changes the caller's tensor; here nothing changes."""
        weight = torch.tensor([1.0, 2.0])
        loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=0)
        loss(torch.tensor(Y), torch.tensor(P), sample_weight=weight)
        assert weight.tolist() == [0.0, 4.0]
        weight = np.array([1.0, 2.0], np.float32)
        scce(Y, P, ignore_class=0, sample_weight=weight)
        assert weight.tolist() == [1.0, 2.0]

    def test_bug_weights_beside_ignore_class(self, keras):
        """They broadcast here, and raise in Keras."""
        loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=0)
        with pytest.raises(RuntimeError, match="broadcast"):
            loss(Y, P, sample_weight=2.0)
        assert scce(Y, P, ignore_class=0, sample_weight=2.0) == near(4 * LN2)

    def test_bug_label_minus_100(self, keras):
        """Keras on PyTorch ignores it, since PyTorch does."""
        loss = keras.losses.SparseCategoricalCrossentropy(reduction=None)
        assert loss(np.array([-100, 1]), P).tolist() == [0.0, near(2 * LN2)]
        with pytest.raises(IndexError):
            scce([-100, 1], P)

    def test_bug_configuration_without_axis(self, keras):
        """A sparse loss that is saved and loaded takes the last axis."""
        loss = keras.losses.SparseCategoricalCrossentropy(axis=1)
        assert "axis" not in loss.get_config()
        assert "axis" in keras.losses.CategoricalCrossentropy(axis=1).get_config()

    def test_no_class(self, keras):
        """Keras returns 0; here it is an error."""
        empty = np.zeros((2, 0))
        assert float(keras.losses.CategoricalCrossentropy()(empty, empty)) == 0.0
        with pytest.raises(ValueError, match="class"):
            cce(empty, empty)


OTHER_BACKEND = """
import json, sys
import numpy as np, keras
assert keras.backend.backend() == sys.argv[1]
P = np.array([[2.0, 1.0, 1.0], [1.0, 1.0, 2.0]]) / 4
def rows(y, p, **arguments):
    try:
        loss = keras.losses.SparseCategoricalCrossentropy(reduction=None, **arguments)
        values = keras.ops.convert_to_numpy(loss(np.array(y), np.array(p))).ravel()
        return [str(abs(round(float(v), 4))) for v in values]
    except Exception as error:
        return type(error).__name__
print(json.dumps({
    "-1": rows([0, -1], P), "K": rows([0, 3], P), "1.7": rows([0, 1.7], P),
    "-inf": rows([0], [[0.0, 0.0, -np.inf]], from_logits=True),
    "axis": rows([[0, 1]], P.T[np.newaxis], axis=1),
    "plain": rows([0, 1], P),
}))
"""


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("torch", {"-1": "IndexError", "K": "IndexError", "-inf": ["0.6931"]}),
        ("jax", {"-1": ["0.6931", "0.0"], "K": ["0.6931", "0.0"], "-inf": ["nan"]}),
        ("numpy", {"-1": ["0.6931", "0.0"], "K": "IndexError", "-inf": ["nan"]}),
    ],
)
def test_backends_differ_as_documented(keras, backend, expected):
    """What the docstring says of bad labels, −inf and the axis."""
    if backend == "jax":
        pytest.importorskip("jax", reason="jax is not installed")
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OTHER_BACKEND, backend],
        env=dict(os.environ, KERAS_BACKEND=backend),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(run.stdout)
    assert found.pop("plain") == found.pop("1.7") == ["0.6931", "1.3863"]
    axis = found.pop("axis")
    assert axis == (["0.6931", "1.3863"] if backend == "torch" else "ValueError")
    assert found == expected


class TestRecorded:
    def test_parity(self, configurations, record):
        """Losses recorded from Keras."""
        recorded = json.loads((record.RECORDED / "keras.json").read_text(encoding="utf-8"))
        assert recorded["versions"]["keras"] == "3.15.1"
        assert len(recorded["calls"]) == record.NUMBER["keras"]
        worst = 0.0
        for seed, (checksum, entry) in recorded["calls"].items():
            sparse = int(seed) % 2
            y_true, y_pred, arguments = configurations.keras(int(seed), sparse)
            assert configurations.checksum(y_true, y_pred, arguments) == checksum, seed
            result = np.asarray((scce if sparse else cce)(y_true, y_pred, **arguments))
            apart = roundings_apart(y_pred, arguments, record.unpacked(entry), result)
            assert apart <= ROUNDINGS, (seed, y_true, y_pred, arguments, entry, result)
            worst = max(worst, apart)
        print(f"recorded Keras: {len(recorded['calls'])} calls, worst {worst:.2f} roundings")

    def test_configurations_cover_the_arguments(self, configurations):
        """Every argument, reduction and kind of weights is among those tried."""
        seen = set()
        for seed in range(LIVE):
            for sparse in (False, True):
                y_true, y_pred, arguments = configurations.keras(seed, sparse)
                seen |= {(sparse, name) for name in arguments}
                seen |= {arguments["reduction"], f"{y_pred.ndim} axes"}
                seen |= {"empty"} if y_pred.size == 0 else set()
                weight = arguments.get("sample_weight")
                rows = y_pred.ndim - 1
                seen |= set() if weight is None else {f"weights {np.ndim(weight) - rows:+}"}
                ignored = arguments.get("ignore_class")
                seen |= {"all ignored"} if y_true.size and np.all(y_true == ignored) else set()
        names = "from_logits", "axis", "reduction", "sample_weight"
        assert seen >= {
            *((sparse, name) for sparse in (False, True) for name in names),
            *((False, "label_smoothing"), (True, "ignore_class")),
            *("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None),
            *(f"{n} axes" for n in range(1, 6)),
            *("weights +1", "weights +0", "weights -1", "empty", "all ignored"),
        }


def test_errors(configurations, subtests):
    """Whatever Keras on PyTorch refuses is refused, with a message."""
    for case, (targets, y_pred, arguments) in configurations.KERAS_ERRORS.items():
        for function, y_true in zip((cce, scce), targets, strict=True):
            if y_true is not None:
                with (
                    subtests.test(case),
                    pytest.raises((ValueError, TypeError, IndexError)) as caught,
                ):
                    function(y_true, y_pred, **arguments)
                assert str(caught.value)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: cce(HOT[:1], P), ValueError, r"\(1, 3\) and \(2, 3\)"),
        (lambda: scce(Y[:1], P), ValueError, r"class axis, \(2,\), .*got \(1,\)"),
        (
            lambda: scce(np.zeros((5, 5)), np.ones((2, 3, 4))),
            ValueError,
            r"class axis, \(2, 3\), .*got \(5, 5\)",
        ),
        (lambda: cce(HOT[:, :0], P[:, :0]), ValueError, r"^y_pred must .* one class; .*\(2, 0\)"),
        (lambda: scce([0, 3], P), IndexError, r"0\.\.2; got 3 .*\(2,\)"),
        (lambda: cce(HOT, P, sample_weight=np.ones(3)), ValueError, r"\(3,\) and \(2,\)"),
        (lambda: cce(HOT, P, axis=2), ValueError, r"\(2, 3\); got 2"),
        (lambda: cce(HOT, P, axis=1.0), TypeError, "^axis must be an integer; got 1.0$"),
        (lambda: cce(HOT, P, axis=np.True_), TypeError, "^axis must be an integer; got True$"),
        (lambda: cce(HOT, P.astype(complex)), TypeError, "^y_pred must .* complex"),
        (lambda: scce(Y, P.astype(complex)), TypeError, "^y_pred must .* complex"),
        (lambda: cce(HOT.astype(complex), P), TypeError, "^y_true must .* complex"),
        (lambda: scce(Y.astype(complex), P), TypeError, "^y_true must .* complex"),
        (lambda: cce(HOT, P, sample_weight=["1", "2"]), TypeError, "^sample_weight must hold"),
        (lambda: cce(HOT, P, reduction="batchmean"), ValueError, "batchmean"),
        (
            lambda: cce([[1.0, 2.0], [3.0]], P),
            ValueError,
            "^y_true must be a rectangular array; got uneven rows$",
        ),
        (
            lambda: cce(HOT, P, label_smoothing="0.1"),
            TypeError,
            "^label_smoothing must be a real number; got '0.1'$",
        ),
        (
            lambda: scce(Y, P, ignore_class="0"),
            TypeError,
            "^ignore_class must be a real number; got '0'$",
        ),
    ],
)
def test_error_messages_name_shapes(call, error, words):
    with pytest.raises(error, match=words):
        call()


class TestRows:
    """One test per row of FRAMEWORKS.md, named after it, by hand."""

    def test_cce_arguments(self):
        parameters = inspect.signature(cce).parameters.values()
        assert [(p.name, p.default) for p in parameters][2:6] == [
            ("from_logits", False),
            ("label_smoothing", 0.0),
            ("axis", -1),
            ("reduction", "sum_over_batch_size"),
        ]
        assert cce(HOT.T, P.T, axis=0) == near(1.5 * LN2)

    def test_scce_arguments(self):
        parameters = {p.name: p.default for p in inspect.signature(scce).parameters.values()}
        assert {
            "from_logits": False,
            "ignore_class": None,
            "axis": -1,
        }.items() <= parameters.items()
        assert parameters["reduction"] == "sum_over_batch_size"
        assert "label_smoothing" not in parameters
        assert scce(Y, P.T, axis=0) == near(1.5 * LN2)

    @pytest.mark.parametrize(
        ("p", "label", "loss"),
        [
            ([2.0, 1.0, 1.0], 0, LN2),
            ([20.0, 10.0, 10.0], 1, 2 * LN2),
            ([1.0, 0.0, 0.0], 1, 16.118095651),
            ([1.0, 0.0, 0.0], 0, 1.1920929665e-07),
            ([0.0, 0.0, 0.0], 0, NAN),
            ([1.5, -0.5, 0.0], 1, 16.118095651),
            ([1.5, -0.5, 0.0], 0, 1.1920929665e-07),
            ([-2.0, -1.0, -1.0], 0, LN2),
            ([NAN, 1.0, 1.0], 1, NAN),
            ([INF, 1.0, 1.0], 1, 16.118095651),
            ([3e38, 3e38, 1.0], 1, 16.118095651),
        ],
        ids=lambda v: str(v) if isinstance(v, list) else None,
    )
    def test_probability_path(self, p, label, loss):
        for value in (scce([label], [p]), scce([label], [p], reduction=None)[0]):
            assert value == pytest.approx(loss, rel=4e-7, abs=0, nan_ok=True)
        if loss == loss and INF not in p:
            soft = cce(np.eye(3)[[label]], [p])
            assert soft == pytest.approx(loss, rel=4e-7, abs=2.4e-7 if loss > 1 else 1e-13)

    def test_clip_dead_zone(self):
        # The loss, and so its gradient, knows nothing of how far below 1e-7 a probability is.
        logits = np.array([[g, 0.0] for g in (17.0, 20.0, 30.0)])
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert scce([1, 1, 1], p, reduction=None) == near([16.118095651] * 3)
        assert scce([1, 1, 1], logits, True, reduction=None) == near([17.0, 20.0, 30.0])
        assert len(set(scce([1, 1, 1], p, reduction=None))) == 1
        inside = np.array([[1.0, 2e-7], [1.0, 2.1e-7]])
        assert len(set(scce([1, 1], inside, reduction=None))) == 2

    @BOTH
    def test_logits_passed_as_probabilities(self, loss, y):
        logits = np.array([[2.0, -1.0, 0.0]])
        assert loss(y[:1], logits) == pytest.approx(1.1920929665e-07, rel=1e-6, abs=0)
        assert loss(y[:1], logits, from_logits=True) == near(0.1698460)

    @pytest.mark.parametrize(
        ("smoothing", "rows"),
        [
            (0.0, [1, 2]),
            (0.3, [1.2, 1.9]),
            (1.0, [5 / 3] * 2),
            (1.5, [2, 1.5]),
            (-1.0, [1 / 3, 7 / 3]),
        ],
    )
    def test_smoothing(self, smoothing, rows):
        loss = cce(HOT, P, label_smoothing=smoothing, reduction="none")
        assert loss == near(np.multiply(rows, LN2))
        loss = cce(HOT.T, P.T, label_smoothing=smoothing, axis=0, reduction="none")
        assert loss == near(np.multiply(rows, LN2))  # K = 3, not 2

    def test_smoothing_with_nan(self):
        assert np.isnan(cce(HOT, P, label_smoothing=NAN))

    @pytest.mark.parametrize(
        ("reduction", "plain", "weighted"),
        [
            ("sum_over_batch_size", 3 / 2, 7 / 2),
            ("mean", 3 / 2, 7 / 2),
            ("mean_with_sample_weight", 3 / 2, 7 / 4),
            ("sum", 3, 7),
            ("none", [1, 2], [1, 6]),
            (None, [1, 2], [1, 6]),
        ],
    )
    @BOTH
    def test_reductions(self, loss, y, reduction, plain, weighted):
        assert loss(y, P, reduction=reduction) == near(np.multiply(plain, LN2))
        value = loss(y, P, reduction=reduction, sample_weight=[1.0, 3.0])
        assert value == near(np.multiply(weighted, LN2))

    @pytest.mark.parametrize(
        ("reduction", "plain", "weighted", "nothing"),
        [
            ("sum_over_batch_size", 2, 6, 0),
            ("mean", 2, 6, 0),
            ("mean_with_sample_weight", 2, 2, 0),
            ("sum", 2, 6, 0),
            ("none", [0, 2], [0, 6], [0, 0]),
        ],
    )
    @pytest.mark.parametrize("ignored", [0, -1, 255])
    def test_ignore_class(self, ignored, reduction, plain, weighted, nothing):
        arguments = {"ignore_class": ignored, "reduction": reduction}
        y = np.array([ignored, 1])
        assert scce(y, P, **arguments) == near(np.multiply(plain, LN2))
        value = scce(y, P, **arguments, sample_weight=[1.0, 3.0])
        assert value == near(np.multiply(weighted, LN2))
        assert np.array_equal(scce([ignored] * 2, P, **arguments), nothing)

    def test_ignore_class_of_a_row_that_is_nan(self):
        assert scce(Y, [[NAN, 0, 0], P[1]], ignore_class=0) == near(2 * LN2)
        assert scce(Y, [[0, 0, 0], P[1]], ignore_class=0) == near(2 * LN2)

    @pytest.mark.parametrize("from_logits", [False, True])
    @pytest.mark.parametrize("label", [-1, 3, -100, 2**31, NAN, INF])
    def test_bad_labels_raise(self, label, from_logits):
        with pytest.raises(IndexError, match="labels"):
            scce([0, label], P, from_logits)

    @pytest.mark.parametrize(("label", "stands_for"), [(1.7, 1), (2.99, 2), (-0.9, 0)])
    def test_bad_labels_lose_their_fraction(self, label, stands_for):
        assert scce([label], P[:1]) == scce([stands_for], P[:1])

    def test_minus_infinity_on_a_non_target_class(self):
        x = np.array([[0.0, 0.0, -INF]])
        assert np.isnan(cce(HOT[:1], x, from_logits=True))
        assert scce(Y[:1], x, from_logits=True) == near(LN2)
        assert scce([2], x, from_logits=True) == INF

    @pytest.mark.parametrize("x", [[-INF] * 3, [INF, 0, 0], [0, INF, 0], [0, NAN, 0]])
    @BOTH
    def test_other_infinities(self, loss, y, x):
        assert np.isnan(loss(y[:1], np.array([x]), from_logits=True))

    @pytest.mark.parametrize(
        ("y_true", "y_pred"), [(HOT[:1], P), (HOT[:, :2], P), (HOT[0], P), (Y, P)]
    )
    def test_shapes_of_cce_must_match(self, y_true, y_pred):
        with pytest.raises(ValueError, match="shape"):
            cce(y_true, y_pred)

    def test_shapes(self):
        assert scce(Y[:, np.newaxis], P) == near(1.5 * LN2)
        assert scce(Y[np.newaxis], P.T[np.newaxis], axis=1) == near(1.5 * LN2)
        assert scce(Y[np.newaxis, np.newaxis], P.T[np.newaxis], axis=1) == near(1.5 * LN2)
        assert cce(HOT[..., np.newaxis], P) == near(1.5 * LN2)
        for y_true, y_pred in ((1, P[0]), ([1], P[0])):
            loss = scce(y_true, y_pred)
            assert (loss.shape, loss) == ((), near(2 * LN2))

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
    @BOTH
    def test_dtype(self, loss, y, dtype):
        value = loss(y, (4 * P).astype(dtype))
        assert value.dtype == np.float32
        assert value == near(1.5 * LN2)

    def test_dtype_is_float32_throughout(self):
        assert np.isnan(cce(HOT[:1], [[1e300, 1.0, 1.0]]))  # ∞ / ∞
        # 2²⁴ + 1 is no float32: it is cast to 2²⁴, which is ignored.
        assert scce([2**24 + 1], P[:1], ignore_class=2**24) == 0.0


class TestMore:
    """What the table does not say: how weights broadcast."""

    LOSSES = np.array([[1, 2, 2], [2, 2, 1]]) * LN2
    ROWS = np.arange(3)[np.newaxis].repeat(2, axis=0), P[:, np.newaxis].repeat(3, axis=1)

    @pytest.mark.parametrize(
        ("weight", "total", "divisor"),
        [
            (2.0, 20, 2),
            ([1.0, 2.0, 3.0], 1 + 4 + 6 + 2 + 4 + 3, 6),
            ([[1.0], [3.0]], 5 + 15, 4),
            ([[1.0, 0, 0], [0, 0, 3.0]], 1 + 3, 4),
            ([[[1.0], [0], [0]], [[0], [0], [3.0]]], 1 + 3, 4),
            ([[0.0, 0, 0], [0, 0, 0]], 0, 1),
        ],
        ids=["scalar", "(d,)", "(N,1)", "(N,d)", "(N,d,1)", "zeros"],
    )
    def test_weights_broadcast_and_the_divisor_does_not(self, weight, total, divisor):
        assert scce(*self.ROWS, reduction=None) == near(self.LOSSES)
        assert scce(*self.ROWS, sample_weight=weight) == near(total / 6 * LN2)
        loss = scce(*self.ROWS, sample_weight=weight, reduction="mean_with_sample_weight")
        assert loss == near(total / divisor * LN2)

    def test_weights_of_samples_do_not_fit_rows_with_more_axes(self):
        with pytest.raises(ValueError, match=r"\(2,\) and \(2, 3\)"):
            scce(*self.ROWS, sample_weight=[1.0, 3.0])

    def test_weights_beside_ignore_class(self):
        loss = scce(*self.ROWS, sample_weight=[[1.0], [3.0]], ignore_class=0)
        assert loss == near((4 + 9) / 4 * LN2)

    def test_a_column_of_weights_makes_rows_a_column(self):
        assert scce(Y, P, sample_weight=[[1.0], [3.0]], reduction=None).shape == (2, 1)

    def test_single_row_is_weighted_and_not_divided(self):
        for reduction in ("sum_over_batch_size", "mean_with_sample_weight", "sum", None):
            assert scce(1, P[0], sample_weight=3.0, reduction=reduction) == near(6 * LN2)

    def test_trailing_axis_of_length_1(self):
        # A single axis gets one too, so that its entries are rows of one class.
        column, flat = np.ones((3, 1)), np.ones(3)
        for y_true, y_pred in ((column, flat), (flat, column)):
            assert cce(y_true, y_pred, reduction=None) == near([1.1920929665e-07] * 3)

    def test_an_ignored_label_may_be_none_of_the_classes(self):
        assert scce([5, 0], [[1.0], [1.0]], ignore_class=5) == near(1.1920929665e-07)

    def test_weights_beyond_float32_are_infinite_without_a_word(self):
        with np.errstate(all="raise"):
            assert cce(HOT[:1], [[0.0, 1.0, 0.0]], sample_weight=[3e38]) == INF

    def test_no_row(self):
        assert scce(Y[:0], P[:0]).shape == (0,)
        assert cce(HOT[:0, np.newaxis], P[:0, np.newaxis]) == 0.0
        assert cce(np.zeros((2, 0, 3)), np.zeros((2, 0, 3))) == 0.0
