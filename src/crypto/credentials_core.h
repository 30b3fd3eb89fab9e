/*
 * The credentials file as text: one secret a line, a name and its value.
 *
 *   # a comment, to the end of its line
 *   gemini_api_key AIza...
 *   smtp_password  any text, blanks inside it too
 *
 * Nothing here needs a server.
 */
#ifndef ECP_CREDENTIALS_CORE_H
#define ECP_CREDENTIALS_CORE_H

#include <stdbool.h>
#include <stddef.h>

#define ECP_CREDENTIAL_NAME_MAX 63
#define ECP_CREDENTIAL_VALUE_MAX 4096

/*
 * The number of the first line that is not as above, from 1, or 0: a name of
 * a-z, 0-9 and _, blanks, a value of 1 to 4,096 bytes without control
 * characters, each name once.  Blanks at the end of a line do not count.
 */
extern int	ecp_core_credentials_fault(const char *text, size_t len);

/* Finds a value in a text without fault; it points into the text. */
extern bool ecp_core_credential(const char *text, size_t len, const char *name, const char **value, size_t *value_len);

#endif							/* ECP_CREDENTIALS_CORE_H */
