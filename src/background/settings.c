/*
 * The settings of this room: which databases have a worker, and how calls to
 * others are made.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"
#include "utils/varlena.h"

#include "background/register.h"
#include "background/settings.h"

char	   *ecp_databases;
int			ecp_worker_in_flight;
int			ecp_worker_timeout_ms;
int			ecp_worker_connect_timeout_ms;
bool		ecp_private_addresses;
char	   *ecp_http_ca_file;

bool
ecp_databases_parse(const char *text, List **names)
{
	return SplitIdentifierString(pstrdup(text), ',', names);
}

static bool
check_databases(char **newval, void **extra pg_attribute_unused(), GucSource source pg_attribute_unused())
{
	List	   *names;

	if (!ecp_databases_parse(*newval, &names))
	{
		GUC_check_errdetail("The list is names of databases, separated by commas; a name with capitals or signs stands in double quotes.");
		return false;
	}
	if (list_length(names) > ECP_DATABASES_MAX)
	{
		GUC_check_errdetail("At most %d databases of a cluster can have a worker.", ECP_DATABASES_MAX);
		return false;
	}
	return true;
}

static void
define_milliseconds(const char *name, const char *what, int *variable, int initial)
{
	DefineCustomIntVariable(name, what, NULL, variable, initial, 10, INT_MAX / 2,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
}

static void
define_calls(void)
{
	DefineCustomIntVariable("ecopanier.worker_in_flight",
							"Calls that a worker has under way at a time.",
							NULL, &ecp_worker_in_flight, 64, 1, 1000,
							PGC_SIGHUP, 0, NULL, NULL, NULL);
	define_milliseconds("ecopanier.worker_timeout_ms",
						"How long a call may take, from its start to the last byte of the answer.",
						&ecp_worker_timeout_ms, 30000);
	define_milliseconds("ecopanier.worker_connect_timeout_ms",
						"How long connecting may take, TLS included.",
						&ecp_worker_connect_timeout_ms, 5000);
	DefineCustomBoolVariable("ecopanier.private_addresses",
							 "Whether private and loopback addresses may be called.",
							 NULL, &ecp_private_addresses, false,
							 PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomStringVariable("ecopanier.http_ca_file",
							   "File with the certificates of authorities that calls trust; empty: those of the system.",
							   NULL, &ecp_http_ca_file, "",
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

void
ecp_background_init(void)
{
	DefineCustomStringVariable("ecopanier.databases",
							   "Databases that have a background worker, where the library is in shared_preload_libraries.",
							   NULL, &ecp_databases, "",
							   PGC_SIGHUP, GUC_LIST_INPUT, check_databases, NULL, NULL);
	define_calls();
	ecp_background_register();
}
