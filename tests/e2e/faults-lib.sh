# For stories about PKCS#11 modules that misbehave: sourced after lib.sh.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2317

# faulty_module: has the next conf_head use the module that fails on demand, in place of SoftHSM, and
# log each call. A copy, since a build directory may be anybody's.
faulty_module() {
	cp "$BUILD/tests/component/libp11_fault_module.so" "$T/fault.so"
	chmod 755 "$T/fault.so"
	: >"$T/calls"
	: >"$T/fault"
	p11_module() {
		say "$T/fault.so"
	}
}

# conf_token_keys LINE...: further keys of [token:web]; after conf_head.
conf_token_keys() {
	local line

	for line in "env.FAULT_LOG = $T/calls" "env.FAULT_CONTROL = $T/fault" "$@"; do
		sed -i "s|^env.SOFTHSM2_CONF = .*|&\n$line|" "$T/agent.ini"
	done
}

# fault [PROGRAM CALL NTH[+] RV HOW]: what goes wrong from now on; nothing without arguments.
fault() {
	: >"$T/calls"
	printf '%s\n' "$*" >"$T/fault"
}

# calls_of CALL [PROGRAM]: how often it was called since the last fault().
calls_of() {
	grep -cE "^${2:-[^ ]+} $1\$" "$T/calls" || true
}

# in_token CLASS: how many objects of a class (privkey, pubkey, cert) the token has.
in_token() {
	pkcs11-tool --module "$SOFTHSM" --token-label web --login --pin 123456 --list-objects --type "$1" \
		2>/dev/null | grep -c '^ *ID:' || true
}
SOFTHSM=$(p11_module)
