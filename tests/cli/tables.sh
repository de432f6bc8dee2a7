#!/bin/sh
# Tables that a model makes: rows by conditions on columns, rows that are drawn, files that are not there yet.
. "${srcdir:-.}/tests/cli/cli.sh"

# ---- rows for which a condition holds ----

cat >"$work/pets.csv" <<'END'
id,age,kind,weight
1,3,cat,4
2,7,dog,30
3,1,dog,5
4,9,cat,
5,2,fish,0.5
6,12,dog,10
END
head='crl 1
data pets = table(id = file("pets.csv").id, age = file("pets.csv").age, kind = file("pets.csv").kind,
                  weight = file("pets.csv").weight)'

# rows CONDITION ID...: the rows that a condition leaves.
rows() {
  condition=$1
  shift
  for table in "pets where $condition" "filter(pets, $condition)"; do
    printf '%s\ndata some = %s\nnumber = some.id\nevaluate on train { m = mean(number, batch) }\n' "$head" "$table" \
      >"$work/some.crl"
    rm -rf "$work/some"
    expect 0 "" some.crl --train --out some --quiet
    expect 0 "" some.crl --compute number --split train --out some --to -
    pass_if "$condition" test "$(sed 's/\..*//' "$work/out" | tr '\n' ' ')" = "$* "
  done
}

rows 'pets.age > 2' 1 2 4 6
rows 'pets.age >= 3 and not pets.kind == "cat"' 2 6
rows 'pets.kind != "dog" or pets.age == 12' 1 4 5 6
rows '3 <= pets.age and pets.age < 9' 1 2
rows 'pets.weight > pets.age' 1 2 3
rows 'not pets.weight > pets.age' 5 6
rows 'pets.weight < 1000' 1 2 3 5 6

# refused TEXT MESSAGE
refused() {
  printf '%s\ndata some = %s\nnumber = some.id\n' "$head" "$1" >"$work/wrong.crl"
  expect 1 "$2" wrong.crl
}
refused 'pets where pets.kind < "dog"' "'kind' holds strings, which are compared with a string"
refused 'pets where pets.kind == "dgo"' "did you mean 'dog'?"
refused 'pets where pets.age' "a condition compares columns of a table, and this is a stored column"
refused 'take(pets, 3) where pets.age > 1' "the rows are of the table, and the condition is on columns of 'pets'"
refused 'pets where pets.age > "cat"' "'age' holds numbers, not a string"
refused 'pets where pets.age + 1 > 2' "expected an array or a number, not a stored column"
refused 'pets where file("pets.csv").age > 1' "'age' is of a file: a condition is on columns of a table"

# A number of a model is of double precision, which cannot tell ids beyond 2^53 apart.
printf 'id,a\n1,0\n9007199254740993,1\n' >"$work/ids.csv"
cat >"$work/ids.crl" <<'END'
crl 1
data all = table(id = file("ids.csv").id, a = file("ids.csv").a)
data d = all where all.id == 9007199254740993
only = dense(1)
minimize { l = sum(sq(only(reshape(d.a, 1)))) }
train { epochs 1  batch 1  optimizer sgd(lr = 0) }
END
expect 3 "ids.crl:3:10: 'id' is beyond 2^53 in row 1, where a condition cannot tell integers apart" \
  ids.crl --train --out ids --quiet

sed 's/== 9007199254740993/> 9e15/' "$work/ids.crl" >"$work/later.crl"
(cd "$work" && "$crlc" later.crl --train --out later --quiet && "$crlc" later --compute d.a --split train --to later.csv --quiet) >"$work/out" 2>&1
if [ "$(cat "$work/later.csv")" = 1 ]; then pass; else fail "ids beyond 2^53 are not in order"; cat "$work/out"; fi

# Nor can a column with a gap, which is of floating-point numbers.
printf 'id,b\n9007199254740993,1\n,2\n' >"$work/gap.csv"
sed 's/^data d = .*/data gap = table(id = file("gap.csv").id, b = file("gap.csv").b)\ndata d = join(all, gap, on = .id)/' \
  "$work/ids.crl" >"$work/gap.crl"
expect 3 "gap.crl:4:10: 'id' is 9.00719925e+15 in row 0, and rows go by floating-point numbers below 2^53" \
  gap.crl --train --out ids --quiet

# ---- rows that are drawn ----

cat >"$work/circle.crl" <<'END'
crl 1
data points = generate(train = 60, test = 40)
angle ~ fixed(uniform(0, 2 * pi, like = points.row))
other ~ fixed(uniform(0, 2 * pi, like = points.row), seed = 2)
again ~ uniform(0, 1, like = points.row)
centre = mean(angle, batch) on train
x = cos(angle)
y = sin(angle)
upper = labels(angle < pi, 2)
code = dense(2)
minimize { class = cross_entropy(code(reshape(angle - centre, 1)), upper) }
train { epochs 2  batch 10  optimizer adam(lr = 0.1) }
evaluate { right = accuracy(code(reshape(angle - centre, 1)), upper) }
show map(concat(reshape(x, 1), reshape(y, 1)), label = upper)
END

# drawn RUN SPLIT: the rows of a run.
drawn() { (cd "$work" && "$crlc" circle.crl --compute angle,other --split "$2" --out "$1" --to - --threads "$3"); }

expect 0 "" circle.crl --train --epochs 1 --out one --quiet --threads 1
expect 0 "" circle.crl --train --out two --quiet --threads 2 --seed 7 --batch 7
for split in train test; do
  drawn one $split 1 >"$work/one.$split"
  drawn two $split 2 >"$work/two.$split"
  pass_if "$split: one draw for a row, whatever the seed, batches and threads" cmp -s "$work/one.$split" "$work/two.$split"
done
pass_if "a map is drawn" grep -q 't-SNE, perplexity' "$work/one/images/map.svg"
pass_if "and is the same on two threads" cmp -s "$work/one/images/map.svg" "$work/two/images/map.svg"
expect 0 "" circle.crl --train --resume --epochs 2 --out one --quiet --threads 2
drawn one train 1 >"$work/resumed"
pass_if "the same rows after going on" cmp -s "$work/one.train" "$work/resumed"
pass_if "rows of two splits differ" test "$(sort -u "$work/one.train" "$work/one.test" | wc -l)" -ge 100
pass_if "seeds differ" test "$(awk -F, '$1 == $2' "$work/one.train" | wc -l)" -eq 0
(cd "$work" && "$crlc" circle.crl --compute x,y --split train --out one --to -) >"$work/points"
pass_if "they are on the circle" awk -F, '/^[0-9-]/ { if (($1^2 + $2^2 - 1)^2 > 1e-8) bad = 1; n++ } END { exit bad || n != 60 }' \
  "$work/points"
printf 'crl 1\ndata d = generate()\nv = d.row\n' >"$work/none.crl"
expect 1 "'generate' needs a number of rows" none.crl

# ---- files that are not there yet ----

cat >"$work/declared.crl" <<'END'
crl 1
data all = table(
  x = file("x.csv", "x", shape = []),
  kind = file("x.csv", "kind", classes = ["cat", "dog"]),
  image = file("image.npy", shape = [2, 3]))
data d = split(all where all.kind == "cat", test = 0.5)
enc = dense(4)
minimize { size = mean(sq(enc(flatten(d.image)) * repeat(d.x, 4))) }
train { epochs 1  batch 1  optimizer sgd(lr = 0.1) }
evaluate { size = mean(sq(d.x), batch) }
END
expect 0 "" declared.crl
pass_if "it lists layers" grep -q '^28 weights in all' "$work/out"
expect 0 "" declared.crl --plan
expect 0 "" declared.crl --graph
expect 3 "there is no 'x.csv'; looked in" declared.crl --train --out run
printf 'x,kind\n1,cat\n2,dog\n3,cat\n' >"$work/x.csv"
expect 3 "there is no 'image.npy'; looked in" declared.crl --train --out run
# format 1.0 of NumPy: three rows of 2 x 3 bytes
{
  printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2, 3), }"
  printf 'abcdefghijklmnopqr'
} >"$work/image.npy"
expect 0 "" declared.crl --train --out run --quiet
sed 's/\[2, 3\]/[3, 2]/' "$work/declared.crl" >"$work/wrong.crl"
expect 1 "'image' of 'image.npy' has rows of [2, 3], and is declared as [3, 2]" wrong.crl
sed 's/"dog"\]/"eel"]/' "$work/declared.crl" >"$work/wrong.crl"
expect 1 "'kind' of 'x.csv' does not hold the classes that are declared" wrong.crl
sed 's/\["cat", "dog"\]/["dog", "cat"]/' "$work/declared.crl" >"$work/wrong.crl"
expect 1 "a file is declared by the shape of a row" wrong.crl
finish
