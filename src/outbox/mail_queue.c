/*
 * The queue of mail seen from outside of sending: dead mail queued again, old
 * rows removed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "outbox/mail.h"

PG_FUNCTION_INFO_V1(ecp_resend_mail);

static EcpPlan resend =
ECP_PLAN("UPDATE ecopanier_private.mail SET state = 'queued', attempts = 0, next_at = $3, claimed_at = NULL "
		 "WHERE state = 'dead' AND created_at >= $2 AND ($1 IS NULL OR territory_id = $1)",
		 INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID);

/* A month: an event that came twice by then would have come. */
#define KEPT "make_interval(days => 30)"

static EcpPlan purge =
ECP_PLAN("DELETE FROM ecopanier_private.mail m USING ecopanier.territory t CROSS JOIN LATERAL "
		 "(SELECT o.id FROM ecopanier_private.mail o WHERE o.territory_id = t.id AND o.state IN ('done', 'dead') "
		 " AND o.created_at <= $1 - " KEPT " ORDER BY o.created_at LIMIT $2) o "
		 "WHERE m.territory_id = t.id AND m.id = o.id AND m.state IN ('done', 'dead')",
		 TIMESTAMPTZOID, INT4OID);

static EcpPlan purge_next =
ECP_PLAN("SELECT min(o.created_at) + " KEPT " FROM ecopanier.territory t CROSS JOIN LATERAL "
		 "(SELECT o.created_at FROM ecopanier_private.mail o WHERE o.territory_id = t.id AND o.state IN ('done', 'dead') "
		 " ORDER BY o.created_at LIMIT 1) o");

Datum
ecp_resend_mail(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[3];
	int64		queued;

	ecp_require_installed();
	caller = ecp_caller_or_loader();
	if (caller)
		ecp_caller_require_role(caller, ECP_ROLE_ADMINISTRATOR);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("mail is sent again from a moment on"),
				 errhint("Give the moment when the mail server began to fail.")));
	values[0] = Int32GetDatum(caller ? caller->territory : 0);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = TimestampTzGetDatum(ecp_clock_now());
	ecp_plan_begin(&saved);
	ecp_plan_run(&resend, values, caller ? "   " : "n  ", false, 0);
	queued = (int64) SPI_processed;
	ecp_plan_end(&saved);
	PG_RETURN_INT64(queued);
}

int64
ecp_mail_purge_due(int limit)
{
	Datum		values[2] = {TimestampTzGetDatum(ecp_clock_now()), Int32GetDatum(limit)};

	ecp_plan_run(&purge, values, NULL, false, 0);
	return (int64) SPI_processed;
}

TimestampTz
ecp_mail_purge_next(void)
{
	bool		isnull;
	Datum		next;

	ecp_plan_run(&purge_next, NULL, NULL, true, 1);
	next = ecp_plan_value(0, 1, &isnull);
	return isnull ? DT_NOEND : DatumGetTimestampTz(next);
}
