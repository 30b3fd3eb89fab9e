-- Something that is done and counted. In: step, role, sub, statement, which returns done. Out: one line for the driver.
\unset done
\ir request.sql
\echo :step|:code|:done
