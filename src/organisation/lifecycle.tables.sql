/*
 * The life of an organisation: states, accreditation, staff, opening hours.
 */
ALTER TABLE ecopanier.organisation
	ADD COLUMN accreditation_type text
		CONSTRAINT organisation_accreditation_type_check CHECK (accreditation_type IN ('national', 'regional')),
	ADD COLUMN accreditation_suspended_from date,
	ADD COLUMN accreditation_suspended_until date,
	ADD COLUMN accreditation_suspension_reason text
		CONSTRAINT organisation_suspension_reason_check CHECK (length(accreditation_suspension_reason) <= 1000),
	ADD CONSTRAINT organisation_suspension_check CHECK (num_nonnulls(accreditation_suspended_from, accreditation_suspended_until) <> 1
		AND accreditation_suspended_from <= accreditation_suspended_until
		AND accreditation_suspended_until < accreditation_suspended_from + interval '6 months');
COMMENT ON COLUMN ecopanier.organisation.accreditation_type IS
'Who accredited it for food aid (L266-2 CASF): national by the State''s ministers, regional by the prefect of the region; null where not known.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspended_from IS 'First local day on which the accreditation is suspended.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspended_until IS 'Last local day on which it is suspended, within six months.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspension_reason IS 'Why it is suspended; members of the territory can read it.';
GRANT INSERT (accreditation_type),
	UPDATE (accreditation_type, accreditation_suspended_from, accreditation_suspended_until, accreditation_suspension_reason)
	ON ecopanier.organisation TO ecopanier_admin;
