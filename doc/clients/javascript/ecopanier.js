// What a client of ecopanier does itself, so that the server never learns it: civil identities are sealed to a public
// key of the association, and a person is told from another by a slow hash. ../README.md says how and why.
// Node 18 has the Web Crypto API, but not under its global name; libsodium looks for it when it is loaded.
if (!globalThis.crypto)
	globalThis.crypto = (await import('node:crypto')).webcrypto;
const { default: sodium } = await import('libsodium-wrappers-sumo');

await sodium.ready;

export const BLOCK_BYTES = 256;	// identities are padded to blocks, so that the length of a name is not seen
export const SEALED_MAX_BYTES = 4096;

// Version 1 of the tag. None of it may change: other clients make the same.
export const TAG_VERSION = 'ecopanier tag v1';
export const TAG_OPSLIMIT = 3;
export const TAG_MEMLIMIT = 64 * 1024 * 1024;
export const TAG_BYTES = 32;

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

// A reader's keys: publicKey goes to add_organisation_key(), secretKey stays with the reader.
export function generateKeyPair() {
	const { publicKey, privateKey } = sodium.crypto_box_keypair();
	return { publicKey, secretKey: privateKey };
}

// The bytes for store_identity(). identity: an object of JSON values; member: the person's id, which is sealed along.
export function sealIdentity(member, identity, publicKey) {
	const fields = Object.fromEntries(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)));
	const text = encode(JSON.stringify({ identity: fields, member: member.toLowerCase() }));
	const sealed = sodium.crypto_box_seal(sodium.pad(text, BLOCK_BYTES), publicKey);
	if (sealed.length > SEALED_MAX_BYTES) throw new Error('the identity is too long');
	return sealed;
}

// The identity again; an error where it was not sealed to this key for this member.
export function openIdentity(member, sealed, { publicKey, secretKey }) {
	const padded = sodium.crypto_box_seal_open(sealed, publicKey, secretKey);
	const opened = JSON.parse(decode(sodium.unpad(padded, BLOCK_BYTES)));
	if (opened.member !== member.toLowerCase()) throw new Error('the identity is of another person');
	return opened.identity;
}

// Rows of sealed_identities(), [{ member, sealed }], sealed again to another key.
export function resealAll(rows, oldKeyPair, newPublicKey) {
	return rows.map(({ member, sealed }) => ({
		member,
		sealed: sealIdentity(member, openIdentity(member, sealed, oldKeyPair), newPublicKey),
	}));
}

// Letters that do not come apart into a base and a mark.
const LETTERS = {
	'œ': 'oe', 'æ': 'ae', 'ß': 'ss', 'ø': 'o', 'đ': 'd', 'ð': 'd', 'þ': 'th', 'ł': 'l', 'ı': 'i', 'ħ': 'h', 'ŋ': 'n', 'ŧ': 't', 'ə': 'e',
};
const APOSTROPHES = /['\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032`\u00b4]/g;
const SEPARATORS = /[ \t\r\n.\-\u2010-\u2015\u2212_]+/;
const PARTICLES = new Set(('de du des d la le les l van von der den del della da dos di el al ul ben bin ibn bint bent ould abou abu').split(' '));
const WORDS = { st: 'saint', ste: 'sainte' };

// Small letters a to z, with single spaces and with ' after l and d alone.
function latin(text) {
	const straight = text.replace(APOSTROPHES, "'").toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
	const letters = [...straight].map((letter) => LETTERS[letter] ?? letter).join('');
	const words = letters.split(SEPARATORS).flatMap((word) => {
		const elided = /^([dl])'(.+)$/.exec(word);
		return elided ? [elided[1], elided[2]] : [word];
	});
	const plain = words.map((word) => word.replaceAll("'", '')).filter((word) => word !== '');
	if (plain.length === 0 || plain.some((word) => !/^[a-z]+$/.test(word))) throw new Error('a name is written in Latin letters');
	return plain.map((word) => WORDS[word] ?? word);
}

function normaliseSurname(text) {
	const words = latin(text);
	const named = words.filter((word) => !PARTICLES.has(word));
	return (named.length > 0 ? named : words).sort().join(' ');
}

function normaliseGiven(text) {
	return latin(text.split(',')[0]).join('');
}

function normaliseBorn(text) {
	const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
	if (!parts) throw new Error('a birth date is written YYYY-MM-DD');
	const year = Number(parts[1]);
	const [low, high] = [Number(parts[2]), Number(parts[3])].sort((a, b) => a - b);
	if (year < 1900 || year > 2100 || low > 12 || high > 31 || (low === 0 && high !== 0)) throw new Error('this is no birth date');
	if (low > 0 && high > new Date(Date.UTC(year, low, 0)).getUTCDate()) throw new Error('this is no birth date');
	return `${parts[1]}-${String(low).padStart(2, '0')}-${String(high).padStart(2, '0')}`;
}

// What is hashed: { surname, given, born } of a person, written so that two spellings of one person give one text.
export function normalise({ surname, given, born }) {
	return [TAG_VERSION, normaliseSurname(surname), normaliseGiven(given), normaliseBorn(born)].join('\n');
}

// The blinded tag of a person, 32 bytes: about a second in a browser and 64 MiB.
export function tag(facts) {
	const salt = sodium.crypto_generichash(sodium.crypto_pwhash_SALTBYTES, encode(TAG_VERSION));
	return sodium.crypto_pwhash(TAG_BYTES, encode(normalise(facts)), salt, TAG_OPSLIMIT, TAG_MEMLIMIT, sodium.crypto_pwhash_ALG_ARGON2ID13);
}
