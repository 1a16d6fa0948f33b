# Includes go down: a file of src/ may use its own room (folder) and those after it in `rooms`. The
# headers in `beside` are in no room, and used by none but compat.h. Prints each arrow up, and fails
# if there is one.
BEGIN {
    n = split(rooms, name, " ")
    for (i = 1; i <= n; i++)
        floor[name[i]] = i
    n = split(beside, name, " ")
    for (i = 1; i <= n; i++)
        if (name[i] != "compat.h")
            floor[name[i]] = 0
}

FNR == 1 {
    here = FILENAME
    sub(/^src\//, "", here)
    sub(/\/.*/, "", here)
    if (here ~ /\./)
        here = ""
    else if (!(here in floor))
        wrong("\"" here "\" is no room")
}

/^#include "/ && here in floor {
    there = $2
    gsub(/^"|\/.*|"$/, "", there)
    if (there in floor && floor[there] < floor[here])
        wrong("includes " $2 ", which is above " here)
}

function wrong(what) {
    print FILENAME ":" FNR ": " what
    failed = 1
}

END {
    exit failed
}
