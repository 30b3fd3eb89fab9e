CREATE TABLE ecopanier.organisation (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	id uuid NOT NULL,
	kind text NOT NULL
		CONSTRAINT organisation_kind_check
		CHECK (kind IN ('merchant', 'association', 'social_service', 'producer', 'hub', 'authority', 'funder')),
	name text NOT NULL
		CONSTRAINT organisation_name_check CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 200),
	siret ecopanier.siret,
	commune_insee text REFERENCES ecopanier.commune,
	address text CONSTRAINT organisation_address_check CHECK (length(address) <= 500),
	latitude double precision CONSTRAINT organisation_latitude_check CHECK (latitude BETWEEN -90 AND 90),
	longitude double precision CONSTRAINT organisation_longitude_check CHECK (longitude BETWEEN -180 AND 180),
	accreditation_number text CONSTRAINT organisation_accreditation_number_check CHECK (length(accreditation_number) BETWEEN 1 AND 100),
	accredited_from date,
	accredited_until date,
	accreditation_suspended boolean NOT NULL DEFAULT false,
	state text NOT NULL DEFAULT 'active'
		CONSTRAINT organisation_state_check CHECK (state IN ('applied', 'active', 'suspended', 'closed')),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	CONSTRAINT organisation_accreditation_check CHECK (accredited_from <= accredited_until)
);
COMMENT ON TABLE ecopanier.organisation IS 'Shops, associations, social services and the others that act in a territory.';
COMMENT ON COLUMN ecopanier.organisation.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation.id IS 'Identifier; given by the database where null.';
COMMENT ON COLUMN ecopanier.organisation.kind IS 'merchant, association, social_service, producer, hub, authority or funder.';
COMMENT ON COLUMN ecopanier.organisation.name IS 'Name that people read.';
COMMENT ON COLUMN ecopanier.organisation.siret IS 'SIRET of the establishment.';
COMMENT ON COLUMN ecopanier.organisation.commune_insee IS 'INSEE code of its commune.';
COMMENT ON COLUMN ecopanier.organisation.address IS 'Street address.';
COMMENT ON COLUMN ecopanier.organisation.latitude IS 'Latitude, degrees north (WGS 84).';
COMMENT ON COLUMN ecopanier.organisation.longitude IS 'Longitude, degrees east (WGS 84).';
COMMENT ON COLUMN ecopanier.organisation.accreditation_number IS 'Number of the food-aid accreditation (L266-2 CASF); a social service needs none.';
COMMENT ON COLUMN ecopanier.organisation.accredited_from IS 'First day of the accreditation.';
COMMENT ON COLUMN ecopanier.organisation.accredited_until IS 'Last day of the accreditation, null: open.';
COMMENT ON COLUMN ecopanier.organisation.accreditation_suspended IS 'Whether the accreditation is suspended.';
COMMENT ON COLUMN ecopanier.organisation.state IS 'applied, active, suspended or closed; staff act for active ones.';
COMMENT ON COLUMN ecopanier.organisation.created_at IS 'When the organisation was registered.';

CREATE TABLE ecopanier.organisation_opening (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	weekday int NOT NULL CONSTRAINT organisation_opening_weekday_check CHECK (weekday BETWEEN 1 AND 7),
	opens_at time NOT NULL,
	closes_at time NOT NULL,
	PRIMARY KEY (territory_id, organisation_id, weekday, opens_at),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation ON DELETE CASCADE,
	CONSTRAINT organisation_opening_order_check CHECK (opens_at < closes_at)
);
COMMENT ON TABLE ecopanier.organisation_opening IS 'Weekly opening hours, in the territory''s local time.';
COMMENT ON COLUMN ecopanier.organisation_opening.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation_opening.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.organisation_opening.weekday IS 'Day of the week, 1 Monday to 7 Sunday (ISO 8601).';
COMMENT ON COLUMN ecopanier.organisation_opening.opens_at IS 'Opening time.';
COMMENT ON COLUMN ecopanier.organisation_opening.closes_at IS 'Closing time, later the same day.';

CREATE TABLE ecopanier.organisation_staff (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	member_id uuid NOT NULL,
	function text NOT NULL
		CONSTRAINT organisation_staff_function_check CHECK (function IN ('owner', 'manager', 'station', 'reader')),
	PRIMARY KEY (territory_id, organisation_id, member_id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
CREATE INDEX organisation_staff_member_index ON ecopanier.organisation_staff (territory_id, member_id);
COMMENT ON TABLE ecopanier.organisation_staff IS 'Who works for an organisation, and in what function.';
COMMENT ON COLUMN ecopanier.organisation_staff.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation_staff.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.organisation_staff.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier.organisation_staff.function IS 'owner, manager, station (hands over) or reader.';

CREATE TRIGGER organisation_guard BEFORE INSERT OR UPDATE ON ecopanier.organisation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard();
CREATE TRIGGER organisation_opening_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.organisation_opening
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('manager');
CREATE TRIGGER organisation_staff_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.organisation_staff
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard();

ALTER TABLE ecopanier.organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.organisation_opening ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.organisation_staff ENABLE ROW LEVEL SECURITY;

CREATE POLICY organisation_member_select ON ecopanier.organisation FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_member_select ON ecopanier.organisation IS 'Members read the organisations of the own territory.';
CREATE POLICY organisation_admin_insert ON ecopanier.organisation FOR INSERT TO ecopanier_admin
	WITH CHECK (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_admin_insert ON ecopanier.organisation IS 'Administrators register organisations in the own territory.';
CREATE POLICY organisation_admin_update ON ecopanier.organisation FOR UPDATE TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_admin_update ON ecopanier.organisation IS 'Administrators keep the organisations of the own territory.';
CREATE POLICY organisation_opening_member_select ON ecopanier.organisation_opening FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_opening_member_select ON ecopanier.organisation_opening IS 'Members read opening hours of the own territory.';
CREATE POLICY organisation_opening_staff_all ON ecopanier.organisation_opening TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY organisation_opening_staff_all ON ecopanier.organisation_opening IS 'Staff keep the opening hours of the own organisation.';
CREATE POLICY organisation_staff_self_select ON ecopanier.organisation_staff FOR SELECT
	TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY organisation_staff_self_select ON ecopanier.organisation_staff IS 'Staff read who works for the own organisation.';
CREATE POLICY organisation_staff_admin_all ON ecopanier.organisation_staff TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_staff_admin_all ON ecopanier.organisation_staff IS 'Administrators keep the staff of the own territory''s organisations.';

GRANT SELECT ON ecopanier.organisation, ecopanier.organisation_opening
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT INSERT (id, kind, name, siret, commune_insee, address, latitude, longitude, accreditation_number, accredited_from,
		accredited_until, state),
	UPDATE (name, siret, commune_insee, address, latitude, longitude, accreditation_number, accredited_from,
		accredited_until, accreditation_suspended, state)
	ON ecopanier.organisation TO ecopanier_admin;
GRANT INSERT (organisation_id, weekday, opens_at, closes_at), DELETE ON ecopanier.organisation_opening
	TO ecopanier_merchant, ecopanier_association;
GRANT SELECT ON ecopanier.organisation_staff TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT INSERT (organisation_id, member_id, function), UPDATE (function), DELETE ON ecopanier.organisation_staff TO ecopanier_admin;
