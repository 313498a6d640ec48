# ruff: noqa: E501  (a row of a table is a line)
"""How each kind of frame is asked. Besides a frame's own pieces: {v3}, {V3} verbs in the third person, {of} ` of PAGE` or nothing."""

from tools.train.wording.table import Table

_WHETHER = Table(
    (
        "{Aux} {s} {core}?",
        "{Aux} {s} {core}?",
        "{Aux} {s} {core}? Yes or no?",
        "Does the text say that {s} {aux} {core}?",
        "Is it true that {s} {aux} {core}?",
        "I wonder whether {s} {aux} {core}.",
        "Tell me whether {s} {aux} {core}.",
    ),
    ("Is it so that {s} {aux} {core}?",),
)
QUESTIONS: dict[str, Table[str]] = {
    "definition": Table(
        ("What {be} {s}?", "What {be} {s}?", "How does the text define {s}?", "What {be} meant by {s}?", "Explain what {s} {be}.", "What does the text say {s} {be}?", "How {be} {s} described?", "What kind of thing {be} {s}?", "Define {s}.", "Can you tell me what {s} {be}?", "What exactly {be} {s}?", "What should one understand by {s}?"),
        ("In a few words, what {be} {s}?", "What would you say {s} {be}?", "As what {be} {s} explained?"),
    ),
    "naming": Table(
        ("What {be} {s} called?", "By what name {be} {s} known?", "What is the term for {s}?", "How {be} {s} called?", "What name does the text use for {s}?"),
        ("Which word is used for {s}?", "Under what name does {s} go?"),
    ),
    "acronym": Table(
        ("What does {s} stand for?", "What does {s} stand for?", "What does the abbreviation {s} mean?", "What is {s} short for?", "What is the full form of {s}?", "Expand the acronym {s}.", "Which words are behind the letters {s}?", "What do the letters {s} mean?", "How is {s} spelled out?"),
        ("For what words is {s} an abbreviation?", "Write out {s} in full."),
    ),
    "where": Table(
        ("Where {be} {s} {v}?", "In what place {be} {s} {v}?", "Where does the text say that {s} {be} {v}?", "Where can one look for {s}?", "Where would I look for {s}?", "Where do I find {s}?", "Where does one find {s}?", "What is the place where {s} {be} {v}?"),
        ("Whereabouts {be} {s} {v}?", "Where should I look if I need {s}?"),
    ),
    "when": Table(
        ("When {be} {s} {v}?", "In what year {be} {s} {v}?", "At what time {be} {s} {v}?", "What is the date at which {s} {be} {v}?", "When did it happen that {s} {be} {v}?"),
        ("Which year {be} {s} {v} in?", "What does the text give as the time at which {s} {be} {v}?"),
    ),
    "when_did": Table(
        ("When did {s} {vb} {o}?", "In what year did {s} {vb} {o}?", "What was the date on which {s} {past} {o}?", "When was it that {s} {past} {o}?"),
        ("Which year was it when {s} {past} {o}?",),
    ),
    "version": Table(
        ("In which version {be} {s} {v}?", "Since which version {be} {s} {v}?", "What version saw {s} {v}?", "When {be} {s} {v}?", "As of which version {be} {s} {v}?"),
        ("Which version do I need for {s}?", "From what version on {be} {s} {v}?"),
    ),
    "who": Table(
        ("Who {be} {s} {v} by?", "By whom {be} {s} {v}?", "Who is said to have {v} {s}?", "Who {vpast} {s}?", "Who {vpast} {s}?", "Which people {vpast} {s}?", "Whose work is it that {s} {be} {v}?", "Name whoever {vpast} {s}."),
        ("To whom is it due that {s} {be} {v}?", "Who has {v} {s}?"),
    ),
    "by_what": Table(
        ("By what {be} {s} {v}?", "What {be} {s} {v} by?", "By whom or what {be} {s} {v}?", "What {act3}?", "What {act3}?", "Who or what {act3}?"),
        ("Through what {be} {s} {v}?",),
    ),
    "how_many": Table(
        ("How many {n} does {s} {vb}?", "What number of {n} does {s} {vb}?", "{s}: how many {n}?", "Tell me how many {n} {s} {v3}.", "What is the number of {n} that {s} {v3}?"),
        ("Of {n}, how many does {s} {vb}?",),
    ),
    "how_many_there": Table(
        ("How many {n} {be} there {r}?", "What is the number of {n} {r}?", "How many {n} does the text count {r}?", "Of {n} {r}, how many {be} there?"),
        ("In what number do {n} {r} come?",),
    ),
    "limit": Table(
        ("What is the {w} {n}?", "What is the {w} allowed for the {n}?", "What {w} {n} does the text give?", "How far may the {n} go at the {w}?"),
        ("Which value is the {w} {n}?",),
    ),
    "default": Table(
        ("What is the default for {s}?", "What is the default {s}?", "To what does {s} default?", "If nothing else is given, what is {s}?", "Which value does {s} have by default?", "What does the text give as the default of {s}?", "What is used as {s} unless told otherwise?"),
        ("Left alone, what is {s} set to?", "What preset does {s} have?"),
    ),
    "which_are": Table(
        ("Which {n} are there?", "What {n} are there?", "Name the {n}.", "What are the {n}?", "Which {n} does the text list?"),
        ("Give the names of the {n}.",),
    ),
    "which_are_named": Table(
        ("What are {s}?", "Which are {s}?", "Name {s}.", "List {s}.", "What does the text give as {s}?"),
        ("Enumerate {s}.",),
    ),
    "purpose": Table(
        ("What {be} {s} used for?", "For what {be} {s} used?", "What is the purpose of {s}?", "What is {s} good for?", "Why would one use {s}?", "To what end {be} {s} used?", "What can one do with {s}?", "What role does {s} play?"),
        ("What use is made of {s}?", "What does {s} serve for?"),
    ),
    "used_for": Table(
        ("What {be} used to {vp}?", "What can be used to {vp}?", "What do I use to {vp}?", "With what can I {vp}?", "What serves to {vp}?", "What is there to {vp}?", "What is {vping} done with?", "What serves for {vping}?"),
        ("What would help me {vp}?", "What does one take to {vp}?"),
    ),
    "how_to": Table(
        ("How do I {vp}?", "How can I {vp}?", "How do you {vp}?", "What should I do to {vp}?", "What must be done in order to {vp}?", "How does one {vp}?", "I want to {vp}. What should I do?", "How is it possible to {vp}?", "What is the way to {vp}?", "What does the text recommend to {vp}?", "Is there a way to {vp}?", "What do I need to {vp}?", "What does {vping} take?", "What is the advice for {vping}?"),
        ("What would I have to do if I wished to {vp}?", "Which steps does it take to {vp}?", "I have to {vp}; what is advised?"),
    ),
    "how_passive": Table(
        ("How can {s} be {v}?", "How may {s} be {v}?", "In what way can {s} be {v}?", "By what means can {s} be {v}?", "What must be done so that {s} can be {v}?", "How is it possible for {s} to be {v}?", "How do I {act}?", "How can one {act}?", "What do I do to {act}?", "Is there a way to {act}? Which?"),
        ("Through what can {s} be {v}?", "What makes it possible for {s} to be {v}?"),
    ),
    "why": Table(
        ("Why {aux} {s} {r}?", "For what reason {aux} {s} {r}?", "What is the reason that {s} {aux} {r}?", "How come that {s} {aux} {r}?", "What explains that {s} {aux} {r}?", "Why is it that {s} {aux} {r}?"),
        ("What is given as the cause that {s} {aux} {r}?", "On what ground {aux} {s} {r}?"),
    ),
    "what_if": Table(
        ("What happens {c} {x}?", "What happens {c} {x}?", "What if {x}?", "Say that {x}. What happens?", "{X}. What now?", "What will happen {c} {x}?", "What is the result {c} {x}?", "What is the effect {c} {x}?", "{C} {x}, what happens?", "What follows {c} {x}?", "What does the text say about the case that {x}?", "Suppose {x}: what then?", "What is done {c} {x}?", "What should be expected {c} {x}?", "What applies {c} {x}?"),
        ("What comes of it {c} {x}?", "{C} {x}, what are the consequences?"),
    ),
    "when_condition": Table(
        ("When {be} {s} {v}?", "Under what condition {be} {s} {v}?", "In which case {be} {s} {v}?", "What is the condition for {s} to be {v}?", "In what circumstances {be} {s} {v}?"),
        ("What has to be the case for {s} to be {v}?",),
    ),
    "does_object": Table(
        ("What does {s} {vb}?", "What does {s} {vb}?", "What is it that {s} {v3}?", "Tell me what {s} {v3}.", "What, according to the text, does {s} {vb}?", "Can you say what {s} {v3}?", "What does the text say that {s} {v3}?"),
        ("Which thing does {s} {vb}?", "I would like to know what {s} {v3}."),
    ),
    "what_does": Table(
        ("What {v} {o}?", "What {v} {o}?", "Which one {v} {o}?", "What is it that {v} {o}?", "Name what {v} {o}.", "Find what {v} {o}.", "What thing {v} {o}?"),
        ("Which thing {v} {o}?", "I am looking for what {v} {o}."),
    ),
    "how_long": Table(
        ("How long {aux} {s} {core}?", "For how long {aux} {s} {core}?", "For what time {aux} {s} {core}?", "Tell me how long {s} {told}.", "Do you know how long {s} {told}?", "I would like to know for what time {s} {told}.", "Say for how long {s} {told}."),
        ("During what time {aux} {s} {core}?", "Please find out how long {s} {told}."),
    ),
    "how_often": Table(
        ("How often {aux} {s} {core}?", "How frequently {aux} {s} {core}?", "At what intervals {aux} {s} {core}?", "Tell me how often {s} {told}.", "Do you know how often {s} {told}?", "I would like to know at what intervals {s} {told}.", "Say how frequently {s} {told}."),
        ("In what rhythm {aux} {s} {core}?", "Please find out how often {s} {told}."),
    ),
    "after_time": Table(
        ("When {aux} {s} {core}?", "After how long {aux} {s} {core}?", "Within what time {aux} {s} {core}?", "Tell me when {s} {told}.", "Do you know when {s} {told}?", "I would like to know within what time {s} {told}.", "Say after how long {s} {told}."),
        ("How soon {aux} {s} {core}?", "Please find out when {s} {told}."),
    ),
    "from_where": Table(
        ("From where {aux} {s} {core}?", "Where from {aux} {s} {core}?", "From which place {aux} {s} {core}?", "From what {aux} {s} {core}?", "Tell me from where {s} {told}.", "Do you know from where {s} {told}?", "I would like to know from what {s} {told}.", "Say where from {s} {told}."),
        ("Out of what {aux} {s} {core}?", "Please find out from where {s} {told}."),
    ),
    "to_where": Table(
        ("Where {aux} {s} {core}?", "In which place {aux} {s} {core}?", "Where to {aux} {s} {core}?", "Tell me where {s} {told}.", "Do you know where {s} {told}?", "I would like to know where to {s} {told}.", "Say in which place {s} {told}."),
        ("Whereabouts {aux} {s} {core}?", "Please find out where {s} {told}."),
    ),
    "by_means": Table(
        ("How {aux} {s} {core}?", "By what means {aux} {s} {core}?", "In what way {aux} {s} {core}?", "Through what {aux} {s} {core}?", "Tell me how {s} {told}.", "Do you know how {s} {told}?", "I would like to know through what {s} {told}.", "Say by what means {s} {told}."),
        ("By doing what {aux} {s} {core}?", "Please find out how {s} {told}."),
    ),
    "for_purpose": Table(
        ("Why {aux} {s} {core}?", "For what purpose {aux} {s} {core}?", "To what end {aux} {s} {core}?", "What for {aux} {s} {core}?", "Tell me why {s} {told}.", "Do you know why {s} {told}?", "I would like to know what for {s} {told}.", "Say for what purpose {s} {told}."),
        ("With what aim {aux} {s} {core}?", "Please find out why {s} {told}."),
    ),
    "under_condition": Table(
        ("When {aux} {s} {core}?", "Under what condition {aux} {s} {core}?", "In which case {aux} {s} {core}?", "On what condition {aux} {s} {core}?", "Tell me when {s} {told}.", "Do you know when {s} {told}?", "I would like to know on what condition {s} {told}.", "Say under what condition {s} {told}."),
        ("In what event {aux} {s} {core}?", "Please find out when {s} {told}."),
    ),
    "at_point": Table(
        ("When {aux} {s} {core}?", "At what point {aux} {s} {core}?", "At which moment {aux} {s} {core}?", "Tell me when {s} {told}.", "Do you know when {s} {told}?", "I would like to know at which moment {s} {told}.", "Say at what point {s} {told}."),
        ("At what time {aux} {s} {core}?", "Please find out when {s} {told}."),
    ),
    "modal_object": Table(
        ("What {aux} {s} {core}?", "What {aux} {s} {core}?", "What is it that {s} {aux} {core}?", "Name what {s} {aux} {core}.", "Which thing {aux} {s} {core}?"),
        ("What thing {aux} {s} {core}?",),
    ),
    "whether": _WHETHER,
    "whether_not": _WHETHER,
    "entry_does": Table(
        ("What does the {noun} {name}{of} do?", "What does {name} do?", "What is the effect of the {noun} {name}{of}?", "What is {name} for?", "What does {name} mean{of_in}?", "What happens with the {noun} {name}?", "Describe what {name} does{of_in}.", "What is the purpose of the {noun} {name}{of}?", "How is the {noun} {name}{of} described?", "Why would I use {name}{of_in}?"),
        ("Explain the {noun} {name}{of}.", "What can I expect of the {noun} {name}{of}?"),
    ),
    "entry_which": Table(
        ("Which {noun}{of} {vp3}?", "What {noun} {vp3}?", "Which {noun} do I need to {vp}?", "What {noun} is used to {vp}?", "Which {noun}{of} serves to {vp}?", "How do I {vp}{of_with}? Name the {noun}.", "I want to {vp}. Which {noun} does that?", "What is the {noun} to {vp}?", "Find the {noun}{of} that {vp3}.", "Which {noun}{of} is for {vping}?", "What is the {noun} for {vping}?", "Is there an {noun} for {vping}? Which?", "{vping}{of_with}: which {noun}?"),
        ("By which {noun}{of} can one {vp}?", "Name a {noun} with which to {vp}."),
    ),
    "entry_which_not": Table(
        ("Which {noun}{of} keeps it from {vping}?", "What {noun} prevents {vping}?", "How do I stop it from {vping}? Name the {noun}.", "Which {noun} turns off {vping}?", "I do not want it to {vp}. Which {noun} helps?", "With which {noun} does it not {vp}?"),
        ("Which {noun} do I take so that it does not {vp}?",),
    ),
    "entry_default": Table(
        ("What is the default of the {noun} {name}{of}?", "What is the default value of {name}?", "To what does {name} default{of_in}?", "Which value does {name} have by default?", "What is {name} if it is not set?", "What is the preset value of {name}{of_in}?"),
        ("Without being set, what is {name}?",),
    ),
    "entry_error": Table(
        ("What does the error {name} mean?", "When does {name} occur{of_in}?", "In which case is {name} returned{of_by}?", "Why would I get {name}{of_from}?", "What is the cause of the error {name}{of_in}?"),
        ("What has gone wrong if there is {name}?",),
    ),
    "entry_what": Table(
        ("What is {name}?", "What does {name} hold?", "What is the {noun} {name}{of}?", "What does {name} stand for{of_in}?", "What is found in {name}?", "How is {name} described?"),
        ("Explain {name}.",),
    ),
    "entry_file": Table(
        ("What is the file {name}?", "What is {name} for?", "What does the file {name} contain?", "What is kept in {name}?"),
        ("What would I find in {name}?",),
    ),
    "entry_which_is": Table(
        ("Which {noun}{of} is {np}?", "What {noun} holds {np}?", "Where is {np} given? Name the {noun}.", "Which {noun} stands for {np}?", "What is the name of {np}?"),
        ("Which {noun} would that be: {np}?",),
    ),
    "page_does": Table(
        ("What does {name} do?", "What is {name} for?", "What is the purpose of {name}?", "In short, what does {name} do?", "What can one do with {name}?"),
        ("What would I use {name} for?",),
    ),
    "page_which": Table(
        ("Which command or function is there to {vp}?", "What is used to {vp}?", "What {vp3}?", "Which program can {vp}?", "What is there for {vping}?", "How do I {vp}? Name the command or function.", "What do I call to {vp}?"),
        ("What is the name of the one that {vp3}?",),
    ),
    "page_is": Table(
        ("What is {name}?", "What is {name} about?", "What is described under {name}?", "How is {name} described in one line?"),
        ("What does one find under {name}?",),
    ),
    "page_which_is": Table(
        ("What is the name of {np}?", "Which page is about {np}?", "How is {np} called?", "What stands for {np}?"),
        ("Under what name is {np} found?",),
    ),
    "asked": Table(("{q}", "{q}", "{q}", "{q}", "The question is: {q}", "Somebody asks: {q}"), ("{q}", "Please answer: {q}")),
    "word_meaning": Table(
        ("What does the word {s} mean?", "What is the meaning of {s}?", "What is {art} {s}?", "Define the word {s}.", "What does {s} mean?", "How is the word {s} explained?", "What is meant by {s}?"),
        ("What sense does {s} have?", "Explain the word {s}."),
    ),
    "word_for": Table(
        ("What is the word for this: {d}?", "Which word means {d}?", "What is called {d}?", "Which term is explained as {d}?", "What is the term for {d}?", "Find the word that means {d}."),
        ("Which entry is about {d}?",),
    ),
    "glossed": Table(
        ("Which word means {gloss}?", "What is the word for {gloss}?", "What is it called: {gloss}?", "Which entry is the one for {gloss}?", "Name the word for this: {gloss}."),
        ("Which of the words stands for {gloss}?",),
    ),
    "term": Table(
        ("What is {s}?", "What is {s}?", "What does {s} refer to?", "What is meant by {s}?", "Explain {s}.", "Define {s}.", "What does the dictionary say {s} is?", "Tell me what {s} is."),
        ("In short, what is {s}?",),
    ),
    "element": Table(
        ("What is the {field} of {s}?", "Which {field} does {s} have?", "Give the {field} of {s}.", "What {field} is given for {s}?", "{s}: what is its {field}?"),
        ("Look up the {field} of {s}.",),
    ),
}  # fmt: skip
"""By the kind of frame."""

LEAD_INS = Table(
    (
        "According to the text, ",
        "In this text, ",
        "Going by the documentation, ",
        "In the manual, ",
        "From the text: ",
        "As the text has it, ",
    ),
    ("If one trusts the text, ", "By this text, "),
)
"""What may stand before a question."""
