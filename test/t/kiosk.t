# A card at a kiosk against those who want a session without its PIN, or its secrets from a log: rollbacks, crashes,
# forged cards and tokens that must cost what genuine ones cost; and the printed card, read by another program.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Tries have to survive the power cord, so this server flushes. It logs as doc/postgresql.conf does, and every statement.
my $node = new_node('kiosk', 'fsync = on', "shared_preload_libraries = 'pg_stat_statements,ecopanier'", "pg_stat_statements.track = 'all'",
	'autovacuum = off', 'log_statement = all', 'log_parameter_max_length = 0', 'log_parameter_max_length_on_error = 0', 'log_min_error_statement = error');
$node->append_conf('postgresql.conf', "pg_stat_statements.track_utility = off\n");
new_database($node, 'app', fixture => 1);
answer($node, 'app', "CREATE EXTENSION pg_stat_statements;
	INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (1, 'association', 'Croix');
	INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, fixture.id(n), 'association' FROM unnest(ARRAY['Sara', 'Sami']) n;
	INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES
		(1, fixture.organisation('CCAS'), fixture.id('Sara'), 'station'), (1, fixture.organisation('Croix'), fixture.id('Sami'), 'station');");
for my $pair ([ 'alice', 'CCAS' ], [ 'sara', 'CCAS' ], [ 'sami', 'Croix' ])
{
	my ($login, $organisation) = @$pair;
	answer($node, 'app', "CREATE ROLE $login LOGIN IN ROLE ecopanier_association;
		SELECT ecopanier.map_login('$login', fixture.id('" . ucfirst($login) . "'), 'association', fixture.organisation('$organisation'))");
}
my $asks = sub { my ($login, $sql) = @_; return answer($node, 'app', $sql, user => $login) };
my %card;
for my $name ('Benoit', 'Basma', 'Bilal')
{
	my %one;
	@one{qw(id card pin)} = split /\|/, $asks->('alice', "SELECT * FROM ecopanier.issue_card(fixture.id('$name'))");
	$card{$name} = \%one;
}
my $login = sub { my ($c, $pin) = @_; return "SELECT state FROM ecopanier.kiosk_login('$c->{card}', '" . ($pin // $c->{pin}) . "');\n" };
my $other = sub { my ($c) = @_; return sprintf '%06d', ($c->{pin} + 1) % 1000000 };
my $guess = sub { my ($c) = @_; return $login->($c, $other->($c)) };
my $token = sub { my ($who, $c) = @_; return $asks->($who, "SELECT token FROM ecopanier.kiosk_login('$c->{card}', '$c->{pin}')") };

# The printed card, read by zbarimg, is the card.
my $dir = $node->basedir;
my $scan = sub { my $text = qx(zbarimg -q --raw -Sdisable -Sqrcode.enable $_[0]); chomp $text; return $text };
append_to_file("$dir/card.png", pack 'H*', $asks->('alice', "SELECT encode(ecopanier.card_qr_png('$card{Benoit}{card}'), 'hex')"));
append_to_file("$dir/card.svg", $asks->('alice', "SELECT ecopanier.card_qr('$card{Benoit}{card}')"));
my $read = $scan->("$dir/card.png");
is($read, $card{Benoit}{card}, 'the PNG holds the card');
is($asks->('sara', $login->({ card => $read, pin => $card{Benoit}{pin} })), 'ok', 'what was read signs in');
unlike(slurp_file("$dir/card.svg"), qr/\Q$card{Benoit}{pin}\E/, 'the SVG does not say the PIN');
SKIP:
{
	skip 'rsvg-convert is not installed', 1 unless grep { -x "$_/rsvg-convert" } split /:/, $ENV{PATH};
	system('rsvg-convert', '-w', '600', '--background-color=white', '-o', "$dir/svg.png", "$dir/card.svg") == 0 or die 'rsvg-convert';
	is($scan->("$dir/svg.png"), $card{Benoit}{card}, 'the SVG holds the card too');
}

# The basket that the kiosk shows, scanned from its screen, is handed over with its PIN.
my $lot = new_lot($node, 'app', 5, 5);
my $session = $token->('sara', $card{Benoit});
is($asks->('sara', "SELECT state FROM ecopanier.kiosk_reserve('$session', '$lot')"), 'ok', 'a basket is reserved');
my ($pin, $qr) = split /\|/, $asks->('sara', "SELECT b ->> 'pin', b ->> 'qr' FROM jsonb_array_elements(ecopanier.kiosk_screen('$session') -> 'baskets') b");
answer($node, 'app', "ALTER DATABASE app SET ecopanier.clock = '2026-11-20 17:30+00'");
is(answer($node, 'app', acting('Mona', 'merchant') . "SELECT verdict FROM ecopanier.verify_pickup('$qr', '$pin')"), 'handed_over', 'and handed over');
answer($node, 'app', "ALTER DATABASE app SET ecopanier.clock = '2026-11-20 16:00+00'");

# A guess is charged, whatever becomes of its transaction.
my $five = join "\n", ('refused') x 5, ('locked') x 5;
my $c = $card{Basma};
my $release = "SELECT ecopanier.release_card('$c->{id}', 'test');\n";
is($asks->('sara', $guess->($c) x 10), $five, 'ten guesses committed: five are tried');
$asks->('alice', $release);
is(join("\n", map { $asks->('sara', "BEGIN;\n" . $guess->($c) . "ROLLBACK;\n") } 1 .. 10), $five, 'rolled back the same');
$asks->('alice', $release);
is($asks->('sara', "BEGIN;\n" . ("SAVEPOINT a;\n" . $guess->($c) . "ROLLBACK TO a;\n") x 10 . "ROLLBACK;\n"), $five, 'in savepoints rolled back the same');
is($asks->('alice', "BEGIN;\n" . $release . $guess->($c) . "ROLLBACK;\n"), "\nlocked", 'a release counts once it is committed');
$asks->('alice', $release);
my $use = "SELECT state FROM ecopanier.kiosk_login(:'card', :'pin');\n";
my $issue = "SELECT card, pin FROM ecopanier.issue_card(fixture.id('Basma')) \\gset\n";
my $reissue = "\\set card $card{Benoit}{card}\nSELECT ecopanier.reissue_card_pin('$card{Benoit}{id}') AS pin \\gset\n";
for my $given ([ 'card', $issue ], [ 'PIN', $reissue ])
{
	is($asks->('alice', "BEGIN;\n$given->[1]${use}ROLLBACK;\n"), 'refused', "a $given->[0] serves once its giving is committed");
	is($asks->('alice', "BEGIN;\nSAVEPOINT a;\n$given->[1]RELEASE a;\n${use}ROLLBACK;\n"), 'refused', 'in a savepoint the same');
}
# One try of the new round was charged while its release was not committed.
$asks->('sara', "BEGIN;\n" . $guess->($c) x 2 . "ROLLBACK;\n");
my $left_open = $node->background_psql('app', extra_params => ['-Usara']);
is($left_open->query_safe("BEGIN;\n" . $guess->($c)), 'refused', 'a guess in a transaction left open');
is($asks->('alice', $guess->($card{Bilal})), 'refused', 'holds nobody up at another station of the association');
$session = $token->('sara', $card{Benoit});
$node->stop('immediate');
$left_open->{run}->kill_kill;
$node->start;
is($asks->('sara', $guess->($c) x 2), "refused\nlocked", 'after a crash one guess of five was left');
is($asks->('sara', "SELECT ecopanier.kiosk_screen('$session') ->> 'state'"), 'ok', 'a session goes on after it');
is(refusal($node, 'app', 'BEGIN READ ONLY; ' . $login->($c), user => 'sara'), '25006', 'a read-only transaction learns nothing');
is(refusal($node, 'app', "BEGIN ISOLATION LEVEL $_; " . $login->($c), user => 'sara'), '25000', "nor does one at \L$_") for 'REPEATABLE READ', 'SERIALIZABLE';
is($asks->('sara', "BEGIN;\n" . $login->($card{Bilal}) . "ROLLBACK;\nSELECT count(*) FROM ecopanier.kiosk_refusals"), "ok\n1", 'a session that is rolled back is none');

# What a forged secret costs: each statement that reads cards, sessions, tries and people, its calls and buffers.
$asks->('alice', $release);
$asks->('alice', "SELECT ecopanier.revoke_card('$card{Bilal}{id}', 'lost')");
# Each measurement begins with equal tables: the same history for every card, no tries, no dead rows.
answer($node, 'app', "INSERT INTO ecopanier_private.card_round SELECT territory_id, id, organisation_id, 2 FROM ecopanier.card ON CONFLICT DO NOTHING");
my $level = "ALTER TABLE ecopanier_private.kiosk_try DISABLE TRIGGER kiosk_try_truncate;\nTRUNCATE ecopanier_private.kiosk_try;\n"
  . "ALTER TABLE ecopanier_private.kiosk_try ENABLE ALWAYS TRIGGER kiosk_try_truncate;\n"
  . join '', map { "VACUUM FULL $_;\n" } 'ecopanier.card', map { "ecopanier_private.$_" } 'kiosk_try', 'kiosk_session', 'card_round', 'card_secret';
my $work = sub {
	my ($statement) = @_;
	answer($node, 'app', $level);
	my $measured = answer($node, 'app', "SET SESSION AUTHORIZATION sara;\n" . $statement x 8 . "RESET SESSION AUTHORIZATION;\nSELECT pg_stat_statements_reset();\n"
		  . "SET SESSION AUTHORIZATION sara;\n$statement");
	my @lines = split /\n/, answer($node, 'app', "SELECT calls, rows, shared_blks_hit + shared_blks_read, left(query, 120) FROM pg_stat_statements
		WHERE query ~ 'ecopanier(_private)?\\.' AND query !~ 'kiosk_login|kiosk_screen|pg_stat_statements|fixture' ORDER BY query");
	return (join("\n", @lines), (split /\n/, $measured)[-1]);
};
my %forged = (
	'an unknown card of a known form' => $login->({ card => 'EC1.' . substr($card{Basma}{card}, 4, 24) . 'A' x 20, pin => '123456' }),
	'an unknown id' => $login->({ card => 'EC1.AQGiBXrIGoAAgFS4Mc2VCPJTHcoLOGmfillFgVn0tXbB', pin => '123456' }),
	'a lost card' => $login->($card{Bilal}), 'no card' => $login->({ card => 'x', pin => '1' }));
answer($node, 'app', "ALTER DATABASE app SET ecopanier.clock = '2026-11-20 16:30+00'");
answer($node, 'app', "INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source) VALUES
	(1, 'card_tries', 20, '2026-11-20 16:01+00', 'test'), (1, 'kiosk_tries', 100000, '2026-11-20 16:01+00', 'test')");
my ($genuine, $verdict) = $work->($guess->($c));
is($verdict, 'refused', 'a wrong PIN of a genuine card is refused');
cmp_ok(($genuine =~ tr/\n//), '>=', 2, 'its statements were seen');
for my $name (sort keys %forged)
{
	my ($forged, $said) = $work->($forged{$name});
	is($said, $verdict, "$name is answered like it");
	same_text($forged, $genuine, 'with the same statements, rows and buffers');
}
my ($good) = $work->($login->($card{Benoit}));
my $shared = sub { my ($text, $like) = @_; return join "\n", map { my @f = split /\|/, $_, 4; $f[2] / $f[0] . " $f[3]" } grep { /$like/ } split /\n/, $text };
is($shared->($good, qr/SELECT c\.id, c\.key_id/), $shared->($genuine, qr/SELECT c\.id, c\.key_id/), 'up to the verdict the right PIN costs the same');

$session = $token->('sara', $card{Benoit});
my $screen = sub { return "SELECT ecopanier.kiosk_screen('$_[0]') ->> 'state';\n" };
my $ended = $token->('sara', $card{Benoit});
my $elsewhere = $token->('sami', $card{Benoit});
$asks->('sara', "SELECT ecopanier.kiosk_logout('$ended')");
my ($over, $state) = $work->($screen->($ended));
is($state, 'refused', 'an ended session is refused');
cmp_ok(($over =~ tr/\n//), '>=', 2, 'its statements were seen');
my %bad = ('no token' => 'x', 'a forged signature' => substr($session, 0, 150) . ($session =~ /^.{150}A/ ? 'B' : 'A') . substr($session, 151),
	'a session of another association' => $elsewhere);
for my $name (sort keys %bad)
{
	my ($forged, $said) = $work->($screen->($bad{$name}));
	is($said, $state, "$name is answered like it");
	same_text($forged, $over, 'with the same statements, rows and buffers');
}

# Passed as bound parameters, no secret is in the log; nor where it ends in an error.
my $before = -s $node->logfile;
append_to_file("$dir/bound.sql", "SELECT state FROM ecopanier.kiosk_login(:card, :pin);\nSELECT ecopanier.kiosk_screen(:token);\n"
	  . "SELECT state FROM ecopanier.kiosk_reserve(:token, NULL);\nSELECT ecopanier.card_qr(:card);\n");
append_to_file("$dir/failing.sql", "BEGIN READ ONLY;\nSELECT state FROM ecopanier.kiosk_login(:card, :pin);\n");
append_to_file("$dir/inside.sql", "SELECT state, 1 / (state = 'x')::int FROM ecopanier.kiosk_login(:card, :pin);\n");
for my $script ('bound', 'failing', 'inside')
{
	system_log('pgbench', '-n', '-t', '1', '-M', 'extended', '-D', "card=$card{Benoit}{card}", '-D', "pin=$card{Benoit}{pin}", '-D', "token=$session",
		'-f', "$dir/$script.sql", '-h', $node->host, '-p', $node->port, '-U', 'sara', 'app');
}
my $log = substr slurp_file($node->logfile), $before;
like($log, qr/kiosk_login\(\$1, \$2\)/, 'the statements are in the log');
like($log, qr/needs a READ COMMITTED/, 'and the errors');
like($log, qr/division by zero/, 'also one around a sign-in');
unlike($log, qr/\Q$card{Benoit}{card}\E/, 'the card is not');
unlike($log, qr/\b$card{Benoit}{pin}\b/, 'nor its PIN');
unlike($log, qr/EK1\.[A-Za-z0-9_-]{20}/, 'nor a session');

# No try left a heap row without its index entry or the other way about; nothing of a card is in a dump.
answer($node, 'app', 'CREATE EXTENSION amcheck');
is(answer($node, 'app', "SELECT bt_index_check('ecopanier_private.kiosk_try_pkey', true)"), '', 'the index of tries is sound');
is(answer($node, 'app', "SELECT count(*) FROM verify_heapam('ecopanier_private.kiosk_try')"), '0', 'and their table');
my $dump = $node->backup_dir . '/dump.sql';
mkdir $node->backup_dir;
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('app') ], 'a dump is taken');
unlike(slurp_file($dump), qr/\bEC1\.|\bEK1\./, 'it holds no card and no token');

done_testing();
