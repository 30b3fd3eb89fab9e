-- The three tables that a claim writes, once more in a schema of their own (:schema), with the columns, indexes and
-- foreign keys of ours; with :checks also the rules about rows that our guards hold, as CHECK constraints.
CREATE SCHEMA :schema;
GRANT USAGE ON SCHEMA :schema TO bench_client, bench_api, ecopanier_owner, ecopanier_customer, ecopanier_beneficiary, ecopanier_merchant, ecopanier_anon;
SET search_path = :schema;
CREATE TABLE reservation (LIKE ecopanier.reservation INCLUDING DEFAULTS INCLUDING INDEXES,
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member);
CREATE TABLE lot_stock (LIKE ecopanier_private.lot_stock INCLUDING DEFAULTS INCLUDING INDEXES) WITH (fillfactor = 50);
CREATE TABLE free_quota (LIKE ecopanier_private.free_quota INCLUDING DEFAULTS INCLUDING INDEXES) WITH (fillfactor = 70);
\if :checks
ALTER TABLE reservation
	ADD CHECK (quantity >= 1),
	ADD CHECK (amount_cents >= 0),
	ADD CHECK (pool IN ('public', 'solidarity')),
	ADD CHECK (state IN ('awaiting_payment', 'held', 'collected', 'cancelled', 'lapsed')),
	ADD CHECK ((pool = 'solidarity') = (claim_day IS NOT NULL AND quota_limit IS NOT NULL AND quota_version IS NOT NULL));
ALTER TABLE lot_stock
	ADD CHECK (public_left >= 0),
	ADD CHECK (solidarity_left >= 0);
ALTER TABLE free_quota
	ADD CHECK (used >= 0),
	ADD CHECK (used <= limit_units);
\endif
INSERT INTO lot_stock SELECT * FROM ecopanier_private.lot_stock;
ALTER TABLE reservation OWNER TO ecopanier_owner;
ALTER TABLE lot_stock OWNER TO ecopanier_owner;
ALTER TABLE free_quota OWNER TO ecopanier_owner;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA :schema TO bench_client;
RESET search_path;
