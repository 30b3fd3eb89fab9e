/*
 * The transactional outbox: what happened, written in the transaction in which
 * it did, and told later to whoever is concerned.
 */
#ifndef ECP_EVENT_APPEND_H
#define ECP_EVENT_APPEND_H

#include "postgres.h"

#include "utils/uuid.h"

/*
 * Appends an event, inside SPI as the owner; the worker is woken at commit.
 *
 * kind: <subject>.<what became of it>.  subject: the row, for a right the member;
 * events of one subject are ordered where their writers hold a lock of its row.
 * organisation, member: whom it concerns, NULL where nobody of that kind is told.
 * facts: text of a JSON object of ids, numbers and moments, nothing personal,
 * or NULL.  Nothing tells a paid basket from a free one (rule D13).
 *
 *   reservation.held .collected .cancelled .lapsed   by: "member" where the person cancelled, else no facts: lot_id, quantity and
 *                                                    window of the reservation never change
 *   reservation.reminder, lot.nearby, lot.favourite, right.expiring no organisation: for the member alone (outbox/reminder.h)
 *   lot.ending                                       left, the units of both pools; no organisation: for its staff alone
 *   template.failed                                  code, day: the lot that could not be published; no member
 *   lot.published .closed .cancelled                 window_start, window_end; no member
 *   right.verified .refused .suspended .expired .transferred   valid_from, valid_until; subject and member are the person
 *   offer.made .accepted .refused .received .expired   subject: the step of the cascade; lot_id, quantity; no member. The receiver is told of
 *                                                    .made and .expired, the shop of the others
 *   allotment.decided                                no facts, no organisation: for a member who was interested in a round, of which the subject is, and got nothing
 *   organisation.applied .active .suspended .closed  no facts, no member
 *
 * Of a claim that was never held (payment did not come) organisation is NULL: its member alone is told.
 */
extern void ecp_event_append(int32 territory, const char *kind, const pg_uuid_t *subject,
							 const pg_uuid_t *organisation, const pg_uuid_t *member, const char *facts);

#endif							/* ECP_EVENT_APPEND_H */
