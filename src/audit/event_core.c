/*
 * The bytes of an audit event; see event_core.h.
 */
#include "audit/event_core.h"

#include <string.h>

void
ecp_core_put_int32(uint8_t out[4], int32_t value)
{
	uint32_t	bits = (uint32_t) value;

	for (int i = 3; i >= 0; i--, bits >>= 8)
		out[i] = bits & 0xff;
}

void
ecp_core_put_int64(uint8_t out[8], int64_t value)
{
	uint64_t	bits = (uint64_t) value;

	for (int i = 7; i >= 0; i--, bits >>= 8)
		out[i] = bits & 0xff;
}

size_t
ecp_core_event_size(const EcpEventField *fields, int count)
{
	size_t		size = 0;

	for (int i = 0; i < count; i++)
		size += 4 + (fields[i].data ? fields[i].len : 0);
	return size;
}

void
ecp_core_event_write(const EcpEventField *fields, int count, uint8_t *out)
{
	for (int i = 0; i < count; i++)
	{
		if (fields[i].data == NULL)
		{
			memset(out, 0xff, 4);
			out += 4;
			continue;
		}
		ecp_core_put_int32(out, (int32_t) (uint32_t) fields[i].len);
		memcpy(out + 4, fields[i].data, fields[i].len);
		out += 4 + fields[i].len;
	}
}
