/*
 * What a verification of the audit found, as rows of its answer.
 */
#ifndef ECP_FINDING_H
#define ECP_FINDING_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"
#include "utils/uuid.h"

#define ECP_FINDINGS_MAX 1000

typedef struct EcpFindings
{
	ReturnSetInfo *result;
	int64		faults;			/* all of them, listed or not */
} EcpFindings;

/* Where something was found; zero, NULL and false where that is not known. */
typedef struct EcpPlace
{
	int64		position;
	const pg_uuid_t *event;
	bool		has_time;
	TimestampTz at;
} EcpPlace;

/* A row that is a fault, unless there were too many; place may be NULL. */
extern void ecp_finding_fault(EcpFindings *findings, const char *finding, const EcpPlace *place, const char *detail);

/* A row that is none. */
extern void ecp_finding_note(EcpFindings *findings, const char *finding, const EcpPlace *place, const char *detail);

#endif							/* ECP_FINDING_H */
