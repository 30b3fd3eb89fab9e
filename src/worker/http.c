/*
 * The transport: the only file that knows libcurl.
 *
 * One multi handle drives all calls.  Its sockets are watched by an epoll
 * descriptor that stands as one readable descriptor in a WaitEventSet, beside the
 * latch and the postmaster's death: the worker sleeps in one place and is there at
 * once for each of them.  Where the system has no epoll the sleep is bounded and
 * all calls are looked at.
 *
 * What is called is not trusted.  Protocols are allow-listed; redirects are not
 * followed; no proxy, password or cookie comes from the environment; connecting,
 * the whole call, the headers and the answer have limits; certificates are verified.
 * Addresses are judged when a socket is opened, on what the name resolved to, and
 * again before a request goes out on a connection that was kept, which another call
 * may have been allowed to open.
 *
 * Memory: libcurl's callbacks run inside its frames, so nothing in them raises.  A
 * handle belongs to its call's memory context, whose end by any way removes it and
 * wipes the request.  (What libcurl copied, such as a password, it frees unwiped.)
 * Signals are blocked while libcurl runs, since the threads with which it
 * resolves names inherit the mask, and the server's handlers belong to its own.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#ifdef HAVE_SYS_EPOLL_H
#include <sys/epoll.h>
#endif

#include "lib/ilist.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include <curl/curl.h>

#include "background/address_core.h"
#include "background/retry_after_core.h"
#include "background/settings.h"
#include "common/install.h"
#include "worker/http.h"

#define ANSWER_MAX 65536		/* where the call says nothing */
#define HEADERS_MAX 262144
#define REPLY_MAX 512			/* of a mail server, RFC 5321 */
#define BOUNDED_WAIT_MS 20		/* without epoll */
#define CONNECTIONS_KEPT 128
#define EVENTS 64				/* served at a time */

typedef struct Transfer
{
	MemoryContextCallback callback;
	EcpCall    *call;
	CURL	   *easy;
	struct curl_slist *headers;
	struct curl_slist *recipients;
	Size		sent;			/* of the body, for mail */
	Size		headers_length;
	Size		answer_size;	/* allocated */
	bool		is_mail;
	bool		refused;		/* an address was */
	bool		connected;
	bool		too_large;
	bool		has_ended;
	dlist_node	node;			/* in ended */
} Transfer;

static CURLM *multi = NULL;
static WaitEventSet *wait_set;
static dlist_head ended = DLIST_STATIC_INIT(ended);
static int64 timer_due = -1;	/* when libcurl wants to be called, in microseconds of a steady clock */
#ifdef HAVE_SYS_EPOLL_H
static int	epoll_fd = -1;
#endif

static int64
steady_us(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_MICROSEC(now);
}

static void
block_signals(sigset_t *before)
{
	sigset_t	all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static void
unblock_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/*
 * Addresses
 */

static bool
address_allowed(const EcpCall *call, int family, const void *bytes)
{
	if (call->any_address || ecp_private_addresses)
		return family == AF_INET || family == AF_INET6;
	return (family == AF_INET && ecp_address_is_public(bytes, 4)) ||
		(family == AF_INET6 && ecp_address_is_public(bytes, 16));
}

static curl_socket_t
on_open_socket(void *clientp, curlsocktype purpose pg_attribute_unused(), struct curl_sockaddr *address)
{
	Transfer   *transfer = clientp;
	const void *bytes = address->family == AF_INET6
	? (const void *) &((struct sockaddr_in6 *) &address->addr)->sin6_addr
	: (const void *) &((struct sockaddr_in *) &address->addr)->sin_addr;

	if (!address_allowed(transfer->call, address->family, bytes))
	{
		transfer->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The connection may be one that another call opened. */
static int
on_request(void *clientp, char *remote, char *local pg_attribute_unused(), int remote_port pg_attribute_unused(),
		   int local_port pg_attribute_unused())
{
	Transfer   *transfer = clientp;
	unsigned char bytes[16];
	int			family = strchr(remote, ':') != NULL ? AF_INET6 : AF_INET;

	if (inet_pton(family, remote, bytes) == 1 && address_allowed(transfer->call, family, bytes))
	{
		transfer->connected = true;
		return CURL_PREREQFUNC_OK;
	}
	transfer->refused = true;
	return CURL_PREREQFUNC_ABORT;
}

/*
 * Bytes in and out
 */

/* Room for so many bytes and a zero; false where there is none. */
static bool
make_room(Transfer *transfer, Size length)
{
	EcpCall    *call = transfer->call;
	Size		size = Max(transfer->answer_size, 512);
	char	   *bytes;

	if (length < transfer->answer_size)
		return true;
	while (size <= length)
		size *= 2;
	bytes = MemoryContextAllocExtended(call->context, size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
	if (bytes == NULL)
		return false;
	if (call->answer != NULL)
	{
		memcpy(bytes, call->answer, call->answer_length);
		pfree(call->answer);
	}
	call->answer = bytes;
	transfer->answer_size = size;
	return true;
}

static size_t
on_answer(char *bytes, size_t size, size_t count, void *clientp)
{
	Transfer   *transfer = clientp;
	EcpCall    *call = transfer->call;
	Size		length = size * count;
	Size		kept = Min(length, call->answer_max - call->answer_length);

	if (transfer->is_mail)
		return length;
	transfer->too_large |= kept < length;
	if (!make_room(transfer, call->answer_length + kept))
		return 0;
	memcpy(call->answer + call->answer_length, bytes, kept);
	call->answer_length += kept;
	call->answer[call->answer_length] = '\0';
	return kept == length ? length : 0;
}

/* Of a mail server's replies the last refusal is kept: its farewell comes after it. */
static void
keep_refusal(Transfer *transfer, const char *line, Size length)
{
	EcpCall    *call = transfer->call;
	Size		kept = Min(length, REPLY_MAX);

	if (length < 4 || (line[0] != '4' && line[0] != '5') || !make_room(transfer, REPLY_MAX))
		return;
	memcpy(call->answer, line, kept);
	call->answer[kept] = '\0';
	call->answer_length = kept;
}

/* Replies of a mail server come here too. */
static size_t
on_header(char *bytes, size_t size, size_t count, void *clientp)
{
	Transfer   *transfer = clientp;

	transfer->headers_length += size * count;
	if (transfer->is_mail)
		keep_refusal(transfer, bytes, size * count);
	return transfer->headers_length > HEADERS_MAX ? 0 : size * count;
}

static size_t
on_body(char *buffer, size_t size, size_t count, void *clientp)
{
	Transfer   *transfer = clientp;
	Size		length = Min(size * count, transfer->call->body_length - transfer->sent);

	if (length > 0)
		memcpy(buffer, transfer->call->body + transfer->sent, length);
	transfer->sent += length;
	return length;
}

/*
 * Setting up
 */

/* Of what stands in the call's memory; a constant does not, and what ecp_secret_alloc() gave wipes itself. */
static void
wipe(const EcpCall *call, const char *text, Size length)
{
	if (MemoryContextContains(call->context, unconstify(char *, text)))
		explicit_bzero(unconstify(char *, text), length);
}

/* Keys and addresses are in them. */
static void
free_lines(struct curl_slist *lines)
{
	struct curl_slist *line;

	for (line = lines; line != NULL; line = line->next)
		explicit_bzero(line->data, strlen(line->data));
	curl_slist_free_all(lines);
}

/* A call's memory goes, by whatever way. */
static void
release_transfer(void *arg)
{
	Transfer   *transfer = arg;
	EcpCall    *call = transfer->call;
	ListCell   *cell;

	if (transfer->has_ended)
		dlist_delete(&transfer->node);
	if (transfer->easy != NULL)
	{
		(void) curl_multi_remove_handle(multi, transfer->easy);
		curl_easy_cleanup(transfer->easy);
	}
	free_lines(transfer->headers);
	free_lines(transfer->recipients);
	if (transfer->is_mail && call->answer != NULL)
		explicit_bzero(call->answer, transfer->answer_size);	/* repeats the address */
	foreach(cell, call->headers)
		wipe(call, lfirst(cell), strlen(lfirst(cell)));
	wipe(call, call->body, call->body_length);
	wipe(call, call->password, call->password != NULL ? strlen(call->password) : 0);
}

static bool
add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer;

	if (strpbrk(line, "\r\n") != NULL)
		return false;
	longer = curl_slist_append(*list, line);
	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

static void
set_limits(CURL *easy, EcpCall *call)
{
	long		timeout = call->timeout_ms > 0 ? call->timeout_ms : ecp_worker_timeout_ms;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name that is still being looked up keeps nobody waiting */
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, Min(timeout, (long) ecp_worker_connect_timeout_ms));
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http,smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (ecp_http_ca_file != NULL && ecp_http_ca_file[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, ecp_http_ca_file);
	if (call->answer_max == 0)
		call->answer_max = ANSWER_MAX;
}

static void
set_callbacks(Transfer *transfer)
{
	CURL	   *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

static bool
set_http(Transfer *transfer)
{
	CURL	   *easy = transfer->easy;
	EcpCall    *call = transfer->call;
	ListCell   *cell;
	char		agent[64];

	snprintf(agent, sizeof(agent), "ecopanier/%s", ecp_library_version);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	if (call->body != NULL)
	{
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) call->body_length);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
	}
	foreach(cell, call->headers)
	{
		if (!add_line(&transfer->headers, lfirst(cell)))
			return false;
	}
	if (!add_line(&transfer->headers, "Expect:"))
		return false;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	return true;
}

/* A password goes over TLS or not at all; where nothing asks for TLS it is taken where it is offered. */
static bool
set_mail(Transfer *transfer)
{
	CURL	   *easy = transfer->easy;
	EcpCall    *call = transfer->call;

	if (call->sender == NULL || call->recipient == NULL || call->body == NULL || strpbrk(call->sender, "\r\n<>") != NULL ||
		strpbrk(call->recipient, "<>") != NULL || !add_line(&transfer->recipients, call->recipient))
		return false;
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, call->sender);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->recipients);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t) call->body_length);
	curl_easy_setopt(easy, CURLOPT_USE_SSL, (long) (call->starttls || call->password != NULL ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	if (call->user != NULL)
		curl_easy_setopt(easy, CURLOPT_USERNAME, call->user);
	if (call->password != NULL)
		curl_easy_setopt(easy, CURLOPT_PASSWORD, call->password);
	return true;
}

static bool
set_up(Transfer *transfer)
{
	EcpCall    *call = transfer->call;

	if (transfer->easy == NULL || call->url == NULL)
		return false;
	transfer->is_mail = pg_strncasecmp(call->url, "smtp", 4) == 0;
	set_limits(transfer->easy, call);
	set_callbacks(transfer);
	return curl_easy_setopt(transfer->easy, CURLOPT_URL, call->url) == CURLE_OK &&
		(transfer->is_mail ? set_mail(transfer) : set_http(transfer));
}

/*
 * The end of a call
 */

static EcpOutcome
outcome_of(const Transfer *transfer, CURLcode code)
{
	if (transfer->refused && code != CURLE_OK)
		return ECP_CALL_ADDRESS_REFUSED;
	if (transfer->too_large)
		return ECP_CALL_TOO_LARGE;
	switch (code)
	{
		case CURLE_OK:
			return ECP_CALL_ANSWERED;
		case CURLE_OPERATION_TIMEDOUT:
			return ECP_CALL_TIMED_OUT;
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_CONNECT:
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
		case CURLE_GOT_NOTHING:
		case CURLE_PARTIAL_FILE:
			return ECP_CALL_UNREACHABLE;
		case CURLE_UNSUPPORTED_PROTOCOL:	/* of the address, or of the answer */
		case CURLE_URL_MALFORMAT:
			return transfer->connected ? ECP_CALL_BROKEN : ECP_CALL_ADDRESS_REFUSED;
		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_USE_SSL_FAILED:
			return ECP_CALL_TLS_FAILED;
		default:
			return ECP_CALL_BROKEN;
	}
}

/* "Text/HTML; charset=..." as "text/html". */
static char *
media_type(MemoryContext context, const char *given)
{
	Size		length = strcspn(given, "; \t");
	char	   *type = MemoryContextAlloc(context, length + 1);
	Size		i;

	for (i = 0; i < length; i++)
		type[i] = pg_ascii_tolower((unsigned char) given[i]);
	type[length] = '\0';
	return type;
}

static void
read_answer(Transfer *transfer)
{
	EcpCall    *call = transfer->call;
	const char *type = NULL;
	struct curl_header *after;
	long		status = 0;
	curl_off_t	microseconds = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
	call->status = (int) status;
	call->duration_ms = microseconds / 1000;
	if (transfer->is_mail)
		return;
	curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	if (type != NULL)
		call->answer_type = media_type(call->context, type);
	if (curl_easy_header(transfer->easy, "Retry-After", 0, CURLH_HEADER, -1, &after) == CURLHE_OK)
		call->retry_after_ms = ecp_retry_after_ms(after->value, timestamptz_to_time_t(GetCurrentTimestamp()));
}

static void
end_transfer(Transfer *transfer, CURLcode code)
{
	EcpCall    *call = transfer->call;

	if (transfer->easy != NULL)
		read_answer(transfer);
	call->outcome = outcome_of(transfer, code);
	/* A mail server that says no makes libcurl give up; what it said is the answer. */
	if (transfer->is_mail && call->status >= 400 && call->outcome != ECP_CALL_TIMED_OUT)
		call->outcome = ECP_CALL_ANSWERED;
	if (call->answer == NULL)
		call->answer = MemoryContextAllocZero(call->context, 1);
	transfer->has_ended = true;
	dlist_push_tail(&ended, &transfer->node);
}

static void
collect_ended(void)
{
	CURLMsg    *message;
	int			left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL)
	{
		Transfer   *transfer = NULL;
		CURLcode	code = message->data.result;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		(void) curl_multi_remove_handle(multi, transfer->easy);
		end_transfer(transfer, code);
	}
}

void
ecp_http_start(EcpCall *call)
{
	Transfer   *transfer = MemoryContextAllocZero(call->context, sizeof(Transfer));
	sigset_t	before;
	bool		begun;

	call->retry_after_ms = -1;
	transfer->call = call;
	transfer->callback.func = release_transfer;
	transfer->callback.arg = transfer;
	MemoryContextRegisterResetCallback(call->context, &transfer->callback);
	block_signals(&before);
	transfer->easy = curl_easy_init();
	begun = set_up(transfer) && curl_multi_add_handle(multi, transfer->easy) == CURLM_OK;
	unblock_signals(&before);
	if (!begun)
		end_transfer(transfer, CURLE_FAILED_INIT);
}

EcpCall *
ecp_http_ended(void)
{
	Transfer   *transfer;

	if (dlist_is_empty(&ended))
		return NULL;
	transfer = dlist_container(Transfer, node, dlist_pop_head_node(&ended));
	transfer->has_ended = false;
	return transfer->call;
}

bool
ecp_http_has_ended(void)
{
	return !dlist_is_empty(&ended);
}

/*
 * Waiting
 */

static int
on_timer(CURLM *of pg_attribute_unused(), long timeout_ms, void *clientp pg_attribute_unused())
{
	timer_due = timeout_ms < 0 ? -1 : steady_us() + timeout_ms * INT64CONST(1000);
	return 0;
}

#ifdef HAVE_SYS_EPOLL_H
static int
on_socket(CURL *easy pg_attribute_unused(), curl_socket_t fd, int what, void *clientp pg_attribute_unused(),
		  void *socketp pg_attribute_unused())
{
	struct epoll_event event = {.data.fd = fd};

	if (what == CURL_POLL_REMOVE)
	{
		(void) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, &event);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return errno == ENOENT ? epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) : -1;
}

static void
watch_sockets(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		ereport(ERROR,
				(errcode_for_socket_access(),
				 errmsg("could not make a descriptor to watch sockets: %m")));
	ReserveExternalFD();
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	AddWaitEventToSet(wait_set, WL_SOCKET_READABLE, epoll_fd, NULL, NULL);
}

/* Serves sockets that are ready and the timer, where it is due. */
static void
serve_once(void)
{
	struct epoll_event events[EVENTS];
	int			count;
	int			running;
	int			i;

	do
	{
		count = epoll_wait(epoll_fd, events, EVENTS, 0);
		for (i = 0; i < count; i++)
		{
			int			ready = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
			(events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			(events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

			(void) curl_multi_socket_action(multi, events[i].data.fd, ready, &running);
		}
	} while (count == EVENTS);
	if (timer_due >= 0 && timer_due <= steady_us())
	{
		timer_due = -1;
		(void) curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
}
#else
static void
watch_sockets(void)
{
}

static void
serve_once(void)
{
	int			running;

	timer_due = -1;
	(void) curl_multi_perform(multi, &running);
	if (running > 0 && (timer_due < 0 || timer_due > steady_us() + BOUNDED_WAIT_MS * 1000))
		timer_due = steady_us() + BOUNDED_WAIT_MS * 1000;
}
#endif							/* HAVE_SYS_EPOLL_H */

void
ecp_http_serve(void)
{
	sigset_t	before;

	block_signals(&before);
	serve_once();
	unblock_signals(&before);
	collect_ended();
}

void
ecp_http_wait(long timeout_ms)
{
	WaitEvent	events[3];
	int			count;
	int			i;

	if (timer_due >= 0)
	{
		int64		ms = Max(0, (timer_due - steady_us() + 999) / 1000);

		timeout_ms = timeout_ms < 0 ? ms : Min(timeout_ms, ms);
	}
	count = WaitEventSetWait(wait_set, timeout_ms, events, lengthof(events), PG_WAIT_EXTENSION);
	for (i = 0; i < count; i++)
	{
		if (events[i].events & WL_LATCH_SET)
			ResetLatch(MyLatch);
	}
	ecp_http_serve();
}

void
ecp_http_open(void)
{
	if (multi != NULL)
		return;
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK || (multi = curl_multi_init()) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not start libcurl")));
	wait_set = CreateWaitEventSet(TopMemoryContext, 3);
	AddWaitEventToSet(wait_set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(wait_set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) CONNECTIONS_KEPT);
	watch_sockets();
}
