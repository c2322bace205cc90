#include "agent/ini.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/strlist.h"

#define FILE_MAX (1024 * 1024)
#define SECTION_MAX 49 /* inih cuts a longer section name without a word */
#define VALUE_MAX (16 * 1024)

/* One file being read: inih pulls lines through next_line() and pushes entries into on_entry(). */
struct reading {
	struct ini *ini;
	const char *file;
	const char *at;
	const char *end;
	unsigned line;
	struct ini_section *section; /* of the last header; moves when another one is added */
	struct ini_entry *last;	     /* the value that an indented line continues */
	bool indented;		     /* the current line is */
	struct err *err;
	bool failed;
};

static bool fail(struct reading *r, const char *what)
{
	r->failed = true;
	return err_set(r->err, ERR_CONFIG, "%s:%u: %s", r->file, r->line, what);
}

static bool check_bytes(struct reading *r, const char *line, size_t len, size_t room)
{
	if (memchr(line, '\0', len))
		return fail(r, "a NUL byte; this is not a text file");
	if (memchr(line, '\r', len) && (char *)memchr(line, '\r', len) != line + len - 1)
		return fail(r, "a carriage return inside the line; use LF or CR LF as line ends");
	if (len >= 3 && !memcmp(line, "\xef\xbb\xbf", 3))
		return fail(r, "a byte order mark; save the file as UTF-8 without BOM");
	if (len + 2 > room)
		return fail(r,
			"line too long (198 bytes at most); continue a list on the next line, "
			"indented");
	return true;
}

static struct ini_section *find_section(
	struct ini *ini, const char *kind, size_t kind_len, const char *name)
{
	for (size_t i = 0; i < ini->n; i++)
		if (strlen(ini->section[i].kind) == kind_len &&
			!strncmp(ini->section[i].kind, kind, kind_len) &&
			!strcmp(ini->section[i].name, name))
			return &ini->section[i];
	return NULL;
}

/* The section of a header "kind:name", made when it is new. */
static struct ini_section *section_for(struct reading *r, const char *header)
{
	const char *colon = strchr(header, ':');
	size_t kind_len = colon ? (size_t)(colon - header) : strlen(header);
	const char *name = colon ? colon + 1 : "";
	struct ini_section *s = find_section(r->ini, header, kind_len, name);
	struct ini_section *grown;

	if (s)
		return s;
	grown = reallocarray(r->ini->section, r->ini->n + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	r->ini->section = grown;
	s = &grown[r->ini->n];
	*s = (struct ini_section) { .kind = strndup(header, kind_len),
		.name = strdup(name),
		.file = r->file,
		.line = r->line };
	r->ini->n++;
	return s->kind && s->name ? s : NULL;
}

/* inih says nothing of a section without keys, so headers are read here. */
static bool enter_section(struct reading *r, const char *text, size_t len)
{
	const char *close = memchr(text, ']', len);
	AUTO_STR char *header = NULL;

	if (!close)
		return fail(r, "a [section] without its ']'");
	if (close == text + 1)
		return fail(r, "a section has no name");
	if (close - text - 1 > SECTION_MAX)
		return fail(r, "section name too long (49 bytes at most)");
	header = strndup(text + 1, (size_t)(close - text - 1));
	r->last = NULL;
	r->section = header ? section_for(r, header) : NULL;
	return r->section || fail(r, "out of memory");
}

/* "key = ..." or "custom_field.NAME = ...", though lists of names have "uri:https://h/?a=b". */
static bool looks_like_key(const char *text)
{
	size_t word =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	if (word && text[word] == '.')
		word += strcspn(text + word, "=:/,\n");
	return word && text[word + strspn(text + word, " \t")] == '=';
}

/* "[section]" alone, though lists of servers have "[2001:db8::1]:443". */
static bool looks_like_header(const char *text, size_t len)
{
	const char *close = *text == '[' ? memchr(text, ']', len) : NULL;

	return close && close[1 + strspn(close + 1, " \t\r")] != ':';
}

/* What is indented continues a value; a key or a section that is would get lost in it. */
static bool check_indented(struct reading *r, const char *text, size_t len)
{
	if (r->last && !looks_like_key(text) && !looks_like_header(text, len))
		return true;
	return fail(r, "an indented line continues the value above; start keys and sections in the "
		       "first column");
}

static bool check_line(struct reading *r, const char *line, size_t len, size_t room)
{
	size_t blanks = 0;

	if (!check_bytes(r, line, len, room))
		return false;
	while (blanks < len && isspace((unsigned char)line[blanks]))
		blanks++;
	r->indented = blanks > 0;
	if (blanks == len || line[blanks] == ';' || line[blanks] == '#')
		return true;
	if (blanks)
		return check_indented(r, line + blanks, len - blanks);
	return *line != '[' || enter_section(r, line, len);
}

/* fgets() for inih, from memory. NULL also ends the parse at the first bad line. */
static char *next_line(char *out, int room, void *stream)
{
	struct reading *r = stream;
	const char *newline;
	size_t len;

	if (r->failed || r->at == r->end)
		return NULL;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	len = (size_t)((newline ? newline : r->end) - r->at);
	r->line++;
	if (!check_line(r, r->at, len, (size_t)room))
		return NULL;
	memcpy(out, r->at, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	r->at += len + (newline ? 1 : 0);
	return out;
}

/* Without the comment, which inih takes off first lines only, and without blanks at the end. */
static size_t length_of(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 1; i < len; i++)
		if (text[i] == ';' && isspace((unsigned char)text[i - 1]))
			len = i;
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	return len;
}

static bool continue_value(struct reading *r, const char *more)
{
	const char *value = r->last->value;
	size_t len = length_of(more);
	char *joined = NULL;

	if (strlen(value) + len > VALUE_MAX)
		return fail(r, "value too long (16 KiB at most)");
	if (asprintf(&joined, "%s%s%.*s", value, *value ? " " : "", (int)len, more) < 0)
		return fail(r, "out of memory");
	free(r->last->value);
	r->last->value = joined;
	return true;
}

static bool refuse_duplicate(struct reading *r, const struct ini_entry *old)
{
	char what[256];

	snprintf(what, sizeof(what), "'%.60s' is set twice (first in %.120s:%u); keep one",
		old->key, old->file, old->line);
	return fail(r, what);
}

static bool add_entry(struct reading *r, const char *key, const char *value)
{
	struct ini_section *s = r->section;
	struct ini_entry *grown;

	if (ini_find(s, key))
		return refuse_duplicate(r, ini_find(s, key));
	grown = reallocarray(s->entry, s->n + 1, sizeof(*grown));
	if (!grown)
		return fail(r, "out of memory");
	s->entry = grown;
	r->last = &grown[s->n++];
	*r->last = (struct ini_entry) {
		.key = strdup(key), .value = strdup(value), .file = r->file, .line = r->line
	};
	if (!r->last->key || !r->last->value)
		return fail(r, "out of memory");
	return true;
}

static int on_entry(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;

	(void)section;
	if (r->failed)
		return 0;
	if (!r->section)
		return fail(r, "a key before the first [section]");
	if (!*key)
		return fail(r, "a value without a key");
	return r->indented ? continue_value(r, value) : add_entry(r, key, value);
}

static bool load_file(struct ini *ini, const char *path, struct err *err)
{
	AUTO(buf) struct buf text = BUF(FILE_MAX);
	struct reading r = { .ini = ini, .err = err };
	char **grown = reallocarray(ini->file, ini->files + 1, sizeof(*grown));
	int bad;

	if (!grown)
		return err_memory(err);
	ini->file = grown;
	r.file = grown[ini->files] = strdup(path);
	if (!r.file)
		return err_memory(err);
	ini->files++;
	if (!fs_check_trusted(path, "configuration", err))
		return false;
	if (!fs_read_path(&text, path, err)) {
		err->kind = ERR_CONFIG;
		return err_wrap(err, "configuration");
	}
	r.at = buf_str(&text);
	r.end = r.at + text.len;
	bad = ini_parse_stream(next_line, &r, on_entry, &r);
	if (r.failed)
		return false;
	if (bad)
		return err_set(err, ERR_CONFIG,
			"%s:%d: neither a [section], a 'key = value' nor a comment", path, bad);
	return true;
}

static bool is_ini(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 4 && !strcmp(name + len - 4, ".ini");
}

static bool load_drop_ins(struct ini *ini, const char *path, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };
	AUTO_STR char *dir_path = NULL;
	AUTO(fd) int dir = -1;
	const char *slash = strrchr(path, '/');
	int parent = slash ? (int)(slash - path) : 1;

	if (asprintf(&dir_path, "%.*s/conf.d", parent, slash ? path : ".") < 0)
		return err_memory(err);
	if (!fs_exists(AT_FDCWD, dir_path))
		return true;
	if (!fs_open_dir(&dir, AT_FDCWD, dir_path, err) || !fs_list(&names, dir, err)) {
		err->kind = ERR_CONFIG;
		return false;
	}
	for (size_t i = 0; i < names.n; i++) {
		AUTO_STR char *file = NULL;

		if (!is_ini(names.item[i]))
			continue;
		if (asprintf(&file, "%s/%s", dir_path, names.item[i]) < 0)
			return err_memory(err);
		if (!load_file(ini, file, err))
			return false;
	}
	return true;
}

bool ini_load(struct ini *out, const char *path, struct err *err)
{
	AUTO(ini) struct ini ini = { 0 };

	if (!load_file(&ini, path, err) || !load_drop_ins(&ini, path, err))
		return false;
	*out = ini;
	ini = (struct ini) { 0 };
	return true;
}

static void section_dispose(struct ini_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->entry[i].key);
		free(s->entry[i].value);
	}
	free(s->entry);
	free(s->kind);
	free(s->name);
}

void ini_dispose(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++)
		section_dispose(&ini->section[i]);
	free(ini->section);
	for (size_t i = 0; i < ini->files; i++)
		free(ini->file[i]);
	free(ini->file);
	*ini = (struct ini) { 0 };
}

struct ini_entry *ini_find(const struct ini_section *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->entry[i].key, key))
			return &s->entry[i];
	return NULL;
}
