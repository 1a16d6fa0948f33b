# Turns the CSV files of the built-in levels into SQL: x.csv becomes the table
# clearance.staged_x with one text column per name in its header line; empty
# fields become NULL. levels.sql derives the levels from these tables and drops
# them. Usage: awk -f level_data.awk FILE.csv ...
#
# Plain awk. The files hold identifiers and short remarks only; so that -F,
# suffices, no field may contain a comma or a double quote.

BEGIN {
	FS = ","
	print "-- Built-in level data, generated from src/data/*.csv by level_data.awk."
}

/"/ {
	fail("quoted fields are not supported")
}

FNR == 1 {
	end_table()
	table = FILENAME
	sub(/^.*\//, "", table)
	sub(/\.csv$/, "", table)
	begin_table()
	next
}

NF != columns {
	fail(NF " fields instead of " columns)
}

{
	line = ""
	for (i = 1; i <= NF; i++)
		line = line (i > 1 ? ", " : "") literal($i)
	printf "%s    (%s)", (rows++ ? ",\n" : "INSERT INTO clearance.staged_" table " VALUES\n"), line
}

END {
	if (failed)
		exit 1
	end_table()
}

function begin_table()
{
	columns = NF
	rows = 0
	line = ""
	for (i = 1; i <= NF; i++)
		line = line (i > 1 ? ", " : "") $i " text"
	print "CREATE TABLE clearance.staged_" table " (" line ");"
}

function end_table()
{
	if (rows)
		print ";"
}

function literal(field)
{
	if (field == "")
		return "NULL"
	gsub(/'/, "''", field)
	return "'" field "'"
}

function fail(reason)
{
	print FILENAME ":" FNR ": " reason > "/dev/stderr"
	failed = 1
	exit 1
}
