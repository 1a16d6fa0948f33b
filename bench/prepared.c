/*
 * prepared.c
 *		What a statement costs that a driver or an ORM sends: prepared, on a warm
 *		connection, one after the other; or as the first of a connection.
 *
 *		prepared ROUNDS STATEMENTS <CASES >SAMPLES
 *
 * A line of CASES is a case on a road, with tabs between: case, road, login, "kept" or
 * "new" for its connection, keys with commas between, and the statements of one turn.
 * They are prepared once and sent one by one, in the extended protocol; $1 is the next
 * of the keys. Every statement must find or write a row. Where connections are new, each
 * turn has its own, and is timed from when that is there; there are fewer of them.
 *
 * Each case has its roads on connections of their own, which take turns round
 * by round. Client and server processes share one processor where the system lets
 * us say so, so that neither waits for another to wake up. A line of SAMPLES:
 * case, road, round, microseconds of a turn by the clock, and those of them for
 * which the server's process had the processor (Linux counts them; \N elsewhere).
 */
#define _GNU_SOURCE

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libpq-fe.h"

#define MAX_ROADS 64
#define MAX_STEPS 8
#define MAX_KEYS 1024
#define TURNS_FOR_A_CONNECTION 200 /* that a new one takes the time of */

typedef struct Road
{
	char *test_case;
	char *name;
	char *login;
	bool is_new;
	char *keys[MAX_KEYS];
	int nkeys;
	char *steps[MAX_STEPS];
	int nsteps;
	PGconn *connection;
	int next_key;
} Road;

typedef struct Sample
{
	double clock;	 /* seconds */
	double computed; /* the same, of the server's process; negative: not known */
} Sample;

static Road roads[MAX_ROADS];

static int read_roads(FILE *in);
static void read_road(Road *road, char *line);
static void measure(Road *first, int nroads, int rounds, int statements);
static void measure_round(Road *road, int round, int statements);
static void measure_turns(Road *road, int n, Sample *spent);
static void open_road(Road *road);
static void share_processor(int pid);
static void prepare(const Road *road);
static Sample now(const Road *road);
static void turn(Road *road);
static void die(const char *what, const char *why);

int
main(int argc, char **argv)
{
	int nroads;

	if (argc != 3 || atoi(argv[1]) < 1 || atoi(argv[2]) < 1)
		die("usage", "prepared ROUNDS STATEMENTS <CASES >SAMPLES");
	nroads = read_roads(stdin);
	for (int i = 0, next; i < nroads; i = next)
	{
		for (next = i + 1; next < nroads; next++)
			if (strcmp(roads[next].test_case, roads[i].test_case) != 0)
				break;
		measure(&roads[i], next - i, atoi(argv[1]), atoi(argv[2]));
	}
	return 0;
}

/* ---------- cases ---------- */

static int
read_roads(FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	int n = 0;

	while (getline(&line, &size, in) > 0)
	{
		if (n == MAX_ROADS)
			die("cases", "too many lines");
		line[strcspn(line, "\n")] = '\0';
		read_road(&roads[n++], strdup(line));
	}
	free(line);
	return n;
}

static void
read_road(Road *road, char *line)
{
	char *connection;
	char *keys;
	char *step;

	road->test_case = strsep(&line, "\t");
	road->name = strsep(&line, "\t");
	road->login = strsep(&line, "\t");
	connection = strsep(&line, "\t");
	road->is_new = connection != NULL && strcmp(connection, "new") == 0;
	keys = strsep(&line, "\t");
	while (keys != NULL && road->nkeys < MAX_KEYS)
		road->keys[road->nkeys++] = strsep(&keys, ",");
	while ((step = strsep(&line, "\t")) != NULL && road->nsteps < MAX_STEPS)
		road->steps[road->nsteps++] = step;
	if (road->nkeys == 0 || road->nsteps == 0 || step != NULL)
		die("cases", "a line is not: case, road, login, connection, keys, statements");
}

/* ---------- measuring ---------- */

static void
measure(Road *first, int nroads, int rounds, int statements)
{
	for (int i = 0; i < nroads; i++)
		if (!first[i].is_new)
		{
			open_road(&first[i]);
			prepare(&first[i]);
		}
	for (int round = 0; round <= rounds; round++)
		for (int i = 0; i < nroads; i++)
			measure_round(&first[(i + round) % nroads], round, statements);
	for (int i = 0; i < nroads; i++)
		if (!first[i].is_new)
			PQfinish(first[i].connection);
}

/* Round 0 warms up. */
static void
measure_round(Road *road, int round, int statements)
{
	int n = statements;
	Sample spent = { 0 };

	if (road->is_new)
	{
		n = (statements + TURNS_FOR_A_CONNECTION - 1) / TURNS_FOR_A_CONNECTION;
		for (int i = 0; i < n; i++)
		{
			open_road(road);
			measure_turns(road, 1, &spent);
			PQfinish(road->connection);
		}
	}
	else
		measure_turns(road, n, &spent);
	if (round == 0)
		return;
	printf("%s\t%s\t%d\t%.3f\t", road->test_case, road->name, round, spent.clock * 1e6 / n);
	if (spent.computed < 0)
		printf("\\N\n");
	else
		printf("%.3f\n", spent.computed * 1e6 / n);
}

/* Adds what n turns take. */
static void
measure_turns(Road *road, int n, Sample *spent)
{
	Sample before = now(road);
	Sample after;

	if (road->is_new)
		prepare(road);
	for (int i = 0; i < n; i++)
		turn(road);
	after = now(road);
	spent->clock += after.clock - before.clock;
	spent->computed += before.computed < 0 ? -1 : after.computed - before.computed;
}

static void
open_road(Road *road)
{
	const char *names[] = { "user", NULL };
	const char *values[] = { road->login, NULL };

	road->connection = PQconnectdbParams(names, values, 1);
	if (PQstatus(road->connection) != CONNECTION_OK)
		die(road->test_case, PQerrorMessage(road->connection));
	share_processor(0);
	share_processor(PQbackendPID(road->connection));
}

static void
prepare(const Road *road)
{
	for (int i = 0; i < road->nsteps; i++)
	{
		char name[16];
		PGresult *result;

		snprintf(name, sizeof(name), "%d", i);
		result = PQprepare(road->connection, name, road->steps[i], 0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			die(road->test_case, PQerrorMessage(road->connection));
		PQclear(result);
	}
}

/* On the processor that this process is on, if we may say so of the other. */
static void
share_processor(int pid)
{
	static int processor = -1;
	cpu_set_t set;

	if (processor < 0)
		processor = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	(void) sched_setaffinity(pid, sizeof(set), &set);
}

static Sample
now(const Road *road)
{
	struct timespec clock;
	char path[64];
	FILE *in;
	Sample sample;

	(void) clock_gettime(CLOCK_MONOTONIC, &clock);
	sample.clock = clock.tv_sec + clock.tv_nsec / 1e9;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", PQbackendPID(road->connection));
	in = fopen(path, "r");
	if (in == NULL || fscanf(in, "%lf", &sample.computed) != 1)
		sample.computed = -1;
	else
		sample.computed /= 1e9;
	if (in != NULL)
		fclose(in);
	return sample;
}

/* All statements of one turn. */
static void
turn(Road *road)
{
	const char *key[] = { road->keys[road->next_key] };

	road->next_key = (road->next_key + 1) % road->nkeys;
	for (int i = 0; i < road->nsteps; i++)
	{
		bool has_key = strstr(road->steps[i], "$1") != NULL;
		char name[16];
		PGresult *result;

		snprintf(name, sizeof(name), "%d", i);
		result = PQexecPrepared(road->connection, name, has_key, key, NULL, NULL, 0);
		if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
			die(road->test_case, PQerrorMessage(road->connection));
		if (has_key && PQntuples(result) == 0 && atoi(PQcmdTuples(result)) == 0)
			die(road->test_case, "a statement found no row");
		PQclear(result);
	}
}

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}
