# What is said of version and majors is the same everywhere: src/compat.h knows the majors, the control file the version
# of the extension's objects, META.json that of the release, which is later where a release changes the library alone.
# Prints what differs, and fails then.
# Usage: awk -f release.awk FILE ...     (all of those below)

FILENAME ~ /compat\.h$/ {
	if (match($0, /PG_VERSION_NUM < [0-9]+/) && !least)
		least = substr($0, RSTART + 17, RLENGTH - 17) / 10000
	if (match($0, /PG_VERSION_NUM >= [0-9]+/) && /PG_VERSION_NUM </)
		beyond = substr($0, RSTART + 18, RLENGTH - 18) / 10000
	if (match($0, /PG_VERSION_NUM \/ 10000 == [0-9]+/))
		without[substr($0, RSTART + 26, RLENGTH - 26)]
}

FILENAME ~ /\.control$/ && /^default_version/ {
	split($0, part, "'")
	objects = part[2]
}

FILENAME ~ /META\.json$/ && /^  "version": / {
	split($0, part, "\"")
	release = part[4]
}

FILENAME ~ /META\.json$/ && /^      "version": / {
	split($0, part, "\"")
	provided = part[4]
}

FILENAME ~ /META\.json$/ && /"PostgreSQL": / {
	split($0, part, "\"")
	required = part[4]
}

FILENAME ~ /changelog$/ && FNR == 1 {
	packaged = $2
	gsub(/^\(|-[^-]*\)$/, "", packaged)
}

FILENAME ~ /pgversions$/ {
	majors = majors " " $1
}

FILENAME ~ /\.spec$/ && /^Version:/ {
	rpm = $2
}

END {
	if (!beyond)
		beyond = least + 1
	for (m = least; m < beyond; m++)
		if (!(m in without))
			known = known " " m
	same("META.json: version that it provides", provided, objects)
	same("debian/changelog: version", packaged, release)
	same("packaging/pg_clearance.spec: version", rpm, release)
	same("debian/pgversions: majors", majors, known)
	same("META.json: PostgreSQL", required, ">= " least ".20.0, < " beyond ".0.0")
	exit failed
}

function same(what, is, expected)
{
	if (is == expected && is != "")
		return
	print what " is \"" is "\", expected \"" expected "\""
	failed = 1
}
