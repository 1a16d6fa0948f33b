/*
 * set.h
 *		Sets of keys that belong to the actor, as plans test them.
 */
#ifndef CLR_SET_H
#define CLR_SET_H

#include "compat.h"

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
#include "nodes/supportnodes.h"

#include "frame/frame.h"
#include "rule/binding.h"
#include "rule/shape.h"

/*
 * What a set holds: keys of projects that are open, of the actor, its company or
 * whom it supervises, of what the relation of an index links to these people, of
 * visible rows that what is up at an index names. Of those, the ones that are
 * asked for are looked up, or, where a plan will ask for many, all at once.
 */
typedef enum ClrSetKind
{
	CLR_SET_PROJECTS,
	CLR_SET_ME, /* and for the other people of ClrPeople, so the next */
	CLR_SET_LINKED = 1000,
	CLR_SET_UPS = CLR_SET_LINKED * (1 + CLR_PEOPLE_KINDS),
	CLR_SET_MANY_UPS = CLR_SET_UPS + CLR_SET_LINKED,
} ClrSetKind;

/* Which set a call is about. */
typedef struct ClrSet
{
	int32 binding;
	ClrVerb verb;
	int kind;
	ClrClass class;
} ClrSet;

/* For so few keys, no set of visible rows is read. */
#define CLR_FEW_KEYS 16

extern Expr *
clr_set_test(Expr *value, const ClrBinding *binding, ClrVerb verb, int kind, int class);
extern bool clr_set_is_test(const Node *node);
extern bool clr_set_is_of_projects(const Node *node);
extern bool clr_set_holds(ClrJudge *judge, const FuncExpr *test, Oid type, Datum value);
extern bool clr_set_is_listed(const FuncExpr *test);
extern Expr *clr_set_keys_now(const FuncExpr *call);
extern FuncExpr *clr_set_ups_test(Node *node);
extern FuncExpr *clr_set_keys_call(const FuncExpr *test, Oid type, Oid collation);
extern bool clr_set_read(const List *args, ClrSet *set);
extern ClrKeyTable *clr_set_keys(const ClrSet *set, Oid type);
extern bool clr_set_is_of_many(ClrJudge *judge, const ClrSet *set);
extern const ClrUp *clr_set_up(const ClrBinding *binding, const ClrSet *set);
extern ClrBinding *clr_set_above(ClrJudge *judge, const ClrSet *set);

#endif /* CLR_SET_H */
