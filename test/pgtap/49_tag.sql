-- Tags that stay, days that give their units once, refusals of transfers, services and their scopes, keys, last days of odd length.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'social_service', 'Mission');
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Mimi'), (1, 'Zoe'), (2, 'Nono'), (2, 'Nina');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Mimi'), 'association'), (1, fixture.id('Adele'), 'beneficiary');
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES (1, fixture.organisation('Mission'), fixture.id('Mimi'), 'manager');
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id) VALUES (1, fixture.id('Zoe'), fixture.organisation('CCAS')),
	(2, fixture.id('Nono', 2), fixture.organisation('CCAS', 2)), (2, fixture.id('Nina', 2), fixture.organisation('CCAS', 2)), (1, fixture.id('Adele'), fixture.organisation('CCAS'));
SELECT fixture.name_lot('l', fixture.lot(0, 9)), fixture.name_lot('far', fixture.lot(0, 9, 2)) \g /dev/null
CREATE FUNCTION fixture.transfer() RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier_private.right_transfer ORDER BY requested_at DESC, id DESC LIMIT 1 $$;
CREATE TEMP TABLE step (n serial, says text, name text, role text, territory int, statement text, expected text);

\echo '# a tag stays once it had a right'
INSERT INTO step (says, name, role, territory, statement, expected) VALUES
('a tag', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Zoe'), sha256('a'))$$, ''),
('another, while there was no right', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Zoe'), sha256('b'))$$, ''),
('a third one with the first right', 'Alice', 'association', 1, $$SELECT ecopanier.verify_beneficiary(fixture.id('Zoe'), '2026-12-31', NULL, sha256('z')) IS NOT NULL$$, 'true'),
('the same again', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Zoe'), sha256('z'))$$, ''),
('a renewal with it', 'Alice', 'association', 1, $$SELECT ecopanier.verify_beneficiary(fixture.id('Zoe'), '2027-01-31', NULL, sha256('z')) IS NOT NULL$$, 'true'),
('another is refused', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Zoe'), sha256('y'))$$, 'ZE107'),
('with a renewal too', 'Alice', 'association', 1, $$SELECT ecopanier.verify_beneficiary(fixture.id('Zoe'), '2027-02-28', NULL, sha256('y'))$$, 'ZE107'),
('suspended', 'Alice', 'association', 1, $$SELECT ecopanier.suspend_beneficiary(fixture.id('Zoe'), 'why')$$, ''),
('while the right is suspended', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Zoe'), sha256('y'))$$, 'ZE107'),
('to an administrator too', 'Adele', 'administrator', 1, $$SELECT ecopanier.set_tag(fixture.id('Zoe'), sha256('y'))$$, 'ZE107'),
('who was verified without one gets one', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Basma'), sha256('basma'))$$, ''),
('which stays', 'Alice', 'association', 1, $$SELECT ecopanier.set_tag(fixture.id('Basma'), sha256('y'))$$, 'ZE107'),
('staff replace nothing', 'Alice', 'association', 1, $$SELECT ecopanier.replace_tag(fixture.id('Zoe'), sha256('y'), 'typing error')$$, '42501'),
('nor without a reason', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Zoe'), sha256('y'), E' \t')$$, 'ZE117'),
('nor without one at all', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Zoe'), sha256('y'), NULL)$$, 'ZE117'),
('nor for oneself', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Adele'), sha256('y'), 'why')$$, '42501'),
('nor nobody''s', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Camille'), sha256('y'), 'why')$$, 'ZE101'),
('nor elsewhere', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Nono', 2), sha256('y'), 'why')$$, 'ZE101'),
('nor by half a tag', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Zoe'), '\x00', 'why')$$, '22023'),
('nor by a tag under which somebody holds a right', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Zoe'), sha256('basma'), 'why')$$, 'ZE119'),
('an administrator with a reason', 'Adele', 'administrator', 1, $$SELECT ecopanier.replace_tag(fixture.id('Zoe'), sha256('y'), 'typing error')$$, ''),
('the old tag is free', 'Alice', 'association', 2, $$SELECT ecopanier.verify_beneficiary(fixture.id('Nina', 2), '2026-12-31', NULL, sha256('z')) IS NOT NULL$$, 'true'),
('the new one is not', 'Alice', 'association', 2, $$SELECT ecopanier.verify_beneficiary(fixture.id('Nono', 2), '2026-12-31', NULL, sha256('y'))$$, 'ZE119');
SELECT is(fixture.try(name, role, statement, territory, keep => true), expected, says) FROM step ORDER BY n;
SELECT results_eq($$SELECT subject_id, reason FROM ecopanier.audit_event WHERE action = 'tag_replace'$$, $$VALUES (fixture.id('Zoe'), 'typing error')$$, 'the audit tells of the one that was replaced');

\echo '# a transfer that is refused, one that is released, and the days'
TRUNCATE step;
INSERT INTO step (says, name, role, territory, statement, expected) VALUES
('asked for', 'Alice', 'association', 2, $$SELECT ecopanier.request_transfer(fixture.id('Nono', 2), sha256('y'))$$, 'pending'),
('refused without a reason', 'Alice', 'association', 1, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), ' ')$$, 'ZE117'),
('for none', 'Alice', 'association', 1, $$SELECT ecopanier.refuse_transfer(NULL, 'why')$$, 'ZE101'),
('by another organisation', 'Mimi', 'association', 1, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'why')$$, 'ZE101'),
('by who asked', 'Alice', 'association', 2, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'why')$$, 'ZE101'),
('by another person', 'Basma', 'beneficiary', 1, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'why')$$, 'ZE101'),
('by a shop', 'Mona', 'merchant', 1, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'why')$$, '42501'),
('by the holder', 'Alice', 'association', 1, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'still with us')$$, ''),
('once', 'Alice', 'association', 1, $$SELECT ecopanier.refuse_transfer(fixture.transfer(), 'still with us')$$, 'ZE107'),
('and for good', 'Alice', 'association', 1, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, 'ZE107'),
('nothing waits any more', 'Alice', 'association', 1, $$SELECT count(*) FROM ecopanier.pending_transfers()$$, '0'),
('who asked reads that, and not why', 'Alice', 'association', 2, $$SELECT string_agg(to_jsonb(t) - 'member' - 'requested_at' - 'decided_at' || '{}', ' ') FROM (SELECT * FROM ecopanier.transfer_requests()) t$$, NULL),
('the right stays', 'Alice', 'association', 1, $$SELECT state FROM ecopanier.beneficiary WHERE member_id = fixture.id('Zoe')$$, 'suspended'),
('asked for again', 'Alice', 'association', 2, $$SELECT ecopanier.request_transfer(fixture.id('Nono', 2))$$, 'pending'),
('a suspended right does not go', 'Alice', 'association', 1, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, 'ZE107'),
('reinstated', 'Alice', 'association', 1, $$SELECT ecopanier.reinstate_beneficiary(fixture.id('Zoe'))$$, '2027-01-31'),
('units of today', 'Alice', 'association', 1, $$SELECT count(*) FROM ecopanier.pending_transfers()$$, '1');
UPDATE step SET statement = $$SELECT concat_ws(' ', count(*), min(state)) FROM ecopanier.transfer_requests()$$, expected = '1 refused' WHERE expected IS NULL;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Zoe'), 'beneficiary'), (2, fixture.id('Nono', 2), 'beneficiary');
INSERT INTO step (says, name, role, territory, statement, expected) VALUES
('claimed here', 'Zoe', 'beneficiary', 1, $$SELECT state FROM ecopanier.reserve(fixture.named('l'), 2)$$, 'held'),
('the person releases', 'Zoe', 'beneficiary', 1, $$SELECT ecopanier.release_transfer(fixture.transfer())$$, ''),
('nothing more today', 'Nono', 'beneficiary', 2, $$SELECT state FROM ecopanier.reserve(fixture.named('far'), 1)$$, 'ZE106'),
('a renewal begins no earlier', 'Alice', 'association', 2, $$SELECT ecopanier.verify_beneficiary(fixture.id('Nono', 2), '2027-03-31') IS NOT NULL$$, 'true'),
('so nothing more today', 'Nono', 'beneficiary', 2, $$SELECT state FROM ecopanier.reserve(fixture.named('far'), 1)$$, 'ZE106'),
('nor by an earlier day', 'Alice', 'association', 2, $$SELECT ecopanier.verify_beneficiary(fixture.id('Nono', 2), '2027-03-31', '2026-11-01') IS NOT NULL$$, 'true'),
('nothing today', 'Nono', 'beneficiary', 2, $$SELECT state FROM ecopanier.reserve(fixture.named('far'), 1)$$, 'ZE106'),
('a right of today alone is none', 'Alice', 'association', 2, $$SELECT ecopanier.verify_beneficiary(fixture.id('Nono', 2), '2026-11-20')$$, 'ZE107');
SELECT is(fixture.try(name, role, statement, territory, keep => true), expected, says) FROM step ORDER BY n;
SELECT is((SELECT valid_from || ' ' || valid_until FROM ecopanier.beneficiary WHERE member_id = fixture.id('Nono', 2)), '2026-11-21 2027-03-31', 'it begins tomorrow');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Zoe'), '2027-03-31')$$), 'ZE107', 'what was transferred stays so');

\echo '# services'
CREATE FUNCTION fixture.serve(scopes text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	value text;
	state text;
	service text := fixture.try('Alice', 'association', format('SELECT ecopanier.create_service(%L, %L)', scopes, scopes), keep => true);
	made text := fixture.try('Alice', 'association', format('SELECT ecopanier.create_service_key(%L, ''k'', ''2027-01-01'')', service), keep => true);
BEGIN
	PERFORM set_config('session_authorization', 'api', true), set_config('request.jwt.claims', '{"role": "ecopanier_anon"}', true), set_config('request.headers',
		json_build_object('x-ecopanier-key', split_part(btrim(made, '()'), ',', 2))::text, true);
	PERFORM set_config('role', 'ecopanier_anon', true);
	PERFORM ecopanier.authenticate();
	EXECUTE statement INTO value;
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION
	WHEN SQLSTATE 'UNDO0' THEN
		RETURN value;
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
		RETURN state;
END $$;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id) VALUES (1, fixture.id('Claude'), fixture.organisation('CCAS')), (1, fixture.id('Charlie'), fixture.organisation('Mission'));
SELECT is(fixture.serve(scopes, statement), expected, format('%s: %s', scopes, statement)) FROM (VALUES
	('{enrol}', $$SELECT ecopanier.register_beneficiary('x', 'fr') IS NOT NULL$$, 'true'), ('{verify}', $$SELECT ecopanier.register_beneficiary('x', 'fr')$$, '42501'),
	('{enrol}', $$SELECT state FROM ecopanier.enrol_beneficiaries('[{"external_id": "s", "display_name": "s"}]')$$, 'created'),
	('{verify}', $$SELECT state FROM ecopanier.enrol_beneficiaries('[{"external_id": "s", "display_name": "s"}]')$$, '42501'),
	('{enrol}', $$SELECT code FROM ecopanier.enrol_beneficiaries('[{"external_id": "s", "display_name": "s", "valid_until": "2026-12-31"}]')$$, '42501'),
	('{enrol,verify}', $$SELECT state FROM ecopanier.enrol_beneficiaries('[{"external_id": "s", "display_name": "s", "valid_until": "2026-12-31"}]')$$, 'created'),
	('{enrol}', $$SELECT ecopanier.set_tag(fixture.id('Bruno'), sha256('s'))$$, ''), ('{verify}', $$SELECT ecopanier.set_tag(fixture.id('Bruno'), sha256('s'))$$, ''),
	('{transfer}', $$SELECT ecopanier.set_tag(fixture.id('Bruno'), sha256('s'))$$, '42501'), ('{enrol}', $$SELECT ecopanier.set_tag(fixture.id('Charlie'), sha256('s'))$$, 'ZE101'),
	('{enrol,verify,transfer}', $$SELECT ecopanier.replace_tag(fixture.id('Basma'), sha256('s'), 'why')$$, '42501'),
	('{verify}', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31', NULL, sha256('s')) IS NOT NULL$$, 'true'),
	('{enrol}', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31', NULL, sha256('s'))$$, '42501'),
	('{verify}', $$SELECT ecopanier.verify_beneficiary(fixture.id('Charlie'), '2026-12-31')$$, 'ZE101'),
	('{verify}', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), 'why')$$, ''), ('{enrol,transfer}', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), 'why')$$, '42501'),
	('{verify}', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bilal'), 'why')$$, ''), ('{enrol}', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bilal'), 'why')$$, '42501'),
	('{verify}', $$SELECT ecopanier.restrict_beneficiary(fixture.id('Bilal'), 1, 'why')$$, ''), ('{enrol}', $$SELECT ecopanier.restrict_beneficiary(fixture.id('Bilal'), 1, 'why')$$, '42501'),
	('{transfer}', $$SELECT ecopanier.transfer_beneficiary(fixture.id('Bilal'), fixture.organisation('Mission'), 'why')$$, ''),
	('{verify}', $$SELECT ecopanier.transfer_beneficiary(fixture.id('Bilal'), fixture.organisation('Mission'), 'why')$$, '42501'),
	('{transfer}', $$SELECT ecopanier.request_transfer(fixture.id('Claude'), sha256('basma'))$$, 'pending'),
	('{verify}', $$SELECT ecopanier.request_transfer(fixture.id('Claude'), sha256('basma'))$$, '42501'),
	('{transfer}', $$SELECT count(*) FROM ecopanier.pending_transfers()$$, '0'), ('{enrol}', $$SELECT count(*) FROM ecopanier.pending_transfers()$$, '42501')) v (scopes, statement, expected);

\echo '# keys'
SELECT fixture.try('Alice', 'association', $$SELECT ecopanier.set_tag(fixture.id('Bruno'), sha256('rotated'))$$, keep => true) \g /dev/null
SELECT ecopanier.rotate_key(), ecopanier.rotate_key(), ecopanier.rotate_key(), ecopanier.rotate_key() \g /dev/null
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31') IS NOT NULL$$, keep => true), 'true', 'verified under a new key with a tag of before');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.set_tag(fixture.id('Bruno'), sha256('rotated'))$$), '', 'the tag is still the same');
SELECT is(fixture.try('Mimi', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Charlie'), '2026-12-31', NULL, sha256('rotated'))$$), 'ZE119', 'and still finds the second');
SELECT is((SELECT count(DISTINCT key_id) FROM ecopanier_private.person_tag), 1::bigint, 'all tags have one key');
SELECT is((fixture.attempt('postgres', NULL, NULL, format($f$SET session_replication_role = replica; DELETE FROM ecopanier_private.person_tag; DELETE FROM ecopanier_private.right_holder;
	INSERT INTO ecopanier.key_ring (id, public_key, created_at, is_current) VALUES ('0123456789abcdef', decode(repeat('61', 32), 'hex'), '2020-01-01', false);
	RESET session_replication_role; SELECT set_config('session_authorization', 'api', true), set_config('role', 'ecopanier_association', true), set_config('request.jwt.claims', %L, true);
	%s$f$, fixture.claims('Alice', 'association'), statement))).state, 'ZE113', 'without the key: ' || statement) FROM (VALUES
	($$SELECT ecopanier.set_tag(fixture.id('Bruno'), sha256('k'))$$), ($$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31', NULL, sha256('k'))$$),
	($$SELECT code FROM ecopanier.enrol_beneficiaries(format('[{"external_id": "k", "display_name": "k", "tag": "%s"}]', repeat('ab', 32)))$$)) v (statement);

\echo '# last days'
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'tag_required', 1, '2026-11-20 16:00+00', 'test');
INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (9, 'pointe-a-pitre', 'Pointe-à-Pitre', 'America/Guadeloupe');
INSERT INTO ecopanier.member (territory_id, display_name) SELECT t, n FROM (VALUES (1, '2027-03-27'), (1, '2027-03-28'), (1, '2027-10-30'), (1, '2027-10-31'), (9, '2027-01-15')) v (t, n);
INSERT INTO ecopanier.beneficiary (territory_id, member_id, state, valid_from, valid_until)
SELECT territory_id, id, 'verified', '2026-01-01', display_name::date FROM ecopanier.member WHERE display_name LIKE '2027-__-__';
SELECT is((fixture.attempt('postgres', NULL, NULL, $$SELECT ecopanier.expire_rights(); SELECT coalesce(string_agg(display_name, ' ' ORDER BY display_name), '') FROM ecopanier.beneficiary b
	JOIN ecopanier.member m ON m.id = b.member_id WHERE b.state = 'expired' AND display_name LIKE '2027-__-__'$$, at => at)).value, expected, at || says) FROM (VALUES
	('2027-01-16 03:59:59.999999+00', '', ': Guadeloupe'), ('2027-01-16 04:00:00+00', '2027-01-15', ': four hours after'),
	('2027-03-27 22:59:59.999999+00', '2027-01-15', ''), ('2027-03-27 23:00:00+00', '2027-01-15 2027-03-27', ''),
	('2027-03-28 21:59:59.999999+00', '2027-01-15 2027-03-27', ': a day of 23 hours'), ('2027-03-28 22:00:00+00', '2027-01-15 2027-03-27 2027-03-28', ' has no more'),
	('2027-10-30 21:59:59.999999+00', '2027-01-15 2027-03-27 2027-03-28', ''), ('2027-10-30 22:00:00+00', '2027-01-15 2027-03-27 2027-03-28 2027-10-30', ''),
	('2027-10-31 22:59:59.999999+00', '2027-01-15 2027-03-27 2027-03-28 2027-10-30', ': a day of 25 hours'),
	('2027-10-31 23:00:00+00', '2027-01-15 2027-03-27 2027-03-28 2027-10-30 2027-10-31', ' has no more')) v (at, expected, says);
SELECT is((fixture.attempt('postgres', NULL, NULL, $$SELECT done FROM ecopanier.tick() WHERE step = 'rights'$$, at => '2027-01-16 04:00:00+00')).value::int,
	(fixture.attempt('postgres', NULL, NULL, 'SELECT ecopanier.expire_rights()', at => '2027-01-16 04:00:00+00')).value::int, 'tick() takes the step');
SELECT is((SELECT string_agg(t.slug || coalesce(s.value::text, ' none'), ' ') FROM ecopanier.territory t LEFT JOIN ecopanier.setting s ON s.territory_id = t.id AND s.name = 'tag_required'
	WHERE t.id = 9), 'pointe-a-pitre1', 'a new territory asks for tags');

\echo '# no rule without a check'
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is((fixture.attempt('postgres', NULL, NULL, 'SET session_replication_role = replica; ' || statement || '; SELECT string_agg(invariant, '' '') FROM ecopanier.self_check() WHERE violations > 0')).value,
	expected, statement) FROM (VALUES
	($$DELETE FROM ecopanier_private.right_holder WHERE member_id = fixture.id('Bruno')$$, 'right_matches_holder'),
	($$UPDATE ecopanier.beneficiary SET state = 'expired' WHERE member_id = fixture.id('Bruno')$$, 'right_matches_holder'),
	($$UPDATE ecopanier_private.person_tag SET mac = sha256('x') WHERE member_id = fixture.id('Bruno')$$, 'right_matches_holder'),
	($$UPDATE ecopanier_private.person_tag SET mac = (SELECT mac FROM ecopanier_private.person_tag WHERE member_id = fixture.id('Basma')) WHERE member_id = fixture.id('Bruno')$$, 'right_matches_holder second_right'),
	($$INSERT INTO ecopanier.enrolment (territory_id, external_id, member_id) VALUES (1, 'x', fixture.id('Camille'))$$, 'enrolled_nobody')) v (statement, expected);
SELECT * FROM finish();
