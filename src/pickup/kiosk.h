/*
 * Cards, kiosks and who is signed in there.
 */
#ifndef ECP_KIOSK_H
#define ECP_KIOSK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "crypto/session.h"
#include "identity/context.h"

/*
 * What a function of a kiosk works with.  State is "ok" where a person is
 * signed in; then session and person are filled.
 */
typedef struct EcpKiosk
{
	const char *state;			/* as in kiosk_answer */
	EcpCaller	station;		/* the caller, where state is not "not_signed_in" */
	char	   *language;		/* of the station's member, then of the person */
	EcpSession	session;		/* expires: renewed by this use */
	EcpCaller	person;			/* kind KIOSK, role beneficiary */
} EcpKiosk;

/* Raises where tries could not be counted: without the statement, which holds secrets. */
extern void ecp_kiosk_require_writes(void);

/*
 * Fills in who the kiosk is; false where the caller is none.  Inside SPI as
 * the owner.  Raises nothing.
 */
extern bool ecp_kiosk_find(EcpKiosk *kiosk);

/*
 * Opens the session of a token for one use; counts a refusal.  Inside SPI as
 * the owner.  token may be NULL.  Results in the current memory context.
 */
extern bool ecp_kiosk_open(EcpKiosk *kiosk, const text *token);

/* The code for message() of a state of the session itself, NULL where it is ok. */
extern const char *ecp_kiosk_code(const char *state);

/* The answer as the function's composite; code is for message(), NULL where ok.  Inside SPI as the owner. */
extern Datum ecp_kiosk_answer(FunctionCallInfo fcinfo, const EcpKiosk *kiosk, const char *state, const char *code,
							  const pg_uuid_t *reservation);

/* Ends the sessions begun with a card, inside SPI as the owner. */
extern void ecp_kiosk_end_card(int32 territory, const pg_uuid_t *card);

/* A step of the schedule, inside SPI as the owner: removes up to limit ended sessions of each territory; how many. */
extern int64 ecp_kiosk_end_due(int limit);
extern TimestampTz ecp_kiosk_end_next(void);

#endif							/* ECP_KIOSK_H */
