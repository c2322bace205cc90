#!/bin/bash
# Commands, options, exit statuses, states, events of the history, files of a generation and
# variables of hooks: what the code has is in scm-agent(8), and the other way round; exit statuses
# are in README.md, too. No document names a command that there is not.
. "$(dirname "$0")/../lint/lib.sh"

manual=packaging/man/scm-agent.8

# part HEADING: the lines of one .Sh of the manual
part() {
	awk -v heading=".Sh $1" '$0 == heading { on = 1; next } /^\.Sh / { on = 0 } on' "$manual"
}

# same WHAT CODE-FILE MANUAL-FILE: two lists, one word a line, that have to be the same
same() {
	local what=$1 word

	if [ ! -s "$2" ]; then
		offend "$manual:1: no $what found in the code: it looks different from what this expects"
	fi
	while read -r word; do
		offend "$manual:1: $what '$word' is missing"
	done < <(comm -23 "$2" "$3")
	while read -r word; do
		offend "$manual:1: $what '$word' is not known to the program"
	done < <(comm -13 "$2" "$3")
}

sorted() {
	LC_ALL=C sort -u
}

commands_of_code() {
	sed -n 's/^\t{ "\([a-z]*\)", cmd_[a-z]*,.*/\1/p' agent/cmd.c
	echo help
}

commands_of_manual() {
	part COMMANDS | sed -n -E 's/^\.(It )?Cm ([a-z]+).*/\2/p' | while read -r word; do
		# "reset" in a sentence is a reference, an entry is what counts
		if grep -qE "^\.It Cm $word( |\$)" "$manual" ||
			grep -A 1 -E '^\.It Xo$' "$manual" | grep -q "^\.Cm $word\$"; then
			echo "$word"
		fi
	done
}

options_of_code() {
	sed -n 's/^\t{ "\([a-z-]*\)", \(no\|required\)_argument,.*/\1/p' agent/main.c
}

options_of_manual() {
	grep -oE 'Fl -[a-z][a-z-]*' "$manual" | sed 's/^Fl -//'
}

statuses_of_code() {
	echo 0
	grep -oE 'X\([A-Z]+, "[a-z]+", [0-9]+,' base/err.h | grep -oE '[0-9]+'
	sed -n 's/^#define STATUS_CHANGED \([0-9]*\)$/\1/p' agent/cmd_run.c
}

statuses_of_manual() {
	part "EXIT STATUS" | sed -n 's/^\.It \([0-9]*\)$/\1/p'
}

statuses_of_readme() {
	sed -n 's/^| \([0-9][0-9]*\) |.*/\1/p' README.md
}

# words of one or two words become one: "key made" is key_made
states_of_code() {
	sed -n 's/^\tX([A-Z]*, "\([a-z ]*\)").*/\1/p' agent/situation.h | tr ' ' _
}

states_of_manual() {
	part "LIFE OF A CERTIFICATE" | sed -n 's/^\.It \([a-z ]*\)$/\1/p' | tr ' ' _
}

events_of_code() {
	cat agent/*.c | code plain | tr '\n\t' '  ' |
		grep -oE '(store_history|write_order|write_work)\([^;"]*"[a-z-]+"' | grep -oE '"[a-z-]+"' | tr -d '"'
}

events_of_manual() {
	part FILES | tr '\n' ' ' | grep -oE 'Events are [a-z, -]+\.' | sed 's/^Events are //' |
		sed 's/ and /, /' | tr -d ' .' | tr ',' '\n'
}

files_of_code() {
	sed -n 's/^#define FILE_[A-Z_]* "\([a-z.-]*\)".*/\1/p' agent/store.h
}

files_of_manual() {
	files_of_code | while read -r name; do
		if part FILES | grep -qE "(^\.It Pa|^\.Pa|,) $name( |\$)"; then
			echo "$name"
		fi
	done
}

variables_of_code() {
	# the alphabet that options may use is no variable
	code plain <deploy-hooks/hook_env.c | grep -oE '"[A-Z][A-Z0-9_]{2,31}"' | tr -d '"'
}

variables_of_manual() {
	part HOOKS | sed -n -E 's/ Ns Ar NAME$//; s/^\.(It )?Ev ([A-Z0-9_ ,]+)( [.,])?$/\2/p' |
		tr -d ',' | tr ' ' '\n' | grep .
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for what in commands options statuses states events files variables; do
	"${what}_of_code" | sorted >"$work/code"
	"${what}_of_manual" | sorted >"$work/manual"
	same "$what" "$work/code" "$work/manual"
done
statuses_of_code | sorted >"$work/code"
statuses_of_readme | sorted >"$work/readme"
while read -r word; do
	offend "README.md:1: exit status $word is not as in the program"
done < <(comm -3 "$work/code" "$work/readme" | tr -d '\t')

commands_of_code | sorted >"$work/code"
while IFS=: read -r file line text; do
	word=${text#scm-agent }
	grep -qx "$word" "$work/code" || offend "$file:$line: there is no command '$text'"
done < <(grep -noE '(^|[^a-z/])scm-agent [a-z]+' README.md HACKING.md SECURITY.md CHANGELOG.md \
	"$manual" packaging/man/scm-agent.ini.5 packaging/scm-agent.ini.example |
	sed -E 's/^([^:]*:[0-9]+:)[^s]?/\1/')

finish
