/*
 * Publication of a lot: what it needs, and what holds from then on.
 */
#ifndef ECP_PUBLICATION_H
#define ECP_PUBLICATION_H

#include "postgres.h"

#include "common/trigger.h"
#include "identity/context.h"

/* All inside SPI as the owner; a null caller is a load. */

/* The way from draft to published: raises ZE115, ZE108, ZE103, ZE107; fills what is noted at that moment. */
extern void ecp_publication_open(EcpRow *row, const EcpCaller *caller);

/* A published lot that stays so: units that were added are units that can be offered.  Raises ZE115. */
extern void ecp_publication_keep(const EcpRow *row);

#endif							/* ECP_PUBLICATION_H */
