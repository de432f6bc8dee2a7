#!/bin/sh
# A run that is stopped before its first step: it goes on to the same bits, and until then it holds nothing to measure.
. "${srcdir:-.}/tests/cli/cli.sh"
command -v python3 >/dev/null || { echo "python3 is not there, which stops the run in time"; exit 77; }
"$builddir/tests/cli/make_digits" "$work/data" 200 60 || exit 1
cat >"$work/fitted.crl" <<'END'
crl 1
data digits = mnist
view x = standardize(flatten(digits.image) / 255)
h = dense(5)(x)
minimize { size = mse(h, 1) }
train { epochs 2  batch 20  optimizer adam }
evaluate { m = mean(h, [batch, 0]) }
END
expect 0 "" fitted.crl --train --data data --out whole --quiet
(cd "$work" && python3 "$srcdir/tests/cli/stopped.py" run/run.json "$crlc" fitted.crl --train --data data --out run 2>err)
pass_if "its status" test $? -eq 143
pass_if "its message" grep -q '^crlc: terminated$' "$work/err"
pass_if "how to go on" grep -qF "= hint: go on with 'crlc run --train --resume'" "$work/err"
pass_if "it was before the first step" test -s "$work/run/checkpoint-0.crlk"
for action in --evaluate "--compute h --to h.npy" "--export w.safetensors"; do
  expect 3 "'run' was stopped before its first step, and holds no weights" run $action
done
expect 0 "" run --train --resume
pass_if "the same bits" cmp -s "$work/whole/checkpoint-20.crlk" "$work/run/checkpoint-20.crlk"
expect 0 "" run --evaluate
finish
