# PgBouncer in transaction mode: clients who share one server connection never act as each other.
use strict;
use warnings FATAL => 'all';
use EcpJwt;
use EcpTest;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($program) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
plan skip_all => 'pgbouncer is not installed' unless $program;

my $node = new_node('pooled', "ecopanier.jwt_keys_file = 'jwt.json'");
new_database($node, 'app', fixture => 1);
answer($node, 'app', 'CREATE ROLE shop LOGIN INHERIT IN ROLE ecopanier_customer; GRANT ecopanier_anon TO api');
my $lot = new_lot($node, 'app', 1000, 0);

# One server connection for each database entry, whoever the clients are.
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $port = $node->port;
my $server = 'host=' . $node->host . " port=$port dbname=app";
append_to_file("$dir/users", qq("api" ""\n"api2" ""\n"shop" ""\n));
append_to_file("$dir/pgbouncer.ini", <<"INI");
[databases]
app = $server user=api pool_size=1
shop = $server user=shop pool_size=1
[pgbouncer]
pool_mode = transaction
auth_type = trust
auth_file = $dir/users
listen_addr =
unix_socket_dir = $dir
listen_port = $port
max_client_conn = 50
INI
my ($in, $out, $err) = ('', '', '');
my $bouncer = IPC::Run::start([ $program, "$dir/pgbouncer.ini" ], \$in, \$out, \$err, my $timer = IPC::Run::timer(60));
END { local $?; $bouncer->kill_kill if $bouncer; }
pump_until($bouncer, $timer, \$err, qr/process up/) or BAIL_OUT("pgbouncer: $err");

my %pool = (api => "host=$dir port=$port dbname=app user=api", api2 => "host=$dir port=$port dbname=app user=api2",
	shop => "host=$dir port=$port dbname=shop user=shop");
my $via = sub { my ($who, $sql) = @_; return answer($node, 'app', $sql, connstr => $pool{$who}) };
my %id = map { $_ => answer($node, 'app', "SELECT fixture.id('$_')") } qw(Camille Charlie);
my $request = sub {
	my ($name, $sql) = @_;
	return "BEGIN; SELECT set_config('role', 'ecopanier_customer', true), set_config('request.jwt.claims', "
		. qq['{"role": "ecopanier_customer", "sub": "$id{$name}"}', true) \\gset\nSELECT ecopanier.authenticate() \\gset\n$sql; COMMIT;\n];
};
my $anonymous = sub { return "BEGIN; SET LOCAL ROLE ecopanier_anon; $_[0]; COMMIT;\n" };
my $who = 'SELECT ecopanier.current_member()';

# Two logins, one server process.
my $pid = $via->('api', $anonymous->('SELECT pg_backend_pid()'));
is($via->('api2', $anonymous->('SELECT pg_backend_pid()')), $pid, 'both logins use one server connection');
for my $turn (1 .. 3)
{
	is($via->('api', $request->('Camille', $who)), $id{Camille}, "turn $turn: the first is who it says");
	is($via->('api2', $anonymous->($who)), '', "turn $turn: the second is nobody");
	is($via->('api2', $request->('Charlie', $who)), $id{Charlie}, "turn $turn: the second is who it says");
	is($via->('api', $anonymous->($who)), '', "turn $turn: the first is nobody again");
}
is($via->('api', $anonymous->("SELECT current_setting('request.jwt.claims')")), '', 'the claims end with the transaction');
is($via->('api', $anonymous->('SELECT pg_backend_pid()')), $pid, 'all in the same server process');

# What a client leaves behind halfway.
my ($rc) = EcpTest::run_psql($node, 'app', $request->('Camille', "SELECT ecopanier.reserve('$lot', 0)"), connstr => $pool{api});
isnt($rc, 0, 'a request that fails');
is($via->('api2', $anonymous->($who)), '', 'leaves nobody behind');
EcpTest::run_psql($node, 'app', $request->('Camille', $who) =~ s/COMMIT;$//r, connstr => $pool{api});
is($via->('api2', $anonymous->($who)), '', 'nor does one that never ends its transaction');

$pid = $via->('api', $anonymous->('SELECT pg_backend_pid()'));

# Tokens: signed in for the transaction, and only there.
my $key = 'k' x 32;
my %party = (iss => 'https://id.example', aud => 'ecopanier');
EcpJwt::write_keys($node->data_dir . '/jwt.json', EcpJwt::oct_key(kid => 'a', %party, key => $key));
my $token = EcpJwt::hs256({ kid => 'a' }, { %party, exp => 1795190460, sub => $id{Camille}, role => 'ecopanier_customer' }, $key);
is($via->('shop', "BEGIN; SELECT ecopanier.authenticate('$token') \\gset\n$who; COMMIT"), $id{Camille}, 'a token signs in');
is($via->('shop', $who), '', 'and not the next client');
is(refusal($node, 'app', "SELECT ecopanier.authenticate('$token')", connstr => $pool{shop}), '25P01', 'alone in a transaction it is refused');

# Many at once over the one connection, with parameters: who sees another's context divides by zero.
my $script = "$dir/request.sql";
append_to_file($script, <<'SQL');
\set n random(1, 3)
BEGIN;
SELECT set_config('role', 'ecopanier_customer', true), set_config('request.jwt.claims',
	json_build_object('role', 'ecopanier_customer', 'sub', fixture.id((ARRAY['Camille', 'Charlie', 'Claude'])[:n]))::text, true);
SELECT ecopanier.authenticate();
SELECT 1 / (ecopanier.current_member() = fixture.id((ARRAY['Camille', 'Charlie', 'Claude'])[:n]))::int;
SELECT 1 / (count(*) = 0)::int FROM ecopanier.reservation WHERE member_id <> fixture.id((ARRAY['Camille', 'Charlie', 'Claude'])[:n]);
SELECT (ecopanier.reserve(lot_id)).state FROM ecopanier.lot_offer;
COMMIT;
BEGIN;
SET LOCAL ROLE ecopanier_anon;
SELECT 1 / (ecopanier.current_member() IS NULL)::int;
COMMIT;
SQL
command_like([ 'pgbench', '-n', '-M', 'extended', '-c', '8', '-t', '25', '-f', $script, '-h', $dir, '-p', $port, '-U', 'api', 'app' ],
	qr{number of transactions actually processed: 200/200}, 'eight clients, two hundred requests, each its own caller');
is(answer($node, 'app', 'SELECT count(*), count(DISTINCT member_id) FROM ecopanier.reservation'), '200|3', 'each claimed for its own member');
is(answer($node, 'app', 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'self_check finds nothing');
is($via->('api', $anonymous->('SELECT pg_backend_pid()')), $pid, 'still in the same server process');

done_testing();
