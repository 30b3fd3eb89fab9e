# Mail end to end: a real worker, a real SMTP server, Python's email package as the reader, zbarimg for the picture.
# What was sent says what it should; who did not agree gets none; what fails is tried again or given up; and no
# address is anywhere in the server.
use strict;
use warnings FATAL => 'all';
use utf8;
use EcpClient;
use EcpPeer;
use EcpTest;
use Encode qw(encode);
use File::Find qw(find);
use IPC::Run ();
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $peer = EcpPeer->start;
my @operations = grep { /^log_parameter/ } split /\n/, slurp_file('doc/postgresql.conf');
my $node = new_node('mail', "shared_preload_libraries = 'pg_stat_statements,auto_explain,ecopanier'", "ecopanier.databases = 'app'",
	'autovacuum = off', 'restart_after_crash = on', 'log_statement = all', 'log_min_duration_statement = 0', 'log_error_verbosity = verbose',
	'auto_explain.log_min_duration = 0', 'auto_explain.log_nested_statements = on', 'auto_explain.log_parameter_max_length = 0',
	"pg_stat_statements.track = 'all'", "ecopanier.http_ca_file = '" . $peer->ca_file . "'", @operations);
new_database($node, 'app', fixture => 1);
answer($node, 'app', 'ALTER DATABASE app RESET ecopanier.clock; CREATE EXTENSION pg_stat_statements; ' . slurp_file('test/lib/try.sql'));

sub set { return set_server($node, @_); }
sub at { my ($moment) = @_; return set('ecopanier.clock' => "2026-11-20 $moment+00"); }

set('ecopanier.clock' => '2026-11-20 16:00:00+00', 'ecopanier.mail_from' => 'paniers@poitiers.example', 'ecopanier.mail_domain' => 'mail.poitiers.example',
	'ecopanier.site_url' => 'https://poitiers.example/moi', 'ecopanier.smtp_starttls' => 'off');
$node->restart;

my %address = (Camille => 'camille.quervillac@courriel-du-fixture.example', Charlie => 'ch.oeuvrard+paniers@boite-du-fixture.example',
	Claude => 'claudeteste83@poste-du-fixture.example', Benoit => 'b.haddadourian@lettres-du-fixture.example', Basma => 'basma.nandubay@boite-du-fixture.example');
my %language = (Camille => 'fr', Charlie => 'en', Claude => 'es', Benoit => 'ar', Basma => 'fr');
my $api = EcpClient::connect_to($node, 'app', 'api');

sub role { my ($name) = @_; return $name =~ /^B/ ? 'beneficiary' : 'customer'; }

# As a member, with values apart from the statement.
sub ask
{
	my ($name, $statement, @values) = @_;
	my $role = 'ecopanier_' . role($name);
	my $claims = answer($node, 'app', "SELECT json_build_object('role', '$role', 'sub', fixture.id('$name'))");
	return EcpClient::as_member($api, $claims, $role, sub { return $api->selectall_arrayref($statement, undef, @values) });
}
sub mail_rows
{
	my ($what, $condition) = @_;
	return answer($node, 'app', "SELECT $what FROM ecopanier_private.mail q JOIN ecopanier.member m ON m.id = q.member_id WHERE $condition ORDER BY q.created_at, q.id");
}
# Waits until a condition on the mail of a person holds.
sub becomes
{
	my ($name, $condition, $says) = @_;
	ok($node->poll_query_until('app', "SELECT coalesce(bool_or($condition), false) FROM ecopanier_private.mail q JOIN ecopanier.member m ON m.id = q.member_id WHERE m.display_name = '$name'"),
		$says) or diag(mail_rows('q.*', "m.display_name = '$name'"));
	return;
}
# Waits until all events are told and no mail is under way.
sub settled
{
	my ($says) = @_;
	ok($node->poll_query_until('app', q{SELECT NOT EXISTS (SELECT FROM ecopanier.event WHERE told_at IS NULL)
		AND NOT EXISTS (SELECT FROM ecopanier_private.mail WHERE state = 'calling' OR (state = 'queued' AND next_at <= ecopanier.now()))}), $says);
	return;
}
sub read_mails
{
	my (@mails) = @_;
	my $in = join '', map { "$_->{base64}\n" } @mails;
	my $out = '';
	IPC::Run::run([ '/usr/bin/python3', 'test/lib/read_mail' ], '<', \$in, '>', \$out) or die 'the reader failed';
	return map { JSON::PP::decode_json($_) } split /\n/, $out;
}
# The mails so far by whom they went to.
sub by_name
{
	my %of = map { ($address{$_} => $_) } keys %address;
	return map { ($of{ $_->{to}[0] } // "nobody: $_->{to}[0]", $_) } $peer->mails;
}
sub part { my ($mail, $type) = @_; return (grep { $_->{type} eq $type } @{ $mail->{parts} })[0]; }

for my $name (sort keys %address)
{
	answer($node, 'app', "UPDATE ecopanier.member SET language = '$language{$name}' WHERE id = fixture.id('$name')");
	ask($name, 'SELECT ecopanier.set_contact($1, $2)', 'mail', $address{$name});
	ask($name, 'SELECT ecopanier.give_consent($1, 1, $2)', 'notifications', $language{$name}) if $name ne 'Basma';
}
my $lot = answer($node, 'app', "SELECT fixture.lot(9, 9, 1, 'Panier « été » <b>& co</b>')");

subtest 'without a server nothing is queued' => sub {
	ask('Camille', 'SELECT state FROM ecopanier.reserve($1)', $lot);
	settled('the events are told');
	is(answer($node, 'app', 'SELECT count(*) FROM ecopanier_private.mail'), '0', 'no mail waits');
	ask('Camille', 'SELECT ecopanier.cancel(id, NULL) FROM ecopanier.reservation WHERE state = $1', 'held');
};

my (%receipt, %read);
subtest 'each in the own language, with the QR' => sub {
	set('ecopanier.smtp_url' => $peer->smtp_url);
	for my $name (sort keys %address)
	{
		my ($row) = @{ ask($name, 'SELECT reservation, pin, qr FROM ecopanier.reserve($1)', $lot) };
		@{ $receipt{$name} }{qw(id pin qr)} = @$row;
	}
	$peer->wait_for_mails(4);
	settled('all of them');
	my %sent = by_name();
	is_deeply([ sort keys %sent ], [ 'Benoit', 'Camille', 'Charlie', 'Claude' ], 'one for each who agreed, none for who did not');
	my @names = sort keys %sent;
	@read{@names} = read_mails(@sent{@names});
	for my $name (@names)
	{
		my ($mail, $sent) = ($read{$name}, $sent{$name});
		my %header = map { $_->[0] => $_->[1] } @{ $mail->{headers} };
		is_deeply($mail->{defects}, [], "$name: no defect");
		is($sent->{from}, 'paniers@poitiers.example', 'the envelope says who sends');
		is_deeply($mail->{recipients}, [ $address{$name} ], 'and to whom');
		is($mail->{sender}, '"Grand Poitiers" <paniers@poitiers.example>', 'it comes from the territory');
		my ($title, $body) = split /\|/, answer($node, 'app', "SELECT encode(convert_to(ecopanier.message(kind || '.title', '$language{$name}', args), 'UTF8'), 'hex'),
			encode(convert_to(ecopanier.message(kind, '$language{$name}', args), 'UTF8'), 'hex') FROM ecopanier.notification WHERE subject_id = '$receipt{$name}{id}' AND kind = 'reservation.held'");
		utf8::decode($_ = pack 'H*', $_) for $title, $body;
		is($mail->{subject}, $title, 'its subject is the notification\'s title');
		is_deeply([ map { $_->{type} } @{ $mail->{parts} } ], [ 'multipart/mixed', 'multipart/alternative', 'text/plain', 'text/html', 'image/png' ], 'its parts');
		my ($plain, $html) = map { part($mail, "text/$_")->{text} =~ s{\r}{}gr } 'plain', 'html';
		ok(index($plain, $body) > 0, 'the notification\'s sentence, in plain text');
		like($html, qr/<html lang="$language{$name}" dir="@{[ $name eq 'Benoit' ? 'rtl' : 'ltr' ]}">/, 'HTML in its language and direction');
		unlike($html, qr/<b>/, 'what somebody wrote is text there');
		like($html, qr/été/, 'and complete');
		like($html, qr/&lt;b&gt;&amp; co&lt;\/b&gt;/, 'with its characters');
		like($html, qr/src="cid:qr\@mail\.poitiers\.example"/, 'it shows the picture');
		is(part($mail, 'image/png')->{id}, '<qr@mail.poitiers.example>', 'that comes along');
		like($plain, qr{^https://poitiers\.example/moi$}m, 'where to stop it');
		is($header{'List-Unsubscribe'}, '<https://poitiers.example/moi>', 'for programs too');
		is($header{'Auto-Submitted'}, 'auto-generated', 'nobody\'s holiday answers');
		is($header{'Message-ID'}, '<' . mail_rows('q.id', "m.display_name = '$name'") . '@mail.poitiers.example>', 'its Message-ID is the row\'s');
		is($header{'Content-Language'}, $language{$name}, 'its language');
		is($mail->{qr}, $receipt{$name}{qr}, 'the QR, read by zbarimg, is the token');
		unlike(encode('UTF-8', $plain . $html . $sent->{text}), qr/$receipt{$name}{pin}/, 'the PIN is not in it');
		unlike(encode('UTF-8', $plain . $html), qr/4[.,]00|\b400\b|€|EUR/, 'nor an amount');
		is(length($sent->{text} =~ s/[\x{0}-\x{7f}]//gr), 0, 'ASCII on the way');
	}
};

subtest 'who pays is not in it (rule D13)' => sub {
	ask('Basma', 'SELECT ecopanier.give_consent($1, 1, $2)', 'notifications', 'fr');
	my $other = answer($node, 'app', "SELECT fixture.lot(9, 9)");
	$peer->clear;
	ask($_, 'SELECT state FROM ecopanier.reserve($1)', $other) for 'Camille', 'Basma';
	my %sent = map { ($_->{to}[0] => $_) } $peer->wait_for_mails(2);
	my ($paid, $free) = map { $sent{ $address{$_} } } 'Camille', 'Basma';
	is(answer($node, 'app', "SELECT string_agg(amount_cents::text, ' ' ORDER BY amount_cents) FROM ecopanier.reservation WHERE lot_id = '$other'"), '0 400', 'one is free, one is paid');
	my ($paid_read, $free_read) = read_mails($paid, $free);
	my $same = sub {
		my ($mail, $name) = @_;
		my @parts = map { my %p = %$_; delete $p{base64}; $p{text} =~ s/\b$name\b/NAME/g if $p{text}; \%p } @{ $mail->{parts} };
		my @headers = map { $_->[0] =~ /^(?:To|Message-ID|Content-Type)$/ ? [ $_->[0] ] : $_ } @{ $mail->{headers} };
		return { headers => \@headers, subject => $mail->{subject}, sender => $mail->{sender}, parts => \@parts };
	};
	is_deeply($same->($free_read, 'Basma'), $same->($paid_read, 'Camille'), 'a free basket\'s mail is a paid one\'s: headers, subject, parts, texts');
	my ($long, $short) = sort { $b <=> $a } map { length part($_, 'image/png')->{base64} } $paid_read, $free_read;
	cmp_ok($long - $short, '<', 200, 'pictures of one size, but for what chance does to PNG');
	is(length($paid_read->{qr}), length($free_read->{qr}), 'and tokens of one length');
	answer($node, 'app', "UPDATE ecopanier.reservation SET state = 'cancelled', cancel_reason = 'test' WHERE lot_id = '$other'");
	settled('cancelled for the members');
};

subtest 'the same mail again is the same bytes' => sub {
	$peer->clear;
	answer($node, 'app', "UPDATE ecopanier_private.mail q SET state = 'queued', next_at = ecopanier.now() FROM ecopanier.notification n
		WHERE n.event_id = q.event_id AND n.subject_id = '$receipt{Camille}{id}'");
	my ($first) = $peer->wait_for_mails(1);
	settled('sent');
	is($first->{text} =~ /^Message-ID: (.*)\r$/m ? $1 : '', (map { $_->[1] } grep { $_->[0] eq 'Message-ID' } @{ $read{Camille}{headers} })[0], 'the Message-ID of the first time');
	is_deeply((read_mails($first))[0], $read{Camille}, 'all of it');
};

# A basket of Charlie's whose mail meets what the server is told to do.
sub reserve_for
{
	my ($name) = @_;
	my $own = answer($node, 'app', "SELECT fixture.lot(1, 1)");
	return ask($name, 'SELECT reservation FROM ecopanier.reserve($1)', $own)->[0][0];
}
sub state_of
{
	my ($reservation, $what) = @_;
	return answer($node, 'app', "SELECT $what FROM ecopanier_private.mail q JOIN ecopanier.notification n USING (territory_id, event_id, member_id) WHERE n.subject_id = '$reservation' ORDER BY q.created_at DESC LIMIT 1");
}
sub reaches
{
	my ($reservation, $condition, $says) = @_;
	ok($node->poll_query_until('app', "SELECT coalesce(bool_or($condition), false) FROM ecopanier_private.mail q JOIN ecopanier.notification n USING (territory_id, event_id, member_id)
		WHERE n.subject_id = '$reservation'"), $says) or diag(state_of($reservation, 'q.*'));
	return;
}

subtest 'later: tried again, the same mail' => sub {
	for my $fault ([ 'a busy server', { at => 'rcpt', reply => "451 4.3.0 <$address{Charlie}> later" }, '451 4.3.0: the mail server asks to try later' ],
		[ 'one without that code', { at => 'mail', reply => '452 full' }, '452: the mail server asks to try later' ],
		[ 'a server that ends in the middle of a mail', { at => 'message', reset => JSON::PP::true }, 'the mail server is not reached, or the connection was lost' ],
		[ 'one that ends before it answers', { at => 'data', close => JSON::PP::true }, 'the mail server is not reached, or the connection was lost' ],
		[ 'a refusal that is not of the mailbox', { at => 'message', reply => '554 5.7.1 blocked' }, '554 5.7.1: the server refuses the mail' ],
		[ 'a server that is going away', { at => 'mail', reply => '421 4.3.2 bye' }, '421 4.3.2: the mail server asks to try later' ])
	{
		my ($what, $rule, $error) = @$fault;
		$peer->clear;
		$peer->smtp(%$rule, times => 1);
		my $reservation = reserve_for('Charlie');
		reaches($reservation, q{q.state = 'queued' AND q.last_error IS NOT NULL}, "$what: it waits");
		is(state_of($reservation, 'attempts, last_error, next_at > ecopanier.now(), sent_at IS NULL'), "1|$error|t|t", 'and says why, in our words');
		answer($node, 'app', q{UPDATE ecopanier_private.mail SET next_at = ecopanier.now() WHERE state = 'queued'});
		my @mails = $peer->wait_for_mails(1);
		settled('sent');
		is(state_of($reservation, 'state, attempts, last_error IS NULL, sent_at IS NOT NULL'), 'done|2|t|t', 'the second time it went');
		is(scalar @mails, 1, 'once');
		is($mails[0]{text} =~ /^Message-ID: <(.*)\@/m ? $1 : '', state_of($reservation, 'q.id'), 'with its Message-ID');
	}
};

subtest 'given up: a mailbox that is not there' => sub {
	for my $fault ([ "550 5.1.1 <$address{Charlie}> unknown here", '550 5.1.1: the mailbox is refused' ], [ "550 no such user $address{Charlie}", '550: the mailbox is refused' ],
		[ '552 5.2.2 full', '552 5.2.2: the mailbox is refused' ])
	{
		my ($reply, $error) = @$fault;
		$peer->clear;
		$peer->smtp(at => 'rcpt', reply => $reply, times => 1);
		my $reservation = reserve_for('Charlie');
		reaches($reservation, q{q.state = 'dead'}, "$error: dead");
		is(state_of($reservation, 'attempts, last_error, sent_at'), "1|$error|", 'at once, with the code and our words');
	}
	is(answer($node, 'app', acting('Adele', 'administrator') . q{SELECT state, last_error, mails FROM ecopanier.mail_status WHERE state = 'dead' ORDER BY 2}),
		"dead|550 5.1.1: the mailbox is refused|1\ndead|550: the mailbox is refused|1\ndead|552 5.2.2: the mailbox is refused|1", 'administrators read how many and why');
	$peer->clear;
	is(answer($node, 'app', acting('Adele', 'administrator') . q{SELECT ecopanier.resend_mail('2026-11-20 15:00+00')}), '3', 'and send them again');
	is(scalar($peer->wait_for_mails(3)), 3, 'all three arrive');
	settled('sent');
};

subtest 'not sent: what nobody wants any more' => sub {
	my %case = ('consent was withdrawn' => sub { ask('Charlie', 'SELECT ecopanier.withdraw_consent($1)', 'notifications') },
		'the address was removed' => sub { ask('Charlie', 'SELECT ecopanier.remove_contact($1)', 'mail') },
		'the basket was cancelled' => sub { ask('Charlie', 'SELECT ecopanier.cancel($1, NULL)', $_[0]) },
		'the member is suspended' => sub { answer($node, 'app', "UPDATE ecopanier.member SET state = 'suspended' WHERE id = fixture.id('Charlie')") },
		'the window is past' => sub { at('19:00:00') });
	for my $what (sort keys %case)
	{
		$peer->clear;
		$peer->smtp(at => 'rcpt', reply => '451 4.3.0 later', times => 1);
		my $reservation = reserve_for('Charlie');
		reaches($reservation, q{q.state = 'queued' AND q.last_error IS NOT NULL}, "$what, while it waits");
		$case{$what}->($reservation);
		answer($node, 'app', q{UPDATE ecopanier_private.mail SET next_at = ecopanier.now() WHERE state = 'queued'});
		reaches($reservation, q{q.state = 'done'}, 'it is done');
		is(state_of($reservation, 'sent_at'), '', 'and was not sent');
		is(scalar($peer->mails), 0, 'the server got none');
		if ($what eq 'the window is past')
		{
			at('16:00:00');
			$node->restart;		# the clock went back
			$api = EcpClient::connect_to($node, 'app', 'api');
		}
		answer($node, 'app', "UPDATE ecopanier.member SET state = 'active' WHERE id = fixture.id('Charlie')");
		ask('Charlie', 'SELECT ecopanier.set_contact($1, $2)', 'mail', $address{Charlie});
		ask('Charlie', 'SELECT ecopanier.give_consent($1, 1, $2)', 'notifications', 'en');
	}
	is(answer($node, 'app', q{SELECT sum(mails) FROM ecopanier.mail_status WHERE state = 'needless'}), '5', 'operators see them as needless');
};

subtest 'cancelled by the shop; the own right, with a consent of its own' => sub {
	$peer->clear;
	my $own = answer($node, 'app', 'SELECT fixture.lot(2, 2)');
	ask('Benoit', 'SELECT reservation FROM ecopanier.reserve($1)', $own);
	$peer->wait_for_mails(1);
	$peer->clear;
	answer($node, 'app', acting('Mona', 'merchant') . "UPDATE ecopanier.lot SET state = 'cancelled', cancel_reason = 'four en panne' WHERE id = '$own'");
	my ($mail) = read_mails($peer->wait_for_mails(1));
	is_deeply([ map { $_->{type} } @{ $mail->{parts} } ], [ 'multipart/alternative', 'text/plain', 'text/html' ], 'no QR of what is not there');
	is_deeply($mail->{recipients}, [ $address{Benoit} ], 'to whom it concerns');
	settled('sent');
	$peer->clear;
	answer($node, 'app', acting('Alice', 'association') . "SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), 'dossier incomplet')");
	settled('told');
	is(scalar($peer->mails), 0, 'consent to messages about baskets is not one to messages about the right');
	answer($node, 'app', acting('Alice', 'association') . "SELECT ecopanier.reinstate_beneficiary(fixture.id('Benoit'))");
	ask('Benoit', 'SELECT ecopanier.give_consent($1, 1, $2)', 'rights', 'ar');
	answer($node, 'app', acting('Alice', 'association') . "SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), 'dossier incomplet')");
	($mail) = read_mails($peer->wait_for_mails(1));
	is($mail->{subject}, 'رسالة لك', 'a subject that tells a bystander nothing');
	unlike(join('', map { $_->{text} // '' } @{ $mail->{parts} }), qr/dossier incomplet/, 'the reason is not in it');
	settled('sent');
};

subtest 'settings: what could not stand in a header or an address is refused' => sub {
	my $alter = sub { my ($name, $value) = @_; return refusal($node, 'app', "LOAD 'ecopanier';\nALTER SYSTEM SET ecopanier.$name = '$value'") };
	my %bad = (smtp_url => [ 'mail.example.org', 'http://mail.example.org', 'smtp://', 'smtp://a:b@mail.example.org', 'smtp://mail.example.org/path', 'smtp://mail example.org',
			'smtp://mail.example.org:0', 'smtp://mail.example.org:123456', 'smtp://mail.example.org:', 'smtp://[::1', 'smtp://[]', "smtp://mail.example.org\r" ],
		mail_from => [ 'paniers', 'Paniers <paniers@example.org>', "a\@example.org\r", 'a@café.example', ' a@example.org', 'a@b' ],
		mail_domain => [ 'a b', '-x', 'x>', 'x' x 254 ], smtp_user => [ "a\tb" ],
		site_url => [ 'example.org', 'javascript:x', 'https://example.org/ x', 'https://example.org/"x', 'https://a,https://b' ], mail_in_flight => [ 0, 101 ]);
	for my $name (sort keys %bad)
	{
		is($alter->($name, $_), '22023', "$name = $_") for @{ $bad{$name} };
	}
	my %good = (smtp_url => [ 'smtps://mail.example.org:465', 'smtp://127.0.0.1:25', 'smtp://[2001:db8::1]:587', 'smtp://localhost:65535', $peer->smtp_url ],
		mail_from => ['paniers@poitiers.example'], mail_domain => [ 'x' x 253, 'mail.poitiers.example' ], site_url => [ 'http://example.org/a?b=c', 'https://poitiers.example/moi' ], mail_in_flight => [ 1, 100, 8 ]);
	for my $name (sort keys %good)
	{
		like($alter->($name, $_), qr/^no error/, "$name = $_") for @{ $good{$name} };
	}
};

subtest 'login and TLS' => sub {
	my $file = $node->data_dir . '/ecopanier.credentials';
	my $credentials = sub {
		my ($text) = @_;
		unlink $file;
		append_to_file($file, $text) if defined $text;
		chmod 0600, $file if defined $text;
	};
	$peer->clear;
	$peer->smtp_settings(users => { 'paniers' => 'mot-de-passe-du-fixture' }, auth_required => JSON::PP::true);
	my $reservation = reserve_for('Camille');
	reaches($reservation, q{q.last_error LIKE '530%'}, 'a server that wants a login: it waits');
	is(state_of($reservation, 'state, last_error'), 'queued|530 5.7.0: the login is refused: look at ecopanier.smtp_user and smtp_password', 'and says what to look at');
	set('ecopanier.smtp_user' => 'paniers', 'ecopanier.smtp_starttls' => 'on');
	my $again = sub { answer($node, 'app', q{UPDATE ecopanier_private.mail SET next_at = ecopanier.now(), last_error = NULL WHERE state = 'queued'}) };
	$again->();
	reaches($reservation, q{q.last_error LIKE '%smtp_password'}, 'no password: it waits');
	is(state_of($reservation, 'attempts, last_error'), '1|ecopanier.credentials_file has no smtp_password', 'which is no attempt');
	$credentials->("smtp_password faux-mot-de-passe\n");
	$again->();
	reaches($reservation, q{q.last_error LIKE '535%'}, 'a wrong one: it waits');
	$credentials->("smtp_password mot-de-passe-du-fixture\n");
	$again->();
	my ($mail) = $peer->wait_for_mails(1);
	settled('sent');
	is($mail->{user}, 'paniers', 'the right one: sent with the login');
	ok($mail->{tls}, 'over TLS');
	$peer->clear;
	$peer->smtp_settings(starttls => JSON::PP::false);
	$node->restart;		# connections that are kept are over TLS
	$api = EcpClient::connect_to($node, 'app', 'api');
	$reservation = reserve_for('Camille');
	reaches($reservation, q{q.last_error LIKE 'no trusted TLS%'}, 'no TLS where it is asked for: nothing is sent');
	is(scalar($peer->mails), 0, 'no mail and no password in the clear');
	set('ecopanier.smtp_url' => $peer->smtps_url);
	$again->();
	$peer->wait_for_mails(1);
	settled('by smtps:// it goes');
	$peer->smtp_settings(users => {}, auth_required => JSON::PP::false, starttls => JSON::PP::true);
	set('ecopanier.smtp_user' => '', 'ecopanier.smtp_starttls' => 'off', 'ecopanier.smtp_url' => $peer->smtp_url);
	$credentials->();
};

subtest 'no address anywhere' => sub {
	# Something is under way while it is looked for.
	$peer->clear;
	$peer->smtp(at => 'message', hold => 'look', times => 1);
	my $reservation = reserve_for('Claude');
	reaches($reservation, q{q.state = 'calling'}, 'a mail is under way');
	my $shown = encode('UTF-8', join '', map { answer($node, 'app', "SELECT string_agg(to_jsonb(x)::text, '') FROM $_ x") }
		'pg_stat_activity', 'ecopanier_private.mail', 'ecopanier.mail_status', 'ecopanier.worker_status()', 'pg_stat_statements', 'ecopanier.event', 'ecopanier.notification');
	$peer->release('look');
	settled('sent');
	my @secrets = (map({ my ($local, $domain) = split /@/; ($_, $local, $domain) } values %address), 'mot-de-passe-du-fixture', 'smtp_password faux', map { $_->{qr} } values %receipt);
	my %seen;
	push @secrets, map { unpack 'H*', $_ } @secrets;
	my $any = join '|', map { quotemeta } grep { !$seen{$_}++ } @secrets;
	unlike($shown, qr/$any/, 'no view shows any');
	$api->disconnect;
	$node->safe_psql('postgres', 'CHECKPOINT');
	$node->stop;
	my $log = slurp_file($node->logfile);
	utf8::encode($log) if utf8::is_utf8($log);
	like($log, qr/ecopanier_private\.mail/, 'the log has the statements');
	unlike($log, qr/$any/, 'and no address');
	my ($files, @found) = (0);
	find({ no_chdir => 1, wanted => sub {
		return unless -f $_ && -s _;
		my $text = slurp_file($_);
		utf8::encode($text) if utf8::is_utf8($text);
		$files++;
		push @found, "$_: $1" if $text =~ /($any)/;
	} }, $node->data_dir);
	cmp_ok($files, '>', 500, 'every file of the server');
	is_deeply(\@found, [], 'holds none of it');
};
done_testing();
