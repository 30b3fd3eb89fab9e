CREATE TABLE ecopanier.lot (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	title text NOT NULL
		CONSTRAINT lot_title_check CHECK (title = btrim(title) AND length(title) BETWEEN 1 AND 200),
	description text CONSTRAINT lot_description_check CHECK (length(description) <= 5000),
	category text CONSTRAINT lot_category_check CHECK (length(category) <= 100),
	state text NOT NULL DEFAULT 'draft'
		CONSTRAINT lot_state_check CHECK (state IN ('draft', 'published', 'closed', 'cancelled')),
	public_units int NOT NULL DEFAULT 0 CONSTRAINT lot_public_units_check CHECK (public_units BETWEEN 0 AND 100000),
	solidarity_units int NOT NULL DEFAULT 0 CONSTRAINT lot_solidarity_units_check CHECK (solidarity_units BETWEEN 0 AND 100000),
	original_price_cents int CONSTRAINT lot_original_price_check CHECK (original_price_cents BETWEEN 1 AND 1000000),
	price_cents int CONSTRAINT lot_price_check CHECK (price_cents BETWEEN 0 AND original_price_cents),
	discount_minimum_version int,
	discount_maximum_version int,
	unit_weight_g int CONSTRAINT lot_unit_weight_check CHECK (unit_weight_g BETWEEN 1 AND 1000000),
	meals_per_unit numeric(8,2) CONSTRAINT lot_meals_check CHECK (meals_per_unit BETWEEN 0.01 AND 999999.99),
	use_by date,
	best_before date,
	batch text CONSTRAINT lot_batch_check CHECK (length(batch) <= 100),
	allergens text[],
	window_start timestamptz,
	window_end timestamptz,
	commune_insee text REFERENCES ecopanier.commune,
	latitude double precision CONSTRAINT lot_latitude_check CHECK (latitude BETWEEN -90 AND 90),
	longitude double precision CONSTRAINT lot_longitude_check CHECK (longitude BETWEEN -180 AND 180),
	cancel_reason text CONSTRAINT lot_cancel_reason_check CHECK (length(cancel_reason) <= 1000),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	published_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT lot_window_check CHECK (window_start < window_end),
	CONSTRAINT lot_window_range_check CHECK (window_start >= '2000-01-01 00:00+00' AND window_end < '2100-01-01 00:00+00'),
	CONSTRAINT lot_allergens_check CHECK (allergens <@ ARRAY['gluten', 'crustaces', 'oeufs', 'poissons', 'arachides', 'soja',
		'lait', 'fruits_a_coque', 'celeri', 'moutarde', 'sesame', 'sulfites', 'lupin', 'mollusques'])
);
CREATE INDEX lot_organisation_index ON ecopanier.lot (territory_id, organisation_id);
CREATE INDEX lot_open_index ON ecopanier.lot (territory_id, window_end) WHERE state = 'published';
COMMENT ON TABLE ecopanier.lot IS 'Units of one rescue offer at one place and pickup window, in a public and a solidarity pool.';
COMMENT ON COLUMN ecopanier.lot.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.lot.id IS 'Identifier; given by the database where null.';
COMMENT ON COLUMN ecopanier.lot.organisation_id IS 'The shop or association that offers it.';
COMMENT ON COLUMN ecopanier.lot.title IS 'What people read first.';
COMMENT ON COLUMN ecopanier.lot.description IS 'More words.';
COMMENT ON COLUMN ecopanier.lot.category IS 'Kind of food.';
COMMENT ON COLUMN ecopanier.lot.state IS 'draft, published, closed (no more claims) or cancelled (claims too).';
COMMENT ON COLUMN ecopanier.lot.public_units IS 'Units for everybody, at the price.';
COMMENT ON COLUMN ecopanier.lot.solidarity_units IS 'Units for beneficiaries, free; a lot with no other is a free lot.';
COMMENT ON COLUMN ecopanier.lot.original_price_cents IS 'Usual price of a unit, cents; of a free unit too (rule D12).';
COMMENT ON COLUMN ecopanier.lot.price_cents IS 'Price of a public unit, cents: the original price less 30 to 70 percent (rule D4).';
COMMENT ON COLUMN ecopanier.lot.discount_minimum_version IS 'Version of the setting discount_minimum that the price was held against.';
COMMENT ON COLUMN ecopanier.lot.discount_maximum_version IS 'Version of the setting discount_maximum that the price was held against.';
COMMENT ON COLUMN ecopanier.lot.unit_weight_g IS 'Weight of a unit, grams.';
COMMENT ON COLUMN ecopanier.lot.meals_per_unit IS 'Meals in a unit as declared; else by weight (rule D8).';
COMMENT ON COLUMN ecopanier.lot.use_by IS 'Use-by date (DLC): nothing is handed over after it.';
COMMENT ON COLUMN ecopanier.lot.best_before IS 'Best-before date (DDM).';
COMMENT ON COLUMN ecopanier.lot.batch IS 'Batch number.';
COMMENT ON COLUMN ecopanier.lot.allergens IS 'Codes among the 14 of EU regulation 1169/2011; null unknown, empty none.';
COMMENT ON COLUMN ecopanier.lot.window_start IS 'When pickup begins.';
COMMENT ON COLUMN ecopanier.lot.window_end IS 'When pickup and claiming end.';
COMMENT ON COLUMN ecopanier.lot.commune_insee IS 'INSEE code of the place of pickup; the organisation''s where null.';
COMMENT ON COLUMN ecopanier.lot.latitude IS 'Latitude of the place of pickup, degrees north (WGS 84).';
COMMENT ON COLUMN ecopanier.lot.longitude IS 'Longitude of the place of pickup, degrees east (WGS 84).';
COMMENT ON COLUMN ecopanier.lot.cancel_reason IS 'Why it was cancelled.';
COMMENT ON COLUMN ecopanier.lot.created_at IS 'When it was made.';
COMMENT ON COLUMN ecopanier.lot.published_at IS 'When it was published.';

CREATE TABLE ecopanier_private.lot_stock (
	territory_id int NOT NULL,
	lot_id uuid NOT NULL,
	public_left int NOT NULL,
	solidarity_left int NOT NULL,
	PRIMARY KEY (territory_id, lot_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE ecopanier_private.lot_stock IS 'Units of each lot that nobody has claimed; the rules alone write here.';
COMMENT ON COLUMN ecopanier_private.lot_stock.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.lot_stock.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.lot_stock.public_left IS 'Public units left, never negative.';
COMMENT ON COLUMN ecopanier_private.lot_stock.solidarity_left IS 'Solidarity units left, never negative.';
ALTER TABLE ecopanier_private.lot_stock ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER lot_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.lot
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_guard();
CREATE TRIGGER lot_truncate BEFORE TRUNCATE ON ecopanier.lot
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.lot ENABLE ALWAYS TRIGGER lot_truncate;
CREATE TRIGGER lot_stocked AFTER INSERT OR DELETE ON ecopanier.lot
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_stocked();
CREATE TRIGGER lot_stock_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier_private.lot_stock
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_stock_guard();
ALTER TABLE ecopanier_private.lot_stock ENABLE ALWAYS TRIGGER lot_stock_guard;
CREATE TRIGGER lot_stock_truncate BEFORE TRUNCATE ON ecopanier_private.lot_stock
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.lot_stock ENABLE ALWAYS TRIGGER lot_stock_truncate;

ALTER TABLE ecopanier.lot ENABLE ROW LEVEL SECURITY;
CREATE POLICY lot_member_select ON ecopanier.lot FOR SELECT
	TO ecopanier_customer, ecopanier_beneficiary, ecopanier_collector
	USING (territory_id = (SELECT ecopanier.current_territory()) AND state <> 'draft');
COMMENT ON POLICY lot_member_select ON ecopanier.lot IS 'Members read the lots of the own territory once published.';
CREATE POLICY lot_staff_all ON ecopanier.lot TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY lot_staff_all ON ecopanier.lot IS 'Staff keep the lots of the own organisation.';
CREATE POLICY lot_admin_select ON ecopanier.lot FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY lot_admin_select ON ecopanier.lot IS 'Administrators read the lots of the own territory.';
GRANT SELECT ON ecopanier.lot
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT INSERT (title, description, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g,
		meals_per_unit, use_by, best_before, batch, allergens, window_start, window_end, commune_insee, latitude, longitude),
	UPDATE (title, description, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g,
		meals_per_unit, use_by, best_before, batch, allergens, window_start, window_end, commune_insee, latitude, longitude,
		state, cancel_reason),
	DELETE ON ecopanier.lot TO ecopanier_merchant, ecopanier_association;
