/*
 * The pickup windows of a lot: one from window_start to window_end, or several in lot.windows.
 */
#ifndef ECP_WINDOW_H
#define ECP_WINDOW_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "common/trigger.h"

#define ECP_WINDOWS_MAX 20

typedef struct EcpWindow
{
	TimestampTz start;
	TimestampTz end;
} EcpWindow;

/* Reads lot.windows into room for ECP_WINDOWS_MAX; how many, 0 where they are not sorted, half-open, finite and apart. */
extern int	ecp_windows_read(Datum windows, EcpWindow *found);

/*
 * The window that counts for a claim: the one that starts at *wanted, or the first that is not
 * over where wanted is NULL.  whole: from window_start to window_end; windows may be null (one
 * window).  Raises ZE103 where it is over, 22023 where no window starts then.  A load passes DT_NOBEGIN as now.
 */
extern EcpWindow ecp_window_choose(EcpWindow whole, Datum windows, bool isnull, const TimestampTz *wanted, TimestampTz now);

/*
 * First step of the guard of lot: window_start and window_end follow from windows where
 * these are given or changed; a list of one becomes null.  Raises 22023.
 */
extern void ecp_window_fill(EcpRow *row);

#endif							/* ECP_WINDOW_H */
