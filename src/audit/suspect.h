/*
 * What does not fit at first sight, kept until the whole chain was read, so
 * that it can be named.
 */
#ifndef ECP_SUSPECT_H
#define ECP_SUSPECT_H

#include "postgres.h"

#include "utils/uuid.h"

#include "audit/finding.h"
#include "crypto/audit_mac.h"

/* A link, an event, or both. */
typedef struct EcpSuspect
{
	int64		position;		/* of the link; 0: an event without one */
	TimestampTz at;				/* the link's, or the event's where it has none */
	pg_uuid_t	id;
	uint8		before[ECP_AUDIT_DIGEST_BYTES]; /* the digest that comes before in the chain */
	uint8		digest[ECP_AUDIT_DIGEST_BYTES]; /* the link's */
	uint8		mac[ECP_AUDIT_MAC_BYTES];
	char		key_id[ECP_KEY_ID_SIZE];
	bool		mac_holds;
	uint8	   *bytes;			/* of the event */
	Size		len;
	bool		judged;
} EcpSuspect;

typedef struct EcpSuspects
{
	int			count;
	int			size;
	EcpSuspect *items;
} EcpSuspects;

/* Positions that have no link. */
typedef struct EcpGaps
{
	int			count;			/* of gaps */
	int64		missing;		/* positions in all */
	struct EcpGap
	{
		int64		from;
		int64		to;
	}			items[ECP_FINDINGS_MAX];
} EcpGaps;

/* Adds a copy; bytes are copied too.  NULL where there are too many to look at each. */
extern EcpSuspect *ecp_suspect_add(EcpSuspects *suspects, const EcpSuspect *suspect);

/* Links whose event fits by its MAC but not by its place: reordered, changed or broken_chain. */
extern void ecp_suspects_judge_links(EcpFindings *findings, EcpSuspects *links);

/*
 * Links without an event, events without a link, positions without a link:
 * reordered or changed where a link and an event belong together, else removed
 * or inserted.
 */
extern void ecp_suspects_judge_pairs(EcpFindings *findings, EcpSuspects *links, EcpSuspects *events, const EcpGaps *gaps);

#endif							/* ECP_SUSPECT_H */
