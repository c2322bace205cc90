#!/bin/bash
# The smaller calls: an order's validation, custom fields v2, persons, the report.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

sim_start
add_admin
make_csr www
order www

get "/ssl/v1/$ID/dcv"
want_status 200
want '[.dcvLog.error.code, .dcvLog.log[0].dcvStatus, .dcvLog.log[0].domainName]' \
	'[0,"Validated","www.example.com"]'
want '.instructions[0] | [.domainName, .dcvMode]' '["www.example.com","CNAME"]'
want '.instructions[0].host | test("^_[0-9A-F]{32}[.]www[.]example[.]com[.]$")' true
want '.instructions[0].point | test("^[0-9A-F]{32}[.][0-9A-F]{32}[.]sectigo[.]com[.]$")' true
call POST "/ssl/v1/$ID/dcv/recheck"
want_status 202
want 'keys' '["dcvLog"]'
get /ssl/v1/9999/dcv
want_error 400 -124

jq '.customFields[0].mandatory = true | .persons = [{id: 51, email: "a@example.com"}]' \
	"$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
get '/customField/v2?certType=SSL'
want_status 200
want 'map([.name, .certType, .mandatories])' \
	'[["Cost centre","ssl",["ADMIN_UI","WEB_FORM","REST_API","SOAP_API"]],["Owner","ssl",[]]]'
want '.[0].input' '{"type":"TEXT_SINGLE_LINE"}'
get /customField/v1/ssl
want 'map([.name, .mandatory, has("mandatories")])' \
	'[["Cost centre",true,false],["Owner",false,false]]'
get /customField/v2/55
want '[.id, .name]' '[55,"Owner"]'
get /customField/v2/99
want_error 404 -135
get '/customField/v2?certType=DEVICE'
want . '[]'

get /person/v1/id/byEmail/a@example.com
want . '{"personId":51}'
get /person/v1/id/byEmail/b@example.com
want_error 404 -105 'Person with e-mail: b@example.com was not found'

call POST /report/v1/ssl-certificates '{"certificateStatus":2,"organizationIds":[1234]}'
want_status 200
want '[.statusCode, (.reports | map([.id, .status]))]' "[0,[[$ID,\"Issued\"]]]"
for none in '{"certificateStatus":3}' '{"organizationIds":[2000]}'; do
	call POST /report/v1/ssl-certificates "$none"
	want .reports '[]'
done
call POST /report/v1/ssl-certificates '{"organizationIds":7}'
want_error 400 -1002
