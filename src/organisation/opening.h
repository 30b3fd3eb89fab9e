/*
 * When an organisation is open.
 */
#ifndef ECP_OPENING_H
#define ECP_OPENING_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/uuid.h"

/*
 * Whether an organisation that states its hours does not open on a day of its
 * territory: one that states none is not closed.  In whatever state it is.  Inside SPI as the owner.
 */
extern bool ecp_opening_is_closed_on(int32 territory, const pg_uuid_t *organisation, DateADT day);

typedef struct EcpOpening
{
	TimestampTz opens;
	TimestampTz closes;
} EcpOpening;

/*
 * The spans of some days in order, as many as there is room for; whether it states hours
 * at all.  In whatever state it is.  Inside SPI as the owner.
 */
extern bool ecp_opening_spans(int32 territory, const pg_uuid_t *organisation, DateADT first, DateADT last,
							  EcpOpening *spans, int room, int *count);

#endif							/* ECP_OPENING_H */
