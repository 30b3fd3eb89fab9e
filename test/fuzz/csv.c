/*
 * csv.c
 *		Fuzz target: any bytes as a file of comma separated values; what was read
 *		is written with all its fields quoted, and must read the same again.
 *
 * cores: src/territory/csv_core.c
 */
#include "territory/csv_core.h"
#include "fuzz.h"

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

/* Writes a field in quotes; returns what is behind it. */
static char *
quote(char *out, const char *text, size_t length)
{
	*out++ = '"';
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '"')
			*out++ = '"';
		*out++ = text[i];
	}
	*out++ = '"';
	return out;
}

/* The record, written with quotes, has the same fields. */
static void
try_again(const EcpCsvRecord *record)
{
	size_t		room = 4 * record->length + 3 * ECP_CSV_MAX_FIELDS + 1;
	char	   *written = fuzz_room(room);
	char	   *copy = fuzz_room(record->length);
	char	   *back = fuzz_room(room);
	char	   *end = written;
	EcpCsvReader reader;
	EcpCsvRecord again;

	if (record->nfields > ECP_CSV_MAX_FIELDS)
		goto done;
	for (int i = 0; i < record->nfields; i++)
	{
		if (i > 0)
			*end++ = ',';
		end = quote(end, copy, ecp_csv_copy_field(&record->fields[i], copy));
	}
	ecp_csv_start(&reader, written, (size_t) (end - written));
	demand(ecp_csv_next(&reader, &again) == ECP_CSV_RECORD && again.nfields == record->nfields);
	for (int i = 0; i < record->nfields; i++)
	{
		size_t		length = ecp_csv_copy_field(&record->fields[i], copy);

		demand(ecp_csv_copy_field(&again.fields[i], back) == length && memcmp(copy, back, length) == 0);
	}
	demand(ecp_csv_next(&reader, &again) == ECP_CSV_END);
done:
	free(written);
	free(copy);
	free(back);
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
		if (status == ECP_CSV_RECORD)
			try_again(&record);
		line = record.last_line;
		end = record.start + record.length;
	}
	demand(reader.position == size);
	return 0;
}
