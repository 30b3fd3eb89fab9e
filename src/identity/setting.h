/*
 * The dated parameters of a territory.
 */
#ifndef ECP_SETTING_H
#define ECP_SETTING_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef struct EcpSetting
{
	int64		value;			/* in the unit of setting_definition, rounded */
	int32		version;
} EcpSetting;

/*
 * The value in force at a moment, remembered by the backend.  Runs inside SPI as
 * the owner (ecp_plan_begin); an internal error where the parameter is not defined.
 */
extern EcpSetting ecp_setting_at(int32 territory, const char *name, TimestampTz moment);

#endif							/* ECP_SETTING_H */
