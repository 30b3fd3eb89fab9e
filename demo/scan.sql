-- A station hands over: what the camera read, and the PIN that the person types. In: scan, sub, token, pin.
-- Out: one line with the verdict. (psql 15 cannot bind parameters; a real station does, so that no log keeps a PIN.)
\unset verdict
\unset units
\unset person
\unset lot_title
\set role ecopanier_merchant
\set statement 'SELECT verdict, quantity AS units, first_name AS person, lot_title FROM ecopanier.verify_pickup(' :'token' ', ' :'pin' ')'
\ir request.sql
\echo :scan|:code|:verdict|:units|:person|:lot_title
