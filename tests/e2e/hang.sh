#!/usr/bin/env bash
# A PKCS#11 module that never returns costs its own certificates a run, and nobody else anything.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/faults-lib.sh
. "$HERE/faults-lib.sh"

ORG=1234
TIMEOUT=3
sim_start
login_make
token_make
login_token tok01
faulty_module
cat >"$T/hook" <<-EOF
	#!/bin/sh
	: >"$T/\$1-\$2"
EOF
chmod 755 "$T/hook"

# no process of ours is left, and the lock is free
all_over() {
	! pgrep -f "$T/agent.ini" >/dev/null || fail "scm-agent is still there"
	flock -n "$T/state/lock" true || fail "the lock is still held"
}

# hangs STATUS CALL ARGUMENT...: what the agent says about it.
hangs() {
	local status=$1 call=$2
	shift 2
	expect "$status" "$@"
	grep -qE "did not (return from $call|end) within ${TIMEOUT}s" "$T/err" "$T/out" ||
		fail "$*: nothing is said of $call"
	all_over
}

# --- a server's key: the certificates before and after it are done all the same

conf_pem
conf_token_keys "timeout = ${TIMEOUT}s"
i=0
for call in C_Initialize C_GetSlotList C_Login C_GenerateKeyPair C_Sign; do
	i=$((i + 1))
	conf_cert "before$i" "deploy_hooks = $T/hook"
	conf_cert "token$i" 'key_store = token:web' "deploy_hooks = $T/hook"
	conf_cert "after$i" "deploy_hooks = $T/hook"
	fault scm-agent "$call" 1 0 hang
	hangs 4 "$call" run "before$i" "token$i" "after$i"
	grep -q "token$i: token .*web" "$T/err" || fail "$call: the certificate and the token are not named"
	[ -e "$T/deploy-before$i" ] || fail "$call: the one before was not done"
	[ -e "$T/deploy-after$i" ] || fail "$call: the one after was not done"
	[ ! -e "$(live "token$i")" ] || fail "$call: how?"
	fault
	expect 0 run "token$i"
	[ "$(orders "token$i.example.com")" = 1 ] || fail "$call: not one order"
	[ -e "$T/deploy-token$i" ] || fail "$call: not deployed in the end"
done
[ "$(in_token privkey)" = 6 ] || fail "orphans: $(in_token privkey) keys"
say "ok: hangs of a server's token"

# --- all is done when it hangs at the end

conf_cert last 'key_store = token:web'
for call in C_CloseSession C_Finalize; do
	fault scm-agent "$call" 1 0 hang
	hangs 0 "$call" run last --force
done
[ "$(orders last.example.com)" = 2 ] || fail "not two orders"
say "ok: hangs at the end"

# --- other commands

fault scm-agent C_Sign 1 0 hang
hangs 4 C_Sign key probe
[ "$(calls_of C_Sign)" = 1 ] || fail "called again after it had hung"
hangs 4 C_Sign check
hangs 4 C_Sign check --json
jq -e '[.checks[] | select(.result == "FAIL")] | length > 1' "$T/out" >/dev/null || fail "check --json"
fault scm-agent C_FindObjects 1 0 hang
hangs 4 C_FindObjects key prune
fault scm-agent C_Login 1 0 hang
expect 0 key list
hangs 4 C_Login run --force --json token1 before1
jq -e '.certificates | map({(.name): .result}) | add | .before1 == "ok" and .token1 == "keystore"' \
	"$T/out" >/dev/null || fail "run --json"
[ "$(calls_of C_Login)" = 1 ] || fail "called again after it had hung"
say "ok: hangs in other commands"

# --- only slow

fault any any 1+ 50 slow
expect 0 run token1 --force
say "ok: a slow module"

# --- the client credential; another account goes on

conf_token
conf_token_keys "timeout = ${TIMEOUT}s"
cat >>"$T/agent.ini" <<-EOF

	[scm:other]
	url = $URL
	customer_uri = example
	organization_id = $ORG
	ssl_trust_store = $T/sim/ca.pem
	login = host01-pem
	client_cert_key_store = $T/host01.pem
	client_cert_key_store_type = PEM
EOF
conf_cert mine
conf_cert theirs 'account = other'
for call in C_Initialize C_Login C_Sign; do
	fault scm-agent-fetch "$call" 1 0 hang
	hangs 4 "$call" run mine theirs
	[ "$(orders theirs.example.com)" = 1 ] || fail "the other account was not served"
	[ "$(orders mine.example.com)" = 0 ] || fail "how?"
done
fault
expect 0 run mine
[ "$(orders mine.example.com)" = 1 ] || fail "not one order"
say "ok: hangs of a client credential's token"
