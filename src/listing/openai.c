/*
 * Chat completions as OpenAI has them and others after it: Mistral, Ollama, vLLM.
 * Only what all of them know is used.
 */
#include "postgres.h"

#include "utils/json.h"

#include "listing/answer.h"
#include "listing/model.h"

static const char *const finish_words[] = {"length", "model_length", "content_filter", "tool_calls", "function_call", "error", NULL};

static char *
openai_url(const char *endpoint, const char *model)
{
	(void) model;
	return psprintf("%s/v1/chat/completions", endpoint);
}

static void
openai_body(StringInfo out, const EcpQuestion *question)
{
	appendStringInfoString(out, "{\"model\":");
	escape_json(out, question->model);
	appendStringInfo(out, ",\"max_tokens\":%d,\"messages\":[{\"role\":\"system\",\"content\":", question->max_tokens);
	escape_json(out, question->text);
	appendStringInfo(out, "},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Lis cette photo.\"},"
					 "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:%s;base64,", question->photo->media_type);
	ecp_model_add_photo(out, question->photo);
	appendStringInfoString(out, "\"}}]}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"lot\",\"strict\":true,\"schema\":");
	ecp_answer_schema(out, false);
	appendStringInfoString(out, "}}}");
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
	EcpJsonField fields[] = {{.name = "prompt_tokens"}, {.name = "completion_tokens"}};

	if (usage->kind != ECP_JSON_COMPOUND || ecp_json_fields(usage->value, usage->length, fields, lengthof(fields)) != ECP_JSON_OK)
		return;
	reply->tokens_in = ecp_model_tokens(&fields[0]);
	reply->tokens_out = ecp_model_tokens(&fields[1]);
}

static void
read_choice(const EcpJsonField *choice, EcpReply *reply)
{
	EcpJsonField fields[] = {{.name = "finish_reason"}, {.name = "message"}};
	EcpJsonField message[] = {{.name = "content"}, {.name = "refusal"}};

	if (choice->kind != ECP_JSON_COMPOUND ||
		ecp_json_fields(choice->value, choice->length, fields, lengthof(fields)) != ECP_JSON_OK ||
		fields[1].kind != ECP_JSON_COMPOUND ||
		ecp_json_fields(fields[1].value, fields[1].length, message, lengthof(message)) != ECP_JSON_OK)
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "choice without message");
	else if (ecp_model_is(&fields[0], "content_filter") || (message[1].kind == ECP_JSON_STRING && message[1].length > 0))
		set_failure(reply, ECP_FAILURE_PHOTO_BLOCKED, "the model refused to answer");
	else if (!ecp_model_is(&fields[0], "stop"))
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, ecp_model_word("finish_reason", &fields[0], finish_words));
	else if (message[0].kind != ECP_JSON_STRING)
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "message without content");
	else
	{
		reply->text = message[0].value;
		reply->length = message[0].length;
	}
}

static void
openai_read(const char *answer, int length, EcpReply *reply)
{
	EcpJsonField fields[] = {{.name = "choices"}, {.name = "usage"}, {.name = "model"}};
	EcpJsonField choice;

	if (ecp_json_fields(answer, length, fields, lengthof(fields)) != ECP_JSON_OK)
	{
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "answer that is no JSON object");
		return;
	}
	read_usage(&fields[1], reply);
	reply->model_version = ecp_model_version(&fields[2]);
	if (!ecp_model_first(&fields[0], &choice))
		set_failure(reply, ECP_FAILURE_ANSWER_UNUSABLE, "no choices");
	else
		read_choice(&choice, reply);
}

/* {"error": {"message": ...}}, {"error": text} or {"message": ...}: what they say is looked at, never repeated. */
static void
openai_refusal(int status, const char *answer, int length, EcpReply *reply)
{
	EcpJsonField fields[] = {{.name = "error"}, {.name = "message"}};
	EcpJsonField message = {.name = "message"};

	if ((status != 400 && status != 422) || ecp_json_fields(answer, length, fields, lengthof(fields)) != ECP_JSON_OK)
		return;
	if (fields[0].kind == ECP_JSON_COMPOUND && ecp_json_fields(fields[0].value, fields[0].length, &message, 1) == ECP_JSON_OK)
		fields[0] = message;
	if (ecp_model_blames_photo(&fields[0]) || ecp_model_blames_photo(&fields[1]))
		reply->failure = ECP_FAILURE_PHOTO_REFUSED;
}

/* Only the header Retry-After says so. */
static int64
openai_delay(const char *answer, int length)
{
	(void) answer;
	(void) length;
	return -1;
}

const EcpDialect ecp_openai = {
	.name = "openai",
	.credential = "openai_api_key",
	.credential_needed = false,
	.url = openai_url,
	.key_header = "Authorization: Bearer ",
	.body = openai_body,
	.read = openai_read,
	.refusal = openai_refusal,
	.delay = openai_delay
};
