#include "dcv_http.h"

#include <curl/curl.h>
#include <string.h>

#define FILE_LIMIT 4096
#define TIMEOUT_S 5L

struct file {
	char text[FILE_LIMIT + 1];
	size_t length;
};

static size_t keep(char *data, size_t size, size_t count, void *context)
{
	struct file *file = context;

	if (size * count > FILE_LIMIT - file->length)
		return 0;
	memcpy(file->text + file->length, data, size * count);
	file->length += size * count;
	return size * count;
}

static bool fetch(
	struct file *file, long *status, const char *where, const char *url, struct err *why)
{
	AUTO(text) char *connect = mem_format("::%s", where);
	struct curl_slist *route = curl_slist_append(NULL, connect);
	CURL *curl = curl_easy_init();
	CURLcode code;

	if (!curl || !route)
		abort();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, route);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, file);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(route);
	return code == CURLE_OK || err_set(why, "%s: %s", url, curl_easy_strerror(code));
}

/* Takes the line at *TEXT, up to its end of either kind, and tells whether it is WANTED. */
static bool take_line(const char **text, const char *wanted)
{
	size_t length = strcspn(*text, "\r\n");
	bool same = length == strlen(wanted) && !strncmp(*text, wanted, length);

	*text += length;
	*text += **text == '\r';
	*text += **text == '\n';
	return same;
}

bool dcv_http_check(
	const char *where, const char *url, const char *first, const char *second, struct err *why)
{
	struct file file = { .length = 0 };
	const char *text = file.text;
	long status = 0;

	if (!fetch(&file, &status, where, url, why))
		return false;
	if (status != 200)
		return err_set(why, "%s: HTTP status %ld", url, status);
	if (strlen(file.text) != file.length || !take_line(&text, first) ||
		!take_line(&text, second) || *text)
		return err_set(why, "%s: not the two lines wanted", url);
	return true;
}
