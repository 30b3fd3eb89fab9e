/*
 * Registration in batches: enrol_beneficiaries() and its CSV forms.
 *
 * Rows are registered in the order of the senders' numbers, so that two
 * batches at once wait for each other in one direction; the unique key of
 * enrolment makes the same number the same person.  Rights are verified
 * afterwards, in the order of the tags' MACs, for the same reason: the rows of
 * right_holder are taken in one order by all.
 *
 * Each step works on a span of rows within a subtransaction.  A span that
 * fails is undone and done again in halves, down to the row at fault; so good
 * rows cost little and a bad one is found in few tries.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "beneficiary/ben_code.h"
#include "beneficiary/contact.h"
#include "beneficiary/enrolment.h"
#include "beneficiary/right.h"
#include "beneficiary/tag.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/keys.h"
#include "territory/id.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_enrol_beneficiaries);
PG_FUNCTION_INFO_V1(ecp_enrol_beneficiaries_csv);

#define SPAN_ROWS 500			/* registered by one statement */
#define SPAN_RIGHTS 50			/* verified in one subtransaction */

static EcpPlan register_rows =
ECP_PLAN("WITH e AS (INSERT INTO ecopanier.enrolment (territory_id, organisation_id, external_id, member_id) "
		 "SELECT $1, $2, x.external_id, x.member FROM unnest($3, $4) WITH ORDINALITY x (external_id, member, n) ORDER BY n "
		 "ON CONFLICT (territory_id, organisation_id, external_id) DO NOTHING RETURNING member_id), "
		 "m AS (INSERT INTO ecopanier.member (territory_id, id, display_name, language) SELECT $1, x.member, x.name, x.language "
		 "FROM e JOIN unnest($4, $5, $6) x (member, name, language) ON x.member = e.member_id RETURNING id), "
		 "r AS (INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT $1, id, 'beneficiary' FROM m), "
		 "b AS (INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id) SELECT $1, id, $2 FROM m) "
		 "SELECT count(*) FROM e",
		 INT4OID, UUIDOID, TEXTARRAYOID, UUIDARRAYOID, TEXTARRAYOID, TEXTARRAYOID);

/* IS NOT DISTINCT FROM would not use the index; so there are two. */
#define FIND_ROW(condition) \
ECP_PLAN("SELECT e.member_id, b.organisation_id IS NOT DISTINCT FROM e.organisation_id AND b.state <> 'transferred', t.mac, b.ben_code " \
		 "FROM ecopanier.enrolment e LEFT JOIN ecopanier.beneficiary b ON b.territory_id = e.territory_id AND b.member_id = e.member_id " \
		 "LEFT JOIN ecopanier_private.person_tag t ON t.territory_id = e.territory_id AND t.member_id = e.member_id " \
		 "WHERE e.territory_id = $1 AND e.external_id = $2 AND e.organisation_id " condition, \
		 INT4OID, TEXTOID, UUIDOID)

static EcpPlan find_row = FIND_ROW("= $3");
static EcpPlan find_row_of_nobody = FIND_ROW("IS NULL AND $3 IS NULL");

static EcpPlan store_household =
ECP_PLAN("INSERT INTO ecopanier.household (territory_id, member_id, age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		 INT4OID, UUIDOID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID, INT4OID);

static EcpPlan read_right =
ECP_PLAN("SELECT state, valid_until FROM ecopanier.beneficiary WHERE territory_id = $1 AND member_id = $2",
		 INT4OID, UUIDOID);

static EcpPlan verify =
ECP_PLAN("UPDATE ecopanier.beneficiary SET state = 'verified', valid_from = $3, valid_until = $4, reason = NULL "
		 "WHERE territory_id = $1 AND member_id = $2 RETURNING ben_code",
		 INT4OID, UUIDOID, DATEOID, DATEOID);

/* One call. */
typedef struct Enrolment
{
	const EcpCaller *caller;
	EcpEnrolBatch batch;
	EcpEnrolRow **order;		/* good rows, as the present step takes them */
	int			count;
	DateADT		today;
	MemoryContext context;		/* of what outlives a span */
} Enrolment;

typedef void (*Step) (Enrolment *work, int first, int count);

static void register_span(Enrolment *work, int first, int count);

static Datum
organisation_of(const Enrolment *work)
{
	return UUIDPGetDatum(&work->caller->organisation);
}

/* Undoes the subtransaction in which an error came, in the context and with the owner from before it; returns the error. */
static ErrorData *
undo(MemoryContext old, ResourceOwner owner, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(old);
	CurrentResourceOwner = owner;
	return error;
}

/* Notes an error in the row, which perhaps never came to be a person; the sentences of the server, which may show values, are replaced. */
static void
note_error(EcpEnrolRow *row, const ErrorData *error, bool unregistered)
{
	bool		ours = ERRCODE_TO_CATEGORY(error->sqlerrcode) == MAKE_SQLSTATE('Z', 'E', '0', '0', '0') ||
		error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE;

	if (unregistered)
		row->has_member = row->has_code = false;
	ecp_enrol_fault(row, error->sqlerrcode, ours ? error->message : "the row has a value that is not possible",
					ours ? error->hint : "Compare its fields with the documentation of enrol_beneficiaries().");
}

/* Does a step on a span in a subtransaction; undone and in halves where a row is at fault. */
static void
attempt(Enrolment *work, Step step, int first, int count)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool failed = false;

	CHECK_FOR_INTERRUPTS();
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(old);
	PG_TRY();
	{
		step(work, first, count);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ecp_ben_code_count(work->caller->territory, 0);
		ErrorData  *error = undo(old, owner, work->context);

		if (!ecp_is_of_row(error->sqlerrcode))
			ReThrowError(error);
		if (count == 1)
			note_error(work->order[first], error, step == register_span);
		failed = true;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	CurrentResourceOwner = owner;
	if (failed && count > 1)
	{
		attempt(work, step, first, count / 2);
		attempt(work, step, first + count / 2, count - count / 2);
	}
}

static void
attempt_all(Enrolment *work, Step step, int span)
{
	int			first;

	for (first = 0; first < work->count; first += span)
		attempt(work, step, first, Min(span, work->count - first));
}

static ArrayType *
text_array(const Enrolment *work, int first, int count, EcpEnrolField field)
{
	Datum	   *elements = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		elements[i] = CStringGetTextDatum(work->order[first + i]->values[field]);
	return construct_array(elements, count, TEXTOID, -1, false, TYPALIGN_INT);
}

static ArrayType *
member_array(const Enrolment *work, int first, int count)
{
	Datum	   *elements = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		elements[i] = UUIDPGetDatum(&work->order[first + i]->member);
	return construct_array(elements, count, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR);
}

/* Contacts, household and tag of a person who was registered just now. */
static void
store_more(const Enrolment *work, EcpEnrolRow *row)
{
	int32		territory = work->caller->territory;
	const char *mail = row->values[ECP_ENROL_MAIL];
	const char *phone = row->values[ECP_ENROL_PHONE];
	Datum		values[2 + ECP_ENROL_BANDS];

	if (row->values[ECP_ENROL_TAG])
		ecp_person_tag_store(territory, &row->member, row->tag);
	if (mail)
		ecp_contact_store(territory, &row->member, ECP_CONTACT_MAIL, mail, strlen(mail));
	if (phone)
		ecp_contact_store(territory, &row->member, ECP_CONTACT_PHONE, phone, strlen(phone));
	if (!row->has_household)
		return;
	values[0] = Int32GetDatum(territory);
	values[1] = UUIDPGetDatum(&row->member);
	for (int i = 0; i < ECP_ENROL_BANDS; i++)
		values[2 + i] = Int32GetDatum(row->bands[i]);
	ecp_plan_run(&store_household, values, NULL, false, 0);
}

/* What stands under the row's number: the person made above, or one of an earlier batch. */
static void
settle_row(Enrolment *work, EcpEnrolRow *row)
{
	Datum		values[3] = {Int32GetDatum(work->caller->territory),
	CStringGetTextDatum(row->values[ECP_ENROL_EXTERNAL_ID]), organisation_of(work)};
	pg_uuid_t	found;
	Datum		mac;
	bool		untagged;
	bool		uncoded;

	if (work->caller->has_organisation)
		ecp_plan_run(&find_row, values, NULL, false, 1);
	else
		ecp_plan_run(&find_row_of_nobody, values, "  n", false, 1);
	if (SPI_processed == 0)
		elog(ERROR, "an enrolment is gone");
	found = *DatumGetUUIDP(ecp_plan_known(0, 1));
	row->has_member = true;
	if (ecp_id_equal(&found, &row->member))
	{
		row->state = ECP_ENROL_CREATED;
		store_more(work, row);
		return;
	}
	row->member = found;
	row->state = ECP_ENROL_EXISTS;
	row->ben_code = ecp_plan_value(0, 4, &uncoded);
	row->has_code = !uncoded;
	if (!DatumGetBool(ecp_plan_known(0, 2)))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the person is with another organisation now"),
				 errhint("Leave the row out.")));
	mac = ecp_plan_value(0, 3, &untagged);
	if (row->values[ECP_ENROL_TAG] && untagged)
	{
		ecp_right_set_tag(work->caller, &row->member, row->tag);
		row->state = ECP_ENROL_UPDATED;
	}
	else if (row->values[ECP_ENROL_TAG] && memcmp(VARDATA_ANY(DatumGetByteaPP(mac)), row->mac, ECP_TAG_MAC_BYTES) != 0)
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("field \"tag\" differs from the person's tag"),
				 errhint("Correct the row, or the tag with ecopanier.set_tag() or replace_tag().")));
}

static void
register_span(Enrolment *work, int first, int count)
{
	Datum		values[6];

	values[0] = Int32GetDatum(work->caller->territory);
	values[1] = organisation_of(work);
	for (int i = 0; i < count; i++)
		ecp_new_id(work->caller->territory, &work->order[first + i]->member);
	values[2] = PointerGetDatum(text_array(work, first, count, ECP_ENROL_EXTERNAL_ID));
	values[3] = PointerGetDatum(member_array(work, first, count));
	values[4] = PointerGetDatum(text_array(work, first, count, ECP_ENROL_NAME));
	values[5] = PointerGetDatum(text_array(work, first, count, ECP_ENROL_LANGUAGE));
	ecp_plan_run(&register_rows, values, work->caller->has_organisation ? NULL : " n    ", false, 0);
	for (int i = 0; i < count; i++)
		settle_row(work, work->order[first + i]);
}

/* Whether the row's last day asks for something: not a retry, nor somebody who was decided against since. */
static bool
is_due(const EcpEnrolRow *row, const char *state, DateADT until, bool open, DateADT today)
{
	if (strcmp(state, "applied") == 0)
		return true;
	if (strcmp(state, "verified") == 0)
		return open || row->until > until;
	if (strcmp(state, "expired") == 0)
		return row->until >= today && (open || row->until > until);
	ereport(ERROR,
			(errcode(ECP_ERR_BAD_STATE),
			 errmsg("the right was refused or suspended since"),
			 errhint("Decide on it by itself.")));
	return false;
}

static void
verify_row(Enrolment *work, EcpEnrolRow *row)
{
	Datum		values[4];
	DateADT		until;
	bool		open;

	values[0] = Int32GetDatum(work->caller->territory);
	values[1] = UUIDPGetDatum(&row->member);
	values[2] = DateADTGetDatum(row->values[ECP_ENROL_FROM] ? row->from : work->today);
	values[3] = DateADTGetDatum(row->until);
	ecp_plan_run(&read_right, values, NULL, false, 1);
	if (SPI_processed == 0)
		elog(ERROR, "a person of an enrolment is gone");
	until = DatumGetDateADT(ecp_plan_value(0, 2, &open));
	if (!is_due(row, ecp_plan_text(0, 1), until, open, work->today))
		return;
	ecp_plan_run(&verify, values, NULL, false, 0);
	row->ben_code = ecp_plan_known(0, 1);
	row->has_code = true;
	if (row->state == ECP_ENROL_EXISTS)
		row->state = ECP_ENROL_UPDATED;
}

static void
verify_span(Enrolment *work, int first, int count)
{
	int			codes = 0;

	for (int i = 0; i < count; i++)
		codes += !work->order[first + i]->has_code;
	ecp_ben_code_count(work->caller->territory, codes);
	for (int i = 0; i < count; i++)
		verify_row(work, work->order[first + i]);
	ecp_ben_code_count(work->caller->territory, 0);
}

static int
by_external_id(const void *a, const void *b)
{
	const EcpEnrolRow *x = *(EcpEnrolRow *const *) a;
	const EcpEnrolRow *y = *(EcpEnrolRow *const *) b;
	int			order = strcmp(x->values[ECP_ENROL_EXTERNAL_ID], y->values[ECP_ENROL_EXTERNAL_ID]);

	return order != 0 ? order : x->number - y->number;
}

static int
by_mac(const void *a, const void *b)
{
	const EcpEnrolRow *x = *(EcpEnrolRow *const *) a;
	const EcpEnrolRow *y = *(EcpEnrolRow *const *) b;
	int			order = memcmp(x->mac, y->mac, ECP_TAG_MAC_BYTES);

	return order != 0 ? order : x->number - y->number;
}

/* The good rows by number; the later of two with the same one is at fault. */
static void
order_rows(Enrolment *work)
{
	int			kept = 0;

	work->order = palloc(sizeof(EcpEnrolRow *) * Max(work->batch.count, 1));
	work->count = 0;
	for (int i = 0; i < work->batch.count; i++)
		if (work->batch.rows[i].problem == 0)
			work->order[work->count++] = &work->batch.rows[i];
	qsort(work->order, work->count, sizeof(EcpEnrolRow *), by_external_id);
	for (int i = 0; i < work->count; i++)
	{
		EcpEnrolRow *row = work->order[i];

		if (kept > 0 && strcmp(work->order[kept - 1]->values[ECP_ENROL_EXTERNAL_ID], row->values[ECP_ENROL_EXTERNAL_ID]) == 0)
			ecp_enrol_fault(row, ERRCODE_UNIQUE_VIOLATION,
							psprintf("field \"external_id\" is that of row %d too", work->order[kept - 1]->number),
							"Send each person once.");
		else
			work->order[kept++] = row;
	}
	work->count = kept;
}

/* The rows that verify, by MAC; those that have no tag come first. */
static void
order_rights(Enrolment *work)
{
	int			kept = 0;

	for (int i = 0; i < work->count; i++)
		if (work->order[i]->problem == 0 && work->order[i]->values[ECP_ENROL_UNTIL])
			work->order[kept++] = work->order[i];
	work->count = kept;
	qsort(work->order, work->count, sizeof(EcpEnrolRow *), by_mac);
}

static void
make_macs(Enrolment *work)
{
	const char *key = NULL;

	for (int i = 0; i < work->batch.count; i++)
	{
		EcpEnrolRow *row = &work->batch.rows[i];

		if (row->problem != 0 || row->values[ECP_ENROL_TAG] == NULL)
			continue;
		if (key == NULL)
			key = ecp_person_tag_key();
		ecp_tag_mac(row->tag, key, row->mac);
	}
}

static int
count_errors(const EcpEnrolBatch *batch)
{
	int			errors = 0;

	for (int i = 0; i < batch->count; i++)
		errors += batch->rows[i].problem != 0;
	return errors;
}

static void
run_steps(Enrolment *work)
{
	make_macs(work);
	order_rows(work);
	attempt_all(work, register_span, SPAN_ROWS);
	order_rights(work);
	attempt_all(work, verify_span, SPAN_RIGHTS);
}

/* The same where an error of any row undoes all. */
static void
run_all_or_nothing(Enrolment *work)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool errors = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(old);
	PG_TRY();
	{
		run_steps(work);
		errors = count_errors(&work->batch) > 0;
		if (errors)
			RollbackAndReleaseCurrentSubTransaction();
		else
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ReThrowError(undo(old, owner, work->context));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	CurrentResourceOwner = owner;
	if (!errors)
		return;
	for (int i = 0; i < work->batch.count; i++)
	{
		EcpEnrolRow *row = &work->batch.rows[i];

		if (row->problem == 0 && row->state != ECP_ENROL_EXISTS)
			row->state = ECP_ENROL_SKIPPED;
		row->has_member = row->has_member && row->state == ECP_ENROL_EXISTS;
		row->has_code = row->has_code && row->has_member;
	}
}

static void
report_row(ReturnSetInfo *set, const EcpEnrolRow *row)
{
	static const char *const states[] = {"error", "created", "exists", "updated", "skipped", "error"};
	Datum		values[8] = {0};
	bool		nulls[8] = {false};

	values[0] = Int32GetDatum(row->number);
	nulls[1] = row->values[ECP_ENROL_EXTERNAL_ID] == NULL || strlen(row->values[ECP_ENROL_EXTERNAL_ID]) > 400;
	if (!nulls[1])
		values[1] = CStringGetTextDatum(row->values[ECP_ENROL_EXTERNAL_ID]);
	nulls[2] = !row->has_member;
	values[2] = UUIDPGetDatum(&row->member);
	nulls[3] = !row->has_code;
	values[3] = row->ben_code;
	values[4] = CStringGetTextDatum(states[row->state]);
	nulls[5] = nulls[6] = nulls[7] = row->problem == 0;
	if (row->problem != 0)
	{
		values[5] = CStringGetTextDatum(unpack_sql_state(row->problem));
		values[6] = CStringGetTextDatum(row->message);
		nulls[7] = row->hint == NULL;
		values[7] = row->hint ? CStringGetTextDatum(row->hint) : (Datum) 0;
	}
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

static const EcpCaller *
open_call(FunctionCallInfo fcinfo)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	ecp_right_check_registrar(caller);
	ecp_right_require_present();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a batch needs its rows, and whether it is all or nothing"),
				 errhint("The latter is false where it is left out.")));
	return caller;
}

/*
 * Plans that were made while a table was small read all of it, and a batch
 * makes it large before anybody counts it again; so plans of before are
 * dropped, and new ones, those of foreign keys too, go by indexes.  What still
 * has no index then seems dear enough to be compiled for each row; it is not.
 * Returns what AtEOXact_GUC() puts back; an error puts it back as well.
 */
static int
plan_for_many(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	ResetPlanCache();
	return level;
}

static void
enrol(FunctionCallInfo fcinfo, Enrolment *work)
{
	EcpOwner	saved;
	int			level;

	InitMaterializedSRF(fcinfo, 0);
	work->context = CurrentMemoryContext;
	level = plan_for_many();
	ecp_plan_begin(&saved);
	work->today = ecp_local_day(work->caller->territory, ecp_clock_now());
	if (PG_GETARG_BOOL(1))
		run_all_or_nothing(work);
	else
		run_steps(work);
	ecp_plan_end(&saved);
	AtEOXact_GUC(true, level);
	for (int i = 0; i < work->batch.count; i++)
		report_row((ReturnSetInfo *) fcinfo->resultinfo, &work->batch.rows[i]);
}

Datum
ecp_enrol_beneficiaries(PG_FUNCTION_ARGS)
{
	Enrolment	work = {.caller = open_call(fcinfo)};
	text	   *rows = PG_GETARG_TEXT_PP(0);

	ecp_enrol_read_json(&work.batch, VARDATA_ANY(rows), VARSIZE_ANY_EXHDR(rows));
	enrol(fcinfo, &work);
	return (Datum) 0;
}

/* Of text and of bytea, which look alike here. */
Datum
ecp_enrol_beneficiaries_csv(PG_FUNCTION_ARGS)
{
	Enrolment	work = {.caller = open_call(fcinfo)};
	bytea	   *file = PG_GETARG_BYTEA_PP(0);

	ecp_enrol_read_csv(&work.batch, VARDATA_ANY(file), VARSIZE_ANY_EXHDR(file));
	enrol(fcinfo, &work);
	return (Datum) 0;
}
