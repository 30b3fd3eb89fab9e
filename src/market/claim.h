/*
 * The columns of reservation that the triggers use.
 */
#ifndef ECP_CLAIM_H
#define ECP_CLAIM_H

#include "postgres.h"

#include "common/trigger.h"

typedef enum EcpClaimColumn
{
	CLAIM_TERRITORY, CLAIM_ID, CLAIM_LOT, CLAIM_MEMBER, CLAIM_ORGANISATION, CLAIM_CLAIMED_AT,
	CLAIM_WINDOW_START, CLAIM_WINDOW_END, CLAIM_QUANTITY, CLAIM_AMOUNT, CLAIM_QUOTA_LIMIT, CLAIM_QUOTA_VERSION,
	CLAIM_DAY, CLAIM_LATE, CLAIM_POOL, CLAIM_STATE, CLAIM_KEY, CLAIM_PIN_VERSION, CLAIM_ROUND, CLAIM_REQUEST,
	CLAIM_COLLECTED_AT, CLAIM_CANCELLED_AT, CLAIM_QUOTA_COST, CLAIM_QUOTA_BASIS, CLAIM_FORGIVEN, CLAIM_COLUMNS
} EcpClaimColumn;

/* Positions (from 0) of these columns in reservation, by EcpClaimColumn. */
extern const int *ecp_claim_columns(Relation reservation);

#endif							/* ECP_CLAIM_H */
