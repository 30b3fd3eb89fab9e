/*
 * Charging for a PIN before it is compared.
 *
 * A station could try all PINs if a rollback took its tries back.  So a try is
 * written outside of transactions, with what the server has for COPY FREEZE: a
 * row inserted frozen is visible to every snapshot at once and stays when its
 * transaction aborts.  Its WAL is flushed before the PIN is looked at, so that
 * a crash does not forget it either.  It is an ordinary row to VACUUM, to
 * pg_dump and to a physical standby.
 *
 * Rows are only ever inserted.  Their numbers are serial because a lock of our
 * own, on the reservation and station, is held from reading the last number to
 * writing the next, and let go at once: a station that leaves its transaction
 * open holds nothing that another station needs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "pickup/guess.h"

/* Advisory locks of users have 1 or 2 here, so nobody can take this one by hand. */
#define GUESS_LOCK_CLASS 0xEC0

typedef struct Guess
{
	int32		territory;
	const pg_uuid_t *reservation;
	const pg_uuid_t *station;
	int32		round;
	int32		number;
} Guess;

static EcpPlan last_number =
ECP_PLAN("SELECT coalesce(max(number), 0) FROM ecopanier_private.pickup_guess "
		 "WHERE territory_id = $1 AND reservation_id = $2 AND station_id = $3 AND round = $4",
		 INT4OID, UUIDOID, UUIDOID, INT4OID);

static void
set_lock_tag(LOCKTAG *tag, const Guess *guess)
{
	uint32		reservation = hash_bytes(guess->reservation->data, UUID_LEN);
	uint32		station = hash_bytes(guess->station->data, UUID_LEN);

	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, reservation, station, GUESS_LOCK_CLASS);
}

static int32
read_last_number(const Guess *guess)
{
	Datum		values[4] = {Int32GetDatum(guess->territory), UUIDPGetDatum(guess->reservation),
	UUIDPGetDatum(guess->station), Int32GetDatum(guess->round)};

	ecp_plan_run(&last_number, values, NULL, false, 1);
	return DatumGetInt32(ecp_plan_known(0, 1));
}

static HeapTuple
form_row(Relation relation, const Guess *guess)
{
	TupleDesc	desc = RelationGetDescr(relation);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));

	memset(nulls, true, desc->natts * sizeof(bool));
#define SET_COLUMN(name, value) \
	do { \
		int			column = ecp_row_column(desc, name); \
		values[column] = (value); \
		nulls[column] = false; \
	} while (0)
	SET_COLUMN("territory_id", Int32GetDatum(guess->territory));
	SET_COLUMN("reservation_id", UUIDPGetDatum(guess->reservation));
	SET_COLUMN("station_id", UUIDPGetDatum(guess->station));
	SET_COLUMN("round", Int32GetDatum(guess->round));
	SET_COLUMN("number", Int32GetDatum(guess->number));
	SET_COLUMN("at", TimestampTzGetDatum(ecp_clock_now()));
#undef SET_COLUMN
	return heap_form_tuple(desc, values, nulls);
}

/* Adds the row's index entries; they are outside of transactions anyway. */
static void
insert_index_entries(Relation relation, HeapTuple row)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
	EState	   *estate = CreateExecutorState();
	ListCell   *cell;

	ExecStoreHeapTuple(row, slot, false);
	foreach(cell, RelationGetIndexList(relation))
	{
		Relation	index = index_open(lfirst_oid(cell), RowExclusiveLock);
		IndexInfo  *info = BuildIndexInfo(index);
		Datum		values[INDEX_MAX_KEYS];
		bool		nulls[INDEX_MAX_KEYS];

		FormIndexDatum(info, slot, estate, values, nulls);
		index_insert(index, values, nulls, &row->t_self, relation,
					 index->rd_index->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, info);
		index_close(index, RowExclusiveLock);
	}
	FreeExecutorState(estate);
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Writes the row so that nothing takes it back, and waits until it is on disk.
 * A cancellation waits meanwhile: it would leave a row that no index knows.
 */
static void
insert_frozen(const Guess *guess)
{
	Oid			schema = get_namespace_oid("ecopanier_private", false);
	Relation	relation = table_open(get_relname_relid("pickup_guess", schema), RowExclusiveLock);
	HeapTuple	row = form_row(relation, guess);

	HOLD_INTERRUPTS();
	heap_insert(relation, row, GetCurrentCommandId(true), HEAP_INSERT_FROZEN, NULL);
	insert_index_entries(relation, row);
	RESUME_INTERRUPTS();
	table_close(relation, RowExclusiveLock);
	XLogFlush(XactLastRecEnd);
}

int32
ecp_guess_charge(int32 territory, const pg_uuid_t *reservation, const pg_uuid_t *station, int32 round, int64 limit)
{
	Guess		guess = {territory, reservation, station, round, 0};
	LOCKTAG		tag;

	set_lock_tag(&tag, &guess);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
	guess.number = read_last_number(&guess) + 1;
	if (guess.number <= limit)
		insert_frozen(&guess);
	(void) LockRelease(&tag, ExclusiveLock, false);
	return guess.number;
}
