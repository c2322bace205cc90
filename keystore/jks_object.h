/*
 * The end of a secret key in a JCEKS file: there it is a javax.crypto.SealedObject, written by Java
 * Object Serialization (its specification, chapter 6), without a length before it. This finds where
 * it ends; what is in it is not read. Private to this room.
 */
#ifndef KEYSTORE_JKS_OBJECT_H
#define KEYSTORE_JKS_OBJECT_H

#include "keystore/jks_in.h"

/*
 * Passes over one serialized object of class SealedObject, or of the subclass that the JDK uses.
 * Nothing else that a stream may hold is let through.
 */
MUST_USE bool jks_object_skip(struct jks_in *in);

#endif
