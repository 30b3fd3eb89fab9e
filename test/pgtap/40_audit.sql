-- The audit: what is noted, of whom, and that each kind of tampering is found and named.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

\echo '# each change of a noted table is noted once, with who acted'
SELECT ecopanier.tick() \g /dev/null
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, noted text);
INSERT INTO step (says, name, role, statement, noted) VALUES
('a role is given', 'Adele', 'administrator', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Camille'), 'collector')$$,
 'member_role_insert person Adele Camille {"role": "collector"}'),
('and taken', 'Adele', 'administrator', $$DELETE FROM ecopanier.member_role WHERE member_id = fixture.id('Camille') AND role = 'collector'$$,
 'member_role_delete person Adele Camille {"role": "collector"}'),
('a function changes', 'Adele', 'administrator', $$UPDATE ecopanier.organisation_staff SET function = 'manager' WHERE member_id = fixture.id('Sami')$$,
 'organisation_staff_update person Adele Sami {"function": ["station", "manager"], "organisation_id": "ORG"}'),
('an organisation is suspended', 'Adele', 'administrator', $$UPDATE ecopanier.organisation SET accreditation_suspended = true WHERE name = 'CCAS'$$,
 'organisation_update person Adele - {"accreditation_suspended": [false, true]}'),
('its name is no right', 'Adele', 'administrator', $$UPDATE ecopanier.organisation SET name = 'CCAS' WHERE name = 'CCAS'$$, NULL),
('a setting', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('free_units_per_day', 3, 'convention of the town')$$,
 'setting_insert person Adele - {"name": "free_units_per_day", "value": "3", "version": 2, "valid_from": "2026-11-20T16:00:00+00:00"}'),
('a suspended right, without its reason', 'Adele', 'administrator', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Basma'), 'secret words')$$,
 'beneficiary_update person Adele Basma {"state": ["verified", "suspended"]}');
CREATE FUNCTION fixture.noted(since bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', e.action, e.actor_kind, coalesce(a.display_name, '-'), coalesce(s.display_name, '-'),
			CASE WHEN e.action LIKE 'organisation_staff%' THEN jsonb_set(e.facts, '{organisation_id}', '"ORG"') ELSE e.facts END), ' | ' ORDER BY e.action DESC, e.id)
	FROM ecopanier.audit_event e LEFT JOIN ecopanier.member a ON a.id = e.actor_id LEFT JOIN ecopanier.member s ON s.id = e.subject_id
	WHERE e.action ~ '^(member_role|organisation|organisation_staff|setting|beneficiary|key_ring|login)_(insert|update|delete)$'
	AND (e.territory_id, e.at, e.id) IN (SELECT territory_id, at, id FROM ecopanier_private.audit_pending) $$;
CREATE FUNCTION fixture.note_of(name text, role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ecopanier.tick();
	PERFORM fixture.try(name, role, statement, keep => true);
	RETURN fixture.noted(0);
END $$;
SELECT is(fixture.note_of(name, role, statement), noted, says) FROM step ORDER BY n;
SELECT ecopanier.tick() \g /dev/null
CREATE ROLE station_1 LOGIN;
SELECT ecopanier.map_login('station_1', fixture.id('Sami'), 'merchant', fixture.organisation('Boulangerie')) \g /dev/null
SELECT is(regexp_replace(fixture.noted(0), '"[0-9a-f-]{36}"', '"ORG"'), 'login_insert load - Sami {"role": "merchant", "organisation_id": "ORG"}', 'a login, whose name is not noted');
SELECT ecopanier.tick(), ecopanier.unmap_login('station_1') \g /dev/null
SELECT is(fixture.noted(0) LIKE 'login_delete load - Sami%', true, 'and its end');
SELECT ecopanier.tick() \g /dev/null
SELECT ecopanier.rotate_key() AS key \gset
SELECT is(fixture.noted(0), (SELECT format('key_ring_update load - - {"id": "%s", "is_current": [true, false]} | key_ring_insert load - - {"id": "%s", "is_current": true}', id, :'key')
	FROM ecopanier.key_ring WHERE NOT is_current), 'a new key, by territory 0');
SELECT is(fixture.try('Adele', 'administrator', $$INSERT INTO ecopanier.member_role (member_id, role) VALUES (fixture.id('Charlie'), 'collector'); SELECT count(*) FROM ecopanier.audit_event WHERE subject_id = fixture.id('Charlie') AND facts ->> 'role' = 'collector'$$),
	'1', 'the note is there in the same transaction');
SELECT is(count(*), 0::bigint, 'and is undone with it') FROM ecopanier.audit_event WHERE subject_id = fixture.id('Charlie') AND facts ->> 'role' = 'collector';
SELECT is(count(*), 0::bigint, 'nothing personal is noted: no name, no code, no reason') FROM ecopanier.audit_event e
WHERE e::text ~ 'secret words|convention of the town|Boulangerie|CCAS|-BEN-' OR EXISTS (SELECT FROM ecopanier.member m WHERE strpos(e::text, m.display_name) > 0);
SELECT is(array_agg(DISTINCT t.tgrelid::regclass::text ORDER BY t.tgrelid::regclass::text) @> ARRAY['ecopanier.beneficiary', 'ecopanier.key_ring', 'ecopanier.member_role',
	'ecopanier.organisation', 'ecopanier.organisation_staff', 'ecopanier.setting', 'ecopanier_private.login'], true, 'the tables of rights, roles, settings, keys and logins are noted')
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'audit_change';

\echo '# events are appended and no more'
SELECT throws_ok(statement, 'ZE111', NULL, statement) FROM pg_inherits i, LATERAL (VALUES
	(format('UPDATE %s SET action = action', i.inhrelid::regclass)), (format('DELETE FROM %s', i.inhrelid::regclass)), (format('TRUNCATE %s', i.inhrelid::regclass))) v (statement)
WHERE i.inhparent = 'ecopanier.audit_event'::regclass AND (statement LIKE 'TRUNCATE%' OR i.inhrelid = 'ecopanier_private.audit_event_2026_11'::regclass);
SELECT throws_ok(statement, 'ZE111', NULL, statement) FROM (VALUES ('UPDATE ecopanier.audit_event SET action = action'), ('DELETE FROM ecopanier.audit_event'),
	('TRUNCATE ecopanier.audit_event'), ('UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL'), ('UPDATE ecopanier_private.audit_link SET digest = digest'), ('DELETE FROM ecopanier_private.audit_link'),
	('TRUNCATE ecopanier_private.audit_link'), ('UPDATE ecopanier_private.audit_checkpoint SET at = at'), ('DELETE FROM ecopanier_private.audit_checkpoint')) v (statement);
SELECT is(fixture.try(name, role, $$INSERT INTO ecopanier.audit_event (territory_id, action) VALUES (1, 'x')$$), '42501', role || ' adds nothing')
FROM (VALUES ('Adele', 'administrator'), ('Camille', 'customer'), ('Alice', 'association')) v (name, role);
SELECT is((SELECT state FROM fixture.attempt('postgres', 'ecopanier_owner', NULL, $$INSERT INTO ecopanier.audit_event (territory_id, action) VALUES (1, 'x')$$)), '42501', 'nor does the owner without a caller');

\echo '# partitions by month'
SELECT is(string_agg(i.inhrelid::regclass::text, ' ' ORDER BY i.inhrelid::regclass::text) ~ '2026_11', true, 'this month has one') FROM pg_inherits i WHERE inhparent = 'ecopanier.audit_event'::regclass;
-- Years ahead the day's retention would erase everybody: it is said to be done.
CREATE FUNCTION pg_temp.retained() RETURNS void LANGUAGE sql AS $$
	INSERT INTO ecopanier_private.retention_turn SELECT id, (ecopanier.now() AT TIME ZONE time_zone - interval '3 hours')::date, 5 FROM ecopanier.territory
	ON CONFLICT (territory_id) DO UPDATE SET day = EXCLUDED.day $$;
SET ecopanier.clock = '2031-12-31 23:59:59.999999+00';
SELECT pg_temp.retained() \g /dev/null
SELECT results_eq($$SELECT * FROM ecopanier.tick() WHERE step = 'audit_partitions'$$, $$VALUES ('audit_partitions', 3::bigint, NULL::text)$$, 'tick() makes this month''s and the next two');
SELECT results_eq($$SELECT * FROM ecopanier.tick() WHERE step = 'audit_partitions'$$, $$VALUES ('audit_partitions', 0::bigint, NULL::text)$$, 'once');
INSERT INTO ecopanier.audit_event (territory_id, action) VALUES (1, 'last moment') RETURNING tableoid::regclass::text AS partition \gset
SELECT is(:'partition'::text, 'ecopanier_private.audit_event_2031_12', 'the last moment of a month');
SET ecopanier.clock = '2032-01-01 00:00:00+00';
SELECT pg_temp.retained() \g /dev/null
INSERT INTO ecopanier.audit_event (territory_id, action) VALUES (1, 'first moment') RETURNING tableoid::regclass::text AS partition \gset
SELECT is(:'partition'::text, 'ecopanier_private.audit_event_2032_01', 'the first of the next');
SET ecopanier.clock = '2033-05-05 00:00:00+00';
SELECT pg_temp.retained() \g /dev/null
INSERT INTO ecopanier.audit_event (territory_id, action) VALUES (1, 'no month') RETURNING tableoid::regclass::text AS partition \gset
SELECT is(:'partition'::text, 'ecopanier_private.audit_event_default', 'a month without a partition');
SELECT results_eq($$SELECT * FROM ecopanier.tick() WHERE step = 'audit_partitions'$$, $$VALUES ('audit_partitions', 2::bigint, NULL::text)$$, 'which it does not get any more: its rows are elsewhere');
SELECT is(to_regclass('ecopanier_private.audit_event_2033_05')::text, NULL, 'indeed');
SELECT throws_ok('TRUNCATE ecopanier_private.audit_event_2033_06', 'ZE111', NULL, 'a new partition is guarded');
SELECT is(c.relrowsecurity AND NOT has_table_privilege('ecopanier_admin', c.oid, 'SELECT') AND c.relowner = 'ecopanier_owner'::regrole, true, 'fenced and owned')
FROM pg_class c WHERE oid = 'ecopanier_private.audit_event_2033_06'::regclass;
SELECT is(string_agg(t.tgname::text || t.tgenabled::text, ' ' ORDER BY t.tgname), 'audit_event_guardO audit_event_historyA audit_event_pendingO audit_event_truncateA', 'its triggers are those of the others')
FROM pg_trigger t WHERE tgrelid = 'ecopanier_private.audit_event_2033_06'::regclass;
SET ecopanier.clock = '2026-11-20 16:00:00+00';

\echo '# who may ask'
SELECT is(fixture.try('Adele', 'administrator', $$SELECT count(*) FROM ecopanier.verify_audit(1) WHERE finding = 'summary'$$), '1', 'an administrator of the territory');
SELECT is(fixture.try('Adele', 'administrator', statement), 'ZE101', statement) FROM (VALUES ('SELECT ecopanier.verify_audit(2)'), ('SELECT ecopanier.verify_audit(777)'),
	('SELECT ecopanier.verify_audit(0)'), ('SELECT ecopanier.verify_audit(NULL)'), ('SELECT ecopanier.audit_checkpoint(2)'), ('SELECT ecopanier.audit_checkpoint(0)')) v (statement);
SELECT is(fixture.try(name, role, 'SELECT ecopanier.verify_audit(1)'), '42501', role || ' is not asked') FROM (VALUES ('Camille', 'customer'), ('Alice', 'association'), ('Mona', 'merchant')) v (name, role);
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.tick()'), '42501', 'nobody of the platform turns the schedule');
CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
CREATE ROLE cron LOGIN;
GRANT USAGE ON SCHEMA ecopanier TO cron;
GRANT EXECUTE ON FUNCTION ecopanier.tick() TO cron;
SELECT is(coalesce(state, value), '1', 'monitoring verifies') FROM fixture.attempt('watcher', NULL, NULL, $$SELECT count(*) FROM ecopanier.verify_audit(0) WHERE finding = 'summary'$$);
SELECT is(coalesce(state, value), '42501', 'and turns nothing') FROM fixture.attempt('watcher', NULL, NULL, 'SELECT ecopanier.tick()');
SELECT is(coalesce(state, value), '0', 'a login that was granted does') FROM fixture.attempt('cron', NULL, NULL, 'SELECT count(error) FROM ecopanier.tick()');

\echo '# what is to be read of a reason, and what is chained of it'
INSERT INTO ecopanier.audit_event (territory_id, action, subject_id, reason, facts) VALUES (1, 'noted', fixture.id('Bruno'), 'first word', NULL),
	(1, 'noted', NULL, 'second word', jsonb_build_object('member', fixture.id('Bruno'))), (1, 'noted', fixture.id('Benoit'), 'third word', NULL);
SELECT is(count(*), 3::bigint, 'a reason has a salt of its own and a digest') FROM ecopanier.audit_event a
WHERE reason_digest = ecopanier.audit_reason_digest(reason_salt, reason) AND NOT EXISTS (SELECT FROM ecopanier.audit_event b WHERE b.id <> a.id AND b.reason_salt = a.reason_salt);
SELECT is(count(*), 0::bigint, 'where there is none, neither') FROM ecopanier.audit_event WHERE reason IS NULL AND (reason_salt IS NOT NULL OR reason_digest IS NOT NULL);
SELECT is(encode(ecopanier.audit_reason_digest('\x000102030405060708090a0b0c0d0e0f', 'known to us'), 'hex'), '72dde0a30d9547daf13dd20ba9c1c0c75e1c543a4caa5d9aea24eacd98586f8c', 'and is frozen');
SELECT throws_ok($$SELECT ecopanier.audit_reason_digest('\x00', 'x')$$, '22023', NULL, 'a salt of another length');

\echo '# the tail'
SELECT ecopanier.tick() \g /dev/null
SELECT set_eq($$SELECT finding FROM ecopanier.verify_audit(1)$$, ARRAY['summary'], 'all is linked, nothing is found');
UPDATE ecopanier.organisation SET state = 'suspended' WHERE name = 'CCAS' AND territory_id = 1;
SELECT is(detail, '1 events wait for tick(), the oldest since this time', 'the tail is told') FROM ecopanier.verify_audit(1) WHERE finding = 'unlinked' AND NOT is_fault AND at = '2026-11-20 16:00+00';
SELECT ecopanier.tick() \g /dev/null

\echo '# tampering, by a superuser who turned the triggers off'
SELECT ecopanier.audit_checkpoint(1) AS given \gset
SELECT is(length(:'given'), 192, 'a checkpoint is one line');
SELECT ok(left(:'given', 4) = 'EA1.' AND :'given' ~ '^EA1\.[A-Za-z0-9_-]{188}$', 'of this spelling');
CREATE TABLE fixture.link AS SELECT * FROM ecopanier_private.audit_link WHERE territory_id = 1;
CREATE FUNCTION fixture.at(place int) RETURNS uuid LANGUAGE sql AS $$ SELECT event_id FROM fixture.link WHERE position = place $$;
CREATE FUNCTION fixture.found(statements text, given text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	BEGIN
		SET LOCAL session_replication_role = replica;
		ALTER TABLE ecopanier.audit_event DISABLE TRIGGER ALL;
		ALTER TABLE ecopanier_private.audit_link DISABLE TRIGGER ALL;
		ALTER TABLE ecopanier_private.audit_checkpoint DISABLE TRIGGER ALL;
		EXECUTE statements;
		SELECT string_agg(concat_ws(' ', finding, f.position, (SELECT 'event ' || l.position FROM fixture.link l WHERE l.event_id = f.event_id)), ', ' ORDER BY f.position, finding)
		INTO answer FROM ecopanier.verify_audit(1, given) f WHERE is_fault;
		RAISE EXCEPTION SQLSTATE 'UNDO2' USING MESSAGE = coalesce(answer, 'nothing');
	EXCEPTION WHEN SQLSTATE 'UNDO2' THEN
		RETURN SQLERRM;
	END;
END $$;
CREATE FUNCTION fixture.place_of(word text) RETURNS text LANGUAGE sql AS $$ SELECT format('%1$s event %1$s', position) FROM fixture.link JOIN ecopanier.audit_event e ON e.id = event_id WHERE reason = word $$;
CREATE TEMP TABLE tampered (n serial, says text, statements text, found text);
INSERT INTO tampered (says, statements, found)
SELECT c || ' was changed', format('UPDATE ecopanier.audit_event SET %s WHERE id = fixture.at(5)', v), 'changed 5 event 5' FROM (VALUES
	('actor_kind', $$actor_kind = 'kiosk'$$), ('actor_id', 'actor_id = ecopanier.new_id(1)'), ('actor_login', $$actor_login = 'x'$$),
	('organisation_id', 'organisation_id = ecopanier.new_id(1)'), ('action', $$action = 'x'$$), ('subject_id', 'subject_id = ecopanier.new_id(1)'),
	('reason', $$reason = ''$$), ('reason_salt', $$reason_salt = uuid_send(id)$$), ('reason_digest', $$reason_digest = sha256('')$$), ('facts', $$facts = facts || '{"a": 1}'$$), ('mac', $$mac = sha256('')$$), ('key_id', $$key_id = '0000000000000000'$$),
	('key_id to another key', format('key_id = %L', :'key'))) v (c, v);
INSERT INTO tampered (says, statements, found) VALUES
('a reason was rewritten', $$UPDATE ecopanier.audit_event SET reason = 'x' WHERE reason = 'first word'$$, 'changed ' || fixture.place_of('first word')),
('its salt is gone', $$UPDATE ecopanier.audit_event SET reason_salt = NULL WHERE reason = 'first word'$$, 'changed ' || fixture.place_of('first word')),
('it is gone without its salt', $$UPDATE ecopanier.audit_event SET reason = NULL WHERE reason = 'first word'$$, 'changed ' || fixture.place_of('first word')),
('it is gone with its salt, and no erasure tells of it', $$UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL WHERE reason = 'first word'$$, 'changed'),
('two reasons were exchanged', $$UPDATE ecopanier.audit_event e SET (reason, reason_salt) = (SELECT reason, reason_salt FROM ecopanier.audit_event f WHERE f.reason ~ 'first|third' AND f.id <> e.id) WHERE reason ~ 'first|third'$$,
	(SELECT string_agg('changed ' || fixture.place_of(w), ', ' ORDER BY split_part(fixture.place_of(w), ' ', 1)::int) FROM unnest(ARRAY['first word', 'third word']) w)),
('a reason that waits was rewritten', $$INSERT INTO ecopanier_private.audit_pending SELECT 1, at, event_id FROM fixture.link WHERE event_id = (SELECT id FROM ecopanier.audit_event WHERE reason = 'first word');
	DELETE FROM ecopanier_private.audit_link WHERE event_id = (SELECT id FROM ecopanier.audit_event WHERE reason = 'first word'); UPDATE ecopanier.audit_event SET reason = 'x' WHERE reason = 'first word'$$,
	(SELECT format('removed %s, changed event %1$s', split_part(fixture.place_of('first word'), ' ', 1)))),
('the first event was changed', $$UPDATE ecopanier.audit_event SET action = 'x' WHERE id = fixture.at(1)$$, 'changed 1 event 1'),
('two were changed', $$UPDATE ecopanier.audit_event SET action = 'x' WHERE id IN (fixture.at(3), fixture.at(4))$$, 'changed 3 event 3, changed 4 event 4'),
('an event is gone', 'DELETE FROM ecopanier.audit_event WHERE id = fixture.at(5)', 'removed 5 event 5'),
('a link is gone', 'DELETE FROM ecopanier_private.audit_link WHERE territory_id = 1 AND position = 5', 'removed 5 event 5'),
('both are gone', 'DELETE FROM ecopanier.audit_event WHERE id = fixture.at(5); DELETE FROM ecopanier_private.audit_link WHERE territory_id = 1 AND position = 5', 'removed 5'),
('the last one is gone', format('DELETE FROM ecopanier.audit_event WHERE id = fixture.at(%1$s); DELETE FROM ecopanier_private.audit_link WHERE territory_id = 1 AND position = %1$s',
	(SELECT max(position) FROM fixture.link)), 'removed ' || (SELECT max(position) FROM fixture.link)),
('an event was added', $$INSERT INTO ecopanier.audit_event SELECT territory_id, ecopanier.new_id(1), at, actor_kind, actor_id, actor_login, organisation_id, action, subject_id, reason, reason_salt, reason_digest, facts, key_id, mac
	FROM ecopanier.audit_event WHERE id = fixture.at(5)$$, 'inserted'),
('one of a key that there never was', $$INSERT INTO ecopanier.audit_event SELECT territory_id, ecopanier.new_id(1), at, actor_kind, actor_id, actor_login, organisation_id, action, subject_id, reason, reason_salt, reason_digest, facts, 'x', mac
	FROM ecopanier.audit_event WHERE id = fixture.at(5)$$, 'inserted'),
('an event is linked twice', $$ALTER TABLE ecopanier_private.audit_link DROP CONSTRAINT audit_link_territory_id_at_event_id_key;
	INSERT INTO ecopanier_private.audit_link SELECT 1, max(position) + 1, (SELECT at FROM fixture.link WHERE position = 5), fixture.at(5), sha256('') FROM fixture.link;
	DELETE FROM ecopanier_private.audit_checkpoint WHERE territory_id = 1; INSERT INTO ecopanier_private.audit_checkpoint SELECT 1, max(position) + 1, sha256(''), now(), 'x', sha512('') FROM fixture.link$$,
	(SELECT format('bad_signature %1$s, changed %1$s event 5, inserted %1$s event 5', max(position) + 1) FROM fixture.link)),
('a link of no event', $$INSERT INTO ecopanier_private.audit_link SELECT 1, max(position) + 1, now(), ecopanier.new_id(1), sha256('') FROM fixture.link$$,
	(SELECT format('broken_chain %1$s, removed %1$s', max(position) + 1) FROM fixture.link)),
('neighbours changed places', $$UPDATE ecopanier_private.audit_link SET position = 1000 WHERE territory_id = 1 AND position = 5;
	UPDATE ecopanier_private.audit_link SET position = 5 WHERE territory_id = 1 AND position = 6; UPDATE ecopanier_private.audit_link SET position = 6 WHERE territory_id = 1 AND position = 1000$$,
	'reordered 5 event 6, reordered 6 event 5'),
('others changed places', $$UPDATE ecopanier_private.audit_link SET position = 1000 WHERE territory_id = 1 AND position = 5;
	UPDATE ecopanier_private.audit_link SET position = 5 WHERE territory_id = 1 AND position = 9; UPDATE ecopanier_private.audit_link SET position = 9 WHERE territory_id = 1 AND position = 1000$$,
	'reordered 5 event 9, reordered 9 event 5'),
('links changed their events', $$ALTER TABLE ecopanier_private.audit_link DROP CONSTRAINT audit_link_territory_id_at_event_id_key;
	UPDATE ecopanier_private.audit_link l SET (at, event_id) = (SELECT at, event_id FROM fixture.link m WHERE m.position = 14 - l.position) WHERE territory_id = 1 AND position IN (5, 9)$$,
	'reordered 5 event 9, reordered 9 event 5'),
('a time was moved', $$UPDATE ecopanier.audit_event SET at = at + '1 s' WHERE id = fixture.at(5)$$, 'reordered 5 event 5'),
('a time was moved and more', $$UPDATE ecopanier.audit_event SET at = at + '1 s', action = 'x' WHERE id = fixture.at(5)$$, 'changed 5 event 5'),
('a digest was replaced', $$UPDATE ecopanier_private.audit_link SET digest = sha256('') WHERE territory_id = 1 AND position = 5$$, 'broken_chain 5 event 5'),
('a signature was replaced', $$UPDATE ecopanier_private.audit_checkpoint SET signature = sha512('') WHERE (territory_id, position) IN (SELECT 1, max(position) FROM fixture.link)$$,
	(SELECT 'bad_signature ' || max(position) FROM fixture.link)),
('the last checkpoint is gone', $$DELETE FROM ecopanier_private.audit_checkpoint WHERE (territory_id, position) IN (SELECT 1, max(position) FROM fixture.link)$$,
	(SELECT 'broken_chain ' || max(position) + 1 FROM ecopanier_private.audit_checkpoint c WHERE territory_id = 1 AND position < (SELECT max(position) FROM fixture.link))),
('what waits was changed', $$INSERT INTO ecopanier_private.audit_pending SELECT 1, at, event_id FROM fixture.link WHERE position = 5; UPDATE ecopanier.audit_event SET action = 'x' WHERE id = fixture.at(5);
	DELETE FROM ecopanier_private.audit_link WHERE territory_id = 1 AND position = 5$$, 'removed 5, changed event 5'),
('what waited is gone', $$INSERT INTO ecopanier_private.audit_pending VALUES (1, now(), ecopanier.new_id(1))$$, 'removed'),
('nothing', 'SELECT 1', 'nothing');
SELECT is(fixture.found(statements), found, says) FROM tampered ORDER BY n;
SELECT is(fixture.found(statements), 'changed 5 event 5', 'somebody with the key: ' || says) FROM (VALUES
	('one event with a new MAC', $$UPDATE ecopanier.audit_event e SET action = 'x', mac = ecopanier.audit_mac((SELECT r FROM (SELECT e.territory_id, e.id, e.at, e.actor_kind, e.actor_id, e.actor_login,
		e.organisation_id, 'x'::text, e.subject_id, e.reason_digest, e.facts, e.key_id) r)) WHERE id = fixture.at(5)$$)) v (says, statements);

\echo '# a checkpoint that was given away'
SELECT is(fixture.found('SELECT 1', :'given'), 'nothing', 'it fits');
-- all made anew: events of the tail taken out, links and checkpoints written again by the server itself
CREATE TEMP TABLE anew (statements text);
INSERT INTO anew VALUES ($$DELETE FROM ecopanier_private.audit_link WHERE territory_id = 1; DELETE FROM ecopanier_private.audit_checkpoint WHERE territory_id = 1;
	DELETE FROM ecopanier.audit_event WHERE id = fixture.at(5);
	INSERT INTO ecopanier_private.audit_pending SELECT 1, at, id FROM ecopanier.audit_event WHERE territory_id = 1; SELECT ecopanier.tick()$$);
SELECT is(fixture.found(statements), 'nothing', 'without it, what was made anew is not found') FROM anew;
SELECT is(fixture.found(statements, :'given'), 'checkpoint_mismatch ' || (SELECT max(position) FROM fixture.link), 'with it, it is') FROM anew;
SELECT is(fixture.found($$SELECT 1$$, given), expected, says) FROM (VALUES
	('another word', 'EA1.x', 'bad_signature'), ('an empty one', '', 'bad_signature'), ('one letter changed', translate(left(:'given', 100), 'abcdefgh', 'bcdefgha') || substr(:'given', 101), 'bad_signature'),
	('another territory''s', (SELECT ecopanier.audit_checkpoint(2)), 'checkpoint_mismatch')) v (says, given, expected);
UPDATE ecopanier.organisation SET state = 'active' WHERE name = 'CCAS' AND territory_id = 1;
SELECT ecopanier.tick() \g /dev/null
SELECT isnt(ecopanier.audit_checkpoint(1), :'given', 'the chain goes on');
SELECT is(count(*), 0::bigint, 'and the old checkpoint still fits') FROM ecopanier.verify_audit(1, :'given') WHERE is_fault;
SELECT is(ecopanier.verify_audit(t)::text LIKE '(summary,f,%', true, 'territory ' || t || ' is as it was written') FROM generate_series(0, 2) t;
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;

\echo '# an erasure takes away the reasons that tell of a person, and nothing else'
SELECT throws_ok($$SET LOCAL session_replication_role = replica; UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL WHERE reason = 'first word'$$, 'ZE111', NULL, 'a superuser who applies changes takes none');
CREATE FUNCTION fixture.seize() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE current_setting('fixture.seize'); RETURN NULL; END $$;
CREATE TRIGGER seize AFTER UPDATE ON ecopanier.member FOR EACH ROW EXECUTE FUNCTION fixture.seize();
CREATE FUNCTION fixture.erase(also text) RETURNS text LANGUAGE sql AS $$
	SELECT set_config('fixture.seize', also, false);
	SELECT fixture.try('Adele', 'administrator', $x$SELECT ecopanier.erase_person(fixture.id('Bruno'), 'asked in writing')$x$, keep => true) $$;
SELECT is(fixture.erase(statement), 'ZE111', 'while somebody is erased: ' || statement) FROM (VALUES
	($$UPDATE ecopanier.audit_event SET reason = NULL WHERE reason = 'third word'$$), ($$UPDATE ecopanier.audit_event SET reason = 'x' WHERE reason = 'third word'$$),
	($$UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL, action = 'x' WHERE reason = 'third word'$$),
	($$UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL, reason_digest = NULL WHERE reason = 'third word'$$), ($$DELETE FROM ecopanier.audit_event WHERE reason = 'third word'$$)) v (statement);
SELECT is(fixture.erase('SELECT 1'), '', 'erased');
DROP TRIGGER seize ON ecopanier.member;
SELECT is(string_agg(coalesce(reason, '-'), ', ' ORDER BY coalesce(reason, '-')), '-, -, third word', 'those of which it was the subject or a fact are gone') FROM ecopanier.audit_event WHERE action = 'noted';
SELECT is(count(*), 0::bigint, 'with their salts') FROM ecopanier.audit_event WHERE (reason IS NULL) <> (reason_salt IS NULL);
SELECT is((SELECT concat_ws(' ', actor_kind, actor_id, subject_id, facts) FROM ecopanier.audit_event WHERE action = 'reasons_withheld'), 'person {"reasons": 2}', 'an event tells how many, not whose');
SELECT ecopanier.tick() \g /dev/null
SELECT is(detail ~ ' 2 reasons withheld, .* 0 faults$', true, 'the chain is as it was: ' || detail) FROM ecopanier.verify_audit(1, :'given') WHERE finding = 'summary';
SELECT is(fixture.found($$UPDATE ecopanier.audit_event SET reason = NULL, reason_salt = NULL WHERE reason = 'third word'$$), 'changed', 'one more than that is found');
SELECT is(fixture.found($$UPDATE ecopanier.audit_event SET reason = 'x', reason_salt = uuid_send(id) WHERE id = (SELECT min(id::text)::uuid FROM ecopanier.audit_event WHERE action = 'noted' AND reason IS NULL)$$) ~ '^changed [0-9]+ event [0-9]+$', true, 'and one that came back as another');

\echo '# rows that wait for events that never were stop nothing'
INSERT INTO ecopanier_private.audit_pending SELECT 1, '2020-01-01', ecopanier.new_id(1) FROM generate_series(1, 20001);
UPDATE ecopanier.organisation SET state = 'suspended' WHERE name = 'CCAS' AND territory_id = 1;
SELECT is(done, 1::bigint, 'what there is is linked') FROM ecopanier.tick() WHERE step = 'audit_link';
SELECT is(detail ~ ' 0 unlinked, .* 20001 faults$', true, 'the others are reported: ' || detail) FROM ecopanier.verify_audit(1) WHERE finding = 'summary';
SELECT is(string_agg(DISTINCT concat_ws(' ', finding, at), ', '), 'removed 2020-01-01 00:00:00+00', 'as gone') FROM ecopanier.verify_audit(1) WHERE is_fault;
DELETE FROM ecopanier_private.audit_pending WHERE at = '2020-01-01';

\echo '# a step that fails is told, and the others go on'
ALTER TABLE ecopanier_private.audit_pending RENAME TO audit_pending_away;
SELECT is(string_agg(step || ' ' || coalesce(left(error, 5), 'fine'), ', ' ORDER BY step), 'audit_link 42P01, audit_partitions fine', 'as data') FROM ecopanier.tick() WHERE step LIKE 'audit%';
ALTER TABLE ecopanier_private.audit_pending_away RENAME TO audit_pending;
BEGIN READ ONLY;
SELECT throws_ok('SELECT ecopanier.tick()', '25006', NULL, 'not in a read-only transaction');
SELECT is(count(*), 1::bigint, 'which verifies') FROM ecopanier.verify_audit(1);
COMMIT;
SELECT * FROM finish();
