"""Natural questions on natural text: frames of question and answer found in real documents by rules.

A rule finds in a sentence (or in the entry of an option, a function or a dictionary) what can be asked and what
answers it. It keeps a `Frame`: the pieces of the question, not its words, so that each can be asked in many ways.
"""
