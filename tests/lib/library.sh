#!/bin/sh
# The library for other programs: what can be seen of it, and that it computes what --compute does.
. "${srcdir:-.}/tests/std/std.sh"

seen=$(nm -D --defined-only "$builddir/libcrl.so" | awk '$2 ~ /[TDBR]/ { print $3 }' | sort | tr '\n' ' ')
declared=$(sed -n 's/^CRL_API .*[ *]\(crl_[a-z]*\)(.*/\1/p' "$srcdir/include/crl.h" | sort | tr '\n' ' ')
if [ "$seen" = "$declared" ]; then pass; else fail "the library shows '$seen', and its header declares '$declared'"; fi

cat >"$work/m.crl" <<'END'
crl 1
data left  = table(id = file("left.csv").id, x = columns(file("left.csv"), "a", "c"))
data right = table(id = file("right.csv").id, y = columns(file("right.csv"), "d", "e"))
data both  = join(left, right, on = .id, outer = true)
view x = standardize(both.x)
view y = standardize(both.y)
enc_x = dense(2)  enc_y = dense(2)  dec = dense(3)
hx = enc_x(x)
hy = enc_y(y)
h = (hx else 0) + (hy else 0)
minimize { l = mse(dec(h), x)  c = sum(sq(h)) }
train { epochs 2  batch 15  optimizer adam(lr = 0.01) }
END
"$crlc" "$work/m.crl" --train --out "$work/run" --data "$srcdir/tests/tables/files" --threads 1 --quiet || fail "no run"
"$crlc" "$work/run" --compute h --on "$srcdir/tests/tables/files/left.csv" --to "$work/expected.csv" --quiet
sed 1d "$srcdir/tests/tables/files/left.csv" | cut -d, -f2- >"$work/x"
use=$builddir/tests/lib/use
"$use" "$work/run" h x 3 <"$work/x" >"$work/found.csv" || fail "tests/lib/use"
if [ -s "$work/found.csv" ] && cmp -s "$work/expected.csv" "$work/found.csv"; then pass; else
  fail "the library computes something else"
  diff "$work/expected.csv" "$work/found.csv" | head -5
fi

# says STATUS TEXT ARGUMENT...: what the library says
says() {
  expected=$1 text=$2
  shift 2
  "$use" "$@" <"$work/x" >"$work/out" 2>&1
  status=$?
  if [ $status -eq "$expected" ] && grep -qF -- "$text" "$work/out"; then pass; else
    fail "$*: status $status, expected $expected with '$text' in: $(cat "$work/out")"
  fi
}
says 0 nan "$work/run" hy x 3
says 3 "there is no run directory" "$work/none" h x 3
says 2 "the model has no value 'g'" "$work/run" g x 3
says 2 "'x' has 3 numbers in a row, and not 4" "$work/run" h x 4
finish
