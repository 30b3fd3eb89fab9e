-- Mail seen by operators.

CREATE FUNCTION ecopanier.resend_mail(since timestamptz)
RETURNS bigint
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_resend_mail';
COMMENT ON FUNCTION ecopanier.resend_mail(timestamptz) IS
'Queues dead mail again, once its cause is gone: for administrators that of their territory, for superusers all. What is no longer of use by then is not sent.
since: mail queued at or after this moment. Returns how many. Errors: 42501 neither; 22004 no moment.';
REVOKE ALL ON FUNCTION ecopanier.resend_mail(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.resend_mail(timestamptz) TO ecopanier_admin;
