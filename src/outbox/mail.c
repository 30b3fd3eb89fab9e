/*
 * Mail: which notifications are also sent, and how one is.
 *
 * A mail is a notification that leaves the database.  The consumer queues one
 * for each notification of the kinds below whose reader has a mail address and
 * consents to what it is for; the queue holds ids alone.  When the worker takes
 * one up, it is asked again whether it is still wanted and of use; then
 * address and text are made in the worker's memory, in a context that wipes them.
 *
 * What a mail says does not tell who pays (rule D13): it has the sentence of the
 * notification, and for a basket to pick up the QR, never the PIN and no amount.
 * Subjects about a right are neutral, since a telephone shows them to bystanders.
 *
 * The bytes depend on rows alone, so that a second attempt, after the server took
 * the first and the answer was lost, is the same mail with the same Message-ID.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "beneficiary/contact.h"
#include "common/clock.h"
#include "common/plan.h"
#include "crypto/credentials.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "outbox/consumer.h"
#include "outbox/mail.h"
#include "outbox/mail_settings.h"
#include "outbox/mail_text.h"
#include "outbox/mime_core.h"
#include "pickup/qr.h"

#define ATTEMPTS_MAX 10
#define HELD_OFF "make_interval(mins => 5)"

/* The kinds of notification that are sent, and what the reader must consent to; staff read theirs in the application. */
#define KINDS \
	"(VALUES ('reservation.held', 'notifications'), ('reservation.reminder', 'notifications'), ('reservation.cancelled', 'notifications'), " \
	"('reservation.recalled', 'notifications'), " \
	"('right.verified', 'rights'), ('right.refused', 'rights'), ('right.suspended', 'rights'), ('right.restricted', 'rights'), " \
	"('right.expiring', 'rights'), ('right.expired', 'rights'), ('lot.nearby', 'alerts'), ('lot.favourite', 'alerts')) k (kind, purpose)"

/* People are locked against erasure, so that who is erased meanwhile is left out instead of failing the batch. */
static EcpPlan queue_mail =
ECP_PLAN("INSERT INTO ecopanier_private.mail (territory_id, id, member_id, event_id, kind, endpoint) "
		 "SELECT n.territory_id, ecopanier.new_id(n.territory_id), m.id, n.event_id, n.kind, $3 "
		 "FROM ecopanier.notification n JOIN " KINDS " ON k.kind = n.kind "
		 "JOIN ecopanier.member m ON m.territory_id = n.territory_id AND m.id = n.member_id "
		 "JOIN ecopanier_private.contact a ON a.territory_id = m.territory_id AND a.member_id = m.id AND a.kind = 'mail' "
		 "CROSS JOIN LATERAL ecopanier_private.recipients(k.purpose) c "
		 "WHERE n.territory_id = $1 AND n.event_id = ANY ($2) AND c.territory_id = m.territory_id AND c.member_id = m.id "
		 "ORDER BY m.id, n.id FOR KEY SHARE OF m ON CONFLICT (territory_id, event_id, member_id) DO NOTHING",
		 INT4OID, UUIDARRAYOID, TEXTOID);

/* One mail that is still of use: $1 territory, $2 id. */
static EcpPlan read_mail =
ECP_PLAN("SELECT q.member_id, k.purpose, q.created_at, m.language, t.name, "
		 "CASE WHEN q.kind LIKE 'right.%' THEN ecopanier.message('mail.subject', m.language) "
		 " ELSE ecopanier.message(q.kind || '.title', m.language, n.args) END, "
		 "ecopanier.message('mail.greeting', m.language, jsonb_build_object('name', m.display_name)), "
		 "ecopanier.message(q.kind, m.language, n.args), ecopanier.message('mail.qr', m.language), "
		 "ecopanier.message('mail.qr.alt', m.language), ecopanier.message('mail.footer', m.language), "
		 "CASE WHEN r.state = 'held' THEN r.id END, r.key_id, greatest(r.window_end, r.grace_until) "
		 "FROM ecopanier_private.mail q JOIN " KINDS " ON k.kind = q.kind "
		 "JOIN ecopanier.notification n ON n.territory_id = q.territory_id AND n.event_id = q.event_id AND n.member_id = q.member_id "
		 "JOIN ecopanier.member m ON m.territory_id = q.territory_id AND m.id = q.member_id AND m.state = 'active' "
		 "JOIN ecopanier.territory t ON t.id = q.territory_id "
		 "LEFT JOIN ecopanier.reservation r ON r.territory_id = q.territory_id AND r.id = n.subject_id AND q.kind LIKE 'reservation.%' "
		 "LEFT JOIN ecopanier.lot l ON l.territory_id = q.territory_id AND l.id = n.subject_id AND q.kind LIKE 'lot.%' "
		 "LEFT JOIN ecopanier.beneficiary b ON b.territory_id = q.territory_id AND b.member_id = q.member_id AND q.kind LIKE 'right.%' "
		 "WHERE q.territory_id = $1 AND q.id = $2 AND CASE "
		 "WHEN q.kind = 'reservation.recalled' THEN r.state = 'collected' "
		 "WHEN q.kind LIKE 'reservation.%' THEN greatest(r.window_end, r.grace_until) > ecopanier.now() "
		 " AND r.state = CASE q.kind WHEN 'reservation.cancelled' THEN 'cancelled' ELSE 'held' END "
		 "WHEN q.kind LIKE 'lot.%' THEN l.state = 'published' AND l.window_end > ecopanier.now() AND EXISTS (SELECT FROM ecopanier_private.lot_stock s "
		 " WHERE s.territory_id = l.territory_id AND s.lot_id = l.id AND (s.solidarity_left > 0 OR (q.kind = 'lot.favourite' AND s.public_left > 0))) "
		 "WHEN q.kind = 'right.expiring' THEN b.state = 'verified' AND b.valid_until >= (ecopanier.now() AT TIME ZONE t.time_zone)::date "
		 "WHEN q.kind = 'right.restricted' THEN b.state = 'verified' AND b.units_per_day IS NOT NULL "
		 "ELSE b.state = split_part(q.kind, '.', 2) END",
		 INT4OID, UUIDOID);

static EcpPlan hold_off =
ECP_PLAN("UPDATE ecopanier_private.mail SET next_at = ecopanier.now() + " HELD_OFF ", last_error = $3 WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID, TEXTOID);

static EcpPlan note_sent =
ECP_PLAN("UPDATE ecopanier_private.mail SET sent_at = ecopanier.now(), last_error = NULL WHERE territory_id = $1 AND id = $2",
		 INT4OID, UUIDOID);

static void
consume(int32 territory, ArrayType *events)
{
	Datum		values[3] = {Int32GetDatum(territory), PointerGetDatum(events), (Datum) 0};

	if (!ecp_mail_is_on())
		return;
	values[2] = CStringGetTextDatum(ecp_mail_endpoint());
	ecp_plan_run(&queue_mail, values, NULL, false, 0);
}

const EcpConsumer ecp_mail_consumer = {"mail", consume};

/* Not now: something is to be set up first, and the job waits meanwhile. */
static bool
wait_for_operator(EcpCall *call, const char *reason)
{
	Datum		values[3] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(&call->job.id), CStringGetTextDatum(reason)};

	ecp_plan_run(&hold_off, values, NULL, false, 0);
	call->held = true;
	return false;
}

/* A mail as read_mail finds it. */
typedef struct Mail
{
	pg_uuid_t	member;
	const char *purpose;
	TimestampTz created;
	EcpMailText text;
	bool		has_qr;
	pg_uuid_t	reservation;
	const char *key_id;
	TimestampTz expires;
} Mail;

/* Copies the row that read_mail found. */
static Mail *
copy_mail(void)
{
	Mail	   *mail = palloc0(sizeof(Mail));
	EcpMailText *text = &mail->text;
	const char **const sentences[] = {&text->sender, &text->title, &text->greeting, &text->body, &text->qr, &text->qr_alt, &text->footer};
	bool		isnull;
	Datum		reservation = ecp_plan_value(0, 12, &isnull);
	Size		i;

	mail->member = *DatumGetUUIDP(ecp_plan_known(0, 1));
	mail->purpose = ecp_plan_text(0, 2);
	mail->created = DatumGetTimestampTz(ecp_plan_known(0, 3));
	text->language = ecp_plan_text(0, 4);
	for (i = 0; i < lengthof(sentences); i++)
		*sentences[i] = ecp_mail_utf8(ecp_plan_text(0, 5 + i));
	text->page = ecp_mail_settings.site_url[0] ? ecp_mail_settings.site_url : NULL;
	mail->has_qr = !isnull;
	if (!mail->has_qr)
	{
		text->qr = NULL;
		return mail;
	}
	mail->reservation = *DatumGetUUIDP(reservation);
	mail->key_id = ecp_plan_text(0, 13);
	mail->expires = DatumGetTimestampTz(ecp_plan_known(0, 14));
	return mail;
}

static void
draw_qr(EcpMime *mime, const Mail *mail)
{
	bytea	   *picture = ecp_qr_png(ecp_token_sign(&mail->reservation, mail->key_id, mail->expires), ECP_QR_MODULE_PX);

	mime->picture = (const uint8_t *) VARDATA_ANY(picture);
	mime->picture_length = VARSIZE_ANY_EXHDR(picture);
	mime->picture_name = "qr.png";
}

/* Makes the body, in memory that is wiped. */
static void
write_mail(EcpCall *call, const Mail *mail)
{
	EcpMime		mime = {.domain = ecp_mail_domain(),.from = call->sender,.to = call->recipient,.language = mail->text.language,
		.from_name = mail->text.sender,.subject = mail->text.title,.page = mail->text.page,
		.date = mail->created / USECS_PER_SEC + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY};
	char	   *bytes;

	mime.id = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&call->job.id)));
	if (mail->has_qr)
		draw_qr(&mime, mail);
	mime.text = ecp_mail_plain(&mail->text);
	mime.html = ecp_mail_html(&mail->text, mime.domain);
	call->body_length = ecp_mime_write(&mime, NULL, 0);
	if (call->body_length == 0)
	{
		call->error = "the parts of the mail do not make one";
		return;
	}
	bytes = ecp_secret_alloc(call->body_length);
	ecp_mime_write(&mime, bytes, call->body_length);
	call->body = bytes;
}

static bool
address_server(EcpCall *call)
{
	call->endpoint = pstrdup(ecp_mail_endpoint());
	call->url = psprintf("%s/%s", ecp_mail_settings.smtp_url, ecp_mail_domain());
	call->sender = pstrdup(ecp_mail_settings.from);
	call->starttls = ecp_mail_settings.smtp_starttls;
	call->any_address = true;	/* the operator's own server */
	if (ecp_mail_settings.smtp_user[0] == '\0')
		return true;
	call->user = pstrdup(ecp_mail_settings.smtp_user);
	call->password = ecp_credential("smtp_password");
	return call->password != NULL;
}

static bool
prepare(EcpCall *call)
{
	Datum		values[2] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(&call->job.id)};
	Mail	   *mail;

	if (!ecp_mail_is_on())
		return wait_for_operator(call, "ecopanier.smtp_url or ecopanier.mail_from is empty");
	ecp_plan_run(&read_mail, values, NULL, false, 1);
	if (SPI_processed == 0)
		return false;			/* needless by now */
	mail = copy_mail();
	call->recipient = ecp_contact_open(call->job.territory, &mail->member, ECP_CONTACT_MAIL, mail->purpose);
	if (call->recipient == NULL)
		return false;			/* no address, or consent was withdrawn */
	if (!address_server(call))
		return wait_for_operator(call, "ecopanier.credentials_file has no smtp_password");
	write_mail(call, mail);
	return call->error == NULL;
}

static EcpVerdict
record(EcpCall *call)
{
	Datum		values[2] = {Int32GetDatum(call->job.territory), UUIDPGetDatum(&call->job.id)};
	EcpReply	reply;

	if (call->outcome == ECP_CALL_ANSWERED && call->status / 100 == 2)
	{
		ecp_plan_run(&note_sent, values, NULL, false, 0);
		return ECP_VERDICT_DONE;
	}
	reply = ecp_mail_reply(call->outcome, call->status, call->answer);
	call->error = reply.error;
	return reply.is_final ? ECP_VERDICT_DEAD : ECP_VERDICT_RETRY;
}

static int
in_flight(void)
{
	return ecp_mail_settings.in_flight;
}

static EcpQueue mail_queue = {.table = "ecopanier_private.mail",.max_attempts = ATTEMPTS_MAX};

EcpChannel	ecp_mail_channel = {.name = "mail",.queue = &mail_queue,.in_flight = in_flight,.prepare = prepare,.record = record};
