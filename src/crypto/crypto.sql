-- crypto.sql: the key ring's functions and the trigger that keeps every backend's copy of it true.

CREATE FUNCTION ecopanier.rotate_key()
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'ecp_rotate_key';
COMMENT ON FUNCTION ecopanier.rotate_key() IS
'Adds a new key to the key file and makes it this database''s current one; PINs and tokens made with older keys stay valid.
Returns the new key''s id, 16 hexadecimal digits. Back the key file up afterwards. If the transaction is rolled back,
the file keeps a key that no database uses, which does no harm.
For superusers, who may grant EXECUTE. Errors: ZE001 before install(); 25006 on a standby or in a read-only transaction;
F0000 the key file is damaged or may be read by others; 58P01 or 42501 it cannot be written.';
REVOKE ALL ON FUNCTION ecopanier.rotate_key() FROM PUBLIC;

CREATE FUNCTION ecopanier.pickup_public_keys(
	OUT key_id text,
	OUT public_key text,
	OUT algorithm text,
	OUT created_at timestamptz,
	OUT is_current boolean,
	OUT installation uuid)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 5
AS 'MODULE_PATHNAME', 'ecp_pickup_public_keys';
COMMENT ON FUNCTION ecopanier.pickup_public_keys() IS
'The public keys that a station without a network checks pickup tokens with, the current one first.
key_id: 16 hexadecimal digits, as in the token; public_key: 32 bytes as base64url without padding; algorithm: Ed25519;
installation: this database''s identity, which the signed bytes contain. Needs no key file.
A token is EP1. and base64url of: version (1 byte), key id (8), reservation (16), expiry in seconds since 1970 (4),
signature (64). Signed: the text "ecopanier pickup token 1" and a zero byte, the installation''s 16 bytes, and the 29 bytes
before the signature. Errors: ZE001 before install().';
REVOKE ALL ON FUNCTION ecopanier.pickup_public_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.pickup_public_keys() TO ecopanier_owner, ecopanier_anon, ecopanier_customer,
	ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin,
	ecopanier_authority, ecopanier_service;

CREATE FUNCTION ecopanier.trg_key_ring_forget()
RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'ecp_trg_key_ring_forget';
COMMENT ON FUNCTION ecopanier.trg_key_ring_forget() IS
'Trigger function: makes every backend read the key ring again once the change is committed. Changes no row.
Errors: 39P01 called other than as a trigger.';
REVOKE ALL ON FUNCTION ecopanier.trg_key_ring_forget() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.trg_key_ring_forget() TO ecopanier_owner;
