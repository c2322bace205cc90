#!/bin/bash
# crash_world.sh BUILD DIR COMMAND...: one machine of its own - mounts, network, processes - with DIR
# at /mnt, a simulator on a fixed port and the agent's configuration at fixed paths, so that a copy
# of DIR can stand in for it. Whatever runs in it ends with it. Needs root. Commands:
#
#	prepare KEY LIFE	fills DIR. KEY: file or token. LIFE: first (nothing is there yet) or
#				renewal (a certificate is there, and due)
#	count			an untroubled run under crashat; prints the number of points
#	point K MODE		a run killed at point K (tests/fault/crashat.c), then the runs a timer
#				would start; prints the verdict: "ok", or what was broken and how
set -euo pipefail

if [ "${CRASH_WORLD:-}" != inside ]; then
	CRASH_WORLD=inside exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0" "$@"
fi

build=$1
dir=$2
shift 2
world=/mnt
agent=$build/root/bin/scm-agent
sim=$build/tests/scm-sim/scm-sim
crashat=$build/tests/fault/crashat
port=4430
runs_allowed=3

mount --bind "$dir" "$world"
ip link set lo up
export SOFTHSM2_CONF=$world/softhsm2.conf

# say WHAT DETAIL: the verdict, which ends it all.
say() {
	printf '%s\n' "$*"
	exit 0
}

start_sim() {
	rm -f "$world/port"
	"$sim" --dir "$world/sim" --port "$port" --port-file "$world/port" "$@" \
		>"$world/sim.log" 2>&1 &
	until [ -e "$world/port" ]; do
		kill -0 $! || say "broken: scm-sim does not start: $(cat "$world/sim.log")"
		sleep 0.02
	done
}

run_agent() {
	"$agent" -c "$world/agent.ini" "$@" >>"$world/agent.log" 2>&1 </dev/null
}

module() {
	local found

	for found in /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so; do
		if [ -e "$found" ]; then
			echo "$found"
			return
		fi
	done
	echo "softhsm2 is not installed" >&2
	return 1
}

pkcs11() {
	pkcs11-tool --module "$(module)" --token-label web --login --pin 123456 "$@" 2>/dev/null
}

write_config() {
	local key_store=$1 renew_before=$2

	cat >"$world/agent.ini" <<-END
		[agent]
		state_dir = $world/state
		order_search_window = 1s
		[scm]
		url = https://localhost:$port
		customer_uri = example
		organization_id = 1234
		login = host01
		client_cert_key_store = $world/host01.pem
		client_cert_key_store_type = PEM
		ssl_trust_store = $world/sim/ca.pem
		enroll_back_off_timer = 1
		[certificate:www]
		common_name = www.example.com
		profile = 1018
		term = 199
		key_type = ec:P-256
		trust_anchors = $world/sim/ca.pem
		deploy_hooks = $world/hook
		renew_before = $renew_before
		key_store = $key_store
	END
	if [ "$key_store" != file ]; then
		cat >>"$world/agent.ini" <<-END
			[token:web]
			module = $(module)
			uri = pkcs11:token=web
			pin_file = $world/pin
			env.SOFTHSM2_CONF = $SOFTHSM2_CONF
		END
	fi
	# shellcheck disable=SC2016 # for the hook to expand
	printf '#!/bin/sh\n: >%s/$1-$2\n' "$world" >"$world/hook"
	chmod 755 "$world/hook"
}

make_token() {
	mkdir "$world/tokens"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' \
		"$world/tokens" >"$SOFTHSM2_CONF"
	softhsm2-util --init-token --free --label web --so-pin 87654321 --pin 123456 >/dev/null
	(umask 077 && printf '123456' >"$world/pin")
}

prepare() {
	local key_store=file

	if [ "$1" = token ]; then
		key_store=token:web
		make_token
	fi
	start_sim --fault issue:validity=3600:1
	"$sim" --dir "$world/sim" add-login host01 --client-cert "$world/host01.pem" >/dev/null
	if [ "$2" = first ]; then
		write_config "$key_store" 33%
		return
	fi
	# An hour of life, of which all but a second is the time to renew.
	write_config "$key_store" 3599s
	run_agent run
	sleep 2
}

# field FILTER: from the simulator's ledger, one value a line.
field() {
	jq -r "$1" "$world/sim/ledger.jsonl"
}

spki_of() {
	openssl pkey -pubin -outform DER 2>/dev/null | sha256sum | cut -d ' ' -f 1
}

cert_spki() {
	openssl x509 -in "$world/state/live/www/cert.pem" -noout -pubkey | spki_of
}

# SPKI digests of all private keys that are somewhere, one a line.
all_keys() {
	local id

	find "$world/state" -name privkey.pem | while read -r file; do
		openssl pkey -in "$file" -pubout | spki_of
	done
	if [ -d "$world/tokens" ]; then
		pkcs11 --list-objects --type privkey | sed -n 's/^ *ID: *//p' | while read -r id; do
			pkcs11 --read-object --type pubkey --id "$id" |
				openssl pkey -pubin -inform DER -pubout | spki_of
		done
	fi
}

# The key that belongs to the live certificate really signs.
live_key_signs() {
	local live=$world/state/live/www

	echo probe >"$world/probe"
	openssl dgst -sha256 -binary "$world/probe" >"$world/digest"
	if [ -e "$live/privkey.pem" ]; then
		openssl pkeyutl -sign -inkey "$live/privkey.pem" -in "$world/digest" \
			-out "$world/signature"
	else
		pkcs11 --sign --mechanism ECDSA --signature-format openssl \
			--id "$(sed -n 's/.*;id=\([^;?]*\).*/\1/p' "$live/key-uri" | tr -d %)" \
			--input-file "$world/digest" --output-file "$world/signature" >/dev/null
	fi
	openssl x509 -in "$live/cert.pem" -noout -pubkey >"$world/public"
	openssl pkeyutl -verify -pubin -inkey "$world/public" -in "$world/digest" \
		-sigfile "$world/signature" >/dev/null
}

# judge ORDERS-BEFORE: says what is wrong, or nothing.
judge() {
	local orders keys spki left

	orders=$(field 'select(.event == "accepted") | .sslId' | wc -l)
	[ "$orders" -le $(($1 + 1)) ] || say "double: $((orders - $1)) orders instead of one"
	keys=$(all_keys)
	for spki in $(field 'select(.event == "accepted") | .spkiSha256'); do
		grep -qx "$spki" <<<"$keys" || say "lost: no key for an order at SCM"
	done
	[ "$orders" -eq $(($1 + 1)) ] || say "repair: no order was made"
	spki=$(field 'select(.event == "accepted") | .spkiSha256' | tail -n 1)
	[ "$(cert_spki)" = "$spki" ] || say "repair: the new certificate is not live"
	live_key_signs 2>>"$world/agent.log" || say "mismatch: the live key and certificate"
	[ "$(wc -l <<<"$keys")" -eq "$orders" ] ||
		say "repair: $(wc -l <<<"$keys") keys for $orders orders"
	# as the next boot does
	run_agent recover || say "repair: recover has status $?"
	left=$(find "$world/state" -name '.tmp-*' -o -path '*/pending/*')
	[ -z "$left" ] || say "repair: left behind: $left"
	[ -e "$world/deploy-www" ] || say "repair: not deployed"
}

orders_before() {
	if [ -e "$world/sim/ledger.jsonl" ]; then
		field 'select(.event == "accepted") | .sslId' | wc -l
	else
		echo 0
	fi
}

count() {
	local before

	before=$(orders_before)
	rm -f "$world/deploy-www"
	start_sim
	"$crashat" --count -o "$world/points" -- "$agent" -c "$world/agent.ini" run \
		>"$world/count" 2>>"$world/agent.log"
	judge "$before" >&2
	sed -n 's/ points$//p' "$world/count"
}

point() {
	local before status=0

	before=$(orders_before)
	rm -f "$world/deploy-www"
	start_sim
	"$crashat" --at "$1" --mode "$2" -o "$world/points" -- "$agent" -c "$world/agent.ini" run \
		>>"$world/agent.log" 2>&1 || status=$?
	case $status in
	0 | 3) ;;
	4) say "skipped: not a write" ;;
	*) say "broken: crashat: status $status: $(tail -n 1 "$world/agent.log")" ;;
	esac
	# SoftHSM rewrites its token in place at each login; no agent can mend what a kill leaves of it.
	if tail -n 1 "$world/points" | grep -qE '/(token\.object|generation)$'; then
		say "skipped: inside the token's own store"
	fi
	for ((i = 0; i < runs_allowed; i++)); do
		status=0
		run_agent run || status=$?
		[ "$status" -ne 0 ] || break
		# the shortest time for which an order is searched
		sleep 0.5
	done
	judge "$before"
	[ "$status" -eq 0 ] || say "repair: status $status after $runs_allowed runs"
	run_agent run || say "repair: a further run has status $?"
	echo ok
}

"$@"
