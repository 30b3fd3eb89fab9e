/*
 * The bytes of an audit event: what its MAC and its link in the chain cover.
 *
 *   each field, in the order of the columns: its length (4 bytes, big-endian)
 *   and its bytes; a null field is the length FFFFFFFF and no bytes
 *
 * so that no two events have the same bytes.  A reason is there as its
 * digest.  Numbers and times are big-endian two's complement; a time is
 * microseconds since 2000-01-01 00:00 UTC.  Frozen: a change would make every
 * MAC ever stored wrong.  Nothing here needs a server.
 */
#ifndef ECP_EVENT_CORE_H
#define ECP_EVENT_CORE_H

#include <stddef.h>
#include <stdint.h>

typedef struct EcpEventField
{
	const void *data;			/* NULL: the field is null */
	size_t		len;			/* below 2^32 - 1 */
} EcpEventField;

extern void ecp_core_put_int32(uint8_t out[4], int32_t value);
extern void ecp_core_put_int64(uint8_t out[8], int64_t value);

/* How many bytes the fields take. */
extern size_t ecp_core_event_size(const EcpEventField *fields, int count);

/* Writes them; out has room for that many. */
extern void ecp_core_event_write(const EcpEventField *fields, int count, uint8_t *out);

#endif							/* ECP_EVENT_CORE_H */
