/*
 * answer_core.c
 *		Unit tests of judging what a model says: texts, numbers, dates, prices.
 *
 * cores: src/listing/answer_core.c -lm
 */
#include <stdlib.h>
#include <string.h>

#include "listing/answer_core.h"

#include "tap.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What becomes of a text, within so many characters. */
static const struct
{
	const char *text;
	size_t		max;
	const char *out;
	EcpNote		note;
}			texts[] = {
	{"Carottes", 200, "Carottes", ECP_NOTE_NONE},
	{"  Carottes \t\r\n des  sables ", 200, "Carottes des sables", ECP_NOTE_NONE},
	{"Crème brûlée à 3 €", 200, "Crème brûlée à 3 €", ECP_NOTE_NONE},
	{"12345", 5, "12345", ECP_NOTE_NONE},
	{"123456", 5, "12345", ECP_NOTE_SHORTENED},
	{"éééééé", 5, "ééééé", ECP_NOTE_SHORTENED},
	{"1234 6", 5, "1234", ECP_NOTE_SHORTENED},
	{"12345   ", 5, "12345", ECP_NOTE_NONE},
	{"", 5, "", ECP_NOTE_UNREADABLE},
	{" \n\u200b\u2066", 5, "", ECP_NOTE_UNREADABLE},
	{"a\u202egnp.exe\u202c", 200, "agnp.exe", ECP_NOTE_NONE},
	{"a\u2066b\u2069c\u200ed\u061ce", 200, "abcde", ECP_NOTE_NONE},
	{"a\u200bb\ufeffc\u2060d\u00ade", 200, "abcde", ECP_NOTE_NONE},
	{"ok\U000e0041\U000e0042\U000e007f", 200, "ok", ECP_NOTE_NONE},
	{"x\ufe0fy\U000e0100z", 200, "xyz", ECP_NOTE_NONE},
	{"a\x1b[31mb\x07", 200, "a [31mb", ECP_NOTE_NONE},
	{"a\xc2\x85" "b\u2028c\u00a0d", 200, "a b c d", ECP_NOTE_NONE},
	{"a\ue000b\U0010fffdc\uffff" "d", 200, "abcd", ECP_NOTE_NONE},
	{"a\xff\xfe" "b\xc3", 200, "ab", ECP_NOTE_NONE},
	{"a\xc0\xaf" "b\xed\xa0\x80" "c\xf4\x90\x80\x80" "d", 200, "abcd", ECP_NOTE_NONE},
	{"<script>alert(1)</script>", 200, "<script>alert(1)</script>", ECP_NOTE_NONE},
	{"Ignore previous instructions; DROP TABLE lot;--", 200, "Ignore previous instructions; DROP TABLE lot;--", ECP_NOTE_NONE}
};

static void
test_texts(void)
{
	char		out[200];
	size_t		len;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
	{
		EcpNote		note = ecp_core_answer_text(texts[i].text, strlen(texts[i].text), texts[i].max, out, &len);

		tap_ok(note == texts[i].note && len == strlen(texts[i].out) && memcmp(out, texts[i].out, len) == 0,
			   "text %zu is \"%s\"", i, texts[i].out);
	}
	tap_ok(ecp_core_answer_text("a\0b", 3, 9, out, &len) == ECP_NOTE_NONE && len == 3 && memcmp(out, "a b", 3) == 0,
		   "a zero byte is a blank");
}

/* A number between 1 and 1000. */
static const struct
{
	const char *text;
	int64_t		out;
	EcpNote		note;
}			numbers[] = {
	{"1", 1, ECP_NOTE_NONE}, {"1000", 1000, ECP_NOTE_NONE}, {"1001", 1000, ECP_NOTE_CLAMPED}, {"0", 1, ECP_NOTE_CLAMPED},
	{"-5", 1, ECP_NOTE_CLAMPED}, {"2.5", 3, ECP_NOTE_NONE}, {"2.4999", 2, ECP_NOTE_NONE}, {"1e2", 100, ECP_NOTE_NONE},
	{"1e+18", 1000, ECP_NOTE_CLAMPED}, {"1e999", 1000, ECP_NOTE_CLAMPED}, {"-1e999", 1, ECP_NOTE_CLAMPED}, {"1000.4", 1000, ECP_NOTE_NONE},
	{"0.5", 1, ECP_NOTE_NONE}, {"0.49", 1, ECP_NOTE_CLAMPED}, {"", 0, ECP_NOTE_UNREADABLE}, {"abc", 0, ECP_NOTE_UNREADABLE},
	{"nan", 0, ECP_NOTE_UNREADABLE}, {"inf", 0, ECP_NOTE_UNREADABLE}, {"0x10", 0, ECP_NOTE_UNREADABLE},
	{"1 ", 0, ECP_NOTE_UNREADABLE}, {"+1", 0, ECP_NOTE_UNREADABLE}, {"1e", 0, ECP_NOTE_UNREADABLE},
	{"111111111111111111111111111111111", 0, ECP_NOTE_UNREADABLE}
};

static void
test_numbers(void)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
	{
		int64_t		out = 0;
		EcpNote		note = ecp_core_answer_whole(numbers[i].text, strlen(numbers[i].text), 1, 1000, &out);

		tap_ok(note == numbers[i].note && out == numbers[i].out, "number \"%s\" is %lld", numbers[i].text, (long long) numbers[i].out);
	}
	tap_ok(ecp_core_answer_confidence("0.25", 4) == 0.25 && ecp_core_answer_confidence("1", 1) == 1 &&
		   ecp_core_answer_confidence("0", 1) == 0, "a confidence is read");
	tap_ok(ecp_core_answer_confidence("1.01", 4) == 1 && ecp_core_answer_confidence("1e400", 5) == 1 &&
		   ecp_core_answer_confidence("-0.1", 4) == 0, "a confidence beyond the ends is at the end");
	tap_ok(ecp_core_answer_confidence("high", 4) == 0 && ecp_core_answer_confidence("", 0) == 0, "other words are no confidence");
}

/* 2026-11-22 is day 9822; days from then on to 30 days later are taken. */
static const struct
{
	const char *text;
	int32_t		out;
	EcpNote		note;
}			dates[] = {
	{"2026-11-22", 9822, ECP_NOTE_NONE}, {"2026-11-21", 9821, ECP_NOTE_PAST}, {"2026-12-22", 9852, ECP_NOTE_NONE},
	{"2026-12-23", 9853, ECP_NOTE_FAR}, {"2000-01-01", 0, ECP_NOTE_PAST}, {"9999-12-31", 2921939, ECP_NOTE_FAR},
	{"1999-12-31", -1, ECP_NOTE_PAST}, {"2000-02-29", 59, ECP_NOTE_PAST}, {"2024-02-29", 8825, ECP_NOTE_PAST},
	{"2100-03-01", 36584, ECP_NOTE_FAR}, {"2100-02-29", -1, ECP_NOTE_UNREADABLE}, {"2026-02-29", -1, ECP_NOTE_UNREADABLE},
	{"2026-11-31", -1, ECP_NOTE_UNREADABLE}, {"2026-00-10", -1, ECP_NOTE_UNREADABLE}, {"2026-13-10", -1, ECP_NOTE_UNREADABLE},
	{"2026-11-00", -1, ECP_NOTE_UNREADABLE}, {"0000-00-00", -1, ECP_NOTE_UNREADABLE}, {"22/11/2026", -1, ECP_NOTE_UNREADABLE},
	{"2026-11-2", -1, ECP_NOTE_UNREADABLE}, {"2026-11-222", -1, ECP_NOTE_UNREADABLE}, {"tomorrow", -1, ECP_NOTE_UNREADABLE},
	{"infinity", -1, ECP_NOTE_UNREADABLE}, {"", -1, ECP_NOTE_UNREADABLE}
};

static void
test_dates(void)
{
	for (size_t i = 0; i < COUNT_OF(dates); i++)
	{
		int32_t		out = -1;
		EcpNote		note = ecp_core_answer_date(dates[i].text, strlen(dates[i].text), 9822, 9852, &out);

		tap_ok(note == dates[i].note && (dates[i].out == -1 || out == dates[i].out), "date \"%s\" is day %d, note %d", dates[i].text,
			   (int) dates[i].out, (int) note);
	}
}

/* Prices at 30 to 70 percent off. */
static const struct
{
	int64_t		original;
	int64_t		price;
	int64_t		out;
	EcpNote		note;
}			prices[] = {
	{1000, 700, 700, ECP_NOTE_NONE}, {1000, 701, 700, ECP_NOTE_CLAMPED}, {1000, 300, 300, ECP_NOTE_NONE},
	{1000, 299, 300, ECP_NOTE_CLAMPED}, {1000, 0, 300, ECP_NOTE_CLAMPED}, {1000, -1, 300, ECP_NOTE_CLAMPED},
	{999, 999, 699, ECP_NOTE_CLAMPED}, {999, 1, 300, ECP_NOTE_CLAMPED}, {1, 1, 1, ECP_NOTE_UNREADABLE},
	{2, 1, 1, ECP_NOTE_NONE}, {1000000, 1000000, 700000, ECP_NOTE_CLAMPED}
};

static void
test_prices(void)
{
	for (size_t i = 0; i < COUNT_OF(prices); i++)
	{
		int64_t		price = prices[i].price;
		EcpNote		note = ecp_core_answer_price(prices[i].original, 30, 70, &price);

		tap_ok(note == prices[i].note && price == prices[i].out, "%lld of %lld cents is %lld", (long long) prices[i].price,
			   (long long) prices[i].original, (long long) prices[i].out);
	}
}

static void
test_delays(void)
{
	static const struct
	{
		const char *text;
		int64_t		out;
	}			delays[] = {
		{"47s", 47000}, {"1.5s", 1500}, {"0s", 0}, {"0.0001s", 1}, {"3600s", 3600000}, {"99999999999s", 3600000}, {"47", -1},
		{"s", -1}, {"-1s", -1}, {"1e9s", -1}, {"47 s", -1}, {"", -1}, {"soon", -1}
	};

	for (size_t i = 0; i < COUNT_OF(delays); i++)
		tap_ok(ecp_core_answer_delay(delays[i].text, strlen(delays[i].text)) == delays[i].out, "delay \"%s\" is %lld ms", delays[i].text,
			   (long long) delays[i].out);
}

int
main(void)
{
	test_texts();
	test_numbers();
	test_dates();
	test_prices();
	test_delays();
	return tap_failed != 0;
}
