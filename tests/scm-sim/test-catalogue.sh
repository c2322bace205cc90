#!/bin/bash
# What the account holds: profiles, custom fields, organizations, domains; paths and paging.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

sim_start
add_admin

for version in v1 v2; do
	get /ssl/$version/types
	want_status 200
	want_header Content-Type 'application/json;charset=UTF-8'
	want '.[0] | keys' \
		'["description","id","keyTypes","name","terms","useSecondaryOrgName"]'
	want '.[0].terms' '[90,199,365]'
	want '.[0].keyTypes.EC' '["P-256","P-384","P-521"]'
	want 'map(.id)' '[1018,1019,1020,1021,1022]'
done
get '/ssl/v1/types?organizationId=1234'
want 'map(.id)' '[1018,1019,1020,1021]'
get '/ssl/v1/types?organizationId=1235'
want 'map(.id)' '[1018,1019,1020,1021]'
get '/ssl/v1/types?organizationId=2000'
want 'map(.id)' '[1018,1019,1020,1021,1022]'
get '/ssl/v1/types?organizationId=99'
want_error 400 -1023 "Organization '99' not found."
get '/ssl/v1/types?organizationId=x'
want_error 400 -1601
get /ssl/v1/customFields
want_status 200
want '.[0]' '{"id":54,"name":"Cost centre","mandatory":false}'

get /organization/v1
want_status 200
want 'map(.id)' '[1234,2000,3000]'
want '.[0].departments' '[{"id":1235,"parentName":"Example Org","name":"Web"}]'
get /organization/v1/1234
want '[.name, .sslCertsApiEnabled, .country]' '["Example Org",true,"GB"]'
want '.departments[0].id' 1235
get /organization/v1/3000
want .sslCertsApiEnabled false
get /organization/v1/99
want_error 404 -1023 "Organization '99' not found."

get '/domain/v1?size=200&position=0'
want_header X-Total-Count 12
want length 12
want '.[0]' '{"id":400,"name":"example.com"}'
get /domain/v1
want length 10
want_header X-Total-Count 12
get '/domain/v1?size=5&position=10'
want 'map(.id)' '[412,413]'
get '/domain/v1?size=5&position=12'
want . '[]'
want_header X-Total-Count 12
get '/domain/v1?size=0'
want . '[]'
get '/domain/v1?name=example.com&size=&position='
want 'map(.id)' '[400]'
get '/domain/v1?state=inactive'
want 'map(.id)' '[412]'
get '/domain/v1?orgId=1235&size=200'
want length 11
for query in size=201 size=-1 size=x position=-1 position=99999999999999999999; do
	get "/domain/v1?$query"
	want_error 400 -1601
done
fetch "$BASE/domain/v1?size=3" "${ADMIN[@]}" --head
want_status 200
want_header X-Total-Count 12
get /domain/v1/400
want '[.name, .delegationStatus, .state, .validationStatus, .validationMethod]' \
	'["example.com","ACTIVE","ACTIVE","VALIDATED","CNAME"]'
want '.delegations[0]' '{"orgId":1234,"certTypes":["SSL"],"domainCertificateRequestPrivileges":["DOMAIN","SUBDOMAIN"],"status":"ACTIVE"}'
want '.dcvExpiration | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")' true
get '/domain/v1/400?dateFormat=us'
want '.dcvExpiration | test("^[0-9]{2}/[0-9]{2}/20[0-9]{2}$")' true
get '/domain/v1/400?dateFormat=iso_hms'
want '.dcvExpiration | test("^20[0-9-]{8}T[0-9:]{8}[.][0-9]{3}Z$")' true
get '/domain/v1/400?dateFormat=dd%20MM%20%27of%27%20yyyy'
want '.dcvExpiration | test("^[0-9]{2} [0-9]{2} of 20[0-9]{2}$")' true
get '/domain/v1/400?dateFormat=nonsense'
want '.dcvExpiration | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")' true
get /domain/v1/410
want '[.validationStatus, .dcvExpiration]' '["NOT_VALIDATED",null]'
get /domain/v1/413
want '.delegations | map(.orgId)' '[2000]'
get /domain/v1/999
want_error 404 -727

# Paths: a trailing slash is as good as none; unknown ones are not there.
get /ssl/v1/
want_status 200
for path in /ssl/v3/types /ssl/v1/frob /ssl/v1/-1 /ssl/v1/collect /ssl/v1/collect/x \
	/ssl/v1/1/2/3 /organization/v1/x / /ssl /ssl/v1/9999999999999999999999; do
	get "$path"
	want_error 404 -1
done
call DELETE /ssl/v1/types
want_error 405 -1
call GET /ssl/v1/enroll
want_error 405 -1
fetch "https://localhost:$PORT/elsewhere" "${ADMIN[@]}"
want_error 404 -1
fetch "https://localhost:$PORT/" "${ADMIN[@]}"
want_error 404 -1

# The account may be edited while the server runs, and a broken one is told.
jq '.profiles = []' "$D/account.json" >"$T/new"
cp "$D/account.json" "$T/good"
mv "$T/new" "$D/account.json"
get /ssl/v1/types
want . '[]'
echo '{' >"$T/new"
mv "$T/new" "$D/account.json"
get /ssl/v1/types
want_status 500
want '.description | test("account.json")' true
mv "$T/good" "$D/account.json"
get /ssl/v1/types
want length 5
