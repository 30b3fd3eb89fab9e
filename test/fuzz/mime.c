/*
 * mime.c
 *		Fuzz target: any texts as parts of a mail.  What is written is lines of
 *		ASCII that end in CRLF, headers are those that are meant, parts end where
 *		they are meant to, and too little room gets the beginning.
 *
 * cores: src/outbox/mime_core.c
 */
#include "outbox/mime_core.h"
#include "fuzz.h"

#define PARTS 7

static const char *const headers[] = {"Date: ", "From: ", "To: ", "Subject:", "Message-ID: ", "MIME-Version: ", "Content-Language: ",
"Auto-Submitted: ", "List-Unsubscribe: ", "Content-Type: multipart/"};

/* The end of a line, CRLF; all of it is printable ASCII and not too long. */
static const char *
line_end(const char *line, const char *end, size_t max)
{
	const char *c = line;

	while (c < end && *c >= ' ' && *c <= '~')
		c++;
	demand(end - c >= 2 && c[0] == '\r' && c[1] == '\n' && (size_t) (c - line) <= max);
	return c + 2;
}

static void
check(const EcpMime *mime, const char *mail, size_t size)
{
	const char *end = mail + size;
	const char *line = mail;
	size_t		next = 0;
	int			boundaries = 0;

	while (*line != '\r')
	{
		if (*line != ' ')
		{
			if (mime->page == NULL && next == 8)
				next++;
			demand(next < 10 && strncmp(line, headers[next], strlen(headers[next])) == 0);
			next++;
		}
		line = line_end(line, end, 998);
	}
	demand(next == 10);
	while (line < end)
	{
		boundaries += strncmp(line, "--", 2) == 0 && strncmp(line + 2, "=_", 2) == 0;
		demand(*line != '.' && strncmp(line, "From ", 5) != 0);
		line = line_end(line, end, 350);
	}
	demand(boundaries == (mime->picture ? 6 : 3));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_copy(data, size);
	char	   *part[PARTS];
	size_t		from = 0;
	EcpMime		mime = {.id = "0a-1", .domain = "example.org", .from = "a@example.org", .language = "fr", .picture_name = "qr.png"};
	char	   *mail;
	size_t		length;

	/* Each part is a text of its own, so that reading past its end is seen. */
	for (int i = 0; i < PARTS; i++)
	{
		size_t		until = from;

		while (until < size && text[until] != '\0')
			until++;
		part[i] = fuzz_room(until - from + 1);
		memcpy(part[i], text + from, until - from);
		part[i][until - from] = '\0';
		from = until < size ? until + 1 : until;
	}
	mime.subject = part[0];
	mime.from_name = part[1];
	mime.text = part[2];
	mime.html = part[3];
	mime.to = strchr(part[4], '@') ? part[4] : "zoe@example.net";
	mime.page = part[5][0] ? part[5] : NULL;
	mime.picture = part[6][0] ? (const uint8_t *) part[6] : NULL;
	mime.picture_length = strlen(part[6]);
	length = ecp_mime_write(&mime, NULL, 0);
	mail = fuzz_room(length);
	demand(ecp_mime_write(&mime, mail, length) == length);
	if (length > 0)
	{
		char	   *half = fuzz_room(length / 2);

		check(&mime, mail, length);
		demand(ecp_mime_write(&mime, half, length / 2) == length && memcmp(half, mail, length / 2) == 0);
		free(half);
	}
	for (int i = 0; i < PARTS; i++)
		free(part[i]);
	free(mail);
	free(text);
	return 0;
}
