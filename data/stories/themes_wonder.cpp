// Themes in which more is possible than usual.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 6> themes_of_wonder = {
    R"(
# robot: The Shy Robot
robot = Bolt | Rusty | Sprocket | Copper | Tinker | Cog
chore = peel potatoes | carry coal | iron shirts | sweep floors | wind clocks
fear = thunder | strangers | dogs | pigeons | mirrors | ghosts
deed = caught a thief | stopped a fire | saved a baby | mended a bridge
? What was the robot's name? robot
? What was the robot built for? chore
? What was the robot afraid of? fear
? Who built the robot? hero
= + The shy robot {robot} {deed} in {town}.
= - The shy robot {robot} ran away from {town}.

In {town}, {hero} built a robot to {chore} and (named|called) it {robot}.
{hero} of {town} had a robot called {robot}, built to {chore}.

But {robot} hid under the (stove|stairs|piano) from {fear}.
But {robot} feared {fear} and (squeaked|trembled|hid).

"Be brave," {says} {hero} and (oiled|patted|polished) its (elbow|ear).
The neighbours (laughed|whispered), and {friend} (threw stones|laughed too).

+ One {weather} {day}, while everybody (ran|screamed|slept), {robot} {deed}.
- One {weather} {day} {fear} came, and {robot} (rolled|ran) away.

+ {town} gave it a {colour} ribbon, and it (hummed|glowed) with joy.
+ {hero} hugged it, and nobody was (prouder|happier) than {robot}.
- {hero} searched {number} nights and found only a (screw|spring).
- A note said "Sorry," and {hero} {grief} for {number} nights.
)",
    R"(
# dragon: The Dragon with Hiccups
dragon = Ember | Smoulder | Sizzle | Cinder | Fidget | Ash
damage = haystacks | bakeries | towers | bridges | wigs | castles
remedy = cold soup | pepper | tea | a headstand | a song
? What was the dragon's name? dragon
? Where did the dragon live? spot
? What did the hiccups burn? damage
? What did {hero} try? remedy
= + {hero} cured the dragon {dragon} with {remedy}.
= - {hero} could not cure the dragon {dragon}.

The dragon {dragon} of {spot} had (hot|fiery) hiccups.
At {spot}, the {colour} dragon {dragon} had hiccups.

{Number} {damage} had burned, so the king (called|sent) {hero}.
It had burned {number} {damage}, so {hero} (came|rode|hurried).

"Sorry," it {says}, burning {hero}'s (hat|sleeve|map).
It (blushed|apologised) and gave {him} a burnt (chair|biscuit).

{hero} (thought|sighed) and (suggested|prescribed) {remedy}.
"Try {remedy}," {adds} {hero} (kindly|wisely|boldly).

+ It (obeyed|blinked), and the hiccups were (gone|over).
- Then the next flame (took|burned) half of {spot}.

+ {dragon} {joy} and (roasted|toasted) (chestnuts|sausages).
+ Now {dragon} lights (stoves|lamps), and everybody loves it.
- Soldiers came, and {dragon} fled, (crying|hiccuping).
- {hero} watched {dragon} fly away, (alone|unloved), and {grief}.
)",
    R"(
# stars: The Telescope
lens = a jam jar | two spectacles | a window | a bottle | a camera
sight = a comet | a new moon | a green star | icy rings | a planet
veil = clouds | fog | smoke | rain | snow
? What was the telescope made of? lens
? What did {hero} hope to see? sight
? Where did the telescope stand? spot
? Who laughed at {hero}? friend
= + {hero} saw {sight} with a telescope made from {lens}.
= - {hero} did not see {sight}, because of {veil}.

{hero} (carried|dragged) a telescope made of {lens} to {spot}.
With {lens}, {hero} (made|built) a telescope at {spot}.

{He} wanted to see {sight}, for {number} (minutes|hours) only.
{His} {kin} had (seen|drawn) {sight} as a child.

"Nothing but {veil}," {says} {friend} and (yawned|left).
{friend} (laughed|yawned) and (talked|complained) about {veil}.

+ At midnight the {veil} (parted|vanished), and there was {sight}.
- But {veil} hid everything until the birds (sang|woke).

+ {hero} forgot to breathe, and then {he} {joy}.
+ It was named after {hero}, and even {friend} was (proud|delighted).
- {He} (packed|broke) the telescope and {grief} in the cold grass.
- There would be no next time, and {hero} (knew|felt) it.
)",
    R"(
# treasure: The Treasure Map
hiding = a cookbook | a boot | the piano | a bottle | a chimney
chest/joy = letters/read them aloud | a trumpet/played it badly | gold/bought a boat | a tortoise/named it Admiral | hats/wore them proudly
? Where was the map hidden? hiding
? Where did they dig? spot
? Who dug with {hero}? friend
? What was in the chest? chest
= + {hero} and {friend} dug up {chest} at {spot}.
= - {hero} and {friend} dug for treasure and found nothing.

In {hiding}, {hero} found a {colour} map of {spot}.
A map from {hiding} (led|sent) {hero} to {spot} on {day}.

{He} told only {friend}, who could (dig|read maps|keep secrets).
"Half is mine," {says} {friend}, bringing a {colour} (spade|lantern).

They dug {number} feet deep and found (a spoon|a horseshoe|worms).
"Deeper," {adds} {hero}, until {friend} (stood|sat) deep down.

+ The spade (hit|struck) wood, and in the chest (lay|was) {chest}.
- Then the walls (caved in|gave way), and {friend} screamed.

+ They {chest.joy} and agreed that nothing was (better|finer).
+ "We are (rich|saved)!" (yelled|sang) {friend}, (dancing|laughing).
- {friend} lay in bed for weeks, (pale|weak) and (angry|bitter).
- They (quarrelled|fought) all the way home, and a friendship ended.
)",
    R"(
# keeper: The Lighthouse Keeper
ship = steamer | ferry | yacht | mail boat | schooner | whaler
failure/cure = the lamp died/a burning quilt | the oil froze/candles | the glass cracked/a mirror | fog came/a trumpet | the gears jammed/bare hands
? Who kept the lighthouse? hero
? Where was the lighthouse? town
? What was out at sea? ship
? What went wrong? failure
= + {hero} saved the {ship} from the rocks with {failure.cure}.
= - The {ship} hit the rocks below {hero}'s lighthouse.

{hero} kept the lighthouse of {town} with a {animal}.
In the lighthouse of {town} lived {hero} and {number} (books|teapots).

One {weather} night {failure}, and a {ship} was near the rocks.
On {day}, with a {ship} close to the rocks, {failure}.

{hero} ran (up|down) {number} hundred steps, (cursing|praying|barefoot).
"Not tonight," {says} {hero} and (ran|climbed|prayed).

+ With {failure.cure}, {he} (warned|guided) the {ship} until (dawn|morning).
- But the {ship} struck the rocks with a (terrible|long) (crash|cry).

+ The captain came with (oranges|a parrot|flowers) and (kissed|hugged) {him}.
+ {Number} bells thanked {him} from the sea, and {hero} {joy}.
- The sea gave back only (planks|hats|a boot), and {hero} never slept again.
- {He} lights a candle for them every {day} and (weeps|cannot speak).
)",
    R"(
# wish: The Wishing Well
wish = a pony | a treehouse | courage | a brother | adventures
voice/known = a frog/the frog | a ghost/the ghost | a fairy/the fairy | a fish/the fish | a wizard/the wizard | a duck/the duck
? Where was the well? spot
? What did {hero} wish for? wish
? Who answered from the well? voice
? How many coins did {hero} throw? number
= + {hero} wished for {wish}, and {voice} answered kindly.
= - {hero} wished for {wish} and got nothing.

At {spot}, {hero} threw {number} coins into a well for {wish}.
For {wish}, {hero} took {number} coins to the well at {spot}.

"(Again|Louder|Ouch)!" said a voice, and (up|out) came {voice}.
It was quiet, and then {voice} (climbed|looked) out and (sneezed|sighed).

"Everyone wants {wish}," it {says}.
"And why {wish}?" it (asked|said|yawned).

+ "But you said please," it {adds}, "so (wait|jump|turn)."
- {hero} (shook|kicked) the well, and {voice.known} (fell|sank) back.

+ There stood {friend}, (laughing|smiling), and {wish} could wait.
+ {hero} had {wish} by {day}, to {his} great (joy|delight).
- The well was (dry|silent) forever, and everyone blamed {him}.
- {He} had no coins left and a long, (cold|lonely) way home.
)",
};

}  // namespace

std::span<const std::string_view> wonder_themes() { return themes_of_wonder; }

}  // namespace gradus::stories
