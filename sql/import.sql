--
-- import_official_codes(): every problem with its line, all or nothing, a second edition.
--
\pset format unaligned
\pset tuples_only on

-- The codes are undone at the end; other tests find the tables as they were.
BEGIN;
DELETE FROM ecopanier.arrondissement;
DELETE FROM ecopanier.commune;
DELETE FROM ecopanier.epci;
DELETE FROM ecopanier.department;
DELETE FROM ecopanier.region;

CREATE FUNCTION pg_temp.file(kind text, VARIADIC lines text[]) RETURNS bytea
LANGUAGE sql AS $$
	SELECT convert_to(CASE kind
		WHEN 'region' THEN 'code,nom,chef_lieu,zone'
		WHEN 'department' THEN 'code,nom,region,chef_lieu,zone'
		WHEN 'epci' THEN 'siren,nom,type,mode_financement,population_municipale,nb_communes'
		WHEN 'commune' THEN 'insee,nom,type,departement,region,zone,epci_siren,ept_siren,siren,population,codes_postaux,chef_lieu,fuseau'
		END || E'\n' || array_to_string(lines, E'\n'), 'UTF8')
$$;
CREATE FUNCTION pg_temp.verdict(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE, message, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- Regions: each fault of the text itself and of each column.
SELECT * FROM ecopanier.import_official_codes('region', pg_temp.file('region',
	'75,Nouvelle-Aquitaine,33063,metro',
	',Nulle part,33063,metro',
	'7,Trop court,33063,metro',
	'7500,Trop long,33063,metro',
	'7X,Une lettre,33063,metro',
	' 75,Une espace,33063,metro',
	'75,Encore elle,33063,metro',
	'02,,97209,drom',
	'24,"  ",45234,metro',
	'27,' || repeat('é', 201) || ',21231,metro',
	'28,' || repeat('é', 200) || ',76540,metro',
	'32,Hauts-de-France,5935,metro',
	'44,Grand Est,67482,lune',
	'52,Pays de la Loire,44109',
	'53,Bretagne,35238,metro,',
	'76,"Occitanie,31555,metro',
	'84,Auvergne "Rhône" Alpes,69123,metro',
	'94,"Corse" ,2A004,metro',
	'93,"Provence
Alpes, ""Côte d''Azur""",13055',
	'',
	'93,"Provence
Alpes, ""Côte d''Azur""",13055,metro',
	'11,Île-de-France,75056,metro',
	'06,' || repeat('x', 65536) || ',97611,drom'));
SELECT code, left(name, 40), char_length(name), seat, zone FROM ecopanier.region ORDER BY code;

-- Encodings: a Latin-1 line, a zero byte, a cut and an overlong character, a surrogate; then a quote never closed.
SELECT * FROM ecopanier.import_official_codes('region', pg_temp.file('region', '')
	|| convert_to(E'01,La Guadeloupe libérée,97105,drom\n', 'LATIN1')
	|| '\x30322c4d61727400696e697175652c39373230392c64726f6d0a'
	|| '\x30332c477579616ec32c39373330322c64726f6d0a'
	|| '\x30342cc0af2c39373431312c64726f6d0a'
	|| '\x30362ceda0802c39373631312c64726f6d0a'
	|| convert_to(E'04,La Réunion,97411,drom\n52,"Pays de la Loire,44109,metro\n06,"Mayotte""\n03,Guyane,97302,drom', 'UTF8'));
SELECT code, name FROM ecopanier.region WHERE zone = 'drom' ORDER BY code;

-- A byte order mark and CRLF are fine; so are a header alone and no end of the last line.
SELECT * FROM ecopanier.import_official_codes('region',
	convert_to(U&'\FEFF' || E'code,nom,chef_lieu,zone\r\n76,Occitanie,31555,metro\r\n\r\n44,Grand Est,67482,lune\r', 'UTF8'));
SELECT * FROM ecopanier.import_official_codes('region', 'code,nom,chef_lieu,zone');

-- Departments.
SELECT * FROM ecopanier.import_official_codes('department', pg_temp.file('department',
	'86,Vienne,75,86194,metro',
	'75,Paris,11,75056,metro',
	'99,Étranger,99,86194,metro',
	'971,Guadeloupe,,97105,drom',
	'99A,Rien,75,86194,metro',
	'960,Rien,75,86194,metro',
	'2C,Rien,75,86194,metro',
	'2A,Corse-du-Sud,93,2A004,metro',
	'974,La Réunion,04,97411,drom',
	'975,,04,97411,com'));
SELECT code, region_code FROM ecopanier.department ORDER BY code;

-- EPCI.
SELECT * FROM ecopanier.import_official_codes('epci', pg_temp.file('epci',
	'200069854,CU du Grand Poitiers,CU,FPU,196849,40',
	'20006985,Trop court,CU,FPU,1,1',
	'200069855,Sans forme,,FPU,1,1',
	'200069856,Minuscules,CU,fpu,1,1',
	'200069857,Négative,CC,FA,-1,1',
	'200069858,En lettres,CC,FA,beaucoup,1',
	'200069859,Trop grande,CC,FA,2147483648,1',
	'200069860,La plus grande,CC,FA,2147483647,1',
	'200069861,Décimale,CC,FA,1.5,1',
	'200069862,Sans nombre de communes,CC,FA,0,',
	'200069863,Nombre en lettres,CC,FA,12,quatre',
	'200069854,Deux fois,CC,FA,1,1'));
SELECT siren, kind, funding_mode, population, commune_count FROM ecopanier.epci ORDER BY siren;

-- Communes and arrondissements; Paris comes behind its first arrondissement.
SELECT * FROM ecopanier.import_official_codes('commune', pg_temp.file('commune',
	'75101,Paris 1er Arrondissement,A,75,11,metro,,,,15114,75001,75056,Europe/Paris',
	'86194,Poitiers,C,86,75,metro,200069854,,218601946,89916,86000,,Europe/Paris',
	'75056,Paris,C,75,11,metro,,,217500016,2103778,75001|75116,,Europe/Paris',
	'2A004,Ajaccio,C,2A,93,metro,,,,,,,',
	'86001,Sans département,C,87,75,metro,,,,1,,,Europe/Paris',
	'86002,Autre région,C,86,11,metro,,,,1,,,Europe/Paris',
	'86003,EPCI inconnu,C,86,75,metro,200069855,,,1,,,Europe/Paris',
	'86004,EPT faux,C,86,75,metro,,12345678,,1,,,Europe/Paris',
	'86005,SIREN faux,C,86,75,metro,,,21860194X,1,,,Europe/Paris',
	'86006,Population fausse,C,86,75,metro,,,,1 200,,,Europe/Paris',
	'86007,Code postal court,C,86,75,metro,,,,1,8600,,Europe/Paris',
	'86008,Barre à la fin,C,86,75,metro,,,,1,86000|,,Europe/Paris',
	'86009,Type inconnu,D,86,75,metro,,,,1,,,Europe/Paris',
	'86010,Commune dans une commune,C,86,75,metro,,,,1,,86194,Europe/Paris',
	'86011,Fuseau inconnu,C,86,75,metro,,,,1,,,Europe/Poitiers',
	'86012,Fuseau sans la casse,C,86,75,metro,,,,1,,,europe/paris',
	'86013,Zone inconnue,C,86,75,outre-mer,,,,1,,,Europe/Paris',
	'69381,Lyon 1er Arrondissement,A,86,75,metro,,,,1,,69123,Europe/Paris',
	'75102,Sans commune,A,75,11,metro,,,,1,,,Europe/Paris',
	'75103,Dans un arrondissement,A,75,11,metro,,,,1,,75101,Europe/Paris',
	'75101,Paris encore,C,75,11,metro,,,,1,,,Europe/Paris',
	'8619,Court,C,86,75,metro,,,,1,,,Europe/Paris',
	'2C004,Corse inconnue,C,86,75,metro,,,,1,,,Europe/Paris',
	',Sans code,C,86,75,metro,,,,1,,,Europe/Paris',
	'86014,,C,86,75,metro,,,,1,,,Europe/Paris',
	'97411,Saint-Denis,C,974,04,drom,,,,0,97400|97417|97490,,Indian/Reunion'));
SELECT c.* FROM ecopanier.commune c ORDER BY c.insee;
SELECT a.* FROM ecopanier.arrondissement a ORDER BY a.insee;

-- All or nothing: reported, nothing loaded; then all good, all loaded.
SELECT * FROM ecopanier.import_official_codes('commune', pg_temp.file('commune',
	'86062,Chasseneuil-du-Poitou,C,86,75,metro,200069854,,,4900,86360,,Europe/Paris',
	'86194,Renommée,C,86,75,metro,,,,0,,,',
	'86100,Fausse,C,86,75,metro,,,,x,,,'), all_or_nothing => true);
SELECT insee, name FROM ecopanier.commune ORDER BY insee;
SELECT * FROM ecopanier.import_official_codes('commune', pg_temp.file('commune',
	'86062,Chasseneuil-du-Poitou,C,86,75,metro,200069854,,,4900,86360,,Europe/Paris',
	'75102,Paris 2e Arrondissement,A,75,11,metro,,,,21277,75002,75056,Europe/Paris'), true);

-- A second edition changes what it names and deletes nothing; a row that stays is not written again.
CREATE TEMPORARY TABLE before AS SELECT insee, ctid AS place FROM ecopanier.commune;
SELECT * FROM ecopanier.import_official_codes('department', pg_temp.file('department', '974,La Réunion,76,97411,drom'));
SELECT * FROM ecopanier.import_official_codes('commune', pg_temp.file('commune',
	'86194,Poitiers,C,86,75,metro,200069854,,218601946,89916,86000,,Europe/Paris',
	'75056,Paris,C,75,11,metro,,,217500016,2100000,75001,,Europe/Paris',
	'75101,Paris Centre,A,75,11,metro,,,,15000,75001,75056,Europe/Paris'));
SELECT c.insee, c.name, c.region_code, c.population, c.post_codes, c.ctid = b.place AS untouched
FROM ecopanier.commune c JOIN before b USING (insee) ORDER BY c.insee;
SELECT a.insee, a.name, a.population FROM ecopanier.arrondissement a ORDER BY a.insee;

-- More rows than a batch, the last one bad; a bad first row of a second batch.
SELECT * FROM ecopanier.import_official_codes('epci', pg_temp.file('epci', VARIADIC (
	SELECT array_agg(CASE WHEN i IN (2001, 4500) THEN '' ELSE (300000000 + i)::text END || ',CC,CC,FA,1,1' ORDER BY i)
	FROM generate_series(1, 4500) i)));
SELECT count(*), min(siren), max(siren) FROM ecopanier.epci WHERE siren LIKE '3%';

-- What is an error: arguments and headers.
SELECT pg_temp.verdict(format('SELECT * FROM ecopanier.import_official_codes(%s)', arguments))
FROM (VALUES
	(1, $$NULL, ''$$), (2, $$'region', NULL$$), (3, $$'region', '', NULL$$),
	(4, $$'planet', ''$$), (5, $$'Region', ''$$), (6, $$'region', ''$$), (7, $$'region', '\xefbbbf0d0a0a'$$),
	(8, $$'region', 'code,nom,chef_lieu'$$), (9, $$'region', 'code;nom;chef_lieu;zone'$$),
	(10, $$'region', 'nom,code,chef_lieu,zone'$$), (11, $$'region', '"code,nom'$$), (12, $$'region', '\x00ff2c0a'$$),
	(13, $$'commune', 'code,nom,chef_lieu,zone'$$)) AS c(n, arguments) ORDER BY n;

-- Who may call: superusers alone, EXECUTE granted or not; reading is everyone's.
SELECT grantee FROM information_schema.routine_privileges
WHERE routine_schema = 'ecopanier' AND routine_name = 'import_official_codes' AND grantee LIKE 'ecopanier%';
GRANT EXECUTE ON FUNCTION ecopanier.import_official_codes(text, bytea, boolean) TO ecopanier_admin;
SET LOCAL ROLE ecopanier_admin;
SELECT pg_temp.verdict($$SELECT * FROM ecopanier.import_official_codes('region', 'code,nom,chef_lieu,zone')$$);
SET LOCAL ROLE ecopanier_anon;
SELECT left(pg_temp.verdict($$SELECT * FROM ecopanier.import_official_codes('region', '')$$), 5);
SELECT count(*) FROM ecopanier.commune;
SELECT left(pg_temp.verdict($$UPDATE ecopanier.commune SET name = 'x'$$), 5);
ROLLBACK;
