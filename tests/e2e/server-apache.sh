#!/usr/bin/env bash
# The shipped hook for Apache against Apache.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need apache2
need_root
world_make

modules=/usr/lib/apache2/modules
cat >"$D/apache.conf" <<EOC
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
Listen 127.0.0.1:$PORT_TLS
IncludeOptional $D/more/*.conf
<VirtualHost 127.0.0.1:$PORT_TLS>
SSLEngine on
Include $LIVE/apache.conf
</VirtualHost>
EOC
mkdir "$D/more"
HOOK=('script = apache' "config = $D/apache.conf" 'binary = apache2')

server_start() {
	apache2 -f "$D/apache.conf"
}

master() {
	local pid
	pid=$(cat "$D/apache.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	local pid
	pid=$(master) || return 0
	stop "$pid"
}

server_break() {
	echo 'Nonsense on' >"$D/more/broken.conf"
}

server_mend() {
	rm "$D/more/broken.conf"
}

story "Syntax error on line 1 of $D/more/broken.conf: Invalid command 'Nonsense'"

say "a process of another name is not signalled"
echo $$ >"$D/apache.pid"
hook_says 0 'not running' deploy
rm "$D/apache.pid"

say "all of it"
