"""Hidden memory that lasts: digest chain, codecs, checkpoint files, the store over them, and an index."""
