# Helpers of the scm-sim tests: a simulator of one's own on a free port, calls with curl, checks.
# Source it with the program as $1. Everything lives in $T and goes away at exit.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
SIM=$1
T=$(mktemp -d)
D=$T/sim
SIM_PID=
OTHERS=() # servers of the test's own, ended with it
STATUS=
ADMIN=(--cert "$T/admin.pem" -H 'login: admin' -H 'customerUri: example')
TOKEN_PATH=/auth/realms/apiclients/protocol/openid-connect/token
JSON_TYPE='Content-Type: application/json;charset=UTF-8'

# A server that does not end well fails the test that used it.
cleanup() {
	local result=$? ended=0
	trap - EXIT
	if [ -n "$SIM_PID" ]; then
		kill "$SIM_PID" 2>/dev/null || true
		wait "$SIM_PID" || ended=$?
		[ $result -ne 0 ] || [ $ended -eq 0 ] || result=$ended
		[ $ended -eq 0 ] || cat "$T/err" >&2
	fi
	[ ${#OTHERS[@]} -eq 0 ] || kill "${OTHERS[@]}" 2>/dev/null || true
	wait
	rm -rf "$T"
	exit $result
}
trap cleanup EXIT

fail() {
	echo "FAILED: $*" >&2
	local i
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		echo "  at ${BASH_SOURCE[i]}:${BASH_LINENO[i - 1]}" >&2
	done
	[ ! -s "$T/headers" ] || head -c 2000 "$T/headers" >&2
	[ ! -s "$T/body" ] || head -c 2000 "$T/body" >&2
	[ ! -s "$T/err" ] || tail -n 40 "$T/err" >&2
	exit 1
}

# sim_start [SWITCH...]: a server on $D; sets BASE and PUBLIC, the URLs with and without /private.
sim_start() {
	rm -f "$T/port"
	"$SIM" --dir "$D" --port-file "$T/port" "$@" >"$T/out" 2>"$T/err" &
	SIM_PID=$!
	while [ ! -e "$T/port" ]; do
		kill -0 "$SIM_PID" 2>/dev/null || fail "scm-sim ended: $(cat "$T/err")"
		sleep 0.02
	done
	PORT=$(cat "$T/port")
	BASE=https://localhost:$PORT/private/api
	PUBLIC=https://localhost:$PORT/api
}

# sim_stop [SIGNAL]: ends the server; its exit status is in STATUS.
sim_stop() {
	kill "-${1:-TERM}" "$SIM_PID"
	STATUS=0
	wait "$SIM_PID" || STATUS=$?
	SIM_PID=
}

# token CLIENT SECRET: a token in TOKEN; the answer is left as by fetch.
token() {
	fetch "https://localhost:$PORT$TOKEN_PATH" -d grant_type=client_credentials \
		-d "client_id=$1" --data-urlencode "client_secret=$2"
	want_status 200
	TOKEN=$(jq -r .access_token "$T/body")
}

add_admin() {
	"$SIM" --dir "$D" add-login admin --client-cert "$T/admin.pem"
}

# switches [LINE...]: puts these lines into the switches file.
switches() {
	printf '%s\n' "$@" >"$T/switches.new"
	mv "$T/switches.new" "$D/switches"
}

# fetch URL [CURL-ARGUMENT...]: the HTTP status in STATUS, the rest in $T/body and $T/headers.
fetch() {
	local url=$1
	shift
	: >"$T/body"
	STATUS=$(curl -sS --cacert "$D/ca.pem" -o "$T/body" -D "$T/headers" -w '%{http_code}' \
		"$@" "$url") || fail "curl $url"
}

# call METHOD PATH [JSON]: a call of the administrator with the client certificate.
call() {
	if [ $# -gt 2 ]; then
		fetch "$BASE$2" -X "$1" "${ADMIN[@]}" -H "$JSON_TYPE" -d "$3"
	else
		fetch "$BASE$2" -X "$1" "${ADMIN[@]}"
	fi
}

get() {
	call GET "$1"
}

# broken METHOD PATH [CURL-ARGUMENT...]: a call that curl must fail; its status in STATUS, its
# words in $T/curl.
broken() {
	local method=$1 path=$2
	shift 2
	STATUS=0
	: >"$T/body"
	: >"$T/headers"
	curl -sS --max-time 30 --cacert "$D/ca.pem" "${ADMIN[@]}" -X "$method" -o "$T/body" \
		-D "$T/headers" "$@" "$BASE$path" 2>"$T/curl" || STATUS=$?
	[ "$STATUS" -ne 0 ] || fail "$method $path succeeded"
}

want_status() {
	[ "$STATUS" = "$1" ] || fail "status $STATUS instead of $1"
}

# want JQ-FILTER VALUE: what the filter makes of the body, as compact JSON.
want() {
	local got
	got=$(jq -c "$1" "$T/body") || fail "jq $1"
	[ "$got" = "$2" ] || fail "$1 is $got instead of $2"
}

# want_error STATUS CODE [DESCRIPTION]
want_error() {
	want_status "$1"
	want .code "$2"
	[ $# -lt 3 ] || want .description "\"$3\""
}

# want_header NAME VALUE
want_header() {
	local got
	got=$(tr -d '\r' <"$T/headers" | sed -n "s/^$1: //Ip")
	[ "$got" = "$2" ] || fail "header $1 is '$got' instead of '$2'"
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1 is '$2' instead of '$3'"
}

# ledger JQ-FILTER: the events, slurped into one array.
ledger() {
	jq -c -s "$1" "$D/ledger.jsonl"
}

# requests JQ-FILTER: the request log, slurped into one array.
requests() {
	jq -c -s "$1" "$D/requests.jsonl"
}

# make_csr NAME [SUBJECT [KEY-OPTIONS...]]: $T/NAME.key and $T/NAME.csr.
make_csr() {
	local name=$1 subject=${2:-/CN=www.example.com}
	shift $(($# > 2 ? 2 : $#))
	[ $# -gt 0 ] || set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256
	openssl req -new "$@" -nodes -keyout "$T/$name.key" -subj "$subject" -utf8 \
		-out "$T/$name.csr" 2>/dev/null
}

# order_json NAME [JQ-FILTER]: an enroll body for $T/NAME.csr, changed by the filter.
order_json() {
	jq -c -n --rawfile csr "$T/$1.csr" "{orgId: 1234, csr: \$csr, certType: 1018, term: 90,
		subjAltNames: null, comments: \"\"} | ${2:-.}"
}

# enroll NAME [JQ-FILTER]: orders; the answer is left as by call.
enroll() {
	order_json "$@" >"$T/order.json"
	fetch "$BASE/ssl/v1/enroll" "${ADMIN[@]}" -H "$JSON_TYPE" -d "@$T/order.json"
}

# order NAME [JQ-FILTER]: orders, must be accepted; the id in ID.
order() {
	enroll "$@"
	want_status 200
	ID=$(jq .sslId "$T/body")
}
