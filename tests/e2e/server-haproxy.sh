#!/usr/bin/env bash
# The shipped hook for HAProxy against HAProxy: by reload, and by the runtime API.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need haproxy socat
need_root
world_make

cat >"$D/haproxy.cfg" <<EOC
global
	user haproxy
	group haproxy
	stats socket $D/admin.sock mode 600 level admin
defaults
	mode http
	timeout client 10s
	timeout server 10s
	timeout connect 10s
frontend tls
	bind 127.0.0.1:$PORT_TLS ssl crt $D/certs/
	http-request return status 200
EOC
mkdir -p "$D/certs"
COMBINED=$D/certs/www.pem
TARGET=('format = pem-combined' "path = $COMBINED")
RELOAD=('script = haproxy' "config = $D/haproxy.cfg" "option.pid_file = $D/pid")
RUNTIME=("${RELOAD[@]}" "option.socket = $D/admin.sock" "option.certificate = $COMBINED")
HOOK=("${RELOAD[@]}")

server_start() {
	haproxy -W -D -q -f "$D/haproxy.cfg" -p "$D/pid"
}

master() {
	local pid
	pid=$(cat "$D/pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	local pid
	pid=$(master) || return 0
	stop "$pid"
}

server_break() {
	printf 'backend broken\n\tnonsense\n' >>"$D/haproxy.cfg"
}

server_mend() {
	sed -i '/^backend broken/,$d' "$D/haproxy.cfg"
}

story "haproxy.cfg:[0-9]+\] .*unknown keyword 'nonsense'"
[ "$(stat -c '%a %U' "$COMBINED")" = '600 root' ] || fail "owner and mode of what was written"
[ -z "$(find "$D/certs" -name '.*' -type f)" ] || fail "something is left over"

say "a runtime API without the certificate's name there"
HOOK+=("option.socket = $D/admin.sock")
hook_says 1 'option certificate is missing' test

say "by the runtime API: replaced without a reload"
HOOK=("${RUNTIME[@]}")
hook_says 0 'nothing listens' deploy
server_start
wait_for 20 serves_live
workers() {
	cat "/proc/$(master)/task/$(master)/children"
}
before=$(workers)
deployed
expect_run 0 "$NAME"
renewed
renewed
[ "$(workers)" = "$before" ] || fail "it was reloaded"
cmp -s "$COMBINED" <(cat "$LIVE/fullchain.pem" "$LIVE/privkey.pem") || fail "the file is not what is served"

say "a name that HAProxy does not know"
HOOK=("${RELOAD[@]}" "option.socket = $D/admin.sock" "option.certificate = $D/certs/other.pem")
deployed
refused "set ssl cert: .*other.pem"
HOOK=("${RUNTIME[@]}")
deployed
expect_run 0 "$NAME"
wait_for 20 serves_live

say "a transaction that somebody left open is not ours to end"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other.example.com \
	-keyout "$T/other.key" -out "$T/other.pem" 2>/dev/null
cat "$T/other.pem" "$T/other.key" >"$D/certs/zzz.pem"
server_stop
server_start
wait_for 20 serves_live
{ printf 'set ssl cert %s <<\n' "$D/certs/zzz.pem" && cat "$D/certs/zzz.pem" && echo; } |
	socat - "UNIX-CONNECT:$D/admin.sock" >/dev/null
refused "zzz.pem"
socat - "UNIX-CONNECT:$D/admin.sock" <<<"abort ssl cert $D/certs/zzz.pem" | grep -q aborted ||
	fail "the other transaction is gone"
expect_run 0 "$NAME"
wait_for 20 serves_live

say "without a master it is not signalled"
server_stop
haproxy -D -f "$D/haproxy.cfg" -p "$D/pid"
wait_for 20 serves_live
HOOK=("${RELOAD[@]}")
hook_says 1 "can't reload: start it in master-worker mode" deploy
serves_live || fail "it was ended"
server_stop

say "all of it"
