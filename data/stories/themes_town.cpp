// Themes among many people.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 6> themes_of_town = {
    R"(
# market: Market Day
ware = pears | candles | spoons | onions | socks | jam | whistles | cheese
trouble = rain | a pig | a bull | a circus | hail | a band
? What did {hero} sell? ware
? Where was the market? town
? Who came to {hero}? friend
? What drove the people away? trouble
= + {hero} sold all the {ware} with the help of {friend}.
= - {hero} could not sell the {ware} at the market in {town}.

On {day}, {hero} took {ware} to the market in {town}.
At the market in {town} stood {hero} with (fresh|fine) {ware}.

"Fresh {ware}!" {he} {says}, but people (yawned|laughed).
An old (lady|man|sailor) (sniffed|admired) the {ware} and bought (nothing|little).

Then came {trouble}, and the square was (empty|in uproar).
Then {trouble} came and (drew|chased) everybody away.

+ But {friend} had a (song|rhyme|joke), and (everyone|people) came back.
- "Go home," {adds} {friend} (kindly|coldly), "nobody wants {ware}."

+ {hero} and {friend} shared {number} (coins|cakes) and a (sausage|pie).
+ They sold everything and rode home on a {animal}, (singing|laughing).
- {hero} (pushed|dragged) the {ware} home through the (mud|dark).
- That winter there was no money for (coal|shoes|bread).
)",
    R"(
# play: Opening Night
role = king | wolf | tree | ghost | giant | pirate | horse
slip/theme = forgot the words/silence | lost a boot/shoes | swallowed a fly/flies | sneezed/pepper | fell asleep/dreams
? What did {hero} play? role
? What happened on the stage? slip
? Who helped {hero}? kin
? Where was the play? town
= + {hero} saved the play in {town} with a speech about {slip.theme}.
= - {hero} {slip} and spoiled the play in {town}.

In the (school|summer) play in {town}, {hero} was the {role}.
{hero} (was|became) the {role} in the play in {town}.

{He} (practised|rehearsed) in the bath with {his} {kin} for {number} weeks.
{His} {kin} made the costume out of a {colour} (curtain|sofa|tablecloth).

The (curtain|moon|music) rose, and the {role} {slip}.
In front of (everyone|the mayor), the {role} {slip}.

+ Quick as a (flash|cat|fox), {hero} made a speech about {slip.theme}.
- Somebody (laughed|whistled), then everybody did, and {hero} (froze|turned red).

+ The hall (roared|shook) with laughter, and {he} bowed {number} times.
+ "A star!" {says} the (mayor|teacher), and {hero} (floated|glowed) with pride.
- {He} (hid|wept) behind the (piano|coats) until the lights went out.
- The part went to {friend}, and {hero} never acted again.
)",
    R"(
# train: Platform Three
goal = a wedding | the sea | a contest | the circus | a feast | a job
delay = a blister | a goodbye | a flood | a parade | a nap | a quarrel
helper = the porter | a nun | a farmer | a child | the driver
? Where did the train go? town
? What was {hero} going to? goal
? What made {hero} late? delay
? Who stopped the train? helper
= + {hero} caught the train to {town} thanks to {helper}.
= - {hero} missed the train to {town} because of {delay}.

{hero} wanted the (early|last|fast) train to {town}, for {goal}.
{hero} had to catch a train to {town}, for {goal}.

But there was {delay}, and {he} (ran|came|raced) (too late|in pyjamas).
Because of {delay}, {he} came with (one shoe|a {animal}).

The whistle (blew|screamed), and the doors (closed|shut).
The train was (moving|hissing), and the guard showed no (mercy|pity).

+ "Stop that train!" {says} {helper}, and it (stopped|obeyed).
- {He} ran beside the last (carriage|window), and it was gone.

+ {hero} sat by {friend}, (singing|happy), and they shared (tea|plums).
+ {hero} (waved|blew kisses) from the window and arrived (in time|singing).
- There was no train until {day}, and {he} {grief}.
- {He} (regretted|remembered) it, (sadly|bitterly), for {number} years.
)",
    R"(
# race: Two Runners
prize/won = a ham/the ham | a medal/the medal | a goat/the goat | a cup/the cup | a hat/the hat | a crown/the crown
hitch = a bee sting | a lost shoe | a sore foot | a fever | a cramp
? Where was the race? town
? What was the prize? prize
? Who else ran? friend
? What stopped {friend}? hitch
= + {hero} and {friend} finished the race in {town} together.
= - {hero} won {prize} in {town} and lost a friend.

To win {prize}, {hero} ran the race in {town}.
{hero} ran the race in {town} to win {prize}.

{He} passed {number} (runners|boys|soldiers), but not {friend}.
The bell rang, and {friend} and {hero} (flew|ran) like hares.

Then {hitch} (stopped|slowed) {friend}, and {hero} (looked|glanced) back.
Near the end {friend} had {hitch} and (fell|stopped|wept).

+ {hero} took {friend.his} arm, and they (hobbled|limped) on together.
- {hero} ran past {friend.him} and won, and nobody (clapped|cheered).

+ They were the last, but the crowd {joy}.
+ "My best race," {says} {friend}, and they {joy} like (winners|kings).
- {friend} never (spoke to|forgave) {him}, and {prize.won} was worth nothing.
- {hero} sat alone with {prize.won} and (felt|was) (hollow|ashamed).
)",
    R"(
# letter: A Letter for Nobody
paper = letter | card | napkin | page | postcard | scroll
news = love | a sister | a debt | a secret | a promise | gold
? Who found the letter? hero
? Where did the letter lie? spot
? What was the letter about? news
? Whom was the letter for? friend
= + {hero} brought {friend} an old letter about {news}.
= - {hero} brought {friend} a letter about {news}, too late.

At {spot}, {hero} found a {paper} (under a stone|in a bottle).
A {paper} lay at {spot}, and {hero} (stepped|sat) on it.

It spoke of {news}, in (old|pale) {colour} ink.
In {colour} ink (someone|somebody) had written about {news}.

It was meant for {friend} of {town}, who never (got|saw) it.
On the back stood, "For {friend}, {town}."

+ {friend} read it (twice|aloud|standing) and began to (smile|dance).
- A stranger said that {friend} had (died|gone away) the (week|winter) before.

+ "Thank you," {says} {friend}, and they drank (tea|wine) together.
+ {hero} was (happy|welcome) there every {day} from then on.
- {hero} threw the {paper} into the river, and {his} heart (ached|hurt).
- {hero} sat on the stairs for {number} hours and (wept|did not move).
)",
    R"(
# concert: The Borrowed Violin
instrument/mishap = violin/a string broke | trumpet/a valve stuck | flute/a moth flew out | cello/the bow cracked | drum/the skin split
piece = a waltz | a march | a lullaby | a tango | a polka | an anthem
? Which instrument did {hero} play? instrument
? What did {hero} play? piece
? Whose instrument was it? kin
? Where was the concert? town
? What happened during the concert? instrument.mishap
= + {hero} gave a fine concert in {town}, although {instrument.mishap}.
= - {hero}'s concert in {town} ended when {instrument.mishap}.

{hero} (borrowed|took) {his} {kin}'s {instrument} for a concert in {town}.
For a concert in {town}, {hero} (begged|asked) {his} {kin} for a {instrument}.

{He} practised {piece} until the neighbours (left|hummed|complained).
{Piece} was all {he} could play, (badly|slowly|backwards).

The hall was (full|packed), and {number} hundred people (coughed|stared).
{He} wore a {colour} (suit|hat|shawl) and bowed {number} times.

In the (middle|quietest part), {instrument.mishap}.
Then, with a (pop|squeak|sigh), {instrument.mishap}.

+ {He} (sang|whistled) the rest, and {town} {joy} with delight.
+ {friend} sang along, and {hero} {joy}.
- {hero} left the stage in (tears|silence|shame).
- {His} {kin} never (lent|gave) {him} anything again.
)",
};

}  // namespace

std::span<const std::string_view> town_themes() { return themes_of_town; }

}  // namespace gradus::stories
