#!/bin/bash
# Who may call: client certificates, header logins, limits to organizations.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# want_401: the documented answer, to the byte.
want_401() {
	want_status 401
	same "body" "$(cat "$T/body")" '{"code":-16,"description":"Unknown user"}'
	want_header Content-Type application/json
	want_header Content-Length 41
}

echo secret >"$T/password"
echo other >"$T/password2"
sim_start
add_admin
"$SIM" --dir "$D" add-login bob --password-file "$T/password"
customer=(-H 'customerUri: example')

# Client certificate, bound to the login by its serial number.
fetch "$BASE/ssl/v1/types" "${ADMIN[@]}"
want_status 200
fetch "$BASE/ssl/v1/types" -H 'login: admin' "${customer[@]}"
want_401
fetch "$BASE/ssl/v1/types" --cert "$T/admin.pem" "${customer[@]}"
want_401
fetch "$BASE/ssl/v1/types" --cert "$T/admin.pem" -H 'login: admin'
want_401
fetch "$BASE/ssl/v1/types" --cert "$T/admin.pem" -H 'login: admin' -H 'customerUri: other'
want_401
fetch "$BASE/ssl/v1/types" --cert "$T/admin.pem" -H 'login: bob' "${customer[@]}"
want_401
fetch "$BASE/ssl/v1/types" --cert "$T/admin.pem" -H 'LOGIN: admin' -H 'CUSTOMERURI: example'
want_status 200
fetch "$PUBLIC/ssl/v1/types" "${ADMIN[@]}"
want_401
fetch "$BASE/ssl/v1/types" -H 'login: bob' -H 'password: secret' "${customer[@]}"
want_401

# A certificate of another CA with the right serial number, an expired one, a replaced one.
serial=$(openssl x509 -in "$T/admin.pem" -noout -serial | cut -d= -f2)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/fake.pem" \
	-out "$T/fake.crt" -subj /CN=admin -set_serial "0x$serial" 2>/dev/null
cat "$T/fake.crt" >>"$T/fake.pem"
fetch "$BASE/ssl/v1/types" --cert "$T/fake.pem" -H 'login: admin' "${customer[@]}"
want_401
"$SIM" --dir "$D" add-login gone --client-cert "$T/gone.pem" --client-validity -60
fetch "$BASE/ssl/v1/types" --cert "$T/gone.pem" -H 'login: gone' "${customer[@]}"
want_401
cp "$T/admin.pem" "$T/old.pem"
add_admin
fetch "$BASE/ssl/v1/types" --cert "$T/old.pem" -H 'login: admin' "${customer[@]}"
want_401
fetch "$BASE/ssl/v1/types" "${ADMIN[@]}"
want_status 200
echo store >"$T/store"
"$SIM" --dir "$D" add-login p12 --client-cert "$T/p.p12" --store-password-file "$T/store"
fetch "$BASE/ssl/v1/types" --cert-type P12 --cert "$T/p.p12:store" -H 'login: p12' "${customer[@]}"
want_status 200

# TLS 1.2 and 1.3 are spoken, older ones are not.
fetch "$BASE/ssl/v1/types" "${ADMIN[@]}" --tls-max 1.2
want_status 200
fetch "$BASE/ssl/v1/types" "${ADMIN[@]}" --tlsv1.3
want_status 200
same "versions" "$(requests 'map(.tls) | unique')" '["TLS1.2","TLS1.3"]'
STATUS=0
curl -sS --cacert "$D/ca.pem" --ciphers DEFAULT:@SECLEVEL=0 --tlsv1.1 --tls-max 1.1 \
	"$PUBLIC/ssl/v1/types" >"$T/body" 2>"$T/curl" || STATUS=$?
same "curl with TLS 1.1" "$STATUS" 35

# Header login.
bob=(-H 'login: bob' -H 'password: secret' "${customer[@]}")
fetch "$PUBLIC/ssl/v1/types" "${bob[@]}"
want_status 200
fetch "$PUBLIC/ssl/v1/types" -H 'login: bob' -H 'password: wrong' "${customer[@]}"
want_401
fetch "$PUBLIC/ssl/v1/types" -H 'login: bob' "${customer[@]}"
want_401
fetch "$PUBLIC/ssl/v1/types" -H 'login: bob' -H 'password;' "${customer[@]}"
want_401
fetch "$PUBLIC/ssl/v1/types" -H 'login: eve' -H 'password: secret' "${customer[@]}"
want_401
fetch "$PUBLIC/ssl/v1/types" -H 'login: bob' -H 'password: secret' -H 'customerUri: other'
want_401
fetch "$PUBLIC/ssl/v1/types" -H 'login: admin' -H 'password: ' "${customer[@]}"
want_401
fetch "$PUBLIC/no/such/path"
want_401
"$SIM" --dir "$D" add-login bob --password-file "$T/password2"
fetch "$PUBLIC/ssl/v1/types" "${bob[@]}"
want_401
fetch "$PUBLIC/ssl/v1/types" -H 'login: bob' -H 'password: other' "${customer[@]}"
want_status 200

# The password's state.
fetch "$PUBLIC/admin/v1/password" -H 'login: bob' -H 'password: other' "${customer[@]}"
want_status 200
want .state '"ALIVE"'
want '.expirationDate | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")' true
jq '(.logins[] | select(.login == "bob")).passwordState = "EXPIRED"' "$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
fetch "$PUBLIC/admin/v1/password" -H 'login: bob' -H 'password: other' "${customer[@]}"
want_401

# Limits: a login of department 1235 sees and orders nothing of others.
make_csr www
order www
"$SIM" --dir "$D" add-login dept --password-file "$T/password" --organization 1235
dept=(-H 'login: dept' -H 'password: secret' "${customer[@]}")
fetch "$PUBLIC/ssl/v1" "${dept[@]}"
want_header X-Total-Count 0
fetch "$PUBLIC/ssl/v1/$ID" "${dept[@]}"
want_error 404 -5101
fetch "$PUBLIC/ssl/v1/collect/$ID" "${dept[@]}"
want_error 404 -124
fetch "$PUBLIC/ssl/v1/enroll" "${dept[@]}" -H "$JSON_TYPE" -d "$(order_json www)"
want_error 400 -37
fetch "$PUBLIC/ssl/v1/enroll" "${dept[@]}" -H "$JSON_TYPE" -d "$(order_json www '.orgId = 1235')"
want_status 200
fetch "$PUBLIC/organization/v1" "${dept[@]}"
want 'map([.id, .departments[].id])' '[[1234,1235]]'
fetch "$PUBLIC/organization/v1/1234" "${dept[@]}"
want_error 404 -1023
fetch "$PUBLIC/organization/v1/1235" "${dept[@]}"
want .parentName '"Example Org"'
fetch "$PUBLIC/domain/v1/413" "${dept[@]}"
want_error 404 -727
# One of the whole organization acts for its departments as well.
"$SIM" --dir "$D" add-login org --password-file "$T/password" --organization 1234
fetch "$PUBLIC/ssl/v1" -H 'login: org' -H 'password: secret' "${customer[@]}"
want_header X-Total-Count 2

# What a client must not accept of a server.
for kind in wrong-host:60 expired:60 not-yet-valid:60 stranger:60 self-signed:60; do
	sim_stop
	sim_start --tls-certificate "${kind%:*}"
	STATUS=0
	curl -sS --cacert "$D/ca.pem" "$PUBLIC/" >/dev/null 2>"$T/curl" || STATUS=$?
	same "curl at ${kind%:*}" "$STATUS" "${kind#*:}"
done
sim_stop
count=$(requests length)
sim_start --tls-priority NORMAL:-VERS-ALL:+VERS-TLS1.2
fetch "$BASE/ssl/v1/types" "${ADMIN[@]}"
want_status 200
same "version" "$(requests '.[-1].tls')" '"TLS1.2"'
same "requests" "$(requests length)" $((count + 1))
