/*
 * What the dialects share; see model.h.
 */
#include "postgres.h"

#include "common/base64.h"

#include "listing/answer_core.h"
#include "listing/model.h"

#define VERSION_MAX 100

void
ecp_model_add_photo(StringInfo out, const EcpPhoto *photo)
{
	int			length = VARSIZE_ANY_EXHDR(photo->bytes);
	int			room = pg_b64_enc_len(length);

	enlargeStringInfo(out, room);
	out->len += pg_b64_encode(VARDATA_ANY(photo->bytes), length, out->data + out->len, room);
	out->data[out->len] = '\0';
}

bool
ecp_model_is(const EcpJsonField *field, const char *word)
{
	return field->kind == ECP_JSON_STRING && strcmp(field->value, word) == 0;
}

bool
ecp_model_first(const EcpJsonField *list, EcpJsonField *first)
{
	EcpJsonField elements[8];
	int			count = 0;

	if (list->kind != ECP_JSON_COMPOUND ||
		ecp_json_elements(list->value, list->length, elements, lengthof(elements), &count) != ECP_JSON_OK || count == 0)
		return false;
	*first = elements[0];
	return true;
}

/* JSON of protocol buffers may write a number as text. */
int
ecp_model_tokens(const EcpJsonField *field)
{
	int64		tokens;

	if ((field->kind != ECP_JSON_NUMBER && field->kind != ECP_JSON_STRING) ||
		ecp_core_answer_whole(field->value, field->length, 0, 1000000000, &tokens) >= ECP_NOTE_UNREADABLE)
		return 0;
	return (int) tokens;
}

char *
ecp_model_version(const EcpJsonField *field)
{
	char	   *out;
	size_t		length;

	if (field->kind != ECP_JSON_STRING)
		return NULL;
	out = palloc(field->length + 1);
	if (ecp_core_answer_text(field->value, field->length, VERSION_MAX, out, &length) >= ECP_NOTE_UNREADABLE)
		return NULL;
	out[length] = '\0';
	return out;
}

const char *
ecp_model_word(const char *what, const EcpJsonField *field, const char *const *words)
{
	if (field->kind == ECP_JSON_ABSENT || field->kind == ECP_JSON_NULL)
		return psprintf("no %s", what);
	for (; *words; words++)
		if (ecp_model_is(field, *words))
			return psprintf("%s %s", what, *words);
	return psprintf("%s that is not known", what);
}

bool
ecp_model_blames_photo(const EcpJsonField *message)
{
	return message->kind == ECP_JSON_STRING && (strstr(message->value, "image") != NULL || strstr(message->value, "Image") != NULL);
}
