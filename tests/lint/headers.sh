#!/bin/bash
# Every header compiles alone.
. "$(dirname "$0")/lib.sh"

packages=(libcrypto libssl p11-kit-1 libcurl libcjson inih libidn2 libseccomp libcap-ng
	libsystemd libmicrohttpd gnutls cmocka)
read -ra flags < <(pkg-config --cflags "${packages[@]}" 2>/dev/null || true)

while read -r header; do
	out=$("${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I . \
		-I "$(dirname "$header")" -I tests/unit ${flags[@]+"${flags[@]}"} -x c - 2>&1 \
		< <(printf '#include "%s"\nextern int end;\n' "$header")) ||
		offend "$header:1: does not compile alone" "$out"
done < <(files "${rooms[@]}" tests -- '*.h')

finish
