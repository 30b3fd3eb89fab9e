-- Sealed identities, contacts, households, wishes.

CREATE TABLE ecopanier.organisation_key (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	public_key bytea NOT NULL,
	label text NOT NULL
		CONSTRAINT organisation_key_label_check CHECK (label = btrim(label) AND length(label) BETWEEN 1 AND 100),
	state text NOT NULL DEFAULT 'active'
		CONSTRAINT organisation_key_state_check CHECK (state IN ('active', 'retired')),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	created_by uuid,
	PRIMARY KEY (territory_id, id),
	UNIQUE (territory_id, organisation_id, public_key),
	UNIQUE (territory_id, organisation_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, created_by) REFERENCES ecopanier.member
);
COMMENT ON TABLE ecopanier.organisation_key IS
'Public keys of associations, to which clients seal civil identities. The secret halves are with the readers and never here.';
COMMENT ON COLUMN ecopanier.organisation_key.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation_key.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.organisation_key.organisation_id IS 'The association.';
COMMENT ON COLUMN ecopanier.organisation_key.public_key IS 'X25519 public key, 32 bytes.';
COMMENT ON COLUMN ecopanier.organisation_key.label IS 'What tells the readers'' keys apart, such as a place and a month; no person''s name.';
COMMENT ON COLUMN ecopanier.organisation_key.state IS 'active, or retired: nothing more is sealed to it.';
COMMENT ON COLUMN ecopanier.organisation_key.created_at IS 'When it was registered.';
COMMENT ON COLUMN ecopanier.organisation_key.created_by IS 'The owner or manager who registered it; null for a load.';
CREATE TRIGGER organisation_key_guard BEFORE INSERT OR UPDATE ON ecopanier.organisation_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_key_guard();
CREATE TRIGGER organisation_key_sound BEFORE INSERT OR UPDATE ON ecopanier.organisation_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_key_sound();
ALTER TABLE ecopanier.organisation_key ENABLE ALWAYS TRIGGER organisation_key_sound;
CREATE TRIGGER organisation_key_history BEFORE DELETE ON ecopanier.organisation_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.organisation_key ENABLE ALWAYS TRIGGER organisation_key_history;
CREATE TRIGGER organisation_key_truncate BEFORE TRUNCATE ON ecopanier.organisation_key
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.organisation_key ENABLE ALWAYS TRIGGER organisation_key_truncate;
CREATE TRIGGER organisation_key_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.organisation_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', '+organisation_id', 'state');
ALTER TABLE ecopanier.organisation_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY organisation_key_staff_select ON ecopanier.organisation_key FOR SELECT TO ecopanier_association, ecopanier_service
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY organisation_key_staff_select ON ecopanier.organisation_key IS 'Staff and services read the public keys of the own organisation.';
CREATE POLICY organisation_key_admin_select ON ecopanier.organisation_key FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_key_admin_select ON ecopanier.organisation_key IS 'Administrators read the public keys of the own territory''s associations.';
GRANT SELECT ON ecopanier.organisation_key TO ecopanier_association, ecopanier_service, ecopanier_admin;

CREATE TABLE ecopanier_private.sealed_identity (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	key_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	sealed bytea NOT NULL
		CONSTRAINT sealed_identity_sealed_check CHECK (octet_length(sealed) BETWEEN 49 AND 4096),
	sealed_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	sealed_by uuid,
	PRIMARY KEY (territory_id, member_id, key_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.beneficiary,
	FOREIGN KEY (territory_id, organisation_id, key_id) REFERENCES ecopanier.organisation_key (territory_id, organisation_id, id),
	FOREIGN KEY (territory_id, sealed_by) REFERENCES ecopanier.member
);
CREATE INDEX sealed_identity_key_index ON ecopanier_private.sealed_identity (territory_id, key_id, member_id);
COMMENT ON TABLE ecopanier_private.sealed_identity IS
'Civil identities of beneficiaries as clients sealed them: bytes that the server cannot open. They go when another organisation holds the person.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.key_id IS 'The key of the association that it is sealed to.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.organisation_id IS 'The association, which holds the person.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.sealed IS 'X25519 sealed box, 49 to 4096 bytes.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.sealed_at IS 'When it was sealed.';
COMMENT ON COLUMN ecopanier_private.sealed_identity.sealed_by IS 'The member of staff or service that sealed it; null for a load.';
CREATE TRIGGER sealed_identity_guard BEFORE INSERT OR UPDATE ON ecopanier_private.sealed_identity
	FOR EACH ROW EXECUTE FUNCTION ecopanier.sealed_identity_guard();
CREATE TRIGGER sealed_identity_caller BEFORE DELETE OR TRUNCATE ON ecopanier_private.sealed_identity
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.sealed_identity ENABLE ROW LEVEL SECURITY;

CREATE TABLE ecopanier_private.contact (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	kind text NOT NULL
		CONSTRAINT contact_kind_check CHECK (kind IN ('mail', 'phone')),
	key_id text NOT NULL
		CONSTRAINT contact_key_id_check CHECK (key_id ~ '^[0-9a-f]{16}$'),
	sealed bytea NOT NULL
		CONSTRAINT contact_sealed_check CHECK (octet_length(sealed) = CASE kind WHEN 'mail' THEN 296 ELSE 72 END),
	updated_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id, kind),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
COMMENT ON TABLE ecopanier_private.contact IS
'Mail addresses and phone numbers of members, encrypted under a key of the server, all of a kind of one length; read by the person alone.';
COMMENT ON COLUMN ecopanier_private.contact.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.contact.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.contact.kind IS 'mail or phone.';
COMMENT ON COLUMN ecopanier_private.contact.key_id IS 'The key of key_ring that it is encrypted under.';
COMMENT ON COLUMN ecopanier_private.contact.sealed IS 'XChaCha20-Poly1305: nonce, encrypted and padded text, tag; bound to database, territory, person and kind.';
COMMENT ON COLUMN ecopanier_private.contact.updated_at IS 'When it was stored.';
CREATE TRIGGER contact_guard BEFORE INSERT OR UPDATE ON ecopanier_private.contact
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('anybody');
CREATE TRIGGER contact_caller BEFORE DELETE OR TRUNCATE ON ecopanier_private.contact
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.contact ENABLE ROW LEVEL SECURITY;

CREATE TABLE ecopanier.household (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid,
	age_0_2 smallint NOT NULL DEFAULT 0 CONSTRAINT household_age_0_2_check CHECK (age_0_2 BETWEEN 0 AND 20),
	age_3_10 smallint NOT NULL DEFAULT 0 CONSTRAINT household_age_3_10_check CHECK (age_3_10 BETWEEN 0 AND 20),
	age_11_17 smallint NOT NULL DEFAULT 0 CONSTRAINT household_age_11_17_check CHECK (age_11_17 BETWEEN 0 AND 20),
	age_18_24 smallint NOT NULL DEFAULT 0 CONSTRAINT household_age_18_24_check CHECK (age_18_24 BETWEEN 0 AND 20),
	age_25_64 smallint NOT NULL DEFAULT 0 CONSTRAINT household_age_25_64_check CHECK (age_25_64 BETWEEN 0 AND 20),
	age_65_up smallint NOT NULL DEFAULT 0 CONSTRAINT household_age_65_up_check CHECK (age_65_up BETWEEN 0 AND 20),
	updated_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT household_somebody_check CHECK (age_0_2 + age_3_10 + age_11_17 + age_18_24 + age_25_64 + age_65_up >= 1)
);
CREATE INDEX household_organisation_index ON ecopanier.household (territory_id, organisation_id);
COMMENT ON TABLE ecopanier.household IS 'How many people live with a member, by age, the member included: numbers for tariffs, no names.';
COMMENT ON COLUMN ecopanier.household.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.household.member_id IS 'The member.';
COMMENT ON COLUMN ecopanier.household.organisation_id IS
'The association that held the member when the row was written, whose staff read it; null for none and after a transfer.';
COMMENT ON COLUMN ecopanier.household.age_0_2 IS 'People of 0 to 2 years.';
COMMENT ON COLUMN ecopanier.household.age_3_10 IS 'People of 3 to 10 years.';
COMMENT ON COLUMN ecopanier.household.age_11_17 IS 'People of 11 to 17 years.';
COMMENT ON COLUMN ecopanier.household.age_18_24 IS 'People of 18 to 24 years.';
COMMENT ON COLUMN ecopanier.household.age_25_64 IS 'People of 25 to 64 years.';
COMMENT ON COLUMN ecopanier.household.age_65_up IS 'People of 65 years and more.';
COMMENT ON COLUMN ecopanier.household.updated_at IS 'When it was written.';
CREATE TRIGGER household_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.household
	FOR EACH ROW EXECUTE FUNCTION ecopanier.household_guard();
CREATE TRIGGER household_caller BEFORE TRUNCATE ON ecopanier.household
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier.household ENABLE ROW LEVEL SECURITY;
CREATE POLICY household_self_select ON ecopanier.household FOR SELECT TO ecopanier_customer, ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY household_self_select ON ecopanier.household IS 'A person reads the own household.';
CREATE POLICY household_association_select ON ecopanier.household FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY household_association_select ON ecopanier.household IS 'Staff read the households of the people whom the own organisation holds.';
GRANT SELECT ON ecopanier.household TO ecopanier_customer, ecopanier_beneficiary, ecopanier_association;

CREATE TRIGGER beneficiary_moved AFTER UPDATE OF organisation_id ON ecopanier.beneficiary
	FOR EACH ROW EXECUTE FUNCTION ecopanier.beneficiary_moved();

CREATE TABLE ecopanier.wish (
	code text NOT NULL
		CONSTRAINT wish_code_check CHECK (code ~ '^[a-z_]{1,40}$'),
	position int NOT NULL,
	label_fr text NOT NULL,
	label_en text NOT NULL,
	label_es text NOT NULL,
	label_ar text NOT NULL,
	PRIMARY KEY (code)
);
COMMENT ON TABLE ecopanier.wish IS
'What can be wished for in an order: properties of food. Never a religion, a belief or an illness: those are nobody''s to store.';
COMMENT ON COLUMN ecopanier.wish.code IS 'The wish.';
COMMENT ON COLUMN ecopanier.wish.position IS 'Its place in a list that people choose from.';
COMMENT ON COLUMN ecopanier.wish.label_fr IS 'In French.';
COMMENT ON COLUMN ecopanier.wish.label_en IS 'In English.';
COMMENT ON COLUMN ecopanier.wish.label_es IS 'In Spanish.';
COMMENT ON COLUMN ecopanier.wish.label_ar IS 'In Arabic.';
INSERT INTO ecopanier.wish (position, code, label_fr, label_en, label_es, label_ar) VALUES
	(1, 'no_pork', 'Sans porc', 'No pork', 'Sin cerdo', 'بدون لحم خنزير'),
	(2, 'no_beef', 'Sans bœuf', 'No beef', 'Sin vacuno', 'بدون لحم بقر'),
	(3, 'no_meat', 'Sans viande', 'No meat', 'Sin carne', 'بدون لحم'),
	(4, 'no_fish', 'Sans poisson', 'No fish', 'Sin pescado', 'بدون سمك'),
	(5, 'no_shellfish', 'Sans crustacés ni mollusques', 'No shellfish', 'Sin mariscos', 'بدون قشريات ورخويات'),
	(6, 'no_egg', 'Sans œuf', 'No egg', 'Sin huevo', 'بدون بيض'),
	(7, 'no_milk', 'Sans lait', 'No milk', 'Sin leche', 'بدون حليب'),
	(8, 'no_gluten', 'Sans gluten', 'No gluten', 'Sin gluten', 'بدون غلوتين'),
	(9, 'no_nuts', 'Sans fruits à coque', 'No nuts', 'Sin frutos de cáscara', 'بدون مكسرات'),
	(10, 'no_peanut', 'Sans arachide', 'No peanut', 'Sin cacahuete', 'بدون فول سوداني'),
	(11, 'no_soya', 'Sans soja', 'No soya', 'Sin soja', 'بدون صويا'),
	(12, 'no_sesame', 'Sans sésame', 'No sesame', 'Sin sésamo', 'بدون سمسم'),
	(13, 'no_alcohol', 'Sans alcool', 'No alcohol', 'Sin alcohol', 'بدون كحول'),
	(14, 'no_added_sugar', 'Sans sucres ajoutés', 'No added sugar', 'Sin azúcares añadidos', 'بدون سكر مضاف'),
	(15, 'no_added_salt', 'Sans sel ajouté', 'No added salt', 'Sin sal añadida', 'بدون ملح مضاف'),
	(16, 'no_cooking', 'Sans cuisson', 'No cooking needed', 'Sin cocinar', 'لا يحتاج إلى طهي'),
	(17, 'no_fridge', 'Se garde sans réfrigérateur', 'Keeps without a fridge', 'Se conserva sin nevera', 'يُحفظ دون ثلاجة'),
	(18, 'baby_food', 'Pour bébé', 'Baby food', 'Para bebé', 'طعام للرضّع');
CREATE TRIGGER wish_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier.wish
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier.wish ENABLE ROW LEVEL SECURITY;
CREATE POLICY wish_everybody_select ON ecopanier.wish FOR SELECT USING (true);
COMMENT ON POLICY wish_everybody_select ON ecopanier.wish IS 'The list of wishes is for everybody to read.';
GRANT SELECT ON ecopanier.wish TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
	ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;

-- No foreign key to reservation: its trigger would be asked at each step of a claim. Claims are never deleted.
CREATE TABLE ecopanier_private.reservation_wish (
	territory_id int NOT NULL,
	reservation_id uuid NOT NULL,
	wish text NOT NULL REFERENCES ecopanier.wish,
	PRIMARY KEY (territory_id, reservation_id, wish)
);
COMMENT ON TABLE ecopanier_private.reservation_wish IS
'Wishes for the food of one claim, read while it is held and dropped afterwards; nothing of them is kept with the person.';
COMMENT ON COLUMN ecopanier_private.reservation_wish.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.reservation_wish.reservation_id IS 'The claim.';
COMMENT ON COLUMN ecopanier_private.reservation_wish.wish IS 'The wish.';
CREATE TRIGGER reservation_wish_guard BEFORE INSERT OR UPDATE ON ecopanier_private.reservation_wish
	FOR EACH ROW EXECUTE FUNCTION ecopanier.reservation_wish_guard();
CREATE TRIGGER reservation_wish_caller BEFORE DELETE OR TRUNCATE ON ecopanier_private.reservation_wish
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.reservation_wish ENABLE ROW LEVEL SECURITY;
