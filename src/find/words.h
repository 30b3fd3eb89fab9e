/*
 * French words without accents, case and endings.
 */
#ifndef ECP_WORDS_H
#define ECP_WORDS_H

#include "postgres.h"

#include "tsearch/ts_type.h"

/*
 * What a query asks for, in the syntax of web searches; a query whose size is 0
 * asks for nothing that tells anything.  In the current memory context.
 */
extern TSQuery ecp_words_asked(const char *query);

/* Whether the words of a document are those that are asked for; a Datum as it stands in a row. */
extern bool ecp_words_match(Datum words, TSQuery query);

#endif							/* ECP_WORDS_H */
