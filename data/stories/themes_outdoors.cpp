// Themes under the open sky.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 7> themes_of_outdoors = {
    R"(
# kite: The Runaway Kite
shape = dragon | fish | comet | ship | butterfly | whale | swallow | rocket
snag/cure = the string snapped/a stronger string | the knot slipped/a sailor's knot | the reel broke/an iron reel | a goat bit the string/a string dipped in pepper | the wind doubled/a heavier tail
finder = a shepherd | the postman | a fisherman | the baker | a tall stranger | somebody's grandmother
? Who lost the kite? hero
? What did the kite look like? shape
? Why did the kite fly away? snag
? Where did the kite fly away? spot
? Who brought the kite back? finder
= + {Finder} found {hero}'s {shape} kite and brought it back.
= - {hero} lost a {colour} kite at {spot}.

On a {weather} (morning|afternoon), {hero} carried a {colour} kite to {spot}.
{hero} (painted|sewed|built) a {colour} kite and ran with it to {spot}.
One {weather} {day}, {hero} and a {colour} kite went to {spot}.

It was (shaped|cut|folded) like a {shape} and tugged like a (puppy|live fish|young horse).
It looked like a {shape}, and (everybody|every child|even the crows) stopped to stare.

(Then|Suddenly|At the highest point), {snag}, and the {shape} sailed (over the trees|behind the hill|into a cloud).
(Then|Suddenly|After an hour), {snag}, and {he} (watched|saw) the {shape} grow (smaller and smaller|as small as a bee).

+ (At dusk|Before supper|The next day), {finder} came (up|down) the road with the kite under one arm.
+ {Finder} (pulled|fished|shook) it out of a (pear tree|duck pond|chimney) and brought it back.
- {He} searched until dark and found only (the tail|a torn wing|one ribbon) in a (ditch|hedge|puddle).
- It came down in the (river|sea|quarry), where nobody could (reach|follow|save) it.

+ With {snag.cure}, it flew (again|better than ever), and {hero} (laughed|cheered|sang) out loud.
+ {hero} gave it {snag.cure} and {himself} a (proud|happy|satisfied) little bow.
- {hero} (walked|trudged) home with an empty reel and a (heavy|sore) heart.
- That night {hero} (lay awake|cried a little) and (missed|mourned) {his} {shape}.
)",
    R"(
# storm: The Storm
boat = Seagull | Marigold | Old Bess | Swallow | Mermaid | Patience | Blue Whistle
catch = herring | cod | crabs | mackerel | lobsters | eels
guide = the lighthouse | a ringing bell | a bonfire on the beach | the gulls | a singing seal
? What was the boat called? boat
? What did the crew hope to catch? catch
? Who sailed with {hero}? friend
? What showed them the way home? guide
= + {hero} and {friend} came home from a storm, thanks to {guide}.
= - {hero} and {friend} lost the {boat} in a storm.

{hero} and {friend} (sailed|rowed) out from {town} in the {boat} to catch {catch}.
The {boat} left {town} (at dawn|after breakfast|with the tide), and {hero} and {friend} hoped for {catch}.

By noon the sky was (as black as a kettle|the colour of slate|green and angry), and the waves (stood up like walls|climbed over the rail|hid the shore).
Then a storm (jumped|rolled|came howling) over the water and (stole|snapped|swallowed) one oar.

"(Hold on|Keep low|Bail faster)!" (shouted|cried|called) {friend}, but {hero} could only hold {friend.his} (hand|sleeve|belt).
"I (can't see|have lost) the land," said {friend}, and {hero} (said nothing|swallowed hard|tied a rope around them).

+ (Just then|At last|Far away), {guide} showed them the (harbour|way), and they (steered|pulled) for it.
- A (huge|last|green) wave (turned over|broke|filled) the {boat}, and they swam to a (cold|bare|lonely) rock.
- They were saved by a (ferry|coast guard|passing ship), but the {boat} (sank|went down) with all the {catch}.

+ They brought home {number} {catch} and the best (story|appetite|tale) in {town}.
+ All {town} (danced|cheered) on the pier, and the {catch} were (fried|shared) for everyone.
- {friend} wept, for the {boat} had been {friend.his} (father's|mother's|only home).
- Nobody in {town} (sang|laughed|spoke) that evening, and {hero} (never sailed|hated the sea) afterwards.
)",
    R"(
# snow: The First Snow
nose = carrot | pine cone | potato | clothes peg | radish | spoon
hat = teapot | bucket | flowerpot | saucepan | straw hat | basket
thief = crow | goat | hare | deer | squirrel | donkey
? Who helped {hero}? kin
? What was the snowman's nose? nose
? What was the snowman's hat? hat
? Who ate the nose? thief
= + {hero} built a snowman at {spot}, and it was loved.
= - {hero} built a snowman at {spot}, but it did not last.

(Overnight|On {day}|While {town} slept), the first snow fell on {spot}, and {hero} (woke|dressed) before anybody else.
{hero} opened the curtains, and {spot} was (white|buried in snow|as white as paper).

{He} and {his} {kin} built a snowman with a {nose} for a nose and a {hat} for a hat.
{His} {kin} (rolled|pushed) the body, and {hero} added a {nose} for a nose and a {hat} for a hat.

(At noon|After lunch|Soon), a hungry {thief} came and (looked at|sniffed) the {nose} (for a long time|with great interest).
A {thief} (crept|tiptoed) up and (licked|tasted) the {nose}, (twice|very politely).

+ Instead of eating it, the {thief} (lay down|settled|fell asleep) in the shade of the {hat}, (friendly|content|warm) as could be.
+ {hero} gave it (half a sandwich|an apple|some oats), and the {thief} left the {nose} alone.
- It ate the {nose} in (one bite|two bites), and by evening (the rain|a warm wind) took the rest.
- Then the sun came out, and by {day} only the {hat} was left in a (puddle|patch of mud).

+ The snowman stood until (March|spring|Easter), and {hero} (greeted|saluted|hugged) him every (day|morning).
+ "(Good|Clever|Lovely) work," said {his} {kin}, and they (drank|shared) hot (chocolate|milk|soup) beside him.
- {hero} (carried|took) the {hat} home and did not (want|touch) {his} supper.
- "He (melted|left) without a goodbye," {hero} (whispered|sobbed), and {his} {kin} (had no answer|held {him}).
)",
    R"(
# pumpkin: The Giant Pumpkin
secret = goat milk | cold tea | violin music | bedtime stories | old beer | river mud
pest = snails | mice | beetles | moles | pigs | hail
? Who grew the pumpkin? hero
? What made the pumpkin grow? secret
? Where was the fair? town
? What came in the night? pest
= + {hero}'s pumpkin won the prize in {town}.
= - {Pest} ruined the pumpkin that {hero} grew.

{hero} planted (one|a single) pumpkin seed, because the fair in {town} gave a prize for the (biggest|heaviest).
For the fair in {town}, {hero} (wanted|hoped|meant) to grow the (biggest|roundest) pumpkin in the world.

Every (morning|evening|{day}), {he} gave it a little {secret}, and it (swelled|grew) like a balloon.
{His} {kin} (advised|recommended|believed in) {secret}, and soon the pumpkin was as big as a {animal}.
The trick was {secret}, and by August (it|the pumpkin) was (taller|wider) than a {animal}.

(The night before the fair|One {weather} night|In September), {pest} came (over|under|through) the (fence|wall).
But {pest} had heard of it too, and they came (on {day}|by moonlight|without knocking).

+ {hero} (stayed awake|stood guard) with a (lantern|broom|drum) and (drove|chased) them (all off|away).
+ {His} {kin} (threw|spread) a (blanket|quilt|tent) over the pumpkin, and not a scratch was (found|left).
- By morning there was (a hole|nothing but skin|a hollow shell) where the pumpkin had been.
- They left {him} only (the stalk|a few seeds|a bad smell) and (muddy|sticky) tracks.

+ It won (first prize|the gold cup|the blue ribbon), and {town} ate pumpkin (pie|soup) for {number} days.
+ {Number} (men|horses) pulled it to {town}, where {hero} was (crowned|cheered) by the mayor.
- {hero} stayed home from the fair and (stared|glared) at the (empty|trampled) garden.
- {hero} (threw down|buried) {his} spade, and the prize went to (a stranger|someone else) again.
)",
    R"(
# hike: Above the Clouds
summit = Crooked Peak | Bald Mountain | the Needle | Thunder Horn | the Old Giant
packed/use = a rope/pulled each other up | a whistle/called for help | a map/found the path | a lantern/lit the way | a compass/walked due south
? Who climbed with {hero}? friend
? Which mountain did they climb? summit
? What was in the rucksack? packed
? Where did they start? town
= + {hero} and {friend} climbed {summit} and came down safely.
= - {hero} and {friend} never reached the top of {summit}.

{hero} and {friend} left {town} (at sunrise|before dawn|on {day}) to climb {summit}, with {packed} in the rucksack.
(At last|One {weather} day), {hero} and {friend} set out from {town} for {summit} with {packed} and (cheese|plums|cold pancakes).

(Halfway up|Near the top|At noon), a fog (rolled|came) in, as (thick|white) as (porridge|wool|milk).
(Halfway up|Near the top|After lunch), the path (crumbled|vanished|turned to ice) under their boots.

"(Left|Right|Straight on)," said {friend}, though {friend.he} was (guessing|shivering|not at all sure).
{friend} wanted to (turn back|wait|sing), and {hero} wanted (lunch|to go on|a miracle).

+ They {packed.use}, step by step, until they stood (above|over) the clouds.
- They had left {packed} (beside the stream|at lunch|on a rock), and {friend} (slipped|fell) and hurt {friend.his} (knee|ankle|wrist).

+ "The whole world!" (whispered|breathed|shouted) {hero}, and {friend} (opened the cheese|hugged {him}|threw {friend.his} hat up).
+ From there even {town} looked (kind|tiny|like a toy), and they (laughed|yodelled) for joy.
- They (limped|crept) back to {town} in the rain, and neither (spoke|smiled).
- The trip was over, and {hero} (felt|was) (guilty|miserable|bitterly sorry) all week.
)",
    R"(
# camp: Night in the Tent
noise = snoring | scratching | humming | growling | giggling | chewing
truth = a hedgehog in the biscuits | an owl with a cold | a lost lamb | a badger dancing | the neighbour's cow
? Where did they camp? spot
? Who slept beside {hero}? friend
? What did they hear? noise
? What made the noise? truth
= + The noise outside the tent was only {truth}.
= - Rain and fear ended the night that {hero} and {friend} spent at {spot}.

{hero} and {friend} (put up|pitched) a {colour} tent at {spot} and told (ghost|pirate|wolf) stories.
It was {hero}'s first night in a tent, at {spot}, with {friend} and {number} (sausages|candles|blankets).

At midnight something (started|began) {noise} (outside|beside the tent|right behind {friend}).
Then they heard it, a strange {noise}, (close|closer and closer|very near) in the dark.

"(A bear|A ghost|My teacher)!" (whispered|squeaked) {friend}, pulling the blanket over {friend.his} (head|nose|ears).
{friend} held {friend.his} breath, and {hero} held (a spoon|a torch|{friend}'s hand).

+ {hero} (peeped|looked) out (bravely|slowly|with one eye), and it was only {truth}.
- They ran (barefoot|screaming|blindly) into the (rain|dark), and the tent (fell down|blew away|tore) behind them.

+ They laughed until (dawn|their ribs hurt|the moon set), and the night was (beautiful|perfect) after all.
+ Everybody got (a sausage|a biscuit), and {hero} slept (well|like a stone|happily) till morning.
- They sat (wet|soaked|muddy) and (unhappy|wretched) under a tree until {hero}'s {kin} came.
- {friend} (caught|got) a (fever|terrible cold), and they never camped again.
)",
    R"(
# bike: Without Small Wheels
gift = Christmas | Easter | a lost tooth | good marks | bravery at the dentist | helping in the garden
obstacle = duck | puddle | wedding party | wheelbarrow | sleeping dog | flock of sheep
? Where did {hero} learn to ride? spot
? Who ran behind the bicycle? kin
? Who gave the bicycle a push? kin
? What was in the way? obstacle
= + {hero} learned to ride a {colour} bicycle at {spot}.
= - {hero} crashed the {colour} bicycle at {spot}.

{hero} got a {colour} bicycle for {gift} and (took|pushed|rolled) it straight to {spot}.
The {colour} bicycle was for {gift}, and {hero} (tried|polished) it at {spot} (all day|at once).

"(Pedal|Look ahead|Don't stop)!" called {his} {kin}, who ran behind and held the (seat|saddle).
{His} {kin} gave {him} a (push|shove) and a (kiss|wink), and off {he} (went|wobbled|rolled).

After {number} metres there was a {obstacle} in the way, and {hero} (forgot|could not find) the brakes.
Then {he} (noticed|saw) two things, that nobody was holding on and that a {obstacle} lay ahead.

+ {He} leaned left, (missed|passed) the {obstacle} by a hair and (kept|went on) rolling.
- {He} (hit|met) the {obstacle}, flew over the handlebars and landed on {his} (chin|elbow|nose).

+ "I can (ride|do it|fly)!" (yelled|sang|cried) {hero}, and {his} {kin} (danced|wept for joy|cheered).
+ {He} rode (round|past) {spot} {number} times with the (widest|proudest) smile in town.
- The front wheel was (bent|broken|an egg), and {hero} (cried|limped|sobbed) all the way home.
- {hero} (kicked|blamed) the bicycle, and it (rusted|gathered dust) in the (shed|cellar) for years.
)",
};

}  // namespace

std::span<const std::string_view> outdoor_themes() { return themes_of_outdoors; }

}  // namespace gradus::stories
