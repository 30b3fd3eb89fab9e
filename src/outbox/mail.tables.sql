-- Mail to be sent: a queue in the form of background/queue.h. A row holds neither address nor text: the worker makes both in its memory.

CREATE TABLE ecopanier_private.mail (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	event_id uuid NOT NULL,
	kind text NOT NULL
		CONSTRAINT mail_kind_check CHECK (kind ~ '^[a-z_]+\.[a-z_]+$'),
	state text NOT NULL DEFAULT 'queued'
		CONSTRAINT mail_state_check CHECK (state IN ('queued', 'calling', 'done', 'dead')),
	endpoint text NOT NULL,
	attempts int NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	claimed_at timestamptz,
	last_error text,
	sent_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	CONSTRAINT mail_event_key UNIQUE (territory_id, event_id, member_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
CREATE INDEX mail_due_index ON ecopanier_private.mail (territory_id, endpoint, next_at) WHERE state = 'queued';
CREATE INDEX mail_calling_index ON ecopanier_private.mail (territory_id, id) WHERE state = 'calling';
CREATE INDEX mail_ended_index ON ecopanier_private.mail (territory_id, created_at) WHERE state IN ('done', 'dead');
CREATE INDEX mail_member_index ON ecopanier_private.mail (territory_id, member_id);
COMMENT ON TABLE ecopanier_private.mail IS
'Mail to people about an event, one for each person and event. No address and no text: both are made when it is sent, and only where the person still agrees to it.';
COMMENT ON COLUMN ecopanier_private.mail.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.mail.id IS 'Identifier; the Message-ID of every attempt is made of it.';
COMMENT ON COLUMN ecopanier_private.mail.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.mail.event_id IS 'The event that it tells of.';
COMMENT ON COLUMN ecopanier_private.mail.kind IS 'Kind of the event.';
COMMENT ON COLUMN ecopanier_private.mail.state IS 'queued, calling, done (sent, or no longer of use) or dead.';
COMMENT ON COLUMN ecopanier_private.mail.endpoint IS 'The mail server that it was queued for.';
COMMENT ON COLUMN ecopanier_private.mail.attempts IS 'How often it was taken up.';
COMMENT ON COLUMN ecopanier_private.mail.next_at IS 'When it is due.';
COMMENT ON COLUMN ecopanier_private.mail.claimed_at IS 'When it was last taken up.';
COMMENT ON COLUMN ecopanier_private.mail.last_error IS 'Why the last attempt failed: the server''s code and our words for it, never the server''s text, which repeats addresses.';
COMMENT ON COLUMN ecopanier_private.mail.sent_at IS 'When the mail server took it; null where it was not sent.';
COMMENT ON COLUMN ecopanier_private.mail.created_at IS 'When it was queued; the date that the mail bears.';
COMMENT ON INDEX ecopanier_private.mail_due_index IS 'Finds what is due.';
COMMENT ON INDEX ecopanier_private.mail_calling_index IS 'Finds what a worker was sending.';
COMMENT ON INDEX ecopanier_private.mail_ended_index IS 'Finds what is removed by age.';
COMMENT ON INDEX ecopanier_private.mail_member_index IS 'Finds the mail of a person.';
CREATE TRIGGER mail_wake AFTER INSERT OR UPDATE ON ecopanier_private.mail
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake();
CREATE TRIGGER mail_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.mail
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER mail_person AFTER INSERT OR UPDATE OF territory_id, member_id ON ecopanier_private.mail
	FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'member_id');
ALTER TABLE ecopanier_private.mail ENABLE ROW LEVEL SECURITY;

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, section, columns, trace_column, erase, reason) VALUES
	(116, 'ecopanier_private.mail', 'member_id', 'mails', '{created_at,kind,state,sent_at}', 'created_at', 'delete',
		'That messages were sent: a trace without address and text.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;

-- The text of consent to notifications speaks of baskets alone, so mail about the own right has a purpose of its own.
INSERT INTO ecopanier.consent_purpose (name, description) VALUES
	('rights', 'Messages about the own right: decided, changed, about to end.');
ALTER TABLE ecopanier.consent_text DISABLE TRIGGER consent_text_guard;
INSERT INTO ecopanier.consent_text (purpose, version, language, body, sha256)
SELECT 'rights', 1, language, body, encode(sha256(convert_to(body, 'UTF8')), 'hex') FROM (VALUES
	('fr', 'J''accepte de recevoir des messages sur mon droit aux paniers gratuits : quand il est décidé, change ou va finir. Mes coordonnées ne servent à rien d''autre. Je peux arrêter à tout moment, sans raison et sans rien perdre.'),
	('en', 'I agree to get messages about my right to free baskets: when it is decided, changes or is about to end. My contact details are used for nothing else. I can stop at any time, without a reason and without losing anything.'),
	('es', 'Acepto recibir mensajes sobre mi derecho a cestas gratuitas: cuando se decide, cambia o va a terminar. Mis datos de contacto no sirven para nada más. Puedo dejarlo en cualquier momento, sin motivo y sin perder nada.'),
	('ar', 'أوافق على تلقي رسائل عن حقي في السلال المجانية: عند البتّ فيه أو تغييره أو قرب انتهائه. لا تُستخدم بيانات الاتصال الخاصة بي لأي شيء آخر. يمكنني التوقف في أي وقت، دون سبب ودون أن أخسر شيئًا.')
) t (language, body);
ALTER TABLE ecopanier.consent_text ENABLE TRIGGER consent_text_guard;

CREATE VIEW ecopanier.mail_status WITH (security_barrier) AS
SELECT m.territory_id, m.kind, CASE WHEN m.state = 'done' AND m.sent_at IS NULL THEN 'needless' ELSE m.state END AS state,
	CASE WHEN m.last_error ~ '^[0-9A-Z]{5}: ' THEN 'error of the server, ' || left(m.last_error, 5) ELSE m.last_error END AS last_error,
	count(*) AS mails, min(m.created_at) AS oldest_at, min(m.next_at) FILTER (WHERE m.state = 'queued') AS next_at
FROM ecopanier_private.mail m
WHERE m.territory_id = (SELECT ecopanier.current_territory())
	OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER)
GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW ecopanier.mail_status IS
'How mail fares in the caller''s territory, in all for a superuser: counts and errors, no person and no address. resend_mail() sends dead ones again.';
COMMENT ON COLUMN ecopanier.mail_status.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.mail_status.kind IS 'Kind of the event that the mail tells of.';
COMMENT ON COLUMN ecopanier.mail_status.state IS 'queued, calling, done (sent), needless (not sent: withdrawn, cancelled or too late by then) or dead.';
COMMENT ON COLUMN ecopanier.mail_status.last_error IS 'Why the last attempt failed; of an error of the server its code alone, since its text may name files.';
COMMENT ON COLUMN ecopanier.mail_status.mails IS 'How many.';
COMMENT ON COLUMN ecopanier.mail_status.oldest_at IS 'When the oldest of them was queued.';
COMMENT ON COLUMN ecopanier.mail_status.next_at IS 'When the first of them is due again.';
GRANT SELECT ON ecopanier.mail_status TO ecopanier_admin;
