/*
 * Reading files that hold secrets; see file.h.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"

#include "crypto/file.h"
#include "crypto/secret.h"

const char *
ecp_file_full_path(const char *path)
{
	return is_absolute_path(path) ? path : psprintf("%s/%s", DataDir, path);
}

static void
set_identity(const struct stat *st, EcpFileIdentity *out)
{
	memset(out, 0, sizeof(*out));
	out->device = st->st_dev;
	out->inode = st->st_ino;
	out->size = st->st_size;
	out->modified = st->st_mtim;
	out->changed = st->st_ctim;
}

bool
ecp_file_is_same(const char *path, const EcpFileIdentity *identity)
{
	struct stat st;

	return stat(path, &st) == 0 &&
		st.st_dev == identity->device && st.st_ino == identity->inode && st.st_size == identity->size &&
		st.st_mtim.tv_sec == identity->modified.tv_sec && st.st_mtim.tv_nsec == identity->modified.tv_nsec &&
		st.st_ctim.tv_sec == identity->changed.tv_sec && st.st_ctim.tv_nsec == identity->changed.tv_nsec;
}

/* NULL where the file is one that may hold secrets, else what is wrong. */
static const char *
judge(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "It is not a regular file.";
	if (st->st_uid != geteuid())
		return "It does not belong to the user that runs the server.";
	if ((st->st_mode & 07777) != 0600 && (st->st_mode & 07777) != 0400)
		return psprintf("Its mode is %04o.", (unsigned int) (st->st_mode & 07777));
	if (st->st_size > ECP_FILE_MAX_BYTES)
		return "It is larger than 256 kB.";
	return NULL;
}

/* Reads len bytes, or says why it could not. */
static const char *
read_all(int fd, char *text, size_t len)
{
	for (size_t done = 0; done < len;)
	{
		ssize_t		n = read(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? psprintf("It could not be read: %m.") : "It became shorter while it was read.";
		done += n;
	}
	return NULL;
}

EcpFileState
ecp_file_read(const char *path, EcpFile *out)
{
	struct stat st;
	int			fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);

	memset(out, 0, sizeof(*out));
	if (fd < 0 && errno == ENOENT)
		return ECP_FILE_ABSENT;
	if (fd < 0)
	{
		out->problem = psprintf("It could not be opened: %m.");
		return ECP_FILE_REFUSED;
	}
	if (fstat(fd, &st) != 0)
		out->problem = psprintf("It could not be examined: %m.");
	else
	{
		set_identity(&st, &out->identity);
		out->problem = judge(&st);
	}
	if (out->problem == NULL)
	{
		out->len = st.st_size;
		out->text = ecp_secret_alloc(out->len + 1);
		out->problem = read_all(fd, out->text, out->len);
	}
	CloseTransientFile(fd);
	return out->problem == NULL ? ECP_FILE_OK : ECP_FILE_REFUSED;
}
