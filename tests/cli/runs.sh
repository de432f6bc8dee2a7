#!/bin/sh
# What a run leaves, how it stops and goes on, and what it refuses.
. "${srcdir:-.}/tests/cli/cli.sh"
make=$builddir/tests/cli/make_digits
"$make" "$work/data" 200 60 || exit 1

# ---- what checkpoints know a model by: the same as in runs of earlier builds, which go on ----
expect 0 "" "$srcdir/tests/cli/kept.crl" --train --data data --out kept --quiet
pass_if "the graphs of a kept run" \
  grep -aq '"graphs":"045bb599b6109fcba856639d723e567feaeb6534eef2f5547dcf3a002a5aebd6"' "$work"/kept/checkpoint-*.crlk

# ---- an option that only a variant reads, which the text of a plain run has no more ----
{ cat "$srcdir/tests/cli/kept.crl"; echo 'option pace = 0.1 "of quick"'; } >"$work/paced.crl"
echo 'variant quick { train { optimizer descend(pace) } }' >>"$work/paced.crl"
expect 0 "" paced.crl --train --data data --out plain --quiet
expect 0 "" plain --export w.safetensors
expect 0 "" plain --train --resume --epochs 2 --data data --quiet
expect 0 "" paced.crl --variant quick --train --data data --out quick --quiet
expect 0 "" quick --export w.safetensors

# ---- a whole run ----
expect 0 "data: 'mnist'" "$pair" --train --out whole --seed 3 --threads 2
for file in model.crl log.jsonl metrics.json report.html images/images.png checkpoint-30.crlk checkpoint-20.crlk; do
  pass_if "the run has $file" test -s "$work/whole/$file"
done
pass_if "no lock stays" test ! -e "$work/whole/lock"
pass_if "results on stdout" grep -q 'transfer' "$work/out"
pass_if "no results on stderr" sh -c "! grep -q transfer '$work/err'"
pass_if "a line for the first step and every epoch" test "$(wc -l <"$work/whole/log.jsonl")" -eq 4
pass_if "the terms are logged" grep -q '"agree": {"value":' "$work/whole/log.jsonl"
pass_if "an epoch's line" grep -q 'epoch 3/3' "$work/err"
expect 3 "" "$pair" --train --out /dev/null/run
expect 2 "'whole' holds a run already" "$pair" --train --out whole/

# ---- the same bits with another number of threads, and as measured again ----
expect 0 "" "$pair" --train --out other --seed 3 --threads 1 --quiet
pass_if "quiet" test ! -s "$work/err"
pass_if "threads do not matter" cmp -s "$work/whole/checkpoint-30.crlk" "$work/other/checkpoint-30.crlk"
cp "$work/out" "$work/first"
expect 0 "report: 'other/report.html'" other/ --evaluate
pass_if "evaluation gives the same figures" cmp -s "$work/out" "$work/first"

# ---- one epoch, and two more ----
expect 0 "" "$pair" --train --out longer --seed 3 --epochs 1
expect 0 "" "$pair" --train --out longer --resume
pass_if "epochs add up" cmp -s "$work/whole/checkpoint-30.crlk" "$work/longer/checkpoint-30.crlk"
expect 2 "was trained with seed 3, not 4" "$pair" --train --out longer --resume --seed 4
expect 2 "'batch' is 25 and was 20 in the run" "$pair" --train --out longer --resume --batch 25 --epochs 9
expect 2 "option 'rate' is 0.1 and was 0.005 in the run" "$pair" --train --out longer --resume --set rate=0.1 --epochs 9

# ---- stages ----
stages=$srcdir/tests/cli/stages.crl
expect 0 "classify  epoch 3/3" "$stages" --train --out both
expect 0 "pretrain  epoch 2/2" "$stages" --train --stage pretrain --out apart
pass_if "only one stage" test "$(ls "$work/apart" | grep -c 'checkpoint-.0')" -eq 2
expect 0 "classify  epoch 3/3" "$stages" --train --stage classify --resume --out apart
pass_if "stages add up" cmp -s "$work/both/checkpoint-32.crlk" "$work/apart/checkpoint-32.crlk"

# Both stages train 'enc' by adam, each with states of its own.
sed 's/keep enc  cls with/enc, cls with/' "$stages" >"$work/tuned.crl"
expect 0 "classify  epoch 3/3" tuned.crl --train --out tuned
expect 0 "pretrain  epoch 2/2" tuned.crl --train --stage pretrain --out tuned_apart
expect 0 "classify  epoch 3/3" tuned.crl --train --stage classify --resume --out tuned_apart
pass_if "tuning adds up" cmp -s "$work/tuned/checkpoint-32.crlk" "$work/tuned_apart/checkpoint-32.crlk"
for state in enc.W.adam.m@pretrain enc.W.adam.m@classify; do
  pass_if "a state $state" grep -aq "$state" "$work/tuned/checkpoint-32.crlk"
done
expect 2 "the run is past the stage 'pretrain' already" "$stages" --train --stage pretrain --resume --out apart
expect 2 "the model has no stage 'none'" "$stages" --train --stage none
expect 0 "" "$stages" --plan --stage classify
pass_if "the stage's step" grep -q 'cls' "$work/out"

# ---- stopped in the middle ----
# stopped SIGNAL STATUS: trains long, stops it, goes on, and compares with the run that nobody stopped.
stopped() {
  rm -rf "$work/stopped"
  (cd "$work" && exec "$crlc" "$pair" --train --out stopped --epochs 400 --seed 5 --log-every 1 >out 2>err) &
  child=$!
  tries=0
  until [ -s "$work/stopped/log.jsonl" ] || [ $tries -gt 600 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  expect 3 "is held by pid" "$pair" --train --out stopped
  kill -"$1" $child
  wait $child
  found=$?
  pass_if "status after $1" test $found -eq "$2"
  pass_if "a checkpoint after $1" sh -c "ls '$work'/stopped/checkpoint-*.crlk >/dev/null 2>&1"
  expect 0 "" "$pair" --train --out stopped --epochs 400 --resume
  pass_if "same bits after $1" cmp -s "$work/long/checkpoint-4000.crlk" "$work/stopped/checkpoint-4000.crlk"
}
expect 0 "" "$pair" --train --out long --epochs 400 --seed 5
stopped INT 130
stopped TERM 143
stopped HUP 129

# ---- readers that go away ----
(cd "$work" && { "$crlc" "$pair" --train --out unread --epochs 400 --seed 5 2>&1 >unread.out; echo $? >unread.status; } | :)
pass_if "nobody reads the messages" test "$(cat "$work/unread.status")" -eq 0
pass_if "the run is whole" cmp -s "$work/long/checkpoint-4000.crlk" "$work/unread/checkpoint-4000.crlk"
pass_if "results on stdout all the same" grep -q 'transfer' "$work/unread.out"
(cd "$work" && { "$crlc" "$pair" --train --out untold --seed 3 2>untold.err; echo $? >untold.status; } | :)
pass_if "nobody reads the results" test "$(cat "$work/untold.status")" -eq 3
pass_if "which is said" grep -q 'the results could not be written' "$work/untold.err"
pass_if "the figures are kept" test -s "$work/untold/metrics.json"
(cd "$work" && "$crlc" "$pair" --train --out closed --seed 3 2>&- >out)
pass_if "closed messages" test $? -eq 0
pass_if "and no file with them" sh -c "! grep -q 'epoch 3/3' '$work'/closed/log.jsonl '$work'/closed/metrics.json"

# ---- started in the same second ----
mkdir "$work/many"
for i in 1 2 3 4; do (cd "$work/many" && "$crlc" "$pair" --train --epochs 1 --data ../data --quiet >/dev/null 2>&1) & done
wait
pass_if "a directory each" test "$(ls -d "$work"/many/runs/pair-2*/checkpoint-10.crlk | wc -l)" -eq 4

# ---- reading a run back ----
expect 0 "" "$pair" --compute hx --out whole --to codes.npy
pass_if "an npy header" sh -c "head -c 128 '$work/codes.npy' | grep -aq \"'shape': (60, 8)\""
expect 0 "" "$pair" --compute hx --out whole --to codes.csv --split train
pass_if "a line a row" test "$(wc -l <"$work/codes.csv")" -eq 200
expect 0 "" "$pair" --compute x --out whole --to x.png
pass_if "an image" test -s "$work/x.png"
# limited WHAT ARGUMENT...: a limit on the size of files is met, which is told of, and nothing of the file is left.
limited() {
  what=$1
  shift
  mkdir "$work/limit"
  (cd "$work/limit" && ulimit -f 2 && exec "$crlc" "$@" >out 2>err)
  found=$?
  pass_if "the status at a limit of $what" test $found -eq 3
  pass_if "the reason" grep -q "^crlc: cannot write '$what': " "$work/limit/err"
  rm "$work/limit/out" "$work/limit/err"
  pass_if "what is left of $what" test -z "$(find "$work/limit" -type f)"
  rm -r "$work/limit"
}
limited x.csv --compute hx,x --out ../whole --to x.csv --data ../data
limited x.npy --compute x --out ../whole --to x.npy --data ../data
limited x.npz --compute hx,x --out ../whole --to x.npz --data ../data
limited x.mat --compute hx,x --out ../whole --to x.mat --data ../data
limited r/run.json "$pair" --train --out r --data ../data
expect 2 "no value 'nothing'" "$pair" --compute nothing --out whole --to n.npy
expect 2 "crlc: 'x' is named twice" "$pair" --compute x,hx,x --out whole --to n.npz
for none in '' x, ,x x,,hx; do expect 2 "crlc: the model has no value ''" "$pair" --compute "$none" --out whole --to n.npz; done
expect 0 "" "$pair" --export weights.safetensors --out whole
pass_if "names of weights" sh -c "head -c 4096 '$work/weights.safetensors' | grep -aq '\"left.W\"'"
pass_if "no state of the optimiser" sh -c "! head -c 4096 '$work/weights.safetensors' | grep -aq adam"
expect 3 "there is no run directory 'nowhere'" "$pair" --evaluate --out nowhere
pass_if "reading makes no directory" test ! -e "$work/nowhere"
mkdir "$work/empty"
expect 3 "there is no checkpoint in 'empty'" "$pair" --evaluate --out empty
expect 2 "the variant is wide and was none in the run" "$pair" --evaluate --out whole --variant wide

# ---- what cannot be measured, and rows that are absent ----
"$make" "$work/short" 200 3
expect 0 "warning: 'transfer' will not be measured: at least 10 rows are needed for 5 folds, and there are 3" "$pair" \
  --train --epochs 1 --data "$work/short" --out short
pass_if "it is said before the first step" sh -c "! sed '/will not be measured/q' '$work/err' | grep -q epoch"
pass_if "the other figures stand" grep -q '"name": "correlation.sum"' "$work/short/metrics.json"
pass_if "the report is there" test -s "$work/short/report.html"
cat >"$work/absent.crl" <<'END'
crl 1
data digits = mnist
view x = digits.image / 255
some = x where digits.label < 5
digit = digits.label where digits.label < 5
broken = log(zero(digits.label) - 1)
evaluate {
  bad = mean(log(zero(digits.label) - 1), batch)
  share = mean(has(some), batch)
  separate(flatten(some), digits.label)
}
show images(x, some)
END
expect 0 "warning: 'bad' is not measured: not finite: NaN" absent.crl --train --out absent
pass_if "absent images are told of" grep -q 'an absent image is blank' "$work/absent/report.html"
expect 0 " rows have it, the others are empty" absent.crl --compute some --out absent --to some.csv
pass_if "a line a row, absent or not" test "$(wc -l <"$work/some.csv")" -eq 60
pass_if "some lines are empty" grep -q '^,*$' "$work/some.csv"
expect 0 " rows have it, the others are empty" absent.crl --compute digit --out absent --to digit.csv
pass_if "no line is empty" test "$(grep -c '^[0-9""]*$' "$work/digit.csv") $(grep -c '^$' "$work/digit.csv")" = "60 0"
pass_if "an empty cell" grep -q '^""$' "$work/digit.csv"
expect 0 "warning: 60 of the numbers in 'broken' are NaN or infinite" absent.crl --compute broken --out absent --to b.npy
expect 3 "'digit' is f32 [batch], which is not an image" absent.crl --compute digit --out absent --to digit.png

# ---- which rows a figure and its chance level are of ----
cat >"$work/rows.crl" <<'END'
crl 1
data digits = mnist
v = flatten(digits.image) / 255
enc = dense(5)
h = enc(v)
few = h where digits.label < 2
none = h where digits.label > 20
minimize { size = mse(h, 1) }
train { epochs 1  batch 100  optimizer sgd() }
evaluate {
  of_weights = mean(sq(enc.W)) on train
  of_train = mean(v, [batch, 0]) on train
  of_none = mean(none, [batch, 0]) on train
  constant = figure(mean(h, [batch, 0]), chance = 0.5)
  other_rows = figure(mean(h, [batch, 0]), chance = mean(few, [batch, 0]))
  same_rows = figure(mean(few, [batch, 0]), chance = mean(few + 1, [batch, 0]))
  not_finite = figure(mean(h, [batch, 0]), chance = mean(log(zero(digits.label) - 1), batch))
  cca(h, few)
}
END
expect 0 "warning: 'mean(none, [batch, 0]) on train' (rows.crl:13:13) has no value: no row of the training split" rows.crl \
  --train --out rows
pass_if "of no split" grep -q '^of_weights .* -  *- ' "$work/out"
pass_if "of the training split" grep -q '^of_train .* train  *200 ' "$work/out"
pass_if "a constant is of any rows" sh -c "! grep '^constant .*no chance' '$work/out'"
pass_if "chance of other rows" grep -q '^other_rows .*no chance level: it is of [0-9]* rows of the test split, and' "$work/out"
pass_if "chance of the same rows" sh -c "! grep '^same_rows .*no chance' '$work/out'"
pass_if "chance that is not finite" grep -q '"chance_reason": "not finite: NaN"' "$work/rows/metrics.json"
pass_if "on the page too" grep -q 'no chance level: not finite: NaN' "$work/rows/report.html"
pass_if "of the columns of the smaller code" grep -q '^cca .* of 5 ' "$work/out"
"$make" "$work/onerow" 1 60
cat >"$work/onerow.crl" <<'END'
crl 1
data digits = mnist
v = flatten(digits.image)[300:303]
evaluate { cca(v, v) }
END
expect 0 "warning: 'cca' is not measured: 'v on train' has 1 row, and measuring needs at least 2" onerow.crl --train \
  --out onerow-run --data onerow
sed 's/^h = .*/m = mean(v where digits.label > 20, batch) on train\nh = enc(v - m)/' "$work/rows.crl" >"$work/norows.crl"
expect 4 "'mean(v where digits.label > 20, batch) on train' (norows.crl:5:5) has no value: no row of the training split" \
  norows.crl --train --out norows

# ---- only the splits and columns that are read ----
cat >"$work/splits.crl" <<'END'
crl 1
data digits = mnist
v = flatten(digits.image) / 255
h = (v - mean(v, batch) on train) -> dense(5)
late = h - mean(h, batch) on train
minimize { size = mse(h, 1) }
train { epochs 1  batch 100  optimizer sgd() }
evaluate { size = mean(sq(h), [batch, 0]) }
show images(digits.image)
END
expect 0 "" splits.crl --train --out splits --data data
mkdir "$work/test" "$work/test/mnist"
cp "$work"/data/mnist/t10k-images* "$work/test/mnist"
expect 0 "" splits.crl --compute h --out splits --data test --to h.npy
expect 0 "" splits.crl --compute h --out splits --data data --to whole.npy
pass_if "the same numbers" cmp -s "$work/h.npy" "$work/whole.npy"
expect 3 "train-images-idx3-ubyte" splits.crl --compute h --out splits --data test --to h.npy --split train
expect 3 "train-images-idx3-ubyte" splits.crl --compute late --out splits --data test --to h.npy
cp "$work"/data/mnist/t10k-labels* "$work/test/mnist"
sed -i 's,^late.*,,' "$work/splits.crl"
rm -r "$work/splits"
expect 0 "" splits.crl --train --out splits --data data --quiet
cp "$work/out" "$work/figures"
expect 0 "data: 'mnist' in 'test/mnist' (unknown contents), 60 rows to test on" splits.crl --evaluate --out splits --data test
pass_if "the same figures" cmp -s "$work/out" "$work/figures"

# ---- batches and numbers ----
expect 2 "the batch of 300 in 'train' is larger than the 200 rows" "$pair" --train --out large --batch 300
expect 1 "the last batch of an epoch of 'train' would have 20 rows, not 30" "$pair" --train --out odd --batch 30
sed 's,flatten(y)),flatten(y)) + mean(log(1 - h) / zero(h)),' "$pair" >"$work/poor.crl"
expect 4 "is no longer finite in epoch 1, step 1: '" poor.crl --train --out poor
sed 's,flatten(y)),flatten(y)) + sum(cholesky(repeat(zero(h)\, 8)[:8\, :8] - 1)),' "$pair" >"$work/indefinite.crl"
expect 4 "has no result: the matrix is not positive definite: pivot 1 of 8 is -1" indefinite.crl --train --out indefinite
expect 4 "it was in epoch 1, step 1" indefinite.crl --train --out indefinite
sed 's,flatten(y)),flatten(y)) + sum(inverse(repeat(zero(h)\, 8)[:8\, :8] + 1)),' "$pair" >"$work/singular.crl"
expect 4 "has no result: the matrix has no inverse: pivot 2 of 8 is 0" singular.crl --train --out singular
sed 's,flatten(y)),flatten(y)) + sum(matrix_power(repeat(zero(h)\, 8)[:8\, :8] - 1\, 0.5)),' "$pair" >"$work/negative.crl"
expect 4 "the matrix is not positive definite: its smallest eigenvalue is -8" negative.crl --train --out negative

# ---- data ----
rm -r "$work/data"
expect 3 "no data set 'mnist' was found; looked in" "$pair" --train --out without
expect 3 "run 'crlc --fetch mnist'" "$pair" --train --out without
expect 0 "" "$pair"
"$make" "$work/there" 100 20
expect 0 "$work/there/mnist" "$pair" --train --data "$work/there" --epochs 1
pass_if "a default directory" sh -c "ls -d '$work'/runs/pair-2* >/dev/null"
expect 3 "the data directory 'typo' does not exist" "$pair" --train --data typo
rm "$work/there/mnist/t10k-labels-idx1-ubyte"
expect 3 "t10k-labels-idx1-ubyte" "$pair" --train --data "$work/there"
# ---- a probe that cannot be trained loses no other figure ----
cat >"$work/probes.crl" <<'END'
crl 1
data digits = mnist
v = flatten(digits.image) / 255
evaluate {
  bad = probe(mlp(4), on = v[:5] * log(sum(v) - 1000), from = v[:5], label = digits.label, epochs = 1, size = 20)
  none = probe(mlp(4), on = v where digits.label > 20, from = v, label = digits.label, epochs = 1, size = 20)
  good = probe(mlp(4), on = v, from = v, label = digits.label, epochs = 1, size = 20)
}
END
"$make" "$work/data" 200 60
rm -rf "$work/probes"
expect 0 "'bad' is not measured: it could not be trained: the loss term 'loss' is no longer finite" \
  probes.crl --train --out probes --data data --quiet
pass_if "one that no row trains" grep -q "'none' is not measured: .* no row of the training split has what it learns from" "$work/err"
pass_if "and the third stands" grep -q '^good .* %' "$work/out"
finish
