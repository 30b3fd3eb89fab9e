// The JavaScript client at the command of a test: a line of JSON in, a line of JSON out. Secret keys stay in here.
import readline from 'node:readline';
import * as client from '../../doc/clients/javascript/ecopanier.js';

const keys = {};
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (array) => Buffer.from(array).toString('hex');

const commands = {
	generate({ key }) {
		keys[key] = client.generateKeyPair();
		return { public: hex(keys[key].publicKey) };
	},
	secret: ({ key }) => ({ secret: hex(keys[key].secretKey) }),	// so that a test can look for it where it must not be
	seal: ({ member, identity, to }) => ({ sealed: hex(client.sealIdentity(member, identity, bytes(to))) }),
	open: ({ member, sealed, key }) => ({ identity: client.openIdentity(member, bytes(sealed), keys[key]) }),
	reseal({ rows, key, to }) {
		const given = rows.map(([member, sealed]) => ({ member, sealed: bytes(sealed) }));
		return { rows: client.resealAll(given, keys[key], bytes(to)).map((row) => [row.member, hex(row.sealed)]) };
	},
	normalise: ({ facts: [surname, given, born] }) => ({ text: client.normalise({ surname, given, born }) }),
	tag: ({ facts: [surname, given, born] }) => ({ tag: hex(client.tag({ surname, given, born })) }),
};

for await (const line of readline.createInterface({ input: process.stdin })) {
	const command = JSON.parse(line);
	let answer;
	try {
		answer = commands[command.do](command);
	} catch (error) {
		answer = { error: error.message };
	}
	process.stdout.write(`${JSON.stringify(answer)}\n`);
}
