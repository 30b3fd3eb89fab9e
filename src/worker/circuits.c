/*
 * The circuits in the worker's memory; see circuits.h.
 *
 * Only endpoints that failed have a circuit here; a success forgets it.  What
 * opens or closes is written (background/circuit.h) and told to the log.
 *
 * An endpoint fails where nothing came, where what came is not the protocol, and
 * where it says itself that it cannot at present: HTTP 429 and 5xx, SMTP 421.
 * Any other answer is one of an endpoint that lives, whatever becomes of the job.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "background/circuit.h"
#include "worker/circuits.h"

#define PROBE_MS 1000			/* while another call tries */

typedef struct Circuit
{
	const char *channel;
	const char *endpoint;
	EcpBreaker	breaker;
} Circuit;

static List *circuits = NIL;	/* of Circuit *, as they are in circuit_context */
static MemoryContext circuit_context = NULL;

static const char *
endpoint_of(const EcpCall *call)
{
	return call->endpoint != NULL ? call->endpoint : call->job.endpoint;
}

static Circuit *
find(const char *channel, const char *endpoint)
{
	ListCell   *cell;

	foreach(cell, circuits)
	{
		Circuit    *circuit = lfirst(cell);

		if (strcmp(circuit->endpoint, endpoint) == 0 && strcmp(circuit->channel, channel) == 0)
			return circuit;
	}
	return NULL;
}

static Circuit *
make(const char *channel, const char *endpoint)
{
	MemoryContext old = MemoryContextSwitchTo(circuit_context);
	Circuit    *circuit = palloc0(sizeof(Circuit));

	circuit->channel = pstrdup(channel);
	circuit->endpoint = pstrdup(endpoint);
	circuits = lappend(circuits, circuit);
	MemoryContextSwitchTo(old);
	return circuit;
}

static void
forget(Circuit *circuit)
{
	circuits = list_delete_ptr(circuits, circuit);
	pfree(unconstify(char *, circuit->channel));
	pfree(unconstify(char *, circuit->endpoint));
	pfree(circuit);
}

void
ecp_circuits_forget(void)
{
	circuits = NIL;
	if (circuit_context == NULL)
		circuit_context = AllocSetContextCreate(TopMemoryContext, "ecopanier circuits", ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(circuit_context);
}

void
ecp_circuits_read(void)
{
	ListCell   *cell;

	ecp_circuits_forget();
	foreach(cell, ecp_circuit_read())
	{
		EcpCircuit *kept = lfirst(cell);

		make(kept->channel, kept->endpoint)->breaker = kept->breaker;
	}
}

ArrayType *
ecp_circuits_closed_to(const EcpChannel *channel)
{
	int64		now = ecp_circuit_now();
	Datum	   *endpoints = palloc(Max(1, list_length(circuits)) * sizeof(Datum));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, circuits)
	{
		Circuit    *circuit = lfirst(cell);

		if (strcmp(circuit->channel, channel->name) == 0 && !ecp_breaker_allows(&circuit->breaker, now))
			endpoints[count++] = CStringGetTextDatum(circuit->endpoint);
	}
	return count == 0 ? NULL : construct_array(endpoints, count, TEXTOID, -1, false, TYPALIGN_INT);
}

bool
ecp_circuits_admit(const EcpCall *call)
{
	Circuit    *circuit = find(call->channel->name, endpoint_of(call));

	if (circuit == NULL)
		return true;
	if (!ecp_breaker_allows(&circuit->breaker, ecp_circuit_now()))
		return false;
	ecp_breaker_call(&circuit->breaker);
	return true;
}

int64
ecp_circuits_wait_ms(const EcpCall *call)
{
	Circuit    *circuit = find(call->channel->name, endpoint_of(call));

	if (circuit == NULL || strcmp(endpoint_of(call), call->job.endpoint) == 0)
		return 0;
	return Max(PROBE_MS, circuit->breaker.until - ecp_circuit_now());
}

/* Whether the endpoint lives; *known false where the call does not tell. */
static bool
endpoint_lives(const EcpCall *call, bool *known)
{
	*known = true;
	switch (call->outcome)
	{
		case ECP_CALL_ANSWERED:
			if (pg_strncasecmp(call->url, "smtp", 4) == 0)
				return call->status != 421;
			return call->status < 500 && call->status != 429;
		case ECP_CALL_TOO_LARGE:
			return true;
		case ECP_CALL_ADDRESS_REFUSED:
			*known = false;
			return true;
		default:
			return false;
	}
}

static void
write_change(const Circuit *circuit, const char *error)
{
	if (circuit->breaker.state == ECP_BREAKER_CLOSED)
		ereport(LOG,
				(errmsg("ecopanier calls \"%s\" again", circuit->endpoint)));
	else
		ereport(LOG,
				(errmsg("ecopanier leaves \"%s\" alone after %d calls that failed", circuit->endpoint, circuit->breaker.failures),
				 errdetail("Channel %s: %s.", circuit->channel, error)));
	ecp_circuit_write(circuit->channel, circuit->endpoint, &circuit->breaker, error);
}

bool
ecp_circuits_concern(const EcpCall *call)
{
	bool		known;

	return !endpoint_lives(call, &known) || find(call->channel->name, endpoint_of(call)) != NULL;
}

void
ecp_circuits_ended(const EcpCall *call)
{
	Circuit    *circuit = find(call->channel->name, endpoint_of(call));
	bool		known;
	bool		lives = endpoint_lives(call, &known);

	if (!known)
		ecp_circuits_given_up(call);
	else if (!lives)
	{
		if (circuit == NULL)
			circuit = make(call->channel->name, endpoint_of(call));
		if (ecp_breaker_failed(&circuit->breaker, ecp_circuit_now(), call->retry_after_ms, pg_prng_uint64(&pg_global_prng_state)))
			write_change(circuit, ecp_circuits_describe(call));
	}
	else if (circuit != NULL)
	{
		bool		closes = ecp_breaker_succeeded(&circuit->breaker);

		if (closes)
			write_change(circuit, NULL);
		forget(circuit);
	}
}

void
ecp_circuits_given_up(const EcpCall *call)
{
	Circuit    *circuit = find(call->channel->name, endpoint_of(call));

	if (circuit != NULL)
		ecp_breaker_forget(&circuit->breaker);
}

TimestampTz
ecp_circuits_next(void)
{
	int64		now = ecp_circuit_now();
	int64		next = PG_INT64_MAX;
	ListCell   *cell;

	foreach(cell, circuits)
	{
		EcpBreaker *breaker = &((Circuit *) lfirst(cell))->breaker;

		if (breaker->state == ECP_BREAKER_OPEN && breaker->until > now)
			next = Min(next, breaker->until);
	}
	return next == PG_INT64_MAX ? DT_NOEND : next * 1000;
}

const char *
ecp_circuits_describe(const EcpCall *call)
{
	static char text[32];

	switch (call->outcome)
	{
		case ECP_CALL_ANSWERED:
			snprintf(text, sizeof(text), "answer %d", call->status);
			return text;
		case ECP_CALL_TIMED_OUT:
			return "no answer in time";
		case ECP_CALL_UNREACHABLE:
			return "not reached, or the connection was lost";
		case ECP_CALL_ADDRESS_REFUSED:
			return "an address that is not called";
		case ECP_CALL_TLS_FAILED:
			return "no trusted TLS connection";
		case ECP_CALL_TOO_LARGE:
			return "too long an answer";
		case ECP_CALL_BROKEN:
			break;
	}
	return "an answer that is not the protocol";
}
