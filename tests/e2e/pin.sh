#!/usr/bin/env bash
# One attempt a run with a wrong PIN, whoever makes it, and none before something has changed: the
# token's module counts.
# shellcheck disable=SC2119
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/faults-lib.sh
. "$HERE/faults-lib.sh"

ORG=1234
sim_start
login_make
token_make
login_token tok01
faulty_module

# pin FILE TEXT: what a PIN's file holds from now on
pin() {
	printf '%s' "$2" >"$T/$1.new"
	chmod 600 "$T/$1.new"
	mv "$T/$1.new" "$T/$1"
}

# logins N ARGUMENT...: status 4, after N attempts by all processes
logins() {
	local n=$1
	shift
	: >"$T/calls"
	expect 4 "$@"
	[ "$(calls_of C_Login)" = "$n" ] || fail "$*: $(calls_of C_Login) attempts instead of $n"
}

# account NAME LINE...: one more, with its client key in the same token
account() {
	local name=$1
	shift
	cat >>"$T/agent.ini" <<-END

		[scm:$name]
		url = $URL
		customer_uri = example
		organization_id = $ORG
		ssl_trust_store = $T/sim/ca.pem
		login = tok01
		client_cert_key_store = token:web
		client_cert_key_store_type = PKCS11
		client_cert_key_alias = tok01
	END
	printf '%s\n' "$@" >>"$T/agent.ini"
}

# --- the servers' keys and the client keys of two accounts in one token

conf_token
conf_token_keys
account second
conf_cert one 'key_store = token:web'
conf_cert two 'key_store = token:web'
conf_cert three 'account = second'
expect 0 run
say "ok: with the right PIN, $(calls_of C_Login) logins"

pin pin 654321
logins 1 run --force
for i in 1 2 3; do
	logins 0 run --force
done
logins 0 run --force one
logins 0 run --force three
logins 0 check
logins 0 key probe
logins 0 key prune
logins 0 scm profiles
logins 0 reissue one
# a file with the same name, and the next wrong PIN
pin pin 7654321
logins 1 key probe
logins 0 run --force
pin pin 87654321
logins 1 scm profiles
logins 0 check
logins 0 run --force
pin pin 123456
expect 0 run --force
say "ok: one attempt for each wrong PIN"

# --- PINs of the accounts' own, all of them wrong

pin own 1111111
pin other 2222222
conf_token "client_cert_key_store_password_file = $T/own"
conf_token_keys
account second "client_cert_key_store_password_file = $T/other"
conf_cert three 'account = second'
conf_cert four
conf_cert one 'key_store = token:web'
pin pin 3333333
for i in 1 2 3 4; do
	: >"$T/calls"
	expect 4 run --force
	[ "$(calls_of C_Login)" -le 1 ] || fail "run $i: $(calls_of C_Login) attempts"
done
logins 0 run --force
pin pin 123456
pin own 123456
pin other 123456
expect 0 run --force
say "ok: one attempt a run with several wrong PINs"
