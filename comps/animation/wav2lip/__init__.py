"""Wav2Lip draws the lower half of the face from the sound (Prajwal et al., A Lip Sync Expert Is All You Need, 2020)."""
