--
-- Claiming: receipts, the list of offers, and what each refusal says.
--
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
\set ECHO none
-- The world of the tests is undone at the end, roles included.
BEGIN;
\i test/lib/fixture.sql
\i test/lib/try.sql
\set ECHO all
SELECT fixture.name_lot('sold', fixture.lot(2, 0)) IS NOT NULL, fixture.name_lot('free', fixture.lot(0, 9, 1, 'Soupe')) IS NOT NULL,
	fixture.name_lot('elsewhere', fixture.lot(5, 5, 2)) IS NOT NULL;

-- A receipt: paid and free ones have one shape.
SELECT name, fixture.try(name, role, $$SELECT concat_ws(' ', r.reservation IS NOT NULL, r.state, r.quantity, r.amount_cents, r.pin ~ '^[0-9]{6}$', left(r.qr, 4),
	r.window_start, r.window_end) FROM ecopanier.reserve(fixture.named($$ || quote_literal(lot) || $$)) r$$, keep => true)
FROM (VALUES (1, 'Camille', 'customer', 'sold'), (2, 'Benoit', 'beneficiary', 'free')) v (n, name, role, lot) ORDER BY n;
-- receipt() gives it again, in any later statement.
SELECT fixture.try('Camille', 'customer', $$SELECT concat_ws(' ', c.state, c.quantity, c.amount_cents, c.lot = r.lot_id, c.pin ~ '^[0-9]{6}$')
	FROM ecopanier.reservation r, ecopanier.receipt(r.id) c$$);

-- Each reads what can be claimed in the own role.
SELECT name, fixture.try(name, role, $$SELECT string_agg(concat_ws(' ', title, organisation_name, price_cents, original_price_cents, units_left), ', ' ORDER BY title)
	FROM ecopanier.lot_offer$$) FROM (VALUES (1, 'Camille', 'customer'), (2, 'Benoit', 'beneficiary')) v (n, name, role) ORDER BY n;

-- What a claim is refused with.
SELECT a.state, a.message, a.detail, a.hint FROM (VALUES
	(1, 'Camille', 'customer', $$fixture.named('sold'), 2$$, NULL),
	(2, 'Camille', 'customer', $$fixture.named('free')$$, NULL),
	(3, 'Camille', 'customer', $$fixture.named('sold'), 0$$, NULL),
	(4, 'Camille', 'customer', $$fixture.named('sold'), NULL$$, NULL),
	(5, 'Camille', 'customer', $$fixture.named('sold'), 2147483647$$, NULL),
	(6, 'Camille', 'customer', $$fixture.named('elsewhere')$$, NULL),
	(7, 'Camille', 'customer', $$ecopanier.new_id(1)$$, NULL),
	(8, 'Camille', 'customer', $$fixture.named('sold')$$, '2026-11-20 19:00Z'),
	(9, 'Benoit', 'beneficiary', $$fixture.named('free'), 2$$, NULL),
	(10, 'Bruno', 'beneficiary', $$fixture.named('free')$$, NULL),
	(11, 'Mona', 'merchant', $$fixture.named('sold')$$, NULL)) v (n, name, role, arguments, at),
	fixture.attempt('api', fixture.database_role(role), fixture.claims(name, role), format('SELECT ecopanier.reserve(%s)', arguments), at) a ORDER BY n;

-- What lots are refused with.
SELECT a.state, a.message, a.detail, a.hint FROM (VALUES
	(1, $$INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES ('x', 1, 999, 700)$$),
	(2, $$UPDATE ecopanier.lot SET price_cents = 500 WHERE id = fixture.named('sold')$$),
	(3, $$UPDATE ecopanier.lot SET public_units = 0 WHERE id = fixture.named('sold')$$),
	(4, $$DELETE FROM ecopanier.lot WHERE id = fixture.named('sold')$$),
	(5, $$UPDATE ecopanier.lot SET state = 'draft' WHERE id = fixture.named('sold')$$),
	(6, $$INSERT INTO ecopanier.lot (title) VALUES ('x'); UPDATE ecopanier.lot SET state = 'published' WHERE title = 'x'$$)) v (n, statement),
	fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), statement) a ORDER BY n;
SELECT a.state, a.message, a.hint FROM (VALUES
	(1, $$UPDATE ecopanier_private.lot_stock SET public_left = 9$$), (2, $$UPDATE ecopanier_private.free_quota SET used = 0$$),
	(3, $$DELETE FROM ecopanier.reservation$$), (4, $$TRUNCATE ecopanier.reservation CASCADE$$), (5, $$UPDATE ecopanier.reservation SET quantity = 2$$),
	(6, $$UPDATE ecopanier.reservation SET state = 'awaiting_payment'$$)) v (n, statement),
	fixture.attempt(session_user::text, NULL, NULL, statement) a ORDER BY n;

-- Rebuilding changes nothing that is sound.
SELECT ecopanier.rebuild_stock(), ecopanier.rebuild_quota();
ROLLBACK;
