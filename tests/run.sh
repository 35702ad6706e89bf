#!/usr/bin/env bash
# Runs all tests; with arguments, pytest with these. Usage: tests/run.sh PYTHON [ARGUMENT...]
#
# All of them go in two processes side by side: the tests from end to end mostly wait for other programs, and some of
# them hold the agent to its seconds, so the others, which take what there is, give way to them. What those from end to
# end print comes when both have ended.
set -u
python=$1
shift
[ $# -eq 0 ] || exec "$python" -m pytest "$@"

log=$(mktemp)
"$python" -m pytest -p no:cacheprovider tests/e2e >"$log" 2>&1 &
ends=$!
trap 'kill "$ends" 2>/dev/null; rm -f "$log"' EXIT
trap 'exit 130' INT TERM
nice -n 10 "$python" -m pytest --ignore=tests/e2e
others=$?
wait "$ends"
from_end_to_end=$?
cat "$log"
exit $((others > from_end_to_end ? others : from_end_to_end))
