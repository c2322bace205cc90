#!/bin/bash
# Faults of the answer: other answers, spoilt JSON; counting of faults; what the logs tell of them.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# fault FAULT...: these faults from now on.
fault() {
	switches "${@/#/--fault }"
}

sim_start --fault types:status=500:1
add_admin
make_csr www

# A fault of the command line strikes as often as it says; those of the file come on top and are
# counted anew when the file is written.
get /ssl/v1/types
want_error 500 -2
get /ssl/v1/types
want_status 200
fault types:status=503:2+1
for status in 200 200 503 200; do
	get /ssl/v1/types
	want_status $status
done
fault types:status=503:2+1
get /ssl/v1/types
want_status 200
fault list:status=500
get /ssl/v1/types
want_status 200
for _ in 1 2 3; do
	get /ssl/v1
	want_status 500
done
fault any:status=403:1
get /organization/v1
want_error 403 -37
get /organization/v1
want_status 200
fault other:status=418
get /frob
want_status 418

# Other answers: nothing is done meanwhile.
fault enroll:status=401:1 enroll:code=-993:1+1 enroll:code=-65:2+1
enroll www
want_error 401 -16 'Unknown user'
enroll www
want_error 400 -993 'Certificate orders currently restricted'
enroll www
want_error 400 -65 'Internal error . Please contact Support for details.'
fault enroll:code=-4711
enroll www
want_error 400 -4711 'Unknown error.'
for value in 120 -1 99999999999999999999 soon 'Fri, 31 Dec 1999 23:59:59 GMT'; do
	fault "enroll:retry-after=$value:1"
	enroll www
	want_status 429
	want_header Retry-After "$value"
done
fault enroll:unavailable
enroll www
want_status 503
want_header Content-Type text/plain
grep -q '^upstream connect error' "$T/body" || fail "body"
! grep -qi '^retry-after' "$T/headers" || fail "a Retry-After header"
fault enroll:unavailable=7:1
enroll www
want_header Retry-After 7
fault enroll:html:1 enroll:html=502:1+1
enroll www
want_status 200
want_header Content-Type 'text/html; charset=utf-8'
grep -q '<html>' "$T/body" || fail "body"
enroll www
want_status 502
fault enroll:redirect=https://evil.example/x:1 enroll:redirect=307,http://evil.example:80:1+1
enroll www
want_status 302
want_header Location https://evil.example/x
enroll www
want_status 307
want_header Location http://evil.example:80
fault 'types:body={"a" : 1}:1'
get /ssl/v1/types
want_status 200
want . '{"a":1}'
head -c 100000 /dev/urandom >"$T/random"
fault "types:body-file=$T/random"
get /ssl/v1/types
cmp "$T/body" "$T/random" || fail "body-file"
fault "types:body-file=$T/none"
get /ssl/v1/types
want_status 500
[ ! -s "$D/ledger.jsonl" ] || fail "an order was taken"

# The handler's answer, spoilt; the order was taken.
fault enroll:truncate=12
enroll www
want_status 200
same body "$(cat "$T/body")" '{"sslId":100'
same events "$(ledger length)" 2
fault types:nest=100000
get /ssl/v1/types
same body "$(cut -c 1-5 "$T/body") $(tail -c 3 "$T/body") $(stat -c %s "$T/body")" \
	'[[[[[ ]]] 200000'
fault types:huge=1000000
get /ssl/v1/types
want '[.[0].name, .[0].description | length]' '[1000000,1000000]'
want '.[0].id' 1018
fault details:huge=5000/comments
get /ssl/v1/1001
want '[(.comments | length), .status]' '[5000,"Issued"]'
for case in 'string:"text"' number:7 fraction:1.5 negative:-1 'array:[]' 'object:{}' null:null \
	bool:true; do
	fault "enroll:retype=${case%%:*}"
	enroll www
	want . "{\"sslId\":${case#*:},\"renewId\":${case#*:}}"
	fault "details:retype=${case%%:*}/status"
	get /ssl/v1/1001
	want '[.status, .id]' "[${case#*:},1001]"
done
fault list:retype=huge-number/sslId:1
get /ssl/v1?size=1
grep -q '^\[{"sslId":1e400,"commonName"' "$T/body" || fail "huge-number"
fault list:retype=drop/sslId:1 types:retype=drop
get /ssl/v1?size=1
want '.[0] | keys' '["commonName","serialNumber","subjectAlternativeNames"]'
get /ssl/v1/types
want '.[0]' '{}'
fault list:retype=string/commonName list:truncate=30
get /ssl/v1?size=1
same body "$(cat "$T/body")" '[{"sslId":1001,"commonName":"t'

fault 'details:member=status/SA Approved'
get /ssl/v1/1001
want '[.status, .id]' '["SA Approved",1001]'
fault list:member=sslId/7/8
get /ssl/v1?size=1
want '.[0].sslId' '"7/8"'

# Strings that attack whoever prints them, in the members that get printed.
want_evil() {
	local text
	fault "details:evil=$1"
	get /ssl/v1/1001
	text=$(sed 's/.*"status":"\([^"]*\|[^"]*\\"[^"]*\)","orderNumber.*/\1/' "$T/body")
	same "$1 in commonName" "$(grep -cF "\"commonName\":\"$text\"" "$T/body")" 1
	grep -qF -- "$2" <<<"$text" || fail "evil=$1 is '$text'"
}
want_evil ansi '\u001b[2J'
want_evil newline '\r\nERROR'
want_evil format '%n%n%s'
want_evil path '../../etc/passwd'
want_evil shell '(touch /tmp/owned)'
want_evil html '<script>'
want_evil nul '\u0000'
want_evil surrogate '\ud800'
want_evil control $'\001'
fault details:evil=utf8
get /ssl/v1/1001
if iconv -f UTF-8 -t UTF-8 "$T/body" >/dev/null 2>&1; then
	fail "valid UTF-8"
fi
fault collect:code=-183 collect:evil=ansi
get /ssl/v1/collect/1001
want_error 400 -183
want .description '"\u001b]0;owned\u0007\u001b[2J\u001b[31mred\u001b[0m"'
fault details:evil=newline/comments
get /ssl/v1/1001
want '[.comments, .status]' '["line one\r\nERROR line two\n<3>line three","Issued"]'
fault types:gzip-bomb=3
fetch "$BASE/ssl/v1/types" "${ADMIN[@]}"
[ "$(stat -c %s "$T/body")" -lt 30000 ] || fail "the bomb is too big"
size=$(gzip -dc <"$T/body" 2>/dev/null | wc -c || true)
[ "$size" -gt 3000000 ] || fail "the bomb unpacks to $size bytes"

# Time: later, never sooner; before the work or after it.
switches '--delay 300' '--fault types:delay=200'
start=$(date +%s%N)
get /ssl/v1/types
want_status 200
[ $(($(date +%s%N) - start)) -ge 500000000 ] || fail "no delay"
fault types:delay-after=300
start=$(date +%s%N)
get /ssl/v1/types
want_status 200
[ $(($(date +%s%N) - start)) -ge 300000000 ] || fail "no delay"

# The request log tells what struck, and holds no password.
echo 'se"cret' >"$T/password"
"$SIM" --dir "$D" add-login bob --password-file "$T/password"
fault customFields:status=500 || true
fault custom-fields:status=500
fetch "$PUBLIC/ssl/v1/customFields?a=b%20c" -H 'login: bob' -H 'Password: se"cret' \
	-H 'customerUri: example' -H $'X-Odd: \303\244'
want_status 500
same line "$(requests '.[-1] | [.method, .target, .operation, .login, .clientSerial, .status,
	.faults, .bodyLength, .body]')" '["GET","/api/ssl/v1/customFields?a=b%20c","custom-fields","bob",null,500,["custom-fields:status=500"],0,""]'
same headers "$(requests '.[-1].headers | map(select(.name | test("^(Password|X-Odd)$")))')" \
	$'[{"name":"Password","value":"***"},{"name":"X-Odd","value":"\303\244"}]'
! grep -q cret "$D/requests.jsonl" || fail "the password is in the log"
switches
printf '{"a":"\xff"}' >"$T/latin"
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H "$JSON_TYPE" --data-binary "@$T/latin"
same body "$(requests '.[-1] | [.body, .bodyBase64, .status]')" \
	"[null,\"$(base64 "$T/latin")\",400]"
enroll www
same body "$(requests '.[-1].body | fromjson' | jq -S -c .)" "$(jq -S -c . "$T/order.json")"
same serial "$(requests '.[-1].clientSerial')" \
	"\"$(openssl x509 -in "$T/admin.pem" -noout -serial | sed 's/serial=0*//')\""
# One connection, two requests; then another connection.
curl -sS --cacert "$D/ca.pem" "${ADMIN[@]}" "$BASE/ssl/v1/types" "$BASE/ssl/v1/types" >"$T/body"
get /ssl/v1/types
same connections "$(requests '.[-3:] | [.[0].connection == .[1].connection,
	.[1].connection == .[2].connection, map(.number)]')" '[true,false,[1,2,1]]'
