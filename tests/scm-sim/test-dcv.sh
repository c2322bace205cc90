#!/bin/bash
# Domain control validation: start, submit, time, and what it opens to orders.
# shellcheck source=lib.sh disable=SC2119
. "$(dirname "$0")/lib.sh"

DOMAIN=unvalidated.example

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

# validate METHOD [MEMBERS]: start and submit; what they said in $T/started and $T/submitted.
validate() {
	dcv "start/domain/$1"
	want_status 200
	cp "$T/body" "$T/started"
	dcv "submit/domain/$1" "${2:-}"
	want_status 200
	want '[.orderStatus, .message]' '["SUBMITTED","Submitted successfully"]'
	cp "$T/body" "$T/submitted"
}

sim_start
add_admin
make_csr www "/CN=$DOMAIN"
enroll www
want_error 400 -107

# Methods: what has to be published, and validation after a while.
switches '--dcv-time never'
want_dcv NOT_VALIDATED NOT_INITIATED
dcv start/domain/http
want '.url | test("^http://unvalidated.example/.well-known/pki-validation/[0-9A-F]{32}.txt$")' true
want '.firstLine | test("^[0-9a-f]{64}$")' true
want .secondLine '"sectigo.com"'
want_dcv NOT_VALIDATED AWAITING_SUBMISSION
dcv submit/domain/cname
want_error 400 -724
validate http
want .status '"NOT_VALIDATED"'
want_dcv NOT_VALIDATED SUBMITTED
want '[.orderMode, .firstLine]' "[\"HTTP\",$(jq .firstLine "$T/started")]"
dcv start/domain/cname
want_error 400 -724
call POST /dcv/v1/validation/status "{\"domain\":\"$DOMAIN\"}"
want 'has("orderMode")' false
dcv sync
want .orderMode '"HTTP"'
enroll www
want_error 400 -107
dcv clear
want . '{"status":"NOT_VALIDATED","orderStatus":"NOT_INITIATED","message":"DCV status: NOT_VALIDATED; DCV order status: NOT_INITIATED"}'
dcv start/domain/https
want '.url | startswith("https://")' true
dcv clear
validate cname
jq -e '.host | test("^_[0-9a-f]{32}.unvalidated.example.$")' "$T/started" >/dev/null || fail host
jq -e '.point | test("^[0-9a-f]{32}.[0-9a-f]{32}.sectigo.com.$")' "$T/started" >/dev/null ||
	fail point
sim_stop
sim_start
want_dcv NOT_VALIDATED SUBMITTED
switches '--dcv-time 0'
want_dcv VALIDATED NOT_INITIATED
want '.expirationDate | test("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")' true
order www
get /domain/v1/410
want .validationStatus '"VALIDATED"'
get "/dcv/v1/validation?size=200&position=0&domain=$DOMAIN&org="
want 'map([.domain, .dcvStatus, .dcvMethod, .dcvOrderStatus])' \
	"[[\"$DOMAIN\",\"VALIDATED\",\"CNAME\",\"NOT_INITIATED\"]]"
want_header X-Total-Count 1
V=/dcv/v2/validation
for query in expiresIn=199 dcvStatus=Validated 'orderStatus=Not%20initiated' org=1234 \
	department=1235; do
	get "$V?size=200&domain=$DOMAIN&$query"
	want length 1
done
get "$V?size=200&domain=$DOMAIN&expiresIn=197"
want length 0
get "$V?size=200&domain=elsewhere.example&org=1234"
want length 0

# Its end, and its removal.
switches '--dcv-validity 0'
validate cname
want_dcv EXPIRED NOT_INITIATED
enroll www
want_error 400 -107
rm "$D/switches"
validate email "\"email\":\"admin@$DOMAIN\""
want '.emailValidationReferenceNumber | type' '"string"'
same "mailboxes" "$(jq -c '.emails | length' "$T/started")" 7
want_dcv VALIDATED NOT_INITIATED
dcv delete
want_status 200
[ ! -s "$T/body" ] || fail "delete with a body"
want_dcv NOT_VALIDATED NOT_INITIATED

# TXT: the record is known only after the submission.
dcv start/domain/txt
want 'keys' '["message"]'
dcv clear
switches '--dcv-time never'
dcv submit/domain/txt
want .host "\"_pki-validation.$DOMAIN.\""
want '.point | length > 0' true
want_dcv NOT_VALIDATED SUBMITTED

# Refusals.
dcv clear
dcv start/domain/email
dcv submit/domain/email
want_error 400 -1001
dcv submit/domain/email '"email":"a@example.org"'
want_error 400 -1601
dcv start/domain/pigeon
want_status 404
DOMAIN=nowhere.test.example dcv status
want_error 400 -727
DOMAIN=www.example.com dcv start/domain/http
want_error 400 -723
call POST /dcv/v2/validation/status '{}'
want_error 400 -1001
call POST /dcv/v2/validation/status '{"domain":["example.com"]}'
want_error 400 -1002
DOMAIN=expired.example
want_dcv EXPIRED NOT_INITIATED
DOMAIN=example.com
want_dcv VALIDATED NOT_INITIATED
switches '--fault dcv-status:status=503:1'
dcv status
want_status 503
