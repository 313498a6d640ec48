"""Words that may stand for each other in questions about software and its documentation, and in common prose."""

import random
import re

from tools.train.trajectory import Split
from tools.train.wording.table import belongs

_GROUPS = """
print output display show
display show present
delete remove erase
remove delete drop
directory folder
create make produce
make create produce
specify give state
execute run
run execute
argument parameter
obtain get fetch
retrieve fetch get
begin start
start begin launch
terminate end stop
finish end complete
permit allow
allow permit let
prevent keep stop
choose select pick
select choose pick
modify change alter
change modify alter
contain hold include
contains holds includes
require need
requires needs
require demand
quickly fast
several various
many numerous
also too
often frequently
usually normally
large big
small little
error mistake fault
list enumerate
convert turn transform
combine join merge
merge combine join
copy duplicate
send transmit
receive get
find locate look-up
search look-through
check verify examine
verify check confirm
test check
ignore disregard skip
skip leave-out ignore
omit leave-out skip
enable switch-on activate
disable switch-off deactivate
turn-on enable
turn-off disable
write store put
store save keep
save store keep
read load
load read
open access
replace substitute exchange
set assign
assign give
provide supply offer
provides supplies offers
returns gives yields
return give yield
generate produce create
build make construct
compute calculate work-out
calculate compute work-out
determine find-out establish
indicate show signal
describe explain
explain describe clarify
describes explains
different other differing
identical equal same
whole entire complete
entire whole complete
initial first starting
final last
additional further extra
additional extra more
extra additional
particular specific certain
specific particular certain
common usual shared
current present
previous earlier former
following next
number count
amount quantity
size length
kind type sort
type kind sort
way manner method
method way
purpose aim
cause make bring-about
attempt try
try attempt
assist help aid
help assist
utilize use employ
use employ
used employed
user person
machine computer host
computer machine
network net
message notice
text words
name title
value setting
option switch flag
program application tool
tool program utility
function routine
package bundle
version release
release version
system installation
default preset
automatically by-itself
manually by-hand
immediately at-once
instead rather
only just
without lacking
within inside
about concerning
because since
however but
people persons
country land
important major significant
main chief principal
difficult hard
easy simple
simple plain easy
new recent
old earlier
correct right proper
wrong false incorrect
"""
_SYNONYMS = {
    line.split()[0]: tuple(word.replace("-", " ") for word in line.split()[1:])
    for line in _GROUPS.strip().split("\n")
}


def reworded(text: str, rng: random.Random, split: Split, share: float = 0.4) -> str:
    """The text with some of its plain words replaced; names, options and code are left alone."""

    def swap(match: re.Match[str]) -> str:
        choices = _SYNONYMS.get(match.group())
        if not choices or rng.random() > share:
            return match.group()
        fitting = [word for word in choices if belongs(f"{match.group()} {word}", split)]
        return rng.choice(fitting) if fitting else match.group()

    return re.sub(r"(?<![\w/.$<(\"'‘`-])[a-z]+(?![\w/.=()>\"'’`-])", swap, text)
