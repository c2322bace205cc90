# The story that every server's hook has to live through, against the real server: served, renewed
# without a restart, broken, mended, stopped. A script of a server sets D (its folder), PORT_TLS,
# HOOK (lines of its [hook:web]), CERT (lines of its certificate), TARGET (lines of an install target),
# VERIFY (schemes and ports that the agent proves, PORT_TLS unless it says more), and defines
#
#	server_start              starts it with the certificate that is live
#	server_stop
#	master                    prints the number of its main process, as long as that runs
#	server_break, server_mend its configuration
#
# shellcheck shell=bash disable=SC2034
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

HOOK=()
CERT=()
TARGET=()
STARTTLS=()
VERIFY=()
NAME=www
PLACE='file'
SERVER=$(basename "$0" .sh)
SERVER=${SERVER#server-}
D=$T/server
HOOKS=$BUILD/root/libexec/scm-agent/hooks

server_stop() {
	:
}

server_cleanup() {
	local rc=$?
	set +e
	server_stop
	(exit "$rc")
	cleanup
}
trap server_cleanup EXIT

# The capabilities that scm-agent.service has.
capabilities='-all,+chown,+fowner,+dac_override,+kill,+setuid,+setgid,+net_bind_service'
sandbox=(setpriv --no-new-privs --inh-caps=-all --bounding-set="$capabilities")
cat >"$T/agent" <<EOC
#!/bin/sh
exec ${sandbox[*]} "$AGENT" "\$@"
EOC
chmod 755 "$T/agent"
AGENT=$T/agent

need() {
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || [ -e "$program" ] || {
			say "SKIPPED: $program is not there (./dev deps)" >&2
			exit 77
		}
	done
}

# Hooks run as root, and servers have users of their own.
need_root() {
	[ "$(id -u)" = 0 ] || { say "SKIPPED: only root can run a server as its own user" >&2 && exit 77; }
}

# world_make: simulator, login, and a first certificate before any server is there.
world_make() {
	mkdir -p "$D"
	sim_start
	ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
	login_make host01
	PORT_TLS=$(free_port)
	LIVE=$T/state/live/$NAME
}

certificate() {
	conf_p12
	conf_cert "$NAME" 'key_type = ec:P-256' "${CERT[@]}"
}

target() {
	[ "${#TARGET[@]}" = 0 ] ||
		printf '%s\n' '' '[install:server]' "certificate = $NAME" "${TARGET[@]}" >>"$T/agent.ini"
}

# configure: the certificate and its target alone
configure() {
	certificate
	target
}

# deployed: the same with the hook, and with the agent's own proof of what is served.
deployed() {
	local item list=
	certificate
	for item in "${VERIFY[@]:-$PORT_TLS}"; do
		# smtp://25: the scheme, and the port
		list+=${list:+, }${item%"${item##*/}"}www.example.com:${item##*/}@127.0.0.1:${item##*/}
	done
	say "verify = $list" >>"$T/agent.ini"
	printf '%s\n' 'deploy_hooks = web' '' '[hook:web]' "${HOOK[@]}" >>"$T/agent.ini"
	target
}

# expect_run STATUS [ARGUMENT...]: a run whose log has no line of a key in it.
expect_run() {
	local status=$1 key
	shift
	expect "$status" -v run "$@"
	for key in "$T"/state/archive/*/*/privkey.pem; do
		[ -e "$key" ] || continue
		if grep -qF -- "$(sed -n 2p "$key")" "$T/err" "$T/out"; then
			fail "the key is in the log"
		fi
	done
}

presented() {
	openssl s_client -connect "127.0.0.1:$PORT_TLS" -servername www.example.com "${STARTTLS[@]}" \
		</dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null | cut -d= -f2
}

serves_live() {
	[ "$(presented)" = "$(serial_of "$LIVE/cert.pem")" ]
}

serves_something() {
	[ -n "$(presented)" ]
}

still_runs() {
	[ "$(master)" = "$1" ] || fail "main process was $1 and is '$(master)'"
}

# forced STATUS: a new order, past the limit of three a day
forced() {
	rm -rf "$T/state/history"
	expect_run "$1" --force
}

# renewed: a new certificate is served by the same process.
renewed() {
	local before pid
	before=$(presented)
	pid=$(master)
	forced 0
	expect_error 'installed and deployed, served certificate proved'
	wait_for 20 serves_live
	[ "$(presented)" != "$before" ] || fail "the former certificate is still served"
	still_runs "$pid"
}

# refused PATTERN: a deployment that fails, says so, and leaves the former certificate in use.
refused() {
	local before pid generation
	before=$(presented)
	pid=$(master)
	generation=$(readlink "$LIVE")
	forced 10
	expect_error "$1"
	[ "$(readlink "$LIVE")" = "$generation" ] || fail "the former generation is not live"
	[ "$(presented)" = "$before" ] || fail "the former certificate is not served"
	still_runs "$pid"
}

# hook EVENT: the shipped script alone, with the options of HOOK; its last line is in $T/said.
hook() {
	local line env=() script
	for line in "${HOOK[@]}"; do
		line=${line#option.}
		case $line in
		script*) script=${line#*= } ;;
		*) env+=("SCM_AGENT_OPT_$(tr '[:lower:]' '[:upper:]' <<<"${line%% =*}")=${line#*= }") ;;
		esac
	done
	RC=0
	"${sandbox[@]}" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/ \
		SCM_AGENT_KEY_PATH="$LIVE/privkey.pem" SCM_AGENT_FULLCHAIN_PATH="$LIVE/fullchain.pem" \
		SCM_AGENT_SERIAL="$(serial_of "$LIVE/cert.pem")" "${env[@]}" \
		"$HOOKS/$script" "$1" "$NAME" >"$T/err" 2>&1 </dev/null || RC=$?
	tail -n 1 "$T/err" >"$T/said"
}

# hook_says STATUS PATTERN EVENT
hook_says() {
	hook "$3"
	if [ "$RC" != "$1" ] || ! grep -qE -- "$2" "$T/said"; then
		fail "$3: status $RC, '$(cat "$T/said")' instead of $1, $2"
	fi
}

# story PATTERN-OF-THE-BROKEN-CONFIGURATION
story() {
	local pid
	say "$NAME: a first certificate, and the server starts with it"
	configure
	expect_run 0
	server_start
	wait_for 60 serves_live
	pid=$(master)

	say "$NAME: the hook deploys it"
	deployed
	expect_run 0 "$NAME"
	still_runs "$pid"

	say "$NAME: renewed without a restart"
	renewed

	say "$NAME: a broken configuration is refused, and the former certificate stays"
	server_break
	refused "$1"
	server_mend
	expect_run 0 "$NAME"
	wait_for 20 serves_live
	still_runs "$pid"
	hook_says 0 'test passed|takes the login' test

	say "$NAME: stopped, and not started"
	server_stop
	hook_says 0 'not (running|reloaded)|nothing listens' deploy
	[ -z "$(master)" ] || fail "it runs"
	! serves_something || fail "it was started"
	matrix_row server "$SERVER" "$PLACE" ok
}
