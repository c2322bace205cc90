# The story of a server whose key is in a token, and whose workers are www-data. What server-lib.sh wants
# of a script, and `key_types` to serve with. The token's directory belongs to root, and to the
# group of the workers for reading.
# shellcheck shell=bash disable=SC2034
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/server-lib.sh"

PLACE=token-engine
KEY_TYPE=ec:P-256
SHARED=yes
PROVED=yes

# needs_engine: what Debian 12's servers reach a token with
needs_engine() {
	local so found=
	for so in /usr/lib/*/engines-3/pkcs11.so; do
		[ ! -e "$so" ] || found=yes
	done
	[ -n "$found" ] || { say "SKIPPED: libengine-pkcs11-openssl is not there (./dev deps)" >&2 && exit 77; }
}

# token_world: as world_make, with a token. Where OpenSSL is told the PIN is for root alone.
token_world() {
	world_make
	token_make
	chgrp www-data "$T/tokens"
	chmod 2750 "$T/tokens"
	chmod 600 "$T/openssl.cnf"
}

# With SHARED empty the workers can read no new key, and with PROVED empty nobody asks them.
certificate() {
	conf_p12
	[ -z "$SHARED" ] || sed -i "s|^pin_file = $T/pin|&\nobject_dir = $T/tokens|" "$T/agent.ini"
	conf_cert "$NAME" "key_type = $KEY_TYPE" 'key_store = token:web' "${PROVED:+server_user = www-data}"
}

# handshake ARGUMENT-OF-S_CLIENT...: with just that, and the certificate that is live.
handshake() {
	openssl s_client -connect "127.0.0.1:$PORT_TLS" -servername www.example.com -CAfile "$T/sim/ca.pem" \
		-verify_return_error "$@" </dev/null >"$T/handshake" 2>&1 ||
		fail "no handshake with $*: $(sed 1q "$T/handshake")"
	[ "$(openssl x509 -noout -serial <"$T/handshake")" = "$(openssl x509 -noout -serial -in "$LIVE/cert.pem")" ] ||
		fail "another certificate with $*"
}

handshakes() {
	handshake -tls1_3
	handshake -tls1_2
	case $KEY_TYPE in
	rsa:*)
		handshake -tls1_2 -sigalgs rsa_pkcs1_sha256
		handshake -tls1_2 -sigalgs rsa_pss_rsae_sha256
		handshake -tls1_3 -sigalgs rsa_pss_rsae_sha512
		;;
	esac
}

# key_in_token: nothing of the live generation is a private key.
key_in_token() {
	[ ! -e "$LIVE/privkey.pem" ] || fail "the key is in a file"
	grep -q '^pkcs11:token=web;' "$LIVE/key-uri" || fail "the key is not in the token"
}

# unasked: a key that the workers can't read, and no server_user to say so.
unasked() {
	local pid generation
	say "$NAME: with nobody to ask the workers, the probe finds out, and the former key is back"
	generation=$(readlink "$LIVE")
	pid=$(master)
	SHARED='' PROVED='' deployed
	forced 10
	expect_error "rolled back to .* (verify|handshake|TLS)"
	[ "$(readlink "$LIVE")" = "$generation" ] || fail "the former generation is not live"
	wait_for 20 serves_live
	handshakes
	still_runs "$pid"
}

# token_story MORE KEY-TYPE...: MORE is done once a deployment has been refused; ":" for nothing
token_story() {
	local pid more=$1
	shift
	say "$NAME: a first certificate, and the server starts with its key in the token"
	KEY_TYPE=$1
	configure
	expect_run 0
	key_in_token
	server_start
	wait_for 20 serves_live
	pid=$(master)
	handshakes

	for KEY_TYPE in "$@"; do
		say "$NAME: $KEY_TYPE, rolled over twice by reload"
		deployed
		renewed
		renewed
		key_in_token
		handshakes
		still_runs "$pid"
	done

	say "$NAME: a key that the workers can't read is not made live"
	SHARED='' deployed
	refused "user www-data can't use the key .*let it read the token"
	handshakes
	"$more"

	say "$NAME: mended, and check says what is wrong when it is wrong again"
	deployed
	expect_run 0 "$NAME"
	wait_for 20 serves_live
	handshakes
	still_runs "$pid"
	chmod 700 "$T/tokens"
	expect 4 check
	grep -q "key usable by www-data *FAIL .*let it read the token" "$T/out" || fail "check is content"
	chmod 2750 "$T/tokens"
	expect 0 check
	handshakes
	matrix_row server "$SERVER" "$PLACE" ok

	server_stop
	hook_says 0 'not running' deploy
}
