# A month of a small territory, by one worker and by two at once: the same in the end. test/long/year.t replays the whole year at its size.
use strict;
use warnings FATAL => 'all';
use lib 'test/lib';
use EcpTest;
use EcpYear;
use Test::More;

my @states = map { replay(new_node("workers_$_"), scale => 0.002, days => 31, workers => $_) } 1, 2;
like($states[0], qr/^step .*: association received /m, 'associations fetched what was left');
like($states[0], qr/^step .*: solidarity done /m, 'what was left was offered again, free');
like($states[0], qr/^round of .*: drawn$/m, 'rounds were drawn');
same_text($states[1], $states[0], 'two workers come to the same');

done_testing();
