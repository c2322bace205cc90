#include "deploy-hooks/starttls_ldap.h"

#include "deploy-hooks/starttls.h"

#define SEQUENCE 0x30
#define INTEGER 0x02
#define OCTETS 0x04
#define ENUMERATED 0x0a
#define EXTENDED_RESPONSE 0x78 /* [APPLICATION 24], constructed */
#define LENGTH_OCTETS_MAX 4    /* leading zeros are allowed, and sent by some */

const unsigned char starttls_ldap_request[STARTTLS_LDAP_REQUEST_LEN] = { SEQUENCE, 29, INTEGER, 1,
	1,					     /* message 1 */
	0x77, 24,				     /* ExtendedRequest, [APPLICATION 23] */
	0x80, 22, '1', '.', '3', '.', '6', '.', '1', /* requestName */
	'.', '4', '.', '1', '.', '1', '4', '6', '6', '.', '2', '0', '0', '3', '7' };

struct ber {
	const unsigned char *at;
	size_t left;
};

enum taken { TAKEN, CUT, BAD };

/* Tag and definite length at the start of `in`, which then stands behind them. */
static enum taken take_head(size_t *length, struct ber *in, unsigned char tag)
{
	size_t octets = 0;
	size_t n;

	if (in->left && in->at[0] != tag)
		return BAD;
	if (in->left < 2)
		return CUT;
	n = in->at[1];
	if (n & 0x80) {
		octets = n & 0x7f;
		if (!octets || octets > LENGTH_OCTETS_MAX)
			return BAD;
		if (in->left < 2 + octets)
			return CUT;
		n = 0;
		for (size_t i = 0; i < octets; i++)
			n = n << 8 | in->at[2 + i];
	}
	if (n > STARTTLS_BYTES_MAX)
		return BAD;
	in->at += 2 + octets;
	in->left -= 2 + octets;
	*length = n;
	return TAKEN;
}

/* A whole element: its content. */
static bool take(struct ber *out, struct ber *in, unsigned char tag)
{
	struct ber rest = *in;
	size_t length;

	if (take_head(&length, &rest, tag) != TAKEN || length > rest.left)
		return false;
	*out = (struct ber) { rest.at, length };
	*in = (struct ber) { rest.at + length, rest.left - length };
	return true;
}

/* A small number, as message ids and result codes of this exchange are. */
static bool take_number(unsigned *out, struct ber *in, unsigned char tag)
{
	struct ber n;

	if (!take(&n, in, tag) || n.left != 1 || n.at[0] > 0x7f)
		return false;
	*out = n.at[0];
	return true;
}

static bool not_understood(struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "the LDAP server sends no answer to the wish for TLS");
}

/* What may follow the text (referral, name, value, controls) doesn't matter. */
static bool judge(struct ber message, struct err *err)
{
	struct ber response;
	struct ber ignored;
	unsigned id;
	unsigned code;

	if (!take_number(&id, &message, INTEGER) || !take(&response, &message, EXTENDED_RESPONSE) ||
		!take_number(&code, &response, ENUMERATED) || !take(&ignored, &response, OCTETS) ||
		!take(&ignored, &response, OCTETS))
		return not_understood(err);
	if (id == 0)
		return err_set(
			err, ERR_PROTOCOL, "the LDAP server disconnects with result code %u", code);
	if (id != 1)
		return not_understood(err);
	return !code || err_set(err, ERR_PROTOCOL,
				"the LDAP server answers the wish for TLS with result code %u; is "
				"TLS switched on there?",
				code);
}

bool starttls_ldap_answer(size_t *used, const void *data, size_t len, struct err *err)
{
	struct ber in = { data, len };
	size_t length = 0;
	enum taken head = take_head(&length, &in, SEQUENCE);

	if (head == BAD)
		return not_understood(err);
	if (head == CUT || length > in.left)
		return true;
	if (!judge((struct ber) { in.at, length }, err))
		return false;
	*used = len - in.left + length;
	return true;
}
