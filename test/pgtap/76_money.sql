-- Money: what is given back at a cancel, in the same transaction; instructions are written once, settled once, and by the payment side alone.
\i test/lib/fixture.sql
\i test/lib/try.sql
\i test/lib/paid.sql
SELECT * FROM no_plan();
CREATE FUNCTION fixture.claim(name text, role text, lot text, quantity int DEFAULT 1) RETURNS uuid LANGUAGE sql AS
$$ SELECT fixture.try(name, role, format('SELECT reservation FROM ecopanier.reserve(%L, %s)', fixture.named(lot), quantity), keep => true)::uuid $$;
-- What is written for a cause: kind, amount, version of the rule, state.
CREATE FUNCTION fixture.written(cause uuid) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(concat_ws(' ', i.kind, i.amount_cents, 'v' || i.rule_version, i.state), ', ' ORDER BY i.kind) FROM ecopanier_private.money_instruction i WHERE i.cause_id = $1 AND i.kind <> 'debit' $$;
CREATE TEMP TABLE claim (name text PRIMARY KEY, id uuid);
CREATE FUNCTION fixture.settle_refund(claim text, outcome text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(a.state, a.value) FROM ecopanier_private.money_instruction i JOIN claim c ON c.id = i.cause_id AND c.name = $1 AND i.kind = 'refund',
	fixture.attempt('postgres', NULL, NULL, format('SELECT ecopanier.settle_instruction(%L, %L, %s, %L)', i.id, 'R ' || claim, i.amount_cents, outcome), keep => true) a $$;
GRANT SELECT ON claim TO PUBLIC;

\echo '# what a cancelled claim gives back'
SELECT fixture.name_lot('a', fixture.lot(50, 5)) \g /dev/null
WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, original_price_cents, price_cents, unit_weight_g, category, cold_class, batch,
		allergens, use_by, window_start, window_end, state)
	VALUES (1, fixture.organisation('Boulangerie'), 'Impair', 5, 1000, 333, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-21', '2026-11-20 17:00+00', '2026-11-20 19:00+00', 'published') RETURNING id)
SELECT fixture.name_lot('odd', id) FROM made \g /dev/null
INSERT INTO claim SELECT 'in time', fixture.claim('Camille', 'customer', 'a', 2);
INSERT INTO claim SELECT 'late', fixture.claim('Camille', 'customer', 'a');
INSERT INTO claim SELECT 'half', fixture.claim('Camille', 'customer', 'odd');
INSERT INTO claim SELECT 'nothing', fixture.claim('Camille', 'customer', 'a');
INSERT INTO claim SELECT 'by the shop', fixture.claim('Charlie', 'customer', 'a', 3);
INSERT INTO claim SELECT 'by the shop late', fixture.claim('Charlie', 'customer', 'a');
INSERT INTO claim SELECT 'free', fixture.claim('Benoit', 'beneficiary', 'a');
INSERT INTO claim SELECT 'free of the shop', fixture.claim('Basma', 'beneficiary', 'a');
INSERT INTO claim SELECT 'not fetched', fixture.claim('Claude', 'customer', 'a');
SELECT is(fixture.written(id), NULL, 'a claim alone gives nothing back: ' || name) FROM claim WHERE name = 'in time';
CREATE FUNCTION fixture.cancel(claim text, name text, role text, at text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, role, format('SELECT ecopanier.cancel(%L, %L)', (SELECT id FROM claim c WHERE c.name = claim), reason), at => at, keep => true) $$;
SELECT fixture.cancel('in time', 'Camille', 'customer', '2026-11-20 16:30:00+00') \g /dev/null
SELECT is(fixture.written((SELECT id FROM claim WHERE name = 'in time')), 'refund 800 pending', 'up to the cut-off all of it, for two units');
SELECT fixture.cancel('late', 'Camille', 'customer', '2026-11-20 16:30:00.000001+00') \g /dev/null
SELECT is(fixture.written((SELECT id FROM claim WHERE name = 'late')), 'refund 400 v1 pending', 'after it what the setting says: all of it by default, with the version that said so');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'late_cancel_refund', 50, '2026-11-20 16:40+00', 'test'), (1, 'late_cancel_refund', 0, '2026-11-20 16:50+00', 'test');
SELECT fixture.cancel('half', 'Camille', 'customer', '2026-11-20 16:49:59.999999+00') \g /dev/null
SELECT is(fixture.written((SELECT id FROM claim WHERE name = 'half')), 'refund 167 v2 pending', 'half of it where a territory says so, half a cent up (rule D10)');
SELECT fixture.cancel('nothing', 'Camille', 'customer', '2026-11-20 16:50:00+00') \g /dev/null
SELECT is(fixture.written((SELECT id FROM claim WHERE name = 'nothing')), NULL, 'or nothing');
SELECT fixture.cancel('by the shop', 'Mona', 'merchant', '2026-11-20 16:00:00+00', 'four') \g /dev/null
SELECT fixture.cancel('by the shop late', 'Mona', 'merchant', '2026-11-20 17:30:00+00', 'four') \g /dev/null
SELECT is(string_agg(fixture.written(id), ', ' ORDER BY name), 'refund 1200 pending, refund 400 pending', 'all of it where the shop cancels, at whatever time') FROM claim WHERE name LIKE 'by the shop%';
SELECT fixture.cancel('free', 'Benoit', 'beneficiary', '2026-11-20 16:00:00+00') \g /dev/null
SELECT fixture.cancel('free of the shop', 'Mona', 'merchant', '2026-11-20 16:00:00+00', 'four') \g /dev/null
SELECT is(string_agg(fixture.written(id), ', '), NULL, 'nothing of what was free') FROM claim WHERE name LIKE 'free%';
SELECT is(fixture.units_left('a'), '49/5', 'and the units are back in the same transaction');
SELECT is((SELECT state FROM fixture.attempt('postgres', NULL, NULL, $$SELECT ecopanier.lapse_due();$$, at => '2026-11-20 19:00:00+00', keep => true)), NULL, 'what is not fetched lapses');
SELECT is(fixture.written(id), NULL, 'and is not given back') FROM claim WHERE name = 'not fetched';
\echo '# a lot that is cancelled'
SELECT fixture.name_lot('b', fixture.lot(10, 5)) \g /dev/null
INSERT INTO claim SELECT 'b ' || n, fixture.claim(n, CASE left(n, 1) WHEN 'C' THEN 'customer' ELSE 'beneficiary' END, 'b') FROM unnest(ARRAY['Camille', 'Charlie', 'Bilal']) n;
INSERT INTO ecopanier.reservation (lot_id, member_id, state) VALUES (fixture.named('b'), fixture.id('Claude'), 'awaiting_payment');
SELECT fixture.try('Mona', 'merchant', format($$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'panne' WHERE id = %L$$, fixture.named('b')), keep => true) \g /dev/null
SELECT is(string_agg(coalesce(fixture.written(id), '-'), ', ' ORDER BY name), '-, refund 400 pending, refund 400 pending', 'gives back what was paid for each claim of it')
FROM claim WHERE name LIKE 'b %';
SELECT is(fixture.written(id), NULL, 'but not what was never paid') FROM ecopanier.reservation WHERE member_id = fixture.id('Claude') AND lot_id = fixture.named('b');
SELECT is((SELECT count(*) FROM ecopanier_private.money_instruction WHERE kind <> 'debit'), 7::bigint, 'each once');

\echo '# only what was paid is given back, when it was paid'
SELECT fixture.name_lot('c', fixture.lot(10, 0)), fixture.paying('never') \g /dev/null
INSERT INTO claim SELECT 'unpaid', fixture.claim('Camille', 'customer', 'c');
SELECT fixture.paying('pending') \g /dev/null
INSERT INTO claim SELECT 'under way', fixture.claim('Charlie', 'customer', 'c', 2);
INSERT INTO claim SELECT 'given up', fixture.claim('Claude', 'customer', 'c');
SELECT fixture.paying('done') \g /dev/null
SELECT fixture.cancel('unpaid', 'Camille', 'customer', '2026-11-20 16:00:00+00'), fixture.cancel('under way', 'Charlie', 'customer', '2026-11-20 16:00:00+00'),
	fixture.cancel('given up', 'Claude', 'customer', '2026-11-20 16:00:00+00') \g /dev/null
SELECT is(fixture.written(id), NULL, 'nothing yet: ' || name) FROM claim WHERE name IN ('unpaid', 'under way', 'given up');
CREATE FUNCTION fixture.answer(claim text, outcome text) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(a.state, a.value) FROM fixture.attempt('postgres', NULL, NULL, format('SELECT ecopanier.settle_instruction(%L, %L, %s, %L)',
	(SELECT i.id FROM ecopanier_private.money_instruction i JOIN claim c ON c.id = i.cause_id WHERE c.name = $1 AND i.kind = 'debit'), 'P ' || claim,
	(SELECT i.amount_cents FROM ecopanier_private.money_instruction i JOIN claim c ON c.id = i.cause_id WHERE c.name = $1 AND i.kind = 'debit'), outcome), at => '2026-11-20 16:05:00+00', keep => true) a $$;
SELECT is(fixture.answer('under way', 'done'), 'true', 'a payment comes after the cancel');
SELECT is(fixture.written(id), 'refund 800 pending', 'and is given back then') FROM claim WHERE name = 'under way';
SELECT is(at, '2026-11-20 16:05:00+00'::timestamptz, 'at that moment') FROM ecopanier_private.money_instruction i JOIN claim c ON c.id = i.cause_id WHERE c.name = 'under way' AND kind = 'refund';
SELECT is(fixture.answer('given up', 'refused'), 'true', 'one that is refused');
SELECT is(fixture.written(id), NULL, 'is not') FROM claim WHERE name = 'given up';
SELECT is(fixture.settle_refund('under way', 'refused'), '22023', 'what is owed stays due until it is paid');
SELECT is(fixture.settle_refund('under way', 'done'), 'true', 'as it is');
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO ecopanier_private.money_instruction (territory_id, id, kind, member_id, amount_cents, cause, cause_id, at, state)
SELECT 1, ecopanier.new_id(1), 'refund', fixture.id('Camille'), 1, 'reservation', id, ecopanier.now(), 'pending' FROM claim WHERE name = 'unpaid';
SELECT violations AS falsified FROM ecopanier.self_check() WHERE invariant = 'refund_above_payment' \gset
ROLLBACK;
SELECT is(:falsified, 1, 'self_check() finds money given back that nobody paid');


\echo '# instructions are facts'
CREATE TEMP TABLE attack (n serial, expected text, statement text);
INSERT INTO attack (expected, statement) VALUES
('ZE112', $$INSERT INTO ecopanier_private.money_instruction (territory_id, id, kind, member_id, amount_cents, cause, cause_id, at, state) VALUES (1, ecopanier.new_id(1), 'refund', fixture.id('Camille'), 400, 'reservation', ecopanier.new_id(1), ecopanier.now(), 'pending')$$),
('ZE111', $$UPDATE ecopanier_private.money_instruction SET amount_cents = 1$$), ('ZE111', $$UPDATE ecopanier_private.money_instruction SET member_id = fixture.id('Charlie')$$),
('ZE111', $$UPDATE ecopanier_private.money_instruction SET cause_id = ecopanier.new_id(1)$$), ('ZE111', $$UPDATE ecopanier_private.money_instruction SET reference = 'x'$$),
('ZE112', $$UPDATE ecopanier_private.money_instruction SET state = 'done', reference = id::text, settled_at = now() WHERE state = 'pending'$$),
('ZE111', $$DELETE FROM ecopanier_private.money_instruction$$), ('ZE111', $$TRUNCATE ecopanier_private.money_instruction$$),
('ZE111', $$SET LOCAL session_replication_role = replica; UPDATE ecopanier_private.money_instruction SET amount_cents = 1;$$);
SELECT is((fixture.attempt('postgres', NULL, NULL, statement, keep => true)).state, expected, statement) FROM attack ORDER BY n;

\echo '# the payment side'
CREATE FUNCTION fixture.instruction(claim text) RETURNS uuid LANGUAGE sql AS
$$ SELECT i.id FROM ecopanier_private.money_instruction i JOIN claim c ON c.id = i.cause_id WHERE c.name = $1 AND i.kind = 'refund' $$;
CREATE FUNCTION fixture.settle(instruction text, reference text, amount text, outcome text DEFAULT '''done''') RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(a.state, a.value) FROM fixture.attempt('postgres', NULL, NULL, format('SELECT ecopanier.settle_instruction(%s, %s, %s, %s)', instruction, reference, amount, outcome), keep => true) a $$;
SELECT is(string_agg(kind || ' ' || amount_cents, ', ' ORDER BY at, amount_cents), 'refund 400, refund 400, refund 1200, refund 800, refund 400, refund 167, refund 400', 'is given what is pending, the oldest first')
FROM ecopanier.due_instructions();
SELECT is((SELECT count(*) FROM ecopanier.due_instructions(2)), 2::bigint, 'or as many as it asks for');
-- Page after page gives each once, in the same order.
CREATE FUNCTION fixture.pages(size int) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
	last uuid;
	page uuid[];
BEGIN
	LOOP
		page := ARRAY(SELECT id FROM ecopanier.due_instructions(size, last));
		EXIT WHEN page = '{}';
		RETURN QUERY SELECT unnest(page);
		last := page[cardinality(page)];
	END LOOP;
END $$;
SELECT is(ARRAY(SELECT fixture.pages(size)), ARRAY(SELECT id FROM ecopanier.due_instructions()), 'in pages of ' || size) FROM unnest(ARRAY[1, 2, 3, 7, 8]) size;
SELECT is((fixture.attempt('postgres', NULL, NULL, format('SELECT count(*) FROM ecopanier.due_instructions(1, %L)', i))).state, 'ZE101', 'behind ' || says)
FROM (VALUES (ecopanier.new_id(1), 'an unknown one'), (ecopanier.new_id(2), 'one of elsewhere'), ('00000000-0000-0000-0000-000000000000', 'no id of ours')) v (i, says);
SELECT is((fixture.attempt('postgres', NULL, NULL, format('SELECT count(*) FROM ecopanier.due_instructions(%s)', n))).state, s, 'due_instructions ' || n)
FROM (VALUES ('0', '22023'), ('1', NULL), ('10000', NULL), ('10001', '22023'), ('NULL', '22004')) v (n, s);
SELECT is(fixture.settle(i, r, a, o), s, concat_ws(' ', 'settle', says)) FROM (VALUES
	('NULL', '''R1''', '800', '''done''', '22004', 'nothing'), ('fixture.instruction(''in time'')', 'NULL', '800', '''done''', '22004', 'without a reference'),
	('fixture.instruction(''in time'')', '''R1''', 'NULL', '''done''', '22004', 'without an amount'), ('fixture.instruction(''in time'')', '''R1''', '800', 'NULL', '22004', 'without an outcome'),
	('fixture.instruction(''in time'')', '''''', '800', '''done''', '22023', 'an empty reference'), ('fixture.instruction(''in time'')', 'repeat(''é'', 201)', '800', '''done''', '22023', 'a long one'),
	('fixture.instruction(''in time'')', '''R1''', '799', '''done''', '22023', 'another amount'), ('fixture.instruction(''in time'')', '''R1''', '800', '''maybe''', '22023', 'another outcome'),
	('ecopanier.new_id(1)', '''R1''', '800', '''done''', 'ZE101', 'an unknown one'), ('ecopanier.new_id(2)', '''R1''', '800', '''done''', 'ZE101', 'one of elsewhere'),
	('''00000000-0000-0000-0000-000000000000''', '''R1''', '800', '''done''', 'ZE101', 'no id of ours'),
	('fixture.instruction(''in time'')', 'repeat(''é'', 200)', '800', '''done''', 'true', 'with the longest reference'),
	('fixture.instruction(''in time'')', 'repeat(''é'', 200)', '800', '''done''', 'false', 'the same again: nothing'),
	('fixture.instruction(''in time'')', '''R2''', '800', '''done''', 'ZE107', 'it with another reference'), ('fixture.instruction(''in time'')', 'repeat(''é'', 200)', '800', '''refused''', '22023', 'it the other way'),
	('fixture.instruction(''late'')', 'repeat(''é'', 200)', '400', '''done''', 'ZE110', 'another with the same reference'),
	('fixture.instruction(''late'')', '''R3''', '400', '''refused''', '22023', 'one that is owed as refused'), ('fixture.instruction(''late'')', '''R3''', '400', '''done''', 'true', 'that afterwards as done')) v (i, r, a, o, s, says);
SELECT is(string_agg(concat_ws(' ', name, fixture.written(id)), ', ' ORDER BY name), 'half refund 167 v2 pending, in time refund 800 done, late refund 400 v1 done', 'each has the state that was said')
FROM claim WHERE name IN ('in time', 'late', 'half');
SELECT is((SELECT state FROM fixture.attempt('api', NULL, NULL, 'SELECT ecopanier.settle_instruction(ecopanier.new_id(1), ''R9'', 1)')), '42501', 'no login may');
SELECT is(fixture.try(n, r, 'SELECT count(*) FROM ecopanier.due_instructions()'), '42501', 'nor ' || n) FROM (VALUES ('Camille', 'customer'), ('Mona', 'merchant'), ('Adele', 'administrator')) v (n, r);
CREATE ROLE payer LOGIN;
GRANT USAGE ON SCHEMA ecopanier TO payer, ecopanier_customer;
GRANT EXECUTE ON FUNCTION ecopanier.settle_instruction(uuid, text, bigint, text), ecopanier.due_instructions(int, uuid) TO payer, ecopanier_customer;
SELECT is((SELECT coalesce(state, value) FROM fixture.attempt('payer', NULL, NULL, format('SELECT ecopanier.settle_instruction(%L, ''R4'', 167)', fixture.instruction('half')), keep => true)), 'true', 'but one that it is granted to');
SELECT is(fixture.try('Camille', 'customer', 'SELECT ecopanier.settle_instruction(ecopanier.new_id(1), ''R5'', 1)'), '42501', 'and nobody who is signed in, even if it were granted to them');
REVOKE EXECUTE ON FUNCTION ecopanier.settle_instruction(uuid, text, bigint, text), ecopanier.due_instructions(int, uuid) FROM payer, ecopanier_customer;
REVOKE USAGE ON SCHEMA ecopanier FROM payer;
DROP ROLE payer;

\echo '# who sees what'
SELECT is(fixture.try('Camille', 'customer', $$SELECT string_agg(kind || ' ' || amount_cents || ' ' || state, ', ' ORDER BY at, amount_cents) FROM ecopanier.payment WHERE kind = 'refund'$$),
	'refund 400 pending, refund 800 done, refund 400 done, refund 167 done', 'a member the own payments');
SELECT is(fixture.try('Benoit', 'beneficiary', $$SELECT count(*) FROM ecopanier.payment$$), '0', 'who has none, none');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT count(*) FROM ecopanier.payment$$), '42501', 'the shop none of them');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT count(*) FROM ecopanier.payment_list$$, at => '2026-11-20 22:59:59+00'), '0', 'an administrator nothing of today');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT string_agg(concat_ws(' ', day, kind, cause, state, instructions, amount_cents), ', ' ORDER BY state) FROM ecopanier.payment_list WHERE kind = 'refund'$$, at => '2026-11-20 23:00:00+00'),
	'2026-11-20 refund reservation done 4 2167, 2026-11-20 refund reservation pending 4 2400', 'and sums of days that are over');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT count(*) FROM ecopanier.payment_list$$, 2, at => '2026-11-21 12:00:00+00'), '0', 'of the own territory');
SELECT is_empty('SELECT * FROM ecopanier.self_check() WHERE violations > 0', 'self_check() finds nothing');
SELECT * FROM finish();
