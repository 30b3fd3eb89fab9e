/*
 * What a model is asked for, and what is taken of its answer.
 */
#ifndef ECP_ANSWER_H
#define ECP_ANSWER_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/date.h"

#include "listing/proposal.h"

/* What answers are held against. */
typedef struct EcpAnswerBounds
{
	DateADT		today;			/* of the territory */
	int64		discount_minimum;	/* percent (rule D4) */
	int64		discount_maximum;
} EcpAnswerBounds;

/* The question, in French; names the day, and how the photo lies. */
extern char *ecp_answer_question(const EcpAnswerBounds *bounds, int orientation);

/* The form of the answer: with capitals as Gemini has it (an OpenAPI schema), else a JSON schema. */
extern void ecp_answer_schema(StringInfo out, bool gemini);

/*
 * Reads what the model wrote into the draft's fields, in the current context.
 * NULL, or the failure: ECP_FAILURE_ANSWER_UNUSABLE where it is not JSON of this
 * form, ECP_FAILURE_NOTHING_SEEN.  Names that were not asked for are passed over;
 * a name twice, or anything after the object, spoils all.
 */
extern const char *ecp_answer_read(const char *json, int length, const EcpAnswerBounds *bounds, EcpDraft *draft);

#endif							/* ECP_ANSWER_H */
