/*
 * Rows of a batch out of JSON or CSV; see enrolment.h.
 */
#include "postgres.h"

#include <ctype.h>

#include "common/base64.h"
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "beneficiary/contact.h"
#include "beneficiary/enrolment.h"
#include "common/errors.h"
#include "common/json.h"
#include "territory/csv_core.h"

#define EXTERNAL_ID_CHARS 100
#define NAME_CHARS 60
#define BAND_MAX 20
#define FIRST_ROOM 64

static const char *const field_names[ECP_ENROL_FIELDS] = {
	"external_id", "display_name", "language", "tag", "valid_from", "valid_until", "mail", "phone",
	"age_0_2", "age_3_10", "age_11_17", "age_18_24", "age_25_64", "age_65_up"
};

static const char known_fields[] = "Fields: external_id, display_name, language, tag, valid_from, valid_until, mail, phone, "
"age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up.";

void
ecp_enrol_fault(EcpEnrolRow *row, int problem, const char *message, const char *hint)
{
	if (row->problem != 0)
		return;
	row->state = ECP_ENROL_ERROR;
	row->problem = problem;
	row->message = message;
	row->hint = hint;
}

static void
field_fault(EcpEnrolRow *row, int field, const char *what, const char *hint)
{
	ecp_enrol_fault(row, ERRCODE_INVALID_PARAMETER_VALUE, psprintf("field \"%s\" %s", field_names[field], what), hint);
}

/* The field with this name, ECP_ENROL_FIELDS where there is none. */
static int
find_field(const char *name, size_t length)
{
	int			i;

	for (i = 0; i < ECP_ENROL_FIELDS; i++)
		if (strlen(field_names[i]) == length && memcmp(field_names[i], name, length) == 0)
			break;
	return i;
}

/* Text that a person reads: not empty, not too long, no control characters, no blanks around, no formula of a spreadsheet. */
static void
check_words(EcpEnrolRow *row, int field, int most)
{
	const char *value = row->values[field];
	size_t		length;
	const char *at;

	if (value == NULL || value[0] == '\0')
	{
		field_fault(row, field, "is missing", "Each row needs external_id and display_name.");
		return;
	}
	length = strlen(value);
	if (pg_mbstrlen(value) > most)
		field_fault(row, field, psprintf("is longer than %d characters", most), "Shorten it.");
	if (strchr("=+-@\t\r", value[0]) != NULL)
		field_fault(row, field, "begins as a formula does", "A spreadsheet would run it; begin with something else than = + - @.");
	if (isspace((unsigned char) value[0]) || isspace((unsigned char) value[length - 1]))
		field_fault(row, field, "has blanks around", "Take them away.");
	for (at = value; *at; at++)
		if (iscntrl((unsigned char) *at) && (unsigned char) *at < 0x80)
			field_fault(row, field, "has control characters", "Take them away.");
}

static void
check_language(EcpEnrolRow *row)
{
	const char *value = row->values[ECP_ENROL_LANGUAGE];

	if (value == NULL || value[0] == '\0')
		row->values[ECP_ENROL_LANGUAGE] = "fr";
	else if (strcmp(value, "fr") != 0 && strcmp(value, "en") != 0 && strcmp(value, "es") != 0 && strcmp(value, "ar") != 0)
		field_fault(row, ECP_ENROL_LANGUAGE, "is no language of ours", "fr, en, es or ar.");
}

/* A day as YYYY-MM-DD. */
static void
read_day(EcpEnrolRow *row, int field, DateADT *day)
{
	const char *value = row->values[field];
	int			year;
	int			month;
	int			of_month;
	int			back[3];

	if (value == NULL)
		return;
	if (strlen(value) == 10 && strspn(value, "0123456789-") == 10 && value[4] == '-' && value[7] == '-' &&
		sscanf(value, "%4d-%2d-%2d", &year, &month, &of_month) == 3 && year >= 1900 && month >= 1 && month <= 12 && of_month >= 1)
	{
		*day = date2j(year, month, of_month) - POSTGRES_EPOCH_JDATE;
		j2date(*day + POSTGRES_EPOCH_JDATE, &back[0], &back[1], &back[2]);
		if (back[0] == year && back[1] == month && back[2] == of_month)
			return;
	}
	field_fault(row, field, "is no day", "Write it as 2027-05-31.");
}

/* A tag: 64 hexadecimal digits, or base64 of 32 bytes, either alphabet. */
static void
read_tag(EcpEnrolRow *row)
{
	const char *value = row->values[ECP_ENROL_TAG];
	size_t		length = value ? strlen(value) : 0;
	char		spelt[44];

	if (value == NULL)
		return;
	if (length == 2 * ECP_TAG_BYTES && strspn(value, "0123456789abcdefABCDEF") == length)
	{
		(void) hex_decode(value, length, (char *) row->tag);
		return;
	}
	if ((length == 43 || (length == 44 && value[43] == '=')) &&
		strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") == 43)
	{
		memcpy(spelt, value, 43);
		spelt[43] = '=';
		for (int i = 0; i < 43; i++)
			spelt[i] = spelt[i] == '-' ? '+' : spelt[i] == '_' ? '/' : spelt[i];
		if (pg_b64_decode(spelt, sizeof(spelt), (char *) row->tag, ECP_TAG_BYTES) == ECP_TAG_BYTES)
			return;
	}
	field_fault(row, ECP_ENROL_TAG, "is no tag", "32 bytes as 64 hexadecimal digits or as base64.");
}

static void
read_household(EcpEnrolRow *row)
{
	int			people = 0;
	int			i;

	for (i = 0; i < ECP_ENROL_BANDS; i++)
	{
		const char *value = row->values[ECP_ENROL_BAND + i];

		if (value == NULL)
			continue;
		row->has_household = true;
		if (value[0] == '\0' || strlen(value) > 2 || strspn(value, "0123456789") != strlen(value) || atoi(value) > BAND_MAX)
			field_fault(row, ECP_ENROL_BAND + i, "is no number of people", "A whole number from 0 to 20.");
		else
			people += row->bands[i] = atoi(value);
	}
	if (row->has_household && people == 0)
		field_fault(row, ECP_ENROL_BAND, "counts nobody, nor do the others", "The person is counted too.");
}

/* What can be said of a row alone. */
static void
check_row(EcpEnrolRow *row)
{
	const char *mail = row->values[ECP_ENROL_MAIL];
	const char *phone = row->values[ECP_ENROL_PHONE];

	if (row->problem != 0)
		return;
	check_words(row, ECP_ENROL_EXTERNAL_ID, EXTERNAL_ID_CHARS);
	check_words(row, ECP_ENROL_NAME, NAME_CHARS);
	check_language(row);
	read_tag(row);
	read_day(row, ECP_ENROL_FROM, &row->from);
	read_day(row, ECP_ENROL_UNTIL, &row->until);
	if (row->problem == 0 && row->values[ECP_ENROL_FROM] && !row->values[ECP_ENROL_UNTIL])
		field_fault(row, ECP_ENROL_UNTIL, "is missing", "A right has a last day.");
	if (row->problem == 0 && row->values[ECP_ENROL_FROM] && row->from > row->until)
		field_fault(row, ECP_ENROL_UNTIL, "lies before valid_from", "Put the days in order.");
	if (mail && !ecp_contact_is_valid(ECP_CONTACT_MAIL, mail, strlen(mail)))
		field_fault(row, ECP_ENROL_MAIL, "is no mail address", "Write it as name@example.org.");
	if (phone && !ecp_contact_is_valid(ECP_CONTACT_PHONE, phone, strlen(phone)))
		field_fault(row, ECP_ENROL_PHONE, "is no phone number", "Write it as +33612345678 or 0612345678.");
	read_household(row);
}

static void
check_size(size_t bytes)
{
	if (bytes > ECP_ENROL_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a batch has at most %d MB", ECP_ENROL_MAX_BYTES / 1024 / 1024),
				 errhint("Send it in parts."),
				 errhidestmt(true), errhidecontext(true)));
}

static void
check_count(int64 rows)
{
	if (rows > ECP_ENROL_MAX_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a batch has at most %d rows", ECP_ENROL_MAX_ROWS),
				 errhint("Send it in parts."),
				 errhidestmt(true), errhidecontext(true)));
}

/* One answer to whatever is no array in JSON, which shows nothing of it. */
static void
raise_not_json(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("this is not a batch of JSON"),
			 errhint("Send an array of objects. %s", known_fields),
			 errhidestmt(true), errhidecontext(true)));
}

static EcpEnrolRow *
add_row(EcpEnrolBatch *batch, int *room)
{
	check_count(batch->count + 1);
	if (batch->count == *room)
	{
		batch->rows = repalloc_huge(batch->rows, sizeof(EcpEnrolRow) * *room * 2);
		memset(&batch->rows[*room], 0, sizeof(EcpEnrolRow) * *room);
		*room *= 2;
	}
	return &batch->rows[batch->count++];
}

/* Where the parser stands in an array of objects. */
typedef struct JsonReader
{
	EcpEnrolBatch *batch;
	int			room;
	EcpEnrolRow *row;
	int			depth;
	int			field;			/* whose value comes, ECP_ENROL_FIELDS: none of ours */
	bool		seen[ECP_ENROL_FIELDS];
	bool		bad;			/* not an array */
} JsonReader;

static void
wrong_type(JsonReader *reader)
{
	if (reader->bad)
		return;
	if (reader->depth == 1)
		ecp_enrol_fault(reader->row, ERRCODE_INVALID_PARAMETER_VALUE, "the row is not an object", known_fields);
	else if (reader->depth == 2 && reader->field < ECP_ENROL_FIELDS)
		field_fault(reader->row, reader->field, "is of another type", reader->field < ECP_ENROL_BAND ? "Give a text." : "Give a whole number.");
}

static void
json_object_start(void *state)
{
	JsonReader *reader = state;

	if (reader->depth == 0)
		reader->bad = true;
	else if (reader->depth > 1)
		wrong_type(reader);
	reader->depth++;
}

static void
json_array_start(void *state)
{
	JsonReader *reader = state;

	wrong_type(reader);
	reader->depth++;
}

static void
json_end(void *state)
{
	((JsonReader *) state)->depth--;
}

static void
json_element(void *state, bool isnull pg_attribute_unused())
{
	JsonReader *reader = state;

	if (reader->depth != 1)
		return;
	CHECK_FOR_INTERRUPTS();
	reader->row = add_row(reader->batch, &reader->room);
	reader->row->number = reader->batch->count;
	reader->field = ECP_ENROL_FIELDS;
	memset(reader->seen, 0, sizeof(reader->seen));
}

static void
json_field(void *state, char *name, bool isnull pg_attribute_unused())
{
	JsonReader *reader = state;

	if (reader->bad || reader->depth != 2)
		return;
	reader->field = find_field(name, strlen(name));
	if (reader->field == ECP_ENROL_FIELDS)
		ecp_enrol_fault(reader->row, ERRCODE_INVALID_PARAMETER_VALUE, "the row has a field that is not known", known_fields);
	else if (reader->seen[reader->field])
		field_fault(reader->row, reader->field, "stands twice", "Give each field once.");
	else
		reader->seen[reader->field] = true;
}

/* A text, or a number for the ages. */
static void
json_scalar(void *state, char *token, JsonTokenType type)
{
	JsonReader *reader = state;

	if (reader->depth == 0)
		reader->bad = true;
	else if (reader->depth == 2 && reader->field < ECP_ENROL_FIELDS && type == JSON_TOKEN_NULL)
		return;
	else if (reader->depth == 2 && reader->field < ECP_ENROL_FIELDS &&
			 (type == JSON_TOKEN_STRING || (type == JSON_TOKEN_NUMBER && reader->field >= ECP_ENROL_BAND)))
		reader->row->values[reader->field] = token;
	else
		wrong_type(reader);
}

/* The server's input functions show what they could not read; so the text is read here, by the parser beneath them. */
void
ecp_enrol_read_json(EcpEnrolBatch *batch, const char *data, size_t length)
{
	JsonReader	reader = {.batch = batch, .room = FIRST_ROOM, .field = ECP_ENROL_FIELDS};
	JsonSemAction actions = {
		.semstate = &reader,
		.object_start = json_object_start,
		.object_end = json_end,
		.array_start = json_array_start,
		.array_end = json_end,
		.array_element_start = json_element,
		.object_field_start = json_field,
		.scalar = json_scalar
	};
	JsonLexContext *lex;

	check_size(length);
	batch->rows = palloc0(sizeof(EcpEnrolRow) * FIRST_ROOM);
	if (!ecp_json_is_safe(data, (int) length))
		raise_not_json();
	lex = makeJsonLexContextCstringLen(unconstify(char *, data), (int) length, GetDatabaseEncoding(), true);
	if (pg_parse_json(lex, &actions) != JSON_SUCCESS || reader.bad)
		raise_not_json();
	for (int i = 0; i < batch->count; i++)
		check_row(&batch->rows[i]);
}

/* Which field each column holds; raises 22023 where the first line is no header. */
static int
read_header(EcpCsvReader *reader, int columns[ECP_CSV_MAX_FIELDS])
{
	EcpCsvRecord record;
	EcpCsvStatus status;
	const char *end = memchr(reader->data, '\n', reader->length);
	size_t		first = end ? (size_t) (end - reader->data) : reader->length;
	bool		seen[ECP_ENROL_FIELDS] = {false};

	if (memchr(reader->data, ';', first) != NULL)
		reader->separator = ';';
	status = ecp_csv_next(reader, &record);
	if (status != ECP_CSV_RECORD || record.nfields > ECP_ENROL_FIELDS)
		record.nfields = 0;
	for (int i = 0; i < record.nfields; i++)
	{
		columns[i] = find_field(record.fields[i].start, record.fields[i].length);
		if (columns[i] == ECP_ENROL_FIELDS || seen[columns[i]])
			record.nfields = 0;
		else
			seen[columns[i]] = true;
	}
	if (record.nfields == 0 || status == ECP_CSV_END || !seen[ECP_ENROL_EXTERNAL_ID] || !seen[ECP_ENROL_NAME])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the first line does not name the columns"),
				 errhint("%s external_id and display_name are needed; commas or semicolons between them.", known_fields),
				 errhidestmt(true), errhidecontext(true)));
	return record.nfields;
}

static void
read_record(EcpEnrolRow *row, EcpCsvStatus status, const EcpCsvRecord *record, const int *columns, int count)
{
	row->number = record->line;
	if (!pg_verify_mbstr(PG_UTF8, record->start, (int) record->length, true))
		ecp_enrol_fault(row, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE, "the row is not UTF-8", "Save the file as UTF-8; it may be Latin-1.");
	else if (status != ECP_CSV_RECORD)
		ecp_enrol_fault(row, ERRCODE_INVALID_PARAMETER_VALUE,
						status == ECP_CSV_UNTERMINATED ? "a quote is not closed" : "a quote stands within a field",
						"Put the field in quotes and double the quotes in it.");
	else if (record->nfields != count)
		ecp_enrol_fault(row, ERRCODE_INVALID_PARAMETER_VALUE, "the row has another number of fields than the first line",
						"Put fields that hold the separator in quotes.");
	else
		for (int i = 0; i < count; i++)
		{
			char	   *copy;

			if (record->fields[i].length == 0)
				continue;		/* empty: absent */
			copy = palloc(record->fields[i].length + 1);
			copy[ecp_csv_copy_field(&record->fields[i], copy)] = '\0';
			row->values[columns[i]] = copy;
		}
	check_row(row);
}

void
ecp_enrol_read_csv(EcpEnrolBatch *batch, const char *data, size_t length)
{
	EcpCsvReader reader;
	EcpCsvRecord record;
	EcpCsvStatus status;
	int			columns[ECP_CSV_MAX_FIELDS];
	int			count;
	int			room = FIRST_ROOM;

	check_size(length);
	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a file needs a database in UTF8"),
				 errhint("Send the rows as JSON.")));
	ecp_csv_start(&reader, data, length);
	count = read_header(&reader, columns);
	batch->rows = palloc0(sizeof(EcpEnrolRow) * FIRST_ROOM);
	while ((status = ecp_csv_next(&reader, &record)) != ECP_CSV_END)
	{
		CHECK_FOR_INTERRUPTS();
		read_record(add_row(batch, &room), status, &record, columns, count);
	}
}
