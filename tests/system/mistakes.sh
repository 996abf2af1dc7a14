#!/usr/bin/env bash
# mistakes: every command of mistakes.txt ends with the exit code and the first line that stand there.
# usage: tests/system/mistakes.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
here=$(realpath tests/system)
. tests/support/ok.sh
cp "$here"/mistakes/*.yaml "$work" && cd "$work" || exit 2
export COLUMNS=80
unset HMMGRID_LOG
mkdir folder
: >empty.h5
echo hello >text.h5
printf 'PK\003\004 data.pkl' >net.pt
"$program" run tiny.yaml -o tiny.h5 --progress none || { echo "tiny.yaml does not run"; exit 1; }

while read -r words; do
    case $words in '' | '#'*) continue ;; esac
    read -r code
    IFS= read -r line
    set -f
    # shellcheck disable=SC2086
    found=$("$program" $words 2>&1 >/dev/null </dev/null)
    found_code=$?
    set +f
    found=$(printf '%s' "$found" | head -n 1 | sed -E 's/[0-9-]{10}T[0-9:]{8} //')
    if [ "$found_code" = "$code" ] && [ "$found" = "$line" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'hmmgrid %s\n  code %s, not %s\n  says   %s\n  not    %s\n' "$words" "$found_code" "$code" "$found" "$line"
    fi
done <"$here/mistakes.txt"
finish
