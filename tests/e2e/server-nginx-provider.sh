#!/usr/bin/env bash
# nginx with its key in a token, by OpenSSL's pkcs11-provider: nginx of Debian 13.
# shellcheck source=tests/e2e/provider-lib.sh
. "$(dirname "$0")/provider-lib.sh"
SERVER=nginx
nginx=$(there /usr/sbin/nginx)
mkdir -p "$D/tmp"

cat >"$D/nginx.conf" <<EOC
user www-data;
worker_processes 2;
pid $D/nginx.pid;
error_log $D/error.log warn;
env SOFTHSM2_CONF;
env OPENSSL_CONF;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $D/tmp/a; proxy_temp_path $D/tmp/b; fastcgi_temp_path $D/tmp/c;
	uwsgi_temp_path $D/tmp/d; scgi_temp_path $D/tmp/e;
	server {
		listen 127.0.0.1:$PORT_TLS ssl;
		server_name www.example.com;
		include $LIVE/nginx-provider.conf;
	}
}
EOC
HOOK=('script = nginx' "config = $D/nginx.conf" "prefix = $D" "binary = $nginx")

server_start() {
	"$nginx" -c "$D/nginx.conf" -p "$D" >"$D/start.log" 2>&1 ||
		fail "nginx does not start: $(tail -qn 3 "$D/start.log" "$D/error.log")"
	wait_for 20 test -s "$D/nginx.pid"
}

master() {
	local pid
	pid=$(cat "$D/nginx.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	local pid
	if pid=$(master); then
		stop "$pid"
	fi
}

say "Debian $(cat "$BASE/etc/debian_version"), $("$nginx" -v 2>&1)"
token_story : ec:P-256 rsa:2048

say "all of it"
