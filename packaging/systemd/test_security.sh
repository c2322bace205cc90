#!/bin/bash
# test_security.sh UNIT-DIR: the exposure of the units, by systemd's own measure, does not grow.
# Thresholds are in tenths: 27 is 2.7 of 10.
set -euo pipefail
units=$1

if ! command -v systemd-analyze >/dev/null; then
	echo "SKIPPED: systemd-analyze is not installed (./dev deps)" >&2
	exit 77
fi
status=0
for limit in scm-agent.service=29 scm-agent-recover.service=15 scm-agent-hint.service=29 \
	scm-agent-webhook.service=3; do
	unit=${limit%=*}
	systemd-analyze security --offline=true --no-pager --threshold="${limit#*=}" \
		"$units/$unit" >/dev/null 2>&1 || {
		systemd-analyze security --offline=true --no-pager "$units/$unit" || true
		echo "$unit: more exposed than ${limit#*=} tenths" >&2
		status=1
	}
done
# It would have seen a unit that is open.
open=$(mktemp -d)
trap 'rm -rf "$open"' EXIT
printf '[Service]\nExecStart=/bin/true\n' >"$open/open.service"
if systemd-analyze security --offline=true --no-pager --threshold=90 "$open/open.service" \
	>/dev/null 2>&1; then
	echo "an open unit was not seen" >&2
	status=1
fi
exit "$status"
