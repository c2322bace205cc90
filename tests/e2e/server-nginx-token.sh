#!/usr/bin/env bash
# nginx with its key in a token, by OpenSSL's engine: keys are rolled over by reload alone, and its
# workers, who are not root, can use each of them before it is live.
# shellcheck source=tests/e2e/token-lib.sh
. "$(dirname "$0")/token-lib.sh"
need nginx softhsm2-util
need_root
needs_engine
SERVER=nginx
token_world

mkdir -p "$D/tmp"
cat >"$D/nginx.conf" <<EOC
user www-data;
worker_processes 2;
pid $D/nginx.pid;
error_log $D/error.log warn;
ssl_engine pkcs11;
env SOFTHSM2_CONF;
env OPENSSL_CONF;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $D/tmp/a; proxy_temp_path $D/tmp/b; fastcgi_temp_path $D/tmp/c;
	uwsgi_temp_path $D/tmp/d; scgi_temp_path $D/tmp/e;
	server {
		listen 127.0.0.1:$PORT_TLS ssl;
		ssl_protocols TLSv1.2 TLSv1.3;
		server_name www.example.com;
		include $LIVE/nginx.conf;
	}
}
EOC
HOOK=('script = nginx' "config = $D/nginx.conf" "prefix = $D"
	"env = OPENSSL_CONF=$T/openssl.cnf SOFTHSM2_CONF=$T/softhsm2.conf")

server_start() {
	OPENSSL_CONF=$T/openssl.cnf nginx -c "$D/nginx.conf" -p "$D" >"$D/start.log" 2>&1 ||
		fail "nginx does not start: $(tail -n 3 "$D/start.log")"
	wait_for 20 test -s "$D/nginx.pid"
}

master() {
	local pid
	pid=$(cat "$D/nginx.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	local pid
	pid=$(master) || return 0
	stop "$pid"
}

token_story unasked ec:P-256 rsa:2048

say "all of it"
