/*
 * mask.h
 *		Whether a masked column is open.
 */
#ifndef CLR_MASK_H
#define CLR_MASK_H

#include "compat.h"

#include "rule/binding.h"
#include "rule/judge.h"
#include "rule/shape.h"

/* For whom it was asked, and what was found of projects. */
typedef struct ClrMaskAnswers ClrMaskAnswers;

extern ClrMaskAnswers *clr_mask_answers(MemoryContext context, ClrJudge *judge, ClrBinding *binding,
										const ClrMask *mask, bool seen);
extern bool clr_mask_opens(ClrMaskAnswers *answers, const ClrRow *row);
extern ClrClass clr_mask_class(ClrMaskAnswers *answers, const NullableDatum *project);
extern bool clr_mask_opens_row(ClrMaskAnswers *answers, const ClrRow *row, ClrClass class);
extern bool clr_mask_may_close(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask);

#endif /* CLR_MASK_H */
