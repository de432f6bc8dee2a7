dist_pkgdata_DATA += \
  models/corrmcnn.crl
