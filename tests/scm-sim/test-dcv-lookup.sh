#!/bin/bash
# Domain control validation that is looked up: files, records, mail; several domains at once.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

DNS=$(dirname "$SIM")/scm-sim-dns
DOMAIN=unvalidated.example

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# dcv CALL [MEMBERS]: a call about $DOMAIN.
dcv() {
	call POST "/dcv/v2/validation/$1" "{\"domain\":\"$DOMAIN\"${2:+,$2}}"
}

# want_dcv STATUS ORDER-STATUS
want_dcv() {
	dcv status
	want_status 200
	want '[.status, .orderStatus]' "[\"$1\",\"$2\"]"
}

# order_dcv METHOD: clears, starts and, but for TXT, keeps what is to be published in $T/started
order_dcv() {
	dcv delete
	[ "$1" = txt ] || dcv "start/domain/$1"
	want_status 200
	cp "$T/body" "$T/started"
	dcv "submit/domain/$1"
	want_status 200
	want .status '"NOT_VALIDATED"'
	[ "$1" != txt ] || cp "$T/body" "$T/started"
	want_dcv NOT_VALIDATED SUBMITTED
}

started() {
	jq -r ".$1" "$T/started"
}

# publish FORMAT: the file of the order, its two lines written as the format has them
publish() {
	local file
	file=$T/www$(started url | sed 's|^[a-z]*://[^/]*||')
	mkdir -p "$(dirname "$file")"
	# shellcheck disable=SC2059
	printf "$1" "$(started firstLine)" "$(started secondLine)" >"$file"
}

why() {
	ledger 'map(select(.event == "dcv")) | last | .why'
}

mkdir -p "$T/www"
HTTP=$(free_port) HTTPS=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/web.key" -out "$T/web.crt" -days 2 \
	-subj /CN=elsewhere.test 2>/dev/null
cat >"$T/nginx.conf" <<CONF
daemon off;
master_process off;
pid $T/nginx.pid;
error_log $T/nginx.log;
events {}
http {
	access_log off;
	client_body_temp_path $T; proxy_temp_path $T; fastcgi_temp_path $T;
	uwsgi_temp_path $T; scgi_temp_path $T;
	server {
		listen 127.0.0.1:$HTTP;
		listen 127.0.0.1:$HTTPS ssl;
		ssl_certificate $T/web.crt;
		ssl_certificate_key $T/web.key;
		root $T/www;
		server_name $DOMAIN;
	}
	server {
		listen 127.0.0.1:$HTTP default_server;
		return 403;
	}
}
CONF
PATH=$PATH:/usr/sbin nginx -c "$T/nginx.conf" 2>/dev/null &
OTHERS+=($!)
: >"$T/zone"
"$DNS" "$T/zone" "$T/dns.port" &
OTHERS+=($!)
while [ ! -e "$T/dns.port" ] || ! (exec 3<>"/dev/tcp/127.0.0.1/$HTTP") 2>/dev/null; do
	kill -0 "${OTHERS[@]}" || fail "no servers: $(cat "$T/nginx.log")"
	sleep 0.02
done

sim_start --dcv-http "$HTTP" --dcv-https "127.0.0.1:$HTTPS" --dcv-dns "$(cat "$T/dns.port")" \
	--dcv-email-approve none
add_admin
make_csr www "/CN=$DOMAIN"

# The file: there, whole, and nothing but its two lines.
for method in http https; do
	order_dcv $method
	why | grep -q 'HTTP status 404' || fail "$(why)"
	for wrong in '%s%.0s' '%s\n%.0s' '%.0s%s\n' 'x%s\n%s\n' '%s\n%s\nmore\n' '%s %s\n' \
		'\n%s\n%s\n'; do
		publish "$wrong"
		want_dcv NOT_VALIDATED SUBMITTED
		why | grep -q 'two lines' || fail "$(why)"
	done
	enroll www
	want_error 400 -107
	publish '%s\n%s\n'
	want_dcv VALIDATED NOT_INITIATED
	order www
	for right in '%s\r\n%s\r\n' '%s\n%s'; do
		order_dcv $method
		publish "$right"
		dcv sync
		want .status '"VALIDATED"'
	done
done
same "the file was asked of its domain" "$(ledger 'map(select(.found)) | length')" 6

# Records: names do not mind case, texts do.
order_dcv cname
why | grep -q 'no CNAME record' || fail "$(why)"
echo "$(started host) TXT $(started point)" >"$T/zone"
want_dcv NOT_VALIDATED SUBMITTED
echo "$(started host) CNAME elsewhere.sectigo.com." >"$T/zone"
want_dcv NOT_VALIDATED SUBMITTED
echo "$(started host) CNAME $(started point)" | tr a-f A-F >>"$T/zone"
want_dcv VALIDATED NOT_INITIATED
order_dcv txt
echo "$(started host) TXT X" >"$T/zone"
want_dcv NOT_VALIDATED SUBMITTED
printf '%s TXT x%s\n' "$(started host)" "$(started point)" >>"$T/zone"
want_dcv NOT_VALIDATED SUBMITTED
printf '%s TXT %s\n' "$(started host)" "$(started point)" >>"$T/zone"
get "/dcv/v1/validation?size=200&position=0&dcvStatus=NOT_VALIDATED"
dcv status
want_dcv VALIDATED NOT_INITIATED
switches "--dcv-dns $(free_port)"
order_dcv txt
rm "$D/switches"

# A DNS connector publishes by itself.
dcv delete
dcv submit/domain/cname '"dnsAgentUUID":"2193","dnsProviderName":"cloudflare"'
want .status '"VALIDATED"'

# Mail.
dcv delete
dcv start/domain/email
dcv submit/domain/email "\"email\":\"admin@$DOMAIN\""
want_dcv NOT_VALIDATED SUBMITTED
switches '--dcv-email-approve other.example'
want_dcv NOT_VALIDATED SUBMITTED
switches "--dcv-email-approve $DOMAIN"
want_dcv VALIDATED NOT_INITIATED

# Several domains at once, by mail.
switches '--dcv-email-approve all'
BOTH='"domains":["unvalidated.example","expired.example"]'
dcv delete
call POST /dcv/v1/validation/start/domain/email "{$BOTH}"
want '[.emails, (.dcvEmails | map(.domainName))]' \
	'[["dns-txt@registrar.test","domains@registrar.test"],["unvalidated.example","expired.example"]]'
call POST /dcv/v1/validation/submit-bulk/domain/email "{$BOTH}"
want_error 400 -1001
call POST /dcv/v1/validation/submit-bulk/domain/email \
	"{$BOTH,\"email\":\"domains@registrar.test\"}"
want . '{"orderStatus":"SUBMITTED","message":"Submitted successfully","orderBackendId":"100500"}'
want_dcv VALIDATED NOT_INITIATED
call POST /dcv/v2/validation/status '{"domains":["expired.example"]}'
want .status '"VALIDATED"'

# Who may.
jq '.dcvEnabled = false' "$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
dcv status
want_error 400 -1608
jq '.dcvEnabled = true | .logins[0].allowDcv = false' "$D/account.json" >"$T/new"
mv "$T/new" "$D/account.json"
dcv status
want_error 400 -3 'You are not authorized to perform DCV validation.'
for wrong in --dcv-http=0 --dcv-http=1.2.3:80 --dcv-dns=localhost:53 --dcv-https=x; do
	! "$SIM" --dir "$T/none" "$wrong" 2>/dev/null || fail "$wrong was taken"
done
