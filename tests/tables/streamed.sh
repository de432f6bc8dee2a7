#!/bin/sh
# Columns that are read from their files as they are needed give the same weights, figures and values, to the bit.
. "${srcdir:-.}/tests/std/std.sh"

cat >"$work/m.crl" <<'END'
crl 1
data left  = table(id = file("left.csv").id, x = columns(file("left.csv"), "a", "c"), b = file("left.csv").b)
data right = table(id = file("right.csv").id, e = file("right.csv").e, kind = file("right.csv").kind)
data both  = shuffle(split(join(left, right, on = .id, outer = true), test = 0.3))
view x = standardize(both.x)
view y = standardize(concat(reshape(both.e, 1), reshape(both.b, 1)))
enc_x = dense(2)  enc_y = dense(2)  dec = dense(3)
h = (enc_x(x) else 0) + (enc_y(y) else 0)
minimize { l = mse(dec(h), x)  c = sum(sq(h)) }
train { epochs 3  batch 5  drop last  optimizer adam(lr = 0.01) }
evaluate { rebuilt = mean(mse(dec(h), x), batch)  size = mean(sum(sq(h)), batch) }
END
for memory in 1 1G; do
  "$crlc" "$work/m.crl" --train --out "$work/run-$memory" --threads 2 --seed 5 --data "$srcdir/tests/tables/files" \
    --data-memory $memory --quiet >"$work/figures-$memory" 2>&1 || fail "training with --data-memory $memory"
  "$crlc" "$work/run-$memory" --export "$work/weights-$memory.safetensors" --quiet >/dev/null
  "$crlc" "$work/run-$memory" --compute h,x --to "$work/h-$memory.csv" --data-memory $memory --quiet 2>/dev/null
done
for what in figures-%s weights-%s.safetensors h-%s.csv; do
  # shellcheck disable=SC2059  # the names are patterns
  a=$work/$(printf "$what" 1) b=$work/$(printf "$what" 1G)
  if [ -s "$a" ] && cmp -s "$a" "$b"; then pass; else fail "$a and $b differ"; fi
done
grep -q rebuilt "$work/figures-1" && pass || fail "nothing was measured"
finish
