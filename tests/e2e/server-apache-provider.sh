#!/usr/bin/env bash
# Apache with its key in a token, by OpenSSL's pkcs11-provider: Apache of Debian 13.
# shellcheck source=tests/e2e/provider-lib.sh
. "$(dirname "$0")/provider-lib.sh"
# shellcheck source=tests/e2e/apache-lib.sh
. "$HERE/apache-lib.sh"
APACHE=$(there /usr/sbin/apache2)
apache_conf apache-provider.conf

say "Debian $(cat "$BASE/etc/debian_version"), $("$APACHE" -v | sed 1q)"
token_story : ec:P-256 rsa:2048

say "all of it"
