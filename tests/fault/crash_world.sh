#!/bin/bash
# crash_world.sh BUILD DIR COMMAND...: one machine of its own - mounts, network, processes - with DIR
# at /mnt, a simulator on a fixed port and the agent's configuration at fixed paths, so that a copy
# of DIR can stand in for it. Whatever runs in it ends with it. Needs root. Commands:
#
#	prepare KEY LIFE	fills DIR. KEY: file or token. LIFE: first (nothing is there yet),
#				renewal or renew (a certificate is there, and due; the second is
#				renewed by its order), replace, revoke (of a compromised key), adopt,
#				follow (what another host ordered; it has renewed), reuse (renewed with
#				the key that it has), next (with the one that was made ahead), stage (one
#				is to be made ahead, and nothing is due), import (the first key is a file's)
#	count			an untroubled command under crashat; prints the number of points
#	point K MODE		the command killed at point K (tests/fault/crashat.c), then the runs
#				a timer would start, then the command once more if it had not got
#				as far as to be gone on with; prints the verdict: "ok", or what was
#				broken and how
#	p11count		an untroubled run with the PKCS#11 module that fails on demand; prints
#				the number of calls of it
#	p11point NTH RV HOW	the same with a fault (tests/component/p11_fault_module.h), then runs
#				with the healthy module; prints the verdict
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
		renew_with = $renew_with
		$policy
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
	local key_store=file renew_with=enroll policy=

	printf '%s\n' "$2" >"$world/life"
	echo run >"$world/command"
	if [ "$1" = token ]; then
		key_store=token:web
		make_token
	fi
	start_sim --fault issue:validity=3600:1
	"$sim" --dir "$world/sim" add-login host01 --client-cert "$world/host01.pem" >/dev/null
	case $2 in
	first)
		write_config "$key_store" 33%
		return
		;;
	import)
		(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
			-out "$world/own.pem" 2>/dev/null)
		policy="import_key = $world/own.pem"
		write_config "$key_store" 33%
		return
		;;
	renew) renew_with=renew ;;
	reuse) policy='reuse_key = yes' ;;
	next) policy='next_key = yes' ;;
	esac
	# An hour of life, of which all but a second is the time to renew.
	write_config "$key_store" 3599s
	run_agent run
	"prepare_$2"
}

prepare_renewal() {
	sleep 2
}

prepare_renew() {
	sleep 2
}

prepare_reuse() {
	sleep 2
}

prepare_next() {
	sleep 2
}

prepare_stage() {
	policy='next_key = yes'
	write_config "$key_store" 33%
}

prepare_replace() {
	write_config "$key_store" 33%
	printf '%s\n' reissue www >"$world/command"
}

prepare_revoke() {
	write_config "$key_store" 33%
	printf '%s\n' revoke www --reason keyCompromise >"$world/command"
}

# The key and the number of an order whose state has been lost.
prepare_adopt() {
	write_config "$key_store" 33%
	cp "$world/state/live/www/privkey.pem" "$world/donor.pem"
	printf '%s\n' adopt www --ssl-id "$(sed -n 's/^order=//p' "$world/state/live/www/meta")" \
		--key "$world/donor.pem" >"$world/command"
	rm -rf "$world/state"
}

# The leader's two certificates, of which the follower has the first; the file has the second, but
# its chain is at SCM.
prepare_follow() {
	local live=$world/state/live/www

	cat "$live/privkey.pem" "$live/fullchain.pem" >"$world/shared.pem"
	run_agent run www --force
	cat "$live/privkey.pem" "$live/cert.pem" >"$world/newer.pem"
	chmod 600 "$world"/*.pem
	rm -rf "$world/state"
	sed -i '/^profile/d; /^term/d; /^key_type/d; /^renew_with/d' "$world/agent.ini"
	sed -i "/^common_name/a follow = $world/shared.pem" "$world/agent.ini"
	run_agent run
	cp "$world/newer.pem" "$world/shared.pem"
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

# Of the key that was made ahead; nothing without one.
next_spki() {
	[ ! -e "$world/state/next/www/meta" ] || sed -n 's/^spki=//p' "$world/state/next/www/meta"
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

# What SCM was asked to certify, by the digest of its key, one a line.
placed() {
	[ ! -e "$world/sim/ledger.jsonl" ] ||
		field 'select(.event == "accepted" or .event == "replacing") | .spkiSha256'
}

# judge BEFORE: says what is wrong, or nothing. BEFORE: how much was placed then.
judge() {
	local all keys spki left wanted=$(($1 + 1))

	case $life in adopt | follow | stage) wanted=$1 ;; esac
	mapfile -t all < <(placed)
	[ "${#all[@]}" -le "$wanted" ] || say "double: ${#all[@]} orders instead of $wanted"
	keys=$(all_keys)
	for spki in "${all[@]}"; do
		grep -qx "$spki" <<<"$keys" || say "lost: no key for an order at SCM"
	done
	[ "${#all[@]}" -eq "$wanted" ] || say "repair: no order was made"
	[ "$(cert_spki)" = "${all[-1]}" ] || say "repair: the new certificate is not live"
	live_key_signs 2>>"$world/agent.log" || say "mismatch: the live key and certificate"
	judge_keys "$keys" "$wanted"
	[ "$life" != revoke ] || judge_revoked "${all[-2]}"
	# as the next boot does
	run_agent recover || say "repair: recover has status $?"
	left=$(find "$world/state" -name '.tmp-*' -o -path '*/pending/*')
	[ -z "$left" ] || say "repair: left behind: $left"
	[ -e "$world/deploy-www" ] || say "repair: not deployed"
}

# judge_keys KEYS ORDERS: a key for each order, unless one is used again or made ahead; none besides.
judge_keys() {
	local keys=$1 wanted=$2 next

	next=$(next_spki)
	case $life in
	reuse) wanted=1 && keys=$(sort -u <<<"$1") ;;
	next | stage) wanted=$((wanted + 1)) ;;
	esac
	[ "$(wc -l <<<"$keys")" -eq "$wanted" ] ||
		say "repair: $(wc -l <<<"$keys") keys instead of $wanted"
	case $life in
	next | stage)
		grep -qx "$next" <<<"$keys" || say "lost: no next key"
		[ "$next" != "$(cert_spki)" ] || say "mismatch: the next key is the live one"
		;;
	import) [ "$(cert_spki)" = "$(openssl pkey -in "$world/own.pem" -pubout | spki_of)" ] ||
		say "lost: another key than that of the file" ;;
	esac
	[ "$life" != next ] || [ "$(cert_spki)" = "$waiting" ] || say "lost: not the key that was made ahead"
}

# judge_revoked SPKI: its certificate is revoked, and the key can't come back.
judge_revoked() {
	[ "$(field 'select(.event == "revoked") | .sslId' | wc -l)" -eq 1 ] ||
		say "repair: not revoked"
	grep -q "^$1 " "$world/state/burnt" || say "repair: the key is not burnt"
	run_agent rollback www 000001 && say "mismatch: rolled back to a burnt key"
	[ "$(cert_spki)" != "$1" ] || say "mismatch: a burnt key is live"
}

# Whether a run goes on with the command, or has ended it.
has_begun() {
	case $life in
	first | renew* | follow | reuse | next | stage | import) ;;
	replace) placed | tail -n +2 | grep -q . ;;
	revoke) [ -n "$(field 'select(.event == "revoked") | .sslId')" ] ;;
	adopt) [ -e "$world/state/pending/www" ] || [ -e "$world/state/archive/www/000001" ] ;;
	esac
}

# What a timer does, until there is nothing left to do.
run_timer() {
	for ((i = 0; i < runs_allowed; i++)); do
		status=0
		run_agent run || status=$?
		[ "$status" -ne 0 ] || break
		# the shortest time for which an order is searched
		sleep 0.5
	done
}

begin() {
	mapfile -t command <"$world/command"
	life=$(cat "$world/life")
	before=$(placed | wc -l)
	waiting=$(next_spki)
	rm -f "$world/deploy-www"
	start_sim
}

count() {
	local before life command waiting

	begin
	"$crashat" --count -o "$world/points" -- "$agent" -c "$world/agent.ini" "${command[@]}" \
		>"$world/count" 2>>"$world/agent.log"
	run_timer
	judge "$before" >&2
	sed -n 's/ points$//p' "$world/count"
}

point() {
	local before life command waiting status=0

	begin
	"$crashat" --at "$1" --mode "$2" -o "$world/points" -- "$agent" -c "$world/agent.ini" \
		"${command[@]}" >>"$world/agent.log" 2>&1 || status=$?
	case $status in
	0 | 3) ;;
	4) say "skipped: not a write" ;;
	*) say "broken: crashat: status $status: $(tail -n 1 "$world/agent.log")" ;;
	esac
	# SoftHSM rewrites its token in place at each login; no agent can mend what a kill leaves of it.
	if tail -n 1 "$world/points" | grep -qE '/(token\.object|generation)$'; then
		say "skipped: inside the token's own store"
	fi
	# before there is anything of it, a run would order what was to be adopted
	if [ "$life" != adopt ] || has_begun; then
		run_timer
	fi
	if ! has_begun; then
		run_agent "${command[@]}" || say "repair: the command has status $? when repeated"
		run_timer
	fi
	judge "$before"
	[ "$status" -eq 0 ] || say "repair: status $status after $runs_allowed runs"
	run_agent run || say "repair: a further run has status $?"
	echo ok
}

# With the module that fails on demand, and what it is told.
misbehave() {
	cp "$world/agent.ini" "$world/healthy.ini"
	cp "$build/tests/component/libp11_fault_module.so" "$world/fault.so"
	: >"$world/calls"
	echo "$*" >"$world/fault"
	sed -i "s|^module = .*|module = $world/fault.so\nenv.FAULT_LOG = $world/calls\nenv.FAULT_CONTROL = $world/fault|" \
		"$world/agent.ini"
}

heal() {
	mv "$world/healthy.ini" "$world/agent.ini"
}

p11count() {
	local before life command

	begin
	misbehave
	run_agent run
	heal
	judge "$before" >&2
	wc -l <"$world/calls"
}

# judge_faulty STATUS RV: the run with the fault ends well, or with 4 and a line that says what it was:
# the code, unless the module told a lie instead of one.
judge_faulty() {
	local says='(token|module) .*CKR 0x|half a key pair|the token has gone|not there|changes?;'

	case $1 in
	0) return ;;
	4) ;;
	*) say "repair: status $1 in the run with the fault: $(tail -n 1 "$world/agent.log")" ;;
	esac
	[ "$2" != 0 ] || says='^error: www: ..........'
	grep -qE "$says" "$world/agent.log" ||
		say "repair: no clear message: $(tail -n 1 "$world/agent.log")"
}

p11point() {
	local before life command status=0

	begin
	misbehave scm-agent any "$@"
	: >"$world/agent.log"
	run_agent run || status=$?
	judge_faulty "$status" "$2"
	heal
	# by name: a back-off is only time that passes
	for ((i = 0; i < runs_allowed; i++)); do
		status=0
		run_agent run www || status=$?
		[ "$status" -ne 0 ] || break
		sleep 0.5
	done
	judge "$before"
	[ "$status" -eq 0 ] || say "repair: status $status after $runs_allowed runs"
	run_agent run || say "repair: a further run has status $?"
	echo ok
}

"$@"
