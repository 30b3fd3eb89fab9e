#!/usr/bin/perl
# The runner: what becomes of jobs between their queue and a real peer. Webhooks are the jobs here; what they say is
# t/webhook.t's. No transaction is open while a peer is awaited; a row or a peer that fails stops no other; circuits open,
# try and close; nothing is lost when the worker leaves or crashes.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use EcpPeer;
use EcpTest;

my $peer = EcpPeer->start;
my $node = new_node('runner', "shared_preload_libraries = 'ecopanier'", "ecopanier.databases = 'app'", 'ecopanier.private_addresses = on',
	'restart_after_crash = on', "ecopanier.clock = '2026-11-20 18:00:00+01'", 'ecopanier.worker_timeout_ms = 60000');
new_database($node, 'app', fixture => 1);
answer($node, 'app', 'ALTER DATABASE app RESET ecopanier.clock');	# the fixture's, which would bind the worker

sub ask { my ($sql) = @_; return answer($node, 'app', $sql); }

my %endpoint;

# An endpoint of the peer at a path.
sub new_endpoint
{
	my ($name) = @_;
	my $url = $peer->url("/$name");
	$endpoint{$name} = ask(acting('Mona', 'merchant') . "SELECT id FROM ecopanier.add_webhook('$url')");
	return;
}

# Queues so many deliveries to an endpoint, each about a subject of its own.
sub queue_up
{
	my ($name, $count, $payload) = @_;
	$payload //= '{}';
	ask("INSERT INTO ecopanier_private.webhook_delivery (territory_id, id, endpoint_id, kind, subject_id, happened_at, payload, endpoint)
		SELECT 1, ecopanier.new_id(1), '$endpoint{$name}', 'webhook.test', ecopanier.new_id(1), ecopanier.now(), '$payload', '$endpoint{$name}'
		FROM generate_series(1, $count)");
	return;
}

# Deliveries of an endpoint, as "3 done 1, 2 queued 0": how many, state, attempts.
sub states
{
	my ($name) = @_;
	return "SELECT coalesce(string_agg(concat_ws(' ', n, state, attempts), ', ' ORDER BY state, attempts), 'none') FROM (SELECT count(*) AS n, state, attempts
		FROM ecopanier_private.webhook_delivery WHERE endpoint_id = '$endpoint{$name}' GROUP BY state, attempts) s";
}

sub becomes
{
	my ($name, $expected, $test) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($node->poll_query_until('app', states($name), $expected), $test) or diag ask(states($name)), ask('SELECT * FROM ecopanier.worker_status()');
	return;
}

sub clear
{
	ask('DELETE FROM ecopanier_private.webhook_delivery');
	$peer->clear;
	return;
}

# The clock of the cluster, so many seconds after six.
sub clock
{
	my ($seconds) = @_;
	my $moment = ask("SELECT timestamptz '2026-11-20 18:00:00+01' + interval '$seconds s'");
	ask("ALTER SYSTEM SET ecopanier.clock = '$moment'");
	$node->reload;
	ok($node->poll_query_until('app', "SELECT ecopanier.now() = timestamptz '$moment'"), "the clock is put to six and $seconds s");
	return;
}

ask("INSERT INTO ecopanier.webhook_host (territory_id, host, port) VALUES (1, '127.0.0.1', " . $peer->port('http') . ')');
new_endpoint($_) for 'one', 'two';

# All is well.
queue_up('one', 100);
becomes('one', '100 done 1', 'a hundred jobs are done');
my %ids = map { $_->{headers}{'webhook-id'} => 1 } $peer->requests;
is(scalar(keys %ids) . ' ' . scalar($peer->requests), '100 100', '... each called once');
is(ask('SELECT done, failed, in_flight FROM ecopanier.worker_status()'), '100|0|0', '... and counted');
clear();

# While a peer is awaited.
$peer->answer('^/one', { hold => 'door' });
queue_up('one', 3);
$peer->wait_for(3);
ok($node->poll_query_until('app', q(SELECT in_flight = 3 FROM ecopanier.worker_status())), 'three calls are under way');
ok($node->poll_query_until('app', q(SELECT state = 'idle' AND backend_xmin IS NULL AND backend_xid IS NULL AND xact_start IS NULL
	FROM pg_stat_activity WHERE backend_type = 'ecopanier worker')), '... and no transaction is open');
is(ask(states('one')), '3 calling 1', '... what is called is marked');
queue_up('two', 5);
becomes('two', '5 done 1', '... and others are called meanwhile');
$peer->release('door');
becomes('one', '3 done 1', 'the answers come');
clear();

# Rows that fail.
ask(q(CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$refused by a trigger$$; END';
	CREATE TRIGGER refuse BEFORE UPDATE ON ecopanier_private.webhook_delivery FOR EACH ROW
	WHEN (NEW.payload ~ 'bad answer' AND NEW.last_status IS NOT NULL OR NEW.payload ~ 'bad claim') EXECUTE FUNCTION refuse()));
queue_up('one', 1, '{"is": "bad claim"}');
queue_up('one', 1, '{"is": "bad answer"}');
queue_up('one', 20);
ok($node->poll_query_until('app', q(SELECT count(*) = 20 FROM ecopanier_private.webhook_delivery WHERE state = 'done')), 'rows that fail stop no others');
ok($node->poll_query_until('app', q(SELECT bool_and(state = 'queued' AND attempts = 1 AND next_at > ecopanier.now() AND last_error LIKE 'P0001: refused%')
	FROM ecopanier_private.webhook_delivery WHERE payload ~ 'bad answer')), '... one whose answer cannot be written is tried again later');
is(ask(q(SELECT state, attempts FROM ecopanier_private.webhook_delivery WHERE payload ~ 'bad claim')), 'queued|0', '... one that cannot be claimed stays');
ask('DROP TRIGGER refuse ON ecopanier_private.webhook_delivery; UPDATE ecopanier_private.webhook_delivery SET next_at = ecopanier.now()');
becomes('one', '21 done 1, 1 done 2', '... and both are done when they can be');
clear();

# A circuit.
$peer->answer('^/one', { status => 503 });
queue_up('one', 300);
ok($node->poll_query_until('app', q(SELECT count(*) = 1 FROM ecopanier.circuits())), 'an endpoint that fails is left alone');
is(ask(q(SELECT channel, openings, opened_at = ecopanier.now(), open_until > ecopanier.now(), last_error FROM ecopanier.circuits())),
	'webhook|1|t|t|answer 503', '... as operators can see');
is(ask(q(SELECT endpoint FROM ecopanier.circuits())), $endpoint{one}, '... by its name');
ok($node->poll_query_until('app', q(SELECT in_flight = 0 FROM ecopanier.worker_status())), 'calls under way end');
my $tried = scalar $peer->requests('^/one');
cmp_ok($tried, '<=', 128, "of 300 jobs $tried were tried");
is(ask(states('one')), (300 - $tried) . " queued 0, $tried queued 1", '... the others lose no attempt');
queue_up('two', 5);
becomes('two', '5 done 1', '... and another endpoint is called');
is(ask(q(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'ecopanier worker' AND state = 'idle')), 1, 'the worker waits');
clock(60);
ok($node->poll_query_until('app', q(SELECT openings = 2 FROM ecopanier.circuits())), 'later one call tries, fails, and opens it again');
is(scalar $peer->requests('^/one'), $tried + 1, '... one');
$node->restart;
queue_up('two', 5);
becomes('two', '10 done 1', 'after a restart the other endpoint is called');
is(scalar $peer->requests('^/one'), $tried + 1, '... the circuit is open still');
$peer->answer('^/one', { status => 200 }, first => 1);
clock(3600);
ok($node->poll_query_until('app', q(SELECT NOT EXISTS (SELECT FROM ecopanier.circuits()))), 'a call that is answered closes it');
ok($node->poll_query_until('app', q(SELECT count(*) = 310 FROM ecopanier_private.webhook_delivery WHERE state = 'done')), 'no job is lost');
clear();

# Somebody who never answers takes his share of the places and no more.
ask('ALTER SYSTEM SET ecopanier.worker_in_flight = 8');
$node->reload;
$peer->answer('^/one', { hold => 'slow' });
queue_up('one', 200);
$peer->wait_for(8, '^/one');
queue_up('two', 40);
$peer->release('slow');
becomes('two', '40 done 1', 'places that become free go to others too');
becomes('one', '200 done 1', '... and all get there');
cmp_ok($peer->figures->{most_in_flight}, '<=', 8, '... never more than allowed at a time');
clear();
$peer->answer('^/one', { never => 1 });
queue_up('one', 4);
$peer->wait_for(4, '^/one');
queue_up('two', 40);
becomes('two', '40 done 1', 'somebody who never answers keeps nobody waiting');

# The worker leaves in the middle of calls, and crashes.
is(ask(states('one')), '4 calling 1', 'calls are under way');
$node->stop('fast');
$peer->clear;
$peer->answer('^/one', { never => 1 }, times => 4);
$node->start;
$peer->wait_for(4, '^/one');
is(ask(states('one')), '4 calling 1', 'after a shutdown they are made again, and the first time is not counted');
my $pid = ask(q(SELECT pid FROM ecopanier.worker_status()));
kill 'KILL', $pid;
ok($node->poll_query_until('app', "SELECT pid <> $pid FROM ecopanier.worker_status()"), 'after a crash there is another worker');
becomes('one', '4 done 2', '... which takes up what was half done, and counts it');
my %calls;
$calls{ $_->{headers}{'webhook-id'} }++ for $peer->requests('^/one');
is(join(' ', sort values %calls), '2 2 2 2', '... each once more, with the same idempotency key');
clear();
is(ask('SELECT count(*) FROM ecopanier.self_check() WHERE violations > 0'), 0, 'all is sound');
$node->stop;
$peer->stop;
done_testing();
