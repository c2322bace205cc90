#!/bin/bash
# Renewals, replacements, changes and locations of orders.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# body NAME [JQ-FILTER]: {"csr"} of $T/NAME.csr, changed by the filter.
body() {
	jq -c -n --rawfile csr "$T/$1.csr" "{csr: \$csr} | ${2:-.}"
}

# replacement NAME [JQ-FILTER]: a body for replace.
replacement() {
	body "$1" "{csr, reason: \"new key\"} | ${2:-.}"
}

# spki FILE: the SHA-256 of the key in a PEM certificate.
spki() {
	openssl x509 -in "$1" -noout -pubkey | sha256sum
}

key_of() {
	openssl pkey -in "$T/$1.key" -pubout | sha256sum
}

# want_key NAME: collect gives a certificate for that key.
want_key() {
	get "/ssl/v1/collect/$ID?format=x509CO"
	want_status 200
	same "key" "$(spki "$T/body")" "$(key_of "$1")"
}

sim_start
add_admin
make_csr www
make_csr new
make_csr other /CN=other.example.com
make_csr rsa /CN=www.example.com -newkey rsa:2048
make_csr foreign /CN=www.example.edu

# Renewal by id: an object is wanted; what is not said is taken from the old order.
order www '.subjAltNames = "a.example.com" | .comments = "tag" | .term = 199
	| .externalRequester = "a@example.com" | .customFields = [{"name": "Owner", "value": "o"}]'
old=$ID
renew_id=$(jq -r .renewId "$T/body")
for empty in '' '""' '[]' 'null'; do
	call POST "/ssl/v1/renewById/$old" "$empty"
	want_error 400 -1002 'Cannot parse message body'
done
get "/ssl/v1/$old"
want '[.renewed, .renewedDate]' '[false,null]'
call POST "/ssl/v1/renewById/$old" '{}'
want_status 200
want keys '["sslId"]'
ID=$(jq .sslId "$T/body")
same "new id" "$ID" $((old + 1))
want_key www
get "/ssl/v1/$ID"
want '[.status, .commonName, .subjectAlternativeNames, .comments, .term, .externalRequester]' \
	'["Issued","www.example.com",["www.example.com","a.example.com"],"tag",199,"a@example.com"]'
want .customFields '[{"name":"Owner","value":"o"}]'
get "/ssl/v1/$old"
want '[.status, .renewed]' '["Issued",true]'
want '.renewedDate | test("^[0-9]{2}/[0-9]{2}/20[0-9]{2}$")' true
same "ledger" "$(ledger 'map(select(.renews)) | map([.event, .sslId, .renews])')" \
	"[[\"accepted\",$ID,$old]]"
call POST "/ssl/v1/renewById/$old" "$(body new '. + {dcvMode: "EMAIL", dcvEmail: "a@example.com"}')"
want_status 200
ID=$(jq .sslId "$T/body")
want_key new

# Renewal by renew id: no id comes back, a list has to tell.
call POST "/ssl/v1/renew/$renew_id" "$(body rsa)"
want_status 204
[ ! -s "$T/body" ] || fail "204 with a body"
get '/ssl/v1?size=200&position=0&commonName=www.example.com'
ID=$(jq 'map(.sslId) | max' "$T/body")
same "new id" "$ID" $((old + 3))
want_key rsa
call POST "/ssl/v1/renew/frob" '{}'
want_error 400 -123 'SSL Certificate to renew is invalid (null)'

# Refused renewals leave no trace.
count=$(ledger length)
call POST /ssl/v1/renewById/9999 '{}'
want_error 400 -124 'Wrong SSL certificate id 9999.'
call POST "/ssl/v1/renewById/$old" '{"csr":7}'
want_error 400 -1002
call POST "/ssl/v1/renewById/$old" '{"csr":"AAAA"}'
want_status 400
call POST "/ssl/v1/renewById/$old" '{"dcvMode":"PIGEON"}'
want_error 400 -1002
call POST "/ssl/v1/renewById/$old" "$(body foreign)"
want_error 400 -1010
cp "$D/account.json" "$T/account"
jq '(.profiles[] | select(.id == 1018)).renewable = false' "$T/account" >"$T/new"
mv "$T/new" "$D/account.json"
call POST "/ssl/v1/renewById/$old" '{}'
want_error 400 -180 "This SSL Certificate Profile doesn't allow renew"
call POST "/ssl/v1/renew/$renew_id" '{}'
want_error 400 -180
get /ssl/v1/types
want 'map(has("renewable")) | any' false
mv "$T/account" "$D/account.json"
call POST "/ssl/v1/revoke/$ID" '{"reasonCode":4,"reason":"gone"}'
call POST "/ssl/v1/renewById/$ID" '{}'
want_error 400 -105 'Error was occurred while renewing cert. Status = Revoked'
same "events" "$(ledger length)" $((count + 1))
switches '--fault renew:reset-after-accept:1'
broken POST "/ssl/v1/renewById/$old" -H "$JSON_TYPE" -d '{}'
get '/ssl/v1?size=200&position=0'
want length 5
rm "$D/switches"

# Marked as renewed: bookkeeping.
order www
call POST "/ssl/v1/renew/manual/$ID" '{}'
want_error 400 -1001
call POST "/ssl/v1/renew/manual/$ID" '{"id":9999}'
want_error 400 -123
call POST "/ssl/v1/renew/manual/$ID" "{\"id\":$old}"
want_status 204
get "/ssl/v1/$ID"
want .renewed true
order www
call POST "/ssl/v1/renew/manual/$ID" "{\"orderNumber\":\"$((old + 7000000))\"}"
want_status 204

# Replacement: refused when anything is missing or of the wrong type.
order www '.subjAltNames = "a.example.com"'
id=$ID
path=/ssl/v1/replace/$id
get "/ssl/v1/$ID"
serial=$(jq -r .serialNumber "$T/body")
expires=$(jq -r .expires "$T/body")
count=$(ledger length)
call POST "$path" "$(replacement new 'del(.csr)')"
want_error 400 -1001 "Value of 'csr' must not be null."
call POST "$path" "$(replacement new 'del(.reason)')"
want_error 400 -1001 "Value of 'reason' must not be null."
call POST "$path" "$(replacement new '.reason = ""')"
want_error 400 -1601
call POST "$path" "$(replacement new '.reason = ("x" * 513)')"
want_error 400 -1601
call POST "$path" "$(replacement new '.subjectAlternativeNames = "b.example.com"')"
want_error 400 -1002
call POST "$path" "$(replacement new '.subjectAlternativeNames = [7]')"
want_error 400 -1002
call POST "$path" "$(replacement new '.commonName = "frob.example.com"')"
want_error 400 -1601
call POST "$path" "$(replacement new '.subjectAlternativeNames = ["www.example.edu"]')"
want_error 400 -1010
call POST /ssl/v1/replace/9999 "$(replacement new)"
want_error 400 -124
same "events" "$(ledger length)" "$count"

# The old certificate stays until the new one is issued; a CA that refuses changes nothing.
for status in Issued Applied Replaced; do
	switches '--issue-time never' "--replacing $status"
	call POST "$path" "$(replacement new '.subjectAlternativeNames = ["b.example.com"]
		| .commonName = "www.example.com"')"
	want_status 204
	[ ! -s "$T/body" ] || fail "204 with a body"
	want_key www
	get "/ssl/v1/$id"
	want '[.status, .serialNumber, .subjectAlternativeNames]' \
		"[\"$status\",\"$serial\",[\"www.example.com\",\"a.example.com\"]]"
	call POST "$path" "$(replacement new)"
	want_error 400 -130
	switches '--issue-time never' "--reject $id"
	get "/ssl/v1/$id"
	want '[.status, .serialNumber]' "[\"Issued\",\"$serial\"]"
	same "last event" "$(ledger '.[-1].event')" '"rejected"'
done

# Then the new one is in its place, with its names, for the rest of the time, also after a restart.
switches '--issue-time never'
call POST "$path" "$(replacement new '.subjectAlternativeNames = ["b.example.com"]')"
sim_stop
sim_start --issue-time never
want_key www
rm "$D/switches"
switches '--issue-time 0'
want_key new
get "/ssl/v1/$id"
want '[.status, .sslId, .subjectAlternativeNames, .expires]' \
	"[\"Issued\",$id,[\"www.example.com\",\"b.example.com\"],\"$expires\"]"
want '.replaced | test("^[0-9]{2}/[0-9]{2}/20[0-9]{2}$")' true
[ "$(jq -r .serialNumber "$T/body")" != "$serial" ] || fail "the same serial number"
call POST "/ssl/v1/revoke/serial/$serial" '{"reasonCode":4,"reason":"x"}'
want_error 400 -5101
call POST "$path" "$(replacement rsa)"
want_status 204
want_key rsa
same "replacements" "$(ledger "map(select(.event == \"replacing\" and .sslId == $id)) | length")" 5
call POST "/ssl/v1/revoke/$id" '{"reasonCode":4,"reason":"x"}'
want_status 204
call POST "$path" "$(replacement new)"
want_error 400 -130 "SSL state is not 'ISSUED': Revoked"

# PUT changes notes at any time, and what was ordered before the CA has it.
order www
call PUT /ssl/v1 '{"comments":"x"}'
want_error 400 -1001 "Value of 'sslId' must not be null."
call PUT /ssl/v1 '{"sslId":9999}'
want_error 400 -124
call PUT /ssl/v1 "{\"sslId\":$ID,\"comments\":\"deployed\",\"externalRequester\":\"b@example.com\",
	\"customFields\":[{\"name\":\"Owner\",\"value\":\"p\"}],\"suspendNotifications\":true}"
want_status 200
want '[.id, .comments, .externalRequester, .customFields, .suspendNotifications, .status]' \
	"[$ID,\"deployed\",\"b@example.com\",[{\"name\":\"Owner\",\"value\":\"p\"}],true,\"Issued\"]"
call PUT /ssl/v1 "{\"sslId\":$ID,\"comments\":7}"
want_error 400 -1002
call PUT /ssl/v1 "{\"sslId\":$ID,\"externalRequester\":\"frob\"}"
want_error 400 -1601
call PUT /ssl/v1 "{\"sslId\":$ID,\"term\":90}"
want_error 400 -1601 "Field 'term' has invalid value."
call PUT /ssl/v1 "{\"sslId\":$ID}"
want .comments '"deployed"'
switches --approval '--issue-time 0'
order www
call PUT /ssl/v1 "{\"sslId\":$ID,\"term\":7}"
want_error 400 -36
call PUT /ssl/v1 "$(body new ". + {sslId: $ID, term: 365, subjectAlternativeNames: [\"c.example.com\"]}")"
want_status 200
want '[.status, .term, .subjectAlternativeNames]' \
	'["Requested",365,["www.example.com","c.example.com"]]'
call POST "/ssl/v1/approve/$ID" '{"message":"fine"}'
want_key new

# Ordered certificates cannot be deleted.
call DELETE "/ssl/v1/$ID"
want_error 400 -3
call DELETE /ssl/v1/9999
want_error 400 -124

# Locations.
get "/ssl/v1/$ID/location"
want . '[]'
for wrong in '{}:-1001' '{"details":"x"}:-1002' '{"details":{"a":7}}:-1002'; do
	call POST "/ssl/v1/$ID/location" "${wrong%:*}"
	want_error 400 "${wrong##*:}"
done
call POST "/ssl/v1/$ID/location" '{"details":{"host":"web1","path":"/etc/tls"}}'
want_status 201
[ ! -s "$T/body" ] || fail "201 with a body"
want_header Location "https://localhost:$PORT/api/ssl/v1/$ID/location/1"
call POST "/ssl/v1/$ID/location" '{"details":{"host":"web2"}}'
want_header Location "https://localhost:$PORT/api/ssl/v1/$ID/location/2"
get "/ssl/v1/$ID/location"
want 'map([.id, .locationType, .name, .details.host])' '[[1,"CUSTOM","","web1"],[2,"CUSTOM","","web2"]]'
call PUT "/ssl/v1/$ID/location/1" '{"details":{"host":"web3"}}'
want_status 200
call DELETE "/ssl/v1/$ID/location/2"
want_status 204
get "/ssl/v1/$ID/location/2"
want_status 404
call DELETE "/ssl/v1/$ID/location/2"
want_status 404
sim_stop
sim_start
get "/ssl/v1/$ID/location/1"
want . '{"id":1,"locationType":"CUSTOM","name":"","details":{"host":"web3"}}'
call POST "/ssl/v1/$ID/location" '{"details":{}}'
want_header Location "https://localhost:$PORT/api/ssl/v1/$ID/location/3"
