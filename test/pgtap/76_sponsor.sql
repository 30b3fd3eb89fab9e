-- Baskets that somebody else pays for: pledged, paid, used, returned, refunded; round-ups, gifts, funders who match; the fund and its round;
-- who learns what of whom.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE FUNCTION fixture.pay(outcome text DEFAULT 'done') RETURNS bigint LANGUAGE sql AS
$$ SELECT count(ecopanier.settle_instruction(id, id::text, amount_cents, outcome)) FROM ecopanier.due_instructions(10000) WHERE kind = 'debit' $$;
CREATE FUNCTION fixture.sponsor(name text, lot text, quantity int DEFAULT 1, at text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, 'customer', format('SELECT state || '' '' || amount_cents FROM ecopanier.sponsor_units(%L, %s)', fixture.named(lot), coalesce(quantity::text, 'NULL')), at => at, keep => true) $$;
CREATE FUNCTION fixture.claim(name text, role text, lot text) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try(name, role, format('SELECT state FROM ecopanier.reserve(%L)', fixture.named(lot)), keep => true) $$;
CREATE FUNCTION fixture.fetch(name text, lot text) RETURNS void LANGUAGE sql AS
$$ UPDATE ecopanier.reservation SET state = 'collected' WHERE member_id = fixture.id(name) AND lot_id = fixture.named(lot) AND state = 'held' $$;
CREATE FUNCTION fixture.ranks(lot text) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(concat_ws(' ', u.rank, u.state, u.price_cents, u.used_on), ', ' ORDER BY u.rank) FROM ecopanier_private.sponsored_unit u WHERE u.lot_id = fixture.named(lot) $$;
CREATE FUNCTION fixture.given(lot text) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(concat_ws(' ', m.display_name, c.quantity, c.amount_cents, c.state), ', ' ORDER BY c.created_at, m.display_name, c.quantity)
	FROM ecopanier.contribution c LEFT JOIN ecopanier.member m ON m.territory_id = c.territory_id AND m.id = c.member_id WHERE c.lot_id = fixture.named(lot) $$;
CREATE FUNCTION fixture.fund(territory int DEFAULT 1) RETURNS bigint LANGUAGE sql AS
$$ SELECT coalesce((SELECT balance_cents FROM ecopanier_private.sponsorship_fund WHERE territory_id = $1), 0) $$;
CREATE FUNCTION fixture.money() RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(format('%s %s x%s', i.kind, i.amount_cents, i.n), ', ' ORDER BY i.kind, i.amount_cents) FROM (SELECT kind, amount_cents, count(*) AS n FROM ecopanier_private.money_instruction GROUP BY 1, 2) i $$;
CREATE FUNCTION fixture.lot_of(lot text, public int, price int, starts timestamptz, ends timestamptz, shop text DEFAULT 'Boulangerie', solidarity int DEFAULT 0, falls int DEFAULT NULL) RETURNS uuid LANGUAGE sql AS
$$ WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, category, cold_class,
		batch, allergens, use_by, window_start, window_end, state, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents)
	VALUES (1, fixture.organisation(shop), lot, public, solidarity, 1000, price, 1200, 'bakery', 'ambient', 'L1', '{gluten}', (ends AT TIME ZONE 'Europe/Paris')::date, starts, ends, 'published',
		CASE WHEN falls IS NOT NULL THEN ecopanier.now() END, CASE WHEN falls IS NOT NULL THEN 60 END, falls, CASE WHEN falls IS NOT NULL THEN 300 END) RETURNING id)
	SELECT fixture.name_lot(lot, id) FROM made $$;

\echo '# a pledge'
SELECT fixture.name_lot('a', fixture.lot(4, 1)) \g /dev/null
SELECT is(fixture.sponsor('Camille', 'a', 2), 'pledged 800', 'costs what a customer pays');
SELECT is(fixture.units_left('a'), '4/1', 'and takes nothing from the stock');
SELECT is(fixture.try(n, r, format('SELECT state FROM ecopanier.sponsor_units(%L)', fixture.named('a'))), '42501', n || ' cannot')
FROM (VALUES ('Benoit', 'beneficiary'), ('Mona', 'merchant'), ('Adele', 'administrator')) v (n, r);
SELECT is(fixture.sponsor('Camille', 'a', q), s, coalesce(q::text, 'null') || ' units') FROM (VALUES (0, '22023'), (-1, '22023'), (5, 'ZE104'), (NULL, '22004')) v (q, s);
SELECT fixture.lot_of('big', 200, 400, '2026-11-20 17:00+00', '2026-11-20 19:00+00') \g /dev/null
SELECT is(fixture.sponsor('Charlie', 'big', q), s, q || ' units of many') FROM (VALUES (100, 'pledged 40000'), (101, '23514')) v (q, s);
SELECT is(fixture.try('Camille', 'customer', format('SELECT state FROM ecopanier.sponsor_units(%L)', i)), 'ZE101', 'of ' || says) FROM (VALUES
	((SELECT ecopanier.new_id(1)), 'an unknown lot'), ((SELECT fixture.lot(1, 1, 2)), 'one of elsewhere')) v (i, says);
SELECT is(fixture.sponsor('Camille', 'a', 1, at), s, 'at ' || at) FROM (VALUES ('2026-11-20 18:59:59.999999+00', 'pledged 400'), ('2026-11-20 19:00:00+00', 'ZE103')) v (at, s);
SELECT fixture.name_lot('free', fixture.lot(0, 3)) \g /dev/null
SELECT is(fixture.sponsor('Camille', 'free'), 'ZE104', 'of a lot that is free');
SELECT fixture.name_lot('shut', fixture.lot(3, 0)) \g /dev/null
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('shut');
SELECT is(fixture.sponsor('Camille', 'shut'), 'ZE102', 'of one that is closed');
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units) VALUES (1, fixture.organisation('Boulangerie'), 'Brouillon', 3);
SELECT fixture.name_lot('draft', id) FROM ecopanier.lot WHERE title = 'Brouillon' \g /dev/null
SELECT is(fixture.sponsor('Camille', 'draft'), 'ZE101', 'of a draft');
SELECT fixture.lot_of('falling', 9, 500, '2026-11-20 17:00+00', '2026-11-20 19:00+00', falls => 50) \g /dev/null
SELECT is(fixture.sponsor('Camille', 'falling', 2, at), s, 'a price that falls, at ' || at) FROM (VALUES ('2026-11-20 16:00:00+00', 'pledged 900'), ('2026-11-20 18:00:00+00', 'pledged 700')) v (at, s);
SELECT is(fixture.try('Camille', 'customer', format($$SELECT string_agg((SELECT s.contribution FROM ecopanier.sponsor_units(%L, 1, %L) s)::text, ' ') FROM generate_series(1, 2)$$, fixture.named('a'), r)) ~ '^(\S+) \1$', true,
	'a retry is the same contribution') FROM (SELECT ecopanier.new_id(1) AS r) x;
SELECT is(fixture.try('Camille', 'customer', format($$SELECT (SELECT state FROM ecopanier.sponsor_units(%1$L, 1, %2$L)) || (SELECT state FROM ecopanier.sponsor_units(%1$L, 2, %2$L))$$, fixture.named('a'), ecopanier.new_id(1))), 'ZE110',
	'another request with its number is none');
SELECT is(fixture.try('Camille', 'customer', format($$INSERT INTO ecopanier.contribution (kind, lot_id, quantity%s) VALUES ('basket', %L, 1%s) RETURNING amount_cents$$, c, fixture.named('a'), v)), s, 'by INSERT' || c)
FROM (VALUES ('', '', '400'), (', amount_cents', ', 1', '400'), (', unit_price_cents', ', 1', '42501'), (', state', ', ''paid''', '42501'), (', member_id', ', fixture.id(''Charlie'')', '42501'),
	(', reservation_id', ', ecopanier.new_id(1)', '22023')) v (c, v, s);

\echo '# what somebody paid for moves with the payment'
SELECT is(fixture.pay('refused'), 5::bigint, 'payments are refused');
SELECT is(fixture.given('a'), 'Camille 2 800 refused, Camille 1 400 refused', 'and nothing comes of them');
SELECT is(fixture.units_left('a'), '4/1', 'no unit moves');
SELECT fixture.sponsor('Camille', 'a', 2), fixture.pay() \g /dev/null
SELECT fixture.sponsor('Charlie', 'a', 1) \g /dev/null
SELECT is(fixture.pay(), 1::bigint, 'two pay, one after the other');
SELECT is(fixture.units_left('a'), '1/4', 'three units move');
SELECT is(fixture.pay(), 0::bigint, 'once');
SELECT is(fixture.ranks('a'), '2 open 400, 3 open 400, 4 open 400', 'and stand behind what the shop gives itself');
SELECT is((SELECT string_agg(concat_ws(' ', kind, public_units, solidarity_units), ', ' ORDER BY public_units DESC) FROM ecopanier_private.lot_movement), 'sponsored 2 -2, sponsored 1 -1', 'each movement is noted');
SELECT is(ecopanier.rebuild_stock(), 0::bigint, 'and the stock follows from it');
SELECT is_empty('SELECT * FROM ecopanier.self_check() WHERE violations > 0', 'self_check() finds nothing');

\echo '# units that cannot be had any more'
SELECT fixture.name_lot('few', fixture.lot(3, 0)), fixture.name_lot('closing', fixture.lot(3, 0)), fixture.name_lot('ending', fixture.lot(3, 0)) \g /dev/null
SELECT fixture.sponsor('Camille', 'few', 3), fixture.sponsor('Charlie', 'closing', 2), fixture.sponsor('Claude', 'ending', 1) \g /dev/null
SELECT fixture.claim('Charlie', 'customer', 'few') \g /dev/null
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('closing');
SELECT ecopanier.settle_instruction(i.id, i.id::text, i.amount_cents) FROM ecopanier.due_instructions() i JOIN ecopanier.contribution c ON c.id = i.cause_id
WHERE c.lot_id IN (fixture.named('few'), fixture.named('closing')) \g /dev/null
SET ecopanier.clock = '2026-11-20 19:00:00+00';
SELECT fixture.pay() \g /dev/null
SET ecopanier.clock = '2026-11-20 16:00:00+00';
SELECT is(fixture.given('few') || ', ' || fixture.given('closing') || ', ' || fixture.given('ending'), 'Camille 3 1200 refunded, Charlie 2 800 refunded, Claude 1 400 refunded',
	'all of it is given back: two of three left, a lot that was closed, a window that was over');
SELECT is((SELECT string_agg(i.kind || ' ' || i.amount_cents, ', ' ORDER BY i.amount_cents) FROM ecopanier_private.money_instruction i WHERE i.cause = 'contribution' AND i.kind <> 'debit'), 'refund 400, refund 800, refund 1200', 'to who paid');
SELECT is(fixture.units_left('few') || ' ' || fixture.units_left('closing'), '2/0 3/0', 'and the units stay');

\echo '# who fetches first uses what the shop gives'
SELECT fixture.claim('Benoit', 'beneficiary', 'a'), fixture.claim('Basma', 'beneficiary', 'a'), fixture.claim('Camille', 'customer', 'a') \g /dev/null
SET ecopanier.clock = '2026-11-20 17:30:00+00';
CREATE FUNCTION fixture.credit() RETURNS bigint LANGUAGE sql AS $$ SELECT done FROM ecopanier.tick() WHERE step = 'sponsor_credit' AND error IS NULL $$;
SELECT fixture.fetch('Benoit', 'a'), fixture.credit() \g /dev/null
SELECT is(fixture.ranks('a'), '2 open 400, 3 open 400, 4 open 400', 'the first free basket was the shop''s own');
SELECT fixture.fetch('Camille', 'a'), fixture.credit() \g /dev/null
SELECT is(fixture.ranks('a'), '2 open 400, 3 open 400, 4 open 400', 'one that was bought uses none');
UPDATE ecopanier.lot SET solidarity_units = 3 WHERE id = fixture.named('a');
SELECT is(fixture.credit(), 0::bigint, 'nothing is owed yet');
SELECT fixture.fetch('Basma', 'a') \g /dev/null
SELECT is((SELECT next_due FROM ecopanier.schedule() WHERE step = 'sponsor_credit'), '-infinity'::timestamptz, 'a pickup that reaches a sponsored unit is noted by itself');
SET ecopanier.clock = '2026-11-20 18:30:00+00';
SELECT is(fixture.credit(), 1::bigint, 'and the shop is credited by the schedule, however late it comes');
SET ecopanier.clock = '2026-11-20 17:30:00+00';
SELECT is(fixture.credit(), 0::bigint, 'once');
SELECT is(fixture.ranks('a'), '2 used 400 2026-11-20, 3 open 400, 4 open 400', 'the second was sponsored: what the shop added since stands behind');
SELECT is((SELECT string_agg(concat_ws(' ', o.name, i.amount_cents, i.cause, i.state, i.at AT TIME ZONE 'Europe/Paris'), ', ') FROM ecopanier_private.money_instruction i JOIN ecopanier.organisation o ON o.id = i.organisation_id WHERE i.kind = 'credit'),
	'Boulangerie 400 sponsored_unit pending 2026-11-20 00:00:00', 'the shop is owed its price in full; the day of the pickup alone is noted');
SELECT is(sum(units), 3::bigint, 'impact counts three baskets once') FROM ecopanier_private.impact_fact;

\echo '# who learns what, and when'
CREATE TEMP TABLE seen (n serial, name text, role text, at text, statement text, expected text, says text);
INSERT INTO seen (name, role, at, statement, expected, says) VALUES
('Camille', 'customer', '2026-11-20 22:59:59+00', $$SELECT string_agg(concat_ws(' ', quantity, units_used, last_used_on, units_given_back), ', ') FROM ecopanier.sponsorship WHERE state = 'paid'$$, '2 0 0', 'on the day itself the donor does not learn that a unit was used'),
('Camille', 'customer', '2026-11-20 23:00:00+00', $$SELECT string_agg(concat_ws(' ', quantity, units_used, last_used_on, units_given_back), ', ') FROM ecopanier.sponsorship WHERE state = 'paid'$$, '2 1 2026-11-20 0', 'from the next day on the day'),
('Charlie', 'customer', '2026-11-21 12:00:00+00', $$SELECT string_agg(concat_ws(' ', quantity, units_used, last_used_on), ', ') FROM ecopanier.sponsorship WHERE state = 'paid'$$, '1 0', 'each of the own units'),
('Mona', 'merchant', '2026-11-20 22:59:59+00', 'SELECT count(*) FROM ecopanier.sponsored_credit', '0', 'the shop learns nothing on the day'),
('Mona', 'merchant', '2026-11-21 12:00:00+00', 'SELECT count(*) FROM ecopanier.sponsored_credit', '0', 'nor while units of the lot are open'),
('Benoit', 'beneficiary', NULL, 'SELECT count(*) FROM ecopanier.contribution', '42501', 'who fetches reads no contribution'),
('Benoit', 'beneficiary', NULL, 'SELECT count(*) FROM ecopanier.sponsorship', '42501', 'no sponsorship'),
('Basma', 'beneficiary', NULL, 'SELECT count(*) FROM ecopanier.payment', '0', 'and has nothing to pay'),
('Adele', 'administrator', NULL, 'SELECT count(*) FROM ecopanier.contribution', '42501', 'nor does an administrator who gave'),
('Mona', 'merchant', NULL, 'SELECT count(*) FROM ecopanier.contribution', '42501', 'nor the shop');
SELECT is(fixture.try(name, role, statement, at => at), expected, says) FROM seen ORDER BY n;
SELECT is((SELECT count(*) FROM ecopanier_private.sponsored_unit u JOIN information_schema.columns c ON c.table_name = 'sponsored_unit' AND c.column_name ~ 'member|reservation|_at$'), 0::bigint, 'no column joins a unit to who fetched it');

\echo '# what nobody fetches'
SELECT fixture.claim('Bilal', 'beneficiary', 'a') \g /dev/null
UPDATE ecopanier.reservation SET grace_until = '2026-11-20 19:30:00+00' WHERE member_id = fixture.id('Bilal');
CREATE FUNCTION fixture.tick(at text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', at, false);
	RETURN (SELECT string_agg(step || ' ' || done, ', ' ORDER BY step) FROM ecopanier.tick() WHERE step LIKE 'sponsor%' AND done > 0);
END $$;
SELECT is(fixture.tick('2026-11-20 18:59:59.999999+00'), NULL, 'waits for the end of the window');
SELECT is(fixture.tick('2026-11-20 19:00:00+00'), NULL, 'and while a basket may still be fetched');
SELECT is((SELECT next_due FROM ecopanier.schedule() WHERE step = 'sponsor_return'), NULL::timestamptz, 'which no time is known for');
SELECT is(fixture.tick('2026-11-20 19:30:00+00'), 'sponsor_fund 1, sponsor_return 2', 'then it goes to the fund');
SELECT is(fixture.ranks('a') || ' ' || fixture.fund(), '2 used 400 2026-11-20, 3 returned 400, 4 returned 400 800', 'unit by unit');
SELECT is((SELECT string_agg(DISTINCT i.at::text, ' ') FROM ecopanier_private.money_instruction i WHERE i.kind = 'fund_in'), '2026-11-20 19:30:00+00', 'at the moment at which it was due');
SELECT is(fixture.tick('2026-11-20 19:30:00+00'), NULL, 'once');
SELECT is(fixture.try('Mona', 'merchant', $$SELECT concat_ws(' ', day, units, amount_cents) FROM ecopanier.sponsored_credit$$, at => '2026-11-21 12:00:00+00'), '2026-11-20 1 400', 'now the shop reads the day''s sum');
SELECT is(fixture.try('Sami', 'merchant', 'SELECT count(*) FROM ecopanier.sponsored_credit', at => '2026-11-21 12:00:00+00'), '0', 'its managers do, not the counter');
SELECT is_empty('SELECT * FROM ecopanier.self_check() WHERE violations > 0', 'self_check() finds nothing');

\echo '# a lot that is cancelled'
SET ecopanier.clock = '2026-11-21 08:00:00+00';
SELECT fixture.lot_of('gone', 6, 400, '2026-11-21 17:00+00', '2026-11-21 19:00+00') \g /dev/null
SELECT fixture.sponsor('Camille', 'gone', 2, '2026-11-21 08:00:00+00'), fixture.pay() \g /dev/null
INSERT INTO ecopanier.reservation (lot_id, member_id, pool) VALUES (fixture.named('gone'), fixture.id('Benoit'), 'solidarity');
UPDATE ecopanier.reservation SET state = 'collected' WHERE lot_id = fixture.named('gone');
SELECT is(fixture.sponsor('Charlie', 'gone', 1, '2026-11-21 08:00:00+00'), 'pledged 400', 'one more is pledged');
UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'panne' WHERE id = fixture.named('gone');
SELECT is(fixture.ranks('gone'), '1 open 400, 2 refunded 400', 'gives back what nobody fetched, at once');
SELECT fixture.credit() \g /dev/null
SELECT is(fixture.ranks('gone'), '1 used 400 2026-11-21, 2 refunded 400', 'and the shop is credited what somebody did');
SELECT is((SELECT string_agg(m.display_name || ' ' || i.amount_cents, ', ') FROM ecopanier_private.money_instruction i JOIN ecopanier.member m ON m.id = i.member_id WHERE i.cause = 'sponsored_unit' AND i.kind = 'refund'), 'Camille 400', 'to who gave it');
CREATE FUNCTION fixture.learns(at text) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try('Camille', 'customer', format('SELECT concat_ws('' '', s.units_used, s.units_given_back, (SELECT count(*) FROM ecopanier.payment p WHERE p.cause = ''sponsored_unit'' AND p.kind = ''refund'' AND p.at > ''2026-11-21'')) FROM ecopanier.sponsorship s WHERE s.lot_id = %L', fixture.named('gone')), at => at) $$;
SELECT is(fixture.learns(at), s, 'who paid learns of used, given back, refunded at ' || at) FROM (VALUES ('2026-11-21 08:00:01+00', '0 0 0'), ('2026-11-21 22:59:59+00', '0 0 0'), ('2026-11-21 23:00:00+00', '1 1 1')) v (at, s);
SELECT fixture.pay() \g /dev/null
SELECT is(fixture.given('gone'), 'Camille 2 800 paid, Charlie 1 400 refunded', 'and what is paid too late');

\echo '# round-ups and gifts'
SELECT fixture.lot_of('odd', 9, 333, '2026-11-21 17:00+00', '2026-11-21 19:00+00') \g /dev/null
SELECT fixture.name_lot('claim', fixture.try('Camille', 'customer', format('SELECT reservation FROM ecopanier.reserve(%L, 2)', fixture.named('odd')), at => '2026-11-21 08:00:00+00', keep => true)::uuid),
	fixture.name_lot('another', fixture.try('Charlie', 'customer', format('SELECT reservation FROM ecopanier.reserve(%L, 1)', fixture.named('odd')), at => '2026-11-21 08:00:00+00', keep => true)::uuid),
	fixture.name_lot('third', fixture.try('Camille', 'customer', format('SELECT reservation FROM ecopanier.reserve(%L, 1)', fixture.named('odd')), at => '2026-11-21 08:00:00+00', keep => true)::uuid),
	fixture.name_lot('even', (SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') AND lot_id = fixture.named('a'))) \g /dev/null
UPDATE ecopanier.reservation SET state = 'cancelled' WHERE id = fixture.named('third');
CREATE TEMP TABLE door (n serial, name text, arguments text, expected text, says text);
INSERT INTO door (name, arguments, expected, says) VALUES
('Camille', '''round_up'', NULL, NULL, NULL', '22004', 'a round-up of nothing'),
('Camille', '''round_up'', NULL, NULL, ecopanier.new_id(1)', 'ZE101', 'of an unknown claim'), ('Camille', '''round_up'', NULL, NULL, fixture.named(''another'')', 'ZE101', 'of another''s'),
('Camille', '''round_up'', NULL, NULL, fixture.named(''third'')', 'ZE107', 'of one that was cancelled'), ('Camille', '''round_up'', NULL, NULL, fixture.named(''even'')', '22023', 'of full euros'),
('Camille', '''round_up'', 35, NULL, fixture.named(''claim'')', '22023', 'by another amount'), ('Camille', '''round_up'', 34, NULL, fixture.named(''claim'')', 'pledged 34', 'of 6.66 to 7.00'),
('Camille', '''round_up'', NULL, NULL, fixture.named(''claim'')', '23505', 'once'), ('Charlie', '''round_up'', NULL, NULL, fixture.named(''another'')', 'pledged 67', 'of 3.33 to 4.00'),
('Camille', '''gift'', NULL', '22004', 'a gift of nothing'), ('Camille', '''gift'', 0', '23514', 'of 0'), ('Camille', '''gift'', -1', '23514', 'of less'), ('Camille', '''gift'', 100000001', '23514', 'of too much'),
('Camille', '''gift'', 100, NULL, fixture.named(''claim'')', '22023', 'with a claim'), ('Claude', '''gift'', 99', 'pledged 99', 'of 99'),
('Camille', '''match'', 100', '22023', 'a match'), ('Camille', '''basket'', 100', '22023', 'a basket'), ('Camille', 'NULL, 100', '22023', 'of no kind');
SELECT is(fixture.try(name, 'customer', format($$SELECT state || ' ' || paid_cents FROM ecopanier.contribute(%s)$$, arguments), at => '2026-11-21 08:00:00+00', keep => true), expected, says) FROM door ORDER BY n;
SELECT is(fixture.fund(), 800::bigint, 'a pledge adds nothing to the fund');
SELECT is(fixture.pay(), 3::bigint, 'they are paid');
SELECT is(fixture.fund(), 1000::bigint, 'and the fund has them');

\echo '# funders who match'
INSERT INTO ecopanier.organisation (territory_id, kind, name, state) VALUES (1, 'funder', 'Fondation', 'active'), (1, 'authority', 'Mairie', 'active'), (1, 'funder', 'Fermee', 'closed'), (2, 'funder', 'Ailleurs', 'active');
CREATE TEMP TABLE agreement (n serial, name text, role text, statement text, expected text, says text);
INSERT INTO agreement (name, role, statement, expected, says) VALUES
('Adele', 'administrator', $$('Fondation', 100, 150, '2026-11-21 10:00+00', 'infinity')$$, '1 row', 'a funder doubles what is given, up to 1.50'),
('Adele', 'administrator', $$('Mairie', 50, 100000, '2026-11-21 10:00+00', '2026-11-21 11:00+00')$$, '1 row', 'the town adds half of it for an hour'),
('Adele', 'administrator', $$('Boulangerie', 50, 100, '2026-11-21 10:00+00', 'infinity')$$, '23514', 'a shop does not'), ('Adele', 'administrator', $$('Fermee', 50, 100, '2026-11-21 10:00+00', 'infinity')$$, '23514', 'nor one that is closed'),
('Adele', 'administrator', $$('Mairie', 50, 100, '2026-11-21 07:59:59+00', 'infinity')$$, '22023', 'nor for what is past'), ('Adele', 'administrator', $$('Mairie', 0, 100, '2026-11-21 10:00+00', 'infinity')$$, '23514', 'nor nothing'),
('Adele', 'administrator', $$('Mairie', 50, 100, '2026-11-21 10:00+00', '2026-11-21 09:00+00')$$, '23514', 'nor backwards'), ('Mona', 'merchant', $$('Mairie', 50, 100, '2026-11-21 10:00+00', 'infinity')$$, '42501', 'administrators agree');
SELECT is(fixture.try(name, role, format($$INSERT INTO ecopanier.match_agreement (organisation_id, percent, ceiling_cents, valid_from, valid_until, source)
	SELECT fixture.organisation(o), p, c, f::timestamptz, u::timestamptz, 'convention' FROM (VALUES %s) v (o, p, c, f, u)$$, statement), at => '2026-11-21 08:00:00+00', keep => true), expected, says) FROM agreement ORDER BY n;
SELECT is(fixture.try('Adele', 'administrator', $$INSERT INTO ecopanier.match_agreement (organisation_id, percent, ceiling_cents, source) SELECT fixture.organisation('Ailleurs', 2), 50, 100, 'x'$$, at => '2026-11-21 08:00:00+00'), 'ZE101', 'with who is elsewhere: unknown');
CREATE FUNCTION fixture.gift(who text, cents int, paid_at text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM fixture.try(who, 'customer', format('SELECT state FROM ecopanier.contribute(''gift'', %s)', cents), at => paid_at, keep => true);
	PERFORM set_config('ecopanier.clock', paid_at, false);
	PERFORM ecopanier.settle_instruction(id, id::text, amount_cents) FROM ecopanier.due_instructions(10000) WHERE kind = 'debit' AND member_id = fixture.id(who);
	RETURN (SELECT string_agg(o.name || ' ' || c.amount_cents || ' ' || c.state, ', ' ORDER BY o.name) FROM ecopanier.contribution c JOIN ecopanier.organisation o ON o.id = c.organisation_id
		WHERE c.matched_id = (SELECT m.id FROM ecopanier.contribution m WHERE m.member_id = fixture.id(who) AND m.kind = 'gift' ORDER BY m.created_at DESC LIMIT 1));
END $$;
SELECT is(fixture.gift('Camille', 100, '2026-11-21 09:59:59+00'), NULL, 'before it begins nothing is matched');
SELECT is(fixture.gift('Charlie', 101, '2026-11-21 10:00:00+00'), 'Fondation 101 pledged, Mairie 51 pledged', 'then all, half a cent up');
SELECT is(fixture.fund(), 1201::bigint, 'a funder''s pledge is no money yet (rule D11)');
SELECT is(fixture.gift('Claude', 100, '2026-11-21 11:00:00+00'), 'Fondation 49 pledged', 'up to the ceiling, and to the end');
SELECT is(fixture.gift('Camille', 100, '2026-11-21 11:30:00+00'), NULL, 'and not beyond');
SELECT ecopanier.settle_instruction(i.id, i.id::text, i.amount_cents, 'refused') FROM ecopanier.due_instructions() i WHERE i.amount_cents = 49 \g /dev/null
SELECT is(fixture.gift('Charlie', 30, '2026-11-21 11:45:00+00'), 'Fondation 30 pledged', 'what a funder did not pay is free to match again');
SELECT is(fixture.pay(), 3::bigint, 'the others pay');
SELECT is(fixture.fund(), (1201 + 200 + 30 + 101 + 51 + 30)::bigint, 'and the fund has it');
SELECT is(fixture.try('Adele', 'administrator', format($$UPDATE ecopanier.match_agreement SET valid_until = %L WHERE percent = 100$$, u), at => '2026-11-21 12:00:00+00'), s, 'the end: ' || u)
FROM (VALUES ('2026-11-21 12:00:00+00', '1 row'), ('2026-11-21 11:59:59+00', '22023')) v (u, s);
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE111', statement) FROM (VALUES ('UPDATE ecopanier.match_agreement SET percent = 1'), ('DELETE FROM ecopanier.match_agreement'), ('TRUNCATE ecopanier.match_agreement CASCADE')) v (statement);

\echo '# the fund buys'
SELECT fixture.lot_of(n, p, c, '2026-11-22 16:00+00', e::timestamptz, solidarity => s) FROM (VALUES ('last', 9, 300, '2026-11-22 19:00+00', 0), ('first', 9, 500, '2026-11-22 17:00+00', 0), ('cheap', 9, 400, '2026-11-22 18:00+00', 0), ('dear', 9, 500, '2026-11-22 18:00+00', 0), ('has free', 9, 300, '2026-11-22 17:00+00', 1)) v (n, p, c, e, s) \g /dev/null
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('odd');
SELECT is(fixture.tick('2026-11-21 12:00:00+00'), 'sponsor_fund 1', 'the first day''s round finds no lot');
SELECT is(fixture.fund(), 1613::bigint, 'so there are 16.13');
SELECT is(fixture.tick('2026-11-22 08:59:59+00'), NULL, 'not before its hour in Poitiers');
SELECT is((SELECT next_due FROM ecopanier.schedule() WHERE step = 'sponsor_fund'), '2026-11-22 09:00:00+00'::timestamptz, 'which the schedule knows');
SELECT is(fixture.tick('2026-11-22 09:00:00+00'), 'sponsor_fund 1', 'then one round');
SELECT is((SELECT string_agg(concat_ws(' ', l.title, c.quantity, c.amount_cents), ', ' ORDER BY l.window_end, l.price_cents) FROM ecopanier.contribution c JOIN ecopanier.lot l ON l.id = c.lot_id WHERE c.member_id IS NULL),
	'first 2 1000, cheap 1 400', 'what ends first, then the cheaper: two of each at most, whole units, and nothing where free units are left');
SELECT is(fixture.fund(), 213::bigint, 'the rest stays');
SELECT is((SELECT concat_ws(' ', day, at AT TIME ZONE 'Europe/Paris', units, amount_cents) FROM ecopanier_private.fund_round WHERE units > 0), '2026-11-22 2026-11-22 10:00:00 3 1400', 'the round is noted');
SELECT is(fixture.tick('2026-11-22 09:00:00+00'), NULL, 'and is over');
SELECT fixture.gift('Camille', 10000, '2026-11-22 10:00:00+00') \g /dev/null
SELECT is(fixture.tick('2026-11-22 12:00:00+00'), NULL, 'money that comes later waits for the next');
SELECT is(fixture.units_left('first') || ' ' || fixture.units_left('cheap'), '7/2 8/1', 'what it bought is free');
SELECT is(fixture.tick('2026-11-22 20:00:00+00'), 'sponsor_return 3', 'what nobody fetches comes back');
SELECT is(fixture.fund(), (213 + 10000 + 1400)::bigint, 'to the fund that paid');
-- A worker that slept: the round belongs to its hour.
SELECT fixture.lot_of('tomorrow', 9, 500, '2026-11-23 17:00+00', '2026-11-23 19:00+00', falls => 50) \g /dev/null
CREATE FUNCTION fixture.round_at(moments text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	at text;
BEGIN
	BEGIN
		FOREACH at IN ARRAY moments LOOP
			PERFORM fixture.tick(at);
		END LOOP;
		SELECT string_agg(concat_ws(' ', l.title, c.quantity, c.amount_cents, c.paid_at AT TIME ZONE 'UTC'), ', ' ORDER BY l.title) INTO result
		FROM ecopanier.contribution c JOIN ecopanier.lot l ON l.id = c.lot_id WHERE c.member_id IS NULL AND c.paid_at > '2026-11-23';
		RAISE EXCEPTION SQLSTATE 'UNDO0' USING MESSAGE = coalesce(result, '-') || ' | ' || fixture.fund();
	EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
		RETURN SQLERRM;
	END;
END $$;
SELECT is(fixture.round_at(ARRAY(SELECT m::text FROM generate_series(timestamptz '2026-11-22 20:00+00', '2026-11-23 16:00+00', '10 minutes') m)), 'tomorrow 2 600 2026-11-23 09:00:00 | 11013', 'a worker that ran all the time buys at the hour, at the price of the hour');
SELECT is(fixture.round_at(ARRAY['2026-11-23 16:00:00+00']), 'tomorrow 2 600 2026-11-23 09:00:00 | 11013', 'one that slept the same');
SELECT is(fixture.round_at(ARRAY['2026-11-23 19:00:00+00']), '- | 11613', 'one that slept longer buys nothing that nobody could fetch');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'fund_units_per_lot', 0, '2026-11-23', 'test');
SELECT is(fixture.round_at(ARRAY['2026-11-23 16:00:00+00']), '- | 11613', 'and where a territory wants none, none');

\echo '# nobody but the rules writes'
CREATE TEMP TABLE attack (n serial, expected text, statement text);
INSERT INTO attack (expected, statement) VALUES
('ZE112', $$UPDATE ecopanier.contribution SET state = 'paid', paid_at = now() WHERE state = 'pledged'$$), ('ZE111', $$UPDATE ecopanier.contribution SET amount_cents = 1 WHERE kind = 'gift'$$),
('ZE111', $$DELETE FROM ecopanier.contribution$$), ('ZE111', $$TRUNCATE ecopanier.contribution CASCADE$$), ('ZE112', $$UPDATE ecopanier_private.sponsorship_fund SET balance_cents = 1000000$$),
('ZE111', $$DELETE FROM ecopanier_private.sponsorship_fund$$), ('ZE111', $$TRUNCATE ecopanier_private.sponsorship_fund$$), ('ZE112', $$INSERT INTO ecopanier_private.sponsorship_fund VALUES (2, 1)$$),
('ZE112', $$UPDATE ecopanier_private.sponsored_lot SET collected = 0$$), ('ZE107', $$UPDATE ecopanier_private.sponsored_unit SET state = 'open', used_on = NULL WHERE state = 'used'$$),
('ZE111', $$UPDATE ecopanier_private.sponsored_unit SET rank = 99$$), ('ZE111', $$DELETE FROM ecopanier_private.sponsored_unit$$), ('ZE112', $$UPDATE ecopanier_private.fund_round SET units = 0$$),
('23514', $$SET LOCAL session_replication_role = replica; UPDATE ecopanier_private.sponsorship_fund SET balance_cents = -1;$$),
('ZE111', $$SET LOCAL session_replication_role = replica; UPDATE ecopanier.contribution SET amount_cents = 1;$$);
SELECT fixture.sponsor('Camille', 'tomorrow', 1, '2026-11-22 20:00:00+00') \g /dev/null
SELECT is((fixture.attempt('postgres', NULL, NULL, statement, keep => true)).state, expected, statement) FROM attack ORDER BY n;
SELECT is(ecopanier.rebuild_sponsored(), 0::bigint, 'what is counted follows from the facts');
ALTER TABLE ecopanier_private.sponsored_lot DISABLE TRIGGER USER;
ALTER TABLE ecopanier_private.sponsorship_fund DISABLE TRIGGER USER;
UPDATE ecopanier_private.sponsored_lot SET collected = 0 WHERE lot_id = fixture.named('a');
UPDATE ecopanier_private.sponsorship_fund SET balance_cents = 5;
SELECT is((SELECT string_agg(invariant, ' ' ORDER BY invariant) FROM ecopanier.self_check() WHERE violations > 0), 'fund_matches_instructions sponsored_unit_misused', 'self_check() finds what was falsified');
ALTER TABLE ecopanier_private.sponsored_lot ENABLE ALWAYS TRIGGER sponsored_lot_guard;
ALTER TABLE ecopanier_private.sponsorship_fund ENABLE ALWAYS TRIGGER sponsorship_fund_guard;
SELECT is(ecopanier.rebuild_sponsored(), 2::bigint, 'and the rebuild puts it right');
SELECT is_empty('SELECT * FROM ecopanier.self_check() WHERE violations > 0', 'self_check() finds nothing');

\echo '# a basket is not matched; a pickup that is loaded counts; a round-up that was refused is made again'
SET ecopanier.clock = '2026-11-24 08:00:00+00';
SELECT fixture.lot_of('load', 5, 400, '2026-11-24 17:00+00', '2026-11-24 19:00+00'), fixture.lot_of('odd one', 5, 333, '2026-11-24 17:00+00', '2026-11-24 19:00+00') \g /dev/null
INSERT INTO ecopanier.match_agreement (territory_id, organisation_id, percent, ceiling_cents, valid_from, source) VALUES (1, fixture.organisation('Mairie'), 100, 100000, '2026-11-24 08:00+00', 'convention');
SELECT fixture.sponsor('Camille', 'load', 2, '2026-11-24 08:00:00+00'), fixture.pay() \g /dev/null
SELECT is(fixture.given('load'), 'Camille 2 800 paid', 'somebody pays for two');
SELECT is(count(*), 0::bigint, 'which no funder doubles: it may be given back') FROM ecopanier.contribution WHERE kind = 'match' AND created_at >= '2026-11-24 08:00+00';
SET ecopanier.clock = '2026-11-24 17:40:00+00';
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, state, claimed_at, collected_at) VALUES (fixture.named('load'), fixture.id('Benoit'), 'solidarity', 'collected', '2026-11-24 10:00+00', '2026-11-24 17:30+00');
SELECT is(fixture.credit(), 1::bigint, 'the shop is owed for a pickup that was loaded');
SELECT is(fixture.ranks('load'), '1 used 400 2026-11-24, 2 open 400', 'as for any other');
SELECT is(ecopanier.rebuild_sponsored(), 0::bigint, 'and it was counted');
CREATE FUNCTION fixture.rounds_up() RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try('Charlie', 'customer', format('SELECT state FROM ecopanier.contribute(''round_up'', NULL, NULL, %L)', (SELECT id FROM ecopanier.reservation WHERE lot_id = fixture.named('odd one'))), at => '2026-11-24 08:00:00+00', keep => true) $$;
SELECT fixture.try('Charlie', 'customer', format('SELECT state FROM ecopanier.reserve(%L)', fixture.named('odd one')), at => '2026-11-24 08:00:00+00', keep => true) \g /dev/null
SELECT is(fixture.rounds_up(), 'pledged', 'rounded up');
SELECT fixture.pay('refused') \g /dev/null
SELECT is(fixture.rounds_up(), 'pledged', 'the payment was refused: another try');
SELECT fixture.pay() \g /dev/null
SELECT is(fixture.rounds_up(), '23505', 'which was paid: no more');
SELECT is(string_agg(c.amount_cents || ' ' || c.state, ', '), '67 pledged', 'and is doubled') FROM ecopanier.contribution c WHERE c.kind = 'match' AND c.created_at >= '2026-11-24 08:00+00';
SELECT is((fixture.attempt('postgres', NULL, NULL, 'SET LOCAL session_replication_role = replica; DELETE FROM ecopanier.match_agreement;')).state, 'ZE111', 'an agreement stays for a replica too');
SELECT is_empty('SELECT * FROM ecopanier.self_check() WHERE violations > 0', 'self_check() finds nothing');

\echo '# what somebody paid for is not given away'
SET ecopanier.clock = '2026-11-25 08:00:00+00';
SELECT fixture.lot_of('kept', 5, 400, '2026-11-25 17:00+00', '2026-11-25 19:00+00', solidarity => 3) \g /dev/null
INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, declares_short_dated) VALUES (1, fixture.organisation('CCAS'), 'compost', 1000, true);
SELECT fixture.sponsor('Camille', 'kept', 2, '2026-11-25 08:00:00+00'), fixture.pay() \g /dev/null
CREATE FUNCTION fixture.gives(units int) RETURNS text LANGUAGE sql AS
$$ SELECT fixture.try('Mona', 'merchant', format('SELECT ecopanier.give_lot(%L, %s, %L) IS NOT NULL', fixture.named('kept'), units, (SELECT id FROM ecopanier.receiver)), at => '2026-11-25 09:00:00+00', keep => true) $$;
SELECT is(fixture.units_left('kept'), '3/5', 'two of eight are sponsored');
SELECT is(fixture.gives(4), 'ZE104', 'the free ones stay for people');
SELECT is(fixture.gives(3), 'true', 'the others can be given');
SELECT is(fixture.units_left('kept') || ' ' || fixture.ranks('kept'), '0/5 4 open 400, 5 open 400', 'and nothing of what was paid for');

\echo '# a donor who is erased'
SELECT fixture.money() AS before \gset
SELECT is(fixture.try('Claude', 'customer', $$SELECT jsonb_array_length(d -> 'contributions') || ' ' || jsonb_array_length(d -> 'payments') FROM (SELECT ecopanier.export_person(ecopanier.current_member())::jsonb AS d) x$$), '3 4', 'reads what was given and paid');
SELECT is(fixture.try('Claude', 'customer', $$SELECT ecopanier.erase_person(ecopanier.current_member())$$, keep => true), '', 'is erased');
SELECT is(fixture.money(), :'before', 'and the sums stay');
SELECT is_empty('SELECT * FROM ecopanier.self_check() WHERE violations > 0', 'self_check() finds nothing');
SELECT * FROM finish();
