-- No answer tells whether a row exists that the caller may not read: whoever hands in an id of such a row, or of a thing of another kind, gets
-- the SQLSTATE, message, detail and hint of an id that nobody ever had. What is tried comes from the catalogue: each column that a
-- role may write and that takes part in a foreign key or a unique key; each argument of type uuid of each function that a role may call.
\i test/lib/fixture.sql
\i test/lib/try.sql
\i test/lib/world.sql
\i test/lib/matrix.sql
SELECT * FROM no_plan();

-- The territory that an id carries; 0 for one that is not ours, such as the installation's.
CREATE FUNCTION matrix.territory(id uuid) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RETURN ecopanier.territory_of(id);
EXCEPTION WHEN OTHERS THEN
	RETURN 0;
END $$;
-- An id of the same shape that nobody ever had.
CREATE FUNCTION matrix.unknown(territory int) RETURNS uuid VOLATILE LANGUAGE sql AS
$$ SELECT CASE WHEN territory > 0 THEN ecopanier.new_id(territory) ELSE gen_random_uuid() END $$;
-- What a statement answers, without the ids that it was given.
CREATE FUNCTION matrix.answer(actor text, statement text, given text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	g text;
BEGIN
	SELECT concat_ws(' / ', coalesce(r.state, 'done'), r.message, r.detail, r.hint, r.value, r.touched) INTO result FROM matrix.run(actor, statement) r;
	FOREACH g IN ARRAY given LOOP
		result := replace(result, g, '<id>');
	END LOOP;
	RETURN result;
END $$;

-- Keys and foreign keys with the columns that a role may write, besides territory_id, which is the caller's.
CREATE VIEW matrix.writable_key AS
SELECT k.name, k.relation, coalesce(k.target, k.relation) AS target, i.role, i.command, k.foreign_key,
	array_agg(k.col ORDER BY k.n) AS columns, array_agg(coalesce(k.target_col, k.col) ORDER BY k.n) AS target_columns
FROM (SELECT c.conname AS name, r.name AS relation, t.name AS target, a.attname AS col, b.attname AS target_col, u.n, true AS foreign_key
		FROM pg_constraint c JOIN matrix.relation r ON r.oid = c.conrelid JOIN matrix.relation t ON t.oid = c.confrelid,
			unnest(c.conkey, c.confkey) WITH ORDINALITY u (mine, theirs, n), pg_attribute a, pg_attribute b
		WHERE c.contype = 'f' AND NOT r.relispartition AND NOT t.relispartition AND a.attrelid = c.conrelid AND a.attnum = u.mine AND b.attrelid = c.confrelid AND b.attnum = u.theirs
	UNION ALL
	SELECT i.indexrelid::regclass::text, r.name, NULL, a.attname, NULL, u.n, false
		FROM pg_index i JOIN matrix.relation r ON r.oid = i.indrelid, unnest(i.indkey::int2[]) WITH ORDINALITY u (mine, n), pg_attribute a
		WHERE i.indisunique AND NOT r.relispartition AND a.attrelid = r.oid AND a.attnum = u.mine) k
JOIN matrix.intent i ON i.relation = k.relation AND i.command IN ('INSERT', 'UPDATE') AND i.col IN ('*', k.col)
WHERE k.col <> 'territory_id'
GROUP BY 1, 2, 3, 4, 5, 6;

-- Columns whose values are words of a public list: they name no row of anybody.
CREATE VIEW matrix.public_word AS
SELECT DISTINCT r.name AS relation, a.attname AS col FROM pg_constraint c JOIN matrix.relation r ON r.oid = c.conrelid JOIN matrix.relation t ON t.oid = c.confrelid
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY (c.conkey)
WHERE c.contype = 'f' AND a.atttypid <> 'uuid'::regtype AND EXISTS (SELECT FROM matrix.intent i WHERE i.relation = t.name AND i.role = 'ecopanier_anon' AND i.rows = 'all')
UNION
-- or of a CHECK
SELECT r.name, a.attname FROM pg_constraint c JOIN matrix.relation r ON r.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = r.oid AND c.conkey = ARRAY[a.attnum]
WHERE c.contype = 'c' AND pg_get_constraintdef(c.oid) ~ '= ANY \(+ARRAY\[';

-- Rows that an actor may not read: a few of each territory, kind and state, as the values of some columns.
CREATE FUNCTION matrix.hidden(r matrix.relation, a world.actor, columns text[]) RETURNS TABLE (given text[]) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT given FROM (SELECT ARRAY[%s]::text[] AS given, row_number() OVER (PARTITION BY j->>''territory_id'', j->>''state'', j->>''kind''
			ORDER BY md5(j::text)) AS n FROM (SELECT t.*, to_jsonb(t) AS j FROM %s t WHERE (%s) IS NOT TRUE) h) u WHERE n <= 2 AND array_position(given, NULL) IS NULL',
		(SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c), r.sql_name, coalesce(matrix.reach(r.name, 'SELECT', NULL, a), 'false'));
END $$;

CREATE TABLE matrix.tried (name text, role text, command text, of text);

-- The statement of a role that writes these values into these columns: its sample, or one of its own rows.
CREATE FUNCTION matrix.writing(k matrix.writable_key, a world.actor, given text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r matrix.relation;
	s matrix.sample;
	names text[];
	expressions text[];
	place text;
BEGIN
	SELECT * INTO STRICT r FROM matrix.relation x WHERE x.name = k.relation;
	IF k.command = 'UPDATE' THEN
		SELECT t.place INTO place FROM matrix.targets(r, matrix.reach(r.name, 'UPDATE', k.columns[1], a), true) t WHERE t.meant LIMIT 1;
		RETURN format('UPDATE %s SET %s WHERE %s', r.sql_name,
			(SELECT string_agg(format('%I = %L', c, v), ', ') FROM unnest(k.columns, given) u (c, v)), place);
	END IF;
	SELECT * INTO s FROM matrix.sample x WHERE x.relation = r.name AND substr(a.role, 11) = ANY (string_to_array(x.roles, ' '));
	SELECT array_agg(c) || k.columns, array_agg(v) || (SELECT array_agg(quote_nullable(g)) FROM unnest(given) g) INTO names, expressions
	FROM unnest(s.columns, matrix.sample_values(s, a)) u (c, v) WHERE c <> ALL (k.columns);
	RETURN matrix.insert_text(r, coalesce(names, k.columns), coalesce(expressions, (SELECT array_agg(quote_nullable(g)) FROM unnest(given) g)));
END $$;

-- Whether these are ids of rows that the actor may read elsewhere: a key of nothing but such ids tells no more than those do.
CREATE FUNCTION matrix.is_known(k matrix.writable_key, a world.actor, given text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	c record;
	known boolean := false;
BEGIN
	FOR c IN SELECT u.v, t.name, t.sql_name, (SELECT attname FROM pg_attribute WHERE attrelid = f.confrelid AND attnum = f.confkey[array_position(f.conkey, at.attnum)]) AS col
		FROM unnest(k.columns, given) u (c, v) JOIN matrix.relation r ON r.name = k.relation JOIN pg_attribute at ON at.attrelid = r.oid AND at.attname = u.c
		LEFT JOIN pg_constraint f ON f.contype = 'f' AND f.conrelid = r.oid AND at.attnum = ANY (f.conkey) LEFT JOIN matrix.relation t ON t.oid = f.confrelid LOOP
		IF c.name IS NULL THEN
			RETURN false;
		END IF;
		EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I::text = %L AND (%s))', c.sql_name, c.col, c.v, coalesce(matrix.reach(c.name, 'SELECT', NULL, a), 'false')) INTO known;
		IF NOT known THEN
			RETURN false;
		END IF;
	END LOOP;
	RETURN known;
END $$;

-- Where a key answers one way for a row that is there and hidden, and another for none.
CREATE FUNCTION matrix.telling_key(k matrix.writable_key) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	a world.actor;
	r matrix.relation;
	h text[];
	other text[];
	one text;
	two text;
BEGIN
	SELECT * INTO STRICT r FROM matrix.relation x WHERE x.name = k.target;
	FOR a IN SELECT * FROM world.actor w WHERE w.role = k.role AND w.member IS NOT NULL AND w.login = 'api' LOOP
		FOR h IN SELECT given FROM matrix.hidden(r, a, k.target_columns) LOOP
			SELECT array_agg(CASE WHEN v ~ '^[0-9a-f]{8}-' THEN matrix.unknown(matrix.territory(v::uuid))::text
				WHEN h::text !~ '[0-9a-f]{8}-' AND v ~ '[^0-9:.-]' AND (k.target, c) NOT IN (SELECT relation, col FROM matrix.public_word) THEN 'x' || md5(v)
				ELSE v END ORDER BY n) INTO other FROM unnest(h, k.target_columns) WITH ORDINALITY u (v, c, n);
			CONTINUE WHEN other = h;
			one := matrix.writing(k, a, h);
			CONTINUE WHEN one IS NULL;
			INSERT INTO matrix.tried VALUES (k.name, k.role, k.command, 'key');
			CONTINUE WHEN NOT k.foreign_key AND matrix.is_known(k, a, h);
			two := matrix.answer(a.name, matrix.writing(k, a, other), other);
			one := matrix.answer(a.name, one, h);
			IF one <> two THEN
				RETURN NEXT format('%s %s %s: %s, but %s', a.name, k.command, k.name, one, two);
			END IF;
		END LOOP;
	END LOOP;
END $$;

-- Keys that were not tried though the target has rows that the role may not read. A key without an id or a text tells nothing by itself.
CREATE VIEW matrix.untried_key AS
SELECT k.name, k.role, k.command FROM matrix.writable_key k
WHERE (k.name, k.role, k.command) NOT IN (SELECT name, role, command FROM matrix.tried)
	AND NOT EXISTS (SELECT FROM matrix.intent i WHERE i.relation = k.target AND i.role = k.role AND i.command = 'SELECT' AND i.rows = 'all')
	AND EXISTS (SELECT FROM matrix.relation r JOIN pg_attribute c ON c.attrelid = r.oid WHERE r.name = k.target AND c.attname = ANY (k.target_columns)
		AND (c.atttypid = 'uuid'::regtype OR c.atttypid = 'text'::regtype AND (k.target, c.attname) NOT IN (SELECT relation, col FROM matrix.public_word)));

\echo '# keys'
CREATE FUNCTION matrix.found_when(statements text, looking text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	found_it boolean;
BEGIN
	BEGIN
		EXECUTE statements;
		EXECUTE looking INTO found_it;
		RAISE EXCEPTION SQLSTATE 'UNDO1' USING MESSAGE = found_it::text;
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
		RETURN SQLERRM::boolean;
	END;
END $$;
SELECT ok(matrix.found_when($$CREATE UNIQUE INDEX broken ON ecopanier.reservation (request_id)$$,
	$$SELECT EXISTS (SELECT FROM matrix.writable_key k, matrix.telling_key(k) t WHERE k.name = 'ecopanier.broken')$$), 'found: a unique key over all members');
SELECT ok(matrix.found_when($$ALTER TABLE ecopanier.member ADD friend uuid, ADD FOREIGN KEY (territory_id, friend) REFERENCES ecopanier.member;
	INSERT INTO matrix.line (relation, roles, command, columns, rows) VALUES ('member', 'customer', 'UPDATE', 'friend', 'own by id'); GRANT UPDATE (friend) ON ecopanier.member TO ecopanier_customer$$,
	$$SELECT EXISTS (SELECT FROM matrix.writable_key k, matrix.telling_key(k) t WHERE k.name = 'member_territory_id_friend_fkey')$$), 'found: a foreign key to hidden rows');
SELECT ok(matrix.found_when('SELECT 1', $$SELECT EXISTS (SELECT FROM matrix.untried_key WHERE name = 'reservation_territory_id_lot_id_fkey')$$), 'found: a key that was not tried');
SELECT is_empty(format('SELECT t FROM matrix.writable_key k, matrix.telling_key(k) t WHERE k.relation = %L', relation), relation)
FROM (SELECT DISTINCT relation FROM matrix.writable_key) k ORDER BY relation;
SELECT is_empty('SELECT * FROM matrix.untried_key', 'each key was tried by each role that writes it');
SELECT cmp_ok((SELECT count(*) FROM matrix.tried), '>', 100::bigint, 'with many rows');

\echo '# functions'
/*
 * One row for each argument of type uuid: how it is called, {id} being the argument, what it takes (null: anything), and who gets another answer
 * for which id, so that it is known that the id was looked at.
 */
-- Whom a function serves beyond what they read.
CREATE TABLE matrix.served (function text, role text, relation text, col text, rows text, why text);
INSERT INTO matrix.served VALUES
('cancel(uuid,text)', 'admin', 'reservation', 'id', 'territory', 'administrators help with any basket, with a reason'),
('release_pickup(uuid,text)', 'admin', 'reservation', 'id', 'territory', 'administrators help with any basket, with a reason'),
('kiosk_reserve(text,uuid,integer,uuid)', 'association', 'lot', 'id', 'territory where state <> ''draft''', 'the lots that the person at the kiosk sees'),
('kiosk_reserve(text,uuid,integer,uuid)', 'association', 'reservation', 'request_id', 'territory where member_id = fixture.id(''Benoit'')', 'the person''s own request'),
('kiosk_cancel(text,uuid)', 'association', 'reservation', 'id', 'territory where member_id = fixture.id(''Benoit'')', 'the person''s own baskets');
INSERT INTO matrix.served SELECT 'release_transfer(uuid)', r, 'ecopanier_private.right_transfer', 'id', 'all where holder_territory_id = {territory}' || rows, 'whoever holds the person'
FROM (VALUES ('beneficiary', ' AND holder_member_id = {member}'), ('admin', ''),
	('association', ' AND holder_member_id IN (SELECT member_id FROM ecopanier.beneficiary WHERE organisation_id = {organisation})'),
	('service', ' AND holder_member_id IN (SELECT member_id FROM ecopanier.beneficiary WHERE organisation_id = {organisation})')) v (r, rows);
INSERT INTO matrix.served SELECT 'refuse_transfer(uuid,text)', role, relation, col, rows, why FROM matrix.served WHERE function = 'release_transfer(uuid)';
INSERT INTO matrix.served SELECT f, r, 'ecopanier_private.lot_request', 'request_id', 'organisation as manager', 'the organisation''s own requests'
FROM unnest(ARRAY['publish_lots(jsonb,uuid)', 'repeat_lots(date,date,boolean,uuid)']) f, unnest(ARRAY['merchant', 'association']) r;
INSERT INTO matrix.served VALUES ('transfer_beneficiary(uuid,uuid,text)', 'service', 'organisation', 'id', 'territory where state = ''active''', 'members read those'),
(NULL, 'service', 'beneficiary', 'member_id', 'organisation', 'a service acts for its organisation''s people');

CREATE TEMP TABLE call (function text, statement text, takes text, actor text, good text);
INSERT INTO call VALUES
('is_accredited(uuid,date)', 'SELECT ecopanier.is_accredited({id}, ''2026-11-20'')', 'organisation', 'Alice1', $$SELECT fixture.organisation('CCAS')$$),
('territory_of(uuid)', 'SELECT ecopanier.territory_of({id})', NULL, NULL, NULL),
('lot_missing(uuid)', 'SELECT ecopanier.lot_missing({id})', 'lot', 'Mona1', $$SELECT id FROM world.lot WHERE territory = 1 AND organisation = 'Boulangerie' LIMIT 1$$),
('reserve(uuid,integer,uuid)', 'SELECT state FROM ecopanier.reserve({id}, 1)', 'lot', 'Camille1', $$SELECT id FROM world.lot WHERE territory = 1 AND state = 'published' LIMIT 1$$),
('reserve(uuid,integer,uuid)', $$SELECT lot_id FROM ecopanier.reserve((SELECT id FROM ecopanier.lot WHERE state = 'published' LIMIT 1), 1, {id})$$, NULL, NULL, NULL),
('reserve(uuid,integer,uuid,text,timestamp with time zone)', $$SELECT state FROM ecopanier.reserve({id}, 1, NULL, 'public')$$, 'lot', 'Camille1', $$SELECT id FROM world.lot WHERE territory = 1 AND state = 'published' LIMIT 1$$),
('reserve(uuid,integer,uuid,text,timestamp with time zone)', $$SELECT lot_id FROM ecopanier.reserve((SELECT id FROM ecopanier.lot WHERE state = 'published' LIMIT 1), 1, {id}, 'public')$$, NULL, NULL, NULL),
('forgive_no_show(uuid,text)', $$SELECT ecopanier.forgive_no_show({id}, 'no')$$, 'reservation', NULL, NULL),
('receipt(uuid)', 'SELECT ecopanier.receipt({id})', 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('cancel(uuid,text)', 'SELECT ecopanier.cancel({id}, ''why'')', 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('reissue_pin(uuid)', 'SELECT ecopanier.reissue_pin({id})', 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('pickup_qr(uuid)', 'SELECT ecopanier.pickup_qr({id})', 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('pickup_qr_png(uuid,integer)', 'SELECT ecopanier.pickup_qr_png({id}, 4)', 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('release_pickup(uuid,text)', 'SELECT ecopanier.release_pickup({id}, ''why'')', 'reservation', 'Mona1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') AND organisation_id = fixture.organisation('Boulangerie')$$),
('verify_beneficiary(uuid,date,date)', 'SELECT 1 FROM ecopanier.verify_beneficiary({id}, ''2026-12-31'', ''2026-01-01'')', 'beneficiary', 'Alice1', $$SELECT fixture.id('Bruno')$$),
('refuse_beneficiary(uuid,text)', 'SELECT ecopanier.refuse_beneficiary({id}, ''why'')', 'beneficiary', 'Alice1', $$SELECT fixture.id('Bruno')$$),
('suspend_beneficiary(uuid,text)', 'SELECT ecopanier.suspend_beneficiary({id}, ''why'')', 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('verify_beneficiary(uuid,date,date,bytea)', 'SELECT 1 FROM ecopanier.verify_beneficiary({id}, ''2026-12-31'', ''2026-01-01'', decode(repeat(''cd'', 32), ''hex''))', 'beneficiary', 'Alice1', $$SELECT fixture.id('Bruno')$$),
('set_tag(uuid,bytea)', 'SELECT ecopanier.set_tag({id}, decode(repeat(''cd'', 32), ''hex''))', 'beneficiary', 'Alice1', $$SELECT fixture.id('Bruno')$$),
('replace_tag(uuid,bytea,text)', 'SELECT ecopanier.replace_tag({id}, decode(repeat(''cd'', 32), ''hex''), ''why'')', 'beneficiary', 'Adele1', $$SELECT fixture.id('Bruno')$$),
('restrict_beneficiary(uuid,integer,text)', 'SELECT ecopanier.restrict_beneficiary({id}, 1, ''why'')', 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('reinstate_beneficiary(uuid)', 'SELECT ecopanier.reinstate_beneficiary({id})', 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('request_transfer(uuid,bytea)', 'SELECT ecopanier.request_transfer({id}, decode(repeat(''cd'', 32), ''hex''))', 'beneficiary', 'Alice1', $$SELECT fixture.id('Bruno')$$),
('transfer_beneficiary(uuid,uuid,text)', 'SELECT ecopanier.transfer_beneficiary({id}, fixture.organisation(''Mission''), ''why'')', 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('transfer_beneficiary(uuid,uuid,text)', 'SELECT ecopanier.transfer_beneficiary(fixture.id(''Benoit''), {id}, ''why'')', 'organisation', 'Alice1', $$SELECT fixture.organisation('Mission')$$),
('release_transfer(uuid)', 'SELECT ecopanier.release_transfer({id})', 'ecopanier_private.right_transfer', 'Adele1', $$SELECT id FROM ecopanier_private.right_transfer WHERE holder_territory_id = 1 LIMIT 1$$),
('refuse_transfer(uuid,text)', 'SELECT ecopanier.refuse_transfer({id}, ''why'')', 'ecopanier_private.right_transfer', 'Adele1', $$SELECT id FROM ecopanier_private.right_transfer WHERE holder_territory_id = 1 LIMIT 1$$),
('propose_lot(bytea,uuid)', 'SELECT state FROM ecopanier.propose_lot(world.photo(), {id})', NULL, NULL, NULL),
('confirm_proposal(uuid,jsonb)', 'SELECT ecopanier.confirm_proposal({id}) IS NOT NULL', 'proposal', 'Mona1', $$SELECT world.made('proposal')::uuid$$),
('discard_proposal(uuid,text)', 'SELECT ecopanier.discard_proposal({id})', 'proposal', 'Mona1', $$SELECT world.made('proposal')::uuid$$),
('ask_again(uuid)', 'SELECT state FROM ecopanier.ask_again({id})', 'proposal', 'Mona1', $$SELECT world.made('failed proposal')::uuid$$),
('set_organisation_plan(uuid,text,text,timestamp with time zone)', 'SELECT ecopanier.set_organisation_plan({id}, ''large'', ''why'')', 'organisation', 'Adele1', $$SELECT fixture.organisation('CCAS')$$),
('is_open(uuid,timestamp with time zone)', 'SELECT ecopanier.is_open({id}, ''2026-11-23 09:00+00'')', 'organisation', 'Alice1', $$SELECT fixture.organisation('CCAS')$$),
('next_opening(uuid,timestamp with time zone)', 'SELECT ecopanier.next_opening({id})', 'organisation', 'Alice1', $$SELECT fixture.organisation('CCAS')$$),
('opening_hours(uuid,date,date)', 'SELECT array_agg(h) FROM ecopanier.opening_hours({id}) h', 'organisation', 'Alice1', $$SELECT fixture.organisation('CCAS')$$),
('decide_organisation(uuid,text,text)', 'SELECT ecopanier.decide_organisation({id}, ''suspended'', ''why'')', 'organisation', 'Adele1', $$SELECT fixture.organisation('CCAS')$$),
('revoke_invitation(uuid)', 'SELECT ecopanier.revoke_invitation({id})', 'staff_invitation', 'Mona1', $$SELECT id FROM ecopanier.staff_invitation WHERE organisation_id = fixture.organisation('Boulangerie') LIMIT 1$$),
('set_staff_function(uuid,text)', 'SELECT ecopanier.set_staff_function({id}, ''reader'')', 'organisation_staff', 'Mona1', $$SELECT fixture.id('Sami')$$),
('remove_staff(uuid)', 'SELECT ecopanier.remove_staff({id})', 'organisation_staff', 'Mona1', $$SELECT fixture.id('Sami')$$),
('create_service(text,text[],integer,uuid)', 'SELECT ecopanier.create_service(''x'', ''{enrol}'', 1, {id}) IS NULL', 'organisation', 'Adele1', $$SELECT fixture.organisation('CCAS')$$),
('create_service_key(uuid,text,timestamp with time zone)', 'SELECT id IS NULL FROM ecopanier.create_service_key({id}, ''x'', ''2027-01-01'')', 'service_account', 'Alice1', $$SELECT world.made('service')$$),
('rotate_service_key(uuid,interval)', 'SELECT id IS NULL FROM ecopanier.rotate_service_key({id})', 'service_key', 'Alice1', $$SELECT split_part(world.made('service key'), ' ', 1)$$),
('revoke_service_key(uuid)', 'SELECT ecopanier.revoke_service_key({id})', 'service_key', 'Alice1', $$SELECT split_part(world.made('service key'), ' ', 1)$$),
('revoke_service(uuid)', 'SELECT ecopanier.revoke_service({id})', 'service_account', 'Alice1', $$SELECT world.made('service')$$),
('retire_organisation_key(uuid)', 'SELECT ecopanier.retire_organisation_key({id})', 'organisation_key', 'Alice1', $$SELECT world.made('organisation key')$$),
('store_identity(uuid,uuid,bytea)', $$SELECT ecopanier.store_identity({id}, world.made('organisation key')::uuid, decode(repeat('ab', 100), 'hex'))$$, 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('store_identity(uuid,uuid,bytea)', $$SELECT ecopanier.store_identity(fixture.id('Benoit'), {id}, decode(repeat('ab', 100), 'hex'))$$, 'organisation_key', 'Alice1', $$SELECT world.made('organisation key')$$),
('sealed_identity(uuid)', 'SELECT count(*) FROM ecopanier.sealed_identity({id})', 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('sealed_identities(uuid,uuid,integer)', 'SELECT count(*) FROM ecopanier.sealed_identities({id})', 'organisation_key', 'Alice1', $$SELECT world.made('organisation key')$$),
('sealed_identities(uuid,uuid,integer)', 'SELECT 1', NULL, NULL, NULL),	-- after: where to go on, compared and not looked up
('forget_identities(uuid)', 'SELECT ecopanier.forget_identities({id})', 'organisation_key', 'Alice1', $$SELECT world.made('organisation key')$$),
('set_beneficiary_contact(uuid,text,text)', 'SELECT ecopanier.set_beneficiary_contact({id}, ''mail'', ''x@example.org'')', 'beneficiary', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('set_household(integer,integer,integer,integer,integer,integer,uuid)', 'SELECT ecopanier.set_household(0, 0, 0, 0, 1, 0, {id})', 'member', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('remove_household(uuid)', 'SELECT ecopanier.remove_household({id})', 'member', 'Alice1', $$SELECT fixture.id('Benoit')$$),
('set_wishes(uuid,text[])', 'SELECT ecopanier.set_wishes({id}, ''{no_fish}'')', 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('reservation_wishes(uuid)', 'SELECT array_agg(w) FROM ecopanier.reservation_wishes({id}) w', 'reservation', 'Camille1', $$SELECT reservation_id FROM ecopanier_private.reservation_wish WHERE territory_id = 1$$),
('accept_offer(uuid)', 'SELECT ecopanier.accept_offer({id})', 'cascade_step', 'Alice1', $$SELECT world.made('gift of Boulangerie to CCAS')::uuid$$),
('refuse_offer(uuid,text)', $$SELECT ecopanier.refuse_offer({id}, 'why')$$, 'cascade_step', 'Alice1', $$SELECT world.made('gift of Boulangerie to CCAS')::uuid$$),
('receive_offer(uuid,integer,bigint)', 'SELECT ecopanier.receive_offer({id}, 1)', NULL, NULL, NULL),
('give_lot(uuid,integer,uuid,uuid)', $$SELECT ecopanier.give_lot({id}, 1, world.receiver('CCAS')) IS NULL$$, 'lot', 'Mona1', $$SELECT id FROM world.lot WHERE territory = 1 AND organisation = 'Boulangerie' AND state = 'published'$$),
('give_lot(uuid,integer,uuid,uuid)', $$SELECT ecopanier.give_lot((SELECT id FROM world.lot WHERE territory = 1 AND organisation = 'Boulangerie' AND state = 'published'), 1, {id}) IS NULL$$, 'receiver', 'Mona1', $$SELECT world.receiver('CCAS')$$),
('give_lot(uuid,integer,uuid,uuid)', $$SELECT ecopanier.give_lot((SELECT id FROM world.lot WHERE territory = 1 AND organisation = 'Boulangerie' AND state = 'published'), 1, world.receiver('CCAS'), {id}) IS NULL$$, NULL, NULL, NULL),
('open_allotment(uuid,integer,timestamp with time zone,uuid)', $$SELECT ecopanier.open_allotment({id}, 1, '2026-11-20 16:30+00') IS NULL$$, 'lot', 'Alice1', $$SELECT id FROM world.lot WHERE territory = 1 AND organisation = 'CCAS' AND state = 'published'$$),
('open_allotment(uuid,integer,timestamp with time zone,uuid)', $$SELECT ecopanier.open_allotment((SELECT id FROM ecopanier.lot WHERE state = 'published' LIMIT 1), 1, '2026-11-20 16:30+00', {id}) IS NULL$$, NULL, NULL, NULL),
('cancel_allotment(uuid,text)', $$SELECT ecopanier.cancel_allotment({id}, 'why')$$, 'allotment_round', 'Mona1', $$SELECT world.made('round')::uuid$$),
('declare_interest(uuid,integer,double precision,double precision)', 'SELECT ecopanier.declare_interest({id}) IS NULL', 'allotment_round', 'Benoit1', $$SELECT world.made('round')::uuid$$),
('withdraw_interest(uuid)', 'SELECT ecopanier.withdraw_interest({id})', 'allotment_round', 'Benoit1', $$SELECT world.made('round')::uuid$$),
('allotment_result(uuid)', $$SELECT ecopanier.allotment_result({id}) ->> 'state'$$, 'allotment_round', 'Benoit1', $$SELECT world.made('round')::uuid$$),
('recompute_allotment(uuid)', 'SELECT r FROM ecopanier.recompute_allotment({id}) r', 'allotment_round', 'Benoit1', $$SELECT world.made('round')::uuid$$),
('issue_card(uuid)', 'SELECT card_id IS NULL FROM ecopanier.issue_card({id})', 'beneficiary', 'Alice1', $$SELECT fixture.id('Basma')$$),
('revoke_card(uuid,text)', 'SELECT ecopanier.revoke_card({id}, ''lost'')', 'card', 'Alice1', $$SELECT split_part(world.made('card'), ' ', 1)$$),
('reissue_card_pin(uuid)', 'SELECT ecopanier.reissue_card_pin({id})', 'card', 'Alice1', $$SELECT split_part(world.made('card'), ' ', 1)$$),
('release_card(uuid,text)', 'SELECT ecopanier.release_card({id}, ''why'')', 'card', 'Alice1', $$SELECT split_part(world.made('card'), ' ', 1)$$),
('kiosk_reserve(text,uuid,integer,uuid)', $$SELECT (k.state, k.code, k.message, k.reservation IS NULL)::text FROM ecopanier.kiosk_reserve(world.made('session'), {id}) k$$, 'lot', 'Alice1', $$SELECT id FROM world.lot WHERE territory = 1 AND state = 'published' LIMIT 1$$),
('kiosk_reserve(text,uuid,integer,uuid)', $$SELECT (k.state, k.code, k.message, k.reservation IS NULL)::text FROM ecopanier.kiosk_reserve(world.made('session'), (SELECT id FROM world.lot WHERE territory = 1 AND state = 'published' LIMIT 1), 1, {id}) k$$, NULL, NULL, NULL),
('export_person(uuid)', 'SELECT ecopanier.export_person({id}) IS NULL', NULL, NULL, NULL),
('read_person(uuid)', 'SELECT ecopanier.read_person({id}) IS NULL', NULL, NULL, NULL),
('open_access(uuid,text,integer)', $$SELECT ecopanier.open_access({id}, 'litige panier') IS NULL$$, NULL, NULL, NULL),
('erase_person(uuid,text)', $$SELECT ecopanier.erase_person({id}, 'doublon')$$, NULL, NULL, NULL),
('my_notifications(boolean,integer,uuid)', 'SELECT count(*) FROM ecopanier.my_notifications(false, 20, {id})', 'notification', 'Camille1',
	$$SELECT id FROM ecopanier.notification WHERE member_id = fixture.id('Camille') LIMIT 1$$),
('kiosk_cancel(text,uuid)', $$SELECT (k.state, k.code, k.message, k.reservation IS NULL)::text FROM ecopanier.kiosk_cancel(world.made('session'), {id}) k$$, 'reservation', 'Alice1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Benoit') LIMIT 1$$);

-- Photos of lots.
INSERT INTO call VALUES
('add_lot_photo(uuid,bytea)', 'SELECT ecopanier.add_lot_photo({id}, world.photo())', 'lot', 'Mona1', $$SELECT lot_id FROM ecopanier.lot_photo WHERE organisation_id = fixture.organisation('Boulangerie') LIMIT 1$$),
('remove_lot_photo(uuid,integer)', 'SELECT ecopanier.remove_lot_photo({id}, 2)', 'lot', 'Mona1', $$SELECT lot_id FROM ecopanier.lot_photo WHERE organisation_id = fixture.organisation('Boulangerie') LIMIT 1$$),
('lot_photos(uuid)', 'SELECT array_agg(p) FROM ecopanier.lot_photos({id}) p', 'lot', 'Mona1', $$SELECT lot_id FROM ecopanier.lot_photo WHERE organisation_id = fixture.organisation('Boulangerie') LIMIT 1$$),
('lot_photo(uuid,integer)', 'SELECT ecopanier.lot_photo({id})', 'lot', 'Mona1', $$SELECT lot_id FROM ecopanier.lot_photo WHERE organisation_id = fixture.organisation('Boulangerie') LIMIT 1$$);

-- Favourites.
INSERT INTO call VALUES
('add_favourite(uuid)', 'SELECT ecopanier.add_favourite({id})', 'organisation', 'Camille1', $$SELECT fixture.organisation('CCAS')$$),
('remove_favourite(uuid)', 'SELECT ecopanier.remove_favourite({id})', NULL, NULL, NULL);

-- Webhooks.
INSERT INTO call VALUES
('add_webhook(text,text[],text,uuid)', $$SELECT id IS NULL FROM ecopanier.add_webhook('https://hooks1.example.org/x', NULL, '', {id})$$, 'organisation', 'Adele1', $$SELECT fixture.organisation('CCAS')$$),
('rotate_webhook_secret(uuid,interval)', 'SELECT id IS NULL FROM ecopanier.rotate_webhook_secret({id})', 'webhook_endpoint', 'Mona1', $$SELECT world.made('webhook')$$),
('pause_webhook(uuid)', 'SELECT ecopanier.pause_webhook({id})', 'webhook_endpoint', 'Mona1', $$SELECT world.made('webhook')$$),
('resume_webhook(uuid)', 'SELECT ecopanier.resume_webhook({id})', 'webhook_endpoint', 'Mona1', $$SELECT world.made('webhook')$$),
('remove_webhook(uuid)', 'SELECT ecopanier.remove_webhook({id})', 'webhook_endpoint', 'Mona1', $$SELECT world.made('webhook')$$),
('send_webhook_test(uuid)', 'SELECT ecopanier.send_webhook_test({id}) IS NULL', 'webhook_endpoint', 'Mona1', $$SELECT world.made('webhook')$$),
('replay_webhook(uuid)', 'SELECT ecopanier.replay_webhook({id})', 'ecopanier_private.webhook_delivery', 'Mona1', $$SELECT world.made('delivery')$$),
('replay_webhooks(uuid,timestamp with time zone,timestamp with time zone)', 'SELECT ecopanier.replay_webhooks({id}, ''2026-11-20'', ''2026-11-21'')', 'webhook_endpoint', 'Adele1', $$SELECT world.made('webhook')$$);

-- Prices.
INSERT INTO call VALUES
('price_at(uuid,timestamp with time zone)', 'SELECT ecopanier.price_at({id})', 'lot', 'Camille1', $$SELECT id FROM world.lot WHERE territory = 1 AND state = 'published' LIMIT 1$$);

-- Baskets for others.
INSERT INTO call VALUES
('sponsor_units(uuid,integer,uuid)', 'SELECT state FROM ecopanier.sponsor_units({id}, 1)', 'lot', 'Camille1', $$SELECT id FROM world.lot WHERE territory = 1 AND state = 'published' LIMIT 1$$),
('sponsor_units(uuid,integer,uuid)', $$SELECT state FROM ecopanier.sponsor_units((SELECT id FROM ecopanier.lot WHERE state = 'published' AND window_end > ecopanier.now() LIMIT 1), 1, {id})$$, NULL, NULL, NULL),
('contribute(text,bigint,uuid,uuid)', $$SELECT state FROM ecopanier.contribute('gift', 100, {id})$$, NULL, NULL, NULL),
('contribute(text,bigint,uuid,uuid)', $$SELECT state FROM ecopanier.contribute('round_up', NULL, NULL, {id})$$, 'reservation', 'Camille1', $$SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id('Camille') LIMIT 1$$);
-- Finding: the end of a page before, of which the id alone says nothing.
INSERT INTO call VALUES
('nearby_lots(double precision,double precision,double precision,text[],integer,timestamp with time zone,timestamp with time zone,boolean,boolean,text[],text[],text[],integer,double precision,uuid)',
 'SELECT count(*) FROM ecopanier.nearby_lots(46.58, 0.34, after_distance_m => 4999, after_lot => {id})', NULL, NULL, NULL),
('search_lots(text,double precision,double precision,double precision,text[],integer,timestamp with time zone,timestamp with time zone,boolean,boolean,text[],text[],text[],integer,double precision,integer,timestamp with time zone,uuid)',
 'SELECT count(*) FROM ecopanier.search_lots(''panier'', 46.58, 0.34, after_distance_m => 19999, after_lot => {id})', NULL, NULL, NULL);

-- Templates and calls about many lots.
INSERT INTO call VALUES
('lot_from_template(uuid,date)', 'SELECT ecopanier.lot_from_template({id}) IS NULL', 'lot_template', 'Mona1',
	$$SELECT id FROM ecopanier.lot_template WHERE organisation_id = fixture.organisation('Boulangerie')$$),
('repeat_lots(date,date,boolean,uuid)', 'SELECT count(*) FROM ecopanier.repeat_lots(request_id => {id})', NULL, NULL, NULL),
('publish_lots(jsonb,uuid)', 'SELECT count(*) FROM ecopanier.publish_lots(''[]'', {id})', NULL, NULL, NULL);

-- Functions with such arguments that clients may call.
CREATE VIEW matrix.callable AS
SELECT p.oid, replace(p.oid::regprocedure::text, 'ecopanier.', '') AS function, cardinality(array_positions(p.proargtypes::oid[], 'uuid'::regtype::oid)) AS ids
FROM pg_proc p WHERE p.pronamespace = 'ecopanier'::regnamespace AND p.prokind = 'f' AND 'uuid'::regtype = ANY (p.proargtypes)
	AND EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0 OR a.grantee::regrole::text ~ '^ecopanier_(?!owner)');
SELECT ok(matrix.found_when($$CREATE FUNCTION ecopanier.broken(id uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'; GRANT EXECUTE ON FUNCTION ecopanier.broken TO ecopanier_service$$,
	$$SELECT EXISTS (SELECT FROM matrix.callable WHERE function = 'broken(uuid)')$$), 'found: a function that is not tried');
SELECT is_empty($$SELECT function FROM matrix.callable c WHERE ids <> (SELECT count(*) FROM call WHERE call.function = c.function)$$, 'each uuid of each function is tried');
SELECT is_empty($$SELECT function FROM call WHERE function NOT IN (SELECT function FROM matrix.callable)$$, 'each function that is tried is there');

-- Ids of each column, and which of them each actor sees: one of each territory, and a few of each kind and state where a function takes them.
CREATE TABLE matrix.id (relation text, id uuid, of_territory int, of_sort int);
CREATE TABLE matrix.visible_id (actor text, id uuid);
DO $$
DECLARE
	item record;
	a world.actor;
	seen text;
BEGIN
	FOR item IN SELECT r.name, r.sql_name, r.relkind, c.attname FROM matrix.relation r JOIN pg_attribute c ON c.attrelid = r.oid
		WHERE c.atttypid = 'uuid'::regtype AND c.attnum > 0 AND NOT c.attisdropped AND NOT r.relispartition
	LOOP
		IF item.relkind IN ('r', 'p') THEN
			EXECUTE format('INSERT INTO matrix.id SELECT %L, %I, row_number() OVER (PARTITION BY j->>''territory_id'' ORDER BY md5(j::text)),
				row_number() OVER (PARTITION BY j->>''territory_id'', j->>''state'', j->>''kind'' ORDER BY md5(j::text))
				FROM (SELECT t.*, to_jsonb(t) AS j FROM %s t WHERE %2$I IS NOT NULL) v', item.name, item.attname, item.sql_name);
			DELETE FROM matrix.id WHERE of_territory > 1 AND of_sort > 4;
		END IF;
		FOR a IN SELECT * FROM world.actor w WHERE login = 'api' LOOP
			SELECT value INTO seen FROM matrix.run(a.name, format('SELECT array_agg(DISTINCT %I) FROM %s', item.attname, item.sql_name));
			INSERT INTO matrix.visible_id SELECT a.name, unnest(seen::uuid[]);
		END LOOP;
	END LOOP;
END $$;
-- What a function takes, by its relation: ids and members.
CREATE TABLE matrix.kind AS SELECT DISTINCT name AS relation, c.attname AS col, sql_name FROM matrix.relation r JOIN pg_attribute c ON c.attrelid = r.oid
WHERE c.attname IN ('id', 'member_id') AND relkind IN ('r', 'p') AND c.attname = CASE WHEN name IN ('beneficiary', 'organisation_staff') THEN 'member_id' ELSE 'id' END;

-- A condition with {territory}, {member} and {organisation} of an actor.
CREATE FUNCTION matrix.filled(condition text, a world.actor) RETURNS text IMMUTABLE LANGUAGE sql AS $$
	SELECT replace(replace(replace(condition, '{territory}', quote_nullable(a.territory)), '{member}', quote_nullable(a.member)), '{organisation}', quote_nullable(a.organisation)) $$;

-- Where a function answers one way for what is hidden or of another kind, and another for what nobody ever had.
CREATE FUNCTION matrix.telling_call(c call) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	a world.actor;
	item record;
	other text;
	answers jsonb;
	one text;
	two text;
	valid uuid[];
	served uuid[];
BEGIN
	IF c.takes IS NOT NULL THEN
		EXECUTE (SELECT format('SELECT array_agg(%I) FROM %s', col, sql_name) FROM matrix.kind k WHERE k.relation = c.takes) INTO valid;
	END IF;
	-- of those who stand alike, one
	FOR a IN SELECT * FROM world.actor w WHERE w.login = 'api' AND w.name !~ '^(Charlie|Basma|Bruno|Rita|Alba|Coline|Corto|Ada)[12]$' AND has_function_privilege(w.role, to_regprocedure('ecopanier.' || c.function), 'EXECUTE') LOOP
		answers := '{}';
		EXECUTE 'SELECT array_agg(id) FROM (SELECT NULL::uuid' || coalesce((SELECT string_agg(format(' UNION ALL SELECT %I FROM %s WHERE %s', s.col, r.sql_name, matrix.filled(matrix.predicate(s.rows, a), a)), '')
			FROM matrix.served s JOIN matrix.relation r ON r.name = s.relation WHERE (s.function = c.function OR s.function IS NULL AND c.takes IN ('beneficiary', 'member'))
				AND s.role = substr(a.role, 11)), '') || ') u (id) WHERE id IS NOT NULL' INTO served;
		served := coalesce(served, '{}');
		FOR item IN SELECT DISTINCT id FROM matrix.id i WHERE (i.of_territory = 1 OR i.relation = c.takes) AND i.id IS DISTINCT FROM a.member AND (NOT EXISTS (SELECT FROM matrix.visible_id v WHERE v.actor = a.name AND v.id = i.id)
			AND i.id <> ALL (served) OR (c.takes IS NOT NULL AND i.id <> ALL (valid)))
		LOOP
			one := matrix.answer(a.name, replace(c.statement, '{id}', quote_literal(item.id) || '::uuid'), ARRAY[item.id::text]);
			-- the answer to an unknown id, of the id's territory and, where the function takes a thing, of the caller's
			two := CASE WHEN c.takes IS NULL OR a.territory IS NULL THEN matrix.territory(item.id) ELSE a.territory END;
			IF NOT answers ? two THEN
				other := matrix.unknown(two::int);
				answers := answers || jsonb_build_object(two, matrix.answer(a.name, replace(c.statement, '{id}', quote_literal(other) || '::uuid'), ARRAY[other]));
			END IF;
			IF one <> answers->>two THEN
				RETURN NEXT format('%s calls %s with a %s: %s, but %s', a.name, c.function,
					(SELECT string_agg(DISTINCT relation, ', ') FROM matrix.id i WHERE i.id = item.id), one, answers->>two);
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT is_empty(format('SELECT t FROM call c, matrix.telling_call(c) t WHERE c.ctid = %L', ctid), function || ': ' || coalesce(takes, 'any id')) FROM call ORDER BY function;

CREATE FUNCTION matrix.answer_for(c call, id uuid) RETURNS text LANGUAGE sql AS
$$ SELECT matrix.answer(c.actor, replace(c.statement, '{id}', quote_literal(id) || '::uuid'), ARRAY[id::text]) $$;
CREATE FUNCTION matrix.good_id(c call) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	id uuid;
BEGIN
	EXECUTE c.good INTO id;
	RETURN id;
END $$;
SELECT is_empty($$SELECT c.function, matrix.answer_for(c, matrix.good_id(c)) FROM call c WHERE c.good IS NOT NULL
	AND (matrix.good_id(c) IS NULL OR matrix.answer_for(c, matrix.good_id(c)) = matrix.answer_for(c, ecopanier.new_id(1)))$$, 'each looks at the id: a good one has another answer');
SELECT ok(matrix.found_when($$CREATE FUNCTION ecopanier.broken(uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT EXISTS (SELECT FROM ecopanier.reservation WHERE id = $1)';
	INSERT INTO call VALUES ('broken(uuid)', 'SELECT ecopanier.broken({id})', 'reservation')$$,
	$$SELECT EXISTS (SELECT FROM call c, matrix.telling_call(c) t WHERE c.function = 'broken(uuid)')$$), 'found: a function that tells');
SELECT * FROM finish();
