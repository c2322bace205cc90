#!/usr/bin/env bash
# The proof of what is served, with a name that has several addresses: all of them are asked, the
# one that lags is named with what it shows, and one that is away is passed over.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

cp /etc/hosts "$T/hosts"
printf '127.0.0.1 many.example.com\n::1 many.example.com\n' >>"$T/hosts"
unshare -m mount --bind "$T/hosts" /etc/hosts 2>/dev/null ||
	{ say "SKIPPED: a name with two addresses needs a mount namespace of its own" >&2 && exit 77; }
token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
nginx_make

# with_name STATUS ARGUMENT...: the agent where many.example.com has two addresses
with_name() {
	local want=$1
	shift
	RC=0
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$T/hosts" \
		"$AGENT" -c "$T/agent.ini" "$@" >"$T/out" 2>"$T/err" </dev/null || RC=$?
	[ "$RC" = "$want" ] || fail "scm-agent $*: exit status $RC instead of $want"
}

# listen_six CERTIFICATE KEY: the other listener, with a certificate of its own
listen_six() {
	cat >"$T/nginx/sites/six.conf" <<-EOF
		server { listen [::1]:$NGINX_PORT ssl; ssl_certificate $1; ssl_certificate_key $2; }
	EOF
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/old.key" -out "$T/old.pem" -days 2 \
	-subj /CN=old.example.com >/dev/null 2>&1
nginx_start
conf_p12
conf_cert many 'key_type = ec:P-256' "deploy_hooks = $T/site, web" \
	"verify = many.example.com:$NGINX_PORT"
conf_nginx

say "one of the addresses is away: proved, with a warning"
with_name 0 run
expect_error "many.example.com:$NGINX_PORT: not proved for one of its addresses: ::1 port $NGINX_PORT: connect"

say "one of them lags: it is named, with what it shows and what it should"
listen_six "$T/old.pem" "$T/old.key"
with_name 10 run --force
new=$(serial_of "$T/state/archive/many/000002/cert.pem")
expect_error "many.example.com:$NGINX_PORT: ::1 port $NGINX_PORT shows certificate $(serial_of "$T/old.pem") of \"CN=old.example.com\" instead of $new"
[ "$(basename "$(readlink "$(live many)")")" = 000001 ] || fail "not rolled back"

say "the right leaf without its chain"
listen_six "$T/state/live/many/cert.pem" "$T/state/live/many/privkey.pem"
with_name 10 run many
expect_error "::1 port $NGINX_PORT shows the right leaf, but the chain lacks"

say "both show it"
listen_six "$T/state/live/many/fullchain.pem" "$T/state/live/many/privkey.pem"
with_name 0 run many
! grep -q 'not proved' "$T/err" || fail "a warning"
[ "$(orders)" = 2 ] || fail "orders"

say "all of it"
