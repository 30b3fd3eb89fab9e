/*
 * Identifiers that carry their territory.
 */
#ifndef ECP_ID_H
#define ECP_ID_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#define ECP_TERRITORY_MAX 1048575	/* 20 bits */

/* A new identifier; the territory must be 1..ECP_TERRITORY_MAX. */
extern void ecp_new_id(int32 territory, pg_uuid_t *id);

/* The same as if made at another moment, where that of its making would tell something. */
extern void ecp_new_id_at(int32 territory, TimestampTz moment, pg_uuid_t *id);

/* The territory in an identifier, 0 where it is not one of ours. */
extern int32 ecp_territory_of(const pg_uuid_t *id);

/* Whether two identifiers are the same. */
extern bool ecp_id_equal(const pg_uuid_t *a, const pg_uuid_t *b);

#endif							/* ECP_ID_H */
