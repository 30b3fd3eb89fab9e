/*
 * The settings of this room.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "listing/settings.h"

/* Models. */
static const struct config_enum_entry providers[] = {
	{"gemini", ECP_PROVIDER_GEMINI, false}, {"openai", ECP_PROVIDER_OPENAI, false}, {NULL, 0, false}
};

static int	model_provider = ECP_PROVIDER_GEMINI;
static char *model_endpoint;
static char *model_name;
static char *model_thinking;
static int	model_max_tokens;
static int	model_timeout_ms;

EcpProvider
ecp_model_provider(void)
{
	return (EcpProvider) model_provider;
}

const char *
ecp_model_endpoint(void)
{
	if (model_endpoint[0] != '\0')
		return model_endpoint;
	return model_provider == ECP_PROVIDER_GEMINI ? "https://generativelanguage.googleapis.com" : "http://localhost:11434";
}

const char *
ecp_model_name(void)
{
	return model_name;
}

const char *
ecp_model_thinking(void)
{
	return model_thinking;
}

int
ecp_model_max_tokens(void)
{
	return model_max_tokens;
}

int
ecp_model_timeout(void)
{
	return model_timeout_ms;
}

/* An address that paths are put behind: no blank, no quote, no query, no fragment, no slash at its end. */
static bool
check_endpoint(char **value, void **extra, GucSource source)
{
	const char *at = *value;

	(void) extra;
	(void) source;
	if (*at == '\0')
		return true;
	if (strncmp(at, "https://", 8) != 0 && strncmp(at, "http://", 7) != 0)
	{
		GUC_check_errdetail("It begins with https:// or http://.");
		return false;
	}
	for (const char *c = at; *c; c++)
		if ((unsigned char) *c <= ' ' || (unsigned char) *c >= 0x7f || strchr("\"\\?#@", *c) != NULL || (*c == '/' && c[1] == '\0'))
		{
			GUC_check_errdetail("It has no blank, no user, no query, no fragment and no slash at its end.");
			return false;
		}
	return true;
}

/* The name stands in a path and in JSON. */
static bool
check_model(char **value, void **extra, GucSource source)
{
	(void) extra;
	(void) source;
	if (strlen(*value) <= 100 && strstr(*value, "..") == NULL &&
		strspn(*value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/-") == strlen(*value) && **value != '\0')
		return true;
	GUC_check_errdetail("It has 1 to 100 letters, digits and . _ : / -, as in gemini-3.8-flash or qwen2.5vl:7b.");
	return false;
}

static bool
check_thinking(char **value, void **extra, GucSource source)
{
	(void) extra;
	(void) source;
	if (strlen(*value) <= 20 && strspn(*value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(*value))
		return true;
	GUC_check_errdetail("It is a word in capitals such as LOW, or empty.");
	return false;
}

static void
init_model(void)
{
	DefineCustomEnumVariable("ecopanier.model_provider", "How the model that looks at photos is spoken to.",
							 "gemini, or openai for any service with OpenAI's chat completions: Mistral, Ollama, vLLM.",
							 &model_provider, ECP_PROVIDER_GEMINI, providers, PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomStringVariable("ecopanier.model_endpoint", "Base address of the model's service, without /v1.",
							   "Empty: https://generativelanguage.googleapis.com for gemini, http://localhost:11434 for openai.",
							   &model_endpoint, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_endpoint, NULL, NULL);
	DefineCustomStringVariable("ecopanier.model", "The model that looks at photos.", NULL,
							   &model_name, "gemini-3.8-flash", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_model, NULL, NULL);
	DefineCustomStringVariable("ecopanier.model_thinking", "How much a Gemini model thinks before it answers.",
							   "LOW, MEDIUM or HIGH for Gemini 3; empty for models that do not know it.",
							   &model_thinking, "LOW", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_thinking, NULL, NULL);
	DefineCustomIntVariable("ecopanier.model_max_tokens", "Tokens that an answer may cost at most, thoughts included.", NULL,
							&model_max_tokens, 4096, 256, 65536, PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("ecopanier.model_timeout_ms", "How long an answer of a model is awaited.", NULL,
							&model_timeout_ms, 60000, 100, 600000, PGC_SIGHUP, GUC_SUPERUSER_ONLY | GUC_UNIT_MS, NULL, NULL, NULL);
}

void
ecp_listing_init(void)
{
	init_model();
}
