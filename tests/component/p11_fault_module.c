#include "p11_fault_module.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

extern struct faults faults;
struct faults faults = { .fail_call = FAULT_COUNT };

static const char *const names[FAULT_COUNT + 1] = {
#define FAULT_NAME(name) #name,
	FAULT_CALLS(FAULT_NAME)
#undef FAULT_NAME
		"any",
};

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;
static CK_SLOT_ID last_slot;
static char program[16];
static int log_fd = -1;

static void log_call(enum fault_call call)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s %s\n", program, names[call]);

	if (log_fd >= 0 && write(log_fd, line, (size_t)n) < 0)
		abort();
}

/* What becomes of a call: whether its work is done, and what it returns if it is to fail. */
struct fate {
	bool works;
	bool fails;
	CK_RV rv;
};

static void sleep_ms(unsigned long ms)
{
	struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000L };

	nanosleep(&ts, NULL);
}

static bool reached(enum fault_call call)
{
	if (faults.fail_call != FAULT_COUNT && faults.fail_call != call)
		return false;
	faults.seen++;
	return faults.fail_at && (faults.seen == faults.fail_at ||
					 (faults.fail_ever && faults.seen > faults.fail_at));
}

static struct fate fate_of(enum fault_call call)
{
	faults.calls[call]++;
	log_call(call);
	if (faults.rv[call] != CKR_OK)
		return (struct fate) { false, true, faults.rv[call] };
	if (!reached(call))
		return (struct fate) { true, false, CKR_OK };
	switch (faults.fail_how) {
	case FAULT_HANG:
		for (;;)
			pause();
	case FAULT_SLOW:
		sleep_ms(faults.fail_rv);
		return (struct fate) { true, false, CKR_OK };
	case FAULT_CLOSE:
		real->C_CloseAllSessions(last_slot);
		return (struct fate) { true, false, CKR_OK };
	case FAULT_AFTER:
		return (struct fate) { true, true, faults.fail_rv };
	default:
		return (struct fate) { false, true, faults.fail_rv };
	}
}

/* The result of a call whose work, if it was done, had this one. */
static CK_RV result(struct fate fate, CK_RV rv)
{
	return fate.fails ? fate.rv : rv;
}

/* A function that does what the real one does, unless it is to fail. */
#define PASS(name, parameters, arguments)                                                          \
	static CK_RV wrap_##name parameters                                                        \
	{                                                                                          \
		struct fate fate = fate_of(FAULT_##name);                                          \
                                                                                                   \
		return result(fate, fate.works ? real->name arguments : CKR_OK);                   \
	}

PASS(C_Initialize, (void *args), (args))
PASS(C_Finalize, (void *args), (args))
PASS(C_GetInfo, (CK_INFO * info), (info))
PASS(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info))
PASS(C_GetSessionInfo, (CK_SESSION_HANDLE s, CK_SESSION_INFO *info), (s, info))
PASS(C_CloseSession, (CK_SESSION_HANDLE s), (s))
PASS(C_Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len),
	(s, user, pin, len))
PASS(C_FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *match, CK_ULONG n), (s, match, n))
PASS(C_FindObjectsFinal, (CK_SESSION_HANDLE s), (s))
PASS(C_CreateObject,
	(CK_SESSION_HANDLE s, CK_ATTRIBUTE *attributes, CK_ULONG n, CK_OBJECT_HANDLE *object),
	(s, attributes, n, object))

static CK_RV wrap_C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	struct fate fate = fate_of(FAULT_C_GetSlotList);
	CK_RV rv = fate.works ? real->C_GetSlotList(present, slots, n) : CKR_OK;

	if (faults.slots)
		*n = faults.slots;
	return result(fate, rv);
}

static CK_RV wrap_C_OpenSession(
	CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
	struct fate fate = fate_of(FAULT_C_OpenSession);

	last_slot = slot;
	return result(fate,
		fate.works ? real->C_OpenSession(slot, flags, data, notify, session) : CKR_OK);
}

static CK_RV wrap_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	struct fate fate = fate_of(FAULT_C_GetTokenInfo);
	CK_RV rv = fate.works ? real->C_GetTokenInfo(slot, info) : CKR_OK;

	if (fate.works && rv == CKR_OK)
		info->flags |= faults.token_flags;
	if (fate.works && faults.label && info->flags & CKF_TOKEN_INITIALIZED)
		memcpy(info->label, faults.label, sizeof(info->label));
	return result(fate, rv);
}

static CK_RV wrap_C_FindObjects(
	CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n)
{
	struct fate fate = fate_of(FAULT_C_FindObjects);
	CK_RV rv = fate.works ? real->C_FindObjects(s, objects, max, n) : CKR_OK;

	if (!fate.works)
		return fate.rv;
	for (CK_ULONG i = faults.endless ? *n : max; i < max; i++)
		objects[i] = i;
	if (faults.endless)
		*n = max;
	for (CK_ULONG i = 0; faults.one_handle && i < *n; i++)
		objects[i] = 1;
	if (faults.fickle && faults.calls[FAULT_C_FindObjects] % 2)
		*n = 0;
	return result(fate, rv);
}

static CK_RV wrap_C_GetAttributeValue(
	CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG n)
{
	struct fate fate = fate_of(FAULT_C_GetAttributeValue);
	CK_RV rv = fate.works ? real->C_GetAttributeValue(s, object, attributes, n) : CKR_OK;

	for (CK_ULONG i = 0; fate.works && rv == CKR_OK && i < n; i++) {
		CK_ATTRIBUTE *a = &attributes[i];

		if (faults.spoil_public && (a->type == CKA_MODULUS || a->type == CKA_EC_POINT))
			((unsigned char *)a->pValue)[a->ulValueLen / 2] ^= 2;
		if (faults.fickle && faults.calls[FAULT_C_GetAttributeValue] % 2)
			a->ulValueLen /= 2;
	}
	for (CK_ULONG i = 0; faults.lie && i < n; i++)
		attributes[i].ulValueLen = faults.lie;
	return result(fate, rv);
}

static CK_RV half_pair(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE public)
{
	real->C_DestroyObject(s, public);
	return CKR_DEVICE_REMOVED;
}

/* NOLINTNEXTLINE(readability-function-size): PKCS#11 has decided on its parameters */
static CK_RV wrap_C_GenerateKeyPair(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism,
	CK_ATTRIBUTE *public, CK_ULONG n_public, CK_ATTRIBUTE *private, CK_ULONG n_private,
	CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	struct fate fate = fate_of(FAULT_C_GenerateKeyPair);
	CK_RV rv = CKR_OK;

	if (fate.works)
		rv = real->C_GenerateKeyPair(s, mechanism, public, n_public, private, n_private,
			public_key, private_key);
	if (fate.works && rv == CKR_OK && faults.half_pairs)
		return half_pair(s, *public_key);
	return result(fate, rv);
}

static bool refused(const CK_MECHANISM *mechanism)
{
	const CK_RSA_PKCS_PSS_PARAMS *pss = mechanism->pParameter;

	if (mechanism->mechanism == CKM_RSA_X_509)
		return faults.no_raw_rsa;
	return mechanism->mechanism == CKM_RSA_PKCS_PSS && faults.no_hash &&
	       pss->hashAlg == faults.no_hash;
}

static CK_RV wrap_C_SignInit(CK_SESSION_HANDLE s, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	struct fate fate = fate_of(FAULT_C_SignInit);

	faults.last_mechanism = mechanism->mechanism;
	if (refused(mechanism))
		return CKR_MECHANISM_INVALID;
	return result(fate, fate.works ? real->C_SignInit(s, mechanism, key) : CKR_OK);
}

/* A signature that fails ends the operation, too. */
static CK_RV wrap_C_Sign(CK_SESSION_HANDLE s, unsigned char *data, CK_ULONG data_len,
	unsigned char *signature, CK_ULONG *len)
{
	struct fate fate = fate_of(FAULT_C_Sign);
	unsigned char unseen[1024];
	CK_ULONG unseen_len = sizeof(unseen);
	CK_RV rv = fate.works ? real->C_Sign(s, data, data_len, signature, len)
			      : real->C_Sign(s, data, data_len, unseen, &unseen_len);

	if (fate.works && rv == CKR_OK && faults.spoil_signatures)
		signature[*len / 2] ^= 1;
	if (fate.works && rv == CKR_OK && faults.signature_len)
		*len = faults.signature_len;
	return result(fate, fate.works ? rv : CKR_OK);
}

static CK_RV wrap_C_DestroyObject(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object)
{
	struct fate fate = fate_of(FAULT_C_DestroyObject);
	bool works = fate.works && !faults.keep_objects;

	return result(fate, works ? real->C_DestroyObject(s, object) : CKR_OK);
}

/* ---- what another process is told by its environment ----------------------------------------- */

static enum fault_how how_of(const char *word)
{
	static const char *const words[] = { "before", "after", "close", "slow", "hang" };
	enum fault_how how = FAULT_BEFORE;

	while (how <= FAULT_HANG && strcmp(words[how], word) != 0)
		how++;
	if (how > FAULT_HANG)
		abort();
	return how;
}

static enum fault_call call_of(const char *word)
{
	enum fault_call call = 0;

	while (call < FAULT_COUNT && strcmp(names[call], word) != 0)
		call++;
	if (strcmp(names[call], word) != 0)
		abort();
	return call;
}

static void read_control(const char *path)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char in[32];
	char call[32];
	char nth[16];
	char rv[32];
	char how[16];
	int n;

	if (!file)
		return;
	n = fscanf(file, "%31s %31s %15s %31s %15s", in, call, nth, rv, how);
	fclose(file);
	if (n <= 0 || (strcmp(in, "any") != 0 && strcmp(in, program) != 0))
		return;
	if (n != 5)
		abort();
	faults.fail_call = call_of(call);
	faults.fail_at = (unsigned)strtoul(nth, NULL, 10);
	faults.fail_rv = strtoul(rv, NULL, 0);
	faults.fail_ever = strchr(nth, '+');
	faults.fail_how = how_of(how);
}

static void listen_to_environment(void)
{
	const char *log = getenv("FAULT_LOG");

	prctl(PR_GET_NAME, program);
	if (log && log_fd < 0)
		log_fd = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
	read_control(getenv("FAULT_CONTROL"));
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	void *softhsm = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	void *symbol = softhsm ? dlsym(softhsm, "C_GetFunctionList") : NULL;
	CK_C_GetFunctionList get_list;

	if (!symbol)
		return CKR_GENERAL_ERROR;
	memcpy(&get_list, &symbol, sizeof(get_list));
	if (get_list(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	listen_to_environment();
	ours = *real;
#define FAULT_SET(name) ours.name = faults.missing[FAULT_##name] ? NULL : wrap_##name;
	FAULT_CALLS(FAULT_SET)
#undef FAULT_SET
	if (faults.list_version)
		ours.version.major = faults.list_version;
	if (!faults.no_list)
		*list = &ours;
	return faults.list_rv;
}
