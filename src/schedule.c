/*
 * The schedule: what is due, and when something will be; see schedule.h.
 *
 * What is due follows from rows and the clock alone, never from when the last
 * turn was: a turn that was missed is made up by the next, to the same final
 * state.  Each step takes so many units of every territory, so that a large one
 * does not keep the others waiting.
 *
 * When something will be due is asked, not polled.  A step's answer holds until
 * a transaction commits that may change it: whoever makes work wakes the
 * worker (background/wake.h), which asks all steps again, each at most once in
 * its pause.  So a busy database is not asked at each commit, and an idle one
 * not at all.  These answers live in the worker's memory.
 *
 * A turn is one at a time, by a lock on the row of tick_turn, for each batch.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "allotment/draw.h"
#include "audit/link.h"
#include "audit/partition.h"
#include "background/extension.h"
#include "beneficiary/right.h"
#include "cascade/turn.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"
#include "identity/context.h"
#include "listing/proposal.h"
#include "market/close.h"
#include "market/lot_answer.h"
#include "market/template.h"
#include "market/wish.h"
#include "outbox/consumer.h"
#include "outbox/mail.h"
#include "outbox/reminder.h"
#include "outbox/webhook.h"
#include "pickup/kiosk.h"
#include "pickup/kiosk_try.h"
#include "pickup/lapse.h"
#include "privacy/retention.h"
#include "schedule.h"
#include "schedule_core.h"
#include "service/service.h"
#include "sponsor/sponsor.h"

#define BATCH 500				/* units of each territory in one transaction of the worker */

/* Rounds are drawn before lots close and claims lapse. Partitions come late: the lock that they need is held for a short time. Rights come after them, since each that ends is an event of this month. Events are told after all that makes some. */
const EcpStep ecp_steps[] = {
	{"templates", ecp_template_due, ecp_template_next, 5},
	{"payment_holds", ecp_payment_hold_due, ecp_payment_hold_next, 10},
	{"allotments", ecp_allotment_draw_due, ecp_allotment_draw_next, 1},
	{"lapses", ecp_pickup_lapse_due, ecp_pickup_lapse_next, 1},
	{"lots", ecp_lot_close_due, ecp_lot_close_next, 1},
	{"cascade", ecp_cascade_due, ecp_cascade_next, 1},
	{"sponsor_credit", ecp_sponsor_credit_due, ecp_sponsor_credit_next, 10},
	{"sponsor_return", ecp_sponsor_return_due, ecp_sponsor_return_next, 10},
	{"sponsor_fund", ecp_fund_round_due, ecp_fund_round_next, 10},
	{"kiosk_sessions", ecp_kiosk_end_due, ecp_kiosk_end_next, 60},
	{"kiosk_tries", ecp_kiosk_fold_due, ecp_kiosk_fold_next, 600},
	{"service_calls", ecp_service_fold_due, ecp_service_fold_next, 60},
	{"wishes", ecp_wish_purge_due, ecp_wish_purge_next, 60},
	{"allotment_purge", ecp_allotment_purge_due, ecp_allotment_purge_next, 600},
	{"lot_requests", ecp_lot_request_due, ecp_lot_request_next, 600},
	{"retention", ecp_retention_due, ecp_retention_next, 60},
	{"audit_link", ecp_audit_link_due, ecp_audit_link_next, 10},
	{"audit_partitions", ecp_audit_partitions_due, ecp_audit_partitions_next, 60},
	{"rights", ecp_right_expire_due, ecp_right_expire_next, 10},
	{"pickup_reminders", ecp_reminder_window_due, ecp_reminder_window_next, 10},
	{"lots_ending", ecp_reminder_ending_due, ecp_reminder_ending_next, 10},
	{"rights_ending", ecp_reminder_right_due, ecp_reminder_right_next, 60},
	{"baskets_nearby", ecp_reminder_nearby_due, ecp_reminder_nearby_next, 5},
	{"events", ecp_outbox_fan_out, ecp_outbox_fan_out_next, 0},
	{"mail", ecp_mail_purge_due, ecp_mail_purge_next, 600},
	{"webhooks", ecp_webhook_purge_due, ecp_webhook_purge_next, 60},
	{"old_events", ecp_outbox_forget_told, ecp_outbox_forget_told_next, 600},
	{"photos", ecp_photo_purge_due, ecp_photo_next_due, 600},
};

const int	ecp_step_count = lengthof(ecp_steps);

/* What the worker knows of a step. */
static struct
{
	EcpKnown	step;
	bool		failed;
}			known[lengthof(ecp_steps)];

static EcpPlan take_turn =
ECP_PLAN("SELECT 1 FROM ecopanier_private.tick_turn FOR UPDATE SKIP LOCKED");

bool
ecp_schedule_take_turn(void)
{
	ecp_plan_run(&take_turn, NULL, NULL, false, 0);
	return SPI_processed > 0;
}

void
ecp_schedule_await_turn(void)
{
	static EcpPlan await_turn = ECP_PLAN("SELECT 1 FROM ecopanier_private.tick_turn FOR UPDATE");
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	ecp_plan_run(&await_turn, NULL, NULL, false, 0);
	ecp_plan_end(&saved);
}

/* What is asked of a step: a batch of its work, or with limit 0 when it is next due. */
typedef struct Request
{
	const EcpStep *step;
	int			limit;
	int64		answer;
	bool		refused;		/* another turn is at work */
} Request;

static void
serve(void *arg)
{
	Request    *request = arg;
	EcpOwner	saved;

	ecp_plan_begin(&saved);
	if (request->limit == 0)
		request->answer = request->step->next_due();
	else if (ecp_schedule_take_turn())
		request->answer = request->step->run(request->limit);
	else
		request->refused = true;
	ecp_plan_end(&saved);
}

/* Serves a request in a subtransaction, nobody being called: an error, or NULL. */
static char *
try_step(Request *request)
{
	bool		before = ecp_context_schedule(true);
	char	   *error = NULL;

	PG_TRY();
	{
		ecp_attempt(serve, request, &error);
	}
	PG_FINALLY();
	{
		ecp_context_schedule(before);
	}
	PG_END_TRY();
	return request->refused ? pstrdup("another turn is at work") : error;
}

int64
ecp_schedule_run(const EcpStep *step, int limit, char **error)
{
	Request		request = {.step = step, .limit = limit};

	*error = try_step(&request);
	return *error ? -1 : request.answer;
}

TimestampTz
ecp_schedule_ask(const EcpStep *step, char **error)
{
	Request		request = {.step = step};

	*error = try_step(&request);
	return *error ? DT_NOBEGIN : request.answer;
}

bool
ecp_schedule_failing(void)
{
	int			i;

	for (i = 0; i < ecp_step_count; i++)
		if (known[i].failed)
			return true;
	return false;
}

void
ecp_schedule_forget(void)
{
	memset(known, 0, sizeof(known));
}

/* In a transaction: asks a step where that is due, and runs a batch where there is something. */
static void
work(const EcpStep *step, EcpKnown *mine, char **error)
{
	int64		done;

	if (ecp_core_step_is_unknown(mine, step->pause_s, GetCurrentTimestamp()))
	{
		TimestampTz due = ecp_schedule_ask(step, error);

		ecp_core_step_answered(mine, due, *error != NULL, GetCurrentTimestamp(), ecp_clock_now());
	}
	if (*error || mine->next_due > ecp_clock_now())
		return;
	done = ecp_schedule_run(step, BATCH, error);
	ecp_core_step_ran(mine, done, *error != NULL, GetCurrentTimestamp());
}

/* Milliseconds until a step is to be asked or run. */
static int64
delay_of(int i)
{
	return ecp_core_step_delay(&known[i].step, ecp_steps[i].pause_s, GetCurrentTimestamp(), ecp_clock_now());
}

/* What was asked after the present moment, by a clock that was set back since, is asked anew: its pauses would last as long. */
static void
forget_future(void)
{
	TimestampTz now = GetCurrentTimestamp();
	int			i;

	for (i = 0; i < ecp_step_count; i++)
		if (known[i].step.asked_at > now)
			memset(&known[i], 0, sizeof(known[i]));
}

int64
ecp_schedule_turn(bool woken, char **error)
{
	MemoryContext context = CurrentMemoryContext;
	int64		soonest = -1;
	int			i;

	*error = NULL;
	SetCurrentStatementStartTimestamp();	/* what was slept through is over */
	forget_future();
	for (i = 0; i < ecp_step_count; i++)
	{
		char	   *complaint = NULL;
		int64		delay;

		known[i].step.outdated |= woken;
		if (delay_of(i) == 0)
		{
			SetCurrentStatementStartTimestamp();
			StartTransactionCommand();
			if (!ecp_extension_lock())
			{
				AbortCurrentTransaction();
				return -1;
			}
			PushActiveSnapshot(GetTransactionSnapshot());
			pgstat_report_activity(STATE_RUNNING, psprintf("schedule: %s", ecp_steps[i].name));
			work(&ecp_steps[i], &known[i].step, &complaint);
			PopActiveSnapshot();
			known[i].failed = complaint != NULL;
			if (complaint)
				*error = MemoryContextStrdup(context, psprintf("%s: %s", ecp_steps[i].name, complaint));
			ecp_owner_commit();
			MemoryContextSwitchTo(context);
		}
		delay = delay_of(i);
		if (delay >= 0)
			soonest = soonest < 0 ? delay : Min(soonest, delay);
	}
	return soonest;
}
