/*
 * The small world with others in it, so that "own" and "not own" are different rows of every relation; to be read
 * with \i after fixture.sql.  In each territory a second shop (Epicerie) and a second association (Croix), two
 * organisations of each other kind, staff of each function, a second person of each role, and rows of each relation for
 * each of them.  world.actor holds all who try something.
 */
CREATE SCHEMA world;
GRANT USAGE ON SCHEMA world TO PUBLIC;
INSERT INTO ecopanier.region VALUES ('75', 'Nouvelle-Aquitaine', '33063', 'metro');
INSERT INTO ecopanier.department VALUES ('86', 'Vienne', '75', '86194', 'metro');
INSERT INTO ecopanier.epci VALUES ('200069854', 'CU du Grand Poitiers', 'CU', 'FPU', 1, 1);
INSERT INTO ecopanier.commune (insee, name, department_code, region_code, zone) VALUES ('86194', 'Poitiers', '86', '75', 'metro'), ('86041', 'Buxerolles', '86', '75', 'metro');
INSERT INTO ecopanier.arrondissement VALUES ('86999', '86194', 'Centre', 1, '{}');
INSERT INTO ecopanier.territory_commune SELECT t, '86194' FROM generate_series(1, 2) t;

INSERT INTO ecopanier.organisation (territory_id, kind, name, state, accreditation_number, accredited_from, latitude, longitude, commune_insee)
SELECT t, k, n, 'active', CASE k WHEN 'association' THEN 'A1' END, CASE k WHEN 'association' THEN date '2020-01-01' END, 46.58, 0.34, '86194'
FROM generate_series(1, 2) t, (VALUES ('merchant', 'Epicerie'), ('association', 'Croix'), ('association', 'Restos'), ('social_service', 'Mission'),
	('producer', 'Ferme'), ('producer', 'Verger'), ('hub', 'Halle'), ('hub', 'Plateforme'), ('authority', 'Mairie'), ('authority', 'Agglo'),
	('funder', 'Fondation'), ('funder', 'Mutuelle')) o (k, n);

-- Who is there: name, role, organisation and function; those of the fixture are named again, to act.
CREATE TABLE world.person (name text PRIMARY KEY, role text, organisation text, function text);
INSERT INTO world.person VALUES
('Camille', 'customer', NULL, NULL), ('Charlie', 'customer', NULL, NULL), ('Benoit', 'beneficiary', NULL, NULL), ('Basma', 'beneficiary', NULL, NULL), ('Bruno', 'beneficiary', NULL, NULL),
('Mona', 'merchant', 'Boulangerie', 'owner'), ('Sami', 'merchant', 'Boulangerie', 'station'), ('Rita', 'merchant', 'Boulangerie', 'reader'),
('Mia', 'merchant', 'Epicerie', 'manager'), ('Alice', 'association', 'CCAS', 'manager'), ('Alba', 'association', 'CCAS', 'station'),
('Arno', 'association', 'CCAS', 'reader'), ('Amir', 'association', 'Croix', 'owner'), ('Coline', 'collector', NULL, NULL), ('Corto', 'collector', NULL, NULL),
('Adele', 'administrator', NULL, NULL), ('Ada', 'administrator', NULL, NULL);
INSERT INTO ecopanier.member (territory_id, display_name)
SELECT t, name FROM generate_series(1, 2) t, world.person WHERE fixture.id(name, t) IS NULL;
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT t, fixture.id(name, t), role FROM generate_series(1, 2) t, world.person ON CONFLICT DO NOTHING;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT t, fixture.organisation(organisation, t), fixture.id(name, t), function
FROM generate_series(1, 2) t, world.person WHERE function IS NOT NULL ON CONFLICT DO NOTHING;

-- All who try something. without: the role alone, nobody signed in; owner and everything: rights on all tables, but no caller.
CREATE TABLE world.actor (name text PRIMARY KEY, login text, role text, territory int, member uuid, organisation uuid, function text, claims text, key text);
INSERT INTO world.actor
SELECT name || t, 'api', fixture.database_role(role), t, fixture.id(name, t), fixture.organisation(organisation, t), function,
	fixture.claims(name, role, t)
FROM generate_series(1, 2) t, world.person;
INSERT INTO world.actor (name, login, role, claims)
SELECT 'without ' || r, 'api', 'ecopanier_' || r, CASE r WHEN 'anon' THEN '{"role": "ecopanier_anon"}' END
FROM unnest(ARRAY['anon', 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin', 'authority', 'service', 'analyst']) r;
CREATE ROLE analyst LOGIN IN ROLE ecopanier_analyst;
CREATE ROLE everything LOGIN BYPASSRLS;
UPDATE world.actor SET login = 'analyst' WHERE name = 'without analyst';
INSERT INTO world.actor (name, login, role) VALUES ('authenticator', 'api', 'ecopanier_authenticator');
INSERT INTO world.actor (name, login, role) VALUES ('owner', 'ecopanier_owner', 'ecopanier_owner'), ('everything', 'everything', 'everything');

-- What there is of each.
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT territory_id, id, 1, '09:00', '12:00' FROM ecopanier.organisation;
INSERT INTO ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day, last_day)
SELECT territory_id, id, '2026-12-25', '2026-12-25' FROM ecopanier.organisation;
INSERT INTO ecopanier.organisation (territory_id, kind, name, state)
SELECT t, 'merchant', s, s FROM generate_series(1, 2) t, unnest(ARRAY['applied', 'suspended', 'closed']) s;
WITH made AS (INSERT INTO ecopanier.staff_invitation (territory_id, organisation_id, function, invited_by, expires_at)
	SELECT territory_id, organisation_id, 'reader', member_id, '2026-11-27 16:00+00' FROM ecopanier.organisation_staff RETURNING territory_id, id)
INSERT INTO ecopanier_private.staff_invitation_secret SELECT territory_id, sha256(id::text::bytea), id FROM made;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT t, fixture.id(n, t), fixture.organisation('Croix', t), 'verified', '2026-01-01', '2026-12-31'
FROM generate_series(1, 2) t, unnest(ARRAY['Corto']) n;
-- who is suspended, and whom no organisation registered
INSERT INTO ecopanier.member (territory_id, display_name) SELECT t, n FROM generate_series(1, 2) t, unnest(ARRAY['Suspended', 'Nobody''s', 'Suspended nobody''s']) n;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until, reason)
SELECT territory_id, id, CASE display_name WHEN 'Suspended' THEN fixture.organisation('Croix', territory_id) END,
	CASE WHEN display_name LIKE 'Susp%' THEN 'suspended' ELSE 'verified' END, '2026-01-01', '2026-12-31', 'why'
FROM ecopanier.member WHERE display_name ~ '^(Suspended|Nobody)';
INSERT INTO ecopanier.enrolment (territory_id, organisation_id, external_id, member_id)
SELECT territory_id, organisation_id, 'E' || member_id, member_id FROM ecopanier.beneficiary;
INSERT INTO ecopanier_private.person_tag (territory_id, member_id, mac, key_id)
SELECT territory_id, member_id, sha256(member_id::text::bytea), (SELECT id FROM ecopanier.key_ring LIMIT 1) FROM ecopanier.beneficiary;
INSERT INTO ecopanier_private.right_transfer (territory_id, member_id, organisation_id, requested_by, holder_territory_id, holder_member_id)
SELECT t, fixture.id('Bruno', t), fixture.organisation('CCAS', t), fixture.id('Alice', t), 3 - t, fixture.id('Corto', 3 - t) FROM generate_series(1, 2) t;
CREATE TABLE world.lot (territory int, organisation text, state text, id uuid);
GRANT SELECT ON world.lot TO PUBLIC;
WITH made AS (
	INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
		unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
	SELECT t, fixture.organisation(o, t), 'Panier', 20, 20, 1000, 400, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-21', '2026-11-20 17:00+00', '2026-11-20 19:00+00', s
	FROM generate_series(1, 2) t, unnest(ARRAY['Boulangerie', 'Epicerie', 'CCAS', 'Croix']) o, unnest(ARRAY['draft', 'published']) s
	RETURNING territory_id, organisation_id, state, id)
INSERT INTO world.lot SELECT territory_id, o.name, m.state, m.id FROM made m JOIN ecopanier.organisation o USING (territory_id) WHERE o.id = m.organisation_id;
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, request_id)
SELECT l.id, fixture.id(n, l.territory), CASE left(n, 1) WHEN 'B' THEN 'solidarity' ELSE 'public' END, ecopanier.new_id(l.territory)
FROM world.lot l, unnest(ARRAY['Camille', 'Charlie', 'Benoit', 'Basma']) n
WHERE l.state = 'published' AND (n LIKE 'C%' OR l.organisation IN ('Boulangerie', 'Croix'));
UPDATE ecopanier.reservation SET state = 'collected' WHERE member_id IN (fixture.id('Charlie', 1), fixture.id('Charlie', 2));
INSERT INTO ecopanier.category_points (territory_id, category, points, valid_from, source)
SELECT t, 'bakery', 1, '-infinity', 'test' FROM generate_series(1, 2) t;
-- Baskets that somebody else paid for, two days ago: one of two was fetched, the other goes to the fund; gifts that funders match.
SET ecopanier.clock = '2026-11-18 12:00:00+00';
CREATE TABLE world.sponsored_lot AS SELECT t AS territory, o AS organisation, ecopanier.new_id(t) AS id
FROM generate_series(1, 2) t, unnest(ARRAY['Boulangerie', 'Epicerie', 'CCAS', 'Croix']) o;
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, public_units, original_price_cents, price_cents, unit_weight_g, category, cold_class,
	batch, allergens, use_by, window_start, window_end, state)
SELECT territory, id, fixture.organisation(organisation, territory), 'Offert', 5, 1000, 350, 1200, 'bakery', 'ambient', 'L0', '{gluten}', '2026-11-19',
	'2026-11-18 17:00+00', '2026-11-18 19:00+00', 'published' FROM world.sponsored_lot;
INSERT INTO ecopanier.match_agreement (territory_id, organisation_id, percent, ceiling_cents, source)
SELECT t, fixture.organisation(o, t), 100, 100000, 'test' FROM generate_series(1, 2) t, unnest(ARRAY['Fondation', 'Mairie']) o;
INSERT INTO ecopanier.contribution (territory_id, member_id, kind, lot_id, quantity)
SELECT territory, fixture.id(n, territory), 'basket', id, 1 FROM world.sponsored_lot, unnest(ARRAY['Camille', 'Charlie']) n;
INSERT INTO ecopanier.reservation (lot_id, member_id, pool)
SELECT id, fixture.id('Claude', territory), 'public' FROM world.sponsored_lot WHERE organisation = 'Boulangerie';
INSERT INTO ecopanier.contribution (territory_id, member_id, kind, reservation_id)
SELECT r.territory_id, r.member_id, 'round_up', r.id FROM ecopanier.reservation r JOIN world.sponsored_lot l ON l.id = r.lot_id;
INSERT INTO ecopanier.contribution (territory_id, member_id, kind, amount_cents, request_id)
SELECT t, fixture.id(n, t), 'gift', 500, ecopanier.new_id(t) FROM generate_series(1, 2) t, unnest(ARRAY['Camille', 'Charlie']) n;
SELECT ecopanier.settle_instruction(id, id::text, amount_cents) FROM ecopanier.due_instructions(10000) WHERE kind = 'debit' \g /dev/null
SELECT ecopanier.settle_instruction(id, id::text, amount_cents) FROM ecopanier.due_instructions(1) WHERE kind = 'debit' \g /dev/null
SET ecopanier.clock = '2026-11-18 17:30:00+00';
INSERT INTO ecopanier.reservation (lot_id, member_id, pool)
SELECT id, fixture.id(CASE WHEN organisation IN ('Boulangerie', 'CCAS') THEN 'Benoit' ELSE 'Basma' END, territory), 'solidarity' FROM world.sponsored_lot;
UPDATE ecopanier.reservation r SET state = 'collected' FROM world.sponsored_lot l WHERE r.lot_id = l.id;
SET ecopanier.clock = '2026-11-20 16:00:00+00';

INSERT INTO ecopanier_private.pickup_guess
SELECT territory_id, id, fixture.id('Sami', territory_id), 1, g, ecopanier.now() FROM ecopanier.reservation, generate_series(1, 5) g
WHERE member_id IN (fixture.id('Camille', 1), fixture.id('Camille', 2));
INSERT INTO ecopanier.consent (member_id, territory_id, purpose, version, language)
SELECT m.id, m.territory_id, 'alerts', 1, 'fr' FROM ecopanier.member m;
INSERT INTO ecopanier.notification (territory_id, member_id, event_id, kind, subject_id)
SELECT territory_id, id, ecopanier.new_id(territory_id), 'right.verified', id FROM ecopanier.member;
INSERT INTO ecopanier.alert (territory_id, member_id, latitude, longitude, radius_m)
SELECT t, fixture.id(n, t), 46.58, 0.34, 500 FROM generate_series(1, 2) t, unnest(ARRAY['Benoit', 'Basma', 'Corto']) n;
INSERT INTO ecopanier.favourite (territory_id, member_id, organisation_id)
SELECT t, fixture.id(n, t), fixture.organisation('Boulangerie', t) FROM generate_series(1, 2) t, unnest(ARRAY['Camille', 'Benoit', 'Basma']) n;
INSERT INTO ecopanier_private.alert_told (territory_id, member_id, lot_id, day)
SELECT territory_id, member_id, ecopanier.new_id(territory_id), '2026-11-20' FROM ecopanier.alert;
INSERT INTO ecopanier_private.reminder_mark (territory_id, kind) SELECT id, 'window' FROM ecopanier.territory;
INSERT INTO ecopanier_private.circuit VALUES ('webhook', 'partner.example', 5, 1, ecopanier.now(), ecopanier.now() + interval '1 minute', 'HTTP 500');
INSERT INTO ecopanier.access_grant (territory_id, admin_id, member_id, reason, opened_at, expires_at)
SELECT t, fixture.id('Adele', t), fixture.id('Camille', t), 'litige panier', ecopanier.now(), ecopanier.now() + interval '15 minutes' FROM generate_series(1, 2) t;
INSERT INTO ecopanier.audit_event (territory_id, id, actor_kind, action) SELECT t, ecopanier.new_id(t), 'load', 'test' FROM generate_series(1, 2) t
WHERE NOT EXISTS (SELECT FROM ecopanier.audit_event);
SELECT ecopanier.tick() \g /dev/null
INSERT INTO ecopanier_private.lot_announcement (territory_id, lot_id) SELECT territory, id FROM world.lot WHERE state = 'draft';
-- Templates, and answers about many lots.
INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, starts_at, ends_at, active_from, publish)
SELECT t, fixture.organisation(o, t), 'Panier', '{17:00}', '{19:00}', '2026-12-01', false
FROM generate_series(1, 2) t, unnest(ARRAY['Boulangerie', 'Epicerie', 'CCAS', 'Croix']) o;
INSERT INTO ecopanier_private.lot_request (territory_id, organisation_id, request_id, asked)
SELECT territory_id, organisation_id, ecopanier.new_id(territory_id), '' FROM ecopanier.lot_template;
CREATE ROLE station1 LOGIN IN ROLE ecopanier_merchant;
CREATE ROLE station2 LOGIN IN ROLE ecopanier_merchant;
SELECT ecopanier.map_login('station' || t, fixture.id('Sami', t), 'merchant', fixture.organisation('Boulangerie', t)) FROM generate_series(1, 2) t \g /dev/null
INSERT INTO world.actor (name, login, role, territory, member, organisation, function)
SELECT 'login of Sami' || t, 'station' || t, 'ecopanier_merchant', t, fixture.id('Sami', t), fixture.organisation('Boulangerie', t), 'station'
FROM generate_series(1, 2) t;

-- What people make themselves, by name and territory: ids, keys, tokens.
CREATE TABLE world.made (name text, territory int, value text, PRIMARY KEY (name, territory));
CREATE FUNCTION world.made(made text, of_territory int DEFAULT 1) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT m.value FROM world.made m WHERE m.name = $1 AND m.territory = $2 $$;
-- The smallest picture: one grey pixel.
CREATE FUNCTION world.photo() RETURNS bytea IMMUTABLE LANGUAGE sql AS
$$ SELECT '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082'::bytea $$;
INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) SELECT territory, id, world.photo() FROM world.lot;
CREATE TABLE world.step (n serial, name text, who text, role text, statement text);
INSERT INTO world.step (name, who, role, statement) VALUES
('service', 'Alice', 'association', $$SELECT ecopanier.create_service('Logiciel', '{enrol,verify,transfer}', 100000)$$),
('service key', 'Alice', 'association', $$SELECT id || ' ' || key FROM ecopanier.create_service_key(world.made('service', {t})::uuid, 'test', '2027-01-01')$$),
('service of Croix', 'Amir', 'association', $$SELECT ecopanier.create_service('Base', '{enrol}', 100000)$$),
('service key of Croix', 'Amir', 'association', $$SELECT id || ' ' || key FROM ecopanier.create_service_key(world.made('service of Croix', {t})::uuid, 'test', '2027-01-01')$$),
('organisation key', 'Alice', 'association', $$SELECT ecopanier.add_organisation_key(decode('09' || repeat('00', 31), 'hex'), 'bureau')$$),
('organisation key of Croix', 'Amir', 'association', $$SELECT ecopanier.add_organisation_key(decode('09' || repeat('00', 31), 'hex'), 'bureau')$$),
('identity', 'Alice', 'association', $$SELECT ecopanier.store_identity(fixture.id('Benoit', {t}), world.made('organisation key', {t})::uuid, decode(repeat('ab', 100), 'hex'))$$),
('identity of Croix', 'Amir', 'association', $$SELECT ecopanier.store_identity(fixture.id('Corto', {t}), world.made('organisation key of Croix', {t})::uuid, decode(repeat('ab', 100), 'hex'))$$),
('contact', 'Benoit', 'beneficiary', $$SELECT ecopanier.set_contact('mail', 'benoit@example.org')$$),
('household', 'Benoit', 'beneficiary', $$SELECT ecopanier.set_household(0, 1, 0, 0, 2, 0)$$),
('household of a customer', 'Camille', 'customer', $$SELECT ecopanier.set_household(0, 1, 0, 0, 2, 0)$$),
('household of Croix', 'Amir', 'association', $$SELECT ecopanier.set_household(0, 1, 0, 0, 2, 0, fixture.id('Corto', {t}))$$),
('consent', 'Camille', 'customer', $$SELECT ecopanier.give_consent('alerts', 1, 'fr')$$),
('consent of a beneficiary', 'Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'fr')$$),
('consent to be counted', 'Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('statistics', 1, 'fr')$$),
('wishes', 'Camille', 'customer', $$SELECT ecopanier.set_wishes((SELECT id FROM ecopanier.reservation LIMIT 1), '{no_meat}')$$),
('card', 'Alice', 'association', $$SELECT concat_ws(' ', card_id, card, pin) FROM ecopanier.issue_card(fixture.id('Benoit', {t}))$$),
('card of Croix', 'Amir', 'association', $$SELECT concat_ws(' ', card_id, card, pin) FROM ecopanier.issue_card(fixture.id('Corto', {t}))$$),
('session', 'Alice', 'association', $$SELECT token FROM ecopanier.kiosk_login(split_part(world.made('card', {t}), ' ', 2), split_part(world.made('card', {t}), ' ', 3))$$),
('wrong card', 'Alice', 'association', $$SELECT state FROM ecopanier.kiosk_login('EC1.x', '123456')$$),
('wrong card at Croix', 'Amir', 'association', $$SELECT state FROM ecopanier.kiosk_login('EC1.x', '123456')$$),
('proposal', 'Mona', 'merchant', $$SELECT proposal FROM ecopanier.propose_lot(world.photo(), ecopanier.new_id({t}))$$),
('failed proposal', 'Mona', 'merchant', $$SELECT proposal FROM ecopanier.propose_lot(world.photo())$$),
('proposal of Epicerie', 'Mia', 'merchant', $$SELECT proposal FROM ecopanier.propose_lot(world.photo(), ecopanier.new_id({t}))$$),
('proposal of CCAS', 'Alice', 'association', $$SELECT proposal FROM ecopanier.propose_lot(world.photo())$$),
('proposal of Croix', 'Amir', 'association', $$SELECT proposal FROM ecopanier.propose_lot(world.photo())$$),
('released card', 'Alice', 'association', $$SELECT ecopanier.release_card(split_part(world.made('card', {t}), ' ', 1)::uuid, 'known')$$);
-- Allotment rounds, of lots whose windows open within the hour.
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t, n, 15, '2026-11-20 16:00+00', 'test' FROM generate_series(1, 2) t, unnest(ARRAY['allotment_lead_minutes', 'allotment_open_minutes']) n;
INSERT INTO world.step (name, who, role, statement) VALUES
('round', 'Mona', 'merchant', $$SELECT ecopanier.open_allotment((SELECT id FROM world.lot WHERE territory = {t} AND organisation = 'Boulangerie' AND state = 'published'), 2, '2026-11-20 16:30+00')$$),
('round of Croix', 'Amir', 'association', $$SELECT ecopanier.open_allotment((SELECT id FROM world.lot WHERE territory = {t} AND organisation = 'Croix' AND state = 'published'), 2, '2026-11-20 16:30+00')$$),
('interest', 'Benoit', 'beneficiary', $$SELECT ecopanier.declare_interest(world.made('round', {t})::uuid)$$),
('interest of another', 'Basma', 'beneficiary', $$SELECT ecopanier.declare_interest(world.made('round of Croix', {t})::uuid)$$);
-- The cascade: who takes what is left, and gifts by hand.
INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, declares_short_dated)
SELECT t, fixture.organisation(o, t), CASE WHEN o IN ('CCAS', 'Croix') THEN 'association' ELSE 'processing' END, 100, o IN ('CCAS', 'Croix')
FROM generate_series(1, 2) t, unnest(ARRAY['Boulangerie', 'Epicerie', 'CCAS', 'Croix']) o;
CREATE FUNCTION world.receiver(of text, t int DEFAULT 1) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.receiver WHERE territory_id = t AND organisation_id = fixture.organisation(of, t) AND stage IN ('association', 'processing') $$;
INSERT INTO ecopanier.organisation_opening_exception (territory_id, organisation_id, first_day, last_day, opens_at, closes_at)
SELECT t, fixture.organisation(o, t), '2026-11-20', '2026-11-20', '08:00', '22:00' FROM generate_series(1, 2) t, unnest(ARRAY['Boulangerie', 'Epicerie', 'CCAS', 'Croix']) o;
INSERT INTO world.step (name, who, role, statement)
SELECT 'gift of ' || o || ' to ' || r, w, k, format($$SELECT ecopanier.give_lot((SELECT id FROM world.lot WHERE territory = {t} AND organisation = %L AND state = 'published'), 1, world.receiver(%L, {t}))$$, o, r)
FROM (VALUES ('Boulangerie', 'CCAS', 'Mona', 'merchant'), ('Epicerie', 'Croix', 'Mia', 'merchant'), ('CCAS', 'Boulangerie', 'Alice', 'association'), ('Croix', 'Epicerie', 'Amir', 'association')) g (o, r, w, k);
INSERT INTO ecopanier_private.mail (territory_id, id, member_id, event_id, kind, endpoint)
SELECT t, ecopanier.new_id(t), fixture.id('Camille', t), ecopanier.new_id(t), 'reservation.held', 'smtp.example.org' FROM generate_series(1, 2) t;
-- Webhooks.
INSERT INTO ecopanier.webhook_host (territory_id, host) SELECT t, 'hooks' || t || '.example.org' FROM generate_series(1, 2) t;
INSERT INTO world.step (name, who, role, statement) VALUES
('webhook', 'Mona', 'merchant', $$SELECT id FROM ecopanier.add_webhook('https://hooks{t}.example.org/in')$$),
('webhook of Epicerie', 'Mia', 'merchant', $$SELECT id FROM ecopanier.add_webhook('https://hooks{t}.example.org/in')$$),
('webhook of CCAS', 'Alice', 'association', $$SELECT id FROM ecopanier.add_webhook('https://hooks{t}.example.org/in')$$),
('webhook of Croix', 'Amir', 'association', $$SELECT id FROM ecopanier.add_webhook('https://hooks{t}.example.org/in')$$),
('delivery', 'Mona', 'merchant', $$SELECT ecopanier.send_webhook_test(world.made('webhook', {t})::uuid)$$),
('delivery of Epicerie', 'Mia', 'merchant', $$SELECT ecopanier.send_webhook_test(world.made('webhook of Epicerie', {t})::uuid)$$),
('delivery of CCAS', 'Alice', 'association', $$SELECT ecopanier.send_webhook_test(world.made('webhook of CCAS', {t})::uuid)$$),
('delivery of Croix', 'Amir', 'association', $$SELECT ecopanier.send_webhook_test(world.made('webhook of Croix', {t})::uuid)$$);
INSERT INTO ecopanier_private.kiosk_count SELECT t, fixture.organisation(o, t), '2026-11-01', 3, 1 FROM generate_series(1, 2) t, unnest(ARRAY['CCAS', 'Croix']) o;
DO $$
DECLARE
	item record;
	answer text;
BEGIN
	FOR item IN SELECT s.*, t FROM world.step s, generate_series(1, 2) t ORDER BY n, t LOOP
		answer := fixture.try(item.who, item.role, replace(item.statement, '{t}', item.t::text), item.t, keep => true);
		IF answer IS NULL OR answer ~ '^[0-9A-Z]{5}$' THEN
			RAISE WARNING 'world: % in %: %', item.name, item.t, answer;
		END IF;
		INSERT INTO world.made VALUES (item.name, item.t, answer);
		COMMIT;
	END LOOP;
END $$;
INSERT INTO world.actor (name, login, role, territory, member, organisation, claims, key)
SELECT 'service' || CASE o WHEN 'Croix' THEN ' of Croix' ELSE '' END || t, 'api', 'ecopanier_service', t,
	world.made('service' || CASE o WHEN 'Croix' THEN ' of Croix' ELSE '' END, t)::uuid, fixture.organisation(o, t), '{"role": "ecopanier_anon"}',
	split_part(world.made('service key' || CASE o WHEN 'Croix' THEN ' of Croix' ELSE '' END, t), ' ', 2)
FROM generate_series(1, 2) t, unnest(ARRAY['CCAS', 'Croix']) o;
-- What a model said of the photos.
UPDATE ecopanier.proposal SET state = 'failed', failure = 'model_busy', answered_at = ecopanier.now() WHERE id IN (SELECT value::uuid FROM world.made WHERE name = 'failed proposal');
UPDATE ecopanier.proposal SET state = 'draft', fields = '{"title": {"value": "Pommes", "confidence": 0.9, "source": "proposed"}}', answered_at = ecopanier.now() WHERE state = 'waiting';
INSERT INTO ecopanier.proposal_call (territory_id, proposal_id, organisation_id, month, provider, model, outcome)
SELECT territory_id, id, organisation_id, '2026-11-01', 'gemini', 'test', 'draft' FROM ecopanier.proposal;
INSERT INTO ecopanier.organisation_plan (territory_id, organisation_id, plan, valid_from, source)
SELECT territory_id, id, 'standard', '2026-01-01', 'test' FROM ecopanier.organisation WHERE name IN ('Boulangerie', 'Epicerie', 'CCAS', 'Croix');
-- Certificates, and lots that were published by people.
INSERT INTO ecopanier.organisation_label (territory_id, organisation_id, label, number, valid_from, valid_until)
SELECT territory_id, id, 'organic_ab', 'FR-BIO-01', '2026-01-01', '2026-12-31' FROM ecopanier.organisation WHERE name IN ('Boulangerie', 'Epicerie', 'CCAS', 'Croix');
SET session_replication_role = replica;
INSERT INTO ecopanier.lot_day (territory_id, organisation_id, day, used, limit_lots, limit_version, plan)
SELECT territory_id, id, '2026-11-20', 1, 20, 1, 'free' FROM ecopanier.organisation WHERE name IN ('Boulangerie', 'Epicerie', 'CCAS', 'Croix');
RESET session_replication_role;

-- So that somebody may claim a free unit still.
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) SELECT t, 'free_units_per_day', 10, '2026-11-20 16:00+00', 'test' FROM generate_series(1, 2) t;
