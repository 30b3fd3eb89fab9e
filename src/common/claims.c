/*
 * Reading claims; see claims.h.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "common/claims.h"

#define UUID_TEXT_LEN 36
#define LAST_SECOND 253402300799.0	/* 9999-12-31 23:59:59 UTC */

/* Reads the standard form of a UUID (RFC 9562: 8-4-4-4-12), and no other. */
static bool
parse_uuid(const EcpJsonField *field, pg_uuid_t *out)
{
	static const int8 digits[256] = {
		['0'] = 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
		['A'] = 26, 27, 28, 29, 30, 31, ['a'] = 26, 27, 28, 29, 30, 31
	};							/* 16 more than the value: 0 is no digit */
	const unsigned char *text = (const unsigned char *) field->value;
	int			byte = 0;

	if (field->kind != ECP_JSON_STRING || field->length != UUID_TEXT_LEN)
		return false;
	for (int i = 0; i < UUID_TEXT_LEN;)
	{
		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (text[i++] != '-')
				return false;
			continue;
		}
		if (digits[text[i]] == 0 || digits[text[i + 1]] == 0)
			return false;
		out->data[byte++] = (digits[text[i]] - 16) << 4 | (digits[text[i + 1]] - 16);
		i += 2;
	}
	return true;
}

static bool
is_given(const EcpJsonField *field)
{
	return field->kind != ECP_JSON_ABSENT && field->kind != ECP_JSON_NULL;
}

bool
ecp_claims_moment(const EcpJsonField *field, TimestampTz *out)
{
	double		seconds;

	if (field->kind != ECP_JSON_NUMBER)
		return false;
	seconds = strtod(field->value, NULL);
	if (!(seconds >= 0 && seconds <= LAST_SECOND))
		return false;
	*out = (TimestampTz) floor(seconds * USECS_PER_SEC) -
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	return true;
}

void
ecp_claims_ask(EcpJsonField fields[ECP_CLAIM_COUNT])
{
	fields[ECP_CLAIM_SUB].name = "sub";
	fields[ECP_CLAIM_ROLE].name = "role";
	fields[ECP_CLAIM_ORGANISATION].name = "organisation";
	fields[ECP_CLAIM_EXP].name = "exp";
}

bool
ecp_claims_read(const EcpJsonField fields[ECP_CLAIM_COUNT], EcpClaims *out)
{
	const EcpJsonField *role = &fields[ECP_CLAIM_ROLE];

	memset(out, 0, sizeof(*out));
	out->expires = DT_NOEND;
	out->has_sub = is_given(&fields[ECP_CLAIM_SUB]);
	if (out->has_sub && !parse_uuid(&fields[ECP_CLAIM_SUB], &out->sub))
		return false;
	out->has_organisation = is_given(&fields[ECP_CLAIM_ORGANISATION]);
	if (out->has_organisation && !parse_uuid(&fields[ECP_CLAIM_ORGANISATION], &out->organisation))
		return false;
	if (is_given(role))
	{
		if (role->kind != ECP_JSON_STRING || role->length == 0 || role->length >= NAMEDATALEN)
			return false;
		memcpy(out->role, role->value, role->length);
	}
	return !is_given(&fields[ECP_CLAIM_EXP]) || ecp_claims_moment(&fields[ECP_CLAIM_EXP], &out->expires);
}

EcpClaimsStatus
ecp_claims_parse(const char *json, int len, EcpClaims *out)
{
	EcpJsonField fields[ECP_CLAIM_COUNT];

	memset(out, 0, sizeof(*out));
	if (json == NULL || len <= 0)
		return ECP_CLAIMS_EMPTY;
	ecp_claims_ask(fields);
	if (ecp_json_fields(json, len, fields, ECP_CLAIM_COUNT) != ECP_JSON_OK || !ecp_claims_read(fields, out))
		return ECP_CLAIMS_INVALID;
	return ECP_CLAIMS_OK;
}
