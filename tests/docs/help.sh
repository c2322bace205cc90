#!/bin/bash
# The program's own help against scm-agent(8): each option of a command is in the entry of that
# command, with its value if it takes one, which the usage line has, too. $SCM_AGENT is the program.
. "$(dirname "$0")/../lint/lib.sh"

manual=packaging/man/scm-agent.8

# entry COMMAND: from its .It up to the next command's
entry() {
	awk -v name="$1" '
		/^\.It Cm / { on = $3 == name }
		/^\.It Xo$/ { pending = 1; next }
		pending { on = ($1 == ".Cm" && $2 == name); pending = 0 }
		/^\.S[hs] / { on = 0 }
		on' "$manual"
}

commands=$("$SCM_AGENT" --help | sed -n '/^Commands:/,/^$/ s/^  \([a-z]*\) .*/\1/p')
if [ -z "$commands" ]; then
	offend "agent/main.c:1: scm-agent --help lists no commands"
fi
for command in $commands; do
	text=$(entry "$command")
	while read -r option; do
		[ "$option" != --json ] || continue
		grep -qE -- "Fl -${option#--}( |\$)" <<<"$text" ||
			offend "$manual:1: $command takes $option, which its entry does not have"
	done < <("$SCM_AGENT" "$command" --help | sed -n '/^Options:/,$ s/^  \(--[a-z-]*\).*/\1/p')
	while read -r option value; do
		grep -qE -- "Fl -${option#--} Ar( |\$)" <<<"$text" ||
			offend "$manual:1: $option of $command takes a $value, which its entry does not say"
		"$SCM_AGENT" "$command" --help | grep -q -- "^Usage: .*$option $value" ||
			offend "agent/main.c:1: the usage of $command does not have $option $value"
	done < <("$SCM_AGENT" "$command" --help | sed -n '/^Options:/,$ s/^  \(--[a-z-]* [A-Z]\)/\1/p')
done

finish
