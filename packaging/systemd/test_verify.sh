#!/bin/bash
# test_verify.sh UNIT-DIR: systemd itself has nothing to say against the units.
set -euo pipefail
units=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! command -v systemd-analyze >/dev/null; then
	echo "SKIPPED: systemd-analyze is not installed (./dev deps)" >&2
	exit 77
fi

# It wants the programs to be where the units say: this one is not installed while it is tested.
verify() {
	local unit

	rm -f "$dir"/*.*
	for unit in "$units"/*.service "$units"/*.timer "$units"/*.socket "$units"/*.path; do
		sed -E 's|^(ExecStart=)[^ ]*/scm-agent |\1/bin/true |' "$unit" >"$dir/$(basename "$unit")"
	done
	if [ "$#" -gt 0 ]; then
		sed -i "$1" "$dir/scm-agent.service"
	fi
	systemd-analyze verify --man=no --recursive-errors=no "$dir"/*.* 2>&1 || true
}

grep -q '^ExecStart=/.*/scm-agent run$' "$units/scm-agent.service"
grep -q '^ExecStart=/.*/scm-agent recover$' "$units/scm-agent-recover.service"
grep -q '^ExecStart=/.*/scm-agent run --hinted /' "$units/scm-agent-hint.service"
grep -q '^ExecStart=/.*/scm-agent webhook --secret-file credential:' "$units/scm-agent-webhook.service"

said=$(verify)
if [ -n "$said" ]; then
	echo "$said" >&2
	exit 1
fi
# It would have spoken up.
for mistake in 's|^Type=.*|Type=onceshot|' 's|^ProtectSystem=|ProtectSistem=|' \
	's|^ExecStart=.*|ExecStart=/nonexistent/program|'; do
	if [ -z "$(verify "$mistake")" ]; then
		echo "a mistake was not seen: $mistake" >&2
		exit 1
	fi
done
