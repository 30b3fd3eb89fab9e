/*
 * Whoever is not signed in writes nothing, unless a superuser: not the tables'
 * owner, nor a login with BYPASSRLS. The rows of most tables are guarded; these
 * triggers guard the rest, command by command.
 */
DO $guards$
DECLARE
	item record;
BEGIN
	FOR item IN SELECT * FROM (VALUES
		('ecopanier.territory', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.key_ring', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.installation', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.region', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.department', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.epci', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.commune', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.arrondissement', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.territory_commune', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.setting_definition', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.member', 'DELETE OR TRUNCATE'),
		('ecopanier.member_role', 'TRUNCATE'),
		('ecopanier_private.login', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.organisation', 'DELETE OR TRUNCATE'),
		('ecopanier.organisation_opening', 'TRUNCATE'),
		('ecopanier.organisation_staff', 'TRUNCATE'),
		('ecopanier.organisation_opening_exception', 'TRUNCATE'),
		('ecopanier.staff_invitation', 'DELETE OR TRUNCATE'),
		('ecopanier_private.staff_invitation_secret', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.ben_code_issued', 'INSERT'),
		('ecopanier_private.ben_code_year', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.pickup_guess', 'INSERT'),
		('ecopanier_private.audit_pending', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.audit_link', 'INSERT'),
		('ecopanier_private.audit_checkpoint', 'INSERT'),
		('ecopanier_private.tick_turn', 'INSERT OR TRUNCATE'),
		('ecopanier.consent_purpose', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.service_secret', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.service_call', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier.card', 'DELETE OR TRUNCATE'),
		('ecopanier_private.card_secret', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.card_round', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.kiosk_session', 'INSERT OR UPDATE OR DELETE OR TRUNCATE'),
		('ecopanier_private.kiosk_try', 'INSERT'),
		('ecopanier_private.kiosk_count', 'INSERT OR UPDATE OR DELETE OR TRUNCATE')) t (relation, commands)
	LOOP
		EXECUTE format('CREATE TRIGGER %I BEFORE %s ON %s FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard()',
			split_part(item.relation, '.', 2) || '_caller', item.commands, item.relation);
	END LOOP;
END
$guards$;
