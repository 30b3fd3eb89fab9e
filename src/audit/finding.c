/*
 * Rows of verify_audit(); see finding.h.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/finding.h"

static void
add(EcpFindings *findings, const char *finding, bool is_fault, const EcpPlace *place, const char *detail)
{
	static const EcpPlace nowhere = {0};
	Datum		values[6];
	bool		nulls[6] = {false};

	if (place == NULL)
		place = &nowhere;
	values[0] = CStringGetTextDatum(finding);
	values[1] = BoolGetDatum(is_fault);
	values[2] = Int64GetDatum(place->position);
	nulls[2] = place->position == 0;
	values[3] = UUIDPGetDatum(place->event);
	nulls[3] = place->event == NULL;
	values[4] = TimestampTzGetDatum(place->at);
	nulls[4] = !place->has_time;
	values[5] = CStringGetTextDatum(detail);
	tuplestore_putvalues(findings->result->setResult, findings->result->setDesc, values, nulls);
}

void
ecp_finding_fault(EcpFindings *findings, const char *finding, const EcpPlace *place, const char *detail)
{
	if (findings->faults++ < ECP_FINDINGS_MAX)
		add(findings, finding, true, place, detail);
}

void
ecp_finding_note(EcpFindings *findings, const char *finding, const EcpPlace *place, const char *detail)
{
	add(findings, finding, false, place, detail);
}
