#!/usr/bin/env bash
# recipes: what the README says of adding a metric, an analysis, an HMM family, a setting and a verb,
# done to the letter. Patches of tests/system/recipes are applied to a copy and built; the new program
# changes no number, has what was added, and reads, resumes and extends a results file of the program
# without it, with every finished run kept.
# usage: tests/system/recipes.sh BUILD [NAME[+NAME...]...]    from the top folder, built; NAME: metric,
# verb, ...; those joined by + are applied to one copy, one on top of the other. Default: each alone.
# Objects are copied too, so that only what a patch touches is compiled.
set -u
build=$1
shift
[[ $build = /* ]] && { echo "skipped: give a BUILD below this folder"; exit 0; }
top=$PWD
patches=$top/tests/system/recipes
same=$top/tests/system/same_numbers.py
before=$top/$build/hmmgrid
. tests/support/ok.sh
export HMMGRID_LOG=warning

num_done() { # num_done PROGRAM FILE.h5
    "$1" summary "$2" --by run --where 'status == done' --format csv | tail -n +2 | wc -l
}

# --- a file of the program as it is, three runs of it done; and a grid that has grown -----------------
name=before
cd "$work" || exit 2
cp "$top/experiments/smoke.yaml" .
sed 's/^seeds:.*/seeds: [0, 1, 2]/' smoke.yaml >grown.yaml
ok "a grown grid" [ "$(grep -c '^seeds: \[0, 1, 2\]' grown.yaml)" -eq 1 ]
old=old.h5 first='seed == 0 and hmm.states == 2'
ok "smoke.yaml" "$before" run smoke.yaml -o $old --progress none --where "$first" || exit 1
finished=$(num_done "$before" $old)
ok "finished runs" [ "$finished" -eq 3 ]

# --- what every recipe must leave as it was -----------------------------------------------------------

# built NAMES: the patched program, in $work/NAMES
built() {
    local patch
    name=$1 here=$work/$1
    mkdir -p "$here/$build"
    cp -a "$top"/{src,include,tests,slurm,Makefile} "$here"
    cp -a "$top/$build"/{src,slurm.[co],flags,version,hmmgrid,libhmmgrid-core.a} "$here/$build"
    for patch in ${name//+/ }; do
        ok "$patch applies" patch -d "$here" -p1 -F 3 -i "$patches/$patch.patch" || return
    done
    ok "it builds" make -s -C "$here" BUILD="$build" COMMIT="$(cut -d ' ' -f 2 "$top/$build/version")" || return
    program=$here/$build/hmmgrid
}

# older_file: the program on a file made without the patch
older_file() {
    local last='block == "cyclic"'
    says "$finished of 14 done" "$program" status $old
    says "volatility" "$program" summary $old --metrics all
    says '^ *2 +1 +0 ' "$program" summary $old --by run --where 'hmm.states == 2 and run == 2'
    ok "verify" "$program" verify $old
    cp $old resumed.h5
    ok "resume" "$program" run smoke.yaml -o resumed.h5 --resume --progress none \
        --where "$last and seed == 1"
    ok "resume keeps" "$python" "$same" --kept $old resumed.h5
    ok "resume adds" [ "$(num_done "$program" resumed.h5)" -eq $((finished + 1)) ]
    cp $old extended.h5
    HMMGRID_LOG=info says "$finished finished ones were kept" "$program" run grown.yaml -o extended.h5 \
        --extend --progress plain --where "$last and seed == 2"
    ok "extend keeps" "$python" "$same" --kept $old extended.h5
    ok "extend adds" [ "$(num_done "$program" extended.h5)" -eq $((finished + 1)) ]
    ok "verify after extend" "$program" verify extended.h5
}

# grown_by BLOCK EXPR: BLOCK.h5 is the older file with the runs that BLOCK.yaml adds
grown_by() {
    cp $old "$1.h5"
    ok "extend by $1" "$program" run "$1.yaml" -o "$1.h5" --extend --progress none --where "$2"
    ok "extend by $1 keeps" "$python" "$same" --kept $old "$1.h5"
}

# same_study: the same numbers from nothing, in new.h5
same_study() {
    ok "smoke.yaml again" "$program" run smoke.yaml -o new.h5 --fresh --progress none --where "$first"
    ok "the same numbers" "$python" "$same" --runs $old new.h5
}

# --- the recipes --------------------------------------------------------------------------------------

verb() {
    says '^  count ' "$program" --help
    says 'usage: hmmgrid count \[OPTIONS\] FILE.h5' "$program" count --help
    says "^$finished\$" "$program" count $old
}

metric() {
    says '^done .* [0-9.]+ ± [0-9.]+ \([0-9.]+\)' "$program" summary new.h5 --by status --metrics longest_run
    says '^done +1 .* [0-9.]+ \([0-9.]+\)' "$program" summary extended.h5 --by status \
        --metrics longest_run --where 'seed == 2'
}

analysis() {
    says '^  analysis.activity +how much' "$program" help settings
    says '^done .* [0-9.]+ ± .* [0-9.]+ ± ' "$program" summary new.h5 --by status \
        --metrics 'activity.silent,activity.share[2]'
    says '^done +1 .* [0-9.]+' "$program" summary extended.h5 --by status \
        --metrics activity.silent --where 'seed == 2'
}

family() {
    says 'cyclic, ratchet, custom' "$program" help settings
    sed 's/^  cyclic:/  ratchet: {set: {hmm.architecture: ratchet, hmm.states: 4}}\n&/' smoke.yaml >ratchet.yaml
    grown_by ratchet 'hmm.architecture == "ratchet"'
    says '^ratchet +2 ' "$program" summary ratchet.h5 --by hmm.architecture --where 'status == done'
}

setting() {
    says '^  rnn.leak +share of its state' "$program" help settings
    # another value makes other runs, its default makes none
    sed 's/^grid:/&\n  leaky: {set: {rnn.leak: 0.5}, product: {rnn.hidden: [8]}}/' smoke.yaml >leaky.yaml
    grown_by leaky 'rnn.leak != 1'
    says "^ +1 +$finished " "$program" summary leaky.h5 --by rnn.leak --where 'status == done'
    says "^ +0.5 +2 " "$program" summary leaky.h5 --by rnn.leak --where 'status == done'
    ok "the frozen defaults" make -s -C "$here" BUILD="$build" "$build/tests/test_settings"
    ok "the frozen defaults" "$here/$build/tests/test_settings"
}

for recipes in ${@:-verb metric analysis family setting}; do
    if built "$recipes"; then
        same_study
        older_file
        for recipe in ${recipes//+/ }; do $recipe; done
    fi
    rm -rf "${work:?}/$recipes"
done

finish
