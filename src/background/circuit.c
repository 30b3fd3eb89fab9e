/*
 * Circuits as they are kept; see circuit.h.
 *
 * The worker decides in its memory (breaker_core.h) and writes what changed, so
 * that a worker that is started anew does not call at once what was left alone.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "background/circuit.h"
#include "common/clock.h"
#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"

PG_FUNCTION_INFO_V1(ecp_circuits);

static EcpPlan read_all =
ECP_PLAN("SELECT channel, endpoint, failures, openings, opened_at, open_until, last_error"
		 " FROM ecopanier_private.circuit ORDER BY opened_at DESC, channel, endpoint");

static EcpPlan write_open =
ECP_PLAN("INSERT INTO ecopanier_private.circuit AS c (channel, endpoint, failures, openings, opened_at, open_until, last_error)"
		 " VALUES ($1, $2, $3, $4, $5, $6, left($7, 500))"
		 " ON CONFLICT (channel, endpoint) DO UPDATE SET failures = excluded.failures, openings = excluded.openings,"
		 " opened_at = excluded.opened_at, open_until = excluded.open_until, last_error = excluded.last_error",
		 TEXTOID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID);

static EcpPlan write_closed =
ECP_PLAN("DELETE FROM ecopanier_private.circuit WHERE channel = $1 AND endpoint = $2",
		 TEXTOID, TEXTOID);

#define COLUMNS 7

int64
ecp_circuit_now(void)
{
	return ecp_clock_now() / 1000;
}

List *
ecp_circuit_read(void)
{
	List	   *circuits = NIL;
	uint64		row;

	ecp_plan_run(&read_all, NULL, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
	{
		EcpCircuit *circuit = palloc0(sizeof(EcpCircuit));

		circuit->channel = ecp_plan_text(row, 1);
		circuit->endpoint = ecp_plan_text(row, 2);
		circuit->breaker.state = ECP_BREAKER_OPEN;
		circuit->breaker.failures = DatumGetInt32(ecp_plan_known(row, 3));
		circuit->breaker.openings = DatumGetInt32(ecp_plan_known(row, 4));
		circuit->breaker.until = DatumGetTimestampTz(ecp_plan_known(row, 6)) / 1000;
		circuits = lappend(circuits, circuit);
	}
	return circuits;
}

void
ecp_circuit_write(const char *channel, const char *endpoint, const EcpBreaker *breaker, const char *error)
{
	Datum		values[COLUMNS] = {
		CStringGetTextDatum(channel), CStringGetTextDatum(endpoint),
		Int32GetDatum(breaker->failures), Int32GetDatum(breaker->openings),
		TimestampTzGetDatum(ecp_clock_now()), TimestampTzGetDatum(breaker->until * 1000),
		error != NULL ? CStringGetTextDatum(error) : (Datum) 0
	};

	if (breaker->state == ECP_BREAKER_CLOSED)
		ecp_plan_run(&write_closed, values, NULL, false, 0);
	else
		ecp_plan_run(&write_open, values, error != NULL ? "       " : "      n", false, 0);
}

Datum
ecp_circuits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	uint64		row;

	ecp_require_installed();
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&read_all, NULL, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
	{
		Datum		values[COLUMNS];
		bool		nulls[COLUMNS];
		int			i;

		for (i = 0; i < COLUMNS; i++)
			values[i] = ecp_plan_value(row, i + 1, &nulls[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}
