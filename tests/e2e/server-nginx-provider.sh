#!/usr/bin/env bash
# nginx with its key in a token, by OpenSSL's pkcs11-provider: nginx of Debian 13.
# shellcheck source=tests/e2e/provider-lib.sh
. "$(dirname "$0")/provider-lib.sh"
# shellcheck source=tests/e2e/nginx-lib.sh
. "$HERE/nginx-lib.sh"
NGINX=$(there /usr/sbin/nginx)
nginx_conf nginx-provider.conf

say "Debian $(cat "$BASE/etc/debian_version"), $("$NGINX" -v 2>&1)"
token_story : ec:P-256 rsa:2048

say "all of it"
