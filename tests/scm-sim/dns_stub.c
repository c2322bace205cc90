/*
 * scm-sim-dns ZONE PORT-FILE: a name server for tests. It answers on a free UDP port of 127.0.0.1,
 * which it writes to PORT-FILE, until it is ended by a signal. Each line of ZONE is NAME, type
 * (CNAME or TXT) and value with a blank between; it is read anew for each question. A text longer
 * than 255 bytes is sent in pieces. What is not there is NXDOMAIN.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_LIMIT 4096
#define HEADER 12
#define TYPE_CNAME 5
#define TYPE_TXT 16
#define PIECE 255

struct message {
	unsigned char data[MESSAGE_LIMIT];
	size_t length;
};

static void put_bytes(struct message *message, const void *data, size_t length)
{
	if (length > sizeof(message->data) - message->length)
		abort();
	memcpy(message->data + message->length, data, length);
	message->length += length;
}

static void put_u16(struct message *message, unsigned int value)
{
	unsigned char bytes[2] = { (unsigned char)(value >> 8), (unsigned char)value };

	put_bytes(message, bytes, sizeof(bytes));
}

/* Each label of NAME with its length before it. */
static void put_name(struct message *message, const char *name)
{
	while (*name) {
		unsigned char length = (unsigned char)strcspn(name, ".");

		put_bytes(message, &length, 1);
		put_bytes(message, name, length);
		name += length + (name[length] == '.');
	}
	put_bytes(message, "", 1);
}

static void put_text(struct message *message, const char *text)
{
	size_t left = strlen(text);

	do {
		unsigned char piece = (unsigned char)(left < PIECE ? left : PIECE);

		put_bytes(message, &piece, 1);
		put_bytes(message, text, piece);
		text += piece;
		left -= piece;
	} while (left);
}

/* Adds the answer record, whose name is that of the question. */
static void put_answer(struct message *reply, unsigned int type, const char *value)
{
	size_t start;

	put_u16(reply, 0xc000 | HEADER);
	put_u16(reply, type);
	put_u16(reply, 1);
	put_u16(reply, 0);
	put_u16(reply, 60);
	start = reply->length;
	put_u16(reply, 0);
	if (type == TYPE_CNAME)
		put_name(reply, value);
	else
		put_text(reply, value);
	reply->data[start] = (unsigned char)((reply->length - start - 2) >> 8);
	reply->data[start + 1] = (unsigned char)(reply->length - start - 2);
}

/* Reads the question's name into NAME; returns where it ends, 0 when it is none. */
static size_t read_name(char *name, size_t size, const struct message *query)
{
	size_t at = HEADER, done = 0;

	while (at < query->length && query->data[at]) {
		size_t length = query->data[at++];

		if (length > 63 || at + length > query->length || done + length + 2 > size)
			return 0;
		memcpy(name + done, query->data + at, length);
		done += length;
		name[done++] = '.';
		at += length;
	}
	name[done] = '\0';
	return at + 5 <= query->length ? at + 1 : 0;
}

/* Whether A and B are one name, with or without the last dot. */
static bool same(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);

	a_length -= a_length && a[a_length - 1] == '.';
	b_length -= b_length && b[b_length - 1] == '.';
	return a_length == b_length && !strncasecmp(a, b, a_length);
}

/* Adds the records of NAME and TYPE in ZONE; returns how many there are. */
static unsigned int put_records(
	struct message *reply, const char *zone, const char *name, unsigned int type)
{
	FILE *file = fopen(zone, "re");
	char line[1024];
	unsigned int count = 0;

	while (file && fgets(line, sizeof(line), file)) {
		char *rest = line;
		const char *owner = strsep(&rest, " ");
		const char *word = strsep(&rest, " ");

		if (!rest)
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		if (!same(owner, name) || strcmp(word, type == TYPE_CNAME ? "CNAME" : "TXT") != 0)
			continue;
		put_answer(reply, type, rest);
		count++;
	}
	if (file)
		fclose(file);
	return count;
}

static void answer(struct message *reply, const struct message *query, const char *zone)
{
	char name[512];
	size_t end = query->length > HEADER ? read_name(name, sizeof(name), query) : 0;
	unsigned int type, count = 0;

	reply->length = 0;
	if (!end)
		return;
	type = (unsigned int)(query->data[end] << 8 | query->data[end + 1]);
	put_bytes(reply, query->data, end + 4);
	if (type == TYPE_CNAME || type == TYPE_TXT)
		count = put_records(reply, zone, name, type);
	reply->data[2] = 0x84;
	reply->data[3] = count ? 0 : 3;
	memset(reply->data + 4, 0, 8);
	reply->data[5] = 1;
	reply->data[7] = (unsigned char)count;
}

/* Writes PORT to a file that appears at PATH in one piece. */
static bool announce(const char *path, unsigned int port)
{
	char beside[512];
	FILE *file;
	bool ok;

	snprintf(beside, sizeof(beside), "%s.new", path);
	file = fopen(beside, "we");
	if (!file)
		return false;
	ok = fprintf(file, "%u\n", port) > 0;
	return !fclose(file) && ok && !rename(beside, path);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *any = (struct sockaddr *)&address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 3 || fd < 0 || bind(fd, any, size) || getsockname(fd, any, &size) ||
		!announce(argv[2], ntohs(address.sin_port))) {
		fputs("usage: scm-sim-dns ZONE PORT-FILE\n", stderr);
		return EXIT_FAILURE;
	}
	for (;;) {
		static struct message query, reply;
		struct sockaddr_in from;
		socklen_t from_size = sizeof(from);
		ssize_t got = recvfrom(fd, query.data, sizeof(query.data), 0,
			(struct sockaddr *)&from, &from_size);

		if (got < 0)
			continue;
		query.length = (size_t)got;
		answer(&reply, &query, argv[1]);
		if (reply.length)
			sendto(fd, reply.data, reply.length, 0, (struct sockaddr *)&from,
				from_size);
	}
}
