/*
 * Free baskets that were not fetched, and what follows for the person (rule D15).
 */
#ifndef ECP_NO_SHOW_H
#define ECP_NO_SHOW_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

typedef struct EcpStanding
{
	bool		counted;		/* the territory's policy is on; if not, the rest is 0 */
	int32		version;		/* of the setting no_show_policy */
	int			no_shows;		/* that count now */
	bool		reduced;
	int32		reduced_units;	/* what the day's units are reduced to */
	int32		reduced_version;	/* of the setting no_show_reduced_units */
	TimestampTz reduced_until;	/* exclusive */
	bool		paused;
	TimestampTz paused_until;	/* exclusive */
} EcpStanding;

/*
 * How a person stands at a moment.  No statement is run where the policy is off,
 * as it is by default.  Inside SPI as the owner.
 */
extern void ecp_no_show_standing(int32 territory, const pg_uuid_t *member, TimestampTz moment, EcpStanding *standing);

/* Raises ZE128 where free claims are paused. */
extern void ecp_no_show_check(const EcpStanding *standing);

/* Raises ZE107: there is nothing to forgive. */
extern void ecp_no_show_raise_none(void) pg_attribute_noreturn();

#endif							/* ECP_NO_SHOW_H */
