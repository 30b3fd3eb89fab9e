/*
 * The keys that identity tokens are checked with; see jwt_keys.h.
 *
 * The file is a JSON Web Key Set whose keys each carry an issuer and an
 * audience besides.  One bad entry makes the whole file unusable: a set that
 * is half understood admits whom nobody meant to admit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include <sodium.h>

#include "common/json.h"
#include "crypto/base64_core.h"
#include "crypto/file.h"
#include "crypto/jwt_keys.h"

#define HS256_MIN_BYTES 32		/* RFC 7518, 3.2: at least the size of the hash */
#define ED25519_BYTES 32

enum
{
	FIELD_KID, FIELD_ALG, FIELD_KTY, FIELD_ISS, FIELD_AUD, FIELD_K, FIELD_CRV, FIELD_X, FIELDS
};

static char *jwt_keys_file;

/* The file as this backend last read it. */
static struct
{
	EcpJwtKey  *keys;			/* sodium_malloc'ed, NULL where there are none */
	int			count;
	EcpFileIdentity identity;
	char	   *path;			/* in TopMemoryContext */
	TimestampTz checked;
	char	   *told;			/* the last problem written to the log */
} store;

void
ecp_jwt_keys_init(void)
{
	DefineCustomStringVariable("ecopanier.jwt_keys_file",
							   "File with the keys that identity tokens are checked with, as a JSON Web Key Set.",
							   "Each key has kid, alg (HS256 or EdDSA), kty, k or x, iss and aud. Empty: no token is accepted.",
							   &jwt_keys_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   NULL, NULL, NULL);
}

static void
forget_keys(void)
{
	sodium_free(store.keys);
	store.keys = NULL;
	store.count = 0;
}

/* Copies a text that must be there, must not be empty and must fit. */
static bool
take_text(const EcpJsonField *field, char out[ECP_JWT_TEXT_SIZE])
{
	if (field->kind != ECP_JSON_STRING || field->length == 0 || field->length >= ECP_JWT_TEXT_SIZE)
		return false;
	memcpy(out, field->value, field->length + 1);
	return true;
}

static bool
is_text(const EcpJsonField *field, const char *text)
{
	return field->kind == ECP_JSON_STRING && strcmp(field->value, text) == 0;
}

/* Decodes a key's bytes and wipes their text. */
static bool
take_bytes(const EcpJsonField *field, EcpJwtKey *key)
{
	bool		good;

	if (field->kind != ECP_JSON_STRING)
		return false;
	good = ecp_core_base64url(field->value, field->length, key->bytes, sizeof(key->bytes), &key->len);
	sodium_memzero(unconstify(char *, field->value), field->length);
	return good;
}

/* Reads one entry; NULL where it is good, else what is wrong with it. */
static const char *
read_key(const EcpJsonField *entry, EcpJwtKey *key)
{
	EcpJsonField fields[FIELDS] = {
		[FIELD_KID] = {.name = "kid"}, [FIELD_ALG] = {.name = "alg"}, [FIELD_KTY] = {.name = "kty"},
		[FIELD_ISS] = {.name = "iss"}, [FIELD_AUD] = {.name = "aud"}, [FIELD_K] = {.name = "k"},
		[FIELD_CRV] = {.name = "crv"}, [FIELD_X] = {.name = "x"}
	};

	if (entry->kind != ECP_JSON_COMPOUND ||
		ecp_json_fields(entry->value, entry->length, fields, FIELDS) != ECP_JSON_OK)
		return "is not an object, or has a name twice";
	if (!take_text(&fields[FIELD_KID], key->kid) || !take_text(&fields[FIELD_ISS], key->issuer) ||
		!take_text(&fields[FIELD_AUD], key->audience))
		return "needs kid, iss and aud, each a text of 1 to 255 bytes";
	if (is_text(&fields[FIELD_ALG], "HS256") && is_text(&fields[FIELD_KTY], "oct"))
	{
		key->alg = ECP_JWT_HS256;
		if (!take_bytes(&fields[FIELD_K], key) || key->len < HS256_MIN_BYTES)
			return "needs k, base64url without padding of 32 to 256 bytes";
	}
	else if (is_text(&fields[FIELD_ALG], "EdDSA") && is_text(&fields[FIELD_KTY], "OKP") &&
			 is_text(&fields[FIELD_CRV], "Ed25519"))
	{
		key->alg = ECP_JWT_EDDSA;
		if (!take_bytes(&fields[FIELD_X], key) || key->len != ED25519_BYTES)
			return "needs x, base64url without padding of 32 bytes";
	}
	else
		return "needs alg HS256 with kty oct, or alg EdDSA with kty OKP and crv Ed25519";
	return NULL;
}

/* Reads all entries into the store, which is left empty where one is bad. */
static const char *
read_set(const char *text, size_t len)
{
	EcpJsonField set = {.name = "keys"};
	EcpJsonField entries[ECP_JWT_MAX_KEYS];
	int			count;

	if (!pg_verify_mbstr(GetDatabaseEncoding(), text, len, true) ||
		ecp_json_fields(text, len, &set, 1) != ECP_JSON_OK || set.kind != ECP_JSON_COMPOUND ||
		ecp_json_elements(set.value, set.length, entries, ECP_JWT_MAX_KEYS, &count) != ECP_JSON_OK)
		return "It is not a JSON object with an array \"keys\" of at most 64 entries.";
	if (count == 0)
		return NULL;
	store.keys = sodium_allocarray(count, sizeof(EcpJwtKey));
	if (store.keys == NULL)
		return "There is no memory for its keys.";
	sodium_memzero(store.keys, count * sizeof(EcpJwtKey));
	for (int i = 0; i < count; i++)
	{
		const char *fault = read_key(&entries[i], &store.keys[i]);

		for (int j = 0; j < i; j++)
			if (strcmp(store.keys[i].kid, store.keys[j].kid) == 0)
				fault = "has the kid of another one";
		if (fault != NULL)
			return psprintf("Key number %d %s.", i + 1, fault);
	}
	store.count = count;
	return NULL;
}

/* Writes a problem to the log once, without the statement, which carries a token. */
static void
tell(const char *problem)
{
	char	   *old = store.told;

	if (problem != NULL && (old == NULL || strcmp(old, problem) != 0))
		ereport(LOG,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("no identity token is accepted: keys file \"%s\" cannot be used",
						ecp_file_full_path(jwt_keys_file)),
				 errdetail_internal("%s", problem),
				 errhidestmt(true), errhidecontext(true)));
	store.told = problem ? MemoryContextStrdup(TopMemoryContext, problem) : NULL;
	if (old != NULL)
		pfree(old);
}

/* Reads the file anew. */
static void
load_keys(void)
{
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "ecopanier jwt keys", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(work);
	EcpFile		file;
	char	   *path = MemoryContextStrdup(TopMemoryContext, jwt_keys_file);
	const char *problem = NULL;

	forget_keys();
	if (store.path != NULL)
		pfree(store.path);
	store.path = path;
	switch (ecp_file_read(path, &file))
	{
		case ECP_FILE_OK:
			problem = read_set(file.text, file.len);
			break;
		case ECP_FILE_ABSENT:
			problem = "It does not exist.";
			break;
		case ECP_FILE_REFUSED:
			problem = file.problem;
			break;
	}
	if (problem != NULL)
		forget_keys();
	store.identity = file.identity;
	tell(problem);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

const EcpJwtKey *
ecp_jwt_key(const char *kid)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();

	if (jwt_keys_file == NULL || jwt_keys_file[0] == '\0')
	{
		forget_keys();
		return NULL;
	}
	if (store.path == NULL || strcmp(store.path, jwt_keys_file) != 0 ||
		(store.checked != statement && !ecp_file_is_same(jwt_keys_file, &store.identity)))
		load_keys();
	store.checked = statement;
	for (int i = 0; i < store.count; i++)
		if (strcmp(store.keys[i].kid, kid) == 0)
			return &store.keys[i];
	return NULL;
}
