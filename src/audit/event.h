/*
 * An event of the audit as the bytes that its MAC and its link cover.
 */
#ifndef ECP_EVENT_H
#define ECP_EVENT_H

#include "postgres.h"

#include "lib/stringinfo.h"

/* The columns that are covered, in this order, as a list for SELECT: all but reason, its salt and the MAC. */
#define ECP_EVENT_COLUMNS 12
#define ECP_EVENT_SELECT \
	"e.territory_id, e.id, e.at, e.actor_kind, e.actor_id, e.actor_login, e.organisation_id, e.action, " \
	"e.subject_id, e.reason_digest, e.facts, e.key_id"

/* Replaces the buffer's content by the bytes of an event, whose values are in that order. */
extern void ecp_event_bytes(StringInfo out, const Datum *values, const bool *nulls);

/* What an event says of its reason, whose digest it covers. */
typedef enum EcpReasonState
{
	ECP_REASON_FITS,			/* or none was given */
	ECP_REASON_WITHHELD,		/* taken away, its digest is there */
	ECP_REASON_DIFFERS
} EcpReasonState;

/* From reason, salt and digest, each with its null. */
extern EcpReasonState ecp_event_reason(const Datum values[3], const bool nulls[3]);

/* Whether an event that is being inserted comes from ecp_audit(), and not from a statement of somebody's. */
extern bool ecp_audit_is_appending(void);

#endif							/* ECP_EVENT_H */
