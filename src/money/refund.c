/*
 * Money given back when a claim is cancelled, in the same transaction.
 *
 * By the member in time, by the merchant or with its lot: all of it.  By the
 * member after the cut-off (rule D16): the share that the territory's setting
 * late_cancel_refund gives, 100 percent unless it decides otherwise, since the
 * rules punish a late cancellation by the quota alone (rule D3).  A claim that nobody
 * fetched is not given back.  A payment that came for a claim is given back once.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/setting.h"
#include "money/instruction.h"

PG_FUNCTION_INFO_V1(ecp_trg_reservation_refund);

static Datum
value_of(const EcpRow *row, const char *column)
{
	return row->values[ecp_row_column(row->desc, column)];
}

Datum
ecp_trg_reservation_refund(PG_FUNCTION_ARGS)
{
	EcpRow		row;
	EcpOwner	saved;
	EcpSetting	share = {100, 0};
	EcpInstruction refund = {.kind = "refund", .cause = "reservation"};

	ecp_row_open(&row, ecp_trigger_data(fcinfo));
	refund.territory = DatumGetInt32(value_of(&row, "territory_id"));
	refund.member = DatumGetUUIDP(value_of(&row, "member_id"));
	refund.cause_id = DatumGetUUIDP(value_of(&row, "id"));
	refund.at = DatumGetTimestampTz(value_of(&row, "cancelled_at"));
	ecp_plan_begin(&saved);
	if (DatumGetBool(value_of(&row, "late_cancel")))
		share = ecp_setting_at(refund.territory, "late_cancel_refund", refund.at);
	refund.amount_cents = ecp_money_percent(DatumGetInt32(value_of(&row, "amount_cents")), share.value);
	refund.rule_version = share.version;
	if (refund.amount_cents > 0)
		(void) ecp_money_instruct(&refund);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
