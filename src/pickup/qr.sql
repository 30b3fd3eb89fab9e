-- qr.sql: the media types that pickup codes are served as. An API layer sends
-- a function's result under the type that its domain is named after.

CREATE DOMAIN ecopanier."image/svg+xml" AS text;

COMMENT ON DOMAIN ecopanier."image/svg+xml" IS
'A picture as SVG text.
Served by API layers under this media type. The domain checks nothing: it names what a function returns.';

CREATE DOMAIN ecopanier."image/png" AS bytea;

COMMENT ON DOMAIN ecopanier."image/png" IS
'A picture as PNG bytes.
Served by API layers under this media type. The domain checks nothing: it names what a function returns.';
