-- A phone claims units of a lot. In: attempt, role, sub, lot, quantity, request. Out: one line for the driver.
\unset reservation
\unset got
\unset amount_cents
\unset pin
\unset qr
\set statement 'SELECT reservation, quantity AS got, amount_cents, pin, qr FROM ecopanier.reserve(' :'lot' ', ' :quantity ', ' :'request' ')'
\ir request.sql
\echo :attempt|:code|:reservation|:got|:amount_cents|:pin|:qr
