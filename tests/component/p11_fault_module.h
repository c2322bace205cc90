/*
 * A PKCS#11 module that is SoftHSM, but for what a test tells it to do wrong. The test loads it as
 * the keystore does, and reaches `faults` in the same process by dlsym(RTLD_DEFAULT ...).
 */
#ifndef P11_FAULT_MODULE_H
#define P11_FAULT_MODULE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

/* The functions that can fail. */
#define FAULT_CALLS(X)                                                                             \
	X(C_Initialize)                                                                            \
	X(C_GetSlotList)                                                                           \
	X(C_GetTokenInfo)                                                                          \
	X(C_OpenSession)                                                                           \
	X(C_Login)                                                                                 \
	X(C_FindObjectsInit)                                                                       \
	X(C_FindObjects)                                                                           \
	X(C_GetAttributeValue)                                                                     \
	X(C_GenerateKeyPair)                                                                       \
	X(C_SignInit)                                                                              \
	X(C_Sign)                                                                                  \
	X(C_CreateObject)                                                                          \
	X(C_DestroyObject)

enum fault_call {
#define FAULT_ENUM(name) FAULT_##name,
	FAULT_CALLS(FAULT_ENUM)
#undef FAULT_ENUM
		FAULT_COUNT
};

struct faults {
	CK_RV rv[FAULT_COUNT];		  /* what each call of a function returns, unless CKR_OK */
	unsigned calls[FAULT_COUNT];	  /* how often each was called */
	unsigned fail_at;		  /* the n-th call of any, from 1; 0: none */
	CK_RV fail_rv;			  /* what that call returns */
	unsigned seen;			  /* calls of any so far */
	bool no_raw_rsa;		  /* CKM_RSA_X_509 is refused, as many HSMs do */
	CK_MECHANISM_TYPE no_hash;	  /* PSS with it is refused, unless 0 */
	bool half_pairs;		  /* C_GenerateKeyPair removes the public key and fails */
	bool spoil_signatures;		  /* C_Sign changes a bit */
	bool keep_objects;		  /* C_DestroyObject does nothing, and says CKR_OK */
	CK_FLAGS token_flags;		  /* set in each CK_TOKEN_INFO */
	CK_ULONG lie;			  /* the length of each attribute, unless 0 */
	CK_MECHANISM_TYPE last_mechanism; /* of C_SignInit */
};

#endif
