# A batch that the server ends (a timeout, a deadlock, a serialization failure) leaves no row and a session that works on.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('enrolment');
new_database($node, 'app', fixture => 1);
# A number says which error its row meets; the wait is ended by statement_timeout.
answer($node, 'app', <<'SQL');
CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.external_id = '57014' THEN
		PERFORM pg_catalog.pg_sleep(600);
	ELSIF NEW.external_id ~ '^40' THEN
		RAISE EXCEPTION USING ERRCODE = NEW.external_id;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER fail AFTER INSERT ON ecopanier.enrolment FOR EACH ROW EXECUTE FUNCTION public.fail();
SQL

# Standard output and SQLSTATEs of a script as Alice, which goes on after errors.
sub run_on
{
	my ($sql) = @_;
	my ($out, $err);
	$node->psql('app', acting('Alice', 'association') . "\\set VERBOSITY verbose\nSET statement_timeout = '1s';\n$sql",
		on_error_stop => 0, stdout => \$out, stderr => \$err);
	return join ' ', $out =~ s/\n/ /gr, $err =~ /(?:ERROR|FATAL|WARNING): +([0-9A-Z]{5}): /g;
}
my $left = q{SELECT count(*) || ' left' FROM ecopanier.enrolment};

foreach my $state (qw(57014 40P01 40001))
{
	foreach my $whole (qw(false true))
	{
		my $enrol = qq{SELECT count(*) FROM ecopanier.enrol_beneficiaries('[{"external_id":"1","display_name":"x"},}
		  . qq{{"external_id":"$state","display_name":"x"},{"external_id":"z","display_name":"x"}]', $whole)};
		my $says = "$state, all or nothing $whole";
		is(run_on("$enrol;\n$left;\nBEGIN;\n$left;\nROLLBACK;\n$left;"), "0 left 0 left 0 left $state", "$says: by itself");
		is(run_on("BEGIN;\n$enrol;\nROLLBACK;\n$left;"), "0 left $state", "$says: in a transaction");
		is(run_on("BEGIN;\nSAVEPOINT s;\n$enrol;\nROLLBACK TO s;\n$left;\nCOMMIT;\n$left;"), "0 left 0 left $state", "$says: after a savepoint");
	}
}
is(run_on(q{SELECT string_agg(state, ',' ORDER BY row) FROM ecopanier.enrol_beneficiaries('[{"external_id":"1","display_name":"x"}]') r (row, external_id, member, ben_code, state)} . ";\n$left;"),
	'created 1 left', 'a batch without one is registered');
done_testing();
