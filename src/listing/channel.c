/*
 * The channel to models; see channel.h.
 *
 * What an answer means is decided once, in judge(): there is a draft, or a
 * failure that the merchant reads, or it is worth another try.  A try that
 * fails leaves call->error as "failure: reason"; when tries are used up, died()
 * finds the failure there.  What can only be mended by the operator (no key, a
 * wrong one, an unknown model or address) is not tried again.
 *
 * The proposal's id goes along as Idempotency-Key, with a number that counts how
 * often a person asked: so all tries of one question have the same key.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "common/clock.h"
#include "common/plan.h"
#include "crypto/credentials.h"
#include "crypto/secret.h"
#include "identity/setting.h"
#include "listing/answer.h"
#include "listing/channel.h"
#include "listing/model.h"
#include "listing/proposal.h"
#include "listing/settings.h"
#include "territory/local_day.h"

#define ATTEMPTS 6
#define ANSWER_MAX (1024 * 1024)
#define RETRY_MAX_MS 3600000

static EcpPlan count_asked =
ECP_PLAN("SELECT asked_times FROM ecopanier.proposal WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static EcpPlan find_price =
ECP_PLAN("SELECT (($4::bigint * input_micro_eur + $5::bigint * output_micro_eur + 500000) / 1000000)::bigint FROM ecopanier.model_price "
		 "WHERE provider = $1 AND model = $2 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1",
		 TEXTOID, TEXTOID, TIMESTAMPTZOID, INT4OID, INT4OID);

/* How a call was made: settings may change while it is under way. */
typedef struct Asked
{
	const EcpDialect *dialect;
	const char *model;
} Asked;

static Asked *
current_settings(void)
{
	Asked	   *asked = palloc(sizeof(Asked));

	asked->dialect = ecp_model_provider() == ECP_PROVIDER_GEMINI ? &ecp_gemini : &ecp_openai;
	asked->model = pstrdup(ecp_model_name());
	return asked;
}

/* Whether a key may go there: not in clear to another machine, nor to a name that only begins like this one's. */
static bool
is_private_way(const char *endpoint)
{
	static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};

	if (strncmp(endpoint, "https://", 8) == 0)
		return true;
	for (size_t i = 0; i < lengthof(own); i++)
	{
		const char *rest = endpoint + strlen("http://");
		size_t		length = strlen(own[i]);

		if (strncmp(rest, own[i], length) == 0 && (rest[length] == '\0' || rest[length] == ':' || rest[length] == '/'))
			return true;
	}
	return false;
}

/* Adds the key to the headers; false with call->error set where it is missing or may not go there. */
static bool
add_key(EcpCall *call, const EcpDialect *dialect)
{
	char	   *key = ecp_credential(dialect->credential);
	char	   *header;

	if (key == NULL)
	{
		call->error = psprintf("%s: the credentials file has no %s", ECP_FAILURE_MODEL_REFUSED, dialect->credential);
		return !dialect->credential_needed;
	}
	if (!is_private_way(call->endpoint))
	{
		call->error = ECP_FAILURE_MODEL_REFUSED ": a key is not sent to another machine without TLS";
		return false;
	}
	header = ecp_secret_alloc(strlen(dialect->key_header) + strlen(key) + 1);
	strcpy(header, dialect->key_header);
	strcat(header, key);
	ecp_secret_wipe(key);
	call->headers = lappend(call->headers, header);
	return true;
}

static int
read_asked_times(const EcpJob *job)
{
	Datum		values[2] = {Int32GetDatum(job->territory), UUIDPGetDatum(&job->id)};

	ecp_plan_run(&count_asked, values, NULL, true, 1);
	return DatumGetInt32(ecp_plan_known(0, 1));
}

static void
read_bounds(int32 territory, EcpAnswerBounds *bounds)
{
	TimestampTz now = ecp_clock_now();

	bounds->today = ecp_local_day(territory, now);
	bounds->discount_minimum = ecp_setting_at(territory, "discount_minimum", now).value;
	bounds->discount_maximum = ecp_setting_at(territory, "discount_maximum", now).value;
}

/* Writes the request in the call's context, which a plan would leave; false with call->error set where it may not be made. */
static bool
write_request(EcpCall *call, const EcpPhoto *photo, const EcpAnswerBounds *bounds, int asked_times)
{
	const Asked *asked = current_settings();
	const EcpDialect *dialect = asked->dialect;
	EcpQuestion question = {
		.model = asked->model,
		.text = ecp_answer_question(bounds, photo->orientation),
		.photo = photo,
		.max_tokens = ecp_model_max_tokens(),
		.thinking = ecp_model_thinking()
	};
	char	   *id = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&call->job.id)));
	StringInfoData body;

	call->own = asked;
	call->endpoint = pstrdup(ecp_model_endpoint());
	call->url = dialect->url(call->endpoint, question.model);
	call->headers = list_make2(pstrdup("Content-Type: application/json"), psprintf("Idempotency-Key: %s-%d", id, asked_times));
	call->timeout_ms = ecp_model_timeout();
	call->answer_max = ANSWER_MAX;
	call->any_address = true;	/* a superuser chose it */
	if (!add_key(call, dialect))
		return false;
	initStringInfo(&body);
	dialect->body(&body, &question);
	call->body = body.data;
	call->body_length = body.len;
	call->error = NULL;
	return true;
}

static bool
prepare(EcpCall *call)
{
	EcpPhoto	photo;
	EcpAnswerBounds bounds;
	MemoryContext old;
	int			asked_times;
	bool		ready;

	call->error = NULL;
	if (!ecp_proposal_asking(call->job.territory, &call->job.id))
		return false;
	if (!ecp_photo_read(call->job.territory, &call->job.id, &photo))
	{
		call->error = ECP_FAILURE_PHOTO_REFUSED ": the photo is gone";
		return false;
	}
	asked_times = read_asked_times(&call->job);
	read_bounds(call->job.territory, &bounds);
	old = MemoryContextSwitchTo(call->context);
	ready = write_request(call, &photo, &bounds, asked_times);
	MemoryContextSwitchTo(old);
	return ready;
}

/* What a status other than 200 means, as far as the status tells. */
static void
judge_status(const EcpCall *call, EcpReply *reply, bool *again)
{
	static const int busy[] = {408, 425, 429, 500, 502, 503, 504};

	reply->error = psprintf("HTTP %d", call->status);
	reply->failure = call->status == 413 ? ECP_FAILURE_PHOTO_REFUSED : ECP_FAILURE_MODEL_REFUSED;
	if (call->status >= 200 && call->status < 300)
		reply->failure = ECP_FAILURE_ANSWER_UNUSABLE;
	for (size_t i = 0; i < lengthof(busy); i++)
		if (call->status == busy[i])
		{
			reply->failure = ECP_FAILURE_MODEL_BUSY;
			*again = true;
		}
}

/* What a call without answer means. */
static void
judge_silence(const EcpCall *call, EcpReply *reply, bool *again)
{
	reply->failure = ECP_FAILURE_MODEL_SILENT;
	*again = true;
	switch (call->outcome)
	{
		case ECP_CALL_TIMED_OUT:
			reply->error = "no answer in time";
			break;
		case ECP_CALL_UNREACHABLE:
			reply->error = "no connection, or it was lost";
			break;
		case ECP_CALL_TLS_FAILED:
			reply->error = "the connection is not to be trusted";
			break;
		case ECP_CALL_BROKEN:
			reply->error = "what came is not HTTP";
			break;
		case ECP_CALL_TOO_LARGE:
			*reply = (EcpReply) {.failure = ECP_FAILURE_ANSWER_UNUSABLE, .error = "the answer is too large"};
			*again = false;
			break;
		default:
			*reply = (EcpReply) {.failure = ECP_FAILURE_MODEL_REFUSED, .error = "the address is not allowed"};
			*again = false;
			break;
	}
}

/* What the call brought: a draft where reply->failure is NULL; again: worth another try. */
static void
judge(EcpCall *call, const EcpDialect *dialect, EcpReply *reply, EcpDraft *draft, bool *again)
{
	EcpAnswerBounds bounds;
	bool		text = call->answer_length <= ANSWER_MAX &&
	pg_verify_mbstr(GetDatabaseEncoding(), call->answer ? call->answer : "", (int) call->answer_length, true);
	bool		json = text && call->answer_type && strcmp(call->answer_type, "application/json") == 0;

	*again = false;
	if (call->outcome != ECP_CALL_ANSWERED)
		judge_silence(call, reply, again);
	else if (call->status != 200)
	{
		judge_status(call, reply, again);
		if (json)
			dialect->refusal(call->status, call->answer, (int) call->answer_length, reply);
		*again = *again && strcmp(reply->failure, ECP_FAILURE_MODEL_BUSY) == 0;
		if (*again)
			call->retry_ms = Max(call->retry_after_ms, json ? dialect->delay(call->answer, (int) call->answer_length) : -1);
		call->retry_ms = Min(call->retry_ms, RETRY_MAX_MS);
	}
	else if (!json)
		*reply = (EcpReply) {.failure = ECP_FAILURE_ANSWER_UNUSABLE, .error = "the answer is not application/json"};
	else
	{
		dialect->read(call->answer, (int) call->answer_length, reply);
		if (reply->failure == NULL)
		{
			read_bounds(call->job.territory, &bounds);
			reply->failure = ecp_answer_read(reply->text, reply->length, &bounds, draft);
			reply->error = "what the model wrote is no listing";
		}
	}
}

/* By the prices of this moment; 0 for a model that has none. */
static int64
cost_of(const EcpModelCall *used)
{
	Datum		values[5] = {
		CStringGetTextDatum(used->provider), CStringGetTextDatum(used->model), TimestampTzGetDatum(ecp_clock_now()),
		Int32GetDatum(used->tokens_in), Int32GetDatum(used->tokens_out)
	};

	ecp_plan_run(&find_price, values, NULL, true, 1);
	return SPI_processed == 1 ? DatumGetInt64(ecp_plan_known(0, 1)) : 0;
}

static void
note_call(const EcpCall *call, const Asked *asked, const EcpReply *reply, bool again)
{
	EcpModelCall used = {
		.provider = asked->dialect->name,
		.model = asked->model,
		.model_version = reply->model_version,
		.outcome = again ? "retry" : reply->failure ? reply->failure : "draft",
		.tokens_in = reply->tokens_in,
		.tokens_out = reply->tokens_out,
		.duration_ms = call->duration_ms
	};

	used.cost_micro_eur = cost_of(&used);
	ecp_proposal_call(call->job.territory, &call->job.id, &used);
}

static EcpVerdict
record(EcpCall *call)
{
	const Asked *asked = call->own;
	EcpReply	reply = {.failure = NULL};
	EcpDraft	draft = {.provider = asked->dialect->name, .model = asked->model};
	bool		again;

	call->retry_ms = -1;
	judge(call, asked->dialect, &reply, &draft, &again);
	note_call(call, asked, &reply, again);
	if (reply.failure == NULL)
	{
		draft.model_version = reply.model_version;
		(void) ecp_proposal_draft(call->job.territory, &call->job.id, &draft);
		return ECP_VERDICT_DONE;
	}
	call->error = MemoryContextStrdup(call->context, psprintf("%s: %s", reply.failure, reply.error));
	return again ? ECP_VERDICT_RETRY : ECP_VERDICT_DEAD;
}

static void
died(EcpCall *call)
{
	static const char *const failures[] = {
		ECP_FAILURE_MODEL_BUSY, ECP_FAILURE_MODEL_SILENT, ECP_FAILURE_MODEL_REFUSED, ECP_FAILURE_PHOTO_REFUSED,
		ECP_FAILURE_PHOTO_BLOCKED, ECP_FAILURE_NOTHING_SEEN, ECP_FAILURE_ANSWER_UNUSABLE
	};

	/* An error before the call is the operator's to mend; a worker that ended in each of its tries heard nothing. */
	const char *failure = call->job.attempt > ATTEMPTS ? ECP_FAILURE_MODEL_SILENT : ECP_FAILURE_MODEL_REFUSED;

	for (size_t i = 0; call->error && i < lengthof(failures); i++)
		if (strncmp(call->error, failures[i], strlen(failures[i])) == 0 && call->error[strlen(failures[i])] == ':')
			failure = failures[i];
	(void) ecp_proposal_failed(call->job.territory, &call->job.id, failure);
}

static EcpQueue queue = {.table = "ecopanier_private.listing_job", .max_attempts = ATTEMPTS};

EcpChannel	ecp_listing_channel = {
	.name = "model",
	.queue = &queue,
	.prepare = prepare,
	.record = record,
	.died = died
};
