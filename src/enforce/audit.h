/*
 * audit.h
 *		What is told to the audit log.
 */
#ifndef CLR_AUDIT_H
#define CLR_AUDIT_H

#include "compat.h"

#include "actor/acting.h"

extern void clr_audit_acting(const ClrActing *acting);

#endif /* CLR_AUDIT_H */
