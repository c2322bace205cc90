#!/bin/bash
# Domains: made, delegated, suspended, removed, and what each opens to orders.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

SSL='"certTypes":["SSL"],"domainCertificateRequestPrivileges":["SUBDOMAIN","DOMAIN"]'

sim_start
add_admin
"$SIM" --dir "$D" add-login rao --client-cert "$T/rao.pem" --organization 1234 --organization 2000
RAO=(--cert "$T/rao.pem" -H 'login: rao' -H 'customerUri: example' -H "$JSON_TYPE")
make_csr www /CN=new.example

get /domain/v1/count
want . '{"count":12}'
get '/domain/v1/count?name=example.com&size=10&position=0'
want . '{"count":1}'

call POST /domain/v1 "{\"name\":\"new.example\",\"description\":\"one\",\"active\":true,
	\"ctLogMonitoring\":{\"enabled\":true,\"includeSubdomains\":true,\"bucketId\":\"b\"},
	\"delegations\":[{\"orgId\":1234,$SSL}]}"
want_status 201
[ ! -s "$T/body" ] || fail "201 with a body"
want_header Location "https://localhost:$PORT/api/domain/v1/414"
get /domain/v1/414
want '[.name, .state, .validationStatus, .ctLogMonitoring.bucketId]' \
	'["new.example","ACTIVE","NOT_VALIDATED","b"]'
want .delegations '[{"orgId":1234,"certTypes":["SSL"],"domainCertificateRequestPrivileges":["SUBDOMAIN","DOMAIN"],"status":"ACTIVE"}]'
enroll www
want_error 400 -107
call POST /dcv/v1/validation/start/domain/http '{"domain":"new.example"}'
call POST /dcv/v1/validation/submit/domain/http '{"domain":"new.example"}'
want .status '"VALIDATED"'
order www
enroll www '.orgId = 2000'
want_error 400 -1010

call PUT /domain/v1/414/suspend
want_status 200
get /domain/v1/414
want .state '"SUSPENDED"'
enroll www
want_error 400 -715
call PUT /domain/v1/414/activate
want_status 200
call PUT /domain/v1/414/monitoring '{"enabled":false,"includeSubdomains":false,"bucketId":"c"}'
want_status 200
get /domain/v1/414
want '[.state, .ctLogMonitoring.enabled]' '["ACTIVE",false]'

# Who is bound to organizations requests, and somebody else decides.
fetch "$BASE/domain/v1/414/delegation" "${RAO[@]}" -d "{\"orgId\":2000,$SSL}"
want_status 200
get /domain/v1/414
want '.delegations | map([.orgId, .status])' '[[1234,"ACTIVE"],[2000,"REQUESTED"]]'
enroll www '.orgId = 2000'
want_error 400 -1010
fetch "$BASE/domain/v1/414/delegation/approve" "${RAO[@]}" -d '{"orgId":2000}'
want_error 400 -738
call POST /domain/v1/414/delegation/approve '{"orgId":2000}'
want_status 200
call POST /domain/v1/414/delegation/approve '{"orgId":2000}'
want_error 400 -705
call POST /domain/v1/414/delegation/approve '{"orgId":3000}'
want_error 400 -707
order www '.orgId = 2000'
call DELETE /domain/v1/414/delegation "{\"orgId\":2000,$SSL}"
want_status 200
fetch "$BASE/domain/v1/414/delegation" "${RAO[@]}" -d "{\"orgId\":2000,$SSL}"
call POST /domain/v1/414/delegation/reject '{"orgId":2000}'
want_status 200
get /domain/v1/414
want '.delegations | map(.orgId)' '[1234]'
call POST /domain/v1/delegation "{\"domainIds\":[414,400],\"orgId\":3000,\"certTypes\":[\"SMIME\",\"SSL\"]}"
want_status 200
get /domain/v1/400
want '.delegations | map(.orgId)' '[1234,2000,3000]'
call DELETE /domain/v1/400/delegation '{"orgId":3000,"certTypes":["SMIME"]}'
get /domain/v1/400
want '.delegations[2].certTypes' '["SSL"]'
call DELETE /domain/v1/400/delegation '{"orgId":3000}'
get /domain/v1/400
want '.delegations | map(.orgId)' '[1234,2000]'

# Refusals, and the end.
call POST /domain/v1 "{\"name\":\"NEW.example\",\"delegations\":[{\"orgId\":1234}]}"
want_error 400 -700
call POST /domain/v1 '{"name":"a..b","delegations":[{"orgId":1234}]}'
want_error 400 -732
call POST /domain/v1 '{"name":"b.example","delegations":[]}'
want_error 400 -709
call POST /domain/v1 '{"name":"b.example","delegations":[{"orgId":9}]}'
want_error 400 -1023
call POST /domain/v1 '{"delegations":[{"orgId":1234}]}'
want_error 400 -1001
call PUT /domain/v1/999/activate
want_error 400 -727
call POST /domain/v1/delegation '{"domainIds":[999],"orgId":1234}'
want_error 400 -727
call DELETE /domain/v1/414
want_error 400 -740
for id in $(ledger 'map(select(.event == "accepted") | .sslId) | .[]'); do
	call POST "/ssl/v1/revoke/$id" '{"reason":"end","reasonCode":4}'
	want_status 204
done
call DELETE /domain/v1/414
want_status 204
get /domain/v1/414
want_error 404 -727
call POST /domain/v1 '{"name":"b.example","active":false,"delegations":[{"orgId":"1234"}]}'
want_status 201
get '/domain/v1?name=b.example'
want length 1
switches '--fault domain-write:reset-after-accept:1'
broken POST /domain/v1 -H "$JSON_TYPE" -d '{"name":"c.example","delegations":[{"orgId":1234}]}'
get '/domain/v1?name=c.example'
want length 1
