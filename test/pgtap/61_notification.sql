-- Notifications: who is told of what and of what not, in four languages, once; pages, marks, row security, erasure.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
CREATE FUNCTION pg_temp.walk() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE s step;
BEGIN
	FOR s IN SELECT * FROM step ORDER BY n LOOP
		RETURN NEXT tap.is(fixture.try(s.name, s.role, s.statement, s.territory, s.at, true), s.expected, s.says);
	END LOOP;
	TRUNCATE step;
END $$;
CREATE FUNCTION fixture.claim_of(name text, lot text DEFAULT 'sold') RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.reservation WHERE lot_id = fixture.named(lot) AND member_id IN (fixture.id(name, 1), fixture.id(name, 2)) ORDER BY state IN ('held', 'awaiting_payment') DESC, claimed_at DESC LIMIT 1 $$;
-- What somebody was told since the last look, the oldest first.
CREATE TABLE fixture.looked (member_id uuid, notification_id uuid);
CREATE FUNCTION fixture.told(name text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	WITH new AS (INSERT INTO fixture.looked SELECT member_id, id FROM ecopanier.notification
		WHERE member_id = fixture.id(name, territory) AND id NOT IN (SELECT notification_id FROM fixture.looked) RETURNING notification_id)
	SELECT string_agg(n.kind, ' ' ORDER BY n.created_at, n.id) FROM ecopanier.notification n JOIN new ON n.id = new.notification_id $$;
CREATE FUNCTION fixture.all_told() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(m.display_name || ' ' || t.told, ', ' ORDER BY m.display_name) FROM ecopanier.member m, LATERAL (SELECT fixture.told(m.display_name) AS told) t
	WHERE m.territory_id = 1 AND t.told IS NOT NULL $$;
CREATE FUNCTION fixture.body(name text, role text, want text, territory int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT fixture.try(name, role, format($q$SELECT title || ': ' || body FROM ecopanier.my_notifications() WHERE kind = %L$q$, want), territory) $$;
SELECT fixture.name_lot('sold', fixture.lot(8, 8)), fixture.name_lot('island', fixture.lot(5, 5, 2)), fixture.name_lot('doomed', fixture.lot(5, 5)) \g /dev/null
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Basma right.verified, Benoit right.verified, Bilal right.verified, Mona organisation.active',
	'what a load begins is told: rights and organisations, no lots');

\echo '# baskets'
INSERT INTO step (says, name, role, statement, expected) VALUES
('a paid basket', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'), 2)$$, 'held'),
('a free basket', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'), 2)$$, 'held');
INSERT INTO step (says, name, role, statement, expected, territory) VALUES
('one on the island', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('island'))$$, 'held', 2);
SELECT pg_temp.walk();
SELECT is(fixture.all_told(), NULL, 'nothing is told in the transaction of the fact');
SELECT cmp_ok(ecopanier.tell_events(), '>=', 3::bigint, 'but when events are told');
SELECT is(fixture.all_told(), 'Benoit reservation.held, Camille reservation.held', 'the person has a receipt; staff hear nothing');
SELECT is(fixture.body('Camille', 'customer', 'reservation.held'),
	'Panier réservé: Votre panier est réservé. Panier, Boulangerie. Retrait le 20/11/2026, de 18:00 à 20:00.', 'in French');
SELECT is(fixture.body('Benoit', 'beneficiary', 'reservation.held'), fixture.body('Camille', 'customer', 'reservation.held'), 'a free basket is told like a paid one');
SELECT is(fixture.body('Camille', 'customer', 'reservation.held', 2),
	'Panier réservé: Votre panier est réservé. Panier, Boulangerie. Retrait le 20/11/2026, de 21:00 à 23:00.', 'hours are those of the island');
SELECT is(fixture.try('Camille', 'customer', format('UPDATE ecopanier.member SET language = %L', l), keep => true) || ' '
	|| fixture.body('Camille', 'customer', 'reservation.held'), '1 row ' || expected, 'the language is the reader''s, at reading: ' || l)
FROM (VALUES ('en', 'Basket reserved: Your basket is reserved. Panier, Boulangerie. Pickup on 20/11/2026, from 18:00 to 20:00.'),
	('es', 'Cesta reservada: Su cesta está reservada. Panier, Boulangerie. Recogida el 20/11/2026, de 18:00 a 20:00.'),
	('ar', E'تم حجز السلة: تم حجز سلتك. \u2068Panier\u2069، \u2068Boulangerie\u2069. الاستلام يوم \u206820/11/2026\u2069، من \u206818:00\u2069 إلى \u206820:00\u2069.'),
	('fr', 'Panier réservé: Votre panier est réservé. Panier, Boulangerie. Retrait le 20/11/2026, de 18:00 à 20:00.')) v (l, expected);
SELECT is(args, '{"day": "20/11/2026", "lot": "Panier", "opens": "18:00", "place": "Boulangerie", "units": 2, "closes": "20:00"}'::jsonb, 'no price, no pool, no name')
FROM ecopanier.notification WHERE member_id = fixture.id('Benoit') AND kind = 'reservation.held';
-- An event may come to a consumer twice: what was written of it stays one.
SELECT ecopanier.new_id(1) AS event \gset
INSERT INTO ecopanier.notification (territory_id, member_id, event_id, kind, subject_id) VALUES (1, fixture.id('Claude'), :'event', 'right.verified', fixture.id('Claude'));
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id) VALUES (1, :'event', 'reservation.held', fixture.claim_of('Camille'), fixture.id('Camille'));
UPDATE ecopanier.notification SET read_at = now() WHERE event_id = :'event';
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(string_agg(m.display_name, ' ' ORDER BY m.display_name), 'Camille Claude', 'one event is told once to each person')
FROM ecopanier.notification n JOIN ecopanier.member m ON m.id = n.member_id WHERE n.event_id = :'event';
INSERT INTO ecopanier.notification (territory_id, member_id, event_id, kind, subject_id, created_at) SELECT 1, fixture.id('Camille'), ecopanier.new_id(1), 'right.verified', fixture.id('Camille'), '2026-11-20 16:00:01+00';
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id)
SELECT 1, event_id, 'reservation.held', fixture.claim_of('Camille'), fixture.id('Camille') FROM ecopanier.notification WHERE member_id = fixture.id('Camille') AND kind = 'right.verified';
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.told('Camille') || ', ' || fixture.told('Claude'), 'reservation.held right.verified, right.verified', 'and what was written of it before is not written again');
INSERT INTO step (says, name, role, statement, expected) VALUES
('the person cancels', 'Benoit', 'beneficiary', $$SELECT ecopanier.cancel(fixture.claim_of('Benoit'), 'autre chose')$$, ''),
('another claim', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$, 'held'),
('staff cancel it', 'Mona', 'merchant', $$SELECT ecopanier.cancel(fixture.claim_of('Basma'), 'four en panne')$$, ''),
('a claim of a lot', 'Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('doomed'))$$, 'held'),
('which is cancelled', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'plus de pain' WHERE id = fixture.named('doomed')$$, '1 row');
SELECT pg_temp.walk();
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Basma reservation.held reservation.cancelled, Charlie reservation.held reservation.cancelled',
	'in order, and nobody is told of the own cancellation');
SELECT is(fixture.body('Basma', 'beneficiary', 'reservation.cancelled'), E'Panier annulé: Votre panier a dû être annulé, nous en sommes désolés. Panier, Boulangerie. '
	'Motif\u00A0: four en panne. Regardez les autres paniers près de vous.', 'with the reason that staff gave');
SELECT is(fixture.body('Charlie', 'customer', 'reservation.cancelled'), replace(fixture.body('Basma', 'beneficiary', 'reservation.cancelled'), 'four en panne', 'plus de pain'),
	'and that of a cancelled lot');
UPDATE ecopanier.reservation SET state = 'collected', collected_at = '2026-11-20 17:30+00' WHERE id = fixture.claim_of('Camille');
INSERT INTO step (says, name, role, statement, expected) VALUES ('one that nobody fetches', 'Basma', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$, 'held');
SELECT pg_temp.walk();
UPDATE ecopanier.reservation SET state = 'lapsed' WHERE id = fixture.claim_of('Basma');
INSERT INTO ecopanier.reservation (lot_id, member_id, state) VALUES (fixture.named('sold'), fixture.id('Claude'), 'awaiting_payment');
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Basma reservation.held reservation.lapsed, Camille reservation.collected', 'handed over, lapsed; nothing of a payment that is awaited');
UPDATE ecopanier.reservation SET state = 'lapsed' WHERE id = fixture.claim_of('Claude');
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Claude reservation.unconfirmed', 'a claim that was never held is told in other words');

SELECT fixture.try('Claude', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$, keep => true), ecopanier.tell_events(), fixture.told('Claude') \g /dev/null
-- Reminders that waited to be told, and were overtaken.
CREATE FUNCTION fixture.reminds(at text, change text DEFAULT 'SELECT 1') RETURNS text LANGUAGE plpgsql AS $$
DECLARE told text;
BEGIN
	INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id) SELECT 1, ecopanier.new_id(1), 'reservation.reminder', fixture.claim_of('Claude'), fixture.id('Claude');
	INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, facts) SELECT 1, ecopanier.new_id(1), 'lot.ending', fixture.named('sold'), '{"left": 1}';
	EXECUTE change;
	PERFORM set_config('ecopanier.clock', at, true), ecopanier.tell_events();
	told := concat_ws(', ', fixture.told('Claude'), fixture.told('Mona'));
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	RETURN told;
END $$;
SELECT is(fixture.reminds(at, change), expected, says) FROM (VALUES
	('a reminder told a second before the window ends', '2026-11-20 18:59:59+00', 'SELECT 1', 'reservation.reminder, lot.ending'),
	('not when it is over', '2026-11-20 19:00:00+00', 'SELECT 1', ''),
	('not of a basket that was cancelled', '2026-11-20 18:00:00+00', 'UPDATE ecopanier.reservation SET state = ''cancelled'', cancel_reason = ''x'' WHERE id = fixture.claim_of(''Claude'')', 'reservation.cancelled, lot.ending'),
	('not to staff of a lot that is closed', '2026-11-20 18:00:00+00', 'UPDATE ecopanier.lot SET state = ''closed'' WHERE id = fixture.named(''sold'')', 'reservation.reminder')) v (says, at, change, expected);
SELECT fixture.try('Claude', 'customer', $$SELECT ecopanier.cancel(fixture.claim_of('Claude'))$$, keep => true) \g /dev/null

\echo '# rights and organisations'
INSERT INTO step (says, name, role, statement, expected) VALUES
('verified', 'Alice', 'association', $$SELECT 1 FROM ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31')$$, '1'),
('restricted', 'Alice', 'association', $$SELECT ecopanier.restrict_beneficiary(fixture.id('Bruno'), 1, 'raison privée')$$, ''),
('suspended', 'Alice', 'association', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bruno'), 'raison privée')$$, '');
SELECT pg_temp.walk();
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Bruno right.verified right.restricted right.suspended', 'the person is told of the own right, its holder is not');
SELECT is(fixture.body('Bruno', 'beneficiary', 'right.verified'), 'Votre droit est ouvert: Votre droit est ouvert. Il est valable jusqu''au 31/12/2026.', 'with the last day');
SELECT is(fixture.body('Bruno', 'beneficiary', 'right.restricted'),
	E'Votre limite par jour: Votre limite de paniers par jour a changé. Paniers par jour\u00A0: 1. Le détail est dans votre dossier.', 'with the limit');
SELECT is(count(*), 0::bigint, 'a reason about a right is in no notification') FROM ecopanier.notification WHERE args::text LIKE '%priv%';
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id, facts)
SELECT 1, ecopanier.new_id(1), 'right.expiring', fixture.id(n), fixture.id(n), jsonb_build_object('valid_until', d) FROM (VALUES ('Benoit', '2026-12-31'), ('Basma', '2026-12-30'), ('Bruno', '2026-12-31')) v (n, d);
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Benoit right.expiring', 'a right that was prolonged or suspended meanwhile is not called to mind');
INSERT INTO step (says, name, role, statement, expected) VALUES
('an organisation is suspended', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'suspended', 'contrôle')$$, NULL),
('and opened again', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'active', 'en ordre')$$, NULL);
UPDATE step SET expected = fixture.try(name, role, statement) WHERE says LIKE 'an org%';
UPDATE step SET expected = (SELECT expected FROM step WHERE says LIKE 'an org%') WHERE expected IS NULL;
SELECT pg_temp.walk();
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Mona organisation.suspended organisation.active', 'owners are told of decisions, stations are not');

\echo '# pages and marks'
SELECT fixture.try('Claude', 'customer', 'SELECT ecopanier.mark_all_read()', keep => true) \g /dev/null
INSERT INTO ecopanier.notification (territory_id, member_id, event_id, kind, subject_id, created_at)
SELECT 1, fixture.id('Claude'), ecopanier.new_id(1), 'reservation.held', ecopanier.new_id(1), '2026-11-20 12:00+00'::timestamptz + i / 3 * interval '1 second' FROM generate_series(1, 25) i;
CREATE FUNCTION fixture.pages(size int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	last uuid;
	page uuid[];
	seen uuid[] := '{}';
	pages int := 0;
BEGIN
	LOOP
		page := fixture.try('Claude', 'customer', format('SELECT coalesce(array_agg(notification_id ORDER BY o), ''{}'') FROM ecopanier.my_notifications(true, %s, %L) WITH ORDINALITY n (notification_id, k, s, t, b, c, r, o)', size, last));
		EXIT WHEN page = '{}';
		pages := pages + 1;
		seen := seen || page;
		last := page[cardinality(page)];
	END LOOP;
	RETURN pages || ' pages, ' || cardinality(seen) || ' rows, ' || CASE WHEN seen = (SELECT array_agg(id ORDER BY created_at DESC, id DESC)
		FROM ecopanier.notification WHERE member_id = fixture.id('Claude') AND read_at IS NULL) THEN 'in order' ELSE 'in disorder' END;
END $$;
SELECT is(fixture.pages(7), '4 pages, 25 rows, in order', 'pages of seven, with equal times across their edges');
SELECT is(fixture.pages(25), '1 pages, 25 rows, in order', 'a page that just fits');
SELECT is(fixture.pages(24), '2 pages, 25 rows, in order', 'and one that does not');
INSERT INTO step (says, name, role, statement, expected) VALUES
('twenty are a page', 'Claude', 'customer', 'SELECT count(*) FROM ecopanier.my_notifications()', '20'),
('with what was read', 'Claude', 'customer', 'SELECT count(*) FROM ecopanier.my_notifications(page_size => 100)', '28'),
('a page of none', 'Claude', 'customer', 'SELECT count(*) FROM ecopanier.my_notifications(false, 0)', '22023'),
('a page of 101', 'Claude', 'customer', 'SELECT count(*) FROM ecopanier.my_notifications(false, 101)', '22023'),
('a page behind somebody else''s', 'Claude', 'customer', $$SELECT count(*) FROM ecopanier.my_notifications(false, 20, (SELECT notification_id FROM fixture.looked LIMIT 1))$$, '42501'),
('unread', 'Claude', 'customer', 'SELECT ecopanier.unread_notifications()', '25'),
('three are marked', 'Claude', 'customer', 'SELECT ecopanier.mark_read(ARRAY(SELECT notification_id FROM ecopanier.my_notifications(true, 3)))', '3'),
('once', 'Claude', 'customer', 'SELECT ecopanier.mark_read(ARRAY(SELECT notification_id FROM ecopanier.my_notifications(false, 3)))', '0'),
('fewer are unread', 'Claude', 'customer', 'SELECT ecopanier.unread_notifications()', '22'),
('up to a moment', 'Claude', 'customer', $$SELECT ecopanier.mark_all_read('2026-11-20 12:00:01+00')$$, '5'),
('none is left of those', 'Claude', 'customer', $$SELECT ecopanier.mark_all_read('2026-11-20 12:00:01.999+00')$$, '0'),
('by hand', 'Claude', 'customer', $$UPDATE ecopanier.notification SET read_at = '2020-01-01' WHERE id = (SELECT notification_id FROM ecopanier.my_notifications(true, 1))$$, '1 row'),
('when is the clock''s', 'Claude', 'customer', $$SELECT count(*) FROM ecopanier.notification WHERE read_at < '2026-11-20 16:00+00'$$, '0'),
('not twice', 'Claude', 'customer', $$UPDATE ecopanier.notification SET read_at = '2020-01-01' WHERE read_at IS NOT NULL$$, 'ZE111'),
('nor back', 'Claude', 'customer', 'UPDATE ecopanier.notification SET read_at = NULL WHERE read_at IS NOT NULL', 'ZE111'),
('and nothing else', 'Claude', 'customer', $$UPDATE ecopanier.notification SET kind = 'lot.nearby'$$, '42501'),
('nobody writes one', 'Claude', 'customer', $$INSERT INTO ecopanier.notification (kind) VALUES ('lot.nearby')$$, '42501'),
('or takes one away', 'Claude', 'customer', 'DELETE FROM ecopanier.notification', '42501'),
('another marks nothing of it', 'Camille', 'customer', format('SELECT ecopanier.mark_read(%L)', (SELECT array_agg(id) FROM ecopanier.notification WHERE member_id = fixture.id('Claude'))), '0'),
('reads nothing of it', 'Camille', 'customer', format('SELECT count(*) FROM ecopanier.notification WHERE member_id = %L', fixture.id('Claude')), '0'),
('nor an administrator', 'Adele', 'administrator', 'SELECT count(*) FROM ecopanier.notification', '0'),
('nor staff', 'Sami', 'merchant', 'SELECT count(*) FROM ecopanier.my_notifications()', '0'),
('too many', 'Claude', 'customer', 'SELECT ecopanier.mark_read(array_fill(ecopanier.current_member(), ARRAY[1001]))', '22023'),
('as many as there may be', 'Claude', 'customer', 'SELECT ecopanier.mark_read(array_fill(ecopanier.current_member(), ARRAY[1000]))', '0'),
('a null among them', 'Claude', 'customer', 'SELECT ecopanier.mark_read(ARRAY[NULL]::uuid[])', '22004'),
('no list', 'Claude', 'customer', 'SELECT ecopanier.mark_read(ARRAY[ARRAY[ecopanier.current_member()]])', '22023'),
('none', 'Claude', 'customer', $$SELECT ecopanier.mark_read('{}')$$, '0'),
('all of the rest', 'Claude', 'customer', 'SELECT ecopanier.mark_all_read()', '16'),
('nothing is unread', 'Claude', 'customer', 'SELECT ecopanier.unread_notifications()', '0');
GRANT SELECT ON fixture.looked TO PUBLIC;
UPDATE step SET statement = format('SELECT count(*) FROM ecopanier.my_notifications(false, 20, %L)', (SELECT id FROM ecopanier.notification WHERE member_id = fixture.id('Mona') LIMIT 1)), expected = 'ZE101'
WHERE says LIKE 'a page behind%';
SELECT pg_temp.walk();
SELECT is((fixture.attempt('api', 'ecopanier_anon', NULL, 'SELECT ecopanier.unread_notifications()')).state, '42501', 'nobody signed in has none');
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, 'ZE111', 'a superuser: ' || statement) FROM (VALUES
	('DELETE FROM ecopanier.notification'), ('TRUNCATE ecopanier.notification'), ('UPDATE ecopanier.notification SET args = ''{"a": 1}''')) v (statement);

\echo '# who fetched a basket of a lot that is withdrawn afterwards is warned'
SELECT fixture.name_lot('risky', fixture.lot(5, 5)) \g /dev/null
INSERT INTO step (says, name, role, statement, expected) VALUES
('one basket', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('risky'))$$, 'held'),
('another of the same lot', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('risky'))$$, 'held'),
('a free one', 'Bilal', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('risky'))$$, 'held'),
('one that is not fetched', 'Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('risky'))$$, 'held');
SELECT pg_temp.walk();
UPDATE ecopanier.reservation SET state = 'collected', collected_at = '2026-11-20 17:30+00' WHERE lot_id = fixture.named('risky') AND member_id <> fixture.id('Charlie');
SELECT ecopanier.tell_events() \g /dev/null
SELECT fixture.all_told() \g /dev/null
BEGIN;
SELECT fixture.try('Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Boulangerie'), 'suspended', 'papers')$$, keep => true), ecopanier.tell_events() \g /dev/null
SELECT count(*) FILTER (WHERE kind = 'reservation.recalled') AS recalled, count(*) FILTER (WHERE kind = 'reservation.cancelled' AND member_id = fixture.id('Charlie')) AS cancelled
FROM ecopanier.notification WHERE subject_id IN (SELECT id FROM ecopanier.reservation WHERE lot_id = fixture.named('risky')) \gset
ROLLBACK;
SELECT is(:recalled || ' ' || :cancelled, '0 1', 'a shop that is suspended recalls nothing that was fetched');
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('the shop recalls it', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'morceaux de verre' WHERE id = fixture.named('risky')$$, '1 row', '2026-11-20 18:00:00+00');
SELECT pg_temp.walk();
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), 'Bilal reservation.recalled, Camille reservation.recalled, Charlie reservation.cancelled', 'who has food of it, once each, whoever paid; the others that they get none');
SELECT is(fixture.body('Camille', 'customer', 'reservation.recalled'), E'Panier rappelé: Un panier que vous avez retiré a été rappelé après coup. Panier, Boulangerie, le 20/11/2026. '
	'Motif\u00A0: morceaux de verre. S''il vous en reste, ne le mangez pas avant d''avoir demandé au magasin.', 'with the reason and what to do');
SELECT is(fixture.body('Bilal', 'beneficiary', 'reservation.recalled'), fixture.body('Camille', 'customer', 'reservation.recalled'), 'a free basket like a paid one');
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, organisation_id) VALUES (1, ecopanier.new_id(1), 'lot.cancelled', fixture.named('risky'), fixture.organisation('CCAS'));
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(fixture.all_told(), NULL, 'what is told to a receiver of the lot tells them nothing again');

\echo '# of several windows the one that was chosen'
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, cold_class, undated, allergens, unit_weight_g, public_units, original_price_cents, price_cents, windows, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Deux fois', 'bakery', 'ambient', true, '{}', 500, 5, 1000, 400, '{"[2026-11-20 17:00Z,2026-11-20 17:30Z)","[2026-11-20 18:00Z,2026-11-20 18:45Z)"}', 'published')
RETURNING fixture.name_lot('twice', id) \g /dev/null
SELECT fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('twice'), 1, NULL, 'public', '2026-11-20 18:00Z')$$, keep => true), ecopanier.tell_events() \g /dev/null
SELECT is(string_agg(concat_ws(' ', kind, args ->> 'opens', args ->> 'closes'), ', '), 'reservation.held 19:00 19:45', 'a claim is told with its own')
FROM ecopanier.notification WHERE subject_id = fixture.claim_of('Camille', 'twice');

\echo '# consent, erasure, retention'
SELECT is(count(*), 0::bigint, 'all of this without a consent: messages about the own baskets are part of the service') FROM ecopanier.consent WHERE territory_id = 1;
SELECT is(fixture.try('Charlie', 'customer', $$SELECT string_agg(DISTINCT x ->> 'kind', ' ' ORDER BY x ->> 'kind') FROM jsonb_array_elements(ecopanier.export_person(ecopanier.current_member()) -> 'notifications') x$$),
	'reservation.cancelled reservation.held', 'the export holds them');
SELECT fixture.try('Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('sold'))$$, keep => true),
	fixture.try('Charlie', 'customer', $$SELECT ecopanier.cancel(fixture.claim_of('Charlie'))$$, keep => true) \g /dev/null
SELECT id AS charlie FROM ecopanier.member WHERE id = fixture.id('Charlie') \gset
UPDATE ecopanier.member SET state = 'closed' WHERE id = fixture.id('Claude');
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, organisation_id, member_id)
SELECT 1, ecopanier.new_id(1), 'reservation.held', fixture.claim_of('Claude'), fixture.organisation('Boulangerie'), fixture.id('Claude');
SELECT is(fixture.try('Charlie', 'customer', 'SELECT ecopanier.erase_person(ecopanier.current_member())', keep => true), '', 'a person goes while something is to be told');
SELECT ecopanier.tell_events() \g /dev/null
SELECT is(count(*), 0::bigint, 'nothing is kept or written of who was erased') FROM ecopanier.notification WHERE member_id = :'charlie';
SELECT is(count(*), 0::bigint, 'nor of a closed account') FROM ecopanier.notification n JOIN ecopanier.event e ON e.id = n.event_id
WHERE e.kind = 'reservation.held' AND e.subject_id = fixture.claim_of('Claude');
SELECT is(count(*), 0::bigint, 'every event is told all the same') FROM ecopanier.event WHERE told_at IS NULL OR last_error IS NOT NULL;
SELECT is(array_agg(DISTINCT n.kind) <@ (SELECT array_agg(code) FROM ecopanier.message_catalogue()), true, 'each kind has a sentence') FROM ecopanier.notification n;
SET ecopanier.clock = '2027-12-01 12:00:00+00';
SELECT ecopanier.retention() \g /dev/null
SELECT is(count(*), 0::bigint, 'after a year they are gone') FROM ecopanier.notification;
SELECT * FROM finish();
