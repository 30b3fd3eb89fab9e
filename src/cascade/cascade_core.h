/*
 * The cascade's decisions (rule D9), from facts alone.  Nothing here needs a
 * server.  Moments are microseconds of any one epoch.
 */
#ifndef ECP_CASCADE_CORE_H
#define ECP_CASCADE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#define ECP_CASCADE_NEVER INT64_MIN
#define ECP_CASCADE_UNLIMITED INT64_MAX

typedef enum EcpStage
{
	ECP_STAGE_SOLIDARITY,
	ECP_STAGE_ASSOCIATION,
	ECP_STAGE_PROCESSING,
	ECP_STAGE_ANIMAL_FEED,
	ECP_STAGE_COMPOST
} EcpStage;

#define ECP_STAGES 5

typedef enum EcpReason
{
	ECP_REASON_LEFT_OVER,		/* it goes there */
	ECP_REASON_NO_RECEIVER,		/* from here on why not: of several receivers the one counts that comes last here */
	ECP_REASON_CLOSED_UNTIL,
	ECP_REASON_COLD_CHAIN,
	ECP_REASON_NO_TIME_LEFT,
	ECP_REASON_SHORT_DATED,
	ECP_REASON_NO_CAPACITY,
	ECP_REASON_ALREADY_OFFERED,
	ECP_REASON_PAST_USE_BY,
	ECP_REASON_INCOMPLETE,
	ECP_REASON_NOT_ACTIVE,
	ECP_REASON_BY_HAND,
	ECP_REASON_REFUSED,
	ECP_REASON_NOT_ANSWERED,
	ECP_REASON_NOT_COLLECTED,
	ECP_REASON_LOT_CANCELLED
} EcpReason;

#define ECP_REASONS 16

/* The words of cascade_step. */
extern const char *const ecp_stage_names[ECP_STAGES];
extern const char *const ecp_reason_names[ECP_REASONS];

/* The dated parameters, in microseconds. */
typedef struct EcpCascadeRules
{
	int64_t		ahead;			/* how far the next opening may be */
	int64_t		window;			/* how long it is at least */
	int64_t		answer;			/* how long a receiver has to accept */
	int64_t		donation;		/* left at the hand-over to people */
} EcpCascadeRules;

typedef struct EcpCascadeLot
{
	int64_t		at;				/* the moment that is looked at */
	int64_t		use_by_end;		/* first moment after the use-by day, ECP_CASCADE_UNLIMITED without one */
	int64_t		unit_weight;	/* grams, at least 1 */
	bool		active;			/* whether its organisation is */
	bool		may_keep;		/* until the next opening, by its cold class */
	bool		offered_again;	/* or is what was */
} EcpCascadeLot;

typedef struct EcpSpan
{
	int64_t		from;
	int64_t		to;
} EcpSpan;

typedef struct EcpReceiver
{
	unsigned char id[16];
	double		distance;		/* metres, negative where not known */
	double		radius;
	int64_t		units_left;		/* of its day, ECP_CASCADE_UNLIMITED without a limit */
	int64_t		weight_left;	/* grams, the same */
	int64_t		last_offered;	/* ECP_CASCADE_NEVER */
	bool		admitted;		/* active on the day, accredited where that is asked for */
	bool		keeps;			/* the lot's cold class */
	bool		declares;		/* that it distributes in time */
	bool		asked;			/* for this lot before */
	bool		has_hours;
	EcpSpan		opening;		/* the one that is now or next; none within reach: from is ECP_CASCADE_UNLIMITED */
} EcpReceiver;

typedef struct EcpOffer
{
	int			receiver;		/* -1: none */
	int64_t		quantity;
	int64_t		deadline;
	bool		short_dated;	/* by the receiver's declaration */
} EcpOffer;

/*
 * Whether what is left is offered once more by its shop, whose spans are in
 * order: ECP_REASON_LEFT_OVER and the window, or why not; opens is the next
 * opening, ECP_CASCADE_UNLIMITED where none is among the spans.
 */
extern EcpReason ecp_core_cascade_again(const EcpCascadeLot *lot, const EcpCascadeRules *rules,
										const EcpSpan *spans, int count, EcpSpan *window, int64_t *opens);

/* Until when a hand-over may be, for people with the donation's hours left. */
extern int64_t ecp_core_cascade_latest(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage, bool declares);

/* Whether a receiver can be offered some of so many units; how many, and until when. */
extern EcpReason ecp_core_cascade_fit(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage,
									  const EcpReceiver *receiver, int64_t units, EcpOffer *offer);

/*
 * Who is offered so many units next, or why nobody is.  Associations: the one
 * that was offered something least recently; then and otherwise the nearest,
 * the one with most capacity left, the lowest id.
 */
extern EcpReason ecp_core_cascade_choose(const EcpCascadeLot *lot, const EcpCascadeRules *rules, EcpStage stage,
										 const EcpReceiver *receivers, int count, int64_t units, EcpOffer *offer);

#endif							/* ECP_CASCADE_CORE_H */
