"""Whatever a caller passes, a documented result or a clear error comes back.

Every public function is tried with every parameter replaced by values that do not belong there,
and with good values in every form that numpy has for them. The functions are those that the
package exports: a new one, or a new parameter, fails here until `MAKE` can make its arguments.
"""

import importlib
import inspect
import pkgutil
import warnings
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import crossent
from crossent.models import Network

# ---------------------------------------------------------------- what is public

ELSEWHERE = {
    "crossent.plotting": "draws into the axes it is given, and has no numbers of its own",
    "crossent.datasets": "reads files: tests/test_adversarial_files.py",
    "crossent.symbolic": "takes expressions: tests/symbolic/test_adversarial_expressions.py",
}


def public_calls():
    """Return every public function, constructor and method, by name."""
    calls = {}
    for found in pkgutil.walk_packages(crossent.__path__, "crossent."):
        private = any(part.startswith("_") for part in found.name.split("."))
        if private or found.name.startswith(tuple(ELSEWHERE)):
            continue
        for name in importlib.import_module(found.name).__all__:
            thing = getattr(importlib.import_module(found.name), name)
            if inspect.isfunction(thing):
                calls[name] = thing
            elif issubclass(thing, tuple):
                continue  # a record that a function returns
            else:
                calls[name] = thing
                methods = inspect.getmembers(thing, inspect.isfunction)
                calls |= {f"{name}.{m}": f for m, f in methods if not m.startswith("_")}
    return calls


CALLS = public_calls()


def parameters(name):
    """Return the names of the parameters that a caller fills."""
    return list(inspect.signature(CALLS[name]).parameters)


def documented_errors(name):
    """Return the errors that a docstring names, beside the two that need no mention."""
    words = (CALLS[name].__doc__ or "").replace(",", " ").split()
    known = (RuntimeError, FloatingPointError, IndexError)
    return (ValueError, TypeError, *(error for error in known if error.__name__ in words))


# ---------------------------------------------------------------- good arguments


class Scene:
    """Shapes and dtypes that one call's arguments agree on."""

    num_features = 3

    def __init__(self, seed, *, batch=None, dtype=None, extreme=True):
        self.rng = np.random.default_rng(seed)
        self.num_classes = int(self.rng.integers(1, 5))
        shapes = [(), (1,), (3,), (2, 3), (0,)]
        self.batch = shapes[self.rng.integers(len(shapes))] if batch is None else batch
        self.dtype = self.rng.choice(["f2", "f4", "f8"]) if dtype is None else dtype
        self.extreme = extreme
        self.is_soft = self.rng.random() < 0.5

    def floats(self, *last):
        """Return numbers of any size; now and then infinities and NaN."""
        shape = self.batch + last
        sizes = [1.0, 30.0] + self.extreme * [1e3, 1e-310, 1e300]
        x = self.rng.normal(size=shape) * self.rng.choice(sizes)
        if self.extreme and self.rng.random() < 0.3:
            special = self.rng.choice([np.inf, -np.inf, np.nan, -0.0, 1.7e308, 5e-324], shape)
            x = np.where(self.rng.random(shape) < 0.3, special, x)
        with np.errstate(all="ignore"):
            return np.asarray(x.astype(self.dtype))

    def distribution(self):
        """Return probability vectors, many of them with zeros and tiny entries."""
        shape = (*self.batch, self.num_classes)
        p = self.rng.dirichlet(np.full(self.num_classes, 0.5), self.batch)
        if self.extreme:
            tiny = self.rng.choice([0.0, -0.0, 5e-324, 1e-300], shape)
            p[..., 1:] = np.where(self.rng.random(shape) < 0.3, tiny, p)[..., 1:]
            p[..., 0] = np.clip(1.0 - p[..., 1:].sum(axis=-1), 0.0, 1.0)
        return np.asarray(p.astype(self.dtype))

    def integers(self, low, high, shape):
        """Return integers from low to high − 1, of any width."""
        dtype = self.rng.choice(["i1", "u1", "i4", "i8"])
        return np.asarray(self.rng.integers(low, high, shape)).astype(dtype)

    def labels(self):
        """Return a label for each row."""
        return self.integers(0, self.num_classes, self.batch)

    def counts(self):
        """Return votes, at least one in a row; now and then nearly as many as int64 holds."""
        counts = self.integers(0, 9, (*self.batch, self.num_classes)).astype(np.int64)
        counts[..., 0] += 1
        return counts + (2**60 if self.extreme and self.rng.random() < 0.2 else 0)

    def logits(self):
        """Return scores of the classes."""
        return self.floats(self.num_classes)

    def targets(self):
        """Return labels or probabilities."""
        return self.distribution() if self.is_soft else self.labels().astype(np.int64)


MAKE = {
    "p": Scene.distribution,
    "q": Scene.distribution,
    "logits": Scene.logits,
    "p_logits": Scene.logits,
    "q_logits": Scene.logits,
    "eta": lambda s: s.floats(s.num_classes),
    "targets": Scene.targets,
    "labels": Scene.labels,
    "counts": Scene.counts,
    "num_classes": lambda s: s.num_classes,
    "num_votes": lambda s: int(s.rng.integers(1, 9)),
    "hidden": lambda s: s.floats(s.num_features),
    "weight": lambda s: s.rng.normal(size=(s.num_classes, s.num_features)).astype(s.dtype),
    "base": lambda s: s.rng.choice([2, 10.0, np.e, 0.5, 1 + 1e-9]),
    "miller_madow": lambda s: bool(s.rng.random() < 0.5),
    "rng": lambda s: np.random.default_rng(0),
    # Networks
    "network": lambda s: Network([s.num_features, s.num_classes]),
    "sizes": lambda s: [s.num_features, s.num_classes],
    "dtype": lambda s: np.float32 if s.dtype == "f4" else np.float64,
    "x": lambda s: s.floats(s.num_features),
    "ridge": lambda s: s.rng.choice([0.0, 0.5, 1e300]),
    "weights": lambda s: s.rng.random(s.batch) + 0.1,
    "prepare": lambda s: lambda samples: samples,
    "max_steps": lambda s: 5,
    "num_epochs": lambda s: 2,
    "batch_size": lambda s: 2,
    "step_size": lambda s: s.rng.choice([0.0, 0.1, 1e300]),
    "validation": lambda s: (s.floats(s.num_features), s.targets()),
    "progress": lambda s: False,
    # What PyTorch and Keras name otherwise
    "input": Scene.logits,
    "target": Scene.targets,
    "y_true": lambda s: s.distribution() if s.is_soft else s.labels(),
    "y_pred": Scene.distribution,
    "size_average": lambda s: None,
    "reduce": lambda s: None,
    "reduction": lambda s: str(s.rng.choice(["none", "sum"])),
    "ignore_index": lambda s: -100,
    "ignore_class": lambda s: s.rng.choice([None, 0, -1]),
    "label_smoothing": lambda s: float(s.rng.choice([0.0, 0.1])),
    "grad_output": lambda s: None,
    "from_logits": lambda s: bool(s.rng.random() < 0.5),
    "axis": lambda s: -1,
    "sample_weight": lambda s: None,
}

SOFT = {"continuous_categorical_log_density": {"x": Scene.distribution}} | {
    "pytorch_cross_entropy": {"weight": lambda s: None},
    "pytorch_cross_entropy_grad": {"weight": lambda s: None},
    "keras_categorical_crossentropy": {"y_true": Scene.distribution},
    "keras_sparse_categorical_crossentropy": {"y_true": Scene.labels},
}
"""Where a name means something else than in `MAKE`."""

SAMPLES = (3,)
"""The batch shape of networks, which take tables."""


def is_of_networks(name):
    """Whether a function takes samples in a table."""
    return name.startswith("Network") or "network" in parameters(name)


def scene_for(name, seed, **more):
    """Return a scene in which the function's arguments make sense."""
    if is_of_networks(name) or name.startswith("pytorch") or name == "empirical_pmf":
        more["batch"] = SAMPLES
    return Scene(seed, **more)


def good(name, scene):
    """Return arguments by name."""
    own = MAKE | SOFT.get(name, {})
    return {p: own[p](scene) for p in parameters(name) if p != "self"}


def test_every_function_and_parameter_is_tried():
    """Not `Scene`, not a list of names: what the package exports decides."""
    unknown = {
        f"{name}({parameter})"
        for name in CALLS
        for parameter in parameters(name)
        if parameter not in {*MAKE, *SOFT.get(name, {}), "self"}
    }
    assert not unknown, f"MAKE in tests/test_adversarial.py has no values for {sorted(unknown)}"
    assert set(crossent.__all__) <= set(CALLS)
    assert {"vote_shares", "train", "Network.losses", "pytorch_cross_entropy"} <= set(CALLS)


# ---------------------------------------------------------------- a call, and what is held of it


class Subclass(np.ndarray):
    """An array of another type."""


def memory(value):
    """Return the arrays inside a value that a call must leave alone."""
    if isinstance(value, np.ndarray):
        return [] if value.dtype.hasobject else [value.view(np.ndarray)]
    return [a for item in value for a in memory(item)] if isinstance(value, list | tuple) else []


def frozen(value):
    """Return what can be compared before and after a call."""
    return [(a.shape, a.dtype, a.tobytes()) for a in memory(value)]


def plain(result):
    """Return the arrays of a result, which are of numpy's own type and of no other."""
    if isinstance(result, tuple | list):
        return [a for item in result for a in plain(item)]
    kinds = np.generic | float | None
    assert type(result) is np.ndarray or isinstance(result, kinds), type(result)
    return [] if result is None else [np.asarray(result)]


def call(name, arguments):
    """Return a function's result, or the error that is documented; nothing else may happen."""
    arguments = dict(arguments)
    function = CALLS[name]
    if "self" in parameters(name):
        network = Network([Scene.num_features, arguments.pop("classes", 2)])
        function = getattr(network, name.split(".")[1])
    before = frozen(list(arguments.values()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = function(**arguments)
        except documented_errors(name) as error:
            assert str(error), f"{name} raises {error!r} without a word"
            result = error
    assert frozen(list(arguments.values())) == before, f"{name} changes its arguments"
    if isinstance(result, Exception | Network):
        return result
    for array in plain(result):
        assert not array.dtype.hasobject
        for given_one in memory(list(arguments.values())):
            assert not np.shares_memory(array, given_one), f"{name} returns its argument's memory"
    return result


def with_network(name, arguments, scene):
    """Add the number of classes of the network that a method is called on."""
    return arguments | ({"classes": scene.num_classes} if "self" in parameters(name) else {})


# ---------------------------------------------------------------- what does not belong


class Masked(np.ndarray):
    """An array with a mask of its own."""

    mask = True


class Converts:
    """Something that numpy can make an array of."""

    def __array__(self, dtype=None, copy=None):
        return np.array([0.5, 0.5])


def signalling(dtype, bits):
    """Return a signalling NaN beside a number: a bit pattern that arithmetic complains of."""
    return np.array([bits, 0], dtype).view(f"f{np.dtype(dtype).itemsize}")


OUT_OF_PLACE = [
    *(None, True, 0, -1, 1, 2, 2**63, 2**64, 10**30, 10**400, -(10**400)),
    *(1.5, -1.5, np.nan, np.inf, -np.inf, 1e308, 5e-324, -0.0, 1j, Fraction(1, 3), Decimal("0.5")),
    *(
        "",
        "text",
        "1",
        "nan",
        "mean",
        b"1",
        bytearray(b"ab"),
        memoryview(b"ab"),
        object(),
        int,
        len,
    ),
    *([], [[]], (), {}, {1: 2}, {1}, range(2), iter([1, 2]), [1, 2], [0.5, 0.5], [[0.5, 0.5]]),
    *([[1, 2], [3]], [1, "a"], [None, 1.0], [2**70, 1.0], [[[[1.0]]]], np.zeros((1,) * 20)),
    *(np.ma.array([0.5, 0.5], mask=[0, 1]), np.ma.array([0, 1], mask=[0, 1]), np.ma.masked),
    *([np.ma.array([0.0, 1.0], mask=[0, 1])], [np.ma.masked, 0.5], ([[np.ma.masked]],)),
    *(np.array([0.5, 0.5]).view(Masked), Converts(), np.array([0.5, 0.5]).view(Subclass)),
    *(np.array([0.5, 0.5], dtype) for dtype in ("f2", "f4", "f8", "g", "F", "O", "?", ">f8")),
    *(np.array([0, 1], dtype) for dtype in ("i1", "u8", ">i4", "m8[s]", "M8[s]", "S1", "U1")),
    *(np.zeros(2, "i4,f4"), np.zeros(2, "V3"), np.zeros((0, 2)), np.zeros((2, 0)), np.array(0.5)),
    *(np.array([-1.7e308, 1.7e308]), np.array([np.inf, -np.inf]), np.array([np.nan, 0.5])),
    *map(signalling, ("u8", "u4", "u2"), (0x7FF0000000000001, 0x7F800001, 0x7C01)),
    *(np.array([2**62, 2**62 - 1]), np.array([2**63, 1], "u8"), np.array([6e4, -6e4], "f2")),
    *(np.eye(2), np.eye(2)[:, np.newaxis], np.eye(2, dtype=int), np.eye(3)[::-1, ::-1].T),
    *(pd.Series([0.5, 0.5]), pd.DataFrame([[0.5, 0.5]]), pd.Series([0, None], dtype="Int64")),
    *(np.random.default_rng(0), np.float32(1), np.int8(2), np.longdouble("1e4000"), np.float64),
]


@pytest.mark.parametrize("name", CALLS)
def test_what_does_not_belong(name):
    """Every parameter in turn is given every value above, in a call that is good otherwise."""
    tried = refused = 0
    for parameter in parameters(name):
        if parameter in ("self", "network", "prepare"):  # duck-typed: what they lack is missed
            continue
        for value in OUT_OF_PLACE:
            scene = scene_for(name, seed=tried, extreme=False)
            arguments = with_network(name, good(name, scene), scene) | {parameter: value}
            refused += isinstance(call(name, arguments), Exception)
            tried += 1
    assert refused > tried / 4, f"{name} refuses {refused} of {tried}"


def arrays():
    """Return arrays of any dtype and of few entries."""
    dtypes = st.one_of(npst.scalar_dtypes(), npst.array_dtypes())
    shapes = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
    objects = npst.arrays(object, shapes, elements=st.sampled_from([None, 1, 1.0, "a", np.nan]))
    return st.one_of(dtypes.flatmap(lambda dtype: npst.arrays(dtype, shapes)), objects)


ANYTHING = st.one_of(st.integers(0, len(OUT_OF_PLACE) - 1).map(OUT_OF_PLACE.__getitem__), arrays())


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=15)
@given(data=st.data())
def test_anything(name, data):
    """Several parameters at once are given anything."""
    scene = scene_for(name, data.draw(st.integers(0, 999)))
    arguments = good(name, scene)
    fitting = [p for p in arguments if p not in ("network", "prepare")]
    for parameter in data.draw(st.lists(st.sampled_from(fitting), max_size=3, unique=True)):
        arguments[parameter] = data.draw(ANYTHING)
    call(name, with_network(name, arguments, scene))


# ---------------------------------------------------------------- the same numbers in other forms


def strided(a):
    """Return a view with every other entry of a larger array."""
    wide = np.repeat(a, 2, axis=-1)
    return wide[..., ::2]


def read_only(a):
    """Return a copy that cannot be written to."""
    copy = a.copy()
    copy.flags.writeable = False
    return copy


def unaligned(a):
    """Return the same numbers one byte off."""
    raw = np.zeros(a.nbytes + 1, np.uint8)[1:]
    raw[:] = np.frombuffer(a.tobytes(), np.uint8)
    return raw.view(a.dtype).reshape(a.shape)


def mapped(a):
    """Return an array of the type that numpy gives to files."""
    return np.array(a, order="C").view(np.memmap)


FORMS = {
    "strided": lambda a: strided(a) if a.ndim else a,
    "reversed": lambda a: np.ascontiguousarray(a[::-1])[::-1] if a.ndim else a,
    "column-major": lambda a: np.asfortranarray(a) if a.ndim else a,
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "read-only": read_only,
    "unaligned": unaligned,
    "memmap": mapped,
    "subclass": lambda a: a.view(Subclass),
    "list": lambda a: a.tolist() if a.dtype in (np.float64, np.int64) and a.size else a,
}
BY_BLAS = {"linear_cross_entropy", "linear_cross_entropy_grad", "fit", "train", "mean_loss"}


def agree(name, first, second):
    """Demand the same bits, or the same up to the order in which a matrix product adds."""
    if isinstance(first, Exception):
        assert type(first) is type(second), f"{first!r} but {second!r}"
        return
    for a, b in zip(plain(first), plain(second), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        if name in BY_BLAS or name.startswith("Network"):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)
        else:
            assert a.dtype.isnative
            assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [n for n in CALLS if n != "Network"])
def test_other_forms_of_the_same_numbers(name, form):
    """What is no copy in C order counts like the copy, bit for bit."""
    smooth = name in BY_BLAS or name.startswith("Network")
    for seed in range(6):
        scene = scene_for(name, seed, extreme=not smooth)
        arguments = good(name, scene)
        other = {
            p: FORMS[form](v) if isinstance(v, np.ndarray) else v
            for p, v in good(name, scene_for(name, seed, extreme=not smooth)).items()
        }
        first = call(name, with_network(name, arguments, scene))
        agree(name, first, call(name, with_network(name, other, scene)))


ROWWISE = sorted(
    name
    for name in CALLS
    if not is_of_networks(name)
    and not name.startswith(("pytorch", "keras"))
    and name not in ("majority", "linear_cross_entropy_grad")  # one draw, one sum, for all rows
)


@pytest.mark.parametrize("name", ROWWISE)
def test_a_batch_is_its_rows(name):
    """One call for all rows, or a call for each."""
    for seed in range(8):
        scene = Scene(seed, batch=(5, 4) if name == "empirical_pmf" else (5,))
        arguments = good(name, scene)
        by_row = {
            p: isinstance(v, np.ndarray) and v.shape[:1] == (5,) for p, v in arguments.items()
        }
        whole = plain(call(name, arguments))
        for row in range(5):
            single = {p: v[row] if by_row[p] else v for p, v in arguments.items()}
            for all_rows, one in zip(whole, plain(call(name, single)), strict=True):
                # BLAS may add the terms of a single row in another order.
                rtol = 1e-3 if name in BY_BLAS else 4 * float(np.finfo(one.dtype).eps)
                np.testing.assert_allclose(all_rows[row], one, rtol=rtol)


# ---------------------------------------------------------------- the numbers themselves


def exact(row):
    """Return the entries of a row as numbers of 1500 digits, which no difference cancels."""
    return [mpmath.mpf(float(v)) for v in row]


def log_total(x):
    """Return log Σ e^x."""
    return max(x) + mpmath.log(mpmath.fsum(mpmath.exp(v - max(x)) for v in x))


def x_log(x, y):
    """Return x log y, with 0 log 0 = 0."""
    return mpmath.mpf(0) if x == 0 else mpmath.mpf("-inf") if y == 0 else x * mpmath.log(y)


def surprisal(p, q):
    """Return −Σ p log q."""
    return -mpmath.fsum(x_log(a, b) for a, b in zip(p, q, strict=True))


def divergence(p, q):
    """Return Σ p log(p/q) − Σ p + Σ q, the form whose terms are not negative."""
    return surprisal(p, q) - surprisal(p, p) - mpmath.fsum(p) + mpmath.fsum(q)


def softmax_of(x):
    """Return the softmax of a row."""
    return [mpmath.exp(v - log_total(x)) for v in x]


def divided_difference(x):
    """Return exp[x_1, ..., x_K] of different points by its recurrence."""
    if len(x) == 1:
        return mpmath.exp(x[0])
    return (divided_difference(x[1:]) - divided_difference(x[:-1])) / (x[-1] - x[0])


REFERENCES = {
    "logsumexp": lambda a: log_total(exact(a["logits"])),
    "softmax": lambda a: softmax_of(exact(a["logits"])),
    "log_softmax": lambda a: [v - log_total(exact(a["logits"])) for v in exact(a["logits"])],
    "softmax_cross_entropy": lambda a: (
        log_total(exact(a["logits"])) - exact(a["logits"])[int(a["targets"])]
    ),
    "entropy": lambda a: surprisal(exact(a["p"]), exact(a["p"])) / mpmath.log(float(a["base"])),
    "cross_entropy": lambda a: (
        surprisal(exact(a["p"]), exact(a["q"])) / mpmath.log(float(a["base"]))
    ),
    "kl_divergence": lambda a: (
        divergence(exact(a["p"]), exact(a["q"])) / mpmath.log(float(a["base"]))
    ),
    "kl_divergence_from_logits": lambda a: (
        divergence(softmax_of(exact(a["p_logits"])), softmax_of(exact(a["q_logits"])))
        / mpmath.log(float(a["base"]))
    ),
    "perplexity": lambda a: mpmath.exp(surprisal(exact(a["p"]), exact(a["q"]))),
    "nll": lambda a: -x_log(mpmath.mpf(1), exact(a["q"])[int(a["labels"])]),
    "log_likelihood": lambda a: -surprisal(list(map(int, a["counts"])), exact(a["q"])),
    "one_hot": lambda a: [float(k == int(a["labels"])) for k in range(a["num_classes"])],
    "vote_shares": lambda a: [Fraction(int(c), sum(map(int, a["counts"]))) for c in a["counts"]],
    "dissent": lambda a: (
        1 - Fraction(int(a["counts"][int(a["labels"])]), sum(map(int, a["counts"])))
    ),
    "continuous_categorical_log_normalizer": lambda a: mpmath.log(
        divided_difference(sorted(exact(a["eta"])))
    ),
}


def number(value):
    """Return a reference as a number of mpmath."""
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


@pytest.mark.parametrize("name", REFERENCES)
def test_the_number_is_right(name):
    """Against 1500 digits, at subnormal, enormous and ordinary entries, in all dtypes."""
    compared = 0
    for seed in range(60):
        scene = Scene(seed, batch=())
        scene.is_soft = False
        arguments = good(name, scene)
        arrays_of = [v for v in arguments.values() if isinstance(v, np.ndarray)]
        floats = [v for v in arrays_of if v.dtype.kind == "f"]
        if not all(np.isfinite(v).all() and abs(v).max() < 1e4 for v in floats):
            continue
        result = call(name, arguments)
        if name.startswith("continuous") and np.unique(floats[0]).size < floats[0].size:
            continue
        with mpmath.workdps(1500):
            expected = REFERENCES[name](arguments)
            expected = list(map(number, expected if isinstance(expected, list) else [expected]))
            tiny = mpmath.mpf(float(np.finfo(result.dtype).smallest_subnormal))
            eps = mpmath.mpf(float(np.finfo(result.dtype).eps))
            for got, want in zip(np.ravel(result), expected, strict=True):
                if abs(want) > float(np.finfo(result.dtype).max):
                    assert abs(got) == np.inf and got * want > 0, f"{name}: {got} for {want}"
                    continue
                error = abs(mpmath.mpf(float(got)) - want)
                allowed = 16 * eps * abs(want) + 2 * tiny
                if name == "perplexity":  # 2^H has the error of H, times H
                    allowed *= 1 + mpmath.log(want)
                if result.dtype == np.float64:
                    allowed += mpmath.mpf("1e-14") * (name.startswith("continuous"))
                assert error <= allowed, f"{name}{arguments}: {got} for {mpmath.nstr(want, 20)}"
                compared += 1
    assert compared >= 20, f"{name}: {compared} numbers were compared"


# ---------------------------------------------------------------- faults that were found so


def test_masks_in_lists_and_in_targets_are_refused():
    row = np.ma.array([0.0, 1.0], mask=[0, 1])
    for bad in ([row, row], ([row],), [[row]], [np.ma.masked, 1.0]):
        with pytest.raises(TypeError, match="must not be a masked array"):
            crossent.softmax(bad)
    labels = np.ma.array([0, 1, 1], mask=[0, 0, 1])
    with pytest.raises(TypeError, match="targets must not be a masked"):
        Network([2, 2]).losses(np.ones((3, 2)), labels)


def test_targets_beside_the_samples_are_refused():
    """Longer ones, whose end was ignored, and those that broadcast against the samples."""
    from crossent.models import mean_loss

    network, x = Network([2, 2]), np.ones((3, 2))
    with pytest.raises(ValueError, match="each of the 3 samples"):
        mean_loss(network, x, [0, 1, 1, 0])
    with pytest.raises(ValueError, match="each of the 3 samples"):
        network.losses(x, np.full((3, 1, 2), 0.5))
    with pytest.raises(ValueError, match="at least one sample"):
        mean_loss(network, x[:0], [])


def test_text_is_no_weight_and_a_huge_ridge_no_crash():
    network, x = Network([2, 2]), np.ones((2, 2))
    with pytest.raises(TypeError, match="weights must hold"):
        network.loss_and_gradient(x, [0, 1], weights=["1", "2"])
    for ridge in (10**400, np.longdouble("1e4000")):
        with pytest.raises(ValueError, match="ridge must be finite"):
            network.loss_and_gradient(x, [0, 1], ridge=ridge)


def test_the_correction_of_the_entropy_of_many_votes():
    """2m is beyond int64 from 2⁶² votes on."""
    corrected = crossent.votes.label_entropy([2**62, 2**61], miller_madow=True)
    assert corrected >= crossent.votes.label_entropy([2**62, 2**61])


def test_a_normaliser_below_the_smallest_float():
    """1/199! and 1e-400 are no floats, but their logarithms are."""
    fraction, power = crossent.continuous._series(np.zeros((1, 200)))
    log_of_it = np.log(fraction[0]) + power * np.log(2)
    assert log_of_it == pytest.approx(float(-mpmath.loggamma(200)), rel=1e-15)
    log_c = crossent.continuous.continuous_categorical_log_normalizer
    assert log_c([0.0, -1e200, -2e200]) == pytest.approx(-400 * np.log(10) - np.log(2), rel=1e-15)
    assert np.isnan(log_c([-1.7e308, 1.7e308]))


def test_frameworks_take_any_byte_order():
    logits, labels = np.array([[0.0, 1.0], [2.0, 0.5]]), np.array([0, 1])
    swapped = crossent.frameworks.pytorch_cross_entropy(logits.astype(">f8"), labels.astype(">i8"))
    assert swapped == crossent.frameworks.pytorch_cross_entropy(logits, labels)
