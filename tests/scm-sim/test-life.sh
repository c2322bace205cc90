#!/bin/bash
# The life of orders: approval, refusals, revocation, details, lists, and restarts on the same
# directory.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

# want_state STATUS: as details and the status filter of lists tell it.
want_state() {
	get "/ssl/v1/$ID"
	want_status 200
	want .status "\"$1\""
	get "/ssl/v1?status=$1&size=200&position=0"
	want "any(.sslId == $ID)" true
}

# want_ids QUERY IDS
want_ids() {
	get "/ssl/v1?size=200&position=0&$1"
	want_status 200
	want 'map(.sslId)' "$2"
	want_header X-Total-Count "$(jq length "$T/body")"
}

sim_start --approval
add_admin
make_csr www
make_csr mail /CN=mail.example.com -newkey rsa:2048

# Approval by the API.
order www
want_state Requested
get "/ssl/v1/collect/$ID"
want_error 400 0
get "/ssl/v1/$ID"
want .approved null
call POST "/ssl/v1/approve/$ID" '{}'
want_error 400 -1001 "Value of 'message' must not be null."
call POST "/ssl/v1/approve/$ID" '{"message":""}'
want_error 400 -1601
call POST "/ssl/v1/approve/$ID" '{"message":7}'
want_error 400 -1002
call POST "/ssl/v1/approve/$ID" "{\"message\":\"$(printf 'x%.0s' {1..513})\"}"
want_error 400 -1601
call POST /ssl/v1/approve/9999 '{"message":"fine"}'
want_error 400 -124
call POST "/ssl/v1/approve/$ID" '{"message":"fine"}'
want_status 204
[ ! -s "$T/body" ] || fail "204 with a body"
want_state Issued
call POST "/ssl/v1/approve/$ID" '{"message":"fine"}'
want_error 400 -1112 "Certificate can't be approved cause it has state = Issued"
call POST "/ssl/v1/decline/$ID" '{"message":"no"}'
want_error 400 -1112
order www
call POST "/ssl/v1/decline/$ID" '{"message":"no"}'
want_status 204
want_state Declined
get "/ssl/v1/$ID"
want '.declined | test("^[0-9]{2}/[0-9]{2}/20[0-9]{2}$")' true
get "/ssl/v1/collect/$ID"
want_error 400 -183

# Approval and the rest by switches.
order www
first=$ID
order www
switches '--approval' "--approve $first"
want_state Requested
ID=$first
want_state Issued
switches --approval '--decline all'
ID=$((first + 1))
want_state Declined
switches --no-approval '--issue-time never'
order www
want_state Applied
switches '--issue-time never' "--reject $ID"
want_state Rejected
switches --no-approval '--issue-time never'
order www
switches '--issue-time never' "--invalid $ID"
want_state Invalid
get "/ssl/v1/collect/$ID"
want_error 400 -183
switches --no-approval '--issue-time 100000'
order www
want_state Applied
switches --no-approval --issue-time=0
want_state Issued
switches "--revoke $ID"
want_state Revoked
get "/ssl/v1/collect/$ID"
want_error 400 -110 'Certificate has been revoked and cannot be downloaded.'
switches --no-approval '--fault issue:expired'
order www
want_state Expired
get "/ssl/v1/collect/$ID/x509CO"
want_status 200

# A switches file that is wrong is told with every answer.
switches '# comment' '' '--issue-time soon'
get /ssl/v1/types
want_status 500
want .description "\"$D/switches:3: --issue-time: 'soon' is not S|never\""
for line in 'delay 5' '--frob' '--delay' '--approval yes' '--fault x' '--approve 0'; do
	switches "$line"
	get /ssl/v1/types
	want_status 500
done
rm "$D/switches"
get /ssl/v1/types
want_status 200

# Without the file the command line's switches hold again.
order www
want_state Requested
switches --no-approval

# Revocation.
order mail '.subjAltNames = "imap.example.com" | .externalRequester = "a@example.com"'
by_id=$ID
reasons='"reason":"moved"'
call POST "/ssl/v1/revoke/$ID" '{"reasonCode":4}'
want_error 400 -1001 "Value of 'reason' must not be null."
call POST "/ssl/v1/revoke/$ID" "{$reasons}"
want_error 400 -1001
for code in 2 6 -1; do
	call POST "/ssl/v1/revoke/$ID" "{\"reasonCode\":$code,$reasons}"
	want_error 400 -1601
done
call POST "/ssl/v1/revoke/$ID" "{\"reasonCode\":\"FROB\",$reasons}"
want_error 400 -1002
call POST "/ssl/v1/revoke/$ID" '{"reasonCode":4,"reason":""}'
want_error 400 -1601
call POST /ssl/v1/revoke/9999 "{\"reasonCode\":4,$reasons}"
want_error 400 -124
call POST "/ssl/v1/revoke/$ID" "{\"reasonCode\":4,$reasons}"
want_status 204
want_state Revoked
get "/ssl/v1/$ID"
want .reasonCode 4
call POST "/ssl/v1/revoke/$ID" "{\"reasonCode\":4,$reasons}"
want_error 400 -159 'Your certificate already revoked'
same revoked "$(ledger '.[-1] | [.event, .sslId, .reasonCode, .reason, .login]')" \
	"[\"revoked\",$ID,4,\"moved\",\"admin\"]"
switches --no-approval '--issue-time never'
order www
call POST "/ssl/v1/revoke/$ID" "{\"reasonCode\":4,$reasons}"
want_error 400 -102 'Only issued certificates could be revoked.'
switches --no-approval
for form in colons lower; do
	order mail
	get "/ssl/v1/$ID"
	serial=$(jq -r .serialNumber "$T/body")
	[[ $serial =~ ^([0-9A-F]{2}:)+[0-9A-F]{2}$ ]] || fail "serial number '$serial'"
	[ $form = colons ] || serial=00$(tr -d : <<<"${serial,,}")
	call POST "/ssl/v1/revoke/serial/$serial" "{\"reasonCode\":\"SUPERSEDED\",$reasons}"
	want_status 204
	want_state Revoked
done
call POST /ssl/v1/revoke/serial/AB:CD "{\"reasonCode\":4,$reasons}"
want_error 400 -5101
call POST /ssl/v1/revoke/serial/frob "{\"reasonCode\":4,$reasons}"
want_error 400 -5101

# Details.
order mail '.subjAltNames = "imap.example.com" | .comments = "tag 1" | .term = 199
	| .customFields = [{"name": "Owner", "value": "o"}]'
get "/ssl/v1/$ID"
want '[.commonName, .sslId, .id, .orgId, .term, .comments, .requester, .requestedVia]' \
	"[\"mail.example.com\",$ID,$ID,1234,199,\"tag 1\",\"admin\",\"REST API\"]"
want '[.keyAlgorithm, .keySize, .keyType, .certType.id]' '["RSA",2048,"RSA - 2048",1018]'
want .subjectAlternativeNames '["mail.example.com","imap.example.com"]'
want .customFields '[{"name":"Owner","value":"o"}]'
cp "$T/body" "$T/details"
get "/ssl/v1/collect/$ID/x509CO"
same sha256Hash "$(jq -r .certificateDetails.sha256Hash "$T/details")" \
	"$(openssl x509 -in "$T/body" -outform DER | sha256sum | cut -d' ' -f1 | tr a-f A-F)"
same expires "$(jq -r .expires "$T/details")" \
	"$(date -u -d "$(openssl x509 -in "$T/body" -noout -enddate | cut -d= -f2)" +%m/%d/%Y)"
same lifetime "$(($(date -d "$(openssl x509 -in "$T/body" -noout -enddate | cut -d= -f2)" +%s) - \
	$(date -d "$(openssl x509 -in "$T/body" -noout -startdate | cut -d= -f2)" +%s)))" \
	$((199 * 86400))
get "/ssl/v1/$ID?dateFormat=yyyy-MM-dd"
want '.expires | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")' true
get /ssl/v1/9999
want_error 404 -5101 'Certificate not found. 9999'

# Lists: filters compare whole values unless told otherwise; pages; late orders.
get "/ssl/v1?sslTypeId=1018&commonName=mail.example.com&size=1&position=1"
want length 1
want_header X-Total-Count 4
want_ids "commonName=mail.example.com&keySize=2048&keyAlgorithm=RSA&orgId=1234" \
	"[$by_id,$((ID - 2)),$((ID - 1)),$ID]"
want_ids "commonName=mail.example.co" '[]'
want_ids "commonName=MAIL.EXAMPLE.COM&status=Issued" "[$ID]"
want_ids "subjectAlternativeName=imap.example.com" "[$by_id,$ID]"
want_ids "externalRequester=a@example.com" "[$by_id]"
want_ids "serialNumber=$(jq -r .serialNumber "$T/details")" "[$ID]"
want_ids "serialNumber=$(jq -r .serialNumber "$T/details" | tr -d :)" "[$ID]"
want_ids "requester=nobody" '[]'
want_ids "orgId=2000" '[]'
get /ssl/v1
want length 10
want '.[0] | keys' '["commonName","serialNumber","sslId","subjectAlternativeNames"]'
get /ssl/v1?size=201
want_error 400 -1601
switches --match-substring --page-size=3
want_ids "commonName=mail.example.co&status=Issued" "[$ID]"
get /ssl/v1
want length 3
switches --no-approval '--visible-after 100000'
order mail
want_ids "" '[]'
get "/ssl/v1/$ID"
want_status 200
switches --no-approval
want_ids "status=Issued&commonName=mail.example.com" "[$((ID - 1)),$ID]"

# A restart changes nothing, whether it comes politely or not.
switches --no-approval '--issue-time never'
order www
pending=$ID
get '/ssl/v1?size=200&position=0'
cp "$T/body" "$T/list"
ID=$((pending - 1))
get "/ssl/v1/collect/$ID/bin"
cp "$T/body" "$T/bin"
get "/ssl/v1/$by_id"
cp "$T/body" "$T/revoked"
for signal in TERM KILL; do
	sim_stop $signal
	[ $signal = TERM ] || printf '{"event":"accepted","sslId":12' >>"$D/ledger.jsonl"
	sim_start --approval
	get '/ssl/v1?size=200&position=0'
	cmp "$T/list" "$T/body" || fail "the list changed"
	get "/ssl/v1/collect/$ID/bin"
	cmp "$T/bin" "$T/body" || fail "the download changed"
	get "/ssl/v1/$by_id"
	cmp "$T/revoked" "$T/body" || fail "the details changed"
done
switches --no-approval
ID=$pending
want_state Issued
order www
same "next id" "$ID" $((pending + 1))
same "ids" "$(ledger 'map(select(.event == "accepted").sslId) | . == (unique)')" true
sim_stop
echo 'garbage' >>"$D/ledger.jsonl"
STATUS=0
"$SIM" --dir "$D" 2>"$T/err" || STATUS=$?
same "exit status" "$STATUS" 1
grep -q 'ledger.jsonl:[0-9]*: not a JSON object' "$T/err" || fail "$(cat "$T/err")"
