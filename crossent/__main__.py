"""Train a classifier of images from the command line: ``python -m crossent --help``."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

import numpy as np

from crossent.datasets import load_cifar10
from crossent.losses import softmax_cross_entropy
from crossent.models import Network
from crossent.training import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossent._types import Array


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and print the losses in nats and the accuracy; return the exit status."""
    options = parse(arguments)
    try:
        run(options, *load(options.cifar10))
    except (ImportError, OSError, ValueError, ArithmeticError, MemoryError) as error:
        print(f"crossent: {error}", file=sys.stderr)
        return 1
    return 0


def run(
    options: argparse.Namespace,
    images: Array,
    labels: Array,
    test_images: Array,
    test_labels: Array,
    num_classes: int,
) -> None:
    """Train on a tenth less than the images, and print what came of it."""
    if len(images) < 10:
        raise ValueError(f"{len(images)} images are too few: a tenth of them is held out")
    rng = np.random.default_rng(options.seed)
    held_out, kept = np.split(rng.permutation(len(images)), [len(images) // 10])
    held_out, kept = np.sort(held_out), np.sort(kept)

    scale = np.float32(max(images.max(), 1))

    def prepare(stored: Array) -> Array:
        return stored.reshape(len(stored), -1).astype(np.float32) / scale

    num_features = math.prod(images.shape[1:])
    network = Network([num_features, *options.hidden, num_classes], rng, dtype=np.float32)
    print(
        f"{len(kept)} training, {len(held_out)} validation and {len(test_images)} test images, "
        f"{num_features} features, {len(network.parameters)} parameters"
    )
    history = train(
        network,
        images[kept],
        labels[kept],
        rng=rng,
        num_epochs=options.epochs,
        batch_size=options.batch_size,
        step_size=options.step_size,
        ridge=options.ridge,
        validation=(images[held_out], labels[held_out]),
        prepare=prepare,
        progress=True,
    )
    print("epoch  training  validation (nats)")
    for epoch, losses in enumerate(zip(history.train, history.validation, strict=True), 1):
        print(f"{epoch:5}  {losses[0]:8.4f}  {losses[1]:10.4f}")
    parts = np.array_split(test_images, max(1, len(test_images) // 1000))
    logits = np.concatenate([network.logits(prepare(part)) for part in parts])
    loss = softmax_cross_entropy(logits, test_labels).mean()
    accuracy = np.mean(logits.argmax(axis=1) == test_labels)
    print(
        f"test: {loss:.4f} nats per image (equal probabilities: {math.log(num_classes):.4f}), "
        f"accuracy {accuracy:.2%}"
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options, or leave with a message that names the wrong one."""
    parser = argparse.ArgumentParser(
        prog="python -m crossent",
        description="Train a classifier of images by minimising the cross-entropy: on the "
        "handwritten digits that scikit-learn bundles, or on CIFAR-10. With CIFAR-10 it takes "
        "about half a gigabyte of memory.",
    )
    parser.add_argument("--cifar10", metavar="FOLDER", help="folder with the files of CIFAR-10")
    parser.add_argument(
        "--hidden", type=positive_int, nargs="*", default=[64], help="units of each hidden layer"
    )
    parser.add_argument("--epochs", type=positive_int, default=20)
    parser.add_argument("--batch-size", type=positive_int, default=64)
    parser.add_argument("--step-size", type=float, default=1e-3)
    parser.add_argument("--ridge", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def positive_int(text: str) -> int:
    """Return a positive int from the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def load(cifar10: str | None) -> tuple[Array, Array, Array, Array, int]:
    """Return training images and labels, test images and labels, and the number of classes."""
    if cifar10 is not None:
        data = load_cifar10(cifar10)
        return *data[:4], len(data.class_names)
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(images))
    test, rest = np.split(order, [len(images) // 5])
    return images[rest], labels[rest], images[test], labels[test], 10


if __name__ == "__main__":
    sys.exit(main())
