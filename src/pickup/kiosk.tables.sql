INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('card_tries', 'tries', 1, 20, 5, 'Wrong PINs that one association''s kiosks may try for one card before it is locked there.', 'design, threats'),
	('card_lock', 'minutes', 5, 1440, 30, 'Length of the periods of the clock in which tries for a card are counted; a new one unlocks.', 'design, threats'),
	('kiosk_tries', 'tries', 10, 100000, 300, 'Sign-ins, right or wrong, and refused sessions of one association''s kiosks in an hour.', 'design, threats'),
	('kiosk_idle', 'seconds', 30, 600, 180, 'How long a kiosk session lasts after its last use.', 'issue of 0.2.0'),
	('kiosk_session', 'seconds', 60, 3600, 600, 'How long a kiosk session lasts however it is used.', 'issue of 0.2.0');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name IN ('card_tries', 'card_lock', 'kiosk_tries', 'kiosk_idle', 'kiosk_session');

CREATE TABLE ecopanier.card (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	pin_version int NOT NULL DEFAULT 1 CONSTRAINT card_pin_version_check CHECK (pin_version > 0),
	key_id text NOT NULL REFERENCES ecopanier.key_ring,
	issued_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	issued_by uuid,
	revoked_at timestamptz,
	revoked_by uuid,
	revoke_reason text
		CONSTRAINT card_revoke_reason_check CHECK (revoke_reason IN ('lost', 'stolen', 'damaged', 'replaced', 'returned', 'moved', 'other')),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	CONSTRAINT card_revoked_check CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
);
CREATE UNIQUE INDEX card_active_key ON ecopanier.card (territory_id, member_id) WHERE revoked_at IS NULL;
CREATE INDEX card_member_index ON ecopanier.card (territory_id, member_id);
COMMENT ON TABLE ecopanier.card IS 'Cards of people without a phone, for the kiosks of associations; one in force for each person.';
COMMENT ON COLUMN ecopanier.card.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.card.id IS 'Identifier; given by the database where null.';
COMMENT ON COLUMN ecopanier.card.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier.card.organisation_id IS 'The association or social service that gave it.';
COMMENT ON COLUMN ecopanier.card.pin_version IS 'Which PIN is in force; reissue_card_pin() raises it.';
COMMENT ON COLUMN ecopanier.card.key_id IS 'The key of key_ring that hash and PIN are made with.';
COMMENT ON COLUMN ecopanier.card.issued_at IS 'When it was given.';
COMMENT ON COLUMN ecopanier.card.issued_by IS 'The member of staff who gave it; null for a load.';
COMMENT ON COLUMN ecopanier.card.revoked_at IS 'When it ended; null while it is in force.';
COMMENT ON COLUMN ecopanier.card.revoked_by IS 'Who ended it.';
COMMENT ON COLUMN ecopanier.card.revoke_reason IS 'lost, stolen, damaged, replaced, returned or other; moved: another organisation holds the person.';

CREATE TABLE ecopanier_private.card_secret (
	territory_id int NOT NULL,
	card_id uuid NOT NULL,
	hash bytea NOT NULL CONSTRAINT card_secret_hash_check CHECK (octet_length(hash) = 32),
	PRIMARY KEY (territory_id, card_id),
	FOREIGN KEY (territory_id, card_id) REFERENCES ecopanier.card ON DELETE CASCADE
);
COMMENT ON TABLE ecopanier_private.card_secret IS 'The keyed hash of each card''s secret; the secret is in the card alone.';
COMMENT ON COLUMN ecopanier_private.card_secret.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.card_secret.card_id IS 'The card.';
COMMENT ON COLUMN ecopanier_private.card_secret.hash IS 'BLAKE2b with the key of the card, 32 bytes.';

CREATE TABLE ecopanier_private.card_round (
	territory_id int NOT NULL,
	card_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	round int NOT NULL,
	PRIMARY KEY (territory_id, card_id, organisation_id),
	FOREIGN KEY (territory_id, card_id) REFERENCES ecopanier.card ON DELETE CASCADE
);
COMMENT ON TABLE ecopanier_private.card_round IS 'How often an association released a card that was locked at its kiosks: tries are counted within a round.';
COMMENT ON COLUMN ecopanier_private.card_round.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.card_round.card_id IS 'The card.';
COMMENT ON COLUMN ecopanier_private.card_round.organisation_id IS 'The association whose kiosks it was locked at.';
COMMENT ON COLUMN ecopanier_private.card_round.round IS 'The present round; 1 without a row.';

CREATE TABLE ecopanier_private.kiosk_session (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	card_id uuid NOT NULL,
	member_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	station_id uuid NOT NULL,
	started_at timestamptz NOT NULL,
	ended_at timestamptz,
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, card_id) REFERENCES ecopanier.card ON DELETE CASCADE
);
CREATE INDEX kiosk_session_organisation_index ON ecopanier_private.kiosk_session (territory_id, organisation_id) WHERE ended_at IS NULL;
CREATE INDEX kiosk_session_card_index ON ecopanier_private.kiosk_session (territory_id, card_id);
COMMENT ON TABLE ecopanier_private.kiosk_session IS 'People signed in at kiosks; tick() removes what has ended.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.id IS 'Identifier, in the session''s token.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.card_id IS 'The card.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.organisation_id IS 'The kiosk''s association.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.station_id IS 'The kiosk: the member of staff who is signed in there.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.started_at IS 'When it began.';
COMMENT ON COLUMN ecopanier_private.kiosk_session.ended_at IS 'When somebody ended it; null where time will.';

CREATE TABLE ecopanier_private.kiosk_try (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	card_id uuid NOT NULL,
	pin_version int NOT NULL,
	round int NOT NULL,
	period int NOT NULL,
	number int NOT NULL,
	base int NOT NULL,
	kind text NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (territory_id, organisation_id, card_id, pin_version, round, period, number)
);
CREATE INDEX kiosk_try_at_index ON ecopanier_private.kiosk_try (territory_id, organisation_id, at);
COMMENT ON TABLE ecopanier_private.kiosk_try IS
'Cards tried at kiosks and sessions refused there: one row each, written frozen before the PIN is compared, so that a rollback or a crash forgets none.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.organisation_id IS 'The kiosk''s association.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.card_id IS 'The card where its secret was right, else all zeros.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.pin_version IS 'The card''s pin_version; 0 without a card.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.round IS 'The round of card_round; 0 without a card.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.period IS 'Number of the period, as long as the setting card_lock, in which it was tried.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.number IS 'Number of the row in its series, from 1.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.base IS 'Number of the last row with the right PIN: tries are counted from there.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.kind IS 'login: charged before the PIN was compared; right: it was right; token: a refused session.';
COMMENT ON COLUMN ecopanier_private.kiosk_try.at IS 'When.';

CREATE TABLE ecopanier_private.kiosk_count (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	day date NOT NULL,
	refused_cards bigint NOT NULL,
	refused_sessions bigint NOT NULL,
	PRIMARY KEY (territory_id, organisation_id, day)
);
COMMENT ON TABLE ecopanier_private.kiosk_count IS 'What is left of old rows of kiosk_try: figures without cards.';
COMMENT ON COLUMN ecopanier_private.kiosk_count.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.kiosk_count.organisation_id IS 'The kiosk''s association.';
COMMENT ON COLUMN ecopanier_private.kiosk_count.day IS 'The day, in the territory''s time zone.';
COMMENT ON COLUMN ecopanier_private.kiosk_count.refused_cards IS 'Sign-ins that were refused.';
COMMENT ON COLUMN ecopanier_private.kiosk_count.refused_sessions IS 'Uses of a session that were refused.';

CREATE TRIGGER card_guard BEFORE INSERT OR UPDATE ON ecopanier.card
	FOR EACH ROW EXECUTE FUNCTION ecopanier.card_guard();
CREATE TRIGGER card_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.card
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('id', '+organisation_id', 'pin_version', 'revoked_at', 'revoke_reason');
CREATE TRIGGER beneficiary_card AFTER UPDATE ON ecopanier.beneficiary
	FOR EACH ROW WHEN (NEW.organisation_id IS DISTINCT FROM OLD.organisation_id
		OR NEW.state <> OLD.state AND NEW.state IN ('transferred', 'refused'))
	EXECUTE FUNCTION ecopanier.card_holder_moved();
CREATE TRIGGER kiosk_try_guard BEFORE UPDATE OR DELETE ON ecopanier_private.kiosk_try
	FOR EACH ROW EXECUTE FUNCTION ecopanier.kiosk_try_guard();
ALTER TABLE ecopanier_private.kiosk_try ENABLE ALWAYS TRIGGER kiosk_try_guard;
CREATE TRIGGER kiosk_try_truncate BEFORE TRUNCATE ON ecopanier_private.kiosk_try
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier_private.kiosk_try ENABLE ALWAYS TRIGGER kiosk_try_truncate;

ALTER TABLE ecopanier.card ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.card_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.card_round ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.kiosk_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.kiosk_try ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.kiosk_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY card_self_select ON ecopanier.card FOR SELECT TO ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY card_self_select ON ecopanier.card IS 'A person reads the own cards.';
CREATE POLICY card_association_select ON ecopanier.card FOR SELECT TO ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY card_association_select ON ecopanier.card IS 'Staff read the cards that the own organisation gave.';
GRANT SELECT ON ecopanier.card TO ecopanier_beneficiary, ecopanier_association;

CREATE VIEW ecopanier.kiosk_refusals WITH (security_barrier) AS
SELECT t.id AS territory_id, x.organisation_id, x.day, sum(x.refused_cards)::bigint AS refused_cards,
	sum(x.refused_sessions)::bigint AS refused_sessions
FROM ecopanier.whoami() c
JOIN ecopanier.territory t ON t.id = c.territory_id
CROSS JOIN LATERAL (
	SELECT k.organisation_id, k.day, k.refused_cards, k.refused_sessions
	FROM ecopanier_private.kiosk_count k WHERE k.territory_id = t.id
	UNION ALL
	SELECT k.organisation_id, (k.at AT TIME ZONE t.time_zone)::date,
		CASE k.kind WHEN 'login' THEN 1 WHEN 'right' THEN -1 ELSE 0 END, CASE k.kind WHEN 'token' THEN 1 ELSE 0 END
	FROM ecopanier_private.kiosk_try k WHERE k.territory_id = t.id) x
WHERE c.role = 'administrator' OR x.organisation_id = c.organisation_id
GROUP BY t.id, x.organisation_id, x.day
HAVING sum(x.refused_cards) > 0 OR sum(x.refused_sessions) > 0;
COMMENT ON VIEW ecopanier.kiosk_refusals IS
'What the kiosks of the caller''s organisation refused, or of all for an administrator: figures, no card and no person.';
COMMENT ON COLUMN ecopanier.kiosk_refusals.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.kiosk_refusals.organisation_id IS 'The kiosk''s association.';
COMMENT ON COLUMN ecopanier.kiosk_refusals.day IS 'The day, in the territory''s time zone.';
COMMENT ON COLUMN ecopanier.kiosk_refusals.refused_cards IS 'Sign-ins that were refused, counted until the setting kiosk_tries.';
COMMENT ON COLUMN ecopanier.kiosk_refusals.refused_sessions IS 'Uses of an ended, foreign or forged session, counted in the same way.';
GRANT SELECT ON ecopanier.kiosk_refusals TO ecopanier_association, ecopanier_admin;
