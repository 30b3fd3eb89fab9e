/*
 * card_core.c
 *		Unit tests of cards and of tokens of kiosk sessions.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/card_core.c src/crypto/session_core.c -lsodium
 */
#include <sodium.h>
#include <string.h>

#include "crypto/card_core.h"
#include "crypto/session_core.h"

#include "tap.h"

static void
count_up(uint8_t *out, size_t n, uint8_t start)
{
	for (size_t i = 0; i < n; i++)
		out[i] = start + i;
}

/* The formulas are frozen: these values, computed with another BLAKE2b, must stay. */
static void
test_card(void)
{
	EcpCardCore card;
	EcpCardCore back;
	uint8_t		subkey[ECP_SUBKEY_BYTES];
	uint8_t		key_id[ECP_KEY_ID_BYTES];
	uint8_t		hash[ECP_CARD_HASH_BYTES];
	char		hex[2 * ECP_CARD_HASH_BYTES + 1];
	char		text[ECP_CARD_LEN + 1];
	char		pin[ECP_PIN_LEN + 1];

	count_up(subkey, sizeof(subkey), 0);
	count_up(key_id, sizeof(key_id), 200);
	count_up(card.card, sizeof(card.card), 0);
	count_up(card.secret, sizeof(card.secret), 100);
	ecp_core_card_write(&card, text);
	tap_ok(strcmp(text, "EC1.AQABAgMEBQYHCAkKCwwNDg9kZWZnaGlqa2xtbm9wcXJz") == 0, "a card's text");
	tap_ok(ecp_core_card_read(text, ECP_CARD_LEN, &back) && memcmp(&back, &card, sizeof(card)) == 0, "read again");
	ecp_core_card_hash(&card, subkey, hash);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	tap_ok(strcmp(hex, "9c9f16569f1922d516dfbaf88b995ab4c2874c7dd1564f4690b1d03ff4de28ed") == 0, "its hash");
	ecp_core_card_pin(subkey, key_id, card.card, 1, pin);
	tap_ok(strcmp(pin, "039514") == 0, "its PIN");
	ecp_core_card_pin(subkey, key_id, card.card, 2, pin);
	tap_ok(strcmp(pin, "052331") == 0, "its next PIN");
	ecp_core_pin(subkey, key_id, card.card, 2, pin);
	tap_ok(strcmp(pin, "052331") != 0, "a reservation of the same id has another");
	tap_ok(!ecp_core_card_read(text, ECP_CARD_LEN - 1, &back), "a card cut short is none");
	text[1] = 'P';
	tap_ok(!ecp_core_card_read(text, ECP_CARD_LEN, &back), "nor one of another kind");
}

static void
test_session(void)
{
	EcpSessionCore token;
	EcpSessionCore back;
	uint8_t		installation[ECP_UUID_BYTES] = {9};
	uint8_t		message[ECP_SESSION_MESSAGE_BYTES];
	char		text[ECP_SESSION_LEN + 1];

	memset(&token, 0, sizeof(token));
	count_up(token.session, sizeof(token.session), 1);
	count_up(token.member, sizeof(token.member), 60);
	token.started = 0x01020304;
	token.expires = 0xFFFFFFFF;
	count_up(token.signature, sizeof(token.signature), 100);
	ecp_core_session_write(&token, text);
	tap_ok(strlen(text) == ECP_SESSION_LEN && strncmp(text, "EK1.AQ", 6) == 0, "a session's text");
	tap_ok(ecp_core_session_read(text, ECP_SESSION_LEN, &back) && memcmp(&back, &token, sizeof(token)) == 0, "read again");
	ecp_core_session_message(&token, installation, message);
	tap_ok(memcmp(message, "ecopanier kiosk session 1", 26) == 0 && message[26] == 9 && message[42] == 1 &&
		   memcmp(message + sizeof(message) - 8, "\1\2\3\4\xFF\xFF\xFF\xFF", 8) == 0, "what is signed");
	tap_ok(!ecp_core_session_read(text, ECP_SESSION_LEN - 1, &back), "a session cut short is none");
	text[1] = 'P';
	tap_ok(!ecp_core_session_read(text, ECP_SESSION_LEN, &back), "nor one of another kind");
}

int
main(void)
{
	test_card();
	test_session();
	return tap_failed != 0;
}
