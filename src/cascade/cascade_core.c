/*
 * The cascade's decisions; see cascade_core.h.
 */
#include <string.h>

#include "cascade/cascade_core.h"

#define DAY INT64_C(86400000000)

const char *const ecp_stage_names[ECP_STAGES] = {"solidarity", "association", "processing", "animal_feed", "compost"};

const char *const ecp_reason_names[ECP_REASONS] = {
	"left_over", "no_receiver", "closed_until", "cold_chain", "no_time_left", "short_dated", "no_capacity", "already_offered",
	"past_use_by", "incomplete", "not_active", "by_hand", "refused", "not_answered", "not_collected", "lot_cancelled"
};

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * A span in which people could come: today's opening counts only where it goes
 * on for more than a day, as in a shop that never closes; a window is a day at
 * most and ends with the use-by day.
 */
static bool
usable(const EcpCascadeLot *lot, const EcpSpan *span, EcpSpan *window)
{
	*window = *span;
	if (span->from < lot->at)
	{
		if (span->to <= lot->at || span->to - span->from <= DAY)
			return false;
		window->from = lot->at;
	}
	window->to = least(window->to, window->from + DAY);
	window->to = least(window->to, lot->use_by_end);
	return true;
}

EcpReason
ecp_core_cascade_again(const EcpCascadeLot *lot, const EcpCascadeRules *rules, const EcpSpan *spans, int count,
					   EcpSpan *window, int64_t *opens)
{
	EcpReason	reason = ECP_REASON_CLOSED_UNTIL;

	*opens = ECP_CASCADE_UNLIMITED;
	if (lot->offered_again)
		return ECP_REASON_ALREADY_OFFERED;
	if (lot->at >= lot->use_by_end)
		return ECP_REASON_PAST_USE_BY;
	if (!lot->active)
		return ECP_REASON_NOT_ACTIVE;
	if (!lot->may_keep)
		return ECP_REASON_COLD_CHAIN;
	for (int i = 0; i < count; i++)
	{
		if (!usable(lot, &spans[i], window))
			continue;
		if (*opens == ECP_CASCADE_UNLIMITED)
			*opens = window->from;
		if (rules->ahead == 0 || window->from - lot->at > rules->ahead)
			break;
		if (window->from >= lot->use_by_end)
			return ECP_REASON_PAST_USE_BY;
		if (window->to - window->from >= rules->window)
			return ECP_REASON_LEFT_OVER;
		reason = ECP_REASON_NO_TIME_LEFT;
	}
	return reason;
}

int64_t
ecp_core_cascade_latest(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage, bool declares)
{
	if (stage == ECP_STAGE_COMPOST || lot->use_by_end == ECP_CASCADE_UNLIMITED)
		return ECP_CASCADE_UNLIMITED;
	return lot->use_by_end - (stage == ECP_STAGE_ASSOCIATION && !declares ? rules->donation : 0);
}

/* Until when it can answer: its next closing where its hours are known, so long as the rules and the food allow. */
static EcpReason
find_deadline(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage, const EcpReceiver *receiver, EcpOffer *offer)
{
	int64_t		latest = ecp_core_cascade_latest(lot, rules, stage, receiver->declares);
	int64_t		until = lot->at + rules->answer;

	if (stage != ECP_STAGE_COMPOST && lot->at >= lot->use_by_end)
		return ECP_REASON_PAST_USE_BY;
	if (stage != ECP_STAGE_COMPOST && receiver->has_hours)
	{
		if (receiver->opening.from >= until)
			return ECP_REASON_CLOSED_UNTIL;
		until = least(until, receiver->opening.to);
	}
	/* A hand-over exactly at the limit still leaves the hours. */
	if (latest != ECP_CASCADE_UNLIMITED && (latest <= lot->at || (receiver->has_hours && receiver->opening.from >= latest)))
		return stage == ECP_STAGE_ASSOCIATION && !receiver->declares ? ECP_REASON_SHORT_DATED : ECP_REASON_NO_TIME_LEFT;
	offer->deadline = least(until, latest);
	offer->short_dated = stage == ECP_STAGE_ASSOCIATION && receiver->declares &&
		offer->deadline > ecp_core_cascade_latest(lot, rules, stage, false);
	return ECP_REASON_LEFT_OVER;
}

EcpReason
ecp_core_cascade_fit(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage,
					 const EcpReceiver *receiver, int64_t units, EcpOffer *offer)
{
	EcpReason	reason;

	if (!receiver->admitted || receiver->asked || (receiver->distance >= 0 && receiver->distance > receiver->radius))
		return ECP_REASON_NO_RECEIVER;
	if (stage != ECP_STAGE_COMPOST && !receiver->keeps)
		return ECP_REASON_COLD_CHAIN;
	reason = find_deadline(lot, rules, stage, receiver, offer);
	if (reason != ECP_REASON_LEFT_OVER)
		return reason;
	offer->quantity = least(units, receiver->units_left);
	if (receiver->weight_left != ECP_CASCADE_UNLIMITED)
		offer->quantity = least(offer->quantity, receiver->weight_left / lot->unit_weight);
	return offer->quantity > 0 ? ECP_REASON_LEFT_OVER : ECP_REASON_NO_CAPACITY;
}

/* Which of two comes first: below 0 the first one. */
static int
compare(EcpStage stage, const EcpReceiver *a, int64_t room_a, const EcpReceiver *b, int64_t room_b)
{
	if (stage == ECP_STAGE_ASSOCIATION && a->last_offered != b->last_offered)
		return a->last_offered < b->last_offered ? -1 : 1;
	if (a->distance != b->distance)
		return (a->distance >= 0 && (b->distance < 0 || a->distance < b->distance)) ? -1 : 1;
	if (room_a != room_b)
		return room_a > room_b ? -1 : 1;
	return memcmp(a->id, b->id, sizeof(a->id));
}

EcpReason
ecp_core_cascade_choose(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage,
						const EcpReceiver *receivers, int count, int64_t units, EcpOffer *offer)
{
	EcpReason	why = ECP_REASON_NO_RECEIVER;
	int64_t		best_room = 0;

	offer->receiver = -1;
	if (stage != ECP_STAGE_COMPOST && lot->at >= lot->use_by_end)
		return ECP_REASON_PAST_USE_BY;
	for (int i = 0; i < count; i++)
	{
		EcpOffer	candidate = {.receiver = i};
		EcpReason	reason = ecp_core_cascade_fit(lot, rules, stage, &receivers[i], units, &candidate);
		int64_t		room = least(receivers[i].units_left, receivers[i].weight_left / lot->unit_weight);

		if (reason != ECP_REASON_LEFT_OVER)
			why = why > reason ? why : reason;
		else if (offer->receiver < 0 || compare(stage, &receivers[i], room, &receivers[offer->receiver], best_room) < 0)
		{
			*offer = candidate;
			best_room = room;
		}
	}
	return offer->receiver < 0 ? why : ECP_REASON_LEFT_OVER;
}
