# EcpJwt: makes identity tokens, good and bad ones, with nothing but perl and the openssl program.
#
#   my $token = EcpJwt::hs256({ kid => 'a' }, \%claims, $secret);
#   my $token = EcpJwt::eddsa({ kid => 'b' }, \%claims, $pem_file);
#   for my $fault (EcpJwt::faults(kid => 'a', key => $secret, ...)) { my ($name, $token) = @$fault; ... }
package EcpJwt;

use strict;
use warnings;
use Digest::SHA qw(hmac_sha256);
use File::Temp qw(tempdir);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);

my $json = JSON::PP->new->canonical->allow_nonref;

# A perl value as JSON text; a text is taken as JSON already, so that a fault can be spelled out.
sub json { my ($value) = @_; return ref $value ? $json->encode($value) : $value; }

# The JSON number of a value that perl may have used as a text.
sub number { my ($value) = @_; return $value + 0; }

# Three parts to a token; header and claims as JSON text or references, the signature as bytes.
sub assemble
{
	my ($header, $claims, $signature) = @_;
	return join '.', map { encode_base64url($_) } json($header), json($claims), $signature;
}

# The bytes that a signature covers.
sub signing_input
{
	my ($header, $claims) = @_;
	return join '.', map { encode_base64url($_) } json($header), json($claims);
}

sub hs256
{
	my ($header, $claims, $key) = @_;
	$header = { alg => 'HS256', typ => 'JWT', %$header } if ref $header;
	return assemble($header, $claims, hmac_sha256(signing_input($header, $claims), $key));
}

sub slurp
{
	my ($path) = @_;
	open my $in, '<:raw', $path or die "$path: $!\n";
	local $/;
	return scalar <$in>;
}

sub run { system(@_) == 0 or die "failed: @_\n"; return; }

# The Ed25519 signature of some bytes.
sub ed25519_sign
{
	my ($bytes, $pem) = @_;
	my $dir = tempdir(CLEANUP => 1);
	open my $out, '>:raw', "$dir/in" or die "$dir/in: $!\n";
	print $out $bytes;
	close $out or die "$dir/in: $!\n";
	run('openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', $pem, '-in', "$dir/in", '-out', "$dir/out");
	return slurp("$dir/out");
}

sub eddsa
{
	my ($header, $claims, $pem) = @_;
	$header = { alg => 'EdDSA', typ => 'JWT', %$header } if ref $header;
	return assemble($header, $claims, ed25519_sign(signing_input($header, $claims), $pem));
}

# Makes an Ed25519 key as a PEM file; returns its 32 public bytes.
sub ed25519_key
{
	my ($pem) = @_;
	my $der = "$pem.der";
	run('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', $pem);
	run('openssl', 'pkey', '-in', $pem, '-pubout', '-outform', 'DER', '-out', $der);
	my $public = substr slurp($der), -32;
	unlink $der;
	return $public;
}

# Entries of a keys file.
sub oct_key
{
	my (%k) = @_;
	return { kty => 'oct', alg => 'HS256', kid => $k{kid}, iss => $k{iss}, aud => $k{aud},
		k => encode_base64url($k{key}) };
}

sub okp_key
{
	my (%k) = @_;
	return { kty => 'OKP', crv => 'Ed25519', alg => 'EdDSA', kid => $k{kid}, iss => $k{iss}, aud => $k{aud},
		x => encode_base64url($k{public}) };
}

# Writes the keys file, mode 0600, in place of the one there was.
sub write_keys
{
	my ($path, @keys) = @_;
	my $old = umask 0077;
	open my $out, '>', "$path.new" or die "$path.new: $!\n";
	print $out json({ keys => \@keys });
	close $out or die "$path.new: $!\n";
	umask $old;
	rename "$path.new", $path or die "$path: $!\n";
	return;
}

# Every fault that a signed token can have, each as [name, token], from what makes a good one:
# kid, key (32 bytes or more), other_kid (of an EdDSA key), public (its 32 bytes), pem, now (seconds), claims
# (a good set, with iss and aud). All are signed as well as their fault allows.
sub faults
{
	my (%g) = @_;
	my %head = (alg => 'HS256', kid => $g{kid});
	my %good = %{ $g{claims} };
	my $token = hs256(\%head, \%good, $g{key});
	my ($h, $c, $s) = split /\./, $token;
	my $body = json(\%good);
	my $with = sub { return hs256(\%head, { %good, @_ }, $g{key}) };
	my $without = sub { my %left = %good; delete @left{@_}; return hs256(\%head, \%left, $g{key}) };
	my $headed = sub { return hs256({ %head, @_ }, \%good, $g{key}) };
	my $spare = $s;
	my @alphabet = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
	my %place = map { $alphabet[$_] => $_ } 0 .. 63;
	substr($spare, -1, 1) = $alphabet[ $place{ substr $s, -1 } ^ 1 ];
	(my $flipped = $s) =~ s/^(.)/$1 eq 'A' ? 'B' : 'A'/e;

	return (
		[ 'empty', '' ], [ 'one part', $h ], [ 'two parts', "$h.$c" ], [ 'four parts', "$token.$s" ],
		[ 'five parts, as an encrypted token', "$token.$s.$s" ],
		[ 'no signature', "$h.$c." ], [ 'no header', ".$c.$s" ], [ 'no claims', "$h..$s" ],
		[ 'signature of another text', "$h.$c.$flipped" ],
		[ 'signature cut', "$h.$c." . substr($s, 0, -2) ], [ 'signature with a byte more', "$h.$c.${s}AA" ],
		[ 'spare bits in the signature', "$h.$c.$spare" ], [ 'padding', "$token=" ],
		[ 'a space before', " $token" ], [ 'a newline after', "$token\n" ],
		[ 'a byte beyond ASCII in the signature', "$h.$c.\x{e9}" . substr($s, 1) ],
		[ 'plain base64 in the header', "+$h.$c.$s" ],
		[ 'alg none, empty signature', signing_input({ alg => 'none', kid => $g{kid} }, \%good) . '.' ],
		[ 'alg none, signed', $headed->(alg => 'none') ], [ 'alg None', $headed->(alg => 'None') ],
		[ 'alg hs256 in small letters', $headed->(alg => 'hs256') ], [ 'alg HS512', $headed->(alg => 'HS512') ],
		[ 'alg is a number', $headed->(alg => 256) ], [ 'alg is null', $headed->(alg => undef) ],
		[ 'alg missing', hs256($json->encode({ kid => $g{kid} }), \%good, $g{key}) ],
		[ 'HS256 keyed with the public key of an EdDSA kid',
			hs256({ alg => 'HS256', kid => $g{other_kid} }, \%good, $g{public}) ],
		[ 'EdDSA under a HS256 kid', eddsa({ kid => $g{kid} }, \%good, $g{pem}) ],
		[ 'EdDSA named, HS256 made', hs256({ alg => 'EdDSA', kid => $g{other_kid} }, \%good, $g{key}) ],
		[ 'HS256 under the key of nobody', hs256(\%head, \%good, 'x' x 32) ],
		[ 'HS256 under an empty key', hs256(\%head, \%good, '') ],
		[ 'unknown kid', $headed->(kid => 'nobody') ], [ 'kid missing', hs256('{"alg":"HS256"}', \%good, $g{key}) ],
		[ 'kid is a number', $headed->(kid => 1) ], [ 'kid empty', $headed->(kid => '') ],
		[ 'kid with more behind a zero', hs256(qq({"alg":"HS256","kid":"$g{kid}\\u0000x"}), \%good, $g{key}) ],
		[ 'kid is a path', $headed->(kid => '../../etc/passwd') ],
		[ 'crit unknown', $headed->(crit => ['exp2'], exp2 => 1) ], [ 'crit empty', $headed->(crit => []) ],
		[ 'crit null', $headed->(crit => undef) ], [ 'b64', $headed->(b64 => JSON::PP::false(), crit => ['b64']) ],
		[ 'header twice alg', hs256(qq({"alg":"HS256","kid":"$g{kid}","alg":"none"}), \%good, $g{key}) ],
		[ 'header twice kid', hs256(qq({"alg":"HS256","kid":"x","kid":"$g{kid}"}), \%good, $g{key}) ],
		[ 'header twice kid, once escaped', hs256(qq({"alg":"HS256","kid":"$g{kid}","\\u006bid":"x"}), \%good, $g{key}) ],
		[ 'header is an array', hs256(qq(["alg","HS256"]), \%good, $g{key}) ],
		[ 'header is a text', hs256(qq("HS256"), \%good, $g{key}) ],
		[ 'header cut', hs256(qq({"alg":"HS256","kid":"$g{kid}"), \%good, $g{key}) ],
		[ 'header not UTF-8', hs256(qq({"alg":"HS256","kid":"$g{kid}","x":"\xff"}), \%good, $g{key}) ],
		[ 'header nested deeply', hs256('{"a":' . '[' x 2000 . ']' x 2000 . qq(,"alg":"HS256","kid":"$g{kid}"}), \%good, $g{key}) ],
		[ 'claims are an array', hs256(\%head, '[]', $g{key}) ], [ 'claims are null', hs256(\%head, 'null', $g{key}) ],
		[ 'claims cut', hs256(\%head, substr($body, 0, -1), $g{key}) ],
		[ 'claims with text behind', hs256(\%head, "$body {}", $g{key}) ],
		[ 'claims not UTF-8', hs256(\%head, do { my $x = $body; $x =~ s/\}$/,"x":"\xc3\x28"}/; $x }, $g{key}) ],
		[ 'claims with a zero character', hs256(\%head, do { my $x = $body; $x =~ s/\}$/,"x":"\\u0000"}/; $x }, $g{key}) ],
		[ 'claims with a lone surrogate', hs256(\%head, do { my $x = $body; $x =~ s/\}$/,"x":"\\ud800"}/; $x }, $g{key}) ],
		[ 'claim twice', hs256(\%head, do { my $x = $body; $x =~ s/\}$/,"role":"ecopanier_admin"}/; $x }, $g{key}) ],
		[ 'claim twice, once escaped', hs256(\%head, do { my $x = $body; $x =~ s/\}$/,"\\u0072ole":"ecopanier_admin"}/; $x }, $g{key}) ],
		[ 'unused claim twice', hs256(\%head, do { my $x = $body; $x =~ s/\}$/,"x":1,"x":1}/; $x }, $g{key}) ],
		[ 'iss wrong', $with->(iss => 'https://elsewhere.example') ], [ 'iss missing', $without->('iss') ],
		[ 'iss an array', $with->(iss => [ $good{iss} ]) ], [ 'iss with a slash more', $with->(iss => "$good{iss}/") ],
		[ 'aud wrong', $with->(aud => 'elsewhere') ], [ 'aud missing', $without->('aud') ], [ 'aud null', $with->(aud => undef) ],
		[ 'aud array without ours', $with->(aud => [ 'a', 'b' ]) ], [ 'aud empty array', $with->(aud => []) ],
		[ 'aud array not of texts', $with->(aud => [ $good{aud}, 1 ]) ], [ 'aud object', $with->(aud => { a => $good{aud} }) ],
		[ 'exp missing', $without->('exp') ], [ 'exp null', $with->(exp => undef) ],
		[ 'exp past', $with->(exp => number($g{now}) - 1) ], [ 'exp now', $with->(exp => number($g{now})) ],
		[ 'exp a text', $with->(exp => '' . ($g{now} + 3600)) ], [ 'exp negative', $with->(exp => -1) ],
		[ 'exp beyond all time', hs256(\%head, do { my $x = $body; $x =~ s/"exp":\d+/"exp":1e300/; $x }, $g{key}) ],
		[ 'nbf future', $with->(nbf => number($g{now}) + 1) ], [ 'nbf a text', $with->(nbf => 'soon') ],
		[ 'nbf null', $with->(nbf => undef) ],
		[ 'sub not a UUID', $with->(sub => 'root') ], [ 'sub a number', $with->(sub => 1) ],
		[ 'organisation not a UUID', $with->(organisation => '*') ], [ 'role a number', $with->(role => 1) ],
		[ 'role empty', $with->(role => '') ], [ 'role too long', $with->(role => 'r' x 64) ],
		[ 'too long', $with->(x => 'x' x 9000) ],
	);
}

1;
