#!/bin/bash
# Certificates of devices and of persons: each API sees its own, and nothing of the others.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# body NAME FILTER: an order for $T/NAME.csr
body() {
	jq -nc --rawfile csr "$T/$1.csr" "{orgId: 1234, csr: \$csr, term: 365} + $2"
}

sim_start
add_admin
make_csr dev "/CN=printer 7"
make_csr per "/CN=A Person"
make_csr www
order www

X=/device/v1
get $X/types
want 'map([.id, .name])' '[[1030,"Example device"]]'
get $X/customFields
want length 2
call POST $X/enroll "$(body dev '{certType: 1030, optionalFields: [{name: "a", value: "b"}]}')"
want_status 200
want . '{"deviceCertId":1002,"status":"APPROVED","backendCertId":"7001002","orderNumber":1002}'
get "$X/collect/1002?format=x509CO"
want_status 200
same purpose "$(openssl x509 -in "$T/body" -noout -ext extendedKeyUsage | tail -n 1 | tr -d ' ')" \
	TLSWebClientAuthentication
serial=$(openssl x509 -in "$T/body" -noout -serial | cut -d= -f2)
get "$X/collect/1002"
grep -q 'BEGIN PKCS7' "$T/body" || fail "no PKCS#7"
call POST $X/1002/location '{"details":{"room":"7"}}'
want_header Location "https://localhost:$PORT/api/device/v1/1002/location/1"
call POST $X/renew/order/1002 '{}'
want .deviceCertId 1003
call POST "$X/renew/serial/$serial"
want .deviceCertId 1004
call POST $X/replace/order/1004 "$(body dev '{reason: "again"}')"
want_status 204
call POST $X/revoke/order/1003 '{"reasonCode":4,"reason":"gone"}'
want_status 204
get $X/collect/1003
want_error 400 -110
call POST "$X/revoke/serial/$serial" '{"reasonCode":"4","reason":"gone"}'
want_status 204
switches --approval
call POST $X/enroll "$(body dev '{certType: 1030}')"
want .status '"REQUESTED"'
call POST $X/approve/1005 '{"message":"yes"}'
want_status 204
get $X/collect/1005
want_status 200
rm "$D/switches"
for id in 1001 1006; do
	get $X/collect/$id
	want_error 404 -124
done
call POST $X/enroll "$(body dev '{certType: 1018}')"
want_error 400 -111

P=/smime/v1
get /smime/v2/types
want 'map(.id)' '[1031]'
call POST $P/enroll "$(body per '{certType: 1031, firstName: "A", lastName: "Person",
	email: "a@example.com", secondaryEmails: ["b@example.com"], eppn: "a@example.com"}')"
want_status 200
want . '{"orderNumber":7001006,"backendCertId":"7001006"}'
get "$P/collect/7001006?format=x509CO"
openssl x509 -in "$T/body" -noout -ext subjectAltName | grep -q 'email:b@example.com' ||
	fail "without its second mailbox"
call POST /smime/v2/renew/order/7001006 '{}'
want .backendCertId '"7001007"'
call POST $P/revoke/order/7001007 '{"reasonCode":4,"reason":"gone"}'
want_status 204
call POST $P/revoke '{"email":"b@example.com","reason":"left","reasonCode":5}'
want_status 204
get $P/collect/7001006
want_error 400 -110
call POST $P/revoke '{"email":"b@example.com","reason":"left"}'
want_error 400 -1108
call POST $P/enroll "$(body per '{certType: 1031, email: "nobody"}')"
want_error 400 -518

# The servers' API shows servers alone; so do the reports.
get '/ssl/v1?size=200'
want 'map(.sslId)' '[1001]'
get /ssl/v1/1002
want_error 404 -5101
call POST /ssl/v1/revoke/1005 '{"reasonCode":4,"reason":"x"}'
want_error 400 -124
call POST /report/v1/ssl-certificates '{}'
want '.reports | map(.id)' '[1001]'
call POST /report/v1/device-certificates '{"certificateStatus":2}'
want '.reports | map(.id)' '[1004,1005]'
call POST /report/v1/client-certificates '{}'
want '.reports | map(.status)' '["Revoked","Revoked"]'
call POST /report/v1/domains '{}'
want '.reports | length' 12
call POST /report/v1/activity '{}'
want . '{"statusCode":0,"reports":[]}'
call POST /report/v1/weather '{}'
want_status 404
