#!/usr/bin/env bash
# ./dev bench: how long things take, each as a ratio to something measured in the same run, since
# machines differ and are noisy. Nothing passes or fails here.
BUILD=$1
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

ROUNDS=${ROUNDS:-15}

# median_us COMMAND...: of ROUNDS runs, in microseconds
median_us() {
	local i start times=()
	for ((i = 0; i < ROUNDS; i++)); do
		start=$(date +%s%N)
		"$@" >/dev/null 2>&1 || fail "bench: $*"
		times+=($((($(date +%s%N) - start) / 1000)))
	done
	printf '%s\n' "${times[@]}" | sort -n | sed -n "$((ROUNDS / 2 + 1))p"
}

# row TEXT MICROSECONDS YARDSTICK-MICROSECONDS
row() {
	printf '%-58s %9s us %8s\n' "$1" "$2" "$(awk "BEGIN { printf \"%.2fx\", $2 / $3 }")"
}

agent_quiet() {
	"$AGENT" -c "$T/agent.ini" "$@"
}

# enroll N PARALLEL: N certificates from nothing, in microseconds
enroll() {
	local i start
	rm -rf "$T/state"
	conf_p12
	sed -i "s/^hook_timeout.*/parallel = $2/" "$T/agent.ini"
	for ((i = 0; i < $1; i++)); do
		conf_cert "p$2n$i"
	done
	start=$(date +%s%N)
	expect 0 run
	say $((($(date +%s%N) - start) / 1000))
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

yard=$(median_us openssl version)
say "a run in which nothing is due, against a start of openssl(1):"
row "openssl version" "$yard" "$yard"
for n in 1 10 100; do
	enroll "$n" 16 >/dev/null
	row "scm-agent run, $n certificate(s), nothing due" "$(median_us agent_quiet run)" "$yard"
done
row "scm-agent status, 100 certificates" "$(median_us agent_quiet status)" "$yard"

say "enrolling 32 certificates with P-256 keys, each answer delayed by 50 ms, against one in flight:"
switches '--delay 50'
one=$(enroll 32 1)
row "1 in flight" "$one" "$one"
for parallel in 4 16 64; do
	row "$parallel in flight" "$(enroll 32 "$parallel")" "$one"
done
