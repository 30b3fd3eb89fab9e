/*
 * The key ring: which keys this database uses, and what is derived from them.
 *
 * Masters live in the key file, one a server.  The table ecopanier.key_ring
 * says which of them a database uses and which one is current; it is dumped,
 * the file is not.  A key's id is its fingerprint: 16 hexadecimal digits.
 *
 * What is cached in a backend, and when it is read again:
 *
 * - Keys, in locked memory.  An id never changes its meaning, so a loaded key
 *   cannot be wrong; but a key may be added, or taken away because it leaked.
 *   Once a statement the file's identity is compared (one stat()), and the
 *   file is read again when it differs or an id is missing.
 *
 * - The ring (ids, the current one, the installation's identity).  No read per
 *   transaction: a trigger on both tables turns each change into a relation
 *   cache invalidation of its table, which the server sends to every backend
 *   at commit, and takes back on abort; the callback here drops the cache.  It
 *   is filled under a snapshot newer than the last invalidation seen, so that
 *   a long REPEATABLE READ transaction cannot keep an outdated ring.  A
 *   backend hears of a rotation at its next transaction at the latest; until
 *   then it makes PINs with the key before, which stay valid.  The triggers
 *   are ENABLE ALWAYS, and a standby replays invalidations.
 *
 * All of these expect install() to have run (ecp_require_installed()) and may
 * run SQL as the owner.  Raised: ECP_ERR_KEY_MISSING where an id is not in the
 * file, F0000 where the file may not be used or is damaged.  The statement is
 * kept out of the log, since it may carry a PIN.
 */
#ifndef ECP_KEYS_H
#define ECP_KEYS_H

#include "postgres.h"

#include "utils/uuid.h"

#define ECP_KEY_ID_SIZE 17		/* with its zero byte */
#define ECP_PUBLIC_KEY_BYTES 32

typedef enum EcpKeyPurpose
{
	ECP_KEY_PIN,				/* 32 bytes: PINs */
	ECP_KEY_SIGN,				/* 64 bytes: Ed25519 secret key */
	ECP_KEY_CONTACT,			/* 32 bytes: contacts at rest */
	ECP_KEY_CARD,				/* 32 bytes: hashes and PINs of cards */
	ECP_KEY_AUDIT,				/* 32 bytes: MACs of audit events */
	ECP_KEY_TAG,				/* 32 bytes: MACs of blinded tags */
	ECP_KEY_WEBHOOK,			/* 32 bytes: secrets of webhooks at rest */
	ECP_KEY_ALLOTMENT,			/* 32 bytes: seeds of allotment rounds at rest */
	ECP_KEY_PURPOSES
} EcpKeyPurpose;

/* Defines the settings and starts the library; called once, from _PG_init(). */
extern void ecp_crypto_init(void);

/*
 * What install() calls, as the owner or as a superuser: names the installation
 * if it has no name yet and puts a first key into an empty ring, making the
 * key file where there is none.  A ring that has rows, after a restore, is
 * left as it is, with a warning where the file lacks the current key.
 */
extern void ecp_keys_install(void);

/* Makes the key file if it does not exist; returns the id of its newest key. */
extern const char *ecp_key_make_if_absent(void);

/* Adds a key to the file, not to the ring; returns its id. */
extern const char *ecp_key_add(void);

/* Id of this database's current key, palloc'd.  The key itself is not loaded. */
extern const char *ecp_key_current(void);

/* Id of this database's oldest key, palloc'd: the one that stays the same when keys are rotated. */
extern const char *ecp_key_oldest(void);

/* Whether this database's ring lists the id; any text may be asked for. */
extern bool ecp_key_is_listed(const char *id);

/* Whether the file has the key; raises F0000 alone. */
extern bool ecp_key_is_in_file(const char *id);

extern void ecp_key_public(const char *id, uint8 out[ECP_PUBLIC_KEY_BYTES]);

/*
 * For this room alone: a derived key, in locked memory, valid until the next
 * call of any function here.
 */
extern const uint8 *ecp_key_secret(const char *id, EcpKeyPurpose purpose);

/* The database's identity, which every derivation and signature covers. */
extern const pg_uuid_t *ecp_key_installation(void);

#endif							/* ECP_KEYS_H */
