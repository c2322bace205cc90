#!/bin/bash
# Keys made for the caller, the links to them, and the download that needs no login.
# shellcheck source=lib.sh disable=SC2119,SC2016
. "$(dirname "$0")/lib.sh"

# keygen FILTER: orders with a key made for it
keygen() {
	call POST /ssl/v1/enroll-keygen "$(jq -nc '{orgId: 1234, certType: 1018, term: 90,
		subjAltNames: "www.example.com", commonName: "www.example.com",
		passPhrase: "password", keySize: 2048, keyParam: "2048", algorithm: "RSA",
		keyGenerationMethod: "PK_AGENT"} | '"$1")"
}

# key ID FORMAT [PASSPHRASE]: what the link leads to, in $T/body
key() {
	call POST "/ssl/v1/keystore/$1/$2" "{\"passphrase\":\"${3:-}\"}"
	want_status 200
	want keys '["link"]'
	fetch "$(jq -r .link "$T/body")"
	want_status 200
}

spki() {
	openssl pkey -pubout "$@" | sha256sum
}

sim_start
add_admin
keygen .
want_status 200
want '[(.sslId | type), (.renewId | length)]' '["number",20]'
get '/ssl/v1/collect/1001?format=x509CO'
openssl x509 -in "$T/body" -noout -pubkey | sha256sum >"$T/wanted"
get /ssl/v1/1001
want .keyType '"RSA - 2048"'
key 1001 key
spki -in "$T/body" | cmp - "$T/wanted" || fail "another key"
key 1001 pem secret-1
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$T/body" || fail "not encrypted"
same certificates "$(grep -c 'BEGIN CERTIFICATE' "$T/body")" 3
spki -in "$T/body" -passin pass:secret-1 | cmp - "$T/wanted" || fail "another key"
for format in p12 p12aes; do
	key 1001 $format secret-1
	openssl pkcs12 -in "$T/body" -passin pass:secret-1 -nodes -nocerts >"$T/key" 2>/dev/null
	spki -in "$T/key" | cmp - "$T/wanted" || fail "another key in $format"
done
fetch "$BASE/ssl/v1/keystore/1001/p12" "${ADMIN[@]}"
want 'keys' '["link"]'
keygen '.algorithm = "EC" | .keyParam = "P-256"'
get /ssl/v1/1002
want .keyType '"EC - P-256"'
keygen '.keyGenerationMethod = "AZURE_KEY_VAULT" | .azureKeyVault = {azureAccountId: 50, vaultKey: "k"}'
want_status 200

keygen 'del(.commonName)'
want_error 400 -1001
keygen '.passPhrase = "short"'
want_error 400 -1601
keygen '.keyParam = "P-256"'
want_error 400 -1601
keygen '.keyGenerationMethod = "SHELL"'
want_error 400 -1601
keygen '.certType = 1'
want_error 400 -111
call POST /ssl/v1/keystore/1001/jks '{}'
want_error 400 -1450
call POST /ssl/v1/keystore/1001/p '{}'
want_error 400 -1450
make_csr www
order www
call POST "/ssl/v1/keystore/$ID/p12" '{}'
want_error 400 -169
for token in none ../ca/server.pem '' ../../../../../../etc/pass; do
	fetch "https://localhost:$PORT/download?token=$token&keyformat=p12"
	want_status 404
done
! grep -qE 'secret-1|"password"' "$D/requests.jsonl" || fail "a passphrase in the log"

# The public download.
fetch "https://localhost:$PORT/customer/example/ssl?action=download&sslId=$ID&format=x509CO"
want_status 200
openssl x509 -in "$T/body" -noout || fail "no certificate"
fetch "https://localhost:$PORT/customer/other/ssl?action=download&sslId=$ID&format=x509CO"
want_status 404
fetch "https://localhost:$PORT/customer/example/ssl?action=download&sslId=7&format=x509"
want_error 404 -124
