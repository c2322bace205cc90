#!/bin/bash
# Configuration keys: those of the tables in agent/conf*.c are those of scm-agent.ini(5) and of the
# example, section by section, with their defaults, choices, and what is required or not supported.
. "$(dirname "$0")/../lint/lib.sh"

manual=packaging/man/scm-agent.ini.5
example=packaging/scm-agent.ini.example

# "SECTION KEY FLAGS VALUE...", one a line, tab separated. FLAGS: required, later, default=X, and
# choice=X or later-choice=X for each choice.
keys_of_code() {
	cat agent/conf*.c | code plain | perl -0777 -ne '
		my %section = (agent => "agent", token => "token", account => "scm", hook => "hook",
			dcv => "dcv", cert => "certificate", target => "install");
		my %choices;
		while (/struct\s+conf_choice\s+(\w+)\[\]\s*=\s*\{(.*?)\};/gs) {
			my ($table, $rows) = ($1, $2);
			push @{$choices{$table}}, ($2 eq "CONF_LATER" ? "later-" : "") . "choice=$1"
				while $rows =~ /\{\s*"([^"]+)"\s*,\s*(\w+)/g;
		}
		while (/struct\s+conf_key\s+(\w+)_keys\[\]\s*=\s*\{(.*?)\n\};/gs) {
			my ($table, $rows) = ($1, $2);
			my $where = $section{$table} // "unknown-table-$table";
			while ($rows =~ /KEY(\((?:[^()"]|"[^"]*"|(?1))*\))/gs) {
				my $row = $1;
				my ($key, $set) = $row =~ /^\(\s*"([^"]+)"\s*,\s*(\w+)/;
				my @flags;
				push @flags, "required" if $row =~ /\.required\s*=\s*true/;
				push @flags, "later" if $set eq "set_later";
				push @flags, "default=$1" if $row =~ /\.fallback\s*=\s*"([^"]*)"/;
				push @flags, @{$choices{$1} // ["unknown-choices-$1"]}
					if $row =~ /\.choice\s*=\s*(\w+)/;
				print join("\t", $where, $key, @flags), "\n";
			}
		}'
}

# "SECTION KEY TEXT", one a line, tab separated; a key "x.NAME" is given as "x.". Keys that stand
# above each other share the text below the last.
keys_of_manual() {
	perl -ne '
		BEGIN { %section = ("THE AGENT" => "agent", SCM => "scm", TOKEN => "token", HOOK => "hook",
			DCV => "dcv", CERTIFICATE => "certificate", INSTALL => "install") }
		chomp;
		sub flush_keys {
			print join("\t", $where, $_, $text), "\n" for @keys;
			@keys = ();
			$text = "";
		}
		if (/^\.Sh (.*) SECTIONS?$/) { flush_keys(); $where = $section{$1} // ""; next }
		if (/^\.Sh/) { flush_keys(); $where = ""; next }
		next unless $where;
		if (/^\.It Ic (\S+)$/) {
			my $key = $1;
			flush_keys() if length $text;
			$key =~ s/NAME$//;
			push @keys, $key;
		} elsif (/^\.(El|Ss)/) {
			flush_keys();
		} elsif (@keys) {
			$text .= "$_ ";
		}' "$manual"
}

# "SECTION KEY": the settings of the example, which are commented out.
keys_of_example() {
	perl -ne '
		if (/^#\[([a-z]+)/) { $where = $1 eq "defaults" ? "" : $1 }
		elsif ($where && /^#([a-z_0-9]+\.)[^=]*=/) { print "$where\t$1\n" }
		elsif ($where && /^#([a-z_0-9]+)\s*=/) { print "$where\t$1\n" }' "$example"
}

# check_text SECTION KEY TEXT FLAG...: what the entry must say
check_text() {
	local section=$1 key=$2 text=$3 flag value

	shift 3
	for flag in "$@"; do
		value=${flag#*=}
		case $flag in
		required) [[ $text == *Required* ]] ||
			offend "$manual:1: [$section] $key is required, which its entry does not say" ;;
		later) [[ $text == *"ot supported by this version"* ]] ||
			offend "$manual:1: [$section] $key is not supported, which its entry does not say" ;;
		default=*) [[ $text == *[Dd]efault*".Ql $value "* ]] ||
			offend "$manual:1: [$section] $key has the default '$value', not in its entry" ;;
		later-choice=*) [[ $text == *".Ql $value "*"ot supported by this version"* ]] ||
			offend "$manual:1: [$section] $key = $value is not supported, not in its entry" ;;
		choice=*) [[ $text == *".Ql $value "* ]] ||
			offend "$manual:1: [$section] $key = $value is not in its entry" ;;
		*) offend "agent/conf.h:1: [$section] $key: $flag" ;;
		esac
	done
}

declare -A in_manual in_example in_code
while IFS=$'\t' read -r section key text; do
	in_manual[$section/$key]=$text
done < <(keys_of_manual)
while IFS=$'\t' read -r section key; do
	in_example[$section/$key]=yes
done < <(keys_of_example)

count=0
while IFS=$'\t' read -r -a row; do
	name=${row[0]}/${row[1]}
	in_code[$name]=yes
	count=$((count + 1))
	if [ -z "${in_manual[$name]+there}" ]; then
		offend "$manual:1: [${row[0]}] ${row[1]} is missing"
	else
		check_text "${row[0]}" "${row[1]}" "${in_manual[$name]}" "${row[@]:2}"
	fi
	if [[ " ${row[*]:2} " != *" later "* && -z "${in_example[$name]+there}" ]]; then
		offend "$example:1: [${row[0]}] ${row[1]} is missing"
	fi
done < <(keys_of_code)

for name in "${!in_manual[@]}"; do
	[ -n "${in_code[$name]+there}" ] || offend "$manual:1: $name is no key of the program"
done
for name in "${!in_example[@]}"; do
	[ -n "${in_code[$name]+there}" ] || offend "$example:1: $name is no key of the program"
done
if [ "$count" -lt 50 ]; then
	offend "agent/conf.c:1: only $count keys found: their tables look different from what this expects"
fi

finish
