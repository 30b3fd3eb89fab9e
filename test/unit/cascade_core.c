/*
 * cascade_core.c
 *		Unit tests of the cascade's decisions: both sides of each bound.
 *
 * cores: src/cascade/cascade_core.c
 */
#include <string.h>

#include "cascade/cascade_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define HOUR INT64_C(3600000000)
#define MINUTE INT64_C(60000000)
#define NONE ECP_CASCADE_UNLIMITED

static const EcpCascadeRules rules = {.ahead = 36 * HOUR, .window = 60 * MINUTE, .answer = 24 * HOUR, .donation = 48 * HOUR};

/* Hours from the end of the window: what becomes of what is left, with one opening. */
static const struct
{
	const char *name;
	bool		active;
	bool		may_keep;
	bool		again;
	int64_t		use_by_end;
	EcpSpan		span;
	EcpReason	reason;
	int64_t		to;				/* of the window */
}			openings[] = {
	{"the next opening", true, true, false, NONE, {14 * HOUR, 20 * HOUR}, ECP_REASON_LEFT_OVER, 20 * HOUR},
	{"at once", true, true, false, NONE, {0, 2 * HOUR}, ECP_REASON_LEFT_OVER, 2 * HOUR},
	{"at the reach", true, true, false, NONE, {36 * HOUR, 40 * HOUR}, ECP_REASON_LEFT_OVER, 40 * HOUR},
	{"past the reach", true, true, false, NONE, {36 * HOUR + 1, 40 * HOUR}, ECP_REASON_CLOSED_UNTIL, 0},
	{"long enough", true, true, false, NONE, {14 * HOUR, 15 * HOUR}, ECP_REASON_LEFT_OVER, 15 * HOUR},
	{"too short", true, true, false, NONE, {14 * HOUR, 15 * HOUR - 1}, ECP_REASON_NO_TIME_LEFT, 0},
	{"today's opening", true, true, false, NONE, {-10 * HOUR, 2 * HOUR}, ECP_REASON_CLOSED_UNTIL, 0},
	{"a shop that never closes", true, true, false, NONE, {-48 * HOUR, 96 * HOUR}, ECP_REASON_LEFT_OVER, 24 * HOUR},
	{"a day at most", true, true, false, NONE, {14 * HOUR, 90 * HOUR}, ECP_REASON_LEFT_OVER, 38 * HOUR},
	{"until the use-by day ends", true, true, false, 18 * HOUR, {14 * HOUR, 20 * HOUR}, ECP_REASON_LEFT_OVER, 18 * HOUR},
	{"an hour of it", true, true, false, 15 * HOUR, {14 * HOUR, 20 * HOUR}, ECP_REASON_LEFT_OVER, 15 * HOUR},
	{"less of it", true, true, false, 15 * HOUR - 1, {14 * HOUR, 20 * HOUR}, ECP_REASON_NO_TIME_LEFT, 0},
	{"opens after the use-by day", true, true, false, 14 * HOUR, {14 * HOUR, 20 * HOUR}, ECP_REASON_PAST_USE_BY, 0},
	{"past it", true, true, false, 0, {14 * HOUR, 20 * HOUR}, ECP_REASON_PAST_USE_BY, 0},
	{"not to be kept", true, false, false, NONE, {14 * HOUR, 20 * HOUR}, ECP_REASON_COLD_CHAIN, 0},
	{"offered before", true, true, true, NONE, {14 * HOUR, 20 * HOUR}, ECP_REASON_ALREADY_OFFERED, 0},
	{"a shop that is suspended", false, true, false, NONE, {14 * HOUR, 20 * HOUR}, ECP_REASON_NOT_ACTIVE, 0},
};

static void
test_again(void)
{
	EcpCascadeRules none = rules;
	EcpCascadeLot lot = {.use_by_end = NONE, .unit_weight = 500, .active = true, .may_keep = true};
	EcpSpan		two[] = {{14 * HOUR, 14 * HOUR + 30 * MINUTE}, {16 * HOUR, 20 * HOUR}};
	EcpSpan		window;
	int64_t		opens;

	for (size_t i = 0; i < COUNT_OF(openings); i++)
	{
		EcpReason	reason;

		lot.use_by_end = openings[i].use_by_end;
		lot.active = openings[i].active;
		lot.may_keep = openings[i].may_keep;
		lot.offered_again = openings[i].again;
		reason = ecp_core_cascade_again(&lot, &rules, &openings[i].span, 1, &window, &opens);
		tap_ok(reason == openings[i].reason && (reason != ECP_REASON_LEFT_OVER || window.to == openings[i].to), "%s: %s",
			   openings[i].name, ecp_reason_names[reason]);
	}
	lot = (EcpCascadeLot) {.use_by_end = NONE, .unit_weight = 500, .active = true, .may_keep = true};
	tap_ok(ecp_core_cascade_again(&lot, &rules, two, 2, &window, &opens) == ECP_REASON_LEFT_OVER && window.from == 16 * HOUR &&
		   opens == 14 * HOUR, "of two openings the one that is long enough");
	tap_ok(ecp_core_cascade_again(&lot, &rules, two, 0, &window, &opens) == ECP_REASON_CLOSED_UNTIL && opens == NONE, "a shop without hours");
	none.ahead = 0;
	tap_ok(ecp_core_cascade_again(&lot, &none, two, 2, &window, &opens) == ECP_REASON_CLOSED_UNTIL, "a territory that does without");
}

/* A receiver that takes whatever there is. */
static EcpReceiver
receiver(int number)
{
	EcpReceiver it = {.id = {0}, .distance = 1000, .radius = 5000, .units_left = NONE, .weight_left = NONE, .last_offered = ECP_CASCADE_NEVER,
	.admitted = true, .keeps = true};

	it.id[15] = (unsigned char) number;
	return it;
}

static EcpReason
fits(EcpStage stage, int64_t use_by_end, EcpReceiver it, EcpOffer *offer)
{
	EcpCascadeLot lot = {.use_by_end = use_by_end, .unit_weight = 500, .active = true, .may_keep = true};

	*offer = (EcpOffer) {0};
	return ecp_core_cascade_fit(&lot, &rules, stage, &it, 10, offer);
}

static void
test_fit(void)
{
	EcpReceiver it = receiver(1);
	EcpReceiver other;
	EcpOffer	offer;

	tap_ok(fits(ECP_STAGE_ASSOCIATION, NONE, it, &offer) == ECP_REASON_LEFT_OVER && offer.quantity == 10 && offer.deadline == 24 * HOUR, "all of it, for a day");
	tap_ok(fits(ECP_STAGE_ASSOCIATION, 48 * HOUR + 1, it, &offer) == ECP_REASON_LEFT_OVER && offer.deadline == 1, "a moment more than the donation needs");
	tap_ok(fits(ECP_STAGE_ASSOCIATION, 48 * HOUR, it, &offer) == ECP_REASON_SHORT_DATED, "and no more than it needs");
	it.declares = true;
	tap_ok(fits(ECP_STAGE_ASSOCIATION, 48 * HOUR, it, &offer) == ECP_REASON_LEFT_OVER && offer.short_dated, "declared");
	tap_ok(fits(ECP_STAGE_ASSOCIATION, 72 * HOUR, it, &offer) == ECP_REASON_LEFT_OVER && !offer.short_dated, "declared, and not needed");
	tap_ok(fits(ECP_STAGE_ASSOCIATION, 72 * HOUR - 1, it, &offer) == ECP_REASON_LEFT_OVER && offer.short_dated, "needed at the deadline");
	tap_ok(fits(ECP_STAGE_ASSOCIATION, 0, it, &offer) == ECP_REASON_PAST_USE_BY, "never past the use-by date");
	it = receiver(1);
	tap_ok(fits(ECP_STAGE_ANIMAL_FEED, 1, it, &offer) == ECP_REASON_LEFT_OVER && offer.deadline == 1, "animals until the use-by date");
	tap_ok(fits(ECP_STAGE_ANIMAL_FEED, 0, it, &offer) == ECP_REASON_PAST_USE_BY, "and not past it");
	tap_ok(fits(ECP_STAGE_COMPOST, 0, it, &offer) == ECP_REASON_LEFT_OVER, "compost takes that");
	it.units_left = 0;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, it, &offer) == ECP_REASON_NO_CAPACITY, "no unit left of the day");
	it.units_left = 1;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, it, &offer) == ECP_REASON_LEFT_OVER && offer.quantity == 1, "one");
	it.weight_left = 499;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, it, &offer) == ECP_REASON_NO_CAPACITY, "a gram less than a unit");
	it.weight_left = 500;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, it, &offer) == ECP_REASON_LEFT_OVER, "a unit's weight");
	other = receiver(1);
	other.distance = other.radius;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, other, &offer) == ECP_REASON_LEFT_OVER, "at the radius");
	other.distance += 0.5;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, other, &offer) == ECP_REASON_NO_RECEIVER, "past it");
	other = receiver(1);
	other.keeps = false;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, other, &offer) == ECP_REASON_COLD_CHAIN, "without the cold");
	tap_ok(fits(ECP_STAGE_COMPOST, NONE, other, &offer) == ECP_REASON_LEFT_OVER, "which compost does not need");
	other = receiver(1);
	other.has_hours = true;
	other.opening = (EcpSpan) {-HOUR, 2 * HOUR};
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, other, &offer) == ECP_REASON_LEFT_OVER && offer.deadline == 2 * HOUR, "until it closes");
	other.opening = (EcpSpan) {24 * HOUR - 1, 30 * HOUR};
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, other, &offer) == ECP_REASON_LEFT_OVER && offer.deadline == 24 * HOUR, "opens in time to answer");
	other.opening.from = 24 * HOUR;
	tap_ok(fits(ECP_STAGE_PROCESSING, NONE, other, &offer) == ECP_REASON_CLOSED_UNTIL, "does not");
	tap_ok(fits(ECP_STAGE_PROCESSING, 20 * HOUR, other, &offer) == ECP_REASON_CLOSED_UNTIL, "whatever the date");
	other.opening.from = 20 * HOUR;
	tap_ok(fits(ECP_STAGE_PROCESSING, 20 * HOUR, other, &offer) == ECP_REASON_NO_TIME_LEFT, "opens when the date is past");
}

static int
chosen(EcpStage stage, const EcpReceiver *receivers, int count)
{
	EcpCascadeLot lot = {.use_by_end = NONE, .unit_weight = 500, .active = true, .may_keep = true};
	EcpOffer	offer;

	(void) ecp_core_cascade_choose(&lot, &rules, stage, receivers, count, 10, &offer);
	return offer.receiver;
}

static void
test_choose(void)
{
	EcpCascadeLot lot = {.use_by_end = NONE, .unit_weight = 500, .active = true, .may_keep = true};
	EcpReceiver all[3] = {receiver(3), receiver(2), receiver(1)};
	EcpOffer	offer;

	tap_ok(chosen(ECP_STAGE_PROCESSING, all, 3) == 2, "the lowest id where all else is the same");
	all[1].units_left = 500;
	all[2].units_left = 499;
	all[0].units_left = 400;
	tap_ok(chosen(ECP_STAGE_PROCESSING, all, 3) == 1, "the most capacity before it");
	all[0].distance = 999;
	tap_ok(chosen(ECP_STAGE_PROCESSING, all, 3) == 0, "the nearest before that");
	all[0].distance = -1;
	tap_ok(chosen(ECP_STAGE_PROCESSING, all, 3) == 1, "a place that is not known comes last");
	all[0].distance = 999;
	all[0].last_offered = 20;
	all[1].last_offered = 19;
	all[2].last_offered = 21;
	tap_ok(chosen(ECP_STAGE_PROCESSING, all, 3) == 0, "others are not taken in turn");
	tap_ok(chosen(ECP_STAGE_ASSOCIATION, all, 3) == 1, "associations are: the one that has waited longest");
	all[2].last_offered = ECP_CASCADE_NEVER;
	tap_ok(chosen(ECP_STAGE_ASSOCIATION, all, 3) == 2, "one that was never offered anything first of all");
	all[2].asked = true;
	tap_ok(chosen(ECP_STAGE_ASSOCIATION, all, 3) == 1, "not the one that refused");
	all[0].admitted = all[1].keeps = false;
	tap_ok(ecp_core_cascade_choose(&lot, &rules, ECP_STAGE_ASSOCIATION, all, 3, 10, &offer) == ECP_REASON_COLD_CHAIN && offer.receiver == -1,
		   "of the reasons why not, that of who came nearest to it");
	tap_ok(ecp_core_cascade_choose(&lot, &rules, ECP_STAGE_ASSOCIATION, all, 0, 10, &offer) == ECP_REASON_NO_RECEIVER, "nobody is there");
}

int
main(void)
{
	test_again();
	test_fit();
	test_choose();
	return tap_failed != 0;
}
