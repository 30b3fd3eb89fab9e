/*
 * The claims of a caller: what a token or an API server says about them.
 * Nothing here judges whether they are to be believed.
 */
#ifndef ECP_CLAIMS_H
#define ECP_CLAIMS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "common/json.h"

typedef struct EcpClaims
{
	bool		has_sub;
	pg_uuid_t	sub;			/* the member */
	char		role[NAMEDATALEN];	/* empty where absent */
	bool		has_organisation;
	pg_uuid_t	organisation;
	TimestampTz expires;		/* infinity where absent */
} EcpClaims;

typedef enum EcpClaimsStatus
{
	ECP_CLAIMS_OK,
	ECP_CLAIMS_EMPTY,			/* no text: what is left after COMMIT */
	ECP_CLAIMS_INVALID
} EcpClaimsStatus;

/* Where each claim stands among the fields that ecp_claims_ask() names. */
typedef enum EcpClaimField
{
	ECP_CLAIM_SUB,
	ECP_CLAIM_ROLE,
	ECP_CLAIM_ORGANISATION,
	ECP_CLAIM_EXP,
	ECP_CLAIM_COUNT
} EcpClaimField;

/*
 * Reads a JSON object of claims; never raises for bad ones.  json may be NULL.
 * A null claim counts as absent.  Invalid: not an object, a name twice, sub or
 * organisation not a UUID, role not a name, exp not a number of seconds.
 */
extern EcpClaimsStatus ecp_claims_parse(const char *json, int len, EcpClaims *out);

/* The two halves of it, for a caller that picks more fields at once. */
extern void ecp_claims_ask(EcpJsonField fields[ECP_CLAIM_COUNT]);
extern bool ecp_claims_read(const EcpJsonField fields[ECP_CLAIM_COUNT], EcpClaims *out);

/*
 * Reads a NumericDate (RFC 7519: seconds since 1970, maybe with a fraction);
 * false where the field is not a number or lies outside 1970..9999.
 */
extern bool ecp_claims_moment(const EcpJsonField *field, TimestampTz *out);

#endif							/* ECP_CLAIMS_H */
