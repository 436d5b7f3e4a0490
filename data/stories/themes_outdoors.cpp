// Themes under the open sky.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 6> themes_of_outdoors = {
    R"(
# kite: The Runaway Kite
shape = dragon | fish | ship | whale | butterfly | rocket | crow | moon
snag/cure = the string snapped/a stronger string | the knot slipped/a better knot | a goat came/hot pepper | a wing broke/a new wing
finder = a shepherd | the baker | a fisherman | a stranger | the mayor | a sailor
? Who lost the kite? hero
? What did the kite look like? shape
? Why did the kite fly away? snag
? Where did the kite fly away? spot
? Who brought the kite back? finder
= + {Finder} found {hero}'s {shape} and brought it back.
= - {hero} lost a {colour} kite at {spot}.

One {weather} (morning|afternoon), {hero} (flew|tried) a {colour} kite at {spot}.
{hero} (painted|built) a {colour} kite and ran to {spot}.
One {weather} {day} {hero} took a {colour} kite to {spot}.

It was shaped like a {shape} and (pulled|danced) like a (puppy|pony).
It looked like a {shape}, and (everybody|the wind) stood still.

(Then|Suddenly) {snag}, and the {shape} (sailed|flew|danced) away.
(Then|Suddenly|Soon) {snag}, and the {shape} was (a dot|lost|gone).

+ (Later|Soon|Finally) {finder} came (up|down) the road with it.
+ {Finder} found it in a (pear tree|chimney|pond) and (smiled|waved).
- {He} searched until dark and found only (the tail|one wing).
- It came down in the (river|sea), and nobody could (reach|save) it.

+ With {snag.cure}, it flew again, and {hero} {joy}.
+ {hero} gave it {snag.cure} and {himself} a (proud|happy) bow.
- {hero} walked home with a (heavy|sore) heart.
- That night {hero} lay awake and (wept for|missed) {his} {shape}.
)",
    R"(
# storm: The Storm
boat = Seagull | Marigold | Kingfisher | Swallow | Mermaid | Patience | Duchess
catch = herring | cod | crabs | lobsters | eels | mussels
guide = the lighthouse | a ringing bell | a bonfire | the gulls | a seal | the moon
? What was the boat called? boat
? What did they want to catch? catch
? Who sailed with {hero}? friend
? What showed them the way home? guide
= + {hero} and {friend} came home from a storm, thanks to {guide}.
= - {hero} and {friend} lost the {boat} in a storm.

{hero} and {friend} (sailed|rowed) from {town} in the {boat} for {catch}.
{hero} and {friend} left {town} in the {boat} for {catch}.

By noon the sky was (black|green and angry|as dark as ink).
Then a storm (jumped|rolled|came) over the water and (stole|snapped) one oar.

"(Hold on|Keep low|Row faster)!" {says} {friend}, and {hero} did.
"I see (no land|nothing)," {says} {friend}, taking {hero}'s hand.

+ (Just then|At last|Far away), {guide} showed them the way home.
- A (huge|green) wave broke the {boat}, and they swam for a rock.
- A ferry saved them, but the {boat} (sank|broke).

+ They had {number} {catch} and (a great story|great hunger).
+ All {town} {joy}, and everyone got {catch}.
- {friend} {grief}, for it was {friend.his} (father's|mother's) boat.
- Nobody in {town} (sang|laughed|spoke) that evening.
)",
    R"(
# snow: The First Snow
nose = carrot | turnip | potato | radish | spoon | pear
hat = kettle | bucket | flowerpot | cap | basket | lampshade
thief = crow | goat | hare | deer | donkey | squirrel
? Who helped {hero}? kin
? What was the snowman's nose? nose
? What was the snowman's hat? hat
? Who came to see the nose? thief
= + {hero} built a snowman at {spot}, and it was loved.
= - {hero} built a snowman at {spot}, but it did not last.

(Overnight|On {day}), snow fell on {spot}, and {hero} woke.
{hero} opened the curtains, and {spot} was (white|buried|silent).

{His} {kin} (built|made|rolled) a snowman with a {nose} and a {hat}.

At (noon|lunch) a hungry {thief} came and (sniffed|admired) the {nose}.
A {thief} (crept|tiptoed) up and (licked|tasted) the {nose}, very politely.

+ Then it (lay down|fell asleep) in the shade of the {hat}.
+ {hero} gave it (bread|an apple), and it left the {nose} alone.
- It ate the {nose}, and (the rain|a warm wind) took the rest.
- Then the sun came, and only the {hat} was left.

+ {hero} (greeted|hugged) the snowman every (day|morning) until spring.
+ "Lovely work," {says} {his} {kin}, and they (drank|had) (tea|milk|soup).
- {hero} took the {hat} home and did not (eat|speak).
- "No goodbye," (whispered|sobbed) {hero}, "(nothing|not a word)."
)",
    R"(
# pumpkin: The Giant Pumpkin
secret = goat milk | cold tea | violin music | bedtime stories | river mud | love songs
pest = snails | mice | beetles | moles | pigs | crows
? Who grew the pumpkin? hero
? What made the pumpkin grow? secret
? Where was the fair? town
? What came to eat the pumpkin? pest
= + {hero}'s pumpkin won the prize in {town}.
= - {Pest} ruined the pumpkin that {hero} grew.

{hero} (planted|grew) a giant pumpkin for the fair in {town}.
For the fair in {town}, {hero} (planted|grew) a pumpkin.

Every (morning|evening|{day}), {he} gave it {secret}, and it (swelled|grew).
With {secret}, it was soon (bigger|wider) than a {animal}.

(In September|One {weather} night), {pest} came (over|under|through) the fence.
But {pest} had heard of it too and came (on {day}|by moonlight).

+ {hero} stood guard with a (lantern|broom|drum) and (drove|chased) them away.
+ {His} {kin} threw a (blanket|tent) over it, and it was (safe|saved).
- By morning the pumpkin was (gone|a hollow shell).
- They left {him} only (the skin|a few seeds|a bad smell).

+ It won (first prize|the gold cup), and {town} ate soup for {number} days.
+ {Number} horses pulled it to {town}, and the mayor (kissed|crowned) {hero}.
- {hero} (stared|wept) at the empty garden.
- {hero} (broke|buried) {his} spade and never (sang|planted) again.
)",
    R"(
# hike: Above the Clouds
summit = Bald Mountain | Thunder Horn | Old Giant | Needle Rock | Crooked Peak
packed/known/use = a rope/the rope/pulled each other up | a whistle/the whistle/whistled a march | a map/the map/found the path | a lantern/the lantern/lit the way
? Who climbed with {hero}? friend
? Which mountain did they climb? summit
? What did they take along? packed
? Where did they start? town
= + {hero} and {friend} climbed {summit} and came down safely.
= - {hero} and {friend} never reached the top of {summit}.

{hero} and {friend} left {town} for {summit} with {packed}.
{hero} and {friend} of {town} climbed {summit} with {packed}.

(Halfway up|Near the top|At noon) came a fog, as (thick|white) as (wool|milk).
(Halfway up|Near the top|At noon) the path (vanished|turned to ice).

"(Left|Right|Straight on)," {says} {friend}, though {friend.he} was (guessing|not sure).
{friend} wanted to (rest|wait|sing), and {hero} wanted (lunch|a miracle).

+ They {packed.use} until they stood above the clouds.
- But {packed.known} was lost, and {friend} hurt {friend.his} (knee|foot|arm).

+ "The whole world!" {adds} {hero}, and {friend} (hugged {him}|sang).
+ From there even {town} looked (kind|tiny), and they {joy}.
- They (limped|crept) home in the rain, and neither (spoke|smiled).
- They (turned|went) back, and {hero} was bitterly sorry.
)",
    R"(
# camp: Night in the Tent
noise = snoring | scratching | humming | growling | giggling | chewing
truth = a hungry hedgehog | an old owl | a lost lamb | a dancing badger | a cow
? Where did they camp? spot
? Who slept beside {hero}? friend
? What did they hear? noise
? What made the noise? truth
= + The noise in the night was only {truth}.
= - {hero} and {friend} ran from a noise at {spot}.

{hero} and {friend} put up a {colour} tent at {spot} (together|again|proudly).
{hero} slept in a tent at {spot} with {friend} and (sausages|candles).

At midnight something (started|began) {noise} (outside|near the tent|right behind {friend}).
Then they heard it, a strange {noise}, (closer and closer|very near).

"(A bear|A ghost|My teacher)!" {says} {friend}, hiding {friend.his} (head|nose).
{friend} held {friend.his} breath, and {hero} held (a spoon|{friend}'s hand).

+ {hero} looked out (bravely|slowly|carefully), and it was only {truth}.
- They ran (barefoot|screaming) into the rain and lost the tent.

+ They {joy} until dawn, and the night was (beautiful|perfect).
+ Everybody got a biscuit, and {hero} slept (well|happily) till morning.
- They sat (wet|cold) and unhappy under a tree until {day}.
- {friend} (caught|had) a terrible cold, and they never camped again.
)",
};

}  // namespace

std::span<const std::string_view> outdoor_themes() { return themes_of_outdoors; }

}  // namespace gradus::stories
