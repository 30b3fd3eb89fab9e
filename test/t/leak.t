# The test that counts: with bound parameters and the log settings of operations, nothing that the server writes or shows
# holds a civil name, a mail address, a phone number or a birth date, nor the secret half of a key.
use strict;
use warnings FATAL => 'all';
use utf8;
use DBD::Pg qw(:async :pg_types);
use EcpClient;
use EcpTest;
use Encode qw(encode);
use File::Find qw(find);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# The settings of doc/postgresql.conf, but everything is logged that can be.
my @operations = grep { /^log_parameter/ } split /\n/, slurp_file('doc/postgresql.conf');
is(scalar @operations, 2, 'operations say that parameters are not logged');
my $node = new_node('leak', "shared_preload_libraries = 'pg_stat_statements,auto_explain,ecopanier'", "pg_stat_statements.track = 'all'",
	'log_statement = all', 'log_min_duration_statement = 0', 'log_duration = on', 'log_lock_waits = on', 'deadlock_timeout = 10ms', 'log_error_verbosity = verbose',
	'auto_explain.log_min_duration = 0', 'auto_explain.log_nested_statements = on', 'auto_explain.log_analyze = on', 'auto_explain.log_parameter_max_length = 0',
	'wal_level = logical', 'wal_keep_size = 512MB', 'max_wal_senders = 4', 'track_activity_query_size = 16384', @operations);
new_database($node, 'app', fixture => 1);
answer($node, 'app', 'CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset();');
is(answer($node, 'app', "SELECT string_agg(current_setting(s), ' ') FROM unnest(ARRAY['log_parameter_max_length', 'log_parameter_max_length_on_error', 'log_statement']) s"),
	'0 0 all', 'so the server is set');

# Who: names, addresses and numbers that are nowhere else.
my @people = (
	{ name => 'Benoit', surname => 'Quervillac-Dumontreix', given => 'Thessaline', born => '1957-09-13',
		mail => 'thessaline.quervillac@courriel-du-fixture.example', phone => '06 55 44 39 21' },
	{ name => 'Basma', surname => 'Œuvrard-Ñandúbay', given => 'Zéphirine-Aurore', born => '1983-11-27',
		mail => 'zephaurore83@boite-du-fixture.example', phone => '+33 7 58 91 26 43' },
	{ name => 'Bilal', surname => 'Haddadourian', given => 'Melkisédek', born => '2002-10-31',
		mail => 'm.haddadourian@poste-du-fixture.example', phone => '0692 71 83 95' });

sub values_of
{
	my ($person) = @_;
	my ($year, $month, $day) = split /-/, $person->{born};
	(my $digits = $person->{phone}) =~ s/\D//g;
	$digits =~ s/^(?:33|0)//;
	my ($local, $domain) = split /@/, $person->{mail};
	return (split(/-/, $person->{surname}), split(/-/, $person->{given}), $person->{born}, "$day/$month/$year", "$year$month$day", "$day.$month.$year",
		$person->{mail}, $local, $domain, $person->{phone}, $digits);
}

# A value as it could lie somewhere: in letters of either case, in hexadecimal, in base64 wherever it begins, in UTF-16.
sub forms
{
	my ($value) = @_;
	my @bytes = map { encode('UTF-8', $_) } $value, lc $value, uc $value;
	my @forms = (@bytes, map({ unpack 'H*', $_ } @bytes), map({ uc unpack 'H*', $_ } @bytes), map({ encode('UTF-16LE', $_), encode('UTF-16BE', $_) } $value));
	push @forms, encode('ISO-8859-15', $value, Encode::FB_QUIET | Encode::LEAVE_SRC) if $value =~ /[^\x00-\x7f]/;
	for my $bytes ($bytes[0])
	{
		for my $shift (0 .. 2)
		{
			# of base64, what does not depend on the bytes before and after
			my $text = encode_base64(('x' x $shift) . $bytes, '');
			my $from = $shift ? $shift + 1 : 0;
			my $until = int((length($bytes) + $shift) / 3) * 4;
			push @forms, substr $text, $from, $until - $from if $until - $from >= 6;
		}
	}
	my %seen;
	return grep { length >= 5 && !$seen{$_}++ } @forms;
}

# One pass over a text for all of them; what was found.
sub found_in
{
	my ($text, @needles) = @_;
	my $any = join '|', map { quotemeta } sort { length $b <=> length $a } @needles;
	my %found;
	$found{$1}++ while $text =~ /($any)/g;
	return \%found;
}

my @civil = map { forms($_) } map { values_of($_) } @people;
cmp_ok(scalar @civil, '>', 300, 'there is much to look for');

# Connections of applications: values travel apart from the statement.
my $api = EcpClient::connect_to($node, 'app', 'api');
my $root = EcpClient::connect_to($node, 'app', scalar getpwuid $<);
my %claims;
sub claims
{
	my ($name, $role) = @_;
	return $claims{"$name $role"} //= answer($node, 'app', "SELECT json_build_object('role', 'ecopanier_$role', 'sub', fixture.id('$name'))");
}
sub ask
{
	my ($name, $role, $statement, @values) = @_;
	return EcpClient::as_member($api, claims($name, $role), "ecopanier_$role", sub {
		my $query = $api->prepare($statement);
		ref $values[$_] ? $query->bind_param($_ + 1, ${ $values[$_] }, { pg_type => PG_BYTEA }) : $query->bind_param($_ + 1, $values[$_]) for 0 .. $#values;
		$query->execute;
		return $statement =~ /^SELECT/ ? $query->fetchall_arrayref : [];
	});
}
sub refused
{
	my ($expected, $says, @what) = @_;
	my $answered = eval { ask(@what); 1 };
	is($answered ? 'no error' : $EcpClient::state, $expected, $says);
	my $error = $answered ? '' : $@;
	is_deeply(found_in(encode('UTF-8', $error), @civil), {}, "$says: the error tells nothing") unless $answered;
	return;
}

# The whole path: identities sealed, contacts stored by staff and by the person, read by the person.
my $client = EcpClient->start('javascript');
my $public = $client->ask({ do => 'generate', key => 'office' })->{public};
my $secret = $client->ask({ do => 'secret', key => 'office' })->{secret};
my $key = ask('Alice', 'association', 'SELECT ecopanier.add_organisation_key($1, $2)', \pack('H*', $public), 'bureau')->[0][0];
my @tags;
for my $person (@people)
{
	my $member = answer($node, 'app', "SELECT fixture.id('$person->{name}')");
	my %identity = map { $_ => $person->{$_} } 'surname', 'given', 'born';
	my $sealed = $client->ask({ do => 'seal', member => $member, identity => \%identity, to => $public })->{sealed};
	ask('Alice', 'association', 'SELECT ecopanier.store_identity($1, $2, $3)', $member, $key, \pack('H*', $sealed));
	my ($row) = @{ ask('Alice', 'association', 'SELECT sealed FROM ecopanier.sealed_identity($1)', $member) };
	is_deeply($client->ask({ do => 'open', member => $member, sealed => unpack('H*', $row->[0]), key => 'office' })->{identity}, \%identity,
		"$person->{name}: the office opens what was sealed");
	ask('Alice', 'association', 'SELECT ecopanier.set_beneficiary_contact($1, $2, $3)', $member, 'phone', $person->{phone});
	ask($person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, $2)', 'mail', $person->{mail}) for 1 .. 7;	# past the fifth, plans are kept
	is(ask($person->{name}, 'beneficiary', 'SELECT value FROM ecopanier.my_contacts() WHERE kind = $1', 'mail')->[0][0], $person->{mail}, "$person->{name} reads the own address");
	push @tags, $client->ask({ do => 'tag', facts => [ @$person{ 'surname', 'given', 'born' } ] })->{tag};
}

# The tag, with the verification and alone.
for my $i (0 .. $#people)
{
	my $member = answer($node, 'app', "SELECT fixture.id('$people[$i]{name}')");
	ask('Alice', 'association', 'SELECT ecopanier.set_tag($1, $2)', $member, \pack('H*', $tags[$i]));
	ask('Alice', 'association', 'SELECT ecopanier.verify_beneficiary($1, $2, NULL, $3)', $member, '2027-06-30', \pack('H*', $tags[$i]));
}

# Batches, with good rows and bad ones, as JSON and as CSV.
my %batch = map { $_->{mail} => [ $_, "lot-$_->{name}" ] } @people;
my @rows = map { { external_id => $batch{ $_->{mail} }[1], display_name => 'Personne', mail => $_->{mail}, phone => $_->{phone} } } @people;
push @rows, { external_id => 'mail', display_name => 'Personne', mail => "$people[0]{mail} $people[1]{mail}" },
	{ external_id => 'phone', display_name => 'Personne', phone => "$people[0]{phone}$people[1]{phone}" }, { external_id => 'tag', display_name => 'Personne', tag => $people[0]{surname} },
	{ external_id => 'twice', display_name => 'Personne', tag => $tags[0], valid_until => '2027-06-30', mail => $people[0]{mail} };
my $enrol = q{SELECT string_agg(concat_ws(' ', external_id, state, code, message, hint), E'\n') FROM };
my $json = JSON::PP->new->canonical->encode(\@rows);
my $csv = join "\n", 'external_id;display_name;mail;phone;tag', map { my $row = $_; join ';', map { $row->{$_} // '' } 'external_id', 'display_name', 'mail', 'phone', 'tag' } @rows;
for my $said (ask('Alice', 'association', "$enrol ecopanier.enrol_beneficiaries(\$1)", $json)->[0][0],
	ask('Alice', 'association', "$enrol ecopanier.enrol_beneficiaries_csv(\$1::text)", $csv)->[0][0])
{
	like($said, qr/^mail error 22023/m, 'a batch tells its errors');
	is_deeply(found_in(encode('UTF-8', $said), @civil), {}, 'and no values');
}
my %malformed = (
	'cut short' => substr($json, 0, -2), 'with a word after it' => "$json $people[1]{surname}", 'in single quotes' => $json =~ tr/"/'/r, 'names without quotes' => $json =~ s/"(\w+)":/$1:/gr,
	'a bare address' => $people[0]{mail}, 'a text alone' => qq("$people[0]{mail}"), 'an object' => substr($json, 1, -1) =~ s/\},\{.*/}/sr,
	'a zero character' => $json =~ s/Personne/\\u0000/r, 'half a character' => $json =~ s/Personne/\\ud800/r, 'nested' => '[' x 5000 . $json . ']' x 5000,
	'a number without end' => $json =~ s/"Personne"/$people[0]{phone}e999999999999/r =~ s/ (?=\d)//gr, 'a control character' => $json =~ s/Personne/\x01$people[2]{surname}/r);
refused('22023', "a batch of JSON: $_", 'Alice', 'association', "$enrol ecopanier.enrol_beneficiaries(\$1)", $malformed{$_}) for sort keys %malformed;
refused('22023', 'a file without a header', 'Alice', 'association', "$enrol ecopanier.enrol_beneficiaries_csv(\$1::text)", $csv =~ s/^.*?\n//r);
refused('22023', 'a file whose columns are people', 'Alice', 'association', "$enrol ecopanier.enrol_beneficiaries_csv(\$1::text)", "external_id;display_name;$people[1]{surname}\n$csv");
for my $bad (qq($csv\n"$people[0]{mail};x;y), qq($csv\nx"$people[0]{mail};x), "$csv\n$people[2]{surname}", "$csv\n" . join(';', ($people[2]{surname}) x 7))
{
	my $said = ask('Alice', 'association', "$enrol ecopanier.enrol_beneficiaries_csv(\$1::text)", $bad)->[0][0];
	like($said, qr/^error 22023/m, 'a file tells a malformed row');
	is_deeply(found_in(encode('UTF-8', $said), @civil), {}, 'and nothing of it');
}
is(ask('Alice', 'association', "$enrol ecopanier.enrol_beneficiaries_csv(\$1::bytea)", \(encode('ISO-8859-15', "external_id;display_name\nlatin;$people[1]{surname}\n", Encode::FB_DEFAULT)))->[0][0] =~ s/ .*//sr,
	'error', 'a file in Latin-1 tells a row');

# Errors that are raised while a function holds a value.
my $person = $people[0];
my ($member) = answer($node, 'app', "SELECT fixture.id('$person->{name}')");
my $plain = encode('UTF-8', JSON::PP->new->canonical->encode({ map { $_ => $person->{$_} } 'surname', 'given', 'born' }));
refused('22023', 'an address without a domain', $person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, $2)', 'mail', $person->{mail} =~ s/\.example$//r);
refused('22023', 'an address for a number', $person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, $2)', 'phone', $person->{mail});
refused('22023', 'an address for a kind', $person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, $2)', $person->{mail}, 'mail');
refused('22023', 'a number too long', $person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, $2)', 'phone', $person->{phone} . '00');
refused('ZE101', 'a person of somebody else', 'Alice', 'association', 'SELECT ecopanier.set_beneficiary_contact($1, $2, $3)', answer($node, 'app', "SELECT fixture.id('Camille')"), 'mail', $person->{mail});
refused('42501', 'a writer who may not', 'Mona', 'merchant', 'SELECT ecopanier.set_beneficiary_contact($1, $2, $3)', $member, 'mail', $person->{mail});
refused('22023', 'an identity that was not sealed', 'Alice', 'association', 'SELECT ecopanier.store_identity($1, $2, $3)', $member, $key, \$plain);
refused('22023', 'nor in UTF-16, which is too long by then', 'Alice', 'association', 'SELECT ecopanier.store_identity($1, $2, $3)', $member, $key, \(encode('UTF-16LE', $plain x 40)));
refused('22021', 'bytes that are no text', $person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, convert_from($2, \'UTF8\'))', 'mail', \("$person->{mail}\xff"));
answer($node, 'app', q{ALTER TABLE ecopanier_private.contact ADD CONSTRAINT broken CHECK (kind <> 'mail') NOT VALID});
refused('23514', 'a constraint', $person->{name}, 'beneficiary', 'SELECT ecopanier.set_contact($1, $2)', 'mail', $person->{mail});
answer($node, 'app', 'ALTER TABLE ecopanier_private.contact DROP CONSTRAINT broken');

# Calls that wait for somebody's lock: seen by a superuser meanwhile, and ended in three ways.
my $shown = '';
for my $end ('lock_timeout', 'statement_timeout', 'cancel')
{
	$root->begin_work;
	$root->do('SELECT 1 FROM ecopanier_private.contact WHERE member_id = $1 FOR UPDATE', undef, $member);
	$api->begin_work;
	$api->do('SELECT set_config(\'request.jwt.claims\', $1, true), set_config(\'role\', $2, true)', undef, claims($person->{name}, 'beneficiary'), 'ecopanier_beneficiary');
	$api->do("SET LOCAL $end = '300ms'") if $end ne 'cancel';
	my $call = $api->prepare('SELECT ecopanier.set_contact($1, $2) AS temoin_bloque', { pg_async => PG_ASYNC });
	$call->execute('mail', $person->{mail});
	my $pid = $api->{pg_pid};
	my $waits = q{SELECT query || ' ' || wait_event_type FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = } . $pid;
	ok($node->poll_query_until('app', "SELECT EXISTS ($waits)"), "$end: the call waits") if $end eq 'cancel';
	$shown .= join "\n", map { encode('UTF-8', $_) } map { @$_ } @{ $root->selectall_arrayref('SELECT to_jsonb(a)::text FROM pg_stat_activity a') };
	$shown .= join "\n", map { encode('UTF-8', $_) } map { @$_ } @{ $root->selectall_arrayref('SELECT to_jsonb(s)::text FROM pg_prepared_statements s') };
	$root->do('SELECT pg_cancel_backend($1)', undef, $pid) if $end eq 'cancel';
	my $ended = eval { $call->pg_result; 1 } ? 'no error' : $call->state;
	is($ended, $end eq 'lock_timeout' ? '55P03' : '57014', "$end ends it");
	$api->rollback;
	$root->rollback;
}
like($shown, qr/temoin_bloque/, 'pg_stat_activity showed the call');
is_deeply(found_in($shown, @civil, $secret), {}, 'pg_stat_activity shows nothing');
my $statements = join "\n", map { encode('UTF-8', $_->[0]) } @{ $root->selectall_arrayref('SELECT query FROM pg_stat_statements') };
like($statements, qr/temoin_bloque|set_contact\(\$1, \$2\)/, 'pg_stat_statements has the call');
is_deeply(found_in($statements, @civil, $secret), {}, 'pg_stat_statements has nothing');

# Something that is there, so that each search can find: a chosen name, and a statement with a literal.
my $witness = 'Ysolde-Témoin';
ask($person->{name}, 'beneficiary', 'UPDATE ecopanier.member SET display_name = $1', $witness);
$root->do("SELECT 'Ysolde-Témoin' AS temoin_journal");
$root->do('CREATE TABLE public.witness (bytes bytea)');
my @forms = forms($witness);
for my $form (@forms)
{
	my $insert = $root->prepare('INSERT INTO public.witness VALUES ($1)');
	$insert->bind_param(1, $form, { pg_type => PG_BYTEA });
	$insert->execute;
}
my $utf8 = encode('UTF-8', $witness);

# What a dump holds, as text and in pg_dump's own format.
my $folder = $node->basedir;
$node->command_ok([ 'pg_dump', '-f', "$folder/dump.sql", $node->connstr('app') ], 'a dump as text');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$folder/dump.custom", $node->connstr('app') ], 'a dump in its own format');
$node->command_ok([ 'pg_restore', '-f', "$folder/restored.sql", "$folder/dump.custom" ], 'which can be read');
$_->disconnect for $api, $root;
$client->finish;
$node->safe_psql('postgres', 'CHECKPOINT');
$node->stop;

sub look
{
	my ($says, $path, %expect) = @_;
	my $text = slurp_file($path);
	utf8::encode($text) if utf8::is_utf8($text);
	is_deeply(found_in($text, @civil, $secret, pack('H*', $secret), @tags, map { pack 'H*', $_ } @tags), {}, "$says: nothing");
	ok(index($text, $expect{holds}) >= 0, "$says: the search finds what is there") if $expect{holds};
	return $text;
}
my $dump = look('the dump', "$folder/dump.sql", holds => $utf8);
look('the dump in its own format', "$folder/dump.custom");
look('the same, restored', "$folder/restored.sql", holds => $utf8);
is(scalar(grep { index($dump, unpack 'H*', $_) >= 0 } @forms), scalar @forms, 'each form that was planted is in the dump');
my $log = look('the log', $node->logfile, holds => "'$utf8' AS temoin_journal");
like($log, qr/execute [^:]*: SELECT ecopanier\.set_contact\(\$1, \$2\)/, 'the log has the calls, with parameters apart');
like($log, qr/still waiting for/, 'the log has the waits');
like($log, qr/this is not a mail address/, 'the log has the errors');
like($log, qr/Query Text: /, 'the log has the plans');

# Every file that the server has, the write-ahead log among them.
my ($files, $wal) = (0, 0);
my (%leaks, %seen_forms, $seen_in_wal, $seen_in_table);
find({ no_chdir => 1, wanted => sub {
	return unless -f $_ && -s _;
	my $path = $_;
	my $text = slurp_file($path);
	utf8::encode($text) if utf8::is_utf8($text);
	$files++;
	$wal++ if $path =~ m{/pg_wal/[0-9A-F]{24}$};
	my $found = found_in($text, @civil, $secret, pack('H*', $secret), @tags, map { pack 'H*', $_ } @tags);
	$leaks{$path} = $found if %$found;
	$seen_forms{$_} = 1 for keys %{ found_in($text, @forms) };
	$seen_in_wal = 1 if $path =~ m{/pg_wal/} && index($text, $utf8) >= 0;
	$seen_in_table = 1 if $path =~ m{/base/} && index($text, $utf8) >= 0;
} }, $node->data_dir);
is_deeply(\%leaks, {}, 'no file of the server holds any of it');
cmp_ok($files, '>', 500, 'many files were looked at');
cmp_ok($wal, '>=', 1, 'the write-ahead log among them');
ok($seen_in_wal, 'the search finds the witness in the write-ahead log');
ok($seen_in_table, 'and in the tables');
cmp_ok(scalar keys %seen_forms, '>=', scalar(@forms) / 2, 'in the forms that it was planted in');
done_testing();
