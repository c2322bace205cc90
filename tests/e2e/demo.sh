#!/usr/bin/env bash
# What ./dev demo shows is true, and what it says about playing on works, also twice.
set -euo pipefail
world=$(mktemp -d)
export DEMO_WORLD=$world/demo
demo=$(dirname "$0")/../demo.sh
trap '"$demo" stop >/dev/null; rm -rf "$world"' EXIT

fail() {
	cat "$world/out"
	echo "FAILED: $*" >&2
	exit 1
}

"$demo" >"$world/out" 2>&1 || fail "the demo"
[ "$(grep -c 'served certificate proved' "$world/out")" = 4 ] || fail "two certificates and their renewals"
"$demo" start >"$world/out" || fail "start"
grep -q '^running: ' "$world/out" || fail "start does not say where"
pid=$(cat "$DEMO_WORLD/sim.pid")
"$demo" start >"$world/out" || fail "a second start"
grep -q '^running already: ' "$world/out" || fail "a second start does not say that it runs"
[ "$(cat "$DEMO_WORLD/sim.pid")" = "$pid" ] || fail "a second simulator"
"$BUILD_DIR/root/bin/scm-agent" -c "$DEMO_WORLD/agent.ini" run --dry-run >"$world/out" 2>&1 ||
	fail "the command that it names"
"$demo" stop >"$world/out" || fail "stop"
! kill -0 "$pid" 2>/dev/null || fail "the simulator still runs"
