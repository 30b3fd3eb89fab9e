/*
 * Charging for a PIN before it is compared.
 */
#ifndef ECP_GUESS_H
#define ECP_GUESS_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * Notes one more try of a station for a reservation in this round and returns
 * its number, from 1.  The note is visible to everybody and durable when this
 * returns, whatever becomes of the transaction.  A number above the limit is
 * returned without a note: nobody fills the disk.  Inside SPI as the owner.
 */
extern int32 ecp_guess_charge(int32 territory, const pg_uuid_t *reservation, const pg_uuid_t *station,
							  int32 round, int64 limit);

#endif							/* ECP_GUESS_H */
