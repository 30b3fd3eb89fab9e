/*
 * Statements as somebody, and what came of them; to be read with \i after fixture.sql.
 *
 *   fixture.attempt(login, role, claims, statement, at, keep)
 *       SQLSTATE, message, hint and detail of a refusal, or the value: the first
 *       column of the first row, else "N rows". role null: no SET ROLE. at: the
 *       clock. What was done is undone unless keep is true.
 *   fixture.try(name, role, statement, territory, at, keep)
 *       the same as a member, in one text: the SQLSTATE or the value.
 *   fixture.named(name)          a lot that fixture.name_lot(name, lot) named
 *   fixture.units_left(name)     "public/solidarity" of a named lot
 *   fixture.used(name, day)      free units of a member's day
 *   fixture.counts()             rows of every table of ours, and what counters hold
 */
CREATE FUNCTION fixture.attempt(login text, role text, claims text, statement text, at text DEFAULT NULL, keep boolean DEFAULT false,
	OUT state text, OUT message text, OUT hint text, OUT detail text, OUT value text)
LANGUAGE plpgsql AS $$
DECLARE
	done bigint;
	before text := session_user;
BEGIN
	BEGIN
		IF at IS NOT NULL THEN
			PERFORM set_config('ecopanier.clock', at, true);
		END IF;
		PERFORM set_config('session_authorization', login, true);
		PERFORM set_config('request.jwt.claims', coalesce(claims, ''), true);
		IF role IS NOT NULL THEN
			PERFORM set_config('role', role, true);
		END IF;
		IF statement ~* '^\s*(SELECT|TABLE|VALUES|EXPLAIN|SHOW)|\mRETURNING\M|;' THEN
			EXECUTE statement INTO value;
		ELSE
			EXECUTE statement;
		END IF;
		GET DIAGNOSTICS done = ROW_COUNT;
		value := coalesce(value, done || CASE done WHEN 1 THEN ' row' ELSE ' rows' END);
		IF NOT keep THEN
			RAISE EXCEPTION SQLSTATE 'UNDO0';
		END IF;
		PERFORM set_config('session_authorization', before, true), set_config('request.jwt.claims', '', true);
		IF at IS NOT NULL THEN
			PERFORM set_config('ecopanier.clock', '2026-11-20 16:00:00+00', true);
		END IF;
	EXCEPTION
		WHEN SQLSTATE 'UNDO0' THEN
			NULL;
		WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT,
				detail = PG_EXCEPTION_DETAIL;
			value := NULL;
	END;
END $$;

CREATE FUNCTION fixture.database_role(role text) RETURNS text IMMUTABLE LANGUAGE sql AS
$$ SELECT 'ecopanier_' || CASE role WHEN 'administrator' THEN 'admin' ELSE role END $$;
CREATE FUNCTION fixture.claims(name text, role text, territory int DEFAULT 1, more jsonb DEFAULT '{}') RETURNS text STABLE LANGUAGE sql AS
$$ SELECT jsonb_strip_nulls(jsonb_build_object('role', fixture.database_role(role), 'sub', fixture.id(name, territory)) || more)::text $$;
CREATE FUNCTION fixture.try(name text, role text, statement text, territory int DEFAULT 1, at text DEFAULT NULL,
	keep boolean DEFAULT false) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(a.state, a.value)
	FROM fixture.attempt('api', fixture.database_role(role), fixture.claims(name, role, territory), statement, at, keep) a $$;

CREATE TABLE fixture.named_lot (name text PRIMARY KEY, id uuid);
CREATE FUNCTION fixture.name_lot(name text, lot uuid) RETURNS uuid LANGUAGE sql AS
$$ INSERT INTO fixture.named_lot VALUES (name, lot) RETURNING id $$;
CREATE FUNCTION fixture.named(lot_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM fixture.named_lot WHERE name = lot_name $$;
CREATE FUNCTION fixture.units_left(lot_name text) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT public_left || '/' || solidarity_left FROM ecopanier_private.lot_stock WHERE lot_id = fixture.named(lot_name) $$;
CREATE FUNCTION fixture.used(name text, quota_day date DEFAULT '2026-11-20', territory int DEFAULT 1) RETURNS int STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT coalesce((SELECT used FROM ecopanier_private.free_quota q
	WHERE q.territory_id = territory AND q.member_id = fixture.id(name, territory) AND q.day = quota_day), 0) $$;

CREATE FUNCTION fixture.counts() RETURNS text STABLE SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
	relation text;
	rows bigint;
	counts text := '';
BEGIN
	FOR relation IN SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('ecopanier', 'ecopanier_private') AND c.relkind = 'r' ORDER BY 1
	LOOP
		EXECUTE 'SELECT count(*) FROM ' || relation INTO rows;
		counts := counts || relation || ' ' || rows || E'\n';
	END LOOP;
	RETURN counts || (SELECT format('public %s solidarity %s', sum(public_left), sum(solidarity_left)) FROM ecopanier_private.lot_stock)
		|| (SELECT format(' quota %s', coalesce(sum(used), 0)) FROM ecopanier_private.free_quota)
		|| (SELECT format(' states %s', string_agg(state || member_id || lot_id, ' ' ORDER BY id)) FROM ecopanier.reservation)
		|| (SELECT format(' lots %s', string_agg(state, ' ' ORDER BY id)) FROM ecopanier.lot);
END $$;
REVOKE ALL ON FUNCTION fixture.counts() FROM PUBLIC;
