-- Which keys of the key file this database uses. The file is not dumped, these rows are.

CREATE TABLE ecopanier.key_ring (
	id text NOT NULL,
	public_key bytea NOT NULL,
	algorithm text NOT NULL DEFAULT 'Ed25519',
	created_at timestamptz NOT NULL,
	is_current boolean NOT NULL DEFAULT false,
	CONSTRAINT key_ring_pkey PRIMARY KEY (id),
	CONSTRAINT key_ring_id_check CHECK (id ~ '^[0-9a-f]{16}$'),
	CONSTRAINT key_ring_public_key_check CHECK (octet_length(public_key) = 32),
	CONSTRAINT key_ring_algorithm_check CHECK (algorithm = 'Ed25519')
);
CREATE UNIQUE INDEX key_ring_current_key ON ecopanier.key_ring (is_current) WHERE is_current;
COMMENT ON TABLE ecopanier.key_ring IS 'The keys in use in this database; their secrets are in the key file, named by the setting ecopanier.key_file.';
COMMENT ON COLUMN ecopanier.key_ring.id IS 'Fingerprint of the key: 16 hexadecimal digits.';
COMMENT ON COLUMN ecopanier.key_ring.public_key IS 'Public key, 32 bytes, that this database''s pickup tokens are checked with.';
COMMENT ON COLUMN ecopanier.key_ring.algorithm IS 'Signature algorithm of the public key: Ed25519.';
COMMENT ON COLUMN ecopanier.key_ring.created_at IS 'When the key came into use in this database.';
COMMENT ON COLUMN ecopanier.key_ring.is_current IS 'Whether new PINs and tokens are made with it; one key is.';
COMMENT ON INDEX ecopanier.key_ring_current_key IS 'At most one key is current.';

CREATE TABLE ecopanier_private.installation (
	id uuid NOT NULL,
	CONSTRAINT installation_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX installation_single_key ON ecopanier_private.installation ((true));
COMMENT ON TABLE ecopanier_private.installation IS 'The identity of this database: one row, made by install() and dumped with the rest.';
COMMENT ON COLUMN ecopanier_private.installation.id IS 'Random; every key is derived for it, so that no other database makes the same PINs and tokens.';
COMMENT ON INDEX ecopanier_private.installation_single_key IS 'At most one row.';

ALTER TABLE ecopanier.key_ring ENABLE ROW LEVEL SECURITY;
CREATE POLICY key_ring_everybody_select ON ecopanier.key_ring FOR SELECT USING (true);
COMMENT ON POLICY key_ring_everybody_select ON ecopanier.key_ring IS 'Public keys are for everybody to read.';
GRANT SELECT ON ecopanier.key_ring TO ecopanier_anon, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary,
	ecopanier_collector, ecopanier_association, ecopanier_admin, ecopanier_authority, ecopanier_service;
ALTER TABLE ecopanier_private.installation ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER key_ring_forget_row AFTER INSERT OR UPDATE OR DELETE ON ecopanier.key_ring
	FOR EACH ROW EXECUTE FUNCTION ecopanier.trg_key_ring_forget();
CREATE TRIGGER key_ring_forget_all AFTER TRUNCATE ON ecopanier.key_ring
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.trg_key_ring_forget();
CREATE TRIGGER installation_forget_row AFTER INSERT OR UPDATE OR DELETE ON ecopanier_private.installation
	FOR EACH ROW EXECUTE FUNCTION ecopanier.trg_key_ring_forget();
CREATE TRIGGER installation_forget_all AFTER TRUNCATE ON ecopanier_private.installation
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.trg_key_ring_forget();
ALTER TABLE ecopanier.key_ring ENABLE ALWAYS TRIGGER key_ring_forget_row;
ALTER TABLE ecopanier.key_ring ENABLE ALWAYS TRIGGER key_ring_forget_all;
ALTER TABLE ecopanier_private.installation ENABLE ALWAYS TRIGGER installation_forget_row;
ALTER TABLE ecopanier_private.installation ENABLE ALWAYS TRIGGER installation_forget_all;
COMMENT ON TRIGGER key_ring_forget_row ON ecopanier.key_ring IS 'Makes backends read the key ring again.';
COMMENT ON TRIGGER key_ring_forget_all ON ecopanier.key_ring IS 'Makes backends read the key ring again.';
COMMENT ON TRIGGER installation_forget_row ON ecopanier_private.installation IS 'Makes backends read the identity again.';
COMMENT ON TRIGGER installation_forget_all ON ecopanier_private.installation IS 'Makes backends read the identity again.';
