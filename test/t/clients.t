# The clients of doc/clients: both give the same tags, and what they seal goes through a server that cannot open it.
use strict;
use warnings FATAL => 'all';
use utf8;
use DBD::Pg qw(:pg_types);
use EcpClient;
use EcpTest;
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %client = map { $_ => EcpClient->start($_) } 'javascript', 'python';
my ($js, $python) = @client{ 'javascript', 'python' };
my $cases = JSON::PP->new->utf8->decode(slurp_file('doc/clients/normalisation_cases.json'));

# Every spelling in the table, by both clients.
my %texts;
sub text
{
	my ($facts) = @_;
	my %said = map { $_ => $client{$_}->ask({ do => 'normalise', facts => $facts }) } keys %client;
	is($said{javascript}{text} // 'refused', $said{python}{text} // 'refused', "both clients write the same for $facts->[0]");
	return $said{python}{text} // 'refused';
}
for my $case (@{ $cases->{same} })
{
	my ($says, @facts) = @$case;
	my %written = map { text($_) => 1 } @facts;
	is(scalar keys %written, 1, "$says: one person") or diag(join "\n", keys %written);
	unlike(join('', keys %written), qr/refused/, "$says: a person");
}
for my $case (@{ $cases->{different} })
{
	my ($says, $one, $other) = @$case;
	my ($first, $second) = (text($one), text($other));
	isnt($first, $second, "$says: two persons");
	unlike($first . $second, qr/refused/, "$says: both are persons");
}
is(text($_->[1]), 'refused', "refused: $_->[0]") for @{ $cases->{refused} };
cmp_ok(scalar @{ $cases->{tags} }, '>=', 3, 'there are tags to compare');
for my $case (@{ $cases->{tags} })
{
	my ($tag, $facts) = @$case;
	is($client{$_}->ask({ do => 'tag', facts => $facts })->{tag}, $tag, "$_ makes the tag of $facts->[0]") for sort keys %client;
}

# A server, staff of an association, and two readers.
my $node = new_node('clients');
new_database($node, 'app', fixture => 1);
my $api = EcpClient::connect_to($node, 'app', 'api');
my $claims = answer($node, 'app', "SELECT json_build_object('role', 'ecopanier_association', 'sub', fixture.id('Alice'))");
my %member = map { $_ => answer($node, 'app', "SELECT fixture.id('$_')") } 'Benoit', 'Basma', 'Bilal';
my %identity = (
	Benoit => { surname => 'Fontaine-Lebrun', given => 'Benoît', born => '1971-03-05', note => 'né à Évreux' },
	Basma => { surname => 'El Amrani', given => 'بسمة', born => '1989-06-21' },
	Bilal => { surname => 'O\'Brien', given => 'Bilal 😀', born => '2001-12-11', address => '3 rue des Lilas, 86000 Poitiers' });

my @sent;
sub staff
{
	my ($statement, @values) = @_;
	push @sent, map { ref $_ ? unpack 'H*', $$_ : $_ } @values;
	return EcpClient::as_member($api, $claims, 'ecopanier_association', sub {
		my $query = $api->prepare($statement);
		for my $i (0 .. $#values)
		{
			ref $values[$i] ? $query->bind_param($i + 1, ${ $values[$i] }, { pg_type => PG_BYTEA }) : $query->bind_param($i + 1, $values[$i]);
		}
		$query->execute;
		return $query->fetchall_arrayref;
	});
}
sub binary { my $bytes = pack 'H*', $_[0]; return \$bytes; }
sub page { my ($key) = @_; return [ map { [ $_->[0], unpack 'H*', $_->[1] ] } @{ staff('SELECT member, sealed FROM ecopanier.sealed_identities($1)', $key) } ]; }

my $office_public = $js->ask({ do => 'generate', key => 'office' })->{public};
my $office = staff('SELECT ecopanier.add_organisation_key($1, $2)', binary($office_public), 'bureau')->[0][0];
for my $name (sort keys %member)
{
	my $sealed = $js->ask({ do => 'seal', member => $member{$name}, identity => $identity{$name}, to => $office_public })->{sealed};
	is((length($sealed) / 2 - 48) % 256, 0, "$name is padded to blocks");
	staff('SELECT ecopanier.store_identity($1, $2, $3)', $member{$name}, $office, binary($sealed));
}
sub opened
{
	my ($reader, $key, $rows, $says) = @_;
	my %of = map { $member{$_} => $_ } keys %member;
	is(scalar @$rows, scalar keys %member, "$says: everybody");
	is_deeply($reader->ask({ do => 'open', member => $_->[0], sealed => $_->[1], key => $key })->{identity}, $identity{ $of{ $_->[0] } },
		"$says: $of{ $_->[0] }") for @$rows;
	return;
}
opened($js, 'office', page($office), 'the first reader');

# A second reader, who works in Python: the first one seals all again to that key.
my $second_public = $python->ask({ do => 'generate', key => 'antenne' })->{public};
my $second = staff('SELECT ecopanier.add_organisation_key($1, $2)', binary($second_public), 'antenne')->[0][0];
staff('SELECT ecopanier.store_identity($1, $2, $3)', $_->[0], $second, binary($_->[1]))
	for @{ $js->ask({ do => 'reseal', rows => page($office), key => 'office', to => $second_public })->{rows} };
opened($python, 'antenne', page($second), 'the second reader');
opened($js, 'office', page($office), 'the first reader still');
like($python->ask({ do => 'open', member => $_->[0], sealed => $_->[1], key => 'antenne' })->{error} // '', qr/./, 'the second key does not open the first box')
	for page($office)->[0];
my ($one, $other) = @{ page($second) };
like($python->ask({ do => 'open', member => $one->[0], sealed => $other->[1], key => 'antenne' })->{error}, qr/another person/, 'nor is a box another person\'s');

# A change of keys: the second reader seals all again to a new key of the office, and the old one ends.
my $new_public = $js->ask({ do => 'generate', key => 'office 2027' })->{public};
my $new = staff('SELECT ecopanier.add_organisation_key($1, $2)', binary($new_public), 'bureau 2027')->[0][0];
staff('SELECT ecopanier.retire_organisation_key($1)', $office);
staff('SELECT ecopanier.store_identity($1, $2, $3)', $_->[0], $new, binary($_->[1]))
	for @{ $python->ask({ do => 'reseal', rows => page($second), key => 'antenne', to => $new_public })->{rows} };
is(staff('SELECT ecopanier.forget_identities($1)', $office)->[0][0], 3, 'what the old key opens is forgotten');
opened($js, 'office 2027', page($new), 'the new key');
is(scalar @{ page($office) }, 0, 'nothing is left for the old one');

# What went to the server: no secret key, no civil fact.
my @facts = map { values %$_ } values %identity;
my @secrets = map { my ($reader, $key) = @$_; $reader->ask({ do => 'secret', key => $key })->{secret} } [ $js, 'office' ], [ $python, 'antenne' ], [ $js, 'office 2027' ];
my $dump = join "\n", @sent, map { my $text = $_; utf8::decode($text); $text } rows($node, 'app');
for my $value (@facts, @secrets)
{
	my $bytes = $value;
	utf8::encode($bytes);
	my $as_hex = unpack 'H*', $bytes;
	ok(index($dump, $value) < 0 && index($dump, $as_hex) < 0, 'neither sent nor stored: a ' . (length $value == 64 ? 'secret key' : 'civil fact'));
}
ok(index($dump, $new_public) >= 0, 'the public key is there, so the search would find what is');
ok($client{$_}->finish, "the $_ client ends well") for sort keys %client;
$api->disconnect;
done_testing();
