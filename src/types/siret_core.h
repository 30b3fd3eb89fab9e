/*
 * siret_core.h
 *		SIRET numbers, which name a place of business in France, as plain
 *		arithmetic.
 *
 * A SIRET is 14 digits: the SIREN of the company (9) and the number of the
 * place (5).  Its Luhn sum is a multiple of ten.  La Poste, SIREN 356000000,
 * has more places than that allows: theirs have a plain digit sum that is a
 * multiple of five, except the head office, 35600000000048, which follows
 * Luhn.  SIREN 000000000 was never given out, and 14 zeros are what people
 * type into a required field, so it is refused although its sum is right.
 *
 * In memory a SIRET is the number itself in an int64, so that the order of
 * the numbers is the order of the texts.
 */
#ifndef ECP_SIRET_CORE_H
#define ECP_SIRET_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECP_SIRET_LENGTH	14
#define ECP_SIREN_LENGTH	9

typedef enum EcpSiretVerdict
{
	ECP_SIRET_OK,
	ECP_SIRET_BAD_LENGTH,
	ECP_SIRET_BAD_CHARACTER,
	ECP_SIRET_BAD_SIREN,
	ECP_SIRET_BAD_SUM
} EcpSiretVerdict;

extern EcpSiretVerdict ecp_siret_check(int64_t siret);
extern EcpSiretVerdict ecp_siret_parse(const char *text, size_t length,
									   int64_t *siret);
extern void ecp_siret_format(int64_t siret, char text[ECP_SIRET_LENGTH + 1]);

#endif							/* ECP_SIRET_CORE_H */
