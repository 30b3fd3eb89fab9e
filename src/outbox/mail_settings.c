/*
 * The settings of mail; what could not be written into a header or an URL is
 * refused when it is set.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "beneficiary/contact.h"
#include "outbox/mail_settings.h"

#define URL_MAX 500
#define USER_MAX 320

EcpMailSettings ecp_mail_settings;

/* Whether the text is of the printable characters of ASCII without a blank, quotes and angle brackets. */
static bool
is_plain(const char *text, Size max)
{
	const unsigned char *c;

	for (c = (const unsigned char *) text; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("\"'<>\\`", *c))
			return false;
	return strlen(text) <= max;
}

/* Whether the text is a host, a dot in it or not, with letters, digits and hyphens. */
static bool
is_host(const char *text, Size length)
{
	return length > 0 && length <= 253 && text[0] != '.' && text[0] != '-' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") >= length;
}

/* What follows smtp:// or smtps://; NULL where it is neither. */
static const char *
after_scheme(const char *url)
{
	if (strncmp(url, "smtp://", 7) == 0)
		return url + 7;
	if (strncmp(url, "smtps://", 8) == 0)
		return url + 8;
	return NULL;
}

static bool
check_smtp_url(char **value, void **extra pg_attribute_unused(), GucSource source pg_attribute_unused())
{
	const char *host;
	Size		length;
	const char *port;

	if ((*value)[0] == '\0')
		return true;
	host = after_scheme(*value);
	if (host)
	{
		length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
		port = strlen(host) >= length ? host + length : "?";
		if ((host[0] == '[' ? length > 3 && strspn(host + 1, "0123456789abcdefABCDEF:.") == length - 2 : is_host(host, length)) &&
			(port[0] == '\0' || (port[0] == ':' && port[1] >= '1' && port[1] <= '9' &&
								 strlen(port) <= 6 && strspn(port + 1, "0123456789") == strlen(port + 1))))
			return true;
	}
	GUC_check_errdetail("A mail server is given as smtp://host:port or smtps://host:port, its user in ecopanier.smtp_user.");
	return false;
}

static bool
check_smtp_user(char **value, void **extra pg_attribute_unused(), GucSource source pg_attribute_unused())
{
	const unsigned char *c;

	for (c = (const unsigned char *) *value; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			return false;
	return strlen(*value) <= USER_MAX;
}

/* An address of ASCII alone: it stands in a header. */
static bool
check_mail_from(char **value, void **extra pg_attribute_unused(), GucSource source pg_attribute_unused())
{
	if ((*value)[0] == '\0')
		return true;
	if (is_plain(*value, URL_MAX) && ecp_contact_is_valid(ECP_CONTACT_MAIL, *value, strlen(*value)))
		return true;
	GUC_check_errdetail("Give an address alone, as in paniers@example.org; a name is added from the territory.");
	return false;
}

static bool
check_mail_domain(char **value, void **extra pg_attribute_unused(), GucSource source pg_attribute_unused())
{
	return (*value)[0] == '\0' || is_host(*value, strlen(*value));
}

static bool
check_site_url(char **value, void **extra pg_attribute_unused(), GucSource source pg_attribute_unused())
{
	if ((*value)[0] == '\0')
		return true;
	if (is_plain(*value, URL_MAX) && (strncmp(*value, "https://", 8) == 0 || strncmp(*value, "http://", 7) == 0) &&
		strchr(*value, ',') == NULL)
		return true;
	GUC_check_errdetail("Give the address of a page, as in https://example.org/paniers.");
	return false;
}

static void
define_text(const char *name, const char *description, char **value, GucStringCheckHook check)
{
	DefineCustomStringVariable(name, description, NULL, value, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check, NULL, NULL);
}

void
ecp_mail_settings_init(void)
{
	define_text("ecopanier.smtp_url", "Server that takes the mail, smtp://host:port or smtps://host:port; empty: no mail is sent.",
				&ecp_mail_settings.smtp_url, check_smtp_url);
	define_text("ecopanier.smtp_user", "Login at the mail server; the password is smtp_password in ecopanier.credentials_file.",
				&ecp_mail_settings.smtp_user, check_smtp_user);
	define_text("ecopanier.mail_from", "Address that mail comes from; empty: no mail is sent.",
				&ecp_mail_settings.from, check_mail_from);
	define_text("ecopanier.mail_domain", "Domain of Message-IDs and of the greeting; empty: that of ecopanier.mail_from.",
				&ecp_mail_settings.domain, check_mail_domain);
	define_text("ecopanier.site_url", "Page where people see their baskets and choose what they are told; empty: mail has no link.",
				&ecp_mail_settings.site_url, check_site_url);
	DefineCustomBoolVariable("ecopanier.smtp_starttls", "Whether a server at smtp:// must offer STARTTLS before anything is sent.", NULL,
							 &ecp_mail_settings.smtp_starttls, true, PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("ecopanier.mail_in_flight", "Connections to the mail server at a time.", NULL,
							&ecp_mail_settings.in_flight, 8, 1, 100, PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

bool
ecp_mail_is_on(void)
{
	return ecp_mail_settings.smtp_url[0] != '\0' && ecp_mail_settings.from[0] != '\0';
}

const char *
ecp_mail_endpoint(void)
{
	return after_scheme(ecp_mail_settings.smtp_url);
}

const char *
ecp_mail_domain(void)
{
	return ecp_mail_settings.domain[0] ? ecp_mail_settings.domain : strrchr(ecp_mail_settings.from, '@') + 1;
}
