#!/bin/sh
# A model of two tables: whose rows a stage trains on and a metric is of, what is written of them, and that a run which was
# stopped or killed in either stage ends with the same bits.
. "${srcdir:-.}/tests/cli/cli.sh"
two=$srcdir/tests/cli/two_tables.crl
awk 'BEGIN { print "x,kind"; for (i = 0; i < 80; i++) print i * 37 % 80 / 13 "," (i * 37 % 80 < 40 ? "near" : "off") }' \
  >"$work/few.csv"

# figure NAME KEY: of metrics.json
figure() { sed -n "/\"name\": \"$1\"/,/}/s/.*\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},*\$/\1/p" "$work/whole/metrics.json"; }
is() { # NAME TABLE SPLIT ROWS
  pass_if "$1: whose rows" test "$(figure "$1" table) $(figure "$1" split) $(figure "$1" rows)" = "$2 $3 $4"
}
newest() { ls "$work/$1" | sed -n 's/^checkpoint-\([0-9]*\).crlk$/\1/p' | sort -n | tail -1; }

expect 0 "data: 'few' (as the model makes it), 50 rows to train on, 20 to test on, 10 to validate on" "$two" --data . \
  --train --out whole --seed 3 --log-every 1
pass_if "both tables are told of" grep -q "data: 'many' (as the model makes it), 300 rows to train on, 60 to test on" "$work/err"
pass_if "6 steps an epoch of the first, 8 of the second" test "$(newest whole)" -eq 50
is rebuilt many test 60
is classes few test 20
is there few test 20
is size_of_own few train 50
is fitted many train 300
pass_if "the rows are counted" test "$(figure there value)" = 20.0
pass_if "split and table in the results" grep -q "^classes .* test of few  *20 " "$work/out"
pass_if "in the report" grep -q "<td>test of many</td>" "$work/whole/report.html"
pass_if "its stages" grep -q "3 epochs of batches of 50 of 'many'" "$work/whole/metrics.json"
pass_if "the run's tables" grep -q '"name": "many, few"' "$work/whole/run.json"
pass_if "classes of the map" grep -q "near" "$work/whole/images/map.svg"
expect 0 "" "$two" --data . --summary
pass_if "the summary" grep -q "rows of 'few'" "$work/out"

# ---- values of either table ----
expect 0 "" whole --compute wide --split train --to - --data .
pass_if "all rows of the one" test "$(grep -c . "$work/out")" -eq 300
expect 0 "" whole --compute small,few.kind --to - --data .
pass_if "all rows of the other" test "$(grep -c . "$work/out")" -eq 21
expect 2 "'small' is of the rows of 'few', and what is computed with it of 'many'" whole --compute wide,small --to - --data .
printf 'x,kind\n1,near\n5,off\n' >"$work/new.csv"
expect 0 "" whole --compute small --on new.csv --to - --data .
pass_if "new rows of the other" test "$(grep -c . "$work/out")" -eq 2
expect 0 "" whole --evaluate --data .

# ---- notes of a run that were changed by hand ----
cp -r "$work/whole" "$work/changed"
sed -i 's/"name": "many",/"name": 7,/' "$work/changed/run.json"
pass_if "numbers for strings" grep -q '"name": 7' "$work/changed/run.json"
expect 0 "" changed --evaluate --data .
expect 0 "" "$two" --data . --gradcheck

# ---- from the file, in other threads ----
cp "$work/whole/metrics.json" "$work/first.json"
end=50 best=best-classify seed=3
same() {
  pass_if "same checkpoint, $1" cmp -s "$work/whole/checkpoint-$end.crlk" "$work/part/checkpoint-$end.crlk"
  pass_if "same weights kept, $1" cmp -s "$work/whole/$best.crlk" "$work/part/$best.crlk"
  pass_if "same figures, $1" sh -c "test \"\$(grep value '$work/first.json')\" = \"\$(grep value '$work/part/metrics.json')\""
}
expect 0 "" "$two" --data . --train --out part --seed 3 --threads 1 --data-memory 1 --log-every 1
same "streamed"

# ---- stopped and killed ----
# part SIGNAL LINES: stops a run when its log has so many lines, and goes on.
part() {
  stop_at "$1" "$2" "$two" --data . --train --out part --seed $seed --log-every 1
  if [ "$(newest part)" ]; then expect 0 "" part --train --resume --data . --log-every 1; else
    rm -rf "$work/part"
    expect 0 "" "$two" --data . --train --out part --seed $seed --log-every 1
  fi
  same "$1 after $2 lines"
}
part TERM 4
part KILL 9
part TERM 15
part KILL 24
part TERM 33
sed '2,9d' "$work/few.csv" >"$work/fewer.csv"
mv "$work/few.csv" "$work/kept.csv"
cp "$work/fewer.csv" "$work/few.csv"
expect 3 "has other contents than in the run" whole --train --resume --epochs 9 --data .
mv "$work/kept.csv" "$work/few.csv"

# ---- a batch of each in a step ----
two=$srcdir/tests/cli/two_batches.crl
rm -rf "$work/whole" "$work/part"
expect 0 "" "$two" --train --out whole --seed 5 --log-every 1
pass_if "an epoch goes through the first" test "$(newest whole)" -eq 16
pass_if "both in the report" grep -q "4 epochs of batches of 20 of 'source' and 'target'" "$work/whole/metrics.json"
cp "$work/whole/metrics.json" "$work/first.json"
end=16 best=checkpoint-16 seed=5 # only the last checkpoint stays wherever the run is stopped
for at in TERM:1 KILL:5 TERM:9 KILL:13; do part ${at%:*} ${at#*:}; done
# Where a step has all rows of both, its first loss is that of their means over the whole split.
sed 's/train = 90/train = 64/; s/variable own for target = 0/own = 0 * v/; s/  own with sgd(0.05)//; s/^  kept = .*//' "$two" >"$work/all.crl"
expect 0 "" all.crl --train --out all --set n=64 --log-every 1
gap=$(sed -n '1s/.*"gap": {"value": \([^,]*\),.*/\1/p' "$work/all/log.jsonl")
pass_if "the rows of each: $gap" awk "BEGIN { d = $gap - $(sed -n '/"name": "expected"/,/}/s/.*"value": \([^,]*\),/\1/p' "$work/all/metrics.json"); exit !(d < 1e-5 && d > -1e-5 && $gap > 0.1) }"
expect 2 "the batch of 70 in 'adapt' is larger than the 64 rows of training data in 'target'" "$two" --train --out wide --set n=70

# ---- two known sets: where they were, or in the folder that is named ----
"$builddir/tests/cli/make_digits" "$work/sets" 60 20 && cp -r "$work/sets/mnist" "$work/sets/fashion-mnist" || exit 1
cat >"$work/known.crl" <<'END'
crl 1
data digits = mnist
data clothes = fashion_mnist
enc = dense(5)
top = dense(10)
f = enc(flatten(digits.image) / 255)
g = enc(flatten(clothes.image) / 255)
minimize { class = cross_entropy(top(f), digits.label)  apart = coral(f, g) }
train { epochs 1  batch 20 of digits, clothes  optimizer adam }
evaluate { here = accuracy(top(f), digits.label)  there = accuracy(top(g), clothes.label) }
show images(clothes.image)
END
expect 0 "" known.crl --train --out known --data sets
pass_if "whose images" grep -q "the first test sample of each class of fashion_mnist" "$work/known/report.html"
cp "$work/known/metrics.json" "$work/first.json"
expect 0 "data: 'fashion_mnist' in '$(cd "$work/sets" && pwd -P)/fashion-mnist'" --out known --evaluate
pass_if "the same figures" sh -c "test \"\$(grep value '$work/first.json')\" = \"\$(grep value '$work/known/metrics.json')\""
expect 0 "" known --train --resume --epochs 2
"$builddir/tests/cli/make_digits" "$work/moved" 60 20 && mv "$work/sets/fashion-mnist" "$work/moved" || exit 1
expect 0 "data: 'fashion_mnist' in 'moved/fashion-mnist'" --out known --evaluate --data moved
printf '\7' | dd of="$work/moved/fashion-mnist/t10k-labels-idx1-ubyte" bs=1 seek=9 conv=notrunc 2>/dev/null
expect 3 "(it was in '$(cd "$work/sets" && pwd -P)/fashion-mnist')" --out known --evaluate --data moved
finish
