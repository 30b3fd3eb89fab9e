-- Bad input: every function of the API with every argument in turn made null, unknown, foreign, out of range, huge or not UTF-8.
-- Each refusal has a code of the reference and a hint, and changes nothing.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
\i test/lib/call.sql
SELECT set_eq($$SELECT function FROM call$$, $$
	SELECT replace(p.oid::regprocedure::text, 'ecopanier.', '') FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	WHERE p.pronamespace = 'ecopanier'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
	-- input, output, comparison and casts of the types are tried in sql/
	AND p.proname !~ '^(ben_code|siret)_'$$, 'every function is tried');

CREATE TEMP TABLE bad (type text, says text, value text);
INSERT INTO bad VALUES
('uuid', 'unknown', 'ecopanier.new_id(1)'), ('uuid', 'foreign', NULL), ('uuid', 'not ours', '''00000000-0000-4000-8000-000000000001'''),
('uuid', 'all zeros', '''00000000-0000-0000-0000-000000000000'''), ('uuid', 'territory without a row', 'ecopanier.new_id(777)'),
('integer', 'zero', '0'), ('integer', 'negative', '-1'), ('integer', 'more than there are', '6'), ('integer', 'largest', '2147483647'), ('integer', 'smallest', '-2147483648'),
('numeric', 'not a number', '''NaN'''), ('numeric', 'infinite', '''Infinity'''), ('numeric', 'huge', '1e1000'), ('numeric', 'tiny', '-1e-1000'),
('timestamp with time zone', 'infinite', '''infinity'''), ('timestamp with time zone', 'minus infinite', '''-infinity'''), ('timestamp with time zone', 'oldest', '''4713-01-01 00:00 BC'''),
('date', 'infinite', '''infinity'''), ('date', 'minus infinite', '''-infinity'''), ('date', 'farthest', '''5874897-12-31'''), ('date', 'oldest', '''4713-01-01 BC'''),
('jsonb', 'scalar', '''1'''), ('jsonb', 'array', '''[]'''), ('jsonb', 'nested', '''{"lot": {"a": [1]}}'''),
('bytea', 'empty', ''''''), ('bytea', 'no text', '''\xff'''), ('bytea', 'a megabyte', 'decode(repeat(''00'', 1048576), ''hex'')');
INSERT INTO bad VALUES ('interval', 'negative', '''-1 microsecond'''), ('interval', 'huge', '''178000000 years'''), ('text[]', 'empty', '''{}'''), ('text[]', 'of null', '''{NULL}'''),
	('text[]', 'unknown', '''{king}'''), ('text[]', 'two-dimensional', '''{{enrol},{verify}}'''), ('text[]', 'a megabyte', 'array_fill(''enrol''::text, ARRAY[200000])');
INSERT INTO bad VALUES ('double precision', 'not a number', '''NaN'''), ('double precision', 'infinite', '''Infinity'''), ('double precision', 'huge', '1e300'), ('double precision', 'zero', '0');
INSERT INTO bad SELECT type, says, value FROM unnest(ARRAY['text', 'name']) type, (VALUES
	('empty', ''''''), ('blank', ''' '''), ('a megabyte', 'repeat(''x'', 1048576)::text'), ('not UTF-8', 'E''\xff'''), ('quotes', '''"'''';--'''), ('right to left', 'U&''\202e\202d''')) v (says, value);
INSERT INTO bad SELECT DISTINCT type, 'null', 'NULL' FROM (SELECT type FROM bad UNION SELECT 'boolean') t;

-- the numbers that the fixture took by hand are not tried again
SELECT setval(pg_get_serial_sequence('ecopanier.territory', 'id'), 100) \g /dev/null
CREATE TEMP TABLE tried AS
SELECT c.*, t.n AS argument, b.says, coalesce(b.value, c.elsewhere) AS value, a.state, a.message, a.hint, a.value AS answer, false AS changed
FROM call c
CROSS JOIN LATERAL (SELECT a.n, format_type(a.type, NULL) AS type FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY a (type, n)
	WHERE p.oid = to_regprocedure('ecopanier.' || replace(c.function, ',siret', ',ecopanier.siret'))) t
JOIN bad b ON b.type = t.type
CROSS JOIN LATERAL (SELECT format('SELECT ecopanier.%s(%s)', split_part(c.function, '(', 1),
	(SELECT string_agg(CASE o WHEN t.n THEN format('CAST(%s AS %s)', coalesce(b.value, c.elsewhere), t.type) ELSE x END, ', ' ORDER BY o)
		FROM unnest(c.arguments) WITH ORDINALITY u (x, o))) AS statement) s
CROSS JOIN LATERAL fixture.attempt(CASE WHEN c.name IS NULL THEN 'postgres' ELSE 'api' END, fixture.database_role(c.role),
	CASE WHEN c.name IS NOT NULL THEN fixture.claims(c.name, c.role) END, s.statement) a
WHERE (b.value IS NOT NULL OR c.elsewhere IS NOT NULL)
	AND (b.says <> 'foreign' OR t.n = 1);
SELECT cmp_ok(count(*), '>', 150::bigint, 'many calls were tried') FROM tried;

CREATE TEMP TABLE allowed (state text PRIMARY KEY, needs_hint boolean);
INSERT INTO allowed SELECT code, true FROM ecopanier.error_code();
INSERT INTO allowed VALUES ('22004', true), ('22023', true), ('42501', true), ('25P01', true),
	-- core's own: constraints, dates out of range, bytes that are not text, names that are too long or unknown
	('23502', false), ('23503', false), ('23505', false), ('23514', false), ('22008', false), ('22021', false), ('22003', false), ('42704', false), ('42622', false);
SELECT is((SELECT string_agg(format('%s argument %s %s: %s %s', function, argument, says, t.state, t.message), E'\n') FROM tried t LEFT JOIN allowed a USING (state)
	WHERE t.state IS NOT NULL AND a.state IS NULL), NULL, 'every refusal has a code of the reference');
SELECT is((SELECT string_agg(format('%s argument %s %s: %s %s', function, argument, says, t.state, t.message), E'\n') FROM tried t JOIN allowed a USING (state)
	WHERE a.needs_hint AND t.hint = '' AND t.state <> 'ZE116'), NULL, 'every refusal of ours has a hint');
SELECT is((SELECT string_agg(format('%s argument %s %s: %s', function, argument, says, length(t.message)), E'\n') FROM tried t
	WHERE length(t.message) > 500 AND name IS NOT NULL), NULL, 'no refusal repeats a huge text to a client');
SELECT is(f.state || f.message || f.hint, u.state || u.message || u.hint, f.function || ' answers foreign and unknown ids alike')
FROM tried f JOIN tried u USING (function, argument) WHERE f.says = 'foreign' AND u.says = 'unknown';
SELECT is(o.state || o.message || o.hint, u.state || u.message || u.hint, o.function || ' answers ids ' || o.says || ' like unknown ones')
FROM tried o JOIN tried u USING (function, argument) WHERE o.says IN ('not ours', 'all zeros', 'territory without a row') AND u.says = 'unknown'
	AND o.elsewhere IS NOT NULL AND argument = 1;
-- A kiosk's bad card or token is an answer, whatever else is given; no picture is made of what is no card.
SELECT is(string_agg(DISTINCT left(answer, 23), ' '), '(refused,kiosk_refused,', 'a kiosk''s bad card or token is answered') FROM tried
	WHERE function ~ '^kiosk_' AND function !~ '^kiosk_screen' AND says <> 'not UTF-8';
SELECT is(string_agg(DISTINCT answer::jsonb ->> 'state', ' '), 'refused', 'so is its screen') FROM tried WHERE function ~ '^kiosk_screen' AND says <> 'not UTF-8';
SELECT is(string_agg(DISTINCT answer, ' '), '1 row', 'and no card has no picture') FROM tried WHERE function ~ '^card_qr' AND says <> 'not UTF-8';
DELETE FROM tried WHERE function ~ '^(kiosk_|card_qr)';
-- What was taken is a short list that somebody has read.
SELECT results_eq($$SELECT split_part(function, '(', 1) || ' ' || argument, string_agg(says, ', ' ORDER BY says) FROM tried
	WHERE state IS NULL AND function NOT LIKE 'message(%' AND function NOT LIKE 'verify_pickup(%' GROUP BY 1 ORDER BY 1$$, $$VALUES
	('add_organisation_key 2', 'quotes, right to left'), ('add_webhook 2', 'null'), ('add_webhook 3', 'blank, empty, quotes, right to left'), ('add_webhook 4', 'null'),
	('allergen_bits 1', 'empty, null'), ('apply_organisation 2', 'quotes, right to left'), ('apply_organisation 4', 'null'),
	('apply_organisation 5', 'blank, empty, null, quotes, right to left'), ('apply_organisation 6', 'null, zero'), ('apply_organisation 7', 'null, zero'),
	('audit_reason_digest 1', 'null'), ('audit_reason_digest 2', 'a megabyte, blank, empty, null, quotes, right to left'),
	('cancel 2', 'blank, empty, null, quotes, right to left'), ('cancel_allotment 2', 'quotes, right to left'),
	('category_label 1', 'a megabyte, blank, empty, null, quotes, right to left'), ('confirm_proposal 2', 'null'),
	('consent_proof 1', 'a megabyte, blank, empty, quotes, right to left'), ('contribute 3', 'all zeros, not ours, null, territory without a row, unknown'),
	('contribute 4', 'null'), ('create_service 1', 'quotes, right to left'), ('create_service 3', 'more than there are'), ('create_service 4', 'null'),
	('create_service_key 2', 'quotes, right to left'), ('create_territory 2', 'quotes, right to left'), ('decide_organisation 3', 'quotes, right to left'),
	('declare_interest 2', 'more than there are'), ('declare_interest 3', 'zero'), ('declare_interest 4', 'zero'),
	('discard_proposal 2', 'blank, empty, null, quotes, right to left'), ('distance_m 1', 'null, zero'), ('distance_m 2', 'null, zero'), ('distance_m 3', 'null, zero'),
	('distance_m 4', 'null, zero'), ('due_instructions 1', 'more than there are'), ('due_instructions 2', 'null'), ('erase_person 2', 'quotes, right to left'),
	('give_lot 4', 'all zeros, not ours, null, territory without a row, unknown'), ('install 1', 'null'),
	('is_accredited 2', 'farthest, infinite, minus infinite, null, oldest'), ('is_open 2', 'null'), ('lot_from_template 2', 'null'), ('lot_photo 2', 'null'),
	('lot_photos 1', 'all zeros, foreign, not ours, null, territory without a row, unknown'), ('lot_spot 1', 'largest, more than there are, negative, null, smallest, zero'),
	('lot_spot 2', 'null, zero'), ('lot_spot 3', 'null, zero'), ('map_login 4', 'null'), ('mark_all_read 1', 'infinite, minus infinite, null, oldest'),
	('my_notifications 1', 'null'), ('my_notifications 2', 'more than there are, null'), ('my_notifications 3', 'null'),
	('my_proposals 1', 'infinite, minus infinite, null, oldest'), ('my_proposals 2', 'more than there are'),
	('my_standing 1', 'a megabyte, blank, empty, null, quotes, right to left'), ('nearby_lots 1', 'zero'), ('nearby_lots 10', 'empty, null'),
	('nearby_lots 11', 'empty, null'), ('nearby_lots 12', 'empty, null'), ('nearby_lots 13', 'more than there are'), ('nearby_lots 14', 'zero'),
	('nearby_lots 15', 'all zeros, not ours, territory without a row, unknown'), ('nearby_lots 2', 'zero'), ('nearby_lots 4', 'empty, null'),
	('nearby_lots 5', 'largest, more than there are, null, zero'), ('nearby_lots 6', 'minus infinite, null, oldest'), ('nearby_lots 7', 'infinite, null'),
	('nearby_lots 8', 'null'), ('nearby_lots 9', 'null'), ('new_ben_code 1', 'null'), ('new_id 1', 'more than there are, null'), ('next_opening 2', 'null'),
	('open_access 3', 'more than there are'), ('open_allotment 4', 'all zeros, not ours, null, territory without a row, unknown'), ('opening_hours 2', 'null'),
	('opening_hours 3', 'null'), ('pickup_qr_png 2', 'more than there are, null'), ('price_at 2', 'infinite, minus infinite, null, oldest'),
	('price_on_schedule 1', 'largest, null'), ('price_on_schedule 2', 'infinite, minus infinite, null, oldest'),
	('price_on_schedule 3', 'largest, more than there are, null'), ('price_on_schedule 4', 'largest, more than there are, null'),
	('price_on_schedule 5', 'more than there are, null, zero'), ('price_on_schedule 6', 'infinite, minus infinite, null, oldest'),
	('propose_lot 2', 'all zeros, not ours, null, territory without a row, unknown'), ('public_holidays 2', 'null'), ('publish_lots 1', 'array'),
	('publish_lots 2', 'all zeros, not ours, null, territory without a row, unknown'), ('refuse_beneficiary 2', 'quotes, right to left'),
	('refuse_offer 2', 'quotes, right to left'), ('register_beneficiary 1', 'quotes, right to left'),
	('remove_favourite 1', 'all zeros, foreign, not ours, territory without a row, unknown'), ('remove_household 1', 'null'),
	('remove_lot_photo 2', 'largest, more than there are, negative, smallest, zero'), ('repeat_lots 1', 'null'), ('repeat_lots 3', 'null'),
	('repeat_lots 4', 'all zeros, not ours, null, territory without a row, unknown'), ('replace_tag 3', 'quotes, right to left'),
	('resend_mail 1', 'infinite, minus infinite, oldest'), ('reservation_wishes 1', 'all zeros, foreign, not ours, null, territory without a row, unknown'),
	('reserve 3', 'all zeros, all zeros, not ours, not ours, null, null, territory without a row, territory without a row, unknown, unknown'), ('reserve 4', 'null'),
	('reserve 5', 'null'), ('restrict_beneficiary 2', 'more than there are, null, zero'), ('restrict_beneficiary 3', 'quotes, right to left'),
	('search_lots 1', 'blank, empty, quotes, right to left'), ('search_lots 10', 'null'), ('search_lots 11', 'empty, null'), ('search_lots 12', 'empty, null'),
	('search_lots 13', 'empty, null'), ('search_lots 14', 'more than there are'), ('search_lots 15', 'zero'), ('search_lots 16', 'null'), ('search_lots 17', 'null'),
	('search_lots 18', 'all zeros, not ours, territory without a row, unknown'), ('search_lots 2', 'zero'), ('search_lots 3', 'zero'), ('search_lots 5', 'empty, null'),
	('search_lots 6', 'largest, more than there are, null, zero'), ('search_lots 7', 'minus infinite, null, oldest'), ('search_lots 8', 'infinite, null'),
	('search_lots 9', 'null'), ('search_words 1', 'a megabyte, empty, null, of null, two-dimensional, unknown'), ('set_alert 1', 'zero'), ('set_alert 2', 'zero'),
	('set_category_points 2', 'more than there are'), ('set_category_points 3', 'quotes, right to left'), ('set_category_points 4', 'null'),
	('set_household 1', 'more than there are, zero'), ('set_household 2', 'more than there are, zero'), ('set_household 3', 'more than there are, zero'),
	('set_household 4', 'more than there are, zero'), ('set_household 5', 'more than there are, zero'), ('set_household 6', 'more than there are, zero'),
	('set_household 7', 'null'), ('set_organisation_plan 3', 'quotes, right to left'), ('set_organisation_plan 4', 'null'), ('set_setting 3', 'quotes, right to left'),
	('set_setting 4', 'null'), ('set_wishes 2', 'empty'), ('setting_value 1', 'null'), ('setting_value 2', 'infinite, minus infinite, null, oldest'),
	('sponsor_units 3', 'all zeros, not ours, null, territory without a row, unknown'), ('suspend_beneficiary 2', 'quotes, right to left'),
	('tell_events 1', 'largest, more than there are'), ('territory_of 1', 'null, territory without a row, unknown'), ('uninstall 1', 'null'),
	('unmap_login 1', 'a megabyte, blank, empty, null, quotes, right to left'), ('verify_audit 2', 'a megabyte, blank, empty, null, quotes, right to left'),
	('verify_beneficiary 3', 'null, null'), ('windows_fit 2', 'infinite, minus infinite, null, oldest'), ('windows_fit 3', 'infinite, minus infinite, null, oldest'),
	('withdraw_consent 1', 'a megabyte, blank, empty, quotes, right to left')$$, 'what is taken as it is');
SELECT is(string_agg(DISTINCT answer, ' '), '(invalid,,,)', 'a station''s bad token is a verdict') FROM tried WHERE function LIKE 'verify_pickup(%' AND says <> 'not UTF-8';

\echo '# reservation, lot and the other tables take the same nonsense at their own doors'
SELECT is(fixture.try(name, role, statement), expected, left(statement, 120)) FROM (VALUES
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation DEFAULT VALUES', '22004'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id) VALUES (NULL)', '22004'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), NULL)', '22004'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), 0)', '22023'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), 2147483647)', 'ZE104'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), 2147483648)', '22003'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id) VALUES (''x'')', '22P02'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot DEFAULT VALUES', '23502'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES ('''')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES ('' x'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES (repeat(''x'', 200))', '1 row'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES (repeat(''x'', 201))', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, description) VALUES (''x'', repeat(''x'', 1048576))', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, public_units) VALUES (''x'', -1)', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, public_units) VALUES (''x'', 100001)', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, public_units) VALUES (''x'', NULL)', '23502'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, latitude) VALUES (''x'', ''NaN'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, commune_insee) VALUES (''x'', ''99999'')', '23503'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, allergens) VALUES (''x'', ''{nuts}'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, window_start, window_end) VALUES (''x'', ''2026-11-21'', ''2026-11-21'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, meals_per_unit) VALUES (''x'', ''NaN'')', '23514'),
	('Camille', 'customer', 'UPDATE ecopanier.member SET display_name = repeat(''x'', 61)', '23514'),
	('Camille', 'customer', 'UPDATE ecopanier.member SET language = ''xx''', '23514'),
	('Camille', 'customer', 'UPDATE ecopanier.member SET display_name = NULL', '23502')) v (name, role, statement, expected);

\echo '# a superuser''s plain statements do not break what is timeless'
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('good'), 2)$$, keep => true) \g /dev/null
CREATE TEMP TABLE attack (n serial, expected text, statement text);
INSERT INTO attack (expected, statement) VALUES
('ZE104', $$INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) VALUES (fixture.named('good'), fixture.id('Claude'), 4)$$),
('ZE104', $$INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) SELECT fixture.named('good'), fixture.id('Claude'), 1 FROM generate_series(1, 4)$$),
('ZE104', $$UPDATE ecopanier.lot SET public_units = 1 WHERE id = fixture.named('good')$$),
('ZE105', $$INSERT INTO ecopanier.reservation (lot_id, member_id, pool) VALUES (fixture.named('good'), fixture.id('Benoit'), 'solidarity')$$),
('ZE105', $$INSERT INTO ecopanier.reservation (lot_id, member_id, pool, quantity) VALUES (fixture.named('good'), fixture.id('Basma'), 'solidarity', 3)$$),
('ZE111', $$UPDATE ecopanier.reservation SET quantity = 1 WHERE quantity = 2$$),
('ZE111', $$UPDATE ecopanier.reservation SET pool = 'public'$$), ('ZE111', $$UPDATE ecopanier.reservation SET lot_id = fixture.named('elsewhere')$$),
('ZE111', $$UPDATE ecopanier.reservation SET member_id = fixture.id('Claude')$$), ('ZE111', $$UPDATE ecopanier.reservation SET claim_day = claim_day - 1$$),
('ZE111', $$UPDATE ecopanier.reservation SET quota_limit = 10$$), ('ZE111', $$UPDATE ecopanier.reservation SET amount_cents = 1$$),
('ZE111', $$UPDATE ecopanier.reservation SET late_cancel = true$$), ('ZE107', $$UPDATE ecopanier.reservation SET state = 'awaiting_payment'$$),
('ZE111', $$DELETE FROM ecopanier.reservation$$), ('ZE111', $$TRUNCATE ecopanier.reservation$$), ('ZE111', $$TRUNCATE ecopanier.lot CASCADE$$),
('ZE111', $$DELETE FROM ecopanier.lot$$), ('ZE111', $$DELETE FROM ecopanier.beneficiary$$), ('ZE111', $$TRUNCATE ecopanier.beneficiary CASCADE$$),
('ZE111', $$UPDATE ecopanier.setting SET value = 9$$), ('ZE111', $$DELETE FROM ecopanier.setting$$), ('ZE111', $$TRUNCATE ecopanier.setting$$),
('ZE112', $$UPDATE ecopanier_private.lot_stock SET public_left = public_left + 1$$), ('ZE112', $$DELETE FROM ecopanier_private.lot_stock$$),
('ZE112', $$INSERT INTO ecopanier_private.lot_stock VALUES (1, ecopanier.new_id(1), 1, 1)$$), ('ZE111', $$TRUNCATE ecopanier_private.lot_stock$$),
('ZE112', $$UPDATE ecopanier_private.free_quota SET used = 0$$), ('ZE112', $$DELETE FROM ecopanier_private.free_quota$$),
('ZE112', $$INSERT INTO ecopanier_private.free_quota VALUES (1, fixture.id('Basma'), '2026-11-20', 0, 9, 1)$$), ('ZE111', $$TRUNCATE ecopanier_private.free_quota$$),
('22023', $$INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) VALUES (fixture.named('good'), fixture.id('Claude'), -3)$$),
('23514', $$INSERT INTO ecopanier.reservation (lot_id, member_id, pool) VALUES (fixture.named('good'), fixture.id('Claude'), 'mine')$$),
('23514', $$INSERT INTO ecopanier.reservation (lot_id, member_id, state) VALUES (fixture.named('good'), fixture.id('Claude'), 'lost')$$),
('ZE101', $$INSERT INTO ecopanier.reservation (lot_id, member_id, territory_id) VALUES (fixture.named('good'), fixture.id('Claude'), 2)$$),
('23503', $$INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES (fixture.named('good'), fixture.id('Claude', 2))$$),
('23502', $$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('good'))$$),
('ZE111', $$DELETE FROM ecopanier_private.pickup_guess; TRUNCATE ecopanier_private.pickup_guess$$);
SELECT fixture.counts() AS before \gset
SELECT is((fixture.attempt('postgres', NULL, NULL, statement, keep => true)).state, expected, statement) FROM attack ORDER BY n;
-- logical replication applies with triggers off; the guards that are always on stay on
SELECT is((fixture.attempt('postgres', NULL, NULL, 'SET LOCAL session_replication_role = replica; ' || statement || ';')).state, expected, 'as a replica: ' || statement)
FROM (VALUES ('ZE104', $$UPDATE ecopanier_private.lot_stock SET public_left = -1$$), ('ZE105', $$UPDATE ecopanier_private.free_quota SET used = 99$$),
	('ZE111', $$UPDATE ecopanier.reservation SET quantity = 9$$), ('ZE111', $$DELETE FROM ecopanier.reservation$$)) v (expected, statement);
-- COPY is a statement like another
SELECT format('printf "%s\t%s\t4\n"', fixture.named('good'), fixture.id('Claude')) AS rows \gset
SELECT (fixture.attempt('postgres', NULL, NULL, format('COPY ecopanier.reservation (lot_id, member_id, quantity) FROM PROGRAM %L', :'rows'))).state AS copy_state \gset
SELECT is(:'copy_state'::text, 'ZE104', 'COPY does not oversell');
SELECT is(fixture.counts(), :'before'::text, 'nothing changed');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is(ecopanier.rebuild_stock() + ecopanier.rebuild_quota(), 0::bigint, 'the counters follow from the facts');
SELECT * FROM finish();
