# The key file: made once however many ask at once, read with care, never made where one was lost.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('keys', 'max_locks_per_transaction = 512');
my $file = key_file($node);

# install() in four databases at once makes one file with one key.
my @databases = map { "d$_" } 1 .. 4;
answer($node, 'postgres', "CREATE DATABASE $_") for @databases;
answer($node, $_, 'CREATE EXTENSION ecopanier') for @databases;
ok(!-e $file, 'CREATE EXTENSION makes no key file');
my @sessions = map { $node->background_psql($_) } @databases;
my @installing = map { $_->query_until(qr/started/, "\\echo started\nSELECT ecopanier.install();\n\\echo finished\n") } @sessions;
$installing[$_] =~ /finished/ or $sessions[$_]->query_until(qr/finished/, '') for 0 .. $#sessions;
$_->quit for @sessions;
ok(-e $file, 'install() does');
is(sprintf('%04o', (stat $file)[2] & 07777), '0600', 'with mode 0600');
is(() = slurp_file($file) =~ /\n[0-9a-f]{16} /g, 1, 'one key, whoever came first');
is(answer($node, $_, 'SELECT id, is_current FROM ecopanier.key_ring'), (slurp_file($file) =~ /^([0-9a-f]{16}) /m)[0] . '|t', "it is the key of $_")
	for @databases;
is(answer($node, 'd1', 'SELECT id FROM ecopanier_private.installation') eq answer($node, 'd2', 'SELECT id FROM ecopanier_private.installation'), '',
	'each database has an identity of its own');
ok(!-e "$file.new", 'no half-made file is left');

# Many rotations at once: no key is lost.
@sessions = map { $node->background_psql($_) } @databases;
# What comes back with the first answer counts too: a fast session has keys in it, or all of them.
my @begun = map { $_->query_until(qr/started/, "\\echo started\n" . "SELECT ecopanier.rotate_key();\n" x 10 . "\\echo finished\n") } @sessions;
my @made = map { my $out = $begun[$_]; $out .= $sessions[$_]->query_until(qr/finished/, '') unless $out =~ /finished/; $out =~ /^[0-9a-f]{16}$/mg } 0 .. $#sessions;
$_->quit for @sessions;
my %in_file = map { $_ => 1 } slurp_file($file) =~ /^([0-9a-f]{16}) /mg;
is(scalar(@made), 40, 'forty keys were made');
is(scalar(grep { !$in_file{$_} } @made), 0, 'all are in the file');
is(scalar(keys %in_file), 41, 'and nothing else');
is(answer($node, 'd3', 'SELECT count(*), count(*) FILTER (WHERE is_current) FROM ecopanier.key_ring'), '11|1', 'a ring has its own ones, one of them current');

# What a receipt says when something is wrong with the file.
answer($node, 'd1', slurp_file('test/lib/fixture.sql'));
my $lot = new_lot($node, 'd1', 9, 9);
my $old = claim($node, 'd1', 'Camille', 'customer', $lot);
my $ask = acting('Camille', 'customer') . "SELECT pin FROM ecopanier.receipt('$old->{reservation}')";
my $good = slurp_file($file);
my ($header, @lines) = split /^/, $good;
my $put = sub {
	my ($text, $mode) = @_;
	unlink $file;
	append_to_file($file, $text);
	chmod $mode // 0600, $file;
};
my $damaged = join '', map { my $line = $_; $line =~ s/ (\S)(\S{43})$/' ' . ($1 eq 'A' ? 'B' : 'A') . $2/e; $line } @lines;
for my $case (
	[ 'readable by the group', $good, 0640, qr/F0000: key file ".*" cannot be used\nDETAIL:  Its mode is 0640\./ ],
	[ 'readable by all', $good, 0644, qr/F0000: .*\nDETAIL:  Its mode is 0644\./ ],
	[ 'empty', '', 0600, qr/F0000: .*\nDETAIL:  It is not a key file of format 1, or is cut short\./ ],
	[ 'of another kind', "something else\n", 0600, qr/F0000: .*\nDETAIL:  It is not a key file/ ],
	[ 'without keys', $header, 0600, qr/F0000: / ],
	[ 'with a byte more', "${good}x", 0600, qr/F0000: / ],
	[ 'cut', substr($good, 0, -1), 0600, qr/F0000: / ],
	[ 'with a master that is not its id\'s', "$header$damaged", 0600, qr/F0000: .*\nDETAIL:  Line 2 is damaged\./ ],
	[ 'with another key alone', $header . (grep { !/^\Q@{[ answer($node, 'd1', "SELECT key_id FROM ecopanier.reservation") ]}\E/ } @lines)[0], 0600,
		qr/ZE113: .*\nDETAIL:  The key file ".*" has 1 other key\./ ])
{
	my ($name, $text, $mode, $expected) = @$case;
	$put->($text, $mode);
	my $error = failure($node, 'd1', $ask);
	like($error, qr/ERROR:  $expected/, "a key file $name");
	like($error, qr/^HINT:  ./m, "a key file $name: with a hint");
	my $kept = join '|', map { sprintf '%04o', $_ & 07777 } (stat $file)[2];
	is(slurp_file($file) . $kept, $text . sprintf('%04o', $mode), "a key file $name: is left as it is");
	my @words = map { / (\S{44})$/ ? $1 : () } @lines;
	ok(!(grep { index($error, $_) >= 0 } @words), "a key file $name: no key is told");
}
unlink $file;
mkdir $file;
like(failure($node, 'd1', $ask), qr/ERROR:  F0000: .*\nDETAIL:  It /, 'a folder in its place');
rmdir $file;
symlink 'nowhere', $file;
is(refusal($node, 'd1', $ask), 'ZE113', 'a link to nowhere');
unlink $file;
$put->($good, 0400);
is(answer($node, 'd1', $ask), $old->{pin}, 'a read-only file will do');
is(refusal($node, 'd1', 'SELECT ecopanier.rotate_key()'), '42501', 'but takes no new key');
is(slurp_file($file), $good, 'and is left as it is');
chmod 0600, $file;
unlike(slurp_file($node->logfile), qr/\Q$lines[0]\E/, 'no key is in the server log');
my $bytes = (split ' ', $lines[0])[2];
unlike(slurp_file($node->logfile), qr/\Q$bytes\E/, 'nor its bytes alone');

# Which key a claim is made with: the current one, for open sessions and old snapshots too.
my $current = sub { return answer($node, 'd1', 'SELECT id FROM ecopanier.key_ring WHERE is_current') };
my $session = $node->background_psql('d1');
$session->query_safe(acting('Charlie', 'customer'));
my $claim = "SELECT k.key_id FROM ecopanier.reserve('$lot') r, LATERAL (SELECT fixture.key(r.reservation) AS key_id) k";
answer($node, 'd1', 'CREATE FUNCTION fixture.key(uuid) RETURNS text VOLATILE SECURITY DEFINER LANGUAGE sql AS
	$$ SELECT key_id FROM ecopanier.reservation WHERE id = $1 $$');
is($session->query_safe($claim), $current->(), 'an open session claims with the current key');
answer($node, 'd1', 'SELECT ecopanier.rotate_key()');
is($session->query_safe($claim), $current->(), 'and with the next one after a rotation elsewhere');
$session->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
answer($node, 'd1', 'SELECT ecopanier.rotate_key()');
is($session->query_safe($claim), $current->(), 'at repeatable read too');
$session->query_safe('ROLLBACK');
$session->quit;
my $before = $current->();
is(answer($node, 'd1', "BEGIN; SELECT ecopanier.rotate_key() \\gset\nROLLBACK;\n" . acting('Charlie', 'customer') . $claim), $before, 'a rotation rolled back counts for nothing');
is(answer($node, 'd1', "BEGIN; SAVEPOINT a; SELECT ecopanier.rotate_key() \\gset\nROLLBACK TO a;\n" . acting('Charlie', 'customer') . "$claim; COMMIT"), $before,
	'nor does one in a savepoint');
answer($node, 'd1', 'SET session_replication_role = replica; UPDATE ecopanier.key_ring SET is_current = false');
like(failure($node, 'd1', acting('Charlie', 'customer') . $claim), qr/ERROR:  ZE113: no key of this database is current\nHINT:  Run SELECT ecopanier\.rotate_key/,
	'without a current key a claim says so');
is(answer($node, 'd1', $ask), $old->{pin}, 'and a receipt goes on');
answer($node, 'd1', 'SELECT ecopanier.rotate_key()');

# Elsewhere than in the data directory, as operations advises.
my $elsewhere = $node->basedir . '/keys.elsewhere';
rename $file, $elsewhere or die;
$node->append_conf('postgresql.conf', "ecopanier.key_file = '$elsewhere'");
$node->reload;
ok($node->poll_query_until('d1', "SELECT current_setting('ecopanier.key_file', true) IS NOT DISTINCT FROM '$elsewhere'"), 'the setting is read again');
is(answer($node, 'd1', $ask), $old->{pin}, 'the file can lie elsewhere');
is(refusal($node, 'd1', "LOAD 'ecopanier'; SET ecopanier.key_file = 'x'"), '55P02', 'no session chooses the file');
is(answer($node, 'd1', "SET ecopanier.key_file = 'x';" . $ask), $old->{pin}, 'not before the library is loaded either');
answer($node, 'd1', 'CREATE ROLE nobody LOGIN');
is(refusal($node, 'd1', "LOAD 'ecopanier'; SHOW ecopanier.key_file", user => 'nobody'), '42501', 'nor is its path for everybody');

done_testing();
