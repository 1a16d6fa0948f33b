/*
 * binding.h
 *		A protected table: which of its columns mean what.
 */
#ifndef CLR_BINDING_H
#define CLR_BINDING_H

#include "compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"

#include "scope/scope.h"
#include "store/key.h"

#define CLR_NO_SLOT (-1)

/* What a statement does to a row; each has an action in every binding. */
typedef enum ClrVerb
{
	CLR_VIEW,
	CLR_CREATE,
	CLR_EDIT,
	CLR_DELETE,
} ClrVerb;

#define CLR_VERBS 4

/*
 * As what an action is asked about, instead of as what a statement does: by its name,
 * which several verbs may have; or as what a change of a column needs.
 */
#define CLR_BY_NAME (-1)
#define CLR_FOR_CHANGE (-2)

/* A column that the policies pass; its place in the list is its slot. */
typedef struct ClrColumn
{
	const char *name;
	Oid type; /* base type, of the elements if an array */
	bool is_array;
	ClrKeyClass key_class;
	Oid fits; /* a type that was found to be that, be it by a domain */
	int at;	  /* the number of a row's column that was found to be it, or 0 */
} ClrColumn;

/*
 * A table that links values to members, or, through another table, to rows of
 * it: those rows' keys are in its column `key`, and lead to the values there.
 */
typedef struct ClrLink
{
	Oid table;
	const char *member;
	Oid type; /* base type of the member column, of its elements if an array */
	bool is_array;
	const char *value;
	Oid through; /* InvalidOid: value is what is linked */
	const char *key;
	const char *through_value;
	bool are_keys; /* what is linked are the keys of the table that says so last */
} ClrLink;

/* Keys that are found one by one, until all are read. */
typedef struct ClrFound
{
	ClrKeyTable *all;
	ClrKeyTable *asked; /* those asked for so far; others than those found have no value */
} ClrFound;

/* One way in which a member can be related to a row. */
typedef struct ClrRelation
{
	int32 id;
	ClrRelationKind kind;
	int slot;						   /* the row's member column, or what the link refers to */
	bool gives;						   /* who writes that, says who is related */
	List *links;					   /* of ClrLink *, which add up; NIL: slot holds members */
	ClrFound linked[CLR_PEOPLE_KINDS]; /* values linked to these people */
} ClrRelation;

/* An action that a declaration names. */
typedef struct ClrNamedAction
{
	const char *feature;
	const char *action; /* NULL: it names none */
} ClrNamedAction;

typedef struct ClrParent
{
	int32 binding;
	int slot;
	int type_slot;
	const char *type_value;
	bool is_lost; /* its type has no such label any more: a row needs another parent */
	bool optional;
	bool elsewhere;					 /* it may be in another project, and tells none */
	ClrNamedAction gates[CLR_VERBS]; /* what a verb needs on it, beyond sight */
} ClrParent;

/* What rows belong to: a parent, or the row that a link row links. */
typedef struct ClrUp
{
	int32 binding;
	int slot;
	bool optional;
	bool elsewhere;
} ClrUp;

/* A relation of another table that goes through this one. */
typedef struct ClrLinkRole
{
	int32 target; /* binding whose rows are linked */
	ClrRelationKind kind;
	int slot; /* holds the key of the target's row */
	int member_slot;
} ClrLinkRole;

/*
 * A column by whose value rows name rows of another table: to whom they are
 * assigned, it relates to these.
 */
typedef struct ClrNaming
{
	int32 target; /* binding whose rows are named */
	int slot;
	const char *column; /* of theirs that holds the value; NULL: their key */
} ClrNaming;

typedef struct ClrGuard
{
	const char *column;
	const char *feature;
	const char *action;
	const char *new_value; /* NULL: any that no other guard names */
	bool is_lost;		   /* its type has no such label any more: it guards every value */
} ClrGuard;

/* Rows in some state, whose change needs an action more. */
typedef struct ClrRowGuard
{
	int slot;	  /* of the column that holds the state */
	List *values; /* of char *: the states */
	bool holds_null;
	bool is_lost;  /* its type has no such label any more: every row is in that state */
	List *columns; /* of char *; NIL: all that no other guard of the state names */
	const char *feature;
	const char *edit_action;
	const char *delete_action;
} ClrRowGuard;

/* A column that reads as something else for whoever lacks an action on the row. */
typedef struct ClrMask
{
	int32 id;
	const char *column;
	const char *feature;
	const char *action;
	const char *text; /* expression that is read instead; NULL: it reads as NULL */
	bool refuses_filters;
} ClrMask;

typedef struct ClrBinding
{
	int32 id;
	uint64 generation; /* of declarations, before it was read */
	Oid relid;
	const char *feature;
	bool link_only;
	bool project_optional; /* a row without a project is one of its account */
	const char *actions[CLR_VERBS];
	const char *publish_action;
	int ncolumns;
	ClrColumn *columns;
	int key_slot;
	int project_slot;
	int visibility_slot;
	int client_slot;
	int account_slot;
	int owner_slot;
	int kind_slot;
	int published_slot;
	List *shared_values;   /* of char * */
	List *relations;	   /* of ClrRelation * */
	List *parents;		   /* of ClrParent * */
	List *link_roles;	   /* of ClrLinkRole * */
	List *namings;		   /* of ClrNaming * */
	List *ups;			   /* of ClrUp *: its parents and link roles, if plans can test them */
	bool ups_decide;	   /* these tests say all that the rule asks of them */
	List *guards;		   /* of ClrGuard * */
	List *row_guards;	   /* of ClrRowGuard * */
	List *masks;		   /* of ClrMask * */
	MemoryContext context; /* of a kept one; see clr_binding_acquire() */
	int users;
	struct ClrBinding *kept; /* the one that this is a query's own copy of */
	bool keys_are_known;	 /* of a kept one: whether its foreign keys are enforced */
	bool keys_are_enforced;
	ClrAction
		*verb_actions[CLR_VERBS]; /* of a query's copy: as its scope has them, once asked for */
	struct ClrParentRows *rows;	  /* rows of this table looked up as parents */
	struct ClrLookup *lookup;	  /* how they are read */
} ClrBinding;

/*
 * What is known of rows that the planner thinks of: their project, whether they
 * are shared, how they are related to the actor (a bit for each kind), whether
 * all that they belong to is visible, whether they are of the actor's account. What is not known holds if `rest` does: a
 * bound from above or from below.
 */
typedef struct ClrFacts
{
	ClrProject *project;
	bool shared;
	uint32 relations;
	bool parents;
	bool account;
	bool rest;
} ClrFacts;

/* The values of a row, one for each slot; or facts, and no values. */
typedef struct ClrRow
{
	Datum *values;
	bool *nulls;
	const ClrFacts *facts;
} ClrRow;

extern void clr_binding_init(void);
extern ClrBinding *clr_binding_load(MemoryContext context, int32 id);
extern ClrBinding *clr_binding_acquire(MemoryContext context, int32 id);
extern void clr_binding_release(ClrBinding *binding);
extern uint64 clr_binding_generation(void);
extern const ClrBinding *clr_binding_borrow(MemoryContext context, int32 id);
extern bool clr_binding_is_masked(int32 id);
extern bool clr_binding_any_masked(bool *refuses_filters);
extern bool clr_binding_may_lack_project(const char *feature);
extern char *clr_binding_name(const ClrBinding *binding);
extern ClrMask *clr_binding_mask(const ClrBinding *binding, const char *column);
extern bool clr_binding_has_account(const ClrBinding *binding);
extern bool clr_binding_is_of_account(const ClrBinding *binding);
extern const char *clr_verb_statement(ClrVerb verb);
extern const char *clr_binding_asked(const ClrBinding *binding, ClrVerb verb);
extern bool clr_binding_decides(const ClrBinding *binding, int slot);
extern int clr_binding_slot(const ClrBinding *binding, const char *name);
extern const ClrParent *clr_binding_near_parent(const ClrBinding *binding);
extern bool clr_binding_has_type(const ClrBinding *binding, int slot, Oid type);
extern int32 clr_binding_of_relation(Oid relid);
extern int32 clr_binding_of_table(Oid relid);
extern ClrRow clr_binding_row(const ClrBinding *binding, TupleDesc desc, HeapTuple tuple);
extern int clr_binding_attnum(const ClrBinding *binding, int slot, TupleDesc desc);
extern char *clr_binding_value_text(const ClrBinding *binding, const ClrRow *row, int slot);
extern char *clr_value_text(Oid type, Datum value);
extern char *clr_binding_columns_sql(const ClrBinding *binding);

#endif /* CLR_BINDING_H */
