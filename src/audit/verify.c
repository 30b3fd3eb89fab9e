/*
 * verify_audit(): is the audit as it was written?
 *
 * One pass over links and events, joined by the server and read in the order
 * of the chain through a cursor.  For each event its MAC is made again (nobody
 * without the key file can make one) and its digest from the one before it
 * (nobody can change an event, a place or the order without changing all
 * digests after it).  Checkpoints, signed, say what the digest was at some
 * places; one that was given away finds even what somebody with the key has
 * made anew.  All of it is one snapshot, and nothing is written.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "audit/checkpoint.h"
#include "audit/event.h"
#include "audit/finding.h"
#include "audit/suspect.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"

#define FETCH_ROWS 1000
#define SIGNATURES_MAX 1000		/* the newest; each covers all before it by the chain */
#define KEYS_MAX 64

PG_FUNCTION_INFO_V1(ecp_verify_audit);

static EcpPlan chain =
ECP_PLAN("SELECT " ECP_EVENT_SELECT ", e.mac, e.reason, e.reason_salt, e.reason_digest, "
		 "l.position, l.at, l.event_id, l.digest, p.id IS NOT NULL "
		 "FROM (SELECT * FROM ecopanier_private.audit_link WHERE territory_id = $1) l "
		 "FULL JOIN (SELECT * FROM ecopanier.audit_event WHERE territory_id = $1) e ON e.at = l.at AND e.id = l.event_id "
		 "LEFT JOIN (SELECT * FROM ecopanier_private.audit_pending WHERE territory_id = $1) p ON p.at = e.at AND p.id = e.id "
		 "ORDER BY l.position NULLS LAST",
		 INT4OID);

static EcpPlan linked_again =
ECP_PLAN("SELECT l.position, l.at, l.event_id FROM ecopanier_private.audit_link l "
		 "JOIN (SELECT at, event_id, min(position) AS first FROM ecopanier_private.audit_link WHERE territory_id = $1 "
		 "GROUP BY at, event_id HAVING count(*) > 1) d ON d.at = l.at AND d.event_id = l.event_id "
		 "WHERE l.territory_id = $1 AND l.position <> d.first ORDER BY 1",
		 INT4OID);

static EcpPlan lost_waiting =
ECP_PLAN("SELECT p.at, p.id FROM ecopanier_private.audit_pending p WHERE p.territory_id = $1 AND NOT EXISTS "
		 "(SELECT FROM ecopanier.audit_event e WHERE e.territory_id = $1 AND e.at = p.at AND e.id = p.id) ORDER BY 1, 2",
		 INT4OID);

/* How many reasons the erasures of the territory say that they took. */
static EcpPlan withheld_reasons =
ECP_PLAN("SELECT coalesce(sum(CASE WHEN facts ->> 'reasons' ~ '^[0-9]{1,9}$' THEN (facts ->> 'reasons')::int END), 0)::int8 "
		 "FROM ecopanier.audit_event WHERE territory_id = $1 AND action = 'reasons_withheld'",
		 INT4OID);

/* Columns of "chain" after the event's. */
enum
{
	COLUMN_MAC = ECP_EVENT_COLUMNS,
	COLUMN_REASON,				/* with its salt and digest */
	COLUMN_POSITION = COLUMN_REASON + 3,
	COLUMN_LINK_AT,
	COLUMN_LINK_EVENT,
	COLUMN_DIGEST,
	COLUMN_WAITING,
	COLUMN_COUNT
};

typedef enum KeyState
{
	KEY_USABLE,
	KEY_MISSING,				/* in the ring, not in the file */
	KEY_FOREIGN					/* not in the ring */
} KeyState;

typedef struct KeySeen
{
	char		id[ECP_KEY_ID_SIZE];
	KeyState	state;
} KeySeen;

typedef struct Verifier
{
	EcpFindings findings;
	int32		territory;
	MemoryContext row_context;	/* reset after each fetch */
	MemoryContext context;		/* what is kept */
	StringInfoData bytes;
	KeySeen		keys[KEYS_MAX];
	int			key_count;
	EcpCheckpointCore *checkpoints;
	int			checkpoint_count;
	int			checkpoint_next;
	const EcpCheckpointCore *given;
	bool		given_reached;
	int64		position;		/* of the last link read */
	bool		before_known;
	uint8		before[ECP_AUDIT_DIGEST_BYTES]; /* its digest */
	int64		linked;
	int64		withheld;		/* reasons */
	int64		waiting;
	TimestampTz waiting_since;
	EcpSuspects misfits;		/* links that do not fit, with their events */
	EcpSuspects links;			/* without an event */
	EcpSuspects events;			/* without a link, and not waiting */
	EcpGaps		gaps;
} Verifier;

/* Whether MACs of the key can be made; says once where they cannot. */
static KeyState
find_key(Verifier *verifier, const char *id)
{
	KeySeen    *key;
	int			i;

	for (i = 0; i < verifier->key_count; i++)
		if (strcmp(verifier->keys[i].id, id) == 0)
			return verifier->keys[i].state;
	if (i == KEYS_MAX || strlen(id) >= ECP_KEY_ID_SIZE || !ecp_key_is_listed(id))
		return KEY_FOREIGN;
	key = &verifier->keys[verifier->key_count++];
	strlcpy(key->id, id, ECP_KEY_ID_SIZE);
	key->state = ecp_key_is_in_file(id) ? KEY_USABLE : KEY_MISSING;
	if (key->state == KEY_MISSING)
		ecp_finding_note(&verifier->findings, "missing_key", NULL,
						 psprintf("MACs of key %s are not checked: the key file lacks it", id));
	return key->state;
}

/* Takes an event's bytes, MAC and key; whether its reason is the one that the digest in them is of. */
static bool
read_event(Verifier *verifier, const Datum *values, const bool *nulls, EcpSuspect *row)
{
	char	   *key = nulls[ECP_EVENT_COLUMNS - 1] ? pstrdup("") : TextDatumGetCString(values[ECP_EVENT_COLUMNS - 1]);
	KeyState	state = find_key(verifier, key);
	EcpReasonState reason;

	ecp_event_bytes(&verifier->bytes, values, nulls);
	row->bytes = (uint8 *) verifier->bytes.data;
	row->len = verifier->bytes.len;
	if (!nulls[COLUMN_MAC])
		ecp_audit_copy_bytes(values[COLUMN_MAC], row->mac, ECP_AUDIT_MAC_BYTES);
	if (state != KEY_FOREIGN)
		strlcpy(row->key_id, key, ECP_KEY_ID_SIZE);
	row->mac_holds = state == KEY_MISSING ||
		(state == KEY_USABLE && ecp_audit_mac_holds(key, row->bytes, row->len, row->mac));
	if (state == KEY_MISSING)
		row->key_id[0] = '\0';
	reason = ecp_event_reason(values + COLUMN_REASON, nulls + COLUMN_REASON);
	verifier->withheld += reason == ECP_REASON_WITHHELD && row->mac_holds;
	return reason != ECP_REASON_DIFFERS;
}

static void
fault_at(Verifier *verifier, const char *finding, const EcpSuspect *row, const char *detail)
{
	EcpPlace	place = {.position = row->position, .event = &row->id, .has_time = true, .at = row->at};

	ecp_finding_fault(&verifier->findings, finding, &place, detail);
}

static void
keep(Verifier *verifier, EcpSuspects *suspects, const EcpSuspect *row)
{
	MemoryContext old = MemoryContextSwitchTo(verifier->context);

	if (ecp_suspect_add(suspects, row) == NULL)
		verifier->findings.faults++;	/* counted, not listed */
	MemoryContextSwitchTo(old);
}

/* Compares the digest with the checkpoints of its position. */
static void
check_checkpoints(Verifier *verifier, const EcpSuspect *row)
{
	while (verifier->checkpoint_next < verifier->checkpoint_count &&
		   verifier->checkpoints[verifier->checkpoint_next].position <= (uint64) row->position)
	{
		const EcpCheckpointCore *checkpoint = &verifier->checkpoints[verifier->checkpoint_next++];

		if (checkpoint->position == (uint64) row->position && !ecp_audit_digest_equal(checkpoint->digest, row->digest))
			fault_at(verifier, "broken_chain", row, "its digest is not that of the checkpoint kept for this position");
	}
	if (verifier->given && verifier->given->position == (uint64) row->position)
	{
		verifier->given_reached = true;
		if (!ecp_audit_digest_equal(verifier->given->digest, row->digest))
			fault_at(verifier, "checkpoint_mismatch", row,
					 "the chain is not the one that the given checkpoint was signed for: it was made anew");
	}
}

/* Notes the positions between the last link and this one. */
static void
note_gap(Verifier *verifier, int64 from, int64 to)
{
	EcpGaps    *gaps = &verifier->gaps;

	if (from > to)
		return;
	gaps->missing += to - from + 1;
	if (gaps->count < ECP_FINDINGS_MAX)
		gaps->items[gaps->count++] = (struct EcpGap) {from, to};
	verifier->before_known = false;
}

/* Judges an event at its place. */
static void
check_linked(Verifier *verifier, const Datum *values, const bool *nulls, EcpSuspect *row)
{
	uint8		digest[ECP_AUDIT_DIGEST_BYTES];
	bool		reason_fits = read_event(verifier, values, nulls, row);
	bool		fits = true;

	if (verifier->before_known)
	{
		ecp_audit_digest(verifier->before, row->position, row->mac, row->bytes, row->len, digest);
		fits = ecp_audit_digest_equal(digest, row->digest);
	}
	if (!row->mac_holds && fits && verifier->before_known)
		fault_at(verifier, "inserted", row,
				 "its MAC is not this database's, though its link fits: inserted, or changed before it was linked");
	else if (!row->mac_holds)
		fault_at(verifier, "changed", row, "its MAC is that of other content");
	else if (!reason_fits)
		fault_at(verifier, "changed", row, "its reason is not the one that its digest is of");
	else if (!fits)
	{
		memcpy(row->before, verifier->before, ECP_AUDIT_DIGEST_BYTES);
		keep(verifier, &verifier->misfits, row);
	}
}

static void
check_link(Verifier *verifier, const Datum *values, const bool *nulls)
{
	EcpSuspect	row = {.position = DatumGetInt64(values[COLUMN_POSITION])};

	row.at = DatumGetTimestampTz(values[COLUMN_LINK_AT]);
	row.id = *DatumGetUUIDP(values[COLUMN_LINK_EVENT]);
	ecp_audit_copy_bytes(values[COLUMN_DIGEST], row.digest, ECP_AUDIT_DIGEST_BYTES);
	if (row.position <= verifier->position)
		fault_at(verifier, "inserted", &row, "another link has this position");
	note_gap(verifier, verifier->position + 1, row.position - 1);
	if (nulls[0])
		keep(verifier, &verifier->links, &row);
	else
		check_linked(verifier, values, nulls, &row);
	check_checkpoints(verifier, &row);
	verifier->position = row.position;
	memcpy(verifier->before, row.digest, ECP_AUDIT_DIGEST_BYTES);
	verifier->before_known = true;
	verifier->linked++;
}

/* Judges an event that has no link. */
static void
check_unlinked(Verifier *verifier, const Datum *values, const bool *nulls)
{
	EcpSuspect	row = {.at = DatumGetTimestampTz(values[2]), .id = *DatumGetUUIDP(values[1])};
	bool		reason_fits;

	reason_fits = read_event(verifier, values, nulls, &row);
	if (!DatumGetBool(values[COLUMN_WAITING]))
	{
		keep(verifier, &verifier->events, &row);
		return;
	}
	if (verifier->waiting++ == 0 || row.at < verifier->waiting_since)
		verifier->waiting_since = row.at;
	if (!row.mac_holds)
		fault_at(verifier, "changed", &row, "it waits to be linked, and its MAC is that of other content");
	else if (!reason_fits)
		fault_at(verifier, "changed", &row, "it waits to be linked, and its reason is not the one that its digest is of");
}

/* Reads links and events through a cursor. */
static void
read_chain(Verifier *verifier)
{
	Datum		parameter = Int32GetDatum(verifier->territory);
	Portal		portal = ecp_plan_cursor(&chain, &parameter);
	Datum		values[COLUMN_COUNT];
	bool		nulls[COLUMN_COUNT];

	for (;;)
	{
		MemoryContext old;
		uint64		i;

		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		old = MemoryContextSwitchTo(verifier->row_context);
		for (i = 0; i < SPI_processed; i++)
		{
			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
			if (nulls[COLUMN_POSITION])
				check_unlinked(verifier, values, nulls);
			else
				check_link(verifier, values, nulls);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(verifier->row_context);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(portal);
}

/* What a query lists as position, time and event, or as time and event. */
static void
report_rows(Verifier *verifier, EcpPlan *plan, const char *finding, bool has_position, const char *detail)
{
	Datum		parameter = Int32GetDatum(verifier->territory);
	uint64		i;

	ecp_plan_run(plan, &parameter, NULL, true, 0);
	for (i = 0; i < SPI_processed; i++)
	{
		EcpSuspect	row = {.position = has_position ? DatumGetInt64(ecp_plan_known(i, 1)) : 0};

		row.at = DatumGetTimestampTz(ecp_plan_known(i, 1 + has_position));
		row.id = *DatumGetUUIDP(ecp_plan_known(i, 2 + has_position));
		fault_at(verifier, finding, &row, detail);
	}
}

/* Reasons that are gone without an erasure that says so. */
static void
check_withheld(Verifier *verifier)
{
	Datum		parameter = Int32GetDatum(verifier->territory);
	int64		told;

	ecp_plan_run(&withheld_reasons, &parameter, NULL, true, 1);
	told = DatumGetInt64(ecp_plan_known(0, 1));
	if (verifier->withheld > told)
		ecp_finding_fault(&verifier->findings, "changed", NULL,
						  psprintf(INT64_FORMAT " reasons are withheld, and erasures took " INT64_FORMAT, verifier->withheld, told));
}

/* The signatures of the newest checkpoints, and whether they reach the end of the chain. */
static void
check_kept_checkpoints(Verifier *verifier)
{
	int			count = verifier->checkpoint_count;
	int64		last = count > 0 ? (int64) verifier->checkpoints[count - 1].position : 0;
	int			i;

	for (i = Max(0, count - SIGNATURES_MAX); i < count; i++)
	{
		EcpPlace	place = {.position = (int64) verifier->checkpoints[i].position};

		if (!ecp_checkpoint_is_ours(&verifier->checkpoints[i]))
			ecp_finding_fault(&verifier->findings, "bad_signature", &place, "the checkpoint kept for this position was not signed by this database");
	}
	if (last > verifier->position)
		note_gap(verifier, verifier->position + 1, last);
	else if (last < verifier->position)
	{
		EcpPlace	place = {.position = last + 1};

		ecp_finding_fault(&verifier->findings, "broken_chain", &place,
						  psprintf("no checkpoint covers the links from position " INT64_FORMAT " on", last + 1));
	}
}

/* Reads the checkpoint that was given; NULL where it cannot be compared, which is said. */
static const EcpCheckpointCore *
read_given(Verifier *verifier, const text *given)
{
	EcpCheckpointCore *checkpoint = palloc(sizeof(EcpCheckpointCore));
	const char *complaint = NULL;

	if (!ecp_core_checkpoint_read(VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given), checkpoint))
		complaint = "what was given is not a checkpoint";
	else if (!ecp_checkpoint_is_ours(checkpoint))
		complaint = "the given checkpoint was not signed by this database";
	if (complaint)
	{
		ecp_finding_fault(&verifier->findings, "bad_signature", NULL, complaint);
		return NULL;
	}
	if (checkpoint->territory != (uint32) verifier->territory)
	{
		ecp_finding_fault(&verifier->findings, "checkpoint_mismatch", NULL,
						  psprintf("the given checkpoint is of territory %u", checkpoint->territory));
		return NULL;
	}
	return checkpoint;
}

static void
summarise(Verifier *verifier)
{
	EcpPlace	end = {.position = verifier->position};

	if (verifier->given && !verifier->given_reached)
	{
		EcpPlace	place = {.position = (int64) verifier->given->position};

		ecp_finding_fault(&verifier->findings, "checkpoint_mismatch", &place,
						  psprintf("the chain has no link at the given checkpoint's position; it ends at " INT64_FORMAT, verifier->position));
	}
	if (verifier->waiting > 0)
	{
		EcpPlace	place = {.has_time = true, .at = verifier->waiting_since};

		ecp_finding_note(&verifier->findings, "unlinked", &place,
						 psprintf(INT64_FORMAT " events wait for tick(), the oldest since this time", verifier->waiting));
	}
	ecp_finding_note(&verifier->findings, "summary", &end,
					 psprintf(INT64_FORMAT " linked, " INT64_FORMAT " unlinked, " INT64_FORMAT " reasons withheld, %d checkpoints, " INT64_FORMAT " faults",
							  verifier->linked, verifier->waiting, verifier->withheld, verifier->checkpoint_count, verifier->findings.faults));
}

static void
verify(Verifier *verifier, const text *given)
{
	verifier->context = CurrentMemoryContext;
	verifier->row_context = AllocSetContextCreate(CurrentMemoryContext, "ecopanier audit rows", ALLOCSET_DEFAULT_SIZES);
	verifier->before_known = true;
	initStringInfo(&verifier->bytes);
	verifier->checkpoint_count = ecp_checkpoint_list(verifier->territory, 0, &verifier->checkpoints);
	if (given)
		verifier->given = read_given(verifier, given);
	read_chain(verifier);
	check_kept_checkpoints(verifier);
	check_withheld(verifier);
	ecp_suspects_judge_links(&verifier->findings, &verifier->misfits);
	ecp_suspects_judge_pairs(&verifier->findings, &verifier->links, &verifier->events, &verifier->gaps);
	report_rows(verifier, &linked_again, "inserted", true, "the event is linked already");
	report_rows(verifier, &lost_waiting, "removed", false, "the event waited to be linked and is gone");
	summarise(verifier);
}

/* SQL: verify_audit(territory, checkpoint). */
Datum
ecp_verify_audit(PG_FUNCTION_ARGS)
{
	Verifier   *verifier = palloc0(sizeof(Verifier));
	text	   *given = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	EcpOwner	saved;

	ecp_require_installed();
	verifier->territory = PG_ARGISNULL(0) ? -1 : PG_GETARG_INT32(0);
	ecp_audit_require_reader(verifier->territory);
	InitMaterializedSRF(fcinfo, 0);
	verifier->findings.result = (ReturnSetInfo *) fcinfo->resultinfo;
	ecp_plan_begin(&saved);
	verify(verifier, given);
	ecp_plan_end(&saved);
	return (Datum) 0;
}
