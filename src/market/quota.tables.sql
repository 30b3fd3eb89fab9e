INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('quota_kind', '0 or 1', 0, 1, 0, 'What the day''s quota counts: 0 units, 1 points of the category.', 'rule D1'),
	('quota_points_per_day', 'points', 0, 1000, 20, 'Points that one person may claim in a calendar day, where quota_kind is 1.', 'decision'),
	('quota_household_units', 'units', 0, 100, 0,
		'What each further person of the household adds to the day''s limit; points where quota_kind is 1. 0: nothing.', 'decision'),
	('quota_household_most', 'people', 0, 20, 4, 'The most further people of a household that add to the limit.', 'decision'),
	('quota_relax_hour', 'hour', 0, 24, 24, 'From which hour of the local clock on the day''s limit is higher. 24: never.', 'decision'),
	('quota_relax_units', 'units', 0, 100, 1, 'What the limit is higher by from quota_relax_hour on; points where quota_kind is 1.', 'decision'),
	('no_show_policy', '0 or 1', 0, 1, 0, 'Whether free baskets that were not fetched count against the person (rule D15).', 'rule D15'),
	('no_show_days', 'days', 1, 366, 30, 'For how many times 24 hours one of them counts.', 'rule D15'),
	('no_show_reduce_at', 'baskets', 1, 100, 3, 'From how many of them on the day''s limit is reduced to no_show_reduced_units.', 'rule D15'),
	('no_show_reduced_units', 'units', 0, 10, 1, 'What free_units_per_day is reduced to; quota_points_per_day by the same part.', 'rule D15'),
	('no_show_pause_at', 'baskets', 1, 100, 5, 'From how many of them on each one pauses free claims.', 'rule D15'),
	('no_show_pause_days', 'days', 1, 366, 7, 'For how many times 24 hours free claims are paused.', 'rule D15');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name ~ '^(quota|no_show)_';

-- Backends remember values of parameters: a new one tells them, where it is replicated too.
CREATE TRIGGER setting_told AFTER INSERT ON ecopanier.setting
	FOR EACH ROW EXECUTE FUNCTION ecopanier.setting_told();
ALTER TABLE ecopanier.setting ENABLE ALWAYS TRIGGER setting_told;

ALTER TABLE ecopanier.reservation
	ADD COLUMN quota_cost int,
	ADD COLUMN quota_basis jsonb,
	ADD COLUMN forgiven_at timestamptz;
COMMENT ON COLUMN ecopanier.reservation.window_start IS 'When pickup begins: a window of the lot, the first that is not over where none was asked for.';
COMMENT ON COLUMN ecopanier.reservation.window_end IS 'When pickup ends, in that window.';
COMMENT ON COLUMN ecopanier.reservation.amount_cents IS 'What the member pays, cents: the price at the moment of the claim, times the quantity; 0 for free units.';
COMMENT ON COLUMN ecopanier.reservation.quota_limit IS 'Daily limit in force at the claim, in units, or in points where quota_basis says so; null for public units.';
COMMENT ON COLUMN ecopanier.reservation.quota_version IS
'Version of the setting that the limit began with: free_units_per_day, or quota_points_per_day where quota_basis says points.';
COMMENT ON COLUMN ecopanier.reservation.quota_cost IS 'What the claim counts against the limit; null: its quantity.';
COMMENT ON COLUMN ecopanier.reservation.quota_basis IS
'What the limit followed from where more than the day''s units were asked: base, the territory''s value; kind, units or points; reduced_to (rule D15),
household and relaxed, what they added; right, what a restricted right left of it; points of a unit; and the versions of the settings by name. Null: the plain limit.';
COMMENT ON COLUMN ecopanier.reservation.forgiven_at IS 'When it was decided that this basket that was not fetched does not count (rule D15): by an administrator, or by the rules since it was locked at the counter.';
COMMENT ON COLUMN ecopanier_private.free_quota.used IS 'Units or points claimed, never above the limit of the claim that took them.';
COMMENT ON COLUMN ecopanier_private.free_quota.limit_version IS 'Version of the setting that the limit began with, as in reservation.quota_version.';
COMMENT ON TABLE ecopanier_private.free_quota IS 'Free units, or points of them, that each person has claimed each day; the rules alone write here.';
GRANT INSERT (pool, window_start) ON ecopanier.reservation TO ecopanier_customer, ecopanier_beneficiary;

CREATE TABLE ecopanier.category_points (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	category text NOT NULL,
	version int NOT NULL,
	points int NOT NULL CONSTRAINT category_points_points_check CHECK (points BETWEEN 1 AND 1000),
	valid_from timestamptz NOT NULL,
	author_id uuid,
	author_login name NOT NULL,
	source text NOT NULL CONSTRAINT category_points_source_check CHECK (length(btrim(source)) > 0 AND length(source) <= 1000),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, category, version)
);
CREATE INDEX category_points_valid_index ON ecopanier.category_points (territory_id, category, valid_from DESC, version DESC);
COMMENT ON TABLE ecopanier.category_points IS
'What a free unit of a category counts where the quota is in points (setting quota_kind): a row is never changed, a later one replaces it. A category without one counts 1.';
COMMENT ON COLUMN ecopanier.category_points.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.category_points.category IS 'The category of lots.';
COMMENT ON COLUMN ecopanier.category_points.version IS 'Number of the value, from 1; given by the database.';
COMMENT ON COLUMN ecopanier.category_points.points IS 'Points of one unit.';
COMMENT ON COLUMN ecopanier.category_points.valid_from IS 'From when it is in force; of two that are, the later valid_from wins, then the higher version.';
COMMENT ON COLUMN ecopanier.category_points.author_id IS 'The administrator who set it, null for a load.';
COMMENT ON COLUMN ecopanier.category_points.author_login IS 'The database login that set it.';
COMMENT ON COLUMN ecopanier.category_points.source IS 'Why: a decision, a rule, a convention.';
COMMENT ON COLUMN ecopanier.category_points.created_at IS 'When it was written.';
CREATE TRIGGER category_points_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.category_points
	FOR EACH ROW EXECUTE FUNCTION ecopanier.category_points_guard();
ALTER TABLE ecopanier.category_points ENABLE ALWAYS TRIGGER category_points_guard;
CREATE TRIGGER category_points_truncate BEFORE TRUNCATE ON ecopanier.category_points
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.category_points ENABLE ALWAYS TRIGGER category_points_truncate;
ALTER TABLE ecopanier.category_points ENABLE ROW LEVEL SECURITY;
CREATE POLICY category_points_member_select ON ecopanier.category_points FOR SELECT
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY category_points_member_select ON ecopanier.category_points IS 'Members read what units count in the own territory.';
GRANT SELECT (territory_id, category, version, points, valid_from, source, created_at) ON ecopanier.category_points
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association;
GRANT SELECT ON ecopanier.category_points TO ecopanier_admin;
CREATE TRIGGER category_points_audit AFTER INSERT OR UPDATE OR DELETE ON ecopanier.category_points
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('', '+category', '+version', 'points', 'valid_from');

-- What a person reads of the own claims tells what their limits followed from.
DROP VIEW ecopanier_private.export_reservation;
CREATE VIEW ecopanier_private.export_reservation WITH (security_barrier) AS
SELECT r.territory_id, r.member_id, r.claimed_at, r.id, l.title AS lot_title, o.name AS organisation, r.window_start, r.window_end,
	r.quantity, r.pool, r.amount_cents, r.state, r.collected_at, r.cancelled_at, r.cancel_reason, r.late_cancel, r.claim_day,
	r.quota_limit, r.quota_cost, r.quota_basis, r.forgiven_at, r.request_id
FROM ecopanier.reservation r
JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id
JOIN ecopanier.organisation o ON o.territory_id = r.territory_id AND o.id = r.organisation_id;
COMMENT ON VIEW ecopanier_private.export_reservation IS 'Claims and pickups, for the export.';
COMMENT ON COLUMN ecopanier_private.export_reservation.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.export_reservation.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.export_reservation.claimed_at IS 'When it was claimed.';
COMMENT ON COLUMN ecopanier_private.export_reservation.id IS 'Identifier.';
COMMENT ON COLUMN ecopanier_private.export_reservation.lot_title IS 'What was claimed.';
COMMENT ON COLUMN ecopanier_private.export_reservation.organisation IS 'Name of the organisation.';
COMMENT ON COLUMN ecopanier_private.export_reservation.window_start IS 'When pickup began.';
COMMENT ON COLUMN ecopanier_private.export_reservation.window_end IS 'When pickup ended.';
COMMENT ON COLUMN ecopanier_private.export_reservation.quantity IS 'Units.';
COMMENT ON COLUMN ecopanier_private.export_reservation.pool IS 'public or solidarity.';
COMMENT ON COLUMN ecopanier_private.export_reservation.amount_cents IS 'What was to pay, cents.';
COMMENT ON COLUMN ecopanier_private.export_reservation.state IS 'State.';
COMMENT ON COLUMN ecopanier_private.export_reservation.collected_at IS 'When it was handed over.';
COMMENT ON COLUMN ecopanier_private.export_reservation.cancelled_at IS 'When it was cancelled.';
COMMENT ON COLUMN ecopanier_private.export_reservation.cancel_reason IS 'Why it was cancelled.';
COMMENT ON COLUMN ecopanier_private.export_reservation.late_cancel IS 'Whether it was cancelled late.';
COMMENT ON COLUMN ecopanier_private.export_reservation.claim_day IS 'Day that free units counted for.';
COMMENT ON COLUMN ecopanier_private.export_reservation.quota_limit IS 'Limit of that day.';
COMMENT ON COLUMN ecopanier_private.export_reservation.quota_cost IS 'What it counted against the limit; null: its units.';
COMMENT ON COLUMN ecopanier_private.export_reservation.quota_basis IS 'What the limit followed from; null: the plain limit.';
COMMENT ON COLUMN ecopanier_private.export_reservation.forgiven_at IS 'When an administrator decided that it does not count as not fetched.';
COMMENT ON COLUMN ecopanier_private.export_reservation.request_id IS 'The client''s number of the request.';
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
UPDATE ecopanier_private.personal_data SET columns = '{claimed_at,id,lot_title,organisation,window_start,window_end,quantity,pool,amount_cents,state,'
	'collected_at,cancelled_at,cancel_reason,late_cancel,claim_day,quota_limit,quota_cost,quota_basis,forgiven_at,request_id}'
WHERE section = 'reservations';
INSERT INTO ecopanier_private.personal_data (position, relation, person_column, contact_columns, erase, reason) VALUES
	(310, 'ecopanier.category_points', 'author_id', '{}', 'keep', 'An act of office about a territory; an id alone.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
