/*
 * The context of the caller: the setting, its text form, and the answer to
 * "who is calling"; see context.h.  Where the answer comes from is in
 * resolve.c.
 *
 * ecopanier.context holds "user kind scopes territory member role function
 * organisation expires".  Its check hook refuses every writer but write_context() below and
 * the server's own restoring of a leader's settings in a parallel worker, so
 * that not even ALTER ROLE ... SET, a function's SET clause or a value set
 * before the library was loaded can plant one.  It is bound to the role that
 * the session had: SET ROLE makes it mute.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "common/clock.h"
#include "common/erasing.h"
#include "common/install.h"
#include "identity/context.h"
#include "identity/resolve.h"
#include "territory/id.h"

/* Seven numbers of at most 20 characters, two identifiers, a space after each, the end. */
#define CONTEXT_TEXT_LEN (7 * 20 + 2 * 2 * UUID_LEN + 9 + 1)

typedef struct EcpContext
{
	Oid			user;			/* the session's role when it was written */
	EcpCaller	caller;
} EcpContext;

static const char *const role_names[ECP_ROLE_COUNT] = {
	"customer", "merchant", "beneficiary", "collector", "association", "administrator"
};

static const char *const kind_names[ECP_CALLER_KINDS] = {"person", "service", "kiosk"};

static char *context_text;
static EcpContext *context_value;	/* NULL: none */
static const EcpContext *context_writing = NULL;	/* what is being written, in the very form of the text */
static bool scheduled = false;	/* tick() works */

/* Reads the text form; false where it is not ours. */
static bool
parse_context(const char *text, EcpContext *context)
{
	unsigned int user;
	unsigned int kind;
	unsigned int scopes;
	int			territory;
	char		member[UUID_LEN * 2 + 1];
	char		organisation[UUID_LEN * 2 + 1];
	unsigned int role;
	unsigned int function;
	long long	expires;
	int			end = 0;

	if (sscanf(text, "%u %u %u %d %32[0-9a-f] %u %u %32[0-9a-f-] %lld%n",
			   &user, &kind, &scopes, &territory, member, &role, &function, organisation, &expires, &end) != 9 ||
		text[end] != '\0' || kind >= ECP_CALLER_KINDS || role >= ECP_ROLE_COUNT || function > ECP_FUNCTION_OWNER)
		return false;
	memset(context, 0, sizeof(*context));
	context->user = user;
	context->caller.kind = kind;
	context->caller.scopes = scopes;
	context->caller.territory = territory;
	context->caller.role = role;
	context->caller.function = function;
	context->caller.expires = expires;
	context->caller.has_organisation = organisation[0] != '-';
	hex_decode(member, 2 * UUID_LEN, (char *) context->caller.member.data);
	if (context->caller.has_organisation)
		hex_decode(organisation, 2 * UUID_LEN, (char *) context->caller.organisation.data);
	return true;
}

static bool
check_context(char **newval, void **extra, GucSource source)
{
	bool		empty = *newval == NULL || **newval == '\0';

	if (empty && source == PGC_S_DEFAULT)
		return true;
	if (!context_writing && !InitializingParallelWorker)
	{
		GUC_check_errcode(ERRCODE_INSUFFICIENT_PRIVILEGE);
		GUC_check_errmsg("parameter \"ecopanier.context\" cannot be set");
		GUC_check_errhint("Call ecopanier.authenticate() instead.");
		return false;
	}
	if (empty)
		return true;
	*extra = malloc(sizeof(EcpContext));
	if (*extra == NULL || context_writing == NULL)
		return *extra != NULL && parse_context(*newval, *extra);
	*(EcpContext *) *extra = *context_writing;
	return true;
}

static void
assign_context(const char *newval pg_attribute_unused(), void *extra)
{
	context_value = extra;
}

void
ecp_context_init(void)
{
	DefineCustomStringVariable("ecopanier.context",
							   "The authenticated caller; written by ecopanier.authenticate() alone.",
							   NULL, &context_text, "", PGC_SUSET,
							   GUC_SUPERUSER_ONLY | GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL |
							   GUC_DISALLOW_IN_FILE | GUC_NOT_IN_SAMPLE,
							   check_context, assign_context, NULL);
}

/* Appends a number and a space. */
static char *
append_number(char *at, int64 number)
{
	at += pg_lltoa(number, at);
	*at++ = ' ';
	return at;
}

/* The text form, which parse_context() reads. */
static void
format_context(const EcpContext *context, char text[CONTEXT_TEXT_LEN])
{
	const EcpCaller *caller = &context->caller;
	char	   *at = append_number(text, context->user);

	at = append_number(at, caller->kind);
	at = append_number(at, caller->scopes);
	at = append_number(at, caller->territory);
	at += hex_encode((const char *) caller->member.data, UUID_LEN, at);
	*at++ = ' ';
	at = append_number(at, caller->role);
	at = append_number(at, caller->function);
	if (caller->has_organisation)
		at += hex_encode((const char *) caller->organisation.data, UUID_LEN, at);
	else
		*at++ = '-';
	*at++ = ' ';
	at += pg_lltoa(caller->expires, at);
	*at = '\0';
}

/* Sets the setting to the caller's text form, with LOCAL or SAVE action. */
static void
write_context(const EcpCaller *caller, GucAction action)
{
	EcpContext	context;
	char		text[CONTEXT_TEXT_LEN];

	memset(&context, 0, sizeof(context));
	context.user = GetOuterUserId();
	context.caller = *caller;
	format_context(&context, text);
	PG_TRY();
	{
		context_writing = &context;
		(void) set_config_option("ecopanier.context", text, PGC_SUSET, PGC_S_SESSION,
								 action, true, 0, false);
	}
	PG_FINALLY();
	{
		context_writing = NULL;
	}
	PG_END_TRY();
}

void
ecp_context_write(const EcpCaller *caller)
{
	write_context(caller, GUC_ACTION_LOCAL);
}

int
ecp_context_enter(const EcpCaller *caller)
{
	int			level = NewGUCNestLevel();

	write_context(caller, GUC_ACTION_SAVE);
	return level;
}

void
ecp_context_leave(int level)
{
	AtEOXact_GUC(true, level);
}

bool
ecp_context_schedule(bool on)
{
	bool		before = scheduled;

	scheduled = on;
	return before;
}

bool
ecp_context_is_scheduled(void)
{
	return scheduled;
}

const EcpCaller *
ecp_caller(void)
{
	const EcpCaller *caller;

	if (ecp_is_installing() || ecp_is_erasing() || scheduled)
		return NULL;
	ecp_require_installed();
	if (context_value && context_value->user == GetOuterUserId())
		caller = &context_value->caller;
	else
		caller = ecp_resolve();
	if (caller && caller->expires <= ecp_clock_now())
		return NULL;
	return caller;
}

static void
raise_no_caller(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("nobody is signed in"),
			 errhint("Call ecopanier.authenticate(token) in the transaction, or connect through an API server or a login that is mapped to a member.")));
}

const EcpCaller *
ecp_caller_require(void)
{
	const EcpCaller *caller = ecp_caller();

	if (caller == NULL)
		raise_no_caller();
	return caller;
}

const EcpCaller *
ecp_caller_or_loader(void)
{
	const EcpCaller *caller = ecp_caller();

	if (caller == NULL && !ecp_is_installing() && !ecp_is_erasing() && !scheduled && !superuser_arg(GetOuterUserId()))
		raise_no_caller();
	return caller;
}

const char *
ecp_caller_kind_name(EcpCallerKind kind)
{
	return kind_names[kind];
}

const char *
ecp_role_name(EcpRole role)
{
	return role_names[role];
}

void
ecp_caller_require_role(const EcpCaller *caller, EcpRole role)
{
	if (caller->role != role)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("this is for the role \"%s\"", role_names[role]),
				 errhint("Sign in with that role.")));
}

void
ecp_caller_require_scope(const EcpCaller *caller, EcpScope scope)
{
	if (caller->kind == ECP_CALLER_SERVICE && (caller->scopes & scope) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the key of this service does not open this"),
				 errhint("The manager of the organisation gives a key its scopes.")));
}

bool
ecp_caller_is_staff(const EcpCaller *caller, const pg_uuid_t *organisation, EcpFunction least)
{
	return caller->has_organisation && caller->function >= least &&
		ecp_id_equal(&caller->organisation, organisation);
}
