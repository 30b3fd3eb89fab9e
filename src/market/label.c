/*
 * Labels and wishes of a lot, and certificates; see label.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/errors.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "identity/tenant.h"
#include "market/label.h"
#include "territory/local_day.h"

PG_FUNCTION_INFO_V1(ecp_trg_organisation_label_guard);

static EcpPlan find_unknown_label =
ECP_PLAN("SELECT c FROM unnest($1) c WHERE NOT EXISTS (SELECT FROM ecopanier.label l WHERE l.code = c) ORDER BY c",
		 TEXTARRAYOID);

static EcpPlan find_unknown_wish =
ECP_PLAN("SELECT c FROM unnest($1) c WHERE NOT EXISTS (SELECT FROM ecopanier.wish w WHERE w.code = c) ORDER BY c",
		 TEXTARRAYOID);

static EcpPlan find_uncertified =
ECP_PLAN("SELECT l.code FROM ecopanier.label l WHERE l.code = ANY ($3) AND l.requires_certificate AND NOT EXISTS "
		 "(SELECT FROM ecopanier.organisation_label o WHERE o.territory_id = $1 AND o.organisation_id = $2 AND o.label = l.code "
		 "AND $4 BETWEEN o.valid_from AND o.valid_until AND o.withdrawn_at IS NULL) ORDER BY l.position",
		 INT4OID, UUIDOID, TEXTARRAYOID, DATEOID);

static bool
is_empty(Datum array)
{
	ArrayType  *words = DatumGetArrayTypeP(array);

	return ArrayGetNItems(ARR_NDIM(words), ARR_DIMS(words)) == 0;
}

static void
check_words(const EcpRow *row, const char *name, EcpPlan *find_unknown, const char *table)
{
	int			at = ecp_row_column(row->desc, name);

	if (row->nulls[at] || is_empty(row->values[at]) || (row->old_values && !ecp_row_differs(row, at)))
		return;
	ecp_plan_run(find_unknown, &row->values[at], NULL, true, 1);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an element of \"%s\" is not a code of ecopanier.%s", name, table),
				 errhint("Choose codes of ecopanier.%s.", table)));
}

void
ecp_label_check(const EcpRow *row)
{
	check_words(row, "labels", &find_unknown_label, "label");
	check_words(row, "wishes", &find_unknown_wish, "wish");
}

List *
ecp_label_uncertified(const EcpRow *row)
{
	int32		territory = DatumGetInt32(ecp_row_value(row, "territory_id"));
	TimestampTz moment = ecp_clock_now();
	Datum		values[4];
	List	   *labels = NIL;

	if (ecp_row_lacks(row, "labels") || is_empty(ecp_row_value(row, "labels")))
		return NIL;
	if (!ecp_row_lacks(row, "window_end"))
		moment = DatumGetTimestampTz(ecp_row_value(row, "window_end")) - 1;
	values[0] = Int32GetDatum(territory);
	values[1] = ecp_row_value(row, "organisation_id");
	values[2] = ecp_row_value(row, "labels");
	values[3] = DateADTGetDatum(ecp_local_day(territory, moment));
	ecp_plan_run(&find_uncertified, values, NULL, false, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		labels = lappend(labels, ecp_plan_text(i, 1));
	return labels;
}

/* A certificate is kept by those who lead its organisation, and by administrators; the first write for the own one. */
static void
check_keeper(EcpRow *row, const EcpCaller *caller)
{
	if (caller->role == ECP_ROLE_ADMINISTRATOR)
		return;
	if (caller->kind != ECP_CALLER_PERSON || !caller->has_organisation || caller->function < ECP_FUNCTION_MANAGER)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("certificates are kept by managers and owners of an organisation"),
				 errhint("Sign in for the organisation.")));
	ecp_tenant_fill_organisation(row, caller);
}

Datum
ecp_trg_organisation_label_guard(PG_FUNCTION_ARGS)
{
	static const char *const frozen[] = {"organisation_id", "label", "number", "valid_from", "valid_until", "created_at", NULL};
	EcpRow		row;
	const EcpCaller *caller = ecp_tenant_open(&row, ecp_trigger_data(fcinfo));
	int			withdrawn = ecp_row_column(row.desc, "withdrawn_at");

	if (caller)
		check_keeper(&row, caller);
	if (row.old_values)
	{
		ecp_row_freeze(&row, frozen);
		if (!row.old_nulls[withdrawn] && ecp_row_differs(&row, withdrawn))
			ereport(ERROR,
					(errcode(ECP_ERR_HISTORY_KEPT),
					 errmsg("a certificate that was withdrawn stays so"),
					 errhint("Enter the new one.")));
	}
	if (caller && !row.nulls[withdrawn] && (!row.old_values || ecp_row_differs(&row, withdrawn)))
		ecp_row_set(&row, withdrawn, TimestampTzGetDatum(ecp_clock_now()));
	return ecp_row_close(&row);
}
