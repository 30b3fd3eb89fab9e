/*
 * Sealing and opening contacts; see contact.h.
 *
 * Sealed: nonce (24 bytes), then the encryption of length (2 bytes, big-endian),
 * text and zero bytes, then the tag (16).
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/contact.h"
#include "crypto/keys.h"
#include "crypto/secret.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
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

static void
fill_associated(Associated *out, const EcpContactOwner *owner, const char *key_id)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->domain, domain, sizeof(domain));
	memcpy(out->installation, ecp_key_installation()->data, UUID_LEN);
	for (int i = 0; i < 4; i++)
		out->territory[i] = (uint32) owner->territory >> (24 - 8 * i);
	memcpy(out->member, owner->member.data, UUID_LEN);
	strlcpy(out->kind, kinds[owner->kind].name, KIND_MAX);
	strlcpy(out->key_id, key_id, ECP_KEY_ID_SIZE);
}

bytea *
ecp_contact_seal(const EcpContactOwner *owner, const char *key_id, const char *text, size_t len)
{
	size_t		padded = kinds[owner->kind].padded;
	size_t		size = VARHDRSZ + NONCE + padded + TAG;
	bytea	   *sealed = palloc(size);
	uint8	   *nonce = (uint8 *) VARDATA(sealed);
	uint8	   *plain = ecp_secret_alloc(padded);
	Associated	with;

	if (len > padded - 2)
		elog(ERROR, "a contact is longer than its kind allows");
	fill_associated(&with, owner, key_id);
	plain[0] = len >> 8;
	plain[1] = len;
	memcpy(plain + 2, text, len);
	randombytes_buf(nonce, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE, NULL, plain, padded, (uint8 *) &with, sizeof(with),
											   NULL, nonce, ecp_key_secret(key_id, ECP_KEY_CONTACT));
	ecp_secret_wipe(plain);
	SET_VARSIZE(sealed, size);
	return sealed;
}

char *
ecp_contact_unseal(const EcpContactOwner *owner, const char *key_id, const bytea *sealed)
{
	size_t		padded = kinds[owner->kind].padded;
	const uint8 *nonce = (const uint8 *) VARDATA_ANY(sealed);
	uint8	   *plain = ecp_secret_alloc(padded + 1);
	Associated	with;
	size_t		len;

	if (VARSIZE_ANY_EXHDR(sealed) != NONCE + padded + TAG)
		return NULL;
	fill_associated(&with, owner, key_id);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + NONCE, padded + TAG, (uint8 *) &with, sizeof(with),
												   nonce, ecp_key_secret(key_id, ECP_KEY_CONTACT)) != 0)
		return NULL;
	len = (size_t) plain[0] << 8 | plain[1];
	if (len > padded - 2)
		return NULL;
	plain[len + 2] = '\0';
	return (char *) plain + 2;
}
