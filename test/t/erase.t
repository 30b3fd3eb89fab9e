# A person about whom everything is known asks for it and goes: the document follows its schema and says what the tables say, and
# afterwards a dump holds nothing that only this person's rows held, while everything that counts is as it was.
use strict;
use warnings FATAL => 'all';
use utf8;
use DBD::Pg qw(:pg_types);
use EcpClient;
use EcpTest;
use Encode qw(decode encode);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('erase');
new_database($node, 'app', fixture => 1);
my $folder = $node->basedir;
my $api = EcpClient::connect_to($node, 'app', 'api');
my %role = (Alice => 'association', Adele => 'admin', Mona => 'merchant', Sami => 'merchant', Claude => 'customer');
my %sub;
sub ask
{
	my ($name, $role, $statement, @values) = @_;
	my $territory = $name =~ s/ 2$// ? 2 : 1;
	$sub{"$name $territory"} //= answer($node, 'app', "SELECT fixture.id('$name', $territory)");
	return EcpClient::as_member($api, qq({"role": "ecopanier_$role", "sub": "$sub{"$name $territory"}"}), "ecopanier_$role", sub {
		my $query = $api->prepare($statement);
		ref $values[$_] ? $query->bind_param($_ + 1, ${ $values[$_] }, { pg_type => PG_BYTEA }) : $query->bind_param($_ + 1, $values[$_]) for 0 .. $#values;
		$query->execute;
		return $statement =~ /^SELECT/ ? $query->fetchrow_array : ();
	});
}
sub asked
{
	my @what = @_;
	return (ask(@what))[0];
}
sub state_of
{
	my @what = @_;
	return eval { ask(@what); 1 } ? 'no error' : $EcpClient::state;
}
sub dump_of
{
	my ($name) = @_;
	$node->command_ok([ 'pg_dump', '-f', "$folder/$name.sql", $node->connstr('app') ], "a dump $name");
	my $text = slurp_file("$folder/$name.sql");
	utf8::encode($text) if utf8::is_utf8($text);
	return $text;
}

# The schema: as shipped, a valid one, and kept by the documents of all kinds of people.
my $schema = answer($node, 'app', 'SELECT jsonb_pretty(ecopanier.export_schema())');
my $json = JSON::PP->new->canonical->pretty;
same_text($json->encode($json->decode(slurp_file('doc/person.schema.json'))), $json->encode($json->decode(encode('UTF-8', decode('UTF-8', $schema)))), 'doc/person.schema.json is the schema');
append_to_file("$folder/schema.json", $schema);
my $validate = <<'PYTHON';
import json, sys, jsonschema
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
for error in validator.iter_errors(json.load(open(sys.argv[2], encoding="utf-8"))):
    print("/".join(map(str, error.absolute_path)), error.validator)
PYTHON
my $documents = 0;
sub errors_of
{
	my ($document) = @_;
	my $file = "$folder/document" . $documents++ . '.json';
	append_to_file($file, encode('UTF-8', $document));
	my ($out, $err);
	IPC::Run::run([ EcpClient::python(), '-c', $validate, "$folder/schema.json", $file ], '>', \$out, '2>', \$err) or die "jsonschema failed: $err";
	return $out;
}
is(errors_of(asked('Claude', 'customer', 'SELECT ecopanier.export_person($1)', answer($node, 'app', "SELECT fixture.id('Claude')"))), '', 'the document of somebody new follows the schema');
is(errors_of(asked('Mona', 'merchant', 'SELECT ecopanier.export_person($1)', answer($node, 'app', "SELECT fixture.id('Mona')"))), '', 'that of a merchant');
my $wrong = errors_of('{"schema": "urn:ecopanier:person:1", "generated_at": "2026-11-20T16:00:00+00:00", "person": {"erased": 1, "id": "x"}}');
like($wrong, qr/^person $_$/m, "what does not is found: $_") for 'required', 'additionalProperties';
like($wrong, qr{^person/id format$}m, 'and an id that is none');
my $before = dump_of('before');

# Everything that can be known of a person.
my ($name, $external) = ('Ysolde-Maëlys', 'dossier-77-Zqx');
my $tag = join '', map { chr(($_ * 37 + 11) % 256) } 1 .. 32;
my ($enrolled, $member) = ask('Alice', 'association', 'SELECT state, member FROM ecopanier.enrol_beneficiaries($1)',
	JSON::PP->new->encode([ { external_id => $external, display_name => $name, language => 'es', mail => 'ysolde@boite.example', phone => '0655443921', age_3_10 => 2, age_25_64 => 1 } ]));
is($enrolled, 'created', 'enrolled');
$sub{'Ysolde 1'} = $member;
my $me = 'Ysolde';
ask('Alice', 'association', 'SELECT ecopanier.verify_beneficiary($1, $2, NULL, $3)', $member, '2027-06-30', \$tag);
my $client = EcpClient->start('python');
my $public = $client->ask({ do => 'generate', key => 'office' })->{public};
my $key = asked('Alice', 'association', 'SELECT ecopanier.add_organisation_key($1, $2)', \pack('H*', $public), 'bureau');
my $sealed = $client->ask({ do => 'seal', member => $member, identity => { surname => 'Aubépine', given => 'Ysolde', born => '1957-09-13' }, to => $public })->{sealed};
ask('Alice', 'association', 'SELECT ecopanier.store_identity($1, $2, $3)', $member, $key, \pack('H*', $sealed));
$client->finish;
ask('Alice', 'association', 'SELECT ecopanier.restrict_beneficiary($1, $2, $3)', $member, 1, 'stock limité au Bourg-Zélande');
ask('Alice', 'association', 'SELECT ecopanier.suspend_beneficiary($1, $2)', $member, 'pièce illisible à Vaugrenat');
ask('Alice', 'association', 'SELECT ecopanier.reinstate_beneficiary($1)', $member);
ask($me, 'beneficiary', 'SELECT ecopanier.give_consent($1, 1, $2)', $_, 'es') for 'alerts', 'statistics';
ask($me, 'beneficiary', 'SELECT ecopanier.withdraw_consent($1)', 'alerts');
my ($card_id, $card, $pin) = ask('Alice', 'association', 'SELECT card_id, card, pin FROM ecopanier.issue_card($1)', $member);
is(asked('Alice', 'association', 'SELECT state FROM ecopanier.kiosk_login($1, $2)', $card, $pin), 'ok', 'signed in at a kiosk');
my ($lot, $other) = (new_lot($node, 'app', 0, 5), new_lot($node, 'app', 5, 0));
my ($basket, $qr, $basket_pin) = ask($me, 'beneficiary', 'SELECT reservation, qr, pin FROM ecopanier.reserve($1)', $lot);
ask($me, 'beneficiary', 'SELECT ecopanier.set_wishes($1, $2)', $basket, '{no_pork}');
answer($node, 'app', "INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, '$member', 'customer'), (1, '$member', 'merchant')");
my $paid = asked($me, 'customer', 'SELECT reservation FROM ecopanier.reserve($1)', $other);
ask('Mona', 'merchant', 'SELECT ecopanier.cancel($1, $2)', $paid, 'appel de Ysolde-M au fournil');
answer($node, 'app', "INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function) VALUES (1, fixture.organisation('Boulangerie'), '$member', 'reader');
	CREATE ROLE poste_ysolde LOGIN IN ROLE ecopanier_customer; SELECT ecopanier.map_login('poste_ysolde', '$member', 'customer');");
my $elsewhere = asked('Alice 2', 'association', 'SELECT ecopanier.register_beneficiary($1)', 'Homonyme');
ask('Alice 2', 'association', 'SELECT ecopanier.request_transfer($1, $2)', $elsewhere, \$tag);
ask($me, 'beneficiary', 'SELECT ecopanier.refuse_transfer(transfer, $1) FROM ecopanier.pending_transfers()', 'je reste à Quinçay');
ask('Adele', 'admin', 'SELECT ecopanier.open_access($1, $2)', $member, 'litige du 12 à Montamisé');
ask('Adele', 'admin', 'SELECT ecopanier.read_person($1)', $member);

# Given, followed, and interested in a round.
ask($me, 'customer', 'SELECT contribution FROM ecopanier.contribute($1, $2)', 'gift', 500);
ask($me, 'customer', 'SELECT ecopanier.add_favourite($1)', answer($node, 'app', "SELECT fixture.organisation('Boulangerie')"));
my $scarce = answer($node, 'app', "INSERT INTO ecopanier.lot (territory_id, organisation_id, title, category, solidarity_units, original_price_cents, unit_weight_g, cold_class, undated, window_start, window_end, state)
	SELECT 1, fixture.organisation('Boulangerie'), 'Rare', 'bakery', 1, 1000, 500, 'ambient', true, '2026-11-20 20:00+00', '2026-11-20 22:00+00', 'published' RETURNING id");
my $round = asked('Mona', 'merchant', 'SELECT ecopanier.open_allotment($1, 1, $2)', $scarce, '2026-11-20 18:30+00');
ask($me, 'beneficiary', 'SELECT ecopanier.declare_interest($1)', $round);

# What is told to the person, and that it was.
ask($me, 'beneficiary', 'SELECT ecopanier.give_consent($1, 1, $2)', 'alerts', 'es');
ask($me, 'beneficiary', 'SELECT ecopanier.set_alert(46.5812, 0.3377, 1500)');
answer($node, 'app', "SELECT ecopanier.tick();
	INSERT INTO ecopanier_private.alert_told (territory_id, member_id, lot_id, day) VALUES (1, '$member', '$lot', '2026-11-20') ON CONFLICT DO NOTHING;
	INSERT INTO ecopanier_private.mail (territory_id, id, member_id, event_id, kind, endpoint) VALUES (1, ecopanier.new_id(1), '$member', ecopanier.new_id(1), 'reservation.held', 'smtp://mail')");

answer($node, 'app', "ALTER DATABASE app SET ecopanier.clock = '2026-11-20 17:30:00+00'");
$api->disconnect;
$api = EcpClient::connect_to($node, 'app', 'api');
is(asked('Sami', 'merchant', 'SELECT verdict FROM ecopanier.verify_pickup($1, $2)', $qr, $_->[0]), $_->[1], "a PIN is $_->[1]")
	for [ sprintf('%06d', ($basket_pin + 1) % 1000000), 'wrong_pin' ], [ $basket_pin, 'handed_over' ];

# The document: whole, and what the tables say.
my $document = asked($me, 'beneficiary', 'SELECT ecopanier.export_person($1)', $member);
is(errors_of($document), '', 'the document of the rich person follows the schema');
my $told = JSON::PP->new->decode($document);
is_deeply([ grep { !ref $told->{$_} ? 0 : ref $told->{$_} eq 'ARRAY' ? !@{ $told->{$_} } : !%{ $told->{$_} } } sort keys %$told ],
	[ 'invitations', 'transfers' ], 'something in every part but invitations to staff and what this territory asked for');
is(join(' ', map { "$_->{kind} $_->{contact}" } sort { $a->{kind} cmp $b->{kind} } @{ $told->{contacts} }), 'mail ysolde@boite.example phone +33655443921', 'contacts are opened');
is(scalar(grep { $_->{state} =~ /^(?:collected|cancelled)$/ } @{ $told->{reservations} }), 2, 'both baskets');
is($told->{transfers_away}[0]{reason}, 'je reste à Quinçay', 'the reason that the person gave');
my $registered = "FROM ecopanier_private.personal_data p WHERE p.section IS NOT NULL AND p.through IS NULL AND p.section NOT IN ('person', 'audit')";
for (split /\n/, answer($node, 'app', "SELECT p.section, p.relation, p.person_column $registered ORDER BY 1"))
{
	my ($section, $relation, $column) = split /\|/;
	is(scalar @{ $told->{$section} }, answer($node, 'app', "SELECT count(*) FROM $relation WHERE $column = '$member'"), "$section: as many as there are rows");
}

# What only this person's rows hold: every text and every binary value of them that the dump before did not have.
my %only;
for (split /\n/, answer($node, 'app', q{SELECT p.relation, p.person_column, coalesce(p.through, ''), coalesce(p.through_column, ''), a.attname, a.atttypid = 'bytea'::regtype
	FROM ecopanier_private.personal_data p JOIN pg_attribute a ON a.attrelid = p.relation::regclass AND a.attnum > 0 AND NOT a.attisdropped
	AND (a.atttypid IN ('bytea'::regtype, 'text'::regtype, 'name'::regtype) OR a.atttypid::regtype::text = 'ecopanier.ben_code')
	WHERE p.relation <> 'ecopanier.audit_event'
	AND (p.relation, a.attname) NOT IN (('ecopanier.event', 'kind'), ('ecopanier.notification', 'kind'), ('ecopanier_private.mail', 'kind'), ('ecopanier_private.mail', 'endpoint'))}))	# words of ours
{
	my ($relation, $column, $through, $by, $value, $binary) = split /\|/;
	my $whose = $through ? "t.$column IN (SELECT h.id FROM $through h WHERE h.$by = '$member')" : "t.$column = '$member'";
	for my $found (split /\n/, answer($node, 'app', 'SELECT ' . ($binary eq 't' ? "encode(t.$value, 'hex')" : "t.${value}::text") . " FROM $relation t WHERE $whose AND t.$value IS NOT NULL"))
	{
		next if length $found < 4;
		my @forms = $binary eq 't' ? ($found, encode_base64(pack('H*', $found), '')) : ($found, unpack 'H*', $found);
		index($before, $_) < 0 and $only{$_} = "$relation.$value" for @forms;
	}
}
$only{$_} //= 'given' for map { ($_, unpack 'H*', $_) } encode('UTF-8', $name), $external, 'ysolde', $tag, $card, encode('UTF-8', 'Zélande'), 'Vaugrenat', encode('UTF-8', 'Quinçay'), 'fournil';
cmp_ok(scalar(keys %only), '>', 40, 'there is much to look for');
my $rich = dump_of('rich');
my %kinds = map { $only{$_} => 1 } grep { index($rich, $_) >= 0 } keys %only;
cmp_ok(scalar(keys %kinds), '>=', 14, 'and the search finds it') or diag(join ' ', sort keys %kinds);

# Undone, nothing has happened.
my $rows = rows($node, 'app');
is(state_of($me, 'beneficiary', 'SELECT ecopanier.erase_person($1), 1/0', $member), '22012', 'erased, and undone');
same_text(rows($node, 'app'), $rows, 'a rollback leaves all');

is(answer($node, 'app', 'SELECT ecopanier.current_member()', user => 'poste_ysolde'), $member, 'the login is still the person');

is(refusal($node, 'app', acting('Adele', 'administrator') . "BEGIN ISOLATION LEVEL $_; SELECT ecopanier.erase_person('$member', 'doublon')"), 'ZE107', "not in $_")
	for 'REPEATABLE READ', 'SERIALIZABLE';
is(refusal($node, 'app', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM ecopanier.retention()'), 'ZE107', 'nor retention()');

# Gone.
my $sums = q{SELECT (SELECT jsonb_agg(t) FROM ecopanier.impact_total t), (SELECT jsonb_agg(t ORDER BY day) FROM ecopanier.impact_by_day t),
	(SELECT jsonb_agg(t ORDER BY t) FROM ecopanier_private.free_quota t), (SELECT jsonb_agg(t ORDER BY t) FROM ecopanier_private.lot_stock t), (SELECT sum(amount_cents) || '/' || count(*) FROM ecopanier.reservation)};
my $counted = answer($node, 'app', $sums);
is(state_of($me, 'beneficiary', 'SELECT ecopanier.erase_person($1, $2)', $member, 'adieu Quinçay'), 'no error', 'erased');
is(state_of('Adele 2', 'admin', 'SELECT ecopanier.erase_person($1, $2)', $elsewhere, 'demande reçue'), 'no error', 'where the transfer was asked for too');
is(answer($node, 'app', $sums), $counted, 'impact, quota, stock and amounts are as they were');
is(answer($node, 'app', 'SELECT count(*) FROM ecopanier.self_check() WHERE violations > 0'), '0', 'self_check() finds nothing');
like(answer($node, 'app', "SELECT string_agg(state, ' ' ORDER BY item) FROM ecopanier.doctor() WHERE item = 'personal data'"), qr/^ok$/, 'nor doctor()');
my $after = dump_of('after');
my %left;
index($after, $_) >= 0 and push @{ $left{ $only{$_} } }, $_ for keys %only;
# The register of codes keeps the code alone, so that it is given to nobody again.
my $codes = delete $left{'ecopanier.beneficiary.ben_code'};
is(scalar(grep { /-BEN-/ } @{ $codes // [] }), 1, 'the code is left');
is(scalar(() = $after =~ /\Q$codes->[0]\E/g), 1, 'in the register of codes alone');
is_deeply(\%left, {}, 'nothing else that identifies is left');
is(state_of($me, 'beneficiary', 'SELECT ecopanier.authenticate()'), '42501', 'nobody signs in');
is(state_of($me, $_, 'SELECT ecopanier.reserve($1)', $lot), '42501', "nor claims as a $_") for 'customer', 'beneficiary';
is(asked('Alice', 'association', 'SELECT state FROM ecopanier.kiosk_login($1, $2)', $card, $pin), 'refused', 'nor with the card');
is(answer($node, 'app', 'SELECT ecopanier.current_member() IS NULL', user => 'poste_ysolde'), 't', 'nor by the login');
is(state_of('Adele', 'admin', 'SELECT ecopanier.erase_person($1, $2)', $member, 'encore une fois'), 'ZE101', 'a second time there is nobody');
is(state_of('Adele', 'admin', 'SELECT ecopanier.export_person($1)', $member), 'ZE101', 'nor anything to read');
answer($node, 'app', 'SELECT * FROM ecopanier.tick()');
is(answer($node, 'app', "SELECT count(*) FROM ecopanier.verify_audit($_) WHERE is_fault"), '0', "the audit of territory $_ verifies") for 1, 2;
my $again = asked('Alice', 'association', 'SELECT state FROM ecopanier.enrol_beneficiaries($1)', JSON::PP->new->encode([ { external_id => $external, display_name => 'Nouvelle' } ]));
is($again, 'created', "the other system's number is free again");
$api->disconnect;
done_testing();
