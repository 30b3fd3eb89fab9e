/*
 * Blinded tags: one person, one right (rule D1).
 */
#ifndef ECP_PERSON_TAG_H
#define ECP_PERSON_TAG_H

#include "postgres.h"

#include "utils/uuid.h"

#include "crypto/tag.h"
#include "identity/context.h"

/* A given tag; raises 22004, 22023 without its bytes where it is none. */
extern void ecp_person_tag_read(Datum tag, bool isnull, uint8 out[ECP_TAG_BYTES]);

/* Stores the MAC of a person's tag, in place of another; inside SPI as the owner. */
extern void ecp_person_tag_store(int32 territory, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES]);

/*
 * The same for a caller: who decides on the person's right or registers
 * people, of the organisation that holds the person.  Raises 42501, ZE101.
 */
extern void ecp_right_set_tag(const EcpCaller *caller, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES]);

/* Whether the person has a tag; inside SPI as the owner. */
extern bool ecp_person_tag_exists(int32 territory, const pg_uuid_t *member);

/* Who holds the right of this person's tag; false where nobody does.  Inside SPI as the owner. */
extern bool ecp_person_tag_holder(int32 territory, const pg_uuid_t *member,
								  int32 *holder_territory, pg_uuid_t *holder_member);

#endif							/* ECP_PERSON_TAG_H */
