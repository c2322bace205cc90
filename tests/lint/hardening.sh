#!/bin/bash
# hardening.sh PROGRAM...: what the compiler and the linker were asked for is in the binaries.
set -euo pipefail

status=0

# missing PROGRAM WHAT
missing() {
	echo "$1: not hardened: $2"
	status=1
}

if [ "$#" -eq 0 ]; then
	echo "usage: $0 PROGRAM..." >&2
	exit 2
fi
for program in "$@"; do
	header=$(LC_ALL=C readelf -W -h "$program")
	segments=$(LC_ALL=C readelf -W -l "$program")
	dynamic=$(LC_ALL=C readelf -W -d "$program")
	symbols=$(LC_ALL=C readelf -W --dyn-syms "$program")

	grep -q 'FLAGS_1.*PIE' <<<"$dynamic" || missing "$program" "position independent executable"
	grep -qE 'FLAGS.*(BIND_NOW|NOW)' <<<"$dynamic" || missing "$program" "immediate binding"
	grep -q 'GNU_RELRO' <<<"$segments" || missing "$program" "RELRO"
	grep -qE 'GNU_STACK.* RW ' <<<"$segments" || missing "$program" "stack without execution"
	if grep -qE 'LOAD.* RWE ' <<<"$segments"; then
		missing "$program" "no segment both writable and executable"
	fi
	if grep -qE '(RPATH|RUNPATH)' <<<"$dynamic"; then
		missing "$program" "no run path"
	fi
	grep -q '__stack_chk_fail' <<<"$symbols" || missing "$program" "stack protector"
	grep -qE '__[a-z]+_chk(@|$)' <<<"$(grep -v __stack_chk <<<"$symbols")" ||
		missing "$program" "FORTIFY_SOURCE"
	if grep -q 'X86-64' <<<"$header"; then
		# The note for it is only there when the C library's start files have it too.
		grep -q endbr64 <<<"$(objdump -d --disassemble=main "$program")" ||
			missing "$program" "control-flow enforcement"
	fi
done
exit "$status"
