/*
 * Who may verify rights and receive food aid.
 */
#ifndef ECP_ACCREDITATION_H
#define ECP_ACCREDITATION_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

/*
 * Whether an organisation is accredited on a local day: a social service by
 * right, an association with an accreditation (L266-2 CASF) in force and not
 * suspended; active ones alone.  False for an unknown one.  Inside SPI as the
 * owner.
 */
extern bool ecp_organisation_is_accredited(int32 territory, const pg_uuid_t *organisation, DateADT day);

#endif							/* ECP_ACCREDITATION_H */
