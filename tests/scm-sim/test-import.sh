#!/bin/bash
# Certificates from elsewhere: taken in, revoked by hand, removed.
# shellcheck source=lib.sh disable=SC2119,SC2016
. "$(dirname "$0")/lib.sh"

# certificate NAME SUBJECT: $T/NAME.crt and its base64 in $T/NAME.b64
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-keyout "$T/$1.key" -out "$T/$1.crt" -subj "$2" -set_serial 0x0E11BBD70D54B7 \
		-addext "subjectAltName=DNS:$1.example.com,DNS:b.example.com" 2>/dev/null
	openssl x509 -in "$T/$1.crt" -outform DER | base64 -w0 >"$T/$1.b64"
}

# import FILTER...: one request of these items; $a and $b are the certificates
import() {
	jq -n --rawfile a "$T/a.b64" --rawfile b "$T/b.b64" "[$(
		IFS=,
		echo "$*"
	)]" >"$T/list"
	fetch "$BASE/ssl/v2/import" "${ADMIN[@]}" -H "$JSON_TYPE" -d "@$T/list"
}

sim_start
add_admin
make_csr www
order www
certificate a /CN=a.example.com/O=Elsewhere
certificate b /CN=b.example.com

import '{orgID: 1234, cert: $a, owner: "o@example.com", comments: "old", customFields: [{name: "Owner", value: "x"}]}'
want_status 200
want . '[{"cert":{"id":1002,"subject":"O=Elsewhere,CN=a.example.com","serialNumber":"E11BBD70D54B7"},"created":true}]'
import '{orgID: 1234, cert: $a}' '{orgID: 1234, cert: $b}' '{orgID: 1234, cert: "AAAA"}' \
	'{orgID: 9, cert: $b}' '{orgID: 1234, cert: $b, customFields: [{name: "No", value: "x"}]}'
want 'map([.created, .cert.id, .errorMessage])' '[[false,1002,null],[true,1003,null],[null,null,"Failed to parse certificate"],[null,null,"Supplied orgid invalid.."],[null,null,"Custom field cannot be found: No"]]'
call POST /ssl/v2/import '{}'
want_error 400 -1002
get /ssl/v1/1002
want '[.status, .commonName, .subjectAlternativeNames, .comments, .keyType, .customFields]' \
	'["Issued","a.example.com",["a.example.com","b.example.com"],"old","EC - P-256",[{"name":"Owner","value":"x"}]]'
get '/ssl/v1/collect/1002?format=x509CO'
cmp "$T/body" "$T/a.crt" || fail "another certificate came back"
get '/ssl/v1?commonName=a.example.com'
want 'map(.sslId)' '[1002]'
same "orders" "$(ledger 'map(select(.event == "accepted")) | length')" 1

# What came by import may go, what was ordered stays.
call DELETE /ssl/v1/1001
want_error 400 -3
call DELETE /ssl/v1/1003
want_status 204
[ ! -s "$T/body" ] || fail "204 with a body"
get /ssl/v1/1003
want_error 404 -5101
get /ssl/v1/collect/1003
want_error 404 -124
call DELETE /ssl/v1/1003
want_error 400 -124
get /ssl/v1
want 'map(.sslId)' '[1001,1002]'
import '{orgID: 1234, cert: $b}'
want '.[0] | [.cert.id, .created]' '[1004,true]'

# Revocation by hand: by id, or by serial number and issuer.
call POST /ssl/v1/revoke/manual \
	'{"certId":1004,"serialNumber":null,"issuer":null,"revokeDate":"2025-05-21T12:24:27.916+00:00","reasonCode":4}'
want_status 204
get /ssl/v1/1004
want '[.status, .reasonCode, (.revoked | type)]' '["Revoked",4,"string"]'
call POST /ssl/v1/revoke/manual '{"certId":1004}'
want_error 400 -159
call POST /ssl/v1/revoke/manual '{"serialNumber":"00:0e:11:bb:d7:0d:54:b7","issuer":"CN=a"}'
want_status 204
get /ssl/v1/1002
want .status '"Revoked"'
call POST /ssl/v1/revoke/manual '{"serialNumber":"01"}'
want_error 400 -1001
call POST /ssl/v1/revoke/manual '{"serialNumber":"01","issuer":"CN=a"}'
want_error 400 -5101
call POST /ssl/v1/revoke/manual '{"certId":77}'
want_error 400 -124

# All of it is there after a restart.
sim_stop
sim_start
get '/ssl/v1?size=200'
want 'map(.sslId)' '[1001,1002,1004]'
get /ssl/v1/1002
want .status '"Revoked"'
order www
same "the next id" "$ID" 1005
