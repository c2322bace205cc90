#!/usr/bin/env bash
# The Enrollment API: the same life of a certificate with a REST account, which can't list orders.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# configure NAME [LINE...]: neither organization, profile nor term: the REST account has them
configure() {
	local name=$1
	shift
	cat >"$T/agent.ini" <<-EOC
		[agent]
		state_dir = $T/state
		[scm]
		api = enrollment
		url = $URL
		auth = oauth2
		client_id = rest-1
		client_secret_file = $T/secret
		token_url = $URL/auth/realms/apiclients/protocol/openid-connect/token
		ssl_trust_store = $T/sim/ca.pem
		enroll_back_off_timer = 1
		enroll_max_attempts = 1
		[certificate:$name]
		common_name = $name.example.com
		trust_anchors = $T/sim/ca.pem
	EOC
	printf '%s\n' "$@" >>"$T/agent.ini"
}

fresh() {
	rm -rf "$T/state"
	configure "$@"
	switches
	expect 0 run
}

generation() {
	basename "$(readlink "$(live "$1")")"
}

order_of() {
	sed -n 's/^order=//p' "$(live "$1")/meta"
}

asked() {
	jq -s --arg p "$1" '[.[] | select(.target | test($p))] | length' "$T/sim/requests.jsonl"
}

sim_start
printf 's3cret' >"$T/secret"
chmod 600 "$T/secret"
"$SIM" --dir "$T/sim" add-client rest-1 --secret-file "$T/secret" --organization 1234 \
	--profile 1018 --term 199 >/dev/null

say "enroll, renew by the order, reissue, revoke"
fresh life 'renew_with = renew'
first=$(order_of life)
[ -n "$first" ] || fail "no order id"
expect 0 run --force
[ "$(asked "/$first/renew")" = 1 ] || fail "not renewed"
[ "$(generation life)" = 000002 ] || fail "generation"
pair_matches life || fail "no pair"
second=$(order_of life)
switches '--issue-time never'
expect 7 reissue life
[ "$(generation life)" = 000002 ] || fail "the old certificate has gone"
switches
expect 0 run
[ "$(asked "/$second/replace")" = 1 ] || fail "replaced $(asked "/$second/replace") times"
[ "$(generation life)" = 000003 ] || fail "not reissued"
pair_matches life || fail "no pair"
expect 0 revoke life --reason superseded
# the fuse: three orders were made today, but what is live is revoked
expect 0 run
expect 6 run --force
expect_error '3 orders within a day'

say "an order that may be lost is held, and reset orders anew; its key is kept"
rm -rf "$T/state"
configure hold
switches '--fault enr-enroll:reset-after-accept:1'
expect 8 run
before=$(requests)
expect 6 run
expect_error 'possible orphan'
expect 6 run
[ "$(requests)" = "$before" ] || fail "SCM is asked while it is held"
switches
expect 0 reset hold
expect 0 run
[ "$(orders hold.example.com)" = 2 ] || fail "orders"
[ -s "$T/state/archive/hold/abandoned-1/privkey.pem" ] || fail "the orphan's key is lost"

say "an orphan is adopted by its key"
rm -rf "$T/state"
configure orphan
switches '--fault enr-enroll:reset-after-accept:1'
expect 8 run
switches
expect 6 run
expect 0 reset orphan --abandon
id=$(jq -rs 'map(select(.event == "accepted" and .commonName == "orphan.example.com"))[-1] | .certId // .sslId' "$T/sim/ledger.jsonl")
before=$(orders)
expect 0 adopt orphan --ssl-id "$id" --key "$T/state/archive/orphan/abandoned-1/privkey.pem"
pair_matches orphan || fail "no pair"
[ "$(orders)" = "$before" ] || fail "adopt has ordered"

say "on_lost_answer = resubmit: the same request again, until the fuse"
rm -rf "$T/state"
configure again 'on_lost_answer = resubmit'
switches '--fault enr-enroll:reset-after-accept:1'
expect 8 run
key=$(openssl pkey -in "$T/state/pending/again/privkey.pem" -pubout)
switches
expect 0 run
[ "$(orders again.example.com)" = 2 ] || fail "orders"
[ "$(openssl pkey -in "$(live again)/privkey.pem" -pubout)" = "$key" ] || fail "not the same request"
say "all of it"
