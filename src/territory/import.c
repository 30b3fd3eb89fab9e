/*
 * import_official_codes(): the official French codes from a CSV file.
 *
 * A bad row is data, not an error: it is returned with its line number and a
 * stable code, and the others are loaded; or none is, where all or nothing was
 * asked for.  That is an answer too, since an error would take the report with
 * it.  import.h tells how the work is divided.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "common/install.h"
#include "common/owner.h"
#include "territory/import.h"

PG_FUNCTION_INFO_V1(ecp_import_official_codes);

/* One call of the function. */
typedef struct Import
{
	EcpImportKind *kind;
	EcpCsvReader body;			/* behind the header */
	EcpImportKnown known;
	EcpImportRow *row;
	ReturnSetInfo *result;
	int64		loaded;
	int64		loaded_parts;
	int64		refused;
} Import;

static void
require_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"kind", "file", "all_or_nothing"};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("\"%s\" must not be null", names[i]),
					 errhint("Give the kind and the bytes of the file; all_or_nothing is false where it is left out.")));
	}
	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the official codes need a database in UTF8"),
				 errhint("Create the database with ENCODING 'UTF8'.")));
}

/* Whether a record is the header of its kind. */
static bool
is_header(const EcpCsvRecord *record, const EcpImportKind *kind)
{
	if (record->nfields != kind->ncolumns)
		return false;
	for (int i = 0; i < kind->ncolumns; i++)
	{
		const EcpCsvField *field = &record->fields[i];
		const char *header = kind->columns[i].header;

		if (field->length != strlen(header) || memcmp(field->start, header, field->length) != 0)
			return false;
	}
	return true;
}

/* Starts reading behind the header, which must be the one expected. */
static void
read_header(Import *import, const char *data, size_t length)
{
	EcpCsvRecord record;
	EcpCsvStatus status;

	ecp_csv_start(&import->body, data, length);
	status = ecp_csv_next(&import->body, &record);
	if (status == ECP_CSV_END)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the file is empty"),
				 errdetail("A file of kind \"%s\" begins with the columns %s.",
						   import->kind->name, import->kind->columns_text),
				 errhint("Pass the bytes of the file, with its header.")));
	if (status != ECP_CSV_RECORD || !is_header(&record, import->kind))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the first line is not the header of a file of kind \"%s\"", import->kind->name),
				 errdetail("Expected columns: %s.", import->kind->columns_text),
				 errhint("Columns are separated by commas and stand in this order.")));
}

static void
report(Import *import, const EcpImportRow *row)
{
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	values[0] = Int32GetDatum(row->record.line);
	values[1] = CStringGetTextDatum(row->problem);
	values[2] = PointerGetDatum(cstring_to_text_with_len(row->explanation.data, row->explanation.len));
	tuplestore_putvalues(import->result->setResult, import->result->setDesc, values, nulls);
	pfree(DatumGetPointer(values[1]));
	pfree(DatumGetPointer(values[2]));
	import->refused++;
}

static void
survey_row(Import *import, const EcpImportRow *row)
{
	if (row->problem == NULL && !row->part)
		hash_search(import->known.communes, row->values[0], HASH_ENTER, NULL);
}

/* Reads the file once. */
static void
run_pass(Import *import, EcpImportPass pass)
{
	EcpCsvReader reader = import->body;
	EcpImportRow *row = import->row;
	EcpImportBatch batch;
	bool		parts = pass == ECP_PASS_LOAD_PARTS;

	ecp_import_forget_seen(&import->known);
	ecp_import_batch_start(&batch, parts ? &import->kind->load_parts : &import->kind->load, import->kind->ncolumns);
	while ((row->status = ecp_csv_next(&reader, &row->record)) != ECP_CSV_END)
	{
		CHECK_FOR_INTERRUPTS();
		ecp_import_check(&import->known, import->kind, pass, row);
		if (pass == ECP_PASS_SURVEY)
			survey_row(import, row);
		else if (pass == ECP_PASS_REPORT)
		{
			if (row->problem != NULL)
				report(import, row);
		}
		else if (row->problem == NULL && row->part == parts)
		{
			ecp_import_batch_add(&batch, row);
			import->loaded += !parts;
			import->loaded_parts += parts;
		}
	}
	ecp_import_batch_flush(&batch);
}

static void
run_passes(Import *import, bool all_or_nothing)
{
	bool		has_parts = import->kind->load_parts.text != NULL;

	if (has_parts)
		run_pass(import, ECP_PASS_SURVEY);
	run_pass(import, ECP_PASS_REPORT);
	if (all_or_nothing && import->refused > 0)
		return;
	run_pass(import, ECP_PASS_LOAD);
	if (has_parts)
		run_pass(import, ECP_PASS_LOAD_PARTS);
}

/* A number of things in words. */
static const char *
counted(int64 count, const char *singular, const char *plural)
{
	return psprintf(INT64_FORMAT " %s", count, count == 1 ? singular : plural);
}

static void
tell_counts(const Import *import)
{
	const char *loaded = counted(import->loaded, import->kind->singular, import->kind->plural);
	const char *refused = counted(import->refused, "row", "rows");

	if (import->kind->load_parts.text != NULL)
		ereport(NOTICE,
				(errmsg("%s and %s loaded, %s refused", loaded,
						counted(import->loaded_parts, "arrondissement", "arrondissements"), refused)));
	else
		ereport(NOTICE,
				(errmsg("%s loaded, %s refused", loaded, refused)));
}

Datum
ecp_import_official_codes(PG_FUNCTION_ARGS)
{
	Import		import = {0};
	EcpOwner	caller;
	bytea	   *file;

	ecp_require_installed();
	/* The codes are the same for every territory, so that no territory's administrator changes them. */
	ecp_require_superuser("import_official_codes()");
	require_arguments(fcinfo);
	import.kind = ecp_import_kind(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	file = PG_GETARG_BYTEA_PP(1);
	read_header(&import, VARDATA_ANY(file), VARSIZE_ANY_EXHDR(file));

	InitMaterializedSRF(fcinfo, 0);
	import.result = (ReturnSetInfo *) fcinfo->resultinfo;
	ecp_plan_begin(&caller);
	import.row = palloc0(sizeof(EcpImportRow));
	initStringInfo(&import.row->explanation);
	ecp_plan_run(&import.kind->lock, NULL, NULL, false, 0);
	ecp_import_know(&import.known, import.kind);
	run_passes(&import, PG_GETARG_BOOL(2));
	tell_counts(&import);
	ecp_plan_end(&caller);
	return (Datum) 0;
}
