-- The two commands of an installation, and what the demo itself keeps: who is who, what was asked, what was answered.
\set ON_ERROR_STOP on
CREATE EXTENSION ecopanier;
SELECT count(*) AS migrations FROM ecopanier.install() \gset
SELECT ecopanier.version() AS version \gset
\echo ecopanier :version installed, :migrations migrations

-- The API server's login: it can do nothing by itself.
CREATE ROLE friday_api LOGIN NOINHERIT IN ROLE ecopanier_authenticator;

-- What clients know and the operator's notes; no API role reads it.
CREATE SCHEMA demo;
CREATE TABLE demo.product (n serial PRIMARY KEY, ean13 text, name text);
CREATE TABLE demo.shop (n serial PRIMARY KEY, name text, insee text, latitude float, longitude float, siret text,
	open_days text, hours text, organisation uuid, owner uuid, station uuid);
CREATE TABLE demo.player (name text PRIMARY KEY, value text);
CREATE TABLE demo.customer (n serial PRIMARY KEY, member uuid);
CREATE TABLE demo.beneficiary (n serial PRIMARY KEY, member uuid, verified boolean);
CREATE TABLE demo.lot (n int PRIMARY KEY, shop int, title text, public_units int, solidarity_units int, original_price_cents int,
	price_cents int, unit_weight_g int, meals_per_unit numeric, use_by date, window_start timestamptz, window_end timestamptz,
	lot uuid);
CREATE TABLE demo.attempt (n int PRIMARY KEY, wave int, session int, role text, sub uuid, lot uuid, quantity int, request uuid);
CREATE TABLE demo.answer (attempt int, code text, reservation text, units text, amount_cents text, pin text, qr text);
CREATE TABLE demo.cancelled (reservation uuid, code text);
CREATE TABLE demo.shown (reservation uuid, code text, qr text, picture text);
CREATE TABLE demo.picture (reservation uuid PRIMARY KEY, token text);
CREATE TABLE demo.scan (n serial PRIMARY KEY, session int, reservation uuid, station uuid, token text, pin text);
CREATE TABLE demo.verdict (scan int, code text, verdict text, units text, person text, lot_title text);
CREATE TABLE demo.tried (n serial PRIMARY KEY, label text, expected text, code text, verdict text);

-- What the phones hold: the first answer to each request; a retry gets the same one.
CREATE VIEW demo.receipt AS
SELECT DISTINCT ON (a.reservation) a.reservation::uuid, t.n, t.wave, t.request, t.role, t.sub, t.lot, a.units::int,
	a.amount_cents::int, a.pin, a.qr
FROM demo.answer a JOIN demo.attempt t ON t.n = a.attempt
WHERE a.code = '00000' ORDER BY a.reservation, a.attempt;

-- Chance that is the same at every run: a number from 0 to 1 for a text.
CREATE FUNCTION demo.dice(seed text) RETURNS float IMMUTABLE LANGUAGE sql AS
$$ SELECT ('x' || substr(md5(seed), 1, 8))::bit(32)::bigint / 4294967296.0 $$;

-- A local time of the demo's Friday.
CREATE FUNCTION demo.at(local_time time) RETURNS timestamptz STABLE LANGUAGE sql AS
$$ SELECT ('2026-11-20'::date + local_time) AT TIME ZONE 'Europe/Paris' $$;

-- Ends the demo where something is not as it must be.
CREATE FUNCTION demo.must(so boolean, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF so IS NOT TRUE THEN
		RAISE 'the demo went wrong: %', what;
	END IF;
END $$;
