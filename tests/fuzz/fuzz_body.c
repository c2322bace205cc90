/* A collected body: what is taken are few, small, whole certificates. */
#include <assert.h>
#include <stdint.h>

#include "base/ossl.h"
#include "scm/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(scm_chain) struct scm_chain chain = { 0 };
	struct err err = { 0 };

	if (!scm_body_chain(&chain, (const char *)data, size, &err)) {
		assert(chain.n == 0 && err.kind == ERR_PROTOCOL);
		return 0;
	}
	assert(chain.n > 0 && chain.n <= WIRE_CHAIN_MAX);
	for (size_t i = 0; i < chain.n; i++) {
		const unsigned char *at = chain.cert[i].der;
		AUTO(x509) X509 *cert = d2i_X509(NULL, &at, (long)chain.cert[i].len);

		assert(cert && at == chain.cert[i].der + chain.cert[i].len);
		assert(chain.cert[i].len <= WIRE_DER_MAX);
	}
	return 0;
}
