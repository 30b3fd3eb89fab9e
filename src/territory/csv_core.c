/*
 * csv_core.c
 *		Reading comma separated values; see csv_core.h.
 *
 * "Position" is always an offset into the text, at most its length.
 */
#include "territory/csv_core.h"

#include <string.h>

static const char byte_order_mark[] = {'\xEF', '\xBB', '\xBF'};

void
ecp_csv_start(EcpCsvReader *reader, const char *data, size_t length)
{
	reader->data = data;
	reader->length = length;
	reader->position = 0;
	reader->line = 1;
	reader->separator = ',';
	if (length >= sizeof(byte_order_mark) &&
		memcmp(data, byte_order_mark, sizeof(byte_order_mark)) == 0)
		reader->position = sizeof(byte_order_mark);
}

/* Bytes that end a line at the reader's position: 0 where none does. */
static size_t
line_end_length(const EcpCsvReader *reader)
{
	const char *here = reader->data + reader->position;
	size_t		left = reader->length - reader->position;

	if (left > 0 && here[0] == '\n')
		return 1;
	if (left > 1 && here[0] == '\r' && here[1] == '\n')
		return 2;
	if (left == 1 && here[0] == '\r')
		return 1;
	return 0;
}

static bool
at_end(const EcpCsvReader *reader)
{
	return reader->position == reader->length;
}

/* Whether a field may end here. */
static bool
at_field_end(const EcpCsvReader *reader)
{
	return at_end(reader) || reader->data[reader->position] == reader->separator ||
		line_end_length(reader) > 0;
}

static void
skip_line_end(EcpCsvReader *reader)
{
	size_t		length = line_end_length(reader);

	reader->position += length;
	if (length > 0)
		reader->line++;
}

static void
add_field(EcpCsvRecord *record, const EcpCsvField *field)
{
	if (record->nfields < ECP_CSV_MAX_FIELDS)
		record->fields[record->nfields] = *field;
	record->nfields++;
}

/* Reads a field that began with a quote, from behind that quote. */
static EcpCsvStatus
read_quoted(EcpCsvReader *reader, EcpCsvRecord *record)
{
	EcpCsvField field = {reader->data + reader->position, 0, false};

	for (;; reader->position++)
	{
		if (at_end(reader))
			return ECP_CSV_UNTERMINATED;
		if (reader->data[reader->position] == '\n')
			reader->line++;
		if (reader->data[reader->position] != '"')
			continue;
		if (reader->position + 1 == reader->length ||
			reader->data[reader->position + 1] != '"')
			break;
		field.doubled = true;
		reader->position++;
	}
	field.length = reader->data + reader->position - field.start;
	reader->position++;
	if (!at_field_end(reader))
		return ECP_CSV_STRAY_QUOTE;
	add_field(record, &field);
	return ECP_CSV_RECORD;
}

static EcpCsvStatus
read_bare(EcpCsvReader *reader, EcpCsvRecord *record)
{
	EcpCsvField field = {reader->data + reader->position, 0, false};

	while (!at_field_end(reader))
	{
		if (reader->data[reader->position] == '"')
			return ECP_CSV_STRAY_QUOTE;
		reader->position++;
	}
	field.length = reader->data + reader->position - field.start;
	add_field(record, &field);
	return ECP_CSV_RECORD;
}

/* Reads fields up to the end of the record. */
static EcpCsvStatus
read_fields(EcpCsvReader *reader, EcpCsvRecord *record)
{
	for (;;)
	{
		EcpCsvStatus status;

		if (!at_end(reader) && reader->data[reader->position] == '"')
		{
			reader->position++;
			status = read_quoted(reader, record);
		}
		else
			status = read_bare(reader, record);
		if (status != ECP_CSV_RECORD || at_end(reader) ||
			reader->data[reader->position] != reader->separator)
			return status;
		reader->position++;
	}
}

/* Goes back to the first line of a faulty record and ends the record there. */
static void
give_up_line(EcpCsvReader *reader, EcpCsvRecord *record)
{
	reader->position = record->start - reader->data;
	reader->line = record->line;
	record->nfields = 0;
	while (!at_end(reader) && line_end_length(reader) == 0)
		reader->position++;
}

EcpCsvStatus
ecp_csv_next(EcpCsvReader *reader, EcpCsvRecord *record)
{
	EcpCsvStatus status;

	while (line_end_length(reader) > 0)
		skip_line_end(reader);
	if (at_end(reader))
		return ECP_CSV_END;

	record->line = reader->line;
	record->start = reader->data + reader->position;
	record->nfields = 0;
	status = read_fields(reader, record);
	if (status != ECP_CSV_RECORD)
		give_up_line(reader, record);
	record->last_line = reader->line;
	record->length = reader->data + reader->position - record->start;
	skip_line_end(reader);
	return status;
}

size_t
ecp_csv_copy_field(const EcpCsvField *field, char *out)
{
	size_t		from;
	size_t		to = 0;

	if (!field->doubled)
	{
		memcpy(out, field->start, field->length);
		return field->length;
	}
	for (from = 0; from < field->length; from++)
	{
		out[to++] = field->start[from];
		if (field->start[from] == '"')
			from++;
	}
	return to;
}
