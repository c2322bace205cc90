/*
 * Certificates to the gate: each has two bytes of length before it. The seeds hold a leaf for
 * `request`, its issuer, and a cross-certificate; a change of any byte that is accepted must at
 * least leave the names as they are.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "csr/chain.h"
#include "csr/name.h"

#define NOW 1800000000 /* the seeds are valid for half a year from here */

static const char root[] = "-----BEGIN CERTIFICATE-----\n"
			   "MIIBljCCARygAwIBAgIBBzAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlUZXN0IFJv\n"
			   "b3QwHhcNMjQwNDIwMDgwMDAwWhcNMzUwNDAzMDgwMDAwWjAUMRIwEAYDVQQDDAlU\n"
			   "ZXN0IFJvb3QwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAARHyVpQuDRoGjZIuGUIdEKV\n"
			   "CSxcrGSCNjz7+w1yymnHofAoPRhKHdotdTxgFMsXLt2vKIc888FvJXj4bpW132pI\n"
			   "qVjQoZ9UEx3x6GTi1QEql5z3RYu1+Xit3iQ5f48iTIqjQjBAMA8GA1UdEwEB/wQF\n"
			   "MAMBAf8wDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSJ+M0zZJmHTR6smQpufsv0\n"
			   "o+HcMTAKBggqhkjOPQQDAgNoADBlAjEAlXY3jcs751ddY8RjSQ5Mn+Qn8XT5gv19\n"
			   "oOxESZGfIQKpgyhV7Ojs64M353iQEUTdAjB7KQJ3JV0txmSIbeR0X7tkcIXmliyu\n"
			   "29ZlRvVjIETgg0R5nXkjHZNFEyyVfoO/aK4=\n"
			   "-----END CERTIFICATE-----\n";
static const char request[] = "-----BEGIN CERTIFICATE REQUEST-----\n"
			      "MIG6MGICAQAwADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABM8ixnJKlTWb9Zbq\n"
			      "h4RF4cQkpOV868JKhVKwDH8lbBaEBt4+OpAOAv8i6BuOwhkP3YbuJkBqjTalNre0\n"
			      "nj8oBymgADAKBggqhkjOPQQDAgNIADBFAiEAtPWehhtvT2PsBqFEHSYnsNDPR//g\n"
			      "o/j6otgVvSn8pWYCIDgulY3+SHsXJh53aeidRs810gm0u8LP8BzALN7KyROg\n"
			      "-----END CERTIFICATE REQUEST-----\n";

static const char *const asked[] = { "dns:www.example.com", "ip:192.0.2.1", "email:a@example.com",
	"uri:https://example.com/x" };

/* The anchors as a file that nobody has to remove. */
static const char *anchors(void)
{
	static char path[32];
	int fd = memfd_create("anchors", MFD_CLOEXEC);

	if (fd < 0 || write(fd, root, sizeof(root) - 1) != (ssize_t)sizeof(root) - 1)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static size_t split(struct csr_der *der, size_t max, const uint8_t *data, size_t size)
{
	size_t n = 0;

	while (n < max && size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		der[n++] = (struct csr_der) { data, len };
		data += len;
		size -= len;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *path;
	const struct strlist names = { (char **)asked, ARRAY_LEN(asked) };
	AUTO(csr_chain) struct csr_chain chain = { 0 };
	struct csr_der der[CSR_CHAIN_MAX + 1];
	struct csr_expect expect = { .request_pem = request,
		.request_len = sizeof(request) - 1,
		.names = &names,
		.now = NOW };
	struct err err = { 0 };
	size_t n = split(der, ARRAY_LEN(der), data, size);

	if (!path)
		path = anchors();
	expect.anchors = path;
	if (csr_chain_judge(&chain, der, n, &expect, &err)) {
		if (!csr_names_equal(&chain.info.names, &names) || !chain.cert.len || !chain.leaf)
			abort();
	} else if (err.kind != ERR_PROTOCOL || !err.text[0] || chain.leaf) {
		abort();
	}
	return 0;
}
