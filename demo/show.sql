-- A phone shows its QR: the picture, drawn by the database. In: reservation, sub, role. Out: one line: the token as text, which
-- the camera never sees, and the PNG in base64.
\unset qr
\unset picture
\set png 'encode(ecopanier.pickup_qr_png(' :'reservation' ', 3), ''base64'')'
\set statement 'SELECT (ecopanier.receipt(' :'reservation' ')).qr, translate(' :png ', E''\\n'', '''') AS picture'
\ir request.sql
\echo :reservation|:code|:qr|:picture
