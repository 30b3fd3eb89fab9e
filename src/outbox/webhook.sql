CREATE FUNCTION ecopanier.webhook_endpoint_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_webhook_endpoint_guard';
COMMENT ON FUNCTION ecopanier.webhook_endpoint_guard() IS
'Trigger of webhook_endpoint: owners and managers of the organisation write, and administrators; the address is https on a host of webhook_host,
without credentials and without a number for a host. Errors: 42501; 23514 too many endpoints; ZE107; ZE111; ZE127 the address is not allowed.';
CREATE FUNCTION ecopanier.webhook_host_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_webhook_host_guard';
COMMENT ON FUNCTION ecopanier.webhook_host_guard() IS
'Trigger of webhook_host: administrators write; a host is a name, or a dot and a domain of two labels or more. Errors: 42501; 22023 it is neither; ZE111.';
REVOKE ALL ON FUNCTION ecopanier.webhook_endpoint_guard(), ecopanier.webhook_host_guard() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.webhook_endpoint_guard(), ecopanier.webhook_host_guard() TO ecopanier_owner;

CREATE TYPE ecopanier.issued_webhook AS (
	id uuid,
	secret text
);
COMMENT ON TYPE ecopanier.issued_webhook IS 'A new secret of a webhook: the answer of add_webhook() and rotate_webhook_secret().';
COMMENT ON COLUMN ecopanier.issued_webhook.id IS 'The row of webhook_endpoint.';
COMMENT ON COLUMN ecopanier.issued_webhook.secret IS 'The secret itself, whsec_ and base64, shown this once.';

CREATE FUNCTION ecopanier.add_webhook(url text, kinds text[] DEFAULT NULL, description text DEFAULT '', organisation uuid DEFAULT NULL)
RETURNS ecopanier.issued_webhook
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_add_webhook';
COMMENT ON FUNCTION ecopanier.add_webhook(text, text[], text, uuid) IS
'Registers an endpoint of a partner and shows its secret, this once. What happens to the organisation is posted there from now on, signed as
Standard Webhooks says. By an owner or manager of the organisation, or an administrator.
url: https address on a host that stands in webhook_host; kinds: of events, null for all that webhooks tell; description: at most 200 characters;
organisation: required of administrators, otherwise the own one.
Errors: 42501; 22004 a null argument; 23514 an unknown kind, or more than ten endpoints; ZE101 no such organisation; ZE127 the address is not allowed.';
CREATE FUNCTION ecopanier.rotate_webhook_secret(webhook uuid, overlap interval DEFAULT '24 hours')
RETURNS ecopanier.issued_webhook
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_rotate_webhook_secret';
COMMENT ON FUNCTION ecopanier.rotate_webhook_secret(uuid, interval) IS
'Makes a new secret and shows it, this once. Until the overlap is over, messages carry a signature by the one before too; then that is wiped.
webhook: the endpoint; overlap: from 0 to 90 days.
Errors: 42501; 22004 a null argument; 22023 an overlap out of range; ZE101 no such endpoint.';
CREATE FUNCTION ecopanier.pause_webhook(webhook uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_pause_webhook';
COMMENT ON FUNCTION ecopanier.pause_webhook(uuid) IS
'Posts nothing to the endpoint until resume_webhook(); again, nothing. What is queued waits; what happens meanwhile is not queued, replay_webhooks() brings it.
webhook: the endpoint. Errors: 42501; 22004 a null argument; ZE101 no such endpoint; ZE107 it is disabled.';
CREATE FUNCTION ecopanier.resume_webhook(webhook uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_resume_webhook';
COMMENT ON FUNCTION ecopanier.resume_webhook(uuid) IS
'Posts to a paused or disabled endpoint again, what waited first; again, nothing. webhook: the endpoint.
Errors: 42501; 22004 a null argument; ZE101 no such endpoint; ZE113 its secret cannot be opened: rotate it first; ZE127 its host is no longer allowed.';
CREATE FUNCTION ecopanier.remove_webhook(webhook uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_remove_webhook';
COMMENT ON FUNCTION ecopanier.remove_webhook(uuid) IS
'Removes an endpoint with its secrets and deliveries. webhook: the endpoint. Errors: 42501; 22004 a null argument; ZE101 no such endpoint.';
CREATE FUNCTION ecopanier.send_webhook_test(webhook uuid)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_send_webhook_test';
COMMENT ON FUNCTION ecopanier.send_webhook_test(uuid) IS
'Posts a message of type webhook.test to an active endpoint. webhook: the endpoint.
Returns the delivery, whose state webhook_delivery_status shows. Errors: 42501; 22004 a null argument; ZE101 no such endpoint; ZE107 it is not active, or ten tests wait.';
CREATE FUNCTION ecopanier.replay_webhook(delivery uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_replay_webhook';
COMMENT ON FUNCTION ecopanier.replay_webhook(uuid) IS
'Posts a delivery that ended, well or not, once more, with the same webhook-id. By an owner or manager of the organisation, or an administrator; in the audit.
delivery: the row of webhook_delivery_status. Errors: 42501; 22004 a null argument; ZE101 no such delivery; ZE107 it is queued already.';
CREATE FUNCTION ecopanier.replay_webhooks(webhook uuid, since timestamptz, until timestamptz)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_replay_webhooks';
COMMENT ON FUNCTION ecopanier.replay_webhooks(uuid, timestamptz, timestamptz) IS
'Queues what an endpoint has not got of the events of some time: dead deliveries once more, and events that were not queued because it was paused.
For administrators; in the audit. webhook: the endpoint; since, until: moments of the events, the last one not included, at most 31 days apart.
Returns how many. Errors: 42501; 22004 a null argument; 22023 a time that is empty or too long; ZE101 no such endpoint; ZE107 it is not active.';
CREATE FUNCTION ecopanier.reseal_webhook_secrets()
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_reseal_webhook_secrets';
COMMENT ON FUNCTION ecopanier.reseal_webhook_secrets() IS
'Puts the secrets of webhooks under the current key of the server, so that an older key can leave the key file; for superusers.
Returns how many. Errors: 42501; ZE113 the key of one is not in the key file.';
REVOKE ALL ON FUNCTION ecopanier.add_webhook(text, text[], text, uuid), ecopanier.rotate_webhook_secret(uuid, interval),
	ecopanier.pause_webhook(uuid), ecopanier.resume_webhook(uuid), ecopanier.remove_webhook(uuid), ecopanier.send_webhook_test(uuid),
	ecopanier.replay_webhook(uuid), ecopanier.replay_webhooks(uuid, timestamptz, timestamptz), ecopanier.reseal_webhook_secrets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.add_webhook(text, text[], text, uuid), ecopanier.rotate_webhook_secret(uuid, interval),
	ecopanier.pause_webhook(uuid), ecopanier.resume_webhook(uuid), ecopanier.remove_webhook(uuid), ecopanier.send_webhook_test(uuid),
	ecopanier.replay_webhook(uuid)
	TO ecopanier_owner, ecopanier_merchant, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.replay_webhooks(uuid, timestamptz, timestamptz) TO ecopanier_owner, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.reseal_webhook_secrets() TO ecopanier_owner;
