"""Recall: a tiny RWKV-7, trained from nothing, looks keys up in its matrices at lengths beyond its training."""
