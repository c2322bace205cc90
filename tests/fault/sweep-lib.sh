# What sweeps of the agent share: their options (sample, keep, and what is left in rest), what they need,
# and the directory that holds the worlds (top).
# shellcheck shell=bash disable=SC2034

sample=0
while [ "$#" -gt 0 ]; do
	case $1 in
	--sample) sample=$2 && shift 2 ;;
	--keep) keep=$2 && shift 2 ;;
	-*) echo "usage: $0 [--sample N] [--keep DIR] [SCENARIO...]" >&2 && exit 2 ;;
	*) break ;;
	esac
done
rest=("$@")
if [ "$(id -u)" -ne 0 ] || ! unshare --mount --net --pid --fork true 2>/dev/null; then
	echo "SKIPPED: needs root and namespaces" >&2
	exit 77
fi
for tool in jq ip pkcs11-tool softhsm2-util; do
	if ! command -v "$tool" >/dev/null; then
		echo "SKIPPED: needs $tool (./dev deps)" >&2
		exit 77
	fi
done

top=$(mktemp -d)
chmod 755 "$top"
trap 'rm -rf "$top"' EXIT
