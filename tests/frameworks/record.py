"""Call the frameworks, and record what they return for tests that have to do without them.

With torch 2.13.0 and keras 3.15.1 (requirements-peers.txt):

    KERAS_BACKEND=torch python tests/frameworks/record.py

The arguments are not recorded but made from seeds, with a checksum of them.
"""

import importlib.util
import json
import sys
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
FIRST_SEED = 10_000  # the live tests use those below
NUMBER = {"pytorch": 160, "keras": 440}


def torch_results(arguments, grad_output, dtype=None):
    """Return the loss and its gradients by input and target, of cross_entropy.

    With a dtype, all floats are cast to it before.
    """
    import torch

    tensors = {}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray | np.generic):
            value = torch.tensor(value)
            if value.is_floating_point():
                value = value.to(dtype or value.dtype)
                value.requires_grad_(name != "weight")
        tensors[name] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older arguments are deprecated
        loss = torch.nn.functional.cross_entropy(**tensors)
    output = grad_output if np.shape(grad_output) == loss.shape else np.ones(())
    loss.backward(torch.tensor(output).to(loss.dtype))
    gradients = tensors["input"].grad, tensors["target"].grad
    return loss.detach().numpy(), *(None if g is None else g.numpy() for g in gradients)


def keras_result(y_true, y_pred, arguments, *, sparse):
    """Return the loss of a loss class."""
    import keras

    kind = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
    arguments = dict(arguments)
    weight = arguments.pop("sample_weight", None)
    if arguments.get("label_smoothing") and "axis" in arguments:
        # Keras 3.15.1 smooths with the length of the last axis, so the classes have to be there.
        axis = arguments.pop("axis")
        y_true, y_pred = np.moveaxis(y_true, axis, -1), np.moveaxis(y_pred, axis, -1)
    loss = getattr(keras.losses, kind)(**arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a single class, or what it takes for one
        result = loss(np.asarray(y_true), np.asarray(y_pred), sample_weight=weight)
        return keras.ops.convert_to_numpy(result)


def packed(array):
    """Return an array as text, from which `unpacked` restores it."""
    if array is None:
        return None
    array = np.asarray(array)
    return [array.dtype.name, list(array.shape), " ".join(str(v) for v in array.ravel())]


def unpacked(entry):
    """Return the array that `packed` was given."""
    if entry is None:
        return None
    dtype, shape, text = entry
    return np.array([float(v) for v in text.split()]).astype(dtype).reshape(shape)


def main():
    """Write recorded/pytorch.json and recorded/keras.json."""
    import keras
    import torch

    if keras.backend.backend() != "torch":
        sys.exit("Set KERAS_BACKEND=torch")
    spec = importlib.util.spec_from_file_location("configurations", HERE / "configurations.py")
    configurations = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(configurations)
    calls = {"pytorch": {}, "keras": {}}
    for seed in range(FIRST_SEED, FIRST_SEED + NUMBER["pytorch"]):
        arguments, grad_output = configurations.pytorch(seed)
        results = torch_results(arguments, grad_output)
        checksum = configurations.checksum(arguments, grad_output)
        calls["pytorch"][seed] = [checksum, *map(packed, results)]
    for seed in range(FIRST_SEED, FIRST_SEED + NUMBER["keras"]):
        y_true, y_pred, arguments = configurations.keras(seed, seed % 2)
        result = keras_result(y_true, y_pred, arguments, sparse=seed % 2)
        checksum = configurations.checksum(y_true, y_pred, arguments)
        calls["keras"][seed] = [checksum, packed(result)]
    versions = {"torch": torch.__version__, "keras": keras.__version__, "numpy": np.__version__}
    RECORDED.mkdir(exist_ok=True)
    for framework, results in calls.items():
        lines = [f'"{seed}": {json.dumps(results[seed])}' for seed in results]
        text = (
            f'{{"versions": {json.dumps(versions)},\n"calls": {{\n' + ",\n".join(lines) + "\n}}\n"
        )
        (RECORDED / f"{framework}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
