-- Reminders and alerts: both sides of each moment, once each, after a pause of 26 hours, in the reader's zone and language; whom they are for and whom not.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();
\i test/lib/turn.sql
SELECT fixture.set('lot_ending_minutes', 0), fixture.set('lot_ending_minutes', 0, 2), fixture.run('2026-11-25 08:00:00+00') \g /dev/null

\echo '# two hours before a window'
SELECT fixture.basket('A', '2026-11-25 17:00+00'), fixture.basket('B', '2026-11-25 17:00+00'), fixture.basket('C', '2026-11-25 18:30+00'),
	fixture.basket('G', '2026-11-25 17:00+00'), fixture.basket('H', '2026-11-25 17:00+00'), fixture.basket('R', '2026-11-25 17:00+00', territory => 2) \g /dev/null
SELECT fixture.claim('Camille', 'A'), fixture.claim('Benoit', 'A'), fixture.claim('Charlie', 'B'), fixture.claim('Bilal', 'C'), fixture.claim('Charlie', 'G'),
	fixture.claim('Claude', 'H'), fixture.claim('Camille', 'R', 2) \g /dev/null
SELECT fixture.now_try('Bilal', 'beneficiary', 'SELECT ecopanier.cancel((SELECT id FROM ecopanier.reservation))'),
	fixture.now_try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'panne' WHERE id = fixture.named('G')$$),
	fixture.now_try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('H')$$) \g /dev/null
SELECT is(fixture.run('2026-11-25 08:00:00+00'), 'Benoit reservation.held, Bilal reservation.held, Camille reservation.held, '
	'Charlie reservation.held reservation.held reservation.cancelled, Claude reservation.held', 'claims are told');
SET ecopanier.clock = '2026-11-25 14:59:59+00';
INSERT INTO ecopanier.reservation (lot_id, member_id, state, claimed_at) VALUES (fixture.named('A'), fixture.id('Bilal'), 'awaiting_payment', '2026-11-25 14:58+00');
SELECT fixture.claim('Bruno', 'B'), fixture.claim('Camille', 'B') \g /dev/null
SELECT is(fixture.run('2026-11-25 14:59:59+00'), 'Camille reservation.held', 'a second before the two hours nobody is reminded');
SET ecopanier.clock = '2026-11-25 15:00:00+00';
SELECT fixture.claim('Basma', 'A') \g /dev/null
SELECT is(extract(epoch FROM next_due), extract(epoch FROM timestamptz '2026-11-25 15:00:00+00'), 'the schedule knows the moment')
FROM (SELECT coalesce(nullif(next_due, '-infinity'), '2026-11-25 15:00:00+00') AS next_due FROM ecopanier.schedule() WHERE step = 'pickup_reminders') s;
SELECT is(fixture.run('2026-11-25 15:00:00+00'), 'Basma reservation.held, Benoit reservation.reminder, Camille reservation.reminder reservation.reminder, '
	'Charlie reservation.reminder, Claude reservation.reminder',
	'at the two hours who claimed before is reminded, of closed lots too; not who claimed since, nor of what was cancelled or awaits payment');
SELECT is(fixture.run('2026-11-25 15:00:00+00'), '', 'once');
SELECT is(fixture.run('2026-11-25 15:00:01+00'), '', 'and not a second later');
SELECT is(count(*), 1::bigint, 'on the island too, at the same moment') FROM ecopanier.notification WHERE territory_id = 2 AND kind = 'reservation.reminder';
SELECT is(fixture.body('Benoit', 'beneficiary', 'A, '), fixture.body('Camille', 'customer', 'A, '), 'a free basket is called to mind like a paid one');
SELECT is(fixture.now_try('Camille', 'customer', format('UPDATE ecopanier.member SET language = %L', l), t) || ' ' || fixture.body('Camille', 'customer', place, t), '1 row ' || expected, 'in ' || l)
FROM (VALUES (1, 'fr', 'A, ', 'Panier à retirer: Votre panier vous attend. A, Boulangerie. Retrait le 25/11/2026, de 18:00 à 20:00. Prenez le QR code et le code à six chiffres.'),
	(2, 'en', 'R, ', 'Basket to pick up: Your basket is waiting for you. R, Boulangerie. Pickup on 25/11/2026, from 21:00 to 23:00. Please bring the QR code and the six-digit code.'),
	(1, 'es', 'A, ', 'Cesta por recoger: Su cesta le espera. A, Boulangerie. Recogida el 25/11/2026, de 18:00 a 20:00. Lleve el código QR y el código de seis cifras.'),
	(1, 'ar', 'Boulangerie', E'سلة بانتظار الاستلام: سلتك في انتظارك. \u2068B\u2069، \u2068Boulangerie\u2069. الاستلام يوم \u206825/11/2026\u2069، من \u206818:00\u2069 إلى \u206820:00\u2069. أحضر رمز QR والرمز المكوَّن من ستة أرقام.')) v (t, l, place, expected);
UPDATE ecopanier.member SET language = 'fr';
SELECT is((fixture.attempt('postgres', NULL, NULL, $$UPDATE ecopanier.lot SET window_start = window_start + interval '1 hour' WHERE id = fixture.named('A')$$)).state, 'ZE111', 'a published window does not move');
SELECT is(fixture.run('2026-11-25 16:30:00+00'), 'Bilal reservation.unconfirmed', 'a cancelled claim of the last lot is not called to mind');

\echo '# when nobody worked'
SET ecopanier.clock = '2026-11-26 08:00:00+00';
SELECT fixture.basket('D', '2026-11-26 17:00+00'), fixture.basket('E', '2026-11-27 17:00+00'), fixture.basket('F', '2026-11-28 17:00+00'), fixture.basket('I', '2026-11-29 17:00+00') \g /dev/null
SELECT fixture.claim('Camille', 'D'), fixture.claim('Charlie', 'E'), fixture.claim('Claude', 'F'), fixture.claim('Claude', 'I') \g /dev/null
SELECT fixture.run('2026-11-26 14:00:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-27 16:00:00+00'), 'Camille reservation.lapsed, Charlie reservation.reminder',
	'26 hours later: what still helps is told, what is over is not');
SELECT is(fixture.run('2026-11-28 16:59:59+00'), 'Charlie reservation.lapsed, Claude reservation.reminder', 'a second before the window opens it still helps');
SELECT is(fixture.run('2026-11-29 17:00:00+00'), 'Claude reservation.lapsed', 'when the window is open it no longer does');

\echo '# its time is a parameter'
SELECT fixture.set('reminder_minutes', 30), fixture.basket('J', '2026-11-29 20:00+00'), fixture.basket('K', '2026-11-29 21:00+00') \g /dev/null
SELECT fixture.claim('Camille', 'J'), fixture.claim('Charlie', 'K'), fixture.run('2026-11-29 17:00:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-29 19:29:59+00'), 'Claude reservation.lapsed', 'not yet');
SELECT is(fixture.run('2026-11-29 19:30:00+00'), 'Camille reservation.reminder', 'half an hour before');
SELECT fixture.set('reminder_minutes', 0) \g /dev/null
SELECT is(fixture.run('2026-11-29 20:45:00+00'), '', 'none at all');
SELECT fixture.set('reminder_minutes', 120) \g /dev/null
SELECT is(fixture.run('2026-11-29 20:50:00+00'), 'Charlie reservation.reminder', 'and again, where it still helps');

\echo '# lots about to end'
SET ecopanier.clock = '2026-11-30 08:00:00+00';
SELECT fixture.set('lot_ending_minutes', 60), fixture.basket('Paid', '2026-11-30 10:00+00', 3, 0), fixture.basket('Free', '2026-11-30 10:00+00', 0, 3),
	fixture.basket('Gone', '2026-11-30 10:00+00', 1, 0), fixture.basket('Closed', '2026-11-30 10:00+00') \g /dev/null
SELECT fixture.claim('Camille', 'Paid'), fixture.claim('Benoit', 'Free'), fixture.claim('Camille', 'Gone'),
	fixture.now_try('Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('Closed')$$) \g /dev/null
SELECT fixture.run('2026-11-30 09:00:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-30 10:59:59+00'), '', 'a second before the hour nobody is told');
SET ecopanier.clock = '2026-11-30 11:00:00+00';
SELECT fixture.basket('Late', '2026-11-30 10:00+00') \g /dev/null
SELECT is(fixture.run('2026-11-30 11:00:00+00'), 'Mona lot.ending lot.ending, Sami lot.ending lot.ending, Sara lot.ending lot.ending',
	'at the hour staff are, of lots with units left that were there before');
SELECT is(fixture.run('2026-11-30 11:00:00+00'), '', 'once');
SELECT is(fixture.run('2026-11-30 11:30:00+00'), '', 'and not half an hour later');
SELECT is(replace(fixture.body('Mona', 'merchant', 'Free'), 'Free', 'Paid'), fixture.body('Mona', 'merchant', 'Paid'), 'the same of free and of paid units (rule D13)');
SELECT is(fixture.body('Mona', 'merchant', 'Free'),
	E'Paniers encore à réserver: Le retrait se termine bientôt et des paniers restent. Free. Fin à 13:00. Paniers restants\u00A0: 2.', 'in words');
SELECT is(count(*) FILTER (WHERE organisation_id IS NOT NULL), 0::bigint, 'no partner is told of reminders') FROM ecopanier.event WHERE kind IN ('lot.ending', 'reservation.reminder', 'right.expiring', 'lot.nearby');
SELECT fixture.set('lot_ending_minutes', 0) \g /dev/null

\echo '# rights about to end'
SET DateStyle = 'SQL, DMY';
SELECT is(fixture.run('2026-11-30 19:59:59+00', 2), '', 'a second before midnight on the island');
SELECT is(fixture.run('2026-11-30 20:00:00+00', 2), 'Basma right.expiring, Benoit right.expiring, Bilal right.expiring', 'thirty days before the last day, by the island''s calendar');
RESET DateStyle;
SELECT is(string_agg(DISTINCT facts ->> 'valid_until', ', '), '2026-12-31', 'the event says the day as any session reads it') FROM ecopanier.event WHERE kind = 'right.expiring';
SELECT is(fixture.run('2026-11-30 22:59:59+00'), '', 'in Poitiers it is still the day before');
SELECT is(fixture.run('2026-11-30 23:00:00+00'), 'Basma right.expiring, Benoit right.expiring, Bilal right.expiring', 'and then not');
SELECT is(fixture.run('2026-12-01 12:00:00+00'), '', 'once');
SELECT is(fixture.body('Benoit', 'beneficiary', '31/12/2026'),
	E'Votre droit se termine bientôt: Votre droit se termine bientôt. Dernier jour\u00A0: 31/12/2026. Pour le prolonger, parlez-en à l''association.', 'in words');
SET ecopanier.clock = '2026-12-10 08:00:00+00';
SELECT fixture.now_try('Alice', 'association', $$SELECT 1 FROM ecopanier.verify_beneficiary(fixture.id('Basma'), '2027-06-30')$$),
	fixture.now_try('Alice', 'association', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bilal'), 'dossier')$$),
	fixture.now_try('Alice', 'association', $$SELECT 1 FROM ecopanier.verify_beneficiary(fixture.id('Bruno'), '2027-03-01')$$) \g /dev/null
SELECT is(fixture.run('2026-12-10 08:00:00+00'), 'Basma right.verified, Bilal right.suspended, Bruno right.verified', 'one is renewed, one suspended, one new');
SELECT is(fixture.run('2026-12-23 22:59:59+00'), '', 'a second before the last week');
SELECT is(fixture.run('2026-12-23 23:00:00+00'), 'Benoit right.expiring', 'who still ends is told again');
SELECT is(fixture.run('2026-12-23 23:00:01+00'), '', 'once');
SELECT is(fixture.run('2026-12-31 23:00:00+00'), 'Benoit right.expired, Bilal right.expired', 'and that it has ended');
SELECT fixture.run('2027-01-20 08:00:00+00') \g /dev/null
SELECT is(fixture.run('2027-02-25 08:00:00+00'), 'Bruno right.expiring', 'after a pause over both moments the last alone is told');
SELECT fixture.now_try('Alice', 'association', $$SELECT 1 FROM ecopanier.verify_beneficiary(fixture.id('Bruno'), '2027-03-27')$$), fixture.run('2027-02-25 08:00:00+00') \g /dev/null
SELECT is(fixture.run('2027-02-26 08:00:00+00'), '', 'a right decided on the day of its reminder needs none');
SELECT is(fixture.run('2027-03-19 22:59:59+00'), '', 'but');
SELECT is(fixture.run('2027-03-19 23:00:00+00'), 'Bruno right.expiring', 'the next');

\echo '# daylight saving'
SELECT fixture.basket('Spring', '2027-03-28 01:30+00', 5, 0) \g /dev/null
SELECT fixture.claim('Camille', 'Spring'), fixture.run('2027-03-20 08:00:00+00') \g /dev/null
SELECT is(fixture.run('2027-03-27 23:29:59+00'), 'Bruno right.expired', 'the hour that is left out does not count');
SELECT is(fixture.run('2027-03-27 23:30:00+00'), 'Camille reservation.reminder', 'two hours are two hours');
SELECT is(fixture.body('Camille', 'customer', 'Spring'),
	'Panier à retirer: Votre panier vous attend. Spring, Boulangerie. Retrait le 28/03/2027, de 03:30 à 05:30. Prenez le QR code et le code à six chiffres.', 'in summer time');
SELECT fixture.basket('Autumn', '2027-10-31 01:30+00', 5, 0) \g /dev/null
SELECT fixture.claim('Camille', 'Autumn'), fixture.run('2027-10-30 08:00:00+00') \g /dev/null
SELECT is(fixture.run('2027-10-30 23:29:59+00'), '', 'an hour that comes twice');
SELECT is(fixture.run('2027-10-30 23:30:00+00'), 'Camille reservation.reminder', 'is told once');
SELECT is(fixture.body('Camille', 'customer', 'Autumn'),
	'Panier à retirer: Votre panier vous attend. Autumn, Boulangerie. Retrait le 31/10/2027, de 02:30 à 04:30. Prenez le QR code et le code à six chiffres.', 'in winter time');
SELECT is(count(*), 0::bigint, 'no one was told the same twice') FROM (SELECT FROM ecopanier.notification WHERE kind NOT LIKE 'right.%' GROUP BY member_id, subject_id, kind, args HAVING count(*) > 1) d;
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
