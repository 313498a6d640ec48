"""Words that may stand for each other in questions about software and its documentation, and ways to say less."""

import random
import re

from tools.train.natural.thesaurus import other_words
from tools.train.trajectory import Split
from tools.train.wording.table import belongs

_VERBS = """
specify: give, define, name, indicate, provide
set: define, choose, fix, determine
print: output, show, display, write out
return: give back, yield, hand back, deliver
display: show, present, print
use: employ, work with, take, make use of
list: show, enumerate, give a list of
show: display, present, print
create: make, set up, produce, build
enable: turn on, switch on, activate
disable: turn off, switch off, deactivate
add: append, put in, include
generate: produce, create, make
remove: delete, take away, drop, get rid of
delete: remove, erase, get rid of
get: obtain, fetch, retrieve, find out
obtain: get, fetch
retrieve: get, fetch
check: verify, test, examine
verify: check, confirm
run: execute, start, launch
execute: run
make: cause, create, produce
select: choose, pick
choose: select, pick
change: modify, alter, adjust
modify: change, alter, edit
output: print, write out, show
force: make, compel, insist on
read: load, take in, get
include: add, put in, contain
update: bring up to date, refresh, renew
override: replace, overrule, take the place of
allow: permit, let, make it possible for
permit: allow, let
dump: print, write out, save
ignore: disregard, pay no attention to, skip
send: transmit, pass on, deliver
suppress: hide, leave out, hold back
describe: explain, tell about
control: govern, steer, determine
cause: make, lead, bring about
convert: turn, transform, change
perform: carry out, do
extract: take out, pull out, get
search: look, seek
determine: find out, work out, establish
copy: duplicate
identify: recognise, tell apart
indicate: show, signal, tell
pass: hand over, give, forward
limit: restrict, bound
restrict: limit, confine
replace: substitute, exchange
stop: end, halt, quit
tell: inform, instruct
report: announce, tell, give
define: specify, set, lay down
mark: flag, label
start: begin, launch
begin: start
skip: leave out, pass over, ignore
omit: leave out, skip
build: make, compile, construct
move: shift, transfer
provide: give, supply, offer
supply: provide, give
assume: suppose, take for granted
install: put in place, set up
attempt: try
try: attempt
encrypt: encode, protect
request: ask for, demand
wait: hold on, pause
import: bring in, load
export: write out, bring out
produce: make, create, generate
test: check, try
compress: pack, shrink
compare: match, look for differences between
append: add, attach
clear: empty, reset, wipe
save: store, keep
store: save, keep
restore: bring back, recover
preserve: keep, retain
keep: preserve, retain
avoid: prevent, keep away from
prevent: stop, avoid
kill: end, stop, terminate
terminate: end, stop, kill
require: demand, need, call for
rename: give a new name to
examine: look at, inspect, check
modify: alter, change
calculate: compute, work out
compute: calculate, work out
contain: hold, include
support: handle, cope with
handle: deal with, take care of
split: divide, break up
combine: join, merge, put together
merge: combine, join
attach: fasten, connect, bind
detach: disconnect, release
join: connect, combine
query: ask, look up
collect: gather, bring together
discard: throw away, drop
strip: remove, take away
open: bring up, access
close: shut, end
write: put, store, output
allocate: reserve, set aside
free: release, give back
register: record, sign up
reset: set back, clear
track: follow, watch
monitor: watch, observe, follow
manage: administer, look after
configure: set up, adjust
assign: give, allot
""".strip()
_WORDS = """
file: document
files: documents
directory: folder
directories: folders
command: instruction
argument: parameter
arguments: parameters
program: application, tool, software
message: notice, text
messages: notices
error: mistake, failure, fault
errors: failures, problems
variable: setting
current: present
default: standard, preset
existing: present, already there
several: various, a number of
multiple: several, many, more than one
many: numerous, lots of
different: other, differing, various
additional: further, extra, more
extra: additional
entire: whole, complete
whole: entire, full
full: complete, whole
initial: first, starting
first: initial
last: final
particular: certain, specific
specific: particular, certain
certain: particular
common: usual, shared
previous: earlier, former
original: first, initial
maximum: highest, largest
minimum: lowest, smallest
large: big
small: little
available: existing, at hand
valid: correct, legal
invalid: wrong, bad
specified: given, named, stated
given: specified, stated
found: located, discovered
created: made, set up
used: employed
executed: run
running: active
stored: kept, saved
displayed: shown
printed: shown, written out
generated: produced, made
removed: deleted, taken away
deleted: removed
changed: modified, altered
modified: changed
called: named
provided: given, supplied
supplied: given, provided
omitted: left out
installed: set up
enabled: turned on, active
disabled: turned off
supported: possible, allowed
contents: content, inside
content: contents
information: details, data
data: information
number: count, quantity
amount: quantity
size: extent, length
list: listing, series
format: form, layout
type: kind, sort
types: kinds
kind: type, sort
way: manner, method
method: way
purpose: aim
user: person
users: people
machine: computer
computer: machine
host: machine
string: text
character: letter, sign
characters: letters, signs
words: terms
name: title
names: titles
value: setting, figure
values: settings
option: switch, flag
options: switches, flags
function: routine
functions: routines
package: bundle
packages: bundles
version: release
archive: package
line: row
lines: rows
column: field
columns: fields
help: assistance, usage
time: moment
seconds: secs
process: task
processes: tasks
memory: storage
disk: drive
network: net
connection: link
location: place, position
place: location
region: area, zone
range: span, interval
area: region
part: piece, portion
section: part
beginning: start
start: beginning
end: finish
result: outcome
results: outcomes
request: query
password: passphrase
passphrase: password
permission: right
access: entry
change: modification
changes: modifications
difference: distinction
differences: distinctions
example: instance
instance: example
expression: formula
pattern: template
sequence: series, chain
order: sequence
group: set
collection: set
screen: display
display: screen
terminal: console
console: terminal
text: wording
document: text
documentation: docs
manual: handbook
page: sheet
repository: repo
identifier: ID
address: location
server: host
task: job
job: task
automatically: by itself, on its own
manually: by hand
immediately: at once, right away
quickly: fast
usually: normally, mostly
often: frequently
always: in every case
only: just
also: too, as well
without: lacking, minus
within: inside, in
inside: within
about: concerning, on
before: ahead of, prior to
after: following
during: in the course of
using: by means of, with
between: among
each: every
every: each
all: every one of
because: since
but: yet
person: individual
people: persons
country: land
important: significant, major
main: chief, principal
difficult: hard
easy: simple
simple: plain, easy
new: fresh, recent
old: earlier, ancient
correct: right, proper
wrong: incorrect
whether: if
contains: holds, includes
containing: with, holding
returns: yields, gives back
requires: needs, demands
provides: offers, gives
uses: employs
exists: is there
matches: fits
fails: does not succeed
occurs: happens
small: tiny, little
animal: beast
plant: growth
act: deed, action
state: condition
quality: property
relating: belonging
pertaining: belonging, relating
instrument: tool, device
device: apparatus, gadget
used: employed, applied
small: little
made: produced, built
""".strip()


def _table(listed: str) -> dict[str, tuple[str, ...]]:
    rows = (line.partition(": ") for line in listed.split("\n"))
    return {word: tuple(others.split(", ")) for word, _, others in rows}


VERBS, WORDS = _table(_VERBS), _table(_WORDS)
"""By the verb's base form; by the word as it stands."""


def other_verb(verb: str, rng: random.Random, split: Split, share: float = 0.5) -> str:
    """Another verb for one in its base form, or the same."""
    fitting = [other for other in VERBS.get(verb, ()) if belongs(f"{verb} {other}", split)]
    return rng.choice(fitting) if fitting and rng.random() < share else verb


def reworded(text: str, rng: random.Random, split: Split, share: float = 0.4) -> str:
    """The text with some of its plain words replaced; names, options and code are left alone."""

    def swap(match: re.Match[str]) -> str:
        if rng.random() > share:
            return match.group()
        word = match.group()
        others = (*WORDS.get(word, ()), *other_words(word))
        fitting = [other for other in others if belongs(f"{word} {other}", split)]
        return rng.choice(fitting) if fitting else word

    return re.sub(r"(?<![\w/.$<(\"'‘`-])[a-z]+(?![\w/.=()>\"'’`-])", swap, text)


_JOINT = re.compile(
    r" (?=(?:in|on|for|with|when|if|before|after|using|from|to|by|at|as|that|which|during|without|instead of"
    r"|rather than|and|or|so that|unless|until|into|under|while|because|whose|where|not|but)\b)|,? \("
)


def shortened(text: str, rng: random.Random, share: float = 0.35, least: int = 4) -> str:
    """The text cut where a phrase ends, at times; never to fewer than so many words."""
    if rng.random() > share:
        return text
    ends = [match.start() for match in _JOINT.finditer(text) if len(text[: match.start()].split()) >= least]
    ends = [end for end in ends if text[:end].count("(") == text[:end].count(")")]
    ends = [
        end
        for end in ends
        if text[:end].split()[-1].lower() not in {"and", "or", "to", "of", "the", "a", "not"}
    ]
    return text[: rng.choice(ends)].rstrip(",") if ends else text
