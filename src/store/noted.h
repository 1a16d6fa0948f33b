/*
 * noted.h
 *		What a change touched, for whoever compares before and after.
 */
#ifndef CLR_NOTED_H
#define CLR_NOTED_H

#include "compat.h"

#include "commands/trigger.h"
#include "nodes/pg_list.h"

#include "store/key.h"
#include "store/version.h"

typedef struct ClrNoted
{
	MemoryContext context;
	ClrKeyTable *rows; /* changed rows that scopes are made of: JSON objects of their ids */
	bool changed[CLR_CHANGES];
	List *levels;	 /* of int: that changed */
	bool all_levels; /* and something that is about each */
	List *bindings;	 /* of int: whose declarations changed */
	List *tables;	 /* of Oid: that a query wrote */
} ClrNoted;

extern ClrNoted *clr_noted_begin(MemoryContext context);
extern void clr_noted_end(void);
extern bool clr_noted_is_asked(void);
extern void clr_noted_row(const TriggerData *trigger, ClrChange what);
extern void clr_noted_declaration(const TriggerData *trigger);
extern void clr_noted_table(Oid relid);

#endif /* CLR_NOTED_H */
