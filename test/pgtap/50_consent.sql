-- Consent: the person alone, to the newest text, for each purpose; kept as it was; what has none is not processed.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

\echo '# the texts'
SELECT results_eq('SELECT name FROM ecopanier.consent_purpose ORDER BY name', $$VALUES ('alerts'), ('notifications'), ('rights'), ('statistics')$$, 'four purposes');
SELECT is(count(*), 16::bigint, 'each in four languages') FROM ecopanier.consent_text WHERE version = 1;
SELECT is_empty($$SELECT * FROM ecopanier.consent_text WHERE sha256 <> encode(sha256(convert_to(body, 'UTF8')), 'hex')$$, 'with their digests');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	($$UPDATE ecopanier.consent_text SET body = 'x'$$, 'ZE111'), ($$DELETE FROM ecopanier.consent_text$$, 'ZE111'), ($$TRUNCATE ecopanier.consent_text CASCADE$$, 'ZE111'),
	($$SET LOCAL session_replication_role = replica; DELETE FROM ecopanier.consent_text;$$, 'ZE111'),
	($$INSERT INTO ecopanier.consent_text (purpose, version, language, body) VALUES ('alerts', 2, 'fr', ' ')$$, '23514'),
	($$INSERT INTO ecopanier.consent_text (purpose, version, language, body) VALUES ('alerts', 2, 'fr', NULL)$$, '23502'),
	($$INSERT INTO ecopanier.consent_text (purpose, version, language, body) VALUES ('alerts', 2, 'de', 'ja')$$, '23514')) v (statement, expected);
SELECT is(fixture.try('Adele', 'administrator', $$INSERT INTO ecopanier.consent_text (purpose, version, language, body) VALUES ('alerts', 2, 'fr', 'oui')$$),
	'42501', 'an administrator does not write texts');
SELECT is(fixture.try('Camille', 'customer', 'SELECT count(*) FROM ecopanier.consent_text'), '16', 'everybody reads them');

\echo '# give, give again, withdraw'
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text);
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('nothing is given by itself', 'Camille', 'customer', $$SELECT string_agg(purpose, ' ') FROM ecopanier.my_consents() WHERE given$$, '1 row', NULL),
('all purposes are listed', 'Camille', 'customer', $$SELECT string_agg(purpose || newest_version, ' ') FROM ecopanier.my_consents()$$, 'alerts1 notifications1 rights1 statistics1', NULL),
('a person agrees', 'Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 'true', '2026-11-20 10:00+00'),
('the same again is the same consent', 'Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') = (SELECT id FROM ecopanier.consent)$$, 'true', '2026-11-20 10:01+00'),
('in another language too', 'Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'ar') = (SELECT id FROM ecopanier.consent)$$, 'true', '2026-11-20 10:02+00'),
('it is listed', 'Camille', 'customer', $$SELECT concat_ws(' ', purpose, version, language, given_at AT TIME ZONE 'UTC') FROM ecopanier.my_consents() WHERE given$$, 'alerts 1 fr 2026-11-20 10:00:00', NULL),
('it is withdrawn', 'Camille', 'customer', $$SELECT ecopanier.withdraw_consent('alerts')$$, 'true', '2026-11-20 11:00+00'),
('once', 'Camille', 'customer', $$SELECT ecopanier.withdraw_consent('alerts')$$, 'false', '2026-11-20 12:00+00'),
('what was never given neither', 'Camille', 'customer', $$SELECT ecopanier.withdraw_consent('statistics')$$, 'false', NULL),
('and an unknown purpose neither', 'Camille', 'customer', $$SELECT ecopanier.withdraw_consent('nonsense')$$, 'false', NULL),
('given again', 'Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'en') IS NOT NULL$$, 'true', '2026-11-20 13:00+00'),
('the history is kept', 'Camille', 'customer', $$SELECT string_agg(concat_ws('/', language, to_char(given_at, 'HH24'), to_char(withdrawn_at, 'HH24')), ' ' ORDER BY given_at) FROM ecopanier.consent$$, 'fr/10/11 en/13', NULL),
('the proof has the text as shown', 'Camille', 'customer', $$SELECT body = (SELECT body FROM ecopanier.consent_text WHERE (purpose, version, language) = ('alerts', 1, 'en')) AND unaltered AND sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex') FROM ecopanier.consent_proof('alerts') LIMIT 1$$, 'true', NULL),
('and the events of the audit', 'Camille', 'customer', $$SELECT string_agg(cardinality(audit_events)::text, ' ' ORDER BY given_at) FROM ecopanier.consent_proof('alerts')$$, '2 1', NULL),
('nobody else reads it', 'Charlie', 'customer', 'SELECT count(*) FROM ecopanier.consent', '0', NULL),
('an administrator neither', 'Adele', 'administrator', 'SELECT count(*) FROM ecopanier.consent', '0', NULL),
('a plain INSERT meets the same rules', 'Charlie', 'customer', $$INSERT INTO ecopanier.consent (purpose, version, language) VALUES ('alerts', 1, 'fr') RETURNING member_id = fixture.id('Charlie') AND given_through = 'person' AND withdrawn_at IS NULL$$, 'true', NULL),
('twice is once', 'Charlie', 'customer', $$INSERT INTO ecopanier.consent (purpose, version, language) VALUES ('alerts', 1, 'fr')$$, '23505', NULL),
('nobody gives for another', 'Charlie', 'customer', $$INSERT INTO ecopanier.consent (purpose, version, language, member_id) VALUES ('alerts', 1, 'fr', fixture.id('Claude'))$$, '42501', NULL),
('a plain UPDATE withdraws, now', 'Charlie', 'customer', $$UPDATE ecopanier.consent SET withdrawn_at = '2030-01-01' RETURNING to_char(withdrawn_at, 'YYYY-MM-DD HH24')$$, '2026-11-20 18', '2026-11-20 18:00+00'),
('and is not taken back', 'Charlie', 'customer', $$UPDATE ecopanier.consent SET withdrawn_at = NULL$$, 'ZE111', NULL),
('no other column is the person''s to write', 'Charlie', 'customer', $$UPDATE ecopanier.consent SET purpose = 'statistics'$$, '42501', NULL),
('no row is deleted', 'Charlie', 'customer', $$DELETE FROM ecopanier.consent$$, '42501', NULL),
('an unknown version', 'Charlie', 'customer', $$SELECT ecopanier.give_consent('alerts', 2, 'fr')$$, '22023', NULL),
('an unknown language', 'Charlie', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'de')$$, '22023', NULL),
('an unknown purpose', 'Charlie', 'customer', $$SELECT ecopanier.give_consent('nonsense', 1, 'fr')$$, '22023', NULL),
('a null', 'Charlie', 'customer', $$SELECT ecopanier.give_consent(NULL, 1, 'fr')$$, '22004', NULL);
CREATE FUNCTION pg_temp.walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE s step;
BEGIN
	FOR s IN SELECT * FROM step ORDER BY n LOOP
		RETURN NEXT tap.is(fixture.try(s.name, s.role, s.statement, at => s.at, keep => true), s.expected, s.says);
	END LOOP;
	TRUNCATE step;
END $$;
SELECT pg_temp.walk();
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	($$DELETE FROM ecopanier.consent$$, 'ZE111'), ($$TRUNCATE ecopanier.consent$$, 'ZE111'), ($$UPDATE ecopanier.consent SET given_at = '2000-01-01'$$, 'ZE111'),
	($$SET LOCAL session_replication_role = replica; DELETE FROM ecopanier.consent;$$, 'ZE111'),
	($$SET LOCAL session_replication_role = replica; UPDATE ecopanier.consent SET version = 2;$$, 'ZE111'),
	($$INSERT INTO ecopanier.consent (member_id, purpose, version, language) VALUES (fixture.id('Claude'), 'alerts', 9, 'fr')$$, '22023')) v (statement, expected);

\echo '# a newer text'
INSERT INTO ecopanier.consent_text (purpose, version, language, body) VALUES ('alerts', 2, 'fr', 'Deuxième texte'), ('alerts', 2, 'en', 'Second text');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('the older one can no longer be given', 'Claude', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'fr')$$, 'ZE107', NULL),
('who gave it before stays with it', 'Camille', 'customer', $$SELECT concat_ws(' ', given, version, newest_version) FROM ecopanier.my_consents() WHERE purpose = 'alerts'$$, 't 1 2', NULL),
('agreeing to the newer one ends the older', 'Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 2, 'fr') IS NOT NULL$$, 'true', '2026-11-20 15:00+00'),
('with both kept', 'Camille', 'customer', $$SELECT string_agg(concat_ws('/', version, to_char(given_at, 'HH24'), to_char(withdrawn_at, 'HH24')), ' ' ORDER BY given_at) FROM ecopanier.consent$$, '1/10/11 1/13/15 2/15', NULL);
SELECT pg_temp.walk();

\echo '# a purpose without consent is not processed'
CREATE FUNCTION fixture.recipients(purpose text) RETURNS text STABLE LANGUAGE sql AS $$
	SELECT string_agg(m.display_name || '/' || r.language, ' ' ORDER BY m.display_name) FROM ecopanier_private.recipients(recipients.purpose) r
	JOIN ecopanier.member m ON m.territory_id = r.territory_id AND m.id = r.member_id $$;
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('notifications', 1, 'fr')$$, keep => true),
	fixture.try('Basma', 'beneficiary', $$SELECT ecopanier.give_consent('statistics', 1, 'fr')$$, keep => true),
	fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 2, 'fr')$$, keep => true),
	fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('notifications', 1, 'fr')$$, territory => 2, keep => true) \g /dev/null
SELECT is(fixture.recipients('notifications'), 'Benoit/fr Benoit/fr', 'notifications go to those who agreed to them');
SELECT is(fixture.recipients('alerts'), 'Benoit/fr Camille/fr', 'alerts to others');
SELECT is(fixture.recipients('statistics'), 'Basma/fr', 'statistics count others again');
SELECT is(fixture.recipients('nonsense'), NULL, 'an unknown purpose has nobody');
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.withdraw_consent('alerts')$$, keep => true) \g /dev/null
SELECT is(fixture.recipients('alerts'), 'Camille/fr', 'a withdrawal works at once');
UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.id('Camille');
SELECT is(fixture.recipients('alerts'), NULL, 'who is not active gets nothing');
UPDATE ecopanier.member SET state = 'active' WHERE id = fixture.id('Camille');
UPDATE ecopanier.consent_purpose SET required_version = 2 WHERE name IN ('notifications', 'alerts');
SELECT is(fixture.recipients('alerts'), 'Camille/fr', 'consent to the version that is required stays');
SELECT is(fixture.recipients('notifications'), NULL, 'consent to an older one is no longer in force');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT concat_ws(' ', given, version) FROM ecopanier.my_consents() WHERE purpose = 'notifications'$$), 'f 1', 'and the person sees it');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT count(*) FROM ecopanier_private.recipients('alerts')$$), '42501', 'the list is not for clients');
SELECT is(fixture.try('Camille', 'customer', $$UPDATE ecopanier.consent_purpose SET required_version = 1$$), '42501', 'nor is the required version');
SELECT * FROM finish();
