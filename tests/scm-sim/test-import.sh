#!/bin/bash
# Certificates from elsewhere: taken in, revoked by hand, removed.
# shellcheck source=lib.sh disable=SC2119,SC2016,SC2059
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

# le NUMBER BYTES: the number with its lowest byte first
le() {
	local i
	for ((i = 0; i < $2; i++)); do
		printf "\\\\x$(printf %02x $(($1 >> 8 * i & 255)))"
	done
}

# archive OUT METHOD FILE...: a ZIP archive of files below $T/files; gzip has what is needed
archive() {
	local out=$1 method=0 at=0 directory='' count=0 name size packed crc common
	[ "$2" = stored ] || method=8
	: >"$out"
	for name in "${@:3}"; do
		gzip -nc "$T/files/$name" >"$T/gz"
		crc=$(tail -c 8 "$T/gz" | od -An -tu4 -N4 | tr -d ' ')
		size=$(wc -c <"$T/files/$name")
		if [ $method = 0 ]; then
			cp "$T/files/$name" "$T/packed"
		else
			tail -c +11 "$T/gz" | head -c -8 >"$T/packed"
		fi
		packed=$(wc -c <"$T/packed")
		common=$(le 20 2)$(le 0 2)$(le $method 2)$(le 0 4)$(le "$crc" 4)$(le "$packed" 4)$(le "$size" 4)$(le ${#name} 2)$(le 0 2)
		directory+="PK\\x01\\x02$(le 20 2)$common$(le 0 2)$(le 0 2)$(le 0 2)$(le 0 4)$(le "$at" 4)$name"
		printf "PK\\x03\\x04$common$name" >>"$out"
		cat "$T/packed" >>"$out"
		at=$(wc -c <"$out")
		count=$((count + 1))
	done
	printf "$directory" >"$T/directory"
	cat "$T/directory" >>"$out"
	printf "PK\\x05\\x06$(le 0 4)$(le $count 2)$(le $count 2)$(le "$(wc -c <"$T/directory")" 4)$(le "$at" 4)$(le 0 2)" >>"$out"
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

# Until 2025 no reasonCode was needed.
call POST /ssl/v1/revoke/1001 '{"reason":"old client"}'
want_error 400 -1001
switches --old-revoke
call POST /ssl/v1/revoke/1001 '{"reason":"old client"}'
want_status 204
rm "$D/switches"

# Files in an archive, stored or deflated.
mkdir "$T/files"
certificate c /CN=c.example.com
certificate d /CN=d.example.com
cp "$T/a.crt" "$T/c.crt" "$T/d.b64" "$T/files"
openssl x509 -in "$T/d.crt" -outform DER -out "$T/files/d.cer"
echo nonsense >"$T/files/broken.pem"
archive "$T/zip" stored a.crt c.crt
archive "$T/zip2" deflated d.cer c.crt d.b64 broken.pem
upload() {
	fetch "$BASE/ssl/v1/import?orgId=$1" "${ADMIN[@]}" -F "file=@$2;type=application/zip"
}
upload 1234 "$T/zip"
want_status 200
want . '{"errors":["[a.crt] - SSL certificate already exists. Order number: N/A"],"processedCount":2}'
upload 1234 "$T/zip2"
want . '{"errors":["[c.crt] - SSL certificate already exists. Order number: N/A","d.b64 - Unsupported file extension","broken.pem - Failed to parse certificate"],"processedCount":4}'
get '/ssl/v1?commonName=d.example.com'
want length 1
upload 9 "$T/zip"
want_error 400 -639
upload 1234 "$T/a.crt"
want_error 400 -1002
head -c -30 "$T/zip" >"$T/zip3"
upload 1234 "$T/zip3"
want_error 400 -1002
fetch "$BASE/ssl/v1/import" "${ADMIN[@]}" -F "file=@$T/zip"
want_error 400 -1001

# All of it is there after a restart.
sim_stop
sim_start
get '/ssl/v1?size=200'
want 'map(.sslId)' '[1001,1002,1004,1005,1006]'
get /ssl/v1/1002
want .status '"Revoked"'
order www
same "the next id" "$ID" 1007
