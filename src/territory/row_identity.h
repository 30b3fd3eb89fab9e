/*
 * The key of a row in a tenant's table.
 */
#ifndef ECP_ROW_IDENTITY_H
#define ECP_ROW_IDENTITY_H

#include "postgres.h"

#include "common/trigger.h"

/*
 * Gives an inserted row its territory (where null: the default) and an id of
 * that territory (where the table has one and it is null), and refuses an id of
 * another territory (22023) and an update of either (ZE111).  default_territory
 * 0 means none.
 */
extern void ecp_row_identity(EcpRow *row, int32 default_territory);

#endif							/* ECP_ROW_IDENTITY_H */
