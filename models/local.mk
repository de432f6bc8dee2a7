dist_pkgdata_DATA += \
  models/baseline.crl \
  models/corrmcnn.crl \
  models/corrmcnn_paper.crl \
  models/corrnet.crl \
  models/dense_autoencoder.crl \
  models/mae.crl \
  models/three_layers.crl
