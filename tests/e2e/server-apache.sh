#!/usr/bin/env bash
# The shipped hook for Apache against Apache.
# shellcheck source=tests/e2e/server-lib.sh
. "$(dirname "$0")/server-lib.sh"
# shellcheck source=tests/e2e/apache-lib.sh
. "$HERE/apache-lib.sh"
need apache2
need_root
world_make

mkdir "$D/more"
apache_conf apache.conf "IncludeOptional $D/more/*.conf"

server_break() {
	echo 'Nonsense on' >"$D/more/broken.conf"
}

server_mend() {
	rm "$D/more/broken.conf"
}

story "Syntax error on line 1 of $D/more/broken.conf: Invalid command 'Nonsense'"

say "a process of another name is not signalled"
echo $$ >"$D/apache.pid"
hook_says 0 'not running' deploy
rm "$D/apache.pid"

say "all of it"
