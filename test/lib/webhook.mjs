// The partner's side of webhooks at the command of a test: a line of JSON in, a line of JSON out.
import readline from 'node:readline';
import { readWebhook } from '../../doc/webhooks/webhook.js';

const clock = Date.now;

// now: seconds since 1970 that the partner's clock shows, where it is not the machine's.
function verify({ secret, headers, body, now }) {
	Date.now = now === undefined ? clock : () => now * 1000;
	try {
		return { message: readWebhook(secret, headers, body) };
	} catch (error) {
		return { refused: error.message };
	} finally {
		Date.now = clock;
	}
}

for await (const line of readline.createInterface({ input: process.stdin }))
	console.log(JSON.stringify(verify(JSON.parse(line))));
