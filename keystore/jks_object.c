#include "keystore/jks_object.h"

/* The terminal symbols of the grammar, 6.4.2, as far as a sealed object has them. */
#define STREAM_MAGIC 0xaced
#define STREAM_VERSION 5
#define TC_NULL 0x70
#define TC_REFERENCE 0x71
#define TC_CLASSDESC 0x72
#define TC_OBJECT 0x73
#define TC_STRING 0x74
#define TC_ARRAY 0x75
#define TC_ENDBLOCKDATA 0x78
#define SC_SERIALIZABLE 2

#define FIRST_HANDLE 0x7e0000
#define HANDLES_MAX 32 /* a sealed object has a dozen */

#define FIELDS_MAX 4 /* of SealedObject: two arrays of bytes, two strings */
#define TYPE_ARRAY '['
#define TYPE_OBJECT 'L'

/* What the class descriptions say about the values behind them. */
struct shape {
	char field[FIELDS_MAX];
	size_t fields;
};

/* Nothing depends on which object is meant: those there are have the one type that fits. */
static bool skip_reference(struct jks_in *in)
{
	uint64_t handle;

	return jks_in_number(&handle, in, 4) && handle >= FIRST_HANDLE &&
	       handle < FIRST_HANDLE + HANDLES_MAX;
}

static bool skip_string(struct jks_in *in, bool may_be_null)
{
	uint64_t tag;

	if (!jks_in_number(&tag, in, 1))
		return false;
	if (tag == TC_STRING)
		return jks_in_block(NULL, in, 2);
	return tag == TC_REFERENCE ? skip_reference(in) : may_be_null && tag == TC_NULL;
}

/* Name, serialVersionUID and flags; no class here writes data of its own. */
static bool class_head(struct jks_bytes *name, struct jks_in *in)
{
	return jks_in_block(name, in, 2) && jks_in_bytes(NULL, in, 8) &&
	       jks_in_expect(in, 1, SC_SERIALIZABLE);
}

static bool add_field(struct shape *shape, struct jks_in *in)
{
	uint64_t type;

	if (shape->fields == FIELDS_MAX || !jks_in_number(&type, in, 1) ||
		(type != TYPE_ARRAY && type != TYPE_OBJECT))
		return false;
	shape->field[shape->fields++] = (char)type;
	return jks_in_block(NULL, in, 2) && skip_string(in, false);
}

static bool add_fields(struct shape *shape, struct jks_in *in)
{
	uint64_t n;

	if (!jks_in_number(&n, in, 2))
		return false;
	while (n--)
		if (!add_field(shape, in))
			return false;
	return jks_in_expect(in, 1, TC_ENDBLOCKDATA);
}

static bool sealed_class(struct shape *shape, struct jks_in *in)
{
	struct jks_bytes name;

	if (!jks_in_expect(in, 1, TC_CLASSDESC) || !class_head(&name, in))
		return false;
	if (jks_bytes_are(&name, "com.sun.crypto.provider.SealedObjectForKeyProtector") &&
		(!jks_in_expect(in, 2, 0) || !jks_in_expect(in, 1, TC_ENDBLOCKDATA) ||
			!jks_in_expect(in, 1, TC_CLASSDESC) || !class_head(&name, in)))
		return false;
	return jks_bytes_are(&name, "javax.crypto.SealedObject") && add_fields(shape, in) &&
	       jks_in_expect(in, 1, TC_NULL);
}

static bool array_class(struct jks_in *in)
{
	struct jks_bytes name;
	uint64_t tag;

	if (!jks_in_number(&tag, in, 1))
		return false;
	if (tag == TC_REFERENCE)
		return skip_reference(in);
	return tag == TC_CLASSDESC && class_head(&name, in) && jks_bytes_are(&name, "[B") &&
	       jks_in_expect(in, 2, 0) && jks_in_expect(in, 1, TC_ENDBLOCKDATA) &&
	       jks_in_expect(in, 1, TC_NULL);
}

static bool skip_array(struct jks_in *in)
{
	uint64_t tag;

	if (!jks_in_number(&tag, in, 1))
		return false;
	return tag == TC_NULL || (tag == TC_ARRAY && array_class(in) && jks_in_block(NULL, in, 4));
}

bool jks_object_skip(struct jks_in *in)
{
	struct shape shape = { .fields = 0 };

	if (!jks_in_expect(in, 2, STREAM_MAGIC) || !jks_in_expect(in, 2, STREAM_VERSION) ||
		!jks_in_expect(in, 1, TC_OBJECT) || !sealed_class(&shape, in))
		return false;
	for (size_t i = 0; i < shape.fields; i++) {
		bool ok = shape.field[i] == TYPE_ARRAY ? skip_array(in) : skip_string(in, true);

		if (!ok)
			return false;
	}
	return true;
}
