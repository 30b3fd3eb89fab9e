/*
 * webhook_core.c
 *		Unit tests of the addresses of endpoints, of allow-lists and of the
 *		signatures of the Standard Webhooks specification.
 *
 * cores: src/outbox/url_core.c src/crypto/webhook_core.c -lsodium
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/webhook_core.h"
#include "outbox/url_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

typedef struct Case
{
	const char *text;
	EcpUrlStatus status;
	const char *host;
	int			port;
	bool		address;
} Case;

static const Case urls[] = {
	{"https://hooks.example.org", ECP_URL_OK, "hooks.example.org", 443, false},
	{"https://hooks.example.org/", ECP_URL_OK, "hooks.example.org", 443, false},
	{"https://Hooks.EXAMPLE.org/In?a=1&b=%C3%A9", ECP_URL_OK, "hooks.example.org", 443, false},
	{"https://hooks.example.org?x=1", ECP_URL_OK, "hooks.example.org", 443, false},
	{"https://hooks.example.org:8443/a/b", ECP_URL_OK, "hooks.example.org", 8443, false},
	{"https://hooks.example.org:1/", ECP_URL_OK, "hooks.example.org", 1, false},
	{"https://hooks.example.org:65535/", ECP_URL_OK, "hooks.example.org", 65535, false},
	{"http://hooks.example.org/", ECP_URL_OK, "hooks.example.org", 80, false},
	{"https://xn--caf-dma.example/a@b:c", ECP_URL_OK, "xn--caf-dma.example", 443, false},
	{"https://localhost/", ECP_URL_OK, "localhost", 443, false},
	{"https://" SIXTY "aaa.fr/", ECP_URL_OK, SIXTY "aaa.fr", 443, false},
	{"https://" SIXTY "." SIXTY "." SIXTY "." SIXTY ".aaaaaaaaa", ECP_URL_OK, SIXTY "." SIXTY "." SIXTY "." SIXTY ".aaaaaaaaa", 443, false}, /* 253 */
	{"https://127.0.0.1/", ECP_URL_OK, "127.0.0.1", 443, true},
	{"http://127.0.0.1:8080/x", ECP_URL_OK, "127.0.0.1", 8080, true},
	{"https://[::1]/", ECP_URL_OK, "[::1]", 443, true},
	{"https://[2001:DB8::1]:444/", ECP_URL_OK, "[2001:db8::1]", 444, true},
	{"https://[::ffff:10.0.0.1]/", ECP_URL_OK, "[::ffff:10.0.0.1]", 443, true},
	{"", ECP_URL_SCHEME, NULL, 0, false}, {"https:", ECP_URL_SCHEME, NULL, 0, false}, {"https:/x", ECP_URL_SCHEME, NULL, 0, false},
	{"HTTPS://a.fr", ECP_URL_SCHEME, NULL, 0, false}, {" https://a.fr", ECP_URL_SCHEME, NULL, 0, false}, {"ftp://a.fr", ECP_URL_SCHEME, NULL, 0, false},
	{"file:///etc/passwd", ECP_URL_SCHEME, NULL, 0, false}, {"gopher://a.fr", ECP_URL_SCHEME, NULL, 0, false}, {"//a.fr", ECP_URL_SCHEME, NULL, 0, false},
	{"https://user@a.fr", ECP_URL_CREDENTIALS, NULL, 0, false}, {"https://user:pass@a.fr/", ECP_URL_CREDENTIALS, NULL, 0, false},
	{"https://a.fr@10.0.0.1", ECP_URL_CREDENTIALS, NULL, 0, false}, {"https://@a.fr", ECP_URL_CREDENTIALS, NULL, 0, false},
	{"https://", ECP_URL_HOST, NULL, 0, false}, {"https:///x", ECP_URL_HOST, NULL, 0, false}, {"https://:443/", ECP_URL_HOST, NULL, 0, false},
	{"https://a.fr./", ECP_URL_HOST, NULL, 0, false}, {"https://.a.fr/", ECP_URL_HOST, NULL, 0, false}, {"https://a..fr/", ECP_URL_HOST, NULL, 0, false},
	{"https://-a.fr/", ECP_URL_HOST, NULL, 0, false}, {"https://a-.fr/", ECP_URL_HOST, NULL, 0, false}, {"https://a_b.fr/", ECP_URL_HOST, NULL, 0, false},
	{"https://a b.fr/", ECP_URL_HOST, NULL, 0, false}, {"https://a%2efr/", ECP_URL_HOST, NULL, 0, false}, {"https://caf\xC3\xA9.fr/", ECP_URL_HOST, NULL, 0, false},
	{"https://2130706433/", ECP_URL_HOST, NULL, 0, false}, {"https://0x7f.1/", ECP_URL_HOST, NULL, 0, false}, {"https://127.1/", ECP_URL_HOST, NULL, 0, false},
	{"https://0177.0.0.1/", ECP_URL_HOST, NULL, 0, false}, {"https://0x7f000001/", ECP_URL_HOST, NULL, 0, false}, {"https://127.0.0.1./", ECP_URL_HOST, NULL, 0, false},
	{"https://256.0.0.1/", ECP_URL_HOST, NULL, 0, false}, {"https://[::1/", ECP_URL_HOST, NULL, 0, false}, {"https://::1/", ECP_URL_HOST, NULL, 0, false},
	{"https://[0:0:0:0:0:0:0:1]/", ECP_URL_HOST, NULL, 0, false}, {"https://[::1%25eth0]/", ECP_URL_HOST, NULL, 0, false}, {"https://[fe80::1]x/", ECP_URL_HOST, NULL, 0, false},
	{"https://" SIXTY "aaaa.fr/", ECP_URL_HOST, NULL, 0, false},
	{"https://" SIXTY "." SIXTY "." SIXTY "." SIXTY ".aaaaaaaaaa", ECP_URL_HOST, NULL, 0, false},	/* 254 */
	{"https://a.fr:/", ECP_URL_PORT, NULL, 0, false}, {"https://a.fr:0/", ECP_URL_PORT, NULL, 0, false}, {"https://a.fr:0443/", ECP_URL_PORT, NULL, 0, false},
	{"https://a.fr:65536/", ECP_URL_PORT, NULL, 0, false}, {"https://a.fr:x/", ECP_URL_PORT, NULL, 0, false}, {"https://a.fr:443:443/", ECP_URL_PORT, NULL, 0, false},
	{"https://a.fr:+443/", ECP_URL_PORT, NULL, 0, false}, {"https://a.fr:123456/", ECP_URL_PORT, NULL, 0, false},
	{"https://a.fr\\@10.0.0.1/", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr/\\x", ECP_URL_MALFORMED, NULL, 0, false},
	{"https://a.fr/a b", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr/\r\nX: y", ECP_URL_MALFORMED, NULL, 0, false},
	{"https://a.fr/#x", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr#x", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr/%", ECP_URL_MALFORMED, NULL, 0, false},
	{"https://a.fr/%2", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr/%zz", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr/\xC3\xA9", ECP_URL_MALFORMED, NULL, 0, false},
	{"https://a.fr/<x>", ECP_URL_MALFORMED, NULL, 0, false}, {"https://a.fr/\"", ECP_URL_MALFORMED, NULL, 0, false},
};

static void
test_urls(void)
{
	for (size_t i = 0; i < COUNT_OF(urls); i++)
	{
		const Case *c = &urls[i];
		EcpUrl		url;
		EcpUrlStatus status = ecp_core_url_parse(c->text, strlen(c->text), &url);
		bool		right = status == c->status;

		if (right && status == ECP_URL_OK)
			right = strcmp(url.host, c->host) == 0 && url.port == c->port && url.is_address == c->address &&
				url.secure == (strncmp(c->text, "https", 5) == 0);
		tap_ok(right, "%zu: an address of %zu bytes is read or refused as it should be (%d)", i, strlen(c->text), status);
	}
}

static void
test_limits(void)
{
	char		text[ECP_URL_MAX + 2];
	EcpUrl		url;

	memset(text, 'a', sizeof(text));
	memcpy(text, "https://a.fr/", 13);
	tap_ok(ecp_core_url_parse(text, ECP_URL_MAX, &url) == ECP_URL_OK, "an address of %d bytes is taken", ECP_URL_MAX);
	tap_ok(ecp_core_url_parse(text, ECP_URL_MAX + 1, &url) == ECP_URL_MALFORMED, "one more is not");
	tap_ok(ecp_core_url_parse("https://a.fr/\0x", 15, &url) == ECP_URL_MALFORMED, "a zero byte in a path is refused");
	tap_ok(ecp_core_url_parse("https://a.fr\0.b.fr", 18, &url) == ECP_URL_MALFORMED, "a zero byte in a host is refused");
}

static void
test_rules(void)
{
	static const struct
	{
		const char *rule;
		const char *read;		/* NULL: refused */
		const char *yes;
		const char *no;
	}			rules[] = {
		{"hooks.example.org", "hooks.example.org", "hooks.example.org", "a.hooks.example.org"},
		{"Hooks.Example.ORG", "hooks.example.org", "hooks.example.org", "hooks.example.or"},
		{".example.org", ".example.org", "a.example.org", "example.org"},
		{".example.org", ".example.org", "a.b.example.org", "badexample.org"},
		{".example.org", ".example.org", "x.example.org", "example.org.evil.fr"},
		{"localhost", "localhost", "localhost", "localhost.fr"},
		{"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2"},
		{"[::1]", "[::1]", "[::1]", "[::2]"},
		{".org", NULL, NULL, NULL}, {".", NULL, NULL, NULL}, {"", NULL, NULL, NULL}, {"*.example.org", NULL, NULL, NULL}, {"*", NULL, NULL, NULL},
		{"..example.org", NULL, NULL, NULL}, {"example.org.", NULL, NULL, NULL}, {".127.0.0.1", NULL, NULL, NULL}, {"10.0.0.0/8", NULL, NULL, NULL},
		{"https://a.fr", NULL, NULL, NULL}, {"a.fr:443", NULL, NULL, NULL}, {" a.fr", NULL, NULL, NULL}, {"127.1", NULL, NULL, NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rules); i++)
	{
		char		read[ECP_HOST_MAX + 2];
		bool		good = ecp_core_host_rule(rules[i].rule, strlen(rules[i].rule), read);

		tap_ok(good == (rules[i].read != NULL) &&
			   (!good || (strcmp(read, rules[i].read) == 0 && ecp_core_host_matches(rules[i].yes, read) &&
						  !ecp_core_host_matches(rules[i].no, read))), "the rule \"%s\"", rules[i].rule);
	}
}

/* The vector that the specification's libraries share, and the form of our secrets. */
static void
test_signature(void)
{
	static const char key[] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
	static const char body[] = "{\"test\": 2432232314}";
	uint8_t		secret[64];
	size_t		len;
	char		signature[ECP_WEBHOOK_SIGNATURE_LEN + 1];
	char		text[ECP_WEBHOOK_SECRET_LEN + 1];

	sodium_base642bin(secret, sizeof(secret), key, strlen(key), NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL);
	ecp_core_webhook_sign(secret, len, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body), signature);
	tap_ok(strcmp(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=") == 0, "the known signature: %s", signature);
	ecp_core_webhook_sign(secret, len, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265331, body, strlen(body), signature);
	tap_ok(strcmp(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=") != 0, "another second, another signature");
	memset(secret, 0xff, sizeof(secret));
	ecp_core_webhook_secret_text(secret, text);
	tap_ok(strcmp(text, "whsec_//////////////////////////////////////////8=") == 0, "the text of a secret: %s", text);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 2;
	test_urls();
	test_limits();
	test_rules();
	test_signature();
	return tap_failed != 0;
}
