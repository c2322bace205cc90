#!/bin/bash
# crash.sh [--sample N] [--keep DIR] [SCENARIO...]: the crash sweep of the agent. Each scenario is
# run once untroubled to count the points at which it may be killed (crashat.c), then once for each
# point, or for N of them evenly spread: killed there, then run again as the timer would. Whatever
# the point, SCM must have seen one order, its key must exist, the live pair must match, and nobody
# needed to help. BUILD_DIR is the build directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD_DIR:?the build directory}
scenarios=(file-first file-renewal token-first token-renewal
	file-renew file-replace token-replace file-revoke file-adopt file-follow
	file-reuse token-reuse file-next token-next file-stage token-stage file-import)
jobs=$(nproc)

# shellcheck source=tests/fault/sweep-lib.sh
. "$here/sweep-lib.sh"
if [ "${#rest[@]}" -gt 0 ]; then
	scenarios=("${rest[@]}")
fi

# one SCENARIO K MODE: appends "SCENARIO K MODE VERDICT" to the results.
one() {
	local world=$top/$1-$2-$3 verdict

	cp -a "$top/$1" "$world"
	verdict=$("$here/crash_world.sh" "$build" "$world" point "$2" "$3" 2>"$world/stderr") ||
		verdict="broken: $(tail -n 1 "$world/stderr")"
	echo "$1 $2 $3 ${verdict:-broken: no verdict}" >>"$top/results"
	case $verdict in
	ok | skipped*) ;;
	*) [ -z "${keep:-}" ] || cp -a "$world" "$keep/" ;;
	esac
	rm -rf "$world"
}
export -f one
export top here build keep

# Which points, and how to die there: before the call at each, after it and halfway at some.
choose() {
	local scenario=$1 n=$2 step=1 i=0 k

	if [ "$sample" -gt 0 ] && [ "$n" -gt "$sample" ]; then
		step=$(((n * 100) / sample))
	else
		step=100
	fi
	for ((k = 100; k <= n * 100; k += step)); do
		echo "$scenario $((k / 100)) entry"
		case $((i++ % 4)) in
		1) echo "$scenario $((k / 100)) exit" ;;
		3) echo "$scenario $((k / 100)) half" ;;
		esac
	done
}

total=0
for scenario in "${scenarios[@]}"; do
	mkdir "$top/$scenario"
	"$here/crash_world.sh" "$build" "$top/$scenario" prepare "${scenario%-*}" "${scenario#*-}"
	cp -a "$top/$scenario" "$top/count"
	n=$("$here/crash_world.sh" "$build" "$top/count" count)
	rm -rf "$top/count"
	echo "$scenario: $n points"
	total=$((total + n))
	choose "$scenario" "$n" >>"$top/chosen"
done
xargs -P "$jobs" -L 1 bash -c 'one "$@"' one <"$top/chosen"

how_many() {
	grep -cE "^[^ ]+ [0-9]+ [a-z]+ $1" "$top/results" || true
}

grep -vE '^[^ ]+ [0-9]+ [a-z]+ (ok|skipped)' "$top/results" | sort -k 1,1 -k 2,2n >&2 || true
echo "$total points, $(how_many '(ok|lost|double|mismatch|repair|broken)') crashes:" \
	"$(how_many lost) keys lost, $(how_many double) double orders," \
	"$(how_many mismatch) mismatches, $(how_many repair) manual repairs"
[ "$(how_many ok)" -gt 0 ] && [ "$(how_many '(lost|double|mismatch|repair|broken)')" -eq 0 ]
