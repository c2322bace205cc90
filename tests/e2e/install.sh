#!/usr/bin/env bash
# Install targets: every format, made, renewed and rolled back; owners and modes; stores that others
# use, too; what fails changes nothing; and certbot's hooks as people write them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in keytool strace; do
	command -v "$program" >/dev/null || fail "$program is not installed (./dev deps)"
done

sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
D=$T/etc
mkdir -p "$D"
printf 'changeit\n' >"$T/store.pw"
printf 'keypass\n' >"$T/key.pw"
chmod 600 "$T"/*.pw

# target FILE FORMAT [LINE...]: an [install:FILE] of www, in $D/FILE
target() {
	local id=$1 format=$2

	shift 2
	{
		printf '\n[install:%s]\ncertificate = www\nformat = %s\npath = %s\n' "${id##*/}" \
			"$format" "$D/$id"
		printf '%s\n' "$@"
	} >>"$T/agent.ini"
}

configure() {
	conf_head 'login = host01' "client_cert_key_store = $T/host01.p12" \
		"client_cert_key_store_password_file = $T/store.pass"
	sed -i '/^\[token:web\]/,/^$/d' "$T/agent.ini"
	conf_cert www 'key_type = ec:P-256' "$@"
}

all_targets() {
	target cert.pem pem-cert
	target key.pem pem-key 'group = www-data' 'mode = 0640'
	target sealed.pem pem-key "key_password_file = $T/key.pw" 'owner = www-data'
	target chain.pem pem-chain
	target full.pem pem-fullchain 'mode = 0444'
	target haproxy.pem pem-combined
	target haproxy-sealed.pem pem-combined "key_password_file = $T/key.pw"
	target www.p12 pkcs12 "password_file = $T/store.pw" 'alias = tomcat'
	target old.p12 pkcs12 "password_file = $T/store.pw" 'legacy = yes'
	target www.jks jks "password_file = $T/store.pw" 'alias = tomcat'
	target keyed.jks jks "password_file = $T/store.pw" "key_password_file = $T/key.pw"
	target www.jceks jceks "password_file = $T/store.pw"
}


# same FILE WHAT COMMAND...: what the command prints is WHAT of the live generation
same() {
	local file=$1 want=$2

	shift 2
	[ "$("$@" 2>/dev/null)" = "$want" ] || fail "$file is not of the live generation"
}

p12_cert() {
	openssl pkcs12 -in "$1" -passin "file:$T/store.pw" -nokeys -clcerts "${@:2}" |
		openssl x509 -noout -serial | cut -d= -f2
}

p12_key() {
	openssl pkcs12 -in "$1" -passin "file:$T/store.pw" -nocerts -nodes "${@:2}" |
		openssl pkey -pubout
}

# java_serial FILE TYPE ALIAS: read by Java itself
java_serial() {
	keytool -exportcert -rfc -keystore "$1" -storetype "$2" -storepass changeit -alias "$3" |
		openssl x509 -noout -serial | cut -d= -f2
}

# all_live: each target holds the generation that live/www is
all_live() {
	local live serial public

	live=$(live www)
	serial=$(serial_of "$live/cert.pem")
	public=$(openssl pkey -in "$live/privkey.pem" -pubout)
	cmp -s "$D/cert.pem" "$live/cert.pem" || fail "cert.pem"
	cmp -s "$D/key.pem" "$live/privkey.pem" || fail "key.pem"
	cmp -s "$D/chain.pem" "$live/chain.pem" || fail "chain.pem"
	cmp -s "$D/full.pem" "$live/fullchain.pem" || fail "full.pem"
	cat "$live/fullchain.pem" "$live/privkey.pem" | cmp -s - "$D/haproxy.pem" || fail "haproxy.pem"
	grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$D/sealed.pem" || fail "sealed.pem is not encrypted"
	same sealed.pem "$public" openssl pkey -in "$D/sealed.pem" -passin "file:$T/key.pw" -pubout
	same haproxy-sealed.pem "$public" \
		openssl pkey -in "$D/haproxy-sealed.pem" -passin "file:$T/key.pw" -pubout
	! grep -q 'BEGIN PRIVATE KEY' "$D/haproxy-sealed.pem" || fail "haproxy-sealed.pem"
	same www.p12 "$serial" p12_cert "$D/www.p12"
	same www.p12 "$public" p12_key "$D/www.p12"
	same old.p12 "$serial" p12_cert "$D/old.p12" -legacy
	same old.p12 "$public" p12_key "$D/old.p12" -legacy
	openssl pkcs12 -in "$D/www.p12" -passin "file:$T/store.pw" -info -noout 2>&1 |
		grep -q 'AES-256-CBC' || fail "www.p12 is not modern"
	openssl pkcs12 -legacy -in "$D/old.p12" -passin "file:$T/store.pw" -info -noout 2>&1 |
		grep -q '3-KeyTripleDES' || fail "old.p12 is not legacy"
	same www.p12 "$serial" java_serial "$D/www.p12" PKCS12 tomcat
	same www.jks "$serial" java_serial "$D/www.jks" JKS tomcat
	same keyed.jks "$serial" java_serial "$D/keyed.jks" JKS www
	same www.jceks "$serial" java_serial "$D/www.jceks" JCEKS www
	[ -z "$(find "$D" -name '.*.scm-agent')" ] || fail "temporary files are left"
	[ ! -e "$T/state/archive/www/installing" ] || fail "the journal is left"
}

attributes() {
	stat -c '%n %a %U:%G' "$D"/*.pem "$D"/*.p12 "$D"/*.j* | sed "s|^$D/||"
}

# everything in the directory, to see that nothing changed
picture() {
	find "$D" -type f -printf '%p %m %u %g %T@ ' -exec sha256sum {} \;
}

say "created: every format, its owner and mode"
configure
all_targets
expect 0 check --config-only
expect 0 run
all_live
diff <(attributes) - <<'END' || fail "owners and modes"
cert.pem 644 root:root
chain.pem 644 root:root
full.pem 444 root:root
haproxy-sealed.pem 600 root:root
haproxy.pem 600 root:root
key.pem 640 root:www-data
sealed.pem 600 www-data:root
old.p12 600 root:root
www.p12 600 root:root
keyed.jks 600 root:root
www.jceks 600 root:root
www.jks 600 root:root
END
before=$(picture)
expect 0 run
[ "$(picture)" = "$before" ] || fail "a quiet run touched targets"
expect 0 check
grep -q 'www: install haproxy.pem *ok' "$T/out" || fail "check does not show targets"

say "permissions by descriptor before content"
# LeakSanitizer does not work under ptrace
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,fchown,fchmod,write -o "$T/trace" \
	"$AGENT" -c "$T/agent.ini" deploy www >"$T/out" 2>"$T/err" || fail "deploy under strace"
awk '/openat\(.*"\.key\.pem\.scm-agent"/ { on = 1; next } on { print $2; if (/write\(/) exit }' \
	"$T/trace" | sed 's/(.*//' | paste -sd' ' >"$T/order"
[ "$(cat "$T/order")" = "fchown fchmod write" ] || fail "order: $(cat "$T/order")"
all_live

say "renewed, and rolled back by hand"
expect 0 run --force
[ "$(basename "$(readlink "$(live www)")")" = 000002 ] || fail "not renewed"
all_live
expect 0 rollback www
[ "$(basename "$(readlink "$(live www)")")" = 000001 ] || fail "not rolled back"
all_live
expect 0 deploy www
all_live

say "a file that is gone is there again after the next run, or before the servers start"
rm "$D/cert.pem" "$D/www.jks"
expect 0 run
expect_error 'cert\.pem.* were gone, and are there again'
expect_error 'www\.jks.* were gone, and are there again'
all_live
rm "$D/full.pem"
expect 0 recover
all_live
before=$(picture)
expect 0 run
{ silent && [ "$(picture)" = "$before" ]; } || fail "not left alone then"

say "... and until it can be, status and dry run say so"
cp -p "$T/agent.ini" "$T/agent.kept"
mkdir "$D/lost"
target lost/a.pem pem-cert
target lost/b.pem pem-chain
expect 0 run
rm -r "$D/lost"
expect 3 run
expect_error 'lost'
expect 0 status --json
jq -e '.certificates[0] | .state == "current" and .stuck and (.note | test("gone.*lost/a.pem") and test("lost/b.pem"))' \
	"$T/out" >/dev/null || fail "status does not say it: $(cat "$T/out")"
expect 0 run --dry-run
grep -q 'write the install targets again' "$T/out" || fail "dry run"
mkdir "$D/lost"
expect 0 run
expect 0 status --json
jq -e '.certificates[0] | .stuck == false and .note == ""' "$T/out" >/dev/null || fail "status goes on"
expect 0 run --dry-run
grep -q 'nothing to do' "$T/out" || fail "dry run goes on"
cp -p "$T/agent.kept" "$T/agent.ini"
rm -r "$D/lost"
expect 0 run

say "... also while an order is in work"
switches '--issue-time never'
expect 7 run --force
rm "$D/cert.pem"
expect 7 run
expect_error 'cert.pem was gone'
all_live
rm "$D/full.pem"
expect 0 recover
all_live
switches
expect 0 reset www --abandon
rm "$T/state/history" # the fuse of three orders a day

say "a failing hook puts the former generation's files back"
cat >"$T/hook" <<-END
	#!/bin/sh
	! [ -e "$T/broken" ]
END
chmod 755 "$T/hook"
configure "deploy_hooks = $T/hook"
all_targets
expect 0 run
touch "$T/broken"
before=$(orders)
expect 10 run --force
[ "$(basename "$(readlink "$(live www)")")" = 000002 ] || fail "live is not the former generation"
all_live
rm "$T/broken"
expect 0 run www
[ "$(basename "$(readlink "$(live www)")")" = 000003 ] || fail "live is not the new generation"
all_live
[ "$(orders)" = $((before + 1)) ] || fail "orders"

say "a changed target deploys again, without an order"
before=$(orders)
configure "deploy_hooks = $T/hook"
all_targets
target second.pem pem-fullchain
expect 0 run
cmp -s "$D/second.pem" "$(live www)/fullchain.pem" || fail "the new target is not there"
all_live
[ "$(orders)" = "$before" ] || fail "orders"

say "stores that others use: their entries, passwords and permissions stay"
keytool -genkeypair -keyalg RSA -alias Theirs -dname CN=theirs -storetype JKS \
	-keystore "$D/shared.jks" -storepass changeit -keypass theirpass 2>/dev/null
keytool -genkeypair -keyalg RSA -alias other -dname CN=other -storetype PKCS12 \
	-keystore "$D/really.jks" -storepass changeit 2>/dev/null
chown root:www-data "$D/shared.jks"
chmod 0640 "$D/shared.jks"
configure
target shared.jks jks "password_file = $T/store.pw" 'alias = one'
target two jks "password_file = $T/store.pw" 'alias = two'
sed -i "s|^path = $D/two|path = $D/shared.jks|" "$T/agent.ini"
target really.jks jks "password_file = $T/store.pw" 'alias = tomcat'
expect 0 run
serial=$(serial_of "$(live www)/cert.pem")
same shared.jks "$serial" java_serial "$D/shared.jks" JKS one
same shared.jks "$serial" java_serial "$D/shared.jks" JKS two
same really.jks "$serial" java_serial "$D/really.jks" PKCS12 tomcat
keytool -certreq -keystore "$D/shared.jks" -storetype JKS -storepass changeit -alias theirs \
	-keypass theirpass >/dev/null 2>&1 || fail "their key or its password is gone"
keytool -certreq -keystore "$D/really.jks" -storetype PKCS12 -storepass changeit \
	-alias other >/dev/null 2>&1 || fail "the other key in PKCS12 is gone"
[ "$(stat -c '%a %U:%G' "$D/shared.jks")" = '640 root:www-data' ] || fail "permissions"

say "what fails before the first file changes, changes none"
configure
all_targets
expect 0 run
before=$(picture)
# refused STATUS WORDS: a deployment fails, and everything is as it was
refused() {
	expect "$1" deploy www
	expect_error "$2"
	[ "$(picture)" = "$before" ] || fail "$2: something changed"
	[ ! -e "$T/state/archive/www/installing" ] || fail "$2: the journal is left"
}
printf 'wrongpass\n' >"$T/store.pw"
refused 4 '\[install:.*(password|integrity)'
rm "$T/store.pw"
refused 3 '\[install:.*store.pw'
printf 'changeit\n' >"$T/store.pw"
chmod 644 "$T/store.pw"
refused 3 '\[install:'
chmod 600 "$T/store.pw"
target ../missing/x.pem pem-cert
refused 3 'directory .*/missing'
configure && all_targets
target link.pem pem-cert
ln -s cert.pem "$D/link.pem"
refused 3 'symbolic link'
rm "$D/link.pem"
mkdir "$D/link.pem"
refused 3 'no regular file'
rmdir "$D/link.pem"
mkdir -m 777 "$T/open"
configure && all_targets
target ../open/x.pem pem-cert
refused 3 'can be changed by others'
if unshare --mount true 2>/dev/null; then
	mkdir "$T/small"
	configure && all_targets
	target ../small/x.p12 pkcs12 "password_file = $T/store.pw"
	for mount in 'nr_inodes=1,mode=755' 'size=4k,mode=755' 'ro,mode=755'; do
		RC=0
		# shellcheck disable=SC2016 # for the inner shell
		unshare --mount sh -c 'mount -t tmpfs -o "$1" none "$2" &&
			{ head -c 4096 /dev/zero >"$2/full"; shift 2; exec "$@"; }' sh \
			"$mount" "$T/small" "$AGENT" -c "$T/agent.ini" deploy www >"$T/out" 2>"$T/err" || RC=$?
		[ "$RC" = 9 ] || fail "$mount: exit status $RC instead of 9"
		[ "$(picture)" = "$before" ] || fail "$mount: something changed"
	done
fi
configure && all_targets
expect 0 run www
all_live

say "no order is made for targets that can't be written"
configure
target ../missing/x.pem pem-cert
rm "$T/state/history" # the fuse of three orders a day
before=$(orders)
expect 3 run --force
[ "$(orders)" = "$before" ] || fail "ordered all the same"

say "nor for a key store that takes no entry: check says so, too"
cp "$D/www.p12" "$D/pw.p12"
cp "$D/www.jks" "$D/pw.jks"
printf 'wrongpass\n' >"$T/wrong.pw"
chmod 600 "$T/wrong.pw"
echo 'no key store' >"$D/text.p12"
keytool -importcert -noprompt -file "$T/sim/tls-ca.pem" -alias www -keystore "$D/trusted.jks" -storetype JKS \
	-storepass changeit 2>/dev/null
# unfit FILE FORMAT PASSWORD-FILE WORDS: seen by check and by a run, and nothing changes or is ordered
unfit() {
	local file=$D/$1 sum

	configure
	target "$1" "$2" "password_file = $3"
	sum=$(sha256sum "$file")
	expect 4 check
	grep -qE "^www: install $1 *FAIL .*$4" "$T/out" || fail "check: $(cat "$T/out")"
	expect 4 run --force
	expect_error "\\[install:$1\\] $file: .*$4"
	[ "$(orders)" = "$before" ] || fail "$1: ordered all the same"
	[ ! -e "$T/state/pending/www" ] || fail "$1: something was begun"
	[ "$(sha256sum "$file")" = "$sum" ] || fail "$1: changed"
}
unfit pw.p12 pkcs12 "$T/wrong.pw" "password_file $T/wrong.pw: wrong password"
unfit pw.jks jks "$T/wrong.pw" "password_file $T/wrong.pw: wrong password"
unfit text.p12 pkcs12 "$T/store.pw" "password_file $T/store.pw: "
unfit trusted.jks jks "$T/store.pw" "'www'"
rm "$D"/pw.* "$D/text.p12" "$D/trusted.jks"

say "certbot's hooks as people write them"
mkdir "$D/postfix"
cat >"$T/haproxy-hook" <<-END
	#!/bin/sh
	cat "\$RENEWED_LINEAGE/fullchain.pem" "\$RENEWED_LINEAGE/privkey.pem" >"$D/site.pem"
END
cat >"$T/postfix-hook" <<-END
	#!/bin/bash
	for domain in \$RENEWED_DOMAINS; do
		case \$domain in
		www.example.com) echo "reload for \$domain" >>"$D/postfix/reloads" ;;
		esac
	done
END
cat >"$T/copy-hook" <<-END
	#!/bin/bash
	set -e
	lineage=\$(basename "\$RENEWED_LINEAGE")
	install -m 0644 -o root "\$RENEWED_LINEAGE/cert.pem" "$D/\$lineage.crt"
	install -m 0600 -o root "\$RENEWED_LINEAGE/privkey.pem" "$D/\$lineage.key"
	install -m 0644 -o root "\$RENEWED_LINEAGE/chain.pem" "$D/\$lineage.ca"
END
chmod 755 "$T"/*-hook
configure "deploy_hooks = $T/haproxy-hook, $T/postfix-hook, $T/copy-hook"
expect 0 run --force
cat "$(live www)/fullchain.pem" "$(live www)/privkey.pem" | cmp -s - "$D/site.pem" || fail "haproxy"
[ "$(cat "$D/postfix/reloads")" = 'reload for www.example.com' ] || fail "postfix"
cmp -s "$D/www.key" "$(live www)/privkey.pem" || fail "copy of the key"
cmp -s "$D/www.crt" "$(live www)/cert.pem" || fail "copy of the certificate"

say "a key in a token: its certificate in files, and beside it again"
token_make
rm "$T/state/history"
conf_p12
conf_cert hsm 'key_type = ec:P-256' 'key_store = token:web'
{
	printf '\n[install:hsm-file]\ncertificate = hsm\nformat = pem-fullchain\npath = %s\n' "$D/hsm.pem"
	printf '\n[install:hsm-cert]\ncertificate = hsm\nformat = token-cert\n'
} >>"$T/agent.ini"
token_certs() {
	pkcs11-tool --module "$(p11_module)" --token-label web --login --pin 123456 \
		--list-objects --type cert 2>/dev/null | grep -c 'Certificate Object' || true
}
expect 0 run hsm
cmp -s "$D/hsm.pem" "$(live hsm)/fullchain.pem" || fail "hsm.pem"
[ "$(token_certs)" = 1 ] || fail "no certificate in the token"
id=$(sed -n 's/.*;id=\([^;?]*\).*/\1/p' "$(live hsm)/key-uri" | tr -d %)
pkcs11-tool --module "$(p11_module)" --token-label web --login --pin 123456 \
	--delete-object --type cert --id "$id" >/dev/null 2>&1
[ "$(token_certs)" = 0 ] || fail "the certificate was not removed"
expect 0 deploy hsm
[ "$(token_certs)" = 1 ] || fail "the certificate is not in the token again"

say "all of it"
