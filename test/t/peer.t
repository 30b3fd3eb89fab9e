#!/usr/bin/perl
# The peer of the other tests does what its script says: asked here by curl and by a plain socket.

use strict;
use warnings FATAL => 'all';
use IO::Socket::INET;
use PostgreSQL::Test::Utils;
use Test::More;
use EcpPeer;

my $peer = EcpPeer->start;

# What curl prints, and its exit status.
sub curl
{
	my @arguments = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'curl', '-s', '--noproxy', '*', '-m', '5', @arguments ], '>', \$out, '2>', \$err);
	return ($out, $? >> 8);
}

sub status_of { return (curl('-o', '/dev/null', '-w', '%{http_code}', @_))[0]; }

is((curl($peer->url('/any')))[0], '{}', 'without a rule: an empty object');
$peer->answer('^/busy', { status => 503, headers => { 'Retry-After' => '2' }, body => 'later' }, times => 2);
$peer->answer('^/busy', { status => 201, json => { fine => 1 }, type => 'application/json; charset=utf-8' });
is(join(' ', map { status_of($peer->url('/busy')) } 1 .. 3), '503 503 201', 'rules are used up in order');
is((curl('-d', 'héllo', $peer->url('/busy')))[0], '{"fine": 1}', 'a body in JSON');
my @requests = $peer->requests('^/busy');
is(scalar @requests, 4, 'requests are kept');
is("$requests[3]{method} $requests[3]{body} $requests[3]{headers}{'content-type'}", "POST h\x{e9}llo application/x-www-form-urlencoded", '... with method, headers, body')
	or diag explain $requests[3];
my @logged = split /\n/, slurp_file($peer->folder . '/requests.jsonl');
is(scalar @logged, 5, '... and logged as lines of JSON');

is(status_of('--cacert', $peer->ca_file, $peer->tls_url('/')), '200', 'TLS with an authority of its own');
is((curl($peer->tls_url('/')))[1], 60, '... that nobody else trusts');
is((curl('--cacert', $peer->ca_file, $peer->tls_url('/', 'https_unknown_ca')))[1], 60, 'a certificate of another authority');
is((curl('--cacert', $peer->ca_file, $peer->tls_url('/', 'https_other_name')))[1], 60, 'a certificate for another name');

my @faults = (
	[ 'reset', { fault => 'reset' }, 56 ],
	[ 'closed without an answer', { fault => 'close' }, 52 ],
	[ 'closed halfway', { fault => 'half', body => 'x' x 100 }, 18 ],
	[ 'not the protocol', { fault => 'garbage' }, 1 ],
	[ 'never', { never => 1 }, 28, '-m', '0.3' ],
	[ 'a drip', { drip_ms => 50 }, 28, '-m', '0.3' ],
	[ '100 MB, cut', { bytes => 100_000_000 }, 63, '--max-filesize', '1000000' ],
);
for my $case (@faults)
{
	my ($name, $answer, $expected, @arguments) = @$case;
	$peer->answer('^/fault$', $answer, times => 1, first => 1);
	is((curl('-o', '/dev/null', $peer->url('/fault'), @arguments))[1], $expected, $name);
}
$peer->answer('^/hold', { hold => 'door', body => 'at last' });
my $out = '';
my $waiting = IPC::Run::start([ 'curl', '-s', '--noproxy', '*', $peer->url('/hold') ], '>', \$out);
$peer->wait_for(1, '^/hold');
is($peer->figures->{in_flight}, 1, 'an answer is held back');
$peer->release('door');
$waiting->finish;
is($out, 'at last', '... until it is let go');

# Mail by hand.
sub smtp_talk
{
	my @lines = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $peer->port('smtp')) or die $!;
	my @replies;
	for my $line (undef, @lines)
	{
		print {$socket} "$line\r\n" if defined $line;
		my $reply;
		do { $reply = readline($socket) // '' } while ($reply =~ /^\d{3}-/);
		push @replies, substr $reply, 0, 3;
	}
	return "@replies";
}
my @mail = ('EHLO me', 'MAIL FROM:<a@example.org> SIZE=100', 'RCPT TO:<b@example.org>', 'DATA', "Subject: x\r\n\r\n..dot\r\n.");
is(smtp_talk(@mail, 'QUIT'), '220 250 250 250 354 250 221', 'a mail is taken');
my ($mail) = $peer->mails;
is("$mail->{from} @{$mail->{to}} $mail->{text}", "a\@example.org b\@example.org Subject: x\r\n\r\n.dot\r\n", '... and kept');
$peer->smtp_settings(users => { anna => 'secret' }, auth_required => 1);
is(smtp_talk(@mail[0, 1]), '220 250 530', 'signing in may be required');
is(smtp_talk('EHLO me', 'AUTH PLAIN AGFubmEAc2VjcmV0', $mail[1]), '220 250 235 250', '... which AUTH PLAIN does');
is(smtp_talk('EHLO me', 'AUTH LOGIN', 'YW5uYQ==', 'c2VjcmV0', $mail[1]), '220 250 334 334 235 250', '... and AUTH LOGIN');
is(smtp_talk('EHLO me', 'AUTH PLAIN AGFubmEAd3Jvbmc='), '220 250 535', 'a wrong password');
$peer->smtp_settings(auth_required => 0, size => 50);
is(smtp_talk(@mail[0, 1]), '220 250 552', 'SIZE');
$peer->smtp(at => 'rcpt', match => 'gone', reply => '550 5.1.1 nobody');
$peer->smtp(at => 'mail', times => 1, reply => '451 4.3.0 later');
is(smtp_talk('EHLO me', 'MAIL FROM:<a@b.c>', 'MAIL FROM:<a@b.c>', 'RCPT TO:<gone@b.c>'), '220 250 451 250 550', 'replies by script');
$peer->stop;
done_testing();
