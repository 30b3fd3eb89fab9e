# Who is calling: what authenticates, how long it lasts, and everything that tries to be somebody else.
use strict;
use warnings FATAL => 'all';
use EcpJwt;
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('identity', "ecopanier.jwt_keys_file = 'jwt.json'");
new_database($node, 'app', fixture => 1);
my $now = 1795190400;
is(answer($node, 'app', 'SELECT extract(epoch FROM ecopanier.now())::bigint'), $now, 'the clock stands still');
answer($node, 'app', 'CREATE ROLE shop LOGIN INHERIT IN ROLE ecopanier_customer, ecopanier_merchant');
my %id = map { $_ => answer($node, 'app', "SELECT fixture.id('$_')") } qw(Camille Sami Adele);
my $key = join '', map { chr } 0 .. 31;
my $pem = $node->basedir . '/ed25519.pem';
my $public = EcpJwt::ed25519_key($pem);
my %party = (iss => 'https://id.example', aud => 'ecopanier');
my $file = $node->data_dir . '/jwt.json';
EcpJwt::write_keys($file, EcpJwt::oct_key(kid => 'a', %party, key => $key), EcpJwt::okp_key(kid => 'b', %party, public => $public));
my %claims = (%party, exp => $now + 60, sub => $id{Camille}, role => 'ecopanier_customer');
my $token = sub { return EcpJwt::hs256({ kid => 'a' }, { %claims, @_ }, $key) };
my $good = $token->();
# As many more claims as make a number of them; claims with a value that nests so deep.
sub more_claims { my ($n) = @_; return map { ("c$_" => 1) } keys(%claims) + 1 .. $n; }
my $deep = sub { return EcpJwt::hs256({ kid => 'a' }, EcpJwt::json(\%claims) =~ s/\}$/',"x":' . '[' x $_[0] . ']' x $_[0] . '}'/er, $key) };
my $who = 'SELECT (w).member_id, (w).role FROM ecopanier.whoami() w';
my $camille = "$id{Camille}|customer";
my $as = sub { my ($sql, %how) = @_; return answer($node, 'app', $sql, user => 'shop', %how) };
my $in = sub { return "BEGIN; SELECT ecopanier.authenticate('$_[0]') \\gset\n" };

# Good tokens, and how long what they say lasts.
is($as->($in->($good) . "$who; COMMIT"), $camille, 'HS256');
is($as->($in->(EcpJwt::eddsa({ kid => 'b' }, \%claims, $pem)) . "$who; COMMIT"), $camille, 'EdDSA');
is($as->($in->($token->(more_claims($_))) . "$who; COMMIT"), $camille, "$_ claims") for 16, 17, 128;
is($as->($in->($deep->(31)) . "$who; COMMIT"), $camille, 'claims nested 32 deep');
is($as->($in->($token->(sub => $id{Sami}, role => 'ecopanier_merchant')) . 'SELECT (w).role, (w).organisation_id = fixture.organisation(\'Boulangerie\') FROM ecopanier.whoami() w; COMMIT'),
	'merchant|t', 'staff act for their organisation');
is($as->($in->($good) . "COMMIT; $who"), '|', 'gone after COMMIT');
is($as->($in->($good) . "ROLLBACK; $who"), '|', 'gone after ROLLBACK');
is($as->("BEGIN; SAVEPOINT a; SELECT ecopanier.authenticate('$good') \\gset\n ROLLBACK TO a; $who; COMMIT"), '|', 'gone after ROLLBACK TO');
is($as->("BEGIN; SAVEPOINT a; SELECT ecopanier.authenticate('$good') \\gset\n RELEASE a; $who; COMMIT"), $camille, 'kept by RELEASE');
is($as->($in->($good) . "SAVEPOINT a; SELECT ecopanier.authenticate('" . $token->(sub => $id{Sami}, role => 'ecopanier_merchant')
		. "') \\gset\n ROLLBACK TO a; $who; COMMIT"), $camille, 'ROLLBACK TO brings back who was there before');
is($as->($in->($good) . "SET ROLE ecopanier_merchant; $who; RESET ROLE; $who; COMMIT"), "|\n$camille", 'SET ROLE makes it mute');
is($as->($in->($good) . "RESET ALL; $who; COMMIT"), $camille, 'RESET ALL leaves it');
is($as->("PREPARE w AS $who; " . $in->($good) . 'EXECUTE w; COMMIT; EXECUTE w'), "$camille\n|", 'a prepared statement asks each time');
is(answer($node, 'app', $in->($good) . "SET LOCAL ecopanier.clock = '2026-11-20 16:00:59.9+00'; $who; SET LOCAL ecopanier.clock = '2026-11-20 16:01+00'; $who"),
	"$camille\n|", 'it ends at exp');
is(refusal($node, 'app', "SELECT ecopanier.authenticate('$good')", user => 'shop'), '25P01', 'outside a transaction block it says so');

# Bad ones: one answer for all.
my @faults = (EcpJwt::faults(kid => 'a', key => $key, other_kid => 'b', public => $public, pem => $pem, now => $now, claims => \%claims),
	[ 'a megabyte', $token->(x => 'x' x 1_048_576) ], [ '10,000 claims', $token->(map { ("c$_" => 1) } 1 .. 10_000) ],
	[ '129 claims', $token->(more_claims(129)) ], [ 'claims nested 33 deep', $deep->(32) ], [ 'claims nested 1,000 deep', $deep->(1000) ],
	[ 'invalid base64url in the claims', $good =~ s/\.(.)/.!/r ], [ 'a byte of base64url cut from the claims', $good =~ s/\.(....)/./r ],
	[ 'member unknown', $token->(sub => '00000000-0000-8000-8000-000000000000') ],
	[ 'role not held', $token->(role => 'ecopanier_admin') ], [ 'role of the database that is none', $token->(role => 'postgres') ],
	[ 'no sub', EcpJwt::hs256({ kid => 'a' }, { map { $_ => $claims{$_} } qw(iss aud exp role) }, $key) ],
	[ 'no role', EcpJwt::hs256({ kid => 'a' }, { map { $_ => $claims{$_} } qw(iss aud exp sub) }, $key) ],
	[ 'organisation of others', $token->(sub => $id{Sami}, role => 'ecopanier_merchant', organisation => answer($node, 'app', "SELECT fixture.organisation('CCAS')")) ]);
my $script = "\\set ON_ERROR_STOP off\n" . join '', map {
	my $hex = unpack 'H*', $_->[1];
	"BEGIN; SELECT ecopanier.authenticate(convert_from('\\x$hex', 'LATIN1'));\n\\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE\nROLLBACK;\n" } @faults;
my ($rc, $out, $err) = EcpTest::run_psql($node, 'app', $script, user => 'shop');
my @answers = split /\n/, $out;
cmp_ok(scalar(@faults), '>', 80, scalar(@faults) . ' faults');
is(shift @answers, 'ZE116 token refused', "refused: $_->[0]") for @faults;
is(scalar(@answers), 0, 'no fault had more to say');
unlike($err, qr/DETAIL|HINT|CONTEXT/, 'nor a detail, a hint or a context');
is(refusal($node, 'app', 'BEGIN; SELECT ecopanier.authenticate(NULL)', user => 'shop'), 'ZE116', 'refused: no token');

# The log knows no token, given as operations says (bound, log_parameter_max_length = 0) or refused as a literal.
$node->append_conf('postgresql.conf', "log_statement = all\nlog_parameter_max_length = 0\nlog_parameter_max_length_on_error = -1");
$node->restart;
my $sql = $node->basedir . '/token.sql';
append_to_file($sql, "BEGIN;\nSELECT ecopanier.authenticate(:token);\nEND;\n");
my $bad = $token->(exp => $now - 1);
my $from = -s $node->logfile;
my @pgbench = ('pgbench', '-n', '-t', '1', '-f', $sql, '-h', $node->host, '-p', $node->port, '-U', 'shop');
for my $mode (qw(extended prepared))
{
	command_ok([ @pgbench, '-M', $mode, '-D', "token=$good", 'app' ], "$mode: a good token");
	command_fails_like([ @pgbench, '-M', $mode, '-D', "token=$bad", 'app' ], qr/token refused/, "$mode: a bad one");
}
my $log = slurp_file($node->logfile, $from);
like($log, qr/SELECT ecopanier\.authenticate\(\$1\)/, 'the statement is logged');
unlike($log, qr/\Q$good\E|\Q$bad\E/, 'its token is not');
$node->append_conf('postgresql.conf', 'log_statement = none');
$node->restart;
$from = -s $node->logfile;
is(refusal($node, 'app', "BEGIN; SELECT ecopanier.authenticate('$bad')", user => 'shop'), 'ZE116', 'a bad token as a literal');
is(refusal($node, 'app', "SELECT ecopanier.authenticate('$good')", user => 'shop'), '25P01', 'a good one outside a transaction');
is(refusal($node, 'app', "DO \$\$ BEGIN PERFORM ecopanier.authenticate('$bad'); END \$\$", user => 'shop'), '25P01', 'in a DO block');
is(refusal($node, 'app', "BEGIN; DO \$\$ BEGIN PERFORM ecopanier.authenticate('$bad'); END \$\$", user => 'shop'), 'ZE116', 'in a DO block of a transaction');
$log = slurp_file($node->logfile, $from);
like($log, qr/ERROR:  token refused/, 'the refusal is logged');
unlike($log, qr/\Q$good\E|\Q$bad\E/, 'the token is not');

# The keys file: one bad entry makes all of it useless, and the log says why, once and without a token.
my $refuses = sub { return refusal($node, 'app', "BEGIN; SELECT ecopanier.authenticate('$good')", user => 'shop') };
my @keys = (EcpJwt::oct_key(kid => 'a', %party, key => $key), EcpJwt::okp_key(kid => 'b', %party, public => $public));
my %useless = (
	'without keys' => [], 'with a key too short' => [ EcpJwt::oct_key(kid => 'a', %party, key => 'k' x 31) ],
	'with a kid twice' => [ @keys, $keys[0] ], 'without an issuer' => [ { %{ $keys[0] }, iss => undef } ],
	'without an audience' => [ { %{ $keys[0] }, aud => '' } ], 'with another algorithm' => [ { %{ $keys[0] }, alg => 'HS512' } ],
	'with alg none' => [ { %{ $keys[0] }, alg => 'none' } ], 'with kty of the other kind' => [ { %{ $keys[0] }, kty => 'OKP' } ],
	'with another curve' => [ $keys[0], { %{ $keys[1] }, crv => 'X25519' } ], 'with an entry that is none' => [ $keys[0], 1 ],
	'with padding' => [ { %{ $keys[0] }, k => "$keys[0]{k}=" } ]);
for my $name (sort keys %useless)
{
	EcpJwt::write_keys($file, @{ $useless{$name} });
	is($refuses->(), 'ZE116', "a keys file $name accepts nobody");
}
EcpJwt::write_keys($file, @keys);
is($as->($in->($good) . "$who; COMMIT"), $camille, 'mended, it is read again');
chmod 0644, $file;
is($refuses->(), 'ZE116', 'a keys file that others may read accepts nobody');
chmod 0400, $file;
is($as->($in->($good) . "$who; COMMIT"), $camille, 'a read-only one will do');
rename $file, "$file.away" or die;
is($refuses->(), 'ZE116', 'one that is missing accepts nobody');
mkdir $file;
is($refuses->(), 'ZE116', 'nor a folder');
rmdir $file;
$from = -s $node->logfile;
is(refusal($node, 'app', "BEGIN; SAVEPOINT a;\n\\set ON_ERROR_STOP off\n" . "SELECT ecopanier.authenticate('$good'); ROLLBACK TO a;\n" x 3
		. "\\set ON_ERROR_STOP on\nSELECT ecopanier.authenticate('$good')", user => 'shop'), 'ZE116', 'asked four times');
$log = slurp_file($node->logfile, $from);
is(() = $log =~ /LOG:  no identity token is accepted: keys file ".*jwt\.json" cannot be used/g, 1, 'the log says it once');
like($log, qr/DETAIL:  It does not exist\./, 'and why');
unlike($log, qr/\Q$good\E/, 'without the token');
rename "$file.away", $file or die;
chmod 0600, $file;

# Nobody writes the context but authenticate(). The forged value is a real one, taken from another transaction.
answer($node, 'app', "CREATE FUNCTION public.peek() RETURNS text SECURITY DEFINER LANGUAGE sql AS \$\$ SELECT current_setting('ecopanier.context') \$\$");
my $forged = $as->($in->($good) . 'SELECT peek(); COMMIT');
like($forged, qr/^\d+ 0 0 1 [0-9a-f]{32} /, 'a context to forge');
answer($node, 'app', "CREATE FUNCTION public.forging() RETURNS boolean LANGUAGE plpgsql SET ecopanier.context = '$forged'
	AS 'BEGIN RETURN ecopanier.current_member() IS NULL; END'");
for my $user (qw(shop postgres))
{
	for my $write ("SET ecopanier.context = '$forged'", "SET LOCAL ecopanier.context = '$forged'", "SELECT set_config('ecopanier.context', '$forged', true)",
		"ALTER ROLE shop SET ecopanier.context = '$forged'", "ALTER DATABASE app SET ecopanier.context = '$forged'",
		"CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET ecopanier.context = '$forged' AS 'SELECT 1'; SELECT pg_temp.f()")
	{
		is(refusal($node, 'app', "BEGIN; SELECT ecopanier.whoami(); $write", user => $user), '42501', "$user: $write");
	}
	is(refusal($node, 'app', "SELECT ecopanier.whoami(); ALTER SYSTEM SET ecopanier.context = '$forged'", user => $user),
		$user eq 'shop' ? '42501' : '55P02', "$user: ALTER SYSTEM");
	local $ENV{PGOPTIONS} = '-c ecopanier.context=' . $forged =~ s/ /\\ /gr;
	is(answer($node, 'app', $who, user => $user), '|', "$user: given at connection, before the library is loaded");
	is(answer($node, 'app', "SET ecopanier.context = '$forged'; $who; $who", user => $user), "|\n|", "$user: set before the library is loaded");
	is(answer($node, 'app', 'SELECT forging()', user => $user), 't', "$user: set by a function that loads the library");
}
answer($node, 'app', "ALTER ROLE shop SET ecopanier.context = '$forged'; ALTER DATABASE app SET ecopanier.context = '$forged'");
is($as->($who), '|', 'kept for role and database before the library was loaded');
answer($node, 'app', 'ALTER ROLE shop RESET ecopanier.context; ALTER DATABASE app RESET ecopanier.context');
$node->append_conf('postgresql.conf', "ecopanier.context = '$forged'");
$node->restart;
is($as->($who), '|', 'written into the configuration file');
$node->adjust_conf('postgresql.conf', 'ecopanier.context', undef);
$node->restart;
is(refusal($node, 'app', $in->($good) . 'SHOW ecopanier.context', user => 'shop'), '42501', 'nobody else reads it');
is($as->($in->($good) . "SELECT count(*) FROM pg_settings WHERE name = 'ecopanier.context'; COMMIT"), '0', 'it is not in pg_settings');

# Claims are an API server's alone, and of its current role.
my $json = qq({"role": "ecopanier_customer", "sub": "$id{Camille}"});
my $setting = "SET request.jwt.claims = '$json';";
is($as->("$setting $who"), '|', 'claims of an ordinary login count for nothing');
is(refusal($node, 'app', "$setting SELECT ecopanier.authenticate()", user => 'shop'), '42501', 'and authenticate() says so');
is($as->("$setting SET ROLE ecopanier_customer; $who"), '|', 'with SET ROLE too');
is(answer($node, 'app', "$setting SET ROLE ecopanier_customer; $who"), '|', 'a superuser is no API server by power');
my $api = sub { return answer($node, 'app', $_[0], user => 'api') };
is($api->("SET ROLE ecopanier_customer; $setting $who; $who"), "$camille\n$camille", 'an API server in autocommit');
is($api->("$setting SET ROLE ecopanier_merchant; $who"), '|', 'not in another role');
is(refusal($node, 'app', "$setting SET ROLE ecopanier_merchant; SELECT ecopanier.authenticate()", user => 'api'), '42501', 'where authenticate() says so');
is($api->("SET ROLE ecopanier_customer; $setting $who; SET request.jwt.claims = ''; $who"), "$camille\n|", 'new claims count at once');
is($api->("SET ROLE ecopanier_customer; BEGIN; SET LOCAL request.jwt.claims = '$json'; SAVEPOINT a; $who; ROLLBACK TO a; $who; COMMIT; $who"),
	"$camille\n$camille\n|", 'savepoints keep the claims, COMMIT ends them');

is(refusal($node, 'app', "SET ROLE ecopanier_customer; SELECT set_config('request.jwt.claims', $_->[1], false) \\gset\n SELECT ecopanier.authenticate()", user => 'api'), '42501', "claims: $_->[0]")
	for [ 'a megabyte of one text', "'{\"x\": \"' || repeat('x', 1048576)" ], [ 'nested 1,000 deep', "'{\"x\":' || repeat('[', 1000) || repeat(']', 1000) || '}'" ],
	[ '10,000 names', "(SELECT json_object_agg('c' || n, n)::text FROM generate_series(1, 10000) n)" ], [ 'a name twice', "'{\"sub\": null, \"sub\": null}'" ];

# A mapped login is its member, until unmapped.
answer($node, 'app', "SELECT ecopanier.map_login('shop', '$id{Camille}', 'customer')");
is($as->("$who; SET ROLE ecopanier_merchant; $who"), "$camille\n$camille", 'a mapped login');
is($as->($in->($token->(sub => $id{Sami}, role => 'ecopanier_merchant')) . "$who; COMMIT; $who"), "$id{Sami}|merchant\n$camille", 'a token comes first');

# Parallel workers see the same caller.
my $parallel = 'SET force_parallel_mode = on; SET parallel_setup_cost = 0;';
my $count = 'SELECT count(*), min(ecopanier.current_member()::text) FROM pg_class WHERE ecopanier.current_role_name() = \'customer\' AND oid = \'pg_class\'::regclass';
like($as->("$parallel EXPLAIN (ANALYZE, COSTS off, TIMING off) $count"), qr/Workers Launched: 1/, 'a worker is used');
is($as->("$parallel $count"), "1|$id{Camille}", 'in a worker: a mapped login');
answer($node, 'app', "SELECT ecopanier.unmap_login('shop')");
is($as->($who), '|', 'unmapped, it is nobody');
is($as->("$parallel " . $in->($good) . "$count; COMMIT"), "1|$id{Camille}", 'in a worker: a token');
is($api->("$parallel SET ROLE ecopanier_customer; $setting $count"), "1|$id{Camille}", 'in a worker: claims');

done_testing();
