/*
 * Who may see and do what, as it is meant and as it is; to be read with \i
 * after world.sql.  The schema matrix, which nobody but the test may use, has:
 *
 *   line       test/lib/data/access.csv, one row a line
 *   intent     the same, one row for each relation, role, command and column
 *   grants     the catalogue in the same shape
 *   run(actor, statement, after)    a statement as an actor of world.actor, undone; after: SQL that the test itself
 *              runs before that
 *   predicate(rows, actor)          which rows an actor is meant to reach, as a condition
 *   wrong(relation, part)           where an actor reaches other rows than meant, one line each; part: select, change,
 *              insert, refusal or writer, or all of them
 */
CREATE SCHEMA matrix;
CREATE TABLE matrix.line (relation text, roles text, command text, columns text, rows text, note text, n serial);
\copy matrix.line (relation, roles, command, columns, rows, note) FROM 'test/lib/data/access.csv' (FORMAT csv, HEADER)

-- Relations by the names of the file: ecopanier's without a schema.
CREATE VIEW matrix.relation AS
SELECT c.oid, c.relkind, c.relacl, c.relowner, c.relispartition, format('%I.%I', s.nspname, c.relname) AS sql_name,
	CASE s.nspname WHEN 'ecopanier' THEN '' ELSE s.nspname || '.' END || c.relname AS name
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
WHERE s.nspname IN ('ecopanier', 'ecopanier_private') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S');

CREATE VIEW matrix.intent AS
SELECT l.relation, 'ecopanier_' || r AS role, l.command, c AS col, l.rows, l.n
FROM matrix.line l,
	unnest(string_to_array(replace(replace(l.roles, 'everybody', 'anon members authority service'), 'members',
		'customer merchant beneficiary collector association admin'), ' ')) r,
	unnest(string_to_array(l.columns, ' ')) c
WHERE l.rows <> 'none';

CREATE VIEW matrix.grants AS
SELECT r.name AS relation, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role,
	a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS command, '*' AS col
FROM matrix.relation r, aclexplode(r.relacl) a WHERE a.grantee <> r.relowner
UNION ALL
SELECT r.name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
	a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, c.attname
FROM matrix.relation r JOIN pg_attribute c ON c.attrelid = r.oid, aclexplode(c.attacl) a WHERE a.grantee <> r.relowner;

CREATE VIEW matrix.differs AS
SELECT 'surplus: ' || concat_ws(' ', replace(role, 'ecopanier_', ''), command, relation, col) AS offender FROM (
	SELECT relation, role, command, col FROM matrix.grants EXCEPT SELECT relation, role, command, col FROM matrix.intent) s
UNION ALL
SELECT 'missing: ' || concat_ws(' ', replace(role, 'ecopanier_', ''), command, relation, col) FROM (
	SELECT relation, role, command, col FROM matrix.intent EXCEPT SELECT relation, role, command, col FROM matrix.grants) m
UNION ALL
-- a partition is reached through its parent, and has nothing of its own
SELECT 'no line: ' || name FROM matrix.relation WHERE NOT relispartition AND name NOT IN (SELECT relation FROM matrix.line)
UNION ALL
SELECT DISTINCT 'no relation: ' || relation FROM matrix.line WHERE relation NOT IN (SELECT name FROM matrix.relation)
UNION ALL
SELECT 'owner: ' || name FROM matrix.relation WHERE relowner::regrole::text <> 'ecopanier_owner'
UNION ALL
SELECT 'default privileges for ' || defaclrole::regrole FROM pg_default_acl
	WHERE defaclnamespace IN (0, 'ecopanier'::regnamespace, 'ecopanier_private'::regnamespace)
UNION ALL
SELECT 'role membership: ' || roleid::regrole || ' is given to ' || member::regrole FROM pg_auth_members
	WHERE (roleid::regrole::text LIKE 'ecopanier\_%' OR member::regrole::text LIKE 'ecopanier\_%')
	AND member NOT IN (SELECT oid FROM pg_roles WHERE rolcanlogin)	-- logins are the test's
	AND (member::regrole::text <> 'ecopanier_authenticator' OR roleid::regrole::text IN ('ecopanier_owner', 'ecopanier_analyst'));

-- Which rows of a relation an actor is meant to reach, by the words of the file.
CREATE FUNCTION matrix.predicate(rows text, a world.actor) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
	word text[] := regexp_match(rows, '^(all|territory|organisation|own)(?: by (\w+))?(?: as (\w+))?(?: where (.+))?$');
	functions CONSTANT text[] := ARRAY['reader', 'station', 'manager', 'owner'];
	condition text;
BEGIN
	IF word IS NULL THEN
		RAISE EXCEPTION 'access.csv: "%" is not understood', rows;
	END IF;
	condition := CASE
		WHEN word[1] = 'all' THEN 'true'
		WHEN a.member IS NULL OR (word[1] = 'organisation' AND a.organisation IS NULL)
			OR coalesce(array_position(functions, a.function), 0) < coalesce(array_position(functions, word[3]), 0) THEN 'false'
		WHEN word[1] = 'territory' THEN format('territory_id = %s', a.territory)
		WHEN word[1] = 'organisation' THEN format('territory_id = %s AND %I = %L', a.territory, coalesce(word[2], 'organisation_id'), a.organisation)
		ELSE format('territory_id = %s AND %I = %L', a.territory, coalesce(word[2], 'member_id'), a.member) END;
	RETURN '(' || condition || coalesce(' AND ' || word[4], '') || ')';
END $$;

-- The same for all lines about a role, a command and a column; null where nothing is granted.
CREATE FUNCTION matrix.reach(relation text, command text, col text, a world.actor) RETURNS text STABLE LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT matrix.predicate(i.rows, a), ' OR ') FROM matrix.intent i
	WHERE i.relation = $1 AND i.role = a.role AND i.command = $2 AND (i.col IN ('*', $3) OR $3 IS NULL) $$;

-- What the policies must not let a caller's own function see.
CREATE TABLE matrix.leaked (row text);
GRANT USAGE ON SCHEMA matrix TO PUBLIC;
GRANT INSERT ON matrix.leaked TO PUBLIC;
CREATE FUNCTION matrix.leak(text) RETURNS boolean VOLATILE COST 0.000001 LANGUAGE sql AS $$ INSERT INTO matrix.leaked VALUES ($1) RETURNING true $$;

CREATE FUNCTION matrix.run(actor text, statement text, after text DEFAULT NULL,
	OUT state text, OUT message text, OUT hint text, OUT detail text, OUT value text, OUT touched bigint, OUT seen text)
LANGUAGE plpgsql AS $$
DECLARE
	a world.actor;
BEGIN
	SELECT * INTO STRICT a FROM world.actor w WHERE w.name = actor;
	BEGIN
		PERFORM set_config('session_authorization', a.login, true), set_config('request.jwt.claims', coalesce(a.claims, ''), true);
		IF a.key IS NOT NULL THEN
			PERFORM set_config('request.headers', json_build_object('x-ecopanier-key', a.key)::text, true), set_config('role', 'ecopanier_anon', true);
			PERFORM ecopanier.authenticate();
		ELSIF a.login = 'api' AND a.role <> 'ecopanier_authenticator' THEN
			PERFORM set_config('role', a.role, true);
		END IF;
		IF statement ~* '^SELECT' THEN
			EXECUTE statement INTO value;
		ELSE
			EXECUTE statement;
		END IF;
		GET DIAGNOSTICS touched = ROW_COUNT;
		IF after IS NOT NULL THEN
			SET CONSTRAINTS ALL IMMEDIATE;
			PERFORM set_config('session_authorization', 'postgres', true);
			EXECUTE after INTO seen;
		END IF;
		RAISE EXCEPTION SQLSTATE 'UNDO0';
	EXCEPTION
		WHEN SQLSTATE 'UNDO0' THEN
			NULL;
		WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
			value := NULL;
			touched := 0;
	END;
END $$;

/*
 * What a view is made of, where it reads with its owner's rights: its rows by a key, with the columns that the file's
 * conditions speak of.
 */
CREATE TABLE matrix.source (relation text PRIMARY KEY, key text, query text);
INSERT INTO matrix.source VALUES
-- free units for each who may claim some, sold ones for everybody
('lot_offer', 'lot_id', 'WITH offer AS (SELECT territory_id, l.id AS lot_id, s.public_left, s.solidarity_left FROM ecopanier.lot l
	JOIN ecopanier_private.lot_stock s USING (territory_id) WHERE s.lot_id = l.id AND l.state = ''published'' AND l.window_end > ecopanier.now())
	SELECT o.*, NULL::uuid AS member_id FROM offer o
	UNION ALL SELECT o.territory_id, o.lot_id, 0, o.solidarity_left, b.member_id FROM offer o JOIN ecopanier.beneficiary b USING (territory_id)
	JOIN ecopanier.territory t ON t.id = b.territory_id CROSS JOIN LATERAL (SELECT (ecopanier.now() AT TIME ZONE t.time_zone)::date AS day) d
	WHERE b.state = ''verified'' AND d.day BETWEEN b.valid_from AND b.valid_until AND coalesce((SELECT q.used FROM ecopanier_private.free_quota q
		WHERE q.territory_id = b.territory_id AND q.member_id = b.member_id AND q.day = d.day), 0) < coalesce(b.units_per_day, 10)'),
('lot_window', 'lot_id', 'SELECT territory_id, id AS lot_id, organisation_id, state FROM ecopanier.lot'),
('webhook_delivery_status', 'id', 'SELECT d.territory_id, d.id, e.organisation_id FROM ecopanier_private.webhook_delivery d
	JOIN ecopanier.webhook_endpoint e ON e.territory_id = d.territory_id AND e.id = d.endpoint_id'),
('event_list', 'id', 'SELECT territory_id, id FROM ecopanier.event'),
('mail_status', 'concat(territory_id, '':'', kind)', 'SELECT DISTINCT territory_id, kind FROM ecopanier_private.mail'),
('pickup_list', 'reservation_id', 'SELECT territory_id, id AS reservation_id, organisation_id FROM ecopanier.reservation WHERE state <> ''awaiting_payment'''),
('kiosk_refusals', 'concat(organisation_id, day)', 'SELECT territory_id, organisation_id, date ''2026-11-20'' AS day FROM ecopanier_private.kiosk_try WHERE kind <> ''right''
	UNION SELECT territory_id, organisation_id, day FROM ecopanier_private.kiosk_count'),
('impact_total', 'territory_id', 'SELECT DISTINCT territory_id FROM ecopanier.reservation WHERE state = ''collected'''),
('impact_by_commune', 'concat(territory_id, '':'', commune_insee)', 'SELECT DISTINCT territory_id, l.commune_insee FROM ecopanier.reservation r
	JOIN ecopanier.lot l USING (territory_id) WHERE r.lot_id = l.id AND r.state = ''collected'''),
('impact_by_day', 'concat(territory_id, '':'', day)', 'SELECT DISTINCT territory_id, (r.collected_at AT TIME ZONE z.time_zone)::date AS day FROM ecopanier.reservation r
	JOIN ecopanier.territory z ON z.id = r.territory_id WHERE r.state = ''collected''');

-- Reading: what each actor sees is what is meant, and a function of the actor's own in WHERE sees no more.
CREATE FUNCTION matrix.wrong_select(r matrix.relation) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	a world.actor;
	got record;
	source matrix.source;
	columns text;
	condition text;
	expected text;
	others int;
BEGIN
	SELECT * INTO source FROM matrix.source s WHERE s.relation = r.name;
	FOR a IN SELECT * FROM world.actor WHERE role LIKE 'ecopanier\_%' AND role <> 'ecopanier_owner' ORDER BY name LOOP
		condition := matrix.reach(r.name, 'SELECT', NULL, a);
		SELECT coalesce(source.key || '::text', 'md5(ROW(' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ')::text)') INTO columns
		FROM pg_attribute c WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped
			AND (condition IS NULL OR EXISTS (SELECT FROM matrix.intent i WHERE i.relation = r.name AND i.role = a.role
				AND i.command = 'SELECT' AND i.col IN ('*', c.attname)));
		SELECT * INTO got FROM matrix.run(a.name, format('SELECT array_agg(%1$s ORDER BY %1$s COLLATE "C") FROM %2$s WHERE matrix.leak(%1$s)', columns, r.sql_name),
			'SELECT array_agg(row ORDER BY row COLLATE "C") FROM matrix.leaked');
		IF condition IS NULL THEN
			IF got.state IS DISTINCT FROM '42501' THEN
				RETURN NEXT format('%s reads %s: %s', a.name, r.name, coalesce(got.state, 'no error'));
			END IF;
			CONTINUE;
		END IF;
		EXECUTE format('SELECT array_agg(%1$s ORDER BY %1$s COLLATE "C") FROM %2$s t WHERE %3$s', columns,
			coalesce('(' || source.query || ')', r.sql_name), condition) INTO expected;
		IF got.value IS DISTINCT FROM expected OR got.state IS NOT NULL THEN
			RETURN NEXT format('%s reads %s rows of %s, not %s: %s', a.name, cardinality(got.value::text[]), r.name,
				cardinality(expected::text[]), got.message);
		ELSIF got.seen IS DISTINCT FROM expected THEN
			RETURN NEXT format('%s sees %s rows of %s by a function of its own, not %s', a.name, cardinality(got.seen::text[]), r.name,
				cardinality(expected::text[]));
		END IF;
		EXECUTE format('SELECT count(*) FROM %s t WHERE (%s) IS NOT TRUE', coalesce('(' || source.query || ')', r.sql_name), condition) INTO others;
		INSERT INTO matrix.reached SELECT i.n, cardinality(expected::text[]), others FROM matrix.intent i
			WHERE i.relation = r.name AND i.role = a.role AND i.command = 'SELECT';
	END LOOP;
END $$;

-- How many rows a line of the file let an actor reach, and how many not, so that no line is tried in vain.
CREATE TABLE matrix.reached (n int, rows int, others int);

-- The rows of a table, and which of them an actor is meant to reach; or but a few of either sort.
CREATE FUNCTION matrix.targets(r matrix.relation, condition text, few boolean) RETURNS TABLE (place text, meant boolean) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT place, meant FROM (SELECT place, meant, row_number() OVER (PARTITION BY meant ORDER BY md5(place)) AS n
		FROM (SELECT format(''tableoid = %%s AND ctid = %%L'', tableoid, ctid) AS place, coalesce(%s, false) AS meant FROM %s) t) u WHERE NOT %L OR n <= 2',
		condition, r.sql_name, few);
END $$;

-- One statement on one row: it must not touch what is not meant, and must not be refused for whom where it is.
CREATE FUNCTION matrix.judge(a world.actor, says text, statement text, meant boolean, OUT offender text, OUT worked boolean) LANGUAGE plpgsql AS $$
DECLARE
	got record;
BEGIN
	SELECT * INTO got FROM matrix.run(a.name, statement);
	worked := got.state IS NULL AND got.touched > 0;
	IF NOT meant AND worked THEN
		offender := format('%s may %s', a.name, says);
	ELSIF meant AND NOT worked AND (got.state IS NULL OR got.state IN ('42501', 'ZE101')) THEN
		offender := format('%s may not %s: %s', a.name, says, coalesce(got.message, 'no row'));
	END IF;
END $$;

-- Changing and deleting, column by column and row by row.
CREATE FUNCTION matrix.wrong_change(r matrix.relation) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	a world.actor;
	item record;
	target record;
	judged record;
BEGIN
	FOR item IN SELECT i.role, i.command, i.col, row_number() OVER (PARTITION BY i.role, i.command ORDER BY i.col) > 1 AS few
		FROM matrix.intent i WHERE i.relation = r.name AND i.command IN ('UPDATE', 'DELETE') GROUP BY 1, 2, 3
	LOOP
		FOR a IN SELECT * FROM world.actor w WHERE w.role = item.role LOOP
			FOR target IN SELECT * FROM matrix.targets(r, matrix.reach(r.name, item.command, item.col, a), item.few) LOOP
				SELECT * INTO judged FROM matrix.judge(a, format('%s %s %s', item.command, r.name, item.col),
					CASE item.command WHEN 'DELETE' THEN format('DELETE FROM %s WHERE %s', r.sql_name, target.place)
						ELSE format('UPDATE %1$s SET %2$I = %2$I WHERE %3$s', r.sql_name, item.col, target.place) END, target.meant);
				IF judged.offender IS NOT NULL THEN
					RETURN NEXT judged.offender;
				END IF;
				IF judged.worked THEN
					INSERT INTO matrix.reached SELECT i.n, 1 FROM matrix.intent i
						WHERE i.relation = r.name AND i.role = a.role AND i.command = item.command AND i.col IN ('*', item.col);
				END IF;
			END LOOP;
		END LOOP;
	END LOOP;
END $$;

/*
 * Rows that somebody may insert: for whom each is in turn, {territory}, {member}, {organisation} and {name} stand for. A
 * relation that may be inserted into and has no line here fails.
 */
CREATE TABLE matrix.sample (relation text, roles text, columns text[], expressions text[]);
INSERT INTO matrix.sample VALUES
('reservation', 'customer beneficiary', '{lot_id, quantity, request_id}',
	ARRAY[$$(SELECT id FROM world.lot WHERE territory = {territory} AND state = 'published' AND organisation = 'Boulangerie')$$, '1', 'ecopanier.new_id({territory})']),
('lot', 'merchant association', '{title, public_units, original_price_cents, price_cents, window_start, window_end, commune_insee}',
	ARRAY['''Pain''', '1', '1000', '500', '''2026-11-20 17:00+00''', '''2026-11-20 18:00+00''', '''86194''']),
('lot_template', 'merchant association', '{title, starts_at, ends_at, commune_insee, publish}', ARRAY['''Pain''', '''{17:00}''', '''{19:00}''', '''86194''', 'false']),
('organisation_opening', 'merchant association', '{organisation_id, weekday, opens_at, closes_at}', ARRAY['''{organisation}''', '2', '''10:00''', '''11:00''']),
('organisation_opening_exception', 'merchant association', '{organisation_id, first_day, last_day}', ARRAY['''{organisation}''', '''2026-12-24''', '''2026-12-26''']),
('organisation', 'admin', '{id, kind, name, commune_insee}', ARRAY['ecopanier.new_id({territory})', '''merchant''', '''Neuf''', '''86194''']),
('organisation_staff', 'admin', '{organisation_id, member_id, function}', ARRAY['fixture.organisation(''Ferme'', {territory})', '''{member}''', '''reader''']),
('member', 'admin', '{id, display_name, language}', ARRAY['ecopanier.new_id({territory})', '''Neuf''', '''fr''']),
('alert', 'beneficiary', '{latitude, longitude, radius_m}', ARRAY['46.5', '0.3', '1000']),
('favourite', 'customer beneficiary', '{organisation_id}', ARRAY['fixture.organisation(''CCAS'', {territory})']),
('consent', 'customer merchant beneficiary collector association admin', '{purpose, version, language}', ARRAY['''statistics''', '1', '''fr''']),
('member_role', 'admin', '{member_id, role}', ARRAY['fixture.id(''Corto'', {territory})', '''customer''']);
INSERT INTO matrix.sample VALUES ('organisation_label', 'merchant association', '{organisation_id, label, number, valid_from, valid_until}',
	ARRAY['''{organisation}''', '''hve''', '''1''', '''2026-01-01''', '''2026-12-31''']), ('organisation_label', 'admin', '{organisation_id, label, number, valid_from, valid_until}',
	ARRAY['fixture.organisation(''Ferme'', {territory})', '''hve''', '''1''', '''2026-01-01''', '''2026-12-31''']);
INSERT INTO matrix.sample VALUES ('webhook_host', 'admin', '{host, port}', ARRAY['''new.example.org''', '443']);

INSERT INTO matrix.sample VALUES ('receiver', 'merchant association', '{organisation_id, stage, units_per_day}', ARRAY['''{organisation}''', '''compost''', '10']),
('receiver', 'admin', '{organisation_id, stage, units_per_day}', ARRAY['fixture.organisation(''Ferme'', {territory})', '''compost''', '10']);

-- Money and sponsored baskets.
INSERT INTO matrix.sample VALUES ('contribution', 'customer', '{kind, amount_cents, request_id}', ARRAY['''gift''', '500', 'ecopanier.new_id({territory})']),
('match_agreement', 'admin', '{organisation_id, percent, ceiling_cents, source}', ARRAY['fixture.organisation(''Fondation'', {territory})', '100', '10000', '''test''']);
INSERT INTO matrix.source VALUES
('payment', 'concat(kind, '':'', cause_id)', 'SELECT territory_id, member_id, kind, cause_id FROM ecopanier_private.money_instruction WHERE member_id IS NOT NULL'),
('payment_list', 'concat_ws('':'', day, kind, cause, state, organisation_id)', 'SELECT DISTINCT territory_id, (i.at AT TIME ZONE z.time_zone)::date AS day, kind, cause, state, organisation_id
	FROM ecopanier_private.money_instruction i JOIN ecopanier.territory z ON z.id = i.territory_id
	WHERE (i.at AT TIME ZONE z.time_zone)::date < (ecopanier.now() AT TIME ZONE z.time_zone)::date'),
('sponsorship', 'contribution_id', 'SELECT territory_id, member_id, id AS contribution_id FROM ecopanier.contribution WHERE kind = ''basket'''),
('sponsored_credit', 'concat(organisation_id, '':'', day)', 'SELECT DISTINCT u.territory_id, u.organisation_id, date ''2026-11-18'' AS day FROM ecopanier_private.sponsored_unit u WHERE state = ''used'''),
('fund_status', 'territory_id', 'SELECT territory_id FROM ecopanier_private.sponsorship_fund');

-- The values of a sample for somebody, as literals.
CREATE FUNCTION matrix.sample_values(s matrix.sample, a world.actor) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	result text[];
	e text;
	v text;
BEGIN
	FOREACH e IN ARRAY s.expressions LOOP
		EXECUTE 'SELECT (' || replace(replace(replace(replace(e, '{territory}', a.territory::text), '{member}', a.member::text),
			'{organisation}', coalesce(a.organisation::text, '')), '{name}', a.name) || ')::text' INTO v;
		result := result || quote_nullable(v);
	END LOOP;
	RETURN result;
END $$;

CREATE FUNCTION matrix.insert_text(r matrix.relation, columns text[], given text[]) RETURNS text IMMUTABLE LANGUAGE sql AS $$
	SELECT format('INSERT INTO %s (%s) VALUES (%s)', r.sql_name, (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c), array_to_string(given, ', ')) $$;

-- Inserting: what anybody inserts with anybody's values belongs to whom it is meant for, and one's own row goes in.
CREATE FUNCTION matrix.wrong_insert(r matrix.relation) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	a world.actor;
	b world.actor;
	s matrix.sample;
	condition text;
	strangers bigint;
	got record;
BEGIN
	FOR a IN SELECT * FROM world.actor w WHERE EXISTS (SELECT FROM matrix.intent i WHERE i.relation = r.name AND i.command = 'INSERT' AND i.role = w.role) LOOP
		condition := matrix.reach(r.name, 'INSERT', NULL, a);
		SELECT * INTO s FROM matrix.sample x WHERE x.relation = r.name AND substr(a.role, 11) = ANY (string_to_array(x.roles, ' '));
		IF NOT FOUND THEN
			RETURN NEXT format('%s: no sample for %s', r.name, a.role);
			CONTINUE;
		END IF;
		EXECUTE format('SELECT count(*) FROM %s WHERE (%s) IS NOT TRUE', r.sql_name, condition) INTO strangers;
		FOR b IN SELECT * FROM world.actor w WHERE w.role = a.role AND w.member IS NOT NULL LOOP
			SELECT * INTO got FROM matrix.run(a.name, matrix.insert_text(r, s.columns, matrix.sample_values(s, b)),
				format('SELECT count(*) FROM %s WHERE (%s) IS NOT TRUE', r.sql_name, condition));
			IF got.seen::bigint > strangers THEN
				RETURN NEXT format('%s inserts a row of %s that is not meant', a.name, r.name);
			ELSIF a.name = b.name AND condition <> '(false)' AND got.state IN ('42501', 'ZE101') THEN
				RETURN NEXT format('%s may not insert into %s: %s', a.name, r.name, got.message);
			END IF;
			IF got.touched > 0 THEN
				INSERT INTO matrix.reached SELECT i.n, 1 FROM matrix.intent i WHERE i.relation = r.name AND i.role = a.role AND i.command = 'INSERT';
			END IF;
		END LOOP;
	END LOOP;
END $$;

-- Whatever command on whatever column is not granted is refused before anything else: by each role, and by nobody signed in.
CREATE FUNCTION matrix.wrong_refusal(r matrix.relation) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	item record;
	got record;
BEGIN
	FOR item IN SELECT a.name, c.command, c.col, c.statement FROM world.actor a
		CROSS JOIN (SELECT 'DELETE' AS command, '*' AS col, format('DELETE FROM %s', r.sql_name) AS statement
			UNION ALL SELECT 'UPDATE', attname, format('UPDATE %s SET %I = DEFAULT', r.sql_name, attname)
				FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped
			UNION ALL SELECT 'INSERT', attname, format('INSERT INTO %s (%I) VALUES (DEFAULT)', r.sql_name, attname)
				FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped
			UNION ALL SELECT 'TRUNCATE', '*', format('TRUNCATE %s', r.sql_name)) c
		WHERE a.role LIKE 'ecopanier\_%' AND a.role <> 'ecopanier_owner' AND r.relkind IN ('r', 'p')
			AND (a.name IN ('Camille1', 'Benoit1', 'Mona1', 'Alice1', 'Coline1', 'Adele1', 'authenticator') OR a.name LIKE 'without %')
			AND matrix.reach(r.name, c.command, c.col, a) IS NULL
	LOOP
		SELECT * INTO got FROM matrix.run(item.name, item.statement);
		IF got.state IS DISTINCT FROM '42501' OR got.message NOT LIKE 'permission denied%' THEN
			RETURN NEXT format('%s: %s: %s', item.name, item.statement, coalesce(got.message, 'no error'));
		END IF;
	END LOOP;
END $$;

/*
 * Nobody signed in, but rights on every table: the tables' owner, and a login with BYPASSRLS that a DBA granted everything. They
 * read; but they write nothing, since the guards ask for a caller or a superuser.
 */
CREATE FUNCTION matrix.wrong_writer(r matrix.relation) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	item record;
	got record;
	columns text;
BEGIN
	IF r.relkind NOT IN ('r', 'p') THEN
		RETURN;
	END IF;
	SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
	FOR item IN SELECT a.name, s FROM world.actor a, unnest(ARRAY[
			format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM %1$s LIMIT 1', r.sql_name, columns),
			format('UPDATE %1$s SET %2$s = %2$s', r.sql_name, split_part(columns, ',', 1)),
			format('DELETE FROM %s', r.sql_name), format('TRUNCATE %s CASCADE', r.sql_name)]) s
		WHERE a.name IN ('owner', 'everything')
	LOOP
		SELECT * INTO got FROM matrix.run(item.name, item.s);
		-- ZE111: history; ZE112: counters. A superuser does not change those either
		IF got.state IS NULL OR got.state NOT IN ('42501', 'ZE111', 'ZE112') THEN
			RETURN NEXT format('%s: %s: %s', item.name, item.s, coalesce(got.state || ' ' || got.message, got.touched || ' rows'));
		END IF;
	END LOOP;
END $$;

CREATE FUNCTION matrix.wrong(relation_name text, part text DEFAULT '') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	r matrix.relation;
	look text;
BEGIN
	SELECT * INTO STRICT r FROM matrix.relation x WHERE x.name = relation_name;
	FOREACH look IN ARRAY ARRAY['select', 'change', 'insert', 'refusal', 'writer'] LOOP
		IF part IN ('', look) AND r.relkind <> 'S' THEN
			RETURN QUERY EXECUTE format('SELECT * FROM matrix.wrong_%s($1)', look) USING r;
		END IF;
	END LOOP;
END $$;
