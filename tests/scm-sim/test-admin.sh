#!/bin/bash
# The caller's own password, and notifications.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

sim_start
add_admin
printf 'first-Pass1' >"$T/pw"
"$SIM" --dir "$D" add-login bob --password-file "$T/pw"

# as PASSWORD METHOD PATH [JSON]: a call of bob's
as() {
	local password=$1 method=$2 path=$3
	shift 3
	fetch "$PUBLIC$path" -X "$method" -H 'login: bob' -H "password: $password" \
		-H 'customerUri: example' -H "$JSON_TYPE" ${1+-d "$1"}
}

# change NEW: asks for another password
change() {
	as first-Pass1 POST /admin/v1/changepassword "{\"newPassword\":\"$1\"}"
}

as first-Pass1 GET /admin/v1/password
want '[.state, (.expirationDate | test("^20[0-9-]{8}$"))]' '["ALIVE",true]'
change first-Pass1
want_error 400 -220
change Sh0rt
want_error 400 -976 'New password must be between 8 and 32 characters.'
change "$(printf 'a1%.0s' {1..17})"
want_error 400 -976
change 'Bob-1234567'
want_error 400 -982
change onlyletters
want_error 400 -7306
change second-Pass2
want_status 204
[ ! -s "$T/body" ] || fail "204 with a body"
as first-Pass1 GET /admin/v1/password
want_error 401 -16
as second-Pass2 GET /admin/v1/password
want_status 200
! grep -q second-Pass2 "$D/requests.jsonl" || fail "a password in the log"
call POST /admin/v1/changepassword '{}'
want_error 400 -1001
jq '(.logins[] | select(.login == "bob")).passwordState = "EXPIRED"' "$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
as second-Pass2 GET /ssl/v1/types
want_error 401 -16

# Notifications.
N=/notification/v1
get $N/types
want 'index("SSLExpiration") != null and index("DCVNeeded") != null' true
get $N
want . '[]'
want_header X-Total-Count 0
call POST $N '{"description":"one","active":true,"type":"SSLRevoked",
	"orgData":{"selectedOrgType":"SELECTED","orgDelegations":[1234]},
	"recipientData":{"notifyRoles":["MRAO"],"recipients":[{"type":"EMAIL","value":"a@example.com"}]},
	"additionalData":{"certTypeId":1018,"days":0,"freq":"ONCE"}}'
want_status 201
want_header Location "https://localhost:$PORT/api$N/57"
get "$N?id=57&description=one&orgId=1234&selectedOrgType=SELECTED&type=SSLRevoked&certTypeId=1018"
want_header X-Total-Count 1
want '.[0] | [.id, .active, .createdBy]' '[57,true,"admin"]'
get "$N?orgId=2000"
want . '[]'
call PUT $N/57 '{"description":"two","active":false}'
want_status 200
want '[.description, .active, .type, .modifiedBy]' '["two",false,"SSLRevoked","admin"]'
call POST $N '{"description":"x","type":"Pigeon","orgData":{},"recipientData":{}}'
want_error 400 -9 'Unknown notification type: Pigeon'
call POST $N '{"description":"x","type":"SSLRevoked","orgData":[],"recipientData":{}}'
want_error 400 -1002
call POST $N '{"type":"SSLRevoked"}'
want_error 400 -1001
call DELETE $N/57
want_status 200
call DELETE $N/57
want_error 404 -1

# Refused logins are counted until one is right; a client that goes on trying is locked out.
rm -f "$D/switches"
jq '(.logins[] | select(.login == "bob")).passwordState = "NEVER_EXPIRE"' "$D/account.json" \
	>"$T/new"
mv "$T/new" "$D/account.json"
refusals() {
	ledger 'map(select(.event == "login-refused" and .login == "bob") | .failedAttempts)'
}
before=$(refusals | jq -c length)
as wrong GET /ssl/v1/types
as wrong GET /ssl/v1/types
as second-Pass2 GET /ssl/v1/types
want_status 200
as wrong GET /ssl/v1/types
same "attempts" "$(refusals | jq -c ".[$before:]")" '[2,3,1]'
switches '--lock-after 2'
as second-Pass2 GET /ssl/v1/types
want_status 200
for _ in 1 2; do
	as wrong GET /ssl/v1/types
	want_error 401 -16
done
want_header Content-Length 41
as second-Pass2 GET /ssl/v1/types
want_error 401 -16
get /ssl/v1/types
want_status 200
sim_stop
sim_start
as second-Pass2 GET /ssl/v1/types
want_status 200
