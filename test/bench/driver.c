/*
 * Drives one flow against a server: a number of connections, each a thread,
 * each of which repeats the flow's steps for a time or a number of turns.
 *
 *   driver FLOW LOTS MEMBERS CLIENTS count N | walk N | seconds S
 *
 * A flow is a text of statements, one a line, "session" or "step" before each.
 * Session statements run once; steps are prepared once and make a turn, each a
 * round trip of its own and, unless the flow says BEGIN, a transaction.  :name
 * stands for a column of LOTS (a random line each turn), of MEMBERS (a line for
 * each connection), or of a result that an earlier step of the turn returned.
 * LOTS and MEMBERS are tab separated, with a line of names.  "walk" takes the
 * lines of LOTS in order, each once, and has one connection.
 *
 * Prints turns, refusals, seconds and the process id of the first connection's
 * backend.  A step refused, or a query that finds no row, counts as a refusal
 * and ends its turn.
 */
#include <ctype.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_STEPS 16
#define MAX_PARAMETERS 24
#define MAX_NAMES 64
#define NAME_LEN 64
#define VALUE_LEN 512

typedef struct Table
{
	char		names[MAX_NAMES][NAME_LEN];
	int			columns;
	char	 ***rows;
	int			count;
} Table;

typedef struct Step
{
	bool		session;
	char		text[8192];		/* with $1 and so on */
	char		parameters[MAX_PARAMETERS][NAME_LEN];
	int			count;
} Step;

typedef struct Client
{
	pthread_t	thread;
	int			number;
	PGconn	   *connection;
	unsigned long long random;
	char		names[MAX_NAMES][NAME_LEN]; /* what :name stands for in this turn */
	char		values[MAX_NAMES][VALUE_LEN];
	int			known;
	long		turns;
	long		refusals;
} Client;

static Step steps[MAX_STEPS];
static int	step_count;
static Table lots;
static Table members;
static bool in_order;			/* lots one after another, not at random */
static long turns_wanted;		/* 0: until the deadline */
static double deadline;
static pthread_barrier_t ready;

static void
die(const char *what, const char *detail)
{
	fprintf(stderr, "driver: %s: %s\n", what, detail);
	exit(1);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Splits a line at its tabs, in place. */
static int
split(char *line, char **fields)
{
	int			count = 0;

	line[strcspn(line, "\n")] = '\0';
	while (count < MAX_NAMES && (fields[count] = strsep(&line, "\t")) != NULL)
		count++;
	return count;
}

static void
read_table(const char *path, Table *table)
{
	FILE	   *file = fopen(path, "r");
	char		line[16384];
	char	   *fields[MAX_NAMES];

	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		die("cannot read", path);
	table->columns = split(line, fields);
	for (int i = 0; i < table->columns; i++)
		snprintf(table->names[i], NAME_LEN, "%s", fields[i]);
	while (fgets(line, sizeof(line), file))
	{
		char	  **row = calloc(table->columns, sizeof(char *));

		if (split(line, fields) != table->columns)
			die("a line has other columns than the first", path);
		for (int i = 0; i < table->columns; i++)
			row[i] = strdup(fields[i]);
		table->rows = realloc(table->rows, (table->count + 1) * sizeof(char **));
		table->rows[table->count++] = row;
	}
	fclose(file);
	if (table->count == 0)
		die("no rows", path);
}

/* Turns :name into $n, a name used twice into the same one; :: is a cast. */
static void
read_step(Step *step, const char *text)
{
	char	   *out = step->text;

	while (*text && *text != '\n')
	{
		int			length = 0;
		int			n;
		char		name[NAME_LEN];

		if (text[0] == ':' && text[1] == ':')
			*out++ = *text++;
		else if (text[0] == ':')
			while (isalnum((unsigned char) text[1 + length]) || text[1 + length] == '_')
				length++;
		if (length == 0)
		{
			*out++ = *text++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", length, text + 1);
		for (n = 0; n < step->count && strcmp(step->parameters[n], name) != 0; n++)
			;
		if (n == MAX_PARAMETERS)
			die("too many parameters", step->text);
		strcpy(step->parameters[n], name);
		if (n == step->count)
			step->count++;
		out += sprintf(out, "$%d", n + 1);
		text += 1 + length;
	}
	*out = '\0';
}

static void
read_flow(const char *path)
{
	FILE	   *file = fopen(path, "r");
	char		line[8192];

	if (file == NULL)
		die("cannot read", path);
	while (fgets(line, sizeof(line), file))
	{
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (step_count == MAX_STEPS)
			die("too many steps", path);
		steps[step_count].session = strncmp(line, "session ", 8) == 0;
		if (!steps[step_count].session && strncmp(line, "step ", 5) != 0)
			die("neither session nor step", line);
		read_step(&steps[step_count++], strchr(line, ' ') + 1);
	}
	fclose(file);
}

static void
know(Client *client, const char *name, const char *value)
{
	if (client->known == MAX_NAMES)
		die("too many names", name);
	snprintf(client->names[client->known], NAME_LEN, "%s", name);
	snprintf(client->values[client->known++], VALUE_LEN, "%s", value);
}

static void
know_row(Client *client, const Table *table, int row)
{
	for (int i = 0; i < table->columns; i++)
		know(client, table->names[i], table->rows[row][i]);
}

static const char *
value_of(const Client *client, const char *name)
{
	for (int i = client->known - 1; i >= 0; i--)
		if (strcmp(client->names[i], name) == 0)
			return client->values[i];
	die("no value for", name);
	return NULL;
}

/* Runs a step; false where the server refused it or found nothing. */
static bool
run_step(Client *client, const Step *step, const char *prepared)
{
	const char *values[MAX_PARAMETERS];
	PGresult   *result;
	ExecStatusType status;
	bool		done;

	for (int i = 0; i < step->count; i++)
		values[i] = value_of(client, step->parameters[i]);
	if (prepared)
		result = PQexecPrepared(client->connection, prepared, step->count, values, NULL, NULL, 0);
	else
		result = PQexecParams(client->connection, step->text, step->count, NULL, values, NULL, NULL, 0);
	status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK && PQntuples(result) > 0)
		for (int i = 0; i < PQnfields(result); i++)
			know(client, PQfname(result, i), PQgetvalue(result, 0, i));
	done = status == PGRES_COMMAND_OK || (status == PGRES_TUPLES_OK && PQntuples(result) > 0);
	if (!done && (!prepared || client->refusals == 0))
		fprintf(stderr, "driver: %s", status == PGRES_TUPLES_OK ? "no row\n" : PQerrorMessage(client->connection));
	PQclear(result);
	return done;
}

static void
open_session(Client *client)
{
	char		name[16];

	client->random = 88172645463325252ULL + 7919ULL * client->number;
	client->connection = PQconnectdb("");
	if (PQstatus(client->connection) != CONNECTION_OK)
		die("cannot connect", PQerrorMessage(client->connection));
	know_row(client, &members, client->number % members.count);
	for (int i = 0; i < step_count; i++)
	{
		PGresult   *result;

		if (steps[i].session)
		{
			if (!run_step(client, &steps[i], NULL))
				die("session statement refused", steps[i].text);
			continue;
		}
		snprintf(name, sizeof(name), "step%d", i);
		result = PQprepare(client->connection, name, steps[i].text, 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			die(steps[i].text, PQerrorMessage(client->connection));
		PQclear(result);
	}
	client->known = 0;
}

/* xorshift64; a connection's sequence is the same in each run. */
static int
pick_lot(Client *client)
{
	client->random ^= client->random << 13;
	client->random ^= client->random >> 7;
	client->random ^= client->random << 17;
	return client->random % lots.count;
}

static void
run_turn(Client *client)
{
	char		name[16];

	client->known = 0;
	know_row(client, &members, client->number % members.count);
	know_row(client, &lots, in_order ? client->turns : pick_lot(client));
	client->turns++;
	for (int i = 0; i < step_count; i++)
	{
		snprintf(name, sizeof(name), "step%d", i);
		if (!steps[i].session && !run_step(client, &steps[i], name))
		{
			client->refusals++;
			return;
		}
	}
}

static void *
run_client(void *argument)
{
	Client	   *client = argument;

	open_session(client);
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&ready);	/* the deadline is set */
	while (turns_wanted ? client->turns < turns_wanted : seconds_now() < deadline)
		run_turn(client);
	return NULL;
}

int
main(int argc, char **argv)
{
	int			count = argc == 7 ? atoi(argv[4]) : 0;
	Client	   *clients;
	double		start;
	double		elapsed;
	long		turns = 0;
	long		refusals = 0;

	if (count < 1 || atof(argv[6]) <= 0)
		die("usage", "driver FLOW LOTS MEMBERS CLIENTS count N | walk N | seconds S");
	read_flow(argv[1]);
	read_table(argv[2], &lots);
	read_table(argv[3], &members);
	in_order = strcmp(argv[5], "walk") == 0;
	if (in_order && (count != 1 || lots.count < atol(argv[6])))
		die("walking takes one connection and a line for each turn", argv[2]);
	clients = calloc(count, sizeof(Client));
	pthread_barrier_init(&ready, NULL, count + 1);
	for (int i = 0; i < count; i++)
	{
		clients[i].number = i;
		pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
	}
	pthread_barrier_wait(&ready);
	start = seconds_now();
	if (strcmp(argv[5], "seconds") != 0)
		turns_wanted = atol(argv[6]);
	else
		deadline = start + atof(argv[6]);
	pthread_barrier_wait(&ready);
	for (int i = 0; i < count; i++)
		pthread_join(clients[i].thread, NULL);
	elapsed = seconds_now() - start;
	for (int i = 0; i < count; i++)
	{
		turns += clients[i].turns;
		refusals += clients[i].refusals;
	}
	printf("%ld %ld %.6f %d\n", turns, refusals, elapsed, PQbackendPID(clients[0].connection));
	for (int i = 0; i < count; i++)
		PQfinish(clients[i].connection);
	return 0;
}
