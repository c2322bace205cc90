#!/bin/bash
# Many connections at once, and rubbish on each layer: nothing is lost, nothing breaks.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

sim_start
add_admin
make_csr www

# 100 orders over 20 connections at a time: each answered id is in the ledger once.
order_json www >"$T/order.json"
{
	printf 'cacert = "%s"\ncert = "%s"\nsilent\nshow-error\n' "$D/ca.pem" "$T/admin.pem"
	for i in $(seq 100); do
		[ "$i" = 1 ] || echo next
		printf 'cacert = "%s"\ncert = "%s"\n' "$D/ca.pem" "$T/admin.pem"
		printf 'header = "%s"\n' 'login: admin' 'customerUri: example' "$JSON_TYPE"
		printf 'url = "%s"\ndata = "@%s"\noutput = "%s"\n' "$BASE/ssl/v1/enroll" \
			"$T/order.json" "$T/answer.$i"
	done
} >"$T/curl.cfg"
curl --parallel --parallel-immediate --parallel-max 20 -K "$T/curl.cfg" 2>"$T/curl" ||
	fail "curl: $(cat "$T/curl")"
same "ids" "$(jq -s -c 'map(.sslId) | sort == [range(1001; 1101)]' "$T"/answer.*)" true
same "ledger" "$(ledger 'map(select(.event == "accepted").sslId) == [range(1001; 1101)]')" true
same "serials" "$(ledger 'map(select(.event == "issued").serial) | unique | length')" 100
[ "$(requests 'map(.connection) | unique | length')" -ge 20 ] || fail "few connections"

# Idle connections do not stand in the way.
for _ in $(seq 200); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	idle+=("$fd")
done
get /ssl/v1/1001
want_status 200
for fd in "${idle[@]}"; do
	exec {fd}>&-
done

# Rubbish instead of TLS, of HTTP, of JSON, of paths and headers.
for _ in $(seq 20); do
	head -c 2000 /dev/urandom >"/dev/tcp/127.0.0.1/$PORT" || true
	head -c 2000 /dev/urandom | timeout 10 openssl s_client -quiet -no_ign_eof \
		-connect "127.0.0.1:$PORT" >/dev/null 2>&1 || true
done
for request in 'GET' 'GET /' 'GET / HTTP/9.9' 'FROB /private/api/ssl/v1 HTTP/1.1' \
	'GET //// HTTP/1.1' 'GET /private/api/ssl/v1/%00%ff%zz HTTP/1.1' \
	'GET http://elsewhere/api/ssl/v1 HTTP/1.1' 'POST /api/ssl/v1/enroll HTTP/1.1' \
	"GET /private/api/ssl/v1?$(printf 'a=b&%.0s' {1..2000}) HTTP/1.1" \
	"GET /$(printf 'x%.0s' {1..20000}) HTTP/1.1"; do
	printf '%s\r\nHost: x\r\nlogin: a\r\nlogin: b\r\nContent-Length: 5\r\n\r\n' "$request" |
		timeout 10 openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$PORT" >/dev/null 2>&1 || true
done
printf 'POST /api/ssl/v1/enroll HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' |
	timeout 10 openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$PORT" >/dev/null 2>&1 || true
for i in $(seq 40); do
	size=$(stat -c %s "$T/order.json")
	head -c $((size * i / 41)) "$T/order.json" >"$T/cut"
	fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H "$JSON_TYPE" --data-binary "@$T/cut"
	want_error 400 -1002
	{
		head -c $((size * i / 41)) "$T/order.json"
		head -c 3 /dev/urandom
		tail -c +$((size * i / 41 + 4)) "$T/order.json"
	} >"$T/mangled"
	fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H "$JSON_TYPE" --data-binary "@$T/mangled"
	[[ $STATUS =~ ^(200|400)$ ]] || fail "status $STATUS"
done
# Requests of random bytes in a right envelope: refused, whatever they are.
openssl req -in "$T/www.csr" -outform DER -out "$T/www.der"
for i in $(seq 40); do
	size=$(stat -c %s "$T/www.der")
	{
		head -c $((size * i / 41)) "$T/www.der"
		head -c 2 /dev/urandom
		tail -c +$((size * i / 41 + 3)) "$T/www.der"
	} | base64 >"$T/odd.csr"
	enroll odd
	if [ "$STATUS" = 200 ]; then
		same "request $i" "$(base64 -d "$T/odd.csr" | sha256sum)" \
			"$(sha256sum <"$T/www.der")"
	else
		want '.code | IN(-9, -10, -11, -13, -138)' true
	fi
done

get /ssl/v1/1001
want_status 200
jq -e . "$D/requests.jsonl" >/dev/null || fail "the request log is not JSON"
sim_stop
same "exit status" "$STATUS" 0
[ ! -s "$T/err" ] || fail "$(cat "$T/err")"
