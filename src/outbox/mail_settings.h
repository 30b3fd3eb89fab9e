/*
 * The settings of mail.
 */
#ifndef ECP_MAIL_SETTINGS_H
#define ECP_MAIL_SETTINGS_H

#include "postgres.h"

typedef struct EcpMailSettings
{
	char	   *smtp_url;		/* smtp://host[:port] or smtps://host[:port]; empty: no mail */
	char	   *smtp_user;		/* empty: no login */
	bool		smtp_starttls;
	char	   *from;			/* ASCII address; empty: no mail */
	char	   *domain;			/* empty: that of from */
	char	   *site_url;		/* empty: none */
	int			in_flight;
} EcpMailSettings;

extern EcpMailSettings ecp_mail_settings;

/* Defines them; called once, from ecp_outbox_init(). */
extern void ecp_mail_settings_init(void);

/* Whether mail is sent at all: smtp_url and from are set. */
extern bool ecp_mail_is_on(void);

/* The server without the scheme. */
extern const char *ecp_mail_endpoint(void);

/* The domain that the mail is of: in its Message-ID and in the greeting of the server. */
extern const char *ecp_mail_domain(void);

#endif							/* ECP_MAIL_SETTINGS_H */
