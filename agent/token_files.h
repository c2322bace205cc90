/*
 * Tokens that are files, such as SoftHSM's: each object is a file that its maker alone may read,
 * which is the agent, and the workers of a server find no key. object_dir of a [token:NAME] names
 * their directory; everything in it is given to the group that the directory has, for reading.
 */
#ifndef AGENT_TOKEN_FILES_H
#define AGENT_TOKEN_FILES_H

#include "agent/conf.h"

/*
 * Gives the directory's group the right to read each file below it and to enter each directory,
 * three levels deep; what has it already is not touched. Nothing without object_dir. ERR_CONFIG
 * when others than root could change what is in it, so that a file could be put there which is none
 * of the token's; ERR_IO.
 */
MUST_USE bool token_files_share(const struct conf_token *token, struct err *err);

#endif
