dist_pkgdata_DATA += \
  models/adversarial_alignment.crl \
  models/baseline.crl \
  models/bimodal_dbn.crl \
  models/bridge_corrnet.crl \
  models/cifar_six.crl \
  models/cifar_six_plain.crl \
  models/circle.crl \
  models/completer.crl \
  models/corr_rnn.crl \
  models/corrmcnn.crl \
  models/corrmcnn_paper.crl \
  models/corrmcnn_released.crl \
  models/corrnet.crl \
  models/corrnet_keras.crl \
  models/cpm_nets.crl \
  models/cross_modal_retrieval.crl \
  models/dense_autoencoder.crl \
  models/digit_autoencoder.crl \
  models/fusion.crl \
  models/handwritten.crl \
  models/linear_autoencoder.crl \
  models/mae.crl \
  models/many_views.crl \
  models/noisy_mnist.crl \
  models/noisy_views.crl \
  models/pairs.crl \
  models/predictive_sparse.crl \
  models/resnet.crl \
  models/shared_code.crl \
  models/six_convolutions.crl \
  models/six_views.crl \
  models/stacked_machines.crl \
  models/three_layers.crl \
  models/transformer.crl \
  models/two_views.crl \
  models/view_vaes.crl
EXTRA_DIST += models/results.py models/results.json models/RESULTS.md

## Every figure of models/RESULTS.md, measured anew; what is finished below runs/results is kept.
##   make results [QUICK=1] [RESULTSFLAGS='--data DIR --only NAME ...']
## The short form trains a little and with one seed, and writes runs/results-quick.md.
.PHONY: results
results: crlc$(EXEEXT)
	$(PYTHON3) -B $(srcdir)/models/results.py --crlc ./crlc$(EXEEXT) $$(test -z "$(QUICK)" || echo --quick) $(RESULTSFLAGS)
