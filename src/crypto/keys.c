/*
 * The keys of a backend: loaded from the key file into locked memory, and
 * derived there; see keys.h.  Which keys a database uses is in ring.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include <sodium.h>

#include "common/errors.h"
#include "crypto/credentials.h"
#include "crypto/jwt.h"
#include "crypto/keyfile.h"
#include "crypto/keys.h"
#include "crypto/ring.h"
#include "crypto/secret.h"

/* One key, with what was derived from it for one installation. */
typedef struct Key
{
	char		id[ECP_KEY_ID_SIZE];
	uint8		master[ECP_MASTER_BYTES];
	bool		derived;
	pg_uuid_t	installation;
	uint8		pin[ECP_SUBKEY_BYTES];
	uint8		contact[ECP_SUBKEY_BYTES];
	uint8		tag[ECP_SUBKEY_BYTES];
	uint8		card[ECP_SUBKEY_BYTES];
	uint8		audit[ECP_SUBKEY_BYTES];
	uint8		webhook[ECP_SUBKEY_BYTES];
	uint8		allotment[ECP_SUBKEY_BYTES];
	uint8		sign[crypto_sign_SECRETKEYBYTES];
	uint8		public_key[crypto_sign_PUBLICKEYBYTES];
} Key;

/* The file as this backend last read it. */
static struct
{
	Key		   *keys;			/* sodium_malloc'ed, NULL when nothing is loaded */
	int			count;
	EcpFileIdentity identity;
	char	   *path;			/* in TopMemoryContext */
	TimestampTz checked;		/* statement in which the identity was compared */
} store;

void
ecp_crypto_init(void)
{
	if (sodium_init() < 0)
		elog(ERROR, "libsodium could not be started");
	ecp_keyfile_init();
	ecp_credentials_init();
	ecp_jwt_init();
	ecp_ring_init();
}

static void
forget_keys(void)
{
	sodium_free(store.keys);
	store.keys = NULL;
	store.count = 0;
}

/* Reads the file into locked memory; leaves nothing loaded where there is no file. */
static void
load_keys(void)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "ecopanier keys", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);
	EcpFileKey *read;
	int			count;

	forget_keys();
	if (ecp_keyfile_read(&read, &count, &store.identity))
	{
		char	   *path = MemoryContextStrdup(TopMemoryContext, ecp_keyfile_path());

		if (store.path != NULL)
			pfree(store.path);
		store.path = path;
		store.keys = sodium_allocarray(count, sizeof(Key));
		if (store.keys == NULL)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory for keys")));
		sodium_memzero(store.keys, count * sizeof(Key));
		for (int i = 0; i < count; i++)
		{
			ecp_core_key_id_text(read[i].id, store.keys[i].id);
			memcpy(store.keys[i].master, read[i].master, ECP_MASTER_BYTES);
		}
		store.count = count;
		store.checked = GetCurrentStatementStartTimestamp();
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

/* Drops what is loaded when the file has changed, at most once a statement. */
static void
check_file(void)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();

	if (store.keys == NULL || store.checked == statement)
		return;
	if (strcmp(store.path, ecp_keyfile_path()) != 0 || !ecp_file_is_same(store.path, &store.identity))
		forget_keys();
	store.checked = statement;
}

static Key *
lookup(const char *id)
{
	for (int i = 0; i < store.count; i++)
		if (strcmp(store.keys[i].id, id) == 0)
			return &store.keys[i];
	return NULL;
}

/* The key, loaded if need be; NULL where the file lacks it. */
static Key *
find_key(const char *id)
{
	Key		   *key;

	check_file();
	key = lookup(id);
	if (key == NULL)
	{
		load_keys();
		key = lookup(id);
	}
	return key;
}

static void
derive(Key *key, const pg_uuid_t *installation)
{
	uint8		seed[crypto_sign_SEEDBYTES];

	ecp_core_subkey(key->master, "pin", installation->data, key->pin);
	ecp_core_subkey(key->master, "contact", installation->data, key->contact);
	ecp_core_subkey(key->master, "tag", installation->data, key->tag);
	ecp_core_subkey(key->master, "card", installation->data, key->card);
	ecp_core_subkey(key->master, "audit", installation->data, key->audit);
	ecp_core_subkey(key->master, "webhook", installation->data, key->webhook);
	ecp_core_subkey(key->master, "allotment", installation->data, key->allotment);
	ecp_core_subkey(key->master, "sign", installation->data, seed);
	crypto_sign_seed_keypair(key->public_key, key->sign, seed);
	sodium_memzero(seed, sizeof(seed));
	key->installation = *installation;
	key->derived = true;
}

/* The key with its derived keys for this database; raises where it is missing. */
static const Key *
derived_key(const char *id)
{
	const pg_uuid_t *installation = ecp_key_installation();
	Key		   *key = find_key(id);

	if (key == NULL)
		ereport(ERROR,
				(errcode(ECP_ERR_KEY_MISSING),
				 errmsg("key \"%s\" is not in the key file", id),
				 store.keys != NULL ?
				 errdetail_plural("The key file \"%s\" has %d other key.", "The key file \"%s\" has %d other keys.",
								  store.count, ecp_file_full_path(ecp_keyfile_path()), store.count) :
				 errdetail("There is no key file \"%s\".", ecp_file_full_path(ecp_keyfile_path())),
				 errhint("Restore the key file from a backup, or set ecopanier.key_file to where it is; see \"Keys\" in doc/operations.md."),
				 errhidestmt(true)));
	if (!key->derived || memcmp(&key->installation, installation, sizeof(pg_uuid_t)) != 0)
		derive(key, installation);
	return key;
}

const uint8 *
ecp_key_secret(const char *id, EcpKeyPurpose purpose)
{
	const Key  *key = derived_key(id);

	switch (purpose)
	{
		case ECP_KEY_PIN:
			return key->pin;
		case ECP_KEY_SIGN:
			return key->sign;
		case ECP_KEY_CONTACT:
			return key->contact;
		case ECP_KEY_CARD:
			return key->card;
		case ECP_KEY_AUDIT:
			return key->audit;
		case ECP_KEY_TAG:
			return key->tag;
		case ECP_KEY_WEBHOOK:
			return key->webhook;
		case ECP_KEY_ALLOTMENT:
			return key->allotment;
		default:
			elog(ERROR, "no key for purpose %d", (int) purpose);
	}
}

void
ecp_key_public(const char *id, uint8 out[ECP_PUBLIC_KEY_BYTES])
{
	memcpy(out, derived_key(id)->public_key, ECP_PUBLIC_KEY_BYTES);
}

bool
ecp_key_is_in_file(const char *id)
{
	return find_key(id) != NULL;
}

const char *
ecp_key_make_if_absent(void)
{
	return ecp_keyfile_add(true);
}

const char *
ecp_key_add(void)
{
	return ecp_keyfile_add(false);
}
