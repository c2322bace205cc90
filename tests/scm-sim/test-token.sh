#!/bin/bash
# OAuth2 client credentials: the token endpoint, what its tokens open, and how both go wrong.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# ask [CURL-ARGUMENT...]: a call of the token endpoint.
ask() {
	fetch "https://localhost:$PORT$TOKEN_PATH" "$@"
}

# refused STATUS ERROR [CURL-ARGUMENT...]
refused() {
	ask "${@:3}"
	want_status "$1"
	want .error "\"$2\""
	want_header Content-Type application/json
}

# with TOKEN PATH [CURL-ARGUMENT...]: a call with a bearer token.
with() {
	fetch "$PUBLIC$2" -H "Authorization: Bearer $1" "${@:3}"
}

# want_challenge ERROR: a 401 that names the token endpoint.
want_challenge() {
	want_error 401 -16 'Unknown user'
	want_header WWW-Authenticate "Bearer realm=\"apiclients\", $1authorization_uri=$(
	)\"https://localhost:$PORT$TOKEN_PATH\""
}

printf 'p&ss wörd+%%\n' >"$T/secret"
secret=$(cat "$T/secret")
expired='error="invalid_token", error_description="Token is not active", '
sim_start
add_admin
"$SIM" --dir "$D" add-client key --secret-file "$T/secret"
"$SIM" --dir "$D" add-client dept --secret-file "$T/secret" --organization 1235
"$SIM" --dir "$D" add-client rest --secret-file "$T/secret" --organization 1234 \
	--profile 1018 --term 90

# Whoever comes without credentials learns where tokens are; who tried a login does not.
fetch "$PUBLIC/ssl/v1/types"
want_challenge ''
uri=$(tr -d '\r' <"$T/headers" | sed -n 's/.*authorization_uri="\(.*\)"/\1/p')
fetch "$BASE/ssl/v1/types"
want_challenge ''
fetch "$PUBLIC/ssl/v1/types" -H 'login: bob' -H 'password: x' -H 'customerUri: example'
want_error 401 -16
want_header WWW-Authenticate ''

# A token, and what it opens.
fetch "$uri" -d grant_type=client_credentials -d client_id=key --data-urlencode "client_secret=$secret"
want_status 200
want_header Content-Type application/json
want_header Cache-Control no-store
want '[.expires_in, .token_type]' '[300,"Bearer"]'
want '.access_token | length > 1000' true
first=$(jq -r .access_token "$T/body")
with "$first" /ssl/v1/types
want_status 200
with "$first" /organization/v1 -H 'customerUri: example'
want_status 200
fetch "$BASE/ssl/v1/types" -H "Authorization: bearer $first"
want_status 200
make_csr www
with "$first" /ssl/v1/enroll -H "$JSON_TYPE" -d "$(order_json www)"
want_status 200
ID=$(jq .sslId "$T/body")
with "$first" "/ssl/v1/$ID"
want '[.requester, .status]' '["key","Issued"]'
with "$first" "/ssl/v1/collect/$ID"
want_status 200
with "$first" "/no/such/path"
want_error 404 -1

# Several are valid at once, each random.
token key "$secret"
[ "$TOKEN" != "$first" ] || fail "the same token twice"
for each in "$first" "$TOKEN"; do
	with "$each" /ssl/v1/types
	want_status 200
done

# What is not open to a token.
with "$first" /ssl/v1/types -H 'login: admin'
want_challenge "$expired"
with "$first" /ssl/v1/types -H 'password: x'
want_challenge "$expired"
with "$first" /ssl/v1/types -H 'customerUri: other'
want_challenge "$expired"
with "${first}x" /ssl/v1/types
want_challenge "$expired"
with '' /ssl/v1/types
want_challenge "$expired"
fetch "$PUBLIC/ssl/v1/types" -H "Authorization: Basic $(printf 'key:%s' "$secret" | base64 -w0)"
want_challenge "$expired"
token dept "$secret"
with "$TOKEN" "/ssl/v1/$ID"
want_error 404 -5101
with "$TOKEN" /ssl/v1/enroll -H "$JSON_TYPE" -d "$(order_json www)"
want_error 400 -37
token rest "$secret"
with "$TOKEN" /ssl/v1/types
want_error 401 -16

# The endpoint's refusals.
good=(-d grant_type=client_credentials -d client_id=key)
refused 401 invalid_client "${good[@]}" -d client_secret=wrong
refused 401 invalid_client "${good[@]}" -d client_secret=
refused 401 invalid_client "${good[@]}"
refused 401 invalid_client -d grant_type=client_credentials -d client_id=eve -d client_secret=x
refused 401 invalid_client -d grant_type=client_credentials
refused 401 invalid_client -d grant_type=client_credentials -d client_id=admin -d client_secret=
refused 400 unsupported_grant_type -d grant_type=password -d client_id=key -d client_secret=x
refused 400 invalid_request -d client_id=key -d client_secret=x
refused 400 invalid_request -d 'grant_type=%zz'
refused 400 invalid_request -d ''
refused 415 'HTTP 415 Unsupported Media Type' -H "$JSON_TYPE" -d '{}'
ask
want_status 405
ask -d x=1 -X PUT
want_status 405
fetch "https://localhost:$PORT/auth/realms/other" -d x=1
want_status 404
fetch "https://localhost:$PORT/private$TOKEN_PATH" -d x=1
want_status 404
fetch "https://localhost:$PORT/api$TOKEN_PATH" -d x=1
want_challenge ''

# Their end: by lifetime, by a fault, with the client, with the server.
switches '--token-lifetime 0'
token key "$secret"
want .expires_in 0
with "$TOKEN" /ssl/v1/types
want_challenge "$expired"
with "$first" /ssl/v1/types
want_status 200
switches '--token-lifetime 60' '--fault token:lives=0:1'
token key "$secret"
want .expires_in 60
with "$TOKEN" /ssl/v1/types
want_challenge "$expired"
token key "$secret"
with "$TOKEN" /ssl/v1/types
want_status 200
switches '--fault any:status=401:1'
with "$TOKEN" /ssl/v1/types
want_error 401 -16
with "$TOKEN" /ssl/v1/types
want_status 200
jq 'del(.clients[] | select(.clientId == "key"))' "$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
with "$TOKEN" /ssl/v1/types
want_challenge "$expired"
"$SIM" --dir "$D" add-client key --secret-file "$T/secret"
with "$TOKEN" /ssl/v1/types
want_status 200

# Faults of the endpoint.
switches '--fault token:status=401:1' '--fault token:status=500:1+1' '--fault token:html:2+1' \
	'--fault token:retype=string/expires_in:3+1' '--fault token:unavailable=7:4+1'
right=("${good[@]}" --data-urlencode "client_secret=$secret")
refused 401 invalid_client "${right[@]}"
refused 500 unknown_error "${right[@]}"
ask "${right[@]}"
want_status 200
grep -q '<html>' "$T/body" || fail "no HTML"
ask "${right[@]}"
want '.expires_in | type' '"string"'
ask "${right[@]}"
want_status 503
want_header Retry-After 7
ask "${right[@]}"
want_status 200

# No secret and no token reaches the log; the log tells tokens fetched.
grep -qF -e "$first" -e "$secret" -e 'p%26ss' "$D/requests.jsonl" && fail "a secret in the log"
same "bodies" "$(requests 'map(select(.operation == "token" and .status == 200).body) | unique')" \
	"[\"grant_type=client_credentials&client_id=dept&client_secret=***\",$(
	)\"grant_type=client_credentials&client_id=key&client_secret=***\",$(
	)\"grant_type=client_credentials&client_id=rest&client_secret=***\"]"
sim_stop
rm "$D/switches"
sim_start
with "$first" /ssl/v1/types
want_challenge "$expired"

# An account that was made before there were clients.
jq 'del(.clients)' "$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
refused 401 invalid_client "${right[@]}"
"$SIM" --dir "$D" add-client key --secret-file "$T/secret"
token key "$secret"
with "$TOKEN" /ssl/v1/types
want_status 200
