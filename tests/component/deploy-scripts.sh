#!/bin/bash
# The shipped hooks against a systemctl that answers as told and notes what it was asked, and
# against an nginx of the same kind. /run/systemd is ours alone: a mount namespace.
#
#	deploy-scripts.sh FOLDER-OF-SCRIPTS
set -euo pipefail

if [ "${2:-}" != inside ]; then
	user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	if ! unshare "${user[@]}" --mount true 2>/dev/null || [ ! -d /run/systemd ]; then
		echo "SKIPPED: no mount namespace, or no /run/systemd to mount on" >&2
		exit 77
	fi
	exec unshare "${user[@]}" --mount "$0" "$1" inside
fi

scripts=$1
mount -t tmpfs tmpfs /run/systemd
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin"

# Answers come from files named after the question: is-active, LoadState, ... ; reload-status.
cat >"$dir/bin/systemctl" <<'FAKE'
#!/bin/sh
dir=${0%/bin/systemctl}
printf 'systemctl %s\n' "$*" >>"$dir/asked"
case $1 in
is-active) cat "$dir/is-active" 2>/dev/null ;;
show) cat "$dir/${2#--property=}" 2>/dev/null || true ;;
reload) exit "$(cat "$dir/reload-status" 2>/dev/null || echo 0)" ;;
esac
FAKE

# Never runs; its pid file is where its configuration, or else its build, says.
cat >"$dir/bin/nginx" <<'FAKE'
#!/bin/sh
dir=${0%/bin/*}
printf 'nginx %s\n' "$*" >>"$dir/asked"
printf 'with %s\n' "${ENGINE_CONF:-nothing}" >>"$dir/asked"
case $* in
*-V*) echo "configure arguments: --prefix=$dir/built --pid-path=$dir/built.pid" >&2 ;;
*-T*) cat "$dir/nginx.conf" 2>/dev/null ;;
*-t*)
	cat "$dir/test-said" 2>/dev/null
	exit "$(cat "$dir/test-status" 2>/dev/null || echo 0)"
	;;
esac
FAKE
chmod +x "$dir"/bin/*
cp "$dir/bin/nginx" "$dir/bin/my nginx"

failures=0
case_name=

# begin NAME: nothing is left of the case before.
begin() {
	case_name=$1
	find "$dir" -maxdepth 1 -type f -delete
	mkdir -p /run/systemd/system
}

answer() {
	printf '%s\n' "$2" >"$dir/$1"
}

# hook STATUS OUTPUT [NAME=VALUE...] SCRIPT EVENT: runs it as the agent would, but for PATH.
hook() {
	local status=$1 expected=$2 got said=0
	shift 2

	got=$(env -i PATH="$dir/bin:/usr/bin:/bin" LANG=C.UTF-8 HOME=/ "${@:1:$#-2}" \
		"$scripts/${*: -2:1}" "${*: -1}" www 2>&1) || said=$?
	if [ "$said" != "$status" ] || [ "$got" != "$expected" ]; then
		printf '%s: status %s, "%s"\n\tinstead of %s, "%s"\n' "$case_name" "$said" "$got" \
			"$status" "$expected" >&2
		failures=$((failures + 1))
	fi
}

# asked LINE...: exactly these questions were asked.
asked() {
	local expected='' got=''

	[ "$#" = 0 ] || expected=$(printf '%s\n' "$@")
	[ ! -e "$dir/asked" ] || got=$(grep -v '^with ' "$dir/asked" || true)
	if [ "$got" != "$expected" ]; then
		printf '%s: asked\n%s\n\tinstead of\n%s\n' "$case_name" "$got" "$expected" >&2
		failures=$((failures + 1))
	fi
}

stopped="nginx: not running, so not reloaded and not started"

begin "nginx: active unit"
answer is-active active
hook 0 "nginx: reloaded nginx.service" nginx deploy
asked "systemctl is-active -- nginx.service" "systemctl reload -- nginx.service"

begin "nginx: unit by name, in the middle of a reload"
answer is-active reloading
hook 0 "nginx: reloaded web.service" SCM_AGENT_OPT_UNIT=web.service nginx deploy
asked "systemctl is-active -- web.service" "systemctl reload -- web.service"

begin "nginx: reload fails"
answer is-active active
answer reload-status 4
hook 4 "" nginx deploy

for state in inactive failed activating unknown ""; do
	begin "nginx: unit is \"$state\", nothing runs"
	answer is-active "$state"
	hook 0 "$stopped" nginx deploy
done

begin "nginx: a configuration of its own is not the distribution's unit"
answer is-active active
hook 0 "$stopped" SCM_AGENT_OPT_CONFIG=/c SCM_AGENT_OPT_PREFIX="/p q" \
	SCM_AGENT_OPT_BINARY="$dir/bin/my nginx" nginx deploy
asked "nginx -V" "nginx -p /p q -c /c -T"

begin "nginx: a configuration and its unit"
answer is-active active
hook 0 "nginx: reloaded web.service" SCM_AGENT_OPT_CONFIG=/c SCM_AGENT_OPT_UNIT=web.service \
	nginx deploy

begin "nginx: no systemd"
rmdir /run/systemd/system
answer is-active active
hook 0 "$stopped" nginx deploy
asked "nginx -V" "nginx -T"

# A process of the right name runs, and the program of that name is the nginx that answers here.
mkdir "$dir/real"
cp /bin/sleep "$dir/real/webserver"
cp "$dir/bin/nginx" "$dir/bin/webserver"
"$dir/real/webserver" 1000 &
pid=$!
trap 'kill "$pid"; rm -rf "$dir"' EXIT
until [ "$(cat "/proc/$pid/comm")" = webserver ]; do
	sleep 0.01
done

# told [NAME=VALUE]: the process is found, and nginx is asked to reload.
told() {
	hook 0 "nginx: told process $pid to reload" SCM_AGENT_OPT_BINARY="$dir/bin/webserver" "$@" \
		nginx deploy
	grep -q -- '-s reload' "$dir/asked" || {
		echo "$case_name: no reload" >&2
		failures=$((failures + 1))
	}
}

begin "nginx: pid file of the build"
answer built.pid "$pid"
told

begin "nginx: pid file of the configuration"
answer my.pid "$pid"
answer nginx.conf "# pid /nowhere;
user www; pid    $dir/my.pid ;"
told

begin "nginx: quoted pid file, relative to the prefix"
answer my.pid "$pid"
answer nginx.conf 'pid "my.pid";'
told SCM_AGENT_OPT_PREFIX="$dir"

begin "nginx: another program has the number"
answer built.pid "$pid"
hook 0 "$stopped" nginx deploy

begin "nginx: test"
hook 0 "nginx: configuration test passed" SCM_AGENT_OPT_CONFIG=/c nginx test
asked "nginx -c /c -t -q"

begin "nginx: failed test"
answer test-status 1
hook 1 "" nginx test
answer test-said '[warn] old
[emerg] unknown directive
configuration file /c test failed'
hook 1 '[warn] old
configuration file /c test failed
[emerg] unknown directive' nginx test

begin "nginx: test with a warning"
answer test-said '[warn] old'
hook 0 '[warn] old
nginx: configuration test passed' nginx test

begin "nginx: variables for nginx"
hook 0 "nginx: configuration test passed" SCM_AGENT_OPT_ENV="OTHER=* ENGINE_CONF=/e=1" nginx test
grep -qx 'with /e=1' "$dir/asked" || {
	echo "$case_name: not passed" >&2
	failures=$((failures + 1))
}

for script in apache dovecot haproxy nginx postfix postgresql tomcat unit; do
	begin "$script: unknown event"
	hook 2 "usage: $scripts/$script test|deploy NAME" "$script" post
	asked
done

# asked_reload SERVER UNIT [NAME=VALUE...]: the unit that is reloaded when it is active
asked_reload() {
	local server=$1 unit=$2
	shift 2

	begin "$server: $unit is active"
	answer is-active active
	hook 0 "$server: reloaded $unit" "$@" "$server" deploy
	asked "systemctl is-active -- $unit" "systemctl reload -- $unit"
}
mkdir "$dir/pgdata"
cat >"$dir/bin/postgres" <<'FAKE'
#!/bin/sh
echo "${0%/bin/*}/pgdata"
FAKE
chmod +x "$dir/bin/postgres"
postgres=SCM_AGENT_OPT_BINARY=$dir/bin/postgres
asked_reload apache apache2.service
asked_reload apache web.service SCM_AGENT_OPT_UNIT=web.service SCM_AGENT_OPT_CONFIG=/c
asked_reload dovecot dovecot.service
asked_reload dovecot mail.service SCM_AGENT_OPT_UNIT=mail.service SCM_AGENT_OPT_CONFIG=/c
asked_reload haproxy haproxy.service
asked_reload haproxy lb.service SCM_AGENT_OPT_UNIT=lb.service SCM_AGENT_OPT_CONFIG=/c
asked_reload postfix postfix@-.service SCM_AGENT_OPT_UNIT=postfix@-.service
asked_reload postgresql postgresql@15-main.service SCM_AGENT_OPT_CONFIG=/etc/postgresql/15/main "$postgres"
asked_reload postgresql db.service SCM_AGENT_OPT_UNIT=db.service SCM_AGENT_OPT_CONFIG=/c "$postgres"

for server in apache haproxy dovecot postfix; do
	begin "$server: reload fails"
	answer is-active active
	answer reload-status 4
	hook 4 "" SCM_AGENT_OPT_UNIT=x.service "$server" deploy
done

# known CAN-RELOAD ACTIVE-STATE
known() {
	answer LoadState loaded
	answer CanReload "$1"
	answer ActiveState "$2"
}
db=SCM_AGENT_OPT_UNIT=db.service
cannot="unit: db.service can't reload (no ExecReload=), and is not restarted; use a hook of your own"

begin "unit: active"
known yes active
hook 0 "unit: db.service is known to systemd" "$db" unit test
hook 0 "unit: reloaded db.service" "$db" unit deploy
grep -qx 'systemctl reload -- db.service' "$dir/asked"

begin "unit: reload fails"
known yes active
answer reload-status 1
hook 1 "" "$db" unit deploy

begin "unit: can't reload"
known no active
hook 1 "$cannot" "$db" unit test
hook 1 "$cannot" "$db" unit deploy

begin "unit: stopped"
known no inactive
hook 0 "unit: db.service is known to systemd" "$db" unit test
hook 0 "unit: db.service is not active, so not reloaded and not started" "$db" unit deploy

begin "unit: unknown"
answer LoadState not-found
hook 1 "unit: db.service: systemd says not-found about it; is the name right?" "$db" unit test

begin "unit: in a chroot, where systemctl does nothing"
hook 1 "unit: db.service: systemd says nothing about it; is the name right?" "$db" unit deploy

begin "unit: option is missing"
hook 1 "unit: option unit is missing: unit = NAME.service" unit test

begin "unit: no systemd"
rmdir /run/systemd/system
hook 1 "unit: systemd does not run here, so db.service can't be reloaded" "$db" unit test
asked

if grep -rq 'systemctl .*\(restart\|start\)' "$scripts"; then
	echo "a script starts or restarts something" >&2
	failures=$((failures + 1))
fi
echo "$failures failures"
[ "$failures" = 0 ]
