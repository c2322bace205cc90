#!/usr/bin/env bash
# server_user and key probe --as: whether the user that a server's workers are can use the key, found
# out before the certificate is live.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need strace
need_root
world_make
token_make

# probe STATUS [ARGUMENT...]
probe() {
	expect "$@"
	cat "$T/out" >>"$T/said"
}

generation_of() {
	readlink "$(live "$1")" 2>/dev/null || say none
}

say "a file that the user may not read is not made live"
conf_p12
conf_cert www 'key_type = rsa:2048' 'server_user = www-data'
expect 10 run
expect_error "user www-data can't use the key \(set group and key_mode\): .*privkey.pem.*ermission denied"
[ "$(generation_of www)" = none ] || fail "it is live"
expect 10 run
[ "$(orders)" = 1 ] || fail "ordered again"
expect 4 check
grep -q '^www: key usable by www-data *FAIL .*set group and key_mode' "$T/out" ||
	fail "check is content with what is not live yet"

say "with the rights it is, and check says so"
say 'group = www-data' >>"$T/agent.ini"
expect 10 run
expect_error 'privkey.pem'
say 'key_mode = 0640' >>"$T/agent.ini"
expect 0 run
expect 0 --json check
jq -e '.checks[] | select(.check == "www: key usable by www-data" and .result == "ok")' "$T/out" >/dev/null ||
	fail "check does not say that the key is usable"
probe 0 --json key probe www --as www-data
[ "$(jq -r '[.keys[] | select(.result == "signs") | .scheme] | sort | join(" ")' "$T/out")" = \
	"rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512" ] ||
	fail "the schemes are not those of RSA"
chmod 0600 "$(live www)/privkey.pem"
expect 4 check
grep -q '^www: key usable by www-data *FAIL .*set group and key_mode' "$T/out" || fail "check is content"
expect 4 key probe www --as www-data
expect 0 key probe www
chmod 0640 "$(live www)/privkey.pem"

say "another key in its place is noticed"
cp -p "$(live www)/privkey.pem" "$T/kept"
openssl genrsa 2048 2>/dev/null >"$(live www)/privkey.pem"
expect 4 key probe www --as www-data
grep -q "another key than the certificate's" "$T/out" || fail "not noticed"
cp -p "$T/kept" "$(live www)/privkey.pem"

say "users that are none, and a command that does not take one"
expect 3 key probe www --as no-such-user
expect_error "no user 'no-such-user'"
[ ! -s "$T/out" ] || fail "a row for each key"
expect 2 key list --as www-data
conf_cert other 'server_user = no-such-user'
expect 3 check --config-only
expect_error "agent.ini:[0-9]+: server_user: there is no user 'no-such-user'"

say "a token that root alone may read is not made live, and the former certificate stays"
conf_p12
conf_cert www 'key_type = rsa:2048' 'group = www-data' 'key_mode = 0640' 'key_store = token:web'
before=$(generation_of www)
chmod 700 "$T/tokens"
say 'server_user = www-data' >>"$T/agent.ini"
expect 10 run
expect_error "user www-data can't use the key \(let it read the token: object_dir .*\): "
[ "$(generation_of www)" = "$before" ] || fail "it is live"

say "object_dir lets its group read what the module makes for its maker alone"
chgrp www-data "$T/tokens"
chmod 2750 "$T/tokens"
expect 10 run
sed -i "s|^pin_file = $T/pin|&\nobject_dir = $T/tokens|" "$T/agent.ini"
expect 0 run
[ "$(generation_of www)" != "$before" ] || fail "it is not live"
expect 0 check
expect 0 key probe www --as www-data
expect 4 key probe www --as nobody
expect 0 run --force
expect 0 check
[ -z "$(find "$T/tokens" -perm /027 ! -perm /020 -perm /007)" ] || fail "others may read the token"
[ -z "$(find "$T/tokens" -perm /020)" ] || fail "the group may write the token"
printf 'x' >"$T/linked"
chmod 600 "$T/linked"
before=$(stat -c '%a %g' /etc/passwd "$T/linked")
ln -s /etc/passwd "$T/tokens/symbolic"
ln "$T/linked" "$T/tokens/hard"
expect 0 deploy www
[ "$(stat -c '%a %g' /etc/passwd "$T/linked")" = "$before" ] || fail "a link was followed"
rm "$T/tokens/symbolic" "$T/tokens/hard"
chmod g+w "$T"/tokens/*/
expect 3 deploy www
expect_error 'object_dir .*others can change what is in it'
chmod g-w "$T"/tokens/*/
chmod 2770 "$T/tokens"
expect 3 deploy www
expect_error 'object_dir'
chmod 2750 "$T/tokens"
expect 0 deploy www

say "no secret is in an argument or the environment, and nobody looks in"
ASAN_OPTIONS=detect_leaks=0 strace -f -v -s 4096 -e trace=execve,setgroups,setresgid,setresuid,capset,prctl -o "$T/trace" \
	"$BUILD/root/bin/scm-agent" -c "$T/agent.ini" key probe www --as www-data >"$T/out" || fail "strace"
grep -q 'execve("/proc/self/exe", \["/proc/self/exe", "--signer"\], \["SOFTHSM2_CONF=' "$T/trace" ||
	fail "no process was started: $(cat "$T/trace")"
! grep -q 123456 "$T/trace" || fail "the PIN is in an argument"
awk '/ setresuid\(/ { became[$1] = NR } /PR_SET_DUMPABLE, SUID_DUMP_DISABLE/ { closed[$1] = NR }
	END { for (pid in became) { n++; if (closed[pid] < became[pid]) exit 1 } exit !n }' "$T/trace" ||
	fail "others of that user may look in"

say "a PIN that the agent was refused is not given to anybody"
printf 'wrong1' >"$T/pin"
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=execve -o "$T/trace" "$BUILD/root/bin/scm-agent" -c "$T/agent.ini" \
	key probe www --as www-data >"$T/out" 2>&1 && fail "a wrong PIN"
# that of the first generation has its key in a file
[ "$(grep -c signer "$T/trace")" = 1 ] || fail "a process was started for the token"
grep -q 'wrong PIN' "$T/out" || fail "not said"
printf '123456' >"$T/pin"
expect 0 reset www
expect 0 key probe www --as www-data

say "the process is none for people"
RC=0
"$BUILD/root/bin/scm-agent" --signer 2>"$T/err" 3<&- || RC=$?
[ "$RC" = 2 ] || fail "status $RC"
expect_error 'for scm-agent alone'
RC=0
"$BUILD/root/bin/scm-agent" --signer 2>"$T/err" 3</dev/null || RC=$?
[ "$RC" = 2 ] || fail "status $RC"

say "all of it"
