#!/usr/bin/env bash
# The life of a certificate: waiting, back-off, approval, refusal, renewal and its reasons, the
# lock, one failure among many.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

collects() {
	jq -s '[.[] | select(.target | test("/collect/"))] | length' "$T/sim/requests.jsonl"
}

fresh() {
	rm -rf "$T/state"
}

generation() {
	basename "$(readlink "$(live "$1")")"
}

spki() {
	openssl pkey -in "$1" -pubout
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

say "one retrieval at once, then as many as enroll_max_attempts; pending ends with 7, quietly"
conf_p12 'enroll_max_attempts = 2'
conf_cert wait1
switches '--issue-time never'
before=$(collects)
expect 7 run
[ $(($(collects) - before)) = 3 ] || fail "$(($(collects) - before)) retrievals instead of 3"
key=$(spki "$T/state/pending/wait1/privkey.pem")
before=$(collects)
expect 7 run
silent || fail "an order that is still pending is not quiet"
[ $(($(collects) - before)) = 3 ] || fail "retrievals of the second run"

say "the next run goes on with the same order and key"
switches
expect 0 run
[ "$(orders wait1.example.com)" = 1 ] || fail "ordered again"
[ "$(spki "$(live wait1)/privkey.pem")" = "$key" ] || fail "another key"
pair_matches wait1 || fail "no pair"

say "enroll_immediate = no waits first"
fresh
conf_p12 'enroll_immediate = no' 'enroll_max_attempts = 1'
conf_cert wait2
before=$(collects)
expect 0 run
[ $(($(collects) - before)) = 1 ] || fail "retrievals"

say "approval: pending until an administrator says yes; held when he says no"
conf_p12 'enroll_max_attempts = 1'
conf_cert appr
conf_cert decl
switches '--approval'
expect 7 run
switches '--approval' "--approve $(jq -s '[.[]|select(.event=="accepted" and .commonName=="appr.example.com")][0].sslId' "$T/sim/ledger.jsonl")" \
	"--decline $(jq -s '[.[]|select(.event=="accepted" and .commonName=="decl.example.com")][0].sslId' "$T/sim/ledger.jsonl")"
expect 6 run
[ -e "$(live appr)/cert.pem" ] || fail "the approved one is not installed"
before=$(requests)
expect 6 run
[ "$(requests)" = "$before" ] || fail "a held certificate makes requests"
switches
expect 0 reset decl
expect 0 run
[ "$(orders decl.example.com)" = 2 ] || fail "reset does not lead to a new order"

say "a refused credential is not tried again until something changes"
fresh
conf_p12
conf_cert auth1
conf_cert auth2
conf_cert auth3
switches '--fault any:status=401'
before=$(requests)
expect 5 run
[ $(($(requests) - before)) = 1 ] || fail "a refused credential was used $(($(requests) - before)) times in a run"
before=$(requests)
expect 5 run
expect 0 status --json
jq -e 'all(.certificates[]; .stuck and (.note | test("refused")))' "$T/out" >/dev/null || fail "status does not say that the login was refused"
expect 5 run auth1
[ "$(requests)" = "$before" ] || fail "a refused credential was tried again"
switches
touch "$T/store.pass"
expect 0 run
[ "$(orders auth1.example.com)" = 1 ] || fail "orders"

say "so it is when the refusal does not say whether the order exists"
fresh
conf_p12
conf_cert auth4
switches '--fault any:html=401'
before=$(requests)
expect 5 run
expect 5 run
[ $(($(requests) - before)) = 1 ] || fail "a refused credential was tried again"
switches

say "anchors that are missing are found out before an order"
fresh
conf_p12
conf_cert anch "trust_anchors = $T/nowhere.pem"
sed -i "0,/^trust_anchors = .*ca.pem/{/^trust_anchors = .*ca.pem/d}" "$T/agent.ini"
expect 3 run
expect_error 'nowhere.pem'
echo 'no certificate' >"$T/nowhere.pem"
expect 3 run
expect_error "nowhere.pem': no PEM certificate"
[ "$(orders anch.example.com)" = 0 ] || fail "ordered without anchors"

say "renewal: not before its time, at its time, on changed names and key type, by force"
fresh
conf_p12
conf_cert ren1
expect 0 run
expect 0 run
[ "$(orders ren1.example.com)" = 1 ] || fail "renewed before its time"
expect 0 run --dry-run
grep -q 'nothing to do' "$T/out" || fail "dry run"
RC=0
ASAN_OPTIONS=verify_asan_link_order=0 faketime -f '+70d' "$AGENT" -c "$T/agent.ini" run --dry-run >"$T/out" 2>"$T/err" || RC=$?
grep -q 'expires in' "$T/out" || fail "not due after 70 of 90 days"
touch "$T/state/lock"
ASAN_OPTIONS=verify_asan_link_order=0 faketime -f '+50d' "$AGENT" -c "$T/agent.ini" run --dry-run >"$T/out" 2>"$T/err" || RC=$?
grep -q 'nothing to do' "$T/out" || fail "due after 50 of 90 days"
touch "$T/state/lock"
conf_p12
conf_cert ren1 'subject_alt_names = other.example.com'
expect 0 run
[ "$(orders ren1.example.com)" = 2 ] || fail "not renewed on changed names"
openssl x509 -in "$(live ren1)/cert.pem" -noout -ext subjectAltName | grep -q other.example.com || fail "names"
conf_p12
conf_cert ren1 'subject_alt_names = other.example.com' 'key_type = rsa:2048'
expect 0 run
[ "$(orders ren1.example.com)" = 3 ] || fail "not renewed on a changed key type"
[ "$(generation ren1)" = 000003 ] || fail "generation"

say "a fuse: no fourth order within a day"
expect 6 run --force
expect_error '3 orders within a day'
[ "$(orders ren1.example.com)" = 3 ] || fail "the fuse"

say "generations: pruned to keep_generations, rollback, deploy"
expect 0 rollback ren1
[ "$(generation ren1)" = 000002 ] || fail "rollback"
expect 0 run
[ "$(generation ren1)" = 000002 ] || fail "a run undoes a rollback"
expect 0 deploy ren1
[ "$(generation ren1)" = 000003 ] || fail "deploy"
expect 2 rollback ren1 000009

say "a rollback that fails changes nothing, and a renewal that fails keeps what was chosen"
fresh
hook=$T/moody
printf '#!/bin/sh\n[ ! -e %s/moody.bad ] || exit 1\n' "$T" >"$hook"
chmod 755 "$hook"
conf_p12
conf_cert roll "deploy_hooks = $hook"
expect 0 run
expect 0 run --force
touch "$T/moody.bad"
expect 10 rollback roll
[ "$(generation roll)" = 000002 ] || fail "a failed rollback"
conf_p12
conf_cert roll "deploy_hooks = $hook" 'group = root'
expect 10 run
expect 10 run roll
rm "$T/moody.bad"
expect 0 run roll
[ "$(generation roll)" = 000002 ] || fail "a failed rollback has pinned a generation"
expect 0 rollback roll
touch "$T/moody.bad"
expect 10 run --force
[ "$(generation roll)" = 000001 ] || fail "not put back to the generation that was chosen"
rm "$T/moody.bad"
expect 0 run roll
[ "$(generation roll)" = 000003 ] || fail "renewal after a rollback"
expect 0 rollback roll
touch "$T/moody.bad"
expect 10 rollback roll 000001
rm "$T/moody.bad"
expect 0 run
[ "$(generation roll)" = 000002 ] || fail "a failed rollback ended the one before"

say "a hold over an order that is alive at SCM goes on with it; --abandon gives it up"
fresh
conf_p12 'enroll_max_attempts = 0'
conf_cert alive
switches '--fault collect:code=-3'
expect 6 run
before=$(requests)
expect 6 run
[ "$(requests)" = "$before" ] || fail "a held certificate makes requests"
switches
expect 0 reset alive
expect 0 run
[ "$(orders alive.example.com)" = 1 ] || fail "an order that was alive was made again"
pair_matches alive || fail "no pair"

say "an answer that was lost is looked for until SCM can be asked, never held"
conf_p12
conf_cert seek
switches '--fault enroll:reset-after-accept' '--fault list:code=-3'
expect 8 run
expect 6 run
expect 6 run
switches
expect 0 run
[ "$(orders seek.example.com)" = 1 ] || fail "ordered $(orders seek.example.com) times"

later() {
	RC=0
	ASAN_OPTIONS=verify_asan_link_order=0 faketime -f "$1" "$AGENT" -c "$T/agent.ini" run slow \
		>"$T/out" 2>"$T/err" || RC=$?
}

say "it is ordered again when three searches found nothing, the window between first and last"
fresh
conf_p12
sed -i 's/^hook_timeout.*/order_search_window = 1h/' "$T/agent.ini"
conf_cert slow
switches '--fault enroll:reset-after-accept:1' '--visible-after 100000'
expect 8 run
for at in +50m +50m +61m +80m; do
	later "$at"
	[ "$RC" = 7 ] || fail "$at: $RC"
done
[ "$(orders slow.example.com)" = 1 ] || fail "ordered again too soon"
later +111m
[ "$RC" = 0 ] || fail "not ordered again: $RC"
[ "$(orders slow.example.com)" = 2 ] || fail "$(orders slow.example.com) orders"
touch "$T/state/lock"
switches

say "an order for an address is found, however the common name was written"
for name in ip:192.0.2.1 2001:DB8::1; do
	fresh
	conf_p12
	printf '[certificate:addr]\ncommon_name = %s\nprofile = 1018\nterm = 90\ntrust_anchors = %s\n' \
		"$name" "$T/sim/ca.pem" >>"$T/agent.ini"
	switches '--fault enroll:reset-after-accept'
	before=$(orders)
	expect 8 run
	switches
	expect 0 run addr
	[ $(($(orders) - before)) = 1 ] || fail "$name: ordered $(($(orders) - before)) times"
done

say "damage is one certificate's trouble"
conf_p12
conf_cert alive
conf_cert seek
expect 0 run
echo garbage >"$T/state/archive/alive/000001/meta"
expect 9 status
grep -q '^alive *damaged' "$T/out" || fail "status does not say so"
grep -q '^seek *current' "$T/out" || fail "the others are not shown"
expect 2 rollback seek ../alive/000001
expect 9 run
fresh

say "key prune deletes only what this state directory made"
conf_p12
conf_cert mine 'key_store = token:web'
expect 0 run
pkcs11-tool --module "$(p11_module)" --token-label web --login --pin 123456 --keypairgen --key-type EC:prime256v1 \
	--id 00112233445566778899aabbccddeeff --label 'scm-agent mine' --usage-sign >/dev/null 2>&1
id=$(sed -n 's/^key_id=//p' "$(live mine)/meta")
expect 0 key prune
[ ! -s "$T/out" ] || fail "a foreign key, or one in use, was pruned"
mv "$T/state/archive/mine" "$T/gone"
rm "$T/state/live/mine"
expect 0 key prune --dry-run
grep -q "$id.*would be deleted" "$T/out" || fail "the orphan is not found"
expect 0 key prune
expect 0 key prune
[ ! -s "$T/out" ] || fail "the orphan is still there"
expect_error 'no keys'
fresh

say "one that fails does not stop the others; the status is the first failure's"
fresh
conf_p12
{
	printf '[certificate:bad1]\ncommon_name = bad1.example.com\nprofile = 4711\nterm = 90\n'
} >>"$T/agent.ini"
conf_cert good1
expect 3 run
[ -e "$(live good1)/cert.pem" ] || fail "the good one is not installed"

say "a long deployment of one is no silence of SCM for the others"
fresh
printf '#!/bin/sh\nsleep 12\n' >"$T/long"
chmod 755 "$T/long"
conf_p12
sed -i 's/^hook_timeout.*/hook_timeout = 1h/' "$T/agent.ini"
conf_cert long1 "deploy_hooks = $T/long"
conf_cert long2
switches '--fault enroll:delay-after=1000:1+1'
# the agent's clock runs fifty times as fast: ten minutes for the hook
ASAN_OPTIONS=verify_asan_link_order=0 faketime -f '+0 x50' "$AGENT" -c "$T/agent.ini" run >"$T/out" 2>"$T/err" || fail "a long deployment"
switches
touch "$T/state/lock"
pair_matches long2 || fail "no pair"

say "orders that wait in a queue are not given up"
fresh
conf_p12
sed -i 's/^hook_timeout.*/parallel = 1/' "$T/agent.ini"
for i in 1 2 3 4 5; do conf_cert "queue$i"; done
switches '--fault enroll:delay-after=3000'
ASAN_OPTIONS=verify_asan_link_order=0 faketime -f '+0 x50' "$AGENT" -c "$T/agent.ini" run >"$T/out" 2>"$T/err" || fail "orders in a queue"
switches
touch "$T/state/lock"
pair_matches queue5 || fail "no pair"

say "the lock: a second run waits, then exits 11"
conf_p12
sed -i 's/^hook_timeout.*/lock_timeout = 1s/' "$T/agent.ini"
conf_cert lock1
exec 9<"$T/state/lock"
flock 9
expect 11 run
flock -u 9
expect 0 run
exec 9<&-

say "another run at the same time: one order"
fresh
conf_p12
conf_cert par1
runs=()
for _ in 1 2 3 4 5 6; do
	"$AGENT" -c "$T/agent.ini" run >/dev/null 2>&1 &
	runs+=("$!")
done
wait "${runs[@]}"
[ "$(orders par1.example.com)" = 1 ] || fail "parallel runs ordered $(orders par1.example.com) times"

say "missing token, wrong PIN, missing module: 4, nothing made, the PIN tried once"
fresh
conf_p12
sed -i 's/token=web/token=nosuch/' "$T/agent.ini"
conf_cert tok1 'key_store = token:web'
expect 4 run
[ ! -e "$T/state/pending/tok1" ] || fail "something was made for a missing token"
conf_p12
conf_cert tok1 'key_store = token:web'
printf '999999' >"$T/pin"
expect 4 run
expect_error "pin_file $T/pin: "
expect 4 run
expect_error 'not tried again'
[ ! -e "$T/state/pending/tok1" ] || fail "something was made with a wrong PIN"
printf '123456' >"$T/pin"
expect 0 run
[ "$(orders tok1.example.com)" = 1 ] || fail "orders"
say "all of it"
