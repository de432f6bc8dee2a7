#!/bin/sh
# Several runs as one: seeds, folds and sweeps, what they come to, and that a series which was stopped or killed ends with the
# same figures.
. "${srcdir:-.}/tests/cli/cli.sh"
command -v python3 >/dev/null || { echo "python3 is not there, which works the figures out"; exit 77; }
"$builddir/tests/cli/make_digits" "$work/data" 200 60 || exit 1
cp "$srcdir/tests/cli/numbered.crl" "$work"
python3 "$srcdir/tests/cli/experiment.py" rows >"$work/rows.csv" || exit 1
figures() { (cd "$work" && python3 "$srcdir/tests/cli/experiment.py" "$@"); }

# ---- seeds ----
expect 0 "[2/3] seed-2  epoch 3/3" "$pair" --train --seeds 3 --out seeds --data data
pass_if "a table with the spread" grep -q '^metric  *mean  *sd  *min  *max  *seed-1  *seed-2  *seed-3  *chance' "$work/out"
pass_if "one table" test "$(grep -c '^transfer.first_to_second ' "$work/out")" -eq 1
pass_if "the time of all that are left" grep -q 'left (of all: ' "$work/err"
pass_if "its figures" figures summary seeds seed-1 seed-2 seed-3
expect 0 "" "$pair" --train --seed 2 --out alone --quiet --data data
pass_if "each is an ordinary run" cmp -s "$work/alone/checkpoint-30.crlk" "$work/seeds/seed-2/checkpoint-30.crlk"
expect 0 "" seeds/seed-2 --evaluate --quiet --data data
expect 2 "'seeds' holds a run already" "$pair" --train --seeds 3 --out seeds --data data
expect 2 "'seeds' holds a run already" "$pair" --train --out seeds --data data
expect 3 "'seeds' holds several runs" seeds --evaluate
cp "$work/seeds/metrics.csv" "$work/before.csv"
expect 0 "report: 'seeds/report.html'" seeds --train --resume
pass_if "nothing is trained again" sh -c "! grep -q epoch '$work/err'"
pass_if "the same table" cmp -s "$work/seeds/metrics.csv" "$work/before.csv"
: >"$work/seeds/seed-3/metrics.json"
expect 3 "'seeds/seed-3/metrics.json' cannot be read" --compare seeds
expect 0 "report: 'seeds/seed-3/report.html'" seeds --train --resume
pass_if "what is damaged is measured again" cmp -s "$work/seeds/metrics.csv" "$work/before.csv"
pass_if "and not trained" sh -c "! grep -q epoch '$work/err'"
expect 0 "" "$pair" --train --seeds 1,2,3 --out seeds --data data --resume --quiet
expect 2 "these are not the runs of 'seeds'" "$pair" --train --seeds 4 --out seeds --data data --resume
expect 2 "these are not the runs of 'seeds'" "$pair" --train --seeds 3 --out seeds --data data --resume --set rate=1
expect 2 "go on as they were begun" seeds --train --resume --epochs 9
expect 0 "" "$pair" --train --seeds 7,3 --out listed --data data --quiet --epochs 1
pass_if "the seeds that are listed" figures summary listed seed-7 seed-3
echo >>"$work/listed/model.crl"
expect 3 "'listed/model.crl' is not the text that was run" listed --train --resume
rm -r "$work"/listed/seed-*
expect 0 "" "$pair" --train --seeds 2 --out listed --data data --quiet --epochs 1 --set rate=0.1
pass_if "in the place of what has no run yet" figures summary listed seed-1 seed-2
expect 2 "--seeds has the seed 3 twice" "$pair" --train --seeds 3,4,3
expect 2 "--seeds takes how many seeds" "$pair" --train --seeds 0
expect 2 "--seed gives one seed and --seeds several" "$pair" --train --seeds 3 --seed 2

# ---- folds ----
expect 0 "" numbered.crl --train --folds 4 --out folds --quiet
pass_if "figures of folds" figures summary folds fold-1 fold-2 fold-3 fold-4
expect 0 "" numbered.crl --train --folds 4 --seeds 2 --out both --quiet
pass_if "of every seed" figures summary both seed-1/fold-1 seed-1/fold-2 seed-1/fold-3 seed-1/fold-4 \
  seed-2/fold-1 seed-2/fold-2 seed-2/fold-3 seed-2/fold-4
for by in kind person; do
  key=by
  [ $by = kind ] || key=group
  sed -e "s/by = .kind/$key = .$by/" -e 's/^h = .*/&\nids = d.id/' "$work/numbered.crl" >"$work/$by.crl"
  expect 0 "" $by.crl --train --folds 4 --out by_$by --quiet --epochs 1
  for k in 1 2 3 4; do
    for split in validation train test; do
      expect 0 "" by_$by/fold-$k --compute ids --split $split --to $by-$split-$k.csv --quiet
    done
    pass_if "a test split of its own" cmp -s "$work/$by-test-$k.csv" "$work/$by-test-1.csv"
  done
  (cd "$work" && sort -g $by-train-1.csv $by-validation-1.csv | sed 's/\.0*$//' | tr '\n' ' ' | sed 's/ $//' >rest)
  pass_if "folds of $by" figures folds rows.csv $by $by-validation-1.csv $by-validation-2.csv $by-validation-3.csv \
    $by-validation-4.csv >"$work/folded"
  pass_if "all rows but the test split" test "$(cat "$work/folded")" = "$(cat "$work/rest")"
done
cat >"$work/given.crl" <<'END'
crl 1
data digits = mnist
top = dense(10)
scores = top(flatten(digits.image) / 255)
minimize { class = cross_entropy(scores, digits.label) }
train { epochs 1  batch 20  optimizer adam }
evaluate on validation { right = accuracy(scores, digits.label) }
END
expect 1 "'mnist' has no rows to validate on" given.crl --train --data data
expect 0 "133 rows to train on, 60 to test on, 67 to validate on" given.crl --train --data data --folds 3 --out given
pass_if "the fold stands in its text" grep -q 'split(digits_whole, folds = 3, fold = 2)' "$work/given/fold-2/model.crl"
expect 0 "" given/fold-2 --evaluate --data data --quiet
sed 's/^data.*/data all = mnist\ndata a = split(all, validation = 9)\ndata digits = splits(train = a, validation = a)/' \
  "$work/given.crl" >"$work/splits.crl"
expect 1 "the folds do not reach 'digits', which is trained on" splits.crl --train --data data --folds 3 --out refused
sed 's/^data.*/data all = mnist\ndata digits = splits(train = all, validation = all)/' "$work/given.crl" >"$work/fixed.crl"
expect 1 "fixed.crl:3:15: error[E0505]: 'digits_whole' has rows to validate on, whose place folds would take" fixed.crl \
  --train --data data --folds 3 --out refused
sed 's/^data.*/data all = mnist\ndata a = split(all, test = 9)\ndata digits = split(a, validation = 9)/' \
  "$work/given.crl" >"$work/twice.crl"
expect 1 "the data are split in several places" twice.crl --train --data data --folds 3 --out refused
expect 2 "the model measures nothing on validation" "$pair" --train --data data --folds 3 --out refused
expect 3 "fill 72 folds, not 80" numbered.crl --train --folds 80 --out many --epochs 1 --quiet
pass_if "nothing was made of what was refused" test ! -e "$work/refused"

# ---- sweeps ----
expect 0 "" numbered.crl --train --sweep width=2,6 --sweep rate=0.001,0.05 --seeds 2 --out sweep --quiet
pass_if "sorted, with the best" figures sweep sweep lowest unseen
pass_if "the best is named" grep -q "^best: width=[26], rate=[0-9.]*, where 'unseen' on validation is lowest: .*, the mean of 2 runs" "$work/out"
pass_if "and how to train it" grep -q '^train it: crlc numbered.crl --train --set width=[26] --set rate=[0-9.]*$' "$work/out"
pass_if "the test split is not measured" sh -c "! grep -q tested '$work/out' '$work'/sweep/*/*/metrics.json"
pass_if "not drawn either" test ! -e "$work/sweep/width=2,rate=0.05/seed-1/images"
expect 0 "" numbered.crl --train --sweep width=2,6 --highest right --out high --quiet
pass_if "by another figure" figures sweep high highest right
best=$(sed -n 's/^best: \([^,]*\),.*/\1/p' "$work/out")
eval "$(sed -n 's/^train it: crlc/expect 0 ""/p' "$work/out") --out again --quiet"
last=$(cd "$work/again" && ls checkpoint-*.crlk | sort -t- -k2 -g | tail -n 1)
pass_if "the command trains the best" cmp -s "$work/again/$last" "$work/high/$best/$last"
expect 0 "" "high/width=2" --evaluate
pass_if "which measures the test split when it is asked to" grep -q '^tested ' "$work/out"
sed '/keep lowest/d; s/unseen = mean/error = mean/' "$work/numbered.crl" >"$work/goals.crl"
sed -i 's/right = accuracy(scores, d.kind)$//' "$work/goals.crl"
expect 0 "warning: nothing says whether a low or a high 'error' is better" goals.crl --train --sweep width=2,3 --out goals --epochs 1
expect 2 "the model measures no 'left' on validation" numbered.crl --train --sweep width=2,3 --lowest left
expect 2 "the model has no option 'size'" numbered.crl --train --sweep size=2,3 --out refused
expect 1 "option 'width' takes a number, not 'two'" numbered.crl --train --sweep width=3,two --out refused
expect 2 "'--sweep width' is given by --set too" numbered.crl --train --sweep width=3 --set width=4 --out refused
expect 2 "--sweep takes NAME=VALUE,VALUE..." numbered.crl --train --sweep width=3,,4 --out refused
expect 2 "the model measures nothing on validation" "$pair" --train --data data --sweep width=2,3 --out refused
expect 2 "--lowest goes with --sweep" numbered.crl --train --lowest unseen
pass_if "nothing was made of what was refused" test ! -e "$work/refused"

# ---- a run that fails ----
expect 4 "1 of 3 runs have failed" numbered.crl --train --sweep rate=0.01,1e38,0.1 --out fails
pass_if "the others stand" grep -q '^best: rate=0.0*1,' "$work/out"
pass_if "and it is told which" grep -q '"state": "failed"' "$work/fails/metrics.json"
expect 4 "1 of 3 runs have failed" fails --train --resume

# ---- stopped and killed ----
# again SIGNAL: the sweep with seeds and folds, ended by the signal again and again.
expect 0 "" numbered.crl --train --sweep width=2,3 --seeds 2 --folds 3 --out whole --quiet
again() {
  rm -rf "$work/part"
  set -- "$1" "$2" numbered.crl --train --sweep width=2,3 --seeds 2 --folds 3 --out part
  stops=0 found=9
  while [ $found -ne 0 ] && [ $stops -lt 60 ]; do
    signal=$1 status=$2
    shift 2
    (cd "$work" && exec "$crlc" "$@" >out 2>err) &
    child=$!
    delay=$(((3 + stops * 7 % 6) * (1 + stops / 8))) # hundredths of a second; longer where a busy machine gets nowhere
    sleep "$((delay / 100)).$(printf %02d $((delay % 100)))"
    kill -"$signal" $child 2>/dev/null
    wait $child 2>/dev/null
    found=$?
    stops=$((stops + 1))
    [ $found -eq 0 ] || pass_if "status after $signal" test $found -eq "$status" -o $found -eq $((status < 140 ? 137 : 143))
    [ ! -e "$work/part/experiment.json" ] || set -- part --train --resume
    set -- "$signal" "$status" "$@"
  done
  shift 2
  [ $found -eq 0 ] || expect 0 "" "$@"
  pass_if "it was stopped, by $signal" test $stops -gt 2
  pass_if "the same figures after $signal" figures same whole part
  pass_if "the same table after $signal" cmp -s "$work/whole/metrics.csv" "$work/part/metrics.csv"
  for run in $(cd "$work/whole" && ls -d */*/*); do # the checkpoint before the last may be where a run was stopped
    last=$(ls "$work/whole/$run" | sed -n 's/^checkpoint-\([0-9]*\).crlk$/\1/p' | sort -n | tail -1)
    for file in "$run/best-train.crlk" "$run/checkpoint-$last.crlk"; do
      pass_if "the same $file after $signal" cmp -s "$work/whole/$file" "$work/part/$file"
    done
  done
}
again TERM 143
again KILL 137
finish
