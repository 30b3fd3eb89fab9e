# The cascade in logical time: a month with a change of the clocks and two public holidays, replayed at every due moment, every 26 hours,
# and every 26 hours by two at once, ends in the same rows. People answer in between; units are conserved throughout.
use strict;
use warnings FATAL => 'all';
use lib 'test/lib';
use EcpTest;
use IPC::Run;
use Test::More;

my $node = new_node('cascade', 'autovacuum = off', 'fsync = off');
new_database($node, 'base', fixture => 1);
answer($node, 'base', <<'SQL');
SET client_min_messages = warning;
ALTER DATABASE base RESET ecopanier.clock;
SET ecopanier.clock = '2026-10-09 04:00+00';
SELECT setseed(0.86);
-- Who accepts on one of the moments below can still collect on the next.
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (1, 'cascade_collect_hours', 72, '2000-01-01', 'test');
UPDATE ecopanier.organisation SET created_at = '2026-01-01';
INSERT INTO ecopanier.organisation (territory_id, kind, name, accreditation_number, accredited_from, accredited_until, latitude, longitude)
SELECT 1, k, n, 'A1', '2020-01-01', u, 46.58 + d, 0.34 FROM (VALUES ('merchant', 'Shop 1', 0.00, NULL::date), ('merchant', 'Shop 2', 0.01, NULL), ('merchant', 'Shop 3', 0.02, NULL), ('merchant', 'Shop 4', 0.03, NULL),
	('association', 'Croix', 0.01, NULL), ('association', 'Restos', 0.02, '2026-10-28'), ('association', 'Entraide', 0.05, NULL),
	('producer', 'Conserverie', 0.04, NULL), ('producer', 'Elevage', 0.06, NULL), ('hub', 'Compost', 0.03, NULL)) o (k, n, d, u);
INSERT INTO ecopanier.organisation_opening (territory_id, organisation_id, weekday, opens_at, closes_at)
SELECT 1, id, d, CASE WHEN kind = 'merchant' THEN time '08:00' ELSE '09:00' END, CASE WHEN kind = 'merchant' THEN time '19:30' ELSE '17:00' END
FROM ecopanier.organisation, generate_series(1, 7) d
WHERE territory_id = 1 AND (d <= CASE WHEN name IN ('Shop 2', 'Elevage') THEN 7 WHEN kind = 'merchant' THEN 6 ELSE 5 END) AND name <> 'Compost';
INSERT INTO ecopanier.receiver (territory_id, organisation_id, stage, units_per_day, kg_per_day, cold_classes, radius_m, declares_short_dated)
SELECT 1, fixture.organisation(n), s, u, w, c, r, d FROM (VALUES
	('Croix', 'association', 12, NULL, '{ambient,perishable}'::text[], 20000, false), ('Restos', 'association', 8, 9, '{ambient}', 20000, true),
	('Entraide', 'association', NULL, 6, '{ambient,perishable,very_perishable,hot}', 4000, true), ('CCAS', 'association', 3, NULL, '{ambient}', 20000, false),
	('Conserverie', 'processing', 6, NULL, '{ambient,perishable}', 20000, false), ('Elevage', 'animal_feed', 5, NULL, '{ambient,perishable,hot}', 20000, false),
	('Compost', 'compost', NULL, 20, '{ambient}', 20000, false)) v (n, s, u, w, c, r, d);
-- Four lots a day; windows end between 10:00 and 21:50, several at one moment.
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, cold_class, batch, allergens,
	use_by, undated, window_start, window_end, state)
SELECT 1, fixture.organisation('Shop ' || (1 + n % 4)), 'Lot ' || d::date || ' ' || n, 'prepared_meal', p, f, 1000, CASE WHEN p > 0 THEN 400 END, 300 + 100 * n, c, 'B' || n, '{lait}',
	CASE WHEN u < 6 THEN d::date + u END, u = 6, closing - interval '2 hours', closing, 'published'
FROM (SELECT d, n, (d::date + make_time(10 + (random() * 10)::int, (random() * 2)::int * 20, 0)) AT TIME ZONE 'Europe/Paris' AS closing, (random() * 6)::int AS p, 1 + (random() * 4)::int AS f,
	(random() * 6)::int AS u, (ARRAY['ambient', 'ambient', 'perishable', 'very_perishable', 'hot'])[1 + (random() * 4)::int] AS c
	FROM generate_series('2026-10-10', '2026-11-11', interval '1 day') d, generate_series(1, 4) n) x;
-- Claims: collected, held until they lapse, with a grace, waiting for a payment.
INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, state)
SELECT l.id, fixture.id((ARRAY['Camille', 'Charlie', 'Claude'])[1 + (random() * 2)::int]), 1 + (random() * (l.public_units - 1))::int, CASE WHEN random() < 0.2 THEN 'awaiting_payment' ELSE 'held' END
FROM ecopanier.lot l WHERE public_units > 0 AND random() < 0.8 ORDER BY l.title;
UPDATE ecopanier.reservation r SET state = 'collected' FROM (SELECT id, random() AS chance FROM ecopanier.reservation WHERE state = 'held') x WHERE x.id = r.id AND chance < 0.5;
UPDATE ecopanier.reservation r SET grace_until = r.window_end + x.grace FROM (SELECT id, (random() * 120)::int * interval '1 minute' AS grace, random() AS chance FROM ecopanier.reservation WHERE state = 'held') x
WHERE x.id = r.id AND chance < 0.4;
-- The rows, by what is the same in each database: a lot that offers again is named after its source.
CREATE SCHEMA replay;
CREATE VIEW replay.lot AS SELECT l.territory_id, l.id, coalesce(s.title || ' again', l.title) AS name FROM ecopanier.lot l LEFT JOIN ecopanier.lot s ON s.id = l.source_lot_id;
CREATE VIEW replay.fact AS
SELECT concat_ws(' ', 'step', n.name, s.number, s.stage, s.state, s.reason, s.quantity, s.weight_g, s.at, s.day, s.deadline, s.receiver_id, s.short_dated, s.units_limit, s.weight_limit_g,
	(SELECT name FROM replay.lot c WHERE c.id = s.child_lot_id), s.decided_at, s.note, s.received_quantity, s.received_weight_g) AS fact
FROM ecopanier.cascade_step s JOIN replay.lot n ON n.id = s.lot_id
UNION ALL SELECT concat_ws(' ', 'lot', n.name, l.state, l.public_units, l.solidarity_units, l.window_start, l.window_end, l.created_at, l.published_at, l.use_by, l.batch, k.public_left, k.solidarity_left)
FROM ecopanier.lot l JOIN replay.lot n ON n.id = l.id JOIN ecopanier_private.lot_stock k ON k.lot_id = l.id
UNION ALL SELECT concat_ws(' ', 'movement', n.name, s.number, m.public_units, m.solidarity_units, m.at) FROM ecopanier_private.lot_movement m JOIN replay.lot n ON n.id = m.lot_id
JOIN ecopanier.cascade_step s ON s.id = m.cause_id
UNION ALL SELECT concat_ws(' ', 'claim', n.name, r.member_id, r.quantity, r.pool, r.state, r.grace_until) FROM ecopanier.reservation r JOIN replay.lot n ON n.id = r.lot_id
UNION ALL SELECT concat_ws(' ', 'due', n.name, d.due_at) FROM ecopanier_private.cascade_due d JOIN replay.lot n ON n.id = d.lot_id
UNION ALL SELECT concat_ws(' ', 'event', n.name, s.number, e.kind, e.at, e.organisation_id, e.facts ->> 'quantity') FROM ecopanier.event e JOIN ecopanier.cascade_step s ON s.id = e.subject_id
JOIN replay.lot n ON n.id = s.lot_id WHERE e.kind LIKE 'offer.%';
CREATE PROCEDURE replay.every_moment(until timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz;
	failed text;
BEGIN
	LOOP
		SELECT min(greatest(next_due, ecopanier.now())) INTO moment FROM ecopanier.schedule() WHERE next_due IS NOT NULL AND step IN ('payment_holds', 'lapses', 'lots', 'cascade');
		EXIT WHEN coalesce(moment > until, true);
		PERFORM set_config('ecopanier.clock', moment::text, false);
		SELECT string_agg(step || ': ' || error, ', ') INTO failed FROM ecopanier.tick() WHERE error IS NOT NULL;
		IF failed IS NOT NULL THEN
			RAISE EXCEPTION '%', failed;
		END IF;
		COMMIT;
	END LOOP;
	PERFORM set_config('ecopanier.clock', until::text, false);
END $$;
-- What staff does at a moment: of the offers that are open some are accepted, refused, collected wholly or in part, the same ones in each database.
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, 'Staff ' || name FROM ecopanier.organisation WHERE id IN (SELECT organisation_id FROM ecopanier.receiver);
INSERT INTO ecopanier.member_role (territory_id, member_id, role)
SELECT 1, m.id, CASE WHEN o.kind IN ('producer', 'hub') THEN 'merchant' ELSE 'association' END FROM ecopanier.member m JOIN ecopanier.organisation o ON m.display_name = 'Staff ' || o.name AND o.territory_id = 1;
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT 1, o.id, m.id, 'owner' FROM ecopanier.member m JOIN ecopanier.organisation o ON m.display_name = 'Staff ' || o.name AND o.territory_id = 1;
SQL
answer($node, 'base', do { local (@ARGV, $/) = 'test/lib/try.sql'; <> });
answer($node, 'base', <<'SQL');
CREATE FUNCTION replay.answer(until timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	item record;
	said text := '';
	call text;
BEGIN
	FOR item IN SELECT s.*, n.name, o.name AS organisation, o.kind, hashtext(n.name || s.number) & 7 AS chance FROM ecopanier.cascade_step s JOIN replay.lot n ON n.id = s.lot_id
		JOIN ecopanier.organisation o ON o.id = s.receiver_organisation_id WHERE s.state IN ('offered', 'accepted') ORDER BY n.name, s.number
	LOOP
		call := CASE WHEN item.state = 'offered' AND item.chance < 5 THEN format('accept_offer(%L)', item.id)
			WHEN item.state = 'offered' AND item.chance = 5 THEN format('refuse_offer(%L, %L)', item.id, 'full')
			WHEN item.state = 'accepted' AND item.chance < 3 THEN format('receive_offer(%L, %s)', item.id, item.quantity)
			WHEN item.state = 'accepted' AND item.chance = 3 THEN format('receive_offer(%L, %s, 100)', item.id, greatest(item.quantity - 1, 1)) END;
		CONTINUE WHEN call IS NULL;
		said := said || coalesce(fixture.try('Staff ' || item.organisation, CASE WHEN item.kind IN ('producer', 'hub') THEN 'merchant' ELSE 'association' END, 'SELECT 1 FROM ecopanier.' || call, 1, until::text, true), 'null') || ' ';
	END LOOP;
	RETURN said;
END $$;
SQL

# Moments at which people act and a late worker comes: 26 hours apart.
my @moments = map { chomp; $_ } split /\n/, answer($node, 'base', "SELECT generate_series('2026-10-10 06:00+00'::timestamptz, '2026-11-16 00:00+00', '26 hours')");
answer($node, 'postgres', "CREATE DATABASE $_ TEMPLATE base") for qw(moments late two);

sub facts { my ($database) = @_; return answer($node, $database, 'SELECT fact FROM replay.fact ORDER BY 1') }

# Two turns at once; each goes on where the other leaves off.
sub run_two
{
	my ($at) = @_;
	my @both = map { IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('two'), '-c', "SET ecopanier.clock = '$at'", '-c', 'CALL ecopanier.run_schedule()' ], '<', \undef, '>', \my $out, '2>', \my $err) } 1 .. 2;
	my $failed = grep { !IPC::Run::finish($_) } @both;
	answer($node, 'two', "SET ecopanier.clock = '$at'; SELECT count(error) FROM ecopanier.tick()");
	return $failed;
}

my ($different, $broken, $failed, %said) = (0, '', 0);
my $every = $node->background_psql('moments');
$every->query_safe("SET client_min_messages = warning; SET ecopanier.clock = '2026-10-09 04:00+00'");
for my $at (@moments)
{
	$every->query_safe("CALL replay.every_moment('$at')");
	answer($node, 'late', "SET ecopanier.clock = '$at'; SELECT count(error) FROM ecopanier.tick()") eq '0' or $failed++;
	$failed += run_two($at);
	for my $database (qw(moments late two))
	{
		my $said = answer($node, $database, "SET ecopanier.clock = '$at'; SELECT replay.answer('$at')");
		$said{$database} .= $said;
		next if $database ne 'moments' && $at ne $moments[-1];
		$broken .= answer($node, $database, "SELECT coalesce(string_agg(invariant || ' ', ''), '') FROM ecopanier.self_check() WHERE violations > 0");
	}
	$different++ if facts('moments') ne facts('late');
}
$every->quit;
is($failed, 0, 'no turn failed');
is($broken, '', 'invariants hold at each of the ' . @moments . ' moments');
is($different, 0, 'at each of them both have the same rows');
same_text(facts('late'), facts('moments'), 'once in 26 hours leaves what every due moment leaves');
same_text(facts('two'), facts('moments'), 'so do two at once');
is($said{late}, $said{moments}, 'people were answered alike');
unlike($said{moments}, qr/Z|4|2|null/, 'and never refused');

# The month was worth it: every stage, outcome and reason was there.
is(answer($node, 'moments', "SELECT string_agg(DISTINCT stage || ' ' || state, ', ' ORDER BY stage || ' ' || state) FROM ecopanier.cascade_step WHERE state IN ('done', 'received', 'refused', 'expired') AND stage IN ('solidarity', 'association', 'compost')"),
	'association expired, association received, association refused, compost done, solidarity done', 'stages and outcomes');
is(answer($node, 'moments', "SELECT string_agg(DISTINCT reason, ' ' ORDER BY reason) FROM ecopanier.cascade_step"),
	'already_offered closed_until cold_chain left_over no_capacity no_receiver no_time_left not_answered not_collected past_use_by refused short_dated', 'reasons');

# Conservation, lot by lot: what there was is what was collected, what is left, and what went on.
is(answer($node, 'moments', <<'SQL'), '0', 'every unit is somewhere, once');
SELECT count(*) FROM ecopanier.lot l JOIN ecopanier_private.lot_stock k ON k.lot_id = l.id
WHERE l.public_units + l.solidarity_units <> k.public_left + k.solidarity_left
	+ (SELECT coalesce(sum(quantity), 0) FROM ecopanier.reservation r WHERE r.lot_id = l.id AND r.state IN ('held', 'awaiting_payment', 'collected'))
	+ (SELECT coalesce(sum(CASE state WHEN 'received' THEN received_quantity ELSE quantity END), 0) FROM ecopanier.cascade_step s WHERE s.lot_id = l.id AND s.state IN ('offered', 'accepted', 'received', 'done'))
SQL
is(answer($node, 'moments', "SELECT count(*) FROM ecopanier_private.lot_stock k JOIN ecopanier.lot l ON l.id = k.lot_id WHERE l.state = 'closed' AND k.public_left + k.solidarity_left > 0"), '0', 'nothing is left lying');
is(answer($node, 'moments', 'SELECT ecopanier.rebuild_stock()'), '0', 'and the stock follows from the facts');
done_testing();
