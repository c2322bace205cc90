#!/usr/bin/env bash
# The shipped hook for Dovecot against Dovecot: TLS from the first byte, and STARTTLS of IMAP and POP3, all
# proved by the agent.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
need dovecot /usr/lib/dovecot/imap-login /usr/lib/dovecot/pop3-login
need_root
world_make
PORT_IMAP=$(free_port)
PORT_POP3=$(free_port)
VERIFY=("$PORT_TLS" "imap://$PORT_IMAP" "pop3://$PORT_POP3")

cat >"$D/dovecot.conf" <<EOC
base_dir = $D/run
state_dir = $D/lib
log_path = $D/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <$LIVE/fullchain.pem
ssl_key = <$LIVE/privkey.pem
mail_location = maildir:$D/mail
passdb {
  driver = static
  args = nopassword=y
}
service imap-login {
  inet_listener imap {
    port = $PORT_IMAP
  }
  inet_listener imaps {
    port = $PORT_TLS
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $PORT_POP3
  }
  inet_listener pop3s {
    port = 0
  }
}
!include_try $D/more.conf
EOC
HOOK=('script = dovecot' "config = $D/dovecot.conf")

server_start() {
	dovecot -c "$D/dovecot.conf"
}

master() {
	local pid
	pid=$(cat "$D/run/master.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null && say "$pid"
}

server_stop() {
	local pid
	pid=$(master) || return 0
	stop "$pid"
}

server_break() {
	echo 'nonsense = yes' >"$D/more.conf"
}

server_mend() {
	rm "$D/more.conf"
}

story 'more.conf line 1: Unknown setting: nonsense'

say "a file that is not there"
sed -i "s|^ssl_cert = .*|ssl_cert = <$D/nowhere.pem|" "$D/dovecot.conf"
hook_says 1 "ssl_cert: Can't open file $D/nowhere.pem" test

say "all of it"
