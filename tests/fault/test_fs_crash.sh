#!/bin/bash
# test_fs_crash.sh CRASHAT FS_STEPS: whatever is killed while base/fs.c changes something, there is
# the old or the new, whole and with its permissions; and doing it again brings it to its end.
set -euo pipefail

crashat=$1
steps=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/work"
cd "$dir/work"
failures=0

fail() {
	echo "test_fs_crash: $*" >&2
	failures=$((failures + 1))
}

prepare() {
	find . -mindepth 1 -delete
	(umask 077 && echo old >file)
	ln -s generation-1 live
	mkdir -p from tree/deep
	touch from/a tree/a tree/deep/b tree/deep/.tmp-left loose
}

is_in() {
	local value=$1

	shift
	for allowed in "$@"; do
		if [ "$value" = "$allowed" ]; then
			return
		fi
	done
	return 1
}

# What must be true at any time.
judge() {
	local temp

	is_in "$(stat -c '%a %s' file)" "600 4" "640 10000" || fail "$1: file: $(stat -c '%a %s' file)"
	is_in "$(readlink live)" generation-1 generation-2 || fail "$1: live: $(readlink live)"
	is_in "$(stat -c %a sub 2>/dev/null)" "" 711 || fail "$1: sub: mode $(stat -c %a sub)"
	is_in "$(find from sub/moved -name a 2>/dev/null)" from/a sub/moved/a || fail "$1: moved"
	while read -r temp; do
		is_in "$temp" "600 0" "640 0" "640 5000" "640 10000" || fail "$1: temporary: $temp"
	done < <(find . -maxdepth 1 -type f -name '.tmp-*' -printf '%m %s\n')
}

# What must be true in the end, however often it was interrupted: all but the number of lines.
end_state() {
	find . -mindepth 1 ! -name log -printf '%P %y %m %l\n' | LC_ALL=C sort
	tr -d A <file
}

# crash K MODE
crash() {
	local status=0

	prepare
	"$crashat" --at "$1" --mode "$2" -- "$steps" 2>err || status=$?
	rm -f err
	if [ "$status" -eq 4 ] && [ "$2" = half ]; then
		return
	fi
	[ "$status" -eq 0 ] || fail "$2 $1: crashat: status $status"
	judge "$2 $1"
	"$steps" || fail "$2 $1: does not go on afterwards"
	[ "$(end_state)" = "$expected" ] || fail "$2 $1: ends as"$'\n'"$(end_state)"
	if grep -vxE 'a line|a l' log | grep -q .; then
		fail "$2 $1: log: $(cat log)"
	fi
	[ "$(tail -n 1 log)" = "a line" ] || fail "$2 $1: log: $(cat log)"
}

prepare
"$steps"
expected=$(end_state)
[ "$(readlink live) $(wc -c <file) $(stat -c %a sub)" = "generation-2 10000 711" ] ||
	fail "untroubled: $expected"

prepare
n=$("$crashat" --count -- "$steps" | sed -n 's/ points$//p')
[ "$n" -gt 25 ] || fail "only $n points"
for ((k = 1; k <= n; k++)); do
	for mode in entry exit half; do
		crash "$k" "$mode"
	done
done

if [ "$failures" -gt 0 ]; then
	exit 1
fi
echo "test_fs_crash: $n points: always whole, always able to go on"
