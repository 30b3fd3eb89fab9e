/*
 * ben_code_core.h
 *		Beneficiary codes, YYYY-BEN-XXXXX, as plain arithmetic.
 *
 * A code is a year and five characters.  The characters of a code that we
 * make come from the alphabet below: the ten digits and the capital letters
 * less 0 and O, 1, I and L, which are taken for each other on paper and
 * on the phone.  Codes from before the platform are five plain digits, 0 and
 * 1 included.  So a code is either five digits, or five characters of the
 * alphabet; nothing else is a code, and each code has one spelling.
 *
 * In memory a code is 48 bits of an int64: the year less 2000 in one byte,
 * then the five characters as their ASCII bytes, first character highest.
 * The number is never negative, and the order of the numbers is the order of
 * the texts byte by byte.
 */
#ifndef ECP_BEN_CODE_CORE_H
#define ECP_BEN_CODE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECP_BEN_CODE_LENGTH		14
#define ECP_BEN_CODE_YEAR_MIN	2000
#define ECP_BEN_CODE_YEAR_MAX	2255

/* In ASCII order, digits first: ecp_ben_code_pick relies on it. */
#define ECP_BEN_CODE_ALPHABET	"23456789ABCDEFGHJKMNPQRSTUVWXYZ"

/* Codes of one year that are not all digits: 31^5 - 8^5. */
#define ECP_BEN_CODE_CAPACITY	UINT64_C(28596383)

typedef enum EcpBenCodeVerdict
{
	ECP_BEN_CODE_OK,
	ECP_BEN_CODE_BAD_LENGTH,
	ECP_BEN_CODE_BAD_SHAPE,
	ECP_BEN_CODE_BAD_YEAR,
	ECP_BEN_CODE_BAD_CHARACTER
} EcpBenCodeVerdict;

extern EcpBenCodeVerdict ecp_ben_code_parse(const char *text, size_t length,
											int64_t *code);
extern void ecp_ben_code_format(int64_t code,
								char text[ECP_BEN_CODE_LENGTH + 1]);
extern bool ecp_ben_code_valid(int64_t code);
extern int	ecp_ben_code_get_year(int64_t code);
extern bool ecp_ben_code_pick(int year, uint64_t number, int64_t *code);

#endif							/* ECP_BEN_CODE_CORE_H */
