/*
 * What is kept about a person, and what becomes of it: one line for each
 * column that leads to a person. Export, erasure and retention read nothing
 * else; the view personal_gap names what has no line.
 */
CREATE TABLE ecopanier_private.personal_data (
	relation text NOT NULL,
	person_column text NOT NULL,
	territory_column text NOT NULL DEFAULT 'territory_id',
	through text,
	through_column text,
	position int NOT NULL,
	section text,
	read_from text,
	columns text[],
	opened boolean NOT NULL DEFAULT false,
	guarded boolean NOT NULL DEFAULT false,
	contact_columns text[] NOT NULL DEFAULT '{}',
	trace_column text,
	erase text NOT NULL CONSTRAINT personal_data_erase_check CHECK (erase IN ('delete', 'blank', 'keep')),
	blank jsonb,
	reason text NOT NULL CONSTRAINT personal_data_reason_check CHECK (length(btrim(reason)) > 0),
	PRIMARY KEY (relation, person_column),
	CONSTRAINT personal_data_section_key UNIQUE (section),
	CONSTRAINT personal_data_through_check CHECK ((through IS NULL) = (through_column IS NULL)),
	CONSTRAINT personal_data_columns_check CHECK ((section IS NULL) = (columns IS NULL)),
	CONSTRAINT personal_data_blank_check CHECK ((erase = 'blank') = (blank IS NOT NULL))
);
COMMENT ON TABLE ecopanier_private.personal_data IS
'The register of personal data: each column that leads to a person, how it is exported, what an erasure does, and why. A new table adds its line.';
COMMENT ON COLUMN ecopanier_private.personal_data.relation IS 'The table, with its schema.';
COMMENT ON COLUMN ecopanier_private.personal_data.person_column IS 'Its column that holds the person''s id, or the key of a row of the person.';
COMMENT ON COLUMN ecopanier_private.personal_data.territory_column IS 'Its column with the territory of that person or row.';
COMMENT ON COLUMN ecopanier_private.personal_data.through IS 'The table of whose rows the column holds the key; null where it holds the person''s id.';
COMMENT ON COLUMN ecopanier_private.personal_data.through_column IS 'The column of that table with the person''s id.';
COMMENT ON COLUMN ecopanier_private.personal_data.position IS 'Place in the order of an erasure: what refers to other rows comes before them.';
COMMENT ON COLUMN ecopanier_private.personal_data.section IS 'Name of its part of export_person(); null where it has none.';
COMMENT ON COLUMN ecopanier_private.personal_data.read_from IS 'View that the part is read from, with territory_id and person_column; null: the table.';
COMMENT ON COLUMN ecopanier_private.personal_data.columns IS 'The columns of the part; the first two order it.';
COMMENT ON COLUMN ecopanier_private.personal_data.opened IS 'Whether the part is encrypted and opened by the library.';
COMMENT ON COLUMN ecopanier_private.personal_data.guarded IS 'Whether the part is for the person alone, never for an administrator.';
COMMENT ON COLUMN ecopanier_private.personal_data.contact_columns IS 'Moments at which the person, or somebody for them, did something: the latest is the last contact.';
COMMENT ON COLUMN ecopanier_private.personal_data.trace_column IS 'Moment after which the row goes by retention_trace_months, the person staying; null: it stays with the person.';
COMMENT ON COLUMN ecopanier_private.personal_data.erase IS 'What an erasure does: delete, blank or keep.';
COMMENT ON COLUMN ecopanier_private.personal_data.blank IS 'For blank: the values that the columns get.';
COMMENT ON COLUMN ecopanier_private.personal_data.reason IS 'Why so.';
ALTER TABLE ecopanier_private.personal_data ENABLE ROW LEVEL SECURITY;

ALTER TABLE ecopanier.member ADD COLUMN erased boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN ecopanier.member.erased IS 'Whether the person was erased: what is left is an id that sums and claims hang on. Never taken back.';
CREATE TRIGGER member_erased BEFORE UPDATE ON ecopanier.member
	FOR EACH ROW EXECUTE FUNCTION ecopanier.member_erased();
ALTER TABLE ecopanier.member ENABLE ALWAYS TRIGGER member_erased;

CREATE TABLE ecopanier.access_grant (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	admin_id uuid NOT NULL,
	member_id uuid NOT NULL,
	reason text NOT NULL
		CONSTRAINT access_grant_reason_check CHECK (length(btrim(reason)) >= 10 AND length(reason) <= 1000),
	opened_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, admin_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	CONSTRAINT access_grant_length_check CHECK (expires_at > opened_at AND expires_at <= opened_at + interval '60 minutes')
);
CREATE INDEX access_grant_member_index ON ecopanier.access_grant (territory_id, member_id);
COMMENT ON TABLE ecopanier.access_grant IS
'Break-glass: who opened whose personal data, why, and until when. It serves only once committed, so that a rollback hides no reading.';
COMMENT ON COLUMN ecopanier.access_grant.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.access_grant.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.access_grant.admin_id IS 'The administrator.';
COMMENT ON COLUMN ecopanier.access_grant.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier.access_grant.reason IS 'Why, in at least ten characters; the person can read it.';
COMMENT ON COLUMN ecopanier.access_grant.opened_at IS 'When it was opened.';
COMMENT ON COLUMN ecopanier.access_grant.expires_at IS 'Until when it serves.';
CREATE TRIGGER access_grant_guard BEFORE INSERT ON ecopanier.access_grant
	FOR EACH ROW EXECUTE FUNCTION ecopanier.access_grant_guard();
CREATE TRIGGER access_grant_history BEFORE UPDATE OR DELETE ON ecopanier.access_grant
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.access_grant ENABLE ALWAYS TRIGGER access_grant_history;
CREATE TRIGGER access_grant_truncate BEFORE TRUNCATE ON ecopanier.access_grant
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.access_grant ENABLE ALWAYS TRIGGER access_grant_truncate;
CREATE TRIGGER access_grant_audit AFTER INSERT ON ecopanier.access_grant
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('member_id', 'id', 'expires_at', 'reason');
ALTER TABLE ecopanier.access_grant ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_grant_admin_select ON ecopanier.access_grant FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY access_grant_admin_select ON ecopanier.access_grant IS 'Administrators read who opened what in the own territory.';
GRANT SELECT ON ecopanier.access_grant TO ecopanier_admin;

INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('retention_social_months', 'months', 1, 120, 24, 'After the last contact, how long data of people whose right has ended is kept.', 'CNIL, social sector: two years'),
	('retention_refused_months', 'months', 1, 120, 12, 'After the last contact, how long data of people whose right was refused and never verified is kept.', 'decision'),
	('retention_applied_months', 'months', 1, 120, 6, 'After the last contact, how long an application that nobody decided on is kept.', 'decision'),
	('retention_customer_months', 'months', 1, 120, 36, 'After the last contact, how long data of other people who only buy is kept.', 'CNIL, customers: three years'),
	('retention_trace_months', 'months', 1, 120, 12, 'How long traces such as tries of a PIN are kept.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d WHERE d.name LIKE 'retention\_%';

-- What parts of the export are read from, where it is not the table itself.

CREATE VIEW ecopanier_private.export_right WITH (security_barrier) AS
SELECT b.territory_id, b.member_id, b.created_at AS asked_at, b.ben_code::text AS ben_code, b.state, b.valid_from, b.valid_until,
	b.verified_at, b.reason, b.units_per_day, b.restriction_reason, o.name AS registered_by, v.name AS verified_for
FROM ecopanier.beneficiary b
LEFT JOIN ecopanier.organisation o ON o.territory_id = b.territory_id AND o.id = b.organisation_id
LEFT JOIN ecopanier.organisation v ON v.territory_id = b.territory_id AND v.id = b.verified_for;
COMMENT ON VIEW ecopanier_private.export_right IS 'The right to free lots, for the export.';

CREATE VIEW ecopanier_private.export_staff WITH (security_barrier) AS
SELECT s.territory_id, s.member_id, o.name AS organisation, s.function
FROM ecopanier.organisation_staff s
JOIN ecopanier.organisation o ON o.territory_id = s.territory_id AND o.id = s.organisation_id;
COMMENT ON VIEW ecopanier_private.export_staff IS 'Organisations that the person works for, for the export.';

CREATE VIEW ecopanier_private.export_reservation WITH (security_barrier) AS
SELECT r.territory_id, r.member_id, r.claimed_at, r.id, l.title AS lot_title, o.name AS organisation, r.window_start, r.window_end,
	r.quantity, r.pool, r.amount_cents, r.state, r.collected_at, r.cancelled_at, r.cancel_reason, r.late_cancel, r.claim_day,
	r.quota_limit, r.request_id
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.organisation o ON o.territory_id = r.territory_id AND o.id = r.organisation_id;
COMMENT ON VIEW ecopanier_private.export_reservation IS 'Claims and pickups, for the export.';

CREATE VIEW ecopanier_private.export_consent WITH (security_barrier) AS
SELECT c.territory_id, c.member_id, c.given_at, c.id, c.purpose, c.version, c.language, t.body, c.text_sha256, c.given_through, c.withdrawn_at
FROM ecopanier.consent c JOIN ecopanier.consent_text t ON (t.purpose, t.version, t.language) = (c.purpose, c.version, c.language);
COMMENT ON VIEW ecopanier_private.export_consent IS 'Consents with their texts, for the export.';

CREATE VIEW ecopanier_private.export_contact WITH (security_barrier) AS
SELECT c.territory_id, c.member_id, c.updated_at, c.kind, NULL::text AS contact
FROM ecopanier_private.contact c;
COMMENT ON VIEW ecopanier_private.export_contact IS 'The shape of the contacts in the export; the library opens them.';

CREATE VIEW ecopanier_private.export_identity WITH (security_barrier) AS
SELECT i.territory_id, i.member_id, i.sealed_at, o.name AS organisation, k.label AS key_label, i.sealed
FROM ecopanier_private.sealed_identity i
JOIN ecopanier.organisation o ON o.territory_id = i.territory_id AND o.id = i.organisation_id
JOIN ecopanier.organisation_key k ON k.territory_id = i.territory_id AND k.id = i.key_id;
COMMENT ON VIEW ecopanier_private.export_identity IS 'Sealed identities, for the export.';

CREATE VIEW ecopanier_private.export_card WITH (security_barrier) AS
SELECT c.territory_id, c.member_id, c.issued_at, c.id, o.name AS organisation, c.revoked_at, c.revoke_reason
FROM ecopanier.card c
JOIN ecopanier.organisation o ON o.territory_id = c.territory_id AND o.id = c.organisation_id;
COMMENT ON VIEW ecopanier_private.export_card IS 'Cards without their secrets, for the export.';

CREATE VIEW ecopanier_private.export_kiosk_session WITH (security_barrier) AS
SELECT s.territory_id, s.member_id, s.started_at, s.ended_at, o.name AS organisation
FROM ecopanier_private.kiosk_session s
JOIN ecopanier.organisation o ON o.territory_id = s.territory_id AND o.id = s.organisation_id;
COMMENT ON VIEW ecopanier_private.export_kiosk_session IS 'Sessions at kiosks, for the export.';

CREATE VIEW ecopanier_private.export_audit WITH (security_barrier) AS
SELECT a.territory_id, a.subject_id, a.at, a.id, a.action, 'about' AS relation, a.reason
FROM ecopanier.audit_event a
UNION ALL
SELECT r.territory_id, r.member_id, a.at, a.id, a.action, 'about', a.reason
FROM ecopanier.reservation r JOIN ecopanier.audit_event a ON a.territory_id = r.territory_id AND a.subject_id = r.id
UNION ALL
SELECT c.territory_id, c.member_id, a.at, a.id, a.action, 'about', a.reason
FROM ecopanier.consent c JOIN ecopanier.audit_event a ON a.territory_id = c.territory_id AND a.subject_id = c.id
UNION ALL
SELECT c.territory_id, c.member_id, a.at, a.id, a.action, 'about', a.reason
FROM ecopanier.card c JOIN ecopanier.audit_event a ON a.territory_id = c.territory_id AND a.subject_id = c.id
UNION ALL
SELECT a.territory_id, a.actor_id, a.at, a.id, a.action, 'by', NULL
FROM ecopanier.audit_event a WHERE a.actor_id IS DISTINCT FROM a.subject_id;
COMMENT ON VIEW ecopanier_private.export_audit IS 'What the audit says about the person and what it says that the person did, for the export; never who of the staff.';

DO $comments$
DECLARE
	view_name text;
	item record;
BEGIN
	FOREACH view_name IN ARRAY ARRAY['export_right', 'export_staff', 'export_reservation', 'export_consent', 'export_audit',
		'export_contact', 'export_identity', 'export_card', 'export_kiosk_session']
	LOOP
		FOR item IN SELECT a.attname AS name, c.text FROM pg_catalog.pg_attribute a JOIN (VALUES
			('territory_id', 'The territory.'),
			('member_id', 'The person.'),
			('subject_id', 'The person.'),
			('asked_at', 'When the right was asked for.'),
			('ben_code', 'Code of the person.'),
			('state', 'State.'),
			('valid_from', 'First day of the right.'),
			('valid_until', 'Last day of the right.'),
			('verified_at', 'When the right was verified.'),
			('reason', 'Reason that was given.'),
			('registered_by', 'Organisation that registered the person.'),
			('units_per_day', 'Own limit of free units a day.'),
			('restriction_reason', 'Why there is an own limit.'),
			('verified_for', 'Organisation for which the right was verified.'),
			('organisation', 'Name of the organisation.'),
			('function', 'Function in the organisation.'),
			('claimed_at', 'When it was claimed.'),
			('id', 'Identifier.'),
			('lot_title', 'What was claimed.'),
			('window_start', 'When pickup began.'),
			('window_end', 'When pickup ended.'),
			('quantity', 'Units.'),
			('pool', 'public or solidarity.'),
			('amount_cents', 'What was to pay, cents.'),
			('collected_at', 'When it was handed over.'),
			('cancelled_at', 'When it was cancelled.'),
			('cancel_reason', 'Why it was cancelled.'),
			('late_cancel', 'Whether it was cancelled late.'),
			('claim_day', 'Day that free units counted for.'),
			('quota_limit', 'Limit of that day.'),
			('request_id', 'The client''s number of the request.'),
			('given_at', 'When it was given.'),
			('purpose', 'What the consent is for.'),
			('version', 'Version of the text.'),
			('language', 'Language of the text.'),
			('body', 'The text that was shown.'),
			('text_sha256', 'Digest of the text that was shown.'),
			('given_through', 'person, or load for what came from another system.'),
			('withdrawn_at', 'When it was withdrawn.'),
			('at', 'When.'),
			('updated_at', 'When it was stored.'),
			('kind', 'mail or phone.'),
			('contact', 'The address or number.'),
			('sealed_at', 'When it was sealed.'),
			('key_label', 'The key of the association that it is sealed to.'),
			('sealed', 'The civil identity as it was sealed; only the association can open it.'),
			('issued_at', 'When it was issued.'),
			('revoked_at', 'When it was revoked.'),
			('revoke_reason', 'Why it was revoked.'),
			('started_at', 'When it began.'),
			('ended_at', 'When it ended.'),
			('action', 'What was done.'),
			('relation', 'about: done to the person or their rows; by: done by the person.')) c (name, text) ON c.name = a.attname
			WHERE a.attrelid = ('ecopanier_private.' || view_name)::pg_catalog.regclass AND a.attnum > 0
		LOOP
			EXECUTE format('COMMENT ON COLUMN ecopanier_private.%I.%I IS %L', view_name, item.name, item.text);
		END LOOP;
	END LOOP;
END
$comments$;

INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, through, through_column, section, read_from, columns, contact_columns, trace_column, erase, blank, reason) VALUES
	(100, 'ecopanier_private.pickup_guess', 'reservation_id', 'ecopanier.reservation', 'member_id', 'pickup_tries', NULL, '{at,number}', '{}', 'at',
		'delete', NULL, 'Tries of a PIN: a trace that protects a held basket and serves nothing later.'),
	(101, 'ecopanier_private.reservation_wish', 'reservation_id', 'ecopanier.reservation', 'member_id', 'wishes', NULL, '{reservation_id,wish}', '{}', NULL,
		'delete', NULL, 'Wishes are for one order.'),
	(102, 'ecopanier_private.kiosk_try', 'card_id', 'ecopanier.card', 'member_id', NULL, NULL, NULL, '{}', NULL,
		'keep', NULL, 'Tries of a card of the last two days; tick() folds them, and once the card is gone they lead to nobody.'),
	(103, 'ecopanier_private.kiosk_session', 'member_id', NULL, NULL, 'kiosk_sessions', 'ecopanier_private.export_kiosk_session',
		'{started_at,ended_at,organisation}', '{started_at}', 'started_at', 'delete', NULL, 'Where and when the person was.'),
	(104, 'ecopanier_private.kiosk_session', 'card_id', 'ecopanier.card', 'member_id', NULL, NULL, NULL, '{}', NULL,
		'delete', NULL, 'See member_id.'),
	(105, 'ecopanier_private.card_secret', 'card_id', 'ecopanier.card', 'member_id', NULL, NULL, NULL, '{}', NULL,
		'delete', NULL, 'The hash of a secret: exported to nobody.'),
	(106, 'ecopanier_private.card_round', 'card_id', 'ecopanier.card', 'member_id', NULL, NULL, NULL, '{}', NULL,
		'delete', NULL, 'A count that protects the card.'),
	(107, 'ecopanier.card', 'member_id', NULL, NULL, 'cards', 'ecopanier_private.export_card',
		'{issued_at,id,organisation,revoked_at,revoke_reason}', '{issued_at,revoked_at}', NULL, 'delete', NULL, 'A card leads to a person.'),
	(108, 'ecopanier_private.sealed_identity', 'member_id', NULL, NULL, 'sealed_identities', 'ecopanier_private.export_identity',
		'{sealed_at,organisation,key_label,sealed}', '{sealed_at}', NULL, 'delete', NULL, 'The civil identity, which the association can open.'),
	(109, 'ecopanier_private.contact', 'member_id', NULL, NULL, 'contacts', 'ecopanier_private.export_contact', '{kind,contact,updated_at}', '{updated_at}', NULL,
		'delete', NULL, 'Addresses and numbers identify.'),
	(111, 'ecopanier.household', 'member_id', NULL, NULL, 'household', NULL,
		'{updated_at,age_0_2,age_3_10,age_11_17,age_18_24,age_25_64,age_65_up}', '{updated_at}', NULL, 'delete', NULL, 'Numbers about the person''s family.'),
	(112, 'ecopanier_private.right_transfer', 'member_id', NULL, NULL, 'transfers', NULL, '{requested_at,state,decided_at}', '{requested_at,decided_at}', NULL,
		'delete', NULL, 'Asked for the person; nothing is left to transfer.'),
	(113, 'ecopanier.right_history', 'member_id', NULL, NULL, 'right_history', NULL,
		'{at,from_state,to_state,valid_from,valid_until,units_per_day,reason}', '{contact_at}', NULL, 'delete', NULL, 'Social data, with reasons in free words.'),
	(114, 'ecopanier_private.person_tag', 'member_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL,
		'delete', NULL, 'A keyed MAC by which a person is found again: a secret, exported to nobody.'),
	(115, 'ecopanier.enrolment', 'member_id', NULL, NULL, 'enrolments', NULL, '{created_at,external_id}', '{created_at}', NULL,
		'delete', NULL, 'The number that another system knows the person by.'),
	(110, 'ecopanier.consent', 'member_id', NULL, NULL, 'consents', 'ecopanier_private.export_consent',
		'{given_at,id,purpose,version,language,body,text_sha256,given_through,withdrawn_at}', '{given_at,withdrawn_at}', NULL,
		'delete', NULL, 'Without a person there is nobody to prove it for.'),
	(120, 'ecopanier.access_grant', 'member_id', NULL, NULL, 'accesses', NULL, '{opened_at,expires_at,reason}', '{}', NULL,
		'delete', NULL, 'The reason may name the person; that somebody read stays in the audit.'),
	(130, 'ecopanier_private.login', 'member_id', NULL, NULL, 'logins', NULL, '{login,role}', '{}', NULL,
		'delete', NULL, 'A login leads to a person.'),
	(140, 'ecopanier.organisation_staff', 'member_id', NULL, NULL, 'staff', 'ecopanier_private.export_staff', '{organisation,function}', '{}', NULL,
		'delete', NULL, 'Who is erased works for nobody.'),
	(150, 'ecopanier.beneficiary', 'member_id', NULL, NULL, 'rights', 'ecopanier_private.export_right',
		'{asked_at,ben_code,state,valid_from,valid_until,verified_at,reason,units_per_day,restriction_reason,registered_by,verified_for}', '{created_at,verified_at}', NULL,
		'delete', NULL, 'That somebody had a right is social data. The register of codes keeps the code without the person, so that it is not given again.'),
	(160, 'ecopanier.member_role', 'member_id', NULL, NULL, 'roles', NULL, '{role,granted_at}', '{granted_at}', NULL,
		'delete', NULL, 'Who is erased acts in no role.'),
	(170, 'ecopanier.reservation', 'member_id', NULL, NULL, 'reservations', 'ecopanier_private.export_reservation',
		'{claimed_at,id,lot_title,organisation,window_start,window_end,quantity,pool,amount_cents,state,collected_at,cancelled_at,cancel_reason,late_cancel,claim_day,quota_limit,request_id}',
		'{claimed_at,collected_at,cancelled_at}', NULL,
		'blank', '{"cancel_reason": null}', 'Sums, stock and impact follow from claims; what is left names an id that leads to nobody.'),
	(180, 'ecopanier_private.free_quota', 'member_id', NULL, NULL, 'free_units', NULL, '{day,used,limit_units}', '{}', NULL,
		'keep', NULL, 'Counted from the claims, which stay.'),
	(190, 'ecopanier.member', 'id', NULL, NULL, 'person', NULL, '{created_at,id,display_name,language,state}', '{created_at}', NULL,
		'blank', '{"display_name": "—", "language": "fr", "state": "closed", "erased": true}', 'The id stays for what refers to it; name and language go.'),
	(200, 'ecopanier.audit_event', 'subject_id', NULL, NULL, 'audit', 'ecopanier_private.export_audit', '{at,id,action,relation,reason}', '{}', NULL,
		'keep', NULL, 'Events stay, without the reasons that were written; they name ids, and this id leads to nobody once the person is erased.'),
	(201, 'ecopanier.audit_event', 'actor_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL,
		'keep', NULL, 'What the person did is part of the section audit; see subject_id.'),
	(210, 'ecopanier.access_grant', 'admin_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL,
		'keep', NULL, 'An act of office about somebody else, who may ask when it was; an id alone.'),
	(220, 'ecopanier.member_role', 'granted_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(221, 'ecopanier.beneficiary', 'verified_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(222, 'ecopanier.reservation', 'collected_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(223, 'ecopanier.setting', 'author_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about a territory; an id alone.'),
	(240, 'ecopanier_private.sealed_identity', 'sealed_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(241, 'ecopanier.organisation_key', 'created_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about an organisation; an id alone.'),
	(242, 'ecopanier.card', 'issued_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(243, 'ecopanier.card', 'revoked_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(244, 'ecopanier_private.kiosk_session', 'station_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'The kiosk, an id alone; the row goes with the person who signed in at it.'),
	(245, 'ecopanier.staff_invitation', 'invited_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about an organisation; an id alone.'),
	(250, 'ecopanier.staff_invitation', 'accepted_by', NULL, NULL, 'invitations', NULL, '{accepted_at,function}', '{}', NULL,
		'keep', NULL, 'That an invitation was used up; an id alone.'),
	(251, 'ecopanier_private.staff_invitation_secret', 'invitation_id', 'ecopanier.staff_invitation', 'accepted_by', NULL, NULL, NULL, '{}', NULL,
		'keep', NULL, 'The hash of a secret that goes when the invitation is used.'),
	(252, 'ecopanier_private.right_holder', 'member_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'Kept by triggers alone: it goes with person_tag.'),
	(253, 'ecopanier_private.right_transfer', 'holder_member_id', NULL, NULL, 'transfers_away', NULL, '{requested_at,state,decided_at,reason}', '{}', NULL,
		'delete', NULL, 'It joins the person''s id to that of the same person elsewhere.'),
	(254, 'ecopanier_private.right_transfer', 'requested_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(255, 'ecopanier_private.right_transfer', 'decided_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(256, 'ecopanier.right_history', 'decided_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about somebody else; an id alone.'),
	(230, 'ecopanier.service_account', 'id', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'A system, not a person: neither exported nor erased.'),
	(231, 'ecopanier.service_account', 'created_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about a system; an id alone.'),
	(232, 'ecopanier.service_key', 'created_by', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'An act of office about a system; an id alone.'),
	(224, 'ecopanier_private.pickup_guess', 'station_id', NULL, NULL, NULL, NULL, NULL, '{}', NULL, 'keep', NULL, 'The station, an id alone; the row goes with the one whose basket it was.');

UPDATE ecopanier_private.personal_data SET territory_column = 'holder_territory_id' WHERE section = 'transfers_away';
UPDATE ecopanier_private.personal_data SET opened = true WHERE section = 'contacts';
UPDATE ecopanier_private.personal_data SET guarded = true WHERE section IN ('contacts', 'sealed_identities');

-- What goes at an erasure does not come back: claims look in reservation_count().
DO $guards$
DECLARE
	line record;
BEGIN
	FOR line IN SELECT p.relation, p.territory_column, p.person_column, split_part(p.relation, '.', 2) AS name
		FROM ecopanier_private.personal_data p
		WHERE p.through IS NULL AND (p.erase = 'delete' OR p.section = 'transfers_away') ORDER BY p.position
	LOOP
		EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OF %I, %I ON %s FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard(%L, %L)',
			line.name || CASE line.person_column WHEN 'member_id' THEN '_person' ELSE '_holder' END,
			line.territory_column, line.person_column, line.relation, line.territory_column, line.person_column);
	END LOOP;
END
$guards$;

CREATE TRIGGER personal_data_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.personal_data
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();

-- Statements for a territory $1 and a person $2, made from the register.
CREATE VIEW ecopanier_private.personal_statement WITH (security_barrier) AS
SELECT p.position, p.relation, p.section, p.opened, p.guarded, p.trace_column IS NOT NULL AS is_trace,
	CASE WHEN NOT p.opened THEN format('SELECT coalesce(jsonb_agg(to_jsonb(x)), ''[]'')::text FROM (SELECT %s FROM %s t WHERE %s ORDER BY 1, 2) x',
		c.list, coalesce(p.read_from, p.relation), w.clause) END AS read,
	CASE p.erase WHEN 'delete' THEN format('DELETE FROM %s t WHERE %s', p.relation, w.clause)
		WHEN 'blank' THEN format('UPDATE %s t SET %s WHERE %s', p.relation, b.list, w.clause) END AS erase,
	CASE WHEN p.trace_column IS NOT NULL THEN format('DELETE FROM %s t WHERE t.territory_id = $1 AND t.%I < $2', p.relation, p.trace_column) END AS expire,
	(SELECT string_agg(format('SELECT t.%I AS member_id, t.%I AS at FROM %s t WHERE t.%I = $1', p.person_column, k, p.relation, p.territory_column), ' UNION ALL ')
		FROM unnest(p.contact_columns) k) AS contact
FROM ecopanier_private.personal_data p
CROSS JOIN LATERAL (SELECT format('t.%I = $1 AND ', p.territory_column) || CASE WHEN p.through IS NULL THEN format('t.%I = $2', p.person_column)
	ELSE format('t.%I IN (SELECT h.id FROM %s h WHERE h.territory_id = $1 AND h.%I = $2)', p.person_column, p.through, p.through_column) END AS clause) w
LEFT JOIN LATERAL (SELECT string_agg(CASE WHEN a.atttypid = 'bytea'::regtype
		THEN format('translate(encode(t.%I, ''base64''), E''\n'', '''') AS %I', a.attname, a.attname) ELSE format('t.%I', a.attname) END, ', ' ORDER BY n.number) AS list
	FROM unnest(p.columns) WITH ORDINALITY n (name, number)
	JOIN pg_attribute a ON a.attrelid = coalesce(p.read_from, p.relation)::regclass AND a.attname = n.name) c ON true
LEFT JOIN LATERAL (SELECT string_agg(format('%I = %L', key, value), ', ') AS list FROM jsonb_each_text(p.blank)) b ON true;
COMMENT ON VIEW ecopanier_private.personal_statement IS 'The statements of export, erasure and retention, made from the register.';
COMMENT ON COLUMN ecopanier_private.personal_statement.position IS 'Place in the order of an erasure.';
COMMENT ON COLUMN ecopanier_private.personal_statement.relation IS 'The table.';
COMMENT ON COLUMN ecopanier_private.personal_statement.section IS 'Part of the export.';
COMMENT ON COLUMN ecopanier_private.personal_statement.opened IS 'Whether the library opens the part.';
COMMENT ON COLUMN ecopanier_private.personal_statement.guarded IS 'Whether the part is for the person alone.';
COMMENT ON COLUMN ecopanier_private.personal_statement.is_trace IS 'Whether rows go by age.';
COMMENT ON COLUMN ecopanier_private.personal_statement.read IS 'Reads the part as a JSON array.';
COMMENT ON COLUMN ecopanier_private.personal_statement.erase IS 'Erases the person from the table.';
COMMENT ON COLUMN ecopanier_private.personal_statement.expire IS 'Deletes what is older than $2.';
COMMENT ON COLUMN ecopanier_private.personal_statement.contact IS 'Lists moments of contact by person.';

-- Columns that lead to a person and have no line in the register.
CREATE VIEW ecopanier_private.personal_gap WITH (security_barrier) AS
SELECT format('%s.%I', c.oid::regclass, a.attname) AS missing
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname IN ('ecopanier', 'ecopanier_private') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
	AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'uuid'::regtype
	AND (a.attname ~ '(^|_)(member|person|actor|subject|author|admin|station|beneficiary|reservation|card|consent)_id$|_by$'
		OR EXISTS (SELECT FROM pg_constraint k JOIN ecopanier_private.personal_data p ON k.confrelid = p.relation::regclass AND p.section IS NOT NULL
			WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)))
	AND NOT EXISTS (SELECT FROM ecopanier_private.personal_data p
		WHERE p.relation = format('%I.%I', n.nspname, c.relname) AND p.person_column = a.attname);
COMMENT ON VIEW ecopanier_private.personal_gap IS
'Columns that lead to a person by foreign key or by name and have no line in the register personal_data: there must be none.';
COMMENT ON COLUMN ecopanier_private.personal_gap.missing IS 'The column.';

CREATE VIEW ecopanier_private.personal_schema WITH (security_barrier) AS
WITH item AS (
	SELECT p.section, p.guarded, p.reason, a.attname AS name, jsonb_strip_nulls(jsonb_build_object(
		'type', CASE WHEN t.type IS NOT NULL THEN CASE WHEN a.attnotnull THEN to_jsonb(t.type) ELSE jsonb_build_array(t.type, 'null') END END,
		'format', CASE a.atttypid WHEN 'uuid'::regtype THEN 'uuid' WHEN 'date'::regtype THEN 'date' WHEN 'timestamptz'::regtype THEN 'date-time' END,
		'contentEncoding', CASE a.atttypid WHEN 'bytea'::regtype THEN 'base64' END,
		'items', CASE WHEN t.type = 'array' THEN '{"type": "string"}'::jsonb END,
		'description', col_description(a.attrelid, a.attnum))) AS definition
	FROM ecopanier_private.personal_data p CROSS JOIN unnest(p.columns) k (name)
	JOIN pg_attribute a ON a.attrelid = coalesce(p.read_from, p.relation)::regclass AND a.attname = k.name
	JOIN pg_type y ON y.oid = a.atttypid
	CROSS JOIN LATERAL (SELECT CASE WHEN a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'integer'
		WHEN y.typcategory = 'N' THEN 'number' WHEN y.typcategory = 'B' THEN 'boolean' WHEN y.typcategory = 'A' THEN 'array'
		WHEN a.atttypid IN ('json'::regtype, 'jsonb'::regtype) THEN NULL ELSE 'string' END AS type) t
), part AS (
	SELECT section, guarded, reason, jsonb_build_object('type', 'object', 'additionalProperties', false,
		'required', jsonb_agg(name ORDER BY name), 'properties', jsonb_object_agg(name, definition)) AS object
	FROM item GROUP BY section, guarded, reason
)
SELECT jsonb_build_object(
	'$schema', 'https://json-schema.org/draft/2020-12/schema', '$id', 'urn:ecopanier:person:1',
	'title', 'Everything that is kept about a person',
	'description', 'What ecopanier.export_person() returns. Civil identities are sealed: only the association that registered the person can open them.',
	'type', 'object', 'additionalProperties', false,
	'required', '["schema", "generated_at"]'::jsonb || jsonb_agg(section ORDER BY section) FILTER (WHERE NOT guarded),
	'properties', jsonb_build_object('schema', '{"const": "urn:ecopanier:person:1"}'::jsonb,
		'generated_at', '{"type": "string", "format": "date-time", "description": "When the document was made."}'::jsonb)
		|| jsonb_object_agg(section, CASE section WHEN 'person' THEN object
			ELSE jsonb_build_object('type', 'array', 'items', object, 'description', 'At an erasure: ' || reason) END)) AS schema
FROM part;
COMMENT ON VIEW ecopanier_private.personal_schema IS 'JSON Schema of the export, made from the register and the catalogue.';
COMMENT ON COLUMN ecopanier_private.personal_schema.schema IS 'The schema, draft 2020-12.';

/*
 * Published numbers about households: people by age, of those who agree to be
 * counted. A number is told where it comes from at least eleven households and
 * eleven people, rounded to a multiple of five. There is no sum of a
 * territory, and rows and bands do not overlap, so that nothing can be
 * subtracted; who comes or goes changes a number by fives or not at all.
 */
CREATE VIEW ecopanier.household_statistics WITH (security_barrier) AS
SELECT c.territory_id, t.name AS territory, b.age_band,
	CASE WHEN count(*) FILTER (WHERE b.people > 0) >= 11 AND sum(b.people) >= 11 THEN 5 * round(sum(b.people) / 5.0)::bigint END AS people
FROM ecopanier_private.consent_in_force c
JOIN ecopanier.member m ON m.territory_id = c.territory_id AND m.id = c.member_id AND m.state = 'active'
JOIN ecopanier.household h ON h.territory_id = c.territory_id AND h.member_id = c.member_id
JOIN ecopanier.territory t ON t.id = c.territory_id
CROSS JOIN LATERAL (VALUES ('0-2', h.age_0_2), ('3-10', h.age_3_10), ('11-17', h.age_11_17), ('18-24', h.age_18_24),
	('25-64', h.age_25_64), ('65+', h.age_65_up)) b (age_band, people)
WHERE c.purpose = 'statistics'
GROUP BY c.territory_id, t.name, b.age_band;
COMMENT ON VIEW ecopanier.household_statistics IS
'How many people live in the households of those who agree to be counted (purpose statistics), by territory and age, now. Numbers are rounded to
fives, and null where fewer than 11 households or people are behind them; there are no totals, so that none gives a missing number away.';
COMMENT ON COLUMN ecopanier.household_statistics.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.household_statistics.territory IS 'Its name.';
COMMENT ON COLUMN ecopanier.household_statistics.age_band IS 'Age in years: 0-2, 3-10, 11-17, 18-24, 25-64 or 65+.';
COMMENT ON COLUMN ecopanier.household_statistics.people IS 'People of that age, to the nearest five; null where fewer than 11 households or people are behind it.';
GRANT SELECT ON ecopanier.household_statistics TO ecopanier_analyst;

-- What the audit says about a person is found by the person.
CREATE INDEX audit_event_subject_index ON ecopanier.audit_event (territory_id, subject_id);
CREATE INDEX audit_event_actor_index ON ecopanier.audit_event (territory_id, actor_id);
