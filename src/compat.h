/*
 * What differs between versions of PostgreSQL; every test of PG_VERSION_NUM
 * stands here.
 */
#ifndef ECP_COMPAT_H
#define ECP_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 160000
#error "ecopanier is made for PostgreSQL 15"
#endif

#endif							/* ECP_COMPAT_H */
