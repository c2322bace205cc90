#!/bin/bash
# Downloads: every format in its order, both forms of the URL, every way of not being ready, and
# the faults of chains.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# letters FILE: the certificates of a PEM file in order: leaf, intermediate, root, stranger.
letters() {
	openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs -noout |
		sed -n 's/^subject=//p' | sed -e 's/.*[Ss]tranger .*/s/' -e 's/.*issuing CA$/i/' \
		-e 's/.* root$/r/' -e 's/^..*=.*/l/' | tr -d '\n'
}

# download FORMAT: by both forms of the URL, which must agree; the chain in $T/chain as PEM.
download() {
	get "/ssl/v1/collect/$ID/$1"
	want_status 200
	cp "$T/body" "$T/first"
	get "/ssl/v1/collect/$ID?format=$1"
	want_status 200
	want_header Content-Type 'application/octet-stream;charset=UTF-8'
	want_header Content-Disposition "attachment; filename=\"$ID.cert\""
	want_header Content-Length "$(stat -c %s "$T/body")"
	cmp "$T/first" "$T/body" || fail "the two forms of the URL differ"
	case $(head -c 11 "$T/body" | tr -d '\0') in
	'-----BEGIN '*) ;;
	*) openssl pkcs7 -inform DER -in "$T/body" -out "$T/body" ;;
	esac
	if grep -q 'BEGIN PKCS7' "$T/body"; then
		openssl pkcs7 -in "$T/body" -print_certs | grep -v -e '^$' -e '^subject' \
			-e '^issuer' >"$T/chain"
	else
		tr -d '\r' <"$T/body" >"$T/chain"
	fi
}

# order_of FORMAT LETTERS
order_of() {
	download "$1"
	same "order of $1" "$(letters "$T/chain")" "$2"
}

# verify: the leaf of the last download is good for the key and chains to the trusted roots.
verify() {
	openssl verify -x509_strict -purpose sslserver -CAfile "$D/leaf-ca.pem" \
		-untrusted "$T/chain" "$T/leaf.pem" >/dev/null || fail "verify"
	same "key" "$(openssl x509 -in "$T/leaf.pem" -noout -pubkey)" \
		"$(openssl pkey -in "$T/$1.key" -pubout)"
}

sim_start
add_admin
make_csr www
make_csr rsa /CN=www.example.com -newkey rsa:2048

for key in www rsa; do
	order $key
	order_of x509CO l
	cp "$T/chain" "$T/leaf.pem"
	order_of x509 ril
	verify $key
	order_of pem ril
	order_of x509IO ri
	order_of x509IOR ir
	order_of x509R li
	verify $key
	order_of pemco l
	order_of pemia li
	download base64
	grep -q '^-----BEGIN PKCS7-----' "$T/body" || fail "base64 is not PKCS#7"
	same "set of base64" "$(letters "$T/chain" | fold -w1 | sort | tr -d '\n')" ilr
	verify $key
	order_of base64 "$(letters "$T/chain")"
	cp "$T/chain" "$T/base64"
	download bin
	cmp "$T/chain" "$T/base64" || fail "bin and base64 differ"
	get "/ssl/v1/collect/$ID"
	grep -q '^-----BEGIN PKCS7-----' "$T/body" || fail "the default is not base64"
	get "/ssl/v2/collect/$ID?format="
	grep -q '^-----BEGIN PKCS7-----' "$T/body" || fail "the default is not base64"
done
get "/ssl/v1/collect/$ID?format=frob"
want_error 400 -126 'Unknown SSL certificate file format requested: frob'
get "/ssl/v1/collect/$ID/PEM"
want_error 400 -126
get /ssl/v1/collect/9999?format=pem
want_error 404 -124 'Wrong SSL certificate id 9999.'

# Chains spoilt in every way, in each format that holds one.
for case in leaf-first:lir root-first:ril no-root:li no-intermediate:lr leaf-only:l no-leaf:ir \
	stranger:lssir twice:lirlir; do
	switches "--fault collect:chain=${case%:*}"
	order_of pem "${case#*:}"
	order_of base64 "${case#*:}"
	order_of bin "${case#*:}"
done
switches '--fault collect:chain=shuffled'
download x509
case $(letters "$T/chain") in
irl | rli) ;;
*) fail "shuffled is $(letters "$T/chain")" ;;
esac
switches '--fault collect:chain=loop'
get "/ssl/v1/collect/$ID/pem"
same "order of a loop" "$(letters "$T/body")" lis
if openssl verify -CAfile "$D/leaf-ca.pem" -untrusted "$T/body" "$T/body" >/dev/null 2>&1; then
	fail "a loop verifies"
fi
switches '--fault collect:certificates=10000'
get "/ssl/v1/collect/$ID/pem"
same "certificates" "$(grep -c 'BEGIN CERT' "$T/body")" 10000
get "/ssl/v1/collect/$ID/bin"
same "certificates" "$(openssl pkcs7 -inform DER -in "$T/body" -print_certs |
	grep -c 'BEGIN CERT')" 10000

# Another format than was asked for, other line ends.
for format in pem base64 bin x509CO; do
	switches
	get "/ssl/v1/collect/$ID/$format"
	cp "$T/body" "$T/wanted"
	switches "--fault collect:format=$format"
	get "/ssl/v1/collect/$ID/x509IO"
	cmp "$T/body" "$T/wanted" || fail "format=$format"
done
switches
get "/ssl/v1/collect/$ID/pem"
cp "$T/body" "$T/plain"
switches '--fault collect:newline=crlf'
get "/ssl/v1/collect/$ID/pem"
same "line ends" "$(grep -c $'\r$' "$T/body")" "$(wc -l <"$T/plain")"
tr -d '\r' <"$T/body" | cmp - "$T/plain" || fail crlf
switches '--fault collect:newline=double'
get "/ssl/v1/collect/$ID/pem"
{ cat "$T/plain"; echo; } | cmp - "$T/body" || fail double
switches '--fault collect:newline=none' '--fault collect:chain=leaf-only'
get "/ssl/v1/collect/$ID/base64"
same "last byte" "$(tail -c 1 "$T/body")" -
same "end" "$(tail -n 1 "$T/body")" '-----END PKCS7-----'

# Not ready, in every form; details say Applied meanwhile.
switches '--issue-time never'
order www
for case in code0:0 -183:-183 -1400:-1400 -103:-103 -109:-109; do
	switches '--issue-time never' "--not-ready ${case%:*}"
	get "/ssl/v1/collect/$ID?format=pem"
	want_error 400 "${case#*:}"
done
switches '--issue-time never' '--not-ready code0'
get "/ssl/v1/collect/$ID/pem"
want_error 400 0 'Being processed by Sectigo'
for case in 404:404 empty:200; do
	switches '--issue-time never' "--not-ready ${case%:*}"
	get "/ssl/v1/collect/$ID/pem"
	want_status "${case#*:}"
	want_header Content-Length 0
	[ ! -s "$T/body" ] || fail "a body"
done
get "/ssl/v1/$ID"
want '[.status, .serialNumber, .issued, .expires]' '["Applied",null,null,null]'
# Issued, yet not to be had: collect lags behind.
switches '--collect-lag 100000'
get "/ssl/v1/$ID"
want .status '"Issued"'
get "/ssl/v1/collect/$ID/pem"
want_error 400 0
switches
get "/ssl/v1/collect/$ID/pem"
want_status 200
