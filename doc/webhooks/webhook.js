// A webhook of ecopanier, checked by the library of the Standard Webhooks specification.
import { Webhook } from 'standardwebhooks';

/**
 * What a message says, { type, timestamp, data }; throws where it is not genuine, was changed, or was sent more than five
 * minutes ago.
 *
 * secret: as add_webhook() or rotate_webhook_secret() gave it, with whsec_. headers: of the request, names in any case.
 * body: the bytes of the request as they came, before anything parses them: a Buffer or a text.
 */
export function readWebhook(secret, headers, body) {
	return new Webhook(secret).verify(body, headers);
}
