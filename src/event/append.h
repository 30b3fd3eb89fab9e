/*
 * The transactional outbox: what happened, written in the transaction in which
 * it did, and told later to whoever is concerned.
 */
#ifndef ECP_EVENT_APPEND_H
#define ECP_EVENT_APPEND_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * Appends an event, inside SPI as the owner; the worker is woken at commit.
 *
 * kind: as in "reservation.held"; its first word names the subject's table.
 * subject: the row; events of one subject are ordered where their writers hold a
 * lock of its row.  organisation, member: whom it concerns, or NULL.  facts: text
 * of a JSON object of ids, numbers and moments, nothing personal, or NULL.
 */
extern void ecp_event_append(int32 territory, const char *kind, const pg_uuid_t *subject,
							 const pg_uuid_t *organisation, const pg_uuid_t *member, const char *facts);

#endif							/* ECP_EVENT_APPEND_H */
