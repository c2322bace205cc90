# SoftHSM: keys in files, in this process.
# shellcheck shell=bash disable=SC2034
NEEDS=(softhsm2-util)
TYPES=(rsa:2048 rsa:3072 ec:P-256 ec:P-384 ec:P-521)
MODULE=$(p11_module)

token_up() {
	token_make
	ENVIRONMENT=("SOFTHSM2_CONF=$SOFTHSM2_CONF")
}

# What the module does not say: it finds no token where it may not read.
token_story() {
	local orders
	say "a directory of tokens that may not be read"
	orders=$(orders)
	chown -R nobody "$T/tokens"
	chmod -R go-rwx "$T/tokens"
	chmod 755 "$T/tokens"
	RC=0
	setpriv --bounding-set=-all --inh-caps=-all "$AGENT" -c "$T/agent.ini" run --force rsa2048 \
		>"$T/out" 2>"$T/err" || RC=$?
	[ "$RC" = 4 ] || fail "exit status $RC instead of 4"
	expect_error "$MODULE.*no initialized token at all: permissions.*SOFTHSM2_CONF"
	[ "$(orders)" = "$orders" ] || fail "something was ordered"
}
