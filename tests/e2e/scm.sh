#!/bin/bash
# What the account holds: lists as tables and JSON, the cache and its weekly refresh, profiles by
# name, mistakes that are found before an order, revocations that others made, and `check`.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ORG=1234
sim_start
login_make
token_make
printf 'pw-of-bob\n' >"$T/bob.pass"
chmod 600 "$T/bob.pass"
"$SIM" --dir "$T/sim" add-login bob --password-file "$T/bob.pass" >/dev/null

# shellcheck disable=SC2119,SC2120
conf_bob() {
	conf_head 'auth = password' 'login = bob' "password_file = $T/bob.pass" "$@"
}

# change the simulator's account by a jq program
account() {
	jq "$1" "$T/sim/account.json" >"$T/account.new"
	mv "$T/account.new" "$T/sim/account.json"
}

# asked PATTERN: how many requests had such a path
asked() {
	jq -s --arg p "$1" '[.[] | select((.target // "") | test($p))] | length' "$T/sim/requests.jsonl"
}

say "lists of the account, by every login that may see them"
conf_bob
conf_cert first
for list in organizations profiles domains certificates; do
	expect 0 scm "$list"
	[ ! -s "$T/err" ] || fail "scm $list says something"
	cp "$T/out" "$T/$list.txt"
	expect 0 scm "$list" --json
	jq -e --arg l "$list" '.schema == 1 and (.[$l] | type) == "array"' "$T/out" >/dev/null ||
		fail "JSON of $list"
done
grep -qE '^ID +NAME +DEPARTMENT OF' "$T/organizations.txt" || fail "organizations"
grep -qE '^1235 .* 1234$' "$T/organizations.txt" || fail "the department"
grep -qE '^1018 +Example SSL +90 199 365 ' "$T/profiles.txt" || fail "profiles"
grep -qE '^example\.com +VALIDATED ' "$T/domains.txt" || fail "domains"
conf_p12
expect 0 scm profiles
cmp -s "$T/out" "$T/profiles.txt" || fail "another login sees other profiles"

say "usage"
expect 2 scm
expect_error 'say what: scm organizations'
expect 2 scm servers
expect 2 scm profiles extra
expect 2 scm organizations --account none
expect 2 scm certificates --cached
expect 2 scm sync --cached
expect 2 scm profiles --state Issued

say "certificates: all orders, and those of this host by name"
conf_bob
conf_cert first
expect 0 run
id=$(jq -r .order "$T/state/live/first/meta" 2>/dev/null || sed -n 's/^order=//p' "$T/state/live/first/meta")
expect 0 scm certificates
grep -qE "^$id +first\.example\.com +[0-9A-F]+ +first\$" "$T/out" || fail "$(cat "$T/out")"
expect 0 scm certificates first.example.com --json
jq -e --arg id "$id" '.certificates == [{account: "default", id: $id, common_name: "first.example.com",
	serial: .certificates[0].serial, names: .certificates[0].names, managed_as: "first"}]' \
	"$T/out" >/dev/null || fail "$(cat "$T/out")"
expect 0 scm certificates nobody.example.com
[ ! -s "$T/out" ] || fail "somebody"
expect 0 scm certificates "$(serial_of "$(live first)/cert.pem")"
grep -q first.example.com "$T/out" || fail "not found by its serial number"
expect 0 scm certificates --state Revoked
[ ! -s "$T/out" ] || fail "nothing is revoked"

say "the cache: names resolve offline, and nobody is asked"
expect 0 scm sync
before=$(requests)
expect 0 scm profiles --cached
cmp -s "$T/out" "$T/profiles.txt" || fail "the cache differs"
expect 0 scm organizations --cached
expect 0 scm domains --cached
[ "$(requests)" = "$before" ] || fail "SCM was asked"

say "an idle run asks nothing, and once a week for the lists"
expect 0 run
silent || fail "it says something"
[ "$(requests)" = "$before" ] || fail "SCM was asked"
before=$(asked /types)
ASAN_OPTIONS=verify_asan_link_order=0 faketime -f '+8d' "$AGENT" -c "$T/agent.ini" run >"$T/out" 2>"$T/err" ||
	fail "a week later"
silent || fail "it says something"
[ "$(asked /types)" -gt "$before" ] || fail "the lists were not refreshed"
touch "$T/state/lock"
rm -rf "$T/state/cache"

say "an SCM that is away is no failure of an idle run"
sim_stop
expect 0 run
silent || fail "it says something"
sim_start
conf_bob

say "a profile by its name"
conf_cert named
sed -i 's/^profile = 1018$/profile = Example SSL/' "$T/agent.ini"
expect 0 run
[ "$(orders named.example.com)" = 1 ] || fail "no order"
expect 0 show named
grep -qE '^profile +Example SSL$' "$T/out" || fail "profile"

# replace LINE of the last certificate
change() {
	sed -i "s/^$1 = .*/$1 = $2/" "$T/agent.ini"
}

say "lists that SCM can't give keep nobody from ordering"
sed -i '1s/time=[0-9]*/time=1000/' "$T"/state/cache/*
switches '--fault types:unavailable' '--fault dcv-list:unavailable'
expect 0 run --force named
rm "$T"/state/cache/*
switches '--fault organizations:unavailable' '--fault dcv-list:unavailable'
expect 0 run --force named
[ "$(orders named.example.com)" = 3 ] || fail "not ordered"
switches

say "mistakes that are found before an order"
conf_bob
conf_cert twin
change profile 'Example twin'
expect 3 run
expect_error 'ambiguous; write the number: 1020 .*1021'
expect 0 status --json
jq -e '.certificates[0] | .stuck and (.note | contains("ambiguous"))' "$T/out" >/dev/null || fail "$(cat "$T/out")"
change profile 'No such'
expect 3 run
expect_error "profile No such is not offered to the organization; offered are: 1018 'Example SSL'"
change profile 4711
expect 3 run
change profile 1018
change term 91
expect 3 run
expect_error "term 91 is not one of profile 1018's terms: 90,199,365"
change term 90
change profile 1019
expect 3 run
expect_error 'does not allow key_type ec:P-256; it allows RSA:2048'
[ "$(orders twin.example.com)" = 0 ] || fail "an order"

say "a mandatory custom field"
change profile 1018
account '.customFields = [{"id": 9, "name": "Cost centre", "mandatory": true}]'
expect 0 scm sync
expect 3 run twin
expect_error "custom field 'Cost centre' is mandatory at SCM; set custom_field.Cost centre"
printf 'custom_field.Cost centre = 4711\n' >>"$T/agent.ini"
expect 0 run twin
account '.customFields = []'

say "what SCM is told about the order's own validation"
conf_bob
conf_cert told 'dcv_mode = EMAIL' 'dcv_email = hostmaster@example.com'
expect 0 run
jq -s -e 'any(.[]; (.body // "") | contains("\"dcvMode\":\"EMAIL\"") and contains("hostmaster@example.com"))' \
	"$T/sim/requests.jsonl" >/dev/null || fail "no dcvMode in the order"

say "an order that waits: who asks for it by name has SCM look at its domains again"
conf_bob
conf_cert waits
switches '--issue-time never'
expect 7 run
before=$(asked '/dcv/recheck$')
expect 7 run
[ "$(asked '/dcv/recheck$')" = "$before" ] || fail "each run asks for it"
expect 7 run waits
[ "$(asked '/dcv/recheck$')" = $((before + 1)) ] || fail "not asked once"
switches
expect 0 run waits
[ "$(orders waits.example.com)" = 1 ] || fail "not one order"

say "a certificate that others revoked at SCM is found by the refresh, and replaced"
conf_bob
conf_cert first
old=$(serial_of "$(live first)/cert.pem")
curl -sf --cacert "$T/sim/ca.pem" -H 'login: bob' -H 'password: pw-of-bob' -H 'customerUri: example' \
	-H 'Content-Type: application/json' -d '{"reasonCode":4,"reason":"by hand"}' \
	"$URL/api/ssl/v1/revoke/$id" || fail "revoke"
expect 0 run
[ "$(serial_of "$(live first)/cert.pem")" = "$old" ] || fail "replaced without being asked"
expect 0 scm sync
expect_error 'SCM lists the live certificate as revoked'
expect 0 show first
grep -qE '^at SCM +Revoked$' "$T/out" || fail "$(cat "$T/out")"
expect 0 run
[ "$(serial_of "$(live first)/cert.pem")" != "$old" ] || fail "not replaced"
[ "$(orders first.example.com)" = 2 ] || fail "not one order"

say "check: one line each, with the remedy"
sed -i 's/^common_name = first.example.com$/&\nsubject_alt_names = api.first.example.com/' "$T/agent.ini"
expect 0 check
for row in 'configuration' 'state directory' 'account default: credential' 'account default: organization' \
	'account default: password' 'first: profile' 'first: domain' 'first: key'; do
	grep -qE "^$row +ok " "$T/out" || fail "no row '$row': $(cat "$T/out")"
done
[ "$(grep -c '^first: domain ' "$T/out")" = 1 ] || fail "two names below one domain have two rows"
change organization_id 4711
expect 3 check
grep -qE '^account default: organization +FAIL +organization_id 4711 is not among' "$T/out" || fail "organization"
change organization_id 1234
printf 'wrong\n' >"$T/bob.pass"
expect 5 check
grep -qE '^account default: credential +FAIL .*-16.*password' "$T/out" || fail "$(cat "$T/out")"
! grep -qE '^account default: (credential +ok|organization)' "$T/out" || fail "refused and good: $(cat "$T/out")"
printf 'pw-of-bob\n' >"$T/bob.pass"
sim_stop
expect 8 check
grep -qE '^account default: organization +FAIL ' "$T/out" || fail "unreachable"

say "all of it"
