# Handing over against those who want the basket without its PIN: rollbacks, crashes, other stations, other keys;
# and the pictures, read by another program.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A guess has to survive the power cord, so this server flushes.
my $node = new_node('pickup', 'fsync = on');
new_database($node, 'app', fixture => 1);
my %staff = (sami => 'merchant', sara => 'merchant', mona => 'merchant', alice => 'association');
for my $login (sort keys %staff)
{
	answer($node, 'app', "CREATE ROLE $login LOGIN IN ROLE ecopanier_$staff{$login}; SELECT ecopanier.map_login('$login', fixture.id('"
			. ucfirst($login) . "'), '$staff{$login}')");
}
my $lot = new_lot($node, 'app', 40, 40);
my @people = ([ 'Camille', 'customer' ], [ 'Benoit', 'beneficiary' ], [ 'Charlie', 'customer' ], [ 'Basma', 'beneficiary' ], [ 'Claude', 'customer' ]);
my $take = sub { return claim($node, 'app', @{ $people[ $_[0] ] }, $lot) };
my %first = map { $_ => $take->($_) } 0 .. 4;

# Pickup goes on at half past five.
my $at = sub { answer($node, 'app', "ALTER DATABASE app SET ecopanier.clock = '2026-11-20 $_[0]+00'") };
my $verify = sub { my ($r, $pin) = @_; return "SELECT verdict FROM ecopanier.verify_pickup('$r->{qr}', '$pin');\n" };
my $other = sub { my ($r) = @_; return sprintf '%06d', ($r->{pin} + 1) % 1000000 };
my $guess = sub { my ($r) = @_; return $verify->($r, $other->($r)) };
my $asks = sub { my ($login, $sql) = @_; return answer($node, 'app', $sql, user => $login) };
my $stands = sub { my ($r) = @_; return answer($node, 'app', "SELECT state FROM ecopanier.reservation WHERE id = '$r->{reservation}'") };
is($asks->('sami', $verify->($first{0}, $first{0}{pin})), 'too_early', 'before the window opens');
$at->('17:30');

# A guess is charged, whatever becomes of its transaction.
my $five = join "\n", ('wrong_pin') x 5, ('locked') x 5;
my %way = (
	committed => sub { $guess->($_[0]) x 10 },
	'rolled back' => sub { "BEGIN;\n" . $guess->($_[0]) . "ROLLBACK;\n" },
	'in a savepoint rolled back' => sub { "BEGIN;\n" . ("SAVEPOINT a;\n" . $guess->($_[0]) . "ROLLBACK TO a;\n") x 10 . "ROLLBACK;\n" },
	'in an exception block' => sub { my ($r) = @_; return "CREATE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS \$\$ DECLARE v text; BEGIN BEGIN
		SELECT verdict INTO v FROM ecopanier.verify_pickup('$r->{qr}', '" . $other->($r) . "'); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN END; RETURN v; END \$\$;\n"
		. "SELECT pg_temp.try();\n" x 10 });
my $n = 0;
my %locked;
for my $name (sort keys %way)
{
	my $r = $locked{$name} = $first{ $n++ };
	my $sql = $way{$name}->($r);
	my $out = $name eq 'rolled back' ? join "\n", map { $asks->('sami', $sql) } 1 .. 10 : $asks->('sami', $sql);
	is($out, $five, "$people[$n - 1][1], ten guesses $name: five are tried");
	is($asks->('sami', $verify->($r, $r->{pin})), 'locked', 'then the right PIN does not help');
	is(answer($node, 'app', "SELECT count(*) FROM ecopanier_private.pickup_guess WHERE reservation_id = '$r->{reservation}'"), '5', 'five are noted');
}

# Other stations, and those who are none.
my $r = $locked{'rolled back'};
is($asks->('alice', $verify->($r, $r->{pin})), 'invalid', 'another organisation learns nothing');
is(answer($node, 'app', acting('Camille', 'customer') . 'SELECT has_function_privilege(\'ecopanier.verify_pickup(text,text)\', \'EXECUTE\')'), 'f', 'customers do not verify');
is($asks->('sara', $verify->($r, $r->{pin})), 'handed_over', 'another station of the shop is not locked');
is($stands->($r), 'collected', 'and hands over');
is($asks->('sara', $verify->($r, $r->{pin})), 'already_collected', 'once');

# A crash forgets no guess, not even one of a transaction that was open.
$at->('16:30');
my $crash = $take->(0);
$at->('17:30');
$asks->('sami', "BEGIN;\n" . $guess->($crash) x 3 . "ROLLBACK;\n");
my $session = $node->background_psql('app', extra_params => ['-Usami']);
is($session->query_safe("BEGIN;\n" . $guess->($crash)), 'wrong_pin', 'a guess in a transaction left open');
$node->stop('immediate');
$session->{run}->kill_kill;
$node->start;
is($asks->('sami', $guess->($crash) x 2), "wrong_pin\nlocked", 'after a crash one guess of five was left');
is($stands->($crash), 'held', 'the basket is still there');

# A locked person is served by staff who release, and does not lapse.
is(refusal($node, 'app', "SELECT ecopanier.release_pickup('$crash->{reservation}', 'known to us')", user => 'sami'), 'ZE101', 'a station does not release');
is(refusal($node, 'app', "SELECT ecopanier.release_pickup('$crash->{reservation}', ' ')", user => 'mona'), 'ZE117', 'nobody releases without a reason');
$at->('19:30');
answer($node, 'app', 'SELECT ecopanier.lapse_due()');
is($stands->($crash), 'held', 'a locked one does not lapse after the window');
$asks->('mona', "SELECT ecopanier.release_pickup('$crash->{reservation}', 'known to us')");
is(answer($node, 'app', "SELECT action, reason FROM ecopanier.audit_event WHERE subject_id = '$crash->{reservation}'"), 'pickup_release|known to us', 'a release is noted');
is($asks->('sami', $verify->($crash, $crash->{pin})), 'handed_over', 'released, it is handed over after the window');

# Whoever may release gets no unlimited guesses by taking the release back.
$at->('16:40');
my $guarded = $take->(2);
$at->('17:30');
$asks->('mona', $guess->($guarded) x 5);
my $release = "SELECT ecopanier.release_pickup('$guarded->{reservation}', 'let me try') \\gset\n";
my $out = $asks->('mona', "BEGIN;\n" . $release . $guess->($guarded) . "ROLLBACK;\n");
isnt($out, 'wrong_pin', 'a release counts once it is committed, so that its note stays');
is($asks->('mona', $release . $verify->($guarded, $guarded->{pin})), 'handed_over', 'then it does');

# A new PIN ends the old one, and begins anew.
$at->('16:45');
my $renewed = $take->(4);
$at->('17:30');
$asks->('sami', $guess->($renewed) x 5);
my $fresh = EcpTest::receipt_of($node, 'app', @{ $people[4] }, "ecopanier.reissue_pin('$renewed->{reservation}')");
isnt($fresh->{pin}, $renewed->{pin}, 'a new PIN');
is($asks->('sami', $verify->($fresh, $renewed->{pin}) . $verify->($fresh, $fresh->{pin})), "wrong_pin\nhanded_over", 'the old one ends, tries begin anew');

# Keys: older ones go on, those of others never count.
$at->('16:50');
my $before = $take->(0);
answer($node, 'app', 'SELECT ecopanier.rotate_key()');
my $after = $take->(2);
$at->('17:30');
new_database($node, 'elsewhere', fixture => 1);
my $foreign = claim($node, 'elsewhere', 'Camille', 'customer', new_lot($node, 'elsewhere', 1, 0));
is($asks->('sami', $verify->($before, $before->{pin}) . $verify->($after, $after->{pin})), "handed_over\nhanded_over", 'claimed before and after a rotation');
is($asks->('sami', $verify->($foreign, $foreign->{pin})), 'invalid', 'a token of another database with the same key file');
my $held = do { $at->('16:55'); $take->(4) };
$at->('17:30');
my %forged = (empty => '', cut => substr($held->{qr}, 0, -1), longer => "$held->{qr}A", 'of another kind' => 'EP2.' . substr($held->{qr}, 4),
	'with another reservation' => substr($held->{qr}, 0, 30) . ($held->{qr} =~ /^.{30}A/ ? 'B' : 'A') . substr($held->{qr}, 31),
	'with another signature' => substr($held->{qr}, 0, 80) . ($held->{qr} =~ /^.{80}A/ ? 'B' : 'A') . substr($held->{qr}, 81), nothing => 'x' x 100000);
is($asks->('sami', $verify->({ qr => $forged{$_} }, $held->{pin})), 'invalid', "a token $_") for sort keys %forged;
is($asks->('sami', 'SELECT verdict FROM ecopanier.verify_pickup(NULL, NULL)'), 'invalid', 'no token');
is($asks->('sami', "SELECT verdict FROM ecopanier.verify_pickup('$held->{qr}', NULL)"), 'wrong_pin', 'no PIN');
is(refusal($node, 'app', "BEGIN READ ONLY; SELECT ecopanier.verify_pickup('$held->{qr}', '$held->{pin}')", user => 'sami'), '25006', 'a read-only transaction learns nothing');
is(refusal($node, 'app', 'BEGIN READ ONLY; ' . $guess->($held), user => 'sami'), '25006', 'with a wrong PIN the same');

is(refusal($node, 'app', "BEGIN ISOLATION LEVEL $_; " . $guess->($held), user => 'sami'), '25000', "nor does one at \L$_") for 'REPEATABLE READ', 'SERIALIZABLE';
# The pictures, read by zbarimg, give the token; what was read opens the basket.
my $dir = $node->basedir;
my $as_member = acting(@{ $people[4] });
my $scan = sub { my $text = qx(zbarimg -q --raw -Sdisable -Sqrcode.enable $_[0]); chomp $text; return $text };
append_to_file("$dir/qr.svg", answer($node, 'app', $as_member . "SELECT ecopanier.pickup_qr('$held->{reservation}')"));
append_to_file("$dir/qr.png", pack 'H*', answer($node, 'app', $as_member . "SELECT encode(ecopanier.pickup_qr_png('$held->{reservation}'), 'hex')"));
my $read = $scan->("$dir/qr.png");
is($read, $held->{qr}, 'the PNG holds the token');
unlike(slurp_file("$dir/qr.svg"), qr/\Q$held->{pin}\E/, 'the SVG does not say the PIN');
SKIP:
{
	skip 'rsvg-convert is not installed', 1 unless grep { -x "$_/rsvg-convert" } split /:/, $ENV{PATH};
	system('rsvg-convert', '-w', '600', '--background-color=white', '-o', "$dir/svg.png", "$dir/qr.svg") == 0 or die 'rsvg-convert';
	is($scan->("$dir/svg.png"), $held->{qr}, 'so does the SVG');
}
is($asks->('sara', $verify->({ qr => $read }, $held->{pin})), 'handed_over', 'what was read hands the basket over');
is(refusal($node, 'app', $as_member . "SELECT ecopanier.pickup_qr('$held->{reservation}')"), 'ZE107', 'then there is nothing to draw');

# No guess left a heap row without its index entry or the other way about.
answer($node, 'app', 'CREATE EXTENSION amcheck');
is(answer($node, 'app', "SELECT bt_index_check('ecopanier_private.pickup_guess_pkey', true)"), '', 'the guesses\' index is sound');
is(answer($node, 'app', "SELECT count(*) FROM verify_heapam('ecopanier_private.pickup_guess')"), '0', 'and their table');
is(answer($node, 'app', 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'self_check finds nothing');
unlike(slurp_file($node->logfile), qr/EP1\./, 'no token is in the log');

done_testing();
