# Webhooks end to end: a real worker, a real HTTPS server, and the official package of Standard Webhooks as the partner.
# What arrives is genuine and the same for paid and free; what fails is tried again with the same id, in order, and then
# is a dead letter; what must not be called is not; and no secret is anywhere.
use strict;
use warnings FATAL => 'all';
use EcpClient;
use EcpPeer;
use EcpTest;
use JSON::PP ();
use MIME::Base64 ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::Local qw(timegm);

my $partner = EcpClient->start('webhook');
my $peer = EcpPeer->start;
my $node = new_node('webhook', "shared_preload_libraries = 'pg_stat_statements,ecopanier'", "ecopanier.databases = 'app'", 'autovacuum = off',
	'restart_after_crash = on', 'log_statement = all', 'log_min_duration_statement = 0', 'log_error_verbosity = verbose', "pg_stat_statements.track = 'all'",
	"ecopanier.http_ca_file = '" . $peer->ca_file . "'");
new_database($node, 'app', fixture => 1);
answer($node, 'app', 'ALTER DATABASE app RESET ecopanier.clock; CREATE EXTENSION pg_stat_statements; ' . slurp_file('test/lib/try.sql'));

sub set { return set_server($node, @_); }

# The clock of the server and of the partner: seconds after 2026-11-20 16:00 UTC.
my $start = timegm(0, 0, 16, 20, 10, 2026);
my $now = 0;
sub at
{
	my ($second) = @_;
	$now = $second;
	my ($s, $m, $h, $day, $month, $year) = gmtime($start + $second);
	return set('ecopanier.clock' => sprintf('%04d-%02d-%02d %02d:%02d:%02d+00', $year + 1900, $month + 1, $day, $h, $m, $s));
}

my @secrets;
sub as
{
	my ($name, $role, $sql) = @_;
	return answer($node, 'app', "SET SESSION AUTHORIZATION api;\nSELECT fixture.act('$name', '$role') \\g /dev/null\n$sql");
}
sub mona { my ($sql) = @_; return as('Mona', 'merchant', $sql); }
# A function that shows a secret: id and secret.
sub issued
{
	my ($call) = @_;
	my ($id, $secret) = split /\|/, mona("SELECT id, secret FROM ecopanier.$call");
	push @secrets, $secret;
	return ($id, $secret);
}
sub status
{
	my ($what, $condition) = @_;
	return answer($node, 'app', "SELECT $what FROM ecopanier_private.webhook_delivery d JOIN ecopanier.webhook_endpoint e ON e.id = d.endpoint_id WHERE $condition ORDER BY d.number, d.id");
}
sub becomes
{
	my ($condition, $says, $select) = @_;
	$select //= 'FROM ecopanier_private.webhook_delivery d JOIN ecopanier.webhook_endpoint e ON e.id = d.endpoint_id';
	ok($node->poll_query_until('app', "SELECT coalesce(bool_and($condition), false) $select"), $says)
	  or diag(status('d.*, e.state', 'true'));
	return;
}
sub settled
{
	ok($node->poll_query_until('app', q{SELECT NOT EXISTS (SELECT FROM ecopanier.event WHERE told_at IS NULL)
		AND NOT EXISTS (SELECT FROM ecopanier_private.webhook_delivery WHERE state = 'calling' OR (state = 'queued' AND next_at <= ecopanier.now()))}), $_[0])
	  or diag(status('d.*, e.state', 'true'));
	return;
}
# The requests so far, once there are so many.
sub came
{
	my ($count) = @_;
	my @came = eval { $peer->wait_for($count) };
	return @came if @came;
	diag(status('d.*, e.state, e.state_reason', 'true'), "\n", answer($node, 'app', 'SELECT * FROM ecopanier.worker_status()'));
	die "no $count messages came\n";
}
sub verify
{
	my ($request, $secret, %change) = @_;
	my %headers = (%{ $request->{headers} }, %{ $change{headers} // {} });
	return $partner->ask({ secret => $secret, headers => \%headers, body => $change{body} // $request->{body}, now => $change{now} // $start + $now });
}
sub type_of { my ($request) = @_; return JSON::PP::decode_json($request->{body})->{type}; }
sub send_test { my ($endpoint) = @_; return mona("SELECT ecopanier.send_webhook_test('$endpoint')"); }
sub reserve
{
	my ($name, $role, $lot) = @_;
	return as($name, $role, "SELECT reservation FROM ecopanier.reserve('$lot')");
}

at(0);
$node->restart;
my $url = $peer->tls_url('/hook');
my ($host, $port) = ('127.0.0.1', $peer->port('https'));
answer($node, 'app', "INSERT INTO ecopanier.webhook_host (territory_id, host, port) VALUES (1, 'localhost', $port), (1, '$host', $port)");
my $localhost = "https://localhost:$port/hook";
settled('the beginning is told');

my ($hook, $secret) = issued("add_webhook('$localhost')");
subtest 'a private address is not called' => sub {
	my $test = send_test($hook);
	becomes("d.last_error = 'the name leads to a private address'", 'a name that leads to one is refused at the call');
	is(scalar $peer->requests, 0, 'nothing came');
	like(failure($node, 'app', "SET SESSION AUTHORIZATION api; SELECT fixture.act('Mona', 'merchant'); SELECT ecopanier.add_webhook('$url')"), qr/ZE127/, 'nor is a number taken');
	is(status('d.state, d.attempts, d.last_status', "d.id = '$test'"), 'queued|1|', 'it is tried again, since names change');
	set('ecopanier.private_addresses' => 'on');
	at(6);
	becomes("d.state = 'done'", 'with the setting it is called');
	is(verify((came(1))[0], $secret)->{message}{type}, 'webhook.test', 'and verifies');
};

my $lot;
subtest 'what happens arrives, the same of paid and free' => sub {
	$peer->clear;
	$lot = answer($node, 'app', 'SELECT fixture.lot(9, 9)');
	reserve('Camille', 'customer', $lot);
	reserve('Benoit', 'beneficiary', $lot);
	answer($node, 'app', "UPDATE ecopanier.reservation SET state = 'held' WHERE state = 'awaiting_payment'");
	my @came = came(3);
	settled('all is told');
	is(scalar $peer->requests, 3, 'each once');
	is(join(' ', sort map { type_of($_) } @came), 'lot.published reservation.held reservation.held', 'of these types');
	my %message = map { $_->{headers}{'webhook-id'} => verify($_, $secret)->{message} } @came;
	is(scalar(grep { defined } values %message), 3, 'each verifies by the official library');
	is(join(' ', sort keys %message), join(' ', sort split /\n/, status('d.id', "d.event_id IS NOT NULL")), 'the id is the delivery\'s');
	is($came[0]{headers}{'content-type'}, 'application/json', 'JSON');
	is($came[0]{method}, 'POST', 'posted');
	my %of;
	for my $request (grep { type_of($_) eq 'reservation.held' } @came)
	{
		my $data = JSON::PP::decode_json($request->{body})->{data};
		my ($pool, $member) = split /\|/, answer($node, 'app', "SELECT pool, member_id FROM ecopanier.reservation WHERE id = '$data->{reservation_id}'");
		unlike($request->{body} . join(' ', %{ $request->{headers} }), qr/$member|pool|price|solidarity|customer|beneficiary|Camille|Benoit/, "nothing of who claimed ($pool)");
		($of{$pool} = $request->{body}) =~ s/\Q$data->{reservation_id}\E/<id>/;
		$of{"$pool headers"} = join ' ', grep { !/^(webhook-|content-length)/ } sort keys %{ $request->{headers} };
	}
	is($of{solidarity}, $of{public}, 'a free basket\'s message is a paid one\'s (rule D13)');
	is($of{'solidarity headers'}, $of{'public headers'}, 'its headers too');

	my $request = $came[0];
	my ($other_id, $other_secret) = issued("add_webhook('$localhost/other', '{lot.closed}')");
	like(verify($request, $secret, body => $request->{body} . ' ')->{refused}, qr/No matching signature/, 'a changed body is refused');
	like(verify($request, $secret, headers => { 'webhook-timestamp' => $request->{headers}{'webhook-timestamp'} + 1 })->{refused}, qr/No matching signature/, 'another time is');
	like(verify($request, $secret, headers => { 'webhook-id' => $other_id })->{refused}, qr/No matching signature/, 'another id is');
	like(verify($request, $other_secret)->{refused}, qr/No matching signature/, 'another endpoint\'s secret opens nothing');
	like(verify($request, $secret, now => $start + $now + 301)->{refused}, qr/too old/, 'a message of five minutes ago is refused');
	mona("SELECT ecopanier.remove_webhook('$other_id')");
};

subtest 'rotation' => sub {
	$peer->clear;
	my ($same, $new) = issued("rotate_webhook_secret('$hook', '1 hour')");
	is($same, $hook, 'the same endpoint');
	send_test($hook);
	my ($request) = came(1);
	is(verify($request, $_)->{message}{type}, 'webhook.test', 'old and new verify in the overlap') for $secret, $new;
	is(() = $request->{headers}{'webhook-signature'} =~ /v1,\S{44}(?: |$)/g, 2, 'two signatures');
	at(3606);
	send_test($hook);
	($request) = (came(2))[1];
	is(verify($request, $new)->{message}{type}, 'webhook.test', 'after it the new one does');
	like(verify($request, $secret)->{refused}, qr/No matching signature/, 'the old one does not');
	becomes('n = 1', 'and is wiped', 'FROM (SELECT count(*) AS n FROM ecopanier_private.webhook_secret) c');
	$secret = $new;
};

subtest 'failures are tried again by the schedule, with the same id and body' => sub {
	$peer->clear;
	settled('nothing is under way');
	$peer->answer('^/hook', { status => 500, body => 'our database password is geheim' }, times => 2);
	my $test = send_test($hook);
	becomes("d.state = 'queued' AND d.attempts = 1", 'after 500 it waits', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
	is(status("d.last_status, d.last_error, d.next_at - ecopanier.now() BETWEEN '5 s' AND '5.6 s', e.failing_since = ecopanier.now()", "d.id = '$test'"), '500|HTTP 500|t|t', 'five seconds and a tenth; nothing of the answer is kept');
	at($now + 4);
	at($now + 2);
	becomes("d.attempts = 2", 'then again', "FROM ecopanier_private.webhook_delivery d WHERE state = 'queued' AND id = '$test'");
	is(status("d.next_at - ecopanier.now() BETWEEN '5 min' AND '5.6 min'", "d.id = '$test'"), 't', 'then five minutes');
	at($now + 340);
	becomes("d.state = 'done' AND d.attempts = 3 AND d.last_status = 200 AND d.ended_at = ecopanier.now()", 'then it is done', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
	is(status('e.failing_since IS NULL', "d.id = '$test'"), 't', 'and the endpoint is well');
	my @came = came(3);
	is(join(' ', map { $_->{headers}{'webhook-id'} } @came), join(' ', ($test) x 3), 'the same webhook-id each time');
	is($came[2]{body}, $came[0]{body}, 'the same body');
	is($came[2]{headers}{'webhook-timestamp'} - $came[0]{headers}{'webhook-timestamp'}, 346, 'each with its own time');
	is(verify($came[2], $secret)->{message}{type}, 'webhook.test', 'and signature');
};

subtest 'Retry-After, redirects, a large answer' => sub {
	$peer->clear;
	my @cases = ([ { status => 429, headers => { 'Retry-After' => '3600' } }, 'HTTP 429', '1 h' ], [ { status => 503, headers => { 'Retry-After' => '1' } }, 'HTTP 503', '5 s' ],
		[ { status => 302, headers => { Location => $peer->tls_url('/elsewhere') } }, 'HTTP 302: redirects are not followed', '5 s' ], [ { status => 404 }, 'HTTP 404', '5 s' ]);
	for my $case (@cases)
	{
		$peer->answer('^/hook', $case->[0], times => 1);
		my $test = send_test($hook);
		becomes("d.last_error = '$case->[1]'", $case->[1], "FROM ecopanier_private.webhook_delivery d WHERE state = 'queued' AND id = '$test'");
		is(status("d.next_at - ecopanier.now() BETWEEN interval '$case->[2]' AND interval '$case->[2]' * 1.11", "d.id = '$test'"), 't', "waits $case->[2]");
		at($now + 3700);
		becomes("d.state = 'done'", 'done later', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
	}
	is(scalar $peer->requests('^/elsewhere'), 0, 'no redirect was followed');
	$peer->answer('^/hook', { status => 200, bytes => 10_000_000 }, times => 1);
	my $test = send_test($hook);
	becomes("d.state = 'done' AND d.last_status = 200", 'a good status is one, however much follows', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
};

subtest 'dead letters and replay' => sub {
	$peer->clear;
	$peer->answer('^/hook', { status => 500 }, times => 11);
	my $test = send_test($hook);
	my @hours = (0.01, 0.1, 0.6, 2.3, 5.6, 11.2, 15.6, 22.3, 26.7);
	for my $attempt (1 .. 9)
	{
		becomes("d.state = 'queued' AND d.attempts = $attempt", "attempt $attempt", "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
		at($now + int(3600 * $hours[ $attempt - 1 ]));
	}
	becomes("d.state = 'dead' AND d.attempts = 10 AND d.ended_at = ecopanier.now()", 'after ten it is a dead letter', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
	is(mona("SELECT id, last_error FROM ecopanier.webhook_delivery_status WHERE state = 'dead'"), "$test|HTTP 500", 'which managers see');
	is(answer($node, 'app', "SELECT state FROM ecopanier.webhook_endpoint WHERE id = '$hook'"), 'active', 'the endpoint is called still');
	at($now + 3600 * 40);
	my $late = send_test($hook);
	becomes("e.state = 'paused' AND e.state_reason = 'failing'", 'one that failed for five days is paused', "FROM ecopanier.webhook_endpoint e WHERE id = '$hook'");
	is(answer($node, 'app', "SELECT count(*) FROM ecopanier.audit_event WHERE action = 'webhook_endpoint_update' AND subject_id = '$hook' AND facts->'state' = '[\"active\", \"paused\"]'"), '1', 'in the audit');
	mona("SELECT ecopanier.replay_webhook('$test')");
	is(status('d.state, d.next_at', "d.id = '$test'"), 'queued|infinity', 'replayed, it waits for the endpoint');
	at($now + 3600);
	settled('nothing is due');
	is(scalar $peer->requests, 11, 'nothing more came');
	mona("SELECT ecopanier.resume_webhook('$hook')");
	becomes("d.state = 'done' AND d.attempts = 1", 'resumed, it is delivered', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
	is(scalar(grep { $_->{headers}{'webhook-id'} eq $test } came(12)), 11, 'with the same id');
	becomes("d.state = 'done'", 'and so is the other', "FROM ecopanier_private.webhook_delivery d WHERE id = '$late'");
};

subtest 'one subject in order, others meanwhile' => sub {
	$peer->clear;
	at($now + 60);
	my @lots = map { new_lot_now() } 1 .. 2;
	settled('the lots are told');
	$peer->answer('^/hook', { status => 500 }, times => 1, body_pattern => 'reservation.held');
	my $first = reserve('Charlie', 'customer', $lots[0]);
	answer($node, 'app', "UPDATE ecopanier.reservation SET state = 'held' WHERE state = 'awaiting_payment'");
	becomes("d.state = 'queued' AND d.attempts = 1", 'the first fails', "FROM ecopanier_private.webhook_delivery d WHERE subject_id = '$first'");
	my $second = reserve('Basma', 'beneficiary', $lots[1]);
	settled('the second is told');
	as('Charlie', 'customer', "SELECT ecopanier.cancel('$first')");
	as('Basma', 'beneficiary', "SELECT ecopanier.cancel('$second')");
	becomes("d.state = 'done' AND n = 2", 'what does not wait is told',
		"FROM (SELECT *, count(*) OVER () AS n FROM ecopanier_private.webhook_delivery WHERE subject_id = '$second') d");
	becomes('n = 2', 'what waits is queued', "FROM (SELECT count(*) AS n FROM ecopanier_private.webhook_delivery WHERE subject_id = '$first') c");
	is(status('d.kind, d.state', "d.subject_id = '$second'"), "reservation.held|done\nreservation.cancelled|done", 'the one that went well is told in order');
	is(status('d.kind, d.state, d.attempts', "d.subject_id = '$first'"), "reservation.held|queued|1\nreservation.cancelled|queued|0", 'the other\'s second message waits for its first');
	at($now + 10);
	becomes("d.state = 'done'", 'until that is done', "FROM ecopanier_private.webhook_delivery d WHERE subject_id = '$first'");
	is(join(' ', map { type_of($_) } grep { $_->{body} =~ /$first/ } $peer->requests), 'reservation.held reservation.held reservation.cancelled', 'as they happened');
};
sub new_lot_now
{
	return answer($node, 'app', "INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, "
		. "category, cold_class, batch, allergens, use_by, window_start, window_end, state) SELECT 1, fixture.organisation('Boulangerie'), 'Panier', 5, 5, 1000, 400, 1200, 'bakery', 'ambient', 'L1', '{gluten}', (ecopanier.now() + interval '3 days')::date, "
		. "ecopanier.now() + interval '6 h', ecopanier.now() + interval '8 h', 'published' RETURNING id");
}

subtest '410 disables, and what is queued waits' => sub {
	$peer->clear;
	settled('nothing is under way');
	$peer->answer('^/hook', { status => 410 }, times => 1);
	my $from = -s $node->logfile;
	my $gone = send_test($hook);
	becomes("e.state = 'disabled' AND e.state_reason = 'gone'", 'disabled', "FROM ecopanier.webhook_endpoint e WHERE id = '$hook'");
	is(status('d.state, d.last_error', "d.id = '$gone'"), 'dead|HTTP 410', 'and dead');
	like(slurp_file($node->logfile, $from), qr/LOG:.*webhook localhost:$port is disabled: gone/, 'the log says so');
	mona("SELECT ecopanier.resume_webhook('$hook')");
	mona("SELECT ecopanier.replay_webhook('$gone')");
	becomes("d.state = 'done'", 'it can come back', "FROM ecopanier_private.webhook_delivery d WHERE id = '$gone'");
};

subtest 'a host that is no longer allowed' => sub {
	$peer->clear;
	answer($node, 'app', "DELETE FROM ecopanier.webhook_host WHERE host = 'localhost'");
	my $test = send_test($hook);
	becomes("e.state = 'paused' AND e.state_reason = 'host'", 'pauses its endpoints at the next call', "FROM ecopanier.webhook_endpoint e WHERE id = '$hook'");
	settled('nothing is under way');
	is(status('d.state, d.attempts, d.next_at', "d.id = '$test'"), 'queued|0|infinity', 'the message waits');
	is(scalar $peer->requests, 0, 'nothing came');
	answer($node, 'app', "INSERT INTO ecopanier.webhook_host (territory_id, host, port) VALUES (1, 'localhost', $port)");
	mona("SELECT ecopanier.resume_webhook('$hook')");
	becomes("d.state = 'done'", 'allowed again, it goes', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
};

subtest 'at least once: the worker is killed during a call' => sub {
	$peer->clear;
	$peer->answer('^/hook', { status => 200, hold => 'late' }, times => 1);
	my $test = send_test($hook);
	came(1);
	is(status('d.state', "d.id = '$test'"), 'calling', 'under way');
	is(answer($node, 'app', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'ecopanier worker' AND backend_xmin IS NULL AND xact_start IS NULL"), '1', 'with no transaction open');
	kill 'KILL', answer($node, 'app', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ecopanier worker'");
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
	$peer->release('late');
	becomes("d.state = 'done'", 'taken up again', "FROM ecopanier_private.webhook_delivery d WHERE id = '$test'");
	my @came = came(2);
	is(join(' ', map { $_->{headers}{'webhook-id'} } @came), "$test $test", 'twice, with the same id by which the partner knows');
	is(verify($came[1], $secret)->{message}{type}, 'webhook.test', 'and genuine');
};

subtest 'secrets are nowhere' => sub {
	my ($dump, $err) = ('', '');
	PostgreSQL::Test::Utils::run_log([ 'pg_dump', '-d', $node->connstr('app') ], '>', \$dump, '2>', \$err) or die $err;
	my $log = slurp_file($node->logfile);
	my $rows = rows($node, 'app') . answer($node, 'app', 'SELECT * FROM pg_stat_activity') . answer($node, 'app', 'SELECT query FROM pg_stat_statements');
	cmp_ok(scalar @secrets, '>=', 3, 'there are secrets to look for');
	for my $text (@secrets)
	{
		my ($base64) = $text =~ /^whsec_(.{43}=)$/ or die 'not a secret';
		my $hex = unpack 'H*', MIME::Base64::decode($base64);
		for my $place ([ 'the dump', $dump ], [ 'the log', $log ], [ 'tables and activity', $rows ])
		{
			is(index($place->[1], $base64) + index(lc $place->[1], $hex), -2, "not in $place->[0]");
		}
	}
	unlike($log, qr/our database password/, 'nor is an answer in the log');
	unlike($dump, qr/our database password/, 'or in a table');
};

subtest 'with another key file the state is clear, and a new secret helps' => sub {
	$peer->clear;
	settled('nothing is under way');
	$node->stop;
	my $kept = $node->basedir . '/keys.kept';
	rename key_file($node), $kept or die $!;
	$node->start;
	answer($node, 'app', 'SELECT ecopanier.rotate_key()');
	my $test = send_test($hook);
	becomes("e.state = 'paused' AND e.state_reason = 'key'", 'the endpoint is paused', "FROM ecopanier.webhook_endpoint e WHERE id = '$hook'");
	settled('nothing is under way');
	is(status('d.state, d.attempts', "d.id = '$test'"), 'queued|0', 'its messages wait');
	like(failure($node, 'app', "SET SESSION AUTHORIZATION api; SELECT fixture.act('Mona', 'merchant'); SELECT ecopanier.resume_webhook('$hook')"), qr/ZE113.*rotate_webhook_secret/s, 'resuming says what to do');
	my ($same, $new) = issued("rotate_webhook_secret('$hook')");
	mona("SELECT ecopanier.resume_webhook('$hook')");
	is(verify((came(1))[0], $new)->{message}{type}, 'webhook.test', 'with a new secret it goes on');
	is(scalar $peer->requests, 1, 'nothing came before');
};

ok($partner->finish, 'the partner ends well');
$peer->stop;
$node->stop;
done_testing;
