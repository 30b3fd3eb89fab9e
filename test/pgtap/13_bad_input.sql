-- Bad input: every function of the API with every argument in turn made null, unknown, foreign, out of range, huge or not UTF-8.
-- Each refusal has a code of the reference and a hint, and changes nothing.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
SELECT fixture.name_lot('good', fixture.lot(5, 5)), fixture.name_lot('elsewhere', fixture.lot(5, 5, 2)) \g /dev/null
CREATE FUNCTION fixture.claim_of(name text, territory int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.reservation WHERE member_id = fixture.id(name, territory) LIMIT 1 $$;
SELECT fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('good'))$$, keep => true),
	fixture.try('Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('good'))$$, keep => true),
	fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('elsewhere'))$$, 2, keep => true) \g /dev/null

INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, undated, starts_at, ends_at)
SELECT t, fixture.organisation('Boulangerie', t), 'Pain', 'bakery', 2, 400, 500, 'ambient', true, '{17:00}', '{19:00}' FROM generate_series(1, 2) t;
CREATE FUNCTION fixture.template(territory int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.lot_template WHERE territory_id = territory LIMIT 1 $$;

-- A good call of each function: who calls it (no name: a superuser) and its arguments; elsewhere: an id of the other territory to try instead.
CREATE TEMP TABLE call (function text PRIMARY KEY, name text, role text, arguments text[], elsewhere text);
INSERT INTO call VALUES
('reserve(uuid,integer,uuid)', 'Camille', 'customer', ARRAY[$$fixture.named('good')$$, '1', $$fixture.named('good')$$], $$fixture.named('elsewhere')$$),
('receipt(uuid)', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$], $$fixture.claim_of('Camille', 2)$$),
('cancel(uuid,text)', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$, '''no need'''], $$fixture.claim_of('Camille', 2)$$),
('reissue_pin(uuid)', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$], $$fixture.claim_of('Camille', 2)$$),
('pickup_qr(uuid)', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$], $$fixture.claim_of('Camille', 2)$$),
('pickup_qr_png(uuid,integer)', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$, '8'], $$fixture.claim_of('Camille', 2)$$),
('release_pickup(uuid,text)', 'Mona', 'merchant', ARRAY[$$fixture.claim_of('Camille', 1)$$, '''known'''], $$fixture.claim_of('Camille', 2)$$),
('lot_missing(uuid)', 'Mona', 'merchant', ARRAY[$$fixture.named('good')$$], $$fixture.named('elsewhere')$$),
('verify_pickup(text,text)', 'Sami', 'merchant', ARRAY['''EP1.x''', '''123456'''], NULL),
('lapse_due()', 'Adele', 'administrator', '{}', NULL),
('register_beneficiary(text,text)', 'Alice', 'association', ARRAY['''Zoé''', '''fr'''], NULL),
('verify_beneficiary(uuid,date,date)', 'Alice', 'association', ARRAY[$$fixture.id('Bruno')$$, '''2026-12-31''', '''2026-01-01'''], $$fixture.id('Bruno', 2)$$),
('refuse_beneficiary(uuid,text)', 'Alice', 'association', ARRAY[$$fixture.id('Bruno')$$, '''no'''], $$fixture.id('Bruno', 2)$$),
('suspend_beneficiary(uuid,text)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$, '''no'''], $$fixture.id('Benoit', 2)$$),
('new_ben_code(integer)', 'Adele', 'administrator', ARRAY['1'], NULL),
('set_setting(text,numeric,text,timestamp with time zone)', 'Adele', 'administrator', ARRAY['''free_units_per_day''', '3', '''test''', '''2026-12-01'''], NULL),
('set_category_points(text,integer,text,timestamp with time zone)', 'Adele', 'administrator', ARRAY['''bakery''', '3', '''test''', '''2026-12-01'''], NULL),
('reserve(uuid,integer,uuid,text,timestamp with time zone)', 'Camille', 'customer', ARRAY[$$fixture.named('good')$$, '1', $$fixture.named('good')$$, '''public''', '''2026-11-20 17:00+00'''], $$fixture.named('elsewhere')$$),
('my_standing(text)', 'Camille', 'customer', ARRAY['''fr'''], NULL), ('may_claim_free()', 'Benoit', 'beneficiary', '{}', NULL), ('forgive_no_show(uuid,text)', 'Adele', 'administrator', ARRAY[$$fixture.named('good')$$, '''no'''], $$fixture.named('elsewhere')$$),
('setting_value(text,timestamp with time zone)', 'Camille', 'customer', ARRAY['''free_units_per_day''', '''2026-12-01'''], NULL),
('authenticate()', 'Camille', 'customer', '{}', NULL), ('authenticate(text)', 'Camille', 'customer', ARRAY['''x.y.z'''], NULL),
('whoami()', 'Camille', 'customer', '{}', NULL), ('current_territory()', 'Camille', 'customer', '{}', NULL),
('current_member()', 'Camille', 'customer', '{}', NULL), ('current_organisation()', 'Camille', 'customer', '{}', NULL),
('current_role_name()', 'Camille', 'customer', '{}', NULL), ('now()', 'Camille', 'customer', '{}', NULL),
('new_id(integer)', 'Camille', 'customer', ARRAY['1'], NULL), ('territory_of(uuid)', 'Camille', 'customer', ARRAY[$$fixture.id('Camille')$$], NULL),
('message(text,text,jsonb)', 'Camille', 'customer', ARRAY['''ZE104''', '''fr''', '''{}'''], NULL),
('message_catalogue()', 'Camille', 'customer', '{}', NULL), ('error_code()', 'Camille', 'customer', '{}', NULL),
('pickup_public_keys()', 'Camille', 'customer', '{}', NULL),
('create_territory(text,text,text)', NULL, NULL, ARRAY['''niort''', '''Niort''', '''Europe/Paris'''], NULL),
('map_login(name,uuid,text,uuid)', NULL, NULL, ARRAY['''api''', $$fixture.id('Sami')$$, '''merchant''', $$fixture.organisation('Boulangerie')$$], NULL),
('unmap_login(name)', NULL, NULL, ARRAY['''api'''], NULL),
('import_official_codes(text,bytea,boolean)', NULL, NULL, ARRAY['''region''', '''code,nom,chef_lieu,zone''', 'true'], NULL),
('install(boolean)', NULL, NULL, ARRAY['false'], NULL), ('uninstall(text)', NULL, NULL, ARRAY['''another'''], NULL),
('rebuild_stock()', NULL, NULL, '{}', NULL), ('rebuild_quota()', NULL, NULL, '{}', NULL), ('rotate_key()', NULL, NULL, '{}', NULL),
('self_check()', NULL, NULL, '{}', NULL), ('doctor()', NULL, NULL, '{}', NULL), ('worker_status()', NULL, NULL, '{}', NULL), ('circuits()', NULL, NULL, '{}', NULL), ('version()', 'Camille', 'customer', '{}', NULL);
-- market/: prices, windows, templates
INSERT INTO call VALUES
('price_on_schedule(integer,timestamp with time zone,integer,integer,integer,timestamp with time zone)', 'Camille', 'customer',
 ARRAY['700', '''2026-11-20 17:00+00''', '30', '100', '300', '''2026-11-20 18:00+00'''], NULL),
('windows_fit(tstzrange[],timestamp with time zone,timestamp with time zone)', 'Mona', 'merchant', ARRAY['NULL', 'NULL', 'NULL'], NULL),
('price_at(uuid,timestamp with time zone)', 'Camille', 'customer', ARRAY[$$fixture.named('good')$$, '''2026-11-20 18:00+00'''], $$fixture.named('elsewhere')$$),
('local_times_fit(time without time zone[],time without time zone[])', 'Mona', 'merchant', ARRAY['''{17:00}''', '''{19:00}'''], NULL),
('lot_from_template(uuid,date)', 'Mona', 'merchant', ARRAY[$$fixture.template(1)$$, '''2026-11-21'''], $$fixture.template(2)$$),
('repeat_lots(date,date,boolean,uuid)', 'Mona', 'merchant', ARRAY['''2026-11-20''', '''2026-11-21''', 'true', $$fixture.named('good')$$], NULL),
('publish_lots(jsonb,uuid)', 'Mona', 'merchant', ARRAY['''[{"title": "x"}]''', $$fixture.named('elsewhere')$$], NULL);
-- money/ and sponsor/
INSERT INTO call VALUES
('sponsor_units(uuid,integer,uuid)', 'Camille', 'customer', ARRAY[$$fixture.named('good')$$, '1', $$fixture.named('good')$$], $$fixture.named('elsewhere')$$),
('contribute(text,bigint,uuid,uuid)', 'Camille', 'customer', ARRAY['''gift''', '100', $$fixture.named('good')$$, 'NULL'], NULL),
('settle_instruction(uuid,text,bigint,text)', NULL, NULL, ARRAY['ecopanier.new_id(1)', '''R1''', '400', '''done'''], NULL),
('due_instructions(integer,uuid)', NULL, NULL, ARRAY['10', 'NULL'], NULL), ('rebuild_sponsored()', NULL, NULL, '{}', NULL);
-- find/
INSERT INTO call VALUES
('nearby_lots(double precision,double precision,double precision,text[],integer,timestamp with time zone,timestamp with time zone,boolean,boolean,text[],text[],text[],integer,double precision,uuid)', 'Camille', 'customer',
 ARRAY['46.58', '0.34', '5000', '''{bakery}''', '500', '''2026-11-20 17:00+00''', '''2026-11-20 18:00+00''', 'false', 'false', '''{lait}''', '''{no_pork}''', '''{ambient}''', '10', '10', $$fixture.named('good')$$], NULL),
('search_lots(text,double precision,double precision,double precision,text[],integer,timestamp with time zone,timestamp with time zone,boolean,boolean,text[],text[],text[],integer,double precision,integer,timestamp with time zone,uuid)', 'Camille', 'customer',
 ARRAY['''panier''', '46.58', '0.34', '5000', '''{bakery}''', '500', '''2026-11-20 17:00+00''', '''2026-11-20 18:00+00''', 'false', 'false', '''{lait}''', '''{no_pork}''', '''{ambient}''', '10', '10', 'NULL', 'NULL', $$fixture.named('good')$$], NULL),
('distance_m(double precision,double precision,double precision,double precision)', 'Camille', 'customer', ARRAY['46.58', '0.34', '48.86', '2.35'], NULL),
('lot_spot(integer,double precision,double precision)', NULL, NULL, ARRAY['1', '46.58', '0.34'], NULL),
('allergen_bits(text[])', NULL, NULL, ARRAY['''{lait}'''], NULL), ('category_label(text)', NULL, NULL, ARRAY['''bakery'''], NULL),
('search_words(text[])', NULL, NULL, ARRAY['''{pain}'''], NULL), ('rebuild_open_lots()', NULL, NULL, '{}', NULL);
-- organisation/
INSERT INTO call VALUES
('is_accredited(uuid,date)', 'Camille', 'customer', ARRAY[$$fixture.organisation('CCAS')$$, '''2026-11-20'''], $$fixture.organisation('CCAS', 2)$$),
('apply_organisation(text,text,siret,text,text,double precision,double precision)', 'Camille', 'customer',
 ARRAY['''merchant''', '''Neuve''', 'NULL', 'NULL', '''1 rue Haute''', '46.5', '0.3'], NULL),
('decide_organisation(uuid,text,text)', 'Adele', 'administrator', ARRAY[$$fixture.organisation('CCAS')$$, '''suspended''', '''why'''], $$fixture.organisation('CCAS', 2)$$),
('public_holidays(integer,text)', 'Camille', 'customer', ARRAY['2026', '''86'''], NULL),
('opening_hours(uuid,date,date)', 'Camille', 'customer', ARRAY[$$fixture.organisation('CCAS')$$, '''2026-11-20''', '''2026-11-21'''], $$fixture.organisation('CCAS', 2)$$),
('is_open(uuid,timestamp with time zone)', 'Camille', 'customer', ARRAY[$$fixture.organisation('CCAS')$$, '''2026-11-20'''], $$fixture.organisation('CCAS', 2)$$),
('next_opening(uuid,timestamp with time zone)', 'Camille', 'customer', ARRAY[$$fixture.organisation('CCAS')$$, '''2026-11-20'''], $$fixture.organisation('CCAS', 2)$$),
('my_organisations()', 'Mona', 'merchant', '{}', NULL), ('invite_staff(text)', 'Mona', 'merchant', ARRAY['''reader'''], NULL),
('revoke_invitation(uuid)', 'Mona', 'merchant', ARRAY['ecopanier.new_id(1)'], 'ecopanier.new_id(2)'),
('accept_invitation(text)', 'Camille', 'customer', ARRAY['''EI1.AAAAAAAAAAAAAAAAAAAAAA'''], NULL),
('set_staff_function(uuid,text)', 'Mona', 'merchant', ARRAY[$$fixture.id('Sami')$$, '''reader'''], $$fixture.id('Sami', 2)$$),
('remove_staff(uuid)', 'Mona', 'merchant', ARRAY[$$fixture.id('Sami')$$], $$fixture.id('Sami', 2)$$);
-- Rights.
INSERT INTO call VALUES
('enrol_beneficiaries(text,boolean)', 'Alice', 'association', ARRAY['''[{"external_id": "1", "display_name": "x"}]''', 'true'], NULL),
('enrol_beneficiaries_csv(text,boolean)', 'Alice', 'association', ARRAY['''external_id,display_name''', 'true'], NULL),
('enrol_beneficiaries_csv(bytea,boolean)', 'Alice', 'association', ARRAY['''external_id,display_name''::bytea', 'true'], NULL),
('verify_beneficiary(uuid,date,date,bytea)', 'Alice', 'association', ARRAY[$$fixture.id('Bruno')$$, '''2026-12-31''', '''2026-01-01''', 'sha256(''x'')'], $$fixture.id('Bruno', 2)$$),
('set_tag(uuid,bytea)', 'Alice', 'association', ARRAY[$$fixture.id('Bruno')$$, 'sha256(''x'')'], $$fixture.id('Bruno', 2)$$),
('replace_tag(uuid,bytea,text)', 'Adele', 'administrator', ARRAY[$$fixture.id('Bruno')$$, 'sha256(''x'')', '''why'''], $$fixture.id('Bruno', 2)$$),
('reinstate_beneficiary(uuid)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$], $$fixture.id('Benoit', 2)$$),
('restrict_beneficiary(uuid,integer,text)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$, '1', '''why'''], $$fixture.id('Benoit', 2)$$),
('expire_rights()', NULL, NULL, '{}', NULL),
('transfer_beneficiary(uuid,uuid,text)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$, $$fixture.organisation('CCAS')$$, '''why'''], $$fixture.id('Benoit', 2)$$),
('request_transfer(uuid,bytea)', 'Alice', 'association', ARRAY[$$fixture.id('Bruno')$$, 'sha256(''x'')'], $$fixture.id('Bruno', 2)$$),
('pending_transfers()', 'Alice', 'association', '{}', NULL), ('transfer_requests()', 'Alice', 'association', '{}', NULL),
('release_transfer(uuid)', 'Alice', 'association', ARRAY['ecopanier.new_id(1)'], 'ecopanier.new_id(2)'),
('refuse_transfer(uuid,text)', 'Alice', 'association', ARRAY['ecopanier.new_id(1)', '''no'''], 'ecopanier.new_id(2)');
-- Privacy.
INSERT INTO call VALUES
('give_consent(text,integer,text)', 'Camille', 'customer', ARRAY['''alerts''', '1', '''fr'''], NULL),
('withdraw_consent(text)', 'Camille', 'customer', ARRAY['''alerts'''], NULL),
('consent_proof(text)', 'Camille', 'customer', ARRAY['''alerts'''], NULL),
('my_consents()', 'Camille', 'customer', '{}', NULL),
('export_schema()', 'Camille', 'customer', '{}', NULL),
('export_person(uuid)', 'Adele', 'administrator', ARRAY[$$fixture.id('Adele')$$], $$fixture.id('Camille', 2)$$),
('read_person(uuid)', 'Adele', 'administrator', ARRAY[$$fixture.id('Adele')$$], $$fixture.id('Camille', 2)$$),
('open_access(uuid,text,integer)', 'Adele', 'administrator', ARRAY[$$fixture.id('Camille')$$, '''litige panier''', '15'], $$fixture.id('Camille', 2)$$),
('erase_person(uuid,text)', 'Adele', 'administrator', ARRAY[$$fixture.id('Claude')$$, '''doublon'''], $$fixture.id('Camille', 2)$$),
('retention()', NULL, NULL, '{}', NULL);
-- Events.
INSERT INTO call VALUES ('tell_events(integer)', NULL, NULL, ARRAY['10'], NULL);
-- audit
INSERT INTO call VALUES
('audit_mac(record)', NULL, NULL, ARRAY['(SELECT ROW(1, ''x''))'], NULL),
('audit_reason_digest(bytea,text)', NULL, NULL, ARRAY['''\x000102030405060708090a0b0c0d0e0f''', '''x'''], NULL),
('audit_partitions()', NULL, NULL, '{}', NULL), ('tick()', NULL, NULL, '{}', NULL), ('schedule()', NULL, NULL, '{}', NULL),
('audit_checkpoint(integer)', 'Adele', 'administrator', ARRAY['1'], NULL),
('verify_audit(integer,text)', 'Adele', 'administrator', ARRAY['1', '''EA1.x'''], NULL);
-- Services.
CREATE TABLE fixture.service (territory int PRIMARY KEY, service uuid, key uuid);
CREATE FUNCTION fixture.make_service(territory int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	made uuid;
BEGIN
	made := fixture.try('Alice', 'association', 'SELECT ecopanier.create_service(''Town'', ''{enrol}'')', territory, keep => true);
	INSERT INTO fixture.service VALUES (territory, made, fixture.try('Alice', 'association',
		format('SELECT (ecopanier.create_service_key(%L, ''first'', ''2027-01-01'')).id', made), territory, keep => true)::uuid);
END $$;
SELECT fixture.make_service(1), fixture.make_service(2) \g /dev/null
CREATE FUNCTION fixture.service(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT service FROM fixture.service WHERE territory = t $$;
CREATE FUNCTION fixture.service_key(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT key FROM fixture.service WHERE territory = t $$;
INSERT INTO call VALUES
('create_service(text,text[],integer,uuid)', 'Alice', 'association', ARRAY['''Other''', '''{enrol}''', '60', $$fixture.organisation('CCAS')$$], NULL),
('create_service_key(uuid,text,timestamp with time zone)', 'Alice', 'association', ARRAY['fixture.service(1)', '''x''', '''2027-01-01'''], 'fixture.service(2)'),
('rotate_service_key(uuid,interval)', 'Alice', 'association', ARRAY['fixture.service_key(1)', '''7 days'''], 'fixture.service_key(2)'),
('revoke_service_key(uuid)', 'Alice', 'association', ARRAY['fixture.service_key(1)'], 'fixture.service_key(2)'),
('revoke_service(uuid)', 'Alice', 'association', ARRAY['fixture.service(1)'], 'fixture.service(2)'),
('managed_organisation()', 'Alice', 'association', '{}', NULL), ('fold_service_calls()', 'Adele', 'administrator', '{}', NULL),
('authenticate_service(text)', 'Camille', 'anon', ARRAY['''esk_x'''], NULL);
-- Notifications and alerts.
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT ecopanier.give_consent('alerts', 1, 'fr')$$, keep => true) \g /dev/null
INSERT INTO ecopanier.notification (territory_id, member_id, event_id, kind, subject_id)
SELECT t, fixture.id('Benoit', t), ecopanier.new_id(t), 'right.verified', fixture.id('Benoit', t) FROM generate_series(1, 2) t;
CREATE FUNCTION fixture.notification_of(name text, territory int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.notification WHERE member_id = fixture.id(name, territory) ORDER BY id LIMIT 1 $$;
INSERT INTO call VALUES
('my_notifications(boolean,integer,uuid)', 'Benoit', 'beneficiary', ARRAY['false', '20', $$fixture.notification_of('Benoit', 1)$$], NULL),
('unread_notifications()', 'Benoit', 'beneficiary', '{}', NULL), ('mark_read(uuid[])', 'Benoit', 'beneficiary', ARRAY[$$ARRAY[fixture.notification_of('Benoit', 1)]$$], NULL),
('mark_all_read(timestamp with time zone)', 'Benoit', 'beneficiary', ARRAY['''2026-11-20'''], NULL),
('set_alert(double precision,double precision,integer)', 'Benoit', 'beneficiary', ARRAY['46.58', '0.34', '2000'], NULL),
('remove_alert()', 'Benoit', 'beneficiary', '{}', NULL), ('my_alert()', 'Benoit', 'beneficiary', '{}', NULL),
('add_favourite(uuid)', 'Benoit', 'beneficiary', ARRAY['fixture.organisation(''Boulangerie'')'], 'fixture.organisation(''Boulangerie'', 2)'),
('remove_favourite(uuid)', 'Benoit', 'beneficiary', ARRAY['fixture.organisation(''Boulangerie'')'], 'fixture.organisation(''Boulangerie'', 2)'),
('my_favourites()', 'Benoit', 'beneficiary', '{}', NULL);
-- Sealed identities, contacts, households, wishes.
INSERT INTO call VALUES
('add_organisation_key(bytea,text)', 'Alice', 'association', ARRAY['set_byte(sha256(''5''), 31, 1)', '''bureau'''], NULL),
('retire_organisation_key(uuid)', 'Alice', 'association', ARRAY['ecopanier.new_id(1)'], 'ecopanier.new_id(2)'),
('store_identity(uuid,uuid,bytea)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$, 'ecopanier.new_id(1)', 'sha256(''1'') || sha256(''2'')'], $$fixture.id('Benoit', 2)$$),
('sealed_identity(uuid)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$], $$fixture.id('Benoit', 2)$$),
('sealed_identities(uuid,uuid,integer)', 'Alice', 'association', ARRAY['ecopanier.new_id(1)', $$fixture.id('Benoit')$$, '10'], 'ecopanier.new_id(2)'),
('forget_identities(uuid)', 'Alice', 'association', ARRAY['ecopanier.new_id(1)'], 'ecopanier.new_id(2)'),
('set_contact(text,text)', 'Benoit', 'beneficiary', ARRAY['''mail''', '''a@example.org'''], NULL),
('set_beneficiary_contact(uuid,text,text)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$, '''phone''', '''0612345678'''], $$fixture.id('Benoit', 2)$$),
('my_contacts()', 'Benoit', 'beneficiary', '{}', NULL), ('remove_contact(text)', 'Benoit', 'beneficiary', ARRAY['''mail'''], NULL), ('reseal_contacts()', NULL, NULL, '{}', NULL),
('set_household(integer,integer,integer,integer,integer,integer,uuid)', 'Benoit', 'beneficiary', ARRAY['1', '1', '1', '1', '1', '1', $$fixture.id('Benoit')$$], NULL),
('remove_household(uuid)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$], $$fixture.id('Benoit', 2)$$),
('set_wishes(uuid,text[])', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$, '''{no_pork}'''], $$fixture.claim_of('Camille', 2)$$),
('reservation_wishes(uuid)', 'Camille', 'customer', ARRAY[$$fixture.claim_of('Camille', 1)$$], $$fixture.claim_of('Camille', 2)$$);
-- Allotment rounds.
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t, n, 15, '2026-11-20 16:00+00', 'test' FROM generate_series(1, 2) t, unnest(ARRAY['allotment_lead_minutes', 'allotment_open_minutes']) n;
CREATE TABLE fixture.allotment (territory int PRIMARY KEY, lot uuid, other uuid, round uuid);
CREATE FUNCTION fixture.allotment(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT round FROM fixture.allotment WHERE territory = t $$;
CREATE FUNCTION fixture.allotment_lot(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT other FROM fixture.allotment WHERE territory = t $$;
INSERT INTO fixture.allotment SELECT t, fixture.lot(0, 2, t), fixture.lot(0, 2, t) FROM generate_series(1, 2) t;
UPDATE fixture.allotment SET round = fixture.try('Mona', 'merchant', format('SELECT ecopanier.open_allotment(%L, 2, ''2026-11-20 16:45+00'')', lot), territory, keep => true)::uuid;
INSERT INTO call VALUES
('open_allotment(uuid,integer,timestamp with time zone,uuid)', 'Mona', 'merchant', ARRAY['fixture.allotment_lot(1)', '2', '''2026-11-20 16:45+00''', 'ecopanier.new_id(1)'], 'fixture.allotment_lot(2)'),
('cancel_allotment(uuid,text)', 'Mona', 'merchant', ARRAY['fixture.allotment(1)', '''why'''], 'fixture.allotment(2)'),
('declare_interest(uuid,integer,double precision,double precision)', 'Benoit', 'beneficiary', ARRAY['fixture.allotment(1)', '1', '46.58', '0.34'], 'fixture.allotment(2)'),
('withdraw_interest(uuid)', 'Benoit', 'beneficiary', ARRAY['fixture.allotment(1)'], 'fixture.allotment(2)'),
('allotment_result(uuid)', 'Adele', 'administrator', ARRAY['fixture.allotment(1)'], 'fixture.allotment(2)'),
('recompute_allotment(uuid)', 'Adele', 'administrator', ARRAY['fixture.allotment(1)'], 'fixture.allotment(2)');
-- The cascade.
INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, declares_short_dated) SELECT t, fixture.organisation('CCAS', t), 'association', 100, true FROM generate_series(1, 2) t;
CREATE FUNCTION fixture.receiver(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM ecopanier.receiver WHERE territory_id = t $$;
CREATE TABLE fixture.gift (territory int PRIMARY KEY, lot uuid, step uuid, accepted uuid);
INSERT INTO fixture.gift SELECT t, fixture.lot(3, 2, t) FROM generate_series(1, 2) t;
UPDATE fixture.gift SET step = fixture.try('Mona', 'merchant', format('SELECT ecopanier.give_lot(%L, 1, %L)', lot, fixture.receiver(territory)), territory, keep => true)::uuid,
	accepted = fixture.try('Mona', 'merchant', format('SELECT ecopanier.give_lot(%L, 2, %L)', lot, fixture.receiver(territory)), territory, keep => true)::uuid;
SELECT fixture.try('Alice', 'association', format('SELECT ecopanier.accept_offer(%L)', accepted), territory, keep => true) FROM fixture.gift;
CREATE FUNCTION fixture.gift(t int, part text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT CASE part WHEN 'lot' THEN lot WHEN 'step' THEN step ELSE accepted END FROM fixture.gift WHERE territory = t $$;
INSERT INTO call VALUES
('my_offers()', 'Alice', 'association', '{}', NULL),
('accept_offer(uuid)', 'Alice', 'association', ARRAY[$$fixture.gift(1, 'step')$$], $$fixture.gift(2, 'step')$$),
('refuse_offer(uuid,text)', 'Alice', 'association', ARRAY[$$fixture.gift(1, 'step')$$, '''full'''], $$fixture.gift(2, 'step')$$),
('receive_offer(uuid,integer,bigint)', 'Alice', 'association', ARRAY[$$fixture.gift(1, 'accepted')$$, '1', '1000'], $$fixture.gift(2, 'accepted')$$),
('give_lot(uuid,integer,uuid,uuid)', 'Mona', 'merchant', ARRAY[$$fixture.gift(1, 'lot')$$, '1', 'fixture.receiver(1)', 'ecopanier.new_id(1)'], $$fixture.gift(2, 'lot')$$);
-- Webhooks.
INSERT INTO ecopanier.webhook_host (territory_id, host) SELECT t, 'hooks.example.org' FROM generate_series(1, 2) t;
CREATE TABLE fixture.webhook (territory int PRIMARY KEY, webhook uuid);
CREATE FUNCTION fixture.webhook(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT webhook FROM fixture.webhook WHERE territory = t $$;
INSERT INTO fixture.webhook SELECT t, fixture.try('Mona', 'merchant', 'SELECT id FROM ecopanier.add_webhook(''https://hooks.example.org/'')', t, keep => true)::uuid FROM generate_series(1, 2) t;
INSERT INTO call VALUES
('add_webhook(text,text[],text,uuid)', 'Mona', 'merchant', ARRAY['''https://hooks.example.org/x''', '''{lot.published}''', '''x''', $$fixture.organisation('Boulangerie')$$], NULL),
('rotate_webhook_secret(uuid,interval)', 'Mona', 'merchant', ARRAY['fixture.webhook(1)', '''1 day'''], 'fixture.webhook(2)'),
('pause_webhook(uuid)', 'Mona', 'merchant', ARRAY['fixture.webhook(1)'], 'fixture.webhook(2)'),
('resume_webhook(uuid)', 'Mona', 'merchant', ARRAY['fixture.webhook(1)'], 'fixture.webhook(2)'),
('remove_webhook(uuid)', 'Mona', 'merchant', ARRAY['fixture.webhook(1)'], 'fixture.webhook(2)'),
('send_webhook_test(uuid)', 'Mona', 'merchant', ARRAY['fixture.webhook(1)'], 'fixture.webhook(2)'),
('replay_webhook(uuid)', 'Mona', 'merchant', ARRAY['ecopanier.new_id(1)'], 'ecopanier.new_id(2)'),
('replay_webhooks(uuid,timestamp with time zone,timestamp with time zone)', 'Adele', 'administrator', ARRAY['fixture.webhook(1)', '''2026-11-20''', '''2026-11-21'''], 'fixture.webhook(2)'),
('reseal_webhook_secrets()', NULL, NULL, '{}', NULL);

-- Listings: a draft and a proposal that failed in each territory.
CREATE FUNCTION fixture.photo() RETURNS bytea IMMUTABLE LANGUAGE sql AS
$$ SELECT '\x89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082'::bytea $$;
CREATE FUNCTION fixture.proposal_of(t int, wanted text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.proposal WHERE territory_id = t AND state = wanted $$;
SELECT fixture.try('Mona', 'merchant', 'SELECT state FROM ecopanier.propose_lot(fixture.photo())', t, keep => true) FROM generate_series(1, 2) t, generate_series(1, 2) \g /dev/null
UPDATE ecopanier.proposal SET state = 'draft', fields = '{"title": {"value": "Pommes", "confidence": 0.9, "source": "proposed"}}', answered_at = ecopanier.now()
WHERE id IN (SELECT min(id::text)::uuid FROM ecopanier.proposal GROUP BY territory_id);
UPDATE ecopanier.proposal SET state = 'failed', failure = 'model_busy', answered_at = ecopanier.now() WHERE state = 'waiting';
-- A draft with a photo in each territory.
CREATE FUNCTION fixture.photographed(t int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT lot_id FROM ecopanier.lot_photo WHERE territory_id = t $$;
CREATE TABLE fixture.draft (territory_id int, id uuid);
WITH d AS (INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, original_price_cents, price_cents)
	SELECT t, fixture.organisation('Boulangerie', t), 'Pain', 1, 1000, 400 FROM generate_series(1, 2) t RETURNING territory_id, id)
INSERT INTO fixture.draft SELECT * FROM d;
INSERT INTO ecopanier.lot_photo (territory_id, lot_id, bytes) SELECT territory_id, id, fixture.photo() FROM fixture.draft;
INSERT INTO call VALUES
('propose_lot(bytea,uuid)', 'Mona', 'merchant', ARRAY['fixture.photo()', 'ecopanier.new_id(1)'], NULL),
('propose_lot_from(bytea)', 'Mona', 'merchant', ARRAY['fixture.photo()'], NULL),
('confirm_proposal(uuid,jsonb)', 'Mona', 'merchant', ARRAY[$$fixture.proposal_of(1, 'draft')$$, '''{}'''], $$fixture.proposal_of(2, 'draft')$$),
('discard_proposal(uuid,text)', 'Mona', 'merchant', ARRAY[$$fixture.proposal_of(1, 'draft')$$, '''flou'''], $$fixture.proposal_of(2, 'draft')$$),
('ask_again(uuid)', 'Mona', 'merchant', ARRAY[$$fixture.proposal_of(1, 'failed')$$], $$fixture.proposal_of(2, 'failed')$$),
('my_proposals(timestamp with time zone,integer)', 'Mona', 'merchant', ARRAY['''2026-11-20''', '50'], NULL),
('add_lot_photo(uuid,bytea)', 'Mona', 'merchant', ARRAY['fixture.photographed(1)', 'fixture.photo()'], 'fixture.photographed(2)'),
('remove_lot_photo(uuid,integer)', 'Mona', 'merchant', ARRAY['fixture.photographed(1)', '1'], 'fixture.photographed(2)'),
('lot_photos(uuid)', 'Mona', 'merchant', ARRAY['fixture.photographed(1)'], 'fixture.photographed(2)'),
('lot_photo(uuid,integer)', 'Mona', 'merchant', ARRAY['fixture.photographed(1)', '1'], 'fixture.photographed(2)'),
('listing_allowance()', 'Mona', 'merchant', '{}', NULL), ('food_categories()', 'Mona', 'merchant', '{}', NULL),
('set_organisation_plan(uuid,text,text,timestamp with time zone)', 'Adele', 'administrator', ARRAY[$$fixture.organisation('CCAS')$$, '''large''', '''why''', '''2026-12-01'''],
 $$fixture.organisation('CCAS', 2)$$);

-- Cards and the kiosk: one card in each territory, so that there is something to guess.
CREATE FUNCTION fixture.card_of(territory int) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier.card WHERE territory_id = territory LIMIT 1 $$;
WITH card AS (INSERT INTO ecopanier.card (territory_id, member_id, organisation_id, key_id)
	SELECT t, fixture.id('Benoit', t), fixture.organisation('CCAS', t), k.id FROM generate_series(1, 2) t, ecopanier.key_ring k
	RETURNING territory_id, id)
INSERT INTO ecopanier_private.card_secret SELECT territory_id, id, decode(repeat('00', 32), 'hex') FROM card;
-- Mail.
INSERT INTO call VALUES ('resend_mail(timestamp with time zone)', 'Adele', 'administrator', ARRAY['''2026-11-20'''], NULL);
INSERT INTO call VALUES
('issue_card(uuid)', 'Alice', 'association', ARRAY[$$fixture.id('Benoit')$$], $$fixture.id('Benoit', 2)$$),
('revoke_card(uuid,text)', 'Alice', 'association', ARRAY['fixture.card_of(1)', '''lost'''], 'fixture.card_of(2)'),
('reissue_card_pin(uuid)', 'Alice', 'association', ARRAY['fixture.card_of(1)'], 'fixture.card_of(2)'),
('release_card(uuid,text)', 'Alice', 'association', ARRAY['fixture.card_of(1)', '''known'''], 'fixture.card_of(2)'),
('card_qr(text)', 'Alice', 'association', ARRAY['''EC1.x'''], NULL), ('card_qr_png(text,integer)', 'Alice', 'association', ARRAY['''EC1.x''', '8'], NULL),
('kiosk_login(text,text)', 'Alice', 'association', ARRAY['''EC1.x''', '''123456'''], NULL),
('kiosk_screen(text,text)', 'Alice', 'association', ARRAY['''EK1.x''', '''fr'''], NULL),
('kiosk_reserve(text,uuid,integer,uuid)', 'Alice', 'association', ARRAY['''EK1.x''', $$fixture.named('good')$$, '1', $$fixture.named('good')$$], NULL),
('kiosk_cancel(text,uuid)', 'Alice', 'association', ARRAY['''EK1.x''', $$fixture.claim_of('Camille', 1)$$], NULL),
('kiosk_logout(text)', 'Alice', 'association', ARRAY['''EK1.x'''], NULL), ('end_kiosk_sessions()', 'Alice', 'association', '{}', NULL);
SELECT set_eq($$SELECT function FROM call$$, $$
	SELECT replace(p.oid::regprocedure::text, 'ecopanier.', '') FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	WHERE p.pronamespace = 'ecopanier'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
	-- input, output, comparison and casts of the types are tried in sql/
	AND p.proname !~ '^(ben_code|siret)_'$$, 'every function is tried');

CREATE TEMP TABLE bad (type text, says text, value text);
INSERT INTO bad VALUES
('uuid', 'unknown', 'ecopanier.new_id(1)'), ('uuid', 'foreign', NULL), ('uuid', 'not ours', '''00000000-0000-4000-8000-000000000001'''),
('uuid', 'all zeros', '''00000000-0000-0000-0000-000000000000'''), ('uuid', 'territory without a row', 'ecopanier.new_id(777)'),
('integer', 'zero', '0'), ('integer', 'negative', '-1'), ('integer', 'more than there are', '6'), ('integer', 'largest', '2147483647'), ('integer', 'smallest', '-2147483648'),
('numeric', 'not a number', '''NaN'''), ('numeric', 'infinite', '''Infinity'''), ('numeric', 'huge', '1e1000'), ('numeric', 'tiny', '-1e-1000'),
('timestamp with time zone', 'infinite', '''infinity'''), ('timestamp with time zone', 'minus infinite', '''-infinity'''), ('timestamp with time zone', 'oldest', '''4713-01-01 00:00 BC'''),
('date', 'infinite', '''infinity'''), ('date', 'minus infinite', '''-infinity'''), ('date', 'farthest', '''5874897-12-31'''), ('date', 'oldest', '''4713-01-01 BC'''),
('jsonb', 'scalar', '''1'''), ('jsonb', 'array', '''[]'''), ('jsonb', 'nested', '''{"lot": {"a": [1]}}'''),
('bytea', 'empty', ''''''), ('bytea', 'no text', '''\xff'''), ('bytea', 'a megabyte', 'decode(repeat(''00'', 1048576), ''hex'')');
INSERT INTO bad VALUES ('interval', 'negative', '''-1 microsecond'''), ('interval', 'huge', '''178000000 years'''), ('text[]', 'empty', '''{}'''), ('text[]', 'of null', '''{NULL}'''),
	('text[]', 'unknown', '''{king}'''), ('text[]', 'two-dimensional', '''{{enrol},{verify}}'''), ('text[]', 'a megabyte', 'array_fill(''enrol''::text, ARRAY[200000])');
INSERT INTO bad VALUES ('double precision', 'not a number', '''NaN'''), ('double precision', 'infinite', '''Infinity'''), ('double precision', 'huge', '1e300'), ('double precision', 'zero', '0');
INSERT INTO bad SELECT type, says, value FROM unnest(ARRAY['text', 'name']) type, (VALUES
	('empty', ''''''), ('blank', ''' '''), ('a megabyte', 'repeat(''x'', 1048576)::text'), ('not UTF-8', 'E''\xff'''), ('quotes', '''"'''';--'''), ('right to left', 'U&''\202e\202d''')) v (says, value);
INSERT INTO bad SELECT DISTINCT type, 'null', 'NULL' FROM (SELECT type FROM bad UNION SELECT 'boolean') t;

-- the numbers that the fixture took by hand are not tried again
SELECT setval(pg_get_serial_sequence('ecopanier.territory', 'id'), 100) \g /dev/null
CREATE TEMP TABLE tried AS
SELECT c.*, t.n AS argument, b.says, coalesce(b.value, c.elsewhere) AS value, a.state, a.message, a.hint, a.value AS answer, false AS changed
FROM call c
CROSS JOIN LATERAL (SELECT a.n, format_type(a.type, NULL) AS type FROM pg_proc p, unnest(p.proargtypes) WITH ORDINALITY a (type, n)
	WHERE p.oid = to_regprocedure('ecopanier.' || replace(c.function, ',siret', ',ecopanier.siret'))) t
JOIN bad b ON b.type = t.type
CROSS JOIN LATERAL (SELECT format('SELECT ecopanier.%s(%s)', split_part(c.function, '(', 1),
	(SELECT string_agg(CASE o WHEN t.n THEN format('CAST(%s AS %s)', coalesce(b.value, c.elsewhere), t.type) ELSE x END, ', ' ORDER BY o)
		FROM unnest(c.arguments) WITH ORDINALITY u (x, o))) AS statement) s
CROSS JOIN LATERAL fixture.attempt(CASE WHEN c.name IS NULL THEN 'postgres' ELSE 'api' END, fixture.database_role(c.role),
	CASE WHEN c.name IS NOT NULL THEN fixture.claims(c.name, c.role) END, s.statement) a
WHERE (b.value IS NOT NULL OR c.elsewhere IS NOT NULL)
	AND (b.says <> 'foreign' OR t.n = 1);
SELECT cmp_ok(count(*), '>', 150::bigint, 'many calls were tried') FROM tried;

CREATE TEMP TABLE allowed (state text PRIMARY KEY, needs_hint boolean);
INSERT INTO allowed SELECT code, true FROM ecopanier.error_code();
INSERT INTO allowed VALUES ('22004', true), ('22023', true), ('42501', true), ('25P01', true),
	-- core's own: constraints, dates out of range, bytes that are not text, names that are too long or unknown
	('23502', false), ('23503', false), ('23505', false), ('23514', false), ('22008', false), ('22021', false), ('22003', false), ('42704', false), ('42622', false);
SELECT is((SELECT string_agg(format('%s argument %s %s: %s %s', function, argument, says, t.state, t.message), E'\n') FROM tried t LEFT JOIN allowed a USING (state)
	WHERE t.state IS NOT NULL AND a.state IS NULL), NULL, 'every refusal has a code of the reference');
SELECT is((SELECT string_agg(format('%s argument %s %s: %s %s', function, argument, says, t.state, t.message), E'\n') FROM tried t JOIN allowed a USING (state)
	WHERE a.needs_hint AND t.hint = '' AND t.state <> 'ZE116'), NULL, 'every refusal of ours has a hint');
SELECT is((SELECT string_agg(format('%s argument %s %s: %s', function, argument, says, length(t.message)), E'\n') FROM tried t
	WHERE length(t.message) > 500 AND name IS NOT NULL), NULL, 'no refusal repeats a huge text to a client');
SELECT is(f.state || f.message || f.hint, u.state || u.message || u.hint, f.function || ' answers foreign and unknown ids alike')
FROM tried f JOIN tried u USING (function, argument) WHERE f.says = 'foreign' AND u.says = 'unknown';
SELECT is(o.state || o.message || o.hint, u.state || u.message || u.hint, o.function || ' answers ids ' || o.says || ' like unknown ones')
FROM tried o JOIN tried u USING (function, argument) WHERE o.says IN ('not ours', 'all zeros', 'territory without a row') AND u.says = 'unknown'
	AND o.elsewhere IS NOT NULL AND argument = 1;
-- A kiosk's bad card or token is an answer, whatever else is given; no picture is made of what is no card.
SELECT is(string_agg(DISTINCT left(answer, 23), ' '), '(refused,kiosk_refused,', 'a kiosk''s bad card or token is answered') FROM tried
	WHERE function ~ '^kiosk_' AND function !~ '^kiosk_screen' AND says <> 'not UTF-8';
SELECT is(string_agg(DISTINCT answer::jsonb ->> 'state', ' '), 'refused', 'so is its screen') FROM tried WHERE function ~ '^kiosk_screen' AND says <> 'not UTF-8';
SELECT is(string_agg(DISTINCT answer, ' '), '1 row', 'and no card has no picture') FROM tried WHERE function ~ '^card_qr' AND says <> 'not UTF-8';
DELETE FROM tried WHERE function ~ '^(kiosk_|card_qr)';
-- What was taken is a short list that somebody has read.
SELECT results_eq($$SELECT split_part(function, '(', 1) || ' ' || argument, string_agg(says, ', ' ORDER BY says) FROM tried
	WHERE state IS NULL AND function NOT LIKE 'message(%' AND function NOT LIKE 'verify_pickup(%' GROUP BY 1 ORDER BY 1$$, $$VALUES
	('add_organisation_key 2', 'quotes, right to left'), ('add_webhook 2', 'null'), ('add_webhook 3', 'blank, empty, quotes, right to left'), ('add_webhook 4', 'null'),
	('allergen_bits 1', 'empty, null'), ('apply_organisation 2', 'quotes, right to left'), ('apply_organisation 4', 'null'),
	('apply_organisation 5', 'blank, empty, null, quotes, right to left'), ('apply_organisation 6', 'null, zero'), ('apply_organisation 7', 'null, zero'),
	('audit_reason_digest 1', 'null'), ('audit_reason_digest 2', 'a megabyte, blank, empty, null, quotes, right to left'),
	('cancel 2', 'blank, empty, null, quotes, right to left'), ('cancel_allotment 2', 'quotes, right to left'),
	('category_label 1', 'a megabyte, blank, empty, null, quotes, right to left'), ('confirm_proposal 2', 'null'),
	('consent_proof 1', 'a megabyte, blank, empty, quotes, right to left'), ('contribute 3', 'all zeros, not ours, null, territory without a row, unknown'),
	('contribute 4', 'null'), ('create_service 1', 'quotes, right to left'), ('create_service 3', 'more than there are'), ('create_service 4', 'null'),
	('create_service_key 2', 'quotes, right to left'), ('create_territory 2', 'quotes, right to left'), ('decide_organisation 3', 'quotes, right to left'),
	('declare_interest 2', 'more than there are'), ('declare_interest 3', 'zero'), ('declare_interest 4', 'zero'),
	('discard_proposal 2', 'blank, empty, null, quotes, right to left'), ('distance_m 1', 'null, zero'), ('distance_m 2', 'null, zero'), ('distance_m 3', 'null, zero'),
	('distance_m 4', 'null, zero'), ('due_instructions 1', 'more than there are'), ('due_instructions 2', 'null'), ('erase_person 2', 'quotes, right to left'),
	('give_lot 4', 'all zeros, not ours, null, territory without a row, unknown'), ('install 1', 'null'),
	('is_accredited 2', 'farthest, infinite, minus infinite, null, oldest'), ('is_open 2', 'null'), ('lot_from_template 2', 'null'), ('lot_photo 2', 'null'),
	('lot_photos 1', 'all zeros, foreign, not ours, null, territory without a row, unknown'), ('lot_spot 1', 'largest, more than there are, negative, null, smallest, zero'),
	('lot_spot 2', 'null, zero'), ('lot_spot 3', 'null, zero'), ('map_login 4', 'null'), ('mark_all_read 1', 'infinite, minus infinite, null, oldest'),
	('my_notifications 1', 'null'), ('my_notifications 2', 'more than there are, null'), ('my_notifications 3', 'null'),
	('my_proposals 1', 'infinite, minus infinite, null, oldest'), ('my_proposals 2', 'more than there are'),
	('my_standing 1', 'a megabyte, blank, empty, null, quotes, right to left'), ('nearby_lots 1', 'zero'), ('nearby_lots 10', 'empty, null'),
	('nearby_lots 11', 'empty, null'), ('nearby_lots 12', 'empty, null'), ('nearby_lots 13', 'more than there are'), ('nearby_lots 14', 'zero'),
	('nearby_lots 15', 'all zeros, not ours, territory without a row, unknown'), ('nearby_lots 2', 'zero'), ('nearby_lots 4', 'empty, null'),
	('nearby_lots 5', 'largest, more than there are, null, zero'), ('nearby_lots 6', 'minus infinite, null, oldest'), ('nearby_lots 7', 'infinite, null'),
	('nearby_lots 8', 'null'), ('nearby_lots 9', 'null'), ('new_ben_code 1', 'null'), ('new_id 1', 'more than there are, null'), ('next_opening 2', 'null'),
	('open_access 3', 'more than there are'), ('open_allotment 4', 'all zeros, not ours, null, territory without a row, unknown'), ('opening_hours 2', 'null'),
	('opening_hours 3', 'null'), ('pickup_qr_png 2', 'more than there are, null'), ('price_at 2', 'infinite, minus infinite, null, oldest'),
	('price_on_schedule 1', 'largest, null'), ('price_on_schedule 2', 'infinite, minus infinite, null, oldest'),
	('price_on_schedule 3', 'largest, more than there are, null'), ('price_on_schedule 4', 'largest, more than there are, null'),
	('price_on_schedule 5', 'more than there are, null, zero'), ('price_on_schedule 6', 'infinite, minus infinite, null, oldest'),
	('propose_lot 2', 'all zeros, not ours, null, territory without a row, unknown'), ('public_holidays 2', 'null'), ('publish_lots 1', 'array'),
	('publish_lots 2', 'all zeros, not ours, null, territory without a row, unknown'), ('refuse_beneficiary 2', 'quotes, right to left'),
	('refuse_offer 2', 'quotes, right to left'), ('register_beneficiary 1', 'quotes, right to left'),
	('remove_favourite 1', 'all zeros, foreign, not ours, territory without a row, unknown'), ('remove_household 1', 'null'),
	('remove_lot_photo 2', 'largest, more than there are, negative, smallest, zero'), ('repeat_lots 1', 'null'), ('repeat_lots 3', 'null'),
	('repeat_lots 4', 'all zeros, not ours, null, territory without a row, unknown'), ('replace_tag 3', 'quotes, right to left'),
	('resend_mail 1', 'infinite, minus infinite, oldest'), ('reservation_wishes 1', 'all zeros, foreign, not ours, null, territory without a row, unknown'),
	('reserve 3', 'all zeros, all zeros, not ours, not ours, null, null, territory without a row, territory without a row, unknown, unknown'), ('reserve 4', 'null'),
	('reserve 5', 'null'), ('restrict_beneficiary 2', 'more than there are, null, zero'), ('restrict_beneficiary 3', 'quotes, right to left'),
	('search_lots 1', 'blank, empty, quotes, right to left'), ('search_lots 10', 'null'), ('search_lots 11', 'empty, null'), ('search_lots 12', 'empty, null'),
	('search_lots 13', 'empty, null'), ('search_lots 14', 'more than there are'), ('search_lots 15', 'zero'), ('search_lots 16', 'null'), ('search_lots 17', 'null'),
	('search_lots 18', 'all zeros, not ours, territory without a row, unknown'), ('search_lots 2', 'zero'), ('search_lots 3', 'zero'), ('search_lots 5', 'empty, null'),
	('search_lots 6', 'largest, more than there are, null, zero'), ('search_lots 7', 'minus infinite, null, oldest'), ('search_lots 8', 'infinite, null'),
	('search_lots 9', 'null'), ('search_words 1', 'a megabyte, empty, null, of null, two-dimensional, unknown'), ('set_alert 1', 'zero'), ('set_alert 2', 'zero'),
	('set_category_points 2', 'more than there are'), ('set_category_points 3', 'quotes, right to left'), ('set_category_points 4', 'null'),
	('set_household 1', 'more than there are, zero'), ('set_household 2', 'more than there are, zero'), ('set_household 3', 'more than there are, zero'),
	('set_household 4', 'more than there are, zero'), ('set_household 5', 'more than there are, zero'), ('set_household 6', 'more than there are, zero'),
	('set_household 7', 'null'), ('set_organisation_plan 3', 'quotes, right to left'), ('set_organisation_plan 4', 'null'), ('set_setting 3', 'quotes, right to left'),
	('set_setting 4', 'null'), ('set_wishes 2', 'empty'), ('setting_value 1', 'null'), ('setting_value 2', 'infinite, minus infinite, null, oldest'),
	('sponsor_units 3', 'all zeros, not ours, null, territory without a row, unknown'), ('suspend_beneficiary 2', 'quotes, right to left'),
	('tell_events 1', 'largest, more than there are'), ('territory_of 1', 'null, territory without a row, unknown'), ('uninstall 1', 'null'),
	('unmap_login 1', 'a megabyte, blank, empty, null, quotes, right to left'), ('verify_audit 2', 'a megabyte, blank, empty, null, quotes, right to left'),
	('verify_beneficiary 3', 'null, null'), ('windows_fit 2', 'infinite, minus infinite, null, oldest'), ('windows_fit 3', 'infinite, minus infinite, null, oldest'),
	('withdraw_consent 1', 'a megabyte, blank, empty, quotes, right to left')$$, 'what is taken as it is');
SELECT is(string_agg(DISTINCT answer, ' '), '(invalid,,,)', 'a station''s bad token is a verdict') FROM tried WHERE function LIKE 'verify_pickup(%' AND says <> 'not UTF-8';

\echo '# reservation, lot and the other tables take the same nonsense at their own doors'
SELECT is(fixture.try(name, role, statement), expected, left(statement, 120)) FROM (VALUES
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation DEFAULT VALUES', '22004'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id) VALUES (NULL)', '22004'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), NULL)', '22004'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), 0)', '22023'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), 2147483647)', 'ZE104'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id, quantity) VALUES (fixture.named(''good''), 2147483648)', '22003'),
	('Camille', 'customer', 'INSERT INTO ecopanier.reservation (lot_id) VALUES (''x'')', '22P02'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot DEFAULT VALUES', '23502'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES ('''')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES ('' x'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES (repeat(''x'', 200))', '1 row'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title) VALUES (repeat(''x'', 201))', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, description) VALUES (''x'', repeat(''x'', 1048576))', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, public_units) VALUES (''x'', -1)', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, public_units) VALUES (''x'', 100001)', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, public_units) VALUES (''x'', NULL)', '23502'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, latitude) VALUES (''x'', ''NaN'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, commune_insee) VALUES (''x'', ''99999'')', '23503'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, allergens) VALUES (''x'', ''{nuts}'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, window_start, window_end) VALUES (''x'', ''2026-11-21'', ''2026-11-21'')', '23514'),
	('Mona', 'merchant', 'INSERT INTO ecopanier.lot (title, meals_per_unit) VALUES (''x'', ''NaN'')', '23514'),
	('Camille', 'customer', 'UPDATE ecopanier.member SET display_name = repeat(''x'', 61)', '23514'),
	('Camille', 'customer', 'UPDATE ecopanier.member SET language = ''xx''', '23514'),
	('Camille', 'customer', 'UPDATE ecopanier.member SET display_name = NULL', '23502')) v (name, role, statement, expected);

\echo '# a superuser''s plain statements do not break what is timeless'
SELECT fixture.try('Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('good'), 2)$$, keep => true) \g /dev/null
CREATE TEMP TABLE attack (n serial, expected text, statement text);
INSERT INTO attack (expected, statement) VALUES
('ZE104', $$INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) VALUES (fixture.named('good'), fixture.id('Claude'), 4)$$),
('ZE104', $$INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) SELECT fixture.named('good'), fixture.id('Claude'), 1 FROM generate_series(1, 4)$$),
('ZE104', $$UPDATE ecopanier.lot SET public_units = 1 WHERE id = fixture.named('good')$$),
('ZE105', $$INSERT INTO ecopanier.reservation (lot_id, member_id, pool) VALUES (fixture.named('good'), fixture.id('Benoit'), 'solidarity')$$),
('ZE105', $$INSERT INTO ecopanier.reservation (lot_id, member_id, pool, quantity) VALUES (fixture.named('good'), fixture.id('Basma'), 'solidarity', 3)$$),
('ZE111', $$UPDATE ecopanier.reservation SET quantity = 1 WHERE quantity = 2$$),
('ZE111', $$UPDATE ecopanier.reservation SET pool = 'public'$$), ('ZE111', $$UPDATE ecopanier.reservation SET lot_id = fixture.named('elsewhere')$$),
('ZE111', $$UPDATE ecopanier.reservation SET member_id = fixture.id('Claude')$$), ('ZE111', $$UPDATE ecopanier.reservation SET claim_day = claim_day - 1$$),
('ZE111', $$UPDATE ecopanier.reservation SET quota_limit = 10$$), ('ZE111', $$UPDATE ecopanier.reservation SET amount_cents = 1$$),
('ZE111', $$UPDATE ecopanier.reservation SET late_cancel = true$$), ('ZE107', $$UPDATE ecopanier.reservation SET state = 'awaiting_payment'$$),
('ZE111', $$DELETE FROM ecopanier.reservation$$), ('ZE111', $$TRUNCATE ecopanier.reservation$$), ('ZE111', $$TRUNCATE ecopanier.lot CASCADE$$),
('ZE111', $$DELETE FROM ecopanier.lot$$), ('ZE111', $$DELETE FROM ecopanier.beneficiary$$), ('ZE111', $$TRUNCATE ecopanier.beneficiary CASCADE$$),
('ZE111', $$UPDATE ecopanier.setting SET value = 9$$), ('ZE111', $$DELETE FROM ecopanier.setting$$), ('ZE111', $$TRUNCATE ecopanier.setting$$),
('ZE112', $$UPDATE ecopanier_private.lot_stock SET public_left = public_left + 1$$), ('ZE112', $$DELETE FROM ecopanier_private.lot_stock$$),
('ZE112', $$INSERT INTO ecopanier_private.lot_stock VALUES (1, ecopanier.new_id(1), 1, 1)$$), ('ZE111', $$TRUNCATE ecopanier_private.lot_stock$$),
('ZE112', $$UPDATE ecopanier_private.free_quota SET used = 0$$), ('ZE112', $$DELETE FROM ecopanier_private.free_quota$$),
('ZE112', $$INSERT INTO ecopanier_private.free_quota VALUES (1, fixture.id('Basma'), '2026-11-20', 0, 9, 1)$$), ('ZE111', $$TRUNCATE ecopanier_private.free_quota$$),
('22023', $$INSERT INTO ecopanier.reservation (lot_id, member_id, quantity) VALUES (fixture.named('good'), fixture.id('Claude'), -3)$$),
('23514', $$INSERT INTO ecopanier.reservation (lot_id, member_id, pool) VALUES (fixture.named('good'), fixture.id('Claude'), 'mine')$$),
('23514', $$INSERT INTO ecopanier.reservation (lot_id, member_id, state) VALUES (fixture.named('good'), fixture.id('Claude'), 'lost')$$),
('ZE101', $$INSERT INTO ecopanier.reservation (lot_id, member_id, territory_id) VALUES (fixture.named('good'), fixture.id('Claude'), 2)$$),
('23503', $$INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES (fixture.named('good'), fixture.id('Claude', 2))$$),
('23502', $$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('good'))$$),
('ZE111', $$DELETE FROM ecopanier_private.pickup_guess; TRUNCATE ecopanier_private.pickup_guess$$);
SELECT fixture.counts() AS before \gset
SELECT is((fixture.attempt('postgres', NULL, NULL, statement, keep => true)).state, expected, statement) FROM attack ORDER BY n;
-- logical replication applies with triggers off; the guards that are always on stay on
SELECT is((fixture.attempt('postgres', NULL, NULL, 'SET LOCAL session_replication_role = replica; ' || statement || ';')).state, expected, 'as a replica: ' || statement)
FROM (VALUES ('ZE104', $$UPDATE ecopanier_private.lot_stock SET public_left = -1$$), ('ZE105', $$UPDATE ecopanier_private.free_quota SET used = 99$$),
	('ZE111', $$UPDATE ecopanier.reservation SET quantity = 9$$), ('ZE111', $$DELETE FROM ecopanier.reservation$$)) v (expected, statement);
-- COPY is a statement like another
SELECT format('printf "%s\t%s\t4\n"', fixture.named('good'), fixture.id('Claude')) AS rows \gset
SELECT (fixture.attempt('postgres', NULL, NULL, format('COPY ecopanier.reservation (lot_id, member_id, quantity) FROM PROGRAM %L', :'rows'))).state AS copy_state \gset
SELECT is(:'copy_state'::text, 'ZE104', 'COPY does not oversell');
SELECT is(fixture.counts(), :'before'::text, 'nothing changed');
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT is(ecopanier.rebuild_stock() + ecopanier.rebuild_quota(), 0::bigint, 'the counters follow from the facts');
SELECT * FROM finish();
