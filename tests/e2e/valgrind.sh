#!/usr/bin/env bash
# One enrollment with a key in a token, and its renewal, under valgrind: no error, nothing lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v valgrind >/dev/null || fail "valgrind is not installed"
case $(nm -D "$AGENT") in
*__asan_init*)
	say "a sanitizer build: valgrind has nothing to add"
	exit 77
	;;
esac

checked() {
	valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --log-file="$T/valgrind.log" \
		"$AGENT" -c "$T/agent.ini" "$@" >"$T/out" 2>"$T/err" </dev/null ||
		{ cat "$T/valgrind.log" >&2 && fail "scm-agent $* under valgrind"; }
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
conf_p12
conf_cert tok 'key_store = token:web' 'key_type = ec:P-384'
checked run
[ -e "$(live tok)/cert.pem" ] || fail "not enrolled"
checked run --force
[ "$(orders)" = 2 ] || fail "not renewed"
checked run
checked status
checked key list
checked check
say "clean"
