/* Until runner.c is there. */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"
#include "pgstat.h"

#include "worker/runner.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
static EcpRunnerFigures none;
__attribute__((weak)) void ecp_runner_start(void) {}
__attribute__((weak)) bool ecp_runner_turn(void) { return false; }
__attribute__((weak)) TimestampTz ecp_runner_next_due(void) { return DT_NOEND; }
__attribute__((weak)) void ecp_runner_wait(long ms) { (void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (ms >= 0 ? WL_TIMEOUT : 0), ms, PG_WAIT_EXTENSION); ResetLatch(MyLatch); }
__attribute__((weak)) void ecp_runner_stop(void) {}
__attribute__((weak)) const EcpRunnerFigures *ecp_runner_figures(void) { return &none; }
