/*
 * audit.h
 *		What is told to the audit log.
 */
#ifndef CLR_AUDIT_H
#define CLR_AUDIT_H

#include "compat.h"

#include "actor/acting.h"

extern void clr_audit_acting(const ClrActing *acting);
extern void clr_audit_maintenance(Oid role, const char *reason);

#endif /* CLR_AUDIT_H */
