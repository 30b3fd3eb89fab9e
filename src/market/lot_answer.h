/*
 * Calls about many lots: an outcome for each row, and the same answer for a retry.
 */
#ifndef ECP_LOT_ANSWER_H
#define ECP_LOT_ANSWER_H

#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/uuid.h"

#include "identity/context.h"

#define ECP_LOT_ROWS_MAX 500

/* What came of a row. */
typedef struct EcpLotOutcome
{
	int			number;			/* of the row, from 1 */
	const pg_uuid_t *lot;		/* NULL: none */
	const char *state;			/* the lot's; NULL: none */
	const ErrorData *error;		/* NULL: all that was asked for was done */
	const pg_uuid_t *source;	/* the lot that was repeated, or NULL */
} EcpLotOutcome;

/* Begins an answer, a JSON array of outcomes. */
extern void ecp_lot_answer_begin(StringInfo answer);
extern void ecp_lot_answer_add(StringInfo answer, const EcpLotOutcome *outcome);
extern void ecp_lot_answer_end(StringInfo answer);

/*
 * Whether a request of the caller's organisation is new; otherwise its answer is in *answer.
 * request: a uuid, isnull: not numbered, always new.  asked: function and arguments.  Raises ZE110 where
 * the number was used for something else.  Who sends it twice at once waits.  All inside SPI as the owner.
 */
extern bool ecp_lot_request_begin(const EcpCaller *caller, Datum request, bool isnull, const char *asked, char **answer);

/* Keeps the answer of a numbered request. */
extern void ecp_lot_request_end(const EcpCaller *caller, Datum request, bool isnull, const char *answer);

/* Gives the rows of an answer as those of a function that returns a set: number, lot_id, state, code, message, detail, hint, source_lot_id or the first of these. */
extern void ecp_lot_answer_return(FunctionCallInfo fcinfo, const char *answer);

/* A step of the schedule: forgets answers after 30 days. */
extern int64 ecp_lot_request_due(int limit);
extern TimestampTz ecp_lot_request_next(void);

#endif							/* ECP_LOT_ANSWER_H */
