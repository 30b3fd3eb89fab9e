/*
 * What a mail says, in plain text and in HTML, and what the mail server's
 * answer means.  The sentences are the catalogue's (common/message_catalogue.c).
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "common/message_catalogue.h"
#include "outbox/mail_text.h"
#include "outbox/mime_core.h"

char *
ecp_mail_utf8(char *text)
{
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

char *
ecp_mail_plain(const EcpMailText *text)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s\n\n%s\n\n", text->greeting, text->body);
	if (text->qr)
		appendStringInfo(&out, "%s\n\n", text->qr);
	appendStringInfo(&out, "%s\n\n-- \n%s\n", text->sender, text->footer);
	if (text->page)
		appendStringInfo(&out, "%s\n", text->page);
	return out.data;
}

static void
append_escaped(StringInfo out, const char *text)
{
	for (; *text; text++)
	{
		switch (*text)
		{
			case '&':
				appendStringInfoString(out, "&amp;");
				break;
			case '<':
				appendStringInfoString(out, "&lt;");
				break;
			case '>':
				appendStringInfoString(out, "&gt;");
				break;
			case '"':
				appendStringInfoString(out, "&quot;");
				break;
			case '\n':
				appendStringInfoString(out, "<br>\n");
				break;
			default:
				appendStringInfoChar(out, *text);
		}
	}
}

static void
append_element(StringInfo out, const char *before, const char *text, const char *after)
{
	appendStringInfoString(out, before);
	append_escaped(out, text);
	appendStringInfoString(out, after);
}

static bool
is_right_to_left(const char *language)
{
	int			i;

	for (i = 0; i < ECP_MESSAGE_LANGUAGES; i++)
		if (strcmp(ecp_message_languages[i].code, language) == 0)
			return ecp_message_languages[i].right_to_left;
	return false;
}

char *
ecp_mail_html(const EcpMailText *text, const char *domain)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\">\n<head><meta charset=\"utf-8\">", text->language,
					 is_right_to_left(text->language) ? "rtl" : "ltr");
	append_element(&out, "<title>", text->title, "</title></head>\n"
				   "<body style=\"font-family: sans-serif; font-size: 16px; line-height: 1.5; max-width: 36em; margin: 1em auto; padding: 0 1em\">\n");
	append_element(&out, "<p>", text->greeting, "</p>\n");
	append_element(&out, "<p>", text->body, "</p>\n");
	if (text->qr)
	{
		appendStringInfo(&out, "<p><img src=\"cid:" ECP_MIME_PICTURE_ID "@%s\" width=\"240\"", domain);
		append_element(&out, " alt=\"", text->qr_alt, "\"></p>\n");
		append_element(&out, "<p>", text->qr, "</p>\n");
	}
	append_element(&out, "<p>", text->sender, "</p>\n<hr>\n");
	append_element(&out, "<p style=\"font-size: 14px\">", text->footer, "");
	if (text->page)
	{
		append_element(&out, "<br>\n<a href=\"", text->page, "\">");
		append_element(&out, "", text->page, "</a>");
	}
	appendStringInfoString(&out, "</p>\n</body>\n</html>\n");
	return out.data;
}

/*
 * The enhanced status code behind the reply's own, as in "550 5.1.1 ...": three
 * numbers of up to three digits; an empty text where there is none.
 */
static char *
enhanced_code(const char *answer)
{
	int			subject;
	int			detail;
	char		class;

	if (answer && sscanf(answer, "%*3[0-9]%*[ -]%c.%3d.%3d", &class, &subject, &detail) == 3 && (class == '4' || class == '5') &&
		subject >= 0 && detail >= 0)
		return psprintf("%c.%d.%d", class, subject, detail);
	return "";
}

/* What a refusal for good is about. */
static EcpReply
judge_refusal(int status, const char *code)
{
	bool		of_mailbox = strncmp(code, "5.1.", 4) == 0 || strncmp(code, "5.2.", 4) == 0;

	if (status == 530 || status == 534 || status == 535 || status == 538)
		return (EcpReply) {"the login is refused: look at ecopanier.smtp_user and smtp_password", false};
	if (of_mailbox || (code[0] == '\0' && (status == 550 || status == 551 || status == 553)))
		return (EcpReply) {"the mailbox is refused", true};
	return (EcpReply) {"the server refuses the mail", false};
}

EcpReply
ecp_mail_reply(EcpOutcome outcome, int status, const char *answer)
{
	static const char *const words[] = {
		[ECP_CALL_TIMED_OUT] = "the mail server did not answer in time",
		[ECP_CALL_UNREACHABLE] = "the mail server is not reached, or the connection was lost",
		[ECP_CALL_ADDRESS_REFUSED] = "the address of the mail server is refused",
		[ECP_CALL_TLS_FAILED] = "no trusted TLS connection to the mail server: look at ecopanier.smtp_starttls and its certificate",
		[ECP_CALL_TOO_LARGE] = "the mail server answered too much",
		[ECP_CALL_BROKEN] = "what answered is no mail server",
	};
	EcpReply	reply = {"the mail server asks to try later", false};
	char	   *code;

	if (outcome != ECP_CALL_ANSWERED)
		return (EcpReply) {words[outcome], false};
	code = enhanced_code(answer);
	if (status / 100 == 5)
		reply = judge_refusal(status, code);
	else if (status / 100 != 4)
		reply.error = "the mail server answered something else";
	reply.error = psprintf("%d%s%s: %s", status, code[0] ? " " : "", code, reply.error);
	return reply;
}
