-- Something that must be refused. In: label, expected (SQLSTATE or verdict), role, sub, statement.
-- Out: one line for the driver. A verdict is a value and not an error, so it takes the code's place.
\unset verdict
\set verdict ''
\ir request.sql
\echo :label|:expected|:code|:verdict
