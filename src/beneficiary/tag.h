/*
 * Blinded tags: one person, one right (rule D1).
 */
#ifndef ECP_PERSON_TAG_H
#define ECP_PERSON_TAG_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

#include "crypto/tag.h"
#include "identity/context.h"

/* A given tag; raises 22004, 22023 without its bytes where it is none. */
extern void ecp_person_tag_read(Datum tag, bool isnull, uint8 out[ECP_TAG_BYTES]);

/* The key of all tags, so that MACs stay comparable: that of those that there are, else the oldest.  Inside SPI as the owner. */
extern const char *ecp_person_tag_key(void);

/*
 * Stores the MAC of a person's tag, in place of another only while the person
 * never had a right, else ZE107.  Inside SPI as the owner.
 */
extern void ecp_person_tag_store(int32 territory, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES]);

/*
 * The same for a caller: who decides on the person's right or registers
 * people, of the organisation that holds the person.  Raises 42501, ZE101, ZE107.
 */
extern void ecp_right_set_tag(const EcpCaller *caller, const pg_uuid_t *member, const uint8 tag[ECP_TAG_BYTES]);

/* Whether the person has a tag; inside SPI as the owner. */
extern bool ecp_person_tag_exists(int32 territory, const pg_uuid_t *member);

/* Who holds the right of this person's tag; false where nobody does.  Inside SPI as the owner. */
extern bool ecp_person_tag_holder(int32 territory, const pg_uuid_t *member,
								  int32 *holder_territory, pg_uuid_t *holder_member);

/*
 * The first day, from a given one on, for which nobody else claimed free units
 * under this person's tag: a day gives its units once.  Inside SPI as the owner.
 */
extern DateADT ecp_person_tag_free_day(int32 territory, const pg_uuid_t *member, DateADT from);

#endif							/* ECP_PERSON_TAG_H */
