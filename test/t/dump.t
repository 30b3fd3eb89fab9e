# A dump restored into a cluster that has never heard of ecopanier: rows of every table, rules and owners are there again; what
# is made with keys works with the key file, and says so without it.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = new_node('source');
new_database($source, 'app', fixture => 1);
answer($source, 'app', slurp_file("test/lib/$_.sql")) for qw(try world);
my $lot = new_lot($source, 'app', 5, 5);
my $paid = claim($source, 'app', 'Camille', 'customer', $lot, 2);
my $free = claim($source, 'app', 'Benoit', 'beneficiary', $lot);
my $second = claim($source, 'app', 'Basma', 'beneficiary', $lot, 2);
answer($source, 'app', acting('Basma', 'beneficiary') . "SELECT ecopanier.cancel('$second->{reservation}')");
my $old = claim($source, 'app', 'Charlie', 'customer', $lot);
answer($source, 'app', 'SELECT ecopanier.rotate_key()');
my $new = claim($source, 'app', 'Claude', 'customer', $lot);
my $codes = "SELECT string_agg(ben_code::text, ',' ORDER BY ben_code) FROM ecopanier.beneficiary";
like(answer($source, 'app', $codes), qr/^\d{4}-BEN-[0-9A-Z]{5},/, 'there are beneficiary codes to keep');

my $dir = $source->basedir;
my @from = ('--host', $source->host, '--port', $source->port, 'app');
command_ok([ 'pg_dump', '--file', "$dir/plain.sql", @from ], 'dump as SQL');
command_ok([ 'pg_dump', '--format=custom', '--file', "$dir/custom.dump", @from ], 'dump in the custom format');
unlike(slurp_file("$dir/plain.sql"), qr/\t\Q$paid->{pin}\E(?:\t|$)|EP1\./m, 'no PIN and no token is in it');
my $file = slurp_file(key_file($source));
my @masters = $file =~ /Z (\S{44})$/mg;
is(scalar @masters, 2, 'the key file has two keys');
unlike(slurp_file("$dir/plain.sql"), qr/\Q$masters[0]\E|\Q$masters[1]\E/, 'nor is a key');

my $target = new_node('target');
is(answer($target, 'postgres', "SELECT count(*) FROM pg_roles WHERE rolname ~ '^ecopanier'"), '0', 'the new cluster has none of the roles');
answer($target, 'postgres', "CREATE DATABASE $_") for qw(plain custom);
my @to = ('--host', $target->host, '--port', $target->port);
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$dir/plain.sql", @to, 'plain' ], 'restored as SQL');
command_ok([ 'pg_restore', '--exit-on-error', '-j', '4', '--dbname=custom', @to, "$dir/custom.dump" ], 'restored by four at once');

my $rows = rows($source, 'app');
my $catalogue = catalogue($source, 'app');
my @empty = grep { $rows !~ /^\Q$_\E\|/m } split /\n/, answer($source, 'app', <<'SQL');
SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND NOT relispartition
SQL
is("@empty", 'ecopanier_private.service_call', 'there are rows of every table to compare, but of the one that is folded');
for my $database (qw(plain custom))
{
	same_text(rows($target, $database), $rows, "$database: the rows are the same");
	same_text(catalogue($target, $database), $catalogue, "$database: tables, functions, triggers, policies, rights and owners are the same");
	is(answer($target, $database, $codes), answer($source, 'app', $codes), "$database: beneficiary codes");
	is(answer($target, $database, 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', "$database: self_check finds nothing");
	is(answer($target, $database, 'SELECT ecopanier.rebuild_stock(), ecopanier.rebuild_quota(), ecopanier.rebuild_sponsored(), ecopanier.rebuild_open_lots()'), '0|0|0|0',
		"$database: counters were not counted again");
	answer($target, $database, "ALTER DATABASE $database SET ecopanier.clock = '2026-11-20 16:00:00+00'");
}
answer($target, 'postgres', 'CREATE ROLE api LOGIN NOINHERIT IN ROLE ecopanier_authenticator');

# Without the key file: one clear error where a key is needed, and no new key.
ok(!-e key_file($target), 'a restore makes no key file');
my $ask = acting('Camille', 'customer') . "SELECT * FROM ecopanier.receipt('$paid->{reservation}')";
my $lacking = failure($target, 'plain', $ask);
like($lacking, qr/ERROR:  ZE113: key "[0-9a-f]{16}" is not in the key file\nDETAIL:  There is no key file ".*ecopanier\.keys"\.\nHINT:  Restore the key file/,
	'receipt() without the key file');
is(refusal($target, 'plain', acting('Camille', 'customer') . "SELECT ecopanier.reserve('$lot')"), 'ZE113', 'reserve() gives no receipt without it');
for my $what (qw(lot_offer reservation))
{
	my $count = acting('Camille', 'customer') . "SELECT count(*) FROM ecopanier.$what";
	cmp_ok(answer($target, 'plain', $count), '>', 1, "rows of $what are read");
	is(answer($target, 'plain', $count), answer($source, 'app', $count), 'as many as before');
}
is(answer($target, 'plain', 'SELECT count(*) FROM ecopanier.pickup_public_keys()'), '2', 'public keys are read');
answer($target, 'plain', acting('Charlie', 'customer') . "SELECT ecopanier.cancel('$old->{reservation}')");
my ($rc, $out, $err) = EcpTest::run_psql($target, 'plain', 'SELECT ecopanier.install()');
is("$rc$out", '0', 'install() has nothing to do');
like($err, qr/WARNING:  ZE113: key "[0-9a-f]{16}" is not in the key file/, 'and warns');
ok(!-e key_file($target), 'nothing of that made a key file');

# With the key file of another cluster.
my $other = new_node('other');
new_database($other, 'app');
copy_private(key_file($other), key_file($target));
$lacking = failure($target, 'plain', $ask);
like($lacking, qr/ERROR:  ZE113: key "[0-9a-f]{16}" is not in the key file\nDETAIL:  The key file ".*" has 1 other key\./,
	'receipt() with another key file');
is(slurp_file(key_file($target)), slurp_file(key_file($other)), 'nothing is added to another key file');

# With the right one.
copy_private(key_file($source), key_file($target));
for my $database (qw(plain custom))
{
	is_deeply(receipt($target, $database, 'Camille', 'customer', $paid->{reservation}), $paid, "$database: the same PIN and token for a paid basket");
	is_deeply(receipt($target, $database, 'Benoit', 'beneficiary', $free->{reservation}), $free, "$database: for a free one");
	is_deeply(receipt($target, $database, 'Claude', 'customer', $new->{reservation}), $new, "$database: with the newer key");
	my $claim = claim($target, $database, 'Claude', 'customer', $lot);
	like($claim->{pin}, qr/^\d{6}$/, "$database: a claim works after the restore");
	is(refusal($target, $database, acting('Benoit', 'beneficiary') . "SELECT ecopanier.reserve('$lot', 10)"), 'ZE105',
		"$database: the quota of the day goes on from where it stood");
	is(refusal($target, $database, 'DELETE FROM ecopanier.reservation'), 'ZE111', "$database: the guards guard");
	is(answer($target, $database, 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', "$database: self_check still finds nothing");
}

# Values of our types go out and in again, as text and as bytes.
my $table = 'CREATE TABLE public.types (code ecopanier.ben_code PRIMARY KEY, number ecopanier.siret)';
answer($source, 'app', "$table; INSERT INTO public.types VALUES ('2026-BEN-A7K2M', '73282932000074'), ('2025-BEN-00042', '35600000000048'), ('2024-BEN-ZZZZZ', NULL)");
for my $format (qw(text csv binary))
{
	answer($source, 'app', "COPY public.types TO '$dir/types.$format' (FORMAT $format)");
	answer($source, 'app', "CREATE TABLE public.types_$format (LIKE public.types INCLUDING ALL); COPY public.types_$format FROM '$dir/types.$format' (FORMAT $format)");
	is(answer($source, 'app', "SELECT count(*) FROM public.types t JOIN public.types_$format f ON (t) IS NOT DISTINCT FROM (f)"), '3', "COPY as $format");
}
command_ok([ 'pg_dump', '--table=public.types', '--file', "$dir/types.sql", @from ], 'a table of our types is dumped');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$dir/types.sql", @to, 'plain' ], 'and restored');
is(answer($target, 'plain', 'SELECT * FROM public.types ORDER BY code'), answer($source, 'app', 'SELECT * FROM public.types ORDER BY code'), 'with the same rows in the same order');

done_testing();
