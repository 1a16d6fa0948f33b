/*
 * mask.h
 *		Whether a masked column is open.
 */
#ifndef CLR_MASK_H
#define CLR_MASK_H

#include "compat.h"

#include "rule/binding.h"
#include "rule/judge.h"

/* For whom it was asked, and what was found of projects. */
typedef struct ClrMaskAnswers ClrMaskAnswers;

/* What is the same for all visible rows of a project, if anything is. */
typedef enum ClrMaskAnswer
{
	CLR_MASK_CLOSED = 1,
	CLR_MASK_OPEN,
	CLR_MASK_BY_ROW,
} ClrMaskAnswer;

extern ClrMaskAnswers *clr_mask_answers(MemoryContext context, ClrJudge *judge, ClrBinding *binding,
										const ClrMask *mask, bool seen);
extern bool clr_mask_opens(ClrMaskAnswers *answers, const ClrRow *row);
extern ClrMaskAnswer clr_mask_in_project(ClrMaskAnswers *answers, const NullableDatum *project);
extern bool clr_mask_opens_row(ClrMaskAnswers *answers, const ClrRow *row);
extern ClrMaskAnswer
clr_mask_answer_in(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask, ClrProject *project);
extern bool clr_mask_may_close(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask);

#endif /* CLR_MASK_H */
