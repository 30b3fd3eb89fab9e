-- What a person can count on: one step of the evening act, told by the name of a variable. Run as the API server's login.
-- In: one of right, merchant, leave, gone; the players by name.
\if :{?right}
	-- Solange registers and verifies; the client's slow hash of the civil facts is any 32 bytes here
	\set role ecopanier_association
	\set sub :solange
	\set statement 'SELECT ecopanier.register_beneficiary(''Églantine des Prés'') AS person'
	\ir request.sql
	\echo eglantine|:code|:person
	\set tag 'sha256(''Églantine, 1 May 1987''::bytea)'
	\set statement 'SELECT ecopanier.verify_beneficiary(' :'person' ', ''2027-05-31'', NULL, ' :tag ') AS ben_code'
	\ir request.sql
	\echo verified|:code|:ben_code
	\set sub :thierry
	\set statement 'SELECT ecopanier.register_beneficiary(''É.'') AS person'
	\ir request.sql
	\set label 'a second right for the same person, at another association'
	\set expected ZE119
	\set statement 'SELECT ecopanier.verify_beneficiary(' :'person' ', ''2027-05-31'', NULL, ' :tag ') AS code'
	\ir try.sql
\elif :{?merchant}
	\set role ecopanier_merchant
	\set sub :victim_owner
	\set label 'a merchant looks who holds a right'
	\set expected 42501
	\set statement 'SELECT count(*) AS verdict FROM ecopanier.beneficiary'
	\ir try.sql
	\set label 'a merchant looks for claims and prices'
	\set statement 'SELECT count(*) AS verdict FROM ecopanier.reservation'
	\ir try.sql
	\set label 'a merchant looks for other people (and sees the own row alone)'
	\set expected 1
	\set statement 'SELECT count(*) AS verdict FROM ecopanier.member'
	\ir try.sql
\elif :{?leave}
	\set role ecopanier_beneficiary
	\set sub :eglantine
	\set statement 'SELECT ecopanier.set_contact(''mail'', ''eglantine@exemple.fr'') AS done'
	\ir request.sql
	\echo contact|:code
	\set statement 'SELECT ecopanier.give_consent(''notifications'', 1, ''fr'') AS done'
	\ir request.sql
	\echo consent|:code
	\set statement 'SELECT count(*) AS parts, string_agg(key, '', '' ORDER BY key) AS names FROM jsonb_each(ecopanier.export_person(' :'eglantine' '))'
	\ir request.sql
	\echo export|:code|:parts|:names
\elif :{?gone}
	\set role ecopanier_beneficiary
	\set sub :eglantine
	\set statement 'SELECT ecopanier.erase_person(' :'eglantine' ') AS done'
	\ir request.sql
	\echo erase|:code
	BEGIN;
	SELECT set_config('role', :'role', true),
		set_config('request.jwt.claims', json_build_object('role', :'role', 'sub', :'sub')::text, true) \gset
	SELECT ecopanier.authenticate() \gset
	\echo the erased person signs in again|42501|:SQLSTATE|
	ROLLBACK;
\endif
