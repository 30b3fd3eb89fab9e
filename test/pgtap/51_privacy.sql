-- What a person can ask for (export, erasure), reading with a stated reason, retention, and the register that all of it follows.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, keep boolean DEFAULT true);
CREATE FUNCTION pg_temp.walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE s step;
BEGIN
	FOR s IN SELECT * FROM step ORDER BY n LOOP
		RETURN NEXT tap.is(fixture.try(s.name, s.role, s.statement, at => s.at, keep => s.keep), s.expected, s.says);
	END LOOP;
	TRUNCATE step;
END $$;

\echo '# the register'
SELECT is(string_agg(missing, ', '), NULL, 'every column that leads to a person has a line') FROM ecopanier_private.personal_gap;
SELECT is((SELECT state FROM ecopanier.doctor() WHERE item = 'personal data'), 'ok', 'and doctor() says so');
CREATE FUNCTION fixture.gap(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN
	BEGIN
		EXECUTE statement;
		SELECT string_agg(g.missing, ' ') INTO missing FROM ecopanier_private.personal_gap g;
		RAISE EXCEPTION SQLSTATE 'UNDO0';
	EXCEPTION WHEN SQLSTATE 'UNDO0' THEN RETURN missing;
	END;
END $$;
SELECT is(fixture.gap(statement), expected, says) FROM (VALUES
	('a table that refers to a member is found', 'CREATE TABLE ecopanier.diary (territory_id int, who uuid, FOREIGN KEY (territory_id, who) REFERENCES ecopanier.member)', 'ecopanier.diary.who'),
	('and one without foreign key by the name of its column', 'CREATE TABLE ecopanier_private.diary (member_id uuid)', 'ecopanier_private.diary.member_id'),
	('and who did something', 'CREATE TABLE ecopanier.diary (written_by uuid)', 'ecopanier.diary.written_by'),
	('and what hangs on a row of a person', 'CREATE TABLE ecopanier.diary (territory_id int, basket uuid, FOREIGN KEY (territory_id, basket) REFERENCES ecopanier.reservation)', 'ecopanier.diary.basket'),
	('a line that is gone is missed', 'DELETE FROM ecopanier_private.personal_data WHERE relation = ''ecopanier.consent''', 'ecopanier.consent.member_id')) v (says, statement, expected);
SELECT is_empty($$SELECT relation FROM ecopanier_private.personal_data WHERE to_regclass(relation) IS NULL OR (read_from IS NOT NULL AND to_regclass(read_from) IS NULL)$$, 'the register names what exists');
SELECT is_empty($$SELECT p.relation, k FROM ecopanier_private.personal_data p, unnest(p.contact_columns || p.trace_column || p.person_column) k
	WHERE k IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = p.relation::regclass AND a.attname = k AND NOT a.attisdropped)$$, 'and columns that exist');
SELECT is_empty($$SELECT p.relation, k FROM ecopanier_private.personal_data p, unnest(p.columns) k
	WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = coalesce(p.read_from, p.relation)::regclass AND a.attname = k AND NOT a.attisdropped)$$, 'in the export too');
SELECT is_empty($$SELECT p.relation, p.person_column FROM ecopanier_private.personal_data p
	WHERE p.erase = 'delete' AND p.through IS NULL AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = p.relation::regclass AND t.tgenabled <> 'D'
	AND t.tgfoid = 'ecopanier.person_guard'::regproc AND encode(t.tgargs, 'escape') = p.territory_column || '\000' || p.person_column || '\000')$$,
	'what an erasure deletes has a guard against coming back');

\echo '# a person with something everywhere'
SELECT fixture.name_lot('sold', fixture.lot(5, 5)), fixture.name_lot('free', fixture.lot(0, 20)) \g /dev/null
INSERT INTO step (says, name, role, statement, expected) VALUES
('claims', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'held'),
('consents', 'Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'fr') IS NOT NULL$$, 'true'),
('another claims too', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('free'))$$, 'held');
SELECT pg_temp.walk();

\echo '# export'
INSERT INTO step (says, name, role, statement, expected) VALUES
('who it is', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{person,display_name}'$$, 'Benoit'),
('what was claimed', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{reservations,0,lot_title}'$$, 'Panier'),
('one''s own alone', 'Benoit', 'beneficiary', $$SELECT jsonb_array_length(ecopanier.export_person(fixture.id('Benoit')) -> 'reservations')$$, '1'),
('the right and its code', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{rights,0,ben_code}' ~ '^2026-BEN-.....$'$$, 'true'),
('consents with their text', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{consents,0,body}' LIKE 'J''accepte%'$$, 'true'),
('roles', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{roles,0,role}'$$, 'beneficiary'),
('free units of the day', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{free_units,0,used}'$$, '1'),
('the export itself is audited', 'Benoit', 'beneficiary', $$SELECT count(*) > 0 FROM jsonb_array_elements(ecopanier.export_person(fixture.id('Benoit')) -> 'audit') a WHERE a ->> 'action' = 'person_export'$$, 'true'),
('no secret: no PIN, token, key', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit'))::text ~ 'key_id|pin_version|"mac"|"pin"'$$, 'false'),
('staff have their organisation', 'Mona', 'merchant', $$SELECT ecopanier.export_person(fixture.id('Mona')) -> 'staff'$$, '[{"function": "owner", "organisation": "Boulangerie"}]'),
('somebody else''s is not there', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Basma'))$$, 'ZE101'),
('nor in another territory', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit', 2))$$, 'ZE101'),
('nor nobody''s', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(NULL)$$, 'ZE101'),
('an administrator does not look without a reason', 'Adele', 'administrator', $$SELECT ecopanier.export_person(fixture.id('Benoit'))$$, 'ZE123'),
('an administrator has an own one', 'Adele', 'administrator', $$SELECT ecopanier.export_person(fixture.id('Adele')) #>> '{person,display_name}'$$, 'Adele');
SELECT pg_temp.walk();
SELECT is(ecopanier.export_schema() ->> '$schema', 'https://json-schema.org/draft/2020-12/schema', 'the schema says which draft');
SELECT is_empty($$SELECT key FROM jsonb_object_keys(ecopanier.export_schema() -> 'properties') key
	WHERE ecopanier.export_schema() #> ARRAY['properties', key, 'description'] IS NULL AND key NOT IN ('schema', 'person')$$, 'and describes each part');

\echo '# break-glass'
INSERT INTO step (says, name, role, statement, expected, at, keep) VALUES
('a reason is needed', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), NULL)$$, 'ZE117', NULL, true),
('a blank one is none', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), '               ')$$, 'ZE117', NULL, true),
('nine characters say too little', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), ' 123456789 ')$$, 'ZE117', NULL, true),
('ten are enough', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), 'é123456789', 1) AT TIME ZONE 'UTC'$$, '2026-11-20 16:01:00', NULL, false),
('no minutes', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), 'litige panier', 0)$$, '22023', NULL, true),
('more than an hour', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), 'litige panier', 61)$$, '22023', NULL, true),
('an unknown person', 'Adele', 'administrator', $$SELECT ecopanier.open_access(ecopanier.new_id(1), 'litige panier')$$, 'ZE101', NULL, true),
('one of another territory', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit', 2), 'litige panier')$$, 'ZE101', NULL, true),
('nobody but administrators', 'Alice', 'association', $$SELECT ecopanier.open_access(fixture.id('Benoit'), 'litige panier')$$, '42501', NULL, true),
('what is not committed does not serve', 'Adele', 'administrator', $$SELECT ecopanier.read_person(fixture.id('Benoit')) FROM (SELECT ecopanier.open_access(fixture.id('Benoit'), 'litige panier') OFFSET 0) o$$, 'ZE123', NULL, true),
('it is opened', 'Adele', 'administrator', $$SELECT ecopanier.open_access(fixture.id('Benoit'), 'litige panier') AT TIME ZONE 'UTC'$$, '2026-11-20 16:15:00', NULL, true);
SELECT pg_temp.walk();
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('and serves', 'Adele', 'administrator', $$SELECT ecopanier.read_person(fixture.id('Benoit')) #>> '{person,display_name}'$$, 'Benoit', '2026-11-20 16:14:59+00'),
('until it expires', 'Adele', 'administrator', $$SELECT ecopanier.read_person(fixture.id('Benoit')) #>> '{person,display_name}'$$, 'ZE123', '2026-11-20 16:15:00+00'),
('for this person alone', 'Adele', 'administrator', $$SELECT ecopanier.read_person(fixture.id('Basma')) #>> '{person,display_name}'$$, 'ZE123', NULL),
('an unknown one is unknown', 'Adele', 'administrator', $$SELECT ecopanier.read_person(ecopanier.new_id(1))$$, 'ZE101', NULL),
('one of another territory too', 'Adele', 'administrator', $$SELECT ecopanier.read_person(fixture.id('Benoit', 2))$$, 'ZE101', NULL),
('and null', 'Adele', 'administrator', $$SELECT ecopanier.read_person(NULL)$$, 'ZE101', NULL),
('contacts and sealed identities are not in it', 'Adele', 'administrator', $$SELECT ecopanier.read_person(fixture.id('Benoit')) ?| ARRAY['contacts', 'sealed_identities']$$, 'false', NULL),
('the export serves too', 'Adele', 'administrator', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{person,display_name}'$$, 'Benoit', NULL),
('the person sees that and why', 'Benoit', 'beneficiary', $$SELECT ecopanier.export_person(fixture.id('Benoit')) #>> '{accesses,0,reason}'$$, 'litige panier', NULL),
('and when it was read', 'Benoit', 'beneficiary', $$SELECT count(*) FROM jsonb_array_elements(ecopanier.export_person(fixture.id('Benoit')) -> 'audit') a WHERE a ->> 'action' = 'person_read'$$, '2', NULL),
('but not who', 'Benoit', 'beneficiary', $$SELECT strpos(ecopanier.export_person(fixture.id('Benoit'))::text, fixture.id('Adele')::text)$$, '0', NULL),
('an administrator writes no grant by hand', 'Adele', 'administrator', $$INSERT INTO ecopanier.access_grant (member_id, reason, expires_at) VALUES (fixture.id('Benoit'), 'litige panier', now())$$, '42501', NULL),
('nor changes one', 'Adele', 'administrator', $$UPDATE ecopanier.access_grant SET reason = 'autre raison'$$, '42501', NULL);
SELECT pg_temp.walk();
SELECT is((SELECT string_agg(action || ' ' || coalesce(reason, '-'), ', ' ORDER BY at, action) FROM ecopanier.audit_event
	WHERE subject_id = fixture.id('Benoit') AND actor_id = fixture.id('Adele')),
	'access_grant_insert litige panier, person_export -, person_read -, person_read -', 'the audit has opening and each reading');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE111', statement) FROM (VALUES
	('DELETE FROM ecopanier.access_grant'), ('UPDATE ecopanier.access_grant SET reason = ''autre raison'''), ('TRUNCATE ecopanier.access_grant')) v (statement);

\echo '# erasure: what is open is named'
INSERT INTO step (says, name, role, statement, expected) VALUES
('a held basket', 'Benoit', 'beneficiary', $$SELECT ecopanier.erase_person(fixture.id('Benoit'))$$, 'ZE122'),
('the only owner of a shop', 'Mona', 'merchant', $$SELECT ecopanier.erase_person(fixture.id('Mona'))$$, 'ZE122'),
('the only administrator', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(fixture.id('Adele'))$$, 'ZE122'),
('nobody erases another', 'Camille', 'customer', $$SELECT ecopanier.erase_person(fixture.id('Charlie'))$$, 'ZE101'),
('nor a member of staff', 'Alice', 'association', $$SELECT ecopanier.erase_person(fixture.id('Bruno'), 'doublon')$$, 'ZE101'),
('nor an administrator elsewhere', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(fixture.id('Charlie', 2), 'doublon')$$, 'ZE101'),
('nor somebody unknown', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(ecopanier.new_id(1), 'doublon')$$, 'ZE101'),
('nor null', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(NULL, 'doublon')$$, 'ZE101'),
('an administrator gives a reason', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(fixture.id('Charlie'))$$, 'ZE117'),
('which says something', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(fixture.id('Charlie'), '  ')$$, 'ZE117'),
('and not who', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(fixture.id('Charlie'), 'demande de charlie')$$, '22023'),
('erased is nobody''s to write', 'Adele', 'administrator', $$UPDATE ecopanier.member SET erased = true WHERE id = fixture.id('Charlie')$$, '42501');
SELECT pg_temp.walk();
SELECT is((fixture.attempt('postgres', NULL, NULL, $$UPDATE ecopanier.member SET erased = true WHERE id = fixture.id('Charlie')$$)).state, 'ZE112', 'not even a superuser''s');
SELECT is(a.detail, format('Open: reservation %s.', (SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Benoit'))), 'the detail names the basket')
FROM fixture.attempt('api', 'ecopanier_beneficiary', fixture.claims('Benoit', 'beneficiary'), $$SELECT ecopanier.erase_person(fixture.id('Benoit'))$$) a;
SELECT is(a.detail, format('Open: only owner of organisation %s.', fixture.organisation('Boulangerie')), 'or the shop')
FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), $$SELECT ecopanier.erase_person(fixture.id('Mona'))$$) a;

\echo '# erasure: nothing that identifies remains, nothing that counts changes'
UPDATE ecopanier.reservation SET state = 'collected', collected_by = fixture.id('Sami') WHERE member_id = fixture.id('Benoit');
UPDATE ecopanier.member SET display_name = 'Benoît de Zanzibar' WHERE id = fixture.id('Benoit');
SELECT id AS benoit FROM ecopanier.member WHERE display_name = 'Benoît de Zanzibar' \gset
SELECT ben_code FROM ecopanier.beneficiary WHERE member_id = :'benoit' \gset
SELECT id AS consent FROM ecopanier.consent WHERE member_id = :'benoit' \gset
CREATE FUNCTION fixture.sums() RETURNS text LANGUAGE sql AS $$
	SELECT (SELECT string_agg(to_jsonb(t)::text, ' ' ORDER BY territory_id) FROM ecopanier.impact_total t)
		|| (SELECT string_agg(to_jsonb(t)::text, ' ' ORDER BY t) FROM ecopanier.impact_by_day t)
		|| (SELECT string_agg(to_jsonb(t)::text, ' ' ORDER BY t) FROM ecopanier_private.free_quota t)
		|| (SELECT string_agg(to_jsonb(t)::text, ' ' ORDER BY t) FROM ecopanier_private.lot_stock t)
		|| (SELECT sum(amount_cents)::text || count(*) FROM ecopanier.reservation) $$;
SELECT fixture.sums() AS sums \gset
SELECT count(*) AS events FROM ecopanier.audit_event \gset
SELECT fixture.claims('Benoît de Zanzibar', 'beneficiary') AS claims \gset
SELECT is((fixture.attempt('api', 'ecopanier_beneficiary', :'claims', format('SELECT ecopanier.erase_person(%L, ''adieu'')', :'benoit'))).state, NULL, 'a person erases themself, undone');
SELECT is((SELECT display_name FROM ecopanier.member WHERE id = :'benoit'), 'Benoît de Zanzibar', 'a rollback leaves all');
SELECT is((fixture.attempt('api', 'ecopanier_beneficiary', :'claims', format('SELECT ecopanier.erase_person(%L, ''adieu'')', :'benoit'), keep => true)).state, NULL, 'a person erases themself');
SELECT is(fixture.sums(), :'sums', 'sums, impact, quota and stock are as before');
SELECT is((SELECT concat_ws(' ', display_name, language, state, erased) FROM ecopanier.member WHERE id = :'benoit'), '— fr closed t', 'what is left says nothing');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is((SELECT string_agg(concat_ws('/', action, actor_kind, actor_id, actor_login, subject_id, reason, facts), ' ') FROM (SELECT * FROM ecopanier.audit_event ORDER BY id DESC LIMIT 1) e),
	'person_erase/person/ecopanier_owner/{"asked_by": "the person"}', 'the audit says that it happened and not who');
SELECT is((SELECT count(*) FROM ecopanier.audit_event), (:events + 2)::bigint, 'in one event, and one that counts the reasons that are withheld');
CREATE FUNCTION fixture.search(word text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	found_in text := '';
	hits bigint;
BEGIN
	FOR r IN SELECT format('%I.%I', n.nspname, c.relname) AS relation FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('ecopanier', 'ecopanier_private') AND c.relkind = 'r' ORDER BY 1
	LOOP
		EXECUTE format('SELECT count(*) FROM %s t WHERE strpos(lower(t::text), lower($1)) > 0', r.relation) INTO hits USING word;
		IF hits > 0 THEN found_in := found_in || ' ' || r.relation; END IF;
	END LOOP;
	RETURN found_in;
END $$;
SELECT is(fixture.search('Zanzibar'), '', 'no table has the name');
SELECT is(fixture.search('adieu'), '', 'nor the person''s reason');
SELECT is(fixture.search('litige panier'), '', 'nor why it was read');
SELECT is(fixture.search(:'ben_code'), ' ecopanier_private.ben_code_issued', 'the code is in the register of codes given, without a person');
SELECT is((SELECT string_agg(p.relation, ' ') FROM ecopanier_private.personal_data p
	WHERE p.erase = 'delete' AND (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %s WHERE %I = %L', p.relation, p.person_column, :'benoit'), false, true, '')))[1]::text <> '0'),
	NULL, 'what goes has gone');
SELECT is((fixture.attempt('api', 'ecopanier_beneficiary', :'claims', 'SELECT ecopanier.whoami()::text')).value, '1 row', 'who is erased is nobody');
SELECT is((fixture.attempt('api', 'ecopanier_beneficiary', :'claims', 'SELECT ecopanier.authenticate()')).state, '42501', 'and does not sign in');
SELECT is((fixture.attempt('api', 'ecopanier_admin', fixture.claims('Adele', 'administrator'), format('SELECT ecopanier.erase_person(%L, ''encore une fois'')', :'benoit'))).state, 'ZE101', 'a second time there is nobody');
SELECT is((fixture.attempt('api', 'ecopanier_admin', fixture.claims('Adele', 'administrator'), format('SELECT ecopanier.open_access(%L, ''encore une fois'')', :'benoit'))).state, 'ZE101', 'nor to look at');
SELECT is((fixture.attempt('api', 'ecopanier_admin', fixture.claims('Adele', 'administrator'), format('UPDATE ecopanier.member SET state = ''active'' WHERE id = %L', :'benoit'))).state, 'ZE111', 'nor to bring back');
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.member SET display_name = ''Benoît'' WHERE id = %L', :'benoit'))).state, 'ZE111', 'not even for a superuser');
INSERT INTO step (says, name, role, statement, expected) VALUES
('an administrator erases somebody', 'Adele', 'administrator', $$SELECT ecopanier.erase_person(fixture.id('Charlie'), 'doublon, demande reçue le 12')$$, '');
SELECT pg_temp.walk();
SELECT is((SELECT string_agg(concat_ws('/', action, actor_id = fixture.id('Adele'), subject_id, reason), ' ') FROM (SELECT * FROM ecopanier.audit_event ORDER BY id DESC LIMIT 1) e),
	'person_erase/t/doublon, demande reçue le 12', 'and the audit says by whom and why, not who');
SELECT * FROM finish();
