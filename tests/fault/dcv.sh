#!/bin/bash
# dcv.sh [--sample N] [METHOD...]: the crash sweep of a domain's validation. By each method, it is run
# once untroubled to count the points at which it may be killed (crashat.c), then once for each
# point, or for N of them evenly spread: killed there, then called again. Whatever the point, the
# domain is validated, was submitted once, and nothing is left published or half-made. BUILD_DIR is
# the build directory.
# shellcheck source=tests/e2e/dcv-lib.sh
. "$(dirname "$0")/../e2e/dcv-lib.sh"

CRASHAT=$BUILD/tests/fault/crashat
SAMPLE=0
if [ "${1:-}" = --sample ]; then
	SAMPLE=$2
	shift 2
fi
METHODS=("$@")
[ "$#" -gt 0 ] || METHODS=(http cname txt)
DONE=0

# crash SWITCH...: the call under crashat
crash() {
	RC=0
	"$CRASHAT" "$@" -o "$T/points" -- "$AGENT" -c "$T/agent.ini" dcv "$DOMAIN" >"$T/out" 2>"$T/err" </dev/null || RC=$?
}

# submitted: how many submissions SCM took
submitted() {
	tail -n +$((REQUESTS + 1)) "$T/sim/requests.jsonl" |
		jq -s '[.[] | select((.target | contains("/validation/submit")) and .status == 200)] | length'
}

# judge METHOD POINT MODE: after the crash
judge() {
	local try
	for try in 1 2 3; do
		agent dcv "$DOMAIN"
		[ "$RC" != 0 ] || break
	done
	[ "$RC" = 0 ] || fail "$*: status $RC after $try calls"
	[ "$(submitted)" = 1 ] || fail "$*: submitted $(submitted) times"
	clean
	status .status VALIDATED
	DONE=$((DONE + 1))
}

dcv_make
for method in "${METHODS[@]}"; do
	scene "$method"
	crash --count
	[ "$RC" = 0 ] || fail "$method: crashat has status $RC"
	clean
	n=$(sed -n 's/ points$//p' "$T/out")
	step=1
	[ "$SAMPLE" = 0 ] || [ "$n" -le "$SAMPLE" ] || step=$((n / SAMPLE))
	say "$method: $n points, each ${step}th"
	for ((k = 1; k <= n; k += step)); do
		for mode in entry exit; do
			scene "$method"
			crash --at "$k" --mode "$mode"
			case $RC in
			0 | 3) judge "$method" "$k" "$mode" ;;
			4) ;;
			*) fail "$method $k $mode: crashat has status $RC" ;;
			esac
		done
	done
done
say "$DONE crashes: validated once each, nothing left"
[ "$DONE" -gt 0 ]
