#!/bin/bash
# p11.sh [--sample N] [--keep DIR]: PKCS#11 modules that fail, under the whole agent. A first order and
# a renewal are run once untroubled to count the calls of the module, then once for each call and
# each fault, or for N of each evenly spread: the module fails there, then it is healthy and the agent
# runs again. Whatever the point, SCM must have seen one order, its key must exist and no other, the
# live pair must match, and nobody needed to help. BUILD_DIR is the build directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD_DIR:?the build directory}
# once, for ever, after the work was done, and with all sessions lost
faults=("0x32 before" "0x5 before" "0xb3 before" "0x32 after" "0x5 after" "0 close" "0 before")

# shellcheck source=tests/fault/sweep-lib.sh
. "$here/sweep-lib.sh"
if [ "${#rest[@]}" -gt 0 ]; then
	echo "usage: $0 [--sample N] [--keep DIR]" >&2
	exit 2
fi

# one LIFE NTH RV HOW: appends them with the verdict to the results.
one() {
	local world=$top/$1-$2-$3-$4 verdict

	cp -a "$top/$1" "$world"
	verdict=$("$here/crash_world.sh" "$build" "$world" p11point "$2" "$3" "$4" 2>"$world/stderr") ||
		verdict="broken: $(tail -n 1 "$world/stderr")"
	echo "$1 $2 $3 $4 ${verdict:-broken: no verdict}" >>"$top/results"
	if [ "$verdict" != ok ] && [ -n "${keep:-}" ]; then
		cp -a "$world" "$keep/"
	fi
	rm -rf "$world"
}
export -f one
export top here build keep

total=0
for life in first renewal; do
	mkdir "$top/$life"
	"$here/crash_world.sh" "$build" "$top/$life" prepare token "$life"
	cp -a "$top/$life" "$top/count"
	n=$("$here/crash_world.sh" "$build" "$top/count" p11count)
	rm -rf "$top/count"
	points=$((2 * n * ${#faults[@]}))
	echo "$life: $n calls, $points points"
	total=$((total + points))
	for ((k = 0; k < n; k++)); do
		for fault in "${faults[@]}"; do
			echo "$life $((k + 1)) $fault"
			echo "$life $((k + 1))+ $fault"
		done
	done >"$top/all"
	awk -v n="$sample" -v all="$points" \
		'!n || int(NR * n / all) != int((NR - 1) * n / all)' "$top/all" >>"$top/chosen"
done
xargs -P "$(nproc)" -L 1 bash -c 'one "$@"' one <"$top/chosen"

how_many() {
	grep -cE "^[^ ]+ [0-9+]+ [0-9a-fx]+ [a-z]+ $1" "$top/results" || true
}

grep -vE ' ok$' "$top/results" | sort -k 1,1 -k 2,2n >&2 || true
echo "$total points, $(wc -l <"$top/chosen") tried: $(how_many lost) keys lost," \
	"$(how_many double) double orders, $(how_many mismatch) mismatches," \
	"$(how_many '(repair|broken)') manual repairs"
[ "$(how_many ok)" -eq "$(wc -l <"$top/chosen")" ]
