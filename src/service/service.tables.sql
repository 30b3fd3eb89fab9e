-- Other systems that act by a key: a town's social software, a large association's.

CREATE TABLE ecopanier.service_account (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	name text NOT NULL
		CONSTRAINT service_account_name_check CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 60 AND name !~ '[[:cntrl:]]'),
	scopes text[] NOT NULL
		CONSTRAINT service_account_scopes_check
		CHECK (scopes <@ ARRAY['enrol', 'verify', 'transfer'] AND cardinality(scopes) BETWEEN 1 AND 3 AND array_ndims(scopes) = 1),
	limit_per_minute int NOT NULL DEFAULT 60
		CONSTRAINT service_account_limit_per_minute_check CHECK (limit_per_minute BETWEEN 1 AND 100000),
	state text NOT NULL DEFAULT 'active'
		CONSTRAINT service_account_state_check CHECK (state IN ('active', 'revoked')),
	created_by uuid,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	CONSTRAINT service_account_organisation_key UNIQUE (territory_id, id, organisation_id),
	FOREIGN KEY (territory_id, id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, created_by) REFERENCES ecopanier.member
);
CREATE INDEX service_account_organisation_index ON ecopanier.service_account (territory_id, organisation_id);
COMMENT ON TABLE ecopanier.service_account IS
'Other systems that act for an association or social service by a key. Each is a member too, so that its rows name it, and holds no role: nobody signs in as it without a key.';
COMMENT ON COLUMN ecopanier.service_account.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.service_account.id IS 'Identifier: that of its row in member.';
COMMENT ON COLUMN ecopanier.service_account.organisation_id IS 'The organisation that it acts for.';
COMMENT ON COLUMN ecopanier.service_account.name IS 'Name that people read, for example of the software.';
COMMENT ON COLUMN ecopanier.service_account.scopes IS 'What its keys open: enrol, verify, transfer.';
COMMENT ON COLUMN ecopanier.service_account.limit_per_minute IS 'Calls allowed in any 60 seconds.';
COMMENT ON COLUMN ecopanier.service_account.state IS 'active or revoked.';
COMMENT ON COLUMN ecopanier.service_account.created_by IS 'Who made it; null for a load.';
COMMENT ON COLUMN ecopanier.service_account.created_at IS 'When.';

CREATE TABLE ecopanier.service_key (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	service_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	label text NOT NULL
		CONSTRAINT service_key_label_check CHECK (label = btrim(label) AND length(label) BETWEEN 1 AND 60 AND label !~ '[[:cntrl:]]'),
	prefix text NOT NULL CONSTRAINT service_key_prefix_check CHECK (prefix ~ '^esk_[0-9a-f]{12}$'),
	created_by uuid,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	expires_at timestamptz NOT NULL,
	last_used_at timestamptz,
	revoked_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, service_id, organisation_id)
		REFERENCES ecopanier.service_account (territory_id, id, organisation_id),
	FOREIGN KEY (territory_id, created_by) REFERENCES ecopanier.member,
	CONSTRAINT service_key_expires_at_check CHECK (expires_at >= created_at AND expires_at <= created_at + interval '8784 hours')
);
CREATE INDEX service_key_service_index ON ecopanier.service_key (territory_id, service_id);
COMMENT ON TABLE ecopanier.service_key IS 'Keys of service accounts. The key itself was shown once; its hash is kept apart.';
COMMENT ON COLUMN ecopanier.service_key.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.service_key.id IS 'Identifier, which the key''s text holds; given by the database.';
COMMENT ON COLUMN ecopanier.service_key.service_id IS 'The service account.';
COMMENT ON COLUMN ecopanier.service_key.organisation_id IS 'The organisation that it acts for.';
COMMENT ON COLUMN ecopanier.service_key.label IS 'Name that people give the key, for example of the server it is on.';
COMMENT ON COLUMN ecopanier.service_key.prefix IS 'The key''s first 16 characters, to recognise it by.';
COMMENT ON COLUMN ecopanier.service_key.created_by IS 'Who made it; null for a load.';
COMMENT ON COLUMN ecopanier.service_key.created_at IS 'When.';
COMMENT ON COLUMN ecopanier.service_key.expires_at IS 'Until when it opens; at most a year (366 days) after it was made. A rotation brings it forward.';
COMMENT ON COLUMN ecopanier.service_key.last_used_at IS 'Last call with it, as of the last tick(); null: none.';
COMMENT ON COLUMN ecopanier.service_key.revoked_at IS 'When it was revoked, or null.';

CREATE TABLE ecopanier_private.service_secret (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	of_key uuid,
	hash bytea NOT NULL CONSTRAINT service_secret_hash_check CHECK (octet_length(hash) = 32),
	PRIMARY KEY (territory_id, id)
);
COMMENT ON TABLE ecopanier_private.service_secret IS
'Hashes of service keys. The row of territory 0 is nobody''s key: what is looked up for an id below all others, so that an unknown id costs what a known one does.';
COMMENT ON COLUMN ecopanier_private.service_secret.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.service_secret.id IS 'The key.';
COMMENT ON COLUMN ecopanier_private.service_secret.of_key IS 'The key that is read along: itself; for nobody''s row the first key made.';
COMMENT ON COLUMN ecopanier_private.service_secret.hash IS 'BLAKE2b, 32 bytes, of id and secret.';
INSERT INTO ecopanier_private.service_secret (territory_id, id, hash)
VALUES (0, '00000000-0000-0000-0000-000000000000', decode(repeat('00', 32), 'hex'));

CREATE TABLE ecopanier_private.service_call (
	territory_id int NOT NULL,
	service_id uuid NOT NULL,
	number bigint NOT NULL,
	at timestamptz NOT NULL,
	key_id uuid NOT NULL,
	PRIMARY KEY (territory_id, service_id, number)
);
COMMENT ON TABLE ecopanier_private.service_call IS
'Calls of services of the last hour: one row each, written frozen, so that a rollback does not give a call back. The limit is read from it; tick() clears it.';
COMMENT ON COLUMN ecopanier_private.service_call.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.service_call.service_id IS 'The service account.';
COMMENT ON COLUMN ecopanier_private.service_call.number IS 'Number of the call, from 1.';
COMMENT ON COLUMN ecopanier_private.service_call.at IS 'When.';
COMMENT ON COLUMN ecopanier_private.service_call.key_id IS 'The key that it was made with.';

CREATE TRIGGER service_account_guard BEFORE INSERT OR UPDATE ON ecopanier.service_account
	FOR EACH ROW EXECUTE FUNCTION ecopanier.service_account_guard();
CREATE TRIGGER service_account_history BEFORE DELETE ON ecopanier.service_account
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.service_account ENABLE ALWAYS TRIGGER service_account_history;
CREATE TRIGGER service_account_truncate BEFORE TRUNCATE ON ecopanier.service_account
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.service_account ENABLE ALWAYS TRIGGER service_account_truncate;
CREATE TRIGGER service_account_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.service_account
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'organisation_id', 'name', 'scopes', 'limit_per_minute', 'state');
CREATE TRIGGER service_key_guard BEFORE INSERT OR UPDATE ON ecopanier.service_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.service_key_guard();
CREATE TRIGGER service_key_history BEFORE DELETE ON ecopanier.service_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.service_key ENABLE ALWAYS TRIGGER service_key_history;
CREATE TRIGGER service_key_truncate BEFORE TRUNCATE ON ecopanier.service_key
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.service_key ENABLE ALWAYS TRIGGER service_key_truncate;
-- The note of the last use is no change of the key.
CREATE TRIGGER service_key_audit AFTER INSERT OR DELETE OR UPDATE OF label, expires_at, revoked_at ON ecopanier.service_key
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', 'service_id', 'prefix', 'label', 'expires_at', 'revoked_at');
CREATE TRIGGER member_role_service_guard BEFORE INSERT OR UPDATE ON ecopanier.member_role
	FOR EACH ROW EXECUTE FUNCTION ecopanier.service_role_guard();

ALTER TABLE ecopanier.service_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.service_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.service_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.service_call ENABLE ROW LEVEL SECURITY;

CREATE POLICY service_account_manager_select ON ecopanier.service_account FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.managed_organisation()));
COMMENT ON POLICY service_account_manager_select ON ecopanier.service_account IS 'Owners and managers read the service accounts of the own organisation.';
CREATE POLICY service_account_admin_select ON ecopanier.service_account FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY service_account_admin_select ON ecopanier.service_account IS 'Administrators read the service accounts of the own territory.';
CREATE POLICY service_key_manager_select ON ecopanier.service_key FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.managed_organisation()));
COMMENT ON POLICY service_key_manager_select ON ecopanier.service_key IS 'Owners and managers read the keys of the own organisation''s services.';
CREATE POLICY service_key_admin_select ON ecopanier.service_key FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY service_key_admin_select ON ecopanier.service_key IS 'Administrators read the keys of the own territory''s services.';
GRANT SELECT ON ecopanier.service_account, ecopanier.service_key TO ecopanier_association, ecopanier_admin;
