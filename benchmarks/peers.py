"""The same quantities in other libraries, each called the way its documentation says.

A peer is a dict of functions on numpy arrays, which return numpy arrays. `load` imports those that
are installed and names those that are not.
"""

import importlib
import os
import platform
import sys

# One thread each, so that CPU time is work done; and before anything is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402

NAMES = ["numpy", "scipy", "scikit-learn", "torch", "jax", "optax", "keras"]
OURS = "crossent"


def load():
    """Return the peers that are installed, by name, and the names of the missing ones."""
    found, missing = {OURS: _crossent()}, []
    for name in NAMES:
        try:
            found[name] = LOADERS[name]()
        except ImportError:
            missing.append(name)
    return found, missing


def versions(names):
    """Return the version of Python and of each library."""
    modules = {"scikit-learn": "sklearn"}
    found = {"python": platform.python_version(), "numpy": np.__version__}
    for name in names:
        found[name] = importlib.import_module(modules.get(name, name)).__version__
    return found


def machine():
    """Return the processor, as the operating system names it, and the number of cores."""
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
        model = models[0] if models else model
    features = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    widest = next((f for f in ("AVX512_SKX", "AVX512F", "AVX2", "ASIMD") if f in features), "")
    return f"{model} {widest}, {os.cpu_count()} cores, {platform.system()}".replace(" ,", ",")


def at_labels(table, labels):
    """Return the entry at the label of each row."""
    return np.take_along_axis(table, labels[:, np.newaxis], axis=-1)[:, 0]


def _crossent():
    import crossent

    return {
        "loss": crossent.softmax_cross_entropy,
        "gradient": crossent.softmax_cross_entropy_grad,
        "softmax": crossent.softmax,
        "log_softmax": crossent.log_softmax,
        "logsumexp": crossent.logsumexp,
        "entropy": crossent.entropy,
        "cross_entropy": crossent.cross_entropy,
        "kl": crossent.kl_divergence,
        "kl_from_logits": crossent.kl_divergence_from_logits,
        "mean": lambda values: values.mean(dtype=np.float64),
    }


def _numpy():
    """Return the textbook's lines."""

    def log_softmax(x):
        z = x - x.max(axis=-1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))

    def softmax(x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def gradient(x, y):
        s = softmax(x)
        loss = -np.log(at_labels(s, y))
        s[np.arange(len(y)), y] -= 1
        return loss, s

    def cross_entropy(p, q):
        return -np.sum(p * np.log(q), axis=-1)

    return {
        "loss": lambda x, y: -at_labels(log_softmax(x), y),
        "gradient": gradient,
        "softmax": softmax,
        "log_softmax": log_softmax,
        "logsumexp": lambda x: (
            x.max(axis=-1) + np.log(np.exp(x - x.max(axis=-1, keepdims=True)).sum(axis=-1))
        ),
        "entropy": lambda p: cross_entropy(p, p),
        "cross_entropy": cross_entropy,
        "kl": lambda p, q: cross_entropy(p, q) - cross_entropy(p, p),
        "kl_from_logits": lambda a, b: np.sum(
            softmax(a) * (log_softmax(a) - log_softmax(b)), axis=-1
        ),
        "mean": lambda values: values.mean(),
    }


def _scipy():
    import scipy.special as special

    def kl_from_logits(a, b):
        log_p, log_q = special.log_softmax(a, axis=-1), special.log_softmax(b, axis=-1)
        return np.sum(np.exp(log_p) * (log_p - log_q), axis=-1)

    return {
        "loss": lambda x, y: -at_labels(special.log_softmax(x, axis=-1), y),
        "softmax": lambda x: special.softmax(x, axis=-1),
        "log_softmax": lambda x: special.log_softmax(x, axis=-1),
        "logsumexp": lambda x: special.logsumexp(x, axis=-1),
        "entropy": lambda p: special.entr(p).sum(axis=-1),
        "cross_entropy": lambda p, q: -special.xlogy(p, q).sum(axis=-1),
        "kl": lambda p, q: special.rel_entr(p, q).sum(axis=-1),
        "kl_from_logits": kl_from_logits,
    }


def _sklearn():
    import warnings

    from scipy.special import softmax
    from sklearn.metrics import log_loss

    def loss(x, y):
        # It takes probabilities and returns the mean of the losses.
        classes = np.arange(x.shape[-1])
        p = softmax(x, axis=-1)
        return np.array(
            [log_loss(y[i : i + 1], p[i : i + 1], labels=classes) for i in range(len(y))]
        )

    warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
    return {
        "loss": loss,
        "mean_of_probabilities": lambda p, y: log_loss(y, p, labels=np.arange(p.shape[-1])),
    }


def _torch():
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    t = torch.from_numpy

    def gradient(x, y):
        x = t(x).requires_grad_()
        loss = F.cross_entropy(x, t(y), reduction="none")
        loss.sum().backward()
        return loss.detach().numpy(), x.grad.numpy()

    def kl_from_logits(a, b):
        log_p, log_q = F.log_softmax(t(a), -1), F.log_softmax(t(b), -1)
        return F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1).numpy()

    return {
        "loss": lambda x, y: F.cross_entropy(t(x), t(y), reduction="none").numpy(),
        "gradient": gradient,
        "softmax": lambda x: F.softmax(t(x), -1).numpy(),
        "log_softmax": lambda x: F.log_softmax(t(x), -1).numpy(),
        "logsumexp": lambda x: torch.logsumexp(t(x), -1).numpy(),
        "entropy": lambda p: torch.special.entr(t(p)).sum(-1).numpy(),
        "cross_entropy": lambda p, q: -torch.xlogy(t(p), t(q)).sum(-1).numpy(),
        "kl": lambda p, q: F.kl_div(t(q).log(), t(p), reduction="none").sum(-1).numpy(),
        "kl_from_logits": kl_from_logits,
        "mean": lambda values: t(values).mean().numpy(),
    }


def _jax():
    import jax
    import jax.numpy as jnp
    from jax.scipy import special

    jax.config.update("jax_enable_x64", True)

    def losses(x, y):
        return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], -1)[:, 0]

    def kl_from_logits(a, b):
        log_p, log_q = jax.nn.log_softmax(a), jax.nn.log_softmax(b)
        return jnp.sum(jnp.exp(log_p) * (log_p - log_q), -1)

    return {
        "loss": _compiled(losses),
        "gradient": _compiled_gradient(losses),
        "softmax": _compiled(jax.nn.softmax),
        "log_softmax": _compiled(jax.nn.log_softmax),
        "logsumexp": _compiled(lambda x: special.logsumexp(x, axis=-1)),
        "entropy": _compiled(lambda p: special.entr(p).sum(-1)),
        "cross_entropy": _compiled(lambda p, q: -special.xlogy(p, q).sum(-1)),
        "kl": _compiled(lambda p, q: special.rel_entr(p, q).sum(-1)),
        "kl_from_logits": _compiled(kl_from_logits),
        "mean": _compiled(lambda values: values.mean()),
    }


def _optax():
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    losses = optax.losses.softmax_cross_entropy_with_integer_labels
    return {
        "loss": _compiled(losses),
        "gradient": _compiled_gradient(losses),
        "kl": _compiled(lambda p, q: optax.losses.kl_divergence(jax.numpy.log(q), p)),
    }


def _keras():
    if "KERAS_BACKEND" not in os.environ:
        os.environ["KERAS_BACKEND"] = "jax" if importlib.util.find_spec("jax") else "torch"
    import keras

    def loss(x, y):
        keras.config.set_floatx(x.dtype.name)
        result = keras.losses.sparse_categorical_crossentropy(y, x, from_logits=True)
        return keras.ops.convert_to_numpy(result)

    def kl(p, q):
        keras.config.set_floatx(p.dtype.name)
        return keras.ops.convert_to_numpy(keras.losses.kl_divergence(p, q))

    def cross_entropy(p, q):
        keras.config.set_floatx(p.dtype.name)
        return keras.ops.convert_to_numpy(keras.losses.categorical_crossentropy(p, q))

    return {"loss": loss, "kl": kl, "cross_entropy": cross_entropy}


def _compiled(function):
    """Return the function compiled by jax, from numpy and back."""
    import jax

    compiled = jax.jit(function)
    return lambda *arrays: np.asarray(compiled(*arrays))


def _compiled_gradient(losses):
    import jax

    def summed(x, y):
        loss = losses(x, y)
        return loss.sum(), loss

    compiled = jax.jit(jax.value_and_grad(summed, has_aux=True))

    def gradient(x, y):
        (_, loss), by_logits = compiled(x, y)
        return np.asarray(loss), np.asarray(by_logits)

    return gradient


LOADERS = {
    "numpy": _numpy,
    "scipy": _scipy,
    "scikit-learn": _sklearn,
    "torch": _torch,
    "jax": _jax,
    "optax": _optax,
    "keras": _keras,
}
