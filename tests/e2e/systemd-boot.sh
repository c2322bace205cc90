#!/bin/bash
# systemd-boot.sh BUILD: a Debian with systemd, nginx and the installed agent boots in a container;
# the timer fires, the agent enrolls against a simulator beside it and nginx serves the certificate.
# Then it boots a second time, on what an interrupted run left: recovery comes before nginx, and a
# day on which nothing is due says nothing. At last a notification wakes a run, by a receiver that can
# read neither configuration nor state.
set -euo pipefail
BUILD=$1
# shellcheck source=tests/e2e/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

skip() {
	echo "SKIPPED: boot under systemd not tested: $*" >&2
	exit 77
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in systemd-nspawn mmdebstrap nsenter jq; do
	command -v "$tool" >/dev/null || skip "$tool is not installed (./dev deps)"
done
# Mounts and processes of its own: nothing stays behind, however this ends.
world=(unshare --mount --pid --fork --kill-child --mount-proc)
if [ "${SYSTEMD_BOOT:-}" != inside ]; then
	"${world[@]}" true 2>/dev/null || skip "no namespaces here"
	SYSTEMD_BOOT=inside exec "${world[@]}" "$0" "$@"
fi

T=$(mktemp -d)
ROOT=$T/root
NSPAWN=
LEADER=

cleanup() {
	if [ -n "$NSPAWN" ]; then
		# the container's first process takes all others along; nspawn ends after it
		kill -KILL "$LEADER" 2>/dev/null || kill -KILL "$NSPAWN" 2>/dev/null || true
		wait "$NSPAWN" 2>/dev/null || true
	fi
	umount "$ROOT" 2>/dev/null || true
	umount "$T/upper" 2>/dev/null || true
	rm -rf "$T"
	# nspawn leaves these behind where no systemd looks after them
	find /sys/fs/cgroup -depth -type d -path '*/payload*' -exec rmdir {} + 2>/dev/null || true
}
trap cleanup EXIT

fail() {
	echo "FAILED: $*" >&2
	if [ -n "$NSPAWN" ]; then
		inside journalctl --no-pager -o short-monotonic _COMM=scm-agent _COMM=scm-agent-fetch \
			_COMM=scm-agent-webho _COMM=nginx + UNIT=scm-agent.service + UNIT=nginx.service \
			+ UNIT=scm-agent-hint.service + UNIT=scm-agent-webhook.service >&2 || true
	fi
	exit 1
}

# wait_for SECONDS COMMAND...
wait_for() {
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			return 1
		fi
		sleep 0.1
	done
}

# --- the root file system, made once and kept outside the tree

# The packages that hold the libraries of our programs.
library_packages() {
	local library

	ldd "$BUILD/root/bin/scm-agent" "$BUILD/root/libexec/scm-agent/scm-agent-fetch" \
		"$BUILD/root/libexec/scm-agent/scm-agent-webhook" "$BUILD/tests/scm-sim/scm-sim" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p' | sort -u |
		while read -r library; do
			dpkg-query -S "*/$(basename "$library")" 2>/dev/null | sed -n '1s/:.*//p'
		done | sort -u
}

make_base() {
	local packages

	packages=systemd,systemd-sysv,dbus,nginx-light,ca-certificates,$(library_packages | paste -s -d ,)
	BASE=$(debian_root "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$packages") || skip "$BASE"
}

make_root() {
	mkdir -p "$ROOT" "$T/upper"
	mount -t tmpfs -o mode=0755 none "$T/upper"
	mkdir "$T/upper/upper" "$T/upper/work"
	mount -t overlay overlay \
		-o "lowerdir=$BASE,upperdir=$T/upper/upper,workdir=$T/upper/work" "$ROOT" 2>/dev/null ||
		skip "no overlay file system here"
}

# --- what an administrator would set up

install_agent() {
	DESTDIR=$ROOT cmake --install "$BUILD" >"$T/install.log" 2>&1 ||
		fail "cmake --install: $(tail -n 5 "$T/install.log")"
	# The scripts look at the default place; so do units.
	UNITS=$(find "$ROOT" -path '*/systemd/system/scm-agent.timer' -printf '%h\n')
	[ -n "$UNITS" ] || fail "the units are not installed"
	systemctl --root="$ROOT" enable scm-agent.timer scm-agent-recover.service \
		scm-agent-webhook.socket scm-agent-hint.path 2>"$T/enable.log" ||
		fail "enable: $(cat "$T/enable.log")"
}

configure_sim() {
	install -m 755 "$BUILD/tests/scm-sim/scm-sim" "$ROOT/usr/local/bin/scm-sim"
	mkdir -p "$ROOT/etc/scm-agent"
	(umask 077 && echo store >"$ROOT/etc/scm-agent/client.pass")
	"$BUILD/tests/scm-sim/scm-sim" --dir "$ROOT/var/lib/scm-sim" add-login host01 \
		--client-cert "$ROOT/etc/scm-agent/client.p12" \
		--store-password-file "$ROOT/etc/scm-agent/client.pass" >/dev/null
	cat >"$ROOT/etc/systemd/system/scm-sim.service" <<-END
		[Unit]
		Before=network-online.target
		[Service]
		ExecStart=/usr/local/bin/scm-sim --dir /var/lib/scm-sim --port 4430 --port-file /run/scm-sim
		ExecStartPost=/bin/sh -c 'until [ -e /run/scm-sim ]; do sleep 0.05; done'
		[Install]
		WantedBy=multi-user.target network-online.target
	END
	systemctl --root="$ROOT" enable scm-sim.service 2>/dev/null
}

configure_agent() {
	cat >"$ROOT/etc/scm-agent/scm-agent.ini" <<-END
		[scm]
		url = https://localhost:4430
		customer_uri = example
		organization_id = 1234
		login = host01
		client_cert_key_store = /etc/scm-agent/client.p12
		client_cert_key_store_password_file = credential:client
		ssl_trust_store = /var/lib/scm-sim/ca.pem
		[certificate:www]
		common_name = www.example.com
		profile = 1018
		term = 199
		key_type = ec:P-256
		trust_anchors = /var/lib/scm-sim/ca.pem
		deploy_hooks = /etc/scm-agent/site, nginx
		verify = www.example.com:443@127.0.0.1
		# somebody who is not root has to be able to use the key, as seen from inside the sandbox
		server_user = www-data
		group = www-data
		key_mode = 0640
	END
	cat >"$ROOT/etc/scm-agent/site" <<-'END'
		#!/bin/sh
		set -eu
		printf 'server { listen 443 ssl; server_name www.example.com; include %s/nginx.conf; }\n' \
			"$RENEWED_LINEAGE" >/etc/nginx/tls/www.conf
	END
	chmod 755 "$ROOT/etc/scm-agent/site"
	mkdir -p "$ROOT/etc/systemd/system/scm-agent.service.d" \
		"$ROOT/etc/systemd/system/scm-agent.timer.d"
	cat >"$ROOT/etc/systemd/system/scm-agent.service.d/local.conf" <<-END
		[Service]
		LoadCredential=client:/etc/scm-agent/client.pass
		# scm-agent-hint.service has this file, too: no half minute for the test
		ExecStartPre=
		ReadWritePaths=/etc/nginx/tls
	END
	# Not in two minutes: in two seconds.
	cat >"$ROOT/etc/systemd/system/scm-agent.timer.d/soon.conf" <<-END
		[Timer]
		OnBootSec=
		OnCalendar=
		OnBootSec=2s
		RandomizedDelaySec=0
		AccuracySec=1ms
	END
}

configure_webhook() {
	(umask 077 && echo hook >"$ROOT/etc/scm-agent/webhook.secret")
}

configure_nginx() {
	mkdir -p "$ROOT/etc/nginx/tls"
	cat >"$ROOT/etc/nginx/nginx.conf" <<-END
		user www-data;
		worker_processes 1;
		pid /run/nginx.pid;
		events { }
		http {
			server { listen 80; }
			include /etc/nginx/tls/*.conf;
		}
	END
}

# --- boot, and the view from outside

# inside COMMAND...: in the container's namespaces.
inside() {
	nsenter -t "$LEADER" -m -u -i -n -p -C -- "$@"
}

# The child that is process 1 of the container: nspawn's first child only makes that, and goes.
leader_known() {
	for LEADER in $(pgrep -P "$NSPAWN"); do
		if awk '/^NSpid:/ { found = NF > 2 && $NF == 1 } END { exit !found }' \
			"/proc/$LEADER/status" && inside true; then
			return
		fi
	done
	return 1
}

boot() {
	systemd-nspawn --quiet -D "$ROOT" -M "scm-agent-test-$$" --boot --register=no --keep-unit \
		--console=pipe --private-network --kill-signal=SIGRTMIN+3 --link-journal=no \
		--system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self" \
		</dev/null >"$T/console" 2>&1 &
	NSPAWN=$!
	wait_for 20 leader_known || skip "systemd-nspawn does not start: $(tail -n 3 "$T/console")"
	wait_for 30 inside systemctl show -P Version ||
		skip "no systemd comes up in a container here: $(tail -n 3 "$T/console")"
	wait_for 60 inside systemctl is-active multi-user.target || fail "does not come up"
}

shut_down() {
	kill -TERM "$NSPAWN"
	wait_for 60 sh -c "! kill -0 $NSPAWN" || fail "does not shut down"
	wait "$NSPAWN" || true
	NSPAWN=
}

property() {
	inside systemctl show -P "$2" "$1"
}

# The agent's entries in the journal of this boot, as JSON.
journal() {
	inside journalctl --no-pager -b -o json _SYSTEMD_UNIT=scm-agent.service \
		_COMM=scm-agent + SYSLOG_IDENTIFIER=scm-agent
}

has_run() {
	[ "$(property scm-agent.service ExecMainExitTimestampMonotonic)" -gt 0 ] &&
		[ "$(property scm-agent.service ActiveState)" != activating ]
}

all_is_well() {
	wait_for 120 has_run || fail "the timer has not started the service"
	[ "$(property scm-agent.service Result)" = success ] ||
		fail "scm-agent.service: $(property scm-agent.service Result)"
	[ "$(property scm-agent.timer Result)" = success ] || fail "scm-agent.timer"
	[ "$(property scm-agent-recover.service Result)" = success ] || fail "scm-agent-recover.service"
	[ "$(property scm-agent-recover.service ConditionResult)" = yes ] || fail "recovery did not run"
	[ -z "$(inside systemctl list-units --failed --no-legend)" ] ||
		fail "failed: $(inside systemctl list-units --failed --no-legend)"
}

orders() {
	jq -s '[.[] | select(.event == "accepted")] | length' "$ROOT/var/lib/scm-sim/ledger.jsonl"
}

served_serial() {
	inside openssl s_client -connect 127.0.0.1:443 -servername www.example.com </dev/null 2>/dev/null |
		openssl x509 -noout -serial
}

live_serial() {
	openssl x509 -noout -serial -in "$ROOT/var/lib/scm-agent/$(readlink \
		"$ROOT/var/lib/scm-agent/live/www" | cut -c 4-)/cert.pem"
}

make_base
make_root
install_agent
configure_sim
configure_agent
configure_webhook
configure_nginx

boot
all_is_well
[ -L "$ROOT/var/lib/scm-agent/live/www" ] || fail "no live/www"
[ "$(stat -c %a "$ROOT/var/lib/scm-agent")" = 711 ] || fail "mode of the state directory"
[ "$(orders)" = 1 ] || fail "$(orders) orders instead of one"
[ "$(served_serial)" = "$(live_serial)" ] || fail "nginx serves another certificate"
openssl verify -CAfile "$ROOT/var/lib/scm-sim/ca.pem" \
	-untrusted "$ROOT/var/lib/scm-agent/archive/www/000001/chain.pem" \
	"$ROOT/var/lib/scm-agent/archive/www/000001/cert.pem" >/dev/null || fail "the chain is not valid"
journal >"$T/journal"
jq -se 'any(.[]; .CERT_NAME == "www" and .PRIORITY == "6" and (.MESSAGE | test("installed")))' \
	"$T/journal" >/dev/null || fail "the journal lacks the fields of the installation: $(cat "$T/journal")"
jq -se 'all(.[]; .PRIORITY == "6")' "$T/journal" >/dev/null || fail "warnings: $(cat "$T/journal")"
shut_down

# As if the power had gone right after the switch: installed, not deployed.
rm "$ROOT/var/lib/scm-agent/archive/www/000001/deployed"
boot
all_is_well
[ "$(orders)" = 1 ] || fail "$(orders) orders after the second boot"
[ -e "$ROOT/var/lib/scm-agent/archive/www/000001/deployed" ] || fail "the deployment was not made up"
[ "$(served_serial)" = "$(live_serial)" ] || fail "nginx serves another certificate after the boot"
recovered=$(property scm-agent-recover.service ExecMainExitTimestampMonotonic)
started=$(property nginx.service ExecMainStartTimestampMonotonic)
[ "$recovered" -lt "$started" ] || fail "nginx started before recovery had ended"
inside systemctl start scm-agent.service || fail "a run with nothing due"
journal | jq -s '[.[] | select(.MESSAGE | test("www"))] | length' >"$T/before"
inside systemctl start scm-agent.service || fail "a run with nothing due"
[ "$(journal | jq -s '[.[] | select(.MESSAGE | test("www"))] | length')" = "$(cat "$T/before")" ] ||
	fail "a quiet day is not quiet"

# notify TOKEN ID: the first line of the answer
notify() {
	# shellcheck disable=SC2016
	inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/8757
		printf "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n" "$1" >&3
		printf "Content-Length: %s\r\nConnection: close\r\n\r\n%s" "${#2}" "$2" >&3
		head -n 1 <&3' notify "$1" "{\"certificateId\":$2}" | tr -d '\r'
}

hints_gone() {
	[ -z "$(inside ls /run/scm-agent-webhook/hints)" ]
}

[ "$(property scm-agent-webhook.service ActiveState)" = inactive ] || fail "the receiver runs for nothing"
case $(notify wrong 1) in
*" 401 "*) ;;
*) fail "a notification without the secret" ;;
esac
[ "$(property scm-agent-webhook.service ActiveState)" = active ] || fail "the socket starts no receiver"
pid=$(property scm-agent-webhook.service MainPID)
inside cat "/proc/$pid/status" >"$T/receiver"
[ "$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "$T/receiver")" -gt 60000 ] || fail "the receiver's user"
grep -q '^CapEff:.0*$' "$T/receiver" || fail "the receiver has capabilities"
for file in /etc/scm-agent/scm-agent.ini /etc/scm-agent/webhook.secret /var/lib/scm-agent/history; do
	inside test -e "$file" || fail "no $file"
	if inside nsenter -t "$pid" -m -- test -e "$file"; then
		fail "the receiver sees $file"
	fi
done
[ "$(inside nsenter -t "$pid" -n -- cat /proc/net/route | wc -l)" -le 1 ] || fail "the receiver has a network"
rm "$ROOT/var/lib/scm-agent/archive/www/000001/deployed"
order=$(sed -n 's/^order=//p' "$ROOT/var/lib/scm-agent/archive/www/000001/meta")
case $(notify hook "$order") in
*" 204 "*) ;;
*) fail "a notification is not taken" ;;
esac
wait_for 60 test -e "$ROOT/var/lib/scm-agent/archive/www/000001/deployed" ||
	fail "the hint has woken nobody: $(inside journalctl --no-pager -b -u 'scm-agent-*')"
wait_for 60 hints_gone || fail "hints stay"
notify hook 999999 >/dev/null
wait_for 60 hints_gone || fail "the hint about an unknown certificate stays"
[ "$(property scm-agent-hint.service Result)" = success ] || fail "scm-agent-hint.service"
[ "$(orders)" = 1 ] || fail "$(orders) orders after the hints"
[ -z "$(inside systemctl list-units --failed --no-legend)" ] ||
	fail "failed: $(inside systemctl list-units --failed --no-legend)"
shut_down
