#!/bin/bash
# POST /enroll: what is taken, what is refused and how, and what the ledger says of it.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# refuse STATUS CODE JQ-FILTER [DESCRIPTION]: the order of www changed by the filter is refused.
refuse() {
	enroll www "$3"
	want_error "$1" "$2" "${@:4}"
}

# refuse_csr CODE NAME
refuse_csr() {
	enroll "$2"
	want_error 400 "$1"
}

sim_start
add_admin
make_csr www
make_csr rsa /CN=www.example.com -newkey rsa:2048

# Taken: the plain order, and everything older and laxer clients send.
order www
want_header Content-Type 'application/json;charset=UTF-8'
want '.renewId | test("^[A-Za-z0-9]{20}$")' true
want keys '["renewId","sslId"]'
! grep -qi '^location:' "$T/headers" || fail "a Location header"
order www '.orgId = "1234" | .certType = "1018" | .term = "90"'
order www '.numberServers = 1 | .serverType = -1'
order www '.numberServers = "1" | .serverType = "-1"'
order www '.dcvMode = "EMAIL" | .dcvEmail = "a@example.com" | .unknownMember = {"a": [1]}'
order www '.dcvMode = null | .dcvEmail = null | .externalRequester = "" | .customFields = null'
order www '.externalRequester = "a@example.com, b@example.com"'
order www 'del(.subjAltNames, .comments)'
order www '.customFields = [{"name": "Owner", "value": "web"}, {"name": "Cost centre"}]'
order www '.comments = ("\u00e9" * 1024)'
order www '.csr |= rtrimstr("\n")'
order www '.csr |= (split("\n") | map(select(startswith("-") | not)) | join(""))'
order www '.csr |= gsub("\n"; "\r\n")'
order www '.csr |= gsub("CERTIFICATE REQUEST"; "NEW CERTIFICATE REQUEST")'
order www '.orgId = 1235'
order www '.orgId = 2000 | .certType = 1022'
order rsa '.certType = 1019'
fetch "$BASE/ssl/v2/enroll" "${ADMIN[@]}" -H 'content-type: application/json' \
	-d "$(order_json www)"
want_status 200
for curve in P-384 P-521; do
	make_csr "$curve" /CN=www.example.com -newkey ec -pkeyopt "ec_paramgen_curve:$curve"
	order "$curve"
done

# Names: the common name, then subjAltNames, each once; every kind of name.
order www '.subjAltNames = "a.example.com, www.example.com,WWW.example.com,,*.b.example.com,
	192.0.2.1,2001:db8::1,admin@example.com,https://www.example.com/x"'
names='["www.example.com","a.example.com","*.b.example.com","192.0.2.1","2001:db8::1","admin@example.com","https://www.example.com/x"]'
same sans "$(ledger "map(select(.event == \"accepted\" and .sslId == $ID))[0].sans")" "$names"
get "/ssl/v1/collect/$ID?format=x509CO"
same "names of the certificate" "$(openssl x509 -in "$T/body" -noout -ext subjectAltName |
	sed -n 2p | tr -d ' ')" \
	'DNS:www.example.com,DNS:a.example.com,DNS:*.b.example.com,IPAddress:192.0.2.1,IPAddress:2001:DB8:0:0:0:0:0:1,email:admin@example.com,URI:https://www.example.com/x'
order www '.subjAltNames = ""'
same sans "$(ledger '.[-2].sans')" \
	'["www.example.com"]'

# Refused: wrong types and bodies.
count=$(ledger length)
refuse 400 -1002 '.subjAltNames = ["www.example.com"]' 'Cannot parse message body'
for filter in '.orgId = "x"' '.orgId = {}' '.orgId = 1.5' '.csr = 1' '.certType = []' \
	'.term = "soon"' '.comments = 1' '.customFields = {}' '.customFields = [1]' \
	'.customFields = [{"value": "x"}]' '.dcvMode = "PIGEON"' '.dcvMode = 1' \
	'.externalRequester = []' '.numberServers = "x"' '[.]' '"x"' 'null'; do
	refuse 400 -1002 "$filter"
done
for body in '' '{' '{"orgId":1}x' '{"a":1}{"b":2}' '[]' '""' "$(printf '[%.0s' {1..5000})"; do
	call POST /ssl/v1/enroll "$body"
	want_error 400 -1002
done
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -d "$(order_json www)"
want_error 400 -1002
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H 'Content-Type:' -d "$(order_json www)"
want_error 400 -1002
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H 'Content-Type: text/json' -d "$(order_json www)"
want_error 400 -1002
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H 'Content-Type: application/jsonx' \
	-d "$(order_json www)"
want_error 400 -1002
head -c 3000000 /dev/zero | tr '\0' ' ' >"$T/long"
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H "$JSON_TYPE" --data-binary "@$T/long"
want_error 413 -1002
printf '{"orgId":1,\0"csr":"x"}' >"$T/nul"
fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H "$JSON_TYPE" --data-binary "@$T/nul"
want_error 400 -1002

# Refused: missing and invalid fields.
refuse 400 -1001 'del(.orgId)' "Value of 'orgId' must not be null."
refuse 400 -1001 '.orgId = null'
refuse 400 -1001 'del(.csr)' "Value of 'csr' must not be null."
refuse 400 -1601 '.csr = ""' "Field 'csr' has invalid value."
refuse 400 -1601 '.csr = ("A" * 32768)'
refuse 400 -1601 '.comments = ("\u00e9" * 1025)' "Field 'comments' has invalid value."
refuse 400 -1601 '.externalRequester = "nobody"'
refuse 400 -1601 '.externalRequester = ("a@example.com," * 40)'
refuse 400 -1601 '.subjAltNames = "a b@example.com"'
refuse 400 -35 '.serverType = "apache"'
refuse 400 -35 '.serverType = -2'

# Refused: the organization, the profile, the term, the custom fields.
refuse 400 -1023 '.orgId = 99' "Organization '99' not found."
refuse 400 -1021 '.orgId = 3000' "This operation cannot be performed for Organization 'No API'."
refuse 400 -39 'del(.certType)'
refuse 400 -39 '.certType = 0'
refuse 400 -111 '.certType = 99' 'No certificate profile found by id 99'
refuse 400 -111 '.certType = 1022'
refuse 400 -36 'del(.term)'
refuse 400 -36 '.term = 91'
refuse 400 -135 '.customFields = [{"name": "Colour", "value": "x"}]'
refuse 400 -134 '.customFields = [{"name": "Owner", "value": "x"}, {"name": "Owner"}]'
refuse 400 -1601 '.customFields = [{"name": "Owner", "value": ("x" * 257)}]'
refuse 400 -1601 '.customFields = [{"name": "", "value": "x"}]'
cp "$D/account.json" "$T/account"
jq '.customFields[1].mandatory = true' "$T/account" >"$T/new"
mv "$T/new" "$D/account.json"
refuse 400 -62 .
refuse 400 -62 '.customFields = [{"name": "Owner", "value": ""}]'
enroll www '.customFields = [{"name": "Owner", "value": "x"}]'
want_status 200
count=$((count + 2))
mv "$T/account" "$D/account.json"

# Refused: the request. Characters, base64, ASN.1, signature, key, subject.
refuse 400 -9 '.csr = "@@@@"'
refuse 400 -9 '.csr = "AAA"'
refuse 400 -9 '.csr = "-----BEGIN CERTIFICATE REQUEST-----"'
refuse 400 -10 '.csr = "AAAA"'
refuse 400 -10 '.csr |= sub("-----END"; "AAAA\n-----END")'
openssl req -in "$T/www.csr" -outform DER -out "$T/www.der"
size=$(stat -c %s "$T/www.der")
printf '\x55' | dd of="$T/www.der" bs=1 seek=$((size - 3)) conv=notrunc 2>/dev/null
base64 "$T/www.der" >"$T/bad.csr"
refuse_csr -138 bad
make_csr weak /CN=www.example.com -newkey rsa:1024
refuse_csr -141 weak
want .description '"The public key size in the CSR should be 2048 bits minimum."'
make_csr odd /CN=www.example.com -newkey rsa:2056
refuse_csr -13 odd
make_csr koblitz /CN=www.example.com -newkey ec -pkeyopt ec_paramgen_curve:secp256k1
refuse_csr -13 koblitz
make_csr ed /CN=www.example.com -newkey ed25519
refuse_csr -11 ed
refuse 400 -170 '.certType = 1019'
make_csr nameless /O=example
refuse_csr -138 nameless

# Refused: names. Syntax, unknown, not delegated, inactive, not validated.
for name in 'a..example.com' '-a.example.com' 'a.*.example.com' '*' 'a b.example.com' \
	"$(printf 'a%.0s' {1..64}).example.com" $'b\303\274cher.example.com'; do
	refuse 400 -732 ".subjAltNames = \"$name\""
done
refuse 400 -1010 '.subjAltNames = "www.example.edu"' "Domain 'www.example.edu' is not allowed."
refuse 400 -1010 '.subjAltNames = "www.elsewhere.example"'
refuse 400 -1010 '.subjAltNames = "elsewhere.example"'
refuse 400 -1010 '.subjAltNames = "notexample.com"'
refuse 400 -715 '.subjAltNames = "inactive.example"'
refuse 400 -107 '.subjAltNames = "unvalidated.example"'
refuse 400 -107 '.subjAltNames = "expired.example"'
make_csr foreign /CN=www.example.edu
refuse_csr -1010 foreign

# No refusal left a trace in the ledger; the orders did, completely.
same "events after the refusals" "$(ledger length)" "$count"
order rsa '.subjAltNames = "b.example.com" | .comments = "tag" | .term = 199
	| .externalRequester = "x@example.com" | .customFields = [{"name": "Owner", "value": "o"}]'
spki=$(openssl pkey -in "$T/rsa.key" -pubout -outform DER | sha256sum | cut -d' ' -f1)
csr=$(openssl req -in "$T/rsa.csr" -outform DER | sha256sum | cut -d' ' -f1)
same accepted "$(ledger '.[-2] | del(.time, .renewId, .csr)')" "$(jq -c -n "{event: \"accepted\",
	sslId: $ID, login: \"admin\", orgId: 1234, organization: \"Example Org\", profile: 1018,
	term: 199, comments: \"tag\", externalRequester: \"x@example.com\",
	customFields: [{name: \"Owner\", value: \"o\"}], commonName: \"www.example.com\",
	sans: [\"www.example.com\", \"b.example.com\"], keyAlgorithm: \"RSA\", keyParam: \"2048\",
	keySize: 2048, spkiSha256: \"$spki\", csrSha256: \"$csr\", approval: false}")"
get "/ssl/v1/collect/$ID/x509CO"
serial=$(openssl x509 -in "$T/body" -noout -serial | sed 's/serial=0*//')
same issued "$(ledger '.[-1] | [.event, .sslId, .serial]')" "[\"issued\",$ID,\"$serial\"]"
same "ids" "$(ledger 'map(select(.event == "accepted").sslId) | . == [range(1001; 1001 + length)]')" \
	true
