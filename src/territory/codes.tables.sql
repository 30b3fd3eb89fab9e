/*
 * The official codes of France: regions, departments, groups of communes
 * (EPCI), communes and municipal arrondissements. They are the same for every
 * territory, so they carry no territory_id and everyone may read them. The
 * rows come from ecopanier.import_official_codes().
 */
CREATE TABLE ecopanier.region (
	code text PRIMARY KEY CONSTRAINT region_code_check CHECK (code ~ '^[0-9]{2,3}$'),
	name text NOT NULL CONSTRAINT region_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
	seat text NOT NULL,
	zone text NOT NULL CONSTRAINT region_zone_check CHECK (zone IN ('metro', 'drom', 'com'))
);
COMMENT ON TABLE ecopanier.region IS
'Regions of France and overseas collectivities.
Filled by import_official_codes(''region'', ...); the same for all territories.';
COMMENT ON COLUMN ecopanier.region.code IS 'INSEE code of the region: two digits, three for an overseas collectivity.';
COMMENT ON COLUMN ecopanier.region.name IS 'Official name.';
COMMENT ON COLUMN ecopanier.region.seat IS 'INSEE code of the commune that is its seat; regions are loaded before communes, so it is not a foreign key.';
COMMENT ON COLUMN ecopanier.region.zone IS 'metro (mainland and Corsica), drom (overseas department) or com (other overseas).';

CREATE TABLE ecopanier.department (
	code text PRIMARY KEY CONSTRAINT department_code_check CHECK (code ~ '^([0-9]{2}|2[AB]|9[78][0-9])$'),
	name text NOT NULL CONSTRAINT department_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
	region_code text NOT NULL CONSTRAINT department_region_fkey REFERENCES ecopanier.region (code),
	seat text NOT NULL,
	zone text NOT NULL CONSTRAINT department_zone_check CHECK (zone IN ('metro', 'drom', 'com')),
	CONSTRAINT department_code_region_key UNIQUE (code, region_code)
);
CREATE INDEX department_region_index ON ecopanier.department (region_code);
COMMENT ON TABLE ecopanier.department IS
'Departments of France and overseas collectivities, which count as one department each.
Filled by import_official_codes(''department'', ...); the same for all territories.';
COMMENT ON COLUMN ecopanier.department.code IS 'INSEE code of the department: 01 to 95, 2A, 2B, 971 to 989.';
COMMENT ON COLUMN ecopanier.department.name IS 'Official name.';
COMMENT ON COLUMN ecopanier.department.region_code IS 'The region it belongs to.';
COMMENT ON COLUMN ecopanier.department.seat IS 'INSEE code of the commune that is its seat; departments are loaded before communes, so it is not a foreign key.';
COMMENT ON COLUMN ecopanier.department.zone IS 'metro (mainland and Corsica), drom (overseas department) or com (other overseas).';

CREATE TABLE ecopanier.epci (
	siren text PRIMARY KEY CONSTRAINT epci_siren_check CHECK (siren ~ '^[0-9]{9}$'),
	name text NOT NULL CONSTRAINT epci_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
	kind text NOT NULL CONSTRAINT epci_kind_check CHECK (kind ~ '^[A-Z0-9]{2,8}$'),
	funding_mode text NOT NULL CONSTRAINT epci_funding_mode_check CHECK (funding_mode ~ '^[A-Z0-9]{2,8}$'),
	population int CONSTRAINT epci_population_check CHECK (population >= 0),
	commune_count int CONSTRAINT epci_commune_count_check CHECK (commune_count >= 0)
);
COMMENT ON TABLE ecopanier.epci IS
'Groups of communes with their own taxes (établissements publics de coopération intercommunale).
Filled by import_official_codes(''epci'', ...); the same for all territories.';
COMMENT ON COLUMN ecopanier.epci.siren IS 'SIREN number, nine digits.';
COMMENT ON COLUMN ecopanier.epci.name IS 'Official name.';
COMMENT ON COLUMN ecopanier.epci.kind IS 'Legal form: CC (communauté de communes), CA (d''agglomération), CU (urbaine), METRO (métropole), MET69 (métropole de Lyon).';
COMMENT ON COLUMN ecopanier.epci.funding_mode IS 'Tax regime: FA (additional taxes) or FPU (single business tax).';
COMMENT ON COLUMN ecopanier.epci.population IS 'Municipal population, in people; null where it is not known.';
COMMENT ON COLUMN ecopanier.epci.commune_count IS 'Number of member communes that the source states; null where it is not known.';

CREATE TABLE ecopanier.commune (
	insee text PRIMARY KEY CONSTRAINT commune_insee_check CHECK (insee ~ '^([0-9]{2}|2[AB])[0-9]{3}$'),
	name text NOT NULL CONSTRAINT commune_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
	department_code text NOT NULL,
	region_code text NOT NULL,
	zone text NOT NULL CONSTRAINT commune_zone_check CHECK (zone IN ('metro', 'drom', 'com')),
	epci_siren text CONSTRAINT commune_epci_fkey REFERENCES ecopanier.epci (siren),
	ept_siren text CONSTRAINT commune_ept_siren_check CHECK (ept_siren ~ '^[0-9]{9}$'),
	siren text CONSTRAINT commune_siren_check CHECK (siren ~ '^[0-9]{9}$'),
	population int CONSTRAINT commune_population_check CHECK (population >= 0),
	post_codes text[] NOT NULL DEFAULT '{}',
	time_zone text,
	CONSTRAINT commune_department_fkey FOREIGN KEY (department_code, region_code)
		REFERENCES ecopanier.department (code, region_code) ON UPDATE CASCADE
);
CREATE INDEX commune_department_index ON ecopanier.commune (department_code, region_code);
CREATE INDEX commune_epci_index ON ecopanier.commune (epci_siren);
COMMENT ON TABLE ecopanier.commune IS
'Communes of France, without the municipal arrondissements of Paris, Lyon and Marseille (see arrondissement).
Filled by import_official_codes(''commune'', ...); the same for all territories.';
COMMENT ON COLUMN ecopanier.commune.insee IS 'INSEE code, five characters; not the post code.';
COMMENT ON COLUMN ecopanier.commune.name IS 'Official name.';
COMMENT ON COLUMN ecopanier.commune.department_code IS 'The department it belongs to.';
COMMENT ON COLUMN ecopanier.commune.region_code IS 'The region of its department; it follows when a department changes region.';
COMMENT ON COLUMN ecopanier.commune.zone IS 'metro (mainland and Corsica), drom (overseas department) or com (other overseas).';
COMMENT ON COLUMN ecopanier.commune.epci_siren IS 'The group of communes it belongs to; null for the few islands and overseas communes in none.';
COMMENT ON COLUMN ecopanier.commune.ept_siren IS 'SIREN of its établissement public territorial; Greater Paris only.';
COMMENT ON COLUMN ecopanier.commune.siren IS 'SIREN of the commune; null where it has none.';
COMMENT ON COLUMN ecopanier.commune.population IS 'Municipal population, in people; null where it is not known (uninhabited lands).';
COMMENT ON COLUMN ecopanier.commune.post_codes IS 'Post codes that serve it; several communes share one, and a few have none.';
COMMENT ON COLUMN ecopanier.commune.time_zone IS 'IANA time zone, a name of pg_timezone_names; null where the source gives none (Clipperton).';

CREATE TABLE ecopanier.arrondissement (
	insee text PRIMARY KEY CONSTRAINT arrondissement_insee_check CHECK (insee ~ '^([0-9]{2}|2[AB])[0-9]{3}$'),
	commune_insee text NOT NULL CONSTRAINT arrondissement_commune_fkey REFERENCES ecopanier.commune (insee),
	name text NOT NULL CONSTRAINT arrondissement_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
	population int CONSTRAINT arrondissement_population_check CHECK (population >= 0),
	post_codes text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX arrondissement_commune_index ON ecopanier.arrondissement (commune_insee);
COMMENT ON TABLE ecopanier.arrondissement IS
'Municipal arrondissements of Paris, Lyon and Marseille: parts of a commune, kept apart so that no person is counted twice.
Filled by import_official_codes(''commune'', ...); the same for all territories.';
COMMENT ON COLUMN ecopanier.arrondissement.insee IS 'INSEE code of the arrondissement, five characters.';
COMMENT ON COLUMN ecopanier.arrondissement.commune_insee IS 'The commune it is a part of.';
COMMENT ON COLUMN ecopanier.arrondissement.name IS 'Official name.';
COMMENT ON COLUMN ecopanier.arrondissement.population IS 'Municipal population, in people; already counted in its commune.';
COMMENT ON COLUMN ecopanier.arrondissement.post_codes IS 'Post codes that serve it.';

DO $codes$
DECLARE
	codes_table text;
	readers CONSTANT text := 'ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
		ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service';
BEGIN
	FOREACH codes_table IN ARRAY ARRAY['region', 'department', 'epci', 'commune', 'arrondissement']
	LOOP
		EXECUTE pg_catalog.format('ALTER TABLE ecopanier.%I ENABLE ROW LEVEL SECURITY', codes_table);
		EXECUTE pg_catalog.format('CREATE POLICY %I ON ecopanier.%I FOR SELECT TO %s USING (true)',
			codes_table || '_everyone_select', codes_table, readers);
		EXECUTE pg_catalog.format('COMMENT ON POLICY %I ON ecopanier.%I IS %L',
			codes_table || '_everyone_select', codes_table, 'Official codes are public: every role reads every row.');
		EXECUTE pg_catalog.format('GRANT SELECT ON ecopanier.%I TO %s', codes_table, readers);
	END LOOP;
END
$codes$;
