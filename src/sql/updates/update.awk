# Makes an upgrade script of its hand-written part and the modules of the
# install script. The part holds what has to be changed step by step. What can
# simply be replaced comes from the modules: functions, views and comments; and
# blocks below a line "-- @again", which may run on what they have made before.
# Two kinds of lines in the part stand for it:
#
#     -- @replaceable    these statements of all modules
#     -- @module NAME    the whole of one module, good for both scripts
#
# CREATE OR REPLACE keeps who may execute a function or read a view, and, in a
# script of an extension, is an error for what is not the extension's own.
#
# Plain awk. Statements of modules begin at the left margin; a function ends
# with its body: $$;, END; or the first line that ends with a semicolon.
# Usage: awk -f update.awk MODULE.sql ... PART.sql

BEGIN {
	part = ARGV[ARGC - 1]
}

FILENAME != part {
	name = FILENAME
	sub(/^.*\//, "", name)
	sub(/\.sql$/, "", name)
	text[name, ++lines[name]] = $0
	if (!within && /^[A-Z]/)
		begin_statement()
	again = /^-- @again$/
	if (within)
		take_line()
	next
}

within {
	fail("the last statement of the modules does not end")
}

/^-- @replaceable$/ {
	for (i = 1; i <= replaceable_lines; i++)
		print replaceable[i]
	next
}

/^-- @module / {
	if (!($3 in lines))
		fail("there is no module \"" $3 "\"")
	for (i = 1; i <= lines[$3]; i++)
		print text[$3, i]
	next
}

/^-- @/ {
	fail("this line stands for nothing")
}

{
	print
}

function begin_statement()
{
	within = 1
	in_dollars = in_atomic = 0
	kept = sub(/^CREATE FUNCTION /, "CREATE OR REPLACE FUNCTION ") || sub(/^CREATE VIEW /, "CREATE OR REPLACE VIEW ") ||
		/^COMMENT ON / || (again && /^DO /)
	if (again && !kept)
		fail("only a block can run again")
	if (!kept && !/^(CREATE (UNIQUE INDEX|INDEX|TABLE|TYPE|CAST|SEQUENCE|SCHEMA|TRIGGER|CONSTRAINT TRIGGER|EVENT TRIGGER)|ALTER|DROP|INSERT|UPDATE|DELETE|SELECT|SET|DO|GRANT|REVOKE) /)
		fail("neither known as what can be replaced nor as what cannot")
}

function take_line(    line)
{
	if (kept)
		replaceable[++replaceable_lines] = $0
	if (/^BEGIN ATOMIC/)
		in_atomic = 1
	else if (/^END;/)
		in_atomic = 0
	line = $0
	while (sub(/\$\$/, "", line))
		in_dollars = !in_dollars
	if (!in_atomic && !in_dollars && /;[ \t]*(--.*)?$/)
		within = 0
}

function fail(reason)
{
	print FILENAME ":" FNR ": " reason > "/dev/stderr"
	exit 1
}
