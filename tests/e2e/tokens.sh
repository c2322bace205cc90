#!/usr/bin/env bash
# The life of certificates whose keys are in a token of a real PKCS#11 module, and of client keys in it:
#
#	tokens.sh MODULE
#
# tokens/MODULE.sh sets it up, and knows the module's own tools. What a module can't do has to be said
# before anything is ordered, with nothing left behind. Each cell of the table that ./dev matrix prints
# is seen here; all key types are tried for it, else those that take little time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

MODULE_NAME=${1:?the module}
ALL_TYPES=(rsa:2048 rsa:3072 rsa:4096 ec:P-256 ec:P-384 ec:P-521)
TYPES=(rsa:2048 ec:P-256)

# What a module's file sets, and these functions, which it may replace.
MODULE=            # the library
URI=pkcs11:token=web
PIN=123456
TOKEN_LABEL=web    # as its messages have it
INIT_ARGS=
ENVIRONMENT=()     # NAME=value, for the module
NEEDS=()           # programs and files

token_up() { :; }
# more that only this module can show
token_story() { :; }

# tool ARGUMENT...: pkcs11-tool on the token, logged in
tool() {
	env "${ENVIRONMENT[@]}" pkcs11-tool --module "$MODULE" --token-label web --login --pin "$PIN" "$@" 2>>"$T/tool.err"
}

# objects privkey | pubkey | cert: the ids of all objects of that kind, sorted
objects() {
	tool --list-objects --type "$1" | sed -n 's/^ *ID: *//p' | sort
}

# certificate ID: what is stored under that id, DER
certificate() {
	tool --read-object --type cert --id "$1" --output-file "$T/read.der" >/dev/null && cat "$T/read.der"
}

# certificate_add FILE ID LABEL: a certificate that somebody else puts beside a key, DER
certificate_add() {
	tool --write-object "$1" --type cert --id "$2" --label "$3" >/dev/null
}

# shellcheck source=/dev/null
. "$HERE/tokens/$MODULE_NAME.sh"

everything() {
	local kind
	for kind in privkey pubkey cert; do
		objects "$kind" | sed "s/^/$kind /"
	done
}

conf_tokens() {
	local type
	cat >"$T/agent.ini" <<-EOF
		[agent]
		state_dir = $T/state
		keep_generations = 1

		[token:web]
		module = $MODULE
		uri = $URI
		pin_file = $T/pin
	EOF
	[ -z "$INIT_ARGS" ] || say "init_args = $INIT_ARGS" >>"$T/agent.ini"
	[ "${#ENVIRONMENT[@]}" = 0 ] || printf 'env.%s\n' "${ENVIRONMENT[@]/=/ = }" >>"$T/agent.ini"
	printf '%s\n' '' '[scm]' "url = $URL" 'customer_uri = example' "organization_id = $ORG" \
		"ssl_trust_store = $T/sim/ca.pem" 'enroll_back_off_timer = 1' "$@" >>"$T/agent.ini"
	for type in "${KINDS[@]}"; do
		conf_cert "$(name_of "$type")" 'key_store = token:web' "key_type = $type"
		conf_cert "login-$(name_of "$type")" 'key_store = token:web' "key_type = $type"
	done
}

conf_file_login() {
	conf_tokens 'login = host01' "client_cert_key_store = $T/host01.p12" \
		"client_cert_key_store_password_file = $T/store.pass"
}

# conf_token_login NAME: the client key is that of certificate NAME
conf_token_login() {
	conf_tokens "login = $1" 'client_cert_key_store = token:web' 'client_cert_key_store_type = PKCS11' \
		"client_cert_key_alias = scm-agent $1"
}

name_of() {
	say "${1,,}" | tr -d ':-'
}

# ids NAME: the ids of the keys of a certificate that the agent knows, newest last
ids() {
	agent key list "$1" --json
	jq -r '.keys[].id' "$T/out"
}

# cell TYPE OPERATION: it was seen to work
cell() {
	say "$1: $2"
	matrix_row token "$MODULE_NAME" "$1" "$2" ok
}

# refused TYPE OPERATION: the last run said why not, before any order, and left nothing
refused() {
	local name
	name=$(name_of "$1")
	[ "$RC" = 4 ] || fail "$1: exit status $RC instead of 4"
	[ "$(orders)" = "$ORDERS" ] || fail "$1: something was ordered"
	[ "$(everything)" = "$BEFORE" ] || fail "$1: something is left in the token"
	grep -q "token '$TOKEN_LABEL'.*$1.*another key_type" "$T/err" || fail "$1: not clear: $(cat "$T/err")"
	message=$(sed -n "s/.*token '$TOKEN_LABEL': //p" "$T/err" | head -n 1)
	say "$1: $2 refused: $message"
	matrix_row token "$MODULE_NAME" "$1" "$2" "refused: $message"
}

# all objects of a pair, and its certificate, are there: one of each
pair_there() {
	local kind
	for kind in privkey pubkey cert; do
		[ "$(objects "$kind" | grep -cx "$1")" = 1 ] || fail "$2: $kind $1 is not there once"
	done
	certificate "$1" | cmp -s - <(openssl x509 -in "$(live "$2")/cert.pem" -outform DER) ||
		fail "$2: another certificate is beside the key"
}

pair_gone() {
	! everything | grep -q " $1$" || fail "something of $1 is still in the token: $(everything)"
}

request_fits() {
	agent csr "$1"
	openssl req -in "$T/out" -verify -noout 2>/dev/null || fail "$1: the request does not verify"
	openssl req -in "$T/out" -noout -text >"$T/request"
	case $2 in
	rsa:*) grep -q "Public-Key: (${2#rsa:} bit)" "$T/request" ;;
	ec:*) grep -q "NIST CURVE: ${2#ec:}" "$T/request" ;;
	esac || fail "$1: not a key of type $2"
}

# enrolled TYPE: false when the token can't make or use such a key
enrolled() {
	local type=$1 name id
	name=$(name_of "$type")
	BEFORE=$(everything)
	ORDERS=$(orders)
	agent run "$name"
	if [ "$RC" != 0 ]; then
		refused "$type" generate
		return 1
	fi
	id=$(ids "$name")
	pair_there "$id" "$name"
	cell "$type" generate
	expect 0 key probe "$name"
	grep -q signs "$T/out" || fail "$name: $(cat "$T/out")"
	cell "$type" sign
	request_fits "$name" "$type"
	cell "$type" request
	cell "$type" certificate
}

# A key that waits for its certificate becomes a client key: SCM's login certifies its request.
login_certified() {
	local name=$1 id
	switches '--approval'
	expect 7 run "$name"
	id=$(ids "$name")
	expect 0 csr "$name"
	cp "$T/out" "$T/$name.csr"
	"$SIM" --dir "$T/sim" add-login "$name" --client-csr "$T/$name.csr" --client-cert "$T/$name.pem" >/dev/null
	openssl x509 -in "$T/$name.pem" -outform DER -out "$T/$name.der"
	certificate_add "$T/$name.der" "$id" "scm-agent $name"
	switches '--no-approval'
}

logged_in() {
	local type=$1 name
	name=login-$(name_of "$type")
	login_certified "$name"
	conf_token_login "$name"
	expect 0 scm organizations
	tail -n 1 "$T/sim/requests.jsonl" | grep -q "\"$name\"" || fail "another login than $name"
	cell "$type" login
}

# The client key and the server's are in one token, each used by a process of its own.
renewed() {
	local type=$1 name old
	name=$(name_of "$type")
	old=$(ids "$name")
	expect 0 run "$name" --force
	[ "$(ids "$name")" != "$old" ] || fail "$name: the same key"
	pair_there "$(ids "$name")" "$name"
	expect 0 key probe "$name"
	cell "$type" renew
	pair_gone "$old"
	cell "$type" prune
}

life() {
	local type
	for type in "${KINDS[@]}"; do
		conf_file_login
		enrolled "$type" || continue
		logged_in "$type"
		renewed "$type"
	done
}

# pin TEXT: what the PIN's file holds from now on
pin() {
	printf '%s' "$1" >"$T/pin.new"
	chmod 600 "$T/pin.new"
	mv "$T/pin.new" "$T/pin"
}

# counted N: the token's own counter of wrong PINs (wrong_pins is the module's)
counted() {
	[ "$(wrong_pins)" = "$1" ] || fail "the token has counted $(wrong_pins) wrong PINs, not $1"
}

wrong_by_hand() {
	local i
	for ((i = 0; i < $1; i++)); do
		! PIN=654321 tool --list-objects >/dev/null || fail "a wrong PIN was taken"
	done
}

# Whatever is called, however often, and whichever process would ask: one wrong PIN is one attempt.
one_attempt() {
	say "a wrong PIN: one attempt in many runs"
	local i
	counted 0
	pin 654321
	conf_file_login
	expect 4 run --force "$(name_of "${KINDS[0]}")"
	expect_error 'wrong PIN'
	counted 1
	for ((i = 0; i < 5; i++)); do
		expect 4 run --force
		expect_error 'not tried again since it was refused'
	done
	expect 4 key probe
	expect 4 check
	conf_token_login "login-$(name_of "${KINDS[0]}")"
	expect 4 scm organizations
	expect_error 'not tried again since it was refused'
	counted 1
	pin "$PIN"
	expect 0 scm organizations
	conf_file_login
	expect 0 key probe "$(name_of "${KINDS[0]}")"
}

for program in pkcs11-tool "${NEEDS[@]}"; do
	command -v "$program" >/dev/null || [ -e "$program" ] || fail "$program is not there (./dev deps)"
done
KINDS=("${TYPES[@]}")
[ -z "${MATRIX_OUT:-}" ] || KINDS=("${ALL_TYPES[@]}")
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
pin "$PIN"
token_up
life
conf_file_login
token_story
say "all of it"
