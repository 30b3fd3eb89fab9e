/*
 * Trying something; see attempt.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "common/attempt.h"

/* The present error as text; raises it again where the whole transaction is to end. */
static char *
undo(MemoryContext context, ResourceOwner owner)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED || error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
		ReThrowError(error);
	return psprintf("%s: %s", unpack_sql_state(error->sqlerrcode), error->message);
}

bool
ecp_attempt(void (*work) (void *), void *arg, char **error)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char	   *volatile complaint = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		complaint = undo(context, owner);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	*error = complaint;
	return complaint == NULL;
}
