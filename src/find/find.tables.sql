-- What is offered now, arranged for searching: a copy of published lots that the rules keep.

CREATE TABLE ecopanier_private.open_lot (
	territory_id int NOT NULL,
	lot_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	window_start timestamptz NOT NULL,
	window_end timestamptz NOT NULL,
	spot point,
	latitude double precision,
	longitude double precision,
	price_cents int,
	price_falls_from timestamptz,
	price_step_minutes int,
	price_step_cents int,
	price_floor_cents int,
	use_by date,
	allergens int,
	category text,
	cold_class text,
	windows tstzrange[],
	wishes text[],
	title_words tsvector NOT NULL,
	words tsvector NOT NULL,
	PRIMARY KEY (territory_id, lot_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
COMMENT ON TABLE ecopanier_private.open_lot IS
'Published lots, arranged for searching; the rules alone write here, rebuild_open_lots() makes it anew. What is left of each stands in lot_stock.';
COMMENT ON COLUMN ecopanier_private.open_lot.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.open_lot.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.open_lot.organisation_id IS 'Who offers it.';
COMMENT ON COLUMN ecopanier_private.open_lot.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier_private.open_lot.window_end IS 'When the last pickup window ends.';
COMMENT ON COLUMN ecopanier_private.open_lot.spot IS
'The place of pickup in Mercator''s projection, metres, each territory in a square of its own: the tenant is part of the index. Null without a place.';
COMMENT ON COLUMN ecopanier_private.open_lot.latitude IS 'Latitude of the place of pickup, degrees north.';
COMMENT ON COLUMN ecopanier_private.open_lot.longitude IS 'Longitude of the place of pickup, degrees east.';
COMMENT ON COLUMN ecopanier_private.open_lot.price_cents IS 'Price of a public unit before it falls, cents.';
COMMENT ON COLUMN ecopanier_private.open_lot.price_falls_from IS 'When it falls for the first time.';
COMMENT ON COLUMN ecopanier_private.open_lot.price_step_minutes IS 'Minutes from one fall to the next.';
COMMENT ON COLUMN ecopanier_private.open_lot.price_step_cents IS 'By how much it falls, cents.';
COMMENT ON COLUMN ecopanier_private.open_lot.price_floor_cents IS 'What it never falls below, cents.';
COMMENT ON COLUMN ecopanier_private.open_lot.use_by IS 'Use-by date (DLC).';
COMMENT ON COLUMN ecopanier_private.open_lot.allergens IS 'One bit for each of the 14 allergens in the order of the law; null unknown, 0 none.';
COMMENT ON COLUMN ecopanier_private.open_lot.category IS 'Kind of food.';
COMMENT ON COLUMN ecopanier_private.open_lot.cold_class IS 'How it is kept.';
COMMENT ON COLUMN ecopanier_private.open_lot.windows IS 'The pickup windows where there are several.';
COMMENT ON COLUMN ecopanier_private.open_lot.wishes IS 'Wishes it satisfies; null for none.';
COMMENT ON COLUMN ecopanier_private.open_lot.title_words IS 'Stems of the title and of the organisation''s name.';
COMMENT ON COLUMN ecopanier_private.open_lot.words IS 'Stems of these, of the category''s name and of the description.';
ALTER TABLE ecopanier_private.open_lot ENABLE ROW LEVEL SECURITY;

CREATE VIEW ecopanier_private.open_lot_fact WITH (security_invoker) AS
SELECT l.territory_id, l.id AS lot_id, l.organisation_id, l.window_start, l.window_end,
	ecopanier.lot_spot(l.territory_id, l.latitude, l.longitude) AS spot, l.latitude, l.longitude,
	l.price_cents, l.price_falls_from, l.price_step_minutes, l.price_step_cents, l.price_floor_cents,
	l.use_by, ecopanier.allergen_bits(l.allergens) AS allergens, l.category, l.cold_class, l.windows, nullif(l.wishes, '{}') AS wishes,
	ecopanier.search_words(ARRAY[l.title, o.name]) AS title_words,
	ecopanier.search_words(ARRAY[l.title, o.name, ecopanier.category_label(l.category), l.description]) AS words
FROM ecopanier.lot l JOIN ecopanier.organisation o ON o.territory_id = l.territory_id AND o.id = l.organisation_id
WHERE l.state = 'published';
COMMENT ON VIEW ecopanier_private.open_lot_fact IS 'What open_lot holds, computed from lots and organisations.';
DO $comments$
DECLARE
	item record;
BEGIN
	FOR item IN SELECT attname, col_description(attrelid, attnum) AS says FROM pg_attribute
		WHERE attrelid = 'ecopanier_private.open_lot'::regclass AND attnum > 0
	LOOP
		EXECUTE format('COMMENT ON COLUMN ecopanier_private.open_lot_fact.%I IS %L', item.attname, item.says);
	END LOOP;
END $comments$;

-- Lots that were published before.
INSERT INTO ecopanier_private.open_lot SELECT * FROM ecopanier_private.open_lot_fact;
CREATE INDEX open_lot_spot_index ON ecopanier_private.open_lot USING gist (spot) INCLUDE (category) WHERE spot IS NOT NULL;
CREATE INDEX open_lot_window_index ON ecopanier_private.open_lot (territory_id, window_end, lot_id);
CREATE INDEX open_lot_words_index ON ecopanier_private.open_lot USING gin (title_words, words) WITH (fastupdate = off);

CREATE TRIGGER open_lot_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.open_lot
	FOR EACH ROW EXECUTE FUNCTION ecopanier.open_lot_guard();
ALTER TABLE ecopanier_private.open_lot ENABLE ALWAYS TRIGGER open_lot_guard;
CREATE TRIGGER open_lot_truncate BEFORE TRUNCATE ON ecopanier_private.open_lot
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.open_lot_guard();
ALTER TABLE ecopanier_private.open_lot ENABLE ALWAYS TRIGGER open_lot_truncate;

CREATE TRIGGER lot_opened AFTER INSERT ON ecopanier.lot
	FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION ecopanier.lot_opened();
CREATE TRIGGER lot_open_changed AFTER UPDATE ON ecopanier.lot
	FOR EACH ROW WHEN ((OLD.state = 'published' OR NEW.state = 'published')
		AND (OLD.state IS DISTINCT FROM NEW.state OR OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.title IS DISTINCT FROM NEW.title
			OR OLD.description IS DISTINCT FROM NEW.description OR OLD.category IS DISTINCT FROM NEW.category OR OLD.cold_class IS DISTINCT FROM NEW.cold_class
			OR OLD.allergens IS DISTINCT FROM NEW.allergens OR OLD.wishes IS DISTINCT FROM NEW.wishes OR OLD.use_by IS DISTINCT FROM NEW.use_by
			OR OLD.latitude IS DISTINCT FROM NEW.latitude OR OLD.longitude IS DISTINCT FROM NEW.longitude OR OLD.window_start IS DISTINCT FROM NEW.window_start
			OR OLD.window_end IS DISTINCT FROM NEW.window_end OR OLD.windows IS DISTINCT FROM NEW.windows OR OLD.price_cents IS DISTINCT FROM NEW.price_cents
			OR OLD.price_falls_from IS DISTINCT FROM NEW.price_falls_from OR OLD.price_step_minutes IS DISTINCT FROM NEW.price_step_minutes OR OLD.price_step_cents IS DISTINCT FROM NEW.price_step_cents
			OR OLD.price_floor_cents IS DISTINCT FROM NEW.price_floor_cents))
	EXECUTE FUNCTION ecopanier.lot_opened();
CREATE TRIGGER organisation_renamed AFTER UPDATE ON ecopanier.organisation
	FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION ecopanier.organisation_renamed();

DROP VIEW ecopanier.lot_offer;
CREATE VIEW ecopanier.lot_offer WITH (security_barrier) AS
SELECT l.territory_id, l.id AS lot_id, l.organisation_id, o.name AS organisation_name, l.title, l.description, l.category,
	CASE WHEN c.role = 'beneficiary' THEN 0
		ELSE ecopanier.price_on_schedule(l.price_cents, l.price_falls_from, l.price_step_minutes, l.price_step_cents, l.price_floor_cents, ecopanier.now())
	END AS price_cents,
	l.original_price_cents,
	CASE WHEN c.role = 'beneficiary' THEN s.solidarity_left ELSE s.public_left END AS units_left,
	l.unit_weight_g, l.use_by, l.best_before, l.allergens, l.window_start, l.window_end, l.commune_insee, l.latitude, l.longitude,
	l.meals_per_unit, l.undated, l.cold_class, l.limit_celsius, l.origin, l.farming_method, l.nutri_score, l.labels, l.wishes, l.windows
FROM ecopanier.whoami() c
JOIN ecopanier.territory t ON t.id = c.territory_id
JOIN ecopanier.lot l ON l.territory_id = c.territory_id AND l.state = 'published' AND l.window_end > ecopanier.now()
	AND (l.use_by IS NULL OR l.use_by >= (ecopanier.now() AT TIME ZONE t.time_zone)::date)
JOIN ecopanier.organisation o ON o.territory_id = l.territory_id AND o.id = l.organisation_id
JOIN ecopanier_private.lot_stock s ON s.territory_id = l.territory_id AND s.lot_id = l.id
WHERE CASE WHEN c.role = 'beneficiary' THEN s.solidarity_left > 0 AND (SELECT ecopanier.may_claim_free()) ELSE s.public_left > 0 END;
COMMENT ON VIEW ecopanier.lot_offer IS
'What the caller can claim now: free units as a beneficiary, public ones as a customer at their present price, in one shape. Nothing past its use-by date, and nothing free to who may claim nothing free now.
nearby_lots() and search_lots() show a beneficiary public ones too.';
COMMENT ON COLUMN ecopanier.lot_offer.territory_id IS 'The territory, the caller''s.';
COMMENT ON COLUMN ecopanier.lot_offer.lot_id IS 'The lot, for reserve().';
COMMENT ON COLUMN ecopanier.lot_offer.organisation_id IS 'The organisation that hands over.';
COMMENT ON COLUMN ecopanier.lot_offer.organisation_name IS 'Its name.';
COMMENT ON COLUMN ecopanier.lot_offer.title IS 'What is offered.';
COMMENT ON COLUMN ecopanier.lot_offer.description IS 'More words.';
COMMENT ON COLUMN ecopanier.lot_offer.category IS 'Kind of food.';
COMMENT ON COLUMN ecopanier.lot_offer.price_cents IS 'What the caller would pay for a unit now, cents.';
COMMENT ON COLUMN ecopanier.lot_offer.original_price_cents IS 'Usual price of a unit, cents.';
COMMENT ON COLUMN ecopanier.lot_offer.units_left IS 'Units that the caller''s pool has left.';
COMMENT ON COLUMN ecopanier.lot_offer.unit_weight_g IS 'Weight of a unit, grams.';
COMMENT ON COLUMN ecopanier.lot_offer.use_by IS 'Use-by date (DLC).';
COMMENT ON COLUMN ecopanier.lot_offer.best_before IS 'Best-before date (DDM).';
COMMENT ON COLUMN ecopanier.lot_offer.allergens IS 'Allergens; null unknown, empty none.';
COMMENT ON COLUMN ecopanier.lot_offer.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier.lot_offer.window_end IS 'When pickup ends.';
COMMENT ON COLUMN ecopanier.lot_offer.commune_insee IS 'INSEE code of the place of pickup.';
COMMENT ON COLUMN ecopanier.lot_offer.latitude IS 'Latitude of the place of pickup, degrees north.';
COMMENT ON COLUMN ecopanier.lot_offer.longitude IS 'Longitude of the place of pickup, degrees east.';
COMMENT ON COLUMN ecopanier.lot_offer.meals_per_unit IS 'Meals in a unit as declared.';
COMMENT ON COLUMN ecopanier.lot_offer.undated IS 'Whether it is of a kind that needs no date.';
COMMENT ON COLUMN ecopanier.lot_offer.cold_class IS 'How it is kept.';
COMMENT ON COLUMN ecopanier.lot_offer.limit_celsius IS 'The limit temperature of that, degrees Celsius.';
COMMENT ON COLUMN ecopanier.lot_offer.origin IS 'Where it was grown or made.';
COMMENT ON COLUMN ecopanier.lot_offer.farming_method IS 'How it was grown or bred.';
COMMENT ON COLUMN ecopanier.lot_offer.nutri_score IS 'Nutri-Score, a to e.';
COMMENT ON COLUMN ecopanier.lot_offer.labels IS 'Labels it bears.';
COMMENT ON COLUMN ecopanier.lot_offer.wishes IS 'Wishes it satisfies.';
COMMENT ON COLUMN ecopanier.lot_offer.windows IS 'The pickup windows where there are several.';
GRANT SELECT ON ecopanier.lot_offer TO ecopanier_customer, ecopanier_beneficiary;
