#!/usr/bin/perl
# Queues: who gets which job. Two claimers never share one, whatever they roll back; nobody waits behind somebody
# else's many jobs; a job comes back, or does not, as it was said.

use strict;
use warnings FATAL => 'all';
use DBI ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use EcpProbe;
use EcpTest qw(new_node new_database answer);

my $node = new_node('queue', "shared_preload_libraries = 'ecopanier'", "ecopanier.clock = '2026-11-20 18:00:00+01'");
new_database($node, 'app');
EcpProbe::install($node, 'app');

sub ask { my ($sql) = @_; return answer($node, 'app', $sql); }

sub connection
{
	my $dbh = DBI->connect(sprintf('dbi:Pg:host=%s;port=%s;dbname=app', $node->host, $node->port), undef, '',
		{ RaiseError => 1, PrintError => 0, AutoCommit => 1 });
	$dbh->do('SET lock_timeout = 3000');
	return $dbh;
}

# The names of jobs, as a claim gave them.
sub claim
{
	my ($dbh, $limit, %how) = @_;
	return join ' ', @{ $dbh->selectcol_arrayref(
		'SELECT j.name FROM probe.claim(\'probe.job\', $1, $2, $3) WITH ORDINALITY c JOIN probe.job j USING (territory_id, id) ORDER BY c.ordinality',
		undef, $limit, $how{closed}, $how{blocked}) };
}

# Jobs as [name, territory, endpoint, seconds after six].
sub queue_up
{
	my @jobs = @_;
	ask('TRUNCATE probe.job');
	ask("INSERT INTO probe.job (name, territory_id, endpoint, next_at) VALUES ('$_->[0]', $_->[1], '$_->[2]', timestamptz '2026-11-20 18:00:00+01' + interval '$_->[3] s')")
		for @jobs;
	return;
}

sub settle
{
	my ($name, $how, @more) = @_;
	my $rest = join '', map { ", $_" } @more;
	return ask("SELECT probe.settle('probe.job', '$how', territory_id, id, attempts$rest) FROM probe.job WHERE name = '$name'");
}

sub state_of
{
	my ($name) = @_;
	return ask("SELECT concat_ws(' ', state, attempts, next_at - ecopanier.now(), coalesce(claimed_at::text, '-'), last_error) FROM probe.job WHERE name = '$name'");
}

my ($one, $two) = (connection(), connection());

# Order and bounds.
queue_up(['late', 1, 'a', 0], ['early', 1, 'a', -60], ['future', 1, 'a', 1]);
is(claim($one, 0), '', 'no job for a limit of none');
is(claim($one, 1), 'early', 'the longest due first');
is(claim($one, 5), 'late', 'a job that is due now, and none that is due later');
is(state_of('late'), 'calling 1 00:00:00 2026-11-20 17:00:00+00', 'what a claim writes');
is(ask("SELECT probe.next_due('probe.job')"), '2026-11-20 17:00:01+00', 'the next one is known');

# Races: neither waits, neither gets the other's.
queue_up(map { [ "j$_", 1, 'a', -10 + $_ ] } 1 .. 6);
$one->begin_work;
is(claim($one, 2), 'j1 j2', 'one claims two, and does not commit');
is(claim($two, 2), 'j3 j4', 'the other gets the next two without waiting');
$one->rollback;
is(claim($two, 3), 'j1 j2 j5', 'what was rolled back is there again');
$one->begin_work;
$one->do("UPDATE probe.job SET name = name WHERE name = 'j6'");
is(claim($two, 3), '', 'a job that somebody else holds is passed by');
$one->commit;
is(claim($two, 3), 'j6', '... and comes later');
is(ask("SELECT max(attempts) FROM probe.job"), 1, 'a claim that was rolled back is not counted');

# Many at once: each job once.
queue_up();
ask("INSERT INTO probe.job (territory_id, endpoint, name) SELECT 1 + n % 3, 'e' || n % 7, n FROM generate_series(1, 2000) n");
my $file = PostgreSQL::Test::Utils::tempdir() . '/claim.sql';
append_to_file($file, "INSERT INTO probe.claimed SELECT id, pg_backend_pid() FROM probe.claim('probe.job', 7);\n");
ask('CREATE TABLE probe.claimed (id uuid, pid int)');
$node->command_ok([ 'pgbench', '-n', '-f', $file, '-c', '8', '-t', '40', 'app' ], 'eight claimers at once');
ask("INSERT INTO probe.claimed SELECT id, 0 FROM probe.claim('probe.job', 2000)");
is(ask('SELECT count(*), count(DISTINCT id), count(DISTINCT pid) FROM probe.claimed'), '2000|2000|9', 'each job went to one of them, or was left');
is(ask('SELECT max(attempts), min(attempts) FROM probe.job'), '1|1', '... and was claimed once');

# Fairness: places go to who has the fewest calls.
queue_up((map { [ "many$_", 1, 'a', -100 ] } 1 .. 9), ['other_endpoint', 1, 'b', -1], ['other_territory', 2, 'a', -1]);
is(join(' ', sort split / /, claim($one, 4)) =~ s/many\d/many/gr, 'many many other_endpoint other_territory', 'many jobs of one keep nobody waiting');
queue_up((map { [ "slow$_", 1, 'a', -100 + $_ ] } 1 .. 4), (map { [ "quick$_", 1, 'b', -$_ ] } 1 .. 4));
claim($one, 2);
ask("UPDATE probe.job SET state = 'done' WHERE state = 'calling' AND name LIKE 'quick%'");
is(claim($one, 1), 'quick3', 'a place goes to the endpoint that has no call open');
is(claim($one, 2), 'slow2 quick2', '... and then to both in turn');
is(claim($one, 9, closed => ['b']), 'slow3 slow4', 'endpoints that are closed are left out');
is(ask("SELECT probe.next_due('probe.job', '{b}') = 'infinity', probe.next_due('probe.job') = timestamptz '2026-11-20 17:59:59+01'"), 't|t', '... by the next moment too');
is(claim($one, 9, blocked => 'q.next_at > timestamptz \'2026-11-20 17:00:00+01\''), '', 'what is blocked stays');
is(ask("SELECT probe.next_due('probe.job', NULL, 'true')"), 'infinity', '... and is not due');

# What becomes of jobs.
queue_up(['job', 1, 'a', -10]);
claim($one, 1);
settle('job', 'retry', 90000, "'503'");
is(state_of('job'), 'queued 1 00:01:30 - 503', 'again in a while, the attempt counted');
ask("UPDATE probe.job SET next_at = ecopanier.now()");
claim($one, 1);
settle('job', 'release');
is(state_of('job'), 'queued 1 00:00:00 - 503', 'given back: as if it had not been claimed');
claim($one, 1);
settle('job', 'release', 5000);
is(state_of('job'), 'queued 1 00:00:05 - 503', '... or for later');
ask("UPDATE probe.job SET next_at = ecopanier.now()");
claim($one, 1);
is(ask("SELECT probe.take_up('probe.job')"), 1, 'a worker that is gone leaves a job behind');
is(state_of('job'), 'queued 2 00:00:00 - the worker ended during the call', '... which comes back, the attempt counted');
is(ask("SELECT probe.take_up('probe.job')"), 0, '... once');
claim($one, 1);
ask("SELECT probe.settle('probe.job', 'done', territory_id, id, 2) FROM probe.job");
is(state_of('job'), 'calling 3 00:00:00 2026-11-20 17:00:00+00 the worker ended during the call', 'an answer to an earlier claim writes nothing');
settle('job', 'dead', 0, "repeat('x', 600)");
is(ask('SELECT state, attempts, length(last_error) FROM probe.job'), 'dead|3|500', 'dead, with its error cut');
queue_up(['job', 1, 'a', -10]);
claim($one, 1);
settle('job', 'done');
is(state_of('job'), 'done 1 -00:00:10 2026-11-20 17:00:00+00', 'done');

# A row that cannot be written stops no other.
queue_up((map { [ "good$_", 1, 'a', -$_ ] } 1 .. 3), ['bad', 1, 'a', -9]);
ask(q(CREATE FUNCTION probe.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$no$$; END';
	CREATE TRIGGER refuse BEFORE UPDATE ON probe.job FOR EACH ROW WHEN (OLD.name = 'bad') EXECUTE FUNCTION probe.refuse()));
is(claim($one, 9), 'good3 good2 good1', 'a row that cannot be claimed is left out');
ask('DROP TRIGGER refuse ON probe.job');
is(claim($one, 9), 'bad', '... and comes when it can be');

# The work of a claim does not grow with the queue.
queue_up();
ask("INSERT INTO probe.job (territory_id, endpoint, name) SELECT 1, 'a', n FROM generate_series(1, 100000) n");
my $plan = ask(<<'SQL');
SELECT pg_stat_force_next_flush();
CREATE TEMP TABLE before AS SELECT seq_tup_read, idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'job';
SELECT count(*) FROM probe.claim('probe.job', 64);
SELECT pg_stat_force_next_flush();
SELECT s.seq_tup_read - b.seq_tup_read, s.idx_tup_fetch - b.idx_tup_fetch < 2000 FROM pg_stat_user_tables s, before b WHERE relname = 'job';
SQL
like($plan, qr/64\n+0\|t$/, 'a claim of 64 out of 100,000 reads no whole table, and few rows by index') or diag $plan;

$_->disconnect for $one, $two;
$node->stop;
done_testing();
