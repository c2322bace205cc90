/*
 * Cleanup at the end of a scope, instead of goto.
 *
 *	AUTO(buf) struct buf b = BUF(4096);
 *	AUTO(free) char *s = NULL;
 *	...
 *	*out = TAKE(s);                 the one way to give something away
 *
 * AUTO_DEFINE(name, type, fn) makes AUTO(name) call fn(value) when the variable leaves its scope;
 * fn must accept the type's empty value (NULL, -1). Declare in order of acquisition: cleanup runs
 * in reverse.
 */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

#include <stdlib.h>

#define AUTO(name) __attribute__((cleanup(auto_##name)))

#define AUTO_DEFINE(name, type, fn)                                                                \
	static inline void auto_##name(type *p)                                                    \
	{                                                                                          \
		fn(*p);                                                                            \
	}                                                                                          \
	struct auto_##name##_semicolon

/* The same for a structure that lives on the stack: fn takes its address. */
#define AUTO_DEFINE_REF(name, type, fn)                                                            \
	static inline void auto_##name(type *p)                                                    \
	{                                                                                          \
		fn(p);                                                                             \
	}                                                                                          \
	struct auto_##name##_semicolon

/* The value of a pointer, which is NULL afterwards. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define MUST_USE __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

AUTO_DEFINE(free, void *, free);

static inline void auto_char_free(char **p)
{
	free(*p);
}
#define AUTO_STR __attribute__((cleanup(auto_char_free)))

#endif
