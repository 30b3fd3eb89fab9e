-- Rights: one a person anywhere in the database (rule D1), restrictions, transfers, history, the end by the local calendar.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'social_service', 'Mission');
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Mimi'), (2, 'Nono');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Mimi'), 'association');
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES (1, fixture.organisation('Mission'), fixture.id('Mimi'), 'manager');
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id) VALUES (2, fixture.id('Nono', 2), fixture.organisation('CCAS', 2));
SELECT fixture.name_lot('l', fixture.lot(5, 5)) \g /dev/null
CREATE FUNCTION fixture.transfer() RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier_private.right_transfer ORDER BY requested_at DESC, id DESC LIMIT 1 $$;
CREATE TEMP TABLE step (n serial, says text, name text, role text, territory int, statement text, expected text);
INSERT INTO step (says, name, role, territory, statement, expected) VALUES
('a right with a tag', 'Alice', 'association', 1, $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31', NULL, sha256('p')) IS NOT NULL$$, 'true'),
('restricted for no reason', 'Alice', 'association', 1, $$SELECT ecopanier.restrict_beneficiary(fixture.id('Bruno'), 1, ' ')$$, 'ZE117'),
('for one', 'Alice', 'association', 1, $$SELECT ecopanier.restrict_beneficiary(fixture.id('Bruno'), 1, 'why')$$, ''),
('more than it is refused', 'Bruno', 'beneficiary', 1, $$SELECT state FROM ecopanier.reserve(fixture.named('l'), 2)$$, 'ZE105'),
('as much is not', 'Bruno', 'beneficiary', 1, $$SELECT state FROM ecopanier.reserve(fixture.named('l'), 1)$$, 'held'),
('the person reads why', 'Bruno', 'beneficiary', 1, $$SELECT units_per_day || restriction_reason FROM ecopanier.beneficiary$$, '1why'),
('a second right in another territory', 'Alice', 'association', 2, $$SELECT ecopanier.verify_beneficiary(fixture.id('Nono', 2), '2026-12-31', NULL, sha256('p'))$$, 'ZE119'),
('can be asked for', 'Alice', 'association', 2, $$SELECT ecopanier.request_transfer(fixture.id('Nono', 2), sha256('p'))$$, 'pending'),
('again, nothing more', 'Alice', 'association', 2, $$SELECT ecopanier.request_transfer(fixture.id('Nono', 2)) || count(*) FROM ecopanier.transfer_requests()$$, 'pending1'),
('another tag frees nobody else', 'Alice', 'association', 2, $$SELECT ecopanier.set_tag(fixture.id('Benoit', 2), sha256('p'))$$, 'ZE119'),
('the holder sees its own member', 'Alice', 'association', 1, $$SELECT (member = fixture.id('Bruno')) || asked_by FROM ecopanier.pending_transfers()$$, 'trueCCAS'),
('so does the person', 'Bruno', 'beneficiary', 1, $$SELECT (member = fixture.id('Bruno')) || asked_by FROM ecopanier.pending_transfers()$$, 'trueCCAS'),
('another organisation nothing', 'Mimi', 'association', 1, $$SELECT count(*) FROM ecopanier.pending_transfers()$$, '0'),
('nor does it release', 'Mimi', 'association', 1, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, 'ZE101'),
('nor does who asked', 'Alice', 'association', 2, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, 'ZE101'),
('the person does', 'Bruno', 'beneficiary', 1, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, ''),
('once', 'Bruno', 'beneficiary', 1, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, 'ZE107'),
('which who asked reads', 'Alice', 'association', 2, $$SELECT state FROM ecopanier.transfer_requests()$$, 'released'),
('the old right gives nothing', 'Bruno', 'beneficiary', 1, $$SELECT state FROM ecopanier.reserve(fixture.named('l'), 1)$$, 'ZE106'),
('a hand-over needs a reason', 'Alice', 'association', 1, $$SELECT ecopanier.transfer_beneficiary(fixture.id('Benoit'), fixture.organisation('Mission'), NULL)$$, 'ZE117'),
('another''s person is unknown', 'Mimi', 'association', 1, $$SELECT ecopanier.transfer_beneficiary(fixture.id('Benoit'), fixture.organisation('Mission'), 'moved')$$, 'ZE101'),
('a shop takes nobody over', 'Alice', 'association', 1, $$SELECT ecopanier.transfer_beneficiary(fixture.id('Benoit'), fixture.organisation('Boulangerie'), 'moved')$$, 'ZE101'),
('handed over', 'Alice', 'association', 1, $$SELECT ecopanier.transfer_beneficiary(fixture.id('Benoit'), fixture.organisation('Mission'), 'moved')$$, ''),
('the new one reads right and code', 'Mimi', 'association', 1, $$SELECT concat_ws(' ', state, ben_code IS NOT NULL, reason, verified_by, verified_for) FROM ecopanier.beneficiary$$, 'verified t'),
('no history', 'Mimi', 'association', 1, $$SELECT string_agg(concat_ws('>', from_state, to_state), ',') FROM ecopanier.right_history$$, 'verified'),
('the old one its own', 'Alice', 'association', 1, $$SELECT string_agg(concat_ws('>', from_state, to_state), ',' ORDER BY at, id) FROM ecopanier.right_history WHERE member_id = fixture.id('Benoit')$$, 'verified,verified>verified'),
('the old one decides no more', 'Alice', 'association', 1, $$SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), 'x')$$, 'ZE101'),
('the new one does', 'Mimi', 'association', 1, $$SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), 'x')$$, ''),
('suspended rights do not move', 'Mimi', 'association', 1, $$SELECT ecopanier.transfer_beneficiary(fixture.id('Benoit'), fixture.organisation('CCAS'), 'x')$$, 'ZE107'),
('reinstated', 'Mimi', 'association', 1, $$SELECT ecopanier.reinstate_beneficiary(fixture.id('Benoit'))$$, '2026-12-31'),
('once only', 'Mimi', 'association', 1, $$SELECT ecopanier.reinstate_beneficiary(fixture.id('Benoit'))$$, 'ZE107');
SELECT is(fixture.try(name, role, statement, territory, keep => true), expected, says) FROM step ORDER BY n;
SELECT results_eq($$SELECT m.display_name, b.state, b.valid_from, b.valid_until, b.units_per_day FROM ecopanier.beneficiary b JOIN ecopanier.member m ON m.id = b.member_id
	WHERE m.id IN (fixture.id('Bruno'), fixture.id('Nono', 2)) ORDER BY 1$$,
	$$VALUES ('Bruno', 'transferred', date '2026-11-20', date '2026-12-31', 1), ('Nono', 'verified', '2026-11-21', '2026-12-31', 1)$$,
	'the right goes on to the same last day, under the same restriction, from the day after the last claim');

\echo '# the rule binds everybody'
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM (VALUES
	($$INSERT INTO ecopanier_private.person_tag SELECT territory_id, fixture.id('Basma', territory_id), mac, key_id FROM ecopanier_private.person_tag WHERE member_id = fixture.id('Nono', 2)$$, 'ZE119'),
	($$UPDATE ecopanier.beneficiary SET state = 'verified' WHERE member_id = fixture.id('Bruno')$$, 'ZE107'),
	($$DELETE FROM ecopanier_private.right_holder$$, 'ZE112'), ($$TRUNCATE ecopanier_private.right_holder$$, 'ZE111'),
	($$UPDATE ecopanier_private.right_holder SET territory_id = 1$$, 'ZE112'), ($$DELETE FROM ecopanier.right_history$$, 'ZE111'),
	($$DELETE FROM ecopanier_private.right_transfer$$, 'ZE111'), ($$UPDATE ecopanier_private.right_transfer SET state = 'pending'$$, 'ZE107')) v (statement, expected);
\echo '# an older snapshot decides on nothing'
CREATE TEMP TABLE old_step (name text, role text, statement text);
INSERT INTO old_step VALUES
	('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Basma'), '2026-12-31')$$),
	('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Basma'), '2026-12-31', NULL, sha256('q'))$$),
	('Alice', 'association', $$SELECT ecopanier.set_tag(fixture.id('Basma'), sha256('q'))$$),
	('Adele', 'administrator', $$SELECT ecopanier.replace_tag(fixture.id('Basma'), sha256('q'), 'why')$$),
	('Alice', 'association', $$SELECT ecopanier.request_transfer(fixture.id('Basma'), sha256('q'))$$),
	('Alice', 'association', $$SELECT ecopanier.transfer_beneficiary(fixture.id('Basma'), fixture.organisation('Mission'), 'moved')$$),
	('Alice', 'association', $$SELECT ecopanier.release_transfer(fixture.transfer())$$),
	('Alice', 'association', $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'why')$$),
	('Mimi', 'association', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), 'why')$$),
	('Alice', 'association', $$SELECT state FROM ecopanier.enrol_beneficiaries('[{"external_id":"old","display_name":"x"}]')$$),
	(NULL, NULL, $$UPDATE ecopanier.beneficiary SET state = 'expired' WHERE member_id = fixture.id('Benoit')$$),
	(NULL, NULL, $$INSERT INTO ecopanier_private.person_tag SELECT 1, fixture.id('Basma'), sha256('q'), key_id FROM ecopanier_private.person_tag LIMIT 1$$);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT is(CASE WHEN name IS NULL THEN (fixture.attempt('postgres', NULL, NULL, statement)).state ELSE fixture.try(name, role, statement) END, '25000',
	'REPEATABLE READ: ' || statement) FROM old_step;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT is(CASE WHEN name IS NULL THEN (fixture.attempt('postgres', NULL, NULL, statement)).state ELSE fixture.try(name, role, statement) END, '25000',
	'SERIALIZABLE: ' || statement) FROM old_step;
COMMIT;
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'tag_required', 1, '2026-11-20 16:00+00', 'test');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Basma'), '2027-01-31')$$), 'ZE124', 'without a tag where one is required');

\echo '# the end by the local calendar'
SELECT is((fixture.attempt('postgres', NULL, NULL, 'SELECT ecopanier.expire_rights()', at => at)).value, expected, at) FROM (VALUES
	('2026-12-31 19:59:59.999999+00', '0'), ('2026-12-31 20:00:00+00', '4'), ('2026-12-31 22:59:59.999999+00', '4'), ('2026-12-31 23:00:00+00', '7')) v (at, expected);
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Basma'), '2027-12-31', NULL, sha256('p')) IS NOT NULL$$,
	at => '2026-12-31 19:59:59.999999+00'), 'ZE119', 'a right in force elsewhere');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Basma'), '2027-12-31', NULL, sha256('p')) IS NOT NULL$$,
	at => '2026-12-31 20:00:00+00'), 'true', 'gives way at its own midnight, no step needed');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
