#!/usr/bin/env bash
# Two hosts, one certificate: the leader orders and leaves key and chain in a file, the follower
# takes what is there, proves that its nginx serves it, and never orders anything.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

F=$T/fstate
SHARED=$T/shared
mkdir -p "$SHARED"
chmod 700 "$SHARED"

# follower ARGUMENT...: the second host; as agent
follower() {
	RC=0
	"$AGENT" -c "$T/follower.ini" "$@" >"$T/out" 2>"$T/err" </dev/null || RC=$?
}

# follows STATUS ARGUMENT...: as expect
follows() {
	local want=$1
	shift
	follower "$@"
	[ "$RC" = "$want" ] || fail "follower $*: exit status $RC instead of $want"
}

# follower_conf PATH [LINE...]: lines go into the certificate's section
follower_conf() {
	local path=$1

	shift
	cat >"$T/follower.ini" <<-EOF
		[agent]
		state_dir = $F
		hook_timeout = 60s

		[scm]
		url = $URL
		customer_uri = example
		organization_id = $ORG
		login = host02
		client_cert_key_store = $T/host02.p12
		client_cert_key_store_password_file = $T/store.pass
		ssl_trust_store = $T/sim/ca.pem

		[defaults]
		profile = 1018
		term = 90

		[hook:web]
		script = nginx
		config = $T/nginx/nginx.conf
		prefix = $T/nginx
		env = OPENSSL_CONF=$T/openssl.cnf SOFTHSM2_CONF=$T/softhsm2.conf

		[certificate:www]
		common_name = www.example.com
		trust_anchors = $T/sim/ca.pem
		follow = $path
		follow_password_file = $T/p12.pass
	EOF
	printf '%s\n' "$@" >>"$T/follower.ini"
}

followed() {
	serial_of "$F/live/www/cert.pem"
}

# shown: nginx serves what is live
shown() {
	[ "$(served www)" = "$(followed)" ]
}

# generations: how many there ever were
generations() {
	find "$F/archive/www" -mindepth 1 -maxdepth 1 -type d -name '0*' -printf '%f\n' | sort |
		tail -n 1 | sed 's/^0*//'
}

# asked: requests that the follower's login ever made
asked() {
	jq -s '[.[] | select(.login == "host02")] | length' "$T/sim/requests.jsonl"
}

# searched: how often it looked for a certificate of its key
searched() {
	jq -s '[.[] | select(.login == "host02" and (.target | test("commonName=")))] | length' \
		"$T/sim/requests.jsonl"
}

# hours_pass: since SCM was asked last
hours_pass() {
	sed -i "s/^asked=.*/asked=$(($(date +%s) - 6 * 3600))/" "$F/cache/follow-www"
}

# quiet: a run that sends nothing and prints nothing
quiet() {
	local before
	before=$(asked)
	follows 0 run
	silent || fail "not quiet: $(cat "$T/err")"
	[ "$(asked)" = "$before" ] || fail "an idle run asked SCM"
}

# stays STATUS PATTERN: what is offered is not taken, what is live stays, and it is said
stays() {
	local live n

	live=$(followed) n=$(generations)
	follows "$1" run
	expect_error "$2"
	[ "$(followed)" = "$live" ] || fail "another certificate is live"
	[ "$(generations)" = "$n" ] || fail "a generation was made"
	follower_pair
}

follower_pair() {
	[ "$(openssl x509 -in "$F/live/www/cert.pem" -noout -pubkey)" = \
		"$(openssl pkey -in "$F/live/www/privkey.pem" -pubout)" ] || fail "no pair"
}

# order_again KEYFILE: somebody orders another certificate for that key, at SCM
order_again() {
	openssl req -new -key "$1" -subj /CN=www.example.com -out "$T/again.csr"
	jq -nc --rawfile csr "$T/again.csr" '{orgId: 1234, csr: $csr, certType: 1018, term: 90,
		subjAltNames: "www.example.com,w2.example.com", comments: "", externalRequester: ""}' >"$T/again.json"
	curl -sS --fail --cacert "$T/sim/ca.pem" -H 'login: curl' -H 'password: Password123!' \
		-H 'customerUri: example' -H 'Content-Type: application/json' -d "@$T/again.json" \
		"$URL/api/ssl/v1/enroll" | jq -r .sslId
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
login_make host02
printf 'Password123!' >"$T/pw"
"$SIM" --dir "$T/sim" add-login curl --password-file "$T/pw"
printf 'changeit\n' >"$T/p12.pass"
chmod 600 "$T/p12.pass"
nginx_make
mkdir -p "$T/nginx/sites"
printf 'server { listen 127.0.0.1:%s ssl; server_name www.example.com; include %s/live/www/nginx.conf; }\n' \
	"$NGINX_PORT" "$F" >"$T/nginx/sites/www.conf"

conf_p12
conf_cert www 'subject_alt_names = www.example.com, w2.example.com'
cat >>"$T/agent.ini" <<-EOF
	[install:p12]
	certificate = www
	format = pkcs12
	path = $SHARED/www.p12
	password_file = $T/p12.pass
	[install:jks]
	certificate = www
	format = jks
	path = $SHARED/www.jks
	password_file = $T/p12.pass
	[install:pem]
	certificate = www
	format = pem-combined
	path = $SHARED/www.pem
EOF

say "before the leader has anything: an error that names the file, and nothing is made"
follower_conf "$SHARED/www.p12"
follows 3 run
expect_error "$SHARED/www.p12.*No such file"
[ ! -e "$F/pending/www" ] || fail "something is in work"
follows 0 status
grep -q 'No such file' "$T/out" || fail "status does not say why"

say "the leader enrolls; the follower takes key and chain, serves them, and is quiet then"
expect 0 run
follows 0 run --dry-run
grep -q 'look at what its leader has' "$T/out" || fail "plan"
follows 0 run
follower_pair
[ "$(followed)" = "$(serial_of "$(live www)/cert.pem")" ] || fail "another certificate"
cmp -s "$F/live/www/fullchain.pem" "$(live www)/fullchain.pem" || fail "another chain"
[ "$(stat -c %a "$F/live/www/privkey.pem")" = 600 ] || fail "mode of the key"
grep -q ' www followed serial=' "$F/history" || fail "no line in the history"
nginx_start
follower_conf "$SHARED/www.p12" 'deploy_hooks = web' "verify = www.example.com:443@127.0.0.1:$NGINX_PORT"
follows 0 run
[ "$(served www)" = "$(followed)" ] || fail "nginx serves something else"
quiet

say "what is configured in [defaults] alone orders nothing; what is refused says why"
follows 0 show www
grep -q "$SHARED/www.p12" "$T/out" || fail "show does not name the file"
for command in "reissue www" "revoke www --reason superseded" "adopt www --ssl-id 1 --key $T/x"; do
	# shellcheck disable=SC2086
	follows 2 $command
	expect_error "on the host that ordered it"
done
follows 0 check
grep -q 'www: follow' "$T/out" || fail "check does not look at the file"

say "names are those that have to be covered: a change of them is looked at, and SCM not asked to order"
n=$(generations)
follower_conf "$SHARED/www.p12" 'subject_alt_names = w2.example.com'
follows 0 run
[ "$(generations)" = $((n + 1)) ] || fail "no generation with the new names"
[ "$(followed)" = "$(serial_of "$(live www)/cert.pem")" ] || fail "another certificate"
quiet
follower_conf "$SHARED/www.p12" 'subject_alt_names = w3.example.com'
stays 12 "is not taken: .*w3.example.com"
follower_conf "$SHARED/www.p12" 'deploy_hooks = web' "verify = www.example.com:443@127.0.0.1:$NGINX_PORT"
follows 0 run
quiet

say "the leader renews with a new key: the follower follows, nginx shows it"
expect 0 run www --force
follows 0 run
[ "$(followed)" = "$(serial_of "$(live www)/cert.pem")" ] || fail "not followed"
wait_for 20 shown
follower_pair
quiet

say "half a file, an empty one, a wrong password, others may read it: what is live stays"
cp "$SHARED/www.p12" "$T/good.p12"
head -c 900 "$T/good.p12" >"$SHARED/www.p12"
stays 4 "$SHARED/www.p12"
: >"$SHARED/www.p12"
stays 4 "is empty"
follows 0 status --json
jq -e '.certificates[0].stuck' "$T/out" >/dev/null || fail "status does not call it stuck"
cp "$T/good.p12" "$SHARED/www.p12"
printf 'another\n' >"$T/p12.pass"
follower_conf "$SHARED/www.p12" 'deploy_hooks = web' 'renew_before = 32%'
stays 4 "with the password of $T/p12.pass: wrong password"
printf 'changeit\n' >"$T/p12.pass"
chmod 644 "$SHARED/www.p12"
stays 3 "others may read or write it"
chmod 600 "$SHARED/www.p12"
follows 0 run
quiet
follows 0 status --json
jq -e '.certificates[0] | .stuck == false and .note == ""' "$T/out" >/dev/null || fail "status goes on"

say "a file of another name is refused; a key with the certificate of another never mixes"
conf_cert other
cat >>"$T/agent.ini" <<-EOF
	[install:other]
	certificate = other
	format = pkcs12
	path = $SHARED/other.p12
	password_file = $T/p12.pass
EOF
expect 0 run
cp "$SHARED/other.p12" "$SHARED/www.p12"
stays 12 "is not taken: .*www.example.com"
stays 12 "is not taken: .*www.example.com"
cp "$T/good.p12" "$SHARED/www.p12"
quiet
follower_conf "$SHARED/mixed.pem" 'deploy_hooks = web'
cat "$T/state/live/other/privkey.pem" "$T/state/live/www/fullchain.pem" >"$SHARED/mixed.pem"
chmod 600 "$SHARED/mixed.pem"
stays 4 "none of its certificates belongs to its private key"

say "a compromised key is never taken, whoever has it"
follower_conf "$SHARED/www.p12" 'deploy_hooks = web'
follows 0 run
cp "$SHARED/www.p12" "$T/older.p12"
expect 0 run www --force
printf '%s 2026-01-01T00:00:00Z www\n' "$(openssl x509 -in "$(live www)/cert.pem" -noout -pubkey |
	openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1)" >"$F/burnt"
stays 4 "the key is compromised"
rm "$F/burnt"

say "an older file that is put back is not taken; said once"
follows 0 run
cp "$SHARED/www.p12" "$T/newer.p12"
cp "$T/older.p12" "$SHARED/www.p12"
stays 0 "older certificate than the newest one here"
quiet
follows 0 status
grep -q 'older certificate' "$T/out" || fail "status does not say it"
cp "$T/newer.p12" "$SHARED/www.p12"
quiet
follows 0 status
! grep -q 'older certificate' "$T/out" || fail "status goes on saying it"

say "JKS and PEM are the same to it"
n=$(generations)
for file in www.jks www.pem; do
	follower_conf "$SHARED/$file" 'deploy_hooks = web'
	quiet
	[ "$(generations)" = "$n" ] || fail "another generation for $file"
done
rm -rf "$T/kept" && cp -a "$F" "$T/kept"
before=$(searched)
for file in www.jks www.pem; do
	rm -rf "$F"
	follower_conf "$SHARED/$file"
	follows 0 run
	follower_pair
	[ "$(followed)" = "$(serial_of "$(live www)/cert.pem")" ] || fail "$file: another certificate"
done
rm -rf "$F" && cp -a "$T/kept" "$F"
[ "$(searched)" = "$before" ] || fail "SCM was asked although the file has everything"

say "a rollback and a deployment by hand work as ever"
follower_conf "$SHARED/www.p12" 'deploy_hooks = web'
quiet
follows 0 rollback www
[ "$(followed)" != "$(serial_of "$(live www)/cert.pem")" ] || fail "not rolled back"
wait_for 20 shown
quiet
follows 0 deploy www
[ "$(followed)" = "$(serial_of "$(live www)/cert.pem")" ] || fail "not deployed again"
wait_for 20 shown

say "a key alone: its certificate comes from SCM, the newest that is not revoked"
rm -rf "$F"
follower_conf "$SHARED/key.pem"
openssl ecparam -name prime256v1 -genkey -noout -out "$SHARED/key.pem"
chmod 600 "$SHARED/key.pem"
before=$(searched)
follows 7 run www
expect_error "SCM has no certificate yet for the key"
[ "$(searched)" -gt "$before" ] || fail "SCM was not asked"
follows 7 run
silent || fail "waiting for the first certificate is not quiet"
first=$(order_again "$SHARED/key.pem")
follows 0 run
follower_pair
follows 0 show www
grep -q "$first" "$T/out" || fail "show does not name the order"
quiet

say "time to renew, the file unchanged: SCM is asked, now and then, and what is newer is taken"
follower_conf "$SHARED/key.pem" 'renew_before = 7775990s'
quiet
before=$(searched)
hours_pass
follows 0 run
silent || fail "waiting for the leader is not quiet"
[ "$(searched)" -gt "$before" ] || fail "SCM was not asked"
quiet
second=$(order_again "$SHARED/key.pem")
old=$(followed)
quiet
hours_pass
follows 0 run
[ "$(followed)" != "$old" ] || fail "the newer certificate was not taken"
follower_pair
[ "$(jq -s "[.[] | select(.event == \"issued\" and .sslId == $second)] | length" \
	"$T/sim/ledger.jsonl")" = 1 ] || fail "of another order"

say "SCM out of reach: no failure while there is time"
sed -i "s|^url = .*|url = https://localhost:1|" "$T/follower.ini"
hours_pass
quiet
follows 0 run www
expect_error 'its leader has no other certificate yet'
[ "$(wc -l <"$T/err")" = 1 ] || fail "a question that can wait was not kept quiet"

say "near the end the follower says that its leader is late; without an account as well"
sed -i '/^\[scm\]/,/^$/d' "$T/follower.ini"
cat "$F/live/www/privkey.pem" "$F/live/www/fullchain.pem" >"$SHARED/key.pem"
quiet
RC=0
ASAN_OPTIONS=verify_asan_link_order=0 faketime -f '+85d' "$AGENT" -c "$T/follower.ini" run \
	>"$T/out" 2>"$T/err" || RC=$?
[ "$RC" = 7 ] || fail "exit status $RC"
expect_error "its leader has no other certificate yet \(expires in .*expires soon"
touch -c "$F/lock"
openssl pkey -in "$F/live/www/privkey.pem" -out "$SHARED/key.pem"
cp "$SHARED/key.pem" "$T/key.pem"
openssl ecparam -name prime256v1 -genkey -noout -out "$SHARED/key.pem"
stays 3 "holds a key and no certificate"
cp "$T/key.pem" "$SHARED/key.pem"
quiet

say "revoked at SCM: seen, said, and left to its leader"
TARGET=('[install:pem]' 'certificate = www' 'format = pem-cert' "path = $T/www.pem")
follower_conf "$SHARED/key.pem" "${TARGET[@]}"
follows 0 run
follower_conf "$SHARED/key.pem"
curl -sS --fail --cacert "$T/sim/ca.pem" -H 'login: curl' -H 'password: Password123!' \
	-H 'customerUri: example' -H 'Content-Type: application/json' \
	-d '{"reasonCode": 4, "reason": "test"}' "$URL/api/ssl/v1/revoke/$second" >/dev/null
rm -f "$F"/cache/orders-*
follows 7 run
expect_error "revoked; its leader has to replace it"
follows 7 run
expect_error "SCM has no certificate yet for the key"
[ -e "$F/live/www/cert.pem" ] || fail "nothing is live"
rm "$T/www.pem"
follower_conf "$SHARED/key.pem" "${TARGET[@]}"
follows 7 run
expect_error "www.pem is gone, and stays so"
[ ! -e "$T/www.pem" ] || fail "a revoked certificate was written"
follower_conf "$SHARED/key.pem" "${TARGET[@]}" 'mode = 0600'
follows 7 run
[ ! -e "$T/www.pem" ] || fail "a revoked certificate was written for another configuration"
n=$(generations)
cp "$SHARED/key.pem" "$T/key.pem"
cat "$F/live/www/privkey.pem" "$F/live/www/fullchain.pem" >"$SHARED/key.pem"
follower_conf "$SHARED/key.pem" 'subject_alt_names = w2.example.com'
for _ in 1 2; do
	follows 7 run
	expect_error "its leader has no other certificate yet \(revoked\)"
done
[ "$(generations)" = "$n" ] || fail "a revoked certificate was taken again"
cp "$T/key.pem" "$SHARED/key.pem"
follower_conf "$SHARED/key.pem"
third=$(order_again "$SHARED/key.pem")
follows 0 run www
follower_pair
follows 0 show www
grep -q "$third" "$T/out" || fail "the replacement was not taken"

say "other names, for which the file has nothing: SCM is asked for that, too"
n=$(generations)
follower_conf "$SHARED/key.pem" 'subject_alt_names = w2.example.com'
follows 0 run
[ "$(generations)" = $((n + 1)) ] || fail "no generation with the new names"
quiet

say "work of its own from before it followed is left alone"
mkdir -p "$F/pending/www"
cp -a "$F/live/www/." "$F/pending/www/"
rm -f "$F/pending/www/"{chain,cert,fullchain}.pem
printf 'scm-agent=1\ntime=1\nsearches=0\n' >"$F/pending/www/submitting"
rm -f "$F/pending/www/order"
follows 0 run --dry-run
grep -q 'nothing: an order of this host is in work' "$T/out" || fail "plan: $(cat "$T/out")"
follows 3 run
expect_error "an order of this host is in work.*reset www --abandon"
follows 0 reset www --abandon
quiet

say "... what never left this host is dropped, and a revocation is its leader's"
mkdir -p "$F/pending/www"
cp "$F/live/www/"{intent,privkey.pem} "$F/pending/www/"
printf 'scm-agent=1\ngeneration=%s\norder=%s\naccount=default\ncode=4\nreason=superseded\n' \
	"$(basename "$(readlink "$F/live/www")")" "$third" >"$F/archive/www/revoking"
quiet
[ ! -e "$F/pending/www" ] || fail "work from before it followed is left"
[ "$(jq -s "[.[] | select(.event == \"revoked\" and .sslId == $third)] | length" \
	"$T/sim/ledger.jsonl")" = 0 ] || fail "a follower revokes"
rm "$F/archive/www/revoking"

say "the follower never asked SCM for anything but to look"
jq -s '[.[] | select(.login == "host02" and .method != "GET")] | length' "$T/sim/requests.jsonl" |
	grep -qx 0 || fail "a request that changes something"
[ "$(asked)" -gt 0 ] || fail "the ledger of requests has no login"
say "all of it"
