# What the lint tests share. Each takes the root of a tree as its only argument, prints one line
# "FILE:LINE: RULE" for each offence, and fails when there was one; selftest.sh shows that it can.
# shellcheck shell=bash
set -euo pipefail

if [ "$#" -ne 1 ]; then
	echo "usage: $0 ROOT" >&2
	exit 2
fi
cd "$1"

# The rooms of the house: what is installed.
# shellcheck disable=SC2034
rooms=(base keystore csr scm deploy-hooks dcv fetch webhook agent)

# files FOLDER... -- NAME-PATTERN...: the files of existing folders with one of the names, sorted.
files() {
	local folders=() names=()

	while [ "$1" != -- ]; do
		if [ -e "$1" ]; then
			folders+=("$1")
		fi
		shift
	done
	shift
	for name in "$@"; do
		names+=(-o -name "$name")
	done
	if [ "${#folders[@]}" -gt 0 ]; then
		find "${folders[@]}" -type f \( -false "${names[@]}" \) | LC_ALL=C sort
	fi
}

# code plain|strings: the C file on standard input, line for line, without its comments; with
# "strings" also without the content of its string literals.
code() {
	perl -0777 -pe '
		BEGIN { $strings = shift(@ARGV) eq "strings" }
		s{("(?:\\.|[^"\\\n])*")|(\x27(?:\\.|[^\x27\\\n])*\x27)|(/\*.*?\*/)}{
			if (defined $3) { my $c = $3; $c =~ s/[^\n]//g; $c eq "" ? " " : $c }
			elsif (defined $1) { $strings ? "\"\"" : $1 }
			else { $2 }
		}gse' "$1"
}

offences=0

# offend LINE...: reports; remembers that there was something.
offend() {
	printf '%s\n' "$@"
	offences=$((offences + 1))
}

finish() {
	if [ "$offences" -gt 0 ]; then
		echo "$(basename "$0" .sh): $offences offences"
		exit 1
	fi
}
