/*
 * Claims that are paid for, as a payment side would write it: each claim that costs something has a debit that was done. To be read with \i
 * after fixture.sql; fixture.paying('pending') has debits wait, fixture.paying('never') writes none.
 */
CREATE TABLE fixture.paying (how text NOT NULL);
INSERT INTO fixture.paying VALUES ('done');
CREATE FUNCTION fixture.paying(how text) RETURNS void LANGUAGE sql AS $$ UPDATE fixture.paying p SET how = paying.how $$;
CREATE FUNCTION fixture.pays() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE
	state text := (SELECT how FROM fixture.paying);
BEGIN
	-- the rules alone write instructions: those of payments for claims have no room yet
	PERFORM set_config('session_replication_role', 'replica', true);
	INSERT INTO ecopanier_private.money_instruction (territory_id, id, kind, member_id, amount_cents, cause, cause_id, at, state, reference, settled_at)
	SELECT NEW.territory_id, ecopanier.new_id(NEW.territory_id), 'debit', NEW.member_id, NEW.amount_cents, 'reservation', NEW.id, NEW.claimed_at, state,
		CASE state WHEN 'done' THEN 'paid ' || NEW.id END, CASE state WHEN 'done' THEN NEW.claimed_at END WHERE state <> 'never';
	PERFORM set_config('session_replication_role', 'origin', true);
	RETURN NULL;
END $$;
CREATE TRIGGER reservation_pays AFTER INSERT ON ecopanier.reservation FOR EACH ROW WHEN (NEW.amount_cents > 0 AND NEW.state = 'held') EXECUTE FUNCTION fixture.pays();
