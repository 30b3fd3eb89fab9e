/*
 * Words of a lot that stand in tables: labels, with the certificates for them, and wishes.
 */
#ifndef ECP_LABEL_H
#define ECP_LABEL_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "common/trigger.h"

/* Both inside SPI as the owner. */

/* Raises 22023 where a lot's row names a label or wish that there is not; on UPDATE it looks at what changed. */
extern void ecp_label_check(const EcpRow *row);

/*
 * Labels of a lot's row that need a certificate which its organisation does not have on the day that the window
 * ends, today where it has none; a list of char *.
 */
extern List *ecp_label_uncertified(const EcpRow *row);

#endif							/* ECP_LABEL_H */
