/*
 * Around the counter: a new PIN, releasing a lock, and the pictures.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "audit/audit.h"
#include "background/wake.h"
#include "common/clock.h"
#include "common/errors.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "crypto/keys.h"
#include "identity/context.h"
#include "identity/setting.h"
#include "market/receipt.h"
#include "market/use_by.h"
#include "pickup/qr.h"
#include "territory/id.h"

PG_FUNCTION_INFO_V1(ecp_reissue_pin);
PG_FUNCTION_INFO_V1(ecp_release_pickup);
PG_FUNCTION_INFO_V1(ecp_pickup_qr);
PG_FUNCTION_INFO_V1(ecp_pickup_qr_png);

/* The new PIN is of the current key: so a lost key can be left behind. */
static EcpPlan reissue =
ECP_PLAN("UPDATE ecopanier.reservation SET pin_version = pin_version + 1, pickup_round = pickup_round + 1, key_id = $4 "
		 "WHERE territory_id = $1 AND id = $2 AND member_id = $3 AND state = 'held'",
		 INT4OID, UUIDOID, UUIDOID, TEXTOID);

static EcpPlan lock_locked =
ECP_PLAN("SELECT r.organisation_id, r.state, EXISTS (SELECT FROM ecopanier_private.pickup_locked k "
		 "WHERE k.territory_id = r.territory_id AND k.reservation_id = r.id), l.use_by "
		 "FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id "
		 "WHERE r.territory_id = $1 AND r.id = $2 FOR NO KEY UPDATE OF r",
		 INT4OID, UUIDOID);

/* The grace never goes past the lot's use-by date. */
static EcpPlan release_lock =
ECP_PLAN("UPDATE ecopanier.reservation r SET pickup_round = pickup_round + 1, "
		 "grace_until = least(greatest(r.window_end, $3), " ECP_USE_BY_END ") "
		 "FROM ecopanier.lot l, ecopanier.territory t "
		 "WHERE r.territory_id = $1 AND r.id = $2 AND l.territory_id = r.territory_id AND l.id = r.lot_id AND t.id = r.territory_id",
		 INT4OID, UUIDOID, TIMESTAMPTZOID);

Datum
ecp_reissue_pin(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[4];

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	values[3] = CStringGetTextDatum(ecp_key_current());
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	values[2] = UUIDPGetDatum(&caller->member);
	ecp_plan_begin(&saved);
	ecp_plan_run(&reissue, values, NULL, false, 0);
	ecp_plan_end(&saved);
	return ecp_receipt_for(fcinfo, caller, PG_GETARG_DATUM(0));
}

/* Raises unless the caller leads the organisation, the reservation is locked and its units may still change hands. */
static void
check_release(const EcpCaller *caller)
{
	pg_uuid_t	organisation;
	char	   *state;
	Datum		use_by;
	bool		undated;

	if (SPI_processed == 0)
		ecp_raise_unknown_reservation();
	organisation = *DatumGetUUIDP(ecp_plan_known(0, 1));
	if (caller->role != ECP_ROLE_ADMINISTRATOR && !ecp_caller_is_staff(caller, &organisation, ECP_FUNCTION_MANAGER))
		ecp_raise_unknown_reservation();
	state = ecp_plan_text(0, 2);
	if (strcmp(state, "held") != 0 || !DatumGetBool(ecp_plan_known(0, 3)))
		ereport(ERROR,
				(errcode(ECP_ERR_BAD_STATE),
				 errmsg("the reservation is not locked"),
				 errhint("Only a held reservation whose tries are used up is released.")));
	use_by = ecp_plan_value(0, 4, &undated);
	if (!undated)
		ecp_lot_require_use_by(caller->territory, DatumGetDateADT(use_by), ecp_clock_now());
}

Datum
ecp_release_pickup(PG_FUNCTION_ARGS)
{
	const EcpCaller *caller;
	EcpOwner	saved;
	Datum		values[3];
	TimestampTz now = ecp_clock_now();
	char	   *reason;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	reason = PG_ARGISNULL(1) ? pstrdup("") : text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (strspn(reason, " \t\r\n") == strlen(reason))
		ereport(ERROR,
				(errcode(ECP_ERR_REASON_REQUIRED),
				 errmsg("a lock is not released without a reason"),
				 errhint("Say how the person was recognised; it is kept in the audit.")));
	values[0] = Int32GetDatum(caller->territory);
	values[1] = PG_GETARG_DATUM(0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&lock_locked, values, NULL, false, 1);
	check_release(caller);
	values[2] = TimestampTzGetDatum(now + ecp_setting_at(caller->territory, "release_grace", now).value * USECS_PER_MINUTE);
	ecp_plan_run(&release_lock, values, NULL, false, 0);
	ecp_audit(caller, caller->territory, "pickup_release", PG_GETARG_UUID_P(0), reason);
	ecp_wake_at_commit();
	ecp_plan_end(&saved);
	PG_RETURN_VOID();
}

/* The token that the picture shows. */
static char *
token_to_draw(FunctionCallInfo fcinfo)
{
	const EcpCaller *caller;

	ecp_require_installed();
	caller = ecp_caller_require();
	if (PG_ARGISNULL(0))
		ecp_raise_unknown_reservation();
	return ecp_receipt_token(caller, PG_GETARG_DATUM(0));
}

Datum
ecp_pickup_qr(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(ecp_qr_svg(token_to_draw(fcinfo))));
}

Datum
ecp_pickup_qr_png(PG_FUNCTION_ARGS)
{
	char	   *token = token_to_draw(fcinfo);
	int			module_px = PG_ARGISNULL(1) ? ECP_QR_MODULE_PX : PG_GETARG_INT32(1);

	if (module_px < ECP_QR_MODULE_PX_MIN || module_px > ECP_QR_MODULE_PX_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a module of %d pixels is out of range", module_px),
				 errhint("Give %d to %d pixels.", ECP_QR_MODULE_PX_MIN, ECP_QR_MODULE_PX_MAX)));
	PG_RETURN_BYTEA_P(ecp_qr_png(token, module_px));
}
