/*
 * lookup.h
 *		Rows of a protected table that were not asked for: by their key, or all.
 */
#ifndef CLR_LOOKUP_H
#define CLR_LOOKUP_H

#include "compat.h"

#include "storage/itemptr.h"

#include "rule/judge.h"
#include "rule/binding.h"
#include "rule/shape.h"

typedef struct ClrLookup ClrLookup;

/* What is done with a row; false: no more of them. */
typedef bool (*ClrVisit)(const ClrRow *row, void *arg);

/* Reading all rows that may be open: how many they are, and what it costs in units of finding one by its key. */
typedef struct ClrLookupCost
{
	double rows;
	double cost;
} ClrLookupCost;

extern uint64
clr_lookup_find(ClrJudge *judge, ClrBinding *binding, const ClrKey *key, ClrRow **rows);
extern uint64
clr_lookup_where(const ClrBinding *binding, int slot, const ClrKey *key, ClrRow **rows);
extern uint64 clr_lookup_at(const ClrBinding *binding, Oid table, ItemPointer at, ClrRow **rows);
extern bool clr_lookup_repeats(ClrJudge *judge, ClrBinding *binding);
extern bool clr_lookup_all(ClrJudge *judge, ClrBinding *binding, ClrVisit visit, void *arg);
extern ClrLookupCost clr_lookup_cost(ClrJudge *judge, ClrBinding *binding);
extern ClrClass clr_lookup_class(ClrJudge *judge, ClrBinding *binding);
extern double clr_lookup_cost_of_key(ClrJudge *judge, ClrBinding *binding);
extern double clr_lookup_rows(ClrJudge *judge, ClrBinding *binding);
extern double clr_lookup_part_seen(ClrJudge *judge, ClrBinding *binding);
extern void clr_lookup_end(ClrJudge *judge);

#endif /* CLR_LOOKUP_H */
