CREATE TABLE ecopanier.favourite (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id, organisation_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
CREATE INDEX favourite_organisation_index ON ecopanier.favourite (territory_id, organisation_id);
COMMENT ON TABLE ecopanier.favourite IS 'Shops that people follow, by their own choice; who consents to alerts is told of their new lots.';
COMMENT ON COLUMN ecopanier.favourite.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.favourite.member_id IS 'The person, who is the caller.';
COMMENT ON COLUMN ecopanier.favourite.organisation_id IS 'The shop or association.';
COMMENT ON COLUMN ecopanier.favourite.created_at IS 'Since when.';
COMMENT ON INDEX ecopanier.favourite_organisation_index IS 'Who follows a shop.';
CREATE TRIGGER favourite_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.favourite
	FOR EACH ROW EXECUTE FUNCTION ecopanier.favourite_guard();
CREATE TRIGGER favourite_truncate BEFORE TRUNCATE ON ecopanier.favourite
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER favourite_person AFTER INSERT OR UPDATE OF territory_id, member_id ON ecopanier.favourite
	FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'member_id');
ALTER TABLE ecopanier.favourite ENABLE ROW LEVEL SECURITY;
CREATE POLICY favourite_self_all ON ecopanier.favourite TO ecopanier_customer, ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY favourite_self_all ON ecopanier.favourite IS 'A person keeps the own favourites; nobody else reads who follows whom.';
GRANT SELECT, INSERT (organisation_id), DELETE ON ecopanier.favourite TO ecopanier_customer, ecopanier_beneficiary;
COMMENT ON TABLE ecopanier_private.alert_told IS 'Who was told of which lot, nearby or of a favourite shop: once each, and so many a day.';

-- Units that somebody pays for, or that a round gives back, make a basket free for people nearby.
CREATE TRIGGER lot_movement_announced AFTER INSERT ON ecopanier_private.lot_movement
	FOR EACH ROW WHEN (NEW.kind IN ('sponsored', 'allotment') AND NEW.solidarity_units < 0) EXECUTE FUNCTION ecopanier.lot_announced('lot_id');

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, section, columns, contact_columns, trace_column, erase, reason) VALUES
	(124, 'ecopanier.favourite', 'member_id', 'favourites', '{created_at,organisation_id}', '{created_at}', NULL,
		'delete', 'Where the person goes.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
