-- Webhooks: which addresses are allowed and to whom, what becomes of an event, secrets, replay, and what goes by age.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'merchant', 'Epicerie'), (1, 'association', 'Croix');
INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Mia'), (1, 'Rita');
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, fixture.id(n), 'merchant' FROM unnest(ARRAY['Mia', 'Rita']) n;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES
	(1, fixture.organisation('Epicerie'), fixture.id('Mia'), 'manager'), (1, fixture.organisation('Boulangerie'), fixture.id('Rita'), 'reader');
CREATE TABLE fixture.made (name text PRIMARY KEY, id uuid, secret text);
CREATE FUNCTION fixture.made(made_name text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS $$ SELECT id FROM fixture.made WHERE name = made_name $$;
CREATE FUNCTION fixture.make(made_name text, who text, role text, statement text, at text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text := fixture.try(who, role, statement, 1, at, true);
	part text[] := string_to_array(btrim(replace(answer, '"', ''), '()'), ',');
BEGIN
	IF answer NOT LIKE '(%' THEN
		RETURN answer;
	END IF;
	INSERT INTO fixture.made VALUES (made_name, part[1]::uuid, part[2]) ON CONFLICT (name) DO UPDATE SET secret = excluded.secret;
	RETURN 'made';
END $$;
CREATE FUNCTION fixture.detail(who text, role text, statement text) RETURNS text LANGUAGE sql AS
$$ SELECT a.state || ' ' || a.detail FROM fixture.attempt('api', fixture.database_role(role), fixture.claims(who, role), statement) a $$;
-- Organisation, endpoint and kind of what is queued, and how often.
CREATE FUNCTION fixture.queued(made text) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT coalesce(string_agg(kind || ' ' || state, ', ' ORDER BY number, kind), 'nothing') FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made(made) $$;

\echo '# hosts'
SELECT is(fixture.try(who, role, statement, 1, NULL, true), expected, who || ': ' || statement) FROM (VALUES
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('Hooks.Example.ORG')$$, '1 row'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('.partner.example')$$, '1 row'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host, port) VALUES ('hooks.example.org', 8443)$$, '1 row'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('10.0.0.1'), ('localhost')$$, '2 rows'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('hooks.EXAMPLE.org')$$, '23505'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('.org')$$, '22023'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('*')$$, '22023'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('https://a.fr')$$, '22023'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('10.0.0.0/8')$$, '22023'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host) VALUES (NULL)$$, '23502'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (host, port) VALUES ('a.fr', 0)$$, '23514'),
	('Adele', 'administrator', $$INSERT INTO ecopanier.webhook_host (territory_id, host) VALUES (2, 'a.fr')$$, '42501'),
	('Adele', 'administrator', $$UPDATE ecopanier.webhook_host SET host = 'a.fr'$$, '42501'),
	('Mona', 'merchant', $$INSERT INTO ecopanier.webhook_host (host) VALUES ('a.fr')$$, '42501'),
	('Mona', 'merchant', $$DELETE FROM ecopanier.webhook_host$$, '42501'),
	('Mona', 'merchant', $$SELECT count(*) FROM ecopanier.webhook_host$$, '5'),
	('Sami', 'merchant', $$SELECT count(*) FROM ecopanier.webhook_host$$, '0')) v (who, role, statement, expected);
SELECT throws_ok($$UPDATE ecopanier.webhook_host SET port = 1$$, 'ZE111', NULL, 'nor does a superuser change one');
SELECT throws_ok($$INSERT INTO ecopanier.webhook_host (territory_id, host) VALUES (1, '.fr')$$, '22023', NULL, 'nor load what is none');
SELECT is((SELECT string_agg(action || ' ' || (facts ->> 'host'), ', ' ORDER BY id) FROM ecopanier.audit_event WHERE action LIKE 'webhook_host%' AND facts ->> 'port' = '8443'),
	'webhook_host_insert hooks.example.org', 'in the audit');

\echo '# addresses'
SELECT is(fixture.detail('Mona', 'merchant', format('SELECT id FROM ecopanier.add_webhook(%L)', url)), 'ZE127 ' || expected, left(url, 60)) FROM (VALUES
	('http://hooks.example.org/', 'It does not begin with https://.'), ('hooks.example.org', 'It does not begin with https://.'), ('', 'It does not begin with https://.'),
	('ftp://hooks.example.org/', 'It does not begin with https://.'), ('HTTPS://hooks.example.org/', 'It does not begin with https://.'),
	('https://u:p@hooks.example.org/', 'It holds a user or a password.'), ('https://hooks.example.org@10.0.0.1/', 'It holds a user or a password.'),
	('https://10.0.0.1/', 'Its host is a number and not a name.'), ('https://[::1]/', 'Its host is a number and not a name.'),
	('https://127.1/', 'Its host is not a host name.'), ('https://2130706433/', 'Its host is not a host name.'), ('https://0x7f.0.0.1/', 'Its host is not a host name.'),
	('https://hooks.example.org./', 'Its host is not a host name.'), ('https:///x', 'Its host is not a host name.'),
	('https://hooks.example.org:0/', 'Its port is not a number from 1 to 65535.'), ('https://hooks.example.org:65536/', 'Its port is not a number from 1 to 65535.'),
	(E'https://hooks.example.org/\r\nx: y', 'It holds what does not belong into an address, or is longer than 2000 bytes.'),
	('https://hooks.example.org/#a', 'It holds what does not belong into an address, or is longer than 2000 bytes.'),
	('https://hooks.example.org\@a.fr/', 'It holds what does not belong into an address, or is longer than 2000 bytes.'),
	('https://hooks.example.org/' || repeat('x', 1975), 'It holds what does not belong into an address, or is longer than 2000 bytes.'),
	('https://other.example.org/', 'Its host and port do not stand in ecopanier.webhook_host.'), ('https://hooks.example.org:444/', 'Its host and port do not stand in ecopanier.webhook_host.'),
	('https://partner.example/', 'Its host and port do not stand in ecopanier.webhook_host.'), ('https://badpartner.example/', 'Its host and port do not stand in ecopanier.webhook_host.'),
	('https://a.hooks.example.org/', 'Its host and port do not stand in ecopanier.webhook_host.'), ('https://hooks.example.org.evil.fr/', 'Its host and port do not stand in ecopanier.webhook_host.')
) v (url, expected);
SELECT is(fixture.try('Mona', 'merchant', format('SELECT 1 FROM ecopanier.add_webhook(%L)', url)), '1', 'allowed: ' || left(url, 60)) FROM unnest(ARRAY['https://hooks.example.org',
	'https://HOOKS.example.org/a?b=1', 'https://hooks.example.org:8443/', 'https://a.partner.example/', 'https://localhost/', 'https://hooks.example.org/' || repeat('x', 1974)]) url;
SELECT throws_ok($$INSERT INTO ecopanier.webhook_endpoint (territory_id, organisation_id, url) VALUES (1, fixture.organisation('CCAS'), 'https://u@a.fr/')$$, 'ZE127', NULL, 'the form binds a load too');
SELECT throws_ok($$INSERT INTO ecopanier.webhook_endpoint (territory_id, organisation_id, url) VALUES (1, fixture.organisation('CCAS'), 'http://a.fr/')$$, 'ZE127', NULL, 'and its scheme');
SET ecopanier.clock = '2026-11-20 16:00:00+00';

\echo '# who makes one'
SELECT ecopanier.tell_events(1000) \g /dev/null
SELECT is(fixture.make(name, who, role, statement), expected, format('%s: %s', who, statement)) FROM (VALUES
	('shop', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/in?token=geheim', description => 'Caisse')$$, 'made'),
	('lots', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/lots', '{lot.published}')$$, 'made'),
	('other', 'Mia', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/in')$$, 'made'),
	('by admin', 'Adele', 'administrator', format($$SELECT ecopanier.add_webhook('https://a.partner.example/', '{organisation.suspended,organisation.active}', '', %L)$$, fixture.organisation('Boulangerie')), 'made'),
	('x', 'Adele', 'administrator', $$SELECT ecopanier.add_webhook('https://hooks.example.org/')$$, '22004'),
	('x', 'Adele', 'administrator', format($$SELECT ecopanier.add_webhook('https://hooks.example.org/', NULL, '', %L)$$, fixture.organisation('CCAS', 2)), 'ZE101'),
	('x', 'Mona', 'merchant', format($$SELECT ecopanier.add_webhook('https://hooks.example.org/', NULL, '', %L)$$, fixture.organisation('Epicerie')), 'ZE101'),
	('x', 'Sami', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/')$$, '42501'),
	('x', 'Rita', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/')$$, '42501'),
	('x', 'Camille', 'customer', $$SELECT ecopanier.add_webhook('https://hooks.example.org/')$$, '42501'),
	('x', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/', '{}')$$, '23514'),
	('x', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/', '{right.verified}')$$, '23514'),
	('x', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/', '{lot.published,NULL}')$$, '23514'),
	('x', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook('https://hooks.example.org/', NULL, repeat('x', 201))$$, '23514'),
	('x', 'Mona', 'merchant', $$SELECT ecopanier.add_webhook(NULL)$$, '22004')) v (name, who, role, statement, expected);
SELECT ok(bool_and(secret ~ '^whsec_[A-Za-z0-9+/]{43}=$') AND count(DISTINCT secret) = 4, 'secrets have the specification''s form, and no two are alike') FROM fixture.made;
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_secret s, fixture.made m WHERE s.endpoint_id = m.id
	AND (strpos(encode(s.sealed, 'escape'), decode(substr(m.secret, 7), 'base64')::text) > 0 OR strpos(encode(s.sealed, 'hex'), encode(decode(substr(m.secret, 7), 'base64'), 'hex')) > 0)),
	0::bigint, 'what is stored does not hold the secret');
SELECT is(fixture.try(who, role, $$SELECT coalesce(string_agg(host || ' ' || state || ' ' || (created_by IS NOT NULL), ', ' ORDER BY url), '') FROM ecopanier.webhook_endpoint$$), expected, who || ' reads endpoints') FROM (VALUES
	('Mona', 'merchant', 'a.partner.example:443 active true, hooks.example.org:443 active true, hooks.example.org:443 active true'), ('Mia', 'merchant', 'hooks.example.org:443 active true'),
	('Sami', 'merchant', '')) v (who, role, expected);
SELECT is(fixture.try('Mona', 'merchant', statement), '42501', statement) FROM unnest(ARRAY['UPDATE ecopanier.webhook_endpoint SET state = ''paused''', 'DELETE FROM ecopanier.webhook_endpoint',
	'INSERT INTO ecopanier.webhook_endpoint (url) VALUES (''https://hooks.example.org/'')', 'SELECT * FROM ecopanier_private.webhook_secret', 'SELECT * FROM ecopanier_private.webhook_delivery']) statement;
SELECT is((SELECT string_agg(fixture.try('Mia', 'merchant', format('SELECT ecopanier.%s(%L)', f, fixture.made('shop'))), ' ')
	FROM unnest(ARRAY['pause_webhook', 'resume_webhook', 'remove_webhook', 'send_webhook_test', 'rotate_webhook_secret', 'replay_webhook']) f),
	'ZE101 ZE101 ZE101 ZE101 ZE101 ZE101', 'another''s endpoint is unknown');
DO $$ BEGIN
	FOR n IN 1 .. 9 LOOP
		PERFORM fixture.try('Mia', 'merchant', 'SELECT id FROM ecopanier.add_webhook(''https://hooks.example.org/'')', keep => true);
	END LOOP;
END $$;
SELECT is((SELECT count(*) FROM ecopanier.webhook_endpoint WHERE organisation_id = fixture.organisation('Epicerie')), 10::bigint, 'ten endpoints');
SELECT is(fixture.try('Mia', 'merchant', 'SELECT id FROM ecopanier.add_webhook(''https://hooks.example.org/'')'), '23514', 'not eleven');
DELETE FROM ecopanier.webhook_endpoint WHERE organisation_id = fixture.organisation('Epicerie') AND id <> fixture.made('other');

\echo '# from an event to deliveries'
SELECT fixture.name_lot('bread', fixture.lot(9, 9)) \g /dev/null
SELECT fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('bread'), 2)$$, keep => true),
	fixture.try('Benoit', 'beneficiary', $$SELECT state FROM ecopanier.reserve(fixture.named('bread'), 2)$$, keep => true) \g /dev/null
UPDATE ecopanier.reservation SET state = 'held' WHERE state = 'awaiting_payment';
SELECT ecopanier.tell_events(1000) \g /dev/null
SELECT is(fixture.queued('shop'), 'lot.published queued, reservation.held queued, reservation.held queued', 'each event once');
SELECT is(fixture.queued('lots'), 'lot.published queued', 'of the kinds that were asked for');
SELECT is(fixture.queued('other') || fixture.queued('by admin'), 'nothingnothing', 'not another organisation''s');
SELECT is(payload, format('{"type" : "lot.published", "timestamp" : "2026-11-20T16:00:00.000Z", "data" : {"lot_id":"%s","organisation_id":"%s","window_start":"2026-11-20T17:00:00+00:00","window_end":"2026-11-20T19:00:00+00:00"}}',
	fixture.named('bread'), fixture.organisation('Boulangerie')), 'what a lot''s message says') FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made('lots');
CREATE TEMP VIEW told AS SELECT r.pool, d.payload::json, replace(d.payload, r.id::text, '<id>') AS masked, d.endpoint, r.member_id
	FROM ecopanier_private.webhook_delivery d JOIN ecopanier.reservation r ON r.id = d.subject_id WHERE d.endpoint_id = fixture.made('shop');
SELECT is((SELECT masked FROM told WHERE pool = 'solidarity'), (SELECT masked FROM told WHERE pool = 'public'), 'a free basket''s message is a paid one''s (rule D13)');
SELECT is((SELECT string_agg(k, ' ') FROM told, json_object_keys(payload -> 'data') k WHERE pool = 'public'), 'reservation_id organisation_id lot_id quantity window_start window_end', 'ids, numbers and moments');
SELECT ok(bool_and(masked !~ 'pool|price|amount|member|role|first_name|name' AND strpos(masked, member_id::text) = 0), 'nothing of who claims or pays') FROM told;
SELECT throws_ok($$INSERT INTO ecopanier_private.webhook_delivery (territory_id, id, endpoint_id, event_id, kind, subject_id, happened_at, payload, endpoint)
	SELECT territory_id, ecopanier.new_id(1), endpoint_id, event_id, kind, subject_id, happened_at, payload, endpoint FROM ecopanier_private.webhook_delivery LIMIT 1$$, '23505', NULL, 'an event goes to an endpoint once');
SELECT is(fixture.try(who, role, 'SELECT count(*) FROM ecopanier.webhook_delivery_status'), expected, who || ' reads deliveries') FROM (VALUES
	('Mona', 'merchant', '4'), ('Mia', 'merchant', '0'), ('Sami', 'merchant', '0'), ('Adele', 'administrator', '4'), ('Camille', 'customer', '42501')) v (who, role, expected);

\echo '# pause, resume, remove'
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.pause_webhook(%L)', fixture.made('shop')), keep => true), '', 'paused');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.pause_webhook(%L)', fixture.made('shop')), keep => true), '', 'again, nothing');
SELECT results_eq($$SELECT state, state_reason FROM ecopanier.webhook_endpoint WHERE id = fixture.made('shop')$$, $$VALUES ('paused', 'manager')$$, 'by a manager');
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made('shop') AND next_at = 'infinity'), 3::bigint, 'what is queued waits');
SELECT is(fixture.try('Mona', 'merchant', 'SELECT count(next_at) FROM ecopanier.webhook_delivery_status'), '1', 'and has no moment');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.send_webhook_test(%L)', fixture.made('shop'))), 'ZE107', 'no test');
SELECT fixture.try('Charlie', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('bread'))$$, keep => true) \g /dev/null
UPDATE ecopanier.reservation SET state = 'held' WHERE state = 'awaiting_payment';
SELECT ecopanier.tell_events(1000) \g /dev/null
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made('shop')), 3::bigint, 'what happens meanwhile is not queued');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.resume_webhook(%L)', fixture.made('shop')), at => '2026-11-20 16:10+00', keep => true), '', 'resumed');
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made('shop') AND next_at = '2026-11-20 16:10+00'), 3::bigint, 'what waited is due');
SELECT is((SELECT state || coalesce(state_reason, '') FROM ecopanier.webhook_endpoint WHERE id = fixture.made('shop')), 'active', 'active');
DELETE FROM ecopanier.webhook_host WHERE host = '.partner.example';
UPDATE ecopanier.webhook_endpoint SET state = 'disabled', state_reason = 'gone' WHERE id = fixture.made('by admin');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.pause_webhook(%L)', fixture.made('by admin'))), 'ZE107', 'a disabled one is not paused');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.resume_webhook(%L)', fixture.made('by admin'))), 'ZE127', 'nor resumed on a host that is no longer allowed');
SELECT throws_ok($$UPDATE ecopanier.webhook_endpoint SET state = 'paused', state_reason = 'failing' WHERE id = fixture.made('by admin')$$, 'ZE107', NULL, 'nor paused by anybody');
SELECT throws_ok($$UPDATE ecopanier.webhook_endpoint SET url = 'https://hooks.example.org/other' WHERE id = fixture.made('shop')$$, 'ZE111', NULL, 'an address stays');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.remove_webhook(%L)', fixture.made('by admin')), keep => true), '', 'removed');
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_secret WHERE endpoint_id = fixture.made('by admin')), 0::bigint, 'with its secret');

\echo '# secrets'
CREATE FUNCTION fixture.secrets(made text) RETURNS text STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT string_agg(coalesce(to_char(expires_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), 'newest'), ', ' ORDER BY expires_at) FROM ecopanier_private.webhook_secret WHERE endpoint_id = fixture.made(made) $$;
SELECT is(fixture.make(name, 'Mona', 'merchant', format('SELECT ecopanier.rotate_webhook_secret(%L, %L)', fixture.made('shop'), overlap), at), expected, format('rotated at %s for %s', at, overlap))
FROM (VALUES ('r1', '1 day', '2026-11-20 17:00+00', 'made'), ('r2', '90 days', '2026-11-20 18:00+00', 'made'), ('r3', '-1 second', NULL, '22023'), ('r3', '91 days', NULL, '22023'), ('r3', NULL, NULL, '22004')) v (name, overlap, at, expected);
SELECT is(fixture.secrets('shop'), '11-21 17:00, 02-18 18:00, newest', 'three sign');
SELECT is(fixture.make('r4', 'Mona', 'merchant', format('SELECT ecopanier.rotate_webhook_secret(%L, ''1 hour'')', fixture.made('shop')), '2026-11-21 17:00+00'), 'made', 'rotated when one has ended');
SELECT is(fixture.secrets('shop'), '11-21 18:00, 02-18 18:00, newest', 'which is gone');
SELECT is(fixture.make('r' || n, 'Mona', 'merchant', format('SELECT ecopanier.rotate_webhook_secret(%L)', fixture.made('shop')), '2026-11-21 17:0' || n || '+00'), 'made', 'rotation ' || n) FROM generate_series(5, 7) n;
SELECT is(fixture.secrets('shop'), '11-22 17:05, 11-22 17:06, 11-22 17:07, newest', 'three older ones at most');
SELECT is(fixture.make('r8', 'Mona', 'merchant', format('SELECT ecopanier.rotate_webhook_secret(%L, ''0'')', fixture.made('shop')), '2026-11-21 18:00+00'), 'made', 'without an overlap');
SELECT is(fixture.secrets('shop'), '11-22 17:06, 11-22 17:07, newest', 'the one before is gone at once');
SELECT is((SELECT count(DISTINCT secret) FROM fixture.made), (SELECT count(*) FROM fixture.made), 'each secret is another');
SELECT is((SELECT count(*) FROM ecopanier.audit_event WHERE action = 'webhook_secret_rotate' AND subject_id = fixture.made('shop') AND actor_id = fixture.id('Mona')), 7::bigint, 'rotations are in the audit');
SELECT is((SELECT count(*) FROM ecopanier.audit_event WHERE facts::text ~ 'whsec|geheim|token='), 0::bigint, 'no secret and no address is');
SELECT ecopanier.rotate_key() \g /dev/null
SELECT is(ecopanier.reseal_webhook_secrets(), (SELECT count(*) FROM ecopanier_private.webhook_secret), 'resealed under a new key');
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_secret s JOIN ecopanier.key_ring k ON k.id = s.key_id WHERE NOT k.is_current), 0::bigint, 'all of them');
SELECT is(ecopanier.reseal_webhook_secrets(), 0::bigint, 'again, nothing');
-- A secret opens in its own row alone.
BEGIN;
UPDATE ecopanier_private.webhook_secret SET sealed = (SELECT sealed FROM ecopanier_private.webhook_secret WHERE endpoint_id = fixture.made('lots')) WHERE endpoint_id = fixture.made('shop') AND expires_at IS NULL;
UPDATE ecopanier.webhook_endpoint SET state = 'paused', state_reason = 'key' WHERE id = fixture.made('shop');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.resume_webhook(%L)', fixture.made('shop'))), 'ZE113', 'another endpoint''s secret does not open here');
SELECT is(fixture.make('r9', 'Mona', 'merchant', format('SELECT ecopanier.rotate_webhook_secret(%L, ''0'')', fixture.made('shop'))), 'made', 'a new one');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.resume_webhook(%L)', fixture.made('shop'))), '', 'does');
ROLLBACK;

\echo '# tests and replay'
SELECT is(length(fixture.try('Mona', 'merchant', format('SELECT ecopanier.send_webhook_test(%L)', fixture.made('lots')), keep => true)), 36, 'test ' || n) FROM generate_series(1, 10) n;
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.send_webhook_test(%L)', fixture.made('lots'))), 'ZE107', 'ten wait at most');
SELECT is((SELECT DISTINCT payload FROM ecopanier_private.webhook_delivery WHERE kind = 'webhook.test'),
	format('{"type" : "webhook.test", "timestamp" : "2026-11-20T16:00:00.000Z", "data" : {"webhook_id" : "%s"}}', fixture.made('lots')), 'what a test says');
DELETE FROM ecopanier_private.webhook_delivery WHERE kind = 'webhook.test';
CREATE FUNCTION fixture.delivery(made text, made_kind text) RETURNS uuid STABLE SECURITY DEFINER LANGUAGE sql AS
$$ SELECT id FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made(made) AND kind = made_kind ORDER BY number LIMIT 1 $$;
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.replay_webhook(%L)', fixture.delivery('lots', 'lot.published'))), 'ZE107', 'what is queued is not replayed');
UPDATE ecopanier_private.webhook_delivery SET state = 'dead', attempts = 10, last_error = 'HTTP 500', last_status = 500, ended_at = '2026-11-23 16:00+00';
SELECT is(fixture.try('Mona', 'merchant', $$SELECT string_agg(kind || ' ' || attempts || ' ' || last_status || ' ' || last_error, ', ' ORDER BY kind) FROM ecopanier.webhook_delivery_status WHERE state = 'dead'$$),
	'lot.published 10 500 HTTP 500, lot.published 10 500 HTTP 500, reservation.held 10 500 HTTP 500, reservation.held 10 500 HTTP 500', 'dead letters');
UPDATE ecopanier_private.webhook_delivery SET last_error = 'F0000: key file "/srv/keys/ecopanier.keys" cannot be used';
SELECT is(fixture.try('Mona', 'merchant', 'SELECT DISTINCT last_error FROM ecopanier.webhook_delivery_status'), 'error of the server, F0000', 'what the server says to itself is no partner''s');
SELECT is(fixture.try('Mia', 'merchant', format('SELECT ecopanier.replay_webhook(%L)', fixture.delivery('lots', 'lot.published'))), 'ZE101', 'another''s delivery is unknown');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.replay_webhook(%L)', fixture.made('lots'))), 'ZE101', 'an endpoint is no delivery');
SELECT is(fixture.try('Mona', 'merchant', format('SELECT ecopanier.replay_webhook(%L)', fixture.delivery('lots', 'lot.published')), at => '2026-11-24 08:00+00', keep => true), '', 'one is replayed');
SELECT results_eq($$SELECT state, attempts, next_at, ended_at IS NULL FROM ecopanier_private.webhook_delivery WHERE endpoint_id = fixture.made('lots')$$,
	$$VALUES ('queued', 0, timestamptz '2026-11-24 08:00+00', true)$$, 'from the beginning');
SELECT is(fixture.try(who, role, format('SELECT ecopanier.replay_webhooks(%L, %L, %L)', endpoint, since, until)), expected, format('%s replays %s to %s', who, since, until)) FROM (VALUES
	('Mona', 'merchant', fixture.made('shop'), '2026-11-20 16:00+00', '2026-11-21', '42501'),
	('Adele', 'administrator', fixture.made('shop'), '2026-11-20 16:00+00', '2026-11-20 16:00+00', '22023'),
	('Adele', 'administrator', fixture.made('shop'), '2026-11-20 16:00+00', '2026-12-21 16:00:01+00', '22023'),
	('Adele', 'administrator', fixture.made('shop'), '-infinity', 'infinity', '22023'),
	('Adele', 'administrator', fixture.made('shop'), '4713-01-01 00:00+00 BC', '294276-12-31', '22023'),
	('Adele', 'administrator', fixture.made('shop'), '2026-11-20 15:00+00', '2026-11-20 16:00+00', '0'),
	('Adele', 'administrator', fixture.made('shop'), '2026-11-20 16:00+00', '2026-11-20 16:00:01+00', '5'),
	('Adele', 'administrator', ecopanier.new_id(1), '2026-11-20 16:00+00', '2026-11-20 16:00:01+00', 'ZE101')) v (who, role, endpoint, since, until, expected);
SELECT is(fixture.try('Adele', 'administrator', format('SELECT ecopanier.replay_webhooks(%L, ''2026-11-20'', ''2026-11-21'')', fixture.made('shop')), keep => true), '5', 'three dead letters, and two events that were not queued');
SELECT is(fixture.queued('shop'), 'organisation.active queued, lot.published queued, reservation.held queued, reservation.held queued, reservation.held queued', 'all are queued, in the order of the events');
SELECT is(fixture.try('Adele', 'administrator', format('SELECT ecopanier.replay_webhooks(%L, ''2026-11-20'', ''2026-11-21'')', fixture.made('shop'))), '0', 'again, nothing');
SELECT is((SELECT string_agg(coalesce(facts ->> 'deliveries', 'one'), ' ' ORDER BY facts ->> 'deliveries' NULLS FIRST) FROM ecopanier.audit_event WHERE action = 'webhook_replay'), 'one 5', 'replays are in the audit');

\echo '# what goes by age'
UPDATE ecopanier_private.webhook_delivery SET state = 'done', ended_at = '2026-11-24 08:00+00' WHERE endpoint_id = fixture.made('lots');
SET ecopanier.clock = '2026-11-22 17:05:59+00';
SELECT ecopanier.tick() \g /dev/null
SELECT is(fixture.secrets('shop'), '11-22 17:06, 11-22 17:07, newest', 'a secret is there until its end');
SET ecopanier.clock = '2026-11-22 17:06:00+00';
SELECT ecopanier.tick() \g /dev/null
SELECT is(fixture.secrets('shop'), '11-22 17:07, newest', 'and then goes');
SET ecopanier.clock = '2026-12-24 07:59:59+00';
SELECT ecopanier.tick() \g /dev/null
SELECT is(fixture.queued('lots'), 'lot.published done', 'what ended is kept for thirty days');
SET ecopanier.clock = '2026-12-24 08:00:00+00';
SELECT ecopanier.tick() \g /dev/null
SELECT is(fixture.queued('lots'), 'nothing', 'and then goes');
SELECT is((SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE state = 'queued' AND endpoint_id = fixture.made('shop') AND kind = 'lot.published'), 1::bigint, 'what is queued stays');

SELECT * FROM finish();
