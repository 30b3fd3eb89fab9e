/*
 * Identifiers: UUID version 8 (RFC 9562, section 5.8) laid out as
 *
 *   bytes 0-5    milliseconds since 1970, so that new rows lie together
 *   byte  6      version 8, then bits 19-16 of the territory
 *   byte  7      bits 15-8 of the territory
 *   byte  8      variant (two bits), then bits 7-2 of the territory
 *   byte  9      bits 1-0 of the territory, then 6 random bits
 *   bytes 10-15  48 random bits
 *
 * so that an identifier alone finds its row in tables whose keys begin with
 * the territory, and rows of one territory can be moved to a node of their own.
 */
#include "postgres.h"

#include <sys/time.h>

#include "fmgr.h"
#include "port.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_new_id_sql);
PG_FUNCTION_INFO_V1(ecp_territory_of_sql);

#define RANDOM_BYTES 7			/* of an identifier */
#define RANDOM_STOCK 32			/* identifiers for which random bytes are fetched at once */

/* Fetching seven random bytes costs as much as fetching hundreds, and more than an index entry. */
static void
take_random(unsigned char *bytes)
{
	static unsigned char stock[RANDOM_STOCK][RANDOM_BYTES];
	static int	left = 0;

	if (left == 0)
	{
		if (!pg_strong_random(stock, sizeof(stock)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate random bytes")));
		left = RANDOM_STOCK;
	}
	memcpy(bytes, stock[--left], RANDOM_BYTES);
}

/* An identifier of a moment, milliseconds since 1970. */
static void
make_id(int32 territory, uint64 ms, pg_uuid_t *id)
{
	int			i;

	take_random(&id->data[9]);
	for (i = 0; i < 6; i++)
		id->data[i] = (ms >> (40 - 8 * i)) & 0xff;
	id->data[6] = 0x80 | ((territory >> 16) & 0x0f);
	id->data[7] = (territory >> 8) & 0xff;
	id->data[8] = 0x80 | ((territory >> 2) & 0x3f);
	id->data[9] = ((territory & 0x03) << 6) | (id->data[9] & 0x3f);
}

void
ecp_new_id(int32 territory, pg_uuid_t *id)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	make_id(territory, (uint64) now.tv_sec * 1000 + now.tv_usec / 1000, id);
}

void
ecp_new_id_at(int32 territory, TimestampTz moment, pg_uuid_t *id)
{
	make_id(territory, (uint64) (moment / 1000 + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * INT64CONST(86400000)), id);
}

int32
ecp_territory_of(const pg_uuid_t *id)
{
	const unsigned char *byte = id->data;

	if ((byte[6] & 0xf0) != 0x80 || (byte[8] & 0xc0) != 0x80)
		return 0;
	return (byte[6] & 0x0f) << 16 | byte[7] << 8 | (byte[8] & 0x3f) << 2 | byte[9] >> 6;
}

bool
ecp_id_equal(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a->data, b->data, UUID_LEN) == 0;
}

Datum
ecp_new_id_sql(PG_FUNCTION_ARGS)
{
	int32		territory = PG_GETARG_INT32(0);
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	if (territory < 1 || territory > ECP_TERRITORY_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("territory %d is out of range", territory),
				 errhint("A territory's number is from 1 to %d.", ECP_TERRITORY_MAX)));
	ecp_new_id(territory, id);
	PG_RETURN_UUID_P(id);
}

Datum
ecp_territory_of_sql(PG_FUNCTION_ARGS)
{
	int32		territory = ecp_territory_of(PG_GETARG_UUID_P(0));

	if (territory == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not an identifier of ecopanier",
						DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(0)))),
				 errhint("Identifiers are made by ecopanier.new_id().")));
	PG_RETURN_INT32(territory);
}
