/*
 * Rows that no rollback takes back: tries of PINs and cards, calls of services.
 */
#ifndef ECP_FROZEN_H
#define ECP_FROZEN_H

#include "postgres.h"

#include "storage/lock.h"
#include "utils/uuid.h"

typedef struct EcpFrozenColumn
{
	const char *name;
	Datum		value;
} EcpFrozenColumn;

typedef struct EcpFrozenLock
{
	LOCKTAG		tag;
} EcpFrozenLock;

/*
 * Writes a row into a table of ecopanier_private, null in columns that are not
 * named; visible to everybody and durable when this returns, whatever becomes
 * of the transaction.  No trigger fires.  Inside SPI as the owner.
 */
extern void ecp_frozen_insert(const char *table, const EcpFrozenColumn *columns, int n);

/* The same, but a crash may forget it. */
extern void ecp_frozen_write(const char *table, const EcpFrozenColumn *columns, int n);

/*
 * A lock of our own on two things, from reading the last number to writing the
 * next; let go at once, so that whoever leaves a transaction open holds nothing.
 */
extern void ecp_frozen_lock(EcpFrozenLock *lock, const pg_uuid_t *one, const pg_uuid_t *two);
extern void ecp_frozen_unlock(const EcpFrozenLock *lock);

#endif							/* ECP_FROZEN_H */
