/*
 * What a lot says of its food, the lists of words for it, certificates for labels, and lots a day by plan.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('lots_per_day_free', 'lots', 0, 100000, 20, 'Lots that an organisation of the plan free may publish in a calendar day.', 'decision'),
	('lots_per_day_standard', 'lots', 0, 100000, 100, 'Lots that an organisation of the plan standard may publish in a calendar day.', 'decision'),
	('lots_per_day_large', 'lots', 0, 100000, 1000, 'Lots that an organisation of the plan large may publish in a calendar day.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name LIKE 'lots\_per\_day\_%';

CREATE TABLE ecopanier.cold_class (
	code text PRIMARY KEY
		CONSTRAINT cold_class_code_check CHECK (code ~ '^[a-z_]{1,40}$'),
	position int NOT NULL UNIQUE,
	minimum_celsius numeric(4,1),
	maximum_celsius numeric(4,1),
	label_fr text NOT NULL,
	label_en text NOT NULL,
	label_es text NOT NULL,
	label_ar text NOT NULL,
	standing text NOT NULL CONSTRAINT cold_class_standing_check CHECK (standing IN ('certain', 'to_check', 'decision')),
	source text NOT NULL,
	CONSTRAINT cold_class_range_check CHECK (minimum_celsius < maximum_celsius)
);
COMMENT ON TABLE ecopanier.cold_class IS 'How food is kept on its way: the classes of the cold chain with their limits.';
COMMENT ON COLUMN ecopanier.cold_class.code IS 'The class.';
COMMENT ON COLUMN ecopanier.cold_class.position IS 'Its place in a list that people choose from.';
COMMENT ON COLUMN ecopanier.cold_class.minimum_celsius IS 'Never colder, degrees Celsius; null: no such limit.';
COMMENT ON COLUMN ecopanier.cold_class.maximum_celsius IS 'Never warmer, degrees Celsius; null: no such limit.';
COMMENT ON COLUMN ecopanier.cold_class.label_fr IS 'In French.';
COMMENT ON COLUMN ecopanier.cold_class.label_en IS 'In English.';
COMMENT ON COLUMN ecopanier.cold_class.label_es IS 'In Spanish.';
COMMENT ON COLUMN ecopanier.cold_class.label_ar IS 'In Arabic.';
COMMENT ON COLUMN ecopanier.cold_class.standing IS 'certain: law; to_check: a lawyer still confirms the figure; decision: ours.';
COMMENT ON COLUMN ecopanier.cold_class.source IS 'Where the figure comes from.';
INSERT INTO ecopanier.cold_class (position, code, minimum_celsius, maximum_celsius, label_fr, label_en, label_es, label_ar, standing, source) VALUES
	(1, 'ambient', NULL, NULL, 'Température ambiante', 'Ambient temperature', 'Temperatura ambiente', 'درجة حرارة الغرفة', 'decision', 'decision'),
	(2, 'perishable', NULL, 8, 'Périssable (au plus +8 °C)', 'Perishable (at most +8 °C)', 'Perecedero (máximo +8 °C)', 'قابل للتلف (8+ درجات كحد أقصى)',
		'certain', 'arrêté of 21 December 2009, annex I'),
	(3, 'very_perishable', NULL, 4, 'Très périssable (au plus +4 °C)', 'Very perishable (at most +4 °C)', 'Muy perecedero (máximo +4 °C)', 'سريع التلف (4+ درجات كحد أقصى)',
		'certain', 'arrêté of 21 December 2009, annex I'),
	(4, 'minced_meat', NULL, 2, 'Viande hachée (au plus +2 °C)', 'Minced meat (at most +2 °C)', 'Carne picada (máximo +2 °C)', 'لحم مفروم (2+ درجة كحد أقصى)',
		'to_check', 'regulation (EC) 853/2004, annex III'),
	(5, 'melting_ice', 0, 2, 'Glace fondante (0 à +2 °C)', 'Melting ice (0 to +2 °C)', 'Hielo fundente (0 a +2 °C)', 'ثلج ذائب (من 0 إلى 2+ درجة)',
		'to_check', 'regulation (EC) 853/2004, annex III'),
	(6, 'frozen', NULL, -18, 'Surgelé (au plus −18 °C)', 'Frozen (at most −18 °C)', 'Congelado (máximo −18 °C)', 'مجمد (18− درجة كحد أقصى)',
		'certain', 'arrêté of 21 December 2009, annex I'),
	(7, 'hot', 63, NULL, 'Chaud (au moins +63 °C)', 'Hot (at least +63 °C)', 'Caliente (mínimo +63 °C)', 'ساخن (63+ درجة كحد أدنى)',
		'certain', 'arrêté of 21 December 2009, annex I');
CREATE TRIGGER cold_class_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier.cold_class
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier.cold_class ENABLE ROW LEVEL SECURITY;
CREATE POLICY cold_class_everybody_select ON ecopanier.cold_class FOR SELECT USING (true);
COMMENT ON POLICY cold_class_everybody_select ON ecopanier.cold_class IS 'The list of cold classes is for everybody to read.';
GRANT SELECT ON ecopanier.cold_class TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
	ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;

CREATE TABLE ecopanier.label (
	code text PRIMARY KEY
		CONSTRAINT label_code_check CHECK (code ~ '^[a-z_]{1,40}$'),
	position int NOT NULL UNIQUE,
	requires_certificate boolean NOT NULL,
	label_fr text NOT NULL,
	label_en text NOT NULL,
	label_es text NOT NULL,
	label_ar text NOT NULL
);
COMMENT ON TABLE ecopanier.label IS 'Labels that food can bear.';
COMMENT ON COLUMN ecopanier.label.code IS 'The label.';
COMMENT ON COLUMN ecopanier.label.position IS 'Its place in a list that people choose from.';
COMMENT ON COLUMN ecopanier.label.requires_certificate IS
'Whether the organisation that offers the food needs a certificate of its own (organisation_label); otherwise the product''s packing bears it.';
COMMENT ON COLUMN ecopanier.label.label_fr IS 'In French.';
COMMENT ON COLUMN ecopanier.label.label_en IS 'In English.';
COMMENT ON COLUMN ecopanier.label.label_es IS 'In Spanish.';
COMMENT ON COLUMN ecopanier.label.label_ar IS 'In Arabic.';
INSERT INTO ecopanier.label (position, code, requires_certificate, label_fr, label_en, label_es, label_ar) VALUES
	(1, 'organic_ab', true, 'Agriculture biologique (AB)', 'Organic (AB)', 'Agricultura ecológica (AB)', 'زراعة عضوية (AB)'),
	(2, 'organic_eu', true, 'Agriculture biologique (Union européenne)', 'Organic (European Union)', 'Agricultura ecológica (Unión Europea)', 'زراعة عضوية (الاتحاد الأوروبي)'),
	(3, 'hve', true, 'Haute valeur environnementale', 'High environmental value', 'Alto valor medioambiental', 'قيمة بيئية عالية'),
	(4, 'msc', true, 'Pêche durable MSC', 'Sustainable fishing MSC', 'Pesca sostenible MSC', 'صيد مستدام MSC'),
	(5, 'asc', true, 'Aquaculture responsable ASC', 'Responsible fish farming ASC', 'Acuicultura responsable ASC', 'تربية أسماك مسؤولة ASC'),
	(6, 'label_rouge', false, 'Label Rouge', 'Label Rouge', 'Label Rouge', 'لابيل روج'),
	(7, 'aop', false, 'Appellation d''origine protégée', 'Protected designation of origin', 'Denominación de origen protegida', 'تسمية منشأ محمية'),
	(8, 'igp', false, 'Indication géographique protégée', 'Protected geographical indication', 'Indicación geográfica protegida', 'مؤشر جغرافي محمي'),
	(9, 'stg', false, 'Spécialité traditionnelle garantie', 'Traditional speciality guaranteed', 'Especialidad tradicional garantizada', 'تخصص تقليدي مضمون'),
	(10, 'fair_trade', false, 'Commerce équitable', 'Fair trade', 'Comercio justo', 'تجارة عادلة');
CREATE TRIGGER label_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier.label
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier.label ENABLE ROW LEVEL SECURITY;
CREATE POLICY label_everybody_select ON ecopanier.label FOR SELECT USING (true);
COMMENT ON POLICY label_everybody_select ON ecopanier.label IS 'The list of labels is for everybody to read.';
GRANT SELECT ON ecopanier.label TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
	ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;

CREATE TABLE ecopanier.organisation_label (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	label text NOT NULL REFERENCES ecopanier.label,
	number text NOT NULL
		CONSTRAINT organisation_label_number_check CHECK (number = btrim(number) AND length(number) BETWEEN 1 AND 100),
	valid_from date NOT NULL CONSTRAINT organisation_label_from_check CHECK (valid_from >= '2000-01-01'),
	valid_until date NOT NULL CONSTRAINT organisation_label_until_check CHECK (valid_until < '2100-01-01'),
	withdrawn_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT organisation_label_days_check CHECK (valid_from <= valid_until)
);
CREATE INDEX organisation_label_index ON ecopanier.organisation_label (territory_id, organisation_id, label);
COMMENT ON TABLE ecopanier.organisation_label IS
'Certificates of organisations for labels, with their history: a row does not change, except that it is withdrawn; a renewal is a new row.';
COMMENT ON COLUMN ecopanier.organisation_label.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation_label.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.organisation_label.organisation_id IS 'The organisation; the caller''s own where it is left out.';
COMMENT ON COLUMN ecopanier.organisation_label.label IS 'The label: a code of ecopanier.label.';
COMMENT ON COLUMN ecopanier.organisation_label.number IS 'Number of the certificate, as the body that gave it wrote it.';
COMMENT ON COLUMN ecopanier.organisation_label.valid_from IS 'First day on which it is valid, by the territory''s calendar.';
COMMENT ON COLUMN ecopanier.organisation_label.valid_until IS 'Last day on which it is valid.';
COMMENT ON COLUMN ecopanier.organisation_label.withdrawn_at IS 'When it was withdrawn, whatever its last day; null: it was not.';
COMMENT ON COLUMN ecopanier.organisation_label.created_at IS 'When it was written.';
CREATE TRIGGER organisation_label_guard BEFORE INSERT OR UPDATE ON ecopanier.organisation_label
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_label_guard();
CREATE TRIGGER organisation_label_history BEFORE DELETE ON ecopanier.organisation_label
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.organisation_label ENABLE ALWAYS TRIGGER organisation_label_history;
CREATE TRIGGER organisation_label_truncate BEFORE TRUNCATE ON ecopanier.organisation_label
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.organisation_label ENABLE ALWAYS TRIGGER organisation_label_truncate;
CREATE TRIGGER organisation_label_audit AFTER INSERT OR UPDATE ON ecopanier.organisation_label
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('organisation_id', '+label', '+number', 'valid_from', 'valid_until', 'withdrawn_at');
ALTER TABLE ecopanier.organisation_label ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_label_staff_all ON ecopanier.organisation_label TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY organisation_label_staff_all ON ecopanier.organisation_label IS
'Staff read the certificates of the own organisation; its managers and owners keep them.';
CREATE POLICY organisation_label_admin_all ON ecopanier.organisation_label TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_label_admin_all ON ecopanier.organisation_label IS 'Administrators keep the certificates of the own territory''s organisations.';
GRANT SELECT ON ecopanier.organisation_label TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT INSERT (organisation_id, label, number, valid_from, valid_until), UPDATE (withdrawn_at)
	ON ecopanier.organisation_label TO ecopanier_merchant, ecopanier_association, ecopanier_admin;

CREATE TABLE ecopanier.lot_day (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	day date NOT NULL,
	used int NOT NULL CONSTRAINT lot_day_used_check CHECK (used BETWEEN 1 AND limit_lots),
	limit_lots int NOT NULL,
	limit_version int NOT NULL,
	plan text NOT NULL,
	PRIMARY KEY (territory_id, organisation_id, day),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
COMMENT ON TABLE ecopanier.lot_day IS
'How many lots people of an organisation published in a day, counted under the lock of the row; the rules alone write here.';
COMMENT ON COLUMN ecopanier.lot_day.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.lot_day.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.lot_day.day IS 'The day, by the territory''s calendar.';
COMMENT ON COLUMN ecopanier.lot_day.used IS 'Lots that were published, cancelled ones included; what is loaded or made by the cascade is not counted.';
COMMENT ON COLUMN ecopanier.lot_day.limit_lots IS 'The limit when the last one was counted, or what was already counted where the limit was lowered since.';
COMMENT ON COLUMN ecopanier.lot_day.limit_version IS 'Version of the setting that it comes from.';
COMMENT ON COLUMN ecopanier.lot_day.plan IS 'The plan when the last one was counted.';
CREATE TRIGGER lot_day_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.lot_day
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_day_guard();
ALTER TABLE ecopanier.lot_day ENABLE ALWAYS TRIGGER lot_day_guard;
CREATE TRIGGER lot_day_truncate BEFORE TRUNCATE ON ecopanier.lot_day
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.lot_day ENABLE ALWAYS TRIGGER lot_day_truncate;
ALTER TABLE ecopanier.lot_day ENABLE ROW LEVEL SECURITY;
CREATE POLICY lot_day_staff_select ON ecopanier.lot_day FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY lot_day_staff_select ON ecopanier.lot_day IS 'Staff read how many lots the own organisation published.';
CREATE POLICY lot_day_admin_select ON ecopanier.lot_day FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY lot_day_admin_select ON ecopanier.lot_day IS 'Administrators read how many lots organisations of the own territory published.';
GRANT SELECT ON ecopanier.lot_day TO ecopanier_merchant, ecopanier_association, ecopanier_admin;

ALTER TABLE ecopanier.lot
	ADD COLUMN cold_class text,
	ADD COLUMN limit_celsius numeric(4,1),
	ADD COLUMN undated boolean NOT NULL DEFAULT false,
	ADD COLUMN origin text,
	ADD COLUMN farming_method text,
	ADD COLUMN nutri_score text,
	ADD COLUMN provenance text NOT NULL DEFAULT 'bought',
	ADD COLUMN labels text[] NOT NULL DEFAULT '{}',
	ADD COLUMN wishes text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ecopanier.lot.cold_class IS 'How it is kept: a code of cold_class.';
COMMENT ON COLUMN ecopanier.lot.limit_celsius IS 'The limit temperature of its cold class when it was published, degrees Celsius.';
COMMENT ON COLUMN ecopanier.lot.undated IS 'Whether it is of a kind for which the law asks neither a use-by nor a best-before date, such as whole fruit or the day''s bread.';
COMMENT ON COLUMN ecopanier.lot.origin IS 'Where it was grown or made.';
COMMENT ON COLUMN ecopanier.lot.farming_method IS 'How it was grown or bred.';
COMMENT ON COLUMN ecopanier.lot.nutri_score IS 'Nutri-Score, a to e.';
COMMENT ON COLUMN ecopanier.lot.provenance IS 'bought, given, eu_funded, seized or undersized; the last three are given and never sold.';
COMMENT ON COLUMN ecopanier.lot.labels IS 'Labels it bears, such as organic: codes of label.';
COMMENT ON COLUMN ecopanier.lot.wishes IS 'Wishes it satisfies: codes of wish.';
GRANT INSERT (cold_class, undated, origin, farming_method, nutri_score, provenance, labels, wishes),
	UPDATE (cold_class, undated, origin, farming_method, nutri_score, provenance, labels, wishes)
	ON ecopanier.lot TO ecopanier_merchant, ecopanier_association;

ALTER TABLE ecopanier.lot
	ADD FOREIGN KEY (cold_class) REFERENCES ecopanier.cold_class,
	ADD CONSTRAINT lot_undated_check CHECK (NOT undated OR (use_by IS NULL AND best_before IS NULL)),
	ADD CONSTRAINT lot_origin_check CHECK (origin = btrim(origin) AND length(origin) BETWEEN 1 AND 200),
	ADD CONSTRAINT lot_farming_method_check CHECK (farming_method IN ('conventional', 'integrated', 'organic', 'organic_conversion',
		'free_range', 'barn', 'cage', 'wild_caught', 'farmed')),
	ADD CONSTRAINT lot_nutri_score_check CHECK (nutri_score IN ('a', 'b', 'c', 'd', 'e')),
	ADD CONSTRAINT lot_provenance_check CHECK (provenance IN ('bought', 'given', 'eu_funded', 'seized', 'undersized')),
	ADD CONSTRAINT lot_not_for_sale_check CHECK (provenance NOT IN ('eu_funded', 'seized', 'undersized') OR public_units = 0),
	ADD CONSTRAINT lot_labels_check CHECK (cardinality(labels) <= 20 AND array_ndims(labels) IS NOT DISTINCT FROM nullif(least(cardinality(labels), 1), 0)
		AND array_position(labels, NULL) IS NULL),
	ADD CONSTRAINT lot_wishes_check CHECK (cardinality(wishes) <= 20 AND array_ndims(wishes) IS NOT DISTINCT FROM nullif(least(cardinality(wishes), 1), 0)
		AND array_position(wishes, NULL) IS NULL),
	ADD CONSTRAINT lot_wishes_allergens_check CHECK (NOT (
		('no_fish' = ANY (wishes) AND 'poissons' = ANY (allergens)) OR
		('no_shellfish' = ANY (wishes) AND allergens && ARRAY['crustaces', 'mollusques']) OR
		('no_egg' = ANY (wishes) AND 'oeufs' = ANY (allergens)) OR
		('no_milk' = ANY (wishes) AND 'lait' = ANY (allergens)) OR
		('no_gluten' = ANY (wishes) AND 'gluten' = ANY (allergens)) OR
		('no_nuts' = ANY (wishes) AND 'fruits_a_coque' = ANY (allergens)) OR
		('no_peanut' = ANY (wishes) AND 'arachides' = ANY (allergens)) OR
		('no_soya' = ANY (wishes) AND 'soja' = ANY (allergens)) OR
		('no_sesame' = ANY (wishes) AND 'sesame' = ANY (allergens))));
COMMENT ON COLUMN ecopanier.lot.category IS 'A code of ecopanier.food_categories(); needed for publication.';
COMMENT ON COLUMN ecopanier.lot.use_by IS 'Use-by date (DLC): valid until the end of that day by the territory''s calendar; after it nothing is sold, given or moved.';
COMMENT ON COLUMN ecopanier.lot.best_before IS 'Best-before date (DDM): after it food may be sold or given, labelled as such.';
COMMENT ON COLUMN ecopanier.lot.allergens IS 'Which of the 14 allergens (EU regulation 1169/2011) it holds: null is unknown, empty is none; unknown satisfies no exclusion.';
COMMENT ON COLUMN ecopanier.lot.limit_celsius IS
'The limit temperature of its cold class, degrees Celsius, noted at publication: the warmest, for hot food the coldest; null: none.';
COMMENT ON COLUMN ecopanier.lot.farming_method IS
'How it was grown or bred: conventional, integrated, organic (which needs an organic label), organic_conversion, free_range, barn, cage, wild_caught, farmed.';
CREATE TRIGGER lot_counted AFTER INSERT ON ecopanier.lot
	FOR EACH ROW WHEN (new.state = 'published') EXECUTE FUNCTION ecopanier.lot_counted();
CREATE TRIGGER lot_counted_later AFTER UPDATE ON ecopanier.lot
	FOR EACH ROW WHEN (old.state = 'draft' AND new.state = 'published') EXECUTE FUNCTION ecopanier.lot_counted();
