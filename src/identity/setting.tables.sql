CREATE TABLE ecopanier.setting_definition (
	name text PRIMARY KEY
		CONSTRAINT setting_definition_name_check CHECK (name ~ '^[a-z][a-z0-9_]*$'),
	unit text NOT NULL,
	minimum numeric NOT NULL,
	maximum numeric NOT NULL,
	default_value numeric NOT NULL,
	description text NOT NULL,
	source text NOT NULL,
	CONSTRAINT setting_definition_range_check CHECK (default_value BETWEEN minimum AND maximum)
);
COMMENT ON TABLE ecopanier.setting_definition IS 'The parameters of the rules: what each means, its range and its default.';
COMMENT ON COLUMN ecopanier.setting_definition.name IS 'Name of the parameter.';
COMMENT ON COLUMN ecopanier.setting_definition.unit IS 'Unit of its value.';
COMMENT ON COLUMN ecopanier.setting_definition.minimum IS 'Smallest value allowed.';
COMMENT ON COLUMN ecopanier.setting_definition.maximum IS 'Largest value allowed.';
COMMENT ON COLUMN ecopanier.setting_definition.default_value IS 'Value that a new territory starts with.';
COMMENT ON COLUMN ecopanier.setting_definition.description IS 'What the parameter decides.';
COMMENT ON COLUMN ecopanier.setting_definition.source IS 'Where the default comes from.';

INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('free_units_per_day', 'units', 0, 10, 2, 'Free units that one person may claim in a calendar day.', 'rule D1'),
	('discount_minimum', 'percent', 0, 100, 30, 'Smallest discount of a sold lot on its original price.', 'rule D4'),
	('discount_maximum', 'percent', 0, 100, 70, 'Largest discount of a sold lot on its original price.', 'rule D4'),
	('cancel_cutoff', 'minutes', 0, 10080, 30, 'How long before its window opens a claim can be cancelled in time.', 'rule D16'),
	('meal_weight', 'grams', 1, 100000, 500, 'Weight of food that counts as one meal where the lot declares none.', 'rule D8'),
	('co2_per_meal', 'grams of CO2', 0, 100000, 900, 'Emissions avoided by one meal eaten instead of wasted.', 'rule D8'),
	('pickup_tries', 'tries', 1, 20, 5, 'Wrong PINs that one station may try for one reservation before it is locked.', 'design, threats'),
	('release_grace', 'minutes', 0, 1440, 60, 'How long a released reservation can be handed over, the window past or not.', 'design, threats');

CREATE TABLE ecopanier.setting (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	name text NOT NULL REFERENCES ecopanier.setting_definition,
	version int NOT NULL,
	value numeric NOT NULL,
	valid_from timestamptz NOT NULL,
	author_id uuid,
	author_login name NOT NULL,
	source text NOT NULL
		CONSTRAINT setting_source_check CHECK (length(btrim(source)) > 0 AND length(source) <= 1000),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, name, version)
);
CREATE INDEX setting_valid_index ON ecopanier.setting (territory_id, name, valid_from DESC, version DESC);
COMMENT ON TABLE ecopanier.setting IS
'Values of the parameters, territory by territory, with their history: a row is never changed, a later one replaces it.';
COMMENT ON COLUMN ecopanier.setting.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.setting.name IS 'The parameter.';
COMMENT ON COLUMN ecopanier.setting.version IS 'Number of the value, from 1; given by the database.';
COMMENT ON COLUMN ecopanier.setting.value IS 'The value, in the unit of setting_definition.';
COMMENT ON COLUMN ecopanier.setting.valid_from IS 'From when it is in force; of two that are, the later valid_from wins, then the higher version.';
COMMENT ON COLUMN ecopanier.setting.author_id IS 'The administrator who set it, null for a default or a load.';
COMMENT ON COLUMN ecopanier.setting.author_login IS 'The database login that set it.';
COMMENT ON COLUMN ecopanier.setting.source IS 'Why: a decision, a rule, a convention.';
COMMENT ON COLUMN ecopanier.setting.created_at IS 'When it was written.';

-- Rows come before the triggers: while migrations run, the guards would refuse as outdated.
INSERT INTO ecopanier.setting (territory_id, name, version, value, valid_from, author_login, source)
SELECT t.id, d.name, 1, d.default_value, '-infinity', session_user, d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d;

CREATE TRIGGER setting_guard
	BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.setting
	FOR EACH ROW EXECUTE FUNCTION ecopanier.setting_guard();
CREATE TRIGGER setting_truncate
	BEFORE TRUNCATE ON ecopanier.setting
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.setting ENABLE ALWAYS TRIGGER setting_truncate;
CREATE TRIGGER territory_settings
	AFTER INSERT ON ecopanier.territory
	FOR EACH ROW EXECUTE FUNCTION ecopanier.territory_settings();

CREATE TABLE ecopanier.territory_commune (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	commune_insee text NOT NULL REFERENCES ecopanier.commune,
	PRIMARY KEY (territory_id, commune_insee)
);
COMMENT ON TABLE ecopanier.territory_commune IS 'The communes that a territory covers.';
COMMENT ON COLUMN ecopanier.territory_commune.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.territory_commune.commune_insee IS 'INSEE code of the commune.';

ALTER TABLE ecopanier.setting_definition ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.territory_commune ENABLE ROW LEVEL SECURITY;
CREATE POLICY setting_definition_all_select ON ecopanier.setting_definition FOR SELECT
	TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
		ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service
	USING (true);
COMMENT ON POLICY setting_definition_all_select ON ecopanier.setting_definition IS 'The parameters are public.';
CREATE POLICY setting_admin_select ON ecopanier.setting FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY setting_admin_select ON ecopanier.setting IS
'Administrators read the history of the own territory, authors included; others read values by setting_value().';
CREATE POLICY territory_commune_all_select ON ecopanier.territory_commune FOR SELECT
	TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
		ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service
	USING (true);
COMMENT ON POLICY territory_commune_all_select ON ecopanier.territory_commune IS 'What a territory covers is public.';
GRANT SELECT ON ecopanier.setting_definition, ecopanier.territory_commune
	TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector,
		ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;
GRANT SELECT ON ecopanier.setting TO ecopanier_admin;
