/*
 * The columns of lot that say what is offered: what a merchant writes, what a template and a repetition carry over.
 */
#ifndef ECP_LOT_COLUMNS_H
#define ECP_LOT_COLUMNS_H

/* What is the same on whatever day; prefix is that of each column, such as "l." */
#define ECP_LOT_SAME(prefix) \
	prefix "title, " prefix "description, " prefix "category, " prefix "public_units, " prefix "solidarity_units, " \
	prefix "original_price_cents, " prefix "price_cents, " prefix "unit_weight_g, " prefix "meals_per_unit, " prefix "allergens, " \
	prefix "commune_insee, " prefix "latitude, " prefix "longitude, " prefix "cold_class, " prefix "undated, " prefix "origin, " \
	prefix "farming_method, " prefix "nutri_score, " prefix "provenance, " prefix "labels, " prefix "wishes, " \
	prefix "price_step_minutes, " prefix "price_step_cents, " prefix "price_floor_cents"

/* What goes with the day. */
#define ECP_LOT_DATED(prefix) \
	prefix "use_by, " prefix "best_before, " prefix "batch, " prefix "window_start, " prefix "window_end, " prefix "windows, " \
	prefix "price_falls_from"

#endif							/* ECP_LOT_COLUMNS_H */
