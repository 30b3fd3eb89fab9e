/*
 * Money given back when a claim is cancelled, in the same transaction.
 *
 * By the member in time, by the merchant or with its lot: all of it.  By the
 * member after the cut-off (rule D16): the share that the territory's setting
 * late_cancel_refund gives, 100 percent unless it decides otherwise, since the
 * rules punish a late cancellation by the quota alone (rule D3).  A claim that nobody
 * fetched is not given back.
 *
 * Only what was paid is given back (rule D11): what debits of the claim took.  A
 * payment that comes after the claim was cancelled is given back when it comes.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "common/owner.h"
#include "common/plan.h"
#include "common/trigger.h"
#include "identity/setting.h"
#include "money/instruction.h"

PG_FUNCTION_INFO_V1(ecp_trg_reservation_refund);

/* A cancelled claim, with what was paid for it and when. */
static EcpPlan read_cancelled =
ECP_PLAN("SELECT r.member_id, r.amount_cents, r.late_cancel, r.cancelled_at, p.cents, greatest(r.cancelled_at, p.at) FROM ecopanier.reservation r "
		 "CROSS JOIN LATERAL (SELECT coalesce(sum(i.amount_cents), 0)::bigint AS cents, max(i.settled_at) AS at FROM ecopanier_private.money_instruction i "
		 "WHERE i.territory_id = r.territory_id AND i.cause_id = r.id AND i.kind = 'debit' AND i.state = 'done') p "
		 "WHERE r.territory_id = $1 AND r.id = $2 AND r.state = 'cancelled'",
		 INT4OID, UUIDOID);

static void
give_back(Datum *key)
{
	EcpSetting	share = {100, 0};
	EcpInstruction refund = {.kind = "refund", .cause = "reservation"};
	pg_uuid_t	member;
	int64		paid;

	ecp_plan_run(&read_cancelled, key, NULL, false, 1);
	if (SPI_processed == 0)
		return;
	refund.territory = DatumGetInt32(key[0]);
	refund.cause_id = DatumGetUUIDP(key[1]);
	member = *DatumGetUUIDP(ecp_plan_known(0, 1));
	refund.member = &member;
	refund.amount_cents = DatumGetInt32(ecp_plan_known(0, 2));
	refund.at = DatumGetTimestampTz(ecp_plan_known(0, 6));
	paid = DatumGetInt64(ecp_plan_known(0, 5));
	if (paid == 0)
		return;
	if (DatumGetBool(ecp_plan_known(0, 3)))
		share = ecp_setting_at(refund.territory, "late_cancel_refund", DatumGetTimestampTz(ecp_plan_known(0, 4)));
	refund.amount_cents = Min(ecp_money_percent(refund.amount_cents, share.value), paid);
	refund.rule_version = share.version;
	if (refund.amount_cents > 0)
		(void) ecp_money_instruct(&refund);
}

/* Of reservation, and of money_instruction, where the claim is the cause. */
Datum
ecp_trg_reservation_refund(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = ecp_trigger_data(fcinfo);
	EcpRow		row;
	EcpOwner	saved;
	Datum		key[2];

	ecp_row_open(&row, trigger);
	key[0] = ecp_row_value(&row, "territory_id");
	key[1] = ecp_row_value(&row, trigger->tg_trigger->tgnargs > 0 ? trigger->tg_trigger->tgargs[0] : "id");
	ecp_plan_begin(&saved);
	give_back(key);
	ecp_plan_end(&saved);
	return PointerGetDatum(NULL);
}
