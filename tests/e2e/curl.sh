#!/usr/bin/env bash
# The simulator against curl: each way to say who calls, orders as clients write them, every format of
# the download by both forms of its URL. What else there is, curl-life.sh looks at.
# shellcheck source=tests/e2e/curl-lib.sh
. "$(dirname "$0")/curl-lib.sh"

# subjects: the certificates of the downloaded PEM, by their place in the chain, one a line
subjects() {
	awk -v dir="$T" '/BEGIN CERT/ { n++ } n { print > (dir "/part." n) }' "$T/out"
	for part in "$T"/part.*; do
		if openssl x509 -in "$part" -noout -subject | grep -q www.example.com; then
			echo leaf
		elif openssl verify -CAfile "$T/sim/leaf-ca.pem" "$part" >/dev/null 2>&1 &&
			[ "$(openssl x509 -in "$part" -noout -subject_hash)" = \
				"$(openssl x509 -in "$part" -noout -issuer_hash)" ]; then
			echo root
		else
			echo issuing
		fi
	done | paste -sd ' '
	rm -f "$T"/part.*
}

# download FORMAT ORDER: both forms of the URL give the same, in the vendor's order
download() {
	local got form
	for form in "ssl/v1/collect/$ID?format=$1" "ssl/v2/collect/$ID/$1"; do
		call GET "$form" 200
		header Content-Type 'application/octet-stream;charset=UTF-8'
		header Content-Length "$(wc -c <"$T/out")"
		header Content-Disposition 'attachment; filename=".*"'
		got=$(subjects)
		[ "$got" = "$2" ] || fail "$form: $got instead of $2"
	done
}

say "who calls: nobody, a password, a certificate, a token"
for who in none password customer; do
	case $who in
	none) WHO=() ;;
	password) WHO=(-H 'login: api-1' -H 'password: wrong' -H 'customerUri: example') ;;
	customer) WHO=(-H 'login: api-1' -H 'password: Password123!' -H 'customerUri: other') ;;
	esac
	refused GET ssl/v1/types 401 -16
	header Content-Length 41
	header Content-Type application/json
	[ "$(cat "$T/out")" = '{"code":-16,"description":"Unknown user"}' ] || fail "another 401"
done
WHO=()
refused GET ssl/v1/types 401 -16
TOKENS=$(tr -d '\r' <"$T/head" | sed -n 's/.*authorization_uri="\([^"]*\)".*/\1/p')
curl -sS --cacert "$T/sim/ca.pem" -d 'grant_type=client_credentials&client_id=key-1&client_secret=s3cret' \
	-o "$T/out" "$TOKENS"
shape '{"access_token":"string","expires_in":"number","token_type":"=Bearer"}' || fail "no token"
BEARER=(-H "Authorization: Bearer $(member .access_token)")
PROFILE='[{"id":"number","name":"string","description":"string","terms":["number"],"keyTypes":"object","useSecondaryOrgName":"boolean"}]'
for ROOT in api private/api; do
	WHO=("${BEARER[@]}") && call GET ssl/v1/types 200 '' "$PROFILE"
	WHO=("${BEARER[@]}" -H 'customerUri: example') && call GET ssl/v2/types 200 '' "$PROFILE"
done
WHO=("${CERT[@]}") && call GET ssl/v1/types 200 '' "$PROFILE"
WHO=(-H 'login: api-1' -H 'customerUri: example') && refused GET ssl/v1/types 401 -16
ROOT=api WHO=("${LOGIN[@]}")

say "what can be ordered"
for v in v1 v2; do
	call GET "ssl/$v/types?organizationId=1234" 200 '' "$PROFILE"
	call GET "ssl/$v/customFields/" 200 '' '[{"id":"number","name":"string","mandatory":"boolean"}]'
done
call GET customField/v2?certType=SSL 200 '' '[{"id":"number","name":"string","certType":"=ssl","state":"string","input":{"type":"string"},"mandatories":[]}]'
call GET customField/v2/54 200 '' '{"id":"=54"}'

say "enroll: as clients write it"
order '.'
FIRST=$ID
order '.orgId = "1234" | .certType = "1018" | .term = "90" | .numberServers = 1 | .serverType = -1'
order '.subjAltNames = null | .customFields = null | .dcvMode = null | .dcvEmail = null'
order '.csr |= (split("\n") | map(select(test("-----") | not)) | join(""))'
order '.csr |= gsub("\n"; "\r\n") | .customFields = [{name: "Owner", value: "x"}] | .dcvMode = "CNAME"'
order 'del(.comments, .externalRequester, .subjAltNames) | .unknown = {a: 1}'
BODY=$(jq -nc --rawfile csr "$T/csr" '{orgId: 1234, csr: $csr, certType: 1018, term: 90}')
refused POST ssl/v1/enroll 400 -1002 "$(jq -c '.subjAltNames = ["www.example.com"]' <<<"$BODY")"
refused POST ssl/v1/enroll 400 -1001 "$(jq -c 'del(.orgId)' <<<"$BODY")"
refused POST ssl/v1/enroll 400 -36 "$(jq -c '.term = 91' <<<"$BODY")"
refused POST ssl/v1/enroll 400 -111 "$(jq -c '.certType = 9' <<<"$BODY")"
refused POST ssl/v1/enroll 400 -1023 "$(jq -c '.orgId = 9' <<<"$BODY")"
refused POST ssl/v1/enroll 400 -107 "$(jq -c '.subjAltNames = "unvalidated.example"' <<<"$BODY")"
call POST ssl/v1/enroll-keygen 200 "$(jq -c 'del(.csr) + {commonName: "www.example.com",
	algorithm: "RSA", keyParam: "2048", keyGenerationMethod: "PK_AGENT", passPhrase: "password"}' \
	<<<"$BODY")" '{"sslId":"number","renewId":"string"}'
call POST "ssl/v1/keystore/$(member .sslId)/p12" 200 '{"passphrase":"x"}' '{"link":"string"}'

say "download: ten formats, both forms"
ID=$FIRST
download x509 'root issuing leaf'
download x509CO leaf
download x509IO 'root issuing'
download x509IOR 'issuing root'
download x509R 'leaf issuing'
download pem 'root issuing leaf'
download pemco leaf
download pemia 'leaf issuing'
for form in "collect/$ID" "collect/$ID?format=" "collect/$ID?format=base64" "collect/$ID/base64"; do
	call GET "ssl/v1/$form" 200
	head -n 1 "$T/out" | tr -d '\r' | grep -qx -- '-----BEGIN PKCS7-----' || fail "$form: no PKCS#7"
	openssl pkcs7 -in "$T/out" -print_certs -noout -out "$T/names"
	[ "$(grep -c ^subject "$T/names")" = 3 ] || fail "$form: not three certificates"
done
for form in "collect/$ID?format=bin" "collect/$ID/bin"; do
	call GET "ssl/v2/$form" 200
	openssl pkcs7 -inform DER -in "$T/out" -print_certs -noout -out "$T/names"
	[ "$(grep -c ^subject "$T/names")" = 3 ] || fail "$form: not three certificates"
done
refused GET "ssl/v1/collect/$ID?format=pfx" 400 -126
refused GET ssl/v1/collect/7 404 -124
for form in code0:400:0 -183:400:-183 -1400:400:-1400 -103:400:-103 -109:400:-109; do
	switches '--issue-time never' "--not-ready ${form%%:*}"
	order .
	refused GET "ssl/v1/collect/$ID" 400 "${form##*:}"
done
switches '--issue-time never' '--not-ready 404'
call GET "ssl/v1/collect/$ID" 404
switches '--issue-time never' '--not-ready empty'
call GET "ssl/v1/collect/$ID" 200
[ ! -s "$T/out" ] || fail "not empty"
switches
curl -sS --cacert "$T/sim/ca.pem" -o "$T/out" \
	"$URL/customer/example/ssl?action=download&sslId=$FIRST&format=x509CO"
[ "$(subjects)" = leaf ] || fail "the public download"
say "$DONE calls"
