/*
 * Signing with keys of our provider: OpenSSL hashes, the token signs. RSA with PKCS #1 v1.5 and
 * PSS, ECDSA; SHA-256, SHA-384, SHA-512. Verifying is left to the public half, an ordinary key.
 * Both in one go, EVP_DigestSign() and EVP_DigestVerify(), as X.509 and TLS do it. Private to this
 * room.
 */
#ifndef KEYSTORE_SIGNATURE_H
#define KEYSTORE_SIGNATURE_H

#include <openssl/core_dispatch.h>

/* For RSA and ECDSA alike (provider-signature(7)). */
extern const OSSL_DISPATCH signature_functions[];

#endif
