# Events outlive what happens to servers: listeners get ids and nothing else, a crash or a dump loses none that waits and tells none
# twice, a prepared transaction's are told once it is committed, the worker tells at commit, old ones go.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('events', "shared_preload_libraries = 'ecopanier'", 'max_prepared_transactions = 5', 'autovacuum = off');
new_database($node, 'app', fixture => 1);
my $told = 'SELECT count(*) FILTER (WHERE told_at IS NOT NULL), count(*) FILTER (WHERE told_at IS NULL) FROM ecopanier.event';
my $tell = 'SELECT done FROM ecopanier.tick() WHERE step = \'events\'';
my $twice = 'SELECT count(*) FROM (SELECT FROM ecopanier.notification GROUP BY territory_id, member_id, event_id HAVING count(*) > 1) n';

# What a connection that listens has been sent, as payloads.
sub heard
{
	my ($listener) = @_;
	return $listener->query('SELECT 1') =~ /Asynchronous notification "ecopanier" with payload "(\{.*\})" received/g;
}

subtest 'listeners get ids' => sub {
	answer($node, 'app', $tell);
	my $listener = $node->background_psql('app');
	$listener->query_safe('LISTEN ecopanier');
	my $lot = new_lot($node, 'app', 200, 200);
	my $paid = claim($node, 'app', 'Camille', 'customer', $lot);
	my $free = claim($node, 'app', 'Benoit', 'beneficiary', $lot);
	answer($node, 'app', "INSERT INTO ecopanier.reservation (lot_id, member_id, state) VALUES ('$lot', fixture.id('Charlie'), 'awaiting_payment')");
	answer($node, 'app', 'UPDATE ecopanier.reservation SET state = \'cancelled\' WHERE state = \'awaiting_payment\'');
	answer($node, 'app', 'UPDATE ecopanier.beneficiary SET valid_until = \'2027-06-30\' WHERE member_id = fixture.id(\'Bilal\')');
	is_deeply([ heard($listener) ], [], 'none before they are told');
	is(answer($node, 'app', $tell), '5', 'told');
	my @payloads = map { decode_json($_) } heard($listener);
	is(scalar @payloads, 1, 'one message');
	is_deeply([ sort keys %{ $payloads[0] } ], [ 'events', 'territory' ], 'of a territory');
	my @events = @{ $payloads[0]{events} };
	is_deeply([ map { [ $_->{kind}, $_->{subject} ] } @events ],
		[ [ 'lot.published', $lot ], [ 'reservation.held', $paid->{reservation} ], [ 'reservation.held', $free->{reservation} ] ],
		'in order; nothing of a claim that was not paid, nor of a right');
	is_deeply([ sort keys %{ $events[$_] } ], [ 'id', 'kind', 'subject' ], 'ids and kinds, the same for paid and free') for 1, 2;
	is(answer($node, 'app', "SELECT count(*) FROM ecopanier.event WHERE id IN ('$events[0]{id}', '$events[1]{id}', '$events[2]{id}')"), '3', 'of the events');

	answer($node, 'app', "INSERT INTO ecopanier.reservation (lot_id, member_id) SELECT '$lot', fixture.id('Claude') FROM generate_series(1, 150)");
	is(answer($node, 'app', $tell), '150', 'many at once');
	my @texts = heard($listener);
	cmp_ok(scalar @texts, '>', 1, 'are several messages');
	is(scalar(grep { length > 7999 } @texts), 0, 'none of which the server would refuse');
	my @subjects = map { $_->{subject} } map { @{ decode_json($_)->{events} } } @texts;
	is(join(',', @subjects), answer($node, 'app', 'SELECT string_agg(subject_id::text, \',\' ORDER BY number) FROM (SELECT * FROM ecopanier.event ORDER BY number DESC LIMIT 150) e'),
		'with each event once, in order');
	answer($node, 'app', 'BEGIN; ' . "INSERT INTO ecopanier.reservation (lot_id, member_id) SELECT '$lot', fixture.id('Claude'); SELECT ecopanier.tell_events(); ROLLBACK;");
	is_deeply([ heard($listener) ], [], 'what is rolled back is not sent');
	$listener->quit;
};

subtest 'a crash' => sub {
	my $lot = new_lot($node, 'app', 9, 9);
	answer($node, 'app', $tell);
	my $claim = claim($node, 'app', 'Camille', 'customer', $lot);
	my $open = $node->background_psql('app');
	$open->query_safe("BEGIN; INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES ('$lot', fixture.id('Claude'))");
	my $before = answer($node, 'app', $told);
	$node->stop('immediate');
	$node->start;
	is(answer($node, 'app', $told), $before, 'between the fact and its telling loses nothing, and adds nothing that was not committed');
	$open = $node->background_psql('app');
	$open->query_safe('BEGIN; SELECT ecopanier.tell_events()');
	$node->stop('immediate');
	$node->start;
	is(answer($node, 'app', $told), $before, 'nor does one in the midst of telling');
	is(answer($node, 'app', $tell), '1', 'then it is told');
	is(answer($node, 'app', "SELECT count(*) FROM ecopanier.notification WHERE subject_id = '$claim->{reservation}'"), '1', 'once');
	my $after = claim($node, 'app', 'Camille', 'customer', $lot);
	is(answer($node, 'app', "SELECT b.number > a.number FROM ecopanier.event a, ecopanier.event b WHERE a.subject_id = '$claim->{reservation}' AND b.subject_id = '$after->{reservation}'"),
		't', 'numbers go on behind');
	is(answer($node, 'app', $tell), '1', 'and so does telling');
	is(answer($node, 'app', $twice), '0', 'nobody is told twice');
};

subtest 'a prepared transaction' => sub {
	my ($lot, $other) = map { new_lot($node, 'app', 9, 9) } 1, 2;
	answer($node, 'app', $tell);
	answer($node, 'app', "BEGIN; INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES ('$lot', fixture.id('Claude')); PREPARE TRANSACTION 'later'");
	answer($node, 'app', "INSERT INTO ecopanier.reservation (lot_id, member_id) VALUES ('$other', fixture.id('Camille'))");
	is(answer($node, 'app', $tell), '1', 'another one is told meanwhile');
	answer($node, 'app', "COMMIT PREPARED 'later'");
	is(answer($node, 'app', $tell), '1', 'its own when it is committed, though the number is lower');
};

subtest 'a dump' => sub {
	my $lot = new_lot($node, 'app', 9, 9);
	answer($node, 'app', $tell);
	claim($node, 'app', 'Camille', 'customer', $lot);
	answer($node, 'app', "UPDATE ecopanier.lot SET state = 'closed' WHERE id = '$lot'");
	my $before = answer($node, 'app', $told);
	like($before, qr/^\d{3}\|2$/, 'two wait');
	my $notified = answer($node, 'app', 'SELECT count(*) FROM ecopanier.notification');
	my $file = $node->basedir . '/events.dump';
	my @at = ('--host', $node->host, '--port', $node->port);
	command_ok([ 'pg_dump', '--format=custom', '--file', $file, @at, 'app' ], 'dumped');
	answer($node, 'postgres', 'CREATE DATABASE again');
	command_ok([ 'pg_restore', '--exit-on-error', '-j', '4', '--dbname=again', @at, $file ], 'restored by four at once');
	answer($node, 'postgres', "ALTER DATABASE again SET ecopanier.clock = '2026-11-20 16:00:00+00'");
	is(answer($node, 'again', $told), $before, 'the same wait, and no others: a restore is not news');
	is(answer($node, 'again', $tell), '2', 'they are told there');
	is(answer($node, 'again', 'SELECT count(*) FROM ecopanier.notification'), $notified + 1, 'and nothing else: a basket has a person to tell, a closed lot none');
	is(answer($node, 'again', 'SELECT count(*) FROM ecopanier.self_check() WHERE violations > 0'), '0', 'self_check finds nothing');
	claim($node, 'again', 'Camille', 'customer', new_lot($node, 'again', 9, 9));
	is(answer($node, 'again', 'SELECT count(*) = count(DISTINCT number) FROM ecopanier.event'), 't', 'numbers go on');
	answer($node, 'app', $tell);
};

subtest 'old ones go' => sub {
	my $at = sub { "SET ecopanier.clock = '$_[0]'; " };
	my $count = 'SELECT count(*) FROM ecopanier.event WHERE told_at IS NOT NULL';
	answer($node, 'app', $at->('2026-11-20 16:00:00+00') . $tell);
	my $all = answer($node, 'app', $count);
	answer($node, 'app', "INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES (2, 'event_retention_days', 100, '2026-01-01', 'test')");
	my $old = "SELECT done FROM ecopanier.tick() WHERE step = 'old_events'";
	is(answer($node, 'app', $at->('2027-02-18 15:59:59.999999+00') . $old), '0', 'not before ninety days');
	my $there = answer($node, 'app', 'SELECT count(*) FROM ecopanier.event WHERE territory_id = 2 AND told_at = \'2026-11-20 16:00:00+00\'');
	cmp_ok(answer($node, 'app', $at->('2027-02-18 16:00:00+00') . $old), '>=', 100, 'then they do');
	is(answer($node, 'app', $count . " AND told_at = '2026-11-20 16:00:00+00'"), $there, 'where another territory keeps them for longer, they stay');
	answer($node, 'app', $at->('2027-02-28 16:00:00+00') . $old);
	is(answer($node, 'app', $count . " AND told_at = '2026-11-20 16:00:00+00'"), '0', 'for as long as that');
	is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.self_check() WHERE violations > 0'), '0', 'self_check finds nothing');
};

subtest 'the worker tells by itself' => sub {
	new_database($node, 'live', fixture => 1);
	$node->append_conf('postgresql.conf', "ecopanier.databases = 'live'\necopanier.clock = '2026-11-20 16:00:00+00'");
	$node->reload;
	ok($node->poll_query_until('live', 'SELECT NOT EXISTS (SELECT FROM ecopanier.event WHERE told_at IS NULL)'), 'what waited');
	my $listener = $node->background_psql('live');
	$listener->query_safe('LISTEN ecopanier');
	my $claim = claim($node, 'live', 'Camille', 'customer', new_lot($node, 'live', 9, 9));
	ok($node->poll_query_until('live', 'SELECT NOT EXISTS (SELECT FROM ecopanier.event WHERE told_at IS NULL)'), 'and what is committed, without anybody asking');
	like(join(' ', heard($listener)), qr/"kind": "reservation\.held", "subject": "$claim->{reservation}"/, 'listeners are told');
	is(answer($node, 'live', "SELECT count(*) FROM ecopanier.notification WHERE subject_id = '$claim->{reservation}'"), '1', 'so is the person, once');
	$listener->quit;
};

done_testing();
