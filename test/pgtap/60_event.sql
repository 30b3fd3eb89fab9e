-- Events: one for each fact, whichever door it came by, in order, gone with a rollback, the same for paid and free (D13); told once, each
-- subject in order, a failure stopping no other; never whom they concerned once they were told.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE EXTENSION amcheck SCHEMA fixture;

-- What happened since a mark: kind, o where an organisation is told, the member, the facts.
CREATE FUNCTION fixture.mark() RETURNS bigint STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT coalesce(max(number), 0) FROM ecopanier.event $$;
CREATE FUNCTION fixture.news(since bigint) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT coalesce(string_agg(concat_ws(' ', e.kind, CASE WHEN e.organisation_id IS NOT NULL THEN 'o' END, m.display_name, e.facts ->> 'by',
	e.facts ->> 'valid_until'), ', ' ORDER BY e.number), '') FROM ecopanier.event e
	LEFT JOIN ecopanier.member m ON m.territory_id = e.territory_id AND m.id = e.member_id WHERE e.number > since $$;
-- A step as somebody (login api), or as the loader where name is null, and its news.
CREATE FUNCTION fixture.step_news(name text, role text, statement text, at text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before bigint := fixture.mark();
	answer text := CASE WHEN name IS NULL THEN (fixture.attempt('postgres', NULL, NULL, statement, at, true)).state
		ELSE (SELECT a.state FROM fixture.attempt('api', fixture.database_role(role), fixture.claims(name, role), statement, at, true) a) END;
BEGIN
	RETURN coalesce('refused ' || answer || ' ', '') || fixture.news(before);
END $$;
CREATE FUNCTION fixture.claim_of(name text, lot text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id(name) AND lot_id = fixture.named(lot) ORDER BY (state = 'held') DESC, claimed_at DESC, id DESC LIMIT 1 $$;
CREATE FUNCTION fixture.load(name text, lot text, state text, pool text DEFAULT 'public') RETURNS text LANGUAGE sql AS
$$ SELECT format('INSERT INTO ecopanier.reservation (lot_id, member_id, state, pool, collected_at) VALUES (%L, %L, %L, %L, %L)',
	fixture.named(lot), fixture.id(name), state, pool, CASE state WHEN 'collected' THEN ecopanier.now() END) $$;

SELECT fixture.name_lot('l', fixture.lot(50, 50)), fixture.name_lot('m', fixture.lot(50, 50)) \g /dev/null
CREATE FUNCTION fixture.hand_over(name text, lot text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	receipt record;
BEGIN
	SELECT * INTO receipt FROM fixture.attempt('api', 'ecopanier_customer', fixture.claims(name, 'customer'),
		format('SELECT r.qr || '' '' || r.pin FROM ecopanier.receipt(%L) r', fixture.claim_of(name, lot)));
	RETURN format('SELECT verdict FROM ecopanier.verify_pickup(%L, %L)', split_part(receipt.value, ' ', 1), split_part(receipt.value, ' ', 2));
END $$;

\echo '# each kind, by each door'
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, evaluate boolean NOT NULL DEFAULT false);
INSERT INTO step (says, name, role, statement, expected) VALUES
('reserve()', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('l'))$$, 'reservation.held o Camille'),
('an INSERT of the API', 'Claude', 'customer', $$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('l'))$$, 'reservation.held o Claude'),
('a free one', 'Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('l'))$$, 'reservation.held o Benoit'),
('a refused one', 'Claude', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('l'), 51)$$, 'refused ZE104 '),
('one that ON CONFLICT drops', 'Camille', 'customer', $$INSERT INTO ecopanier.reservation (lot_id, request_id) VALUES (fixture.named('l'), '11111111-1111-8111-8111-111111111111')$$, 'reservation.held o Camille'),
('which is no second event', 'Camille', 'customer', $$INSERT INTO ecopanier.reservation (lot_id, request_id) VALUES (fixture.named('l'), '11111111-1111-8111-8111-111111111111') ON CONFLICT DO NOTHING$$, ''),
('a load', NULL, NULL, fixture.load('Charlie', 'l', 'held'), 'reservation.held o Charlie'),
('what awaits payment tells nothing', NULL, NULL, fixture.load('Charlie', 'm', 'awaiting_payment'), ''),
('its payment does', NULL, NULL, $$UPDATE ecopanier.reservation SET state = 'held' WHERE state = 'awaiting_payment'$$, 'reservation.held o Charlie'),
('a payment that does not come', NULL, NULL, fixture.load('Charlie', 'm', 'awaiting_payment'), ''),
('tells its member alone', NULL, NULL, $$UPDATE ecopanier.reservation SET state = 'lapsed' WHERE state = 'awaiting_payment'$$, 'reservation.lapsed Charlie'),
('one that is cancelled before', NULL, NULL, fixture.load('Charlie', 'm', 'awaiting_payment'), ''),
('too', NULL, NULL, $$UPDATE ecopanier.reservation SET state = 'cancelled' WHERE state = 'awaiting_payment'$$, 'reservation.cancelled Charlie'),
('history that is loaded is no news', NULL, NULL, fixture.load('Charlie', 'm', 'collected'), ''),
('nor is a lapse of then', NULL, NULL, fixture.load('Charlie', 'm', 'lapsed'), ''),
('nor a cancellation', NULL, NULL, fixture.load('Charlie', 'm', 'cancelled'), ''),
('a new PIN is no event', 'Camille', 'customer', $$SELECT state FROM ecopanier.reissue_pin(fixture.claim_of('Camille', 'l'))$$, ''),
('cancelled by the member', 'Claude', 'customer', $$SELECT ecopanier.cancel(fixture.claim_of('Claude', 'l'))$$, 'reservation.cancelled o Claude member'),
('by the shop', 'Mona', 'merchant', $$SELECT ecopanier.cancel(fixture.claim_of('Benoit', 'l'), 'four en panne')$$, 'reservation.cancelled o Benoit'),
('a lot loaded as published', NULL, NULL, $$SELECT fixture.lot(3, 0, 1, 'Neuf')$$, 'lot.published o'),
('a draft', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end)
	VALUES ('Brouillon', 'bakery', 500, 'ambient', true, '{gluten}', 3, 1000, 400, '2026-11-20 17:00+00', '2026-11-20 19:00+00')$$, ''),
('published', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE title = 'Brouillon'$$, 'lot.published o'),
('closed', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE title = 'Brouillon'$$, 'lot.closed o'),
('a draft thrown away', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title) VALUES ('Rien')$$, ''),
('was never news', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled' WHERE title = 'Rien'$$, ''),
('other words of a lot neither', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET description = 'x' WHERE title = 'Neuf'$$, ''),
('a right verified', 'Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31', NULL, sha256('b'))$$, 'right.verified o Bruno 2026-12-31'),
('and renewed', 'Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2027-12-31')$$, 'right.verified o Bruno 2027-12-31'),
('suspended', 'Alice', 'association', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bruno'), 'why')$$, 'right.suspended o Bruno 2027-12-31'),
('reinstated', 'Alice', 'association', $$SELECT ecopanier.reinstate_beneficiary(fixture.id('Bruno'))$$, 'right.verified o Bruno 2027-12-31'),
('asked for', 'Alice', 'association', $$SELECT ecopanier.register_beneficiary('Berthe', 'fr')$$, ''),
('refused', 'Alice', 'association', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Berthe'), 'why')$$, 'right.refused o Berthe'),
('an organisation applies', 'Camille', 'customer', $$SELECT ecopanier.apply_organisation('merchant', 'Neuve', NULL, NULL, '1 rue Haute', 46.5, 0.3)$$, 'organisation.applied o'),
('is accepted', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Neuve'), 'active')$$, 'organisation.active o'),
('suspended, it has no lots', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Neuve'), 'suspended', 'why')$$, 'organisation.suspended o'),
('closed', 'Adele', 'administrator', $$SELECT ecopanier.decide_organisation(fixture.organisation('Neuve'), 'closed', 'why')$$, 'organisation.closed o');
INSERT INTO step (says, name, role, statement, expected, at, evaluate) VALUES
('handed over', 'Sami', 'merchant', $$SELECT fixture.hand_over('Charlie', 'l')$$, 'reservation.collected o Charlie', '2026-11-20 17:30+00', true);
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a lapse by the clock', 'Adele', 'administrator', 'SELECT ecopanier.lapse_due()', 'reservation.lapsed o Camille, reservation.lapsed o Camille, reservation.lapsed o Charlie', '2026-11-20 20:00+00'),
('rights end by the calendar', NULL, NULL, 'SELECT ecopanier.expire_rights()', 'right.expired o Bruno 2027-12-31', '2028-01-01 12:00+00');
-- rights of the fixture end a year before Bruno's: they are not what is looked at
UPDATE ecopanier.beneficiary SET valid_until = '2029-12-31' WHERE state = 'verified';
DO $$
DECLARE
	s record;
	statement text;
BEGIN
	CREATE TEMP TABLE outcome (n int, says text, expected text, found text);
	FOR s IN SELECT * FROM step ORDER BY n LOOP
		statement := s.statement;
		IF s.evaluate THEN
			EXECUTE statement INTO statement;
		END IF;
		INSERT INTO outcome VALUES (s.n, s.says, s.expected, fixture.step_news(s.name, s.role, statement, s.at));
	END LOOP;
END $$;
SELECT is(found, expected, says) FROM outcome ORDER BY n;

\echo '# several rows of a statement: an event each, in their order'
SELECT fixture.mark() AS before \gset
INSERT INTO ecopanier.reservation (lot_id, member_id, pool)
SELECT fixture.named('l'), fixture.id(n), p FROM (VALUES (1, 'Camille', 'public'), (2, 'Benoit', 'solidarity'), (3, 'Claude', 'public'), (4, 'Basma', 'solidarity')) v (o, n, p) ORDER BY o;
SELECT is(fixture.news(:before), 'reservation.held o Camille, reservation.held o Benoit, reservation.held o Claude, reservation.held o Basma', 'an INSERT');
SELECT fixture.mark() AS before \gset
SELECT format('printf "%s\t%s\n%s\t%s\n"', fixture.named('l'), fixture.id('Claude'), fixture.named('l'), fixture.id('Camille')) AS rows \gset
SELECT (fixture.attempt('postgres', NULL, NULL, format('COPY ecopanier.reservation (lot_id, member_id) FROM PROGRAM %L', :'rows'), keep => true)).state \g /dev/null
SELECT is(fixture.news(:before), 'reservation.held o Claude, reservation.held o Camille', 'a COPY');
SELECT fixture.mark() AS before \gset
SELECT fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'panne' WHERE id = fixture.named('l')$$, keep => true) \g /dev/null
SELECT is((SELECT string_agg(kind || ' ' || n, ', ') FROM (SELECT kind, count(*) n FROM ecopanier.event WHERE number > :before GROUP BY kind ORDER BY min(number)) k),
	'lot.cancelled 1, reservation.cancelled 6', 'a lot that is cancelled, then its claims');
SELECT is((SELECT count(*) FROM ecopanier.event e JOIN ecopanier.reservation r ON r.id = e.subject_id AND r.territory_id = e.territory_id
	WHERE e.number > :before AND (r.state <> 'cancelled' OR r.member_id <> e.member_id OR r.organisation_id <> e.organisation_id)), 0::bigint, 'each of its own claim');

\echo '# what is rolled back leaves nothing'
SELECT fixture.name_lot('n', fixture.lot(9, 9)) \g /dev/null
SELECT fixture.mark() AS before \gset
BEGIN;
SELECT (fixture.attempt('postgres', NULL, NULL, fixture.load('Camille', 'n', 'held'), keep => true)).state \g /dev/null
SAVEPOINT s;
SELECT (fixture.attempt('postgres', NULL, NULL, fixture.load('Claude', 'n', 'held'), keep => true)).state \g /dev/null
ROLLBACK TO s;
SELECT (fixture.attempt('postgres', NULL, NULL, fixture.load('Charlie', 'n', 'held'), keep => true)).state \g /dev/null
COMMIT;
SELECT is(fixture.news(:before), 'reservation.held o Camille, reservation.held o Charlie', 'nor does a savepoint');
SELECT fixture.mark() AS before \gset
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, state) VALUES (1, ecopanier.new_id(1), fixture.organisation('Boulangerie'), 'Copie', 'published');
SELECT is(fixture.news(:before), '', 'what a replica applies is told where it was written');
ROLLBACK;

\echo '# paid and free: the same events (D13)'
SELECT fixture.name_lot('d', fixture.lot(9, 9)) \g /dev/null
CREATE FUNCTION fixture.life(name text, role text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before bigint := fixture.mark();
BEGIN
	PERFORM fixture.try(name, role, $q$SELECT state FROM ecopanier.reserve(fixture.named('d'))$q$, keep => true);
	PERFORM fixture.try('Mona', 'merchant', format('SELECT ecopanier.cancel(%L, ''panne'')', fixture.claim_of(name, 'd')), keep => true);
	PERFORM fixture.try(name, role, $q$SELECT state FROM ecopanier.reserve(fixture.named('d'))$q$, keep => true);
	UPDATE ecopanier.reservation SET state = 'collected' WHERE id = fixture.claim_of(name, 'd');
	PERFORM fixture.try(name, role, $q$SELECT state FROM ecopanier.reserve(fixture.named('d'))$q$, keep => true);
	UPDATE ecopanier.reservation SET state = 'lapsed' WHERE id = fixture.claim_of(name, 'd');
	RETURN (SELECT jsonb_agg(to_jsonb(e) - 'id' - 'number' - 'subject_id' - 'member_id' || jsonb_build_object('told', e.member_id = fixture.id(name)) ORDER BY number)
		FROM ecopanier.event e WHERE number > before);
END $$;
SELECT fixture.life('Camille', 'customer') AS paid, fixture.life('Bilal', 'beneficiary') AS free \gset
SELECT is(:'free'::jsonb, :'paid'::jsonb, 'every column but the ids');
SELECT is(jsonb_array_length(:'paid'::jsonb), 6, 'of six events');
SELECT is((SELECT count(*) FROM ecopanier.event WHERE facts::text ~ 'cents|price|pool|role|public|solidarity|quota'), 0::bigint, 'no fact tells price, pool or role');

\echo '# facts stay'
CREATE TEMP TABLE attack (n serial, expected text, statement text);
INSERT INTO attack (expected, statement) VALUES
('ZE111', $$UPDATE ecopanier.event SET kind = 'x'$$), ('ZE111', $$UPDATE ecopanier.event SET facts = '{}'$$), ('ZE111', $$UPDATE ecopanier.event SET subject_id = fixture.id('Camille')$$),
('ZE111', $$UPDATE ecopanier.event SET at = at + interval '1 s'$$), ('ZE111', $$UPDATE ecopanier.event SET number = -number$$),
('ZE111', $$UPDATE ecopanier.event SET organisation_id = NULL WHERE organisation_id IS NOT NULL$$),
('ZE111', $$UPDATE ecopanier.event SET member_id = fixture.id('Adele')$$), ('ZE111', $$DELETE FROM ecopanier.event$$), ('ZE111', $$TRUNCATE ecopanier.event$$),
('ZE111', $$SET LOCAL session_replication_role = replica; DELETE FROM ecopanier.event; SELECT 1$$),
('ZE111', $$SET LOCAL session_replication_role = replica; UPDATE ecopanier.event SET kind = 'x'; SELECT 1$$);
SELECT is((fixture.attempt('postgres', NULL, NULL, statement)).state, expected, statement) FROM attack ORDER BY n;
SELECT is(fixture.try(n, r, statement), '42501', n || ': ' || statement) FROM (VALUES ('Adele', 'administrator'), ('Mona', 'merchant'), ('Alice', 'association'), ('Camille', 'customer')) v (n, r),
	(VALUES ('SELECT count(*) FROM ecopanier.event'), ($$UPDATE ecopanier.event SET told_at = now()$$), ('SELECT ecopanier.tell_events()'),
	($$INSERT INTO ecopanier.event (territory_id, id, subject_id, kind) VALUES (1, ecopanier.new_id(1), ecopanier.new_id(1), 'lot.published')$$)) s (statement);
SELECT is(fixture.try('Mona', 'merchant', 'SELECT count(*) FROM ecopanier.event_list'), '42501', 'merchants have no list of events');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT bool_and(kind NOT LIKE 'right.%') FROM ecopanier.event_list WHERE subject_id IS NOT NULL$$), 'true', 'to an administrator a right names nobody');

\echo '# told in order, each once'
SELECT is(ecopanier.tell_events(3), 6::bigint, 'as many as asked for of each territory');
SELECT is((SELECT string_agg(n::text, ' ') FROM (SELECT count(*) n FROM ecopanier.event WHERE told_at IS NOT NULL GROUP BY territory_id) t), '3 3', 'fair between them');
SELECT is((SELECT max(number) FROM ecopanier.event WHERE told_at IS NOT NULL AND territory_id = 1) < (SELECT min(number) FROM ecopanier.event WHERE told_at IS NULL AND territory_id = 1), true, 'the first ones first');
SELECT ecopanier.tell_events() > 0 AS told \g /dev/null
SELECT is((SELECT count(*) FROM ecopanier.event WHERE told_at IS NULL OR member_id IS NOT NULL OR attempts > 0 OR last_error IS NOT NULL OR told_at <> ecopanier.now()), 0::bigint, 'then the rest; whom they concerned is forgotten');
SELECT is(ecopanier.tell_events(), 0::bigint, 'and no more');
SELECT is((SELECT count(*) FROM (SELECT FROM ecopanier.notification GROUP BY territory_id, member_id, event_id HAVING count(*) > 1) n), 0::bigint, 'nobody twice');
SELECT is((fixture.attempt('postgres', NULL, NULL, 'UPDATE ecopanier.event SET told_at = NULL')).state, 'ZE111', 'what was told stays so');

\echo '# a failure is data and stops its own subject'
SELECT fixture.name_lot('p', fixture.lot(9, 9)), fixture.name_lot('q', fixture.lot(9, 9)), fixture.name_lot('r', fixture.lot(9, 9)) \g /dev/null
CREATE FUNCTION fixture.poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison' USING DETAIL = 'secret'; END $$;
CREATE TRIGGER poison BEFORE UPDATE ON ecopanier.event FOR EACH ROW WHEN (new.told_at IS NOT NULL AND new.kind = 'lot.published') EXECUTE FUNCTION fixture.poison();
ALTER TABLE ecopanier.event DISABLE TRIGGER poison;
SELECT ecopanier.tell_events() \g /dev/null
CREATE FUNCTION fixture.telling() RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT string_agg(concat_ws(' ', l.name, split_part(e.kind, '.', 2),
	CASE WHEN e.told_at IS NOT NULL THEN 'told' END, nullif(e.attempts, 0), e.last_error), ', ' ORDER BY e.number)
	FROM ecopanier.event e JOIN fixture.named_lot l ON l.id = e.subject_id WHERE l.name IN ('x', 'y', 'z') $$;
ALTER TABLE ecopanier.event ENABLE TRIGGER poison;
SELECT fixture.name_lot('x', fixture.lot(9, 9)) \g /dev/null
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('x');
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('q');
SELECT is(ecopanier.tell_events(), 3::bigint, 'three are dealt with');
SELECT is(fixture.telling(), 'x published 1 P0001: poison, x closed', 'the one fails, without its detail, its later one waits');
SELECT is((SELECT told_at IS NOT NULL FROM ecopanier.event WHERE subject_id = fixture.named('q') AND kind = 'lot.closed'), true, 'another subject is told');
SELECT is(ecopanier.tell_events(), 0::bigint, 'nothing more is due');
SELECT is((SELECT count(DISTINCT next_at) || ' ' || bool_and(next_at BETWEEN ecopanier.now() + interval '5 s' AND ecopanier.now() + interval '10 s')
	FROM ecopanier.event WHERE subject_id = fixture.named('x')), '1 true', 'it is tried again in ten seconds less a chance, and the other with it');
SET ecopanier.clock = '2026-11-20 16:00:05+00';
UPDATE ecopanier.lot SET state = 'cancelled' WHERE id = fixture.named('x');
SELECT is(ecopanier.tell_events(), 1::bigint, 'one that comes meanwhile waits too');
SELECT is(fixture.telling(), 'x published 1 P0001: poison, x closed, x cancelled', 'behind');
SET ecopanier.clock = '2026-11-20 16:00:11+00';
SELECT is(ecopanier.tell_events(), 3::bigint, 'the next try');
SELECT is(fixture.telling(), 'x published 2 P0001: poison, x closed, x cancelled', 'fails again');
SELECT is((SELECT bool_and(next_at BETWEEN ecopanier.now() + interval '10 s' AND ecopanier.now() + interval '20 s') FROM ecopanier.event WHERE subject_id = fixture.named('x')), true, 'twice the span');
UPDATE ecopanier.event SET attempts = 30 WHERE subject_id = fixture.named('x') AND kind = 'lot.published';
SET ecopanier.clock = '2026-11-20 16:01:00+00';
SELECT ecopanier.tell_events() \g /dev/null
SELECT is((SELECT next_at BETWEEN ecopanier.now() + interval '30 min' AND ecopanier.now() + interval '60 min' FROM ecopanier.event WHERE subject_id = fixture.named('x') AND attempts > 0), true, 'never more than an hour');
ALTER TABLE ecopanier.event DISABLE TRIGGER poison;
SET ecopanier.clock = '2026-11-20 17:01:00+00';
SELECT is(ecopanier.tell_events(1), 1::bigint, 'when it works again, the first');
SELECT is(fixture.telling(), 'x published told 31, x closed, x cancelled', 'goes first');
SELECT is(ecopanier.tell_events(1) + ecopanier.tell_events(1) + ecopanier.tell_events(1), 2::bigint, 'then the others');
SELECT is(fixture.telling(), 'x published told 31, x closed told, x cancelled told', 'of the subject');
-- a later event that is found before its earlier one comes up
SELECT fixture.name_lot('y', fixture.lot(9, 9)) \g /dev/null
UPDATE ecopanier.event SET next_at = '2026-11-20 17:00+00', attempts = 1 WHERE subject_id = fixture.named('y');
UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('y');
SELECT is(ecopanier.tell_events(1), 1::bigint, 'one that was never tried is looked at first');
SELECT is((SELECT string_agg(told_at IS NOT NULL || '', ' ' ORDER BY number) FROM ecopanier.event WHERE subject_id = fixture.named('y')), 'false false', 'but waits for the earlier one');
SELECT is(ecopanier.tell_events(1) + ecopanier.tell_events(1), 2::bigint, 'which is told');
SELECT is((SELECT string_agg(told_at IS NOT NULL || '', ' ' ORDER BY number) FROM ecopanier.event WHERE subject_id = fixture.named('y')), 'true true', 'before it');
-- a batch with bad ones in it
ALTER TABLE ecopanier.event ENABLE TRIGGER poison;
DO $$ BEGIN FOR i IN 1..20 LOOP PERFORM fixture.lot(1, 0); END LOOP; END $$;
UPDATE ecopanier.organisation SET state = 'suspended', state_reason = 'why' WHERE name = 'CCAS' AND territory_id = 1;
SELECT is(ecopanier.tell_events(), 21::bigint, 'twenty that fail and one that does not');
SELECT is((SELECT count(*) FILTER (WHERE attempts = 1) || ' ' || count(*) FILTER (WHERE told_at IS NOT NULL) FROM (SELECT * FROM ecopanier.event ORDER BY number DESC LIMIT 21) e), '20 1', 'are told apart');
DROP TRIGGER poison ON ecopanier.event;
UPDATE ecopanier.event SET next_at = '-infinity' WHERE told_at IS NULL;
SELECT is(ecopanier.tell_events(), 20::bigint, 'a superuser has them tried at once');

\echo '# a person who is erased is told of no more'
SELECT fixture.name_lot('e', fixture.lot(9, 9)) \g /dev/null
SELECT fixture.try('Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('e'))$$, keep => true, at => '2026-11-20 16:00+00') \g /dev/null
SELECT fixture.try('Charlie', 'customer', $$SELECT ecopanier.cancel(fixture.claim_of('Charlie', 'e'))$$, keep => true, at => '2026-11-20 16:00+00') \g /dev/null
UPDATE ecopanier.reservation SET state = 'lapsed' WHERE member_id = fixture.id('Charlie') AND state IN ('held', 'awaiting_payment');
SELECT fixture.id('Charlie') AS charlie \gset
SELECT is((SELECT count(*) > 1 FROM ecopanier.event WHERE member_id = :'charlie'), true, 'events wait');
SELECT is((fixture.attempt('api', 'ecopanier_customer', fixture.claims('Charlie', 'customer'), $$SELECT ecopanier.erase_person(fixture.id('Charlie'))$$, keep => true)).state, NULL, 'erased');
SELECT is((SELECT count(*) FROM ecopanier.event WHERE member_id = :'charlie'), 0::bigint, 'and no longer say whom they concern');
SELECT is(ecopanier.tell_events() > 0, true, 'they are told');
SELECT is((SELECT count(*) FROM ecopanier.notification WHERE member_id = :'charlie'), 0::bigint, 'to nobody');

\echo '# old ones go, by the setting'
SELECT is((SELECT count(*) FROM ecopanier_private.personal_gap WHERE missing LIKE '%event.%'), 0::bigint, 'the register knows the columns');
SELECT is((SELECT value FROM ecopanier.setting WHERE territory_id = 1 AND name = 'event_retention_days'), 90::numeric, 'ninety days');

\echo '# the row that is written directly is the one that a statement would write'
SELECT fixture.name_lot('s', fixture.lot(90, 90)) \g /dev/null
CREATE FUNCTION fixture.appended(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	item text;
	row text;
BEGIN
	EXECUTE change;
	EXECUTE fixture.load('Camille', 's', 'held');
	SELECT to_jsonb(e) - 'id' - 'number' - 'subject_id' - 'more' INTO row FROM ecopanier.event e ORDER BY number DESC LIMIT 1;
	FOR item IN SELECT indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam WHERE indrelid = 'ecopanier.event'::regclass AND amname = 'btree' LOOP
		PERFORM fixture.bt_index_check(item::oid, true);
	END LOOP;
	RETURN row;
END $$;
SELECT fixture.appended('SELECT') AS direct \gset
SELECT is(fixture.appended(change), :'direct', change) FROM (VALUES (1, 'CREATE INDEX event_more_index ON ecopanier.event (at)'), (2, $$CREATE INDEX event_kind_index ON ecopanier.event (at) WHERE kind = 'lot.published'$$),
	(3, 'CREATE INDEX event_hash_index ON ecopanier.event USING hash (subject_id)'), (4, 'CREATE INDEX event_expression_index ON ecopanier.event ((kind || number))'),
	(5, 'DROP INDEX ecopanier.event_hash_index, ecopanier.event_expression_index, ecopanier.event_kind_index, ecopanier.event_more_index'),
	(6, 'ALTER TABLE ecopanier.event ADD COLUMN more int NOT NULL DEFAULT 7'), (7, 'ALTER TABLE ecopanier.event DROP COLUMN more'), (8, 'ALTER TABLE ecopanier.event ADD CONSTRAINT c CHECK (attempts >= 0)'),
	(9, 'CREATE UNIQUE INDEX event_number_key ON ecopanier.event (territory_id, number)')) v (n, change) ORDER BY n;
SELECT fixture.mark() AS before \gset
CREATE FUNCTION fixture.noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('fixture.noted', new.kind, false); RETURN NULL; END $$;
CREATE TRIGGER noted AFTER INSERT ON ecopanier.event FOR EACH ROW EXECUTE FUNCTION fixture.noted();
SELECT is(fixture.appended('SELECT'), :'direct', 'a trigger of the operator''s');
SELECT is(current_setting('fixture.noted'), 'reservation.held', 'fires');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
