/*
 * Registration in batches.
 *
 *   enrolment_read.c   rows out of JSON or CSV, each with its first fault
 *   enrolment.c        the SQL functions: good rows into the tables, the report
 *
 * A bad row is data, not an error: it is returned with its number, a code and
 * a sentence that names the field and never its value.
 */
#ifndef ECP_ENROLMENT_H
#define ECP_ENROLMENT_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/uuid.h"

#include "crypto/tag.h"

#define ECP_ENROL_MAX_ROWS 10000
#define ECP_ENROL_MAX_BYTES (20 * 1024 * 1024)
#define ECP_ENROL_BANDS 6

typedef enum EcpEnrolField
{
	ECP_ENROL_EXTERNAL_ID,
	ECP_ENROL_NAME,
	ECP_ENROL_LANGUAGE,
	ECP_ENROL_TAG,
	ECP_ENROL_FROM,
	ECP_ENROL_UNTIL,
	ECP_ENROL_MAIL,
	ECP_ENROL_PHONE,
	ECP_ENROL_BAND,				/* the first of ECP_ENROL_BANDS */
	ECP_ENROL_FIELDS = ECP_ENROL_BAND + ECP_ENROL_BANDS
} EcpEnrolField;

typedef enum EcpEnrolState
{
	ECP_ENROL_NEW,				/* nothing was done yet */
	ECP_ENROL_CREATED,
	ECP_ENROL_EXISTS,
	ECP_ENROL_UPDATED,
	ECP_ENROL_SKIPPED,			/* good, but all or nothing was asked for */
	ECP_ENROL_ERROR
} EcpEnrolState;

typedef struct EcpEnrolRow
{
	int			number;			/* element from 1, or line of the file */
	char	   *values[ECP_ENROL_FIELDS];	/* NULL where absent */
	uint8		tag[ECP_TAG_BYTES];
	uint8		mac[ECP_TAG_MAC_BYTES];
	DateADT		from;
	DateADT		until;
	int			bands[ECP_ENROL_BANDS];
	bool		has_household;
	EcpEnrolState state;
	int			problem;		/* SQLSTATE, 0: none */
	const char *message;
	const char *hint;
	pg_uuid_t	member;			/* meant for it, or found */
	bool		has_member;		/* the member stands */
	Datum		ben_code;
	bool		has_code;
} EcpEnrolRow;

typedef struct EcpEnrolBatch
{
	EcpEnrolRow *rows;
	int			count;
} EcpEnrolBatch;

/* Both raise 22023 where the whole is no batch; the row's own faults are noted in it. */
extern void ecp_enrol_read_json(EcpEnrolBatch *batch, const char *data, size_t length);
extern void ecp_enrol_read_csv(EcpEnrolBatch *batch, const char *data, size_t length);

/* Notes a row's first fault. */
extern void ecp_enrol_fault(EcpEnrolRow *row, int problem, const char *message, const char *hint);

#endif							/* ECP_ENROLMENT_H */
