#!/bin/sh
# A trained model on rows that it was not made for: --compute --on, where the files of its training are no more.
. "${srcdir:-.}/tests/std/std.sh"

cat >"$work/m.crl" <<'END'
crl 1
data left  = table(id = file("left.csv").id, x = columns(file("left.csv"), "a", "c"))
data right = table(id = file("right.csv").id, y = columns(file("right.csv"), "d", "e"))
data both  = split(join(left, right, on = .id, outer = true), test = 0.25)
view x = standardize(both.x)
view y = standardize(both.y)
enc_x = dense(2)  enc_y = dense(2)  dec = dense(3)
hx = enc_x(x)
h = (hx else 0) + (enc_y(y) else 0)
minimize { l = mse(dec(h), x)  c = sum(sq(h)) }
maximize { same = corr(hx, enc_y(y)) }
train { epochs 2  batch 11  optimizer adam(lr = 0.01) }
evaluate { together = corr(enc_y(y), hx) }
END
cp "$srcdir/tests/tables/files/left.csv" "$srcdir/tests/tables/files/right.csv" "$work"
cd "$work" || exit 1
crlc=$(cd "$OLDPWD" && cd "$(dirname "$crlc")" && pwd)/crlc

# says STATUS TEXT ARGUMENT...: what it prints holds the text
says() {
  expected=$1 text=$2
  shift 2
  "$crlc" "$@" >out 2>&1
  status=$?
  if [ $status -eq "$expected" ] && { [ -z "$text" ] || grep -qF -- "$text" out; }; then pass; else
    fail "crlc $*: status $status, expected $expected with '$text' in:"
    cat out
  fi
}
same() { if cmp -s "$1" "$2"; then pass; else fail "$1 and $2 differ"; fi; }

says 0 together m.crl --train --out run --threads 1
for split in train test; do "$crlc" run --compute x,hx --split $split --to $split.csv --quiet 2>/dev/null; done
mkdir gone
mv left.csv right.csv gone
printf "k,l\n1,2\n" >gone/none.csv
printf "q\n1\n2\n" >gone/one.csv

# The same rows give the same codes, by the columns' own names, by those in the file, and by saying which they are.
says 0 "wrote 'all.csv'" run --compute hx --on gone/left.csv --to all.csv
sed -n '/^[0-9-]/p' train.csv test.csv | cut -d, -f4- | sort >codes
sort all.csv >found
same codes found
says 0 "wrote 'named.csv'" run --compute hx --on x=gone/left.csv --to named.csv
same all.csv named.csv

# Text on standard output; a view that no file has is absent, and so is what is computed of it.
"$crlc" run --compute hx --on gone/left.csv --to - >stdout 2>/dev/null
same all.csv stdout

says 0 "0 of 12 rows have 'hx', the others are empty" run --compute h,hx --on gone/right.csv --to both.csv
if [ "$(sed -n 1p both.csv)" = 'h[0],h[1],hx[0],hx[1]' ]; then pass; else fail "the heading is $(sed -n 1p both.csv)"; fi

# What is written can be read: as a model's own data.
for ending in npz mat; do
  says 0 "wrote 'new.$ending'" run --compute x,hx --on gone/left.csv --to new.$ending
  cat >read.crl <<END
crl 1
data d = table(x = file("new.$ending").x, hx = file("new.$ending").hx)
only = dense(2)
minimize { l = sum(sq(only(d.x))) }
train { epochs 1  batch 1  optimizer sgd(lr = 0) }
hx = d.hx
END
  says 0 "" read.crl --train --out read-$ending --threads 1 --quiet
  says 0 "wrote" read-$ending --compute hx --split train --to back.csv
  same all.csv back.csv
done

# Classes of new rows are those of the model, whichever of them the file has.
printf 'a,kind\n0,ash\n1,beech\n2,oak\n3,ash\n' >trees.csv
printf 'kind\noak\nbeech\n' >some.csv
printf 'kind\noak\nelm\n' >elm.csv
printf 'kind,b\noak,1\n,2\n' >unlabelled.csv
printf 'kind\n1\n2\n' >numbers.csv
printf 'a\nsmall\nlarge\n' >words.csv
cat >trees.crl <<'END'
crl 1
data d = table(a = file("trees.csv").a, kind = file("trees.csv").kind)
only = dense(3)
k = d.kind
a = d.a
minimize { l = cross_entropy(only(reshape(a, 1)), k) }
train { epochs 1  batch 4  optimizer sgd(lr = 0) }
END
says 0 "" trees.crl --train --out trees --threads 1 --quiet
says 0 "wrote 'k.csv'" trees --compute k --on some.csv --to k.csv
printf '2\n1\n' >known
same known k.csv
says 3 "'kind' of 'elm.csv' holds 'elm' in row 1, which is no class of the model" trees --compute k --on elm.csv --to k.csv
says 3 "'kind' of 'unlabelled.csv' holds a missing value in row 1, which has no place in u8" \
  trees --compute k --on unlabelled.csv --to k.csv
says 3 "'kind' of 'numbers.csv' holds numbers, and 'kind' is a column of strings" \
  trees --compute k --on numbers.csv --to k.csv
says 3 "'a' of 'words.csv' holds strings, and 'a' is a column of numbers" trees --compute a --on words.csv --to k.csv

# Labels that are known for some rows only, in training and of new rows.
printf 'a,kind\n0,ash\n1,\n2,oak\n3,ash\n' >trees.csv
sed 's/^data d = \(.*\)/data all = \1\ndata d = present(all, .kind)/; s/dense(3)/dense(2)/' trees.crl >some.crl
says 0 "" some.crl --train --out some --threads 1 --quiet
says 0 "0 wrong" some.crl --gradcheck
says 0 "3 of 4 rows have it" some --compute k --split train --to k.csv
printf '0\n""\n1\n0\n' >known
same known k.csv
says 0 "1 of 2 rows have it" some --compute k --on unlabelled.csv --to k.csv
printf '1\n""\n' >known
same known k.csv

says 3 "nothing that is read is in 'gone/none.csv'" run --compute x --on gone/none.csv --to x.csv
says 3 "cannot open" run --compute x --on gone/absent.csv --to x.csv
says 2 "a '.npy' file holds one value, not several" run --compute x,hx --on gone/left.csv --to x.npy
says 2 "names no format that can be written" run --compute x --to x.txt
says 3 "'q' of 'gone/one.csv' has rows of [], and 'x' is [3]" run --compute hx --on x=gone/one.csv --to x.csv
says 2 "--on names 'xx', and the data have no such column" run --compute hx --on x=gone/left.csv,xx=gone/one.csv --to x.csv
says 2 "they have 'id', 'x', 'y'" run --compute hx --on other=gone/left.csv --to x.csv
says 2 "--on names 'x' twice" run --compute hx --on x=gone/left.csv,x=gone/left.csv --to x.csv
says 3 "'x' is read, and 'gone/right.csv' has no 'a'" run --compute h --on x=gone/right.csv --to x.csv

# trained TABLE: trains on a table that the call of the core makes, in 'new'; its view x is the column x.
trained() {
  printf 'crl 1\ndata t = %s\nview x = t.x\nenc = dense(1)\nminimize { l = mse(enc(x), 1) }\n' "$1" >new.crl
  echo 'train { epochs 1  batch 1  optimizer adam }' >>new.crl
  rm -rf new
  says 0 "" new.crl --train --out new --quiet
}
# reads FILES ROW...: the rows of x in new files.
reads() {
  files=$1
  shift
  says 0 "" new --compute x --on "$files" --to found.csv --quiet
  printf '%s\n' "$@" >rows
  sed '/^[a-z]/d' found.csv >found
  same rows found
}

# New files are read as the model reads its own: which axis counts the rows, whether there is a header, the delimiter.
printf '0,1,2,3\n4,5,6,7\n' >plain.csv
trained 'table(x = columns(file("plain.csv", header = false)))'
reads plain.csv 0,1,2,3 4,5,6,7
says 0 "" new --compute x --split train --to wide.npy
trained 'table(x = file("wide.npy", by = "columns"))'
reads wide.npy 0,4 1,5 2,6 3,7
printf 'a|b\n1|2\n3|4\n' >bars.csv
trained 'table(x = columns(file("bars.csv", delimiter = "|")))'
reads bars.csv 1,2 3,4

# Columns side by side are found by their names in the file, wherever they stand, and also where another is called x.
printf 'x,a,b,c\n7,1,2,3\n8,4,5,6\n' >own.csv
trained 'table(x = columns(file("own.csv"), "a", "c"), right = file("own.csv").x)'
says 2 "did you mean 'right'?" new --compute x --on rihgt=own.csv --to x.csv
reads own.csv 1,2,3 4,5,6
printf 'a,note,b,c\n1,99,2,3\n4,99,5,6\n' >other.csv
reads other.csv 1,2,3 4,5,6
printf 'c,b,a\n3,2,1\n6,5,4\n' >other.csv
reads other.csv 1,2,3 4,5,6
sed '/^[a-z]/d' other.csv >bare.csv
printf 'a,c\n1,3\n' >other.csv
says 3 "'x' is read, and 'other.csv' has no 'b'" new --compute x --on other.csv --to x.csv
says 3 "'x' is read, and 'bare.csv' has no 'a'" new --compute x --on x=bare.csv --to x.csv
printf 'a,b,c\n1,two,3\n' >other.csv
says 3 "'b' of 'other.csv' is not a column of numbers: it holds strings" new --compute x --on other.csv --to x.csv
says 0 "" new --compute x --split train --to array.npy # one array has no names
reads array.npy 1,2,3 4,5,6

# Rows with a missing value lack the column where the model says that of its own.
cat >gaps.crl <<'END'
crl 1
data all = table(x = columns(file("gaps.csv"), "a", "b"), y = file("gaps.csv").y)
data t   = shuffle(present(present(all, .x), .y))
view x = t.x
s = sum(x) else -1
y = t.y else -2
minimize { l = mse(dense(1)(x), 1) }
train { epochs 1  batch 1  optimizer adam }
END
printf 'a,b,y\n1,5,2\n,6,3\n3,7,\n4,8,5\n' >gaps.csv
says 0 "" gaps.crl --train --out gaps --quiet
says 0 "" gaps --compute s,y --split train --to own.csv --quiet
printf -- '-1,3\n10,-2\n12,5\n6,2\n' >rows
says 0 "" gaps --compute s,y --on gaps.csv --to new.csv --quiet
for file in own new; do
  sed '/^[a-z]/d' $file.csv | LC_ALL=C sort >found
  same rows found
done
finish
