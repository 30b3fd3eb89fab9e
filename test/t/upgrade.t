# The release before under today's library, and what ALTER EXTENSION UPDATE makes of it. test/release keeps the
# SQL of each release as it was shipped, and the checksums of its migrations; both stay the same for ever.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use File::Copy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A fragment may move to another room; its text may not change.
sub without_paths { return $_[0] =~ s{^/\* \S+\.sql \*/$}{}mgr; }

my @releases = split /\n/, qx(src/assemble releases);
my $current = pop @releases;
is_deeply([ map { /ecopanier--(.+)\.sql$/ } sort glob 'test/release/*.sql' ], \@releases, 'the SQL of every release but the newest is kept');
for my $release (@releases)
{
	same_text(without_paths(scalar qx(src/assemble release $release)), without_paths(slurp_file("test/release/ecopanier--$release.sql")),
		"the fragments of release $release are as they were shipped");
}

my $sharedir = qx(pg_config --sharedir);
chomp $sharedir;
my @brought;
for my $release (@releases)
{
	my $script = "$sharedir/extension/ecopanier--$release.sql";
	next if -e $script;
	copy("test/release/ecopanier--$release.sql", $script) or die "$script: $! (these tests need a private copy of the server)\n";
	push @brought, $script;
}
END { unlink @brought if @brought; }

my $node = new_node('upgrade');
new_database($node, 'fresh');
my $fresh = catalogue($node, 'fresh');
is(join("\n", grep { $_ } split /\n/, slurp_file('test/release/migrations')), answer($node, 'fresh',
	"SELECT format('%s %s %s', number, name, checksum) FROM ecopanier.migration ORDER BY number LIMIT " . @{ [ slurp_file('test/release/migrations') =~ /^\d/mg ] }),
	'the migrations of past releases are as they were shipped');
answer($node, 'postgres', 'CREATE DATABASE dry');
answer($node, 'dry', 'CREATE EXTENSION ecopanier');
my $dry = answer($node, 'dry', 'SELECT ecopanier.install(true)');

# Old SQL, no tables yet, new library.
for my $release (@releases)
{
	(my $database = "code_$release") =~ s/\W/_/g;
	answer($node, 'postgres', "CREATE DATABASE $database");
	answer($node, $database, "CREATE EXTENSION ecopanier VERSION '$release'");
	is(answer($node, $database, 'SELECT ecopanier.version()'), $current, "$release: version() is the library's");
	is(answer($node, $database, 'SELECT ecopanier.now() = statement_timestamp()'), 't', "$release: now() works");
	is(answer($node, $database, 'SELECT ecopanier.territory_of(ecopanier.new_id(77))'), '77', "$release: new_id() and territory_of() work");
	like(failure($node, $database, "SELECT ecopanier.create_territory('a', 'A', 'Europe/Paris')"),
		qr/ERROR:  ZE001: .*\nHINT:  Run SELECT ecopanier\.install/, "$release: what needs tables says so");
	like(failure($node, $database, 'SELECT ecopanier.install()'),
		qr/ERROR:  ZE002: the extension is of release \Q$release\E, its library of release \Q$current\E\nHINT:  Run ALTER EXTENSION ecopanier UPDATE/,
		"$release: install() says what to run first");
	is(refusal($node, $database, 'SELECT ecopanier.install(true)'), 'ZE002', "$release: a dry run too");
	my ($rc, $out, $err) = EcpTest::run_psql($node, $database, 'ALTER EXTENSION ecopanier UPDATE');
	is($rc, 0, "$release: the extension is updated");
	like($err, qr/NOTICE: .*run SELECT ecopanier\.install\(\);/, "$release: the update says what to run next");
	answer($node, $database, 'SELECT ecopanier.install()');
	same_text(catalogue($node, $database), $fresh, "$release: updated before install(), the catalogue is that of a fresh $current");
}

# Old SQL with its tables and rows in them. Migration 1 is what release 0.0.1 installed.
my ($tables) = $dry =~ /\A(.*?)^-- migration 2 /ms;
answer($node, 'postgres', 'CREATE DATABASE used');
answer($node, 'used', "CREATE EXTENSION ecopanier VERSION '0.0.1'");
answer($node, 'used', $tables);
answer($node, 'used', "INSERT INTO ecopanier.territory (slug, name, time_zone) VALUES ('grand-poitiers', 'Grand Poitiers', 'Europe/Paris')");
like(failure($node, 'used', "SELECT ecopanier.create_territory('a', 'A', 'Europe/Paris')"),
	qr/ERROR:  ZE002: the tables of ecopanier are older than its library\n.*\nHINT:  Run ALTER EXTENSION ecopanier UPDATE; SELECT ecopanier\.install/,
	'with older tables, the API says what to run');
is(refusal($node, 'used', 'SELECT ecopanier.install()'), 'ZE002', 'install() waits for the update');
is(answer($node, 'used', 'SELECT slug FROM ecopanier.territory'), 'grand-poitiers', 'the rows can be read');
is(refusal($node, 'used', "INSERT INTO ecopanier.territory (id, slug, name, time_zone) VALUES (9, 'b', 'B', 'Nowhere/Here')"), '22023',
	'and the old trigger works under the new library');
my $session = $node->background_psql('used');
$session->query_safe('SELECT ecopanier.now()');
answer($node, 'used', 'ALTER EXTENSION ecopanier UPDATE');
is(refusal($node, 'used', 'SELECT ecopanier.whoami()'), 'ZE002', 'updated, the API still asks for install()');
unlike(answer($node, 'used', 'SELECT ecopanier.install()'), qr/migration 1 /, 'install() runs what has not run');
same_text(catalogue($node, 'used'), $fresh, 'the catalogue is that of a fresh one');
is(answer($node, 'used', 'SELECT count(*) FROM ecopanier.setting s JOIN ecopanier.territory t ON t.id = s.territory_id'),
	answer($node, 'used', 'SELECT count(*) FROM ecopanier.setting_definition'), 'the territory that was there has its settings');
is($session->query_safe("SELECT ecopanier.create_territory('b', 'B', 'Indian/Reunion')"), '2', 'a session from before goes on');
is(answer($node, 'used', "SELECT string_agg(t.slug || ' ' || s.value, ', ' ORDER BY t.id) FROM ecopanier.setting s JOIN ecopanier.territory t ON t.id = s.territory_id WHERE s.name = 'tag_required'"),
	'grand-poitiers 0, b 1', 'rights of before need no tags, a new territory asks for them');
$session->quit;
answer($node, 'used', slurp_file('test/lib/fixture.sql') =~ s/^INSERT INTO ecopanier\.territory.*?;$//msr);
is(answer($node, 'used', acting('Camille', 'customer') . 'SELECT (ecopanier.whoami()).role'), 'customer', 'and all of it can be used');

# The same by hand, from what a dry run prints.
answer($node, 'postgres', 'CREATE DATABASE by_hand');
answer($node, 'by_hand', "CREATE EXTENSION ecopanier VERSION '0.0.1'");
answer($node, 'by_hand', $tables);
answer($node, 'by_hand', 'ALTER EXTENSION ecopanier UPDATE');
my $rest = answer($node, 'by_hand', 'SELECT ecopanier.install(true)');
unlike($rest, qr/-- migration 1 /, 'a dry run of the update prints what has not run');
answer($node, 'by_hand', $rest, extra => ['-1']);
same_text(catalogue($node, 'by_hand'), $fresh, 'run by hand, it gives the same catalogue');

# Release 0.1.0 with its tables in use: what it noted goes into the audit of today.
my ($used) = $dry =~ /\A(.*?)^-- migration 12 /ms;
answer($node, 'postgres', 'CREATE DATABASE noted');
answer($node, 'noted', "CREATE EXTENSION ecopanier VERSION '0.1.0'");
answer($node, 'noted', $used);
my ($key) = slurp_file(key_file($node)) =~ /^([0-9a-f]{16}) /m;
answer($node, 'noted', <<"SQL");
SET session_replication_role = replica;
INSERT INTO ecopanier_private.installation VALUES (gen_random_uuid());
INSERT INTO ecopanier.key_ring (id, public_key, created_at, is_current) VALUES ('$key', decode(repeat('61', 32), 'hex'), now(), true);
INSERT INTO ecopanier.territory (slug, name, time_zone) VALUES ('grand-poitiers', 'Grand Poitiers', 'Europe/Paris');
INSERT INTO ecopanier.audit_entry (territory_id, id, at, actor_id, actor_login, action, subject_id, reason) VALUES
	(1, ecopanier.new_id(1), '2026-05-01 10:00+00', ecopanier.new_id(1), 'api', 'pickup_release', ecopanier.new_id(1), 'known to us'),
	(1, ecopanier.new_id(1), '2026-05-01 09:00+00', NULL, 'postgres', 'pickup_release', ecopanier.new_id(1), NULL);
INSERT INTO ecopanier.organisation (territory_id, id, kind, name, state) SELECT 1, ecopanier.new_id(1), 'merchant', 'is ' || s, s
	FROM unnest(ARRAY['active', 'closed']) s;
INSERT INTO ecopanier.setting (territory_id, name, version, value, valid_from, author_login, source)
	VALUES (1, 'free_units_per_day', 1, 3, '2026-05-01', 'postgres', 'council');
SQL
my $entries = answer($node, 'noted', 'SELECT id, at, actor_id, actor_login, action, subject_id, reason FROM ecopanier.audit_entry ORDER BY at');
answer($node, 'noted', 'ALTER EXTENSION ecopanier UPDATE; SELECT ecopanier.install();');
is(answer($node, 'noted', "SELECT id, at, actor_id, actor_login, action, subject_id, reason FROM ecopanier.audit_event WHERE action = 'pickup_release' ORDER BY at"),
	$entries, 'what release 0.1.0 noted is in the audit');
is(answer($node, 'noted', "SELECT string_agg(actor_kind, ' ' ORDER BY at) FROM ecopanier.audit_event WHERE action = 'pickup_release'"), 'load person', 'with the kind of who acted');
is(answer($node, 'noted', "SELECT count(*) FROM ecopanier.audit_event WHERE reason_digest = ecopanier.audit_reason_digest(reason_salt, reason)"), '1', 'a reason with its digest');
is(answer($node, 'noted', "SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM ecopanier.organisation"), 'is active active, is closed closed',
	'its organisations are as they were');
is(answer($node, 'noted', "SELECT value FROM ecopanier.setting WHERE source = 'council'"), '3', 'and its settings');
is(answer($node, 'noted', 'SELECT count(error) FROM ecopanier.tick()'), '0', 'it is linked');
is(answer($node, 'noted', 'SELECT count(*) FROM ecopanier.verify_audit(1) WHERE is_fault'), '0', 'and verifies');
same_text(catalogue($node, 'noted'), $fresh, 'the catalogue is that of a fresh one');

# Releases with a territory, its people and lots, updated by install() and by hand: what was over is done, what was published stays and is claimed.
for my $case (['0.2.0', 21, 'call'], ['0.2.0', 21, 'hand'], ['0.3.0', 31, 'call'], ['0.3.0', 31, 'hand'])
{
	my ($release, $next, $how) = @$case;
	my ($before) = $dry =~ /\A(.*?)^-- migration $next /ms;
	(my $database = "of_${release}_$how") =~ tr/./_/;
	answer($node, 'postgres', "CREATE DATABASE $database");
	answer($node, $database, "CREATE EXTENSION ecopanier VERSION '$release'");
	answer($node, $database, $before);
	answer($node, $database, <<"SQL");
SET session_replication_role = replica;
INSERT INTO ecopanier_private.installation VALUES (gen_random_uuid());
INSERT INTO ecopanier.key_ring (id, public_key, created_at, is_current) VALUES ('$key', decode(repeat('61', 32), 'hex'), now(), true);
INSERT INTO ecopanier.territory (slug, name, time_zone) VALUES ('grand-poitiers', 'Grand Poitiers', 'Europe/Paris');
INSERT INTO ecopanier.setting (territory_id, name, version, value, valid_from, author_login, source)
	SELECT 1, name, 1, default_value, '-infinity', 'postgres', source FROM ecopanier.setting_definition;
INSERT INTO ecopanier.member (territory_id, id, display_name) VALUES (1, ecopanier.new_id(1), 'Camille');
INSERT INTO ecopanier.organisation (territory_id, id, kind, name, state) VALUES (1, ecopanier.new_id(1), 'merchant', 'Boulangerie', 'active');
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, public_units, original_price_cents, price_cents, window_start, window_end, state)
	SELECT 1, ecopanier.new_id(1), id, title, 3, 1000, 400, now() + starts, now() + ends, 'published' FROM ecopanier.organisation,
	(VALUES ('Panier', interval '-2 days', interval '-1 day'), ('Demain', '1 day', '2 days')) v (title, starts, ends);
INSERT INTO ecopanier.lot (territory_id, id, organisation_id, title, public_units, original_price_cents, price_cents, window_start, window_end, state)
	SELECT 1, ecopanier.new_id(1), id, 'Il y a longtemps', 3, 1000, 400, now() - interval '401 days', now() - interval '400 days', 'closed' FROM ecopanier.organisation;
INSERT INTO ecopanier_private.lot_stock SELECT 1, id, CASE title WHEN 'Panier' THEN 2 ELSE 3 END, 0 FROM ecopanier.lot;
INSERT INTO ecopanier.reservation (territory_id, id, lot_id, member_id, organisation_id, claimed_at, window_start, window_end, quantity, amount_cents, pool, state, key_id)
	SELECT 1, ecopanier.new_id(1), l.id, m.id, l.organisation_id, now() - interval '3 days', l.window_start, l.window_end, 1, 400, 'public', 'held', '$key'
	FROM ecopanier.lot l, ecopanier.member m WHERE l.title = 'Panier';
SQL
	is(refusal($node, $database, 'SET session_replication_role = replica; INSERT INTO ecopanier.reservation SELECT * FROM ecopanier.reservation'), '23505',
		"what a replica applies to tables of $release is taken: the key alone knows that it is there");
	answer($node, $database, 'ALTER EXTENSION ecopanier UPDATE');
	answer($node, $database, answer($node, $database, 'SELECT ecopanier.install(true)'), extra => ['-1']) if $how eq 'hand';
	answer($node, $database, 'SELECT ecopanier.install()');
	same_text(catalogue($node, $database), $fresh, "$release with rows, updated by $how: the catalogue is that of a fresh one");
	is(answer($node, $database, "SELECT coalesce(string_agg(step || ' ' || error, ', '), 'no error') FROM ecopanier.tick()"), 'no error', 'its first turn');
	is(answer($node, $database, "SELECT r.state, l.state FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.id = r.lot_id WHERE l.title = 'Panier'"),
		'lapsed|closed', 'does what was due');
	is(answer($node, $database, "SELECT count(*) FROM (SELECT name FROM ecopanier.setting_definition EXCEPT SELECT name FROM ecopanier.setting) n"), '0',
		'a territory of before has the new settings');
	answer($node, $database, "INSERT INTO ecopanier.reservation (lot_id, member_id) SELECT l.id, m.id FROM ecopanier.lot l, ecopanier.member m WHERE l.title = 'Demain'");
	is(answer($node, $database, "SELECT l.state, r.amount_cents, s.public_left FROM ecopanier.reservation r JOIN ecopanier.lot l ON l.id = r.lot_id "
		. "JOIN ecopanier_private.lot_stock s ON s.lot_id = l.id WHERE l.title = 'Demain'"), 'published|400|2', 'what was published before is claimed as before');
	is(answer($node, $database, 'SELECT (SELECT count(*) FROM ecopanier.cascade_step), (SELECT count(*) FROM ecopanier.lot WHERE source_lot_id IS NOT NULL)'), '0|0',
		'what is left of lots of before, which do not say how they are kept, does not go on');
	is(answer($node, $database, 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'and self_check() finds nothing');
}

done_testing();
