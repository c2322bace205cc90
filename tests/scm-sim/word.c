#include "word.h"

#include <ctype.h>
#include <string.h>

bool word_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " _");
		b += strspn(b, " _");
		if (toupper((unsigned char)*a) != toupper((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}
