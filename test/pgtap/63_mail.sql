-- Mail: which notifications are queued and for whom, what operators see and do, what becomes of the rows. test/t/mail.t sends them.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
CREATE FUNCTION fixture.queued() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(m.display_name || ' ' || q.kind, ', ' ORDER BY m.display_name, q.kind), 'none')
	FROM ecopanier_private.mail q JOIN ecopanier.member m ON m.territory_id = q.territory_id AND m.id = q.member_id $$;
CREATE FUNCTION fixture.person(name text, role text, mail boolean, purposes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM fixture.try(name, role, format($q$SELECT ecopanier.set_contact('mail', %L)$q$, lower(name) || '@example.org'), keep => true) WHERE mail;
	PERFORM fixture.try(name, role, $q$SELECT ecopanier.set_contact('phone', '0612345678')$q$, keep => true);
	PERFORM fixture.try(name, role, format($q$SELECT ecopanier.give_consent(%L, 1, 'fr')$q$, p), keep => true) FROM unnest(purposes) p;
END $$;
-- Who agrees to what: Camille to baskets, Charlie to nothing, Claude without an address, Benoit to the right, Basma to all, Bilal to alerts.
SELECT fixture.person('Camille', 'customer', true, '{notifications}'), fixture.person('Charlie', 'customer', true, '{}'),
	fixture.person('Claude', 'customer', false, '{notifications,rights,alerts}'), fixture.person('Benoit', 'beneficiary', true, '{rights}'),
	fixture.person('Basma', 'beneficiary', true, '{notifications,rights,alerts}'), fixture.person('Bilal', 'beneficiary', true, '{alerts}'),
	fixture.person('Mona', 'merchant', true, '{notifications,rights,alerts}') \g /dev/null
SELECT fixture.name_lot('a', fixture.lot(9, 9)) \g /dev/null
CREATE FUNCTION fixture.claim_all(lot text) RETURNS void LANGUAGE sql AS $$
	SELECT fixture.try(n, CASE left(n, 1) WHEN 'B' THEN 'beneficiary' ELSE 'customer' END, format('SELECT state FROM ecopanier.reserve(%L)', fixture.named(lot)), keep => true)
	FROM unnest('{Camille,Charlie,Claude,Benoit,Basma,Bilal}'::text[]) n $$;
CREATE FUNCTION fixture.event(kind text, subject uuid, member uuid) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id, facts)
	VALUES (1, ecopanier.new_id(1), kind, subject, member, '{"valid_until": "2026-12-31"}') $$;

\echo '# without a server nothing waits'
SELECT fixture.claim_all('a'), ecopanier.tell_events(100) \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT cmp_ok(count(*), '>=', 6::bigint, 'people are told in the application') FROM ecopanier.notification WHERE kind = 'reservation.held';
SELECT is(fixture.queued(), 'none', 'no mail is queued');

\echo '# with one: who agreed to what it is for, and has an address'
LOAD 'ecopanier';
ALTER SYSTEM SET ecopanier.smtp_url = 'smtp://mail.example.org:587';
ALTER SYSTEM SET ecopanier.mail_from = 'paniers@example.org';
SELECT pg_reload_conf() \g /dev/null
\! until psql -XAtc "LOAD 'ecopanier'" -c "SHOW ecopanier.mail_from" | grep -q paniers; do sleep 0.05; done
SELECT ecopanier.now() \g /dev/null
SELECT is(current_setting('ecopanier.smtp_url'), 'smtp://mail.example.org:587', 'the server is set');
SELECT fixture.name_lot('b', fixture.lot(9, 9)) \g /dev/null
SELECT fixture.claim_all('b') \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'Basma reservation.held, Camille reservation.held', 'baskets: who consents to notifications');
SELECT is(count(DISTINCT (kind, state, endpoint, attempts)), 1::bigint, 'a free basket''s row is like a paid one''s (rule D13)') FROM ecopanier_private.mail;
SELECT is(endpoint || ' ' || attempts || ' ' || state || ' ' || (next_at = ecopanier.now()), 'mail.example.org:587 0 queued true', 'due at once, for the server')
FROM ecopanier_private.mail LIMIT 1;
SELECT is(q::text LIKE '%@%', false, 'no address in the row') FROM ecopanier_private.mail q;
DELETE FROM ecopanier_private.mail;
SELECT fixture.event('reservation.reminder', r.id, r.member_id), fixture.event('reservation.collected', r.id, r.member_id), fixture.event('reservation.lapsed', r.id, r.member_id)
FROM ecopanier.reservation r WHERE r.lot_id = fixture.named('b') \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'Basma reservation.reminder, Camille reservation.reminder', 'reminders; what was done or missed is told in the application alone');
DELETE FROM ecopanier_private.mail;
SELECT fixture.event('right.' || k, fixture.id(n), fixture.id(n)) FROM unnest('{verified,refused,suspended,restricted,expiring,expired,transferred}'::text[]) k,
	unnest('{Benoit,Basma,Bilal}'::text[]) n \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), string_agg(n || ' right.' || k, ', ' ORDER BY n, k), 'the own right: who consents to that') FROM unnest('{expired,expiring,refused,restricted,suspended,verified}'::text[]) k,
	unnest('{Basma,Benoit}'::text[]) n;
DELETE FROM ecopanier_private.mail;
SELECT fixture.event('lot.nearby', fixture.named('b'), fixture.id(n)) FROM unnest('{Camille,Claude,Benoit,Basma,Bilal}'::text[]) n \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'Basma lot.nearby, Bilal lot.nearby', 'new baskets: who consents to alerts');
DELETE FROM ecopanier_private.mail;
SELECT fixture.event('organisation.suspended', fixture.organisation('Boulangerie'), NULL), fixture.event('lot.ending', fixture.named('b'), NULL) \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'none', 'staff read theirs in the application');
SELECT fixture.name_lot('risky', fixture.lot(9, 9)), fixture.claim_all('risky') \g /dev/null
UPDATE ecopanier.reservation SET state = 'collected', collected_at = '2026-11-20 17:30+00' WHERE lot_id = fixture.named('risky');
SELECT ecopanier.tell_events(100) \g /dev/null
DELETE FROM ecopanier_private.mail;
SELECT fixture.try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'x' WHERE id = fixture.named('risky')$$, keep => true), ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'Camille reservation.recalled', 'a recall of what was fetched: who consents to notifications');
DELETE FROM ecopanier_private.mail;
UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.id('Camille');
UPDATE ecopanier.consent SET withdrawn_at = ecopanier.now() WHERE member_id = fixture.id('Basma') AND purpose = 'notifications';
SELECT fixture.event('reservation.reminder', r.id, r.member_id) FROM ecopanier.reservation r WHERE r.lot_id = fixture.named('b') \g /dev/null
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'none', 'nobody who withdrew or is suspended');
UPDATE ecopanier.member SET state = 'active' WHERE id = fixture.id('Camille');

\echo '# once for an event and a person'
CREATE TEMP TABLE once AS SELECT ecopanier.new_id(1) AS event;
INSERT INTO ecopanier_private.mail (territory_id, id, member_id, event_id, kind, endpoint) SELECT 1, ecopanier.new_id(1), fixture.id('Camille'), event, 'reservation.reminder', 'x' FROM once;
SELECT throws_ok($$INSERT INTO ecopanier_private.mail (territory_id, id, member_id, event_id, kind, endpoint)
	SELECT 1, ecopanier.new_id(1), fixture.id('Camille'), event, 'reservation.reminder', 'x' FROM once$$, '23505', NULL, 'there is no second row');
INSERT INTO ecopanier.event (territory_id, id, kind, subject_id, member_id)
SELECT 1, event, 'reservation.reminder', r.id, r.member_id FROM once, ecopanier.reservation r WHERE r.lot_id = fixture.named('b') AND r.member_id = fixture.id('Camille');
SELECT ecopanier.tell_events(100) \g /dev/null
SELECT is(fixture.queued(), 'Camille reservation.reminder', 'an event that comes again makes none');
SELECT is(count(*), 0::bigint, 'and is told all the same') FROM ecopanier.event WHERE told_at IS NULL;

\echo '# operators: counts and errors, dead ones again'
DELETE FROM ecopanier_private.mail;
INSERT INTO ecopanier_private.mail (territory_id, id, member_id, event_id, kind, endpoint, state, last_error, attempts, sent_at, created_at)
SELECT t, ecopanier.new_id(t), fixture.id('Camille', t), ecopanier.new_id(t), 'reservation.held', 'x', s, e, 10, sent, at::timestamptz FROM generate_series(1, 2) t, (VALUES
	('dead', '550 5.1.1: the mailbox is refused', NULL::timestamptz, '2026-11-20 10:00+00'), ('dead', '550 5.1.1: the mailbox is refused', NULL, '2026-11-20 09:59:59+00'),
	('done', NULL, '2026-11-20 10:00+00', '2026-11-20 10:00+00'), ('done', NULL, NULL, '2026-11-20 10:00+00'), ('queued', NULL, NULL, '2026-11-20 10:00+00'),
	('calling', NULL, NULL, '2026-11-20 10:00+00')) v (s, e, sent, at);
SELECT is(fixture.try('Adele', 'administrator', $$SELECT string_agg(concat_ws(' ', state, mails, last_error), ', ' ORDER BY state) FROM ecopanier.mail_status$$),
	'calling 1, dead 2 550 5.1.1: the mailbox is refused, done 1, needless 1, queued 1', 'an administrator reads the own territory''s');
UPDATE ecopanier_private.mail SET last_error = 'F0000: credentials file "/srv/keys/ecopanier.credentials" cannot be used' WHERE state = 'calling';
SELECT is(fixture.try('Adele', 'administrator', $$SELECT last_error FROM ecopanier.mail_status WHERE state = 'calling'$$), 'error of the server, F0000', 'where the server keeps its files is not theirs');
UPDATE ecopanier_private.mail SET last_error = NULL WHERE state = 'calling';
SELECT is(sum(mails), 12::numeric, 'a superuser all') FROM ecopanier.mail_status;
SELECT is(fixture.try(n, r, 'SELECT count(*) FROM ecopanier.mail_status'), '42501', r || ' reads none') FROM (VALUES ('Camille', 'customer'), ('Mona', 'merchant'),
	('Benoit', 'beneficiary'), ('Alice', 'association')) v (n, r);
SELECT is(fixture.try(n, r, $$SELECT ecopanier.resend_mail('2026-11-20')$$), '42501', r || ' sends none again') FROM (VALUES ('Camille', 'customer'), ('Mona', 'merchant'),
	('Benoit', 'beneficiary'), ('Alice', 'association')) v (n, r);
SELECT is(fixture.try('Adele', 'administrator', 'SELECT ecopanier.resend_mail(NULL)'), '22004', 'a moment is needed');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.resend_mail('2026-11-20 10:00:00.000001+00')$$, keep => true), '0', 'dead mail of before stays');
SELECT is(fixture.try('Adele', 'administrator', $$SELECT ecopanier.resend_mail('2026-11-20 10:00+00')$$, keep => true), '1', 'that of the moment is queued again');
SELECT is(string_agg(concat_ws(' ', territory_id, state, attempts, next_at = ecopanier.now()), ', '), '1 queued 0 t', 'with all its attempts, due now, in the own territory')
FROM ecopanier_private.mail WHERE last_error IS NOT NULL AND state = 'queued';
SELECT is(ecopanier.resend_mail('-infinity'), 3::bigint, 'a superuser: all that is dead');

\echo '# what becomes of the rows'
UPDATE ecopanier_private.mail SET state = 'dead' WHERE last_error IS NOT NULL;
SELECT is(fixture.try('Camille', 'customer', $$SELECT jsonb_array_length(ecopanier.export_person(fixture.id('Camille')) -> 'mails') || ' ' || (ecopanier.export_person(fixture.id('Camille')) -> 'mails' -> 0 ->> 'kind')$$), '6 reservation.held', 'a person reads what was sent');
CREATE FUNCTION fixture.left_at(at text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ecopanier.clock', at, false);
	PERFORM ecopanier.tick();
	RETURN (SELECT string_agg(state, ' ' ORDER BY state, id) FROM ecopanier_private.mail
		WHERE territory_id = 1 AND created_at < '2026-11-20 12:00+00');
END $$;
SELECT is(fixture.left_at('2026-12-20 09:59:58+00'), 'calling dead dead done done queued', 'for thirty days all stay');
SELECT is(fixture.left_at('2026-12-20 09:59:59+00'), 'calling dead done done queued', 'then what ended goes, by its age');
SELECT is(fixture.left_at('2026-12-20 10:00:00+00'), 'calling queued', 'what is under way stays');
SET ecopanier.clock = '2026-11-20 16:00:00+00';
SELECT is(count(*), 0::bigint, 'every column that leads to a person is in the register') FROM ecopanier_private.personal_gap;
ALTER SYSTEM RESET ecopanier.smtp_url;
ALTER SYSTEM RESET ecopanier.mail_from;
SELECT * FROM finish();
