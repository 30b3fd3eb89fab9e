/*
 * csv.c
 *		Fuzz target: any bytes as a file of comma separated values.
 *
 * cores: src/territory/csv_core.c
 */
#include <stdint.h>
#include <stdlib.h>

#include "territory/csv_core.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool truth)
{
	if (!truth)
		abort();
}

/* The fields kept lie in the record, in order, and copy without growing. */
static void
try_fields(const EcpCsvRecord *record)
{
	const char *end = record->start;
	int			kept = record->nfields < ECP_CSV_MAX_FIELDS ? record->nfields : ECP_CSV_MAX_FIELDS;

	for (int i = 0; i < kept; i++)
	{
		const EcpCsvField *field = &record->fields[i];
		char	   *copy = malloc(field->length + 1);

		demand(field->start >= end && field->start + field->length <= record->start + record->length);
		demand(ecp_csv_copy_field(field, copy) <= field->length);
		free(copy);
		end = field->start + field->length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EcpCsvReader reader;
	EcpCsvRecord record;
	EcpCsvStatus status;
	const char *end = (const char *) data;
	int			line = 0;
	int			line_breaks = 0;

	for (size_t i = 0; i < size; i++)
		line_breaks += data[i] == '\n';
	ecp_csv_start(&reader, (const char *) data, size);
	while ((status = ecp_csv_next(&reader, &record)) != ECP_CSV_END)
	{
		demand(record.line > line && record.last_line >= record.line);
		demand(record.last_line <= line_breaks + 1);
		demand(record.length > 0 && record.start >= end);
		demand((status == ECP_CSV_RECORD) == (record.nfields > 0));
		try_fields(&record);
		line = record.last_line;
		end = record.start + record.length;
	}
	demand(reader.position == size);
	return 0;
}
