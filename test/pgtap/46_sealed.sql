-- Sealed identities and households: who writes, who reads, what a transfer leaves.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

-- More people: Anton manages CCAS too, Aline is at its station, Ahmed only reads; Croix is another association with Ondine.
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, n FROM unnest(ARRAY['Aline', 'Ahmed', 'Ondine', 'Brice']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, fixture.id(n), CASE n WHEN 'Brice' THEN 'beneficiary' ELSE 'association' END FROM unnest(ARRAY['Aline', 'Ahmed', 'Ondine', 'Brice']) n;
INSERT INTO ecopanier.organisation (territory_id, kind, name, siret) VALUES (1, 'social_service', 'Croix', '35600000049837');
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES
	(1, fixture.organisation('CCAS'), fixture.id('Aline'), 'station'), (1, fixture.organisation('CCAS'), fixture.id('Ahmed'), 'reader'),
	(1, fixture.organisation('Croix'), fixture.id('Ondine'), 'owner');
INSERT INTO ecopanier.beneficiary (territory_id, member_id) VALUES (1, fixture.id('Brice'));	-- held by no organisation

CREATE TABLE fixture.note (name text PRIMARY KEY, id uuid);
CREATE FUNCTION fixture.noted(note_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM fixture.note WHERE name = note_name $$;
CREATE FUNCTION fixture.key(n int) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT sha256(n::text::bytea) $$;
CREATE FUNCTION fixture.box(n int, size int DEFAULT 304) RETURNS bytea IMMUTABLE LANGUAGE sql AS
$$ SELECT substring(string_agg(sha256((n || ' ' || i)::bytea), '' ORDER BY i) FROM 1 FOR size) FROM generate_series(1, size / 32 + 1) i $$;
-- the last byte above 127 makes a key another spelling of a smaller number
CREATE FUNCTION fixture.good_key(n int) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT set_byte(fixture.key(n), 31, get_byte(fixture.key(n), 31) & 126) $$;

\echo '# keys'
SELECT is(fixture.try(name, role, $$SELECT 'done' FROM ecopanier.add_organisation_key(fixture.good_key(1), 'bureau')$$), expected, name || ' registers a key: ' || expected)
FROM (VALUES ('Alice', 'association', 'done'), ('Ondine', 'association', 'done'), ('Aline', 'association', '42501'), ('Ahmed', 'association', '42501'),
	('Adele', 'administrator', '42501'), ('Mona', 'merchant', '42501'), ('Benoit', 'beneficiary', '42501')) v (name, role, expected);
SELECT is(fixture.try('Alice', 'association', format('SELECT ecopanier.add_organisation_key(%L, ''bureau'') IS NOT NULL', key)), '22023', says || ' is no key')
FROM (VALUES ('nothing', '\x'), ('31 bytes', '\x' || repeat('11', 31)), ('33 bytes', '\x' || repeat('11', 33)), ('all zeros', '\x' || repeat('00', 32)),
	('one', '\x01' || repeat('00', 31)), ('order 8', '\xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
	('order 8 too', '\x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
	('prime less one', '\xec' || repeat('ff', 30) || '7f'), ('the prime', '\xed' || repeat('ff', 30) || '7f'), ('the prime and one', '\xee' || repeat('ff', 30) || '7f'),
	('the highest bit set', '\x09' || repeat('00', 30) || '80')) v (says, key);
SELECT is(fixture.try('Alice', 'association', format('SELECT ecopanier.add_organisation_key(%L, ''bureau'') IS NOT NULL', '\x09' || repeat('00', 31))), 'true', 'nine is a key');
SELECT is((fixture.attempt('postgres', NULL, NULL, format('INSERT INTO ecopanier.organisation_key (territory_id, organisation_id, public_key, label) VALUES (1, %L, %L, ''x'')',
	fixture.organisation('CCAS'), '\x' || repeat('00', 32)))).state, '22023', 'zeros are no key for a superuser either');
INSERT INTO fixture.note SELECT 'office', fixture.try('Alice', 'association', $$SELECT ecopanier.add_organisation_key(fixture.good_key(1), 'bureau')$$, keep => true)::uuid;
INSERT INTO fixture.note SELECT 'second', fixture.try('Alice', 'association', $$SELECT ecopanier.add_organisation_key(fixture.good_key(2), 'antenne')$$, keep => true)::uuid;
INSERT INTO fixture.note SELECT 'croix', fixture.try('Ondine', 'association', $$SELECT ecopanier.add_organisation_key(fixture.good_key(1), 'bureau')$$, keep => true)::uuid;
INSERT INTO fixture.note SELECT 'far', fixture.try('Alice', 'association', $$SELECT ecopanier.add_organisation_key(fixture.good_key(1), 'bureau')$$, 2, keep => true)::uuid;
SELECT is(fixture.try('Alice', 'association', $$SELECT 1 FROM ecopanier.add_organisation_key(fixture.good_key(1), 'again')$$), '23505', 'a key is registered once');
SELECT is(fixture.try(name, role, 'SELECT count(*) FROM ecopanier.organisation_key', territory), expected, name || ' sees keys: ' || expected)
FROM (VALUES ('Alice', 'association', 1, '2'), ('Ahmed', 'association', 1, '2'), ('Ondine', 'association', 1, '1'), ('Alice', 'association', 2, '1'),
	('Adele', 'administrator', 1, '3'), ('Mona', 'merchant', 1, '42501'), ('Benoit', 'beneficiary', 1, '42501')) v (name, role, territory, expected);
SELECT set_eq($$SELECT action, actor_id, subject_id, facts ->> 'organisation_id' AS organisation, facts ->> 'state' AS state FROM ecopanier.audit_event WHERE action LIKE 'organisation_key%' AND territory_id = 1$$,
	$$VALUES ('organisation_key_insert', fixture.id('Alice'), fixture.noted('office'), fixture.organisation('CCAS')::text, 'active'),
		('organisation_key_insert', fixture.id('Alice'), fixture.noted('second'), fixture.organisation('CCAS')::text, 'active'),
		('organisation_key_insert', fixture.id('Ondine'), fixture.noted('croix'), fixture.organisation('Croix')::text, 'active')$$, 'the audit has each key');

\echo '# storing'
SELECT is(fixture.try(name, role, format($$SELECT 'stored' FROM ecopanier.store_identity(fixture.id(%L), fixture.noted(%L), fixture.box(1))$$, person, key)), expected,
	format('%s stores %s for the key %s: %s', name, person, key, expected))
FROM (VALUES ('Alice', 'association', 'Benoit', 'office', 'stored'), ('Alice', 'association', 'Bruno', 'office', 'stored'),
	('Aline', 'association', 'Benoit', 'office', '42501'), ('Ahmed', 'association', 'Benoit', 'office', '42501'),
	('Adele', 'administrator', 'Benoit', 'office', '42501'), ('Ondine', 'association', 'Benoit', 'croix', 'ZE101'), ('Ondine', 'association', 'Benoit', 'office', 'ZE101'),
	('Alice', 'association', 'Benoit', 'croix', 'ZE101'), ('Alice', 'association', 'Benoit', 'far', 'ZE101'), ('Alice', 'association', 'Benoit', 'none', '22004'),
	('Alice', 'association', 'Brice', 'office', 'ZE101'), ('Alice', 'association', 'Camille', 'office', 'ZE101'),
	('Mona', 'merchant', 'Benoit', 'office', '42501'), ('Benoit', 'beneficiary', 'Benoit', 'office', '42501')) v (name, role, person, key, expected);
SELECT is(fixture.try('Alice', 'association', format($$SELECT 'stored' FROM ecopanier.store_identity(fixture.id('Benoit'), fixture.noted('office'), %s)$$, box)), expected, says)
FROM (VALUES ('49 bytes are a box', 'fixture.box(1, 49)', 'stored'), ('48 are not', 'fixture.box(1, 48)', '22023'), ('4096 bytes are a box', 'fixture.box(1, 4096)', 'stored'),
	('4097 are not', 'fixture.box(1, 4097)', '22023'), ('an empty one is none', '''\x''', '22023'),
	('a client that forgot to seal is told', $$convert_to('{"surname": "Fontaine-Lebrun", "given": "Marguerite", "born": "1971-03-05"}', 'UTF8')$$, '22023'),
	('in base64 too', $$convert_to(encode(fixture.box(1, 100), 'base64'), 'UTF8')$$, '22023'), ('null is none', 'NULL', '22004')) v (says, box, expected);
SELECT is((SELECT a.message || a.hint || a.detail FROM fixture.attempt('api', 'ecopanier_association', fixture.claims('Alice', 'association'),
	$$SELECT ecopanier.store_identity(fixture.id('Benoit'), fixture.noted('office'), convert_to(repeat('{"surname": "Fontaine"}', 5), 'UTF8'))$$) a),
	'this is not a sealed identitySeal it in the client: 49 to 4096 bytes, not text; see doc/clients.', 'and the refusal does not repeat it');
SELECT fixture.try('Alice', 'association', format($$SELECT ecopanier.store_identity(fixture.id(%L), fixture.noted('office'), fixture.box(%s))$$, n, i), keep => true)
FROM unnest(ARRAY['Benoit', 'Basma', 'Bilal']) WITH ORDINALITY u (n, i) \g /dev/null
SELECT fixture.try('Alice', 'association', $$SELECT ecopanier.store_identity(fixture.id('Benoit'), fixture.noted('second'), fixture.box(9))$$, keep => true) \g /dev/null
SELECT is(fixture.try(name, role, $$SELECT string_agg(label || ' ' || (sealed = fixture.box(1)) || ' ' || (sealed = fixture.box(9)), ', ' ORDER BY label) FROM ecopanier.sealed_identity(fixture.id('Benoit'))$$),
	expected, name || ' reads: ' || expected)
FROM (VALUES ('Alice', 'association', 'antenne false true, bureau true false'), ('Aline', 'association', '42501'), ('Ahmed', 'association', '42501'), ('Ondine', 'association', 'ZE101'),
	('Adele', 'administrator', '42501'), ('Mona', 'merchant', '42501'), ('Benoit', 'beneficiary', '42501')) v (name, role, expected);
SELECT is(fixture.try(name, role, 'SELECT count(*) FROM ecopanier_private.' || t), '42501', format('%s does not read %s', name, t))
FROM (VALUES ('Alice', 'association'), ('Adele', 'administrator'), ('Benoit', 'beneficiary')) v (name, role), unnest(ARRAY['sealed_identity', 'contact', 'reservation_wish']) t;
SELECT is((SELECT string_agg(s.member_id || ' ' || s.sealed_by, ' ' ORDER BY s.member_id) FROM ecopanier_private.sealed_identity s WHERE s.key_id = fixture.noted('office')),
	(SELECT string_agg(fixture.id(n) || ' ' || fixture.id('Alice'), ' ' ORDER BY fixture.id(n)) FROM unnest(ARRAY['Benoit', 'Basma', 'Bilal']) n), 'who sealed is noted');

\echo '# pages'
SELECT is(fixture.try(name, 'association', format('SELECT count(*) FROM ecopanier.sealed_identities(fixture.noted(%L), NULL, %s)', key, n)), expected, format('%s asks %s for %s: %s', name, key, n, expected))
FROM (VALUES ('Alice', 'office', '100', '3'), ('Alice', 'office', '2', '2'), ('Alice', 'office', '1', '1'), ('Alice', 'office', '1000', '3'), ('Alice', 'office', '1001', '22023'),
	('Alice', 'office', '0', '22023'), ('Alice', 'office', 'NULL', '22023'), ('Alice', 'second', '100', '1'), ('Alice', 'croix', '100', 'ZE101'), ('Alice', 'far', '100', 'ZE101'),
	('Ondine', 'croix', '100', '0'), ('Aline', 'office', '100', '42501')) v (name, key, n, expected);
SELECT is(fixture.try('Alice', 'association', $$SELECT count(DISTINCT m) FROM (
	SELECT member AS m FROM ecopanier.sealed_identities(fixture.noted('office'), NULL, 2)
	UNION ALL SELECT member FROM ecopanier.sealed_identities(fixture.noted('office'), (SELECT max(member::text)::uuid FROM ecopanier.sealed_identities(fixture.noted('office'), NULL, 2)), 2)) p$$),
	'3', 'two pages of two hold all three');

\echo '# a change of keys'
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.forget_identities(fixture.noted('office'))$$), 'ZE107', 'a key in use forgets nothing');
SELECT is(fixture.try(name, 'association', format('SELECT ''retired'' FROM ecopanier.retire_organisation_key(fixture.noted(%L))', key)), expected, format('%s retires %s: %s', name, key, expected))
FROM (VALUES ('Aline', 'office', '42501'), ('Ondine', 'office', 'ZE101'), ('Alice', 'none', 'ZE101'), ('Alice', 'far', 'ZE101')) v (name, key, expected);
SELECT is(fixture.try('Alice', 'association', $$SELECT 'retired' FROM ecopanier.retire_organisation_key(fixture.noted('office'))$$, keep => true), 'retired', 'Alice retires the key');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.retire_organisation_key(fixture.noted('office'))$$), '', 'again changes nothing');
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.organisation_key SET %s WHERE id = %L', change, fixture.noted('office')))).state, expected, change)
FROM (VALUES ('state = ''active''', 'ZE107'), ('public_key = fixture.good_key(5)', 'ZE111'), ('organisation_id = fixture.organisation(''Croix'')', 'ZE111')) v (change, expected);
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE111', statement) FROM unnest(ARRAY['DELETE FROM ecopanier.organisation_key', 'TRUNCATE ecopanier.organisation_key CASCADE']) statement;
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.store_identity(fixture.id('Bruno'), fixture.noted('office'), fixture.box(4))$$), 'ZE107', 'nothing more is sealed to it');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.store_identity(fixture.id('Basma'), fixture.noted('office'), fixture.box(4))$$), 'ZE107', 'nor replaced');
SELECT is(fixture.try('Alice', 'association', $$SELECT count(*) FROM ecopanier.sealed_identities(fixture.noted('office'))$$), '3', 'what was can be read, to seal it again');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.forget_identities(fixture.noted('office'))$$, keep => true), '1', 'what was sealed again is forgotten');
SELECT is(fixture.try('Alice', 'association', $$SELECT count(*) FROM ecopanier.sealed_identities(fixture.noted('office'))$$), '2', 'nobody is lost');
SELECT is((SELECT count(*) FROM ecopanier.audit_event WHERE action = 'organisation_key_update' AND facts -> 'state' ->> 1 = 'retired'), 1::bigint, 'the audit has the end of the key');

\echo '# households'
SELECT is(fixture.try(name, role, format('SELECT ''set'' FROM ecopanier.set_household(1, 0, 0, 0, 2, 0%s)', ', fixture.id(''' || person || ''')')), expected,
	format('%s sets the household of %s: %s', name, coalesce(person, 'nobody named'), expected))
FROM (VALUES ('Benoit', 'beneficiary', 'Benoit', 'set'), ('Benoit', 'beneficiary', NULL, 'set'), ('Camille', 'customer', NULL, 'set'), ('Benoit', 'beneficiary', 'Basma', '42501'),
	('Alice', 'association', 'Benoit', 'set'), ('Aline', 'association', 'Benoit', 'set'), ('Ahmed', 'association', 'Benoit', '42501'), ('Ondine', 'association', 'Benoit', 'ZE101'),
	('Alice', 'association', 'Camille', 'ZE101'), ('Adele', 'administrator', 'Benoit', 'ZE101'), ('Adele', 'administrator', 'Brice', 'set'), ('Alice', 'association', 'Brice', 'ZE101'),
	('Mona', 'merchant', 'Benoit', '42501')) v (name, role, person, expected);
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT ''set'' FROM ecopanier.set_household(%s)', numbers)), expected, numbers || ': ' || expected)
FROM (VALUES ('0, 0, 0, 0, 1, 0', 'set'), ('0, 0, 0, 0, 0, 0', '22023'), ('20, 20, 20, 20, 20, 20', 'set'), ('21, 0, 0, 0, 1, 0', '22023'), ('0, 0, 0, 0, 1, 21', '22023'),
	('-1, 0, 0, 0, 1, 0', '22023'), ('0, 0, NULL, 0, 1, 0', '22023'), ('0, 0, 2147483647, 0, 1, 0', '22023')) v (numbers, expected);
SELECT is((fixture.attempt('postgres', NULL, NULL, format('INSERT INTO ecopanier.household (territory_id, member_id, age_25_64) VALUES (1, fixture.id(''Benoit''), %s)', n))).state, expected, n || ' as a superuser')
FROM (VALUES (0, '23514'), (1, NULL), (20, NULL), (21, '23514'), (-1, '23514')) v (n, expected);
SELECT fixture.try('Benoit', 'beneficiary', 'SELECT ecopanier.set_household(1, 0, 0, 0, 2, 0)', keep => true), fixture.try('Camille', 'customer', 'SELECT ecopanier.set_household(0, 0, 0, 0, 1, 1)', keep => true) \g /dev/null
SELECT is(fixture.try(name, role, 'SELECT concat_ws('' '', age_0_2, age_3_10, age_11_17, age_18_24, age_25_64, age_65_up) FROM ecopanier.household', territory), expected,
	format('%s of %s reads %s', name, territory, coalesce(expected, 'nothing')))
FROM (VALUES ('Benoit', 'beneficiary', 1, '1 0 0 0 2 0'), ('Basma', 'beneficiary', 1, '0 rows'), ('Camille', 'customer', 1, '0 0 0 0 1 1'), ('Alice', 'association', 1, '1 0 0 0 2 0'),
	('Ondine', 'association', 1, '0 rows'), ('Adele', 'administrator', 1, '42501'), ('Mona', 'merchant', 1, '42501'), ('Alice', 'association', 2, '0 rows')) v (name, role, territory, expected);
SELECT is(fixture.try('Benoit', 'beneficiary', statement), '42501', statement) FROM unnest(ARRAY['INSERT INTO ecopanier.household (age_0_2) VALUES (1)', 'UPDATE ecopanier.household SET age_0_2 = 3', 'DELETE FROM ecopanier.household']) statement;
SELECT is(fixture.try(name, role, format('SELECT ecopanier.remove_household(fixture.id(%L))', person)), expected, format('%s removes %s: %s', name, person, expected))
FROM (VALUES ('Benoit', 'beneficiary', 'Benoit', 'true'), ('Benoit', 'beneficiary', 'Camille', '42501'), ('Alice', 'association', 'Benoit', 'true'), ('Alice', 'association', 'Basma', 'false'),
	('Ondine', 'association', 'Benoit', 'ZE101'), ('Alice', 'association', 'Camille', 'ZE101'), ('Basma', 'beneficiary', 'Basma', 'false')) v (name, role, person, expected);

\echo '# another association comes to hold the person'
SELECT fixture.try('Alice', 'association', $$SELECT ecopanier.store_identity(fixture.id('Benoit'), fixture.noted('second'), fixture.box(7))$$, keep => true) \g /dev/null
UPDATE ecopanier.beneficiary SET organisation_id = fixture.organisation('Croix') WHERE member_id = fixture.id('Benoit');
SELECT is((SELECT count(*) FROM ecopanier_private.sealed_identity WHERE member_id = fixture.id('Benoit')), 0::bigint, 'what was sealed to the old one is gone');
SELECT is((SELECT count(*) FROM ecopanier_private.sealed_identity), 2::bigint, 'of nobody else');
SELECT is(fixture.try(name, role, $$SELECT count(*) FROM ecopanier.sealed_identity(fixture.id('Benoit'))$$), expected, name || ' of the sealed identity: ' || expected)
FROM (VALUES ('Alice', 'association', 'ZE101'), ('Ondine', 'association', '0')) v (name, role, expected);
SELECT is(fixture.try(name, role, $$SELECT count(*) FROM ecopanier.household$$), expected, name || ' of the household: ' || expected)
FROM (VALUES ('Alice', 'association', '0'), ('Ondine', 'association', '0'), ('Benoit', 'beneficiary', '1')) v (name, role, expected);
SELECT fixture.try('Ondine', 'association', $$SELECT ecopanier.set_household(0, 1, 0, 0, 1, 0, fixture.id('Benoit'))$$, keep => true) \g /dev/null
SELECT is(fixture.try(name, role, $$SELECT count(*) FROM ecopanier.household$$), expected, name || ' after the new one asked: ' || expected)
FROM (VALUES ('Alice', 'association', '0'), ('Ondine', 'association', '1'), ('Benoit', 'beneficiary', '1')) v (name, role, expected);
SELECT is(fixture.try('Ondine', 'association', $$SELECT 'stored' FROM ecopanier.store_identity(fixture.id('Benoit'), fixture.noted('croix'), fixture.box(1))$$), 'stored', 'the new one seals to its own key');
UPDATE ecopanier.beneficiary SET valid_until = '2026-12-30' WHERE member_id = fixture.id('Basma');
SELECT is((SELECT count(*) FROM ecopanier_private.sealed_identity WHERE member_id = fixture.id('Basma')), 1::bigint, 'a renewal forgets nothing');

\echo '# wishes'
SELECT fixture.name_lot('good', fixture.lot(5, 5)) \g /dev/null
INSERT INTO fixture.note SELECT n, fixture.try(n, r, $$SELECT reservation FROM ecopanier.reserve(fixture.named('good'))$$, keep => true)::uuid
FROM (VALUES ('Camille', 'customer'), ('Bilal', 'beneficiary')) v (n, r);
SELECT is(fixture.try(name, role, format($$SELECT 'set' FROM ecopanier.set_wishes(fixture.noted(%L), %L)$$, claim, wishes)), expected, format('%s wishes %s for %s: %s', name, wishes, claim, expected))
FROM (VALUES ('Camille', 'customer', 'Camille', '{no_pork,no_nuts}', 'set'), ('Camille', 'customer', 'Camille', '{}', 'set'), ('Camille', 'customer', 'Camille', '{no_pork,no_pork}', 'set'),
	('Camille', 'customer', 'Camille', '{halal}', '22023'), ('Camille', 'customer', 'Camille', '{diabetes}', '22023'), ('Camille', 'customer', 'Camille', '{no_pork,NULL}', '22023'),
	('Camille', 'customer', 'Camille', '{{no_pork},{no_nuts}}', '22023'), ('Camille', 'customer', 'Camille', '{no_pork,""}', '22023'), ('Camille', 'customer', 'Camille', NULL, '22004'),
	('Camille', 'customer', 'Camille', (SELECT array_agg(code)::text FROM ecopanier.wish), 'set'),
	('Camille', 'customer', 'Camille', (SELECT array_agg('no_pork'::text)::text FROM generate_series(1, 21)), '22023'),
	('Camille', 'customer', 'Bilal', '{no_pork}', 'ZE101'), ('Camille', 'customer', 'none', '{no_pork}', 'ZE101'), ('Bilal', 'beneficiary', 'Bilal', '{no_pork}', 'set'),
	('Sami', 'merchant', 'Camille', '{no_pork}', '42501'), ('Alice', 'association', 'Bilal', '{no_pork}', '42501')) v (name, role, claim, wishes, expected);
SELECT fixture.try(n, r, format($$SELECT ecopanier.set_wishes(fixture.noted(%L), %L)$$, n, w), keep => true)
FROM (VALUES ('Camille', 'customer', '{no_pork,no_nuts}'), ('Camille', 'customer', '{no_egg,no_nuts}'), ('Bilal', 'beneficiary', '{no_egg,no_nuts}')) v (n, r, w) \g /dev/null
SELECT is(fixture.try(name, role, $$SELECT coalesce(string_agg(wish, ' ' ORDER BY reservation_id, wish), 'nothing') FROM ecopanier.reservation_wishes()$$), expected, name || ' reads: ' || expected)
FROM (VALUES ('Camille', 'customer', 'no_egg no_nuts'), ('Bilal', 'beneficiary', 'no_egg no_nuts'), ('Charlie', 'customer', 'nothing'), ('Sami', 'merchant', 'no_egg no_nuts no_egg no_nuts'),
	('Mona', 'merchant', 'no_egg no_nuts no_egg no_nuts'), ('Alice', 'association', 'nothing')) v (name, role, expected);
SELECT is(fixture.try('Sami', 'merchant', $$SELECT count(*) FROM ecopanier.reservation_wishes()$$, 2), '0', 'nor does another territory');
SELECT is(fixture.try('Sami', 'merchant', format($$SELECT string_agg(wish, ' ') FROM ecopanier.reservation_wishes(fixture.noted('%s'))$$, n)), 'no_egg no_nuts', 'one claim, paid or free') FROM unnest(ARRAY['Camille', 'Bilal']) n;
SELECT fixture.try('Camille', 'customer', $$SELECT ecopanier.cancel(fixture.noted('Camille'))$$, keep => true) \g /dev/null
SELECT is(fixture.try('Camille', 'customer', $$SELECT ecopanier.set_wishes(fixture.noted('Camille'), '{no_pork}')$$), 'ZE107', 'a cancelled claim has no wishes');
SELECT is(fixture.try('Sami', 'merchant', $$SELECT count(*) FROM ecopanier.reservation_wishes()$$), '2', 'and shows none');
SELECT is((SELECT done FROM ecopanier.tick() WHERE step = 'wishes'), 2::bigint, 'tick() drops them');
SELECT is((SELECT count(*) FROM ecopanier_private.reservation_wish), 2::bigint, 'and no others');
SELECT is((SELECT string_agg(code, ' ') FROM ecopanier.wish WHERE code ~* 'halal|kosher|casher|religio|illness|diabet|allerg' OR label_fr ~* 'halal|casher|religi|malad|diab|allerg'), NULL,
	'no wish names a religion or an illness');
SELECT is((SELECT count(*) FROM pg_attribute WHERE attrelid = 'ecopanier_private.reservation_wish'::regclass AND attname ~ 'member'), 0::bigint, 'nothing of a wish is kept with a person');
SELECT * FROM finish();
