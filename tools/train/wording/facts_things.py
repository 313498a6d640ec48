"""Facts of made-up firms, books, ships, projects, devices and events; `relations` tells the notation."""

FIRMS = """
# founder | company | person | founder
+ {s} was founded by {v}.
+ {v} founded {s} with borrowed money.
+ The founder of {s} is {v}.
+ {v} set up {s} in a garage.
+ {s} goes back to {v}, who started it alone.
~+ It was {v} who brought {s} into being.
? Who founded {s}?
? Who is the founder of {s}?
? Who set up {s}?
? By whom was {s} started?
~? Who brought {s} into being?
! Which company did {v} found?
! What did {v} set up?
# seat | company | town | headquarters
+ {s} has its headquarters in {v}.
+ {s} is based in {v}.
+ The head office of {s} is in {v}.
+ {s} runs its business from {v}.
+ From its offices in {v}, {s} serves the whole country.
~+ The seat of {s} is {v}.
? Where are the headquarters of {s}?
? Where is {s} based?
? In which town is the head office of {s}?
? From where does {s} run its business?
~? Where does {s} have its seat?
! Which company is based in {v}?
# staff | company | staff | number of employees
+ {s} employs {v} people.
+ {s} has {v} employees.
+ The workforce of {s} numbers {v}.
+ {v} people work at {s}.
~+ {s} has {v} people on its payroll.
? How many people does {s} employ?
? How many employees does {s} have?
? How large is the workforce of {s}?
? How many people work at {s}?
~? What is the number of people on the payroll of {s}?
# product | company | goods | product
+ {s} makes {v}.
+ {s} is a maker of {v}.
+ The factory of {s} turns out {v}.
+ {s} earns its money with {v}.
+ {s} has been selling {v} for decades.
~+ {v} from {s} are sold all over the world.
? What does {s} make?
? What does {s} produce?
? What does the factory of {s} turn out?
? With what does {s} earn its money?
~? Which goods come from {s}?
! Which company makes {v}?
! Who produces {v}?
# director | company | person | director
+ {v} is the director of {s}.
+ {s} is run by {v}.
+ {v} took over the management of {s}.
+ At the head of {s} stands {v}.
~+ {v} is in charge at {s}.
? Who is the director of {s}?
? Who runs {s}?
? Who manages {s}?
? Who is at the head of {s}?
~? Who is in charge at {s}?
! Which company is run by {v}?
# revenue | company | amount | revenue
+ {s} had a revenue of {v}.
+ The revenue of {s} came to {v}.
+ {s} took in {v} last year.
+ Last year's turnover of {s} was {v}.
~+ {s} closed the year with a turnover of {v}.
? What was the revenue of {s}?
? How much did {s} take in last year?
? What was the turnover of {s}?
~? With what turnover did {s} close the year?
# closure | company | cause | reason for closing
+ {s} had to close because of {v}.
+ {v} forced {s} out of business.
+ Because of {v}, {s} shut its doors.
+ {s} went bankrupt as a result of {v}.
+ The end of {s} was caused by {v}.
~+ It was {v} that ruined {s}.
? Why did {s} have to close?
? What forced {s} out of business?
? What was the reason that {s} shut its doors?
? What caused the end of {s}?
~? What ruined {s}?
"""

THINGS = """
# author | book | person | author
+ {s} was written by {v}.
+ {v} is the author of {s}.
+ {v} wrote {s} in a single winter.
+ The novel {s} is by {v}.
~+ {s} came from the pen of {v}.
? Who wrote {s}?
? Who is the author of {s}?
? By whom is the novel {s}?
~? From whose pen did {s} come?
! What did {v} write?
! Which book is by {v}?
# published | book | year | year of publication
+ {s} appeared in {v}.
+ {s} was published in {v}.
+ The first edition of {s} came out in {v}.
+ Readers first saw {s} in {v}.
~+ {s} reached the bookshops in {v}.
? When was {s} published?
? In what year did {s} appear?
? When did the first edition of {s} come out?
~? In which year did {s} reach the bookshops?
# length | book | pages | length
+ {s} has {v}.
+ {s} runs to {v}.
+ It takes patience to read the {v} of {s}.
~+ {s} fills {v}.
? How many pages does {s} have?
? How long is {s}?
? To how many pages does {s} run?
~? How many pages does {s} fill?
# setting | book | town | setting
+ {s} is set in {v}.
+ The story of {s} takes place in {v}.
+ {s} begins and ends in {v}.
~+ The scene of {s} is {v}.
? Where is {s} set?
? Where does the story of {s} take place?
? In which town is {s} set?
~? What is the scene of {s}?
# captain | ship | person | captain
+ The captain of {s} was {v}.
+ {v} commanded {s}.
+ {s} sailed under captain {v}.
+ On the bridge of {s} stood {v}.
~+ {v} was in command of {s}.
? Who was the captain of {s}?
? Who commanded {s}?
? Under which captain did {s} sail?
~? Who was in command of {s}?
! Which ship did {v} command?
# sinking | ship | cause | cause of the loss
+ {s} was lost because of {v}.
+ {v} sank {s}.
+ {s} ran aground after {v}.
+ The loss of {s} was put down to {v}.
~+ The inquiry blamed {v} for the loss of {s}.
? Why was {s} lost?
? What sank {s}?
? What was the cause of the loss of {s}?
? What happened that made {s} run aground?
~? What did the inquiry blame for the loss of {s}?
# harbour | ship | town | home port
+ {s} has its home port in {v}.
+ {s} is registered in {v}.
+ {s} sails out of {v}.
~+ {v} is where {s} belongs.
? What is the home port of {s}?
? Where is {s} registered?
? Out of which port does {s} sail?
~? To which port does {s} belong?
# deadline | project | date | deadline
+ The deadline for {s} is {v}.
+ {s} must be finished by {v}.
+ The client expects {s} to be delivered on {v}.
+ {s} is due on {v}.
~+ No later than {v}, {s} has to be handed over.
? What is the deadline for {s}?
? By when must {s} be finished?
? When is {s} due?
? When does the client expect {s}?
~? When does {s} have to be handed over?
# budget | project | amount | budget
+ The budget of {s} is {v}.
+ {s} was granted {v}.
+ {v} were set aside for {s}.
+ {s} may cost {v} and not more.
~+ The committee approved {v} for {s}.
? What is the budget of {s}?
? How much money was granted to {s}?
? How much was set aside for {s}?
? How much may {s} cost?
~? What sum did the committee approve for {s}?
# lead | project | person | leader
+ {s} is led by {v}.
+ {v} is in charge of {s}.
+ {v} was put at the head of {s}.
+ Questions about {s} go to {v}, who leads it.
~+ Responsibility for {s} lies with {v}.
? Who leads {s}?
? Who is in charge of {s}?
? Who is the leader of {s}?
? Who is responsible for {s}?
~? With whom does responsibility for {s} lie?
! What is {v} in charge of?
# delay | project | cause | reason for the delay
+ {s} was delayed by {v}.
+ {s} fell behind schedule because of {v}.
+ The delay of {s} was due to {v}.
+ {v} held up {s} for weeks.
~+ {s} is late on account of {v}.
? Why was {s} delayed?
? Why did {s} fall behind schedule?
? What held up {s}?
? What was the reason for the delay of {s}?
~? On account of what is {s} late?
# weight | device | kilos | weight
+ {s} weighs {v}.
+ The weight of {s} is {v}.
+ At {v}, {s} can be carried by one person.
~+ On the scales {s} shows {v}.
? How much does {s} weigh?
? What is the weight of {s}?
? How heavy is {s}?
~? What do the scales show for {s}?
# price | device | amount | price
+ {s} costs {v}.
+ The price of {s} is {v}.
+ {s} is sold for {v}.
+ You can get {s} for {v}.
~+ Shops ask {v} for {s}.
? How much does {s} cost?
? What is the price of {s}?
? For how much is {s} sold?
~? What do shops ask for {s}?
# warranty | device | duration | warranty
+ {s} comes with a warranty of {v}.
+ The warranty on {s} lasts {v}.
+ {s} is guaranteed for {v}.
~+ The maker stands behind {s} for {v}.
? How long is the warranty on {s}?
? For how long is {s} guaranteed?
? What warranty does {s} come with?
~? For how long does the maker stand behind {s}?
# power | device | watts | power
+ {s} draws {v}.
+ {s} needs {v} to run.
+ The power of {s} is {v}.
~+ {s} is rated at {v}.
? How much power does {s} draw?
? How much power does {s} need?
? What is the power of {s}?
~? At what power is {s} rated?
# lamp | device | colour | colour of the warning lamp
+ The warning lamp of {s} is {v}.
+ When {s} is overheated, its lamp turns {v}.
+ A {v} lamp on {s} means trouble.
~+ Should {s} fail, the lamp glows {v}.
? What colour is the warning lamp of {s}?
? Which colour does the lamp of {s} turn when it is overheated?
? Which colour of lamp on {s} means trouble?
~? In which colour does the lamp of {s} glow when it fails?
# date | event | date | date
+ {s} takes place on {v}.
+ {s} will be held on {v}.
+ The date of {s} is {v}.
+ {s} opens on {v}.
~+ {v} is the day of {s}.
? When does {s} take place?
? What is the date of {s}?
? On which day will {s} be held?
? When does {s} open?
~? What day was chosen for {s}?
# venue | event | town | venue
+ {s} takes place in {v}.
+ {s} will be held in {v} this time.
+ {v} is the venue of {s}.
+ {v} hosts {s}.
~+ Guests of {s} gather in {v}.
? Where does {s} take place?
? Where will {s} be held?
? What is the venue of {s}?
? Which town hosts {s}?
~? Where do the guests of {s} gather?
! What takes place in {v}?
# visitors | event | people | number of visitors
+ {s} drew {v} visitors.
+ {v} people came to {s}.
+ The organisers of {s} counted {v} guests.
~+ {s} was seen by {v} people.
? How many visitors did {s} draw?
? How many people came to {s}?
? How many guests were counted at {s}?
~? By how many people was {s} seen?
# cancelled | event | cause | reason for the cancellation
+ {s} was cancelled because of {v}.
+ {v} led to the cancellation of {s}.
+ {s} had to be called off after {v}.
+ Owing to {v}, {s} did not take place.
~+ {v} was the end of the plans for {s}.
? Why was {s} cancelled?
? What led to the cancellation of {s}?
? Why did {s} not take place?
? What was the reason that {s} was called off?
~? What put an end to the plans for {s}?
# winner | event | person | winner
+ {v} won the first prize at {s}.
+ The winner of {s} was {v}.
+ {s} was won by {v}.
~+ The jury of {s} gave the prize to {v}.
? Who won {s}?
? Who was the winner of {s}?
? Who took the first prize at {s}?
~? To whom did the jury of {s} give the prize?
! What did {v} win?
# room | event | room | room
+ {s} has been moved to {v}.
+ {s} is in {v}.
+ People going to {s} should come to {v}.
~+ The door of {v} leads to {s}.
? In which room is {s}?
? To which room should people going to {s} come?
? Which room has {s} been given?
~? Through which door does one get to {s}?
~# range | device | metres | range
+ {s} works up to a distance of {v}.
+ The range of {s} is {v}.
? How far does {s} work?
? What is the range of {s}?
~# sponsor | event | company | sponsor
+ {s} is paid for by {v}.
+ {v} sponsors {s}.
? Who pays for {s}?
? Which company sponsors {s}?
"""
