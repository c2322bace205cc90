# NSS's software token: two SQLite databases, as browsers have them. It wants to be told where they are
# when it starts, which pkcs11-tool can't do: what is in the token is read from the databases instead,
# and others' certificates are imported by certutil.
# shellcheck shell=bash disable=SC2034
NEEDS=(certutil sqlite3)
TYPES=(rsa:2048 ec:P-256)
MODULE=$(find /usr/lib -name libsoftokn3.so 2>/dev/null | head -n 1)
URI='pkcs11:token=NSS%20Certificate%20DB'
TOKEN_LABEL='NSS Certificate DB'

token_up() {
	mkdir "$T/nss"
	certutil -N -d "sql:$T/nss" -f "$T/pin"
	INIT_ARGS="configdir='sql:$T/nss' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readWrite"
}

# Columns are attributes: a0 CKA_CLASS, a11 CKA_VALUE, a102 CKA_ID.
objects() {
	local from=(cert9 nssPublic 1)
	case $1 in
	privkey) from=(key4 nssPrivate 3) ;;
	pubkey) from=(cert9 nssPublic 2) ;;
	esac
	sqlite3 "$T/nss/${from[0]}.db" "select lower(hex(a102)) from ${from[1]} where a0 = x'0000000${from[2]}'" |
		sort
}

certificate() {
	sqlite3 "$T/nss/cert9.db" "select writefile('$T/read.der', a11) from nssPublic
		where a0 = x'00000001' and a102 = x'$1'" >/dev/null
	cat "$T/read.der"
}

certificate_add() {
	certutil -A -d "sql:$T/nss" -f "$T/pin" -n "$3" -t ,, -i "$1"
}

# another_start PATTERN: with these INIT_ARGS nothing is made, and the message says why
another_start() {
	local orders before
	orders=$(orders)
	before=$(everything)
	conf_file_login
	expect 4 run --force rsa2048
	expect_error "$1"
	[ "$(orders)" = "$orders" ] || fail "something was ordered"
	[ "$(everything)" = "$before" ] || fail "something is left in the token"
}

token_story() {
	local good=$INIT_ARGS
	say "opened for reading, without init_args, and elsewhere"
	INIT_ARGS=${good/readWrite/readOnly}
	another_start 'the token may only be read'
	INIT_ARGS=
	another_start "$MODULE.*with these init_args, or needs some"
	INIT_ARGS=${good/$T\/nss/$T/nowhere}
	another_start "$MODULE.*settings .env., init_args."
}
