-- What publishing, closing and cancelling cost: seconds of 1,000 lots that are published one by one, of 100,000 (of fewer lots a quarter) that one
-- statement closes and of as many that one cancels; each with what is searched kept (as it is), and without (its triggers off).
CREATE PROCEDURE bench.publish(many int) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. many LOOP
		INSERT INTO ecopanier.lot (territory_id, organisation_id, title, description, category, state, public_units, original_price_cents, price_cents, unit_weight_g,
			undated, allergens, cold_class, window_start, window_end, latitude, longitude)
		SELECT 1, s.id, 'Panier de saison ' || i, 'Légumes, fruits et pain du jour, à consommer rapidement', 'mixed_basket', 'published', 5, 1000, 400, 1200,
			true, '{}', 'ambient', now(), now() + interval '5 hours', 43 + 7 * random(), -1 + 7 * random() FROM bench.shop s WHERE s.n = 1 + i % 5000;
	END LOOP;
END $$;
CREATE FUNCTION bench.seconds(statement text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	EXECUTE statement;
	RETURN round(extract(epoch FROM clock_timestamp() - began), 3);
END $$;
CREATE PROCEDURE bench.search_triggers(on_or_off text) LANGUAGE plpgsql AS $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY '{lot_opened,lot_open_changed}'::text[] LOOP
		EXECUTE format('ALTER TABLE ecopanier.lot %s TRIGGER %I', CASE on_or_off WHEN 'on' THEN 'ENABLE' ELSE 'DISABLE' END, name);
	END LOOP;
END $$;
CREATE TABLE bench.batch AS SELECT id, row_number() OVER (ORDER BY md5(id::text)) AS n FROM ecopanier.lot WHERE state = 'published' LIMIT 400000;
CREATE UNIQUE INDEX ON bench.batch (id) INCLUDE (n);
ANALYZE bench.batch;
SELECT least(100000, count(*) / 4) AS many FROM bench.batch \gset
SELECT bench.seconds('CALL bench.publish(100)') \g /dev/null
CALL bench.search_triggers('off');
BEGIN; SELECT bench.seconds('CALL bench.publish(1000)') AS publish_bare \gset
ROLLBACK;
SELECT bench.seconds(format($$UPDATE ecopanier.lot l SET state = 'closed' FROM bench.batch b WHERE b.id = l.id AND l.territory_id = 1 AND b.n > %s AND b.n <= %s$$, 0, :many)) AS close_bare,
	bench.seconds(format($$UPDATE ecopanier.lot l SET state = 'cancelled', cancel_reason = 'x' FROM bench.batch b WHERE b.id = l.id AND l.territory_id = 1 AND b.n > %s AND b.n <= %s$$, :many, 2 * :many)) AS cancel_bare \gset
CALL bench.search_triggers('on');
BEGIN; SELECT bench.seconds('CALL bench.publish(1000)') AS publish \gset
ROLLBACK;
SELECT bench.seconds(format($$UPDATE ecopanier.lot l SET state = 'closed' FROM bench.batch b WHERE b.id = l.id AND l.territory_id = 1 AND b.n > %s AND b.n <= %s$$, 2 * :many, 3 * :many)) AS close,
	bench.seconds(format($$UPDATE ecopanier.lot l SET state = 'cancelled', cancel_reason = 'x' FROM bench.batch b WHERE b.id = l.id AND l.territory_id = 1 AND b.n > %s AND b.n <= %s$$, 3 * :many, 4 * :many)) AS cancel \gset
SELECT :publish_bare, :publish, :close_bare, :close, :cancel_bare, :cancel;
