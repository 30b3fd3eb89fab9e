CREATE TABLE ecopanier.lot_photo (
	territory_id int NOT NULL,
	lot_id uuid NOT NULL,
	number int NOT NULL CONSTRAINT lot_photo_number_check CHECK (number BETWEEN 1 AND 6),
	organisation_id uuid NOT NULL,
	media_type text NOT NULL
		CONSTRAINT lot_photo_media_type_check CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
	width int NOT NULL CONSTRAINT lot_photo_width_check CHECK (width BETWEEN 1 AND 16384),
	height int NOT NULL CONSTRAINT lot_photo_height_check CHECK (height BETWEEN 1 AND 16384),
	orientation int NOT NULL DEFAULT 1 CONSTRAINT lot_photo_orientation_check CHECK (orientation BETWEEN 1 AND 8),
	sha256 bytea NOT NULL CONSTRAINT lot_photo_sha256_check CHECK (octet_length(sha256) = 32),
	bytes bytea NOT NULL CONSTRAINT lot_photo_bytes_check CHECK (octet_length(bytes) BETWEEN 1 AND 7340032),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, lot_id, number),
	UNIQUE (territory_id, lot_id, sha256),
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot ON DELETE CASCADE,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
ALTER TABLE ecopanier.lot_photo ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX lot_photo_created_index ON ecopanier.lot_photo (territory_id, created_at);
COMMENT ON INDEX ecopanier.lot_photo_created_index IS 'The oldest first.';
COMMENT ON TABLE ecopanier.lot_photo IS
'Photos of lots, without what cameras write into files; they come and go with a draft, stay as they are from its publication on, and go photo_confirmed_days after they came. Others than staff read them by lot_photos() and lot_photo().';
COMMENT ON COLUMN ecopanier.lot_photo.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.lot_photo.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier.lot_photo.number IS 'Which of its photos, 1 to 6; the first is shown in lists. Given by the database: the lowest that is free.';
COMMENT ON COLUMN ecopanier.lot_photo.organisation_id IS 'The organisation of the lot; given by the database.';
COMMENT ON COLUMN ecopanier.lot_photo.media_type IS 'image/jpeg, image/png or image/webp, by what the bytes are.';
COMMENT ON COLUMN ecopanier.lot_photo.width IS 'Width in pixels, before it is turned.';
COMMENT ON COLUMN ecopanier.lot_photo.height IS 'Height in pixels, before it is turned.';
COMMENT ON COLUMN ecopanier.lot_photo.orientation IS 'How to turn it for showing, 1 to 8 as in EXIF; 1: as it is.';
COMMENT ON COLUMN ecopanier.lot_photo.sha256 IS 'SHA-256 of bytes.';
COMMENT ON COLUMN ecopanier.lot_photo.bytes IS 'The picture: no EXIF, XMP, IPTC, place, comment, thumbnail or colour profile is left.';
COMMENT ON COLUMN ecopanier.lot_photo.created_at IS 'When it was added.';
CREATE TRIGGER lot_photo_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.lot_photo
	FOR EACH ROW EXECUTE FUNCTION ecopanier.lot_photo_guard();
ALTER TABLE ecopanier.lot_photo ENABLE ALWAYS TRIGGER lot_photo_guard;
CREATE TRIGGER lot_photo_caller BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.lot_photo
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER lot_photo_truncate BEFORE TRUNCATE ON ecopanier.lot_photo
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.lot_photo ENABLE ALWAYS TRIGGER lot_photo_truncate;
ALTER TABLE ecopanier.lot_photo ENABLE ROW LEVEL SECURITY;
CREATE POLICY lot_photo_staff_select ON ecopanier.lot_photo FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY lot_photo_staff_select ON ecopanier.lot_photo IS 'Staff read the photos of the own organisation''s lots.';
CREATE POLICY lot_photo_admin_select ON ecopanier.lot_photo FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY lot_photo_admin_select ON ecopanier.lot_photo IS 'Administrators read the photos of the own territory''s lots.';
GRANT SELECT ON ecopanier.lot_photo TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
UPDATE ecopanier.setting_definition SET description = 'How long the photo of a proposal that became a lot, and the photos of a lot, are kept.' WHERE name = 'photo_confirmed_days';
