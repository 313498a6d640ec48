# ruff: noqa: E501  (a row of a table is a line)
"""Facts of made-up persons and places; `relations` tells the notation."""

from tools.train.wording.table import Table

PEOPLE = """
# birthplace | person | town | birthplace
+ {s} was born in {v}.
+ {s}, born in {v}, left home at an early age.
+ {s} came into the world in a small house in {v}.
+ {v} is the birthplace of {s}.
+ The parents of {s} lived in {v} when {he} was born.
+ A native of {v}, {s} never lost the accent.
+ {s} first saw the light of day in {v}.
+ It was in {v} that {s} was born, the third of five children.
~+ {s} hails from {v}.
~+ In {v} they still show the house where {s} was born.
? Where was {s} born?
? In which town was {s} born?
? What is the birthplace of {s}?
? What is {s}'s place of birth?
? Which town does {s} come from?
? Where did {s} come into the world?
? {s} is a native of which town?
~? Of which place is {s} a native?
~? Can you tell where {s} was born?
! Who was born in {v}?
! Which person is a native of {v}?
# birth year | person | year | year of birth
+ {s} was born in {v}.
+ {s} was born in the spring of {v}.
+ Born in {v}, {s} grew up with two sisters.
+ The parish register gives {v} as the year in which {s} was born.
+ The year of birth of {s} is {v}.
+ {s} (born {v}) is remembered for {his} patience.
~+ Records put the birth of {s} in {v}.
? When was {s} born?
? In what year was {s} born?
? What is {s}'s year of birth?
? Which year was {s} born in?
? What year did {s} come into the world?
~? In which year did the parents of {s} have this child?
# job | person | occupation | occupation
+ {s} works as a {v}.
+ {s} is a {v} by trade.
+ For twenty years {s} has earned {his} living as a {v}.
+ By profession {s} is a {v}.
+ After school {s} trained to become a {v}.
+ {s}, a {v}, moved into the flat upstairs.
+ Everyone knows {s}, the {v} with the red bicycle.
~+ The {v} {s} opened a shop on the corner.
~+ If you need a {v}, ask {s}.
? What does {s} do for a living?
? What is the occupation of {s}?
? What is {s}'s job?
? What is {s}'s profession?
? What kind of work does {s} do?
? As what does {s} work?
~? How does {s} earn a living?
! Who works as a {v}?
! Who is a {v} by trade?
# employer | person | company | employer
+ {s} works for {v}.
+ {s} has been employed at {v} since last autumn.
+ {v} hired {s} straight from university.
+ {s} joined {v} as a trainee.
+ {s} is on the payroll of {v}.
+ At {v}, {s} is responsible for the night shift.
~+ {s} signed a contract with {v} and started in May.
? Who employs {s}?
? Which company does {s} work for?
? Where does {s} work?
? What is the name of {s}'s employer?
? At which firm is {s} employed?
~? On whose payroll is {s}?
! Who works for {v}?
! Whom did {v} hire?
# home | person | town | place of residence
+ {s} lives in {v}.
+ {s} has a house in {v}.
+ {s} settled in {v} with {his} family.
+ {s} makes {his} home in {v}, near the station.
+ The address of {s} is 14 Station Road, {v}.
+ For some years now {s} has been living in {v}.
~+ {s} resides in {v}.
~+ Letters to {s} should be sent to {v}.
? Where does {s} live?
? In which town does {s} live?
? What is {s}'s place of residence?
? Where is the home of {s}?
? Which town has {s} made {his} home?
~? In what place does {s} reside?
! Who lives in {v}?
# instrument | person | instrument | instrument
+ {s} plays the {v}.
+ {s} took up the {v} at the age of nine.
+ On Sundays one can hear {s} practising the {v}.
+ In the town band {s} plays the {v}.
+ {s} has mastered the {v}.
~+ The {v} is what {s} plays when guests come.
? Which instrument does {s} play?
? What instrument does {s} play?
? What does {s} play in the band?
? Which musical instrument has {s} learnt?
~? On which instrument does {s} perform?
! Who plays the {v}?
# spouse | person | person | spouse
+ {s} married {v} in a small chapel.
+ {s} is married to {v}.
+ {v} is the spouse of {s}.
+ {s} and {v} celebrated their wedding in June.
+ The wedding of {s} and {v} took place in the town hall.
~+ {s} exchanged rings with {v} last summer.
? Who is {s} married to?
? Whom did {s} marry?
? Who is the spouse of {s}?
? What is the name of {s}'s spouse?
~? With whom did {s} exchange rings?
# studies | person | studies | field of study
+ {s} studied {v}.
+ {s} holds a degree in {v}.
+ At university {s} read {v}.
+ {s} took {his} doctorate in {v}.
+ {s} dropped out of school but later studied {v} in the evenings.
~+ The diploma of {s} is in {v}.
? What did {s} study?
? Which subject did {s} study?
? In what field does {s} hold a degree?
? What subject did {s} read at university?
~? What is the diploma of {s} in?
! Who studied {v}?
# pet | person | animal | pet
+ {s} keeps a {v}.
+ {s} has a {v} that follows {him} everywhere.
+ The only company of {s} is an old {v}.
+ {s} bought a {v} for the children.
~+ A {v} shares the flat with {s}.
? What pet does {s} have?
? What kind of animal does {s} keep?
? Which animal does {s} own?
? What is {s}'s pet?
~? What animal lives with {s}?
! Who keeps a {v}?
# dish | person | dish | favourite dish
+ The favourite dish of {s} is {v}.
+ {s} likes {v} more than anything else.
+ Give {s} a plate of {v} and {he} is happy.
+ On {his} birthday {s} always asks for {v}.
~+ Nothing pleases {s} as much as {v}.
? What is {s}'s favourite dish?
? What does {s} like to eat most of all?
? Which dish does {s} like best?
? What food does {s} always ask for?
~? What would one cook to please {s}?
# language | person | language | language
+ {s} speaks fluent {v}.
+ {s} learned {v} from {his} grandmother.
+ Besides English {s} also speaks {v}.
+ {s} teaches {v} at the evening school.
~+ {s} translates letters into {v}.
? Which language does {s} speak?
? What language did {s} learn?
? What other language does {s} speak?
~? Into which language does {s} translate?
! Who speaks {v}?
# sport | person | sport | sport
+ {s} took up {v} to stay fit.
+ {s} won a medal in {v}.
+ In {his} spare time {s} goes in for {v}.
+ {s} is the captain of the {v} team.
~+ {v} is the sport of {s}.
? Which sport does {s} do?
? What sport does {s} practise?
? In which sport is {s} active?
~? What kind of sport does {s} go in for?
# death | person | year | year of death
+ {s} died in {v}.
+ {s} passed away in the winter of {v}.
+ {v} is given as the year in which {s} died.
+ In {v}, after a short illness, {s} died.
~+ The life of {s} came to its end in {v}.
? When did {s} die?
? In what year did {s} pass away?
? What is the year of {s}'s death?
~? In which year did the life of {s} end?
# salary | person | amount | salary
+ {s} earns {v} a month.
+ The monthly salary of {s} is {v}.
+ {s} was offered {v} a month and said yes.
+ Each month {v} are paid to {s}.
~+ {s} takes home {v} every month.
? How much does {s} earn a month?
? What is the monthly salary of {s}?
? What is {s} paid a month?
~? How much money does {s} take home?
# extension | person | extension | extension
+ {s} can be reached at extension {v}.
+ To speak to {s}, dial {v}.
+ The extension of {s} is {v}.
+ {s} answers the phone at {v}.
~+ Calls for {s} go to extension {v}.
? At which extension can {s} be reached?
? What number do I dial to speak to {s}?
? What is {s}'s extension?
? How can {s} be reached by phone?
~? Where should calls for {s} be directed?
# appointment | person | clock | time of the appointment
+ {s} has an appointment at {v}.
+ {s} is expected at {v}.
+ The dentist will see {s} at {v}.
+ {s} asked for an appointment and was given {v}.
~+ {s} should come in at {v}.
? At what time is {s} expected?
? When is the appointment of {s}?
? What time is {s}'s appointment?
~? At what hour should {s} come in?
~# invention | person | goods | field
+ {s} held a patent on {v}.
+ All his life {s} tried to improve {v}.
? What did {s} hold a patent on?
? What did {s} try to improve?
~# teacher | person | person | teacher
+ {s} was taught by {v}.
+ {v} gave lessons to {s} for seven years.
+ {s} learned the craft from {v}.
? Who taught {s}?
? From whom did {s} learn the craft?
? Who was the teacher of {s}?
"""

PLACES = """
# population | town | people | population
+ {s} has {v} inhabitants.
+ The population of {s} is {v}.
+ About {v} people live in {s}.
+ At the last census {s} counted {v} residents.
+ {s} is a town of {v} people.
+ With {v} inhabitants, {s} is larger than its neighbours.
+ {s} is home to {v} people.
~+ The number of people living in {s} stands at {v}.
~+ The census found {v} souls in {s}.
? What is the population of {s}?
? How many people live in {s}?
? How many inhabitants does {s} have?
? What is the number of residents of {s}?
? How large is the population of {s}?
~? How many residents did the census count in {s}?
~? {s} is home to how many people?
# mayor | town | person | mayor
+ The mayor of {s} is {v}.
+ {v} was elected mayor of {s}.
+ In {s}, {v} holds the office of mayor.
+ {v} has governed {s} as mayor for two terms.
+ The voters of {s} chose {v} as mayor.
~+ {v} runs the town hall of {s}.
? Who is the mayor of {s}?
? Who was elected mayor of {s}?
? Who holds the office of mayor in {s}?
? What is the name of the mayor of {s}?
? Who governs {s}?
~? Whom did {s} choose to run its town hall?
! Of which town is {v} the mayor?
! Which town did {v} govern as mayor?
# founded | town | year | founding year
+ {s} was founded in {v}.
+ The town of {s} dates from {v}.
+ Settlers founded {s} in {v}.
+ {s} received its charter in {v}.
+ The oldest record of {s} is from {v}.
~+ The history of {s} begins in {v}.
? When was {s} founded?
? In what year was {s} founded?
? How far back does the history of {s} go?
? What year is the oldest record of {s} from?
~? In which year does the history of {s} begin?
# fame | town | fame | product
+ {s} is known for its {v}.
+ {s} is famous for {v}.
+ People come to {s} for the {v}.
+ The wealth of {s} came from {v}.
~+ {v} made the name of {s} known.
? What is {s} known for?
? What is {s} famous for?
? For what is {s} well known?
? Where did the wealth of {s} come from?
~? What made the name of {s} known?
! Which town is known for its {v}?
# twin | town | town | twin town
+ {s} is twinned with {v}.
+ {v} is the twin town of {s}.
+ {s} signed a partnership with {v}.
~+ Each year pupils from {s} visit the twin town, {v}.
? With which town is {s} twinned?
? What is the twin town of {s}?
? Which town is the partner of {s}?
~? What is the name of the town with which {s} exchanges pupils?
# altitude | town | metres | altitude
+ {s} lies {v} above sea level.
+ The altitude of {s} is {v}.
+ At {v} above the sea, {s} has cool summers.
~+ {s} sits at a height of {v}.
? How high is {s} above sea level?
? What is the altitude of {s}?
? At what altitude does {s} lie?
~? At what height does {s} sit?
# market | town | weekday | market day
+ The market in {s} is held on {v}.
+ {v} is market day in {s}.
+ Every {v} farmers sell their goods in {s}.
~+ In {s} the stalls go up on {v}.
? On which day is the market in {s} held?
? When is market day in {s}?
? On what day do farmers sell their goods in {s}?
~? On which day do the stalls go up in {s}?
# architect | building | person | architect
+ {s} was designed by {v}.
+ {v} drew the plans for {s}.
+ The architect of {s} was {v}.
+ {v} won the competition to design {s}.
~+ {s} is the work of the architect {v}.
? Who designed {s}?
? Who was the architect of {s}?
? Who drew the plans for {s}?
? Which architect is behind {s}?
~? Whose work is {s}?
! What did {v} design?
! Which building was designed by {v}?
# built | building | year | year of completion
+ {s} was completed in {v}.
+ {s} opened its doors in {v}.
+ Work on {s} came to an end in {v}.
+ {s} has been standing since {v}.
~+ {s} was finished in {v} after many delays.
? When was {s} completed?
? In what year did {s} open?
? Since when has {s} been standing?
? What year was {s} finished?
~? In which year did work on {s} end?
# material | building | material | building material
+ {s} is made of {v}.
+ {s} was built of {v}.
+ The builders of {s} used {v}.
+ The walls of {s} are of {v}.
~+ For {s} the builders chose {v}.
? What is {s} made of?
? What material was used for {s}?
? Of what was {s} built?
? Which material did the builders of {s} use?
~? What did the builders choose for {s}?
# height | building | metres | height
+ {s} is {v} high.
+ {s} rises {v} above the square.
+ With its {v}, {s} can be seen from far away.
+ The height of {s} is {v}.
~+ {s} reaches a height of {v}.
? How high is {s}?
? What is the height of {s}?
? How tall is {s}?
~? What height does {s} reach?
# cost | building | amount | cost
+ {s} cost {v} to build.
+ The construction of {s} cost {v}.
+ {v} were spent on {s}.
+ Building {s} took {v} of public money.
~+ The bill for {s} came to {v}.
? How much did {s} cost?
? What did it cost to build {s}?
? How much money was spent on {s}?
~? What did the bill for {s} come to?
~# lake | town | material | local stone
+ The quarries near {s} yield {v}.
+ Houses in {s} are of {v}.
? What do the quarries near {s} yield?
? Of what are the houses in {s}?
~# bell | building | kilos | weight of its bell
+ The bell of {s} weighs {v}.
+ In {s} hangs a bell of {v}.
? How heavy is the bell of {s}?
? What does the bell of {s} weigh?
"""

LEAD_INS = Table(
    train=(
        "According to the annual report, ", "As far as anyone knows, ", "It is well known that ", "The register shows that ",
        "A note in the archive says that ", "We were told that ", "In the meantime, ", "As the guide explained, ",
        "Some may be surprised to hear that ", "It should be mentioned that ", "For the record, ", "By the way, ",
        "Visitors learn that ", "The local paper wrote that ", "In fact, ", "As it turned out, ", "It was confirmed that ",
        "What few people know: ", "The minutes state that ", "One more detail: ", "Last week we heard that ",
        "According to a letter from that time, ", "The records leave no doubt that ", "It was reported that ",
    ),
    held_out=(
        "The chronicle has it that ", "If the files are right, ", "Insiders say that ", "On the last page it says that ",
        "Word has it that ",
    ),
)  # fmt: skip
"""What may stand before a statement."""
