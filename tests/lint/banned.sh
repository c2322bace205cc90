#!/bin/bash
# Functions that are not called: unsafe ones anywhere, changes of the disk outside base/fs.c, JSON
# parsing outside scm/json*.c (agent/out.c only prints it), secrets where nobody expects them.
. "$(dirname "$0")/lib.sh"

everywhere='strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atoll|atof'
everywhere+='|gets|system|popen|tmpnam|tempnam|mktemp|alloca'

changes='rename|renameat|renameat2|link|linkat|symlink|symlinkat|mkdir|mkdirat|mknod|mkfifo|unlink'
changes+='|unlinkat|rmdir|remove|truncate|ftruncate|creat|fopen|freopen|mkstemp|mkostemp|chmod'
changes+='|fchmod|fchmodat|chown|lchown|fchown|fchownat|utimensat|BIO_new_file|setxattr|fsetxattr'

# Files that may use the bytes of a secret; each hands them to a library or to the wire, and says so.
secret_users=(
	base/secret.c base/secret.h
	keystore
	agent/fetcher.c
	agent/signer.c
	fetch
	scm
	webhook/credential.c
)

# report FILE MESSAGE < "LINE:TEXT" rows
report() {
	local line

	while IFS=: read -r line _; do
		offend "$1:$line: $2"
	done
}

calls() {
	grep -nE "(^|[^A-Za-z0-9_>.])($1)[[:space:]]*\(" || true
}

uses_secrets_rightly() {
	local user

	for user in "${secret_users[@]}"; do
		case $1 in
		"$user" | "$user"/*) return 0 ;;
		esac
	done
	return 1
}

while read -r file; do
	text=$(code strings <"$file")
	report "$file" "banned function" < <(calls "$everywhere" <<<"$text")
	report "$file" "goto" < <(grep -nE '(^|[^A-Za-z0-9_])goto[^A-Za-z0-9_]' <<<"$text" || true)
	report "$file" "// comment" < <(grep -nE '//' <<<"$text" || true)
done < <(files "${rooms[@]}" tests -- '*.c' '*.h')

while read -r file; do
	text=$(code strings <"$file")
	plain=$(code plain <"$file")
	# the sandbox names what it refuses
	if [ "$file" != base/fs.c ] && [ "$file" != fetch/seccomp.c ]; then
		report "$file" "changes of the disk go through base/fs.h" < <(calls "$changes" <<<"$text")
		report "$file" "files are opened for writing in base/fs.c" < <(
			grep -nE 'O_(WRONLY|RDWR|CREAT|APPEND|TRUNC|TMPFILE)' <<<"$plain" |
				grep -v '"/dev/null"' || true)
	fi
	if [[ $file != scm/json* ]]; then
		report "$file" "JSON is parsed in scm/json*.c alone" < <(
			calls 'cJSON_Parse[A-Za-z]*' <<<"$text")
	fi
	# no key may be used in a child, which base/proc.c turns into another program at once
	if [ "$file" != base/proc.c ] && [ "$file" != fetch/seccomp.c ]; then
		report "$file" "processes are made in base/proc.c alone" < <(
			calls '_?[Ff]ork|vfork|posix_spawnp?|clone3?' <<<"$text")
	fi
	if ! uses_secrets_rightly "$file"; then
		report "$file" "not among the files that may use a secret's bytes" < <(
			calls secret_bytes <<<"$text")
	fi
done < <(files "${rooms[@]}" -- '*.c' '*.h')

finish
