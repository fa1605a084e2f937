#!/bin/sh
# Finds a Python that can build the virtual environment, and hands over to setup.py.
set -eu

probe='
import sys
if sys.version_info < (3, 11):
    sys.exit("is Python %d.%d" % sys.version_info[:2])
try:
    import ensurepip, venv
except ImportError:
    sys.exit("comes without venv")
'

tried=""
for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if ! command -v "$name" >/dev/null 2>&1; then
        tried="$tried
  $name: not found"
    elif reason=$("$name" -c "$probe" 2>&1); then
        exec "$name" "$(dirname "$0")/setup.py" "$@"
    else
        tried="$tried
  $name: $(printf '%s\n' "$reason" | head -n 1)"
    fi
done

cat >&2 <<END
Midway needs Python 3.11 or later with its venv module, and found none:$tried
On Debian or Ubuntu: apt-get install python3 python3-venv
If it is elsewhere, name it: make setup PYTHON=/path/to/python3.12
END
exit 2
