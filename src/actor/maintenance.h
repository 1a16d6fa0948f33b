/*
 * maintenance.h
 *		The role that maintains its tables, for the length of a transaction.
 */
#ifndef CLR_MAINTENANCE_H
#define CLR_MAINTENANCE_H

#include "compat.h"

extern void clr_maintenance_init(void);
extern Oid clr_maintenance_role(void);
extern bool clr_maintenance_is_on(void);
extern void clr_maintenance_set(Oid role);

#endif /* CLR_MAINTENANCE_H */
