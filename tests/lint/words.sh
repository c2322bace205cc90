#!/bin/bash
# What no file of the tree contains: paths of somebody's machine, notes to oneself, and characters
# in sources that do not look like what they are.
. "$(dirname "$0")/lib.sh"

# In brackets, so that this file does not find itself.
machine='(^|[^A-Za-z0-9_./})-])/(wor[k]|hom[e]|roo[t]|Use[r]s)/|/tm[p]/build'
notes='(^|[^A-Za-z0-9_])(TOD[O]|FIXM[E]|XX[X]|HAC[K])([^A-Za-z0-9_]|$)'

if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	mapfile -d '' -t all < <(git ls-files -z --cached --others --exclude-standard)
else
	mapfile -d '' -t all < <(find . -type f -not -path './build*' -printf '%P\0')
fi

report() {
	local place

	while IFS= read -r place; do
		offend "$(cut -d : -f 1,2 <<<"$place"): $1"
	done
}

sources=()
for file in "${all[@]}"; do
	case $file in
	*/corpus/*) ;;
	*.c | *.h) sources+=("$file") ;;
	esac
done

report "a path of somebody's machine" < <(grep -nIHE "$machine" -- "${all[@]}" /dev/null || true)
report "a note to oneself" < <(grep -nIHE "$notes" -- "${all[@]}" /dev/null || true)
report "not ASCII" < <(LC_ALL=C grep -nHP '[^\x00-\x7f]' -- "${sources[@]}" /dev/null || true)

finish
