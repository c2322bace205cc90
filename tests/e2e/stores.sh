#!/usr/bin/env bash
# Key place x key type x client key store, each enrolled, installed, reloaded in a real nginx, proved
# by a handshake, renewed once; then a run that sends nothing and says nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

TYPES=(rsa:2048 rsa:3072 ec:P-256 ec:P-384)
PLACES=(file token:web)
ROWS=()

name_of() {
	local place=${1%%:*} type=${2/:/}
	say "$place-${type,,}" | tr -d .
}

# certificates of one client key store: every place with every type
write_certs() {
	local place type name
	for place in "${PLACES[@]}"; do
		for type in "${TYPES[@]}"; do
			name=$(name_of "$place" "$type")
			conf_cert "$name" "key_store = $place" "key_type = $type" \
				"deploy_hooks = $T/site, web" "verify = $name.example.com:443@127.0.0.1:$NGINX_PORT"
		done
	done
	conf_nginx
}

check_key() {
	local name=$1 place=$2 type=$3 text
	text=$(openssl x509 -in "$(live "$name")/cert.pem" -noout -text)
	case $type in
	rsa:*) grep -q "Public-Key: (${type#rsa:} bit)" <<<"$text" ;;
	ec:*) grep -q "NIST CURVE: ${type#ec:}" <<<"$text" ;;
	esac || fail "$name: not a key of type $type"
	if [ "$place" = file ]; then
		pair_matches "$name" || fail "$name: key and certificate are no pair"
		[ "$(stat -c %a "$(live "$name")/privkey.pem")" = 600 ] || fail "$name: mode of the key"
	else
		[ ! -e "$(live "$name")/privkey.pem" ] || fail "$name: a key file although the key is in a token"
		grep -q '^pkcs11:' "$(live "$name")/key-uri" || fail "$name: no URI of the token key"
	fi
}

# nginx's old workers may answer for a moment after a reload
served_is_live() {
	[ "$(served "$1")" = "$(serial_of "$(live "$1")/cert.pem")" ]
}

# every certificate of the store: pair, type, served
check_all() {
	local place type name
	for place in "${PLACES[@]}"; do
		for type in "${TYPES[@]}"; do
			name=$(name_of "$place" "$type")
			check_key "$name" "$place" "$type"
			wait_for 20 served_is_live "$name"
			[ "$(orders "$name.example.com")" = "$1" ] || fail "$name: $(orders "$name.example.com") orders, not $1"
			[ "$1" -gt "$2" ] || continue
			ROWS+=("$STORE $place $type")
		done
	done
}

run_store() {
	local before
	STORE=$1
	say "client key store $STORE"
	rm -rf "$T/sim/ledger.jsonl.old" "$T/state" "$T/nginx/sites/"*
	"conf_$STORE"
	write_certs
	nginx_start
	expect 0 run
	check_all $((BASE + 1)) 999
	expect 0 run --force
	check_all $((BASE + 2)) "$BASE"
	before=$(requests)
	expect 0 run
	silent || fail "an idle run prints something"
	[ "$(requests)" = "$before" ] || fail "an idle run sends requests"
	nginx_stop
	BASE=$((BASE + 2))
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
login_token tok01
nginx_make
BASE=0
for store in pem p12 token; do
	run_store "$store"
done
say "client store, key store, key type: enrolled, served, renewed, served, idle"
printf '  %s\n' "${ROWS[@]}"
say "${#ROWS[@]} combinations"
[ "${#ROWS[@]}" = 24 ] || fail "not all combinations ran"
matrix_row server nginx file ok
matrix_row server nginx token-engine ok
