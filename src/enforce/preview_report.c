/*
 * preview_report.c
 *		What is different before and after a change, as lines of a table.
 *
 * First everything in one line, then what was left out, then actor by actor what
 * each gains and loses. Keeps no state.
 */
#include "enforce/preview.h"

#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

typedef struct Sum
{
	int64 gained;
	int64 lost;
} Sum;

typedef struct Line
{
	const char *line;
	const char *class;
	const ClrPreviewActor *actor;
	const ClrPreviewTable *table;
	const char *action;
	Sum sum;
	Datum gained_keys; /* zero: none are to be given */
	Datum lost_keys;
	const char *note;
} Line;

static List *compare_actor(const ClrPreview *preview, const ClrPreviewActor *actor, Sum *sum);
static List *compare_table(const ClrPreview *preview, const ClrPreviewActor *actor,
						   const ClrPreviewTable *table, Sum *sum);
static bool was_looked_at(const ClrPreviewActor *actor);
static Datum keys_of(const ClrPreviewKeys *keys, const Bitmapset *set, int count);
static List *list_left_out(const ClrPreview *preview, int late);
static Line *left_out(const ClrPreviewTable *table, const char *note);
static Line *new_line(const char *line, const ClrPreviewActor *actor, const Sum *sum);
static const char *class_of(const Sum *sum);
static void put(ReturnSetInfo *result, const Line *line);

/*
 * Compare what was found in both states.
 */
void
clr_preview_report(const ClrPreview *preview, ReturnSetInfo *result)
{
	Sum all = { 0, 0 };
	List *lines = NIL;
	List *missing;
	int differ = 0;
	int late = 0;
	Line *first;
	ListCell *lc;

	foreach(lc, preview->actors)
	{
		const ClrPreviewActor *actor = lfirst(lc);
		Sum sum = { 0, 0 };

		late += !was_looked_at(actor);
		lines = list_concat(lines, compare_actor(preview, actor, &sum));
		differ += sum.gained + sum.lost > 0;
		all.gained += sum.gained;
		all.lost += sum.lost;
	}
	missing = list_left_out(preview, late);
	first = new_line("all", NULL, &all);
	if (missing != NIL && all.gained + all.lost == 0)
		first->class = "unknown";
	first->note = psprintf("%d of %d actors differ%s", differ, list_length(preview->actors) - late,
						   missing != NIL ? "; not everything was compared" : "");
	put(result, first);
	foreach(lc, list_concat(missing, lines))
		put(result, lfirst(lc));
}

static bool
was_looked_at(const ClrPreviewActor *actor)
{
	return actor->sets[CLR_BEFORE] != NULL && actor->sets[CLR_AFTER] != NULL;
}

/* The lines of an actor; none if nothing differs, unless its permissions do. */
static List *
compare_actor(const ClrPreview *preview, const ClrPreviewActor *actor, Sum *sum)
{
	List *lines = NIL;
	ListCell *lc;

	if (!was_looked_at(actor))
		return NIL;
	foreach(lc, preview->tables)
		if (((ClrPreviewTable *) lfirst(lc))->left_out == NULL)
			lines = list_concat(lines, compare_table(preview, actor, lfirst(lc), sum));
	if (lines != NIL || actor->touched)
		lines = lcons(new_line("actor", actor, sum), lines);
	return lines;
}

static List *
compare_table(const ClrPreview *preview, const ClrPreviewActor *actor, const ClrPreviewTable *table,
			  Sum *sum)
{
	static const char *const verbs[] = {
		[CLR_VIEW] = "view", [CLR_CREATE] = "create", [CLR_EDIT] = "edit", [CLR_DELETE] = "delete"
	};
	List *lines = NIL;

	for (int act = 0; act < CLR_VERBS + list_length(table->columns); act++)
	{
		const ClrPreviewKeys *keys = act == CLR_CREATE ? &table->projects : &table->rows;
		const Bitmapset *before = actor->sets[CLR_BEFORE][table->first + act];
		const Bitmapset *after = actor->sets[CLR_AFTER][table->first + act];
		Bitmapset *gained = bms_difference(after, before);
		Bitmapset *lost = bms_difference(before, after);
		Sum own = { bms_num_members(gained), bms_num_members(lost) };
		Line *line;

		if (own.gained + own.lost == 0)
			continue;
		sum->gained += own.gained;
		sum->lost += own.lost;
		line = new_line("rows", actor, &own);
		line->table = table;
		line->action = act < CLR_VERBS ?
						   verbs[act] :
						   psprintf("view %s", strVal(list_nth(table->columns, act - CLR_VERBS)));
		line->gained_keys = keys_of(keys, gained, preview->sample);
		line->lost_keys = keys_of(keys, lost, preview->sample);
		lines = lappend(lines, line);
	}
	return lines;
}

/* The first of them. */
static Datum
keys_of(const ClrPreviewKeys *keys, const Bitmapset *set, int count)
{
	Datum *texts = palloc(sizeof(Datum) * Max(Min(count, bms_num_members(set)), 1));
	int n = 0;

	for (int i = -1; n < count && (i = bms_next_member(set, i)) >= 0;)
		texts[n++] = CStringGetTextDatum(list_nth(keys->texts, i));
	return n == 0 ? 0 :
					PointerGetDatum(construct_array(texts, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---------- what was not compared ---------- */

static List *
list_left_out(const ClrPreview *preview, int late)
{
	List *lines = NIL;
	ListCell *lc;

	if (preview->actors_left_out > 0)
		lines = lappend(lines, left_out(NULL, psprintf(INT64_FORMAT " actors: actors_limit",
													   preview->actors_left_out)));
	if (late > 0)
		lines =
			lappend(lines, left_out(NULL, psprintf("%d actors: time_limit or rows_limit", late)));
	foreach(lc, preview->tables)
	{
		const ClrPreviewTable *table = lfirst(lc);

		if (table->left_out != NULL)
			lines = lappend(lines, left_out(table, table->left_out));
	}
	return lines;
}

static Line *
left_out(const ClrPreviewTable *table, const char *note)
{
	Line *line = new_line("left out", NULL, &(Sum){ 0, 0 });

	line->class = NULL;
	line->table = table;
	line->note = note;
	return line;
}

/* ---------- lines ---------- */

static Line *
new_line(const char *name, const ClrPreviewActor *actor, const Sum *sum)
{
	Line *line = palloc0(sizeof(Line));

	line->line = name;
	line->class = class_of(sum);
	line->actor = actor;
	line->sum = *sum;
	return line;
}

static const char *
class_of(const Sum *sum)
{
	if (sum->gained > 0)
		return sum->lost > 0 ? "mixed" : "widening";
	return sum->lost > 0 ? "narrowing" : "unchanged";
}

static void
put(ReturnSetInfo *result, const Line *line)
{
	const ClrPreviewActor *actor = line->actor;
	bool counts = line->class != NULL;
	const char *texts[12] = { line->line, line->class };
	Datum values[12] = { 0 };
	bool nulls[12];

	if (actor != NULL)
	{
		texts[2] = actor->key;
		texts[3] = actor->name;
		texts[4] = actor->company;
	}
	texts[5] = line->table != NULL ? line->table->name : NULL;
	texts[6] = line->action;
	texts[11] = line->note;
	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		if (!nulls[i])
			values[i] = CStringGetTextDatum(texts[i]);
	}
	values[7] = Int64GetDatum(line->sum.gained);
	values[8] = Int64GetDatum(line->sum.lost);
	nulls[7] = nulls[8] = !counts;
	values[9] = line->gained_keys;
	nulls[9] = line->gained_keys == 0;
	values[10] = line->lost_keys;
	nulls[10] = line->lost_keys == 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}
