ALTER TABLE ecopanier.lot
	ADD COLUMN windows tstzrange[],
	ADD COLUMN price_falls_from timestamptz,
	ADD COLUMN price_step_minutes int,
	ADD COLUMN price_step_cents int,
	ADD COLUMN price_floor_cents int;
COMMENT ON COLUMN ecopanier.lot.windows IS 'The pickup windows in order where there are several; window_start and window_end are the first start and the last end.';
COMMENT ON COLUMN ecopanier.lot.price_falls_from IS 'When the price of a public unit falls for the first time; null where it stays.';
COMMENT ON COLUMN ecopanier.lot.price_step_minutes IS 'Minutes from one fall to the next.';
COMMENT ON COLUMN ecopanier.lot.price_step_cents IS 'By how much it falls each time, cents.';
COMMENT ON COLUMN ecopanier.lot.price_floor_cents IS 'What it never falls below, cents.';
GRANT INSERT (windows, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents),
	UPDATE (windows, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents)
	ON ecopanier.lot TO ecopanier_merchant, ecopanier_association;
ALTER TABLE ecopanier.lot
	ADD CONSTRAINT lot_windows_check CHECK (ecopanier.windows_fit(windows, window_start, window_end)),
	ADD CONSTRAINT lot_price_schedule_check CHECK (num_nonnulls(price_falls_from, price_step_minutes, price_step_cents, price_floor_cents) = 0
		OR num_nulls(price_cents, price_falls_from, price_step_minutes, price_step_cents, price_floor_cents) = 0),
	ADD CONSTRAINT lot_price_falls_from_check CHECK (price_falls_from >= '2000-01-01 00:00+00' AND price_falls_from < '2100-01-01 00:00+00'),
	ADD CONSTRAINT lot_price_step_minutes_check CHECK (price_step_minutes BETWEEN 1 AND 10080),
	ADD CONSTRAINT lot_price_step_cents_check CHECK (price_step_cents BETWEEN 1 AND 1000000),
	ADD CONSTRAINT lot_price_floor_check CHECK (price_floor_cents BETWEEN 0 AND price_cents);

CREATE VIEW ecopanier.lot_window WITH (security_invoker) AS
SELECT l.territory_id, l.id AS lot_id, w.number::int AS number, lower(w.span) AS starts_at, upper(w.span) AS ends_at
FROM ecopanier.lot l
CROSS JOIN LATERAL unnest(coalesce(l.windows, ARRAY[tstzrange(l.window_start, l.window_end)])) WITH ORDINALITY w (span, number)
WHERE l.window_start IS NOT NULL AND l.window_end IS NOT NULL;
COMMENT ON VIEW ecopanier.lot_window IS 'The pickup windows of the lots that the caller may read, a row each.';
COMMENT ON COLUMN ecopanier.lot_window.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.lot_window.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.lot_window.number IS 'Which of its windows, from 1, in order.';
COMMENT ON COLUMN ecopanier.lot_window.starts_at IS 'When pickup begins: what a claim gives as window_start.';
COMMENT ON COLUMN ecopanier.lot_window.ends_at IS 'When pickup ends.';
GRANT SELECT ON ecopanier.lot_window
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('template_lead_minutes', 'minutes', 0, 10080, 720, 'How long before its window opens a lot is made of its template.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name = 'template_lead_minutes';

CREATE TABLE ecopanier.lot_template (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	title text NOT NULL CONSTRAINT lot_template_title_check CHECK (title = btrim(title) AND length(title) BETWEEN 1 AND 200),
	description text CONSTRAINT lot_template_description_check CHECK (length(description) <= 5000),
	category text CONSTRAINT lot_template_category_check CHECK (length(category) <= 100),
	public_units int NOT NULL DEFAULT 0 CONSTRAINT lot_template_public_units_check CHECK (public_units BETWEEN 0 AND 100000),
	solidarity_units int NOT NULL DEFAULT 0 CONSTRAINT lot_template_solidarity_units_check CHECK (solidarity_units BETWEEN 0 AND 100000),
	original_price_cents int CONSTRAINT lot_template_original_price_check CHECK (original_price_cents BETWEEN 1 AND 1000000),
	price_cents int CONSTRAINT lot_template_price_check CHECK (price_cents BETWEEN 0 AND original_price_cents),
	price_falls_at time CONSTRAINT lot_template_falls_at_check CHECK (price_falls_at < '24:00'),
	price_step_minutes int CONSTRAINT lot_template_step_minutes_check CHECK (price_step_minutes BETWEEN 1 AND 10080),
	price_step_cents int CONSTRAINT lot_template_step_cents_check CHECK (price_step_cents BETWEEN 1 AND 1000000),
	price_floor_cents int CONSTRAINT lot_template_floor_check CHECK (price_floor_cents BETWEEN 0 AND price_cents),
	unit_weight_g int CONSTRAINT lot_template_unit_weight_check CHECK (unit_weight_g BETWEEN 1 AND 1000000),
	meals_per_unit numeric(8,2) CONSTRAINT lot_template_meals_check CHECK (meals_per_unit BETWEEN 0.01 AND 999999.99),
	allergens text[] CONSTRAINT lot_template_allergen_list_check CHECK (cardinality(allergens) <= 14 AND coalesce(array_ndims(allergens), 1) = 1),
	commune_insee text REFERENCES ecopanier.commune,
	latitude double precision CONSTRAINT lot_template_latitude_check CHECK (latitude BETWEEN -90 AND 90),
	longitude double precision CONSTRAINT lot_template_longitude_check CHECK (longitude BETWEEN -180 AND 180),
	cold_class text,
	undated boolean NOT NULL DEFAULT false,
	use_by_days int CONSTRAINT lot_template_use_by_check CHECK (use_by_days BETWEEN 0 AND 3650),
	best_before_days int CONSTRAINT lot_template_best_before_check CHECK (best_before_days BETWEEN 0 AND 3650),
	batch_pattern text CONSTRAINT lot_template_batch_check CHECK (length(batch_pattern) BETWEEN 1 AND 60),
	origin text,
	farming_method text,
	nutri_score text,
	provenance text NOT NULL DEFAULT 'bought',
	labels text[] NOT NULL DEFAULT '{}',
	wishes text[] NOT NULL DEFAULT '{}',
	weekdays int[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}'
		CONSTRAINT lot_template_weekdays_check CHECK (weekdays <@ '{1,2,3,4,5,6,7}' AND cardinality(weekdays) BETWEEN 1 AND 7),
	starts_at time[] NOT NULL,
	ends_at time[] NOT NULL,
	active_from date NOT NULL,
	active_until date,
	publish boolean NOT NULL DEFAULT true,
	next_day date,
	next_start timestamptz,
	not_before timestamptz,
	last_day date,
	last_error_code text,
	last_error text,
	last_error_day date,
	last_error_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	updated_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT lot_template_times_check CHECK (ecopanier.local_times_fit(starts_at, ends_at)),
	CONSTRAINT lot_template_from_check CHECK (active_from BETWEEN '2000-01-01' AND '2099-12-31'),
	CONSTRAINT lot_template_until_check CHECK (active_until BETWEEN '2000-01-01' AND '2099-12-31'),
	CONSTRAINT lot_template_undated_check CHECK (NOT undated OR num_nonnulls(use_by_days, best_before_days) = 0),
	CONSTRAINT lot_template_schedule_check CHECK (num_nonnulls(price_falls_at, price_step_minutes, price_step_cents, price_floor_cents) = 0
		OR num_nulls(price_cents, price_falls_at, price_step_minutes, price_step_cents, price_floor_cents) = 0)
);
CREATE INDEX lot_template_organisation_index ON ecopanier.lot_template (territory_id, organisation_id);
CREATE INDEX lot_template_next_index ON ecopanier.lot_template (territory_id, next_start, id) WHERE next_start IS NOT NULL;
COMMENT ON TABLE ecopanier.lot_template IS
'What an organisation offers on certain days of the week, as lots that the schedule makes ahead by the setting template_lead_minutes: one a day and template.
No lot is made on a day on which the organisation is not active, or closed by its opening hours, exceptions or a public holiday.';
COMMENT ON COLUMN ecopanier.lot_template.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.lot_template.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.lot_template.organisation_id IS 'The shop or association that offers; the caller''s.';
COMMENT ON COLUMN ecopanier.lot_template.title IS 'What people read first.';
COMMENT ON COLUMN ecopanier.lot_template.description IS 'More words.';
COMMENT ON COLUMN ecopanier.lot_template.category IS 'Kind of food: a code of food_categories().';
COMMENT ON COLUMN ecopanier.lot_template.public_units IS 'Units for everybody, at the price.';
COMMENT ON COLUMN ecopanier.lot_template.solidarity_units IS 'Units for beneficiaries, free.';
COMMENT ON COLUMN ecopanier.lot_template.original_price_cents IS 'Usual price of a unit, cents.';
COMMENT ON COLUMN ecopanier.lot_template.price_cents IS 'Price of a public unit, cents.';
COMMENT ON COLUMN ecopanier.lot_template.price_falls_at IS 'Local time at which the price falls for the first time; null where it stays.';
COMMENT ON COLUMN ecopanier.lot_template.price_step_minutes IS 'Minutes from one fall to the next.';
COMMENT ON COLUMN ecopanier.lot_template.price_step_cents IS 'By how much it falls each time, cents.';
COMMENT ON COLUMN ecopanier.lot_template.price_floor_cents IS 'What it never falls below, cents.';
COMMENT ON COLUMN ecopanier.lot_template.unit_weight_g IS 'Weight of a unit, grams.';
COMMENT ON COLUMN ecopanier.lot_template.meals_per_unit IS 'Meals in a unit as declared; else by weight (rule D8).';
COMMENT ON COLUMN ecopanier.lot_template.allergens IS 'Codes among the 14 of EU regulation 1169/2011; null unknown, empty none.';
COMMENT ON COLUMN ecopanier.lot_template.commune_insee IS 'INSEE code of the place of pickup; the organisation''s where null.';
COMMENT ON COLUMN ecopanier.lot_template.latitude IS 'Latitude of the place of pickup, degrees north (WGS 84); the organisation''s where null.';
COMMENT ON COLUMN ecopanier.lot_template.longitude IS 'Longitude of the place of pickup, degrees east (WGS 84); the organisation''s where null.';
COMMENT ON COLUMN ecopanier.lot_template.cold_class IS 'How it is kept: a code of cold_class.';
COMMENT ON COLUMN ecopanier.lot_template.undated IS 'Whether it is of a kind for which the law asks no date.';
COMMENT ON COLUMN ecopanier.lot_template.use_by_days IS 'Days from the lot''s day to its use-by date (DLC); 0: the same day.';
COMMENT ON COLUMN ecopanier.lot_template.best_before_days IS 'Days from the lot''s day to its best-before date (DDM).';
COMMENT ON COLUMN ecopanier.lot_template.batch_pattern IS
'Batch number, in which {date} stands for the lot''s day as 2026-11-20, {year} for its year and {dayofyear} for the three digits of its day of the year; null: given by hand, lot by lot.';
COMMENT ON COLUMN ecopanier.lot_template.origin IS 'Where it was grown or made.';
COMMENT ON COLUMN ecopanier.lot_template.farming_method IS 'How it was grown or bred.';
COMMENT ON COLUMN ecopanier.lot_template.nutri_score IS 'Nutri-Score, a to e.';
COMMENT ON COLUMN ecopanier.lot_template.provenance IS 'bought, given, eu_funded, seized or undersized.';
COMMENT ON COLUMN ecopanier.lot_template.labels IS 'Labels it bears: codes of label.';
COMMENT ON COLUMN ecopanier.lot_template.wishes IS 'Wishes it satisfies: codes of wish.';
COMMENT ON COLUMN ecopanier.lot_template.weekdays IS 'Days of the week, 1 Monday to 7 Sunday.';
COMMENT ON COLUMN ecopanier.lot_template.starts_at IS 'Local times at which its pickup windows open, in order, 1 to 20.';
COMMENT ON COLUMN ecopanier.lot_template.ends_at IS
'Local times at which they end, in the same order; 24:00 at the latest. In the hour that a day of 23 hours leaves out there is no window.';
COMMENT ON COLUMN ecopanier.lot_template.active_from IS 'First day, local; today where null.';
COMMENT ON COLUMN ecopanier.lot_template.active_until IS 'Last day, local; null: until further notice. A day of the past ends the template.';
COMMENT ON COLUMN ecopanier.lot_template.publish IS 'Whether its lots are published at once; otherwise they are drafts.';
COMMENT ON COLUMN ecopanier.lot_template.next_day IS 'The next day to make a lot for; null: none. Kept by the database.';
COMMENT ON COLUMN ecopanier.lot_template.next_start IS 'When the window of that day opens. Kept by the database.';
COMMENT ON COLUMN ecopanier.lot_template.not_before IS 'When its days were set last: no lot is made as of before. Kept by the database.';
COMMENT ON COLUMN ecopanier.lot_template.last_day IS 'The last day that was looked at, whether or not a lot was made. Kept by the database.';
COMMENT ON COLUMN ecopanier.lot_template.last_error_code IS 'SQLSTATE by which the last lot could not be made or published; null: it could. message() says it in words.';
COMMENT ON COLUMN ecopanier.lot_template.last_error IS 'The error, with what is missing.';
COMMENT ON COLUMN ecopanier.lot_template.last_error_day IS 'The day whose lot that was.';
COMMENT ON COLUMN ecopanier.lot_template.last_error_at IS 'When.';
COMMENT ON COLUMN ecopanier.lot_template.created_at IS 'When it was made.';
COMMENT ON COLUMN ecopanier.lot_template.updated_at IS 'When a person changed it last.';
COMMENT ON INDEX ecopanier.lot_template_next_index IS 'The next lots to make, in the order of their windows.';

CREATE TRIGGER lot_template_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.lot_template
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_template_guard();
CREATE TRIGGER lot_template_truncate BEFORE TRUNCATE ON ecopanier.lot_template
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.lot_template ENABLE ALWAYS TRIGGER lot_template_truncate;
CREATE TRIGGER lot_template_tried AFTER INSERT OR UPDATE ON ecopanier.lot_template
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_template_tried();
CREATE TRIGGER lot_template_wake AFTER INSERT OR UPDATE OF weekdays, starts_at, ends_at, active_from, active_until ON ecopanier.lot_template
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake();
ALTER TABLE ecopanier.lot_template ENABLE ROW LEVEL SECURITY;
CREATE POLICY lot_template_staff_all ON ecopanier.lot_template TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()))
	WITH CHECK (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY lot_template_staff_all ON ecopanier.lot_template IS 'Staff read the templates of the own organisation; its managers and owners write them, by the guard.';
CREATE POLICY lot_template_admin_select ON ecopanier.lot_template FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY lot_template_admin_select ON ecopanier.lot_template IS 'Administrators read the templates of the own territory.';
GRANT SELECT ON ecopanier.lot_template TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT INSERT (title, description, category, public_units, solidarity_units, original_price_cents, price_cents, price_falls_at, price_step_minutes,
		price_step_cents, price_floor_cents, unit_weight_g, meals_per_unit, allergens, commune_insee, latitude, longitude, cold_class, undated,
		use_by_days, best_before_days, batch_pattern, origin, farming_method, nutri_score, provenance, labels, wishes, weekdays, starts_at, ends_at,
		active_from, active_until, publish),
	UPDATE (title, description, category, public_units, solidarity_units, original_price_cents, price_cents, price_falls_at, price_step_minutes,
		price_step_cents, price_floor_cents, unit_weight_g, meals_per_unit, allergens, commune_insee, latitude, longitude, cold_class, undated,
		use_by_days, best_before_days, batch_pattern, origin, farming_method, nutri_score, provenance, labels, wishes, weekdays, starts_at, ends_at,
		active_from, active_until, publish),
	DELETE ON ecopanier.lot_template TO ecopanier_merchant, ecopanier_association;

ALTER TABLE ecopanier.lot
	ADD COLUMN template_id uuid,
	ADD COLUMN template_day date,
	ADD CONSTRAINT lot_template_fkey FOREIGN KEY (territory_id, template_id) REFERENCES ecopanier.lot_template,
	ADD CONSTRAINT lot_template_check CHECK (num_nonnulls(template_id, template_day) <> 1);
CREATE UNIQUE INDEX lot_template_day ON ecopanier.lot (territory_id, template_id, template_day) WHERE template_id IS NOT NULL;
COMMENT ON COLUMN ecopanier.lot.template_id IS 'The template that it was made of.';
COMMENT ON COLUMN ecopanier.lot.template_day IS 'The day, local, for which it was made of the template.';
COMMENT ON INDEX ecopanier.lot_template_day IS 'One lot a template and day.';

CREATE TABLE ecopanier_private.lot_request (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	request_id uuid NOT NULL,
	asked bytea NOT NULL,
	answer jsonb,
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, organisation_id, request_id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
CREATE INDEX lot_request_index ON ecopanier_private.lot_request (territory_id, at);
COMMENT ON TABLE ecopanier_private.lot_request IS 'Answers of publish_lots() and repeat_lots() by request_id, kept for 30 days: a retry gets the same one.';
COMMENT ON COLUMN ecopanier_private.lot_request.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.lot_request.organisation_id IS 'Who asked.';
COMMENT ON COLUMN ecopanier_private.lot_request.request_id IS 'The number that the client chose.';
COMMENT ON COLUMN ecopanier_private.lot_request.asked IS 'SHA-256 of function and arguments.';
COMMENT ON COLUMN ecopanier_private.lot_request.answer IS 'The rows of the answer.';
COMMENT ON COLUMN ecopanier_private.lot_request.at IS 'When.';
COMMENT ON INDEX ecopanier_private.lot_request_index IS 'The oldest first.';
CREATE TRIGGER lot_request_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.lot_request
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.lot_request ENABLE ROW LEVEL SECURITY;
