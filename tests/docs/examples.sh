#!/bin/bash
# What is printed as an example is taken by the program: every setting of the example file, and each
# ini block of README.md and of the manual. $SCM_AGENT is the program.
. "$(dirname "$0")/../lint/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
group=$(id -gn)

# What a fragment lacks: an account.
account='[scm]
url = https://cert-manager.com
customer_uri = example
organization_id = 1234
login = api-host01
client_cert_key_store = /etc/scm-agent/client.p12'

# try WHERE FILE: the file must be a configuration
try() {
	local out

	sed -i "s/^group = .*/group = $group/; s/^server_user = .*/server_user = root/" "$2"
	grep -q '^\[scm\]' "$2" || printf '%s\n' "$account" >>"$2"
	chmod 600 "$2"
	out=$("$SCM_AGENT" -c "$2" check --config-only 2>&1) || offend "$1: ${out//"$work"/}"
}

# blocks FILE BEGIN END: the blocks between such lines into work/block-LINE, without what the macro
# language needs
blocks() {
	awk -v begin="$2" -v end="$3" -v work="$work" '
		$0 ~ begin { name = work "/block-" FNR; next }
		$0 ~ end { name = "" }
		name { print > name }' "$1"
}

sed -E 's/^#([^ ].*)$/\1/' packaging/scm-agent.ini.example >"$work/example.ini"
try packaging/scm-agent.ini.example:1 "$work/example.ini"

count=0
for file in README.md packaging/man/scm-agent.ini.5; do
	rm -f "$work"/block-*
	if [ "$file" = README.md ]; then
		blocks "$file" '^```ini$' '^```$'
	else
		blocks "$file" '^\\.Bd -literal' '^\\.Ed'
	fi
	for block in "$work"/block-*; do
		[ -e "$block" ] || continue
		count=$((count + 1))
		try "$file:${block##*-}" "$block"
	done
done
if [ "$count" -lt 10 ]; then
	offend "README.md:1: only $count examples found"
fi

finish
