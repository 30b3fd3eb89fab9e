/*
 * Whether a person is being erased.
 *
 * Erasure removes rows that nobody else may remove and writes rows of people
 * who may not write them themselves.  While it runs, guards let a DELETE pass,
 * nobody counts as the caller, and the audit notes no single rows: one event
 * says that somebody was erased.  Only privacy/erase.c turns this on, around
 * statements of its own.
 */
#ifndef ECP_ERASING_H
#define ECP_ERASING_H

#include "postgres.h"

extern bool ecp_is_erasing(void);

/* Calls the step while erasing; off again afterwards, by an error too. */
extern void ecp_erasing_run(void (*step) (void *), void *arg);

#endif							/* ECP_ERASING_H */
