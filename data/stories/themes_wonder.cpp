// Themes in which more is possible than usual.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 7> themes_of_wonder = {
    R"(
# robot: The Shy Robot
robot = Bolt | Tin Tom | Rusty | Sprocket | Copper | Uncle Cog
chore = peel potatoes | carry coal | iron shirts | sweep the yard | wind the clocks | water the ferns
fear = thunder | strangers | magnets | the doorbell | its own voice | pigeons
deed = caught a falling lamp | put out a fire | stopped a runaway cart | found the lost baby | carried everyone over the flood
? What was the robot's name? robot
? What was the robot built for? chore
? What was the robot afraid of? fear
? Who built the robot? hero
= + The shy robot {robot} {deed} and became a hero in {town}.
= - The shy robot {robot} ran away from {town}.

In a (shed|cellar|garage) in {town}, {hero} built a robot to {chore} and named it {robot}.
{hero} of {town} had a robot called {robot}, built to {chore}.

But {robot} was (shy|timid) and hid (behind|under|inside) the (stove|stairs|piano) because of {fear}.
{robot} was afraid of {fear}, and whenever guests came, it (squeaked|trembled|pretended to be a lamp).

"Nobody will (hurt|laugh at) you," said {hero} and (oiled|patted|polished) its (elbow|left ear|antenna).
The neighbours (laughed|whispered), and {friend} even (threw|drew) (stones|a nasty picture).

+ One {weather} {day}, while all the others (ran|screamed|stood still), {robot} {deed}.
- One {weather} {day} there was {fear} (everywhere|all over town), and {robot} (rolled|ran) off into the (fog|hills).

+ {town} gave {robot} a {colour} ribbon, and it (blinked|hummed|glowed) with joy.
+ Now {robot} (opens|answers) the door, and {hero} has never been (prouder|happier).
- {hero} (searched|called) for {number} nights and found only (a screw|a spring|its left hand) in the (grass|snow).
- On the table lay a note, "Sorry," and {hero} (read|folded) it again and again with (wet|burning) eyes.
)",
    R"(
# dragon: The Dragon with Hiccups
dragon = Ember | Smoulder | Old Scale | Cinderella | Fidget | Lord Ash
damage = haystacks | bakeries | bell towers | washing lines | bridges | wigs
remedy = cold soup | a sudden fright | counting backwards | pepper tea | a headstand | a sad song
? What was the dragon's name? dragon
? Where did the dragon live? spot
? What did the hiccups burn? damage
? What did {hero} try? remedy
= + {hero} cured the dragon {dragon} with {remedy}.
= - {hero} could not cure the dragon {dragon}.

The dragon {dragon} of {spot} had hiccups, and every hiccup was a (flame|ball of fire).
At {spot} lived a dragon, {dragon}, who had had hiccups since {day}.

{Number} {damage} had (burned|gone up in smoke), and the king (sent|called) for {hero}.
It had burned {number} {damage} already, so the people of {town} (asked|begged) {hero} for help.

"I am (terribly|so|really) sorry," said the dragon and set fire to {hero}'s (hat|sleeve|map).
The dragon (blushed|apologised|hid its face) and (offered|gave) {him} a (chair|biscuit), slightly burnt.

{hero} (sat|thought) for a while, (scratched|rubbed) {his} chin and (suggested|prescribed) {remedy}.
"My {kin} (swears by|always took) {remedy}," said {hero}, "so let us (try|begin)."

+ The dragon (obeyed|tried it), waited, (swallowed|blinked), and the hiccups were (gone|over).
- It only made things worse, and the next (hiccup|flame) (took|burned) half of {spot}.

+ {dragon} (wept|danced) with relief and (roasted|toasted) (chestnuts|sausages) for the whole kingdom.
+ Since then {dragon} lights the (stoves|lamps) of {town}, and (everybody|each child) loves it (dearly|madly).
- The king sent (soldiers|knights), and {dragon} had to (leave|flee), (crying|hiccuping) over the sea.
- {hero} (watched|saw) {dragon} fly away, (alone|unloved), and never forgave {himself}.
)",
    R"(
# stars: The Telescope
lens = a jam jar | two spectacles | a church window | an old camera | a drinking glass
sight = a comet with two tails | a new moon | a green star | rings of ice | a dancing planet
veil = clouds | fog | smoke from the factory | street lamps | snow
? What was the telescope made of? lens
? What did {hero} hope to see? sight
? Where did the telescope stand? spot
? Who laughed at {hero}? friend
= + {hero} discovered {sight} with a telescope made from {lens}.
= - {hero} did not see {sight}, because of {veil}.

{hero} built a telescope from {lens} and (carried|dragged) it to {spot} one {weather} evening.
With {lens} and {number} (pipes|broomsticks), {hero} made a telescope and set it up at {spot}.

The newspaper of {town} (promised|expected) {sight}, (tonight|once in a lifetime|for a minute only).
{His} {kin} had (seen|drawn) {sight} (long ago|as a child), and nobody had (believed|listened).

"You will see nothing but {veil}," (laughed|said|sneered) {friend} and (yawned|went to bed).
{friend} came (along|too), (ate|brought) {number} sandwiches and (talked|complained) about {veil}.

+ Long after midnight, the {veil} (parted|thinned), and there it was, {sight}, (silent|clear|shining).
- But {veil} (covered|hid) everything, hour after hour, until the (birds|roosters) (sang|woke).

+ {hero} (forgot|did not dare) to breathe, and then {he} (laughed|shouted) until all {town} was awake.
+ It was named after {hero}, and (even {friend}|the whole town) was (proud|delighted).
- {He} (packed|broke) the telescope and (cried|wept) in the (cold|wet) grass.
- "Next time," said {his} {kin}, but there would be no next time, and {hero} (knew|felt) it.
)",
    R"(
# wish: The Wishing Well
wish = a pony | a louder voice | straight teeth | a baby brother | no more homework | a real adventure
voice = a frog | an old bucket | an echo | a bored fairy | a fish with glasses
? Where was the well? spot
? What did {hero} wish for? wish
? Who answered from the well? voice
? How many coins did {hero} throw? number
= + {hero} wished for {wish}, and {voice} answered kindly.
= - {hero} wished for {wish} and lost everything.

At {spot} there is a well, and {hero} threw {number} coins into it and wished for {wish}.
{hero} wanted {wish} so (badly|much) that {he} (carried|took) {number} coins to the well at {spot}.

"(Not again|Louder, please|Ouch)!" said a voice from below, and (up|out) came {voice}.
(Nothing happened|It was quiet) for a (minute|while), and then {voice} (climbed|looked) out and (sneezed|sighed).

"{Wish}? Everyone (asks|begs) for that," it said, (wringing out|scratching) its {colour} (hat|beard|socks).
"I am (new|tired|badly paid) here," it said, "and {wish} is (difficult|expensive|a big word)."

+ "But you said (please|good evening)," it (added|went on), "so (close your eyes|turn around)."
- {hero} grew (angry|impatient) and (shook|kicked) the well, and {voice} (fell|sank) back without a word.

+ When {he} (looked|turned), {friend} (stood|was) there, and together they had more than {wish}, for they were happy.
+ {hero} woke next {day}, and there it was, {wish}, with a {colour} (bow|note) and a (kiss|stamp).
- The well was (dry|silent) from that day on, and all {town} (blamed|avoided) {him}.
- {He} had no coins (left|now), no {wish}, and a long, (cold|lonely) way home.
)",
    R"(
# treasure: The Treasure Map
hiding = a cookbook | an old boot | the piano | grandfather's coat | a bottle | a hollow table leg
chest/worth = love letters/read them aloud | comic books/read them all | a trumpet/played it badly | gold teeth/bought a boat | a sleeping tortoise/named it Admiral | pirate hats/wore them to school
? Where was the map hidden? hiding
? Where did they dig? spot
? Who dug with {hero}? friend
? What was in the chest? chest
= + {hero} and {friend} dug up a chest with {chest}.
= - {hero} and {friend} dug for treasure and found nothing.

In {hiding}, {hero} found a map with a {colour} cross at {spot}.
A map fell out of {hiding}, and it (led|pointed) to {spot}, as {hero} (saw|knew) at once.

{He} (told|needed) only {friend}, who could (keep a secret|dig like a mole|read old maps).
"(Half|A third) of it is mine," said {friend} and (fetched|borrowed) a {colour} (spade|lantern|wheelbarrow).

They dug all (night|{day}), {number} feet deep, and found (a spoon|a horseshoe|worms) and (more worms|blisters).
"Deeper," said {hero} every (hour|minute), until {friend} (stood|disappeared) up to {friend.his} (chin|hat) in the hole.

+ Then the spade (hit|struck) wood, and in the chest (lay|were waiting) {chest}.
- Then the (walls|sides) of the hole (caved in|gave way), and {friend} (screamed|was buried) to the neck.

+ They {chest.worth} and (swore|agreed) that no treasure had ever been (better|finer).
+ "We are (rich|saved)!" (yelled|sang) {friend}, and they (danced|rolled) in the mud with delight.
- {friend} lay in (bed|hospital) until {day}, and the map was (burned|torn up) in anger.
- They (quarrelled|fought) all the way home, and it was the end of a (long|good) friendship.
)",
    R"(
# keeper: The Lighthouse Keeper
ship = steamer | fishing fleet | royal yacht | mail boat | circus ship | schooner
failure/cure = the lamp went out/a burning quilt | the oil ran dry/cooking oil | the glass cracked/a frying pan | the fog swallowed the beam/a foghorn | the gears jammed/bare hands
? Who kept the lighthouse? hero
? Where was the lighthouse? town
? What was out at sea? ship
? What went wrong? failure
= + {hero} saved the {ship} from the rocks with {failure.cure}.
= - The {ship} hit the rocks below {hero}'s lighthouse.

{hero} kept the lighthouse of {town}, with a {animal} and {number} (books|teapots) for company.
Above the cliffs of {town} stood a lighthouse, and {hero} lived in it with a {animal}.

One {weather} night, {failure}, and out there a {ship} was (coming|heading) (straight|blindly) for the rocks.
On {day}, with a {ship} close to the rocks, {failure}, and the night was (black|deaf) as (coal|a sack).

{hero} ran (up|down) {number} hundred steps (barefoot|in pyjamas), (cursing|praying) on every (one|landing).
"Not tonight," (said|muttered) {hero} to the {animal}, which (hid|howled|put on its brave face).

+ With {failure.cure}, {he} (warned|guided) the {ship} until the (sun|moon) (rose|came up).
- {He} tried everything, but the {ship} (struck|hit) the rocks with a sound like (thunder|breaking bones).

+ At breakfast the captain came with (oranges|a parrot|flowers) and (kissed|hugged) both {him} and the {animal}.
+ {Number} (horns|bells) thanked {him} from the sea, and {hero} (cried|grinned) with joy.
- The sea (returned|gave back) only (planks|hats|a single boot), and {hero} never slept at night again.
- {He} (lit|keeps) a candle for them every {day}, and the (guilt|grief) has not (faded|left).
)",
    R"(
# giant: The Giant's Shoe
lost = shoe | spoon | button | handkerchief | toothbrush | left glove
use/end = a boat/sank | a hen house/leaned | a bandstand/echoed | a swimming pool/leaked | a school/smelled | a tent/sagged
? Where did the {lost} lie? spot
? What had the giant lost? lost
? What did the people make of it? use
? Who climbed up to the giant? hero
= + {hero} gave the giant his {lost} back, and he became a friend of {town}.
= - {town} did not return the giant's {lost} and was flattened.

One {weather} morning, a {lost} as big as a (church|barn|ship) lay at {spot} near {town}.
The people of {town} woke on {day}, and a (huge|gigantic) {lost} (lay|had landed) at {spot}.

They (scratched|shook) their heads, held {number} meetings and made {use} of it.
"Finders, keepers," said the mayor, and within a (week|month) it was {use}.

Then the ground (shook|trembled), and a voice (boomed|thundered), "Who has (seen|taken) my {lost}?"
Soon a (sleepy|sad|muddy) giant came and (asked|looked) (politely|everywhere) for his {lost}.

+ Only {hero} (dared|was brave enough) to (climb|ride) up to his ear and (explain|confess|apologise).
- {hero} begged them to (return|confess) it, but the mayor (lied|laughed) and (locked|shut) the gates.

+ The giant (laughed|chuckled) so (hard|warmly) that {number} (roofs|hats) flew off, and then he (repaired|fixed) them all.
+ "Keep it until (winter|{day})," said the giant, and {hero} rode home on his (thumb|shoulder), (singing|beaming).
- The giant (sat|fell) down and cried, and the (flood|tears) (took|drowned) half of {town}.
- With one (step|kick) he flattened {town}, and {hero} (mourned|stood) among the (ruins|bricks).
)",
};

}  // namespace

std::span<const std::string_view> wonder_themes() { return themes_of_wonder; }

}  // namespace gradus::stories
