-- The media types that pictures of pickup codes are served as.

-- An API layer takes the media type from the domain's name, letter by letter.
SELECT typname, typtype, typbasetype::regtype, typnotnull,
	split_part(obj_description(oid, 'pg_type'), E'\n', 1) AS summary
FROM pg_type WHERE typnamespace = 'ecopanier'::regnamespace AND typname LIKE 'image/%'
ORDER BY typname COLLATE "C";

-- They take any value of their base type, NULL too.
SELECT '<svg/>'::ecopanier."image/svg+xml", NULL::ecopanier."image/svg+xml" IS NULL AS null_svg,
	'\x89504e47'::ecopanier."image/png", NULL::ecopanier."image/png" IS NULL AS null_png;
SELECT 'not hexadecimal \z'::ecopanier."image/png";
