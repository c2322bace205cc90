/*
 * The file that a CA fetches over HTTP or HTTPS, below a web server's document root:
 * WEBROOT/.well-known/pki-validation/HEX.txt (scm-api: start/domain/http).
 *
 * The web root is the administrator's, and symbolic links on the way to it are followed. What is
 * below it may be changed by the web server's user: no link is followed there, and a file or link
 * that is in the way is replaced, not written to. Whether the server shows the file is not known
 * here.
 */
#ifndef DCV_WEBROOT_H
#define DCV_WEBROOT_H

#include "dcv/challenge.h"

/*
 * Writes both lines, for everybody to read; missing directories are made 0755. Done again it does
 * no harm. `c` is an HTTP or HTTPS challenge, and is checked first (dcv_challenge_check()).
 * ERR_CONFIG when the web root is not there or a link is on the way, ERR_PROTOCOL, ERR_IO.
 */
MUST_USE bool dcv_webroot_publish(
	const char *webroot, const struct dcv_challenge *c, struct err *err);

/*
 * Removes the file, what a killed dcv_webroot_publish() left anywhere, and those of the two
 * directories that are empty then and look as they are made here (ours, 0755). What is gone already
 * is fine, the web root too. Errors as above.
 */
MUST_USE bool dcv_webroot_withdraw(
	const char *webroot, const struct dcv_challenge *c, struct err *err);

#endif
