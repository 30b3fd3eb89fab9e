/*
 * Naming what does not fit; see suspect.h.
 *
 * Each link holds its own digest, so one that was tampered with is found alone,
 * and those after it fit again.  Which links were put into another order is
 * found by trying: a digest is that of an event at a place after a digest, and
 * all three can be taken from the few links that do not fit.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "audit/event_core.h"
#include "audit/suspect.h"
#include "territory/id.h"

#define REORDER_MAX 48			/* suspects for whom each order is tried */
#define TIME_OFFSET 32			/* of "at" in the bytes of an event: after territory and id, and its length */

EcpSuspect *
ecp_suspect_add(EcpSuspects *suspects, const EcpSuspect *suspect)
{
	EcpSuspect *item;

	if (suspects->count >= ECP_FINDINGS_MAX)
		return NULL;
	if (suspects->items == NULL)
	{
		suspects->size = 16;
		suspects->items = palloc(sizeof(EcpSuspect) * suspects->size);
	}
	else if (suspects->count == suspects->size)
	{
		suspects->size *= 2;
		suspects->items = repalloc(suspects->items, sizeof(EcpSuspect) * suspects->size);
	}
	item = &suspects->items[suspects->count++];
	*item = *suspect;
	if (suspect->bytes)
	{
		item->bytes = palloc(suspect->len);
		memcpy(item->bytes, suspect->bytes, suspect->len);
	}
	return item;
}

static void
report(EcpFindings *findings, const char *finding, const EcpSuspect *suspect, const char *detail)
{
	EcpPlace	place = {.position = suspect->position, .event = &suspect->id, .has_time = true, .at = suspect->at};

	ecp_finding_fault(findings, finding, &place, detail);
}

/* Digests that a link may have come after: those before, at, and due at the suspects' places. */
static uint8 (*
list_candidates(const EcpSuspects *links, int *count))[ECP_AUDIT_DIGEST_BYTES]
{
	uint8		(*list)[ECP_AUDIT_DIGEST_BYTES] = palloc(links->count * 3 * ECP_AUDIT_DIGEST_BYTES);
	int			i;

	for (i = 0; i < links->count; i++)
	{
		const EcpSuspect *link = &links->items[i];

		memcpy(list[3 * i], link->before, ECP_AUDIT_DIGEST_BYTES);
		memcpy(list[3 * i + 1], link->digest, ECP_AUDIT_DIGEST_BYTES);
		ecp_audit_digest(link->before, link->position, link->mac, link->bytes, link->len, list[3 * i + 2]);
	}
	*count = 3 * links->count;
	return list;
}

/* Whether the event, at a position after one of the candidates, gives one of the links' digests; which link. */
static const EcpSuspect *
find_place(const EcpSuspect *event, int64 position, const EcpSuspects *links,
		   uint8 (*candidates)[ECP_AUDIT_DIGEST_BYTES], int count)
{
	uint8		digest[ECP_AUDIT_DIGEST_BYTES];
	int			c;
	int			i;

	for (c = 0; c < count; c++)
	{
		ecp_audit_digest(candidates[c], position, event->mac, event->bytes, event->len, digest);
		for (i = 0; i < links->count; i++)
			if (ecp_audit_digest_equal(digest, links->items[i].digest))
				return &links->items[i];
	}
	return NULL;
}

static bool
is_suspect_position(const EcpSuspects *links, int64 position)
{
	int			i;

	for (i = 0; i < links->count; i++)
		if (links->items[i].position == position)
			return true;
	return false;
}

/* Judges a link that may stand elsewhere than it was; true where that is the whole answer. */
static bool
judge_order(EcpFindings *findings, const EcpSuspect *link, const EcpSuspects *links,
			uint8 (*candidates)[ECP_AUDIT_DIGEST_BYTES], int count)
{
	int			i;

	if (find_place(link, link->position, links, candidates, count) == link)
		return true;			/* it fits; the one before it was moved */
	for (i = 0; i < links->count; i++)
	{
		int64		position = links->items[i].position;

		if (find_place(link, position, links, candidates, count))
		{
			report(findings, "reordered", link, psprintf("it was linked at position " INT64_FORMAT, position));
			return true;
		}
	}
	return false;
}

void
ecp_suspects_judge_links(EcpFindings *findings, EcpSuspects *links)
{
	bool		try = links->count > 0 && links->count <= REORDER_MAX;
	uint8		(*candidates)[ECP_AUDIT_DIGEST_BYTES] = NULL;
	int			count = 0;
	int			i;

	if (try)
		candidates = list_candidates(links, &count);
	for (i = 0; i < links->count; i++)
	{
		const EcpSuspect *link = &links->items[i];

		if (try && judge_order(findings, link, links, candidates, count))
			continue;
		if (is_suspect_position(links, link->position + 1))
			report(findings, "broken_chain", link, "its digest does not follow from the one before it");
		else
			report(findings, "changed", link,
				   "its MAC fits, but not its place in the chain: changed by somebody who has the key, or its MAC was replaced");
	}
}

/* A link and an event of one id whose times differ. */
static void
judge_pair(EcpFindings *findings, EcpSuspect *link, EcpSuspect *event)
{
	TimestampTz now = event->at;
	bool		moved = false;

	if (event->mac_holds || event->key_id[0] == '\0')
		moved = true;			/* sealed again with its new time, or nobody can say */
	else
	{
		ecp_core_put_int64(event->bytes + TIME_OFFSET, link->at);
		moved = ecp_audit_mac_holds(event->key_id, event->bytes, event->len, event->mac);
	}
	report(findings, moved ? "reordered" : "changed", link,
		   psprintf(moved ? "its time was changed to %s" : "its time was changed to %s, and more of it", timestamptz_to_str(now)));
	link->judged = event->judged = true;
}

/* The one event and the one place that lost their link belong together. */
static bool
is_lost_link(const EcpSuspects *events, const EcpGaps *gaps)
{
	int			lost = 0;
	int			i;

	for (i = 0; i < events->count; i++)
		lost += !events->items[i].judged && events->items[i].mac_holds;
	return lost == 1 && gaps->missing == 1;
}

static void
judge_events(EcpFindings *findings, EcpSuspects *events, const EcpGaps *gaps)
{
	bool		paired = is_lost_link(events, gaps);
	int			i;

	for (i = 0; i < events->count; i++)
	{
		EcpSuspect *event = &events->items[i];

		if (event->judged)
			continue;
		if (event->mac_holds && paired)
			event->position = gaps->items[0].from;
		if (event->mac_holds)
			report(findings, "removed", event, "its link is gone");
		else
			report(findings, "inserted", event, "it is neither linked nor waiting, and its MAC is not this database's");
	}
	for (i = 0; i < gaps->count && !paired; i++)
	{
		EcpPlace	place = {.position = gaps->items[i].from};

		ecp_finding_fault(findings, "removed", &place,
						  psprintf("the links from position " INT64_FORMAT " to " INT64_FORMAT " are gone", gaps->items[i].from, gaps->items[i].to));
	}
}

void
ecp_suspects_judge_pairs(EcpFindings *findings, EcpSuspects *links, EcpSuspects *events, const EcpGaps *gaps)
{
	int			l;
	int			e;

	for (l = 0; l < links->count; l++)
		for (e = 0; e < events->count; e++)
			if (!events->items[e].judged && !links->items[l].judged && ecp_id_equal(&links->items[l].id, &events->items[e].id))
				judge_pair(findings, &links->items[l], &events->items[e]);
	for (l = 0; l < links->count; l++)
		if (!links->items[l].judged)
			report(findings, "removed", &links->items[l], "the event is gone");
	judge_events(findings, events, gaps);
}
