/*
 * What the plan of an organisation allows.
 */
#ifndef ECP_ORGANISATION_PLAN_H
#define ECP_ORGANISATION_PLAN_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "identity/setting.h"

typedef struct EcpPlanLimit
{
	char		plan[NAMEDATALEN];	/* free where none was set */
	EcpSetting	limit;
} EcpPlanLimit;

/*
 * The plan of an organisation at a moment, and the territory's setting <name>_<plan>
 * in force then.  Inside SPI as the owner.
 */
extern EcpPlanLimit ecp_organisation_limit(int32 territory, const pg_uuid_t *organisation, const char *name, TimestampTz moment);

#endif							/* ECP_ORGANISATION_PLAN_H */
