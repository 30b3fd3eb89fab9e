CREATE TABLE ecopanier.beneficiary (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid,
	ben_code ecopanier.ben_code,
	state text NOT NULL DEFAULT 'applied'
		CONSTRAINT beneficiary_state_check CHECK (state IN ('applied', 'verified', 'suspended', 'expired', 'refused')),
	valid_from date,
	valid_until date,
	verified_by uuid,
	verified_for uuid,
	verified_at timestamptz,
	reason text CONSTRAINT beneficiary_reason_length_check CHECK (length(reason) <= 1000),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id),
	UNIQUE (territory_id, ben_code),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT beneficiary_verified_check CHECK (state <> 'verified'
		OR (ben_code IS NOT NULL AND verified_at IS NOT NULL AND valid_from IS NOT NULL AND valid_until IS NOT NULL)),
	CONSTRAINT beneficiary_reason_check CHECK (state NOT IN ('refused', 'suspended') OR length(btrim(reason)) > 0),
	CONSTRAINT beneficiary_dates_check CHECK (valid_from <= valid_until AND isfinite(valid_from) AND isfinite(valid_until))
);
COMMENT ON TABLE ecopanier.beneficiary IS 'Members whose right to free lots was asked for or verified (rule D14).';
COMMENT ON COLUMN ecopanier.beneficiary.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.beneficiary.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier.beneficiary.organisation_id IS 'The association or social service that registered the person.';
COMMENT ON COLUMN ecopanier.beneficiary.ben_code IS 'Code of the person, given at the first verification and kept.';
COMMENT ON COLUMN ecopanier.beneficiary.state IS 'applied, verified, suspended, expired or refused.';
COMMENT ON COLUMN ecopanier.beneficiary.valid_from IS 'First day of the right.';
COMMENT ON COLUMN ecopanier.beneficiary.valid_until IS 'Last day of the right.';
COMMENT ON COLUMN ecopanier.beneficiary.verified_by IS 'The member of staff or administrator who verified; null for a load.';
COMMENT ON COLUMN ecopanier.beneficiary.verified_for IS 'The organisation that person acted for.';
COMMENT ON COLUMN ecopanier.beneficiary.verified_at IS 'When.';
COMMENT ON COLUMN ecopanier.beneficiary.reason IS 'Why the right was refused or suspended.';
COMMENT ON COLUMN ecopanier.beneficiary.created_at IS 'When it was asked for.';

CREATE TABLE ecopanier_private.ben_code_issued (
	territory_id int NOT NULL,
	ben_code ecopanier.ben_code NOT NULL,
	PRIMARY KEY (territory_id, ben_code)
);
COMMENT ON TABLE ecopanier_private.ben_code_issued IS 'Every code ever given, so that none is given twice, not even after an erasure.';
COMMENT ON COLUMN ecopanier_private.ben_code_issued.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.ben_code_issued.ben_code IS 'The code.';
CREATE TABLE ecopanier_private.ben_code_year (
	territory_id int NOT NULL,
	year int NOT NULL,
	issued int NOT NULL,
	PRIMARY KEY (territory_id, year)
);
COMMENT ON TABLE ecopanier_private.ben_code_year IS 'How many codes each year has given.';
COMMENT ON COLUMN ecopanier_private.ben_code_year.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.ben_code_year.year IS 'The year in the codes.';
COMMENT ON COLUMN ecopanier_private.ben_code_year.issued IS 'Codes given.';
CREATE TRIGGER ben_code_issued_history BEFORE UPDATE OR DELETE ON ecopanier_private.ben_code_issued
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.ben_code_issued ENABLE ALWAYS TRIGGER ben_code_issued_history;
CREATE TRIGGER ben_code_issued_truncate BEFORE TRUNCATE ON ecopanier_private.ben_code_issued
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.ben_code_issued ENABLE ALWAYS TRIGGER ben_code_issued_truncate;
ALTER TABLE ecopanier_private.ben_code_issued ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.ben_code_year ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER beneficiary_guard BEFORE INSERT OR UPDATE ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.beneficiary_guard();
CREATE TRIGGER beneficiary_code AFTER INSERT OR UPDATE OF ben_code ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.beneficiary_code();
CREATE TRIGGER beneficiary_history BEFORE DELETE ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.beneficiary ENABLE ALWAYS TRIGGER beneficiary_history;
CREATE TRIGGER beneficiary_truncate BEFORE TRUNCATE ON ecopanier.beneficiary
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.beneficiary ENABLE ALWAYS TRIGGER beneficiary_truncate;

ALTER TABLE ecopanier.beneficiary ENABLE ROW LEVEL SECURITY;
CREATE POLICY beneficiary_self_select ON ecopanier.beneficiary FOR SELECT TO ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY beneficiary_self_select ON ecopanier.beneficiary IS 'A beneficiary reads the own right.';
CREATE POLICY beneficiary_association_select ON ecopanier.beneficiary FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY beneficiary_association_select ON ecopanier.beneficiary IS 'Staff read the people whom the own organisation registered.';
CREATE POLICY beneficiary_admin_select ON ecopanier.beneficiary FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY beneficiary_admin_select ON ecopanier.beneficiary IS 'Administrators read the rights of the own territory.';
GRANT SELECT ON ecopanier.beneficiary TO ecopanier_beneficiary, ecopanier_association, ecopanier_admin;
