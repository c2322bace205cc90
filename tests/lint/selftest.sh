#!/bin/bash
# Each lint finds what it is there to find: a good tree passes, and each bad snippet alone fails it
# at the line where it stands.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fresh_tree() {
	rm -rf "$tree"
	mkdir -p "$tree"/{base,keystore,csr,scm,deploy-hooks,dcv,fetch,webhook,agent,packaging,tests/scm-sim}
	cp "$here/../../.clang-format" "$tree"
	cat >"$tree/base/a.h" <<'END'
/* Good: "rename(" in a comment, strcpy(a, b) too. */
#ifndef BASE_A_H
#define BASE_A_H

#include <stddef.h>

size_t a_len(const char *s);

#endif
END
	cat >"$tree/base/a.c" <<'END'
#include "base/a.h"

#include <string.h>

/* O_WRONLY is only a word here, and goto a place. */
size_t a_len(const char *s)
{
	return strlen(s) + strlen("Accept: */*; system(x); goto \"unlink(y)\" // no comment");
}
END
	cp "$tree/base/a.c" "$tree/agent/a.c"
}

fail() {
	echo "selftest: $*" >&2
	failures=$((failures + 1))
}

# expect LINT FILE LINE [GREP-PATTERN]: FILE gets the content on standard input; LINT must then name
# FILE:LINE, and nothing but offences in FILE.
expect() {
	local lint=$1 file=$2 line=$3 out

	fresh_tree
	cat >"$tree/$file"
	if out=$("$here/$lint.sh" "$tree" 2>&1); then
		fail "$lint accepts $file:"$'\n'"$(cat "$tree/$file")"
	elif ! grep -q "^$file:$line: " <<<"$out"; then
		fail "$lint does not name $file:$line but says:"$'\n'"$out"
	fi
}

fresh_tree
for lint in includes banned words headers format scripts; do
	"$here/$lint.sh" "$tree" >/dev/null 2>&1 || [ $? -eq 77 ] || fail "$lint refuses a good tree"
done

expect includes base/b.c 1 <<<'#include "keystore/ks.h"'
expect includes base/b.c 2 <<<$'/* x */\n#include "../agent/conf.h"'
expect includes keystore/b.c 1 <<<'#include "csr/csr.h"'
expect includes csr/b.c 1 <<<'#  include "scm/wire.h"'
expect includes scm/b.h 1 <<<'#include "keystore/ks.h"'
expect includes deploy-hooks/b.c 1 <<<'#include "agent/conf.h"'
expect includes dcv/b.c 1 <<<'#include "deploy-hooks/hook.h"'
expect includes agent/b.c 1 <<<'#include "scm/json.h"'
expect includes agent/b.c 1 <<<'#include "fetch/main.h"'
expect includes fetch/b.c 1 <<<'#include "csr/csr.h"'
expect includes webhook/b.c 1 <<<'#include "agent/conf.h"'
expect includes webhook/b.c 1 <<<'#include <microhttpd.h>'
expect includes fetch/b.c 1 <<<'#include "agent/conf.h"'
expect includes agent/b.c 1 <<<'#include "conf.h"'
expect includes agent/b.c 1 <<<'#include <curl/curl.h>'
expect includes scm/submit.c 1 <<<'#include <cjson/cJSON.h>'
expect includes csr/b.c 1 <<<'#include <libp11.h>'
expect includes tests/scm-sim/b.c 1 <<<'#include "base/err.h"'
expect includes base/a.c 1 <<<$'#include <string.h>\n#include "base/a.h"'

for call in 'strcpy(a, b)' 'strncpy(a, b, 1)' 'strcat(a, b)' 'sprintf(a, "x")' 'vsprintf(a, b, c)' \
	'strtok(a, b)' 'atoi(a)' 'atol(a)' 'gets(a)' 'system("x")' 'popen(a, b)' 'tmpnam(a)' \
	'mktemp(a)' 'alloca(1)'; do
	expect banned base/fs.c 2 <<<$'int x;\nvoid f(void) { '"$call; }"
	expect banned tests/b.c 2 <<<$'int x;\nvoid f(void) { x='"$call; }"
done
for call in 'rename(a, b)' 'renameat2 (a)' 'link(a, b)' 'symlinkat(a)' 'mkdirat(a)' 'unlink(a)' \
	'unlinkat(a)' 'rmdir(a)' 'remove(a)' 'ftruncate(a, 1)' 'fopen(a, "r")' 'creat(a, 1)' \
	'chmod(a, 1)' 'fchown(a)' 'mkstemp(a)' 'open(a, O_RDONLY | O_CREAT, 1)' \
	'openat(a, b, O_WRONLY)' 'open(a, O_RDWR)' 'BIO_new_file(a, "w")' 'secret_bytes(s)' \
	'fork()' '_Fork()' 'posix_spawn(a)'; do
	expect banned agent/b.c 2 <<<$'int x;\nvoid f(void) { '"$call; }"
done
expect banned agent/out.c 1 <<<'void f(void) { cJSON_ParseWithLength(a, b); }'
expect banned csr/b.c 1 <<<'const char *f(struct secret *s) { return secret_bytes(s); }'
expect banned csr/b.c 1 <<<'void f(void) { for (;;) goto out; out: return; }'
expect banned csr/b.c 1 <<<'int x; // a comment'

w=wor
expect words base/b.c 1 <<<"/* see /${w}k/x */"
expect words README.md 1 <<<"cd /roo""t/x"
expect words agent/b.c 1 <<<"/* TOD""O: later */"
expect words tests/b.sh 1 <<<"# FIXM""E"
expect words agent/b.c 1 <<<"/* XX""X */"
expect words agent/b.c 1 <<<$'char s[] = "a\xe2\x80\xaeb";'

expect headers csr/b.h 1 <<<'size_t b_len(const char *s);'
expect headers csr/b.h 1 <<<'#include "no/such.h"'
expect headers tests/scm-sim/b.h 1 <<<'struct b { uint8_t x; };'

if command -v clang-format >/dev/null; then
	expect format csr/b.c 1 <<<'int f( void ){ return 1 ; }'
fi
if command -v shellcheck >/dev/null; then
	expect scripts tests/b.sh 1 <<<$'#!/bin/sh\nrm $1'
	expect scripts packaging/b 1 <<<$'#!/bin/bash\necho `date`'
fi

# A program built without any of it lacks all of it.
soft='-fno-pie -no-pie -Wl,-z,lazy -Wl,-z,norelro -z execstack -fno-stack-protector'
soft+=' -U_FORTIFY_SOURCE -fcf-protection=none -Wl,-rpath,/nowhere'
read -ra soft <<<"$soft"
printf '#include <stdio.h>\nint main(void) { char s[9]; return !fgets(s, 9, stdin); }\n' |
	"${CC:-cc}" "${soft[@]}" -x c -o "$tree/soft" - 2>/dev/null
if out=$("$here/hardening.sh" "$tree/soft"); then
	fail "hardening accepts a soft program"
fi
for lack in 'position independent' 'immediate binding' RELRO 'without execution' 'run path' \
	'stack protector' FORTIFY_SOURCE 'control-flow'; do
	if [ "$lack" = control-flow ] && [ "$(uname -m)" != x86_64 ]; then
		continue
	fi
	grep -q "$lack" <<<"$out" || fail "hardening does not miss '$lack'"
done

if [ "$failures" -gt 0 ]; then
	echo "selftest: $failures failures" >&2
	exit 1
fi
