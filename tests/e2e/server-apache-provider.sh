#!/usr/bin/env bash
# Apache with its key in a token, by OpenSSL's pkcs11-provider: Apache of Debian 13.
# shellcheck source=tests/e2e/provider-lib.sh
. "$(dirname "$0")/provider-lib.sh"
SERVER=apache
apache=$(there /usr/sbin/apache2)

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
<VirtualHost 127.0.0.1:$PORT_TLS>
SSLEngine on
Include $LIVE/apache-provider.conf
</VirtualHost>
EOC
HOOK=('script = apache' "config = $D/apache.conf" "binary = $apache")

server_start() {
	"$apache" -f "$D/apache.conf"
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

say "Debian $(cat "$BASE/etc/debian_version"), $("$apache" -v | sed 1q)"
token_story : ec:P-256 rsa:2048

say "all of it"
