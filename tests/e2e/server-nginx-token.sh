#!/usr/bin/env bash
# nginx with its key in a token, by OpenSSL's engine: keys are rolled over by reload alone, and its
# workers, who are not root, can use each of them before it is live.
# shellcheck source=tests/e2e/token-lib.sh
. "$(dirname "$0")/token-lib.sh"
# shellcheck source=tests/e2e/nginx-lib.sh
. "$HERE/nginx-lib.sh"
need nginx softhsm2-util
need_root
needs_engine
token_world
SERVER_ENV=("OPENSSL_CONF=$T/openssl.cnf" "SOFTHSM2_CONF=$T/softhsm2.conf")
nginx_conf nginx.conf 'ssl_engine pkcs11;'

token_story unasked ec:P-256 rsa:2048

say "all of it"
