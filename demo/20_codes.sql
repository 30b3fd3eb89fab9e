-- The official codes of France, through the project's own import. In: data (folder), faulty (file with bad rows).
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT count(*) AS problems FROM (
	SELECT * FROM ecopanier.import_official_codes('region', pg_read_binary_file(:'data' || '/regions.csv'))
	UNION ALL SELECT * FROM ecopanier.import_official_codes('department', pg_read_binary_file(:'data' || '/departements.csv'))
	UNION ALL SELECT * FROM ecopanier.import_official_codes('epci', pg_read_binary_file(:'data' || '/epci.csv'))) p \gset

\echo
\echo A small file with faults, first all or nothing, then row by row:
SELECT line, code, problem FROM ecopanier.import_official_codes('commune', pg_read_binary_file(:'faulty'), all_or_nothing => true)
ORDER BY line;
SELECT count(*) AS strict FROM ecopanier.commune \gset
SELECT count(*) AS bad FROM ecopanier.import_official_codes('commune', pg_read_binary_file(:'faulty')) \gset
SELECT count(*) AS lenient, string_agg(name, ', ' ORDER BY insee) AS names FROM ecopanier.commune \gset
\echo all or nothing loaded :strict communes, row by row :lenient (:names)

SELECT count(*) + :problems AS problems
FROM ecopanier.import_official_codes('commune', pg_read_binary_file(:'data' || '/communes.csv')) \gset
SELECT count(*) AS communes, (SELECT count(*) FROM ecopanier.arrondissement) AS arrondissements FROM ecopanier.commune \gset
\echo the edition of 2026: :communes communes and :arrondissements arrondissements loaded, :problems bad rows

SELECT demo.must(:strict = 0 AND :bad = 5 AND :lenient = 2 AND :communes = 34969 AND :arrondissements = 45 AND :problems = 0,
	'the import') \gset

-- Product names of Open Food Facts.
CREATE TEMP TABLE off (ean13 text, name text, ingredients text, fat text, saturates text, carbohydrate text, sugars text,
	protein text, salt text);
\copy off FROM 'demo/data/off_produits_echantillon.csv' (FORMAT csv, HEADER)
INSERT INTO demo.product (ean13, name) SELECT ean13, btrim(name) FROM off WHERE length(btrim(name)) BETWEEN 3 AND 50 ORDER BY ean13;
