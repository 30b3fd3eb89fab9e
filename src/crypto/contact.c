/*
 * Sealing and opening contacts; see contact.h.
 *
 * Sealed are length (2 bytes, big-endian), text and zero bytes.
 */
#include "postgres.h"

#include "crypto/contact.h"
#include "crypto/seal.h"
#include "crypto/secret.h"

#define KIND_MAX 8

static const char domain[] = "ecopanier contact 1";

static const struct
{
	const char *name;
	size_t		padded;
} kinds[ECP_CONTACT_KINDS] = {
	{"mail", 256}, {"phone", 32}
};

/* What is authenticated with a contact, and is not stored in it. */
typedef struct Associated
{
	char		domain[sizeof(domain)];
	uint8		installation[UUID_LEN];
	uint8		territory[4];
	uint8		member[UUID_LEN];
	char		kind[KIND_MAX];
	char		key_id[ECP_KEY_ID_SIZE];
} Associated;

const char *
ecp_contact_kind_name(EcpContactKind kind)
{
	return kinds[kind].name;
}

/* How a contact of this owner is sealed; what is authenticated goes to associated. */
static EcpSealing
sealing(const EcpContactOwner *owner, const char *key_id, Associated *associated)
{
	memset(associated, 0, sizeof(*associated));
	memcpy(associated->domain, domain, sizeof(domain));
	memcpy(associated->installation, ecp_key_installation()->data, UUID_LEN);
	for (int i = 0; i < 4; i++)
		associated->territory[i] = (uint32) owner->territory >> (24 - 8 * i);
	memcpy(associated->member, owner->member.data, UUID_LEN);
	strlcpy(associated->kind, kinds[owner->kind].name, KIND_MAX);
	strlcpy(associated->key_id, key_id, ECP_KEY_ID_SIZE);
	return (EcpSealing) {key_id, ECP_KEY_CONTACT, associated, sizeof(*associated)};
}

bytea *
ecp_contact_seal(const EcpContactOwner *owner, const char *key_id, const char *text, size_t len)
{
	size_t		padded = kinds[owner->kind].padded;
	uint8	   *plain = ecp_secret_alloc(padded);
	Associated	associated;
	EcpSealing	with = sealing(owner, key_id, &associated);
	bytea	   *sealed;

	if (len > padded - 2)
		elog(ERROR, "a contact is longer than its kind allows");
	plain[0] = len >> 8;
	plain[1] = len;
	memcpy(plain + 2, text, len);
	sealed = ecp_seal(&with, plain, padded);
	ecp_secret_wipe(plain);
	return sealed;
}

char *
ecp_contact_unseal(const EcpContactOwner *owner, const char *key_id, const bytea *sealed)
{
	size_t		padded = kinds[owner->kind].padded;
	uint8	   *plain = ecp_secret_alloc(padded + 1);
	Associated	associated;
	EcpSealing	with = sealing(owner, key_id, &associated);
	size_t		len;

	if (!ecp_unseal(&with, sealed, plain, padded))
		return NULL;
	len = (size_t) plain[0] << 8 | plain[1];
	if (len > padded - 2)
		return NULL;
	plain[len + 2] = '\0';
	return (char *) plain + 2;
}
