## What crlc is measured against; needs PyTorch, and is run by hand.
EXTRA_DIST += bench/peers/corrmcnn_torch.py
