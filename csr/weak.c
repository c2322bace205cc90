#include "csr/weak.h"

#include <stdbool.h>

#include "base/auto.h"

#define SMALL_FACTOR_END 752
#define ROCA_LAST_PRIME                                                                            \
	167 /* primes up to here stand in the product that ROCA keys are built on                  \
	     */
#define FERMAT_ROUNDS 100

AUTO_DEFINE(bn_ctx, BN_CTX *, BN_CTX_free);

static bool is_small_prime(unsigned n)
{
	for (unsigned d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return true;
}

static bool has_small_factor(const BIGNUM *n)
{
	for (unsigned d = 2; d < SMALL_FACTOR_END; d++)
		if (is_small_prime(d) && BN_mod_word(n, d) == 0)
			return true;
	return false;
}

static bool is_power_of_65537(unsigned residue, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == residue)
			return true;
		power = power * (65537 % prime) % prime;
	} while (power != 1);
	return false;
}

/* By chance a modulus passes all of these about once in 2^27: a key is made again, no harm done. */
static bool looks_like_roca(const BIGNUM *n)
{
	for (unsigned p = 3; p <= ROCA_LAST_PRIME; p++)
		if (is_small_prime(p) && !is_power_of_65537((unsigned)BN_mod_word(n, p), p))
			return false;
	return true;
}

/* root = floor(sqrt(n)) by Newton's method, from above. */
static bool square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *next = BN_CTX_get(ctx);

	BN_zero(root);
	if (BN_is_zero(n))
		return true;
	if (!next || !BN_set_word(next, 1) || !BN_lshift(next, next, (BN_num_bits(n) + 1) / 2))
		return false;
	do {
		if (!BN_copy(root, next) || !BN_div(next, NULL, n, root, ctx) ||
			!BN_add(next, next, root) || !BN_rshift1(next, next))
			return false;
	} while (BN_cmp(next, root) < 0);
	return true;
}

static bool fermat_rounds(bool *split, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *a = BN_CTX_get(ctx);
	BIGNUM *rest = BN_CTX_get(ctx);
	BIGNUM *b = BN_CTX_get(ctx);
	BIGNUM *square = BN_CTX_get(ctx);

	if (!square || !square_root(a, n, ctx))
		return false;
	for (int i = 0; i <= FERMAT_ROUNDS && !*split; i++) {
		if (!BN_sqr(rest, a, ctx) || !BN_sub(rest, rest, n))
			return false;
		if (!BN_is_negative(rest)) {
			if (!square_root(b, rest, ctx) || !BN_sqr(square, b, ctx))
				return false;
			*split = BN_cmp(square, rest) == 0;
		}
		if (!BN_add_word(a, 1))
			return false;
	}
	return true;
}

const char *csr_weak_modulus(const BIGNUM *n)
{
	AUTO(bn_ctx) BN_CTX *ctx = BN_CTX_new();
	bool split = false;
	bool done;

	if (has_small_factor(n))
		return "its modulus has a small prime factor";
	if (looks_like_roca(n))
		return "it comes from the faulty generator of CVE-2017-15361 (ROCA)";
	if (!ctx)
		return "out of memory";
	BN_CTX_start(ctx);
	done = fermat_rounds(&split, n, ctx);
	BN_CTX_end(ctx);
	if (!done)
		return "out of memory";
	return split ? "its primes are too close to each other (CVE-2022-26320)" : NULL;
}
