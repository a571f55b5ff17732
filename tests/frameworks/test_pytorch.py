"""`pytorch_cross_entropy` and its gradient against PyTorch 2.13.0: live, recorded, and by hand.

Live and recorded, dtype, shape, NaN and infinities have to be PyTorch's. Finite numbers have to be
within a few roundings of its numbers, each of the size of the largest logit or result, and where
PyTorch is at hand within few ULP of what it computes in float64.
"""

import inspect
import json
import math

import numpy as np
import pytest

from crossent.frameworks import pytorch_cross_entropy, pytorch_cross_entropy_grad

INF, NAN = np.inf, np.nan
LIVE = 600
ROUNDINGS = 4.0
"""Which PyTorch's numbers and ours may be apart."""
ULP = 2.0
"""Which ours may be from PyTorch's in float64; a mean has two roundings more than a gradient."""

LN2 = math.log(2)
X = np.log([[2.0, 1.0, 1.0], [1.0, 1.0, 2.0]])  # −log p = (1, 2, 2) and (2, 2, 1) times log 2
Y = np.array([0, 1])
HOT = np.eye(3)[Y]
W = np.array([1.0, 3.0, 4.0])
UNEVEN = [[1.0, 2.0], [3.0]]


def ours(arguments, grad_output):
    loss = pytorch_cross_entropy(**arguments)
    output = grad_output if np.shape(grad_output) == np.shape(loss) else None
    return np.asarray(loss), *pytorch_cross_entropy_grad(**arguments, grad_output=output)


def same_kind(one, other):
    """Whether dtype, shape, NaN and infinities agree."""
    return (
        (one.dtype, one.shape) == (other.dtype, other.shape)
        and np.array_equal(np.isnan(one), np.isnan(other))
        and np.array_equal(np.isinf(one), np.isinf(other))
        and np.array_equal(one[np.isinf(one)], other[np.isinf(other)])
    )


def roundings_apart(arguments, one, other):
    """The distance of results, in roundings of the coarsest dtype among arguments and result."""
    finite = np.isfinite(one)
    if not finite.any():
        return 0.0
    floats = [v for v in arguments.values() if isinstance(v, np.ndarray) and v.dtype.kind == "f"]
    eps = max(float(np.finfo(array.dtype).eps) for array in (*floats, one))
    one, other = one[finite].astype(float), other[finite].astype(float)
    x = arguments["input"]
    size = 1.0 + np.abs(one).max() + float(np.abs(x[np.isfinite(x)]).max(initial=0.0))
    return float(np.abs(one - other).max() / (eps * size))


def ulps_apart(arguments, exact, result):
    """The distance of results from those computed in float64, in ULP of their own dtype."""
    finite = np.isfinite(result)
    if not finite.any() or result.dtype == np.float64:
        return 0.0
    exact, result = exact[finite], result[finite]
    unit = np.spacing(np.abs(exact).astype(result.dtype)).astype(float)
    x = arguments["input"]
    size = np.abs(exact).max() + float(np.abs(x[np.isfinite(x)]).max(initial=1.0))
    error = np.maximum(np.abs(exact - result) - 1e-15 * size, 0.0)  # float64 has roundings too
    return float((error / unit).max())


class TestLive:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
    def test_parity(self, torch, configurations, record, dtype):
        """Loss and gradients, for random configurations of all arguments."""
        worst = [0.0, 0.0]
        numbers = 0
        for seed in range(LIVE):
            arguments, grad_output = configurations.pytorch(seed, dtype)
            theirs = record.torch_results(arguments, grad_output)
            exact = record.torch_results(arguments, grad_output, torch.float64)
            for a, b, c in zip(ours(arguments, grad_output), theirs, exact, strict=True):
                assert (a is None) == (b is None), seed
                if a is None:
                    continue
                assert same_kind(a, b), (seed, arguments, a, b)
                apart = roundings_apart(arguments, b, a), ulps_apart(arguments, c, a)
                assert apart[0] <= ROUNDINGS and apart[1] <= ULP, (seed, arguments, a, b, apart)
                worst = list(map(max, worst, apart))
                numbers += a.size
        print(
            f"PyTorch {torch.__version__}, {np.dtype(dtype)}: {LIVE} configurations, {numbers} "
            f"numbers; worst difference {worst[0]:.2f} roundings, and {worst[1]:.2f} ULP from "
            "what PyTorch computes in float64"
        )

    def test_errors(self, torch, configurations, record):
        """PyTorch raises wherever the list of errors says that it does."""
        for case, arguments in configurations.PYTORCH_ERRORS.items():
            with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)):
                record.torch_results(arguments, np.ones(2))
                pytest.fail(case)

    def test_signature(self, torch):
        """Names, order and defaults of the arguments."""
        theirs = inspect.signature(torch.nn.functional.cross_entropy).parameters.values()
        here = inspect.signature(pytorch_cross_entropy).parameters.values()
        assert [(p.name, p.default) for p in here] == [(p.name, p.default) for p in theirs]

    def test_half_overflow(self, torch, record):
        """The sum of float16 losses overflows, and so does the mean; the gradient does not."""
        for target in (np.zeros(5000, int), np.eye(2, dtype=np.float16)[np.zeros(5000, int)]):
            x = np.array([[0, 20]], np.float16).repeat(5000, axis=0)
            arguments = {"input": x, "target": target, "label_smoothing": 0.1}
            for a, b in zip(
                ours(arguments, np.ones(1)),
                record.torch_results(arguments, np.ones(1)),
                strict=True,
            ):
                assert a is b is None or same_kind(a, b)
            assert pytorch_cross_entropy(**arguments) == INF

    def test_documentation(self, torch):
        """The functional docstring and the class page say what the mean divides by."""
        functional = " ".join(torch.nn.functional.cross_entropy.__doc__.split())
        assert "divided by the number of elements in the output" in functional
        class_page = " ".join(torch.nn.CrossEntropyLoss.__doc__.split())
        assert "the weighted mean of the output is taken" in class_page


class TestRecorded:
    def test_parity(self, configurations, record):
        """Loss and gradients recorded from PyTorch."""
        recorded = json.loads((record.RECORDED / "pytorch.json").read_text(encoding="utf-8"))
        assert recorded["versions"]["torch"].startswith("2.13.0")
        assert len(recorded["calls"]) == record.NUMBER["pytorch"]
        worst = 0.0
        for seed, (checksum, *entries) in recorded["calls"].items():
            arguments, grad_output = configurations.pytorch(int(seed))
            assert configurations.checksum(arguments, grad_output) == checksum, seed
            for a, entry in zip(ours(arguments, grad_output), entries, strict=True):
                assert (a is None) == (entry is None), seed
                if a is not None:
                    b = record.unpacked(entry)
                    assert same_kind(a, b), (seed, arguments, a, b)
                    apart = roundings_apart(arguments, b, a)
                    assert apart <= ROUNDINGS, (seed, arguments, a, b)
                    worst = max(worst, apart)
        print(f"recorded PyTorch: {len(recorded['calls'])} calls, worst {worst:.2f} roundings")

    def test_configurations_cover_the_arguments(self, configurations):
        """Every argument, kind of target, reduction and special value is among those tried."""
        seen = set()
        for seed in range(LIVE):
            arguments, _ = configurations.pytorch(seed)
            x, target = arguments["input"], arguments["target"]
            seen |= set(arguments) | {f"{x.ndim} axes", x.dtype.name, target.dtype.name}
            seen |= {arguments["reduction"], str(arguments.get("label_smoothing"))}
            seen |= {"empty"} if x.size == 0 else set()
            seen |= {
                str(v) for v in (INF, -INF, NAN) if np.any((x == v) | (np.isnan(x) & (v != v)))
            }
            ignored = target == arguments.get("ignore_index", -100)
            seen |= {"all ignored"} if target.dtype.kind in "iu" and ignored.all() else set()
        assert seen >= {
            *inspect.signature(pytorch_cross_entropy).parameters,
            *(f"{n} axes" for n in range(1, 6)),
            *("float32", "float64", "int64", "uint8", "mean", "sum", "none"),
            *("empty", "all ignored", "inf", "-inf", "nan", "0.1", "1.0", "-0.5"),
        }


def test_errors(configurations, subtests):
    """Whatever PyTorch refuses is refused, by both functions and with a message."""
    for case, arguments in configurations.PYTORCH_ERRORS.items():
        for function in (pytorch_cross_entropy, pytorch_cross_entropy_grad):
            with subtests.test(case), pytest.raises((ValueError, TypeError, IndexError)) as caught:
                function(**arguments)
            assert str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"input": X, "target": Y[:, None]}, ValueError, r"\(2,\).*\(2, 1\)"),
        ({"input": X, "target": [0, 3]}, IndexError, r"0\.\.2.*got 3.*shape \(2,\)"),
        (
            {"input": X, "target": np.eye(3, dtype=int)[Y]},
            TypeError,
            r"\(2, 3\).*int64\. Labels have the shape \(2,\)$",
        ),
        (
            {"input": np.ones((2, 3, 4)), "target": np.zeros((2, 4), np.uint8)},
            TypeError,
            r"^labels must be int64 where .* more than 2 axes; got uint8 .*\(2, 3, 4\)$",
        ),
        (
            {"input": np.float64(1.0), "target": Y},
            ValueError,
            r"^input must have a class axis; got a scalar, shape \(\)$",
        ),
        (
            {"input": UNEVEN, "target": Y},
            ValueError,
            "^input must be a rectangular array; got uneven rows$",
        ),
        (
            {"input": X, "target": UNEVEN},
            ValueError,
            "^target must be a rectangular array; got uneven rows$",
        ),
        (
            {"input": X, "target": Y, "weight": UNEVEN},
            ValueError,
            "^weight must be a rectangular array; got uneven rows$",
        ),
        (
            {"input": X, "target": Y, "label_smoothing": "0.1"},
            TypeError,
            "^label_smoothing must be a real number; got '0.1'$",
        ),
        (
            {"input": X, "target": Y.astype(np.int32)},
            TypeError,
            r"^labels must be int64 or uint8; got dtype int32 in shape \(2,\)$",
        ),
        (
            {"input": X, "target": HOT, "weight": W.astype(complex)},
            TypeError,
            "^weight must hold real numbers; got dtype complex128$",
        ),
        (
            {"input": X, "target": Y, "reduction": "average"},
            ValueError,
            "^reduction must be 'mean', 'sum' or 'none'; got 'average'$",
        ),
        ({"input": X, "target": Y, "weight": np.ones(2)}, ValueError, r"\(3,\); got \(2,\)"),
        (
            {"input": X, "target": Y, "ignore_index": 1.0},
            TypeError,
            "^ignore_index must be an integer; got 1.0$",
        ),
        ({"input": np.ones((2, 0)), "target": Y}, ValueError, r"class.*\(2, 0\)"),
    ],
)
def test_error_messages_name_shapes(arguments, error, words):
    with pytest.raises(error, match=words):
        pytorch_cross_entropy(**arguments)


@pytest.mark.parametrize(
    ("grad_output", "error", "words"),
    [
        (np.ones(3), ValueError, r"\(2,\).*\(3,\)"),
        (UNEVEN, ValueError, "^grad_output must be a rectangular array; got uneven rows$"),
        ([1j, 1], TypeError, "^grad_output must hold real numbers; got dtype complex128$"),
    ],
)
def test_bad_grad_output(grad_output, error, words):
    with pytest.raises(error, match=words):
        pytorch_cross_entropy_grad(X, Y, reduction="none", grad_output=grad_output)


def near(value, *, abs=1e-15):
    return pytest.approx(value, rel=1e-14, abs=abs, nan_ok=True)


class TestRows:
    """One test per row of FRAMEWORKS.md, named after it, by hand."""

    @pytest.mark.parametrize(
        ("older", "rows"),
        [
            ({"reduction": "sum"}, 3.0),
            ({"reduction": "sum", "size_average": True}, 1.5),
            ({"reduction": "none", "size_average": False}, 3.0),
            ({"reduction": "sum", "reduce": True}, 1.5),
            ({"reduction": "mean", "reduce": False, "size_average": True}, [1.0, 2.0]),
            ({"reduction": "no such word", "reduce": False}, [1.0, 2.0]),
        ],
    )
    def test_arguments(self, older, rows):
        assert pytorch_cross_entropy(X, Y, **older) == near(np.multiply(rows, LN2))

    def test_arguments_in_order(self):
        names = inspect.signature(pytorch_cross_entropy).parameters
        assert [(name, p.default) for name, p in names.items()][2:] == [
            ("weight", None),
            ("size_average", None),
            ("ignore_index", -100),
            ("reduce", None),
            ("reduction", "mean"),
            ("label_smoothing", 0.0),
        ]

    @pytest.mark.parametrize(
        ("x", "labels", "rows"),
        [
            (X[0], 1, 2.0),
            (X, Y, [1.0, 2.0]),
            (X.T[np.newaxis], Y[np.newaxis], [[1.0, 2.0]]),
            (X.T[np.newaxis, :, :, np.newaxis], Y[np.newaxis, :, np.newaxis], [[[1.0], [2.0]]]),
        ],
        ids=["(C)", "(N,C)", "(N,C,d1)", "(N,C,d1,d2)"],
    )
    def test_shapes(self, x, labels, rows):
        loss = pytorch_cross_entropy(x, np.asarray(labels), reduction="none")
        assert loss.shape == np.shape(rows)
        assert loss == near(np.multiply(rows, LN2))

    def test_dispatch(self):
        # The shape decides: of labels (2,) for logits (2,) no label is meant.
        assert pytorch_cross_entropy(X[0, :2], np.array([0.0, 3.0])) == near(3 * math.log(3))
        with pytest.raises(TypeError, match="probabilities"):
            pytorch_cross_entropy(X[0, :2], np.array([0, 1]))
        with pytest.raises(ValueError, match="ignore_index"):
            pytorch_cross_entropy(X, HOT, ignore_index=0)

    @pytest.mark.parametrize("dtype", [np.int64, np.uint8])
    def test_index_targets(self, dtype):
        assert pytorch_cross_entropy(X, Y.astype(dtype)) == near(1.5 * LN2)

    @pytest.mark.parametrize(
        ("target", "error"),
        [
            (Y.astype(np.int32), TypeError),
            (Y.astype(bool), TypeError),
            (Y.astype(float), TypeError),
            (Y[:, np.newaxis], ValueError),
            (np.array([0, 3]), IndexError),
            (np.array([0, -1]), IndexError),
        ],
        ids=["int32", "bool", "float", "(N,1)", "C", "-1"],
    )
    def test_index_targets_raise(self, target, error):
        with pytest.raises(error):
            pytorch_cross_entropy(X, target)

    def test_hard_loss(self):
        assert pytorch_cross_entropy(X, Y, W, reduction="none") == near(np.array([1, 6]) * LN2)
        assert pytorch_cross_entropy(X, Y, W) == near(7 / (1 + 3) * LN2)
        loss = pytorch_cross_entropy(X, np.array([-100, 1]), W, reduction="none")
        assert loss == near(np.array([0, 6]) * LN2)
        assert pytorch_cross_entropy(X, np.array([-100, 1]), W) == near(6 / 3 * LN2)
        assert pytorch_cross_entropy(X, Y, W, ignore_index=1) == near(1 * LN2)

    def test_hard_loss_gradient(self):
        by_input, by_target = pytorch_cross_entropy_grad(X, Y, W)
        assert by_input == near(np.array([[-2, 1, 1], [3, -9, 6]]) / 4 / 4)
        assert by_target is None

    def test_soft_loss(self):
        assert pytorch_cross_entropy(X, HOT, W) == near(7 / 2 * LN2)  # and hard 7 / 4
        assert pytorch_cross_entropy(X, HOT) == near(1.5 * LN2)
        t = np.array([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]])
        rows = [0.5 + 0.5 * 3 * 2, 0.25 * 2 + 0.25 * 3 * 2 + 0.5 * 4]
        assert pytorch_cross_entropy(X, t, W, reduction="none") == near(np.multiply(rows, LN2))
        images = np.stack([X.T, X.T])  # 2·2 rows
        t = np.stack([HOT.T, HOT.T])
        assert pytorch_cross_entropy(images, t, W) == near(14 / 4 * LN2)

    def test_soft_loss_gradient(self):
        by_input, by_target = pytorch_cross_entropy_grad(X, HOT, W)
        assert by_input == near(np.array([[-2, 1, 1], [3, -9, 6]]) / 4 / 2)
        assert by_target == near(np.array([[1, 6, 8], [2, 6, 4]]) * LN2 / 2)

    def test_smoothing_hard(self):
        # 0.7·(1 + 6) + 0.1·((1 + 6 + 8) + (2 + 6 + 4)) = 7.6
        assert pytorch_cross_entropy(X, Y, W, label_smoothing=0.3) == near(7.6 / 4 * LN2)
        loss = pytorch_cross_entropy(X, np.array([-100, 1]), W, label_smoothing=0.3)
        assert loss == near((0.7 * 6 + 0.1 * 12) / 3 * LN2)
        rows = pytorch_cross_entropy(X, np.array([-100, 1]), label_smoothing=0.3, reduction="none")
        assert rows == near(np.array([0.0, 0.7 * 2 + 0.1 * 5]) * LN2)

    def test_smoothing_hard_gradient(self):
        by_input, _ = pytorch_cross_entropy_grad(X, Y, W, label_smoothing=0.3)
        # w·(0.7 t + 0.1) is (0.8, 0.3, 0.4) and (0.1, 2.4, 0.4), with the sums 1.5 and 2.9.
        expected = np.array([[-0.05, 0.075, -0.025], [0.625, -1.675, 1.05]]) / 4
        assert by_input == near(expected)

    def test_smoothing_soft(self):
        assert pytorch_cross_entropy(X, HOT, W, label_smoothing=0.3) == near(7.6 / 2 * LN2)
        _, by_target = pytorch_cross_entropy_grad(X, HOT, W, label_smoothing=0.3)
        assert by_target == near(0.7 * np.array([[1, 6, 8], [2, 6, 4]]) * LN2 / 2)

    @pytest.mark.parametrize("target", [Y, HOT], ids=["hard", "soft"])
    @pytest.mark.parametrize(
        ("smoothing", "loss"), [(-3.0, 1.5), (NAN, 1.5), (0.0, 1.5), (1.0, 5 / 3), (1.01, None)]
    )
    def test_epsilon_range(self, target, smoothing, loss):
        if loss is None:
            with pytest.raises(ValueError, match="label_smoothing"):
                pytorch_cross_entropy(X, target, label_smoothing=smoothing)
        else:
            value = pytorch_cross_entropy(X, target, label_smoothing=smoothing)
            assert value == near(loss * LN2)

    @pytest.mark.parametrize("smoothing", [0.0, 0.3])
    @pytest.mark.parametrize(
        ("x", "target"),
        [
            (X[:0], Y[:0]),
            (X[:0], HOT[:0]),
            (X[..., np.newaxis][..., :0], Y[:, np.newaxis][:, :0]),
            (X, np.array([-100, -100])),
        ],
        ids=["empty hard", "empty soft", "empty d1", "all ignored"],
    )
    def test_empty_or_all_ignored(self, x, target, smoothing):
        assert np.isnan(pytorch_cross_entropy(x, target, label_smoothing=smoothing))
        loss = pytorch_cross_entropy(x, target, label_smoothing=smoothing, reduction="sum")
        assert loss == 0.0
        by_input, _ = pytorch_cross_entropy_grad(x, target, label_smoothing=smoothing)
        assert np.array_equal(by_input, np.zeros(x.shape))

    @pytest.mark.parametrize(
        ("target", "smoothing", "loss"),
        [(Y[:1], 0.0, LN2), (HOT[:1], 0.0, NAN), (Y[:1], 0.1, INF), (HOT[:1], 0.1, INF)],
        ids=["hard", "one-hot soft", "hard smoothed", "soft smoothed"],
    )
    def test_minus_infinity_on_a_non_target_class(self, target, smoothing, loss):
        x = np.array([[1.0, 1.0, -INF]])
        assert pytorch_cross_entropy(x, target, label_smoothing=smoothing) == near(loss)

    @pytest.mark.parametrize(
        ("x", "loss"),
        [
            ([-INF, 0.0, 0.0], INF),
            ([-INF, -INF, -INF], NAN),
            ([INF, 0.0, 0.0], NAN),
            ([0.0, INF, 0.0], NAN),
            ([0.0, NAN, 0.0], NAN),
        ],
        ids=["-inf on the target", "all -inf", "+inf on the target", "+inf beside it", "NaN"],
    )
    def test_infinities(self, x, loss):
        assert pytorch_cross_entropy(np.array([x]), Y[:1]) == near(loss)

    @pytest.mark.parametrize("smoothing", [0.0, 0.3])
    def test_ignored_row_that_holds_nan(self, smoothing):
        x = np.array([[NAN, 0.0, 0.0], X[1]])
        target = np.array([-100, 1])
        loss = pytorch_cross_entropy(x, target, label_smoothing=smoothing)
        assert loss == near(((1 - smoothing) * 2 + smoothing / 3 * 5) * LN2)
        by_input, _ = pytorch_cross_entropy_grad(x, target, label_smoothing=smoothing)
        assert np.array_equal(np.isnan(by_input), [[True] * 3, [False] * 3])

    def test_targets(self):
        assert pytorch_cross_entropy(X[:1], np.array([[3.0, -1.0, 0.5]])) == near(2 * LN2)
        assert np.isnan(pytorch_cross_entropy(X[:1], np.array([[NAN, 0.0, 0.0]])))
        _, by_target = pytorch_cross_entropy_grad(X[:1], np.array([[3.0, -1.0, 0.5]]))
        assert by_target == near(np.array([[1, 2, 2]]) * LN2)

    @pytest.mark.parametrize(
        ("x", "target", "weight", "loss"),
        [
            ("float32", "int64", None, "float32"),
            ("float16", "int64", "float16", "float16"),
            ("float32", "float32", None, "float32"),
            ("float32", "float64", None, "float64"),
            ("float64", "float32", None, "float64"),
            ("float32", "float32", "float64", "float64"),
            ("float32", "float32", "int64", "float32"),
        ],
    )
    def test_dtype(self, x, target, weight, loss):
        arguments = X.astype(x), (HOT if "float" in target else Y).astype(target)
        weight = None if weight is None else W.astype(weight)
        assert pytorch_cross_entropy(*arguments, weight).dtype == loss
        by_input, by_target = pytorch_cross_entropy_grad(*arguments, weight)
        assert by_input.dtype == x
        assert by_target is None or by_target.dtype == target

    @pytest.mark.parametrize(
        ("x", "weight"),
        [("float32", "float64"), ("float64", "float32"), ("float64", "int64"), ("int64", None)],
    )
    def test_dtype_raises(self, x, weight):
        with pytest.raises(TypeError, match="dtype"):
            pytorch_cross_entropy(X.astype(x), Y, None if weight is None else W.astype(weight))

    def test_documentation(self):
        """The mean is weighted, as the class page says, and not ÷ the number of elements."""
        by_elements, weighted = 7 / 2 * LN2, 7 / 4 * LN2
        assert pytorch_cross_entropy(X, Y, W) == near(weighted)
        assert pytorch_cross_entropy(X, Y, W) != near(by_elements)


class TestMore:
    """What the table does not say."""

    def test_uint8_labels_of_a_weighted_smoothed_mean(self):
        # Refused only where a row counts: PyTorch looks up no weight where none does.
        arguments = {"weight": W, "ignore_index": 255, "label_smoothing": 0.1}
        assert np.isnan(pytorch_cross_entropy(X, np.array([255, 255], np.uint8), **arguments))
        with pytest.raises(TypeError, match="int64"):
            pytorch_cross_entropy(X, np.array([255, 1], np.uint8), **arguments)

    def test_unused_weights_do_no_harm(self):
        weight = np.array([INF, 3.0, NAN])
        assert pytorch_cross_entropy(X, np.array([-100, 1]), weight) == near(2 * LN2)
        by_input, _ = pytorch_cross_entropy_grad(X, np.array([-100, 1]), weight)
        assert by_input == near(np.array([[0, 0, 0], [1, -3, 2]]) / 4)

    def test_grad_output(self):
        by_input, by_target = pytorch_cross_entropy_grad(
            X, HOT, reduction="none", grad_output=np.array([2.0, 0.0])
        )
        assert by_input == near(np.array([[-4, 2, 2], [0, 0, 0]]) / 4)
        assert by_target == near(np.array([[2, 4, 4], [0, 0, 0]]) * LN2)

    def test_grad_output_of_a_mean_is_a_factor(self):
        once, _ = pytorch_cross_entropy_grad(X, Y)
        twice, _ = pytorch_cross_entropy_grad(X, Y, grad_output=2.0)
        assert twice == near(2 * once)

    def test_sum_of_float16_overflows(self):
        x = np.array([[0, 20]], np.float16).repeat(5000, axis=0)
        assert pytorch_cross_entropy(x, np.zeros(5000, int)) == INF
        weight = np.full(2, 100, np.float16)  # their sum overflows too, and no warning says so
        with np.errstate(all="raise"):
            assert not np.isfinite(pytorch_cross_entropy(x, np.zeros(5000, int), weight))
        assert pytorch_cross_entropy(x.astype(np.float32), np.zeros(5000, int)) == near(
            20, abs=1e-5
        )

    def test_arguments_are_left_alone(self):
        x, target, weight = X.copy(), HOT.copy(), W.copy()
        pytorch_cross_entropy_grad(x, target, weight, label_smoothing=0.1)
        assert all(map(np.array_equal, (x, target, weight), (X, HOT, W)))
