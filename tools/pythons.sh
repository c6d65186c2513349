#!/usr/bin/env bash
# Runs a command once for each Python that we promise to run on and that this machine has, but for the one of .venv:
#
#   tools/pythons.sh make test
#
# The command is given PYTHON and VENV, a folder of its own for each. Where there is none it says so.
set -euo pipefail
cd "$(dirname "$0")/.."
PROMISED=(3.11 3.12 3.13 3.14)

candidates() { # of one version: from PATH, Debian's own, pyenv's (whose names on PATH may lead nowhere)
  command -v "python$1" || true
  echo "/usr/bin/python$1"
  if command -v pyenv > /dev/null; then
    pyenv versions --bare | grep -E "^${1//./\\.}\\.[0-9]+$" | while read -r version; do
      echo "$(pyenv prefix "$version")/bin/python"
    done
  fi
}

version() { "$1" -c 'import ensurepip, sys, venv; print(sys.version.split()[0])' 2> /dev/null || true; }

seen=" $(version .venv/bin/python) "
for promised in "${PROMISED[@]}"; do
  for python in $(candidates "$promised"); do
    found=$(version "$python")
    [ -n "$found" ] || continue
    case $seen in *" $found "*) continue ;; esac
    seen+="$found "
    echo "---- Python $found: $*"
    "$@" PYTHON="$python" VENV=".tools/python-$found"
  done
done
echo "Pythons tried, the one of .venv first:$seen"
