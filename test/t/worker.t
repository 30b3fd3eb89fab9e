# The life of the background worker: it comes, gets out of the way, comes back, and asks nothing while there is nothing to do.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes 'time';

my $node = new_node('primary', "shared_preload_libraries = 'ecopanier'", "ecopanier.databases = 'app'", 'autovacuum = off',
	'restart_after_crash = on', 'max_prepared_transactions = 5', 'allow_in_place_tablespaces = on');

# A column of worker_status() for a database, or an expression of them.
sub status
{
	my ($name, $what, $at) = @_;
	return answer($at // $node, 'postgres', "SELECT $what FROM ecopanier.worker_status() WHERE database = '$name'");
}

# Waits until the worker of a database is as said; true where it became so.
sub becomes
{
	my ($name, $condition, $at) = @_;
	return ($at // $node)->poll_query_until('postgres', "SELECT coalesce(bool_or($condition), false) FROM ecopanier.worker_status() WHERE database = '$name'");
}

# Runs a statement, which has to succeed within five seconds.
sub in_five_seconds
{
	my ($sql, $name) = @_;
	my $start = time;
	answer($node, 'postgres', $sql);
	my $took = time - $start;
	cmp_ok($took, '<', 5, sprintf('%s, in %.2f s', $name, $took));
	return;
}

# Waits until the worker is there again, another than the one before.
sub is_back
{
	my ($before, $name) = @_;
	ok(becomes('app', "state IN ('idle', 'working') AND pid <> $before"), "$name: it comes back");
	return;
}

sub noise
{
	my ($from) = @_;
	return join "\n", grep { /(?:ERROR|FATAL|PANIC|WARNING):/ } split /\n/, slurp_file($node->logfile, $from);
}

# The status is asked from another database than the worker's.
answer($node, 'postgres', 'CREATE EXTENSION ecopanier');

subtest 'it waits for its database, the extension and the tables, without a word in the log' => sub {
	my $from = -s $node->logfile;
	ok(becomes('app', "state = 'no_database' AND pid IS NULL"), 'no database');
	answer($node, 'postgres', 'CREATE DATABASE app');
	ok(becomes('app', "state = 'no_extension'"), 'no extension');
	answer($node, 'app', 'CREATE EXTENSION ecopanier');
	my $turns = status('app', 'turns');
	ok(becomes('app', "state = 'no_extension' AND turns > 1"), 'no tables');
	answer($node, 'app', 'SELECT ecopanier.install()');
	ok(becomes('app', "state = 'idle'"), 'idle');
	is(answer($node, 'app', "SELECT state, detail FROM ecopanier.doctor() WHERE item = 'worker'"), 'ok|idle', 'doctor() sees it');
	like(answer($node, 'postgres', "SELECT state FROM ecopanier.doctor() WHERE item = 'worker'"), qr/^warning$/, '... and that another database has none');
	is(answer($node, 'postgres', "SELECT state, query, datname, usename FROM pg_stat_activity WHERE backend_type = 'ecopanier worker'"),
		'idle|waiting for work|app|' . answer($node, 'postgres', 'SELECT current_user'), 'pg_stat_activity says what it does');
	is(answer($node, 'postgres', "SELECT count(*), min(coalesce(datname, 'none')) FROM pg_stat_activity WHERE backend_type = 'ecopanier launcher'"),
		'1|none', 'the launcher is connected to no database');
	is(status('app', 'in_flight, done, failed, last_error, rss_bytes > private_bytes AND private_bytes > 0, since < clock_timestamp()'), '0|0|0||t|t', 'its figures');
	is(noise($from), '', 'the log has no error');
};

subtest 'nobody\'s code runs as the superuser that it is connected as' => sub {
	answer($node, 'app', 'CREATE ROLE tracer; CREATE SCHEMA AUTHORIZATION tracer; GRANT USAGE ON SCHEMA tracer TO PUBLIC; GRANT USAGE ON SCHEMA ecopanier TO tracer; GRANT TRIGGER ON ecopanier.event TO tracer');
	answer($node, 'app', <<'SQL');
SET ROLE tracer;
CREATE TABLE tracer.seen (at text, who text);
GRANT INSERT ON tracer.seen TO PUBLIC;
CREATE FUNCTION tracer.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO tracer.seen VALUES (tg_argv[0], current_user); RETURN NULL; END $$;
CREATE TRIGGER at_once AFTER UPDATE ON ecopanier.event FOR EACH ROW EXECUTE FUNCTION tracer.look('at once');
CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON ecopanier.event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tracer.look('at commit');
SQL
	answer($node, 'app', "INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (9, 'traces', 'Traces', 'Europe/Paris');"
		. " INSERT INTO ecopanier.organisation (territory_id, kind, name) VALUES (9, 'merchant', 'Trace')");
	ok($node->poll_query_until('app', 'SELECT count(*) > 1 FROM tracer.seen'), 'the worker tells an event, which has a trigger of somebody\'s');
	is(answer($node, 'app', "SELECT string_agg(DISTINCT at || ' ' || who, ', ' ORDER BY at || ' ' || who) FROM tracer.seen"), 'at commit ecopanier_owner, at once ecopanier_owner',
		'it runs as the owner of the tables, deferred to the commit too');
	answer($node, 'app', 'DROP OWNED BY tracer CASCADE; DROP ROLE tracer');
};

subtest 'who may see it' => sub {
	answer($node, 'postgres', 'CREATE ROLE nobody LOGIN; CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher');
	is(refusal($node, 'postgres', 'SELECT * FROM ecopanier.worker_status()', user => 'nobody'), '42501', 'not everybody');
	is(answer($node, 'postgres', 'SELECT state FROM ecopanier.worker_status()', user => 'watcher'), 'idle', 'monitoring');
};

subtest 'wakes' => sub {
	my $wakes = sub { return status('app', 'wakes') };
	my $quiet = sub { return becomes('app', "state = 'idle'") };
	answer($node, 'app', 'CREATE TABLE public.work (n int);
		CREATE TRIGGER work_wake AFTER INSERT ON public.work FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake()');
	$quiet->();
	my $many = "DO \$\$ BEGIN FOR i IN 1 .. 100000 LOOP INSERT INTO public.work VALUES (i); END LOOP; END \$\$;";
	my $before = $wakes->();
	answer($node, 'app', $many);
	ok(becomes('app', "wakes > $before"), 'a commit wakes');
	is($wakes->(), $before + 1, 'one wake for 100,000 inserts');
	$quiet->();
	$before = $wakes->();
	answer($node, 'app', 'BEGIN; INSERT INTO public.work VALUES (1); ROLLBACK');
	is($wakes->(), $before, 'none for what is rolled back');
	answer($node, 'app', 'SELECT count(*) FROM public.work');
	is($wakes->(), $before, 'nor for a reader');
	answer($node, 'app', "BEGIN; INSERT INTO public.work VALUES (1); PREPARE TRANSACTION 'later'");
	is($wakes->(), $before, 'a prepared transaction does not wake yet');
	answer($node, 'app', "COMMIT PREPARED 'later'");
	is($wakes->(), $before + 1, 'COMMIT PREPARED does');
	$quiet->();
	$before = $wakes->();
	answer($node, 'app', "BEGIN; INSERT INTO public.work VALUES (1); PREPARE TRANSACTION 'never'");
	answer($node, 'app', "ROLLBACK PREPARED 'never'; SELECT 1");
	is($wakes->(), $before, 'ROLLBACK PREPARED does not');
};

subtest 'statements about the database' => sub {
	my $from = -s $node->logfile;
	my $pid = status('app', 'pid');
	in_five_seconds('CREATE DATABASE copy TEMPLATE app', 'CREATE DATABASE ... TEMPLATE');
	is_back($pid, 'after a copy');
	$pid = status('app', 'pid');
	in_five_seconds('ALTER DATABASE app RENAME TO away', 'RENAME');
	ok(becomes('app', "state = 'no_database'"), 'renamed away: no worker');
	in_five_seconds('ALTER DATABASE away RENAME TO app', 'RENAME back');
	is_back($pid, 'renamed back');
	$pid = status('app', 'pid');
	answer($node, 'postgres', "CREATE TABLESPACE place LOCATION ''");
	in_five_seconds('ALTER DATABASE app SET TABLESPACE place', 'SET TABLESPACE');
	is_back($pid, 'moved');
	$pid = status('app', 'pid');
	is(answer($node, 'postgres', "BEGIN; ALTER DATABASE app RENAME TO away;
		DO \$\$ BEGIN WHILE EXISTS (SELECT 1 FROM ecopanier.worker_status() WHERE state <> 'held') LOOP PERFORM pg_sleep(0.01); END LOOP; END \$\$;
		SELECT state FROM ecopanier.worker_status(); ROLLBACK"), 'held', 'held off until the end of the transaction');
	is_back($pid, 'rolled back');
	$pid = status('app', 'pid');
	is(refusal($node, 'postgres', 'DROP DATABASE app', user => 'nobody'), '42501', 'who may not drop it');
	is(status('app', 'pid'), $pid, '... does not disturb');
	my $guest = $node->background_psql('app');
	is(refusal($node, 'postgres', 'ALTER DATABASE app RENAME TO away'), '55006', 'a guest in the database, and RENAME fails');
	is_back($pid, 'after a failure');
	$guest->quit;
	$pid = status('app', 'pid');
	in_five_seconds('ALTER DATABASE app ALLOW_CONNECTIONS false', 'no more connections');
	ok(becomes('app', "state = 'no_database'"), '... and the worker leaves');
	answer($node, 'postgres', 'ALTER DATABASE app ALLOW_CONNECTIONS true');
	is_back($pid, 'connections allowed');
	$pid = status('app', 'pid');
	in_five_seconds('DROP DATABASE app', 'DROP');
	ok(becomes('app', "state = 'no_database'"), 'dropped: no worker');
	in_five_seconds('CREATE DATABASE app TEMPLATE copy', 'made again');
	is_back($pid, 'made again');
	is(join("\n", grep { !/permission denied|must be owner|being accessed/ } split /\n/, noise($from)), '', 'the log has no other error');
};

subtest 'the extension' => sub {
	my $from = -s $node->logfile;
	answer($node, 'app', 'BEGIN; DROP EXTENSION ecopanier CASCADE; ROLLBACK');
	ok(becomes('app', "state = 'idle'"), 'a drop that is rolled back');
	answer($node, 'app', 'SET client_min_messages = warning; DROP EXTENSION ecopanier CASCADE');
	ok(becomes('app', "state = 'no_extension'"), 'dropped');
	answer($node, 'app', 'SET client_min_messages = warning; DROP SCHEMA ecopanier, ecopanier_private CASCADE;
		CREATE SCHEMA ecopanier; CREATE TABLE ecopanier.migration (number int);
		CREATE FUNCTION ecopanier.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE public.trap (); RETURN NULL; END $$;
		GRANT ALL ON SCHEMA ecopanier TO PUBLIC');
	ok(becomes('app', "state = 'no_extension' AND turns > 1"), 'a schema of the name is not the extension');
	is(answer($node, 'app', "SELECT to_regclass('public.trap') IS NULL"), 't', '... and nothing of it is run');
	answer($node, 'app', 'DROP SCHEMA ecopanier CASCADE; CREATE EXTENSION ecopanier; SELECT ecopanier.install()');
	ok(becomes('app', "state = 'idle'"), 'made again');
	is(noise($from), '', 'the log has no error');
};

subtest 'a right that is taken away' => sub {
	my $from = -s $node->logfile;
	answer($node, 'app', 'REVOKE ALL ON ecopanier.reservation FROM ecopanier_owner');
	ok(becomes('app', "state = 'failing' AND last_error ~ '42501'"), 'is seen in the status');
	is(answer($node, 'app', "SELECT state FROM ecopanier.doctor() WHERE item = 'worker'"), 'warning', '... and by doctor()');
	answer($node, 'app', 'GRANT ALL ON ecopanier.reservation TO ecopanier_owner');
	ok(becomes('app', "state = 'idle'"), 'given back: it works again');
	answer($node, 'app', 'REVOKE ALL ON ecopanier_private.mail FROM ecopanier_owner');
	ok(becomes('app', "state = 'failing' AND last_error ~ '^mail: 42501'"), 'the same of a queue') or diag(status('app', 'state || last_error'));
	answer($node, 'app', 'GRANT ALL ON ecopanier_private.mail TO ecopanier_owner');
	ok(becomes('app', "state = 'idle'"), '... and back');
	cmp_ok(scalar(split /\n/, noise($from)), '<', 20, 'the log is not filled');
};

subtest 'settings' => sub {
	my $pid = status('app', 'pid');
	is(refusal($node, 'postgres', q{ALTER SYSTEM SET ecopanier.databases = 'app,,b'}), '22023', 'a list that is none is refused');
	is(refusal($node, 'postgres', q{ALTER SYSTEM SET ecopanier.databases = '} . join(',', map { "d$_" } 1 .. 65) . q{'}), '22023', 'so are more than 64');
	answer($node, 'postgres', q{ALTER SYSTEM SET ecopanier.databases = 'app', 'copy', '"Not there"'});
	$node->reload;
	ok(becomes('copy', "state = 'idle'"), 'a second database');
	ok(becomes('Not there', "state = 'no_database'"), 'a third that is not there');
	is(status('app', 'pid'), $pid, 'the first goes on');
	is(refusal($node, 'postgres', q{SET ecopanier.databases = 'postgres'}), '55P02', 'a session cannot change it');
};

subtest 'an idle worker makes no query' => sub {
	my $pid = status('app', 'pid');
	my $figures = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'app'";
	answer($node, 'postgres', 'SELECT pg_terminate_backend(pid) FROM ecopanier.worker_status() WHERE pid IS NOT NULL');
	is_back($pid, 'one that has nothing left to look at');
	my $one_turn = sub
	{
		my $other = status('copy', 'turns');
		answer($node, 'copy', 'INSERT INTO public.work VALUES (1)');
		return becomes('copy', "turns > $other");
	};
	$one_turn->();	# by then what the worker did at its start is in the statistics
	my $turns = status('app', 'turns');
	my $before = answer($node, 'postgres', $figures);
	for (1 .. 20)
	{
		$one_turn->() or last;
	}
	is(status('app', 'turns'), $turns, 'not a turn while the other worker made twenty');
	is(answer($node, 'postgres', $figures), $before, 'and not a transaction');
};

subtest 'a database leaves the list' => sub {
	answer($node, 'postgres', 'ALTER SYSTEM RESET ecopanier.databases');
	$node->reload;
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM ecopanier.worker_status()"), 'its worker leaves');
	ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'ecopanier worker'"), '... and is gone');
};

subtest 'ends' => sub {
	my $from = -s $node->logfile;
	my $pid = status('app', 'pid');
	answer($node, 'postgres', "SELECT pg_terminate_backend($pid)");
	is_back($pid, 'ended by an operator');
	is(noise($from), '', '... without a word in the log');
	my $launcher = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ecopanier launcher'";
	my $first = answer($node, 'postgres', $launcher);
	$pid = status('app', 'pid');
	answer($node, 'postgres', "SELECT pg_terminate_backend($first)");
	ok($node->poll_query_until('postgres', "SELECT EXISTS ($launcher) AND ($launcher) <> $first"), 'the launcher is started again');
	is(status('app', 'pid'), $pid, '... and leaves the worker in peace');
	answer($node, 'postgres', "SELECT pg_terminate_backend($pid)");
	is_back($pid, 'by the new launcher');
	$pid = status('app', 'pid');
	kill 'KILL', $pid;
	$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT 1 FROM ecopanier.worker_status() WHERE pid = $pid)");
	is_back($pid, 'after a crash');
	$node->stop('immediate');
	$node->start;
	ok(becomes('app', "state = 'idle'"), 'after an immediate stop');
	my $start = time;
	$node->stop('fast');
	cmp_ok(time - $start, '<', 10, 'a fast stop does not wait for it');
	$node->start;
	ok(becomes('app', "state = 'idle'"), 'after a fast stop');
};

subtest 'a standby' => sub {
	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	chmod 0600, key_file($standby);
	$standby->start;
	$node->wait_for_catchup($standby);
	is(answer($standby, 'postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'ecopanier%'"), '0', 'has none');
	is(answer($standby, 'postgres', 'SELECT count(*) FROM ecopanier.worker_status()'), '0', '... and says so');
	$standby->promote;
	ok(becomes('app', "state = 'idle'", $standby), 'promoted, it starts one');
	$standby->stop;
};

subtest 'pg_upgrade' => sub {
	$node->stop;
	command_ok([ 'pg_ctl', '-w', '-D', $node->data_dir, '-l', $node->logfile, '-o', '-b', 'start' ], 'started as pg_upgrade does');
	is(answer($node, 'postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'ecopanier%'"), '0', 'no process of ours');
	is(answer($node, 'postgres', 'SELECT count(*) FROM ecopanier.worker_status()'), '0', 'and no place for one');
	command_ok([ 'pg_ctl', '-w', '-D', $node->data_dir, '-m', 'fast', 'stop' ], 'stopped');
};

subtest 'no process is free' => sub {
	$node->append_conf('postgresql.conf', 'max_worker_processes = 2');	# the launcher and the server's own
	$node->start;
	ok(becomes('app', "state = 'ended' AND pid IS NULL AND last_error ~ 'max_worker_processes'"), 'is said');
	$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
	$node->restart;
	ok(becomes('app', "state = 'idle'"), 'with more, it runs');
	$node->stop;
};

subtest 'without the library in shared_preload_libraries' => sub {
	$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
	$node->start;
	is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.worker_status()'), '0', 'no worker');
	like(answer($node, 'app', "SELECT state, detail, remedy FROM ecopanier.doctor() WHERE item = 'worker'"), qr/^warning\|none: .*shared_preload_libraries\|.*tick\(\)/, 'doctor() says what to do');
	is(answer($node, 'app', 'INSERT INTO public.work VALUES (1); SELECT count(*) FROM public.work WHERE n = 1'), answer($node, 'app', 'SELECT count(*) FROM public.work WHERE n = 1'), 'work is written all the same');
	ok(answer($node, 'app', 'SELECT count(*) FROM ecopanier.tick()') > 0, 'tick() works');
	$node->stop;
};

done_testing();
