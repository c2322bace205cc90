#include "ledger.h"

#include "file.h"
#include "json.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LEDGER_LIMIT (1u << 30)

struct ledger {
	int fd;
	char *path;
};

static bool read_events(const char *text, const char *path, ledger_reader *reader, void *context,
	size_t *whole, struct err *err)
{
	size_t done = 0;
	const char *end;

	for (int line = 1; (end = strchr(text + done, '\n')); line++) {
		AUTO(json) cJSON *event = json_parse(text + done, (size_t)(end - text) - done);

		if (!cJSON_IsObject(event))
			return err_set(err, "%s:%d: not a JSON object", path, line);
		if (!reader(context, event, err))
			return false;
		done = (size_t)(end - text) + 1;
	}
	*whole = done;
	return true;
}

static bool replay(struct ledger *ledger, ledger_reader *reader, void *context, struct err *err)
{
	AUTO(text) char *text = NULL;
	size_t whole = 0;

	if (!file_read(&text, NULL, ledger->path, LEDGER_LIMIT, err) ||
		!read_events(text, ledger->path, reader, context, &whole, err))
		return false;
	if (text[whole] && ftruncate(ledger->fd, (off_t)whole))
		return err_errno(err, "cut the unfinished line of '%s'", ledger->path);
	return true;
}

bool ledger_open(struct ledger **out, const char *path, ledger_reader *reader, void *context,
	struct err *err)
{
	struct ledger *ledger = mem_new(1, sizeof(*ledger));

	ledger->path = mem_text(path);
	ledger->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (ledger->fd < 0)
		err_put_errno(err, "open '%s'", path);
	if (ledger->fd < 0 || !replay(ledger, reader, context, err)) {
		ledger_close(ledger);
		return false;
	}
	*out = ledger;
	return true;
}

void ledger_close(struct ledger *ledger)
{
	if (!ledger)
		return;
	fd_auto(&ledger->fd);
	free(ledger->path);
	free(ledger);
}

bool ledger_append(struct ledger *ledger, const cJSON *event, struct err *err)
{
	AUTO(text) char *text = cJSON_PrintUnformatted(event);
	AUTO(text) char *line = mem_format("%s\n", text);
	size_t length = strlen(line);

	if (write(ledger->fd, line, length) != (ssize_t)length || fdatasync(ledger->fd))
		return err_errno(err, "write '%s'", ledger->path);
	return true;
}
