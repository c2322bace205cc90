#!/bin/bash
# What ARCHITECTURE.md names in backquotes is there: files and functions. Placeholders with capital
# letters, and files of the state directory, are left alone.
. "$(dirname "$0")/../lint/lib.sh"

document=ARCHITECTURE.md
places=()
for place in cmake packaging tests/lint tests/scm-sim "${rooms[@]}"; do
	if [ -e "$place" ]; then
		places+=("$place")
	fi
done

# file_exists NAME: a path from the top, or a file of some room
file_exists() {
	[ -e "$1" ] || [ -n "$(find "${places[@]}" -path "*/$1" -print -quit)" ]
}

count=0
while IFS=: read -r line name; do
	name=${name//\`/}
	name=${name%%(*}
	case $name in
	*[!a-z0-9_./-]* | *.pem | pending/* | live/* | cache/*) continue ;;
	tests/*) [ -e "$name" ] || offend "$document:$line: there is no '$name'" ;;
	*/* | *.?) file_exists "$name" || offend "$document:$line: there is no '$name'" ;;
	*_*) grep -rqwF -- "$name" "${places[@]}" ||
		offend "$document:$line: nothing is called '$name'" ;;
	*) continue ;;
	esac
	count=$((count + 1))
done < <(grep -noE "\`[^\`]+\`" "$document")
if [ "$count" -lt 20 ]; then
	offend "$document:1: only $count names found"
fi

finish
