#!/bin/sh
# What a run directory says of its run, and that nothing of another model, other data or another user gets into it.
. "${srcdir:-.}/tests/cli/cli.sh"
make=$builddir/tests/cli/make_digits
"$make" "$work/data" 200 60 || exit 1
mkdir -p "$work/m/lib"
printf 'crl 1\n\ndef twice(x) = 2 * x\n' >"$work/m/lib/a.crl"
cat >"$work/m/m.crl" <<'END'
crl 1
use "lib/a.crl"
data digits = mnist or fashion_mnist
view x = flatten(digits.image) / 255
option act = "tanh"
option deep = false
option lr = 0.001
enc = dense(4)
dec = dense(784)
h = if act == "tanh" then tanh(enc(x)) else (if deep then relu(2 * enc(x)) else relu(enc(x)))
minimize { rebuilt = twice(mse(dec(h), x)) }
train { epochs 2  batch 20  optimizer adam(lr = cosine_decay(lr)) }
evaluate { err = mean(mse(dec(h), x), batch) }
END
set_options="--set act=relu --set deep=true"
expect 0 "" m/m.crl --train --out r --quiet $set_options
cp "$work/out" "$work/first"
for line in 'option act = "relu"' 'option deep = true' 'data digits = mnist' 'use "used/lib/a.crl"'; do
  pass_if "the text as run has $line" grep -qF "$line" "$work/r/model.crl"
done
keep() { sed -n '/"figures"/,$d; p' "$work/r/metrics.json"; }
keep >"$work/before"

# ---- by itself, elsewhere ----
mv "$work/m" "$work/away"
expect 0 "" r --evaluate --quiet
pass_if "the same figures" cmp -s "$work/out" "$work/first"
keep >"$work/after"
pass_if "what was trained stays as it was" cmp -s "$work/before" "$work/after"
expect 0 "" --evaluate --out r --quiet
mv "$work/away" "$work/m"

# ---- another model ----
cp "$work/r/metrics.json" "$work/kept"
expect 2 "option 'act' is \"tanh\" and was \"relu\" in the run" m/m.crl --evaluate --out r
expect 2 "option 'deep' is false and was true in the run" m/m.crl --compute h --to h.npy --out r
expect 2 "not the model of the run 'r'" m/m.crl --export w.safetensors --out r
expect 2 "option 'lr' is 0.1 and was 0.001 in the run" m/m.crl --train --resume --out r --set lr=0.1 $set_options
sed -i 's/2 \* x/3 * x/' "$work/m/lib/a.crl"
expect 2 "the file 'lib/a.crl' has another text" m/m.crl --train --resume --out r $set_options
expect 0 "" m/m.crl --evaluate --out r $set_options # measuring does not read the loss
sed -i 's/3 \* x/2 * x/; 1a # a comment' "$work/m/lib/a.crl"
expect 0 "" m/m.crl --evaluate --out r --quiet $set_options
pass_if "a comment is no difference" cmp -s "$work/out" "$work/first"
origin=$(grep '"file"' "$work/r/run.json")
expect 0 "were 2 and 20 and are 3 and 30" r --train --resume --epochs 3
pass_if "where the text is from" test -n "$origin" -a "$(grep '"file"' "$work/r/run.json")" = "$origin"
expect 2 "has been trained for 3 epochs, and the model says 1" r --train --resume --epochs 1

# ---- a note ----
expect 0 "" "$pair" --train --out noted --epochs 1 --quiet --data data --note 'smaller <steps>'
expect 0 "" noted --evaluate --quiet
pass_if "run.json keeps it" grep -q '"note": "smaller <steps>"' "$work/noted/run.json"
pass_if "beside the figures" grep -q '"note": "smaller <steps>"' "$work/noted/metrics.json"
pass_if "and in the report" grep -q 'smaller &lt;steps&gt;' "$work/noted/report.html"

# ---- only what makes the action wrong is named ----
names_not() { pass_if "no word of $1" sh -c "! grep -qF -e '$1' '$work/err'"; }
sed -i 's/adam(/sgd(/; s/err = .*/& second = mean(x[0], batch) }/; s/ } second/\n second/; $a spare = 3' "$work/m/m.crl"
expect 2 "'second = mean(x[0], batch)' was not in the run" m/m.crl --evaluate --out r --set act=tanh --set lr=0.1
pass_if "the option" grep -qF "option 'act' is \"tanh\" and was \"relu\" in the run" "$work/err"
names_not "'lr'"
names_not sgd
names_not spare
expect 0 "" m/m.crl --compute h --to h.npy --out r $set_options
expect 2 "'optimizer' is sgd(lr = cosine_decay(lr)) and was adam" m/m.crl --train --resume --out r --epochs 4 $set_options
names_not second
names_not epochs
expect 2 "and was adam(lr = cosine_decay(lr)) in the run" m/m.crl --export w.safetensors --out r $set_options
names_not second
sed -i 's/sgd(/adam(/' "$work/m/m.crl"
expect 0 "" m/m.crl --export w.safetensors --out r $set_options # other measurements make no other weights
sed -i 's/2 \* x/3 * x/' "$work/m/lib/a.crl"
expect 2 "the file 'lib/a.crl' has another text than in the run" m/m.crl --train --resume --out r $set_options
expect 2 "option 'act' is" m/m.crl --evaluate --out r --set deep=true
names_not lib/a.crl

# ---- data ----
"$make" "$work/other" 100 20
expect 3 "has other contents than in the run" r --evaluate --data other
rm "$work"/data/mnist/*labels*
expect 0 "" r --compute h --to h.npy
expect 0 "" r --evaluate # what is measured reads no label
expect 3 "the data set 'mnist' of the run was not found" r --train --resume --epochs 4
expect 3 "(which lacks 'train-labels-idx1-ubyte')" r --train --resume --epochs 4
rm -r "$work/data"
expect 0 "" r --export w.safetensors
expect 3 "the data directory 'typo' does not exist" r --export w.safetensors --data typo
expect 3 "the data set 'mnist' of the run was not found" r --compute h --to h.npy
mv "$work/other" "$work/data"

# ---- files of one's own ----
expect 0 "" "$pair" --train --out begun --epochs 1 --quiet --data data
rm "$work"/begun/checkpoint* && echo '# mine' >>"$work/begun/model.crl"
expect 3 "'begun/model.crl' is not the text that was run" "$pair" --train --out begun --epochs 1 --data data
pass_if "it is as it was left" grep -q '^# mine$' "$work/begun/model.crl"
rm "$work/begun/model.crl" # a process that was killed had not come to it
expect 0 "" "$pair" --train --out begun --epochs 1 --quiet --data data
mkdir "$work/mine"
echo mine >"$work/mine/report.html"
echo mine >"$work/r/notes.part-7"
expect 3 "'mine/report.html' is in the way" "$pair" --train --out mine --epochs 1
pass_if "it is as it was" grep -q '^mine$' "$work/mine/report.html"
pass_if "and alone" test "$(ls "$work/mine")" = report.html
expect 0 "" r --export w.safetensors
pass_if "no file of another's is removed" test -e "$work/r/notes.part-7"
cp "$work/r/run.json" "$work/kept.json"
sed -i '/"known"/,/]/{/known/!s/"[a-z_]*"/7/}' "$work/r/run.json"
pass_if "a number for a string" grep -q '^ *7' "$work/r/run.json"
expect 3 "the data set is 'mnist' and was" r --export w.safetensors
cp "$work/kept.json" "$work/r/run.json"
echo '# more' >>"$work/r/model.crl"
expect 3 "is not the text that was run" r --export w.safetensors
rm "$work/r/run.json"
expect 3 "nothing says what was run in 'r'" r --export w.safetensors

# ---- paths that a shell would take apart ----
rm -rf "$work/data"
"$make" "$work/data" 200 60
# Runs the command that the messages name, as a shell reads it.
follow() { (cd "$work" && eval "set -- $(sed -n "s/.*'crlc \([^']*\)'.*/\1/p" err)" && "$crlc" "$@" >out 2>followed); }
cp "$pair" "$work/a pair\$.crl"
expect 3 "there is no run directory 'run of \`pair\`'" 'a pair$.crl' --evaluate --out 'run of `pair`'
pass_if "the hint trains it" follow
expect 2 "was 0.005 in the run" 'a pair$.crl' --train --resume --out 'run of `pair`' --set rate=0.1
pass_if "the hint goes on" follow
expect 0 "" --new 'my $own'
pass_if "the hint checks it" follow

# ---- killed before the text of a session had taken the place of the one before ----
expect 0 "" "$pair" --train --out killed --epochs 1 --quiet
cp "$work/killed/model.crl" "$work/earlier.crl"
(cd "$work" && exec "$crlc" killed --train --resume --epochs 100000 --quiet >out 2>err) &
child=$!
tries=0
until grep -q 'epochs 100000' "$work/killed/model.crl" || [ $tries -gt 600 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
kill -KILL $child
wait $child 2>/dev/null
cp "$work/earlier.crl" "$work/killed/model.crl"
expect 0 "" killed --evaluate --quiet
echo '# mine' >>"$work/killed/model.crl"
expect 3 "'killed/model.crl' is not the text that was run" killed --evaluate

# ---- how far training is ----
stages=$srcdir/tests/cli/stages.crl
says() { grep -qF -e "$1" "$work/s/metrics.json"; }
expect 0 "" "$stages" --train --out s --stage pretrain --quiet
pass_if "a stage that has not begun" says '"stage '"'classify'"'": "not trained (3 epochs of batches of 50)"'
pass_if "the steps of the other" says '"steps": 20,'
expect 0 "" s --train --resume --stage classify --epochs 4 --quiet
pass_if "--epochs is of the stage alone" says '"stage '"'pretrain'"'": "2 epochs of batches of 20"'
pass_if "and there it holds" says '"stage '"'classify'"'": "4 epochs of batches of 50"'
rm "$work/s/checkpoint-36.crlk"
expect 0 "the run came to step 36, and its newest good checkpoint is of step 32" s --evaluate --quiet
pass_if "figures are of the checkpoint's step" says '"steps": 32,'
expect 0 "training has not finished: stage 'classify', 3 of 4 epochs of batches of 50" s --evaluate --quiet
rm -rf "$work/s"
expect 0 "stage 'pretrain' comes before 'classify' and is not trained" "$stages" --train --out s --stage classify --quiet
finish
