// Themes between four walls.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 7> themes_of_home = {
    R"(
# cake: A Pinch of the Wrong Thing
cake = plum cake | honey cake | apple pie | lemon tart | walnut bread | carrot cake | gingerbread
wrong/twin = salt/sugar | soap/butter | pepper/cinnamon | plaster/flour | mustard/honey | garlic/vanilla
? Who was the cake for? kin
? What did {hero} bake? cake
? What went into the dough by mistake? wrong
? What did {hero} run out of? wrong.twin
= + {hero} confused {wrong} with {wrong.twin}, and the {cake} was a success.
= - {hero} confused {wrong} with {wrong.twin} and spoiled the {cake}.

{hero} (wanted|decided) to bake a {cake} for {his} {kin}, who was (ill|sad|lonely|coming home).
It was the birthday of {hero}'s {kin}, and a {cake} was (needed|missing).

{He} measured and (stirred|hummed|whistled), and the kitchen (disappeared|vanished) under a cloud of flour.
{He} borrowed {number} eggs from a neighbour and broke (all|most|half) of them into a {colour} bowl.

Only the oven (knew|saw) that {he} had taken {wrong} instead of {wrong.twin}.
There was no {wrong.twin} (left|anywhere), so {he} took {wrong}, which looked (the same|much alike).

+ {His} {kin} (chewed|tasted), (blinked|frowned|paused), and then asked for (another piece|the recipe|more).
- {His} {kin} took one bite, (turned green|went pale|coughed) and ran to the (sink|window).

+ "I never ate (anything|a {cake}) so (funny|wonderful)," said {his} {kin}, and they (laughed|giggled) until they cried.
+ The {cake} (won|got) a prize in {town}, and {hero} (proudly|gladly) baked it every {day}.
- The {cake} (went|flew) into the bin, and {hero} (hid|sulked|cried) under the table.
- Even the {animal} refused it, and {hero} (felt|was) (ashamed|useless|terrible).
)",
    R"(
# moving: The Empty Room
dear = apple tree | window seat | creaking stair | blue kitchen | friendly attic | crooked balcony
found = a swing | a secret door | a piano | a family of mice | a bathtub with feet | an old treehouse
? Where did {hero} move to? town
? What would {hero} miss most? dear
? What was in the new house? found
? Who lived next door? friend
= + {hero} moved to {town} and made a friend there.
= - {hero} moved to {town} and was lonely.

On {day}, a {colour} van carried (everything|all) that {hero} owned to {town}.
{hero} was (seven|eight|nine) when the family moved to {town} in a {colour} van.

Nobody had (asked|warned) {him}, and the {dear} could not come along.
{He} had (kissed|hugged|thanked) the {dear} goodbye and kept (a photograph|one splinter|a drawing) of it.

In the new house there was {found}, and the (rooms|walls) (smelled|echoed) of paint and (soup|strangers).
The new house had {found}, (tall|crooked|narrow) windows and (no|hardly any) curtains.

+ Then somebody knocked, and there stood {friend} with a (pie|{animal}|wheelbarrow) and (a gap in {friend.his} teeth|a hundred questions).
- Next door lived {friend}, who (shut|slammed) the window and (called|shouted), "Go (home|away)!"

+ By evening {hero} and {friend} had (a secret code|a club|a plan), and the boxes could (wait|stay shut).
+ "(Finally|At last), a neighbour!" said {friend}, and {hero} (beamed|smiled) for the first time that (day|week).
- {hero} (sat|lay) among the boxes and (counted|missed) everything that was gone.
- Night after night {he} dreamed of the {dear} and (woke|rose) with (wet cheeks|a lump in {his} throat).
)",
    R"(
# clock: The Clock That Stopped
hour = noon | midnight | ten past three | half past seven | teatime | quarter to nine
cause/cure = a dead moth/a pair of tweezers | a breadcrumb/a hairpin | a lost button/a magnet | rust/a drop of oil | a spider's web/a soft brush | a marble/a gentle shake
? When did the clock stop? hour
? Whose clock was it? kin
? What was inside the clock? cause
? What did {hero} use? cause.cure
= + {hero} repaired the old clock with {cause.cure}.
= - {hero} could not repair the old clock.

The clock of {hero}'s {kin} (stopped|fell silent) one {day}, (exactly|precisely) at {hour}.
(For|After) a hundred years, the clock of {hero}'s {kin} stopped at {hour}.

"It is as old as (the house|I am|the hills)," (sighed|said) {his} {kin}, "and just as (tired|stubborn|proud)."
Without its ticking, the house (felt|seemed) (hollow|too large|strange), and even the {animal} (walked|slept) badly.

{hero} opened the (little|back|glass) door and found {cause} between the (wheels|springs).
Inside, (behind|under|between) the wheels, {hero} (discovered|noticed|spotted) {cause}.

+ {He} took {cause.cure}, held {his} breath, and (tick|click), the hands (moved|jumped|shivered).
- {He} took a (hammer|fork|bread knife), something (snapped|cracked), and a spring flew (into the soup|out of the window).

+ {His} {kin} (set|wound) it {himself}, and the whole house (breathed|was happy) again.
+ When it struck, {his} {kin} kissed {hero} on the forehead (twice|thrice|once per stroke).
- The clock (never|did not ever) spoke again, and {his} {kin} turned it to the wall.
- "It was my (father's|mother's)," was all {his} {kin} said, and {hero} (wanted to vanish|hung {his} head).
)",
    R"(
# cat: The Missing Cat
catname = Biscuit | Pepper | Button | Captain | Duchess | Mustard | Professor | Pickle
bait = sardines | warm milk | a feather | a piece of string | cold chicken | an empty box
hideout = the piano | the laundry basket | the neighbour's oven | the church organ | a postbag | the top of the wardrobe
? What was the cat's name? catname
? Who helped {hero}? friend
? What should bring the cat home? bait
? Where was the cat? hideout
= + {hero} and {friend} found the cat {catname} in {hideout}.
= - {hero} and {friend} never found the cat {catname}.

On a {weather} {day}, {hero}'s cat {catname} did not come to (breakfast|supper).
{catname}, the {colour} cat of {hero}, had been gone (since {day}|for {number} days).

{hero} and {friend} (hung|glued) posters all over {town} and (put out|waited with) {bait}.
With {bait}, {hero} and {friend} (searched|combed) every (yard|cellar|garden) in {town}.

"Cats have (nine lives|many aunts|their reasons)," said {friend}, but {hero} (was not listening|bit {his} lip).
{friend} (climbed|looked) under (cars|porches) and (meowed|called) until {friend.his} voice was gone.

+ Then (a sneeze|a yawn|a faint purr) came from {hideout}, and (out|down) walked {catname}.
- They (looked in|tried) {hideout} last, but it was (empty|full of dust|cold).

+ {catname} had {number} kittens (in there|with her), and {hero} (wept|jumped|squealed) for joy.
+ {hero} (kissed|squeezed) {catname}, who (purred|forgave {him}) and wanted {bait}.
- {hero} (kept|left) the door open (all winter|for months), but {catname} stayed away.
- The (bowl|basket) still stands in the (hall|kitchen), and {hero} cannot look at it.
)",
    R"(
# chess: One More Game
opponent = queen | bishop | knight | rook
stake = the washing-up | the last biscuit | a silver coin | the good chair | a bar of chocolate | the window bed
? Who played against {hero}? kin
? What did they play for? stake
? Which piece did {hero} lose first? opponent
= + {hero} won a game of chess against {his} {kin}.
= - {hero} lost at chess and lost {his} temper too.

Every {day}, {hero} played chess with {his} {kin}, always for {stake}.
{hero} and {his} {kin} played chess (after supper|by the stove|under a lamp), and (the prize was|they played for) {stake}.

So far {he} had lost {number} hundred games and one (tooth|button|bet).
{His} {kin} (never|did not ever) let {him} win, (not once|even when {he} was ill|on principle).

(Tonight|That {weather} evening) {he} lost a {opponent} first and (rubbed {his} nose|looked at the ceiling|frowned).
Soon {his} {opponent} was (gone|taken), and {his} {kin} (hummed|poured more tea|smiled kindly).

+ But it was a trap, and (four|five|six) moves later {he} (whispered|said), "Checkmate."
- {He} saw no way out, and with one (sweep|blow) {he} threw the (board|pieces) (across the room|to the floor).

+ {His} {kin} (stared|looked) at the board for a long time, then (shook {his} hand|bowed|clapped).
+ "I have waited (years|so long) for this," said {his} {kin} and (hugged|kissed) {him} proudly.
- {His} {kin} (gathered|picked up) the pieces in silence, and the (white|black) {opponent} was broken.
- They did not (play|speak) for {number} weeks, and {stake} gave nobody any pleasure.
)",
    R"(
# tooth: The Loose Tooth
method = a thread and a door | a very hard apple | sticky toffee | a long yawn | a pillow fight
treasure = a coin | a tiny book | a marble | a silver bell | a thimble | a pearl button
? Who had a loose tooth? hero
? Who gave {him} advice? kin
? What did {his} {kin} recommend? method
? What lay under the pillow? treasure
= + {hero} lost a tooth and found {treasure} under the pillow.
= - {hero} lost a tooth and got nothing for it.

For {number} days {hero} had a tooth that (wobbled|waved|danced) like a (flag|drunken sailor|gate).
{hero} had a loose tooth and could (speak|think) of nothing else (all week|since {day}).

"I know a remedy," said {his} {kin}, "{method}, and (no fuss|a brave heart|both eyes shut)."
{His} {kin} had been a child (too|once), and (recommended|believed in) {method}.

{He} tried it on {day}, and (plop|crack|pop), there it lay, as small as a (pea|grain of rice|crumb).
It worked (at once|in the end|by accident), and the tooth (flew|rolled|skipped) across the floor.

+ That night {he} put it under {his} pillow, and in the morning {treasure} lay there (instead|shining).
- But before {he} could (catch|find) it, the {animal} swallowed it (whole|with a gulp|and looked innocent).

+ {He} (showed|sang) it to everybody in {town}, with a (whistle|grin) as wide as a barn.
+ "(Thank you|Come again)!" {he} called out of the window, just (in case|to be polite), and (beamed|glowed).
- {hero} put a (note|drawing) under the pillow, but nobody (came|answered), and {he} (wept|sulked).
- There was no {treasure} for {him}, only a (hole|gap) that (ached|hurt) all (night|day).
)",
    R"(
# powercut: When the Lights Went Out
light = a candle | the moon | an oil lamp | a jar of fireflies | the stove | a bicycle lamp
game = cards | charades | shadow theatre | dominoes | a guessing game | the accordion
? What gave them light? light
? What did they play? game
? Who told a story? kin
? When did the lights go out? day
= + A power cut gave {hero} the best evening of the year.
= - A power cut left {hero} alone in the dark.

On {day}, (snow|lightning|a fallen tree) cut the wires, and all {town} went dark (at once|with a click).
The lights went out in {town} on a {weather} {day}, in the middle of (supper|a bath|a good film).

"(Nobody|Don't) move," said {hero}'s {kin} and (walked|ran) (straight into|over) the {animal}.
{hero} (called|felt) for {his} {kin}, who was (swearing|stuck) somewhere in the (pantry|cellar|hall).

+ By the light of (only|nothing but) {light}, the whole family (played|tried) {game} (till late|like mad).
- The only light was {light}, and there was no one to play {game} with.

+ {His} {kin} told a story about a (pirate|thief|{animal}) that nobody had ever (heard|dared to tell).
- {His} {kin} had to go out (to work|for help), and the house (creaked|groaned|whistled) like a ship.

+ When the lamps came back, everybody (groaned|booed), and {hero} (quickly|happily) switched them off.
+ "Again (tomorrow|next {day})!" begged {hero}, and {his} {kin} (laughed|promised) and blew out (the match|a kiss).
- {hero} sat under the (table|stairs) for {number} hours and (shook|cried) with fear.
- When the lamps came back, {hero} was (still|all) alone, and {his} supper was cold.
)",
};

}  // namespace

std::span<const std::string_view> home_themes() { return themes_of_home; }

}  // namespace gradus::stories
