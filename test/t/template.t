# Templates beside transactions that stay open, and the worker, which makes their lots by itself.
use strict;
use warnings FATAL => 'all';
use lib 'test/lib';
use EcpTest;
use Test::More;

my $node = new_node('template', "shared_preload_libraries = 'ecopanier'", "ecopanier.databases = ''");
new_database($node, 'app', fixture => 1);
answer($node, 'app', <<'SQL');
INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'merchant', 'Epicerie');
CREATE ROLE till LOGIN IN ROLE ecopanier_merchant;
SELECT ecopanier.map_login('till', fixture.id('Mona'), 'merchant', fixture.organisation('Boulangerie'));
INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, undated, starts_at, ends_at)
SELECT 1, fixture.organisation(o), o || ' ' || i, 'bakery', 2, 400, 500, 'ambient', true, ARRAY[time '18:00' + i * interval '1 minute'], '{19:00}'
FROM unnest(ARRAY['Boulangerie', 'Epicerie']) o, generate_series(1, 2) i;
SQL
my $turn = "SET ecopanier.clock = '2026-11-20 16:00+00'; SELECT done, error FROM ecopanier.tick() WHERE step = 'templates'";
my $made = "SELECT string_agg(title, ', ' ORDER BY title) FROM ecopanier.lot WHERE template_id IS NOT NULL";
my $open = $node->background_psql('app', extra_params => [ '-U', 'till' ]);

# A till that published a lot and does not end its transaction holds the count of its day's lots.
$open->query_safe('BEGIN');
$open->query_safe(<<'SQL');
SELECT state, code FROM ecopanier.publish_lots('[{"title": "Till", "category": "bakery", "solidarity_units": 1, "original_price_cents": 400, "unit_weight_g": 500, "cold_class": "ambient",
	"undated": true, "window_start": "2026-11-20 17:00+00", "window_end": "2026-11-20 18:00+00"}]')
SQL
is(answer($node, 'app', $turn), '2|', 'the schedule goes past an organisation that holds a lock');
is(answer($node, 'app', $made), 'Epicerie 1, Epicerie 2', 'and makes the lots of the others');
is(answer($node, 'app', "SELECT count(*) FROM ecopanier.lot_template WHERE last_error_code IS NOT NULL"), '0', 'which is no failure');
$open->query_safe('ROLLBACK');
is(answer($node, 'app', $turn), '2|', 'the next turn makes up for it');
is(answer($node, 'app', $made), 'Boulangerie 1, Boulangerie 2, Epicerie 1, Epicerie 2', 'all are there');

# The same where a person is making the lot by hand.
$open->query_safe('BEGIN');
$open->query_safe("SELECT ecopanier.lot_from_template(id, '2026-11-21') FROM ecopanier.lot_template WHERE title = 'Boulangerie 1'");
my $tomorrow = $turn =~ s/2026-11-20 16:00/2026-11-21 12:00/r;
is(answer($node, 'app', $tomorrow), '3|', 'nor does it wait for a lot that is made by hand');
$open->query_safe('COMMIT');
is(answer($node, 'app', $tomorrow), '1|', 'which it then finds');
$open->quit;

# The worker makes them by itself, woken by the template that is written.
answer($node, 'app', "ALTER DATABASE app SET ecopanier.clock = '2026-11-22 12:00+00'");
set_server($node, 'ecopanier.databases' => 'app');
ok($node->poll_query_until('app', "SELECT count(*) = 4 FROM ecopanier.lot WHERE template_day = '2026-11-22'"), 'the worker makes the lots of the day');
answer($node, 'app', <<'SQL');
INSERT INTO ecopanier.lot_template (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, undated, starts_at, ends_at)
VALUES (1, fixture.organisation('Epicerie'), 'New', 'bakery', 2, 400, 500, 'ambient', true, '{18:00}', '{19:00}');
SQL
ok($node->poll_query_until('app', "SELECT count(*) = 1 FROM ecopanier.lot l JOIN ecopanier.lot_template m ON m.id = l.template_id WHERE m.title = 'New' AND l.state = 'published'"),
	'a template that is written wakes it');
is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.self_check() WHERE violations <> 0'), '0', 'invariants');
done_testing();
