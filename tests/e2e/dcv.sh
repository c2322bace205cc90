#!/usr/bin/env bash
# Domain control validation: a file below the root of a real nginx, records in a real BIND by the
# shipped hook, mail; by hand and by `run`; refusals, hostile answers, what is taken away again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

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
	[ -z "$(find "$T/state" "$ROOT" -name '.tmp-*')" ] || fail "temporary files are left"
	! grep -q '^started=' "$T/state/dcv/"* 2>/dev/null || fail "still in work"
}

web_start
named_start
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

for method in http https cname txt; do
	say "$method: validated by one call, and taken away"
	scene "$method"
	status .status NOT_VALIDATED
	expect 0 dcv "$DOMAIN"
	expect_error "$DOMAIN: validated, until "
	status .status VALIDATED
	status .method "$method"
	status .work -
	clean
	before=$(requests)
	expect 0 dcv "$DOMAIN"
	expect_error 'nothing to do'
	[ $(($(requests) - before)) = 1 ] || fail "more than one question about a valid domain"

	say "$method: run does it by itself, then orders"
	scene "$method"
	www
	expect 0 run
	ordered 1
	pair_matches www || fail "no pair"
	clean
	before=$(requests)
	expect 0 run
	silent || fail "a quiet day is not quiet"
	[ "$(requests)" = "$before" ] || fail "a quiet day has requests"
done

say "the history has all of it"
expect 0 history "$DOMAIN"
grep -q 'validated' "$T/out" || fail "not in the history"

say "TXT: any text that SCM draws is published as it is"
scene txt
for i in 1 2 3 4 5 6 7 8; do
	expect 0 dcv --force "$DOMAIN"
done
clean

say "e-mail: begun and told, then waits without an order, and quietly"
scene email
www
agent dcv "$DOMAIN"
[ "$RC" = 7 ] || fail "exit status $RC"
expect_error "SCM writes to hostmaster@$DOMAIN"
status .work submitted
expect 7 run
silent || fail "waiting is not quiet"
ordered 0
[ "$(calls submit)" = 1 ] || fail "submitted $(calls submit) times"
switches "--dcv-email-approve $DOMAIN"
expect 0 run
expect_error "validated, until"
ordered 1
switches

say "e-mail: an address that SCM does not write to"
scene email
sed -i "s/^email = .*/email = me@elsewhere.example/" "$T/agent.ini"
expect 3 dcv "$DOMAIN"
expect_error "me@elsewhere.example; it offers .*hostmaster@$DOMAIN"
[ "$(calls submit)" = 0 ] || fail "submitted"

say "about to end: validated again while it is still good, and orders go on"
scene http
www
switches '--dcv-validity 864000'
expect 0 run
[ "$(calls start)" -gt 0 ] || fail "not begun"
before=$(calls start)
rm -rf "$T/state/dcv"
switches
expect 0 run
[ $(($(calls start) - before)) = 1 ] || fail "not validated again"
status '.days_left | tonumber > 100' true
before=$(requests)
expect 0 run
[ "$(requests)" = "$before" ] || fail "validated again and again"
clean

say "a validation with a life shorter than renew_before is not made at each run"
scene http
switches '--dcv-validity 864000'
expect 0 dcv "$DOMAIN"
www
expect 0 run
[ "$(calls "start/domain/http")" -ge 1 ] || fail "calls"
before=$(calls start)
expect 0 run
[ "$(calls start)" = "$before" ] || fail "again"
switches

say "our own look: SCM is not asked to look for what is not there"
scene http
sed -i "s/^check_address = .*/check_address = 127.0.0.1:$(free_port)/" "$T/agent.ini"
www
before=$(calls submit)
expect 7 run
[ "$(calls submit)" = "$before" ] || fail "submitted what can't be seen"
status .work published
grep -q 'not seen yet' "$T/state/dcv/$DOMAIN" || fail "does not say what it waits for"
sed -i "s/^check_address = .*/check_address = 127.0.0.1:$WEB_PORT/" "$T/agent.ini"
expect 0 run
clean

say "no own look when it is not wanted"
scene http 'check = no'
sed -i "s/^check_address = .*/check_address = 127.0.0.1:1/" "$T/agent.ini"
expect 0 dcv "$DOMAIN"
clean

say "another method in the configuration: what was published goes, and it begins anew"
scene http
sed -i "s/^check_address = .*/check_address = 127.0.0.1:1/" "$T/agent.ini"
agent dcv "$DOMAIN"
[ "$RC" = 7 ] || fail "exit status $RC"
[ -n "$(published)" ] || fail "not published"
conf_p12 'enroll_max_attempts = 3'
dcv_section "$DOMAIN" cname
expect 0 dcv "$DOMAIN"
clean

say "a domain that is configured no more: a run takes away what is published"
scene cname
switches '--fault dcv-submit:status=503'
expect 8 dcv "$DOMAIN"
[ -n "$(published)" ] || fail "not published"
switches
sed -i "s/^domains = .*/domains = elsewhere.test/" "$T/agent.ini"
conf_cert other
expect 0 run
clean
[ ! -e "$T/state/dcv/$DOMAIN" ] || fail "its file is left"

say "... and when its hook has gone, too, says once what is to be done by hand"
scene cname
switches '--fault dcv-submit:status=503'
expect 8 dcv "$DOMAIN"
switches
conf_p12
conf_cert other
expect 0 run
expect_error "hook 'zone' is in no .*; remove the CNAME record _.*by hand"
expect 0 run
silent || fail "said again"
records | while read -r host _ _ type rest; do
	printf 'server 127.0.0.1 %s\nupdate delete %s %s %s\nsend\n' "$DNS_PORT" "$host" "$type" "$rest"
done | nsupdate -k "$T/key"

say "--abandon takes it away, --force begins anew whatever SCM has"
scene http
switches '--dcv-time never' "--dcv-http 127.0.0.1:1"
agent dcv "$DOMAIN"
[ "$RC" = 7 ] || fail "exit status $RC"
status .work submitted
expect 0 dcv --abandon "$DOMAIN"
clean
status .work -
status .order_status NOT_INITIATED
agent dcv "$DOMAIN"
[ "$RC" = 7 ] || fail "exit status $RC"
rm -rf "$T/state/dcv" "$ROOT/.well-known"
agent dcv "$DOMAIN"
[ "$RC" = 7 ] || fail "exit status $RC"
[ -n "$(published)" ] || fail "what SCM knows of was not taken up again"
switches
expect 0 dcv "$DOMAIN"
clean

say "somebody else's validation by another way is left alone"
scene email
expect 7 dcv "$DOMAIN"
rm -rf "$T/state/dcv"
conf_p12
dcv_section "$DOMAIN" http
expect 7 dcv "$DOMAIN"
expect_error 'not begun here.*--force'
[ -z "$(published)" ] || fail "published"
expect 0 dcv --force "$DOMAIN"
clean

say "SCM says no: taken away, said once, then a pause"
scene http
www
switches '--fault dcv-submit:code=-3'
expect 6 run
expect_error "domain validation: submit: .*-3|not authorized"
before=$(calls start)
expect 6 run
expect 6 run
[ "$(calls start)" -le $((before + 1)) ] || fail "no pause"
ordered 0
switches
expect 0 dcv "$DOMAIN"
expect 0 run
clean

say "an order that SCM refuses for want of a validation makes the next run ask"
scene http
www
expect 0 run
switches '--fault enroll:code=-1137:1'
sed -i "s/^asked=.*/asked=$(($(date +%s) - 7200))/" "$T/state/dcv/$DOMAIN"
before=$(calls status)
expect 7 run --force
[ ! -e "$T/state/pending/www/held" ] || fail "held"
expect 0 run
[ $(($(calls status) - before)) = 1 ] || fail "not asked"
ordered 2

say "... but not again and again"
switches '--fault enroll:code=-1137:1'
expect 6 run --force
[ -e "$T/state/pending/www/held" ] || fail "not held"
switches
clean

say "one domain's failure is not the others'"
scene http
www
conf_cert fine 'dcv = manual'
switches '--fault dcv-start:status=500'
expect 8 run
[ -e "$(live fine)/cert.pem" ] || fail "the other was not enrolled"
switches

say "a hook that fails; nothing is submitted"
scene cname
sed -i "s/^option.key_file = .*/option.key_file = $(sed 's/[\/&]/\\&/g' <<<"$T/none")/" "$T/agent.ini"
before=$(calls submit)
expect 8 dcv "$DOMAIN"
expect_error "key file '.*' can't be read"
[ "$(calls submit)" = "$before" ] || fail "submitted"
sed -i "s/^option.key_file = .*/option.key_file = $(sed 's/[\/&]/\\&/g' <<<"$T/key")/" "$T/agent.ini"
expect 0 dcv "$DOMAIN"
clean

say "a link below the web root is not followed"
scene http
mkdir "$T/outside"
ln -s "$T/outside" "$ROOT/.well-known"
expect 3 dcv "$DOMAIN"
expect_error 'symbolic link'
[ -z "$(ls -A "$T/outside")" ] || fail "written outside of the web root"
rm "$ROOT/.well-known"
expect 0 dcv "$DOMAIN"
clean

say "answers that got lost: nothing is begun or submitted twice"
for method in http cname txt email; do
	scene "$method"
	switches '--fault dcv-submit:reset-after-accept:1' '--dcv-email-approve all'
	expect 8 dcv "$DOMAIN"
	expect 0 dcv "$DOMAIN"
	[ "$(calls submit)" = 1 ] || fail "$method: submitted $(calls submit) times"
	clean
done
scene http
switches '--fault dcv-start:reset-after-accept:1'
expect 8 dcv "$DOMAIN"
expect 0 dcv "$DOMAIN"
clean

say "hostile answers: nothing is published, nothing is written elsewhere"
EVIL=$T/evil
hostile() {
	local method=$1 call=$2 member=$3 value=$4
	scene "$method"
	switches "--fault $call:member=$member/$value"
	expect 12 dcv "$DOMAIN"
	[ "$(wc -l <"$T/err")" = 1 ] || fail "not one line"
	switches
	clean
	[ ! -e "$EVIL" ] || fail "written elsewhere"
}
hostile http dcv-start url "http://www.elsewhere.example/.well-known/pki-validation/00.txt"
hostile http dcv-start url "http://$DOMAIN/.well-known/pki-validation/../../../../../../$EVIL.txt"
hostile http dcv-start url "http://$DOMAIN/index.html"
hostile https dcv-start firstLine "<script>alert(1)</script>"
hostile http dcv-start secondLine "sectigo.com;"
hostile cname dcv-start host "www.$DOMAIN."
hostile cname dcv-start host "_acme-challenge.$DOMAIN."
hostile cname dcv-start host "_0123456789abcdef0123456789abcdef.elsewhere.example."
hostile cname dcv-start point "a b"
hostile txt dcv-submit host "_dmarc.$DOMAIN."
hostile txt dcv-submit host "_pki-validation.www.$DOMAIN."
scene http
for fault in html retype=array nest=99 endless-body truncate=9 evil=nul evil=ansi huge=99999 retype=drop; do
	switches "--fault any:$fault"
	agent dcv "$DOMAIN"
	case $RC in
	6 | 7 | 8 | 12) ;;
	*) fail "$fault: exit status $RC" ;;
	esac
	! grep -q $'\033' "$T/err" || fail "$fault: steers the terminal"
	switches
	expect 0 dcv --abandon "$DOMAIN"
	clean
done
expect 0 dcv "$DOMAIN"
clean

say "SCM rejects what was submitted: taken away, and cleared"
scene cname
switches '--dcv-time never' "--dcv-dns 127.0.0.1:1"
expect 7 dcv "$DOMAIN"
switches '--fault dcv-status:member=orderStatus/REJECTED' "--dcv-dns 127.0.0.1:1"
expect 6 dcv "$DOMAIN"
expect_error 'rejected the validation'
clean
[ "$(calls clear)" = 1 ] || fail "not cleared"
switches
expect 0 dcv "$DOMAIN"
clean

say "usage"
expect 2 dcv --force
expect 2 dcv nowhere.example
expect_error "no \[dcv:NAME\] with domain 'nowhere.example'"
expect 2 dcv --force --abandon "$DOMAIN"
say "all of it"
