/*
 * What becomes of a photo, for whoever asks a model about it.
 *
 *   waiting -> asking -> draft -> confirmed (by a person)
 *                     -> failed -> waiting (asked again by a person)
 *   discarded by a person, from waiting, asking, draft and failed
 *
 * All functions run inside SPI as the owner, nobody being called.
 */
#ifndef ECP_PROPOSAL_H
#define ECP_PROPOSAL_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "listing/field.h"

/* Why there is no draft; each has a sentence for the merchant in message(). */
#define ECP_FAILURE_MODEL_BUSY "model_busy" /* tries used up on 429, 500, 503, 504, or the circuit stays open */
#define ECP_FAILURE_MODEL_SILENT "model_silent" /* tries used up on timeouts and lost connections */
#define ECP_FAILURE_MODEL_REFUSED "model_refused"	/* no key, wrong key, unknown model, a request it does not take: the operator's to mend */
#define ECP_FAILURE_PHOTO_REFUSED "photo_refused"	/* the model cannot decode the picture */
#define ECP_FAILURE_PHOTO_BLOCKED "photo_blocked"	/* blocked for what it shows */
#define ECP_FAILURE_NOTHING_SEEN "nothing_seen" /* no food on it */
#define ECP_FAILURE_ANSWER_UNUSABLE "answer_unusable"	/* cut off, empty, not what was asked for */

typedef struct EcpPhoto
{
	pg_uuid_t	id;
	char		media_type[16]; /* image/jpeg, image/png, image/webp */
	int			width;
	int			height;
	int			orientation;	/* 1..8 as in EXIF: how to turn it; the bytes hold none */
	bytea	   *bytes;			/* in the current context, not toasted */
} EcpPhoto;

/* What a model says of a field. */
typedef struct EcpProposed
{
	const char *json;			/* the value as field.h says; NULL: nothing is proposed, as for unknown allergens */
	double		confidence;		/* 0 to 1 */
} EcpProposed;

typedef struct EcpDraft
{
	EcpProposed fields[ECP_FIELDS];	/* by EcpField */
	const char *provider;
	const char *model;			/* as it was asked for */
	const char *model_version;	/* as the answer names it, or NULL */
} EcpDraft;

/* One call of a model, whatever came of it. */
typedef struct EcpModelCall
{
	const char *provider;
	const char *model;
	const char *model_version;	/* or NULL */
	const char *outcome;		/* "draft", a failure, or "retry"; up to 60 characters */
	int			tokens_in;
	int			tokens_out;
	int64		cost_micro_eur;
	int64		duration_ms;
} EcpModelCall;

/* Notes that the model is asked now; false where nobody waits for it any more, so that the job is needless. */
extern bool ecp_proposal_asking(int32 territory, const pg_uuid_t *proposal);

/* Reads the proposal's photo; false where it is gone. */
extern bool ecp_photo_read(int32 territory, const pg_uuid_t *proposal, EcpPhoto *photo);

/*
 * Stores the draft; false, with nothing changed, where the proposal waits no
 * more: it was discarded, or has its draft.  Raises 22023 for values that are
 * not what field.h says.
 */
extern bool ecp_proposal_draft(int32 territory, const pg_uuid_t *proposal, const EcpDraft *draft);

/* The same for a failure, one of the codes above. */
extern bool ecp_proposal_failed(int32 territory, const pg_uuid_t *proposal, const char *failure);

/* Records what a call used and cost. */
extern void ecp_proposal_call(int32 territory, const pg_uuid_t *proposal, const EcpModelCall *call);

/* Removes photos whose time is over, up to limit in each territory; how many.  Step of the schedule, with when the next is due. */
extern int64 ecp_photo_purge_due(int limit);
extern TimestampTz ecp_photo_next_due(void);

#endif							/* ECP_PROPOSAL_H */
