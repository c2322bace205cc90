/*
 * A PKCS#11 module that is SoftHSM, but for what a test tells it to do wrong. A test in the same
 * process reaches `faults` by dlsym(RTLD_DEFAULT ...); another process is told by two variables of
 * its environment:
 *
 *	FAULT_CONTROL	a file, read when the module is loaded, at most one line of
 *			"PROGRAM CALL NTH[+] RV HOW": in PROGRAM (or "any"), the NTH call of CALL
 *(or of "any"), with "+" all later ones too, returns RV; HOW as in enum fault_how FAULT_LOG	a
 *file that is there: a line "PROGRAM CALL" is appended for each call
 */
#ifndef P11_FAULT_MODULE_H
#define P11_FAULT_MODULE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

/* The functions that can fail: all that scm-agent uses. */
#define FAULT_CALLS(X)                                                                             \
	X(C_Initialize)                                                                            \
	X(C_Finalize)                                                                              \
	X(C_GetInfo)                                                                               \
	X(C_GetSlotList)                                                                           \
	X(C_GetSlotInfo)                                                                           \
	X(C_GetTokenInfo)                                                                          \
	X(C_OpenSession)                                                                           \
	X(C_GetSessionInfo)                                                                        \
	X(C_CloseSession)                                                                          \
	X(C_Login)                                                                                 \
	X(C_FindObjectsInit)                                                                       \
	X(C_FindObjects)                                                                           \
	X(C_FindObjectsFinal)                                                                      \
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
		FAULT_COUNT /* any of them */
};

enum fault_how {
	FAULT_BEFORE, /* returns fail_rv instead of doing its work; with CKR_OK it is a lie */
	FAULT_AFTER,  /* does its work, and says that it failed */
	FAULT_CLOSE,  /* the token was out and is back: no session of before is valid */
	FAULT_SLOW,   /* sleeps for fail_rv milliseconds, then does its work */
	FAULT_HANG,   /* never returns */
};

struct faults {
	/* whatever comes together */
	CK_RV rv[FAULT_COUNT];	     /* what each call of a function returns, unless CKR_OK */
	unsigned calls[FAULT_COUNT]; /* how often each was called */
	/* one fault at one point */
	unsigned fail_at;	   /* the n-th call, from 1; 0: none */
	enum fault_call fail_call; /* of this function, or of all (FAULT_COUNT) */
	CK_RV fail_rv;
	enum fault_how fail_how;
	bool fail_ever; /* all later ones too */
	unsigned seen;	/* calls that fail_call means so far */
	/* inabilities and lies */
	bool no_raw_rsa;		  /* CKM_RSA_X_509 is refused, as many HSMs do */
	CK_MECHANISM_TYPE no_hash;	  /* PSS with it is refused, unless 0 */
	bool half_pairs;		  /* C_GenerateKeyPair removes the public key and fails */
	bool spoil_signatures;		  /* C_Sign changes a bit */
	bool spoil_public;		  /* ... of each modulus and point that is read */
	bool keep_objects;		  /* C_DestroyObject does nothing, and says CKR_OK */
	bool endless;			  /* C_FindObjects never comes to an end */
	bool one_handle;		  /* all objects have the same handle */
	bool fickle;			  /* every second answer about objects is another */
	CK_FLAGS token_flags;		  /* set in each CK_TOKEN_INFO */
	CK_ULONG lie;			  /* the length of each attribute, unless 0 */
	CK_ULONG signature_len;		  /* the length of each signature, unless 0 */
	CK_ULONG slots;			  /* how many C_GetSlotList says there are, unless 0 */
	const char *label;		  /* of the token, 32 bytes, unless NULL */
	CK_MECHANISM_TYPE last_mechanism; /* of C_SignInit */
	/* the list itself; for the next C_GetFunctionList */
	CK_RV list_rv;
	bool no_list;		    /* says CKR_OK and gives NULL */
	unsigned char list_version; /* major version, unless 0 */
	bool missing[FAULT_COUNT];  /* the pointer is NULL */
};

#endif
