-- The life of an organisation: who applies, decides, changes; its staff and invitations; what suspension means for baskets; accreditation.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
INSERT INTO ecopanier.region VALUES ('75', 'Nouvelle-Aquitaine', '33063', 'metro');
INSERT INTO ecopanier.department VALUES ('86', 'Vienne', '75', '86194', 'metro');
INSERT INTO ecopanier.commune (insee, name, department_code, region_code, zone) VALUES ('86194', 'Poitiers', '86', '75', 'metro'), ('86066', 'Châtellerault', '86', '75', 'metro');
INSERT INTO ecopanier.territory_commune VALUES (1, '86194');
CREATE TABLE fixture.said (name text PRIMARY KEY, value text);
CREATE FUNCTION fixture.said(said_name text) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT value FROM fixture.said WHERE name = said_name $$;
-- a step of a story, kept; its answer is remembered under a name
CREATE FUNCTION fixture.keep(said_name text, who text, role text, statement text, territory int DEFAULT 1, at text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	INSERT INTO fixture.said VALUES (said_name, fixture.try(who, role, statement, territory, at, keep => true)) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value RETURNING value $$;
CREATE FUNCTION fixture.as_staff(name text, role text, organisation uuid, statement text, keep boolean DEFAULT false, at text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(a.state, a.value) FROM fixture.attempt('api', fixture.database_role(role),
		fixture.claims(name, role, 1, jsonb_build_object('organisation', organisation)), statement, at, keep) a $$;

\echo '# the states: every step from every state, by a decision and by a load'
CREATE TEMP TABLE state_step (f text, t text, works boolean DEFAULT false);
INSERT INTO state_step (f, t) SELECT f, t FROM unnest(ARRAY['applied', 'active', 'suspended', 'closed']) f, unnest(ARRAY['applied', 'active', 'suspended', 'closed']) t WHERE f <> t;
UPDATE state_step SET works = true WHERE (f, t) IN (('applied', 'active'), ('applied', 'closed'), ('active', 'suspended'), ('suspended', 'active'), ('active', 'closed'), ('suspended', 'closed'));
INSERT INTO ecopanier.organisation (territory_id, kind, name, state) SELECT 1, 'hub', 'is ' || s, s FROM unnest(ARRAY['applied', 'active', 'suspended', 'closed']) s;
SELECT is(fixture.try('Adele', 'administrator', format('SELECT ecopanier.decide_organisation(fixture.organisation(%L), %L, ''why'')', 'is ' || f, t)),
	CASE WHEN t = 'applied' THEN '22023' WHEN works THEN '' ELSE 'ZE107' END, format('decide: from %s to %s', f, t)) FROM state_step ORDER BY f, t;
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.organisation SET state = %L WHERE name = %L', t, 'is ' || f))).state,
	CASE WHEN works THEN NULL ELSE 'ZE107' END, format('load: from %s to %s', f, t)) FROM state_step ORDER BY f, t;
SELECT is((fixture.attempt('postgres', NULL, NULL, format('SET LOCAL session_replication_role = replica; UPDATE ecopanier.organisation SET state = %L WHERE name = %L RETURNING state', t, 'is ' || f))).state,
	CASE WHEN works THEN NULL ELSE 'ZE107' END, format('replica: from %s to %s', f, t)) FROM state_step ORDER BY f, t;
SELECT is(fixture.try('Adele', 'administrator', format('SELECT ecopanier.decide_organisation(fixture.organisation(%L), %L, %L)', 'is ' || f, t, E' \t')),
	CASE WHEN (f, t) = ('applied', 'active') THEN '' ELSE 'ZE117' END, format('without a reason: from %s to %s', f, t)) FROM state_step WHERE works ORDER BY f, t;
SELECT is(fixture.try('Adele', 'administrator', format('SELECT ecopanier.decide_organisation(fixture.organisation(%L), %L, ''why'')', 'is ' || s, s)), 'ZE107', s || ' already') FROM unnest(ARRAY['active', 'suspended', 'closed']) s;
SELECT is(fixture.try(name, role, $$SELECT ecopanier.decide_organisation(fixture.organisation('is active'), 'closed', 'why')$$), '42501', role || ' does not decide')
FROM (VALUES ('Camille', 'customer'), ('Mona', 'merchant'), ('Alice', 'association'), ('Benoit', 'beneficiary')) v (name, role);
SELECT is(fixture.try('Adele', 'administrator', format('SELECT ecopanier.decide_organisation(fixture.organisation(''is active''), ''closed'', repeat(''é'', %s))', n)), expected, n || ' characters of a reason')
FROM (VALUES (1000, ''), (1001, '22023')) v (n, expected);
SELECT is(fixture.try('Adele', 'administrator', format('INSERT INTO ecopanier.organisation (kind, name, state) VALUES (''hub'', ''x'', %L) RETURNING state', s)), expected, 'an administrator registers as ' || s)
FROM (VALUES ('applied', 'applied'), ('active', 'active'), ('suspended', 'ZE107'), ('closed', 'ZE107')) v (s, expected);
SELECT is(fixture.try('Adele', 'administrator', 'INSERT INTO ecopanier.organisation (kind, name) VALUES (''hub'', ''x'') RETURNING state'), 'applied', 'and as applied where nothing is said');
SELECT is(fixture.try('Adele', 'administrator', 'UPDATE ecopanier.organisation SET state = ''closed'''), '42501', 'states have one door');

\echo '# applying: the person becomes its owner, and gets the role with the first yes'
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, territory int DEFAULT 1, at text);
INSERT INTO step (says, name, role, statement, expected) VALUES
('a customer applies', 'Camille', 'customer', $$INSERT INTO fixture.id_of SELECT 'shop', ecopanier.apply_organisation('producer', 'Ferme du Clain', '55210055400013', '86194', '2 rue Basse', 46.5, 0.3)$$, '1 row'),
('which is an application', 'Camille', 'customer', $$SELECT concat_ws(' ', name, kind, function, state, state_reason) FROM ecopanier.my_organisations()$$, 'Ferme du Clain producer owner applied'),
('that others do not see', 'Camille', 'customer', $$SELECT count(*) FROM ecopanier.organisation WHERE name = 'Ferme du Clain'$$, '0'),
('administrators do', 'Adele', 'administrator', $$SELECT count(*) FROM ecopanier.organisation WHERE name = 'Ferme du Clain'$$, '1'),
('the role waits', 'Camille', 'customer', $$SELECT string_agg(role, ' ' ORDER BY role) FROM ecopanier.member_role$$, 'customer'),
('the same establishment again is refused', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Autre', '55210055400013')$$, '23505'),
('one that is active too', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Autre', '73282932000074')$$, '23505'),
('by an administrator as well', 'Adele', 'administrator', $$INSERT INTO ecopanier.organisation (kind, name, siret) VALUES ('hub', 'x', '73282932000074')$$, '23505'),
('a commune of elsewhere', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Autre', NULL, '86066')$$, '23514'),
('an unknown one', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Autre', NULL, '99999')$$, '23514'),
('no commune', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Autre') IS NOT NULL$$, 'true'),
('authorities are registered by administrators', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('authority', 'Autre')$$, '22023'),
('a second application', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Eins') IS NOT NULL$$, 'true'),
('a third', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Zwei') IS NOT NULL$$, 'true'),
('not a fourth', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Drei')$$, 'ZE107'),
('the first yes', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.id_of('shop'), 'active')$$, ''),
('brings the role', 'Camille', 'customer', $$SELECT string_agg(role || ' ' || coalesce(granted_by = fixture.id('Adele'), false), ', ' ORDER BY role) FROM ecopanier.member_role$$, 'customer false, merchant true'),
('and the shop acts', 'Camille', 'merchant', $$INSERT INTO ecopanier.lot (title) VALUES ('Tomates') RETURNING organisation_id = fixture.id_of('shop')$$, 'true'),
('everybody sees it', 'Benoit', 'beneficiary', $$SELECT count(*) FROM ecopanier.organisation WHERE name = 'Ferme du Clain'$$, '1'),
('the audit has the decision', 'Adele', 'administrator', $$SELECT count(*) FROM ecopanier.audit_event WHERE action = 'organisation_decision' AND subject_id = fixture.id_of('shop')$$, '1'),
('the owner moves it', 'Camille', 'merchant', $$UPDATE ecopanier.organisation SET address = '3 rue Haute', latitude = NULL WHERE id = fixture.id_of('shop')$$, '1 row'),
('not out of the territory', 'Camille', 'merchant', $$UPDATE ecopanier.organisation SET commune_insee = '86066' WHERE id = fixture.id_of('shop')$$, '23514'),
('nobody else''s', 'Camille', 'merchant', $$UPDATE ecopanier.organisation SET address = 'x' WHERE id = fixture.organisation('Boulangerie')$$, '0 rows'),
('the same establishment in another territory', 'Camille', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Autre', '55210055400013') IS NOT NULL$$, 'true');
UPDATE step SET territory = 2 WHERE says = 'the same establishment in another territory';
CREATE TABLE fixture.id_of (name text, id uuid);
GRANT INSERT ON fixture.id_of TO PUBLIC;
CREATE FUNCTION fixture.id_of(text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM fixture.id_of WHERE name = $1 $$;
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;
-- what an owner does not change, also through a door that somebody opens by mistake
GRANT UPDATE ON ecopanier.organisation TO ecopanier_merchant;
SELECT is(fixture.try('Camille', 'merchant', format('UPDATE ecopanier.organisation SET %s WHERE id = fixture.id_of(''shop'')', c)), '42501', 'not an owner''s: ' || c)
FROM unnest(ARRAY['kind = ''merchant''', 'siret = NULL', 'state = ''closed''', 'state_reason = ''x''', 'accreditation_number = ''x''', 'accreditation_type = ''national''', 'accredited_from = ''2026-01-01''',
	'accredited_until = ''2026-01-01''', 'accreditation_suspended = true', 'accreditation_suspended_from = ''2026-01-01'', accreditation_suspended_until = ''2026-01-02''', 'created_at = now()']) c;
REVOKE UPDATE ON ecopanier.organisation FROM ecopanier_merchant;
GRANT UPDATE (name, commune_insee, address, latitude, longitude, open_on_holidays) ON ecopanier.organisation TO ecopanier_merchant;

\echo '# staff and invitations'
SELECT is(length(fixture.keep('manager', 'Mona', 'merchant', 'SELECT ecopanier.invite_staff(''manager'')')), 26, 'an owner invites a manager');
SELECT is(length(fixture.keep('owner', 'Mona', 'merchant', 'SELECT ecopanier.invite_staff(''owner'')')), 26, 'and an owner');
SELECT is(length(fixture.keep('revoked', 'Mona', 'merchant', 'SELECT ecopanier.invite_staff(''reader'')')), 26, 'a third one');
SELECT is(fixture.keep('x', 'Mona', 'merchant', $$SELECT ecopanier.revoke_invitation(id) FROM ecopanier.staff_invitation WHERE function = 'reader'$$), '', 'is revoked');
SELECT is(length(fixture.keep('foreign', 'Mona', 'merchant', 'SELECT ecopanier.invite_staff(''owner'')', 2)), 26, 'one of the other territory');
SELECT is(fixture.try('Mona', 'merchant', 'SELECT string_agg(function, '' '' ORDER BY function) FROM ecopanier.staff_invitation'), 'manager owner reader', 'the owner reads them');
SELECT is(fixture.try('Sami', 'merchant', 'SELECT count(*) FROM ecopanier.staff_invitation'), '0', 'a station does not');
SELECT is(fixture.try('Alice', 'association', 'SELECT count(*) FROM ecopanier.staff_invitation'), '0', 'nor other managers');
SELECT is(count(*), 0::bigint, 'no table holds a text') FROM fixture.said s, ecopanier.staff_invitation i WHERE length(s.value) = 26 AND strpos(i::text, s.value) > 0;
SELECT is(count(*), 0::bigint, 'not even what is private') FROM fixture.said s, ecopanier_private.staff_invitation_secret i WHERE length(s.value) = 26 AND strpos(i::text, substr(s.value, 5)) > 0;
CREATE TEMP TABLE guess (n serial, says text, text text, at text, name text DEFAULT 'Claude');
INSERT INTO guess (says, text, at) VALUES ('null', NULL, NULL), ('empty', '', NULL), ('wrong', 'EI1.AAAAAAAAAAAAAAAAAAAAAA', NULL), ('another form', 'EI2.' || substr(fixture.said('owner'), 5), NULL),
	('longer', fixture.said('owner') || 'A', NULL), ('shorter', left(fixture.said('owner'), 25), NULL), ('revoked', fixture.said('revoked'), NULL), ('of another territory', fixture.said('foreign'), NULL),
	('expired', fixture.said('owner'), '2026-11-27 16:00:00+00'), ('a megabyte', repeat('x', 1048576), NULL);
SELECT is(a.state || ' ' || a.message || a.hint || a.detail, 'ZE116 the invitation is not accepted', 'refused alike: ' || says) FROM guess,
	fixture.attempt('api', 'ecopanier_customer', fixture.claims(name, 'customer'), format('SELECT ecopanier.accept_invitation(%L)', text), at) a ORDER BY n;
SELECT is(a.state || ' ' || a.message || a.hint || a.detail, 'ZE116 the invitation is not accepted', 'nobody is signed in')
FROM fixture.attempt('api', 'ecopanier_customer', NULL, format('SELECT ecopanier.accept_invitation(%L)', fixture.said('owner'))) a;
SELECT is(fixture.try('Claude', 'customer', format('SELECT ecopanier.accept_invitation(%L) = fixture.organisation(''Boulangerie'')', fixture.said('owner')), at => '2026-11-27 15:59:59.999999+00'), 'true', 'accepted to the last moment');
INSERT INTO step (says, name, role, statement, expected) VALUES
('accepted', 'Claude', 'customer', format('SELECT ecopanier.accept_invitation(%L) = fixture.organisation(''Boulangerie'')', fixture.said('manager')), 'true'),
('not twice', 'Charlie', 'customer', format('SELECT ecopanier.accept_invitation(%L)', fixture.said('manager')), 'ZE116'),
('the role comes with it', 'Claude', 'merchant', $$SELECT function FROM ecopanier.my_organisations()$$, 'manager'),
('who works there already keeps the invitation unused', 'Claude', 'merchant', format('SELECT ecopanier.accept_invitation(%L)', fixture.said('owner')), 'ZE107'),
('a manager invites stations', 'Claude', 'merchant', $$SELECT length(ecopanier.invite_staff('station'))$$, '26'),
('and readers', 'Claude', 'merchant', $$SELECT length(ecopanier.invite_staff('reader'))$$, '26'),
('not managers', 'Claude', 'merchant', $$SELECT ecopanier.invite_staff('manager')$$, '42501'),
('nor owners', 'Claude', 'merchant', $$SELECT ecopanier.invite_staff('owner')$$, '42501'),
('nor removes anybody', 'Claude', 'merchant', $$SELECT ecopanier.remove_staff(fixture.id('Sami'))$$, '42501'),
('nor promotes', 'Claude', 'merchant', $$SELECT ecopanier.set_staff_function(fixture.id('Claude'), 'owner')$$, '42501'),
('a station invites nobody', 'Sami', 'merchant', $$SELECT ecopanier.invite_staff('reader')$$, '42501'),
('the last owner stays', 'Mona', 'merchant', $$SELECT ecopanier.remove_staff(fixture.id('Mona'))$$, 'ZE107'),
('an owner still', 'Mona', 'merchant', $$SELECT ecopanier.set_staff_function(fixture.id('Mona'), 'manager')$$, 'ZE107'),
('whoever asks', 'Adele', 'administrator', $$DELETE FROM ecopanier.organisation_staff WHERE member_id = fixture.id('Mona')$$, 'ZE107'),
('staff elsewhere are unknown', 'Mona', 'merchant', $$SELECT ecopanier.remove_staff(fixture.id('Alice'))$$, 'ZE101'),
('an owner gives a function', 'Mona', 'merchant', $$SELECT ecopanier.set_staff_function(fixture.id('Claude'), 'owner')$$, ''),
('then the first may go', 'Mona', 'merchant', $$SELECT ecopanier.set_staff_function(fixture.id('Mona'), 'reader')$$, ''),
('an owner removes a station', 'Claude', 'merchant', $$SELECT ecopanier.remove_staff(fixture.id('Sara'))$$, ''),
('a station leaves', 'Sami', 'merchant', $$SELECT ecopanier.remove_staff(fixture.id('Sami'))$$, ''),
('a member of staff is not made by an owner', 'Claude', 'merchant', $$INSERT INTO ecopanier.organisation_staff (organisation_id, member_id, function) VALUES (fixture.organisation('Boulangerie'), fixture.id('Benoit'), 'reader')$$, '42501'),
('the audit has it without the text', 'Adele', 'administrator', $$SELECT count(*) || ' ' || bool_or(facts::text LIKE '%EI1%') FROM ecopanier.audit_event WHERE action LIKE 'staff_invitation%'$$, '7 false');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;
SELECT is(fixture.try('Sami', 'merchant', $$SELECT coalesce(ecopanier.current_organisation()::text, 'none')$$), 'none', 'who left is nobody''s staff');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE107', 'a load keeps an owner: ' || statement) FROM unnest(ARRAY[
	$$DELETE FROM ecopanier.organisation_staff WHERE organisation_id = fixture.organisation('Boulangerie')$$,
	$$UPDATE ecopanier.organisation_staff SET function = 'reader' WHERE organisation_id = fixture.organisation('Boulangerie')$$]) statement;
SELECT is((fixture.attempt('postgres', NULL, NULL, 'UPDATE ecopanier.organisation SET state = ''suspended'' WHERE name = ''Boulangerie'' AND territory_id = 1;
	DELETE FROM ecopanier.organisation_staff WHERE organisation_id = fixture.organisation(''Boulangerie'') RETURNING function')).state, NULL, 'a suspended one may lose all');

\echo '# staff of two organisations act as exactly one'
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES (1, fixture.id_of('shop'), fixture.id('Claude'), 'reader');
SELECT is(fixture.as_staff('Claude', 'merchant', organisation, 'SELECT coalesce(ecopanier.current_organisation()::text, ''nobody'')'), expected::text, says)
FROM (VALUES (fixture.organisation('Boulangerie'), fixture.organisation('Boulangerie')::text, 'as the one that the token names'), (fixture.id_of('shop'), fixture.id_of('shop')::text, 'or the other'),
	(fixture.organisation('CCAS'), 'nobody', 'a token that names another is nobody''s'), (fixture.organisation('Boulangerie', 2), 'nobody', 'of another territory too'),
	(fixture.organisation('is suspended'), 'nobody', 'and one that is not active')) v (organisation, expected, says);
SELECT is(fixture.try('Claude', 'merchant', 'SELECT coalesce(ecopanier.current_organisation()::text, ''none'')'), 'none', 'none where the token names none');
SELECT is(fixture.try('Claude', 'merchant', 'SELECT string_agg(name || '' '' || function, '', '' ORDER BY name) FROM ecopanier.my_organisations()'), 'Boulangerie owner, Ferme du Clain reader', 'my_organisations() lists both');
SELECT is(fixture.as_staff('Claude', 'merchant', fixture.id_of('shop'), 'UPDATE ecopanier.organisation SET address = ''x'''), '0 rows', 'an owner there is a reader here');
SELECT is(fixture.as_staff('Claude', 'merchant', fixture.id_of('shop'), 'SELECT ecopanier.invite_staff(''reader'')'), '42501', 'and invites nobody');

\echo '# suspension cancels what nobody could hand over; closing waits for baskets'
SELECT fixture.name_lot('open', fixture.lot(5, 5)), fixture.name_lot('shut', fixture.lot(5, 5)), fixture.name_lot('past', fixture.lot(5, 5)) \g /dev/null
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('open'), 2)$$, keep => true), fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('shut'))$$, keep => true) \g /dev/null
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('shut');
SELECT is(fixture.used('Benoit'), 2, 'a quota is used');
CREATE FUNCTION fixture.lots() RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT string_agg(n.name || ' ' || l.state || coalesce(' ' || cancel_reason, ''), ', ' ORDER BY n.name)
	FROM fixture.named_lot n JOIN ecopanier.lot l USING (id) $$;
CREATE FUNCTION fixture.claims_now() RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT string_agg(state, ' ' ORDER BY id) FROM ecopanier.reservation $$;
GRANT EXECUTE ON FUNCTION fixture.claims_now() TO PUBLIC;
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('not closed while baskets are held', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'closed', 'cessation')$$, 'ZE122', NULL),
('and nothing is changed', 'Adele', 'administrator', $$SELECT fixture.lots() || '; ' || fixture.claims_now()$$, 'open published, past published, shut closed; held held', NULL),
('suspended', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'suspended', 'hygiène')$$, '', NULL),
('what is to come is cancelled with its claims', 'Adele', 'administrator', $$SELECT fixture.lots() || '; ' || fixture.claims_now()$$,
	'open cancelled organisation_suspended, past cancelled organisation_suspended, shut cancelled organisation_suspended; cancelled cancelled', NULL),
('the quota is given back', 'Benoit', 'beneficiary', $$SELECT fixture.used('Benoit')$$, '0', NULL),
('no claim comes after it', 'Benoit', 'beneficiary', $$SELECT ecopanier.reserve(fixture.named('open'))$$, 'ZE102', NULL),
('its staff read why', 'Claude', 'merchant', $$SELECT state || ' ' || state_reason FROM ecopanier.my_organisations() WHERE name = 'Boulangerie'$$, 'suspended hygiène', NULL),
('and offer nothing', 'Claude', 'merchant', $$INSERT INTO ecopanier.lot (title, organisation_id) VALUES ('x', fixture.organisation('Boulangerie'))$$, '42501', NULL),
('members see it no more', 'Benoit', 'beneficiary', $$SELECT count(*) FROM ecopanier.organisation WHERE name = 'Boulangerie'$$, '0', NULL),
('active again', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'active', 'contrôle passé')$$, '', NULL),
('the reason is the audit''s alone', 'Adele', 'administrator', $$SELECT coalesce((SELECT state_reason FROM ecopanier.organisation WHERE name = 'Boulangerie'), 'none') || ' ' || string_agg(reason, ', ' ORDER BY reason) FROM ecopanier.audit_event WHERE action = 'organisation_decision' AND subject_id = fixture.organisation('Boulangerie')$$, 'none contrôle passé, hygiène', NULL);
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;
SELECT fixture.name_lot('last', fixture.lot(5, 5)) \g /dev/null
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('closed when nothing is held', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'closed', 'cessation')$$, '', '2026-11-20 18:59:59.999999+00'),
('its offer ends', 'Adele', 'administrator', $$SELECT state FROM ecopanier.lot WHERE id = fixture.named('last')$$, 'closed', NULL),
('for good', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'active', 'x')$$, 'ZE107', NULL),
('and its SIRET is free', 'Charlie', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Reprise', '73282932000074')$$, 'ZE107', NULL);
DELETE FROM step WHERE says = 'and its SIRET is free';
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
SELECT is(fixture.try('Bilal', 'beneficiary', $$SELECT ecopanier.apply_organisation('merchant', 'Reprise', '73282932000074') IS NOT NULL$$), 'true', 'its establishment can be applied for again');

\echo '# accreditation: both sides of each day'
CREATE TEMP TABLE accreditation (n serial, says text, kind text, columns text, day date, expected text);
INSERT INTO accreditation (says, kind, columns, day, expected) VALUES
('a social service by right', 'social_service', NULL, '2026-11-20', 'true'), ('an association without', 'association', NULL, '2026-11-20', 'false'), ('a merchant never', 'merchant', 'accreditation_number = ''A'', accredited_from = ''2026-01-01''', '2026-11-20', 'false'),
('before its first day', 'association', 'accreditation_number = ''A'', accredited_from = ''2026-11-20''', '2026-11-19', 'false'), ('its first day', 'association', 'accreditation_number = ''A'', accredited_from = ''2026-11-20''', '2026-11-20', 'true'),
('its last day', 'association', 'accreditation_number = ''A'', accredited_from = ''2026-01-01'', accredited_until = ''2026-11-20''', '2026-11-20', 'true'), ('the day after', 'association', 'accreditation_number = ''A'', accredited_from = ''2026-01-01'', accredited_until = ''2026-11-20''', '2026-11-21', 'false'),
('without a number', 'association', 'accredited_from = ''2026-01-01''', '2026-11-20', 'false'), ('without a first day', 'association', 'accreditation_number = ''A''', '2026-11-20', 'false'),
('until further notice', 'association', 'accreditation_number = ''A'', accredited_from = ''2026-01-01'', accreditation_suspended = true', '2026-11-20', 'false');
INSERT INTO accreditation (says, kind, columns, day, expected)
SELECT 'suspended from the 10th to the 20th: ' || d, 'association', 'accreditation_number = ''A'', accredited_from = ''2026-01-01'', accreditation_suspended_from = ''2026-11-10'', accreditation_suspended_until = ''2026-11-20'', accreditation_suspension_reason = ''x''', d::date, e
FROM (VALUES ('2026-11-09', 'true'), ('2026-11-10', 'false'), ('2026-11-20', 'false'), ('2026-11-21', 'true')) v (d, e);
SELECT is((fixture.attempt('postgres', NULL, NULL, format($q$INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, %L, 'A');
	UPDATE ecopanier.organisation SET %s WHERE name = 'A';
	SELECT set_config('session_authorization', 'api', true), set_config('request.jwt.claims', %L, true), set_config('role', 'ecopanier_customer', true);
	SELECT ecopanier.is_accredited(fixture.organisation('A'), %L)$q$, kind, coalesce(columns, 'name = name'), fixture.claims('Camille', 'customer'), day))).value, expected, says) FROM accreditation ORDER BY n;
SELECT is(fixture.try('Adele', 'administrator', format('UPDATE ecopanier.organisation SET %s WHERE name = ''CCAS''', columns)), expected, says) FROM (VALUES
	('accreditation_suspended_from = ''2026-01-01'', accreditation_suspended_until = ''2026-06-30'', accreditation_suspension_reason = ''x''', '1 row', 'six months'),
	('accreditation_suspended_from = ''2026-01-01'', accreditation_suspended_until = ''2026-07-01'', accreditation_suspension_reason = ''x''', '23514', 'not a day more'),
	('accreditation_suspended_from = ''2026-01-01'', accreditation_suspended_until = ''2026-06-30''', 'ZE117', 'not without a reason'),
	('accreditation_suspended_from = ''2026-01-01'', accreditation_suspension_reason = ''x''', '23514', 'not without an end'),
	('accreditation_suspended_from = ''2026-01-02'', accreditation_suspended_until = ''2026-01-01'', accreditation_suspension_reason = ''x''', '23514', 'not backwards'),
	('accreditation_type = ''national''', '1 row', 'a national accreditation'), ('accreditation_type = ''regional''', '1 row', 'a regional one'), ('accreditation_type = ''own''', '23514', 'no other')) v (columns, expected, says);
SELECT is(fixture.try('Adele', 'administrator', $$UPDATE ecopanier.organisation SET accreditation_type = 'national', accreditation_suspended_from = '2026-01-01', accreditation_suspended_until = '2026-06-30', accreditation_suspension_reason = 'x' WHERE name = 'CCAS';
	SELECT facts::text FROM ecopanier.audit_event WHERE subject_id = fixture.organisation('CCAS') AND facts ? 'accreditation_type'$$),
	'{"accreditation_type": [null, "national"], "accreditation_suspended_from": [null, "2026-01-01"], "accreditation_suspended_until": [null, "2026-06-30"]}', 'the audit has type and suspension, not the reason');
SELECT is(fixture.try('Adele', 'administrator', $$UPDATE ecopanier.organisation SET accreditation_suspended_from = '2026-01-01', accreditation_suspended_until = '2026-06-30', accreditation_suspension_reason = 'x' WHERE name = 'CCAS';
	UPDATE ecopanier.organisation SET accreditation_suspended_from = '2026-07-01', accreditation_suspended_until = '2026-12-31', accreditation_suspension_reason = 'y' WHERE name = 'CCAS';
	SELECT count(*) FROM ecopanier.audit_event WHERE subject_id = fixture.organisation('CCAS') AND facts ? 'accreditation_suspended_from'$$), '2', 'another suspension is another decision in the audit');
SELECT is(fixture.try('Camille', 'customer', $$SELECT ecopanier.is_accredited(fixture.organisation('is applied'))$$), 'ZE101', 'what one does not see is unknown');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.is_accredited(fixture.organisation('is applied'))$$), 'false', 'an administrator sees it');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
\echo '# not in a transaction that does not see what was published meanwhile'
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT throws_ok($$UPDATE ecopanier.organisation SET state = 'suspended', state_reason = 'x' WHERE state = 'active'$$, '25000', NULL, 'suspended');
SELECT throws_ok($$UPDATE ecopanier.organisation SET state = 'closed', state_reason = 'x' WHERE state = 'active'$$, '25000', NULL, 'closed');
COMMIT;
SELECT * FROM finish();
