/*
 * The key file on disk; see keyfile.h.
 *
 * A file once written is never changed: a writer makes the next version beside
 * it, flushes it and renames it over the old one.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/shmem.h"
#include "utils/guc.h"

#include <sodium.h>

#include "crypto/keyfile.h"
#include "crypto/secret.h"

static char *key_file;

const char *
ecp_keyfile_path(void)
{
	return key_file;
}

void
ecp_keyfile_init(void)
{
	DefineCustomStringVariable("ecopanier.key_file",
							   "File with the keys that PINs and pickup tokens are made with.",
							   "A relative path lies in the data directory. Mode 0600, owned by the server's user.",
							   &key_file, "ecopanier.keys", PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   NULL, NULL, NULL);
}

static void
refuse(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("key file \"%s\" cannot be used", ecp_file_full_path(key_file)),
			 errdetail("%s", problem),
			 errhint("The file must belong to the server's user, have mode 0600 and be unchanged since the server wrote it; restore it from a backup if it is damaged."),
			 errhidestmt(true)));
}

bool
ecp_keyfile_read(EcpFileKey **keys, int *count, EcpFileIdentity *identity)
{
	EcpFile		file;
	EcpFileState state = ecp_file_read(key_file, &file);

	if (state == ECP_FILE_ABSENT)
		return false;
	if (state == ECP_FILE_REFUSED)
		refuse(file.problem);
	*identity = file.identity;
	*count = ecp_core_keyfile_count(file.text, file.len);
	if (*count < 1)
		refuse("It is not a key file of format 1, or is cut short.");
	*keys = ecp_secret_alloc(mul_size(*count, sizeof(EcpFileKey)));
	for (int i = 0; i < *count; i++)
		if (!ecp_core_keyfile_key(file.text, i, &(*keys)[i]))
			refuse(psprintf("Line %d is damaged.", i + 2));
	ecp_secret_wipe(file.text);
	return true;
}

/* Waits for the turn to write; the lock ends when the descriptor is closed. */
static int
take_turn(void)
{
	char	   *path = psprintf("%s.lock", key_file);
	int			fd = OpenTransientFilePerm(path, O_RDWR | O_CREAT | PG_BINARY, 0600);

	if (fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", ecp_file_full_path(path)),
				 errhint("The server's user must be able to write in the folder that ecopanier.key_file names.")));
	while (flock(fd, LOCK_EX) != 0)
	{
		if (errno != EINTR)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not lock file \"%s\": %m", ecp_file_full_path(path))));
		CHECK_FOR_INTERRUPTS();
	}
	return fd;
}

/* Puts the text under the file's name, so that a crash leaves the old or the new one whole. */
static void
replace_file(const char *text, size_t len)
{
	char	   *path = psprintf("%s.new", key_file);
	int			fd;

	if (unlink(path) != 0 && errno != ENOENT)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not remove file \"%s\": %m", ecp_file_full_path(path))));
	fd = OpenTransientFilePerm(path, O_WRONLY | O_CREAT | O_EXCL | PG_BINARY, 0600);
	if (fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not create file \"%s\": %m", ecp_file_full_path(path))));
	errno = 0;
	if (write(fd, text, len) != (ssize_t) len)
	{
		if (errno == 0)
			errno = ENOSPC;
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not write file \"%s\": %m", ecp_file_full_path(path))));
	}
	if (pg_fsync(fd) != 0 || CloseTransientFile(fd) != 0)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not flush file \"%s\": %m", ecp_file_full_path(path))));
	(void) durable_rename(path, key_file, ERROR);
}

/* A new random master with its id and the time on the wall, to tell keys apart. */
static void
make_key(EcpFileKey *key)
{
	time_t		now = time(NULL);
	struct tm	tm;

	randombytes_buf(key->master, sizeof(key->master));
	ecp_core_key_id(key->master, key->id);
	strftime(key->created, sizeof(key->created), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
}

char *
ecp_keyfile_add(bool only_if_absent)
{
	EcpFileKey *keys = NULL;
	EcpFileKey *fresh;
	EcpFileIdentity identity;
	int			count = 0;
	int			turn = take_turn();
	char	   *id = palloc(ECP_KEY_ID_LEN + 1);

	if (ecp_keyfile_read(&keys, &count, &identity) && only_if_absent)
		ecp_core_key_id_text(keys[count - 1].id, id);
	else
	{
		size_t		header = strlen(ECP_KEYFILE_HEADER);
		size_t		len = header + (count + 1) * (size_t) ECP_KEYFILE_LINE_LEN;
		char	   *text = ecp_secret_alloc(len);

		memcpy(text, ECP_KEYFILE_HEADER, header);
		for (int i = 0; i < count; i++)
			ecp_core_keyfile_line(&keys[i], text + header + i * ECP_KEYFILE_LINE_LEN);
		fresh = ecp_secret_alloc(sizeof(EcpFileKey));
		make_key(fresh);
		ecp_core_keyfile_line(fresh, text + header + count * ECP_KEYFILE_LINE_LEN);
		replace_file(text, len);
		ecp_core_key_id_text(fresh->id, id);
		ecp_secret_wipe(fresh);
		ecp_secret_wipe(text);
	}
	if (keys != NULL)
		ecp_secret_wipe(keys);
	CloseTransientFile(turn);
	return id;
}
