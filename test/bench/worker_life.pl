#!/usr/bin/perl
# The worker's memory over 100,000 jobs, and its silence over a minute; what t/worker.t is too short for. Prints figures, and
# fails where they are not what they have to be.
#
#   LIMIT_S=1500 ITEM_LIMIT_S=1500 test/lib/private-server test/lib/suite test/bench/worker_life.pl
#
#   BENCH_JOBS=100000   webhooks to a peer on this machine, the first 1,000 before memory is first looked at
#   BENCH_IDLE_S=60     seconds without a query
use strict;
use warnings FATAL => 'all';
use EcpPeer;
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes 'time';

my $jobs = $ENV{BENCH_JOBS} // 100000;
my $idle_s = $ENV{BENCH_IDLE_S} // 60;
my $first = 1000;
my $peer = EcpPeer->start;
$peer->ask(do => 'logging', on => JSON::PP::false);
# Little shared memory, which counts as the worker's as far as it has touched it, is all touched early.
my $node = new_node('primary', "shared_preload_libraries = 'ecopanier,pg_stat_statements'", "pg_stat_statements.track = 'all'", "ecopanier.databases = 'app'",
	'ecopanier.private_addresses = on', 'shared_buffers = 4MB', 'fsync = off');
new_database($node, 'app', fixture => 1);
answer($node, 'postgres', 'CREATE EXTENSION ecopanier; CREATE EXTENSION pg_stat_statements');
answer($node, 'app', 'ALTER DATABASE app RESET ecopanier.clock; SELECT pg_terminate_backend(pid) FROM ecopanier.worker_status()');	# what fails is tried again in time
answer($node, 'app', acting('Adele', 'administrator') . "INSERT INTO ecopanier.webhook_host (host, port) VALUES ('127.0.0.1', " . $peer->port('http') . ')');
my $hook = answer($node, 'app', acting('Mona', 'merchant') . "SELECT id FROM ecopanier.add_webhook('" . $peer->url('/hook') . "')");

sub deliver
{
	my ($count) = @_;
	answer($node, 'app', "INSERT INTO ecopanier_private.webhook_delivery (territory_id, id, endpoint_id, kind, subject_id, happened_at, payload, endpoint)
		SELECT 1, ecopanier.new_id(1), '$hook', 'lot.published', ecopanier.new_id(1), ecopanier.now(), '{}', '$hook' FROM generate_series(1, $count)");
	$node->poll_query_until('app', "SELECT NOT EXISTS (SELECT 1 FROM ecopanier_private.webhook_delivery WHERE state IN ('queued', 'calling'))") or die 'the jobs do not end';
	return;
}

sub memory { return split /\|/, answer($node, 'postgres', "SELECT private_bytes, rss_bytes, done FROM ecopanier.worker_status()"); }

deliver($first);
my ($private, $rss, $done) = memory();
my $start = time;
for (my $left = $jobs - $first; $left > 0; $left -= 10000)
{
	deliver($left < 10000 ? $left : 10000);
	note sprintf '%d jobs: %d kB its own, %d kB with shared memory', (memory())[2], map { $_ / 1024 } (memory())[ 0, 1 ];
}
my $took = time - $start;
my ($private_after, $rss_after, $done_after) = memory();
is($done_after, $jobs, 'all jobs by one process, each recorded once');
diag sprintf 'worker memory: %d kB of its own after %d jobs, %d kB after %d (%+.1f %%); RSS %d kB, %d kB (%+.1f %%); %d jobs a second',
	$private / 1024, $done, $private_after / 1024, $done_after, 100 * ($private_after / $private - 1),
	$rss / 1024, $rss_after / 1024, 100 * ($rss_after / $rss - 1), ($jobs - $first) / $took;
cmp_ok($private_after, '<', 1.1 * $private, 'memory of its own, of which caches are a third, grew by less than a tenth');
cmp_ok($rss_after, '<', 1.05 * $rss, 'RSS grew by less than 5 %');

# What is due within minutes, as the links of the audit's events are, is done first. The second of two new workers then has nothing left to look at.
$node->poll_query_until('app', "SELECT NOT EXISTS (SELECT 1 FROM ecopanier.schedule() WHERE next_due < now() + interval '$idle_s s' + interval '1 min')") or die 'something is always due';
for (1 .. 2)
{
	my $pid = answer($node, 'postgres', 'SELECT pid FROM ecopanier.worker_status()');
	answer($node, 'postgres', "SELECT pg_terminate_backend($pid)");
	$node->poll_query_until('postgres', "SELECT pid <> $pid AND state = 'idle' FROM ecopanier.worker_status()") or die 'no worker';
}
my $asked = "SELECT coalesce(sum(s.calls), 0), d.xact_commit + d.xact_rollback, w.turns FROM ecopanier.worker_status() w, pg_stat_database d
	LEFT JOIN pg_stat_statements s ON s.dbid = d.datid WHERE d.datname = 'app' GROUP BY d.xact_commit, d.xact_rollback, w.turns";
answer($node, 'postgres', 'ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf()');
my ($before, $after);
$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = 'app' AND (backend_type <> 'ecopanier worker' OR state <> 'idle'))") or die 'somebody is at work';	# autovacuum has ended, and who reads has gone
$before = answer($node, 'postgres', $asked);
answer($node, 'postgres', "SELECT pg_sleep($idle_s)");
$after = answer($node, 'postgres', $asked);
is($after, $before, "statements, transactions and turns in $idle_s s: none");
diag "idle worker: statements, transactions, turns before and after $idle_s s: $before, $after";
$node->stop;
done_testing();
