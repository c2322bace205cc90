#!/usr/bin/env bash
# The shipped hook dns-nsupdate against a real BIND that wants signed updates: records come, are
# replaced and go; a wrong key, hostile records and a dead server change nothing and are named.
# Where there is a Knot, the same updates against it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

hook=$HERE/../../deploy-hooks/scripts/dns-nsupdate
# a PATH of the agent's hooks, which has what servers are
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
for program in named nsupdate dig tsig-keygen; do
	command -v "$program" >/dev/null || {
		say "SKIPPED: $program is not installed (./dev deps)" >&2
		exit 77
	}
done

HEX=0123456789abcdef0123456789abcdef
CNAME_HOST=_$HEX.example.com.
TARGET=$HEX.$HEX.sectigo.com.
TXT_HOST=_pki-validation.example.com.

key_make() {
	(umask 077 && tsig-keygen -a hmac-sha256 updater >"$T/$1")
}

zone_make() {
	cat <<-EOF
		\$TTL 300
		@ IN SOA ns.example.com. hostmaster.example.com. 1 3600 900 604800 300
		@ IN NS ns.example.com.
		ns IN A 127.0.0.1
		www IN A 192.0.2.1
		_taken IN TXT "taken"
		_pki-validation IN SRV 0 0 443 www
	EOF
}

# A copy of the program: a distribution's profile for it would not let it read what is here.
named_start() {
	cp "$(command -v named)" "$T/dns/named"
	cat >"$T/dns/named.conf" <<-EOF
		include "$T/key";
		options {
			directory "$T/dns";
			listen-on port $DNS_PORT { 127.0.0.1; };
			listen-on-v6 { none; };
			pid-file "$T/dns/pid";
			session-keyfile "$T/dns/session.key";
			recursion no;
			dnssec-validation no;
			notify no;
		};
		controls { };
		zone "example.com" {
			type primary;
			file "$T/dns/zone";
			allow-update { key "updater"; };
		};
	EOF
	"$T/dns/named" -g -n 1 -c "$T/dns/named.conf" >"$T/dns/log" 2>&1 &
}

knotd_start() {
	cat >"$T/dns/knot.conf" <<-EOF
		server:
		  listen: 127.0.0.1@$DNS_PORT
		  rundir: $T/dns
		database:
		  storage: $T/dns
		key:
		- id: updater
		  algorithm: hmac-sha256
		  secret: $(sed -n 's/.*secret "\(.*\)".*/\1/p' "$T/key")
		acl:
		- id: update
		  key: updater
		  action: update
		zone:
		- domain: example.com
		  file: $T/dns/zone
		  acl: update
	EOF
	knotd -c "$T/dns/knot.conf" >"$T/dns/log" 2>&1 &
}

answers() {
	[ "$(ask SOA example.com. | wc -w)" = 7 ]
}

# serve PROGRAM: fresh zone and server; somebody else may be faster with a free port.
serve() {
	local try n
	for try in 1 2 3; do
		rm -rf "$T/dns"
		mkdir "$T/dns"
		zone_make >"$T/dns/zone"
		DNS_PORT=$(free_port)
		"$1_start"
		DNS_PID=$!
		PIDS+=("$DNS_PID")
		for ((n = 0; n < 400; n++)); do
			answers && return
			kill -0 "$DNS_PID" 2>/dev/null || break
			sleep 0.05
		done
		stop "$DNS_PID"
	done
	fail "$1 does not start, $try times: $(tail -n 5 "$T/dns/log")"
}

# ask TYPE NAME: what the server answers
ask() {
	dig -r +short +norecurse +time=2 +tries=2 -p "$DNS_PORT" @127.0.0.1 -t "$1" -q "$2"
}

is() {
	local got
	got=$(ask "$1" "$2") || true
	[ "$got" = "$3" ] || fail "$1 $2 is '$got' instead of '$3'"
}

serial() {
	ask SOA example.com. | cut -d ' ' -f 3
}

# record TYPE HOST VALUE: what the next hooks are told
record() {
	TYPE=$1
	HOST=$2
	VALUE=$3
}

# hook EVENT [NAME=VALUE...]: as the agent runs it, with variables from nothing
hook() {
	local event=$1
	shift
	RC=0
	(cd / && exec env -i PATH="$PATH" LANG=C.UTF-8 HOME=/ SCM_AGENT_DCV_TYPE="$TYPE" \
		SCM_AGENT_DCV_HOST="$HOST" SCM_AGENT_DCV_VALUE="$VALUE" SCM_AGENT_DCV_DOMAIN=example.com \
		SCM_AGENT_OPT_SERVER="127.0.0.1#$DNS_PORT" SCM_AGENT_OPT_KEY_FILE="$T/key" "$@" \
		"$hook" "$event" www) >"$T/out" 2>"$T/err" </dev/null || RC=$?
}

# done_with LINE EVENT [NAME=VALUE...]: it succeeds and says this alone
done_with() {
	local want=$1
	shift
	hook "$@"
	[ "$RC" = 0 ] || fail "$1: exit status $RC"
	[ "$(cat "$T/out" "$T/err")" = "dns-nsupdate: $want" ] || fail "it does not say: $want"
}

# fails_with PATTERN EVENT [NAME=VALUE...]: status 1, one line, and the zone is as it was
fails_with() {
	local want=$1 before after
	shift
	before=$(serial || true)
	hook "$@"
	[ "$RC" = 1 ] || fail "$*: exit status $RC"
	[ "$(cat "$T/out" "$T/err" | wc -l)" = 1 ] || fail "not one line"
	expect_error "^dns-nsupdate: .*$want"
	after=$(serial || true)
	[ "$before" = "$after" ] || fail "$*: the zone has changed"
}

# what SCM draws a text from: all that is visible, and as nasty as it gets
# shellcheck disable=SC2016,SC1003
visible_texts=(
	'!"#$%&()*+,-./0189:;<=>?@AZ[\]^_`az{|}~' "'" '"' '\' '\"' '";"' ';x' 'x;' '$(id)' '`id`' '-' '\000' '\\'
	'"x""y"' '@' '(' ')'
)

round() {
	local place=127.0.0.1#$DNS_PORT

	record CNAME "$CNAME_HOST" "$TARGET"
	done_with "published CNAME $CNAME_HOST at $place" publish
	is CNAME "$CNAME_HOST" "$TARGET"
	[ "$(dig -r +noall +answer -p "$DNS_PORT" @127.0.0.1 "$CNAME_HOST" CNAME | awk '{ print $2 }')" = 60 ] ||
		fail "its time to live is not 60"

	say "$1: again, and replaced"
	done_with "published CNAME $CNAME_HOST at $place" publish
	is CNAME "$CNAME_HOST" "$TARGET"
	record CNAME "$CNAME_HOST" "OTHER.$TARGET"
	done_with "published CNAME $CNAME_HOST at $place" publish SCM_AGENT_OPT_TTL=120
	is CNAME "$CNAME_HOST" "other.$TARGET"

	say "$1: only this record goes, and may be gone"
	record CNAME "$CNAME_HOST" "$TARGET"
	done_with "withdrew CNAME $CNAME_HOST at $place" withdraw
	is CNAME "$CNAME_HOST" "other.$TARGET"
	record CNAME "${CNAME_HOST%.}" "other.${TARGET%.}"
	done_with "withdrew CNAME $CNAME_HOST at $place" withdraw
	is CNAME "$CNAME_HOST" ""
	done_with "withdrew CNAME $CNAME_HOST at $place" withdraw

	say "$1: TXT beside records of other types, over TCP, zone given"
	record TXT "$TXT_HOST" 'aZ09._~=+/:-'
	done_with "published TXT $TXT_HOST at $place" publish SCM_AGENT_OPT_TCP=yes \
		SCM_AGENT_OPT_ZONE=example.com
	is TXT "$TXT_HOST" '"aZ09._~=+/:-"'
	record TXT "$TXT_HOST" 'second'
	done_with "published TXT $TXT_HOST at $place" publish
	is TXT "$TXT_HOST" '"second"'
	is SRV "$TXT_HOST" "0 0 443 www.example.com."
	done_with "withdrew TXT $TXT_HOST at $place" withdraw
	is TXT "$TXT_HOST" ""
	is SRV "$TXT_HOST" "0 0 443 www.example.com."
	for text in "${visible_texts[@]}"; do
		record TXT "$TXT_HOST" "$text"
		done_with "published TXT $TXT_HOST at $place" publish
		[ "$(ask TXT "$TXT_HOST" | sed 's/^"//; s/"$//; s/\\\(.\)/\1/g')" = "$text" ] || fail "$text became something else"
		done_with "withdrew TXT $TXT_HOST at $place" withdraw
		is TXT "$TXT_HOST" ""
	done
	record TXT "$TXT_HOST" "$(printf '%0255d' 0)"
	done_with "published TXT $TXT_HOST at $place" publish
	done_with "withdrew TXT $TXT_HOST at $place" withdraw
	is A www.example.com. 192.0.2.1
}

key_make key
key_make wrong
serve named
say "named: published"
round named

say "a wildcard is validated below its base"
record CNAME "$CNAME_HOST" "$TARGET"
done_with "published CNAME $CNAME_HOST at 127.0.0.1#$DNS_PORT" publish \
	SCM_AGENT_DCV_DOMAIN='*.Example.COM.'
done_with "withdrew CNAME $CNAME_HOST at 127.0.0.1#$DNS_PORT" withdraw

say "wrong key, another zone, no such zone"
fails_with 'did not take the update.*BADSIG' publish SCM_AGENT_OPT_KEY_FILE="$T/wrong"
fails_with 'did not take the update' publish SCM_AGENT_OPT_ZONE=example.org
! grep -qF "$(sed -n 's/.*secret "\(.*\)".*/\1/p' "$T/wrong")" "$T/err" "$T/out" || fail "the key is shown"

say "a server that takes the update and can't publish it"
record CNAME _taken.example.com. "$TARGET"
fails_with 'does not answer it.*another type' publish

say "hostile records"
# shellcheck disable=SC2016,SC1003 # nothing is to expand, that is the point
hostile_targets=(
	$'x.\nupdate delete www.example.com. A\n' 'x;y.' 'x y.' '"x".' '`id`.' '$(id).' "'x'." . '' .. '-x.'
	'x\.y.' $'x.\r' $'x\xff.' "$(printf '%0300d' 0)."
)
# shellcheck disable=SC2016,SC1003
hostile_texts=(
	$'x\nsend\nupdate delete www.example.com. A' $'x\n' 'x y' ''
	$'x\ty' $'x\xff' "$(printf '%0256d' 0)"
)
# shellcheck disable=SC2016
hostile_hosts=(
	www.example.com. example.com. _.example.com. _x.example.org. _x.badexample.com. _xexample.com.
	$'_x.example.com.\nupdate delete www.example.com. A' $'_x.example.com.\n' '_x y.example.com.'
	'_x;.example.com.' '_`id`.example.com.' _x..example.com. '_*.example.com.' '*.example.com.'
	'' . -p +short @127.0.0.2 '_x"y.example.com.' "_$(printf '%0260d' 0).example.com."
)
for value in "${hostile_targets[@]}"; do
	record CNAME "$CNAME_HOST" "$value"
	fails_with value publish
	fails_with value withdraw
done
for value in "${hostile_texts[@]}"; do
	record TXT "$TXT_HOST" "$value"
	fails_with value publish
	fails_with value withdraw
done
for host in "${hostile_hosts[@]}"; do
	record CNAME "$host" "$TARGET"
	fails_with host publish
	fails_with host withdraw
done
record A "$CNAME_HOST" 192.0.2.9
fails_with 'neither CNAME nor TXT' publish
record CNAME "$CNAME_HOST" "$TARGET"
fails_with 'domain' publish SCM_AGENT_DCV_DOMAIN=
fails_with 'domain' publish SCM_AGENT_DCV_DOMAIN=$'example.com\n'
fails_with 'domain' publish SCM_AGENT_DCV_DOMAIN='?xample.com'
is A www.example.com. 192.0.2.1

say "options"
for server in '' '#53' '127.0.0.1#' '127.0.0.1#0' '127.0.0.1#99999x' '127.0.0.1 53' '-p' $'127.0.0.1\nzone .'; do
	fails_with 'option server' publish SCM_AGENT_OPT_SERVER="$server"
done
for ttl in '' -1 1h 100000 $'1\n2'; do
	[ -z "$ttl" ] || fails_with 'option ttl' publish SCM_AGENT_OPT_TTL="$ttl"
done
fails_with 'option tcp' publish SCM_AGENT_OPT_TCP=maybe
fails_with 'option zone' publish SCM_AGENT_OPT_ZONE=$'example.com\nsend'
fails_with 'key_file' publish SCM_AGENT_OPT_KEY_FILE=
fails_with 'not an absolute path' publish SCM_AGENT_OPT_KEY_FILE=key
fails_with "can't be read" publish SCM_AGENT_OPT_KEY_FILE="$T/none"
cp "$T/key" "$T/open"
chmod 604 "$T/open"
fails_with 'read or written by everybody' publish SCM_AGENT_OPT_KEY_FILE="$T/open"
hook deploy
[ "$RC" = 2 ] || fail "an event that it does not know"
expect_error '^usage: '

say "the server is down"
stop "$DNS_PID"
fails_with 'did not take the update' publish
fails_with 'did not take the update' withdraw

if command -v knotd >/dev/null; then
	serve knotd
	say "knot: published"
	round knot
	fails_with 'did not take the update' publish SCM_AGENT_OPT_KEY_FILE="$T/wrong"
	stop "$DNS_PID"
else
	say "no knotd here"
fi

say "all of it"
