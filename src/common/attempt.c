/*
 * Trying something; see attempt.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/resowner.h"

#include "common/attempt.h"

/* The present error; raises it again where the whole transaction is to end. */
static ErrorData *
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
	return error;
}

/* Runs work(arg) in a subtransaction that is kept or undone; the error, or NULL. */
static ErrorData *
run(void (*work) (void *), void *arg, bool keep)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile complaint = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
		if (keep)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		complaint = undo(context, owner);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return complaint;
}

ErrorData *
ecp_attempt_error(void (*work) (void *), void *arg)
{
	return run(work, arg, true);
}

ErrorData *
ecp_attempt_undone(void (*work) (void *), void *arg)
{
	return run(work, arg, false);
}

bool
ecp_attempt(void (*work) (void *), void *arg, char **error)
{
	ErrorData  *complaint = ecp_attempt_error(work, arg);

	*error = complaint ? psprintf("%s: %s", unpack_sql_state(complaint->sqlerrcode), complaint->message) : NULL;
	return complaint == NULL;
}

bool
ecp_is_of_row(int sqlstate)
{
	int			category = ERRCODE_TO_CATEGORY(sqlstate);

	return category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
		category == MAKE_SQLSTATE('Z', 'E', '0', '0', '0') || sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE;
}
