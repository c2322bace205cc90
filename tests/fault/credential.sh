#!/bin/bash
# credential.sh [--sample N]: the crash sweep of the agent's own client certificate. A second
# generation is complete; the run that lets it log in and puts it in place is killed at each point
# (crashat.c), or at N of them evenly spread, and goes on as the timer would: while SCM knows the
# first one, and after the second one's serial number was entered, before and after it was refused.
# The same with the very first one of ours, when there is nothing else to go back to. Whatever the point, what the
# account logs in with is whole, one that SCM knows is in use in the end, and SCM has refused no
# more logins than it has to. BUILD_DIR is the build directory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

CRASHAT=$BUILD/tests/fault/crashat
SAMPLE=0
while [ "$#" -gt 0 ]; do
	case $1 in
	--sample) SAMPLE=$2 && shift 2 ;;
	*) say "usage: $0 [--sample N]" >&2 && exit 2 ;;
	esac
done
ORG=1234
D=$T/etc
mkdir -p "$D"
(umask 077 && echo changeit >"$T/store.pw")

enter() {
	jq --arg serial "$1" '(.logins[] | select(.login == "host01")).certificateSerialNumber = $serial' \
		"$T/sim/account.json" >"$T/account.new"
	mv "$T/account.new" "$T/sim/account.json"
}

refusals() {
	jq -s '[.[] | select(.event == "login-refused")] | length' "$T/sim/ledger.jsonl"
}

crash() {
	RC=0
	"$CRASHAT" "$@" -o "$T/points" -- "$AGENT" -c "$T/agent.ini" run >"$T/out" 2>"$T/err" </dev/null ||
		RC=$?
}

# used KIND: the certificate and the key that the account logs in with, in PEM
used() {
	case $1 in
	p12) openssl pkcs12 -in "$D/login.p12" -passin "file:$T/store.pw" -nodes 2>/dev/null ;;
	own) cat "$(live login)/cert.pem" "$(live login)/privkey.pem" ;;
	esac
}

# whole KIND: key and certificate belong together
whole() {
	used "$1" >"$T/used.pem"
	[ "$(openssl x509 -in "$T/used.pem" -noout -pubkey)" = "$(openssl pkey -in "$T/used.pem" -pubout)" ]
}

# keep KIND: what there is becomes the state before
keep() {
	rm -rf "$T/state.$1" "$T/etc.$1"
	cp -a "$T/state" "$T/state.$1"
	cp -a "$D" "$T/etc.$1"
}

scene() {
	rm -rf "$T/state" "$D"
	cp -a "$T/state.$1" "$T/state"
	cp -a "$T/etc.$1" "$D"
}

# judge KIND WANTED STATUS MOST WHAT: MOST is how many logins may have been refused at the most
judge() {
	local i

	expect 0 recover
	whole "$1" || fail "$5: after recover key and certificate do not belong together"
	for ((i = 0; i < 3; i++)); do
		agent run
		[ "$RC" != "$3" ] || break
	done
	[ "$RC" = "$3" ] || fail "$5: the runs end with $RC instead of $3"
	whole "$1" || fail "$5: after the run key and certificate do not belong together"
	[ "$(serial_of "$T/used.pem")" = "$2" ] || fail "$5: not the one in use that SCM knows"
	[ $(($(refusals) - BEFORE)) -le "$4" ] || fail "$5: $(($(refusals) - BEFORE)) refused logins"
	[ -z "$(find "$D" "$T/state" -name '.*.scm-agent' -o -name '.tmp-*' -o -name installing)" ] ||
		fail "$5: something is left"
	expect 0 scm organizations
	DONE=$((DONE + 1))
}

# modes I: how to die at the I-th point that is looked at
modes() {
	if [ "$SAMPLE" = 0 ]; then
		echo entry exit half
	elif [ $(($1 % 2)) = 0 ]; then
		echo entry
	else
		echo exit
	fi
}

# sweep KIND WHAT WANTED STATUS MOST
sweep() {
	local n step=1 k mode

	scene "$1"
	crash --count
	n=$(sed -n 's/ points$//p' "$T/out")
	[ "${n:-0}" -gt 0 ] || fail "$1, $2: crashat counts nothing, and has status $RC"
	[ "$SAMPLE" = 0 ] || [ "$n" -le "$SAMPLE" ] || step=$((n / SAMPLE))
	say "$1, $2: $n points, each ${step}th"
	for ((k = 1; k <= n; k += step)); do
		for mode in $(modes "$((k / step))"); do
			scene "$1"
			BEFORE=$(refusals)
			crash --at "$k" --mode "$mode"
			case $RC in
			0 | 3 | 7) judge "$1" "$3" "$4" "$5" "$1, $2, $k $mode" ;;
			4) ;;
			*) fail "$1, $2, $k $mode: crashat has status $RC" ;;
			esac
		done
	done
}

sim_start
for kind in p12 own; do
	rm -rf "$T/state" "$D" && mkdir "$D"
	"$SIM" --dir "$T/sim" add-login host01 --client-cert "$T/first.pem" >/dev/null
	openssl pkcs12 -export -name scm -in "$T/first.pem" -passout "file:$T/store.pw" -out "$D/login.p12"
	conf_head 'login = host01' "client_cert_key_store = $D/login.p12" \
		"client_cert_key_store_password_file = $T/store.pw"
	sed -i '/^\[token:web\]/,/^$/d' "$T/agent.ini"
	conf_cert login
	[ "$kind" = own ] || printf '\n[install:login]\ncertificate = login\nformat = pkcs12\npath = %s\nalias = scm\npassword_file = %s\n' \
		"$D/login.p12" "$T/store.pw" >>"$T/agent.ini"
	DONE=0
	agent run
	if [ "$kind" = p12 ]; then
		rm "$T/state/archive/login/000001/unaccepted"
		keep p12
		sweep p12 "the first one" "$(serial_of "$T/first.pem")" 7 2
		scene p12
	fi
	first=$(serial_of "$T/state/archive/login/000001/cert.pem")
	enter "$first"
	[ "$kind" = own ] || expect 0 deploy login
	[ "$kind" = p12 ] || sed -i "/^client_cert_key_store_pass/d
		s|^client_cert_key_store = .*|client_cert_key_store = certificate:login|" "$T/agent.ini"
	expect 0 run
	expect 7 run --force login
	second=$(serial_of "$T/state/archive/login/000002/cert.pem")
	rm "$T/state/archive/login/000002/unaccepted"
	keep "$kind"
	# the new one may be refused once more by the run after the crash
	sweep "$kind" "not entered" "$first" 7 2
	enter "$second"
	sweep "$kind" "entered" "$second" 0 0
	scene "$kind"
	enter "$first"
	expect 7 run
	keep "$kind"
	enter "$second"
	# the old one's refusal may have been lost with the run that met it
	sweep "$kind" "refused before" "$second" 0 2
	[ "$DONE" -gt 0 ] || fail "nothing was crashed"
	say "$DONE crashes: a login that works after each"
done
