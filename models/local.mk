dist_pkgdata_DATA += \
  models/baseline.crl \
  models/corrmcnn.crl \
  models/corrmcnn_paper.crl \
  models/corrnet.crl \
  models/dense_autoencoder.crl \
  models/mae.crl \
  models/noisy_views.crl \
  models/six_convolutions.crl \
  models/six_views.crl \
  models/three_layers.crl
