-- The cascade (rule D9): what is left goes on by itself; each gate on both sides, days that are not like others, refusals and deadlines, by hand.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

INSERT INTO ecopanier.region VALUES ('75', 'Nouvelle-Aquitaine', '33063', 'metro'), ('44', 'Grand Est', '67482', 'metro');
INSERT INTO ecopanier.department VALUES ('86', 'Vienne', '75', '86194', 'metro'), ('67', 'Bas-Rhin', '44', '67482', 'metro');
INSERT INTO ecopanier.commune (insee, name, department_code, region_code, zone) VALUES ('86194', 'Poitiers', '86', '75', 'metro'), ('67482', 'Strasbourg', '67', '44', 'metro');
UPDATE ecopanier.organisation SET commune_insee = '86194';
-- The shop is open from Monday to Saturday, 7:00 to 20:00. 11 m of latitude are 0.0001 degrees.
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT t, fixture.organisation('Boulangerie', t), d, '07:00', '20:00' FROM generate_series(1, 2) t, generate_series(1, 6) d;
INSERT INTO ecopanier.organisation (territory_id, kind, name, accreditation_number, accredited_from, accredited_until, latitude, longitude)
SELECT t, k, n, 'A1', '2020-01-01', '2027-12-31', 46.58 + north, 0.34 FROM generate_series(1, 2) t,
	(VALUES ('association', 'Croix', 0.01), ('association', 'Restos', 0.02), ('producer', 'Conserverie', 0.01), ('producer', 'Elevage', 0.01), ('hub', 'Compost', 0.01)) o (k, n, north);
INSERT INTO ecopanier.member (territory_id, display_name) SELECT t, n FROM generate_series(1, 2) t, unnest(ARRAY['Amir', 'Rosa', 'Marc']) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT t, fixture.id(n, t), CASE n WHEN 'Marc' THEN 'merchant' ELSE 'association' END FROM generate_series(1, 2) t, unnest(ARRAY['Amir', 'Rosa', 'Marc']) n;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT t, fixture.organisation(o, t), fixture.id(n, t), f FROM generate_series(1, 2) t,
	(VALUES ('Croix', 'Amir', 'owner'), ('Restos', 'Rosa', 'station'), ('Conserverie', 'Marc', 'manager')) s (o, n, f);

CREATE FUNCTION fixture.receiver(organisation text, receiver_stage text, units int DEFAULT 1000, kg int DEFAULT NULL, declares boolean DEFAULT false,
	radius int DEFAULT 20000, classes text[] DEFAULT '{ambient,perishable}', t int DEFAULT 1) RETURNS uuid VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, kg_per_day, declares_short_dated, radius_m, cold_classes)
	VALUES (t, fixture.organisation(organisation, t), receiver_stage, units, kg, declares, radius, classes) RETURNING id $$;
CREATE FUNCTION fixture.set(setting_name text, setting_value int, t int DEFAULT 1) RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (t, setting_name, setting_value, '2000-01-01', 'test') $$;
-- A lot of 5 units, 1.2 kg each, two of them for everybody.
CREATE FUNCTION fixture.leftover(closing timestamptz, use_by_day date, cold text DEFAULT 'ambient', t int DEFAULT 1, lot_name text DEFAULT 'left') RETURNS uuid
VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ WITH made AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, category,
		cold_class, batch, allergens, use_by, undated, window_start, window_end, state)
	VALUES (t, fixture.organisation('Boulangerie', t), lot_name, 2, 3, 1000, 400, 1200, 'prepared_meal', cold, 'B7', '{lait}', use_by_day, use_by_day IS NULL,
		closing - interval '2 hours', closing, 'published') RETURNING id)
	SELECT fixture.name_lot(lot_name, id) FROM made $$;
CREATE FUNCTION fixture.turn(moment timestamptz) RETURNS text VOLATILE LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', moment::text, true);
	RETURN (SELECT string_agg(step || ' ' || error, ', ') FROM ecopanier.tick() WHERE error IS NOT NULL);
END $$;
-- The steps of a lot, and after ">" those of the lot in which it was offered again, with that one's window in local time.
CREATE FUNCTION fixture.steps(lot uuid) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', s.stage, s.state, s.reason, s.quantity, o.name, to_char(c.window_start AT TIME ZONE t.time_zone, 'Dy HH24:MI') || to_char(c.window_end AT TIME ZONE t.time_zone, '-HH24:MI'),
		CASE WHEN s.reason = 'closed_until' THEN to_char(s.deadline AT TIME ZONE t.time_zone, 'Dy HH24:MI') END), ', ' ORDER BY s.number)
	FROM ecopanier.cascade_step s JOIN ecopanier.territory t ON t.id = s.territory_id
	LEFT JOIN ecopanier.organisation o ON o.territory_id = s.territory_id AND o.id = s.receiver_organisation_id
	LEFT JOIN ecopanier.lot c ON c.territory_id = s.territory_id AND c.id = s.child_lot_id WHERE s.lot_id = lot $$;
CREATE FUNCTION fixture.story(lot uuid) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$
	SELECT fixture.steps(lot) || coalesce(' > ' || (SELECT fixture.steps(c.id) FROM ecopanier.lot c WHERE c.source_lot_id = lot), '') $$;
-- What is left at closing time, looked at until a moment; what was done is undone. setup, and after each of the moments an action, may prepare and act.
CREATE FUNCTION fixture.scene(closing timestamptz, use_by_day date, until timestamptz, setup text DEFAULT '', cold text DEFAULT 'ambient', t int DEFAULT 1,
	acts text[] DEFAULT '{}') RETURNS text VOLATILE LANGUAGE plpgsql AS $$
DECLARE
	told text;
	act text;
	broken text;
BEGIN
	BEGIN
		PERFORM set_config('ecopanier.clock', (closing - interval '1 hour')::text, true);
		EXECUTE 'SELECT ' || coalesce(nullif(setup, ''), '1');
		PERFORM fixture.leftover(closing, use_by_day, cold, t);
		FOREACH act IN ARRAY acts LOOP
			EXECUTE 'SELECT ' || act INTO told;
		END LOOP;
		told := fixture.turn(until);
		told := coalesce(told, fixture.story(fixture.named('left')), 'nothing');
		SELECT string_agg(invariant, ' ') INTO broken FROM ecopanier.self_check() WHERE violations > 0;
		RAISE EXCEPTION SQLSTATE 'UNDO0';
	EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
		PERFORM set_config('ecopanier.clock', '2026-11-20 16:00:00+00', true);
	END;
	RETURN coalesce(told || ' BROKEN ' || broken, told);
END $$;
CREATE FUNCTION fixture.move(insee text) RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS $$ UPDATE ecopanier.organisation SET commune_insee = insee $$;
CREATE FUNCTION fixture.sunday() RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at) VALUES (1, fixture.organisation('Boulangerie'), 7, '07:00', '20:00') $$;
CREATE FUNCTION fixture.exception(on_day date, opens time, closes time) RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ INSERT INTO ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day, last_day, opens_at, closes_at)
	VALUES (1, fixture.organisation('Boulangerie'), on_day, on_day, opens, closes) $$;
CREATE FUNCTION fixture.recall() RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'recall' WHERE id = fixture.named('left') $$;
-- Nobody else is there: what follows on a stage that found nobody.
CREATE FUNCTION fixture.rest(why text DEFAULT 'no_receiver') RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT format('association skipped %s 5, processing skipped %s 5, animal_feed skipped %s 5, compost done no_receiver 5', why, why, why) $$;

-- When the shop opens next: Friday 20 November 2026, 20:00 in Poitiers.
SELECT is(fixture.scene(c::timestamptz, u::date, c::timestamptz + interval '1 minute', coalesce(s, ''), k, t), story, title) FROM (VALUES
	('the next morning', '2026-11-20 19:00+00', '2026-11-25', NULL, 'ambient', 1, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('on its use-by day still', '2026-11-20 19:00+00', '2026-11-21', NULL, 'ambient', 1, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('not when that is over before the shop opens', '2026-11-20 19:00+00', '2026-11-20', NULL, 'ambient', 1,
		'solidarity skipped past_use_by 5, ' || fixture.rest()),
	('what has no date', '2026-11-20 19:00+00', NULL, NULL, 'ambient', 1, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('over a Sunday', '2026-11-21 19:00+00', '2026-11-28', NULL, 'ambient', 1, 'solidarity done left_over 5 Mon 07:00-20:00'),
	('a Sunday that is too long', '2026-11-21 19:00+00', '2026-11-28', $$fixture.set('cascade_solidarity_hours', 34)$$, 'ambient', 1,
		'solidarity skipped closed_until 5 Mon 07:00, ' || fixture.rest()),
	('to the hour', '2026-11-21 19:00+00', '2026-11-28', $$fixture.set('cascade_solidarity_hours', 35)$$, 'ambient', 1, 'solidarity done left_over 5 Mon 07:00-20:00'),
	('a date that a Sunday passes', '2026-11-21 19:00+00', '2026-11-22', NULL, 'ambient', 1, 'solidarity skipped past_use_by 5, ' || fixture.rest()),
	('the first of May', '2026-04-30 18:00+00', '2026-05-08', NULL, 'ambient', 1, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('the second of April in Poitiers', '2026-04-02 18:00+00', '2026-04-08', NULL, 'ambient', 1, 'solidarity done left_over 5 Fri 07:00-20:00'),
	('in Alsace Good Friday comes between', '2026-04-02 18:00+00', '2026-04-08', $$fixture.move('67482')$$, 'ambient', 1, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('a night of an hour more', '2026-10-24 18:00+00', '2026-10-28', $$fixture.sunday()$$, 'ambient', 1, 'solidarity done left_over 5 Sun 07:00-20:00'),
	('a night of an hour less', '2026-03-28 19:00+00', '2026-04-01', $$fixture.sunday()$$, 'ambient', 1, 'solidarity done left_over 5 Sun 07:00-20:00'),
	('Réunion', '2026-11-20 16:00+00', '2026-11-25', NULL, 'ambient', 2, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('an opening of an hour', '2026-11-20 19:00+00', '2026-11-25', $$fixture.exception('2026-11-21', '09:00', '10:00')$$, 'ambient', 1, 'solidarity done left_over 5 Sat 09:00-10:00'),
	('a shorter one', '2026-11-20 19:00+00', '2026-11-21', $$fixture.exception('2026-11-21', '09:00', '09:59')$$, 'ambient', 1, 'solidarity skipped no_time_left 5, ' || fixture.rest()),
	('a day of closing', '2026-11-20 19:00+00', '2026-11-25', $$fixture.exception('2026-11-21', NULL, NULL)$$, 'ambient', 1, 'solidarity skipped closed_until 5 Mon 07:00, ' || fixture.rest()),
	('cold that is kept', '2026-11-20 19:00+00', '2026-11-25', NULL, 'perishable', 1, 'solidarity done left_over 5 Sat 07:00-20:00'),
	('hot food is not', '2026-11-20 19:00+00', '2026-11-25', NULL, 'hot', 1, 'solidarity skipped cold_chain 5, ' || fixture.rest()),
	('unless the territory says so', '2026-11-20 19:00+00', '2026-11-25', $$fixture.set('cascade_keep_hot', 1)$$, 'hot', 1, 'solidarity done left_over 5 Sat 07:00-20:00')
) c (title, c, u, s, k, t, story);

SELECT is(fixture.scene('2026-11-20 19:00+00', '2026-11-25', '2026-11-20 18:59:59.999999+00'), 'nothing', 'before the window is over nothing goes on');

-- Receivers. The shop does not offer again, so that what is left goes to them at once.
CREATE FUNCTION fixture.open_offer(to_organisation text, t int DEFAULT 1) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.cascade_step WHERE receiver_organisation_id = fixture.organisation(to_organisation, t) ORDER BY at DESC, number DESC LIMIT 1 $$;
CREATE FUNCTION fixture.as(who text, statement text, at text) RETURNS text VOLATILE LANGUAGE sql AS
$$ SELECT fixture.try(who, CASE who WHEN 'Marc' THEN 'merchant' WHEN 'Mona' THEN 'merchant' ELSE 'association' END, 'SELECT ecopanier.' || statement, 1, at, true) $$;
CREATE FUNCTION fixture.suspend(org text) RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ UPDATE ecopanier.organisation SET accreditation_suspended = true WHERE name = org $$;
CREATE FUNCTION fixture.hours(org text, day int, opens time, closes time) RETURNS void VOLATILE SECURITY DEFINER LANGUAGE sql AS
$$ INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at) VALUES (1, fixture.organisation(org), day, opens, closes) $$;
CREATE FUNCTION fixture.evening(use_by_day date, setup text, acts text[] DEFAULT '{}', until text DEFAULT '2026-11-20 19:00+00', cold text DEFAULT 'ambient') RETURNS text
VOLATILE LANGUAGE sql AS
$$ SELECT fixture.scene('2026-11-20 19:00+00', use_by_day, until::timestamptz, concat_ws(', ', $q$fixture.set('cascade_solidarity_hours', 0)$q$, nullif(setup, '')), cold, 1, acts) $$;
-- An association next door that becomes a receiver at a moment.
CREATE FUNCTION fixture.later(moment text, organisation text) RETURNS uuid VOLATILE SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO ecopanier.organisation (territory_id, kind, name, state, accreditation_number, accredited_from, latitude, longitude)
	VALUES (1, 'association', organisation, 'active', 'A9', '2020-01-01', 46.58, 0.34);
	PERFORM set_config('ecopanier.clock', moment, true);
	RETURN fixture.receiver(organisation, 'association');
END $$;
CREATE FUNCTION pg_temp.after(story text) RETURNS text LANGUAGE sql AS $$ SELECT replace(story, 'solidarity skipped closed_until 5 Sat 07:00, ', '') $$;

SELECT is(pg_temp.after(fixture.evening(u::date, s)), story, title) FROM (VALUES
	('an association takes all', '2026-11-25', $$fixture.receiver('Croix', 'association')$$, 'association offered left_over 5 Croix'),
	('48 hours before the end of the date', '2026-11-22', $$fixture.receiver('Croix', 'association')$$, 'association offered left_over 5 Croix'),
	('not less', '2026-11-21', $$fixture.receiver('Croix', 'association'), fixture.receiver('Conserverie', 'processing')$$,
		'association skipped short_dated 5, processing offered left_over 5 Conserverie'),
	('unless it declares that it distributes in time', '2026-11-21', $$fixture.receiver('Croix', 'association', declares => true)$$, 'association offered left_over 5 Croix'),
	('or the territory has another figure', '2026-11-21', $$fixture.receiver('Croix', 'association'), fixture.set('donation_hours', 24)$$, 'association offered left_over 5 Croix'),
	('its accreditation is suspended', '2026-11-25', $$fixture.receiver('Croix', 'association'), fixture.suspend('Croix')$$, fixture.rest()),
	('a social service by right', '2026-11-25', $$fixture.receiver('CCAS', 'association')$$, 'association offered left_over 5 CCAS'),
	('none a day', '2026-11-25', $$fixture.receiver('Croix', 'association', 0)$$, 'association skipped no_capacity 5, processing skipped no_receiver 5, animal_feed skipped no_receiver 5, compost done no_receiver 5'),
	('one a day', '2026-11-25', $$fixture.receiver('Croix', 'association', 1), fixture.receiver('Restos', 'association', 3), fixture.receiver('Elevage', 'animal_feed', 9)$$,
		'association offered left_over 1 Croix, association offered left_over 3 Restos, association skipped no_capacity 1, processing skipped no_receiver 1, animal_feed offered left_over 1 Elevage'),
	('five a day', '2026-11-25', $$fixture.receiver('Croix', 'association', 5)$$, 'association offered left_over 5 Croix'),
	('by weight: 6 kilograms', '2026-11-25', $$fixture.receiver('Croix', 'association', NULL, 6)$$, 'association offered left_over 5 Croix'),
	('5 kilograms are four units', '2026-11-25', $$fixture.receiver('Croix', 'association', NULL, 5), fixture.receiver('Compost', 'compost')$$,
		'association offered left_over 4 Croix, association skipped no_capacity 1, processing skipped no_receiver 1, animal_feed skipped no_receiver 1, compost done left_over 1 Compost'),
	('within its radius', '2026-11-25', $$fixture.receiver('Croix', 'association', radius => 1112)$$, 'association offered left_over 5 Croix'),
	('not further', '2026-11-25', $$fixture.receiver('Croix', 'association', radius => 1111)$$, fixture.rest()),
	('the nearest of those never offered anything', '2026-11-25', $$fixture.receiver('Restos', 'association'), fixture.receiver('Croix', 'association')$$, 'association offered left_over 5 Croix'),
	('who has hours is offered what it can answer', '2026-11-25', $$fixture.receiver('Croix', 'association'), fixture.hours('Croix', 6, '09:00', '12:00')$$, 'association offered left_over 5 Croix'),
	('and not what it cannot', '2026-11-25', $$fixture.receiver('Croix', 'association'), fixture.hours('Croix', 1, '09:00', '12:00')$$,
		'association skipped closed_until 5, processing skipped no_receiver 5, animal_feed skipped no_receiver 5, compost done no_receiver 5')
) c (title, u, s, story);
SELECT is(fixture.scene('2026-11-20 19:00+00', '2026-11-20', '2026-11-20 23:00+00', $$fixture.receiver('Elevage', 'animal_feed')$$),
	'solidarity skipped past_use_by 5, association skipped no_receiver 5, processing skipped no_receiver 5, animal_feed expired not_answered 5 Elevage, ' ||
	'association skipped past_use_by 5, processing skipped past_use_by 5, animal_feed skipped past_use_by 5, compost done no_receiver 5',
	'animals until the date is over at midnight: the offer ends with it, and only compost is left');
SELECT is(pg_temp.after(fixture.evening('2026-11-25', $$fixture.receiver('Croix', 'association', classes => '{perishable}')$$, '{}', '2026-11-20 19:00+00', 'ambient')),
	'association skipped cold_chain 5, processing skipped no_receiver 5, animal_feed skipped no_receiver 5, compost done no_receiver 5', 'who keeps nothing of this kind is not asked');

-- Answers.
SELECT is(pg_temp.after(fixture.evening('2026-11-25', $$fixture.receiver('Croix', 'association'), fixture.receiver('Restos', 'association')$$, acts, until)), story, title) FROM (VALUES
	('an offer that nobody answers goes on at its deadline', ARRAY[]::text[], '2026-11-21 19:00+00', 'association expired not_answered 5 Croix, association offered left_over 5 Restos'),
	('not before', ARRAY[]::text[], '2026-11-21 18:59:59.999999+00', 'association offered left_over 5 Croix'),
	('and so on to the end', ARRAY[]::text[], '2026-11-23 19:00+00',
		'association expired not_answered 5 Croix, association expired not_answered 5 Restos, association skipped no_receiver 5, processing skipped no_receiver 5, animal_feed skipped no_receiver 5, compost done no_receiver 5'),
	('refused', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.as('Amir', 'refuse_offer(fixture.open_offer(''Croix''), ''no van'')', '2026-11-20 19:10+00')$$], '2026-11-20 19:10+00',
		'association refused refused 5 Croix, association offered left_over 5 Restos'),
	('accepted, and not collected within a day', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.as('Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-20 19:10+00')$$], '2026-11-21 19:10+00',
		'association expired not_collected 5 Croix, association offered left_over 5 Restos'),
	('until then it is kept', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.as('Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-20 19:10+00')$$], '2026-11-21 19:09:59.999999+00',
		'association accepted left_over 5 Croix'),
	('three of five are collected: two go on', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.as('Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-20 19:10+00')$$,
		$$fixture.as('Amir', 'receive_offer(fixture.open_offer(''Croix''), 3, 3500)', '2026-11-21 09:00+00')$$], '2026-11-21 09:00+00',
		'association received left_over 5 Croix, association offered left_over 2 Restos'),
	('accepted, then given back', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.as('Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-20 19:10+00')$$,
		$$fixture.as('Amir', 'refuse_offer(fixture.open_offer(''Croix''), ''van broke'')', '2026-11-20 20:00+00')$$], '2026-11-20 20:00+00',
		'association refused refused 5 Croix, association offered left_over 5 Restos'),
	('a receiver that came after the deadline is not offered what went on at it, however late the worker comes', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$,
		$$fixture.later('2026-11-21 19:00:00.000001+00', 'Secours')$$], '2026-11-21 19:30+00', 'association expired not_answered 5 Croix, association offered left_over 5 Restos'),
	('one that was there then is', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.later('2026-11-21 19:00+00', 'Secours')$$], '2026-11-21 19:30+00',
		'association expired not_answered 5 Croix, association offered left_over 5 Secours'),
	('a lot that is cancelled takes its offers back, and nothing goes on', ARRAY[$$fixture.turn('2026-11-20 19:00+00')$$, $$fixture.recall()$$], '2026-11-20 19:30+00',
		'association expired lot_cancelled 5 Croix')
) c (title, acts, until, story);

-- Turns of associations: who was offered something least recently comes first.
SELECT is((SELECT string_agg(o.name, ' ' ORDER BY s.at, s.number) FROM ecopanier.cascade_step s JOIN ecopanier.organisation o ON o.id = s.receiver_organisation_id), NULL::text, 'nothing is left of the scenes');
BEGIN;
SELECT fixture.set('cascade_solidarity_hours', 0), fixture.receiver('Croix', 'association'), fixture.receiver('Restos', 'association'), fixture.receiver('CCAS', 'association') \g /dev/null
SELECT fixture.leftover('2026-11-20 17:00+00'::timestamptz + n * interval '10 minutes', '2026-11-25', lot_name => 'turn ' || n) FROM generate_series(1, 7) n \g /dev/null
SELECT coalesce(fixture.turn('2026-11-20 19:00+00'), 'fine') AS turned \gset
CREATE TEMP TABLE answer AS SELECT string_agg(o.name, ' ' ORDER BY s.at, s.number) AS said, string_agg(DISTINCT to_char(s.at, 'HH24:MI:SS'), ' ') AS moments
	FROM ecopanier.cascade_step s JOIN ecopanier.organisation o ON o.id = s.receiver_organisation_id;
SELECT said, moments FROM answer \gset
ROLLBACK;
SELECT is(:'turned'::text, 'fine', 'seven lots in one turn');
SELECT is(:'said'::text, 'CCAS Croix Restos CCAS Croix Restos CCAS', 'go to three associations in turn, the nearest first');
SELECT is(:'moments'::text, '17:10:00 17:20:00 17:30:00 17:40:00 17:50:00 18:00:00 18:10:00', 'each at the moment at which it was due');

-- What the child is.
SELECT fixture.turn('2026-11-20 16:00+00') \g /dev/null
SELECT fixture.leftover('2026-11-20 19:00+00', '2026-11-23') AS left \gset
SELECT is(fixture.turn('2026-11-21 03:00+00'), NULL::text, 'a worker that comes eight hours late');
SELECT is((l.title, l.category, l.use_by, l.batch, l.allergens, l.cold_class, l.original_price_cents, l.price_cents, l.public_units, l.solidarity_units, l.unit_weight_g, l.state, l.created_at, l.published_at)::text,
	'(left,prepared_meal,2026-11-23,B7,{lait},ambient,1000,,0,5,1200,published,"2026-11-20 19:00:00+00","2026-11-20 19:00:00+00")', 'offers the same again, free, as of the end of the window')
FROM ecopanier.lot l WHERE l.source_lot_id = :'left';
SELECT is(string_agg(DISTINCT at::text, ' '), '2026-11-20 19:00:00+00', 'the units moved then') FROM ecopanier_private.lot_movement WHERE lot_id = :'left';
SELECT is(at || ' ' || day, '2026-11-20 19:00:00+00 2026-11-20', 'so did the step') FROM ecopanier.cascade_step WHERE lot_id = :'left';
SELECT is(fixture.units_left('left'), '0/0', 'nothing is left of the lot');
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT quantity FROM ecopanier.reserve(%L, 2)', id), 1, '2026-11-21 08:00+00', true), '2', 'who has a right claims it') FROM ecopanier.lot WHERE source_lot_id = :'left';
SELECT is(fixture.try('Camille', 'customer', format('SELECT quantity FROM ecopanier.reserve(%L, 1)', id), 1, '2026-11-21 08:00+00'), 'ZE104', 'nobody buys it') FROM ecopanier.lot WHERE source_lot_id = :'left';
SELECT throws_ok(format('UPDATE ecopanier.lot SET source_lot_id = NULL WHERE source_lot_id = %L', :'left'), 'ZE111', NULL, 'where it came from does not change');
SELECT throws_ok(format($$INSERT INTO ecopanier.lot (territory_id, organisation_id, title, source_lot_id) SELECT 1, organisation_id, 'again', id FROM ecopanier.lot WHERE id = %L$$, :'left'), '23505', NULL, 'and comes once');

-- A basket that is locked at closing time delays its own units alone; released, it goes on when its grace is over.
BEGIN;
SELECT fixture.set('cascade_solidarity_hours', 0), fixture.receiver('Croix', 'association') \g /dev/null
SELECT fixture.leftover('2026-11-20 17:00+00', '2026-11-25', lot_name => 'late') AS late \gset
SELECT fixture.try('Camille', 'customer', format('SELECT quantity FROM ecopanier.reserve(%L, 1)', :'late'), 1, '2026-11-20 16:00+00', true) \g /dev/null
SELECT fixture.try('Basma', 'beneficiary', format('SELECT quantity FROM ecopanier.reserve(%L, 1)', :'late'), 1, '2026-11-20 16:00+00', true) \g /dev/null
UPDATE ecopanier.reservation SET grace_until = '2026-11-20 17:40+00' WHERE lot_id = :'late' AND pool = 'public';
SELECT fixture.turn('2026-11-20 18:00+00') \g /dev/null
CREATE TEMP TABLE late_story AS SELECT string_agg(s.stage || ' ' || s.quantity || ' ' || to_char(s.at, 'HH24:MI'), ', ' ORDER BY s.number) AS story FROM ecopanier.cascade_step s WHERE lot_id = :'late' AND state = 'offered';
SELECT story FROM late_story \gset
SELECT count(*) AS broken FROM ecopanier.self_check() WHERE violations > 0 \gset
ROLLBACK;
SELECT is(:'story'::text, 'association 4 17:00, association 1 17:40', 'what lapsed at the end goes with the rest, what had a grace when that is over');
SELECT is(:'broken'::text, '0', 'invariants');

-- By hand, before the window is over.
SELECT set_config('ecopanier.clock', '2026-11-23 08:00+00', false) \g /dev/null
CREATE TABLE fixture.taker AS SELECT fixture.receiver('Croix', 'association', 4) AS croix, fixture.receiver('Restos', 'association', declares => true) AS restos, fixture.receiver('Compost', 'compost') AS compost;
GRANT SELECT ON fixture.taker TO PUBLIC;
SELECT fixture.leftover('2026-11-23 19:00+00', '2026-11-26', lot_name => 'gift'), fixture.leftover('2026-11-23 19:00+00', '2026-11-25', lot_name => 'two days'),
	fixture.leftover('2026-11-23 19:00+00', '2026-11-24', lot_name => 'short'), fixture.leftover('2026-11-23 19:00+00', '2026-11-26', 'hot', lot_name => 'hot') \g /dev/null
CREATE FUNCTION pg_temp.give(who text, lot text, units int, taker text, at text DEFAULT '2026-11-23 18:00+00', keep boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN r ~ '^[0-9a-f-]{36}$' THEN 'given' ELSE r END FROM fixture.try(who, CASE who WHEN 'Mona' THEN 'merchant' WHEN 'Sami' THEN 'merchant' ELSE 'association' END,
	format('SELECT ecopanier.give_lot(fixture.named(%L), %s, (SELECT %s FROM fixture.taker))', lot, units, taker), 1, at, keep) r $$;
SELECT is(pg_temp.give(who, lot, units, taker, at), answer, title) FROM (VALUES
	('a manager gives', 'Mona', 'gift', 4, 'croix', '2026-11-23 18:00+00', 'given'), ('a station does not', 'Sami', 'gift', 1, 'croix', '2026-11-23 18:00+00', '42501'),
	('nor somebody else', 'Amir', 'gift', 1, 'croix', '2026-11-23 18:00+00', 'ZE101'), ('not more than it takes', 'Mona', 'gift', 5, 'croix', '2026-11-23 18:00+00', 'ZE107'),
	('not more than there is', 'Mona', 'gift', 6, 'restos', '2026-11-23 18:00+00', 'ZE104'), ('all of it', 'Mona', 'gift', 5, 'restos', '2026-11-23 18:00+00', 'given'),
	('none', 'Mona', 'gift', 0, 'restos', '2026-11-23 18:00+00', '22023'), ('the last moment', 'Mona', 'gift', 1, 'croix', '2026-11-23 18:59:59.999999+00', 'given'),
	('the window is over', 'Mona', 'gift', 1, 'croix', '2026-11-23 19:00+00', 'ZE103'), ('two days and five hours are left', 'Mona', 'two days', 1, 'croix', '2026-11-23 18:00+00', 'given'),
	('a day and five hours', 'Mona', 'short', 1, 'croix', '2026-11-23 18:00+00', 'ZE131'), ('which are enough where it declares so', 'Mona', 'short', 1, 'restos', '2026-11-23 18:00+00', 'given'),
	('who keeps nothing hot', 'Mona', 'hot', 1, 'croix', '2026-11-23 18:00+00', 'ZE107'), ('compost takes it', 'Mona', 'hot', 1, 'compost', '2026-11-23 18:00+00', 'given')
) c (title, who, lot, units, taker, at, answer);
SELECT fixture.suspend('Restos') \g /dev/null
SELECT is(pg_temp.give('Mona', 'gift', 1, 'restos'), 'ZE118', 'not accredited');
UPDATE ecopanier.organisation SET accreditation_suspended = false;
SELECT is(pg_temp.give('Mona', 'gift', 4, 'croix', keep => true), 'given', 'four are given');
SELECT is(fixture.units_left('gift'), '0/1', 'those for everybody first');
SELECT is(pg_temp.give('Mona', 'gift', 1, 'croix'), 'ZE107', 'its day is full');

-- Who reads and does what with it.
SELECT set_config('ecopanier.clock', '2026-11-23 18:00+00', false) \g /dev/null
SELECT is(fixture.as('Amir', 'give_lot(NULL, 1, NULL)', '2026-11-23 18:00+00'), 'ZE101', 'no lot');
SELECT is(fixture.try(who, role, 'SELECT count(*) FROM ecopanier.cascade_step WHERE lot_id = fixture.named(''gift'')', 1, '2026-11-23 18:00+00'), n, who || ' reads ' || n)
FROM (VALUES ('Mona', 'merchant', '1'), ('Amir', 'association', '1'), ('Rosa', 'association', '0'), ('Adele', 'administrator', '1'), ('Camille', 'customer', '42501'), ('Marc', 'merchant', '0')) v (who, role, n);
SELECT is(fixture.try('Amir', 'association', 'SELECT concat_ws('' '', title, batch, use_by, quantity, weight_g, organisation_name) FROM ecopanier.my_offers()', 1, '2026-11-23 18:00+00'),
	'gift B7 2026-11-26 4 4800 Boulangerie', 'the receiver sees what it is, without a price');
SELECT is(fixture.try('Rosa', 'association', 'SELECT count(*) FROM ecopanier.my_offers()', 1, '2026-11-23 18:00+00'), '0', 'another does not');
SELECT is(fixture.as(who, call, at), answer, title) FROM (VALUES
	(1, 'another accepts', 'Rosa', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-23 18:05+00', 'ZE101'),
	(2, 'collected before it is accepted', 'Amir', 'receive_offer(fixture.open_offer(''Croix''), 4)', '2026-11-23 18:05+00', 'ZE107'),
	(3, 'refused without a word', 'Amir', 'refuse_offer(fixture.open_offer(''Croix''), '' '')', '2026-11-23 18:05+00', 'ZE117'),
	(4, 'too late', 'Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-24 18:00+00', 'ZE103'),
	(5, 'a moment before', 'Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-23 18:10+00', '2026-11-24 18:10:00+00'),
	(6, 'again, the same', 'Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-23 18:20+00', '2026-11-24 18:10:00+00'),
	(7, 'five of four', 'Amir', 'receive_offer(fixture.open_offer(''Croix''), 5)', '2026-11-23 18:30+00', '22023'),
	(8, 'none of four', 'Amir', 'receive_offer(fixture.open_offer(''Croix''), 0)', '2026-11-23 18:30+00', '22023'),
	(9, 'three, weighed', 'Amir', 'receive_offer(fixture.open_offer(''Croix''), 3, 3333)', '2026-11-23 18:30+00', '3333'),
	(10, 'again, the same', 'Amir', 'receive_offer(fixture.open_offer(''Croix''), 3, 4444)', '2026-11-23 18:30+00', '3333'),
	(11, 'another number', 'Amir', 'receive_offer(fixture.open_offer(''Croix''), 2)', '2026-11-23 18:30+00', 'ZE107'),
	(12, 'then refused', 'Amir', 'refuse_offer(fixture.open_offer(''Croix''), ''no'')', '2026-11-23 18:30+00', 'ZE107')
) c (n, title, who, call, at, answer) ORDER BY n;
SELECT is(fixture.units_left('gift'), '1/1', 'what was not taken is on offer again');
SELECT is(string_agg(e.kind || ' ' || o.name || ' ' || (facts ->> 'quantity'), ', ' ORDER BY number), 'offer.made Croix 4, offer.accepted Boulangerie 4, offer.received Boulangerie 3', 'each side is told')
FROM ecopanier.event e JOIN ecopanier.organisation o ON o.id = e.organisation_id WHERE e.kind LIKE 'offer.%' AND e.subject_id = fixture.open_offer('Croix');

-- A recall reaches everything that came of the lot, in the transaction that cancels it.
CREATE FUNCTION pg_temp.recalled(OUT said text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', '2026-11-27 15:00+00', true);
	PERFORM fixture.leftover('2026-11-27 19:00+00', '2026-12-01', lot_name => 'recalled'), fixture.leftover('2026-11-27 19:00+00', '2026-12-01', lot_name => 'early');
	PERFORM fixture.as('Mona', format('give_lot(%L, 2, %L)', fixture.named('early'), (SELECT id FROM ecopanier.receiver WHERE organisation_id = fixture.organisation('Croix'))), '2026-11-27 15:00+00');
	PERFORM fixture.as('Amir', 'accept_offer(fixture.open_offer(''Croix''))', '2026-11-27 15:10+00');
	PERFORM fixture.turn('2026-11-27 20:00+00');
	PERFORM fixture.try('Benoit', 'beneficiary', format('SELECT state FROM ecopanier.reserve(%L)', (SELECT id FROM ecopanier.lot WHERE source_lot_id = fixture.named('recalled'))), 1, '2026-11-28 07:00+00', true);
	PERFORM fixture.try('Mona', 'merchant', $q$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'recall' WHERE title IN ('recalled', 'early') AND source_lot_id IS NULL$q$, 1, '2026-11-28 08:00+00', true);
	said := concat_ws('; ',
		(SELECT string_agg(DISTINCT l.title || ' ' || l.state, ', ' ORDER BY l.title || ' ' || l.state) FROM ecopanier.lot l WHERE l.title IN ('recalled', 'early')),
		(SELECT string_agg(concat_ws(' ', r.state, r.cancel_reason), ', ') FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.id = r.lot_id WHERE l.title = 'recalled'),
		(SELECT string_agg(concat_ws(' ', s.stage, s.state, s.reason, s.quantity), ', ' ORDER BY s.number) FROM ecopanier.cascade_step s WHERE s.lot_id = fixture.named('early')),
		(SELECT string_agg(e.kind || ' ' || o.name, ', ' ORDER BY e.kind, o.name) FROM ecopanier.event e JOIN ecopanier.organisation o ON o.id = e.organisation_id
			WHERE e.at = '2026-11-28 08:00+00' AND e.kind LIKE 'offer.%'),
		(SELECT string_agg(invariant, ' ') FROM ecopanier.self_check() WHERE violations > 0));
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	NULL;
END $$;
SELECT is(said, 'early cancelled, recalled cancelled; cancelled recall; association expired lot_cancelled 2, solidarity done left_over 3; offer.expired Croix',
	'the lot in which it was offered again, its claim, an offer that was accepted before the window was over') FROM pg_temp.recalled();
UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'recall' WHERE id = fixture.named('gift');
SELECT is(string_agg(o.name, ', ' ORDER BY o.name), 'Boulangerie, Croix', 'a receiver who has units is told of a recall too') FROM ecopanier.event e JOIN ecopanier.organisation o ON o.id = e.organisation_id
WHERE e.kind = 'lot.cancelled' AND e.subject_id = fixture.named('gift');

-- What a correction finds after a lot is over goes on then; a lot that says meals alone weighs no more than one that says grams.
CREATE FUNCTION pg_temp.corrected(OUT said text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM fixture.set('cascade_solidarity_hours', 0), set_config('ecopanier.clock', '2026-11-27 15:00+00', true);
	UPDATE ecopanier.receiver SET active_until = '2026-11-26';
	PERFORM fixture.leftover('2026-11-27 19:00+00', '2026-12-01', lot_name => 'more'), fixture.turn('2026-11-27 20:00+00');
	UPDATE ecopanier.lot SET public_units = 4 WHERE title = 'more';
	PERFORM fixture.turn('2026-11-27 20:30+00');
	said := (SELECT string_agg(concat_ws(' ', s.stage, s.quantity, to_char(s.at AT TIME ZONE 'UTC', 'HH24:MI')), ', ' ORDER BY s.number) FROM ecopanier.cascade_step s
		WHERE s.lot_id = fixture.named('more') AND s.state <> 'skipped') || ' ' || fixture.units_left('more');
	PERFORM set_config('ecopanier.clock', '2026-11-28 15:00+00', true);
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, meals_per_unit, category, cold_class, undated, allergens, window_start, window_end, state)
	VALUES (1, fixture.organisation('Boulangerie'), 'feast', 3000, 1000, 999999, 'prepared_meal', 'ambient', true, '{lait}', '2026-11-28 17:00+00', '2026-11-28 19:00+00', 'published');
	PERFORM fixture.turn('2026-11-28 20:00+00');
	said := said || (SELECT string_agg(concat_ws(' ', '', s.stage, s.quantity, s.weight_g), ', ') FROM ecopanier.cascade_step s JOIN ecopanier.lot l ON l.id = s.lot_id WHERE l.title = 'feast' AND s.state <> 'skipped');
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	NULL;
END $$;
SELECT is(said, 'compost 5 19:00, compost 2 20:00 0/0 compost 3000 3000000000', 'two units more, at their moment; a tonne a unit') FROM pg_temp.corrected();

-- Timeless: steps, and the queue of what is due, are written by the rules alone.
SELECT throws_ok('DELETE FROM ecopanier_private.cascade_due', 'ZE112', NULL, 'what is due is not forgotten');
SELECT throws_ok($$UPDATE ecopanier_private.cascade_due SET due_at = due_at + interval '1 year'$$, 'ZE112', NULL, 'nor put off');
SELECT throws_ok('TRUNCATE ecopanier_private.cascade_due', 'ZE112', NULL, 'nor emptied');
SET session_replication_role = replica;
SELECT throws_ok($$DELETE FROM ecopanier.receiver$$, 'ZE111', NULL, 'a receiver stays for a replica too');
RESET session_replication_role;
SELECT throws_ok('UPDATE ecopanier.cascade_step SET quantity = 1', 'ZE112', NULL, 'not changed');
SELECT throws_ok('DELETE FROM ecopanier.cascade_step', 'ZE111', NULL, 'nor deleted');
SELECT throws_ok('TRUNCATE ecopanier.cascade_step', 'ZE111', NULL, 'nor emptied');
SELECT throws_ok($$DELETE FROM ecopanier.receiver$$, 'ZE111', NULL, 'a receiver stays');
SELECT throws_ok($$INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day) SELECT 1, fixture.organisation('Boulangerie'), 'association', 1$$, '22023', NULL, 'a shop feeds nobody');
SELECT throws_ok($$UPDATE ecopanier.receiver SET cold_classes = '{ambient,tepid}'$$, '22023', NULL, 'nothing is kept tepid');
SELECT is(fixture.try('Amir', 'association', $$UPDATE ecopanier.receiver SET declares_short_dated = true WHERE organisation_id = ecopanier.current_organisation() RETURNING declared_by = ecopanier.current_member() AND declared_at = ecopanier.now()$$), 'true', 'who declares is noted, and when');
SELECT is(fixture.try('Rosa', 'association', $$UPDATE ecopanier.receiver SET units_per_day = 5 WHERE organisation_id = ecopanier.current_organisation()$$), '42501', 'a station does not say what is taken');
SELECT is(coalesce(string_agg(invariant, ' '), 'none'), 'none', 'invariants') FROM ecopanier.self_check() WHERE violations <> 0;
SELECT is(ecopanier.rebuild_stock(), 0::bigint, 'the stock follows from the facts');
SELECT is(string_agg(stage || ' ' || units || ' ' || weight_kg, ', ' ORDER BY stage), 'association 3 3.333, solidarity 5 6.000', 'what councils read') FROM ecopanier.cascade_total;
SELECT * FROM finish();
