/*
 * lookup.h
 *		Rows of a protected table that were not asked for: by their key, or all.
 */
#ifndef CLR_LOOKUP_H
#define CLR_LOOKUP_H

#include "compat.h"

#include "binding.h"
#include "frame.h"

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
clr_lookup_find(ClrFrame *frame, ClrBinding *binding, const ClrKey *key, ClrRow **rows);
extern bool clr_lookup_repeats(ClrFrame *frame, ClrBinding *binding);
extern bool clr_lookup_all(ClrFrame *frame, ClrBinding *binding, ClrVisit visit, void *arg);
extern ClrLookupCost clr_lookup_cost(ClrFrame *frame, ClrBinding *binding);
extern double clr_lookup_cost_of_key(ClrFrame *frame, ClrBinding *binding);
extern double clr_lookup_rows(ClrFrame *frame, ClrBinding *binding);
extern void clr_lookup_end(ClrFrame *frame);

#endif /* CLR_LOOKUP_H */
