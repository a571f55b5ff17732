"""CIFAR-10 and CIFAR-10H: small files in their forms are read, damaged and hostile refused."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crossent.__main__ import main
from crossent.datasets import PIXELS, RECORD, TEST, TRAINING, load_cifar10, load_cifar10h

ROOT = Path(__file__).parent.parent


@pytest.fixture
def records():
    """Six files' worth of seven images each: labels and planes of red, green and blue."""
    rng = np.random.default_rng(10)
    return {
        name: (rng.integers(0, 10, 7), rng.integers(0, 256, (7, PIXELS), dtype=np.uint8))
        for name in (*TRAINING, TEST)
    }


def python2_pickle(labels, pixels):
    """Bytes as Python 2 with an old numpy wrote them, opcode by opcode.

    Python 3 writes names and bytes differently, so that its pickles would not do as a test.
    """

    def text(s):
        return b"U" + bytes([len(s)]) + s

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n"
        b"cnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01" + b"M" + len(labels).to_bytes(2, "little") + b"M\x00\x0c\x86"
        b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + pixels.nbytes.to_bytes(4, "little") + pixels.tobytes() + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    entries = [(b"batch_label", text(b"batch 1 of 5")), (b"labels", numbers), (b"data", array)]
    return b"\x80\x02}(" + b"".join(text(k) + v for k, v in entries) + b"u."


WRITERS = {
    "binary": lambda labels, pixels: np.column_stack([labels, pixels]).astype(np.uint8).tobytes(),
    "python 2": python2_pickle,
    **{
        f"protocol {p}": lambda labels, pixels, p=p: pickle.dumps(
            {"labels": labels.tolist(), "data": pixels, "filenames": ["a.png"] * 7}, protocol=p
        )
        for p in range(6)
    },
}


def write(folder, records, form):
    """Write the six files in one of the forms."""
    suffix = ".bin" if form == "binary" else ""
    for name, (labels, pixels) in records.items():
        (folder / f"{name}{suffix}").write_bytes(WRITERS[form](labels, pixels))


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_gives_the_same_images(tmp_path, records, form):
    write(tmp_path, records, form)
    data = load_cifar10(tmp_path)
    assert data.train_images.shape == (35, 32, 32, 3)
    assert data.train_images.dtype == np.uint8
    assert data.train_labels.dtype == np.int64
    labels = np.concatenate([records[name][0] for name in TRAINING])
    np.testing.assert_array_equal(data.train_labels, labels)
    np.testing.assert_array_equal(data.test_labels, records[TEST][0])
    # The seventh image of the third file: its green plane, row 5, column 9.
    assert data.train_images[20, 5, 9, 1] == records[TRAINING[2]][1][6, 1024 + 5 * 32 + 9]
    assert len(data.class_names) == 10


def test_an_array_in_fortran_order_is_read_right(tmp_path, records):
    records = {n: (labels, np.asfortranarray(pixels)) for n, (labels, pixels) in records.items()}
    write(tmp_path, records, "protocol 4")
    image = records[TEST][1][3].reshape(3, 32, 32).transpose(1, 2, 0)
    np.testing.assert_array_equal(load_cifar10(tmp_path).test_images[3], image)


def batch(**changes):
    """A good batch of two images, changed."""
    good = {"labels": [3, 4], "data": np.zeros((2, PIXELS), np.uint8)}
    return pickle.dumps(good | changes)


class Runs:
    """Pickles to a call of os.mkdir."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


DAMAGED = {
    "empty": (b"", "cut off or is no pickle"),
    "cut off": (batch()[:-100], "cut off or is no pickle"),
    "not a pickle": (b"not a pickle at all", "cut off or is no pickle"),
    "a number": (pickle.dumps(5), "does not hold the entries"),
    "no data": (pickle.dumps({"labels": [1]}), "'data' is not an array of bytes"),
    "other shape": (batch(data=np.zeros((2, 5), np.uint8)), "'data' is not an array"),
    "no images": (batch(data=np.zeros((0, PIXELS), np.uint8)), "'data' is not an array"),
    "floats": (batch(data=np.zeros((2, PIXELS))), "'data' is not an array"),
    "objects": (batch(data=np.array([[1, None]], dtype=object)), "'data' is not an array"),
    "labels in text": (batch(labels=["1", "2"]), "not a list of integers"),
    "labels true": (batch(labels=[True, False]), "not a list of integers"),
    "three labels": (batch(labels=[1, 2, 3]), "2 images and 3 labels"),
    "a label of 10": (
        batch(labels=[3, 10]),
        r"image 1 has the label 10, which is not in 0\.\.9$",
    ),
    "a label beyond int64": (
        batch(labels=[2**63 + 1, -1]),
        "image 0 has the label 9223372036854775809, ",
    ),
    "a label of -1": (batch(labels=[-1, 3]), r"image 0 has the label -1"),
    "a huge label": (batch(labels=[2**70, 3]), "image 0 has the label 1180591620717411303424"),
    "a label of 128 bits": (batch(labels=[3, 2**127]), f"image 1 has the label {2**127}, "),
    "a label of 129 bits": (batch(labels=[3, 2**128]), "image 1 has the label of 129 bits, "),
    "another class": (pickle.dumps(Path("x")), r"refused: it names pathlib.*, which no file"),
    "a builtin": (b"cbuiltins\neval\n(S'1+1'\ntR.", "refused: it names builtins.eval"),
    "numpy's other names": (b"cnumpy\nload\n(S'x'\ntR.", "refused: it names numpy.load"),
    "bytes by another codec": (b"c_codecs\nencode\n(Vx\nVrot13\ntR.", "refused: it writes bytes"),
    "an outside object": (b"Pabc\n.", "refused: it refers to an object outside"),
    "an entry named 5": (
        pickle.dumps({5: 1}),
        "is refused: it has an entry whose name is no text$",
    ),
    "an old dict": (
        b"(S'labels'\nNd.",
        "is refused: it holds a dict that no writer of pickles begins with entries$",
    ),
    "a set": (
        pickle.dumps({1}, protocol=4),
        "is refused: it holds a set, which no file of CIFAR-10 needs$",
    ),
    "a frozen set": (
        pickle.dumps(frozenset({1}), protocol=4),
        "is refused: it holds a set, which no file of CIFAR-10 needs$",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_pickle_is_refused_by_name(tmp_path, records, case):
    content, words = DAMAGED[case]
    write(tmp_path, records, "protocol 2")
    path = tmp_path / TRAINING[3]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        load_cifar10(tmp_path)
    assert str(path) in str(caught.value)


def test_no_pickled_code_is_run(tmp_path, records):
    write(tmp_path, records, "protocol 2")
    mark = tmp_path / "mark"
    (tmp_path / TEST).write_bytes(pickle.dumps({"labels": [Runs(mark)]}))
    with pytest.raises(ValueError, match=r"it names .*mkdir"):
        load_cifar10(tmp_path)
    assert not mark.exists()


def test_a_cut_off_binary_file_is_refused(tmp_path, records):
    write(tmp_path, records, "binary")
    path = tmp_path / f"{TRAINING[1]}.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=rf"has {7 * RECORD - 1} bytes.*cut off"):
        load_cifar10(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="has 0 bytes"):
        load_cifar10(tmp_path)


def test_a_binary_label_out_of_range_is_refused(tmp_path, records):
    records[TEST][0][4] = 10
    write(tmp_path, records, "binary")
    with pytest.raises(ValueError, match=r"test_batch\.bin: image 4 has the label 10"):
        load_cifar10(tmp_path)


def test_a_missing_file_is_named(tmp_path, records):
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_cifar10(tmp_path / "nowhere")
    write(tmp_path, records, "binary")
    (tmp_path / "data_batch_2.bin").unlink()
    (tmp_path / "data_batch_4.bin").unlink()
    words = (
        r"lacks data_batch_2\.bin, data_batch_4\.bin; CIFAR-10 has data_batch_1 to data_batch_5 "
        "and test_batch, all with .bin or all without$"
    )
    with pytest.raises(FileNotFoundError, match=words):
        load_cifar10(tmp_path)


def test_the_command_trains_on_a_folder(tmp_path, records, capsys):
    write(tmp_path, records, "python 2")
    assert main(["--cifar10", str(tmp_path), "--epochs", "2", "--hidden"]) == 0
    printed = capsys.readouterr().out
    assert "32 training, 3 validation and 7 test images, 3072 features, 30730 para" in printed
    assert "nats per image (equal probabilities: 2.3026)" in printed


def test_the_command_learns_the_digits():
    """As a reader would call it; the loss is far below that of equal probabilities."""
    command = [sys.executable, "-m", "crossent", "--epochs", "15", "--step-size", "0.003"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    last = run.stdout.splitlines()[-1]
    assert float(last.split()[1]) < 0.25
    assert float(last.rsplit(" ", 1)[1].rstrip("%")) > 92


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    assert main(["--cifar10", str(tmp_path)]) == 1
    assert "lacks data_batch_1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--epochs", "0"])
    assert "0 is not at least 1" in capsys.readouterr().err


# ---------------------------------------------------------------- CIFAR-10H

VOTES = np.random.default_rng(0).multinomial(50, np.full(10, 0.1), size=6)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float64, ">i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_votes_are_read(tmp_path, dtype, order):
    np.save(tmp_path / "cifar10h-counts.npy", np.asarray(VOTES, dtype=dtype, order=order))
    votes = load_cifar10h(tmp_path)
    assert votes.dtype == np.int64
    np.testing.assert_array_equal(votes, VOTES)


def test_hundreds_of_votes_are_read(tmp_path):
    np.save(tmp_path / "cifar10h-counts.npy", 1000 * VOTES)
    np.testing.assert_array_equal(load_cifar10h(tmp_path), 1000 * VOTES)


def changed(entry):
    """The votes with another entry at image 4, class 7."""
    votes = VOTES.astype(np.float64)
    votes[4, 7] = entry
    return votes


WRONG_VOTES = {
    "probabilities": (
        VOTES / 50,
        "not a number of people; the counts are wanted here, not the probabilities$",
    ),
    "half a vote": (changed(2.5), r"image 4 has 2\.5 votes for class 7"),
    "negative": (changed(-1), r"image 4 has -1\.0 votes for class 7"),
    "NaN": (changed(np.nan), "image 4 has nan votes"),
    "infinite": (changed(np.inf), "image 4 has inf votes"),
    "a vote of everybody": (changed(2.0**31), r"image 4 has 2147483648\.0 votes"),
    "no votes": (VOTES * (np.arange(6) != 2)[:, None], "image 2 has no votes"),
    "nine classes": (VOTES[:, :9], r"shape \(6, 9\)"),
    "no images": (VOTES[:0], r"shape \(0, 10\)"),
    "one row": (VOTES[0], r"shape \(10,\)"),
    "text": (VOTES.astype(str), "array of numbers"),
    "truth values": (VOTES > 5, "array of numbers"),
}


@pytest.mark.parametrize("case", WRONG_VOTES)
def test_wrong_votes_are_refused(tmp_path, case):
    votes, words = WRONG_VOTES[case]
    np.save(tmp_path / "cifar10h-counts.npy", votes)
    with pytest.raises(ValueError, match=words) as caught:
        load_cifar10h(tmp_path)
    assert str(tmp_path / "cifar10h-counts.npy") in str(caught.value)


def test_damaged_votes_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cifar10h-counts\.npy"):
        load_cifar10h(tmp_path)
    path = tmp_path / "cifar10h-counts.npy"
    np.save(path, VOTES)
    whole = path.read_bytes()
    for content in (b"", whole[:5], whole[:100], whole[:-1], b"PK\x03\x04", b"text, not numbers"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="cut off or is no array"):
            load_cifar10h(tmp_path)


def test_pickled_votes_are_not_run(tmp_path):
    mark = tmp_path / "mark"
    path = tmp_path / "cifar10h-counts.npy"
    np.save(path, np.array([Runs(mark)], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="no array of numbers"):
        load_cifar10h(tmp_path)
    path.write_bytes(pickle.dumps(Runs(mark)))
    with pytest.raises(ValueError, match="no array of numbers"):
        load_cifar10h(tmp_path)
    assert not mark.exists()


def test_an_archive_is_not_votes(tmp_path):
    with open(tmp_path / "cifar10h-counts.npy", "wb") as file:
        np.savez(file, votes=VOTES)
    with pytest.raises(ValueError, match="array of numbers"):
        load_cifar10h(tmp_path)
