# run_schedule(): a commit after each batch, so that a failure late in the turn loses nothing of what was done.
use strict;
use warnings FATAL => 'all';
use lib 'test/lib';
use EcpTest;
use Test::More;

my $node = new_node('schedule');
new_database($node, 'app', fixture => 1);
answer($node, 'app', <<'SQL');
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
SELECT 1, fixture.organisation('Boulangerie'), 'Foule', 'bakery', 500, 'ambient', true, '{gluten}', 1, 1000, 400, '2026-11-20 17:00+00', '2026-11-20 18:00+00', 'published' FROM generate_series(1, 1200);
CREATE TABLE public.closing (transaction xid8, title text);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.closing VALUES (pg_current_xact_id(), NEW.title); RETURN NULL; END $$;
CREATE TRIGGER zz_note AFTER UPDATE ON ecopanier.lot FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION public.note();
SQL
my $evening = "SET ecopanier.clock = '2026-11-20 18:00:00+00'; ";
is(answer($node, 'app', $evening . 'CALL ecopanier.run_schedule()'), '', 'a turn with commits');
is(answer($node, 'app', 'SELECT string_agg(n::text, \' \' ORDER BY transaction) FROM (SELECT transaction, count(*) n FROM public.closing GROUP BY 1) c'),
	'500 500 200', 'three batches in three transactions');
is(refusal($node, 'app', 'BEGIN; CALL ecopanier.run_schedule(); COMMIT;'), '25001', 'not inside a transaction');
is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.self_check() WHERE violations <> 0'), '0', 'invariants');

# A step that fails late keeps the batches before it, is told, and is made up for.
answer($node, 'app', <<'SQL');
TRUNCATE public.closing;
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
SELECT 1, fixture.organisation('Boulangerie'), 'Lot ' || n, 'bakery', 500, 'ambient', true, '{gluten}', 1, 1000, 400, '2026-11-20 17:00+00', '2026-11-20 18:00+00'::timestamptz + n * interval '1 s', 'published' FROM generate_series(1, 700) n;
CREATE OR REPLACE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN IF NEW.title = 'Lot 600' THEN RAISE EXCEPTION 'poisoned'; END IF; INSERT INTO public.closing VALUES (pg_current_xact_id(), NEW.title); RETURN NULL; END $$;
SQL
my $night = "SET ecopanier.clock = '2026-11-20 20:00:00+00'; ";
my ($rc, $out, $err) = $node->psql('app', $night . 'CALL ecopanier.run_schedule()');
is($rc, 0, 'the turn goes on');
like($err, qr/WARNING:  step "lots" of the schedule failed: P0001: poisoned/, 'the failure is told');
is(answer($node, 'app', 'SELECT count(*) FROM public.closing'), '500', 'the batch before it is kept');
is(answer($node, 'app', $night . "SELECT error FROM ecopanier.tick() WHERE step = 'lots'"), 'P0001: poisoned', 'tick() tells it as data');
answer($node, 'app', 'DROP TRIGGER zz_note ON ecopanier.lot');
is(answer($node, 'app', $night . "SELECT done, error IS NULL FROM ecopanier.tick() WHERE step = 'lots'"), '200|t', 'and the next turn makes up for it');

# Two turns at once: the second leaves at once, and neither waits.
my $first = $node->background_psql('app');
$first->query_safe("BEGIN; SELECT count(*) FROM ecopanier.tick()");
is(answer($node, 'app', 'SELECT step, error FROM ecopanier.tick()'), 'turn|another turn is at work', 'one turn at a time');
$first->query_safe('COMMIT');
$first->quit;
is(answer($node, 'app', 'SELECT count(error) FROM ecopanier.tick()'), '0', 'the next one has it');

done_testing();
