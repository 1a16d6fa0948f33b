/*
 * frame.h
 *		One executing query: its actor, scope and what was loaded for it.
 */
#ifndef CLR_FRAME_H
#define CLR_FRAME_H

#include "compat.h"

#include "executor/execdesc.h"
#include "fmgr.h"

#include "actor/actor.h"
#include "rule/judge.h"

typedef struct ClrFrame
{
	uint64 serial;		  /* no two frames of a backend have the same */
	EState *estate;		  /* the query; NULL for a frame outside of one */
	PlanState *plan;	  /* its top node */
	bool is_of_query;	  /* that starts, or runs; else it answers what is asked outside of one */
	bool writes;		  /* the query adds, changes, removes or locks rows */
	Oid user;			  /* as whom the query runs */
	ClrIdentity identity; /* frozen when the query started */
	ClrActor actor;
	bool resolved;	/* the judge has a scope: the actor is known */
	ClrJudge judge; /* for the actor, the query's snapshot, and when its statement began */
	int32 filled;	/* binding whose last new row got its owner from owner.c */
	struct ClrFrame *next;
} ClrFrame;

/* What was current, to be restored. */
typedef struct ClrCurrent
{
	ClrFrame *frame;
	Snapshot snapshot;
	MemoryContext planning; /* of the frame to be left, if it was for planning */
} ClrCurrent;

extern void clr_frame_init(bool late);
extern ClrFrame *clr_frame_prepare(const QueryDesc *query);
extern void clr_frame_drop(ClrFrame *prepared);
extern ClrFrame *clr_frame_open(QueryDesc *query, ClrFrame *prepared);
extern ClrFrame *clr_frame_open_utility(void);
extern void clr_frame_planned(const PlannedStmt *plan);
extern ClrFrame *clr_frame_of(QueryDesc *query);
extern ClrCurrent clr_frame_enter(ClrFrame *frame);
extern ClrCurrent clr_frame_enter_planning(void);
extern ClrCurrent clr_frame_enter_as(ClrActor actor);
extern void clr_frame_leave(ClrCurrent previous);
extern bool clr_frame_tell_workers(QueryDesc *query, int *told);
extern ClrFrame *clr_frame_current(void);
extern bool clr_frame_runs(void);
extern bool clr_frame_only_looks(void);
extern ClrFrame *clr_frame_of_call(const FmgrInfo *function);
extern ClrActor clr_frame_actor(ClrFrame *frame);
extern bool clr_frame_may_maintain(const ClrFrame *frame);
extern bool clr_frame_maintains(ClrFrame *frame, Oid relid);
extern int64 clr_frame_real_actor(const ClrFrame *frame);
extern void clr_frame_refuse_outdated(ClrFrame *frame);
extern ClrJudge *clr_frame_judge(ClrFrame *frame);

#endif /* CLR_FRAME_H */
