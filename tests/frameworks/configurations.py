"""Random configurations of all arguments of the frameworks' losses, made from seeds.

Numbers are multiples of a power of two where that does no harm, so that float32 and float64 hold
the same ones.
"""

import zlib

import numpy as np

FLOATS = np.float32, np.float64


def pytorch(seed, dtype=None):
    """Return the arguments of one call of cross_entropy, and a gradient of its output."""
    rng = np.random.default_rng([2, 13, seed])
    dtype = dtype or rng.choice(FLOATS)
    classes = int(rng.choice([1, 2, 3, 4, 7, 40]))
    shape = _shape(rng, classes)
    axis = 0 if len(shape) == 1 else 1
    rows = shape[:axis] + shape[axis + 1 :]
    arguments = {"input": _spoilt(rng, _logits(rng, shape).astype(dtype))}
    is_soft = rng.random() < 0.45
    if is_soft:
        arguments["target"] = _soft(rng, shape, axis).astype(rng.choice([dtype, dtype, *FLOATS]))
        ignore_index = int(rng.choice([-100, -1]))
    else:
        arguments["target"], ignore_index = _labels(rng, rows, classes)
    if ignore_index != -100:
        arguments["ignore_index"] = ignore_index
    if rng.random() < 0.5:
        weight = rng.integers(0, 9, classes) / 4 * (rng.random(classes) < 0.9)
        arguments["weight"] = weight.astype(rng.choice(FLOATS) if is_soft else dtype)
    arguments["reduction"] = str(rng.choice(["mean", "sum", "none"]))
    if rng.random() < 0.15:
        arguments["size_average"] = [None, True, False][rng.integers(3)]
        arguments["reduce"] = [None, True, False][rng.integers(3)]
    if rng.random() < 0.5:
        arguments["label_smoothing"] = float(rng.choice([0.0, 0.1, 0.25, 1.0, -0.5, np.nan]))
    if {"weight", "label_smoothing"} <= arguments.keys() and not is_soft:
        arguments["target"] = arguments["target"].astype(np.int64)  # PyTorch refuses some uint8
    return arguments, rng.integers(-8, 9, rows) / 4.0


def keras(seed, sparse):
    """Return the arguments of one call of a loss: of y_true, y_pred and the others."""
    rng = np.random.default_rng([3, 15, seed, sparse])
    classes = int(rng.choice([2, 3, 4, 7, 40]))
    shape = _shape(rng, classes)
    axis = 0 if len(shape) == 1 else 1
    rows = shape[:axis] + shape[axis + 1 :]
    arguments = {"from_logits": bool(rng.random() < 0.5)}
    y_pred = _logits(rng, shape) if arguments["from_logits"] else _probabilities(rng, shape, axis)
    y_true = rng.integers(0, classes, rows) if sparse else _soft(rng, shape, axis)
    if len(shape) > 1 and rng.random() < 0.6:
        y_pred = np.moveaxis(y_pred, axis, -1)
        y_true = y_true if sparse else np.moveaxis(y_true, axis, -1)
        axis = len(shape) - 1
    if axis != len(shape) - 1 or rng.random() < 0.3:
        arguments["axis"] = axis - len(shape) * int(rng.integers(2))
    if sparse:
        # Of a y_pred with one axis more, Keras drops a last axis of length 1, classes or not.
        if rng.random() < 0.2 or shape[-1] == 1:
            y_true = np.expand_dims(y_true, axis)
        if rng.random() < 0.4:
            arguments["ignore_class"] = int(rng.choice([-1, 0, 1, 255]))
            if arguments["ignore_class"] in (-1, 255) or rng.random() < 0.1:
                chance = rng.choice([0.3, 1.0])
                y_true = np.where(
                    rng.random(y_true.shape) < chance, arguments["ignore_class"], y_true
                )
    elif rng.random() < 0.5:
        arguments["label_smoothing"] = float(rng.choice([0.0, 0.1, 1.0, -0.5, 1.5]))
    reductions = ["sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None]
    arguments["reduction"] = reductions[rng.integers(6)]
    weights = [None, rows]
    if "ignore_class" not in arguments and rows:  # beside it, Keras broadcasts no weights
        weights += [(), (1,) * len(rows), rows[:1] + (1,) * len(rows[1:]), rows[-1:], (*rows, 1)]
    weight_shape = weights[rng.integers(len(weights))]
    if weight_shape is not None:
        arguments["sample_weight"] = rng.integers(0, 9, weight_shape) / 4.0
    dtype = rng.choice(FLOATS)
    y_true = y_true.astype(rng.choice([np.int64, np.int32, np.float32])) if sparse else y_true
    return y_true, y_pred.astype(dtype), arguments


def checksum(*values):
    """Return a number that tells whether a seed still gives the same configuration."""
    total = 0
    for value in values:
        if isinstance(value, dict):
            value = checksum(*value, *value.values())
        elif isinstance(value, np.ndarray):
            value = (value.dtype.str, value.shape, value.tobytes())
        total = zlib.crc32(repr(value).encode(), total)
    return total


def _shape(rng, classes):
    """Return (C,), (N, C) or (N, C, d1, ...); sometimes without a row."""
    num_axes = int(rng.choice([1, 2, 2, 2, 3, 3, 4, 5]))
    if num_axes == 1:
        return (classes,)
    smallest = 0 if rng.random() < 0.1 else 1
    others = [int(d) for d in rng.integers(smallest, 5, num_axes - 2)]
    return (int(rng.integers(smallest, 7)), classes, *others)


def _logits(rng, shape):
    return np.round(rng.normal(size=shape) * rng.choice([0.5, 2.0, 30.0, 1000.0]) * 256) / 256


def _probabilities(rng, shape, axis):
    """Return rows that are positive, or hold zeros, negative numbers or nothing else."""
    p = rng.integers(1, 256, shape) / 256.0
    kind = rng.choice(["normalised", "as they are", "zeros", "tiny", "negative"])
    if kind == "zeros":
        p = p * (rng.random(shape) < 0.5)
    elif kind == "tiny":
        p = p ** rng.integers(1, 5, shape)
    elif kind == "negative":
        p = p - 0.25 * (rng.random(shape) < 0.1)
    return p / p.sum(axis=axis, keepdims=True) if kind == "normalised" else p


def _spoilt(rng, x):
    """Put infinities and NaN among the logits of one configuration in four."""
    for value, chance in ((-np.inf, 0.1), (np.inf, 0.05), (np.nan, 0.05)):
        if x.size and rng.random() < chance:
            x.flat[rng.integers(0, x.size, 2)] = value
    return x


def _soft(rng, shape, axis):
    """Return one-hot rows, probabilities, or numbers that are none."""
    classes = shape[axis]
    kind = rng.choice(["one-hot", "probabilities", "others"])
    if kind == "one-hot":
        labels = rng.integers(0, classes, shape[:axis] + shape[axis + 1 :])
        return np.moveaxis(np.eye(classes)[labels], -1, axis)
    t = rng.integers(0, 9, shape) / 8.0
    if kind == "probabilities":
        t[(slice(None),) * axis + (0,)] += 0.125
        return t / t.sum(axis=axis, keepdims=True)
    return t


def _labels(rng, rows, classes):
    """Return labels of which some may be ignored, and ignore_index."""
    labels = rng.integers(0, classes, rows)
    ignore_index = int(rng.choice([-100, -100, -1, 0, 255]))
    chance = float(rng.choice([0.0, 0.3, 1.0], p=[0.5, 0.4, 0.1]))
    labels = np.where(rng.random(rows) < chance, ignore_index, labels)
    as_bytes = len(rows) < 2 and ignore_index >= 0 and rng.random() < 0.5
    return labels.astype(np.uint8 if as_bytes else np.int64), ignore_index


X = np.log([[2.0, 1.0, 1.0], [1.0, 1.0, 2.0]])
Y = np.array([0, 1])

PYTORCH_ERRORS = {
    "integer logits": dict(input=np.ones((2, 3), int), target=Y),
    "complex logits": dict(input=X.astype(complex), target=Y),
    "scalar input": dict(input=np.float64(1.0), target=np.int64(0)),
    "scalar input, soft": dict(input=np.float64(1.0), target=np.float64(1.0)),
    "labels (N, 1)": dict(input=X, target=Y[:, np.newaxis]),
    "labels (1,) for (C,)": dict(input=X[0], target=Y[:1]),
    "too few labels": dict(input=X, target=Y[:1]),
    "labels transposed": dict(input=np.ones((2, 3, 4, 5)), target=np.zeros((2, 5, 4), int)),
    "classes on the last axis": dict(input=np.ones((2, 4, 3)), target=np.zeros((2, 4), int)),
    "label C": dict(input=X, target=np.array([0, 3])),
    "label -1": dict(input=X, target=np.array([0, -1])),
    "label -100 not ignored": dict(input=X, target=np.array([0, -100]), ignore_index=1),
    "label C with smoothing": dict(input=X, target=np.array([0, 3]), label_smoothing=0.1),
    "int32 labels": dict(input=X, target=Y.astype(np.int32)),
    "int8 labels": dict(input=X, target=Y.astype(np.int8)),
    "bool labels": dict(input=X, target=Y.astype(bool)),
    "float labels": dict(input=X, target=Y.astype(float)),
    "uint8 labels (N, d)": dict(
        input=X[..., np.newaxis], target=Y[:, np.newaxis].astype(np.uint8)
    ),
    "uint8 labels, weighted mean, smoothing": dict(
        input=X, target=Y.astype(np.uint8), weight=np.ones(3), label_smoothing=0.1
    ),
    "integer one-hot": dict(input=X, target=np.eye(3, dtype=int)[Y]),
    "bool one-hot": dict(input=X, target=np.eye(3, dtype=bool)[Y]),
    "complex targets": dict(input=X, target=np.eye(3, dtype=complex)[Y]),
    "soft targets of another shape": dict(input=X, target=np.eye(3)[:1]),
    "ignore_index with soft targets": dict(input=X, target=np.eye(3)[Y], ignore_index=0),
    "ignore_index 1.5": dict(input=X, target=Y, ignore_index=1.5),
    "weight of another length": dict(input=X, target=Y, weight=np.ones(2)),
    "weight (1, C)": dict(input=X, target=Y, weight=np.ones((1, 3))),
    "scalar weight": dict(input=X[:, :1], target=Y[:1].repeat(2), weight=np.float64(2.0)),
    "weight of another length, soft": dict(input=X, target=np.eye(3)[Y], weight=np.ones(2)),
    "float32 weight": dict(input=X, target=Y, weight=np.ones(3, np.float32)),
    "integer weight": dict(input=X, target=Y, weight=np.ones(3, int)),
    "smoothing above 1": dict(input=X, target=Y, label_smoothing=1.01),
    "smoothing above 1, soft": dict(input=X, target=np.eye(3)[Y], label_smoothing=1.01),
    "another reduction": dict(input=X, target=Y, reduction="batchmean"),
    "reduction None": dict(input=X, target=Y, reduction=None),
    "smoothing None": dict(input=X, target=Y, label_smoothing=None),
}

P = np.exp(X) / 4
ONE_HOT = np.eye(3)[Y]

KERAS_ERRORS = {  # of both losses where there are two targets
    "other shapes": ((ONE_HOT[:1], Y[:1]), P, {}),
    "other classes": ((np.eye(4)[Y], Y.repeat(2)), P, {}),
    "labels for one-hot rows, and the other way": ((Y, ONE_HOT), P, {}),
    "scalars": ((np.float64(1.0), np.int64(0)), np.float64(1.0), {}),
    "axis 5": ((ONE_HOT, Y), P, {"axis": 5}),
    "axis True": ((ONE_HOT, None), P, {"axis": True}),
    "another reduction": ((ONE_HOT, Y), P, {"reduction": "batchmean"}),
    "weights of another length": ((ONE_HOT, Y), P, {"sample_weight": np.ones(3)}),
    "weights of the samples for rows (N, d)": (
        (np.ones((2, 3, 3)) / 3, np.zeros((2, 3), int)),
        np.ones((2, 3, 3)),
        {"sample_weight": np.ones(2)},
    ),
    "label C": ((None, np.array([0, 3])), P, {}),
    "label -1": ((None, np.array([0, -1])), P, {}),
    "label -1 of logits": ((None, np.array([0, -1])), X, {"from_logits": True}),
    "label -1 beside ignored ones": ((None, np.array([0, -1])), P, {"ignore_class": 0}),
    "label NaN": ((None, np.array([0, np.nan])), P, {}),
}
