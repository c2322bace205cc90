/*
 * The child's end of signer.h, which main() calls before it looks at anything else.
 */
#ifndef AGENT_SIGNER_WORK_H
#define AGENT_SIGNER_WORK_H

/*
 * Reads one job from the socket that it was started with, becomes the job's user, tries the key and
 * answers. Whoever calls the program so by hand gets nothing that he did not have: it acts on a
 * socket whose other end has its own user, and it can't become another without being root already.
 * Gives the exit status.
 */
int signer_main(void);

#endif
