#!/usr/bin/env bash
# The simulator against curl: what happens to orders, and every other endpoint: organizations, domains,
# their validation, notifications, reports, devices, persons, the Enrollment API.
# shellcheck source=tests/e2e/curl-lib.sh
. "$(dirname "$0")/curl-lib.sh"

DETAILS='{"commonName":"string","sslId":"number","id":"number","orgId":"number","status":"string",
	"orderNumber":"number","backendCertId":"string","vendor":"string","certType":"object",
	"term":"number","requested":"string","renewed":"boolean","keyAlgorithm":"string",
	"keySize":"number","keyType":"string","subjectAlternativeNames":["string"],"customFields":[],
	"autoInstallDetails":{"state":"string"},"autoRenewDetails":{"state":"string"},
	"suspendNotifications":"boolean"}'
REVOKE='{"reasonCode":4,"reason":"no longer used"}'

# status ID STATUS: what details say
status() {
	call GET "ssl/v1/$1" 200 '' "{\"status\":\"=$2\"}"
}

say "details and lists"
order '.customFields = [{name: "Owner", value: "x"}]'
FIRST=$ID
call GET "ssl/v1/$ID" 200 '' "$DETAILS"
call GET "ssl/v1/$ID" 200 '' '{"serialNumber":"string","expires":"string","keyUsages":["string"],
	"certificateDetails":{"issuer":"string","subject":"string","sha1Hash":"string","sha256Hash":"string"}}'
member .requested | grep -qE '^[0-9]{2}/[0-9]{2}/[0-9]{4}$' || fail "another date"
call GET "ssl/v1/$ID?dateFormat=iso" 200
member .requested | grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' || fail "dateFormat=iso"
call GET "ssl/v1/$ID?dateFormat=dd.MM.yyyy" 200
member .requested | grep -qE '^[0-9]{2}[.][0-9]{2}[.][0-9]{4}$' || fail "dateFormat as a pattern"
refused GET ssl/v1/7 404 -5101
SERIAL=$(call GET "ssl/v1/$FIRST" 200 && member .serialNumber)
for list in ssl/v1 ssl/v2/ "ssl/v1?size=200&position=0&commonName=www.example.com" \
	"ssl/v1?status=Issued&orgId=1234&sslTypeId=1018&subjectAlternativeName=a.example.com" \
	"ssl/v1?serialNumber=$SERIAL" 'ssl/v1?commonName=&orgId=&size=&position='; do
	call GET "$list" 200 '' "[{\"sslId\":\"=$FIRST\",\"commonName\":\"string\",\"serialNumber\":\"string\"}]"
	header X-Total-Count 1
done
call GET 'ssl/v1?size=10&position=1' 200 '' '[]'
call HEAD ssl/v1 200
header X-Total-Count 1

say "approval, update, locations"
switches --approval
order .
status "$ID" Requested
call PUT ssl/v1 200 "{\"sslId\":$ID,\"term\":365,\"comments\":\"later\"}" "{\"term\":\"=365\",\"comments\":\"=later\"}"
call POST "ssl/v1/approve/$ID" 204 '{"message":"yes"}'
status "$ID" Issued
refused POST "ssl/v1/approve/$ID" 400 -1112 '{"message":"yes"}'
order .
call POST "ssl/v1/decline/$ID" 204 '{"message":"no"}'
status "$ID" Declined
refused POST "ssl/v1/revoke/$ID" 400 -102 "$REVOKE"
switches
created "ssl/v1/$FIRST/location" '{"details":{"Server":"nginx"}}'
call GET "ssl/v1/$FIRST/location" 200 '' '[{"id":"number","locationType":"=CUSTOM","name":"string","details":"object"}]'
call PUT "ssl/v1/$FIRST/location/$ID" 200 '{"details":{"Server":"other"}}'
call GET "ssl/v1/$FIRST/location/$ID" 200 '' '{"details":{"Server":"=other"}}'
call DELETE "ssl/v1/$FIRST/location/$ID" 204

say "renew, replace, revoke, import"
order .
OLD=$ID OLD_RENEW=$RENEW
call POST "ssl/v1/renewById/$OLD" 200 '{}' '{"sslId":"number"}'
NEW=$(member .sslId)
call GET "ssl/v1/$OLD" 200 '' '{"renewed":"=true","renewedDate":"string"}'
refused POST "ssl/v1/renewById/$OLD" 400 -1002 '""'
call POST "ssl/v1/renew/$OLD_RENEW" 204 '{"dcvMode":"EMAIL","dcvEmail":"admin@example.com"}'
refused POST ssl/v1/renew/none 400 -123 '{}'
call POST "ssl/v1/renew/manual/$FIRST" 204 "{\"id\":$NEW}"
REPLACE=$(jq -nc --rawfile csr "$T/csr" '{csr: $csr, reason: "new key", commonName: "www.example.com",
	subjectAlternativeNames: ["b.example.com"], dcvMode: "CNAME"}')
switches '--issue-time never'
call POST "ssl/v1/replace/$NEW" 204 "$REPLACE"
call GET "ssl/v1/collect/$NEW?format=x509CO" 200
cp "$T/out" "$T/before"
refused POST "ssl/v1/replace/$NEW" 400 -130 "$REPLACE"
switches
call GET "ssl/v1/collect/$NEW?format=x509CO" 200
! cmp -s "$T/out" "$T/before" || fail "not replaced"
openssl x509 -in "$T/out" -noout -ext subjectAltName | grep -q b.example.com || fail "old names"
refused POST "ssl/v1/replace/$NEW" 400 -1002 "$(jq -c '.subjectAlternativeNames = "b.example.com"' <<<"$REPLACE")"
call POST "ssl/v1/revoke/$NEW" 204 "$REVOKE"
call GET "ssl/v1/$NEW" 200 '' '{"status":"=Revoked","revoked":"string","reasonCode":"=4"}'
refused POST "ssl/v1/revoke/$NEW" 400 -159 "$REVOKE"
refused GET "ssl/v1/collect/$NEW" 400 -110
refused POST ssl/v1/revoke/7 400 -124 "$REVOKE"
call POST "ssl/v1/revoke/serial/$SERIAL" 204 '{"reasonCode":"1","reason":"by its serial number"}'
call POST ssl/v1/revoke/manual 204 "{\"certId\":$OLD,\"revokeDate\":\"2025-05-21T12:24:27.916+00:00\",\"reasonCode\":4}"
openssl req -x509 -key "$T/key" -subj /CN=old.example.com -days 9 -outform DER -out "$T/old.der"
call POST ssl/v2/import 200 "[{\"orgID\":1234,\"cert\":\"$(base64 -w0 "$T/old.der")\"}]" \
	'[{"cert":{"id":"number","subject":"string","serialNumber":"string"},"created":"=true"}]'
call DELETE "ssl/v1/$(member '.[0].cert.id')" 204
refused DELETE "ssl/v1/$FIRST" 400 -3
order .
call GET "ssl/v1/$ID/dcv" 200 '' '{"dcvLog":{"error":{"code":"number"},"log":[{"dcvStatus":"string","domainName":"string"}]},"instructions":[{"domainName":"string","dcvMode":"string","host":"string","point":"string"}]}'
call POST "ssl/v1/$ID/dcv/recheck" 202 '' '{"dcvLog":{"log":["object"]}}'

say "organizations"
ORGANIZATION='{"id":"number","name":"string","departments":[]}'
for list in organization/v1 organization/v1/managedBy/MRAO organization/v1/managed-by/MRAO organization/v1/report-type/SSL; do
	call GET $list 200 '' "[$ORGANIZATION]"
done
call GET organization/v1/1234 200 '' '{"id":"number","name":"string","certTypes":["string"],"departments":[{"id":"number","parentName":"string","name":"string"}],"sslCertsApiEnabled":"boolean","clientCertificate":"object"}'
created organization/v1 '{"name":"Made","city":"Town","stateProvince":"Shire","country":"GB"}'
call PUT "organization/v1/$ID" 200 '{"name":"Changed"}' '{"name":"=Changed","stateOrProvince":"=Shire"}'
call DELETE "organization/v1/$ID" 204
call POST organization/v2/1234/validations/submit 201 '{"validationLevel":"OV_SSL","backendId":1}'
V=organization/v2/1234/validations
call GET $V 200 '' '[{"id":"number","validationLevel":"=OV_SSL","status":"=PENDING","alternative":"boolean","backendId":"number","backendType":"string"}]'
ID=$(member '.[0].id')
call GET "$V/$ID" 200 '' '{"settings":"object","organizationDetails":{"generalDetails":{"legalName":"string"}}}'
call PUT "$V/$ID/revalidate" 200 '{"organizationDetails":{"generalDetails":{"legalName":"L"}}}' '{"status":"=PENDING"}'
call POST "$V/$ID/sync" 200
call DELETE "$V/$ID" 204

say "domains and their validation"
call GET 'domain/v1?size=10&position=0&name=&state=&status=&orgId=1234' 200 '' '[{"id":"number","name":"string"}]'
header X-Total-Count '[0-9]+'
call GET domain/v1/count 200 '' '{"count":"number"}'
DELEGATION='{"orgId":1234,"certTypes":["SSL"],"domainCertificateRequestPrivileges":["DOMAIN"]}'
created domain/v1 "{\"name\":\"made.example\",\"description\":\"\",\"active\":true,\"delegations\":[$DELEGATION]}"
refused POST domain/v1 400 -700 "{\"name\":\"made.example\",\"delegations\":[$DELEGATION]}"
call GET "domain/v1/$ID" 200 '' '{"id":"number","name":"string","delegationStatus":"string","state":"=ACTIVE","validationStatus":"=NOT_VALIDATED","delegations":[{"orgId":"number","certTypes":["string"],"domainCertificateRequestPrivileges":["string"],"status":"string"}]}'
call PUT "domain/v1/$ID/suspend" 200
call PUT "domain/v1/$ID/activate" 200
call POST "domain/v1/$ID/delegation" 200 '{"orgId":2000,"certTypes":["SSL"]}'
call DELETE "domain/v1/$ID/delegation" 200 '{"orgId":2000,"certTypes":["SSL"]}'
refused POST "domain/v1/$ID/delegation/approve" 400 -705 '{"orgId":1234}'
refused GET domain/v1/9 404 -727
D='{"domain":"made.example"}'
for v in dcv/v1/validation dcv/v2/validation; do
	call GET "$v?size=10&position=0&domain=made.example&org=&department=&expiresIn=&dcvStatus=&orderStatus=" 200 '' \
		'[{"domain":"string","dcvStatus":"string","dcvOrderStatus":"string"}]'
	for method in http https; do
		call POST "$v/start/domain/$method" 200 "$D" '{"url":"string","firstLine":"string","secondLine":"=sectigo.com"}'
		call POST "$v/submit/domain/$method" 200 "$D" '{"status":"string","orderStatus":"=SUBMITTED","message":"string","orderBackendId":"string"}'
	done
	call POST "$v/start/domain/cname" 200 "$D" '{"host":"string","point":"string"}'
	call POST "$v/submit/domain/cname" 200 "$D" '{"status":"=VALIDATED"}'
	call POST "$v/start/domain/txt" 200 "$D" '{"message":"string"}'
	call POST "$v/submit/domain/txt" 200 "$D" '{"host":"=_pki-validation.made.example.","point":"string"}'
	call POST "$v/start/domain/email" 200 "$D" '{"emails":["string"],"dcvEmails":[{"domainName":"string","whoisEmails":[],"adminEmails":["string"],"dnsTxtEmails":[]}]}'
	call POST "$v/submit/domain/email" 200 '{"domain":"made.example","email":"admin@made.example"}' '{"emailValidationReferenceNumber":"string"}'
	call POST "$v/status" 200 "$D" '{"status":"=VALIDATED","validationDate":"string","expirationDate":"string","orderStatus":"=NOT_INITIATED"}'
	call POST "$v/sync?force=true" 200 "$D" '{"status":"string","orderStatus":"string"}'
	call POST "$v/clear" 200 "$D" '{"status":"string","orderStatus":"string","message":"string"}'
	call POST "$v/delete" 200 "$D"
	refused POST "$v/status" 400 -727 '{"domain":"nowhere.invalid"}'
done
call DELETE "domain/v1/$ID" 204

say "notifications, the caller, persons, reports"
created notification/v1 '{"description":"d","active":true,"type":"SSLExpiration","orgData":{"selectedOrgType":"ANY","orgDelegations":[]},"recipientData":{"notifyRoles":["MRAO"],"recipients":[]},"additionalData":{"days":30}}'
call GET "notification/v1?id=$ID&type=SSLExpiration" 200 '' '[{"id":"number","description":"string","active":"boolean","orgData":"object","recipientData":"object","created":"string"}]'
header X-Total-Count 1
call GET notification/v1/types 200 '' '["string"]'
call PUT "notification/v1/$ID" 200 '{"description":"e"}' '{"description":"=e"}'
call DELETE "notification/v1/$ID" 200
call GET admin/v1/password 200 '' '{"state":"=ALIVE","expirationDate":"string"}'
call POST admin/v1/changepassword 204 '{"newPassword":"Another-1234"}'
WHO=("${CERT[@]}") ROOT=private/api
refused GET person/v1/id/byEmail/nobody@example.com 404 -105
for report in ssl-certificates client-certificates device-certificates domains activity; do
	call POST report/v1/$report 200 '{"organizationIds":[],"certificateStatus":0}' '{"statusCode":"=0","reports":[]}'
done

say "devices and persons"
BODY=$(jq -nc --rawfile csr "$T/csr" '{orgId: 1234, csr: $csr, term: 365}')
call GET device/v1/types 200 '' '[{"id":"number","name":"string"}]'
call POST device/v1/enroll 200 "$(jq -c '.certType = 1030' <<<"$BODY")" '{"deviceCertId":"number","status":"=APPROVED","backendCertId":"string","orderNumber":"number"}'
call GET "device/v1/collect/$(member .deviceCertId)?format=x509" 200
call POST smime/v2/enroll 200 "$(jq -c '. + {certType: 1031, firstName: "A", lastName: "B", email: "a@example.com"}' <<<"$BODY")" '{"orderNumber":"number","backendCertId":"string"}'
call GET "smime/v2/collect/$(member .backendCertId)?format=x509" 200

say "the Enrollment API"
refused GET v1/certificates/none 401 -16
curl -sS --cacert "$T/sim/ca.pem" -o "$T/out" -d 'grant_type=client_credentials&client_id=rest-1' \
	-d client_secret=s3cret "$URL/auth/realms/apiclients/protocol/openid-connect/token"
WHO=(-H "Authorization: Bearer $(member .access_token)") ROOT=api
CSR=$(grep -v -- ----- "$T/csr" | tr -d '\n')
C=v1/certificates
call POST $C 200 "{\"csr\":\"$CSR\",\"customFields\":{\"Owner\":\"x\"},\"subjAltNames\":[\"a.example.com\"]}" '{"certId":"string"}'
ID=$(member .certId)
call GET "$C/$ID" 200
header Content-Type 'application/x-pem-file.*'
call GET "$C/$ID/status" 200 '' '{"status":"string","dcvInfo":"object"}'
call POST "$C/$ID/dcv-recheck" 202
call POST "$C/$ID/replace" 200 "{\"csr\":\"$CSR\"}" '{"certId":"string"}'
call POST "$C/$ID/renew" 200 '' '{"certId":"string"}'
switches '--issue-time never'
call POST $C 200 "{\"csr\":\"$CSR\",\"customFields\":{}}"
refused GET "$C/$(member .certId)" 404 -103
switches
call DELETE "$C/$ID" 200 '{"message":"done","reasonCode":4}'
refused GET "$C/none" 404 -5101
say "$DONE calls"
