/*
 * When an organisation is open.
 */
#ifndef ECP_OPENING_H
#define ECP_OPENING_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

/*
 * Whether an organisation that states its hours does not open on a day of its
 * territory: one that states none is not closed.  In whatever state it is.  Inside SPI as the owner.
 */
extern bool ecp_opening_is_closed_on(int32 territory, const pg_uuid_t *organisation, DateADT day);

#endif							/* ECP_OPENING_H */
