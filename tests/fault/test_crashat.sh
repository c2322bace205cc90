#!/bin/bash
# test_crashat.sh CRASHAT VICTIM: killed at each point, before and after the call, the victim has
# done exactly what stands above that line of the list, and nothing of its tree is left alive.
set -euo pipefail

crashat=$1
victim=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

if [ "$(id -u)" -ne 0 ]; then
	echo "SKIPPED: only root can look at a process that is not dumpable" >&2
	exit 77
fi

# The points in order, and what is below d/ after each, as "name type size".
points=(
	"mkdir d"
	"openat d/a"
	"write $dir/d/a"
	"fsync $dir/d/a"
	"openat d/t"
	"pwrite64 $dir/d/t"
	"symlink d/s"
	"rename d/b"
	"unlink d/t"
	"mkdir d/u"
	"mkdir d/daemon"
	"chmod d/b"
	"sendto socket"
	"write socket"
	"openat d/b"
	"writev $dir/d/b"
)
states=(
	"none"
	""
	"a=0:600"
	"a=10:600"
	"a=10:600"
	"a=10:600 t=0:600"
	"a=10:600 t=7:600"
	"a=10:600 s t=7:600"
	"b=10:600 s t=7:600"
	"b=10:600 s"
	"b=10:600 s u"
	"b=10:600 daemon s u"
	"b=10:640 daemon s u"
	"b=10:640 daemon s u"
	"b=10:640 daemon s u"
	"b=10:640 daemon s u"
	"b=15:640 daemon s u"
)
failures=0

fail() {
	echo "test_crashat: $*" >&2
	failures=$((failures + 1))
}

state() {
	if [ ! -d d ]; then
		echo none
		return
	fi
	find d -mindepth 1 \( -type f -printf '%P=%s:%m\n' -o -printf '%P\n' \) | LC_ALL=C sort |
		paste -s -d ' '
}

# crash ARG...: runs the victim under crashat. All of its processes inherit a lock, which is free
# again only when the last of them is gone.
crash() {
	local status=0

	rm -rf d
	(
		flock -n 9
		exec "$crashat" "$@" -- "$victim" >out 2>err
	) 9>alive || status=$?
	flock -n alive true || fail "$*: something of the tree is still alive"
	return "$status"
}

crash --count -o list || fail "count: status $?: $(cat err)"
grep -qx "${#points[@]} points" out || fail "count: $(cat out)"
grep -qx finished out || fail "count: the victim did not get to its end: $(cat err)"
mapfile -t counted < <(sed -E 's/^[0-9]+ [^ ]+ //; s/socket:\[[0-9]+\]/socket/' list)
for ((i = 0; i < ${#points[@]}; i++)); do
	[ "${counted[i]-}" = "${points[i]}" ] ||
		fail "point $((i + 1)) is '${counted[i]-}', not '${points[i]}'"
done

for ((k = 1; k <= ${#points[@]}; k++)); do
	crash --at "$k" || fail "entry $k: status $?: $(cat err)"
	[ "$(state)" = "${states[k - 1]}" ] || fail "entry $k: '$(state)', not '${states[k - 1]}'"
	crash --at "$k" --mode exit || fail "exit $k: status $?: $(cat err)"
	[ "$(state)" = "${states[k]}" ] || fail "exit $k: '$(state)', not '${states[k]}'"
	if grep -q finished out; then
		fail "exit $k: the victim went on"
	fi
done

crash --at 3 --mode half || fail "half 3: status $?"
[ "$(state)" = "a=5:600" ] || fail "half 3: '$(state)'"
crash --at 6 --mode half || fail "half 6: status $?"
[ "$(state)" = "a=10:600 t=5:600" ] || fail "half 6: '$(state)'"
for k in 1 4 16; do
	status=0
	crash --at "$k" --mode half || status=$?
	[ "$status" -eq 4 ] || fail "half $k: status $status, not 4"
done

status=0
crash --at $((${#points[@]} + 1)) || status=$?
[ "$status" -eq 3 ] || fail "a point too far: status $status, not 3"
status=0
crash --count --exclude victim -o list || status=$?
[ "$(cut -d " " -f 2- list)" = "exe rename d/b" ] || fail "exclude: $(cat list)"

# Usage, what can't be run, and what takes too long.
for bad in "" "--at 0 -- true" "--at x -- true" "--count" "--count --at 1 -- true" \
	"--at 1 --mode quarter -- true" "--at 1" "--count --timeout 0 -- true"; do
	status=0
	# shellcheck disable=SC2086 # words
	"$crashat" $bad >/dev/null 2>&1 || status=$?
	[ "$status" -eq 2 ] || fail "'crashat $bad': status $status, not 2"
done
status=0
"$crashat" --count --timeout 1 -- sleep 60 >/dev/null 2>&1 || status=$?
[ "$status" -eq 5 ] || fail "late: status $status, not 5"

if [ "$failures" -gt 0 ]; then
	exit 1
fi
echo "test_crashat: ${#points[@]} points, before and after each: right"
