-- People ask for the right to free lots and staff decide (rule D14). Run as the API server's login.
-- A client computes a person's tag from civil facts; here the id stands for them.
-- In: solange (social service), thierry (accredited association), ursula (an association without accreditation).
\set role ecopanier_association
\set names 'Aïcha,Alain,Amadou,Benoît,Brigitte,Carole,Daniel,Djamila,Éric,Fatima,Gérard,Hawa,Idriss,Isabelle,Jacques'
\set more 'Kadiatou,Lucie,Mamadou,Marie,Nadia,Olivier,Pascale,Rachid,Sandrine,Tarik,Valérie,Wassim,Yasmine,Youssef,Zohra'
\set list 'string_to_table(concat_ws('','', ' :'names' ', ' :'more' '), '','') WITH ORDINALITY p (name, n)'
\set register 'SELECT array_agg(ecopanier.register_beneficiary(name) ORDER BY n) AS people FROM ' :list
\set verify 'SELECT min(ecopanier.verify_beneficiary(person, ''2027-05-31'', NULL, sha256(convert_to(person::text, ''UTF8'')))::text) AS example FROM unnest('
\set first_25 '::uuid[]) WITH ORDINALITY p (person, n) WHERE n <= 25'

\set sub :solange
\set statement :register
\ir request.sql
\echo register|:code
\set statement :verify :'people' :first_25
\ir request.sql
\echo verify|:code|:example

\set sub :thierry
\set statement :register
\ir request.sql
\echo register|:code
\set statement :verify :'people' :first_25
\ir request.sql
\echo verify|:code|:example

\set sub :ursula
\set label 'verification by an association without accreditation'
\set expected ZE118
\set statement 'SELECT ecopanier.verify_beneficiary(ecopanier.register_beneficiary(''Uma''), ''2027-05-31'') AS code'
\ir try.sql
