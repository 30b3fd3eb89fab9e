# EcpProbe: the worker's queues and its transport at the command of SQL (test/lib/probe.c), in schema probe of a database.
#
#   EcpProbe::install($node, 'app');	# ecopanier has to be in shared_preload_libraries
#   answer($node, 'app', q(SELECT * FROM probe.call(ARRAY['https://...'], any_address => true)));
package EcpProbe;

use strict;
use warnings FATAL => 'all';
use Cwd qw(abs_path);
use EcpTest;
use PostgreSQL::Test::Utils;

sub build
{
	my $library = PostgreSQL::Test::Utils::tempdir() . '/probe.so';
	my $pg_config = $ENV{PG_CONFIG} // 'pg_config';
	chomp(my $includes = `$pg_config --includedir-server`);
	run_log([ $ENV{CC} // 'cc', qw(-std=gnu11 -O2 -Wall -Wextra -Werror -Wno-missing-field-initializers -fPIC -shared -Isrc), '-isystem', $includes, '-o', $library, 'test/lib/probe.c' ])
	  or die "probe.c does not compile\n";
	chmod 0755, $library;
	return $library;
}

sub install
{
	my ($node, $database) = @_;
	my $library = build();
	answer($node, $database, <<"SQL");
ALTER DATABASE $database SET session_preload_libraries = 'ecopanier_worker';
LOAD 'ecopanier_worker';
CREATE SCHEMA probe;
CREATE FUNCTION probe.claim(queue text, "limit" int, closed text[] DEFAULT NULL, blocked text DEFAULT NULL,
	OUT territory_id int, OUT id uuid, OUT attempt int, OUT endpoint text)
RETURNS SETOF record LANGUAGE c AS '$library', 'probe_claim';
CREATE FUNCTION probe.settle(queue text, how text, territory int, id uuid, attempt int, delay_ms bigint DEFAULT 0, error text DEFAULT NULL)
RETURNS void LANGUAGE c AS '$library', 'probe_settle';
CREATE FUNCTION probe.take_up(queue text) RETURNS bigint LANGUAGE c AS '$library', 'probe_take_up';
CREATE FUNCTION probe.next_due(queue text, closed text[] DEFAULT NULL, blocked text DEFAULT NULL) RETURNS timestamptz
LANGUAGE c AS '$library', 'probe_next_due';
CREATE FUNCTION probe.call(urls text[], body text DEFAULT NULL, headers text[] DEFAULT NULL, timeout_ms int DEFAULT NULL,
	answer_max int DEFAULT NULL, any_address boolean DEFAULT false, sender text DEFAULT NULL, recipient text DEFAULT NULL,
	usr text DEFAULT NULL, password text DEFAULT NULL,
	OUT url text, OUT outcome text, OUT status int, OUT answer text, OUT length bigint, OUT type text, OUT retry_after_ms bigint, OUT duration_ms bigint)
RETURNS SETOF record LANGUAGE c AS '$library', 'probe_call';
CREATE TABLE probe.job (territory_id int NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), PRIMARY KEY (territory_id, id),
	state text NOT NULL DEFAULT 'queued', endpoint text NOT NULL, attempts int NOT NULL DEFAULT 0, next_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	claimed_at timestamptz, last_error text, created_at timestamptz NOT NULL DEFAULT ecopanier.now(), name text UNIQUE);
CREATE INDEX ON probe.job (territory_id, endpoint, next_at) WHERE state = 'queued';
CREATE INDEX ON probe.job (territory_id, id) WHERE state = 'calling';
GRANT USAGE ON SCHEMA probe TO ecopanier_owner;
GRANT ALL ON probe.job TO ecopanier_owner;
SQL
	return;
}

1;
