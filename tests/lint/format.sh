#!/bin/bash
# Layout, by .clang-format.
. "$(dirname "$0")/lib.sh"

if ! command -v clang-format >/dev/null; then
	echo "SKIPPED: clang-format is not installed (./dev deps)" >&2
	exit 77
fi
while read -r file; do
	clang-format --dry-run -Werror "$file" >/dev/null 2>&1 || offend "$file:1: clang-format -i $file"
done < <(files "${rooms[@]}" tests -- '*.c' '*.h')

finish
