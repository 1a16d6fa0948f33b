/*
 * moment.h
 *		When a date or time of the application is.
 */
#ifndef CLR_MOMENT_H
#define CLR_MOMENT_H

#include "compat.h"

#include "datatype/timestamp.h"

extern void clr_moment_init(void);
extern TimestampTz clr_moment(Datum value, Oid type);

#endif /* CLR_MOMENT_H */
