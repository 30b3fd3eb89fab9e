# An allotment round from outside: its seed is in no dump and no log before the draw; a copy of the database that is drawn on its own gives the same
# result; and the clients of doc/clients recompute it, and find each thing that is changed.
use strict;
use warnings FATAL => 'all';
use EcpClient;
use EcpTest;
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('allotment', "log_statement = 'all'");
new_database($node, 'app', fixture => 1);
answer($node, 'app', <<'SQL');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT 1, n, 15, '2026-11-20 00:00+00', 'test' FROM unnest(ARRAY['allotment_lead_minutes', 'allotment_open_minutes']) n;
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, 'P' || n FROM generate_series(1, 12) n;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, fixture.id('P' || n), 'beneficiary' FROM generate_series(1, 12) n;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, fixture.id('P' || n), fixture.organisation('CCAS'), 'verified', '2026-01-01', '2026-12-31' FROM generate_series(1, 12) n;
-- help of late and waits of several kinds; most are equal, so that the seed decides
INSERT INTO ecopanier.lot (territory_id, organisation_id, title, solidarity_units, original_price_cents, window_start, window_end, state)
VALUES (1, fixture.organisation('Boulangerie'), 'Hier', 50, 1000, '2026-11-10 17:00+00', '2026-11-10 19:00+00', 'closed');
INSERT INTO ecopanier.reservation (lot_id, member_id, pool, claimed_at, state, collected_at)
SELECT l.id, fixture.id('P' || n), 'solidarity', '2026-11-10 10:00+00', 'collected', '2026-11-10 17:30+00' FROM ecopanier.lot l, generate_series(1, 3) n WHERE title = 'Hier';
SQL
my $lot = new_lot($node, 'app', 0, 9);
my $round = answer($node, 'app', acting('Mona', 'merchant') . "SELECT ecopanier.open_allotment('$lot', 9, '2026-11-20 16:30+00')");
my $commitment = answer($node, 'app', acting('P1', 'beneficiary') . "SELECT encode(commitment, 'hex') FROM ecopanier.allotment_round");
like($commitment, qr/^[0-9a-f]{64}$/, 'the commitment is public');
answer($node, 'app', acting("P$_", 'beneficiary') . "SELECT ecopanier.declare_interest('$round', " . ($_ % 2 + 1) . ', 46.58, ' . 0.34 * (1 + $_ % 3 / 20) . ')') for 1 .. 12;
answer($node, 'app', acting('P12', 'beneficiary') . "SELECT ecopanier.withdraw_interest('$round')");

# A copy, made before the draw.
my $dump = $node->basedir . '/before.sql';
command_ok([ 'pg_dump', '--file', $dump, '--host', $node->host, '--port', $node->port, 'app' ], 'a dump before the draw');
answer($node, 'postgres', 'CREATE DATABASE copy');
command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, '--host', $node->host, '--port', $node->port, 'copy' ], 'is restored');

sub draw
{
	my ($database, $at) = @_;
	return answer($node, $database, "SET ecopanier.clock = '$at'; SELECT done FROM ecopanier.tick() WHERE step = 'allotments'");
}
sub result_of
{
	my ($database, $who, $role) = @_;
	return answer($node, $database, "SET ecopanier.clock = '2026-11-20 18:00+00';" . acting($who, $role) . "SELECT ecopanier.allotment_result('$round')");
}
is(draw('app', '2026-11-20 16:30:00+00'), '1', 'drawn in time');
is(draw('copy', '2026-11-20 18:44:59+00'), '1', 'the copy is drawn when a second more than allotment_lead_minutes of the window is left');
my $result = result_of('app', 'Adele', 'administrator');
is(result_of('copy', 'Adele', 'administrator'), $result, 'to the same result, to the letter');
my $json = JSON::PP->new->canonical;
my $published = $json->decode($result);
is($published->{commitment}, $commitment, 'with the commitment that was public');
is($published->{allotted_units}, 9, 'all units are allotted');
is(scalar @{ $published->{lines} }, 12, 'a line for each');
unlike(slurp_file($dump), qr/\Q$published->{seed}\E/, 'the seed was in no dump before the draw');
my $log = slurp_file($node->logfile);
unlike($log, qr/\Q$published->{seed}\E/, 'and is in no log');
isnt(answer($node, 'app', "SELECT count(*) FROM ecopanier.member WHERE strpos('$result', id::text) = 0"), '0', 'people are there to look for');
is(answer($node, 'app', "SELECT count(*) FROM ecopanier.member WHERE strpos('$result', id::text) > 0"), '0', 'and no id of a person is in the result');

# Outside of the database: what the clients say of a result, and of one in which something was changed.
my %client = (javascript => [ 'node', 'doc/clients/javascript/allotment.js' ], python => [ EcpClient::python(), 'doc/clients/python/allotment.py' ]);
sub verdict
{
	my ($client, $document, @commitment) = @_;
	my $out = '';
	IPC::Run::run([ @{ $client{$client} }, @commitment ], '<', \$json->encode($document), '>', \$out, '2>', \my $err);
	return $out . ($err // '');
}
sub changed
{
	my ($change) = @_;
	my $copy = $json->decode($result);
	$change->($copy);
	return $copy;
}
my @lines = @{ $published->{lines} };
my ($loser) = grep { $lines[$_]{allowed} > $lines[$_]{allotted} } 0 .. $#lines;
my ($barred) = grep { $lines[$_]{allowed} == 0 } 0 .. $#lines;
my %tampered = (
	'another seed' => sub { substr($_[0]{seed}, 0, 1) =~ tr/0-9a-f/1-9a-f0/ },
	'another commitment' => sub { substr($_[0]{commitment}, 0, 1) =~ tr/0-9a-f/1-9a-f0/ },
	'another round' => sub { $_[0]{round} = $lot },
	'two places exchanged' => sub { @{ $_[0]{lines} }[ 0, 1 ] = @{ $_[0]{lines} }[ 1, 0 ]; ($_[0]{lines}[0]{place}, $_[0]{lines}[1]{place}) = (1, 2) },
	'a unit too many' => sub { $_[0]{lines}[$loser]{allotted}++ },
	'a unit for who may have none' => sub { $_[0]{lines}[$barred]{allotted} = 1 },
	'a unit that was there' => sub { $_[0]{units}-- },
	'a pseudonym made up' => sub { substr($_[0]{lines}[0]{pseudonym}, 0, 1) =~ tr/0-9a-f/1-9a-f0/; $_[0]{lines}[0]{help_units} = 9 },
	'less help than there was' => sub { my ($helped) = grep { ($_->{help_units} // 0) > 0 && $_->{allowed} > 0 } @{ $_[0]{lines} }; $helped->{help_units} = 0; $helped->{waiting_days} = undef; $helped->{distance_band} = 0 },
	'a line left out' => sub { shift @{ $_[0]{lines} } });
for my $name (sort keys %client)
{
	is(verdict($name, $published), "the result holds\n", "$name: the result holds");
	is(verdict($name, $published, $commitment), "the result holds\n", "$name: against the commitment that was kept");
	is(verdict($name, $published, 'f' x 64), "the seed is not the one that was committed to\n", "$name: not against another");
	is(verdict($name, $json->decode(result_of('app', 'P1', 'beneficiary'))), "the result holds\n", "$name: a participant's too");
	isnt(verdict($name, changed($tampered{$_})), "the result holds\n", "$name finds: $_") for sort keys %tampered;
}
my $mine = $json->decode(result_of('app', 'P1', 'beneficiary'));
@{ $mine->{lines} } = grep { $_->{pseudonym} ne $mine->{own}{pseudonym} } @{ $mine->{lines} };
like(verdict($_, $mine), qr/the own line is missing/, "$_: the own line is missed") for sort keys %client;

$node->stop;
done_testing();
