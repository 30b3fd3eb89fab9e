/*
 * Linking events; see link.h.
 *
 * An event waits in audit_pending until the transaction that appended it has
 * committed and a tick comes by.  So nobody who appends waits for anybody, and
 * the order of the chain is that in which events became visible: by (at, id)
 * within a batch; one of a long transaction comes later.  What waits is a row
 * and not a number of a transaction, so it survives a dump.
 *
 * A row that waits for an event that is not there is left where it is, for
 * verify_audit() to report, and those after it are linked.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "audit/checkpoint.h"
#include "audit/event.h"
#include "audit/link.h"
#include "common/due.h"
#include "common/plan.h"
#include "crypto/audit_mac.h"

static EcpPlan waiting_territories =
ECP_PLAN("WITH RECURSIVE t AS ((SELECT territory_id FROM ecopanier_private.audit_pending ORDER BY 1 LIMIT 1) "
		 "UNION ALL SELECT (SELECT p.territory_id FROM ecopanier_private.audit_pending p "
		 "WHERE p.territory_id > t.territory_id ORDER BY 1 LIMIT 1) FROM t WHERE t.territory_id IS NOT NULL) "
		 "SELECT territory_id FROM t WHERE territory_id IS NOT NULL");

/* A minute's events share a link, so that a checkpoint is not signed for each. */
static EcpPlan next_link =
ECP_PLAN("SELECT min(p.at) + interval '1 minute' FROM ecopanier.territory t CROSS JOIN LATERAL ("
		 "SELECT at FROM ecopanier_private.audit_pending WHERE territory_id = t.id ORDER BY at LIMIT 1) p",
		 TIMESTAMPTZOID);

static EcpPlan last_link =
ECP_PLAN("SELECT position, digest FROM ecopanier_private.audit_link WHERE territory_id = $1 ORDER BY position DESC LIMIT 1",
		 INT4OID);

/* OFFSET 0 keeps the planner from joining all events for a batch of them. */
static EcpPlan waiting_events =
ECP_PLAN("SELECT p.at, p.id, e.* FROM (SELECT territory_id, at, id FROM ecopanier_private.audit_pending "
		 "WHERE territory_id = $1 AND (at, id) > ($3, $4) ORDER BY at, id LIMIT $2) p LEFT JOIN LATERAL (SELECT " ECP_EVENT_SELECT ", e.mac "
		 "FROM ecopanier.audit_event e WHERE e.territory_id = p.territory_id AND e.at = p.at AND e.id = p.id OFFSET 0) e ON true "
		 "ORDER BY p.at, p.id",
		 INT4OID, INT4OID, TIMESTAMPTZOID, UUIDOID);

static EcpPlan insert_links =
ECP_PLAN("INSERT INTO ecopanier_private.audit_link (territory_id, position, at, event_id, digest) "
		 "SELECT $1, $2 + u.n, u.at, u.id, u.digest "
		 "FROM ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5)) WITH ORDINALITY AS u (at, id, digest, n)",
		 INT4OID, INT8OID, TIMESTAMPTZARRAYOID, UUIDARRAYOID, BYTEAARRAYOID);

static EcpPlan forget_waiting =
ECP_PLAN("DELETE FROM ecopanier_private.audit_pending p USING ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS u (at, id) "
		 "WHERE p.territory_id = $1 AND p.at = u.at AND p.id = u.id",
		 INT4OID, TIMESTAMPTZARRAYOID, UUIDARRAYOID);

/* A batch in the order of its places, with the digest at its end. */
typedef struct Batch
{
	int			count;
	Datum	   *at;
	Datum	   *ids;
	Datum	   *digests;
	uint8		digest[ECP_AUDIT_DIGEST_BYTES];
} Batch;

/* Up to where a turn has looked at what waits. */
typedef struct Reached
{
	TimestampTz at;
	pg_uuid_t	id;
} Reached;

/* The place and digest that the chain ends with; 0 and zero bytes where it is empty. */
static int64
read_end(Datum territory, uint8 digest[ECP_AUDIT_DIGEST_BYTES])
{
	memset(digest, 0, ECP_AUDIT_DIGEST_BYTES);
	ecp_plan_run(&last_link, &territory, NULL, false, 1);
	if (SPI_processed == 0)
		return 0;
	ecp_audit_copy_bytes(ecp_plan_known(0, 2), digest, ECP_AUDIT_DIGEST_BYTES);
	return DatumGetInt64(ecp_plan_known(0, 1));
}

/* Digests the events of the last query that are there, and follow the given place. */
static void
digest_events(Batch *batch, int64 position)
{
	int			rows = (int) SPI_processed;
	StringInfoData bytes;
	Datum		values[2 + ECP_EVENT_COLUMNS + 1];
	bool		nulls[2 + ECP_EVENT_COLUMNS + 1];
	uint8		mac[ECP_AUDIT_MAC_BYTES];
	int			i;

	batch->count = 0;
	batch->at = palloc(sizeof(Datum) * rows);
	batch->ids = palloc(sizeof(Datum) * rows);
	batch->digests = palloc(sizeof(Datum) * rows);
	initStringInfo(&bytes);
	for (i = 0; i < rows; i++)
	{
		bytea	   *digest = palloc(VARHDRSZ + ECP_AUDIT_DIGEST_BYTES);

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		if (nulls[2])
			continue;			/* no such event */
		ecp_event_bytes(&bytes, values + 2, nulls + 2);
		ecp_audit_copy_bytes(values[2 + ECP_EVENT_COLUMNS], mac, ECP_AUDIT_MAC_BYTES);
		ecp_audit_digest(batch->digest, position + batch->count + 1, mac, (uint8 *) bytes.data, bytes.len, batch->digest);
		SET_VARSIZE(digest, VARHDRSZ + ECP_AUDIT_DIGEST_BYTES);
		memcpy(VARDATA(digest), batch->digest, ECP_AUDIT_DIGEST_BYTES);
		batch->at[batch->count] = values[0];
		batch->ids[batch->count] = values[1];
		batch->digests[batch->count++] = PointerGetDatum(digest);
	}
}

/* Gives the events of a batch their places after the given one. */
static void
write_batch(int32 territory, const Batch *batch, int64 position)
{
	Datum		values[5] = {Int32GetDatum(territory), Int64GetDatum(position)};

	values[2] = PointerGetDatum(construct_array(batch->at, batch->count, TIMESTAMPTZOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[3] = PointerGetDatum(construct_array(batch->ids, batch->count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
	values[4] = PointerGetDatum(construct_array(batch->digests, batch->count, BYTEAOID, -1, false, TYPALIGN_INT));
	ecp_plan_run(&insert_links, values, NULL, false, 0);
	values[1] = values[2];
	values[2] = values[3];
	ecp_plan_run(&forget_waiting, values, NULL, false, 0);
	ecp_checkpoint_add(territory, position + batch->count, batch->digest);
}

/* Links what waits next; returns how many, and says whether more may wait. */
static int
link_batch(int32 territory, Reached *reached, bool *more)
{
	Datum		values[4] = {Int32GetDatum(territory), Int32GetDatum(ECP_LINK_BATCH)};
	Batch		batch;
	int64		position;

	position = read_end(values[0], batch.digest);
	values[2] = TimestampTzGetDatum(reached->at);
	values[3] = UUIDPGetDatum(&reached->id);
	ecp_plan_run(&waiting_events, values, NULL, false, 0);
	*more = SPI_processed == ECP_LINK_BATCH;
	if (SPI_processed == 0)
		return 0;
	reached->at = DatumGetTimestampTz(ecp_plan_known(SPI_processed - 1, 1));
	reached->id = *DatumGetUUIDP(ecp_plan_known(SPI_processed - 1, 2));
	digest_events(&batch, position);
	if (batch.count > 0)
		write_batch(territory, &batch, position);
	return batch.count;
}

static int64
link_territory(int32 territory, MemoryContext work)
{
	MemoryContext old = MemoryContextSwitchTo(work);
	Reached		reached = {.at = DT_NOBEGIN};
	int64		linked = 0;
	int			batches = 0;
	bool		more;

	do
	{
		int			done = link_batch(territory, &reached, &more);

		linked += done;
		batches += done > 0;
		SPI_freetuptable(SPI_tuptable);
		MemoryContextReset(work);
		CHECK_FOR_INTERRUPTS();
	} while (more && batches < ECP_LINK_BATCHES);
	MemoryContextSwitchTo(old);
	return linked;
}

TimestampTz
ecp_audit_link_next(void)
{
	return ecp_due_next(&next_link);
}

int64
ecp_audit_link_due(int limit pg_attribute_unused())
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "ecopanier audit link", ALLOCSET_DEFAULT_SIZES);
	int32	   *territories;
	int64		linked = 0;
	uint64		count;
	uint64		i;

	ecp_plan_run(&waiting_territories, NULL, NULL, false, 0);
	count = SPI_processed;
	territories = palloc(sizeof(int32) * (count + 1));
	for (i = 0; i < count; i++)
		territories[i] = DatumGetInt32(ecp_plan_known(i, 1));
	for (i = 0; i < count; i++)
		linked += link_territory(territories[i], work);
	return linked;
}
