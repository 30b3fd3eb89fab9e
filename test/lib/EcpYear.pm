# EcpYear: a territory's year on the injected clock, test/lib/year.sql, with the schedule run four times a day.
#
#   my $state = replay(new_node('one'), scale => 0.01, days => 365, workers => 1);
#
# At each month's end it tests that the invariants hold and that nothing that is derived has to be computed again. Gives what there
# is in the end, as text to compare.
package EcpYear;

use strict;
use warnings FATAL => 'all';
use EcpTest;
use Exporter 'import';
use IPC::Run;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::Local qw(timegm);

our @EXPORT = qw(replay);

my $first = timegm(0, 0, 0, 1, 0, 126);		# 2026-01-01

# All that is due at a time, by one worker or by several at once, who take turns.
sub run_schedule
{
	my ($node, $clock, $workers) = @_;
	my @command = ('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('year'), '-c', "SET ecopanier.clock = '$clock'", '-c', 'CALL ecopanier.run_schedule()');
	my @err = ('') x $workers;
	my @running = map { my $n = $_; IPC::Run::start(\@command, '<', '/dev/null', '>', '/dev/null', '2>', \$err[$n]) } 0 .. $workers - 1;
	for my $n (0 .. $#running)
	{
		$running[$n]->finish or die "run_schedule at $clock: $err[$n]";
		die "run_schedule at $clock: $err[$n]" if $err[$n] =~ /ERROR|of the schedule failed/;
	}
	return;
}

# What people call, each call by itself: what is refused ends the replay.
sub call
{
	my ($node, $clock, $part, $day) = @_;
	my $calls = answer($node, 'year', "SET ecopanier.clock = '$clock'; SELECT year.calls('$part', '$day')");
	answer($node, 'year', "SET ecopanier.clock = '$clock'; SET SESSION AUTHORIZATION api;\n$calls") if $calls ne '';
	return;
}

sub do_day
{
	my ($node, $day, $lots, $workers) = @_;
	my $at = sub { "$day $_[0]:00 Europe/Paris" };
	my $work = sub { answer($node, 'year', "SET ecopanier.clock = '" . $at->($_[0]) . "'; $_[1]") };
	my $turn = sub { run_schedule($node, $at->($_[0]), $workers) };

	$turn->('08:30');
	if ($lots > 0)
	{
		$work->('09:00', "SELECT year.publish('$day', $lots)");
		call($node, $at->('09:05'), 'round', $day);
		call($node, $at->('09:30'), 'interest', $day);
		call($node, $at->('09:35'), 'sponsor', $day);
		$work->('09:40', 'SELECT ecopanier.settle_instruction(id, id::text, amount_cents) FROM ecopanier.due_instructions()');
		$work->('10:15', "SELECT year.claim('$day')");
		$work->('10:30', "SELECT year.cancel('$day', false)");
		call($node, $at->('11:00'), 'answer', $day);
		$work->('12:00', "SELECT year.collect('$day')");
		$turn->('13:15');
	}
	call($node, $at->('14:00'), 'fetch', $day);
	$turn->('14:30');
	if ($lots > 0)
	{
		$work->('17:15', "SELECT year.cancel('$day', true)");
		$work->('18:30', "SELECT year.collect('$day')");
		$turn->('20:00');
	}
	return;
}

sub check_month
{
	my ($node, $day, $workers) = @_;
	my $who = "$day, " . ($workers > 1 ? "$workers workers" : 'one worker');
	is(answer($node, 'year', "SET ecopanier.clock = '$day 23:00:00 Europe/Paris'; SELECT coalesce(string_agg(invariant || ' ' || violations, ', '), 'none') FROM ecopanier.self_check() WHERE violations <> 0"),
		'none', "$who: no invariant is broken");
	is(answer($node, 'year', 'SELECT ecopanier.rebuild_stock(), ecopanier.rebuild_quota(), ecopanier.rebuild_sponsored()'), '0|0|0', "$who: nothing derived was wrong");
	return;
}

sub replay
{
	my ($node, %how) = @_;
	my $began = time;

	new_database($node, 'year');
	answer($node, 'year', "SET ecopanier.clock = '2026-01-01 00:00:00 Europe/Paris';\n" . slurp_file('test/lib/year.sql'));
	answer($node, 'year', "SET ecopanier.clock = '2026-01-01 00:00:00 Europe/Paris'; SELECT year.build($how{scale}); ANALYZE");
	my %lots = map { split /\|/ } split /\n/,
		answer($node, 'year', "SELECT d::date, year.lots_on(d::date, $how{scale}) FROM generate_series(timestamp '2026-01-01', '2026-12-31', '1 day') d");
	for my $n (0 .. $how{days} - 1)
	{
		my $day = strftime('%Y-%m-%d', gmtime $first + 86400 * $n);
		my $next = strftime('%Y-%m-%d', gmtime $first + 86400 * ($n + 1));
		do_day($node, $day, $lots{$day}, $how{workers});
		check_month($node, $day, $how{workers}) if substr($day, 0, 7) ne substr($next, 0, 7) || $n == $how{days} - 1;
	}
	note(sprintf '%d days at scale %s with %d worker(s): %s in %d s', $how{days}, $how{scale}, $how{workers}, answer($node, 'year', <<'SQL'), time - $began);
SELECT format('%s lots, %s claims, %s collected, %s steps of the cascade, %s events', (SELECT count(*) FROM ecopanier.lot), count(*),
	count(*) FILTER (WHERE state = 'collected'), (SELECT count(*) FROM ecopanier.cascade_step), (SELECT max(number) FROM ecopanier.event)) FROM ecopanier.reservation
SQL
	return answer($node, 'year', 'SELECT s FROM year.state() s ORDER BY s COLLATE "C"');
}

1;
