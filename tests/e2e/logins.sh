#!/usr/bin/env bash
# Every way to log in at both APIs, straight and through a proxy: each enrolls, renews and revokes,
# and the proxy sees none of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ORG=1234
ROWS=()
sim_start
login_make
token_make
login_token tok01

# a secret in a file of its own
secret() {
	printf '%s\n' "$2" >"$T/$1"
	chmod 600 "$T/$1"
}

secret bob.pass pw-of-bob
secret key.secret s3cret-of-key
secret rest.secret s3cret-of-rest
secret proxy.pass pw-of-proxy
"$SIM" --dir "$T/sim" add-login bob --password-file "$T/bob.pass" >/dev/null
"$SIM" --dir "$T/sim" add-client key-1 --secret-file "$T/key.secret" >/dev/null
"$SIM" --dir "$T/sim" add-client rest-1 --secret-file "$T/rest.secret" --organization 1234 \
	--profile 1018 --term 90 >/dev/null

# Java's own tool makes the stores, with another password for the key where that can be
java_store() {
	keytool -importkeystore -noprompt -srckeystore "$T/host01.p12" -srcstoretype PKCS12 \
		-srcstorepass store -destkeystore "$T/host01.$1" -deststoretype "$2" \
		-deststorepass changeit -destkeypass key-pass \
		-srcalias "$(keytool -list -keystore "$T/host01.p12" -storepass store 2>/dev/null |
			sed -n 's/, .*PrivateKeyEntry.*//p' | head -n 1)" -destalias scm >/dev/null 2>&1 ||
		fail "keytool makes no $2"
}
java_store jks JKS
java_store jceks JCEKS
secret java.pass changeit
secret java-key.pass key-pass
keytool -importcert -noprompt -file "$T/sim/tls-ca.pem" -alias ca -keystore "$T/trust.jks" -storetype JKS \
	-storepass changeit >/dev/null 2>&1 || fail "keytool makes no trust store"

# --- the proxy, which wants a user

proxy_start() {
	PROXY_PORT=$(free_port)
	cat >"$T/tinyproxy.conf" <<-EOC
		Port $PROXY_PORT
		Listen 127.0.0.1
		Timeout 60
		LogFile "$T/tinyproxy.log"
		LogLevel Info
		Allow 127.0.0.1
		ConnectPort $PORT
		BasicAuth proxy01 pw-of-proxy
	EOC
	tinyproxy -d -c "$T/tinyproxy.conf" >/dev/null 2>&1 &
	PIDS+=("$!")
	wait_for 20 bash -c "exec 3<>/dev/tcp/127.0.0.1/$PROXY_PORT"
}
proxy_start
PROXY=("proxy_host_name = 127.0.0.1" "proxy_port = $PROXY_PORT" "proxy_username = proxy01"
	"proxy_password_file = $T/proxy.pass")

# --- the logins

conf_password() { conf_head 'auth = password' 'login = bob' "password_file = $T/bob.pass" "$@"; }

conf_java() {
	local end=$1 type=$2
	shift 2
	conf_head 'login = host01' "client_cert_key_store = $T/host01.$end" "client_cert_key_store_type = $type" \
		"client_cert_key_store_password_file = $T/java.pass" \
		"client_cert_key_password_file = $T/java-key.pass" 'client_cert_key_alias = scm' "$@"
	# an own trust store, as such hosts have it
	sed -i "s|^ssl_trust_store = .*|ssl_trust_store = $T/trust.jks\nssl_trust_store_type = JKS\nssl_trust_store_password_file = $T/java.pass|" \
		"$T/agent.ini"
}
conf_jks() { conf_java jks JKS "$@"; }
conf_jceks() { conf_java jceks JCEKS "$@"; }

conf_oauth2() {
	conf_head 'auth = oauth2' 'client_id = key-1' "client_secret_file = $T/key.secret" "$@"
	sed -i '/^customer_uri/d' "$T/agent.ini"
}

conf_enrollment() {
	conf_head 'api = enrollment' 'auth = oauth2' 'client_id = rest-1' \
		"client_secret_file = $T/rest.secret" "$@"
	sed -i '/^customer_uri/d;/^organization_id/d' "$T/agent.ini"
}

# try LOGIN WAY [LINE...]: one certificate's whole life with this login
try() {
	local login=$1 way=$2 name=$1-$2 api=admin serial revoked
	shift 2
	"conf_$login" "$@"
	conf_cert "$name"
	if [ "$login" = enrollment ]; then
		api=enrollment
		sed -i '/^profile/d;/^term/d' "$T/agent.ini"
	fi
	expect 0 check
	expect 0 run
	[ "$(orders "$name.example.com")" = 1 ] || fail "$name: not one order"
	pair_matches "$name" || fail "$name: no pair"
	serial=$(serial_of "$(live "$name")/cert.pem")
	expect 0 run --force "$name"
	[ "$(serial_of "$(live "$name")/cert.pem")" != "$serial" ] || fail "$name: not renewed"
	[ "$(orders "$name.example.com")" = 2 ] || fail "$name: not one order a renewal"
	revoked=$(grep -c '"event":"revoked"' "$T/sim/ledger.jsonl") || true
	expect 0 revoke "$name" --reason superseded
	[ "$(grep -c '"event":"revoked"' "$T/sim/ledger.jsonl")" = $((revoked + 1)) ] || fail "$name: not revoked"
	ROWS+=("$(printf '%-12s %-10s %-7s enrolled, renewed, revoked' \
		"$login" "$api" "$way")")
	rm -rf "$T/state"
}

for login in password pem p12 jks jceks token oauth2 enrollment; do
	try "$login" straight
	try "$login" proxy "${PROXY[@]}"
done

say "nothing of ours is in the proxy's log, and nothing of the proxy's at SCM"
for word in pw-of-bob s3cret-of-key s3cret-of-rest pw-of-proxy Bearer; do
	! grep -q -- "$word" "$T/tinyproxy.log" || fail "'$word' is in the proxy's log"
done
! grep -qi 'proxy-authorization\|pw-of-proxy' "$T/sim/requests.jsonl" || fail "the proxy's secret went to SCM"
grep -q 'CONNECT' "$T/tinyproxy.log" || fail "nothing went through the proxy"

printf '%s\n' "${ROWS[@]}"
say "${#ROWS[@]} of 16"
