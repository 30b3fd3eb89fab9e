/*
 * allotment_core.c
 *		Unit and property tests of allotment rounds: the order, and the
 *		commitment and tickets that it rests on.
 *
 * cores: src/allotment/order_core.c src/crypto/allotment_core.c -lsodium
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "allotment/order_core.h"
#include "crypto/allotment_core.h"

#include "tap.h"

#define MOST 40
#define ROUNDS 10000

static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);

/* xorshift64*: the same numbers in each run. */
static uint32_t
draw(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t) ((state * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void
fill_bytes(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t) draw(256);
}

static EcpContender
contender(uint8_t name, int32_t allowed, int32_t help, int32_t waiting, int32_t band, uint8_t ticket)
{
	EcpContender made = {.allowed = allowed, .help_units = help, .waiting_days = waiting, .distance_band = band};

	made.pseudonym[0] = name;
	made.ticket[0] = ticket;
	return made;
}

/* Names in the order of places, those without one last. */
static const char *
order_of(EcpContender *contenders, int count, int64_t units)
{
	static char names[MOST + 1];

	(void) ecp_core_allot(contenders, count, units);
	for (int i = 0; i < count; i++)
		names[i] = (char) contenders[i].pseudonym[0];
	names[count] = '\0';
	return names;
}

static void
test_criteria(void)
{
	EcpContender help[] = {contender('a', 1, 2, ECP_ALLOTMENT_NEVER, 0, 0), contender('b', 1, 1, 0, 4, 9)};
	EcpContender waiting[] = {contender('a', 1, 1, 10, 0, 0), contender('b', 1, 1, 11, 4, 9), contender('c', 1, 1, ECP_ALLOTMENT_NEVER, 4, 9)};
	EcpContender band[] = {contender('a', 1, 1, 10, 3, 0), contender('b', 1, 1, 10, 2, 9)};
	EcpContender ticket[] = {contender('a', 1, 1, 10, 2, 5), contender('b', 1, 1, 10, 2, 4)};
	EcpContender none[] = {contender('a', 0, 0, ECP_ALLOTMENT_NEVER, 0, 0), contender('b', 1, 50, 0, 4, 9)};

	tap_ok(strcmp(order_of(help, 2, 1), "ba") == 0, "less help of late comes first, whatever else");
	tap_ok(strcmp(order_of(waiting, 3, 1), "cba") == 0, "then the longer wait, never before all");
	tap_ok(strcmp(order_of(band, 2, 1), "ba") == 0, "then who is nearer");
	tap_ok(strcmp(order_of(ticket, 2, 1), "ba") == 0, "then the ticket");
	tap_ok(strcmp(order_of(none, 2, 1), "ba") == 0, "who may have nothing comes last");
	tap_ok(none[1].place == 0 && none[1].allotted == 0 && none[0].place == 1 && none[0].allotted == 1, "and has no place");
}

static void
test_units(void)
{
	EcpContender three[] = {contender('a', 3, 0, 5, 0, 0), contender('b', 1, 0, 4, 0, 0), contender('c', 2, 0, 3, 0, 0)};

	tap_ok(ecp_core_allot(three, 3, 2) == 2 && three[0].allotted == 1 && three[1].allotted == 1 && three[2].allotted == 0, "one each first");
	tap_ok(ecp_core_allot(three, 3, 4) == 4 && three[0].allotted == 2 && three[1].allotted == 1 && three[2].allotted == 1, "then a second one");
	tap_ok(ecp_core_allot(three, 3, 5) == 5 && three[0].allotted == 2 && three[2].allotted == 2, "to each who wants it");
	tap_ok(ecp_core_allot(three, 3, 100000) == 6 && three[0].allotted == 3, "never more than is wanted");
	tap_ok(ecp_core_allot(three, 3, 0) == 0 && three[0].allotted == 0 && three[0].place == 1, "of no units nothing is given");
	tap_ok(ecp_core_allot(three, 0, 5) == 0, "to nobody neither");
}

static void
test_bands(void)
{
	tap_ok(ecp_core_allotment_band(0) == 0 && ecp_core_allotment_band(999.999) == 0, "below a kilometre");
	tap_ok(ecp_core_allotment_band(1000) == 1 && ecp_core_allotment_band(1999.999) == 1, "below two");
	tap_ok(ecp_core_allotment_band(2000) == 2 && ecp_core_allotment_band(4999.999) == 2, "below five");
	tap_ok(ecp_core_allotment_band(5000) == 3 && ecp_core_allotment_band(9999.999) == 3, "below ten");
	tap_ok(ecp_core_allotment_band(10000) == ECP_ALLOTMENT_FAR && ecp_core_allotment_band(2e7) == ECP_ALLOTMENT_FAR, "far");
}

/* A random round; with few values of each criterion, so that many are equal. */
static int
random_round(EcpContender *contenders, uint8_t *round, uint8_t *seed)
{
	int			count = (int) draw(MOST + 1);

	fill_bytes(round, ECP_ALLOTMENT_ID_BYTES);
	fill_bytes(seed, ECP_ALLOTMENT_SEED_BYTES);
	for (int i = 0; i < count; i++)
	{
		contenders[i] = contender(0, (int32_t) draw(4), (int32_t) draw(3), (int32_t) draw(4) - 1, (int32_t) draw(3), 0);
		fill_bytes(contenders[i].pseudonym, sizeof(contenders[i].pseudonym));
		ecp_core_allotment_ticket(round, seed, contenders[i].pseudonym, contenders[i].ticket);
	}
	return count;
}

static void
shuffle(EcpContender *contenders, int count)
{
	for (int i = count - 1; i > 0; i--)
	{
		int			j = (int) draw((uint32_t) i + 1);
		EcpContender other = contenders[i];

		contenders[i] = contenders[j];
		contenders[j] = other;
	}
}

static int64_t
waited(const EcpContender *contender)
{
	return contender->waiting_days < 0 ? INT64_MAX : contender->waiting_days;
}

/* Whether x, who wanted more, was passed over for y, who was helped more of late, or as much and served more recently, or both the same and farther. */
static bool
is_passed_over(const EcpContender *x, const EcpContender *y)
{
	bool		before = x->help_units < y->help_units ||
		(x->help_units == y->help_units && (waited(x) > waited(y) || (waited(x) == waited(y) && x->distance_band < y->distance_band)));

	return before && x->allotted < x->allowed && (y->allotted > x->allotted || (y->place > 0 && x->place > y->place));
}

static bool
same(const EcpContender *a, const EcpContender *b, int count)
{
	return memcmp(a, b, (size_t) count * sizeof(EcpContender)) == 0;
}

static void
test_random_rounds(void)
{
	static EcpContender first[MOST];
	static EcpContender second[MOST];
	static EcpContender third[MOST];
	uint8_t		round[ECP_ALLOTMENT_ID_BYTES];
	uint8_t		seed[ECP_ALLOTMENT_SEED_BYTES];
	bool		repeats = true;
	bool		forgets_order = true;
	bool		fair = true;
	bool		uses_all = true;
	bool		even = true;
	int			changed = 0;
	int			shared = 0;

	for (int n = 0; n < ROUNDS; n++)
	{
		int			count = random_round(first, round, seed);
		int64_t		units = draw(60);
		int64_t		wanted = 0;
		int64_t		sum = 0;
		int64_t		given;

		memcpy(second, first, sizeof(first));
		memcpy(third, first, sizeof(first));
		shuffle(third, count);
		given = ecp_core_allot(first, count, units);
		repeats = repeats && ecp_core_allot(second, count, units) == given && same(first, second, count);
		forgets_order = forgets_order && ecp_core_allot(third, count, units) == given && same(first, third, count);
		for (int i = 0; i < count; i++)
		{
			wanted += first[i].allowed;
			sum += first[i].allotted;
			even = even && first[i].allotted >= 0 && first[i].allotted <= first[i].allowed && (first[i].place > 0) == (first[i].allowed > 0);
			for (int j = 0; j < count; j++)
			{
				fair = fair && !is_passed_over(&first[i], &first[j]);
				even = even && (first[i].allotted >= first[i].allowed || first[j].allotted <= first[i].allotted + 1);
			}
		}
		uses_all = uses_all && sum == given && given == (units < wanted ? units : wanted);
		shared += given < wanted && given > 0;
		seed[draw(sizeof(seed))] ^= (uint8_t) (1 << draw(8));
		for (int i = 0; i < count; i++)
			ecp_core_allotment_ticket(round, seed, second[i].pseudonym, second[i].ticket);
		(void) ecp_core_allot(second, count, units);
		for (int i = 0; i < count; i++)
			changed += memcmp(first[i].pseudonym, second[i].pseudonym, sizeof(first[i].pseudonym)) != 0;
	}
	tap_ok(repeats, "two runs give the same");
	tap_ok(forgets_order, "the order of declarations changes nothing");
	tap_ok(fair, "nobody who had less help, or as much and waited longer, or both the same and is nearer, is passed over");
	tap_ok(uses_all, "what is given is the lesser of what there is and what is wanted");
	tap_ok(even, "nobody has two more than somebody who wants more, and none more than wanted");
	tap_ok(shared > ROUNDS / 4 && changed > ROUNDS, "rounds were scarce, and another seed orders equals otherwise");
}

static void
hex(const uint8_t *bytes, char text[65])
{
	sodium_bin2hex(text, 65, bytes, 32);
}

/* What Python's hashlib and hmac give for the same. */
static void
test_formulas(void)
{
	uint8_t		round[ECP_ALLOTMENT_ID_BYTES];
	uint8_t		seed[ECP_ALLOTMENT_SEED_BYTES];
	uint8_t		pseudonym[ECP_ALLOTMENT_ID_BYTES];
	uint8_t		out[32];
	uint8_t		other[32];
	char		text[65];

	for (int i = 0; i < 16; i++)
	{
		round[i] = (uint8_t) i;
		pseudonym[i] = (uint8_t) (255 - i);
	}
	for (int i = 0; i < 32; i++)
		seed[i] = (uint8_t) (i * 7);
	ecp_core_allotment_commitment(round, seed, out);
	hex(out, text);
	tap_ok(strcmp(text, "e2eec4010e29f858856f2a84b836157787f7567f125446a6f469b688f5e91f59") == 0, "the commitment");
	ecp_core_allotment_ticket(round, seed, pseudonym, other);
	hex(other, text);
	tap_ok(strcmp(text, "78afbfaaf52e51900a468aa72a8b4bd925142e2ebf3e0c512313d6d3058a8f5f") == 0, "a ticket");
	seed[31] ^= 1;
	ecp_core_allotment_commitment(round, seed, other);
	tap_ok(memcmp(out, other, 32) != 0, "another seed has another commitment");
	seed[31] ^= 1;
	round[0] ^= 1;
	ecp_core_allotment_commitment(round, seed, other);
	tap_ok(memcmp(out, other, 32) != 0, "and so has another round");
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	test_criteria();
	test_units();
	test_bands();
	test_random_rounds();
	test_formulas();
	return tap_failed != 0;
}
