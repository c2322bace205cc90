#!/bin/bash
# Who may include whom. The build refuses most of it already; this refuses the ways around.
. "$(dirname "$0")/lib.sh"

# Room, and the headers of other rooms that it may see.
table=(
	"base|"
	"keystore|base/*"
	"csr|base/*"
	"scm|base/*"
	"deploy-hooks|base/*"
	"dcv|base/*"
	"fetch|base/* keystore/* scm/* deploy-hooks/* dcv/*"
	"webhook|base/*"
	"agent|base/* keystore/* csr/* deploy-hooks/* dcv/* scm/wire.h"
)

# Outside library, and the files that may include it.
libraries=(
	"curl/*|scm/http* scm/published.c"
	"cjson/*|scm/json* agent/out.c"
	"ini.h|agent/ini.c"
	"libp11.h|keystore/*"
	"p11-kit/*|keystore/*"
	"idn2.h|csr/*"
	"seccomp.h|fetch/* agent/*"
	"cap-ng.h|fetch/* agent/*"
	"systemd/*|base/log.c base/secret.c webhook/listen.c"
	"microhttpd.h|webhook/server.c"
)

# matches NAME PATTERN...
matches() {
	local name=$1 pattern

	shift
	for pattern in "$@"; do
		# shellcheck disable=SC2254 # a pattern is what it is
		case $name in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# "LINE HEADER" for each #include, with its quotes or brackets.
includes_of() {
	code plain <"$1" | grep -nE '^[[:space:]]*#[[:space:]]*include' |
		sed -E 's/^([0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*/\1 /' || true
}

# check_room FILE LINE HEADER ROOM PATTERN...
check_room() {
	local file=$1 line=$2 header=$3 room=$4

	shift 4
	case $header in
	*../*) offend "$file:$line: '$header' climbs out of its folder" ;;
	"$room"/*) ;;
	*/*) matches "$header" "$@" || offend "$file:$line: $room may not include '$header'" ;;
	*) offend "$file:$line: '$header' is written \"$room/$header\"" ;;
	esac
}

# check_library FILE LINE HEADER
check_library() {
	local row allowed

	for row in "${libraries[@]}"; do
		read -ra allowed <<<"${row#*|}"
		if matches "$3" "${row%%|*}" && ! matches "$1" "${allowed[@]}"; then
			offend "$1:$2: <$3> belongs to ${row#*|}"
		fi
	done
}

# A .c file with a header of its own includes it first: so each header is known to stand alone.
check_own_first() {
	local own="${1%.c}.h" first

	if [ "$1" != "$own" ] && [ -e "$own" ]; then
		first=$(includes_of "$1" | head -n 1 | cut -d ' ' -f 2 | tr -d '"<>')
		if [ "$first" != "$2$(basename "$own")" ]; then
			offend "$1:1: includes $2$(basename "$own") first"
		fi
	fi
}

set -f
for row in "${table[@]}"; do
	room=${row%%|*}
	read -ra allowed <<<"${row#*|}"
	while read -r file; do
		check_own_first "$file" "$room/"
		while read -r line header; do
			case $header in
			'"'*) check_room "$file" "$line" "$(tr -d '"' <<<"$header")" "$room" \
				"${allowed[@]}" ;;
			*) check_library "$file" "$line" "$(tr -d '<>' <<<"$header")" ;;
			esac
		done < <(includes_of "$file")
	done < <(files "$room" -- '*.c' '*.h')
done

# The simulator is the other side of the wire: sharing code would share misunderstandings.
while read -r file; do
	check_own_first "$file" ""
	while read -r line header; do
		case $header in
		'"'*/*) offend "$file:$line: scm-sim includes nothing from outside its folder" ;;
		esac
	done < <(includes_of "$file")
done < <(files tests/scm-sim -- '*.c' '*.h')

finish
