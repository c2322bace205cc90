#include "p11_fault_module.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

extern struct faults faults;
struct faults faults;

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;

/* Counts the call; what it has to return instead of doing its work, or CKR_OK. */
static CK_RV fault(enum fault_call call)
{
	faults.calls[call]++;
	faults.seen++;
	if (faults.fail_at && faults.seen == faults.fail_at)
		return faults.fail_rv;
	return faults.rv[call];
}

/* A function that does what the real one does, unless it is to fail. */
#define PASS(name, parameters, arguments)                                                          \
	static CK_RV wrap_##name parameters                                                        \
	{                                                                                          \
		CK_RV rv = fault(FAULT_##name);                                                    \
                                                                                                   \
		return rv == CKR_OK ? real->name arguments : rv;                                   \
	}

PASS(C_Initialize, (void *args), (args))
PASS(C_GetSlotList, (CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n), (present, slots, n))
PASS(C_OpenSession,
	(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE *session),
	(slot, flags, data, notify, session))
PASS(C_Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len),
	(s, user, pin, len))
PASS(C_FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *match, CK_ULONG n), (s, match, n))
PASS(C_FindObjects, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n),
	(s, objects, max, n))
PASS(C_CreateObject,
	(CK_SESSION_HANDLE s, CK_ATTRIBUTE *attributes, CK_ULONG n, CK_OBJECT_HANDLE *object),
	(s, attributes, n, object))

static CK_RV wrap_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = fault(FAULT_C_GetTokenInfo);

	if (rv == CKR_OK)
		rv = real->C_GetTokenInfo(slot, info);
	if (rv == CKR_OK)
		info->flags |= faults.token_flags;
	return rv;
}

static CK_RV wrap_C_GetAttributeValue(
	CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG n)
{
	CK_RV rv = fault(FAULT_C_GetAttributeValue);

	if (rv == CKR_OK)
		rv = real->C_GetAttributeValue(s, object, attributes, n);
	for (CK_ULONG i = 0; faults.lie && i < n; i++)
		attributes[i].ulValueLen = faults.lie;
	return rv;
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
	CK_RV rv = fault(FAULT_C_GenerateKeyPair);

	if (rv == CKR_OK)
		rv = real->C_GenerateKeyPair(s, mechanism, public, n_public, private, n_private,
			public_key, private_key);
	return rv == CKR_OK && faults.half_pairs ? half_pair(s, *public_key) : rv;
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
	CK_RV rv = fault(FAULT_C_SignInit);

	faults.last_mechanism = mechanism->mechanism;
	if (rv == CKR_OK && refused(mechanism))
		rv = CKR_MECHANISM_INVALID;
	return rv == CKR_OK ? real->C_SignInit(s, mechanism, key) : rv;
}

/* A signature that fails ends the operation, too. */
static CK_RV wrap_C_Sign(CK_SESSION_HANDLE s, unsigned char *data, CK_ULONG data_len,
	unsigned char *signature, CK_ULONG *len)
{
	CK_RV failed = fault(FAULT_C_Sign);
	CK_RV rv = real->C_Sign(s, data, data_len, signature, len);

	if (rv == CKR_OK && signature && faults.spoil_signatures)
		signature[*len / 2] ^= 1;
	return failed == CKR_OK ? rv : failed;
}

static CK_RV wrap_C_DestroyObject(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object)
{
	CK_RV rv = fault(FAULT_C_DestroyObject);

	if (rv == CKR_OK && !faults.keep_objects)
		rv = real->C_DestroyObject(s, object);
	return rv;
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
	ours = *real;
#define FAULT_SET(name) ours.name = wrap_##name;
	FAULT_CALLS(FAULT_SET)
#undef FAULT_SET
	*list = &ours;
	return CKR_OK;
}
