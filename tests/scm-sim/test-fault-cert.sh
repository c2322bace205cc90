#!/bin/bash
# Faults of issued certificates: each has its own and only that; openssl is the judge.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# issue FAULT [KEY]: an order with this fault of issuing; the chain in $T/chain, leaf in $T/leaf.
issue() {
	switches "--fault issue:$1"
	order "${2:-www}" '.subjAltNames = "a.example.com"'
	switches
	get "/ssl/v1/collect/$ID/x509R"
	cp "$T/body" "$T/chain"
	openssl x509 -in "$T/chain" -out "$T/leaf"
	same "fault in the ledger" "$(ledger '.[-1].faults')" "[\"issue:$1\"]"
}

text() {
	openssl x509 -in "$T/leaf" -noout -text
}

names() {
	openssl x509 -in "$T/leaf" -noout -ext subjectAltName | sed -n 2p | tr -d ' '
}

# rejected WORDS [OPTION...]: openssl verify says WORDS.
rejected() {
	local words=$1 got=0
	shift
	openssl verify "$@" -purpose sslserver -auth_level 2 -CAfile "$D/leaf-ca.pem" \
		-untrusted "$T/chain" "$T/leaf" >"$T/verify" 2>&1 || got=$?
	[ $got -ne 0 ] || fail "openssl verify accepts it"
	grep -qi -- "$words" "$T/verify" || fail "not '$words': $(cat "$T/verify")"
}

# sound: openssl verify has nothing against it.
sound() {
	openssl verify -purpose sslserver -auth_level 2 -CAfile "$D/leaf-ca.pem" \
		-untrusted "$T/chain" "$T/leaf" >"$T/verify" 2>&1 || fail "$(cat "$T/verify")"
}

right_key() {
	[ "$(openssl x509 -in "$T/leaf" -noout -pubkey)" = \
		"$(openssl pkey -in "$T/${1:-www}.key" -pubout)" ]
}

seconds() {
	local end begin
	end=$(openssl x509 -in "$T/leaf" -noout -enddate | cut -d= -f2)
	begin=$(openssl x509 -in "$T/leaf" -noout -startdate | cut -d= -f2)
	echo $(($(date -d "$end" +%s) - $(date -d "$begin" +%s)))
}

sim_start
add_admin
make_csr www
make_csr rsa /CN=www.example.com -newkey rsa:2048
both=DNS:www.example.com,DNS:a.example.com

for key in www rsa; do
	issue wrong-key $key
	sound
	! right_key $key || fail "the key is right"
	same names "$(names)" "$both"
done
issue missing-name
sound
same names "$(names)" DNS:www.example.com
issue extra-name
sound
same names "$(names)" "$both,DNS:extra.example.com"
issue extra-name=evil.example
same names "$(names)" "$both,DNS:evil.example"
issue wrong-names
sound
same names "$(names)" DNS:wrong.example.com
same subject "$(openssl x509 -in "$T/leaf" -noout -subject)" \
	'subject=O = Example Org, CN = wrong.example.com'
issue expired
rejected 'certificate has expired'
same seconds "$(seconds)" $((90 * 86400 - 3600))
issue not-yet-valid
rejected 'certificate is not yet valid'
issue ca
text | grep -q 'CA:TRUE' || fail "not a CA"
for key in www rsa; do
	issue self-signed $key
	right_key $key || fail "the key is wrong"
	same issuer "$(openssl x509 -in "$T/leaf" -noout -issuer | cut -d= -f2-)" \
		"$(openssl x509 -in "$T/leaf" -noout -subject | cut -d= -f2-)"
	rejected 'self.signed certificate\|signature\|unable to get local issuer'
done
issue unknown-ca
rejected 'self-signed certificate in certificate chain\|unable to get'
issue sha1
text | grep -q 'ecdsa-with-SHA1' || fail "not SHA-1"
rejected 'digest algorithm too weak'
issue sha1 rsa
text | grep -q 'sha1WithRSAEncryption' || fail "not SHA-1"
issue weak-issuer rsa
rejected 'CA certificate key too weak'
issue no-server-auth
rejected 'purpose'
issue unknown-critical
rejected 'unhandled critical extension'
issue validity=7200
sound
same seconds "$(seconds)" 7200

# All of these kept the key, but for the one that must not.
right_key || fail "the key is wrong"
# --validity does the same for all; a fault is used up by one certificate, and by no request.
switches '--validity 60' '--fault issue:ca:1+1'
for want in FALSE TRUE FALSE; do
	order www
	get /ssl/v1/types
	get "/ssl/v1/collect/$ID/pemco"
	cp "$T/body" "$T/leaf"
	same seconds "$(seconds)" 60
	text | grep -q "CA:$want" || fail "CA is not $want"
done
# Without any fault: the profile of a sound certificate.
switches
order rsa '.subjAltNames = "a.example.com"'
get "/ssl/v1/collect/$ID/x509R"
cp "$T/body" "$T/chain"
openssl x509 -in "$T/chain" -out "$T/leaf"
sound
openssl verify -x509_strict -verify_hostname a.example.com -CAfile "$D/ca.pem" \
	-untrusted "$T/chain" "$T/leaf" >/dev/null || fail "strict"
for words in 'TLS Web Server Authentication, TLS Web Client Authentication' 'CA:FALSE' \
	'Digital Signature, Key Encipherment' 'Subject Key Identifier' 'Authority Key Identifier' \
	'sha256WithRSAEncryption'; do
	text | grep -q "$words" || fail "no $words"
done
