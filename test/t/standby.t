# A physical standby: reads with the caller's rights, refuses to claim, shows receipts while it has the keys, and
# takes over.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = new_node('primary');
new_database($primary, 'app', fixture => 1);
new_database($primary, 'calls', fixture => 1);
answer($primary, 'calls', slurp_file("test/lib/$_.sql")) for qw(try call);
my $lot = new_lot($primary, 'app', 5, 5);
my $paid = claim($primary, 'app', 'Camille', 'customer', $lot);

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
chmod 0600, key_file($standby);    # the test's way of copying forgets the mode
$standby->start;
is(answer($standby, 'app', 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');

my $free = claim($primary, 'app', 'Benoit', 'beneficiary', $lot);
$primary->wait_for_catchup($standby);

# Reading, as an API's role.
is(answer($standby, 'app', acting('Camille', 'customer') . 'SELECT display_name, (ecopanier.whoami()).role FROM ecopanier.member WHERE id = ecopanier.current_member()'),
	'Camille|customer', 'claims are resolved');
is(answer($standby, 'app', acting('Camille', 'customer') . 'SELECT units_left, price_cents FROM ecopanier.lot_offer'), '4|400', 'a customer reads the offer');
is(answer($standby, 'app', acting('Benoit', 'beneficiary') . 'SELECT units_left, price_cents FROM ecopanier.lot_offer'), '4|0', 'so does a beneficiary');
is(answer($standby, 'app', acting('Benoit', 'beneficiary') . 'SELECT id FROM ecopanier.reservation'), $free->{reservation}, 'the own reservations alone');
is(answer($standby, 'app', acting('Camille', 'customer') . "BEGIN READ ONLY; SELECT ecopanier.authenticate(); SELECT (ecopanier.whoami()).role; COMMIT"),
	"\ncustomer", 'authenticate() works in a read-only transaction');
is(answer($standby, 'app', 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'self_check runs there');

# Every function that writes nothing, as whoever calls it.
my $reads = <<'SQL';
SELECT c.function, CASE WHEN c.name IS NOT NULL THEN fixture.try(c.name, c.role, s) ELSE (SELECT coalesce(state, value) FROM fixture.attempt('postgres', NULL, NULL, s)) END
FROM call c JOIN pg_proc p ON replace(p.oid::regprocedure::text, 'ecopanier.', '') = c.function AND p.pronamespace = 'ecopanier'::regnamespace AND p.provolatile <> 'v',
	format('SELECT array_agg(f::text) FROM ecopanier.%s(%s) f', p.proname, array_to_string(c.arguments, ', ')) s ORDER BY c.function
SQL
my $read = answer($primary, 'calls', $reads);
cmp_ok(($read =~ tr/\n//), '>', 50, 'there are functions that write nothing');
same_text(answer($standby, 'calls', $reads), $read, 'each answers as on the primary');

# Writing.
for my $write ("ecopanier.reserve('$lot')", "ecopanier.cancel('$paid->{reservation}')", "ecopanier.reissue_pin('$paid->{reservation}')")
{
	is(refusal($standby, 'app', acting('Camille', 'customer') . "SELECT $write"), '25006', "$write is refused as a write");
}
is(refusal($standby, 'app', acting('Camille', 'customer') . "INSERT INTO ecopanier.reservation (lot_id) VALUES ('$lot')"), '25006', 'so is an INSERT');
is(refusal($standby, 'app', acting('Sami', 'merchant') . "SELECT ecopanier.verify_pickup('$paid->{qr}', '$paid->{pin}')"), '25006', 'and a hand-over');
is(refusal($standby, 'app', 'SELECT ecopanier.rotate_key()'), '25006', 'and a new key');
is(refusal($standby, 'app', 'SELECT ecopanier.install()'), '55000', 'and install(), which is for operators');

# Receipts need the key file, which a base backup brings along from the data directory, and nothing else does.
is_deeply(receipt($standby, 'app', 'Benoit', 'beneficiary', $free->{reservation}), $free, 'a receipt is the same on the standby');
my $ask = acting('Benoit', 'beneficiary') . "SELECT * FROM ecopanier.receipt('$free->{reservation}')";
unlink key_file($standby) or die;
like(failure($standby, 'app', $ask), qr/ERROR:  ZE113: key "[0-9a-f]{16}" is not in the key file\nDETAIL:  There is no key file/,
	'without the key file a receipt says so');
is(answer($standby, 'app', acting('Camille', 'customer') . 'SELECT count(*) FROM ecopanier.lot_offer'), '1', 'and the rest goes on');
ok(!-e key_file($standby), 'no key file was made');
copy_private(key_file($primary), key_file($standby));
is_deeply(receipt($standby, 'app', 'Benoit', 'beneficiary', $free->{reservation}), $free, 'copied again, it works at once');

# A session of the standby hears of a rotation on the primary.
my $session = $standby->background_psql('app');
$session->query_safe(acting('Charlie', 'customer'));
my $current = 'SELECT count(*), count(*) FILTER (WHERE is_current) FROM ecopanier.pickup_public_keys()';
is($session->query_safe($current), '1|1', 'a session knows one key');
answer($primary, 'app', 'SELECT ecopanier.rotate_key()');
my $rotated = claim($primary, 'app', 'Charlie', 'customer', $lot);
$primary->wait_for_catchup($standby);
is($session->query_safe($current), '2|1', 'and the new one once it is replayed');
my ($rc, $out, $err) = EcpTest::run_psql($standby, 'app', acting('Charlie', 'customer') . "SELECT * FROM ecopanier.receipt('$rotated->{reservation}')");
like($err, qr/ZE113.*\nDETAIL:  The key file ".*" has 1 other key\./, 'the new key is not on the standby by itself');
copy_private(key_file($primary), key_file($standby));
is($session->query_safe("SELECT pin FROM ecopanier.receipt('$rotated->{reservation}')"), $rotated->{pin}, 'copied, the open session uses it');
$session->quit;

# Taking over.
$primary->stop('immediate');
$standby->promote;
is(refusal($standby, 'app', acting('Benoit', 'beneficiary') . "SELECT ecopanier.reserve('$lot', 2)"), 'ZE105', 'promoted, it knows the quota that was used');
my $after = claim($standby, 'app', 'Benoit', 'beneficiary', $lot);
like($after->{pin}, qr/^\d{6}$/, 'and a claim works');
is(answer($standby, 'app', 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'self_check finds nothing');
is(answer($standby, 'app', 'SELECT ecopanier.rebuild_stock(), ecopanier.rebuild_quota()'), '0|0', 'counters are what the facts say');

done_testing();
