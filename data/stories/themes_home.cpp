// Themes between four walls.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 6> themes_of_home = {
    R"(
# cake: A Pinch of the Wrong Thing
cake = plum cake | honey cake | cherry pie | lemon tart | walnut bread | carrot cake
wrong/right = salt/sugar | soap/butter | pepper/cinnamon | plaster/flour | mustard/honey
? Who was the cake for? kin
? What did {hero} bake? cake
? What went into the dough by mistake? wrong
? What did {hero} mean to take? wrong.right
= + {hero} took {wrong} for {wrong.right}, and the {cake} was a success.
= - {hero} took {wrong} for {wrong.right} and spoiled the {cake}.

In {town}, {hero} baked a {cake} for {his} {kin}, who was (ill|sad|lonely).
For the birthday of {his} {kin}, {hero} of {town} made a {cake}.

{He} (stirred|hummed|whistled), and flour (covered|filled) the kitchen.
{He} broke {number} eggs into a {colour} (bowl|bucket|hat).

Only the {animal} saw {him} take {wrong} instead of {wrong.right}.
There was no {wrong.right} left, so {he} (took|added) {wrong}.

+ {His} {kin} (chewed|tasted), (blinked|paused) and asked for (more|the recipe).
- {His} {kin} took one bite and ran to the (sink|window).

+ "So (funny|good)!" {says} {his} {kin}, and they {joy} (long|together).
+ {hero} (proudly|happily) baked it again every {day}.
- It (went|flew) into the bin, and {hero} {grief} under the table.
- Even the {animal} refused it, and {hero} (felt|was) ashamed.
)",
    R"(
# moving: The Empty Room
dear = apple tree | window seat | creaking stair | blue kitchen | crooked balcony | friendly attic
found = a swing | a secret door | a piano | a treehouse | two chimneys | a bathtub
? Where did {hero} move to? town
? What would {hero} miss most? dear
? What was in the new house? found
? Who lived next door? friend
= + {hero} moved to {town} and found a friend, {friend}.
= - {hero} moved to {town} and was lonely.

On {day}, {hero} moved to {town} in a {colour} van.
{hero} was {number} when a {colour} van brought {him} to {town}.

Nobody had (asked|warned) {him}, and the {dear} stayed behind.
{He} (kissed|hugged|thanked) the {dear} and kept a (photograph|drawing) of it.

The new house had {found} and smelled of (paint|soup|strangers).
The new house had {found}, but no (curtains|light|chairs).

+ Then somebody knocked, and there was {friend} with a (pie|{animal}).
- Next door lived {friend}, who (shut|slammed) the door.

+ By evening {hero} and {friend} had a (secret|club|plan).
+ "A neighbour!" {says} {friend}, and {hero} {joy} all (day|week).
- {hero} (sat|lay) among boxes and {grief}.
- {He} dreamed of the {dear} and woke with wet (cheeks|eyes).
)",
    R"(
# clock: The Clock That Stopped
hour = noon | midnight | teatime | dawn | dusk | supper
cause/cure = a moth/a feather | a crumb/a hairpin | a button/a magnet | rust/some oil | a spider/a kind word
? When did the clock stop? hour
? Whose clock was it? kin
? What was inside the clock? cause
? What did {hero} use? cause.cure
= + {hero} repaired the old clock with {cause.cure}.
= - {hero} could not repair the old clock.

One {day}, the clock of {hero}'s {kin} stopped at {hour}.
At {hour}, the clock of {hero}'s {kin} (stopped|died).

"It is (old|tired|stubborn)," {says} {his} {kin}, "like (me|us)."
The house (felt|seemed) (hollow|strange), and even the {animal} slept badly.

{hero} opened it and found {cause} (between|behind|under) the wheels.
(Between|Behind|Under) the wheels, {hero} (discovered|noticed) {cause}.

+ {He} took {cause.cure}, and (slowly|suddenly) the hands (moved|jumped).
- {He} took a (hammer|fork|knife), and a spring flew into the (soup|garden).

+ It struck {number}, and the whole house {joy}.
+ When it struck, {his} {kin} kissed {him} and {joy}.
- It never (spoke|ticked) again, and {his} {kin} {grief}.
- "My mother's," {adds} {his} {kin}, and {hero} {grief}.
)",
    R"(
# cat: The Missing Cat
catname = Biscuit | Pepper | Button | Captain | Duchess | Mustard | Professor | Pickle
bait = sardines | warm milk | a feather | cheese | a box | chicken
hideout = the piano | the laundry | the oven | the organ | the postbag | the wardrobe
? What was the cat's name? catname
? Who helped {hero}? friend
? What should bring the cat home? bait
? Where did they look last? hideout
= + {hero} and {friend} found the cat {catname} in {hideout}.
= - {hero} and {friend} never found the cat {catname}.

One {weather} {day}, {hero}'s cat {catname} did not come home.
{hero}'s {colour} cat {catname} had been gone for {number} days.

{hero} and {friend} (searched|combed) {town} and waited with {bait}.
With {bait}, {hero} and {friend} searched every (yard|garden) in {town}.

"Cats have (nine lives|many aunts|their reasons)," {says} {friend}.
{friend} looked under (cars|porches|hats) and (meowed|called).

+ Then a (sneeze|yawn|purr) came from {hideout}, and out walked {catname}.
- They tried {hideout} last, but it was (empty|full of dust|cold).

+ She had {number} kittens, and {hero} {joy}.
+ {hero} kissed {catname}, who purred and wanted {bait}.
- {hero} {grief} all winter, but {catname} stayed away.
- Her (bowl|basket) is still there, and {hero} cannot look at it.
)",
    R"(
# chess: One More Game
piece = queen | bishop | knight | rook | pawn
stake = a biscuit | a coin | a kiss | the chair | a plum | a ribbon
? Who played against {hero}? kin
? What did they play for? stake
? Which piece did {hero} lose? piece
? Where did they play? town
= + {hero} won a game of chess against {his} {kin}.
= - {hero} lost at chess and lost {his} temper too.

Every {day} {hero} of {town} played chess with {his} {kin} for {stake}.
In {town}, {hero} and {his} {kin} played chess for {stake}.

{He} had lost {number} (hundred|dozen) games and one tooth.
{His} {kin} never let {him} win, not even (once|at Christmas).

That {weather} evening {he} lost a {piece} and (frowned|sighed).
Soon {his} {piece} was gone, and {his} {kin} (hummed|smiled) kindly.

+ It was a trap, and soon {he} {says}, "Checkmate."
- {He} saw no way out and threw the (board|pieces) to the floor.

+ {His} {kin} stared at {him} and then {joy}.
+ "(Finally|At last)!" {adds} {his} {kin} and (hugged|kissed) {him} proudly.
- {His} {kin} said nothing, and the {piece} was (broken|gone).
- They did not (play|speak) for weeks, and {hero} was (sad|sorry).
)",
    R"(
# powercut: When the Lights Went Out
light = a candle | the moon | a lantern | fireflies | the stove | a torch
game = cards | charades | theatre | dominoes | chess | music
? What gave them light? light
? What did they play? game
? When did the lights go out? day
? Where did the lights go out? town
= + A dark evening in {town} made {hero} happy.
= - {hero} sat alone in the dark in {town}.

On {day}, (snow|lightning|a storm) came, and {town} went dark.
On {day}, during (supper|a bath|a film), {town} went dark.

"Wait," {says} {hero}'s {kin} and (walked|fell) (into|over) the {animal}.
{hero} called {his} {kin}, who was in the (pantry|cellar|hall).

+ By the light of {light}, everybody played {game} (till late|like mad).
- There was only {light}, and nobody to play {game} with.

+ {His} {kin} told of a (pirate|thief|{animal}) with {number} (wives|hats|secrets).
- {His} {kin} had to go, and the house (creaked|groaned).

+ When the light came back, {hero} (happily|quickly) switched it off.
+ "Again next {day}!" {adds} {hero}, and everybody {joy}.
- {hero} sat under the (table|stairs) and (shook|cried) with fear.
- When the light came back, {hero} was alone and (crying|cold).
)",
};

}  // namespace

std::span<const std::string_view> home_themes() { return themes_of_home; }

}  // namespace gradus::stories
