-- Prices that fall, pickup windows, templates, repetition, many lots in one call.

CREATE FUNCTION ecopanier.price_on_schedule(price_cents int, falls_from timestamptz, step_minutes int, step_cents int, floor_cents int, at timestamptz)
RETURNS int
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_price_on_schedule';
COMMENT ON FUNCTION ecopanier.price_on_schedule(int, timestamptz, int, int, int, timestamptz) IS
'The price of a unit at a moment, by the columns of a lot: a pure function, for views and indexes.
price_cents: the price until falls_from; from then on, and every step_minutes, it is step_cents less, never below floor_cents.
at: the moment. Where one of the schedule''s four is null the price stays. Returns cents; null where price or moment is.
Errors: 22023 a step below 1, a floor below 0 or above the price.';
REVOKE ALL ON FUNCTION ecopanier.price_on_schedule(int, timestamptz, int, int, int, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.price_on_schedule(int, timestamptz, int, int, int, timestamptz)
	TO ecopanier_owner, ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

CREATE FUNCTION ecopanier.price_at(lot uuid, at timestamptz DEFAULT NULL)
RETURNS int
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_price_at';
COMMENT ON FUNCTION ecopanier.price_at(uuid, timestamptz) IS
'The price of a public unit of a lot at a moment. A claim keeps the price of its own moment.
lot: one that the caller may read; at: the moment, now where null. Returns cents, null where the lot has no price.
Errors: 42501 nobody is signed in; ZE101 no such lot.';
REVOKE ALL ON FUNCTION ecopanier.price_at(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.price_at(uuid, timestamptz)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;

CREATE FUNCTION ecopanier.windows_fit(windows tstzrange[], window_start timestamptz, window_end timestamptz)
RETURNS boolean
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_windows_fit';
COMMENT ON FUNCTION ecopanier.windows_fit(tstzrange[], timestamptz, timestamptz) IS
'Whether windows are null, or 2 to 20 half-open finite ranges in order that do not overlap, from window_start to window_end: the CHECK of lot.';
REVOKE ALL ON FUNCTION ecopanier.windows_fit(tstzrange[], timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.windows_fit(tstzrange[], timestamptz, timestamptz)
	TO ecopanier_owner, ecopanier_merchant, ecopanier_association;
