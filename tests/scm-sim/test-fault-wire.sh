#!/bin/bash
# Faults of the connection: resets, ends, drips, answers without end, and stopping amid them.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# fault FAULT...: these faults from now on.
fault() {
	switches "${@/#/--fault }"
}

# raw PATH: all that comes over TLS, byte by byte, for one GET.
raw() {
	printf 'GET /private/api%s HTTP/1.1\r\nHost: localhost\r\nlogin: admin\r\n%s\r\n\r\n' \
		"$1" 'customerUri: example' |
		openssl s_client -quiet -ign_eof -connect "127.0.0.1:$PORT" -cert "$T/admin.pem" \
			-CAfile "$D/ca.pem" 2>"$T/raw.err" || true
}

# want_reset: curl's words after a TCP reset.
want_reset() {
	grep -q 'reset by peer' "$T/curl" || fail "no reset: $(cat "$T/curl")"
}

want_no_reset() {
	! grep -q 'reset by peer' "$T/curl" || fail "a reset: $(cat "$T/curl")"
}

# send_order: enrolls and must fail.
send_order() {
	order_json www >"$T/order.json"
	broken POST /ssl/v1/enroll -H "$JSON_TYPE" -d "@$T/order.json"
}

accepted() {
	ledger 'map(select(.event == "accepted")) | length'
}

sim_start
add_admin
make_csr www

fault enroll:reset:1
send_order
want_reset
same orders "$(accepted)" 0
same status "$(requests '.[-1] | [.status, .faults]')" '[null,["enroll:reset:1"]]'
enroll www
want_status 200
fault enroll:close:1
send_order
want_no_reset
same orders "$(accepted)" 1
for kind in reset close; do
	before=$(accepted)
	fault enroll:$kind-after-accept:1
	send_order
	[ $kind = close ] || want_reset
	[ $kind = reset ] || want_no_reset
	same orders "$(accepted)" $((before + 1))
	[ ! -s "$T/body" ] || fail "a body"
done
# At each part of the answer: head, body, the last byte but one.
switches
enroll www
length=$(($(stat -c %s "$T/headers") + $(stat -c %s "$T/body")))
for at in 0 1 10 $((length / 2)) $((length - 20)) $((length - 1)); do
	before=$(accepted)
	fault "enroll:reset-at=$at"
	send_order
	want_reset
	same orders "$(accepted)" $((before + 1))
	# curl takes an end amid the headers for a complete answer: judge by what came.
	fault "enroll:close-at=$at"
	curl -sS --cacert "$D/ca.pem" "${ADMIN[@]}" -H "$JSON_TYPE" -d "@$T/order.json" \
		-D "$T/headers" -o "$T/body" "$BASE/ssl/v1/enroll" 2>"$T/curl" || true
	want_no_reset
	[ $(($(stat -c %s "$T/headers") + $(stat -c %s "$T/body"))) -le "$at" ] || fail "too much"
	same orders "$(accepted)" $((before + 2))
done
switches
get "/ssl/v1?size=1"
whole=$(($(stat -c %s "$T/headers") + $(stat -c %s "$T/body")))
for at in 0 1 17 200 300; do
	for kind in reset close; do
		fault "list:$kind-at=$at"
		same "bytes with $kind-at=$at" "$(raw '/ssl/v1?size=1' | wc -c)" "$at"
	done
done
fault list:close-at=100000
[ "$(raw '/ssl/v1?size=1' | wc -c)" -gt $((whole - 1)) ] || fail "close-at beyond the end"

# Dripping: complete, but not at once.
fault list:drip=1
start=$(date +%s%N)
get '/ssl/v1?size=1'
want '.[0].sslId' 1001
[ $(($(date +%s%N) - start)) -ge $((whole * 1000000)) ] || fail "not slow"
fault list:drip=1
fetch "$BASE/ssl/v1" "${ADMIN[@]}" --head
want_status 200
[ ! -s "$T/body" ] || grep -qi '^x-total-count' "$T/headers" || fail "HEAD"

# Without end: more than any client takes.
fault types:endless-body
curl -sS --cacert "$D/ca.pem" "${ADMIN[@]}" "$BASE/ssl/v1/types" 2>"$T/curl" |
	head -c 20000000 >"$T/body" || true
same bytes "$(stat -c %s "$T/body")" 20000000
head -c 8 "$T/body" | grep -q '^\[{"id":1' || fail "the body does not begin as it should"
fault types:endless-headers
broken GET /ssl/v1/types
[ "$(stat -c %s "$T/headers")" -gt 50000 ] || fail "headers"
fault types:hang
broken GET /ssl/v1/types --max-time 1
same "curl's status" "$STATUS" 28
fault enroll:hang
before=$(accepted)
order_json www >"$T/order.json"
broken POST /ssl/v1/enroll -H "$JSON_TYPE" -d "@$T/order.json" --max-time 1
same orders "$(accepted)" $((before + 1))

# A client that goes away does not stop the work: the order is taken after it has gone.
before=$(accepted)
fault enroll:delay=1500
broken POST /ssl/v1/enroll -H "$JSON_TYPE" -d "@$T/order.json" --max-time 1
same "orders meanwhile" "$(accepted)" "$before"
for _ in $(seq 100); do
	[ "$(accepted)" = "$before" ] || break
	sleep 0.1
done
same "orders at last" "$(accepted)" $((before + 1))

# The server ends at once, whatever its connections are doing.
fault types:hang list:endless-body organizations:drip=60000 domains:delay=600000
for path in /ssl/v1/types /ssl/v1 /organization/v1 /domain/v1; do
	curl -sS --limit-rate 1000 --cacert "$D/ca.pem" "${ADMIN[@]}" "$BASE$path" \
		>"$T/end.body" 2>"$T/end.err" &
	clients+=($!)
done
for _ in $(seq 200); do
	[ "$(requests '[.[-3:][].operation] | sort == ["list", "organizations", "types"]')" != true ] || break
	sleep 0.05
done
sim_stop
same "exit status" "$STATUS" 0
kill "${clients[@]}" 2>/dev/null || true
wait "${clients[@]}" 2>/dev/null || true
