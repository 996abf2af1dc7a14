#!/bin/sh
# bad_grids: malformed grids must be refused with exit code 65 and a message at the right place.
# usage: bad_grids.sh path/to/hmmgrid
# What to expect stands in NAME.expect or in the first lines of NAME.yaml, one error a line:
#   # expect LINE:COLUMN: some words of the message
# Grids too large to keep are made here. Every check must end within 10 seconds.
program=$1
[ -x "$program" ] || { echo "bad_grids: '$program' is not a program; give the path of hmmgrid" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)/grids
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check_grid FILE EXPECTATIONS: one verdict
check_grid() {
    name=$(basename "$1" .yaml)
    timeout 10 "$program" check "$1" >"$work/out" 2>"$work/err"
    code=$?
    why=
    [ $code -eq 65 ] || why="exit code $code instead of 65"
    [ -s "$work/out" ] && why="$why; something on standard output"
    grep -c . "$2" >/dev/null || why="$why; nothing is expected"
    while IFS= read -r line; do
        want=${line#\# expect }
        place=${want%%: *}
        words=${want#*: }
        case $place in
        *[!0-9:]*) place=; words=$want ;; # no place: only the words count
        esac
        grep -F -- "$1:$place${place:+: }" "$work/err" | grep -F -q -- "$words" ||
            why="$why; no '$want'"
    done <"$2"
    if [ -z "$why" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name: ${why#; }"
        sed 's/^/    /' "$work/err" | head -5
    fi
}

for grid in "$here"/*.yaml; do
    if [ -f "${grid%.yaml}.expect" ]; then
        grep '^# expect ' "${grid%.yaml}.expect" >"$work/expect"
    else
        sed '/^# expect /!q' "$grid" | grep '^# expect ' >"$work/expect"
    fi
    check_grid "$grid" "$work/expect"
done

# --- made here ------------------------------------------------------------------------------------
expect() { printf '# expect %s\n' "$1" >"$work/expect"; }

awk 'BEGIN { printf "version: 1\nstudy: s\nseeds: "; for (i = 0; i < 100000; i++) printf "[";
             for (i = 0; i < 100000; i++) printf "]"; print "" }' >"$work/deep_flow_200kB.yaml"
expect "3:39: nested too deeply"
check_grid "$work/deep_flow_200kB.yaml" "$work/expect"

awk 'BEGIN { print "version: 1\nstudy: s\ngrid: {a: {}}"; for (i = 0; i < 30000; i++)
             print "# a comment that is repeated until the file is too large" }' \
    >"$work/larger_than_1MiB.yaml"
expect "1:1: at most 1 MiB"
check_grid "$work/larger_than_1MiB.yaml" "$work/expect"

awk 'BEGIN { print "version: 1\nstudy: s\nseeds:"; for (i = 0; i < 200000; i++) print "- 1" }' \
    >"$work/too_many_values.yaml"
expect "too many values"
check_grid "$work/too_many_values.yaml" "$work/expect"

awk 'BEGIN { print "version: 1\nstudy: s\nexclude:"; for (i = 0; i < 50000; i++)
             printf "- &a%d 1\n", i }' >"$work/too_many_anchors.yaml"
expect "260:3: too many anchors"
check_grid "$work/too_many_anchors.yaml" "$work/expect"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
