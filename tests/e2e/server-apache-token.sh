#!/usr/bin/env bash
# Apache with its key in a token, by OpenSSL's engine: keys are rolled over by reload alone, and its
# workers, who are not root, can use each of them before it is live.
# shellcheck source=tests/e2e/token-lib.sh
. "$(dirname "$0")/token-lib.sh"
need apache2 softhsm2-util
need_root
needs_engine
SERVER=apache
token_world

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
SSLCryptoDevice pkcs11
Listen 127.0.0.1:$PORT_TLS
<VirtualHost 127.0.0.1:$PORT_TLS>
SSLEngine on
Include $LIVE/apache.conf
</VirtualHost>
EOC
HOOK=('script = apache' "config = $D/apache.conf" 'binary = apache2'
	"env = OPENSSL_CONF=$T/openssl.cnf SOFTHSM2_CONF=$T/softhsm2.conf")

server_start() {
	OPENSSL_CONF=$T/openssl.cnf apache2 -f "$D/apache.conf"
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

token_story : ec:P-256 rsa:2048

say "all of it"
