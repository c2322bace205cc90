#!/usr/bin/env bash
# The deployment as a transaction, with a real nginx: a broken configuration brings the former
# generation back; after the repair the next run deploys without a new order.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
nginx_make
nginx_start

configure() {
	conf_p12
	conf_cert www 'key_type = ec:P-256' "deploy_hooks = $T/site, web" \
		"verify = www.example.com:443@127.0.0.1:$NGINX_PORT" "$@"
	conf_nginx
}

served_is_live() {
	[ "$(served www)" = "$(serial_of "$(live www)/cert.pem")" ]
}

configure
expect 0 run
wait_for 20 served_is_live
first=$(served www)

say "broken configuration: exit 10, the former generation served again"
echo 'nonsense;' >"$T/nginx/sites/broken.conf"
expect 10 run --force
[ "$(basename "$(readlink "$(live www)")")" = 000001 ] || fail "live is not the former generation"
[ "$(served www)" = "$first" ] || fail "the former certificate is not served"
expect_error 'rolled back|failed too'
[ "$(orders)" = 2 ] || fail "orders"

say "still broken: 10 again, no order"
expect 10 run
[ "$(orders)" = 2 ] || fail "orders"

say "a failed deployment waits for its time; run NAME does not"
before=$(requests)
expect 10 run
expect_error 'waits until'
[ "$(requests)" = "$before" ] || fail "requests"

say "repaired: deployed without a new order"
rm "$T/nginx/sites/broken.conf"
expect 0 run www
wait_for 20 served_is_live
[ "$(basename "$(readlink "$(live www)")")" = 000002 ] || fail "live is not the new generation"
[ "$(orders)" = 2 ] || fail "ordered again"
expect 0 run
[ ! -s "$T/err" ] || fail "not quiet afterwards"

say "nginx stopped: not started, and the probe says so"
nginx_stop
expect 10 run --force
[ ! -s "$T/nginx/nginx.pid" ] || fail "nginx was started"
nginx_start
expect 0 run www
wait_for 20 served_is_live

say "on_failure = keep leaves the new generation live"
configure 'on_failure = keep'
rm -rf "$T/state/history"
echo 'nonsense;' >"$T/nginx/sites/broken.conf"
expect 10 run --force
[ "$(basename "$(readlink "$(live www)")")" = 000004 ] || fail "keep did not keep"
rm "$T/nginx/sites/broken.conf"
expect 0 run www
wait_for 20 served_is_live

say "a slip in a changed configuration does not bring an older certificate back"
before=$(orders)
live_before=$(readlink "$(live www)")
configure "pre_hooks = /usr/bin/true"
sed -i "s|^verify = .*|verify = www.example.com:443@127.0.0.1:1|" "$T/agent.ini"
expect 10 run
[ "$(readlink "$(live www)")" = "$live_before" ] || fail "an older generation is live"
[ "$(orders)" = "$before" ] || fail "orders"
configure "pre_hooks = /usr/bin/true"
expect 0 run www

say "changed hooks only deploy again"
before=$(orders)
configure "pre_hooks = /usr/bin/true"
sed -i "s|deploy_hooks = .*|deploy_hooks = $T/site, web, $T/record|" "$T/agent.ini"
cat >"$T/record" <<-EOF
	#!/bin/sh
	env >$T/record.env
EOF
chmod 755 "$T/record"
expect 0 run
[ "$(orders)" = "$before" ] || fail "a changed hook made an order"
grep -q '^RENEWED_DOMAINS=www.example.com$' "$T/record.env" || fail "certbot's variables"
grep -q "^RENEWED_LINEAGE=$T/state/live/www\$" "$T/record.env" || fail "certbot's variables"

say "group and mode of the key, without a new order"
configure 'group = www-data' 'key_mode = 0640'
expect 0 run
[ "$(stat -Lc '%a %G' "$(live www)/privkey.pem")" = '640 www-data' ] || fail "mode of the key"
[ "$(stat -Lc '%a %G' "$(live www)/")" = '750 www-data' ] || fail "mode of the generation"
[ "$(orders)" = "$before" ] || fail "orders"

say "all of it"
