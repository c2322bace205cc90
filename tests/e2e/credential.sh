#!/usr/bin/env bash
# The agent renews what it logs in with: each kind of store, and its own state directory with the key
# in a file and in a token. SCM knows one serial number of a login; until a person enters the new one
# the old is used, and how often SCM has to refuse a login for that is counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in keytool faketime; do
	command -v "$program" >/dev/null || fail "$program is not installed (./dev deps)"
done

ORG=1234
D=$T/etc
mkdir -p "$D"
sim_start
token_make
(umask 077 && echo changeit >"$T/store.pw")

# --- SCM's side

# enter SERIAL [LOGIN]: what an administrator does in SCM
enter() {
	jq --arg serial "$1" --arg login "${2:-host01}" \
		'(.logins[] | select(.login == $login)).certificateSerialNumber = $serial' \
		"$T/sim/account.json" >"$T/account.new"
	mv "$T/account.new" "$T/sim/account.json"
}

# refusals: how many logins SCM has refused
refusals() {
	[ ! -e "$T/sim/ledger.jsonl" ] || jq -s '[.[] | select(.event == "login-refused")] | length' \
		"$T/sim/ledger.jsonl"
}

# refused N WHAT: so many more than when it was asked last
refused() {
	local now

	now=$(refusals)
	[ $((now - REFUSED)) = "$1" ] || fail "$2: $((now - REFUSED)) refused logins instead of $1"
	REFUSED=$now
}

# on WHEN STATUS ARGUMENT...: as expect, at another time; the fetcher and files keep the true one
on() {
	local when=$1 want=$2
	shift 2
	RC=0
	NO_FAKE_STAT=1 ASAN_OPTIONS=verify_asan_link_order=0 faketime -f "$when" "$AGENT" -c "$T/agent.ini" "$@" \
		>"$T/out" 2>"$T/err" </dev/null || RC=$?
	[ "$RC" = "$want" ] || fail "$when: scm-agent $*: exit status $RC instead of $want"
}

# --- the stores

# first_store: what the account logs in with in the beginning, with the alias scm
first_store() {
	"$SIM" --dir "$T/sim" add-login host01 --client-cert "$T/first.pem" "$@" >/dev/null
	rm -f "$D"/login.*
	cp "$T/first.pem" "$D/login.pem"
	chmod 600 "$D/login.pem"
	openssl pkcs12 -export -name scm -in "$T/first.pem" -passout "file:$T/store.pw" -out "$D/login.p12"
	FIRST=$(serial_of "$T/first.pem")
}

java_store() {
	keytool -importkeystore -noprompt -srckeystore "$D/login.p12" -srcstoretype PKCS12 \
		-srcstorepass changeit -destkeystore "$D/login.$1" -deststoretype "$2" \
		-deststorepass changeit -srcalias scm -destalias scm >/dev/null 2>&1 ||
		fail "keytool makes no $2"
	# an entry of somebody else's
	keytool -genkeypair -keyalg EC -alias theirs -dname CN=theirs -storetype "$2" \
		-keystore "$D/login.$1" -storepass changeit -keypass changeit 2>/dev/null
}

# login_p12 ...: the lines of [scm]; install_p12 ...: those of [install:login]
login_p12() { printf '%s\n' "client_cert_key_store = $D/login.p12" "client_cert_key_store_password_file = $T/store.pw"; }
login_pem() { printf '%s\n' "client_cert_key_store = $D/login.pem" 'client_cert_key_store_type = PEM'; }
login_java() {
	printf '%s\n' "client_cert_key_store = $D/login.$1" "client_cert_key_store_type = $2" \
		"client_cert_key_store_password_file = $T/store.pw" 'client_cert_key_alias = scm'
}
login_jks() { login_java jks JKS; }
login_jceks() { login_java jceks JCEKS; }
login_file() { printf '%s\n' 'client_cert_key_store = certificate:login'; }
login_token() { login_file; }

store_lines() { printf '%s\n' "path = $D/login.$1" "password_file = $T/store.pw" 'alias = scm'; }
install_p12() { printf '%s\n' 'format = pkcs12' && store_lines p12; }
install_pem() { printf '%s\n' 'format = pem-combined' "path = $D/login.pem"; }
install_jks() { printf '%s\n' 'format = jks' && store_lines jks; }
install_jceks() { printf '%s\n' 'format = jceks' && store_lines jceks; }

# configure KIND [LOGIN-KIND]: [scm] and the certificate; further ones by conf_cert
configure() {
	local line lines=()

	while read -r line; do lines+=("$line"); done < <("login_${2:-$1}")
	conf_head 'login = host01' "${lines[@]}"
	case $1 in
	token) conf_cert login 'key_store = token:web' ;;
	file) conf_cert login ;;
	*)
		conf_cert login
		printf '\n[install:login]\ncertificate = login\n%s\n' "$("install_$1")" >>"$T/agent.ini"
		;;
	esac
}

# now_used KIND: the serial number that the account would log in with
now_used() {
	case $1 in
	p12) openssl pkcs12 -in "$D/login.p12" -passin "file:$T/store.pw" -nokeys -clcerts ;;
	pem) cat "$D/login.pem" ;;
	jks | jceks) keytool -exportcert -rfc -keystore "$D/login.$1" -storetype "${1^^}" \
		-storepass changeit -alias scm ;;
	*) cat "$(live login)/cert.pem" ;;
	esac 2>/dev/null | openssl x509 -noout -serial | cut -d= -f2
}

newest() {
	serial_of "$(find "$T/state/archive/login" -name cert.pem | sort | tail -n 1)"
}

# logged_in_as SERIAL: who the last request came from
logged_in_as() {
	local serial wanted=$1

	# the simulator leaves zeros out at the front
	while [ "${wanted#0}" != "$wanted" ]; do wanted=${wanted#0}; done
	serial=$(tail -n 1 "$T/sim/requests.jsonl" | jq -r '.. | .clientSerial? // empty')
	[ "${serial^^}" = "$wanted" ] || fail "logged in as $serial instead of $1"
}

# waits KIND OLD: the new one waits, and was said once
waits() {
	local new

	new=$(newest)
	[ "$new" != "$2" ] || fail "$1: nothing new"
	expect_error "warning: login: .*enter its serial number $(sed 's/../&:/g; s/:$//' <<<"$new") for administrator host01"
	expect_error 'until then the old one is used, which expires 20'
	[ "$(now_used "$1")" = "$2" ] || fail "$1: the old one is not in use any more"
}

# quiet_run STATUS REQUESTS: says nothing, and asks SCM so often
quiet_run() {
	local before

	before=$(requests)
	expect "$1" run
	silent || fail "a further run talks: $(cat "$T/err")"
	[ $(($(requests) - before)) = "$2" ] || fail "$(($(requests) - before)) requests instead of $2"
}

story() {
	local kind=$1 old new

	say "$kind: refused until its number is entered"
	old=$2
	REFUSED=$(refusals)
	expect 7 run --force login
	waits "$kind" "$old"
	refused 1 "the new one is tried once"
	expect 7 run # which refreshes the lists
	quiet_run 7 1
	refused 0 "while it waits"
	logged_in_as "$old"
	conf_cert "www$kind"
	expect 7 run
	[ "$(orders "www$kind.example.com")" = 1 ] || fail "$kind: others are not ordered meanwhile"
	expect 0 run --dry-run
	grep -q 'login .*deploy once SCM accepts its serial number' "$T/out" || fail "$kind: plan: $(cat "$T/out")"
	expect 0 status
	grep -q 'login .*enter its serial number' "$T/out" || fail "$kind: status does not say it"
	expect 0 status --json
	jq -e '.certificates[] | select(.name == "login") | .stuck' "$T/out" >/dev/null ||
		fail "$kind: it waits for a person, and is not stuck"
	expect 0 check
	grep -q 'new client certificate *warn .*enter its serial number' "$T/out" || fail "$kind: check does not"
	expect 0 show login
	grep -qE "^new serial +$(newest)\$" "$T/out" || fail "$kind: show has no number to enter: $(cat "$T/out")"
	expect 7 deploy login
	refused 1 "by hand it is tried once more"
	new=$(newest)
	enter "$new"
	expect 0 deploy login
	[ "$(now_used "$kind")" = "$new" ] || fail "$kind: not put in place"
	refused 0 "entered"
	expect 0 scm profiles
	logged_in_as "$new"
	quiet_run 0 0

	say "$kind: the old one is refused first"
	rm "$T/state/history" # the fuse of three orders a day
	expect 7 run --force login
	waits "$kind" "$new"
	old=$new
	new=$(newest)
	enter "0x$(sed 's/../&:/g; s/:$//' <<<"${new,,}")"
	conf_cert "app$kind"
	refused 1 "the next new one is tried once"
	expect 0 run "app$kind"
	[ "$(now_used "$kind")" = "$new" ] || fail "$kind: not put in place by the run"
	[ "$(orders "app$kind.example.com")" = 1 ] || fail "$kind: the run did not go on"
	refused 1 "the old one is refused once"
	logged_in_as "$new"
	quiet_run 0 0

	say "$kind: both are refused"
	rm "$T/state/history"
	expect 7 run --force login
	waits "$kind" "$new"
	enter 00
	refused 1 "the third new one"
	expect 5 run
	expect_error 'SCM accepts neither the old nor the new'
	refused 2 "both are tried once"
	expect 5 run
	refused 0 "nothing is tried any more"
	new=$(newest)
	enter "$new"
	expect 0 deploy login
	[ "$(now_used "$kind")" = "$new" ] || fail "$kind: not put in place in the end"
	refused 0 "the number was entered"
	quiet_run 0 0
	expect 0 show login
	! grep -q '^new serial' "$T/out" || fail "$kind: show has a number to enter"
	expect 0 check

	say "$kind: check says which number SCM does not know"
	enter 00
	expect 5 check
	grep -qE "account default: credential +FAIL .*serial number $new\)" "$T/out" || fail "$kind: $(cat "$T/out")"
	! grep -qE 'account default: (credential +ok|organization)' "$T/out" || fail "$kind: $(cat "$T/out")"
	enter "$new"
	expect 5 check
	grep -q 'not tried again since it was refused' "$T/out" || fail "$kind: tried again: $(cat "$T/out")"
	expect 0 reset login
	expect 0 check
}

say "an entry beside the one of an account without an alias is refused before an order"
rm -rf "$T/state"
first_store
openssl pkcs12 -export -name host9 -in "$T/first.pem" -passout "file:$T/store.pw" -out "$D/login.p12"
configure p12
sum=$(sha256sum "$D/login.p12")
expect 4 check
grep -q 'install login *FAIL .*set alias of \[install:login\].*client_cert_key_alias .*host9' "$T/out" ||
	fail "check: $(cat "$T/out")"
expect 4 run
expect_error 'set alias of \[install:login\] to the entry that is there, or client_cert_key_alias'
[ "$(orders)" = 0 ] || fail "ordered all the same"
[ "$(sha256sum "$D/login.p12")" = "$sum" ] || fail "the key store changed"
sed -i 's/^alias = scm/alias = host9/' "$T/agent.ini"
expect 0 check

for kind in p12 pem jks jceks; do
	rm -rf "$T/state"
	first_store
	case $kind in j*) java_store "$kind" "${kind^^}" ;; esac
	configure "$kind"
	story "$kind" "$FIRST"
	case $kind in
	j*) keytool -list -keystore "$D/login.$kind" -storetype "${kind^^}" -storepass changeit -alias theirs \
		>/dev/null 2>&1 || fail "$kind: the other entry is gone" ;;
	esac
done

for kind in file token; do
	say "$kind: the first one comes by another login"
	rm -rf "$T/state"
	first_store
	configure "$kind"
	expect 4 run
	expect_error 'certificate login has no generation yet'
	rm -rf "$T/state"
	configure "$kind" p12
	expect 0 run
	enter "$(newest)"
	configure "$kind"
	expect 0 scm profiles
	logged_in_as "$(newest)"
	story "$kind" "$(newest)"
done

say "SCM that can't be asked refuses nothing"
rm "$T/state/history"
REFUSED=$(refusals)
old=$(newest)
switches '--fault types:status=503'
expect 8 run --force login
[ "$(newest)" != "$old" ] || fail "nothing new"
[ "$(now_used token)" = "$old" ] || fail "put in place without an answer"
[ ! -e "$T/state/archive/login/$(basename "$(find "$T/state/archive/login" -name cert.pem -printf '%h\n' | sort |
	tail -n 1)")/unaccepted" ] || fail "taken for refused"
switches
expect 7 run login
waits token "$old"
refused 1 "asked, and answered"

say "renewed again while one waits, and the number entered of the one that waited"
waiting=$(newest)
enter "$waiting"
expect 7 run --force login
[ "$(now_used token)" = "$waiting" ] || fail "the one that waited is not in use"
[ "$(newest)" != "$waiting" ] || fail "not renewed"
refused 2 "the old one, and the one after that which was entered"
enter "$(newest)"
expect 0 run
[ "$(now_used token)" = "$(newest)" ] || fail "the newest is not in use"
refused 1 "the one that was entered before"

say "a hook that fails is no reason to go back to what SCM has forgotten"
printf '#!/bin/sh\nexit 1\n' >"$T/broken"
chmod 755 "$T/broken"
old=$(newest)
rm "$T/state/history"
configure token
expect 7 run --force login
enter "$(newest)"
configure token
sed -i "/^\\[certificate:login\\]/a deploy_hooks = $T/broken" "$T/agent.ini"
expect 10 deploy login
[ "$(now_used token)" = "$(newest)" ] || fail "rolled back"
expect 0 scm profiles
logged_in_as "$(newest)"
configure token
expect 0 run
refused 1 "the newest before it was entered"
expect 7 rollback login
[ "$(now_used token)" = "$(newest)" ] || fail "rolled back by hand to what SCM does not know"
refused 1 "the one before, by hand"

say "the old one has expired"
rm "$T/state/history"
switches '--fault issue:validity=3600:1'
expect 7 run --force login
enter "$(newest)"
expect 0 deploy login
switches
old=$(newest)
expect 7 run --force login
new=$(newest)
refused 2 "two new ones"
on '+2h' 5 run
expect_error 'SCM accepts neither the old nor the new'
refused 1 "the new one is tried, the old one is not"
[ "$(now_used token)" = "$old" ] || fail "put in place although SCM refuses it"
on '+2h' 5 run
refused 0 "nothing is tried any more"
enter "$new"
expect 0 reset
on '+2h' 0 run
[ "$(now_used token)" = "$new" ] || fail "not put in place after reset"
refused 0 "entered"

say "due again meanwhile, and SCM out of order just when the number was entered"
rm "$T/state/history"
expect 7 run --force login
new=$(newest)
enter "$new"
REFUSED=$(refusals)
switches '--fault types:status=503:1+1'
on '+70d' 5 run
[ "$(now_used token)" != "$new" ] || fail "put in place without an answer"
refused 1 "the old one"
switches
on '+70d' 7 run
[ "$(now_used token)" = "$new" ] || fail "not put in place by the next run"
refused 1 "the next new one"
touch "$T/state/lock" # a run of that time
enter "$(newest)"
expect 0 run
REFUSED=$(refusals)

say "to revoke what one logs in with is not done by accident"
expect 2 revoke login --reason superseded
expect_error 'logs in with'
[ ! -e "$T/state/archive/login/revoking" ] || fail "revoked all the same"

say "two administrators with one certificate, entered one after the other"
rm -rf "$T/state"
first_store
"$SIM" --dir "$T/sim" add-login host02 --client-cert "$T/second.pem" >/dev/null
enter "$FIRST" host02
configure p12
sed -n '/^\[scm\]/,/^$/p' "$T/agent.ini" |
	sed 's/^\[scm\]/[scm:second]/; s/^login = .*/login = host02/' >"$T/second"
cat "$T/second" >>"$T/agent.ini"
REFUSED=$(refusals)
expect 7 run
new=$(newest)
refused 1 "the new one, by the first account"
enter "$new"
expect 7 run
expect_error "enter its serial number .* for administrator host02"
refused 2 "the old one by the first account, the new one by the second"
expect 7 run
expect 7 run
refused 0 "while the second one waits"
enter "$new" host02
expect 0 run
[ "$(now_used p12)" = "$new" ] || fail "not put in place"
refused 1 "the old one by the second account"

say "what SCM refused of both is tried again when a person has changed something"
rm "$T/state/history"
configure p12
expect 7 run --force login
enter 00
expect 5 run
enter "$(newest)"
expect 5 run
REFUSED=$(refusals)
touch "$D/login.p12"
expect 0 run
[ "$(now_used p12)" = "$(newest)" ] || fail "not put in place"
refused 0 "entered"

say "an account that logs in with something else by now keeps nothing waiting"
rm "$T/state/history"
expect 7 run --force login
sed "s|^client_cert_key_store = .*|client_cert_key_store = $T/elsewhere.p12|" "$T/agent.ini" >"$T/other.ini"
cp "$D/login.p12" "$T/elsewhere.p12"
mv "$T/other.ini" "$T/agent.ini"
expect 0 run
[ "$(now_used p12)" = "$(newest)" ] || fail "not deployed"
expect 0 status --json
jq -e '.certificates[0].stuck == false' "$T/out" >/dev/null || fail "status calls it stuck"

say "a key store that is gone is there again before somebody needs it, also while a newer one waits"
enter "$(newest)"
configure p12
expect 0 run
rm "$D/login.p12"
conf_cert wwwgone
expect 0 run wwwgone
expect_error 'login.p12 was gone'
rm "$T/state/history"
old=$(newest)
expect 7 run --force login
rm "$D/login.p12"
conf_cert wwwmore
expect 0 run wwwmore
[ "$(now_used p12)" = "$old" ] || fail "not the one that SCM knows"

# --- how long it lasts

# warns TEXT: the last run said this, and no more
warns() {
	expect_error "^warning: account default: its client certificate $1"
	[ "$(wc -l <"$T/err")" = 1 ] || fail "more than a warning: $(cat "$T/err")"
}

say "the end of a client certificate that nobody renews"
rm -rf "$T/state"
first_store --client-validity $((40 * 86400))
conf_head 'login = host01' "client_cert_key_store = $D/login.p12" \
	"client_cert_key_store_password_file = $T/store.pw"
conf_cert www
sed -i 's/^term = 90/term = 365/' "$T/agent.ini"
expect 0 run
! grep -q 'client certificate' "$T/err" || fail "warned 40 days before the end"
expect 0 status
grep -qE "^default +host01 +20.*(39d|40d)" "$T/out" || fail "status: $(cat "$T/out")"
expect 0 status --json
[ "$(jq -r '.accounts[0].serial' "$T/out")" = "$FIRST" ] || fail "status --json: $(cat "$T/out")"
expect 0 check
grep -qE 'client certificate *ok *valid until 20.* (39d|40d).*left' "$T/out" || fail "check: $(cat "$T/out")"
on '+9d' 0 run
silent || fail "warned 31 days before the end"
on '+11d' 0 run
warns 'ends in (28|29)d.*; renew it, and enter its serial number'
before=$(requests)
on '+11d' 0 run
silent || fail "warned twice a day"
[ "$(requests)" = "$before" ] || fail "a run with nothing to do asked SCM"
on '+12d' 0 run
warns 'ends in (27|28)d'
on '+12d' 0 check
grep -q 'client certificate *warn *valid until 20.*; renew it' "$T/out" || fail "check: $(cat "$T/out")"
on '+39d' 0 run
warns 'ends in (1d|2[0-9]h)'
on '+41d' 0 run
warns 'has expired on 20'
on '+41d' 5 check
grep -q 'client certificate *FAIL *expired on' "$T/out" || fail "check: $(cat "$T/out")"
before=$(requests)
on '+41d' 0 run
silent || fail "said twice that it has expired"
[ "$(requests)" = "$before" ] || fail "a run with nothing to do asked SCM"
rm -r "$T/state/cache"
on '+41d' 0 status
grep -qE "^default +host01 +- " "$T/out" || fail "what was thrown away is known: $(cat "$T/out")"
