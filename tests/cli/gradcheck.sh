#!/bin/sh
# What the gradient check checks, and what it says of the rest.
. "${srcdir:-.}/tests/cli/cli.sh"

# model NAME TEXT: a file of one dense layer with these lines at its end.
model() {
  printf 'crl 1\ndata digits = mnist\nview x = flatten(digits.image) / 255\nview y = digits.label + 0.5\nenc = dense(8)\nh = enc(x)\n%s\n%s\n' \
    "$2" 'train { epochs 1  batch 10  optimizer adam() }' >"$work/$1.crl"
}

# ---- stopped values are held: by row, over the batch, one in another, and in a straight-through estimate ----
model stopped 'size = stop(sqrt(sum(sq(h), 0) + 1))
centre = stop(mean(h, batch) + stop(mean(sq(h), batch)))
minimize {
  scaled = mean(sq(tanh(h) * repeat(size, 8) + centre))
  through = mean(sq(h + stop(sign(h) - h)))
}'
expect 0 "" stopped.crl --gradcheck
pass_if "stopped values" grep -q '^3 gradients, 0 wrong$' "$work/out"

# ---- every stage, by what it trains ----
expect 0 "" "$srcdir/tests/cli/stages.crl" --gradcheck
pass_if "two stages" test "$(grep -c '^stage ' "$work/out")" -eq 2
pass_if "each has its gradients" test "$(grep -c ' gradients, 0 wrong$' "$work/out")" -eq 2
pass_if "the second stage's own weights" sh -c "sed '1,/^stage classify/d' '$work/out' | grep -q '^cls.W'"
pass_if "and not what it keeps" sh -c "! sed '1,/^stage classify/d' '$work/out' | grep -q '^enc.W'"

# ---- what is zero ----
model part 'minimize { by_x = mean(sq(h))  by_y = mean(sq(h)) * stop(mean(y, batch)) }'
expect 0 "" part.crl --gradcheck
pass_if "a zero is said to be one" grep -q '^y .*zero: the loss does not depend on it' "$work/out"
pass_if "and counted" grep -q '^4 gradients, 0 wrong, 1 zero$' "$work/out"
model dead 'minimize { nothing = mean(relu(0 - 1 - sq(h))) }'
expect 1 "nothing was checked in 'train': the loss depends on no weight or view" dead.crl --gradcheck
pass_if "all are zero" grep -q '^3 gradients, 0 wrong, 3 zero$' "$work/out"
finish
