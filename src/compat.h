/*
 * compat.h
 *		The only place that knows PostgreSQL majors.
 */
#ifndef CLR_COMPAT_H
#define CLR_COMPAT_H

/* the parser of tokens is also built as a program, for its tests */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#if PG_VERSION_NUM < 150000
#error "pg_clearance needs PostgreSQL 15 or newer"
#endif

#endif /* CLR_COMPAT_H */
