# EcpClient: the clients of doc/clients and doc/webhooks at the command of a test, and a connection that truly binds parameters.
#
#   my $office = EcpClient->start('javascript');
#   my $answer = $office->ask({ do => 'generate', key => 'office' });
package EcpClient;

use strict;
use warnings FATAL => 'all';
use DBI ();
use IPC::Open2 ();
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;
my %package = (javascript => 'doc/clients/javascript', webhook => 'doc/webhooks');

# What a client in JavaScript needs, as its lock file names it, checked by hash; once in a copy of the checkout.
sub install
{
	my ($folder) = @_;
	return if -e "$folder/node_modules/.package-lock.json";
	# What comes is what the lock file's SHA-512 digests say, whoever carries it: a proxy's own certificate does no harm.
	my $log = `cd $folder && npm ci --no-audit --no-fund --no-update-notifier --strict-ssl=false 2>&1`;
	die "npm ci failed in $folder: is the package registry within reach?\n$log\n" if $? != 0;
	return;
}

# Debian's own python first: that is where its package of PyNaCl is.
sub python { return -x '/usr/bin/python3' ? '/usr/bin/python3' : 'python3'; }

sub start
{
	my ($class, $language) = @_;
	install($package{$language}) if $package{$language};
	my %command = (javascript => [ 'node', 'test/lib/client.mjs' ], webhook => [ 'node', 'test/lib/webhook.mjs' ], python => [ python(), 'test/lib/client.py' ]);
	my @command = @{ $command{$language} };
	my $pid = IPC::Open2::open2(my $out, my $in, @command);
	return bless { pid => $pid, in => $in, out => $out, name => $language }, $class;
}

sub ask
{
	my ($self, $command) = @_;
	print { $self->{in} } $json->encode($command), "\n";
	$self->{in}->flush;
	my $line = readline $self->{out};
	die "the $self->{name} client ended\n" unless defined $line;
	return $json->decode($line);
}

sub finish
{
	my ($self) = @_;
	close $self->{in};
	waitpid $self->{pid}, 0;
	return $? == 0;
}

# A connection that sends values apart from the statement (the protocol's bind), as applications should.
sub connect_to
{
	my ($node, $database, $user) = @_;
	return DBI->connect(sprintf('dbi:Pg:host=%s;port=%s;dbname=%s', $node->host, $node->port, $database), $user, '',
		{ RaiseError => 1, PrintError => 0, AutoCommit => 1, pg_enable_utf8 => 1 });
}

our $state;	# SQLSTATE of the last error

# Runs work as a member of the fixture, in one transaction of an API server's session.
sub as_member
{
	my ($dbh, $claims, $role, $work) = @_;
	$dbh->begin_work;
	my @answer = eval {
		$dbh->do('SELECT set_config(\'request.jwt.claims\', $1, true), set_config(\'role\', $2, true)', undef, $claims, $role);
		$work->($dbh);
	};
	my $error = $@;
	$state = $dbh->state if $error;
	$error ? $dbh->rollback : $dbh->commit;
	die $error if $error;
	return wantarray ? @answer : $answer[0];
}

1;
