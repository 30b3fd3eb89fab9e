/*
 * tap.h
 *		Reporting for unit tests in plain C: one "ok" line for each check.
 *
 * A test program includes this once and ends with "return tap_failed != 0;".
 * test/unit/cores.t numbers the lines of all programs and adds the plan.
 */
#ifndef ECP_TAP_H
#define ECP_TAP_H

#include <stdbool.h>
#include <stdio.h>

static int	tap_failed = 0;

#define tap_ok(passed, ...) \
	do { \
		bool		tap_passed = (passed); \
		tap_failed += !tap_passed; \
		printf("%s - ", tap_passed ? "ok" : "not ok"); \
		printf(__VA_ARGS__); \
		putchar('\n'); \
	} while (0)

#endif							/* ECP_TAP_H */
