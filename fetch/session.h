/*
 * One conversation with scm-agent, from the first request to the end of the socket: either an
 * account and then requests to SCM, or probes of servers and of published files. Never both in one
 * process: what holds the credential talks to SCM alone.
 */
#ifndef FETCH_SESSION_H
#define FETCH_SESSION_H

/* Serves the socket until its other end is closed, or says something out of order. */
void session_run(int fd);

#endif
