/*
 * Identity tokens; see jwt.h.
 *
 * The header is only ever asked which key to use; what the key is good for is
 * the keys file's word, so a token cannot choose its own algorithm.  No claim
 * is read before the signature holds.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/timestamp.h"

#include "crypto/base64_core.h"
#include "crypto/jwt.h"
#include "crypto/jwt_core.h"
#include "crypto/jwt_keys.h"

#define MAX_AUDIENCES 32

/* Fields read beside those that common/claims.h names. */
enum
{
	FIELD_ISS = ECP_CLAIM_COUNT, FIELD_AUD, FIELD_NBF, FIELDS
};

void
ecp_jwt_init(void)
{
	ecp_jwt_keys_init();
}

/* Decodes a part of the token to JSON that the server's parser may be shown; NULL where it is none. */
static char *
decode(const EcpJwtPart *part, size_t *len)
{
	char	   *json = palloc(part->len + 1);

	if (!ecp_core_base64url(part->text, part->len, (uint8_t *) json, part->len, len) ||
		!pg_verify_mbstr(GetDatabaseEncoding(), json, *len, true))
		return NULL;
	json[*len] = '\0';
	return json;
}

static bool
is_text(const EcpJsonField *field, const char *text)
{
	return field->kind == ECP_JSON_STRING && strcmp(field->value, text) == 0;
}

/*
 * The key that the header names, where it also names that key's algorithm and
 * asks for no extension: none is understood here, "b64" included.
 */
static const EcpJwtKey *
key_of(const EcpJwtPart *header)
{
	EcpJsonField fields[] = {{.name = "alg"}, {.name = "kid"}, {.name = "crit"}, {.name = "b64"}};
	const EcpJwtKey *key;
	size_t		len;
	char	   *json = decode(header, &len);

	if (json == NULL || ecp_json_fields(json, len, fields, lengthof(fields)) != ECP_JSON_OK)
		return NULL;
	if (fields[1].kind != ECP_JSON_STRING || fields[2].kind != ECP_JSON_ABSENT || fields[3].kind != ECP_JSON_ABSENT)
		return NULL;
	key = ecp_jwt_key(fields[1].value);
	if (key == NULL || !is_text(&fields[0], key->alg == ECP_JWT_HS256 ? "HS256" : "EdDSA"))
		return NULL;
	return key;
}

/* Whether the claim is the audience, or an array of texts with it among them. */
static bool
names_audience(const EcpJsonField *claim, const char *audience)
{
	EcpJsonField elements[MAX_AUDIENCES];
	int			count;
	bool		found = false;

	if (claim->kind != ECP_JSON_COMPOUND)
		return is_text(claim, audience);
	if (ecp_json_elements(claim->value, claim->length, elements, MAX_AUDIENCES, &count) != ECP_JSON_OK)
		return false;
	for (int i = 0; i < count; i++)
	{
		if (elements[i].kind != ECP_JSON_STRING)
			return false;
		found |= is_text(&elements[i], audience);
	}
	return found;
}

/* Judges the claims of a token whose signature holds. */
static bool
judge_claims(const EcpJwtPart *part, const EcpJwtKey *key, TimestampTz now, EcpClaims *out)
{
	EcpJsonField fields[FIELDS] = {
		[FIELD_ISS] = {.name = "iss"}, [FIELD_AUD] = {.name = "aud"}, [FIELD_NBF] = {.name = "nbf"}
	};
	TimestampTz not_before;
	size_t		len;
	char	   *json = decode(part, &len);

	ecp_claims_ask(fields);
	if (json == NULL || ecp_json_fields(json, len, fields, FIELDS) != ECP_JSON_OK || !ecp_claims_read(fields, out))
		return false;
	if (!is_text(&fields[FIELD_ISS], key->issuer) || !names_audience(&fields[FIELD_AUD], key->audience))
		return false;
	if (TIMESTAMP_IS_NOEND(out->expires) || out->expires <= now)
		return false;
	if (fields[FIELD_NBF].kind == ECP_JSON_ABSENT)
		return true;
	return ecp_claims_moment(&fields[FIELD_NBF], &not_before) && not_before <= now;
}

bool
ecp_jwt_verify(const char *token, size_t len, TimestampTz now, EcpClaims *out)
{
	EcpJwtParts parts;
	const EcpJwtKey *key;

	memset(out, 0, sizeof(*out));
	if (!ecp_core_jwt_split(token, len, &parts))
		return false;
	key = key_of(&parts.header);
	if (key == NULL || !ecp_core_jwt_signature(key->alg, key->bytes, key->len, &parts.signed_text, &parts.signature))
		return false;
	if (!judge_claims(&parts.claims, key, now, out))
	{
		memset(out, 0, sizeof(*out));
		return false;
	}
	return true;
}
