"""The method: chunker, stream template, round grammar, and the reading loop."""
