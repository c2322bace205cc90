#!/bin/sh
# Makes a fresh SoftHSM token for a test.
#
#	softhsm-init.sh DIR LABEL PIN
#
# DIR/softhsm2.conf is for SOFTHSM2_CONF; called again with the same DIR it adds a token. Exit status
# 77 when there is no SoftHSM here.
set -eu

dir=$1
label=$2
pin=$3

command -v softhsm2-util >/dev/null || exit 77
mkdir -p "$dir/tokens"
cat >"$dir/softhsm2.conf" <<CONF
directories.tokendir = $dir/tokens
objectstore.backend = file
log.level = ERROR
CONF
SOFTHSM2_CONF=$dir/softhsm2.conf
export SOFTHSM2_CONF
softhsm2-util --init-token --free --label "$label" --so-pin 87654321 --pin "$pin" >/dev/null
