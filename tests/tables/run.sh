#!/bin/sh
# Tables of one's own files: every case makes a table and a value v of its rows, and what v is in each split stands beside
# it.  `run.sh --update` rewrites that.
. "${srcdir:-.}/tests/std/std.sh"

update=${1:-}
cases=$srcdir/tests/tables/cases
for case in "$cases"/*.crl; do
  name=$(basename "$case" .crl)
  run=$work/$name
  {
    echo "crl 1"
    cat "$case"
    echo 'only = dense(1)'
    echo 'minimize { l = sum(sq(only(v) else 0)) }'
    echo 'train { epochs 1  batch 1  optimizer sgd(lr = 0) }'
  } >"$work/$name.crl"
  {
    "$crlc" "$work/$name.crl" --train --out "$run" --threads 1 --quiet --data "$srcdir/tests/tables/files" 2>&1
    for split in train validation test; do
      "$crlc" "$run" --compute v --split "$split" --to "$work/v.csv" --quiet 2>"$work/said" || { grep -q 'no rows' "$work/said" || cat "$work/said"; continue; }
      echo "$split"
      cat "$work/v.csv"
    done
  } >"$work/$name.found"
  expected=$cases/$name.expected
  if [ "$update" = --update ]; then cp "$work/$name.found" "$expected"; fi
  if cmp -s "$work/$name.found" "$expected"; then pass; else
    fail "$name"
    diff "$expected" "$work/$name.found"
  fi
done
[ "$passed" -gt 10 ] || fail "the cases were not found"
finish
