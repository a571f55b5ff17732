"""CPU time and memory beside every peer installed, as ratios.

The contestants of a row take turns, so that all meet the same machine; each time is the median of
the CPU times of the turns, on one thread. Writes results/speed.md, speed.json and speed.svg.

    python -m benchmarks.speed            everything, some minutes
    python -m benchmarks.speed --quick    fewer turns, and no vocabulary-scale loss
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import peers  # first: it fixes the number of threads

import numpy as np  # isort: skip

RESULTS = Path(__file__).parent / "results"
SHAPES = [(64, 10), (10_000, 10), (1_000_000, 10), (8192, 1000), (4096, 32768)]
SLOW = 1e8
"""Entries from which on only torch is measured beside us: the others take minutes."""
FLOOR = "exponentials alone"
"""One float64 exponential per logit, into a buffer that stays in the cache, and nothing else."""


def main():
    """Measure what is installed, print the table and write the files."""
    quick = "--quick" in sys.argv
    found, missing = peers.load()
    if missing:
        print("Not installed, so not measured:", ", ".join(missing))
    rows = []
    for quantity in ("loss", "gradient"):
        for shape in SHAPES[: 4 if quick else 5]:
            for dtype in (np.float32, np.float64):
                rows.append(race(found, quantity, shape, dtype, seconds=1 if quick else 3))
                print(line(rows[-1], found), flush=True)
    names = [n for n in found if n != peers.OURS]
    setting = f"{peers.machine()}; " + ", ".join(
        f"{name} {version}" for name, version in peers.versions(names).items()
    )
    sections = [
        heading(setting),
        table(rows, found),
        validation(found),
    ]
    if not quick:
        sections.append(vocabulary("torch" in found))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "speed.md").write_text("\n".join(sections), encoding="utf-8")
    (RESULTS / "speed.json").write_text(
        json.dumps({"setting": setting, "rows": rows}, indent=1) + "\n", encoding="utf-8"
    )
    plot(rows, names, setting)
    print((RESULTS / "speed.md").read_text(encoding="utf-8"))


def race(found, quantity, shape, dtype, seconds):
    """Return the CPU time per call of every peer that knows the quantity."""
    rng = np.random.default_rng(0)
    logits = rng.standard_normal(shape, dtype=dtype)
    labels = rng.integers(0, shape[1], shape[0])
    calls = {}
    for name, functions in found.items():
        if logits.size >= SLOW and name not in (peers.OURS, "torch"):
            continue
        if name == "scikit-learn" and quantity == "loss":
            # It takes probabilities, so that the softmax comes free.
            probabilities = found[peers.OURS]["softmax"](logits)
            mean = functions["mean_of_probabilities"]
            calls[name] = lambda mean=mean, p=probabilities: mean(p, labels)
        elif quantity in functions:
            calls[name] = lambda function=functions[quantity]: function(logits, labels)
    times = turns(calls, seconds)
    # By itself, when the threads of the others have come to rest: it is a bound, not a rival.
    times |= turns({FLOOR: lambda: exponentials(logits)}, seconds / 10)
    return {
        "quantity": quantity,
        "shape": shape,
        "dtype": np.dtype(dtype).name,
        "entries": logits.size,
        "seconds": times,
    }


def exponentials(logits, block=2**15):
    """Take the exponential of every logit in float64, and keep none."""
    flat, buffer = logits.reshape(-1), np.empty(block)
    for start in range(0, flat.size, block):
        part = flat[start : start + block]
        np.exp(part, out=buffer[: part.size], dtype=np.float64)


def turns(calls, seconds):
    """Return the median CPU time of each call, the calls taking turns."""
    repeats = {}
    for name, call in calls.items():
        call()  # compile, allocate
        repeats[name] = max(1, round(5e-3 / max(cpu_time(call, 1), 1e-7)))
    one_round = sum(cpu_time(call, repeats[name]) * repeats[name] for name, call in calls.items())
    times = {name: [] for name in calls}
    for _ in range(min(101, max(5, int(seconds / one_round)))):
        for name, call in calls.items():
            call()  # so that none pays for caches and threads as its predecessor left them
            times[name].append(cpu_time(call, repeats[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def cpu_time(call, repeats):
    """Return the CPU time of a call, the mean of a few."""
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def heading(setting):
    """Return what stands above the table."""
    return "\n".join(
        [
            "# CPU time as a fraction of a peer's",
            "",
            f"Measured on {setting}.",
            "",
            "One thread each, medians of alternating turns. The first column of numbers is the "
            "time of this package per logit, the second that of one float64 exponential per "
            "logit and nothing else, the floor of every softmax of this accuracy; the others are "
            "ratios, below 1 where this package is faster. float32 is computed in float64, which "
            "the other libraries do not do. scikit-learn is given probabilities and returns only "
            "their mean.",
            "",
        ]
    )


def table(rows, found):
    """Return the ratios as a Markdown table."""
    names = [n for n in found if n != peers.OURS]
    return "\n".join(
        [
            "| quantity | shape | dtype | ns per logit | exponential, ns | "
            + " | ".join(names)
            + " |",
            "|---|---|---|---:|---:|" + "---:|" * len(names),
            *(line(row, found) for row in rows),
            "",
        ]
    )


def line(row, found):
    """Return one row of the table."""
    ours = row["seconds"][peers.OURS]
    cells = [
        row["quantity"],
        str(row["shape"]),
        row["dtype"],
        f"{ours / row['entries'] * 1e9:.2f}",
        f"{row['seconds'][FLOOR] / row['entries'] * 1e9:.2f}",
    ]
    for name in found:
        if name != peers.OURS:
            theirs = row["seconds"].get(name)
            cells.append(f"{ours / theirs:.2f}" if theirs else "")
    return "| " + " | ".join(cells) + " |"


def validation(found):
    """Return what the checks of the input cost, as a fraction of the call."""
    from crossent import _checks

    rng = np.random.default_rng(0)
    lines = [
        "## What validation costs",
        "",
        "CPU time of the checks alone, as a fraction of the whole call.",
        "",
        "| call | shape | checks |",
        "|---|---|---:|",
    ]
    for shape in ((64, 10), (10_000, 10), (8192, 1000)):
        x = rng.standard_normal(shape)
        y = rng.integers(0, shape[1], shape[0])
        p = found[peers.OURS]["softmax"](x)
        cases = {
            "softmax_cross_entropy(logits, labels)": (
                lambda x=x, y=y: found[peers.OURS]["loss"](x, y),
                lambda x=x, y=y: _checks.as_targets(y, _checks.as_logits(x)),
            ),
            "softmax_cross_entropy(logits, probabilities)": (
                lambda x=x, p=p: found[peers.OURS]["loss"](x, p),
                lambda x=x, p=p: _checks.as_targets(p, _checks.as_logits(x)),
            ),
            "entropy(p)": (
                lambda p=p: found[peers.OURS]["entropy"](p),
                lambda p=p: _checks.as_distribution(p, "p"),
            ),
        }
        for name, (whole, checks) in cases.items():
            times = turns({"whole": whole, "checks": checks}, seconds=1)
            lines.append(f"| `{name}` | {shape} | {times['checks'] / times['whole']:.0%} |")
    return "\n".join([*lines, ""])


VOCABULARY = """
import json, resource, sys, time
from benchmarks import peers
import numpy as np
N, D, V = 4096, 512, 131072
rng = np.random.default_rng(0)
hidden = rng.standard_normal((N, D), dtype=np.float32)
weight = rng.standard_normal((V, D), dtype=np.float32)
weight *= 0.05
labels = rng.integers(0, V, N)
if sys.argv[1] == "crossent":
    from crossent import linear_cross_entropy as loss
elif sys.argv[1] == "torch":
    import torch
    torch.set_num_threads(1)
    def loss(h, w, y):
        h, w, y = map(torch.from_numpy, (h, w, y))
        return torch.nn.functional.cross_entropy(h @ w.T, y, reduction="none").numpy()
else:
    def loss(h, w, y):
        tile = np.empty((1024, 1024), np.float32)
        for i in range(0, len(h), 1024):
            for j in range(0, len(w), 1024):
                np.matmul(h[i:i + 1024], w[j:j + 1024].T, out=tile[:len(h[i:i + 1024])])
        return tile
loss(hidden[:2], weight[:1024], labels[:2] % 1024)
def status(field):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))
before = status("VmRSS")
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")
start = time.process_time()
loss(hidden, weight, labels)
print(json.dumps([time.process_time() - start, status("VmHWM") - before]))
"""
"""One call in a process of its own, whose peak of memory is reset before it."""


def vocabulary(with_torch):
    """Return time and extra memory of the loss at vocabulary scale; on Linux only."""
    names = [peers.OURS, "matrix product alone", *(["torch"] if with_torch else [])]
    runs = {name: [] for name in names}
    for _ in range(3):
        for name in names:
            command = [sys.executable, "-c", VOCABULARY, name]
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if run.returncode:
                return f"## Vocabulary scale\n\nNot measured: {run.stderr.splitlines()[-1]}\n"
            runs[name].append(json.loads(run.stdout))
    lines = [
        "## Vocabulary scale",
        "",
        "`linear_cross_entropy`, forward, 4096 rows, 512 features, 131 072 classes, float32.",
        "",
        "| | CPU time, s | extra memory, MB |",
        "|---|---:|---:|",
    ]
    for name, measured in runs.items():
        seconds, megabytes = (statistics.median(column) for column in zip(*measured, strict=True))
        lines.append(f"| {name} | {seconds:.2f} | {megabytes:.1f} |")
    return "\n".join([*lines, ""])


def plot(rows, names, setting):
    """Draw the ratios, one line per peer."""
    try:
        import matplotlib
    except ImportError:
        print("Not installed, so no plot: matplotlib")
        return
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "speed"
    import matplotlib.pyplot as plt

    colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"]
    figure, panels = plt.subplots(
        2, 2, figsize=(10, 7), sharex=True, sharey=True, layout="constrained"
    )
    for panel, (quantity, dtype) in zip(
        panels.flat,
        [(q, d) for q in ("loss", "gradient") for d in ("float32", "float64")],
        strict=True,
    ):
        chosen = [r for r in rows if (r["quantity"], r["dtype"]) == (quantity, dtype)]
        for name, colour, marker in zip(names, colours, "osD^v<>", strict=False):
            points = [
                (i, r["seconds"][peers.OURS] / r["seconds"][name])
                for i, r in enumerate(chosen)
                if name in r["seconds"]
            ]
            if points:
                panel.plot(*zip(*points, strict=True), marker=marker, color=colour, label=name)
        panel.axhline(1, color="0.6", linewidth=0.8)
        panel.set(yscale="log", title=f"{quantity}, {dtype}")
        panel.set_xticks(range(len(chosen)), [f"{n}×{k}" for n, k in (r["shape"] for r in chosen)])
    for panel in panels[:, 0]:
        panel.set_ylabel("CPU time, fraction of the peer's")
    panels[0, 0].legend(fontsize="small")
    figure.supxlabel(setting, fontsize=6)
    figure.savefig(RESULTS / "speed.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
