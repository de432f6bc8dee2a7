#!/bin/sh
# Help, manual page and completions say of every action and option what the table says.
. "${srcdir:-.}/tests/cli/cli.sh"

for what in --help --manual "--completion bash" "--completion zsh" "--completion fish"; do
  expect 0 "" $what
  cp "$work/out" "$work/$(echo "$what" | tr -d ' -')"
done
expect 2 "--completion takes 'bash', 'zsh' or 'fish', not 'csh'" --completion csh
sed -n 's/^  \(-., \|    \)--\([a-z-]*\).*/\2/p' "$work/help" >"$work/names"
pass_if "names are found" test "$(wc -l <"$work/names")" -gt 30
while read -r option; do
  roff=$(echo "--$option" | sed 's/-/\\\\-/g')
  pass_if "$option in the manual" grep -q "^\\\\fB.*$roff\\\\fR" "$work/manual"
  pass_if "$option in bash" grep -q -e " --$option \|'--$option " "$work/completionbash"
  pass_if "$option in zsh" grep -q -e "'--$option[=[]" "$work/completionzsh"
  pass_if "$option in fish" grep -q -e "-l $option " "$work/completionfish"
done <"$work/names"
pass_if "letters" grep -q -e '^  -o, --out DIR' "$work/help"
pass_if "what stands for an option that is not given" grep -q -e '--seed N .*(1)$' "$work/help"

if command -v groff >/dev/null; then
  pass_if "the manual is roff" test -z "$(groff -man -ww -z "$work/manual" 2>&1)"
fi
for shell in bash zsh fish; do
  ! command -v $shell >/dev/null || pass_if "$shell reads it" $shell -n "$work/completion$shell"
done
# complete WORD...: what bash offers for the last of them
complete() {
  (cd "$work" && bash -c '. ./completionbash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _crlc; echo "${COMPREPLY[*]}"' _ "$@")
}
if command -v bash >/dev/null; then
  touch "$work/a pair.crl" "$work/a.txt" && mkdir "$work/a run"
  pass_if "an option" test "$(complete crlc --ep)" = --epochs
  pass_if "a choice" test "$(complete crlc --split t)" = "train test"
  pass_if "a model or a run" test "$(complete crlc a)" = "a run a pair.crl"
  pass_if "a directory" test "$(complete crlc -o a)" = "a run"
  pass_if "nothing for a number" test -z "$(complete crlc --epochs 1)"
fi
for file in cli/crlc.1 cli/completion/crlc cli/completion/_crlc cli/completion/crlc.fish; do
  pass_if "$file is built" test -s "$builddir/$file"
done
finish
