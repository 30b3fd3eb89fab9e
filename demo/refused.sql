-- What people must not get, tried at the moment that its name in the variables tells. Run as the API server's login.
-- In: one of noon, afternoon, early, evening, later; the players of the story by name.
\if :{?noon}
	\set role ecopanier_beneficiary
	\set sub :benoit
	\set statement 'SELECT reservation FROM ecopanier.reserve(' :'lunch_lot' ')'
	\set label 'a third free unit on one day'
	\set expected ZE105
	\i demo/try.sql
	\set sub :zohra
	\set label 'a free unit for a person not yet verified'
	\set expected ZE106
	\i demo/try.sql
	\set role ecopanier_customer
	\set sub :camille
	\set statement 'SELECT reservation FROM ecopanier.reserve(' :'lunch_lot' ', 50)'
	\set label 'fifty units of a lot of four'
	\set expected ZE104
	\i demo/try.sql
	\set statement 'SELECT reservation FROM ecopanier.reserve(' :'island_lot' ')'
	\set label 'a lot of another territory'
	\set expected ZE101
	\i demo/try.sql
	\set statement 'SELECT reservation FROM ecopanier.reserve(' :'unknown_lot' ')'
	\set label 'a lot that does not exist (the same answer)'
	\i demo/try.sql
\elif :{?afternoon}
	\set role ecopanier_customer
	\set sub :charlie
	\set statement 'SELECT reservation FROM ecopanier.reserve(' :'lunch_lot' ')'
	\set label 'a lot whose pickup window is closed'
	\set expected ZE103
	\i demo/try.sql
\elif :{?early}
	\set role ecopanier_merchant
	\set sub :victim_station
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'victim_token' ', ' :'victim_pin' ')'
	\set label 'a pickup before its window'
	\set expected too_early
	\i demo/try.sql
\elif :{?evening}
	\set role ecopanier_merchant
	\set sub :victim_station
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'victim_token' ', ' :'victim_wrong' ')'
	\set label 'a wrong PIN'
	\set expected wrong_pin
	\i demo/try.sql
	\set label 'the right PIN after five wrong ones: the QR was photographed'
	\set expected locked
	\i demo/request.sql
	\i demo/request.sql
	\i demo/request.sql
	\i demo/request.sql
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'victim_token' ', ' :'victim_pin' ')'
	\i demo/try.sql
	\set expected invalid
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'forged_signature' ', ' :'victim_pin' ')'
	\set label 'a token with another signature'
	\i demo/try.sql
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'forged_content' ', ' :'victim_pin' ')'
	\set label 'a token with other contents under the same signature'
	\i demo/try.sql
	\set sub :other_station
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'victim_token' ', ' :'victim_pin' ')'
	\set label 'a sound token at another shop'
	\i demo/try.sql
	\set sub :lunch_station
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'late_token' ', ' :'late_pin' ')'
	\set label 'the noon token in the evening'
	\set expected expired
	\i demo/try.sql
	-- the person whom the wrong PINs locked out is served all the same: the owner knows them, and says so
	\set sub :victim_owner
	\set step released
	\set statement 'SELECT ecopanier.release_pickup(' :'victim_reservation' ', ''reconnue au comptoir'') AS done'
	\ir do.sql
\elif :{?later}
	\set role ecopanier_merchant
	\set sub :victim_station
	\set statement 'SELECT verdict FROM ecopanier.verify_pickup(' :'victim_token' ', ' :'victim_pin' ')'
	\set label 'a token that was used already'
	\set expected already_collected
	\i demo/try.sql
\endif
