#!/bin/bash
# What the account can have against an order, and what lists are filtered by.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# account FILTER: edits the account the running simulator has
account() {
	jq "$1" "$D/account.json" >"$T/new"
	mv "$T/new" "$D/account.json"
}

# refused PLACE CODE [DESCRIPTION]: with "refuse" there (empty: the account itself), orders get the code, and go through without
refused() {
	account "$1.refuse = $2"
	enroll www
	want_error 400 "${@:2}"
	account "del($1.refuse)"
}

sim_start
add_admin
make_csr www
count=$(ledger length)
refused '' -993 'Certificate orders currently restricted'
refused '.organizations[0]' -843
refused '.organizations[0]' -37 'Access denied.'
refused '.profiles[0]' -78 'The public key is invalid or not supported.'
refused '.profiles[0]' -194
refused '.profiles[0]' -13
refused '.domains[1]' -1137 \
	'The domain(s) www.example.com have not been validated under the DCV procedure.'
account '.organizations[0].refuse = -843'
enroll www '.orgId = 1235'
want_error 400 -843
get /organization/v1/1234
want 'has("refuse")' false
account 'del(.organizations[0].refuse) | .customFields[0].mandatory = true'
enroll www
want_error 400 -62
account '.customFields[0].mandatory = false | .profiles[0].renewable = false'
same "events" "$(ledger length)" "$count"
get /ssl/v1/types
want '.[0] | has("renewable")' false
order www
call POST "/ssl/v1/renewById/$ID" '{}'
want_error 400 -180 "This SSL Certificate Profile doesn't allow renew"

# Filters of the list beyond what was ordered; a constant and its text are one.
get "/ssl/v1/$ID"
want '[.keyUsages, .extendedKeyUsages, .certificateDetails.subjectAltNames]' \
	'[["Digital Signature"],["Server Authentication","Client Authentication"],"dNSName=www.example.com"]'
want '[.ownerId, .requesterId] | map(type)' '["number","number"]'
cp "$T/body" "$T/details"
for filter in requestedVia=REST 'requestedVia=REST%20API' installStatus=NOT_CONFIGURED \
	'installStatus=Not%20configured' 'renewalStatus=Not%20scheduled' discoveryStatus=NotDeployed \
	keyUsage=DIGITAL_SIGNATURE 'extendedKeyUsage=Client%20Authentication' \
	"sha1Hash=$(jq -r .certificateDetails.sha1Hash "$T/details")" \
	"sha256Hash=$(jq -r .certificateDetails.sha256Hash "$T/details")" \
	"md5Hash=$(jq -r .certificateDetails.md5Hash "$T/details")" \
	"signatureAlgorithm=$(jq -r .signatureAlg "$T/details")" \
	"issuer=$(jq -r '.certificateDetails.issuer | @uri' "$T/details")" \
	'vendor=Sectigo%20Certificate%20Manager%20simulator'; do
	get "/ssl/v1?$filter"
	want 'map(.sslId)' "[$ID]"
	get "/ssl/v1?${filter%%=*}=none"
	want . '[]'
	get "/ssl/v1?${filter%%=*}="
	want length 1
done
