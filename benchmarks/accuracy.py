"""Errors in units in the last place (ULP), for every peer, quantity and regime.

Writes results/accuracy.md, a table of the largest errors, and results/accuracy.json, which holds
the same with one readable case of each regime: its input, the exact value to 20 digits, and
what each peer returns for it.
"""

import json
import warnings
from pathlib import Path

from benchmarks import peers, regimes  # first: it fixes the number of threads

import mpmath as mp  # isort: skip
import numpy as np

RESULTS = Path(__file__).parent / "results"
NARROW = "normal", "near ties", "one dominates", "masked", "dirichlet", "q = p"


def main():
    """Measure what is installed and write both files."""
    found, missing = peers.load()
    if missing:
        print("Not installed, so not measured:", ", ".join(missing))
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")
    results = [*measure(found), *means(found)]
    setting = {
        "machine": peers.machine(),
        "versions": peers.versions(n for n in found if n != peers.OURS),
        "not_installed": missing,
    }
    text = json.dumps({**setting, "results": results}, indent=1, ensure_ascii=False)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "accuracy.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "accuracy.md").write_text(table(results, found, setting), encoding="utf-8")
    print((RESULTS / "accuracy.md").read_text(encoding="utf-8"))


def measure(found):
    """Return one record per regime, dtype and quantity."""
    records = []
    for name, regime in regimes.all_regimes().items():
        for dtype in (np.float64, np.float32, np.float16):
            if dtype != np.float64 and name.split(": ")[1] not in NARROW:
                continue
            rows = regimes.narrow(regime, dtype)
            for quantity in regime.functions:
                records.append(record(found, name, rows, quantity, np.dtype(dtype).name))
    return records


def record(found, name, regime, quantity, dtype):
    """Measure the peers that know the quantity on one regime."""
    arguments = regime.arguments
    if quantity in ("softmax", "log_softmax", "logsumexp", "entropy"):
        arguments = arguments[:1]
    exact = [
        regimes.reference(quantity, *(a[i] for a in regime.arguments[: arity(quantity)]))
        for i in range(len(arguments[0]))
    ]
    unit = unit_of(quantity, arguments[0], dtype)
    largest, example = {}, {}
    for peer, functions in found.items():
        if quantity not in functions:
            continue
        try:
            values = functions[quantity](*arguments)
        except (TypeError, ValueError, RuntimeError) as error:
            print(f"{peer} refuses {quantity} of {dtype}: {type(error).__name__}")
            continue
        values = values[1] if quantity == "gradient" else values
        values = np.asarray(values).reshape(len(exact), -1)
        errors = [
            max(distance(v, r, unit(i, r)) for v, r in zip(row, truth, strict=True))
            for i, (row, truth) in enumerate(zip(values, exact, strict=True))
        ]
        largest[peer] = rounded(max(errors))
        if len(arguments[0][0]) <= 10:
            example[peer] = {
                "values": [repr(float(v)) for v in values[0]],
                "ulp": rounded(errors[0]),
            }
    case = {}
    if example:
        case = {
            "input": [[repr(float(v)) for v in np.ravel(a[0])] for a in arguments],
            "reference": [mp.nstr(r, 20) for r in exact[0]],
            "peers": example,
        }
    return {
        "quantity": quantity,
        "regime": name,
        "description": regime.description,
        "dtype": dtype,
        "rows": len(exact),
        "largest_ulp": largest,
        "case": case,
    }


def arity(quantity):
    """Return how many arrays the reference takes."""
    return 1 if quantity in ("softmax", "log_softmax", "logsumexp") else 2


def unit_of(quantity, x, dtype):
    """Return the unit in the last place of a result; for log-sum-exp that of max |x|."""

    def of_value(i, r):
        return np.spacing(np.abs(np.dtype(dtype).type(float(r))))

    def of_logits(i, r):
        finite = np.abs(x[i][np.isfinite(x[i])])
        return np.spacing(np.maximum(finite.max(), np.abs(x.dtype.type(float(r)))))

    return of_logits if quantity == "logsumexp" else of_value


def distance(value, exact, unit):
    """Return |value − exact| in units; infinite or NaN where the value is and the truth is not."""
    if not np.isfinite(value):
        return 0.0 if float(exact) == value else float("inf")
    if not np.isfinite(unit):
        return float("inf")
    with mp.workprec(regimes.BITS):
        return float(abs(mp.mpf(float(value)) - exact) / mp.mpf(float(unit)))


def rounded(error):
    """Return three digits of an error, and None for an infinite one, which JSON cannot hold."""
    return float(f"{error:.3g}") if np.isfinite(error) else None


def means(found):
    """Return the relative error of the mean of 1e8 float32 losses, which are 1000 values."""
    losses = np.random.default_rng(0).exponential(size=1000).astype(np.float32)
    many = np.tile(losses, 100_000)
    exact = mp.fsum(mp.mpf(float(v)) for v in losses) / len(losses)
    peer_means = {name: float(f["mean"](many)) for name, f in found.items() if "mean" in f}
    peer_means["running float32 sum"] = float(np.add.accumulate(many)[-1]) / len(many)
    unit = np.spacing(np.float32(float(exact)))
    return [
        {
            "quantity": "mean",
            "regime": "mean over 1e8 float32 values",
            "description": "1000 exponential losses, 100 000 times each",
            "dtype": "float32",
            "rows": 1,
            "largest_ulp": {n: rounded(distance(v, exact, unit)) for n, v in peer_means.items()},
            "case": {
                "reference": [mp.nstr(exact, 20)],
                "peers": {
                    n: {"values": [repr(v)], "ulp": rounded(distance(v, exact, unit))}
                    for n, v in peer_means.items()
                },
            },
        }
    ]


def table(results, found, setting):
    """Return the largest errors as a Markdown table."""
    columns = [*found, "running float32 sum"]
    lines = [
        "# Largest errors in units in the last place",
        "",
        f"Measured on {setting['machine']}; "
        + ", ".join(f"{name} {version}" for name, version in setting["versions"].items())
        + ".",
        "The unit is the spacing of floats of the dtype at the exact value, computed with mpmath; "
        "for log-sum-exp at the largest logit. Above 4.5e15 a float64 has no correct digit; "
        "inf: an infinity or NaN where the value is finite.",
        "",
        "| quantity | regime | dtype | " + " | ".join(columns) + " |",
        "|---|---|---|" + "---:|" * len(columns),
    ]
    for r in results:
        cells = (shown(r["largest_ulp"], name) for name in columns)
        lines.append(f"| {r['quantity']} | {r['regime']} | {r['dtype']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def shown(errors, peer):
    """Return the error of a peer with two digits."""
    if peer not in errors:
        return ""
    error = errors[peer]
    return "inf" if error is None else f"{error:.2f}" if error < 100 else f"{error:.1e}"


if __name__ == "__main__":
    main()
