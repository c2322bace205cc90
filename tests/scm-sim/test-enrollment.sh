#!/bin/bash
# The Enrollment API: REST accounts, string ids, arrays of names, and 404 while pending.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# rest METHOD PATH [JSON]: a call of the REST account.
rest() {
	fetch "https://localhost:$PORT/api/v1/certificates$2" -X "$1" \
		-H "Authorization: Bearer $TOKEN" \
		${3+-H "Content-Type: application/json" -d "$3"}
}

# body NAME [JQ-FILTER]: {"csr"}, the base64 on one line, changed by the filter.
body() {
	grep -v -- -- "$T/$1.csr" | tr -d '\n' | jq -c -R "{csr: .} | ${2:-.}"
}

# rest_order NAME [JQ-FILTER]: orders, must be accepted; the id in ID.
rest_order() {
	rest POST '' "$(body "$@")"
	want_status 200
	ID=$(jq -r .certId "$T/body")
}

want_key() {
	rest GET "/$ID"
	want_status 200
	same "key" "$(openssl x509 -in "$T/body" -noout -pubkey)" \
		"$(openssl pkey -in "$T/$1.key" -pubout)"
}

echo secret >"$T/secret"
sim_start
add_admin
"$SIM" --dir "$D" add-client rest --secret-file "$T/secret" --organization 1234 \
	--profile 1018 --term 199
"$SIM" --dir "$D" add-client two --secret-file "$T/secret" --organization 2000 \
	--profile 1022 --term 90
"$SIM" --dir "$D" add-client key --secret-file "$T/secret"
make_csr www
make_csr new
make_csr big /CN=www.example.com -newkey rsa:3072

# Only REST accounts come in, by their tokens, whatever the host name says.
fetch "https://localhost:$PORT/api/v1/certificates/x"
want_error 401 -16
tr -d '\r' <"$T/headers" | grep -qi "^www-authenticate: .*$TOKEN_PATH" || fail "no token endpoint"
fetch "https://localhost:$PORT/private/api/v1/certificates/x" "${ADMIN[@]}"
want_error 401 -16
token key secret
rest GET /x
want_error 401 -16
token two secret
other=$TOKEN
token rest secret
rest GET /x
want_error 404 -5101
fetch "https://localhost:$PORT/api/v1/certificates/x" -H "Authorization: Bearer $TOKEN" \
	-H 'Host: example.enroll.enterprise.sectigo.com'
want_error 404 -5101

# An order: the account says for whom, which profile and how long.
rest_order www '. + {subjAltNames: ["a.example.com", "192.0.2.1"], comments: "tag",
	externalRequester: "a@example.com", customFields: {Owner: "o"}}'
want keys '["certId"]'
want '.certId | type' '"string"'
first=$ID
same accepted "$(ledger '.[0] | [.certId, .login, .orgId, .profile, .term, .comments, .sans]')" \
	"[\"$ID\",\"rest\",1234,1018,199,\"tag\",[\"www.example.com\",\"a.example.com\",\"192.0.2.1\"]]"
same fields "$(ledger '.[0].customFields')" '[{"name":"Owner","value":"o"}]'
want_key www
want_header Content-Type application/x-pem-file
rest GET "/$ID/status"
want_status 200
want . '{"status":"ISSUED","dcvInfo":{}}'
get '/ssl/v1?size=200&position=0'
want length 1
rest_order www '{csr, unknownMember: 7}'
body=$(jq -c -n --rawfile csr "$T/www.csr" '{csr: $csr}')
rest POST '' "$body"
want_status 200

# Refused orders.
count=$(ledger length)
rest POST '' '{}'
want_error 400 -1001 "Value of 'csr' must not be null."
rest POST '' '""'
want_error 400 -1002
rest POST '' "$(body www '. + {subjAltNames: "a.example.com"}')"
want_error 400 -1002
rest POST '' "$(body www '. + {subjAltNames: [7]}')"
want_error 400 -1002
rest POST '' "$(body www '. + {customFields: [{name: "Owner", value: "o"}]}')"
want_error 400 -1002
rest POST '' "$(body www '. + {customFields: {Owner: 7}}')"
want_error 400 -1002
rest POST '' "$(body www '. + {customFields: {Frob: "x"}}')"
want_error 400 -135
rest POST '' "$(body www '. + {comments: ("x" * 1025)}')"
want_error 400 -1601
rest POST '' "$(body www '. + {subjAltNames: ["www.example.edu"]}')"
want_error 400 -1010
save=$TOKEN
TOKEN=$other
rest POST '' "$(body big)"
want_status 400
rest GET "/$first"
want_error 404 -5101
TOKEN=$save
same "events" "$(ledger length)" "$count"
rest GET ''
want_status 405
rest PATCH "/$first"
want_status 405

# Pending is 404 with one of two codes.
switches '--issue-time never'
rest_order www
rest GET "/$ID"
want_error 404 -103 'Certificate has not been collected yet.'
rest GET "/$ID/status"
want .status '"APPLIED"'
rest POST "/$ID/dcv-recheck"
want_status 202
rest POST /x/dcv-recheck
want_error 404 -5101
switches '--issue-time never' '--not-ready -109'
rest GET "/$ID"
want_error 404 -109
switches '--collect-lag 100000'
rest GET "/$ID"
want_error 404 -103
rest GET "/$ID/status"
want .status '"ISSUED"'
switches '--issue-time never'
rest_order www
switches "--reject $(ledger 'map(.sslId) | max')"
rest GET "/$ID"
want_error 400 -183
rm "$D/switches"

# Renewal, with a body or without.
rest POST "/$first/renew"
want_status 200
ID=$(jq -r .certId "$T/body")
[ "$ID" != "$first" ] || fail "the same id"
same renews "$(ledger 'map(select(.event == "accepted")) | .[-1] | [.renews, .comments, .term]')" \
	'[1001,"tag",199]'
rest POST "/$first/renew" "$(body new '. + {comments: "c", subjAltNames: ["b.example.com"],
	email: "a@example.com", term: 90, dcvMode: "CNAME", customFields: {}, profileId: 1018}')"
want_status 200
ID=$(jq -r .certId "$T/body")
want_key new
same renews "$(ledger 'map(select(.event == "accepted")) | .[-1] | [.comments, .term, .sans]')" \
	'["c",90,["www.example.com","b.example.com"]]'
rest POST "/$first/renew" '{"profileId":1022}'
want_error 400 -111
rest POST "/$first/renew" '{"term":7}'
want_error 400 -36
rest POST "/$first/renew" '[]'
want_error 400 -1002
rest POST "/$first/renew" '{"subjAltNames":"b.example.com"}'
want_error 400 -1002
rest POST /x/renew '{}'
want_error 404 -5101

# Replacement: the same id; the old certificate stays until the new one is there.
rest POST "/$first/replace" '{}'
want_error 400 -1001
rest POST "/$first/replace" "$(body new '. + {subjAltNames: "b.example.com"}')"
want_error 400 -1002
switches '--issue-time never'
rest POST "/$first/replace" "$(body new '. + {subjAltNames: ["b.example.com"], comments: "c"}')"
want_status 200
want .certId "\"$first\""
ID=$first
want_key www
rm "$D/switches"
want_key new

# Revocation.
rest DELETE "/$first" '{"reasonCode":4}'
want_error 400 -1001 "Value of 'message' must not be null."
rest DELETE "/$first" '{"message":"x","reasonCode":2}'
want_error 400 -1601
rest DELETE "/$first"
want_error 400 -1002
rest DELETE /x '{"message":"x"}'
want_error 404 -5101
rest DELETE "/$first" '{"message":"moved","reasonCode":1}'
want_status 200
same revoked "$(ledger '.[-1] | [.event, .sslId, .reasonCode, .reason]')" '["revoked",1001,1,"moved"]'
rest GET "/$first"
want_error 400 -110
rest DELETE "/$first" '{"message":"x"}'
want_error 400 -159
rest_order www
rest DELETE "/$ID" '{"message":"x"}'
want_status 200
same "reason" "$(ledger '.[-1].reasonCode')" 0

# The same faults, by names of their own.
switches '--fault enr-enroll:reset-after-accept:1' '--fault enr-collect:chain=root-first:1' \
	'--fault enr-status:status=503:1' '--fault enr-renew:code=-14:1' \
	'--fault enr-replace:html:1' '--fault enr-revoke:status=500:1' '--fault enr-dcv-recheck:reset:1'
count=$(ledger 'map(select(.event == "accepted")) | length')
STATUS=0
curl -sS --cacert "$D/ca.pem" -H "Authorization: Bearer $TOKEN" -H "$JSON_TYPE" \
	-d "$(body www)" "https://localhost:$PORT/api/v1/certificates" 2>"$T/curl" || STATUS=$?
[ "$STATUS" -ne 0 ] || fail "no reset"
same "orders" "$(ledger 'map(select(.event == "accepted")) | length')" $((count + 1))
rest_order www
rest GET "/$ID"
want_status 200
openssl x509 -in "$T/body" -noout -subject | grep -qv 'CN = www' || fail "the leaf came first"
rest GET "/$ID/status"
want_status 503
rest POST "/$ID/renew"
want_error 400 -14
rest POST "/$ID/replace" "$(body new)"
want_status 200
grep -q '<html>' "$T/body" || fail "no HTML"
rest DELETE "/$ID" '{"message":"x"}'
want_status 500
rest GET "/$ID"
want_status 200

# Ids outlive a restart.
sim_stop
rm "$D/switches"
sim_start
token rest secret
want_key www
