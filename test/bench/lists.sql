-- What the driver takes its parameters from: lots.tsv, members.tsv in the current folder. The client
-- of bare writes is given all that it would otherwise have to read.
\pset format unaligned
\pset fieldsep '\t'
\pset tuples_only off
\pset footer off
\pset null ''
\o lots.tsv
SELECT l.id AS lot, l.organisation_id AS organisation, l.window_start, l.window_end, l.price_cents AS price, k.id AS key,
	(now() AT TIME ZONE 'Europe/Paris')::date AS day, s.value AS limit, s.version
FROM ecopanier.lot l, ecopanier.key_ring k, ecopanier.setting s
WHERE k.is_current AND s.territory_id = 1 AND s.name = 'free_units_per_day' AND s.version = 2 AND l.title LIKE 'Panier %' ORDER BY lot;
\o members.tsv
SELECT c.id AS customer, b.id AS beneficiary
FROM ecopanier.member c JOIN ecopanier.member b ON split_part(b.display_name, ' ', 2) = split_part(c.display_name, ' ', 2)
WHERE c.display_name LIKE 'Customer %' AND b.display_name LIKE 'Beneficiary %' ORDER BY 1 LIMIT 64;
\o
