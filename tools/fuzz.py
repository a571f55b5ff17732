"""Feed the loaders and the numeric functions bytes that a coverage-guided fuzzer thinks up.

python tools/fuzz.py [SECONDS [TARGET]]     (default: 60 seconds, for all targets together)

What must hold of every call is what the tests of adversarial input demand, and is imported from
them. atheris reports what fails, and leaves the bytes in _build/fuzz; the same file as the third
argument tries them again. It needs atheris, which requirements-fuzz.txt pins.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build" / "fuzz"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

del sys.modules["pickle"]  # to be loaded again, with counters put in
with atheris.instrument_imports(include=["crossent", "pickle"]):
    import test_adversarial as numbers
    import test_adversarial_files as files

    from crossent.datasets import TEST, TRAINING, load_cifar10, load_cifar10h

DTYPES = ["f2", "f4", "f8", ">f8", "i1", "u1", "i8", ">i4", "u8", "?", "g", "F", "S2", "M8[s]"]
NAMES = sorted(set(numbers.CALLS) - {"fit", "train"})  # which take long


def cifar(suffix, good):
    """Return a target that loads a folder whose test images are the fuzzer's bytes."""
    folder = Path(tempfile.mkdtemp())
    for name in TRAINING:
        (folder / f"{name}{suffix}").write_bytes(good)

    def target(data):
        files.attempt(load_cifar10, folder, folder / f"{TEST}{suffix}", data)

    return target


def votes():
    """Return a target that loads votes from the fuzzer's bytes."""
    folder = Path(tempfile.mkdtemp())
    return lambda data: files.attempt(load_cifar10h, folder, folder / "cifar10h-counts.npy", data)


def functions():
    """Return a target that calls a function with arrays made of the fuzzer's bytes."""

    def target(data):
        source = atheris.FuzzedDataProvider(data)
        name = source.PickValueInList(NAMES)
        scene = numbers.scene_for(name, source.ConsumeIntInRange(0, 999))
        arguments = numbers.good(name, scene)
        # A table for 2³⁰ classes is made where it fits: that would only fill the memory here.
        fitting = [p for p in arguments if p not in ("network", "prepare", "num_classes")]
        for _ in range(source.ConsumeIntInRange(1, 3)):
            arguments[source.PickValueInList(fitting)] = value(source)
        arguments = numbers.with_network(name, arguments, scene)
        if "rng" in arguments:
            numbers.call(name, arguments)
            return
        forms = {
            p: numbers.strided(v) if isinstance(v, np.ndarray) and v.ndim else v
            for p, v in arguments.items()
        }
        numbers.agree(name, numbers.call(name, arguments), numbers.call(name, forms))

    return target


def value(source):
    """Return an array of raw bytes, or something from the list of what does not belong."""
    if source.ConsumeIntInRange(0, 4) == 0:
        return source.PickValueInList(numbers.OUT_OF_PLACE)
    dtype = np.dtype(source.PickValueInList(DTYPES))
    shape = [source.ConsumeIntInRange(0, 3) for _ in range(source.ConsumeIntInRange(0, 3))]
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(source.ConsumeBytes(size).ljust(size, b"\0"), dtype).reshape(shape)


TARGETS = {
    "pickle": (lambda: cifar("", files.GOOD_PICKLE), [files.GOOD_PICKLE, *files.ATTACKS.values()]),
    "binary": (lambda: cifar(".bin", files.GOOD_BINARY), [files.GOOD_BINARY]),
    "votes": (
        votes,
        [files.npy(files.VOTES), *map(files.with_header, files.HEADERS.values())],
    ),
    "functions": (functions, [bytes(range(256)), bytes(64), b"\xff" * 64, b"\x7f\xf0" * 40]),
}
"""How each target is made, and what it begins with."""


def fuzz(target, seconds, *again):
    """Run one target in this process, which ends with it."""
    make, seeds = TARGETS[target]
    corpus = BUILD / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        if len(seed) < 10_000:
            (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-seed=1", "-timeout=20", "-rss_limit_mb=4096"]
    options += ["-max_len=8192", f"-artifact_prefix={BUILD}/{target}-", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, *(again or [str(corpus)])], make())
    atheris.Fuzz()


def main(seconds="60", target=None, *again):
    """Fuzz one target, or each in a process of its own."""
    if target is not None:
        return fuzz(target, seconds, *again)
    share = max(1, int(seconds) // len(TARGETS))
    results = {
        target: subprocess.run([sys.executable, __file__, str(share), target]).returncode
        for target in TARGETS
    }
    print(
        "\n".join(
            f"{target}: {'failed' if code else 'passed'}" for target, code in results.items()
        )
    )
    return int(any(results.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
