-- What is read straight from an index and what the same question answers as a statement do not differ. The statement is
-- what is left when no index fits, so the indexes are declared invalid, one table after the other.
BEGIN;
\i test/lib/fixture.sql
SET client_min_messages = warning;
SELECT plan(22);

-- Everything that a lookup decides, as one text: roles, a closed member, the right and the limit of today and of another day.
CREATE FUNCTION pg_temp.answers() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	c record;
	found text := '';
	answer text;
BEGIN
	FOR c IN SELECT * FROM (VALUES ('Camille', 'customer'), ('Camille', 'beneficiary'), ('Charlie', 'customer'), ('Benoit', 'beneficiary'),
		('Bruno', 'beneficiary'), ('Adele', 'administrator'), ('Mona', 'merchant')) p (name, role), generate_series(1, 2) territory
	LOOP
		BEGIN
			SET LOCAL SESSION AUTHORIZATION api;
			PERFORM fixture.act(c.name, c.role, c.territory);
			SELECT coalesce(w.territory_id || ' ' || w.role, 'nobody') INTO answer FROM ecopanier.whoami() w;
			found := found || E'\n' || c.name || ' ' || coalesce(answer, 'nobody');
			SELECT ecopanier.setting_value('free_units_per_day') || ' ' || ecopanier.setting_value('free_units_per_day', '2027-06-01') INTO answer;
			found := found || ', ' || answer;
			INSERT INTO ecopanier.reservation (lot_id) SELECT id FROM fixture.place WHERE place.territory = c.territory;
			RAISE no_data_found USING MESSAGE = 'claimed';
		EXCEPTION WHEN OTHERS THEN
			found := found || ', ' || SQLSTATE;
		END;
	END LOOP;
	SET LOCAL SESSION AUTHORIZATION DEFAULT;
	RETURN found;
END $$;
CREATE TABLE fixture.place AS SELECT t AS territory, fixture.lot(5, 5, t) AS id FROM generate_series(1, 2) t;
GRANT SELECT ON fixture.place TO PUBLIC;
UPDATE ecopanier.member SET state = 'suspended' WHERE display_name = 'Charlie';
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES
	(1, 'free_units_per_day', 3, '2026-11-01', 'test'), (1, 'free_units_per_day', 4, '2026-11-01', 'test'),
	(2, 'free_units_per_day', 0, '2027-01-01', 'test');
CREATE TEMP TABLE expected AS SELECT pg_temp.answers() AS answers;

SELECT matches(answers, 'Camille 1 customer, 4 4, P0002', 'a customer claims; of two values the later version wins') FROM expected;
SELECT matches(answers, 'Camille 2 customer, 2 0, P0002', 'a later value is not in force before its time') FROM expected;
SELECT matches(answers, 'Camille nobody, 42501', 'a role that the member does not hold is nobody''s') FROM expected;
SELECT matches(answers, 'Charlie nobody, 42501', 'a suspended member is nobody') FROM expected;
SELECT matches(answers, 'Benoit 1 beneficiary, 4 4, P0002', 'a verified right claims') FROM expected;
SELECT matches(answers, 'Bruno 1 beneficiary, 4 4, ZE106', 'a right applied for does not') FROM expected;

-- The same answers with the indexes of a table out of use.
CREATE FUNCTION pg_temp.without(name text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
BEGIN
	UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indrelid = name::regclass;
	RETURN NEXT tap.is(pg_temp.answers(), (SELECT answers FROM expected), format('%s answers alike without an index', name));
	UPDATE pg_catalog.pg_index SET indisvalid = true WHERE indrelid = name::regclass;
END $$;
SELECT pg_temp.without(t) FROM unnest(ARRAY['ecopanier.member', 'ecopanier.member_role', 'ecopanier.setting', 'ecopanier.territory',
	'ecopanier.beneficiary']) t;
SELECT is(pg_temp.answers(), answers, 'and the same again with all of them') FROM expected;

-- Where a row was found is remembered; what it says is read each time. Whose answers these are: a member of staff and the organisation.
CREATE FUNCTION pg_temp.staff(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	SET LOCAL SESSION AUTHORIZATION api;
	PERFORM fixture.act(name, 'merchant');
	SELECT coalesce(w.role, 'nobody') || ' ' || coalesce(w.organisation_id::text, 'none') INTO answer FROM ecopanier.whoami() w;
	SET LOCAL SESSION AUTHORIZATION DEFAULT;
	RETURN coalesce(answer, 'nobody');
END $$;
CREATE TEMP TABLE shop AS SELECT n, ecopanier.new_id(1) AS id, ecopanier.new_id(1) AS member FROM generate_series(1, 600) n;
INSERT INTO ecopanier.organisation (territory_id, id, kind, name) SELECT 1, id, 'merchant', 'Shop ' || n FROM shop;
INSERT INTO ecopanier.member (territory_id, id, display_name) SELECT 1, member, 'Staff ' || n FROM shop;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, member, 'merchant' FROM shop;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) SELECT 1, id, member, 'owner' FROM shop;
CREATE FUNCTION pg_temp.wrong() RETURNS bigint LANGUAGE sql AS
$$ SELECT count(*) FROM shop WHERE pg_temp.staff('Staff ' || n) <> 'merchant ' || id $$;
SELECT is(pg_temp.wrong() + pg_temp.wrong(), 0::bigint, 'more rows than places: each member of staff acts for the own organisation, also the second time');
UPDATE ecopanier.organisation SET state = 'suspended' WHERE name LIKE 'Shop %';
SELECT is((SELECT count(*) FROM shop WHERE pg_temp.staff('Staff ' || n) = 'merchant none'), 600::bigint, 'suspended organisations are seen at once');
SAVEPOINT active;
UPDATE ecopanier.organisation SET state = 'active' WHERE name LIKE 'Shop %';
SELECT is(pg_temp.wrong(), 0::bigint, 'and that they are active again');
ROLLBACK TO active;
SELECT is((SELECT count(*) FROM shop WHERE pg_temp.staff('Staff ' || n) = 'merchant none'), 600::bigint, 'and that this was rolled back');
UPDATE ecopanier.organisation SET state = 'active' WHERE name LIKE 'Shop %';
SELECT pg_temp.wrong() \g /dev/null
UPDATE ecopanier.member SET state = 'suspended' WHERE display_name LIKE 'Staff %';
SELECT is((SELECT count(*) FROM shop WHERE pg_temp.staff('Staff ' || n) = 'nobody none'), 600::bigint, 'suspended members are');
UPDATE ecopanier.member SET state = 'active' WHERE display_name LIKE 'Staff %';
SELECT is(pg_temp.wrong(), 0::bigint, 'and that they are members again');
ALTER TABLE ecopanier.organisation ADD COLUMN more int DEFAULT random() * 10;	-- writes the table anew
SELECT is(pg_temp.wrong(), 0::bigint, 'and a table written anew is read where it is now');

-- An index of the right columns in another order of rows is not taken for it.
DROP INDEX ecopanier.setting_valid_index;
CREATE INDEX setting_ascending_index ON ecopanier.setting (territory_id, name, valid_from, version);
SELECT is(pg_temp.answers(), answers, 'an index that ascends does not give the oldest value for the newest') FROM expected;

-- Nor one of a part of the rows.
ALTER TABLE ecopanier.member_role DROP CONSTRAINT member_role_pkey CASCADE;
CREATE INDEX ON ecopanier.member_role (territory_id, member_id, role) WHERE role = 'merchant';
SELECT is(pg_temp.answers(), answers, 'a partial index is not taken for a whole one') FROM expected;

-- A table that was made again is found again.
ALTER TABLE ecopanier.beneficiary RENAME TO beneficiary_before;
CREATE TABLE ecopanier.beneficiary (territory_id int, member_id uuid, state text, valid_from date, valid_until date, units_per_day int, PRIMARY KEY (territory_id, member_id));
ALTER TABLE ecopanier.beneficiary OWNER TO ecopanier_owner;
SELECT matches(pg_temp.answers(), 'Benoit 1 beneficiary, 4 4, ZE106', 'a table of the same name is another table');

SELECT * FROM finish();
ROLLBACK;
