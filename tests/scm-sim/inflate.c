#include "inflate.h"

#include <string.h>

#define BITS_LIMIT 15
#define SYMBOLS 288
#define DISTANCES 30
#define END_OF_BLOCK 256

struct stream {
	const unsigned char *data;
	size_t length, at;
	unsigned int bits; /* taken from data, not yet used, lowest first */
	int bit_count;
	unsigned char *out;
	size_t out_length, done;
	bool broken;
};

/* A canonical Huffman code: how many codes of each length, and their symbols in order. */
struct code {
	unsigned short count[BITS_LIMIT + 1];
	unsigned short symbol[SYMBOLS];
};

static unsigned int take_bits(struct stream *s, int count)
{
	unsigned int value;

	while (s->bit_count < count) {
		if (s->at >= s->length) {
			s->broken = true;
			return 0;
		}
		s->bits |= (unsigned int)s->data[s->at++] << s->bit_count;
		s->bit_count += 8;
	}
	value = s->bits & ((1u << count) - 1);
	s->bits >>= count;
	s->bit_count -= count;
	return value;
}

static void code_build(struct code *code, const unsigned char *lengths, int count)
{
	unsigned short next[BITS_LIMIT + 2] = { 0 };

	memset(code, 0, sizeof(*code));
	for (int i = 0; i < count; i++)
		code->count[lengths[i]]++;
	code->count[0] = 0;
	for (int length = 1; length <= BITS_LIMIT; length++)
		next[length + 1] = (unsigned short)(next[length] + code->count[length]);
	for (int i = 0; i < count; i++)
		if (lengths[i])
			code->symbol[next[lengths[i]]++] = (unsigned short)i;
}

/* The next symbol; codes come from their highest bit. */
static int take_symbol(struct stream *s, const struct code *code)
{
	int value = 0, first = 0, index = 0;

	for (int length = 1; length <= BITS_LIMIT && !s->broken; length++) {
		int count = code->count[length];

		value |= (int)take_bits(s, 1);
		if (value - count < first)
			return code->symbol[index + (value - first)];
		index += count;
		first = (first + count) << 1;
		value <<= 1;
	}
	s->broken = true;
	return END_OF_BLOCK;
}

static void put(struct stream *s, unsigned char byte)
{
	if (s->done >= s->out_length)
		s->broken = true;
	else
		s->out[s->done++] = byte;
}

static void copy_match(struct stream *s, int symbol, const struct code *distances)
{
	static const unsigned short length_base[] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19,
		23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
	static const unsigned char length_bits[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };
	static const unsigned short base[DISTANCES] = { 1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65,
		97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
		16385, 24577 };
	size_t index = (size_t)(symbol - END_OF_BLOCK - 1);
	size_t length, distance;
	int far;

	if (index >= sizeof(length_bits)) {
		s->broken = true;
		return;
	}
	length = length_base[index] + take_bits(s, length_bits[index]);
	far = take_symbol(s, distances);
	if (far >= DISTANCES) {
		s->broken = true;
		return;
	}
	distance = base[far] + take_bits(s, far < 2 ? 0 : far / 2 - 1);
	if (distance > s->done)
		s->broken = true;
	while (length-- > 0 && !s->broken)
		put(s, s->out[s->done - distance]);
}

static void unpack_block(struct stream *s, const struct code *symbols, const struct code *distances)
{
	int symbol;

	while (!s->broken && (symbol = take_symbol(s, symbols)) != END_OF_BLOCK) {
		if (symbol < END_OF_BLOCK)
			put(s, (unsigned char)symbol);
		else
			copy_match(s, symbol, distances);
	}
}

static void unpack_fixed(struct stream *s)
{
	unsigned char lengths[SYMBOLS];
	struct code symbols, distances;

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	code_build(&symbols, lengths, SYMBOLS);
	memset(lengths, 5, DISTANCES);
	code_build(&distances, lengths, DISTANCES);
	unpack_block(s, &symbols, &distances);
}

/* Reads COUNT code lengths, which are themselves packed by CODE. */
static void take_lengths(
	struct stream *s, unsigned char *lengths, int count, const struct code *code)
{
	int done = 0;

	while (done < count && !s->broken) {
		int symbol = take_symbol(s, code), repeat;
		unsigned char value = 0;

		if (symbol < 16) {
			lengths[done++] = (unsigned char)symbol;
			continue;
		}
		if (symbol == 16 && done > 0)
			value = lengths[done - 1];
		if (symbol > 18 || (symbol == 16 && done == 0))
			s->broken = true;
		repeat = symbol == 16	? 3 + (int)take_bits(s, 2)
			 : symbol == 17 ? 3 + (int)take_bits(s, 3)
					: 11 + (int)take_bits(s, 7);
		if (done + repeat > count)
			s->broken = true;
		while (repeat-- > 0 && !s->broken)
			lengths[done++] = value;
	}
}

static void unpack_dynamic(struct stream *s)
{
	static const unsigned char order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13,
		2, 14, 1, 15 };
	unsigned char lengths[SYMBOLS + 32] = { 0 };
	int symbol_count = (int)take_bits(s, 5) + 257;
	int distance_count = (int)take_bits(s, 5) + 1;
	int length_count = (int)take_bits(s, 4) + 4;
	struct code symbols, distances;

	if (symbol_count > SYMBOLS - 2 || distance_count > DISTANCES) {
		s->broken = true;
		return;
	}
	for (int i = 0; i < length_count; i++)
		lengths[order[i]] = (unsigned char)take_bits(s, 3);
	code_build(&symbols, lengths, 19);
	memset(lengths, 0, sizeof(lengths));
	take_lengths(s, lengths, symbol_count + distance_count, &symbols);
	if (s->broken)
		return;
	code_build(&symbols, lengths, symbol_count);
	code_build(&distances, lengths + symbol_count, distance_count);
	unpack_block(s, &symbols, &distances);
}

static void unpack_stored(struct stream *s)
{
	size_t length;

	s->bits = 0;
	s->bit_count = 0;
	length = take_bits(s, 16);
	if (take_bits(s, 16) != (~length & 0xffff) || s->length - s->at < length)
		s->broken = true;
	while (length-- > 0 && !s->broken)
		put(s, s->data[s->at++]);
}

bool inflate_into(unsigned char *out, size_t length, const unsigned char *data, size_t data_length)
{
	struct stream s = { .data = data, .length = data_length, .out = out, .out_length = length };
	bool last = false;

	while (!last && !s.broken) {
		last = take_bits(&s, 1);
		switch (take_bits(&s, 2)) {
		case 0:
			unpack_stored(&s);
			break;
		case 1:
			unpack_fixed(&s);
			break;
		case 2:
			unpack_dynamic(&s);
			break;
		default:
			s.broken = true;
		}
	}
	return !s.broken && s.done == length;
}
