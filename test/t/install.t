# What install() and uninstall() do to a database, and what CREATE and DROP EXTENSION do beside them.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('install');

# Roles that somebody planted under our names are refused, whatever they may too much.
my %planted = (
	ecopanier_owner => [qw(SUPERUSER BYPASSRLS CREATEROLE CREATEDB REPLICATION LOGIN)],
	ecopanier_admin => [qw(SUPERUSER BYPASSRLS LOGIN)],
	ecopanier_authenticator => [ 'INHERIT', 'LOGIN BYPASSRLS NOINHERIT' ]);
for my $role (sort keys %planted)
{
	for my $attributes (@{ $planted{$role} })
	{
		my $error = failure($node, 'postgres',
			"BEGIN; CREATE ROLE $role NOINHERIT; ALTER ROLE $role $attributes; CREATE EXTENSION ecopanier; COMMIT");
		like($error, qr/ERROR:  42501: role "$role" exists with attributes it must not have\nHINT:  Drop or alter/,
			"$role planted with $attributes");
	}
}
like(failure($node, 'postgres', 'BEGIN; CREATE ROLE plant; CREATE SCHEMA ecopanier AUTHORIZATION plant; CREATE EXTENSION ecopanier'),
	qr/ERROR:  42501: schema "ecopanier" belongs to "plant"/, 'a planted schema is refused');
is(answer($node, 'postgres', "SELECT count(*) FROM pg_roles WHERE rolname ~ '^ecopanier'"), '0', 'nothing is left of what was refused');
answer($node, 'postgres', 'CREATE ROLE ecopanier_authenticator LOGIN NOINHERIT; CREATE ROLE ecopanier_anon');

# CREATE EXTENSION brings code, says what comes next, and its functions say so too.
answer($node, 'postgres', 'CREATE DATABASE app');
my ($out, $err);
is($node->psql('app', 'CREATE EXTENSION ecopanier', stderr => \$err), 0, 'roles that were there with no right too many are taken over');
like($err, qr/NOTICE:  ecopanier: run SELECT ecopanier\.install\(\); to make the tables/, 'CREATE EXTENSION says what to run');
is(answer($node, 'app', "SELECT count(*) FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e' WHERE relkind = 'r'"),
	'0', 'the extension has no table');

my $id = "'00000000-0000-8000-8000-000000000000'";
my @api = ('now()', 'version()');
is(answer($node, 'app', "SELECT ecopanier.version()"), answer($node, 'app', "SELECT extversion FROM pg_extension WHERE extname = 'ecopanier'"),
	'version() needs no tables');
for my $call ("create_territory('a', 'A', 'Europe/Paris')", 'whoami()', 'current_territory()', 'authenticate()', "reserve($id)",
	"receipt($id)", "cancel($id)", 'rotate_key()', 'pickup_public_keys()', "map_login('postgres', $id, 'customer')",
	'rebuild_stock()', 'rebuild_quota()', "import_official_codes('region', '')", 'new_ben_code(1)')
{
	like(failure($node, 'app', "SELECT ecopanier.$call"),
		qr/ERROR:  ZE001: ecopanier has no tables in this database\nHINT:  Run SELECT ecopanier\.install\(\); as a superuser/,
		"before install(): $call");
}
like(failure($node, 'app', "BEGIN; SELECT ecopanier.authenticate('x')"), qr/ZE001/, 'before install(): authenticate(token)');
is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.uninstall()'), '0', 'uninstall() before install() has nothing to say');

# What a dry run prints is what install() does.
my $dry = answer($node, 'app', 'SELECT ecopanier.install(dry_run => true)');
is(answer($node, 'app', "SELECT to_regclass('ecopanier.migration') IS NULL AND to_regnamespace('ecopanier_private') IS NULL"), 't',
	'a dry run changes nothing');
like($dry, qr/CREATE TABLE ecopanier\.territory .*CREATE TABLE ecopanier\.reservation/s, 'a dry run prints every migration');
my $done = answer($node, 'app', 'SELECT ecopanier.install()');
my $migrations = () = $done =~ /^migration \d+ \w+: done$/mg;
cmp_ok($migrations, '>=', 9, 'install() tells each migration');
is($migrations, answer($node, 'app', 'SELECT max(number) FROM ecopanier.migration'), 'and records it');
is(answer($node, 'app', 'SELECT ecopanier.install()'), '', 'install() again runs nothing');
is(answer($node, 'app', 'SELECT ecopanier.install(true)'), '', 'a dry run has nothing to print then');
is(answer($node, 'app', "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE nspname IN ('ecopanier', 'ecopanier_private') AND relkind IN ('r', 'v', 'S') AND relowner <> 'ecopanier_owner'::regrole"),
	'0', 'every relation belongs to ecopanier_owner');
answer($node, 'postgres', 'CREATE DATABASE by_hand');
answer($node, 'by_hand', 'CREATE EXTENSION ecopanier');
is(answer($node, 'by_hand', $dry, extra => ['-1']), '', 'what the dry run printed runs in psql as it is');
is(answer($node, 'by_hand', 'SELECT ecopanier.install()'), '', 'install() finds nothing to do after it');
same_text(catalogue($node, 'by_hand'), catalogue($node, 'app'), 'and the catalogue is the same');
is(answer($node, 'by_hand', 'SELECT count(*) FROM ecopanier.key_ring'), '1', 'install() enters a key then');

# Only a superuser; another text; another library.
answer($node, 'app', 'CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA ecopanier TO plain; GRANT EXECUTE ON FUNCTION ecopanier.install(boolean), ecopanier.uninstall(text) TO plain');
is(refusal($node, 'app', 'SELECT ecopanier.install()', user => 'plain'), '42501', 'install() is for superusers');
is(refusal($node, 'app', "SELECT ecopanier.uninstall('app')", user => 'plain'), '42501', 'uninstall() is for superusers');
answer($node, 'app', 'DROP OWNED BY plain; DROP ROLE plain');
like(failure($node, 'app', "BEGIN; UPDATE ecopanier.migration SET checksum = repeat('0', 64) WHERE number = 3; SELECT ecopanier.install()"),
	qr/ERROR:  ZE002: migration 3 "codes" has run with another text\nDETAIL:  Recorded checksum 0{64}, the library's is [0-9a-f]{64}/,
	'a changed checksum stops and names the migration');
like(failure($node, 'app', "BEGIN; UPDATE ecopanier.migration SET checksum = repeat('0', 64) WHERE number = 3; SELECT ecopanier.install(true)"),
	qr/ERROR:  ZE002: migration 3 "codes"/, 'a dry run stops there too');
like(failure($node, 'app', "BEGIN; INSERT INTO ecopanier.migration VALUES (1000, 'future', '', '9.0.0'); SELECT ecopanier.whoami()"),
	qr/ERROR:  ZE002: the library of ecopanier is older than its tables\nDETAIL:  Migration 1000 has run/, 'tables newer than the library');
like(failure($node, 'app', "BEGIN; DELETE FROM ecopanier.migration WHERE number = $migrations; SELECT ecopanier.whoami()"),
	qr/ERROR:  ZE002: the tables of ecopanier are older than its library/, 'tables older than the library');

# Two sessions at once: the second waits and finds all done.
answer($node, 'postgres', 'CREATE DATABASE twice');
answer($node, 'twice', 'CREATE EXTENSION ecopanier');
my $first = $node->background_psql('twice');
my $second = $node->background_psql('twice');
$first->query_safe('BEGIN; SELECT ecopanier.install()');
$second->query_until(qr/started/, "\\echo started\nSELECT count(*) AS lines FROM ecopanier.install();\n\\echo finished\n");
ok($node->poll_query_until('twice', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'install'"),
	'a second install() waits for the first');
$first->query_safe('COMMIT');
like($second->query_until(qr/finished/, ''), qr/^0$/m, 'and then runs nothing');
$first->quit;
$second->quit;
same_text(catalogue($node, 'twice'), catalogue($node, 'app'), 'databases of one cluster are equal');
is(answer($node, 'twice', 'SELECT count(*) FROM ecopanier.key_ring'), '1', 'one key was entered');

# DROP EXTENSION refuses while the tables are there; uninstall() names what goes, and goes only when confirmed.
answer($node, 'app', slurp_file('test/lib/fixture.sql'));
is(refusal($node, 'app', 'DROP EXTENSION ecopanier'), '2BP01', 'DROP EXTENSION refuses while tables use it');
my $told = answer($node, 'app', 'SELECT ecopanier.uninstall()');
like($told, qr/^table ecopanier\.member: 24 rows$/m, 'uninstall() counts what would go');
like($told, qr/^table ecopanier_private\.lot_stock: 0 rows$/m, 'private tables too');
like($told, qr/^nothing was dropped; export first: pg_dump/m, 'it names the export');
is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.member'), '24', 'without confirmation nothing goes');
is(refusal($node, 'app', "SELECT ecopanier.uninstall('twice')"), '22023', 'the name of another database confirms nothing');
is(refusal($node, 'app', "SELECT ecopanier.uninstall('')"), '22023', 'no name confirms nothing');
my ($command) = $told =~ /export first: (pg_dump .*)$/m;
my $export = $node->basedir . '/export';
$command =~ s/-f ecopanier\.dump/-f $export/;
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;
command_ok([ 'sh', '-c', $command ], 'the export that uninstall() names works');
answer($node, 'app', 'DROP SCHEMA fixture CASCADE');
like(answer($node, 'app', "SELECT ecopanier.uninstall('app')"), qr/^table ecopanier\.member: 24 rows$/m, 'confirmed, it says what went');
is(answer($node, 'app', "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE nspname ~ '^ecopanier' AND relkind IN ('r', 'v', 'S')"), '0', 'no relation is left');
is(refusal($node, 'app', 'SELECT ecopanier.whoami()'), 'ZE001', 'the API says so again');
is(refusal($node, 'app', "SELECT ecopanier.whoami(); SELECT ecopanier.install()"), 'ZE001', 'in a session that knew the tables too');
answer($node, 'app', 'SELECT ecopanier.install()');
same_text(catalogue($node, 'app'), catalogue($node, 'twice'), 'install() after uninstall() makes all again');
answer($node, 'app', "SELECT ecopanier.uninstall('app')");
answer($node, 'app', 'DROP EXTENSION ecopanier');
is(answer($node, 'app', "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname ~ '^ecopanier'"), '0',
	'after uninstall() the extension can be dropped');
answer($node, 'app', 'CREATE EXTENSION ecopanier; SELECT ecopanier.install()');
same_text(catalogue($node, 'app'), catalogue($node, 'twice'), 'and made again');
is(answer($node, 'twice', 'SELECT count(*) FROM ecopanier.whoami()'), '1', 'the other database goes on');

done_testing();
