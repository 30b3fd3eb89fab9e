/*
 * Contacts of members: a mail address and a phone number each, encrypted under
 * a key of the server.
 *
 * Through SQL they are read by the person alone.  What sends messages opens
 * them here, in memory, for a purpose that the person consented to.
 */
#ifndef ECP_CONTACT_H
#define ECP_CONTACT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "crypto/contact.h"

/*
 * Stores a contact in place of the one there was, under the current key; inside
 * SPI as the owner.  Raises 22023, without the text, where it is no mail address
 * or phone number.
 */
extern void ecp_contact_store(int32 territory, const pg_uuid_t *member, EcpContactKind kind, const char *text, size_t len);

/*
 * The contact and when it was stored, for the person's own eyes: ecp_secret_alloc'ed
 * in the current context; inside SPI as the owner.  NULL where there is none.
 * Raises XX001 where the row is not what was stored for this person.
 */
extern char *ecp_contact_read(const EcpContactOwner *owner, TimestampTz *updated);

/* Whether the text is one that ecp_contact_store() takes; raises nothing. */
extern bool ecp_contact_is_valid(EcpContactKind kind, const char *text, size_t len);

/*
 * Whether a person has consented to a purpose.  Consent is kept in a higher
 * room, which puts its answer here when the library is loaded; until then no
 * contact is opened for anybody.
 */
typedef bool (*EcpContactConsent) (int32 territory, const pg_uuid_t *member, const char *purpose);
extern PGDLLIMPORT EcpContactConsent ecp_contact_consent;

/*
 * The contact, ecp_secret_alloc'ed in the current context, for what sends
 * messages; inside SPI as the owner.  NULL where there is none or the person has
 * not consented to the purpose.
 */
extern char *ecp_contact_open(int32 territory, const pg_uuid_t *member, EcpContactKind kind, const char *purpose);

#endif							/* ECP_CONTACT_H */
