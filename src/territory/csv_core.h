/*
 * csv_core.h
 *		Reading comma separated values (RFC 4180) record by record.
 *
 * The reader walks over text that the caller keeps and allocates nothing: a
 * field is a span of that text.  A record may run over several lines where a
 * quoted field holds line breaks; its number is that of its first physical
 * line.  LF and CRLF end a line, empty lines are passed over, and a UTF-8 byte
 * order mark at the start is no part of the first field.
 *
 * A record with faulty quotes must not swallow what follows it: its first
 * physical line is given up and reading goes on with the next one.  Such a
 * line holds an odd number of quotes or ends at its own fault, and a search
 * for a closing quote never passes the next line of that kind, so every byte
 * is read at most twice, whatever the input.
 */
#ifndef ECP_CSV_CORE_H
#define ECP_CSV_CORE_H

#include <stdbool.h>
#include <stddef.h>

/* Fields beyond these are counted, not kept. */
#define ECP_CSV_MAX_FIELDS	32

typedef enum EcpCsvStatus
{
	ECP_CSV_RECORD,
	ECP_CSV_UNTERMINATED,		/* a quote is never closed */
	ECP_CSV_STRAY_QUOTE,		/* a quote inside a bare field, or text after a
								 * closing quote */
	ECP_CSV_END
} EcpCsvStatus;

typedef struct EcpCsvField
{
	const char *start;			/* without the surrounding quotes */
	size_t		length;
	bool		doubled;		/* holds doubled quotes */
} EcpCsvField;

typedef struct EcpCsvRecord
{
	int			line;			/* first physical line, from 1 */
	int			last_line;
	const char *start;
	size_t		length;			/* without the end of its last line */
	int			nfields;		/* all of them, kept or not */
	EcpCsvField fields[ECP_CSV_MAX_FIELDS];
} EcpCsvRecord;

typedef struct EcpCsvReader
{
	const char *data;
	size_t		length;
	size_t		position;
	int			line;
	char		separator;		/* a comma, unless the caller sets another after ecp_csv_start() */
} EcpCsvReader;

extern void ecp_csv_start(EcpCsvReader *reader, const char *data, size_t length);

/*
 * Reads the next record.  On a fault the record's lines, start and length are
 * those of the line given up and it has no fields; at the end nothing is set.
 */
extern EcpCsvStatus ecp_csv_next(EcpCsvReader *reader, EcpCsvRecord *record);

/* Writes a field with its doubled quotes undone; out holds field->length bytes. */
extern size_t ecp_csv_copy_field(const EcpCsvField *field, char *out);

#endif							/* ECP_CSV_CORE_H */
