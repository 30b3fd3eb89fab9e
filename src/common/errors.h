/*
 * errors.h
 *	  The SQLSTATEs of ecopanier's own refusals, each written once.
 *
 * A core code is used where one fits (22P02, 22023, 22004, 42501, ...).  What
 * an application branches on has a code of class ZE, which lies in the range
 * that the SQL standard leaves to implementations (classes beginning with A-H
 * and 0-4 are the standard's).  The number says the kind: ZE0xx the
 * installation, ZE1xx a rule.  A code that was released is never given another
 * meaning and never used again.
 *
 * What a person reads is not here but in message_catalogue.c.
 */
#ifndef ECP_COMMON_ERRORS_H
#define ECP_COMMON_ERRORS_H

/*
 * X(NAME, five characters of the code, name, meaning).  The list is the source
 * of the constants ECP_ERR_<NAME>, of ecopanier.error_code() and, through its
 * test, of the table in doc/reference.md.
 */
#define ECP_ERRORS(X) \
	X(NOT_INSTALLED, 'Z', 'E', '0', '0', '1', "not_installed", \
	  "The tables are not there yet: install() has not run in this database.") \
	X(OUTDATED, 'Z', 'E', '0', '0', '2', "outdated", \
	  "The library, the extension and the tables are of releases that do not work together.") \
	X(NOT_FOUND, 'Z', 'E', '1', '0', '1', "not_found", \
	  "No such row for this caller: an unknown id and somebody else's get the same answer.") \
	X(LOT_CLOSED, 'Z', 'E', '1', '0', '2', "lot_closed", \
	  "The lot is not published, or was closed or cancelled.") \
	X(WINDOW_CLOSED, 'Z', 'E', '1', '0', '3', "window_closed", \
	  "The pickup window is over, or the time limit for this step has passed.") \
	X(SOLD_OUT, 'Z', 'E', '1', '0', '4', "sold_out", \
	  "The pool has fewer units left than were asked for.") \
	X(QUOTA_REACHED, 'Z', 'E', '1', '0', '5', "quota_reached", \
	  "The claim would pass the person's limit of free units for the day.") \
	X(NOT_VERIFIED, 'Z', 'E', '1', '0', '6', "not_verified", \
	  "The right to free units has not been verified, or is not in force.") \
	X(BAD_STATE, 'Z', 'E', '1', '0', '7', "bad_state", \
	  "The row's present state does not allow this step.") \
	X(PAST_USE_BY, 'Z', 'E', '1', '0', '8', "past_use_by", \
	  "The use-by date has passed, or would pass before the hand-over.") \
	X(PRICE_OUT_OF_RANGE, 'Z', 'E', '1', '0', '9', "price_out_of_range", \
	  "The discount lies outside the range that the territory allows.") \
	X(REQUEST_REUSED, 'Z', 'E', '1', '1', '0', "request_reused", \
	  "The request_id was already used for a different request.") \
	X(HISTORY_KEPT, 'Z', 'E', '1', '1', '1', "history_kept", \
	  "The row has a history and can be neither deleted nor rewritten.") \
	X(DERIVED, 'Z', 'E', '1', '1', '2', "derived", \
	  "The value is computed by the database and cannot be written directly.") \
	X(KEY_MISSING, 'Z', 'E', '1', '1', '3', "key_missing", \
	  "The key file lacks a key that is in use in this database.") \
	X(YEAR_FULL, 'Z', 'E', '1', '1', '4', "year_full", \
	  "No free beneficiary code was found for this territory and year.") \
	X(LOT_INCOMPLETE, 'Z', 'E', '1', '1', '5', "lot_incomplete", \
	  "The lot lacks information that is mandatory before publication.") \
	X(TOKEN_REFUSED, 'Z', 'E', '1', '1', '6', "token_refused", \
	  "The identity token is not accepted; the reason is not told.") \
	X(REASON_REQUIRED, 'Z', 'E', '1', '1', '7', "reason_required", \
	  "This decision needs a written reason.") \
	X(NOT_ACCREDITED, 'Z', 'E', '1', '1', '8', "not_accredited", \
	  "The organisation is not accredited on this day for this step.") \
	X(ALREADY_VERIFIED, 'Z', 'E', '1', '1', '9', "already_verified", \
	  "The person holds a verified right already, here or elsewhere (rule D1); a transfer can be asked for.") \
	X(TOO_MANY_CALLS, 'Z', 'E', '1', '2', '0', "too_many_calls", \
	  "The limit of calls a minute was reached.") \
	X(CONSENT_MISSING, 'Z', 'E', '1', '2', '1', "consent_missing", \
	  "The person has not consented to this purpose.") \
	X(OPEN_OBLIGATION, 'Z', 'E', '1', '2', '2', "open_obligation", \
	  "Something of the person is still open, such as a held basket.") \
	X(ACCESS_NOT_OPENED, 'Z', 'E', '1', '2', '3', "access_not_opened", \
	  "Personal data is read after a stated reason alone, and for a limited time.") \
	X(TAG_REQUIRED, 'Z', 'E', '1', '2', '4', "tag_required", \
	  "The verification needs the blinded tag by which a second right would be found (rule D1).") \
	X(ALLOWANCE_REACHED, 'Z', 'E', '1', '2', '5', "allowance_reached", \
	  "The organisation's plan allows no more of these this month.") \
	X(PHOTO_UNREADABLE, 'Z', 'E', '1', '2', '6', "photo_unreadable", \
	  "The bytes are not a whole JPEG, PNG or WebP picture of an allowed size.") \
	X(ENDPOINT_REFUSED, 'Z', 'E', '1', '2', '7', "endpoint_refused", \
	  "The address of the endpoint is not one that the territory allows.") \
	X(CLAIMS_PAUSED, 'Z', 'E', '1', '2', '8', "claims_paused", \
	  "Free claims of this person are paused after baskets that were not fetched (rule D15).") \
	X(DAILY_LOTS_REACHED, 'Z', 'E', '1', '2', '9', "daily_lots_reached", \
	  "The organisation's plan allows no more lots to be published on this day.") \
	X(NOT_FOR_SALE, 'Z', 'E', '1', '3', '0', "not_for_sale", \
	  "Goods of this provenance are given and never sold.") \
	X(SHORT_DATED, 'Z', 'E', '1', '3', '1', "short_dated", \
	  "Less is left before the use-by date than a donation needs, and the receiver has not declared that it distributes in time.") \
	X(ROUND_CLOSED, 'Z', 'E', '1', '3', '2', "round_closed", \
	  "The allotment round takes no more interest, or is drawn.")

#define ECP_ERROR_ENUM(NAME, a, b, c, d, e, name, meaning) \
	ECP_ERR_##NAME = MAKE_SQLSTATE(a, b, c, d, e),

/* ECP_ERR_NOT_FOUND and so on, for errcode(). */
enum EcpErrorCode
{
	ECP_ERRORS(ECP_ERROR_ENUM)
};

#undef ECP_ERROR_ENUM

#endif							/* ECP_COMMON_ERRORS_H */
