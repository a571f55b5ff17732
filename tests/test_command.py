"""The command line: its options, what it trains with, and what it prints."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

from crossent import __main__ as command
from crossent.training import History

IMAGES = np.arange(20 * 2 * 3, dtype=np.uint8).reshape(20, 2, 3)
LABELS = np.arange(20) % 4


@pytest.fixture
def trained(monkeypatch):
    """What `train` is called with; in its place only the logit of class 3 is set to 2."""
    calls = []

    def train(network, x, targets, **options):
        calls.append((network, x, targets, options))
        network.layers[-1][1][3] = 2.0
        return History([2.5, 1.25], [3.0, 0.5])

    monkeypatch.setattr(command, "train", train)
    return calls


def run(arguments, test_labels=(3,), images=IMAGES):
    """Run the command on images of this file, with black ones for the test."""
    test_images = np.zeros((len(test_labels), 2, 3), np.uint8)
    command.run(
        command.parse(arguments.split()), images, LABELS, test_images, np.array(test_labels), 4
    )


@pytest.mark.parametrize(
    ("labels", "mean_logit", "accuracy"), [([3], 2, "100.00%"), ([3, 3, 0], 4 / 3, "66.67%")]
)
def test_what_is_printed(trained, capsys, labels, mean_logit, accuracy):
    """Sizes, losses of the epochs, and the test: −log of softmax(0, 0, 0, 2) at each label."""
    run("--hidden", labels)
    loss = math.log(3 + math.exp(2)) - mean_logit
    assert capsys.readouterr().out.splitlines() == [
        f"18 training, 2 validation and {len(labels)} test images, 6 features, 28 parameters",
        "epoch  training  validation (nats)",
        "    1    2.5000      3.0000",
        "    2    1.2500      0.5000",
        f"test: {loss:.4f} nats per image (equal probabilities: 1.3863), accuracy {accuracy}",
    ]


def test_what_is_trained(trained):
    """A network of the size asked for, in float32, on nine tenths of the images."""
    run("--hidden 5 --epochs 3 --batch-size 7 --step-size 0.25 --ridge 0.5 --seed 9")
    [(network, x, targets, options)] = trained
    assert network.sizes == (6, 5, 4)
    assert network.parameters.dtype == np.float32
    named = ("num_epochs", "batch_size", "step_size", "ridge", "progress")
    assert [options[name] for name in named] == [3, 7, 0.25, 0.5, True]
    parts = [(x, targets), options["validation"]]
    assert [len(images) for images, _ in parts] == [18, 2]
    numbers = [images[:, 0, 0] // 6 for images, _ in parts]
    assert sorted(np.concatenate(numbers)) == list(range(20))
    for (_, labels), chosen in zip(parts, numbers, strict=True):
        np.testing.assert_array_equal(labels, LABELS[chosen])


def test_the_seed_says_which_images_are_held_out(trained):
    for seed in (1, 1, 2):
        run(f"--seed {seed}")
    first, again, other = (options["validation"][0] for *_, options in trained)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_ten_images_are_enough(trained):
    """One of them is held out."""
    run("", images=IMAGES[:10])
    assert len(trained[0][3]["validation"][0]) == 1
    with pytest.raises(ValueError, match=r"^9 images are too few: a tenth of them is held out$"):
        run("", images=IMAGES[:9])


@pytest.mark.parametrize(("brightest", "scale"), [(0, 1), (1, 1), (200, 200)])
def test_images_become_features_up_to_1(trained, brightest, scale):
    """In float32, and without a division by 0."""
    images = np.zeros_like(IMAGES)
    images[0, 0, 0] = brightest
    images[:, 1, 2] = brightest // 2
    run("", images=images)
    features = trained[0][3]["prepare"](images)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, (images / np.float32(scale)).reshape(20, 6))


def test_defaults():
    """Of every option."""
    assert vars(command.parse([])) == {
        "cifar10": None,
        "hidden": [64],
        "epochs": 20,
        "batch_size": 64,
        "step_size": 1e-3,
        "ridge": 0.0,
        "seed": 0,
    }


def test_help(monkeypatch, capsys):
    """All of it, but for where lines end."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit, match=r"^0$"):
        command.main(["--help"])
    assert " ".join(capsys.readouterr().out.split()) == (
        "usage: python -m crossent [-h] [--cifar10 FOLDER] [--hidden [HIDDEN ...]] "
        "[--epochs EPOCHS] [--batch-size BATCH_SIZE] [--step-size STEP_SIZE] [--ridge RIDGE] "
        "[--seed SEED] "
        "Train a classifier of images by minimising the cross-entropy: on the handwritten digits "
        "that scikit-learn bundles, or on CIFAR-10. With CIFAR-10 it takes about half a gigabyte "
        "of memory. "
        "options: -h, --help show this help message and exit "
        "--cifar10 FOLDER folder with the files of CIFAR-10 "
        "--hidden [HIDDEN ...] units of each hidden layer "
        "--epochs EPOCHS --batch-size BATCH_SIZE --step-size STEP_SIZE --ridge RIDGE --seed SEED"
    )


def test_digits_are_split_the_same_each_time():
    """A fifth is for the test; together they are all of the digits, in bytes."""
    first, second = command.load(None), command.load(None)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    images, labels, test_images, test_labels, num_classes = first
    digits = load_digits()
    assert len(test_labels) == len(digits.target) // 5
    assert num_classes == len(digits.target_names)
    assert {images.dtype, test_images.dtype} == {np.dtype(np.uint8)}

    def listed(images, labels):
        return sorted(zip(map(bytes, images), labels.tolist(), strict=True))

    together = np.concatenate([images, test_images]), np.concatenate([labels, test_labels])
    assert listed(*together) == listed(digits.images.astype(np.uint8), digits.target)
