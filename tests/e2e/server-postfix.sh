#!/usr/bin/env bash
# The shipped hook for Postfix against Postfix: TLS from the first byte, as on port 465, and STARTTLS,
# as on port 25, both proved by the agent.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need postfix
need_root
world_make

config=$D/config
PORT_PLAIN=$(free_port)
VERIFY=("$PORT_TLS" "smtp://$PORT_PLAIN")
mkdir -p "$config" "$D/queue" "$D/data"
chown postfix "$D/data"
cat >"$config/main.cf" <<EOC
compatibility_level = 3.6
queue_directory = $D/queue
data_directory = $D/data
maillog_file = $D/postfix.log
maillog_file_prefixes = $D
myhostname = www.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
smtpd_tls_chain_files = $LIVE/privkey.pem, $LIVE/fullchain.pem
smtpd_tls_security_level = may
smtpd_relay_restrictions = reject
EOC
cat >"$config/master.cf" <<EOC
127.0.0.1:$PORT_TLS inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:$PORT_PLAIN inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
EOC
HOOK=('script = postfix' "config = $config")

server_start() {
	postfix -c "$config" start >"$D/start.log" 2>&1
}

master() {
	local pid
	pid=$(tr -d ' ' 2>/dev/null <"$D/queue/pid/master.pid") && kill -0 "$pid" 2>/dev/null && say "$pid"
}

# Not by "postfix stop", which a broken configuration stops.
server_stop() {
	local pid
	pid=$(master) || return 0
	stop "$pid"
}

server_break() {
	echo 'nonsense' >>"$config/master.cf"
}

server_mend() {
	sed -i '/^nonsense/d' "$config/master.cf"
}

story 'master.cf'

say "all of it"
