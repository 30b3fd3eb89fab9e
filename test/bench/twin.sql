-- The PL/pgSQL twin of INSERT INTO ecopanier.reservation: one SECURITY DEFINER function with the same rules, the same
-- refusals in the same order, and the same rows. It has what a careful author would give it: one query for member and
-- role, one for lot and lock, guarded single-statement counters, locks in the order reservation, quota, stock.
SET check_function_bodies = off;
CREATE FUNCTION :schema.claim(lot uuid, units int, OUT id uuid, OUT state text, OUT amount_cents int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, :schema, pg_temp AS $$
DECLARE
	claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
	caller uuid;
	territory int;
	free boolean;
	place record;
	person record;
	quota record;
	day date;
	moment timestamptz := ecopanier.now();
BEGIN
	-- who is calling
	IF claims IS NOT NULL AND pg_has_role(session_user, 'ecopanier_authenticator', 'MEMBER')
		AND claims ->> 'role' = current_setting('role')
		AND coalesce((claims ->> 'exp')::numeric, 'infinity') > extract(epoch FROM moment)
	THEN
		SELECT m.id, m.territory_id INTO caller, territory
		FROM ecopanier.member m JOIN ecopanier.member_role r ON r.territory_id = m.territory_id AND r.member_id = m.id
		WHERE m.territory_id = ecopanier.territory_of((claims ->> 'sub')::uuid) AND m.id = (claims ->> 'sub')::uuid
			AND r.role = CASE claims ->> 'role' WHEN 'ecopanier_admin' THEN 'administrator' ELSE substr(claims ->> 'role', 11) END
			AND m.state = 'active';
	END IF;
	IF caller IS NULL THEN
		RAISE insufficient_privilege USING MESSAGE = 'nobody is signed in';
	END IF;
	-- what is asked for
	IF lot IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'a claim needs a lot';
	ELSIF units IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'a claim needs a quantity';
	ELSIF units < 1 THEN
		RAISE invalid_parameter_value USING MESSAGE = 'a claim is for one unit or more';
	ELSIF get_byte(uuid_send(lot), 6) >> 4 <> 8 OR ecopanier.territory_of(lot) <> territory THEN
		RAISE SQLSTATE 'ZE101' USING MESSAGE = 'there is no such lot';
	END IF;
	CASE claims ->> 'role'
		WHEN 'ecopanier_customer' THEN free := false;
		WHEN 'ecopanier_beneficiary' THEN free := true;
		ELSE RAISE insufficient_privilege USING MESSAGE = 'lots are claimed as a customer or as a beneficiary';
	END CASE;
	-- the lot, kept from being taken off sale
	SELECT l.state, l.organisation_id, l.window_start, l.window_end, l.price_cents INTO place
	FROM ecopanier.lot l WHERE l.territory_id = territory AND l.id = lot FOR KEY SHARE;
	IF NOT FOUND OR place.state = 'draft' THEN
		RAISE SQLSTATE 'ZE101' USING MESSAGE = 'there is no such lot';
	ELSIF place.state <> 'published' THEN
		RAISE SQLSTATE 'ZE102' USING MESSAGE = 'the lot is no longer offered';
	ELSIF place.window_end <= moment THEN
		RAISE SQLSTATE 'ZE103' USING MESSAGE = 'the pickup window is over';
	ELSIF NOT free AND (place.price_cents IS NULL OR place.price_cents::bigint * units > 2147483647) THEN
		RAISE SQLSTATE 'ZE104' USING MESSAGE = 'not enough units are left';
	END IF;
	amount_cents := CASE WHEN free THEN 0 ELSE place.price_cents * units END;
	-- the person's right, the day that counts, the limit in force
	IF free THEN
		SELECT t.time_zone, b.state, b.valid_from, b.valid_until INTO person
		FROM ecopanier.territory t LEFT JOIN ecopanier.beneficiary b ON b.territory_id = t.id AND b.member_id = caller
		WHERE t.id = territory;
		day := (moment AT TIME ZONE person.time_zone)::date;
		IF person.state IS DISTINCT FROM 'verified' OR NOT coalesce(day BETWEEN person.valid_from AND person.valid_until, false) THEN
			RAISE SQLSTATE 'ZE106' USING MESSAGE = 'the right to free units is not verified for this day';
		END IF;
		SELECT s.value::int AS units, s.version INTO STRICT quota FROM ecopanier.setting s
		WHERE s.territory_id = territory AND s.name = 'free_units_per_day' AND s.valid_from <= moment
		ORDER BY s.valid_from DESC, s.version DESC LIMIT 1;
	END IF;
	id := ecopanier.new_id(territory);
	state := 'held';
	IF free THEN
		INSERT INTO reservation (territory_id, id, lot_id, member_id, organisation_id, claimed_at, window_start, window_end,
			quantity, amount_cents, pool, state, key_id, claim_day, quota_limit, quota_version)
		VALUES (territory, claim.id, lot, caller, place.organisation_id, moment, place.window_start, place.window_end,
			units, claim.amount_cents, 'solidarity', 'held', (SELECT k.id FROM ecopanier.key_ring k WHERE k.is_current), day, quota.units, quota.version);
		INSERT INTO free_quota AS q (territory_id, member_id, day, used, limit_units, limit_version)
		SELECT territory, caller, day, units, quota.units, quota.version WHERE units <= quota.units
		ON CONFLICT ON CONSTRAINT free_quota_pkey DO UPDATE
		SET used = q.used + EXCLUDED.used, limit_units = EXCLUDED.limit_units, limit_version = EXCLUDED.limit_version
		WHERE q.used + EXCLUDED.used <= EXCLUDED.limit_units;
		IF NOT FOUND THEN
			RAISE SQLSTATE 'ZE105' USING MESSAGE = 'the day''s free units are used up';
		END IF;
		UPDATE lot_stock s SET solidarity_left = s.solidarity_left - units
		WHERE s.territory_id = territory AND s.lot_id = lot AND s.solidarity_left >= units;
	ELSE
		INSERT INTO reservation (territory_id, id, lot_id, member_id, organisation_id, claimed_at, window_start, window_end,
			quantity, amount_cents, pool, state, key_id)
		VALUES (territory, claim.id, lot, caller, place.organisation_id, moment, place.window_start, place.window_end,
			units, claim.amount_cents, 'public', 'held', (SELECT k.id FROM ecopanier.key_ring k WHERE k.is_current));
		UPDATE lot_stock s SET public_left = s.public_left - units
		WHERE s.territory_id = territory AND s.lot_id = lot AND s.public_left >= units;
	END IF;
	IF NOT FOUND THEN
		RAISE SQLSTATE 'ZE104' USING MESSAGE = 'not enough units are left';
	END IF;
END $$;
ALTER FUNCTION :schema.claim(uuid, int) OWNER TO ecopanier_owner;
REVOKE ALL ON FUNCTION :schema.claim(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION :schema.claim(uuid, int) TO ecopanier_customer, ecopanier_beneficiary;
