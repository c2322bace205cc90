#!/bin/bash
# dcv/lookup.c against a real BIND, which is also what /etc/resolv.conf names: network and mounts
# are ours alone, so port 53 is free and nobody else's resolver changes.
#
#	dcv-lookup.sh PROGRAM
set -euo pipefail

skip() {
	echo "SKIPPED: $*" >&2
	exit 77
}

for program in named dig ip; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || skip "$program is not installed (./dev deps)"
done
PATH=$PATH:/usr/sbin:/sbin
if [ "${2:-}" != inside ]; then
	user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	unshare "${user[@]}" --net --mount true 2>/dev/null || skip "no network namespace of our own"
	exec unshare "${user[@]}" --net --mount "$0" "$1" inside
fi

dir=$(mktemp -d)
pid=
cleanup() {
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
ip link set lo up
printf 'nameserver %s\n' 127.0.0.1 ::1 ::1 >"$dir/resolv.conf"
mount --bind "$dir/resolv.conf" "$(readlink -f /etc/resolv.conf)" 2>/dev/null ||
	skip "no /etc/resolv.conf to mount on"
v6='none;'
[ ! -e /proc/net/if_inet6 ] || ! grep -q 00000001 /proc/net/if_inet6 || v6='::1;'

hex=0123456789abcdef0123456789abcdef
long=$(printf '%0200d' 0)
{
	cat <<-EOF
		\$TTL 60
		@ IN SOA ns.example.com. hostmaster.example.com. 1 3600 900 604800 60
		@ IN NS ns.example.com.
		ns IN A 127.0.0.1
		_$hex IN CNAME A1.B2.Sectigo.com.
		_${hex}0 IN TXT "not a CNAME"
		_pki-validation IN TXT "v=other"
		_pki-validation IN TXT "Tex" "t-" "1"
		_pki-validation.led IN CNAME _pki-validation
	EOF
	# more than fits into a datagram
	for n in {1..30}; do
		echo "_pki-validation.large IN TXT \"$n.$long\""
	done
} >"$dir/zone"
# a copy of the program: a distribution's profile for it would not let it read what is here
cp "$(command -v named)" "$dir/named"
cat >"$dir/named.conf" <<-EOF
	options {
		directory "$dir";
		listen-on { 127.0.0.1; };
		listen-on port 5300 { 127.0.0.1; };
		listen-on-v6 { $v6 };
		listen-on-v6 port 5300 { $v6 };
		pid-file "$dir/pid";
		session-keyfile "$dir/session.key";
		recursion no;
		dnssec-validation no;
	};
	controls { };
	zone "example.com" { type primary; file "$dir/zone"; };
EOF
"$dir/named" -g -n 1 -c "$dir/named.conf" >"$dir/log" 2>&1 &
pid=$!
for ((n = 0; n < 600; n++)); do
	if dig -r +short +time=1 +tries=1 @127.0.0.1 example.com SOA 2>/dev/null | grep -q '^ns'; then
		break
	fi
	if ! kill -0 "$pid" 2>/dev/null || [ "$n" = 599 ]; then
		cat "$dir/log" >&2
		exit 1
	fi
	sleep 0.05
done
"$1" "${v6%;}"
