#!/usr/bin/env bash
# SCM's notifications, through nginx as README.md shows it, to the receiver and to a run: a hint chooses
# a certificate and orders nothing; forged, replayed, oversized, slow and 10^5 requests leave no order,
# one hint and flat memory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

REQUESTS=${REQUESTS:-100000}
SECRET=ckJ3Zs7q-ExampleSecret
HINTS=$T/spool/hints
ASAN=
if [[ $(ldd "$AGENT") == *libasan* ]]; then
	# freed memory is kept back, and a process that can't be traced can't look for leaks
	ASAN=yes
	export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1
fi

# --- a user without rights, who can reach the programs

receiver_make() {
	mkdir -p "$T/spool"
	cp -RL "$BUILD/root" "$T/root"
	printf '%s\n' "$SECRET" >"$T/secret"
	chmod 600 "$T/secret"
	DROP=()
	if [ "$(id -u)" = 0 ]; then
		chown 65534:65534 "$T/spool" "$T/secret"
		DROP=(setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all)
	fi
}

listening() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# receiver_start [OPTION...]: RECEIVER and RECEIVER_PORT
receiver_start() {
	RECEIVER_PORT=$(free_port)
	"${DROP[@]}" "$T/root/bin/scm-agent" webhook --listen "127.0.0.1:$RECEIVER_PORT" \
		--secret-file "$T/secret" --hints "$HINTS" "$@" >>"$T/receiver" 2>&1 &
	RECEIVER=$!
	PIDS+=("$RECEIVER")
	wait_for 20 listening "$RECEIVER_PORT"
}

# refused STATUS OPTION...: a receiver that does not start
refused() {
	local want=$1
	shift
	RC=0
	timeout 20 "$@" >"$T/out" 2>"$T/err" </dev/null || RC=$?
	[ "$RC" = "$want" ] || fail "webhook: exit status $RC instead of $want"
}

hints() {
	find "$HINTS" -mindepth 1 -printf '%f\n' | LC_ALL=C sort | paste -s -d ' '
}

# --- nginx before it, with the location of README.md

front_make() {
	mkdir -p "$T/front"
	FRONT_PORT=$(free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=front -days 2 \
		-keyout "$T/front/key.pem" -out "$T/front/cert.pem" 2>/dev/null
	# shellcheck disable=SC2016
	printf 'proxy_set_header Authorization "Bearer %s";\n' "$SECRET" >"$T/front/scm-webhook.conf"
	awk '/^    location = \/scm-notify/ { on = 1 } on; on && /^    }/ { exit }' "$HERE/../../README.md" |
		sed "s|/etc/nginx/scm-webhook.conf|$T/front/scm-webhook.conf|; s|:8757|:$RECEIVER_PORT|" \
			>"$T/front/location"
	PLACE=$(sed -n 's|.*location = \(/[^ ]*\) .*|\1|p' "$T/front/location")
	[ -n "$PLACE" ] || fail "README.md has no location"
	cat >"$T/front/nginx.conf" <<-EOF
		$([ "$(id -u)" != 0 ] || echo 'user root;')
		daemon off;
		worker_processes 1;
		pid $T/front/pid;
		error_log $T/front/error.log warn;
		events { worker_connections 256; }
		http {
			access_log off;
			client_body_temp_path $T/front/a; proxy_temp_path $T/front/b; fastcgi_temp_path $T/front/c;
			uwsgi_temp_path $T/front/d; scgi_temp_path $T/front/e;
			server {
				listen 127.0.0.1:$FRONT_PORT ssl;
				ssl_certificate $T/front/cert.pem;
				ssl_certificate_key $T/front/key.pem;
				$(cat "$T/front/location")
			}
		}
	EOF
	nginx -c "$T/front/nginx.conf" -p "$T/front" 2>"$T/front/start.log" &
	PIDS+=("$!")
	wait_for 20 listening "$FRONT_PORT"
	FRONT=https://127.0.0.1:$FRONT_PORT$PLACE
}

# notification ID: the body, as the template in README.md makes it
notification() {
	printf '{"certificateId": %s, "commonName": "due.example.com", "expirationDate": "2027-01-31", ' "$1"
	printf '"certificateComments": "", "certificateOrgDept": "Org", "certificateRequesterEmail": ""}\n'
}

# post URL [CURL-ARGUMENT...]: the status of the answer, 000 when there was none
post() {
	curl -sk --max-time 120 -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' "$@" || true
}

# answered STATUS URL [CURL-ARGUMENT...]
answered() {
	local want=$1 got
	shift
	got=$(post "$@")
	[ "$got" = "$want" ] || fail "answered with $got instead of $want"
}

direct() {
	say "http://127.0.0.1:$RECEIVER_PORT/"
}

id_of() {
	sed -n 's/^order=//p' "$(live "$1")/meta"
}

resident() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$RECEIVER/status"
}

# flood N [AB-ARGUMENT...]: N requests, 50 at once
flood() {
	ab -q -k -c 50 -n "$1" -p "$T/body" -T application/json "${@:2}" "$(direct)" >"$T/ab" 2>&1 ||
		fail "ab: $(tail -n 3 "$T/ab")"
	grep -qE '^Failed requests: +0$' "$T/ab" || fail "requests without an answer: $(cat "$T/ab")"
}

# --- the scene: two certificates, of which one becomes due

certificates() {
	conf_p12 'enroll_max_attempts = 1'
	conf_cert due "$@"
	conf_cert calm
}

token_make
sim_start
ORG=$(jq -r '.organizations[0].id' "$T/sim/account.json")
login_make host01
certificates
expect 0 run
receiver_make
receiver_start
front_make
notification "$(id_of due)" >"$T/body"
BEARER=(-H "Authorization: Bearer $SECRET")

say "a notification through nginx leaves a hint, and the hint wakes a run for that certificate"
certificates 'subject_alt_names = other.example.com'
conf_cert also
answered 204 "$FRONT" --data-binary @"$T/body"
[ "$(hints)" = "$(id_of due)" ] || fail "hints: $(hints)"
expect 0 run --hinted "$HINTS"
[ "$(orders due.example.com)" = 2 ] || fail "the certificate that is due was not renewed"
[ "$(orders also.example.com)" = 0 ] || fail "another certificate was ordered"
[ -z "$(hints)" ] || fail "hints stay"

say "without a hint a run ends at once; so it does without the directory"
before=$(requests)
expect 0 run --hinted "$HINTS"
silent || fail "not silent"
expect 0 run --hinted "$T/nowhere"
silent || fail "not silent"

say "a certificate that is not due is not ordered, an unknown one is none of ours"
notification "$(id_of calm)" >"$T/calm"
answered 204 "$FRONT" --data-binary @"$T/calm"
answered 204 "$FRONT" --data-binary @<(notification 987654321)
expect 0 run --hinted "$HINTS"
silent || fail "not silent"
# once, whether it was revoked
[ "$(requests)" = $((before + 1)) ] || fail "SCM was asked $(($(requests) - before)) times"
[ -z "$(hints)" ] || fail "hints stay"

say "a hint ends no back-off"
certificates 'subject_alt_names = third.example.com'
switches '--fault any:status=503'
expect 8 run
expect 8 run
before=$(requests)
notification "$(id_of due)" >"$T/body"
answered 204 "$FRONT" --data-binary @"$T/body"
expect 8 run --hinted "$HINTS"
expect_error 'waits until'
[ "$(requests)" = "$before" ] || fail "SCM was asked within the back-off"
switches

say "a hint goes with nothing that would order"
expect 2 run --hinted "$HINTS" due
expect 2 run --hinted "$HINTS" --force
expect 2 status --hinted "$HINTS"

say "forged: no secret, a wrong one, another path, another method, no notification"
answered 401 "$(direct)" --data-binary @"$T/body"
answered 401 "$(direct)" --data-binary @"$T/body" -H "Authorization: Bearer ${SECRET}x"
answered 401 "$(direct)" --data-binary @"$T/body" -u "scm:$SECRET"
answered 404 "https://127.0.0.1:$FRONT_PORT/" --data-binary @"$T/body"
answered 404 "$(direct)x" "${BEARER[@]}" --data-binary @"$T/body"
answered 405 "$(direct)" "${BEARER[@]}"
answered 403 "$FRONT"
answered 400 "$FRONT" --data-binary '{"certificateId": "../../etc/passwd"}'
answered 400 "$FRONT" --data-binary '[{"certificateId": 1}]'
answered 400 "$FRONT" --data-binary ''
curl -s -D - -o /dev/null "$(direct)" | grep -qi '^www-authenticate: Bearer' || fail "no challenge"
[ -z "$(hints)" ] || fail "hints: $(hints)"

say "oversized: 1 MiB is refused, a body without end is cut off"
head -c 1048576 /dev/zero | tr '\0' ' ' >"$T/big"
cat "$T/body" >>"$T/big"
answered 413 "$FRONT" --data-binary @"$T/big"
answered 413 "$(direct)" "${BEARER[@]}" --data-binary @"$T/big"
answered 401 "$(direct)" --data-binary @"$T/big"
answered 000 "$(direct)" "${BEARER[@]}" -X POST -H Expect: -T - < <(yes 2>/dev/null)
answered 000 "$(direct)" -X POST -H Expect: -T - < <(yes 2>/dev/null)
printf 'GET / HTTP/1.1\r\nX: %s' "$(head -c 100000 /dev/zero | tr '\0' x)" >"$T/head"
timeout 60 bash -c "exec 3<>/dev/tcp/127.0.0.1/$RECEIVER_PORT; cat '$T/head' >&3; cat <&3" >"$T/out" 2>/dev/null ||
	[ $? != 124 ] || fail "an endless head is waited for"
[ -z "$(hints)" ] || fail "hints: $(hints)"

say "slow: more connections than there may be, each with a byte now and then, end; others get through"
sloths=()
for i in $(seq 80); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$RECEIVER_PORT"
	if [ $((i % 2)) = 0 ]; then
		printf 'POST / HTTP/1.1\r\nHost: x\r\nX: ' >&"$fd"
	else
		printf 'POST / HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: 9000\r\n\r\n' "$SECRET" >&"$fd"
	fi
	sloths+=("$fd")
done
(
	trap '' PIPE
	while sleep 0.3; do
		for fd in "${sloths[@]}"; do
			printf ' ' >&"$fd" || true
		done
	done
) 2>/dev/null &
DRIP=$!
PIDS+=("$DRIP")
answered 204 "$FRONT" --data-binary @"$T/body"
for fd in "${sloths[@]}"; do
	timeout 60 cat <&"$fd" >/dev/null 2>&1 || [ $? != 124 ] || fail "a slow request is waited for"
	exec {fd}>&-
done
stop "$DRIP"
[ "$(hints)" = "$(id_of due)" ] || fail "hints: $(hints)"

say "replayed 1000 times: one hint"
flood 1000 "${BEARER[@]}"
! grep -q 'Non-2xx' "$T/ab" || fail "a replay is refused: $(cat "$T/ab")"
[ "$(hints)" = "$(id_of due)" ] || fail "hints: $(hints)"

say "$REQUESTS requests, with the secret and without: flat memory"
flood 10000 "${BEARER[@]}"
flood 10000
early=$(resident)
flood "$REQUESTS" "${BEARER[@]}"
flood "$REQUESTS"
grep -qE "^Non-2xx responses: +$REQUESTS\$" "$T/ab" || fail "taken without the secret"
late=$(resident)
say "  resident: $early KiB after 20000 requests, $late KiB after $((2 * REQUESTS)) more"
[ $((late - early)) -le "$([ -n "$ASAN" ] && echo 8192 || echo 512)" ] ||
	fail "memory grows: from $early to $late KiB"
[ "$(hints)" = "$(id_of due)" ] || fail "hints: $(hints)"

rm "$HINTS/$(id_of due)"
say "many certificates: as many hints as there may be, and a run takes them all"
for i in $(seq 300); do
	printf 'next\nurl = "%s"\ndata = "{\\"certificateId\\":%s}"\noutput = /dev/null\n' "$(direct)" $((500000 + i))
	printf 'header = "Authorization: Bearer %s"\nwrite-out = "%%{http_code}\\n"\nsilent\n' "$SECRET"
done | sed 1d >"$T/many"
curl -K "$T/many" | sort | uniq -c | tr -s ' ' | paste -s -d , >"$T/out"
[ "$(cat "$T/out")" = ' 256 204, 44 503' ] || fail "answers: $(cat "$T/out")"
[ "$(find "$HINTS" -type f | wc -l)" = 256 ] || fail "hints"
expect 0 run --hinted "$HINTS"
silent || fail "not silent"
[ -z "$(hints)" ] || fail "hints stay"

say "no order but the one that was due; a line a minute, and never the secret"
[ "$(orders)" = 3 ] || fail "$(orders) orders"
kill "$RECEIVER"
RC=0
wait "$RECEIVER" || RC=$?
[ "$RC" = 0 ] || fail "the receiver ended with $RC: $(tail -n 20 "$T/receiver")"
[ "$(grep -c 'requests refused' "$T/receiver")" -le $((SECONDS / 60 + 2)) ] || fail "too many lines"
! grep -qE "$SECRET|passwd" "$T/receiver" || fail "the log repeats what came"
! grep -qi 'runtime error\|Sanitizer' "$T/receiver" || fail "$(cat "$T/receiver")"

say "Basic"
receiver_start --user scm
answered 204 "$(direct)" -u "scm:$SECRET" --data-binary @"$T/body"
answered 401 "$(direct)" -u "scn:$SECRET" --data-binary @"$T/body"
answered 401 "$(direct)" "${BEARER[@]}" --data-binary @"$T/body"
kill "$RECEIVER"

say "what it refuses to start with"
program=("${DROP[@]}" "$T/root/bin/scm-agent" webhook --hints "$HINTS")
refused 2 "${program[@]}"
refused 2 "${program[@]}" --secret-file "$T/secret" --listen 192.0.2.1:8757
refused 2 "${program[@]}" --secret-file "$T/secret" --user a:b
refused 3 "${program[@]}" --secret-file "$T/missing" --listen "127.0.0.1:$(free_port)"
refused 3 "${program[@]}" --secret-file credential:x --listen "127.0.0.1:$(free_port)"
if [ "$(id -u)" = 0 ]; then
	refused 2 "$T/root/bin/scm-agent" webhook --secret-file "$T/secret" --hints "$HINTS"
	expect_error 'not as root'
fi
