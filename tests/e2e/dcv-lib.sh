# Helpers of the tests of domain control validation: a real nginx that shows $ROOT for $DOMAIN, a real
# BIND that takes updates for it, a simulator that looks at both, and a [dcv:site] by each method.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# a PATH of the agent's hooks, which has what servers are
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
for program in named nsupdate dig tsig-keygen; do
	command -v "$program" >/dev/null || {
		say "SKIPPED: $program is not installed (./dev deps)" >&2
		exit 77
	}
done

DOMAIN=unvalidated.example
ROOT=$T/www

# ---- servers

# A copy of the program: a distribution's profile for it would not let it read what is here.
named_start() {
	mkdir "$T/dns"
	cp "$(command -v named)" "$T/dns/named"
	(umask 077 && tsig-keygen -a hmac-sha256 updater >"$T/key")
	cat >"$T/dns/zone" <<-EOF
		\$TTL 300
		@ IN SOA ns hostmaster 1 3600 900 604800 300
		@ IN NS ns
		ns IN A 127.0.0.1
	EOF
	DNS_PORT=$(free_port)
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
		zone "$DOMAIN" { type primary; file "$T/dns/zone"; allow-update { key "updater"; }; };
	EOF
	"$T/dns/named" -g -n 1 -c "$T/dns/named.conf" >"$T/dns/log" 2>&1 &
	PIDS+=($!)
	wait_for 20 test -n "$(ask SOA "$DOMAIN")"
}

# ask TYPE NAME: what the server answers
ask() {
	dig -r +short +norecurse +time=2 +tries=2 -p "$DNS_PORT" @127.0.0.1 -t "$1" -q "$2" || true
}

# The records of the zone that are not its own.
records() {
	dig -r +noall +answer -p "$DNS_PORT" -y "hmac-sha256:updater:$(sed -n 's/.*secret "\(.*\)".*/\1/p' "$T/key")" \
		@127.0.0.1 "$DOMAIN" AXFR | grep -E '[[:blank:]](CNAME|TXT)[[:blank:]]' || true
}

# web_start: shows $ROOT for the domain alone, and says no to everybody else.
web_start() {
	mkdir -p "$ROOT" "$T/web"
	WEB_PORT=$(free_port)
	TLS_PORT=$(free_port)
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/web/key" -out "$T/web/crt" -days 2 \
		-subj /CN=elsewhere.test 2>/dev/null
	cat >"$T/web/conf" <<-EOF
		daemon off;
		master_process off;
		pid $T/web/pid;
		error_log $T/web/log;
		events { }
		http {
			access_log off;
			client_body_temp_path $T/web; proxy_temp_path $T/web; fastcgi_temp_path $T/web;
			uwsgi_temp_path $T/web; scgi_temp_path $T/web;
			server {
				listen 127.0.0.1:$WEB_PORT;
				listen 127.0.0.1:$TLS_PORT ssl;
				ssl_certificate $T/web/crt;
				ssl_certificate_key $T/web/key;
				server_name $DOMAIN;
				root $ROOT;
			}
			server { listen 127.0.0.1:$WEB_PORT default_server; return 403; }
		}
	EOF
	nginx -c "$T/web/conf" 2>/dev/null &
	PIDS+=($!)
	wait_for 20 test -s "$T/web/pid"
}

# ---- the scene

# scene METHOD [LINE...]: a fresh state, and a [dcv:site] for the domain
scene() {
	local method=$1
	shift
	rm -rf "$T/state"
	rm -f "$T/sim/dcv.json"
	restart
	ORDERS=$(orders)
	REQUESTS=$(requests)
	conf_p12 'enroll_max_attempts = 3'
	dcv_section "$DOMAIN" "$method" "$@"
}

# dcv_section DOMAIN METHOD [LINE...]
dcv_section() {
	local domain=$1 method=$2
	shift 2
	{
		printf '\n[dcv:site]\ndomains = %s\nmethod = %s\n' "$domain" "$method"
		means "$method" "$domain"
		printf '%s\n' "$@"
		printf '\n[hook:zone]\nscript = dns-nsupdate\noption.server = 127.0.0.1#%s\n' "$DNS_PORT"
		printf 'option.key_file = %s\n' "$T/key"
	} >>"$T/agent.ini"
}

means() {
	case $1 in
	http) printf 'webroot = %s\ncheck_address = 127.0.0.1:%s\n' "$ROOT" "$WEB_PORT" ;;
	https) printf 'webroot = %s\ncheck_address = 127.0.0.1:%s\n' "$ROOT" "$TLS_PORT" ;;
	cname | txt) printf 'hook = zone\nnameserver = 127.0.0.1:%s\n' "$DNS_PORT" ;;
	email) printf 'email = hostmaster@%s\n' "$2" ;;
	esac
}

# www: a certificate for the domain
www() {
	conf_cert www 'dcv = auto'
	sed -i "s/^common_name = .*/common_name = $DOMAIN/" "$T/agent.ini"
}

restart() {
	sim_stop
	sim_start --dcv-http "$WEB_PORT" --dcv-https "$TLS_PORT" --dcv-dns "$DNS_PORT" --dcv-email-approve none
}

# calls KIND: how many requests about validation there were since the scene began
calls() {
	tail -n +$((REQUESTS + 1)) "$T/sim/requests.jsonl" |
		jq -s --arg what "/validation/$1" '[.[] | select(.target | contains($what))] | length'
}

# status FILTER VALUE: of the only row of the table
status() {
	local got
	expect 0 dcv --json
	got=$(jq -r ".domains[] | select(.domain == \"$DOMAIN\") | $1" "$T/out")
	[ "$got" = "$2" ] || fail "dcv: $1 is '$got' instead of '$2'"
}

published() {
	find "$ROOT" -name '*.txt'
	records
}

# ordered N: since the scene began
ordered() {
	[ $(($(orders) - ORDERS)) = "$1" ] || fail "$(($(orders) - ORDERS)) orders instead of $1"
}

# clean: nothing is published, nothing half-made is left, nothing is in work
clean() {
	[ -z "$(published)" ] || fail "still published: $(published)"
	[ ! -e "$ROOT/.well-known" ] || fail ".well-known is left"
	[ -z "$(find "$T/state" "$ROOT" -name '.tmp-*')" ] || fail "left: $(find "$T/state" "$ROOT" -name '.tmp-*')"
	! grep -q '^started=' "$T/state/dcv/"* 2>/dev/null || fail "still in work"
}

# dcv_make: all of them
dcv_make() {
	web_start
	named_start
	sim_start
	ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
	login_make host01
}
