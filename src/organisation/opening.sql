CREATE FUNCTION ecopanier.public_holidays(year int, department text DEFAULT NULL, OUT day date, OUT code text, OUT name text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_public_holidays';
COMMENT ON FUNCTION ecopanier.public_holidays(int, text) IS
'The public holidays of a year, in order. year: 1900 to 2100; department: INSEE code, national days alone where null.
57, 67 and 68 have Good Friday and 26 December; 971 to 974, 976 to 978 and 986 to 988 days of their own. Days of custom are not in it.
Returns the day, a code such as easter_monday, and the French name. Errors: 22023 another year, or no code of a department.';
CREATE FUNCTION ecopanier.opening_hours(organisation uuid, from_day date DEFAULT NULL, to_day date DEFAULT NULL,
	OUT opens_at timestamptz, OUT closes_at timestamptz)
RETURNS SETOF record
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_opening_hours';
COMMENT ON FUNCTION ecopanier.opening_hours(uuid, date, date) IS
'When an organisation is open, as moments in order: exceptions before public holidays before the hours of the week. Spans that touch are one.
organisation: an active one of the caller''s territory; from_day, to_day: first and last local day, up to 366; today, and the first day, where null.
Errors: 42501 nobody is signed in; 22004 no organisation; 22023 days out of range; ZE101 no such organisation.';
CREATE FUNCTION ecopanier.is_open(organisation uuid, at timestamptz DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_is_open';
COMMENT ON FUNCTION ecopanier.is_open(uuid, timestamptz) IS
'Whether an organisation is open at a moment, the closing time not included. organisation: as for opening_hours(); at: now where null.
Errors: as opening_hours().';
CREATE FUNCTION ecopanier.next_opening(organisation uuid, at timestamptz DEFAULT NULL)
RETURNS timestamptz
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'ecp_next_opening';
COMMENT ON FUNCTION ecopanier.next_opening(uuid, timestamptz) IS
'When an organisation opens next, at that moment or after it; null where it does not within a year.
organisation: as for opening_hours(); at: now where null. Errors: as opening_hours().';
REVOKE ALL ON FUNCTION ecopanier.public_holidays(int, text), ecopanier.opening_hours(uuid, date, date),
	ecopanier.is_open(uuid, timestamptz), ecopanier.next_opening(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.public_holidays(int, text), ecopanier.opening_hours(uuid, date, date),
	ecopanier.is_open(uuid, timestamptz), ecopanier.next_opening(uuid, timestamptz)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
