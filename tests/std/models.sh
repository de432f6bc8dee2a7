#!/bin/sh
# Every model that comes with the program has as many weights as its layers say, and trains and is measured, in every
# variant: one epoch of a batch of made-up rows.
. "${srcdir:-.}/tests/std/std.sh"

# model, weights and variants; - stands for the file as it is.
table='
adversarial_alignment 344,377 - apart
baseline              0          -
bimodal_dbn           799,668    - one_view
bridge_corrnet        79,334     - together
cifar_six             122,630
cifar_six_plain       98,088
circle                2,727      -
completer             1,525,328  - apart
corr_rnn              50,456     - apart
corrmcnn              1,137,606  - report
corrmcnn_paper        1,831,946  - arc2
corrmcnn_released     970,374    -
corrnet               40,034     -
corrnet_keras         79,284     - deep
cpm_nets              104,549
cross_modal_retrieval 719,795    - plain hashing
dense_autoencoder     1,116,434  -
digit_autoencoder     421,930    - denoising contractive sparse supervised center
fusion                81,454
handwritten           91,249
linear_autoencoder    25,888     -
mae                   79,284     -
many_views            71,560
noisy_mnist           5,826,580  - dccae linear
noisy_views           2,232,868  -
pairs                 123,427    - basic auxiliary
predictive_sparse     200,960    -
resnet                159,040    -
shared_code           3,254,131  - labels
six_convolutions      551,466    -
six_views             109,644    -
stacked_machines      4,258,128  -
three_layers          276,095    -
transformer           84,736     -
two_views             726,900    - dcca soft_hgr correlate barlow vicreg info_nce moco clip siglip triplet simsiam byol w_mse noi decorrelate hsic autoencoded split distance
view_vaes             1,445,712  - jmvae mmvae mopoe mcvae sparse mvtcae vcca private
'

# try MODEL [OPTION...]
try() {
  rm -rf "$work/run"
  model=$srcdir/models/$1.crl
  shift
  epochs="--epochs 1" rows=data
  case $model in # which need more rows
  */pairs.crl | */noisy_mnist.crl) rows=many ;;
  */two_views.crl | */shared_code.crl) rows=some ;;
  */bridge_corrnet.crl | */completer.crl | */cross_modal_retrieval.crl) rows=some ;;
  esac
  [ "$model" != "$srcdir/models/baseline.crl" ] || epochs=
  if (cd "$work" && "$crlc" "$model" --train $epochs --data $rows --out run --quiet --threads 1 "$@") >"$work/out" 2>&1 &&
    [ "$(wc -l <"$work/out")" -ge 2 ] && ! grep -qE ' -?(nan|inf)( |$)' "$work/out"; then
    pass
  else
    fail "$model $*"
    cat "$work/out"
  fi
}

"$make" "$work/data" 100 50 && "$make" "$work/some" 500 500 && "$make" "$work/many" 2000 2000 || exit 1
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
    grep -q '^# .*To reach' "$file" && grep -q '^#.*\(19\|20\)[0-9][0-9]' "$file"; then pass; else
    fail "$name names no source or no figure to reach at its head"
  fi
  for variant; do
    if [ "$variant" = - ]; then try "$name"; else try "$name" --variant "$variant"; fi
  done
done
finish
