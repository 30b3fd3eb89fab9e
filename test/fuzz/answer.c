/*
 * answer.c
 *		Fuzz target: any bytes as text, number, date and delay of a model's
 *		answer; what is taken is within its bounds, and a text taken once is
 *		taken as it is.
 *
 * cores: src/listing/answer_core.c -lm
 */
#include "listing/answer_core.h"
#include "fuzz.h"

#define FIRST_DAY 9000
#define LAST_DAY 10000

static void
try_text(const char *text, size_t size, size_t max)
{
	char	   *out = fuzz_room(size);
	char	   *again = fuzz_room(size);
	size_t		len;
	size_t		same;
	size_t		characters = 0;
	EcpNote		note = ecp_core_answer_text(text, size, max, out, &len);

	demand(len <= size && (len == 0) == (note == ECP_NOTE_UNREADABLE || max == 0));
	for (size_t i = 0; i < len; i++)
	{
		demand((unsigned char) out[i] >= ' ' && out[i] != 0x7f);
		characters += (out[i] & 0xc0) != 0x80;
		demand(i + 2 >= len || memcmp(out + i, "\xe2\x80\xae", 3) != 0);
		demand(i + 2 >= len || memcmp(out + i, "\xf3\xa0\x80", 3) != 0);
	}
	demand(characters <= max);
	demand(len == 0 || (out[0] != ' ' && out[len - 1] != ' '));
	if (len > 0)
		demand(ecp_core_answer_text(out, len, max, again, &same) == ECP_NOTE_NONE && same == len && memcmp(out, again, len) == 0);
	free(again);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_copy(data, size);
	int64_t		number = 0;
	int32_t		day = 0;
	int64_t		price;
	double		confidence = ecp_core_answer_confidence(text, size);

	try_text(text, size, 1000);
	try_text(text, size, 5);
	demand(confidence >= 0 && confidence <= 1);
	if (ecp_core_answer_whole(text, size, 1, 1000000, &number) < ECP_NOTE_UNREADABLE)
	{
		demand(number >= 1 && number <= 1000000);
		price = number / 3;
		if (ecp_core_answer_price(number, 30, 70, &price) < ECP_NOTE_UNREADABLE)
			demand(price * 100 <= number * 70 && price * 100 >= number * 30);
	}
	if (ecp_core_answer_date(text, size, FIRST_DAY, LAST_DAY, &day) == ECP_NOTE_NONE)
		demand(day >= FIRST_DAY && day <= LAST_DAY && size == 10);
	number = ecp_core_answer_delay(text, size);
	demand(number >= -1 && number <= 3600000);
	free(text);
	return 0;
}
