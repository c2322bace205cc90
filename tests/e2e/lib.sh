# Helpers of the end-to-end tests: a world of their own (simulator, token, nginx, state directory)
# below one temporary directory, on free ports of the loopback interface. BUILD_DIR is the build
# directory. Everything is gone when the script ends.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120

set -euo pipefail
BUILD=$(cd "${BUILD_DIR:?the build directory}" && pwd)
AGENT=$BUILD/root/bin/scm-agent
SIM=$BUILD/tests/scm-sim/scm-sim
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# a world that is to stay has its place given: the demo's
T=${WORLD:-$(mktemp -d)}
mkdir -p "$T"
# servers' workers that are not root must get through
chmod 755 "$T"
PIDS=()
RC=0

say() {
	printf '%s\n' "$*"
}

fail() {
	say "FAILED: $*" >&2
	local i f
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		say "  at ${BASH_SOURCE[i]}:${BASH_LINENO[i - 1]}" >&2
	done
	for f in out err nginx/error.log sim.err; do
		[ ! -s "$T/$f" ] || { say "--- $f" && tail -n 20 "$T/$f"; } >&2
	done
	exit 1
}

# stop PID: ends one of our own processes and waits for it.
stop() {
	kill "$1" 2>/dev/null || true
	while kill -0 "$1" 2>/dev/null; do sleep 0.02; done
}

cleanup() {
	local rc=$? pid
	nginx_stop
	for pid in "${PIDS[@]}"; do
		stop "$pid"
	done
	[ -n "${WORLD:-}${KEEP:-}" ] || rm -rf "$T"
	exit "$rc"
}
trap cleanup EXIT

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "waited in vain for: $*"
		sleep 0.05
	done
}

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	say "$port"
}

# matrix_row FIELD...: a cell of the tables that ./dev matrix prints, which gathers them in MATRIX_OUT:
#	token MODULE KEY-TYPE OPERATION CELL
#	server SERVER PLACE CELL, where PLACE is file, token-engine or token-provider
# Only what this run has seen: "ok", or "refused: " and the message.
matrix_row() {
	local IFS='|'
	[ -z "${MATRIX_OUT:-}" ] || say "$*" >>"$MATRIX_OUT"
}

# --- the simulator

# sim_start [SWITCH...]
sim_start() {
	rm -f "$T/port"
	"$SIM" --dir "$T/sim" --port-file "$T/port" "$@" >"$T/sim.out" 2>"$T/sim.err" &
	SIM_PID=$!
	PIDS+=("$SIM_PID")
	wait_for 20 test -s "$T/port"
	PORT=$(cat "$T/port")
	URL=https://localhost:$PORT
}

sim_stop() {
	stop "$SIM_PID"
}

# switches [LINE...]: what the running simulator does from its next request on.
switches() {
	printf '%s\n' "$@" >"$T/switches.new"
	mv "$T/switches.new" "$T/sim/switches"
}

# orders [COMMON-NAME]: how many orders the simulator ever accepted.
orders() {
	[ -e "$T/sim/ledger.jsonl" ] || { say 0 && return; }
	jq -s --arg cn "${1:-}" \
		'[.[] | select(.event == "accepted" and ($cn == "" or .commonName == $cn))] | length' \
		"$T/sim/ledger.jsonl"
}

requests() {
	[ -e "$T/sim/requests.jsonl" ] || { say 0 && return; }
	wc -l <"$T/sim/requests.jsonl"
}

# login_make [NAME]: an account with its client key as PKCS#12 and PEM, password "store".
login_make() {
	local name=${1:-host01}
	printf 'store\n' >"$T/store.pass"
	chmod 600 "$T/store.pass"
	"$SIM" --dir "$T/sim" add-login "$name" --client-cert "$T/$name.p12" \
		--store-password-file "$T/store.pass" >/dev/null
	"$SIM" --dir "$T/sim" add-login "$name-pem" --client-cert "$T/$name.pem" >/dev/null
}

# --- the token

token_make() {
	local module
	mkdir -p "$T/tokens"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$T/tokens" \
		>"$T/softhsm2.conf"
	export SOFTHSM2_CONF=$T/softhsm2.conf
	softhsm2-util --init-token --free --label web --so-pin 87654321 --pin 123456 >/dev/null
	printf '123456' >"$T/pin"
	chmod 600 "$T/pin"
	module=$(p11_module)
	cat >"$T/openssl.cnf" <<-EOF
		openssl_conf = init
		[init]
		engines = engines
		[engines]
		pkcs11 = pkcs11
		[pkcs11]
		engine_id = pkcs11
		MODULE_PATH = $module
		PIN = 123456
		init = 0
	EOF
}

p11_module() {
	local f
	for f in /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so; do
		[ ! -e "$f" ] || { say "$f" && return; }
	done
	fail "softhsm2 is not installed"
}

# login_token NAME: an account whose client key is in the token, made there by pkcs11-tool.
login_token() {
	local name=$1 module
	module=$(p11_module)
	pkcs11-tool --module "$module" --token-label web --login --pin 123456 --keypairgen \
		--key-type rsa:2048 --id 99 --label "$name" --usage-sign >/dev/null 2>&1
	OPENSSL_CONF=$T/openssl.cnf openssl req -new -engine pkcs11 -keyform engine \
		-key "pkcs11:token=web;id=%99;type=private" -subj "/CN=$name" -out "$T/$name.csr" 2>/dev/null
	"$SIM" --dir "$T/sim" add-login "$name" --client-csr "$T/$name.csr" \
		--client-cert "$T/$name-token.pem" >/dev/null
	openssl x509 -in "$T/$name-token.pem" -outform DER -out "$T/$name.der"
	pkcs11-tool --module "$module" --token-label web --login --pin 123456 --write-object \
		"$T/$name.der" --type cert --id 99 --label "$name" >/dev/null 2>&1
}

# --- the agent

# conf_head [EXTRA-LINE...]: the configuration up to the certificates; lines go into [scm].
conf_head() {
	cat >"$T/agent.ini" <<-EOF
		[agent]
		state_dir = $T/state
		hook_timeout = 60s

		[token:web]
		module = $(p11_module)
		uri = pkcs11:token=web
		pin_file = $T/pin
		env.SOFTHSM2_CONF = $T/softhsm2.conf

		[scm]
		url = $URL
		customer_uri = example
		organization_id = $ORG
		ssl_trust_store = $T/sim/ca.pem
		enroll_back_off_timer = 1
	EOF
	printf '%s\n' "$@" >>"$T/agent.ini"
}

# conf_p12, conf_pem, conf_token: the same with one of the client key stores.
conf_p12() {
	conf_head 'login = host01' "client_cert_key_store = $T/host01.p12" \
		"client_cert_key_store_password_file = $T/store.pass" "$@"
}

conf_pem() {
	conf_head 'login = host01-pem' "client_cert_key_store = $T/host01.pem" \
		'client_cert_key_store_type = PEM' "$@"
}

conf_token() {
	conf_head 'login = tok01' 'client_cert_key_store = token:web' \
		'client_cert_key_store_type = PKCS11' 'client_cert_key_alias = tok01' "$@"
}

# conf_cert NAME [LINE...]
conf_cert() {
	local name=$1
	shift
	{
		printf '\n[certificate:%s]\ncommon_name = %s.example.com\nprofile = 1018\nterm = 90\n' "$name" "$name"
		printf 'trust_anchors = %s\n' "$T/sim/ca.pem"
		printf '%s\n' "$@"
	} >>"$T/agent.ini"
}

# agent ARGUMENT...: runs it; RC, $T/out and $T/err say what came.
agent() {
	RC=0
	"$AGENT" -c "$T/agent.ini" "$@" >"$T/out" 2>"$T/err" </dev/null || RC=$?
}

# expect STATUS ARGUMENT...: runs it and insists on the exit status.
expect() {
	local want=$1
	shift
	agent "$@"
	[ "$RC" = "$want" ] || fail "scm-agent $*: exit status $RC instead of $want"
}

expect_error() {
	grep -qE -- "$1" "$T/err" || fail "stderr does not say: $1"
}

# silent: the last run printed nothing
silent() {
	[ ! -s "$T/out" ] && [ ! -s "$T/err" ]
}

live() {
	say "$T/state/live/$1"
}

# pair_matches NAME: the live certificate and key belong together (key in a file).
pair_matches() {
	[ "$(openssl x509 -in "$(live "$1")/cert.pem" -noout -pubkey)" = \
		"$(openssl pkey -in "$(live "$1")/privkey.pem" -pubout)" ]
}

serial_of() {
	openssl x509 -in "$1" -noout -serial | cut -d= -f2
}

# --- nginx

# nginx_make: a server that starts empty; each site is one include of a generation's stanza.
nginx_make() {
	mkdir -p "$T/nginx/sites" "$T/nginx/tmp"
	NGINX_PORT=$(free_port)
	cat >"$T/nginx/nginx.conf" <<-EOF
		user root;
		daemon on;
		worker_processes 1;
		pid $T/nginx/nginx.pid;
		error_log $T/nginx/error.log warn;
		ssl_engine pkcs11;
		env SOFTHSM2_CONF;
		env OPENSSL_CONF;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $T/nginx/tmp/a; proxy_temp_path $T/nginx/tmp/b;
			fastcgi_temp_path $T/nginx/tmp/c; uwsgi_temp_path $T/nginx/tmp/d;
			scgi_temp_path $T/nginx/tmp/e;
			include $T/nginx/sites/*.conf;
		}
	EOF
	cat >"$T/site" <<-EOF
		#!/bin/sh
		# deploy hook: the first certificate of a name switches its site on
		set -eu
		cat >$T/nginx/sites/\$2.conf <<EOC
		server { listen 127.0.0.1:$NGINX_PORT ssl; server_name \$2.example.com;
		include \$RENEWED_LINEAGE/nginx.conf; location / { return 200 "\$2"; } }
		EOC
	EOF
	sed -i 's/^\t*//' "$T/site"
	chmod 755 "$T/site"
}

nginx_start() {
	OPENSSL_CONF=$T/openssl.cnf nginx -c "$T/nginx/nginx.conf" -p "$T/nginx" >>"$T/nginx/start.log" 2>&1 ||
		fail "nginx does not start: $(tail -n 3 "$T/nginx/start.log")"
	wait_for 20 test -s "$T/nginx/nginx.pid"
}

nginx_stop() {
	local pid
	pid=$(cat "$T/nginx/nginx.pid" 2>/dev/null) || return 0
	kill -QUIT "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

# conf_nginx: the [hook:web] that reloads this nginx.
conf_nginx() {
	cat >>"$T/agent.ini" <<-EOF

		[hook:web]
		script = nginx
		config = $T/nginx/nginx.conf
		prefix = $T/nginx
		env = OPENSSL_CONF=$T/openssl.cnf SOFTHSM2_CONF=$T/softhsm2.conf
	EOF
}

# served NAME: the serial number that nginx shows for NAME.example.com.
served() {
	openssl s_client -connect "127.0.0.1:$NGINX_PORT" -servername "$1.example.com" </dev/null 2>/dev/null |
		openssl x509 -noout -serial 2>/dev/null | cut -d= -f2
}
