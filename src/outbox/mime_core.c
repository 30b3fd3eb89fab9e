/*
 * Writing a mail; see mime_core.h.
 *
 * Nothing that a person wrote stands in a header as it is: names and subjects
 * are quoted where they are plain ASCII, else encoded words (RFC 2047); what must
 * stand as it is (addresses, ids) is checked and the mail refused.  Bodies are
 * quoted-printable or base64, whichever is shorter.  A boundary begins with "=_",
 * which neither encoding ever writes, so that no content ends a part.
 */
#include "outbox/mime_core.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_MAX_BYTES 76		/* of encoded text */
#define WORD_BYTES 45			/* that an encoded word of 75 characters holds in base64 */
#define ENCODED_AROUND 13		/* " =?UTF-8?B?" and "?=" */
#define PLAIN_MAX 60			/* longer than this, a header is folded by encoding */
#define ADDRESS_MAX 320
#define HEADER_COLUMNS 78

typedef struct Writer
{
	char	   *out;
	size_t		room;
	size_t		used;			/* may pass room */
	size_t		column;			/* of the current line */
} Writer;

static void
put(Writer *to, const char *bytes, size_t count)
{
	if (to->used < to->room)
		memcpy(to->out + to->used, bytes, count < to->room - to->used ? count : to->room - to->used);
	to->used += count;
	to->column += count;
}

static void
put_text(Writer *to, const char *text)
{
	put(to, text, strlen(text));
}

static void
end_line(Writer *to)
{
	put(to, "\r\n", 2);
	to->column = 0;
}

/*
 * The next character of a UTF-8 text: how many bytes it has, at least 1 before
 * the end.  *valid is false for a byte that is not UTF-8, alone.
 */
static size_t
next_character(const char *text, bool *valid)
{
	const unsigned char *s = (const unsigned char *) text;
	size_t		length = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] <= 0xdf ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : 0;

	*valid = length > 0;
	for (size_t i = 1; i < length && *valid; i++)
		*valid = (s[i] & 0xc0) == 0x80;
	if (*valid && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
				   (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		*valid = false;
	return *valid ? length : 1;
}

/* Whether a character ends lines or rules a terminal: C0, DEL, C1, and the separators of lines and paragraphs. */
static bool
is_control(const char *c, size_t length)
{
	const unsigned char *s = (const unsigned char *) c;

	return (length == 1 && (s[0] < ' ' || s[0] == 0x7f)) || (length == 2 && s[0] == 0xc2 && s[1] < 0xa0) ||
		(length == 3 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9));
}

static const char *
base64_of(const uint8_t *bytes, size_t count, char four[4])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t	all = (uint32_t) bytes[0] << 16 | (count > 1 ? (uint32_t) bytes[1] << 8 : 0) | (count > 2 ? bytes[2] : 0);

	four[0] = letters[all >> 18];
	four[1] = letters[all >> 12 & 63];
	four[2] = count > 1 ? letters[all >> 6 & 63] : '=';
	four[3] = count > 2 ? letters[all & 63] : '=';
	return four;
}

/* Base64; in lines where broken is true, the last one ended too. */
static void
put_base64(Writer *to, const uint8_t *bytes, size_t count, bool broken)
{
	char		four[4];

	for (size_t i = 0; i < count; i += 3)
	{
		put(to, base64_of(bytes + i, count - i < 3 ? count - i : 3, four), 4);
		if (broken && (to->column >= LINE_MAX_BYTES || i + 3 >= count))
			end_line(to);
	}
}

/* Whether a header's text can stand as it is. */
static bool
is_plain(const char *text)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return length > 0 && length <= PLAIN_MAX && text[0] != ' ' && text[length - 1] != ' ' && strstr(text, "=?") == NULL;
}

static void
put_encoded_word(Writer *to, const char *bytes, size_t count)
{
	put_text(to, " =?UTF-8?B?");
	put_base64(to, (const uint8_t *) bytes, count, false);
	put_text(to, "?=");
}

/* Encoded words, each with a blank before it and none that splits a character. */
static void
put_encoded(Writer *to, const char *text)
{
	char		word[WORD_BYTES];
	size_t		held = 0;

	while (*text)
	{
		bool		valid;
		size_t		length = next_character(text, &valid);
		const char *bytes = !valid ? "?" : is_control(text, length) ? " " : text;
		size_t		count = bytes == text ? length : 1;

		if (held + count > sizeof(word) || to->column + ENCODED_AROUND + (held + count + 2) / 3 * 4 > HEADER_COLUMNS)
		{
			put_encoded_word(to, word, held);
			end_line(to);
			held = 0;
		}
		memcpy(word + held, bytes, count);
		held += count;
		text += length;
	}
	if (held > 0)
		put_encoded_word(to, word, held);
}

static void
put_subject(Writer *to, const char *subject)
{
	put_text(to, "Subject:");
	if (is_plain(subject))
	{
		put_text(to, " ");
		put_text(to, subject);
	}
	else
		put_encoded(to, subject);
	end_line(to);
}

static void
put_from(Writer *to, const char *name, const char *address)
{
	put_text(to, "From:");
	if (is_plain(name))
	{
		put_text(to, " \"");
		for (; *name; name++)
		{
			if (*name == '"' || *name == '\\')
				put_text(to, "\\");
			put(to, name, 1);
		}
		put_text(to, "\"");
	}
	else
		put_encoded(to, name);
	if (to->column + strlen(address) + 3 > HEADER_COLUMNS)
		end_line(to);
	put_text(to, " <");
	put_text(to, address);
	put_text(to, ">");
	end_line(to);
}

/* An address that no header of ASCII can hold is not shown: the envelope has it. */
static void
put_to(Writer *to, const char *address)
{
	bool		shown = true;

	for (const char *c = address; *c; c++)
		shown = shown && (unsigned char) *c < 0x80;
	put_text(to, "To: ");
	put_text(to, shown ? address : "undisclosed-recipients:;");
	end_line(to);
}

static void
put_date(Writer *to, int64_t date)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t		seconds = (time_t) date;
	struct tm	parts;
	char		text[64];

	if (gmtime_r(&seconds, &parts) == NULL)
		return;
	snprintf(text, sizeof(text), "Date: %s, %02d %s %04d %02d:%02d:%02d +0000", days[parts.tm_wday], parts.tm_mday,
			 months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
	put_text(to, text);
	end_line(to);
}

static void
put_line(Writer *to, const char *a, const char *b, const char *c, const char *d, const char *e)
{
	put_text(to, a);
	put_text(to, b);
	put_text(to, c);
	put_text(to, d);
	put_text(to, e);
	end_line(to);
}

/* Line ends are CRLF, whatever they were; the text ends with one. */
static const char *
line_end_at(const char *text)
{
	if (text[0] == '\r' && text[1] == '\n')
		return text + 2;
	if (text[0] == '\n' || text[0] == '\r')
		return text + 1;
	return NULL;
}

/* Whether a byte of a quoted-printable line is written as it is. */
static bool
stands(const char *text, size_t column)
{
	unsigned char c = (unsigned char) *text;

	if (c == ' ')
		return text[1] != '\0' && line_end_at(text + 1) == NULL;
	if (column == 0 && (c == '.' || (c == 'F' && strncmp(text, "From ", 5) == 0)))
		return false;			/* some servers read these */
	return c > ' ' && c < 0x7f && c != '=';
}

static void
put_quoted(Writer *to, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";

	while (*text)
	{
		const char *rest = line_end_at(text);
		bool		as_is = stands(text, to->column);
		char		coded[3] = {'=', digits[(unsigned char) *text >> 4], digits[(unsigned char) *text & 15]};

		if (rest)
		{
			end_line(to);
			text = rest;
			continue;
		}
		if (to->column + (as_is ? 1 : 3) > LINE_MAX_BYTES - 1)
		{
			put_text(to, "=");
			end_line(to);
			continue;			/* what stands may differ at the start of a line */
		}
		put(to, as_is ? text : coded, as_is ? 1 : 3);
		text++;
	}
	if (to->column > 0)
		end_line(to);
}

/* The text's bytes with CRLF for line ends, in groups of three for base64. */
static void
put_text_base64(Writer *to, const char *text)
{
	uint8_t		line[LINE_MAX_BYTES / 4 * 3];
	size_t		held = 0;

	while (*text || held > 0)
	{
		const char *rest = line_end_at(text);

		if (held == sizeof(line) || *text == '\0')
		{
			put_base64(to, line, held, true);
			held = 0;
			continue;
		}
		if (rest && held + 2 > sizeof(line))
		{
			line[held++] = '\r';
			put_base64(to, line, held, true);
			line[0] = '\n';
			held = 1;
		}
		else if (rest)
		{
			line[held++] = '\r';
			line[held++] = '\n';
		}
		else
			line[held++] = (uint8_t) *text;
		text = rest ? rest : text + 1;
	}
}

static void
put_body(Writer *to, const char *type, const char *text)
{
	Writer		quoted = {.room = 0};
	Writer		coded = {.room = 0};

	put_quoted(&quoted, text);
	put_text_base64(&coded, text);
	put_line(to, "Content-Type: text/", type, "; charset=utf-8", "", "");
	put_line(to, "Content-Transfer-Encoding: ", quoted.used <= coded.used ? "quoted-printable" : "base64", "", "", "");
	end_line(to);
	if (quoted.used <= coded.used)
		put_quoted(to, text);
	else
		put_text_base64(to, text);
}

static void
put_alternative(Writer *to, const EcpMime *mime)
{
	put_line(to, "Content-Type: multipart/alternative; boundary=\"=_", mime->id, "-a\"", "", "");
	end_line(to);
	put_line(to, "--=_", mime->id, "-a", "", "");
	put_body(to, "plain", mime->text);
	put_line(to, "--=_", mime->id, "-a", "", "");
	put_body(to, "html", mime->html);
	put_line(to, "--=_", mime->id, "-a--", "", "");
}

static void
put_picture(Writer *to, const EcpMime *mime)
{
	put_line(to, "--=_", mime->id, "-m", "", "");
	put_line(to, "Content-Type: image/png; name=\"", mime->picture_name, "\"", "", "");
	put_line(to, "Content-Transfer-Encoding: base64", "", "", "", "");
	put_line(to, "Content-Disposition: inline; filename=\"", mime->picture_name, "\"", "", "");
	put_line(to, "Content-ID: <" ECP_MIME_PICTURE_ID "@", mime->domain, ">", "", "");
	end_line(to);
	put_base64(to, mime->picture, mime->picture_length, true);
	put_line(to, "--=_", mime->id, "-m--", "", "");
}

static void
put_headers(Writer *to, const EcpMime *mime)
{
	put_date(to, mime->date);
	put_from(to, mime->from_name, mime->from);
	put_to(to, mime->to);
	put_subject(to, mime->subject);
	put_line(to, "Message-ID: <", mime->id, "@", mime->domain, ">");
	put_line(to, "MIME-Version: 1.0", "", "", "", "");
	put_line(to, "Content-Language: ", mime->language, "", "", "");
	put_line(to, "Auto-Submitted: auto-generated", "", "", "", "");
	if (mime->page)
		put_line(to, "List-Unsubscribe: <", mime->page, ">", "", "");
}

/* Whether the text has 1 to max characters, all letters, digits or among others. */
static bool
is_word(const char *text, const char *others, size_t max)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
	{
		char		c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(others, c)))
			return false;
	}
	return length > 0 && length <= max;
}

/* Whether an address may stand in a header; with international, its domain may be UTF-8. */
static bool
is_address(const char *text, bool international)
{
	const char *at = strchr(text, '@');
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c <= ' ' || c == 0x7f || strchr("<>()[],;:\\\"", c) || (c >= 0x80 && !(international && at && text + i > at)))
			return false;
	}
	return length <= ADDRESS_MAX && at && at > text && at[1] != '\0' && strchr(at + 1, '@') == NULL;
}

static bool
is_page(const char *text)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("<>\",", text[i]))
			return false;
	return length > 0 && length <= 900;
}

/* The years of RFC 5322's four digits. */
static bool
is_date(int64_t date)
{
	return date >= 0 && date < INT64_C(253402300800);
}

size_t
ecp_mime_write(const EcpMime *mime, char *out, size_t room)
{
	Writer		to = {.out = out,.room = room};

	if (!is_word(mime->id, "-", 60) || !is_word(mime->domain, "-.", 253) || !is_word(mime->language, "-", 35) ||
		!is_address(mime->from, false) || !is_address(mime->to, true) || !is_date(mime->date) ||
		(mime->page && !is_page(mime->page)) || (mime->picture && !is_word(mime->picture_name, "-.", 60)))
		return 0;
	put_headers(&to, mime);
	if (mime->picture)
	{
		put_line(&to, "Content-Type: multipart/mixed; boundary=\"=_", mime->id, "-m\"", "", "");
		end_line(&to);
		put_line(&to, "--=_", mime->id, "-m", "", "");
	}
	put_alternative(&to, mime);
	if (mime->picture)
		put_picture(&to, mime);
	return to.used;
}
