# A year of a territory as the field plans it (1,500 shops, 216,000 lots, 50,000 beneficiaries), by one worker and by two at once.
# YEAR_SCALE=0.1 for a tenth of it, YEAR_DAYS=90 for its first days.
use strict;
use warnings FATAL => 'all';
use lib 'test/lib';
use EcpTest;
use EcpYear;
use Test::More;

my $scale = $ENV{YEAR_SCALE} // 1;
my $days = $ENV{YEAR_DAYS} // 365;
my @states;
for my $workers (1, 2)
{
	my $node = new_node("workers_$workers", 'shared_buffers = 512MB', 'max_wal_size = 4GB', 'fsync = off', 'autovacuum_naptime = 10s');
	push @states, replay($node, scale => $scale, days => $days, workers => $workers);
	$node->clean_node;
}
same_text($states[1], $states[0], 'two workers come to the same');

done_testing();
