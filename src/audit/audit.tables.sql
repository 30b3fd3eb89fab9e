CREATE TABLE ecopanier.audit_event (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	actor_kind text NOT NULL
		CONSTRAINT audit_event_actor_kind_check CHECK (actor_kind IN ('person', 'service', 'kiosk', 'load')),
	actor_id uuid,
	actor_login name NOT NULL DEFAULT session_user,
	organisation_id uuid,
	action text NOT NULL,
	subject_id uuid,
	reason text,
	facts jsonb,
	PRIMARY KEY (territory_id, at, id)
);
COMMENT ON TABLE ecopanier.audit_event IS 'Decisions that somebody may have to explain: who did what to what, and why.';
COMMENT ON COLUMN ecopanier.audit_event.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.audit_event.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.audit_event.at IS 'When.';
COMMENT ON COLUMN ecopanier.audit_event.actor_kind IS 'person, service, kiosk, or load for a superuser without a caller.';
COMMENT ON COLUMN ecopanier.audit_event.actor_id IS 'The member who acted; null for a load.';
COMMENT ON COLUMN ecopanier.audit_event.actor_login IS 'The database login that acted.';
COMMENT ON COLUMN ecopanier.audit_event.organisation_id IS 'The organisation acted for, or null.';
COMMENT ON COLUMN ecopanier.audit_event.action IS 'What was done, for example pickup_release.';
COMMENT ON COLUMN ecopanier.audit_event.subject_id IS 'The row or person that it was done to.';
COMMENT ON COLUMN ecopanier.audit_event.reason IS 'The reason given.';
COMMENT ON COLUMN ecopanier.audit_event.facts IS 'What changed; nothing personal.';
ALTER TABLE ecopanier.audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_event_admin_select ON ecopanier.audit_event FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY audit_event_admin_select ON ecopanier.audit_event IS 'Administrators read the audit of the own territory.';
GRANT SELECT ON ecopanier.audit_event TO ecopanier_admin;

DROP TABLE ecopanier.audit_entry;
