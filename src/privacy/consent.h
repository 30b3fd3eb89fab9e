/*
 * Who agreed to what.
 */
#ifndef ECP_CONSENT_H
#define ECP_CONSENT_H

#include "postgres.h"

#include "utils/uuid.h"

/* Whether the person's consent to the purpose is in force; inside SPI as the owner. */
extern bool ecp_consent_given(int32 territory, const pg_uuid_t *member, const char *purpose);

#endif							/* ECP_CONSENT_H */
