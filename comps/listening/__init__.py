"""The ear of a live conversation: from what a microphone hears to who speaks when."""
