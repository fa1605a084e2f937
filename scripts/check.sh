#!/bin/sh
# Everything about the code that a machine can judge without running it. Goes through to the end, then says what failed.
set -u
bin=.venv/bin
failed=""

try() {
    name=$1
    shift
    printf '%s … ' "$name"
    if output=$("$@" 2>&1); then
        echo ok
    else
        printf 'FAILED\n%s\n\n' "$output"
        failed="$failed, $name"
    fi
}

# The settings of a production that nobody runs: keys of the day, and no file of this machine's.
production() {
    env ENV_FILE=/dev/null DEBUG=false HTTPS=true BEHIND_PROXY=true \
        ALLOWED_HOSTS=midway.example PUBLIC_URL=https://midway.example \
        DATABASE_URL=postgres://midway@database/midway REDIS_URL=redis://broker:6379/0 STRIPE_SESSION_FACTORY= \
        SECRET_KEY="$($bin/python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
        FERNET_KEYS="$($bin/python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
        "$@"
}

try "format" $bin/ruff format --check .
try "lint" $bin/ruff check .
try "types" $bin/mypy .
try "import contracts" $bin/lint-imports --no-cache
try "migrations" $bin/python manage.py makemigrations --check --dry-run
try "deployment" production $bin/python manage.py check --deploy --fail-level WARNING

if [ -n "$failed" ]; then
    echo "make check: failed: ${failed#, }" >&2
    exit 1
fi
