#!/usr/bin/env bash
# The whole job in front of the reader, on loopback: simulator, token, nginx, two certificates,
# renewal. Called by ./dev demo.
#
#	demo.sh           runs it and leaves nothing running
#	demo.sh start     starts simulator and nginx again, to play with
#	demo.sh stop      ends them
#
# BUILD_DIR is the build directory; DEMO_WORLD, where the world is made, its "demo" otherwise.
ACTION=${1:-show}
WORLD=${DEMO_WORLD:-${BUILD_DIR:?the build directory}/demo}
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"

if [ -t 1 ]; then
	BOLD=$'\033[1m' PLAIN=$'\033[0m'
else
	BOLD='' PLAIN=''
fi
STEP=0

# step TEXT...: what is about to happen, in a line
step() {
	STEP=$((STEP + 1))
	printf '\n%s%s. %s%s\n' "$BOLD" "$STEP" "$*" "$PLAIN"
}

# shown COMMAND...: the command as the reader would type it, then its output as it comes
shown() {
	printf '%s$ %s%s\n' "$BOLD" "${*/#"$AGENT"/scm-agent}" "$PLAIN"
	"$@"
}

agent_shown() {
	printf '%s$ scm-agent -c agent.ini %s%s\n' "$BOLD" "$*" "$PLAIN"
	"$AGENT" -c "$T/agent.ini" "$@"
}

serve() {
	sim_start --issue-time 3
	say "$SIM_PID" >"$T/sim.pid"
	nginx_start
}

running() {
	local pid
	pid=$(cat "$T/sim.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

stop_servers() {
	[ ! -s "$T/sim.pid" ] || stop "$(cat "$T/sim.pid")"
	rm -f "$T/sim.pid"
	nginx_stop
}

# what nginx shows to a client who trusts the simulator's CA
handshake() {
	printf '%s$ openssl s_client -connect 127.0.0.1:%s -servername %s.example.com%s\n' "$BOLD" \
		"$NGINX_PORT" "$1" "$PLAIN"
	openssl s_client -connect "127.0.0.1:$NGINX_PORT" -servername "$1.example.com" \
		-CAfile "$T/sim/ca.pem" </dev/null 2>/dev/null |
		grep -E '^(subject|issuer)=|Verify return code' | sort -u
	say "serial=$(served "$1")"
}

show() {
	trap 'stop_servers; cleanup' EXIT
	stop_servers
	rm -rf "$WORLD"
	mkdir -p "$WORLD"

	step "A Sectigo Certificate Manager to talk to: scm-sim, on loopback, which takes 3 s to issue"
	token_make
	nginx_make
	serve
	ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
	login_make host01
	say "   $URL, its own CA, an API login 'host01' that is bound to a client certificate (PKCS#12)"

	step "A PKCS#11 token (SoftHSM), and an nginx on port $NGINX_PORT"
	say "   token 'web'; nginx has no site yet"

	step "The configuration: one key in a file, one made inside the token"
	conf_p12
	sed -i 's/^enroll_back_off_timer = 1/enroll_back_off_timer = 2/' "$T/agent.ini"
	conf_cert www 'key_type = ec:P-256' 'subject_alt_names = example.com' \
		"deploy_hooks = $T/site, web" "verify = www.example.com:443@127.0.0.1:$NGINX_PORT"
	conf_cert shop 'key_type = rsa:2048' 'key_store = token:web' \
		"deploy_hooks = $T/site, web" "verify = shop.example.com:443@127.0.0.1:$NGINX_PORT"
	conf_nginx
	sed 's/^/   /' "$T/agent.ini"

	step "Does it all fit together? Nothing is changed by looking"
	agent_shown check

	step "Enroll: keys, requests, orders, waiting with back-off, installation, reload, proof"
	agent_shown run

	step "What nginx serves now, asked from outside"
	handshake www
	handshake shop

	step "Renew both, although they are not due; the servers go on serving meanwhile"
	agent_shown run --force
	handshake www

	step "What the timer does from now on, twice a day: nothing, without a word, until it is time"
	agent_shown run
	agent_shown status

	stop_servers
	step "Nothing is left running. To play on:"
	cat <<-EOF
		   ./dev demo start      simulator and nginx again
		   $AGENT -c $T/agent.ini status
		   ./dev demo stop       ends them
		   ./dev demo            all of this again, from nothing: a certificate gets three orders a
		                         day at most, here too
		   configuration and state are below $T; remove it when you are done
	EOF
}

case $ACTION in
show)
	show
	;;
start)
	trap - EXIT
	[ -e "$T/agent.ini" ] || fail "run ./dev demo first"
	if running; then
		say "running already: simulator at $(sed -n 's/^url = //p' "$T/agent.ini"); configuration $T/agent.ini"
		exit 0
	fi
	export SOFTHSM2_CONF=$T/softhsm2.conf
	stop_servers
	serve
	sed -i "s|^url = .*|url = $URL|" "$T/agent.ini"
	say "running: simulator at $URL, nginx; configuration $T/agent.ini; ./dev demo stop ends them"
	;;
stop)
	trap - EXIT
	stop_servers
	say "stopped"
	;;
*)
	say "usage: ./dev demo [start|stop]" >&2
	exit 2
	;;
esac
