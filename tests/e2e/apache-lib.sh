# What stories about Apache share: its configuration, its process. APACHE is the program, SERVER_ENV its environment.
# shellcheck shell=bash disable=SC2034

APACHE=apache2
SERVER=apache
SERVER_ENV=()

# apache_conf STANZA [LINE...]: one site with that stanza of the live generation; lines for the server.
apache_conf() {
	local stanza=$1 modules=/usr/lib/apache2/modules
	shift
	cat >"$D/apache.conf" <<-EOC
		ServerRoot $D
		ServerName www.example.com
		PidFile $D/apache.pid
		Mutex file:$D default
		ErrorLog $D/error.log
		User www-data
		Group www-data
		LoadModule mpm_event_module $modules/mod_mpm_event.so
		LoadModule authz_core_module $modules/mod_authz_core.so
		LoadModule ssl_module $modules/mod_ssl.so
		StartServers 1
		$(printf '%s\n' "$@")
		Listen 127.0.0.1:$PORT_TLS
		<VirtualHost 127.0.0.1:$PORT_TLS>
		SSLEngine on
		Include $LIVE/$stanza
		</VirtualHost>
	EOC
	HOOK=('script = apache' "config = $D/apache.conf" "binary = $APACHE")
	[ "${#SERVER_ENV[@]}" = 0 ] || HOOK+=("env = ${SERVER_ENV[*]}")
}

server_start() {
	env "${SERVER_ENV[@]}" "$APACHE" -f "$D/apache.conf"
}

master() {
	local pid
	pid=$(cat "$D/apache.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	local pid
	if pid=$(master); then
		stop "$pid"
	fi
}
