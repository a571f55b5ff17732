"""Reading CIFAR-10 and CIFAR-10H from their authors' files, in a folder that the reader names.

Nothing is downloaded. Both forms of CIFAR-10 are read: the "binary version"
(``data_batch_1.bin``), and the "python version" (``data_batch_1``), whose pickles are taken apart
without running what they name.
"""

from __future__ import annotations

import io
import pickle
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from typing import Any, ClassVar, NoReturn

    from crossent._types import Array, Ints

__all__ = ["Cifar10", "load_cifar10", "load_cifar10h"]

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
TRAINING = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST = "test_batch"
PIXELS = 3 * 32 * 32
RECORD = 1 + PIXELS
"""Bytes of an image in the binary version: its label, then red, green and blue row by row."""


class Cifar10(NamedTuple):
    """Images and labels; 60 000 images take 184 MB."""

    train_images: np.ndarray
    """Bytes (uint8) of shape (N, 32, 32, 3), by row, column, and red, green and blue."""

    train_labels: np.ndarray
    """Classes 0..9 of the training images, as int64 of shape (N,)."""

    test_images: np.ndarray
    """Like the training images."""

    test_labels: np.ndarray
    """Like the training labels."""

    class_names: tuple = CLASS_NAMES
    """The ten names in the order of the labels."""


def load_cifar10(folder: str | PathLike[str]) -> Cifar10:
    """Read CIFAR-10 from a folder with its five training files and its test file.

    Parameters
    ----------
    folder : path
        ``cifar-10-batches-bin`` or ``cifar-10-batches-py``, unpacked. How many images a file
        holds is read from it: 10 000 in the files that are distributed.

    Returns
    -------
    Cifar10
        Images as bytes and labels in 0..9.

    Raises
    ------
    FileNotFoundError
        If the folder or one of its six files is missing.
    ValueError
        If a file is cut off, a label is not in 0..9, images and labels are not equally many, or a
        pickle holds anything but numbers, text and arrays of bytes; the message names the file.

    References
    ----------
    A. Krizhevsky (2009), "Learning multiple layers of features from tiny images", technical
    report, University of Toronto.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}")
    suffix = ".bin" if (folder / f"{TEST}.bin").exists() else ""
    read = _read_binary if suffix else _read_pickle
    paths = [folder / f"{name}{suffix}" for name in (*TRAINING, TEST)]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder} lacks {', '.join(missing)}; CIFAR-10 has {TRAINING[0]} to "
            f"{TRAINING[-1]} and {TEST}, all with .bin or all without"
        )
    *training, (test_images, test_labels) = (read(path) for path in paths)
    images, labels = zip(*training, strict=True)
    return Cifar10(np.concatenate(images), np.concatenate(labels), test_images, test_labels)


def load_cifar10h(folder: str | PathLike[str]) -> Ints:
    """Read CIFAR-10H: how many people saw each class in each test image of CIFAR-10.

    Parameters
    ----------
    folder : path
        The folder with ``cifar10h-counts.npy``.

    Returns
    -------
    ndarray of int64, shape (N, 10)
        Votes by image, in the order of CIFAR-10's test images, and class; N is 10 000 in the
        file that is distributed.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is cut off or is no array, its shape is another, or an entry is not a whole number
        of votes, or an image has no vote; the message names the file and the entry.

    References
    ----------
    J. C. Peterson, R. M. Battleday, T. L. Griffiths and O. Russakovsky (2019), "Human uncertainty
    makes classification more robust", ICCV.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/cifar10h-counts.npy", 25 * np.eye(10) + 25 * np.eye(10, k=1))
    ...     counts = load_cifar10h(folder)
    >>> print(counts[0])  # half of the votes are for an airplane, half for an automobile
    [25 25  0  0  0  0  0  0  0  0]
    """
    path = Path(folder) / "cifar10h-counts.npy"
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that old versions of numpy wrote
            counts = np.lib.format.read_array(file, allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # whatever a damaged header makes numpy stumble over
        raise ValueError(f"{path} is cut off or is no array of numbers: {error}") from None
    if counts.dtype.kind not in "iuf":
        raise ValueError(f"{path} does not hold an array of numbers")
    if counts.ndim != 2 or counts.shape[1] != len(CLASS_NAMES) or len(counts) == 0:
        raise ValueError(
            f"{path} has an array of shape {counts.shape}, not (images, {len(CLASS_NAMES)})"
        )
    with np.errstate(all="ignore"):
        votes = counts.astype(np.float64)  # 2³¹ is beyond float16
        whole = (votes >= 0) & (votes < 2**31) & (votes == np.floor(votes))
    if not whole.all():
        image, k = np.argwhere(~whole)[0]
        raise ValueError(
            f"{path}: image {image} has {counts[image, k]} votes for class {k}, not a number of "
            "people; the counts are wanted here, not the probabilities"
        )
    counts = counts.astype(np.int64)
    empty = np.flatnonzero(counts.sum(axis=1) == 0)
    if empty.size:
        raise ValueError(f"{path}: image {empty[0]} has no votes")
    return counts


def _read_binary(path: Path) -> tuple[Array, Ints]:
    """Return the images and labels of a file of the binary version."""
    size = path.stat().st_size
    if size == 0 or size % RECORD:
        raise ValueError(
            f"{path} has {size} bytes, not a whole number of images of {RECORD} bytes: "
            f"it is cut off or is another file"
        )
    records = np.fromfile(path, dtype=np.uint8).reshape(-1, RECORD)
    return _as_images(records[:, 1:]), _as_labels(records[:, 0], path)


def _read_pickle(path: Path) -> tuple[Array, Ints]:
    """Return the images and labels of a file of the python version."""
    content = io.BytesIO(path.read_bytes())  # where no length that the file states is believed
    try:
        batch = _PlainUnpickler(content, encoding="bytes").load()
    except ValueError as error:
        raise ValueError(f"{path} is refused: {error}") from None
    except Exception as error:  # whatever a damaged pickle makes the unpickler stumble over
        raise ValueError(f"{path} is cut off or is no pickle: {error!r}") from None
    try:  # names are bytes where Python 2 wrote the file, as it did those distributed
        pixels, labels = (batch.get(name.encode(), batch.get(name)) for name in ("data", "labels"))
    except AttributeError:
        raise ValueError(f"{path} does not hold the entries 'data' and 'labels'") from None
    pixels = pixels.array() if isinstance(pixels, _ArrayOfBytes) else None
    if pixels is None or pixels.ndim != 2 or pixels.shape[1] != PIXELS or len(pixels) == 0:
        raise ValueError(f"{path}: 'data' is not an array of bytes of shape (images, {PIXELS})")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise ValueError(f"{path}: 'labels' is not a list of integers")
    if len(labels) != len(pixels):
        raise ValueError(f"{path} has {len(pixels)} images and {len(labels)} labels")
    return _as_images(pixels), _as_labels(np.array(labels, dtype=object), path)


def _as_images(pixels: Array) -> Array:
    """Turn rows of red, green and blue planes into images with the colours on the last axis."""
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _as_labels(labels: Array, path: Path) -> Ints:
    """Return the labels as int64 once they are known to be classes."""
    wrong = np.flatnonzero((labels < 0) | (labels >= len(CLASS_NAMES)))
    if wrong.size:
        number = int(labels[wrong[0]])
        label = str(number) if number.bit_length() <= 128 else f"of {number.bit_length()} bits"
        raise ValueError(
            f"{path}: image {wrong[0]} has the label {label}, which is not in "
            f"0..{len(CLASS_NAMES) - 1}"
        )
    return labels.astype(np.int64)


class _PlainUnpickler(pickle._Unpickler):
    """Reads pickled numbers, text, lists, dicts and arrays of bytes; imports and calls nothing.

    The few names that a pickled array of bytes mentions become stand-ins that keep what they are
    given; any other name is refused.

    It stands on Python's unpickler in Python, whose steps can be replaced. The one in C can be
    made to fill the memory or to end the process by a few bytes.
    """

    append: Callable[[object], None]
    pop_mark: Callable[[], list[object]]
    read: Callable[[int], bytes]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {**pickle._Unpickler.dispatch}

    def find_class(self, module: str, name: str) -> Any:
        stand_in = STAND_INS.get((module.replace("._core.", ".core."), name))
        if stand_in is None:
            raise ValueError(f"it names {module}.{name}, which no file of CIFAR-10 needs")
        return lambda *given: stand_in(*given)  # a new one, since a pickle may set attributes

    def persistent_load(self, pid: object) -> NoReturn:
        raise ValueError("it refers to an object outside the file")

    def push_entries(self) -> None:
        """Push an empty dict."""
        self.append(_Entries())

    def push_marked_entries(self) -> None:
        """Push a dict in the oldest way, in which it is empty as well."""
        if self.pop_mark():
            raise ValueError("it holds a dict that no writer of pickles begins with entries")
        self.append(_Entries())

    def push_bytes(self) -> None:
        """Push bytes, for which no more memory is taken than the file has."""
        self.append(self.read(int.from_bytes(self.read(8), "little")))

    def refuse_set(self) -> NoReturn:
        """Refuse a set, whose members would be hashed."""
        raise ValueError("it holds a set, which no file of CIFAR-10 needs")

    dispatch |= {
        pickle.EMPTY_DICT[0]: push_entries,
        pickle.DICT[0]: push_marked_entries,
        pickle.BYTEARRAY8[0]: push_bytes,
        pickle.EMPTY_SET[0]: refuse_set,
        pickle.FROZENSET[0]: refuse_set,
    }


class _Entries(dict):
    """A dict whose keys are text or bytes: to hash nested tuples can take forever."""

    __slots__ = ()

    def __setitem__(self, key: object, value: object) -> None:
        if not isinstance(key, str | bytes):
            raise ValueError("it has an entry whose name is no text")
        super().__setitem__(key, value)


class _Type:
    """A stand-in for numpy.dtype and numpy.ndarray."""

    def __init__(self, name: str | bytes | None = None, *_: object) -> None:
        self.name = name.decode() if isinstance(name, bytes) else name

    def __setstate__(self, state: Any) -> None:
        """Keep nothing: bytes have no byte order."""


class _ArrayOfBytes:
    """A stand-in for a numpy array that is filled by its state."""

    def __init__(self, *_: object) -> None:
        self.parts: Any = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, is_fortran, data = state
        self.parts = data, dtype, shape, "F" if is_fortran else "C"

    def array(self) -> Array | None:
        """Return the array, or None where it would not be one of bytes."""
        try:
            data, dtype, shape, order = self.parts
            if dtype.name != "u1":
                return None
            return np.frombuffer(data, np.uint8).reshape(shape, order=order)
        except (TypeError, ValueError, AttributeError):
            return None


def _array_from_buffer(*parts: Any) -> _ArrayOfBytes:
    """Stand in for the function that makes an array of its data, dtype, shape and order."""
    array = _ArrayOfBytes()
    array.parts = parts
    return array


def _encode(text: str, encoding: str) -> bytes:
    """Stand in for codecs.encode, the way in which old pickles write bytes."""
    if encoding != "latin1":
        raise ValueError("it writes bytes by another codec than latin1")
    return text.encode("latin1")


STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _ArrayOfBytes,
    ("numpy.core.numeric", "_frombuffer"): _array_from_buffer,
    ("numpy", "ndarray"): _Type,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
}
