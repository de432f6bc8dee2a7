#!/bin/sh
# Every model that comes with the program has as many weights as its layers say, and trains and is measured, in every
# variant: one epoch of a batch of made-up rows.
. "${srcdir:-.}/tests/std/std.sh"

# model, weights and variants; - stands for the file as it is.
table='
baseline           0          -
corrmcnn           1,137,606  - report
corrmcnn_paper     1,831,946  - arc2
corrnet            40,034     -
dense_autoencoder  1,116,434  -
mae                79,284     -
noisy_views        2,232,868  -
six_convolutions   551,466    -
six_views          109,644    -
three_layers       276,095    -
'

# try MODEL [OPTION...]
try() {
  rm -rf "$work/run"
  model=$srcdir/models/$1.crl
  shift
  epochs="--epochs 1"
  [ "$model" != "$srcdir/models/baseline.crl" ] || epochs=
  if (cd "$work" && "$crlc" "$model" --train $epochs --data data --out run --quiet --threads 1 "$@") >"$work/out" 2>&1 &&
    [ "$(wc -l <"$work/out")" -ge 3 ] && ! grep -qE ' -?(nan|inf)' "$work/out"; then
    pass
  else
    fail "$model $*"
    cat "$work/out"
  fi
}

"$make" "$work/data" 100 50 || exit 1
for file in "$srcdir"/models/*.crl; do
  name=$(basename "$file" .crl)
  line=$(echo "$table" | grep "^$name ")
  [ -n "$line" ] || { fail "$name is not in the table of models.sh"; continue; }
  set -- $line
  weights=$2
  shift 2
  "$crlc" "$file" --data "$work/data" >"$work/summary"
  if grep -q "^$weights weights in all" "$work/summary"; then pass; else
    fail "$name has not $weights weights but $(grep 'weights in all' "$work/summary")"
  fi
  if sed '/^#/d' "$file" | grep -q . && sed -n '3p' "$file" | grep -q '^# ' &&
    grep -q '^# .*To reach' "$file" && grep -q '(19\|20[0-9][0-9]' "$file"; then pass; else
    fail "$name names no source or no figure to reach at its head"
  fi
  for variant; do
    if [ "$variant" = - ]; then try "$name"; else try "$name" --variant "$variant"; fi
  done
done
finish
