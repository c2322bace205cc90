#!/usr/bin/env bash
# What becomes of a certificate besides enrolling it: renewal of its order, replacement, revocation,
# adoption, mass replacement, forgetting. The simulator's ledger is the judge.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# fresh NAME [LINE...]: an empty state directory and one certificate, which is enrolled
fresh() {
	rm -rf "$T/state"
	configure "$@"
	switches
	expect 0 run
}

configure() {
	conf_p12 'enroll_max_attempts = 1'
	conf_cert "$@"
}

generation() {
	basename "$(readlink "$(live "$1")")"
}

# order_of NAME: the id of the order of the live certificate
order_of() {
	sed -n 's/^order=//p' "$(live "$1")/meta"
}

# events EVENT ID: how many such events the ledger has of an order
events() {
	jq -s --arg e "$1" --arg id "$2" '[.[] | select(.event == $e and (.sslId | tostring) == $id)] | length' \
		"$T/sim/ledger.jsonl"
}

ledger() {
	jq -s "$@" "$T/sim/ledger.jsonl"
}

spki() {
	openssl pkey -in "$1" -pubout
}

asked() {
	jq -s --arg p "$1" '[.[] | select(.target | test($p))] | length' "$T/sim/requests.jsonl"
}

# at TIME ARGUMENT...: the agent at another time
at() {
	local when=$1
	shift
	RC=0
	ASAN_OPTIONS=verify_asan_link_order=0 faketime -f "$when" "$AGENT" -c "$T/agent.ini" "$@" \
		>"$T/out" 2>"$T/err" </dev/null || RC=$?
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

say "renew: the order is renewed with a new key, and its answer is found again when it is lost"
fresh ren 'renew_with = renew'
first=$(order_of ren)
key=$(spki "$(live ren)/privkey.pem")
expect 0 run --force
[ "$(ledger "[.[] | select(.renews == $first)] | length")" = 1 ] || fail "not renewed"
{ [ "$(generation ren)" = 000002 ] && [ "$(spki "$(live ren)/privkey.pem")" != "$key" ]; } || fail "no new key"
pair_matches ren || fail "no pair"
fresh ren2 'renew_with = renew'
switches '--fault renew:reset-after-accept:1'
before=$(orders ren2.example.com)
agent run --force
[ "$RC" = 8 ] || fail "a lost answer: $RC"
expect 0 run
[ "$(orders ren2.example.com)" = $((before + 1)) ] || fail "renewed twice"
[ "$(generation ren2)" = 000002 ] || fail "the renewal was not found"

say "renew: where the profile forbids it, a new order is made"
cp "$T/sim/account.json" "$T/account.json"
jq '(.profiles[] | select(.id == 1018)).renewable = false' "$T/account.json" >"$T/sim/account.json"
fresh ren4 'renew_with = renew'
expect 0 run --force
{ [ "$(orders ren4.example.com)" = 2 ] && [ "$(generation ren4)" = 000002 ]; } || fail "no fallback"
expect_error 'SCM does not renew order'
expect 0 history ren4
! grep -q 'renews=' "$T/out" || fail "the history speaks of a renewal"
cp "$T/account.json" "$T/sim/account.json"

say "renew: a changed request, or a revoked predecessor, is enrolled anew"
fresh ren3 'renew_with = renew'
configure ren3 'renew_with = renew' 'subject_alt_names = other.example.com'
expect 0 run
[ "$(ledger "[.[] | select(.commonName == \"ren3.example.com\" and .renews != null)] | length")" = 0 ] ||
	fail "a changed request was renewed"
expect 0 revoke ren3 --reason superseded
expect 0 run
[ "$(ledger "[.[] | select(.commonName == \"ren3.example.com\" and .renews != null)] | length")" = 0 ] ||
	fail "a revoked certificate was renewed"
[ "$(generation ren3)" = 000003 ] || fail "not replaced after its revocation"

say "reissue: the same order, a new key; the old certificate stays until the new one is there"
fresh rei
first=$(order_of rei)
serial=$(serial_of "$(live rei)/cert.pem")
switches '--issue-time never'
expect 7 reissue rei --reason 'a new machine'
[ "$(events replacing "$first")" = 1 ] || fail "not replaced"
[ "$(serial_of "$(live rei)/cert.pem")" = "$serial" ] || fail "the old certificate has gone"
expect 2 reissue rei
expect_error 'in work'
expect 7 run
switches
expect 0 run
{ [ "$(order_of rei)" = "$first" ] && [ "$(generation rei)" = 000002 ]; } || fail "order or generation"
[ "$(serial_of "$(live rei)/cert.pem")" != "$serial" ] || fail "the old certificate is still live"
pair_matches rei || fail "no pair"
[ "$(events replacing "$first")" = 1 ] || fail "replaced again"
expect 0 reissue rei
expect 6 reissue rei
expect_error '3 orders within a day'

say "reissue: an answer that is lost is not asked for again while SCM may be at work"
fresh rei2
first=$(order_of rei2)
switches '--fault replace:reset-after-accept:1'
expect 8 reissue rei2
agent run
[ "$RC" = 0 ] || { agent run; }
[ "$RC" = 0 ] || fail "a lost replacement: $RC"
[ "$(events replacing "$first")" = 1 ] || fail "replaced twice"
{ [ "$(order_of rei2)" = "$first" ] && [ "$(generation rei2)" = 000002 ]; } || fail "not found again"
say "reissue: refused by SCM, or never issued, it keeps nothing from being renewed"
fresh rei3
switches '--fault replace:code=-1148:1'
expect 6 reissue rei3
switches
expect 0 run
{ [ "$(generation rei3)" = 000001 ] && [ ! -e "$T/state/pending/rei3" ]; } ||
	fail "a refused replacement has changed something"
fresh rei4
switches '--issue-time never'
expect 7 reissue rei4
expect 7 run
at '+40d' run
{ [ "$RC" = 7 ] && silent; } || fail "an order that waits: $RC"
touch "$T/state/lock"
at '+85d' run
[ "$RC" = 7 ] || fail "a replacement that is given up: $RC"
expect_error 'it is time to renew'
[ "$(orders rei4.example.com)" = 2 ] || fail "not renewed"
touch "$T/state/lock"
at '+86d' run
expect_error 'expires soon'
touch "$T/state/lock"

say "revoke: by id, reason and code; the next run orders anew"
fresh rev
first=$(order_of rev)
expect 2 revoke rev
expect 2 revoke rev --reason nonsense
expect 0 revoke rev --reason cessationOfOperation
expect_error 'next run orders'
[ "$(events revoked "$first")" = 1 ] || fail "not revoked"
[ "$(orders rev.example.com)" = 1 ] || fail "revoke has ordered"
expect 0 status --json
jq -e '.certificates[0] | .state == "due" and .due == "revoked"' "$T/out" >/dev/null || fail "status"
expect 0 run
{ [ "$(orders rev.example.com)" = 2 ] && [ "$(generation rev)" = 000002 ]; } || fail "not replaced"
expect 2 rollback rev
expect_error 'revoked'
say "revoke: what was replaced has its order's id no more, and the one that has it stays valid"
fresh rev5
expect 0 reissue rev5
for reason in superseded keyCompromise; do
	expect 2 revoke rev5 --generation 000001 --reason $reason
	expect_error 'in SCM itself'
done
[ "$(events revoked "$(order_of rev5)")" = 0 ] || fail "the replacement was revoked"
[ "$(wc -l <"$T/state/burnt")" = 1 ] || fail "the key was not burnt"
expect 2 rollback rev5
expect_error 'compromised'
[ "$(generation rev5)" = 000002 ] || fail "not live"
expect 0 revoke rev5 --reason superseded
[ "$(events revoked "$(order_of rev5)")" = 1 ] || fail "the replacement can't be revoked"

say "revoke: a failure that left its note, and no order, is no replacement in work"
fresh rev6
configure rev6 'key_store = token:web' 'key_uri = pkcs11:object=nothing'
expect 4 run
configure rev6
[ -e "$T/state/pending/rev6/retry" ] || fail "no note"
expect 0 revoke rev6 --reason superseded
expect_error 'next run orders'
expect 0 run
[ "$(generation rev6)" = 000002 ] || fail "not replaced"

say "revoke: a lost answer, and a refusal"
fresh rev2
first=$(order_of rev2)
switches '--fault revoke:reset-after-accept:1'
expect 8 revoke rev2 --reason 4
[ "$(generation rev2)" = 000001 ] || fail "generation"
expect 0 run
[ "$(generation rev2)" = 000002 ] || fail "not replaced after a lost answer"
[ ! -e "$T/state/archive/rev2/revoking" ] || fail "the revocation did not end"
fresh rev3
switches '--fault revoke:code=-3'
expect 6 revoke rev3 --reason keyCompromise
before=$(asked '/revoke/')
expect 0 run
[ "$(asked '/revoke/')" = "$before" ] || fail "a refused revocation is repeated"
[ "$(generation rev3)" = 000002 ] || fail "a compromised key was not replaced"
expect 0 status
switches
expect 0 reset rev3
expect 0 run
[ "$(asked '/revoke/')" = $((before + 1)) ] || fail "reset does not ask again"
[ "$(ledger '[.[] | select(.event == "revoked")] | length')" -ge 1 ] || fail "not revoked after reset"

say "revoke: what can't be revoked does not keep a certificate from being renewed"
fresh rev4
switches '--fault revoke:unavailable'
expect 8 revoke rev4 --reason superseded
expect 8 run --force
[ "$(generation rev4)" = 000002 ] || fail "not renewed"
switches
expect 0 run
[ ! -e "$T/state/archive/rev4/revoking" ] || fail "the revocation is not completed"

say "keyCompromise: the key is never deployed again, whatever asks for it"
hook=$T/moody
printf '#!/bin/sh\n[ ! -e %s/moody.bad ]\n' "$T" >"$hook"
chmod 755 "$hook"
rm -f "$T/moody.bad"
fresh burn "deploy_hooks = $hook"
cp "$(live burn)/privkey.pem" "$T/burnt.pem"
first=$(order_of burn)
switches '--fault revoke:unavailable'
expect 8 revoke burn --reason keyCompromise
[ "$(generation burn)" = 000001 ] || fail "the server serves nothing"
expect 2 deploy burn
expect_error 'compromised'
switches
touch "$T/moody.bad"
expect 10 run
[ "$(generation burn)" = 000002 ] || fail "rolled back to a burnt key"
[ "$(events revoked "$first")" = 1 ] || fail "the revocation was not completed"
rm "$T/moody.bad"
expect 0 run burn
expect 2 rollback burn
expect_error 'compromised'
rm "$T/state/live/burn"
expect 0 recover
[ "$(generation burn)" = 000002 ] || fail "recover"
configure burn "deploy_hooks = $hook"
expect 0 run
expect 2 adopt burn --ssl-id "$first" --key "$T/burnt.pem"
expect_error 'already'
rm -rf "$T/state/archive/burn/000001"
expect 2 adopt burn --ssl-id "$first" --key "$T/burnt.pem"
expect_error 'compromised'
[ ! -e "$T/state/pending/burn" ] || fail "a refused adoption left something"

say "revoked at SCM by somebody else: a hinted run finds out and replaces it"
fresh hint
id=$(order_of hint)
curl -sS --fail --cacert "$T/sim/ca.pem" --cert "$T/host01.pem" -H 'login: host01-pem' \
	-H 'customerUri: example' -H 'Content-Type: application/json' \
	-d '{"reasonCode":4,"reason":"by an administrator"}' "$URL/private/api/ssl/v1/revoke/$id"
mkdir "$T/hints"
: >"$T/hints/$id"
expect 0 run --hinted "$T/hints"
[ "$(generation hint)" = 000002 ] || fail "not replaced"
: >"$T/hints/$(order_of hint)"
expect 0 run --hinted "$T/hints"
[ "$(orders hint.example.com)" = 2 ] || fail "replaced without reason"

say "adopt: an order that exists, with the host's own key"
fresh donor
cp "$(live donor)/privkey.pem" "$T/donor.pem"
id=$(order_of donor)
sed -i 's/donor/heir/' "$T/agent.ini"
sed -i 's/^common_name = heir/common_name = donor/' "$T/agent.ini"
before=$(orders)
expect 2 adopt heir
expect 2 adopt heir --ssl-id "$id"
expect 2 adopt heir --ssl-id x1 --key "$T/donor.pem"
chmod 644 "$T/donor.pem"
expect 3 adopt heir --ssl-id "$id" --key "$T/donor.pem"
chmod 600 "$T/donor.pem"
openssl pkey -in "$T/donor.pem" -aes256 -passout pass:x -out "$T/sealed.pem"
chmod 600 "$T/sealed.pem"
expect 4 adopt heir --ssl-id "$id" --key "$T/sealed.pem"
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/other.pem" 2>/dev/null
expect 2 adopt heir --ssl-id "$id" --key "$T/other.pem"
[ ! -e "$T/state/pending/heir" ] || fail "a refused adoption left something"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/other.pem" 2>/dev/null
expect 12 adopt heir --ssl-id "$id" --key "$T/other.pem"
expect_error "reset heir --abandon gives the adoption up"
order=$(sed -n 's/^ssl_id=//p' "$T/state/pending/heir/order")
expect 2 adopt heir --ssl-id "$id" --key "$T/donor.pem"
expect 0 reset heir --abandon
expect_error "order $order goes on at SCM"
cmp -s <(spki "$T/other.pem") <(spki "$T/state/archive/heir/abandoned-1/privkey.pem") || fail "a key is lost"
expect 0 adopt heir --ssl-id "$id" --key "$T/donor.pem"
pair_matches heir || fail "no pair"
[ "$(orders)" = "$before" ] || fail "adopt has ordered"
expect 2 adopt heir --ssl-id "$id" --key "$T/donor.pem"
expect 0 run
[ "$(orders)" = "$before" ] || fail "an adopted certificate was ordered again"

say "adopt: a key in a token"
fresh tdonor 'key_store = token:web'
id=$(order_of tdonor)
keyid=$(sed -n 's/^key_id=//p' "$(live tdonor)/meta")
sed -i 's/tdonor/their/; s/^common_name = their/common_name = tdonor/' "$T/agent.ini"
expect 2 adopt their --ssl-id "$id" --key "$T/donor.pem"
expect 4 adopt their --ssl-id "$id" --key-id 00112233445566778899aabbccddee11
expect 0 adopt their --ssl-id "$id" --key-id "$keyid"
[ -s "$(live their)/key-uri" ] || fail "no key in the token"

say "adopt: a key that two certificates have outlives the older one of them"
conf_cert tdonor 'key_store = token:web'
sed -i 's/^\[agent\]/&\nkeep_generations = 1/' "$T/agent.ini"
expect 0 run --force tdonor
expect 0 run --force tdonor
[ ! -e "$T/state/archive/tdonor/000001" ] || fail "nothing was pruned"
expect 0 key probe their
sed -i '/^keep_generations/d; /^\[certificate:tdonor\]/,$d' "$T/agent.ini"

say "forget: what left the configuration, with its keys, which are no orphans"
expect 2 forget their
sed -i 's/their/else/' "$T/agent.ini"
sed -i 's/^common_name = else/common_name = tdonor/' "$T/agent.ini"
expect 0 status
grep -q '^their *removed .*not configured.*scm-agent forget their takes' "$T/out" || fail "status is silent about what left"
expect 0 status else
! grep -q removed "$T/out" || fail "asked about one, it speaks of others"
agent check
grep -q '^their *warn *not configured.*scm-agent forget their takes' "$T/out" || fail "check is silent about what left"
expect 2 forget nothing
expect 2 forget ../archive
expect 0 forget their
expect 0 forget tdonor
{ [ ! -e "$T/state/live/their" ] && [ ! -e "$T/state/archive/their" ]; } || fail "not moved"
[ -s "$(echo "$T"/state/forgotten/their-*/archive/000001/cert.pem)" ] || fail "not kept"
expect 2 forget their
expect 0 key prune
[ ! -s "$T/out" ] || fail "a forgotten key was pruned"
rm -rf "$T"/state/forgotten/*
expect 0 key prune
grep -q "$keyid" "$T/out" || fail "an orphan is not pruned"
fresh pend
switches '--issue-time never'
expect 7 run --force
id=$(sed -n 's/^ssl_id=//p' "$T/state/pending/pend/order")
sed -i 's/pend/other/' "$T/agent.ini"
expect 0 forget pend
expect_error "order $id goes on"
switches

say "forget: cut short by a crash, and the certificate lived again since"
fresh twice
expect 0 run
mkdir -p "$T/state/forgotten/twice.moving"
mv "$T/state/live/twice" "$T/state/forgotten/twice.moving/live"
mv "$T/state/archive/twice" "$T/state/forgotten/twice.moving/archive"
expect 0 run
sed -i 's/twice/other/' "$T/agent.ini"
expect 0 forget twice
{ [ ! -e "$T/state/live/twice" ] && [ ! -e "$T/state/archive/twice" ]; } || fail "not moved"
[ "$(find "$T/state/forgotten" -path '*twice*' -name privkey.pem | wc -l)" = 2 ] || fail "a key is lost"
[ ! -e "$T/state/forgotten/twice.moving" ] || fail "left half-way"

say "renew_if_issued_before: once, within a day, the same moment at each look"
fresh mass
configure mass "renew_if_issued_before = $(date -u -d '+1 day' +%Y-%m-%d)"
expect 0 run
[ "$(orders mass.example.com)" = 1 ] || fail "replaced before the time has come"
sleep 1.1
configure mass "renew_if_issued_before = $(date -u +%Y-%m-%dT%H:%M:%SZ)"
expect 0 run
first=$(sed -n 's/^seen=//p' "$T/state/cache/replacement-mass")
[ "$(orders mass.example.com)" = 1 ] || say "  (its moment is now)"
expect 0 status --json
moment=$(jq -r '.certificates[0].renewal' "$T/out")
sleep 1.1
expect 0 run
expect 0 status --json
[ "$(jq -r '.certificates[0].renewal' "$T/out")" = "$moment" ] || fail "the moment moves"
[ "$(sed -n 's/^seen=//p' "$T/state/cache/replacement-mass")" = "$first" ] || fail "forgotten when it was seen"
at +25h run
[ "$RC" = 0 ] || fail "after a day: $RC"
[ "$(orders mass.example.com)" = 2 ] || fail "not replaced within a day"
at +50h run
[ "$(orders mass.example.com)" = 2 ] || fail "replaced twice"
touch "$T/state/lock"
fresh mass2
sleep 1.1
configure mass2 "renew_if_issued_before = $(date -u +%Y-%m-%dT%H:%M:%SZ)"
expect 0 run mass2
[ "$(orders mass2.example.com)" = 2 ] || fail "not at once when it is named"
expect 0 run mass2
[ "$(orders mass2.example.com)" = 2 ] || fail "replaced twice"
say "all of it"
