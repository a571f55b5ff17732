#!/bin/sh
# Makes .venv hold exactly what requirements.lock lists, files with the hashes there, or leaves none.
# Usage: sh tools/setup.sh [PYTHON]     (default: python3)
set -u
cd "$(dirname "$0")/.." || exit 1
python=${1:-python3}
log=_build/setup.log
ready=.venv/ready  # written last: an environment without it is unfinished

stop() {
    echo "$1" >&2
    exit 1
}

if [ -f "$ready" ] && cat requirements.lock pyproject.toml | cmp -s - "$ready" &&
    .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

command -v "$python" >/dev/null 2>&1 ||
    stop "No Python found as '$python': install Python 3.11 or newer, or name one: make book PYTHON=/path/to/python3"
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) ||
    stop "'$python' does not run: install Python 3.11 or newer, or name one: make book PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "Python 3.11 or newer is needed, '$python' is $version: install one, or name one: make book PYTHON=python3.12"

mkdir -p _build
rm -rf .venv
trap 'rm -rf .venv; stop "Setting up was interrupted; run the same command again."' HUP INT TERM
echo "Setting up .venv with Python $version (a minute, once) ..."

pip() {
    .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}

install() {
    "$python" -m venv .venv || return 1
    # uv installs in a third of pip's time; without it pip does the same work.
    awk '/^[a-z]/ { keep = /^uv==/ } keep' requirements.lock >_build/uv.lock
    if pip install --quiet --require-hashes --requirement _build/uv.lock &&
        .venv/bin/uv pip install --python .venv/bin/python --compile-bytecode \
            --require-hashes --requirement requirements.lock; then
        :
    else
        echo "uv could not install; trying pip"
        pip install --require-hashes --requirement requirements.lock || return 1
    fi
    pip install --quiet --no-deps --no-build-isolation --editable .
}

if ! install >"$log" 2>&1; then
    rm -rf .venv
    stop "Setting up failed, nothing half-made is left: see the end of $log (no network? no python3-venv package?), then run the same command again."
fi
cat requirements.lock pyproject.toml >"$ready"
