/*
 * Who is calling.
 *
 * The caller is a member of a territory who acts in one role, some of them for
 * an organisation.  Three sources, in this order:
 *
 *   1. ecopanier.context, a setting that only this file writes, with LOCAL
 *      action; authenticate() and authenticate(token) put it there, and it dies
 *      with the transaction;
 *   2. request.jwt.claims, where the session belongs to an authenticator
 *      (a member of ecopanier_authenticator) and the claims' role is the
 *      session's current role;
 *   3. a database login that map_login() ties to a member.
 *
 * The last two are resolved when first asked for, into memory keyed by
 * transaction, role and claims: writing a setting is not possible in parallel
 * workers, and a client in autocommit has no other moment.
 */
#ifndef ECP_CONTEXT_H
#define ECP_CONTEXT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/uuid.h"

typedef enum EcpRole
{
	ECP_ROLE_CUSTOMER,
	ECP_ROLE_MERCHANT,
	ECP_ROLE_BENEFICIARY,
	ECP_ROLE_COLLECTOR,
	ECP_ROLE_ASSOCIATION,
	ECP_ROLE_ADMINISTRATOR
} EcpRole;

#define ECP_ROLE_COUNT 6

typedef enum EcpFunction
{
	ECP_FUNCTION_NONE,			/* not staff of the organisation acted for */
	ECP_FUNCTION_READER,
	ECP_FUNCTION_STATION,
	ECP_FUNCTION_MANAGER,
	ECP_FUNCTION_OWNER
} EcpFunction;

/*
 * What acts: a person, another system with a key (a member too, by which its
 * rows are known, in role association for its organisation), or a person who
 * signed in with a card at a kiosk.
 */
typedef enum EcpCallerKind
{
	ECP_CALLER_PERSON,
	ECP_CALLER_SERVICE,
	ECP_CALLER_KIOSK
} EcpCallerKind;

#define ECP_CALLER_KINDS 3

/* What the key of a service opens; bits of EcpCaller.scopes. */
typedef enum EcpScope
{
	ECP_SCOPE_ENROL = 1,		/* register people and read what came of it */
	ECP_SCOPE_VERIFY = 2,		/* decide on rights (rule D14) */
	ECP_SCOPE_TRANSFER = 4		/* ask for and release transfers */
} EcpScope;

typedef struct EcpCaller
{
	EcpCallerKind kind;
	uint32		scopes;			/* of a service; 0 for persons, whom no scope limits */
	int32		territory;
	pg_uuid_t	member;
	EcpRole		role;
	EcpFunction function;		/* within the organisation */
	bool		has_organisation;
	pg_uuid_t	organisation;
	TimestampTz expires;		/* infinity for a mapped login */
} EcpCaller;

/* Defines ecopanier.context; called once, from _PG_init(). */
extern void ecp_context_init(void);

/*
 * Acting as another caller for a while, as a kiosk does for the person at it:
 * ecp_context_leave() with what ecp_context_enter() gave puts back who was
 * there before.  An error needs no clean up: the abort of the transaction or
 * subtransaction in which it began puts it back too.
 */
extern int	ecp_context_enter(const EcpCaller *caller);
extern void ecp_context_leave(int level);

/*
 * While the schedule works (tick()), nobody is called and no superuser asked
 * for: what is due is done for all.  The caller of this puts back what it gave,
 * after an error too.
 */
extern bool ecp_context_schedule(bool on);
extern bool ecp_context_is_scheduled(void);

/* The caller, or NULL where nobody is (anonymous, expired, a bulk load). */
extern const EcpCaller *ecp_caller(void);

/* The caller; raises 42501 where nobody is. */
extern const EcpCaller *ecp_caller_require(void);

/*
 * The caller, or NULL for a bulk load: nobody is called and the session's role
 * (SET ROLE included, definer functions not) is a superuser.  Anybody else
 * without a caller gets 42501, table owner and BYPASSRLS included.
 */
extern const EcpCaller *ecp_caller_or_loader(void);

/* Name of a kind, as in audit_event.actor_kind. */
extern const char *ecp_caller_kind_name(EcpCallerKind kind);

/* Name of a role, as in member_role.role. */
extern const char *ecp_role_name(EcpRole role);

/* Raises 42501 unless the caller has the role. */
extern void ecp_caller_require_role(const EcpCaller *caller, EcpRole role);

/* Raises 42501 where the caller is a service whose key does not open this. */
extern void ecp_caller_require_scope(const EcpCaller *caller, EcpScope scope);

/* Whether the caller is staff of the organisation with at least this function. */
extern bool ecp_caller_is_staff(const EcpCaller *caller, const pg_uuid_t *organisation, EcpFunction least);

#endif							/* ECP_CONTEXT_H */
