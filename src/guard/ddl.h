/*
 * ddl.h
 *		Keeps protection in place while tables are altered.
 */
#ifndef CLR_DDL_H
#define CLR_DDL_H

#include "compat.h"

/* Names of our triggers begin so; see src/sql/enforce.sql. */
#define CLR_TRIGGER_PREFIX "00_clearance_"

extern void clr_ddl_init(void);

#endif /* CLR_DDL_H */
