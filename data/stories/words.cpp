// The words that all themes share.

#include "data/stories/themes.h"

namespace gradus::stories {
namespace {

// {she, her, her, herself} or {he, him, his, himself}, after the name.
const std::vector<std::string> pronouns = {"", "he", "him", "his", "himself"};

Word she(const char* name) { return {name, "she", "her", "her", "herself"}; }
Word he(const char* name) { return {name, "he", "him", "his", "himself"}; }

WordClass plain(const char* name, const char* label, const std::vector<const char*>& texts) {
  WordClass result{name, label, {name}, {""}, {}};
  for (const char* text : texts) result.words.push_back({text});
  return result;
}

WordClass people() {
  WordClass result{"person", "PER", {"hero", "friend"}, pronouns, {}};
  for (const char* name :
       {"Ada",  "Amina", "Bella", "Clara", "Daisy", "Elsa",  "Flora", "Greta", "Hanna", "Ida",
        "Kira", "Lena",  "Mia",   "Nora",  "Paula", "Priya", "Rosa",  "Sofia", "Tilda", "Vera"}) {
    result.words.push_back(she(name));
  }
  for (const char* name :
       {"Adam", "Ben", "Carl", "Emil", "Felix", "Gus",   "Hugo",  "Ivan", "Jonas", "Karim",
        "Kofi", "Leo", "Max",  "Nico", "Omar",  "Oscar", "Pablo", "Ravi", "Samir", "Theo"}) {
    result.words.push_back(he(name));
  }
  return result;
}

// Verbs: one each for the first and the second who speaks, for whoever is glad and for whoever is
// not.
WordClass saying() {
  WordClass result = plain("says", "",
                           {"said", "called", "cried", "whispered", "shouted", "sighed", "muttered",
                            "laughed", "murmured", "grumbled"});
  result.variables.push_back("adds");
  return result;
}

WordClass relatives() {
  return {"kin",
          "",
          {"kin"},
          pronouns,
          {she("mother"), he("father"), she("sister"), he("brother"), she("aunt"), he("uncle"),
           she("grandmother"), he("grandfather")}};
}

}  // namespace

std::vector<WordClass> shared_words() {
  return {
      people(),
      relatives(),
      // in, to, near {town}
      plain("town", "LOC", {"Ashby",     "Brackwater", "Corley",    "Dunmore",   "Elmford",
                            "Fernhill",  "Greywick",   "Hollowell", "Ivybridge", "Kingsmere",
                            "Larkfield", "Millbrook",  "Northam",   "Oakridge",  "Pebbleton",
                            "Rosewood",  "Saltmarsh",  "Thornbury", "Underhill", "Winterfold"}),
      // at, to {spot}
      plain("spot", "LOC",
            {"Heron Lake", "Willow Pond", "Fox Hill", "Mill Bridge", "Cherry Corner", "Raven Rock",
             "Silver Bay", "Birch Park", "Lantern Square", "Otter Creek", "Clover Field",
             "Stony Beach", "Owl Wood", "Ferry Dock", "Maple Green", "Badger Hollow"}),
      saying(),
      plain("joy", "",
            {"laughed", "cheered", "sang", "danced", "smiled", "jumped", "clapped", "beamed"}),
      plain("grief", "",
            {"wept", "cried", "sobbed", "sighed", "groaned", "trembled", "despaired", "shivered"}),
      plain("weather", "",
            {"windy", "sunny", "foggy", "grey", "cold", "warm", "quiet", "bright", "misty",
             "golden", "sleepy", "frosty"}),
      plain("day", "",
            {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}),
      plain("colour", "",
            {"red", "blue", "green", "yellow", "purple", "white", "silver", "pink", "brown",
             "black", "striped", "spotted"}),
      plain("animal", "",
            {"cat", "dog", "goat", "donkey", "goose", "rabbit", "hen", "pony", "hedgehog", "crow",
             "duck", "sheep"}),
      plain("number", "", {"two", "three", "four", "five", "six", "seven", "eight", "nine"}),
  };
}

}  // namespace gradus::stories
