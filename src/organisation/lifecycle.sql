CREATE FUNCTION ecopanier.organisation_state_guard()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_state_guard';
COMMENT ON FUNCTION ecopanier.organisation_state_guard() IS
'Trigger of organisation: which state follows which, for everybody; who decides, and why; what managers change; that the commune is the
territory''s. A row that comes without a state is active in a load, and an application otherwise.
Errors: 42501; 23514 a commune of elsewhere; ZE107 a step that is not possible; ZE117 no reason.';
CREATE FUNCTION ecopanier.organisation_activated()
RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_trg_organisation_activated';
COMMENT ON FUNCTION ecopanier.organisation_activated() IS
'Trigger of organisation: gives its staff the role that they need, when it becomes active: merchant for merchants, producers and hubs,
association for associations and social services.';
REVOKE ALL ON FUNCTION ecopanier.organisation_state_guard(), ecopanier.organisation_activated() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.organisation_state_guard(), ecopanier.organisation_activated() TO ecopanier_owner;

CREATE FUNCTION ecopanier.apply_organisation(kind text, name text, siret ecopanier.siret DEFAULT NULL, commune_insee text DEFAULT NULL,
	address text DEFAULT NULL, latitude double precision DEFAULT NULL, longitude double precision DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_apply_organisation';
COMMENT ON FUNCTION ecopanier.apply_organisation(text, text, ecopanier.siret, text, text, double precision, double precision) IS
'Applies for an organisation, by the person who becomes its owner once an administrator has said yes; three at a time at most.
kind: merchant, association, social_service, producer or hub; name: 1 to 200 characters; siret: of the establishment;
commune_insee: one of the territory; address: street and number; latitude, longitude: degrees.
Returns the organisation; ecopanier.my_organisations() tells what became of it.
Errors: 42501 not a person; 22004 no kind or name; 22023 another kind; 23503 no such commune; 23505 the establishment is there already;
23514 a value out of range, or a commune of elsewhere; ZE107 three applications wait.';
CREATE FUNCTION ecopanier.decide_organisation(organisation uuid, state text, reason text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'ecp_decide_organisation';
COMMENT ON FUNCTION ecopanier.decide_organisation(uuid, text, text) IS
'Decides on an organisation, by an administrator: applied to active or closed, active to suspended and back, either to closed for good.
organisation: its id; state: active, suspended or closed; reason: needed unless it is a first yes. Its staff read it in
my_organisations(), and the audit keeps it.
What is still to be picked up at a suspended organisation is cancelled; one where baskets are held is not closed.
Errors: 42501 not an administrator; 22023 another state, or a reason of more than 1000 characters; ZE101 no such organisation;
ZE107 a step that is not possible; ZE117 no reason; ZE122 baskets are held; 25000 not in a READ COMMITTED transaction.';
REVOKE ALL ON FUNCTION ecopanier.apply_organisation(text, text, ecopanier.siret, text, text, double precision, double precision),
	ecopanier.decide_organisation(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.apply_organisation(text, text, ecopanier.siret, text, text, double precision, double precision)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
GRANT EXECUTE ON FUNCTION ecopanier.decide_organisation(uuid, text, text) TO ecopanier_admin;

CREATE FUNCTION ecopanier.is_accredited(organisation uuid, day date DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ecp_is_accredited';
COMMENT ON FUNCTION ecopanier.is_accredited(uuid, date) IS
'Whether an organisation may verify rights on a day (rule D14): a social service by right, an association whose accreditation for food aid
(L266-2 CASF) is in force and not suspended.
organisation: an active one of the caller''s territory; day: a local day, today where null.
Errors: 42501 nobody is signed in; ZE101 no such organisation.';
REVOKE ALL ON FUNCTION ecopanier.is_accredited(uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ecopanier.is_accredited(uuid, date)
	TO ecopanier_customer, ecopanier_merchant, ecopanier_beneficiary, ecopanier_collector, ecopanier_association, ecopanier_admin;
