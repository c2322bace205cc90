#!/usr/bin/env bash
# Domain control validation: a file below the root of a real nginx, records in a real BIND by the
# shipped hook, mail; by hand and by `run`; refusals, hostile answers, what is taken away again.
# shellcheck source=tests/e2e/dcv-lib.sh
. "$(dirname "$0")/dcv-lib.sh"

dcv_make

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
expect 0 status
grep -q "$DOMAIN is not validated; published, but not seen yet" "$T/out" || fail "status does not say what is waited for"
agent check
grep -q "^dcv site: web root *ok *$ROOT" "$T/out" || fail "check does not look at the web root"
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
