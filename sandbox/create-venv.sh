#!/bin/sh
# Makes the virtual environment $1 with the packages of requirements-dev.txt, on a machine that may have nothing but Python.
set -eu

venv=$1

python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed, and none was found on PATH. Install it (Debian: apt-get install python3)." >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian and Ubuntu keep these modules in a package of their own.
    package=$("$python" -c 'import sys; print(f"python3.{sys.version_info.minor}-venv")')
    echo "Installing $package, which $python needs to make a virtual environment"
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    if ! $as_root apt-get install --yes --no-install-recommends "$package" >/dev/null 2>&1; then
        if ! { $as_root apt-get update && $as_root apt-get install --yes --no-install-recommends "$package"; }; then
            echo "$package could not be installed. Install it, then run this again." >&2
            exit 1
        fi
    fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "Installing the packages of requirements-dev.txt into $venv (about a minute)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
