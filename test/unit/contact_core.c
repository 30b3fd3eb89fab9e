/*
 * contact_core.c
 *		Unit tests of mail addresses and phone numbers.
 *
 * cores: src/beneficiary/contact_core.c
 */
#include <stdlib.h>
#include <string.h>

#include "beneficiary/contact_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

typedef struct Case
{
	const char *text;
	const char *normal;			/* NULL: refused */
} Case;

static const Case mails[] = {
	{"zoe@example.org", "zoe@example.org"},
	{"  Zoe.Martin+paniers@EXAMPLE.Org\n", "Zoe.Martin+paniers@example.org"},
	{"a@b.fr", "a@b.fr"},
	{"o'neil_1@mail.example-1.fr", "o'neil_1@mail.example-1.fr"},
	{"zoe@caf\xC3\xA9.example", "zoe@caf\xC3\xA9.example"},
	{"zoe@xn--caf-dma.example", "zoe@xn--caf-dma.example"},
	{SIXTY "aaaa@b.fr", SIXTY "aaaa@b.fr"},
	{SIXTY "aaaaa@b.fr", NULL},
	{"a@" SIXTY "aaa.fr", "a@" SIXTY "aaa.fr"},
	{"a@" SIXTY "aaaa.fr", NULL},
	{"a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".aaaaaaaa", "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".aaaaaaaa"},	/* 254 */
	{"a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".aaaaaaaaa", NULL},	/* 255 */
	{"", NULL}, {" ", NULL}, {"zoe", NULL}, {"@", NULL}, {"@b.fr", NULL}, {"a@", NULL}, {"a@b", NULL},
	{"a@b.", NULL}, {"a@.fr", NULL}, {"a@b..fr", NULL}, {"a@-b.fr", NULL}, {"a@b-.fr", NULL}, {"a@b.fr.", NULL},
	{".a@b.fr", NULL}, {"a.@b.fr", NULL}, {"a..b@b.fr", NULL}, {"a b@b.fr", NULL}, {"a@b c.fr", NULL},
	{"a@b@c.fr", NULL}, {"a,b@c.fr", NULL}, {"<a@c.fr>", NULL}, {"\"a b\"@c.fr", NULL}, {"a@[127.0.0.1]", NULL},
	{"a@127.0.0.1", NULL}, {"a@c.fr\nBcc: x@y.fr", NULL}, {"z\xC3\xA9@c.fr", NULL},
};

static const Case phones[] = {
	{"0612345678", "+33612345678"},
	{"06 12 34 56 78", "+33612345678"},
	{"06.12.34.56.78", "+33612345678"},
	{"06-12/34 (56) 78", "+33612345678"},
	{"06\xC2\xA0" "12\xE2\x80\xAF" "345678", "+33612345678"},
	{"+33612345678", "+33612345678"},
	{" +33 (0)6 12 34 56 78 ", "+33612345678"},
	{"0033612345678", "+33612345678"},
	{"0262 12 34 56", "+262262123456"},
	{"0692123456", "+262692123456"},
	{"+33692123456", "+262692123456"},
	{"0639 12 34 56", "+262639123456"},
	{"0590123456", "+590590123456"},
	{"0690123456", "+590690123456"},
	{"0694123456", "+594694123456"},
	{"0696123456", "+596696123456"},
	{"+262692123456", "+262692123456"},
	{"+212 6 12 34 56 78", "+212612345678"},
	{"+1234567", "+1234567"},
	{"+123456", NULL},
	{"+123456789012345", "+123456789012345"},
	{"+1234567890123456", NULL},
	{"", NULL}, {"+", NULL}, {"00", NULL}, {"06123456", NULL}, {"061234567", NULL}, {"06123456789", NULL},
	{"612345678", NULL}, {"0012", NULL}, {"+0612345678", NULL}, {"+330612345678", NULL}, {"+3361234567", NULL},
	{"06123a5678", NULL}, {"0612345678x", NULL}, {"06+12345678", NULL}, {"(0)612345678", "+33612345678"},
	{"+99999999999999999999999999", NULL}, {"\xD9\xA0\xD9\xA6", NULL},
};

/* The text lies in a block of its own size, so that reading past its end is found. */
static void
try_case(const char *what, size_t number, const Case *given, bool (*normalise) (const char *, size_t, char *))
{
	char		out[ECP_CONTACT_TEXT_MAX + 1];
	size_t		len = strlen(given->text);
	char	   *text = malloc(len ? len : 1);
	bool		taken;

	memcpy(text, given->text, len);
	taken = normalise(text, len, out);
	tap_ok(taken == (given->normal != NULL) && (!taken || strcmp(out, given->normal) == 0), "%s %zu", what, number);
	free(text);
}

int
main(void)
{
	char		out[ECP_CONTACT_TEXT_MAX + 1];

	for (size_t i = 0; i < COUNT_OF(mails); i++)
		try_case("mail", i, &mails[i], ecp_core_mail);
	for (size_t i = 0; i < COUNT_OF(phones); i++)
		try_case("phone", i, &phones[i], ecp_core_phone);
	tap_ok(!ecp_core_mail("a\0b@c.fr", 8, out), "mail with a zero byte");
	tap_ok(!ecp_core_phone("061234\0" "5678", 11, out), "phone with a zero byte");
	return tap_failed != 0;
}
