/*
 * Secrets of other people's services; see credentials.h.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "crypto/credentials.h"
#include "crypto/credentials_core.h"
#include "crypto/file.h"
#include "crypto/secret.h"

static char *credentials_file;

void
ecp_credentials_init(void)
{
	DefineCustomStringVariable("ecopanier.credentials_file",
							   "File with the secrets of other services: keys of models, the password of the mail server.",
							   "Lines of a name and a value. A relative path lies in the data directory. Mode 0600, owned by the server's user.",
							   &credentials_file, "ecopanier.credentials", PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   NULL, NULL, NULL);
}

static void
refuse(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("credentials file \"%s\" cannot be used", ecp_file_full_path(credentials_file)),
			 errdetail("%s", problem),
			 errhint("The file must belong to the server's user, have mode 0600 and hold lines of a name and a value, each name once."),
			 errhidestmt(true), errhidecontext(true)));
}

char *
ecp_credential(const char *name)
{
	EcpFile		file;
	EcpFileState state = ecp_file_read(credentials_file, &file);
	const char *value;
	size_t		len;
	char	   *secret = NULL;
	int			fault;

	if (state == ECP_FILE_ABSENT)
		return NULL;
	if (state == ECP_FILE_REFUSED)
		refuse(file.problem);
	fault = ecp_core_credentials_fault(file.text, file.len);
	if (fault != 0)
		refuse(psprintf("Line %d is damaged, or its name stands twice.", fault));
	if (ecp_core_credential(file.text, file.len, name, &value, &len))
	{
		secret = ecp_secret_alloc(len + 1);
		memcpy(secret, value, len);
	}
	ecp_secret_wipe(file.text);
	return secret;
}
