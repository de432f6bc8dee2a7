# Sourced by the tests of the library, the manual and the models.
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}
crlc=$builddir/crlc
make=$builddir/tests/cli/make_digits
work=$(mktemp -d "$builddir/std.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
unset CRL_DATA
HOME=$work
export HOME
passed=0 failed=0

pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  printf 'FAIL %s\n' "$1"
}

# The model around an example: what the example lacks of data, views x and y, a value h, a loss and `train`.  An h or a
# loss of the example is what is trained.
frame() {
  lacks() { ! grep -qE "$1" "$example"; }
  example=$1
  echo 'crl 1'
  lacks '^data ' && echo 'data digits = mnist'
  lacks '^view x ' && echo 'view x = digits.image[:, :, :14] / 255'
  lacks '^view y ' && echo 'view y = digits.image[:, :, 14:] / 255'
  cat "$example"
  if lacks '^ *(minimize|maximize) ' && ! lacks '^loss = '; then
    echo 'minimize { frame = loss }'
  elif lacks '^ *(minimize|maximize) '; then
    lacks '^h = ' && echo 'h = x -> flatten -> dense(12) -> relu'
    echo 'minimize { frame = mean(sq(h -> flatten -> dense(2))) }'
  fi
  lacks '^ *train ' && echo 'train { epochs 1  batch 20  optimizer adam() }'
  return 0
}

finish() {
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
}
