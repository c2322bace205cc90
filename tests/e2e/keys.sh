#!/usr/bin/env bash
# Where a certificate's key comes from: made anew, used again, made ahead, copied from a file, or the
# one that somebody made in the token.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

# at WHEN STATUS ARGUMENT...: expect at another time.
at() {
	local when=$1 want=$2
	shift 2
	RC=0
	NO_FAKE_STAT=1 ASAN_OPTIONS=verify_asan_link_order=0 faketime -f "$when" "$AGENT" -c "$T/agent.ini" "$@" \
		>"$T/out" 2>"$T/err" </dev/null || RC=$?
	[ "$RC" = "$want" ] || fail "scm-agent $* at $when: exit status $RC instead of $want"
}

# rested STATUS ARGUMENT...: expect, as if no orders had been made before today.
rested() {
	sed -i '/ ordered order=/d' "$T/state/history"
	expect "$@"
}

pkcs11() {
	pkcs11-tool --module "$(p11_module)" --token-label web --login --pin 123456 "$@" 2>/dev/null
}

token_keys() {
	pkcs11 --list-objects --type privkey | grep -c '^Private Key' || true
}

generation() {
	basename "$(readlink "$(live "$1")")"
}

archive() {
	say "$T/state/archive/$1/$2"
}

# public FILE: the key of a certificate, a request or a private key, in DER.
public() {
	{
		openssl x509 -in "$1" -noout -pubkey 2>/dev/null ||
			openssl req -in "$1" -noout -pubkey 2>/dev/null || openssl pkey -in "$1" -pubout
	} | openssl pkey -pubin -outform DER
}

spki() {
	public "$1" | sha256sum | cut -d ' ' -f 1
}

live_spki() {
	spki "$(live "$1")/cert.pem"
}

meta() {
	sed -n "s/^$2=//p" "$1/meta"
}

next_spki() {
	meta "$T/state/next/$1" spki
}

# what the hook was told last
told() {
	sed -n "s/^$1=//p" "$T/told"
}

cat >"$T/publish" <<-EOF
	#!/bin/sh
	env >$T/told
	[ ! -e $T/publish.bad ]
EOF
chmod 755 "$T/publish"

say "configuration: what does not go together is named with its line"
refused() {
	local why=$1
	shift
	conf_p12
	conf_cert www "$@"
	expect 3 check --config-only
	expect_error "agent.ini:[0-9]+: $why"
}
refused 'next_key: a key is either' 'reuse_key = yes' 'next_key = yes'
refused 'max_key_age: is for reuse_key' 'max_key_age = 90d'
refused 'import_key: a key in a token' 'key_store = token:web' 'import_key = /etc/x.pem'
refused 'import_key_password_file: goes with' 'import_key_password_file = /etc/x.pass'
refused 'key_uri: needs key_store' 'key_uri = pkcs11:object=web'
refused 'reuse_key: key_uri names' 'key_store = token:web' 'key_uri = pkcs11:object=web' 'reuse_key = yes'
refused 'next_key: key_uri names' 'key_store = token:web' 'key_uri = pkcs11:object=web' 'next_key = yes'
refused 'import_key: a key in a token' 'key_store = token:web' 'key_uri = pkcs11:object=web' 'import_key = /etc/x.pem'
refused 'key_uri: .*names no key' 'key_store = token:web' 'key_uri = pkcs11:token=web'
refused 'key_uri: a PIN does not belong' 'key_store = token:web' 'key_uri = pkcs11:object=web?pin-value=4711'
! grep -q 4711 "$T/err" || fail "the PIN is shown"

for store in file token:web; do
	rm -rf "$T/state"
	say "reuse_key, $store: two renewals have the key of the first order"
	conf_p12
	conf_cert www "key_store = $store" 'reuse_key = yes' 'max_key_age = 20d'
	before=$(token_keys)
	expect 0 run
	first=$(live_spki www)
	made=$(meta "$(live www)" key_made)
	expect 0 run --force
	expect 0 run --force
	[ "$(generation www)" = 000003 ] || fail "not renewed twice"
	[ "$(live_spki www)" = "$first" ] || fail "another key"
	{ [ -n "$made" ] && [ "$(meta "$(live www)" key_made)" = "$made" ]; } || fail "the key's age is lost"
	expect 0 key probe www
	[ "$store" != file ] || pair_matches www || fail "no pair"
	[ "$store" = file ] || [ "$(token_keys)" = $((before + 1)) ] || fail "$(token_keys) keys in the token"

	say "reuse_key, $store: beyond max_key_age a new key; that is no reason to renew"
	at '+11d' 0 run --force
	[ "$(live_spki www)" = "$first" ] || fail "a key of eleven days is too old"
	at '+21d' 0 run
	[ "$(generation www)" = 000004 ] || fail "renewed for the age of its key"
	at '+21d' 0 run --force
	expect_error 'not used again: older than max_key_age'
	second=$(live_spki www)
	[ "$second" != "$first" ] || fail "the old key"
	at '+40d' 0 run --force
	[ "$(live_spki www)" = "$second" ] || fail "the second key is not used again"
	touch "$T/state/lock"

	say "reuse_key, $store: reissue has a new key, and so has what follows a compromise"
	rested 0 reissue www
	third=$(live_spki www)
	[ "$third" != "$second" ] || fail "reissued with the same key"
	expect 0 revoke www --reason keyCompromise
	rested 0 run
	expect_error 'not used again: the key of generation .* is compromised'
	[ "$(live_spki www)" != "$third" ] || fail "a compromised key was used again"
	fourth=$(live_spki www)

	say "reuse_key, $store: a key that is compromised while an order for it is in work"
	sim_stop
	rested 8 run --force
	[ -e "$T/state/pending/www/request.pem" ] || fail "no order in work"
	expect 8 revoke www --reason keyCompromise
	sim_start
	conf_p12
	conf_cert www "key_store = $store" 'reuse_key = yes'
	before=$(orders)
	rested 0 run www
	[ "$(orders)" = $((before + 1)) ] || fail "$(orders) orders instead of one more than $before"
	fifth=$(live_spki www)
	[ "$fifth" != "$fourth" ] || fail "ordered for a compromised key"
	switches '--issue-time never'
	sed -i 's/^enroll_back_off_timer.*/&\nenroll_max_attempts = 0/' "$T/agent.ini"
	rested 7 run --force
	expect 0 revoke www --reason keyCompromise
	expect_error 'key of the order in work is compromised; the order is given up'
	expect_error 'order [0-9]+ goes on at SCM; decline or revoke it there'
	expect_error 'the next run orders a new certificate'
	switches
	rested 0 run
	fourth=$(live_spki www)
	[ "$fourth" != "$fifth" ] || fail "installed with a compromised key"
	[ -e "$(archive www abandoned-1)/intent" ] || fail "the order is not kept"

	say "reuse_key, $store: another key_type, and old generations take no key with them"
	conf_p12
	sed -i 's/^\[agent\]/&\nkeep_generations = 1/' "$T/agent.ini"
	conf_cert www "key_store = $store" 'reuse_key = yes'
	rested 0 run --force
	expect 0 run --force
	[ "$(live_spki www)" = "$fourth" ] || fail "another key"
	expect 0 key probe www
	conf_p12
	conf_cert www "key_store = $store" 'reuse_key = yes' 'key_type = rsa:2048'
	rested 0 run
	expect_error 'not used again: key type changed'
	openssl x509 -in "$(live www)/cert.pem" -noout -text | grep -q 'Public-Key: (2048 bit)' || fail "no RSA key"
done

# published NAME: the hook of the last deployment knew the live key and the next one.
published() {
	[ "$(told SCM_AGENT_TLSA)" = "3 1 1 $(live_spki "$1")" ] || fail "SCM_AGENT_TLSA: $(told SCM_AGENT_TLSA)"
	[ "$(told SCM_AGENT_NEXT_TLSA)" = "3 1 1 $(next_spki "$1")" ] ||
		fail "SCM_AGENT_NEXT_TLSA: $(told SCM_AGENT_NEXT_TLSA)"
	[ "$(live_spki "$1")" != "$(next_spki "$1")" ] || fail "the next key is the live one"
}

# no_orphan WHEN: the token has a key for each generation, what was given up, and the next one.
no_orphan() {
	local wanted
	wanted=$((others + $(find "$T/state/archive/www" -mindepth 1 -maxdepth 1 -type d | wc -l) + 1))
	# an order that was given up has returned its key
	wanted=$((wanted - $(find "$T/state/archive/www" -name 'abandoned-*' | wc -l)))
	[ "$store" = file ] || [ "$(token_keys)" = "$wanted" ] ||
		fail "$1: $(token_keys) keys in the token instead of $wanted"
}

for store in file token:web; do
	others=$(token_keys)
	say "next_key, $store: made before the hooks, taken by renewal, reissue and after a compromise"
	rm -rf "$T/state"
	conf_p12
	conf_cert www "key_store = $store" "deploy_hooks = $T/publish"
	expect 0 run
	[ -z "$(told SCM_AGENT_NEXT_TLSA)" ] || fail "a next key that nobody asked for"
	[ "$(told SCM_AGENT_TLSA)" = "3 1 1 $(live_spki www)" ] || fail "SCM_AGENT_TLSA: $(told SCM_AGENT_TLSA)"
	conf_p12
	conf_cert www "key_store = $store" "deploy_hooks = $T/publish" 'next_key = yes'
	before=$(orders)
	expect 0 run
	[ "$(orders)" = "$before" ] || fail "ordered to make a next key"
	published www
	for how in 'run --force' 'reissue www' 'revoke www --reason keyCompromise'; do
		waiting=$(next_spki www)
		# shellcheck disable=SC2086
		rested 0 $how
		[ "${how#revoke}" = "$how" ] || rested 0 run
		[ "$(live_spki www)" = "$waiting" ] || fail "$how: the key that was made ahead is not taken"
		published www
		no_orphan "$how"
	done
	expect 0 key probe www
	expect 0 key prune
	[ ! -s "$T/out" ] || fail "pruned: $(cat "$T/out")"

	say "next_key, $store: a failed deployment keeps the new key published; nothing else is ordered"
	waiting=$(next_spki www)
	serving=$(live_spki www)
	# shellcheck disable=SC2016 # for the hook to expand
	printf '#!/bin/sh\nenv >%s/told\n[ "$SCM_AGENT_TLSA" = "3 1 1 %s" ]\n' "$T" "$serving" >"$T/publish"
	rested 10 run --force
	[ "$(live_spki www)" = "$serving" ] || fail "not rolled back"
	[ "$(told SCM_AGENT_NEXT_TLSA)" = "3 1 1 $waiting" ] || fail "the key that will be tried again is not told"
	printf '#!/bin/sh\nenv >%s/told\n' "$T" >"$T/publish"
	expect 0 run www
	[ "$(live_spki www)" = "$waiting" ] || fail "another key"
	published www

	say "next_key, $store: work that is given up returns the key"
	waiting=$(next_spki www)
	switches '--issue-time never'
	sed -i 's/^enroll_back_off_timer.*/&\nenroll_max_attempts = 0/' "$T/agent.ini"
	rested 7 run --force
	[ ! -e "$T/state/next/www" ] || fail "the key is in two places"
	expect 0 deploy www
	[ "$(told SCM_AGENT_NEXT_TLSA)" = "3 1 1 $waiting" ] || fail "the key of the order in work is not told"
	[ ! -e "$T/state/next/www" ] || fail "one more was made"
	expect 0 reset www --abandon
	[ "$(next_spki www)" = "$waiting" ] || fail "the key is not given back"
	[ "$store" != file ] || [ -e "$(archive www abandoned-1)/privkey.pem" ] || fail "a key is lost"
	switches
	sed -i '/^enroll_max_attempts/d' "$T/agent.ini"
	rested 0 run --force
	[ "$(live_spki www)" = "$waiting" ] || fail "the key that came back is not taken"
	published www

	say "next_key, $store: another key_type drops it, and so does the end of the setting"
	dropped=$(next_spki www)
	sed -i 's/^next_key/key_type = ec:P-384\n&/' "$T/agent.ini"
	rested 0 run
	[ "$(live_spki www)" != "$dropped" ] || fail "a key of the old type"
	[ "$(meta "$T/state/next/www" key_type)" = ec:P-384 ] || fail "the next key is of the old type"
	published www
	no_orphan "another key type"
	sed -i '/^next_key/d' "$T/agent.ini"
	before=$(orders)
	expect 0 run
	[ "$(orders)" = "$before" ] || fail "ordered to drop a key"
	[ ! -e "$T/state/next/www" ] || fail "the next key is still there"
	[ -z "$(told SCM_AGENT_NEXT_TLSA)" ] || fail "the hook was told of a key that is gone"
	expect 0 key prune
	[ ! -s "$T/out" ] || fail "left in the token: $(cat "$T/out")"
done

say "next_key: a token that can't make it keeps nothing from being deployed, and is tried again"
rm -rf "$T/state"
conf_p12
conf_cert www 'key_store = token:web' "deploy_hooks = $T/publish"
expect 0 run
sed -i "s|^deploy_hooks = .*|&\nnext_key = yes|; s|^pin_file = .*|pin_file = $T/no.pin|" "$T/agent.ini"
before=$(orders)
rm "$T/told"
expect 3 run
expect_error 'deployed, but not complete: .*next certificate.*no.pin'
[ "$(told SCM_AGENT_TLSA)" = "3 1 1 $(live_spki www)" ] || fail "not deployed without the next key"
[ -z "$(told SCM_AGENT_NEXT_TLSA)" ] || fail "told of a key that is not there"
sed -i "s|^pin_file = .*|pin_file = $T/pin|" "$T/agent.ini"
expect 0 run
published www
[ "$(orders)" = "$before" ] || fail "ordered"
expect 0 run
silent || fail "a further run does something"

say "key list: pins and TLSA data as openssl computes them"
rm -rf "$T/state"
conf_p12
conf_cert www 'next_key = yes'
conf_cert tok 'next_key = yes' 'key_store = token:web'
expect 0 run
expect 0 run --force
conf_p12 'enroll_max_attempts = 0'
conf_cert www 'next_key = yes'
conf_cert tok 'next_key = yes' 'key_store = token:web'
switches '--issue-time never'
rested 7 run --force tok
switches
# listed NAME WHERE USE FILE: the row has the digests of the key in that file.
listed() {
	local hex pin
	hex=$(spki "$4")
	pin=$(public "$4" | openssl dgst -sha256 -binary | openssl base64 -A)
	expect 0 key list --json
	jq -e --arg n "$1" --arg w "$2" --arg u "$3" --arg h "$hex" --arg p "$pin" '[.keys[] |
		select(.certificate == $n and .where == $w and .use == $u and .spki_sha256 == $h and
		.pin_sha256 == $p and .tlsa == "3 1 1 " + $h)] | length == 1' "$T/out" >/dev/null ||
		fail "key list: $1 $2 $3 $hex $pin: $(cat "$T/out")"
	expect 0 key list
	grep -E "^$1 +$2 +$3 " "$T/out" | grep -qF " $pin  3 1 1 $hex" || fail "key list: $1 $2: $(cat "$T/out")"
}
# no server has the next key yet
[ "$(id -u)" != 0 ] || expect 0 key probe --as root www
listed www 000001 kept "$(archive www 000001)/cert.pem"
listed www 000002 live "$(archive www 000002)/cert.pem"
listed www next next "$T/state/next/www/privkey.pem"
listed tok 000002 live "$(archive tok 000002)/cert.pem"
listed tok pending 'in work' "$T/state/pending/tok/request.pem"
expect 0 reset tok --abandon
listed tok abandoned-1 'given up' "$(archive tok abandoned-1)/request.pem"
listed tok next next "$(archive tok abandoned-1)/request.pem"

say "forget takes the next key along"
conf_p12
conf_cert tok 'key_store = token:web'
expect 0 forget www
[ -e "$(echo "$T"/state/forgotten/www-*)/next/privkey.pem" ] || fail "not moved"
[ ! -e "$T/state/next/www" ] || fail "still there"

key_pem() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null
}

say "import_key: the first key, from PEM, encrypted PEM and PKCS #12; later ones are new"
printf 'secret-4711\n' >"$T/key.pass"
printf 'wrong-4711\n' >"$T/wrong.pass"
chmod 600 "$T/key.pass" "$T/wrong.pass"
(
	umask 077
	key_pem "$T/plain.pem"
	openssl pkcs8 -topk8 -in "$T/plain.pem" -passout file:"$T/key.pass" -out "$T/sealed.pem"
	openssl req -new -x509 -key "$T/plain.pem" -subj /CN=old -days 3 -out "$T/old.crt"
	openssl pkcs12 -export -inkey "$T/plain.pem" -in "$T/old.crt" -passout file:"$T/key.pass" -out "$T/old.p12"
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 \
		-out "$T/weak.pem" 2>/dev/null
)
mine=$(spki "$T/plain.pem")
importing() {
	rm -rf "$T/state"
	conf_p12
	conf_cert www "$@"
}
before=$(orders)
importing "import_key = $T/nowhere.pem"
expect 3 run
expect_error 'import_key: .*nowhere.pem'
importing "import_key = $T/sealed.pem"
expect 4 run
expect_error 'encrypted, and no password'
importing "import_key = $T/sealed.pem" "import_key_password_file = $T/wrong.pass"
expect 4 run
expect_error 'import_key: .*sealed.pem: .*wrong password'
importing "import_key = $T/plain.pem" 'key_type = rsa:2048'
expect 3 run
expect_error 'import_key: the key is not rsa:2048, which key_type says'
importing "import_key = $T/weak.pem" 'key_type = rsa:2048'
expect 4 run
expect_error 'weak public exponent'
chmod 644 "$T/plain.pem"
importing "import_key = $T/plain.pem"
expect 3 run
chmod 600 "$T/plain.pem"
[ "$(orders)" = "$before" ] || fail "ordered without a key"
[ ! -e "$T/state/pending/www/intent" ] || fail "a refused key left something"
! grep -rqs 4711 "$T/state" "$T/err" || fail "a password is shown"
mkdir -m 777 "$T/open"
cp -p "$T/plain.pem" "$T/open/"
importing "import_key = $T/open/plain.pem"
expect 3 run
expect_error "import_key: .*$T/open"
importing "import_key = $T/plain.pem" 'key_type = ec:P-256'
sim_stop
expect 8 run
# killed before the key was there
rm "$T"/state/pending/www/{privkey.pem,request.pem,retry}
sim_start
grep -q '^key_from=import' "$T/state/pending/www/intent" || fail "another intent"
conf_p12
conf_cert www
expect 0 run
[ "$(live_spki www)" != "$mine" ] || fail "imported though nobody asks for it"
for file in plain.pem sealed.pem old.p12; do
	importing "import_key = $T/$file" "import_key_password_file = $T/key.pass"
	expect 0 run
	[ "$(live_spki www)" = "$mine" ] || fail "$file: another key"
	pair_matches www || fail "$file: no pair"
	[ "$(stat -c %a "$(live www)/privkey.pem")" = 600 ] || fail "$file: mode"
done
expect 0 run --force
[ "$(live_spki www)" != "$mine" ] || fail "imported a second time"
importing "import_key = $T/plain.pem" 'reuse_key = yes' 'max_key_age = 20d'
expect 0 run
rm "$T/plain.pem"
expect 0 run --force
[ "$(live_spki www)" = "$mine" ] || fail "the imported key is not used again"
at '+21d' 0 run --force
[ "$(live_spki www)" != "$mine" ] || fail "an imported key is never too old"
touch "$T/state/lock"

say "key_uri: a key that is in the token already, by label or id, and stays there"
make() {
	pkcs11 --keypairgen --key-type "$1" --usage-sign "${@:2}" >/dev/null
}
make EC:prime256v1 --id 01 --label site
make EC:prime256v1 --id 0202 --label twin
make EC:prime256v1 --id 0303 --label twin
make EC:secp384r1 --id 04 --label curve
make EC:prime256v1 --label nameless
token_spki() {
	pkcs11 --read-object --type pubkey --id "$1" | openssl pkey -pubin -inform DER -outform DER |
		sha256sum | cut -d ' ' -f 1
}
given() {
	conf_p12
	sed -i 's/^\[agent\]/&\nkeep_generations = 1/' "$T/agent.ini"
	conf_cert www 'key_store = token:web' "key_uri = $1"
}
rm -rf "$T/state"
before=$(orders)
given 'pkcs11:object=nothing'
expect 4 run
expect_error "'pkcs11:object=nothing': no private key fits; there are: .* id [0-9a-f]+"
given 'pkcs11:object=twin'
expect 4 run
expect_error 'several private keys fit'
given 'pkcs11:object=curve'
expect 3 run
expect_error 'key_uri: the key is not ec:P-256'
given 'pkcs11:object=nameless'
expect 4 run
expect_error 'has no id \(CKA_ID\).*--set-id'
agent check
grep -q 'www: key_uri *FAIL .*no id' "$T/out" || fail "check does not see it"
[ "$(orders)" = "$before" ] || fail "ordered"
pkcs11 --set-id 05 --type privkey --label nameless >/dev/null
pkcs11 --set-id 05 --type pubkey --label nameless >/dev/null
expect 0 run
[ "$(live_spki www)" = "$(token_spki 05)" ] || fail "another key"
given 'pkcs11:token=web;object=site;id=%01'
expect 0 check
grep -q 'www: key_uri *ok' "$T/out" || fail "check: $(cat "$T/out")"
before=$(token_keys)
expect 0 run
expect_error 'key URI changed|deployed|installed'
[ "$(live_spki www)" = "$(token_spki 01)" ] || fail "another key"
[ "$(meta "$(live www)" key_id)" = 01 ] || fail "another id"
pkcs11 --read-object --type cert --id 01 | openssl x509 -inform DER -noout -serial |
	grep -q "$(serial_of "$(live www)/cert.pem")" || fail "the certificate is not beside the key"
grep -q 'id=%01' "$(live www)/nginx.conf" || fail "the stanza"

say "key_uri: a mistake that is put right leaves nothing behind, and nothing is shown before that run"
# quiet: nothing stands in the way of www
quiet() {
	expect 0 status --json
	jq -e '.certificates[0] | .state == "current" and .stuck == false and .note == ""' "$T/out" >/dev/null ||
		fail "status goes on: $(cat "$T/out")"
}
for way in run 'run www'; do
	given 'pkcs11:object=nothing'
	expect 4 run
	expect 0 status --json
	jq -e '.certificates[0] | .stuck and (.note | test("no private key"))' "$T/out" >/dev/null ||
		fail "status does not say it"
	given 'pkcs11:token=web;object=site;id=%01'
	quiet
	[ -e "$T/state/pending/www/retry" ] || fail "status has written"
	# shellcheck disable=SC2086 # words
	expect 0 $way
	[ ! -e "$T/state/pending/www/retry" ] || fail "$way: the failure is remembered"
	quiet
done

say "key_uri: renewed for the same key, changed, and compromised"
expect 0 run --force
expect 0 key probe www
{ [ "$(generation www)" = 000003 ] && [ ! -e "$(archive www 000001)" ]; } || fail "not pruned"
expect 2 reissue www
expect_error 'a replacement needs another key'
given 'pkcs11:id=%02%02'
rested 0 run
[ "$(live_spki www)" = "$(token_spki 0202)" ] || fail "a change of key_uri is no reason to renew"
switches '--issue-time never'
sed -i 's/^enroll_back_off_timer.*/&\nenroll_max_attempts = 0/' "$T/agent.ini"
rested 7 run --force
expect 0 reset www --abandon
switches
given 'pkcs11:id=%02%02'
expect 0 revoke www --reason keyCompromise
expect 3 run
expect_error 'key_uri: the key is compromised.*make another one'
conf_p12
conf_cert other
expect 0 forget www
expect 0 run
rm -rf "$T"/state/forgotten/*
expect 0 key prune
[ ! -s "$T/out" ] || fail "pruned: $(cat "$T/out")"
[ "$(token_keys)" = "$before" ] || fail "$(token_keys) keys in the token instead of $before"

say "key prune: one of ours stays that key_uri names by another section, or an older record in other letters"
rm -rf "$T/state"
conf_p12
conf_cert www 'key_store = token:web'
expect 0 run
id=$(meta "$(live www)" key_id)
uri=$(meta "$(live www)" key_uri)
sed -i "s/^key_id=.*/key_id=${id^^}/" "$(live www)/meta" "$(live www)/intent"
expect 0 key prune --dry-run
[ ! -s "$T/out" ] || fail "would be pruned: $(cat "$T/out")"
rm -rf "$T"/state/{live,archive}/www
expect 0 key prune --dry-run
grep -q "$id" "$T/out" || fail "no orphan"
conf_p12
conf_cert www 'key_store = token:same' "key_uri = $uri"
same=$(sed -n '/^\[token:web\]/,/^$/s/:web\]/:same]/p; /^module = /,/^$/p' "$T/agent.ini")
printf '\n%s\n' "$same" >>"$T/agent.ini"
expect 0 key prune
[ ! -s "$T/out" ] || fail "pruned: $(cat "$T/out")"

say "key_uri: the key that was made ahead stays when it is the one"
rm -rf "$T/state"
conf_p12
conf_cert www 'key_store = token:web' 'next_key = yes'
expect 0 run
id=$(meta "$T/state/next/www" key_id)
uri=$(cat "$T/state/next/www/key-uri")
conf_p12
conf_cert www 'key_store = token:web' "key_uri = $uri"
expect 0 deploy www
[ ! -e "$T/state/next/www" ] || fail "it is still the next key"
expect 0 run
[ "$(meta "$(live www)" key_id)" = "$id" ] || fail "another key"

say "all of it"
