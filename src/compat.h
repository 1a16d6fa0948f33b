/*
 * compat.h
 *		The only place that knows PostgreSQL majors.
 */
#ifndef CLR_COMPAT_H
#define CLR_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000
#error "pg_clearance needs PostgreSQL 15 or newer"
#endif

#endif /* CLR_COMPAT_H */
