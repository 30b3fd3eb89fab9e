# What is due by the machine's clock is done when it is due, and a cancel between two turns ends nothing.
use strict;
use warnings FATAL => 'all';
use lib 'test/lib';
use EcpTest;
use Test::More;

my $node = new_node('clock', "shared_preload_libraries = 'ecopanier'", "ecopanier.databases = 'app'");
new_database($node, 'app', fixture => 1);
sub status { return answer($node, 'app', "SELECT $_[0] FROM ecopanier.worker_status() WHERE database = 'app'") }
sub idle { return $node->poll_query_until('app', "SELECT coalesce(bool_or(state = 'idle'), false) FROM ecopanier.worker_status() WHERE database = 'app'") }

ok(idle(), 'the worker is there');
answer($node, 'app', <<'SQL');
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
SELECT 1, fixture.organisation('Boulangerie'), 'Soir', 'bakery', 500, 'ambient', true, '{gluten}', 5, 1000, 400, now() - interval '1 hour', now() + interval '12 s', 'published'
SQL
ok($node->poll_query_until('app', "SELECT state = 'closed' FROM ecopanier.lot WHERE title = 'Soir'"), 'a lot closes');
is(answer($node, 'app', "SELECT e.at - l.window_end BETWEEN '0' AND '6 s' FROM ecopanier.lot l JOIN ecopanier.event e ON e.subject_id = l.id AND e.kind = 'lot.closed'
	WHERE l.title = 'Soir'"), 't', '... at its end, not after twice the wait');

my $pid = status('pid');
my $turns = status('turns');
answer($node, 'app', "SELECT pg_cancel_backend($pid)");
answer($node, 'app', "CREATE TABLE public.work (n int); CREATE TRIGGER w AFTER INSERT ON public.work FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake(); INSERT INTO public.work VALUES (1)");
ok($node->poll_query_until('app', "SELECT coalesce(bool_or(state = 'idle' AND turns > $turns), false) FROM ecopanier.worker_status() WHERE database = 'app'"), 'a turn after a cancel');
is(status('pid'), $pid, '... by the same process');

ok(idle(), 'idle');
my $wakes = status('wakes');
answer($node, 'app', "INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, unit_weight_g, cold_class, undated, allergens, public_units, original_price_cents, price_cents, window_start, window_end, state)
	SELECT 1, fixture.organisation('Boulangerie'), 'Unpaid', 'bakery', 500, 'ambient', true, '{gluten}', 5, 1000, 400, now() + interval '1 hour', now() + interval '3 hours', 'published'");
ok($node->poll_query_until('app', "SELECT wakes > $wakes AND state = 'idle' FROM ecopanier.worker_status() WHERE database = 'app'"), 'a lot wakes');
$wakes = status('wakes');
answer($node, 'app', "INSERT INTO ecopanier.reservation (lot_id, member_id, quantity, state) SELECT id, fixture.id('Charlie'), 1, 'awaiting_payment' FROM ecopanier.lot WHERE title = 'Unpaid'");
ok(status('wakes') > $wakes, 'so does a claim that waits for its payment, of which nobody is told');

done_testing();
