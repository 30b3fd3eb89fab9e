/*
 * Contacts at rest: a mail address or a phone number, encrypted under a key of
 * the server (XChaCha20-Poly1305, random nonce).
 *
 * The text is padded to one size a kind, so that the length says nothing.  What
 * is authenticated along with it is the database, the territory, the member and
 * the kind: a row that was moved to another person does not open.
 */
#ifndef ECP_CRYPTO_CONTACT_H
#define ECP_CRYPTO_CONTACT_H

#include "postgres.h"

#include "utils/uuid.h"

typedef enum EcpContactKind
{
	ECP_CONTACT_MAIL,
	ECP_CONTACT_PHONE
} EcpContactKind;

#define ECP_CONTACT_KINDS 2

/* Whose contact it is. */
typedef struct EcpContactOwner
{
	int32		territory;
	pg_uuid_t	member;
	EcpContactKind kind;
} EcpContactOwner;

/* mail or phone. */
extern const char *ecp_contact_kind_name(EcpContactKind kind);

/* Seals a text, at most 254 bytes for a mail address and 16 for a phone number, under the key with this id. */
extern bytea *ecp_contact_seal(const EcpContactOwner *owner, const char *key_id, const char *text, size_t len);

/*
 * The text again, ecp_secret_alloc'ed in the current context and ended by a
 * zero byte; NULL where it was not sealed for this owner under this key.
 */
extern char *ecp_contact_unseal(const EcpContactOwner *owner, const char *key_id, const bytea *sealed);

#endif							/* ECP_CRYPTO_CONTACT_H */
