#!/bin/sh
# Figures taken while training goes on: what is logged, which weights are kept, when training ends, and that a run which was
# stopped or killed says the same and ends with the same bits.
. "${srcdir:-.}/tests/cli/cli.sh"
"$builddir/tests/cli/make_digits" "$work/data" 200 60 || exit 1
watched=$srcdir/tests/cli/watched.crl

# What a line of the log says but for times.
untimed() { sed 's/, "samples_per_s".*//' "$1"; }

# figure FILE NAME: of metrics.json
figure() { sed -n "/\"name\": \"$2\"/{n;s/.*: \(.*\),/\1/p;}" "$1"; }

expect 0 "kept: the weights of step" "$watched" --train --out whole --seed 3
log=$work/whole/log.jsonl
pass_if "it ended early" grep -q "stopped: 'ce' on validation was not lower for 4 measurements" "$work/err"
pass_if "the first stage's figures" grep -q '"stage": "pretrain".*"watch": {"validation": {.*"agree.rank_first"' "$log"
pass_if "every third step" grep -q '^{"step": 6, .*"watch": ' "$log"
pass_if "no other step" sh -c "! grep -q '^{\"step\": [14],.*\"watch\": ' '$log'"
pass_if "what needs later weights is later" sh -c "! grep '\"pretrain\"' '$log' | grep -q '\"right\"'"
pass_if "then it is there" grep -q '"classify".*"watch": .*"right"' "$log"
pass_if "both splits" grep -q '"watch": {.*"train": {"ce": .*"validation": {.*"ce"\|"watch": {.*"validation": {.*"ce": .*"train": {"ce"' "$log"
pass_if "on the line of an epoch" grep -q 'validation: right .* %.* ce ' "$work/err"
pass_if "in the curves of the page" grep -q 'classify: ce (validation)' "$work/whole/report.html"

# ---- the best weights ----
# The lowest 'ce' of the validation split is what the kept weights give when they are measured again.
lowest() { sed -n 's/.*"classify".*"validation": {[^}]*"ce": \([0-9.e-]*\).*/\1/p' "$1" | sort -g | head -n 1; }
last() { sed -n 's/.*"classify".*"validation": {[^}]*"ce": \([0-9.e-]*\).*/\1/p' "$1" | tail -n 1; }
near() { awk "BEGIN { d = ($1) - ($2); exit !(d < 1e-6 && d > -1e-6) }"; }
pass_if "the last weights are worse" sh -c "test '$(lowest "$log")' != '$(last "$log")'"
pass_if "the best are measured" near "$(lowest "$log")" "$(figure "$work/whole/metrics.json" ce)"
pass_if "and their clock" test "$(sed -n 's/.*"value": \(.*\),/\1/p' "$work/whole/metrics.json" | tail -n 1 | sed 's/\..*//')" \
  -eq "$(grep -n . "$log" | sed -n 's/.*"epoch": \([0-9]*\), "stage": "classify".*"ce": '"$(lowest "$log" | sed 's/\./\\./')"'.*/\1/p' | tail -n 1)"
pass_if "which weights" grep -q "\"weights 'classify'\": \"of step [0-9]*, where 'ce' on validation was lowest" "$work/whole/metrics.json"
for part in data pretrain classify watching 'gradient norms' checkpoints; do
  pass_if "the time of $part" grep -q "\"$part\": [0-9]" "$work/whole/metrics.json"
done
cp "$work/whole/metrics.json" "$work/first.json"
expect 0 "" whole --evaluate
pass_if "again" near "$(lowest "$log")" "$(figure "$work/whole/metrics.json" ce)"
pass_if "not called unfinished" sh -c "! grep -q 'not finished' '$work/err'"
expect 0 "" whole --export kept.safetensors
expect 0 "" whole --compute enc.W --to kept.npy
pass_if "exported" test -s "$work/kept.safetensors"

# ---- the end ----
pass_if "four after the best" test "$(sed -n 's/.*"classify".*"validation": {[^}]*"ce": \([0-9.e-]*\).*/\1/p' "$log" | tail -n 4 |
  sort -g | head -n 1)" != "$(lowest "$log")"
pass_if "and no more" test "$(sed -n 's/.*"classify".*"validation": {[^}]*"ce": \([0-9.e-]*\).*/\1/p' "$log" | tail -n 5 |
  sort -g | head -n 1)" = "$(lowest "$log")"
newest() { ls "$work/$1" | sed -n 's/checkpoint-\(.*\).crlk/\1/p' | sort -n | tail -n 1; }
end=$(newest whole)
expect 0 "" whole --train --resume
pass_if "it stays ended" test "$(newest whole)" -eq "$end"

# ---- stopped and killed ----
same() {
  pass_if "same lines, $1" sh -c "test \"\$(sed 's/, \"samples_per_s\".*//' '$log')\" = \"\$(sed 's/, \"samples_per_s\".*//' '$work/part/log.jsonl')\""
  pass_if "same checkpoint, $1" cmp -s "$work/whole/checkpoint-$end.crlk" "$work/part/checkpoint-$end.crlk"
  pass_if "same figures, $1" sh -c "test \"\$(grep value '$work/first.json')\" = \"\$(grep value '$work/part/metrics.json')\""
}
# part SIGNAL LINES: stops the run when its log has so many lines, and goes on.
part() {
  stop_at "$1" "$2" "$watched" --train --out part --seed 3
  if [ ! "$(newest part)" ]; then # it had not come to a checkpoint
    rm -rf "$work/part"
    expect 0 "" "$watched" --train --out part --seed 3
  else
    expect 0 "" part --train --resume
  fi
  same "$1 after $2 lines"
}
part INT 2
part KILL 6
part TERM 9
part KILL 12
part KILL 15
rm -rf "$work/part"
expect 0 "" "$watched" --train --out part --seed 3 --stage pretrain
expect 0 "" "$watched" --train --out part --seed 3 --stage classify --resume
same "stage by stage"

# ---- for longer: from the last weights, not from the kept ones ----
sed -e 's/  stop after 4 without lower ce//' "$watched" >"$work/endless.crl"
expect 0 "" endless.crl --train --out short --stage classify --epochs 12 --seed 3
expect 0 "" endless.crl --train --out short --stage classify --epochs 15 --resume
expect 0 "" endless.crl --train --out long --stage classify --epochs 15 --seed 3
pass_if "as if trained so from the start" cmp -s "$work/short/checkpoint-$(newest long).crlk" "$work/long/checkpoint-$(newest long).crlk"

# ---- what does not go ----
rm "$work/long/best-classify.crlk"
expect 3 "best-classify.crlk" long --evaluate
expect 2 "in the run" "$watched" --train --out long --resume --stage classify
finish
