/*
 * A good call of each function of the API, in the table call; to be read with \i after try.sql.
 *
 *   function    as regprocedure prints it, without the schema
 *   name, role  who calls it; no name: a superuser
 *   arguments   what is given, as SQL
 *   elsewhere   an id of the other territory, to try in place of the first argument
 */
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

CREATE TABLE call (function text PRIMARY KEY, name text, role text, arguments text[], elsewhere text);
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
