# Of the reports of a server that valgrind ran, those whose innermost frame is the library's, and those of memory that is
# not there wherever it called; each place once. Others are the server's own, which is not built for valgrind.
#
# The library is built with -g, so that its frames name files.
# Usage: awk -v sources=FOLDER/ -f valgrind.awk LOG ...

$1 ~ /^==[0-9]+==$/ {
	process = $1
	sub(/^==[0-9]+== ?/, "")
	if ($0 == "") {
		end_of_report()
		next
	}
	if (!text[process])
		invalid[process] = /^Invalid (read|write)/
	text[process] = text[process] $0 "\n"
	# what was called with what it should not have been is the C library's
	if (!($1 == "at" || $1 == "by") || place[process] || $3 ~ /^(__)?(mem|str|bcmp)/)
		next
	if (index($NF, "(" sources) == 1)
		place[process] = $NF
	else if (!invalid[process])
		place[process] = "elsewhere"
}

END {
	if (!reports)
		print "ok 1 - valgrind reports nothing of the library"
	exit reports > 0
}

function end_of_report()
{
	if (place[process] && place[process] != "elsewhere" && !seen[place[process]]++) {
		print "not ok " ++reports " - valgrind at " place[process]
		print text[process]
	}
	delete place[process]
	delete text[process]
}
