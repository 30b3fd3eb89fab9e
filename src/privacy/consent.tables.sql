/*
 * What people agree to. A purpose that needs consent is processed for those
 * alone whom the view consent_in_force names; recipients() is the door for
 * whatever sends or computes something.
 */
CREATE TABLE ecopanier.consent_purpose (
	name text PRIMARY KEY
		CONSTRAINT consent_purpose_name_check CHECK (name ~ '^[a-z][a-z0-9_]*$'),
	required_version int NOT NULL DEFAULT 1
		CONSTRAINT consent_purpose_required_version_check CHECK (required_version >= 1),
	description text NOT NULL
);
COMMENT ON TABLE ecopanier.consent_purpose IS 'What personal data is used for with consent alone.';
COMMENT ON COLUMN ecopanier.consent_purpose.name IS 'Name of the purpose.';
COMMENT ON COLUMN ecopanier.consent_purpose.required_version IS
'Lowest version of the text whose consent is still in force: raise it where a new text asks for more, not where it says the same better.';
COMMENT ON COLUMN ecopanier.consent_purpose.description IS 'What is done for this purpose.';

CREATE TABLE ecopanier.consent_text (
	purpose text NOT NULL REFERENCES ecopanier.consent_purpose,
	version int NOT NULL CONSTRAINT consent_text_version_check CHECK (version >= 1),
	language text NOT NULL
		CONSTRAINT consent_text_language_check CHECK (language IN ('fr', 'en', 'es', 'ar')),
	body text NOT NULL
		CONSTRAINT consent_text_body_check CHECK (length(btrim(body)) > 0 AND length(body) <= 5000),
	sha256 text NOT NULL
		CONSTRAINT consent_text_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	PRIMARY KEY (purpose, version, language)
);
COMMENT ON TABLE ecopanier.consent_text IS
'The texts that people agree to, word for word; added by superusers in all languages of a version at once, never changed.';
COMMENT ON COLUMN ecopanier.consent_text.purpose IS 'The purpose.';
COMMENT ON COLUMN ecopanier.consent_text.version IS 'Version of the text, from 1; the newest one is asked for.';
COMMENT ON COLUMN ecopanier.consent_text.language IS 'Language: fr, en, es or ar.';
COMMENT ON COLUMN ecopanier.consent_text.body IS 'The text as it is shown.';
COMMENT ON COLUMN ecopanier.consent_text.sha256 IS 'SHA-256 of the text in UTF-8, hexadecimal; computed by the database.';

CREATE TABLE ecopanier.consent (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	purpose text NOT NULL,
	version int NOT NULL,
	language text NOT NULL,
	text_sha256 text NOT NULL,
	given_through text NOT NULL DEFAULT 'load'
		CONSTRAINT consent_given_through_check CHECK (given_through IN ('person', 'load')),
	given_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	withdrawn_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (purpose, version, language) REFERENCES ecopanier.consent_text,
	CONSTRAINT consent_order_check CHECK (given_at <= withdrawn_at)
);
CREATE UNIQUE INDEX consent_open_key ON ecopanier.consent (territory_id, member_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_member_index ON ecopanier.consent (territory_id, member_id);
COMMENT ON TABLE ecopanier.consent IS 'Who agreed to which text, when, and until when: a row for each time it was given.';
COMMENT ON COLUMN ecopanier.consent.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.consent.id IS 'Identifier; given by the database where null. The audit names it.';
COMMENT ON COLUMN ecopanier.consent.member_id IS 'The person, who is the caller.';
COMMENT ON COLUMN ecopanier.consent.purpose IS 'The purpose.';
COMMENT ON COLUMN ecopanier.consent.version IS 'Version of the text that was agreed to.';
COMMENT ON COLUMN ecopanier.consent.language IS 'Language that it was shown in.';
COMMENT ON COLUMN ecopanier.consent.text_sha256 IS 'SHA-256 of the text that was shown.';
COMMENT ON COLUMN ecopanier.consent.given_through IS 'person, or load for what a superuser brought from another system.';
COMMENT ON COLUMN ecopanier.consent.given_at IS 'When it was given.';
COMMENT ON COLUMN ecopanier.consent.withdrawn_at IS 'When it was withdrawn, or replaced by consent to a newer text; null while it stands.';

CREATE VIEW ecopanier_private.consent_in_force WITH (security_barrier) AS
SELECT c.territory_id, c.member_id, c.purpose, c.version, c.given_at
FROM ecopanier.consent c JOIN ecopanier.consent_purpose p ON p.name = c.purpose
WHERE c.withdrawn_at IS NULL AND c.version >= p.required_version;
COMMENT ON VIEW ecopanier_private.consent_in_force IS 'Who agrees to what now: the one definition that all processing asks.';
COMMENT ON COLUMN ecopanier_private.consent_in_force.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.consent_in_force.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.consent_in_force.purpose IS 'The purpose.';
COMMENT ON COLUMN ecopanier_private.consent_in_force.version IS 'Version of the text.';
COMMENT ON COLUMN ecopanier_private.consent_in_force.given_at IS 'When it was given.';

CREATE FUNCTION ecopanier_private.recipients(purpose text)
RETURNS TABLE (territory_id int, member_id uuid, language text)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
	SELECT m.territory_id, m.id, m.language
	FROM ecopanier_private.consent_in_force c
	JOIN ecopanier.member m ON m.territory_id = c.territory_id AND m.id = c.member_id AND m.state = 'active'
	WHERE c.purpose = recipients.purpose
$$;
COMMENT ON FUNCTION ecopanier_private.recipients(text) IS
'The active members for whom a purpose may be processed, with their language: what sends or computes something for people begins here.
purpose: name of consent_purpose; an unknown one has no recipients.';
REVOKE ALL ON FUNCTION ecopanier_private.recipients(text) FROM PUBLIC;

-- Rows come before the triggers: while migrations run, the guards would refuse as outdated.
INSERT INTO ecopanier.consent_purpose (name, description) VALUES
	('notifications', 'Messages about the own baskets: ready, moved, cancelled.'),
	('alerts', 'Messages about new baskets that the person may like.'),
	('statistics', 'Counting the person''s household in published statistics of groups.');
INSERT INTO ecopanier.consent_text (purpose, version, language, body, sha256)
SELECT purpose, 1, language, body, encode(sha256(convert_to(body, 'UTF8')), 'hex') FROM (VALUES
	('notifications', 'fr', 'J''accepte de recevoir des messages sur mes paniers : quand ils sont prêts, déplacés ou annulés. Mes coordonnées ne servent à rien d''autre. Je peux arrêter à tout moment, sans raison et sans rien perdre.'),
	('notifications', 'en', 'I agree to get messages about my baskets: when they are ready, moved or cancelled. My contact details are used for nothing else. I can stop at any time, without a reason and without losing anything.'),
	('notifications', 'es', 'Acepto recibir mensajes sobre mis cestas: cuando están listas, cambian de hora o se anulan. Mis datos de contacto no sirven para nada más. Puedo dejarlo en cualquier momento, sin motivo y sin perder nada.'),
	('notifications', 'ar', 'أوافق على تلقي رسائل عن سلالي: عندما تكون جاهزة أو يتغير موعدها أو تُلغى. لا تُستخدم بيانات الاتصال الخاصة بي لأي شيء آخر. يمكنني التوقف في أي وقت، دون سبب ودون أن أخسر شيئًا.'),
	('alerts', 'fr', 'J''accepte de recevoir des messages quand de nouveaux paniers sont proposés. Mes souhaits servent à choisir ces messages et à rien d''autre. Je peux arrêter à tout moment, sans raison et sans rien perdre.'),
	('alerts', 'en', 'I agree to get messages when new baskets are offered. My wishes are used to choose these messages and for nothing else. I can stop at any time, without a reason and without losing anything.'),
	('alerts', 'es', 'Acepto recibir mensajes cuando se ofrecen nuevas cestas. Mis deseos sirven para elegir estos mensajes y para nada más. Puedo dejarlo en cualquier momento, sin motivo y sin perder nada.'),
	('alerts', 'ar', 'أوافق على تلقي رسائل عندما تُعرض سلال جديدة. تُستخدم رغباتي لاختيار هذه الرسائل ولا شيء غير ذلك. يمكنني التوقف في أي وقت، دون سبب ودون أن أخسر شيئًا.'),
	('statistics', 'fr', 'J''accepte que mon foyer soit compté dans des statistiques de groupes d''au moins 11 personnes, où personne ne peut être reconnu. Je peux arrêter à tout moment, sans raison et sans rien perdre.'),
	('statistics', 'en', 'I agree that my household is counted in statistics of groups of at least 11 people, in which nobody can be recognised. I can stop at any time, without a reason and without losing anything.'),
	('statistics', 'es', 'Acepto que mi hogar se cuente en estadísticas de grupos de al menos 11 personas, en las que no se reconoce a nadie. Puedo dejarlo en cualquier momento, sin motivo y sin perder nada.'),
	('statistics', 'ar', 'أوافق على احتساب أسرتي في إحصاءات لمجموعات من 11 شخصًا على الأقل، لا يمكن التعرف فيها على أحد. يمكنني التوقف في أي وقت، دون سبب ودون أن أخسر شيئًا.')) v (purpose, language, body);

CREATE TRIGGER consent_text_guard BEFORE INSERT ON ecopanier.consent_text
	FOR EACH ROW EXECUTE FUNCTION ecopanier.consent_text_guard();
CREATE TRIGGER consent_text_history BEFORE UPDATE OR DELETE ON ecopanier.consent_text
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.consent_text ENABLE ALWAYS TRIGGER consent_text_history;
CREATE TRIGGER consent_text_truncate BEFORE TRUNCATE ON ecopanier.consent_text
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.consent_text ENABLE ALWAYS TRIGGER consent_text_truncate;
CREATE TRIGGER consent_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.consent
	FOR EACH ROW EXECUTE FUNCTION ecopanier.consent_guard();
ALTER TABLE ecopanier.consent ENABLE ALWAYS TRIGGER consent_guard;
CREATE TRIGGER consent_audit AFTER INSERT OR UPDATE ON ecopanier.consent
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', '+purpose', '+version', 'language', 'text_sha256', 'withdrawn_at');
CREATE TRIGGER consent_truncate BEFORE TRUNCATE ON ecopanier.consent
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.consent ENABLE ALWAYS TRIGGER consent_truncate;

ALTER TABLE ecopanier.consent_purpose ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.consent_text ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.consent ENABLE ROW LEVEL SECURITY;
CREATE POLICY consent_purpose_all_select ON ecopanier.consent_purpose FOR SELECT
	TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
		ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service
	USING (true);
COMMENT ON POLICY consent_purpose_all_select ON ecopanier.consent_purpose IS 'The purposes are public.';
CREATE POLICY consent_text_all_select ON ecopanier.consent_text FOR SELECT
	TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
		ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service
	USING (true);
COMMENT ON POLICY consent_text_all_select ON ecopanier.consent_text IS 'The texts are public.';
CREATE POLICY consent_self_select ON ecopanier.consent FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY consent_self_select ON ecopanier.consent IS 'A person reads what the own consent was given to; nobody else does.';
CREATE POLICY consent_self_insert ON ecopanier.consent FOR INSERT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	WITH CHECK (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY consent_self_insert ON ecopanier.consent IS 'A person agrees for themself alone.';
CREATE POLICY consent_self_update ON ecopanier.consent FOR UPDATE
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY consent_self_update ON ecopanier.consent IS 'A person withdraws the own consent.';
GRANT SELECT ON ecopanier.consent_purpose, ecopanier.consent_text
	TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
		ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;
GRANT SELECT, INSERT (purpose, version, language), UPDATE (withdrawn_at) ON ecopanier.consent
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
