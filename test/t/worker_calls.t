# The worker with calls under way: no transaction waits for a peer, and what is half done when it leaves, is killed or
# its server crashes is taken up once. Webhooks serve as jobs; the peer is a real server that answers when told.
use strict;
use warnings FATAL => 'all';
use EcpPeer;
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes 'time';

my $peer = EcpPeer->start;
my $port = $peer->port('http');
my $node = new_node('primary', "shared_preload_libraries = 'ecopanier'", "ecopanier.databases = 'app'", 'restart_after_crash = on',
	'ecopanier.private_addresses = on', 'autovacuum = off');
new_database($node, 'app', fixture => 1);
answer($node, 'app', acting('Adele', 'administrator') . "INSERT INTO ecopanier.webhook_host (host, port) VALUES ('127.0.0.1', $port)");
my $hook = answer($node, 'app', acting('Mona', 'merchant') . "SELECT id FROM ecopanier.add_webhook('" . $peer->url('/hook') . "')");

# So many jobs, each about another subject, so that none waits for another.
sub queue
{
	my ($count, $at) = @_;
	answer($at // $node, 'app', "INSERT INTO ecopanier_private.webhook_delivery (territory_id, id, endpoint_id, kind, subject_id, happened_at, payload, endpoint)
		SELECT 1, ecopanier.new_id(1), '$hook', 'lot.published', ecopanier.new_id(1), ecopanier.now(), '{}', '$hook' FROM generate_series(1, $count)");
	return;
}

# The jobs by state and attempts, as "done 1: 20".
sub jobs
{
	my ($at) = @_;
	return answer($at // $node, 'app', "SELECT coalesce(string_agg(format('%s %s: %s', state, attempts, n), ', ' ORDER BY state, attempts), '')
		FROM (SELECT state, attempts, count(*) n FROM ecopanier_private.webhook_delivery GROUP BY 1, 2) j");
}

sub forget
{
	answer($node, 'app', 'DELETE FROM ecopanier_private.webhook_delivery');
	$peer->clear;
	return;
}

sub become { my ($sql, $expected, $at) = @_; return ($at // $node)->poll_query_until('app', $sql, $expected); }
sub all_done { my ($at) = @_; return become("SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE state <> 'done'", '0', $at); }

sub worker
{
	my ($not) = @_;
	my $sql = "SELECT pid FROM ecopanier.worker_status() WHERE database = 'app' AND state IN ('idle', 'working') AND pid <> " . ($not // 0);
	$node->poll_query_until('postgres', "SELECT EXISTS ($sql)") or die 'there is no worker';
	return answer($node, 'postgres', $sql);
}

# How often each job was asked for, as "1 2" for all once or twice.
sub times_asked
{
	my %times;
	$times{ $_->{headers}{'webhook-id'} }++ for $peer->requests;
	my %seen = map { $_ => 1 } values %times;
	return scalar(keys %times) . ' jobs: ' . join ' ', sort keys %seen;
}

answer($node, 'postgres', 'CREATE EXTENSION ecopanier');

subtest 'a peer that takes five seconds' => sub {
	$peer->answer('^/hook', { delay_ms => 5000 }, times => 1);
	my $pid = worker();
	queue(1);
	$peer->wait_for(1);
	my $start = time;
	my @seen;
	do
	{
		push @seen, answer($node, 'app', "SELECT d.state, a.backend_xmin IS NULL AND a.backend_xid IS NULL AND a.xact_start IS NULL, CASE WHEN a.query LIKE 'schedule: %' THEN 'schedule' ELSE a.state END, s.in_flight
			FROM pg_stat_activity a, ecopanier_private.webhook_delivery d, ecopanier.worker_status() s WHERE a.pid = $pid");
	} while $seen[-1] =~ /^calling/ && time < $start + 60;
	my $took = time - $start;
	pop @seen;
	pop @seen;	# it may have been recording
	cmp_ok($took, '>', 4.5, sprintf('it took %.1f s', $took));
	cmp_ok(scalar @seen, '>', 10, scalar(@seen) . ' looks');
	is(join(' ', grep { !/^calling\|(?:t\|idle|[tf]\|(?:active|schedule))\|1$/ } @seen), '', 'it waits outside of a transaction, but for short turns of its own in between, and one call is in flight');
	cmp_ok(scalar(grep { /^calling\|t\|idle\|/ } @seen), '>', scalar(@seen) * 0.9, 'which are few: no snapshot is held while the peer is awaited');
	is(jobs(), 'done 1: 1', 'the answer is recorded');
	is(answer($node, 'postgres', 'SELECT in_flight, done, failed FROM ecopanier.worker_status()'), '0|1|0', 'the figures');
	ok(become("SELECT pg_stat_get_tuples_updated('ecopanier_private.webhook_delivery'::regclass) > 0", 't'), 'statistics are flushed: autovacuum sees the table');
	forget();
};

subtest 'SIGTERM in mid-request' => sub {
	$peer->answer('^/hook', { hold => 'a' }, times => 20);
	my $pid = worker();
	queue(20);
	$peer->wait_for(20);
	is(jobs(), 'calling 1: 20', 'twenty calls are out');
	answer($node, 'postgres', "SELECT pg_terminate_backend($pid)");
	worker($pid);
	ok(all_done(), 'the next worker makes them');
	is(jobs(), 'done 1: 20', '... the broken one was not counted');
	is(times_asked(), '20 jobs: 2', '... each once more');
	forget();
};

subtest 'SIGHUP in mid-request' => sub {
	$peer->answer('^/hook', { hold => 'b' }, times => 5);
	my $pid = worker();
	queue(5);
	$peer->wait_for(5);
	$node->reload;
	$peer->release('b');
	ok(all_done(), 'the calls go on');
	is(times_asked() . ', ' . worker(), "5 jobs: 1, $pid", 'each once, by the same worker');
	forget();
};

subtest 'statements about the database, with calls in flight' => sub {
	for my $statement ('CREATE DATABASE copy TEMPLATE app', 'ALTER DATABASE app RENAME TO away; ALTER DATABASE away RENAME TO app')
	{
		$peer->answer('^/hook', { hold => 'c' }, times => 10);
		my $pid = worker();
		queue(10);
		$peer->wait_for(10);
		my $start = time;
		answer($node, 'postgres', $statement);
		my $took = time - $start;
		cmp_ok($took, '<', 5, sprintf('%s, in %.2f s', substr($statement, 0, 20), $took));
		worker($pid);
		ok(all_done(), 'afterwards the calls are made');
		is(jobs() . '; ' . times_asked(), 'done 1: 10; 10 jobs: 2', 'each once more, and none counted');
		forget();
	}
	is(answer($node, 'copy', "SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE state = 'calling'"), '0', 'the copy has no half-done job');
	$peer->answer('^/hook', { never => 1 }, times => 3);
	queue(3);
	$peer->wait_for(3);
	answer($node, 'postgres', 'CREATE DATABASE other TEMPLATE template1');
	my $pid = worker();
	my $start = time;
	answer($node, 'app', 'SET client_min_messages = warning; BEGIN; DROP EXTENSION ecopanier CASCADE; ROLLBACK');
	cmp_ok(time - $start, '<', 5, 'DROP EXTENSION does not wait for a peer that never answers');
	answer($node, 'postgres', 'DROP DATABASE copy');
	is(worker(), $pid, 'another database is another matter');
	answer($node, 'postgres', "SELECT pg_terminate_backend($pid)");
	worker($pid);
	ok(all_done(), 'and all is done');
	forget();
};

subtest 'killed' => sub {
	$peer->answer('^/hook', { hold => 'd' }, times => 20);
	my $pid = worker();
	queue(20);
	$peer->wait_for(20);
	kill 'KILL', $pid;
	$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT 1 FROM ecopanier.worker_status() WHERE pid = $pid)");
	worker($pid);
	ok(all_done(), 'what it was calling is taken up');
	is(jobs() . '; ' . times_asked(), 'done 2: 20; 20 jobs: 2', 'once each');
	forget();
};

subtest 'a crash of the cluster' => sub {
	$peer->answer('^/hook', { hold => 'e' }, times => 20);
	worker();
	queue(20);
	$peer->wait_for(20);
	$node->stop('immediate');
	$node->start;
	worker();
	ok(all_done(), 'what was half done is taken up');
	is(jobs() . '; ' . times_asked(), 'done 2: 20; 20 jobs: 2', 'once each');
	forget();
};

subtest 'one bad row among good ones' => sub {
	my $pid = worker();
	answer($node, 'app', "ALTER TABLE ecopanier_private.webhook_delivery ADD CONSTRAINT poison CHECK (payload <> '{\"poison\":1}' OR last_status IS NULL)");
	queue(5);
	answer($node, 'app', "INSERT INTO ecopanier_private.webhook_delivery (territory_id, id, endpoint_id, kind, subject_id, happened_at, payload, endpoint)
		VALUES (1, ecopanier.new_id(1), '$hook', 'lot.published', ecopanier.new_id(1), ecopanier.now(), '{\"poison\":1}', '$hook')");
	queue(5);
	ok(become("SELECT count(*) FROM ecopanier_private.webhook_delivery WHERE state = 'done'", '10'), 'the good ones are done');
	ok(become("SELECT state FROM ecopanier_private.webhook_delivery WHERE payload ~ 'poison' AND last_error ~ '23514'", 'queued'), 'the bad one is put off, with its error');
	is(worker(), $pid, 'the worker goes on');
	like(answer($node, 'postgres', 'SELECT last_error FROM ecopanier.worker_status()'), qr/^webhook: 23514/, 'worker_status() names it');
	answer($node, 'app', 'ALTER TABLE ecopanier_private.webhook_delivery DROP CONSTRAINT poison');
	forget();
};

subtest 'DROP EXTENSION, with calls in flight' => sub {
	answer($node, 'postgres', 'CREATE DATABASE kept TEMPLATE app');
	worker();
	$peer->answer('^/hook', { hold => 'g' }, times => 3);
	queue(3);
	$peer->wait_for(3);
	answer($node, 'app', 'SET client_min_messages = warning; DROP EXTENSION ecopanier CASCADE; DROP SCHEMA ecopanier, ecopanier_private CASCADE');
	$peer->release('g');
	ok($node->poll_query_until('postgres', "SELECT state = 'no_extension' AND in_flight = 0 FROM ecopanier.worker_status()"), 'the calls are given up');
	answer($node, 'postgres', "DROP DATABASE app;\nALTER DATABASE kept RENAME TO app");
	worker();
	ok(all_done(), 'another database of the name is worked on');
	forget();
};

subtest 'promotion' => sub {
	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	chmod 0600, key_file($standby);
	$standby->start;
	$peer->answer('^/hook', { hold => 'f' }, times => 10);
	worker();
	queue(10);
	$peer->wait_for(10);
	$node->wait_for_catchup($standby);
	is(jobs($standby), 'calling 1: 10', 'the standby sees ten half-done jobs');
	is(scalar(() = $peer->requests), 10, '... and does nothing');
	$node->stop('immediate');
	$standby->promote;
	ok(all_done($standby), 'promoted, it takes them up');
	is(jobs($standby) . '; ' . times_asked(), 'done 2: 10; 10 jobs: 2', 'once each');
	$standby->stop;
};

done_testing();
