#!/usr/bin/env bash
# starttls.sh PROBE-ONCE: STARTTLS as Postfix, Dovecot, OpenLDAP and PostgreSQL speak it, each with
# TLS and without, on a free port of the loopback. A server that is not installed is left out.
set -euo pipefail
PROBE=$1
T=$(mktemp -d)
PIDS=()

cleanup() {
	local rc=$? pid
	for pid in "${PIDS[@]}" $(cat "$T"/postfix-*/queue/pid/master.pid 2>/dev/null || true); do
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	done
	rm -rf "$T"
	exit "$rc"
}
trap cleanup EXIT

[ "$(id -u)" = 0 ] || { echo "SKIPPED: only root can run these servers" >&2 && exit 77; }
chmod 755 "$T"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
	-subj /CN=mx.example.com >/dev/null 2>&1
SERIAL=$(openssl x509 -in "$T/cert.pem" -noout -serial | cut -d= -f2)

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

fail() {
	echo "FAILED: $*" >&2
	tail -n 5 "$T"/*/log >&2 || true
	exit 1
}

listening() {
	local end=$((SECONDS + 60))
	until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
		[ $SECONDS -lt $end ] || fail "nobody listens on port $1"
		sleep 0.05
	done
}

# shows SCHEME PORT: the probe sees the certificate.
shows() {
	local seen
	listening "$2"
	seen=$("$PROBE" "$1" 127.0.0.1 "$2" mx.example.com 2>"$T/err") || fail "$1: $(cat "$T/err")"
	[ "$seen" = "$SERIAL" ] || fail "$1: certificate $seen instead of $SERIAL"
	echo "$1: shown"
}

# refuses SCHEME PORT PATTERN: there is no TLS, and the probe says so.
refuses() {
	listening "$2"
	! "$PROBE" "$1" 127.0.0.1 "$2" mx.example.com >/dev/null 2>"$T/err" || fail "$1: shown"
	grep -qE -- "$3" "$T/err" || fail "$1: '$(cat "$T/err")' does not say $3"
	echo "$1: $(cat "$T/err")"
}

# postfix_start LEVEL
postfix_start() {
	local d=$T/postfix-$1
	PORT=$(free_port)
	mkdir -p "$d/queue" "$d/data" "$d/config"
	chown postfix "$d/data"
	cat >"$d/config/main.cf" <<-EOF
		compatibility_level = 3.6
		queue_directory = $d/queue
		data_directory = $d/data
		maillog_file = $d/log
		maillog_file_prefixes = $d
		myhostname = mx.example.com
		mydestination =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		alias_maps =
		alias_database =
		smtpd_tls_chain_files = $T/key.pem, $T/cert.pem
		smtpd_tls_security_level = $1
		smtpd_relay_restrictions = reject
	EOF
	printf '%s\n' "127.0.0.1:$PORT inet n - n - - smtpd" 'tlsmgr unix - - n 1000? 1 tlsmgr' \
		'anvil unix - - n - 1 anvil' 'rewrite unix - - n - - trivial-rewrite' \
		'pickup unix n - n 60 1 pickup' 'cleanup unix n - n - 0 cleanup' \
		'qmgr unix n - n 300 1 qmgr' 'postlog unix-dgram n - n - 1 postlogd' \
		'proxymap unix - - n - - proxymap' >"$d/config/master.cf"
	postfix -c "$d/config" start >"$d/start.log" 2>&1 || fail "postfix: $(cat "$d/start.log")"
}

# dovecot_start yes|no
dovecot_start() {
	local d=$T/dovecot-$1
	IMAP=$(free_port)
	POP3=$(free_port)
	mkdir -p "$d"
	cat >"$d/dovecot.conf" <<-EOF
		base_dir = $d/run
		state_dir = $d/lib
		log_path = $d/log
		protocols = imap pop3
		listen = 127.0.0.1
		ssl = $1
		ssl_cert = <$T/cert.pem
		ssl_key = <$T/key.pem
		mail_location = maildir:$d/mail
		passdb {
		  driver = static
		  args = nopassword=y
		}
		service imap-login {
		  inet_listener imap {
		    port = $IMAP
		  }
		  inet_listener imaps {
		    port = 0
		  }
		}
		service pop3-login {
		  inet_listener pop3 {
		    port = $POP3
		  }
		  inet_listener pop3s {
		    port = 0
		  }
		}
	EOF
	dovecot -F -c "$d/dovecot.conf" >>"$d/log" 2>&1 &
	PIDS+=("$!")
}

# slapd_start NAME [LINE...]
slapd_start() {
	local d=$T/slapd-$1
	shift
	PORT=$(free_port)
	mkdir -p "$d"
	printf '%s\n' "pidfile $d/pid" 'modulepath /usr/lib/ldap' "$@" >"$d/slapd.conf"
	/usr/sbin/slapd -d 0 -f "$d/slapd.conf" -h "ldap://127.0.0.1:$PORT" >"$d/log" 2>&1 &
	PIDS+=("$!")
}

# postgres_start on|off
postgres_start() {
	local d=$T/postgres-$1
	PORT=$(free_port)
	mkdir -p "$d"
	cp "$T/cert.pem" "$T/key.pem" "$d"
	chown -R postgres: "$d"
	chmod 600 "$d/key.pem"
	(cd "$d" && setpriv --reuid=postgres --regid=postgres --init-groups "$BIN/initdb" --no-sync \
		--auth=trust --pgdata="$d/data" >"$d/log" 2>&1) || fail initdb
	(cd "$d" && exec setpriv --reuid=postgres --regid=postgres --init-groups "$BIN/postgres" \
		-D "$d/data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
		-c fsync=off -c "ssl=$1" -c "ssl_cert_file=$d/cert.pem" -c "ssl_key_file=$d/key.pem" \
		>>"$d/log" 2>&1) &
	PIDS+=("$!")
}

# ./dev installs all of them
BIN=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
for server in /usr/sbin/postfix /usr/lib/dovecot/imap-login /usr/lib/dovecot/pop3-login /usr/sbin/slapd \
	"${BIN:-/nowhere}/postgres"; do
	[ -x "$server" ] || fail "$server is not installed (./dev deps)"
done

postfix_start may
shows smtp "$PORT"
postfix_start none
refuses smtp "$PORT" 'the SMTP server does not offer TLS'
dovecot_start required
shows imap "$IMAP"
shows pop3 "$POP3"
refuses pop3 "$IMAP" 'the POP3 server answers "\* OK'
dovecot_start no
refuses imap "$IMAP" 'the IMAP server does not offer TLS'
refuses pop3 "$POP3" 'the POP3 server does not offer TLS'
slapd_start tls "TLSCertificateFile $T/cert.pem" "TLSCertificateKeyFile $T/key.pem"
shows ldap "$PORT"
slapd_start plain
refuses ldap "$PORT" 'the LDAP server'
postgres_start on
shows postgres "$PORT"
postgres_start off
refuses postgres "$PORT" 'the PostgreSQL server does not offer TLS'
