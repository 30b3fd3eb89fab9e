-- Registration in batches: what comes of each row, sent again, partly or all or nothing; files of every kind.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE FUNCTION fixture.enrol(rows text, name text DEFAULT 'Alice', role text DEFAULT 'association', whole boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.try(name, role, format($q$SELECT string_agg(concat_ws(' ', line, external_id, state, code), ', ' ORDER BY line) FROM ecopanier.enrol_beneficiaries(%L, %L)$q$, rows, whole), keep => true) $$;
CREATE FUNCTION fixture.enrol_csv(file bytea) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.try('Alice', 'association', format($q$SELECT string_agg(concat_ws(' ', line, external_id, state, code), ', ' ORDER BY line) FROM ecopanier.enrol_beneficiaries_csv(%L::bytea)$q$, file), keep => true) $$;
CREATE FUNCTION fixture.people() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM ecopanier.member $$;
SELECT encode(sha256('one'), 'hex') AS one, encode(sha256('two'), 'base64') AS two \gset

SELECT is(fixture.enrol('[{"external_id": "b", "display_name": "Zoé"}, {"external_id": "a", "display_name": "Ali", "language": "ar", "age_0_2": 2}]'),
	'1 b created, 2 a created', 'two people');
SELECT is((SELECT string_agg(e.external_id || m.display_name || m.language || b.state, ' ' ORDER BY e.external_id) FROM ecopanier.enrolment e
	JOIN ecopanier.member m ON m.id = e.member_id JOIN ecopanier.beneficiary b ON b.member_id = m.id
	JOIN ecopanier.member_role r ON r.member_id = m.id WHERE b.organisation_id = fixture.organisation('CCAS') AND r.role = 'beneficiary'),
	'aAliarapplied bZoéfrapplied', 'are members who applied, with the organisation');
SELECT is((SELECT age_0_2::int FROM ecopanier.household), 2, 'with a household');
SELECT fixture.people() AS people \gset
SELECT is(fixture.enrol('[{"external_id": "b", "display_name": "Other"}, {"external_id": "a", "display_name": "Ali"}]'), '1 b exists, 2 a exists', 'the same numbers are the same people');
SELECT is(fixture.people(), :people::bigint, 'nobody is made twice');
SELECT is(count(*), 1::bigint, 'a name that the person chose stays') FROM ecopanier.member WHERE display_name = 'Zoé';
SELECT is(fixture.enrol(rows), expected, says) FROM (VALUES
	('a field that is missing', '[{"external_id": "c"}]', '1 c error 22023'), ('a name that is null', '[{"external_id": "c", "display_name": null}]', '1 c error 22023'),
	('a field that is not known', '[{"external_id": "c", "display_name": "x", "civil_name": "x"}]', '1 c error 22023'),
	('a field twice', '[{"external_id": "c", "display_name": "x", "display_name": null}]', '1 c error 22023'),
	('escapes', '[{"external_id": "\u00e9\n\ud83d\ude00", "display_name": "x"}, {"external_id": "\u00e9\ud83d\ude00", "display_name": "\u0058"}]', E'1 é\n😀 error 22023, 2 é😀 created'),
	('another type', '[{"external_id": 7, "display_name": "x"}]', '1 error 22023'), ('nested', '[{"external_id": {"a": []}, "display_name": "x"}]', '1 error 22023'),
	('no objects', '[7, null, [], "x"]', '1 error 22023, 2 error 22023, 3 error 22023, 4 error 22023'),
	('100 characters', '[{"external_id": "' || repeat('é', 100) || '", "display_name": "x"}]', '1 ' || repeat('é', 100) || ' created'),
	('101', '[{"external_id": "' || repeat('x', 101) || '", "display_name": "x"}]', '1 ' || repeat('x', 101) || ' error 22023'),
	('60 of a name', '[{"external_id": "n60", "display_name": "' || repeat('x', 60) || '"}]', '1 n60 created'),
	('61', '[{"external_id": "n61", "display_name": "' || repeat('x', 61) || '"}]', '1 n61 error 22023'),
	('formulas', '[{"external_id": "=1", "display_name": "x"}, {"external_id": "f", "display_name": "+x"}, {"external_id": "-", "display_name": "x"}, {"external_id": "@", "display_name": "x"}]',
		'1 =1 error 22023, 2 f error 22023, 3 - error 22023, 4 @ error 22023'),
	('twice', '[{"external_id": "d", "display_name": "x"}, {"external_id": "d", "display_name": "y"}]', '1 d created, 2 d error 23505'),
	('a day that is none', '[{"external_id": "e", "display_name": "x", "valid_until": "2027-02-29"}]', '1 e error 22023'),
	('days out of order', '[{"external_id": "e", "display_name": "x", "valid_from": "2027-02-02", "valid_until": "2027-02-01"}]', '1 e error 22023'),
	('a tag of 31 bytes', '[{"external_id": "e", "display_name": "x", "tag": "' || repeat('ab', 31) || '"}]', '1 e error 22023'),
	('bad contacts', '[{"external_id": "e", "display_name": "x", "mail": "x"}, {"external_id": "e2", "display_name": "x", "phone": "x"}]', '1 e error 22023, 2 e2 error 22023'),
	('ages', '[{"external_id": "e", "display_name": "x", "age_0_2": 21}, {"external_id": "e2", "display_name": "x", "age_0_2": 0}]', '1 e error 22023, 2 e2 error 22023'),
	('nobody', '[]', '1 row'), ('no array', '{}', '22023'), ('no array either', '7', '22023'), ('an object with rows', '{"a": [{"external_id": "c", "display_name": "x"}], "b": 7, "c": {"mail": 1}}', '22023'),
	('nothing', '', '22023'), ('cut short', '[{"external_id": "c", "display_name": "x"}', '22023'), ('two', '[] []', '22023'), ('a zero character', '["\u0000"]', '22023'),
	('half a character', '["\ud800"]', '22023'), ('32 deep', repeat('[', 32) || repeat(']', 32), '1 error 22023'), ('33', repeat('[', 33) || repeat(']', 33), '22023'),
	('a million deep', repeat('[', 1000000), '22023'), ('a number that is none', '[1e99999999999]', '1 error 22023'),
	('20 MB', '[{"external_id": "c", "display_name": "x", "mail": "' || repeat('x', 20971520) || '"}]', '22023')) v (says, rows, expected);
SELECT is(fixture.enrol((SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 10001))::text), '22023', '10,001 rows are too many');
SELECT ok(fixture.enrol((SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 10000))::text) LIKE '%10000 error 22023', '10,000 are not');

\echo '# rights in a batch'
SELECT is(fixture.enrol(format('[{"external_id": "v", "display_name": "V", "valid_until": "2027-05-31", "tag": "%s"}]', :'one')), '1 v created', 'verified at once');
SELECT is((SELECT concat_ws(' ', state, valid_from, valid_until, ben_code IS NOT NULL) FROM ecopanier.beneficiary JOIN ecopanier.enrolment USING (territory_id, member_id)
	WHERE external_id = 'v'), 'verified 2026-11-20 2027-05-31 t', 'from today, with a code');
SELECT is(fixture.enrol('[{"external_id": "v", "display_name": "V", "valid_until": "2027-05-31"}]'), '1 v exists', 'a retry changes nothing');
SELECT is(fixture.enrol('[{"external_id": "v", "display_name": "V", "valid_until": "2027-03-31"}]'), '1 v exists', 'an old batch shortens nothing');
SELECT is(fixture.enrol('[{"external_id": "v", "display_name": "V", "valid_until": "2027-06-30"}]'), '1 v updated', 'a later day renews');
SELECT is(fixture.enrol(format('[{"external_id": "w", "display_name": "W", "valid_until": "2027-05-31", "tag": "%s"}]', :'one')), '1 w error ZE119', 'a second right is refused');
SELECT is((SELECT state FROM ecopanier.beneficiary JOIN ecopanier.enrolment USING (territory_id, member_id) WHERE external_id = 'w'), 'applied', 'the person stays registered');
SELECT is(fixture.try('Alice', 'association', $$SELECT ecopanier.suspend_beneficiary(member_id, 'why') FROM ecopanier.enrolment WHERE external_id = 'v'$$, keep => true), '', 'suspended');
SELECT is(fixture.enrol('[{"external_id": "v", "display_name": "V", "valid_until": "2027-12-31"}]'), '1 v error ZE107', 'no batch ends a suspension');

\echo '# all or nothing'
SELECT fixture.counts() AS before \gset
SELECT is(fixture.enrol(format('[{"external_id": "x1", "display_name": "X", "valid_until": "2027-05-31", "tag": "%s"}, {"external_id": "x2"}]', trim(:'two')), whole => true),
	'1 x1 skipped, 2 x2 error 22023', 'the error is told');
SELECT is(fixture.enrol(format('[{"external_id": "x1", "display_name": "X"}, {"external_id": "w", "display_name": "W", "valid_until": "2027-05-31"}]'), whole => true),
	'1 x1 skipped, 2 w error ZE119', 'one that the tables find too');
SELECT is(fixture.counts(), :'before', 'nothing changed');

\echo '# who enrols'
SELECT is(fixture.enrol('[{"external_id": "a", "display_name": "Adm"}]', 'Adele', 'administrator'), '1 a created', 'an administrator has other numbers');
SELECT is(fixture.enrol('[{"external_id": "a", "display_name": "Adm"}]', 'Adele', 'administrator'), '1 a exists', 'which are known too');
SELECT is(fixture.enrol('[]', 'Mona', 'merchant'), '42501', 'a merchant does not');
SELECT is(fixture.enrol('[]', 'Benoit', 'beneficiary'), '42501', 'nor a beneficiary');
UPDATE ecopanier.organisation_staff SET function = 'station' WHERE member_id = fixture.id('Alice');
SELECT is(fixture.enrol('[]'), '42501', 'nor a station');
UPDATE ecopanier.organisation_staff SET function = 'manager' WHERE member_id = fixture.id('Alice');
SELECT is(fixture.try('Alice', 'association', $$SELECT string_agg(external_id, ' ' ORDER BY external_id COLLATE "C") FROM ecopanier.enrolment WHERE octet_length(external_id) < 3$$),
	'a b d v w', 'staff read their own numbers');

\echo '# CSV'
SELECT is(fixture.enrol_csv(file), expected, says) FROM (VALUES
	('a byte order mark, CRLF, semicolons, quotes', '\xefbbbf'::bytea || convert_to(E'external_id;display_name;language\r\nk1;"Zo""é; x";es\r\n\r\n"k2";y;\r\n', 'UTF8'), '2 k1 created, 4 k2 created'),
	('commas, the columns in another order', E'display_name,external_id\nx,k3\n', '2 k3 created'),
	('Latin-1 is an error of its row', convert_to(E'external_id,display_name\nk4,', 'UTF8') || '\x5a6fe9'::bytea || E'\nk5,x\n', '2 error 22021, 3 k5 created'),
	('a formula', E'external_id,display_name\nk6,=cmd\n', '2 k6 error 22023'),
	('too many fields', E'external_id,display_name\nk7,x,y\n', '2 error 22023'), ('too few', E'external_id,display_name\nk7\n', '2 error 22023'),
	('a quote that is not closed', E'external_id,display_name\n"k7,x\nk8,x\n', '2 error 22023, 3 k8 created'),
	('a quote within', E'external_id,display_name\nk"9,x\n', '2 error 22023'),
	('no rows', E'external_id,display_name\n', '1 row'), ('no header', E'k,x\n', '22023'), ('a column twice', E'external_id,external_id,display_name\n', '22023'),
	('an unknown column', E'external_id,display_name,iban\n', '22023'), ('nothing', '', '22023')) v (says, file, expected);
SELECT is(count(*), 1::bigint, 'quotes are undone') FROM ecopanier.member WHERE display_name = 'Zo"é; x';
SELECT is(count(*), 0::bigint, 'no answer repeats a name') FROM (SELECT (fixture.attempt('api', 'ecopanier_association', fixture.claims('Alice', 'association'),
	$$SELECT string_agg(concat(message, hint), ' ') FROM ecopanier.enrol_beneficiaries('[{"external_id": "s", "display_name": "=Secret"}, {"external_id": "t", "display_name": "Secret", "tag": "Secret", "mail": "Secret"}]')$$)).value) a (value)
WHERE value LIKE '%Secret%';
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;

-- How long a larger batch took is printed and not asserted.
SELECT jsonb_agg(jsonb_build_object('external_id', 'm' || g, 'display_name', 'P' || g)) AS plain FROM generate_series(1, 2000) g \gset
SELECT clock_timestamp() AS start \gset
SELECT fixture.enrol(:'plain') \g /dev/null
SELECT diag(format('2,000 rows: %s', clock_timestamp() - :'start'));
SELECT is(count(*), 2000::bigint, '2,000 people') FROM ecopanier.enrolment WHERE external_id LIKE 'm%';
SELECT * FROM finish();
