#!/bin/sh
# Pins what pyproject.toml asks for, with hashes and without the address of any index. UPGRADE=1 takes newer versions.
set -eu

if ! command -v uv >/dev/null 2>&1; then
    echo "make lock needs uv, which resolves for every Python and every machine at once: pip install uv" >&2
    exit 2
fi

pin() {
    target=requirements/$1.txt
    shift
    uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --quiet ${UPGRADE:+--upgrade} --output-file "$target"
    echo "$target: $(grep -c == "$target") packages"
}

pin production
pin demo --extra demo
pin dev --extra demo --extra dev
