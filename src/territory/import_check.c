/*
 * Import of the official codes: the rules a row must meet, and the codes that
 * are known already.  The first rule that a row breaks is the one reported;
 * columns are checked in the order of the file.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "territory/import.h"

/* How much of a value a problem's text repeats. */
#define SHOWN_BYTES 60

/* A value under check. */
typedef struct Check
{
	EcpImportKnown *known;
	const EcpImportKind *kind;
	EcpImportPass pass;
	EcpImportRow *row;
	int			column;
	const char *value;
} Check;

static EcpPlan regions_known =
ECP_PLAN("SELECT code, NULL::text FROM ecopanier.region");
static EcpPlan departments_known =
ECP_PLAN("SELECT code, region_code FROM ecopanier.department");
static EcpPlan epcis_known =
ECP_PLAN("SELECT siren, NULL::text FROM ecopanier.epci");
static EcpPlan communes_known =
ECP_PLAN("SELECT insee, NULL::text FROM ecopanier.commune");
static EcpPlan time_zones_known =
ECP_PLAN("SELECT name FROM pg_catalog.pg_timezone_names");

/* A set of codes, in the current memory context. */
static HTAB *
make_set(const char *name, long expected)
{
	HASHCTL		control = {0};

	control.keysize = ECP_IMPORT_CODE_BYTES;
	control.entrysize = sizeof(EcpImportCode);
	control.hcxt = CurrentMemoryContext;
	return hash_create(name, expected, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static HTAB *
read_codes(EcpPlan *plan)
{
	HTAB	   *set;

	ecp_plan_run(plan, NULL, NULL, false, 0);
	set = make_set("known codes", Max(64, (long) SPI_processed));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *code = ecp_plan_text(i, 1);
		char	   *region = ecp_plan_text(i, 2);
		EcpImportCode *entry = hash_search(set, code, HASH_ENTER, NULL);

		strlcpy(entry->region, region != NULL ? region : "", sizeof(entry->region));
		pfree(code);
	}
	SPI_freetuptable(SPI_tuptable);
	return set;
}

static HTAB *
read_time_zones(void)
{
	HASHCTL		control = {0};
	HTAB	   *set;

	control.keysize = ECP_IMPORT_ZONE_BYTES;
	control.entrysize = ECP_IMPORT_ZONE_BYTES;
	control.hcxt = CurrentMemoryContext;
	set = hash_create("time zones", 1024, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	ecp_plan_run(&time_zones_known, NULL, NULL, false, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
		hash_search(set, ecp_plan_text(i, 1), HASH_ENTER, NULL);
	SPI_freetuptable(SPI_tuptable);
	return set;
}

void
ecp_import_know(EcpImportKnown *known, const EcpImportKind *kind)
{
	for (int i = 0; i < kind->ncolumns; i++)
	{
		switch (kind->columns[i].rule)
		{
			case ECP_RULE_REGION:
				known->regions = read_codes(&regions_known);
				break;
			case ECP_RULE_DEPARTMENT:
				known->departments = read_codes(&departments_known);
				break;
			case ECP_RULE_EPCI:
				known->epcis = read_codes(&epcis_known);
				break;
			case ECP_RULE_PARENT:
				known->communes = read_codes(&communes_known);
				break;
			case ECP_RULE_TIME_ZONE:
				known->time_zones = read_time_zones();
				break;
			default:
				break;
		}
	}
}

void
ecp_import_forget_seen(EcpImportKnown *known)
{
	if (known->seen != NULL)
		hash_destroy(known->seen);
	known->seen = make_set("codes seen", 1024);
}

static bool
is_known(HTAB *set, const char *code)
{
	return hash_search(set, code, HASH_FIND, NULL) != NULL;
}

/* Refuses the row, naming it by its code where that was found good. */
static void pg_attribute_printf(3, 4)
refuse(Check *check, const char *problem, const char *format,...)
{
	StringInfo	explanation = &check->row->explanation;

	check->row->problem = problem;
	resetStringInfo(explanation);
	if (check->column > 0)
		appendStringInfo(explanation, "%s %s: ", check->row->part ? "arrondissement" : check->kind->singular,
						 check->row->values[0]);
	for (;;)
	{
		va_list		arguments;
		int			needed;

		va_start(arguments, format);
		needed = appendStringInfoVA(explanation, format, arguments);
		va_end(arguments);
		if (needed == 0)
			break;
		enlargeStringInfo(explanation, needed);
	}
}

/* Refuses the row for its value, which is quoted, shortened where it is long. */
static void
refuse_value(Check *check, const char *problem, const char *what)
{
	int			length = strlen(check->value);
	int			shown = pg_mbcliplen(check->value, length, SHOWN_BYTES);

	refuse(check, problem, "\"%.*s%s\" %s", shown, check->value, shown < length ? "..." : "", what);
}

/*
 * Whether the whole text has the pattern's form: 9 is any digit, A is A or B,
 * anything else is itself.
 */
static bool
has_form(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; text++, pattern++)
	{
		bool		fits = *text == *pattern;

		if (*pattern == '9')
			fits = *text >= '0' && *text <= '9';
		else if (*pattern == 'A')
			fits = *text == 'A' || *text == 'B';
		if (!fits)
			return false;
	}
	return *text == '\0';
}

static bool
is_region_code(const char *code)
{
	return has_form(code, "99") || has_form(code, "999");
}

static bool
is_department_code(const char *code)
{
	if (has_form(code, "999"))
		return code[0] == '9' && (code[1] == '7' || code[1] == '8');
	return has_form(code, "99") || has_form(code, "2A");
}

static bool
is_commune_code(const char *code)
{
	return has_form(code, "99999") || has_form(code, "2A999");
}

/* Checks the key of the row, whose form was judged by the caller. */
static void
check_code(Check *check, bool well_formed, const char *form)
{
	EcpImportCode *entry;
	bool		found;

	if (check->value[0] == '\0')
	{
		refuse(check, "missing_code", "the code is missing");
		return;
	}
	if (!well_formed)
	{
		refuse_value(check, "malformed_code", form);
		return;
	}
	entry = hash_search(check->known->seen, check->value, HASH_ENTER, &found);
	if (!found)
		entry->line = check->row->record.line;
	else
		refuse(check, "duplicate_code", "\"%s\" stands in line %d already", check->value, entry->line);
}

static void
check_name(Check *check)
{
	int			length = strlen(check->value);

	if (strspn(check->value, " \t\r\n") == (size_t) length)
		refuse(check, "missing_name", "the name is missing");
	else if (pg_mbstrlen_with_len(check->value, length) > ECP_IMPORT_MAX_NAME_CHARS)
		refuse(check, "name_too_long", "the name has more than %d characters", ECP_IMPORT_MAX_NAME_CHARS);
}

static void
check_zone(Check *check)
{
	if (strcmp(check->value, "metro") != 0 && strcmp(check->value, "drom") != 0 &&
		strcmp(check->value, "com") != 0)
		refuse_value(check, "unknown_zone", "is not a zone: metro, drom or com");
}

static void
check_region(Check *check)
{
	if (!is_known(check->known->regions, check->value))
		refuse_value(check, "unknown_region", "is not the code of a region that was imported");
}

static void
check_department(Check *check)
{
	if (!is_known(check->known->departments, check->value))
		refuse_value(check, "unknown_department", "is not the code of a department that was imported");
}

/* Checks a region that stands behind the department it must be that of. */
static void
check_department_region(Check *check)
{
	const char *department = check->row->values[check->column - 1];
	EcpImportCode *entry = hash_search(check->known->departments, department, HASH_FIND, NULL);

	if (entry != NULL && strcmp(entry->region, check->value) != 0)
		refuse_value(check, "region_mismatch", "is not the region of the department beside it");
}

static void
check_epci(Check *check)
{
	if (check->value[0] != '\0' && !is_known(check->known->epcis, check->value))
		refuse_value(check, "unknown_epci", "is not the SIREN of an EPCI that was imported");
}

static void
check_siren(Check *check)
{
	if (check->value[0] != '\0' && !has_form(check->value, "999999999"))
		refuse_value(check, "malformed_siren", "is not a SIREN: nine digits");
}

static void
check_kind(Check *check)
{
	size_t		length = strlen(check->value);

	if (length < 2 || length > 8 ||
		strspn(check->value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != length)
		refuse_value(check, "malformed_kind", "is not an abbreviation: two to eight capitals or digits");
}

/* Checks a whole number of an int column, which may be missing. */
static void
check_number(Check *check, const char *problem)
{
	int64		number = 0;

	for (const char *digit = check->value; *digit != '\0'; digit++)
	{
		if (*digit < '0' || *digit > '9' || (number = number * 10 + (*digit - '0')) > PG_INT32_MAX)
		{
			refuse_value(check, problem, "is not a whole number from 0 to 2147483647");
			return;
		}
	}
}

static void
check_post_codes(Check *check)
{
	const char *rest = check->value;

	while (*rest != '\0')
	{
		if (strspn(rest, "0123456789") != 5 || (rest[5] != '\0' && rest[5] != '|') || strcmp(rest + 5, "|") == 0)
		{
			refuse_value(check, "malformed_post_codes", "is not a list of post codes: five digits each, separated by |");
			return;
		}
		rest += rest[5] == '|' ? 6 : 5;
	}
}

static void
check_type(Check *check)
{
	if (strcmp(check->value, "A") == 0)
		check->row->part = true;
	else if (strcmp(check->value, "C") != 0)
		refuse_value(check, "unknown_type", "is not a type: C for a commune or A for an arrondissement");
}

/* Checks the commune that a row is a part of; a survey cannot know yet. */
static void
check_parent(Check *check)
{
	if (!check->row->part && check->value[0] != '\0')
		refuse_value(check, "unexpected_parent", "is given as the commune of a commune");
	else if (check->row->part && check->pass != ECP_PASS_SURVEY &&
			 !is_known(check->known->communes, check->value))
		refuse_value(check, "unknown_commune", "is not the code of a commune that was imported");
}

static void
check_time_zone(Check *check)
{
	if (check->value[0] != '\0' && !is_known(check->known->time_zones, check->value))
		refuse_value(check, "unknown_time_zone", "is not a time zone of pg_timezone_names");
}

/* Checks the code that the row is known by. */
static void
check_key(Check *check, EcpImportRule rule)
{
	const char *value = check->value;

	if (rule == ECP_RULE_REGION_CODE)
		check_code(check, is_region_code(value), "is not the code of a region: two or three digits");
	else if (rule == ECP_RULE_DEPARTMENT_CODE)
		check_code(check, is_department_code(value), "is not the code of a department: two digits, 2A, 2B, 97x or 98x");
	else if (rule == ECP_RULE_EPCI_CODE)
		check_code(check, has_form(value, "999999999"), "is not a SIREN: nine digits");
	else
		check_code(check, is_commune_code(value), "is not an INSEE code: five digits, or 2A or 2B and three digits");
}

static void
check_value(Check *check, EcpImportRule rule)
{
	switch (rule)
	{
		case ECP_RULE_REGION_CODE:
		case ECP_RULE_DEPARTMENT_CODE:
		case ECP_RULE_EPCI_CODE:
		case ECP_RULE_COMMUNE_CODE:
			check_key(check, rule);
			break;
		case ECP_RULE_NAME:
			check_name(check);
			break;
		case ECP_RULE_ZONE:
			check_zone(check);
			break;
		case ECP_RULE_SEAT:
			if (!is_commune_code(check->value))
				refuse_value(check, "malformed_seat", "is not the INSEE code of a seat");
			break;
		case ECP_RULE_REGION:
			check_region(check);
			break;
		case ECP_RULE_DEPARTMENT:
			check_department(check);
			break;
		case ECP_RULE_DEPARTMENT_REGION:
			check_department_region(check);
			break;
		case ECP_RULE_EPCI:
			check_epci(check);
			break;
		case ECP_RULE_SIREN:
			check_siren(check);
			break;
		case ECP_RULE_KIND:
			check_kind(check);
			break;
		case ECP_RULE_POPULATION:
			check_number(check, "malformed_population");
			break;
		case ECP_RULE_COUNT:
			check_number(check, "malformed_count");
			break;
		case ECP_RULE_POST_CODES:
			check_post_codes(check);
			break;
		case ECP_RULE_TYPE:
			check_type(check);
			break;
		case ECP_RULE_PARENT:
			check_parent(check);
			break;
		case ECP_RULE_TIME_ZONE:
			check_time_zone(check);
			break;
	}
}

/* Checks the row as text, before it has values. */
static void
check_text(Check *check)
{
	const EcpCsvRecord *record = &check->row->record;
	int			valid;

	if (check->row->status == ECP_CSV_UNTERMINATED)
		refuse(check, "unterminated_quote", "a quote is opened and never closed");
	else if (check->row->status == ECP_CSV_STRAY_QUOTE)
		refuse(check, "stray_quote", "a quote stands where none may: quote the whole field and double the quotes in it");
	else if (record->length > ECP_IMPORT_MAX_ROW_BYTES)
		refuse(check, "row_too_long", "the row has %zu bytes; at most %d are allowed",
			   record->length, ECP_IMPORT_MAX_ROW_BYTES);
	else if ((valid = pg_encoding_verifymbstr(PG_UTF8, record->start, record->length)) != (int) record->length)
		refuse(check, "wrong_encoding", "byte 0x%02X, at position %d of the row, is not UTF-8 text",
			   (unsigned char) record->start[valid], valid + 1);
	else if (record->nfields != check->kind->ncolumns && record->last_line > record->line)
		refuse(check, "wrong_field_count", "%d fields were expected and %d found; quotes make it run on to line %d",
			   check->kind->ncolumns, record->nfields, record->last_line);
	else if (record->nfields != check->kind->ncolumns)
		refuse(check, "wrong_field_count", "%d fields were expected and %d found",
			   check->kind->ncolumns, record->nfields);
}

/* Takes the fields out of the record. */
static void
set_values(EcpImportRow *row)
{
	char	   *end = row->buffer;

	for (int i = 0; i < row->record.nfields; i++)
	{
		row->values[i] = end;
		end += ecp_csv_copy_field(&row->record.fields[i], end);
		*end++ = '\0';
	}
}

void
ecp_import_check(EcpImportKnown *known, const EcpImportKind *kind, EcpImportPass pass, EcpImportRow *row)
{
	Check		check = {known, kind, pass, row, 0, NULL};

	row->problem = NULL;
	row->part = false;
	check_text(&check);
	if (row->problem != NULL)
		return;
	set_values(row);
	for (; check.column < kind->ncolumns && row->problem == NULL; check.column++)
	{
		check.value = row->values[check.column];
		check_value(&check, kind->columns[check.column].rule);
	}
}
