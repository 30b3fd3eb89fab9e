CREATE FUNCTION ecopanier.import_official_codes(kind text, file bytea, all_or_nothing boolean DEFAULT false)
RETURNS TABLE (line int, code text, problem text)
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10
AS 'MODULE_PATHNAME', 'ecp_import_official_codes';
COMMENT ON FUNCTION ecopanier.import_official_codes(text, bytea, boolean) IS
'Loads an edition of the official French codes from a CSV file and reports every bad row; for superusers.
Import in this order: region, department, epci, commune. Rows that are there already are updated, none is ever deleted.
kind: region, department, epci or commune; a commune file also holds the municipal arrondissements, which go to their own table.
file: the bytes of the file, at most 1 GB (the limit of a value): UTF-8, with or without byte order mark; fields separated by commas, quoted where needed; LF or CRLF; empty lines are passed over. Its first line names the columns:
region code,nom,chef_lieu,zone
department code,nom,region,chef_lieu,zone
epci siren,nom,type,mode_financement,population_municipale,nb_communes
commune insee,nom,type,departement,region,zone,epci_siren,ept_siren,siren,population,codes_postaux,chef_lieu,fuseau
all_or_nothing: true loads nothing unless every row is good. A bad row is reported and not raised, so that the report is kept: look at the result.
Returns one row for each bad row of the file, in its order: line (physical line of the file, the header is 1), code (what is wrong, below), problem (the same in words). No row means that all was loaded. A NOTICE counts what was loaded and refused.
Codes of any file: wrong_encoding, unterminated_quote, stray_quote, wrong_field_count, row_too_long (over 64 kB), missing_code, malformed_code, duplicate_code (the first row with a code stands, even when refused for another fault), missing_name, name_too_long (over 200 characters), malformed_seat, unknown_zone.
Codes of some: unknown_region, unknown_department, region_mismatch (the department lies in another region), unknown_epci, malformed_kind, malformed_siren, malformed_population, malformed_count, malformed_post_codes, unknown_type (neither C nor A), unknown_commune (of an arrondissement), unexpected_parent (of a commune), unknown_time_zone.
A row with several faults is reported with the first. Imports of the same kind wait for each other; readers do not wait.
Errors: 42501 not a superuser; 22004 a null argument; 22023 an unknown kind, an empty file or a wrong header; 0A000 a database in another encoding than UTF8; ZE001, ZE002 install() to be run.
Source: INSEE code officiel géographique; DGCL list of EPCI; La Poste post codes.';
REVOKE ALL ON FUNCTION ecopanier.import_official_codes(text, bytea, boolean) FROM PUBLIC;
