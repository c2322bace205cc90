#!/usr/bin/env bash
# nginx with its key in a token, by OpenSSL's pkcs11-provider, which Debian has from 13 on: nginx of a
# Debian 13 in a root file system of its own, the agent and the token on this host. Both see the same
# directory in the same place.
#
# The mounts, and whatever still runs, are gone with the namespaces.
set -euo pipefail
# shellcheck source=tests/e2e/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

skip() {
	echo "SKIPPED: pkcs11-provider not tested: $*" >&2
	exit 77
}

[ "$(id -u)" = 0 ] || skip "needs root"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is not there (./dev deps)"
world=(unshare --mount --pid --fork --kill-child --mount-proc)
if [ "${PROVIDER_WORLD:-}" != inside ]; then
	"${world[@]}" true 2>/dev/null || skip "no namespaces here"
	PROVIDER_WORLD=inside exec "${world[@]}" "$0" "$@"
fi
BASE=$(debian_root trixie nginx-light,softhsm2,pkcs11-provider) || skip "$BASE"

# shellcheck source=tests/e2e/token-lib.sh
. "$(dirname "$0")/token-lib.sh"
need softhsm2-util
SERVER=nginx
PLACE=token-provider
# its hook enters the other root file system, which the agent's service does not let it
AGENT=$BUILD/root/bin/scm-agent
sandbox=()
token_world

ROOT=$(mktemp -d)
mount -t tmpfs -o mode=0755 none "$ROOT"
mkdir "$ROOT/upper" "$ROOT/work" "$ROOT/root"
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$ROOT/upper,workdir=$ROOT/work" "$ROOT/root" 2>/dev/null ||
	skip "no overlay file system here"
mkdir -p "$ROOT/root$T"
mount --bind "$T" "$ROOT/root$T"

MODULE=/$(cd "$BASE" && find usr/lib -path '*/ossl-modules/pkcs11.so')
cat >"$T/provider.cnf" <<EOC
openssl_conf = init
[init]
providers = providers
[providers]
default = default_provider
pkcs11 = pkcs11_provider
[default_provider]
activate = 1
[pkcs11_provider]
module = $MODULE
pkcs11-module-path = /usr/lib/softhsm/libsofthsm2.so
pkcs11-module-token-pin = file:$T/pin
pkcs11-module-quirks = no-deinit
activate = 1
EOC
chmod 600 "$T/provider.cnf"

# the other root file system's nginx, for the hook and for us
mkdir -p "$T/bin" "$D/tmp"
cat >"$T/bin/nginx" <<EOC
#!/bin/sh
exec chroot $ROOT/root /usr/bin/env -i OPENSSL_CONF=$T/provider.cnf SOFTHSM2_CONF=$T/softhsm2.conf /usr/sbin/nginx "\$@"
EOC
chmod 755 "$T/bin/nginx"

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
HOOK=('script = nginx' "config = $D/nginx.conf" "prefix = $D" "binary = $T/bin/nginx")

server_start() {
	"$T/bin/nginx" -c "$D/nginx.conf" -p "$D" >"$D/start.log" 2>&1 ||
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

provider_cleanup() {
	local rc=$?
	set +e
	server_stop
	umount "$ROOT/root$T" "$ROOT/root" "$ROOT"
	rmdir "$ROOT"
	(exit "$rc")
	cleanup
}
trap provider_cleanup EXIT

say "Debian $(cat "$BASE/etc/debian_version"), $("$T/bin/nginx" -v 2>&1)"
token_story : ec:P-256 rsa:2048

say "all of it"
