/*
 * fixed8.h
 *		What our types of eight bytes by value have in common.
 *
 * Their texts have one fixed shape and one spelling, and the int64 that
 * stands for a text sorts as the text does.  So comparison, hashing and
 * sorting are those of an int64: ECP_FIXED8_FUNCTIONS(type) writes the entry
 * points of the operators and operator classes of one type.
 */
#ifndef ECP_FIXED8_H
#define ECP_FIXED8_H

#include "fmgr.h"
#include "utils/sortsupport.h"

StaticAssertDecl(SIZEOF_DATUM == 8,
				 "types of eight bytes by value need a 64-bit server");

extern uint64 ecp_types_hash(int64 value, uint64 seed);
extern int	ecp_types_compare(int64 a, int64 b);
extern char *ecp_types_quotable(const char *text, size_t length);

#define ECP_FIXED8_COMPARISON(function, operator) \
	PG_FUNCTION_INFO_V1(function); \
	Datum \
	function(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(PG_GETARG_INT64(0) operator PG_GETARG_INT64(1)); \
	}

#define ECP_FIXED8_SUPPORT(type) \
	PG_FUNCTION_INFO_V1(ecp_##type##_cmp); \
	Datum \
	ecp_##type##_cmp(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_INT32(ecp_types_compare(PG_GETARG_INT64(0), \
										  PG_GETARG_INT64(1))); \
	} \
	PG_FUNCTION_INFO_V1(ecp_##type##_sortsupport); \
	Datum \
	ecp_##type##_sortsupport(PG_FUNCTION_ARGS) \
	{ \
		SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0); \
		ssup->comparator = ssup_datum_signed_cmp; \
		PG_RETURN_VOID(); \
	} \
	PG_FUNCTION_INFO_V1(ecp_##type##_hash); \
	Datum \
	ecp_##type##_hash(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_UINT32((uint32) ecp_types_hash(PG_GETARG_INT64(0), 0)); \
	} \
	PG_FUNCTION_INFO_V1(ecp_##type##_hash_extended); \
	Datum \
	ecp_##type##_hash_extended(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_UINT64(ecp_types_hash(PG_GETARG_INT64(0), \
										(uint64) PG_GETARG_INT64(1))); \
	}

#define ECP_FIXED8_FUNCTIONS(type) \
	ECP_FIXED8_COMPARISON(ecp_##type##_eq, ==) \
	ECP_FIXED8_COMPARISON(ecp_##type##_ne, !=) \
	ECP_FIXED8_COMPARISON(ecp_##type##_lt, <) \
	ECP_FIXED8_COMPARISON(ecp_##type##_le, <=) \
	ECP_FIXED8_COMPARISON(ecp_##type##_gt, >) \
	ECP_FIXED8_COMPARISON(ecp_##type##_ge, >=) \
	ECP_FIXED8_SUPPORT(type)

#endif							/* ECP_FIXED8_H */
