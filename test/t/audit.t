# The audit outlives a crash, a dump and a restore; without the key file chain and signatures can be checked still; a
# standby verifies; append raises where the key is missing.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('primary');
new_database($node, 'app', fixture => 1);
my $faults = "SELECT coalesce(string_agg(concat_ws(' ', finding, position), ', '), 'none') FROM ecopanier.verify_audit(1%s) WHERE is_fault";
my $summary = "SELECT detail FROM ecopanier.verify_audit(1) WHERE finding = 'summary'";
my $note = "UPDATE ecopanier.organisation SET accreditation_suspended = NOT accreditation_suspended WHERE territory_id = 1 AND name = 'CCAS'";
my $tick = 'SELECT count(error) FROM ecopanier.tick()';
is(answer($node, 'app', $tick), '0', 'all is linked');
my $given = answer($node, 'app', 'SELECT ecopanier.audit_checkpoint(1)');
like($given, qr/^EA1\.[\w-]{188}$/, 'a checkpoint to give away');

# A crash between an event and its link, and in the middle of a turn.
answer($node, 'app', $note) for 1 .. 3;
my $open = $node->background_psql('app');
$open->query_safe("BEGIN; $note; SELECT ecopanier.tick();");
$node->stop('immediate');
eval { $open->quit };
$node->start;
like(answer($node, 'app', $summary), qr/ linked, 3 unlinked, .* 0 faults/, 'after a crash what was committed waits, and no more');
is(answer($node, 'app', $tick), '0', 'and is linked');
like(answer($node, 'app', $summary), qr/ linked, 0 unlinked, .* 0 faults/, 'all of it');
is(answer($node, 'app', sprintf $faults, ", '$given'"), 'none', 'the checkpoint of before fits');

# A standby only reads.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
chmod 0600, key_file($standby);    # the test's way of copying forgets the mode
$standby->start;
$node->wait_for_catchup($standby, 'replay');
is(answer($standby, 'app', sprintf $faults, ", '$given'"), 'none', 'a standby verifies');
is(refusal($standby, 'app', 'SELECT ecopanier.tick()'), '25006', 'and turns no schedule');
$standby->stop;

# Dumped with events that wait, restored into another cluster.
answer($node, 'app', 'SELECT ecopanier.rotate_key()');
answer($node, 'app', $note);
my $dump = $node->basedir . '/app.dump';
command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-h', $node->host, '-p', $node->port, 'app' ], 'dumped');
my $target = new_node('target');
answer($target, 'postgres', 'CREATE DATABASE app');
command_ok([ 'pg_restore', '--exit-on-error', '-j', '3', '-d', 'app', '-h', $target->host, '-p', $target->port, $dump ], 'restored by three at once');
is(answer($target, 'app', "SELECT count(*) FROM ecopanier_private.audit_pending WHERE territory_id = 1"), '1', 'no event waits twice');
is(answer($target, 'app', sprintf $faults, ", '$given'"), 'none', 'without the key file: links and signatures fit');
is(answer($target, 'app', "SELECT count(*) FROM ecopanier.verify_audit(1) WHERE finding = 'missing_key'"), '2', 'each key that is missing is named once');
is(refusal($target, 'app', $note), 'ZE113', 'without the key no change goes unnoted');
like(answer($target, 'app', "SELECT error FROM ecopanier.tick() WHERE step = 'audit_link'"), qr/^ZE113: /, 'and nothing is signed');
is(answer($target, 'app', "BEGIN; ALTER TABLE ecopanier.audit_event DISABLE TRIGGER ALL;
	UPDATE ecopanier.audit_event SET action = 'x' WHERE id = (SELECT event_id FROM ecopanier_private.audit_link WHERE territory_id = 1 AND position = 4);
	SELECT string_agg(finding || ' ' || position, ', ') FROM ecopanier.verify_audit(1) WHERE is_fault; ROLLBACK"), 'changed 4', 'a change is found without the key file too');
copy_private(key_file($node), key_file($target));
is(answer($target, 'app', $tick), '0', 'with the key file the turn goes on');
is(answer($target, 'app', sprintf $faults, ", '$given'"), 'none', 'and all fits');
is(answer($target, 'app', "SELECT count(*) FROM ecopanier.verify_audit(1)"), '1', 'nothing else is said');
is(answer($target, 'app', "SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger
	WHERE tgrelid = (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'ecopanier.audit_event'::regclass ORDER BY inhrelid::regclass::text LIMIT 1)"),
	'audit_event_guardO audit_event_historyA audit_event_pendingO audit_event_truncateA', 'partitions are guarded as before');

# With another installation's keys nothing of it can be forged: the same events under the same file, in another database.
new_database($node, 'other', fixture => 1);
answer($node, 'other', $tick);
is(answer($node, 'other', sprintf $faults, ", '$given'"), 'bad_signature', 'a checkpoint of another database is not one of this');

done_testing();
