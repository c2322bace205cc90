#!/bin/bash
# Shipped hooks: the scripts are those that are installed, and those of scm-agent(8) and of
# deploy-hooks/README.md; the options that each reads are those that both say it has.
. "$(dirname "$0")/../lint/lib.sh"

manual=packaging/man/scm-agent.8
table=deploy-hooks/README.md
scripts=deploy-hooks/scripts

# "SCRIPT OPTION", one a line, or "SCRIPT" alone: by the code, by its first comment, by the documents
by_code() {
	for file in "$scripts"/*; do
		[ "${file##*/}" = lib.sh ] || {
			echo "${file##*/}"
			grep -v '^#' "$file" | grep -oE 'SCM_AGENT_OPT_[A-Z_]+' | sort -u | tr '[:upper:]' '[:lower:]' |
				sed "s/^scm_agent_opt_/${file##*/} /"
		}
	done
}

by_comment() {
	for file in "$scripts"/*; do
		[ "${file##*/}" = lib.sh ] || {
			echo "${file##*/}"
			sed -n '/^# Option.* SCM_AGENT_OPT_/,/^[^#]/p' "$file" | grep -oE '^#	[A-Z_]+(, [A-Z_]+)*  ' |
				tr -d '#,\t' | tr ' ' '\n' | grep . | tr '[:upper:]' '[:lower:]' | sed "s/^/${file##*/} /"
		}
	done
}

by_manual() {
	perl -ne '
		$in = 1 if /^They are:$/;
		$in = 0 if /^\.El/;
		next unless $in;
		if (/^\.It (\S+)$/) { $script = $1; print "$script\n" }
		elsif (/^\.Ic (?:option\.)?(\w+)/) { print "$script $1\n" }' "$manual"
}

# dns-nsupdate has a table of its own.
by_table() {
	perl -ne '
		$script = "", $in = 1 if /^\| script \| option /;
		$script = "dns-nsupdate", $in = 1, print "$script\n" if /^\| option \| meaning/;
		$in = 0 unless /^\|/;
		next unless $in && !/^\|-/;
		my @cell = split /\s*\|\s*/;
		shift @cell;
		if ($script ne "dns-nsupdate" && $cell[0] =~ /^[a-z]/ && $cell[0] ne "script") {
			$script = $cell[0];
			print "$script\n";
		}
		my $options = $script eq "dns-nsupdate" ? $cell[0] : $cell[1];
		print "$script $1\n" while $options =~ /`(\w+)`/g;' "$table"
}

installed() {
	sed -n 's/^set(scripts \(.*\))$/\1/p' deploy-hooks/CMakeLists.txt | tr ' ' '\n'
}

# compare WHERE FUNCTION-OF-IT
compare() {
	local where=$1 what

	while read -r what; do
		offend "$where:1: '$what' is missing"
	done < <(comm -23 <(by_code | sort -u) <("$2" | sort -u))
	while read -r what; do
		offend "$where:1: '$what' is nothing that a script has"
	done < <(comm -13 <(by_code | sort -u) <("$2" | sort -u))
}

compare "$scripts" by_comment
compare "$manual" by_manual
compare "$table" by_table
while read -r script; do
	offend "deploy-hooks/CMakeLists.txt:1: '$script' is not what there is to install"
done < <(comm -3 <(by_code | grep -v ' ' | sort -u) <(installed | sort -u))

finish
