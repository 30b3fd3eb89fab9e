-- Contacts: what is taken, who reads it, what is stored.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

\echo '# what is taken'
CREATE TEMP TABLE given (kind text, value text, expected text);
INSERT INTO given VALUES
('mail', 'Marguerite.Fontaine@Example.ORG', 'Marguerite.Fontaine@example.org'), ('mail', '  m@example.org ', 'm@example.org'), ('mail', 'm@café.example', 'm@café.example'),
('mail', 'm@example', '22023'), ('mail', 'nowhere.invalid', '22023'), ('mail', '', '22023'), ('mail', NULL, '22023'), ('mail', '0612345678', '22023'),
('mail', repeat('a', 64) || '@' || repeat('b', 63) || '.' || repeat('c', 63) || '.' || repeat('d', 58) || '.fr', '*'),
('mail', repeat('a', 64) || '@' || repeat('b', 63) || '.' || repeat('c', 63) || '.' || repeat('d', 59) || '.fr', '22023'),
('phone', '06 12 34 56 78', '+33612345678'), ('phone', '0692 12 34 56', '+262692123456'), ('phone', '+44 20 7946 0000', '+442079460000'),
('phone', '12', '22023'), ('phone', '', '22023'), ('phone', NULL, '22023'), ('phone', 'm@example.org', '22023'), ('phone', repeat('0', 1000000), '22023'),
('fax', '0612345678', '22023'), ('m@example.org', 'mail', '22023'), (NULL, 'm@example.org', '22023'), ('MAIL', 'm@example.org', '22023');
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT ecopanier.set_contact(%L, %L); SELECT value FROM ecopanier.my_contacts()', kind, value)),
	CASE expected WHEN '*' THEN value ELSE expected END, format('%s %s', kind, left(value, 40))) FROM given;
SELECT is((SELECT count(*) FROM given g, fixture.attempt('api', 'ecopanier_beneficiary', fixture.claims('Benoit', 'beneficiary'), format('SELECT ecopanier.set_contact(%L, %L)', g.kind, g.value)) a
	WHERE a.state IS NOT NULL AND g.value NOT IN ('', 'mail') AND strpos(a.message || a.hint || a.detail, g.value) > 0), 0::bigint, 'no refusal repeats what was given');
SELECT is((SELECT string_agg(DISTINCT a.hint, '|' ORDER BY a.hint) FROM given g, fixture.attempt('api', 'ecopanier_beneficiary', fixture.claims('Benoit', 'beneficiary'), format('SELECT ecopanier.set_contact(%L, %L)', g.kind, g.value)) a
	WHERE a.state = '22023'), 'A contact is a "mail" or a "phone".|Give name@example.org.|Give ten digits as in France, or + and the number with its country code.', 'each says what to give');

\echo '# who writes and who reads'
SELECT is(fixture.try(name, role, format($$SELECT 'set' FROM ecopanier.set_beneficiary_contact(fixture.id(%L, %s), 'mail', 'b@example.org')$$, person, territory)), expected,
	format('%s for %s of %s: %s', name, person, territory, expected))
FROM (VALUES ('Alice', 'association', 'Benoit', 1, 'set'), ('Alice', 'association', 'Benoit', 2, 'ZE101'), ('Alice', 'association', 'Camille', 1, 'ZE101'), ('Alice', 'association', 'Nobody', 1, 'ZE101'),
	('Adele', 'administrator', 'Benoit', 1, 'ZE101'), ('Mona', 'merchant', 'Benoit', 1, '42501'), ('Benoit', 'beneficiary', 'Benoit', 1, '42501')) v (name, role, person, territory, expected);
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.set_contact('mail', 'benoit@example.org')$$, keep => true), fixture.try('Alice', 'association', $$SELECT ecopanier.set_beneficiary_contact(fixture.id('Benoit'), 'phone', '0612345678')$$, keep => true),
	fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.set_contact('mail', 'there@example.org')$$, 2, keep => true), fixture.try('Mona', 'merchant', $$SELECT ecopanier.set_contact('mail', 'mona@example.org')$$, keep => true) \g /dev/null
SELECT is(fixture.try(name, role, $$SELECT coalesce(string_agg(kind || ' ' || value || ' ' || to_char(updated_at AT TIME ZONE 'UTC', 'HH24:MI'), ', ' ORDER BY kind), 'nothing') FROM ecopanier.my_contacts()$$, territory), expected,
	format('%s of %s reads %s', name, territory, expected))
FROM (VALUES ('Benoit', 'beneficiary', 1, 'mail benoit@example.org 16:00, phone +33612345678 16:00'), ('Benoit', 'beneficiary', 2, 'mail there@example.org 16:00'), ('Mona', 'merchant', 1, 'mail mona@example.org 16:00'),
	('Basma', 'beneficiary', 1, 'nothing'), ('Alice', 'association', 1, 'nothing'), ('Adele', 'administrator', 1, 'nothing')) v (name, role, territory, expected);
SELECT is((SELECT state FROM fixture.attempt('postgres', NULL, NULL, statement)), '42501', 'a superuser who is nobody: ' || statement)
FROM unnest(ARRAY['SELECT * FROM ecopanier.my_contacts()', $$SELECT ecopanier.set_contact('mail', 'a@example.org')$$, 'SET LOCAL ROLE ecopanier_owner; SELECT * FROM ecopanier.my_contacts();']) statement;
SELECT is((SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p WHERE p.pronamespace = 'ecopanier'::regnamespace AND p.proname LIKE '%contact%'),
	'my_contacts remove_contact reseal_contacts set_beneficiary_contact set_contact', 'no other function knows contacts');
SELECT is((SELECT string_agg(c.oid::regclass::text, ' ') FROM pg_class c JOIN pg_depend d ON d.objid = c.oid WHERE d.refobjid = 'ecopanier_private.contact'::regclass AND c.relkind IN ('v', 'm')), NULL, 'no view does');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.remove_contact('phone'); SELECT string_agg(kind, ' ') FROM ecopanier.my_contacts()$$), 'mail', 'a contact is removed');
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT ecopanier.remove_contact(%L)', kind)), expected, 'removed: ' || coalesce(kind, 'null'))
FROM (VALUES ('mail', 'true'), ('phone', 'true'), ('fax', '22023'), (NULL, '22023')) v (kind, expected);
SELECT is(fixture.try('Basma', 'beneficiary', $$SELECT ecopanier.remove_contact('mail')$$), 'false', 'where there is none, none is removed');

\echo '# what is stored'
SELECT is((SELECT string_agg(DISTINCT kind || ' ' || octet_length(sealed), ', ') FROM ecopanier_private.contact), 'mail 296, phone 72', 'all of a kind have one length');
SELECT is((SELECT count(*) FROM ecopanier_private.contact WHERE strpos(encode(sealed, 'escape'), 'example') > 0 OR strpos(encode(sealed, 'escape'), '612345678') > 0), 0::bigint, 'no text is stored');
CREATE TEMP TABLE before AS SELECT * FROM ecopanier_private.contact WHERE member_id = fixture.id('Benoit') AND kind = 'mail';
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.set_contact('mail', 'benoit@example.org')$$, keep => true) \g /dev/null
SELECT isnt((SELECT sealed FROM ecopanier_private.contact WHERE member_id = fixture.id('Benoit') AND kind = 'mail'), (SELECT sealed FROM before), 'the same address is never the same bytes');
CREATE FUNCTION fixture.tamper(change text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(a.state, a.value) FROM fixture.attempt('postgres', NULL, NULL, format(
	$f$UPDATE ecopanier_private.contact SET %s WHERE member_id = fixture.id('Benoit') AND kind = 'mail';
	SELECT set_config('session_authorization', 'api', true), set_config('role', 'ecopanier_beneficiary', true), set_config('request.jwt.claims', %L, true);
	SELECT value FROM ecopanier.my_contacts() WHERE kind = 'mail'$f$, change, fixture.claims('Benoit', 'beneficiary'))) a $$;
SELECT is(fixture.tamper(change), expected, change) FROM (VALUES
	('updated_at = updated_at', 'benoit@example.org'), ('sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1)', 'XX001'), ('sealed = set_byte(sealed, 100, get_byte(sealed, 100) # 1)', 'XX001'),
	('sealed = set_byte(sealed, 295, get_byte(sealed, 295) # 128)', 'XX001'), ('key_id = ''0123456789abcdef''', 'ZE113'),
	('sealed = (SELECT c.sealed FROM ecopanier_private.contact c WHERE c.member_id = fixture.id(''Mona''))', 'XX001'),
	('sealed = (SELECT c.sealed FROM ecopanier_private.contact c WHERE c.territory_id = 2)', 'XX001'),
	('sealed = ''\x00''', '23514')) v (change, expected);

\echo '# another key'
SELECT ecopanier.rotate_key() AS new_key \gset
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT string_agg(value, ' ' ORDER BY kind) FROM ecopanier.my_contacts()$$), 'benoit@example.org +33612345678', 'what the old key sealed opens');
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.set_contact('phone', '0612345678')$$, keep => true) \g /dev/null
SELECT is((SELECT string_agg(DISTINCT kind || ' ' || (key_id = :'new_key'), ', ') FROM ecopanier_private.contact), 'mail false, phone true', 'what is written goes under the new key');
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.reseal_contacts()'), '42501', 'moving all of them is for superusers');
SELECT is(ecopanier.reseal_contacts(), 3::bigint, 'the others are moved');
SELECT is(ecopanier.reseal_contacts(), 0::bigint, 'once');
SELECT is((SELECT string_agg(DISTINCT kind || ' ' || (key_id = :'new_key'), ', ') FROM ecopanier_private.contact), 'mail true, phone true', 'all are under the new key');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT string_agg(value, ' ' ORDER BY kind) FROM ecopanier.my_contacts()$$), 'benoit@example.org +33612345678', 'and open');
SELECT * FROM finish();
