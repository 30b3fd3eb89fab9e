#!/usr/bin/perl
# Outgoing calls by the worker's own code against a real peer: every way in which a call can end, what is not
# called at all, and mail. src/worker/http.c runs here in a backend (lib/probe.c); the queue, the circuits and the loop
# around it are what t/worker.t, t/webhook.t, t/mail.t and t/listing.t show.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use EcpPeer;
use EcpProbe;
use EcpTest qw(new_node new_database answer);

my $peer = EcpPeer->start;
my $node = new_node('transport', "shared_preload_libraries = 'ecopanier'", "ecopanier.http_ca_file = '" . $peer->ca_file . "'");
new_database($node, 'app');
EcpProbe::install($node, 'app');

sub quoted { my ($text) = @_; return defined $text ? "'" . ($text =~ s/'/''/gr) . "'" : 'NULL'; }

# How a call ended: the columns that were asked for.
sub call
{
	my ($url, $columns, %how) = @_;
	$how{any_address} //= 'true';
	my $arguments = join '', map { ", $_ => $how{$_}" } sort keys %how;
	return answer($node, 'app', "SELECT $columns FROM probe.call(ARRAY[" . quoted($url) . "]$arguments)");
}

my $ended = "concat_ws(' ', outcome, nullif(status, 0))";

# What arrives, and what comes back.
$peer->answer('^/told', { status => 202, body => 'a body', type => 'Text/Plain; charset=utf-8' });
is(call($peer->url('/told?x=1'), 'outcome, status, answer, length, type, retry_after_ms'), 'answered|202|a body|6|text/plain|-1', 'an answer');
my ($got) = $peer->requests;
is("$got->{method} $got->{path} " . join(' ', sort keys %{ $got->{headers} }), 'GET /told?x=1 accept host user-agent', 'a request without a body says little');
like($got->{headers}{'user-agent'}, qr{^ecopanier/\d}, '... but who asks');
call($peer->url('/told'), '1', body => quoted('{"é": 1}'), headers => "ARRAY['Content-Type: application/json', 'X-Key: of the test']");
($got) = ($peer->requests)[1];
is("$got->{method} $got->{body} $got->{headers}{'content-type'} $got->{headers}{'x-key'}", "POST {\"\x{e9}\": 1} application/json of the test", 'a body and headers');
is(call($peer->url('/told'), $ended, headers => "ARRAY[E'X-Key: a\\r\\nX-Other: b']"), 'broken', 'a header with a line end is not sent');
is(scalar $peer->requests, 2, '... nor is anything else');
is(call($peer->url('/big'), $ended, body => "repeat('x', 3000000)"), 'answered 200', 'three megabytes are sent');
is(length((($peer->requests)[-1])->{body}), 3_000_000, '... and arrive whole, without waiting for 100');
for my $status (204, 301, 302, 307, 400, 401, 403, 404, 407, 410, 429, 500, 503, 504)
{
	$peer->answer('^/status', { status => $status, headers => { Location => $peer->url('/elsewhere') } }, times => 1);
	is(call($peer->url('/status'), $ended), "answered $status", "an answer of $status is an answer");
}
is(scalar $peer->requests('elsewhere'), 0, 'no redirect is followed');

# Retry-After.
for my $case (['120', 120_000], ['Fri, 31 Dec 1999 23:59:59 GMT', 0], ['Fri, 31 Dec 2999 23:59:59 GMT', 86_400_000], ['soon', -1])
{
	my ($text, $expected) = @$case;
	$peer->answer('^/later', { status => 429, headers => { 'Retry-After' => $text } }, times => 1);
	is(call($peer->url('/later'), 'retry_after_ms'), $expected, "Retry-After: $text");
}

# Faults.
my @faults = (
	[ 'reset', { fault => 'reset' }, 'unreachable' ],
	[ 'closed without an answer', { fault => 'close' }, 'unreachable' ],
	[ 'closed halfway through the body', { fault => 'half', body => 'x' x 100 }, 'unreachable 200' ],
	[ 'reset halfway through the body', { fault => 'half_reset', body => 'x' x 100 }, 'unreachable 200' ],
	[ 'not the protocol', { fault => 'garbage' }, 'broken' ],
	[ 'no answer', { never => 1 }, 'timed out', timeout_ms => 300 ],
	[ 'a byte at a time', { drip_ms => 20, body => 'x' x 1000 }, 'timed out 200', timeout_ms => 1500 ],
	[ 'a byte at a time in the headers', { drip_ms => 50, headers => { 'X-Long' => 'x' x 1000 } }, 'timed out 200', timeout_ms => 1000 ],
	[ '100 MB, announced', { bytes => 100_000_000 }, 'too large 200' ],
	[ '100 MB, chunked', { bytes => 100_000_000, chunked => 1 }, 'too large 200' ],
	[ 'endless headers', { headers => { 'X-Long' => 'x' x 90_000, 'X-Long2' => 'x' x 90_000, 'X-Long3' => 'x' x 90_000 } }, 'broken 200' ],
	[ 'another type', { type => 'text/html', body => '<p>' }, 'answered 200' ],
);
for my $fault (@faults)
{
	my ($name, $answer, $expected, %how) = @$fault;
	$peer->answer('^/fault', $answer, times => 1);
	is(call($peer->url('/fault'), $ended, %how), $expected, $name);
	is(call($peer->url('/told'), $ended), 'answered 202', '... and the next call is made');
}
$peer->answer('^/exact', { body => 'x' x 100 });
is(call($peer->url('/exact'), 'outcome, length', answer_max => 100), 'answered|100', 'an answer of the largest size');
is(call($peer->url('/exact'), 'outcome, length, answer', answer_max => 99), 'too large|99|' . 'x' x 99, 'one byte more is cut');
is(call("http://127.0.0.1:$1/", $ended), 'unreachable', 'nobody listens') if PostgreSQL::Test::Cluster::get_free_port() =~ /(\d+)/;
is(call('http://no-such-name.invalid/', $ended, timeout_ms => 20000), 'unreachable', 'a name that is not found');

# TLS.
is(call($peer->tls_url('/told'), $ended), 'answered 202', 'TLS, by an authority that is trusted');
is(call($peer->tls_url('/told', 'https_unknown_ca'), $ended), 'tls failed', 'another authority');
is(call($peer->tls_url('/told', 'https_other_name'), $ended), 'tls failed', 'a certificate of another name');
is(call('https://127.0.0.1:' . $peer->port('http') . '/', $ended, timeout_ms => 500), 'timed out', 'a server that does not know TLS, and waits');

# What is not called.
my $count = $peer->figures->{count};
for my $url ($peer->url('/told'), 'http://localhost:' . $peer->port('http'), 'http://0x7f000001:' . $peer->port('http'),
	'http://2130706433:' . $peer->port('http'), 'http://127.1:' . $peer->port('http'), 'http://0.0.0.0:' . $peer->port('http'),
	'http://[::ffff:127.0.0.1]:' . $peer->port('http'), 'http://[::1]:' . $peer->port('http'), 'http://169.254.169.254/latest/meta-data',
	'http://10.0.0.1/', 'http://192.168.0.1/', 'http://[fd00:ec2::254]/', 'http://[fe80::1]/', $peer->smtp_url)
{
	is(call($url, $ended, any_address => 'false', timeout_ms => 2000, body => "'x'", sender => "'a\@b.fr'", recipient => "'a\@b.fr'"),
		'address refused', "$url is not called");
}
for my $url ('ftp://127.0.0.1/', 'file:///etc/passwd', 'gopher://127.0.0.1:25/', 'dict://127.0.0.1/', 'ldap://127.0.0.1/', 'unknown://x/', 'http://', ':')
{
	is(call($url, $ended), 'address refused', "$url neither");
}
is($peer->figures->{count}, $count, 'nothing arrived');
is(answer($node, 'app', sprintf(
	q(SELECT string_agg(outcome, ' ') FROM (SELECT outcome FROM probe.call(ARRAY['%1$s'], any_address => true)) a; SELECT outcome FROM probe.call(ARRAY['%1$s'])),
	$peer->url('/told'))), "answered\naddress refused", 'a connection that one call may use is none for another');
$ENV{http_proxy} = 'http://127.0.0.1:9';
is(call($peer->url('/told'), $ended), 'answered 202', 'no proxy comes from the environment');
$node->append_conf('postgresql.conf', 'ecopanier.private_addresses = on');
$node->reload;
ok($node->poll_query_until('app', "SELECT current_setting('ecopanier.private_addresses')::boolean"), 'a superuser may allow private addresses');
is(call($peer->url('/told'), $ended, any_address => 'false'), 'answered 202', '... for all calls');

# Many at once, on connections that are kept.
$peer->clear;
$peer->answer('^/slow', { hold => 'all' });
my $urls = join ', ', (quoted($peer->url('/slow'))) x 64;
my $out = '';
my $calls = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('app'), '-c', "SELECT count(*), min(outcome) FROM probe.call(ARRAY[$urls], any_address => true)" ], '>', \$out);
$peer->wait_for(64, '^/slow');
is($peer->figures->{in_flight}, 64, '64 calls are under way at once');
$peer->release('all');
$calls->finish;
is($out, "64|answered\n", '... and all are answered');
$peer->clear;
answer($node, 'app', 'SELECT ' . join ', ', map { "(SELECT outcome FROM probe.call(ARRAY[" . quoted($peer->url("/$_")) . '], any_address => true))' } 1 .. 20);
is($peer->figures->{connections}, 1, 'twenty calls, one after the other, on one connection');
$peer->answer('^/x', { fault => 'close' }, times => 1);
is(call($peer->url('/x'), $ended, body => "'x'"), 'unreachable', 'a new connection that is closed');

# A call that is cancelled leaves nothing behind.
$peer->answer('^/never', { never => 1 });
is((split /\n/, answer($node, 'app', sprintf q(
	SET statement_timeout = 300;
	DO $$ BEGIN PERFORM probe.call(ARRAY['%1$s/never', '%1$s/never'], any_address => true); EXCEPTION WHEN query_canceled THEN NULL; END $$;
	SELECT outcome FROM probe.call(ARRAY['%1$s/told'], any_address => true)), $peer->url('')))[-1], 'answered', 'after a cancelled call another one');

# Mail.
my %mail = (sender => "'panier\@example.org'", recipient => "'anna\@example.org'", body => "E'Subject: Bonjour\\r\\n\\r\\n.point\\r\\nfin\\r\\n'");
is(call($peer->smtp_url, $ended, %mail), 'answered 250', 'mail is taken');
my ($mail) = $peer->mails;
is("$mail->{from} @{$mail->{to}} $mail->{text}", "panier\@example.org anna\@example.org Subject: Bonjour\r\n\r\n.point\r\nfin\r\n", '... whole');
is($mail->{tls}, JSON::PP::true, '... by TLS, since it is offered');
is(call($peer->smtps_url, $ended, %mail), 'answered 250', 'smtps');
$peer->smtp_settings(users => { anna => 'secret' }, auth_required => 1);
is(call($peer->smtp_url, $ended, %mail, usr => "'anna'", password => "'secret'"), 'answered 250', 'signed in');
is(($peer->mails)[-1]{user}, 'anna', '... as who it says');
is(call($peer->smtp_url, $ended, %mail, usr => "'anna'", password => "'wrong'"), 'answered 535', 'a wrong password');
is(call($peer->smtp_url, $ended, %mail), 'answered 530', 'no password');
$peer->smtp_settings(starttls => JSON::PP::false);
is(call($peer->smtp_url, $ended, %mail, usr => "'anna'", password => "'secret'"), 'tls failed 250', 'a password is not sent without TLS');
$peer->smtp_settings(auth_required => JSON::PP::false);
is(call($peer->smtp_url, $ended, %mail), 'answered 250', 'mail without a password may do without');
for my $case (['mail', '451 4.3.0 later', 451], ['rcpt', '550 5.1.1 nobody', 550], ['data', '452 4.3.1 full', 452], ['message', '554 5.7.1 spam', 554], ['ehlo', '421 4.3.2 busy', 421])
{
	my ($at, $reply, $status) = @$case;
	$peer->smtp(at => $at, reply => $reply, times => 2);	# EHLO and HELO
	is(call($peer->smtp_url, $ended, %mail), "answered $status", "$reply at $at");
	$peer->clear;
}
$peer->smtp(at => 'message', close => 1, times => 1);
like(call($peer->smtp_url, $ended, %mail), qr/^(unreachable|broken)/, 'closed before the reply');
$peer->smtp(at => 'connect', never => 1, times => 1);
is(call($peer->smtp_url, $ended, %mail, timeout_ms => 300), 'timed out', 'no greeting');
for my $bad ([ recipient => "E'a\@b.fr>\\r\\nRCPT TO:<c\@d.fr'" ], [ sender => "E'a\@b.fr\\r\\nDATA'" ], [ recipient => 'NULL' ])
{
	is(call($peer->smtp_url, $ended, %mail, @$bad), 'broken', 'an address that holds more: ' . $bad->[1]);
}
$peer->stop;
$node->stop;
done_testing();
