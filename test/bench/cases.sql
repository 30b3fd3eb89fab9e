-- The twin answers as INSERT INTO ecopanier.reservation does: the same cases in the same order through both, each
-- answer being the row that the claim wrote and what it left in stock and quota, or the refusal's SQLSTATE (and, of our
-- own class, its message). Ends with an error where one differs. Leaves nothing behind.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL ecopanier.clock = '2026-11-20 18:00:00+01';
CREATE TABLE bench.place (name text PRIMARY KEY, id uuid NOT NULL DEFAULT ecopanier.new_id(1));
INSERT INTO bench.place (name) VALUES ('small'), ('solidarity only'), ('public only'), ('draft'), ('closed'), ('cancelled'), ('over'), ('unknown');
INSERT INTO bench.place VALUES ('foreign', ecopanier.new_id(2)), ('not ours', gen_random_uuid());
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents,
	unit_weight_g, category, cold_class, batch, allergens, use_by, window_start, window_end, state)
SELECT 1, p.id, o.id, p.name, CASE p.name WHEN 'solidarity only' THEN 0 ELSE 5 END, CASE p.name WHEN 'public only' THEN 0 ELSE 5 END,
	1000, CASE WHEN p.name <> 'solidarity only' THEN 400 END, 1200, 'bakery', 'ambient', 'L1', '{gluten}', '2026-11-23',
	'2026-11-20 18:30:00+01', CASE p.name WHEN 'over' THEN '2026-11-20 19:00:00+01' ELSE '2026-11-20 20:00:00+01' END::timestamptz,
	CASE WHEN p.name = 'draft' THEN 'draft' ELSE 'published' END
FROM bench.place p, ecopanier.organisation o
WHERE o.name = 'Boulangerie' AND p.name NOT IN ('unknown', 'foreign', 'not ours');
SET LOCAL ecopanier.clock = '2026-11-20 19:00:00+01';
UPDATE ecopanier.lot SET state = title WHERE title IN ('closed', 'cancelled');
INSERT INTO twin.lot_stock SELECT s.* FROM ecopanier_private.lot_stock s JOIN bench.place p ON p.id = s.lot_id;
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'free_units_per_day', 2, '2020-01-02', 'bench');

CREATE TABLE bench.person (name text PRIMARY KEY, id uuid NOT NULL DEFAULT ecopanier.new_id(1), role text, right_state text, valid_until date);
INSERT INTO bench.person (name, role, right_state, valid_until) VALUES
	('customer', 'customer', NULL, NULL), ('suspended', 'customer', NULL, NULL), ('merchant', 'merchant', NULL, NULL),
	('verified', 'beneficiary', 'verified', '2026-11-20'), ('verified too', 'beneficiary', 'verified', '2026-11-20'),
	('applied', 'beneficiary', 'applied', '2026-11-20'), ('expired', 'beneficiary', 'verified', '2026-11-19'),
	('without right', 'beneficiary', NULL, NULL);
INSERT INTO ecopanier.member (territory_id, id, display_name) SELECT 1, id, name FROM bench.person;
UPDATE ecopanier.member SET state = 'suspended' WHERE display_name = 'suspended';
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, id, role FROM bench.person;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, p.id, o.id, p.right_state, '2020-01-01', p.valid_until
FROM bench.person p, ecopanier.organisation o WHERE p.right_state IS NOT NULL AND o.name = 'CCAS';
INSERT INTO bench.person VALUES ('stranger', ecopanier.new_id(1), 'customer');

CREATE TABLE bench.case (number int GENERATED ALWAYS AS IDENTITY, person text, lot text, units int, claims jsonb DEFAULT '{}', door text[], answer text[]);
INSERT INTO bench.case (person, lot, units) VALUES
	('customer', 'small', 1), ('customer', 'small', NULL), ('customer', 'small', 0), ('customer', 'small', -1),
	('customer', 'small', 5), ('customer', 'small', 4), ('customer', 'small', 1), ('customer', 'small', 2147483647),
	('customer', 'public only', 6), ('customer', 'public only', 5), ('customer', 'solidarity only', 1),
	('customer', NULL, 1), ('customer', 'unknown', 1), ('customer', 'foreign', 1), ('customer', 'not ours', 1),
	('customer', 'draft', 1), ('customer', 'closed', 1), ('customer', 'cancelled', 1), ('customer', 'over', 1),
	('suspended', 'small', 1), ('stranger', 'small', 1), ('merchant', 'small', 1), (NULL, 'small', 1),
	('verified', 'public only', 1), ('verified', 'small', 3), ('verified', 'small', 1), ('verified', 'small', 2),
	('verified', 'small', 1), ('verified', 'small', 1), ('verified', 'draft', 1), ('verified', 'over', 1), ('verified', 'foreign', 1),
	('verified too', 'small', 2), ('verified too', 'solidarity only', 1), ('without right', 'small', 1),
	('applied', 'small', 1), ('expired', 'small', 1), ('expired', 'unknown', 1), ('applied', 'closed', 1);
INSERT INTO bench.case (person, lot, units, claims) VALUES
	('customer', 'small', 1, '{"exp": 1}'), ('customer', 'small', 1, '{"role": "ecopanier_beneficiary"}'),
	('customer', 'small', 1, '{"role": null}'), ('customer', 'small', 1, '{"sub": null}');

-- The answer to a case: as that person, through a door, with what it wrote and left.
CREATE FUNCTION bench.answer(statement text, reservations text, stock text, quota text, person uuid, role text, claims text, lot uuid, units int)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	written uuid;
	answer text;
BEGIN
	BEGIN
		SET LOCAL SESSION AUTHORIZATION bench_api;
		PERFORM set_config('request.jwt.claims', claims, true), set_config('role', role, true);
		EXECUTE statement INTO written USING lot, units;
		SET LOCAL SESSION AUTHORIZATION DEFAULT;
	EXCEPTION WHEN OTHERS THEN
		RETURN SQLSTATE || CASE WHEN SQLSTATE LIKE 'ZE%' THEN ' ' || SQLERRM ELSE '' END;
	END;
	EXECUTE format('SELECT (to_jsonb(r) - ''id'' || jsonb_build_object(''stock'', (SELECT to_jsonb(s) FROM %s s WHERE s.lot_id = $2),
		''quota'', (SELECT jsonb_agg(q) FROM %s q WHERE q.member_id = $3)))::text FROM %s r WHERE r.id = $1', stock, quota, reservations)
	INTO STRICT answer USING written, lot, person;
	RETURN answer;
END $$;
GRANT USAGE ON SCHEMA bench TO bench_api;
DO $$
DECLARE
	c record;
	a text[];
BEGIN
	FOR c IN SELECT x.number, p.id AS person, coalesce('ecopanier_' || p.role, 'ecopanier_anon') AS role, l.id AS lot, x.units,
			coalesce((jsonb_build_object('sub', p.id, 'role', 'ecopanier_' || p.role, 'exp', 4102444800) || x.claims)::text, '') AS claims
		FROM bench.case x LEFT JOIN bench.person p ON p.name = x.person LEFT JOIN bench.place l ON l.name = x.lot ORDER BY x.number
	LOOP
		a[1] := bench.answer('INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES ($1, $2) RETURNING id',
			'ecopanier.reservation', 'ecopanier_private.lot_stock', 'ecopanier_private.free_quota', c.person, c.role, c.claims, c.lot, c.units);
		a[2] := bench.answer('SELECT id FROM twin.claim($1, $2)',
			'twin.reservation', 'twin.lot_stock', 'twin.free_quota', c.person, c.role, c.claims, c.lot, c.units);
		UPDATE bench.case SET answer = a WHERE number = c.number;
	END LOOP;
END $$;
SELECT x.number, x.person, x.lot, x.units, x.claims, x.answer[1] AS ours, x.answer[2] AS twin FROM bench.case x WHERE answer[1] IS DISTINCT FROM answer[2] ORDER BY 1;
SELECT count(*) FILTER (WHERE answer[1] = answer[2]) || ' of ' || count(*) || ' cases answered alike (' || count(*) FILTER (WHERE answer[1] LIKE '{%') || ' rows, ' ||
	count(DISTINCT left(answer[1], 5)) FILTER (WHERE answer[1] NOT LIKE '{%') || ' kinds of refusal)' FROM bench.case;
DO $$ BEGIN
	ASSERT (SELECT bool_and(coalesce(answer[1] = answer[2], false)) FROM bench.case), 'the twin answers otherwise';
END $$;
ROLLBACK;
