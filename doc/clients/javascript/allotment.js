// Checks the result of an allotment round outside of the database: that the seed is the one that was committed to, and that the published
// values give the published places and units. ../README.md says how and why. Needs nothing but Web Crypto.
//
//     psql -XAtc "SELECT ecopanier.allotment_result('...')" | node allotment.js
const { subtle } = globalThis.crypto ?? (await import('node:crypto')).webcrypto;
const encoder = new TextEncoder();

const bytes = (hex) => Uint8Array.from(hex.replaceAll('-', '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (array) => Array.from(new Uint8Array(array), (byte) => byte.toString(16).padStart(2, '0')).join('');

function join(...parts) {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
	return all;
}

// What was published when the round opened.
export async function commitment(round, seed) {
	return hex(await subtle.digest('SHA-256', join(encoder.encode('ecopanier allotment commitment 1\0'), bytes(round), bytes(seed))));
}

// What decides between people who are equal in all else; ordered as text, since all have 64 digits.
export async function ticket(round, seed, pseudonym) {
	const key = await subtle.importKey('raw', bytes(seed), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
	return hex(await subtle.sign('HMAC', key, join(encoder.encode('ecopanier allotment ticket 1\0'), bytes(round), bytes(pseudonym))));
}

const compare = (a, b) => (a > b) - (a < b);

// The lines again, with the places and units that the criteria give.
export async function recompute({ round, seed, units, lines }) {
	const taking = [];
	for (const line of lines.filter(({ allowed }) => allowed > 0)) {
		taking.push({ ...line, allotted: 0, ticket: await ticket(round, seed, line.pseudonym) });
	}
	taking.sort((a, b) => compare(a.help_units, b.help_units) || compare(b.waiting_days ?? Infinity, a.waiting_days ?? Infinity) ||
		compare(a.distance_band, b.distance_band) || compare(a.ticket, b.ticket) || compare(a.pseudonym, b.pseudonym));
	let left = units;
	for (let turn = taking; left > 0 && turn.length > 0; turn = turn.filter((line) => line.allotted < line.allowed)) {
		for (const line of turn.slice(0, left)) {
			line.allotted += 1;
		}
		left -= Math.min(left, turn.length);
	}
	return new Map(taking.map((line, at) => [line.pseudonym, { place: at + 1, allotted: line.allotted }]));
}

// What is wrong with a result: an empty list where it holds. published: the commitment as it was read before the draw, if it was.
export async function problems(result, published = result.commitment) {
	if (result.state !== 'drawn' || result.criteria !== 1 || result.lines_deleted) {
		return ['there is nothing to check'];
	}
	const found = [];
	if (published !== result.commitment || await commitment(result.round, result.seed) !== published) {
		found.push('the seed is not the one that was committed to');
	}
	const again = await recompute(result);
	for (const { pseudonym, place, allotted } of result.lines) {
		const due = again.get(pseudonym) ?? { place: null, allotted: 0 };
		if (due.place !== place || due.allotted !== allotted) {
			found.push(`${pseudonym} has place ${place} and ${allotted} units, not ${due.place} and ${due.allotted}`);
		}
	}
	if (result.own && !result.lines.some(({ pseudonym }) => pseudonym === result.own.pseudonym)) {
		found.push('the own line is missing');
	}
	return found;
}

if (globalThis.process?.argv[1] && import.meta.url.endsWith(globalThis.process.argv[1].split('/').pop())) {
	let text = '';
	for await (const chunk of process.stdin) {
		text += chunk;
	}
	const found = await problems(JSON.parse(text), process.argv[2]);
	console.log(found.length ? found.join('\n') : 'the result holds');
	process.exitCode = found.length ? 1 : 0;
}
