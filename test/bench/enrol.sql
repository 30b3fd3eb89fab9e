-- Two batches of :people people each, sent by a manager of an association: with numbers and names alone, and with all that a row can
-- have, a right and a tag among them. Prints the seconds of processor time of the backend that each took, and what came of the rows.
\set QUIET on
\pset tuples_only on
\pset format unaligned
\pset fieldsep '\t'
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Manager');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, id, 'association' FROM ecopanier.member WHERE display_name = 'Manager';
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT 1, o.id, m.id, 'manager' FROM ecopanier.organisation o, ecopanier.member m WHERE o.name = 'CCAS' AND m.display_name = 'Manager';
SELECT json_build_object('role', 'ecopanier_association', 'sub', id)::text AS claims FROM ecopanier.member WHERE display_name = 'Manager' \gset
SELECT json_agg(json_build_object('external_id', 'plain ' || n, 'display_name', 'Personne ' || n))::text AS plain FROM generate_series(1, :people) n \gset
SELECT json_agg(json_build_object('external_id', 'full ' || n, 'display_name', 'Personne ' || n, 'language', 'fr', 'valid_until', current_date + 365,
	'tag', encode(sha256(n::text::bytea), 'hex'), 'mail', n || '@example.org', 'phone', '06' || lpad(n::text, 8, '0'), 'age_25_64', 1))::text AS full
FROM generate_series(1, :people) n \gset
GRANT USAGE ON SCHEMA bench TO PUBLIC;
ALTER FUNCTION bench.processor() SECURITY DEFINER;
SET SESSION AUTHORIZATION bench_api;
SET request.jwt.claims = :'claims';
SET ROLE ecopanier_association;
SELECT bench.processor() AS started \gset
SELECT count(*) AS plain_made FROM ecopanier.enrol_beneficiaries(:'plain') WHERE state = 'created' \gset
SELECT bench.processor() AS halfway \gset
SELECT count(*) AS full_made FROM ecopanier.enrol_beneficiaries(:'full') WHERE state = 'created' AND ben_code IS NOT NULL \gset
SELECT round(:halfway - :started, 1), round(bench.processor() - :halfway, 1), :plain_made + :full_made;
