#!/usr/bin/env bash
# usage: `status --usage` agrees with arithmetic from outside, of a study that is killed once and
# resumed; with figures made by hand; and says what it cannot know.
# usage: tests/system/usage.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
old=$(realpath tests/golden/files/format3.h5)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_PROGRESS=none COLUMNS=80 TZ=UTC
usage() { "$program" status study.h5 --usage "$@"; }
figure() { usage --json | sed -n "s/^\"$1\": \([^,]*\).*/\1/p"; }
near() { # near A B SHARE: A is B within that share of B
    awk -v a="$1" -v b="$2" -v share="$3" 'BEGIN {
        if (a - b <= share * b && b - a <= share * b) exit 0
        print a " is not " b; exit 1 }'
}
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.3f\n", b - a }'; }
adds_up() { # the parts are the whole, and none is less than nothing
    usage --json | awk -F'[:,]' '/^"used_s"/ { used = $2 }
        /^"(results|kept|lost|idle|rank_0)_s"/ { sum += $2; if ($2 < 0) bad = 1 }
        END { if (bad || (sum - used) ^ 2 > 1e-4 * used ^ 2) { print used, sum; exit 1 } }'
}

# --- a study of one rank that is killed and resumed; it is held for a while, which costs no processor
begin() { # a session, held for 12 s when its first run is on
    rm -f study.h5.status.json
    started=$(now)
    "$program" run "$grid" -o study.h5 --resume --set run.isolate=none "$@" 2>log &
    pid=$!
    ok "it is on" begun study.h5
    kill -STOP $pid
    sleep 12
    kill -CONT $pid
}
begin --set train.epochs=30000 --where 'run == 0' --set run.checkpoint=1s
sum=$(md5sum study.h5.sessions)
for _ in $(seq 400); do [ "$sum" = "$(md5sum study.h5.sessions)" ] || break; sleep 0.02; done
kill -9 $pid
first=$(since "$started")
{ wait $pid; } 2>/dev/null
ok "used by one that was killed" near "$(figure used_s)" "$first" .02
ok "its checkpoint is kept" [ "$(figure kept_s | cut -d. -f1)" -ge 1 ]
ok "the parts" adds_up
says '1 session, 1 killed' usage
begin --set train.epochs=30000 --where 'run == 0' --set run.checkpoint=1s
wait $pid
ok "resumed" [ $? -eq 0 ]
both=$(awk -v a="$first" -v b="$(since "$started")" 'BEGIN { print a + b }')
ok "used by both" near "$(figure used_s)" "$both" .02
ok "the parts" adds_up
ok "nothing is kept" [ "$(figure kept_s)" = 0.000 ]
says '2 sessions, 1 killed' usage
says '^20.*  killed$' usage
says '^20.*  complete$' usage
ok "80 columns" [ -z "$(usage | grep -E '.{81}')" ]

# --- figures made by hand: 3 ranks for 100 s and 5 for 50 s, of which workers were busy 250 s
"$program" run "$grid" -o study.h5 --fresh || exit 1
cat >made.py <<'EOF'
import h5py, json
with h5py.File("study.h5") as f:
    uuid, start = f.attrs["uuid"], f["runs/t_start"][:].min()
    if isinstance(uuid, bytes): uuid = uuid.decode()
def line(begun, seconds, ranks, busy, state, reason):
    return json.dumps(dict(uuid=uuid, state=state, reason=reason, host="h", begun_unix_s=begun,
                           last_unix_s=begun + seconds, ranks=ranks, workers=ranks - 1, busy_s=busy))
with open("study.h5.sessions", "w") as f:
    print(line(start - 1, 100, 3, 150, "running", ""), file=f)
    print(line(start + 200, 50, 5, 100, "interrupted", "SIGTERM received"), file=f)
EOF
ok "sessions by hand" "$python" made.py
ok "used" [ "$(figure used_s)" = 550.000 ]
ok "rank 0" [ "$(figure rank_0_s)" = 150.000 ]
ok "idle" [ "$(figure idle_s)" = 150.000 ]
ok "the parts" adds_up
says 'SIGTERM received' usage
says '0.1528 core-hours, ranks x time of 2 sessions, 1 killed' usage
says 'chain +2 +2 ' usage
says '^ +0 +4 ' usage
says 'memory +[0-9.]+ MB at most in a run .run [0-3]., [0-9.]+ MB by the plan' usage
echo '{"uuid": "torn' >>study.h5.sessions
says '1 line of FILE.h5.sessions cannot be read' usage
sed -i '$d; s/"uuid": "/&0/' study.h5.sessions

# --- what is not known
says 'used +unknown' usage
says 'results +[0-9.e-]+ core-hours in 4 runs$' usage
ok "null" [ "$(figure used_s)" = null ]
rm study.h5.sessions
says 'used +unknown' usage
ok "a later session" "$program" run "$grid" -o study.h5 --extend --seeds 0-2
says '1 session, 0 killed' usage
ok "a link is not written into" sh -c "rm study.h5.sessions && ln -s target study.h5.sessions &&
    '$program' run '$grid' -o study.h5 --resume --seeds 0-2 2>err && grep -q 'will lack it' err && [ ! -e target ]"
says 'of a renamed one rename FILE.h5.sessions' "$program" status "$old" --usage
says '^ +0 +4 +1.84 +[?]' "$program" status "$old" --usage
"$program" run "$grid" -o live.h5 --set train.epochs=1000000 &
pid=$!
ok "it is on" begun live.h5
says ' goes on$' "$program" status live.h5 --usage
kill $pid
wait $pid
says ' SIGTERM received$' "$program" status live.h5 --usage
"$program" run "$grid" -o first.h5 --share 1/2
"$program" run "$grid" -o second.h5 --share 2/2
"$program" merge first.h5 second.h5 -o merged.h5 >/dev/null
says 'no list of its sessions is beside this file; of a merged one' "$program" status merged.h5 --usage
says '^merged.h5 +[?] +[?] ' "$program" status first.h5 second.h5 merged.h5 --usage
says '^together [0-9.e-]+ core-hours, [0-9.e-]+ in results; 2 sessions, 0 killed' "$program" status first.h5 second.h5 --usage
says '"file": "second.h5", "used_s": [0-9.]+, "results_s": ' "$program" status first.h5 second.h5 --usage --json
{ "$program" run "$grid" -o dies.h5 --set train.epochs=3000 --set run.on_end='kill -9 $PPID; sleep 1'; } 2>/dev/null
says '^20.*  complete$' "$program" status dies.h5 --usage
ok "results, though it died at its end" awk '/"used_s"/ { used = $2 + 0 } /"results_s"/ { exit !($2 + 0 > used / 2) }' \
    <("$program" status dies.h5 --usage --json)
ok "no such file" ends 66 'cannot open it' "$program" status missing.h5 --usage
finish
