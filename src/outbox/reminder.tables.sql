/*
 * Reminders and alerts: how far each kind of reminder has come, where people
 * want to hear of free baskets, and what they were told. What is due follows
 * from the rows and the clock (src/outbox/reminder.c, alert.c).
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('reminder_minutes', 'minutes', 0, 1440, 120, 'How long before its window opens a basket is called to mind; 0: not at all.', 'decision'),
	('right_reminder_first_days', 'days', 0, 365, 30, 'How many days before its last day a right that ends is called to mind first; 0: not at all.', 'decision'),
	('right_reminder_last_days', 'days', 0, 365, 7, 'How many days before its last day a right that ends is called to mind again; 0: not at all.', 'decision'),
	('lot_ending_minutes', 'minutes', 0, 1440, 60, 'How long before the end of a window staff are told of units that nobody claimed; 0: not at all.', 'decision'),
	('alerts_per_day', 'alerts', 0, 50, 3, 'How many free baskets nearby one person is told of in a calendar day.', 'decision');
ALTER TABLE ecopanier.setting DISABLE TRIGGER setting_guard;
INSERT INTO ecopanier.setting (territory_id, name, version, value, valid_from, author_login, source)
SELECT t.id, d.name, 1, d.default_value, '-infinity', session_user, d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name IN ('reminder_minutes', 'right_reminder_first_days', 'right_reminder_last_days', 'lot_ending_minutes', 'alerts_per_day');
ALTER TABLE ecopanier.setting ENABLE TRIGGER setting_guard;

CREATE INDEX lot_reminder_index ON ecopanier.lot (territory_id, window_start, id) WHERE state IN ('published', 'closed');
COMMENT ON INDEX ecopanier.lot_reminder_index IS 'Finds windows that open soon.';

CREATE TABLE ecopanier_private.reminder_mark (
	territory_id int NOT NULL REFERENCES ecopanier.territory,
	kind text NOT NULL
		CONSTRAINT reminder_mark_kind_check CHECK (kind IN ('window', 'ending', 'right_first', 'right_last', 'nearby')),
	reached timestamptz NOT NULL DEFAULT '-infinity',
	subject_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	PRIMARY KEY (territory_id, kind)
);
COMMENT ON TABLE ecopanier_private.reminder_mark IS
'How far each kind of reminder has come in a territory: who moves the mark tells what it passes, in the same transaction, so each is told once.';
COMMENT ON COLUMN ecopanier_private.reminder_mark.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.reminder_mark.kind IS
'window (baskets to pick up), ending (lots about to end), right_first and right_last (rights about to end), nearby (a lock alone).';
COMMENT ON COLUMN ecopanier_private.reminder_mark.reached IS 'Opening, end or last day (midnight UTC) of the last one looked at.';
COMMENT ON COLUMN ecopanier_private.reminder_mark.subject_id IS 'Its id: of several with one moment those up to it were looked at.';
INSERT INTO ecopanier_private.reminder_mark (territory_id, kind)
SELECT t.id, k FROM ecopanier.territory t, unnest(ARRAY['window', 'ending', 'right_first', 'right_last', 'nearby']) k;
CREATE TRIGGER reminder_mark_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.reminder_mark
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.reminder_mark ENABLE ROW LEVEL SECURITY;

/*
 * Where a person wants to hear of something. The only kind so far is nearby,
 * one area a person; others (an organisation, a category) are to come beside it.
 */
CREATE TABLE ecopanier.alert (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	member_id uuid NOT NULL,
	kind text NOT NULL DEFAULT 'nearby' CONSTRAINT alert_kind_check CHECK (kind IN ('nearby')),
	latitude double precision CONSTRAINT alert_latitude_check CHECK (latitude BETWEEN -85 AND 85),
	longitude double precision CONSTRAINT alert_longitude_check CHECK (longitude BETWEEN -180 AND 180),
	radius_m int CONSTRAINT alert_radius_check CHECK (radius_m BETWEEN 100 AND 20000),
	updated_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	CONSTRAINT alert_area_check CHECK (kind <> 'nearby' OR num_nonnulls(latitude, longitude, radius_m) = 3)
);
CREATE UNIQUE INDEX alert_nearby_key ON ecopanier.alert (territory_id, member_id) WHERE kind = 'nearby';
CREATE INDEX alert_area_index ON ecopanier.alert USING gist (box(
	point(longitude - radius_m / (111000 * cos(radians(latitude))), latitude - radius_m / 111000.0),
	point(longitude + radius_m / (111000 * cos(radians(latitude))), latitude + radius_m / 111000.0)))
	WHERE kind = 'nearby';
COMMENT ON TABLE ecopanier.alert IS 'What people want to hear of, by their own choice; it serves while they consent to alerts, and goes with the consent.';
COMMENT ON COLUMN ecopanier.alert.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.alert.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.alert.member_id IS 'The person, who is the caller.';
COMMENT ON COLUMN ecopanier.alert.kind IS 'nearby: free baskets in an area.';
COMMENT ON COLUMN ecopanier.alert.latitude IS 'Middle of the area, degrees north (WGS 84), rounded to three decimals, about 100 m.';
COMMENT ON COLUMN ecopanier.alert.longitude IS 'Middle of the area, degrees east (WGS 84), rounded to three decimals.';
COMMENT ON COLUMN ecopanier.alert.radius_m IS 'Radius of the area, metres: 100 to 20000.';
COMMENT ON COLUMN ecopanier.alert.updated_at IS 'When it was set.';
COMMENT ON INDEX ecopanier.alert_nearby_key IS 'One area a person.';
COMMENT ON INDEX ecopanier.alert_area_index IS 'Finds the areas around a place, by the boxes around them.';
CREATE TRIGGER alert_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.alert
	FOR EACH ROW EXECUTE FUNCTION ecopanier.alert_guard();
CREATE TRIGGER alert_truncate BEFORE TRUNCATE ON ecopanier.alert
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER alert_person AFTER INSERT OR UPDATE OF territory_id, member_id ON ecopanier.alert
	FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'member_id');
-- Deferred, since consent to a newer text ends that to the older one before it is given.
CREATE CONSTRAINT TRIGGER consent_alert AFTER UPDATE ON ecopanier.consent
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.purpose = 'alerts' AND NEW.withdrawn_at IS NOT NULL)
	EXECUTE FUNCTION ecopanier.alert_withdrawn();
ALTER TABLE ecopanier.alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY alert_self_all ON ecopanier.alert TO ecopanier_beneficiary
	USING (territory_id = (SELECT ecopanier.current_territory()) AND member_id = (SELECT ecopanier.current_member()));
COMMENT ON POLICY alert_self_all ON ecopanier.alert IS 'A person keeps the own alert; nobody else reads where that is.';
GRANT SELECT, INSERT (latitude, longitude, radius_m), UPDATE (latitude, longitude, radius_m), DELETE ON ecopanier.alert TO ecopanier_beneficiary;

CREATE TABLE ecopanier_private.lot_announcement (
	territory_id int NOT NULL,
	lot_id uuid NOT NULL,
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, lot_id)
);
CREATE INDEX lot_announcement_index ON ecopanier_private.lot_announcement (territory_id, at);
COMMENT ON TABLE ecopanier_private.lot_announcement IS 'Lots with free units that are new: people whose alert they are near are still to be told.';
COMMENT ON COLUMN ecopanier_private.lot_announcement.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.lot_announcement.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.lot_announcement.at IS 'Since when.';
COMMENT ON INDEX ecopanier_private.lot_announcement_index IS 'The oldest first.';
CREATE TRIGGER lot_announcement_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.lot_announcement
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier_private.lot_announcement ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER lot_announced AFTER INSERT ON ecopanier.lot
	FOR EACH ROW WHEN (NEW.state = 'published' AND NEW.solidarity_units > 0) EXECUTE FUNCTION ecopanier.lot_announced();
CREATE TRIGGER lot_announced_later AFTER UPDATE ON ecopanier.lot
	FOR EACH ROW WHEN (NEW.state = 'published' AND NEW.solidarity_units > 0
		AND (OLD.state <> 'published' OR NEW.solidarity_units > OLD.solidarity_units)) EXECUTE FUNCTION ecopanier.lot_announced();

CREATE TABLE ecopanier_private.alert_told (
	territory_id int NOT NULL,
	member_id uuid NOT NULL,
	lot_id uuid NOT NULL,
	day date NOT NULL,
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, member_id, lot_id),
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
CREATE INDEX alert_told_day_index ON ecopanier_private.alert_told (territory_id, member_id, day);
COMMENT ON TABLE ecopanier_private.alert_told IS 'Who was told of which lot nearby: once each, and so many a day.';
COMMENT ON COLUMN ecopanier_private.alert_told.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.alert_told.member_id IS 'The person.';
COMMENT ON COLUMN ecopanier_private.alert_told.lot_id IS 'The lot.';
COMMENT ON COLUMN ecopanier_private.alert_told.day IS 'The day, in the territory''s time zone.';
COMMENT ON COLUMN ecopanier_private.alert_told.at IS 'When.';
COMMENT ON INDEX ecopanier_private.alert_told_day_index IS 'Counts a person''s alerts of a day.';
CREATE TRIGGER alert_told_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.alert_told
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER alert_told_person AFTER INSERT OR UPDATE OF territory_id, member_id ON ecopanier_private.alert_told
	FOR EACH ROW EXECUTE FUNCTION ecopanier.person_guard('territory_id', 'member_id');
ALTER TABLE ecopanier_private.alert_told ENABLE ROW LEVEL SECURITY;

-- The guard would refuse while migrations run.
ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data
	(position, relation, person_column, section, columns, contact_columns, trace_column, erase, reason) VALUES
	(119, 'ecopanier.alert', 'member_id', 'alerts', '{updated_at,kind,latitude,longitude,radius_m}', '{updated_at}', NULL,
		'delete', 'Where the person is often.'),
	(121, 'ecopanier_private.alert_told', 'member_id', 'alerts_told', '{at,lot_id}', '{}', 'at',
		'delete', 'A trace of what was near the person.'),
	(261, 'ecopanier_private.reminder_mark', 'subject_id', NULL, NULL, '{}', NULL, 'keep', 'The place where a count stands: an id alone, replaced by the next.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;
