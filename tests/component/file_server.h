/*
 * A real nginx on the loopback that shows one file, as a domain's own web server does for its
 * validation: http://www.example.com and https://www.example.com, at FILE_SERVER_PATH. Any other
 * host has nothing. Failures end the test.
 */
#ifndef TESTS_COMPONENT_FILE_SERVER_H
#define TESTS_COMPONENT_FILE_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#define FILE_SERVER_PATH "/.well-known/pki-validation/0A1B2C3D4E5F60718293A4B5C6D7E8F9.txt"

struct tempdir;

struct file_server {
	struct tempdir *dir;
	const char *identity; /* file: certificate and key, PEM */
	unsigned http_port;
	unsigned https_port;
	pid_t pid;
};

/* Whether there is an nginx at all. */
bool file_server_possible(void);

/* `identity` is borrowed. Also answers /moved by HTTP with a redirect to the file. */
void file_server_start(struct file_server *f, const char *identity);
void file_server_stop(struct file_server *f);

/* Replaces the file. */
void file_server_put(const struct file_server *f, const char *text);

#endif
