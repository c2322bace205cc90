#!/usr/bin/env bash
# The shipped hook for PostgreSQL against PostgreSQL, run by its own user.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need_root
user=postgres
bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
need "${bin:-/usr/lib/postgresql}/initdb"
world_make

# as_postgres PROGRAM ARGUMENT...
as_postgres() {
	local program=$bin/$1
	shift
	(cd "$D" && setpriv --reuid="$user" --regid="$user" --init-groups "$program" "$@")
}

STARTTLS=(-starttls postgres)
VERIFY=("postgres://$PORT_TLS")
readable=("group = $user" 'key_mode = 0640')
CERT=("${readable[@]}")
HOOK=('script = postgresql' "config = $D/data")
chown "$user:" "$D"
as_postgres initdb --pgdata="$D/data" --no-sync --auth=trust >"$D/initdb.out" 2>&1 ||
	fail "initdb: $(tail -n 3 "$D/initdb.out")"
cat >>"$D/data/postgresql.conf" <<EOC
listen_addresses = '127.0.0.1'
port = $PORT_TLS
unix_socket_directories = ''
fsync = off
ssl = on
ssl_cert_file = '$LIVE/fullchain.pem'
ssl_key_file = '$LIVE/privkey.pem'
include_if_exists = '$D/more.conf'
EOC

server_start() {
	as_postgres pg_ctl start --pgdata="$D/data" --wait --log="$D/log" >/dev/null
}

master() {
	local pid
	pid=$(head -n 1 "$D/data/postmaster.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	[ -z "$(master)" ] || as_postgres pg_ctl stop --pgdata="$D/data" --wait --mode=immediate >/dev/null
}

server_break() {
	echo 'nonsense = yes' >"$D/more.conf"
}

server_mend() {
	rm "$D/more.conf"
}

story 'unrecognized configuration parameter "nonsense" in file .*more.conf'

say "a key that the server's user can't read, and one that the server does not take"
server_start
wait_for 20 serves_live
CERT=()
deployed
refused "user $user can't read ssl_key_file .*; set group = $user and key_mode = 0640"
CERT=("${readable[@]}")
deployed
expect_run 0 "$NAME"
wait_for 20 serves_live
cp "$LIVE/privkey.pem" "$T/open.pem"
chmod 644 "$T/open.pem"
echo "ssl_key_file = '$T/open.pem'" >"$D/more.conf"
hook_says 1 "'$T/open.pem' is root:root, mode 644, which the server does not take" test
echo 'ssl = off' >"$D/more.conf"
hook_says 0 'test passed, but ssl = off' test

say "all of it"
