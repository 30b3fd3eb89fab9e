/*
 * Import of the official codes: what its three phases share.
 *
 *   import.c         the SQL function: permission, header, passes over the file
 *   import_kind.c    what a file of each kind holds and where its rows go
 *   import_check.c   the rules a row must meet, and the codes already known
 *   import_load.c    good rows into the tables, a batch at a time
 *
 * A file is read several times rather than remembered: a pass that reports
 * must come before the one that loads (all or nothing), and an arrondissement
 * may stand before its commune.  So memory holds one row, one batch and the
 * sets of codes, whatever the size of the file.
 */
#ifndef ECP_IMPORT_H
#define ECP_IMPORT_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/hsearch.h"

#include "common/plan.h"
#include "territory/csv_core.h"

#define ECP_IMPORT_MAX_COLUMNS 16
#define ECP_IMPORT_MAX_ROW_BYTES 65536
#define ECP_IMPORT_MAX_NAME_CHARS 200
#define ECP_IMPORT_BATCH_ROWS 2000

/* Longest code that is looked up: a SIREN; of time zones: any real name. */
#define ECP_IMPORT_CODE_BYTES 16
#define ECP_IMPORT_ZONE_BYTES 64

/* What a column holds, hence what is checked. */
typedef enum EcpImportRule
{
	ECP_RULE_REGION_CODE,
	ECP_RULE_DEPARTMENT_CODE,
	ECP_RULE_EPCI_CODE,
	ECP_RULE_COMMUNE_CODE,
	ECP_RULE_NAME,
	ECP_RULE_ZONE,
	ECP_RULE_SEAT,
	ECP_RULE_REGION,
	ECP_RULE_DEPARTMENT,
	ECP_RULE_DEPARTMENT_REGION, /* the column after the department's */
	ECP_RULE_EPCI,
	ECP_RULE_SIREN,
	ECP_RULE_KIND,
	ECP_RULE_POPULATION,
	ECP_RULE_COUNT,
	ECP_RULE_POST_CODES,
	ECP_RULE_TYPE,
	ECP_RULE_PARENT,
	ECP_RULE_TIME_ZONE
} EcpImportRule;

typedef struct EcpImportColumn
{
	const char *header;
	EcpImportRule rule;
} EcpImportColumn;

/* One kind of file.  Its first column is the key. */
typedef struct EcpImportKind
{
	const char *name;
	const char *singular;
	const char *plural;
	const char *columns_text;	/* the header expected, for messages */
	int			ncolumns;
	EcpImportColumn columns[ECP_IMPORT_MAX_COLUMNS];
	EcpPlan		lock;
	EcpPlan		load;			/* one text[] per column */
	EcpPlan		load_parts;		/* the same for arrondissements; no text where
								 * the kind has none */
} EcpImportKind;

typedef enum EcpImportPass
{
	ECP_PASS_SURVEY,			/* learn which communes the file brings */
	ECP_PASS_REPORT,			/* report bad rows */
	ECP_PASS_LOAD,				/* load all but arrondissements */
	ECP_PASS_LOAD_PARTS			/* load arrondissements */
} EcpImportPass;

/* One row of the file.  Values end in a zero byte and live until the next row. */
typedef struct EcpImportRow
{
	EcpCsvStatus status;
	EcpCsvRecord record;
	char	   *values[ECP_IMPORT_MAX_COLUMNS];
	bool		part;			/* an arrondissement */
	const char *problem;		/* code of its first problem, or NULL */
	StringInfoData explanation;
	char		buffer[ECP_IMPORT_MAX_ROW_BYTES + ECP_IMPORT_MAX_COLUMNS];
} EcpImportRow;

/* Codes the rows are checked against; a set is NULL where the kind needs none. */
typedef struct EcpImportKnown
{
	HTAB	   *seen;			/* codes of the file so far, in this pass */
	HTAB	   *regions;
	HTAB	   *departments;	/* with their regions */
	HTAB	   *epcis;
	HTAB	   *communes;
	HTAB	   *time_zones;
} EcpImportKnown;

/* An entry of every set but time_zones, whose entries are names alone. */
typedef struct EcpImportCode
{
	char		code[ECP_IMPORT_CODE_BYTES];
	char		region[ECP_IMPORT_CODE_BYTES];	/* of a department */
	int			line;			/* in seen */
} EcpImportCode;

typedef struct EcpImportBatch
{
	EcpPlan    *plan;
	int			ncolumns;
	int			nrows;
	Datum	   *values[ECP_IMPORT_MAX_COLUMNS];
	MemoryContext context;		/* of the values; reset when loaded */
} EcpImportBatch;

/* The kind with this name; 22023 where there is none. */
extern EcpImportKind *ecp_import_kind(const char *name);

/* Looks up the sets a kind needs; within an SPI connection. */
extern void ecp_import_know(EcpImportKnown *known, const EcpImportKind *kind);

/* Forgets which codes the file has shown, for the next pass. */
extern void ecp_import_forget_seen(EcpImportKnown *known);

/* Checks a row that was read and sets its values, part and problem. */
extern void ecp_import_check(EcpImportKnown *known, const EcpImportKind *kind, EcpImportPass pass, EcpImportRow *row);

/* The batch's memory is a child of the current context. */
extern void ecp_import_batch_start(EcpImportBatch *batch, EcpPlan *plan, int ncolumns);
extern void ecp_import_batch_add(EcpImportBatch *batch, const EcpImportRow *row);
extern void ecp_import_batch_flush(EcpImportBatch *batch);

#endif							/* ECP_IMPORT_H */
