# Service accounts through an API server: the statements that PostgREST sends, what the log keeps of a key, and that
# a forged key costs what a genuine one does.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('service', "shared_preload_libraries = 'pg_stat_statements,ecopanier'", "pg_stat_statements.track = 'all'", 'autovacuum = off');
new_database($node, 'app', fixture => 1);
answer($node, 'app', 'CREATE EXTENSION pg_stat_statements; CREATE ROLE authenticator LOGIN NOINHERIT IN ROLE ecopanier_authenticator; '
	  . 'CREATE ROLE town LOGIN IN ROLE ecopanier_service, ecopanier_association; CREATE ROLE other LOGIN IN ROLE ecopanier_anon');
my $service = answer($node, 'app', acting('Alice', 'association') . q{SELECT ecopanier.create_service('Logiciel social', '{enrol,verify}', 1000)});
my %key;
sub new_key
{
	my ($name, $until) = @_;
	($key{"$name id"}, $key{$name}) = split /\|/, answer($node, 'app',
		acting('Alice', 'association') . "SELECT id, key FROM ecopanier.create_service_key('$service', '$name', '$until')");
	return;
}
new_key('good', '2027-01-01');
new_key('other', '2027-01-01');
new_key('revoked', '2027-01-01');
new_key('expired', '2026-11-20 16:00:01+00');
answer($node, 'app', acting('Alice', 'association') . "SELECT ecopanier.revoke_service_key('$key{'revoked id'}')");
like($key{good}, qr/^esk_[0-9a-f]{32}_[\w-]{43}$/, 'a key');

# One request of PostgREST: begin, settings, pre-request, main query, commit.
sub request
{
	my ($method, $path, $given, $main, $claims) = @_;
	my $mode = $method eq 'GET' ? 'READ ONLY' : 'READ WRITE';
	my $headers = defined $given ? qq({"accept":"*/*","x-ecopanier-key":"$given"}) : '{"accept":"*/*"}';
	$claims //= '{"role":"ecopanier_anon"}';
	return <<"SQL";
BEGIN ISOLATION LEVEL READ COMMITTED $mode;
SELECT set_config('search_path', '"ecopanier", "public"', true), set_config('role', 'ecopanier_anon', true),
	set_config('request.jwt.claims', '$claims', true), set_config('request.method', '$method', true), set_config('request.path', '$path', true),
	set_config('request.headers', '$headers', true), set_config('request.cookies', '{}', true) \\gset
SELECT "ecopanier"."authenticate"() \\gset
$main;
COMMIT;
SQL
}
my $who = 'SELECT current_user, (w).member_id, (w).role FROM ecopanier.whoami() w';
my $api = sub { return answer($node, 'app', request(@_), user => 'authenticator') };
my $refused = sub { return refusal($node, 'app', request(@_), user => 'authenticator') };
is($api->('POST', '/rpc/whoami', $key{good}, $who), "ecopanier_service|$service|association", 'POST with a key');
is($api->('GET', '/rpc/whoami', $key{good}, $who), "ecopanier_service|$service|association", 'GET with a key, a read-only transaction');
is($refused->('GET', '/rpc/whoami', $key{good}, "INSERT INTO ecopanier.member (display_name) VALUES ('x')"), '25006', 'which stays one');
is($api->('GET', '/rpc/whoami', undef, $who), 'ecopanier_anon||', 'the next request on the connection has none');
is(answer($node, 'app', request('POST', '/rpc/whoami', $key{good}, $who) . request('POST', '/rpc/whoami', undef, $who), user => 'authenticator'),
	"ecopanier_service|$service|association\necopanier_anon||", 'role and caller end with the transaction');
is($refused->('POST', '/', 'esk_x', $who), 'ZE116', 'a forged key');
is($refused->('POST', '/', $key{good}, $who, qq({"role":"ecopanier_anon","sub":"$service"})), '42501', 'a key and a member');
is($refused->('POST', '/rpc/create_service', $key{good}, q{SELECT ecopanier.create_service('x', '{enrol}')}), '42501', 'a service makes no service');
is($refused->('POST', '/service_key', $key{good}, 'SELECT * FROM ecopanier.service_key'), '42501', 'nor reads its keys');
is(answer($node, 'app', q{SELECT count(*), count(*) FILTER (WHERE facts->>'path' = '/rpc/whoami' AND facts->>'method' IN ('GET', 'POST') AND facts->>'service' = 'Logiciel social')
	FROM ecopanier.audit_event WHERE action = 'service_call' AND actor_kind = 'service'}), '3|3', 'calls that came to something are in the audit');
is(answer($node, 'app', 'SELECT count(*) FROM ecopanier_private.service_call'), '6', 'all are counted');

# A database login.
my $in = sub { return "BEGIN; SELECT ecopanier.authenticate_service('$_[0]') \\gset\n" };
is(answer($node, 'app', $in->($key{good}) . "$who; COMMIT; $who", user => 'town'), "ecopanier_service|$service|association\ntown||", 'a login in the role signs in');
is(refusal($node, 'app', $in->($key{good}) . q{SELECT ecopanier.register_beneficiary('x')}, user => 'town'), '42501',
	'and may no more than ecopanier_service meanwhile, whatever else it is') if answer($node, 'app',
	q{SELECT has_function_privilege('ecopanier_service', 'ecopanier.register_beneficiary(text,text)', 'EXECUTE')}) eq 'f';
is(answer($node, 'app', $in->($key{good}) . "RESET ROLE; $who; COMMIT", user => 'town'), 'town||', 'out of the role the service is gone');
is(refusal($node, 'app', $in->($key{good}), user => 'other'), '42501', 'a login out of the role does not');
is(refusal($node, 'app', "SELECT ecopanier.authenticate_service('$key{good}')", user => 'town'), '25P01', 'outside a transaction block it says so');
answer($node, 'app', q{CREATE FUNCTION public.definer(k text) RETURNS void SECURITY DEFINER LANGUAGE sql AS 'SELECT ecopanier.authenticate_service(k)'});
is(refusal($node, 'app', "BEGIN; SELECT public.definer('$key{good}')", user => 'town'), '42501', 'nor in a definer function');
is(refusal($node, 'app', "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SELECT ecopanier.authenticate_service('$key{good}')", user => 'town'), '25006', 'nor where nothing can be counted');

new_key('brief', '2027-01-01');

# A forged key costs what a genuine one does up to the verdict: the same statements, rows and buffers.
my %tried = (
	'wrong secret' => substr($key{good}, 0, 37) . substr($key{other}, 37), 'unknown id' => 'esk_' . ('f' x 32) . substr($key{good}, 36),
	'id zero' => 'esk_' . ('0' x 32) . substr($key{good}, 36), 'no key at all' => 'x', revoked => $key{revoked}, expired => $key{expired}, good => $key{good});
my %work;
answer($node, 'app', 'VACUUM ANALYZE');
for my $name (sort keys %tried)
{
	my $clock = "SET ecopanier.clock = '2026-11-20 16:30+00';\n";
	my $sql = "\\set ON_ERROR_STOP off\n$clock SET SESSION AUTHORIZATION town;\n"
	  . "BEGIN; SELECT ecopanier.authenticate_service('esk_warm'); ROLLBACK;\n" x 2
	  . "RESET SESSION AUTHORIZATION; SELECT pg_stat_statements_reset() \\gset\n SET SESSION AUTHORIZATION town;\n"
	  . "BEGIN; SELECT ecopanier.authenticate_service('$tried{$name}');\n\\echo :SQLSTATE\nROLLBACK;\nRESET SESSION AUTHORIZATION;\n"
	  . "SELECT 'work', calls, rows, shared_blks_hit + shared_blks_read, shared_blks_dirtied, regexp_replace(left(query, 90), '\\s+', ' ', 'g') FROM pg_stat_statements "
	  . "WHERE query LIKE '%ecopanier_private.service_%' ORDER BY query;";
	my ($rc, $out, $err) = EcpTest::run_psql($node, 'app', $sql);
	like($out, $name eq 'good' ? qr/^00000$/m : qr/^ZE116$/m, "$name: the verdict");
	$work{$name} = join "\n", grep { /^work/ && ($name ne 'good' || /s\.hash/) } split /\n/, $out;
	like($work{$name}, qr/^work\|1\|1\|[1-9]\d*\|0\|SELECT s\.id, s\.hash/, "$name: its work was seen");
}
is($work{$_}, $work{good}, "$_: the same statements, rows and buffers") for grep { $_ ne 'good' } sort keys %tried;

# No secret in the log, with all that operations turns on, nor in a table.
$node->append_conf('postgresql.conf', "log_statement = all\nlog_parameter_max_length = 0\nlog_parameter_max_length_on_error = 0\nlog_min_messages = info");
$node->restart;
my $from = -s $node->logfile;
my $file = $node->basedir . '/key.sql';
append_to_file($file, "BEGIN;\nSELECT ecopanier.authenticate_service(:key);\nSELECT * FROM ecopanier.whoami();\nEND;\n");
my @pgbench = ('pgbench', '-n', '-t', '1', '-f', $file, '-h', $node->host, '-p', $node->port, '-U', 'town');
for my $mode (qw(extended prepared))
{
	command_ok([ @pgbench, '-M', $mode, '-D', "key=$key{good}", 'app' ], "$mode: a good key");
	command_fails_like([ @pgbench, '-M', $mode, '-D', "key=$tried{'wrong secret'}", 'app' ], qr/token refused/, "$mode: a bad one");
}
my $log = slurp_file($node->logfile, $from);
like($log, qr/SELECT ecopanier\.authenticate_service\(\$1\)/, 'the statement is logged');
like($log, qr/ERROR:  token refused/, 'and the refusal');
my @secrets = map { substr $key{$_}, 37 } qw(good other revoked expired brief);
is(scalar(grep { index($log, $_) >= 0 } @secrets), 0, 'no secret is');
$node->append_conf('postgresql.conf', 'log_statement = none');
$node->restart;
$from = -s $node->logfile;
is(refusal($node, 'app', $in->($tried{'wrong secret'}), user => 'town'), 'ZE116', 'a bad key as a literal');
is(refusal($node, 'app', "SELECT ecopanier.authenticate_service('$key{good}')", user => 'town'), '25P01', 'a good one outside a transaction');
is(refusal($node, 'app', "BEGIN; SELECT public.definer('$key{good}')", user => 'town'), '42501', 'one in a definer function');
$log = slurp_file($node->logfile, $from);
is(scalar(grep { index($log, $_) >= 0 } @secrets), 0, 'no refusal logs it');
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, 'app' ], 'a dump');
my $rows = slurp_file($dump);
is(scalar(grep { index($rows, $_) >= 0 } @secrets), 0, 'has no secret');
is(scalar(grep { index($rows, unpack 'H*', $_) >= 0 } @secrets), 0, 'in no form');

# Calls are counted for their own service, by sessions that do not wait for one another.
is(answer($node, 'app', 'SELECT count(*) = max(number) FROM ecopanier_private.service_call'), 't', 'numbers are serial');
my $before = answer($node, 'app', 'SELECT max(number) FROM ecopanier_private.service_call');
command_ok([ 'pgbench', '-n', '-M', 'extended', '-c', '4', '-j', '2', '-t', '25', '-f', $file, '-h', $node->host, '-p', $node->port, '-U', 'town', '-D', "key=$key{good}", 'app' ],
	'four sessions call at once');
is(answer($node, 'app', "SELECT max(number) - $before || ' ' || (count(*) = max(number)) FROM ecopanier_private.service_call"), '100 true', 'each call has a number of its own');
is(answer($node, 'app', 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'self_check finds nothing');

done_testing();
