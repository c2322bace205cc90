# What stories about nginx share: its configuration, its process. NGINX is the program, SERVER_ENV its environment.
# shellcheck shell=bash disable=SC2034

NGINX=nginx
SERVER=nginx
SERVER_ENV=()

# nginx_conf STANZA [LINE...]: one site with that stanza of the live generation; lines for the main part.
nginx_conf() {
	local stanza=$1
	shift
	mkdir -p "$D/tmp"
	cat >"$D/nginx.conf" <<-EOC
		user www-data;
		worker_processes 2;
		pid $D/nginx.pid;
		error_log $D/error.log warn;
		$(printf '%s\n' "$@")
		env SOFTHSM2_CONF;
		env OPENSSL_CONF;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $D/tmp/a; proxy_temp_path $D/tmp/b;
			fastcgi_temp_path $D/tmp/c; uwsgi_temp_path $D/tmp/d; scgi_temp_path $D/tmp/e;
			server {
				listen 127.0.0.1:$PORT_TLS ssl;
				ssl_protocols TLSv1.2 TLSv1.3;
				server_name www.example.com;
				include $LIVE/$stanza;
			}
		}
	EOC
	HOOK=('script = nginx' "config = $D/nginx.conf" "prefix = $D" "binary = $NGINX")
	[ "${#SERVER_ENV[@]}" = 0 ] || HOOK+=("env = ${SERVER_ENV[*]}")
}

server_start() {
	env "${SERVER_ENV[@]}" "$NGINX" -c "$D/nginx.conf" -p "$D" >"$D/start.log" 2>&1 ||
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
