# What scripts of extensions must not leave to whoever may create objects in a database, or set a search_path: prints
# each statement that does, and fails if there is one.
#
#   * Names without a schema mean the system's: the script says so first, and so does each function, unless its body is
#     parsed when it is made (BEGIN ATOMIC, RETURN), or it has the rights of another than its caller.
#   * What is made is new, and in a schema of the extension: CREATE … IF NOT EXISTS would take what is there for it. So
#     would OR REPLACE; in updates the server refuses that for what is not the extension's, in an install script nothing.
#
# Statements begin at the left margin, as for update.awk.
# Usage: awk -f scripts.awk SCRIPT.sql ...

BEGIN {
	path = "pg_catalog, pg_temp"
}

FNR == 1 {
	end_of_script()
	is_update = FILENAME ~ /--.*--/
	first = 1
	in_dollars = in_atomic = within = 0
}

!within && /^[A-Z]/ {
	within = 1
	statement = ""
	line = FNR
}

within {
	statement = statement $0 "\n"
	if (/^BEGIN ATOMIC/)
		in_atomic = 1
	else if (/^END;/)
		in_atomic = 0
	rest = $0
	while (sub(/\$[a-z]*\$/, "", rest))
		in_dollars = !in_dollars
	if (!in_atomic && !in_dollars && /;[ \t]*(--.*)?$/) {
		within = 0
		judge()
	}
}

END {
	end_of_script()
	exit failed
}

function judge(    head)
{
	if (first && statement != "SET LOCAL search_path = " path ";\n")
		wrong("the script does not begin with SET LOCAL search_path = " path)
	if (!first && statement ~ /^SET /)
		wrong("the script changes its settings")
	first = 0

	head = statement
	sub(/\n(AS|BEGIN ATOMIC|RETURN) .*|\n(AS|BEGIN ATOMIC)\n.*| AS '.*| AS \$.*/, "\n", head)
	if (head ~ /^(CREATE|ALTER).* IF (NOT )?EXISTS /)
		wrong("takes what is there for the extension's own")
	if (head ~ /^CREATE OR REPLACE / && !is_update)
		wrong("takes what is there for the extension's own")
	if (head ~ /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE|AGGREGATE|VIEW|MATERIALIZED VIEW|TABLE|TYPE|DOMAIN|SEQUENCE|OPERATOR) / &&
		head !~ /^CREATE (OR REPLACE )?[A-Z ]+ clearance(_internal)?\./)
		wrong("makes something in no schema of the extension")
	if (head ~ /^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE) /)
		judge_function(head)
}

function judge_function(head)
{
	if (head ~ / SET search_path = / && index(head, " SET search_path = " path " SET ") == 0 && index(head, " SET search_path = " path "\n") == 0)
		wrong("has another search_path than " path)
	if (head ~ / SET search_path = /)
		return
	if (head ~ /SECURITY DEFINER/)
		wrong("runs with the rights of another, and has no search_path")
	if (head !~ /LANGUAGE (c|internal)[ \n]/ && statement !~ /\n(BEGIN ATOMIC|RETURN )/ && statement !~ / AS 'BEGIN END';\n$/)
		wrong("has no search_path")
}

function end_of_script()
{
	if (within)
		wrong("the last statement does not end")
	within = 0
}

function wrong(what)
{
	sub(/\n.*/, "", statement)
	print FILENAME ":" line ": " what ": " statement
	failed = 1
}
