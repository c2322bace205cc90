/*
 * Memory and scope helpers of the simulator: allocation that ends the process when there is none,
 * and release at the end of a scope. A simulator that cannot allocate has nothing left to simulate,
 * so no caller checks for NULL.
 *
 * AUTO(type) declares a variable that its type's release function frees at the end of the scope;
 * TAKE(p) gives the value away and leaves NULL behind.
 */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdlib.h>

#define MUST __attribute__((warn_unused_result))
#define FORMAT(string, first) __attribute__((format(printf, string, first)))

#define AUTO(type) __attribute__((cleanup(type##_auto)))
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* Defines NAME_auto for variables of type TYPE, released by RELEASE(value). */
#define AUTO_TYPE(name, type, release)                                                             \
	static inline void name##_auto(type *value)                                                \
	{                                                                                          \
		release(*value);                                                                   \
	}

static inline void text_auto(char **value)
{
	free(*value);
}

static inline void octets_auto(unsigned char **value)
{
	free(*value);
}

/* What OpenSSL's i2d functions allocate. */
static inline void der_auto(unsigned char **value)
{
	OPENSSL_free(*value);
}

AUTO_TYPE(json, cJSON *, cJSON_Delete)
AUTO_TYPE(pkey, EVP_PKEY *, EVP_PKEY_free)
AUTO_TYPE(cert, X509 *, X509_free)
AUTO_TYPE(req, X509_REQ *, X509_REQ_free)
AUTO_TYPE(bio, BIO *, BIO_free_all)

/* A list of certificates that owns a reference to each. */
typedef STACK_OF(X509) cert_stack;

static inline void certs_free(cert_stack *certs)
{
	sk_X509_pop_free(certs, X509_free);
}

AUTO_TYPE(certs, cert_stack *, certs_free)

/* Zeroed memory for COUNT objects of SIZE bytes; owned by the caller, freed with free(). */
void *mem_new(size_t count, size_t size);

/* BLOCK grown to COUNT objects of SIZE bytes; the new part is not zeroed. */
void *mem_grow(void *block, size_t count, size_t size);

/* An owned copy of LENGTH bytes of DATA with a NUL after them. */
char *mem_copy(const void *data, size_t length);

/* An owned copy of TEXT; NULL for NULL. */
char *mem_text(const char *text);

/* An owned string made by FMT. */
char *mem_format(const char *fmt, ...) FORMAT(1, 2);

#endif
