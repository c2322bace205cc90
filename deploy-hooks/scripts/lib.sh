# What the shipped hooks share. Sourced by them from their own folder, and no hook itself.
# shellcheck shell=sh

# fail MESSAGE: the last line of output is what gets into the agent's messages.
fail() {
	printf '%s\n' "$1" >&2
	exit 1
}

usage() {
	echo "usage: $0 test|deploy NAME" >&2
	exit 2
}

systemd_runs() {
	[ -d /run/systemd/system ]
}

# unit_active UNIT: whether a reload can be asked of systemd.
unit_active() {
	[ -n "$1" ] && systemd_runs || return 1
	# systemctl's exit status is no answer: in a chroot it is 0 for everything
	case $(systemctl is-active -- "$1" 2>/dev/null) in
	active | reloading) return 0 ;;
	esac
	return 1
}

# process_in FILE NAME...: $pid is the number in a pid file. It may be somebody else's by now: the
# process must have one of the names.
process_in() {
	pid=$(sed -n '1{s/[[:space:]]//g;p;}' "$1" 2>/dev/null)
	case $pid in
	'' | *[!0-9]*) return 1 ;;
	esac
	comm=$(cat "/proc/$pid/comm" 2>/dev/null) || return 1
	shift
	for name in "$@"; do
		[ "$comm" != "$(printf '%s' "$name" | cut -c 1-15)" ] || return 0
	done
	return 1
}

# as_user USER COMMAND...: without PAM, which may not work in a service's sandbox.
as_user() {
	user=$1
	shift
	if [ "$(id -un)" = "$user" ]; then
		"$@"
	else
		setpriv --reuid="$user" --regid="$(id -g -- "$user")" --init-groups -- "$@"
	fi
}
