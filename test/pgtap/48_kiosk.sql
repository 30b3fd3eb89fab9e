-- Cards and the kiosk: who gives them, what signs a person in and what no longer does, what a session reaches, when it ends.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
SELECT fixture.name_lot('free', fixture.lot(5, 5)), fixture.name_lot('second', fixture.lot(0, 1)), fixture.name_lot('elsewhere', fixture.lot(5, 5, 2)) \g /dev/null

-- A second association with a kiosk; Sara has a station at CCAS, Sami at Croix, Claude reads only, Mona manages Croix.
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'association', 'Croix');
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, fixture.id(n), 'association' FROM unnest(ARRAY['Sara', 'Sami', 'Claude', 'Mona']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Benoit'), 'customer');
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES
	(1, fixture.organisation('CCAS'), fixture.id('Sara'), 'station'), (1, fixture.organisation('Croix'), fixture.id('Sami'), 'station'),
	(1, fixture.organisation('CCAS'), fixture.id('Claude'), 'reader'), (1, fixture.organisation('Croix'), fixture.id('Mona'), 'manager');

-- As somebody of an association, kept; the answer as text.
CREATE FUNCTION fixture.staff(name text, statement text, at text DEFAULT '2026-11-20 16:00:00+00', organisation text DEFAULT 'CCAS', territory int DEFAULT 1)
RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(a.state, a.value) FROM fixture.attempt('api', 'ecopanier_association', fixture.claims(name, 'association', territory,
		jsonb_build_object('organisation', fixture.organisation(organisation, territory))), statement, at, true) a $$;
CREATE TABLE fixture.card (name text PRIMARY KEY, id uuid, card text, pin text);
CREATE FUNCTION fixture.give(who text, staff text DEFAULT 'Alice', kept_as text DEFAULT NULL, territory int DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	given text := fixture.staff(staff, format('SELECT c::text FROM ecopanier.issue_card(%L) c', fixture.id(who, territory)), territory => territory);
BEGIN
	IF given LIKE '(%' THEN
		INSERT INTO fixture.card SELECT coalesce(kept_as, who), (given::ecopanier.issued_card).*;
		RETURN 'given';
	END IF;
	RETURN given;
END $$;
CREATE FUNCTION fixture.login(card_name text, pin text DEFAULT NULL, station text DEFAULT 'Sara', at text DEFAULT '2026-11-20 16:00:00+00', organisation text DEFAULT 'CCAS', territory int DEFAULT 1)
RETURNS ecopanier.kiosk_answer LANGUAGE plpgsql AS $$
DECLARE
	got text;
BEGIN
	SELECT fixture.staff(station, format('SELECT a::text FROM ecopanier.kiosk_login(%L, %L) a', c.card, coalesce(login.pin, c.pin)), at, organisation, territory)
	INTO got FROM fixture.card c WHERE c.name = card_name;
	IF got NOT LIKE '(%' THEN
		RETURN ROW(got, NULL, NULL, NULL, NULL, NULL);
	END IF;
	RETURN got::ecopanier.kiosk_answer;
END $$;
CREATE FUNCTION fixture.wrong(card_name text) RETURNS text LANGUAGE sql AS
$$ SELECT lpad(((pin::int + 1) % 1000000)::text, 6, '0') FROM fixture.card WHERE name = card_name $$;
CREATE FUNCTION fixture.state_of(token text, station text DEFAULT 'Sara', at text DEFAULT '2026-11-20 16:00:00+00', organisation text DEFAULT 'CCAS', territory int DEFAULT 1)
RETURNS text LANGUAGE sql AS
$$ SELECT fixture.staff(station, format('SELECT ecopanier.kiosk_screen(%L) ->> ''state''', token), at, organisation, territory) $$;

\echo '# giving cards'
SELECT is(fixture.give('Benoit'), 'given', 'a manager gives a card');
SELECT is(fixture.give('Benoit', 'Sara'), 'ZE101', 'a station does not');
SELECT is(fixture.give('Benoit', 'Claude'), 'ZE101', 'nor does a reader');
SELECT is(fixture.give('Bruno'), 'ZE106', 'nobody gets one without a verified right');
SELECT is(fixture.staff('Mona', format('SELECT c::text FROM ecopanier.issue_card(%L) c', fixture.id('Benoit')), organisation => 'Croix'), 'ZE101', 'nor from another association');
SELECT is(fixture.staff('Alice', format('SELECT c::text FROM ecopanier.issue_card(%L) c', fixture.id('Benoit', 2))), 'ZE101', 'nor in another territory');
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT ecopanier.issue_card(fixture.id(''Benoit''))'), '42501', 'nor from oneself');
SELECT ok(card ~ '^EC1\.[A-Za-z0-9_-]{44}$' AND pin ~ '^[0-9]{6}$', 'card and PIN have their forms') FROM fixture.card;
SELECT is((SELECT string_agg(t::text, '') FROM ecopanier.card t) ~ (SELECT substr(card, 30) || '|' || pin FROM fixture.card), false, 'neither is stored with the card');
SELECT is(fixture.try('Benoit', 'beneficiary', 'SELECT count(*) FROM ecopanier.card'), '1', 'the person reads the own card');
SELECT is(fixture.try('Basma', 'beneficiary', 'SELECT count(*) FROM ecopanier.card'), '0', 'nobody else does');
SELECT is(fixture.staff('Mona', 'SELECT count(*) FROM ecopanier.card', organisation => 'Croix'), '0', 'nor another association');
SELECT is(fixture.staff('Alice', 'SELECT hash FROM ecopanier_private.card_secret'), '42501', 'staff do not read its hash');
SELECT is((SELECT string_agg(action || ' ' || (facts IS NOT NULL), ' ') FROM ecopanier.audit_event WHERE action LIKE 'card%'), 'card_insert true', 'the audit notes it');
SELECT matches(fixture.staff('Alice', format('SELECT left(ecopanier.card_qr(%L), 4)', card)), '^<svg', 'the card is drawn') FROM fixture.card;
SELECT is(fixture.staff('Alice', format('SELECT substr(ecopanier.card_qr_png(%L), 1, 4)', card)), '\x89504e47', 'in two ways') FROM fixture.card;

\echo '# signing in'
SELECT token, state, expires_at FROM fixture.login('Benoit') \gset
SELECT is(:'state'::text, 'ok', 'card and PIN sign in');
SELECT is(:'expires_at'::timestamptz, '2026-11-20 16:03:00+00'::timestamptz, 'for three minutes');
SELECT ok(:'token' ~ '^EK1\.[A-Za-z0-9_-]{172}$', 'with a token of its form');
SELECT is((fixture.login('Benoit', fixture.wrong('Benoit'))).state, 'refused', 'a wrong PIN does not');
SELECT is((fixture.login('Benoit', p)).state, 'refused', 'nor a PIN ' || says) FROM (VALUES ('', 'of nothing'), ('12345', 'too short'), ('1234567', 'too long'), ('１２３４５６', 'of wide digits')) v (p, says);
SELECT is((fixture.login('Benoit')).state, 'locked', 'after five wrong ones not even the right one does');
SELECT is((fixture.login('Benoit', station => 'Sami', organisation => 'Croix')).state, 'ok', 'but at another association it does');
SELECT is(fixture.state_of(:'token'), 'ok', 'and the session that was open goes on');
SELECT is((fixture.login('Benoit', at => '2026-11-20 16:29:59+00')).state, 'locked', 'the lock holds until the period ends');
SELECT is((fixture.login('Benoit', at => '2026-11-20 16:30:00+00')).state, 'ok', 'and not longer');
SELECT is(fixture.staff('Sara', format('SELECT ecopanier.release_card(%L, ''known'')', id)), '42501', 'a station does not release it') FROM fixture.card;
SELECT is(fixture.staff('Alice', format('SELECT ecopanier.release_card(%L, '' '')', id)), 'ZE117', 'nor anybody without a reason') FROM fixture.card;
SELECT is(fixture.staff('Alice', format('SELECT ecopanier.release_card(%L, ''known'')', id)), '', 'a manager does') FROM fixture.card;
SELECT is((fixture.login('Benoit')).state, 'ok', 'then it signs in again');
SELECT is((SELECT count(*) FROM ecopanier.audit_event WHERE action = 'card_release' AND reason = 'known'), 1::bigint, 'the audit says why');
SELECT is((fixture.login('Benoit', fixture.wrong('Benoit'))).state, 'refused', 'wrong ' || g) FROM generate_series(1, 4) g;
SELECT is((fixture.login('Benoit')).state, 'ok', 'the right PIN begins anew');
SELECT is((fixture.login('Benoit', fixture.wrong('Benoit'))).state, 'refused', 'wrong again ' || g) FROM generate_series(1, 5) g;
SELECT is((fixture.login('Benoit')).state, 'locked', 'five more are too many');
SELECT fixture.staff('Alice', format('SELECT ecopanier.reissue_card_pin(%L)', id)) AS new_pin FROM fixture.card \gset
SELECT is((fixture.login('Benoit')).state, 'refused', 'a new PIN ends the old one');
UPDATE fixture.card SET pin = :'new_pin';
SELECT is((fixture.login('Benoit')).state, 'ok', 'and begins anew');

\echo '# who is a kiosk'
SELECT is((fixture.login('Benoit', station => 'Claude')).state, 'not_signed_in', 'a reader is none');
SELECT is(fixture.try('Sami', 'merchant', 'SELECT ecopanier.kiosk_login(''x'', ''y'')'), '42501', 'a merchant may not even ask');
SELECT is((fixture.login('Benoit', station => 'Alice', territory => 2)).state, 'refused', 'a kiosk of another territory knows no card of this one');
SELECT is(fixture.staff('Sara', 'SELECT state FROM ecopanier.kiosk_login(NULL, NULL)'), 'refused', 'nothing is refused');
SELECT is((fixture.attempt('api', 'ecopanier_association', NULL, 'SELECT state FROM ecopanier.kiosk_login(''x'', ''y'')')).value, 'not_signed_in', 'without a caller there is none');
UPDATE ecopanier.organisation SET kind = 'hub' WHERE id = fixture.organisation('Croix');
SELECT is((fixture.login('Benoit', station => 'Sami', organisation => 'Croix')).state, 'not_signed_in', 'an organisation of another kind has none');
UPDATE ecopanier.organisation SET kind = 'association' WHERE id = fixture.organisation('Croix');

\echo '# the session'
SELECT token FROM fixture.login('Benoit') \gset
SELECT is(fixture.state_of(:'token', at => '2026-11-20 16:02:59+00'), 'ok', 'it lasts three minutes');
SELECT is(fixture.state_of(:'token', at => '2026-11-20 16:03:00+00'), 'refused', 'and no longer');
SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(%L) ->> ''token''', :'token'), '2026-11-20 16:02:00+00') AS second \gset
SELECT is(fixture.state_of(:'second', at => '2026-11-20 16:04:59+00'), 'ok', 'each use renews it');
SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(%L) ->> ''token''', :'second'), '2026-11-20 16:04:30+00') AS third \gset
SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(%L) ->> ''token''', :'third'), '2026-11-20 16:07:00+00') AS fourth \gset
SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(%L) ->> ''token''', :'fourth'), '2026-11-20 16:09:00+00') AS fifth \gset
SELECT is(fixture.state_of(:'fifth', at => '2026-11-20 16:09:59+00'), 'ok', 'for ten minutes');
SELECT is(fixture.state_of(:'fifth', at => '2026-11-20 16:10:00+00'), 'refused', 'and no longer however it is used');
SELECT is(fixture.state_of(:'token', 'Alice'), 'refused', 'another station of the association does not go on with it');
SELECT is(fixture.state_of(:'token', 'Sami', organisation => 'Croix'), 'refused', 'nor does another association');
SELECT is(fixture.state_of(:'token', 'Alice', territory => 2), 'refused', 'nor another territory');
SELECT is(fixture.state_of(t), 'refused', 'no token: ' || says) FROM (VALUES ('', 'empty'), (left(:'token', -1), 'cut'), (:'token' || 'A', 'longer'),
	('EP1.' || substr(:'token', 5), 'of another kind'), (overlay(:'token' placing CASE substr(:'token', 40, 1) WHEN 'A' THEN 'B' ELSE 'A' END from 40), 'changed'),
	(repeat('x', 1000000), 'a megabyte')) v (t, says);
SELECT is(fixture.state_of(NULL), 'refused', 'no token: null');
SELECT is(fixture.staff('Sara', format('SELECT state FROM ecopanier.kiosk_logout(%L)', :'token')), 'ok', 'it is closed');
SELECT is(fixture.state_of(:'token'), 'refused', 'then it is over');
SELECT is(fixture.state_of(:'second'), 'refused', 'with each of its tokens');
SELECT is(fixture.staff('Sara', format('SELECT state FROM ecopanier.kiosk_logout(%L)', :'token')), 'refused', 'and is not closed twice');
SELECT token FROM fixture.login('Benoit') \gset
SELECT cmp_ok(fixture.staff('Sara', 'SELECT ecopanier.end_kiosk_sessions()')::int, '>=', 1, 'staff end all sessions of their kiosks');
SELECT is(fixture.state_of(:'token'), 'refused', 'this one too');

\echo '# what takes the right away takes effect at the next use'
CREATE TEMP TABLE loss (says text, takes text);
INSERT INTO loss VALUES
('a suspended member', $$UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.id('Benoit')$$),
('a suspended right', $$UPDATE ecopanier.beneficiary SET state = 'suspended', reason = 'test' WHERE member_id = fixture.id('Benoit')$$),
('a lost role', $$DELETE FROM ecopanier.member_role WHERE member_id = fixture.id('Benoit') AND role = 'beneficiary'$$),
('a right that has ended', $$UPDATE ecopanier.beneficiary SET valid_until = '2026-11-19' WHERE member_id = fixture.id('Benoit')$$),
('a person whom another association holds', $$UPDATE ecopanier.beneficiary SET organisation_id = fixture.organisation('Croix'), verified_by = NULL, verified_for = NULL, reason = NULL WHERE member_id = fixture.id('Benoit')$$),
('a right that is transferred', $$UPDATE ecopanier.beneficiary SET state = 'transferred' WHERE member_id = fixture.id('Benoit')$$),
('a lost card', $$UPDATE ecopanier.card SET revoked_at = ecopanier.now(), revoke_reason = 'lost' WHERE member_id = fixture.id('Benoit')$$);
CREATE FUNCTION fixture.after_loss(takes text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	token text := (fixture.login('Benoit')).token;
	seen text := fixture.state_of(token);
BEGIN
	BEGIN
		EXECUTE takes;
		seen := concat_ws(' ', seen, fixture.state_of(token), (fixture.login('Benoit')).state,
			(fixture.login('Benoit')).code = (fixture.login('Benoit', '000000')).code);
		RAISE EXCEPTION SQLSTATE 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
		RETURN seen;
	END;
END $$;
SELECT is(fixture.after_loss(takes), 'ok refused refused t', says) FROM loss;

\echo '# what a session reaches'
SELECT fixture.try('Basma', 'beneficiary', $$SELECT reservation FROM ecopanier.reserve(fixture.named('second'))$$, keep => true) AS hers \gset
SELECT fixture.try('Benoit', 'customer', $$SELECT reservation FROM ecopanier.reserve(fixture.named('free'))$$, keep => true) AS paid \gset
SELECT fixture.staff('Alice', format('SELECT ecopanier.release_card(%L, ''known'')', id)) FROM fixture.card \g /dev/null
SELECT token FROM fixture.login('Benoit') \gset
SELECT is(fixture.staff('Sara', format('SELECT concat_ws('' '', a.state, a.code, ecopanier.current_role_name(), ecopanier.current_member() = fixture.id(''Sara'')) FROM ecopanier.kiosk_reserve(%L, %s, %s) a', :'token', l, q)), expected, says)
FROM (VALUES ('fixture.named(''free'')', '1', 'ok association t', 'a free unit is claimed; the station is itself again'),
	('fixture.named(''free'')', '2', 'not_possible ZE105 association t', 'the limit holds'), ('fixture.named(''second'')', '1', 'not_possible ZE104 association t', 'so does the stock'),
	('fixture.named(''elsewhere'')', '1', 'not_possible ZE101 association t', 'and the territory'), ('NULL', '1', 'not_possible 22004 association t', 'nothing is not claimed'),
	('fixture.named(''free'')', '0', 'not_possible 22023 association t', 'nor no unit'), ('ecopanier.new_id(1)', '1', 'not_possible ZE101 association t', 'nor an unknown lot')) v (l, q, expected, says);
SELECT is(fixture.used('Benoit'), 1, 'one free unit of the day is used');
SELECT is((SELECT count(*) || ' ' || min(r.pool) FROM ecopanier.reservation r WHERE r.member_id = fixture.id('Benoit') AND r.pool = 'solidarity'), '1 solidarity', 'it is free');
SELECT is(fixture.staff('Sara', format('SELECT concat_ws('' '', a.state, a.code) FROM ecopanier.kiosk_cancel(%L, %L) a', :'token', :'hers')), 'not_possible ZE101', 'another''s basket is not there');
SELECT is(fixture.staff('Sara', 'SELECT state FROM ecopanier.receipt(''' || :'paid' || ''')'), '42501', 'the station itself reads no receipt');
SELECT is(fixture.staff('Sara', format('DO $d$ BEGIN PERFORM ecopanier.kiosk_reserve(%L, NULL); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END $d$; SELECT concat_ws('' '', ecopanier.current_role_name(), ecopanier.current_member() = fixture.id(''Sara''))', :'token')), 'association t', 'after an error around it the station is itself');
SELECT is((SELECT current_setting('ecopanier.context', true)), '', 'no context is left behind');
SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(%L)', :'token')) AS screen \gset
SELECT is((SELECT string_agg(k, ' ' ORDER BY k) FROM jsonb_object_keys(:'screen'::jsonb) k),
	'baskets expires_at first_name free_units language offers right_to_left right_until state texts token', 'the screen has all that it shows');
SELECT is(jsonb_array_length(:'screen'::jsonb -> 'baskets'), 2, 'both own baskets, the paid and the free one');
SELECT is((SELECT count(DISTINCT (SELECT string_agg(k || jsonb_typeof(b -> k), ' ' ORDER BY k) FROM jsonb_object_keys(b) k)) FROM jsonb_array_elements(:'screen'::jsonb -> 'baskets') b), 1::bigint, 'in one shape');
SELECT is((SELECT count(*) FROM jsonb_array_elements(:'screen'::jsonb -> 'baskets') b WHERE b ->> 'pin' ~ '^[0-9]{6}$' AND b ->> 'qr' ~ '^EP1\.' AND b ->> 'qr_svg' ~ '^<svg' AND b ->> 'from' = '18:00' AND b ->> 'to' = '20:00'), 2::bigint, 'with PIN, QR and the local time');
SELECT is(:'screen'::jsonb -> 'free_units', '{"left": 1, "limit": 2}', 'what is left of the day');
SELECT is(:'screen'::jsonb ->> 'right_until', '2026-12-31', 'the last day of the right');
SELECT is(jsonb_path_query_array(:'screen'::jsonb, '$.offers[*].lot'), jsonb_build_array(fixture.named('free')), 'what can be claimed');
SELECT is((SELECT concat_ws(' ', s ->> 'language', s ->> 'right_to_left', (s #>> '{texts,greeting}')) FROM
	(SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(%L, %L)', :'token', asked))::jsonb s) x), expected, 'asked for ' || coalesce(asked, 'nothing'))
FROM (VALUES ('fr', U&'fr false Bonjour Benoit\00A0!'), ('en-GB', 'en false Hello Benoit!'), ('ES', U&'es false \00A1Hola, Benoit!'),
	('ar', U&'ar true \0645\0631\062D\0628\064B\0627 \2068Benoit\2069!'), ('de', U&'fr false Bonjour Benoit\00A0!'), (NULL, U&'fr false Bonjour Benoit\00A0!')) v (asked, expected);
SELECT is((SELECT s ->> 'state' || ' ' || (s #>> '{texts,refusal}' = ecopanier.message('kiosk_refused', l)) FROM
	(SELECT fixture.staff('Sara', format('SELECT ecopanier.kiosk_screen(''EK1.x'', %L)', l))::jsonb s) x), 'refused true', 'a refusal in ' || l) FROM unnest(ARRAY['fr', 'en', 'es', 'ar']) l;
SELECT is(fixture.staff('Sara', format('SELECT concat_ws('' '', a.state, a.code) FROM ecopanier.kiosk_cancel(%L, (SELECT (b ->> ''reservation'')::uuid FROM jsonb_array_elements(%L::jsonb -> ''baskets'') b WHERE b ->> ''amount_cents'' = ''0'')) a', :'token', :'screen')), 'ok', 'the own basket is cancelled');
SELECT is(fixture.used('Benoit'), 0, 'and the quota given back');

\echo '# ending and replacing cards'
SELECT is(fixture.staff('Sara', format('SELECT ecopanier.revoke_card(%L, ''bored'')', id)), '22023', 'a reason is one of a few words') FROM fixture.card;
SELECT is(fixture.try('Basma', 'beneficiary', format('SELECT ecopanier.revoke_card(%L, ''lost'')', id)), 'ZE101', 'another person does not end it') FROM fixture.card;
SELECT is(fixture.staff('Mona', format('SELECT ecopanier.revoke_card(%L, ''lost'')', id), organisation => 'Croix'), 'ZE101', 'nor another association') FROM fixture.card;
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT ecopanier.revoke_card(%L, ''lost'')', id)), '', 'the person may') FROM fixture.card;
SELECT is(fixture.staff('Sara', format('SELECT ecopanier.revoke_card(%L, ''lost'')', id)), '', 'staff may') FROM fixture.card;
SELECT is(fixture.state_of(:'token'), 'refused', 'its session is over');
SELECT is(fixture.staff('Sara', format('SELECT ecopanier.revoke_card(%L, ''lost'')', id)), 'ZE107', 'once') FROM fixture.card;
SELECT is(fixture.staff('Alice', format('SELECT ecopanier.reissue_card_pin(%L)', id)), 'ZE107', 'it gets no other PIN') FROM fixture.card;
SELECT is((fixture.login('Benoit')).state, 'refused', 'and signs nobody in');
SELECT is(fixture.give('Benoit', kept_as => 'second'), 'given', 'another is given');
SELECT is((fixture.login('second')).state, 'ok', 'and signs in');
SELECT is(fixture.give('Benoit', kept_as => 'third'), 'given', 'a third replaces it');
SELECT is((fixture.login('second')).state, 'refused', 'which is over then');
SELECT is((SELECT string_agg(coalesce(revoke_reason, 'in force'), ' ' ORDER BY issued_at, id) FROM ecopanier.card), 'lost replaced in force', 'one card is in force');
SELECT throws_ok($$UPDATE ecopanier.card SET revoked_at = NULL, revoke_reason = NULL$$, 'ZE111', NULL, 'a superuser does not bring one back');
SELECT throws_ok($$UPDATE ecopanier.card SET pin_version = pin_version - 1 WHERE revoked_at IS NULL$$, 'ZE111', NULL, 'nor an old PIN');
SELECT throws_ok($$UPDATE ecopanier.card SET member_id = fixture.id('Basma')$$, 'ZE111', NULL, 'nor gives it to another');
SELECT is(fixture.give('Basma'), 'given', 'a person with a card');
SELECT token FROM fixture.login('Basma') \gset
SELECT id AS moved FROM fixture.card WHERE name = 'Basma' \gset
SELECT is(fixture.state_of(:'token'), 'ok', 'signed in');
UPDATE ecopanier.beneficiary SET organisation_id = fixture.organisation('Croix'), verified_by = NULL, verified_for = NULL, reason = NULL WHERE member_id = fixture.id('Basma');
SELECT is((SELECT revoke_reason FROM ecopanier.card WHERE id = :'moved'), 'moved', 'is held by another association: the card ends');
SELECT is(fixture.state_of(:'token'), 'refused', 'with its session');
SELECT is((fixture.login('Basma')).state, 'refused', 'and signs nobody in');
SELECT is(fixture.staff('Alice', format('SELECT ecopanier.reissue_card_pin(%L)', :'moved')), 'ZE101', 'the old association gives it no PIN');
SELECT is(fixture.give('Basma', kept_as => 'none'), 'ZE101', 'nor another card');
SELECT matches(fixture.staff('Mona', format('SELECT c::text FROM ecopanier.issue_card(%L) c', fixture.id('Basma')), organisation => 'Croix'), '^\(', 'the new one does');
SELECT is(fixture.staff('Alice', $$SELECT count(*) FROM ecopanier.card WHERE revoked_at IS NULL AND member_id = fixture.id('Basma')$$), '0', 'which the old one does not read');
UPDATE ecopanier.beneficiary SET units_per_day = 1, restriction_reason = 'test' WHERE member_id = fixture.id('Basma');
SELECT is((SELECT count(*) FROM ecopanier.card WHERE revoked_at IS NULL AND member_id = fixture.id('Basma')), 1::bigint, 'another change of the right leaves the card');

\echo '# limits of the kiosk, figures, the turn of the schedule'
SELECT fixture.staff('Alice', 'SELECT sum(refused_cards) || '' '' || sum(refused_sessions) FROM ecopanier.kiosk_refusals') AS before \gset
SELECT is((fixture.login('third', fixture.wrong('third'))).state, 'refused', 'one more is refused');
SELECT is(fixture.state_of('EK1.x'), 'refused', 'and one session');
SELECT is(fixture.staff('Alice', 'SELECT sum(refused_cards) || '' '' || sum(refused_sessions) FROM ecopanier.kiosk_refusals'),
	(split_part(:'before', ' ', 1)::int + 1) || ' ' || (split_part(:'before', ' ', 2)::int + 1), 'each is counted');
SELECT is(fixture.staff('Mona', 'SELECT count(DISTINCT organisation_id) FROM ecopanier.kiosk_refusals', organisation => 'Croix'), '1', 'an association reads its own figures');
SELECT throws_ok('DELETE FROM ecopanier_private.kiosk_try', 'ZE111', NULL, 'nobody deletes tries');
SELECT throws_ok('UPDATE ecopanier_private.kiosk_try SET number = 0', 'ZE111', NULL, 'nor changes them');
SELECT throws_ok('TRUNCATE ecopanier_private.kiosk_try', 'ZE111', NULL, 'nor all at once');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'kiosk_tries', 10, '2026-11-21 00:00+00', 'test');
SELECT is(string_agg((fixture.login('third', fixture.wrong('third'), at => '2026-11-21 10:00:00+00')).state, ' '), 'refused refused refused refused refused locked locked', 'a card is locked')
FROM generate_series(1, 7);
SELECT is(string_agg(fixture.staff('Sara', 'SELECT state FROM ecopanier.kiosk_login(''x'', ''y'')', '2026-11-21 10:00:00+00'), ' '), 'refused refused refused locked locked', 'then the kiosks of the association')
FROM generate_series(1, 5);
SELECT is((SELECT count(*) FROM ecopanier_private.kiosk_try WHERE at = '2026-11-21 10:00+00'), 10::bigint, 'no more is written');
SELECT is(fixture.staff('Sara', 'SELECT state FROM ecopanier.kiosk_login(''x'', ''y'')', '2026-11-21 11:00:00+00'), 'refused', 'for an hour');
SELECT fixture.staff('Alice', 'SELECT sum(refused_cards) || '' '' || sum(refused_sessions) FROM ecopanier.kiosk_refusals') AS before \gset
SET ecopanier.clock = '2026-11-24 12:00:00+00';
SELECT is((SELECT error FROM ecopanier.tick() WHERE step = 'kiosk_sessions'), NULL, 'tick() takes its step');
SELECT is((SELECT count(*) FROM ecopanier_private.kiosk_session) + (SELECT count(*) FROM ecopanier_private.kiosk_try), 0::bigint, 'what has ended goes');
SELECT is(fixture.staff('Alice', 'SELECT sum(refused_cards) || '' '' || sum(refused_sessions) FROM ecopanier.kiosk_refusals'), :'before', 'the figures stay');
SELECT is((SELECT done FROM ecopanier.tick() WHERE step = 'kiosk_sessions'), 0::bigint, 'a second turn finds nothing');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
