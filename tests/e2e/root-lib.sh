# Root file systems of Debian, made once of packages and kept outside the tree.
# shellcheck shell=bash

# debian_root SUITE PACKAGE,...: its directory, which nobody may change. Fails with a line that says why
# none could be made.
debian_root() {
	local suite=$1 packages=$2 cache base host log sources=() file
	host=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	grep -qx ID=debian /etc/os-release || { echo "the host is no Debian" && return 1; }
	cache=${XDG_CACHE_HOME:-/var/cache}/scm-agent-tests
	base=$cache/$suite-$(sha256sum <<<"$packages" | cut -c 1-16)
	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	if [ ! -d "$base" ]; then
		log=$(mktemp -d)
		# the host's own mirrors, for another suite as well
		for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
			/etc/apt/sources.list.d/*.sources; do
			if grep -qs '^[^#]*/debian' "$file"; then
				sed "s/\\b$host\\b/$suite/g" "$file" >"$log/${file##*/}"
				sources+=("$log/${file##*/}")
			fi
		done
		rm -rf "$base.new"
		if ! mmdebstrap --quiet --variant=minbase --include="$packages" "$suite" "$base.new" \
			"${sources[@]}" >"$log/log" 2>&1; then
			echo "no root file system could be made: $(tail -n 2 "$log/log" | tr '\n' ' ')"
			rm -rf "$log"
			flock -u 8
			return 1
		fi
		rm -rf "$log"
		mv "$base.new" "$base"
	fi
	flock -u 8
	echo "$base"
}
