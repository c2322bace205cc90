#!/bin/bash
# Organizations and departments: made, changed, validated and removed.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

sim_start
add_admin
make_csr www

for path in managedBy/MRAO managed-by/RAO_SSL report-type/SSL; do
	get "/organization/v1/$path"
	want 'map([.id, (.departments | length)])' '[[1234,1],[2000,0],[3000,0]]'
done
get /organization/v1/managedBy/DRAO_SSL
want . '[{"id":1235,"parentName":"Example Org","name":"Web"}]'
get /organization/v1/managed-by/NOBODY
want_error 400 -1601
get /organization/v1/report-type/Device
want . '[]'
get /organization/v1/1234
want '.clientCertificate | length' 3

call POST /organization/v1 '{"name":"Made","address1":"1 Road","city":"Town",
	"stateProvince":"Shire","postalCode":"1","country":"GB","sslCertsApiEnabled":true,
	"clientCertsApiEnabled":false,"contactEmails":"a@example.com"}'
want_status 201
want_header Location "https://localhost:$PORT/api/organization/v1/3001"
[ ! -s "$T/body" ] || fail "201 with a body"
get /organization/v1/3001
want '[.name, .stateOrProvince, .certTypes, .departments]' '["Made","Shire",["SSL"],[]]'
order www '.orgId = 3001'
call POST /organization/v1 '{"name":"Below","parentOrgName":"Made","sslCertsApiEnabled":false}'
want_status 201
get /organization/v1/3002
want '[.name, .parentName]' '["Below","Made"]'
enroll www '.orgId = 3002'
want_error 400 -1021
call PUT /organization/v1/3002 '{"name":"Under","alternativeName":"U","sslCertsApiEnabled":true}'
want_status 200
want '[.id, .name, .secondaryName]' '[3002,"Under","U"]'
order www '.orgId = 3002'
call POST /organization/v1 '{"name":"X","parentOrgName":"Nobody"}'
want_error 400 -1023
call POST /organization/v1 '{}'
want_error 400 -1001
call PUT /organization/v1/99 '{"name":"X"}'
want_error 404 -1023
call DELETE /organization/v1/3002
want_error 400 -1021
call POST /organization/v1 '{"name":"Empty"}'
call DELETE /organization/v1/3003
want_status 204
get /organization/v1/3003
want_error 404 -1023

# Validations.
V=/organization/v2/1234/validations
get $V
want . '[]'
call POST $V/submit '{"validationLevel":"EV_SSL","alternative":false,"backendId":1143}'
want_status 201
want_header Location "https://localhost:$PORT/api$V/230"
get $V
want '.[0]' '{"id":230,"validationLevel":"EV_SSL","status":"PENDING","alternative":false,"backendId":1143,"backendType":"SASP"}'
get $V/230
want '.organizationDetails.generalDetails | [.legalName, .city]' '["Example Org","Exampleton"]'
call POST $V/submit '{"validationLevel":"EV_SSL"}'
want_error 400 -1601
call POST $V/assignment '{"validationLevel":"OV_SSL","externalOrgId":"80","caBackendId":1133}'
want_status 201
call PUT $V/assignment/231 '{"externalOrgId":"58"}'
want_status 202
call PUT $V/230/validator '{"adminId":2040}'
want_status 202
call POST $V/230/sync
want_status 200
want '[.status, .validator.id]' '["PENDING",2040]'
jq '(.organizations[0].validations[0]) |= (.status = "VALIDATED" | .expires = "2030-01-01T00:00:00.000Z")' \
	"$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
get $V
want '.[] | select(.id == 230) | [.status, .expires]' '["VALIDATED","2030-01-01T00:00:00.000Z"]'
call PUT $V/230/revalidate '{"organizationDetails":{"generalDetails":{"legalName":"New"}}}'
want '[.status, .organizationDetails.generalDetails.legalName]' '["PENDING","New"]'
call DELETE $V/230
want_status 204
get $V/230
want_error 404 -1
get /organization/v2/9/validations
want_error 404 -1023
switches '--fault organization-write:status=503:1'
call DELETE /organization/v1/2000
want_status 503
get /organization/v1/2000
want_status 200
