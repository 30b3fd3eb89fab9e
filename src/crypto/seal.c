/*
 * Sealing and opening at rest; see seal.h.
 */
#include "postgres.h"

#include <sodium.h>

#include "crypto/seal.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

bytea *
ecp_seal(const EcpSealing *with, const uint8 *plain, size_t len)
{
	size_t		size = VARHDRSZ + NONCE + len + TAG;
	bytea	   *sealed = palloc(size);
	uint8	   *nonce = (uint8 *) VARDATA(sealed);

	randombytes_buf(nonce, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE, NULL, plain, len, with->associated, with->associated_len,
											   NULL, nonce, ecp_key_secret(with->key_id, with->purpose));
	SET_VARSIZE(sealed, size);
	return sealed;
}

bool
ecp_unseal(const EcpSealing *with, const bytea *sealed, uint8 *plain, size_t len)
{
	const uint8 *nonce = (const uint8 *) VARDATA_ANY(sealed);

	return VARSIZE_ANY_EXHDR(sealed) == NONCE + len + TAG &&
		crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + NONCE, len + TAG, with->associated,
												   with->associated_len, nonce,
												   ecp_key_secret(with->key_id, with->purpose)) == 0;
}
