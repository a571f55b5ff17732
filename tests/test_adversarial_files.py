"""Hostile and damaged files, and arguments of the command line: refused, and nothing is run."""

import io
import os
import pickle
import sys
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossent import datasets
from crossent.__main__ import main
from crossent.datasets import PIXELS, RECORD, TEST, TRAINING, load_cifar10, load_cifar10h

LOADERS = {"load_cifar10", "load_cifar10h"}
VOTES = np.random.default_rng(0).multinomial(50, np.full(10, 0.1), size=6)
GOOD_PICKLE = pickle.dumps(
    {b"labels": [3, 4], b"data": np.zeros((2, PIXELS), np.uint8)}, protocol=2
)
GOOD_BINARY = bytes(2 * RECORD)


def npy(array):
    """Return the bytes of a file with an array."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_header(header, body=b""):
    """Return the bytes of a file whose header says what it likes."""
    header = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


def test_every_loader_is_here():
    assert {name for name in datasets.__all__ if name.startswith("load")} == LOADERS


def attempt(load, folder, path, content):
    """Load a folder one file of which has this content, or return the words of its refusal."""
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return load(folder)
        except ValueError as error:
            assert str(path) in str(error), f"it does not name the file: {error}"
            return str(error)


@pytest.fixture(scope="module")
def cifar(tmp_path_factory):
    """Return a function that loads CIFAR-10 with one file replaced."""
    folders = {}
    for suffix, content in (("", GOOD_PICKLE), (".bin", GOOD_BINARY)):
        folders[suffix] = tmp_path_factory.mktemp("cifar")
        for name in (*TRAINING, TEST):
            (folders[suffix] / f"{name}{suffix}").write_bytes(content)

    def load(content, suffix=""):
        path = folders[suffix] / f"{TEST}{suffix}"
        return attempt(load_cifar10, folders[suffix], path, content)

    return load


@pytest.fixture(scope="module")
def cifar10h(tmp_path_factory):
    """Return a function that loads votes from a file with this content."""
    folder = tmp_path_factory.mktemp("votes")
    return lambda content: attempt(load_cifar10h, folder, folder / "cifar10h-counts.npy", content)


# ---------------------------------------------------------------- pickles that attack


class Runs:
    """Pickles to a call of os.mkdir."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def array_pickle(shape):
    """Return a pickle whose array states a shape of its own choice."""
    return (
        b"\x80\x02}(U\x06labels](K\x03K\x04eU\x04datacnumpy.core.multiarray\n_reconstruct\n"
        b"cnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + shape
        + b"cnumpy\ndtype\nU\x02u1K\x00K\x01"
        b"\x87R\x89T" + (2 * PIXELS).to_bytes(4, "little") + bytes(2 * PIXELS) + b"tbu."
    )


NESTED = b")" + b"\x85" * 400_000
"""A tuple in a tuple in a tuple: Python's hash of it overflows the stack and ends the process."""
DOUBLED = b"(K\x01t" + b"2\x86" * 60
"""A tuple of two references to a tuple of two references: 2⁶⁰ hashes."""
ATTACKS = {
    "nested key": b"\x80\x02}" + NESTED + b"Ns.",
    "doubled key": b"\x80\x02}" + DOUBLED + b"Ns.",
    "doubled key of an old dict": b"\x80\x02(" + DOUBLED + b"Nd.",
    "doubled member of a set": b"\x80\x04\x8f(" + DOUBLED + b"\x90.",
    "doubled member of a frozen set": b"\x80\x04(" + DOUBLED + b"\x91.",
    "doubled codec": b"c_codecs\nencode\n(Vx\n" + DOUBLED + b"tR.",
    "a huge memo": b"\x80\x02]r\xff\xff\xff\x7f.",
    "huge bytes": b"\x80\x04\x8e" + (2**40).to_bytes(8, "little") + b".",
    "a huge bytearray": b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b".",
    "a huge frame": b"\x80\x04\x95" + (2**40).to_bytes(8, "little") + b"N.",
    "a huge text": b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b".",
    "many digits": b"L" + b"9" * 5000 + b"L\n.",
    "a huge label": pickle.dumps(
        {b"labels": [2**40_000, 3], b"data": np.zeros((2, PIXELS), np.uint8)}
    ),
    "a huge shape": array_pickle(b"\x8a\x0a" + b"\xff" * 9 + b"\x00K\x01\x86"),
    "no shape": array_pickle(b"N"),
    "shape in text": array_pickle(b"U\x02ab"),
    "an attribute of a stand-in": b"\x80\x02c_codecs\nencode\n(N}V__defaults__\n(K\x01tstb.",
    "a new object": b"\x80\x02cnumpy\ndtype\n)\x81.",
    "an extension": b"\x80\x02\x82\x01.",
    "a method": b"\x80\x04\x8c\x07builtins\x8c\x0cdict.fromkeys\x93.",
    "an attribute": b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.__reduce\x93.",
    "a buffer": b"\x80\x05\x97.",
}


@pytest.mark.parametrize("case", ATTACKS)
def test_attacks_by_pickle(cifar, case):
    """Each ends in an error that names the file, at once and in little memory."""
    before = {
        f: (f.__defaults__, dict(f.__dict__))
        for f in vars(datasets).values()
        if callable(f) and hasattr(f, "__defaults__")
    }
    tracemalloc.start()
    try:
        assert isinstance(cifar(ATTACKS[case]), str)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
    assert before == {f: (f.__defaults__, dict(f.__dict__)) for f in before}


def test_no_file_runs_code(cifar, cifar10h, tmp_path):
    """In a pickle of any protocol, and in an array of objects."""
    mark = tmp_path / "mark"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert "it names" in cifar(pickle.dumps({"labels": Runs(mark)}, protocol))
    objects = np.array([Runs(mark)], dtype=object)
    for content in (npy(objects), pickle.dumps(Runs(mark)), npy(objects)[:-3]):
        assert isinstance(cifar10h(content), str)
    assert not mark.exists()


HEADERS = {
    "unfinished": "{'descr': '<i8', 'fortran_order': False, 'shape': (6, 10), (",
    "indented": "{'descr':\n  '<i8'\n 'x",
    "parentheses": "(" * 100,
    "no dict": "[1, 2]",
    "a call": "__import__('os').mkdir('x')",
    "an enormous array": "{'descr': '<i8', 'fortran_order': False, 'shape': (10**15, 10)}",
    "enormous": "{'descr': '<i8', 'fortran_order': False, 'shape': (100000000000000, 10)}",
    "beyond int64": f"{{'descr': '<i8', 'fortran_order': False, 'shape': ({10**25}, 10)}}",
    "many axes": "{'descr': '<i8', 'fortran_order': False, 'shape': (" + "1," * 70 + ")}",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (6, 10)}",
    "an unknown type": "{'descr': '<q9', 'fortran_order': False, 'shape': (6, 10)}",
    "a type of old": "{'descr': 'a8', 'fortran_order': False, 'shape': (6, 10)}",
    "nothing in it": "{'descr': '|V0', 'fortran_order': False, 'shape': (6, 10)}",
    "fields": "{'descr': [('a', '<i8')], 'fortran_order': False, 'shape': (6, 10)}",
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_that_lie(cifar10h, case):
    assert isinstance(cifar10h(with_header(HEADERS[case], VOTES.tobytes())), str)


def test_headers_of_old(cifar10h):
    """Python 2 wrote sizes as 6L, of which numpy warns."""
    header = "{'descr': '<i8', 'fortran_order': False, 'shape': (6L, 10L), }"
    np.testing.assert_array_equal(cifar10h(with_header(header, VOTES.tobytes())), VOTES)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g", "i1", "u1", "u8", ">i2", ">f4"])
def test_votes_of_every_type(cifar10h, dtype):
    """2³¹ votes, the bound, is beyond float16 and int8."""
    np.testing.assert_array_equal(cifar10h(npy(VOTES.astype(dtype))), VOTES)


def test_signalling_nan_is_no_vote(cifar10h):
    votes = VOTES.astype("f4").view("u4")
    votes[2, 3] = 0x7F800001
    assert "image 2 has nan votes" in cifar10h(npy(votes.view("f4")))


# ---------------------------------------------------------------- damage at random


def damaged(content):
    """Return bytes with some cut off, changed, put in or doubled."""
    changes = st.lists(
        st.tuples(
            st.sampled_from(["cut", "change", "insert", "repeat"]),
            st.integers(0, min(len(content), 400)) | st.integers(0, len(content)),
            st.binary(min_size=1, max_size=8),
        ),
        min_size=1,
        max_size=4,
    )

    def changed(steps):
        now = content
        for way, at, piece in steps:
            rest = {
                "cut": b"",
                "change": piece + now[at + len(piece) :],
                "insert": piece + now[at:],
                "repeat": now[max(0, at - 20) :],
            }
            now = now[:at] + rest[way]
        return now

    return changes.map(changed)


SLOW = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(content=damaged(GOOD_PICKLE))
def test_a_damaged_pickle(cifar, content):
    data = cifar(content)
    if not isinstance(data, str):
        assert data.test_images.dtype == np.uint8
        assert data.test_images.shape == (len(data.test_labels), 32, 32, 3)
        assert set(data.test_labels.tolist()) <= set(range(10))


@SLOW
@given(content=damaged(npy(VOTES)))
def test_a_damaged_array(cifar10h, content):
    votes = cifar10h(content)
    if not isinstance(votes, str):
        assert votes.dtype == np.int64
        assert votes.shape[1:] == (10,)
        assert votes.min() >= 0 and votes.sum(axis=1).min() > 0


@SLOW
@given(content=damaged(GOOD_BINARY))
def test_a_damaged_binary_file(cifar, content):
    data = cifar(content, ".bin")
    assert isinstance(data, str) or set(data.test_labels.tolist()) <= set(range(10))


@pytest.mark.parametrize("load", [load_cifar10, load_cifar10h])
@pytest.mark.parametrize("folder", [None, 5, 1.5, b"x", [], "", "\0", "no such folder", __file__])
def test_what_is_no_folder(load, folder):
    with pytest.raises((TypeError, OSError, ValueError)):
        load(folder)


# ---------------------------------------------------------------- the command line


WRONG_OPTIONS = [
    *(["--step-size", v] for v in ("nan", "-1", "inf", "1e999", "x", "")),
    *(["--ridge", v] for v in ("nan", "-1e-9", "inf", "0x1")),
    *(["--seed", v] for v in ("-1", "1.5", "9" * 5000, "None")),
    *([f"--{name}", v] for name in ("epochs", "batch-size", "hidden") for v in ("0", "-3", "2.5")),
    *(["--epochs"], ["--no-such-option"], ["word"], ["--cifar10"], ["--hidden", "9" * 30]),
    *(["--cifar10", v] for v in ("", "\0", "no such folder", __file__, "x" * 5000)),
]


@pytest.fixture
def images(tmp_path):
    """Return a folder with ten training images and two test images, all of them black."""
    for name in (*TRAINING, TEST):
        (tmp_path / f"{name}.bin").write_bytes(GOOD_BINARY)
    return str(tmp_path)


@pytest.mark.parametrize("options", WRONG_OPTIONS, ids=lambda options: " ".join(options)[:20])
def test_wrong_options(options, images, capsys):
    """One line says what is wrong; no traceback."""
    if "--cifar10" not in options:
        options = ["--cifar10", images, *options]
    try:
        status = main(options)
    except SystemExit as leaving:
        status = leaving.code
    assert status in (1, 2)
    words = capsys.readouterr().err
    assert "error: " in words or words.startswith("crossent: ")


def test_black_images_are_no_division_by_zero(images, capsys):
    assert main(["--cifar10", images, "--epochs", "1", "--hidden"]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_too_few_images_and_too_large_steps(images, capsys):
    assert main(["--cifar10", images, "--step-size", "1e308", "--epochs", "9"]) in (0, 1)
    capsys.readouterr()
    for name in TRAINING:
        with open(f"{images}/{name}.bin", "wb") as file:
            file.write(bytes(RECORD))
    assert main(["--cifar10", images]) == 1
    assert "5 images are too few" in capsys.readouterr().err


def test_the_limit_of_digits_is_as_python_has_it():
    """What "many digits" and "a huge label" rest on."""
    assert sys.get_int_max_str_digits() == 4300
