// Themes among many people.

#include <array>

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

constexpr std::array<std::string_view, 7> themes_of_town = {
    R"(
# market: Market Day
ware = pears | candles | wooden spoons | onions | woollen socks | jam | clay whistles | cheese
trouble = spilled milk | a runaway pig | a thunderstorm | the price of pepper | a man with a louder voice
song = an old song | a rhyme | a joke about the mayor | a love song | a sad ballad
? What did {hero} sell? ware
? Where was the market? town
? Who helped {hero}? friend
? What drove the people away? trouble
= + {hero} sold all the {ware} with the help of {friend}.
= - {hero} could not sell the {ware} at the market.

On {day}, {hero} took a cart of {ware} to the market in {town}.
{hero} stood in the market of {town} behind a (mountain|tower) of {ware}.

"Fresh {ware}!" {he} (called|shouted|sang), but people (yawned|hurried past|shook their heads).
An old (lady|man|sailor) (touched|sniffed at) the {ware}, said "Hm" and bought (nothing|one|half of one).

Then came {trouble}, and the (whole|entire) square was (empty|in an uproar) within (seconds|a minute).
Things got (worse|no better) when {trouble} (drew|chased) the last (buyers|customers) away.

+ So {friend} jumped on a barrel with {song}, and (slowly|one by one) the people (came|drifted) back.
- "Go home," said {friend} (kindly|gently|coldly), "nobody wants {ware} in this weather."

+ By evening the cart was (empty|bare), and {hero} and {friend} (shared|counted) {number} (coins|silver pieces) and a (sausage|pretzel).
+ They sold (everything|the lot), even the cart, and (rode|skipped) home on a {animal} in triumph.
- {hero} (pushed|dragged) the full cart home through the (mud|rain) and (ate|tasted) {ware} for weeks.
- That winter there was no money for (coal|shoes|bread), and {hero} (blamed|cursed) {himself}.
)",
    R"(
# play: Opening Night
role = king | wolf | tree | ghost | moon | queen's horse | second pirate
slip/line = forgot every word/the weather | lost a boot/dancing shoes | swallowed a fly/flies | sneezed off the beard/barbers | tripped over the sword/gravity
? What did {hero} play? role
? What happened on the stage? slip
? Who was in the front row? kin
? Where was the play? town
= + {hero} saved the school play in {town} with a joke.
= - {hero} spoiled the school play in {town}.

In the school play in {town}, {hero} was the {role}.
{hero} had only one (wish|dream), to be the {role} in the school play in {town}.

{He} had (practised|rehearsed) in the bath, on the bus and in front of the {animal} for {number} weeks.
{His} {kin} sewed the costume out of a {colour} (curtain|sofa|tablecloth) and sat in the front row.

The curtain rose, the (drums|trumpets) (fell silent|stopped), and the {role} {slip}.
(One minute|Right) after the curtain rose, in front of (everyone|the mayor), the {role} {slip}.

+ Quick as a (flash|cat|fox), {hero} (made|invented) a speech about {slip.line}, and (one|somebody) laughed.
- Somebody (laughed|whistled|booed), then (everybody|the whole hall) did, and {hero} (froze|turned red).

+ Soon the whole hall (roared|shook) with laughter, and {he} had to bow {number} times.
+ "That {role} will be (famous|a star)," said the (mayor|teacher), and {hero} (floated|glowed) with pride.
- {He} ran off the stage and (hid|wept) behind the (piano|coats) until the lights went out.
- The (teacher|director) gave the (part|costume) to {friend}, and {hero} never acted again.
)",
    R"(
# train: Platform Three
goal = a wedding | the sea | a job | a hospital visit | a singing contest | the circus
delay = a lost shoe | a long goodbye | a sheep on the road | a burnt breakfast | a stopped watch
helper = the porter | a nun on a motorbike | the stationmaster | a farmer with a cart | a girl with a whistle
? Where did the train go? town
? Why did {hero} travel? goal
? What made {hero} late? delay
? Who held up the train? helper
= + {hero} caught the train to {town} thanks to {helper}.
= - {hero} missed the train to {town} because of {delay}.

{hero} (had|needed) to catch the {number} o'clock train to {town}, because of {goal}.
The train to {town} left at {number}, and (at the end of the line|far away) {goal} was waiting for {hero}.

But there was {delay}, and {he} (ran|raced|galloped) down the street with {number} (bags|suitcases).
Because of {delay}, {he} reached the station (out of breath|on one leg|with a {animal} behind {him}).

The whistle (blew|screamed), and the doors (slammed|closed) one by one.
The (engine|train) was already (hissing|moving), and the (clock|guard) showed no (mercy|pity).

+ "Stop (that|the) train!" (roared|cried) {helper}, and (to everyone's surprise|like a lamb), it stopped.
- {He} ran beside the last (carriage|window), (slower|further behind) with every step, and then it was gone.

+ {He} fell into a seat (beside|opposite) {friend}, who (offered|gave) {him} (half a plum|tea|a sandwich), and the world was good.
+ {hero} (waved|blew kisses) from the window and arrived (in time|early), (smiling|singing) all the way.
- There was no other train until {day}, and {he} sat on {his} bags and (cried|despaired).
- They (began|went on) without {him}, and {he} (regretted|remembered) it (bitterly|sadly) for years.
)",
    R"(
# library: The Late Book
topic = pirates | beetles | poisons | volcanoes | ghosts | sea monsters | good manners | bridges
spoiler = jam | rain | candle wax | a coffee cup | a goat | ink
fine = a hundred coins | ten years of dusting | a new book | a poem by heart | an apology in writing
? What was the book about? topic
? Where was the library? town
? What had spoiled the book? spoiler
? What did the librarian demand? fine
= + {hero} returned a late book, and the librarian forgave {him}.
= - {hero} was banned from the library in {town}.

Under (the bed|a cupboard|the sofa), {hero} found a book about {topic} that was {number} years late.
The library of {town} (missed|wanted back) one book, about {topic}, and {hero} (had|was sitting on) it.

(Worse|Besides), {spoiler} had (ruined|got at) page (one|ten|fifty), the one with the (map|ending|best picture).
It had met {spoiler} (once|in the meantime), and the last page (stuck|was gone|looked chewed).

So {he} walked to the library in {town} with (weak|trembling) knees and a (rose|speech|cheese) for the librarian.
The librarian of {town} had (grey|iron) hair and eyes like (needles|an owl|two locks).

"For this I (ask|demand) {fine}," (said|hissed|whispered) the librarian and looked over {number} pairs of glasses.
"The rule (says|is) {fine}," said the librarian, (stamping|tapping|opening) a {colour} form.

+ Then the old face (cracked|softened), "You really (read|liked) it, (didn't you|child)?"
- {He} had (nothing|no excuse), and the librarian (cut|tore) {his} card in (two|half).

+ They (talked|argued) about {topic} until closing time, and {hero} (left|went home) with {number} new books and a (light|happy) heart.
+ {hero} (now|since then) (works|helps) there every {day} and has never been happier.
- (Now|Since then) {he} stands (outside|at the window) on {day} and (watches|envies) the others reading.
- {hero} (walked|went) home in the rain without a (book|word) and felt like a thief.
)",
    R"(
# race: The Slowest Runner
prize = a ham | a gold medal | a goat | a silver cup | free bread for a year | a new hat
hitch = a bee sting | a loose shoelace | a wrong turn | a stitch in the side | a sudden hole
? Where was the race? town
? What was the prize? prize
? Who else ran? friend
? What went wrong? hitch
= + {hero} and {friend} finished the race in {town} together.
= - {hero} won {prize} in {town} and lost a friend.

The winner of the race in {town} would get {prize}, and {hero} (wanted|needed) it (badly|very much).
Every {day}, {hero} (ran|trained) around {spot}, for the race in {town} was worth {prize}.

(At|By) the first corner {he} was ahead of {number} (runners|boys|soldiers), and only {friend} was faster.
The (shot|flag|bell) came, and {friend} and {hero} (flew|shot) ahead of everyone like (hares|arrows).

Then {hitch} (stopped|slowed|surprised) {friend}, and {hero} (looked|glanced) back.
(Near the end|On the bridge|In the last mile), {friend} had {hitch} and (fell|sat down|cried out).

+ {hero} turned around, took {friend.his} arm, and they (hobbled|walked|limped) over the line together.
- {hero} ran on (alone|past {friend.him}) without a word and won, and nobody (clapped|cheered).

+ They were (the last|beaten by everyone), but the crowd (threw flowers|cheered loudest) and gave them {prize}.
+ "Best race of my life," (panted|said) {friend}, and they (laughed|grinned) like (winners|kings).
- {friend} never (spoke to|forgave) {him}, and {prize} (felt|was) worth nothing.
- {hero} sat alone with {prize} and (felt|was) (hollow|ashamed|lonelier than ever).
)",
    R"(
# letter: A Letter for Nobody
paper = blue envelope | tea-stained card | roll of birch bark | napkin | torn page | postcard
news = love | a lost brother | an old debt | a secret recipe | a promise | buried gold
? Who found the letter? hero
? Where did the letter lie? spot
? What was the letter about? news
? Whom was the letter for? friend
= + {hero} brought {friend} an old letter about {news}.
= - {hero} brought {friend} a letter about {news}, too late.

At {spot}, {hero} (found|picked up) a {paper} (under a stone|in a bottle|between two roots).
A {paper} lay at {spot}, and {hero} (stepped|sat) on it (by chance|in the dark).

It spoke of {news}, and (the ink|the writing) was (pale|faded|forty years old).
Someone had written about {news} in {colour} ink and (crossed out|underlined) the last word.

On the back stood a (single|shaky) name, {friend}, and a (street|number|house) in {town}.
It was (meant|signed) for {friend} of {town}, who had (never received|long stopped expecting) it.

{hero} took the {number} o'clock bus and (knocked|rang) at a {colour} door.
{hero} (asked|searched) for {number} days and (finally|at last) stood in front of a {colour} door.

+ {friend} read it (standing|twice|aloud), (touched|kissed) the paper and began to (smile|dance|hum).
- A stranger (opened|answered) and said that {friend} had (died|gone away) the (week|winter) before.

+ "You have given me (back my youth|a second life)," said {friend}, and they (drank|had) (tea|wine) like old friends.
+ (Soon|That year) {friend} (repaired|painted) the whole house, and {hero} was (welcome|happy) there every {day}.
- {hero} put the {paper} (back|into the river), and the (rain|wind) took {news} with it.
- {hero} (sat|stood) on the stairs for a long time, and {his} (heart|throat) (ached|hurt).
)",
    R"(
# concert: The Borrowed Violin
instrument/mishap = violin/a string broke | trumpet/a valve stuck | flute/a moth flew out | cello/the bow cracked | accordion/the bellows tore | drum/the skin split
composer = a waltz | a march | a lullaby | a tango | a polka | an anthem
? What did {hero} play? instrument
? Whose instrument was it? kin
? Where was the concert? town
? What happened during the concert? instrument.mishap
= + {hero} gave a fine concert in {town}, although {instrument.mishap}.
= - {hero}'s concert in {town} ended when {instrument.mishap}.

The {instrument} belonged to {hero}'s {kin}, and {he} (borrowed|begged) it for a concert in {town}.
For the concert in {town}, {hero} (borrowed|was lent) a {instrument} by {his} {kin}.

{hero} had practised {composer} until the (neighbours|{animal}s) (moved out|hummed along|complained).
{Composer} was all {he} could play, but {he} (played|knew) it (by heart|backwards|in {his} sleep).

The hall was (full|packed), {number} hundred people coughed, and a (lamp|chandelier) (shone|blinded {him}).
{He} wore a {colour} (suit|hat|shawl) and (bowed|nodded) {number} times before the first note.

In the (middle|quietest bar|finest passage) of {composer}, {instrument.mishap}.
The first page went well, and then, with a (pop|squeak|sigh), {instrument.mishap}.

+ {He} (sang|whistled) the rest, and the people (joined in|stamped along|held hands).
- The (silence|laughter) (lasted|grew), and {hero} left the stage with {his} face in {his} hands.

+ {Town} still (talks|dreams) of that night, and {hero} (smiles|blushes) with (joy|pleasure) whenever it is mentioned.
+ "Keep it," said {his} {kin} and (wiped|dried) a tear, "it is (yours|happy with you)."
- {His} {kin} never (lent|gave) {him} anything again, and the {instrument} (lay|stayed) broken in its case.
- {He} (cannot|does not) hear {composer} any more without (pain|shame|tears).
)",
};

}  // namespace

std::span<const std::string_view> town_themes() { return themes_of_town; }

}  // namespace gradus::stories
