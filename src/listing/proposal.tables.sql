/*
 * Photos of food, what a model proposes of them, and how many an organisation may ask for.
 * Rows come before triggers: while migrations run, the guards would refuse as outdated.
 */
INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('photos_per_month_free', 'photos', 0, 1000000, 30, 'Photos that an organisation of the plan free may have read in a calendar month.', 'decision'),
	('photos_per_month_standard', 'photos', 0, 1000000, 300, 'Photos that an organisation of the plan standard may have read in a calendar month.', 'decision'),
	('photos_per_month_large', 'photos', 0, 1000000, 3000, 'Photos that an organisation of the plan large may have read in a calendar month.', 'decision'),
	('photo_days', 'days', 1, 3650, 30, 'How long the photo of a proposal that was discarded, failed or left undecided is kept.', 'decision'),
	('photo_confirmed_days', 'days', 1, 3650, 365, 'How long the photo of a proposal that became a lot is kept.', 'decision');
ALTER TABLE ecopanier.setting DISABLE TRIGGER setting_guard;
INSERT INTO ecopanier.setting (territory_id, name, version, value, valid_from, author_login, source)
SELECT t.id, d.name, 1, d.default_value, '-infinity', session_user, d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name LIKE 'photos\_per\_month\_%' OR d.name IN ('photo_days', 'photo_confirmed_days');
ALTER TABLE ecopanier.setting ENABLE TRIGGER setting_guard;

CREATE TABLE ecopanier.photo (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	member_id uuid NOT NULL,
	media_type text NOT NULL
		CONSTRAINT photo_media_type_check CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
	width int NOT NULL CONSTRAINT photo_width_check CHECK (width BETWEEN 1 AND 16384),
	height int NOT NULL CONSTRAINT photo_height_check CHECK (height BETWEEN 1 AND 16384),
	orientation int NOT NULL DEFAULT 1 CONSTRAINT photo_orientation_check CHECK (orientation BETWEEN 1 AND 8),
	sha256 bytea NOT NULL CONSTRAINT photo_sha256_check CHECK (octet_length(sha256) = 32),
	bytes bytea NOT NULL CONSTRAINT photo_bytes_check CHECK (octet_length(bytes) BETWEEN 1 AND 7340032),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member
);
ALTER TABLE ecopanier.photo ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX photo_organisation_index ON ecopanier.photo (territory_id, organisation_id);
COMMENT ON TABLE ecopanier.photo IS
'Photos of food that an organisation had read, without what cameras write into files; kept for the settings photo_days and photo_confirmed_days.';
COMMENT ON COLUMN ecopanier.photo.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.photo.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.photo.organisation_id IS 'The organisation, whose staff alone read it.';
COMMENT ON COLUMN ecopanier.photo.member_id IS 'The member of staff who sent it.';
COMMENT ON COLUMN ecopanier.photo.media_type IS 'image/jpeg, image/png or image/webp, by what the bytes are.';
COMMENT ON COLUMN ecopanier.photo.width IS 'Width in pixels, before it is turned.';
COMMENT ON COLUMN ecopanier.photo.height IS 'Height in pixels, before it is turned.';
COMMENT ON COLUMN ecopanier.photo.orientation IS 'How to turn it for showing, 1 to 8 as in EXIF; 1: as it is.';
COMMENT ON COLUMN ecopanier.photo.sha256 IS 'SHA-256 of bytes.';
COMMENT ON COLUMN ecopanier.photo.bytes IS 'The picture: no EXIF, XMP, IPTC, place, comment, thumbnail or colour profile is left.';
COMMENT ON COLUMN ecopanier.photo.created_at IS 'When it was sent.';

CREATE TABLE ecopanier.proposal (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	member_id uuid NOT NULL,
	photo_id uuid,
	state text NOT NULL DEFAULT 'waiting'
		CONSTRAINT proposal_state_check CHECK (state IN ('waiting', 'asking', 'draft', 'confirmed', 'discarded', 'failed')),
	failure text CONSTRAINT proposal_failure_check CHECK (failure IN ('model_busy', 'model_silent', 'model_refused', 'photo_refused',
		'photo_blocked', 'nothing_seen', 'answer_unusable')),
	fields jsonb CONSTRAINT proposal_fields_check CHECK (jsonb_typeof(fields) = 'object'),
	provider text CONSTRAINT proposal_provider_check CHECK (length(provider) <= 100),
	model text CONSTRAINT proposal_model_check CHECK (length(model) <= 200),
	model_version text CONSTRAINT proposal_model_version_check CHECK (length(model_version) <= 200),
	asked_times int NOT NULL DEFAULT 1 CONSTRAINT proposal_asked_times_check CHECK (asked_times >= 1),
	lot_id uuid,
	reason text CONSTRAINT proposal_reason_check CHECK (length(reason) BETWEEN 1 AND 1000),
	request_id uuid,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	asked_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	answered_at timestamptz,
	decided_at timestamptz,
	decided_by uuid,
	PRIMARY KEY (territory_id, id),
	UNIQUE (territory_id, lot_id),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, member_id) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, decided_by) REFERENCES ecopanier.member,
	FOREIGN KEY (territory_id, photo_id) REFERENCES ecopanier.photo,
	FOREIGN KEY (territory_id, lot_id) REFERENCES ecopanier.lot ON DELETE SET NULL (lot_id),
	CONSTRAINT proposal_failed_check CHECK ((state = 'failed') = (failure IS NOT NULL)),
	CONSTRAINT proposal_draft_check CHECK (state NOT IN ('draft', 'confirmed') OR fields IS NOT NULL),
	CONSTRAINT proposal_answered_check CHECK (state NOT IN ('draft', 'confirmed', 'failed') OR answered_at IS NOT NULL),
	CONSTRAINT proposal_decided_check CHECK ((state IN ('confirmed', 'discarded')) = (decided_at IS NOT NULL)),
	CONSTRAINT proposal_lot_check CHECK (lot_id IS NULL OR state = 'confirmed')
);
CREATE UNIQUE INDEX proposal_request_key ON ecopanier.proposal (territory_id, member_id, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX proposal_organisation_index ON ecopanier.proposal (territory_id, organisation_id, created_at DESC);
CREATE UNIQUE INDEX proposal_photo_key ON ecopanier.proposal (territory_id, photo_id) WHERE photo_id IS NOT NULL;
CREATE INDEX proposal_confirmed_index ON ecopanier.proposal (territory_id, (coalesce(decided_at, answered_at)))
	WHERE photo_id IS NOT NULL AND state = 'confirmed';
CREATE INDEX proposal_other_index ON ecopanier.proposal (territory_id, (coalesce(decided_at, answered_at)))
	WHERE photo_id IS NOT NULL AND state IN ('draft', 'discarded', 'failed');
COMMENT ON TABLE ecopanier.proposal IS
'What a model reads on a photo, until a person makes a lot of it or throws it away; nothing is published from here.';
COMMENT ON COLUMN ecopanier.proposal.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.proposal.id IS 'Identifier; given by the database. It goes along with each call of the model.';
COMMENT ON COLUMN ecopanier.proposal.organisation_id IS 'The organisation that the lot would be of.';
COMMENT ON COLUMN ecopanier.proposal.member_id IS 'The member of staff who sent the photo.';
COMMENT ON COLUMN ecopanier.proposal.photo_id IS 'The photo; null once its time is over.';
COMMENT ON COLUMN ecopanier.proposal.state IS
'waiting (for the model), asking, draft (to be confirmed or discarded), confirmed (a lot was made), discarded, or failed.';
COMMENT ON COLUMN ecopanier.proposal.failure IS
'Why it failed: model_busy, model_silent, model_refused, photo_refused, photo_blocked, nothing_seen or answer_unusable; message() says what to do.';
COMMENT ON COLUMN ecopanier.proposal.fields IS
'What is proposed, by field of a lot: value, confidence (0 to 1, null for what nobody proposed), source (proposed or person) and, where a person changed it, proposed.';
COMMENT ON COLUMN ecopanier.proposal.provider IS 'Who ran the model that answered.';
COMMENT ON COLUMN ecopanier.proposal.model IS 'The model that was asked.';
COMMENT ON COLUMN ecopanier.proposal.model_version IS 'The model that answered, as it says itself.';
COMMENT ON COLUMN ecopanier.proposal.asked_times IS 'How often a person asked for it; each counts against the allowance of its month.';
COMMENT ON COLUMN ecopanier.proposal.lot_id IS 'The lot that it became; null again where that draft was thrown away.';
COMMENT ON COLUMN ecopanier.proposal.reason IS 'Why it was discarded.';
COMMENT ON COLUMN ecopanier.proposal.request_id IS 'The client''s number of the request: a retry gives the same proposal.';
COMMENT ON COLUMN ecopanier.proposal.created_at IS 'When the photo was sent.';
COMMENT ON COLUMN ecopanier.proposal.asked_at IS 'When it was last asked for.';
COMMENT ON COLUMN ecopanier.proposal.answered_at IS 'When the draft, or the failure, was there.';
COMMENT ON COLUMN ecopanier.proposal.decided_at IS 'When it was confirmed or discarded.';
COMMENT ON COLUMN ecopanier.proposal.decided_by IS 'The member of staff who did.';

CREATE TABLE ecopanier.proposal_call (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	proposal_id uuid NOT NULL,
	organisation_id uuid NOT NULL,
	month date NOT NULL CONSTRAINT proposal_call_month_check CHECK (extract(day FROM month) = 1),
	at timestamptz NOT NULL DEFAULT ecopanier.now(),
	provider text NOT NULL CONSTRAINT proposal_call_provider_check CHECK (length(provider) <= 100),
	model text NOT NULL CONSTRAINT proposal_call_model_check CHECK (length(model) <= 200),
	model_version text CONSTRAINT proposal_call_model_version_check CHECK (length(model_version) <= 200),
	outcome text NOT NULL CONSTRAINT proposal_call_outcome_check CHECK (length(outcome) BETWEEN 1 AND 60),
	tokens_in int NOT NULL DEFAULT 0 CONSTRAINT proposal_call_tokens_in_check CHECK (tokens_in >= 0),
	tokens_out int NOT NULL DEFAULT 0 CONSTRAINT proposal_call_tokens_out_check CHECK (tokens_out >= 0),
	cost_micro_eur bigint NOT NULL DEFAULT 0 CONSTRAINT proposal_call_cost_check CHECK (cost_micro_eur >= 0),
	duration_ms int NOT NULL DEFAULT 0 CONSTRAINT proposal_call_duration_check CHECK (duration_ms >= 0),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, proposal_id) REFERENCES ecopanier.proposal,
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
CREATE INDEX proposal_call_proposal_index ON ecopanier.proposal_call (territory_id, proposal_id);
CREATE INDEX proposal_call_month_index ON ecopanier.proposal_call (territory_id, organisation_id, month);
COMMENT ON TABLE ecopanier.proposal_call IS 'Calls of a model, each with what it used and cost; calls that brought nothing too.';
COMMENT ON COLUMN ecopanier.proposal_call.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.proposal_call.id IS 'Identifier; given by the database.';
COMMENT ON COLUMN ecopanier.proposal_call.proposal_id IS 'The proposal.';
COMMENT ON COLUMN ecopanier.proposal_call.organisation_id IS 'Its organisation.';
COMMENT ON COLUMN ecopanier.proposal_call.month IS 'First day of the month that the photo counted in, by the territory''s calendar.';
COMMENT ON COLUMN ecopanier.proposal_call.at IS 'When it ended.';
COMMENT ON COLUMN ecopanier.proposal_call.provider IS 'Who ran the model.';
COMMENT ON COLUMN ecopanier.proposal_call.model IS 'The model that was asked.';
COMMENT ON COLUMN ecopanier.proposal_call.model_version IS 'The model that answered, as it says itself.';
COMMENT ON COLUMN ecopanier.proposal_call.outcome IS 'draft, or what came instead.';
COMMENT ON COLUMN ecopanier.proposal_call.tokens_in IS 'Tokens of the question, photo included, as the provider counts.';
COMMENT ON COLUMN ecopanier.proposal_call.tokens_out IS 'Tokens of the answer, thoughts included, as the provider counts.';
COMMENT ON COLUMN ecopanier.proposal_call.cost_micro_eur IS 'Cost in millionths of a euro, by the prices that were set at that time.';
COMMENT ON COLUMN ecopanier.proposal_call.duration_ms IS 'How long it took, milliseconds.';

CREATE TABLE ecopanier.organisation_plan (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	version int NOT NULL,
	plan text NOT NULL CONSTRAINT organisation_plan_plan_check CHECK (plan IN ('free', 'standard', 'large')),
	valid_from timestamptz NOT NULL,
	author_id uuid,
	source text NOT NULL
		CONSTRAINT organisation_plan_source_check CHECK (length(btrim(source)) > 0 AND length(source) <= 1000),
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, organisation_id, version),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation,
	FOREIGN KEY (territory_id, author_id) REFERENCES ecopanier.member
);
COMMENT ON TABLE ecopanier.organisation_plan IS
'The plan of an organisation, with its history: a row is never changed, a later one replaces it. Without one the plan is free.';
COMMENT ON COLUMN ecopanier.organisation_plan.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.organisation_plan.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.organisation_plan.version IS 'Number of the row, from 1; given by the database.';
COMMENT ON COLUMN ecopanier.organisation_plan.plan IS 'free, standard or large: the settings photos_per_month_<plan> say what each allows.';
COMMENT ON COLUMN ecopanier.organisation_plan.valid_from IS 'From when it is in force; of two that are, the later valid_from wins, then the higher version.';
COMMENT ON COLUMN ecopanier.organisation_plan.author_id IS 'The administrator who set it; null for a load.';
COMMENT ON COLUMN ecopanier.organisation_plan.source IS 'Why: a contract, a decision.';
COMMENT ON COLUMN ecopanier.organisation_plan.created_at IS 'When it was written.';

CREATE TABLE ecopanier.listing_month (
	territory_id int NOT NULL,
	organisation_id uuid NOT NULL,
	month date NOT NULL CONSTRAINT listing_month_month_check CHECK (extract(day FROM month) = 1),
	used int NOT NULL DEFAULT 0 CONSTRAINT listing_month_used_check CHECK (used >= 0),
	limit_photos int NOT NULL,
	limit_version int NOT NULL,
	plan text NOT NULL,
	PRIMARY KEY (territory_id, organisation_id, month),
	FOREIGN KEY (territory_id, organisation_id) REFERENCES ecopanier.organisation
);
COMMENT ON TABLE ecopanier.listing_month IS
'How many photos an organisation had read in a month, counted under the lock of the row; the rules alone write here.';
COMMENT ON COLUMN ecopanier.listing_month.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.listing_month.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.listing_month.month IS 'First day of the month, by the territory''s calendar.';
COMMENT ON COLUMN ecopanier.listing_month.used IS 'Photos that were asked for, those asked for again included.';
COMMENT ON COLUMN ecopanier.listing_month.limit_photos IS 'The limit when the last one was counted.';
COMMENT ON COLUMN ecopanier.listing_month.limit_version IS 'Version of the setting that it comes from.';
COMMENT ON COLUMN ecopanier.listing_month.plan IS 'The plan when the last one was counted.';

CREATE TABLE ecopanier_private.listing_job (
	territory_id int NOT NULL,
	id uuid NOT NULL,
	state text NOT NULL DEFAULT 'queued'
		CONSTRAINT listing_job_state_check CHECK (state IN ('queued', 'calling', 'done', 'dead')),
	endpoint text NOT NULL,
	attempts int NOT NULL DEFAULT 0,
	next_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	claimed_at timestamptz,
	last_error text,
	created_at timestamptz NOT NULL DEFAULT ecopanier.now(),
	PRIMARY KEY (territory_id, id),
	FOREIGN KEY (territory_id, id) REFERENCES ecopanier.proposal
);
CREATE INDEX listing_job_due_index ON ecopanier_private.listing_job (territory_id, endpoint, next_at) WHERE state = 'queued';
CREATE INDEX listing_job_calling_index ON ecopanier_private.listing_job (territory_id, id) WHERE state = 'calling';
COMMENT ON TABLE ecopanier_private.listing_job IS 'Photos for the worker to ask a model about: one job a proposal, so that none makes two drafts.';
COMMENT ON COLUMN ecopanier_private.listing_job.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier_private.listing_job.id IS 'The proposal.';
COMMENT ON COLUMN ecopanier_private.listing_job.state IS 'queued, calling, done or dead.';
COMMENT ON COLUMN ecopanier_private.listing_job.endpoint IS 'What the circuit breaker counts by.';
COMMENT ON COLUMN ecopanier_private.listing_job.attempts IS 'How often it was claimed.';
COMMENT ON COLUMN ecopanier_private.listing_job.next_at IS 'When it is due.';
COMMENT ON COLUMN ecopanier_private.listing_job.claimed_at IS 'When it was last claimed.';
COMMENT ON COLUMN ecopanier_private.listing_job.last_error IS 'What the last try ended with; no secret and nothing personal.';
COMMENT ON COLUMN ecopanier_private.listing_job.created_at IS 'When it was queued.';

ALTER TABLE ecopanier_private.personal_data DISABLE TRIGGER personal_data_caller;
INSERT INTO ecopanier_private.personal_data (position, relation, person_column, contact_columns, erase, reason) VALUES
	(290, 'ecopanier.photo', 'member_id', '{}', 'keep', 'A photo of food, the organisation''s; an id alone.'),
	(291, 'ecopanier.proposal', 'member_id', '{created_at}', 'keep', 'An act of office for an organisation; an id alone.'),
	(292, 'ecopanier.proposal', 'decided_by', '{decided_at}', 'keep', 'An act of office for an organisation; an id alone.'),
	(293, 'ecopanier.organisation_plan', 'author_id', '{}', 'keep', 'An act of office about an organisation; an id alone.');
ALTER TABLE ecopanier_private.personal_data ENABLE TRIGGER personal_data_caller;

CREATE TRIGGER photo_guard BEFORE INSERT OR UPDATE ON ecopanier.photo
	FOR EACH ROW EXECUTE FUNCTION ecopanier.photo_guard();
ALTER TABLE ecopanier.photo ENABLE ALWAYS TRIGGER photo_guard;
CREATE TRIGGER photo_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier.photo
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER proposal_guard BEFORE INSERT OR UPDATE ON ecopanier.proposal
	FOR EACH ROW EXECUTE FUNCTION ecopanier.proposal_guard();
CREATE TRIGGER proposal_history BEFORE DELETE ON ecopanier.proposal
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.proposal ENABLE ALWAYS TRIGGER proposal_history;
CREATE TRIGGER proposal_truncate BEFORE TRUNCATE ON ecopanier.proposal
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.proposal ENABLE ALWAYS TRIGGER proposal_truncate;
CREATE TRIGGER proposal_audit AFTER UPDATE OF state ON ecopanier.proposal
	FOR EACH ROW WHEN (NEW.state IN ('confirmed', 'discarded') AND OLD.state <> NEW.state)
	EXECUTE FUNCTION ecopanier.audit_change('id', '+organisation_id', 'state', 'lot_id');
CREATE TRIGGER proposal_call_guard BEFORE INSERT OR UPDATE ON ecopanier.proposal_call
	FOR EACH ROW EXECUTE FUNCTION ecopanier.row_guard('anybody');
CREATE TRIGGER proposal_call_history BEFORE UPDATE OR DELETE ON ecopanier.proposal_call
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.proposal_call ENABLE ALWAYS TRIGGER proposal_call_history;
CREATE TRIGGER proposal_call_truncate BEFORE TRUNCATE ON ecopanier.proposal_call
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.proposal_call ENABLE ALWAYS TRIGGER proposal_call_truncate;
CREATE TRIGGER organisation_plan_guard BEFORE INSERT ON ecopanier.organisation_plan
	FOR EACH ROW EXECUTE FUNCTION ecopanier.organisation_plan_guard();
CREATE TRIGGER organisation_plan_history BEFORE UPDATE OR DELETE ON ecopanier.organisation_plan
	FOR EACH ROW EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.organisation_plan ENABLE ALWAYS TRIGGER organisation_plan_history;
CREATE TRIGGER organisation_plan_truncate BEFORE TRUNCATE ON ecopanier.organisation_plan
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.organisation_plan ENABLE ALWAYS TRIGGER organisation_plan_truncate;
CREATE TRIGGER organisation_plan_audit AFTER INSERT ON ecopanier.organisation_plan
	FOR EACH ROW EXECUTE FUNCTION ecopanier.audit_change('organisation_id', 'plan', 'valid_from', 'version');
CREATE TRIGGER listing_month_guard BEFORE INSERT OR UPDATE OR DELETE ON ecopanier.listing_month
	FOR EACH ROW EXECUTE FUNCTION ecopanier.listing_month_guard();
ALTER TABLE ecopanier.listing_month ENABLE ALWAYS TRIGGER listing_month_guard;
CREATE TRIGGER listing_month_truncate BEFORE TRUNCATE ON ecopanier.listing_month
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.history_guard();
ALTER TABLE ecopanier.listing_month ENABLE ALWAYS TRIGGER listing_month_truncate;
CREATE TRIGGER listing_job_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier_private.listing_job
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
CREATE TRIGGER listing_job_wake AFTER INSERT OR UPDATE ON ecopanier_private.listing_job
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.wake();

ALTER TABLE ecopanier.photo ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.proposal_call ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.organisation_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier.listing_month ENABLE ROW LEVEL SECURITY;
ALTER TABLE ecopanier_private.listing_job ENABLE ROW LEVEL SECURITY;
CREATE POLICY photo_staff_select ON ecopanier.photo FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY photo_staff_select ON ecopanier.photo IS 'Staff read the photos of the own organisation.';
CREATE POLICY proposal_staff_select ON ecopanier.proposal FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY proposal_staff_select ON ecopanier.proposal IS 'Staff read the proposals of the own organisation.';
CREATE POLICY proposal_call_staff_select ON ecopanier.proposal_call FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY proposal_call_staff_select ON ecopanier.proposal_call IS 'Staff read what the calls for the own organisation used and cost.';
CREATE POLICY proposal_call_admin_select ON ecopanier.proposal_call FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY proposal_call_admin_select ON ecopanier.proposal_call IS 'Administrators read what calls in the own territory used and cost.';
CREATE POLICY organisation_plan_staff_select ON ecopanier.organisation_plan FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY organisation_plan_staff_select ON ecopanier.organisation_plan IS 'Staff read the plans of the own organisation.';
CREATE POLICY organisation_plan_admin_select ON ecopanier.organisation_plan FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY organisation_plan_admin_select ON ecopanier.organisation_plan IS 'Administrators read the plans of the own territory''s organisations.';
CREATE POLICY listing_month_staff_select ON ecopanier.listing_month FOR SELECT TO ecopanier_merchant, ecopanier_association
	USING (territory_id = (SELECT ecopanier.current_territory()) AND organisation_id = (SELECT ecopanier.current_organisation()));
COMMENT ON POLICY listing_month_staff_select ON ecopanier.listing_month IS 'Staff read how many photos the own organisation had read.';
CREATE POLICY listing_month_admin_select ON ecopanier.listing_month FOR SELECT TO ecopanier_admin
	USING (territory_id = (SELECT ecopanier.current_territory()));
COMMENT ON POLICY listing_month_admin_select ON ecopanier.listing_month IS 'Administrators read how many photos organisations of the own territory had read.';
GRANT SELECT ON ecopanier.photo, ecopanier.proposal TO ecopanier_merchant, ecopanier_association;
GRANT SELECT ON ecopanier.proposal_call, ecopanier.organisation_plan, ecopanier.listing_month
	TO ecopanier_merchant, ecopanier_association, ecopanier_admin;

CREATE VIEW ecopanier.listing_usage WITH (security_invoker = true) AS
SELECT m.territory_id, m.organisation_id, m.month, m.plan, m.limit_photos, m.used, coalesce(c.calls, 0) AS calls,
	coalesce(c.drafts, 0) AS drafts, coalesce(c.tokens_in, 0) AS tokens_in, coalesce(c.tokens_out, 0) AS tokens_out,
	coalesce(c.cost_micro_eur, 0) AS cost_micro_eur
FROM ecopanier.listing_month m
LEFT JOIN LATERAL (SELECT count(*) AS calls, count(*) FILTER (WHERE k.outcome = 'draft') AS drafts, sum(k.tokens_in) AS tokens_in,
		sum(k.tokens_out) AS tokens_out, sum(k.cost_micro_eur)::bigint AS cost_micro_eur
	FROM ecopanier.proposal_call k
	WHERE k.territory_id = m.territory_id AND k.organisation_id = m.organisation_id AND k.month = m.month) c ON true;
COMMENT ON VIEW ecopanier.listing_usage IS
'Photos read, tokens and cost by organisation and month; staff see their own organisation, administrators those of their territory.';
COMMENT ON COLUMN ecopanier.listing_usage.territory_id IS 'The territory.';
COMMENT ON COLUMN ecopanier.listing_usage.organisation_id IS 'The organisation.';
COMMENT ON COLUMN ecopanier.listing_usage.month IS 'First day of the month, by the territory''s calendar.';
COMMENT ON COLUMN ecopanier.listing_usage.plan IS 'The plan when the last photo was counted.';
COMMENT ON COLUMN ecopanier.listing_usage.limit_photos IS 'The limit when the last photo was counted.';
COMMENT ON COLUMN ecopanier.listing_usage.used IS 'Photos that were asked for.';
COMMENT ON COLUMN ecopanier.listing_usage.calls IS 'Calls of a model for photos that counted in this month.';
COMMENT ON COLUMN ecopanier.listing_usage.drafts IS 'Calls that brought a draft.';
COMMENT ON COLUMN ecopanier.listing_usage.tokens_in IS 'Tokens of the questions.';
COMMENT ON COLUMN ecopanier.listing_usage.tokens_out IS 'Tokens of the answers.';
COMMENT ON COLUMN ecopanier.listing_usage.cost_micro_eur IS 'Cost in millionths of a euro.';
GRANT SELECT ON ecopanier.listing_usage TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
