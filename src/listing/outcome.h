/*
 * Between a proposal and the model that is asked for it: proposal.c defines
 * these, channel.c calls them.  All inside SPI as the owner.
 *
 * A job of ecopanier_private.listing_job has the id of its proposal; its
 * endpoint is that of ecp_model_endpoint() when it was queued.
 */
#ifndef ECP_OUTCOME_H
#define ECP_OUTCOME_H

#include "postgres.h"

#include "utils/uuid.h"

typedef struct EcpProposalSource
{
	const char *media_type;		/* image/jpeg, image/png or image/webp */
	const void *photo;			/* without metadata */
	Size		photo_length;
	int			orientation;	/* EXIF, 1 to 8; 1 where the photo does not say */
} EcpProposalSource;

/* The photo of a proposal that waits for a model, in the current context; false where it does not wait any more. */
extern bool ecp_proposal_source(int32 territory, const pg_uuid_t *proposal, EcpProposalSource *out);

/*
 * The model's fields, judged: the text of a JSON object whose names are columns of lot (title, description, category,
 * public_units, unit_weight_g, original_price_cents, price_cents, use_by, best_before, batch, allergens), and whose values
 * are {"value": ..., "confidence": 0 to 1, "note": text}.  A field of which nothing is known is absent; value is null and
 * note says why where the model said something that is not taken.  note is absent where there is nothing to say, else:
 * shortened, clamped, unlisted, unreadable, past, far.  Does nothing where the proposal does not wait any more.
 */
extern void ecp_proposal_answered(int32 territory, const pg_uuid_t *proposal, const char *fields, const char *model_version);

/*
 * No listing came; code is one of
 *
 *   photo_refused       the service does not take this photo (format, size)       another photo
 *   photo_blocked       the service's safety rules stop it                        another photo, or by hand
 *   nothing_recognised  no food seen on it                                        another photo
 *   answer_unusable     cut short, not what was asked for                         again, or by hand
 *   service_unavailable no answer after all attempts                              again later
 *   service_refused     key, model or address are wrong: for the operator         by hand
 */
extern void ecp_proposal_failed(int32 territory, const pg_uuid_t *proposal, const char *code);

#endif							/* ECP_OUTCOME_H */
