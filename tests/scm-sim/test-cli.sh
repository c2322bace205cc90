#!/bin/bash
# The command line: usage, help, port file, signals, add-login.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# refused STATUS WORDS ARGUMENT...: ends with STATUS and one line on stderr that has WORDS.
refused() {
	local status=$1 words=$2 got=0
	shift 2
	"$SIM" "$@" >"$T/out" 2>"$T/err" || got=$?
	same "exit status of $*" "$got" "$status"
	same "lines on stderr of $*" "$(wc -l <"$T/err")" 1
	grep -qF -- "$words" "$T/err" || fail "$*: '$(cat "$T/err")' lacks '$words'"
	[ ! -s "$T/out" ] || fail "$* wrote to stdout"
}

refused 2 "unknown option '--frob'" --dir "$D" --frob
refused 2 "unknown option '--frob'" --dir "$D" --frob=1
refused 2 "--dir is missing"
refused 2 "--dir needs a value" --dir
refused 2 "unknown command 'serve'" --dir "$D" serve
refused 2 "--port: '70000' is not valid" --dir "$D" --port 70000
refused 2 "--delay: '1s' is not MS" --dir "$D" --delay 1s
refused 2 "--approval takes no value" --dir "$D" --approval=yes
refused 2 "--not-ready: 'soon' is not FORM" --dir "$D" --not-ready soon
refused 2 "--tls-certificate: 'bad' is not valid" --dir "$D" --tls-certificate bad
refused 2 "unknown operation 'frob'" --dir "$D" --fault frob:reset
refused 2 "unknown kind 'frob'" --dir "$D" --fault enroll:frob
refused 2 "'drip' needs a value" --dir "$D" --fault enroll:drip
refused 2 "'reset' takes no value" --dir "$D" --fault enroll:reset=1
refused 2 "'x' is not a number" --dir "$D" --fault enroll:drip=x
refused 2 "'sha1' is for operation 'issue'" --dir "$D" --fault enroll:sha1
refused 2 "'reset' is not for operation 'issue'" --dir "$D" --fault issue:reset
refused 2 "'chain' is for operation 'collect'" --dir "$D" --fault list:chain=twice
refused 2 "the value is none of" --dir "$D" --fault collect:chain=backwards
refused 2 "write OPERATION:KIND" --dir "$D" --fault enroll
refused 2 "add-login needs a name" --dir "$D" add-login
refused 2 "needs --password-file, --client-cert or both" --dir "$D" add-login x
refused 2 "add-client needs a name" --dir "$D" add-client
refused 2 "add-client needs --secret-file" --dir "$D" add-client x
refused 2 "unknown command 'add-client'" --dir "$D" add-login x add-client y
refused 2 "--client-cert is not for add-client" --dir "$D" add-client x --client-cert "$T/x.pem"
refused 2 "--secret-file is not for add-login" --dir "$D" add-login x --secret-file "$T/x"
refused 2 "--organization is for add-login and add-client" --dir "$D" --organization 1
refused 2 "--profile and --term go together" --dir "$D" add-client x --secret-file x --term 90
refused 2 "--profile needs one --organization" --dir "$D" add-client x --secret-file x \
	--profile 1018 --term 90
refused 2 "'lives' is for operation 'token'" --dir "$D" --fault enroll:lives=0
refused 2 "--port is not for add-login" --dir "$D" --port 1 add-login x --client-cert "$T/x.pem"
refused 2 "--client-cert is for add-login" --dir "$D" --client-cert "$T/x.pem"
refused 1 "read '$T/none'" --dir "$D" add-login x --password-file "$T/none"
refused 1 "make '$T/no/such'" --dir "$T/no/such"
[ ! -e "$D" ] || fail "a refused command made $D"

"$SIM" --help >"$T/help"
for word in NAME SYNOPSIS DESCRIPTION OPTIONS SWITCHES FAULTS FILES 'EXIT STATUS' EXAMPLES \
	--port-file --issue-time reset-after-accept wrong-key; do
	grep -qF -- "$word" "$T/help" || fail "--help lacks $word"
done
same "longest line of --help" "$(awk 'length > 100' "$T/help" | wc -l)" 0
"$SIM" --version | grep -q '^scm-sim [0-9]' || fail "--version"

# Ready means: one line, the port in the file, connections accepted.
sim_start
same "lines on stdout" "$(wc -l <"$T/out")" 1
grep -qF "https://127.0.0.1:$PORT" "$T/out" || fail "the ready line lacks the port"
curl -sS --cacert "$D/ca.pem" -o /dev/null "https://127.0.0.1:$PORT/" || fail "not ready"
same "files beside the port file" "$(find "$T" -name 'port*' | wc -l)" 1
refused 1 "lock '$D/server.lock'" --dir "$D"
refused 1 "listen on 127.0.0.1:$PORT" --dir "$T/other" --port "$PORT"
sim_stop TERM
same "exit status after SIGTERM" "$STATUS" 0
sim_start
sim_stop INT
same "exit status after SIGINT" "$STATUS" 0
for file in ca.pem tls-ca.pem leaf-ca.pem client-ca.pem; do
	same "mode of $file" "$(stat -c %a "$D/$file")" 644
done
same "readable secrets" "$(find "$D" -type f -perm /077 ! -name '*ca.pem' | wc -l)" 0

# add-login: PEM, encrypted PEM, PKCS#12, a request of one's own.
echo secret >"$T/password"
echo store-secret >"$T/store"
"$SIM" --dir "$D" add-login a --client-cert "$T/a.pem"
same "mode of a.pem" "$(stat -c %a "$T/a.pem")" 600
grep -q '^-----BEGIN PRIVATE KEY' "$T/a.pem" || fail "no plain key in a.pem"
openssl verify -purpose sslclient -CAfile "$D/client-ca.pem" "$T/a.pem" >/dev/null || fail verify
"$SIM" --dir "$D" add-login b --client-cert "$T/b.pem" --store-password-file "$T/store" \
	--client-key rsa:2048
grep -q '^-----BEGIN ENCRYPTED PRIVATE KEY' "$T/b.pem" || fail "no encrypted key in b.pem"
openssl pkey -in "$T/b.pem" -passin pass:store-secret -noout || fail "password of b.pem"
openssl x509 -in "$T/b.pem" -noout -text | grep -q 'Public-Key: (2048 bit)' || fail "b is not RSA"
"$SIM" --dir "$D" add-login c --client-cert "$T/c.p12" --store-password-file "$T/store"
same "mode of c.p12" "$(stat -c %a "$T/c.p12")" 600
openssl pkcs12 -in "$T/c.p12" -passin pass:store-secret -nodes 2>/dev/null |
	grep -q 'BEGIN PRIVATE KEY' || fail "no key in c.p12"
make_csr d /CN=token
"$SIM" --dir "$D" add-login d --client-cert "$T/d.pem" --client-csr "$T/d.csr"
! grep -q 'PRIVATE KEY' "$T/d.pem" || fail "a key in d.pem"
same "key of d" "$(openssl x509 -in "$T/d.pem" -noout -pubkey)" \
	"$(openssl pkey -in "$T/d.key" -pubout)"
"$SIM" --dir "$D" add-login e --password-file "$T/password" --organization 1235 \
	--organization 2000
same "login e" "$(jq -c '.logins[] | select(.login == "e")' "$D/account.json")" \
	'{"login":"e","password":"secret","organizations":[1235,2000]}'
"$SIM" --dir "$D" add-client k --secret-file "$T/password"
"$SIM" --dir "$D" add-client r --secret-file "$T/store"
"$SIM" --dir "$D" add-client r --secret-file "$T/password" --profile 1018 --term 90 \
	--organization 1234
same "clients" "$(jq -c .clients "$D/account.json")" '[{"clientId":"k","clientSecret":"secret"},'$(
	)'{"clientId":"r","clientSecret":"secret","profile":1018,"term":90,"organizations":[1234]}]'
serial=$(openssl x509 -in "$T/a.pem" -noout -serial | sed 's/serial=0*//')
same "serial of a" "$(jq -r '.logins[] | select(.login == "a").certificateSerialNumber' \
	"$D/account.json")" "$serial"
refused 1 "read the certificate request" --dir "$D" add-login f --client-csr "$T/a.pem" \
	--client-cert "$T/f.pem"
refused 1 "unknown key type 'dsa:1'" --dir "$D" add-login f --client-key dsa:1 \
	--client-cert "$T/f.pem"
same "logins" "$(jq -c '[.logins[].login]' "$D/account.json")" '["a","b","c","d","e"]'

# Logins added at the same time all arrive.
for i in 1 2 3 4 5 6; do
	"$SIM" --dir "$D" add-login "p$i" --password-file "$T/password" &
	adders[i]=$!
done
wait "${adders[@]}"
same "logins" "$(jq '.logins | length' "$D/account.json")" 11
