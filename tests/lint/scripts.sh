#!/bin/bash
# Shell scripts, by shellcheck.
. "$(dirname "$0")/lib.sh"

if ! command -v shellcheck >/dev/null; then
	echo "SKIPPED: shellcheck is not installed (./dev deps)" >&2
	exit 77
fi
while read -r file; do
	case $file in
	*.sh) ;;
	*) head -n 1 -- "$file" | tr -d '\0' | grep -qE '^#! ?/(usr/)?bin/(env )?(ba)?sh' || continue ;;
	esac
	shellcheck -x -P SCRIPTDIR -- "$file" || offend "$file:1: shellcheck"
done < <(files dev .ci "${rooms[@]}" packaging tests -- '*')

finish
