#!/bin/bash
# Each call that changes an order, with its answer lost, its request lost, or refused: the ledger
# says what was done, and it is done once.
# shellcheck source=lib.sh disable=SC2119,SC2016,SC2034
. "$(dirname "$0")/lib.sh"

# events KIND: how many the ledger has
events() {
	ledger "map(select(.event == \"$1\")) | length"
}

# lost OPERATION EVENT METHOD PATH BODY: PATH and BODY are evaluated for each call, ID being a fresh
# order. Only the call whose answer is lost does anything.
lost() {
	local operation=$1 event=$2 method=$3 path body before fault
	for fault in reset status=503 code=-14 reset-after-accept; do
		rm -f "$D/switches"
		case $operation in
		approve | decline) switches --approval ;;
		esac
		order www
		RENEW=$(jq -r .renewId "$T/body")
		eval "path=\"$4\" body=\"$5\""
		before=$(events "$event")
		switches "--fault $operation:$fault:1"
		case $fault in
		reset*) broken "$method" "$path" -H "$JSON_TYPE" -d "$body" ;;
		*)
			call "$method" "$path" "$body"
			[ "$STATUS" -ge 400 ] || fail "$operation:$fault: status $STATUS"
			;;
		esac
		case $fault in
		*-after-accept) same "$operation:$fault" "$(events "$event")" $((before + 1)) ;;
		*) same "$operation:$fault" "$(events "$event")" "$before" ;;
		esac
	done
}

sim_start
add_admin
make_csr www
CSR=$(jq -Rs . "$T/www.csr")
REVOKE='{\"reasonCode\":4,\"reason\":\"x\"}'

lost enroll accepted POST /ssl/v1/enroll '$(order_json www)'
lost renew accepted POST '/ssl/v1/renewById/$ID' '{}'
lost renew accepted POST '/ssl/v1/renew/$RENEW' '{}'
lost renew renewed POST '/ssl/v1/renew/manual/$ID' '{\"id\":1001}'
lost replace replacing POST '/ssl/v1/replace/$ID' '{\"csr\":$CSR,\"reason\":\"x\"}'
lost revoke revoked POST '/ssl/v1/revoke/$ID' "$REVOKE"
lost revoke revoked POST /ssl/v1/revoke/manual '{\"certId\":$ID}'
lost approve approved POST '/ssl/v1/approve/$ID' '{\"message\":\"x\"}'
lost decline declined POST '/ssl/v1/decline/$ID' '{\"message\":\"x\"}'
lost update updated PUT /ssl/v1 '{\"sslId\":$ID,\"comments\":\"x\"}'
lost location location POST '/ssl/v1/$ID/location' '{\"details\":{\"a\":\"b\"}}'

# What was done is there to be found: a second revocation is told so, a renewal is in the list.
rm -f "$D/switches"
order www
switches '--fault revoke:reset-after-accept:1'
broken POST "/ssl/v1/revoke/$ID" -H "$JSON_TYPE" -d '{"reasonCode":4,"reason":"x"}'
call POST "/ssl/v1/revoke/$ID" '{"reasonCode":4,"reason":"x"}'
want_error 400 -159
order www
switches '--fault renew:close-after-accept:1'
broken POST "/ssl/v1/renewById/$ID" -H "$JSON_TYPE" -d '{}'
get "/ssl/v1/$ID"
want .renewed true
same "the renewal" "$(ledger "map(select(.renews == $ID) | .sslId)")" "[$((ID + 1))]"
