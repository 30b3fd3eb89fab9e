# Rule D13: nobody at a station can tell a free basket from a paid one.
#
# Two databases live through the same day; in one the basket is paid, in the
# other free. Everything that a merchant's staff can read or call must then
# give the same, identifiers apart; and handing over must run the same
# statements with the same buffers.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $lib = 'test/lib';
my $node = PostgreSQL::Test::Cluster->new('same');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_stat_statements,ecopanier'\n"
	  . "pg_stat_statements.track = 'all'\npg_stat_statements.max = 5000\nautovacuum = off\n");
$node->start;

# What a function gives to staff, called in both worlds; the others say why they need no call.
my %called = (
	'verify_pickup(text,text)' => "SELECT * FROM ecopanier.verify_pickup(:'qr', :'pin')",
	'whoami()' => 'SELECT role FROM ecopanier.whoami()',
	'current_role_name()' => 'SELECT ecopanier.current_role_name()',
	'pickup_public_keys()' => 'SELECT algorithm, is_current FROM ecopanier.pickup_public_keys()',
	'setting_value(text,timestamp with time zone)' => "SELECT ecopanier.setting_value('pickup_tries')",
	'cancel(uuid,text)' => "SELECT ecopanier.cancel(:'second', 'four en panne')",
	'release_pickup(uuid,text)' => "SELECT ecopanier.release_pickup(:'third', 'reconnue')",
);
$called{'reservation_wishes(uuid)'} = 'SELECT * FROM ecopanier.reservation_wishes()';
$called{'my_notifications(boolean,integer,uuid)'} = 'SELECT kind, title, body, created_at, read_at FROM ecopanier.my_notifications()';
$called{'unread_notifications()'} = 'SELECT ecopanier.unread_notifications()';
$called{'mark_all_read(timestamp with time zone)'} = 'SELECT ecopanier.mark_all_read()';
my %uninvolved = map { $_ => 1 } (
	'authenticate()', 'authenticate(text)', 'now()', 'new_id(integer)', 'territory_of(uuid)',
	'current_territory()', 'current_member()', 'current_organisation()',
	'message(text,text,jsonb)', 'message_catalogue()', 'error_code()', 'version()',
	'register_beneficiary(text,text)', 'verify_beneficiary(uuid,date,date)',
	'refuse_beneficiary(uuid,text)', 'suspend_beneficiary(uuid,text)',
	# organisation/
	'is_accredited(uuid,date)', 'apply_organisation(text,text,ecopanier.siret,text,text,double precision,double precision)',
	'my_organisations()', 'invite_staff(text)', 'revoke_invitation(uuid)', 'accept_invitation(text)', 'set_staff_function(uuid,text)',
	'remove_staff(uuid)', 'managed_organisation()', 'public_holidays(integer,text)', 'opening_hours(uuid,date,date)',
	'is_open(uuid,timestamp with time zone)', 'next_opening(uuid,timestamp with time zone)');
# What a person decides and reads about themself alone.
$uninvolved{$_} = 1 for 'give_consent(text,integer,text)', 'withdraw_consent(text)', 'my_consents()', 'consent_proof(text)',
	'export_person(uuid)', 'export_schema()', 'erase_person(uuid,text)';

# What concerns staff themselves, or nobody's basket.
$uninvolved{$_} = 1 for 'set_contact(text,text)', 'my_contacts()', 'remove_contact(text)';

# Ids of the own notifications.
$uninvolved{$_} = 1 for 'mark_read(uuid[])', 'distance_m(double precision,double precision,double precision,double precision)';
# What tells a partner's systems: the messages are compared in webhook.sql, their list is read below.
$uninvolved{$_} = 1 for 'add_webhook(text,text[],text,uuid)', 'rotate_webhook_secret(uuid,interval)', 'pause_webhook(uuid)', 'resume_webhook(uuid)',
	'remove_webhook(uuid)', 'send_webhook_test(uuid)', 'replay_webhook(uuid)';

# What concerns lots before anybody claims.
$uninvolved{$_} = 1 for 'propose_lot(bytea,uuid)', 'propose_lot_from(bytea)', 'confirm_proposal(uuid,jsonb)', 'discard_proposal(uuid,text)',
	'ask_again(uuid)', 'my_proposals(timestamp with time zone,integer)', 'listing_allowance()', 'food_categories()', 'lot_missing(uuid)';
$uninvolved{$_} = 1 for 'add_lot_photo(uuid,bytea)', 'remove_lot_photo(uuid,integer)', 'lot_photos(uuid)', 'lot_photo(uuid,integer)';

# Templates, repetition and batches say what is offered, the price of a lot is its own.
$uninvolved{$_} = 1 for 'price_on_schedule(integer,timestamp with time zone,integer,integer,integer,timestamp with time zone)', 'price_at(uuid,timestamp with time zone)',
	'windows_fit(tstzrange[],timestamp with time zone,timestamp with time zone)', 'local_times_fit(time without time zone[],time without time zone[])',
	'lot_from_template(uuid,date)', 'repeat_lots(date,date,boolean,uuid)', 'publish_lots(jsonb,uuid)';

# Rounds are opened with no word of what was claimed; 75_allotment.sql compares the answers.
$uninvolved{$_} = 1 for 'open_allotment(uuid,integer,timestamp with time zone,uuid)', 'cancel_allotment(uuid,text)';

# What is left of a lot is given without a word of who claimed the rest.
$uninvolved{$_} = 1 for 'my_offers()', 'accept_offer(uuid)', 'refuse_offer(uuid,text)', 'receive_offer(uuid,integer,bigint)', 'give_lot(uuid,integer,uuid,uuid)';

# One world: three baskets claimed by three persons of the same names, paid or free.
sub make_world
{
	my ($database, $role, @people) = @_;
	my $setup = slurp_file("$lib/fixture.sql");
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION pg_stat_statements; CREATE EXTENSION ecopanier; SELECT ecopanier.install()');
	$node->safe_psql($database, $setup);
	my @names = ('Ange', 'Dany', 'Maxi', 'Sasha');
	my @claims;
	my $lot = $node->safe_psql($database, $database =~ /^(bought|sponsored)$/ ? 'SELECT fixture.lot(8, 0)' : 'SELECT fixture.lot(4, 4)');
	# Somebody has paid for four of the eight units.
	$node->safe_psql($database, "INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Donatrice');"
		  . "INSERT INTO ecopanier.contribution (territory_id, member_id, kind, lot_id, quantity) VALUES (1, fixture.id('Donatrice'), 'basket', '$lot', 4);"
		  . "SELECT ecopanier.settle_instruction(id, 'R1', amount_cents) FROM ecopanier.due_instructions()") if $database =~ /^(bought|sponsored)$/;
	for my $i (0 .. $#names)
	{
		my $act = "SELECT fixture.act('$names[$i]', '$role');";
		$node->safe_psql($database, "SET ecopanier.clock = '2026-11-20 16:00+00';"
			  . ($i == 3 && $role eq 'beneficiary' ? "INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Sasha');"
				. "INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Sasha'), 'beneficiary');"
				. "INSERT INTO ecopanier.beneficiary (territory_id, member_id, state, valid_from, valid_until) "
				. "VALUES (1, fixture.id('Sasha'), 'verified', '2026-01-01', '2026-12-31')"
			  : $i == 3 ? "INSERT INTO ecopanier.member (territory_id, display_name) VALUES (1, 'Sasha');"
				. "INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Sasha'), 'customer')"
			  : "UPDATE ecopanier.member SET display_name = '$names[$i]' WHERE id = fixture.id('$people[$i]')"));
		push @claims, $node->safe_psql($database, "SET SESSION AUTHORIZATION api; $act "
			  . "SELECT reservation || ' ' || pin || ' ' || qr FROM ecopanier.reserve('$lot')") =~ /(\S+ \d{6} EP1\S+)/;
	}
	return map { [ split / /, $_ ] } @claims;
}

# Runs statements as staff of the bakery, inside the window; gives what psql prints.
sub as_staff
{
	my ($database, $who, $sql) = @_;
	my ($out, $err) = ('', '');
	$node->psql($database, "SET ecopanier.clock = '2026-11-20 17:30+00';\nSET SESSION AUTHORIZATION api;\n"
		  . "SELECT fixture.act('$who', 'merchant');\n$sql", stdout => \$out, stderr => \$err);
	return $out . $err;
}

# Takes away what differs between any two databases: identifiers, keys, tokens, random codes.
sub mask
{
	my ($text) = @_;
	$text =~ s/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/<id>/g;
	$text =~ s/\b[0-9a-f]{16}\b/<key>/g;
	$text =~ s/\\x[0-9a-f]{64}/<public key>/g;
	$text =~ s/"created_at":\s*"[^"]*"/<made>/g;
	return join "\n", sort split /\n/, $text;
}

my %claims = (
	paid => [ make_world('paid', 'customer', 'Camille', 'Charlie', 'Claude') ],
	free => [ make_world('free', 'beneficiary', 'Benoit', 'Basma', 'Bilal') ]);
# The same food wishes in both worlds.
for my $world ([ 'paid', 'customer' ], [ 'free', 'beneficiary' ])
{
	my ($database, $role) = @$world;
	$node->safe_psql($database, "SET SESSION AUTHORIZATION api; SELECT fixture.act('" . ('Ange', 'Dany', 'Maxi')[$_] . "', '$role');"
		  . "SELECT ecopanier.set_wishes('$claims{$database}[$_][0]', '{no_pork,no_milk}')") for 0 .. 2;
}
is(scalar @{ $claims{paid} }, 4, 'four paid baskets are claimed');
is(scalar @{ $claims{free} }, 4, 'four free baskets are claimed');

# What staff are told in the application: an hour before the end, the same units are left of both pools together.
for my $world ('paid', 'free')
{
	$node->safe_psql($world, "SET ecopanier.clock = '2026-11-20 18:00+00'; SELECT ecopanier.tick()");
	like(as_staff($world, 'Mona', 'SELECT string_agg(kind, \' \') FROM ecopanier.my_notifications();'), qr/lot\.ending/, "staff are told of $world baskets that are left");
}

# The first pickup warms caches and plans; the second is measured.
my %work;
for my $world ('paid', 'free')
{
	my ($warm, $measured) = @{ $claims{$world} }[ 0, 3 ];
	my $out = as_staff($world, 'Sami', "SELECT verdict FROM ecopanier.verify_pickup('$warm->[2]', '$warm->[1]');\n"
		  . "RESET SESSION AUTHORIZATION; SELECT pg_stat_statements_reset(); SET SESSION AUTHORIZATION api;\n"
		  . "SELECT fixture.act('Sami', 'merchant');\n"
		  . "SELECT * FROM ecopanier.verify_pickup('$measured->[2]', '$measured->[1]');");
	like($out, qr/handed_over\|Panier\|1\|Sasha/, "a $world basket is handed over");
	$work{$world} = $node->safe_psql($world, "SELECT calls, rows, shared_blks_hit + shared_blks_read, shared_blks_dirtied, "
		  . "left(query, 150) FROM pg_stat_statements WHERE query LIKE '%ecopanier.reservation%' "
		  . "OR query LIKE '%pickup_guess%' OR query LIKE '%lot_stock%' OR query LIKE '%free_quota%' ORDER BY query");
}
cmp_ok(($work{paid} =~ tr/\n//), '>=', 2, 'the statements of a pickup were seen');
is($work{free}, $work{paid}, 'the same statements, rows and buffers');

# Everything that staff can read.
my $readable = $node->safe_psql('paid', "SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace IN "
	  . "('ecopanier'::regnamespace, 'ecopanier_private'::regnamespace) AND c.relkind IN ('r', 'v', 'm', 'p') "
	  . "AND has_any_column_privilege('ecopanier_merchant', c.oid, 'SELECT') ORDER BY 1");
like($readable, qr/pickup_list/, 'staff read the list of pickups');
unlike($readable, qr/ecopanier\.reservation$/m, 'staff do not read reservations');
like(as_staff($_, 'Sami', 'SELECT count(*) FROM ecopanier.pickup_list;'), qr/^4$/m, "the $_ list has the four baskets") for 'paid', 'free';
for my $relation (split /\n/, $readable)
{
	for my $who ('Mona', 'Sami')
	{
		my $sql = "SELECT to_jsonb(t) FROM $relation t;";
		is(mask(as_staff('free', $who, $sql)), mask(as_staff('paid', $who, $sql)), "$relation tells $who the same");
	}
}

# Everything that staff can call.
my $callable = $node->safe_psql('paid', "SELECT p.proname || '(' || oidvectortypes(p.proargtypes) || ')' FROM pg_proc p "
	  . "WHERE p.pronamespace = 'ecopanier'::regnamespace AND has_function_privilege('ecopanier_merchant', p.oid, 'EXECUTE') "
	  . "AND p.prorettype <> 'trigger'::regtype "
	  . "AND NOT EXISTS (SELECT FROM pg_type t WHERE p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend)) "
	  . "AND NOT EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid) "
	  . "AND NOT EXISTS (SELECT FROM pg_amproc a WHERE a.amproc = p.oid) "
	  . "AND NOT EXISTS (SELECT FROM pg_cast c WHERE c.castfunc = p.oid) ORDER BY 1");
for my $function (split /\n/, $callable =~ s/, /,/gr)
{
	next if $uninvolved{$function} || $function =~ /^(ben_code|siret)_/;
	ok(exists $called{$function}, "$function is known to this test") or next;
	my %said;
	for my $world ('paid', 'free')
	{
		my ($first, $second, $third) = @{ $claims{$world} };
		my $sql = $called{$function};
		$sql =~ s/:'qr'/'$first->[2]'/;
		$sql =~ s/:'pin'/'$first->[1]'/;
		$sql =~ s/:'second'/'$second->[0]'/;
		$sql =~ s/:'third'/'$third->[0]'/;
		$said{$world} = mask(as_staff($world, 'Mona', "$sql;"));
	}
	is($said{free}, $said{paid}, "$function tells the same");
}

# Every verdict on a basket that is still there.
for my $try ('000000', '', 'x' x 5000)
{
	my %said = map { my $world = $_; my $third = $claims{$world}[2];
		$world => as_staff($world, 'Sara', "SELECT * FROM ecopanier.verify_pickup('$third->[2]', '$try');") } ('paid', 'free');
	like($said{paid}, qr/wrong_pin/, 'a wrong PIN is wrong');
	is($said{free}, $said{paid}, 'and says the same');
}
# The same of a basket that was bought and one that somebody else paid for, of lots with sponsored units.
%claims = (%claims, bought => [ make_world('bought', 'customer', 'Camille', 'Charlie', 'Claude') ],
	sponsored => [ make_world('sponsored', 'beneficiary', 'Benoit', 'Basma', 'Bilal') ]);
for my $world ('bought', 'sponsored')
{
	my ($warm, $measured) = @{ $claims{$world} }[ 0, 3 ];
	as_staff($world, 'Sami', "SELECT verdict FROM ecopanier.verify_pickup('$warm->[2]', '$warm->[1]');");
	my $out = as_staff($world, 'Sami', "SELECT verdict FROM ecopanier.verify_pickup('$warm->[2]', '$warm->[1]');\n"
		  . "RESET SESSION AUTHORIZATION; SELECT pg_stat_statements_reset(); SET SESSION AUTHORIZATION api;\n"
		  . "SELECT fixture.act('Sami', 'merchant');\nSELECT * FROM ecopanier.verify_pickup('$measured->[2]', '$measured->[1]');");
	like($out, qr/handed_over\|Panier\|1\|Sasha/, "a $world basket is handed over");
	$work{$world} = $node->safe_psql($world, "SELECT calls, rows, shared_blks_hit + shared_blks_read, shared_blks_dirtied, left(query, 150) FROM pg_stat_statements "
		  . "WHERE query ~ 'ecopanier.reservation|pickup_guess|lot_stock|free_quota|sponsored|money_instruction|contribution' ORDER BY query");
}
like($work{bought}, qr/^1\|1\|.*UPDATE ecopanier_private\.sponsored_lot/m, 'a pickup of a lot with sponsored units is counted, whoever pays');
unlike($work{$_}, qr/INTO ecopanier_private\.money_instruction|sponsored_unit/, "nothing else is written for the $_ one") for 'bought', 'sponsored';
is($work{sponsored}, $work{bought}, 'the same statements, rows and buffers');
for my $relation (split /\n/, $readable)
{
	for my $who ('Mona', 'Sami')
	{
		my $sql = "SELECT to_jsonb(t) FROM $relation t;";
		is(mask(as_staff('sponsored', $who, $sql)), mask(as_staff('bought', $who, $sql)), "$relation tells $who the same of a sponsored basket");
	}
}
is($node->safe_psql($_, 'SELECT sum(violations) FROM ecopanier.self_check()'), '0', "the $_ world is sound") for 'bought', 'sponsored';
is($node->safe_psql('free', 'SELECT sum(violations) FROM ecopanier.self_check()'), '0', 'the free world is sound');
is($node->safe_psql('paid', 'SELECT sum(violations) FROM ecopanier.self_check()'), '0', 'the paid world is sound');
$node->stop;
done_testing();
