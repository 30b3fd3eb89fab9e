-- Property: whatever happens in whatever order, money and units are conserved. Random sequences with a fixed seed: lots come and go, people pledge,
-- pay or do not, claim, fetch, cancel and fail to come, shops add, close and cancel, funders match, the clock goes on and the schedule works.
\i test/lib/fixture.sql
\i test/lib/try.sql
\i test/lib/paid.sql
SELECT * FROM no_plan();
SELECT setseed(0.42);
INSERT INTO ecopanier.organisation (territory_id, kind, name, state) SELECT t, 'funder', 'Fondation', 'active' FROM generate_series(1, 2) t;
INSERT INTO ecopanier.match_agreement (territory_id, organisation_id, percent, ceiling_cents, source)
SELECT t, fixture.organisation('Fondation', t), 50, 3000, 'test' FROM generate_series(1, 2) t;
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) SELECT t, 'free_units_per_day', 10, '2026-11-20', 'test' FROM generate_series(1, 2) t;

-- What must always hold, in cents and units, for each territory; a row where it does not.
CREATE VIEW fixture.lost AS
WITH money AS (SELECT t.id AS territory_id,
	(SELECT coalesce(sum(amount_cents), 0) FROM ecopanier_private.money_instruction i WHERE i.territory_id = t.id AND i.kind = 'debit' AND i.state = 'done' AND i.cause <> 'reservation') AS paid,
	(SELECT coalesce(sum(amount_cents), 0) FROM ecopanier_private.money_instruction i WHERE i.territory_id = t.id AND i.kind = 'credit') AS credited,
	(SELECT coalesce(sum(amount_cents), 0) FROM ecopanier_private.money_instruction i WHERE i.territory_id = t.id AND i.kind = 'refund' AND i.cause <> 'reservation') AS refunded,
	(SELECT coalesce(sum(price_cents), 0) FROM ecopanier_private.sponsored_unit u WHERE u.territory_id = t.id AND u.state = 'open') AS open,
	(SELECT coalesce(sum(balance_cents), 0) FROM ecopanier_private.sponsorship_fund f WHERE f.territory_id = t.id) AS fund
	FROM ecopanier.territory t)
SELECT 'money of ' || territory_id AS what, format('paid %s, credited %s, refunded %s, open %s, fund %s', paid, credited, refunded, open, fund) AS how
FROM money WHERE paid <> credited + refunded + open + fund
UNION ALL
SELECT 'refunds of claims', format('%s, not %s', sum(i.amount_cents), sum(r.amount_cents)) FROM ecopanier.reservation r LEFT JOIN ecopanier_private.money_instruction i ON i.cause_id = r.id AND i.kind = 'refund'
WHERE r.state = 'cancelled' AND r.amount_cents > 0 HAVING sum(i.amount_cents) IS DISTINCT FROM sum(r.amount_cents)
UNION ALL
SELECT 'matched beyond the ceiling', a.id::text FROM ecopanier.match_agreement a JOIN ecopanier.contribution c ON c.agreement_id = a.id WHERE c.state <> 'refused' GROUP BY a.id, a.ceiling_cents HAVING sum(c.amount_cents) > a.ceiling_cents
UNION ALL
SELECT 'shops paid for units that nobody fetched', u.lot_id::text FROM ecopanier_private.sponsored_unit u WHERE u.state = 'used' GROUP BY u.lot_id
HAVING count(*) > (SELECT coalesce(sum(quantity), 0) FROM ecopanier.reservation r WHERE r.lot_id = u.lot_id AND r.pool = 'solidarity' AND r.state = 'collected')
UNION ALL
SELECT 'self_check', invariant || ' ' || violations FROM ecopanier.self_check() WHERE violations > 0;

CREATE FUNCTION fixture.pick(VARIADIC words text[]) RETURNS text VOLATILE LANGUAGE sql AS $$ SELECT words[1 + floor(random() * cardinality(words))::int] $$;
CREATE TABLE fixture.done (what text, answer text);
CREATE FUNCTION fixture.happen(territory int, what text, lot uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	giver text := fixture.pick('Camille', 'Charlie', 'Claude');
	guest text := fixture.pick('Benoit', 'Basma', 'Bilal');
	claim uuid;
	start timestamptz := ecopanier.now() + interval '5 minutes';
BEGIN
	CASE what
		WHEN 'publish' THEN
			INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, category, cold_class,
				batch, allergens, use_by, window_start, window_end, state, published_at)
			VALUES (territory, fixture.organisation('Boulangerie', territory), 'Panier', 1 + floor(random() * 5), floor(random() * 1.4), 1000, 300 + floor(random() * 400), 1200, 'bakery', 'ambient', 'L1', '{gluten}',
				(ecopanier.now() + interval '2 days')::date, start, start + make_interval(mins => 120 + floor(random() * 360)::int), 'published', ecopanier.now());
			RETURN 'done';
		WHEN 'sponsor' THEN
			RETURN fixture.try(giver, 'customer', format('SELECT state FROM ecopanier.sponsor_units(%L, %s)', lot, 1 + floor(random() * 3)), territory, keep => true);
		WHEN 'gift' THEN
			RETURN fixture.try(giver, 'customer', format('SELECT state FROM ecopanier.contribute(''gift'', %s)', 1 + floor(random() * 900)), territory, keep => true);
		WHEN 'round up' THEN
			claim := coalesce((SELECT id FROM ecopanier.reservation r WHERE r.territory_id = territory AND pool = 'public' ORDER BY random() LIMIT 1), lot);
			RETURN fixture.try(giver, 'customer', format('SELECT state FROM ecopanier.contribute(''round_up'', NULL, NULL, %L)', claim), territory, keep => true);
		WHEN 'pay' THEN
			PERFORM ecopanier.settle_instruction(i.id, i.id::text, i.amount_cents, CASE WHEN i.kind = 'debit' THEN fixture.pick('done', 'done', 'done', 'refused') ELSE 'done' END) FROM ecopanier.due_instructions(10000) i
			WHERE i.territory_id = territory AND i.kind = 'debit' AND random() < 0.5;
			RETURN 'done';
		WHEN 'claim' THEN
			RETURN fixture.try(guest, 'beneficiary', format('SELECT state FROM ecopanier.reserve(%L, %s)', coalesce((SELECT s.lot_id FROM ecopanier_private.lot_stock s
				JOIN ecopanier.lot l ON l.id = s.lot_id WHERE s.territory_id = territory AND s.solidarity_left > 0 AND l.state = 'published' ORDER BY random() LIMIT 1), lot), 1 + floor(random() * 1.5)), territory, keep => true);
		WHEN 'buy' THEN
			RETURN fixture.try(giver, 'customer', format('SELECT state FROM ecopanier.reserve(%L, 1)', lot), territory, keep => true);
		WHEN 'fetch' THEN
			UPDATE ecopanier.reservation SET state = 'collected' WHERE id IN (SELECT r.id FROM ecopanier.reservation r WHERE r.territory_id = territory AND state = 'held'
				AND window_start <= ecopanier.now() AND window_end > ecopanier.now() ORDER BY random() LIMIT 2);
			RETURN 'done';
		WHEN 'cancel' THEN
			UPDATE ecopanier.reservation SET state = 'cancelled' WHERE id IN (SELECT r.id FROM ecopanier.reservation r WHERE r.territory_id = territory AND state = 'held' AND random() < 0.4 ORDER BY random() LIMIT 1);
			RETURN 'done';
		WHEN 'add' THEN
			RETURN fixture.try('Mona', 'merchant', format('UPDATE ecopanier.lot SET solidarity_units = solidarity_units + %s, public_units = public_units + 1 WHERE id = %L', floor(random() * 1.3), lot), territory, keep => true);
		WHEN 'withdraw' THEN
			RETURN fixture.try('Mona', 'merchant', format('UPDATE ecopanier.lot SET state = %L, cancel_reason = ''x'' WHERE id = %L AND state = ''published'' AND random() < 0.4', fixture.pick('closed', 'cancelled', 'cancelled'), lot), territory, keep => true);
		WHEN 'morning' THEN
			PERFORM set_config('ecopanier.clock', (SELECT (((ecopanier.now() AT TIME ZONE t.time_zone)::date + 1 + time '09:59') AT TIME ZONE t.time_zone)::text FROM ecopanier.territory t WHERE t.id = territory), false);
			PERFORM fixture.happen(territory, 'publish', NULL) FROM generate_series(1, 3);
			PERFORM set_config('ecopanier.clock', (ecopanier.now() + interval '1 minute')::text, false);
			PERFORM count(*) FROM ecopanier.tick();
			RETURN 'done';
		ELSE
			PERFORM set_config('ecopanier.clock', (ecopanier.now() + make_interval(mins => floor(random() * 120)::int))::text, false);
			PERFORM count(*) FROM ecopanier.tick();
			RETURN 'done';
	END CASE;
END $$;
-- After each step everything is looked at; what is wrong ends the sequence.
CREATE FUNCTION fixture.sequence(steps int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
	what text;
	territory int;
	lot uuid;
	answer text;
BEGIN
	FOR n IN 1 .. steps LOOP
		territory := 1 + floor(random() * 2);
		what := CASE WHEN n % 90 = 0 THEN 'morning' END;
		what := coalesce(what, fixture.pick('publish', 'publish', 'sponsor', 'sponsor', 'sponsor', 'pay', 'pay', 'claim', 'claim', 'claim', 'claim', 'buy', 'fetch', 'fetch', 'fetch', 'cancel', 'add', 'withdraw', 'gift', 'round up', 'tick', 'tick'));
		SELECT l.id INTO lot FROM ecopanier.lot l WHERE l.territory_id = territory AND l.window_end > ecopanier.now() ORDER BY l.state <> 'published' AND random() < 0.95, random() LIMIT 1;
		answer := fixture.happen(territory, what, coalesce(lot, ecopanier.new_id(territory)));
		INSERT INTO fixture.done VALUES (what, answer);
		SELECT string_agg(l.what || ': ' || l.how, '; ') INTO wrong FROM fixture.lost l;
		IF wrong IS NOT NULL THEN
			RETURN NEXT format('step %s, %s (%s): %s', n, what, answer, wrong);
			RETURN;
		END IF;
	END LOOP;
END $$;
SELECT is_empty('SELECT fixture.sequence(900)', 'nine hundred random steps in two territories lose no cent and no unit');
SELECT is_empty('SELECT what, answer FROM fixture.done WHERE answer ~ ''^(XX|42|22004|22P|23502|23503|23514)''', 'none of them failed in a way that was not meant');
SELECT cmp_ok((SELECT count(*) FROM ecopanier_private.sponsored_unit u WHERE u.state = s), '>=', CASE s WHEN 'refunded' THEN 1::bigint ELSE 5::bigint END, 'units were ' || s) FROM unnest(ARRAY['used', 'returned', 'refunded']) s;
SELECT cmp_ok((SELECT count(*) FROM ecopanier.contribution c WHERE c.kind || ' ' || c.state = s AND c.member_id IS NOT NULL OR c.kind || ' ' || c.state = s AND s ~ 'match'), '>=', 2::bigint, 'some were: ' || s)
FROM unnest(ARRAY['basket paid', 'basket refused', 'basket refunded', 'gift paid', 'match paid', 'match refused']) s;
SELECT cmp_ok(count(*), '>=', 1::bigint, 'the fund bought') FROM ecopanier.contribution WHERE kind = 'basket' AND member_id IS NULL;
SELECT set_config('ecopanier.clock', (ecopanier.now() + interval '2 days')::text, false) \g /dev/null
SELECT count(*) FROM ecopanier.tick() \g /dev/null
SELECT is((SELECT count(*) FROM ecopanier_private.sponsored_unit WHERE state = 'open'), 0::bigint, 'in the end none is open');
SELECT is_empty('SELECT * FROM fixture.lost', 'and all of the money is with shops, givers and funds');
SELECT is(ecopanier.rebuild_sponsored() + ecopanier.rebuild_stock(), 0::bigint, 'what is counted follows from the facts');
SELECT * FROM finish();
