#!/usr/bin/env bash
# What an administrator does by hand between two runs, and what the next run makes of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01

# a hook that says when it was called, and fails when it is told to
moody() {
	cat >"$T/$1" <<-EOF
		#!/bin/sh
		echo "$1 \$1" >>$T/calls
		[ ! -e $T/$1.bad ]
	EOF
	chmod 755 "$T/$1"
}

calls() {
	grep -c "^$1" "$T/calls" || true
}

generation() {
	basename "$(readlink "$(live "$1")")"
}

moody before
moody hook
moody after
conf_p12
conf_cert www "deploy_hooks = $T/hook" "pre_hooks = $T/before" "post_hooks = $T/after"
expect 0 run
expect 0 run --force

say "a deployment by hand that fails is retried by the next run, once, without an order"
touch "$T/hook.bad"
expect 10 deploy www
expect 0 history www
grep -q 'deploy-failed .*by hand' "$T/out" || fail "no trace in the history"
expect 0 status --json
jq -e '.certificates[0] | .stuck and .state == "installed" and (.note | test("hook"))' "$T/out" >/dev/null ||
	fail "status does not know of it"
expect 10 run
rm "$T/hook.bad"
expect 0 run www
before=$(calls hook)
expect 0 run
[ "$(calls hook)" = "$before" ] || fail "deployed once too often"
[ "$(generation www)" = 000002 ] || fail "another generation is live"
[ "$(orders)" = 2 ] || fail "orders"

say "pre and post hooks are called around deploy and rollback, and a pre hook can forbid them"
: >"$T/calls"
expect 0 deploy www
expect 0 rollback www
[ "$(tr '\n' ' ' <"$T/calls")" = "before pre hook deploy after post before pre hook deploy after post " ] ||
	fail "calls: $(cat "$T/calls")"
touch "$T/before.bad"
: >"$T/calls"
expect 10 deploy www
expect_error 'a pre hook forbids'
expect 10 rollback www 000002
[ "$(calls hook)" = 0 ] || fail "deployed although a pre hook forbids it"
rm "$T/before.bad"
expect 0 run
[ "$(generation www)" = 000001 ] || fail "what was forbidden has ended a rollback"
expect 0 deploy www

say "a generation whose key has gone is not deployed"
mv "$(live www)/privkey.pem" "$T/kept"
: >"$T/calls"
agent deploy www
[ "$RC" != 0 ] || fail "deployed without a key"
expect_error 'privkey.pem'
[ "$(calls hook)" = 0 ] || fail "deployed without a key"
mv "$T/kept" "$(live www)/privkey.pem"
expect 0 deploy www

stuck() {
	expect 0 status --json
	jq -e '.certificates[0].stuck' "$T/out" >/dev/null
}

say "the pause after failures ends when the configuration changes, and with an answer"
rm -rf "$T/state"
conf_p12 'enroll_max_attempts = 0'
conf_cert www
switches '--issue-time never' '--fault collect:status=503'
expect 8 run
expect 8 run
expect 8 run
expect_error 'waits until .*scm-agent run www tries at once'
stuck || fail "not stuck"
switches '--issue-time never'
before=$(requests)
expect 8 run
[ "$(requests)" = "$before" ] || fail "not waited"
sed -i 's/^common_name = www/allow_extra_names = yes\n&/' "$T/agent.ini"
expect 7 run
stuck && fail "stuck although SCM has answered"
switches
expect 0 run

say "a hook that is missing or unsafe is found out before an order"
rm -rf "$T/state"
before=$(orders)
for kind in pre_hooks deploy_hooks post_hooks; do
	conf_p12
	conf_cert www "$kind = $T/nowhere"
	expect 3 run
	expect_error 'nowhere'
done
chmod 777 "$T/after"
conf_p12
conf_cert www "deploy_hooks = $T/after"
expect 3 run
chmod 755 "$T/after"
[ "$(orders)" = "$before" ] || fail "ordered with a hook that can't be run"
switches '--issue-time never'
conf_p12 'enroll_max_attempts = 0'
conf_cert www "deploy_hooks = $T/after"
expect 7 run
expect 0 status --json
jq -e '.certificates[0] | .pending_order != "" and (.pending_tag | length == 32)' "$T/out" >/dev/null ||
	fail "status does not name the order"
expect 0 show www
grep -q '^order in work  *[0-9]' "$T/out" || fail "show does not name the order"
switches
expect 0 run

say "looking makes nothing"
rm -rf "$T/state"
sed -i "s|^state_dir = .*|state_dir = $T/none/state|" "$T/agent.ini"
expect 0 check
grep -q 'which the first run makes' "$T/out" || fail "check does not say that the state directory is not there"
expect 0 scm organizations
expect 3 scm profiles --cached
expect 0 status
grep -q 'www  *due' "$T/out" || fail "status without a state directory"
expect 0 show www
expect 0 history
expect 0 history www
[ ! -e "$T/none" ] || fail "made by looking"
expect 0 scm sync
expect 0 scm profiles --cached
rm -r "$T/none"
expect 2 history nosuch
expect_error "there is no certificate 'nosuch'"
conf_p12
expect 0 run
expect_error 'there is no \[certificate:NAME\]'

say "a reset says what it did"
conf_cert www
expect 0 run
expect 0 reset www
expect_error 'nothing to clear'
touch "$T/after.bad"
conf_p12
conf_cert www "deploy_hooks = $T/after"
expect 10 run
expect 0 reset www
expect_error 'cleared; the next run tries again'
rm "$T/after.bad"
expect 0 run

say "a state directory that others can change is refused"
chmod 777 "$T/state"
for command in run status history reset; do
	expect 3 "$command"
	expect_error 'state_dir: .* can be changed by others'
done
expect 3 check
grep -q 'state_dir: .* can be changed by others' "$T/out" || fail "check"
chmod 711 "$T/state"

keys() {
	pkcs11-tool --module "$(p11_module)" --token-label web --login --pin 123456 --list-objects \
		--type privkey 2>/dev/null | grep -c '^Private Key' || true
}

say "orders that were given up are kept as long as they may be issued, then pruned with their keys"
rm -rf "$T/state"
conf_p12 'enroll_max_attempts = 0'
sed -i 's/^hook_timeout/keep_generations = 1\n&/' "$T/agent.ini"
conf_cert www 'key_store = token:web'
switches '--issue-time never'
for i in 1 2 3; do
	expect 7 run
	expect 0 reset www --abandon
	expect_error 'given up'
done
rm "$T/state/history"
switches
expect 0 run
archive=$T/state/archive/www
[ "$(echo "$archive"/abandoned-*)" = "$archive/abandoned-1 $archive/abandoned-2 $archive/abandoned-3" ] ||
	fail "what may be issued was pruned"
[ "$(keys)" = 4 ] || fail "$(keys) keys instead of 4"
# SCM has declined the first, the second is old, the third is the newest
printf 'scm-agent=1\ndead=1\n' >"$archive/abandoned-1/held"
sed -i -E "s/^(time|created)=.*/\1=$(date -d '-31 days' +%s)/" "$archive/abandoned-2/"{intent,submitting,order}
expect 0 run --force
[ "$(echo "$archive"/*)" = "$archive/000002 $archive/abandoned-3" ] || fail "left: $(echo "$archive"/*)"
[ "$(keys)" = 2 ] || fail "$(keys) keys instead of 2"

say "run --json says what came of each certificate"
rm -rf "$T/state"
conf_p12 'enroll_max_attempts = 0'
conf_cert www
conf_cert other "deploy_hooks = $T/nowhere"
expect 3 run --json
[ "$(jq -c '.certificates[] | [.name, .state, .result, .exit_status, .renewed]' "$T/out")" = \
	'["www","current","ok",0,true]
["other","due","config",3,false]' ] || fail "run --json: $(cat "$T/out")"

say "a secret by descriptor: a pipe from outside, never a file of our own"
conf_p12
sed -i "s|^client_cert_key_store_password_file = .*|client_cert_key_store_password_file = fd:7|" "$T/agent.ini"
conf_cert www
expect 3 check 7<&-
grep -q 'was not open when scm-agent was started' "$T/out" || fail "what is wrong with the descriptor"
expect 0 check 7< <(cat "$T/store.pass")

say "all of it"
