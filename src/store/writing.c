/*
 * writing.c
 *		Values as texts, in one way.
 *
 * How types write their values goes by settings of the session. What is kept, or
 * compared with what another session wrote, is written whatever those are, in a
 * form that every session reads, and with nothing left out. Keeps no state.
 */
#include "store/writing.h"

#include "utils/guc.h"

static const char *const settings[][2] = {
	{ "datestyle", "ISO, YMD" },   { "timezone", "UTC" },	  { "intervalstyle", "postgres" },
	{ "extra_float_digits", "1" }, { "bytea_output", "hex" }, { "lc_monetary", "C" },
};

/* From here on, until the nest level that is returned ends, be it by an error. */
int
clr_writing_begin(void)
{
	int level = NewGUCNestLevel();

	for (int i = 0; i < (int) lengthof(settings); i++)
		if (strcmp(GetConfigOption(settings[i][0], false, false), settings[i][1]) != 0)
			(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

void
clr_writing_end(int level)
{
	AtEOXact_GUC(true, level);
}
