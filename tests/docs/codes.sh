#!/bin/bash
# SCM's error codes: the table of scm/errors.c is that of scm-agent-scm(7), code by code, with what
# each means for the agent and what an administrator can do about it.
. "$(dirname "$0")/../lint/lib.sh"

manual=packaging/man/scm-agent-scm.7
table=scm/errors.c

# "CODE TEXT", one a line, as the manual is to have it.
codes_of_code() {
	code plain <"$table" | perl -0777 -ne '
		my %macro;
		sub text {
			my ($source, $text) = (shift, "");
			while ($source =~ /"([^"]*)"|(\w+)/g) {
				$text .= defined $1 ? $1 : text($macro{$2} // "\"unknown-$2\"");
			}
			return $text;
		}
		my %meaning = ("ERR_REJECTED" => "Refused", "ERR_AUTH" => "Credential refused");
		$macro{$1} = $2 while /^#define\s+(\w+)\s+(".*)$/mg;
		while (/\{\s*(-?\d+),\s*(ERR_\w+),\s*(true|false),\s*((?:"[^"]*"|\w+|\s)+)\}/g) {
			my ($number, $kind, $pending, $remedy) = ($1, $2, $3, text($4));
			my $meaning = $meaning{$kind} //
				($pending eq "true" ? "Not ready yet" : "SCM is out of order");
			next if $number > 0;
			print "$number $meaning", length $remedy ? ": $remedy" : "", ".\n";
		}'
}

codes_of_manual() {
	perl -ne '
		chomp;
		$here = $1 eq "CODES" if /^\.Sh (.*)/;
		next unless $here;
		if (/^\.It (\S+)$/) {
			print "$text\n" if length $text;
			$text = $1;
			$text =~ s/^\\-/-/;
		} elsif (/^\.El/) {
			print "$text\n" if length $text;
			$text = "";
		} elsif (!/^\./ && length $text) {
			$text .= " $_";
		}' "$manual"
}

while IFS= read -r line; do
	case $line in
	'<'*) offend "$manual:1: missing, or other words: ${line#< }" ;;
	'>'*) offend "$manual:1: not what $table says: ${line#> }" ;;
	esac
done < <(diff <(codes_of_code) <(codes_of_manual) || true)

count=$(codes_of_code | wc -l)
if [ "$count" -lt 80 ]; then
	offend "$table:1: only $count codes found: the table looks different from what this expects"
fi

finish
