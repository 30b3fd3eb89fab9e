-- The catalogue keeps the rules of the house: everything is documented, owned, fenced and granted by name.
-- Each rule is a view of offenders, in tap. First each rule is broken on purpose, undone by a savepoint, and must
-- name the offender; then the real catalogue must give none. Exceptions are the named lists at the top.
BEGIN;

CREATE TEMP TABLE open_function (name text PRIMARY KEY);
COMMENT ON TABLE open_function IS 'functions that everybody may execute, besides what types, operators and casts use';
INSERT INTO open_function VALUES ('version');

CREATE TEMP TABLE definer_view (name text PRIMARY KEY);
COMMENT ON TABLE definer_view IS 'views that read with their owner''s rights, fenced by security_barrier and their own predicate';
INSERT INTO definer_view VALUES ('impact_total'), ('impact_by_commune'), ('impact_by_day'), ('household_statistics'), ('cascade_total'), ('lot_offer'), ('pickup_list'), ('kiosk_refusals'),
	('impact_fact'), ('pickup_locked');
INSERT INTO definer_view VALUES ('consent_in_force'), ('export_audit'), ('export_consent'), ('export_reservation'), ('export_right'),
	('event_list'), ('event_untold'), ('export_staff'), ('export_contact'), ('export_identity'), ('export_card'), ('export_kiosk_session'), ('personal_gap'), ('personal_schema'), ('personal_statement');
INSERT INTO definer_view VALUES ('mail_status');

INSERT INTO definer_view VALUES ('webhook_delivery_status');

INSERT INTO definer_view VALUES ('payment'), ('payment_list'), ('sponsorship'), ('sponsored_credit'), ('fund_status');

CREATE TEMP TABLE global_key (name text PRIMARY KEY);
COMMENT ON TABLE global_key IS 'keys of domain tables that hold over all territories';
INSERT INTO global_key VALUES ('login_pkey');	-- a database login is one in the whole cluster
INSERT INTO global_key VALUES ('right_holder_pkey'),	-- rule D1 holds over all territories
	('right_transfer_holder_territory_id_holder_member_id_fkey');	-- the row that a right leaves may stand in another one

-- Everything of ours: the schemas, and the members of the extension wherever they lie.
CREATE TEMP VIEW our_schema AS
SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ecopanier', 'ecopanier_private');

CREATE TEMP VIEW our_function AS
SELECT p.* FROM pg_proc p
WHERE p.pronamespace IN (SELECT oid FROM our_schema)
   OR EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
			  WHERE e.extname = 'ecopanier' AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');

CREATE TEMP VIEW our_relation AS
SELECT c.*, s.nspname FROM pg_class c JOIN our_schema s ON s.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f');

CREATE TEMP VIEW our_type AS
SELECT t.* FROM pg_type t JOIN our_schema s ON s.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('b', 'd', 'e', 'r') AND t.typcategory <> 'A') OR (t.typtype = 'c' AND c.relkind = 'c');

-- What queries call without naming it: input and output of types, operators, casts, operator classes.
CREATE TEMP VIEW implicit_function AS
SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze]::oid[]) AS oid FROM our_type
UNION SELECT unnest(ARRAY[oprcode, oprrest, oprjoin]::oid[]) FROM pg_operator
UNION SELECT castfunc FROM pg_cast
UNION SELECT amproc FROM pg_amproc;

-- The rules, each a view of offenders.

CREATE TEMP VIEW undocumented AS
SELECT 'schema ' || nspname AS offender FROM our_schema WHERE obj_description(oid, 'pg_namespace') IS NULL
UNION ALL
SELECT 'function ' || oid::regprocedure FROM our_function WHERE obj_description(oid, 'pg_proc') IS NULL
UNION ALL
SELECT 'relation ' || oid::regclass FROM our_relation WHERE obj_description(oid, 'pg_class') IS NULL
UNION ALL
SELECT 'column ' || r.oid::regclass || '.' || a.attname FROM our_relation r JOIN pg_attribute a ON a.attrelid = r.oid
WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(r.oid, a.attnum) IS NULL
UNION ALL
SELECT 'type ' || oid::regtype FROM our_type
WHERE coalesce(obj_description(oid, 'pg_type'), obj_description(nullif(typrelid, 0), 'pg_class')) IS NULL
UNION ALL
SELECT 'policy ' || p.polname || ' on ' || p.polrelid::regclass FROM pg_policy p JOIN our_relation r ON r.oid = p.polrelid
WHERE obj_description(p.oid, 'pg_policy') IS NULL;

CREATE TEMP VIEW wrong_search_path AS
SELECT oid::regprocedure AS offender FROM our_function
WHERE prosecdef
  AND NOT coalesce('search_path=pg_catalog, ecopanier, pg_temp' = ANY (proconfig), false);

CREATE TEMP VIEW open_to_public AS
SELECT 'function ' || f.oid::regprocedure AS offender
FROM our_function f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
WHERE a.grantee = 0
  AND f.oid NOT IN (SELECT oid FROM implicit_function WHERE oid IS NOT NULL)
  AND f.proname NOT IN (SELECT name FROM open_function)
UNION ALL
SELECT DISTINCT 'relation ' || r.oid::regclass FROM our_relation r, aclexplode(r.relacl) a WHERE a.grantee = 0
UNION ALL
SELECT 'column ' || r.oid::regclass || '.' || c.attname
FROM our_relation r JOIN pg_attribute c ON c.attrelid = r.oid, aclexplode(c.attacl) a WHERE a.grantee = 0
UNION ALL
SELECT 'sequence ' || q.oid::regclass FROM pg_class q JOIN our_schema s ON s.oid = q.relnamespace, aclexplode(q.relacl) a
WHERE q.relkind = 'S' AND a.grantee = 0
UNION ALL
SELECT 'create in schema ' || n.nspname FROM pg_namespace n JOIN our_schema USING (oid), aclexplode(n.nspacl) a
WHERE a.grantee = 0 AND a.privilege_type = 'CREATE';

CREATE TEMP VIEW closed_type_function AS
SELECT f.oid::regprocedure AS offender FROM our_function f JOIN implicit_function i USING (oid)
WHERE NOT has_function_privilege('ecopanier_anon', f.oid, 'EXECUTE');

CREATE TEMP VIEW unfenced_view AS
SELECT oid::regclass || CASE WHEN d.name IS NULL THEN ' lacks security_invoker' ELSE ' lacks security_barrier' END AS offender
FROM our_relation r LEFT JOIN definer_view d ON d.name = r.relname
WHERE relkind = 'v'
  AND NOT coalesce((SELECT o.option_value::bool FROM pg_options_to_table(r.reloptions) o
					WHERE o.option_name = CASE WHEN d.name IS NULL THEN 'security_invoker' ELSE 'security_barrier' END), false);

CREATE TEMP VIEW without_row_security AS
SELECT oid::regclass || CASE WHEN relrowsecurity THEN ' forces it on its owner' ELSE '' END AS offender FROM our_relation
WHERE nspname = 'ecopanier' AND relkind IN ('r', 'p') AND (NOT relrowsecurity OR relforcerowsecurity);

CREATE TEMP VIEW without_policy AS
SELECT r.oid::regclass || ' is granted to ' || a.grantee::regrole AS offender
FROM our_relation r, aclexplode(r.relacl) a
WHERE r.nspname = 'ecopanier' AND r.relkind IN ('r', 'p') AND a.grantee NOT IN (0, r.relowner)
  AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.oid);

CREATE TEMP VIEW foreign_owner AS
SELECT oid::regclass || ' belongs to ' || relowner::regrole AS offender FROM our_relation WHERE relowner <> (SELECT oid FROM pg_roles WHERE rolname = 'ecopanier_owner');

CREATE TEMP VIEW territory_not_first AS
SELECT k.conname || ' on ' || r.oid::regclass AS offender
FROM our_relation r
JOIN pg_attribute t ON t.attrelid = r.oid AND t.attname = 'territory_id' AND NOT t.attisdropped
JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('p', 'u', 'f')
WHERE k.conkey[1] <> t.attnum AND k.conname NOT IN (SELECT name FROM global_key)
  -- reference tables, such as communes, belong to no territory
  AND (k.contype <> 'f' OR EXISTS (SELECT FROM pg_attribute f WHERE f.attrelid = k.confrelid AND f.attname = 'territory_id'))
UNION ALL
SELECT 'territory_id of ' || r.oid::regclass || ' may be null' FROM our_relation r JOIN pg_attribute t ON t.attrelid = r.oid
WHERE r.relkind IN ('r', 'p') AND t.attname = 'territory_id' AND NOT t.attnotnull
UNION ALL
SELECT 'index ' || i.indexrelid::regclass FROM our_relation r
JOIN pg_attribute t ON t.attrelid = r.oid AND t.attname = 'territory_id' AND NOT t.attisdropped
JOIN pg_index i ON i.indrelid = r.oid AND i.indisunique AND i.indkey[0] <> t.attnum
WHERE i.indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE conname IN (SELECT name FROM global_key));

CREATE TEMP VIEW private_grant AS
SELECT format('%s may %s %s', a.grantee::regrole, a.privilege_type, r.oid::regclass) AS offender
FROM our_relation r, aclexplode(r.relacl) a WHERE r.nspname = 'ecopanier_private' AND a.grantee <> r.relowner
UNION ALL
SELECT format('%s may %s the schema', a.grantee::regrole, a.privilege_type)
FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname = 'ecopanier_private' AND a.grantee NOT IN (n.nspowner, (SELECT oid FROM pg_roles WHERE rolname = 'ecopanier_owner'))
UNION ALL
SELECT format('%s may execute %s', a.grantee::regrole, p.oid::regprocedure)
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace = to_regnamespace('ecopanier_private') AND a.grantee NOT IN (p.proowner, (SELECT oid FROM pg_roles WHERE rolname = 'ecopanier_owner'));

-- A function that runs when a row is compared, printed or read through a policy must not forbid a parallel plan.
CREATE TEMP VIEW parallel_unsafe AS
SELECT f.oid::regprocedure AS offender FROM our_function f JOIN implicit_function i USING (oid) WHERE f.proparallel <> 's'
UNION
SELECT f.oid::regprocedure FROM our_function f
JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid AND d.classid = 'pg_policy'::regclass
WHERE f.proparallel = 'u';

CREATE TEMP VIEW unwrapped_policy AS
SELECT p.polname || ' on ' || p.polrelid::regclass || ' calls ' || call[1] AS offender
FROM pg_policy p JOIN our_relation r ON r.oid = p.polrelid,
	 regexp_matches(regexp_replace(concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)),
								   '\(\s*SELECT [^()]*\([^()]*\)', '', 'g'),
					'(ecopanier\.\w+\()', 'g') AS call;

CREATE TEMP VIEW trigger_callable AS
SELECT f.oid::regprocedure || ' by ' || a.grantee::regrole AS offender
FROM our_function f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
WHERE f.prorettype = 'trigger'::regtype AND a.grantee NOT IN (f.proowner, (SELECT oid FROM pg_roles WHERE rolname = 'ecopanier_owner'));

-- rule, the view of its offenders, a way to break it, and a word that the offender's name must hold then
CREATE TEMP TABLE rule (n serial, says text, offenders text, broken_by text, names text);
INSERT INTO rule (says, offenders, broken_by, names) VALUES
('every schema, function, relation, column, type and policy has a comment', 'undocumented',
 'CREATE TABLE ecopanier.broken (territory_id int PRIMARY KEY)', 'broken.territory_id'),
('every function has a comment', 'undocumented',
 'CREATE FUNCTION ecopanier.broken() RETURNS int LANGUAGE sql AS ''SELECT 1''', 'ecopanier.broken()'),
('every type has a comment', 'undocumented', 'CREATE DOMAIN ecopanier.broken AS int', 'type ecopanier.broken'),
('every policy has a comment', 'undocumented',
 'CREATE TABLE ecopanier.broken (a int); CREATE POLICY broken_all ON ecopanier.broken USING (true)', 'policy broken_all'),
('every SECURITY DEFINER function has the one search_path', 'wrong_search_path',
 'CREATE FUNCTION ecopanier.broken() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, ecopanier AS ''SELECT 1''', 'broken'),
('a definer function without search_path is found', 'wrong_search_path',
 'CREATE FUNCTION ecopanier.broken() RETURNS int LANGUAGE sql SECURITY DEFINER AS ''SELECT 1''', 'broken'),
('a quoted search_path is found', 'wrong_search_path',
 'CREATE FUNCTION ecopanier.broken() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = ''pg_catalog, ecopanier, pg_temp'' AS ''SELECT 1''', 'broken'),
('nothing is granted to PUBLIC but what types and operators need and the named functions', 'open_to_public',
 'CREATE FUNCTION ecopanier.broken() RETURNS int LANGUAGE sql AS ''SELECT 1''', 'function ecopanier.broken()'),
('no table is granted to PUBLIC', 'open_to_public',
 'CREATE TABLE ecopanier.broken (a int); GRANT SELECT ON ecopanier.broken TO PUBLIC', 'relation ecopanier.broken'),
('no column is granted to PUBLIC', 'open_to_public',
 'CREATE TABLE ecopanier.broken (a int); GRANT UPDATE (a) ON ecopanier.broken TO PUBLIC', 'broken.a'),
('every view asks with its reader''s rights, or is on the named list and has security_barrier', 'unfenced_view',
 'CREATE VIEW ecopanier.broken AS SELECT 1 AS a', 'ecopanier.broken lacks security_invoker'),
('a listed view without security_barrier is found', 'unfenced_view',
 'INSERT INTO definer_view VALUES (''broken''); CREATE VIEW ecopanier.broken WITH (security_invoker = true) AS SELECT 1 AS a',
 'ecopanier.broken lacks security_barrier'),
('every table has row security, not forced on its owner', 'without_row_security', 'CREATE TABLE ecopanier.broken (a int)', 'broken'),
('forced row security is found', 'without_row_security',
 'CREATE TABLE ecopanier.broken (a int); ALTER TABLE ecopanier.broken ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', 'broken forces'),
('every granted table has a policy', 'without_policy',
 'CREATE TABLE ecopanier.broken (a int); GRANT SELECT ON ecopanier.broken TO ecopanier_anon', 'broken is granted to ecopanier_anon'),
('every relation belongs to ecopanier_owner', 'foreign_owner', 'CREATE TABLE ecopanier.broken (a int)', 'broken'),
('territory_id comes first in every primary, unique and foreign key, and is never null', 'territory_not_first',
 'CREATE TABLE ecopanier.broken (id uuid, territory_id int, PRIMARY KEY (id, territory_id))', 'broken_pkey'),
('a foreign key that starts elsewhere is found', 'territory_not_first',
 'CREATE TABLE ecopanier.broken (territory_id int NOT NULL, id uuid, UNIQUE (territory_id, id),
	other_territory int, other uuid, CONSTRAINT broken_fkey FOREIGN KEY (other_territory, other) REFERENCES ecopanier.broken (territory_id, id))', 'broken_fkey'),
('a unique index that starts elsewhere is found', 'territory_not_first',
 'CREATE TABLE ecopanier.broken (id uuid, territory_id int NOT NULL); CREATE UNIQUE INDEX broken_id ON ecopanier.broken (id)', 'index ecopanier.broken_id'),
('nothing in ecopanier_private is granted', 'private_grant',
 'CREATE TABLE ecopanier_private.broken (a int); GRANT SELECT ON ecopanier_private.broken TO ecopanier_admin', 'ecopanier_admin may SELECT'),
('the private schema is not granted', 'private_grant',
 'GRANT USAGE ON SCHEMA ecopanier_private TO ecopanier_service', 'ecopanier_service may USAGE'),
('what types, operators and policies call allows parallel plans', 'parallel_unsafe',
 'CREATE FUNCTION ecopanier.broken() RETURNS bool LANGUAGE sql STABLE PARALLEL UNSAFE AS ''SELECT true'';
  CREATE TABLE ecopanier.broken (a int); CREATE POLICY broken_all ON ecopanier.broken USING ((SELECT ecopanier.broken()))', 'broken'),
('policies call our functions as (SELECT f())', 'unwrapped_policy',
 'CREATE FUNCTION ecopanier.broken() RETURNS int LANGUAGE sql STABLE AS ''SELECT 1'';
  CREATE TABLE ecopanier.broken (a int);
  CREATE POLICY broken_all ON ecopanier.broken USING (a = (SELECT ecopanier.broken()) AND a = ecopanier.broken())', 'broken'),
('trigger functions are granted to nobody', 'trigger_callable',
 'CREATE FUNCTION ecopanier.broken() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''', 'broken'),
('what types, operators and casts call is open to everybody', 'closed_type_function',
 'CREATE FUNCTION ecopanier.broken(int, int) RETURNS bool LANGUAGE sql AS ''SELECT true'';
  REVOKE ALL ON FUNCTION ecopanier.broken(int, int) FROM PUBLIC;
  CREATE OPERATOR ecopanier.#<># (LEFTARG = int, RIGHTARG = int, FUNCTION = ecopanier.broken)', 'broken');

-- Breaks a rule in a subtransaction, looks for the offender, and undoes it all.
CREATE FUNCTION pg_temp.is_found(statements text, offenders text, names text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	found_it boolean;
BEGIN
	BEGIN
		EXECUTE statements;
		EXECUTE format('SELECT EXISTS (SELECT FROM pg_temp.%I WHERE strpos(offender::text, $1) > 0)', offenders) INTO found_it USING names;
		RAISE EXCEPTION USING errcode = 'ZZ999', message = found_it::text;
	EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
		RETURN SQLERRM::boolean;
	END;
END $$;

SELECT plan((SELECT count(*) + count(DISTINCT offenders) + 2 FROM rule)::int);

SELECT ok(pg_temp.is_found(broken_by, offenders, names), 'when broken, found: ' || says) FROM rule ORDER BY n;

SELECT is_empty(format('SELECT offender FROM pg_temp.%I ORDER BY 1', offenders), min(says) FILTER (WHERE n = first))
FROM (SELECT *, min(n) OVER (PARTITION BY offenders) AS first FROM rule) r GROUP BY offenders, first ORDER BY first;

-- The lists of exceptions name what exists, and there is something to look at.
SELECT is_empty($$SELECT name FROM open_function WHERE name NOT IN (SELECT proname FROM our_function)
				  UNION ALL SELECT name FROM definer_view WHERE name NOT IN (SELECT relname FROM our_relation)
				  UNION ALL SELECT name FROM global_key WHERE name NOT IN (SELECT conname FROM pg_constraint)$$,
				'every exception on a list exists');
SELECT cmp_ok((SELECT count(*) FROM our_relation WHERE relkind IN ('r', 'p')), '>=', 13::bigint, 'the tables of the contract are looked at');

SELECT * FROM finish();
ROLLBACK;
