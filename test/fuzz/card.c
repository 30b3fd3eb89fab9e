/*
 * card.c
 *		Fuzz target: any bytes as card (EC1), as edits of a good one, and as the
 *		content of one whose hash another must not have.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/card_core.c -lsodium
 */
#include <sodium.h>

#include "crypto/card_core.h"
#include "fuzz.h"

static const uint8_t subkey[ECP_SUBKEY_BYTES] = "a fixed subkey";

/* What is read is written as the same text again. */
static bool
try_text(const char *text, size_t size, EcpCardCore *card)
{
	char		back[ECP_CARD_LEN + 1];

	if (!ecp_core_card_read(text, size, card))
		return false;
	ecp_core_card_write(card, back);
	demand(size == ECP_CARD_LEN && memcmp(text, back, size) == 0);
	return true;
}

/* With any one character changed a card is not read, or has another hash. */
static void
try_changed(const uint8_t *data, size_t size)
{
	EcpCardCore card = {{0}, {0}};
	EcpCardCore back;
	uint8_t		hash[ECP_CARD_HASH_BYTES];
	uint8_t		other[ECP_CARD_HASH_BYTES];
	char		text[ECP_CARD_LEN + 1];
	char		pin[ECP_PIN_LEN + 1];

	if (size < 2)
		return;
	for (size_t i = 0; i < size && i < 2 * ECP_UUID_BYTES; i++)
		*(i < ECP_UUID_BYTES ? &card.card[i] : &card.secret[i - ECP_UUID_BYTES]) = data[i];
	ecp_core_card_hash(&card, subkey, hash);
	ecp_core_card_write(&card, text);
	demand(try_text(text, ECP_CARD_LEN, &back) && memcmp(&back, &card, sizeof(card)) == 0);
	ecp_core_card_pin(subkey, data[0] < 128 ? subkey : hash, card.card, data[1], pin);
	demand(strspn(pin, "0123456789") == ECP_PIN_LEN && pin[ECP_PIN_LEN] == '\0');
	if (text[data[0] % ECP_CARD_LEN] == (char) data[size - 1])
		return;
	text[data[0] % ECP_CARD_LEN] = (char) data[size - 1];
	if (!try_text(text, ECP_CARD_LEN, &back))
		return;
	ecp_core_card_hash(&back, subkey, other);
	demand(memcmp(hash, other, sizeof(hash)) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *exact = fuzz_copy(data, size);
	EcpCardCore card;

	try_text(exact, size, &card);
	free(exact);
	try_changed(data, size);
	return 0;
}
