/*
 * Photos in the database.
 *
 * The guard of the table cleans and checks every photo, whoever writes it: there
 * is no door by which a file with a place in it gets in.  What cannot be found
 * by structure, a damaged picture in a sound frame, the model's decoder finds.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/setting.h"
#include "identity/tenant.h"
#include "listing/photo.h"
#include "listing/photo_core.h"
#include "listing/proposal.h"

PG_FUNCTION_INFO_V1(ecp_trg_photo_guard);

static EcpPlan read_photo =
ECP_PLAN("SELECT f.id, f.media_type, f.width, f.height, f.orientation, f.bytes FROM ecopanier.proposal p "
		 "JOIN ecopanier.photo f ON f.territory_id = p.territory_id AND f.id = p.photo_id WHERE p.territory_id = $1 AND p.id = $2",
		 INT4OID, UUIDOID);

static EcpPlan list_territories =
ECP_PLAN("SELECT id FROM ecopanier.territory ORDER BY id");

/* Photos of one kind that are as old as $2 or older, with the index of that kind. */
#define PURGE(condition) \
ECP_PLAN("WITH due AS (SELECT territory_id, id, photo_id FROM ecopanier.proposal WHERE territory_id = $1 AND photo_id IS NOT NULL AND " condition \
		 " AND coalesce(decided_at, answered_at) <= $2 ORDER BY coalesce(decided_at, answered_at) LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED), " \
		 "kept AS (UPDATE ecopanier.proposal p SET photo_id = NULL FROM due WHERE p.territory_id = due.territory_id AND p.id = due.id) " \
		 "DELETE FROM ecopanier.photo f USING due WHERE f.territory_id = due.territory_id AND f.id = due.photo_id", \
		 INT4OID, TIMESTAMPTZOID, INT4OID)

#define NEXT(condition) \
ECP_PLAN("SELECT min(coalesce(decided_at, answered_at)) FROM ecopanier.proposal WHERE territory_id = $1 AND photo_id IS NOT NULL AND " condition, \
		 INT4OID)

#define CONFIRMED "state = 'confirmed'"
#define OTHERS "state IN ('draft', 'discarded', 'failed')"

/* Those of lots, once a lot is over. */
#define PURGE_LOTS \
ECP_PLAN("DELETE FROM ecopanier.lot_photo p USING (SELECT n.territory_id, n.lot_id, n.number FROM ecopanier.lot_photo n " \
		 "JOIN ecopanier.lot l ON l.territory_id = n.territory_id AND l.id = n.lot_id AND l.state <> 'published' " \
		 "WHERE n.territory_id = $1 AND n.created_at <= $2 ORDER BY n.created_at LIMIT $3 FOR UPDATE OF n SKIP LOCKED) due " \
		 "WHERE p.territory_id = due.territory_id AND p.lot_id = due.lot_id AND p.number = due.number", \
		 INT4OID, TIMESTAMPTZOID, INT4OID)

#define NEXT_LOTS ECP_PLAN("SELECT min(created_at) FROM ecopanier.lot_photo WHERE territory_id = $1", INT4OID)

typedef struct Rule
{
	const char *setting;
	EcpPlan		purge;
	EcpPlan		next;
} Rule;

static Rule rules[] = {
	{"photo_confirmed_days", PURGE(CONFIRMED), NEXT(CONFIRMED)},
	{"photo_days", PURGE(OTHERS), NEXT(OTHERS)},
	{"photo_confirmed_days", PURGE_LOTS, NEXT_LOTS},
};

static void
refuse(EcpPhotoStatus status)
{
	static const char *const messages[] = {
		[ECP_PHOTO_EMPTY] = "the photo is empty",
		[ECP_PHOTO_TOO_LARGE] = "the photo is too large",
		[ECP_PHOTO_UNKNOWN] = "the photo is neither JPEG, PNG nor WebP",
		[ECP_PHOTO_CUT] = "the photo ends too early",
		[ECP_PHOTO_DAMAGED] = "the photo is damaged",
		[ECP_PHOTO_TOO_WIDE] = "the photo has too many pixels",
		[ECP_PHOTO_ANIMATED] = "the photo is animated"
	};

	ereport(ERROR,
			(errcode(ECP_ERR_PHOTO_UNREADABLE),
			 errmsg("%s", messages[status]),
			 errhint("Send one JPEG, PNG or WebP picture of up to %d bytes and %d pixels a side.", ECP_PHOTO_BYTES_MAX, ECP_PHOTO_SIDE_MAX),
			 errhidestmt(true)));	/* a photo given as text would stand in the log, place and all */
}

void
ecp_photo_check_size(const bytea *photo)
{
	Size		length = VARSIZE_ANY_EXHDR(photo);

	if (length == 0)
		refuse(ECP_PHOTO_EMPTY);
	if (length > ECP_PHOTO_BYTES_MAX)
		refuse(ECP_PHOTO_TOO_LARGE);
}

/* The picture alone, and what is known of it. */
static bytea *
clean(const bytea *photo, EcpPhotoFacts *facts)
{
	EcpPhotoStatus status;
	bytea	   *cleaned;

	ecp_photo_check_size(photo);
	cleaned = palloc(VARHDRSZ + VARSIZE_ANY_EXHDR(photo));
	status = ecp_photo_clean((const uint8_t *) VARDATA_ANY(photo), VARSIZE_ANY_EXHDR(photo), (uint8_t *) VARDATA(cleaned), facts);
	if (status != ECP_PHOTO_WHOLE)
		refuse(status);
	SET_VARSIZE(cleaned, VARHDRSZ + facts->length);
	return cleaned;
}

static bytea *
digest(bytea *cleaned)
{
	return DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(cleaned)));
}

bytea *
ecp_photo_digest(const bytea *photo)
{
	EcpPhotoFacts facts;

	return digest(clean(photo, &facts));
}

void
ecp_photo_fill(EcpRow *row)
{
	int			bytes = ecp_row_column(row->desc, "bytes");
	EcpPhotoFacts facts;
	bytea	   *cleaned;

	if (row->nulls[bytes])
		return;					/* NOT NULL speaks for itself */
	cleaned = clean(DatumGetByteaPP(row->values[bytes]), &facts);
	ecp_row_set(row, bytes, PointerGetDatum(cleaned));
	ecp_row_set(row, ecp_row_column(row->desc, "sha256"), PointerGetDatum(digest(cleaned)));
	ecp_row_set(row, ecp_row_column(row->desc, "media_type"), CStringGetTextDatum(facts.media_type));
	ecp_row_set(row, ecp_row_column(row->desc, "width"), Int32GetDatum((int32) facts.width));
	ecp_row_set(row, ecp_row_column(row->desc, "height"), Int32GetDatum((int32) facts.height));
	if (facts.orientation != 0)	/* else as given: what comes back from a dump has none in its bytes */
		ecp_row_set(row, ecp_row_column(row->desc, "orientation"), Int32GetDatum(facts.orientation));
}

Datum
ecp_trg_photo_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"organisation_id", "member_id", "media_type", "width", "height", "orientation", "sha256", "bytes",
	"created_at", NULL};
	EcpRow		row;

	(void) ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	if (row.old_values)
		ecp_row_freeze(&row, frozen);
	else
		ecp_photo_fill(&row);
	return ecp_row_close(&row);
}

bool
ecp_photo_read(int32 territory, const pg_uuid_t *proposal, EcpPhoto *photo)
{
	Datum		values[2] = {Int32GetDatum(territory), UUIDPGetDatum(proposal)};

	ecp_plan_run(&read_photo, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;
	photo->id = *DatumGetUUIDP(ecp_plan_known(0, 1));
	strlcpy(photo->media_type, ecp_plan_text(0, 2), sizeof(photo->media_type));
	photo->width = DatumGetInt32(ecp_plan_known(0, 3));
	photo->height = DatumGetInt32(ecp_plan_known(0, 4));
	photo->orientation = DatumGetInt32(ecp_plan_known(0, 5));
	photo->bytes = DatumGetByteaPCopy(ecp_plan_known(0, 6));
	SPI_freetuptable(SPI_tuptable);
	return true;
}

/* How long photos under a rule are kept. */
static int64
kept_for(const Rule *rule, int32 territory)
{
	return ecp_setting_at(territory, rule->setting, ecp_clock_now()).value * USECS_PER_DAY;
}

/* The territories, copied. */
static int32 *
read_territories(uint64 *count)
{
	int32	   *territories;

	ecp_plan_run(&list_territories, NULL, NULL, true, 0);
	*count = SPI_processed;
	territories = palloc(Max(*count, 1) * sizeof(int32));
	for (uint64 i = 0; i < *count; i++)
		territories[i] = DatumGetInt32(ecp_plan_known(i, 1));
	return territories;
}

int64
ecp_photo_purge_due(int limit)
{
	uint64		count;
	int32	   *territories = read_territories(&count);
	int64		done = 0;

	for (uint64 i = 0; i < count; i++)
		for (Size j = 0; j < lengthof(rules); j++)
		{
			Datum		values[3] = {Int32GetDatum(territories[i]),
			TimestampTzGetDatum(ecp_clock_now() - kept_for(&rules[j], territories[i])), Int32GetDatum(limit)};

			ecp_plan_run(&rules[j].purge, values, NULL, false, 0);
			done += SPI_processed;
		}
	return done;
}

TimestampTz
ecp_photo_next_due(void)
{
	uint64		count;
	int32	   *territories = read_territories(&count);
	TimestampTz next = DT_NOEND;

	for (uint64 i = 0; i < count; i++)
		for (Size j = 0; j < lengthof(rules); j++)
		{
			Datum		territory = Int32GetDatum(territories[i]);
			bool		none;
			Datum		oldest;

			ecp_plan_run(&rules[j].next, &territory, NULL, true, 1);
			oldest = ecp_plan_value(0, 1, &none);
			if (!none)
				next = Min(next, DatumGetTimestampTz(oldest) + kept_for(&rules[j], territories[i]));
		}
	return next;
}
