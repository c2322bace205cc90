#!/usr/bin/env bash
# What SCM or a bad CA may answer: nothing that is wrong gets installed, the exit status says what
# kind of wrong it was, memory stays small, and an order is never made twice.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

RSS_LIMIT_KB=65536
COUNT=0

# try STATUS ORDERS FAULT [MESSAGE]: a fresh certificate under a fault
try() {
	local want=$1 orders=$2 fault=$3 message=${4:-.} name peak
	COUNT=$((COUNT + 1))
	name=n$COUNT
	conf_p12
	conf_cert "$name" 'key_type = ec:P-256' "subject_alt_names = $name.example.org"
	switches "--fault $fault"
	RC=0
	/usr/bin/time -o "$T/peak" -f %M "$AGENT" -c "$T/agent.ini" run >"$T/out" 2>"$T/err" </dev/null || RC=$?
	peak=$(tail -n 1 "$T/peak")
	[ "$RC" = "$want" ] || fail "$fault: exit status $RC instead of $want"
	[ ! -e "$(live "$name")" ] || fail "$fault: something was installed"
	[ "$(orders "$name.example.com")" = "$orders" ] || fail "$fault: $(orders "$name.example.com") orders"
	[ "$peak" -lt "$RSS_LIMIT_KB" ] || fail "$fault: peak of $peak KiB"
	expect_error "$message"
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$T/err" || fail "$fault: control bytes in the log"
	printf '  %-38s exit %2s, %s order(s), %5s KiB\n' "$fault" "$RC" "$orders" "$peak"
}

# recovers ORDERS: without the fault the next run goes on with the same order
recovers() {
	switches
	expect 0 run
	[ "$(orders "n$COUNT.example.com")" = "$1" ] || fail "n$COUNT: ordered again"
	pair_matches "n$COUNT"
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

say "the certificate is wrong: 12, and no second order"
for fault in wrong-key missing-name extra-name wrong-names expired not-yet-valid ca self-signed \
	unknown-ca sha1 weak-issuer unknown-critical; do
	try 12 1 "issue:$fault"
done

say "the chain is wrong: 12, and good later"
for fault in no-intermediate leaf-only no-leaf; do
	try 12 1 "collect:chain=$fault"
	recovers 1
done
try 12 1 'collect:certificates=10000'
recovers 1

say "the answer is wrong"
try 8 1 'enroll:reset-after-accept:1' lost
recovers 1
try 8 1 'enroll:close-after-accept:1' lost
recovers 1
try 8 1 'enroll:reset-at=20:1' lost
recovers 1
try 8 1 'enroll:close-at=84:1' lost
recovers 1
try 8 1 'collect:close-at=84'
recovers 1
try 8 1 'collect:close-at=1500'
recovers 1
try 8 0 'enroll:unavailable:1'
try 8 1 'collect:unavailable'
recovers 1
try 12 1 'enroll:truncate=5:1'
recovers 1
try 12 1 'enroll:nest=100000:1'
recovers 1
try 12 0 'enroll:html:1'
try 12 1 'enroll:retype=string/sslId:1'
recovers 1
try 12 1 'enroll:huge=1000000/renewId:1'
recovers 1
try 8 0 'enroll:html=502:1'
try 12 0 'enroll:redirect=https://127.0.0.1:1/x:1' redirect
try 8 0 'enroll:retry-after=60:1'
try 12 1 'collect:endless-body'
recovers 1
try 12 1 'collect:endless-headers'
recovers 1
try 12 1 'enroll:endless-body:1'
recovers 1

try 12 1 'collect:html'
recovers 1
try 12 1 'collect:gzip-bomb=100'
recovers 1

say "what SCM says in words is only ever words"
for evil in control ansi newline format path shell nul utf8; do
	COUNT=$((COUNT + 1))
	conf_p12
	conf_cert "n$COUNT"
	switches "--fault enroll:code=-36:1" "--fault enroll:evil=$evil/description:1"
	agent run
	case $RC in
	6 | 12) ;;
	*) fail "evil $evil: exit status $RC" ;;
	esac
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$T/err" || fail "$evil: control bytes in the log"
	[ "$(wc -l <"$T/err")" = 1 ] || fail "$evil: more than one line"
	printf '  %-38s %s\n' "$evil" "$(cut -c 1-100 "$T/err")"
done
[ ! -e /tmp/owned ] || fail "the shell was asked"

say "SCM says no"
try 6 0 'enroll:code=-36:1' 'term'
try 6 0 'enroll:code=-993:1'
say "$COUNT answers"
