#!/usr/bin/env bash
# old_files: results files of every released format, tests/golden/files, and one made just now: the
# program reads, summarises, explains, exports, verifies, resumes and extends each, says of it what
# the program that made it said, and keeps every finished run.
# usage: tests/system/old_files.sh HMMGRID    from the top folder
set -u
program=$(realpath "$1")
tests=$(realpath tests)
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

num_done() { # num_done FILE.h5
    "$program" summary "$1" --by run --where 'status == done' --format csv 2>/dev/null | tail -n +2 | wc -l
}

# grid_of FILE.h5: its grid, as it was given
grid_of() {
    "$python" -c 'import h5py, sys
f = h5py.File(sys.argv[1])["grid/source"]
text = f[...].tobytes() if f.dtype.kind == "u" else f[()]
sys.stdout.buffer.write(text.rstrip(b"\0"))' "$1"
}

# a heading NAME:mean was NAME_mean once, that of a floor had no word behind it, and there was no n_landed
as_it_was() {
    sed '/^run,/{s/\(entropy_floor\|volatility_floor\):mean/\1/g; s/:mean/_mean/g}' |
        awk -F, '/^run,/ { for (i = 1; i <= NF; i++) new[i] = $i ~ /^n_landed/ }
            { line = $1; for (i = 2; i <= NF; i++) if (!new[i]) line = line "," $i; print line }'
}

# try FILE.h5: with FILE.txt beside it
try() {
    local finished
    name=$(basename "$1" .h5)
    cp "$1" old.h5
    cp "${1%.h5}.txt" old.txt
    grid_of old.h5 >grid.yaml
    sed 's/^seeds:.*/seeds: [0, 1, 2]/' grid.yaml >grown.yaml
    finished=$(num_done old.h5)
    ok "runs are done" [ "$finished" -eq 3 ]
    says '3 of 8 done, 1 failed' "$program" status old.h5
    says 'best_val_loss' "$program" summary old.h5 --metrics all
    ok "says what it said" diff <(as_it_was <old.txt) \
        <("$tests/golden/files/said.sh" "$program" old.h5 | as_it_was)
    says '^ *4 +1 ' "$program" summary old.h5 --by run --where 'rnn.bias == true and status == done'
    says '^ *0 .* done .*not landed' "$program" list old.h5 --where 'landed == 0'
    says 'done' "$program" why old.h5 0
    says 'loss' "$program" why old.h5 6
    ok "verify" "$program" verify old.h5
    rm -f weights.h5
    ok "export" "$program" export old.h5 4 -o weights.h5
    says 'fc.bias' "$python" -c 'import h5py; print(*h5py.File("weights.h5"))'
    ok "repro" "$program" repro old.h5 0
    ok "nothing has changed it" cmp "$1" old.h5

    cp old.h5 resumed.h5
    ok "resume" "$program" run grid.yaml -o resumed.h5 --resume --progress none --where 'block == chain'
    ok "resume keeps" "$python" "$tests/system/same_numbers.py" --kept old.h5 resumed.h5
    ok "resume adds" [ "$(num_done resumed.h5)" -eq 5 ]
    cp old.h5 extended.h5
    HMMGRID_LOG=info says '4 finished ones were kept' "$program" run grown.yaml -o extended.h5 --extend \
        --progress plain --where 'block == custom'
    ok "extend keeps" "$python" "$tests/system/same_numbers.py" --kept old.h5 extended.h5
    ok "extend adds" [ "$(num_done extended.h5)" -eq 5 ]
    ok "verify after extend" "$program" verify extended.h5
}

name=now
ok "make.sh" "$tests/golden/files/make.sh" "$program" "$work/now"
for file in now.h5 "$tests"/golden/files/*.h5; do
    [ -f "$file" ] && try "$file"
done
finish
