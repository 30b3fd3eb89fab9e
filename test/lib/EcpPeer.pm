# EcpPeer: a real HTTP(S) and SMTP server at the command of a TAP file (test/lib/peer).
#
#   my $peer = EcpPeer->start;
#   $peer->answer('^/hook', { status => 503, headers => { 'Retry-After' => 2 } }, times => 2);
#   ... have the worker call $peer->url('/hook') or $peer->tls_url('/hook') with ecopanier.http_ca_file = $peer->ca_file ...
#   my @requests = $peer->wait_for(3);
package EcpPeer;

use strict;
use warnings FATAL => 'all';
use IPC::Open2 ();
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Time::HiRes ();

my $json = JSON::PP->new->utf8->canonical;
my $patience_s = 60;

# A certificate of an authority of our own, for these names; made once in a folder.
sub certificate
{
	my ($folder, $name, $authority, $names) = @_;
	my $ca = "$folder/$authority";
	if (!-e "$ca.crt")
	{
		openssl(qw(req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj), "/CN=$authority",
			'-keyout', "$ca.key", '-out', "$ca.crt");
	}
	append_to_file("$folder/$name.ext", "subjectAltName=$names\n");
	openssl(qw(req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj), "/CN=$name", '-keyout', "$folder/$name.key", '-out', "$folder/$name.csr");
	openssl(qw(x509 -req -days 30 -CAcreateserial), '-in', "$folder/$name.csr", '-CA', "$ca.crt", '-CAkey', "$ca.key",
		'-extfile', "$folder/$name.ext", '-out', "$folder/$name.crt");
	return;
}

sub openssl
{
	my @command = @_;
	run_log([ 'openssl', @command ]) or die "openssl @command failed";
	return;
}

# A peer that listens on 127.0.0.1, on ports of its own.
sub start
{
	my ($class) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $names = 'IP:127.0.0.1,DNS:localhost';
	certificate($folder, 'good', 'authority', $names);
	certificate($folder, 'unknown_ca', 'stranger', $names);
	certificate($folder, 'other_name', 'authority', 'DNS:elsewhere.example');
	my $pid = IPC::Open2::open2(my $out, my $in, (-x '/usr/bin/python3' ? '/usr/bin/python3' : 'python3'), 'test/lib/peer', $folder);
	my $self = bless { pid => $pid, in => $in, out => $out, folder => $folder }, $class;
	my $ports = readline $out;
	die "the peer did not start\n" unless defined $ports;
	$self->{ports} = $json->decode($ports);
	return $self;
}

sub ask
{
	my ($self, %command) = @_;
	print { $self->{in} } $json->encode(\%command), "\n";
	$self->{in}->flush;
	my $line = readline $self->{out};
	die "the peer ended\n" unless defined $line;
	my $said = $json->decode($line);
	die "the peer: $said->{error}\n" if exists $said->{error};
	return $said->{ok};
}

sub port { my ($self, $name) = @_; return $self->{ports}{$name}; }
sub folder { my ($self) = @_; return $self->{folder}; }
sub ca_file { my ($self) = @_; return "$self->{folder}/authority.crt"; }
sub url { my ($self, $path) = @_; return "http://127.0.0.1:$self->{ports}{http}$path"; }
sub smtp_url { my ($self) = @_; return "smtp://127.0.0.1:$self->{ports}{smtp}"; }
sub smtps_url { my ($self) = @_; return "smtps://127.0.0.1:$self->{ports}{smtps}"; }

# certificate: good (https), https_unknown_ca, https_other_name
sub tls_url
{
	my ($self, $path, $certificate) = @_;
	return "https://127.0.0.1:$self->{ports}{$certificate // 'https'}$path";
}

# What to answer requests whose path matches; how: times => how often, method, body_pattern, first => before older rules.
sub answer
{
	my ($self, $path, $answer, %how) = @_;
	return $self->ask(do => 'answer', path => $path, answer => $answer, %how);
}

# What to reply to mail: at => connect, ehlo, starttls, auth, mail, rcpt, data, message; match, times, reply, close, reset, delay_ms, hold, never.
sub smtp { my ($self, %rule) = @_; return $self->ask(do => 'smtp', rule => \%rule); }

# users => { name => password }, auth_required, starttls, size
sub smtp_settings { my ($self, %settings) = @_; return $self->ask(do => 'smtp_settings', settings => \%settings); }

# Lets the answers go that wait with hold => $name.
sub release { my ($self, $name) = @_; return $self->ask(do => 'release', hold => $name); }

sub clear { my ($self) = @_; return $self->ask(do => 'clear'); }

# count of requests, connections, open connections, in_flight, most_in_flight since the last clear()
sub figures { my ($self) = @_; return $self->ask(do => 'figures'); }

# Requests so far, oldest first, those whose path matches: hashes with method, path, headers (lower-case names), body, scheme, connection.
sub requests
{
	my ($self, $path) = @_;
	$path //= '';
	return grep { $_->{path} =~ /(?:$path)/ } @{ $self->ask(do => 'requests') };
}

# Mails so far: hashes with from, to (list), user, tls, text, base64.
sub mails { my ($self) = @_; return @{ $self->ask(do => 'mails') }; }

sub wait_until
{
	my ($what, $enough) = @_;
	my $end = Time::HiRes::time() + $patience_s;
	while (1)
	{
		my @found = $enough->();
		return @found if @found;
		die "waited in vain for $what\n" if Time::HiRes::time() > $end;
		Time::HiRes::usleep(20_000);
	}
	return;
}

# The requests, as soon as there are so many whose path matches.
sub wait_for
{
	my ($self, $count, $path) = @_;
	return wait_until("$count requests", sub { my @r = $self->requests($path); return @r >= $count ? @r : () });
}

sub wait_for_mails
{
	my ($self, $count) = @_;
	return wait_until("$count mails", sub { my @m = $self->mails; return @m >= $count ? @m : () });
}

sub stop
{
	my ($self) = @_;
	return unless $self->{pid};
	close $self->{in};
	waitpid delete $self->{pid}, 0;
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $!, $@);
	$self->stop;
	return;
}

1;
