/*
 * What a mail says, and what the mail server's answer means.
 */
#ifndef ECP_MAIL_TEXT_H
#define ECP_MAIL_TEXT_H

#include "postgres.h"

#include "background/call.h"

/* All in UTF-8. */
typedef struct EcpMailText
{
	const char *language;
	const char *sender;			/* the territory's name */
	const char *title;
	const char *greeting;
	const char *body;
	const char *qr;				/* NULL: no QR comes along */
	const char *qr_alt;
	const char *footer;
	const char *page;			/* NULL: no link */
} EcpMailText;

extern char *ecp_mail_plain(const EcpMailText *text);

/* domain: as in the Content-ID of the picture. */
extern char *ecp_mail_html(const EcpMailText *text, const char *domain);

/* A text of the database in UTF-8. */
extern char *ecp_mail_utf8(char *text);

typedef struct EcpReply
{
	const char *error;			/* codes and our words for them */
	bool		is_final;		/* no other attempt will fare better: it is about this mailbox */
} EcpReply;

/* answer: the reply's text or NULL; of it, nothing but an enhanced status code (RFC 3463) is taken. */
extern EcpReply ecp_mail_reply(EcpOutcome outcome, int status, const char *answer);

#endif							/* ECP_MAIL_TEXT_H */
