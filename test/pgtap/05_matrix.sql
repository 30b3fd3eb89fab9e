-- Who may see and do what: test/lib/data/access.csv says how it is meant. The catalogue grants that and nothing else; and with
-- rows of everybody in every relation, each actor reaches the rows that are meant and no other. First each rule is broken
-- on purpose, undone by a savepoint, and must be found.
\i test/lib/fixture.sql
\i test/lib/try.sql
\i test/lib/world.sql
\i test/lib/matrix.sql
SELECT * FROM no_plan();

-- Tables that the owner writes without a caller, and why that is well.
CREATE TEMP TABLE writable (relation text PRIMARY KEY, why text);
INSERT INTO writable VALUES ('migration', 'written by install(), and by hand where its dry run is run by hand; each checksum is compared with the library');

\echo '# what is broken is found'
CREATE TEMP TABLE broken (n serial, says text, looked_at text, statements text, found text);
INSERT INTO broken (says, looked_at, statements, found) VALUES
('a table without a line', NULL, 'CREATE TABLE ecopanier.broken (a int)', 'no line: broken'),
('a private one', NULL, 'CREATE TABLE ecopanier_private.broken (a int)', 'no line: ecopanier_private.broken'),
('a sequence', NULL, 'CREATE SEQUENCE ecopanier.broken', 'no line: broken'),
('a line without a relation', NULL, 'INSERT INTO matrix.line (relation, roles, command, columns, rows) VALUES (''broken'', ''anon'', ''SELECT'', ''*'', ''all'')', 'no relation: broken'),
('a column too many', NULL, 'GRANT UPDATE (state) ON ecopanier.member TO ecopanier_customer', 'surplus: customer UPDATE member state'),
('a column too few', NULL, 'REVOKE UPDATE (language) ON ecopanier.member FROM ecopanier_customer', 'missing: customer UPDATE member language'),
('a table too many', NULL, 'GRANT SELECT ON ecopanier.reservation TO ecopanier_merchant', 'surplus: merchant SELECT reservation *'),
('a right that hands over rights', NULL, 'GRANT SELECT ON ecopanier.lot TO ecopanier_admin WITH GRANT OPTION', 'surplus: admin SELECT WITH GRANT OPTION lot *'),
('a right of another kind', NULL, 'GRANT TRUNCATE ON ecopanier.lot TO ecopanier_admin', 'surplus: admin TRUNCATE lot *'),
('a right of everybody', NULL, 'GRANT SELECT ON ecopanier.commune TO PUBLIC', 'surplus: PUBLIC SELECT commune *'),
('a right of the authenticator', NULL, 'GRANT SELECT ON ecopanier.commune TO ecopanier_authenticator', 'surplus: authenticator SELECT commune *'),
('a right of a stranger', NULL, 'GRANT INSERT (lot_id) ON ecopanier.reservation TO pg_monitor', 'surplus: pg_monitor INSERT reservation lot_id'),
('a sequence that is granted', NULL, 'GRANT USAGE ON ecopanier.territory_id_seq TO ecopanier_anon', 'surplus: anon USAGE territory_id_seq *'),
('a role that holds another', NULL, 'GRANT ecopanier_owner TO ecopanier_service', 'role membership: ecopanier_owner is given to ecopanier_service'),
('rights of what is still to come', NULL, 'ALTER DEFAULT PRIVILEGES IN SCHEMA ecopanier GRANT SELECT ON TABLES TO ecopanier_anon', 'default privileges for postgres'),
('a policy too wide', 'select reservation', 'CREATE POLICY broken ON ecopanier.reservation FOR SELECT TO ecopanier_customer USING (territory_id = (SELECT ecopanier.current_territory()))', 'Camille1 reads'),
('a policy without a caller', 'select lot', 'CREATE POLICY broken ON ecopanier.lot FOR SELECT TO ecopanier_collector USING (true)', 'without collector reads'),
('a policy too narrow', 'select lot', 'ALTER POLICY lot_member_select ON ecopanier.lot USING (false)', 'Coline2 reads'),
('a policy over the territory''s border', 'select setting', 'ALTER POLICY setting_admin_select ON ecopanier.setting USING (true)', 'Adele1 reads'),
('a view that other people''s functions look through', 'select pickup_list', 'ALTER VIEW ecopanier.pickup_list RESET (security_barrier)', 'by a function of its own'),
('another''s row that can be changed', 'change member', 'ALTER POLICY member_self_update ON ecopanier.member USING (true); DROP TRIGGER member_guard ON ecopanier.member; ALTER POLICY member_self_select ON ecopanier.member USING (true)',
 'Camille1 may UPDATE member display_name'),
('one''s own row that cannot be changed', 'change member', 'ALTER POLICY member_self_update ON ecopanier.member USING (false)', 'Camille1 may not UPDATE member display_name'),
('a station that offers lots', 'change lot', 'DROP TRIGGER lot_guard ON ecopanier.lot', 'Sami1 may UPDATE lot allergens'),
('a row for another organisation', 'insert organisation_opening', 'DROP TRIGGER organisation_opening_guard ON ecopanier.organisation_opening;
	ALTER TABLE ecopanier.organisation_opening ALTER territory_id SET DEFAULT 1; ALTER POLICY organisation_opening_staff_all ON ecopanier.organisation_opening WITH CHECK (true)',
 'inserts a row of organisation_opening that is not meant'),
('an owner who writes without a caller', 'writer territory', 'DROP TRIGGER territory_caller ON ecopanier.territory', 'owner: UPDATE ecopanier.territory'),
('a guard that a login with BYPASSRLS passes', 'writer lot', 'DROP TRIGGER lot_guard ON ecopanier.lot', 'everything: UPDATE ecopanier.lot');

CREATE FUNCTION matrix.is_found(b broken) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	found_it boolean;
BEGIN
	BEGIN
		EXECUTE b.statements;
		IF b.looked_at IS NULL THEN
			SELECT EXISTS (SELECT FROM matrix.differs d WHERE strpos(d.offender, b.found) > 0) INTO found_it;
		ELSE
			GRANT ALL ON SCHEMA ecopanier, ecopanier_private TO everything;
			GRANT ALL ON ALL TABLES IN SCHEMA ecopanier, ecopanier_private TO everything;
			GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecopanier TO everything;
			SELECT EXISTS (SELECT FROM matrix.wrong(split_part(b.looked_at, ' ', 2), split_part(b.looked_at, ' ', 1)) w WHERE strpos(w, b.found) > 0) INTO found_it;
		END IF;
		RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = found_it::text;
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
		RETURN SQLERRM::boolean;
	END;
END $$;
SELECT ok(matrix.is_found(b), 'found: ' || says) FROM broken b ORDER BY n;

\echo '# the catalogue grants what is meant'
SELECT is_empty('SELECT offender FROM matrix.differs ORDER BY 1', 'each grant is a line of access.csv, each line a grant, each relation has a line');
SELECT cmp_ok((SELECT count(*) FROM matrix.grants), '>', 250::bigint, 'there are grants to look at');

\echo '# each actor reaches what is meant'
GRANT ALL ON SCHEMA ecopanier, ecopanier_private TO everything;
GRANT ALL ON ALL TABLES IN SCHEMA ecopanier, ecopanier_private TO everything;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ecopanier TO everything;
SELECT is_empty(format('SELECT w FROM matrix.wrong(%L) w WHERE w !~ ''^(owner|everything): '' OR NOT EXISTS (SELECT FROM writable WHERE relation = %L)', name, name), name)
FROM matrix.relation WHERE relkind <> 'S' AND name IN (SELECT relation FROM matrix.line) ORDER BY name;
SELECT is_empty($$SELECT relation, why FROM writable WHERE NOT EXISTS (SELECT FROM matrix.wrong(relation, 'writer'))$$, 'every exception is one');

-- Nothing was tried in vain: each line let somebody reach a row, and each that is not about all rows left rows out.
SELECT is_empty($$SELECT relation, roles, command FROM matrix.line l WHERE rows <> 'none' AND n NOT IN (SELECT n FROM matrix.reached WHERE rows > 0)$$,
	'each line lets somebody reach a row');
SELECT is_empty($$SELECT relation, roles, command FROM matrix.line l WHERE rows NOT IN ('none', 'all') AND command = 'SELECT'
	AND n NOT IN (SELECT n FROM matrix.reached WHERE others > 0)$$, 'and leaves rows out');
SELECT is_empty($$SELECT name FROM matrix.relation r WHERE relkind IN ('r', 'p') AND NOT relispartition
	AND (xpath('//row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || sql_name, false, true, '')))[1]::text = '0'$$, 'every table has rows to try');
SELECT * FROM finish();
