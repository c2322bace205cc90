#include "zip.h"

#include "inflate.h"

#include <string.h>

#define END_LENGTH 22
#define ENTRY_LENGTH 46
#define LOCAL_LENGTH 30
#define FILE_LIMIT (1u << 20)

static unsigned int u16(const unsigned char *p)
{
	return (unsigned int)(p[0] | p[1] << 8);
}

static uint32_t u32(const unsigned char *p)
{
	return u16(p) | (uint32_t)u16(p + 2) << 16;
}

/* The archive's end record, which may have a comment behind it. */
static const unsigned char *find_end(const unsigned char *data, size_t length)
{
	for (size_t at = length >= END_LENGTH ? length - END_LENGTH + 1 : 0; at-- > 0;)
		if (!memcmp(data + at, "PK\5\6", 4))
			return data + at;
	return NULL;
}

bool zip_open(struct zip *zip, const void *data, size_t length)
{
	const unsigned char *end = find_end(data, length);

	if (!end)
		return false;
	*zip = (struct zip) {
		.data = data, .length = length, .next = u32(end + 16), .left = u16(end + 10)
	};
	return true;
}

/* Unpacks what the directory's ENTRY says into FILE; one that cannot be keeps no data. */
static void unpack(struct zip_file *file, const struct zip *zip, const unsigned char *entry)
{
	size_t packed = u32(entry + 20), length = u32(entry + 24), at = u32(entry + 42);
	unsigned int method = u16(entry + 10);
	unsigned char *data;
	bool ok;

	if (length > FILE_LIMIT || at > zip->length || zip->length - at < LOCAL_LENGTH)
		return;
	at += LOCAL_LENGTH + u16(zip->data + at + 26) + u16(zip->data + at + 28);
	if (at > zip->length || zip->length - at < packed)
		return;
	data = mem_new(length + 1, 1);
	if (method == 0)
		ok = packed == length && memcpy(data, zip->data + at, length);
	else
		ok = method == 8 && inflate_into(data, length, zip->data + at, packed);
	if (ok) {
		file->data = TAKE(data);
		file->length = length;
	}
	free(data);
}

bool zip_next(struct zip_file *file, struct zip *zip)
{
	const unsigned char *entry = zip->data + zip->next;
	size_t size;

	if (!zip->left || zip->next > zip->length || zip->length - zip->next < ENTRY_LENGTH ||
		memcmp(entry, "PK\1\2", 4) != 0)
		return false;
	size = (size_t)ENTRY_LENGTH + u16(entry + 28) + u16(entry + 30) + u16(entry + 32);
	if (zip->length - zip->next < size)
		return false;
	*file = (struct zip_file) { .name = mem_copy(entry + ENTRY_LENGTH, u16(entry + 28)) };
	unpack(file, zip, entry);
	zip->next += size;
	zip->left--;
	return true;
}

void zip_file_clear(struct zip_file *file)
{
	free(file->name);
	free(file->data);
}
