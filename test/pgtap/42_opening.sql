-- Opening hours: exceptions before public holidays before the week; days of 23 and 25 hours; both sides of each edge.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (3, 'basse-terre', 'Basse-Terre', 'America/Guadeloupe');
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (3, 'Camille');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (3, fixture.id('Camille', 3), 'customer');
INSERT INTO ecopanier.region VALUES ('75', 'Nouvelle-Aquitaine', '33063', 'metro'), ('44', 'Grand Est', '67482', 'metro'), ('04', 'La Réunion', '97411', 'drom'),
	('01', 'Guadeloupe', '97105', 'drom');
INSERT INTO ecopanier.department VALUES ('86', 'Vienne', '75', '86194', 'metro'), ('68', 'Haut-Rhin', '44', '68066', 'metro'), ('974', 'La Réunion', '04', '97411', 'drom'),
	('971', 'Guadeloupe', '01', '97105', 'drom');
INSERT INTO ecopanier.commune (insee, name, department_code, region_code, zone) VALUES ('86194', 'Poitiers', '86', '75', 'metro'), ('68066', 'Colmar', '68', '44', 'metro'),
	('97411', 'Saint-Denis', '974', '04', 'drom'), ('97105', 'Basse-Terre', '971', '01', 'drom');
INSERT INTO ecopanier.organisation (territory_id, kind, name, commune_insee, open_on_holidays) VALUES
	(1, 'merchant', 'Poitiers', '86194', false), (1, 'merchant', 'Colmar', '68066', false), (1, 'merchant', 'Always', '86194', true), (1, 'merchant', 'Nowhere', NULL, false),
	(1, 'merchant', 'Night', '86194', true), (1, 'merchant', 'Never', '86194', false), (2, 'merchant', 'Reunion', '97411', false), (3, 'merchant', 'Guadeloupe', '97105', false);
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT territory_id, id, d, time '09:00', time '12:30' FROM ecopanier.organisation, generate_series(1, 6) d WHERE name IN ('Poitiers', 'Colmar', 'Always', 'Nowhere', 'Reunion', 'Guadeloupe')
UNION ALL SELECT territory_id, id, d, '14:00', '24:00' FROM ecopanier.organisation, generate_series(1, 6) d WHERE name = 'Always'
UNION ALL SELECT territory_id, id, d, '00:00', '04:00' FROM ecopanier.organisation, generate_series(1, 7) d WHERE name = 'Night'
UNION ALL SELECT territory_id, id, d, '22:00', '24:00' FROM ecopanier.organisation, generate_series(1, 7) d WHERE name = 'Night';
INSERT INTO ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day, last_day, opens_at, closes_at)
SELECT 1, fixture.organisation('Poitiers'), e.* FROM (VALUES
	(date '2026-08-03', date '2026-08-16', NULL::time, NULL::time),			-- closed for two weeks,
	('2026-08-08', '2026-08-08', '10:00', '11:00'),							-- but one day of it,
	('2026-08-15', '2026-08-15', '10:00', '11:00'),							-- and the holiday in it
	('2026-12-24', '2026-12-24', '09:00', '12:00'), ('2026-12-24', '2026-12-24', '11:30', '16:00'), ('2026-12-24', '2026-12-24', '17:00', '18:00'),
	('2026-12-27', '2026-12-27', '09:00', '10:00'),							-- a Sunday
	('2026-09-01', '2026-09-01', NULL, NULL), ('2026-09-01', '2026-09-01', '09:00', '10:00')) e;

-- opening hours of some days, in local time or UTC
CREATE FUNCTION fixture.hours(organisation text, first date, last date DEFAULT NULL, territory int DEFAULT 1, zone text DEFAULT 'Europe/Paris') RETURNS text LANGUAGE sql AS $$
	SELECT fixture.try('Camille', 'customer', format('SELECT coalesce(string_agg(to_char(opens_at AT TIME ZONE %L, ''MM-DD HH24:MI'') || ''+'' || (closes_at - opens_at), '', ''), ''closed'')
		FROM ecopanier.opening_hours(%L, %L, %L)', zone, fixture.organisation(organisation, territory), first, coalesce(last, first)), territory) $$;
CREATE TEMP TABLE hours (n serial, organisation text, first date, expected text, says text, last date, territory int DEFAULT 1, zone text DEFAULT 'Europe/Paris');
INSERT INTO hours (organisation, first, expected, says) VALUES
('Poitiers', '2026-11-20', '11-20 09:00+03:30:00', 'a Friday'), ('Poitiers', '2026-11-22', 'closed', 'a Sunday'),
('Poitiers', '2026-12-25', 'closed', 'Christmas'), ('Always', '2026-12-25', '12-25 09:00+03:30:00, 12-25 14:00+10:00:00', 'Christmas, open'),
('Poitiers', '2026-12-26', '12-26 09:00+03:30:00', '26 December in the Vienne'), ('Colmar', '2026-12-26', 'closed', '26 December in the Haut-Rhin'),
('Poitiers', '2026-04-03', '04-03 09:00+03:30:00', 'Good Friday in the Vienne'), ('Colmar', '2026-04-03', 'closed', 'Good Friday in the Haut-Rhin'),
('Nowhere', '2026-12-25', 'closed', 'without a commune: national days'), ('Nowhere', '2026-12-26', '12-26 09:00+03:30:00', 'and no others'),
('Poitiers', '2026-08-01', '08-01 09:00+03:30:00', 'before the holidays'), ('Poitiers', '2026-08-03', 'closed', 'their first day'),
('Poitiers', '2026-08-14', 'closed', 'their last weekday'), ('Poitiers', '2026-08-17', '08-17 09:00+03:30:00', 'the day after'),
('Poitiers', '2026-08-08', '08-08 10:00+01:00:00', 'an exception for fewer days counts'), ('Poitiers', '2026-08-15', '08-15 10:00+01:00:00', 'and comes before a public holiday'),
('Poitiers', '2026-12-24', '12-24 09:00+07:00:00, 12-24 17:00+01:00:00', 'several spans, joined where they meet'),
('Poitiers', '2026-12-27', '12-27 09:00+01:00:00', 'an open Sunday'), ('Poitiers', '2026-09-01', 'closed', 'closed and hours for the same days: closed'),
('Never', '2026-11-20', 'closed', 'no hours at all'),
('Night', '2026-11-20', '11-20 00:00+04:00:00, 11-20 22:00+02:00:00', 'to midnight'),
('Night', '2026-03-29', '03-29 00:00+03:00:00, 03-29 22:00+02:00:00', 'the day of 23 hours'), ('Night', '2026-10-25', '10-25 00:00+05:00:00, 10-25 22:00+02:00:00', 'the day of 25 hours');
INSERT INTO hours (organisation, first, last, expected, says) VALUES
('Night', '2026-11-20', '2026-11-21', '11-20 00:00+04:00:00, 11-20 22:00+06:00:00, 11-21 22:00+02:00:00', 'over midnight in one span'),
('Night', '2026-12-31', '2027-01-01', '12-31 00:00+04:00:00, 12-31 22:00+06:00:00, 01-01 22:00+02:00:00', 'over the year'),
('Poitiers', '2026-12-31', '2027-01-02', '12-31 09:00+03:30:00, 01-02 09:00+03:30:00', 'holidays of both years');
INSERT INTO hours (organisation, territory, zone, first, expected, says) VALUES
('Reunion', 2, 'UTC', '2026-11-20', '11-20 05:00+03:30:00', 'Réunion is four hours ahead'), ('Reunion', 2, 'UTC', '2026-12-19', '12-19 05:00+03:30:00', 'the 19th'),
('Reunion', 2, 'UTC', '2027-12-20', 'closed', '20 December'), ('Reunion', 2, 'UTC', '2026-03-30', '03-30 05:00+03:30:00', 'no summer time'),
('Guadeloupe', 3, 'UTC', '2026-11-20', '11-20 13:00+03:30:00', 'Guadeloupe is four hours behind'), ('Guadeloupe', 3, 'UTC', '2026-05-27', 'closed', '27 May'),
('Guadeloupe', 3, 'UTC', '2026-05-28', '05-28 13:00+03:30:00', 'the 28th is Saint-Martin''s');
SELECT is(fixture.hours(organisation, first, last, territory, zone), expected, organisation || ' ' || first || ': ' || says) FROM hours ORDER BY n;

\echo '# hours that the clock leaves out do not happen; those it says twice do'
INSERT INTO ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day, last_day, opens_at, closes_at)
SELECT 1, fixture.organisation('Never'), d, d, o, c FROM (VALUES (date '2026-03-29', time '02:30', time '03:00'), ('2026-03-29', '02:00', '03:30'), ('2026-10-25', '02:00', '03:00')) v (d, o, c);
SELECT is(fixture.hours('Never', '2026-03-29', zone => 'UTC'), '03-29 01:00+00:30:00', 'spring: half an hour is left');
SELECT is(fixture.hours('Never', '2026-10-25', zone => 'UTC'), '10-25 01:00+01:00:00', 'autumn: the second of the two hours');

\echo '# is_open() and next_opening(): the moment of opening is open, that of closing is not'
CREATE TEMP TABLE moment (n serial, organisation text, at timestamptz, is_open text, next text, territory int DEFAULT 1);
INSERT INTO moment (organisation, at, is_open, next) VALUES
('Poitiers', '2026-11-20 07:59:59.999999+00', 'false', '2026-11-20 08:00:00'), ('Poitiers', '2026-11-20 08:00:00+00', 'true', '2026-11-20 08:00:00'),
('Poitiers', '2026-11-20 11:29:59.999999+00', 'true', '2026-11-21 08:00:00'), ('Poitiers', '2026-11-20 11:30:00+00', 'false', '2026-11-21 08:00:00'),
('Poitiers', '2026-11-21 12:00:00+00', 'false', '2026-11-23 08:00:00'), ('Poitiers', '2026-08-01 12:00:00+00', 'false', '2026-08-08 08:00:00'),
('Poitiers', '2026-08-08 12:00:00+00', 'false', '2026-08-15 08:00:00'), ('Poitiers', '2026-08-15 12:00:00+00', 'false', '2026-08-17 07:00:00'),
('Night', '2026-11-20 22:59:59.999999+00', 'true', '2026-11-21 21:00:00'), ('Night', '2026-11-20 23:00:00+00', 'true', '2026-11-21 21:00:00'),
('Night', '2026-11-21 03:00:00+00', 'false', '2026-11-21 21:00:00'), ('Never', '2026-11-20 12:00:00+00', 'false', NULL),
('Never', '2026-01-01 12:00:00+00', 'false', '2026-03-29 01:00:00');
INSERT INTO moment (organisation, territory, at, is_open, next) VALUES
('Reunion', 2, '2026-11-20 05:00:00+00', 'true', '2026-11-20 05:00:00'), ('Reunion', 2, '2026-11-20 08:30:00+00', 'false', '2026-11-21 05:00:00'),
('Guadeloupe', 3, '2026-11-20 12:59:59+00', 'false', '2026-11-20 13:00:00'), ('Guadeloupe', 3, '2026-11-21 02:00:00+00', 'false', '2026-11-21 13:00:00');
SELECT is(fixture.try('Camille', 'customer', format('SELECT ecopanier.is_open(%L, %L)', fixture.organisation(organisation, territory), at), territory), is_open, organisation || ' is open at ' || (at AT TIME ZONE 'UTC'))
FROM moment ORDER BY n;
SELECT is(fixture.try('Camille', 'customer', format('SELECT coalesce(to_char(ecopanier.next_opening(%L, %L) AT TIME ZONE ''UTC'', ''YYYY-MM-DD HH24:MI:SS''), ''never'')',
	fixture.organisation(organisation, territory), at), territory), coalesce(next, 'never'), organisation || ' opens next from ' || (at AT TIME ZONE 'UTC')) FROM moment ORDER BY n;
SELECT is(fixture.try('Camille', 'customer', format('SELECT ecopanier.is_open(%L)', fixture.organisation('Poitiers')), at => '2026-11-20 08:00+00'), 'true', 'now, where no moment is given');

\echo '# who asks, and for what days'
SELECT is(fixture.try(name, role, statement), expected, says) FROM (VALUES
	-- 313 weekdays, less 9 holidays, 10 days of August and 1 September, plus a second span and a Sunday
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '2026-01-01', '2027-01-01')$$, '295', 'a year of 366 days'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '2026-01-01', '2027-01-02')$$, '22023', 'no more'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '2026-01-02', '2026-01-01')$$, '22023', 'in order'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '2000-01-01')$$, '0', 'from 2000, New Year'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '1999-12-31')$$, '22023', 'not before'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '2099-12-31')$$, '1', 'to 2099'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Poitiers'), '2100-01-01')$$, '22023', 'not after'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.opening_hours(fixture.organisation('Reunion', 2))$$, 'ZE101', 'not of another territory'),
	('Camille', 'customer', $$SELECT string_agg(code, ' ') FROM ecopanier.public_holidays(2026, '68') WHERE day IN ('2026-04-03', '2026-12-26')$$, 'good_friday second_christmas_day', 'holidays by department'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.public_holidays(2026)$$, '11', 'eleven national ones'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.public_holidays(1899)$$, '22023', 'from 1900'),
	('Camille', 'customer', $$SELECT count(*) FROM ecopanier.public_holidays(2101)$$, '22023', 'to 2100'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day) VALUES (fixture.organisation('Boulangerie'), '2026-12-25', '2026-12-31')$$, '1 row', 'an owner closes'),
	('Sami', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day) VALUES (fixture.organisation('Boulangerie'), '2026-12-25', '2026-12-31')$$, '42501', 'a station does not'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day) VALUES (fixture.organisation('CCAS'), '2026-12-25', '2026-12-31')$$, '42501', 'nor for others'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day) VALUES (fixture.organisation('Boulangerie'), '2026-12-31', '2026-12-25')$$, '23514', 'days in order'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day) VALUES (fixture.organisation('Boulangerie'), '2026-12-25', 'infinity')$$, '23514', 'and finite'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day, opens_at) VALUES (fixture.organisation('Boulangerie'), '2026-12-25', '2026-12-25', '09:00')$$, '23514', 'both times or neither'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day, opens_at, closes_at) VALUES (fixture.organisation('Boulangerie'), '2026-12-25', '2026-12-25', '09:00', '09:00')$$, '23514', 'times in order'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.organisation_opening_exception (organisation_id, first_day, last_day, opens_at, closes_at) VALUES (fixture.organisation('Boulangerie'), '2026-12-25', '2026-12-25', '00:00', '24:00')$$, '1 row', 'all day'),
	('Mona', 'merchant', $$UPDATE ecopanier.organisation SET open_on_holidays = true WHERE id = fixture.organisation('Boulangerie')$$, '1 row', 'an owner opens on holidays')) v (name, role, statement, expected, says);
SELECT * FROM finish();
