-- Civil identities, sealed in the client to a key of the association: doc/clients.

CREATE FUNCTION ecopanier.organisation_key_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_key_guard';
COMMENT ON FUNCTION ecopanier.organisation_key_guard() IS
'Trigger of organisation_key: owners and managers register and retire; a key never changes. Errors: 42501, ZE107, ZE111.';
CREATE FUNCTION ecopanier.organisation_key_sound()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_key_sound';
COMMENT ON FUNCTION ecopanier.organisation_key_sound() IS
'Trigger of organisation_key, whoever writes: 32 bytes that are an X25519 public key, not zero and not of low order. Errors: 22023.';
CREATE FUNCTION ecopanier.sealed_identity_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_sealed_identity_guard';
COMMENT ON FUNCTION ecopanier.sealed_identity_guard() IS
'Trigger of sealed_identity: leaders of the organisation that holds the person, to one of its keys in use; bytes that read as text are refused.
Errors: 22023; 42501; ZE101 no such person or key there; ZE107 a retired key; ZE111.';
CREATE FUNCTION ecopanier.beneficiary_moved()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_beneficiary_moved';
COMMENT ON FUNCTION ecopanier.beneficiary_moved() IS
'Trigger of beneficiary: where another organisation comes to hold the person, the sealed identities go and the household is closed to staff.';
REVOKE ALL ON FUNCTION ecopanier.organisation_key_guard(), ecopanier.organisation_key_sound(),
	ecopanier.sealed_identity_guard(), ecopanier.beneficiary_moved() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_key_guard(), ecopanier.organisation_key_sound(),
	ecopanier.sealed_identity_guard(), ecopanier.beneficiary_moved() TO ecopanier_owner;

CREATE FUNCTION ecopanier.add_organisation_key(public_key bytea, label text)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_add_organisation_key';
COMMENT ON FUNCTION ecopanier.add_organisation_key(bytea, text) IS
'Registers a public key that civil identities are sealed to; for owners and managers of an association. Several readers have a key each.
public_key: 32 bytes (X25519), made in a client, where its secret half stays; label: up to 100 characters that tell the keys apart, of no person.
Returns the id of the key.
Errors: 42501 not such staff; 22004 a null argument; 22023 not a public key; 23505 registered already; 23514 the label.';
CREATE FUNCTION ecopanier.retire_organisation_key(id uuid)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_retire_organisation_key';
COMMENT ON FUNCTION ecopanier.retire_organisation_key(uuid) IS
'Ends a key: nothing more is sealed to it, and what was can still be read, to seal it again. id: the key.
Errors: 42501 not an owner or manager of the association; ZE101 no such key; ZE107 retired already.';
CREATE FUNCTION ecopanier.store_identity(member uuid, key uuid, sealed bytea)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_store_identity';
COMMENT ON FUNCTION ecopanier.store_identity(uuid, uuid, bytea) IS
'Stores a person''s civil identity, sealed by the client (X25519 sealed box), in place of what was stored for the same key.
For owners and managers of the association that holds the person, and its services with the scope enrol.
member: the person; key: an active key of the association; sealed: 49 to 4096 bytes.
Errors: 42501 not such staff; 22004 a null argument; 22023 not sealed bytes; ZE101 no such person or key; ZE107 a retired key.';
CREATE FUNCTION ecopanier.sealed_identity(
	member uuid,
	OUT key uuid,
	OUT public_key bytea,
	OUT label text,
	OUT state text,
	OUT sealed bytea,
	OUT sealed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 2
AS 'MODULE_PATHNAME', 'ecp_sealed_identity';
COMMENT ON FUNCTION ecopanier.sealed_identity(uuid) IS
'A person''s sealed identity, one row a key, for owners and managers of the association that holds the person; the client opens it.
member: the person. Returns key, public_key, label, state: the key sealed to; sealed: the bytes; sealed_at: when.
Errors: 42501 not such staff; ZE101 no such person.';
CREATE FUNCTION ecopanier.sealed_identities(
	key uuid,
	after uuid DEFAULT NULL,
	"limit" int DEFAULT 100,
	OUT member uuid,
	OUT sealed bytea,
	OUT sealed_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE ROWS 100
AS 'MODULE_PATHNAME', 'ecp_sealed_identities';
COMMENT ON FUNCTION ecopanier.sealed_identities(uuid, uuid, int) IS
'All that is sealed to a key of the caller''s association, in pages, so that a client can seal it again to another key.
key: the key, retired or not; after: the last member of the page before; limit: rows, 1 to 1000.
Returns member, sealed, sealed_at. Errors: 42501 not an owner or manager of the association; 22023 limit; ZE101 no such key.';
CREATE FUNCTION ecopanier.forget_identities(key uuid)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_forget_identities';
COMMENT ON FUNCTION ecopanier.forget_identities(uuid) IS
'Drops what is sealed to a retired key, for the people whose identity is sealed to an active key too; the last step of a change of keys.
key: the retired key. Returns how many rows went. Errors: 42501 not an owner or manager of the association; ZE101 no such key; ZE107 it is in use.';
REVOKE ALL ON FUNCTION ecopanier.add_organisation_key(bytea, text), ecopanier.retire_organisation_key(uuid),
	ecopanier.store_identity(uuid, uuid, bytea), ecopanier.sealed_identity(uuid), ecopanier.sealed_identities(uuid, uuid, int),
	ecopanier.forget_identities(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.add_organisation_key(bytea, text), ecopanier.retire_organisation_key(uuid),
	ecopanier.store_identity(uuid, uuid, bytea), ecopanier.sealed_identity(uuid), ecopanier.sealed_identities(uuid, uuid, int),
	ecopanier.forget_identities(uuid) TO ecopanier_association;
GRANT EXECUTE ON FUNCTION ecopanier.store_identity(uuid, uuid, bytea) TO ecopanier_service;
