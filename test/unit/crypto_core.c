/*
 * crypto_core.c
 *		Unit tests of the derivations, the pickup token, the key file's text
 *		and the outer form of identity tokens.
 *
 * cores: src/crypto/base64_core.c src/crypto/derive_core.c src/crypto/token_core.c src/crypto/keyfile_core.c src/crypto/jwt_core.c -lsodium
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base64_core.h"
#include "crypto/derive_core.h"
#include "crypto/jwt_core.h"
#include "crypto/keyfile_core.h"
#include "crypto/token_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A fixed key, database and reservation: bytes that count up from a start. */
static void
count_up(uint8_t *out, size_t n, uint8_t start)
{
	for (size_t i = 0; i < n; i++)
		out[i] = start + i;
}

/* The formulas are frozen: these values, computed with another BLAKE2b, must stay. */
static void
test_frozen_values(void)
{
	uint8_t		master[ECP_MASTER_BYTES];
	uint8_t		installation[ECP_UUID_BYTES];
	uint8_t		reservation[ECP_UUID_BYTES];
	uint8_t		id[ECP_KEY_ID_BYTES];
	uint8_t		subkey[ECP_SUBKEY_BYTES];
	char		text[2 * ECP_SUBKEY_BYTES + 1];
	char		pin[ECP_PIN_LEN + 1];

	count_up(master, sizeof(master), 0);
	count_up(installation, sizeof(installation), 100);
	count_up(reservation, sizeof(reservation), 200);
	ecp_core_key_id(master, id);
	ecp_core_key_id_text(id, text);
	tap_ok(strcmp(text, "7a59e34d6e254c8e") == 0, "fingerprint of a key is %s", text);
	ecp_core_subkey(master, "pin", installation, subkey);
	sodium_bin2hex(text, sizeof(text), subkey, sizeof(subkey));
	tap_ok(strcmp(text, "a931226a18d801eb2fe8008f753afa5568625f58424e2706ea3e950f5680a9f5") == 0, "subkey for PINs is %s", text);
	ecp_core_pin(subkey, id, reservation, 1, pin);
	tap_ok(strcmp(pin, "528035") == 0, "PIN of version 1 is %s", pin);
	ecp_core_pin(subkey, id, reservation, 2, pin);
	tap_ok(strcmp(pin, "917366") == 0, "PIN of version 2 is %s", pin);
}

/* Each thing that a PIN depends on changes it, or its key. */
static void
test_dependence(void)
{
	uint8_t		master[ECP_MASTER_BYTES] = {1};
	uint8_t		installation[ECP_UUID_BYTES] = {2};
	uint8_t		reservation[ECP_UUID_BYTES] = {3};
	uint8_t		id[ECP_KEY_ID_BYTES] = {4};
	uint8_t		subkey[ECP_SUBKEY_BYTES];
	uint8_t		other[ECP_SUBKEY_BYTES];
	char		pin[ECP_PIN_LEN + 1];
	char		again[ECP_PIN_LEN + 1];

	ecp_core_subkey(master, "pin", installation, subkey);
	ecp_core_subkey(master, "sign", installation, other);
	tap_ok(memcmp(subkey, other, sizeof(other)) != 0, "another purpose has another subkey");
	installation[15] ^= 1;
	ecp_core_subkey(master, "pin", installation, other);
	tap_ok(memcmp(subkey, other, sizeof(other)) != 0, "another database has another subkey");
	ecp_core_pin(subkey, id, reservation, 1, pin);
	ecp_core_pin(subkey, id, reservation, 1, again);
	tap_ok(strcmp(pin, again) == 0, "the same PIN every time");
	ecp_core_pin(other, id, reservation, 1, again);
	tap_ok(strcmp(pin, again) != 0, "another subkey, another PIN");
	id[7] ^= 1;
	ecp_core_pin(subkey, id, reservation, 1, again);
	tap_ok(strcmp(pin, again) != 0, "another key id, another PIN");
	id[7] ^= 1;
	reservation[15] ^= 1;
	ecp_core_pin(subkey, id, reservation, 1, again);
	tap_ok(strcmp(pin, again) != 0, "another reservation, another PIN");
}

static void
test_pin_number(void)
{
	static const struct
	{
		uint32_t	word;
		int32_t		number;
	}			cases[] = {
		{0, 0}, {999999, 999999}, {1000000, 0}, {4293999999u, 999999},
		{4294000000u, -1}, {UINT32_MAX, -1}
	};
	uint8_t		bytes[32];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
	{
		for (int j = 0; j < 32; j += 4)
		{
			bytes[j] = cases[i].word >> 24;
			bytes[j + 1] = cases[i].word >> 16;
			bytes[j + 2] = cases[i].word >> 8;
			bytes[j + 3] = cases[i].word;
		}
		tap_ok(ecp_core_pin_number(bytes) == cases[i].number, "word %u gives %d", cases[i].word, cases[i].number);
	}
	memset(bytes, 0xff, sizeof(bytes));
	memcpy(bytes + 28, "\0\0\0\7", 4);
	tap_ok(ecp_core_pin_number(bytes) == 7, "rejected words are passed over");
}

/* Over 100,000 reservations each digit stands in each place a tenth of the time (chi-squared, 9 degrees, 1 in 10^6). */
static void
test_pin_spread(void)
{
	uint8_t		subkey[ECP_SUBKEY_BYTES] = {9};
	uint8_t		reservation[ECP_UUID_BYTES] = {0};
	uint8_t		id[ECP_KEY_ID_BYTES] = {0};
	int			seen[ECP_PIN_LEN][10] = {{0}};
	char		pin[ECP_PIN_LEN + 1];

	for (int i = 0; i < 100000; i++)
	{
		reservation[0] = i;
		reservation[1] = i >> 8;
		reservation[2] = i >> 16;
		ecp_core_pin(subkey, id, reservation, 1, pin);
		for (int place = 0; place < ECP_PIN_LEN; place++)
			seen[place][pin[place] - '0']++;
	}
	for (int place = 0; place < ECP_PIN_LEN; place++)
	{
		double		sum = 0;

		for (int digit = 0; digit < 10; digit++)
			sum += (seen[place][digit] - 10000.0) * (seen[place][digit] - 10000.0) / 10000.0;
		tap_ok(sum < 45, "digits in place %d are spread evenly (%.1f)", place + 1, sum);
	}
}

static void
test_token(void)
{
	EcpTokenCore token;
	EcpTokenCore back;
	char		text[ECP_TOKEN_LEN + 1];
	char		again[ECP_TOKEN_LEN + 1];
	int			second_spellings = 0;

	count_up((uint8_t *) &token, sizeof(token), 7);
	token.expires = 0xfedcba98u;
	ecp_core_token_write(&token, text);
	tap_ok(strlen(text) == ECP_TOKEN_LEN, "a token has %d characters", ECP_TOKEN_LEN);
	tap_ok(strncmp(text, "EP1.", 4) == 0, "a token begins with its version");
	tap_ok(ecp_core_token_read(text, ECP_TOKEN_LEN, &back) && memcmp(&token, &back, sizeof(token)) == 0,
		   "a token reads back as it was written");
	for (size_t len = 0; len < ECP_TOKEN_LEN; len++)
		second_spellings += ecp_core_token_read(text, len, &back);
	tap_ok(second_spellings == 0, "a token cut anywhere is refused");
	for (int at = 0; at < ECP_TOKEN_LEN; at++)
		for (int c = 0; c < 256; c++)
		{
			memcpy(again, text, sizeof(text));
			again[at] = (char) c;
			if (again[at] != text[at] && ecp_core_token_read(again, ECP_TOKEN_LEN, &back))
				second_spellings += memcmp(&token, &back, sizeof(token)) == 0;
		}
	tap_ok(second_spellings == 0, "no other spelling gives the same token");
	memcpy(again, text, sizeof(text));
	tap_ok(text[4] == 'A' && text[5] == 'Q', "version 1 is spelled AQ");
	again[5] = 'g';
	tap_ok(!ecp_core_token_read(again, ECP_TOKEN_LEN, &back), "version 2 is refused");
	memcpy(again, text, sizeof(text));
	again[0] = 'e';
	tap_ok(!ecp_core_token_read(again, ECP_TOKEN_LEN, &back), "another prefix is refused");
	memcpy(again, text, sizeof(text));
	again[64] = '\0';
	tap_ok(!ecp_core_token_read(again, ECP_TOKEN_LEN, &back), "a zero byte inside is refused");
}

/* Every byte of what a token says, and the database, is under the signature. */
static void
test_token_message(void)
{
	uint8_t		installation[ECP_UUID_BYTES] = {0};
	uint8_t		message[ECP_TOKEN_MESSAGE_BYTES];
	uint8_t		other[ECP_TOKEN_MESSAGE_BYTES];
	EcpTokenCore token = {.expires = 1};
	EcpTokenCore changed;

	ecp_core_token_message(&token, installation, message);
	changed = token;
	changed.expires = 2;
	ecp_core_token_message(&changed, installation, other);
	tap_ok(memcmp(message, other, sizeof(other)) != 0, "the expiry is signed");
	changed = token;
	changed.key_id[7] = 1;
	ecp_core_token_message(&changed, installation, other);
	tap_ok(memcmp(message, other, sizeof(other)) != 0, "the key id is signed");
	changed = token;
	changed.reservation[15] = 1;
	ecp_core_token_message(&changed, installation, other);
	tap_ok(memcmp(message, other, sizeof(other)) != 0, "the reservation is signed");
	installation[0] = 1;
	ecp_core_token_message(&token, installation, other);
	tap_ok(memcmp(message, other, sizeof(other)) != 0, "the database is signed");
}

static void
test_keyfile(void)
{
	static const char header[] = ECP_KEYFILE_HEADER;
	const size_t at = sizeof(header) - 1;
	char		text[sizeof(header) - 1 + 2 * ECP_KEYFILE_LINE_LEN];
	EcpFileKey	key[2];
	EcpFileKey	back;
	int			accepted = 0;

	memcpy(text, header, at);
	for (int i = 0; i < 2; i++)
	{
		count_up(key[i].master, sizeof(key[i].master), i);
		ecp_core_key_id(key[i].master, key[i].id);
		strcpy(key[i].created, "2026-11-22T17:08:54Z");
		ecp_core_keyfile_line(&key[i], text + at + i * ECP_KEYFILE_LINE_LEN);
	}
	tap_ok(ecp_core_keyfile_count(text, sizeof(text)) == 2, "two keys are counted");
	tap_ok(ecp_core_keyfile_count(text, at) == 0, "a header alone has no keys");
	tap_ok(ecp_core_keyfile_count(text, sizeof(text) - 1) == -1, "a file cut short is refused");
	tap_ok(ecp_core_keyfile_count(text, 3) == -1 && ecp_core_keyfile_count("", 0) == -1, "a file without header is refused");
	tap_ok(ecp_core_keyfile_key(text, 1, &back) && memcmp(&back, &key[1], sizeof(back)) == 0, "a key reads back");
	text[15] = '2';
	tap_ok(ecp_core_keyfile_count(text, sizeof(text)) == -1, "another version of the format is refused");
	text[15] = '1';
	for (size_t i = at; i < at + ECP_KEYFILE_LINE_LEN; i++)
	{
		char		kept = text[i];
		bool		in_time = i >= at + ECP_KEY_ID_LEN + 1 && i < at + ECP_KEY_ID_LEN + 1 + ECP_KEYFILE_TIME_LEN;

		text[i] = kept == '1' ? '2' : '1';
		if (!in_time)
			accepted += ecp_core_keyfile_key(text, 0, &back);
		text[i] = in_time ? 'x' : kept ^ 0x20;
		accepted += ecp_core_keyfile_key(text, 0, &back);
		text[i] = kept;
	}
	tap_ok(accepted == 0, "one damaged character anywhere in a line is seen");
	tap_ok(ecp_core_keyfile_key(text, 0, &back), "the undamaged line is read");
}

/* RFC 7515, appendix A.1: the HS256 example; RFC 8037, appendix A.4: the Ed25519 one. */
static void
test_jwt(void)
{
	static const char hs256[] =
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
		"eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	static const char hs256_key[] =
		"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
	static const char eddsa[] =
		"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
	static const char eddsa_key[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
	uint8_t		key[64];
	size_t		n;
	EcpJwtParts parts;
	EcpJwtPart	shorter;

	tap_ok(ecp_core_base64url(hs256_key, strlen(hs256_key), key, sizeof(key), &n) && n == 64, "a key of 64 bytes is read");
	tap_ok(ecp_core_jwt_split(hs256, strlen(hs256), &parts), "the example of RFC 7515 has three parts");
	tap_ok(ecp_core_jwt_signature(ECP_JWT_HS256, key, n, &parts.signed_text, &parts.signature), "its HS256 signature holds");
	key[0] ^= 1;
	tap_ok(!ecp_core_jwt_signature(ECP_JWT_HS256, key, n, &parts.signed_text, &parts.signature), "not under another key");
	key[0] ^= 1;
	shorter = parts.signed_text;
	shorter.len--;
	tap_ok(!ecp_core_jwt_signature(ECP_JWT_HS256, key, n, &shorter, &parts.signature), "not for another text");
	tap_ok(!ecp_core_jwt_signature(ECP_JWT_EDDSA, key, 32, &parts.signed_text, &parts.signature), "not as another algorithm");
	tap_ok(ecp_core_base64url(eddsa_key, strlen(eddsa_key), key, sizeof(key), &n) && n == 32, "a key of 32 bytes is read");
	tap_ok(ecp_core_jwt_split(eddsa, strlen(eddsa), &parts), "the example of RFC 8037 has three parts");
	tap_ok(ecp_core_jwt_signature(ECP_JWT_EDDSA, key, n, &parts.signed_text, &parts.signature), "its EdDSA signature holds");
	tap_ok(!ecp_core_jwt_signature(ECP_JWT_HS256, key, n, &parts.signed_text, &parts.signature), "not as HS256 with the public key");
}

static void
test_split_and_base64url(void)
{
	static const char *const bad[] = {"", ".", "..", "a..b", ".a.b", "a.b.", "a.b", "a.b.c.d", "a", "...."};
	static const struct
	{
		const char *text;
		bool		good;
	}			codes[] = {
		{"", true}, {"AA", true}, {"AAA", true}, {"AAAA", true}, {"-_-_", true}, {"_w", true},
		{"A", false}, {"AAAAA", false}, {"AB", false}, {"AAB", false}, {"AA==", false}, {"AAA=", false},
		{"A A", false}, {"AA\n", false}, {"+AAA", false}, {"/AAA", false}, {"A\xc3\xa9", false}
	};
	EcpJwtParts parts;
	uint8_t		out[16];
	size_t		n;
	int			digits = 0;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		tap_ok(!ecp_core_jwt_split(bad[i], strlen(bad[i]), &parts), "\"%s\" is no signed token", bad[i]);
	tap_ok(ecp_core_jwt_split("a.b.c", 5, &parts) && parts.signed_text.len == 3, "\"a.b.c\" has three parts");
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		tap_ok(ecp_core_base64url(codes[i].text, strlen(codes[i].text), out, sizeof(out), &n) == codes[i].good,
			   "base64url case %zu is %s", i + 1, codes[i].good ? "read" : "refused");
	for (int c = 0; c < 256; c++)
	{
		char		four[4] = {'A', (char) c, 'A', 'A'};

		digits += ecp_core_base64url(four, 4, out, sizeof(out), &n);
	}
	tap_ok(digits == 64, "of all bytes, 64 are digits of base64url (%d)", digits);
	tap_ok(!ecp_core_base64url("AAAAAAAA", 8, out, 5, &n), "more bytes than fit are refused");
}

int
main(void)
{
	if (sodium_init() < 0)
		return 2;
	test_frozen_values();
	test_dependence();
	test_pin_number();
	test_pin_spread();
	test_token();
	test_token_message();
	test_keyfile();
	test_jwt();
	test_split_and_base64url();
	return tap_failed != 0;
}
