#!/bin/bash
# Each check of the documents finds what it is there to find: as they are they pass, and each of
# these slips makes its check fail. $SCM_AGENT is the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

mkdir -p "$tree"/{packaging,tests}
cp -R "$root"/*.md "$root"/{agent,base,cmake,csr,dcv,deploy-hooks,fetch,keystore,scm,webhook} "$tree"
cp -R "$root/packaging/man" "$root/packaging/scm-agent.ini.example" "$tree/packaging"
cp -R "$root/tests/lint" "$root/tests/docs" "$root/tests/scm-sim" "$tree/tests"

# slip CHECK PATTERN FILE SED-SCRIPT: with this change, CHECK must fail and say PATTERN
slip() {
	local check=$1 pattern=$2 file=$tree/$3 script=$4 out

	cp "$file" "$tree/before"
	sed -i -E "$script" "$file"
	if cmp -s "$file" "$tree/before"; then
		out="the change changes nothing"
	elif out=$("$here/$check.sh" "$tree" 2>&1); then
		out="accepted"
	elif grep -qE -- "$pattern" <<<"$out"; then
		out=
	fi
	if [ -n "$out" ]; then
		echo "selftest: $check: $3: $script: $out" >&2
		failures=$((failures + 1))
	fi
	cp "$tree/before" "$file"
}

for check in keys commands names help hooks examples codes; do
	if ! "$here/$check.sh" "$tree" >/dev/null 2>&1; then
		echo "selftest: $check refuses the documents as they are" >&2
		failures=$((failures + 1))
	fi
done

ini=packaging/man/scm-agent.ini.5
man=packaging/man/scm-agent.8
scm=packaging/man/scm-agent-scm.7
example=packaging/scm-agent.ini.example

slip keys 'lock_timeout is missing' "$ini" '/^\.It Ic lock_timeout$/d'
slip keys "default '60s'" "$ini" 's/^\.Ql 60s \./.Ql 90s ./'
slip keys 'uri is required' "$ini" '/^\.It Ic uri$/,/^\.It/ s/^Required\.$//'
slip keys 'metrics_file is not supported' "$ini" '/^\.It Ic metrics_file$/ s/$/\nText./;/^Not supported by this version\.$/d'
slip keys 'JKS is not in|JKS is not supported' "$ini" '/^\.Ql JKS/d'
slip keys 'agent/paralel is no key' "$ini" 's/^\.It Ic parallel$/&\n.It Ic paralel/'
slip keys 'verify is missing' "$example" '/^#verify = /d'
slip keys 'scm/proxy_port is no key|scm/proxi is no key' "$example" 's/^#auth = .*/&\n#proxi = 1/'
slip keys 'novelty is missing' agent/conf_cert.c 's/^\tKEY\("group",.*/&\n\tKEY("novelty", set_string, 0),/'
slip keys 'is no key of the program' agent/conf_cert.c 's/cert_keys\[\] =/cert_keys[99] =/'
slip commands "commands 'novelty' is missing" agent/cmd.c 's/^\t\{ "csr", cmd_csr,.*/\t{ "novelty", cmd_csr, CMD_STORE,/'
slip commands "commands 'csr' is missing" "$man" 's/^\.It Cm csr .*/.It csr/'
slip commands "options 'force' is missing" "$man" 's/Fl -force( |$)/Fl -forse\1/'
slip commands "statuses '11' is missing" "$man" '/^\.It 11$/d'
slip commands 'exit status 12' README.md '/^\| 12 \|/d'
slip commands "states 'answer_lost' is missing" "$man" '/^\.It answer lost$/d'
slip commands "events 'held' is missing" "$man" 's/ held, / /'
slip commands "files 'meta' is missing" "$man" '/^\.It Pa meta$/d'
slip commands "variables 'RENEWED_LINEAGE' is missing" "$man" '/Ev RENEWED_LINEAGE/d'
slip commands "no command 'scm-agent nonsense'" README.md 's/scm-agent check/scm-agent nonsense/'
slip names "no 'fuze.h'" ARCHITECTURE.md 's/fuse\.h/fuze.h/'
slip names "called 'collect_stepp'" ARCHITECTURE.md 's/collect_step/collect_stepp/'
slip help 'run takes --dry-run' "$man" '/^\.(It|Op) Fl -dry-run/d'
slip hooks "'haproxy socket' is missing" "$man" '/^\.Ic option\.socket$/d'
slip hooks "'tomcat via' is missing" deploy-hooks/README.md '/^\| \| .via. /d'
slip hooks "'dovecot' is missing" "$man" '/^\.It dovecot$/d'
slip hooks "'nginx novelty' is missing" deploy-hooks/scripts/nginx 's/^config=.*/&\nnovelty=SCM_AGENT_OPT_NOVELTY/'
slip hooks "'apache env' is nothing" deploy-hooks/scripts/apache 's/SCM_AGENT_OPT_ENV/ENV/'
slip hooks "'postfix' is not what" deploy-hooks/CMakeLists.txt 's/ postfix / /'
slip examples 'README.md' README.md 's/^customer_uri = example/custommer_uri = example/'
slip examples 'scm-agent.ini.5' "$ini" 's/^login = api-host01/logn = api-host01/'
slip examples 'scm-agent.ini.example' "$example" 's/^#parallel = 4/#parallel = 400/'
slip codes 'not what .* -111 Refused' "$scm" 's/^Refused: check profile;/Refused: look at profile;/'
slip codes 'missing.* -183 Not ready yet' "$scm" '/^\.It .-183$/,+1d'
slip codes 'not what .* -4242' "$scm" 's/^\.It .-5101$/.It \\-4242\n&/'
slip codes 'missing.* -993 Refused: novelty' scm/errors.c 's/"ask SCM support why orders[^"]*"/"novelty"/'
slip codes 'missing.* -970 Refused' scm/errors.c 's/-970, ERR_AUTH/-970, ERR_REJECTED/'
slip codes 'codes found' scm/errors.c 's/, ERR_REJECTED,/, REFUSED,/'

if [ "$failures" -gt 0 ]; then
	exit 1
fi
