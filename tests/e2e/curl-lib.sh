# Helpers of the tests that drive the simulator with curl: one call a line, its answer's status and
# shape looked at. They start a simulator of their own; source this instead of lib.sh.
# shellcheck shell=bash disable=SC2034
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

JSON='Content-Type: application/json;charset=UTF-8'
LOGIN=(-H 'login: api-1' -H 'password: Password123!' -H 'customerUri: example')
CERT=(--cert "$T/api-1.pem" -H 'LOGIN: api-1' -H 'CUSTOMERURI: example')
ROOT=api WHO=("${LOGIN[@]}")
DONE=0

# call METHOD PATH STATUS [BODY [SHAPE]]: PATH is below /api, without the version of ssl calls a
# leading ssl/. The body of the answer is in $T/out.
call() {
	local got args=(-X "$1")
	[ "$1" != HEAD ] || args=(--head)
	[ -z "${4:-}" ] || args+=(-H "$JSON" -d "$4")
	: >"$T/out"
	got=$(curl -sS --cacert "$T/sim/ca.pem" "${WHO[@]}" "${args[@]}" -D "$T/head" -o "$T/out" \
		-w '%{http_code}' "$URL/$ROOT/$2")
	[ "$got" = "$3" ] || fail "$1 $2: $got instead of $3: $(head -c 300 "$T/out")"
	case $3 in 201 | 204) [ ! -s "$T/out" ] || fail "$1 $2: a body" ;; esac
	[ $# -lt 5 ] || shape "$5" || fail "$1 $2: not $5: $(head -c 600 "$T/out")"
	DONE=$((DONE + 1))
}

# shape TYPES: the answer has these members, of these types; more do no harm
shape() {
	jq -e --argjson want "$1" '
		def fits($w): . as $v
			| if ($w | type) == "object" then
				type == "object" and all($w | keys[]; . as $k | $v | has($k) and (.[$k] | fits($w[$k])))
			elif ($w | type) == "array" then
				type == "array" and ($w | length == 0 or ($v | length > 0 and all(fits($w[0]))))
			elif $w | test("^=") then tostring == $w[1:]
			else type == $w end;
		fits($want)' "$T/out" >/dev/null
}

# refused METHOD PATH STATUS CODE [BODY]
refused() {
	call "$1" "$2" "$3" "${5:-}" "{\"code\":\"=$4\",\"description\":\"string\"}"
	header Content-Type 'application/json.*'
}

# header NAME PATTERN
header() {
	tr -d '\r' <"$T/head" | grep -qiE "^$1: $2\$" || fail "header $1 is not $2: $(cat "$T/head")"
}

# created PATH [BODY]: 201 with a Location below PATH; its last part is in ID
created() {
	call POST "$1" 201 "$2"
	header Location "$URL/api/$1/[0-9]+"
	ID=$(tr -d '\r' <"$T/head" | sed -n 's|^[Ll]ocation: .*/||p')
}

member() {
	jq -r "$1" "$T/out"
}

# order BODY-FILTER: an order, its id in ID
order() {
	call POST "ssl/v1/enroll" 200 "$(jq -nc --rawfile csr "$T/csr" "{orgId: 1234, csr: \$csr,
		certType: 1018, term: 90, subjAltNames: \"www.example.com,a.example.com\",
		comments: \"\", externalRequester: \"\"} | $1")" '{"sslId":"number","renewId":"string"}'
	ID=$(member .sslId) RENEW=$(member .renewId)
	! grep -qi '^location:' "$T/head" || fail "enroll with a Location"
}

printf 'Password123!' >"$T/pw"
"$SIM" --dir "$T/sim" add-login api-1 --password-file "$T/pw" --client-cert "$T/api-1.pem"
printf 's3cret' >"$T/secret"
"$SIM" --dir "$T/sim" add-client key-1 --secret-file "$T/secret"
"$SIM" --dir "$T/sim" add-client rest-1 --secret-file "$T/secret" --organization 1234 \
	--profile 1018 --term 90
sim_start
openssl req -new -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/csr" -subj /CN=www.example.com \
	2>/dev/null
