/*
 * Signs of a broken generator in an RSA modulus: what CAs must refuse (TLS Baseline Requirements
 * 6.1.1.3), found before an order is spent on it. Inside csr/ only.
 */
#ifndef CSR_WEAK_H
#define CSR_WEAK_H

#include <openssl/bn.h>

/*
 * NULL, or what is wrong (static text): a prime factor below 752, the ROCA structure
 * (CVE-2017-15361: n is a power of 65537 modulo each small prime), primes so close that 100 rounds
 * of Fermat's method part them (CVE-2022-26320). Also "out of memory".
 */
const char *csr_weak_modulus(const BIGNUM *n);

#endif
