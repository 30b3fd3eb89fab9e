/*
 * Gemini's generateContent, version v1beta.
 *
 * Answers follow protocol buffers' JSON: members may be missing, and there may
 * be members and words of enumerations that did not exist when this was written.
 * Those pass, except as the reason why the model ended, where only STOP is an
 * answer.
 */
#include "postgres.h"

#include "utils/json.h"

#include "listing/answer.h"
#include "listing/answer_core.h"
#include "listing/model.h"

#define PARTS_MAX 32
#define DETAILS_MAX 32

static const char *const blocked_words[] = {
	"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
	"MODEL_ARMOR", "JAILBREAK", NULL
};

static const char *const other_words[] = {
	"FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED", "MAX_TOKENS", "LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL",
	"UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "NO_IMAGE", "IMAGE_OTHER", "CONTINUATION", NULL
};

static const char *const status_words[] = {
	"INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND", "ALREADY_EXISTS",
	"ABORTED", "RESOURCE_EXHAUSTED", "CANCELLED", "UNKNOWN", "INTERNAL", "DATA_LOSS", "UNIMPLEMENTED", "UNAVAILABLE",
	"DEADLINE_EXCEEDED", NULL
};

static char *
gemini_url(const char *endpoint, const char *model)
{
	return psprintf("%s/v1beta/models/%s:generateContent", endpoint, model);
}

static void
gemini_body(StringInfo out, const EcpQuestion *question)
{
	static const char *const categories[] = {"HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT"};

	appendStringInfoString(out, "{\"systemInstruction\":{\"parts\":[{\"text\":");
	escape_json(out, question->text);
	appendStringInfo(out, "}]},\"contents\":[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":\"%s\",\"data\":\"",
					 question->photo->media_type);
	ecp_model_add_photo(out, question->photo);
	appendStringInfoString(out, "\"}},{\"text\":\"Lis cette photo.\"}]}],\"safetySettings\":[");
	for (size_t i = 0; i < lengthof(categories); i++)
		appendStringInfo(out, "%s{\"category\":\"HARM_CATEGORY_%s\",\"threshold\":\"BLOCK_MEDIUM_AND_ABOVE\"}", i ? "," : "", categories[i]);
	appendStringInfo(out, "],\"generationConfig\":{\"maxOutputTokens\":%d,", question->max_tokens);
	if (*question->thinking)
		appendStringInfo(out, "\"thinkingConfig\":{\"thinkingLevel\":\"%s\"},", question->thinking);
	appendStringInfoString(out, "\"responseMimeType\":\"application/json\",\"responseSchema\":");
	ecp_answer_schema(out, true);
	appendStringInfoString(out, "}}");
}

static bool
is_among(const EcpJsonField *field, const char *const *words)
{
	for (; *words; words++)
		if (ecp_model_is(field, *words))
			return true;
	return false;
}

static void
set_failure(EcpReply *reply, const char *failure, const char *error)
{
	reply->failure = failure;
	reply->error = error;
}

static void
read_usage(const EcpJsonField *usage, EcpReply *reply)
{
	EcpJsonField fields[] = {
		{.name = "promptTokenCount"}, {.name = "candidatesTokenCount"}, {.name = "thoughtsTokenCount"}
	};

	if (usage->kind != ECP_JSON_COMPOUND || ecp_json_fields(usage->value, usage->length, fields, lengthof(fields)) != ECP_JSON_OK)
		return;
	reply->tokens_in = ecp_model_tokens(&fields[0]);
	reply->tokens_out = ecp_model_tokens(&fields[1]) + ecp_model_tokens(&fields[2]);
}

/* Puts the texts of all parts together; thoughts do not count, and whatever is no text spoils the answer. */
static void
read_parts(const EcpJsonField *parts, EcpReply *reply)
{
	EcpJsonField elements[PARTS_MAX];
	StringInfoData text;
	int			count;

	initStringInfo(&text);
	if (parts->kind != ECP_JSON_COMPOUND ||
		ecp_json_elements(parts->value, parts->length, elements, PARTS_MAX, &count) != ECP_JSON_OK || count == 0)
	{
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "candidate without parts");
		return;
	}
	for (int i = 0; i < count; i++)
	{
		EcpJsonField fields[] = {{.name = "text"}, {.name = "thought"}};

		if (elements[i].kind != ECP_JSON_COMPOUND ||
			ecp_json_fields(elements[i].value, elements[i].length, fields, lengthof(fields)) != ECP_JSON_OK ||
			fields[0].kind != ECP_JSON_STRING)
		{
			set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "part without text");
			return;
		}
		if (fields[1].kind != ECP_JSON_BOOL || fields[1].value[0] != 't')
			appendBinaryStringInfo(&text, fields[0].value, fields[0].length);
	}
	reply->text = text.data;
	reply->length = text.len;
}

static void
read_candidate(const EcpJsonField *candidate, EcpReply *reply)
{
	EcpJsonField fields[] = {{.name = "finishReason"}, {.name = "content"}};
	EcpJsonField parts = {.name = "parts"};

	if (candidate->kind != ECP_JSON_COMPOUND ||
		ecp_json_fields(candidate->value, candidate->length, fields, lengthof(fields)) != ECP_JSON_OK)
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "candidate that is no object");
	else if (is_among(&fields[0], blocked_words))
		set_failure(reply, ECP_FAILURE_PHOTO_BLOCKED, ecp_model_word("finishReason", &fields[0], blocked_words));
	else if (!ecp_model_is(&fields[0], "STOP"))
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, ecp_model_word("finishReason", &fields[0], other_words));
	else if (fields[1].kind != ECP_JSON_COMPOUND ||
			 ecp_json_fields(fields[1].value, fields[1].length, &parts, 1) != ECP_JSON_OK)
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "candidate without content");
	else
		read_parts(&parts, reply);
}

static void
gemini_read(const char *answer, int length, EcpReply *reply)
{
	EcpJsonField fields[] = {
		{.name = "candidates"}, {.name = "promptFeedback"}, {.name = "usageMetadata"}, {.name = "modelVersion"}
	};
	EcpJsonField reason = {.name = "blockReason", .kind = ECP_JSON_ABSENT};
	EcpJsonField candidate;

	if (ecp_json_fields(answer, length, fields, lengthof(fields)) != ECP_JSON_OK)
	{
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "answer that is no JSON object");
		return;
	}
	read_usage(&fields[2], reply);
	reply->model_version = ecp_model_version(&fields[3]);
	if (fields[1].kind == ECP_JSON_COMPOUND && ecp_json_fields(fields[1].value, fields[1].length, &reason, 1) == ECP_JSON_OK &&
		reason.kind != ECP_JSON_ABSENT)
		set_failure(reply, ECP_FAILURE_PHOTO_BLOCKED, ecp_model_word("blockReason", &reason, blocked_words));
	else if (!ecp_model_first(&fields[0], &candidate))
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "no candidates");
	else
		read_candidate(&candidate, reply);
}

/* Reads the object "error" of a refusal. */
static bool
read_error(const char *answer, int length, EcpJsonField *fields, int count)
{
	EcpJsonField error = {.name = "error"};

	return ecp_json_fields(answer, length, &error, 1) == ECP_JSON_OK && error.kind == ECP_JSON_COMPOUND &&
		ecp_json_fields(error.value, error.length, fields, count) == ECP_JSON_OK;
}

/* A member of the first detail of this type; false where there is none. */
static bool
find_detail(const EcpJsonField *details, const char *type, EcpJsonField *member)
{
	EcpJsonField elements[DETAILS_MAX];
	int			count;

	if (details->kind != ECP_JSON_COMPOUND ||
		ecp_json_elements(details->value, details->length, elements, DETAILS_MAX, &count) != ECP_JSON_OK)
		return false;
	for (int i = 0; i < count; i++)
	{
		EcpJsonField fields[] = {{.name = "@type"}, {.name = member->name}};

		if (elements[i].kind == ECP_JSON_COMPOUND &&
			ecp_json_fields(elements[i].value, elements[i].length, fields, lengthof(fields)) == ECP_JSON_OK &&
			ecp_model_is(&fields[0], type))
		{
			*member = fields[1];
			return true;
		}
	}
	return false;
}

static void
gemini_refusal(int status, const char *answer, int length, EcpReply *reply)
{
	EcpJsonField fields[] = {{.name = "status"}, {.name = "message"}, {.name = "details"}};
	EcpJsonField reason = {.name = "reason"};

	if (!read_error(answer, length, fields, lengthof(fields)))
		return;
	reply->error = psprintf("HTTP %d, %s", status, ecp_model_word("status", &fields[0], status_words));
	if (find_detail(&fields[2], "type.googleapis.com/google.rpc.ErrorInfo", &reason) && ecp_model_is(&reason, "API_KEY_INVALID"))
		set_failure(reply, ECP_FAILURE_MODEL_REFUSED, psprintf("HTTP %d, the key is not valid", status));
	else if (status == 400 && ecp_model_is(&fields[0], "INVALID_ARGUMENT") && ecp_model_blames_photo(&fields[1]))
		reply->failure = ECP_FAILURE_PHOTO_REFUSED;
}

static int64
gemini_delay(const char *answer, int length)
{
	EcpJsonField details = {.name = "details"};
	EcpJsonField delay = {.name = "retryDelay"};

	if (!read_error(answer, length, &details, 1) ||
		!find_detail(&details, "type.googleapis.com/google.rpc.RetryInfo", &delay) || delay.kind != ECP_JSON_STRING)
		return -1;
	return ecp_core_answer_delay(delay.value, delay.length);
}

const EcpDialect ecp_gemini = {
	.name = "gemini",
	.credential = "gemini_api_key",
	.credential_needed = true,
	.url = gemini_url,
	.key_header = "x-goog-api-key: ",
	.body = gemini_body,
	.read = gemini_read,
	.refusal = gemini_refusal,
	.delay = gemini_delay
};
