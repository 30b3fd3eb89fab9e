COMMENT ON FUNCTION ecopanier.confirm_proposal(uuid, jsonb) IS
'Makes a lot in state draft of a proposal, by a manager or owner of its organisation; publishing it stays a step of its own, and lot_missing() says what it still lacks.
id: the proposal, in state draft; corrections: a JSON object of fields of a lot that replace or add to what is proposed: title, description,
category (a code of food_categories()), public_units, solidarity_units, original_price_cents, price_cents, unit_weight_g, meals_per_unit, use_by and
best_before ("2026-11-30"), undated (true or false), batch, allergens (array of codes; [] none), window_start and window_end (with the zone), cold_class,
origin, farming_method, nutri_score, provenance, labels and wishes (arrays of codes). null clears a field.
Returns the lot; a second call gives the same lot and changes nothing.
Errors: 42501 not such staff; ZE101 no such proposal; ZE107 no draft, or its lot was thrown away; 22023 an unknown field or a value that it does
not take; and all that an INSERT into lot raises, such as ZE109.';
