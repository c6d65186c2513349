#!/usr/bin/env bash
# Writes requirements/*.txt from the pyproject files: every version with its hashes, no addresses, no paths.
#
#   tools/lock.sh            keeps what is pinned, adds and drops what the pyproject files ask for
#   tools/lock.sh --upgrade  takes the newest versions
#   tools/lock.sh --check    writes nothing; fails when requirements/ does not match the pyproject files
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-}
out=requirements
age="--exclude-newer=${LOCK_AGE:-7 days}" # a release waits a week: most bad ones are found within it
if [ "$mode" = --check ]; then
  age=--no-upgrade # what is pinned stays, however new
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
  cp requirements/*.txt "$out" # uv keeps the pins of the file that it is to write
fi

group() { # group NAME: what the root's dependency group asks for
  .venv/bin/python -c 'import sys, tomllib
print(*tomllib.load(sys.stdin.buffer)["dependency-groups"][sys.argv[1]], sep="\n")' "$1" < pyproject.toml
}

compile() { # compile NAME [OPTION...] < requirements, with the pinned uv: its version decides how the files look
  name=$1
  shift
  [ "$mode" != --upgrade ] || set -- --upgrade "$@"
  .venv/bin/uv pip compile - "$age" "$@" --output-file "$out/$name.txt" --quiet \
    --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-package redis-messaging-patterns --no-emit-package redis-messaging-lab \
    --no-emit-package redis-messaging-publisher --no-emit-package redis-messaging-subscriber
}

# dev comes first and the others keep to its versions: what is tested is what is installed.
{ printf './%s\n' messaging services/publisher services/subscriber lab && group dev && group bench; } | compile dev
printf './%s\n' messaging services/publisher | compile publisher --constraint "$out/dev.txt"
printf './%s\n' messaging services/subscriber | compile subscriber --constraint "$out/dev.txt"
printf './%s\n' messaging lab | compile lab --constraint "$out/dev.txt"
{ echo ./messaging && group bench; } | compile bench --constraint "$out/dev.txt"
group chart | compile chart # on its own: checkov asks for old versions of what we use

if [ "$mode" = --check ] && ! diff -ru requirements "$out"; then
  echo "requirements/ does not match the pyproject files: run 'make lock'" >&2
  exit 1
fi
