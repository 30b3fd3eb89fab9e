# The statements that PostgREST sends, in its order and shape, as its authenticator; and the HTTP status that it
# makes of what we raise, by the table of its mapping in test/lib/data.
use strict;
use warnings FATAL => 'all';
use EcpTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('postgrest');
new_database($node, 'app', fixture => 1);
answer($node, 'app', "CREATE ROLE authenticator LOGIN NOINHERIT IN ROLE ecopanier_authenticator");

# SQLSTATE, or its beginning followed by x, to status; 'tout autre' is what is left.
my %status;
for (grep { /^"?[0-9A-Zt]/ } split /\n/, slurp_file('test/lib/data/postgrest_sqlstate_http.csv'))
{
	$status{$1} = $2 if /^([0-9A-Z]{2}(?:[0-9A-Z]{3}|[0-9A-Z]?x+)|tout autre)(?: \(autres\))?,(\d{3})/;
}
$status{42501} = 403;
sub status_of
{
	my ($sqlstate, $role) = @_;
	return 401 if $sqlstate eq '42501' && $role eq 'anon';
	my ($key) = grep { exists $status{$_} } $sqlstate, substr($sqlstate, 0, 2) . '0xx', substr($sqlstate, 0, 2) . 'xxx', 'tout autre';
	return $status{$key};
}
is(status_of('40001', 'customer') . status_of('23514', 'customer') . status_of('23505', 'customer') . status_of('P0001', 'customer'),
	'500400409400', 'the table is read');

# One request, as POSTGREST.md of the API layer tells: begin, settings, pre-request, prepared main query, commit.
my %id = map { $_ => answer($node, 'app', "SELECT fixture.id('$_')") } qw(Camille Benoit Basma Bruno Mona Sami Adele);
sub request
{
	my ($method, $path, $name, $role, $main, $body) = @_;
	my $mode = $method =~ /GET|HEAD/ ? 'READ ONLY' : 'READ WRITE';
	my $claims = $name ? qq({"role": "ecopanier_$role", "sub": "$id{$name}"}) : qq({"role": "ecopanier_$role"});
	my $arguments = defined $body ? "('" . ($body =~ s/'/''/gr) . "')" : '';
	my $types = defined $body ? '(json)' : '';
	return <<"SQL";
BEGIN ISOLATION LEVEL READ COMMITTED $mode;
SELECT set_config('search_path', '"ecopanier", "public"', true), set_config('role', 'ecopanier_$role', true),
	set_config('request.jwt.claims', '$claims', true), set_config('request.method', '$method', true), set_config('request.path', '$path', true),
	set_config('request.headers', '{"accept": "*/*"}', true), set_config('request.cookies', '{}', true) \\gset
SELECT "ecopanier"."authenticate"() \\gset
PREPARE main_query$types AS $main;
EXECUTE main_query$arguments;
COMMIT;
SQL
}
my $tail = q(SELECT '' AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body FROM (SELECT * FROM pgrst_source) _postgrest_t);
my $read = sub { return qq(WITH pgrst_source AS (SELECT "ecopanier"."$_[0]".* FROM "ecopanier"."$_[0]") $tail) };
my $insert = sub {
	my ($table, $columns, $returning) = @_;
	my $names = join ', ', map { (split)[0] } split /, /, $columns;
	my $values = join ', ', map { "pgrst_body." . (split)[0] } split /, /, $columns;
	return qq(WITH pgrst_source AS (INSERT INTO "ecopanier"."$table"($names) SELECT $values FROM (SELECT \$1 AS json_data) pgrst_payload,
		LATERAL (SELECT $names FROM json_to_record(pgrst_payload.json_data) AS _($columns)) pgrst_body RETURNING $returning) $tail);
};
my $call = sub {
	my ($function, $columns) = @_;
	my $arguments = join ', ', map { my ($n) = split; "\"$n\" := pgrst_body.$n" } split /, /, $columns;
	return qq(WITH pgrst_source AS (SELECT pgrst_call.* FROM (SELECT \$1 AS json_data) pgrst_payload,
		LATERAL (SELECT * FROM json_to_record(pgrst_payload.json_data) AS _($columns)) pgrst_body,
		LATERAL "ecopanier"."$function"($arguments) pgrst_call) $tail);
};
my $ask = sub { return answer($node, 'app', request(@_), user => 'authenticator') };
my $refused = sub { return refusal($node, 'app', request(@_), user => 'authenticator') };

# Reading.
my $lot = new_lot($node, 'app', 4, 6);
like($ask->('GET', '/lot_offer', 'Camille', 'customer', $read->('lot_offer')), qr/^\|1\|\[\{.*"lot_id":"$lot".*"price_cents":400/, 'GET lot_offer as a customer');
like($ask->('GET', '/lot_offer', 'Benoit', 'beneficiary', $read->('lot_offer')), qr/"price_cents":0/, 'GET lot_offer as a beneficiary');
is($ask->('GET', '/territory', undef, 'anon', $read->('territory')) =~ /^\|2\|/, 1, 'GET territory as anonymous');
is($ask->('GET', '/lot', 'Camille', 'customer', $read->('lot')) =~ /^\|1\|/, 1, 'GET lot, all columns');

# Claiming: the table and the function are one door.
my $body = qq({"lot_id": "$lot", "quantity": 1});
my $row = $ask->('POST', '/reservation', 'Camille', 'customer', $insert->('reservation', 'lot_id uuid, quantity int', '"ecopanier"."reservation".*'), $body);
like($row, qr/^\|1\|\[\{.*"lot_id":"$lot".*"quantity":1,"amount_cents":400.*"state":"held"/, 'POST reservation, return=representation');
is($ask->('POST', '/reservation', 'Camille', 'customer', $insert->('reservation', 'lot_id uuid, quantity int', '1'), $body), '|1|[{"?column?":1}]',
	'POST reservation, return=minimal');
my $receipt = $ask->('POST', '/rpc/reserve', 'Camille', 'customer', $call->('reserve', 'lot uuid, quantity int'), qq({"lot": "$lot", "quantity": 1}));
like($receipt, qr/^\|1\|\[\{"reservation":"[0-9a-f-]{36}","lot":"$lot","state":"held","quantity":1,"amount_cents":400,"pin":"\d{6}","qr":"EP1\./, 'POST rpc/reserve');
is(answer($node, 'app', "SELECT count(*), count(DISTINCT (to_jsonb(r) - 'id')) FROM ecopanier.reservation r"), '3|1', 'all three made the same row');
my ($reservation) = $receipt =~ /"reservation":"([0-9a-f-]{36})"/;
is($ask->('GET', '/rpc/receipt', 'Camille', 'customer', $call->('receipt', 'reservation uuid'), qq({"reservation": "$reservation"})), $receipt,
	'GET rpc/receipt gives it again');
like($ask->('GET', '/rpc/pickup_qr', 'Camille', 'customer', qq(SELECT pickup_qr FROM "ecopanier"."pickup_qr"("reservation" := '$reservation') )), qr/^<svg|^<\?xml/,
	'GET rpc/pickup_qr is a picture');
is(answer($node, 'app', "SELECT string_agg(proname || ' ' || prorettype::regtype, ', ' ORDER BY proname) FROM pg_proc WHERE proname ~ '^pickup_qr'"),
	'pickup_qr ecopanier."image/svg+xml", pickup_qr_png ecopanier."image/png"', 'of a media type that is served as such');
is($ask->('POST', '/rpc/cancel', 'Camille', 'customer', qq(SELECT "ecopanier"."cancel"("reservation" := '$reservation') )), '', 'POST rpc/cancel');
is(answer($node, 'app', request('GET', '/', 'Camille', 'customer', 'SELECT 1') . "SELECT current_setting('request.jwt.claims') || '.'", user => 'authenticator'), "1\n.",
	'after COMMIT the claims are empty');

# A batch is text, which an API server fills with the array of the body, or with a text that holds one.
$id{Alice} = answer($node, 'app', "SELECT fixture.id('Alice')");
my $batch = '[{"external_id": "e1", "display_name": "Zo\u00e9"}, {"external_id": "e2", "display_name": "Ali", "age_0_2": 1}]';
my $enrol = $call->('enrol_beneficiaries', 'rows text');
like($ask->('POST', '/rpc/enrol_beneficiaries', 'Alice', 'association', $enrol, qq({"rows": $batch})), qr/^\|2\|\[\{"line":1,"external_id":"e1",.*"state":"created"/,
	'POST rpc/enrol_beneficiaries with an array');
like($ask->('POST', '/rpc/enrol_beneficiaries', 'Alice', 'association', $enrol, '{"rows": "' . ($batch =~ s/([\\"])/\\$1/gr) . '"}'),
	qr/^\|2\|\[\{"line":1,"external_id":"e1",.*"state":"exists"/, 'with a text');
is(answer($node, 'app', "SELECT string_agg(display_name, ' ' ORDER BY external_id) FROM ecopanier.enrolment JOIN ecopanier.member m ON m.id = member_id"), 'Zoé Ali', 'both are read alike');
is($refused->('POST', '/rpc/enrol_beneficiaries', 'Alice', 'association', $enrol, '{"rows": {"external_id": "e3"}}'), '22023', 'an object is no batch');

# Refusals and their status.
my $unknown = '00000000-0000-8000-8000-000000000000';
my $elsewhere = answer($node, 'app', 'SELECT fixture.lot(5, 5, 2)');
my $reserve = $call->('reserve', 'lot uuid, quantity int');
my $roles = $insert->('member_role', 'member_id uuid, role text', '1');
for my $case (
	[ 'sold out', 'ZE104', 400, 'POST', '/rpc/reserve', 'Camille', 'customer', $reserve, qq({"lot": "$lot", "quantity": 9}) ],
	[ 'quota', 'ZE105', 400, 'POST', '/rpc/reserve', 'Benoit', 'beneficiary', $reserve, qq({"lot": "$lot", "quantity": 3}) ],
	[ 'quota by POST', 'ZE105', 400, 'POST', '/reservation', 'Benoit', 'beneficiary', $insert->('reservation', 'lot_id uuid, quantity int', '1'),
		qq({"lot_id": "$lot", "quantity": 3}) ],
	[ 'not verified', 'ZE106', 400, 'POST', '/rpc/reserve', 'Bruno', 'beneficiary', $reserve, qq({"lot": "$lot", "quantity": 1}) ],
	[ 'unknown lot', 'ZE101', 400, 'POST', '/rpc/reserve', 'Camille', 'customer', $reserve, qq({"lot": "$unknown", "quantity": 1}) ],
	[ 'lot of another territory', 'ZE101', 400, 'POST', '/rpc/reserve', 'Camille', 'customer', $reserve, qq({"lot": "$elsewhere", "quantity": 1}) ],
	[ 'quantity 0', '22023', 400, 'POST', '/rpc/reserve', 'Camille', 'customer', $reserve, qq({"lot": "$lot", "quantity": 0}) ],
	[ 'no lot', '22004', 400, 'POST', '/rpc/reserve', 'Camille', 'customer', $reserve, '{"quantity": 1}' ],
	[ 'not a UUID', '22P02', 400, 'POST', '/rpc/reserve', 'Camille', 'customer', $reserve, '{"lot": "x", "quantity": 1}' ],
	[ 'cancelled twice', 'ZE107', 400, 'POST', '/rpc/cancel', 'Camille', 'customer', "SELECT ecopanier.cancel('$reservation')" ],
	[ 'another\'s receipt', 'ZE101', 400, 'GET', '/rpc/receipt', 'Benoit', 'beneficiary', "SELECT ecopanier.receipt('$reservation')" ],
	[ 'anonymous claim', '42501', 401, 'POST', '/rpc/reserve', undef, 'anon', $reserve, qq({"lot": "$lot", "quantity": 1}) ],
	[ 'claim as staff', '42501', 403, 'POST', '/rpc/reserve', 'Mona', 'merchant', $reserve, qq({"lot": "$lot", "quantity": 1}) ],
	[ 'a role that the member has not', '42501', 403, 'GET', '/lot', 'Camille', 'admin', $read->('lot') ],
	[ 'a column that nobody writes', '42501', 403, 'POST', '/reservation', 'Camille', 'customer',
		$insert->('reservation', 'lot_id uuid, amount_cents int', '1'), qq({"lot_id": "$lot", "amount_cents": 0}) ],
	[ 'a private table', '42501', 403, 'GET', '/lot_stock', 'Camille', 'customer', 'SELECT * FROM ecopanier_private.lot_stock' ],
	[ 'DELETE', '42501', 403, 'DELETE', '/reservation', 'Camille', 'customer', 'DELETE FROM ecopanier.reservation' ],
	[ 'a write by GET', '25006', 405, 'GET', '/rpc/reserve', 'Camille', 'customer', $reserve, qq({"lot": "$lot", "quantity": 1}) ],
	[ 'a hand-over by GET', '25006', 405, 'GET', '/rpc/verify_pickup', 'Sami', 'merchant', "SELECT ecopanier.verify_pickup('x', '000000')" ],
	[ 'no such table', '42P01', 404, 'GET', '/nothing', 'Camille', 'customer', 'SELECT * FROM ecopanier.nothing' ],
	[ 'no such function', '42883', 404, 'POST', '/rpc/nothing', 'Camille', 'customer', 'SELECT ecopanier.nothing()' ],
	[ 'a role for a member unknown', '23503', 409, 'POST', '/member_role', 'Adele', 'admin', $roles, qq({"member_id": "$unknown", "role": "customer"}) ],
	[ 'a role given twice', '23505', 409, 'POST', '/member_role', 'Adele', 'admin', $roles, qq({"member_id": "$id{Camille}", "role": "customer"}) ],
	[ 'no such role', '23514', 400, 'POST', '/member_role', 'Adele', 'admin', $roles, qq({"member_id": "$id{Camille}", "role": "king"}) ])
{
	my ($name, $sqlstate, $status, @request) = @$case;
	my $got = $refused->(@request);
	is($got, $sqlstate, "$name: $sqlstate");
	is(status_of($got, $request[3]), $status, "$name: HTTP $status");
}
my $hinted = failure($node, 'app', request('POST', '/rpc/reserve', 'Camille', 'customer', $reserve, qq({"lot": "$lot", "quantity": 9})), user => 'authenticator');
like($hinted, qr/^HINT:  /m, 'a refusal carries a hint for the body');
my @codes = split /\n/, answer($node, 'app', 'SELECT code FROM ecopanier.error_code()');
cmp_ok(scalar(@codes), '>=', 20, 'our own codes');
is_deeply([ grep { status_of($_, 'customer') != 400 } @codes ], [], 'are all HTTP 400, none 500');
is(answer($node, 'app', 'SELECT coalesce(sum(violations), -1) FROM ecopanier.self_check()'), '0', 'self_check finds nothing');

done_testing();
