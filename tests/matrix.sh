#!/usr/bin/env bash
# What works with which: runs the end-to-end tests of tokens (every module with every key type) and of
# servers (with the key in each place), and makes tables of the cells that they have seen. MATRIX_OUT
# is where they write them (matrix_row in tests/e2e/lib.sh). BUILD_DIR is the build directory.
#
#	matrix.sh [tokens | servers]
set -euo pipefail
BUILD=${BUILD_DIR:?the build directory}
WHAT=${1:-all}
case $WHAT in
all | tokens | servers) ;;
*) echo "usage: matrix.sh [tokens | servers]" >&2 && exit 2 ;;
esac
MATRIX_OUT=$(mktemp)
export MATRIX_OUT
trap 'rm -f "$MATRIX_OUT"' EXIT
STATUS=0

# run REGEX: those tests, one at a time, so that none waits for another's load
run() {
	ctest --test-dir "$BUILD" -R "$1" --output-on-failure --no-tests=error >&2 || STATUS=1
}

# table FIELDS-OF-A-ROW COLUMNS...: reads "row|...|column|cell"; what was not tried is "-". A long
# cell is a number, and stands below.
table() {
	awk -F'|' -v fields="$1" -v heads="$2" '
		{
			row = $1
			for (i = 2; i <= fields; i++) row = row "|" $i
			if (!(row in seen)) { seen[row] = 1; rows[++n] = row }
			cell = $NF
			if (cell ~ /^refused: /) {
				text = substr(cell, 10)
				if (!(text in note)) { note[text] = ++notes; noted[notes] = text }
				cell = "refused [" note[text] "]"
			}
			cells[row, $(fields + 1)] = cell
		}
		END {
			columns = split(heads, column, " ")
			widths(fields)
			line = sprintf("%-" width "s", "")
			for (c = 1; c <= columns; c++) line = line sprintf("  %-14s", column[c])
			print line
			for (r = 1; r <= n; r++) {
				label = rows[r]
				gsub(/\|/, " ", label)
				line = sprintf("%-" width "s", label)
				for (c = 1; c <= columns; c++) {
					cell = cells[rows[r], column[c]]
					line = line sprintf("  %-14s", cell == "" ? "-" : cell)
				}
				print line
			}
			for (i = 1; i <= notes; i++) print "[" i "] " noted[i]
		}
		function widths(k) {
			for (r = 1; r <= n; r++)
				if (length(rows[r]) > width) width = length(rows[r])
		}' | sed 's/ *$//'
}

# cells KIND: those rows, without the kind
cells() {
	sed -n "s/^$1|//p" "$MATRIX_OUT"
}

[ "$WHAT" = servers ] || run '^e2e_token_'
[ "$WHAT" = tokens ] || run '^e2e_(server_|stores$)'
if [ "$WHAT" != servers ]; then
	echo
	cells token | table 2 'generate sign request certificate login renew prune'
fi
if [ "$WHAT" != tokens ]; then
	echo
	cells server | table 1 'file token-engine token-provider'
fi
[ "$STATUS" = 0 ] || echo "matrix: some of it failed, see above" >&2
exit "$STATUS"
