# The documents say what the catalogue says: the generated parts, the parameters and codes of every function, the
# README's minute, the sample files and the links.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('reference');
$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "timezone = 'UTC'");
$node->start;
local $ENV{PGHOST} = $node->host;
local $ENV{PGPORT} = $node->port;

sub rows_of
{
	my ($sql) = @_;
	return split /\n/, $node->safe_psql('doc', $sql);
}

# What is generated is up to date.
$node->safe_psql('postgres', 'CREATE DATABASE doc');
$node->safe_psql('doc', 'CREATE EXTENSION ecopanier; SELECT ecopanier.install()');
my ($out, $err) = run_command([ 'doc/generate', '--check', 'doc' ]);
is($out, '', 'doc/ is what doc/generate makes of the catalogue');
is($err, '', 'doc/generate has no complaint');
like(slurp_file('doc/reference.md'), qr/#### `reserve\(lot uuid, quantity integer DEFAULT 1, request_id uuid DEFAULT NULL\)` → `receipt`/,
	'the reference holds what it should');

# A difference is found: a comment that nobody wrote into the documents.
$node->safe_psql('doc', "COMMENT ON FUNCTION ecopanier.version() IS 'Something else.'");
like((run_command([ 'doc/generate', '--check', 'doc' ]))[0], qr/^\+Something else\.$/m, 'a changed comment is found');

# Functions that are called by name: each parameter is described (but of territory_of(), whose first sentence does),
# each code of class ZE exists.
my $called = <<'SQL';
FROM pg_proc p WHERE pronamespace = 'ecopanier'::regnamespace AND prorettype <> 'trigger'::regtype AND proname !~ '^(ben_code|siret)_'
SQL
is_deeply([ rows_of(<<"SQL") ], [], 'each parameter of a function stands in its comment');
	SELECT p.oid::regprocedure || ' does not tell ' || a FROM (SELECT * $called) p, unnest(proargnames) WITH ORDINALITY u (a, n)
	WHERE a <> '' AND proname <> 'territory_of' AND coalesce(proargmodes[n], 'i') = 'i' AND obj_description(p.oid) !~ ('\\m' || a || '\\M(, [a-z_0-9]+)*: ') ORDER BY 1
SQL
is_deeply([ rows_of(<<"SQL") ], [], 'each code of class ZE in a comment is one of error_code()');
	SELECT DISTINCT p.oid::regprocedure || ' names ' || m[1] FROM pg_proc p, regexp_matches(obj_description(oid), '(ZE[0-9A-Z]{3})', 'g') m
	WHERE pronamespace = 'ecopanier'::regnamespace AND m[1] NOT IN (SELECT code FROM ecopanier.error_code()) ORDER BY 1
SQL
is_deeply([ rows_of(<<"SQL") ], [], 'each verdict that a station may get can be said to a person');
	SELECT v FROM unnest(string_to_array(regexp_replace(col_description('ecopanier.handover'::regclass, 1), ' or |;.*', ', ', 'g'), ', ')) v
	WHERE v <> '' AND v NOT IN (SELECT code FROM ecopanier.message_catalogue())
SQL

# The README's minute, run as it stands, gives what it shows.
sub blocks
{
	my ($text, $mark) = @_;
	my @found;
	while ($text =~ /^```(\w*)\n(.*?)^```$/msg)
	{
		push @found, $2 if $1 eq $mark;
	}
	return @found;
}
my ($minute) = slurp_file('README.md') =~ /^## Sixty seconds\n(.*?)^## /ms;
my $script = "$PostgreSQL::Test::Utils::tmp_check/minute.sql";
append_to_file($script, join '', blocks($minute, 'sql'));
$node->safe_psql('postgres', 'CREATE DATABASE minute');
IPC::Run::run([ 'psql', '-X', '-d', 'minute', '-f', $script ], '>&', \my $shown);
my $place = 0;
for my $line (grep { /\S/ } map { split /\n/ } blocks($minute, ''))
{
	my $at = index($shown, $line, $place);
	cmp_ok($at, '>=', 0, "README: $line") or last;
	$place = $at + length $line;
}
unlike($shown, qr/ERROR(?!:  the day's free units)/, 'README: no other error');

# The sample configuration is one that the server takes.
my $sample = PostgreSQL::Test::Cluster->new('sample');
$sample->init;
$sample->append_conf('postgresql.conf', slurp_file('doc/postgresql.conf') =~ s{/etc/ecopanier}{$sample->basedir}ger =~ s{'app'}{'postgres'}r);
$sample->start;
is($sample->safe_psql('postgres', "SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL"), '', 'doc/postgresql.conf has no error');
$sample->safe_psql('postgres', 'CREATE EXTENSION ecopanier; SELECT ecopanier.install()');
is($sample->safe_psql('postgres', "SELECT item, detail FROM ecopanier.doctor() WHERE state <> 'ok'"), '', 'doctor() is content with it');
$sample->stop;

# What the documents name in the source is there.
for my $file ('README.md', glob('*/README.md'), glob('doc/*.md'))
{
	my @named = slurp_file($file) =~ /`((?:src|test|doc|demo)\/[\w.\/-]+\w)`/g;
	is_deeply([ grep { !-e } @named ], [], "$file: the files that it names exist");
}

# What links name is there.
for my $file ('README.md', 'CHANGELOG.md', glob('*/README.md'), glob('doc/*.md'))
{
	my $text = slurp_file($file);
	my ($folder) = $file =~ m{^(.*/)};
	my %anchors;
	my @broken;
	while ($text =~ /\]\(([^)#\s:]*)(?:#([^)\s]+))?\)/g)
	{
		my ($target, $anchor) = ($1 eq '' ? $file : ($folder // '') . $1, $2);
		push @broken, $target unless -e $target;
		next unless defined $anchor && -f $target;
		my %known = map { my $title = lc; $title =~ s/[^\w\- ]//g; $title =~ s/ /-/g; $title => 1 } slurp_file($target) =~ /^#+ (.*)$/mg;
		push @broken, "$target#$anchor" unless $known{$anchor};
	}
	is_deeply(\@broken, [], "$file: links lead somewhere");
}

$node->stop;
done_testing();
