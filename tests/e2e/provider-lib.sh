# A Debian 13 in a root file system of its own, for servers that reach a token by OpenSSL's
# pkcs11-provider, which Debian 12 does not have. The agent and the token are on this host; both see the
# same directory in the same place. `there` is the path of what runs a program there. Sourced first, by a
# script that is started anew in namespaces of its own: the mounts, and whatever still runs, are gone
# with them.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
# shellcheck source=tests/e2e/root-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/root-lib.sh"

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
BASE=$(debian_root trixie nginx-light,apache2-bin,softhsm2,pkcs11-provider) || skip "$BASE"

# shellcheck source=tests/e2e/token-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/token-lib.sh"
need softhsm2-util
PLACE=token-provider
# hooks enter the other root file system, which the agent's service does not let them
AGENT=$BUILD/root/bin/scm-agent
sandbox=()
token_world

ROOT=$(mktemp -d)
provider_cleanup() {
	local rc=$?
	set +e
	server_stop
	umount "$ROOT/root$T" "$ROOT/root" "$ROOT" 2>/dev/null
	rmdir "$ROOT"
	(exit "$rc")
	cleanup
}
trap provider_cleanup EXIT

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

# there PROGRAM: prints the path of a script that is this program there, for hooks and for us.
there() {
	mkdir -p "$T/bin"
	cat >"$T/bin/${1##*/}" <<-EOC
		#!/bin/sh
		exec chroot $ROOT/root /usr/bin/env -i OPENSSL_CONF=$T/provider.cnf SOFTHSM2_CONF=$T/softhsm2.conf $1 "\$@"
	EOC
	chmod 755 "$T/bin/${1##*/}"
	say "$T/bin/${1##*/}"
}
