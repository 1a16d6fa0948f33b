/*
 * ddl.h
 *		Keeps protection in place while tables are altered.
 */
#ifndef CLR_DDL_H
#define CLR_DDL_H

#include "compat.h"

#include "nodes/pg_list.h"

/* Names of our triggers begin so; see src/sql/enforce.sql. */
#define CLR_TRIGGER_PREFIX "00_clearance_"

extern void clr_ddl_init(void);
extern void clr_ddl_note_catalog(const List *permissions);

#endif /* CLR_DDL_H */
