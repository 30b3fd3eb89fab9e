# EcpTest: what the TAP tests share: clusters with the extension, answers and refusals, the catalogue as text.
#
#   my $node = new_node('primary', 'autovacuum = off');
#   new_database($node, 'app', fixture => 1);
#   is(answer($node, 'app', 'SELECT 1'), '1');
#   is(refusal($node, 'app', acting('Camille', 'customer') . 'SELECT ...'), 'ZE104');
package EcpTest;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(set_server new_node new_database answer refusal failure acting new_lot claim receipt catalogue rows same_text
	copy_private key_file);

# A started cluster; further arguments are lines of its configuration.
sub new_node
{
	my ($name, @lines) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(allows_streaming => 1, extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf', join "\n", "timezone = 'UTC'", 'log_statement = none', @lines, '');
	$node->start;
	return $node;
}

# A database with the extension and its tables; with fixture also the small world of fixture.sql.
sub new_database
{
	my ($node, $name, %want) = @_;
	answer($node, 'postgres', "CREATE DATABASE $name");
	answer($node, $name, 'CREATE EXTENSION ecopanier; SELECT ecopanier.install();');
	answer($node, $name, slurp_file('test/lib/fixture.sql')) if $want{fixture};
	return;
}

# Settings of a server that preloads the library, in force when this returns.
sub set_server
{
	my ($node, %settings) = @_;
	answer($node, 'app', join '', map { "ALTER SYSTEM SET $_ = '$settings{$_}';\n" } sort keys %settings);
	$node->reload;
	for my $name (sort keys %settings)
	{
		$node->poll_query_until('app', "SELECT current_setting('$name') = '$settings{$name}'") or die "$name was not set";
	}
	return;
}

sub run_psql
{
	my ($node, $database, $sql, %how) = @_;
	my ($out, $err);
	my $rc = $node->psql($database, $sql, stdout => \$out, stderr => \$err, on_error_stop => 1,
		($how{connstr} ? (connstr => $how{connstr}) : $how{user} ? (connstr => $node->connstr($database) . " user=$how{user}") : ()),
		extra_params => [ '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never', @{ $how{extra} // [] } ]);
	return ($rc, $out // '', $err // '');
}

# What a script prints; it has to succeed. how: user => the login, connstr => all of the connection, extra => options of psql.
sub answer
{
	my ($node, $database, $sql, %how) = @_;
	my ($rc, $out, $err) = run_psql($node, $database, $sql, %how);
	die "failed ($rc): ", substr($sql, 0, 300), "\n$err" if $rc != 0;
	return $out;
}

# The error that a script ends with, all its lines; a script that succeeds gives what it printed instead.
sub failure
{
	my ($node, $database, $sql, %how) = @_;
	my ($rc, $out, $err) = run_psql($node, $database, $sql, %how);
	return $rc == 0 ? "no error: $out" : $err;
}

# The SQLSTATE that a script ends with.
sub refusal
{
	my $error = failure(@_);
	return $error =~ /(?:ERROR|FATAL): +([0-9A-Z]{5}): / ? $1 : $error;
}

# Lines that make the session an API server's for a member of the fixture.
sub acting
{
	my ($name, $role, $territory) = @_;
	$territory //= 1;
	return "SET SESSION AUTHORIZATION api;\nDO \$\$ BEGIN PERFORM fixture.act('$name', '$role', $territory); END \$\$;\n";
}

# A new lot of the fixture with so many public and solidarity units; its id.
sub new_lot
{
	my ($node, $database, $public, $solidarity) = @_;
	return answer($node, $database, "SELECT fixture.lot($public, $solidarity)");
}

my @receipt = qw(reservation state quantity amount_cents pin qr window_end);

sub receipt_of
{
	my ($node, $database, $name, $role, $call) = @_;
	my %receipt;
	@receipt{@receipt} = split /\|/, answer($node, $database,
		acting($name, $role) . 'SELECT ' . join(', ', @receipt) . " FROM $call"), -1;
	return \%receipt;
}

# What a member gets for a claim, and again later, as a hash of the receipt's columns.
sub claim
{
	my ($node, $database, $name, $role, $lot, $quantity) = @_;
	$quantity //= 1;
	return receipt_of($node, $database, $name, $role, "ecopanier.reserve('$lot', $quantity)");
}

sub receipt
{
	my ($node, $database, $name, $role, $reservation) = @_;
	return receipt_of($node, $database, $name, $role, "ecopanier.receipt('$reservation')");
}

# Two long texts; where they differ, only the lines that do are shown.
sub same_text
{
	my ($got, $expected, $name) = @_;
	my %got = map { $_ => 1 } split /\n/, $got;
	my %expected = map { $_ => 1 } split /\n/, $expected;
	my @lines = ((map { "+ $_" } grep { !$expected{$_} } sort keys %got), (map { "- $_" } grep { !$got{$_} } sort keys %expected));
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $good = ok(length $got && $got eq $expected, $name);
	diag(join "\n", scalar(@lines) . ' lines differ', grep { defined } @lines[ 0 .. 19 ]) unless $good;
	return $good;
}

# Copies a file that only its owner may read, as a DBA does with the key file.
sub copy_private
{
	my ($from, $to) = @_;
	my $old = umask 0077;
	my $text = slurp_file($from);
	unlink $to;
	append_to_file($to, $text);
	umask $old;
	return;
}

# Where the cluster keeps its keys.
sub key_file { my ($node) = @_; return $node->data_dir . '/ecopanier.keys'; }

# Every row of every table of ours, in a fixed order, as text.
sub rows
{
	my ($node, $database) = @_;
	my @tables = split /\n/, answer($node, $database,
		"SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE n.nspname IN ('ecopanier', 'ecopanier_private') AND c.relkind = 'r' ORDER BY c.oid::regclass::text COLLATE \"C\"");
	return answer($node, $database, join '',
		map { "SELECT '$_', r FROM (SELECT t::text FROM $_ t) rows (r) ORDER BY r COLLATE \"C\";\n" } @tables);
}

my $catalogue_sql = <<'SQL';
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.acl(aclitem[]) RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(string_agg(a::text, ' ' ORDER BY a::text COLLATE "C"), '-') FROM unnest($1) a $$;
CREATE TEMP TABLE ours AS SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ecopanier', 'ecopanier_private');
SELECT 'schema', nspname, nspowner::regrole, pg_temp.acl(nspacl) FROM pg_namespace JOIN ours USING (oid, nspname);
SELECT 'member', pg_describe_object(classid, objid, objsubid) FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'ecopanier');
SELECT 'function', p.oid::regprocedure, proowner::regrole, pg_temp.acl(proacl), translate(pg_get_functiondef(p.oid), E'\n', ' ')
	FROM pg_proc p JOIN ours ON ours.oid = pronamespace WHERE prokind = 'f';
SELECT 'type', format_type(t.oid, NULL), typowner::regrole, pg_temp.acl(typacl), typlen, typbyval, typalign, typstorage, typtype,
	typinput, typoutput, typreceive, typsend, typbasetype::regtype, typcollation::regcollation
	FROM pg_type t JOIN ours ON ours.oid = typnamespace WHERE typcategory <> 'A';
SELECT 'relation', c.oid::regclass, relkind, relowner::regrole, pg_temp.acl(relacl), relrowsecurity, relforcerowsecurity,
	reloptions, relpersistence, relreplident, CASE WHEN relkind = 'v' THEN translate(pg_get_viewdef(c.oid), E'\n', ' ') END
	FROM pg_class c JOIN ours ON ours.oid = relnamespace;
SELECT 'column', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
	pg_temp.acl(attacl), attcollation::regcollation, attstorage, pg_get_expr(adbin, adrelid)
	FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN ours ON ours.oid = relnamespace
	LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
	WHERE attnum > 0 AND NOT attisdropped;
SELECT 'constraint', conrelid::regclass, conname, convalidated, pg_get_constraintdef(c.oid)
	FROM pg_constraint c JOIN ours ON ours.oid = connamespace;
SELECT 'index', pg_get_indexdef(indexrelid), indisvalid, indisprimary, indisunique
	FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN ours ON ours.oid = relnamespace;
SELECT 'trigger', tgenabled, pg_get_triggerdef(t.oid)
	FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN ours ON ours.oid = relnamespace WHERE NOT tgisinternal;
SELECT 'policy', polrelid::regclass, polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid),
	(SELECT string_agg(r::regrole::text, ' ' ORDER BY r::regrole::text) FROM unnest(polroles) r)
	FROM pg_policy JOIN pg_class c ON c.oid = polrelid JOIN ours ON ours.oid = relnamespace;
SELECT 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcycle
	FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid JOIN ours ON ours.oid = relnamespace;
SELECT 'comment', kind, name, translate(description, E'\n', ' ') FROM (
	SELECT i.type, i.identity, d.description FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
	WHERE i.schema IN ('ecopanier', 'ecopanier_private') OR i.identity ~ '(^| |\()ecopanier(_private)?(\.|$)') c (kind, name, description);
SQL

# All that a database has of ours, one line an object, so that two databases can be compared.
sub catalogue
{
	my ($node, $database) = @_;
	return join "\n", sort split /\n/, answer($node, $database, $catalogue_sql);
}

1;
