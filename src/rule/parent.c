/*
 * parent.c
 *		Rows of a protected table that other rows refer to.
 *
 * A child row is visible only with its parents, so judging children means
 * judging parents. Each parent is judged once a query, when it is first met, and
 * fetched by its key. When that has cost as much as one pass over all that the
 * actor's projects hold would, the rest is read in such a pass: never more than
 * twice the cost of the better way, however many rows come. A plan that knows
 * better says so (clr_parent_read_all()). Where all rows in such a pass are of
 * one class (shape.h), that says of a row what the rule would, but for what the
 * row belongs to.
 *
 * Rows of tables that refer to themselves are judged from the top of their
 * chain down, or in a pass when all of them came (chain.c); a row met again
 * while it is being judged is part of a cycle and stays closed.
 *
 * Lifetime: verdicts belong to the judge, so they hold under its snapshot. They
 * take no more memory than a hash join would, and are forgotten beyond that.
 */
#include "rule/parent.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "rule/chain.h"
#include "rule/lookup.h"
#include "rule/row.h"
#include "rule/rule.h"
#include "rule/shape.h"

/* What may be spent by key before it is asked what all rows would cost. */
#define SPENT_BEFORE_ASKING 16

/* What a verdict takes, about: an entry of a hash table that is three quarters full. */
#define BYTES_OF_VERDICT 64

/* In place of a project: rows that are closed, or being judged now. */
static char closed_mark;
static char judging_mark;

/* Verdicts on rows of one table for one action. */
struct ClrParentRows
{
	ClrJudge *judge;
	ClrBinding *binding;
	ClrAction *action;
	bool repeats;		   /* several rows may have one key: see clr_lookup_repeats() */
	MemoryContext context; /* of the verdicts */
	MemoryContext scratch; /* of the rows being judged */
	ClrKeyTable *verdicts; /* the project of a permitted row, or a mark */
	ClrChains *chains;	   /* projects of permitted rows that came in a pass, or NULL */
	bool complete;		   /* every row that is permitted is in */
	bool is_too_big;	   /* and that would be too many */
	ClrKeyTable *visible;  /* keys of those that are, once asked for */
	const ClrKeyBits *bits;
	int judging;	  /* rows being judged now */
	double spent;	  /* on rows by their keys, in units of lookup.h */
	double ask_after; /* so much */
	ClrParentRows *next;
};

/* Reading all rows of a table. */
typedef struct Pass
{
	ClrParentRows *rows;
	bool bounded;
	ClrClass class; /* of all rows that come; OTHER: the rule is asked */
	const ClrShape *shape;
	ClrChains *chains; /* where rows go by their class */
} Pass;

static void add_if_permitted(const ClrKeyEntry *entry, void *visible);
static void *verdict_of(const ClrParentRows *rows, const ClrKey *key);
static bool knows_all(const ClrParentRows *rows);
static void forget(ClrParentRows *rows);
static bool is_full(const ClrParentRows *rows, double verdicts);
static bool pays_to_read_all(ClrParentRows *rows);
static bool read_all(ClrParentRows *rows, bool bounded);
static void read_by_class(Pass *pass);
static bool add_by_class(const ClrRow *row, void *arg);
static ClrProject *project_by_class(const Pass *pass, const ClrRow *row);
static bool is_below_open(ClrParentRows *rows, const ClrRow *row, ClrKey *parent, bool *has_parent);
static bool key_in(const ClrBinding *binding, const ClrRow *row, int slot, ClrKey *key);
static bool judge_in_pass(const ClrRow *row, void *arg);
static void fetch(ClrParentRows *rows, const ClrKey *key);
static uint64 find(ClrParentRows *rows, const ClrKey *key, ClrRow **found);
static void judge_above(ClrParentRows *rows, const ClrRow *row);
static void judge(ClrParentRows *rows, const ClrKey *key, const ClrRow *row, uint64 n);
static void judge_too(ClrParentRows *rows, const ClrKey *key, const ClrRow *row, void *verdict);
static const ClrParent *own_parent(const ClrBinding *binding);
static bool has_gates(const ClrParent *parent);
static void decide(ClrParentRows *rows, const ClrKey *key, const ClrRow *row, uint64 n);
static void remember(ClrParentRows *rows, const ClrKey *key, void *verdict);

/*
 * Verdicts on rows of a table: may the actor do `action` (NULL: view)
 * to them?
 */
ClrParentRows *
clr_parent_rows(ClrJudge *judge, ClrBinding *binding, ClrAction *action)
{
	ClrParentRows *rows = binding->rows;

	if (action == NULL)
		action = clr_rule_verb_action(judge, binding, CLR_VIEW);
	while (rows != NULL && rows->action != action)
		rows = rows->next;
	if (rows == NULL)
	{
		rows = MemoryContextAllocZero(judge->context, sizeof(ClrParentRows));
		rows->judge = judge;
		rows->binding = binding;
		rows->action = action;
		rows->repeats = clr_lookup_repeats(judge, binding);
		rows->context =
			AllocSetContextCreate(judge->context, "clearance verdicts", ALLOCSET_DEFAULT_SIZES);
		rows->scratch =
			AllocSetContextCreate(judge->context, "clearance parents", ALLOCSET_SMALL_SIZES);
		rows->ask_after = SPENT_BEFORE_ASKING;
		rows->is_too_big = action != clr_rule_verb_action(judge, binding, CLR_VIEW);
		rows->next = binding->rows;
		binding->rows = rows;
		forget(rows);
		/* to nobody, nothing is */
		rows->complete = judge->scope->no_standing != NULL;
	}
	return rows;
}

/*
 * The project of the row with a key, or NULL if there is none or it is not
 * permitted.
 */
ClrProject *
clr_parent_project(ClrParentRows *rows, const ClrKey *key)
{
	ClrBinding *binding = rows->binding;
	void *verdict = verdict_of(rows, key);

	if (verdict == NULL && !knows_all(rows))
	{
		if (binding->key_slot == CLR_NO_SLOT ||
			binding->columns[binding->key_slot].key_class != key->class)
			elog(ERROR, "key of class %s does not fit table %s", clr_key_class_name(key->class),
				 clr_binding_name(binding));
		if (rows->judging == 0 && is_full(rows, clr_keytab_count(rows->verdicts)))
			forget(rows);
		if (pays_to_read_all(rows))
			clr_parent_read_all(rows);
		verdict = verdict_of(rows, key);
		if (verdict == NULL && !knows_all(rows))
		{
			fetch(rows, key);
			verdict = verdict_of(rows, key);
		}
	}
	return verdict == &closed_mark || verdict == &judging_mark ? NULL : verdict;
}

/* What is known of the row with a key: its project or a mark; NULL: nothing. */
static void *
verdict_of(const ClrParentRows *rows, const ClrKey *key)
{
	void *project = rows->chains != NULL && key->class == CLR_KEY_INT ?
						clr_chains_value(rows->chains, key->integer) :
						NULL;
	const ClrKeyEntry *entry = project == NULL ? clr_keytab_find(rows->verdicts, key) : NULL;

	return entry != NULL ? entry->value : project;
}

/*
 * Many rows will be asked for: judge all that the actor's projects hold at
 * once, unless that takes too much memory.
 */
void
clr_parent_read_all(ClrParentRows *rows)
{
	if (!rows->complete && !rows->is_too_big && rows->judging == 0 && !read_all(rows, true))
	{
		rows->is_too_big = true;
		forget(rows);
	}
}

/*
 * The keys of all rows of the table that the actor sees.
 */
ClrKeyTable *
clr_parent_keys(ClrParentRows *rows)
{
	if (rows->visible == NULL)
	{
		ClrKeyTable *visible = clr_keytab_new(rows->judge->context, 64);

		if (!rows->complete)
			(void) read_all(rows, false);
		clr_keytab_each(rows->verdicts, add_if_permitted, visible);
		if (rows->chains != NULL)
			clr_chains_keys(rows->chains, visible);
		rows->visible = visible;
	}
	return rows->visible;
}

static void
add_if_permitted(const ClrKeyEntry *entry, void *visible)
{
	bool found;

	if (entry->value != &closed_mark)
		(void) clr_keytab_add(visible, &entry->key, &found);
}

/*
 * The same as bits, if all of them were read and the keys are integers that lie
 * close together; else NULL.
 */
const ClrKeyBits *
clr_parent_bits(ClrParentRows *rows)
{
	if (rows->bits == NULL && knows_all(rows))
		rows->bits = rows->chains != NULL ?
						 clr_chains_bits(rows->judge->context, rows->chains) :
						 clr_keybits_new(rows->judge->context, clr_parent_keys(rows));
	return rows->bits;
}

/*
 * Whether rows of a table, or their parents further up, are of a feature. Each
 * table is looked at once: declarations that a restore brought, or that were
 * written by hand, may go in a circle, or branch.
 */
bool
clr_parent_is_about(ClrJudge *judge, ClrBinding *binding, const char *feature)
{
	List *tables = list_make1(binding);
	bool found = false;

	for (int i = 0; !found && i < list_length(tables); i++)
	{
		ClrBinding *table = list_nth(tables, i);
		ListCell *lc;

		found = strcmp(table->feature, feature) == 0;
		foreach(lc, table->parents)
			tables = list_append_unique_ptr(tables,
											clr_judge_binding(judge,
															  ((ClrParent *) lfirst(lc))->binding));
	}
	list_free(tables);
	return found;
}

/* Projects that the statement creates are in no pass. */
static bool
knows_all(const ClrParentRows *rows)
{
	for (int i = 0; i < CLR_KEY_CLASSES; i++)
		if (rows->judge->created[i] != NULL)
			return false;
	return rows->complete;
}

static void
forget(ClrParentRows *rows)
{
	MemoryContextReset(rows->context);
	rows->verdicts = clr_keytab_new(rows->context, SPENT_BEFORE_ASKING);
	rows->chains = NULL;
	rows->complete = false;
}

static bool
is_full(const ClrParentRows *rows, double verdicts)
{
	return verdicts * BYTES_OF_VERDICT > get_hash_memory_limit();
}

/* ---------- all ---------- */

/* Whether fetching by key has cost as much as a pass would. */
static bool
pays_to_read_all(ClrParentRows *rows)
{
	ClrLookupCost all;

	if (rows->spent < rows->ask_after || rows->is_too_big || rows->judging > 0)
		return false;
	all = clr_lookup_cost(rows->judge, rows->binding);
	rows->ask_after = Max(2 * rows->spent, all.cost);
	return rows->spent >= all.cost && !is_full(rows, all.rows);
}

/*
 * Judge every row that a project of the actor's can hold; what is not remembered
 * then is not permitted. False if that took too much memory.
 */
static bool
read_all(ClrParentRows *rows, bool bounded)
{
	Pass pass = { .rows = rows,
				  .bounded = bounded,
				  .class = clr_lookup_class(rows->judge, rows->binding) };

	if (pass.class == CLR_CLASS_OTHER)
		rows->complete = clr_lookup_all(rows->judge, rows->binding, judge_in_pass, &pass);
	else
		read_by_class(&pass);
	return rows->complete;
}

static void
read_by_class(Pass *pass)
{
	ClrParentRows *rows = pass->rows;

	pass->shape = clr_shape_of(rows->judge, rows->binding, CLR_VIEW);
	pass->chains = clr_chains_new(rows->context);
	rows->judging++; /* what rows belong to may belong to others of them */
	rows->complete = clr_lookup_all(rows->judge, rows->binding, add_by_class, pass);
	rows->judging--;
	MemoryContextReset(rows->scratch);
	if (!rows->complete)
		return;
	clr_chains_settle(pass->chains);
	rows->chains = pass->chains;
}

/* A row is open with what it belongs to, if its class says so. */
static bool
add_by_class(const ClrRow *row, void *arg)
{
	Pass *pass = arg;
	ClrParentRows *rows = pass->rows;
	ClrBinding *binding = rows->binding;
	ClrProject *project = project_by_class(pass, row);
	ClrKey key, parent;
	bool has_parent;

	if (project != NULL && key_in(binding, row, binding->key_slot, &key) &&
		is_below_open(rows, row, &parent, &has_parent))
		clr_chains_add(pass->chains, key.integer, has_parent ? &parent.integer : NULL, project);
	return !pass->bounded || clr_chains_bytes(pass->chains) <= get_hash_memory_limit();
}

/*
 * The project of a row that is open, but for what it belongs to; else NULL. Of
 * rows without one the class says nothing.
 */
static ClrProject *
project_by_class(const Pass *pass, const ClrRow *row)
{
	ClrParentRows *rows = pass->rows;
	ClrBinding *binding = rows->binding;
	ClrProject *project;
	ClrKey key;

	if (key_in(binding, row, binding->project_slot, &key))
		return clr_shape_opens_key(pass->shape, &key) &&
					   clr_shape_row_is_open(rows->judge, binding, row, pass->class) ?
				   clr_scope_project(rows->judge->scope, &key) :
				   NULL;
	(void) clr_rule_permits_in(rows->judge, binding, row, rows->action, &project);
	return project;
}

/*
 * Whether a row belongs to what it must, and all of that is visible, but for a
 * parent in the table itself.
 */
static bool
is_below_open(ClrParentRows *rows, const ClrRow *row, ClrKey *parent, bool *has_parent)
{
	ClrBinding *binding = rows->binding;
	ListCell *lc;

	*has_parent = false;
	foreach(lc, binding->ups)
	{
		const ClrUp *up = lfirst(lc);
		ClrKey key;

		if (!key_in(binding, row, up->slot, &key))
		{
			if (!up->optional)
				return false;
		}
		else if (up->binding == binding->id)
		{
			*has_parent = true;
			*parent = key;
		}
		else if (clr_parent_project(clr_parent_rows(rows->judge,
													clr_judge_binding(rows->judge, up->binding),
													NULL),
									&key) == NULL)
			return false;
	}
	return true;
}

/* The key in a column of a row, or false if there is none. */
static bool
key_in(const ClrBinding *binding, const ClrRow *row, int slot, ClrKey *key)
{
	const ClrColumn *column = &binding->columns[slot];

	if (row->nulls[slot])
		return false;
	clr_key_from_datum(row->values[slot], column->key_class, column->type, key);
	return true;
}

static bool
judge_in_pass(const ClrRow *row, void *arg)
{
	Pass *pass = arg;
	ClrParentRows *rows = pass->rows;
	ClrKeyEntry *entry;
	ClrKey key;

	if (!key_in(rows->binding, row, rows->binding->key_slot, &key))
		return true;
	entry = clr_keytab_find(rows->verdicts, &key);
	if (entry == NULL && rows->repeats && own_parent(rows->binding) != NULL)
		fetch(rows, &key); /* others may be judged by it before all of its rows came */
	else if (entry == NULL)
		judge(rows, &key, row, 1);
	else if (rows->repeats)
		judge_too(rows, &key, row, entry->value);
	if (rows->judging == 0)
		MemoryContextReset(rows->scratch);
	return !pass->bounded || !is_full(rows, clr_keytab_count(rows->verdicts));
}

/* ---------- one ---------- */

/* Fetch and judge what has a key. What does not exist is closed. */
static void
fetch(ClrParentRows *rows, const ClrKey *key)
{
	MemoryContext caller = MemoryContextSwitchTo(rows->scratch);
	ClrRow *found;
	uint64 n = find(rows, key, &found);

	if (n > 0)
		judge(rows, key, found, n);
	else
		remember(rows, key, &closed_mark);
	MemoryContextSwitchTo(caller);
	if (rows->judging == 0)
		MemoryContextReset(rows->scratch);
}

static uint64
find(ClrParentRows *rows, const ClrKey *key, ClrRow **found)
{
	uint64 n = clr_lookup_find(rows->judge, rows->binding, key, found);

	rows->spent += clr_lookup_cost_of_key(rows->judge, rows->binding);
	return n;
}

/* Judge the rows with a key, after those above, and remember the verdict. */
static void
judge(ClrParentRows *rows, const ClrKey *key, const ClrRow *row, uint64 n)
{
	check_stack_depth();
	rows->judging++;
	remember(rows, key, &judging_mark);
	if (!rows->repeats)
	{
		judge_above(clr_parent_rows(rows->judge, rows->binding, NULL), row);
		if (has_gates(own_parent(rows->binding)))
			judge_above(rows, row);
	}
	decide(rows, key, row, n);
	rows->judging--;
}

/* One more row with a key that has a verdict. */
static void
judge_too(ClrParentRows *rows, const ClrKey *key, const ClrRow *row, void *verdict)
{
	if (verdict == &closed_mark)
		return;
	judge(rows, key, row, 1);
	if (clr_keytab_find(rows->verdicts, key)->value != verdict)
		remember(rows, key, &closed_mark);
}

/*
 * Judge the rows above one in a table that refers to itself, from the top down.
 * The rule would find them by itself, but need stack for each.
 */
static void
judge_above(ClrParentRows *rows, const ClrRow *row)
{
	const ClrParent *up = own_parent(rows->binding);
	List *keys = NIL;
	List *above = NIL;
	ListCell *lk, *lr;
	ClrKey key;

	while (up != NULL && clr_row_parent_key(rows->binding, row, up, &key) &&
		   clr_keytab_find(rows->verdicts, &key) == NULL)
	{
		ClrRow *next;

		CHECK_FOR_INTERRUPTS();
		if (find(rows, &key, &next) == 0)
			break;
		remember(rows, &key, &judging_mark);
		keys = lcons(memcpy(palloc(sizeof(ClrKey)), &key, sizeof(ClrKey)), keys);
		above = lcons(next, above);
		row = next;
	}
	rows->judging++;
	forboth(lk, keys, lr, above)
		decide(rows, lfirst(lk), lfirst(lr), 1);
	rows->judging--;
}

/* The first parent that is in the table itself, or NULL. */
static const ClrParent *
own_parent(const ClrBinding *binding)
{
	ListCell *lc;

	foreach(lc, binding->parents)
		if (((ClrParent *) lfirst(lc))->binding == binding->id)
			return lfirst(lc);
	return NULL;
}

/* Whether a parent, if there is one, may ask for more than sight of it. */
static bool
has_gates(const ClrParent *parent)
{
	for (int verb = 0; parent != NULL && verb < CLR_VERBS; verb++)
		if (parent->gates[verb].action != NULL)
			return true;
	return false;
}

/*
 * Several rows with one key are open if all of them are, in one project: which
 * of them is meant nobody can tell.
 */
static void
decide(ClrParentRows *rows, const ClrKey *key, const ClrRow *row, uint64 n)
{
	ClrProject *of_first = NULL;
	ClrProject *project;

	for (uint64 i = 0; i < n; i++)
	{
		if (!clr_rule_permits_in(rows->judge, rows->binding, &row[i], rows->action, &project) ||
			(i > 0 && project != of_first))
		{
			remember(rows, key, &closed_mark);
			return;
		}
		of_first = project;
	}
	remember(rows, key, of_first);
}

static void
remember(ClrParentRows *rows, const ClrKey *key, void *verdict)
{
	bool found;

	clr_keytab_add(rows->verdicts, key, &found)->value = verdict;
}
