#!/usr/bin/env bash
# Runs all tests; with arguments, pytest with these. Usage: tests/run.sh PYTHON [ARGUMENT...]
#
# All of them go in three processes side by side: the tests from end to end mostly wait for other programs, and some of
# them hold the agent to its seconds, so the others, which take what there is, give way to them. Those of maps and
# coverage are one half of these. What the first two print comes when all have ended.
set -u
python=$1
shift
[ $# -eq 0 ] || exec "$python" -m pytest "$@"

of_maps="tests/coverage tests/maps tests/e2e/map_page"
logs=$(mktemp -d)
"$python" -m pytest -p no:cacheprovider tests/e2e --ignore=tests/e2e/map_page >"$logs/ends" 2>&1 &
ends=$!
# shellcheck disable=SC2086  # several words are meant
nice -n 10 "$python" -m pytest -p no:cacheprovider $of_maps >"$logs/maps" 2>&1 &
maps=$!
trap 'kill "$ends" "$maps" 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM
nice -n 10 "$python" -m pytest --ignore=tests/e2e --ignore=tests/coverage --ignore=tests/maps
worst=$?
for process in "$ends" "$maps"; do
    wait "$process"
    code=$?
    [ "$code" -le "$worst" ] || worst=$code
done
cat "$logs/ends" "$logs/maps"
exit "$worst"
