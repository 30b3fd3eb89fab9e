/*
 * Reasons that people give in words; see reason.h.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "common/reason.h"

char *
ecp_reason_argument(FunctionCallInfo fcinfo, int argument)
{
	char	   *reason;

	if (PG_ARGISNULL(argument))
		return NULL;
	reason = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (pg_mbstrlen(reason) > ECP_REASON_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the reason is too long"),
				 errhint("It takes at most %d characters.", ECP_REASON_MAX)));
	return strspn(reason, " \t\r\n") < strlen(reason) ? reason : NULL;
}
