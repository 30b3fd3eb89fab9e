/*
 * Mail addresses and phone numbers as they are stored.  Pure.
 */
#ifndef ECP_CONTACT_CORE_H
#define ECP_CONTACT_CORE_H

#include <stdbool.h>
#include <stddef.h>

#define ECP_MAIL_MAX 254		/* RFC 5321 */
#define ECP_PHONE_MAX 16		/* E.164: a plus sign and at most 15 digits */
#define ECP_CONTACT_TEXT_MAX ECP_MAIL_MAX

/*
 * Writes the normal form, at most ECP_CONTACT_TEXT_MAX bytes and a zero byte;
 * false where the text is no such thing.  Blanks around are dropped.
 *
 * Mail: a local part of ASCII (dot-atom) and a domain of at least two labels,
 * which may be international (UTF-8); the domain in small letters.
 * Phone: E.164.  A number with + or 00 is international; one of ten digits that
 * begins with 0 is French, that of an overseas department with its own code.
 */
extern bool ecp_core_mail(const char *text, size_t len, char out[ECP_CONTACT_TEXT_MAX + 1]);
extern bool ecp_core_phone(const char *text, size_t len, char out[ECP_CONTACT_TEXT_MAX + 1]);

#endif							/* ECP_CONTACT_CORE_H */
